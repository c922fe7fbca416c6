"""The memory that the compiled loop and the rules share: two records of int64 words, and addresses into it.

A *job* is what the loop asks of a rule's run; a port's row says where its arrays lie. Rules and loop are compiled apart
and meet only here.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import carray, int64, njit, types
from numba.core import cgutils
from numba.extending import intrinsic

from eventnet.tally import N_COLUMNS

JOB_WORDS = 40
CODES, ROOTS, LO, HI, STOP, NOW, FIRST = range(7)
OUT_CODES, OUT_ROOTS, OUT_PARENTS, OUT_OUTLETS, OUT_MAGNITUDES, OUT_DELAYS, ROOM = range(7, 14)
ROOT_TALLY, SCRATCH, CONSUMED, MADE, START, LIMIT, FAULT, LATER = range(14, 22)
SCRATCH_ITEMS, AT, SLOTS, NEURONS, WAITING = range(22, 27)

PORT_WORDS = 80
TALLY, MOST, OUTLETS, FIRST_NEURON, N_NEURONS, WIDTHS = range(6)
MAX_OUTLETS = 8
ARRAYS = WIDTHS + MAX_OUTLETS
MAX_NAMES = (PORT_WORDS - ARRAYS) // 4


@intrinsic
def pointer(typingctx: Any, address: Any) -> Any:
    """An address as an untyped pointer, for carray."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.inttoptr(args[0], cgutils.voidptr_t)

    return types.voidptr(types.int64), codegen


@intrinsic
def address_of(typingctx: Any, array: Any) -> Any:
    """The address of an array's data; unlike `.ctypes.data` it counts no reference and is signed."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, args[0]).data
        return builder.ptrtoint(data, ir.IntType(64))

    return types.int64(array), codegen


@intrinsic
def local_row(typingctx: Any) -> Any:
    """A zeroed row of counters on the stack, which the compiler keeps in registers."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        row = cgutils.alloca_once(builder, ir.ArrayType(ir.IntType(64), N_COLUMNS))
        builder.store(ir.Constant(ir.ArrayType(ir.IntType(64), N_COLUMNS), None), row)
        return builder.bitcast(row, cgutils.voidptr_t)

    return types.voidptr(), codegen


@intrinsic
def call_rule(typingctx: Any, address: Any, port: Any, job: Any) -> Any:
    """Call the compiled run of a rule by its address."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        word = ir.IntType(64)
        function = builder.inttoptr(args[0], ir.FunctionType(word, [word, word]).as_pointer())
        return builder.call(function, [args[1], args[2]])

    return types.int64(types.int64, types.int64, types.int64), codegen


@njit(forceinline=True)
def settle_row(port_address, job_address, tally, root):  # type: ignore[no-untyped-def]
    """Add the counters of a stretch of deliveries to its port's row and, if asked for, to its root's row."""
    port = carray(pointer(port_address), PORT_WORDS, int64)
    job = carray(pointer(job_address), JOB_WORDS, int64)
    row = carray(pointer(port[TALLY]), N_COLUMNS, int64)
    for k in range(N_COLUMNS):
        row[k] += tally[k]
    if job[ROOT_TALLY] != 0:
        root_row = carray(pointer(job[ROOT_TALLY] + root * 8 * N_COLUMNS), N_COLUMNS, int64)
        for k in range(N_COLUMNS):
            root_row[k] += tally[k]
    for k in range(N_COLUMNS):
        tally[k] = 0
