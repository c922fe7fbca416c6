"""`eventnet record`: a simulated sensor by its name, into a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from eventnet.base.files import beside
from eventnet.cli import options as opt
from eventnet.cli.commands import FILES, command
from eventnet.cli.results import Screen
from eventnet.cli.trace_option import check_place
from eventnet.clock import WindowedSensor
from eventnet.errors import DataError
from eventnet.event import PIXEL_EVENT, Events
from eventnet.io import format_to_write, write_events
from eventnet.scenarios.sensors.registry import make

WINDOW_US = 10_000.0
OTHERS = (".csv", ".npy")
"""Suffixes of files for records that are no events of pixels."""


@command("record", "what a simulated sensor says, into a file", group=FILES, usage="dvs FILE")
def record(
    sensor: Annotated[str, typer.Argument(help="A name of `eventnet info sensors`.")],
    target: opt.TargetArgument,
    seconds: Annotated[float, typer.Option("--seconds", min=0.0, help="How long the sensor is listened to.")] = 1.0,
    seed: opt.SeedOption = 0,
    overwrite: opt.OverwriteOption = False,
    as_json: opt.JsonOption = False,
) -> None:
    """Write what a sensor says in a small world of its own: pixel events in any format, else .npy or .csv."""
    check_place(target)
    if target.exists() and not overwrite:
        raise DataError(f"{target} exists; name another file, or replace it with --overwrite")
    screen = Screen(as_json)
    made = make(sensor, seed)
    with screen.progress("recording", 1000) as bar:
        events = _events(made, seconds, bar)
    if events.dtype == PIXEL_EVENT:
        world = getattr(made, "scene", None)
        write_events(
            target, events, format_to_write(target), width=getattr(world, "width", None),
            height=getattr(world, "height", None),
        )  # fmt: skip
    else:
        _write(target, events)
    screen.say(f"{len(events):,} records of {sensor} in {seconds:g} s, {', '.join(events.dtype.names or ())}")
    screen.say_path("written:", target)
    screen.give({"sensor": sensor, "seconds": seconds, "seed": seed, "records": len(events), "file": str(target)})


def _events(sensor: WindowedSensor, seconds: float, bar: Callable[[int], None]) -> Events:
    """All that the sensor says in so many seconds. Raises DataError for records without a time."""
    parts = []
    for packet in sensor.packets(WINDOW_US, sensor.begin_us + 1e6 * seconds):
        parts.append(packet)
        bar(min(1000, round(len(parts) * WINDOW_US / seconds / 1e3)))
    events = np.concatenate(parts) if parts else np.empty(0, PIXEL_EVENT)
    if "t" not in (events.dtype.names or ()):
        raise DataError(f"the sensor sends {events.dtype}; wanted records with a field t, as PIXEL_EVENT has")
    return events


def _write(target: Path, events: Events) -> None:
    suffix = target.suffix.lower()
    if suffix not in OTHERS:
        raise DataError(f"{target}: records of {', '.join(events.dtype.names or ())} go into {' or '.join(OTHERS)}")
    with beside(target) as file:
        if suffix == ".npy":
            np.save(file, events)
        else:
            file.writelines(line.encode() for line in _lines(events))


def _lines(events: Events) -> Iterator[str]:
    yield ",".join(events.dtype.names or ()) + "\n"
    rows: list[tuple[Any, ...]] = events.tolist()
    for row in rows:
        yield ",".join(map(repr, row)) + "\n"
