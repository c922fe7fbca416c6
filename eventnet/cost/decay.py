"""Whether the other way in which potentials of a `LeakyDelta` can decay would have made at most half the products.

Products are what is counted and priced; they are not the time, since those by ticks of a whole layer are made several
at once.
"""

from __future__ import annotations

from eventnet.neurons import decay_products
from eventnet.neurons.leaky_delta import LeakyDelta
from eventnet.simulation import Run, Simulation


def cheaper_decay(run: Run | Simulation) -> list[str]:
    """A sentence for each layer whose potentials decay by twice the products, or more, of the other `decay`.

    Counted are products that decays made: by ticks as in the tally, by events one for each sum that was looked at; what
    ticks would need is one product a unit and tick from tick 0 on. The other way is another network: its last digits
    differ. From 10^7 products on, the run itself has warned of it; of "tick", where they are 16 times as many or more.
    """
    sim = run.simulation if isinstance(run, Run) else run
    found = decay_products.twice_as_many(sim.net, sim.tally.by_module(), sim.time)
    return [decay_products.in_words(*each) for each in found]


def products(sim: Simulation, layer: LeakyDelta) -> tuple[int, int]:
    """Products by which the potentials of a layer decay: by ticks, and by events."""
    return decay_products.products(sim.net, layer, sim.tally.by_module(), sim.time)
