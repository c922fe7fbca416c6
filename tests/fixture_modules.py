"""Modules of a user's own, which the files in tests/fixtures name: one whose rule is compiled, one in plain Python."""

from __future__ import annotations

from typing import Any

import numpy as np

import eventnet as en


@en.rule(state=("level",), integers=("seen",), blocks=("w",), params=("gain",))
def drip(i, s, t, out, tally, level, seen, w, gain):
    """Add a row; every unit that stands above 1 sends it on, at once or two ticks later."""
    seen[0] += 1
    for j in range(len(level)):
        level[j] += gain * w[i, j] if s > 0 else -(gain * w[i, j])
        if level[j] > 1:
            level[j] -= 1
            if seen[0] % 3:
                out.spike(j, s)
            else:
                out.later(j, s, 1, 2)
    tally[en.COLUMNS.index("synaptic_adds")] += len(level)
    return 0


class Dripping(en.Module):
    """Units that a rule of the user's fills and empties."""

    spikes = en.Port(drip, emits=("out", "late"), accepts="n_in")
    out = en.Outlet()
    late = en.Outlet()

    def __init__(self, units: int, weights: en.Block, gain: float = 1.0, name: str | None = None) -> None:
        super().__init__(name)
        self.units, self.n_in, self.weights, self.gain = units, weights.rows, weights, gain
        self.blocks, self.params = {"w": weights}, {"gain": gain}
        self.state, self.integers = {"level": np.zeros(units)}, {"seen": np.zeros(1, np.int64)}


class Remembering(en.PythonModule):
    """Passes two of three spikes on, and remembers what it has seen: numbers, a list, a dict, an array."""

    spikes = en.Port(emits="out", accepts="units")
    out = en.Outlet()

    def __init__(self, units: int, every: int = 3, name: str | None = None) -> None:
        super().__init__(name)
        self.units, self.every, self.total = units, every, 0
        self.last: list[int] = []
        self.by_sign = {"up": 0, "down": 0}
        self.counts = np.zeros(units, np.int64)

    def on_spikes(self, i: int, s: int, t: int, out: Any, tally: Any) -> None:
        """Count, and pass on what is not every third."""
        self.total += 1
        self.last = [*self.last[-3:], int(i)]
        self.by_sign["up" if s > 0 else "down"] += 1
        self.counts[i] += s
        tally[en.COLUMNS.index("neuron_adds")] += 1
        if self.total % self.every:
            out.spike((i + self.last[0]) % self.units, s)
