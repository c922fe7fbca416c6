"""Sigma-Delta layers and rounding layers, dense, convolutional and pooling (thesis chapter 4, appendix B).

A layer sums the rows (or kernel patches, or ones) of its spikes. When nothing else is left at an instant, its units
compare the whole number that they stand for with what they have sent, and send the difference: the layer fires once
an instant, lower layers first. A rounding layer forgets before every frame and sends its whole number anew. The two
networks give the same outputs at every frame; the Sigma-Delta layer's spikes are the differences of the other's.

Erratum: (4.6) rounds after Delta without memory, which loses what it rounds away.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from numba.extending import register_jitable
from numpy.typing import ArrayLike, NDArray

from eventnet.declarations import Declared, Derived, Integers, Option, Param, Patches, Potential, Size, State, Weights
from eventnet.errors import NetworkError
from eventnet.given import Block
from eventnet.kernels.patches import C_OUT, W_IN, Geometry, add_patch, patch_of
from eventnet.kernels.ranges import Integers as Found
from eventnet.module import Module, Outlet, Port
from eventnet.neurons.rounding import (
    HEAD,
    MOST,
    NOTICED,
    ONE_SHIFT,
    WAITING,
    check_shift,
    check_waiting,
    give_notice,
    kind_words,
    read_out,
    send,
    unit_scales,
    wait_patch,
    wait_place,
)
from eventnet.rule import rule
from eventnet.tally import COMPARES, MULTIPLIES, NEURON_ADDS, SYNAPTIC_ADDS, WRITES

NAMES = "identity, relu, hard_sigmoid, tanh, sigmoid, leaky_relu or clip"
WHOLE = ("identity", "relu", "hard_sigmoid")
"""Activations of an integer network."""


@rule
def gather(i, s, t, out, tally, acc, w, frame, rows, columns, ring, waits, cursor):
    """Add a patch; the places it reaches wait for the end of the instant."""
    add_patch(acc, w, i, s, frame, rows, columns, tally)
    wait_patch(i, frame, rows, columns, ring, waits, cursor)
    give_notice(cursor, out, 0)


@rule
def add_and_send(i, s, t, out, tally, acc, bias, k, w, frame, rows, columns, sent, ring, waits, cursor, kind, unscale):
    """Add a patch and send at once what that changes."""
    add_patch(acc, w, i, s, frame, rows, columns, tally)
    wait_patch(i, frame, rows, columns, ring, waits, cursor)
    send(acc, bias, k, sent, ring, waits, cursor, unscale, kind, out, tally)


@rule
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


@rule
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


@rule
def hold(i, s, t, out, tally, numbers_in, frame, rows, columns, ring, waits, cursor):
    """The number of an input has changed; every window that it lies in is looked at."""
    numbers_in[i] += s
    tally[NEURON_ADDS] += 1
    wait_patch(i, frame, rows, columns, ring, waits, cursor)
    give_notice(cursor, out, 0)


@rule
def join(i, s, t, out, tally, acc, ring, waits, cursor, one):
    """Add one to the sum of the first quantity."""
    if s > 0:
        acc[i] += one
    else:
        acc[i] -= one
    tally[SYNAPTIC_ADDS] += 1
    wait_place(i, ring, waits, cursor)
    give_notice(cursor, out, 0)


@rule
def join_also(i, s, t, out, tally, other, bias, ring, waits, cursor, one, unscale_also):
    """Add one to the sum of the second quantity, which stands in the place of a bias."""
    if s > 0:
        other[i] += one
    else:
        other[i] -= one
    bias[i] = other[i] / unscale_also
    tally[SYNAPTIC_ADDS] += 1
    tally[MULTIPLIES] += 1
    wait_place(i, ring, waits, cursor)
    give_notice(cursor, out, 0)


@register_jitable
def largest(acc: Any, numbers_in: Any, frame: Any, ring: Any, cursor: Any, windows: Any, tally: Any) -> None:
    """Put the largest number of its window into each unit of the places that wait."""
    channels, width = frame[C_OUT], frame[W_IN]
    for k in range(cursor[WAITING]):
        at = cursor[HEAD] + k
        place = ring[at - len(ring) if at >= len(ring) else at]
        y, n_y, x, n_x = windows[4 * place], windows[4 * place + 1], windows[4 * place + 2], windows[4 * place + 3]
        for channel in range(channels):
            most = numbers_in[(y * width + x) * channels + channel]
            for a in range(n_y):
                for b in range(n_x):
                    number = numbers_in[((y + a) * width + x + b) * channels + channel]
                    if number > most:
                        most = number
            acc[place * channels + channel] = most
        tally[COMPARES] += channels * (n_y * n_x - 1)


@rule
def settle_largest(
    i, s, t, out, tally, acc, bias, k, numbers_in, sent, ring, waits, cursor, kind, unscale, frame, windows
):  # fmt: skip
    """The instant is over: find the largest of each window in which something has changed, and send what changes."""
    cursor[NOTICED] = 0
    largest(acc, numbers_in, frame, ring, cursor, windows, tally)
    send(acc, bias, k, sent, ring, waits, cursor, unscale, kind, out, tally)


@rule
def forget_held(i, s, t, out, tally, acc, numbers_in, sent, ring, waits, cursor):
    """A new frame of a rounding layer that takes maxima: all numbers become 0, and every unit is looked at."""
    for j in range(len(numbers_in)):
        numbers_in[j] = 0
    for j in range(len(acc)):
        acc[j] = 0
        sent[j] = 0
    for place in range(len(waits)):
        wait_place(place, ring, waits, cursor)
    give_notice(cursor, out, 0)


@rule
def forget_both(i, s, t, out, tally, acc, other, bias, sent, ring, waits, cursor):
    """A new frame of a rounding layer that adds two quantities: both sums become 0, and every unit is looked at."""
    for j in range(len(acc)):
        acc[j] = 0
        other[j] = 0
        bias[j] = 0
        sent[j] = 0
        wait_place(j, ring, waits, cursor)
    give_notice(cursor, out, 0)


@rule
def settle(i, s, t, out, tally, acc, bias, k, sent, ring, waits, cursor, kind, unscale):
    """The instant is over: send what has changed."""
    cursor[NOTICED] = 0
    send(acc, bias, k, sent, ring, waits, cursor, unscale, kind, out, tally)


@rule
def look(i, s, t, out, tally, ring, waits, cursor):
    """Look at every unit at the end of this instant: a first frame, where biases count too."""
    for place in range(len(waits)):
        wait_place(place, ring, waits, cursor)
    give_notice(cursor, out, 0)


@rule
def forget(i, s, t, out, tally, acc, sent, ring, waits, cursor):
    """A new frame of a rounding layer: sums and what was sent become 0, and every unit is looked at."""
    for j in range(len(acc)):
        acc[j] = 0
        sent[j] = 0
    for place in range(len(waits)):
        wait_place(place, ring, waits, cursor)
    give_notice(cursor, out, 0)


@rule
def gather_only(i, s, t, out, tally, acc, w, frame, rows, columns):
    """Add a patch."""
    add_patch(acc, w, i, s, frame, rows, columns, tally)


@rule
def clear(i, s, t, out, tally, acc):
    """All sums become 0."""
    for j in range(len(acc)):
        acc[j] = 0


@rule
def read(i, s, t, out, tally, acc, bias, kind, answers, unscale):
    """Write acc / unscale + bias into row i of the answers."""
    for j in range(len(acc)):
        answers[i, j] = read_out(acc, bias, j, unscale, kind)
    tally[NEURON_ADDS] += len(acc)
    tally[WRITES] += len(acc)
    if kind[1] == 0:
        tally[MULTIPLIES] += len(acc)


def one_scale(unscale: float, what: str) -> float:
    """The scale of what comes in. Raises NetworkError unless it is one number above 0."""
    unit_scales(unscale, 1, "what comes in")
    return unscale


def of_a_layer(activation: str, what: str) -> str:
    """An activation, by name. Raises NetworkError for that of inputs."""
    if activation == "input":
        raise NetworkError("activation 'input' is that of encoders; a layer has another")
    return activation


def keeps_channels(geometry: Geometry, what: str) -> Geometry:
    """A geometry for pooling, which mixes no channels. Raises NetworkError for one that does."""
    if geometry.shape_in[0] != geometry.shape_out[0]:
        raise NetworkError(f"pooling keeps its channels; the shapes are {geometry.shape_in}, {geometry.shape_out}")
    return geometry


def channel_biases(bias: ArrayLike | None, channels: int) -> NDArray[np.float64]:
    """One a channel; 0 where none are given. Raises NetworkError for others."""
    given = np.zeros(channels) if bias is None else np.asarray(bias, dtype=np.float64)
    if given.shape != (channels,):
        raise NetworkError(f"biases have shape {given.shape}; wanted [{channels}], one a channel")
    if not np.all(np.isfinite(given)):
        raise NetworkError("biases hold NaN or infinity; wanted finite numbers")
    return given


class _Summing(Module):
    """Base of all layers here: sums over patches, a bias a unit, the scale of what comes in."""

    geometry = Patches(
        spread=True, doc="how units reach one another: `Geometry.dense(n_in, n_out)` or `Geometry.window(...)`"
    )
    weights: Declared[Block | None] = Weights(
        None, None, key="w", doc="[n_in, n_out], or `kernel_rows` of a kernel [c_out, c_in, height, width]"
    )
    bias = Option[Any](None, doc="[c_out], one a channel (a unit of a dense layer); 0 by default")
    k: Declared[ArrayLike] = Option[ArrayLike](1.0, doc="scale of what is sent: one number, or one a unit, above 0")
    unscale = Option(
        1.0, check=one_scale,
        doc="scale of what comes in: the k of the layer below, where that is one number. (It divides sums of what all "
        "units below have sent: where those have scales of their own, these belong into the weights.)",
    )  # fmt: skip
    activation: Declared[str] = Option("relu", check=of_a_layer, doc=NAMES)
    parameters: Declared[Sequence[float] | None] = Option[Sequence[float] | None](
        None, doc="of the activation: the slope of leaky_relu; the ends of clip, low and high"
    )
    baked: Declared[bool] = Option(
        False,
        doc="scales are in the weights already (thesis B.3): nothing is multiplied",
        one="all are or none",
    )
    shift: Declared[int] = Option(
        0, doc="in an integer network, numbers are in steps of 2^shift, and scales must be baked", one=ONE_SHIFT
    )
    coalesce: Declared[str | None] = Option[str | None](None)
    most = Derived(MOST + 1)  # a layer with more spikes sends the rest at another notice
    units = Derived[int](lambda layer: layer.geometry.units_out)
    n_in = Derived[int](lambda layer: layer.geometry.units_in)
    places = Derived[int](lambda layer: layer.geometry.places_out)

    acc = Potential(doc="sums of what came")
    biases = State(start=lambda layer: np.tile(layer.bias, layer.places), key="bias")
    scales = State(start=lambda layer: unit_scales(layer.k, layer.units, "a layer"), key="k")
    scaled = Param(start=lambda layer: layer.unscale, key="unscale")
    one = Param(start=lambda layer: float(1 << layer.shift))
    sent = Integers(doc="the number that each unit stands for, to those who listen")
    ring = Integers("places")
    waits = Integers("places")
    cursor = Integers(4)
    rounds = Integers(
        None,
        start=lambda layer: kind_words(
            layer.activation, baked=layer.baked, shift=layer.shift, parameters=layer.parameters or ()
        ),
        key="kind",
    )

    def check(self) -> None:
        """Baked scales are 1, biases are one a channel, and the weights those of the geometry."""
        if self.baked and (np.any(np.asarray(self.k) != 1) or self.unscale != 1):
            raise NetworkError(
                f"scales of a layer are {self.k!r} and {self.unscale}, but baked into its weights; wanted 1"
            )
        self.bias = channel_biases(self.bias, self.geometry.shape_out[0])
        if self.weights is not None:
            wanted = (self.geometry.shape_in[0], self.geometry.row_words)
            if self.weights.array.shape != wanted:
                raise NetworkError(f"weights are {self.weights!r}; the layer's shapes want {wanted[0]} x {wanted[1]}")
            self._check_numbers(self.weights)

    def _check_numbers(self, weights: Block) -> None:
        """Refuse what the weights' number type cannot do."""
        check_shift(self.shift, weights.array, "a layer")
        if weights.array.dtype.kind == "i" and (not self.baked or self.activation not in WHOLE):
            wanted = f"scales baked into the weights, and another activation: {', '.join(WHOLE)}"
            raise NetworkError(
                f"an integer layer has baked={self.baked}, activation={self.activation!r}; wanted {wanted}"
            )

    def check_integers(self, found: Found, time: int) -> None:
        """Places wait in order, in those layers that send."""
        if "cursor" in found:
            check_waiting(found, self.geometry.shape_out[0])


