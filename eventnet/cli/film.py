"""`eventnet film`: a run that was watched, or a recording, as a film."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Annotated

import typer

from eventnet.cli import options as opt
from eventnet.cli.commands import FILES, command
from eventnet.cli.recordings import FormatOption, SensorOption, open_recording
from eventnet.cli.results import Screen
from eventnet.cli.trace_option import check_place
from eventnet.errors import DataError
from eventnet.view.film import AXIS, frames
from eventnet.view.shots import is_view, shots_in, shots_of
from eventnet.view.video_file import check_suffix, write_film


@command("film", "a run of --view, or a recording, as a film", group=FILES, usage="FILE OUT.mp4")
def film(
    source: Annotated[Path, typer.Argument(metavar="FILE", help="An MCAP file of --view, or a recording of events.")],
    target: Annotated[Path, typer.Argument(metavar="OUT", help="The film: .mp4, .gif, or .png (animated).")],
    rate: Annotated[
        int, typer.Option("--rate", min=1, max=50, help="Frames a second; a frame is a look of 20 ms.")
    ] = 25,
    every: Annotated[int, typer.Option("--every", min=1, help="Show every n-th look.")] = 1,
    most: Annotated[int, typer.Option("--most", min=1, help="Frames, at most.")] = 500,
    axis: Annotated[str, typer.Option("--axis", help="Of answers with x, y and z: which is drawn.")] = AXIS,
    names: Annotated[
        str | None, typer.Option("--answers", help="Names of answers with commas. Default: the first, and the truth.")
    ] = None,
    format: FormatOption = None,
    sensor: SensorOption = None,
    overwrite: opt.OverwriteOption = False,
    as_json: opt.JsonOption = False,
) -> None:
    """Draw events, an answer beside the truth, and the additions a second, as they come about."""
    check_suffix(target)
    check_place(target)
    if target.exists() and not overwrite:
        raise DataError(f"{target} exists; name another file, or replace it with --overwrite")
    screen = Screen(as_json)
    if format is None and is_view(source):
        found = shots_of(source)
    else:
        found = shots_in(open_recording(source, format, None, sensor, None, "check"))
    shots = list(islice(found, every - 1, every * most, every))
    if not shots:
        raise DataError(f"{source} has no events to show")
    with screen.progress("drawing", len(shots)) as bar:
        drawn = frames(shots, axis, None if names is None else [name.strip() for name in names.split(",")])
        n = write_film(target, (bar(k) or frame for k, frame in enumerate(drawn)), rate)
    screen.say(f"{n:,} frames, {n / rate:.1f} s, of {1e-6 * (shots[-1].t_us - shots[0].t_us):.2f} s")
    screen.say_path("film:", target)
    screen.give({"frames": n, "rate": rate, "file": str(target)})
