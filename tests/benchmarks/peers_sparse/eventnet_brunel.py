"""eventnet: two layers of LeakyDelta, the drive inside; one product a tick at steps of 0.1 ms, else one an event."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from brunel_job import DELAY_MS, SETTLING_MS, STDP, STEP_MS, W_MAX, WEIGHED, asked, report

import eventnet as en
from eventnet.analysis import SpikeTrains
from eventnet.learning import Plastic, SparsePairStdp
from eventnet.scenarios.brunel import BrunelParameters, brunel_network
from eventnet.scenarios.brunel.parameters import BrunelClockTable, BrunelNetworkTable


def rule(w_max: float, tick_ms: float) -> Plastic:
    """NEST's rule, which works on w / w_max, and whose delays are dendritic."""
    up, down = STDP["lambda"], STDP["alpha"] * STDP["lambda"]
    return SparsePairStdp.given(
        a_plus=up * w_max ** (1 - STDP["mu_plus"]), a_minus=down * w_max ** (1 - STDP["mu_minus"]),
        tau_plus=STDP["tau_plus"] / tick_ms, tau_minus=STDP["tau_minus"] / tick_ms,
        mu=(STDP["mu_plus"], STDP["mu_minus"]), bounds=(0.0, w_max), delays="dendritic",
    )  # fmt: skip


def as_sent(built: Any, end: int, delay: int) -> Any:
    """Weights of synapses of the first neurons as their last spikes before tick `end` were sent, as NEST keeps them.

    Ours go on to change with the spikes of the units; so the run is made again, and looked at as those spikes arrive.
    """
    synapses, layer = built.net["excitatory_to_excitatory"], built.layers["excitatory"]
    first = built.begin(en.Simulation(built.net, recorders=[en.record(layer, "spikes")]))
    first.run(until=end + delay + 1)
    trains = SpikeTrains.of(first, layer, end=end)
    last = {unit: int(trains.t[trains.unit == unit].max(initial=-1)) for unit in range(WEIGHED)}
    again, source = built.begin(en.Simulation(built.net)), synapses.edges()[0]
    found = []
    for t in sorted(set(last.values())):  # -1: never
        again.run(until=max(0, t + delay + 1))
        now = again.weights(synapses.weights)[0]
        found.append(now[np.isin(source, [unit for unit in last if last[unit] == t])])
    return np.concatenate(found)


def main() -> None:
    """Build it, compile what it needs, time it."""
    job = asked()
    clock = BrunelClockTable(
        tick_us=job.step_us, decay="tick" if job.step_us >= 1000 * STEP_MS else "event", compare=job.compare
    )
    p = BrunelParameters(network=BrunelNetworkTable(neurons=job.neurons, weight_mv=job.weight), clock=clock)
    begun = time.process_time()
    plasticity = rule(W_MAX * job.weight, job.step_us / 1000) if job.plastic else None
    built = brunel_network(p, job.g, job.eta, job.seed, plasticity)
    build_s = time.process_time() - begun
    sim, now = built.begin(en.Simulation(built.net)), [0.0]

    def advance(ms: float) -> None:
        now[0] += ms
        sim.run(until=p.ticks(now[0]))

    end, delay = p.ticks(SETTLING_MS + job.ms), p.ticks(DELAY_MS)
    weights = (lambda: as_sent(built, end, delay)) if job.plastic else None
    name = f"eventnet, {job.step_us:g} us{', compared once a step' if job.compare == 'step' else ''}"
    report(name, en.__version__, job, build_s, advance, lambda: sim.tally.spikes, weights)


main()
