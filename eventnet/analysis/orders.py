"""One network in every routing order, at both threshold-check granularities, on the same inputs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from eventnet.analysis.answers import Answer, Arrays, check_answer, letters, read_answer
from eventnet.analysis.cascades import depths, end_ports, latencies, peak_queue
from eventnet.analysis.parallel import in_processes
from eventnet.analysis.run_variants import as_inputs
from eventnet.base.old_names import renamed_arguments
from eventnet.cost import Estimate, PriceList, price_list
from eventnet.errors import ModelError, did_you_mean
from eventnet.event import Events
from eventnet.network import Network
from eventnet.order import Key, every_order, find_order
from eventnet.simulation import BUDGET, Run, simulate
from eventnet.tally import Tally

Inputs = Events | Sequence[tuple[int, Any, int, int]]
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
            | {"energy": typical, "energy_low": low, "energy_high": high, "prices": self.estimate.prices}
            | {name: getattr(self, name) for name in ("peak_queue", "depth", "reached", "ticks", "deliveries_before")}
        )


@renamed_arguments(told="progress")
def orders(
    make_or_net: Network | Make, inputs: Inputs | None = None, *, answer: Answer = "ends", tolerance: float = 0.0,
    score: Callable[[Run], float] | None = None, orders: Sequence[str | Key] | None = None,
    coalesce: Sequence[str | None] = ("none", "burst"), prices: PriceList | None = None, output: str | None = None,
    seed: int = 0, until: int | None = None, budget: int = BUDGET, keep_runs: bool = False, keep_logs: bool = False,
    processes: int | None = None, progress: Callable[[int, int], None] | None = None,
) -> list[OrderOutcome]:  # fmt: skip
    """Run a network in every order and compare: a row for each order and threshold-check granularity.

    make_or_net  a network, with `inputs` (EVENT records or rows), or a function that returns both
    answer       what counts as the answer; see `read_answer`
    score        a function of a run for a number beside the answer
    orders       names or key functions; all that have a name without
    coalesce     "none" (thresholds checked after each row), "burst" (once a burst), None (as the layers say). Where no
                 module can tell them apart, only the first is run.
    prices       of the estimate of energy; Horowitz's for the network's number type without
    output       the module at which latency is read; the modules that send nothing on without
    keep_logs    keep each run's log; keep_runs: keep each `Run`, in one process
    processes    how many runs at a time, each in a process of its own; None: one for small work, else as many as there
                 are cores. The results are the same to the last byte. Where a key function, `answer` or `score` cannot
                 be handed to another process, a warning says so, and there is one.
    progress     called with (runs done, runs in all)

    A run's log is held in memory while it is read. Raises ModelError for an answer that the network cannot give, and
    what a run raises.
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
        keep_runs, keep_logs,
    )  # fmt: skip
    rows = in_processes(
        _row,
        work,
        variants,
        processes=1 if keep_runs else processes,
        size=lambda row: int(row["deliveries"]),
        progress=progress,
    )
    answers = letters([row["value"] for row in rows], tolerance)
    states = letters([row.pop("left") for row in rows])
    return [OrderOutcome(answer=a, state=s, **row) for a, s, row in zip(answers, states, rows, strict=True)]


@dataclass(frozen=True)
class _Work:
    """What the runs share."""

    net: Network
    feed: Events
    answer: Answer
    score: Callable[[Run], float] | None
    prices: PriceList
    outputs: list[int]
    seed: int
    until: int | None
    budget: int
    keep_runs: bool
    keep_logs: bool


def _row(work: _Work, variant: tuple[str | Key, str | None]) -> dict[str, Any]:
    """One run, and what is read off it."""
    order, grain = variant
    run = simulate(
        work.net, work.feed, order=order, coalesce=grain, seed=work.seed, record=True, until=work.until,
        budget=work.budget,
    )  # fmt: skip
    tally, log = run.tally, run.log
    ticks, before = latencies(log, work.outputs)
    return {
        "order": find_order(order).name, "coalesce": grain, "value": read_answer(run, work.answer),
        "left": read_answer(run, "state"), "score": None if work.score is None else float(work.score(run)),
        "tally": tally, "deliveries": tally.deliveries, "spikes": tally.spikes, "adds": tally.adds,
        "estimate": work.prices.estimate(tally), "peak_queue": peak_queue(log),
        "depth": int(depths(log).max(initial=0)), "reached": len(ticks),
        "ticks": float(ticks.mean()) if len(ticks) else None,
        "deliveries_before": float(before.mean()) if len(before) else None,
        "log": log if work.keep_logs else None, "run": run if work.keep_runs else None,
    }  # fmt: skip


def _output_ports(net: Network, output: str | None) -> list[int]:
    """Numbers of the ports at which latency is read. Raises ModelError for a module that there is not."""
    if output is None:
        return end_ports(net)
    names = [module.name for module in net.modules]
    if output not in names:
        raise ModelError(f"there is no module {output!r}{did_you_mean(output, names)}")
    return [int(port) for port in net.ports() if port.module.name == output]


def made(make_or_net: Network | Make, inputs: Inputs | None) -> tuple[Network, Events]:
    """The network and its inputs as records. Raises ModelError where one is missing."""
    if isinstance(make_or_net, Network):
        if inputs is None:
            raise ModelError("a network came without inputs; hand over both, or a function that returns both")
        net = make_or_net
    else:
        if inputs is not None:
            raise ModelError("inputs came twice: a function makes the network and its inputs")
        net, inputs = make_or_net()
    return net, as_inputs(inputs, net)
