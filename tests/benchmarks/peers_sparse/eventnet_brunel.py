"""eventnet: two layers of LeakyDelta, the drive inside; one product a tick at steps of 0.1 ms, else one an event."""

from __future__ import annotations

import time

from brunel_job import ETA, STEP_MS, G, asked, report

import eventnet as en
from eventnet.scenarios.brunel import BrunelParameters, brunel_network
from eventnet.scenarios.brunel.parameters import BrunelClockTable, BrunelNetworkTable


def main() -> None:
    """Build it, compile what it needs, time it."""
    job = asked()
    clock = BrunelClockTable(tick_us=job.step_us, decay="tick" if job.step_us >= 1000 * STEP_MS else "event")
    p = BrunelParameters(network=BrunelNetworkTable(neurons=job.neurons, weight_mv=job.weight), clock=clock)
    begun = time.process_time()
    built = brunel_network(p, G, ETA, job.seed)
    build_s = time.process_time() - begun
    sim, now = built.begin(en.Simulation(built.net)), [0.0]

    def advance(ms: float) -> None:
        now[0] += ms
        sim.run(until=p.ticks(now[0]))

    report(f"eventnet, {job.step_us:g} us", en.__version__, job, build_s, advance, lambda: sim.tally.spikes)


main()
