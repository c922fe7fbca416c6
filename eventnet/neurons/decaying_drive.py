"""Poisson input to units whose currents or conductances decay: the law of `poisson_drive`, added to what acts."""

from __future__ import annotations

from eventnet.declarations import Param
from eventnet.kernels.rows_drawn import bits_of, word_of
from eventnet.module import Port
from eventnet.neurons.poisson_drive import (
    EVERY,
    FIRST,
    KEY,
    LOW,
    LOW_62,
    SCATTERED,
    UNTIL,
    PoissonLaw,
    count_at,
    total_of,
    unit_of,
)
from eventnet.neurons.ticked import UNSIGNED, TickedLayer, WritesTicked, adds_to, begin
from eventnet.rule import rule
from eventnet.tally import MULTIPLIES, READS, SYNAPTIC_ADDS


@rule
def draw_decaying(i, s, t, out, tally, synaptic, came, clock, plan, draws, limits, guide, amount):
    """The events of this tick, each one add; then the next tick is told."""
    base, n, made = word_of(draws[KEY], t), len(came) // 2, 0
    begin(t, clock, out)
    both = adds_to(t, synaptic, came, clock)
    into = both[n:] if amount < 0 else both[:n]
    x = abs(amount) if plan[UNSIGNED] != 0 else amount
    if draws[SCATTERED] == 0:
        for pair in range((n + 1) // 2):
            z = word_of(base, pair)
            for j in range(2 * pair, min(2 * pair + 2, n)):
                c = count_at(j, bits_of(z, 32 * (j & 1), LOW), limits, guide, draws)
                made += c
                into[j] += into.dtype.type(c) * x
        tally[MULTIPLIES] += n
    else:
        made = draws[FIRST] + total_of(bits_of(word_of(base, -1), 2, LOW_62), limits, 0, len(limits))
        k = 0
        for _ in range(made):
            j = unit_of(word_of(base, k), n, draws)
            k += 1
            while j < 0:
                j = unit_of(word_of(base, k), n, draws)
                k += 1
            into[j] += x
    tally[SYNAPTIC_ADDS] += made
    tally[READS] += 1
    if t + draws[EVERY] < draws[UNTIL]:
        out.spike(0, 1, 1)


class DecayingPoissonDrive(PoissonLaw, WritesTicked):
    """Poisson input to each unit of a layer whose currents or conductances decay, independent.

    `PoissonDrive(layer, ...)` makes one of such a layer, and says how it begins and ends. Each event is a synaptic add
    of the weight: to what excites where it is above 0, else to what inhibits.
    """

    weight = Param(key="amount", doc="what an event adds; below 0 it inhibits")
    ticks = Port(draw_decaying, emits=("layer.next", "next"), accepts=1)


TickedLayer.kinds_of_drive["PoissonDrive"] = DecayingPoissonDrive
