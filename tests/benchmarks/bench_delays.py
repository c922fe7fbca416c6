"""Synaptic events a second of Brunel's network in one layer, by its size and the number of delays; memory and building.

    python tests/benchmarks/bench_delays.py [--neurons 10000] [--inputs 1000] [--delays 1 20 80] [--ms 1000] [--repetitions 3]

g = 5, eta = 2, steps of 0.1 ms, `inputs` a neuron; delays are drawn evenly from so many ticks around 1.5 ms, from one tick
on. Each run is a process of its own; printed are medians, in processor seconds of one core.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from statistics import median
from typing import Any

import numpy as np

import eventnet as en

TICK_MS, TAU_MS, THRESHOLD_MV, RESET_MV, WEIGHT_MV, G, ETA = 0.1, 20.0, 20.0, 10.0, 0.1, 5.0, 2.0
MIDDLE, SETTLING_MS = 15, 100.0


def main() -> None:
    """Run all in turns, print a table."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--neurons", type=int, default=10_000)
    parser.add_argument("--inputs", type=int, default=1000, help="synapses a neuron")
    parser.add_argument("--delays", type=int, nargs="+", default=[1, 20, 80])
    parser.add_argument("--ms", type=float, default=1000.0, help="simulated time that is measured")
    parser.add_argument("--repetitions", type=int, default=3, help="seeds")
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one is not None:
        print(json.dumps(measured(asked.neurons, asked.inputs, asked.delays[0], asked.ms, asked.one)))
        return
    print("| delays | M events/s | recurrent alone | ns a delivery | building, s | most memory, GB | rate, Hz |")
    print("|---|---|---|---|---|---|---|")
    for delays in asked.delays:
        runs = [in_process(asked, delays, seed) for seed in range(asked.repetitions)]
        found = {name: median(run[name] for run in runs) for name in runs[0]}
        print(
            f"| {delays} | {found['all']:.0f} | {found['recurrent']:.0f} | {found['ns']:.0f} | {found['build_s']:.2f} | "
            f"{found['memory_gb']:.2f} | {found['rate_hz']:.1f} |", flush=True,
        )  # fmt: skip


def in_process(asked: argparse.Namespace, delays: int, seed: int) -> dict[str, float]:
    """What a process of its own has measured."""
    words = ["--neurons", asked.neurons, "--inputs", asked.inputs, "--ms", asked.ms, "--delays", delays, "--one", seed]
    done = subprocess.run([sys.executable, __file__, *map(str, words)], stdout=subprocess.PIPE, text=True, check=True)
    return dict(json.loads(done.stdout))


def measured(neurons: int, inputs: int, delays: int, ms: float, seed: int) -> dict[str, float]:
    """Build the network, run it in, time it."""
    begun = time.process_time()
    net, synapses, drive = built(neurons, inputs, delays, seed)
    build_s = time.process_time() - begun
    simulation = en.Simulation(net)
    simulation.inject([(0, drive.ticks, 0, 1)])
    simulation.run(until=round(SETTLING_MS / TICK_MS))
    before, begun = counts(simulation, synapses, drive), time.process_time()
    simulation.run(until=round((SETTLING_MS + ms) / TICK_MS))
    seconds = time.process_time() - begun
    recurrent, driven, deliveries = counts(simulation, synapses, drive) - before
    return {
        "all": (recurrent + driven) / seconds / 1e6, "recurrent": recurrent / seconds / 1e6,
        "ns": 1e9 * seconds / deliveries, "build_s": build_s, "rate_hz": recurrent / inputs / neurons / ms * 1000,
        "memory_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6,
    }  # fmt: skip


def built(neurons: int, inputs: int, delays: int, seed: int) -> tuple[en.Network, Any, Any]:
    """Four fifths of the neurons excite; all are driven as by eta times the input that takes them to the threshold."""
    net, excitatory = en.Network(dtype="float64"), round(0.8 * neurons)
    cells = net.add(en.LeakyDelta(
        neurons, tau=TAU_MS / TICK_MS, threshold=THRESHOLD_MV, reset=RESET_MV, refractory=round(2 / TICK_MS),
        start=np.random.default_rng(seed).uniform(0, THRESHOLD_MV, neurons), name="cells",
    ))  # fmt: skip
    weights = WEIGHT_MV * np.repeat([1.0, -G], [excitatory, neurons - excitatory])
    first = max(1, MIDDLE - delays // 2)
    drawn: Any = MIDDLE if delays == 1 else en.Uniform(first - 0.49, first + delays - 0.51)
    synapses = net.connect(cells, cells, en.FixedInDegree(inputs), weight=weights, delay=drawn, seed=seed)
    rate = 1000 * ETA * THRESHOLD_MV / (WEIGHT_MV * TAU_MS)
    drive = net.add(en.PoissonDrive(cells, rate=rate, weight=WEIGHT_MV, seed=seed, tick=TICK_MS / 1000, name="drive"))
    return net, synapses, drive


def counts(simulation: en.Simulation, synapses: Any, drive: Any) -> Any:
    """Adds at synapses, adds of the drive, and deliveries to synapses."""
    tally = simulation.tally.by_module()
    own, driven = tally["cells_to_cells"], tally[drive.name]
    return np.array([own["synaptic_adds"], driven["synaptic_adds"], own["deliveries"]])


if __name__ == "__main__":
    main()
