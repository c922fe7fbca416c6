"""A read-out of inputs and of leaky traces of them: how slow and fast sensors are put together.

    lp[j, m]  follows input j with the time constant tau_m: lp -> x_j, exactly for inputs that are held between changes
    y         = bias + sum_j A[j] x_j + sum_j,m B[j, m] lp[j, m] (1 - exp(-t / tau_m) where `ramp` says so)

Everything decays lazily: an input's traces are brought up to date when it changes, all of them when the answer is read.
A trace that ramps up from nothing says "unknown as yet" at first: with a slow one on the difference of two sensors a
read-out can find the bias of one of them, which no function of their present values can.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numba.extending import register_jitable
from numpy.typing import ArrayLike

from eventnet.errors import NetworkError
from eventnet.kernels.ranges import COUNT, Integers, within
from eventnet.module import Module, Port
from eventnet.rule import rule
from eventnet.tally import MULTIPLIES, NEURON_ADDS, READS, SYNAPTIC_ADDS, WRITES

if TYPE_CHECKING:
    from eventnet.module import Block


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


@rule(state=("x", "lp", "tau"), integers=("when",), blocks=("updates",))
def take_value(i, s, t, out, tally, x, lp, tau, when, updates):
    """Row i of the updates: an input and its new value."""
    j = int(updates[i, 0])
    if j < 0 or j >= len(x):
        return 1
    follow(j, t, x, lp, tau, when, tally)
    x[j] = updates[i, 1]
    tally[READS] += 2
    return 0


@rule(state=("x", "lp", "tau"), integers=("when", "first"), blocks=("w",))
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
    return 0


@rule(state=("x", "lp", "tau", "ramp", "shown"), integers=("when",), blocks=("a", "answers"))
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
    return 0


class LeakyReadout(Module):
    """A linear read-out of inputs and of leaky traces of them.

    n_inputs  inputs: those that get values (`value`), then those that spikes move (`spikes`)
    weights   a block [n_below, n_moved] or None: a spike of the layer below adds its row to the last n_moved inputs
    mix       a block [1 + n_inputs * (1 + len(tau)), n_outputs]: biases; inputs; traces, by input and time constant
    answers   a block [any number, n_outputs]
    updates   a block [any number, 2] of (input, new value), or None
    tau       time constants in ticks
    ramp      which time constants' traces start at nothing and grow as 1 - exp(-t / tau)
    start     what the inputs are before the first change, 0 by default; traces begin at 0

    Ports: value (row of the updates), spikes, read (row of the answers). It sends nothing.
    """

    value = Port(take_value, accepts="n_updates")
    spikes = Port(add_row, accepts="n_in")
    read = Port(read, accepts="n_answers")
    errors = {1: "an update names an input that does not exist"}  # noqa: RUF012

    def __init__(
        self, n_inputs: int, mix: Block, answers: Block, *, tau: Sequence[float], ramp: Sequence[bool] | None = None,
        weights: Block | None = None, updates: Block | None = None, start: ArrayLike | None = None,
        name: str | None = None,
    ) -> None:  # fmt: skip
        super().__init__(name)
        taus = np.asarray(tau, dtype=np.float64)
        ramps = np.zeros(len(taus)) if ramp is None else np.asarray(ramp, dtype=np.float64)
        if taus.ndim != 1 or not len(taus) or not np.all(np.isfinite(taus)) or taus.min() <= 0:
            raise NetworkError(f"tau is {tau}; wanted numbers above 0")
        if ramps.shape != taus.shape:
            raise NetworkError(f"ramp has {len(ramps)} entries for {len(taus)} time constants")
        rows = 1 + n_inputs * (1 + len(taus))
        if mix.rows != rows or mix.cols != answers.cols:
            raise NetworkError(f"mix is {mix!r} and answers {answers!r}; wanted {rows} rows and equal columns")
        moved = 0 if weights is None else weights.cols
        if moved > n_inputs:
            raise NetworkError(f"weights {weights!r} move {moved} inputs of {n_inputs}")
        if updates is not None and updates.cols != 2:
            raise NetworkError(f"updates are {updates!r}; wanted two columns, an input and its value")
        begin = np.zeros(n_inputs) if start is None else np.asarray(start, dtype=np.float64)
        if begin.shape != (n_inputs,) or not np.all(np.isfinite(begin)):
            raise NetworkError(f"start has shape {begin.shape}; wanted [{n_inputs}] finite numbers")
        self.n_inputs, self.mix, self.answers, self.tau, self.ramp = n_inputs, mix, answers, list(tau), ramp
        self.start, self.weights, self.updates, self.units = start, weights, updates, n_inputs
        self.n_in, self.n_answers = 0 if weights is None else weights.rows, answers.rows
        self.n_updates = 0 if updates is None else updates.rows
        self.blocks = {"a": mix, "answers": answers, "w": weights or mix, "updates": updates or mix}
        self.state = {"x": begin, "lp": np.zeros(n_inputs * len(taus)), "tau": taus, "ramp": ramps}
        self.state["shown"] = np.zeros(n_inputs * len(taus))
        self.integers = {"when": np.zeros(n_inputs, np.int64), "first": np.array([n_inputs - moved])}

    def most_spikes(self) -> int:
        """It makes none, but an engine wants room for one."""
        return 1

    def check_integers(self, found: Integers, time: int) -> None:
        """Ticks of the inputs' last changes."""
        within("'when'", found["when"], -COUNT, COUNT)
