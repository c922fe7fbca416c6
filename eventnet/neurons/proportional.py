"""Proportional-derivative layers: quantized changes, decoded with a decay (thesis chapter 5, appendix C).

A step of a layer comes when nothing else is left at an instant at which a spike arrived or its port `tick` was told to:
it decodes what arrived, applies its activation, encodes and sends. Unlike a Sigma-Delta layer, one with kp > 0 goes on
sending while its input stays the same.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numba.extending import register_jitable

from eventnet.declarations import (
    Declared,
    Derived,
    Integers,
    Option,
    Other,
    Patches,
    Potential,
    State,
    Weights,
    refuse_spread,
)
from eventnet.errors import NetworkError
from eventnet.given import Block
from eventnet.kernels.patches import Geometry, add_patches
from eventnet.kernels.ranges import Integers as Found
from eventnet.kernels.rows import lowest, marked
from eventnet.kernels.simd import LANES
from eventnet.module import Module, Outlet, Port
from eventnet.neurons.pd_code import (
    ACTIVATION,
    BUSY,
    COUNTS,
    ERRORS,
    LAST,
    MOST,
    NEXT,
    NOTICED,
    ROW,
    ROW_SET,
    STAMP,
    USED,
    blocks_of,
    check_clock,
    clock_state,
    code_state,
    count_scaled,
    count_spike,
    decay_units,
    decode,
    encode_and_send,
    send_numbers,
)
from eventnet.neurons.rounding import ACTIVATIONS, INPUT, TANH, squash
from eventnet.rule import rule
from eventnet.tally import MULTIPLIES, NEURON_ADDS, READS, WRITES


@register_jitable(forceinline=True)
def notice_step(clock: Any, out: Any) -> None:
    """Ask for a step at the end of the instant; once is enough."""
    if clock[NOTICED] == 0:
        clock[NOTICED] = 1
        out.spike(0, 1)


@register_jitable
def gather(t: int, count: Any, acc: Any, frame: Any, rows: Any, columns: Any, clock: Any, w: Any, tally: Any) -> None:
    """The sums of the patches of all spikes of this instant."""
    for j in range(len(acc)):
        acc[j] = 0
    if clock[STAMP] != t:
        return
    for block in range(blocks_of(count)):
        bits = marked(count, block)
        while bits != 0:
            i = LANES * block + lowest(bits)
            bits &= bits - 1
            add_patches(acc, w, i, int(count[i]), frame, rows, columns, tally)


@register_jitable
def decode_layer(number: Any, y: Any, z: Any, code_in: Any, factor: Any, b: Any, tally: Any) -> None:
    """Decode the sums in `number`, and add the bias of each unit's channel; who made the factor counted the decays."""
    decode(number, y, code_in[USED], factor)
    channels, c = b.shape[1], 0
    for j in range(len(y)):
        z[j] = y[j] + b[0, c]
        c += 1
        if c == channels:
            c = 0
    tally[NEURON_ADDS] += 2 * len(y)
    count_scaled(len(y), code_in, tally)
    tally[READS] += len(y)


@register_jitable
def hear(
    t: int, count: Any, y: Any, z: Any, number: Any, code: Any, code_in: Any, frame: Any, rows: Any, columns: Any,
    clock: Any, w: Any, b: Any, tally: Any,
) -> Any:  # fmt: skip
    """A layer's step begins: add the patches of what has come, decode into z; what is left of its own past."""
    gather(t, count, number, frame, rows, columns, clock, w, tally)
    heard, own = decay_units(len(y), code_in, clock, t, tally), decay_units(len(y), code, clock, t, tally)
    clock[NOTICED], clock[LAST] = 0, t
    decode_layer(number, y, z, code_in, y.dtype.type(heard), b, tally)
    return own


@register_jitable
def activate(number: Any, z: Any, clock: Any, tally: Any) -> None:
    """The layer's activation of z."""
    for j in range(len(z)):
        number[j] = squash(np.float64(z[j]), clock[ACTIVATION])
    if clock[ACTIVATION] == TANH:
        tally[NEURON_ADDS] += 2 * len(z)
        tally[MULTIPLIES] += 2 * len(z)


