"""The memory that the compiled loop and the rules share: records of int64 words, and arrays made of addresses.

A *job* is what the loop asks of a rule's run; a port's row says where its arrays lie; the loop's own record of state
keeps what it needs from one call to the next. Rules and loop are compiled apart and meet only here.
"""

from __future__ import annotations

import functools
from typing import Any

from llvmlite import ir
from numba import int64, njit, types
from numba.core import cgutils
from numba.extending import intrinsic
from numba.np.arrayobj import populate_array

from eventnet.tally import DEEP, DEEPEST, END_ID, END_T, N_COLUMNS, N_WITH_PRODUCTS, ROOT_WORDS

# Words of the compiled loop's record of state: what it keeps from one call to the next.
(
    S_ORDER, S_NOW, S_TAKEN, S_SEQ, S_IN_INSTANT, S_BUDGET, S_LIMIT, S_UNTIL, S_IN_CURSOR, S_IN_END, S_HEAD, S_COUNT,
    S_SETTLED, S_LATER, S_LOG, S_RECORD, S_IDS, S_INPUTS, S_SEED, S_KEY, S_FULL, S_ERROR, S_RETURNED,
    S_KIND, S_PORT, S_SLOT, S_SOURCE, S_CODE, S_ROOT, S_STOP, S_REACH, S_ANNIHILATED,
) = range(32)  # fmt: skip
STATE_WORDS = 32

JOB_WORDS = 40
CODES, ROOTS, LO, HI, STOP, NOW, FIRST = range(7)
OUT_CODES, OUT_ROOTS, OUT_PARENTS, OUT_OUTLETS, OUT_MAGNITUDES, OUT_DELAYS, ROOM = range(7, 14)
ROOT_TALLY, SCRATCH, CONSUMED, MADE, START, LIMIT, FAULT, LATER = range(14, 22)
SCRATCH_ITEMS, AT, SLOTS, NEURONS, WAITING, TIMES, FORESAW, DEEPER, BITS = range(22, 31)

PORT_WORDS = 96
TALLY, MOST, OUTLETS, FIRST_NEURON, N_NEURONS, IS_END, NOTICED, WIDTHS = range(8)
"""NOTICED: a bit for each outlet that notices leave by."""
MAX_OUTLETS = 8
REACH = WIDTHS + MAX_OUTLETS
"""The longest delay of each outlet's wires, -1 where it has none; NONE_LATER where no spike may set out later."""
NONE_LATER = -2
ARRAYS = REACH + MAX_OUTLETS
MAX_NAMES = 16
AMOUNTS = ARRAYS + 4 * MAX_NAMES
"""The largest amount of each outlet's spikes."""

# A spike carries one word for its root: the row of the root's counts, and above it how deep in the cascade the spike
# lies, where costs are counted by root (else 0: `job[DEEPER]` is what one more step adds).
ROW_BITS = 32
ROW_MASK = 2**ROW_BITS - 1
ONE_DEEPER = 2**ROW_BITS
AT_DEEPEST = DEEPEST * ONE_DEEPER
"""A spike's word from here on stays as it is: no depth is told beyond 2^31 - 1."""


inner: Any = functools.partial(njit, no_cpython_wrapper=True, no_cfunc_wrapper=True)
"""njit for what only compiled code calls: without the two wrappers for callers from outside it compiles sooner."""


# Numba's carray makes the same arrays through four functions that are compiled anew for every type; that was half of
# what a rule took to compile.


def array_view(context: Any, builder: Any, kind: Any, address: Any, shape: list[Any], strides: list[Any]) -> Any:
    """Code for an array of memory that is there: nothing is checked, no reference counted; strides in items."""
    made = context.make_array(kind)(context, builder)
    size = context.get_abi_sizeof(context.get_data_type(kind.dtype))
    word = ir.IntType(64)
    steps = [word(size * s) if isinstance(s, int) else builder.mul(s, word(size)) for s in strides]
    data = builder.inttoptr(address, made.data.type)
    populate_array(made, data=data, shape=shape, strides=steps, itemsize=word(size), meminfo=None)
    return made._getvalue()


@intrinsic
def array_at(typingctx: Any, address: Any, n: Any, number: Any) -> Any:
    """The array [n] of a number type that lies at an address."""
    kind = types.Array(number.dtype, 1, "C")

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return array_view(context, builder, kind, args[0], [args[1]], [1])

    return kind(types.int64, types.int64, number), codegen


@intrinsic
def rows_at(typingctx: Any, address: Any, rows: Any, columns: Any, stride: Any, number: Any) -> Any:
    """The array [rows, columns] at an address whose rows lie `stride` items apart."""
    kind = types.Array(number.dtype, 2, "A")

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return array_view(context, builder, kind, args[0], [args[1], args[2]], [args[3], 1])

    return kind(types.int64, types.int64, types.int64, types.int64, number), codegen


