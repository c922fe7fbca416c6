"""`eventnet diff`: the first event at which two runs differ."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

import eventnet as en
from eventnet.analysis.difference import ALL, WHAT, first_difference
from eventnet.cli import options as opt
from eventnet.cli.commands import STUDY, command
from eventnet.cli.ending import Exit
from eventnet.cli.results import Screen
from eventnet.engine.log_file import read_log
from eventnet.event import Events


@command("diff", "the first event at which two runs differ", group=STUDY, usage="A B")
def diff(
    a: Annotated[Path, typer.Argument(help="The event log of a run: a .npy file (record=PATH).")],
    b: Annotated[Path, typer.Argument(help="The event log of another run.")],
    network: Annotated[
        Path | None, typer.Option("--network", help="The runs' network (.npz of Network.save), for names of ports.")
    ] = None,
    what_only: Annotated[
        bool, typer.Option("--what-only", help="Compare what is delivered and when, and not what caused it.")
    ] = False,
    as_json: opt.JsonOption = False,
) -> None:
    """Find the first event at which two runs differ.

    Prints both deliveries and what caused each. Exit code 0: the logs are the same; 1: they differ; more: an error.
    """
    found = compare(a, b, network, what_only)
    screen = Screen(as_json)
    _show(screen, found)
    screen.give(found)
    raise typer.Exit(Exit.DONE if found["same"] else Exit.NO)


def compare(a: Path, b: Path, network: Path | None, what_only: bool) -> dict[str, Any]:
    """The comparison of two log files, ready for JSON."""
    logs = {"a": read_log(a), "b": read_log(b)}
    net = None if network is None else en.Network.load(network)
    fields = WHAT if what_only else ALL
    at = first_difference(logs["a"], logs["b"], fields)
    sides = {
        side: {"file": str(path), "deliveries": len(logs[side]), **({} if at is None else _at(logs[side], at, net))}
        for side, path in (("a", a), ("b", b))
    }
    one, other = (sides[side].get("delivery") for side in "ab")
    differs = [name for name in fields if one is not None and other is not None and one[name] != other[name]]
    return {"same": at is None, "compared": list(fields), "at": at, "differs": differs, **sides}


def _at(log: Events, at: int, net: en.Network | None) -> dict[str, Any]:
    """The delivery at a place of a log and the one that caused it; None where the log does not hold it."""
    delivery = _record(log, at, net)
    cause = None
    if delivery is not None and delivery["parent"] >= 0:
        cause = _record(log, delivery["parent"] - int(log["id"][0]), net)
    return {"delivery": delivery, "cause": cause}


def _record(log: Events, place: int, net: en.Network | None) -> dict[str, Any] | None:
    if not 0 <= place < len(log):
        return None
    record: dict[str, Any] = {name: int(log[place][name]) for name in ALL}
    if net is not None:
        ports, outlets = [str(port) for port in net.ports()], [str(outlet) for outlet in net.outlets()]
        port, source = record["port"], record["source"]
        record["from"] = "input" if source < 0 else outlets[source] if source < len(outlets) else "unknown"
        record["to"] = ports[port] if 0 <= port < len(ports) else "unknown"
    return record


def _show(screen: Screen, found: dict[str, Any]) -> None:
    if found["same"]:
        screen.say(f"the same: {found['a']['deliveries']:,} deliveries")
        return
    differs = f", in {', '.join(found['differs'])}" if found["differs"] else ""
    screen.say(f"the runs differ first at delivery {found['at']:,} (from 0){differs}")
    table = Table("", "", *ALL, *(name for name in ("from", "to") if _names(found)))
    for side in "ab":
        for what in ("delivery", "cause"):
            record = found[side][what]
            if record is not None:
                table.add_row(side if what == "delivery" else "", what, *(str(value) for value in record.values()))
            elif what == "delivery":
                table.add_row(side, "ended")
    screen.out.print(table)
    for side in "ab":
        screen.say_path(f"{side}: {found[side]['deliveries']:,} deliveries,", found[side]["file"])


def _names(found: dict[str, Any]) -> bool:
    return any("to" in (found[side]["delivery"] or {}) for side in "ab")
