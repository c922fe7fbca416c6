"""Inputs that change: frames, single values and quantized changes as spikes (thesis 4.1, 5.3).

A frame is a row of a weight block, and comes as the spike (row, +1). A module sends the change of round(k x)
since the last time (`ChangeEncoder`), the whole number (`FrameEncoder`), or the herding quantizer's spikes of the frame
itself (`Quantizer`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from eventnet.declarations import Derived, Integers, Option, Param, Potential, State, Weights
from eventnet.errors import NetworkError
from eventnet.kernels.ranges import Integers as Found
from eventnet.kernels.rows import spike_often
from eventnet.module import Block, Module, Outlet, Port
from eventnet.neurons.rounding import (
    MOST,
    NOTICED,
    ONE_SHIFT,
    check_shift,
    check_waiting,
    kind_words,
    rounded,
    send,
    unit_scales,
    wait_place,
)
from eventnet.rule import rule
from eventnet.tally import COMPARES, INPUT_ADDS, NEURON_ADDS, READS


@rule
def take_frame(i, s, t, out, tally, acc, bias, k, frames, sent, ring, waits, cursor, kind, unscale):
    """Compare the frame with the last one; inputs that differ are encoded."""
    for j in range(len(acc)):
        if frames[i, j] != acc[j]:
            acc[j] = frames[i, j]
            wait_place(j, ring, waits, cursor)
    tally[COMPARES] += len(acc)
    tally[READS] += len(acc)
    send(acc, bias, k, sent, ring, waits, cursor, unscale, kind, out, tally)


@rule
def take_anew(i, s, t, out, tally, acc, bias, k, frames, sent, ring, waits, cursor, kind, unscale):
    """Encode the whole frame, as if nothing had been sent."""
    for j in range(len(acc)):
        acc[j] = frames[i, j]
        sent[j] = 0
        wait_place(j, ring, waits, cursor)
    tally[READS] += len(acc)
    send(acc, bias, k, sent, ring, waits, cursor, unscale, kind, out, tally)


@rule
def take_value(i, s, t, out, tally, acc, bias, k, updates, sent, ring, waits, cursor, kind, unscale):
    """Row i of the updates: an input and its new value."""
    j = int(updates[i, 0])
    if j < 0 or j >= len(acc):
        return 1
    tally[COMPARES] += 1
    tally[READS] += 2
    if updates[i, 1] != acc[j]:
        acc[j] = updates[i, 1]
        wait_place(j, ring, waits, cursor)
        send(acc, bias, k, sent, ring, waits, cursor, unscale, kind, out, tally)
    return 0


@rule
def nudge(i, s, t, out, tally, acc, quantum, sent):
    """An event from a sensor: the input has moved by one quantum (1 / k), and the spike goes on as it is."""
    if s > 0:
        acc[i] += quantum[i]
    else:
        acc[i] -= quantum[i]
    sent[i] += s
    tally[INPUT_ADDS] += 2
    out.spike(i, s, 0)


@rule
def go_on(i, s, t, out, tally, acc, bias, k, sent, ring, waits, cursor, kind, unscale):
    """A frame had more spikes than one reaction makes: send the rest."""
    cursor[NOTICED] = 0
    send(acc, bias, k, sent, ring, waits, cursor, unscale, kind, out, tally)


@rule
def quantize(i, s, t, out, tally, phi, frames):
    """Feed a frame, take its nearest whole numbers off and send them."""
    for j in range(len(phi)):
        if s > 0:
            phi[j] += frames[i, j]
        else:
            phi[j] -= frames[i, j]
        number = int(rounded(phi[j]))
        phi[j] -= phi.dtype.type(number)
        spike_often(out, j, 1 if number > 0 else -1, abs(number), 1.0)
    tally[INPUT_ADDS] += len(phi)
    tally[NEURON_ADDS] += 2 * len(phi)
    tally[COMPARES] += len(phi) + out.made()
    tally[READS] += len(phi)


def first_quantum(encoder: ChangeEncoder) -> NDArray[np.generic]:
    """By how much an event of a sensor moves each input: 1 / k, or 2^shift in an integer network."""
    if encoder.frames.array.dtype.kind == "i":
        return np.full(encoder.units, 1 << encoder.shift)
    quantum: NDArray[np.float64] = 1.0 / encoder.scales
    return quantum


class ChangeEncoder(Module):
    """Sends the changes of round(k x), in ones: temporal difference, then Q, in the form that forgets nothing.

    A spike (r, +1) at `frame` gives all inputs the values of row r of `frames`; one at `value` gives input
    updates[r, 0] the value updates[r, 1]; one at `spikes` is an event of a sensor: the input has moved by 1 / k. An
    input that has not changed sends nothing and costs one compare.
    """

    frames = Weights("n_frames", "units", doc="values of all inputs")
    updates = Weights("n_updates", 2, instead=frames, positional=True, doc="(input, new value)")
    k = Option[ArrayLike](1.0, doc="scale of the inputs: one number, or one an input, above 0")
    shift = Option(0, doc="in an integer network, inputs are in steps of 2^shift, and k is 1", one=ONE_SHIFT)
    units = Derived[int](lambda encoder: encoder.frames.cols)
    most = Derived(MOST + 1)  # a frame with more spikes sends the rest at another notice

    acc = Potential(doc="values of the inputs")
    bias = State(1)
    scales = State(start=lambda encoder: unit_scales(encoder.k, encoder.units, "inputs"), key="k")
    quantum = State(start=first_quantum, doc="what a sensor's event adds")
    unscale = Param(start=lambda encoder: 1.0)
    sent = Integers(doc="what has been sent of each input")
    ring = Integers(doc="inputs that wait, in order from the head on")
    waits = Integers(doc="1 for inputs that wait")
    cursor = Integers(4)
    rounds = Integers(4, start=lambda encoder: kind_words("input", baked=False, shift=encoder.shift), key="kind")

    frame = Port(take_frame, emits=("out", "notice"), accepts="n_frames")
    value = Port(take_value, emits=("out", "notice"), accepts="n_updates")
    spikes = Port(nudge, emits="out", accepts="units")
    settle = Port(go_on, emits=("out", "notice"))
    out = Outlet()
    notice = Outlet(width=1, settles="settle")
    errors: ClassVar[Mapping[int, str]] = {1: "an update names an input that does not exist"}
    n_frames: int
    n_updates: int

    def check(self) -> None:
        """Scales and shift are possible in the network."""
        scales = unit_scales(self.k, self.units, "inputs")
        check_shift(self.shift, self.frames.array, "inputs")
        if self.frames.array.dtype.kind == "i" and np.any(scales != 1):
            raise NetworkError(f"inputs of an integer network have scales {self.k!r}; wanted 1")

    def check_integers(self, found: Found, time: int) -> None:
        """Inputs wait in order."""
        check_waiting(found, 1)


class FrameEncoder(ChangeEncoder):
    """Sends round(k x) of every frame whole: the inputs of a rounding network."""

    frame = Port(take_anew, emits=("out", "notice"), accepts="n_frames")


def check_real(vectors: Block, what: str) -> Block:
    """Vectors of real numbers. Raises NetworkError for whole ones."""
    if vectors.array.dtype.kind != "f":
        raise NetworkError(f"a quantizer rounds real numbers, but its {what} are {vectors!r}")
    return vectors


class Quantizer(Module):
    """The herding quantizer Q of whole vectors (thesis 5.3): p = phi + x; s = round(p); phi = p - s.

    Q = Delta o Round o Sigma, exactly where sums are exact and halves round up (erratum B.7, C.5).
    """

    vectors = Weights("n_frames", "units", key="frames", check=check_real, doc="x, row by row")
    units = Derived[int](lambda quantizer: quantizer.vectors.cols)
    phi = Potential()
    frames = Port(quantize, emits="out", accepts="n_frames")
    out = Outlet()
    n_frames: int

    def most_spikes(self) -> int:
        """By default what the vector with the largest sum can make, and one a unit."""
        if self.most is not None:
            return self.most
        return int(np.ceil(np.abs(self.vectors.array).sum(axis=1).max())) + self.units
