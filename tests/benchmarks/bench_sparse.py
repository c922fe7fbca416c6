"""Synaptic events a second on Brunel's sparse network, one core: eventnet, NEST, Brian2, in one run.

    python tests/benchmarks/bench_sparse.py [--neurons 10000] [--ms 1000] [--repetitions 5] [--python nest=PATH ...]
                                            [--plastic]

Each peer is installed from PyPI into an environment of its own, as by `bench_peers.py`, or a Python that has it is named
(`--python`); one that cannot be had is skipped, with the reason. They take turns, a seed after the other. What counts
is processor seconds of the run (of Brian2's C++ program what it reports), without building and compiling. The rates of
all must agree within the spread of seeds: they are in the table.

Two numbers each: all events, those of the drive included, though NEST and Brian2 draw how many a neuron gets in a step
and add them at once, as eventnet does; and the recurrent ones alone, over the same seconds. The last lines are the
limit: a bare loop of the same adds. "eventnet" compares with thresholds at each event, "eventnet-step" once a step, as
NEST does: the fair partner of NEST, whose statistics it has.

--plastic: the synapses among excitatory neurons are `stdp_synapse` of NEST, in NEST and in eventnet; the others sit out.
A second table has the rate, and the mean and the spread of the weights of 100 neurons as their last spikes were sent, with
the difference of the two and its interval over seeds (Welch's, 95 %; not paired, for each draws a network of its own).
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import mean, median, stdev
from typing import Any

import bench_peers
import numba
import numpy as np
from compare_nest import difference

JOBS = Path(__file__).parent / "peers_sparse"
PROGRAMS = {
    "eventnet": ("eventnet_brunel.py",), "eventnet-1us": ("eventnet_brunel.py", "--step-us", "1"),
    "eventnet-step": ("eventnet_brunel.py", "--compare", "step"),
    "nest": ("nest_brunel.py",), "brian2": ("brian2_brunel.py",),
}  # fmt: skip


def main() -> None:
    """Run all in turns, print a table."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--neurons", type=int, default=10_000)
    parser.add_argument("--ms", type=float, default=1000.0, help="simulated time that is measured")
    parser.add_argument("--repetitions", type=int, default=5, help="seeds")
    parser.add_argument("--peers", nargs="+", choices=list(PROGRAMS), default=list(PROGRAMS))
    parser.add_argument("--folder", type=Path, default=bench_peers.default_folder())
    parser.add_argument("--python", nargs="+", default=[], metavar="PEER=PATH", help="a Python that has the peer")
    parser.add_argument("--plastic", action="store_true", help="STDP among the excitatory neurons; eventnet and NEST")
    parser.add_argument("--json", type=Path, help="write what was measured to this file, too")
    asked = parser.parse_args()
    given = dict(entry.split("=", 1) for entry in asked.python)
    found: list[dict[str, Any]] = []
    pythons: dict[str, Path] = {}
    for peer in asked.peers:
        if asked.plastic and peer in ("brian2", "eventnet-step"):
            continue
        try:
            name = peer.partition("-")[0]
            pythons[peer] = Path(given[name]) if name in given else bench_peers.environment(name, asked.folder)
        except (subprocess.CalledProcessError, OSError) as error:
            print(f"{peer} is skipped: it could not be installed ({error})", file=sys.stderr)
    for seed in range(asked.repetitions):
        for peer, python in pythons.items():
            numbers = [str(asked.neurons), str(asked.ms), str(seed), *(["--plastic"] if asked.plastic else [])]
            made = run(peer, python, numbers)
            found += [] if made is None else [made]
    print(table(found))
    if asked.plastic:
        print(weights_table(found))
    for dtype in ("float64", "float32"):
        print(f"a bare loop of the same adds and compares, {dtype}: {bare(asked.neurons, dtype) / 1e6:,.0f} M/s")
    if asked.json:
        asked.json.write_text(json.dumps(found, indent=1) + "\n")


