"""Digits a second of STDP simulators on one job, on one core: eventnet, Brian2, NEST, BindsNET.

    python tests/benchmarks/bench_peers.py [--folder FOLDER] [--peers brian2 nest bindsnet eventnet] [--quick]

Each peer is installed from PyPI into an environment of its own under the folder (some 2 GB, most of it PyTorch; kept for
the next run), with Python 3.11 or newer; Brian2 needs a C++ compiler. The job: 784 Poisson inputs of at most 63.75 Hz,
350 ms a digit, 100 neurons, learning on (peers_stdp/job.py). What counts is CPU seconds, without compiling and without
building the network. Peers do not do the same work: some normalise weights, and output spikes, each of which visits 784
synapses, differ. So a second factor is by synaptic event: an input spike at each of 100 neurons, or a synapse that an
output spike visits.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

JOBS = Path(__file__).parent / "peers_stdp"
ROOT = Path(__file__).parents[2]
PIXELS, NEURONS = 784, 100
"""As in peers_stdp/job.py, which needs NumPy."""


class Job(NamedTuple):
    """A program of a peer; how many digits, fewer with --quick; arguments of its own; whether it scales weights."""

    peer: str
    program: str
    digits: int
    quick: int
    arguments: tuple[str, ...] = ()
    normalizes: bool = False


PACKAGES = {
    # Brian2 2.9, the newest for Python 3.11, uses what NumPy 2.4 no longer has.
    "brian2": ["brian2", "numpy<2.4; python_version < '3.12'", "cython", "setuptools"],
    "nest": ["nest-simulator", "numpy"],
    "bindsnet": ["torch", "torchvision"],
}
ALONE = {"bindsnet": "bindsnet>=0.3.4"}
"""Installed without its requirements, and then they without PyTorch: its bounds on that are narrower than its needs."""

REQUIREMENTS = """
import re
from importlib.metadata import requires
for line in requires("bindsnet"):
    if "extra" not in line and not re.match("torch(vision)?\\\\b", line):
        print(line)
"""

JOBS_OF_PEERS = [
    Job("eventnet", "eventnet_digits.py", 2000, 200, normalizes=True),
    Job("eventnet", "eventnet_digits.py", 2000, 200, ("plain",)),
    Job("brian2", "brian2_standalone.py", 600, 50),
    Job("nest", "nest_digits.py", 100, 10),
    Job("nest", "nest_digits.py", 10, 2, ("normalize",), normalizes=True),
    Job("brian2", "brian2_cython.py", 30, 2, normalizes=True),
    Job("bindsnet", "bindsnet_digits.py", 30, 2, ("two",), normalizes=True),
    Job("bindsnet", "bindsnet_digits.py", 30, 2, ("one",), normalizes=True),
]


def main() -> None:
    """Install what is asked for, run it, print a table."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--folder", type=Path, default=default_folder(), help="where the environments stand")
    names = ["eventnet", *PACKAGES]
    parser.add_argument("--peers", nargs="+", choices=names, default=names)
    parser.add_argument("--quick", action="store_true", help="a few digits: tries the programs, measures nothing")
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--json", type=Path, help="write what was measured to this file, too")
    asked = parser.parse_args()
    found = []
    for job in JOBS_OF_PEERS:
        if job.peer in asked.peers:
            print(f"{job.peer}: {job.program} {' '.join(job.arguments)}", file=sys.stderr, flush=True)
            made = run(job, asked.folder, asked.quick, asked.repetitions)
            found += [made] if made else []
    print(table(found))
    if asked.json:
        asked.json.write_text(json.dumps(found, indent=1) + "\n")


