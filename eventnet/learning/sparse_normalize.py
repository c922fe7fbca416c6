"""Weight normalisation of sparse synapses: those of every unit are scaled to a given sum, and every add is counted.

`Normalize`, with the synapses of a unit for a column. The sizes of weights are added up synapse by synapse, in the
order of the rows, so that on `AllToAll` the weights are the same to the last bit.
"""

from __future__ import annotations

from typing import Any, ClassVar

from eventnet.connectivity import Projection
from eventnet.declarations import Derived, Indices, Other, Param, State, Weights
from eventnet.learning.dependence import check_positive
from eventnet.learning.on_synapses import check_one_each, check_synapses
from eventnet.module import Module, Port
from eventnet.rule import rule
from eventnet.tally import LEARNING_ADDS, MULTIPLIES, READS, WRITES


@rule
def normalize_units(i, s, t, out, tally, sums, unit_of, w, total):
    """Scale the weights of every unit to the sum `total`, unless all are 0; `sums` holds the factors then."""
    synapses, scaled = len(unit_of), 0
    for j in range(len(sums)):
        sums[j] = 0
    for k in range(synapses):
        sums[unit_of[k]] += abs(w[0, k])
    for j in range(len(sums)):
        if sums[j] > 0:
            sums[j] = total / sums[j]
            scaled += 1
        else:
            sums[j] = 1
    for k in range(synapses):
        w[0, k] *= sums[unit_of[k]]
    tally[LEARNING_ADDS] += synapses
    tally[MULTIPLIES] += synapses + scaled
    tally[READS] += 2 * synapses
    tally[WRITES] += synapses


class SparseNormalize(Module):
    """Scales the weights of sparse synapses so that the sizes of those of every unit sum up to `total`.

    A spike at `apply` does so for all units that these synapses reach, each set of synapses by itself; those whose
    weights are all 0 stay. It costs an add, a multiplication, two reads and a write a synapse, and a division a unit
    (Diehl and Cook 2015). Bounds of a plasticity rule are not looked at.
    """

    weights = Weights(1, None, key="w", doc="[1, synapses]: those that the synapses read, one a synapse")
    synapses: Other[Any] = Other(Module, doc="whose weights they are; `Network.connect` makes them")
    total = Param(check=check_positive, doc="sum of the sizes of the weights of a unit's synapses")
    projection = Derived[Projection](lambda module: module.synapses.projection)
    units = Derived[int](lambda module: module.projection.targets)
    sums = State()
    unit_of = Indices(None, start=lambda module: module.projection.drawn.targets, doc="unit of each synapse")
    apply = Port(normalize_units, accepts=1)

    dtypes: ClassVar[tuple[str, ...]] = ("float64", "float32")

    def check(self) -> None:
        """Each synapse has a weight of its own."""
        check_synapses(self.synapses)
        check_one_each(self, len(self.projection.drawn.targets))
