"""The running state of a network: the arrays that an engine owns and a run changes.

Arrays are aligned to 64 bytes and padded with zeros to 64 units, for the compiled helpers; everyone sees exact views.
"""

from __future__ import annotations

import operator
import sys
from collections import defaultdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventnet.engine.guarded import guarded
from eventnet.errors import NetworkError
from eventnet.given import amount_bits, convert, starting_arrays, starting_params, starting_weights
from eventnet.kernels.aligned import aligned, padded, padded_rows
from eventnet.kernels.prediction_heap import FROM_OUTLET, POSITION, TO_PORT, UNIT
from eventnet.kernels.records import NONE_LATER
from eventnet.module import BoundOutlet, BoundPort, Module, PythonModule
from eventnet.network import Network, predictions_of
from eventnet.rule import OWED, Rule
from eventnet.tally import N_COLUMNS, N_WITH_PRODUCTS


def _owner(array: NDArray[Any]) -> Any:
    """The object that holds an array's memory: each view of it keeps one reference to that."""
    return array if array.base is None else array.base


class Store:
    """Arrays of one run, by module and name; `tally` has shape [ports, 11], or [ports, 14] with amounts.

    bits   of a code that hold amounts; 0 in a network without
    owed   by module: what rows of its block are owed (`engine.owing`). lends  how often an array was lent
    check: rules are called plainly, and get views that refuse what lies outside of their arrays.
    """

    def __init__(self, net: Network, *, check: bool = False) -> None:
        self.net, self.check = net, check
        self.arrays: dict[tuple[str, str], NDArray[Any]] = {}
        self.params: dict[tuple[str, str], NDArray[Any]] = {}
        self.blocks = {b.name: padded_rows(starting_weights(b, net.dtype)) for b in net.blocks}
        self.lent: dict[tuple[str, str], tuple[NDArray[Any], int]] = {}
        self.lends = 0
        self.owed: dict[str, NDArray[np.int64]] = {}
        self.bits = amount_bits(net.ports(), net.outlets())
        columns = N_WITH_PRODUCTS if self.bits else N_COLUMNS
        self.tally = aligned(max(net.n_ports, 1) * columns, np.int64).reshape(-1, columns)
        self.slots, self.first_neuron = make_slots(net, self.bits)
        self.python = {m.name: m.copy_for_a_run() for m in net.modules if isinstance(m, PythonModule)}
        for m in net.modules:
            self.arrays |= {(m.name, name): padded(array) for name, array in starting_arrays(m, net.dtype).items()}
            self.params |= {(m.name, name): array for name, array in starting_params(m, net.dtype).items()}
            if net.dtype == "int32":
                _check_room(m)

    def find(self, module: Module, name: str) -> NDArray[Any]:
        """The array behind a name that a rule of `module` uses; a parameter has shape [1]."""
        if name in module.blocks:
            return self.blocks[module.blocks[name].name]
        if name in module.reads:
            return self.find(*module.reads[name])
        if name in module.indices:
            return module.indices[name]
        if name == OWED and module.name in self.owed:
            return self.owed[module.name]
        for table in (self.arrays, self.params):
            if (module.name, name) in table:
                return table[module.name, name]
        raise NetworkError(f"a rule of module {module.name!r} uses {name!r}, which the module does not declare")

    def lend(self, module: Module, name: str) -> NDArray[Any]:
        """The array behind a name, for somebody who may write into it: `check_lent` looks at it from then on."""
        array = self.find(module, name)
        self.lends += 1
        if array.dtype.kind == "f":
            self.lent.setdefault((module.name, name), (array, sys.getrefcount(_owner(array))))
        return array.view()

    def check_lent(self) -> None:
        """Raise NetworkError where NaN or infinity was written into an array that was lent.

        An array that nobody holds any more is looked at this once.
        """
        for (module, name), (array, held) in list(self.lent.items()):
            if not np.isfinite(array).all():
                convert(array, self.net.dtype, f"{name!r} of module {module!r}")  # which says where
            if sys.getrefcount(_owner(array)) <= held:
                del self.lent[module, name]

    def views(self, port: BoundPort, rule: Rule) -> list[Any]:
        """Arguments of a rule beyond the first five, in its order; what is read from another module is read-only."""
        found: list[Any] = []
        for name in rule.names:
            array = self.find(port.module, name)
            if name in rule.params:
                found.append(array[0])
                continue
            view = guarded(array, name) if self.check else array
            if name in port.module.reads and name not in port.module.shared_writes:
                view = view.view()
                view.flags.writeable = False
            found.append(view)
        return found


def _check_room(module: Module) -> None:
    """Refuse an int32 module whose largest weight, times the largest amount, leaves no room for a thousand.

    NumPy and Numba part past 2^31.
    """
    most = max((getattr(module, port).amounts for port in module.ports), default=1)
    step = int(np.max(module.params.get("step", module.state.get("step", 0))))
    for name, block in module.blocks.items():
        largest = int(np.abs(block.array.astype(np.int64)).max(initial=0)) * most + step
        if largest * 1000 >= 2**31:
            raise NetworkError(
                f"module {module.name!r}: weights {name!r} reach {largest:,}; an int32 network has room for 2,147,483"
            )


def rule_in_force(net: Network, port: BoundPort, coalesce: str | None) -> tuple[Rule | None, tuple[str, ...]]:
    """The rule that a port follows and the outlets it may use: its burst rule where the module coalesces."""
    chosen = coalesce or port.module.coalesce or net.coalesce
    if chosen == "burst" and port.port.burst is not None:
        return port.module.rule_of(port.port.burst), port.port.burst_emits
    return port.port.rule and port.module.rule_of(port.port.rule), port.port.emits


def emitted(port: BoundPort, emits: tuple[str, ...]) -> list[BoundOutlet]:
    """The outlets that a port emits at, in its own order: the module's own, or "other.out"."""
    return [operator.attrgetter(name)(port.module) for name in emits]


def make_slots(net: Network, bits: int) -> tuple[NDArray[np.int64], dict[str, int]]:
    """A slot for each neuron that may predict, [N, 8], and the number of each module's first; bits: of amounts."""
    outlets = {(o.module.name, o.name): k for k, o in enumerate(net.outlets())}
    rows: list[tuple[int, int, int]] = []
    first: dict[str, int] = {}
    for source, target in net.predictions():
        first[source.module.name] = len(rows)
        number = outlets[source.module.name, source.name]
        rows += [(int(target), number, unit << bits) for unit in range(source.width)]
    slots = np.zeros((len(rows), 8), dtype=np.int64)
    slots[:, POSITION] = -1
    slots[:, [TO_PORT, FROM_OUTLET, UNIT]] = np.array(rows, dtype=np.int64).reshape(-1, 3)
    return slots, first


def neurons_of(module: Module) -> int:
    """Number of units of a module that may predict."""
    return sum(source.width for source, _ in predictions_of(module))


def longest_delays(net: Network) -> defaultdict[tuple[str, str], int]:
    """The longest delay of the wires at each outlet, by names of module and outlet; -1 for one without wires.

    NONE_LATER for one that says `pending`: nothing sets out later there.
    """
    found: defaultdict[tuple[str, str], int] = defaultdict(lambda: -1)
    for wire in net.wires:
        key = wire.source.module.name, wire.source.name
        found[key] = NONE_LATER if wire.source.outlet.pending is not None else max(found[key], wire.delay)
    return found
