"""A read-out of inputs and of leaky traces of them: how slow and fast sensors are put together.

    lp[j, m]  follows input j with the time constant tau_m: lp -> x_j, exactly for inputs that are held between changes
    y         = bias + sum_j A[j] x_j + sum_j,m B[j, m] lp[j, m] (1 - exp(-t / tau_m) where `ramp` says so)

Everything decays lazily: an input's traces are brought up to date when it changes, all of them when the answer is read.
A trace that ramps up from nothing says "unknown as yet" at first: with a slow one on the difference of two sensors a
read-out can find the bias of one of them, which no function of their present values can.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from numba.extending import register_jitable
from numpy.typing import ArrayLike, NDArray

from eventnet.declarations import Derived, Integers, Option, Size, State, Weights
from eventnet.errors import NetworkError
from eventnet.kernels.ranges import COUNT, within
from eventnet.kernels.ranges import Integers as Found
from eventnet.module import Module, Port
from eventnet.rule import rule
from eventnet.tally import MULTIPLIES, NEURON_ADDS, READS, SYNAPTIC_ADDS, WRITES


@register_jitable
def follow(j: int, t: int, x: Any, lp: Any, tau: Any, when: Any, tally: Any) -> None:
    """Bring the traces of input j up to date."""
    dt = t - when[j]
    when[j] = t
    if dt <= 0:  # less where time begins before tick 0
        return
    for m in range(len(tau)):
        factor = lp.dtype.type(math.exp(-dt / np.float64(tau[m])))
        lp[j * len(tau) + m] = x[j] + factor * (lp[j * len(tau) + m] - x[j])
    tally[MULTIPLIES] += 2 * len(tau)
    tally[NEURON_ADDS] += 2 * len(tau)


@rule
def take_value(i, s, t, out, tally, x, lp, tau, when, updates):
    """Row i of the updates: an input and its new value."""
    j = int(updates[i, 0])
    if j < 0 or j >= len(x):
        return 1
    follow(j, t, x, lp, tau, when, tally)
    x[j] = updates[i, 1]
    tally[READS] += 2
    return 0


@rule
def add_row(i, s, t, out, tally, x, lp, tau, when, first, w):
    """A spike of the layer below adds its row to the inputs from `first` on."""
    n = w.shape[1]
    for j in range(n):
        follow(first[0] + j, t, x, lp, tau, when, tally)
        if s > 0:
            x[first[0] + j] += w[i, j]
        else:
            x[first[0] + j] -= w[i, j]
    tally[SYNAPTIC_ADDS] += n
    tally[READS] += n


@rule
def read(i, s, t, out, tally, x, lp, tau, ramp, shown, when, a, answers):
    """Write the answer of this instant, with everything that came before, into row i."""
    n, times, outputs = len(x), len(tau), a.shape[1]
    for j in range(n):
        follow(j, t, x, lp, tau, when, tally)
    ramped = 0
    for m in range(times):
        grown = lp.dtype.type(1.0 - math.exp(-max(t, 0) / np.float64(tau[m])))
        for j in range(n):
            shown[j * times + m] = lp[j * times + m]
            if ramp[m] != 0:
                shown[j * times + m] *= grown
                ramped += 1
    for o in range(outputs):
        total = a[0, o]
        for j in range(n):
            total += a[1 + j, o] * x[j]
        for k in range(n * times):
            total += a[1 + n + k, o] * shown[k]
        answers[i, o] = total
    rows = 1 + n * (1 + times)
    tally[MULTIPLIES] += (rows - 1) * outputs + ramped + times
    tally[NEURON_ADDS] += (rows - 1) * outputs + times
    tally[READS] += rows * outputs
    tally[WRITES] += outputs


def check_taus(tau: Sequence[float], what: str) -> list[float]:
    """Time constants. Raises NetworkError for none, and for any that is not above 0."""
    taus = np.asarray(tau, dtype=np.float64)
    if taus.ndim != 1 or not len(taus) or not np.all(np.isfinite(taus)) or taus.min() <= 0:
        raise NetworkError(f"tau is {tau}; wanted numbers above 0")
    return list(tau)


def first_ramp(readout: LeakyReadout) -> NDArray[np.float64]:
    """1 for each time constant whose traces grow from nothing. Raises NetworkError for a wrong number of them."""
    ramp = np.zeros(readout.n_times) if readout.ramp is None else np.asarray(readout.ramp, dtype=np.float64)
    if ramp.shape != (readout.n_times,):
        raise NetworkError(f"ramp has {len(ramp)} entries for {readout.n_times} time constants")
    return ramp


def first_inputs(readout: LeakyReadout) -> NDArray[np.float64]:
    """The inputs at first, [n_inputs]. Raises NetworkError for other than a finite number each."""
    n = readout.n_inputs
    begin = np.zeros(n) if readout.start is None else np.asarray(readout.start, dtype=np.float64)
    if begin.shape != (n,) or not np.all(np.isfinite(begin)):
        raise NetworkError(f"start has shape {begin.shape}; wanted [{n}] finite numbers")
    return begin


class LeakyReadout(Module):
    """A linear read-out of inputs and of leaky traces of them; it sends nothing.

    A spike (r, +1) at `value` gives input updates[r, 0] the value updates[r, 1]; one at `spikes` adds its row of
    `weights` to the last n_moved inputs; one at `read` writes y to row r of `answers`. Traces begin at 0.
    """

    n_inputs = Size(doc="inputs: those that get values, then those that spikes move")
    mix = Weights(
        "1 + n_inputs * (1 + n_times)", "n_outputs", key="a",
        doc="biases; A; B by input and time constant",
    )  # fmt: skip
    answers = Weights("n_answers", "n_outputs", doc="where answers are written to")
    tau = Option[Sequence[float]](check=check_taus, doc="time constants in ticks")
    ramp = Option[Sequence[bool] | None](
        None, doc="which time constants' traces start at nothing and grow as 1 - exp(-t / tau); by default none"
    )
    weights = Weights("n_in", "n_moved", instead=mix, key="w", doc="of the layer below")
    updates = Weights("n_updates", 2, instead=mix, doc="(input, new value)")
    start = Option[ArrayLike | None](None, doc="[n_inputs] what inputs are before the first change, 0 by default")
    units = Derived[int](lambda readout: readout.n_inputs)
    n_times = Derived[int](lambda readout: len(readout.tau))

    x = State(start=first_inputs, doc="inputs")
    lp = State("units * n_times", doc="their traces")
    taus = State(None, start=lambda readout: np.asarray(readout.tau, dtype=np.float64), key="tau")
    ramps = State(None, start=first_ramp, key="ramp")
    shown = State("units * n_times", doc="traces as the last answer took them")
    when = Integers(doc="ticks of the inputs' last changes")
    first = Integers(1, start=lambda readout: readout.n_inputs - readout.n_moved, doc="first input that spikes move")

    value = Port(take_value, accepts="n_updates")
    spikes = Port(add_row, accepts="n_in")
    read = Port(read, accepts="n_answers")
    errors: ClassVar[Mapping[int, str]] = {1: "an update names an input that does not exist"}
    n_in: int
    n_moved: int
    n_updates: int
    n_answers: int
    n_outputs: int

    def check(self) -> None:
        """No more inputs are moved than there are."""
        if self.n_moved > self.n_inputs:
            raise NetworkError(f"weights {self.weights!r} move {self.n_moved} inputs of {self.n_inputs}")

    def check_integers(self, found: Found, time: int) -> None:
        """Ticks of the inputs' last changes."""
        within("'when'", found["when"], -COUNT, COUNT)
