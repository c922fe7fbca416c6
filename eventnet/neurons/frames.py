"""Inputs that change: frames, single values and quantized changes as spikes (thesis 4.1, 5.3).

A frame is a row of a weight block, and comes as the spike (row, +1). What is sent is the change of round(k x) since the
last time (`ChangeEncoder`), the whole number (`FrameEncoder`), or the herding quantizer's spikes of the frame itself
(`Quantizer`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from eventnet.errors import NetworkError
from eventnet.kernels.ranges import Integers
from eventnet.kernels.rows import spike_often
from eventnet.module import Module, Outlet, Port
from eventnet.neurons.rounding import (
    MOST,
    NOTICED,
    check_shift,
    check_waiting,
    rounded,
    send,
    unit_scales,
    unit_state,
    wait_place,
)
from eventnet.potential import Potential
from eventnet.rule import rule
from eventnet.tally import COMPARES, INPUT_ADDS, NEURON_ADDS, READS

if TYPE_CHECKING:
    from eventnet.module import Block

WAITS = ("ring", "waits", "cursor")


@rule(state=("acc", "bias", "k"), integers=("sent", *WAITS, "kind"), blocks=("frames",), params=("unscale",))
def take_frame(i, s, t, out, tally, acc, bias, k, frames, sent, ring, waits, cursor, kind, unscale):
    """Compare the frame with the last one; inputs that differ are encoded."""
    for j in range(len(acc)):
        if frames[i, j] != acc[j]:
            acc[j] = frames[i, j]
            wait_place(j, ring, waits, cursor)
    tally[COMPARES] += len(acc)
    tally[READS] += len(acc)
    send(acc, bias, k, sent, ring, waits, cursor, unscale, kind, out, tally)
    return 0


@rule(state=("acc", "bias", "k"), integers=("sent", *WAITS, "kind"), blocks=("frames",), params=("unscale",))
def take_anew(i, s, t, out, tally, acc, bias, k, frames, sent, ring, waits, cursor, kind, unscale):
    """Encode the whole frame, as if nothing had been sent."""
    for j in range(len(acc)):
        acc[j] = frames[i, j]
        sent[j] = 0
        wait_place(j, ring, waits, cursor)
    tally[READS] += len(acc)
    send(acc, bias, k, sent, ring, waits, cursor, unscale, kind, out, tally)
    return 0


@rule(
    state=("acc", "bias", "k"), integers=("sent", *WAITS, "kind"), blocks=("updates",), params=("unscale",)
)  # fmt: skip
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


@rule(state=("acc", "quantum"), integers=("sent",))
def nudge(i, s, t, out, tally, acc, quantum, sent):
    """An event from a sensor: the input has moved by one quantum (1 / k), and the spike goes on as it is."""
    if s > 0:
        acc[i] += quantum[i]
    else:
        acc[i] -= quantum[i]
    sent[i] += s
    tally[INPUT_ADDS] += 2
    out.spike(i, s, 0)
    return 0


@rule(state=("acc", "bias", "k"), integers=("sent", *WAITS, "kind"), params=("unscale",))
def go_on(i, s, t, out, tally, acc, bias, k, sent, ring, waits, cursor, kind, unscale):
    """A frame had more spikes than one reaction makes: send the rest."""
    cursor[NOTICED] = 0
    send(acc, bias, k, sent, ring, waits, cursor, unscale, kind, out, tally)
    return 0


@rule(state=("phi",), blocks=("frames",))
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
    return 0


class ChangeEncoder(Module):
    """Sends the changes of round(k x), in ones: temporal difference, then Q, in the form that forgets nothing.

    frames  a block [any number, units] of inputs; updates: a block [any number, 2] of (input, new value)
    k       scale of the inputs: one number, or one an input, above 0
    shift   in an integer network, inputs are in steps of 2^shift, and k is 1

    Ports: frame (row of frames), value (row of updates), spikes (an event of a sensor: the input has moved by 1 / k),
    settle (its own notices). Outlets: out, notice. An input that has not changed sends nothing and costs one compare.
    """

    frame = Port(take_frame, emits=("out", "notice"), accepts="n_frames")
    value = Port(take_value, emits=("out", "notice"), accepts="n_updates")
    spikes = Port(nudge, emits="out", accepts="units")
    settle = Port(go_on, emits=("out", "notice"))
    out = Outlet()
    notice = Outlet(width="one", settles="settle")
    membrane = Potential("acc", sums=True)
    one = 1
    errors = {1: "an update names an input that does not exist"}  # noqa: RUF012

    def __init__(
        self, frames: Block, updates: Block | None = None, *, k: ArrayLike = 1.0, shift: int = 0,
        name: str | None = None,
    ) -> None:  # fmt: skip
        super().__init__(name)
        self.frames, self.updates, self.k, self.shift = frames, updates, k, shift
        self.units, self.n_frames = frames.cols, frames.rows
        self.n_updates = 0 if updates is None else updates.rows
        scales = unit_scales(k, self.units, "inputs")
        check_shift(shift, frames.array, "inputs")
        if updates is not None and updates.cols != 2:
            raise NetworkError(f"updates are {updates!r}; wanted two columns, an input and its value")
        whole = frames.array.dtype.kind == "i"
        if whole and np.any(scales != 1):
            raise NetworkError(f"inputs of an integer network have scales {k!r}; wanted 1")
        self.blocks = {"frames": frames, "updates": updates if updates is not None else frames}
        self.state = {
            "acc": np.zeros(self.units), "bias": np.zeros(1), "k": scales,
            "quantum": np.full(self.units, 1 << shift) if whole else 1.0 / scales,
        }  # fmt: skip
        self.params = {"unscale": 1.0}
        self.integers = unit_state(self.units, self.units, "input", baked=False, shift=shift)

    def check_integers(self, found: Integers, time: int) -> None:
        """Inputs wait in order."""
        check_waiting(found, 1)

    def most_spikes(self) -> int:
        """Spikes of one reaction: a frame with more sends the rest at another notice."""
        return MOST + 1


class FrameEncoder(ChangeEncoder):
    """Sends round(k x) of every frame whole: the inputs of a rounding network."""

    frame = Port(take_anew, emits=("out", "notice"), accepts="n_frames")


class Quantizer(Module):
    """The herding quantizer Q of whole vectors (thesis 5.3): p = phi + x; s = round(p); phi = p - s.

    Q = Delta o Round o Sigma, exactly where sums are exact and halves round up (erratum B.7, C.5).
    Ports: frames (row of `vectors` [any number, units]). Outlets: out.
    """

    frames = Port(quantize, emits="out", accepts="n_frames")
    out = Outlet()
    membrane = Potential("phi", sums=True)

    def __init__(self, vectors: Block, *, most: int | None = None, name: str | None = None) -> None:
        super().__init__(name, most=most)
        if vectors.array.dtype.kind != "f":
            raise NetworkError(f"a quantizer rounds real numbers, but its vectors are {vectors!r}")
        self.vectors, self.units, self.n_frames = vectors, vectors.cols, vectors.rows
        self.blocks, self.state = {"frames": vectors}, {"phi": np.zeros(self.units)}

    def most_spikes(self) -> int:
        """By default what the vector with the largest sum can make, and one a unit."""
        if self.most is not None:
            return self.most
        return int(np.ceil(np.abs(self.vectors.array).sum(axis=1).max())) + self.units
