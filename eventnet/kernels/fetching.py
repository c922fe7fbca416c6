"""Words of a block asked for before they are needed: a walk over scattered words then does not wait for each."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import int64, types
from numba.core import cgutils
from numba.extending import intrinsic, overload

from eventnet.kernels.records import address_of

AHEAD = 32
"""So many words ahead: of 8, 16, 32 and 64 this was the fastest, or next to it."""

_TO_WRITE, _KEEP, _DATA = 1, 3, 1


@intrinsic
def _prefetch(typingctx: Any, address: Any) -> Any:
    """The cache line at an address is loaded, if it can be, while the program goes on."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        byte, word = ir.IntType(8).as_pointer(), ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [byte, word, word, word])
        fetch = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0i8")
        place = builder.inttoptr(args[0], byte)
        builder.call(fetch, [place, *(ir.Constant(word, n) for n in (_TO_WRITE, _KEEP, _DATA))])
        return context.get_dummy_value()

    return types.void(types.int64), codegen


def fetch(w: Any, k: int) -> None:
    """Word k of a block [1, n] will be moved soon. Nothing changes by it."""


@overload(fetch, jit_options={"forceinline": True})
def _fetch(w, k):
    item = w.dtype.bitwidth // 8

    def impl(w, k):
        _prefetch(int64(address_of(w)) + int64(k) * item)

    return impl
