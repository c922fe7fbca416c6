"""eventnet: the networks of `eventnet run vogels-abbott`."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from vogels_abbott_job import EXCITATORY, STEP_MS, asked, report

import eventnet as en
from eventnet.analysis import SpikeTrains
from eventnet.scenarios.vogels_abbott import VogelsAbbottParameters, vogels_abbott_network


def main() -> None:
    """Build it, compile what it needs, time it."""
    job, p = asked(), VogelsAbbottParameters()
    begun = time.process_time()
    built = vogels_abbott_network(p, job.benchmark, job.seed)
    build_s = time.process_time() - begun
    sim, now = built.begin(en.Simulation(built.net, record=True)), [0.0]

    def advance(ms: float) -> None:
        now[0] += ms
        sim.run(until=p.ticks(now[0]))

    def spikes() -> tuple[Any, Any]:
        of = [SpikeTrains.of(sim, layer, begin=0, tick_s=1e-4) for layer in built.layers.values()]
        units = [of[0].unit, of[1].unit + EXCITATORY]
        return STEP_MS * np.concatenate([each.t for each in of]), np.concatenate(units)

    report("eventnet", en.__version__, job, build_s, advance, spikes)


main()
