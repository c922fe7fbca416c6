"""Cheap heads: filters that fuse a gyroscope's samples with a camera's rates, in float64, and what they cost.

Each makes a step at each sample of the gyroscope, with the camera's last rates w, for each axis by itself:

    cheap          `BiasFilter`, here as `PlainHead`: a rate, its change, and a bias that is a weighed mean of g - w
    complementary  omega <- omega + k_g (g - b - omega) + k_w (w - omega);  b <- b - k_b (w - omega)
                   the usual observer with a proportional and an integral part (Mahony et al. 2008), for rates: fast
                   parts are the gyroscope's, slow ones the camera's, and its bias is what integrates
    Kalman         an extended Kalman filter of a rate, its change (an Ornstein-Uhlenbeck process) and a constant bias,
                   with gains from its covariance; the camera's noise grows with the rate, as seen by the filter. New
                   rates of the camera are taken up once
    slow traces    no camera: a linear read-out of the gyroscope and of leaky traces of it, whose slow ones find a bias

Numbers come from `train.filters`, which says from what they were fitted. Fast and late cameras have numbers of their
own. An exponential, and a division, counts as a multiplication.
"""

from __future__ import annotations

import math
from dataclasses import astuple, dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from eventnet.errors import ModelError
from eventnet.kernels.compiling import compiled
from eventnet.scenarios.fusion.plain_head import HeadNumbers, PlainHead, head_step
from eventnet.scenarios.fusion.recomputed import Counts, HeadCosts

Floats = NDArray[np.float64]
AXES = 3
FILTERS = ("cheap", "complementary", "Kalman", "slow traces")
TRACES_US = (3e3, 10e3, 30e3, 100e3, 300e3, 1e6, 3e6)
FAST_TRACES = 3
"""The traces after so many are weighed by 1 - exp(-t / tau) as well: at first they know nothing."""

fast = compiled(error_model="numpy")


class Complementary(NamedTuple):
    """Gains at each sample."""

    gyroscope: float
    camera: float
    bias: float


class Kalman(NamedTuple):
    """drive: variance of the rate's change, per second squared. noise: variance of the gyroscope. doubt, growth: of
    the camera's variance doubt + growth omega^2. prior: variance of the bias. Degrees a second, and seconds."""

    drive: float
    tau_s: float
    noise: float
    doubt: float
    growth: float
    prior: float


class SlowTraces(NamedTuple):
    """Weights of the sample and of traces with `TRACES_US`."""

    weights: tuple[float, ...]


Numbers = HeadNumbers | Complementary | Kalman | SlowTraces


# --- steps of one axis ---
@fast
def complementary_step(x, p, g, w):
    """x: omega, bias; p: gains."""
    seen = w - x[0]
    rate = x[0] + p[0] * (g - x[1] - x[0]) + p[1] * seen
    x[1] = x[1] - p[2] * seen
    x[0] = rate


@fast
def kalman_update(x, h0, h1, h2, inverse, r):
    """State and covariance after a measurement that is off by r; h: its covariances with the state."""
    k0, k1, k2 = h0 * inverse, h1 * inverse, h2 * inverse
    x[0] = x[0] + k0 * r
    x[1] = x[1] + k1 * r
    x[2] = x[2] + k2 * r
    x[3] = x[3] - k0 * h0
    x[4] = x[4] - k0 * h1
    x[5] = x[5] - k0 * h2
    x[6] = x[6] - k1 * h1
    x[7] = x[7] - k1 * h2
    x[8] = x[8] - k2 * h2


@fast
def kalman_step(x, p, dt, g):
    """The time to a sample, and the sample; x: omega, alpha, b, then their covariance 00 01 02 11 12 22."""
    f = math.exp(-dt / p[1])
    square = f * f
    x[0] = x[0] + dt * x[1]
    x[1] = f * x[1]
    moved = x[4] + dt * x[6]
    x[3] = x[3] + dt * (x[4] + moved)
    x[4] = f * moved
    x[5] = x[5] + dt * x[7]
    x[6] = p[0] + square * (x[6] - p[0])
    x[7] = f * x[7]
    h0, h1, h2 = x[3] + x[5], x[4] + x[7], x[5] + x[8]
    inverse = 1.0 / (h0 + h2 + p[2])
    r = g - x[0] - x[2]
    kalman_update(x, h0, h1, h2, inverse, r)


@fast
def kalman_look(x, p, w):
    """New rates of the camera."""
    h0, h1, h2 = x[3], x[4], x[5]
    inverse = 1.0 / (h0 + p[3] + p[4] * (x[0] * x[0]))
    r = w - x[0]
    kalman_update(x, h0, h1, h2, inverse, r)


@fast
def slow_step(x, p, shrink, grown, g):
    """x: the last sample, held until now, and its traces; p: weights; shrink: of each trace until now; grown: of the
    slow ones, 1 - exp(-t / tau). Gives the rate."""
    rate = p[0] * g
    for m in range(len(shrink)):
        x[1 + m] = x[0] + shrink[m] * (x[1 + m] - x[0])
        slow = m - (len(shrink) - len(grown))
        rate = rate + p[1 + m] * (x[1 + m] * grown[slow] if slow >= 0 else x[1 + m])
    x[0] = g
    return rate


# --- a filter of all axes over a stream ---
@fast
def _complementary(x, p, now, gyro_t, gyro, dvs_t, dvs, w, answers):
    k = 0
    for n in range(len(gyro_t)):
        while k < len(dvs_t) and dvs_t[k] <= gyro_t[n]:
            w[:] = dvs[k]
            k += 1
        for j in range(len(w)):
            complementary_step(x[j], p, gyro[n, j], w[j])
            answers[n, j] = x[j, 0]
            answers[n, len(w) + j] = w[j]
    return k


