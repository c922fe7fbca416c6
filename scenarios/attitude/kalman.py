"""An extended Kalman filter with the same measurements at the same times, off the engine, in float64.

A multiplicative one (Lefferts, Markley and Shuster 1982): the attitude is a quaternion, and the state is its error
about the body's axes with both biases, the gyroscope's b and the accelerometer's a0: nine numbers and their covariance.

    gyroscope      error <- (1 - theta x) error - dt b;  variances grow by the sample's white noise and by the walks
    accelerometer  a - a0 - v = v x error + a0's error
    rates          g - w - b = b's error; without a gyroscope the attitude turns by w - b
    frame          how far it was off in the middle of the exposure is what it is off now, about the world's axes

White noise, walks and first variances of the biases are the data sheet's. What no data sheet says, `Noise`, was fitted.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba.extending import register_jitable
from numpy.typing import NDArray

from eventnet.kernels.compiling import compiled
from eventnet.scenarios.attitude.compass import register
from eventnet.scenarios.attitude.estimator import AttitudeEstimate
from eventnet.scenarios.attitude.gains import Noise
from eventnet.scenarios.attitude.parameters import AttitudeParameters
from eventnet.scenarios.attitude.rotation import down_of, matrices, matrix_of, place, reach, turn_body
from eventnet.scenarios.attitude.stream import (
    FRAME_FOCAL_PX,
    FRAME_HEIGHT,
    FRAME_WIDTH,
    SENSORS,
    STEP_US,
    KeptStream,
    frame_camera,
    segments,
    unit_of,
)
from eventnet.scenarios.fusion.methods import WORD
from eventnet.scenarios.sensors.inertial import Triad
from eventnet.tally import N_COLUMNS

Floats = NDArray[np.float64]

STATES, PAST, AXES = 9, 128, 3
HELD = 4 + STATES * (1 + STATES) + 5 * PAST + 3 * AXES
"""Values that it holds besides a frame and the panorama: attitude, error, covariance, past attitudes with their times,
the last rates, the arm's angles and its tip."""
GYROSCOPE, ACCELEROMETER, RATES, FRAME, JOINT, READ = range(6)
WHITE, WALK, LEAN_WALK, FIRST_BIAS, FIRST_LEAN, FELT, SEEN, GROWTH, DOUBT, LOST, DRIFT = range(11)
RADIAN = math.pi / 180

fast = compiled(error_model="numpy")


def kalman(
    p: AttitudeParameters, stream: KeptStream, noise: Noise, seen: Floats, sensors: tuple[str, ...] = SENSORS
) -> AttitudeEstimate:  # fmt: skip
    """The estimate of a filter. seen [n, 3]: rates by the camera of events at each look, as the engine found them."""
    blind = "gyroscope" not in sensors
    values = {name: _table(stream.of(name, p.frames.rate_hz)) for name in sensors if name != "events"}
    samples = {name: _whole(values.get(name), AXES) for name in ("gyroscope", "accelerometer")}
    frames = _whole(values.get("frames"), FRAME_WIDTH * FRAME_HEIGHT)
    joints = values.get("joints", (np.empty(0), np.empty(0, np.int64), np.empty(0)))
    steps = len(stream.times)
    looks = STEP_US * np.arange(1.0, steps) if "events" in sensors or blind else np.empty(0)
    rates = seen if "events" in sensors else np.zeros_like(seen)
    whens = [samples["gyroscope"][0], samples["accelerometer"][0], looks, frames[0], joints[0], stream.times]
    kind = np.repeat(np.arange(6), [len(t) for t in whens])
    t = np.concatenate(whens).astype(np.int64)
    order = np.lexsort((kind, t))
    camera = frame_camera(p.frames)
    answers = np.zeros((steps, 10))
    _filter(
        t[order], kind[order], samples["gyroscope"][1], samples["accelerometer"][1], rates, frames[1], joints[1],
        joints[2], _numbers(p, noise), stream.faces, np.array(segments(p)), FRAME_FOCAL_PX, FRAME_WIDTH,
        round(0.5 * camera.exposure_us + camera.readout_us), p.frames.every_axis, blind, answers,
    )  # fmt: skip
    held = HELD + FRAME_WIDTH * FRAME_HEIGHT + stream.faces.size
    return AttitudeEstimate(matrices(answers[:, :4]), answers[:, 7:], answers[:, 4:7], seen, WORD * held)


