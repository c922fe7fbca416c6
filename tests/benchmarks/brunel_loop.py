"""Brunel's network as a bare loop of its own, in two ways: what a step brings is added up, or compared event by event.

    python tests/benchmarks/brunel_loop.py [--neurons 10000] [--ms 1000] [--seeds 5]

It shares no code with the engine, and tells what of a difference to NEST (`compare_nest.py`) is due to this alone. In
both ways a neuron is held for 20 steps after that of its spike and leaves its reset a step later, as in NEST. Event by event
the drive of a step comes last, as what set out last does in eventnet.
"""

from __future__ import annotations

import argparse
import math
from typing import Any

import numba
import numpy as np
from compare_nest import MEASURES, measures

from eventnet.analysis import SpikeTrains

WAYS = "added up", "event by event"


@numba.njit
def loop(n: int, rng: Any, steps: int, one_by_one: bool, t_of: Any, unit_of: Any) -> int:
    """Spikes into t_of and unit_of; how many."""
    excitatory = int(0.8 * n)
    from_e = excitatory // 10
    degree = from_e + (n - excitatory) // 10
    count, source = np.zeros(n + 1, np.int64), np.empty(n * degree, np.int32)
    for j in range(n):
        for k in range(degree):
            i = rng.integers(0, excitatory) if k < from_e else excitatory + rng.integers(0, n - excitatory)
            source[j * degree + k] = i
            count[i + 1] += 1
    start = np.cumsum(count)
    place, target = start[:-1].copy(), np.empty(n * degree, np.int32)
    for j in range(n):
        for k in range(degree):
            i = source[j * degree + k]
            target[place[i]] = j
            place[i] += 1
    weight, factor, delay = 0.1 * 10_000 / n, math.exp(-0.1 / 20), 15
    drive = 2 * 20 / (weight * 20) * 0.1  # events a step
    v, held, brought = rng.uniform(0.0, 20.0, n), np.zeros(n, np.int64), np.zeros(n)
    waiting, waits, made = np.empty((delay + 1, n), np.int32), np.zeros(delay + 1, np.int64), 0
    for t in range(1, steps):
        now, later = t % (delay + 1), (t + delay) % (delay + 1)
        waits[later] = 0
        for j in range(n):
            if held[j] == 0:
                v[j] *= factor
        for j in range(n):
            brought[j] = weight * rng.poisson(drive)
        if not one_by_one:
            for s in range(waits[now]):
                i = waiting[now, s]
                for q in range(start[i], start[i + 1]):
                    brought[target[q]] += weight if i < excitatory else -5 * weight
        if one_by_one:
            for s in range(waits[now]):
                i = waiting[now, s]
                for j in target[start[i] : start[i + 1]]:
                    if held[j] == 0:
                        v[j] += weight if i < excitatory else -5 * weight
                        if v[j] > 20:
                            v[j], held[j], waiting[later, waits[later]] = 10.0, 21, j
                            waits[later] += 1
                            t_of[made], unit_of[made] = t, j
                            made += 1
        for j in range(n):
            if held[j] == 0:
                v[j] += brought[j]
                if v[j] > 20:
                    v[j], held[j], waiting[later, waits[later]] = 10.0, 21, j
                    waits[later] += 1
                    t_of[made], unit_of[made] = t, j
                    made += 1
        for j in range(n):
            held[j] -= held[j] > 0
    return made


def main() -> None:
    """Run both ways, print means and standard deviations over seeds."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--neurons", type=int, default=10_000)
    parser.add_argument("--ms", type=float, default=1000.0)
    parser.add_argument("--seeds", type=int, default=5)
    asked = parser.parse_args()
    begin, end = 2000, 2000 + round(10 * asked.ms)
    t = np.empty(200 * end * max(1, asked.neurons // 1000), np.int64)
    unit = np.empty_like(t)
    print(f"| measure | {' | '.join(WAYS)} |\n|---|---|---|")
    found = []
    for one_by_one in (False, True):
        rows = []
        for seed in range(asked.seeds):
            m = loop(asked.neurons, np.random.default_rng(seed), end, one_by_one, t, unit)
            inside = t[:m] >= begin
            rows.append(measures(SpikeTrains(t[:m][inside], unit[:m][inside], asked.neurons, begin, end, 1e-4)))
        found.append(np.array(rows))
    for k, name in enumerate(MEASURES):
        print(f"| {name} | " + " | ".join(f"{x[:, k].mean():.4g} ({x[:, k].std(ddof=1):.2g})" for x in found) + " |")


if __name__ == "__main__":
    main()
