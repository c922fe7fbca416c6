"""Helpers that rules call, each with a plain meaning and a compiled twin 64 units wide.

The plain functions are the specification. Compiled, the same names add 64 units at a time and mask the crossings in
the same pass (4.5 times a plain loop on 300 units); a second, rare pass fires. Both give the same bytes: a sign
chooses between adding and subtracting, and potentials past 1/2 lose 1 exactly.

Compiled helpers trust that arrays are those an engine made: aligned to 64 bytes and padded with zeros to 64 units.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
from llvmlite import ir
from numba import carray, int32, int64, njit, types
from numba.core import cgutils
from numba.core.datamodel import models
from numba.extending import intrinsic, overload, overload_method, register_model

from eventnet.tally import DELIVERIES, N_COLUMNS, SPIKES

LANES = 64

# --- the two records that the loop and a rule's run share, as int64 words --------------------------------------------
JOB_WORDS = 40
CODES, ROOTS, LO, HI, STOP, NOW, FIRST = range(7)
OUT_CODES, OUT_ROOTS, OUT_PARENTS, OUT_OUTLETS, OUT_MAGNITUDES, OUT_DELAYS, ROOM = range(7, 14)
ROOT_TALLY, SCRATCH, CONSUMED, MADE, START, LIMIT, FAULT, LATER = range(14, 22)
SCRATCH_ITEMS = 22

PORT_WORDS = 80
TALLY, MOST, OUTLETS, WIDTHS = 0, 1, 2, 3
MAX_OUTLETS = 8
ARRAYS = WIDTHS + MAX_OUTLETS
MAX_NAMES = (PORT_WORDS - ARRAYS) // 4

TOO_MANY_SPIKES, BAD_SPIKE = -1, -2
"""Faults that `out` finds by itself: more spikes in one reaction than the module's `most`; an index or outlet that the
port cannot emit."""


class Out:
    """Where a rule puts the spikes of one reaction; this class is the plain form, for the reference engine."""

    def __init__(self, widths: tuple[int, ...], most: int) -> None:
        self.widths, self.most = widths, most
        self.spikes: list[tuple[int, int, int, float, int]] = []
        self.fault = 0

    def spike(self, index: int, sign: int, outlet: int = 0, magnitude: float = 1.0) -> None:
        """Make a spike of unit `index` with `sign` at the port's `outlet`-th outlet."""
        self.later(index, sign, outlet, 0, magnitude)

    def later(self, index: int, sign: int, outlet: int, ticks: int, magnitude: float = 1.0) -> None:
        """Make a spike that sets out `ticks` later: each wire adds its own delay to that."""
        if len(self.spikes) >= self.most:
            self.fault = TOO_MANY_SPIKES
        elif not 0 <= outlet < len(self.widths) or not 0 <= index < self.widths[outlet] or ticks < 0:
            self.fault = BAD_SPIKE
        else:
            self.spikes.append((int(index), 1 if sign > 0 else -1, int(outlet), float(magnitude), int(ticks)))

    def made(self) -> int:
        """Spikes made so far in this reaction."""
        return len(self.spikes)

    def index(self, k: int) -> int:
        """Unit of the k-th spike of this reaction."""
        return self.spikes[k][0]

    def sign(self, k: int) -> int:
        """Sign of the k-th spike of this reaction."""
        return self.spikes[k][1]


# --- the plain meaning -----------------------------------------------------------------------------------------------
def add_row(phi: Any, w: Any, i: int, s: int) -> None:
    """Add (s > 0) or subtract row `i` of the block `w` [rows, n] to the potentials `phi` [n]."""
    for j in range(len(phi)):
        if s > 0:
            phi[j] += w[i, j]
        else:
            phi[j] -= w[i, j]


def fire(phi: Any, threshold: Any, step: Any, signed: bool, out: Any) -> int:
    """Make spikes until no potential is past the threshold; returns their number.

    The unit with the largest |phi| goes first, the lowest index at a tie (thesis Algorithm 2 leaves it open); a spike
    takes `step` off. Both thresholds are strict. Unsigned units fire above the threshold only.
    """
    n = 0
    while out.fault == 0:
        best, best_value = -1, threshold
        for j in range(len(phi)):
            value = -phi[j] if signed and phi[j] < 0 else phi[j]
            if value > best_value:
                best, best_value = j, value
        if best < 0:
            return n
        sign = 1 if phi[best] > 0 else -1
        if sign > 0:
            phi[best] -= step
        else:
            phi[best] += step
        out.spike(best, sign, 0, best_value)
        n += 1
    return 0


