"""`eventnet reproduce`: published figures and tables, each number beside ours."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from eventnet.base.files import write_beside
from eventnet.cli.commands import LEARN, command
from eventnet.cli.dask_option import takes_dask
from eventnet.cli.options import FreshOption, JsonOption, SeedOption, check_folder
from eventnet.cli.results import Screen, make_folder, manifest, resumable
from eventnet.scenarios.reproductions.common.numbers import name_by_number
from eventnet.scenarios.reproductions.common.registry import REPRODUCTIONS
from eventnet.scenarios.reproductions.common.report import (
    QUICK_NOTE,
    Reproduction,
    ReproductionReport,
    Request,
    quick_form,
)

NAMES = ", ".join(REPRODUCTIONS.names())
WHICH = f"Which one: {NAMES}. Or the number of its figure or table: figure-3-1, table-a-2, 3.3, b.1."


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
    out: Annotated[Path, typer.Option("--out", help="Folder for picture, CSV and JSON.")] = Path("eventnet-reproduce"),
    processes: Annotated[int, typer.Option("--processes", min=1, help="Runs at a time.")] = 2,
    seed: SeedOption = 1234,
    fresh: FreshOption = False,
    as_json: JsonOption = False,
) -> None:
    """Run a published experiment again: the published number beside the measured one, a picture, and CSV.

    One that was stopped goes on from what was finished when the same command is run again.
    """
    screen = Screen(as_json)
    name = name_by_number(name) or name
    reproduction: Reproduction = REPRODUCTIONS.find(name)
    if network is not None and not getattr(reproduction, "takes_network", False):
        raise typer.BadParameter(f"--network is for a reproduction that asks for a network's file; {name} does not")
    check_folder(data)
    make_folder(out)
    request = Request(
        out=out, data=data, network=network, quick=quick, seed=seed, say=screen.err.print, processes=processes
    )
    options = {"name": name, "quick": quick, "data": data, "network": network, "seed": seed}
    if quick:
        screen.say(QUICK_NOTE)
    with resumable(screen, "reproduce", options, fresh=fresh, out=out, files=[data, network]):
        report = quick_form(reproduction(request)) if quick else reproduction(request)
        made = write(report, request)
    screen.out.print(table_of(report))
    for note in report.notes:
        screen.say(note)
    screen.say_path("\nPicture, CSV and JSON:", out)
    screen.give(made)


def table_of(report: ReproductionReport) -> Table:
    """The rows for the screen."""
    table = Table(title=f"{report.title} ({report.source})")
    for column in report.rows[0]:
        table.add_column(column)
    for row in report.rows:
        table.add_row(*("" if value is None else str(value) for value in row.values()))
    return table


def write(report: ReproductionReport, request: Request) -> dict[str, Any]:
    """NAME.csv (the table), NAME-curves.csv and NAME.json beside the picture; returns what the JSON holds."""
    options = {"seed": request.seed, "quick": request.quick, "data": request.data, "processes": request.processes}
    options |= {} if request.network is None else {"network": request.network}
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
