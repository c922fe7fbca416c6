"""Synapses of a layer of `LeakyDelta`: rows of targets and weights, whose events the layer's units integrate.

The weights are one for all synapses, one a source, or one a synapse. Where delays differ from synapse to synapse each
row is cut into parts of one delay: a spike then sends one delivery for each part that there is, and none for others.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from eventnet.connectivity import Projection
from eventnet.declarations import Derived, Indices, Integers, Option, Other, Param, State, Weights
from eventnet.errors import NetworkError
from eventnet.kernels.fetch import fetch, fetch_word
from eventnet.kernels.rows import at
from eventnet.module import Module, Outlet, Port
from eventnet.neurons.leaky_delta import ALL, TICKED, LeakyDelta, begin_tick, bring_one, decayed, fire_one
from eventnet.rule import rule
from eventnet.tally import COMPARES, MULTIPLIES, READS, SYNAPTIC_ADDS


@rule
def add_synapses(
    i, s, t, out, tally, phi, told, ring, free, clock, plan, factors, bar, lands, tau, begins, columns, targets, w
):
    """Row i adds to its targets; each that is past its threshold then fires."""
    first, last, column = begins[i], begins[i + 1], columns[i]
    n = last - first
    begin_tick(t, n, phi, told, ring, free, clock, plan, factors, lands, tally)
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
            v = decayed(j, t, phi, told, factors, tau)
            v = v + x if s > 0 else v - x
            phi[j] = v
            if v > at(bar, j):
                fire_one(j, t, phi, told, ring, free, clock, plan, lands, out)
            k += 1
        return
    if clock[ALL] != t:
        for j in row:
            bring_one(j, t, phi, told, clock, factors, tally)
    if column >= 0:
        x = w[0, column] if s > 0 else -w[0, column]
        for j in row:
            v = phi[j] + x
            phi[j] = v
            if v > at(bar, j):
                fire_one(j, t, phi, told, ring, free, clock, plan, lands, out)
    else:
        k = first
        for j in row:
            v = phi[j] + w[0, k] if s > 0 else phi[j] - w[0, k]
            phi[j] = v
            if v > at(bar, j):
                fire_one(j, t, phi, told, ring, free, clock, plan, lands, out)
            k += 1


@add_synapses.looks_ahead
def fetch_row(i, later, begins, columns, targets):
    """The targets of row i, and where those of another row are to be found."""
    fetch_word(begins, later)
    fetch_word(columns, later)
    fetch(targets, begins[i], begins[i + 1])


@rule
def send_parts(i, s, t, out, tally, parts, waits):
    """A spike of source i sets out to each of its rows, later by the delay of that row."""
    for r in range(parts[i], parts[i + 1]):
        out.later(r, s, 0, waits[r])


def longest_row(module: DeltaSynapses) -> int:
    """Spikes that a reaction makes at most: one an event of the longest row, or the rows of one source."""
    drawn = module.projection.drawn
    return max(1, *(int(np.diff(starts).max(initial=1)) for starts in (drawn.begins, drawn.parts)))


def columns_of(module: DeltaSynapses) -> Any:
    """For each row the column of its weight."""
    return module.projection.columns(module.weights.cols)


class DeltaSynapses(Module):
    """Synapses from the `sources` of a projection to the units of a layer; `Network.connect` makes them.

    A delivery at `rows` adds one row; where each source is a row, its spikes come there by a wire that has the delay.
    Where delays differ, spikes come to `spikes`, and `axon` leads from there to the rows. Units fire at the outlet of
    their layer. Each synapse is an add and a compare, held or not, and a read of a weight where each has its own.
    """

    units = Derived(0)
    layer = Other(LeakyDelta)
    weights = Weights(1, None, key="w", doc="[1, 1], [1, sources] or [1, synapses]")
    projection = Option[Projection](check=Projection.of, doc="who reaches whom")

    phi = State.of(layer, "phi", writes=True)
    told = Integers.of(layer, "told", writes=True)
    ring = Integers.of(layer, "ring", writes=True)
    free = Integers.of(layer, "free", writes=True)
    clock = Integers.of(layer, "clock", writes=True)
    plan = Integers.of(layer, "plan")
    factors = State.of(layer, "factors")
    bar = Param.of(layer, "bar")
    lands = Param.of(layer, "lands")
    tau = Param.of(layer, "tau")
    begins = Integers(None, start=lambda module: module.projection.drawn.begins, doc="first synapse of each row")
    columns = Integers(None, start=columns_of, doc="column of its weight, -1 where each synapse has its own")
    targets = Indices(None, start=lambda module: module.projection.drawn.targets, doc="the unit of each synapse")
    parts = Integers(None, start=lambda module: module.projection.drawn.parts, doc="first row of each source")
    waits = Integers(None, start=lambda module: module.projection.drawn.waits, doc="ticks to each row")

    own_delays = Derived(lambda module: np.unique(module.projection.drawn.waits))
    n_in = Derived[int](lambda module: module.projection.sources)
    n_rows = Derived[int](lambda module: len(module.projection.drawn.begins) - 1)
    rows = Port(add_synapses, emits="layer.out", accepts="n_rows")
    n_delayed = Derived[int](lambda module: max(0, len(module.projection.drawn.parts) - 1))
    spikes = Port(send_parts, emits="axon", accepts="n_delayed")
    axon = Outlet(width="n_rows", passes_on=True)
    most = Derived(longest_row)
    membrane = None
    dtypes: ClassVar[tuple[str, ...]] = ("float64", "float32")

    def check(self) -> None:
        """The projection leads to the layer."""
        if self.projection.targets != self.layer.units:
            raise NetworkError(f"{self.projection} leads to a layer of {self.layer.units} units; wanted as many")

    def edges(self) -> tuple[NDArray[np.int64], NDArray[np.uint32], NDArray[Any], NDArray[np.int64]]:
        """Sources, targets, first weights and delays of all synapses, [synapses] each, in the order of the rows.

        Delays are those that differ from synapse to synapse; 0 where the wire to `rows` has the delay. A sparse matrix
        is `scipy.sparse.coo_array((weights, (sources, targets)), shape=(n_in, units))`.
        """
        drawn, w = self.projection.drawn, self.weights.array[0]
        row = np.repeat(np.arange(self.n_rows), np.diff(drawn.begins))
        column = self.integers["columns"][row]
        weights = w[np.where(column < 0, np.arange(len(row)) % len(w), column)]
        if not len(drawn.parts):
            return row, drawn.targets, weights, np.zeros(len(row), np.int64)
        source = np.repeat(np.arange(self.n_in), np.diff(drawn.parts))
        return source[row], drawn.targets, weights, drawn.waits[row]

    def config(self) -> dict[str, Any]:
        """The arguments that make this module again: of the projection what it is drawn by."""
        return super().config() | {"projection": self.projection.described()}


LeakyDelta.kind_of_synapses = DeltaSynapses