class SigmaDelta(_Summing):
    """A Sigma-Delta layer: sends the changes of round(k h(acc / unscale + bias)).

    Ports: spikes, settle (its own notices), look (look at every unit: once, at the first frame). Outlets: out, notice.
    coalesce "burst" (the default) fires once an instant, "none" after every spike. Source: thesis 4.1, B.1.
    """

    coalesce = Option[str | None]("burst")

    spikes = Port(add_and_send, emits=("out", "notice"), accepts="n_in", burst=gather, burst_emits="notice")
    settle = Port(settle, emits=("out", "notice"))
    look = Port(look, emits="notice")
    out = Outlet()
    notice = Outlet(width=1, settles="settle")


class Rounding(SigmaDelta):
    """A rounding layer: forgets at each frame (a spike at `look`) and sends round(k h(acc / unscale + bias)) whole.

    It must forget before the frame comes, in every order: add its encoder to the network after it, so that `look` has
    the lower port number.
    """

    spikes = Port(gather, emits="notice", accepts="n_in")
    look = Port(forget, emits="notice")


class SigmaDeltaPool(_Summing):
    """Average pooling as a Sigma-Delta layer: a spike adds one to every window it lies in.

    The windows' size goes into the scale: the unit's number is round(k (acc / (unscale * size) + 0)). No multiplication
    is saved by baking here, so scales stay. Ports and outlets as for `SigmaDelta`. Needs a float network.
    """

    geometry = Patches(check=keeps_channels, doc="of windows, which keeps its channels")
    weights = Derived[Block | None](None)
    bias = Derived[Any](lambda layer: np.zeros(layer.geometry.shape_out[0]))
    activation = Option("identity", check=of_a_layer, doc=NAMES)
    baked = Derived(False)
    shift = Derived(0)
    coalesce = Derived[str | None](None)
    scaled = Param(
        start=lambda layer: layer.unscale * layer.geometry.kernel[0] * layer.geometry.kernel[1], key="unscale"
    )

    spikes = Port(pool, emits="notice", accepts="n_in")
    settle = Port(settle, emits=("out", "notice"))
    look = Port(look, emits="notice")
    out = Outlet()
    notice = Outlet(width=1, settles="settle")
    dtypes: ClassVar[tuple[str, ...]] = ("float64", "float32")


