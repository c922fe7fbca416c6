"""One network in every routing order, at both threshold-check granularities, on the same inputs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from eventnet.analysis.answers import Answer, Arrays, check_answer, letters, read_answer
from eventnet.analysis.cascades import deepest, end_ports, mean_latencies, peak_queue
from eventnet.analysis.difference import FirstDifference, digests, find_first_difference
from eventnet.analysis.packeted import Feed
from eventnet.analysis.parallel import in_processes
from eventnet.analysis.run_variants import Course, Variant, as_inputs
from eventnet.base.old_names import renamed_arguments
from eventnet.cost import Estimate, PriceList, price_list
from eventnet.errors import ModelError, did_you_mean
from eventnet.event import Events, Packeted
from eventnet.network import Network
from eventnet.order import Key, every_order, find_order
from eventnet.simulation import BUDGET, Run
from eventnet.tally import Tally

Inputs = Events | Sequence[tuple[int, Any, int, int]] | Packeted
BASE = "breadth"
"""The order whose log others are compared with."""
Make = Callable[[], "tuple[Network, Inputs]"]


@dataclass(frozen=True)
class OrderOutcome:
    """The answer of a run in one order, and its cost.

    answer       a letter, the same for the same answer; value holds the answer itself, as arrays
    state        a letter for all that the run left behind, state and weights, to the last bit
    score        what the function `score` made of the run (an accuracy, say), or None
    estimate     of energy at the prices given, with its range; energy: its typical figure, in picojoules
    peak_queue   the most deliveries that waited at once, inputs left out
    depth        of the deepest cascade, in deliveries after its input
    reached      inputs that led to a delivery at the output; of those, from the input on:
    ticks        mean time to the first such delivery
    deliveries_before  mean number of deliveries, of any cascade, to the first such delivery

    The last two are None where no input reached the output.

    first_difference
                 where its log first differs from that of the order "breadth" at the same granularity; None where it
                 does not, where breadth is not one of the orders, and where it was not asked for
    """

    order: str
    coalesce: str | None
    answer: str
    state: str
    value: Arrays
    score: float | None
    deliveries: int
    spikes: int
    adds: int
    estimate: Estimate
    peak_queue: int
    depth: int
    reached: int
    ticks: float | None
    deliveries_before: float | None
    tally: Tally
    first_difference: FirstDifference | None
    log: Events | None
    run: Run | None

    @property
    def name(self) -> str:
        """Its order, and that thresholds were checked once a burst where they were."""
        return f"{self.order}, per burst" if self.coalesce == "burst" else self.order

    @property
    def energy(self) -> float:
        """Picojoules at typical prices: an estimate."""
        return self.estimate.total.typical

    def to_dict(self) -> dict[str, Any]:
        """The numbers, ready for JSON; energies in picojoules."""
        names = "order coalesce answer state score deliveries spikes adds".split()
        low, typical, high = self.estimate.total
        return (
            {name: getattr(self, name) for name in names}
            | {"energy": typical, "energy_low": low, "energy_high": high}
            | {"energy_comparisons_too": self.estimate.comparisons_too.typical, "prices": self.estimate.prices}
            | {name: getattr(self, name) for name in ("peak_queue", "depth", "reached", "ticks", "deliveries_before")}
        )


@renamed_arguments(told="progress", parts="first_differences")
def orders(
    make_or_net: Network | Make, inputs: Inputs | None = None, *, answer: Answer = "ends", tolerance: float = 0.0,
    score: Callable[[Run], float] | None = None, orders: Sequence[str | Key] | None = None,
    coalesce: Sequence[str | None] = ("none", "burst"), prices: PriceList | None = None, output: str | None = None,
    seed: int = 0, until: int | None = None, budget: int = BUDGET, keep_runs: bool = False, keep_logs: bool = False,
    first_differences: bool = False, processes: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> list[OrderOutcome]:  # fmt: skip
    """Run a network in every order and compare: a row for each order and threshold-check granularity.

    make_or_net  a network, with `inputs` (EVENT records or rows, or what has `packets()`), or a function that returns
                 both
    answer       what counts as the answer; see `read_answer`
    score        a function of a run for a number beside the answer
    orders       names or key functions; all that have a name without
    coalesce     "none" (thresholds checked after each row), "burst" (once a burst), None (as the layers say). If no
                 module can tell them apart, only the first is run.
    prices       of the estimate of energy; Horowitz's for the network's number type without
    output       the module at which latency is read; the modules that send nothing on without
    keep_logs    keep each run's log; keep_runs: keep each `Run`, in one process
    processes    how many runs at a time, each in a process of its own; None: one for small work, else as many as there
                 are cores. The results are the same to the last byte. If a key function, `answer` or `score` cannot
                 be handed to another process, a warning says so, and there is one.
    progress     called with (runs done, runs in all)

    first_differences
                 find where each log first differs from that of breadth-first order, by two more runs up to there

    A run's log is held in memory while it is read. Of inputs in packets (what has `packets()`, as a recording has) it
    is in a temporary file, 45 bytes a delivery, and read piece by piece, as the inputs are. Raises ModelError for an
    answer that the network cannot give, and what a run raises.
    """
    net, feed = made(make_or_net, inputs)
    check_answer(net, answer, tolerance)
    if keep_runs and processes not in (None, 1):
        raise ModelError(f"processes is {processes}, but runs that are kept stay in one; keep_logs goes with several")
    grains = tuple(coalesce) if any(port.port.burst is not None for port in net.ports()) else tuple(coalesce)[:1]
    tried = [order.name for order in every_order()] if orders is None else orders
    variants = [(order, grain) for grain in grains for order in tried]
    work = _Work(
        net, feed, answer, score, prices or price_list(net.dtype), _output_ports(net, output), seed, until, budget,
        keep_runs, keep_logs, first_differences,
    )  # fmt: skip
    rows = in_processes(
        _row,
        work,
        variants,
        processes=1 if keep_runs else processes,
        size=lambda row: int(row["deliveries"]),
        progress=progress,
    )
    differences = _first_differences(work, variants, rows)
    answers = letters([row["value"] for row in rows], tolerance)
    states = letters([row.pop("left") for row in rows])
    return [
        OrderOutcome(answer=a, state=s, first_difference=d, **row)
        for a, s, d, row in zip(answers, states, differences, rows, strict=True)
    ]


@dataclass(frozen=True)
class _Work:
    """Arguments that all runs share."""

    net: Network
    feed: Feed
    answer: Answer
    score: Callable[[Run], float] | None
    prices: PriceList
    outputs: list[int]
    seed: int
    until: int | None
    budget: int
    keep_runs: bool
    keep_logs: bool
    first_differences: bool

    def course(self, grain: str | None) -> Course:
        """The inputs, to be run with thresholds checked so often."""
        return Course(self.net, self.feed, grain, self.until, self.budget)


def _row(work: _Work, variant: tuple[str | Key, str | None]) -> dict[str, Any]:
    """One run, and what is read off it."""
    order, grain = variant
    with work.course(grain).logged(Variant(order, work.seed), held=work.keep_runs) as (run, log):
        tally = run.tally
        reached, ticks, before = mean_latencies(log, work.outputs)
        return {
            "order": find_order(order).name, "coalesce": grain, "value": read_answer(run, work.answer),
            "left": read_answer(run, "state"), "score": None if work.score is None else float(work.score(run)),
            "tally": tally, "deliveries": tally.deliveries, "spikes": tally.spikes, "adds": tally.adds,
            "estimate": work.prices.estimate(tally), "peak_queue": peak_queue(log), "depth": deepest(log),
            "reached": reached, "ticks": ticks, "deliveries_before": before,
            "sums": digests(log) if work.first_differences else (),
            "log": np.array(log) if work.keep_logs else None, "run": run if work.keep_runs else None,
        }  # fmt: skip


def _first_differences(
    work: _Work, variants: Sequence[tuple[str | Key, str | None]], rows: list[dict[str, Any]]
) -> list[FirstDifference | None]:  # fmt: skip
    """The first difference of each log from that of the order BASE; None where that was not run, and where none is."""
    sums = [row.pop("sums") for row in rows]
    bases = {row["coalesce"]: k for k, row in enumerate(rows) if row["order"] == BASE}
    found: list[FirstDifference | None] = []
    for (order, grain), own in zip(variants, sums, strict=True):
        base = bases.get(grain)
        if base is None or not work.first_differences:
            found.append(None)
        else:
            runs = Variant(order, work.seed), Variant(variants[base][0], work.seed)
            found.append(find_first_difference(work.course(grain), runs, (own, sums[base])))
    return found


def _output_ports(net: Network, output: str | None) -> list[int]:
    """Numbers of the ports at which latency is read. Raises ModelError for a module that there is not."""
    if output is None:
        return end_ports(net)
    names = [module.name for module in net.modules]
    if output not in names:
        raise ModelError(f"there is no module {output!r}{did_you_mean(output, names)}")
    return [int(port) for port in net.ports() if port.module.name == output]


def made(make_or_net: Network | Make, inputs: Inputs | None) -> tuple[Network, Feed]:
    """The network and its inputs, as records or in packets. Raises ModelError where one is missing."""
    if isinstance(make_or_net, Network):
        if inputs is None:
            raise ModelError("a network came without inputs; hand over both, or a function that returns both")
        net = make_or_net
    else:
        if inputs is not None:
            raise ModelError("inputs came twice: a function makes the network and its inputs")
        net, inputs = make_or_net()
    return net, inputs if isinstance(inputs, Packeted) else as_inputs(inputs, net)
