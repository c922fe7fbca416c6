"""One network in every routing order, at both threshold-check granularities, on the same inputs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from eventnet.cost import PriceList, price_list
from eventnet.engine.run import BUDGET, Run, simulate
from eventnet.errors import ModelError
from eventnet.event import Events, events
from eventnet.network import Network
from eventnet.order import ORDERS, Key, find_order
from eventnet.study.answers import Answer, Arrays, check_answer, letters, read_answer
from eventnet.study.cascades import depths, end_ports, latencies, peak_queue
from eventnet.tally import Tally

Inputs = Events | Sequence[tuple[int, Any, int, int]]
Make = Callable[[], "tuple[Network, Inputs]"]


@dataclass(frozen=True)
class Outcome:
    """What one order gave, and what it cost.

    answer       a letter, the same for the same answer; value holds the answer itself, as arrays
    score        what the function `score` made of the run (an accuracy, say), or None
    energy       picojoules at the prices given: an estimate
    peak_queue   the most deliveries that waited at once, inputs left out
    depth        of the deepest cascade, in deliveries after its input
    reached      inputs that led to a delivery at a module that sends nothing on; of those, from the input on:
    ticks        mean time to the first such delivery
    deliveries_before  mean number of deliveries, of any cascade, to the first such delivery

    The last two are None where no input reached an end.
    """

    order: str
    coalesce: str | None
    answer: str
    value: Arrays
    score: float | None
    deliveries: int
    spikes: int
    adds: int
    energy: float
    peak_queue: int
    depth: int
    reached: int
    ticks: float | None
    deliveries_before: float | None
    tally: Tally
    run: Run | None

    def to_dict(self) -> dict[str, Any]:
        """The numbers, ready for JSON."""
        names = (
            "order coalesce answer score deliveries spikes adds energy peak_queue depth reached ticks deliveries_before"
        )
        return {name: getattr(self, name) for name in names.split()}


def orders(
    make_or_net: Network | Make, inputs: Inputs | None = None, *, answer: Answer = "ends", tolerance: float = 0.0,
    score: Callable[[Run], float] | None = None, orders: Sequence[str | Key] = ORDERS,
    coalesce: Sequence[str | None] = ("none", "burst"), prices: PriceList | None = None, seed: int = 0,
    until: int | None = None, budget: int = BUDGET, keep_runs: bool = False,
    told: Callable[[int, int], None] | None = None,
) -> list[Outcome]:  # fmt: skip
    """Run a network in every order and compare: a row for each order and threshold-check granularity.

    make_or_net  a network, with `inputs` (EVENT records or rows), or a function that returns both
    answer       what counts as the answer; see `read_answer`
    score        a function of a run for a number beside the answer
    coalesce     "none" (thresholds checked after each row), "burst" (once a burst), None (as the layers say). Where no
                 module can tell them apart, only the first is run.
    prices       of the estimate of energy; Horowitz's for the network's number type without
    keep_runs    keep each `Run`, with its log
    told         called with (runs done, runs in all)

    Each run's log is held in memory while it is read. Raises ModelError for an answer that the network cannot give.
    """
    net, feed = made(make_or_net, inputs)
    check_answer(net, answer)
    grains = tuple(coalesce) if any(port.port.burst is not None for port in net.ports()) else tuple(coalesce)[:1]
    prices = prices or price_list(net.dtype)
    ends = end_ports(net)
    ways = [(order, grain) for grain in grains for order in orders]
    rows: list[dict[str, Any]] = []
    for number, (order, grain) in enumerate(ways, start=1):
        run = simulate(net, feed, order=order, coalesce=grain, seed=seed, record=True, until=until, budget=budget)
        rows.append(
            {"order": find_order(order).name, "coalesce": grain, "value": read_answer(run, answer)}
            | {"score": None if score is None else float(score(run)), "run": run if keep_runs else None}
            | _numbers(run, ends, prices)
        )
        if told is not None:
            told(number, len(ways))
    names = letters([row["value"] for row in rows], tolerance)
    return [Outcome(answer=letter, **row) for letter, row in zip(names, rows, strict=True)]


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
    return net, inputs if isinstance(inputs, np.ndarray) else events(inputs)


def _numbers(run: Run, ends: list[int], prices: PriceList) -> dict[str, Any]:
    """What is read off one run."""
    tally, log = run.tally, run.log
    ticks, before = latencies(log, ends)
    return {
        "tally": tally, "deliveries": tally.deliveries, "spikes": tally.spikes, "adds": tally.adds,
        "energy": prices.energy(tally), "peak_queue": peak_queue(log), "depth": int(depths(log).max(initial=0)),
        "reached": len(ticks), "ticks": float(ticks.mean()) if len(ticks) else None,
        "deliveries_before": float(before.mean()) if len(before) else None,
    }  # fmt: skip
