"""Sigma-Delta layers and rounding layers, dense, convolutional and pooling (thesis chapter 4, appendix B).

A layer sums the rows (or kernel patches, or ones) of its spikes. When nothing else is left at an instant, its units
compare the whole number that they stand for with what they have sent, and send the difference: the layer fires once
an instant, lower layers first. A rounding layer forgets before every frame and sends its whole number anew. The two
networks give the same outputs at every frame; the Sigma-Delta layer's spikes are the differences of the other's.

Erratum: (4.6) rounds after Delta without memory, which loses what it rounds away.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from eventnet.errors import NetworkError
from eventnet.kernels.patches import Geometry, add_patch, patch_of
from eventnet.kernels.ranges import Integers
from eventnet.module import Module, Outlet, Port
from eventnet.neurons.rounding import (
    MOST,
    NOTICED,
    check_shift,
    check_waiting,
    give_notice,
    read_out,
    send,
    unit_scales,
    unit_state,
    wait_patch,
    wait_place,
)
from eventnet.potential import Potential
from eventnet.rule import rule
from eventnet.tally import MULTIPLIES, NEURON_ADDS, READS, SYNAPTIC_ADDS, WRITES

if TYPE_CHECKING:
    from eventnet.module import Block

PATCH = ("frame", "rows", "columns")
WAITS = ("ring", "waits", "cursor")


@rule(state=("acc",), integers=(*PATCH, *WAITS), blocks=("w",))
def gather(i, s, t, out, tally, acc, w, frame, rows, columns, ring, waits, cursor):
    """Add a patch; the places it reaches wait for the end of the instant."""
    n = add_patch(acc, w, i, s, frame, rows, columns)
    tally[SYNAPTIC_ADDS] += n
    tally[READS] += n
    wait_patch(i, frame, rows, columns, ring, waits, cursor)
    give_notice(cursor, out, 0)
    return 0


@rule(
    state=("acc", "bias", "k"), integers=(*PATCH, "sent", *WAITS, "kind"), blocks=("w",), params=("unscale",)
)  # fmt: skip
def add_and_send(i, s, t, out, tally, acc, bias, k, w, frame, rows, columns, sent, ring, waits, cursor, kind, unscale):
    """Add a patch and send at once what that changes."""
    n = add_patch(acc, w, i, s, frame, rows, columns)
    tally[SYNAPTIC_ADDS] += n
    tally[READS] += n
    wait_patch(i, frame, rows, columns, ring, waits, cursor)
    send(acc, bias, k, sent, ring, waits, cursor, unscale, kind, out, tally)
    return 0


@rule(state=("acc",), integers=(*PATCH, *WAITS), params=("one",))
def pool(i, s, t, out, tally, acc, frame, rows, columns, ring, waits, cursor, one):
    """Add one to every window that the unit lies in; a window's size is in the layer's scale."""
    channel, n_y, y, _, n_x, x, _ = patch_of(i, frame, rows, columns)
    for a in range(y, y + n_y):
        for b in range(x, x + n_x):
            if s > 0:
                acc[(a * frame[3] + b) * frame[2] + channel] += one
            else:
                acc[(a * frame[3] + b) * frame[2] + channel] -= one
    tally[SYNAPTIC_ADDS] += n_y * n_x
    wait_patch(i, frame, rows, columns, ring, waits, cursor)
    give_notice(cursor, out, 0)
    return 0


@rule(state=("acc",), integers=PATCH, params=("one",))
def pool_only(i, s, t, out, tally, acc, frame, rows, columns, one):
    """Add one to every window that the unit lies in."""
    channel, n_y, y, _, n_x, x, _ = patch_of(i, frame, rows, columns)
    for a in range(y, y + n_y):
        for b in range(x, x + n_x):
            if s > 0:
                acc[(a * frame[3] + b) * frame[2] + channel] += one
            else:
                acc[(a * frame[3] + b) * frame[2] + channel] -= one
    tally[SYNAPTIC_ADDS] += n_y * n_x
    return 0


@rule(state=("acc", "bias", "k"), integers=("sent", *WAITS, "kind"), params=("unscale",))
def settle(i, s, t, out, tally, acc, bias, k, sent, ring, waits, cursor, kind, unscale):
    """The instant is over: send what has changed."""
    cursor[NOTICED] = 0
    send(acc, bias, k, sent, ring, waits, cursor, unscale, kind, out, tally)
    return 0


@rule(integers=WAITS)
def look(i, s, t, out, tally, ring, waits, cursor):
    """Look at every unit at the end of this instant: a first frame, where biases count too."""
    for place in range(len(waits)):
        wait_place(place, ring, waits, cursor)
    give_notice(cursor, out, 0)
    return 0


@rule(state=("acc",), integers=("sent", *WAITS))
def forget(i, s, t, out, tally, acc, sent, ring, waits, cursor):
    """A new frame of a rounding layer: sums and what was sent become 0, and every unit is looked at."""
    for j in range(len(acc)):
        acc[j] = 0
        sent[j] = 0
    for place in range(len(waits)):
        wait_place(place, ring, waits, cursor)
    give_notice(cursor, out, 0)
    return 0


@rule(state=("acc",), integers=PATCH, blocks=("w",))
def gather_only(i, s, t, out, tally, acc, w, frame, rows, columns):
    """Add a patch."""
    n = add_patch(acc, w, i, s, frame, rows, columns)
    tally[SYNAPTIC_ADDS] += n
    tally[READS] += n
    return 0


@rule(state=("acc",))
def clear(i, s, t, out, tally, acc):
    """All sums become 0."""
    for j in range(len(acc)):
        acc[j] = 0
    return 0


@rule(state=("acc", "bias"), integers=("kind",), blocks=("answers",), params=("unscale",))
def read(i, s, t, out, tally, acc, bias, kind, answers, unscale):
    """Write acc / unscale + bias into row i of the answers."""
    for j in range(len(acc)):
        answers[i, j] = read_out(acc, bias, j, unscale, kind)
    tally[NEURON_ADDS] += len(acc)
    tally[WRITES] += len(acc)
    if kind[1] == 0:
        tally[MULTIPLIES] += len(acc)
    return 0


class _Summing(Module):
    """What all layers here share: sums over patches, a bias a unit, the scale of what comes in."""

    membrane = Potential("acc", sums=True)

    def __init__(
        self, geometry: Geometry, weights: Block | None, *, bias: ArrayLike | None, k: ArrayLike, unscale: float,
        activation: str, baked: bool, shift: int, name: str | None, coalesce: str | None,
    ) -> None:  # fmt: skip
        super().__init__(name, coalesce=coalesce)
        geometry = Geometry.of(geometry)
        self.geometry, self.weights, self.k, self.unscale = geometry, weights, k, unscale
        self.activation, self.baked, self.shift = activation, baked, shift
        self.units, self.n_in = geometry.units_out, geometry.units_in
        channels, scales = geometry.shape_out[0], unit_scales(k, self.units, "a layer")
        unit_scales(unscale, 1, "what comes in")
        if activation == "input":
            raise NetworkError("activation 'input' is that of encoders; a layer has another")
        if baked and (np.any(scales != 1) or unscale != 1):
            raise NetworkError(f"scales of a layer are {k!r} and {unscale}, but baked into its weights; wanted 1")
        given = np.zeros(channels) if bias is None else np.asarray(bias, dtype=np.float64)
        if given.shape != (channels,):
            raise NetworkError(f"biases have shape {given.shape}; wanted [{channels}], one a channel")
        if not np.all(np.isfinite(given)):
            raise NetworkError("biases hold NaN or infinity; wanted finite numbers")
        self.bias = given
        if weights is not None:
            wanted = (geometry.shape_in[0], geometry.row_words)
            if weights.array.shape != wanted:
                raise NetworkError(f"weights are {weights!r}; the layer's shapes want {wanted[0]} x {wanted[1]}")
            self._check_numbers(weights)
            self.blocks = {"w": weights}
        self.state = {"acc": np.zeros(self.units), "bias": np.tile(given, geometry.places_out), "k": scales}
        self.params = {"unscale": unscale, "one": float(1 << shift)}
        self.integers = geometry.integers() | unit_state(
            self.units, geometry.places_out, activation, baked=baked, shift=shift
        )

    def _check_numbers(self, weights: Block) -> None:
        """Refuse what the weights' number type cannot do."""
        check_shift(self.shift, weights.array, "a layer")
        if weights.array.dtype.kind == "i" and (not self.baked or self.activation == "tanh"):
            wanted = "scales baked into the weights, and another activation than tanh"
            raise NetworkError(
                f"an integer layer has baked={self.baked}, activation={self.activation!r}; wanted {wanted}"
            )

    def check_integers(self, found: Integers, time: int) -> None:
        """Places wait in order, in those layers that send."""
        if "cursor" in found:
            check_waiting(found, self.geometry.shape_out[0])

    def most_spikes(self) -> int:
        """Spikes of one reaction: a layer with more sends the rest at another notice."""
        return MOST + 1


