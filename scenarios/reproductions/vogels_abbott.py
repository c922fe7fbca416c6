"""The four benchmarks of Brette et al. (2007): the network of Vogels and Abbott (2005), and what each costs."""

from __future__ import annotations

from eventnet.analysis import SpikeTrains
from eventnet.base.files import write_beside
from eventnet.scenarios.reproductions.common.report import SEEDS, ReproductionReport, Request, Row, in_parallel
from eventnet.scenarios.reproductions.common.spiking_populations import correlation, end_of, millions, over_seeds
from eventnet.scenarios.shared.populations import rasters
from eventnet.scenarios.vogels_abbott import BENCHMARKS, VogelsAbbottParameters
from eventnet.scenarios.vogels_abbott.parameters import VogelsAbbottNetworkTable, VogelsAbbottRunTable
from eventnet.scenarios.vogels_abbott.run import simulate_benchmark

OF_NEST = {"coba": (18.7, 18.6), "hh": (43.9, 42.8), "cuba": (5.56, 5.56), "jumps": (9.79, 9.75)}
"""Hz of excitatory and of inhibitory neurons of NEST 3.10.0 over ten seeds: `bench_vogels_abbott.py`, for hh
`compare_populations.py`. CV of the first is another: of neurons with three intervals or more, not two."""
MILLIONS = {"events, M": "events", "steps of a neuron, M": "steps of a neuron", "products, M": "products"}


def vogels_abbott(request: Request) -> ReproductionReport:
    """Each benchmark with ten seeds: rates, regularity, synchrony and costs."""
    seeds = request.seeds(SEEDS)
    jobs = [(parameters(seed, request.quick), name, seed == seeds[0]) for name in BENCHMARKS for seed in seeds]
    done = in_parallel(simulated, jobs, request)
    curves = [row for row, _ in done]
    rows = [row_of(name, [row for row in curves if row["benchmark"] == BENCHMARKS[name]]) for name in BENCHMARKS]
    p = jobs[0][0]
    panels = [(row["benchmark"], trains) for row, trains in done if trains is not None]
    picture = request.out / "vogels-abbott.png"
    headline = "Benchmarks of Brette et al.: spikes of 50 neurons of each population, and the rate of all"
    write_beside(picture, rasters(panels, p.run.measured_from_ms, max(1, p.ticks(0.5)), headline))
    return ReproductionReport(
        "vogels-abbott", "Four benchmarks of simulators", "Brette et al. (2007), Vogels and Abbott (2005)",
        rows, notes(p, seeds), curves, [picture],
    )  # fmt: skip


def parameters(seed: int, quick: bool) -> VogelsAbbottParameters:
    """The published network, a second of it after the first 200 ms; quick: a quarter of it for 150 ms."""
    if quick:
        run = VogelsAbbottRunTable(seed=seed, duration_ms=150.0, measured_from_ms=50.0)
        return VogelsAbbottParameters(run=run, network=VogelsAbbottNetworkTable(neurons=1000, connected=0.08))
    return VogelsAbbottParameters(run=VogelsAbbottRunTable(seed=seed))


def simulated(p: VogelsAbbottParameters, name: str, shown: bool) -> tuple[Row, dict[str, SpikeTrains] | None]:
    """Measures and counts of one run, and the end of its spikes where they are shown."""
    done = simulate_benchmark(p, name)
    row = {key: value for key, value in done.row.items() if "processor s" not in key and key != "ns a step"}
    together = correlation(SpikeTrains.joined([*done.trains.values()]))
    found = {"benchmark": done.name, "seed": p.run.seed, **row, "correlation in 2 ms": together}
    return found, end_of(done.trains) if shown else None


def row_of(name: str, found: list[Row]) -> Row:
    """A line of the table: the mean over seeds, the least and the most."""
    excitatory, inhibitory = OF_NEST[name]
    rest = {"CV": "CV of intervals", "synchrony": "synchrony", "correlation": "correlation in 2 ms"}
    return {
        "benchmark": BENCHMARKS[name],
        "published exc., Hz": excitatory, **over_seeds(found, {"exc., Hz": "excitatory rate, Hz"}),
        "published inh., Hz": inhibitory, **over_seeds(found, {"inh., Hz": "inhibitory rate, Hz"}),
        **over_seeds(found, rest), **millions(found, MILLIONS),
    }  # fmt: skip


def notes(p: VogelsAbbottParameters, seeds: list[int]) -> list[str]:
    """Settings."""
    n, run = p.network, p.run
    return [
        "published: no rates of the paper were at hand; these are NEST 3.10.0's, means over ten other seeds, of "
        "docs/how-to/currents-and-conductances.md",
        f"{n.neurons:,} neurons, synapses with probability {n.connected:g}, delay {n.delay_ms:g} ms; ticks of "
        f"{p.clock.tick_us:g} us, float64, crossings of benchmark 1 at the {p.coba.crossing}",
        f"mean (least to most) over {len(seeds)} seeds from {seeds[0]}, {run.duration_ms - run.measured_from_ms:g} ms "
        f"each after the first {run.measured_from_ms:g}; costs are of that time",
        "synchrony: variance over mean of all spikes a millisecond; correlation: of two neurons' counts in 2 ms",
        f"benchmark 2 errs by {p.hh.tolerance_mv:g} mV a step at most; benchmark 4 goes from tick to tick",
    ]
