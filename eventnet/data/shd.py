"""Spoken digits as spikes of a model of the cochlea: the Spiking Heidelberg Digits (Cramer et al. 2020, CC BY 4.0).

Twelve speakers said 0 to 9 in English and in German: 20 classes, 700 channels, about a second each. A file holds for
each sample its spikes' times in seconds and channels (`spikes/times`, `spikes/units`), and all labels (`labels`).
Sources: zenkelab.org/resources/spiking-heidelberg-datasets-shd; doi:10.1109/TNNLS.2020.3044364.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any, SupportsIndex, overload

import numpy as np
from numpy.typing import NDArray

from eventnet.errors import DataError, InputError
from eventnet.event import Events
from eventnet.intake import events_from
from eventnet.io.formats.hdf5 import hdf5_file

SHD_FILES = ("shd_train.h5", "shd_test.h5")
CHANNELS, CLASSES = 700, 20


class SpokenSamples(Sequence[Events]):
    """Samples of a file, each read when it is asked for: EVENT [n] in order of time, channel k at index k of a port."""

    def __init__(self, path: Path, port: int, length: int) -> None:
        self.path, self.port, self._length = path, port, length

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, k: int) -> Events: ...
    @overload
    def __getitem__(self, k: slice) -> list[Events]: ...
    def __getitem__(self, k: int | slice) -> Events | list[Events]:
        if isinstance(k, slice):
            return [self[each] for each in range(*k.indices(len(self)))]
        at = k + len(self) if k < 0 else k
        if not 0 <= at < len(self):
            raise IndexError(f"{self.path} has {len(self):,} samples; there is no sample {k}")
        with hdf5_file(self.path) as file:
            times, units = (np.asarray(file["spikes"][name][at]) for name in ("times", "units"))
        return self._events(at, times, units)

    def _events(self, k: int, times: NDArray[Any], units: NDArray[Any]) -> Events:
        wrong = np.flatnonzero(units >= CHANNELS)
        if wrong.size:
            raise DataError(f"{self.path}: sample {k} has channel {units[wrong[0]]}; wanted those below {CHANNELS}")
        n = len(times)
        columns = {"t": times, "port": np.full(n, self.port), "index": units, "sign": np.ones(len(units), np.int8)}
        try:
            # Times are of half precision: near one second they are 1 ms apart, and the nearest microsecond is exact.
            return events_from(columns, unit="s", nearest=True, sort=True)
        except InputError as error:
            raise DataError(f"{self.path}: sample {k}: {error}") from error


@dataclass(frozen=True, eq=False)
class SpokenDigits:
    """Samples of spikes, and the digit said: labels are int64 [n], 0 to 9 in English and 10 to 19 in German."""

    train: SpokenSamples
    train_labels: NDArray[np.int64]
    test: SpokenSamples
    test_labels: NDArray[np.int64]


def shd(folder: str | PathLike[str], port: SupportsIndex = 0) -> SpokenDigits:
    """The set in `folder`/shd_train.h5 and shd_test.h5, as you have unpacked them (extra `hdf5`).

    port: where the samples go in, such as `layer.spikes`. Nothing is downloaded: no checksum of its owners is known.
    Raises DataError where a file is absent, damaged or of another layout, and of a sample when that is read.
    """
    train, test = (Path(folder) / name for name in SHD_FILES)
    train_labels, test_labels = _labels(train), _labels(test)
    at = port.__index__()
    return SpokenDigits(
        SpokenSamples(train, at, len(train_labels)),
        train_labels,
        SpokenSamples(test, at, len(test_labels)),
        test_labels,
    )


def _labels(path: Path) -> NDArray[np.int64]:
    with hdf5_file(path) as file:
        held = [name for name in ("labels", "spikes/times", "spikes/units") if name in file]
        if len(held) < 3:
            raise DataError(f"{path} holds {', '.join(held) or 'none'} of labels, spikes/times and spikes/units")
        lengths = [file[name].shape for name in held]
        labels = np.asarray(file["labels"][()])
    if len(set(lengths)) > 1 or len(lengths[0]) != 1:
        raise DataError(f"{path} has labels, times and units of shapes {lengths}; wanted one [n] for all")
    if labels.dtype.kind not in "ui" or (len(labels) and not (labels.min() >= 0 and labels.max() < CLASSES)):
        raise DataError(f"{path} has labels that are not 0 to {CLASSES - 1}")
    return labels.astype(np.int64)
