"""The pixels of a Dynamic Vision Sensor, compiled: from samples of log intensity to events at exact times; and its bus.

Between two samples the signal is the parabola through them and the one before. A quick pass over all pixels in
float32 finds those whose parabola may reach a threshold; a second, rare pass solves for the times in float64.
All times are in microseconds. Every random number is a hash of seed, pixel, purpose and count, so that none depends
on what other pixels do or on how the run is cut. The bus reads events out one at a time, at a finite rate.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from eventnet.kernels.compiling import compiled
from eventnet.kernels.random import hash64, uniform

ON_THRESHOLD, OFF_THRESHOLD, HOT, START, NOISE, JITTER = range(6)
"""Purposes of random numbers."""
LEAST_THRESHOLD = 0.01
SLACK = 4e-6
"""More than float32 loses on a log intensity: the quick pass takes so much off every threshold."""

fast = compiled(error_model="numpy")  # a division that may raise keeps a loop out of lanes

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]


PIXEL = np.dtype(
    [
        ("on", np.float64),
        ("off", np.float64),
        ("memory", np.float64),
        ("held", np.float64),
        ("left", np.float64),
        ("made", np.int64),
        ("hot", np.float64),
        ("noise_max", np.float64),
        ("noise_next", np.float64),
        ("noise_drawn", np.int64),
    ]
)
"""A pixel: its thresholds; the signal after its last event, and until when it is held; when its last event left it, and
how many it made; its rate of ON events as a hot pixel; the greatest rate at which it fires by itself, when it may do so
next, and how often it might have. Times in microseconds.

