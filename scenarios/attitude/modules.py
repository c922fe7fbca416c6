"""The estimate as modules: what sensors said last, and an attitude with an end point that each of them moves at once.

    SampleLatch   holds a sensor's last values and sends a spike when a sample is whole (or at each value: joints)
    Attitude      a port a sensor. b is the gyroscope's bias, a0 the accelerometer's, v where up is about its axes

        gyroscope      q turns by (g - b) dt, by the mean of this sample and the last
        accelerometer  e = (a - a0) x v:  q turns by k e,  b <- b - k' e,  a0 <- a0 + k'' (a - a0 - v)
        rates          w, of the camera of events, as `TurningSums` saw them at its last look, times a number:
                       b <- b + k c (g - b - w), c = doubt / (doubt + w^2);
                       without a gyroscope q turns by (w - b) dt
        frame          psi, by which the attitude in the middle of the exposure was off (`compass`), about the world's
                       vertical axis, or all of them:  q turns by k psi,  b <- b - k' psi
        joints         the end point about the body's axes follows
        read           writes q, b, the end point in the world and w to row r of `answers`

This is the filter of Mahony et al. (2008) with each correction at its own sensor's time. Rates are in deg/s outside, in
radians a second inside; lengths in metres. What each port adds and multiplies is counted (`rotation`, `compass`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import ClassVar

import numpy as np
from numba.extending import register_jitable

import eventnet as en
from eventnet.errors import NetworkError
from eventnet.kernels.ranges import COUNT, within
from eventnet.kernels.ranges import Integers as Found
from eventnet.neurons.flow_sums import TurningSums
from eventnet.scenarios.attitude.compass import register
from eventnet.scenarios.attitude.rotation import (
    ARM_ADDS,
    ARM_MULTIPLIES,
    CROSS_ADDS,
    CROSS_MULTIPLIES,
    DOWN_ADDS,
    DOWN_MULTIPLIES,
    JOINTS,
    PLACE_ADDS,
    PLACE_MULTIPLIES,
    TURN_ADDS,
    TURN_MULTIPLIES,
    down_of,
    place,
    reach,
    turn_body,
    turn_world,
)
from eventnet.tally import COMPARES, MULTIPLIES, NEURON_ADDS, READS, WRITES

AXES = 3
PAST = 128
"""So many attitudes are kept, of the last samples that turned it."""
ANSWERS = 4 + AXES + AXES + AXES
TILT, TILT_BIAS, LEAN, SEEN_BIAS, DOUBT, SCALE, TURN, TURN_BIAS = range(8)
"""Gains: of the accelerometer on q, b and a0; of the camera of events on b, its doubt, what its rates are multiplied
with; of a frame on q and b."""
N_GAINS = 8
RADIAN = math.pi / 180


@en.rule
def hold(i, s, t, out, tally, held, whole, updates):
    """Row i of the updates: an index and its new value."""
    j = int(updates[i, 0])
    if j < 0 or j >= len(held):
        return 1
    held[j] = updates[i, 1]
    tally[READS] += 2
    if whole[0] == 0:
        out.spike(j, 1)
    elif j == len(held) - 1:
        out.spike(0, 1)
    return 0


class SampleLatch(en.Module):
    """The last values of a sensor. It sends a spike when the last of a sample's values has come, or at each value."""

    units = en.Size(doc="values")
    updates = en.Weights("n_updates", 2, doc="(index, value)")
    samples = en.Option(True, doc="values come in whole samples, in order; else each by itself")
    held = en.State(doc="the last values")
    whole = en.Integers(1, start=lambda latch: int(latch.samples))

    value = en.Port(hold, emits="out", accepts="n_updates")
    out = en.Outlet()
    errors: ClassVar[Mapping[int, str]] = {1: "an update names a value that does not exist"}
    membrane: ClassVar[None] = None
    most = 1
    n_updates: int


@register_jitable
def advance(t, x, y, z, q, last, when, past, past_at, cursor, tally):
    """Turn by rates (radians a second) since the last time, by their mean with the last ones; keep the attitude."""
    dt = 0.5e-6 * max(t - when[0], 0)  # less where time begins before tick 0
    turn_body(q, dt * (x + last[0]), dt * (y + last[1]), dt * (z + last[2]))
    last[0], last[1], last[2] = x, y, z
    when[0] = t
    cursor[0] = (cursor[0] + 1) % PAST
    past_at[cursor[0]] = t
    for k in range(4):
        past[4 * cursor[0] + k] = q[k]
    tally[NEURON_ADDS] += AXES + 1 + TURN_ADDS
    tally[MULTIPLIES] += AXES + 1 + TURN_MULTIPLIES


@en.rule
def take_gyroscope(i, s, t, out, tally, q, bias, last, when, past, past_at, cursor, gyro):
    """A sample: turn by it."""
    x, y, z = RADIAN * gyro[0] - bias[0], RADIAN * gyro[1] - bias[1], RADIAN * gyro[2] - bias[2]
    advance(t, x, y, z, q, last, when, past, past_at, cursor, tally)
    tally[NEURON_ADDS] += AXES
    tally[MULTIPLIES] += AXES


