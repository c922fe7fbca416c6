"""`eventnet reproduce`: published figures and tables, each number beside ours."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import typer

from eventnet.base.files import write_beside
from eventnet.base.linear_algebra import one_thread
from eventnet.cli.commands import LEARN, command
from eventnet.cli.dask_option import takes_dask
from eventnet.cli.options import FreshOption, JsonOption, OutOption, SeedOption, SomeProcessesOption, check_folder
from eventnet.cli.results import Screen, make_folder, manifest, resumable
from eventnet.cli.wide_tables import WideTable
from eventnet.engine.journal import MISSING, Journal, name_of
from eventnet.errors import DataError, ModelError
from eventnet.scenarios.reproductions.common.numbers import names_by_number, why_not
from eventnet.scenarios.reproductions.common.registry import REPRODUCTIONS
from eventnet.scenarios.reproductions.common.report import (
    QUICK_NOTE,
    Reproduction,
    ReproductionReport,
    Request,
    quick_form,
)

NAMES = ", ".join(REPRODUCTIONS.names())
WHICH = (
    f"Which one: {NAMES}. Or the number of its figure or table: figure-3-1, table-a-2, 3.3, b.1. Or all: one after the "
    "other."
)
ALL = "all"
FOLDERS = {
    "newsgroups": "news",
    "nmnist": "nmnist",
    "nir-nmnist": "nmnist",
    "frame-rate": ".",
    "pd-video": ".",
    "sigma-delta-video": ".",
}
"""With `all`, which folder of --data each reproduction reads; MNIST's, where none is named."""


@command("reproduce", "published figures and tables, each number beside ours", group=LEARN, usage="NAME")
@takes_dask
def reproduce(
    name: Annotated[str, typer.Argument(help=WHICH)],
    quick: Annotated[
        bool, typer.Option("--quick", help="A reduced form, to try the command: nothing follows from it.")
    ] = False,
    data: Annotated[Path | None, typer.Option("--data", help="Folder with the data that may not ship.")] = None,
    network: Annotated[
        Path | None, typer.Option("--network", help="With nir-nmnist: the NIR file, which may not ship either.")
    ] = None,
    out: OutOption = Path("eventnet-reproduce"),
    processes: SomeProcessesOption = 2,
    seed: SeedOption = 1234,
    seeds: Annotated[
        int | None, typer.Option("--seeds", min=1, help="So many seeds at most, where a reproduction takes several.")
    ] = None,
    fresh: FreshOption = False,
    as_json: JsonOption = False,
) -> None:
    """Run a published experiment again: the published number beside the measured one, a picture, and CSV.

    One that was stopped goes on from what was finished when the same command is run again. With `all`, or the number of
    a figure that several are of, each has a folder of its own, and --data has the folders mnist, news, nmnist and
    video; what lacks its data is named and left.
    """
    screen = Screen(as_json)
    if why := why_not(name):
        screen.say(why)
        screen.give({"asked": name, "rows": [], "why": why})
        return
    names = REPRODUCTIONS.names() if name == ALL else list(names_by_number(name) or [name])
    name = ALL if name == ALL else "+".join(names)
    reproduction: Reproduction | None = REPRODUCTIONS.find(name) if len(names) == 1 else None
    if network is not None and reproduction is not None and not getattr(reproduction, "takes_network", False):
        raise typer.BadParameter(f"--network is for a reproduction that asks for a network's file; {name} does not")
    check_folder(data)
    make_folder(out)
    request = Request(
        out=out, data=data, network=network, quick=quick, seed=seed, say=screen.err.print, processes=processes,
        most_seeds=seeds,
    )  # fmt: skip
    options = {"name": name, "quick": quick, "data": data, "network": network, "seed": seed, "seeds": seeds}
    if quick:
        screen.say(QUICK_NOTE)
    if reproduction is None:
        _each(screen, names, request, options, fresh)
        return
    with resumable(screen, "reproduce", options, fresh=fresh, out=out, files=[data, network]) as kept:
        with one_thread(), _timed(kept, name) as spent:
            report = quick_form(reproduction(request)) if quick else reproduction(request)
        made = write(report, request)
    screen.out.print(table_of(report))
    for note in report.notes:
        screen.say(note)
    screen.say(f"{spent.seconds} s of processor time")
    screen.say_path("\nPicture, CSV and JSON:", out)
    screen.give(made)


