"""Spike times and learned weights of eventnet beside NEST's and Brian2's, on small networks with delays and STDP.

    python tests/benchmarks/compare_spikes.py [--folder FOLDER]

Installs NEST and Brian2 as bench_peers.py does. The networks are in peers_stdp/small.py.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from bench_peers import JOBS, default_folder, environment, settings


class Comparison(NamedTuple):
    """A peer's run; eventnet's that meets it; how much later the peer records a spike, in ms."""

    peer: str
    theirs: str
    ours: str
    later: float


COMPARISONS = [
    Comparison("nest", "delta,0.1", "delta,0.1,0.1", 0.0),
    Comparison("nest", "exponential,0.1", "exponential,0.1,0.1", 0.0),
    Comparison("nest", "exponential,0.01", "exponential,0.01,0.01", 0.0),
    Comparison("nest", "exponential,0.001,precise", "exponential,0.001,0.001", 0.0),
    Comparison("nest", "mutual,0.001,precise", "mutual,0.001,0.001", 0.0),
    Comparison("brian2", "delta,0.1", "delta,0,0.1", 0.1),
    Comparison("brian2", "delta,0.1,jumps-first", "delta,0,0.1", 0.0),
    Comparison("brian2", "delta,0.01", "delta,0,0.01", 0.01),
    Comparison("brian2", "exponential,0.1", "exponential,0,0", 0.0),
    Comparison("brian2", "exponential,0.01", "exponential,0,0", 0.0),
]
GOLDEN = ("delta,0.1", "delta,0.1,jumps-first", "exponential,0.001,precise", "mutual,0.001,precise")


def main() -> None:
    """Run all, print a line each."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--folder", type=Path, default=default_folder(), help="where the environments stand")
    parser.add_argument(
        "--golden", type=Path, help="write what peers told of the runs that agree throughout to this file"
    )
    asked = parser.parse_args()
    folder = asked.folder
    found = {
        peer: run(peer, folder, sorted({c.ours if peer == "eventnet" else c.theirs for c in COMPARISONS
                                        if peer in ("eventnet", c.peer)}))
        for peer in ("eventnet", "nest", "brian2")
    }  # fmt: skip
    print(
        "| peer | network, step in ms | spikes: theirs, ours | matched | largest difference, ms | mean | as one until | weights |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for c in COMPARISONS:
        print(line(c, found[c.peer], found["eventnet"]))
    if asked.golden:
        asked.golden.write_text(json.dumps(kept(found)))


def kept(found: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """Runs that tests compare with, without installing anything: times to a nanosecond, weights to 10 digits."""
    made = []
    for c in COMPARISONS:
        if c.theirs in GOLDEN and (c.peer, c.theirs) != ("brian2", "delta,0.1"):
            told = found[c.peer]["runs"][c.theirs]
            made.append(
                {
                    "simulator": f"{found[c.peer]['simulator']} {found[c.peer]['version']}", "theirs": c.theirs,
                    "ours": c.ours, "times": np.round(told["times"], 6).tolist(), "units": told["units"],
                    "weights": np.round(told["weights"], 10).tolist(),
                }
            )  # fmt: skip
    return made


def run(peer: str, folder: Path, arguments: list[str]) -> dict[str, Any]:
    """What a peer's program told of these runs."""
    command = [str(environment(peer, folder)), str(JOBS / f"spikes_{peer}.py"), *arguments]
    made = subprocess.run(command, capture_output=True, text=True, env=settings(peer, os.environ))
    if made.returncode:
        raise SystemExit(f"{peer} failed:\n{made.stderr}")
    told: dict[str, Any] = json.loads(made.stdout.strip().splitlines()[-1])
    return told


def line(c: Comparison, theirs: dict[str, Any], ours: dict[str, Any]) -> str:
    """One comparison."""
    a, b = theirs["runs"][c.theirs], ours["runs"][c.ours]
    apart = differences(a, b, c.later, 1.0)
    weights = float(np.abs(np.array(a["weights"]) - np.array(b["weights"])).max())
    return (
        f"| {theirs['simulator']} {theirs['version']} | {c.theirs} | {len(a['times'])}, {len(b['times'])} | {len(apart)} | "
        f"{np.abs(apart).max():.5f} | {np.mean(apart):+.5f} | {as_one(a, b, c):.0f} ms | {weights:.1e} |"
    )


def as_one(theirs: dict[str, Any], ours: dict[str, Any], c: Comparison) -> float:
    """Until when each unit fires as often in both, each time within two steps; the last spike if that is so to the end."""
    reach, until = 2 * float(c.theirs.split(",")[1]) + 0.002, max(ours["times"])
    for unit in set(ours["units"]):
        a, b = (np.array(r["times"])[np.array(r["units"]) == unit] for r in (theirs, ours))
        n = min(len(a), len(b))
        wrong = np.flatnonzero(np.abs(a[:n] - c.later - b[:n]) > reach)
        first = wrong[0] if len(wrong) else n if len(a) != len(b) else None
        if first is not None:
            until = min(until, *(float(x[first]) for x in (a, b) if first < len(x)))
    return float(until)


def differences(theirs: dict[str, Any], ours: dict[str, Any], later: float, reach: float) -> Any:
    """Theirs minus ours, less `later`, of spikes of one unit that are each other's nearest, within `reach` ms."""
    made = []
    for unit in set(ours["units"]):
        a, b = (np.array(r["times"])[np.array(r["units"]) == unit] for r in (theirs, ours))
        apart = np.abs(a[:, None] - later - b[None, :])
        if not apart.size:
            continue
        nearest, back = apart.argmin(axis=1), apart.argmin(axis=0)
        made += [
            float(a[k] - later - b[j]) for k, j in enumerate(nearest) if back[j] == k and apart[k, j] <= reach
        ]  # fmt: skip
    return np.array(made)


if __name__ == "__main__":
    main()
