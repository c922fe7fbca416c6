"""Flat arrays of the compiled loop: a network's plan, which is fixed during a run, and its queue.

The queue's arrays grow where they must: Python makes larger ones when the loop asks for them.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Iterable
from typing import Annotated, Any, NamedTuple, get_type_hints

import numpy as np
from numba import int64, types
from numba.extending import intrinsic
from numpy.typing import NDArray

from eventnet.declared_classes import sends_of
from eventnet.engine.checked import not_compiled
from eventnet.engine.delay_lines import empty_tree, find_lines
from eventnet.engine.ring import CHUNK, NEWEST, NO_TICKS, OLDEST, RING_WORDS, RUN, SENDING
from eventnet.engine.state import Store, emitted, longest_delays, neurons_of
from eventnet.errors import NetworkError, RuleError
from eventnet.kernels import records as R
from eventnet.kernels.aligned import aligned
from eventnet.kernels.prediction_heap import TO_PORT
from eventnet.kernels.records import array_view, inner
from eventnet.module import BoundOutlet, BoundPort, Module
from eventnet.network import Network
from eventnet.rule import Rule

ZERO_WIRE, DELAYED_WIRE, SETTLED_WIRE = range(3)
NO_OUTLET, SEVERAL_OUTLETS = -2, -1
NOT_COMPILED = -1

# Arrays that the loop sees, with what a view of one must know: its number type and its dimensions.
Ints = Annotated[NDArray[np.int64], types.int64, 1]
IntRows = Annotated[NDArray[np.int64], types.int64, 2]
Codes = Annotated[NDArray[np.int32], types.int32, 1]
CodeRows = Annotated[NDArray[np.int32], types.int32, 2]
Reals = Annotated[NDArray[np.float64], types.float64, 1]


# --- the plan ---
class Plan(NamedTuple):
    """P ports, O outlets, W wires. Lists by outlet lie end to end: those of o at [start[o], start[o + 1])."""

    ports: IntRows  # [P, PORT_WORDS]: what a rule's run needs: see kernels
    address: Ints  # [P] compiled rule; 0: Python (a module, or a checked run); NOT_COMPILED: no wire leads to it
    single: Ints  # [P] the one outlet the port emits at, or NO_OUTLET, SEVERAL_OUTLETS
    emit_start: Ints  # [P + 1]
    emit_outlet: Ints  # outlets of each port, in the port's own order
    most: Ints  # [P] spikes one reaction may make
    fan: Ints  # [P] wires of the busiest outlet it emits at
    line_fan: Ints  # [P] wires of one delay, of the outlet it emits at that has most of them
    stop: Ints  # [P] 1 where it emits over a zero-delay wire
    plain: Ints  # [P] 1 where it has at most one outlet, and that has zero-delay wires only
    rank: Ints  # [P] topological rank of its module
    zero_start: Ints  # [O + 1]
    zero_port: Ints  # zero-delay wires in binding order
    wire_start: Ints  # [O + 1]
    wire_source: Ints  # the outlet of every wire, in binding order
    wire_port: Ints  # and its port
    wire_kind: Ints
    wire_delay: Ints
    wire_line: Ints  # its delay line, or -1
    wire_number: Ints  # its number in the network
    lone: Ints  # [O] 1 for a layer's notices to itself: they never annihilate
    line_delay: Ints  # [L] falling: at one time, the longest delay was filled earliest
    looks: Ints  # [O] place of the first unit of an outlet that says `pending`, or -1


def address_of(store: Store, port: BoundPort, rule: Rule, emits: tuple[str, ...]) -> int:
    """The address of a rule's compiled run, where its port emits at those outlets; RuleError if it does not compile."""
    try:
        return rule.address(store.net.dtype, sends_of(port.module, emits), store.bits > 0)
    except RuleError as error:
        raise not_compiled(store, port, rule, error) from None


