"""Digits seen by an event camera: 1,000 + 100 samples of N-MNIST (Orchard et al. 2015, CC BY-SA 4.0).

The camera moved in three jumps over each digit of MNIST, on a screen: about 4,100 events in 0.3 s, of 34x34 pixels.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from eventnet.base.files import read_file
from eventnet.data.archive import read_members
from eventnet.errors import DataError
from eventnet.event import Events
from eventnet.io.formats.nmnist import RECORD, SIZE, decode

NMNIST_FILE = "nmnist_small_1100.tar.xz"
SHA256 = "11d31e6600a367006583ae00faea482f103c1d9bb84f33e6d3e7a18eb6a75672"
"""Of the archive that results rest on."""

# The true archive unpacks to 24 MB, and its largest sample has 44 kB.
MAX_BYTES = 128 << 20
MAX_SAMPLE_BYTES = 1 << 20

_MEMBER = re.compile(r"NMNISTsmall/(?:(\d{1,6})\.bs2|(train1K|test100)\.txt)")
_ROW = re.compile(r"(\d{1,6})\s+(\d)")


@dataclass(frozen=True, eq=False)
class EventDigits:
    """Samples of events, and the digit that each is of.

    train, test: PIXEL_EVENT [n] for each sample. train_labels, test_labels: int64 [n_samples], 0 to 9.
    """

    train: tuple[Events, ...]
    train_labels: NDArray[np.int64]
    test: tuple[Events, ...]
    test_labels: NDArray[np.int64]


def nmnist(folder: str | PathLike[str], *, pinned: bool = True) -> EventDigits:
    """The samples in `folder`/nmnist_small_1100.tar.xz, read in memory; nothing is extracted, and nothing downloaded.

    pinned: refuse an archive that is not, to the last byte, the one that this project's results rest on (SHA256).
    Raises DataError when the archive is absent, damaged or larger than it may be, when a sample that its lists name is
    missing, and when an event lies outside 34x34 pixels or is earlier than the one before it.
    """
    path = Path(folder) / NMNIST_FILE
    if pinned:
        _check_pin(path)
    members = read_members(path, _MEMBER, MAX_BYTES, MAX_SAMPLE_BYTES)
    train, train_labels = _samples(path, members, "train1K")
    test, test_labels = _samples(path, members, "test100")
    return EventDigits(train, train_labels, test, test_labels)


def _check_pin(path: Path) -> None:
    found = hashlib.sha256(read_file(path, MAX_BYTES)).hexdigest()
    if found != SHA256:
        raise DataError(
            f"{path} has the SHA-256 {found}; wanted {SHA256}: fetch it again, or read another archive of that layout "
            "with pinned=False"
        )


def _samples(path: Path, members: dict[str, bytes], part: str) -> tuple[tuple[Events, ...], NDArray[np.int64]]:
    """The samples of one list, in its order, and their labels."""
    name = f"NMNISTsmall/{part}.txt"
    lines = members.get(name, b"").decode("latin-1").splitlines()
    rows = [_ROW.fullmatch(line.strip()) for line in lines if line.strip() and not line.startswith("#")]
    if not rows or None in rows:
        raise DataError(f"{path}: {name} is absent or damaged; wanted lines of a sample's number and its digit")
    found = [(f"NMNISTsmall/{row[1]}.bs2", int(row[2])) for row in rows if row]
    return tuple(_sample(path, members, name) for name, _ in found), np.array([label for _, label in found], np.int64)


def _sample(path: Path, members: dict[str, bytes], name: str) -> Events:
    content = members.get(name)
    if content is None or len(content) % RECORD:
        found = "is absent" if content is None else f"has {len(content):,} bytes"
        raise DataError(f"{path}: {name} {found}; wanted events of {RECORD} bytes each")
    events = decode(content)
    if ((events["x"] >= SIZE) | (events["y"] >= SIZE)).any() or (np.diff(events["t"]) < 0).any():
        raise DataError(f"{path}: {name} has events out of {SIZE}x{SIZE} pixels or out of order")
    return events
