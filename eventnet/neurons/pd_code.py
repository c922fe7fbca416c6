"""Proportional-derivative codes: how a layer encodes its values, rounds them into spikes, and decodes what it hears.

    encode   a = (x - d * x_last) / beta;  phi += a;  n = round(phi);  phi -= n;  n spikes      (thesis 5.3, C.3)
    decode   y = d * y_last + beta * n

with alpha = kd / (kp + kd), beta = 1 / (kp + kd), and d = alpha^(dt / step) for the time dt since the last step: each
step decays as much as has really passed, in one go. kp = 0 never decays: it decodes to round(kd x) / kd.

A code may decay by shifts: alpha is the nearest 1 - 2^-k or 1 - 2^-k - 2^-m, so that d y = y - 2^-k y - 2^-m y over a
step, and beta the nearest power of two. The same formulas then want no multiplication: tallies count a shift as an
addition inside a neuron.

All spikes of one unit at one instant are taken together, in the order of the units: what a layer computes does not
depend on the routing order, to the last bit.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba.extending import overload, register_jitable
from numpy.typing import NDArray

from eventnet.errors import NetworkError
from eventnet.given import NUMBER_TYPES
from eventnet.kernels.ranges import Integers, ticks, words
from eventnet.kernels.rows import lowest, marked, spike_often
from eventnet.kernels.simd import LANES
from eventnet.tally import COMPARES, MULTIPLIES, NEURON_ADDS

# Words of `code`: the scale beta; the running mean of |x|; the beta that the last step was encoded with; alpha; what
# beta is drawn to, in means of |x|; how fast (0 for a fixed scale); the learning rate of the biases.
BETA, MEAN, USED, ALPHA, RELATIVE, ETA, RATE = range(7)
SHIFTS = 7
"""The word of `code` that says how many shifts a decay takes: only a code that decays by shifts has it."""

DECAYS = ("exact", "shifts")
MOST_SHIFT = 20
"""The greatest k and m: a code that forgets more slowly than in a million steps has kp = 0."""

# Words of `clock`: a notice is on its way; when the last step was; when the spikes counted now arrived; ticks a step;
# the activation; the row of a target and whether there is one; one more than the unit to go on sending with, or 0.
NOTICED, LAST, STAMP, STEP, ACTIVATION, ROW, ROW_SET, NEXT = range(8)
NEVER = -(2**62)

SMALLEST_SCALE = 1e-8
"""An adaptive scale stays above this: a layer whose values vanish would divide by 0."""

LARGEST_NUMBER = float(2**20)
"""A unit that would send so many spikes at once has diverged."""

SMALLEST_TRACE = 2.0**-40
"""Traces below this are 0: they would end as subnormal numbers, a hundred times slower. float32 holds it exactly."""

DIVERGED, BUSY = 1, 3
ERRORS = {
    DIVERGED: "a unit would send a million spikes at once, or its value is no number: the network has diverged, or a "
    "scale that adapts has become too small for a sudden error",
    BUSY: "a second frame of one instant came before all spikes of the first were sent",
}

MOST = 4096
"""Spikes that one reaction makes at most; a layer with more goes on at another settled notice."""


def code_state(kp: float, kd: float, *, eta: float, rate: float = 0.0, decay: str = "exact") -> NDArray[np.float64]:
    """The words of `code` for gains kp and kd. Raises NetworkError unless both are 0 or more and one is more.

    eta: rate of the adaptive scale (C.8), which starts at 1 / (kp + kd), a mean |x| of 1; 0 keeps it there.
    decay: "exact", or "shifts": alpha is rounded to 1 - 2^-k or 1 - 2^-k - 2^-m, scales in use to powers of two.
    """
    if not (math.isfinite(kp) and math.isfinite(kd)) or kp < 0 or kd < 0 or kp + kd <= 0:
        raise NetworkError(f"kp is {kp} and kd {kd}; wanted two numbers of 0 or more, not both 0")
    if not 0 <= eta < 1 or not math.isfinite(rate):
        raise NetworkError(f"eta is {eta} and rate {rate}; wanted 0 <= eta < 1 and a finite rate")
    beta = 1 / (kp + kd)
    if decay not in DECAYS:
        raise NetworkError(f"decay is {decay!r}; wanted {' or '.join(DECAYS)}")
    # Not kd * beta, which for kd = 49 and kp = 0 is not 1: such a code would forget.
    words = [beta, 1.0, beta, kd / (kp + kd), beta, eta, rate]
    if decay == "shifts":
        words[USED] = power_of_two(beta)
        words[ALPHA], shifts = alpha_by_shifts(words[ALPHA])
        words.append(shifts)
    return np.array(words)


def alpha_by_shifts(alpha: float) -> tuple[float, int]:
    """The number nearest to alpha of 1, 0, 1 - 2^-k and 1 - 2^-k - 2^-m, k < m, and how many shifts it takes."""
    powers = [2.0**-k for k in range(1, MOST_SHIFT + 1)]
    found = [(1 - a, 1) for a in powers] + [(1 - a - b, 2) for a in powers for b in powers if b < a]
    return min([(1.0, 0), (0.0, 0), *found], key=lambda made: (abs(made[0] - alpha), made[1]))


@register_jitable
def power_of_two(x: Any) -> Any:
    """The power of two next to a positive number, in the ratio of the two; in float64."""
    part, exponent = math.frexp(np.float64(x))
    return math.ldexp(1.0, exponent - 1 if part < math.sqrt(0.5) else exponent)


def clock_state(step: int, activation: int = 0, more: int = 0) -> NDArray[np.int64]:
    """The words of `clock`, and `more` words of the module's own."""
    if step < 1:
        raise NetworkError(f"step is {step} ticks; wanted 1 or more")
    return np.concatenate([[0, NEVER, NEVER, step, activation, 0, 0, 0], np.zeros(more)]).astype(np.int64)


