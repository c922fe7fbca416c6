"""`eventnet orders`: one network in every routing order, delivery by delivery."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

import eventnet as en
import eventnet.models
from eventnet import analysis
from eventnet.analysis.answers import Answer
from eventnet.analysis.cascades import end_ports
from eventnet.analysis.order_sensitivity import KEEPING
from eventnet.analysis.orders import BASE
from eventnet.cli import options as opt
from eventnet.cli.commands import STUDY, command
from eventnet.cli.dask_option import takes_dask
from eventnet.cli.networks import load_network
from eventnet.cli.recordings import IN_PLACE, RecordingOptions, say_left, takes_recording
from eventnet.cli.results import Results, Screen, resumable
from eventnet.cli.trace_option import check_place, say_traces, trace_option, trace_runs
from eventnet.cost.pricing import COMPARISONS_TOO, in_units
from eventnet.event import Events
from eventnet.io import RecordedInputs, read_inputs
from eventnet.order import every_order
from eventnet.plotting import png
from eventnet.scenarios.orders.subjects import MODULES, subject

GRAINS = ("none", "burst", "saved")
CHECKS: dict[str | None, str] = {"none": "row", "burst": "burst", None: "as saved"}
WORDS: dict[str | None, str] = {"none": "at each row", "burst": "once a burst", None: "as the file says"}


@dataclass(frozen=True)
class Given:
    """A network, its inputs and its answer; labels: names of the deliveries in the example of table A.2."""

    net: en.Network
    feed: Events | RecordedInputs
    answer: Answer
    output: str | None = None
    score: Callable[[en.Run], float] | None = None
    scored: str = ""
    inputs: str = ""
    labels: dict[tuple[int, int], str] | None = None
    until: int | None = None


@command("orders", "the same spikes in six orders, delivery by delivery", group=STUDY)
@takes_recording
@takes_dask
def orders(
    network: Annotated[Path | None, typer.Argument(help=f"{opt.NETWORK} Default: the example of table A.2.")] = None,
    inputs: opt.InputsOption = None,
    *,
    recorded: RecordingOptions,
    scenario: opt.ScenarioOption = None,
    out: opt.OutOption = Path("eventnet-orders"),
    coalesce: Annotated[
        list[str] | None,
        typer.Option(
            "--coalesce",
            help="Threshold checks: none (each row), burst, or saved (as the file says); may be given twice. Default: "
            "none and burst, where modules can tell them apart.",
        ),
    ] = None,
    prices: opt.PricesOption = None,
    output: opt.OutputOption = None,
    trace: Annotated[Path | None, trace_option("every order")] = None,
    processes: opt.ProcessesOption = None,
    seed: opt.SeedOption = 0,
    fresh: opt.FreshOption = False,
    as_json: opt.JsonOption = False,
) -> None:
    """Run a network in every routing order and compare; report which modules can be sensitive to order at all.

    Without a file: the thesis's table A.2. A sends a1 and a2 to B and C; B turns a1 into b1 and b2, a2 into b3, for D.
    """
    recorded.check(inputs, network)
    if (network is not None) != (inputs is not None or recorded.recording is not None):
        raise typer.BadParameter(f"a network file and --inputs FILE go together: give both, or neither; {IN_PLACE}")
    if scenario is not None and network is not None:
        raise typer.BadParameter("a network file and --scenario do not go together: give one of them")
    grains = _grains(coalesce, example=network is None and scenario is None)
    check_place(trace)
    screen = Screen(as_json)
    priced = None if prices is None else opt.open_prices(prices)
    if scenario is not None:
        opt.check_module(output, MODULES[scenario])
    options = {
        "network": network, "inputs": inputs, "scenario": scenario, "coalesce": coalesce, "prices": prices,
        "output": output, "trace": trace, "seed": seed, **recorded.given(),
    }  # fmt: skip
    results = Results(out, "orders", options)
    given = _given(network, inputs, recorded, scenario, seed)
    net, feed = given.net, given.feed
    opt.check_module(output, (module.name for module in net.modules))
    warned = _rings(screen, net, grains)
    files = [network, inputs, recorded.recording, opt.file_of(prices)]
    kept = resumable(screen, "orders", options, fresh=fresh, out=out, files=files)
    with kept:
        with screen.progress("running every order", 1000) as bar:
            outcomes = analysis.orders(
                net, feed, answer=given.answer, score=given.score, output=output or given.output, coalesce=grains,
                prices=priced, seed=seed, until=given.until, keep_logs=given.labels is not None, first_differences=True,
                processes=processes,
                progress=lambda done, of: bar(1000 * done // of),
            )  # fmt: skip
        ran = list(dict.fromkeys(o.coalesce for o in outcomes))
        reports = {grain or "saved": analysis.order_sensitivity(net, feed, coalesce=grain) for grain in ran}
        results.add_picture("network.png", png.network_graph(net))
        rows = _as_dict(outcomes, given)
        _keep(results, rows)
        results.write()
    if given.labels is not None:
        _show_deliveries(screen, outcomes, given.labels)
    elif given.inputs:
        screen.say(f"{scenario}: {given.inputs}, seed {seed}")
    _show_answers(screen, outcomes, given)
    _show_costs(screen, outcomes)
    for report in dict.fromkeys(reports.values()):
        same = [grain for grain in ran if reports[grain or "saved"] == report]
        _show_report(screen, report, same if len(ran) > 1 else [])
    screen.say_path("\nThe network as a graph, and all numbers as CSV and JSON:", out)
    found = {**results.to_dict(), "orders": rows, "report": next(iter(reports.values())).to_dict()}
    found["reports"] = {grain: report.to_dict() for grain, report in reports.items()}
    found["may_not_rest"] = warned
    if trace is not None:
        found |= say_traces(screen, trace_runs(_again(outcomes, net, feed, seed), trace, given.until))
    screen.give(found)


def _given(
    network: Path | None, inputs: Path | None, recorded: RecordingOptions, scenario: str | None, seed: int
) -> Given:  # fmt: skip
    """The network that was asked for, and its inputs."""
    if scenario is not None:
        made = subject(scenario, seed)
        return Given(made.net, made.feed, made.answer, made.output, made.score, made.scored, made.inputs)
    if network is None:
        net, a1_a2 = table_a2()
        return Given(net, a1_a2, "ends", labels=_labels_a2(net))
    net = load_network(network)
    feed, until = inputs_given(inputs, recorded, net)
    return Given(net, feed, "ends" if end_ports(net) else "state", until=until)


def _grains(coalesce: Sequence[str] | None, *, example: bool) -> tuple[str | None, ...]:
    """Granularities of threshold checks; table A.2 is one of checks at each row."""
    asked = coalesce or (("none",) if example else ("none", "burst"))
    for grain in asked:
        if grain not in GRAINS:
            raise typer.BadParameter(f"--coalesce is {grain!r}; wanted {', '.join(GRAINS)}")
    return tuple(None if grain == "saved" else grain for grain in dict.fromkeys(asked))


def _again(
    outcomes: list[analysis.OrderOutcome], net: en.Network, feed: Events | RecordedInputs, seed: int
) -> dict[str, en.Simulation]:
    """The same runs, not yet run, by name."""
    found = {}
    for o in outcomes:
        sim = found[o.name] = en.Simulation(net, o.order, coalesce=o.coalesce, record=True, seed=seed)
        sim.inject(feed.events() if isinstance(feed, RecordedInputs) else feed)
    return found


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


def inputs_given(
    inputs: Path | None, recorded: RecordingOptions, net: en.Network
) -> tuple[Events | RecordedInputs, int | None]:
    """Inputs of the file of inputs, or else of the recording, in packets; the tick at which they end, if they do.

    The recording is read once, so that a fault of it is said before anything runs, and what is left over of it.
    """
    if inputs is not None:
        return read_inputs(inputs, net), None
    found = recorded.inputs(net)
    for _ in found.packets():
        pass
    say_left(found.recording)
    return found, found.until


# --- telling ---
def _labels_a2(net: en.Network) -> dict[tuple[int, int], str]:
    """Names of deliveries in table A.2: (port, index) -> B(a1)."""
    names = {"A": "", "B": "a", "C": "a", "D": "b"}
    return {
        (int(port), index): f"{port.module.name}({names[port.module.name]}{index + 1})"
        for port in net.ports() if port.name == "spikes" and port.module.name != "A"
        for index in range(3)
    }  # fmt: skip


def _labelled(outcome: analysis.OrderOutcome, labels: dict[tuple[int, int], str]) -> list[str]:
    """Labels of an outcome's deliveries in their order, without inputs and notices."""
    assert outcome.log is not None
    places = zip(outcome.log["source"].tolist(), outcome.log["port"].tolist(), outcome.log["index"].tolist())
    return [labels[port, index] for source, port, index in places if source >= 0 and (port, index) in labels]


