"""`eventnet orders`: one network in every routing order, delivery by delivery."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from rich.table import Table

import eventnet as en
import eventnet.models
from eventnet import pictures, study
from eventnet.commands.common import CoalesceOption, JsonOption, Screen, SeedOption
from eventnet.commands.tracing import check_place, tell, trace_option
from eventnet.difference import WHAT, first_difference
from eventnet.errors import DataError, InputError
from eventnet.event import Events
from eventnet.results import Results
from eventnet.study.answers import Arrays, letters, read_answer
from eventnet.study.cascades import depths, end_ports, peak_queue
from eventnet.study.sensitive import KEEPING
from eventnet.trace import LIMIT, count_adds, write_trace
from eventnet.trace.times import Integers

BASE = "breadth"
COLUMNS = ("time", "source", "port", "index", "sign")


@dataclass(frozen=True)
class Outcome:
    """One order's run: its log, its tally, and letters that are equal where two orders ended alike."""

    order: str
    log: Events
    tally: en.Tally
    state: str
    answer: str
    adds: Integers | None = None


def orders(
    network: Annotated[
        Path | None, typer.Argument(help="A network file (.npz of Network.save). Default: the example of table A.2.")
    ] = None,
    inputs: Annotated[
        Path | None, typer.Option("--inputs", help="Inputs: .npy of EVENT records, or CSV with t,port,index,sign.")
    ] = None,
    out: Annotated[Path, typer.Option("--out", help="Folder for the picture and the numbers.")] = Path(
        "eventnet-orders"
    ),
    coalesce: CoalesceOption = None,
    trace: Annotated[Path | None, trace_option("every order")] = None,
    seed: SeedOption = 0,
    as_json: JsonOption = False,
) -> None:
    """Run a network in every routing order and compare; report which modules can be sensitive to order at all.

    Without a file: the thesis's table A.2. A sends a1 and a2 to B and C; B turns a1 into b1 and b2, a2 into b3, for D.
    """
    if (network is None) != (inputs is None):
        raise typer.BadParameter("a network file and --inputs FILE go together: give both, or neither")
    check_place(trace)
    screen = Screen(as_json)
    results = Results(
        out, "orders", {"network": network, "inputs": inputs, "coalesce": coalesce, "trace": trace, "seed": seed}
    )
    if network is None or inputs is None:
        net, feed = table_a2()
    else:
        net = en.Network.load(network)
        feed = read_inputs(inputs, net)
    outcomes = compare(net, feed, seed, counted=0 if trace is None else LIMIT // len(en.ORDERS), coalesce=coalesce)
    report = study.sensitive(net, feed, coalesce=coalesce)
    labels = _labels_a2(net) if network is None else None
    results.add_picture("network.png", pictures.network_graph(net))
    _keep(results, outcomes, net, labels)
    results.write()
    if labels is not None:
        _show_deliveries(screen, outcomes, labels)
    _show_totals(screen, outcomes, net)
    _show_report(screen, report)
    screen.say_path("\nThe network as a graph, and all numbers as CSV and JSON:", out)
    given = {**results.to_dict(), "orders": _as_dict(outcomes, net, labels), "report": report.to_dict()}
    if trace is not None:
        adds = {o.order: o.adds for o in outcomes if o.adds is not None}
        given |= tell(screen, write_trace({o.order: o.log for o in outcomes}, net, trace, adds=adds))
    screen.give(given)


def table_a2() -> tuple[en.Network, Events]:
    """The thesis's A-B-C-D example, and its two inputs at one instant."""
    net = en.Network()
    a = net.add(en.Relay(2, name="A"))
    # Row a1 makes spikes at two units of B, row a2 at the third: each weight of 1 passes the threshold once.
    b = net.add(en.Herding(3, net.weights([[1, 1, 0], [0, 0, 1]], "B"), name="B"))
    c, d = net.add(en.Sink(2, name="C")), net.add(en.Sink(3, name="D"))
    net.connect(a.out, b.spikes)
    net.connect(a.out, c.spikes)
    net.connect(b.out, d.spikes)
    return net, en.events([(0, a.spikes, 0, 1), (0, a.spikes, 1, 1)])


def compare(
    net: en.Network, feed: Events, seed: int, *, counted: int = 0, coalesce: str | None = None
) -> list[Outcome]:
    """Run the inputs in every order, and count the adds of each of the first `counted` deliveries."""
    answer = "ends" if end_ports(net) else "state"
    found: list[tuple[str, Events, en.Tally, Arrays, Arrays]] = []
    adds: list[Integers | None] = []
    for order in en.ORDERS:
        sim = en.Simulation(net, order, record=True, seed=seed, coalesce=coalesce)
        sim.inject(feed)
        adds.append(count_adds(sim, counted) if counted else None)
        sim.run()
        run = en.Run(sim)
        found.append((order, run.log, run.tally, read_answer(run, "state"), read_answer(run, answer)))
    states, answers = letters([f[3] for f in found]), letters([f[4] for f in found])
    return [
        Outcome(order, log, tally, state, answer, count)
        for (order, log, tally, _, _), state, answer, count in zip(found, states, answers, adds, strict=True)
    ]


def read_inputs(path: Path, net: en.Network) -> Events:
    """Inputs of a file: .npy of EVENT records, or CSV rows t, port (number or module.port), index, sign."""
    if path.suffix == ".npy":
        try:
            array = np.load(path, allow_pickle=False)
        except (OSError, ValueError, EOFError) as error:
            raise DataError(f"{path} cannot be read: {error}") from error
        if not isinstance(array, np.ndarray) or array.dtype != en.EVENT:
            raise DataError(f"{path} holds {getattr(array, 'dtype', type(array))}; wanted EVENT records {en.EVENT}")
        return array
    numbers = {str(port): int(port) for port in net.ports()}
    rows = []
    try:
        with path.open(newline="", encoding="utf-8") as file:
            for line, row in enumerate(csv.DictReader(file), start=2):
                try:
                    port = numbers[row["port"]] if row["port"] in numbers else int(row["port"])
                    rows.append((int(row["t"]), port, int(row["index"]), int(row["sign"])))
                except (KeyError, TypeError, ValueError) as error:
                    raise DataError(
                        f"{path}, line {line}: {error}; wanted the columns t, port, index, sign in whole numbers, "
                        f"where port may be a name: {', '.join(numbers)}"
                    ) from error
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}") from error
    try:
        return en.events(rows)
    except InputError as error:
        raise DataError(f"{path}: {error}") from error