@en.rule
def take_accelerometer(i, s, t, out, tally, q, bias, lean, gain, accel):
    """A sample: up is where what is felt points, more or less."""
    x, y, z = down_of(q)
    x, y, z = -x, -y, -z
    ax, ay, az = accel[0] - lean[0], accel[1] - lean[1], accel[2] - lean[2]
    ex, ey, ez = ay * z - az * y, az * x - ax * z, ax * y - ay * x
    k, b, a = gain[TILT], gain[TILT_BIAS], gain[LEAN]
    turn_body(q, k * ex, k * ey, k * ez)
    bias[0] -= b * ex
    bias[1] -= b * ey
    bias[2] -= b * ez
    lean[0] += a * (ax - x)
    lean[1] += a * (ay - y)
    lean[2] += a * (az - z)
    tally[NEURON_ADDS] += DOWN_ADDS + CROSS_ADDS + TURN_ADDS + 4 * AXES
    tally[MULTIPLIES] += DOWN_MULTIPLIES + CROSS_MULTIPLIES + TURN_MULTIPLIES + 3 * AXES


@en.rule
def take_rates(
    i, s, t, out, tally, q, bias, last, when, past, past_at, cursor, gain, blind, gyro, rates
):  # fmt: skip
    """The camera's rates: they correct the gyroscope's bias, or stand in its place."""
    if blind[0] != 0:
        unit = RADIAN * gain[SCALE]
        x, y, z = unit * rates[0] - bias[0], unit * rates[1] - bias[1], unit * rates[2] - bias[2]
        advance(t, x, y, z, q, last, when, past, past_at, cursor, tally)
        tally[NEURON_ADDS] += AXES
        tally[MULTIPLIES] += AXES + 1
        return
    for k in range(AXES):
        w = gain[SCALE] * rates[k]
        believed = gain[SEEN_BIAS] * gain[DOUBT] / (gain[DOUBT] + w * w)
        bias[k] += believed * (RADIAN * (gyro[k] - w) - bias[k])
    tally[NEURON_ADDS] += 4 * AXES
    tally[MULTIPLIES] += 6 * AXES


@en.rule
def take_frame(
    i, s, t, out, tally, q, bias, gain, past, past_at, cursor, then, seen, turned, sums, frame_info, shot,
    faces,
):  # fmt: skip
    """A frame: how far was the attitude off in the middle of its exposure?"""
    wanted = t - frame_info[1]
    k, n = cursor[0], 0
    while n < PAST - 1 and past_at[k] > wanted:
        k, n = (k + PAST - 1) % PAST, n + 1
    for j in range(4):
        then[j] = past[4 * k + j] if past_at[k] <= wanted else q[j]
    register(then, shot, faces, gain[N_GAINS], frame_info[0], seen, turned, sums, tally)
    g, b = gain[TURN], gain[TURN_BIAS]
    tally[COMPARES] += n
    if frame_info[2] != 0:
        turn_by_all(q, bias, turned, b)
        turn_world(q, g * turned[0], g * turned[1], g * turned[2])
        tally[NEURON_ADDS] += PLACE_ADDS + AXES + TURN_ADDS
        tally[MULTIPLIES] += PLACE_MULTIPLIES + 2 * AXES + TURN_MULTIPLIES
        return
    x, y, z = down_of(q)
    bias[0] -= b * turned[1] * x
    bias[1] -= b * turned[1] * y
    bias[2] -= b * turned[1] * z
    turn_world(q, 0.0, g * turned[1], 0.0)
    tally[NEURON_ADDS] += DOWN_ADDS + AXES + TURN_ADDS
    tally[MULTIPLIES] += DOWN_MULTIPLIES + 2 + AXES + TURN_MULTIPLIES


@register_jitable
def turn_by_all(q, bias, turned, b):
    """b <- b - b (R^T turned)."""
    w, x, y, z = q[0], -q[1], -q[2], -q[3]
    a, c, d = y * turned[2] - z * turned[1], z * turned[0] - x * turned[2], x * turned[1] - y * turned[0]
    bias[0] -= b * (turned[0] + 2.0 * (w * a + y * d - z * c))
    bias[1] -= b * (turned[1] + 2.0 * (w * c + z * a - x * d))
    bias[2] -= b * (turned[2] + 2.0 * (w * d + x * c - y * a))


@en.rule
def take_joint(i, s, t, out, tally, tip, arm, joints):
    """A joint has moved: where is the end point about the body's axes?"""
    reach(joints, arm, tip)
    tally[NEURON_ADDS] += ARM_ADDS
    tally[MULTIPLIES] += ARM_MULTIPLIES


@en.rule
def read(i, s, t, out, tally, q, bias, tip, turned, rates, answers):
    """Write what is known now into row i."""
    for k in range(4):
        answers[i, k] = q[k]
    for k in range(AXES):
        answers[i, 4 + k] = bias[k] / RADIAN
        answers[i, 10 + k] = rates[k]
    place(q, tip, turned)
    for k in range(AXES):
        answers[i, 7 + k] = turned[k]
    tally[NEURON_ADDS] += PLACE_ADDS
    tally[MULTIPLIES] += PLACE_MULTIPLIES + AXES
    tally[WRITES] += len(answers[i])


