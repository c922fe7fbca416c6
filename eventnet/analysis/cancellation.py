"""Cancellation: spikes that cancel each other within a cascade, and sums that move forth and back.

Read off a whole event log, the tally and the weights; nothing is run again for it. `savings` runs the same inputs with
thresholds checked once a burst, and with opposite spikes that meet in the queue taken out of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventnet.analysis.answers import Answer, check_answer, letters, read_answer
from eventnet.analysis.log_pieces import Cascades, pieces
from eventnet.analysis.order_sensitivity import written_blocks
from eventnet.analysis.orders import Inputs, Make, made
from eventnet.analysis.packeted import Feed
from eventnet.analysis.parallel import in_processes
from eventnet.analysis.run_variants import Course, Variant
from eventnet.base.old_names import renamed_arguments
from eventnet.cost import Estimate, PriceList, price_list
from eventnet.declarations import potential_of, undeclared
from eventnet.errors import ModelError
from eventnet.event import Events, signed
from eventnet.module import Module
from eventnet.network import Network
from eventnet.order import Key, Order, find_order
from eventnet.simulation import BUDGET, Run
from eventnet.tally import ADD_KINDS, Tally

Reals = NDArray[np.float64]
Ints = NDArray[np.int64]

CHUNK = 1 << 22
"""Products worked out at once: 32 MB."""


@dataclass(frozen=True)
class Cancelled:
    """Spikes of one outlet that cancel each other: same unit, opposite signs, within one cascade.

    spikes  that it sent and that were delivered
    pairs   of them, as many as the rarer sign of each unit in each cascade has
    adds    of the deliveries of these pairs, at the mean adds of a delivery to each port they went to: exact where all
            deliveries to a port cost the same
    """

    outlet: str
    spikes: int
    pairs: int
    adds: float

    @property
    def share(self) -> float:
        """Of the outlet's spikes, those that cancel another or were cancelled."""
        return 2 * self.pairs / self.spikes if self.spikes else 0.0


@dataclass(frozen=True)
class SumVariation:
    """Movement of the sums of a module's units: all that rows added to them, without resets and what firing took off.

    variation  float64 [units]: by how much each moved, forth and back
    cascades   float64 [units]: by how much the cascades moved it, each one's rows together
    change     float64 [units]: by how much all moved it in the end
    """

    module: str
    variation: Reals
    cascades: Reals
    change: Reals

    @property
    def variation_ratio(self) -> float:
        """Variation over the net change of each cascade, all units together: 1 where no row took back another."""
        return _ratio(self.variation, self.cascades)

    @property
    def run_variation_ratio(self) -> float:
        """Variation over net change of the whole run, all units together."""
        return _ratio(self.variation, self.change)


def _ratio(a: Reals, b: Reals) -> float:
    below = float(b.sum())
    return float(a.sum()) / below if below else (1.0 if not a.any() else float("inf"))


@dataclass(frozen=True)
class Cancellation:
    """Spikes that cancel each other in a run, and how its sums moved.

    cancelled  a row for each outlet that sent spikes over wires
    sums     a row for each module whose sums follow from log and weights, as its `membrane` says them
    omitted  the other modules that have potentials, or do not say, and why
    adds     all adds of the run
    """

    cancelled: tuple[Cancelled, ...]
    sums: tuple[SumVariation, ...]
    omitted: dict[str, str]
    adds: int

    @property
    def spikes(self) -> int:
        """Spikes that were sent over wires and delivered."""
        return sum(row.spikes for row in self.cancelled)

    @property
    def pairs(self) -> int:
        """Pairs of spikes that cancel each other within a cascade."""
        return sum(row.pairs for row in self.cancelled)

    @property
    def share(self) -> float:
        """Of all spikes, those in such a pair."""
        return 2 * self.pairs / self.spikes if self.spikes else 0.0

    @property
    def cancelled_adds(self) -> float:
        """Adds of their deliveries; see `Cancelled`."""
        return sum(row.adds for row in self.cancelled)

    def to_dict(self) -> dict[str, Any]:
        """Everything, ready for JSON; a module's units summed."""
        return {
            "spikes": self.spikes, "pairs": self.pairs, "share": self.share, "adds": self.adds,
            "cancelled_adds": self.cancelled_adds,
            "outlets": {
                row.outlet: {"spikes": row.spikes, "pairs": row.pairs, "share": row.share, "adds": row.adds}
                for row in self.cancelled
            },
            "modules": {
                row.module: {
                    "variation": float(row.variation.sum()), "cascades": float(row.cascades.sum()),
                    "change": float(row.change.sum()), "variation_ratio": _finite(row.variation_ratio),
                    "run_variation_ratio": _finite(row.run_variation_ratio),
                }
                for row in self.sums
            },
            "omitted": self.omitted,
        }  # fmt: skip

    def __str__(self) -> str:
        lines = [
            f"{self.pairs:,} pairs of spikes cancel each other within a cascade: {100 * self.share:.3g} % of "
            f"{self.spikes:,} spikes, {self.cancelled_adds:,.0f} of {self.adds:,} adds"
        ]
        lines += [
            f"  {row.outlet}: {row.pairs:,} pairs, {100 * row.share:.3g} % of {row.spikes:,} spikes, "
            f"{row.adds:,.0f} adds"
            for row in self.cancelled if row.pairs
        ]  # fmt: skip
        lines += [
            f"  {row.module}: sums moved {row.variation_ratio:.3g} times as far as each cascade took them"
            for row in self.sums
        ]
        return "\n".join(lines)


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None


