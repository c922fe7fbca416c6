"""Hand and arm gestures before a DVS128: DvsGesture (Amir et al. 2017, CC BY 4.0), 29 people, 11 gestures, 3 lights.

A folder holds AEDAT 3.1 files, beside each a CSV file of the gestures in it (class from 1 to 11, and the microseconds
at which it begins and ends), and two lists of files, for training and for testing.
Source: the set's own README (research.ibm.com/dvsgesture); doi:10.1109/CVPR.2017.781.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import NamedTuple, overload

import numpy as np
from numpy.typing import NDArray

from eventnet.base.files import read_file
from eventnet.errors import DataError
from eventnet.event import Events
from eventnet.io import open_events

TRIALS = ("trials_to_train.txt", "trials_to_test.txt")
HEAD = "class,startTime_usec,endTime_usec"
GESTURES = 11
_MAX_TEXT = 1 << 20
_TRIAL = re.compile(r"[\w-]{1,100}\.aedat")
_ROW = re.compile(r"(\d{1,3}),(\d{1,18}),(\d{1,18})")


class Gesture(NamedTuple):
    """A gesture in a file: its events are those from start on, before end, in microseconds."""

    path: Path
    label: int
    start: int
    end: int


class GestureSamples(Sequence[Events]):
    """Samples in the order of their files, PIXEL_EVENT [n] of 128x128 pixels: a file is read when the first of its
    samples is asked for, and held until one of another file is."""

    def __init__(self, gestures: Sequence[Gesture]) -> None:
        self.gestures = tuple(gestures)
        self._held: tuple[Path, Events] | None = None

    def __len__(self) -> int:
        return len(self.gestures)

    @overload
    def __getitem__(self, k: int) -> Events: ...
    @overload
    def __getitem__(self, k: slice) -> list[Events]: ...
    def __getitem__(self, k: int | slice) -> Events | list[Events]:
        if isinstance(k, slice):
            return [self[each] for each in range(*k.indices(len(self)))]
        gesture = self.gestures[k]
        if self._held is None or self._held[0] != gesture.path:
            recording = open_events(gesture.path, "aedat3", width=128, height=128, order="sort")
            self._held = (gesture.path, recording.events())
        events = self._held[1]
        first, end = np.searchsorted(events["t"], (gesture.start, gesture.end))
        return events[first:end].copy()


@dataclass(frozen=True, eq=False)
class Gestures:
    """Samples of events, and the gesture that each is of: labels are int64 [n], the set's classes 1 to 11 less 1."""

    train: GestureSamples
    train_labels: NDArray[np.int64]
    test: GestureSamples
    test_labels: NDArray[np.int64]


def dvs_gesture(folder: str | PathLike[str]) -> Gestures:
    """The set in `folder`, as you have unpacked it: trials_to_train.txt, trials_to_test.txt and what they name.

    Nothing is downloaded: no checksum of its owners is known. Raises DataError where a list, a recording or its
    labels are absent or damaged; of a recording, when its first sample is read.
    """
    train, test = (_gestures(Path(folder), name) for name in TRIALS)
    return Gestures(GestureSamples(train), _labels(train), GestureSamples(test), _labels(test))


def _labels(gestures: Sequence[Gesture]) -> NDArray[np.int64]:
    return np.array([gesture.label for gesture in gestures], np.int64)


def _lines(path: Path) -> list[str]:
    lines = (line.strip() for line in read_file(path, _MAX_TEXT).decode("latin-1").splitlines())
    return [line for line in lines if line]


def _gestures(folder: Path, name: str) -> list[Gesture]:
    found = []
    for line in _lines(folder / name):
        if not _TRIAL.fullmatch(line):
            raise DataError(f"{folder / name} has the line {line[:60]!r}; wanted names such as user01_led.aedat")
        found += _of_file(folder / line)
    return found


def _of_file(path: Path) -> list[Gesture]:
    if not path.is_file():
        raise DataError(f"there is no file {path}, which a list of trials names")
    labels = path.with_name(f"{path.stem}_labels.csv")
    head, *lines = _lines(labels) or [""]
    rows = [_ROW.fullmatch(line) for line in lines]
    if head != HEAD or None in rows:
        raise DataError(f"{labels} is no list of gestures; wanted lines of {HEAD}")
    found = [Gesture(path, int(row[1]) - 1, int(row[2]), int(row[3])) for row in rows if row]
    for gesture in found:
        if not (0 <= gesture.label < GESTURES and gesture.start < gesture.end):
            wrong = f"class {gesture.label + 1} from {gesture.start:,} to {gesture.end:,} us"
            raise DataError(f"{labels} has {wrong}; wanted classes 1 to {GESTURES} that end after they begin")
    return found
