"""Brunel (2000), figure 8: the four regimes of a sparse network of excitation and inhibition, and what each costs."""

from __future__ import annotations

from dataclasses import replace

from eventnet.analysis import SpikeTrains
from eventnet.base.files import write_beside
from eventnet.scenarios.brunel import BrunelParameters
from eventnet.scenarios.brunel.parameters import REGIMES, BrunelNetworkTable, BrunelRunTable
from eventnet.scenarios.brunel.run import simulate_regime
from eventnet.scenarios.reproductions.common.report import SEEDS, ReproductionReport, Request, Row, in_parallel
from eventnet.scenarios.reproductions.common.spiking_populations import (
    COUNTED,
    correlation,
    end_of,
    global_frequency,
    millions,
    over_seeds,
)
from eventnet.scenarios.shared.populations import rasters

PUBLISHED: dict[str, tuple[float | None, float | None]] = {
    "synchronous regular": (None, None),
    "synchronous irregular, fast": (60.7, 180.0),
    "asynchronous irregular": (37.7, None),
    "synchronous irregular, slow": (5.5, 22.0),
}
"""Hz of a neuron and of the global activity in the simulations of figure 8, where their text has them, as it is quoted:
the paper was not at hand."""
NEURONS = 12_500
"""10,000 excite and 2,500 inhibit; a neuron hears a tenth of each."""


def brunel(request: Request) -> ReproductionReport:
    """Each regime with ten seeds: rates, regularity, synchrony, the frequency of the whole, and costs."""
    seeds = request.seeds(SEEDS)
    jobs = [(parameters(seed, request.quick), name, seed == seeds[0]) for name in REGIMES for seed in seeds]
    done = in_parallel(simulated, jobs, request)
    curves = [row for row, _ in done]
    rows = [row_of(name, [row for row in curves if row["regime"] == name]) for name in REGIMES]
    p = jobs[0][0]
    panels = [(row["regime"], trains) for row, trains in done if trains is not None]
    picture = request.out / "brunel.png"
    headline = "Brunel's four regimes: spikes of 50 neurons of each population, and the rate of all"
    write_beside(picture, rasters(panels, p.run.measured_from_ms, p.ticks(0.5), headline))
    return ReproductionReport(
        "brunel", "Figure 8: four regimes of a sparse network", "Brunel (2000), figure 8", rows, notes(p, seeds),
        curves, [picture],
    )  # fmt: skip


def parameters(seed: int, quick: bool) -> BrunelParameters:
    """The paper's network, a second of it after the first 200 ms; quick: of 2,500 neurons, with as many inputs."""
    if quick:
        run = BrunelRunTable(seed=seed, duration_ms=200.0, measured_from_ms=100.0)
        network = BrunelNetworkTable(neurons=2500, connected_share=0.5)
    else:
        run, network = BrunelRunTable(seed=seed), BrunelNetworkTable(neurons=NEURONS)
    return BrunelParameters(run=replace(run, all_regimes=True), network=network)


def simulated(p: BrunelParameters, name: str, shown: bool) -> tuple[Row, dict[str, SpikeTrains] | None]:
    """Measures and counts of one run, and the end of its spikes where they are shown."""
    regime = simulate_regime(p, name, *REGIMES[name])
    whole, row = SpikeTrains.joined([*regime.trains.values()]), regime.row
    kept = ["excitatory rate, Hz", "inhibitory rate, Hz", "CV of intervals", "synchrony", "spikes", *COUNTED.values()]
    found = {"regime": name, "seed": p.run.seed, **{key: row[key] for key in kept}}
    found |= {"global frequency, Hz": global_frequency(whole), "correlation in 2 ms": correlation(whole)}
    return found, end_of(regime.trains) if shown else None


def row_of(name: str, found: list[Row]) -> Row:
    """A line of the table: the mean over seeds, the least and the most."""
    rate, frequency = PUBLISHED[name]
    g, eta = REGIMES[name]
    hz = {"exc., Hz": "excitatory rate, Hz", "inh., Hz": "inhibitory rate, Hz"}
    rest = {"CV": "CV of intervals", "synchrony": "synchrony", "correlation": "correlation in 2 ms"}
    return {
        "regime": name, "g": g, "eta": eta, "published Hz": rate, **over_seeds(found, hz, form=".1f"),
        "published global Hz": frequency, **over_seeds(found, {"global, Hz": "global frequency, Hz"}, form=".0f"),
        **over_seeds(found, rest), **millions(found, COUNTED),
    }  # fmt: skip


def notes(p: BrunelParameters, seeds: list[int]) -> list[str]:
    """Settings."""
    n, run = p.network, p.run
    return [
        "published: rates and global frequencies of the simulations of figure 8, as others quote them",
        f"{n.neurons:,} neurons, {n.excitatory_share:g} of them excite; each hears {n.connected_share:g} of both "
        f"populations; J {n.weight_mv:g} mV, delay {n.delay_ms:g} ms; ticks of {p.clock.tick_us:g} us, float64",
        f"mean (least to most) over {len(seeds)} seeds from {seeds[0]}, {run.duration_ms - run.measured_from_ms:g} ms "
        f"each after the first {run.measured_from_ms:g}; costs are of that time",
        "synchrony: variance over mean of all spikes a millisecond; correlation: of two neurons' counts in 2 ms; "
        "global: where the spectrum of the number of all spikes is highest, from 5 Hz on, in steps of "
        f"{1000 / min(500.0, run.duration_ms - run.measured_from_ms):g} Hz",
    ]