def _show_deliveries(screen: Screen, outcomes: list[analysis.OrderOutcome], labels: dict[tuple[int, int], str]) -> None:
    screen.say("A sends a1 and a2 to B and C. B turns a1 into b1 and b2, and a2 into b3, for D.")
    screen.say("B(a1) is the delivery of a1 to B. Every order delivers the same spikes, each in its own sequence:\n")
    by_row = [o for o in outcomes if o.coalesce != "burst"] or outcomes
    table = Table("delivery", *(o.order for o in by_row))
    columns = [_labelled(o, labels) for o in by_row]
    for number, row in enumerate(zip(*columns, strict=True), start=1):
        table.add_row(str(number), *row)
    screen.out.print(table)


def _describe(net: en.Network, delivery: Any) -> str:
    ports = {int(port): str(port) for port in net.ports()}
    return (
        f"{ports[int(delivery['port'])]}[{int(delivery['index'])}] {int(delivery['sign']):+d} at t={int(delivery['t'])}"
    )


def _show_answers(screen: Screen, outcomes: list[analysis.OrderOutcome], given: Given) -> None:
    table = Table("order")
    for name in ("final state", "answer"):
        table.add_column(name, justify="center")
    if given.score is not None:
        table.add_column("score", justify="right")
    table.add_column(f"first differs from {BASE} at")
    for o in outcomes:
        first = o.first_difference
        where = "-" if first is None else f"{first.place:,}"
        if first is not None and first.line is not None:
            where += f": {_describe(given.net, first.line)}"
        table.add_row(o.name, o.state, o.answer, *([] if o.score is None else [f"{o.score:.4g}"]), where)
    screen.out.print(table)
    what = "what was read out, or learned" if given.inputs else "what the modules that send nothing on received, summed"
    screen.say("The same letter means the same to the last bit: A is how the first order ended. The answer is")
    screen.say(f"{what}. Deliveries are numbered from 0, inputs included.")
    if given.scored:
        screen.say(f"Score: {given.scored}.")