class Attitude(en.Module):
    """An attitude and an arm's end point, moved by each sensor's spikes; see the file's beginning."""

    units = en.Derived(4)
    gyroscope = en.Other(SampleLatch, doc="3 rates, deg/s")
    accelerometer = en.Other(SampleLatch, doc="3 specific forces, g")
    camera = en.Other(TurningSums, doc="whose `rates` are those of the camera of events, deg/s")
    frame = en.Other(SampleLatch, doc="a frame's pixels, 0 to 1")
    encoders = en.Other(SampleLatch, doc="the arm's angles in degrees")
    faces = en.Weights("sides", "texels", doc="a panorama's log intensity, its faces one below the other")
    answers = en.Weights("n_answers", ANSWERS, doc="where answers are written to")
    gains = en.Option[tuple[float, ...]](doc="eight: see TILT and so on")
    segments = en.Option[tuple[float, ...]](doc="five: where the arm begins on the body, and its links' lengths")
    focal = en.Option[float](doc="focal length of the frame camera in pixels")
    width = en.Option[int](doc="its pixels across")
    late = en.Option[int](doc="ticks from the middle of an exposure to its frame")
    every_axis = en.Option(False, doc="a frame turns the attitude about all axes, not the vertical one alone")
    without_gyroscope = en.Option(False, doc="the camera's rates stand in the gyroscope's place")

    q = en.State(start=(1.0, 0.0, 0.0, 0.0), doc="from the body's axes to the world's")
    bias = en.State(AXES, doc="of the gyroscope, radians a second")
    lean = en.State(AXES, doc="bias of the accelerometer, g")
    last = en.State(AXES, doc="rates of the last turn")
    tip = en.State(AXES, start=lambda a: first_tip(a), doc="the end point about the body's axes")
    arm = en.State(None, start=lambda a: np.asarray(a.segments, np.float64))
    gain = en.State(None, start=lambda a: np.array([*a.gains, a.focal], np.float64))
    past = en.State(4 * PAST, start=lambda a: np.tile((1.0, 0.0, 0.0, 0.0), PAST), doc="attitudes of the last turns")
    then = en.State(4, doc="room for a registration")
    seen = en.State("pixels", doc="room for what a frame should be")
    pixels = en.Derived[int](lambda a: a.frame.units)
    turned = en.State(AXES, doc="room")
    sums = en.State(9, doc="room")
    when = en.Integers(1, doc="tick of the last turn")
    past_at = en.Integers(PAST, doc="ticks of the last turns")
    cursor = en.Integers(1, doc="the last of them")
    blind = en.Integers(1, start=lambda a: int(a.without_gyroscope))
    frame_info = en.Integers(3, start=lambda a: [a.width, a.late, int(a.every_axis)])
    gyro = en.State.of(gyroscope, "held")
    accel = en.State.of(accelerometer, "held")
    rates = en.State.of(camera, "rates")
    shot = en.State.of(frame, "held")
    joints = en.State.of(encoders, "held")

    turn = en.Port(take_gyroscope, accepts=AXES)
    feel = en.Port(take_accelerometer, accepts=AXES)
    see = en.Port(take_rates, accepts=1)
    compass = en.Port(take_frame, accepts="pixels")
    joint = en.Port(take_joint, accepts=JOINTS)
    read = en.Port(read, accepts="n_answers")
    membrane: ClassVar[None] = None
    dtypes: ClassVar[tuple[str, ...]] = ("float64",)
    n_answers: int

    def check(self) -> None:
        """All sensors have their values, and numbers their lengths."""
        for latch, values in ((self.gyroscope, AXES), (self.accelerometer, AXES), (self.encoders, JOINTS)):
            if latch.units != values:
                raise NetworkError(f"{latch!r} holds {latch.units} values; wanted {values}")
        for name, values in (("gains", N_GAINS), ("segments", 5)):
            if len(getattr(self, name)) != values:
                raise NetworkError(f"{name} is {getattr(self, name)}; wanted {values} numbers")
        if self.width < 3 or self.pixels % self.width or self.pixels < 3 * self.width:
            raise NetworkError(f"{self.pixels} pixels are no frame of width {self.width}; wanted 3 x 3 or more")

    def check_integers(self, found: Found, time: int) -> None:
        """Ticks of what has been, and a place among them."""
        within("'when'", found["when"], -COUNT, COUNT)
        within("'past_at'", found["past_at"], -COUNT, COUNT)
        within("'cursor'", found["cursor"], 0, PAST)


def first_tip(attitude: Attitude) -> np.ndarray:
    """The end point of an arm whose joints are all at 0."""
    tip = np.zeros(AXES)
    reach(np.zeros(JOINTS), np.asarray(attitude.segments, np.float64), tip)
    return tip
