"""The job that both simulators of `bench_vogels_abbott.py` do: benchmarks 1 to 4 of Brette et al. (2007).

4,000 neurons, a fifth inhibitory, each pair joined with probability 0.02; delay 0.1 ms, steps of 0.1 ms. What is
measured comes after the first 200 ms, spikes of all neurons recorded. A variable TRAINS names an .npz that they are
written into, steps and neurons.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable
from typing import Any

import numpy as np

NEURONS, EXCITATORY, CONNECTED, STEP_MS, SETTLING_MS = 4000, 3200, 0.02, 0.1, 200.0


def asked() -> argparse.Namespace:
    """The benchmark, milliseconds and the seed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("benchmark", choices=("coba", "hh", "cuba", "jumps"))
    parser.add_argument("ms", type=float)
    parser.add_argument("seed", type=int)
    return parser.parse_args()


def report(
    peer: str, version: str, job: argparse.Namespace, build_s: float, advance: Callable[[float], None],
    spikes: Callable[[], tuple[Any, Any]],
) -> None:  # fmt: skip
    """Run the first part, time the rest in processor seconds, and print one line of JSON.

    spikes: times of all spikes in ms, and neurons, the inhibitory ones from EXCITATORY on.
    """
    advance(SETTLING_MS)
    begun = time.process_time()
    advance(job.ms)
    seconds = time.process_time() - begun
    t, unit = (np.asarray(array) for array in spikes())
    if file := os.environ.get("TRAINS"):
        np.savez(file, t=np.rint(t / STEP_MS).astype(np.int64), unit=unit.astype(np.int64))
    late = t > SETTLING_MS
    t, unit = t[late], unit[late]
    sizes = {"exc_hz": unit < EXCITATORY, "inh_hz": unit >= EXCITATORY}
    n = {"exc_hz": EXCITATORY, "inh_hz": NEURONS - EXCITATORY}
    made: dict[str, Any] = {"peer": peer, "version": version, "benchmark": job.benchmark, "seed": job.seed}
    made |= {"build_s": build_s, "seconds": seconds, "ns_a_step": 1e9 * seconds / (NEURONS * job.ms / STEP_MS)}
    made |= {name: 1000 * float(of.sum()) / n[name] / job.ms for name, of in sizes.items()}
    made |= {"cv": cv(t, unit), "synchrony": synchrony(t, job.ms), "events": len(t) * CONNECTED * NEURONS}
    print(json.dumps(made), flush=True)


def cv(t: Any, unit: Any) -> float:
    """The mean over neurons with three intervals or more of the coefficient of variation."""
    order = np.lexsort((t, unit))
    t, unit = t[order], unit[order]
    apart, same = np.diff(t), np.diff(unit) == 0
    found = []
    for intervals in np.split(np.where(same, apart, np.nan), np.flatnonzero(~same) + 1):
        known = intervals[~np.isnan(intervals)]
        if len(known) >= 3:
            found.append(known.std() / known.mean())
    return float(np.mean(found)) if found else float("nan")


def synchrony(t: Any, ms: float) -> float:
    """Variance over mean of all spikes a millisecond."""
    counts = np.bincount(np.floor(t - SETTLING_MS).astype(int), minlength=int(ms))[: int(ms)]
    return float(counts.var() / counts.mean())