@rule
def take_frame(i, s, t, out, tally, prev, phi, number, code, clock, frames):
    """Encode row i of the frames."""
    if clock[NEXT] != 0:
        return BUSY
    for j in range(len(number)):
        number[j] = frames[i, j]
    tally[READS] += len(number)
    factor = decay_units(len(number), code, clock, t, tally)
    clock[LAST] = t
    return encode_and_send(number, prev, phi, code, factor, clock, out, tally)


@rule
def go_on(i, s, t, out, tally, number, clock):
    """A frame had more spikes than one reaction makes: send the rest."""
    clock[NOTICED] = 0
    send_numbers(number, clock, out)


@rule
def receive(i, s, t, out, tally, count, clock):
    """A spike waits for the end of the instant."""
    count_spike(i, s, t, count, clock)
    tally[NEURON_ADDS] += 1
    notice_step(clock, out)


@rule
def ask_step(i, s, t, out, tally, clock):
    """A step comes at the end of this instant, whether spikes arrive or not."""
    notice_step(clock, out)


@rule
def set_row(i, s, t, out, tally, clock):
    """A step comes at the end of this instant, and what it gives goes to row i."""
    clock[ROW], clock[ROW_SET] = i, 1
    notice_step(clock, out)


@rule
def step_layer(i, s, t, out, tally, count, y, z, prev, phi, number, code, code_in, frame, rows, columns, clock, w, b):
    """Add the patches, decode, add the bias, apply the activation, encode and send; or go on sending."""
    if clock[NEXT] != 0:
        clock[NOTICED] = 0
        send_numbers(number, clock, out)
        return 0
    own = hear(t, count, y, z, number, code, code_in, frame, rows, columns, clock, w, b, tally)
    activate(number, z, clock, tally)
    return encode_and_send(number, prev, phi, code, own, clock, out, tally)


@rule
def step_readout(i, s, t, out, tally, count, y, z, number, code_in, frame, rows, columns, clock, w, b, answers):
    """Add the patches, decode, add the bias; write the result to a row of the answers where one was named."""
    gather(t, count, number, frame, rows, columns, clock, w, tally)
    heard = decay_units(len(y), code_in, clock, t, tally)
    clock[NOTICED], clock[LAST] = 0, t
    decode_layer(number, y, z, code_in, y.dtype.type(heard), b, tally)
    if clock[ROW_SET] != 0:
        clock[ROW_SET] = 0
        for j in range(len(z)):
            answers[clock[ROW], j] = z[j]
        tally[WRITES] += len(z)


@rule
def step_decoder(i, s, t, out, tally, count, y, number, code_in, clock, answers):
    """Decode the spikes themselves; write the result to a row of the answers where one was named."""
    for j in range(len(number)):
        number[j] = count[j] if clock[STAMP] == t else 0
    heard = decay_units(len(y), code_in, clock, t, tally)
    clock[NOTICED], clock[LAST] = 0, t
    decode(number, y, code_in[USED], y.dtype.type(heard))
    tally[NEURON_ADDS] += len(y)
    count_scaled(len(y), code_in, tally)
    if clock[ROW_SET] != 0:
        clock[ROW_SET] = 0
        for j in range(len(y)):
            answers[clock[ROW], j] = y[j]
        tally[WRITES] += len(y)


ONE_CODE = "who hears them sums their spikes, and decodes the sum by one factor and one scale"
ONE_STEP = "all units take their steps together"


