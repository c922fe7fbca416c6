"""`eventnet cancellation`: spikes that cancel each other, sums that move forth and back, and what would save them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import typer
from rich.table import Table

import eventnet as en
import eventnet.models
from eventnet import analysis, plotting
from eventnet.analysis.answers import Answer
from eventnet.analysis.cascades import end_ports
from eventnet.cli import options as opt
from eventnet.cli.commands import STUDY, command
from eventnet.cli.networks import load_network
from eventnet.cli.orders import inputs_given
from eventnet.cli.recordings import IN_PLACE, RecordingOptions, takes_recording
from eventnet.cli.results import Results, Screen, resumable
from eventnet.cost.pricing import COMPARISONS_TOO, in_units
from eventnet.engine.journal import piece
from eventnet.event import Events
from eventnet.io import RecordedInputs
from eventnet.plotting.style import blank, png
from eventnet.scenarios.orders.subjects import subject


@command(
    "cancellation", "spikes that cancel each other, and what would save them",
    group=STUDY, usage="NET.npz", formerly="waste",
)  # fmt: skip
@takes_recording
def cancellation(
    network: opt.MaybeNetworkArgument = None,
    inputs: opt.InputsOption = None,
    *,
    recorded: RecordingOptions,
    scenario: opt.ScenarioOption = None,
    order: opt.OrderOption = "breadth",
    coalesce: opt.CoalesceOption = None,
    out: opt.OutOption = Path("eventnet-cancellation"),
    seed: opt.SeedOption = 0,
    fresh: opt.FreshOption = False,
    as_json: opt.JsonOption = False,
) -> None:
    """Report spikes that cancel within a cascade, and sums that move forth and back.

    Then the same inputs with thresholds checked at each row and once a burst, without and with annihilation of opposite
    spikes in the queue: what each would save, and whether the answer stays.
    """
    recorded.check(inputs, network)
    fed = inputs is not None or recorded.recording is not None
    if (network is None) == (scenario is None) or (network is not None) != fed:
        raise typer.BadParameter(f"give a network file with --inputs FILE, or --scenario NAME; {IN_PLACE}")
    screen = Screen(as_json)
    options = {
        "network": network, "inputs": inputs, "scenario": scenario, "order": order, "coalesce": coalesce, "seed": seed,
        **recorded.given(),
    }  # fmt: skip
    results = Results(out, "cancellation", options)
    score: Callable[[en.Run], float] | None = None
    answer: Answer
    feed: Events | RecordedInputs
    until = None
    if scenario is not None:
        given = subject(scenario, seed)
        net, feed, answer, score, scored = given.net, given.feed, given.answer, given.score, given.scored
    else:
        assert network is not None
        net, scored = load_network(network), ""
        feed, until = inputs_given(inputs, recorded, net)
        answer = "ends" if end_ports(net) else "state"
    files = [network, inputs, recorded.recording]
    kept = resumable(screen, "cancellation", options, fresh=fresh, out=out, files=files)
    with kept:
        with screen.progress("running every variant", 5) as bar:
            found: analysis.Cancellation = piece(_cancellation_of, net, feed, order, coalesce, seed, until)
            bar(1)
            saved = analysis.savings(
                net, feed, order=order, answer=answer, score=score, seed=seed, until=until,
                progress=lambda done, of: bar(1 + 4 * done // of),
            )  # fmt: skip
        _show(screen, found)
        _show_savings(screen, saved, scored)
        _keep(results, found, saved)
        results.write()
    screen.say_path("\nPictures, and all numbers as CSV and JSON:", out)
    screen.give({**results.to_dict(), "cancellation": found.to_dict(), "savings": [one.to_dict() for one in saved]})


def _cancellation_of(
    net: en.Network, feed: Events | RecordedInputs, order: str, coalesce: str | None, seed: int, until: int | None
) -> analysis.Cancellation:
    with analysis.Course(net, feed, coalesce, until).logged(analysis.Variant(order, seed)) as (run, _):
        return analysis.cancellation(run)


def _show(screen: Screen, found: analysis.Cancellation) -> None:
    screen.say(
        f"{found.pairs:,} pairs of spikes cancel within a cascade: {100 * found.share:.3g} % of "
        f"{found.spikes:,} spikes; their deliveries took {found.cancelled_adds:,.0f} of {found.adds:,} adds"
    )
    table = Table("outlet", "spikes", "pairs", "share, %", "adds")
    for row in found.cancelled:
        table.add_row(row.outlet, f"{row.spikes:,}", f"{row.pairs:,}", f"{100 * row.share:.3g}", f"{row.adds:,.0f}")
    _right(table, 1)
    screen.out.print(table)
    if found.sums:
        table = Table("module", "moved", "by cascades", "in the end", "variation ratio", "of the whole run")
        for s in found.sums:
            cells = [f"{values.sum():,.4g}" for values in (s.variation, s.cascades, s.change)]
            table.add_row(s.module, *cells, f"{s.variation_ratio:.3g}", f"{s.run_variation_ratio:.3g}")
        _right(table, 1)
        screen.out.print(table)
        screen.say(
            "Moved: how far the sums of rows moved, forth and back, over all units; variation ratio: that, over how far"
        )
        screen.say("each cascade took them, and over how far the whole run did.")
    for module, why in found.omitted.items():
        screen.say(f"Left out: {module}: {why}.")


def _show_savings(screen: Screen, saved: list[analysis.Saving], scored: str) -> None:
    table = Table("thresholds checked", "answer", "deliveries", "spikes", "met", "cancelled", "adds")
    energies = Table("thresholds checked", "energy", "comparisons too")
    if scored:
        table.add_column("score")
    for one in saved:
        checked = {"none": "at each row", "burst": "once a burst", None: "as saved"}[one.coalesce]
        checked += ", annihilating" if one.annihilate else ""
        cells = [f"{n:,}" for n in (one.deliveries, one.spikes, one.annihilated, 2 * one.pairs, one.adds)]
        score = [f"{one.score:.4g}"] if one.score is not None else []
        table.add_row(checked, one.answer, *cells, *score)
        energies.add_row(checked, *(in_units(e.typical) for e in (one.estimate.total, one.estimate.comparisons_too)))
    _right(table, 2)
    _right(energies, 1)
    screen.out.print(table)
    screen.say(
        "The same letter means the same answer to the last bit. Met: spikes that met their opposite in the queue."
    )
    screen.say("Cancelled: spikes, delivered, in pairs that cancel within a cascade.")
    if scored:
        screen.say(f"Score: {scored}.")
    screen.out.print(energies)
    screen.say(f"Energy is an estimate, by the prices of {saved[0].estimate.prices}.")
    screen.say(COMPARISONS_TOO)


def _right(table: Table, first: int) -> None:
    for column in table.columns[first:]:
        column.justify = "right"


def _keep(results: Results, found: analysis.Cancellation, saved: list[analysis.Saving]) -> None:
    for row in found.cancelled:
        for name in ("spikes", "pairs", "share", "adds"):
            results.add("as it is", f"cancelled {name}", getattr(row, name), at=row.outlet)
    for s in found.sums:
        for name, values in (("variation", s.variation), ("cascades", s.cascades), ("change", s.change)):
            results.add("as it is", name, float(values.sum()), at=s.module)
    for one in saved:
        counted: dict[str, Any] = one.to_dict()
        name = f"coalesce {one.coalesce}, annihilate {one.annihilate}"
        for quantity in ("answer", "score", "deliveries", "spikes", "annihilated", "pairs", "adds"):
            if counted[quantity] is not None:
                results.add(name, quantity, counted[quantity])
        results.add(name, "energy estimate", one.estimate.total.typical, "pJ")
        results.add(name, "energy estimate, comparisons too", one.estimate.comparisons_too.typical, "pJ")
    for name, draw, rows in (
        ("cancelled", plotting.draw_cancelled, found.cancelled),
        ("variation", plotting.draw_variation, found.sums),
    ):
        if rows:
            figure = blank(height=1.2 + 0.45 * len(rows))
            draw(found, figure.subplots())
            results.add_picture(f"{name}.png", png(figure))
