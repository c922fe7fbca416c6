"""LeakyDelta and DeltaSynapses (docs/reference/neurons.md)."""

from __future__ import annotations

import math
from typing import Any

from outside.counted import COMPARES, METER, MULTIPLIES, READS, SYNAPTIC
from outside.family import Family, Out

HELD, FLOOR = -1e30, -1e29
PART, LOOKED_UP = 16, 2**14


def one_each(value: Any, n: int) -> list[float]:
    """One number a unit."""
    return [float(x) for x in (value if isinstance(value, list) else [value] * n)]


class LeakyDelta(Family):
    """Leaky units that others write; each is worked out up to a tick of its own."""

    ports, outlets = (), ("out",)

    def build(
        self, units: int, tau: Any, threshold: Any = 1.0, rest: Any = 0.0, reset: Any = None, refractory: Any = 0,
        start: Any = None, decay: str = "tick",
    ) -> None:  # fmt: skip
        self.n, self.tau, self.ticked = units, tau, decay == "tick"
        self.held = [int(r) for r in one_each(refractory, units)]
        low = one_each(rest, units)

        def above(value: Any) -> list[Any]:
            given = low if value is None else one_each(value, units)
            return self.numbers(a - b for a, b in zip(given, low, strict=True))

        self.bar, self.lands, self.phi = above(threshold), above(reset), above(start)
        self.told, self.queue = [0] * units, list[tuple[int, int, int]]()
        self.now: int | None = None
        self.whole, self.events, self.fell = 0, 0, 0  # all units have got to tick `whole`
        self.factor = self.numbers(math.exp(-1 / x) for x in one_each(tau, units))

    def begin(self, t: int, n: int) -> None:
        """n events come at t."""
        if self.now != t:
            if t < self.whole:
                self.whole, self.told = t, [t] * self.n
            self.now, self.events = t, 0
        self.events += n
        if self.ticked and self.whole < t and self.events * PART > self.n:
            self.bring_all(t)
        while self.queue and self.queue[0][0] <= t:
            since, _, j = self.queue.pop(0)
            self.phi[j], self.told[j] = self.lands[j], since
            if self.ticked and self.whole == t:
                self.phi[j] = self.left(self.phi[j], t - since, j)
            elif self.ticked:
                self.fell = 1

    def bring_all(self, t: int) -> None:
        """The layer as of tick t: tick by tick where it is not far, and all alike where no unit is further."""
        far, alike = t - self.whole > 64, not self.fell
        for j in range(self.n) if far else ():
            self.bring(j, t)
        for tick in () if far else range(self.whole + 1, t + 1):
            for j in range(self.n):
                free = self.phi[j] > FLOOR
                METER.count(MULTIPLIES, int(alike or (free and self.told[j] < tick)))
                if free and self.told[j] < tick:
                    self.phi[j] = self.number(float(self.phi[j]) * float(self.factor[j]))
        self.whole, self.fell = t, 0

    def left(self, x: Any, ticks: int, j: int) -> Any:
        """A product a tick, up to one that changes nothing."""
        for _ in range(ticks):
            METER.count(MULTIPLIES)
            y = self.number(float(x) * float(self.factor[j]))
            if y == x:
                return x
            x = y
        return x

    def bring(self, j: int, t: int) -> None:
        """Unit j as of tick t."""
        if self.ticked:
            ticks = t - max(self.told[j], self.whole)
            if ticks > 0:
                self.told[j], self.fell = t, 1
                if self.phi[j] > FLOOR:
                    self.phi[j] = self.left(self.phi[j], ticks, j)
            return
        ticks = max(t - self.told[j], 0)
        self.told[j] = max(self.told[j], t)
        own = isinstance(self.tau, list)
        tau = self.tau[j] if own else self.tau
        tau = float(self.number(tau)) if own or ticks >= LOOKED_UP else float(tau)
        left = self.number(math.exp(-ticks / tau))
        self.phi[j] = self.number(float(self.phi[j]) * float(left))

    def take(self, j: int, w: Any, s: int, t: int, out: Out) -> None:
        """An event of unit j."""
        METER.cause = SYNAPTIC
        self.phi[j] = self.phi[j] + w if s > 0 else self.phi[j] - w
        METER.count(COMPARES)
        if not self.phi[j] > self.bar[j]:
            return
        out.spike(j, 1, "layer.out", magnitude=float(self.phi[j]))
        if not self.held[j]:
            self.phi[j] = self.lands[j]
            return
        free = t + self.held[j]
        self.phi[j], self.told[j] = self.number(HELD), free
        self.queue.append((free, len(self.queue), j))
        self.queue.sort(key=lambda one: one[0])

    def state(self) -> dict[str, list[Any]]:
        return {"phi": self.phi}


class DeltaSynapses(Family):
    """Rows of targets; a spike whose synapses have several delays is sent on, part by part."""

    ports, outlets, passes_on = ("rows", "spikes"), ("axon",), ("axon",)

    def build(self, layer: int, weights: int, projection: dict[str, Any]) -> None:
        self.layer: Any = self.network.modules[layer]
        self.writes, self.w = (self.layer,), self.block(weights)
        edges, delays = projection["connectivity"], projection["delays"]
        pairs = list(zip(edges["sources"], edges["targets"], delays or [0] * len(edges["sources"]), strict=True))
        self.parts: list[tuple[int, int, list[int]]] = []  # source, ticks, targets
        for i in range(projection["sources"]):
            own = [(ticks, target) for source, target, ticks in pairs if source == i]
            for ticks in [0] if delays is None else sorted({ticks for ticks, _ in own}):
                self.parts.append((i, ticks, [target for wait, target in own if wait == ticks]))
        self.n_in, self.synapses = projection["sources"], len(pairs)

    def column(self, row: int, k: int) -> int:
        """The column of the k-th weight of a row."""
        if self.w.columns == 1:
            return 0
        if self.w.columns == self.synapses:
            return sum(len(targets) for _, _, targets in self.parts[:row]) + k
        return self.parts[row][0]

    def on_rows(self, i: int, s: int, t: int, out: Out) -> None:
        targets = self.parts[i][2]
        self.layer.begin(t, len(targets))
        if not targets:
            return
        own = 1 < self.w.columns == self.synapses
        METER.count(READS, len(targets) if own else 1)
        METER.count(MULTIPLIES, 0 if self.layer.ticked else len(targets))
        if self.layer.ticked:
            for j in targets if self.layer.whole != t else ():
                self.layer.bring(j, t)
        for k, j in enumerate(targets):
            if not self.layer.ticked:
                self.layer.bring(j, t)
            self.layer.take(j, self.w.words[0][self.column(i, k)], s, t, out)

    def on_spikes(self, i: int, s: int, t: int, out: Out) -> None:
        for r, (source, ticks, _) in enumerate(self.parts):
            if source == i:
                out.spike(r, s, "axon", later=ticks)
