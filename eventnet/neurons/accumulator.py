"""An accumulator: sums the rows of its spikes and never fires; its sums are read out on a spike of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from eventnet.errors import NetworkError
from eventnet.kernels.rows import add_row
from eventnet.module import Module, Port
from eventnet.potential import Potential
from eventnet.rule import rule
from eventnet.tally import NEURON_ADDS, WRITES

if TYPE_CHECKING:
    from eventnet.module import Block


@rule(state=("phi",), blocks=("w",))
def accumulate(i, s, t, out, tally, phi, w):
    """Add a row."""
    add_row(phi, w, i, s, tally)
    return 0


@rule(state=("phi",), blocks=("answers",))
def read_sums(i, s, t, out, tally, phi, answers):
    """Write the sums into row i of the answers."""
    for j in range(len(phi)):
        answers[i, j] = phi[j]
    tally[WRITES] += len(phi)
    return 0


@rule(state=("phi", "fired"), blocks=("answers",))
def read_fed(i, s, t, out, tally, phi, fired, answers):
    """Write the sum of all rows fed since the last reset into row i of the answers."""
    for j in range(len(phi)):
        answers[i, j] = phi[j] + fired[j]
    tally[NEURON_ADDS] += len(phi)
    tally[WRITES] += len(phi)
    return 0


@rule(state=("fired",), blocks=("answers",))
def read_fired(i, s, t, out, tally, fired, answers):
    """Write what each unit has fired since the last reset into row i of the answers."""
    for j in range(len(fired)):
        answers[i, j] = fired[j]
    tally[WRITES] += len(fired)
    return 0


@rule(state=("phi",))
def clear(i, s, t, out, tally, phi):
    """All sums become 0."""
    for j in range(len(phi)):
        phi[j] = 0
    return 0


class Accumulator(Module):
    """`units` sums over rows of `weights` [n_in, units]; a spike (r, +1) at `read` writes them to `answers`[r].

    Ports: spikes, read, reset. No outlets. answers is a block [any number, units].
    """

    spikes = Port(accumulate, accepts="n_in")
    read = Port(read_sums, accepts="n_answers")
    reset = Port(clear)
    membrane = Potential("phi", rows={"spikes": "w"}, sums=True, resets="reset")

    def __init__(self, units: int, weights: Block, answers: Block, *, name: str | None = None) -> None:
        super().__init__(name)
        if weights.cols != units or answers.cols != units:
            raise NetworkError(
                f"an accumulator of {units} units got weights for {weights.cols} and answers for {answers.cols}"
            )
        self.units, self.weights, self.answers = units, weights, answers
        self.n_in, self.n_answers = weights.rows, answers.rows
        self.blocks = {"w": weights, "answers": answers}
        self.state = {"phi": np.zeros(units)}

    def most_spikes(self) -> int:
        """It makes none, but an engine wants room for one."""
        return 1
