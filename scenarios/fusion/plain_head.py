"""The filter with a bias (`BiasFilter`) in float64 arrays: a cheap head for methods that run on no engine.

    at a sample g of an axis, dt after the last, with the camera's rate w as it is then
    alpha <- alpha exp(-dt / tau);  omega <- omega + dt alpha
    conf   = 1 / (doubt + omega^2);  r = g - omega - num / den;  c = conf (w - omega)
    omega <- omega + k_0 r + k_2 c;  alpha <- alpha + k_1 r + k_3 c
    num   <- num + conf (g - w);     den <- den + conf

A sample takes 12 adds and 12 products an axis, an exponential and two divisions among them, as on the engine.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numba.extending import register_jitable
from numpy.typing import NDArray

from eventnet.kernels.compiling import compiled

Floats = NDArray[np.float64]
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
        t_g = gyro_t[g] if g < len(gyro_t) else math.inf
        t_d = dvs_t[d] if d < len(dvs_t) else math.inf
        t_a = at[n] if n < len(at) else math.inf
        t = min(t_g, t_d, t_a)
        if t == math.inf:
            return
        if t_d == t:
            state[4] = dvs[d]
            d += 1
        elif t_g == t:
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
