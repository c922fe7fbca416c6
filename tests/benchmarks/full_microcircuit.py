"""The cortical microcircuit at full size, NEST and eventnet one after the other: rates, costs, memory, seed by seed.

    python tests/benchmarks/full_microcircuit.py FOLDER [--seeds 3] [--ms 10000] [--scale 1] [--nest PYTHON]
                                                   [--dtype float64]

Each run is a process of its own, and never two at a time. What a run found is a file in FOLDER; a further call makes
what is not there yet, so it may be ended at any time and begun again. A run that the machine has no memory for is left
out, and said. NEST is installed as by `bench_peers.py`, or a Python that has it is named.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

import bench_peers
from bench_microcircuit import PROGRAM, numbers_of, table

from eventnet.connectivity.descriptions import memory_left
from eventnet.scenarios.microcircuit import MicrocircuitParameters

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
                made = run(command_of(kind, seed, asked))
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


def run(command: list[str]) -> dict[str, Any]:
    """What a program printed last."""
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    told: dict[str, Any] = json.loads([line for line in done.stdout.splitlines() if line.startswith("{")][-1])
    return told


if __name__ == "__main__":
    main()