@fast
def _kalman(x, p, now, gyro_t, gyro, dvs_t, dvs, w, answers):
    k = 0
    for n in range(len(gyro_t)):
        fresh = k < len(dvs_t) and dvs_t[k] <= gyro_t[n]
        while k < len(dvs_t) and dvs_t[k] <= gyro_t[n]:
            w[:] = dvs[k]
            k += 1
        for j in range(len(w)):
            kalman_step(x[j], p, 1e-6 * (gyro_t[n] - now[0]), gyro[n, j])
            if fresh:
                kalman_look(x[j], p, w[j])
            answers[n, j] = x[j, 0]
            answers[n, len(w) + j] = w[j]
        now[0] = gyro_t[n]
    return k


@fast
def _slow_traces(x, p, now, gyro_t, gyro, tau, shrink, grown, answers):
    first = len(tau) - len(grown)
    for n in range(len(gyro_t)):
        for m in range(len(tau)):
            shrink[m] = math.exp((now[0] - gyro_t[n]) / tau[m])
            if m >= first:
                grown[m - first] = 1.0 - math.exp(-gyro_t[n] / tau[m])
        for j in range(gyro.shape[1]):
            answers[n, j] = slow_step(x[j], p, shrink, grown, gyro[n, j])
        now[0] = gyro_t[n]


TIMES = len(TRACES_US)
COSTS = {
    "cheap": HeadCosts(Counts(*head_step(AXES), 0, 4 * AXES)),
    "complementary": HeadCosts(Counts(6, 3, 0, 0, 2).times(AXES)),
    "Kalman": HeadCosts(Counts(23, 23, 0, 0, 9).times(AXES), look=Counts(12, 15, 0, 0, 7).times(AXES)),
    "slow traces": HeadCosts(
        Counts(3 * TIMES, 1 + 3 * TIMES - FAST_TRACES, 0, 0, 1 + TIMES).times(AXES).plus(
            Counts(TIMES - FAST_TRACES, 2 * TIMES - FAST_TRACES)
        )
    ),
}  # fmt: skip
"""Of a step of all axes, and of new rates of the camera. That of slow traces has the exponentials of all axes once."""
STATE = {"cheap": 4, "complementary": 2, "Kalman": 9, "slow traces": 1 + TIMES}
"""Values that an axis keeps."""


@dataclass(frozen=True)
class FilterHead:
    """A filter by its name and numbers."""

    name: str
    numbers: Numbers

    @property
    def costs(self) -> HeadCosts:
        return COSTS[self.name]

    @property
    def words(self) -> int:
        """Values of state and numbers."""
        parts = astuple(self.numbers) if isinstance(self.numbers, HeadNumbers) else self.numbers
        return AXES * (STATE[self.name] + 1) + int(sum(np.size(part) for part in parts))

    def begin(self) -> PlainHead | FilterRun:
        """It, with nothing seen yet."""
        return PlainHead(self.numbers) if isinstance(self.numbers, HeadNumbers) else FilterRun(self.numbers)


class FilterRun:
    """A filter on its way through a stream; answers are the rates, the camera's and the samples as they came."""

    answers = 3 * AXES

    def __init__(self, numbers: Complementary | Kalman | SlowTraces) -> None:
        self._numbers, self._w, self._now = numbers, np.zeros(AXES), np.zeros(1)
        self._x, self._p = _begin(numbers)
        self._late = np.empty(0), np.empty((0, AXES))  # rates after the last sample

    def take(self, gyro_t: Floats, gyro: Floats, dvs_t: Floats, dvs: Floats, at: Floats) -> Floats:
        """Answers [n, 9] at the samples `at`, which are all of gyro_t; values count from their own times on.

        Raises ModelError where there are not as many answers as samples, or not three axes.
        """
        if len(at) != len(gyro_t) or gyro.shape[1] != AXES:
            raise ModelError(
                f"there are {len(at)} answers and {gyro.shape[1]} axes at {len(gyro_t)} samples; wanted an answer at "
                f"each sample, and {AXES} axes"
            )
        made = np.zeros((len(gyro_t), self.answers))
        made[:, 2 * AXES :] = gyro
        given = (self._x, self._p, self._now, np.asarray(gyro_t, np.float64), np.asarray(gyro, np.float64))
        if isinstance(self._numbers, SlowTraces):
            tau = np.array(TRACES_US)
            _slow_traces(*given, tau, np.empty(TIMES), np.empty(TIMES - FAST_TRACES), made)
            return made
        steps = _complementary if isinstance(self._numbers, Complementary) else _kalman
        dvs_t, dvs = np.concatenate((self._late[0], dvs_t)), np.concatenate((self._late[1], dvs))
        taken = steps(*given, dvs_t, dvs, self._w, made)
        self._late = dvs_t[taken:], dvs[taken:]
        return made


def _begin(numbers: Complementary | Kalman | SlowTraces) -> tuple[Floats, Floats]:
    """State [axes, ..] and numbers as the steps have them."""
    if isinstance(numbers, Complementary):
        return np.zeros((AXES, 2)), np.array(numbers)
    if isinstance(numbers, Kalman):
        # Of the rate nothing is known: its variance is what the change's is, over tau.
        known = [numbers.drive * numbers.tau_s**2, 0, 0, numbers.drive, 0, numbers.prior]
        return np.tile([0, 0, 0, *known], (AXES, 1)).astype(np.float64), np.array(numbers)
    if len(numbers.weights) != 1 + TIMES:
        raise ModelError(f"slow traces have {len(numbers.weights)} weights; wanted {1 + TIMES}")
    return np.zeros((AXES, 1 + TIMES)), np.array(numbers.weights)
