"""The first regime once more, with a recorder that looks at it."""

from __future__ import annotations

import eventnet as en
from eventnet.scenarios.brunel.network import brunel_network
from eventnet.scenarios.brunel.parameters import BrunelParameters
from eventnet.scenarios.brunel.run import BrunelOutcome
from eventnet.scenarios.shared.population_watching import watch_populations
from eventnet.view import RunRecorder


def watch(p: BrunelParameters, found: BrunelOutcome, recorder: RunRecorder) -> None:
    """Look at the first regime."""
    watch_regime(p, recorder)


def live(p: BrunelParameters, recorder: RunRecorder, order: str) -> None:
    """Look at it in an order."""
    watch_regime(p, recorder, order)


def watch_regime(p: BrunelParameters, recorder: RunRecorder, order: str = "breadth") -> en.Simulation:
    """Look at it as often as the recorder wants to, in whole ticks; returns the simulation at its end."""
    (g, eta), *_ = p.regimes.values()
    built = brunel_network(p, g, eta, p.run.seed)
    return watch_populations(built, p.ticks(p.run.duration_ms), p.clock.tick_us, recorder, order)
