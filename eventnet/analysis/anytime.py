"""Anytime answers: the answer of a network after each delivery, and its cost up to there.

One logged run for each order gives whole curves: the read-out's sums after each of its deliveries, and the adds of
every delivery. Only the moments at which the answer changes are kept, so curves are exact step functions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from eventnet.analysis.cost_so_far import adds_by_delivery
from eventnet.analysis.readouts import find_readout
from eventnet.base.old_names import renamed_arguments
from eventnet.engine.journal import piece
from eventnet.errors import ModelError
from eventnet.event import Events
from eventnet.given import SEEDS, whole_number
from eventnet.module import Module
from eventnet.network import Network
from eventnet.order import Key, every_order, find_order
from eventnet.simulation import Simulation

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

AXES = ("adds", "deliveries", "ticks")
"""Measures of cost: additions, events, time in ticks; each from the beginning of the sample on."""


@dataclass(frozen=True)
class SampleStream:
    """Samples shown to a network one after another: its inputs, and the tick at which each sample begins.

    starts   [N] ticks, ascending; sample k ends where the next one begins
    readout  the module that answers (see `find_readout`); None: the only one that can
    """

    net: Network
    inputs: Events
    starts: NDArray[Any]
    readout: Module | str | None = None

    def simulation(self, order: str | Key, **options: Any) -> Simulation:
        """A simulation with these inputs, not yet run."""
        sim = Simulation(self.net, order, **options)
        sim.inject(self.inputs)
        return sim


@dataclass(frozen=True)
class AnytimeAnswers:
    """The answers of a network in one order over time: those of sample k are rows begins[k] to begins[k + 1].

    labels  [N] the right classes
    answer  [M] the class from here on; each sample's first row is what stands when it begins
    cost    for each of `AXES` [M], what the sample had spent by then; a sample's first row has 0
    total   for each of `AXES` [N], what it spent in all
    first_spike  for each of `AXES` [N], what it had spent when the first spike reached the read-out; all where none did
    """

    order: str
    coalesce: str | None
    labels: Ints
    begins: Ints
    answer: Ints
    cost: dict[str, Ints]
    total: dict[str, Ints]
    first_spike: dict[str, Ints]

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def final(self) -> Ints:
        """The answer of each sample, [N]."""
        return self.answer[self.begins[1:] - 1]

    def curve(self, axis: str = "adds") -> tuple[Ints, Floats]:
        """Costs at which the error changes [C], from 0 to the largest cost of a sample, and the error from there [C].

        The error at cost c is that of all samples, each having spent c, or all that it spends.
        """
        cost, wrong = self._steps(axis)
        cost, at = np.unique(cost, return_inverse=True)
        change = np.zeros(len(cost), dtype=np.int64)
        before = np.append(0, wrong[:-1])
        before[self.begins[:-1]] = 0
        np.add.at(change, at, wrong - before)
        end = int(self.total[axis].max(initial=0))
        errors = np.cumsum(change) / len(self)
        return (cost, errors) if cost[-1] >= end else (np.append(cost, end), np.append(errors, errors[-1]))

    def error_at(self, costs: ArrayLike, axis: str = "adds") -> Floats:
        """The error where each sample has spent so much, like costs."""
        cost, errors = self.curve(axis)
        found: Floats = errors[np.searchsorted(cost, np.asarray(costs), side="right") - 1]
        return found

    def band_at(self, costs: ArrayLike, axis: str = "adds", level: float = 0.95) -> tuple[Floats, Floats]:
        """Wilson's interval of that error over samples, at each cost."""
        return wilson(self.error_at(costs, axis), len(self), level)

    def cost_to(self, error: float, axis: str = "adds") -> float | None:
        """The least cost at which the error is no more than this; None where it never is."""
        cost, errors = self.curve(axis)
        return _first(cost, errors <= error)

    def cost_to_band(self, error: float, axis: str = "adds", level: float = 0.95) -> tuple[float | None, float | None]:
        """Costs at which the lower and the upper end of the curve's band come down to this error."""
        cost, errors = self.curve(axis)
        low, high = wilson(errors, len(self), level)
        return _first(cost, low <= error), _first(cost, high <= error)

    def right_from(self, axis: str = "adds") -> Floats:
        """The cost at which each sample's answer became right for good, [N]; infinity where it ends wrong."""
        cost, wrong = self._steps(axis)
        rows = np.arange(len(wrong))
        last_wrong = np.maximum.reduceat(np.where(wrong, rows, -1), self.begins[:-1])
        at = np.where(last_wrong < 0, self.begins[:-1], last_wrong + 1)
        found = np.full(len(self), np.inf)
        right = self.final == self.labels
        found[right] = cost[at[right]]
        return found

    def settled(self, axis: str = "adds") -> Ints:
        """The cost at which each sample's answer changed for the last time, [N]."""
        found: Ints = self.cost[axis][self.begins[1:] - 1]
        return found

    def changes(self) -> Ints:
        """Number of changes of each sample's answer, [N]."""
        found: Ints = np.diff(self.begins) - 1
        return found

    def areas(self, up_to: float, axis: str = "adds") -> Floats:
        """The share of [0, up_to] that each sample spent with a wrong guess, [N].

        Their mean is the area under the curve over the linear axis: the error at a moment drawn evenly from [0, up_to].
        """
        cost, wrong = self._steps(axis)
        ends = np.append(cost[1:], 0).astype(np.float64)
        ends[self.begins[1:] - 1] = np.inf
        share = np.minimum(ends, up_to) - np.minimum(cost, up_to)
        found: Floats = np.add.reduceat(share * wrong, self.begins[:-1]) / up_to
        return found

    def _steps(self, axis: str) -> tuple[Ints, Ints]:
        """Costs [M], and whether the guess is wrong from there on [M]."""
        if axis not in AXES:
            raise ModelError(f"an axis is one of {', '.join(AXES)}, not {axis!r}")
        labels = np.repeat(self.labels, np.diff(self.begins))
        return self.cost[axis], (self.answer != labels).astype(np.int64)


