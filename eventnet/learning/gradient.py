"""Weight updates of a Deep Spiking Network: spike counts times error spikes (thesis 3.4.7).

With c the signed count of input spikes so far in the sample:

    sgd   at the end of the sample   W -= rate * outer(c, e), e the signed count of gated error spikes
    fsgd  at each gated error (j, s) W[:, j] -= rate * s * c

rate = eta / T^2. Erratum: (3.6) and (3.7) print eta / T. Counts are rectified where they must be (`keep_negative` = 0).
In an integer network the rate is 1 and FSGD only adds and subtracts counts.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba.extending import register_jitable

from eventnet.declarations import Declared, Derived, Integers, Option, Other, Param, Potential, State, Weights
from eventnet.errors import NetworkError
from eventnet.kernels.owed import pay, set_amount, turn_column, turned, write_down
from eventnet.kernels.ranges import COUNT, same, within
from eventnet.kernels.ranges import Integers as Found
from eventnet.kernels.records import inner
from eventnet.kernels.rows import add_and_fire, add_row, fire
from eventnet.module import Module, Outlet, Port
from eventnet.neurons.accumulator import clear, read_fed, read_fired
from eventnet.neurons.herding import Herding, Rectified
from eventnet.neurons.relay import count_spike
from eventnet.rule import rule
from eventnet.tally import COMPARES, INPUT_ADDS, LEARNING_ADDS, MULTIPLIES, NEURON_ADDS, READS, SYNAPTIC_ADDS, WRITES


@rule
def gate(i, s, t, out, tally, phi, fired, open_at_zero):
    """Let an error pass where the unit's sum of inputs is in its active range."""
    fed = phi[i] + fired[i]
    tally[NEURON_ADDS] += 1
    tally[COMPARES] += 1
    if fed > 0 or (fed == 0 and open_at_zero > 0):
        out.spike(i, s)


@rule
def herd_column(i, s, t, out, tally, phi, w, threshold, step):
    """Add a column of the weights; fire signed spikes."""
    n = len(phi)
    if s > 0:
        for k in range(n):
            phi[k] += w[k, i]
    else:
        for k in range(n):
            phi[k] -= w[k, i]
    fire(phi, threshold, step, True, out, tally)
    tally[SYNAPTIC_ADDS] += n
    tally[READS] += n


@herd_column.where_owed(turns=True)
def herd_row_turned(i, s, t, out, tally, phi, w, threshold, step, owed):
    """Add the column where it lies as a row."""
    add_and_fire(phi, turned(w, owed), i, s, threshold, step, True, out, tally)


@rule
def gather_column(i, s, t, out, tally, phi, noticed, w):
    """Only add; the first column of a burst sends the notice on which the quantizer will fire."""
    for k in range(len(phi)):
        if s > 0:
            phi[k] += w[k, i]
        else:
            phi[k] -= w[k, i]
    tally[SYNAPTIC_ADDS] += len(phi)
    tally[READS] += len(phi)
    if noticed[0] == 0:
        noticed[0] = 1
        out.spike(0, 1)


@gather_column.where_owed(turns=True)
def gather_row_turned(i, s, t, out, tally, phi, noticed, w, owed):
    """Add the column where it lies as a row; the first one of a burst sends the notice."""
    add_row(phi, turned(w, owed), i, s, tally)
    if noticed[0] == 0:
        noticed[0] = 1
        out.spike(0, 1)


@rule
def send_error(i, s, t, out, tally, count):
    """Send one error spike of the first unit that has any left, then ask oneself to go on when all is quiet."""
    for j in range(len(count)):
        if count[j] != 0:
            sign = 1 if count[j] > 0 else -1
            count[j] -= sign
            out.spike(j, sign, 0)
            out.spike(0, 1, 1)
            tally[NEURON_ADDS] += 1
            break


class Layer(Rectified):
    """A rectified layer with a gate for the errors of its units, read out like an accumulator where it has `answers`.

    Ports: spikes, settle, reset, error, read, read_counts. Outlets: out, notice, gated.
    """

    error = Port(gate, emits="gated", accepts="units")
    gated = Outlet(passes_on=True)

    open_at_zero = Option(True)
    opens = Param(key="open_at_zero", start=lambda layer: float(layer.open_at_zero))


