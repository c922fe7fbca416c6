"""Options of the commands that read files of camera events."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from eventnet.io import READERS, WRITTEN, Recording, open_events

FORMATS, TARGETS = ", ".join(READERS), ", ".join(WRITTEN)
FormatOption = Annotated[
    str | None, typer.Option("--format", help=f"What FILE is: {FORMATS}. Default: by its first bytes, else suffix.")
]
UnitOption = Annotated[str | None, typer.Option("--unit", help="Of times in text files that state none: us or s.")]
SizeOption = Annotated[str | None, typer.Option("--size", help="Of the sensor, like 240x180, in place of the file's.")]
StreamOption = Annotated[int | None, typer.Option("--stream", help="Of an AEDAT 4.0 file with several cameras.")]


def open_recording(
    path: Path, format: str | None, unit: str | None, size: str | None, stream: int | None, order: str
) -> Recording:
    """The recording with these options of the command line. Raises typer.BadParameter for those that are none."""
    if format is not None and format not in READERS:
        raise typer.BadParameter(f"unknown format {format!r}; wanted one of {FORMATS}")
    found = re.fullmatch(r"(\d{1,5})x(\d{1,5})", size or "1x1")
    if found is None:
        raise typer.BadParameter(f"{size!r} is no size; wanted width and height like 240x180")
    width, height = (int(found[1]), int(found[2])) if size else (None, None)
    return open_events(path, format, order=order, width=width, height=height, unit=unit, stream=stream)