def cancellation(run: Run) -> Cancellation:
    """Find the spikes and additions that cancel in a run with its log (record=True).

    Raises ModelError where the log is not whole.
    """
    sim, log = run.simulation, run.log
    if len(log) and (log["id"][0] != 0 or len(log) != sim.deliveries):
        raise ModelError("this run did not keep its whole log: run it with record=True")
    net, tally = sim.net, run.tally
    sums, omitted, cascades = [], {}, Cascades(log)
    changing = {name for module in net.modules for name in written_blocks(net, module, sim.options["coalesce"])}
    for module in net.modules:
        if potential_of(module) is None and not undeclared(module):
            continue
        why = _why_omitted(module, changing)
        if why is None:
            sums.append(_sums_of(net, module, cascades))
        else:
            omitted[module.name] = why
    return Cancellation(tuple(_cancelled(net, log, cascades, tally)), tuple(sums), omitted, tally.adds)


# --- spikes ---
def cancelled_spikes(net: Network, log: Events, tally: Tally) -> list[Cancelled]:
    """For each outlet that sent spikes over wires: how many cancel each other.

    An outlet by which a layer sends itself notices, or foresees spikes, is left out: its signs mean nothing.
    """
    return _cancelled(net, log, Cascades(log), tally)


def _cancelled(net: Network, log: Events, cascades: Cascades, tally: Tally) -> list[Cancelled]:
    each, came = _adds_of_a_delivery(net, tally), _came(net, log)
    found = []
    for number, outlet in enumerate(net.outlets()):
        targets = [
            int(w.target) for w in net.wires if w.source.module is outlet.module and w.source.name == outlet.name
        ]
        if not targets or outlet.outlet.inner is not None or outlet.outlet.predicts is not None:
            continue
        # Over several wires each spike is several deliveries: one wire tells, that which has brought the most.
        brought = {port: came[number, port] / targets.count(port) for port in targets}
        port = max(brought, key=lambda port: brought[port])
        spikes = pairs = 0
        for lines in cascades.lines(partial(_came_from, source=number, port=port)):
            plus, minus = _signs(lines, targets.count(port))
            spikes, pairs = spikes + int((plus + minus).sum()), pairs + int(np.minimum(plus, minus).sum())
        if spikes:
            found.append(Cancelled(str(outlet), spikes, pairs, 2 * pairs * sum(each[target] for target in targets)))
    return found


def _came(net: Network, log: Events) -> Ints:
    """Deliveries by the numbers of their outlet and their port, [outlets, ports]."""
    outlets, ports = len(list(net.outlets())), len(list(net.ports()))
    found = np.zeros(outlets * ports, np.int64)
    for _, lines in pieces(log):
        sent = lines[lines["source"] >= 0]
        found += np.bincount(sent["source"] * ports + sent["port"], minlength=len(found))
    return found.reshape(outlets, ports)


