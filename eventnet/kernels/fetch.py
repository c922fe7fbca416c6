"""A hint to the memory: lines of an array that will soon be read are brought near. Nothing else happens."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import int64, types
from numba.extending import intrinsic, overload

from eventnet.kernels.records import address_of, inner

AHEAD = 32
"""A walk over scattered words asks so many words ahead; 16 and 64 gave the same."""
LINE = 64
"""Bytes that come at once."""
FEW, MANY = 4, 8
"""Lines of a short row, and those after which the machine has seen by itself where a row leads."""


@intrinsic
def _fetch_line(typingctx: Any, address: Any) -> Any:
    """Ask for the line at an address; the address is not read, so it may be any."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        byte = ir.IntType(8).as_pointer()
        word = ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [byte, word, word, word])
        fetch = builder.module.declare_intrinsic("llvm.prefetch", [byte], kind)
        # To be read; into the second cache, since the first takes few at a time; data, not code.
        near_data = [ir.Constant(word, n) for n in (0, 2, 1)]
        builder.call(fetch, [builder.inttoptr(args[0], byte), *near_data])
        return context.get_dummy_value()

    return types.void(types.int64), codegen


@inner(forceinline=True)
def fetch_word(array, place):
    """Ask for one word of an array."""
    _fetch_line(int64(address_of(array) + place * array.itemsize))


@inner(forceinline=True)
def fetch(array, first, last):
    """Ask for the words of an array from `first` to before `last`; of a long row its beginning.

    As many lines for all rows of about one length: a branch that goes now here, now there, costs more than a line.
    """
    begin, bytes_of = address_of(array) + first * array.itemsize, (last - first) * array.itemsize
    _fetch_line(int64(begin))
    if bytes_of > LINE:
        for k in range(1, FEW):
            _fetch_line(int64(begin + k * LINE))
    if bytes_of > FEW * LINE:
        for k in range(FEW, MANY):
            _fetch_line(int64(begin + k * LINE))


def fetch_soon(array: Any, place: int) -> None:
    """`fetch_word` for helpers that plain Python runs, too, where nothing happens."""


@overload(fetch_soon, jit_options={"forceinline": True})
def _fetch_soon(array, place):
    def impl(array, place):
        fetch_word(array, place)

    return impl