def _numbers(p: AttitudeParameters, noise: Noise) -> Floats:
    """All noise, in radians, seconds and g."""
    unit = unit_of(p)
    gyroscope, accelerometer = unit.gyroscope, unit.accelerometer
    return np.array([
        RADIAN * _white(gyroscope, unit.rate_hz),
        RADIAN * gyroscope.bias_random_walk * gyroscope.units.bias_random_walk,
        accelerometer.bias_random_walk * accelerometer.units.bias_random_walk, RADIAN * _first(gyroscope),
        _first(accelerometer), max(noise.felt, _white(accelerometer, unit.rate_hz)), RADIAN * noise.seen, noise.growth,
        RADIAN * noise.doubt, RADIAN * noise.lost, RADIAN * noise.drift,
    ])  # fmt: skip


def _white(triad: Triad, rate_hz: float) -> float:
    """Standard deviation of white noise in one sample, and of rounding."""
    density = triad.noise_density * triad.units.noise_density * math.sqrt(rate_hz / 2)
    return math.hypot(triad.white_noise * triad.units.white_noise, density, triad.step / math.sqrt(12))


def _first(triad: Triad) -> float:
    """Standard deviation of a constant bias that is uniform between its ends."""
    return float(np.mean(triad.each("bias"))) * triad.units.bias / math.sqrt(3)


def _table(packets: Any) -> tuple[Floats, NDArray[np.int64], Floats]:
    """Times, indices and values of packets."""
    events = [packet.events for packet in packets if len(packet.events)]
    if not events:
        return np.empty(0), np.empty(0, np.int64), np.empty(0)
    found = np.concatenate(events)
    return found["t"].astype(np.float64), found["index"].astype(np.int64), found["value"].astype(np.float64)


def _whole(table: tuple[Floats, NDArray[np.int64], Floats] | None, n: int) -> tuple[Floats, Floats]:
    """Times [samples] and values [samples, n]; none of a sensor that is not there."""
    if table is None:
        return np.empty(0), np.empty((0, n))
    return table[0][::n], table[2].reshape(-1, n)


@register_jitable
def measure(p, h, r, variance, x, q):
    """One number is off by r, and depends on the state as h [9] says. x: turns since it was set to 0, and biases."""
    k = np.zeros(STATES)
    total = variance
    for i in range(STATES):
        for j in range(STATES):
            if h[j] != 0.0:
                k[i] += p[i, j] * h[j]
        total += h[i] * k[i]
    for i in range(STATES):
        for j in range(STATES):
            p[i, j] -= k[i] * k[j] / total
    part = r / total
    turn_body(q, part * k[0], part * k[1], part * k[2])
    for i in range(STATES):
        x[i] += part * k[i]


@register_jitable
def predict(p, x, y, z, dt, white, walk, lean):
    """The covariance after a turn by x, y and z radians in dt seconds; white, walk, lean: variances that are added."""
    for j in range(STATES):  # rows of F P
        a, b, c = p[0, j], p[1, j], p[2, j]
        p[0, j] = a + z * b - y * c - dt * p[3, j]
        p[1, j] = b - z * a + x * c - dt * p[4, j]
        p[2, j] = c + y * a - x * b - dt * p[5, j]
    for j in range(STATES):  # columns of (F P) F^T
        a, b, c = p[j, 0], p[j, 1], p[j, 2]
        p[j, 0] = a + z * b - y * c - dt * p[j, 3]
        p[j, 1] = b - z * a + x * c - dt * p[j, 4]
        p[j, 2] = c + y * a - x * b - dt * p[j, 5]
    for i in range(AXES):
        p[i, i] += white
        p[AXES + i, AXES + i] += walk
        p[2 * AXES + i, 2 * AXES + i] += lean