class RoundingPool(SigmaDeltaPool):
    """Average pooling that forgets at each frame."""

    look = Port(forget, emits="notice")


def windows_of(geometry: Geometry) -> NDArray[np.int64]:
    """For each place of the output the first row of its window and how many lie on the map, and so for columns."""
    ends = []
    for k, n in enumerate(geometry.shape_in[1:]):
        begin = np.arange(geometry.shape_out[k + 1]) * geometry.stride[k] - geometry.padding[k]
        first, last = np.maximum(begin, 0), np.minimum(begin + geometry.kernel[k], n)
        ends.append(np.stack([first, last - first], axis=1))
    rows, columns = np.broadcast_arrays(ends[0][:, None], ends[1][None])
    found: NDArray[np.int64] = np.concatenate([rows, columns], axis=2).ravel()
    return found


class SigmaDeltaMaxPool(_Summing):
    """The largest of each window as a Sigma-Delta layer: units stand for round(k h(largest number / unscale)).

    It holds the number of each input. At the end of an instant the windows in which one has changed are gone through
    again, a compare for each of their inputs but one. Padding counts for nothing. Ports and outlets as for
    `SigmaDelta`. Needs a float network.
    """

    geometry = Patches(check=keeps_channels, doc="of windows, which keeps its channels")
    weights = Derived[Block | None](None)
    bias = Derived[Any](lambda layer: np.zeros(layer.geometry.shape_out[0]))
    activation = Option("identity", check=of_a_layer, doc=NAMES)
    baked = Derived(False)
    shift = Derived(0)
    coalesce = Derived[str | None](None)

    acc = State(doc="the largest number of each window")
    numbers_in = Integers("n_in", doc="the number of each input")
    windows = Integers("4 * places", start=lambda layer: windows_of(layer.geometry))

    spikes = Port(hold, emits="notice", accepts="n_in")
    settle = Port(settle_largest, emits=("out", "notice"))
    look = Port(look, emits="notice")
    out = Outlet()
    notice = Outlet(width=1, settles="settle")
    dtypes: ClassVar[tuple[str, ...]] = ("float64", "float32")

    def check(self) -> None:
        """Every window sees an input."""
        super().check()
        if windows_of(self.geometry).reshape(-1, 4)[:, 1::2].min() < 1:
            raise NetworkError(f"padding {self.geometry.padding} hides a window of {self.geometry.kernel}; wanted less")