def _signs(lines: Events, wires: int) -> tuple[Ints, Ints]:
    """For each unit in each cascade: spikes of + and of -."""
    order = np.lexsort((lines["index"], lines["root"]))
    root, index, sign = (lines[name][order] for name in ("root", "index", "sign"))
    if not len(root):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    starts = np.flatnonzero(np.append(True, (np.diff(root) != 0) | (np.diff(index) != 0)))
    plus, minus = (np.add.reduceat((sign * s > 0).astype(np.int64), starts) for s in (1, -1))
    return -(-plus // wires), -(-minus // wires)


def _adds_of_a_delivery(net: Network, tally: Tally) -> list[float]:
    """By port: mean adds of a delivery."""
    rows = tally.by_port()
    adds = [sum(row[f"{kind}_adds"] for kind in ADD_KINDS) for row in rows.values()]
    return [n / max(row["deliveries"], 1) for n, row in zip(adds, rows.values(), strict=True)]


# --- sums ---
def _why_omitted(module: Module, changing: set[str]) -> str | None:
    """The reason why a module's sums do not follow from the log and the weights; None where they do."""
    said = potential_of(module)
    if said is None:
        return "it does not say what its potential is (membrane)"
    if not said.sums or said.leak is not None:
        return "its potential is not the plain sum of what came"
    used = [module.blocks[name].name for name in (*said.rows.values(), *said.columns.values())]
    if not used:
        return "its rule is not one that adds a row of weights"
    changed = [name for name in used if name in changing]
    return f"its weights {changed[0]!r} change" if changed else None


def _rows(net: Network, module: Module) -> dict[int, Reals]:
    """By number of a port: the rows that its deliveries add to the module's potential, [indices, units]."""
    said, blocks = potential_of(module), {name: block.array for name, block in module.blocks.items()}
    own = {int(getattr(module, name)): said.adds(name, blocks) for name in module.ports} if said is not None else {}
    return {port: rows.astype(np.float64) for port, rows in own.items() if rows is not None}


def sums_of(net: Network, module: Module, log: Events) -> SumVariation:
    """Movement of the sums of a module to which deliveries add rows (or columns) of weights that do not change.

    Worked out in float64 from the weights as the network holds them: a matrix product, and one more for each cascade's
    rows. The run's own sums differ by the rounding of its number type.
    """
    return _sums_of(net, module, Cascades(log))


def _came_from(log: Events, source: int, port: int) -> NDArray[np.bool_]:
    """The lines of a log that came from an outlet to a port."""
    return np.asarray((log["source"] == source) & (log["port"] == port))


def _sums_of(net: Network, module: Module, cascades: Cascades) -> SumVariation:
    rows = _rows(net, module)
    w = np.concatenate(list(rows.values()))  # those of one port behind those of another
    ports, before = np.array(list(rows)), np.cumsum([0, *map(len, rows.values())])[:-1]
    counts, sums, moved = np.zeros(len(w)), np.zeros(len(w)), _Moved(w)
    for lines in cascades.lines(lambda log: np.isin(log["port"], ports)):
        row = lines["index"] + before[np.searchsorted(ports, lines["port"])]
        counts += np.bincount(row, minlength=len(w))
        sums += np.bincount(row, weights=(amounts := signed(lines)), minlength=len(w))
        moved.take(lines["root"], row, amounts.astype(np.float64))
    return SumVariation(module.name, counts @ np.abs(w), moved.done(), np.abs(sums @ w))


class _Moved:
    """Absolute changes of each unit's sum by a cascade, summed over cascades, [units]; cascades come whole, in order.

    As many as make CHUNK products are worked out at once, however they came: so sums of floats are the same.
    """

    def __init__(self, w: Reals) -> None:
        self.w, self.most = w, max(CHUNK // w.shape[1], 1)
        self.sums = np.zeros(w.shape[1])
        self.waiting: tuple[NDArray[Any], ...] = (np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0))

    def take(self, root: NDArray[Any], row: NDArray[Any], sign: Reals) -> None:
        """Take lines by their root, row and sign."""
        self.waiting = tuple(np.concatenate(pair) for pair in zip(self.waiting, (root, row, sign), strict=True))
        self._work(self.most)

    def done(self) -> Reals:
        """The sums, when all has come."""
        self._work(0)
        return self.sums

    def _work(self, stays: int) -> None:
        """Work out whole cascades, as many as fit, until no more than `stays` lines wait."""
        root, row, sign = self.waiting
        starts = np.flatnonzero(np.diff(root, prepend=-1) != 0)
        ends = np.append(starts[1:], len(root))
        first = 0
        while first < len(starts) and len(root) - starts[first] > stays:
            last = max(int(np.searchsorted(ends, starts[first] + self.most, side="right")), first + 1)
            part = slice(starts[first], ends[last - 1])
            added = self.w[row[part]] * sign[part, None]
            self.sums += np.abs(np.add.reduceat(added, starts[first:last] - starts[first], axis=0)).sum(axis=0)
            first = last
        left = starts[first] if first < len(starts) else len(root)
        self.waiting = root[left:], row[left:], sign[left:]


# --- what could be saved ---
@dataclass(frozen=True)
class Saving:
    """One way to run the same inputs, and what it cost.

    coalesce, annihilate  as for `Simulation`
    answer       a letter, the same for the same answer; A is the first one's
    score        what the function `score` made of the run, or None
    annihilated  spikes that opposite spikes took out of the queue, or that were not queued for it: two a pair
    pairs        of spikes delivered that cancel each other within a cascade
    """

    coalesce: str | None
    annihilate: bool
    answer: str
    score: float | None
    deliveries: int
    spikes: int
    annihilated: int
    pairs: int
    adds: int
    estimate: Estimate

    def to_dict(self) -> dict[str, Any]:
        """Everything, ready for JSON."""
        names = "coalesce annihilate answer score deliveries spikes annihilated pairs adds"
        return {name: getattr(self, name) for name in names.split()} | {"energy": self.estimate.to_dict()}


@renamed_arguments(told="progress")
def savings(
    make_or_net: Network | Make, inputs: Inputs | None = None, *, order: str | Key | Order = "breadth",
    answer: Answer = "ends", tolerance: float = 0.0, score: Callable[[Run], float] | None = None,
    coalesce: Sequence[str | None] = ("none", "burst"), annihilate: Sequence[bool] = (False, True),
    prices: PriceList | None = None, seed: int = 0, until: int | None = None, budget: int = BUDGET,
    progress: Callable[[int, int], None] | None = None,
) -> list[Saving]:  # fmt: skip
    """The same inputs at both threshold-check granularities, with and without annihilation; options as `orders`.

    If no module can tell granularities apart, only the first is run. Each run's log is held in memory.
    """
    net, feed = made(make_or_net, inputs)
    check_answer(net, answer, tolerance)
    grains = tuple(coalesce) if any(port.port.burst is not None for port in net.ports()) else tuple(coalesce)[:1]
    prices = prices or price_list(net.dtype)
    variants = [(grain, removes) for grain in grains for removes in annihilate]
    work = _Work(net, feed, order, answer, score, prices, seed, until, budget)
    rows = in_processes(_row, work, variants, processes=1, progress=progress)
    names = letters([row.pop("value") for row in rows], tolerance)
    return [Saving(answer=letter, **row) for letter, row in zip(names, rows, strict=True)]


@dataclass(frozen=True)
class _Work:
    """Arguments that all runs share."""

    net: Network
    feed: Feed
    order: str | Key | Order
    answer: Answer
    score: Callable[[Run], float] | None
    prices: PriceList
    seed: int
    until: int | None
    budget: int


def _row(work: _Work, variant: tuple[str | None, bool]) -> dict[str, Any]:
    """One run, and what is read off it."""
    grain, removes = variant
    course = Course(work.net, work.feed, grain, work.until, work.budget, annihilate=removes)
    with course.logged(Variant(find_order(work.order), work.seed)) as (run, log):
        tally, score = run.tally, work.score
        return {
            "coalesce": grain, "annihilate": removes, "score": None if score is None else float(score(run)),
            "value": read_answer(run, work.answer, log=log), "deliveries": tally.deliveries, "spikes": tally.spikes,
            "annihilated": run.simulation.annihilated, "adds": tally.adds, "estimate": work.prices.estimate(tally),
            "pairs": sum(row.pairs for row in cancelled_spikes(work.net, log, tally)),
        }  # fmt: skip
