"""Synapses of a layer of `LeakyDelta`: rows whose events the layer's units integrate, and who writes such a layer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventnet.declarations import Integers, Other, Param, State
from eventnet.kernels.rows import at
from eventnet.module import Module, Port
from eventnet.neurons.leaky_delta import ALL, TICKED, LeakyDelta, begin_tick, bring_one, decayed, fire_one
from eventnet.neurons.sparse_synapses import SparseSynapses, fetch_row
from eventnet.rule import rule
from eventnet.tally import COMPARES, MULTIPLIES, READS, SYNAPTIC_ADDS


@rule
def add_synapses(
    i, s, t, out, tally, phi, updated, ring, free, clock, plan, factors, bar, lands, tau, begins, columns, targets, w
):
    """Row i adds to its targets; each that is past its threshold then fires."""
    first, last, column = begins[i], begins[i + 1], columns[i]
    n = last - first
    begin_tick(t, n, phi, updated, ring, free, clock, plan, factors, lands, tally)
    if n == 0:
        return
    tally[SYNAPTIC_ADDS] += n
    tally[COMPARES] += n
    tally[READS] += n if column < 0 else 1
    row = targets[first:last]
    if plan[TICKED] == 0:
        tally[MULTIPLIES] += n
        k = first
        for j in row:
            x = w[0, k] if column < 0 else w[0, column]
            v = decayed(j, t, phi, updated, factors, tau)
            v = v + x if s > 0 else v - x
            phi[j] = v
            if v > at(bar, j):
                fire_one(j, t, phi, updated, ring, free, clock, plan, lands, out)
            k += 1
        return
    if clock[ALL] != t:
        for j in row:
            bring_one(j, t, phi, updated, clock, factors, tally)
    if column >= 0:
        x = w[0, column] if s > 0 else -w[0, column]
        for j in row:
            v = phi[j] + x
            phi[j] = v
            if v > at(bar, j):
                fire_one(j, t, phi, updated, ring, free, clock, plan, lands, out)
    else:
        k = first
        for j in row:
            v = phi[j] + w[0, k] if s > 0 else phi[j] - w[0, k]
            phi[j] = v
            if v > at(bar, j):
                fire_one(j, t, phi, updated, ring, free, clock, plan, lands, out)
            k += 1


add_synapses.looks_ahead(fetch_row)


class WritesLeakyDelta(Module):
    """The base of synapses and drives: the state of a `LeakyDelta` that they read and write."""

    layer = Other(LeakyDelta)

    phi = State.of(layer, "phi", writes=True)
    updated = Integers.of(layer, "updated", writes=True)
    ring = Integers.of(layer, "ring", writes=True)
    free = Integers.of(layer, "free", writes=True)
    clock = Integers.of(layer, "clock", writes=True)
    plan = Integers.of(layer, "plan")
    factors = State.of(layer, "factors")
    bar = Param.of(layer, "bar")
    lands = Param.of(layer, "lands")
    tau = Param.of(layer, "tau")
    membrane = None

    def __new__(cls, layer: Any = None, *args: Any, **options: Any) -> Any:
        """Of a layer of another kind: what that has for this class."""
        kind = layer.kinds_of_drive.get(cls.__name__) if isinstance(layer, Module) else None
        return super().__new__(cls) if kind is None else kind(layer, *args, **options)


class DeltaSynapses(SparseSynapses, WritesLeakyDelta):
    """Synapses from the `sources` of a projection to the units of a layer; `Network.connect` makes them.

    A delivery at `rows` adds one row; if each source is a row, its spikes come there by a wire that has the delay.
    If delays differ, spikes come to `spikes`, and `axon` leads from there to the rows. Units fire at the outlet of
    their layer. Each synapse is an add and a compare, held or not, and a read of a weight where each has its own.
    """

    rows = Port(add_synapses, emits="layer.out", accepts="n_rows")

    def moves(self, index: int, blocks: Mapping[str, NDArray[Any]]) -> NDArray[np.float64]:
        """The additions of row `index` to each unit of the layer [units], by the weights as they are now."""
        first, last = self.integers["begins"][index : index + 2].tolist()
        column, w = int(self.integers["columns"][index]), blocks["w"][0].astype(np.float64)
        weights = w[first:last] if column < 0 else w[column]
        targets = self.projection.drawn.targets[first:last].astype(np.int64)
        each = np.broadcast_to(weights, last - first)
        added: NDArray[np.float64] = np.bincount(targets, each, self.layer.units).astype(np.float64)
        return added


LeakyDelta.kind_of_synapses = DeltaSynapses