@renamed_arguments(shown="stream", told="progress")
def anytime(
    stream: SampleStream | Sequence[SampleStream], labels: ArrayLike, *, orders: Sequence[str | Key] | None = None,
    coalesce: Sequence[str | None] = (None,), seed: int = 0, engine: str = "compiled",
    progress: Callable[[int, int], None] | None = None,
) -> list[AnytimeAnswers]:  # fmt: skip
    """Anytime answers of a classifier in each order, and at each granularity of threshold checks.

    stream    samples, in one run or in several (parts of a large set): each is run once for each order
    labels    right classes of all of them, [N]
    orders    names or key functions; all that have a name without
    coalesce  "none" (thresholds checked after each row), "burst" (once a burst), None (as the layers say)
    progress  called with (runs done, runs in all)

    Needs a network whose weights stay as they are, and a read-out that `find_readout` knows. Each run's log is held in
    memory while it is read. Raises ModelError for labels or starts that do not fit.
    """
    parts = [stream] if isinstance(stream, SampleStream) else list(stream)
    wanted = np.asarray(labels)
    if wanted.shape != (sum(len(part.starts) for part in parts),) or wanted.dtype.kind not in "iu":
        raise ModelError(
            f"labels are {wanted.dtype} {list(wanted.shape)}; wanted whole numbers, one for each of "
            f"{sum(len(part.starts) for part in parts)} samples"
        )
    tried = [order.name for order in every_order()] if orders is None else orders
    runs = len(coalesce) * len(tried) * len(parts)
    made: list[AnytimeAnswers] = []
    done = 0
    for grain in coalesce:
        for order in tried:
            each, begin = [], 0
            for part in parts:
                own = wanted[begin : begin + len(part.starts)].astype(np.int64)
                each.append(piece(_answers, part, own, order, grain, seed, engine))
                begin, done = begin + len(own), done + 1
                if progress is not None:
                    progress(done, runs)
            made.append(joined(each))
    return made


def joined(parts: Sequence[AnytimeAnswers]) -> AnytimeAnswers:
    """The anytime answers of several parts of a data set in one order, as one. Raises ModelError for no parts."""
    if not parts:
        raise ModelError("there are no anytime answers to join")
    offsets = np.cumsum([0, *(len(part.answer) for part in parts)])
    begins = [part.begins[:-1] + offset for part, offset in zip(parts, offsets, strict=False)]
    return replace(
        parts[0],
        labels=np.concatenate([part.labels for part in parts]),
        begins=np.append(np.concatenate(begins), offsets[-1]),
        answer=np.concatenate([part.answer for part in parts]),
        cost={axis: np.concatenate([part.cost[axis] for part in parts]) for axis in AXES},
        total={axis: np.concatenate([part.total[axis] for part in parts]) for axis in AXES},
        first_spike={axis: np.concatenate([part.first_spike[axis] for part in parts]) for axis in AXES},
    )


