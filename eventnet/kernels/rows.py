"""Helpers that rules call, each with a plain meaning and a compiled twin 64 units wide; they count what they do.

The plain functions are the specification. Compiled, the same names add 64 units at a time and mask the crossings in
the same pass (4.5 times a plain loop on 300 units); a second, rare pass fires. Both give the same bytes: a sign
chooses between adding and subtracting, and potentials past 1/2 lose 1 exactly.

Compiled helpers trust that arrays are those an engine made: aligned to 64 bytes and padded with zeros to 64 units.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import int32, int64, types
from numba.extending import overload, register_jitable

from eventnet.kernels import records as R
from eventnet.kernels.out_compiled import job_of, port_of, shift_codes
from eventnet.kernels.records import address_of, array_at, inner
from eventnet.kernels.simd import (
    LANES,
    add64,
    add_both,
    add_times,
    add_up,
    check_both,
    check_up,
    decay_add_check,
    fill16,
    fire_masked,
    lowest_bit,
    sub64,
    sub_both,
    sub_up,
)
from eventnet.tally import (
    COMPARES,
    MULTIPLIES,
    N_COLUMNS,
    NEURON_ADDS,
    PRODUCT_BITS,
    PRODUCT_UNITS,
    PRODUCTS,
    READS,
    SYNAPTIC_ADDS,
)  # fmt: skip


def add_row(phi: Any, w: Any, i: int, s: int, tally: Any, adds: int = SYNAPTIC_ADDS) -> None:
    """Add (s > 0) or subtract row `i` of the block `w` [rows, n] to the potentials `phi` [n].

    Counts n adds, in the column `adds`, and n reads.
    """
    for j in range(len(phi)):
        if s > 0:
            phi[j] += w[i, j]
        else:
            phi[j] -= w[i, j]
    tally[adds] += len(phi)
    tally[READS] += len(phi)


def add_row_times(phi: Any, w: Any, i: int, s: int, tally: Any, adds: int = SYNAPTIC_ADDS) -> None:
    """Add row `i` of the block `w` [rows, n], `s` times, to the potentials `phi` [n]; `s` is a whole number.

    |s| = 1 is `add_row`. Else each word is multiplied with |s| in the network's number type and then added, or
    subtracted where s < 0: two roundings. An int32 network wraps round, as its sums do. Counts n adds, in the column
    `adds`, and n reads, and where |s| > 1 n multiplications; a network with amounts also counts what `PRODUCTS` names.
    """
    if s == 1 or s == -1:
        add_row(phi, w, i, s, tally, adds)
        return
    m = phi.dtype.type(abs(s))
    for j in range(len(phi)):
        if s > 0:
            phi[j] += phi.dtype.type(w[i, j] * m)
        else:
            phi[j] -= phi.dtype.type(w[i, j] * m)
    tally[adds] += len(phi)
    tally[READS] += len(phi)
    count_products(len(phi), s, tally)


def count_products(n: int, s: int, tally: Any) -> None:
    """n elements were multiplied with the whole number s: a multiplication each, where |s| > 1.

    A network with amounts also counts them for the other conventions: see `eventnet.tally.PRODUCTS`.
    """
    m = abs(s)
    if m > 1:
        tally[MULTIPLIES] += n
        if len(tally) > N_COLUMNS:
            set_bits = 0
            while m > 0:
                set_bits += m & 1
                m >>= 1
            tally[PRODUCTS] += n
            tally[PRODUCT_UNITS] += n * abs(s)
            tally[PRODUCT_BITS] += n * set_bits


def count_checks(n: int, made: int, tally: Any) -> None:
    """n thresholds were looked at, and again where a spike was made, which took something off."""
    tally[COMPARES] += n + made
    tally[NEURON_ADDS] += made


def is_each(value: Any) -> bool:
    """Whether a rule was given one value a unit [units], and not one for all."""
    return hasattr(value, "__len__")  # numbers have none, NumPy's neither


def at(value: Any, j: int) -> Any:
    """The value for unit j: a number that is the same for all, or that unit's of an array [units]."""
    return value[j] if is_each(value) else value


