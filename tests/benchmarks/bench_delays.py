"""Synaptic events a second of Brunel's network in one layer, by its size and the number of delays; memory and building.

    python tests/benchmarks/bench_delays.py [--neurons 10000] [--inputs 1000] [--delays 1 20 80] [--ms 1000] [--repetitions 3]
    python tests/benchmarks/bench_delays.py --weights synapse --dtype float32 --neurons 100000 --delays 1 --ms 20

g = 5, eta = 2, steps of 0.1 ms, `inputs` a neuron; delays are drawn evenly from so many ticks around 1.5 ms, from one tick
on. Each run is a process of its own; printed are medians, in processor seconds of one core, and the most memory that a
process held. With `--weights synapse` each synapse has a weight of its own, drawn with a deviation of a tenth of the mean.
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
    parser.add_argument(
        "--weights", choices=["source", "synapse"], default="source", help="one a source or one a synapse"
    )
    parser.add_argument("--dtype", choices=["float64", "float32"], default="float64", help="numbers of the network")
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one is not None:
        print(json.dumps(measured(asked, asked.delays[0], asked.one)))
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
    words += ["--weights", asked.weights, "--dtype", asked.dtype]
    done = subprocess.run([sys.executable, __file__, *map(str, words)], stdout=subprocess.PIPE, text=True, check=True)
    return dict(json.loads(done.stdout))


def measured(asked: argparse.Namespace, delays: int, seed: int) -> dict[str, float]:
    """Build the network, run it in, time it."""
    begun, make = time.process_time(), built if asked.weights == "source" else built_by_synapse
    net, drives = make(asked.neurons, asked.inputs, delays, seed, asked.dtype)
    build_s = time.process_time() - begun
    simulation = en.Simulation(net)
    simulation.inject([(0, drive.ticks, 0, 1) for drive in drives])
    simulation.run(until=round(SETTLING_MS / TICK_MS))
    before, begun = counts(simulation), time.process_time()
    simulation.run(until=round((SETTLING_MS + asked.ms) / TICK_MS))
    seconds = time.process_time() - begun
    recurrent, driven, deliveries = counts(simulation) - before
    return {
        "all": (recurrent + driven) / seconds / 1e6, "recurrent": recurrent / seconds / 1e6,
        "ns": 1e9 * seconds / deliveries, "build_s": build_s,
        "rate_hz": recurrent / asked.inputs / asked.neurons / asked.ms * 1000,
        "memory_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6,
    }  # fmt: skip


def built(neurons: int, inputs: int, delays: int, seed: int, dtype: str) -> tuple[en.Network, list[Any]]:
    """Four fifths of the neurons excite; all are driven as by eta times the input that takes them to the threshold."""
    net, excitatory = en.Network(dtype=dtype), round(0.8 * neurons)
    cells = layer_of(net, neurons, seed, "cells")
    weights = WEIGHT_MV * np.repeat([1.0, -G], [excitatory, neurons - excitatory])
    net.connect(cells, cells, en.FixedInDegree(inputs), weight=weights, delay=law(delays), seed=seed)
    return net, [driven(net, cells, seed)]


def built_by_synapse(neurons: int, inputs: int, delays: int, seed: int, dtype: str) -> tuple[en.Network, list[Any]]:
    """The same of two layers, each synapse with a weight of its own."""
    net, excitatory = en.Network(dtype=dtype), round(0.8 * neurons)
    layers = [layer_of(net, excitatory, seed, "excite"), layer_of(net, neurons - excitatory, seed + 1, "inhibit")]
    for number, (source, mean) in enumerate(zip(layers, (WEIGHT_MV, -G * WEIGHT_MV), strict=True)):
        for target in layers:
            degree = en.FixedInDegree(round(inputs * source.units / neurons))
            weight = en.Normal(mean, 0.1 * abs(mean))
            net.connect(source, target, degree, weight=weight, delay=law(delays), seed=2 * seed + number)
    return net, [driven(net, layer, seed + number) for number, layer in enumerate(layers)]


def layer_of(net: en.Network, neurons: int, seed: int, name: str) -> Any:
    """A layer; first potentials are drawn."""
    return net.add(en.LeakyDelta(
        neurons, tau=TAU_MS / TICK_MS, threshold=THRESHOLD_MV, reset=RESET_MV, refractory=round(2 / TICK_MS),
        start=np.random.default_rng(seed).uniform(0, THRESHOLD_MV, neurons), name=name,
    ))  # fmt: skip


def law(delays: int) -> Any:
    """Ticks, or what they are drawn from."""
    first = max(1, MIDDLE - delays // 2)
    return MIDDLE if delays == 1 else en.Uniform(first - 0.49, first + delays - 0.51)


def driven(net: en.Network, layer: Any, seed: int) -> Any:
    """The drive of a layer."""
    rate = 1000 * ETA * THRESHOLD_MV / (WEIGHT_MV * TAU_MS)
    given = {"rate": rate, "weight": WEIGHT_MV, "seed": seed, "tick": TICK_MS / 1000, "name": f"drive_{layer.name}"}
    return net.add(en.PoissonDrive(layer, **given))


def counts(simulation: en.Simulation) -> Any:
    """Adds at synapses, adds of drives, and deliveries to synapses."""
    tally = simulation.tally.by_module()
    own = [tally[name] for name in tally if "_to_" in name]
    drives = [tally[name] for name in tally if name.startswith("drive_")]
    adds, driven = (sum(row["synaptic_adds"] for row in rows) for rows in (own, drives))
    return np.array([adds, driven, sum(row["deliveries"] for row in own)])


if __name__ == "__main__":
    main()
