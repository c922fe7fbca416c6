"""Options of the commands that read files of camera events."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from eventnet.io import READERS, SENSORS, WRITTEN, Recording, open_events

FORMATS, TARGETS = ", ".join(READERS), ", ".join(WRITTEN)
FormatOption = Annotated[
    str | None, typer.Option("--format", help=f"What FILE is: {FORMATS}. Default: by its first bytes, else suffix.")
]
UnitOption = Annotated[str | None, typer.Option("--unit", help="Of times in files that state none: ns, us, ms or s.")]
SizeOption = Annotated[str | None, typer.Option("--size", help="Of the sensor, like 240x180, in place of the file's.")]
StreamOption = Annotated[int | None, typer.Option("--stream", help="Which camera or topic of a file with several.")]
ColumnsOption = Annotated[
    str | None, typer.Option("--columns", help="Of text or a plain array, in their order, like x,y,p,t.")
]
SensorOption = Annotated[
    str | None, typer.Option("--sensor", help=f"The camera, of files that do not say: {', '.join(SENSORS)}.")
]
PartialOption = Annotated[
    bool, typer.Option("--partial", help="Read a file that is cut off, up to there; says how many bytes are left over.")
]


def open_recording(
    path: Path,
    format: str | None,
    unit: str | None,
    size: str | None,
    stream: int | None,
    order: str,
    *,
    columns: str | None = None,
    sensor: str | None = None,
    partial: bool = False,
) -> Recording:
    """The recording with these options of the command line. Raises typer.BadParameter for those that are none."""
    if format is not None and format not in READERS:
        raise typer.BadParameter(f"unknown format {format!r}; wanted one of {FORMATS}")
    if sensor is not None and sensor not in SENSORS:
        raise typer.BadParameter(f"unknown sensor {sensor!r}; wanted one of {', '.join(SENSORS)}")
    found = re.fullmatch(r"(\d{1,5})x(\d{1,5})", size or "1x1")
    if found is None:
        raise typer.BadParameter(f"{size!r} is no size; wanted width and height like 240x180")
    width, height = (int(found[1]), int(found[2])) if size else (None, None)
    return open_events(
        path, format, order=order, width=width, height=height, unit=unit, stream=stream, columns=columns, sensor=sensor,
        partial=partial,
    )  # fmt: skip