@fast
def _filter(
    t, kind, gyro, accel, rates, frames, joint, angle, noise, faces, arm, focal, width, late, every_axis, blind, answers
):  # fmt: skip
    q, x, p, h = np.array([1.0, 0.0, 0.0, 0.0]), np.zeros(STATES), np.zeros((STATES, STATES)), np.zeros(STATES)
    past, past_at, cursor, last = np.zeros((PAST, 4)), np.zeros(PAST, np.int64), 0, np.zeros(AXES)
    past[:, 0] = 1.0
    angles, tip, placed = np.zeros(3), np.zeros(AXES), np.zeros(AXES)
    then, turned, sums, seen = np.zeros(4), np.zeros(AXES), np.zeros(9), np.zeros(frames.shape[1])
    tally, next_of, when, g = np.zeros(N_COLUMNS, np.int64), np.zeros(6, np.int64), 0, np.zeros(AXES)
    reach(angles, arm, tip)
    for i in range(AXES):
        p[AXES + i, AXES + i] = noise[FIRST_BIAS] ** 2 if not blind else 1e-6
        p[2 * AXES + i, 2 * AXES + i] = noise[FIRST_LEAN] ** 2
        p[i, i] = 1e-8
    for n in range(len(t)):
        what = kind[n]
        k = next_of[what]
        next_of[what] += 1
        if what == GYROSCOPE or (what == RATES and blind):
            if what == GYROSCOPE:
                for i in range(AXES):
                    g[i] = RADIAN * gyro[k, i]
            else:
                for i in range(AXES):
                    g[i] = RADIAN * rates[k, i]
            dt = 1e-6 * (t[n] - when)
            when = t[n]
            half = 0.5 * dt
            ax, ay, az = half * (g[0] - x[3] + last[0]), half * (g[1] - x[4] + last[1]), half * (g[2] - x[5] + last[2])
            for i in range(AXES):
                last[i] = g[i] - x[AXES + i]
            turn_body(q, ax, ay, az)
            lean = noise[LEAN_WALK] ** 2 * dt
            if blind:
                grown = noise[LOST] ** 2 * dt + noise[GROWTH] ** 2 * (ax * ax + ay * ay + az * az)
                predict(p, ax, ay, az, dt, grown, noise[DRIFT] ** 2 * dt, lean)
            else:
                predict(p, ax, ay, az, dt, (noise[WHITE] * dt) ** 2, noise[WALK] ** 2 * dt, lean)
            cursor = (cursor + 1) % PAST
            past[cursor], past_at[cursor] = q, t[n]
        elif what == ACCELEROMETER:
            for i in range(AXES):
                vx, vy, vz = down_of(q)
                v = (-vx, -vy, -vz)
                h[:] = 0.0
                h[(i + 1) % 3], h[(i + 2) % 3] = -v[(i + 2) % 3], v[(i + 1) % 3]
                h[2 * AXES + i] = 1.0
                measure(p, h, accel[k, i] - x[2 * AXES + i] - v[i], noise[FELT] ** 2, x, q)
        elif what == RATES:
            for i in range(AXES):
                w = RADIAN * rates[k, i]
                h[:] = 0.0
                h[AXES + i] = 1.0
                measure(p, h, g[i] - w - x[AXES + i], noise[SEEN] ** 2 + (noise[GROWTH] * w) ** 2, x, q)
        elif what == FRAME:
            c, m = cursor, 0
            while m < PAST - 1 and past_at[c] > t[n] - late:
                c, m = (c + PAST - 1) % PAST, m + 1
            then[:] = past[c]
            variance = register(then, frames[k], faces, focal, width, seen, turned, sums, tally)
            x[:AXES] = 0.0  # what is turned by now is not off any more
            for i in range(AXES):
                if every_axis or i == 1:
                    row = matrix_of(q)
                    h[:] = 0.0
                    h[0], h[1], h[2] = row[3 * i], row[3 * i + 1], row[3 * i + 2]
                    off = turned[i] - h[0] * x[0] - h[1] * x[1] - h[2] * x[2]
                    measure(p, h, off, variance + noise[DOUBT] ** 2, x, q)
        elif what == JOINT:
            angles[joint[k]] = angle[k]
            reach(angles, arm, tip)
        else:
            place(q, tip, placed)
            answers[k, :4] = q
            answers[k, 4:7] = x[AXES : 2 * AXES] / RADIAN
            answers[k, 7:] = placed
