"""Benchmarks 1 to 4 of Brette et al. (2007), eventnet beside NEST: rates, regularity and costs over seeds.

    python tests/benchmarks/bench_vogels_abbott.py [--repetitions 10] [--ms 1000] [--python nest=PATH]

They take turns, a seed after the other, one core each. NEST is installed from PyPI into an environment of its own, as by
`bench_peers.py`, or a Python that has it is named; it is skipped where it cannot be had. What counts is processor
seconds of the run, spikes recorded, without building and compiling. Of rates, CV and synchrony the table has means over
seeds and their standard deviations; each simulator draws its own synapses.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from statistics import mean, median, stdev
from typing import Any

import bench_peers
import bench_sparse

PROGRAMS = {"eventnet": ("eventnet_vogels_abbott.py",), "nest": ("nest_vogels_abbott.py",)}


def main() -> None:
    """Run both in turns, print a table."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--ms", type=float, default=1000.0, help="simulated time that is measured")
    parser.add_argument("--repetitions", type=int, default=10, help="seeds")
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--benchmarks", nargs="+", default=["coba", "hh", "cuba", "jumps"])
    parser.add_argument("--folder", type=Path, default=bench_peers.default_folder())
    parser.add_argument("--python", nargs="+", default=[], metavar="PEER=PATH", help="a Python that has the peer")
    parser.add_argument("--json", type=Path, help="write what was measured to this file, too")
    asked = parser.parse_args()
    given = dict(entry.split("=", 1) for entry in asked.python)
    pythons: dict[str, Path] = {}
    for peer in PROGRAMS:
        try:
            pythons[peer] = Path(given[peer]) if peer in given else bench_peers.environment(peer, asked.folder)
        except (subprocess.CalledProcessError, OSError) as error:
            print(f"{peer} is skipped: it could not be installed ({error})", file=sys.stderr)
    found: list[dict[str, Any]] = []
    for name in asked.benchmarks:
        for seed in range(asked.first_seed, asked.first_seed + asked.repetitions):
            for peer, python in pythons.items():
                made = bench_sparse.run(peer, python, [name, str(asked.ms), str(seed)], PROGRAMS)
                found += [] if made is None else [made]
    print(table(found))
    if asked.json:
        asked.json.write_text(json.dumps(found, indent=1) + "\n")


def table(found: list[dict[str, Any]]) -> str:
    """A line a benchmark and simulator."""
    lines = [
        "| benchmark | simulator | exc., Hz | inh., Hz | CV | synchrony | run, s | ns a step | building, s |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for each in found:
        groups.setdefault((each["benchmark"], f"{each['peer']} {each['version']}"), []).append(each)
    for (name, peer), runs in groups.items():
        shown = [spread([run[what] for run in runs]) for what in ("exc_hz", "inh_hz", "cv", "synchrony")]
        costs = [f"{median(run[what] for run in runs):.3g}" for what in ("seconds", "ns_a_step", "build_s")]
        lines.append(f"| {name} | {peer} | {' | '.join([*shown, *costs])} |")
    return "\n".join(lines)


def spread(values: list[float]) -> str:
    """Mean and standard deviation."""
    return f"{mean(values):.3g} ({stdev(values) if len(values) > 1 else 0:.2g})"


if __name__ == "__main__":
    main()
