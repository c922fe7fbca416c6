"""`eventnet ablate`: the same run without some of its inputs, or the influence of each input."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from numpy.typing import NDArray
from rich.table import Table

from eventnet import analysis
from eventnet.analysis.answers import check_answer
from eventnet.analysis.packeted import count
from eventnet.analysis.replay import HELD
from eventnet.base.files import beside
from eventnet.cli import options as opt
from eventnet.cli.commands import STUDY, command
from eventnet.cli.ending import Exit
from eventnet.cli.networks import load_network
from eventnet.cli.orders import inputs_given
from eventnet.cli.recordings import IN_PLACE, RecordingOptions, takes_recording
from eventnet.cli.results import Screen, manifest, resumable
from eventnet.cli.trace_option import check_place
from eventnet.errors import InputError

MOST_ROWS = 20


@command(
    "ablate", "the same run without some inputs: what changes, and which input mattered",
    group=STUDY, usage="NET.npz", formerly="whatif",
)  # fmt: skip
@takes_recording
def ablate(
    network: opt.NetworkArgument,
    inputs: opt.InputsOption = None,
    *,
    recorded: RecordingOptions,
    without: Annotated[
        str | None,
        typer.Option(
            "--without", help="Inputs to leave out, by number from 0 as in the file: 3 or 3,5-8. Default: all, of few."
        ),
    ] = None,
    each: Annotated[
        bool, typer.Option("--each", help="Leave out each of them alone: which one mattered? (The default for all.)")
    ] = False,
    answer: Annotated[str, typer.Option("--answer", help=opt.ANSWER)] = "ends",
    tolerance: opt.ToleranceOption = 0.0,
    order: opt.OrderOption = "breadth",
    coalesce: opt.CoalesceOption = None,
    until: opt.UntilOption = None,
    table: Annotated[
        Path | None, typer.Option("--csv", help="Also write what changes as CSV: outputs, or a row for each input.")
    ] = None,
    seed: opt.SeedOption = 0,
    fresh: opt.FreshOption = False,
    as_json: opt.JsonOption = False,
) -> None:
    """Run a network again without some of its inputs: which outputs and which costs change, and where the runs part.

    Exit code 0: the answer stays the same; 1: it changes (with --each: for one of them); more: an error.
    """
    recorded.check(inputs, network)
    if inputs is None and recorded.recording is None:
        raise typer.BadParameter(f"wanted --inputs FILE; {IN_PLACE}")
    screen = Screen(as_json)
    options = {
        "network": network, "inputs": inputs, "without": without, "each": each, "answer": answer, "order": order,
        "coalesce": coalesce, "until": until, "seed": seed, **recorded.given(),
    }  # fmt: skip
    check_place(table)
    net = load_network(network)
    check_answer(net, answer)
    feed, ends = inputs_given(inputs, recorded, net)
    in_all = count(feed)
    if without is None and in_all > HELD:
        raise InputError(f"each of {in_all:,} inputs alone would be as many runs; wanted --without, like 3 or 3,5-8")
    numbers = np.arange(in_all) if without is None else np.array(read_numbers(without, in_all))
    asked: dict[str, Any] = {"answer": answer, "tolerance": tolerance}
    files = [network, inputs, recorded.recording]
    with resumable(screen, "ablate", options | asked, fresh=fresh, files=files):
        replay = analysis.Replay(
            analysis.Course(net, feed, coalesce, ends if until is None else until), analysis.Variant(order, seed)
        )
        report = _each if each or without is None else _all
        found, changed = report(screen, replay, numbers, asked, table)
    screen.give({"manifest": manifest("ablate", options), **found})
    raise typer.Exit(Exit.NO if changed else Exit.DONE)


def read_numbers(text: str, inputs: int) -> list[int]:
    """Numbers of a text like 3,5-8, of so many inputs. Raises InputError for anything else."""
    found: list[int] = []
    for part in text.split(","):
        first, dash, last = part.strip().partition("-")
        if not _is_number(first) or (dash and not _is_number(last)) or (dash and int(last) < int(first)):
            raise InputError(f"{part.strip()!r} is no number of an input; wanted whole numbers like 3 or 3,5-8")
        if int(last if dash else first) >= inputs:
            raise InputError(f"there is no input {last if dash else first}; there are {inputs:,}, from 0")
        found += range(int(first), int(last if dash else first) + 1)
    return found


def _is_number(text: str) -> bool:
    """Whole, and no longer than Python reads."""
    return text.isdecimal() and len(text) < 20


def _all(
    screen: Screen, replay: analysis.Replay, numbers: NDArray[np.int64], asked: dict[str, Any], table: Path | None
) -> tuple[dict[str, Any], bool]:
    one = analysis.ablate(replay, numbers, **asked)
    screen.say(f"without {len(one.without):,} of {replay.inputs:,} inputs ({one.replayed:,} deliveries made again):")
    screen.say(str(one))
    outputs = _Rows(one)
    rows = Table("time", "output", "index", "sign", "before", "after")
    for row in islice(outputs, MOST_ROWS):
        rows.add_row(*(f"{row[name]}" for name in ("t", "port", "index", "sign", "before", "after")))
    if outputs:
        screen.out.print(rows)
    _more(screen, len(outputs))
    if table is not None:
        _write(table, outputs, ("t", "port", "index", "sign", "before", "after"))
    return one.to_dict(outputs), one.changed


class _Rows(list[dict[str, Any]]):
    """The rows of the outputs that changed, each made when it is come to: a list for who goes through it."""

    def __init__(self, one: analysis.Ablation) -> None:
        super().__init__()
        self._one = one

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return self._one.output_rows()

    def __len__(self) -> int:
        return len(self._one.outputs)


def _each(
    screen: Screen, replay: analysis.Replay, numbers: NDArray[np.int64], asked: dict[str, Any], table: Path | None
) -> tuple[dict[str, Any], bool]:
    with screen.progress("leaving out each input", len(numbers)) as bar:
        found = analysis.influence(replay, numbers, progress=lambda done, of: bar(done), **asked)
    listed = [asdict(one) for one in found]
    names = ("number", "t", "port", "index", "sign", "changed", "outputs", "deliveries", "spikes", "adds", "first")
    rows = Table(*names)
    # First what changed the answer, then what changed most.
    for one in sorted(listed, key=lambda one: (not one["changed"], -abs(one["adds"]), one["number"]))[:MOST_ROWS]:
        rows.add_row(*("" if one[name] is None else str(one[name]) for name in names))
    changing = sum(one.changed for one in found)
    screen.say(f"{changing:,} of {len(found):,} inputs change the answer when they alone are left out")
    screen.out.print(rows)
    _more(screen, len(listed))
    screen.say(
        "Deliveries, spikes and adds: without the input, less with it. First: time of the first event that differs."
    )
    if table is not None:
        _write(table, listed, tuple(listed[0]) if listed else names)
    return {"changing": changing, "inputs": listed}, changing > 0


def _more(screen: Screen, rows: int) -> None:
    if rows > MOST_ROWS:
        screen.say(f"({rows - MOST_ROWS:,} more: --json or --csv FILE has all)")


def _write(path: Path, rows: Iterable[dict[str, Any]], names: tuple[str, ...]) -> None:
    with beside(path) as file:
        text = io.TextIOWrapper(file, "utf-8", newline="")
        writer = csv.DictWriter(text, names, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        text.detach()  # writes what is left, and leaves the file open
