"""Headers of text lines before binary events, each line with the same mark in front."""

from __future__ import annotations

import re
from pathlib import Path

from eventnet.base.files import opened
from eventnet.errors import DataError

# The largest header at hand, of a DAVIS, has 175,039 bytes and lines of a few hundred.
MAX_BYTES = 16 << 20
MAX_LINE = 1 << 16

# The first event may begin with the byte of the mark. Such a line is told from text by its control bytes: times have
# zero bytes, or numbers that no text holds up to the next line feed.
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def read_header(path: Path, mark: bytes, end: re.Pattern[bytes]) -> tuple[str, int]:
    """The header's text and the byte after it. It goes on while lines begin with `mark`, or to the line `end`.

    Raises DataError when the file cannot be read or does not stop being a header.
    """
    lines: list[bytes] = []
    size = 0
    with opened(path) as file:
        while size <= MAX_BYTES:
            line = file.readline(MAX_LINE)
            if not (line.startswith(mark) and line.endswith(b"\n")) or _CONTROL.search(line):
                return b"".join(lines).decode("utf-8", "replace"), size
            lines.append(line)
            size += len(line)
            if end.match(line):
                return b"".join(lines).decode("utf-8", "replace"), size
    raise DataError(f"{path} has a header of more than {MAX_BYTES:,} bytes; at most that are read")


def find_size(pattern: str, header: str) -> tuple[int | None, int | None]:
    """The width and height that `pattern` finds in a header; (None, None) where it finds none that make sense."""
    found = re.search(pattern, header)
    if not found or not all(0 < int(number) <= 1 << 16 for number in found.groups()):
        return None, None
    return int(found[1]), int(found[2])