def check_clock(found: Integers, own: Integers, time: int, *, units: int = 0, rows: int = 0, flags: int = 0) -> None:
    """Raise ValueError unless the words of `clock` are those of a run up to a time.

    units: of a module that goes on sending. rows: that one can be told of. flags: words at the end that are 0 or 1.
    """
    clock = found["clock"]
    moving = {NOTICED: (0, 2), LAST: ticks(time), STAMP: ticks(time), ROW_SET: (0, 2)}
    moving |= {ROW: (0, max(rows, 1)), NEXT: (0, units + 1)}
    moving |= dict.fromkeys(range(len(clock) - flags, len(clock)), (0, 2))
    words("'clock'", clock, own["clock"], moving)


COUNTS = {"count": ("clock", STAMP)}
"""For `Module.instant_counts`: a unit's patch is added as often as it has spiked at the instant of the stamp."""


def check_real(dtype: str) -> None:
    """Raises NetworkError for a network of whole numbers."""
    if dtype not in NUMBER_TYPES or dtype == "int32":
        raise NetworkError(f"proportional-derivative codes decay, so they need real numbers, not {dtype}")


# --- spikes that arrive ----------------------------------------------------------------------------------------------
@register_jitable(forceinline=True)
def count_spike(i: int, s: int, t: int, count: Any, clock: Any) -> None:
    """One more spike of input i at this instant; those of an earlier one are forgotten."""
    if clock[STAMP] != t:
        clock[STAMP] = t
        for j in range(len(count)):
            count[j] = 0
    count[i] += count.dtype.type(s)


@register_jitable(forceinline=True)
def blocks_of(values: Any) -> int:
    """The number of blocks of 64 units; the last may have fewer."""
    return (len(values) + LANES - 1) // LANES


# --- decay, codes ----------------------------------------------------------------------------------------------------
@register_jitable
def decay(alpha: Any, clock: Any, t: int, tally: Any) -> Any:
    """alpha^(dt / step) for the time since the last step, in float64; both engines share this one formula."""
    dt = t - clock[LAST]
    if dt == clock[STEP]:
        return np.float64(alpha)
    if alpha == 0 or clock[LAST] == NEVER:
        return 0.0
    tally[MULTIPLIES] += 2
    return math.exp(math.log(np.float64(alpha)) * dt / clock[STEP])


@register_jitable
def decay_units(n: int, code: Any, clock: Any, t: int, tally: Any) -> Any:
    """The decay of n values since the last step (`decay`); counts a product each, or its shifts and subtractions."""
    if len(code) > SHIFTS and t - clock[LAST] == clock[STEP]:
        tally[NEURON_ADDS] += 2 * int(code[SHIFTS]) * n
    else:
        tally[MULTIPLIES] += n
    return decay(code[ALPHA], clock, t, tally)


