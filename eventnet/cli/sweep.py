"""`eventnet sweep`: a scenario, a model, a network or a function, over parameters and seeds."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from eventnet.analysis.parallel import Progress
from eventnet.cli import options as opt
from eventnet.cli.commands import STUDY, command
from eventnet.cli.dask_option import takes_dask
from eventnet.cli.ending import Exit
from eventnet.cli.report_option import report_option
from eventnet.cli.results import Screen, make_folder, manifest
from eventnet.cli.trace_option import check_place
from eventnet.errors import ModelError
from eventnet.scenarios.shared.paired import MeanInterval
from eventnet.sweep import Found, Sweep, read_sweep, run_sweep
from eventnet.sweep.page import write_page
from eventnet.sweep.pictures import averages

EVERY_S = 60.0
"""Seconds between the lines that say how far a sweep is, if stderr is no terminal."""
MOST_ROWS, MOST_RESULTS, MOST_ERRORS = 30, 5, 3
"""Points, results and errors that are shown; the table has all."""


@command("sweep", "a scenario, a model or a function over parameters and seeds", group=STUDY, usage="SWEEP.toml")
@takes_dask
def sweep(
    file: Annotated[Path, typer.Argument(help="A TOML file that says what is run, and over which parameters.")],
    out: Annotated[Path, typer.Option("--out", help="Folder of results; a sweep goes on from what is there.")] = Path(
        "eventnet-sweep"
    ),
    processes: opt.ProcessesOption = None,
    batch: Annotated[int, typer.Option("--batch", min=1, help="With --dask: jobs a task, for short ones.")] = 1,
    array: Annotated[
        str | None,
        typer.Option("--array", metavar="I/N", help="Only every N-th job, from the I-th (from 0) on: a SLURM array."),
    ] = None,
    retry: Annotated[bool, typer.Option("--retry", help="Do those jobs again that failed.")] = False,
    data: opt.DataOption = None,
    report: Annotated[Path | None, report_option("the sweep")] = None,
    as_json: opt.JsonOption = False,
) -> None:
    """Run every job of a sweep that is not done yet; write one table of all, and the pictures that the file asks for.

    A job is named by what its result follows from: parameters, seed, code, versions, data. One that fails is kept with
    its error, and stops no other. Exit code 0: all are done; 4: some have failed; more jobs may be left with --array.
    """
    opt.check_folder(data)
    asked, screen = read_sweep(file), Screen(as_json)
    asked = asked if data is None else replace(asked, data=data.resolve())
    part = None if array is None else _read_part(array)
    if report is not None:
        check_place(report)
    make_folder(out)
    with _telling(screen, len(asked) if part is None else len(range(part[0], len(asked), part[1]))) as progress:
        found = run_sweep(asked, out, processes=processes, batch=batch, part=part, retry=retry, progress=progress)
    _show(screen, asked, found)
    told = manifest("sweep", {"file": file, "out": out, "array": array, "seed": asked.seed, "data": data})
    if report is not None and found.complete:
        write_page(found, report, told)
        screen.say_path("report, to open in a browser:", report)
    elif report is not None:
        screen.say("The report is written with the table.")
    screen.give({"manifest": told, **_as_dict(found)})
    raise typer.Exit(Exit.FAILED if found.failed else Exit.DONE)


def _read_part(text: str) -> tuple[int, int]:
    first, _, every = text.partition("/")
    if not (first.isdecimal() and every.isdecimal() and int(first) < int(every)):
        raise typer.BadParameter(f"--array is {text!r}; wanted I/N, like 0/8, with I from 0 to N - 1")
    return int(first), int(every)


@contextmanager
def _telling(screen: Screen, total: int) -> Iterator[Progress]:
    """A bar with the time that is left; where there is no terminal, a line now and then."""
    begun, said, first = time.monotonic(), time.monotonic(), [0]
    with screen.progress(f"{total:,} jobs", max(total, 1)) as bar:

        def progress(done: int, of: int) -> None:
            nonlocal said
            bar(done)
            now = time.monotonic()
            first[0] = first[0] or done
            if not screen.err.is_terminal and now - said > EVERY_S and done > first[0]:
                left = (now - begun) / (done - first[0]) * (of - done)
                screen.err.print(f"{done:,} of {of:,} jobs, about {left / 60:,.0f} min left")
                said = now

        yield progress


def _show(screen: Screen, asked: Sweep, found: Found) -> None:
    told = f"{found.done:,} of {len(asked):,} jobs are done" + (f", {found.failed:,} failed" if found.failed else "")
    screen.say(told + (f"; {found.begun:,} were before" if found.begun else ""))
    for line in _errors(found):
        screen.say(line)
    if not found.complete:
        screen.say("The table is written when all are there: by another part, or by one call more without --array.")
        return
    if found.done:
        screen.say("Means over seeds, and half of their 95 % intervals:" if len(asked.job_seeds) > 1 else "Results:")
        screen.out.print(_table(asked, found))
    for equal in found.equal():
        screen.say(str(equal))
    screen.say(f"SHA-256 of all results: {found.sha256}")
    screen.say_path("Table and results:", found.folder)


def _errors(found: Found) -> Iterator[str]:
    """The first errors that differ."""
    seen: set[str] = set()
    for record in found.records() if found.failed and found.complete else ():
        error = record.get("error")
        text = "" if error is None else f"{error['kind']}: {error['message']}"
        if text and text not in seen and len(seen) < MOST_ERRORS:
            seen.add(text)
            yield f"failed: {record['parameters']}, seed {record['seed']}: {text}"


def _table(asked: Sweep, found: Found) -> Table:
    """Means over seeds at each point, with intervals, of the first results."""
    row = next(record["results"] for record in found.records() if "results" in record)
    values = [name for name, value in row.items() if isinstance(value, int | float)][:MOST_RESULTS]
    made = Table()
    for name in (*asked.varied, *values):
        made.add_column(name, justify="right", overflow="fold")
    columns = []
    for name in values:
        try:
            columns.append(averages(found, list(asked.varied), name))
        except ModelError:
            columns.append({})
    points = list(dict.fromkeys(point for column in columns for point in column))
    for point in points[:MOST_ROWS]:
        made.add_row(*map(_short, point), *(_interval(column.get(point)) for column in columns))
    if len(points) > MOST_ROWS:
        made.caption = f"{len(points) - MOST_ROWS:,} points more are in table.csv"
    return made


def _short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _interval(found: MeanInterval | None) -> str:
    if found is None:
        return "-"
    half = "" if found.high is None else f" ± {found.high - found.mean:.2g}"
    return f"{found.mean:,.4g}{half}"


def _as_dict(found: Found) -> dict[str, Any]:
    made: dict[str, Any] = {
        "jobs": len(found.work.sweep), "done": found.done, "failed": found.failed, "done before": found.begun,
        "folder": str(found.folder), "complete": found.complete,
    }  # fmt: skip
    if found.complete:
        made |= {"sha256": found.sha256, "equal": [each._asdict() for each in found.equal()]}
    return made