def _answers(
    stream: SampleStream, labels: Ints, order: str | Key, grain: str | None, seed: int, engine: str
) -> AnytimeAnswers:
    """One run, read."""

    def fresh(**options: Any) -> Simulation:
        return stream.simulation(order, coalesce=grain, seed=seed, engine=engine, **options)

    readout = find_readout(stream.net, stream.readout)
    sim = fresh(record=True, roots=True).run()
    log = sim.log
    adds = np.append(0, np.cumsum(adds_by_delivery(fresh, log, sim.tally)))
    ticks = np.asarray(stream.starts, dtype=np.int64)
    if (np.diff(ticks) <= 0).any() or not len(ticks) or not len(log) or ticks[0] > log["t"][0]:
        raise ModelError(
            f"{len(ticks)} samples begin at {ticks[:3]} ..., the first event is at {log['t'][:1]}; wanted "
            "ascending ticks, and no event before the first sample"
        )
    starts = np.searchsorted(log["t"], ticks)
    edges = np.append(starts, len(log))
    at, sums = readout.sums(log, starts)
    # What stands when a sample begins is its first row; then come the rows at which the answer is another one.
    answer = np.append(readout.answers(np.zeros((1, sums.shape[1]), sums.dtype)), readout.answers(sums))
    rows = np.concatenate([starts - 1, at])
    standing = np.searchsorted(at, starts) if readout.clears is not None else np.zeros(len(starts), dtype=np.int64)
    index = np.concatenate([standing, 1 + np.arange(len(at))])
    sequence = np.lexsort([np.repeat([1, 0], [len(starts), len(at)]), rows])
    rows, standing = rows[sequence], answer[index[sequence]]
    opens = np.repeat([True, False], [len(starts), len(at)])[sequence]
    kept = opens | (standing != np.append(-1, standing[:-1]))
    rows, standing, opens = rows[kept], standing[kept], opens[kept]
    sample = np.cumsum(opens) - 1
    when = np.append(ticks[0], log["t"])
    cost = {
        "adds": adds[rows + 1] - adds[starts[sample]],
        "deliveries": rows + 1 - starts[sample],
        "ticks": np.where(opens, 0, when[rows + 1] - ticks[sample]),
    }
    last = np.maximum(edges[1:], 1)
    total = {
        "adds": adds[edges[1:]] - adds[starts], "deliveries": np.diff(edges),
        "ticks": np.where(np.diff(edges) > 0, log["t"][last - 1] - ticks, 0),
    }  # fmt: skip
    spikes = np.flatnonzero(log["port"] == readout.spikes)
    first = np.append(spikes, len(log))[np.searchsorted(spikes, starts)]
    first = np.minimum(first, edges[1:] - 1)
    first_spike = {
        "adds": adds[first + 1] - adds[starts], "deliveries": first + 1 - starts,
        "ticks": np.minimum(log["t"][first] - ticks, total["ticks"]),
    }  # fmt: skip
    begins = np.append(np.flatnonzero(opens), len(rows))
    return AnytimeAnswers(find_order(order).name, grain, labels, begins, standing, cost, total, first_spike)


def mean_curve(
    found: Sequence[AnytimeAnswers], costs: ArrayLike, axis: str = "adds", level: float = 0.95
) -> tuple[Floats, Floats, Floats]:
    """Error at costs [G] of several networks in one order, and its band: mean, low, high, each [G].

    The band is their range; that of a single network is Wilson's interval over its samples. Raises ModelError for none.
    """
    if not found:
        raise ModelError("a curve is one of the anytime answers of a network or several; there are none")
    errors = np.array([one.error_at(costs, axis) for one in found])
    if len(found) == 1:
        return errors[0], *found[0].band_at(costs, axis, level)
    return errors.mean(axis=0), errors.min(axis=0), errors.max(axis=0)


def wilson(errors: ArrayLike, n: int, level: float = 0.95) -> tuple[Floats, Floats]:
    """Wilson's interval (1927) of fractions of n samples. Raises ModelError for no samples, or a level that is none."""
    from statistics import NormalDist

    whole_number("n", n, 1)
    _check_level(level)
    z = NormalDist().inv_cdf((1 + level) / 2)
    p = np.asarray(errors, dtype=np.float64)
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * np.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return np.maximum(middle - half, 0.0), np.minimum(middle + half, 1.0)


def bootstrap(values: ArrayLike, *, seed: int = 0, level: float = 0.95, times: int = 2000) -> tuple[float, float]:
    """An interval of the mean of values [N], drawn anew `times` times: of areas, or of their differences by sample.

    Raises ModelError for a seed or a number of times that is none, a level outside 0 to 1, and for no values.
    """
    given = np.asarray(values, dtype=np.float64)
    if given.ndim != 1 or not len(given):
        raise ModelError(f"values have shape {list(given.shape)}; wanted [N], one or more")
    whole_number("times", times, 1)
    _check_level(level)
    rng = np.random.default_rng(whole_number("seed", seed, *SEEDS))
    means = np.array([given[rng.integers(0, len(given), len(given))].mean() for _ in range(times)])
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def _check_level(level: float) -> None:
    if not 0 < level < 1:
        raise ModelError(f"level is {level!r}; wanted a number between 0 and 1")


def _first(cost: Ints, reached: NDArray[np.bool_]) -> float | None:
    return float(cost[int(np.argmax(reached))]) if reached.any() else None
