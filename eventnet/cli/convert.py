"""`eventnet convert`: camera events, or a network, from one file format to another."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from eventnet.cli import options as opt
from eventnet.cli.commands import FILES, command
from eventnet.cli.networks import NIR, NirOptions, is_nir, read_nir_file, write_nir_file
from eventnet.cli.recordings import (
    FORMATS,
    TARGETS,
    CameraOption,
    ColumnsOption,
    PartialOption,
    SensorOption,
    SizeOption,
    StreamOption,
    UnitOption,
    open_recording,
)
from eventnet.cli.results import Screen
from eventnet.cli.trace_option import check_place
from eventnet.errors import DataError
from eventnet.event import Events
from eventnet.io import HOLD_SAMPLES, INERTIAL, WRITTEN, Recording, Written, format_to_write, write_events
from eventnet.io.recording import ORDERS

NIR_NAME = NIR.removeprefix(".")


@command("convert", "camera events, or a network, from one file format to another", group=FILES, usage="A B")
@opt.takes("nir", NirOptions)
def convert(
    source: Annotated[Path, typer.Argument(help="A file of camera events; a NIR file, or a network file.")],
    target: opt.TargetArgument,
    read_as: Annotated[
        str | None, typer.Option("--from", help=f"{FORMATS}; nir. Default: by its first bytes, else suffix.")
    ] = None,
    write_as: Annotated[str | None, typer.Option("--to", help=f"{TARGETS}; nir. Default: by the suffix.")] = None,
    unit: UnitOption = None,
    sensor: SensorOption = None,
    stream: StreamOption = None,
    columns: ColumnsOption = None,
    camera: CameraOption = None,
    size: SizeOption = None,
    partial: PartialOption = False,
    *,
    nir: NirOptions,
    order: Annotated[
        str, typer.Option("--order", help="Where time falls: check (stop), sort (all in memory) or accept.")
    ] = "check",
    inertial: Annotated[bool, typer.Option("--inertial/--no-inertial", help="Keep inertial samples, or not.")] = True,
    overwrite: opt.OverwriteOption = False,
    as_json: opt.JsonOption = False,
) -> None:
    """Write a file of camera events again, in another format; or make a network file of a NIR file, or back.

    Events are read and written packet by packet. Inertial samples go along where the target's format can hold them.
    """
    if (reads := read_as == NIR_NAME or (read_as is None and is_nir(source))) or _writes_nir(target, write_as):
        events_alone = {
            "unit": unit, "sensor": sensor or size, "stream": stream, "columns": columns, "camera": camera,
            "partial": partial,
            "order": order != "check", "no-inertial": not inertial, "to": write_as not in (None, NIR_NAME),
        }  # fmt: skip
        _check_target(target, overwrite)
        _refuse(events_alone, f"is of camera events; {source} is a {'NIR' if reads else 'network'} file")
        (read_nir_file if reads else write_nir_file)(Screen(as_json), source, target, nir)
        return
    _refuse(nir.given(), f"is of a NIR file; neither {source} nor {target} is one")
    if order not in ORDERS:
        raise typer.BadParameter(f"unknown order {order!r}; wanted one of {', '.join(ORDERS)}")
    if write_as is not None and write_as not in WRITTEN:
        raise typer.BadParameter(f"unknown format {write_as!r} to write; wanted one of {TARGETS}")
    form = write_as or _format_of(target)
    _check_target(target, overwrite)
    screen = Screen(as_json)
    recording = open_recording(
        source, read_as, unit, sensor, stream, order, columns=columns, camera=camera, size=size, partial=partial
    )
    samples = recording.inertial() if inertial and form in HOLD_SAMPLES else np.empty(0, INERTIAL)
    with screen.progress("converting", source.stat().st_size) as done:
        written = write_events(
            target, _packets(recording, done), form, width=recording.width, height=recording.height, inertial=samples
        )
    _show(screen, recording, written)
    screen.give(_as_dict(recording, written))


def _check_target(target: Path, overwrite: bool) -> None:
    """Raises DataError for a file without a folder to go to, and for one that exists and may not be replaced."""
    check_place(target)
    if target.exists() and not overwrite:
        raise DataError(f"{target} exists; name another file, or replace it with --overwrite")


def _writes_nir(target: Path, write_as: str | None) -> bool:
    return write_as == NIR_NAME or (write_as is None and target.suffix.lower() == NIR)


def _refuse(given: Mapping[str, Any], why: str) -> None:
    """Raises typer.BadParameter for the first option that is given."""
    for name, value in given.items():
        if value is not None and value is not False:
            raise typer.BadParameter(f"--{name} {why}")


def _format_of(target: Path) -> str:
    """The format that the suffix says. Raises typer.BadParameter where it says none."""
    try:
        return format_to_write(target)
    except DataError as error:
        raise typer.BadParameter(str(error)) from error


def _packets(recording: Recording, done: Callable[[int], None]) -> Iterator[Events]:
    for events in recording.packets():
        yield events
        done(recording.read)


def _show(screen: Screen, recording: Recording, written: Written) -> None:
    screen.say(f"{written.events:,} events from {recording.format} to {written.format}, {written.bytes:,} bytes")
    if written.inertial:
        screen.say(f"{written.inertial:,} inertial samples")
    if recording.holds_inertial and not written.inertial:
        screen.say(f"inertial samples, if there are any, were left out; {' and '.join(HOLD_SAMPLES)} can hold them")
    if recording.left:
        screen.say(f"{recording.left:,} bytes at the end of {recording.path.name} were left over: it is cut off")
    screen.say_path("written:", written.path)


def _as_dict(recording: Recording, written: Written) -> dict[str, Any]:
    return {
        "source": {"file": str(recording.path), "format": recording.format},
        "file": str(written.path),
        "format": written.format,
        "sensor": f"{recording.width}x{recording.height}" if recording.width else None,
        "events": written.events,
        "inertial samples": written.inertial,
        "bytes": written.bytes,
        **({"bytes left over": recording.left} if recording.left else {}),
    }
