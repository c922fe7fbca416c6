"""`eventnet info`: what is installed here, or what a file holds."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

import eventnet as en
from eventnet.base.files import opened
from eventnet.cli import options as opt
from eventnet.cli.commands import BEGIN, command
from eventnet.cli.compile_all import Compiled, compile_all
from eventnet.cli.installation import PACKAGES as PACKAGES  # its name of before
from eventnet.cli.installation import about_installation, show
from eventnet.cli.networks import about_nir, is_nir
from eventnet.cli.recordings import (
    CameraOption,
    ColumnsOption,
    FormatOption,
    PartialOption,
    SensorOption,
    SizeOption,
    StreamOption,
    UnitOption,
    open_recording,
)
from eventnet.cli.registries import KINDS
from eventnet.cli.results import Screen
from eventnet.cli.view_option import check_views, recorder_of, say_views, view_option
from eventnet.errors import DataError
from eventnet.io import Recording, holds_events
from eventnet.io.inertial import summary
from eventnet.kernels.compiling import cache_folder
from eventnet.models import DeepSpikingNetwork
from eventnet.view import looks_at


@command("info", "versions, data at hand, what a file holds", group=BEGIN)
def info(
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="[FILE | KIND]",
            help="A network or a Deep Spiking Network (.npz), a NIR file, or a file of camera events; or what to list: "
            f"{', '.join(KINDS)}.",
        ),
    ] = None,
    format: FormatOption = None,
    unit: UnitOption = None,
    sensor: SensorOption = None,
    stream: StreamOption = None,
    columns: ColumnsOption = None,
    camera: CameraOption = None,
    size: SizeOption = None,
    partial: PartialOption = False,
    compile: Annotated[
        bool, typer.Option("--compile", help="Compile all that ships, once (some minutes): no later run waits for it.")
    ] = False,
    processes: opt.ProcessesOption = None,
    view: Annotated[Path | None, view_option("a recording's events")] = None,
    as_json: opt.JsonOption = False,
) -> None:
    """Show versions, engines, orders, compiled code and data at hand; or describe a file, or list all of a kind."""
    screen = Screen(as_json)
    check_views(view, None)
    if compile:
        if file is not None:
            raise typer.BadParameter("--compile compiles what ships, and takes no file")
        made = _compile(screen, processes)
        screen.say(f"{made.compiled:,} compiled, {made.there:,} were there already\n")
        found = {"compile": asdict(made), **about_installation(cache_folder())}
    elif file is None:
        found = about_installation(cache_folder())
    elif str(file) in KINDS and not file.is_file():
        found = {str(file): [{"name": name, "stands in": place} for name, place in KINDS[str(file)]().items()]}
    elif format is None and file.is_file() and is_nir(file):
        found = about_nir(file)
    elif format is None and _is_network(file):
        found = about_file(file)
    else:
        opened_as: dict[str, Any] = {"columns": columns, "camera": camera, "size": size, "partial": partial}
        found = about_recording(open_recording(file, format, unit, sensor, stream, "accept", **opened_as))
        if view is not None:
            _write_view(open_recording(file, format, unit, sensor, stream, "check", **opened_as), view)
    if view is not None and found.get("kind") != "recording":
        raise typer.BadParameter("--view shows a recording; wanted a file of camera events")
    screen.give(found)
    show(screen, found)
    say_views(screen, view, None)


def _write_view(recording: Recording, path: Path) -> None:
    with recorder_of(path, None, {"version": en.__version__, "recording": recording.path.name}) as recorder:
        recorder.take(looks_at(recording))


def _compile(screen: Screen, processes: int | None) -> Compiled:
    """Compile all that ships; on stderr says how far it is: as a bar on a terminal, else a line each tenth."""
    with screen.progress("compiling", 1000) as bar:
        said = 0

        def progress(done: int, of: int) -> None:
            nonlocal said
            bar(1000 * done // of)
            if not screen.err.is_terminal and 10 * done // of > said:
                said = 10 * done // of
                screen.err.print(f"eventnet: {done:,} of {of:,} compiled, or found")

        return compile_all(processes, progress)


# --- a file ---
def _is_network(path: Path) -> bool:
    """Whether a file is described as a network: any .npz, unless it holds events, and any that is absent."""
    if not path.exists():
        return True
    with opened(path) as file:
        return file.read(2) == b"PK" and not holds_events(path)


def about_recording(recording: Recording) -> dict[str, Any]:
    """Description of a file of camera events, in any order of time. Raises DataError where it is damaged."""
    facts = recording.facts()
    return {
        "file": str(recording.path),
        "kind": "recording",
        "format": recording.format,
        "bytes": recording.path.stat().st_size,
        "sensor": f"{recording.width}x{recording.height}" if recording.width else None,
        "events": facts.events,
        "duration (s)": facts.duration / 1e6,
        "events a second": facts.rate,
        "ON fraction": facts.on_fraction,
        "first and last (us)": [facts.first, facts.last],
        "columns and rows": [facts.columns, facts.rows],
        "falls of time": facts.falls,
        **({"bytes left over": recording.left} if recording.left else {}),
        "inertial": _inertial(recording),
    }


def _inertial(recording: Recording) -> dict[str, Any]:
    """Samples and their means; why not, where the file states no scales."""
    try:
        return summary(recording.inertial())
    except DataError as error:
        return {"unreadable": str(error)}


def about_file(path: Path) -> dict[str, Any]:
    """Description of a network file or a saved Deep Spiking Network. Raises DataError for any other file."""
    _check_archive(path)
    try:
        net = en.Network.load(path)
    except DataError as error:
        # read_npz names the format it found: only a model's file is read again, as what it is.
        if "holds the arrays" in str(error):
            found = str(error).partition("; wanted")[0]
            raise DataError(
                f"{found}; wanted a network or Deep Spiking Network that eventnet saved, or a recording, whose member "
                "'events' has the fields t, x, y, p"
            ) from error
        if "eventnet-deep-spiking-network" not in str(error):
            raise
        return {"file": str(path), **_about_model(DeepSpikingNetwork.load(path))}
    return {"file": str(path), **_about_network(net)}


def _check_archive(path: Path) -> None:
    """Raises DataError for a folder, and for an archive of arrays that eventnet has not written."""
    if path.is_dir():
        raise DataError(f"{path} is a folder; wanted a file")


def _about_model(dsn: DeepSpikingNetwork) -> dict[str, Any]:
    return {
        "kind": "Deep Spiking Network",
        "sizes": "-".join(map(str, dsn.sizes)),
        "weights": sum(w.size for w in dsn.weights),
        "samples seen": dsn.samples_seen,
        "options": dsn.options,
    }


def _about_network(net: en.Network) -> dict[str, Any]:
    return {
        "kind": "network",
        "number type": net.dtype,
        "coalesce": net.coalesce,
        "modules": [
            {"name": m.name, "class": type(m).__name__, "units": m.units, "ports": list(m.ports)} for m in net.modules
        ],
        "weight blocks": [{"name": b.name, "shape": f"{b.rows} x {b.cols}"} for b in net.blocks],
        "wires": [
            {"from": str(w.source), "to": str(w.target), "delay": "settled" if w.settled else w.delay}
            for w in net.wires
        ],
        "classes": dict(Counter(type(m).__name__ for m in net.modules)),
    }
