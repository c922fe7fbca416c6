"""Plasticity of sparse synapses: modules in the way of spikes to their rows, which change weights before they are read.

    source --delay--> pre, out --> rows of the synapses          a spike walks its row, and is then sent on
    layer ----------> post                                       a spike of a unit walks its column

A row is what one source reaches at one delay, a column what reaches one unit. Rows lie side by side; of a column the
numbers of its synapses are listed, 4 bytes each.

The place of a delay says when a synapse hears of its unit. delays="axonal": a spike takes it on the way to the synapse,
and the unit's own spikes are there at once. delays="dendritic" (`stdp_synapse` of NEST): the synapse hears its source
at once and its unit a delay later, and passes the weight of that moment on. A synapse sees the same differences, and
passes the same weights on, if all is one delay later: it then hears its source a delay late and its unit two. So it is
done, and a weight in the state of a run is what NEST's will be when it next looks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from eventnet.connectivity import Projection
from eventnet.connectivity.descriptions import check_memory
from eventnet.declarations import Derived, Indices, Integers, Option, Other, Weights
from eventnet.errors import NetworkError
from eventnet.kernels.columns_listed import by_column, guide_to_rows
from eventnet.module import BoundOutlet, Module, Outlet, Port
from eventnet.neurons.sparse_synapses import send_parts

LONGEST = 2**60
"""Dendritic delays are below this, since their spikes wait for two."""


# --- what Network.connect is told ------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Plastic:
    """A rule for sparse synapses with its options, made by `given`: `net.connect(..., plasticity=...)` adds it."""

    kind: type[OnSynapses]
    options: Mapping[str, Any] = field(default_factory=dict)

    def first_weights(self, projection: Projection, given: NDArray[Any]) -> NDArray[Any]:
        """The block that synapses read, where these weights are given."""
        return self.kind.first_weights(projection, given, self.options)

    def attach(self, net: Any, source: BoundOutlet, synapses: Any, delay: int | None, given: NDArray[Any]) -> Module:
        """Add the rule to a network and wire it. delay: of all synapses; None where they have their own.

        given: weights as they were asked for.
        """
        name = f"{synapses.name}_{self.kind.suffix}"
        block = self.kind.own_block(net, synapses, given, name, self.options)
        made: OnSynapses = net.add(self.kind(block, synapses, name=name, **self.options))
        ends: Any = made
        if delay is None:
            net.connect(source, synapses.spikes)
            net.connect(synapses.axon, ends.pre)
        else:
            net.connect(source, ends.pre, delay)
        net.connect(ends.out, synapses.rows)
        made.hear(net, delay)
        return made


def each_synapse(projection: Projection, given: NDArray[Any]) -> NDArray[Any]:
    """Weights [1, 1], [1, sources] or [1, synapses] as a block of one a synapse."""
    n = len(projection.drawn.targets)
    if n in (0, given.shape[1]):
        return given
    check_memory(projection.connectivity, n, 2 * given.itemsize)
    columns = projection.columns(given.shape[1])
    return np.repeat(given[0][columns], np.diff(projection.drawn.begins))[None, :]


class OnSynapses(Module):
    """Base of rules for sparse synapses: spikes come to `pre`, row by row, and go on at `out`."""

    suffix: ClassVar[str] = "plasticity"

    weights = Weights(1, None, key="w", doc="[1, synapses]: those that the synapses read, or tags")
    synapses: Other[Any] = Other(Module, doc="whose rows and weights they are; `Network.connect` makes them")
    units = Derived(0)
    n_in = Derived[int](lambda module: len(module.projection.drawn.begins) - 1)
    projection = Derived[Projection](lambda module: module.synapses.projection)
    begins = Integers(None, start=lambda module: module.projection.drawn.begins, doc="first synapse of each row")
    out = Outlet(width="n_in", passes_on=True)
    membrane = None
    dtypes: ClassVar[tuple[str, ...]] = ("float64", "float32")

    @classmethod
    def given(cls, **options: Any) -> Plastic:
        """This rule with these options: `net.connect(a, b, ..., plasticity=Rule.given(...))` adds and wires it."""
        return Plastic(cls, options)

    @classmethod
    def first_weights(
        cls, projection: Projection, given: NDArray[Any], options: Mapping[str, Any]
    ) -> NDArray[Any]:  # fmt: skip
        """The block that synapses read: one a synapse."""
        return each_synapse(projection, given)

    @classmethod
    def own_block(
        cls, net: Any, synapses: Any, given: NDArray[Any], name: str, options: Mapping[str, Any]
    ) -> Any:  # fmt: skip
        """The block that the rule writes: that of the synapses; with a `memory` one of tags, which begin at 0."""
        if options.get("memory") is None:
            return synapses.weights
        return net.weights(np.zeros_like(synapses.weights.array), name)

    def hear(self, net: Any, delay: int | None) -> None:
        """Wire what else the rule hears."""

    def check(self) -> None:
        """Synapses have rows, and the weights are as many as they are."""
        super().check()
        check_synapses(self.synapses)
        self.check_weights(len(self.projection.drawn.targets), self.weights.cols)
        self.weights.sparse = True

    def check_weights(self, synapses: int, found: int) -> None:
        """Raise NetworkError unless each synapse has a weight of its own."""
        check_one_each(self, synapses)


def check_synapses(synapses: Any) -> None:
    """Raises NetworkError for a module that is no sparse synapses."""
    if not isinstance(getattr(synapses, "projection", None), Projection):
        raise NetworkError(f"synapses is {synapses!r}; wanted sparse synapses: Network.connect makes them")


def check_one_each(module: Any, synapses: int) -> None:
    """Raises NetworkError unless each of so many synapses has a word of a module's weights of its own."""
    if max(1, synapses) != module.weights.cols:
        raise NetworkError(
            f"{type(module).__name__} has {synapses:,} synapses, but weights for {module.weights.cols:,}: "
            f"{module.weights!r}; wanted one a synapse, as Network.connect makes them with plasticity="
        )