# --- telling ---
def _labels_a2(net: en.Network) -> dict[tuple[int, int], str]:
    """How table A.2 names what it delivers: (port, index) -> B(a1)."""
    names = {"A": "", "B": "a", "C": "a", "D": "b"}
    return {
        (int(port), index): f"{port.module.name}({names[port.module.name]}{index + 1})"
        for port in net.ports() if port.name == "spikes" and port.module.name != "A"
        for index in range(3)
    }  # fmt: skip


def _labelled(outcome: Outcome, labels: dict[tuple[int, int], str]) -> list[str]:
    inner = outcome.log[outcome.log["source"] >= 0]
    return [labels[int(d["port"]), int(d["index"])] for d in inner]


def _show_deliveries(screen: Screen, outcomes: list[Outcome], labels: dict[tuple[int, int], str]) -> None:
    screen.say("A sends a1 and a2 to B and C. B turns a1 into b1 and b2, and a2 into b3, for D.")
    screen.say("B(a1) is the delivery of a1 to B. Every order delivers the same spikes, each in its own sequence:\n")
    table = Table("delivery", *(o.order for o in outcomes))
    columns = [_labelled(o, labels) for o in outcomes]
    for number, row in enumerate(zip(*columns, strict=True), start=1):
        table.add_row(str(number), *row)
    screen.out.print(table)


def _describe(net: en.Network, delivery: Any) -> str:
    ports = {int(port): str(port) for port in net.ports()}
    return (
        f"{ports[int(delivery['port'])]}[{int(delivery['index'])}] {int(delivery['sign']):+d} at t={int(delivery['t'])}"
    )


def _show_totals(screen: Screen, outcomes: list[Outcome], net: en.Network) -> None:
    base = next(o for o in outcomes if o.order == BASE)
    table = Table()
    table.add_column("order")
    for name in ("deliveries", "spikes", "adds", "queue", "depth"):
        table.add_column(name, justify="right")
    for name in ("final state", "answer"):
        table.add_column(name, justify="center")
    table.add_column(f"first differs from {BASE} at")
    for o in outcomes:
        at = first_difference(o.log, base.log, WHAT)
        where = "-" if at is None else f"{at:,}"
        if at is not None and at < len(o.log):
            where += f": {_describe(net, o.log[at])}"
        counted = (o.tally.deliveries, o.tally.spikes, o.tally.adds, peak_queue(o.log), depths(o.log).max(initial=0))
        counts = [f"{n:,}" for n in counted]
        table.add_row(o.order, *counts, o.state, o.answer, where)
    screen.out.print(table)
    screen.say("The same letter means the same to the last bit: A is how the first order ended. The answer is what the")
    screen.say(
        "modules that send nothing on received, summed by index. Deliveries are numbered from 0, inputs included."
    )
    screen.say("Queue: the most deliveries that waited at once; depth: of the deepest cascade; both without inputs.")


def _show_report(screen: Screen, report: study.Report) -> None:
    screen.say(
        "\nWhat order can change, by the graph alone (the first verdict for orders that keep each wire's sequence:"
    )
    screen.say(f"{KEEPING}; the second for any order):\n")
    table = Table("module", "keeping", "any", "why")
    for row in report.modules:
        table.add_row(row.module, row.keeping, row.any_order, row.why)
    screen.out.print(table)
    for name, circles in (("without", report.cycles), ("with", report.delayed_cycles)):
        for circle in circles:
            screen.say(f"Cycle {name} delay: {', '.join(circle)}")


def _as_dict(outcomes: list[Outcome], net: en.Network, labels: dict[tuple[int, int], str] | None) -> dict[str, Any]:
    base = next(o for o in outcomes if o.order == BASE)
    return {
        o.order: {
            "deliveries": o.tally.deliveries, "spikes": o.tally.spikes, "adds": o.tally.adds,
            "peak_queue": peak_queue(o.log), "depth": int(depths(o.log).max(initial=0)),
            "state": o.state, "answer": o.answer, "first_difference": first_difference(o.log, base.log, WHAT),
            **({"sequence": _labelled(o, labels)} if labels is not None else {}),
        }
        for o in outcomes
    }  # fmt: skip


def _keep(
    results: Results, outcomes: list[Outcome], net: en.Network, labels: dict[tuple[int, int], str] | None
) -> None:
    for order, row in _as_dict(outcomes, net, labels).items():
        for k, name in enumerate(row.pop("sequence", []), start=1):
            results.add(order, "delivery", name, at=k)
        for quantity, value in row.items():
            results.add(order, quantity, "" if value is None else value)
