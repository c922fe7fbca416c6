"""Modules of a network that several threads can work at, and each thread's part of them.

A rule says by its `parts` that the units it moves can be split into ranges. All that is not split one thread takes, in
the ordinary loop. That what is found does not depend on the split needs three things, which are checked here: nothing
else reads or writes units that are split; every row goes up by target, so that spikes of the parts one behind the other
are in the order of the whole row; and whatever leads to a port that is split takes a tick or more, since a delivery is
worked at before those of the other parts are known.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventnet.engine.state import Store
from eventnet.errors import EngineError
from eventnet.kernels.compiling import compiled
from eventnet.kernels.part_notes import SplitRule
from eventnet.module import BoundPort, Module, PythonModule
from eventnet.network import Network, Wire
from eventnet.rule import Rule

MOST_TICKS = 1024
"""The longest window."""


@dataclass
class SplitPort:
    """A port that is split: its rules, and what each part has in place of its arrays."""

    port: BoundPort
    rule: Rule
    parts: SplitRule
    layer: Module
    arrays: list[dict[str, NDArray[Any]]] = field(default_factory=list)
    begins: list[int] = field(default_factory=list)
    again: NDArray[np.int64] | None = None

    def repeats(self) -> tuple[int, int]:
        """After how many ticks it sends to itself, and before when; 0 ticks: never."""
        if self.again is None or self.parts.again is None:
            return 0, 0
        _, every, until = self.parts.again
        return int(self.again[every]), int(self.again[until])


@dataclass
class Split:
    """A split network: its ports, the layers' arrays and those of their parts, and the ticks of a window."""

    ports: dict[int, SplitPort]
    layers: list[tuple[SplitRule, dict[str, NDArray[Any]], list[dict[str, NDArray[Any]]]]]
    window: int

    def take_over(self) -> None:
        """Parts begin as their layers are now."""
        for parts, whole, own in self.layers:
            for part in own:
                parts.take_over(whole, part)


def split(net: Network, store: Store, rules: list[tuple[Rule | None, tuple[str, ...]]], n: int) -> Split:
    """Split a network for n threads. Raises EngineError for one that cannot be split, and says why."""
    _refuse_whole(net, store)
    found: dict[int, SplitPort] = {}
    ports = list(net.ports())
    for number, (port, (rule, _)) in enumerate(zip(ports, rules, strict=True)):
        if rule is not None and rule.of.parts is not None:
            module: Any = port.module
            found[number] = SplitPort(port, rule, rule.of.parts, module.layer)
    if not found:
        raise EngineError(
            "threads= needs a layer that can be split, LeakyDelta with delta synapses or a Poisson drive; this network "
            "has none"
        )
    used = {}
    for one in found.values():
        for name, array in _arrays(store, one.port, one.rule):
            used[array.ctypes.data] = one.layer if name in one.parts.names else one.port.module
    for number, (port, (rule, _)) in enumerate(zip(ports, rules, strict=True)):
        if rule is not None and number not in found:
            _refuse_other(store, port, rule, used)
    window = _window(net, found)
    layers = {}
    for one in found.values():
        bounds = [one.layer.units * k // n for k in range(n + 1)]
        if one.layer.name not in layers:
            whole = {name: store.find(one.layer, name) for name in one.parts.names}
            own = [one.parts.of_layer(whole, a, b) for a, b in zip(bounds, bounds[1:], strict=False)]
            layers[one.layer.name] = one.parts, whole, own
        one.begins, one.arrays = bounds[:-1], [dict(part) for part in layers[one.layer.name][2]]
        _add_own(one, store, bounds)
    return Split(found, list(layers.values()), window)


def _refuse_whole(net: Network, store: Store) -> None:
    for module in net.modules:
        if isinstance(module, PythonModule):
            raise EngineError(
                f"threads= cannot be had with module {module.name!r}, which is plain Python and may hand over inputs"
            )
    if len(store.slots):
        raise EngineError(
            f"threads= cannot be had where spikes are predicted, as of {next(iter(store.first_neuron))!r}"
        )
    if store.bits:
        raise EngineError("threads= cannot be had where spikes carry amounts")
    if store.check:
        raise EngineError("threads= cannot be had with check=True, which calls rules plainly")


def _refuse_other(store: Store, port: BoundPort, rule: Rule, used: dict[int, Module]) -> None:
    """Refuse what shares an array with what is split, and is not split itself: one of them may write it."""
    module = port.module
    for name, array in _arrays(store, port, rule):
        if array.ctypes.data in used:
            raise EngineError(
                f"threads= cannot be had with {type(module).__name__} {module.name!r}, which shares {name!r} with "
                f"{used[array.ctypes.data].name!r}: only plain DeltaSynapses and PoissonDrive are split"
            )


def _arrays(store: Store, port: BoundPort, rule: Rule) -> list[tuple[str, NDArray[Any]]]:
    """The arrays that a rule uses, by name; what is never written and what is empty left out."""
    names = [name for name in rule.names if name not in rule.indices and name not in rule.params]
    found = [(name, store.find(port.module, name)) for name in names]
    return [(name, array) for name, array in found if array.size]


def _window(net: Network, found: dict[int, SplitPort]) -> int:
    """The smallest delay to a port that is split, but for what it sends to itself. Raises EngineError for none."""
    window = MOST_TICKS
    for wire in net.wires:
        if int(wire.target) not in found or _is_own(wire):
            continue
        said = getattr(wire.source.module, "own_delays", None) if wire.source.outlet.passes_on else None
        if said is not None and not np.size(said):
            continue  # no synapse, no spike
        delay = wire.delay + (0 if said is None else int(np.min(said)))
        if delay < 1 or wire.settled:
            raise EngineError(
                f"threads= needs a delay of a tick or more on every wire to what is split; the one from {wire.source} "
                f"to {wire.target} has {'none' if said is None else 'synapses without'}"
            )
        window = min(window, delay)
    return window


def _is_own(wire: Wire) -> bool:
    return wire.source.outlet.repeats is not None and wire.source.module is wire.target.module


def _add_own(one: SplitPort, store: Store, bounds: list[int]) -> None:
    """Add each part's arrays for this port: of synapses, the places of its targets in each row; of a drive, none."""
    module = one.port.module
    if one.parts.again is not None:
        one.again = store.find(module, one.parts.again[0])
        return
    begins, targets = store.find(module, "begins"), store.find(module, "targets")
    cuts = np.zeros((len(bounds) - 1, 3 * (len(begins) - 1)), np.int64)
    row = cut_rows(begins, targets, np.array(bounds[1:-1], dtype=np.int64), cuts)
    if row >= 0:
        raise EngineError(
            f"threads= needs rows that go up by target; row {row} of {module.name!r} does not: hand over its edges "
            "sorted by target"
        )
    for part, own in zip(one.arrays, cuts, strict=True):
        part["cuts"] = own


@compiled(nogil=True, error_model="numpy")
def cut_rows(begins, targets, bounds, cuts):
    """Write for each part and row its first and last synapse and how many the row has; a row that is not sorted, or -1.

    bounds: the first unit of each part but the first.
    """
    for i in range(len(begins) - 1):
        k, last = begins[i], begins[i + 1]
        for p in range(len(cuts)):
            cuts[p, 3 * i] = k
            end = bounds[p] if p < len(bounds) else 0
            while k < last and (p == len(bounds) or targets[k] < end):
                if k > begins[i] and targets[k] < targets[k - 1]:
                    return i
                k += 1
            cuts[p, 3 * i + 1], cuts[p, 3 * i + 2] = k, last - begins[i]
    return -1