class SigmaDelta(_Summing):
    """A Sigma-Delta layer: sends the changes of round(k h(acc / unscale + bias)).

    geometry  how units reach one another: `Geometry.dense(n_in, n_out)` or `Geometry.window(...)`
    weights   a block [n_in, n_out], or `kernel_rows` of a kernel [c_out, c_in, height, width]
    bias      [c_out], one a channel (a unit of a dense layer)
    k         scale of what is sent: one number, or one a unit, above 0
    unscale   scale of what comes in: the k of the layer below, where that is one number
    activation  "identity", "relu", "hard_sigmoid" or "tanh"
    baked     scales are in the weights already (thesis B.3): nothing is multiplied
    shift     in an integer network, numbers are in steps of 2^shift, and scales must be baked

    Ports: spikes, settle (its own notices), look (look at every unit: once, at the first frame). Outlets: out, notice.
    coalesce "burst" (the default) fires once an instant, "none" after every spike. Source: thesis 4.1, B.1.
    """

    spikes = Port(add_and_send, emits=("out", "notice"), accepts="n_in", burst=gather, burst_emits="notice")
    settle = Port(settle, emits=("out", "notice"))
    look = Port(look, emits="notice")
    out = Outlet()
    notice = Outlet(width="one", settles="settle")
    one = 1

    def __init__(
        self, geometry: Geometry, weights: Block, *, bias: ArrayLike | None = None, k: ArrayLike = 1.0,
        unscale: float = 1.0, activation: str = "relu", baked: bool = False, shift: int = 0,
        coalesce: str | None = "burst", name: str | None = None,
    ) -> None:  # fmt: skip
        super().__init__(
            geometry, weights, bias=bias, k=k, unscale=unscale, activation=activation, baked=baked, shift=shift,
            name=name, coalesce=coalesce,
        )  # fmt: skip