def run(
    peer: str, python: Path, numbers: list[str], programs: dict[str, tuple[str, ...]] = PROGRAMS
) -> dict[str, Any] | None:
    """What a program reported; None, and the reason on the screen, where it failed."""
    program, *more = programs[peer]
    command = [str(python), str(JOBS / program), *numbers, *more]
    settings = bench_peers.settings(peer.partition("-")[0], os.environ)
    done = subprocess.run(command, capture_output=True, text=True, env=settings, cwd=bench_peers.ROOT)
    if done.returncode:
        print(f"{peer} failed: {(done.stderr.strip() or done.stdout.strip()).splitlines()[-1]}", file=sys.stderr)
        return None
    made: dict[str, Any] = json.loads([line for line in done.stdout.splitlines() if line.startswith("{")][-1])
    return made


def bare(neurons: int, dtype: str, rows: int = 20_000) -> float:
    """Adds a second of a loop that does nothing else: rows of a tenth of the neurons, targets in rising order."""
    rng, long = np.random.default_rng(0), neurons // 10
    targets = np.sort(rng.integers(0, neurons, (neurons, long)).astype(np.uint32), axis=1).ravel()
    phi, weight = np.zeros(neurons, dtype), np.dtype(dtype).type(1e-9)
    which = rng.integers(0, neurons, rows)
    _add(which[:2], targets, phi, weight, phi.dtype.type(1), long)
    times = []
    for _ in range(5):
        begun = time.process_time()
        _add(which, targets, phi, weight, phi.dtype.type(1), long)
        times.append(time.process_time() - begun)
    return rows * long / min(times)


@numba.njit(error_model="numpy")
def _add(which: Any, targets: Any, phi: Any, weight: Any, bar: Any, long: int) -> int:
    fired = 0
    for i in which:
        for j in targets[i * long : (i + 1) * long]:
            v = phi[j] + weight
            phi[j] = v
            if v > bar:
                fired += 1
    return fired


def table(found: list[dict[str, Any]]) -> str:
    """A line a simulator: medians over seeds, with the least and the most of rates and speeds."""
    lines = [
        "| simulator | rate, Hz | M events/s | recurrent alone | of eventnet's | building, s |",
        "|---|---|---|---|---|---|",
    ]
    by_peer: dict[str, list[dict[str, Any]]] = {}
    for each in found:
        by_peer.setdefault(f"{each['peer']} {each['version']}", []).append(each)
    ours = None
    for name, runs in by_peer.items():
        everything = [(each["recurrent"] + each["external"]) / each["seconds"] / 1e6 for each in runs]
        recurrent = [each["recurrent"] / each["seconds"] / 1e6 for each in runs]
        ours = ours or median(recurrent)
        columns = [spread([each["rate_hz"] for each in runs], 1), spread(everything), spread(recurrent)]
        part = f"1 / {ours / median(recurrent):.1f}" if ours != median(recurrent) else ""
        lines.append(f"| {name} | {' | '.join(columns)} | {part} | {median(each['build_s'] for each in runs):.2f} |")
    return "\n".join(lines)


def weights_table(found: list[dict[str, Any]]) -> str:
    """Rate, and plastic weights at the end, mV: means over seeds (standard deviations), and first less last."""
    by_peer = {
        peer: [each for each in found if each["peer"] == peer] for peer in {each["peer"]: None for each in found}
    }
    lines = [f"| {len(found) // len(by_peer)} seeds | {' | '.join(by_peer)} | difference |", "|---" * 4 + "|"]
    for key, what in (("rate_hz", "rate, Hz"), ("weight_mean", "mean weight"), ("weight_std", "their deviation")):
        values = [[run[key] for run in runs] for runs in by_peer.values()]
        several = all(len(of) > 1 for of in values)
        cells = [f"{mean(of):.5g} ({stdev(of) if several else 0:.2g})" for of in values]
        apart, half = difference(values[0], values[-1]) if several else (values[0][0] - values[-1][0], float("nan"))
        lines.append(f"| {what} | {' | '.join(cells)} | {apart:+.2g} ± {half:.2g} |")
    return "\n".join(lines)


def spread(values: list[float], digits: int = 0) -> str:
    """Median, least and most."""
    return f"{median(values):,.{digits}f} ({min(values):,.{digits}f} to {max(values):,.{digits}f})"


if __name__ == "__main__":
    main()