class RoundingMaxPool(SigmaDeltaMaxPool):
    """The largest of each window, forgotten at each frame."""

    look = Port(forget_held, emits="notice")


class SigmaDeltaSum(_Summing):
    """Two quantities added unit by unit as a Sigma-Delta layer: round(k h(acc / unscale + other / unscale_also)).

    It joins the two branches of a residual network. Ports: spikes and also (one of the two each), settle, look; outlets
    as for `SigmaDelta`. A spike adds one to its unit. Needs a float network.
    """

    n_out = Size(doc="units of each of the two, and of the sum")
    geometry = Derived[Geometry](lambda layer: Geometry.window((1, 1, layer.n_out), 1, (1, 1)))
    weights = Derived[Block | None](None)
    bias = Derived[Any](lambda layer: np.zeros(1))
    unscale_also = Param(1.0, check=one_scale, doc="scale of what comes in at `also`, one number")
    activation = Option("identity", check=of_a_layer, doc=NAMES)
    baked = Derived(False)
    shift = Derived(0)
    coalesce = Derived[str | None](None)

    other = State(doc="sums of what came at `also`")

    spikes = Port(join, emits="notice", accepts="n_out")
    also = Port(join_also, emits="notice", accepts="n_out")
    settle = Port(settle, emits=("out", "notice"))
    look = Port(look, emits="notice")
    out = Outlet()
    notice = Outlet(width=1, settles="settle")
    dtypes: ClassVar[tuple[str, ...]] = ("float64", "float32")

    def check(self) -> None:
        """Check nothing: it has no weights and no biases of its own."""