@intrinsic
def address_of(typingctx: Any, array: Any) -> Any:
    """The address of an array's data; unlike `.ctypes.data` it counts no reference and is signed."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, args[0]).data
        return builder.ptrtoint(data, ir.IntType(64))

    return types.int64(array), codegen


def _row_of(columns: int) -> Any:
    """An intrinsic (): a zeroed row of counters on the stack, which the compiler keeps in registers."""

    @intrinsic
    def row(typingctx: Any) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            row = cgutils.alloca_once(builder, ir.ArrayType(ir.IntType(64), columns))
            builder.store(ir.Constant(ir.ArrayType(ir.IntType(64), columns), None), row)
            return builder.ptrtoint(row, ir.IntType(64))

        return types.int64(), codegen

    return row


local_row, local_long_row = _row_of(N_COLUMNS), _row_of(N_WITH_PRODUCTS)
"""Of the columns of a tally, and of those of a network with amounts."""


@inner(forceinline=True)
def notices_among(port, job, lo, hi):
    """Number of the spikes [lo, hi) of a run that left by outlets of notices."""
    outlets, n = array_at(job[OUT_OUTLETS] + 8 * lo, hi - lo, int64), 0
    for k in range(hi - lo):
        n += (port[NOTICED] >> outlets[k]) & 1
    return n


@intrinsic
def call_rule(typingctx: Any, address: Any, port: Any, job: Any) -> Any:
    """Call the compiled run of a rule by its address."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        word = ir.IntType(64)
        function = builder.inttoptr(args[0], ir.FunctionType(word, [word, word]).as_pointer())
        return builder.call(function, [args[1], args[2]])

    return types.int64(types.int64, types.int64, types.int64), codegen


def _settling(more: int) -> Any:
    """An intrinsic: move the counters of a stretch of deliveries to its port's row and, if asked for, its root's row.

    `root` is the word that all of them carry, `number` that of the first of them: the root's row also learns how deep
    its cascade goes, and what came to an end first. more: columns that the port's row alone has.
    """

    @intrinsic
    def settle(typingctx: Any, port: Any, job: Any, tally: Any, root: Any, number: Any) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            word = ir.IntType(64)
            row = ir.VectorType(word, N_COLUMNS)
            port_at, job_at, tally_array, root_word, first = args

            def add_to(address: Any) -> None:
                place = builder.inttoptr(address, row.as_pointer())
                builder.store(builder.add(builder.load(place, align=8), counts), place, align=8)

            def word_of(record: Any, number: int) -> Any:
                return builder.load(builder.inttoptr(builder.add(record, word(8 * number)), word.as_pointer()))

            data = context.make_array(signature.args[2])(context, builder, tally_array).data
            own = builder.bitcast(data, row.as_pointer())
            counts = builder.load(own, align=8)
            add_to(word_of(port_at, TALLY))
            roots_at = word_of(job_at, ROOT_TALLY)
            with builder.if_then(builder.icmp_signed("!=", roots_at, word(0))):
                place = builder.mul(builder.and_(root_word, word(ROW_MASK)), word(8 * ROOT_WORDS))
                own_at = builder.add(roots_at, place)
                add_to(own_at)

                def cell(number: int) -> Any:
                    return builder.inttoptr(builder.add(own_at, word(8 * number)), word.as_pointer())

                depth, before = builder.lshr(root_word, word(ROW_BITS)), builder.load(cell(DEEP))
                builder.store(builder.select(builder.icmp_signed(">", depth, before), depth, before), cell(DEEP))
                with builder.if_then(builder.icmp_signed("!=", word_of(port_at, IS_END), word(0))):
                    unheard = builder.icmp_signed("==", builder.load(cell(END_ID)), word(0))
                    with builder.if_then(unheard):
                        builder.store(word_of(job_at, NOW), cell(END_T))
                        builder.store(builder.add(first, word(1)), cell(END_ID))
            builder.store(ir.Constant(row, None), own, align=8)
            if more:
                extra = ir.VectorType(word, more)
                here, there = (
                    builder.inttoptr(builder.add(row_at, word(8 * N_COLUMNS)), extra.as_pointer())
                    for row_at in (builder.ptrtoint(data, word), word_of(port_at, TALLY))
                )
                sums = builder.add(builder.load(there, align=8), builder.load(here, align=8))
                builder.store(sums, there, align=8)
                builder.store(ir.Constant(extra, None), here, align=8)
            return context.get_dummy_value()

        return types.void(types.int64, types.int64, tally, types.int64, types.int64), codegen

    return settle


settle_row, settle_long_row = _settling(0), _settling(N_WITH_PRODUCTS - N_COLUMNS)


TOO_MANY_SPIKES, BAD_SPIKE, BAD_PREDICTION, BEYOND_TIME = -1, -2, -3, -4
"""Faults that `out` finds by itself: more spikes in one reaction than the module's `most`; an index or outlet that the
port cannot emit; a prediction of a unit that makes none, or for a time that is not a number; a spike or a prediction
that would be delivered at tick 2^62 or later."""