def fire(phi: Any, threshold: Any, step: Any, signed: bool, out: Any, tally: Any) -> int:
    """Make spikes until no potential is past the threshold; returns their number.

    The unit with the largest |phi| goes first, the lowest index at a tie (thesis Algorithm 2 leaves it open); a spike
    takes `step` off. Both thresholds are strict. Unsigned units fire above the threshold only. Threshold and step may
    be one a unit [n]: the largest of those past their own goes first. Counts a compare a unit, and a compare and an
    add a spike.
    """
    make = _fire_each if is_each(threshold) or is_each(step) else _fire_all
    made = make(phi, threshold, step, signed, out)
    count_checks(len(phi), made, tally)
    return made


def _fire_all(phi: Any, threshold: Any, step: Any, signed: bool, out: Any) -> int:
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


@register_jitable
def _fire_each(phi: Any, threshold: Any, step: Any, signed: bool, out: Any) -> int:
    """As above, where units have thresholds or steps of their own."""
    n = 0
    while True:
        best, most = -1, phi[0]
        for j in range(len(phi)):
            size = -phi[j] if signed and phi[j] < 0 else phi[j]
            if size > at(threshold, j) and (best < 0 or size > most):
                best, most = j, size
        if best < 0:
            return n
        made, up = out.made(), phi[best] > 0
        out.spike(best, 1 if up else -1, 0, np.float64(most))
        if out.made() == made:  # no room: a fault
            return 0
        if up:
            phi[best] -= at(step, best)
        else:
            phi[best] += at(step, best)
        n += 1


def add_and_fire(
    phi: Any, w: Any, i: int, s: int, threshold: Any, step: Any, signed: bool, out: Any, tally: Any,
    adds: int = SYNAPTIC_ADDS,
) -> int:  # fmt: skip
    """`add_row`, then `fire` at the port's first outlet, both counted; returns the number of spikes."""
    add_row(phi, w, i, s, tally, adds)
    return fire(phi, threshold, step, signed, out, tally)


def decay_and_add(phi: Any, w: Any, i: int, s: int, dt: int, factor: Any, bar: Any, signed: bool, tally: Any) -> bool:
    """Multiply potentials by `factor` if `dt` is above 0, then `add_row`; whether any is past its own bar.

    bar [n] is strict; signed units are measured by |phi|. `factor` must be 1 where dt is 0. Counts n adds, reads and
    compares, and n multiplications where dt is above 0; `factor` is the caller's to count.
    """
    past = False
    for j in range(len(phi)):
        if dt > 0:
            phi[j] *= factor
        if s > 0:
            phi[j] += w[i, j]
        else:
            phi[j] -= w[i, j]
        size = -phi[j] if signed and phi[j] < 0 else phi[j]
        past = bool(size > bar[j]) or past  # looks at every bar, so that a checked run sees one that is not there
    _count_decay(len(phi), dt, tally)
    return past


def _count_decay(n: int, dt: int, tally: Any) -> None:
    tally[SYNAPTIC_ADDS] += n
    tally[READS] += n
    tally[COMPARES] += n
    if dt > 0:
        tally[MULTIPLIES] += n


def marked(values: Any, block: int) -> int:
    """The units from 64 times `block` on whose values are not 0, as 64 bits; `lowest` takes them one by one."""
    bits = 0
    for j in range(LANES * block, min(LANES * (block + 1), len(values))):
        if values[j] > 0 or values[j] < 0:
            bits |= 1 << (j - LANES * block)
    return bits


def lowest(bits: int) -> int:
    """The number of the lowest bit that is set; bits must not be 0."""
    return (bits & -bits).bit_length() - 1


def spike_often(out: Any, index: int, sign: int, times: int, magnitude: float) -> None:
    """So many spikes of one unit at the port's first outlet, up to the first for which there is no room."""
    for _ in range(times):
        made = out.made()
        out.spike(index, sign, 0, magnitude)
        if out.made() == made:
            return


