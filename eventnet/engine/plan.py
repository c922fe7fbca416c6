"""A network as flat arrays, the form in which the compiled loop reads it; all of it is fixed during a run."""

from __future__ import annotations

from typing import Annotated, Any, NamedTuple, get_type_hints

import numpy as np
from numba import types
from numba.extending import intrinsic
from numpy.typing import NDArray

from eventnet.engine.checked import not_compiled
from eventnet.engine.state import Store, aligned, neurons_of, reaches, rule_in_force
from eventnet.errors import NetworkError, RuleError
from eventnet.kernels import records as R
from eventnet.kernels.prediction_heap import TO_PORT
from eventnet.kernels.records import array_view
from eventnet.module import BoundPort, sends_of
from eventnet.network import Network
from eventnet.rule import Rule
from eventnet.tally import N_COLUMNS

ZERO_WIRE, DELAYED_WIRE, SETTLED_WIRE = range(3)
NO_OUTLET, SEVERAL_OUTLETS = -2, -1
NOT_COMPILED = -1

# Arrays that the loop sees, with what a view of one must know: its number type and its dimensions.
Ints = Annotated[NDArray[np.int64], types.int64, 1]
IntRows = Annotated[NDArray[np.int64], types.int64, 2]
Codes = Annotated[NDArray[np.int32], types.int32, 1]
CodeRows = Annotated[NDArray[np.int32], types.int32, 2]
Reals = Annotated[NDArray[np.float64], types.float64, 1]


class Plan(NamedTuple):
    """P ports, O outlets, W wires. Lists by outlet lie end to end: those of o at [start[o], start[o + 1])."""

    ports: IntRows  # [P, PORT_WORDS]: what a rule's run needs: see kernels
    address: Ints  # [P] compiled rule; 0: Python (a module, or a checked run); NOT_COMPILED: no wire leads to it
    single: Ints  # [P] the one outlet the port emits at, or NO_OUTLET, SEVERAL_OUTLETS
    emit_start: Ints  # [P + 1]
    emit_outlet: Ints  # outlets of each port, in the port's own order
    most: Ints  # [P] spikes one reaction may make
    fan: Ints  # [P] wires of the busiest outlet it emits at
    stop: Ints  # [P] 1 where it emits over a zero-delay wire
    plain: Ints  # [P] 1 where it has at most one outlet, and that has zero-delay wires only
    rank: Ints  # [P] topological rank of its module
    zero_start: Ints  # [O + 1]
    zero_port: Ints  # zero-delay wires in binding order
    wire_start: Ints  # [O + 1]
    wire_port: Ints  # every wire, in binding order
    wire_kind: Ints
    wire_delay: Ints
    wire_line: Ints  # its delay line, or -1
    wire_number: Ints  # its number in the network
    lone: Ints  # [O] 1 for a layer's notices to itself: they never annihilate
    line_delay: Ints  # [L] falling: at one time, the longest delay was filled earliest


def address_of(store: Store, port: BoundPort, rule: Rule, emits: tuple[str, ...]) -> int:
    """The address of a rule's compiled run, where its port emits at those outlets; RuleError if it does not compile."""
    try:
        return rule.address(store.net.dtype, sends_of(port.module, emits))
    except RuleError as error:
        raise not_compiled(store, port, rule, error) from None


