"""File formats, and how a file's format is recognized: by its first bytes, else by its name."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from eventnet.errors import DataError
from eventnet.files import opened
from eventnet.io.aedat2 import open_aedat2
from eventnet.io.aedat4 import open_aedat4
from eventnet.io.dat import open_dat
from eventnet.io.evt2 import open_evt2
from eventnet.io.evt3 import open_evt3
from eventnet.io.nmnist import open_nmnist
from eventnet.io.numpy_file import open_npy, open_npz
from eventnet.io.source import Options, Source
from eventnet.io.text import open_csv, open_text

READERS: dict[str, Callable[[Path, Options], Source]] = {
    "aedat2": open_aedat2,
    "aedat4": open_aedat4,
    "csv": open_csv,
    "dat": open_dat,
    "evt2": open_evt2,
    "evt3": open_evt3,
    "nmnist": open_nmnist,
    "npy": open_npy,
    "npz": open_npz,
    "text": open_text,
}
"""Every format that is read, by name."""

WRITTEN = ("aedat2", "csv", "npy", "npz")
"""Those that are written, too."""

SUFFIXES = {
    ".bin": "nmnist", ".bs2": "nmnist", ".csv": "csv", ".dat": "dat", ".npy": "npy", ".npz": "npz", ".txt": "text",
}  # fmt: skip
_STARTS = (
    (re.compile(rb"#!AER-DAT2"), "aedat2"),
    (re.compile(rb"#!AER-DAT4"), "aedat4"),
    (re.compile(rb"\x93NUMPY"), "npy"),
    (re.compile(rb"PK\x03\x04"), "npz"),
    (re.compile(rb"(?:%.*\n)*?% (?:evt 2\.0|format EVT2\b)"), "evt2"),
    (re.compile(rb"(?:%.*\n)*?% (?:evt 3\.0|format EVT3\b)"), "evt3"),
    (re.compile(rb"% Data file containing "), "dat"),
)
_REFUSED = (
    (re.compile(rb"#!AER-DAT(\d\.\d)"), "AEDAT {}"),
    (re.compile(rb"(?:%.*\n)*?% (?:evt|format) (\w+(?:\.\d)?)"), "in the encoding {}"),
)


def format_of(path: Path) -> str:
    """The name of a file's format. Raises DataError where neither its first bytes nor its suffix tell one."""
    with opened(path) as file:
        start = file.read(4096)
    for pattern, name in _STARTS:
        if pattern.match(start):
            return name
    for pattern, name in _REFUSED:
        if found := pattern.match(start):
            raise DataError(f"{path} is {name.format(found[1].decode())}, which is not read; wanted one of {names()}")
    if path.suffix.lower() in SUFFIXES:
        return SUFFIXES[path.suffix.lower()]
    raise DataError(
        f"{path} is of no format that is known by its first bytes [{start[:8].hex(' ')}] or its suffix "
        f"{path.suffix!r}; name one of {names()}"
    )


def format_to_write(path: Path) -> str:
    """The name of the format that a suffix asks for. Raises DataError where it asks for none."""
    suffix = path.suffix.lower()
    name = "aedat2" if suffix in (".aedat", ".aedat2") else SUFFIXES.get(suffix, "")
    if name not in WRITTEN:
        raise DataError(f"{path}: no format to write has the suffix {path.suffix!r}; name one of {', '.join(WRITTEN)}")
    return name


def names() -> str:
    """The formats that are read, for messages."""
    return ", ".join(READERS)
