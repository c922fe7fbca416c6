"""Synapses whose currents or conductances decay: rows whose events are added to what acts on a layer's units."""

from __future__ import annotations

from eventnet.module import Port
from eventnet.neurons.sparse_synapses import SparseSynapses, fetch_row
from eventnet.neurons.ticked import UNSIGNED, TickedLayer, WritesTicked, adds_to, begin
from eventnet.rule import rule
from eventnet.tally import READS, SYNAPTIC_ADDS


@rule
def add_decaying(i, s, t, out, tally, synaptic, came, clock, plan, begins, columns, targets, w):
    """Row i adds to the currents or conductances of its targets."""
    first, last, column = begins[i], begins[i + 1], columns[i]
    n = last - first
    if n == 0:
        return
    begin(t, clock, out)
    into = adds_to(t, synaptic, came, clock)
    half = len(into) // 2
    tally[SYNAPTIC_ADDS] += n
    tally[READS] += n if column < 0 else 1
    row = targets[first:last]
    if column >= 0:
        x = w[0, column] if s > 0 else -w[0, column]
        part = into[half:] if x < 0 else into[:half]
        if plan[UNSIGNED] != 0:
            x = abs(x)
        for j in row:
            part[j] += x
    else:
        k = first
        for j in row:
            x = w[0, k] if s > 0 else -w[0, k]
            at = half + j if x < 0 else 0 + j
            into[at] += abs(x) if plan[UNSIGNED] != 0 else x
            k += 1


add_decaying.looks_ahead(fetch_row)


class DecayingSynapses(SparseSynapses, WritesTicked):
    """Synapses from the `sources` of a projection to the units of a layer whose currents or conductances decay.

    `Network.connect` makes them. A delivery at `rows` adds one row, each synapse one add: weights above 0 to what
    excites, those below 0 to what inhibits; a spike of sign -1 turns that round. If each source is a row, its spikes
    come there by a wire that has the delay. If delays differ, spikes come to `spikes`, and `axon` leads from there
    to the rows.
    """

    rows = Port(add_decaying, emits="layer.next", accepts="n_rows")


TickedLayer.kind_of_synapses = DecayingSynapses