class RoundingSum(SigmaDeltaSum):
    """Two quantities added unit by unit, forgotten at each frame."""

    look = Port(forget_both, emits="notice")


class Readout(_Summing):
    """The last layer: sums and never fires; a spike (r, +1) at `read` writes acc / unscale + bias to `answers`[r].

    Ports: spikes, read, clear (all sums become 0, for rounding networks).
    """

    answers = Weights("n_answers", None, doc="a column a unit")
    k = Derived[ArrayLike](1.0)
    activation = Derived("identity")
    parameters = Derived[Sequence[float] | None](None)
    coalesce = Derived[str | None](None)
    most = Derived(1)  # it makes none, but an engine wants room for one
    n_answers: int

    spikes = Port(gather_only, accepts="n_in")
    read = Port(read, accepts="n_answers")
    clear = Port(clear)

    def check(self) -> None:
        """Answers have a column a unit."""
        super().check()
        if self.answers.cols != self.units:
            raise NetworkError(f"a read-out of {self.units} units got answers {self.answers!r}")


class ReadoutPool(Readout):
    """A last layer that averages windows: ports as for `Readout`; unscale is the scale of what comes in."""

    geometry = Patches(check=keeps_channels, doc="of windows, which keeps its channels")
    weights = Derived[Block | None](None)
    bias = Derived[Any](lambda layer: np.zeros(layer.geometry.shape_out[0]))
    baked = Derived(False)
    shift = Derived(0)
    scaled = Param(
        start=lambda layer: layer.unscale * (layer.geometry.kernel[0] * layer.geometry.kernel[1]), key="unscale"
    )

    spikes = Port(pool_only, accepts="n_in")
    dtypes: ClassVar[tuple[str, ...]] = ("float64", "float32")