@register_jitable
def count_scaled(n: int, code: Any, tally: Any) -> None:
    """n values were multiplied or divided by the scale of a code: by shifts, where it decays by shifts."""
    if len(code) > SHIFTS:
        tally[NEURON_ADDS] += n
    else:
        tally[MULTIPLIES] += n


def encode(number: Any, prev: Any, phi: Any, beta: Any, factor: Any) -> int:
    """Values in `number` become whole numbers of spikes; returns how many of them are beyond all bounds."""
    bad = 0
    for j in range(len(number)):
        value = number[j]
        phi[j] += (value - factor * prev[j]) / beta
        prev[j] = value
        if abs(phi[j]) < LARGEST_NUMBER:
            below = math.floor(phi[j])
            if phi[j] - below >= 0.5:
                below += 1
            number[j] = below
            phi[j] -= number[j]
        else:
            number[j] = 0
            bad += 1
    return bad


@overload(encode, jit_options={"forceinline": True})
def _encode(number, prev, phi, beta, factor):
    def impl(number, prev, phi, beta, factor):
        bad = 0
        half, one, nothing = phi.dtype.type(0.5), phi.dtype.type(1), phi.dtype.type(0)
        limit = phi.dtype.type(LARGEST_NUMBER)
        for j in range(len(number)):
            value = number[j]
            p = phi[j] + (value - factor * prev[j]) / beta
            prev[j] = value
            below = np.floor(p)
            whole = below + one if p - below >= half else below
            kept = abs(p) < limit
            whole = whole if kept else nothing
            number[j] = whole
            phi[j] = p - whole
            bad += 0 if kept else 1
        return bad

    return impl


def decode(number: Any, y: Any, beta: Any, factor: Any) -> None:
    """y = factor y + beta number."""
    for j in range(len(y)):
        y[j] = factor * y[j] + beta * number[j]


@overload(decode, jit_options={"forceinline": True})
def _decode(number, y, beta, factor):
    def impl(number, y, beta, factor):
        for j in range(len(y)):
            y[j] = factor * y[j] + beta * number[j]

    return impl


@register_jitable
def tune(number: Any, code: Any, tally: Any) -> None:
    """Move the scale after the mean |x| of before (C.8); this step keeps the old one, in `code[USED]`."""
    code[USED] = code[BETA]
    if len(code) > SHIFTS:
        code[USED] = power_of_two(code[BETA])
        tally[COMPARES] += 1
    if code[ETA] == 0:
        return
    total = np.float64(0.0)
    for j in range(len(number)):
        total += abs(number[j])
    beta, mean, eta = np.float64(code[BETA]), np.float64(code[MEAN]), np.float64(code[ETA])
    code[BETA] = max(beta + eta * (np.float64(code[RELATIVE]) * mean - beta), SMALLEST_SCALE)
    code[MEAN] = mean + eta * (total / len(number) - mean)
    tally[NEURON_ADDS] += len(number) + 4
    tally[MULTIPLIES] += 4
    tally[COMPARES] += 1


@register_jitable
def send_numbers(number: Any, clock: Any, out: Any) -> None:
    """As many spikes of each unit as its number, in ones, at outlet 0; after MOST of them, a notice at outlet 1."""
    made, first = 0, max(clock[NEXT] - 1, 0)
    clock[NEXT] = 0
    for block in range(first // LANES, blocks_of(number)):
        bits = marked(number, block)
        while bits != 0:
            j = LANES * block + lowest(bits)
            bits &= bits - 1
            if j < first:
                continue
            n = int(number[j])
            size, sign = abs(n), 1 if n > 0 else -1
            now = min(size, MOST - made)
            spike_often(out, j, sign, now, np.float64(size))
            made += now
            if now < size:
                number[j] = (size - now) * sign
                clock[NEXT], clock[NOTICED] = j + 1, 1
                out.spike(0, 1, 1)
                return


@register_jitable
def encode_and_send(number: Any, prev: Any, phi: Any, code: Any, factor: Any, clock: Any, out: Any, tally: Any) -> int:
    """Tune the scale, encode with the old one, send; `factor` is in float64. Returns an error code.

    Whoever made the factor counted the decays.
    """
    tune(number, code, tally)
    bad = encode(number, prev, phi, code[USED], phi.dtype.type(factor))
    tally[NEURON_ADDS] += 4 * len(number)
    count_scaled(len(number), code, tally)
    tally[COMPARES] += len(number)
    if bad > 0:
        return DIVERGED
    send_numbers(number, clock, out)
    return 0