def add_and_fire(phi: Any, w: Any, i: int, s: int, threshold: Any, step: Any, signed: bool, out: Any) -> int:
    """`add_row`, then `fire` at the port's first outlet; returns the number of spikes."""
    add_row(phi, w, i, s)
    return fire(phi, threshold, step, signed, out)


# --- random numbers by counting -------------------------------------------------------------------------------------
_MASK = (1 << 64) - 1


def hash64(a: int, b: int) -> int:
    """A well-mixed 62-bit number from two integers; the same in plain Python and compiled.

    The finalizer of SplitMix64 (Steele, Lea and Flood 2014), applied to each argument in turn.
    """
    z = 0
    for word in (int(a), int(b)):
        z = (z + word + 0x9E3779B97F4A7C15) & _MASK
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
        z ^= z >> 31
    return z >> 2


@overload(hash64, jit_options={"forceinline": True})
def _hash64(a, b):  # type: ignore[no-untyped-def]
    def impl(a, b):  # type: ignore[no-untyped-def]
        z = np.uint64(0)
        for k in range(2):
            z += np.uint64(np.int64(a if k == 0 else b)) + np.uint64(0x9E3779B97F4A7C15)
            z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
            z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
            z ^= z >> np.uint64(31)
        return np.int64(z >> np.uint64(2))

    return impl


def uniform(a: int, b: int) -> float:
    """A float64 in [0, 1) from two integers (a seed and a count of draws)."""
    return (hash64(a, b) >> 9) * 2.0**-53


@overload(uniform, jit_options={"forceinline": True})
def _uniform(a, b):  # type: ignore[no-untyped-def]
    def impl(a, b):  # type: ignore[no-untyped-def]
        return types.float64(hash64(a, b) >> 9) * 2.0**-53

    return impl


# --- compiled: addresses ---------------------------------------------------------------------------------------------
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


# --- compiled: out ---------------------------------------------------------------------------------------------------
class OutType(types.Type):
    """Numba's type of `out`: the addresses of the port's row and of the job."""

    def __init__(self) -> None:
        super().__init__(name="eventnet.Out")


@register_model(OutType)
class OutModel(models.StructModel):
    """Two words."""

    def __init__(self, manager: Any, fe_type: Any) -> None:
        super().__init__(manager, fe_type, [("port", types.int64), ("job", types.int64)])


out_type = OutType()


