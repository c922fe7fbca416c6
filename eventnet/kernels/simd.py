"""Arrays 64 units at a time: the compiled form of the helpers in `rows`.

One pass adds a row and masks the crossings (4.5 times a plain loop on 300 units); a second, rare pass fires. Arrays
must be those an engine made: aligned to 64 bytes and padded with zeros to 64 units.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import int32, int64, types
from numba.core import cgutils
from numba.extending import intrinsic

from eventnet.kernels import records as R
from eventnet.kernels.out_compiled import job_of
from eventnet.kernels.records import array_at, inner

LANES = 64

_IR_TYPES = {types.float32: ir.FloatType(), types.float64: ir.DoubleType(), types.int32: ir.IntType(32)}


def _everywhere(builder: Any, value: Any, vector: Any) -> Any:
    """A vector that holds a number in every lane."""
    first = builder.insert_element(ir.Constant(vector, ir.Undefined), value, ir.Constant(ir.IntType(32), 0))
    zeros = ir.Constant(ir.VectorType(ir.IntType(32), vector.count), [0] * vector.count)
    return builder.shuffle_vector(first, ir.Constant(vector, ir.Undefined), zeros)


def _crossings(builder: Any, values: Any, vector: Any, limit: Any, numba_type: Any, signed: bool) -> Any:
    """A mask of 64 bits: which lanes are past the threshold."""
    real = isinstance(numba_type, types.Float)
    scalar = _IR_TYPES[numba_type]
    limits = _everywhere(builder, limit, vector)
    if signed and real:
        bits = "f32" if scalar == ir.FloatType() else "f64"
        fabs = cgutils.get_or_insert_function(
            builder.module, ir.FunctionType(vector, [vector]), f"llvm.fabs.v{LANES}{bits}"
        )
        values = builder.call(fabs, [values])
    compare = builder.fcmp_ordered if real else builder.icmp_signed
    past = compare(">", values, limits)
    if signed and not real:
        past = builder.or_(past, compare("<", values, builder.neg(limits)))
    return builder.bitcast(past, ir.IntType(LANES))


def _lane_pass(adds: bool, minus: bool, checks: bool, signed: bool) -> Any:
    """An intrinsic over one block of 64 units: load phi, perhaps add or subtract a row, perhaps mask the crossings."""

    @intrinsic
    def lanes(typingctx: Any, phi: Any, row: Any, block: Any, limit: Any) -> Any:
        numba_type = limit

        def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            scalar = _IR_TYPES[numba_type]
            vector = ir.VectorType(scalar, LANES)
            width = context.get_abi_sizeof(scalar) * LANES
            offset = builder.mul(args[2], ir.Constant(ir.IntType(64), width))
            place = builder.inttoptr(builder.add(args[0], offset), vector.as_pointer())
            values = builder.load(place, align=64)
            if adds:
                source = builder.inttoptr(builder.add(args[1], offset), vector.as_pointer())
                words = builder.load(source, align=64)
                real = isinstance(numba_type, types.Float)
                operation = (
                    (builder.fsub if real else builder.sub) if minus else (builder.fadd if real else builder.add)
                )
                values = operation(values, words)
                builder.store(values, place, align=64)
            if checks:
                return _crossings(builder, values, vector, args[3], numba_type, signed)
            return ir.Constant(ir.IntType(64), 0)

        return types.int64(types.int64, types.int64, types.int64, numba_type), codegen

    return lanes


add64, sub64 = _lane_pass(True, False, False, False), _lane_pass(True, True, False, False)
add_up, sub_up = _lane_pass(True, False, True, False), _lane_pass(True, True, True, False)
add_both, sub_both = _lane_pass(True, False, True, True), _lane_pass(True, True, True, True)
check_up, check_both = _lane_pass(False, False, True, False), _lane_pass(False, False, True, True)


@intrinsic
def decay_add_check(
    typingctx: Any, phi: Any, row: Any, bar: Any, block: Any, factor: Any, minus: Any, signed: Any
) -> Any:
    """One block of 64 units: phi * factor + row (or - row), and a mask of those past their own bar (signed: |phi|).

    Signs are turned in the bits, so that one pass serves all four cases; two roundings a unit, as in the plain form.
    """
    number = factor

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        scalar, bits = _IR_TYPES[number], 8 * context.get_abi_sizeof(_IR_TYPES[number])
        vector, word = ir.VectorType(scalar, LANES), ir.IntType(bits)
        words = ir.VectorType(word, LANES)
        offset = builder.mul(args[3], ir.Constant(ir.IntType(64), bits // 8 * LANES))

        def lanes_at(address: Any) -> Any:
            return builder.inttoptr(builder.add(address, offset), vector.as_pointer())

        def chosen(condition: Any, yes: int, no: int) -> Any:
            choice = builder.select(condition, ir.Constant(word, yes), ir.Constant(word, no))
            return _everywhere(builder, choice, words)

        place, sign = lanes_at(args[0]), 1 << (bits - 1)
        added = builder.bitcast(builder.load(lanes_at(args[1]), align=64), words)
        added = builder.bitcast(builder.xor(added, chosen(args[5], sign, 0)), vector)
        values = builder.fadd(builder.fmul(builder.load(place, align=64), _everywhere(builder, args[4], vector)), added)
        builder.store(values, place, align=64)
        sizes = builder.and_(builder.bitcast(values, words), chosen(args[6], sign - 1, 2 * sign - 1))
        past = builder.fcmp_ordered(">", builder.bitcast(sizes, vector), builder.load(lanes_at(args[2]), align=64))
        return builder.bitcast(past, ir.IntType(LANES))

    addresses = [types.int64] * 4
    return types.int64(*addresses, number, types.boolean, types.boolean), codegen


@intrinsic
def add_times(typingctx: Any, phi: Any, row: Any, block: Any, factor: Any) -> Any:
    """One block of 64 units: phi + row * factor, with two roundings a unit.

    A factor below 0 subtracts to the same bits: the size of a product does not depend on its sign, nor does a sum on
    whether x is subtracted or -x is added.
    """

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        scalar, real = _IR_TYPES[factor], isinstance(factor, types.Float)
        vector = ir.VectorType(scalar, LANES)
        offset = builder.mul(args[2], ir.Constant(ir.IntType(64), context.get_abi_sizeof(scalar) * LANES))
        place = builder.inttoptr(builder.add(args[0], offset), vector.as_pointer())
        words = builder.load(builder.inttoptr(builder.add(args[1], offset), vector.as_pointer()), align=64)
        multiply, add = (builder.fmul, builder.fadd) if real else (builder.mul, builder.add)
        products = multiply(words, _everywhere(builder, args[3], vector))
        builder.store(add(builder.load(place, align=64), products), place, align=64)
        return context.get_dummy_value()

    return types.void(types.int64, types.int64, types.int64, factor), codegen


@intrinsic
def lowest_bit(typingctx: Any, mask: Any) -> Any:
    """Number of the lowest bit that is set; the mask must not be 0."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.cttz(args[0], ir.Constant(ir.IntType(1), 1))

    return types.int64(types.int64), codegen


