"""A population is joined to a layer: synapses are drawn, added and wired."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np

from eventnet.connectivity.descriptions import Connectivity, of_matrix
from eventnet.connectivity.projection import Projection, drawn_again, drawn_by
from eventnet.connectivity.values import Distribution
from eventnet.errors import WiringError
from eventnet.given import check_delay
from eventnet.module import BoundOutlet, Module
from eventnet.wiring import outlet_of

OPTIONS = frozenset({"connectivity", "weight", "seed", "name", "plasticity"})
"""Options of `joined` that no wire takes."""


def joined(
    net: Any, source: BoundOutlet | Module, layer: Module, connectivity: Any = None, *, weight: Any = None,
    delay: Any = 0, seed: int | None = None, name: str | None = None, plasticity: Any = None,
) -> Module:  # fmt: skip
    """The synapses from a population to a layer, added to their network and wired: of the layer's kind.

    weight is a number, one a source [sources], one a synapse, or a distribution, `en.Normal(0.1, 0.01)`. delay is a
    number of ticks, one a synapse, or a distribution, rounded to whole ticks. One a synapse goes by the sequence of
    `en.Edges`, else of the rows. A sparse matrix of scipy, [sources, targets], stands for its edges and weights. All
    draws are by `seed`. plasticity: a rule of plasticity, `SparsePairStdp.given(a_plus=0.1, ...)`, which is
    added, too, as `NAME_stdp` or the like, and wired.

    Raises WiringError or NetworkError, before anything is added, for what cannot be, such as a layer that takes no
    connectivity; and for synapses that do not fit in memory, before they are made. A rule of plasticity raises its
    own errors only when the synapses are there.
    """
    outlet = outlet_of(source) if isinstance(source, Module) else source
    kind = layer.kind_of_synapses if isinstance(layer, Module) else None
    if not isinstance(outlet, BoundOutlet) or kind is None:
        raise WiringError(
            "a connectivity leads from an outlet to a LeakyDelta or another layer with sparse synapses, "
            f"not from {source!r} to {layer!r}"
        )
    for module in (outlet.module, layer):
        if not any(module is known for known in net.modules):
            raise WiringError(f"module {module.name!r} is not in this network: add it first")
    if not is_connectivity(connectivity):
        raise WiringError(f"the connectivity from {outlet} to {layer.name!r} is {_described(connectivity)}")
    if hasattr(connectivity, "tocoo"):
        connectivity, own = of_matrix(connectivity)
        weight = own if weight is None else weight
    if weight is None:
        raise WiringError(f"synapses from {outlet} to {layer.name!r} have no weight; wanted weight=")
    delays = delay if isinstance(delay, Distribution) or np.ndim(delay) else None
    if delays is None:
        check_delay(delay, outlet, layer.name)
    if plasticity is not None and not hasattr(plasticity, "attach"):
        raise WiringError(f"plasticity is {plasticity!r:.60}; wanted a rule's `given`: SparsePairStdp.given(...)")
    same = outlet.module is layer
    projection = Projection(connectivity, outlet.width, layer.units, same=same, seed=seed, delays=delays)
    name = name or _free_name(net, f"{outlet.module.name}_to_{layer.name}")
    given = projection.weights(weight, net.dtype, seed)
    first = given if plasticity is None else plasticity.first_weights(projection, given)
    block = net.weights(first, name)
    if first is given:
        block.drawn = drawn_by(weight, block.cols, seed)
    made: Module = net.add(kind(layer, block, projection=projection, name=name))
    if block.drawn is not None:
        block.let_go(partial(drawn_again, block.drawn, net.dtype))
    ends: Any = made
    if plasticity is not None:
        plasticity.attach(net, outlet, made, delay if delays is None else None, given)
    elif delays is None:
        net.connect(outlet, ends.rows, delay)
    else:
        net.connect(outlet, ends.spikes)
        net.connect(ends.axon, ends.rows)
    return made


def is_connectivity(given: Any) -> bool:
    """A description, or a sparse matrix of scipy, which stands for its edges and weights."""
    return isinstance(given, Connectivity) or (hasattr(given, "tocoo") and not isinstance(given, type))


def asks_for_synapses(target: Any, given: Any, options: Mapping[str, Any]) -> bool:
    """Whether synapses are meant where no connectivity is given: by options of theirs, or since no delay can be."""
    if not OPTIONS.isdisjoint(options):
        return True
    layer = isinstance(target, Module) and target.kind_of_synapses is not None
    return layer and given is not None and not isinstance(given, int | np.integer)


def _described(given: Any) -> str:
    """Words of an error: a thing that is no connectivity, what is wanted, and how the one becomes the other."""
    wanted = "wanted one like en.FixedInDegree(1000) or en.Edges(sources, targets), or a sparse matrix of scipy"
    if given is None:
        return f"not given; {wanted}"
    if isinstance(given, type) and issubclass(given, Connectivity):
        return f"the class {given.__name__}; wanted one of it: en.{given.__name__}(...)"
    if hasattr(given, "edges") and hasattr(given, "is_directed"):
        edges = "graph.edges()" if given.is_directed() else "graph.to_directed().edges()"
        return f"a {type(given).__name__}; {wanted}: of nodes numbered from 0, en.Edges(*np.array(list({edges})).T)"
    if isinstance(given, np.ndarray):
        shape = list(given.shape)
        return f"an array {shape}; {wanted}: of a dense matrix, en.AllToAll() with weight=matrix.ravel()"
    return f"{given!r:.60}; {wanted}"


def _free_name(net: Any, name: str) -> str:
    """The name, or with a number where it is taken."""
    taken, made, k = {each.name for each in (*net.modules, *net.blocks)}, name, 2
    while made in taken:
        made, k = f"{name}{k}", k + 1
    return made
