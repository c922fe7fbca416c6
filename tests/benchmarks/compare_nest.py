"""Rates, CV, correlations and synchrony of Brunel's network beside NEST's, over seeds: differences with intervals.

    python tests/benchmarks/compare_nest.py [--neurons 1000] [--ms 2000] [--seeds 10] [--step-us 100] [--g 5 --eta 2]
                                              [--nest PYTHON] [--full]

Both draw a network of their own for each seed, so the seeds are not paired: the interval of a difference of means is
Welch's, 95 %. eventnet runs three times: as the paper's model is written down in `scenarios/brunel`; on NEST's grid, where
a neuron is held for one step more and leaves its reset a step later, but compares at each event; and with `compare =
"step"`, where it compares once a step, when all events are added up, as NEST does. `--full`: 10,000 neurons. Another regime: `--g` and `--eta`, as 3 and 2, 6 and
4, 4.5 and 0.9.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import bench_peers
import numpy as np

sys.path.insert(0, str(Path(__file__).parent / "peers_sparse"))
from brunel_job import ETA, REFRACTORY_MS, RESET, SETTLING_MS, TAU_MS, G

import eventnet as en
from eventnet.analysis import SpikeTrains
from eventnet.scenarios.brunel import BrunelParameters, brunel_network
from eventnet.scenarios.brunel.parameters import BrunelClockTable, BrunelNetworkTable
from eventnet.scenarios.shared.paired import student_t

JOBS = Path(__file__).parent / "peers_sparse"
BIN_MS = 2.0
WAYS = "as written", "on NEST's grid", "once a step"
MEASURES = ("rate, Hz", "CV of intervals", "correlation in 2 ms", "Fano factor of all, 2 ms")


def main() -> None:
    """Run all in turns, print a table."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--neurons", type=int, default=1000)
    parser.add_argument("--ms", type=float, default=2000.0, help="simulated time that is measured")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--step-us", type=float, default=100.0, help="step of both")
    parser.add_argument("--g", type=float, default=G, help="inhibition over excitation")
    parser.add_argument("--eta", type=float, default=ETA, help="the drive over what reaches the threshold")
    parser.add_argument("--nest", type=Path, help="a Python that has NEST; without, one is installed from PyPI")
    parser.add_argument("--full", action="store_true", help="10,000 neurons")
    parser.add_argument("--json", type=Path, help="write the measures of each seed to this file, too")
    asked = parser.parse_args()
    n = 10_000 if asked.full else asked.neurons
    python = asked.nest or Path(bench_peers.environment("nest", bench_peers.default_folder()))
    found: dict[str, list[tuple[float, ...]]] = {name: [] for name in ("NEST", *WAYS)}
    for seed in range(asked.seeds):
        found["NEST"].append(measures(nest_trains(python, n, asked, seed)))
        for way in WAYS:
            found[way].append(measures(own_trains(way, n, asked, seed)))
    what = f"g {asked.g:g}, eta {asked.eta:g}, steps of {asked.step_us:g} us, {n:,} neurons"
    print(f"{what}, {seeds_of(found, asked.ms)}")
    print(table({name if name == "NEST" else f"eventnet, {name}": rows for name, rows in found.items()}))
    if asked.json:
        asked.json.write_text(json.dumps(found, indent=1) + "\n")


def own_trains(way: str, n: int, asked: argparse.Namespace, seed: int) -> SpikeTrains:
    """All spikes of eventnet after the first part."""
    step_us = asked.step_us
    step_ms, held, reset = step_us / 1000, REFRACTORY_MS, RESET
    if way == "on NEST's grid":
        held, reset = REFRACTORY_MS + step_ms, RESET * math.exp(-step_ms / TAU_MS)
    table = BrunelNetworkTable(neurons=n, weight_mv=0.1 * 10_000 / n, refractory_ms=held, reset_mv=reset)
    compare = "step" if way == "once a step" else "event"
    p = BrunelParameters(network=table, clock=BrunelClockTable(tick_us=step_us, compare=compare))
    built = brunel_network(p, asked.g, asked.eta, seed)
    recorders = [en.record(layer, "spikes") for layer in built.layers.values()]
    sim = built.begin(en.Simulation(built.net, recorders=recorders))
    begin, end = span(asked.ms, step_us)
    sim.run(until=end + p.ticks(10.0))
    own = [SpikeTrains.of(sim, layer, begin=begin, end=end, tick_s=step_us * 1e-6) for layer in built.layers.values()]
    return SpikeTrains.joined(own)


