"""Options of the commands that read files of camera events, and of those that run a network on one."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Any

import typer

import eventnet as en
from eventnet.cli.options import takes
from eventnet.io import (
    POLARITIES,
    READERS,
    SENSORS,
    WRITTEN,
    RecordedInputs,
    Recording,
    RecordingPart,
    open_events,
    recorded_inputs,
)
from eventnet.io.fields import UNITS

FORMATS, TARGETS = ", ".join(READERS), ", ".join(WRITTEN)
FormatOption = Annotated[
    str | None, typer.Option("--format", help=f"What FILE is: {FORMATS}. Default: by its first bytes, else suffix.")
]
UnitOption = Annotated[str | None, typer.Option("--unit", help="Of times in files that state none: ns, us, ms or s.")]
SensorOption = Annotated[
    str | None, typer.Option("--sensor", help="Size of the sensor, like 240x180, in place of the file's.")
]
SizeOption = Annotated[str | None, typer.Option("--size", hidden=True)]
StreamOption = Annotated[int | None, typer.Option("--stream", help="Which camera or topic of a file with several.")]
ColumnsOption = Annotated[
    str | None, typer.Option("--columns", help="Of text or a plain array, in their order, like x,y,p,t.")
]
CameraOption = Annotated[
    str | None, typer.Option("--camera", help=f"The camera, of files that do not say: {', '.join(SENSORS)}.")
]
PartialOption = Annotated[
    bool, typer.Option("--partial", help="Read a file that is cut off, up to there; says how many bytes are left over.")
]


def open_recording(
    path: Path,
    format: str | None,
    unit: str | None,
    sensor: str | None,
    stream: int | None,
    order: str,
    *,
    columns: str | None = None,
    camera: str | None = None,
    size: str | None = None,
    partial: bool = False,
) -> Recording:
    """The recording with these options of the command line. Raises typer.BadParameter for those that are none.

    size: what `sensor` was called in the version before, when that named the camera; both still work, with a notice.
    """
    if format is not None and format not in READERS:
        raise typer.BadParameter(f"unknown format {format!r}; wanted one of {FORMATS}")
    if sensor in SENSORS:
        _say_renamed(f"--sensor {sensor}", f"--camera {sensor}")
        sensor, camera = None, camera or sensor
    if size is not None:
        _say_renamed("--size", "--sensor")
        sensor = sensor or size
    if camera is not None and camera not in SENSORS:
        raise typer.BadParameter(f"unknown camera {camera!r}; wanted one of {', '.join(SENSORS)}")
    found = re.fullmatch(r"(\d{1,5})x(\d{1,5})", sensor or "1x1")
    if found is None:
        raise typer.BadParameter(f"{sensor!r} is no size; wanted width and height like 240x180")
    width, height = (int(found[1]), int(found[2])) if sensor else (None, None)
    return open_events(
        path, format, order=order, width=width, height=height, unit=unit, stream=stream, columns=columns, camera=camera,
        partial=partial,
    )  # fmt: skip


def _say_renamed(old: str, new: str) -> None:
    typer.echo(f"eventnet: `{old}` is called `{new}` now; the old name goes with the next version", err=True)


IN_PLACE = "--recording FILE --port P may stand in place of --inputs FILE"


@dataclass(frozen=True)
class RecordingOptions:
    """Options for a recording: each field is an option of every command that runs a network."""

    recording: Annotated[
        Path | None, typer.Option("--recording", help="Camera events in place of --inputs: any file that `info` reads.")
    ] = None
    port: Annotated[
        str | None, typer.Option("--port", help="With --recording: the port its events go to, as module.port.")
    ] = None
    polarity: Annotated[
        str | None,
        typer.Option(
            "--polarity",
            help="sign: ON is +1, OFF is -1 (default); channels: two units a pixel, OFF first; on, off: that alone.",
        ),
    ] = None
    binning: Annotated[
        int | None, typer.Option("--binning", min=1, help="So many pixels each way are one, after --crop.")
    ] = None
    crop: Annotated[str | None, typer.Option("--crop", help="Of the recording's pixels: x,y,width,height.")] = None
    start: Annotated[
        str | None,
        typer.Option(
            "--start", help="From this time of the recording, like 1.5s or 200ms: it is tick 0. Default: all."
        ),
    ] = None
    end: Annotated[str | None, typer.Option("--end", help="Up to, not including, this time of the recording.")] = None
    tick: Annotated[str | None, typer.Option("--tick", help="How long a tick is, like 1ms. Default: 1us.")] = None
    format: FormatOption = None
    unit: UnitOption = None
    sensor: SensorOption = None
    stream: StreamOption = None
    columns: ColumnsOption = None
    camera: CameraOption = None
    size: SizeOption = None
    partial: PartialOption = False

    def check(self, inputs: Path | None, network: Path | None, *, port_alone: bool = False) -> None:
        """Raises typer.BadParameter for options that do not go together.

        port_alone: --port has a meaning without --recording.
        """
        if self.recording is None:
            given = [name for name in self.said() if not (port_alone and name == "port")]
            if given:
                raise typer.BadParameter(f"--{given[0]} is of a recording; wanted --recording FILE, too")
            return
        if inputs is not None:
            raise typer.BadParameter("--inputs and --recording do not go together: give one of them")
        if network is None:
            raise typer.BadParameter("--recording goes into a network: wanted a network file, too")
        if self.port is None:
            raise typer.BadParameter("--recording goes to a port: wanted --port, as module.port")
        self.check_values()

    def check_values(self) -> None:
        """Raises typer.BadParameter for options whose values are none."""
        if self.polarity is not None and self.polarity not in POLARITIES:
            raise typer.BadParameter(f"--polarity is {self.polarity!r}; wanted {', '.join(POLARITIES)}")
        for name in ("start", "end", "tick"):
            microseconds(f"--{name}", getattr(self, name))
        read_crop(self.crop)

    def opened(self, path: Path) -> Recording:
        """The whole recording. Raises as `open_events` does."""
        return open_recording(
            path, self.format, self.unit, self.sensor, self.stream, "check", columns=self.columns,
            camera=self.camera, size=self.size, partial=self.partial,
        )  # fmt: skip

    def part(self, path: Path) -> Recording:
        """The part of a recording that the options choose. Raises as `open_events` and `RecordingPart` do."""
        whole = self.opened(path)
        if (self.polarity, self.binning, self.crop, self.start, self.end) == (None,) * 5:
            return whole
        return RecordingPart(
            whole, crop=read_crop(self.crop), binning=self.binning or 1,
            on={"on": True, "off": False}.get(str(self.polarity)),
            start_us=microseconds("--start", self.start), end_us=microseconds("--end", self.end),
        )  # fmt: skip

    def inputs(self, net: en.Network) -> RecordedInputs:
        """The recording as inputs of a network. Raises as `open_events` and `recorded_inputs` do."""
        assert self.recording is not None
        made = recorded_inputs(
            self.opened(self.recording), net, str(self.port), polarity=self.polarity or POLARITIES[0],
            binning=self.binning or 1, crop=read_crop(self.crop), start_us=microseconds("--start", self.start),
            end_us=microseconds("--end", self.end), tick_us=microseconds("--tick", self.tick or "1us") or 0,
        )  # fmt: skip
        if made.late():
            earlier = f"--start {made.first_us - made.pixels.tick_us}us"
            typer.echo(
                "eventnet: depth-first, and in permutations, events of tick 0 come before the reset by which neurons "
                f"begin, which wipes them: {earlier} makes the reset the first",
                err=True,
            )
        return made

    def given(self) -> dict[str, Any]:
        """The options that were given, by name; none without --recording."""
        return self.said() if self.recording is not None else {}

    def said(self) -> dict[str, Any]:
        """The options that were given, by name, with --recording or without."""
        own = {f.name: getattr(self, f.name) for f in fields(self)}
        return {name: value for name, value in own.items() if value is not None and value is not False}


def say_left(recording: Recording) -> None:
    """A line on stderr about a recording that is cut off, after it has been read."""
    if recording.left:
        line = f"{recording.left:,} bytes at the end of {recording.path.name} were left over: it is cut off"
        typer.echo(f"eventnet: {line}", err=True)


takes_recording = takes("recorded", RecordingOptions)
"""Give a command the options of a recording in place of its parameter `recorded`, which is made of them."""


def microseconds(name: str, text: str | None) -> int | None:
    """A time with its unit, like 1.5s, in whole microseconds. Raises typer.BadParameter for another text."""
    if text is None:
        return None
    found = re.fullmatch(r"(\d{1,12})(?:\.(\d{1,9}))?(ns|us|ms|s)", text.strip())
    if found is None:
        raise typer.BadParameter(f"{name} is {text!r}; wanted a number and a unit ({', '.join(UNITS)}), like 1.5s")
    nanoseconds = {"ns": 1, "us": 10**3, "ms": 10**6, "s": 10**9}[found[3]]
    decimals = found[2] or ""
    parts: int = 10 ** (3 + len(decimals))
    whole, rest = divmod(int(found[1] + decimals) * nanoseconds, parts)
    if rest:
        raise typer.BadParameter(f"{name} is {text!r}; wanted whole microseconds")
    return whole


def read_span(name: str, text: str | None) -> tuple[int, int] | None:
    """A span of time like 0s,500ms, in microseconds. Raises typer.BadParameter for another text."""
    if text is None:
        return None
    begin, end = (microseconds(name, part) for part in (text.partition(",")[::2]))
    if begin is None or end is None or begin >= end:
        raise typer.BadParameter(f"{name} is {text!r}; wanted the end later")
    return begin, end


def read_crop(text: str | None) -> tuple[int, int, int, int] | None:
    """A crop like 10,20,128,96. Raises typer.BadParameter for another text."""
    if text is None:
        return None
    parts = re.fullmatch(r"(\d{1,5}),(\d{1,5}),(\d{1,5}),(\d{1,5})", text.replace(" ", ""))
    if parts is None or int(parts[3]) == 0 or int(parts[4]) == 0:
        raise typer.BadParameter(f"--crop is {text!r}; wanted x,y,width,height like 10,20,128,96")
    return int(parts[1]), int(parts[2]), int(parts[3]), int(parts[4])