def _show_costs(screen: Screen, outcomes: list[analysis.OrderOutcome]) -> None:
    counts = {"deliveries": "deliveries", "spikes": "spikes", "adds": "adds", "queue": "peak_queue", "depth": "depth"}
    rows = [{name: f"{getattr(o, field):,}" for name, field in counts.items()} for o in outcomes]
    _show_columns(screen, outcomes, rows)
    screen.say("Queue: the most deliveries that waited at once; depth: of the deepest cascade; both without inputs.")
    rows = []
    for o in outcomes:
        low, typical, high = (in_units(value) for value in o.estimate.total)
        late = ["-" if value is None else f"{value:,.1f}" for value in (o.ticks, o.deliveries_before)]
        compared = in_units(o.estimate.comparisons_too.typical)
        energies = {"energy": typical, "at least": low, "at most": high, "comparisons\ntoo": compared}
        rows.append({**energies, "inputs": f"{o.reached:,}", "ticks": late[0], "deliveries": late[1]})
    _show_columns(screen, outcomes, rows)
    screen.say(
        f"Energy is an estimate, by the prices of {', '.join(dict.fromkeys(o.estimate.prices for o in outcomes))}."
    )
    screen.say(COMPARISONS_TOO)
    screen.say("Inputs: those that led to a delivery at the output; ticks from one to the first such delivery, and")
    screen.say("deliveries of any cascade until then: means.")


def _show_columns(screen: Screen, outcomes: list[analysis.OrderOutcome], rows: list[dict[str, str]]) -> None:
    """A row for each order, with the granularity of its checks where there are several."""
    several = len({o.coalesce for o in outcomes}) > 1
    table = Table("order", *(["checks"] if several else []))
    for name in rows[0]:
        table.add_column(name, justify="right")
    for o, row in zip(outcomes, rows, strict=True):
        table.add_row(o.order, *([CHECKS[o.coalesce]] if several else []), *row.values())
    screen.out.print(table)


def _show_report(screen: Screen, report: analysis.OrderSensitivity, grains: Sequence[str | None]) -> None:
    checks = "" if not grains else f", thresholds checked {' or '.join(WORDS[grain] for grain in grains)}"
    screen.say(
        f"\nWhat order can change, by the graph alone{checks} (the first verdict for orders that keep each wire's "
        f"sequence: {KEEPING}; the second for any order):\n"
    )
    table = Table("module", "keeping", "any", "why")
    for row in report.modules:
        table.add_row(row.module, row.keeping, row.any_order, row.why)
    screen.out.print(table)
    for name, circles in (("without", report.cycles), ("with", report.delayed_cycles)):
        for circle in circles:
            screen.say(f"Cycle {name} delay: {', '.join(circle)}")


def _rings(screen: Screen, net: en.Network, grains: Sequence[str | None]) -> list[dict[str, Any]]:
    """Say, before anything runs, what may not come to rest by the graph alone; the same, ready for JSON."""
    found: dict[tuple[str | None, analysis.Ring], list[str]] = {}
    for grain in grains:
        for order in every_order():
            for ring in analysis.may_not_rest(net, order, coalesce=grain):
                found.setdefault((grain, ring), []).append(order.name)
    for (grain, ring), orders in found.items():
        screen.say(
            f"May not come to rest, thresholds checked {WORDS[grain]}, in {', '.join(orders)}: "
            f"{', '.join(ring.modules)}: {ring.why}"
        )
    return [
        {"coalesce": grain, "orders": orders, "modules": list(ring.modules), "why": ring.why}
        for (grain, ring), orders in found.items()
    ]  # fmt: skip


def _as_dict(outcomes: list[analysis.OrderOutcome], given: Given) -> dict[str, Any]:
    return {
        o.name: o.to_dict() | {"first_difference": None if o.first_difference is None else o.first_difference.place}
        | ({"sequence": _labelled(o, given.labels)} if given.labels is not None else {})
        for o in outcomes
    }  # fmt: skip


def _keep(results: Results, rows: dict[str, Any]) -> None:
    units = {name: "pJ, estimate" for name in ("energy", "energy_low", "energy_high", "energy_comparisons_too")}
    for order, row in rows.items():
        for quantity, value in row.items():
            if quantity == "sequence":
                for k, name in enumerate(value, start=1):
                    results.add(order, "delivery", name, at=k)
            else:
                results.add(order, quantity, "" if value is None else value, units.get(quantity, ""))