def nest_trains(python: Path, n: int, asked: argparse.Namespace, seed: int) -> SpikeTrains:
    """All spikes of NEST after the first part."""
    command = [str(python), str(JOBS / "nest_trains.py"), str(n), str(asked.ms), str(seed)]
    command += ["--step-us", str(asked.step_us), "--g", str(asked.g), "--eta", str(asked.eta)]
    t, unit = written_by(command)
    return trains_within(t, unit, n, *span(asked.ms, asked.step_us), asked.step_us * 1e-6)


def written_by(command: list[str]) -> tuple[Any, Any]:
    """Steps and neurons of all spikes that a program of NEST's writes into the file that `TRAINS` names."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "trains.npz"
        settings = bench_peers.settings("nest", os.environ) | {"TRAINS": str(file)}
        subprocess.run(command, check=True, env=settings, cwd=bench_peers.ROOT, stdout=subprocess.DEVNULL)
        made = np.load(file)
        return made["t"], made["unit"]


def trains_within(t: Any, unit: Any, units: int, begin: int, end: int, tick_s: float) -> SpikeTrains:
    """Spikes in any order, of which those from a step up to, not including, another are taken."""
    inside = (t >= begin) & (t < end)
    order = np.argsort(t[inside], kind="stable")
    return SpikeTrains(t[inside][order], unit[inside][order], units, begin, end, tick_s)


def span(ms: float, step_us: float) -> tuple[int, int]:
    """First and last step of what is measured."""
    return round(1000 * SETTLING_MS / step_us), round(1000 * (SETTLING_MS + ms) / step_us)


def measures(trains: SpikeTrains) -> tuple[float, ...]:
    """The mean rate, mean CV, mean correlation of 2,000 pairs, and the Fano factor of the population's count."""
    size = round(BIN_MS / 1000 / trains.tick_s)
    together = trains.correlations(size, pairs=2000)
    return trains.rate(), known_mean(trains.cv()), known_mean(together), trains.fano(size)


def known_mean(values: Any) -> float:
    """The mean of what is no NaN; NaN where nothing is."""
    return float("nan") if np.isnan(values).all() else float(np.nanmean(values))


def difference(one: Any, other: Any) -> tuple[float, float]:
    """The difference of two means, and half of Welch's interval of 95 %: NaN of one seed, 0 where no seed differs."""
    apart = float(np.mean(one) - np.mean(other))
    if min(len(one), len(other)) < 2:
        return apart, float("nan")
    parts = [np.var(x, ddof=1) / len(x) for x in (one, other)]
    if not sum(parts) > 0:  # NaN, too
        return apart, float(sum(parts))
    freedom = sum(parts) ** 2 / sum(part**2 / (len(x) - 1) for part, x in zip(parts, (one, other), strict=True))
    return apart, student_t(0.975, max(1, int(freedom))) * math.sqrt(sum(parts))


def seeds_of(found: dict[str, list[tuple[float, ...]]], ms: float) -> str:
    """How many seeds a table is of, and how long each."""
    return f"{len(found['NEST'])} seeds of {ms:g} ms, means (standard deviation over seeds)"


def table(found: dict[str, list[tuple[float, ...]]], names: Sequence[str] = MEASURES) -> str:
    """A line a measure: means over seeds, and each less NEST with its interval of 95 %."""
    others = [way for way in found if way != "NEST"]
    lines = [
        "", "| measure | NEST | " + " | ".join(f"{way} | difference" for way in others) + " |",
        "|" + "---|" * (2 + 2 * len(others)),
    ]  # fmt: skip
    for k, name in enumerate(names):
        columns = {way: np.array([row[k] for row in rows]) for way, rows in found.items()}
        cells = [over_seeds(columns["NEST"])]
        for way in others:
            apart, half = difference(columns[way], columns["NEST"])
            cells += [over_seeds(columns[way]), "unknown" if math.isnan(apart) else f"{apart:+.2g} ± {half:.2g}"]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def over_seeds(values: Any) -> str:
    """The mean and the standard deviation; of a measure that a seed does not have neither."""
    if np.isnan(values).any():
        return "unknown"
    return f"{values.mean():.4g} ({values.std(ddof=1) if len(values) > 1 else 0:.2g})"


if __name__ == "__main__":
    main()
