"""Several spikes of one unit at once: patches added so many times, and errors that come back through a patch.

`add_patches` adds the patch of an input unit as often as it has spiked (see `patch`). `add_field` goes the other way:
an error at an output unit adds, to every input unit that reaches it, the weight between them. In a dense layer that is
a row and a column of the weights.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, overload, register_jitable

from eventnet.memory import address_of
from eventnet.patch import C_IN, C_OUT, KERNEL_WIDTH, W_IN, W_OUT, patch_of, quotient


# --- the plain meaning -----------------------------------------------------------------------------------------------
def add_patches(acc: Any, w: Any, i: int, n: int, frame: Any, rows: Any, columns: Any) -> int:
    """Add (n > 0) or subtract |n| times the patch of unit i; returns how many words the patch has."""
    channel, n_y, y, slot_y, n_x, x, slot_x = patch_of(i, frame, rows, columns)
    words = n_x * frame[C_OUT]
    for k in range(n_y):
        at = ((y + k) * frame[W_OUT] + x) * frame[C_OUT]
        begin = ((slot_y + k) * frame[KERNEL_WIDTH] + slot_x) * frame[C_OUT]
        for j in range(words):
            word = w[channel, begin + j]
            for _ in range(abs(n)):
                if n > 0:
                    acc[at + j] += word
                else:
                    acc[at + j] -= word
    return int(n_y * words)


@register_jitable
def add_field(acc: Any, w: Any, o: int, n: int, frame: Any, rows: Any, columns: Any) -> int:
    """Add |n| times, with n's sign, what joins output unit o to each input unit; returns how many words that is."""
    c_in, c_out = frame[C_IN], frame[C_OUT]
    place = quotient(o, c_out)
    y_out = quotient(place, frame[W_OUT])
    x_out, channel = place - y_out * frame[W_OUT], o - place * c_out
    words = 0
    for y in range(len(rows) // 3):
        k = y_out - rows[3 * y + 1]
        if k < 0 or k >= rows[3 * y]:
            continue
        for x in range(len(columns) // 3):
            m = x_out - columns[3 * x + 1]
            if m < 0 or m >= columns[3 * x]:
                continue
            slot = (rows[3 * y + 2] + k) * frame[KERNEL_WIDTH] + columns[3 * x + 2] + m
            at, word_at = (y * frame[W_IN] + x) * c_in, slot * c_out + channel
            for c in range(c_in):
                word = w[c, word_at]
                for _ in range(abs(n)):
                    if n > 0:
                        acc[at + c] += word
                    else:
                        acc[at + c] -= word
            words += c_in
    return words


# --- compiled --------------------------------------------------------------------------------------------------------
_IR_TYPES = {types.float32: ir.FloatType(), types.float64: ir.DoubleType()}


def _some_lanes(lanes: int, minus: bool) -> Any:
    """An intrinsic: add (or subtract) `lanes` words at one address, so many times, to those at another."""

    @intrinsic
    def add(typingctx: Any, target: Any, source: Any, times: Any, like: Any) -> Any:
        number = like.dtype

        def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            scalar = _IR_TYPES[number]
            vector = ir.VectorType(scalar, lanes)
            align = context.get_abi_sizeof(scalar)
            place = builder.inttoptr(args[0], vector.as_pointer())
            words = builder.load(builder.inttoptr(args[1], vector.as_pointer()), align=align)
            sums = cgutils.alloca_once(builder, vector)
            builder.store(builder.load(place, align=align), sums)
            with cgutils.for_range(builder, args[2]):
                values = builder.load(sums)
                builder.store((builder.fsub if minus else builder.fadd)(values, words), sums)
            builder.store(builder.load(sums), place, align=align)
            return context.get_dummy_value()

        return types.void(types.int64, types.int64, types.int64, like), codegen

    return add


_add64, _sub64 = _some_lanes(64, False), _some_lanes(64, True)
_add16, _sub16 = _some_lanes(16, False), _some_lanes(16, True)
_add8, _sub8 = _some_lanes(8, False), _some_lanes(8, True)
_add4, _sub4 = _some_lanes(4, False), _some_lanes(4, True)
_add1, _sub1 = _some_lanes(1, False), _some_lanes(1, True)


@register_jitable
def _run(target: int, source: int, words: int, n: int, like: Any, item: int) -> None:
    """Add or subtract so many words |n| times, 64 at a time, then 16, then 4, then one."""
    j, times = 0, abs(n)
    if n > 0:
        while j + 64 <= words:
            _add64(target + j * item, source + j * item, times, like)
            j += 64
        while j + 16 <= words:
            _add16(target + j * item, source + j * item, times, like)
            j += 16
        if j + 8 <= words:
            _add8(target + j * item, source + j * item, times, like)
            j += 8
        while j + 4 <= words:
            _add4(target + j * item, source + j * item, times, like)
            j += 4
        while j < words:
            _add1(target + j * item, source + j * item, times, like)
            j += 1
    else:
        while j + 64 <= words:
            _sub64(target + j * item, source + j * item, times, like)
            j += 64
        while j + 16 <= words:
            _sub16(target + j * item, source + j * item, times, like)
            j += 16
        if j + 8 <= words:
            _sub8(target + j * item, source + j * item, times, like)
            j += 8
        while j + 4 <= words:
            _sub4(target + j * item, source + j * item, times, like)
            j += 4
        while j < words:
            _sub1(target + j * item, source + j * item, times, like)
            j += 1


@overload(add_patches, jit_options={"forceinline": True})
def _add_patches(acc, w, i, n, frame, rows, columns):  # type: ignore[no-untyped-def]
    item = acc.dtype.bitwidth // 8

    def impl(acc, w, i, n, frame, rows, columns):  # type: ignore[no-untyped-def]
        channel, n_y, y, slot_y, n_x, x, slot_x = patch_of(i, frame, rows, columns)
        c_out = frame[C_OUT]
        words = n_x * c_out
        target = address_of(acc) + (y * frame[W_OUT] + x) * c_out * item
        source = address_of(w) + channel * w.strides[0] + (slot_y * frame[KERNEL_WIDTH] + slot_x) * c_out * item
        down, along = frame[W_OUT] * c_out * item, frame[KERNEL_WIDTH] * c_out * item
        for k in range(n_y):
            _run(target + k * down, source + k * along, words, n, acc, item)
        return n_y * words

    return impl
