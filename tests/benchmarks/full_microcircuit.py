"""The cortical microcircuit at full size, NEST and eventnet one after the other, seed by seed.

    python tests/benchmarks/full_microcircuit.py FOLDER [--seeds 3] [--ms 10000] [--scale 1] [--nest PYTHON]
                                                   [--dtype float64]

Printed are rates, times and memory, and of each population the measures of `compare_populations.py`: rate, CV,
correlation and synchrony, of the spikes of both taken in the same way, with intervals of differences.

Each run is a process of its own, and never two at a time. What a run found is a file in FOLDER; a further call makes
what is not there yet, so it may be ended at any time and begun again. A run that the machine has no memory for is left
out, and said. NEST is installed as by `bench_peers.py`, or a Python that has it is named.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

import bench_peers
import compare_nest
import numpy as np
from bench_microcircuit import PROGRAM, numbers_of, table
from compare_populations import STEP_MS, split

from eventnet.analysis import SpikeTrains
from eventnet.connectivity.descriptions import memory_left
from eventnet.scenarios.microcircuit import POPULATIONS, MicrocircuitParameters
from eventnet.scenarios.microcircuit.parameters import SIZES

OURS = PROGRAM.with_name("eventnet_microcircuit.py")
WANTED_GB = {"eventnet": 5.0, "nest": 16.5}
"""Memory that has to be free before a run of the full network; of a smaller one that by the square of its scale."""


def main() -> None:
    """Make the runs that are missing, print what there is."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("folder", type=Path, help="where results are, a file a run")
    parser.add_argument("--seeds", type=int, default=3, help="seeds 0 to n - 1")
    parser.add_argument("--ms", type=float, default=10_000.0, help="simulated time that is measured, after 500 ms")
    parser.add_argument("--scale", type=float, default=1.0, help="less for a trial")
    parser.add_argument(
        "--dtype", default="float64", choices=("float64", "float32"), help="numbers of eventnet's network"
    )
    parser.add_argument("--only", choices=tuple(WANTED_GB), help="one of the two")
    parser.add_argument("--environments", type=Path, default=bench_peers.default_folder(), help="where peers stand")
    parser.add_argument("--nest", type=Path, help="a Python that has NEST")
    asked = parser.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    kinds, found = (asked.only,) if asked.only else tuple(WANTED_GB), []
    for seed in range(asked.seeds):
        for kind in kinds:
            own = "-float32" if (kind, asked.dtype) == ("eventnet", "float32") else ""
            done = asked.folder / f"{kind}{own}-scale{asked.scale:g}-{asked.ms:g}ms-seed{seed}.json"
            if not done.exists() and fits(kind, asked.scale):
                made = measured(kind, seed, asked)
                part = done.with_suffix(".part")
                part.write_text(json.dumps(made) + "\n")
                part.replace(done)
            if done.exists():
                found.append(json.loads(done.read_text()))
    if found:
        print(table(found))
    for peer in dict.fromkeys(each["peer"] for each in found):
        peak = median(each["peak_gb"] for each in found if each["peer"] == peer)
        print(f"{peer}: {peak:.1f} GB at the peak, {sum(each['peer'] == peer for each in found)} seeds")
    by_simulator: dict[str, list[tuple[float, ...]]] = {"NEST": [], "eventnet": []}
    for each in found:
        by_simulator[each["peer"].split()[0]].append(tuple(x for of in each["measures"].values() for x in of))
    if all(by_simulator.values()):
        names = [f"{population}: {name}" for population in POPULATIONS for name in compare_nest.MEASURES]
        print(compare_nest.table(by_simulator, names))


def fits(kind: str, scale: float) -> bool:
    """Whether the machine has the memory; else that is said."""
    wanted, left = WANTED_GB[kind] * scale**2, memory_left()
    if left is not None and left < 1e9 * wanted:
        print(f"{kind} wants {wanted:.1f} GB free and {left / 1e9:.1f} are: left out", flush=True)
        return False
    return True


def command_of(kind: str, seed: int, asked: argparse.Namespace) -> list[str]:
    """The program of a run."""
    if kind == "eventnet":
        return [sys.executable, str(OURS), str(asked.scale), str(seed), str(asked.ms), asked.dtype]
    p = MicrocircuitParameters()
    numbers = asked.folder / f"numbers-scale{asked.scale:g}.json"
    numbers.write_text(json.dumps(numbers_of(replace(p, run=replace(p.run, scale=asked.scale)))))
    python = asked.nest or bench_peers.environment("nest", asked.environments)
    return [str(python), str(PROGRAM), str(numbers), str(seed), str(asked.ms)]


def measured(kind: str, seed: int, asked: argparse.Namespace) -> dict[str, Any]:
    """What a run printed, and the measures of the spikes that it wrote, by population."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "trains.npz"
        made = run(kind, command_of(kind, seed, asked), file)
        with np.load(file) as trains:
            by_population = split(trains["t"], trains["unit"], without_spikes(asked))
    return made | {"measures": {name: compare_nest.measures(of) for name, of in by_population.items()}}


def without_spikes(asked: argparse.Namespace) -> dict[str, SpikeTrains]:
    """Each population's size, and the steps that are measured."""
    first = MicrocircuitParameters().run.measured_from_ms
    begin, end = round(first / STEP_MS), round((first + asked.ms) / STEP_MS)
    none = np.zeros(0, dtype=np.int64)
    sizes = (round(asked.scale * n) for n in SIZES.tolist())
    return {name: SpikeTrains(none, none, n, begin, end) for name, n in zip(POPULATIONS, sizes, strict=True)}


def run(kind: str, command: list[str], trains: Path) -> dict[str, Any]:
    """What a program printed last; its spikes are in the file."""
    given = bench_peers.settings(kind, os.environ) | {"TRAINS": str(trains)}
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env=given)
    told: dict[str, Any] = json.loads([line for line in done.stdout.splitlines() if line.startswith("{")][-1])
    return told


if __name__ == "__main__":
    main()