class PDCode(Module):
    """Base of what encodes values: gains kp and kd, ticks a step, and an adaptive scale.

    A step sends kp x + kd (x - x_last), rounded with memory; over one, a code decays by alpha = kd / (kp + kd), or
    (decay="shifts") by the nearest 1 - 2^-k or 1 - 2^-k - 2^-m, with scales that are powers of two.
    """

    kp: Declared[float] = Option[float](doc="gain of the values, 0 or more", one=ONE_CODE)
    kd: Declared[float] = Option[float](doc="gain of their changes, 0 or more; not both are 0", one=ONE_CODE)
    eta: Declared[float] = Option(
        0.0, doc="rate of the adaptive scale (C.8); 0 keeps it at 1 / (kp + kd)", one=ONE_CODE
    )
    step = Option(1, doc="ticks of one step", one=ONE_STEP)
    decay: Declared[str] = Option(
        "exact", doc='"shifts" rounds alpha to 1 - 2^-k or 1 - 2^-k - 2^-m and scales to powers of two', one=ONE_CODE
    )
    rate: Declared[float] = Option(0.0, doc="learning rate of the biases", one="it learns by one rate")
    most = Derived(MOST + 1)  # and a notice: a step with more goes on at the next

    past = State(key="prev", doc="the values of the last step")
    phi = Potential(doc="what rounding has left, in spikes")
    number = State(doc="spikes that this step still has to send")
    code = State(None, start=lambda m: code_state(m.kp, m.kd, eta=m.eta, rate=m.rate, decay=m.decay))

    out = Outlet()
    dtypes: ClassVar[tuple[str, ...]] = ("float64", "float32")
    errors = ERRORS

    def check_integers(self, found: Found, time: int) -> None:
        """The clock names units and rows that there are."""
        check_clock(found, self.integers, time, units=self.units, rows=getattr(self, "n_targets", 0))


class PDEncoder(PDCode):
    """Encodes frames: rows of a block [any number, units].

    Ports: frame (row of the frames), settle (its own notices). Outlets: out, notice. Source: thesis 5.3; erratum C.5
    (halves round up). With kp = 0 this is a temporal difference, rounded with memory.
    """

    frames = Weights("n_frames", "units", doc="values to encode")
    units = Derived[int](lambda encoder: encoder.frames.cols)
    rate = Derived(0.0)
    clock = Integers(8, start=lambda encoder: clock_state(encoder.step, INPUT))

    frame = Port(take_frame, emits=("out", "notice"), accepts="n_frames")
    settle = Port(go_on, emits=("out", "notice"))
    notice = Outlet(width=1, settles="settle")

    def check(self) -> None:
        """Frames are real numbers."""
        if self.frames.array.dtype.kind != "f":
            raise NetworkError(f"an encoder rounds real numbers; its frames are {self.frames!r}")


def check_weights(module: object, geometry: Geometry, weights: Block, bias: Block | None = None) -> None:
    """Raises NetworkError for blocks that do not fit a geometry, one that is spread, and networks of whole numbers."""
    refuse_spread(geometry, type(module).__name__)
    wanted = (geometry.shape_in[0], geometry.row_words)
    if weights.array.shape != wanted:
        raise NetworkError(f"weights are {weights!r}; the layer's shapes want {wanted[0]} x {wanted[1]}")
    if bias is not None and bias.array.shape != (1, geometry.shape_out[0]):
        raise NetworkError(f"biases are {bias!r}; wanted 1 x {geometry.shape_out[0]}, one a channel")
    if weights.array.dtype.kind != "f":
        raise NetworkError(f"{type(module).__name__} decays, so it needs real numbers; its weights are {weights!r}")


def find_activation(name: str) -> int:
    """The number of an activation. Raises NetworkError for an unknown one."""
    if name not in ACTIVATIONS[:INPUT]:
        raise NetworkError(f"an activation is one of {', '.join(ACTIVATIONS[:INPUT])}, not {name!r}")
    return ACTIVATIONS.index(name)


class Hearing:
    """The base of layers that take a code through weights: they decode it, and add the bias of each unit's channel."""

    geometry = Patches(doc="how units reach one another: `Geometry.dense(n_in, n_out)` or `Geometry.window(...)`")
    weights = Weights(
        None, None, key="w", doc="[n_in, n_out], or `kernel_rows` of a kernel [c_out, c_in, height, width]"
    )
    bias = Weights(
        None, None, key="b", doc="[1, c_out], one a channel (a unit of a dense layer); an error module may learn it"
    )
    units = Derived[int](lambda layer: layer.geometry.units_out)
    n_in = Derived[int](lambda layer: layer.geometry.units_in)
    count = State("n_in", doc="spikes of each input at the instant of the clock's stamp")
    y = State(doc="what is decoded")
    z = State(doc="that, and the bias")
    below: Declared[PDCode]

    def check(self) -> None:
        """Weights and biases are those of the geometry, and the module below has as many units as are heard."""
        check_weights(self, self.geometry, self.weights, self.bias)
        if self.below.units != self.n_in:
            raise NetworkError(f"a layer that hears {self.n_in} units cannot decode {self.below!r}")