def default_folder() -> Path:
    """Where environments stand unless the user says otherwise."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "eventnet-peers"


def settings(peer: str, given: Mapping[str, str]) -> dict[str, str]:
    """The variables that a peer's program sees: one thread, no warnings, nothing of this environment's packages.

    And memory in pages of 2 MB where the kernel gives them to who asks, which NumPy does by itself, but malloc only by
    GLIBC_TUNABLES: without it NEST took 1.4 times as long for the full microcircuit.
    """
    one_thread = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}
    made = {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1", **given, **one_thread, "PYTHONWARNINGS": "ignore"}
    if peer != "eventnet":
        made.pop("PYTHONPATH", None)
    return made


def environment(peer: str, folder: Path) -> Path:
    """The Python of a peer's environment, which is made when it is not there."""
    if peer == "eventnet":
        return Path(sys.executable)
    place = folder / peer
    python, done = place / "bin" / "python", place / "installed"
    if not done.exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        call([sys.executable, "-m", "venv", "--clear", str(place)])
        install = [str(python), "-m", "pip", "install", "-q"]
        call([*install, *PACKAGES[peer]])
        if peer in ALONE:
            call([*install, "--no-deps", ALONE[peer]])
            needs = subprocess.run([python, "-c", REQUIREMENTS], capture_output=True, text=True, check=True)
            call([*install, *needs.stdout.splitlines()])
        done.touch()
    return python


def call(command: list[str]) -> None:
    """Run a command; its output goes to the screen."""
    subprocess.run(command, check=True, stdout=sys.stderr)


def run(job: Job, folder: Path, quick: bool, repetitions: int) -> dict[str, Any] | None:
    """What a peer's program reported, or nothing where it failed.

    It runs once before with a few digits. In a process that has compiled, Brian2's Cython takes 2.4 times as long a
    digit, since what the compiler has left is looked through at each collection of garbage; and code is kept.
    """
    try:
        python = environment(job.peer, folder)
    except subprocess.CalledProcessError as error:
        print(f"  not installed: {error}", file=sys.stderr)
        return None
    for digits, times in [(job.quick, 1)] if quick else [(job.quick, 1), (job.digits, repetitions)]:
        command = [str(python), str(JOBS / job.program), str(digits), str(times), *job.arguments]
        found = subprocess.run(command, capture_output=True, text=True, env=settings(job.peer, os.environ), cwd=ROOT)
    if found.returncode:
        print(f"  failed: {(found.stderr.strip() or found.stdout.strip()).splitlines()[-1]}", file=sys.stderr)
        return None
    made: dict[str, Any] = json.loads(found.stdout.strip().splitlines()[-1])
    return {**made, "normalizes": job.normalizes}


def table(found: list[dict[str, Any]]) -> str:
    """A line a peer: digits a CPU second (median, least and most), factors to the first of ours, and what it did."""
    lines = ["| simulator | version | digits/s | of eventnet's | by synaptic event | normalises |"]
    lines[0] += " input spikes (expected) | output spikes |"
    lines.append("|---|---|---|---|---|---|---|---|")
    ours = next((f for f in found if f["peer"].startswith("eventnet")), None)
    for f in found:
        least, middle, most = rates(f)
        factors = ["", ""]
        if ours is not None and f is not ours:
            factors = [ratio(rates(ours)[1], middle), ratio(event_rate(ours), event_rate(f))]
        counts = ["" if f[key] is None else f"{f[key]:,.1f}" for key in ("input_spikes", "output_spikes")]
        lines.append(
            f"| {f['peer']} | {f['version']}, Python {f['python']} | {middle:,.4g} ({least:,.4g} to {most:,.4g}) | "
            f"{factors[0]} | {factors[1]} | {'yes' if f['normalizes'] else 'no'} | {counts[0]} ({f['expected']:,.0f}) | "
            f"{counts[1]} |"
        )
    return "\n".join(lines)


def ratio(ours: float | None, theirs: float | None) -> str:
    """A peer's rate in parts of ours."""
    return "" if ours is None or theirs is None else f"1 / {ours / theirs:,.1f}"


def event_rate(found: dict[str, Any]) -> float | None:
    """Synaptic events a CPU second at the median; None where spikes were not counted. Normalising is none of them."""
    if found["input_spikes"] is None or found["output_spikes"] is None:
        return None
    return rates(found)[1] * float(found["input_spikes"] * NEURONS + found["output_spikes"] * PIXELS)


def rates(found: dict[str, Any]) -> tuple[float, float, float]:
    """Digits a second: least, median, most."""
    each = [found["digits"] / seconds for seconds in found["seconds"]]
    return min(each), median(each), max(each)


if __name__ == "__main__":
    main()
