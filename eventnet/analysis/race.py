"""The race detector: does the order of simultaneous events decide the answer, and if so, where?

The same inputs are run in the extreme orders and in many seeded permutations of simultaneous events. Runs that agree in
answer and cost are *confluent*, in the answer alone *cost-only*, else *racy*; for a racy network the event logs of two
runs are compared down to the first reaction that made a difference.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from eventnet.analysis.answers import Answer, Arrays, check_answer, letters, read_answer
from eventnet.analysis.divergence import Divergence, find_divergence
from eventnet.analysis.orders import Inputs, Make, made
from eventnet.analysis.parallel import in_processes
from eventnet.analysis.run_variants import Course, Variant, latest, latest_at_once, shuffled
from eventnet.base.old_names import renamed_arguments
from eventnet.engine.journal import piece
from eventnet.errors import ModelError
from eventnet.given import whole_number
from eventnet.network import Network
from eventnet.order import Key, every_order
from eventnet.simulation import BUDGET
from eventnet.tally import Tally

CONFLUENT, COST_ONLY, RACY = "confluent", "cost-only", "racy"
"""Verdicts of a race: orders change nothing, costs alone, or answers."""

BASE = "breadth"
EXTREMES: tuple[str | Key, ...]
"""The orders that are always tried, the first of them being what others are compared with: all that have no seed."""


@cache
def _extremes() -> tuple[str | Key, ...]:
    others = [order.name for order in every_order() if not order.seeded and order.name != BASE]
    return (BASE, *others, latest, latest_at_once)


def __getattr__(name: str) -> tuple[str | Key, ...]:
    if name == "EXTREMES":  # when it is asked for: to tell which orders have a seed imports them
        return _extremes()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


@dataclass(frozen=True)
class Trial:
    """One run: its way, a letter for its answer (A: as the first), and what it cost."""

    variant: Variant
    answer: str
    deliveries: int
    spikes: int
    adds: int


@dataclass(frozen=True)
class Race:
    """Findings of the race detector. `divergence` is that of two runs, for a racy network that was looked into.

    differing: ports whose counts differ between runs, with the least and the most deliveries.
    """

    verdict: str
    trials: tuple[Trial, ...]
    differing: dict[str, tuple[int, int]]
    divergence: Divergence | None

    @property
    def answers(self) -> int:
        """The number of different answers."""
        return len({trial.answer for trial in self.trials})

    def to_dict(self) -> dict[str, Any]:
        """Everything, ready for JSON."""
        return {
            "verdict": self.verdict, "answers": self.answers,
            "trials": [
                {"variant": t.variant.name}
                | {name: getattr(t, name) for name in ("answer", "deliveries", "spikes", "adds")}
                for t in self.trials
            ],
            "differing": {port: list(ends) for port, ends in self.differing.items()},
            "divergence": None if self.divergence is None else self.divergence.to_dict(),
        }  # fmt: skip

    def __str__(self) -> str:
        adds = [trial.adds for trial in self.trials]
        spread = f"{min(adds):,}" if min(adds) == max(adds) else f"{min(adds):,} to {max(adds):,}"
        text = f"{self.verdict}: {len(self.trials)} runs, {self.answers} answers, {spread} adds"
        return text if self.divergence is None else f"{text}\n{self.divergence}"


@renamed_arguments(told="progress")
def race(
    make_or_net: Network | Make, inputs: Inputs | None = None, *, answer: Answer = "ends", tolerance: float = 0.0,
    seeds: int | Sequence[int] = 20, orders: Sequence[str | Key] | None = None, permute_inputs: bool = True,
    coalesce: str | None = None, until: int | None = None, budget: int = BUDGET, engine: str = "compiled",
    explain: bool = True, processes: int | None = None, progress: Callable[[int, int], None] | None = None,
) -> Race:  # fmt: skip
    """Run a network in the extreme orders and in seeded permutations, and say whether order decides.

    make_or_net     a network, with `inputs` (EVENT records or rows, or what has `packets()`, which is read anew for
                    each run, and whose logs lie in temporary files), or a function that returns both
    answer          what counts as the answer; see `analysis.answers.read_answer`. If inputs of one instant come to
                    several ports, a permuted run is one of a copy: a function finds modules by name.
    tolerance       absolute, for answers in floats
    seeds           how many permutations, or their seeds, from 0 to 2^63 - 1; each is run in the order `random` (and in
                    any other that has a seed), and mixed with inputs
    orders          tried as well, EXTREMES by default; the runs of two are compared where these alone are asked for
                    (seeds=0)
    permute_inputs  permute simultaneous inputs, too
    explain         for a racy network, find where two runs part
    processes       how many runs at a time, each in a process of its own; see `analysis.orders`

    A verdict of confluent or cost-only is one of the runs that were made, no proof; `order_sensitivity` gives bounds.
    Raises ModelError for an answer that the network cannot give or seeds that are none, and what a run raises.
    """
    net, feed = made(make_or_net, inputs)
    check_answer(net, answer, tolerance)
    course = Course(net, feed, coalesce, until, budget, engine)
    tried = _extremes() if orders is None else orders
    variants = [Variant(order) for order in tried]
    seeded: list[str | Key] = [*(order.name for order in every_order() if order.seeded), shuffled]
    for seed in seeds if isinstance(seeds, Sequence) else range(1, whole_number("seeds", seeds, 0) + 1):
        variants += [Variant(order, seed, seed if permute_inputs else None) for order in seeded]
    if len(variants) < 2:
        raise ModelError(f"a race needs two runs at least; there are {len(tried)} orders and no seeds")
    found = in_processes(
        _try, (course, answer), variants, processes=processes, size=lambda pair: pair[1].deliveries, progress=progress
    )
    rows = [tally.by_port() for _, tally in found]
    names = letters([value for value, _ in found], tolerance)
    differing = {}
    for port in rows[0]:
        if any(row[port] != rows[0][port] for row in rows):
            counts = [row[port]["deliveries"] for row in rows]
            differing[port] = (min(counts), max(counts))
    verdict = RACY if len(set(names)) > 1 else COST_ONLY if differing else CONFLUENT
    divergence = None
    if verdict == RACY and explain:
        divergence = piece(
            find_divergence, course, variants[0], variants[next(k for k, name in enumerate(names) if name != "A")]
        )
    trials = tuple(
        Trial(variant, name, tally.deliveries, tally.spikes, tally.adds)
        for variant, name, (_, tally) in zip(variants, names, found, strict=True)
    )
    return Race(verdict, trials, differing, divergence)


def _try(work: tuple[Course, Answer], variant: Variant) -> tuple[Arrays, Tally]:
    """The answer of one run, and what it cost."""
    course, answer = work
    with course.logged(variant) as (run, log):
        return read_answer(run, answer, course.net, log), run.tally


__all__ = ["CONFLUENT", "COST_ONLY", "EXTREMES", "RACY", "Race", "Trial", "race"]