class PDLayer(Hearing, PDCode):
    """A layer: decodes what it hears through its weights, applies its activation, encodes and sends.

    Ports: spikes, tick (a step comes, spikes or not), settle (its own notices). Outlets: out, notice. Source: thesis
    5.3, C.3.
    """

    below = Other(PDCode, doc="the module whose code it decodes: the encoder, or the layer below")
    activation = Option("relu", doc="identity, relu, hard_sigmoid or tanh")
    rate = Derived(0.0)
    code_in = State.of(below, "code")
    clock = Integers(8, start=lambda layer: clock_state(layer.step, find_activation(layer.activation)))

    instant_counts = COUNTS
    spikes = Port(receive, emits="notice", accepts="n_in")
    tick = Port(ask_step, emits="notice")
    settle = Port(step_layer, emits=("out", "notice"))
    notice = Outlet(width=1, settles="settle")


class PDReadout(Hearing, Module):
    """The last layer: decodes what it hears through its weights, and never fires.

    Ports: spikes, tick, read (as tick, and the sums of that step go to this row of the answers), settle (its own
    notices). Outlets: notice.
    """

    answers = Weights("n_answers", None, doc="a column a unit")
    below = Other(PDCode, doc="the module whose code it decodes")
    step = Option(1, doc="ticks of one step", one=ONE_STEP)
    most = Derived(1)
    number = State()
    code_in = State.of(below, "code")
    clock = Integers(8, start=lambda layer: clock_state(layer.step))
    n_answers: int

    dtypes: ClassVar[tuple[str, ...]] = ("float64", "float32")
    instant_counts = COUNTS
    spikes = Port(receive, emits="notice", accepts="n_in")
    tick = Port(ask_step, emits="notice")
    read = Port(set_row, emits="notice", accepts="n_answers")
    settle = Port(step_readout)
    notice = Outlet(width=1, settles="settle")

    def check(self) -> None:
        """Answers have a column a unit, too."""
        super().check()
        if self.answers.cols != self.units:
            raise NetworkError(f"a read-out of {self.units} units got answers {self.answers!r}")

    def check_integers(self, found: Found, time: int) -> None:
        """The clock names a row that there is."""
        check_clock(found, self.integers, time, rows=self.n_answers)


class PDDecoder(Module):
    """Decodes the spikes of `below` itself, unit by unit; with kp = 0 this is temporal integration.

    Ports: spikes, tick, read (as tick, and the values of that step go to this row of the answers), settle (its own
    notices). Outlets: notice. Its code decays between steps by what has really passed.
    """

    answers = Weights("n_answers", None, doc="a column a unit")
    below = Other(PDCode, doc="the module whose code it decodes")
    step = Option(1, doc="ticks of one step", one=ONE_STEP)
    units = Derived[int](lambda decoder: decoder.below.units)
    most = Derived(1)
    count = State(doc="spikes of each unit at the instant of the clock's stamp")
    y = State(doc="what is decoded")
    number = State()
    code_in = State.of(below, "code")
    clock = Integers(8, start=lambda decoder: clock_state(decoder.step))
    n_answers: int

    instant_counts = COUNTS
    spikes = Port(receive, emits="notice", accepts="units")
    tick = Port(ask_step, emits="notice")
    read = Port(set_row, emits="notice", accepts="n_answers")
    settle = Port(step_decoder)
    notice = Outlet(width=1, settles="settle")

    def check(self) -> None:
        """Answers are real numbers, with a column a unit."""
        if self.answers.cols != self.units or self.answers.array.dtype.kind != "f":
            raise NetworkError(f"a decoder of {self.units} units got answers {self.answers!r}; wanted real numbers")

    def check_integers(self, found: Found, time: int) -> None:
        """The clock names a row that there is."""
        check_clock(found, self.integers, time, rows=self.n_answers)
