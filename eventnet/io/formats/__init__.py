"""All formats, and the recognition of a file's format: by its first bytes, else by its name.

A format is a file in this folder whose `FORMAT` it is, or another package's entry point of the group
`eventnet.formats`, as `my-format = "package.module:FORMAT"`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from eventnet.base.files import opened
from eventnet.base.listing import Listing, files_of
from eventnet.errors import DataError
from eventnet.io.source import Format, Options, Source


def _own() -> dict[str, str]:
    return {name: f"{module}:FORMAT" for name, module in files_of(__path__, __name__).items()}


LISTING = Listing("format", "eventnet.formats", _own)

READERS: Mapping[str, Callable[[Path, Options], Source]]
"""Every format that is read, by name."""
WRITTEN: tuple[str, ...]
"""Those that are written, too."""
HOLD_SAMPLES: tuple[str, ...]
"""Those that can hold inertial samples, too."""
SUFFIXES: Mapping[str, str]
"""Formats by the suffixes that tell them."""

_REFUSED = (
    (re.compile(rb"#!AER-DAT(\d\.\d)"), "AEDAT {}, which is not read"),
    (
        re.compile(rb"(?:%.*\n)*?% (?:evt |format EVT)(4(?:\.\d)?)"),
        "in the encoding EVT {}, which is not read: Prophesee's metavision_file_to_csv or metavision_file_to_hdf5 "
        "converts it",
    ),
    (re.compile(rb"(?:%.*\n)*?% (?:evt|format) (\w+(?:\.\d)?)"), "in the encoding {}, which is not read"),
)


def find_format(name: str) -> Format:
    """The format of this name. Raises DataError for one that there is not, or that cannot be loaded."""
    if name not in LISTING.own() and name not in LISTING.others():
        raise DataError(f"unknown format {name!r}; wanted one of {names()}")
    found = LISTING.find(name)
    if not isinstance(found, Format):
        raise DataError(f"the format {name!r} is {found!r}; wanted a Format")
    return found


@cache
def every_format() -> Mapping[str, Format]:
    """All formats that can be had, by name."""
    made = {}
    for name in LISTING.names():
        try:
            made[name] = find_format(name)
        except DataError:  # another package's; whoever asks for it hears why
            continue
    return made


def format_of(path: Path) -> str:
    """The name of a file's format. Raises DataError where neither its first bytes nor its suffix tell one."""
    with opened(path) as file:
        start = file.read(4096)
    for name, each in every_format().items():
        if each.starts is not None and each.starts.match(start):
            return name
    for pattern, refused in _REFUSED:
        if found := pattern.match(start):
            raise DataError(f"{path} is {refused.format(found[1].decode())}; wanted one of {names()}")
    suffix = path.suffix.lower()
    if suffix in _tables()["SUFFIXES"]:
        return str(_tables()["SUFFIXES"][suffix])
    raise DataError(
        f"{path} is of no format that is known by its first bytes [{start[:8].hex(' ')}] or its suffix "
        f"{path.suffix!r}; name one of {names()}"
    )


def format_to_write(path: Path) -> str:
    """The name of the format that a suffix asks for. Raises DataError where it asks for none."""
    suffix = path.suffix.lower()
    for name, each in every_format().items():
        if each.write is not None and suffix in each.suffixes + each.written_suffixes:
            return name
    written = ", ".join(_tables()["WRITTEN"])
    raise DataError(f"{path}: no format to write has the suffix {path.suffix!r}; name one of {written}")


def names() -> str:
    """The formats that are read, for messages."""
    return ", ".join(LISTING.names())


@cache
def _tables() -> Mapping[str, Any]:
    """Tables of all formats by the attribute's name; made when one is asked for, since that imports the formats."""
    formats = every_format()
    return {
        "READERS": {name: each.read for name, each in formats.items()},
        "WRITTEN": tuple(name for name, each in formats.items() if each.write is not None),
        "HOLD_SAMPLES": tuple(name for name, each in formats.items() if each.holds_samples),
        "SUFFIXES": {suffix: name for name, each in formats.items() for suffix in each.suffixes},
    }


def __getattr__(name: str) -> Any:
    if name in ("READERS", "WRITTEN", "HOLD_SAMPLES", "SUFFIXES"):
        return _tables()[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