@intrinsic
def make_out(typingctx: Any, port: Any, job: Any) -> Any:
    """`out` for one run."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        struct = cgutils.create_struct_proxy(out_type)(context, builder)
        struct.port, struct.job = args
        return struct._getvalue()

    return out_type(types.int64, types.int64), codegen


def _member(name: str) -> Any:
    @intrinsic
    def member(typingctx: Any, out: Any) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            struct = cgutils.create_struct_proxy(out_type)(context, builder, value=args[0])
            return getattr(struct, name)

        return types.int64(out_type), codegen

    return member


_port_of, _job_of = _member("port"), _member("job")


@njit(forceinline=True)
def _put(out, index, sign, outlet, magnitude, ticks):  # type: ignore[no-untyped-def]
    job = carray(pointer(_job_of(out)), JOB_WORDS, int64)
    port = carray(pointer(_port_of(out)), PORT_WORDS, int64)
    n = job[MADE]
    if n >= job[LIMIT]:
        job[FAULT] = TOO_MANY_SPIKES
        return
    if outlet < 0 or outlet >= port[OUTLETS] or index < 0 or index >= port[WIDTHS + outlet] or ticks < 0:
        job[FAULT] = BAD_SPIKE
        return
    code = int32(index)
    carray(pointer(job[OUT_CODES]), n + 1, int32)[n] = code if sign > 0 else ~code
    carray(pointer(job[OUT_OUTLETS]), n + 1, int64)[n] = outlet
    if job[OUT_MAGNITUDES] != 0:
        carray(pointer(job[OUT_MAGNITUDES]), n + 1, types.float64)[n] = magnitude
    if ticks > 0:
        if job[LATER] == 0:
            job[LATER] = 1
            delays = carray(pointer(job[OUT_DELAYS]), n + 1, int64)
            for k in range(n):
                delays[k] = 0
    if job[LATER] != 0:
        carray(pointer(job[OUT_DELAYS]), n + 1, int64)[n] = ticks
    job[MADE] = n + 1


@overload_method(OutType, "spike", jit_options={"forceinline": True})
def _spike(out, index, sign, outlet=0, magnitude=1.0):  # type: ignore[no-untyped-def]
    def impl(out, index, sign, outlet=0, magnitude=1.0):  # type: ignore[no-untyped-def]
        _put(out, int64(index), sign, int64(outlet), types.float64(magnitude), 0)

    return impl


@overload_method(OutType, "later", jit_options={"forceinline": True})
def _later(out, index, sign, outlet, ticks, magnitude=1.0):  # type: ignore[no-untyped-def]
    def impl(out, index, sign, outlet, ticks, magnitude=1.0):  # type: ignore[no-untyped-def]
        _put(out, int64(index), sign, int64(outlet), types.float64(magnitude), int64(ticks))

    return impl


@overload_method(OutType, "made", jit_options={"forceinline": True})
def _made(out):  # type: ignore[no-untyped-def]
    def impl(out):  # type: ignore[no-untyped-def]
        job = carray(pointer(_job_of(out)), JOB_WORDS, int64)
        return job[MADE] - job[START]

    return impl


@overload_method(OutType, "index", jit_options={"forceinline": True})
def _index(out, k):  # type: ignore[no-untyped-def]
    def impl(out, k):  # type: ignore[no-untyped-def]
        job = carray(pointer(_job_of(out)), JOB_WORDS, int64)
        code = carray(pointer(job[OUT_CODES]), job[MADE], int32)[job[START] + k]
        return int64(code if code >= 0 else ~code)

    return impl


@overload_method(OutType, "sign", jit_options={"forceinline": True})
def _sign(out, k):  # type: ignore[no-untyped-def]
    def impl(out, k):  # type: ignore[no-untyped-def]
        job = carray(pointer(_job_of(out)), JOB_WORDS, int64)
        return 1 if carray(pointer(job[OUT_CODES]), job[MADE], int32)[job[START] + k] >= 0 else -1

    return impl


# --- compiled: 64 units at a time ------------------------------------------------------------------------------------
_IR_TYPES = {types.float32: ir.FloatType(), types.float64: ir.DoubleType(), types.int32: ir.IntType(32)}


def _crossings(builder: Any, values: Any, vector: Any, limit: Any, numba_type: Any, signed: bool) -> Any:
    """A mask of 64 bits: which lanes are past the threshold."""
    real = isinstance(numba_type, types.Float)
    scalar = _IR_TYPES[numba_type]
    single = builder.insert_element(ir.Constant(vector, ir.Undefined), limit, ir.Constant(ir.IntType(32), 0))
    zeros = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)
    limits = builder.shuffle_vector(single, ir.Constant(vector, ir.Undefined), zeros)
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


_add64, _sub64 = _lane_pass(True, False, False, False), _lane_pass(True, True, False, False)
_add_up, _sub_up = _lane_pass(True, False, True, False), _lane_pass(True, True, True, False)
_add_both, _sub_both = _lane_pass(True, False, True, True), _lane_pass(True, True, True, True)
_check_up, _check_both = _lane_pass(False, False, True, False), _lane_pass(False, False, True, True)


@intrinsic
def _lowest_bit(typingctx: Any, mask: Any) -> Any:
    """Number of the lowest bit that is set; the mask must not be 0."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.cttz(args[0], ir.Constant(ir.IntType(1), 1))

    return types.int64(types.int64), codegen


def scratch_words(units: int, most: int) -> int:
    """int64 words of scratch that `fire` needs for a layer: masks, and two lists of (value, code)."""
    return (units + LANES - 1) // LANES + 4 * (most + 1) + 258


@njit
def _sort_spikes(values, codes, spare_values, spare_codes, n, threshold, counts):  # type: ignore[no-untyped-def]
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


