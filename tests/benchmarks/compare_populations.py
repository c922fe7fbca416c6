"""Rates, CV, correlations and synchrony of known recurrent networks beside NEST's, population by population, over seeds.

    python tests/benchmarks/compare_populations.py coba hh cuba jumps [--ms 1000] [--seeds 10] [--nest PYTHON]
    python tests/benchmarks/compare_populations.py microcircuit [--scale 0.1] [--dtype float64] ...

coba, hh, cuba and jumps are benchmarks 1 to 4 of Brette et al. (2007). Measures are those of `compare_nest.py`, taken of
the spikes of both in the same way, and so are the intervals of differences: Welch's, 95 %, as each simulator draws a
network of its own for each seed. CV is of neurons with two intervals or more.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import bench_peers
from bench_microcircuit import PROGRAM, numbers_of
from compare_nest import MEASURES, measures, seeds_of, table, trains_within, written_by

from eventnet.analysis import SpikeTrains
from eventnet.scenarios.microcircuit import MicrocircuitParameters, simulate_microcircuit
from eventnet.scenarios.vogels_abbott import BENCHMARKS, VogelsAbbottParameters, simulate_benchmarks

MICROCIRCUIT = "microcircuit"
STEP_MS = 0.1
"""Of both, in each network."""


def main() -> None:
    """Run both in turns, print a table a network."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("networks", nargs="+", choices=(*BENCHMARKS, MICROCIRCUIT))
    parser.add_argument("--ms", type=float, default=1000.0, help="simulated time that is measured")
    parser.add_argument("--seeds", type=int, default=10, help="seeds 0 to n - 1")
    parser.add_argument("--scale", type=float, default=0.1, help="of the microcircuit")
    parser.add_argument("--dtype", default="float64", choices=("float64", "float32"), help="of eventnet's microcircuit")
    parser.add_argument("--nest", type=Path, help="a Python that has NEST; without, one is installed from PyPI")
    parser.add_argument("--json", type=Path, help="write the measures of each seed to this file, too")
    asked = parser.parse_args()
    python = asked.nest or bench_peers.environment("nest", bench_peers.default_folder())
    kept: dict[str, Any] = {}
    for network in asked.networks:
        found: dict[str, list[tuple[float, ...]]] = {"NEST": [], "eventnet": []}
        names: list[str] = []
        for seed in range(asked.seeds):
            own = own_trains(network, seed, asked)
            names = [f"{population}: {name}" for population in own for name in MEASURES]
            for simulator, trains in (("NEST", nest_trains(python, network, seed, asked, own)), ("eventnet", own)):
                found[simulator].append(tuple(number for one in trains.values() for number in measures(one)))
        print(f"{titled(network, asked)}, {seeds_of(found, asked.ms)}\n{table(found, names)}\n", flush=True)
        kept[network] = {"measures": names} | found
    if asked.json:
        asked.json.write_text(json.dumps(kept, indent=1) + "\n")


def titled(network: str, asked: argparse.Namespace) -> str:
    """What the network is."""
    if network == MICROCIRCUIT:
        return f"microcircuit, scale {asked.scale:g}, eventnet's in {asked.dtype}"
    return f"benchmark {BENCHMARKS[network]}"


def microcircuit_of(seed: int, asked: argparse.Namespace) -> MicrocircuitParameters:
    """The parameters of a seed."""
    p = MicrocircuitParameters()
    duration = p.run.measured_from_ms + asked.ms
    return replace(p, run=replace(p.run, seed=seed, scale=asked.scale, duration_ms=duration, dtype=asked.dtype))


def own_trains(network: str, seed: int, asked: argparse.Namespace) -> dict[str, SpikeTrains]:
    """Spikes of each population of eventnet, after the first part."""
    if network == MICROCIRCUIT:
        return simulate_microcircuit(microcircuit_of(seed, asked)).trains
    p = VogelsAbbottParameters()
    run = replace(p.run, seed=seed, duration_ms=p.run.measured_from_ms + asked.ms, benchmark=network)
    return simulate_benchmarks(replace(p, run=run)).benchmarks[0].trains


def nest_trains(
    python: Path, network: str, seed: int, asked: argparse.Namespace, like: Mapping[str, SpikeTrains]
) -> dict[str, SpikeTrains]:
    """Spikes of each population of NEST, over the steps of eventnet's."""
    if network != MICROCIRCUIT:
        program = PROGRAM.with_name("nest_vogels_abbott.py")
        return split(*written_by([str(python), str(program), network, str(asked.ms), str(seed)]), like)
    with tempfile.TemporaryDirectory() as folder:
        numbers = Path(folder) / "numbers.json"
        numbers.write_text(json.dumps(numbers_of(microcircuit_of(seed, asked))))
        return split(*written_by([str(python), str(PROGRAM), str(numbers), str(seed), str(asked.ms)]), like)


def split(t: Any, unit: Any, like: Mapping[str, SpikeTrains]) -> dict[str, SpikeTrains]:
    """Spikes of all neurons, the first population's first, as trains by population over the steps of others."""
    made, first = {}, 0
    for name, own in like.items():
        here = (unit >= first) & (unit < first + own.units)
        made[name] = trains_within(t[here], unit[here] - first, own.units, own.begin, own.end, 1e-3 * STEP_MS)
        first += own.units
    return made


if __name__ == "__main__":
    main()
