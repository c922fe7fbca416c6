"""Rates, CV, correlations and synchrony of Brunel's network by how potentials decay, over seeds: differences with intervals.

    python tests/benchmarks/compare_decays.py [--neurons 10000] [--ms 1000] [--seeds 10] [--step-us 100] [--dtype float32]

`decay="event"` less `decay="tick"`. Both have the same synapses, first potentials and drives in a seed, so seeds are
paired: the interval of the mean difference is Student's, 95 %.
"""

from __future__ import annotations

import argparse
from dataclasses import replace

from compare_nest import MEASURES, measures

from eventnet.analysis import SpikeTrains
from eventnet.scenarios.brunel import BrunelParameters
from eventnet.scenarios.brunel.parameters import BrunelClockTable, BrunelNetworkTable, BrunelRunTable
from eventnet.scenarios.brunel.run import simulate_regime
from eventnet.scenarios.shared.paired import mean_interval, paired_difference

SETTLING_MS = 200.0
DECAYS = "tick", "event"


def main() -> None:
    """Run all in turns, print a table."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--neurons", type=int, default=10_000)
    parser.add_argument("--ms", type=float, default=1000.0, help="simulated time that is measured")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--step-us", type=float, default=100.0, help="a tick")
    parser.add_argument("--dtype", choices=["float64", "float32"], default="float64", help="numbers of the network")
    asked = parser.parse_args()
    p = BrunelParameters(
        network=BrunelNetworkTable(neurons=asked.neurons, weight_mv=0.1 * 10_000 / asked.neurons),
        clock=BrunelClockTable(tick_us=asked.step_us, dtype=asked.dtype),
        run=BrunelRunTable(duration_ms=SETTLING_MS + asked.ms, measured_from_ms=SETTLING_MS),
    )
    found = {decay: {seed: measured(p, decay, seed) for seed in range(asked.seeds)} for decay in DECAYS}
    print(
        f"{asked.neurons:,} neurons, {asked.dtype}, ticks of {asked.step_us:g} us, {asked.seeds} seeds of {asked.ms:g} ms\n"
    )
    print("| measure | decay by tick | by event | difference, 95 % |\n|---|---|---|---|")
    for k, name in enumerate(MEASURES):
        tick, event = ({seed: row[k] for seed, row in found[decay].items()} for decay in DECAYS)
        apart = paired_difference(event, tick)
        means = " | ".join(f"{mean_interval(list(each.values())).mean:.4g}" for each in (tick, event))
        print(f"| {name} | {means} | {apart.mean:+.2g} ({apart.ends('+.2g')}) |")


def measured(p: BrunelParameters, decay: str, seed: int) -> tuple[float, ...]:
    """The measures of one run."""
    own = replace(p, run=replace(p.run, seed=seed), clock=replace(p.clock, decay=decay))
    regime = simulate_regime(own, decay, own.network.g, own.network.eta)
    return measures(SpikeTrains.joined([*regime.trains.values()]))


if __name__ == "__main__":
    main()