One record, not ten arrays: a pixel is then two lines of the cache, and an event takes 15 % less time."""


class Pixels(NamedTuple):
    """The state of n pixels.

    each: `PIXEL` records. leak: what a microsecond adds to the signal. up, down: where the next event lies, infinitely
    far while the pixel is held. row_next: when a pixel of a row may next fire by itself. waiting: numbers of the
    pixels that are held, the first waiting_count[0] of them. look: which pixels to solve in a step, and look_words the
    same eight at a time.
    """

    each: NDArray[Any]
    leak: Singles
    up: Singles
    down: Singles
    row_next: Floats
    waiting: NDArray[np.int64]
    waiting_count: NDArray[np.int64]
    look: NDArray[np.bool_]
    look_words: NDArray[np.uint64]


class Constants(NamedTuple):
    """The parameters that a step needs; rates are per microsecond."""

    seed: int
    refractory: float
    shot_rate: float
    shot_white: float
    latency: float
    jitter: float
    on: float
    off: float


@fast
def draw(seed, pixel, purpose, count):
    """A uniform number in [0, 1)."""
    return uniform(hash64(seed, pixel * 8 + purpose), count)


@fast
def draw_normal(seed, pixel, purpose, count):
    """A standard normal number (Box and Muller 1958)."""
    radius = math.sqrt(-2.0 * math.log(1.0 - draw(seed, pixel, purpose, 2 * count)))
    return radius * math.cos(2.0 * math.pi * draw(seed, pixel, purpose, 2 * count + 1))


@fast
def draw_pixels(pixels, constants, mismatch, leak_rate, hot_fraction, hot_rate, signal, t):
    """Draw what tells pixels apart, and let them begin at the time t with their input in memory.

    Pixels that leak begin where a picture at rest would have left them: anywhere below their ON threshold.
    """
    seed, width = constants.seed, len(pixels.each) // len(pixels.row_next)
    for i in range(len(pixels.each)):
        pixels.each[i].on = max(constants.on + mismatch * draw_normal(seed, i, ON_THRESHOLD, 0), LEAST_THRESHOLD)
        pixels.each[i].off = max(constants.off + mismatch * draw_normal(seed, i, OFF_THRESHOLD, 0), LEAST_THRESHOLD)
        pixels.leak[i] = leak_rate * pixels.each[i].on
        pixels.each[i].hot = hot_rate if draw(seed, i, HOT, 0) < hot_fraction else 0.0
        shot = 0.5 * constants.shot_rate * (constants.on / pixels.each[i].on + constants.off / pixels.each[i].off)
        pixels.each[i].noise_max = shot + pixels.each[i].hot
        pixels.each[i].noise_next = t
        await_noise(pixels, constants, i)
        pixels.each[i].held = pixels.each[i].left = -np.inf
        start = pixels.each[i].on * draw(seed, i, START, 0) if leak_rate > 0.0 else 0.0
        remember(pixels, i, signal[i] - start)
    for y in range(len(pixels.row_next)):
        pixels.row_next[y] = np.inf
        for i in range(y * width, (y + 1) * width):
            pixels.row_next[y] = min(pixels.row_next[y], pixels.each[i].noise_next)


@fast
def await_noise(pixels, constants, i):
    """Draw when the pixel may next fire by itself: a Poisson process at its greatest rate, thinned when it comes."""
    if pixels.each[i].noise_max <= 0.0:
        pixels.each[i].noise_next = np.inf
        return
    wait = -math.log(1.0 - draw(constants.seed, i, NOISE, 2 * pixels.each[i].noise_drawn))
    pixels.each[i].noise_next += wait / pixels.each[i].noise_max


@fast
def noise_sign(pixels, constants, i, log_intensity):
    """+1 or -1 if the noise event that has come is one at this intensity, else 0; draws the next.

    Hu et al. 2021: the rate falls linearly with intensity, and with the pixel's own threshold.
    """
    pick = draw(constants.seed, i, NOISE, 2 * pixels.each[i].noise_drawn + 1) * pixels.each[i].noise_max
    pixels.each[i].noise_drawn += 1
    await_noise(pixels, constants, i)
    fewer = 1.0 - (1.0 - constants.shot_white) * min(math.exp(log_intensity), 1.0)
    on = 0.5 * constants.shot_rate * fewer * constants.on / pixels.each[i].on + pixels.each[i].hot
    off = 0.5 * constants.shot_rate * fewer * constants.off / pixels.each[i].off
    return 1 if pick < on else (-1 if pick < on + off else 0)


@fast
def remember(pixels, i, signal):
    pixels.each[i].memory = signal
    pixels.up[i] = signal + pixels.each[i].on - SLACK
    pixels.down[i] = signal - pixels.each[i].off + SLACK


@fast
def first_rise(a, b, c, start):
    """The first u in [start, 1] at which a u^2 + b u + c, below 0 at the start, reaches 0; 2 if it does not.

    Looks at the vertex as well as at the end: a peak between two samples counts.
    """
    if a + b + c < 0.0:
        if a >= 0.0 or b <= -2.0 * a * start or b >= -2.0 * a or b * b < 4.0 * a * c:
            return 2.0
    root = math.sqrt(max(b * b - 4.0 * a * c, 0.0))
    u = -2.0 * c / (b + root) if b >= 0.0 else (root - b) / (2.0 * a)
    return min(max(u, start), 1.0)


@fast
def solve_pixel(pixels, constants, i, a, b, s1, log1, log2, t1, dt, times, codes, n):
    """All events of one pixel in a step; the signal is a u^2 + b u + s1 for u from 0 to 1."""
    u, t2 = 0.0, t1 + dt
    if pixels.each[i].held > t1:
        if pixels.each[i].held > t2:
            return times, codes, n
        u = (pixels.each[i].held - t1) / dt
        remember(pixels, i, (a * u + b) * u + s1)
    while True:
        memory = pixels.each[i].memory
        rise = first_rise(a, b, s1 - memory - pixels.each[i].on, u)
        fall = first_rise(-a, -b, memory - pixels.each[i].off - s1, u)
        noise = (pixels.each[i].noise_next - t1) / dt
        sign = 0
        if noise <= 1.0 and noise < rise and noise < fall:
            if noise >= u:
                sign = noise_sign(pixels, constants, i, log1 + noise * (log2 - log1))
            else:  # lost: the pixel is held
                noise_sign(pixels, constants, i, log1)
            if sign == 0:
                continue
            u = noise
            memory = (a * u + b) * u + s1
        elif rise <= 1.0 or fall <= 1.0:
            sign = 1 if rise <= fall else -1
            u = min(rise, fall)
            memory += pixels.each[i].on if sign > 0 else -pixels.each[i].off
        else:
            break
        at = t1 + u * dt
        leaves = at + constants.latency
        if constants.jitter > 0.0:
            leaves += constants.jitter * draw_normal(constants.seed, i, JITTER, pixels.each[i].made)
        pixels.each[i].left = max(leaves, at, pixels.each[i].left + constants.refractory)
        pixels.each[i].made += 1
        if n == len(times):
            times, codes = np.concatenate((times, times)), np.concatenate((codes, codes))
        times[n], codes[n] = pixels.each[i].left, 2 * i + (sign > 0)
        n += 1
        if constants.refractory > 0.0:
            pixels.each[i].held = at + constants.refractory
            if pixels.each[i].held > t2:
                pixels.up[i], pixels.down[i] = np.inf, -np.inf
                break
            u = (pixels.each[i].held - t1) / dt
            memory = (a * u + b) * u + s1
        remember(pixels, i, memory)
    return times, codes, n


@fast
def find_moving(pixels, ratio, since1, since2, v0, v1, v2):
    """Mark the pixels whose signal may reach a threshold: a parabola leaves its chord by a quarter of its bend at most.

    A loop of its own, so that it runs in lanes: 0.3 ns a pixel; inside `step` it took 9.
    """
    leak, up, down, look = pixels.leak, pixels.up, pixels.down, pixels.look
    before, curving = np.float32(1.0 / ratio), np.float32(0.25 / (1.0 + ratio))
    for i in range(len(v1)):
        s1, s2 = v1[i] + leak[i] * since1, v2[i] + leak[i] * since2
        bend = abs(v2[i] - v1[i] - (v1[i] - v0[i]) * before) * curving
        look[i] = (max(s1, s2) + bend >= up[i]) | (min(s1, s2) - bend <= down[i])


@fast
def step(pixels, constants, t1, dt, ratio, epoch, v0, v1, v2, log1, log2, times, codes, n):
    """All events between the samples v1 at t1 and v2 at t1 + dt, added to the n in `times` and `codes`.

    v0: the sample ratio * dt before; ratio inf stands for none, and the signal is then a straight line.
    codes: 2 * pixel, and 1 more for ON. log1, log2: log intensity, which sets the noise. epoch: since when leaks count.
    Arrays that are full are replaced by longer ones. Returns times, codes, n.
    """
    t2, rows = t1 + dt, len(pixels.row_next)
    width = len(v1) // rows
    find_moving(pixels, ratio, np.float32(t1 - epoch), np.float32(t2 - epoch), v0, v1, v2)
    for y in range(rows):
        if pixels.row_next[y] <= t2:
            pixels.row_next[y] = np.inf
            for i in range(y * width, (y + 1) * width):
                if pixels.each[i].noise_next <= t2:
                    pixels.look[i] = True
                else:
                    pixels.row_next[y] = min(pixels.row_next[y], pixels.each[i].noise_next)
    still = 0
    for k in range(pixels.waiting_count[0]):
        i = pixels.waiting[k]
        if pixels.each[i].held <= t2:
            pixels.look[i] = True
        elif not pixels.look[i]:
            pixels.waiting[still] = i
            still += 1
    pixels.waiting_count[0] = still
    for word in range(len(pixels.look_words)):
        if pixels.look_words[word] == 0:
            continue
        for i in range(8 * word, 8 * word + 8):
            if pixels.look[i]:
                rate, start = float(pixels.leak[i]), float(v1[i])
                after = float(v2[i]) - start
                a = (after + (float(v0[i]) - start) / ratio) / (1.0 + ratio)
                times, codes, n = solve_pixel(
                    pixels, constants, i, a, after - a + rate * dt, start + rate * (t1 - epoch),
                    float(log1[i]), float(log2[i]), t1, dt, times, codes, n,
                )  # fmt: skip
                if pixels.each[i].held > t2:
                    pixels.waiting[pixels.waiting_count[0]] = i
                    pixels.waiting_count[0] += 1
                y = i // width
                pixels.row_next[y] = min(pixels.row_next[y], pixels.each[i].noise_next)
    return times, codes, n


@fast
def forget_leak(pixels, by):
    """Begin to count leaks anew `by` microseconds later: float32 has no room for long times."""
    for i in range(len(pixels.each)):
        held = pixels.up[i] == np.inf
        remember(pixels, i, pixels.each[i].memory - float(pixels.leak[i]) * by)
        if held:
            pixels.up[i], pixels.down[i] = np.inf, -np.inf


@fast
def low_pass(log1, log2, v1, v2, dt, bandwidth, dark):
    """One step of a first-order low pass, exact for an input that goes straight from log1 to log2 (float32).

    bandwidth: cutoff at white in radians a microsecond; it grows with the intensity in the middle of the step.
    """
    one, least, most = np.float32(1.0), np.float32(1e-12), np.float32(20.0)
    gain, dark32 = np.float32(bandwidth * dt / (1.0 + dark)), np.float32(dark)
    for i in range(len(v1)):
        light = exponential(np.float32(0.5) * (log1[i] + log2[i]))
        x = min(max(gain * (light + dark32), least), most)
        gone = -expm1_negative(x)
        v2[i] = log2[i] + (v1[i] - log1[i]) * (one - gone) - (log2[i] - log1[i]) * (gone / x)


@fast
def unit_series(y):
    """e^y - 1 in float32 for |y| < 1, by its series to the fifth power."""
    c, d, e = np.float32(1 / 6), np.float32(1 / 24), np.float32(1 / 120)
    return y * (np.float32(1.0) + y * (np.float32(0.5) + y * (c + y * (d + y * e))))


@fast
def exponential(x):
    """e^x in float32 for x from -10 to 1, within 1e-4: five squarings of a polynomial, which a loop can do in lanes."""
    y = min(max(x, np.float32(-10.0)), np.float32(1.0)) * np.float32(1 / 32)
    e = np.float32(1.0) + unit_series(y)
    e *= e
    e *= e
    e *= e
    e *= e
    return e * e


@fast
def expm1_negative(x):
    """e^-x - 1 in float32 for x from 0 to 20: exact in relative terms where x is small."""
    y = x * np.float32(-1 / 32)
    q = unit_series(y)
    two = np.float32(2.0)
    q *= two + q
    q *= two + q
    q *= two + q
    q *= two + q
    return q * (two + q)


@fast
def all_finite(log):
    infinite = 0
    for i in range(len(log)):
        infinite |= not abs(log[i]) < np.inf
    return infinite == 0


@compiled(fastmath=True)  # to find a largest value in lanes; no value is changed
def largest_change(log1, log2):
    most = np.float32(0.0)
    for i in range(len(log1)):
        most = max(most, abs(log2[i] - log1[i]))
    return most


def empty_pixels(height: int, width: int) -> Pixels:
    """Room for the state of height x width pixels."""
    n = height * width
    leak, up, down = (np.zeros(n, np.float32) for _ in range(3))
    look = np.zeros(-(-n // 8) * 8, np.bool_)
    return Pixels(
        np.zeros(n, PIXEL).view(np.recarray),
        leak,
        up,
        down,
        np.zeros(height),
        np.zeros(n, np.int64),
        np.zeros(1, np.int64),
        look,
        look.view(np.uint64),
    )


class Bus:
    """First come, first served: each event takes 1 / rate, and those that come meanwhile wait, or are lost.

    rate: events a second, or inf. queue: how many can wait beside the one that is being sent, or inf.
    dropped: how many were lost so far.
    """

    def __init__(self, rate: float, queue: float) -> None:
        self.dropped = 0
        self._service, self._queue, self._free = 1e6 / rate, queue, -math.inf

    def send(self, times: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Times at which events that ask at `times` (microseconds, in order) have been sent, and which were not lost.

        Events come out when they have been sent: an idle bus adds 1 / rate. Both have shape [n].
        """
        if self._service == 0.0:
            return times, np.ones(len(times), np.bool_)
        sent, kept = np.empty(len(times)), np.empty(len(times), np.bool_)
        self._free = _serve(times, self._service, self._queue, self._free, sent, kept)
        self.dropped += len(times) - int(np.count_nonzero(kept))
        return sent, kept


@compiled
def _serve(times: Any, service: float, queue: float, free: float, sent: Any, kept: Any) -> float:
    for k in range(len(times)):
        waiting = math.ceil((free - times[k]) / service - 1e-9) - 1 if free > times[k] else -1
        kept[k] = waiting < queue
        if kept[k]:
            free = max(free, times[k]) + service
        sent[k] = free
    return free