class Rounding(SigmaDelta):
    """A rounding layer: forgets at each frame (a spike at `look`) and sends round(k h(acc / unscale + bias)) whole.

    It must forget before the frame comes, in every order: add its encoder to the network after it, so that `look` has
    the lower port number.
    """

    spikes = Port(gather, emits="notice", accepts="n_in")
    look = Port(forget, emits="notice")


def keeps_channels(geometry: Geometry) -> Geometry:
    """A geometry for pooling, which mixes no channels."""
    made = Geometry.of(geometry)
    if made.shape_in[0] != made.shape_out[0]:
        raise NetworkError(f"pooling keeps its channels; the shapes are {made.shape_in}, {made.shape_out}")
    return made


class SigmaDeltaPool(_Summing):
    """Average pooling as a Sigma-Delta layer: a spike adds one to every window it lies in.

    The windows' size goes into the scale: the unit's number is round(k (acc / (unscale * size) + 0)). No multiplication
    is saved by baking here, so scales stay. Ports and outlets as for `SigmaDelta`. Needs a float network.
    """

    spikes = Port(pool, emits="notice", accepts="n_in")
    settle = Port(settle, emits=("out", "notice"))
    look = Port(look, emits="notice")
    out = Outlet()
    notice = Outlet(width="one", settles="settle")
    one = 1
    dtypes: ClassVar[tuple[str, ...]] = ("float64", "float32")

    def __init__(
        self, geometry: Geometry, *, k: ArrayLike = 1.0, unscale: float = 1.0, activation: str = "identity",
        name: str | None = None,
    ) -> None:  # fmt: skip
        geometry = keeps_channels(geometry)
        super().__init__(
            geometry, None, bias=None, k=k, unscale=unscale * geometry.kernel[0] * geometry.kernel[1],
            activation=activation, baked=False, shift=0, name=name, coalesce=None,
        )  # fmt: skip
        self.unscale = unscale


class RoundingPool(SigmaDeltaPool):
    """Average pooling that forgets at each frame."""

    look = Port(forget, emits="notice")


class Readout(_Summing):
    """The last layer: sums and never fires; a spike (r, +1) at `read` writes acc / unscale + bias to `answers`[r].

    Ports: spikes, read, clear (all sums become 0, for rounding networks). answers is a block [any number, units].
    """

    spikes = Port(gather_only, accepts="n_in")
    read = Port(read, accepts="n_answers")
    clear = Port(clear)

    def __init__(
        self, geometry: Geometry, weights: Block | None, answers: Block, *, bias: ArrayLike | None = None,
        unscale: float = 1.0, baked: bool = False, shift: int = 0, name: str | None = None,
    ) -> None:  # fmt: skip
        super().__init__(
            geometry, weights, bias=bias, k=1.0, unscale=unscale, activation="identity", baked=baked, shift=shift,
            name=name, coalesce=None,
        )  # fmt: skip
        if answers.cols != self.units:
            raise NetworkError(f"a read-out of {self.units} units got answers {answers!r}")
        self.answers, self.n_answers = answers, answers.rows
        self.blocks["answers"] = answers

    def most_spikes(self) -> int:
        """It makes none, but an engine wants room for one."""
        return 1


class ReadoutPool(Readout):
    """A last layer that averages windows: ports as for `Readout`; unscale is the scale of what comes in."""

    spikes = Port(pool_only, accepts="n_in")
    dtypes: ClassVar[tuple[str, ...]] = ("float64", "float32")

    def __init__(self, geometry: Geometry, answers: Block, *, unscale: float = 1.0, name: str | None = None) -> None:
        geometry = keeps_channels(geometry)
        size = geometry.kernel[0] * geometry.kernel[1]
        super().__init__(geometry, None, answers, unscale=unscale * size, name=name)
        self.unscale = unscale