def make_plan(
    net: Network, store: Store, rules: list[tuple[Rule | None, tuple[str, ...]]], output: str | None = None
) -> Plan:
    """Flatten a network; addresses point into `store`, whose arrays must outlive the plan.

    rules: by port, with the outlets that each may use. output: see `end_ports`.
    """
    ports, outlets = list(net.ports()), list(net.outlets())
    outlet_of = {(o.module.name, o.name): k for k, o in enumerate(outlets)}
    source, target, delay, settled = _wire_columns(net, outlet_of)
    reached = {*target.tolist(), *store.slots[:, TO_PORT].tolist()}
    for port, (_, emits) in zip(ports, rules, strict=True):
        if len(emits) > R.MAX_OUTLETS:
            raise NetworkError(f"port {port} emits at {len(emits)} outlets; at most {R.MAX_OUTLETS} are possible")
    emits_at = [
        [outlet_of[o.module.name, o.name] for o in emitted(port, emits)]
        for port, (_, emits) in zip(ports, rules, strict=True)
    ]
    emit_start, emit_outlet = _starts(map(len, emits_at)), _ints(o for e in emits_at for o in e)
    most, ranks = _by_module(net, ports, lambda module: module.most_spikes()), net.ranks()

    number = np.argsort(source, kind="stable")  # wires by outlet, in binding order
    source, target, delay = source[number], target[number], delay[number]
    kind = np.where(settled[number], SETTLED_WIRE, np.where(delay > 0, DELAYED_WIRE, ZERO_WIRE))
    by_outlet, zeros = (np.bincount(source[at], minlength=len(outlets)) for at in (kind >= 0, kind == ZERO_WIRE))
    delays = np.unique(delay[delay > 0])[::-1]
    alike, of_alike = np.unique(np.stack([source, delay])[:, delay > 0], axis=1, return_counts=True)
    by_line = np.zeros(len(outlets), dtype=np.int64)
    np.maximum.at(by_line, alike[0], of_alike)
    others = (zeros < by_outlet) | (looks_of(outlets) >= 0)
    looks = looks_of(outlets)

    def largest(of_outlets: Any) -> Ints:
        """The largest number of the outlets that each port emits at, or 0."""
        made = np.zeros(len(ports), dtype=np.int64)
        np.maximum.at(made, np.repeat(np.arange(len(ports)), np.diff(emit_start)), of_outlets[emit_outlet])
        return made

    return Plan(
        ports=_port_rows(store, ports, outlets, rules, most, emit_start, emit_outlet, net.end_ports(output)),
        address=_ints(
            0 if rule is None or store.check
            else address_of(store, port, rule, emits) if k in reached else NOT_COMPILED
            for k, (port, (rule, emits)) in enumerate(zip(ports, rules, strict=True))
        ),
        single=_ints(e[0] if len(e) == 1 else (SEVERAL_OUTLETS if e else NO_OUTLET) for e in emits_at),
        emit_start=emit_start,
        emit_outlet=emit_outlet,
        most=most,
        fan=largest(by_outlet),
        line_fan=largest(by_line),
        stop=largest(zeros > 0),
        plain=((np.diff(emit_start) <= 1) & (largest(others > 0) == 0)).astype(np.int64),
        rank=_by_module(net, ports, lambda module: ranks[module.name]),
        zero_start=_starts(zeros),
        zero_port=target[kind == ZERO_WIRE],
        wire_start=_starts(by_outlet),
        wire_source=source,
        wire_port=target,
        wire_kind=kind,
        wire_delay=delay,
        wire_line=np.where(delay > 0, len(delays) - np.searchsorted(delays[::-1], delay, "right"), -1),
        wire_number=number,
        lone=_ints(o.outlet.inner is not None for o in outlets),
        line_delay=np.ascontiguousarray(delays),
        looks=looks,
    )  # fmt: skip


def _by_module(net: Network, ports: list[BoundPort], number: Callable[[Module], int]) -> Ints:
    """A number of the module of each port, [P], asked once a module."""
    made = {module.name: number(module) for module in net.modules}
    return _ints(made[port.module.name] for port in ports)


def _wire_columns(net: Network, outlet_of: dict[tuple[str, str], int]) -> tuple[Ints, Ints, Ints, Ints]:
    """Of each wire, in binding order: its outlet, its port, its delay, whether it is settled."""
    return (
        _ints(outlet_of[w.source.module.name, w.source.name] for w in net.wires),
        _ints(int(w.target) for w in net.wires),
        _ints(w.delay for w in net.wires),
        _ints(w.settled for w in net.wires),
    )