class ReadLayer(Rectified):
    """A rectified layer whose sums (`read`) or spikes (`read_counts`) are written to rows of `answers`."""

    read = Port(read_fed, accepts="n_answers")
    read_counts = Port(read_fired, accepts="n_answers")

    answers = Weights("n_answers", "units")
    n_answers: int


class Columns(Herding):
    """The backward quantizer of a layer: its `units` are the layer's inputs, and a spike j adds column j of weights."""

    spikes = Port(herd_column, emits="out", accepts="n_in", burst=gather_column, burst_emits="notice")
    weights = Weights("units", "n_in", key="w")


class ErrorCounter(Module):
    """Holds errors until the end of a step, then sends them in index order, each routed to completion before the next.

    Errors come to `output` as +1 each, to `target` as they are.
    """

    count = Integers(doc="errors of each unit that have not been sent, with their sign")
    output = Port(count_spike, accepts="units")
    target = Port(count_spike, accepts="units")
    end = Port(send_error, emits=("out", "again"))
    out = Outlet(passes_on=True)
    again = Outlet(width=1, settles="end")
    most = Derived(2)  # an error and a notice
    membrane = None

    def check_integers(self, found: Found, time: int) -> None:
        """Counts, with a sign."""
        within("'count'", found["count"], -COUNT, COUNT)


@register_jitable
def count_writes(tally: Any, n: int) -> None:
    """So many weights were read, changed by one add each, and written."""
    tally[LEARNING_ADDS] += n
    tally[READS] += n
    tally[WRITES] += n


# Four of five pixels of a digit never spike: visiting only those that did halves the time of an update.
@rule
def count_input(i, s, t, out, tally, c, active, listed):
    """A spike of the layer below; `active` holds the number of inputs that have spiked, then their indices."""
    if listed[i] == 0:
        listed[i] = 1
        active[0] += 1
        active[active[0]] = i
    if s > 0:
        c[i] += 1
    else:
        c[i] -= 1
    tally[LEARNING_ADDS] += 1


_count_input = inner(forceinline=True)(count_input.py_func)


@count_input.where_owed
def count_input_owing(i, s, t, out, tally, c, active, listed, w, rate, keep_negative, owed):
    """Rows take up what they are owed before a count, and with it an amount, is another."""
    pay(w, owed)
    _count_input(i, s, t, out, tally, c, active, listed)
    set_amount(w, i, rate * c[i], c[i] > 0 or (c[i] < 0 and keep_negative > 0), owed)


@rule
def forget_input(i, s, t, out, tally, c, active, listed):
    """A sample begins."""
    for a in range(1, active[0] + 1):
        c[active[a]] = 0
        listed[active[a]] = 0
    active[0] = 0


_forget_input = inner(forceinline=True)(forget_input.py_func)


@forget_input.where_owed
def forget_input_owing(i, s, t, out, tally, c, active, listed, w, owed):
    """Rows take up what they are owed, and no error moves them any more."""
    pay(w, owed)
    for a in range(1, active[0] + 1):
        set_amount(w, active[a], w.dtype.type(0), False, owed)
    _forget_input(i, s, t, out, tally, c, active, listed)


@rule
def fsgd(i, s, t, out, tally, c, active, w, rate, keep_negative):
    """Column i of the weights moves against the error, in proportion to the counts."""
    n = 0
    for a in range(1, active[0] + 1):
        k = active[a]
        if c[k] > 0 or (c[k] < 0 and keep_negative > 0):
            n += 1
            if s > 0:
                w[k, i] -= rate * c[k]
            else:
                w[k, i] += rate * c[k]
    tally[MULTIPLIES] += n
    count_writes(tally, n)


@fsgd.where_owed
def fsgd_owing(i, s, t, out, tally, w, owed):
    """Every row is owed its part."""
    n = write_down(w, i, s, owed)
    tally[MULTIPLIES] += n
    count_writes(tally, n)


@rule
def fsgd_decay(i, s, t, out, tally, c, active, w, decay, keep_negative):
    """A forward spike of unit i is an error of weight lambda for the unit's own update (regularization)."""
    n = 0
    for a in range(1, active[0] + 1):
        k = active[a]
        if c[k] > 0 or (c[k] < 0 and keep_negative > 0):
            n += 1
            w[k, i] -= decay * c[k]
    tally[MULTIPLIES] += n
    count_writes(tally, n)


_fsgd_decay = inner(forceinline=True)(fsgd_decay.py_func)