@intrinsic
def fill16(typingctx: Any, address: Any, word: Any) -> Any:
    """Write a number 16 times, side by side from an address on."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        kind = context.get_data_type(signature.args[1])
        vector = ir.VectorType(kind, 16)
        place = builder.inttoptr(args[0], vector.as_pointer())
        builder.store(_everywhere(builder, args[1], vector), place, align=context.get_abi_sizeof(kind))
        return context.get_dummy_value()

    return types.void(types.int64, word), codegen


def _moving(lanes: int) -> Any:
    """An intrinsic: take `gain` times the words at one address off those at another, so many of them at once."""

    @intrinsic
    def move(typingctx: Any, target: Any, source: Any, gain: Any) -> Any:
        number = gain

        def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            scalar = _IR_TYPES[number]
            vector = ir.VectorType(scalar, lanes)
            align = context.get_abi_sizeof(scalar)
            gains = _everywhere(builder, args[2], vector)
            place = builder.inttoptr(args[0], vector.as_pointer())
            words = builder.load(builder.inttoptr(args[1], vector.as_pointer()), align=align)
            values = builder.fsub(builder.load(place, align=align), builder.fmul(gains, words))
            builder.store(values, place, align=align)
            return context.get_dummy_value()

        return types.void(types.int64, types.int64, number), codegen

    return move


move64, move16, move4, move1 = _moving(64), _moving(16), _moving(4), _moving(1)


def scratch_words(units: int, most: int) -> int:
    """int64 words of scratch that `fire` needs for a layer: masks, and two lists of (value, code)."""
    return (units + LANES - 1) // LANES + 4 * (most + 1) + 258


@inner
def _sort_spikes(values, codes, spare_values, spare_codes, n, threshold, counts):
    """Falling |phi|, stable: 256 buckets first where there are many, then insertion (nearly sorted by then)."""
    if n > 32:
        top = values[0]
        for k in range(n):
            top = max(top, values[k])
        scale = 255.0 / (top - threshold) if top > threshold else 0.0
        for b in range(257):
            counts[b] = 0
        for k in range(n):
            counts[int64((top - values[k]) * scale) + 1] += 1
        for b in range(256):
            counts[b + 1] += counts[b]
        for k in range(n):
            b = int64((top - values[k]) * scale)
            spare_values[counts[b]], spare_codes[counts[b]] = values[k], codes[k]
            counts[b] += 1
        for k in range(n):
            values[k], codes[k] = spare_values[k], spare_codes[k]
    for k in range(1, n):
        value, code = values[k], codes[k]
        m = k
        while m > 0 and values[m - 1] < value:
            values[m], codes[m] = values[m - 1], codes[m - 1]
            m -= 1
        values[m], codes[m] = value, code


@inner
def fire_masked(phi, masks, blocks, threshold, step, signed, out):
    """Fire the units whose bits are set in `masks`, in falling order of |phi|."""
    job = array_at(job_of(out), R.JOB_WORDS, int64)
    room = job[R.LIMIT] - job[R.MADE]
    size = job[R.SCRATCH_ITEMS]
    at = job[R.SCRATCH] + 8 * blocks
    values = array_at(at, size, types.float64)
    codes = array_at(at + 8 * size, size, int64)
    n = int64(0)  # a literal would compile `_sort_spikes` twice
    for b in range(blocks):
        mask = masks[b]
        while mask != 0:
            j = b * LANES + lowest_bit(mask)
            mask &= mask - 1
            v = phi[j]
            if v > 0:
                while v > threshold:
                    if n >= room:
                        job[R.FAULT] = R.TOO_MANY_SPIKES
                        return 0
                    values[n], codes[n] = v, j
                    n += 1
                    phi[j] -= step
                    v = phi[j]
            elif signed:
                while -v > threshold:
                    if n >= room:
                        job[R.FAULT] = R.TOO_MANY_SPIKES
                        return 0
                    values[n], codes[n] = -v, ~j
                    n += 1
                    phi[j] += step
                    v = phi[j]
    if n > 1:
        spare_values = array_at(at + 16 * size, size, types.float64)
        spare_codes = array_at(at + 24 * size, size, int64)
        counts = array_at(at + 32 * size, 257, int64)
        _sort_spikes(values, codes, spare_values, spare_codes, n, types.float64(threshold), counts)
    made = job[R.MADE]
    # What `write_spike` writes, array by array: spike by spike it cost whole runs of narrow layers 2 to 4 %.
    out_codes = array_at(job[R.OUT_CODES], made + n, int32)
    out_outlets = array_at(job[R.OUT_OUTLETS], made + n, int64)
    for k in range(n):
        out_codes[made + k] = int32(codes[k])
        out_outlets[made + k] = 0
    if job[R.OUT_MAGNITUDES] != 0:
        magnitudes = array_at(job[R.OUT_MAGNITUDES], made + n, types.float64)
        for k in range(n):
            magnitudes[made + k] = values[k]
    if job[R.LATER] != 0:
        delays = array_at(job[R.OUT_DELAYS], made + n, int64)
        for k in range(n):
            delays[made + k] = 0
    job[R.MADE] = made + n
    return n