def _port_rows(
    store: Store, ports: list[BoundPort], outlets: list[BoundOutlet], rules: list[tuple[Rule | None, tuple[str, ...]]],
    most: Ints, emit_start: Ints, emit_outlet: Ints, ends: list[int],
) -> IntRows:  # fmt: skip
    """Words of each port for the run of its rule, [P, PORT_WORDS]; P is 1 where there is no port."""
    longest = longest_delays(store.net)
    whole = aligned(max(len(ports), 1) * R.PORT_WORDS, np.int64).reshape(-1, R.PORT_WORDS)
    rows = whole[: len(ports)]
    rows[:, R.TALLY] = store.tally.ctypes.data + store.tally.strides[0] * np.arange(len(ports))
    rows[:, R.MOST] = most
    rows[:, R.OUTLETS] = np.diff(emit_start)
    rows[:, R.FIRST_NEURON] = _ints(store.first_neuron.get(port.module.name, 0) for port in ports)
    rows[:, R.N_NEURONS] = _by_module(store.net, ports, neurons_of)
    rows[ends, R.IS_END] = 1
    at = np.repeat(np.arange(len(ports)), np.diff(emit_start))
    place = np.arange(len(emit_outlet)) - emit_start[at]
    np.add.at(rows[:, R.NOTICED], at, _ints(o.outlet.notice for o in outlets)[emit_outlet] << place)
    rows[at, R.WIDTHS + place] = _ints(o.width for o in outlets)[emit_outlet]
    rows[at, R.REACH + place] = _ints(longest[o.module.name, o.name] for o in outlets)[emit_outlet]
    rows[at, R.AMOUNTS + place] = _ints(o.amounts for o in outlets)[emit_outlet]
    layouts: dict[tuple[str, str], tuple[int, int, int, int]] = {}
    used, places = list[tuple[int, int, int, int]](), list[int]()
    for k, (port, (rule, _)) in enumerate(zip(ports, rules, strict=True)):
        for m, name in enumerate(() if rule is None else rule.names):
            key = port.module.name, name
            if key not in layouts:
                layouts[key] = _layout(store.find(port.module, name))
            used.append(layouts[key])
            places.append(k * R.PORT_WORDS + R.ARRAYS + 4 * m)
    whole.reshape(-1)[_ints(places)[:, None] + np.arange(4)] = np.array(used, dtype=np.int64).reshape(-1, 4)
    return whole


def _layout(array: NDArray[Any]) -> tuple[int, int, int, int]:
    """Address and rows of an array, columns and the words from one row to the next; 0 of those that has one axis."""
    if array.ndim == 1:
        return array.ctypes.data, array.shape[0], 0, 0
    return array.ctypes.data, array.shape[0], array.shape[1], array.strides[0] // array.itemsize


def looks_of(outlets: list[BoundOutlet]) -> Ints:
    """For each outlet the place of its first unit among those that may wait once at most, or -1, [O]."""
    sizes = np.array([o.width if o.outlet.pending is not None else 0 for o in outlets], dtype=np.int64)
    return np.where(sizes > 0, np.cumsum(sizes) - sizes, -1)


def _ints(values: Any) -> Ints:
    return np.array(list(values), dtype=np.int64)


def _starts(counts: Iterable[int]) -> Ints:
    """First indices of lists of these lengths that lie end to end, and the end of the last, [lists + 1]."""
    return np.concatenate([[0], np.cumsum(_ints(counts))]).astype(np.int64)


# --- how the loop finds its arrays ---
def table_of(arrays: NamedTuple) -> Ints:
    """Address and shape of each array of a NamedTuple, [n, 3]: what the loop makes its views of.

    The loop would count a reference at every use of an array that it was handed as one (ten times slower depth-first).
    """
    return np.array([table_row(a) for a in arrays], dtype=np.int64)


def table_row(array: Any) -> tuple[int, int, int]:
    """Address and shape of one array."""
    return array.ctypes.data, array.shape[0], array.shape[1] if array.ndim == 2 else 0


