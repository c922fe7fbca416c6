"""Fractional SGD whose rate falls from step to step of a sample: early spikes move weights more (thesis 3.5.3).

With c the signed count of input spikes so far in the sample, and r the rate of the step:

    at each gated error (j, s)   W[:, j] -= r * s * c
    at the end of each step      r = r * fall
    when a sample begins         c = 0, r = rate

The source says "a higher learning rate for early events", and no more: that it falls by the same factor at each step is
chosen here.
"""

from __future__ import annotations

import numpy as np

from eventnet.declarations import Derived, Param, State
from eventnet.learning.gradient import Update, count_input, count_writes
from eventnet.module import Port
from eventnet.rule import rule
from eventnet.tally import MULTIPLIES


@rule
def fsgd_temporal(i, s, t, out, tally, c, active, w, now, keep_negative):
    """Column i of the weights moves against the error, in proportion to the counts, at the rate of this step."""
    n = 0
    for a in range(1, active[0] + 1):
        k = active[a]
        if c[k] > 0 or (c[k] < 0 and keep_negative > 0):
            n += 1
            if s > 0:
                w[k, i] -= now[0] * c[k]
            else:
                w[k, i] += now[0] * c[k]
    tally[MULTIPLIES] += n
    count_writes(tally, n)


@rule
def next_step(i, s, t, out, tally, now, fall):
    """A step has ended: the rate falls."""
    now[0] *= fall
    tally[MULTIPLIES] += 1


@rule
def begin_sample(i, s, t, out, tally, c, active, listed, now, rate):
    """A sample begins."""
    for a in range(1, active[0] + 1):
        c[active[a]] = 0
        listed[active[a]] = 0
    active[0] = 0
    now[0] = rate


class FsgdTemporal(Update):
    """Fractional SGD at a rate that falls by the factor `fall` at each event of the port `step` (3.5.3).

    rate: that of a sample's first step.
    """

    lam = Param(start=lambda module: 0.0)
    below = Derived(None)
    fall = Param(1.0, doc="the rate of a step over that of the one before it")
    now = State(1, start=lambda module: np.array([module.rate]), doc="the rate of this step")
    spikes = Port(count_input, accepts="n_in")
    error = Port(fsgd_temporal, accepts="n_out")
    step = Port(next_step)
    reset = Port(begin_sample)


def rates(mean: float, early: float, steps: int) -> tuple[float, float]:
    """Rate of the first step, and the factor from step to step.

    early: the rate of the first step over that of the last. The mean over all steps is `mean`.
    """
    fall = early ** (-1.0 / (steps - 1)) if steps > 1 else 1.0
    return mean * steps / sum(fall**k for k in range(steps)), fall