def _each(screen: Screen, names: list[str], request: Request, options: dict[str, Any], fresh: bool) -> None:
    """Several reproductions; those that an earlier run of the same command has finished are not run again."""
    with resumable(
        screen, "reproduce", options, fresh=fresh, out=request.out, files=[request.data, request.network]
    ) as kept:
        rows = [{"reproduction": name} | _one_of_all(kept, name, request) for name in names]
        made = {"rows": rows, "manifest": manifest("reproduce", options)}
        write_beside(request.out / f"{options['name']}.json", (json.dumps(made, indent=1, default=str) + "\n").encode())
    for row in rows:
        screen.say(f"{row['reproduction']}: {row['state']}, {row['processor_s']} s of processor time")
    screen.say(f"all: {sum(row['processor_s'] for row in rows):.1f} s of processor time")
    screen.say_path("\nA folder each:", request.out)
    screen.give(json.loads(json.dumps(made, default=str)))


def _one_of_all(kept: Journal, name: str, request: Request) -> dict[str, Any]:
    """Run one, unless that is done: what became of it, and the processor time that it took in seconds."""
    key = name_of("one of all", name) or name
    own = replace(request, out=request.out / name, data=_folder(name, request.data))
    if (found := kept.find(key)) is not MISSING and (own.out / f"{name}.json").is_file():
        return dict(found)
    request.say(name)
    make_folder(own.out)
    spent = _Spent()
    try:
        with one_thread(), _timed(kept, name) as spent:
            report = REPRODUCTIONS.find(name)(own)
    except (DataError, ModelError) as why:
        return {"state": f"not run: {why}", "processor_s": spent.seconds}
    write(quick_form(report) if own.quick else report, own)
    made = {"state": "done", "processor_s": spent.seconds}
    kept.keep(key, made)
    kept.flush()
    return made


@dataclass
class _Spent:
    """Processor time in seconds, once it is over."""

    seconds: float = 0.0


@contextmanager
def _timed(kept: Journal, name: str) -> Iterator[_Spent]:
    """Take the processor time of what is done within.

    That of an earlier run of the command that was stopped counts, but for one that was killed.
    """
    so_far = name_of("processor time", name) or f"{name} s"
    before = 0.0 if (found := kept.find(so_far)) is MISSING else found
    spent, begun = _Spent(), _processor_s() - before
    try:
        yield spent
    except (DataError, ModelError):
        raise
    except BaseException:
        kept.keep(so_far, _processor_s() - begun)
        kept.flush()
        raise
    finally:
        spent.seconds = round(_processor_s() - begun, 1)


def _processor_s() -> float:
    """Processor time of this process, and of those that it began and that have ended."""
    return sum(os.times()[:4])


def _folder(name: str, data: Path | None) -> Path | None:
    """The folder with a reproduction's data: its own within `data`, or `data` itself where there is none."""
    if data is None:
        return None
    inner = data / FOLDERS.get(name, "mnist")
    return inner if inner.is_dir() else data


def table_of(report: ReproductionReport) -> WideTable:
    """The rows for the screen."""
    return WideTable(report.rows, f"{report.title} ({report.source})")


def write(report: ReproductionReport, request: Request) -> dict[str, Any]:
    """NAME.csv (the table), NAME-curves.csv and NAME.json beside the picture; returns what the JSON holds."""
    options = {"seed": request.seed, "quick": request.quick, "data": request.data, "processes": request.processes}
    options |= {} if request.network is None else {"network": request.network}
    options |= {} if request.most_seeds is None else {"seeds": request.most_seeds}
    made = {
        "name": report.name, "title": report.title, "source": report.source, "notes": report.notes,
        "rows": report.rows, "curves": report.curves, "pictures": [path.name for path in report.pictures],
        "manifest": manifest("reproduce", options),
    }  # fmt: skip
    write_beside(request.out / f"{report.name}.csv", _csv(report.rows))
    if report.curves:
        write_beside(request.out / f"{report.name}-curves.csv", _csv(report.curves))
    write_beside(request.out / f"{report.name}.json", (json.dumps(made, indent=1) + "\n").encode())
    return made


def _csv(rows: list[dict[str, Any]]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()
