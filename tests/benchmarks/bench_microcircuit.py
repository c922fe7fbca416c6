"""The cortical microcircuit at a tenth of its size, eventnet beside NEST: rates of populations and costs over seeds.

    python tests/benchmarks/bench_microcircuit.py [--repetitions 5] [--ms 1000] [--scale 0.1] [--nest PATH]
                                                  [--dtype float64]

NEST gets the numbers that `eventnet run microcircuit` makes of the parameters: sizes, synapses, weights, lost currents.
It is installed as by `bench_peers.py`, or a Python that has it is named. Processor seconds, spikes recorded, without
building and compiling. The table has means over seeds and their standard deviations.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import tempfile
from dataclasses import replace
from pathlib import Path
from statistics import mean, median, stdev
from typing import Any

import bench_peers
import numpy as np

import eventnet as en
from eventnet.scenarios.microcircuit import POPULATIONS, MicrocircuitParameters, simulate_microcircuit
from eventnet.scenarios.microcircuit import network as made_by
from eventnet.scenarios.microcircuit import parameters as known

PROGRAM = Path(__file__).parent / "peers_sparse" / "nest_microcircuit.py"


def main() -> None:
    """Run both in turns, print a table."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--repetitions", type=int, default=5, help="seeds")
    parser.add_argument("--ms", type=float, default=1000.0, help="simulated time that is measured")
    parser.add_argument("--scale", type=float, default=0.1)
    parser.add_argument(
        "--dtype", default="float64", choices=("float64", "float32"), help="numbers of eventnet's network"
    )
    parser.add_argument("--folder", type=Path, default=bench_peers.default_folder())
    parser.add_argument("--nest", type=Path, help="a Python that has NEST")
    asked = parser.parse_args()
    python = asked.nest or bench_peers.environment("nest", asked.folder)
    p = MicrocircuitParameters()
    p = replace(p, run=replace(p.run, scale=asked.scale, duration_ms=500 + asked.ms, dtype=asked.dtype))
    found = []
    with tempfile.TemporaryDirectory() as folder:
        numbers = Path(folder) / "numbers.json"
        numbers.write_text(json.dumps(numbers_of(p)))
        for seed in range(asked.repetitions):
            found.append(ours(replace(p, run=replace(p.run, seed=seed))))
            command = [str(python), str(PROGRAM), str(numbers), str(seed), str(asked.ms)]
            settings = bench_peers.settings("nest", os.environ)
            done = subprocess.run(command, capture_output=True, text=True, check=True, env=settings)
            found.append(json.loads([line for line in done.stdout.splitlines() if line.startswith("{")][-1]))
    print(table(found))


def numbers_of(p: MicrocircuitParameters) -> dict[str, Any]:
    """What a network of these parameters is made of."""
    scale = p.run.scale
    return {
        "units": [round(scale * n) for n in known.SIZES.tolist()],
        "counts": np.rint(made_by.full_synapses() * scale**2).astype(int).tolist(),
        "weights": (made_by.mean_weights(p) / scale**0.5).tolist(),
        "lost": made_by.lost_currents(p).tolist(),
        "external": made_by.current_of(p.synapse.psp_mv, p) / scale**0.5,
        "external_hz": [round(scale * n) * p.synapse.external_hz for n in known.EXTERNAL.tolist()],
        "first": known.FIRST_MV.tolist(), "spread": known.FIRST_SPREAD_MV.tolist(),
    }  # fmt: skip


def ours(p: MicrocircuitParameters) -> dict[str, Any]:
    """A run of eventnet."""
    done = simulate_microcircuit(p)
    costs = {"seconds": done.costs["running, processor s"], "build_s": done.costs["building, processor s"]}
    rates = [row["rate, Hz"] for row in done.rows.values()]
    return {"peer": f"eventnet {en.__version__}, {p.run.dtype}", "rates": rates} | costs


def table(found: list[dict[str, Any]]) -> str:
    """A line a simulator."""
    lines = [f"| simulator | {' | '.join(POPULATIONS)} | run, s | building, s |", "|---" * 11 + "|"]
    for peer in dict.fromkeys(each["peer"] for each in found):
        runs = [each for each in found if each["peer"] == peer]
        rates = list(zip(*(each["rates"] for each in runs), strict=True))
        shown = [f"{mean(of):.3g} ({stdev(of) if len(of) > 1 else 0:.2g})" for of in rates]
        costs = [f"{median(each[what] for each in runs):.3g}" for what in ("seconds", "build_s")]
        lines.append(f"| {peer} | {' | '.join(shown + costs)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
