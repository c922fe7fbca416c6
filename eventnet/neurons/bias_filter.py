"""A gyroscope and a camera put together: a steady Kalman filter with an explicit bias, one for each axis.

    at a sample g of an axis, dt ticks after the last, with the camera's rate w as it is then
    alpha <- alpha exp(-dt / tau);  omega <- omega + dt alpha        the rate, and how fast it changes
    conf   = 1 / (doubt + omega^2)                                   how far the camera is to be believed
    r      = g - omega - num / den;  c = conf (w - omega)            what both have that was not expected; b = num / den
    omega <- omega + k_0 r + k_2 c;  alpha <- alpha + k_1 r + k_3 c
    num   <- num + conf (g - w);  den <- den + conf                  the bias: a mean of g - w, weighed by conf

The gains k are steady ones, for a gyroscope that samples at one rate; `prior` is the weight that den begins with, of a
bias of 0. The camera's rates are read where it keeps them (`TurningSums.rates`): they cost nothing here, and of inputs
of one tick those of a module that was added before come first.

    ports    value  row i of `updates`: an axis and the gyroscope's new sample, at which its filter makes its step
             read   writes omega, w and g of all axes to row i of `answers`

A sample's operations are counted at `value`, 12 neuron adds and 12 multiplications for an axis; numbers are of the
network's type, the exponential is of float64 and rounded to it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np

from eventnet.declarations import Integers, Option, Other, Param, Size, State, Weights
from eventnet.errors import NetworkError
from eventnet.kernels.ranges import COUNT, within
from eventnet.kernels.ranges import Integers as Found
from eventnet.module import Module, Port
from eventnet.neurons.flow_sums import TurningSums, check_above
from eventnet.rule import rule
from eventnet.tally import MULTIPLIES, NEURON_ADDS, READS, WRITES


@rule
def take_sample(
    i, s, t, out, tally, sample, omega, alpha, numerator, denominator, when, rates, gain, doubt, tau, updates
):  # fmt: skip
    """Row i of the updates: an axis and its new sample; the filter of this axis makes a step."""
    j = int(updates[i, 0])
    if j < 0 or j >= len(omega):
        return 1
    number = omega.dtype.type
    g, w = updates[i, 1], rates[j]
    dt = max(t - when[j], 0)  # less where time begins before tick 0
    when[j] = t
    slope = alpha[j] * number(math.exp(-dt / np.float64(tau)))
    rate = omega[j] + number(dt) * slope
    conf = number(1) / (doubt + rate * rate)
    r = g - rate - numerator[j] / denominator[j]
    c = conf * (w - rate)
    omega[j] = rate + gain[0] * r + gain[2] * c
    alpha[j] = slope + gain[1] * r + gain[3] * c
    numerator[j] += conf * (g - w)
    denominator[j] += conf
    sample[j] = g
    tally[NEURON_ADDS] += 12
    tally[MULTIPLIES] += 12
    tally[READS] += 2
    return 0


@rule
def read(i, s, t, out, tally, sample, omega, rates, answers):
    """Write what is known at this instant into row i: the rates, the camera's alone, the gyroscope's last samples."""
    n = len(omega)
    for j in range(n):
        answers[i, j] = omega[j]
        answers[i, n + j] = rates[j]
        answers[i, 2 * n + j] = sample[j]
    tally[WRITES] += 3 * n


def check_gains(gains: Sequence[float], what: str) -> list[float]:
    """Four numbers. Raises NetworkError for others."""
    made = np.asarray(gains, dtype=np.float64)
    if made.shape != (4,) or not np.all(np.isfinite(made)):
        raise NetworkError(
            f"{what} is {gains}; wanted four finite numbers: of the gyroscope for the rate and for its change, and of "
            "the camera for both"
        )
    return list(gains)


class BiasFilter(Module):
    """Fuses a gyroscope's samples with a camera's rates, and finds the gyroscope's bias; it sends nothing.

    A spike (r, +1) at `value` gives axis updates[r, 0] the sample updates[r, 1]; one at `read` writes to row r of
    `answers` [3 units] the rates, the camera's and the gyroscope's. Ports of the camera's module come first.
    """

    units = Size(doc="axes")
    camera = Other(TurningSums, doc="whose `rates` are the camera's")
    answers = Weights("n_answers", "3 * units", doc="where answers are written to")
    updates = Weights("n_updates", 2, doc="(axis, sample)")
    gains = Option[Sequence[float]](
        check=check_gains,
        doc="k: the gyroscope's on the rate and on its change a tick, then the camera's (times doubt) on both",
    )
    doubt = Param(check=check_above, doc="a square of rates: beyond it the camera is believed less and less")
    prior = Option[float](check=check_above, doc="weight of the bias being 0")
    tau = Param(check=check_above, doc="ticks with which the change of the rate is forgotten")

    omega = State(doc="rates")
    alpha = State(doc="their change a tick")
    numerator = State(doc="the bias is the numerator over the denominator")
    denominator = State(start=lambda filter: filter.prior)
    sample = State(doc="the gyroscope's last")
    gain = State(4, start=lambda filter: np.asarray(filter.gains, dtype=np.float64))
    rates = State.of(camera, "rates")
    when = Integers(doc="ticks of the last samples")

    value = Port(take_sample, accepts="n_updates")
    read = Port(read, accepts="n_answers")
    errors: ClassVar[Mapping[int, str]] = {1: "an update names an axis that does not exist"}
    membrane: ClassVar[None] = None
    dtypes: ClassVar[tuple[str, ...]] = ("float64", "float32")
    n_updates: int
    n_answers: int

    def check(self) -> None:
        """The camera has a rate for each axis."""
        if self.units != len(self.camera.rates):
            raise NetworkError(f"there are {self.units} axes, but {self.camera!r} has {len(self.camera.rates)} rates")

    def check_integers(self, found: Found, time: int) -> None:
        """Ticks of the last samples."""
        within("'when'", found["when"], -COUNT, COUNT)
