"""The text header of Prophesee's files: lines `% keyword value`, and the sensor's size among them.

The library faery counts times from 0 and keeps where they began in a line of its own, `% t0` (`% T0` in DAT).
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from eventnet.errors import DataError
from eventnet.io.header import find_size, read_header

_END = re.compile(rb"% ?end\s*$")
# Headers of before 2021 state no size, but the driver of the camera.
_DRIVERS = {"gen3": (640, 480), "gen4": (1280, 720), "imx636": (1280, 720), "genx320": (320, 320)}


class Header(NamedTuple):
    """The header of a file. fields: keyword (lower case) to value. start: the byte that events begin at.

    t0: microseconds to be added to all times.
    """

    fields: dict[str, str]
    width: int | None
    height: int | None
    start: int
    t0: int = 0


def read_prophesee_header(path: Path) -> Header:
    """The header of a RAW or DAT file; without fields where the file has none. Raises DataError for no file."""
    text, start = read_header(path, b"%", _END)
    rows = [line[1:].strip().partition(" ") for line in text.splitlines()]
    fields = {keyword.lower(): value.strip() for keyword, _, value in rows}
    return Header(fields, *_size(fields), start, _t0(path, fields))


def _t0(path: Path, fields: dict[str, str]) -> int:
    stated = fields.get("t0", "0")
    if not re.fullmatch(r"-?\d{1,18}", stated):
        raise DataError(f"{path}: the header's t0 is {stated[:40]!r}; wanted a whole number of microseconds")
    return int(stated)


def check_little_endian(path: Path, fields: dict[str, str]) -> None:
    """Raises DataError where the header says that its words have their high byte first."""
    found = re.search(r"endianness=(\w+)", fields.get("format", ""))
    if found and found[1] != "little":
        raise DataError(f"{path} has words in {found[1]} endian order; wanted little, as cameras write them by default")


def _size(fields: dict[str, str]) -> tuple[int | None, int | None]:
    stated = (
        ("width (\\d{1,5}) height (\\d{1,5})", f"width {fields.get('width')} height {fields.get('height')}"),
        ("^(\\d{1,5})x(\\d{1,5})$", fields.get("geometry", "")),
        ("(?=.*width=(\\d{1,5}))(?=.*height=(\\d{1,5}))", fields.get("format", "")),
    )
    for pattern, text in stated:
        size = find_size(pattern, text)
        if size[0]:
            return size
    driver = fields.get("plugin_name", "")
    return next((size for name, size in _DRIVERS.items() if f"_{name}" in driver), (None, None))
