"""The fusion network on a clock: its first layer kept up to date by events, or recomputed with all that follows.

When the camera's rates are made anew, and when there are answers, is said apart: heads may answer at each sample of the
gyroscope between two looks of a slow camera. All is exact in float64; costs are closed forms.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from eventnet.scenarios.fusion.filters import FilterHead
from eventnet.scenarios.fusion.methods import Done, Floats, HeldAnswers, MethodOutcome, Waits
from eventnet.scenarios.fusion.network import FusionWeights
from eventnet.scenarios.fusion.recomputed import (
    Counts,
    ExactHead,
    ExactRates,
    HeadCosts,
    Work,
    by_cause,
    costs_of,
    network_head,
    tally_of,
)
from eventnet.scenarios.fusion.stream import Kept, Stream, samples

WORD = 4
"""Bytes of a value or a weight: what the event-driven networks have by default (float32)."""


class StreamingHead(Protocol):
    """What puts both sensors together."""

    @property
    def answers(self) -> int: ...

    def take(self, gyro_t: Floats, gyro: Floats, dvs_t: Floats, dvs: Floats, at: Floats) -> Floats: ...


class SharedRates:
    """The camera's rates, packet by packet: made once for all heads on the same stream and clock."""

    def __init__(self, weights: FusionWeights, *, keep: bool) -> None:
        self._rates, self._keep = ExactRates(weights), keep
        self._made: list[Floats] = []

    def take(self, packet: int, events: Any, at: Floats, stamps: Floats) -> Floats:
        """Of this packet, by its number: those that were made, or new ones."""
        if packet < len(self._made):
            return self._made[packet]
        rates = self._rates.take(events, at, stamps)
        if self._keep:
            self._made.append(rates)
        return rates


_SHARED: WeakKeyDictionary[Kept, dict[Any, tuple[FusionWeights, SharedRates]]] = WeakKeyDictionary()


def _shared(stream: Stream, weights: FusionWeights, clock: tuple[str | float, bool]) -> SharedRates:
    """The rates of a stream in memory, as far as they have been made; others are made anew, and not kept."""
    if not isinstance(stream, Kept):
        return SharedRates(weights, keep=False)
    key = id(weights), clock  # held below, so that nothing else has its number
    return _SHARED.setdefault(stream, {}).setdefault(key, (weights, SharedRates(weights, keep=True)))[1]


@dataclass(frozen=True)
class Recomputed:
    """The camera's rates anew at `rates`, answers at `answers`.

    rates, answers: "each" (event and sample), "sample" (of the gyroscope), a period in microseconds, or "never" (rates
    only: no camera). binned: events come at the middle of their period. incremental: costs are those of a first layer
    that is kept up to date. head: a filter that answers at samples; None: the network's own head.
    """

    name: str
    rates: str | float
    answers: str | float
    binned: bool = False
    incremental: bool = False
    head: FilterHead | None = None

    def run(self, weights: FusionWeights, stream: Stream, grid_us: int, done: Done) -> MethodOutcome:
        """Go through the stream."""
        rates_of, work = _shared(stream, weights, (self.rates, self.binned)), Work()
        none = np.empty((0, weights.n_out))
        head: StreamingHead = self.head.begin() if self.head else ExactHead(weights)
        grid, waits, begin, n = HeldAnswers(stream.end_us, grid_us, head.answers), Waits(), 0, 0
        for k, (camera, gyroscope) in enumerate(zip(stream.camera(), stream.gyroscope(), strict=True)):
            events, (gyro_t, gyro) = camera.events, samples(gyroscope.events, weights.n_out)
            t = events["t"].astype(np.float64)
            at = self._times(self.rates, t, gyro_t, begin, camera.until)
            reads = self._times(self.answers, t, gyro_t, begin, camera.until)
            rates = rates_of.take(k, events, at, self._stamps(t)) if self.rates != "never" else none
            grid.take(reads, head.take(gyro_t, gyro, at, rates, reads), camera.until)
            if self.rates != "never":
                waits.take(t, self._contained(t), reads)
            self._count(work, weights, events, gyro_t, at, reads)
            begin, n = camera.until, n + len(gyro_t)
            done(begin)
        costs = self.head.costs if self.head else network_head(weights)
        tally = tally_of(work, weights, incremental=self.incremental, head=costs)
        return MethodOutcome(
            self.name, grid.answers, tally, by_cause(tally), waits.counts, work.events, n, 1e-6 * stream.end_us, work,
            values=sum(row.values for row in self._rows(work, weights, costs)),
        )  # fmt: skip

    def memory(self, weights: FusionWeights) -> int:
        """Bytes of state and weights, at 4 bytes each."""
        return WORD * _words(weights, self)

    def _rows(self, work: Work, weights: FusionWeights, costs: HeadCosts) -> list[Counts]:
        return list(costs_of(work, weights, incremental=self.incremental, head=costs).values())

    def _stamps(self, t: Floats) -> Floats:
        """The times that events are taken to have."""
        if not self.binned:
            return t
        return np.asarray((np.floor(t / float(self.rates)) + 0.5) * float(self.rates), np.float64)

    def _contained(self, t: Floats) -> Floats:
        """From when on an answer holds these events."""
        if isinstance(self.rates, str):
            return t
        periods = t / self.rates
        return np.asarray((np.floor(periods) + 1 if self.binned else np.ceil(periods)) * self.rates)

    def _times(self, when: str | float, events: Floats, gyro: Floats, begin: int, end: int) -> Floats:
        """Times of computing within a packet."""
        if isinstance(when, str):
            return np.union1d(events, gyro) if when == "each" else gyro if when == "sample" else np.empty(0)
        period = when
        ticks = np.asarray(np.arange(np.ceil(begin / period), np.ceil(end / period)) * period, np.float64)
        return ticks[ticks > 0]

    def _count(self, work: Work, weights: FusionWeights, events: Any, gyro: Floats, at: Floats, reads: Floats) -> None:
        if self.rates != "never":
            work.events += len(events)
            work.covered += int(covering(weights, events).sum())
        for counts, when, times in ((work.evaluated, self.rates, at), (work.read, self.answers, reads)):
            if when == "each":
                counts["dvs"] += len(events)
                counts["gyro"] += len(gyro)
            elif when != "never":
                counts["gyro" if when == "sample" else "clock"] += len(times)
        if not isinstance(self.answers, str):
            work.followed += len(gyro)


def _words(weights: FusionWeights, method: Recomputed) -> int:
    """Values of state and weights that a method needs."""
    w, taus = weights, len(weights.tau_us)
    places, found = w.patches[0] * w.patches[1], 0
    if method.rates != "never":
        parts = (w.filters, w.bias, w.hidden, w.hidden_bias, w.out, w.out_bias)
        found += sum(part.size for part in parts) + taus
        found += taus * (places * w.n_filters if method.incremental else w.width * w.height)
    if method.head is not None:
        return found + method.head.words
    assert w.head is not None
    return found + w.head.mix.size + 2 * w.n_out * (1 + len(w.head.tau_us))


def covering(weights: FusionWeights, events: Any) -> NDArray[np.int64]:
    """How many patches cover each event."""
    made = np.ones(len(events), np.int64)
    for name, patches in (("y", weights.patches[0]), ("x", weights.patches[1])):
        at = events[name].astype(np.int64)
        first, last = -((weights.size - 1 - at) // weights.stride), at // weights.stride
        made *= np.maximum(np.minimum(last, patches - 1) - np.maximum(first, 0) + 1, 0)
    return made
