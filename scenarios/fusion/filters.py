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

The cheap one, at a sample g of an axis, dt after the last:

    alpha <- alpha exp(-dt / tau);  omega <- omega + dt alpha
    conf   = 1 / (doubt + omega^2);  r = g - omega - num / den;  c = conf (w - omega)
    omega <- omega + k_0 r + k_2 c;  alpha <- alpha + k_1 r + k_3 c
    num   <- num + conf (g - w);     den <- den + conf

It takes 12 adds and 12 products an axis, an exponential and two divisions among them, as on the engine. An exponential,
and a division, counts as a multiplication. Numbers come from `train.filters`, which says from what they were fitted.
Fast and late cameras have numbers of their own.
"""

from __future__ import annotations

import math
from dataclasses import astuple, dataclass
from typing import NamedTuple

import numpy as np
from numba.extending import register_jitable
from numpy.typing import NDArray

from eventnet.errors import ModelError
from eventnet.kernels.compiling import compiled
from eventnet.scenarios.fusion.recomputed import Counts, HeadCosts, next_of

Floats = NDArray[np.float64]
AXES = 3
FILTERS = ("cheap", "complementary", "Kalman", "slow traces")

# --- the cheap one ---
STEP_ADDS, STEP_PRODUCTS = 12, 12
"""Of a sample and an axis."""

fast = compiled(error_model="numpy")


@dataclass(frozen=True)
class HeadNumbers:
    """Numbers of the filter, fitted with those of flow sums (`FlowNumbers`), for a gyroscope of 1,000 samples a second.

    gains    of the gyroscope on the rate (each sample) and on its change (a second), then the camera's on both
    doubt    degrees a second, squared: beyond it the camera is believed less and less
    prior    weight of the bias being 0
    tau_s    after which the change of the rate is forgotten
    """

    gains: tuple[float, float, float, float] = (0.160, 13.6, 137.0, 111.0)
    doubt: float = 2077.0
    prior: float = 0.167
    tau_s: float = 1 / 4.74

    @property
    def a_tick(self) -> tuple[float, float, float, float]:
        """Gains for changes a microsecond, as `BiasFilter` takes them."""
        k = self.gains
        return k[0], 1e-6 * k[1], k[2], 1e-6 * k[3]


def head_step(axes: int) -> tuple[int, int, int]:
    """Adds, multiplies and checks of one sample of the gyroscope."""
    return STEP_ADDS * axes, STEP_PRODUCTS * axes, 0


class PlainHead:
    """The head: values of both sensors, held until the next, in; answers [n, 3 axes] out: fused, camera, gyroscope.

    Before their first values both sensors say 0. At one time the camera's value comes first, then the gyroscope's, then
    what is read: answers change with the gyroscope's samples alone.
    """

    def __init__(self, numbers: HeadNumbers | None = None, axes: int = 3) -> None:
        n = HeadNumbers() if numbers is None else numbers
        self.answers = 3 * axes
        self._gain = np.array(n.a_tick)
        self._doubt, self._tau = n.doubt, 1e6 * n.tau_s
        # Rows: omega, alpha, numerator, denominator; the camera's rates; the gyroscope's last sample.
        self._state = np.zeros((6, axes))
        self._state[3] = n.prior
        self._when = np.zeros(1)

    def take(self, gyro_t: Floats, gyro: Floats, dvs_t: Floats, dvs: Floats, at: Floats) -> Floats:
        """Answers at times `at`; values [.., axes] of each sensor count from their own times on. All times grow."""
        made = np.empty((len(at), self.answers))
        times = (np.asarray(t, np.float64) for t in (gyro_t, dvs_t, at))
        _follow(self._state, self._when, self._gain, self._doubt, self._tau, *times, gyro, dvs, made)
        return made


@fast
def _follow(state, when, gain, doubt, tau, gyro_t, dvs_t, at, gyro, dvs, answers):
    axes = state.shape[1]
    g = d = n = 0
    while True:
        t, which = next_of(gyro_t, g, dvs_t, d, at, n)
        if t == math.inf:
            return
        if which == 0:
            state[4] = dvs[d]
            d += 1
        elif which == 1:
            dt = t - when[0]
            when[0] = t
            for j in range(axes):
                step(state[:, j], gyro[g, j], dt, gain, doubt, tau)
            g += 1
        else:
            answers[n, :axes], answers[n, axes : 2 * axes], answers[n, 2 * axes :] = state[0], state[4], state[5]
            n += 1


@register_jitable
def step(state, g, dt, gain, doubt, tau):
    """One sample of one axis; its state is omega, alpha, numerator, denominator, the camera's rate, the last sample."""
    w = state[4]
    slope = state[1] * math.exp(-dt / tau)
    rate = state[0] + dt * slope
    believed = 1 / (doubt + rate * rate)
    r = g - rate - state[2] / state[3]
    c = believed * (w - rate)
    state[0] = rate + gain[0] * r + gain[2] * c
    state[1] = slope + gain[1] * r + gain[3] * c
    state[2] += believed * (g - w)
    state[3] += believed
    state[5] = g


# --- the others ---
TRACES_US = (3e3, 10e3, 30e3, 100e3, 300e3, 1e6, 3e6)
FAST_TRACES = 3
"""The traces after so many are weighed by 1 - exp(-t / tau) as well: at first they know nothing."""


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

    @property
    def bias(self) -> Floats:
        """The gyroscope's bias as the complementary or the Kalman filter estimates it, [3]."""
        return np.array(self._x[:, 1 if isinstance(self._numbers, Complementary) else 2])

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


# --- numbers that ship ---
LATE_US = 10_000
"""From here on a clock's camera has the numbers of a late one (fitted at 33 ms), below those of a fast one (2 ms)."""

FAST: dict[str, Numbers] = {
    "cheap": HeadNumbers((0.16, 12.1, 48.9, 43.4), 742.0, 0.394, 0.124),
    "complementary": Complementary(0.222, 0.00794, 0.000714),
    "Kalman": Kalman(837_000.0, 0.333, 32.0, 1730.0, 4.03, 15.6),
    "slow traces": SlowTraces((0.1068, -0.06204, 1.635, -0.919, 0.3399, -0.2721, 0.6061, -2.232)),
}
LATE: dict[str, Numbers] = {
    "cheap": HeadNumbers((0.151, 10.1, 13.8, 27.1), 1100.0, 0.297, 0.148),
    "complementary": Complementary(0.222, 1.39e-05, 0.000666),
    "Kalman": Kalman(1_050_000.0, 0.333, 32.0, 350.0, 0.385, 40.0),
}
QUIET_TRACES = SlowTraces((0.3014, 0.6343, 0.2525, -0.2754, 0.1308, -0.1515, 0.5151, -2.118))
"""Slow traces of a gyroscope with a noise of 1."""
QUIET = 3.0
"""Below this noise, degrees a second, it is nearer to 1 than to 10."""


def filter_head(name: str, period_us: float, noise: float = 10.0) -> FilterHead:
    """A filter with its numbers for a camera whose rates are new so often. Raises ModelError for an unknown name.

    noise: of the gyroscope, degrees a second; slow traces alone have numbers for a quiet one.
    """
    if name not in FILTERS:
        raise ModelError(f"a filter is {name!r}; wanted one of {', '.join(FILTERS)}")
    if name == "slow traces":
        return FilterHead(name, QUIET_TRACES if noise < QUIET else FAST[name])
    return FilterHead(name, (LATE if period_us >= LATE_US else FAST)[name])