@fsgd_decay.where_owed
def fsgd_decay_owing(i, s, t, out, tally, c, active, w, decay, keep_negative, owed):
    """Rows take up what they are owed; then the column moves at once."""
    pay(w, owed)
    _fsgd_decay(i, s, t, out, tally, c, active, w, decay, keep_negative)
    turn_column(w, i, owed)


@rule
def fsgd_integer(i, s, t, out, tally, c, active, w, keep_negative):
    """FSGD in scaled integers: column i of the weights loses or gains the counts; nothing is multiplied."""
    n = 0
    for a in range(1, active[0] + 1):
        k = active[a]
        if c[k] > 0 or (c[k] < 0 and keep_negative > 0):
            n += 1
            if s > 0:
                w[k, i] -= c[k]
            else:
                w[k, i] += c[k]
    count_writes(tally, n)


@rule
def fsgd_smooth(i, s, t, out, tally, phi_in, fired_in, w, rate, keep_negative):
    """FSGD with the sum of the vectors fed to the layer below in place of its spike counts."""
    n = 0
    for k in range(len(phi_in)):
        fed = phi_in[k] + fired_in[k]
        if fed > 0 or (fed < 0 and keep_negative > 0):
            n += 1
            if s > 0:
                w[k, i] -= rate * fed
            else:
                w[k, i] += rate * fed
    tally[NEURON_ADDS] += len(phi_in)
    tally[MULTIPLIES] += n
    count_writes(tally, n)


@rule
def fsgd_smooth_decay(i, s, t, out, tally, phi_in, fired_in, w, decay, keep_negative):
    """Regularization with smooth counts."""
    n = 0
    for k in range(len(phi_in)):
        fed = phi_in[k] + fired_in[k]
        if fed > 0 or (fed < 0 and keep_negative > 0):
            n += 1
            w[k, i] -= decay * fed
    tally[NEURON_ADDS] += len(phi_in)
    tally[MULTIPLIES] += n
    count_writes(tally, n)


@rule
def sum_input(i, s, t, out, tally, phi, w):
    """Add a vector (row i of the block, or its negative)."""
    add_row(phi, w, i, s, tally, INPUT_ADDS)


@rule
def count_gated(i, s, t, out, tally, e):
    """A gated error spike waits for the end of the sample."""
    if s > 0:
        e[i] += 1
    else:
        e[i] -= 1
    tally[LEARNING_ADDS] += 1


@rule
def count_decay(i, s, t, out, tally, e, lam):
    """A forward spike of unit i is an error of weight lambda for the unit's own update (regularization)."""
    e[i] += lam
    tally[LEARNING_ADDS] += 1


@rule
def forget_counts(i, s, t, out, tally, c, e, active, listed):
    """A sample begins."""
    for a in range(1, active[0] + 1):
        c[active[a]] = 0
        listed[active[a]] = 0
    active[0] = 0
    for j in range(len(e)):
        e[j] = 0


@rule
def sgd(i, s, t, out, tally, c, e, w, rate, keep_negative):
    """The sample is over: W -= rate * outer(c, e)."""
    wanted = 0
    for j in range(len(e)):
        if e[j] != 0:
            wanted += 1
    if wanted == 0:
        return
    n = 0
    for k in range(len(c)):
        if c[k] > 0 or (c[k] < 0 and keep_negative > 0):
            n += 1
            g = rate * c[k]
            for j in range(len(e)):
                if e[j] != 0:
                    w[k, j] -= g * e[j]
    tally[MULTIPLIES] += n * (wanted + 1)
    count_writes(tally, n * wanted)


@rule
def sgd_smooth(i, s, t, out, tally, phi_in, fired_in, e, w, rate, keep_negative):
    """The sample is over: SGD with the sums of the vectors fed to the layer below."""
    wanted = 0
    for j in range(len(e)):
        if e[j] != 0:
            wanted += 1
    if wanted == 0:
        return
    n = 0
    for k in range(len(phi_in)):
        fed = phi_in[k] + fired_in[k]
        if fed > 0 or (fed < 0 and keep_negative > 0):
            n += 1
            g = rate * fed
            for j in range(len(e)):
                if e[j] != 0:
                    w[k, j] -= g * e[j]
    tally[NEURON_ADDS] += len(phi_in)
    tally[MULTIPLIES] += n * (wanted + 1)
    count_writes(tally, n * wanted)


