"""Modules of a user's own, which the files in tests/fixtures name: one whose rule is compiled, one in plain Python."""

from __future__ import annotations

from typing import Any

import numpy as np

import eventnet as en


@en.rule
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
    tally[en.SYNAPTIC_ADDS] += len(level)


class Dripping(en.Module):
    """Units that a rule of the user's fills and empties."""

    weights = en.Weights("n_in", "units", key="w")
    gain = en.Param(1.0)
    level = en.State()
    seen = en.Integers(1)
    spikes = en.Port(drip, emits=("out", "late"), accepts="n_in")
    out = en.Outlet()
    late = en.Outlet()


class Remembering(en.PythonModule):
    """Passes two of three spikes on, and remembers what it has seen: numbers, a list, a dict, an array."""

    every = en.Option(3)
    spikes = en.Port(emits="out", accepts="units")
    out = en.Outlet()

    def begin(self) -> None:
        """Nothing has been seen."""
        self.total = 0
        self.last: list[int] = []
        self.by_sign = {"up": 0, "down": 0}
        self.counts = np.zeros(self.units, np.int64)

    def on_spikes(self, i: int, s: int, t: int, out: Any, tally: Any) -> None:
        """Count, and pass on what is not every third."""
        self.total += 1
        self.last = [*self.last[-3:], int(i)]
        self.by_sign["up" if s > 0 else "down"] += 1
        self.counts[i] += s
        tally[en.NEURON_ADDS] += 1
        if self.total % self.every:
            out.spike((i + self.last[0]) % self.units, s)
