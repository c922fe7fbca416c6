"""An order that serves the largest effect an add first: a key function with a table that is learned from samples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from eventnet.analysis.anytime import SampleStream
from eventnet.analysis.cascades import depths
from eventnet.analysis.cost_so_far import adds_by_delivery
from eventnet.analysis.readouts import find_readout
from eventnet.base.old_names import renamed_arguments
from eventnet.errors import ModelError
from eventnet.event import Events, signed
from eventnet.kernels.random import hash64
from eventnet.order import Key
from eventnet.simulation import Simulation

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


def deepest_random(t, source, wire, index, sign, magnitude, rank, seq, seed):
    """The module farthest from the inputs first; among deliveries to one rank a seeded permutation."""
    return 2, (-rank << 32) + hash64(seed, seq) % 4294967296


@dataclass(frozen=True)
class Worth:
    """Mean effect and cost of deliveries over one wire, by index, learned from samples.

    source, port  the wire's ends, by name
    count   [n] deliveries seen
    effect  [n] what the answer gained, on average
    cost    [n] adds of the delivery and of all that it caused, on average

    Indices that were never seen have the wire's averages.
    """

    wire: int
    source: str
    port: str
    count: Ints
    effect: Floats
    cost: Floats

    @property
    def ratio(self) -> Floats:
        """Gain an add, [n]; a delivery that costs nothing has the largest."""
        free = self.cost <= 0
        found: Floats = np.where(free, np.inf, self.effect / np.where(free, 1.0, self.cost))
        return found


@renamed_arguments(shown="stream")
def worths(
    stream: SampleStream, labels: ArrayLike | None = None, *, order: str | Key = deepest_random, seed: int = 0,
    engine: str = "compiled",
) -> list[Worth]:  # fmt: skip
    """The worth of a delivery over each wire, by its index (see `cheapest_first` for the equation).

    order  of the run that is learned from: each spike's effect is that of the cascade it begins there
    """
    log, gain, adds = _cascades(stream, labels, order, seed, engine)
    outlets = list(stream.net.outlets())
    numbers = {str(outlet): number for number, outlet in enumerate(outlets)}
    found = []
    for number, wire in enumerate(stream.net.wires):
        source = numbers[str(wire.source)]
        of = (log["source"] == source) & (log["port"] == int(wire.target))
        index, width = log["index"][of], outlets[source].width
        count = np.bincount(index, minlength=width)
        # The wire's averages count as one more delivery of each index: few samples make no extremes.
        effect, cost = (
            (np.bincount(index, values[of], minlength=width) + (values[of].mean() if of.any() else 0.0)) / (count + 1)
            for values in (gain, adds)
        )
        found.append(Worth(number, str(wire.source), str(wire.target), count, effect, cost))
    return found


@renamed_arguments(shown="stream")
def cheapest_first(
    stream: SampleStream,
    labels: ArrayLike | None = None,
    *,
    spread: float = 0.0,
    order: str | Key = deepest_random,
    seed: int = 0,
) -> Key:
    """A key function by which the delivery that is expected to tell most an add goes first; learned from samples.

    A delivery over wire w of index i has the worth

        r(w, i) = E[g] / E[c]

    where c are the adds of the delivery and of all that it causes, and g is what they move the answer: the Euclidean
    length of the change of the read-out's sums, less its mean over classes; or, with labels, how far the right class
    gains on the mean of all classes. Means are over deliveries in a run of the samples in `order`. If effects added up
    and cascades were never broken off, the sequence of falling g / c would have the least sum of costs at which the
    effects come, weighted by them (Smith 1956, for jobs with weights g on one machine).

    Wires go by falling E[g] / E[c] of all their deliveries, indices of one wire by falling r. Rectified units do not
    take back what they fire, so that effects do not add up: a biased selection of the inputs overshoots. `spread`, from
    0 to 1, mixes the place of an index in its wire (both from 0 to 1) with a seeded permutation.

    The key sees no label and no state, only its arguments and this table. Each call makes a key of its own, compiled
    anew. Raises ModelError for a spread outside 0 to 1, and for samples that make no spikes.
    """
    _check_spread(spread)
    return key_of(worths(stream, labels, order=order, seed=seed), spread)


def key_of(found: Sequence[Worth], spread: float = 0.0) -> Key:
    """The key function of worths, one for each wire in the order of their numbers. Raises ModelError for the spread."""
    _check_spread(spread)
    means = [_mean_ratio(worth) for worth in found]
    after = np.searchsorted(np.unique([-mean for mean in means]), [-mean for mean in means]).astype(np.int64)
    start = np.cumsum([0, *(len(worth.count) for worth in found)]).astype(np.int64)
    place = np.concatenate([_places(worth.ratio) for worth in found])
    mixed = round(1000 * spread)
    own = 1000 - mixed

    def cheapest(t, source, wire, index, sign, magnitude, rank, seq, seed):
        within = own * place[start[wire] + index] + mixed * (hash64(seed, seq) % 1048576)
        return 2, after[wire] * 4294967296 + within

    return cheapest


def _check_spread(spread: float) -> None:
    if not 0 <= spread <= 1:
        raise ModelError(f"spread is {spread}; wanted a number from 0 to 1")


def _mean_ratio(worth: Worth) -> float:
    """Gain an add of all deliveries over a wire; one without any goes last."""
    seen = worth.count.sum()
    if not seen:
        return -np.inf
    cost = float((worth.cost * worth.count).sum())
    return float((worth.effect * worth.count).sum()) / cost if cost > 0 else np.inf


def _places(ratio: Floats) -> Ints:
    """Places below 2^20 in the order of falling ratio; equal ones have the same."""
    better = np.searchsorted(np.sort(-ratio), -ratio)
    return (better << 20) // max(len(ratio), 1)


def _cascades(
    stream: SampleStream, labels: ArrayLike | None, order: str | Key, seed: int, engine: str
) -> tuple[Events, Floats, Floats]:
    """The log of a run, and for each delivery what it and all that it causes move the answer, and their adds."""

    def fresh(**options: Any) -> Simulation:
        return stream.simulation(order, seed=seed, engine=engine, **options)

    readout = find_readout(stream.net, stream.readout)
    sim = fresh(record=True, roots=True).run()
    log = sim.log
    adds = adds_by_delivery(fresh, log, sim.tally).astype(np.float64)
    change = np.zeros((len(log), readout.rows.shape[1]))
    at = np.flatnonzero(log["port"] == readout.spikes)
    if not len(at):
        raise ModelError(f"no spike reached {readout.module!r}, so there is nothing to learn from")
    change[at] = signed(log)[at, None] * readout.rows[log["index"][at]].astype(np.float64)
    depth = depths(log)
    for level in range(int(depth.max()), 0, -1):
        of = np.flatnonzero(depth == level)
        np.add.at(change, log["parent"][of], change[of])
        np.add.at(adds, log["parent"][of], adds[of])
    change -= change.mean(axis=1, keepdims=True)
    if labels is None:
        return log, np.linalg.norm(change, axis=1), adds
    right = np.asarray(labels)
    if right.shape != np.shape(stream.starts) or right.dtype.kind not in "iu":
        raise ModelError(f"labels are {right.dtype} {list(right.shape)}; wanted one for each of {len(stream.starts)}")
    sample = np.searchsorted(np.asarray(stream.starts), log["t"], side="right") - 1
    return log, change[np.arange(len(log)), right[sample]], adds