class InputSum(Module):
    """The sum of the rows of `vectors` fed since the last reset, for a smooth update to read.

    An update that reads the quantizer's own sums sees a vector as soon as it is fed. This one is told of it when one
    likes: once its spikes have run through, as in the author's program.
    """

    vectors = Weights("n_in", "units", key="w", doc="rows to add")
    phi = Potential(vectors, resets="reset")
    fired = State(doc="zeros: a quantizer's sums are phi + fired")
    spikes = Port(sum_input, accepts="n_in")
    reset = Port(clear)
    n_in: int


class Update(Module):
    """Base of the weight updates of one block, whose values are changed by the run that owns them.

    Ports: spikes (of the layer below), error (gated), decay (the layer's own spikes), and what the kind needs.
    """

    smooth = False

    weights = Weights("n_in", "n_out", key="w", doc="shared with the layer that reads them")
    rate = Param(doc="learning rate, eta / T^2")
    lam = Param(0.0, doc="weight of a forward spike as an error of its own unit (regularization)")
    by_decay = Param(start=lambda module: module.rate * module.lam, key="decay")
    keep_negative = Option(True, doc="negative counts move weights too; else they are rectified")
    keeps = Param(start=lambda module: float(module.keep_negative), key="keep_negative")
    below: Declared[Module | None] = Other[Module | None](
        Module, None, doc="the quantizer (or InputSum) whose sums stand in for its spike counts, for a smooth kind"
    )
    units = Derived(lambda module: module.n_out)
    c = State("n_in", doc="signed count of each input's spikes in the sample")
    e = State("n_out", doc="signed count of each unit's errors in the sample")
    active = Integers("n_in + 1", doc="how many inputs have spiked, then their indices")
    listed = Integers("n_in", doc="1 for each of them")
    phi_in = State.of(below, "phi")
    fired_in = State.of(below, "fired")
    n_in: int
    n_out: int

    def check(self) -> None:
        """Smooth kinds read the sums of a module below, others none."""
        if (self.below is not None) != self.smooth:
            raise NetworkError(f"{type(self).__name__} {'needs' if self.smooth else 'takes no'} module below")

    def check_integers(self, found: Found, time: int) -> None:
        """Inputs that have spiked are listed, each of them once."""
        if "active" not in found:
            return
        n = int(found["active"][0])
        within("how many inputs are listed", n, 0, self.n_in + 1)
        within("'active'", found["active"][1 : n + 1], 0, self.n_in)
        same("'listed'", found["listed"], np.bincount(found["active"][1 : n + 1], minlength=self.n_in))
        within("'listed'", found["listed"], 0, 2)


class Fsgd(Update):
    """Fractional SGD (3.7)."""

    owes = True
    spikes = Port(count_input, accepts="n_in")
    error = Port(fsgd, accepts="n_out")
    decay = Port(fsgd_decay, accepts="n_out")
    reset = Port(forget_input)


class FsgdInteger(Update):
    """Fractional SGD in an integer network: its rate is 1."""

    rate = Param(start=lambda module: 1.0)
    lam = Param(start=lambda module: 0.0)
    below = Derived(None)
    spikes = Port(count_input, accepts="n_in")
    error = Port(fsgd_integer, accepts="n_out")
    reset = Port(forget_input)


class FsgdSmooth(Update):
    """Fractional SGD with smooth counts."""

    smooth = True
    error = Port(fsgd_smooth, accepts="n_out")
    decay = Port(fsgd_smooth_decay, accepts="n_out")


class Sgd(Update):
    """SGD at the end of a sample (3.6): the port `apply`."""

    spikes = Port(count_input, accepts="n_in")
    error = Port(count_gated, accepts="n_out")
    decay = Port(count_decay, accepts="n_out")
    apply = Port(sgd)
    reset = Port(forget_counts)


@rule
def forget_errors(i, s, t, out, tally, e):
    """A sample begins."""
    for j in range(len(e)):
        e[j] = 0


class SgdSmooth(Update):
    """SGD at the end of a sample with smooth counts."""

    smooth = True
    error = Port(count_gated, accepts="n_out")
    decay = Port(count_decay, accepts="n_out")
    apply = Port(sgd_smooth)
    reset = Port(forget_errors)


KINDS: dict[tuple[str, bool], Any] = {
    ("fsgd", False): Fsgd,
    ("fsgd", True): FsgdSmooth,
    ("sgd", False): Sgd,
    ("sgd", True): SgdSmooth,
}
