"""An accumulator: sums the rows of its spikes and never fires; its sums are read out on a spike of their own."""

from __future__ import annotations

from eventnet.declarations import Potential, Weights
from eventnet.kernels.rows import add_row
from eventnet.module import Module, Port
from eventnet.rule import rule
from eventnet.tally import NEURON_ADDS, WRITES


@rule
def accumulate(i, s, t, out, tally, phi, w):
    """Add a row."""
    add_row(phi, w, i, s, tally)


@rule
def read_sums(i, s, t, out, tally, phi, answers):
    """Write the sums into row i of the answers."""
    for j in range(len(phi)):
        answers[i, j] = phi[j]
    tally[WRITES] += len(phi)


@rule
def read_fed(i, s, t, out, tally, phi, fired, answers):
    """Write the sum of all rows fed since the last reset into row i of the answers."""
    for j in range(len(phi)):
        answers[i, j] = phi[j] + fired[j]
    tally[NEURON_ADDS] += len(phi)
    tally[WRITES] += len(phi)


@rule
def read_fired(i, s, t, out, tally, fired, answers):
    """Write what each unit has fired since the last reset into row i of the answers."""
    for j in range(len(fired)):
        answers[i, j] = fired[j]
    tally[WRITES] += len(fired)


@rule
def clear(i, s, t, out, tally, phi):
    """All sums become 0."""
    for j in range(len(phi)):
        phi[j] = 0


class Accumulator(Module):
    """Sums of rows of `weights`; a spike (r, +1) at `read` writes them to row r of `answers`."""

    weights = Weights("n_in", "units", key="w")
    answers = Weights("n_answers", "units", doc="where sums are written to")
    phi = Potential(weights, resets="reset", doc="sums of what came since the last reset")
    spikes = Port(accumulate, accepts="n_in")
    read = Port(read_sums, accepts="n_answers")
    reset = Port(clear)
    n_in: int
    n_answers: int