def views_of(tables: type[NamedTuple], names: str = "") -> Any:
    """An intrinsic (table): the arrays of `table_of`, as the fields of such a NamedTuple are annotated.

    One piece of code for all of them: as many calls took a second to compile. names: those that are wanted, where half
    a second of compiling is to be saved; all of them without.
    """
    hints = get_type_hints(tables, include_extras=True)
    used = names.split() or list(hints)
    places = [list(hints).index(name) for name in used]
    kinds = [types.Array(*hints[name].__metadata__, "C") for name in used]
    tuple_type = types.NamedTuple(kinds, namedtuple(tables.__name__, used))

    @intrinsic
    def views(typingctx: Any, table: Any) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            entries = context.make_array(signature.args[0])(context, builder, args[0]).data
            made = []
            for k, kind in zip(places, kinds, strict=True):
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


# --- the queue ---
# Spikes lie contiguously in a region for each outlet. A *burst* is a stretch of them, and the queue holds bursts: a
# stack of them serves depth-first, a ring serves breadth-first and first-in-first-out. Every distinct delay has a ring
# of its own (a *line*), in which time order is free: see `delay_lines`. Keyed orders, settled wires and spikes that set
# out later use heaps.

# Columns of a burst.
SOURCE, BEGIN, END, CURSOR, WIRE = range(5)
# Columns of a heap's row: three of key, then the delivery.
KEY0, KEY1, KEY2, H_PORT, H_CODE, H_ROOT, H_PARENT, H_SOURCE = range(8)
OUTLET = 2**32 - 1
"""The part of H_SOURCE that is the outlet; above it stands which of the outlet's wires it is."""


class Queue(NamedTuple):
    """O outlets, L delay lines. The loop keeps cursors and counts in its own record of state."""

    codes: Codes  # spikes of all regions: the index, or its complement for a negative spike
    roots: Ints
    parents: Ints
    base: Ints  # [O] where an outlet's region begins
    cap: Ints  # [O] its size
    tail: Ints  # [O] spikes in it
    pending: Ints  # [O] bursts of it that wait (rings only)
    opened: Ints  # [O] slot of its open batch, or -1 (breadth-first only)
    bursts: IntRows  # [B, 8]
    heap: IntRows  # [H, 8] keyed deliveries
    settled: IntRows  # [S, 8] by rank
    later: IntRows  # [S, 8] by time: spikes that set out later
    line_t: IntRows  # [L, C]
    line_seq: IntRows
    line_port: IntRows
    line_source: IntRows
    line_root: IntRows
    line_parent: IntRows
    line_code: CodeRows
    line_head: Ints  # [L]
    line_count: Ints  # [L]
    line_due: Ints  # [2^n] when each line's first delivery is due, FOREVER for none; kept where there are many lines
    line_first: Ints  # [2^(n + 1)] the line that is due first, by the nodes of a tree
    line_most: Ints  # [1] no line has held more deliveries since its room was looked at
    ring: Ints  # [chunks * 64] spikes that set out later by many delays: see `ring`
    ring_first: Ints  # [W] the place of the first row of each bucket, and of the next one; 0 for none
    ring_last: Ints
    ring_bits: Ints  # [W / 64] which buckets hold something
    ring_at: Ints  # [7]
    ring_sent: Ints  # [sendings * 4] what spikes that were sent at once have in common
    ring_sent_t: Ints  # [sendings] when
    in_t: Ints  # inputs, in order
    in_port: Ints
    in_root: Ints
    in_code: Codes
    one_code: Codes  # [256] one delivery, or some of a bucket of the ring, on their way to a rule
    one_root: Ints
    one_parent: Ints
    out_codes: Codes  # [R] spikes of a port with several outlets, before they are sorted into regions
    out_roots: Ints
    out_parents: Ints
    out_outlets: Ints
    out_delays: Ints
    out_magnitudes: Reals
    came: Ints  # [O + 1] deliveries by the outlet they left, where costs are counted by root; the first: inputs
    log: IntRows  # [N, 6] t, source, port, code, root, parent
    root_ids: Ints  # numbers of the deliveries that are roots
    key_words: Ints
    places: Ints  # [looks] 0 where no delivery of the unit waits, else 1, or 1 + its row of the heap


