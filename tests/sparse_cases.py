"""Networks of sparse layers for tests, and an oracle for them in plain Python that shares no code with the package.

The oracle keeps units as objects, events as tuples in a heap. It knows nothing of eager and lazy decay, of rings or of
compiled rows: a unit is brought up by one product for each tick that has passed.
"""

import heapq
import math
from dataclasses import dataclass, field

import eventnet as en


@dataclass
class Unit:
    """One leaky unit, told tick by tick."""

    factor: float
    tau: float
    threshold: float
    reset: float
    refractory: int
    by_tick: bool
    v: float
    at: int = 0
    until: int | None = None

    def bring(self, t: int) -> None:
        if self.until is not None:
            if t < self.until:
                return
            self.v, self.at, self.until = self.reset, self.until, None
        if t <= self.at:
            self.at = min(self.at, t)
            return
        if self.by_tick:
            for _ in range(t - self.at):
                self.v = self.v * self.factor
        else:
            self.v = self.v * math.exp(-(t - self.at) / self.tau)
        self.at = t

    def take(self, t: int, w: float) -> bool:
        """An event; whether it fires."""
        self.bring(t)
        if self.until is not None:
            return False
        self.v = self.v + w
        if not self.v > self.threshold:
            return False
        if self.refractory:
            self.until = t + self.refractory
        else:
            self.v = self.reset
        return True


@dataclass
class Oracle:
    """synapses: population -> list of (target population, rows), a row a list of (delay, [(unit, weight)])."""

    populations: dict[str, list[Unit]]
    synapses: dict[str, list] = field(default_factory=dict)
    spikes: list = field(default_factory=list)
    adds: int = 0

    def run(self, inputs: list, until: int) -> None:
        """inputs: (t, target population, [(unit, weight)]), in their order."""
        queue = [(t, 0, n, target, row) for n, (t, target, row) in enumerate(inputs)]
        heapq.heapify(queue)
        seq = 0
        while queue and queue[0][0] < until:
            t, _, _, target, row = heapq.heappop(queue)
            fired = []
            for unit, w in row:
                self.adds += 1
                if self.populations[target][unit].take(t, w):
                    fired.append(unit)
            for unit in fired:
                self.spikes.append((t, target, unit))
                for to, rows in self.synapses.get(target, []):
                    for delay, part in rows[unit]:
                        assert delay > 0
                        heapq.heappush(queue, (t + delay, 1, seq, to, part))
                        seq += 1


def rows_of(module: en.DeltaSynapses, delay: int) -> list:
    """What each source of some synapses reaches, as an oracle has it: from the public lists alone."""
    sources, targets, weights, delays = module.edges()
    found: list = [{} for _ in range(module.n_in)]
    for i, j, w, d in zip(sources.tolist(), targets.tolist(), weights.tolist(), delays.tolist(), strict=True):
        found[i].setdefault(d + delay, []).append((j, w))
    return [sorted(parts.items()) for parts in found]