# --- the compiled twins ----------------------------------------------------------------------------------------------
@overload(add_row, jit_options={"forceinline": True})
def _add_row(phi, w, i, s, tally, adds=SYNAPTIC_ADDS):
    def impl(phi, w, i, s, tally, adds=SYNAPTIC_ADDS):
        tally[adds] += len(phi)
        tally[READS] += len(phi)
        at, row = address_of(phi), address_of(w) + i * w.strides[0]
        nothing = phi.dtype.type(0)
        for b in range((len(phi) + LANES - 1) // LANES):
            if s > 0:
                add64(at, row, b, nothing)
            else:
                sub64(at, row, b, nothing)

    return impl


@overload(at, jit_options={"forceinline": True})
def _at(value, j):
    return (lambda value, j: value[j]) if isinstance(value, types.Array) else (lambda value, j: value)


compiled_checks = inner(forceinline=True)(count_checks)
compiled_products = inner(forceinline=True)(count_products)


@overload(count_products, jit_options={"forceinline": True})
def _count_products(n, s, tally):
    return lambda n, s, tally: compiled_products(n, s, tally)


@overload(add_row_times, jit_options={"forceinline": True})
def _add_row_times(phi, w, i, s, tally, adds=SYNAPTIC_ADDS):
    def impl(phi, w, i, s, tally, adds=SYNAPTIC_ADDS):
        if s == 1 or s == -1:
            add_row(phi, w, i, s, tally, adds)
            return
        tally[adds] += len(phi)
        tally[READS] += len(phi)
        at, row, m = address_of(phi), address_of(w) + i * w.strides[0], phi.dtype.type(s)
        for b in range((len(phi) + LANES - 1) // LANES):
            add_times(at, row, b, m)
        compiled_products(len(phi), s, tally)

    return impl


compiled_decay = inner(forceinline=True)(_count_decay)


@overload(count_checks, jit_options={"forceinline": True})
def _count_checks(n, made, tally):
    return lambda n, made, tally: compiled_checks(n, made, tally)


@overload(marked, jit_options={"forceinline": True})
def _marked(values, block):
    def impl(values, block):
        at = address_of(values)
        return check_both(at, at, block, values.dtype.type(0))

    return impl


@overload(lowest, jit_options={"forceinline": True})
def _lowest(bits):
    return lambda bits: lowest_bit(bits)


@overload(spike_often, jit_options={"forceinline": True})
def _spike_often(out, index, sign, times, magnitude):
    if out.amounts:

        def one_by_one(out, index, sign, times, magnitude):
            for _ in range(times):
                made = out.made()
                out.spike(index, sign, 0, magnitude)
                if out.made() == made:
                    return

        return one_by_one

    def impl(out, index, sign, times, magnitude):
        job = array_at(job_of(out), R.JOB_WORDS, int64)
        port = array_at(port_of(out), R.PORT_WORDS, int64)
        n, room = job[R.MADE], job[R.LIMIT]
        if port[R.OUTLETS] < 1 or index < 0 or index >= port[R.WIDTHS]:
            job[R.FAULT] = R.BAD_SPIKE
            return
        if times <= 0:
            return
        if times > room - n:
            job[R.FAULT], times = R.TOO_MANY_SPIKES, room - n
        end = n + times
        code = int32(index if sign > 0 else ~index)
        codes_at, outlets_at = job[R.OUT_CODES], job[R.OUT_OUTLETS]
        # What `write_spike` writes, array by array and 16 at a time: spike by spike 16 of them took 4.5 times as long.
        # What is written beyond the last spike lies within the room of this reaction, and the next one writes there.
        whole = n + (end - n) // 16 * 16
        whole = whole if whole == end or whole + 16 > room else whole + 16
        for k in range(n, whole, 16):
            fill16(codes_at + 4 * k, code)
            fill16(outlets_at + 8 * k, int64(0))
        codes, outlets = array_at(codes_at, room, int32), array_at(outlets_at, room, int64)
        for k in range(whole, end):
            codes[k], outlets[k] = code, 0
        if job[R.OUT_MAGNITUDES] != 0:
            magnitudes = array_at(job[R.OUT_MAGNITUDES], room, types.float64)
            for k in range(n, end):
                magnitudes[k] = magnitude
        if job[R.LATER] != 0:
            delays = array_at(job[R.OUT_DELAYS], room, int64)
            for k in range(n, end):
                delays[k] = 0
        job[R.MADE] = end

    return impl


def _own(threshold: Any, step: Any) -> bool:
    """Whether a compiled rule has one of them one a unit."""
    return isinstance(threshold, types.Array) or isinstance(step, types.Array)


@overload(fire, jit_options={"forceinline": True})
def _fire(phi, threshold, step, signed, out, tally):
    if _own(threshold, step):

        def each(phi, threshold, step, signed, out, tally):
            made = _fire_each(phi, threshold, step, signed, out)
            compiled_checks(len(phi), made, tally)
            return made

        return each

    def impl(phi, threshold, step, signed, out, tally):
        blocks = (len(phi) + LANES - 1) // LANES
        masks = array_at(array_at(job_of(out), R.JOB_WORDS, int64)[R.SCRATCH], blocks, int64)
        at, any_past = address_of(phi), int64(0)
        for b in range(blocks):
            masks[b] = check_both(at, at, b, threshold) if signed else check_up(at, at, b, threshold)
            any_past |= masks[b]
        made = 0
        if any_past != 0:
            made = fire_masked(phi, masks, blocks, threshold, step, signed, out)
        compiled_checks(len(phi), made, tally)
        return made

    if out.amounts:
        plain = inner(forceinline=True)(impl)

        def with_amounts(phi, threshold, step, signed, out, tally):
            made = plain(phi, threshold, step, signed, out, tally)
            shift_codes(out, made)
            return made

        return with_amounts

    return impl


@overload(add_and_fire, jit_options={"forceinline": True})
def _add_and_fire(phi, w, i, s, threshold, step, signed, out, tally, adds=SYNAPTIC_ADDS):
    if _own(threshold, step):

        def each(phi, w, i, s, threshold, step, signed, out, tally, adds=SYNAPTIC_ADDS):
            add_row(phi, w, i, s, tally, adds)
            return fire(phi, threshold, step, signed, out, tally)

        return each

    def impl(phi, w, i, s, threshold, step, signed, out, tally, adds=SYNAPTIC_ADDS):
        tally[adds] += len(phi)
        tally[READS] += len(phi)
        blocks = (len(phi) + LANES - 1) // LANES
        masks = array_at(array_at(job_of(out), R.JOB_WORDS, int64)[R.SCRATCH], blocks, int64)
        at, row, any_past = address_of(phi), address_of(w) + i * w.strides[0], int64(0)
        if s > 0:
            for b in range(blocks):
                m = add_both(at, row, b, threshold) if signed else add_up(at, row, b, threshold)
                masks[b] = m
                any_past |= m
        else:
            for b in range(blocks):
                m = sub_both(at, row, b, threshold) if signed else sub_up(at, row, b, threshold)
                masks[b] = m
                any_past |= m
        made = 0
        if any_past != 0:
            made = fire_masked(phi, masks, blocks, threshold, step, signed, out)
        compiled_checks(len(phi), made, tally)
        return made

    if out.amounts:
        plain = inner(forceinline=True)(impl)

        def with_amounts(phi, w, i, s, threshold, step, signed, out, tally, adds=SYNAPTIC_ADDS):
            made = plain(phi, w, i, s, threshold, step, signed, out, tally, adds)
            shift_codes(out, made)
            return made

        return with_amounts

    return impl


@overload(decay_and_add, jit_options={"forceinline": True})
def _decay_and_add(phi, w, i, s, dt, factor, bar, signed, tally):
    def impl(phi, w, i, s, dt, factor, bar, signed, tally):
        compiled_decay(len(phi), dt, tally)
        at, row, bars, past = address_of(phi), address_of(w) + i * w.strides[0], address_of(bar), int64(0)
        for b in range((len(phi) + LANES - 1) // LANES):
            past |= decay_add_check(at, row, bars, b, factor, s <= 0, signed)
        return past != 0

    return impl
