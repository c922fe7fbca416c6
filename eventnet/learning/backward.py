"""The backward pass of a Deep Spiking Network: gates, held errors and columns of weights (thesis 3.4.6, figure A.2).

An error spike (j, s) at a layer passes the layer's gate where the sum of all vectors fed to unit j since the start of
the sample is not negative (`open_at_zero`; the thesis's text asks for a positive sum, the author's program for >= 0).
It then adds s times column j of the weights to a signed quantizer, whose spikes are errors of the layer below.
"""

from __future__ import annotations

from eventnet.declarations import Derived, Integers, Option, Param, Weights
from eventnet.kernels.ranges import COUNT, within
from eventnet.kernels.ranges import Integers as Found
from eventnet.kernels.rows import fire
from eventnet.module import Module, Outlet, Port
from eventnet.neurons.accumulator import read_fed, read_fired
from eventnet.neurons.herding import Herding, Rectified
from eventnet.neurons.spike_counter import count_spike
from eventnet.rule import rule
from eventnet.tally import COMPARES, NEURON_ADDS, READS, SYNAPTIC_ADDS


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
