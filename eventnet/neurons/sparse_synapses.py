"""Synapses of a sparse projection: rows of targets and weights, which a layer's kind of synapses adds to its units.

The weights are one for all synapses, one a source, or one a synapse. If delays differ from synapse to synapse each
row is cut into parts of one delay: a spike then sends one delivery for each part that there is, and none for others.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from eventnet.connectivity import Projection
from eventnet.declarations import Derived, FixedIntegers, Indices, Option, Weights
from eventnet.errors import NetworkError
from eventnet.kernels.fetch import fetch, fetch_word
from eventnet.module import Module, Outlet, Port
from eventnet.rule import rule


def fetch_row(i: int, later: int, begins: Any, columns: Any, targets: Any) -> None:
    """Ask the memory for the targets of row i, and for where those of a later row are to be found."""
    fetch_word(begins, later)
    fetch_word(columns, later)
    fetch(targets, begins[i], begins[i + 1])


@rule
def send_parts(i, s, t, out, tally, parts, waits):
    """A spike of source i sets out to each of its rows, later by the delay of that row."""
    for r in range(parts[i], parts[i + 1]):
        out.later(r, s, 0, waits[r])


def longest_row(module: SparseSynapses) -> int:
    """Spikes that a reaction makes at most: one an event of the longest row, or the rows of one source."""
    drawn = module.projection.drawn
    return max(1, *(int(np.diff(starts).max(initial=1)) for starts in (drawn.begins, drawn.parts)))


def columns_of(module: SparseSynapses) -> Any:
    """For each row the column of its weight."""
    return module.projection.columns(module.weights.cols)


class SparseSynapses(Module):
    """Synapses from the `sources` of a projection to the units of a layer; `Network.connect` makes them.

    A class of them declares its `layer`, what of it the rule of `rows` writes, and that port, which adds one row at a
    delivery. If each source is a row, its spikes come there by a wire that has the delay. If delays differ,
    spikes come to `spikes`, and `axon` leads from there to the rows.
    """

    layer: Any
    units = Derived(0)
    weights = Weights(1, None, key="w", doc="[1, 1], [1, sources] or [1, synapses]")
    projection = Option[Projection](check=Projection.of, doc="who reaches whom")
    # Rows are those of the projection, since short ones take as much memory as weights.
    begins = FixedIntegers(None, start=lambda module: module.projection.drawn.begins, doc="first synapse of each row")
    columns = FixedIntegers(None, start=columns_of, doc="column of its weight, -1 where each synapse has its own")
    targets = Indices(None, start=lambda module: module.projection.drawn.targets, doc="the unit of each synapse")
    parts = FixedIntegers(None, start=lambda module: module.projection.drawn.parts, doc="first row of each source")
    waits = FixedIntegers(None, start=lambda module: module.projection.drawn.waits, doc="ticks to each row")

    own_delays = Derived(lambda module: np.unique(module.projection.drawn.waits))
    n_in = Derived[int](lambda module: module.projection.sources)
    n_rows = Derived[int](lambda module: len(module.projection.drawn.begins) - 1)
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
        self.weights.sparse = True

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
