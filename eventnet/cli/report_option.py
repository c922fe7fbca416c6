"""The option --report, and the page of a run that commands write."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import typer
from numpy.typing import NDArray

import eventnet as en
from eventnet import analysis
from eventnet.analysis import count_operations
from eventnet.analysis.packeted import Feed
from eventnet.cli.results import Screen
from eventnet.event import EVENT, Packeted, inputs_of
from eventnet.models import DeepSpikingNetwork, sample_stream
from eventnet.report import Curve, Report, curves_of, write_report
from eventnet.simulation import run_on
from eventnet.tally import N_COLUMNS

COUNTED = 200_000
"""Deliveries whose operations are counted one by one: 16 us each."""
ORDERED = ("breadth", "depth", "magnitude", "random")
"""Orders whose anytime answers are drawn."""
ANYTIME_DIGITS = 500
"""Digits that they are made on: a second or two for each order."""


def report_option(of: str) -> Any:
    """The option --report of a command that reports on `of`."""
    return typer.Option("--report", help=f"Also write a page of {of}: one HTML file that needs nothing else.")


def run_and_report(
    sim: en.Simulation, path: Path, feed: Feed | None = None, *, until: int | None = None, **options: Any
) -> Report:
    """Run a simulation that records, counts roots and has not run; write its page. Options are those of `describe`.

    feed: its inputs, where it was not handed them yet; in packets, they are run packet by packet.
    """
    counts = counted_run(sim, np.empty(0, EVENT) if feed is None else feed, until)
    return write_report(sim, path, counts=counts, **options)


def counted_run(sim: en.Simulation, feed: Feed, until: int | None = None) -> NDArray[np.int64] | None:
    """Run a simulation on inputs, as `simulate` does; what its first COUNTED deliveries did, [n, 11] as in a tally.

    until: when the run ends, of one without end; of inputs in packets nothing is counted then, and None is returned.
    """
    if until is not None and isinstance(feed, Packeted):
        run_on(sim, feed, until)
        return None
    found = [np.zeros((0, N_COLUMNS), np.int64)]
    for packet in feed.packets() if isinstance(feed, Packeted) else ():
        sim.inject(packet)
        end = max(int(packet["t"][-1]), sim.time)
        found.append(count_operations(sim, COUNTED - sum(map(len, found)), until=end))
        sim.run(end)
    if not isinstance(feed, Packeted):
        sim.inject(feed)
    found.append(count_operations(sim, COUNTED - sum(map(len, found)), until=until))
    sim.run(until)
    return np.concatenate(found)


def report_digit(
    dsn: DeepSpikingNetwork, x: NDArray[np.float32], labels: NDArray[np.int64], chosen: int, path: Path,
    manifest: Mapping[str, Any], *, split: str = "test digit", **options: Any,
) -> Report:  # fmt: skip
    """Write the page of one digit answered, with the guesses of the network on all of them, in several orders.

    x [n, pixels] and labels [n]; guesses are made on the first of them; `chosen` is the digit's number.
    """
    sim = dsn.simulation(x[chosen : chosen + 1], record=True, roots=True)
    feed = dsn.simulation(x[chosen : chosen + 1], record=True).run().log
    feed = inputs_of(feed)
    answer = int(dsn.predict(x[chosen : chosen + 1])[0])
    about = [
        f"A Deep Spiking Network {'-'.join(map(str, dsn.sizes))} answers for one digit ({split} {chosen}, a "
        f"{labels[chosen]}) in {sim.order.name} order; its answer is {answer}. The image is fed in "
        f"{dsn.options['steps']} steps, and each feeding is an input event.",
    ]
    return run_and_report(
        sim, path, title=f"One digit, answered by {'-'.join(map(str, dsn.sizes))}", about=about, manifest=manifest,
        orders=analysis.orders(sim.net, feed, seed=dsn.options["seed"], answer="ends"),
        curves=anytime_curves(dsn, x[:ANYTIME_DIGITS], labels[:ANYTIME_DIGITS]), **options,
        about_curves=f"This network, on the first {min(len(x), ANYTIME_DIGITS):,} test digits.",
    )  # fmt: skip


def anytime_curves(dsn: DeepSpikingNetwork, x: NDArray[np.float32], labels: NDArray[np.int64]) -> Sequence[Curve]:
    """Error against what each sample has spent so far, delivery by delivery, in each of the orders that are drawn."""
    return curves_of(analysis.anytime(sample_stream(dsn, x), labels, orders=ORDERED, seed=dsn.options["seed"]))


def say_written(screen: Screen, report: Report) -> dict[str, Any]:
    """Print the path and contents of the page; returns what to add to the command's JSON."""
    screen.say_path("report, to open in a browser:", report.path)
    screen.say(f"({report})")
    return {"report": report.to_dict()}