@njit
def _fire_masked(phi, masks, blocks, threshold, step, signed, out):  # type: ignore[no-untyped-def]
    """Fire the units whose bits are set in `masks`, in falling order of |phi|."""
    job = carray(pointer(_job_of(out)), JOB_WORDS, int64)
    room = job[LIMIT] - job[MADE]
    size = job[SCRATCH_ITEMS]
    at = job[SCRATCH] + 8 * blocks
    values = carray(pointer(at), size, types.float64)
    codes = carray(pointer(at + 8 * size), size, int64)
    n = 0
    for b in range(blocks):
        mask = masks[b]
        while mask != 0:
            j = b * LANES + _lowest_bit(mask)
            mask &= mask - 1
            v = phi[j]
            if v > 0:
                while v > threshold:
                    if n >= room:
                        job[FAULT] = TOO_MANY_SPIKES
                        return 0
                    values[n], codes[n] = v, j
                    n += 1
                    phi[j] -= step
                    v = phi[j]
            elif signed:
                while -v > threshold:
                    if n >= room:
                        job[FAULT] = TOO_MANY_SPIKES
                        return 0
                    values[n], codes[n] = -v, ~j
                    n += 1
                    phi[j] += step
                    v = phi[j]
    if n > 1:
        spare_values = carray(pointer(at + 16 * size), size, types.float64)
        spare_codes = carray(pointer(at + 24 * size), size, int64)
        counts = carray(pointer(at + 32 * size), 257, int64)
        _sort_spikes(values, codes, spare_values, spare_codes, n, types.float64(threshold), counts)
    made = job[MADE]
    out_codes = carray(pointer(job[OUT_CODES]), made + n, int32)
    out_outlets = carray(pointer(job[OUT_OUTLETS]), made + n, int64)
    for k in range(n):
        out_codes[made + k] = int32(codes[k])
        out_outlets[made + k] = 0
    if job[OUT_MAGNITUDES] != 0:
        magnitudes = carray(pointer(job[OUT_MAGNITUDES]), made + n, types.float64)
        for k in range(n):
            magnitudes[made + k] = values[k]
    if job[LATER] != 0:
        delays = carray(pointer(job[OUT_DELAYS]), made + n, int64)
        for k in range(n):
            delays[made + k] = 0
    job[MADE] = made + n
    return n


@overload(add_row, jit_options={"forceinline": True})
def _add_row(phi, w, i, s):  # type: ignore[no-untyped-def]
    def impl(phi, w, i, s):  # type: ignore[no-untyped-def]
        at, row = address_of(phi), address_of(w) + i * w.strides[0]
        nothing = phi.dtype.type(0)
        for b in range((len(phi) + LANES - 1) // LANES):
            if s > 0:
                _add64(at, row, b, nothing)
            else:
                _sub64(at, row, b, nothing)

    return impl


@overload(fire, jit_options={"forceinline": True})
def _fire(phi, threshold, step, signed, out):  # type: ignore[no-untyped-def]
    def impl(phi, threshold, step, signed, out):  # type: ignore[no-untyped-def]
        blocks = (len(phi) + LANES - 1) // LANES
        masks = carray(pointer(carray(pointer(_job_of(out)), JOB_WORDS, int64)[SCRATCH]), blocks, int64)
        at, any_past = address_of(phi), int64(0)
        for b in range(blocks):
            masks[b] = _check_both(at, at, b, threshold) if signed else _check_up(at, at, b, threshold)
            any_past |= masks[b]
        if any_past == 0:
            return 0
        return _fire_masked(phi, masks, blocks, threshold, step, signed, out)

    return impl


@overload(add_and_fire, jit_options={"forceinline": True})
def _add_and_fire(phi, w, i, s, threshold, step, signed, out):  # type: ignore[no-untyped-def]
    def impl(phi, w, i, s, threshold, step, signed, out):  # type: ignore[no-untyped-def]
        blocks = (len(phi) + LANES - 1) // LANES
        masks = carray(pointer(carray(pointer(_job_of(out)), JOB_WORDS, int64)[SCRATCH]), blocks, int64)
        at, row, any_past = address_of(phi), address_of(w) + i * w.strides[0], int64(0)
        if s > 0:
            for b in range(blocks):
                m = _add_both(at, row, b, threshold) if signed else _add_up(at, row, b, threshold)
                masks[b] = m
                any_past |= m
        else:
            for b in range(blocks):
                m = _sub_both(at, row, b, threshold) if signed else _sub_up(at, row, b, threshold)
                masks[b] = m
                any_past |= m
        if any_past == 0:
            return 0
        return _fire_masked(phi, masks, blocks, threshold, step, signed, out)

    return impl


SOURCE_HASH = hashlib.sha256(Path(__file__).read_bytes() + str(np.__version__).encode()).hexdigest()
"""Goes into the names of compiled runs, so that an edit here recompiles them."""

_RUN_NAMES = (
    "carray pointer make_out local_row settle_row int64 int32 PORT_WORDS JOB_WORDS N_COLUMNS CODES ROOTS LO HI STOP "
    "NOW FIRST OUT_ROOTS OUT_PARENTS ROOM MOST LIMIT START MADE FAULT ROOT_TALLY CONSUMED"
)
RUN_SCOPE: dict[str, Any] = {name: globals()[name] for name in _RUN_NAMES.split()} | {
    "DELIVERIES": DELIVERIES,
    "SPIKES": SPIKES,
    "float32": types.float32,
    "float64": types.float64,
}
"""What the generated run of a rule can see."""