def make_plan(net: Network, store: Store, coalesce: str | None, output: str | None = None) -> Plan:
    """Flatten a network; addresses point into `store`, whose arrays must outlive the plan. output: see `end_ports`."""
    ports = list(net.ports())
    outlets = list(net.outlets())
    outlet_of = {(o.module.name, o.name): k for k, o in enumerate(outlets)}
    rows = aligned(max(len(ports), 1) * R.PORT_WORDS, np.int64).reshape(-1, R.PORT_WORDS)
    delays = sorted({w.delay for w in net.wires if w.delay}, reverse=True)
    by_outlet: list[list[tuple[int, Any]]] = [[] for _ in outlets]
    for number, wire in enumerate(net.wires):
        by_outlet[outlet_of[wire.source.module.name, wire.source.name]].append((number, wire))
    kinds = [[_kind(w) for _, w in wires] for wires in by_outlet]
    ranks = net.ranks()

    most = {module.name: module.most_spikes() for module in net.modules}
    reached = {int(w.target) for w in net.wires} | set(store.slots[:, TO_PORT].tolist())
    address, emitted, ends = [], [], net.end_ports(output)
    for k, port in enumerate(ports):
        rule, emits = rule_in_force(net, port, coalesce)
        if len(emits) > R.MAX_OUTLETS:
            raise NetworkError(f"port {port} emits at {len(emits)} outlets; at most {R.MAX_OUTLETS} are possible")
        emitted.append([outlet_of[port.module.name, e] for e in emits])
        rows[k, R.TALLY] = store.tally[k].ctypes.data
        rows[k, R.MOST] = most[port.module.name]
        rows[k, R.OUTLETS] = len(emits)
        rows[k, R.IS_END] = k in ends
        rows[k, R.NOTICED] = sum(port.module.outlets[e].notice << bit for bit, e in enumerate(emits))
        rows[k, R.FIRST_NEURON] = store.first_neuron.get(port.module.name, 0)
        rows[k, R.N_NEURONS] = neurons_of(net, port.module)
        rows[k, R.WIDTHS : R.WIDTHS + len(emits)] = [getattr(port.module, e).width for e in emits]
        rows[k, R.REACH : R.REACH + len(emits)] = reaches(net, port, emits)
        if rule is None or store.check:
            address.append(0)
        else:
            address.append(address_of(store, port, rule, emits) if k in reached else NOT_COMPILED)
        for m, name in enumerate(() if rule is None else rule.names):
            array = store.find(port.module, name)
            stride = array.strides[0] // array.itemsize if array.ndim == 2 else 0
            cols = array.shape[1] if array.ndim == 2 else 0
            rows[k, R.ARRAYS + 4 * m : R.ARRAYS + 4 * m + 4] = array.ctypes.data, array.shape[0], cols, stride

    zero = [[int(w.target) for (_, w), kind in zip(by_outlet[o], kinds[o], strict=True) if kind == ZERO_WIRE]
            for o in range(len(outlets))]  # fmt: skip
    single = [e[0] if len(e) == 1 else (SEVERAL_OUTLETS if e else NO_OUTLET) for e in emitted]
    wires = [pair for pairs in by_outlet for pair in pairs]
    return Plan(
        ports=rows,
        address=_ints(address),
        single=_ints(single),
        emit_start=_starts(emitted),
        emit_outlet=_ints(o for e in emitted for o in e),
        most=_ints(most[port.module.name] for port in ports),
        fan=_ints(max((len(by_outlet[o]) for o in e), default=0) for e in emitted),
        stop=_ints(any(zero[o] for o in e) for e in emitted),
        plain=_ints(len(e) <= 1 and all(kind == ZERO_WIRE for o in e for kind in kinds[o]) for e in emitted),
        rank=_ints(ranks[port.module.name] for port in ports),
        zero_start=_starts(zero),
        zero_port=_ints(p for z in zero for p in z),
        wire_start=_starts(by_outlet),
        wire_port=_ints(int(w.target) for _, w in wires),
        wire_kind=_ints(_kind(w) for _, w in wires),
        wire_delay=_ints(w.delay for _, w in wires),
        wire_line=_ints(delays.index(w.delay) if w.delay else -1 for _, w in wires),
        wire_number=_ints(number for number, _ in wires),
        lone=_ints(o.outlet.settles is not None for o in outlets),
        line_delay=_ints(delays),
    )


def table_of(arrays: NamedTuple) -> Ints:
    """Address and shape of each array of a NamedTuple, [n, 3]: what the loop makes its views of.

    The loop would count a reference at every use of an array that it was handed as one (ten times slower depth-first).
    """
    return np.array([table_row(a) for a in arrays], dtype=np.int64)


def table_row(array: Any) -> tuple[int, int, int]:
    """Address and shape of one array."""
    return array.ctypes.data, array.shape[0], array.shape[1] if array.ndim == 2 else 0


def views_of(tables: type[NamedTuple]) -> Any:
    """An intrinsic (table): the arrays of `table_of`, as the fields of such a NamedTuple are annotated.

    One piece of code for all of them: as many calls took a second to compile.
    """
    kinds = [types.Array(*hint.__metadata__, "C") for hint in get_type_hints(tables, include_extras=True).values()]
    tuple_type = types.NamedTuple(kinds, tables)

    @intrinsic
    def views(typingctx: Any, table: Any) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            entries = context.make_array(signature.args[0])(context, builder, args[0]).data
            made = []
            for k, kind in enumerate(kinds):
                address, rows, columns = (
                    builder.load(builder.gep(entries, [context.get_constant(types.intp, 3 * k + n)])) for n in range(3)
                )
                shape = [rows, columns][: kind.ndim]
                made.append(array_view(context, builder, kind, address, shape, [*shape[1:], 1]))
            return context.make_tuple(builder, tuple_type, made)

        return tuple_type(table), codegen

    return views


plan_views = views_of(Plan)
"""The plan of a table, inside the compiled loop."""


def _kind(wire: Any) -> int:
    return SETTLED_WIRE if wire.settled else DELAYED_WIRE if wire.delay else ZERO_WIRE


def _ints(values: Any) -> Ints:
    return np.array(list(values), dtype=np.int64)


def _starts(lists: Any) -> Ints:
    return np.concatenate([[0], np.cumsum([len(x) for x in lists])]).astype(np.int64)


__all__ = [
    "DELAYED_WIRE",
    "NOT_COMPILED",
    "NO_OUTLET",
    "N_COLUMNS",
    "SETTLED_WIRE",
    "SEVERAL_OUTLETS",
    "ZERO_WIRE",
    "Plan",
    "make_plan",
]