# --- rules that hear both sides --------------------------------------------------------------------------------------
class ListedColumns(NamedTuple):
    """Synapses by column: one for each unit, or where dendrites delay one for each delay of a unit."""

    of: NDArray[np.uint32]  # [synapses] column of each
    begins: NDArray[np.int64]  # [columns + 1]
    listed: NDArray[np.uint32]  # [synapses] numbers of those of each column
    parts: NDArray[np.int64]  # [units + 1] columns of each unit; [0] where a unit is a column
    waits: NDArray[np.int64]  # [columns] ticks from a unit's spike to its column; [0] likewise


def columns_of(module: BothSides) -> ListedColumns:
    """The columns. Raises NetworkError, before anything is allocated, for what does not fit in memory."""
    projection, none = module.projection, np.zeros(0, np.int64)
    drawn, units = projection.drawn, projection.targets
    apart = module.delays == "dendritic" and len(drawn.parts) > 0
    check_memory(module.synapses, len(drawn.targets), 44 if apart else 4)
    if not apart:
        return ListedColumns(drawn.targets, *by_column(drawn.targets, units), none, none)
    ticks, kinds = np.unique(drawn.waits, return_inverse=True)
    keys = drawn.targets.astype(np.int64) * len(ticks) + np.repeat(kinds, np.diff(drawn.begins))
    found, column = np.unique(keys, return_inverse=True)
    of = column.astype(np.uint32)
    parts = np.searchsorted(found // len(ticks), np.arange(units + 1))
    return ListedColumns(of, *by_column(of, len(found)), parts.astype(np.int64), 2 * ticks[found % len(ticks)])


def check_delays(given: Any, what: str) -> Any:
    """The place of delays, 'axonal' or 'dendritic'. Raises NetworkError for anything else."""
    if given not in ("axonal", "dendritic"):
        raise NetworkError(f"{what} is {given!r}; wanted 'axonal' or 'dendritic'")
    return given


class BothSides(OnSynapses):
    """Base of rules that hear sources and units: those of units come to `post`, column by column.

    If dendrites delay by synapse they come to `back`, and `dendrite` leads from there to the columns.
    """

    delays = Option[Literal["axonal", "dendritic"]](
        "axonal", check=check_delays,
        doc="'axonal': a unit's spike is at its synapses at once; 'dendritic': a delay later, as in NEST",
    )  # fmt: skip
    columns = Derived[ListedColumns](columns_of)
    n_out = Derived[int](lambda module: len(module.columns.begins) - 1)
    guided = Derived(lambda module: guide_to_rows(module.projection.drawn.begins))
    column_of = Indices(None, start=lambda module: module.columns.of, doc="column of each synapse")
    heads = Integers(None, start=lambda module: module.columns.begins, doc="first of each column in `listed`")
    listed = Indices(None, start=lambda module: module.columns.listed, doc="synapses of each column")
    guide = Indices(None, start=lambda module: module.guided[1], doc="row of every 2^shift-th synapse")
    parts = Integers(None, start=lambda module: module.columns.parts, doc="first column of each unit")
    waits = Integers(None, start=lambda module: module.columns.waits, doc="ticks to each column")
    own_delays = Derived(lambda module: np.unique(module.columns.waits))
    n_delayed = Derived[int](lambda module: max(0, len(module.columns.parts) - 1))
    back = Port(send_parts, emits="dendrite", accepts="n_delayed")
    dendrite = Outlet(width="n_out", passes_on=True)
    most = Derived[int](lambda module: max(1, int(np.diff(module.columns.parts).max(initial=1))))

    def check(self) -> None:
        """Twice a dendritic delay is a time."""
        super().check()
        if self.delays == "dendritic" and self.projection.drawn.waits.max(initial=0) >= LONGEST:
            raise NetworkError("dendritic delays are 2^60 ticks or more; wanted less: spikes wait for two")

    def hear(self, net: Any, delay: int | None) -> None:
        """The spikes of the units."""
        made: Any = self
        layer, dendritic = made.synapses.layer, made.delays == "dendritic"
        if delay is not None:
            net.connect(layer.out, made.post, 2 * delay if dendritic else 0)
        elif dendritic:
            net.connect(layer.out, made.back)
            net.connect(made.dendrite, made.post)
        else:
            net.connect(layer.out, made.post)
