"""eventnet: two layers of LeakyDelta, the drive inside; one product a tick at steps of 0.1 ms, else one an event."""

from __future__ import annotations

import time
from typing import Any

from brunel_job import ETA, STDP, STEP_MS, W_MAX, G, asked, report

import eventnet as en
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


def main() -> None:
    """Build it, compile what it needs, time it."""
    job = asked()
    clock = BrunelClockTable(tick_us=job.step_us, decay="tick" if job.step_us >= 1000 * STEP_MS else "event")
    p = BrunelParameters(network=BrunelNetworkTable(neurons=job.neurons, weight_mv=job.weight), clock=clock)
    begun = time.process_time()
    plasticity = rule(W_MAX * job.weight, job.step_us / 1000) if job.plastic else None
    built = brunel_network(p, G, ETA, job.seed, plasticity)
    build_s = time.process_time() - begun
    sim, now = built.begin(en.Simulation(built.net)), [0.0]

    def advance(ms: float) -> None:
        now[0] += ms
        sim.run(until=p.ticks(now[0]))

    plastic: Any = built.net["excitatory_to_excitatory"]
    weights = (lambda: sim.weights(plastic.weights)[0]) if job.plastic else None
    report(f"eventnet, {job.step_us:g} us", en.__version__, job, build_s, advance, lambda: sim.tally.spikes, weights)


main()