def make_queue(plan: Plan, burst_room: int, record: bool, looks: int = 0, ticks: int = NO_TICKS) -> Queue:
    """An empty queue with room for a few reactions of every port; it grows when it must. looks: units that may wait
    once at most; ticks: buckets of the ring.
    """
    n_outlets, n_lines = len(plan.zero_start) - 1, len(plan.line_delay)
    room = 2 * int(plan.most.max(initial=1)) + 1
    cap = np.full(n_outlets, 16, dtype=np.int64)
    for port in range(len(plan.single)):
        for outlet in plan.emit_outlet[plan.emit_start[port] : plan.emit_start[port + 1]]:
            cap[outlet] = max(cap[outlet], 2 * plan.most[port] + 1)
    base = np.concatenate([[0], np.cumsum(cap)]).astype(np.int64)
    waiting = max(16, int(room * plan.fan.max(initial=1)) * 2)
    sendings = 1 << waiting.bit_length() if ticks > NO_TICKS else 1

    def ints(*shape: int) -> Ints:
        return np.zeros(shape, dtype=np.int64)

    line = max(16, int(room * plan.line_fan.max(initial=1)) * 2) if n_lines else 1
    due, first = empty_tree(n_lines)
    made = Queue(
        codes=np.zeros(base[-1], np.int32), roots=ints(base[-1]), parents=ints(base[-1]), base=base[:-1].copy(),
        cap=cap, tail=ints(n_outlets), pending=ints(n_outlets), opened=np.full(n_outlets, -1, dtype=np.int64),
        bursts=ints(burst_room, 8), heap=ints(waiting, 8), settled=ints(waiting, 8), later=ints(waiting, 8),
        line_t=ints(n_lines, line), line_seq=ints(n_lines, line), line_port=ints(n_lines, line),
        line_source=ints(n_lines, line), line_root=ints(n_lines, line), line_parent=ints(n_lines, line),
        line_code=np.zeros((n_lines, line), np.int32), line_head=ints(n_lines), line_count=ints(n_lines),
        line_due=due, line_first=first, line_most=ints(1),
        ring=aligned(waiting * CHUNK if ticks > NO_TICKS else 0, np.int64), ring_first=ints(ticks),
        ring_last=ints(ticks), ring_bits=ints(-(-ticks // 64)), ring_at=ints(RING_WORDS),
        ring_sent=aligned(sendings * SENDING, np.int64), ring_sent_t=ints(sendings),
        in_t=ints(0), in_port=ints(0), in_root=ints(0), in_code=np.zeros(0, np.int32),
        one_code=np.zeros(RUN, np.int32), one_root=ints(RUN), one_parent=ints(RUN),
        out_codes=np.zeros(room, np.int32), out_roots=ints(room), out_parents=ints(room), out_outlets=ints(room),
        out_delays=ints(room), out_magnitudes=np.zeros(room), came=ints(n_outlets + 1),
        log=ints(1 << 16 if record else 1, 6), root_ids=ints(1), key_words=ints(16), places=ints(max(looks, 1)),
    )  # fmt: skip
    find_lines(made)
    return made


queue_views = views_of(Queue)
"""The queue of a table, inside the compiled loop."""


@inner
def _less(heap: Any, a: int, b: int) -> Any:
    if heap[a, KEY0] != heap[b, KEY0]:
        return heap[a, KEY0] < heap[b, KEY0]
    if heap[a, KEY1] != heap[b, KEY1]:
        return heap[a, KEY1] < heap[b, KEY1]
    return heap[a, KEY2] < heap[b, KEY2]


@inner
def _swap(heap: Any, a: int, b: int) -> None:
    for k in range(8):
        heap[a, k], heap[b, k] = heap[b, k], heap[a, k]


@inner
def push(
    heap: Any, n: int, key0: int, key1: int, key2: int, port: int, code: int, root: int, parent: int, source: int
) -> None:
    """Put a delivery into a heap of `n` rows; the caller counts it and has made sure of the room."""
    row = heap[n]
    row[KEY0], row[KEY1], row[KEY2] = key0, key1, key2
    row[H_PORT], row[H_CODE], row[H_ROOT], row[H_PARENT], row[H_SOURCE] = port, code, root, parent, source
    while n > 0 and _less(heap, n, (n - 1) // 2):
        _swap(heap, n, (n - 1) // 2)
        n = (n - 1) // 2


@inner(forceinline=True)
def _sink(heap: Any, n: int, k: int) -> None:
    """Let row k go down to where it belongs among `n` rows."""
    while 2 * k + 1 < n:
        child = 2 * k + 1
        if child + 1 < n and _less(heap, child + 1, child):
            child += 1
        if not _less(heap, child, k):
            break
        _swap(heap, child, k)
        k = child


@inner
def pop(heap: Any, n: int) -> None:
    """Take the first row off a heap of `n` rows; the caller counts it."""
    n -= 1
    k = int64(0)  # a literal would compile `_swap` and `_less` twice
    _swap(heap, k, n)
    _sink(heap, n, k)


@inner
def take_out(heap: Any, n: int, k: int) -> None:
    """Take row k out of a heap of `n` rows; the caller counts it."""
    n -= 1
    if k == n:
        return
    _swap(heap, k, n)
    while k > 0 and _less(heap, k, (k - 1) // 2):
        _swap(heap, k, (k - 1) // 2)
        k = (k - 1) // 2
    _sink(heap, n, k)


def larger(queue: Queue, *names: str) -> Queue:
    """The queue with the named arrays twice as long (first axis); what they hold stays."""
    return queue._replace(**{name: np.concatenate([a := getattr(queue, name), np.zeros_like(a)]) for name in names})


def larger_ring(queue: Queue) -> Queue:
    """The queue with a ring of twice the chunks."""
    ring = aligned(2 * len(queue.ring), np.int64)
    ring[: len(queue.ring)] = queue.ring
    return queue._replace(ring=ring)


def more_sendings(queue: Queue) -> Queue:
    """The queue with places for twice as many sendings; each goes to that of its number."""
    size = len(queue.ring_sent_t)
    numbers = np.arange(queue.ring_at[OLDEST], queue.ring_at[NEWEST])
    sent, sent_t = aligned(2 * len(queue.ring_sent), np.int64), np.zeros(2 * size, np.int64)
    at = numbers % (2 * size)
    sent.reshape(-1, SENDING)[at] = queue.ring_sent.reshape(-1, SENDING)[numbers % size]
    sent_t[at] = queue.ring_sent_t[numbers % size]
    return queue._replace(ring_sent=sent, ring_sent_t=sent_t)


def larger_lines(queue: Queue) -> Queue:
    """The queue with delay lines twice as long, each straightened so that it begins at 0."""
    made = {}
    size = queue.line_t.shape[1]
    for name in ("line_t", "line_seq", "line_port", "line_source", "line_root", "line_parent", "line_code"):
        old = getattr(queue, name)
        new = np.zeros((old.shape[0], 2 * size), dtype=old.dtype)
        for k, head in enumerate(queue.line_head):
            new[k, :size] = np.roll(old[k], -int(head))
        made[name] = new
    queue.line_head[:] = 0
    return queue._replace(**made)


def larger_bursts(queue: Queue, head: int) -> Queue:
    """The queue with twice the bursts, straightened so that the ring begins at slot 0 (a stack has head 0)."""
    size = len(queue.bursts)
    bursts = np.concatenate([np.roll(queue.bursts, -head, axis=0), np.zeros_like(queue.bursts)])
    still = queue.opened >= 0
    queue.opened[still] = (queue.opened[still] - head) % size
    return queue._replace(bursts=bursts)


def larger_region(queue: Queue, outlet: int, live: Ints) -> Queue:
    """The queue with room in one outlet's region: the dead part at its front goes first, else it doubles.

    `live` holds the slots of the bursts that wait.
    """
    mine = live[queue.bursts[live, SOURCE] == outlet]
    first = int(queue.bursts[mine, BEGIN].min(initial=queue.tail[outlet]))
    base, tail, cap = int(queue.base[outlet]), int(queue.tail[outlet]), int(queue.cap[outlet])
    if first * 2 > cap:
        for name in ("codes", "roots", "parents"):
            array = getattr(queue, name)
            array[base : base + tail - first] = array[base + first : base + tail].copy()
        queue.bursts[np.ix_(mine, [BEGIN, END, CURSOR])] -= first
        queue.tail[outlet] -= first
        return queue
    made = {}
    for name in ("codes", "roots", "parents"):
        array = getattr(queue, name)
        made[name] = np.insert(array, base + cap, np.zeros(cap, dtype=array.dtype))
    queue.base[outlet + 1 :] += cap
    queue.cap[outlet] += cap
    return queue._replace(**made)
