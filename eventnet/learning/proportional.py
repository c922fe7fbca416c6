"""Errors of proportional-derivative networks: softmax at the top, and back through the weights (thesis C.3).

The error of the output is softmax - onehot. It is encoded like the activations; the layer below decodes it through the
weights as they were before the update, times the derivative of its activation (relu'(0) = 1). A step's real-valued
error moves the biases; its spikes move the weights (see `synapses`).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba.extending import register_jitable

from eventnet.declarations import Derived, Integers, Option, Other, Patches, State, Weights
from eventnet.errors import NetworkError
from eventnet.kernels.patches import add_transposed_patch
from eventnet.kernels.ranges import COUNT, within
from eventnet.kernels.ranges import Integers as Found
from eventnet.kernels.rows import lowest, marked
from eventnet.kernels.simd import LANES
from eventnet.learning.gradient import count_writes
from eventnet.module import Module, Outlet, Port
from eventnet.neurons.pd_code import (
    ACTIVATION,
    COUNTS,
    ERRORS,
    LAST,
    NEXT,
    NOTICED,
    RATE,
    ROW,
    ROW_SET,
    SHIFTS,
    STAMP,
    USED,
    blocks_of,
    check_clock,
    clock_state,
    count_scaled,
    count_spike,
    decay_units,
    decode,
    encode_and_send,
    send_numbers,
)
from eventnet.neurons.proportional import (
    Hearing,
    PDCode,
    PDLayer,
    ask_step,
    check_weights,
    find_activation,
    hear,
    receive,
    set_row,
)
from eventnet.neurons.rounding import HARD_SIGMOID, RELU, TANH, squash
from eventnet.rule import rule
from eventnet.tally import COMPARES, MULTIPLIES, NEURON_ADDS, READS

NO_CLASS = 2
OUTPUT_ERRORS = {**ERRORS, NO_CLASS: "a target is no class of the output"}


@register_jitable
def learn_bias(number: Any, b: Any, rate: Any, tally: Any) -> None:
    """Biases move against the errors of their channel's units."""
    channels, c = b.shape[1], 0
    for j in range(len(number)):
        b[0, c] -= rate * number[j]
        c += 1
        if c == channels:
            c = 0
    tally[MULTIPLIES] += len(number)
    count_writes(tally, len(number))


@register_jitable
def softmax(number: Any, z: Any, tally: Any) -> None:
    """Probabilities of the sums z, in float64; `number` takes them."""
    top = np.float64(z[0])
    for j in range(len(z)):
        top = max(top, np.float64(z[j]))
    total = 0.0
    for j in range(len(z)):
        total += math.exp(np.float64(z[j]) - top)
    for j in range(len(z)):
        number[j] = math.exp(np.float64(z[j]) - top) / total
    tally[COMPARES] += len(z)
    tally[NEURON_ADDS] += 3 * len(z)
    tally[MULTIPLIES] += len(z)


@rule
def step_output(
    i, s, t, out, tally, count, y, z, prev, phi, number, code, code_in, frame, rows, columns, clock, w, b,
    targets,
):  # fmt: skip
    """Add the patches, decode, softmax; where a target was named, the error moves the biases and is encoded and sent.

    Without one the error is 0: its code runs on.
    """
    if clock[NEXT] != 0:
        clock[NOTICED] = 0
        send_numbers(number, clock, out)
        return 0
    own = hear(t, count, y, z, number, code, code_in, frame, rows, columns, clock, w, b, tally)
    if clock[ROW_SET] == 0:
        for j in range(len(z)):
            number[j] = 0
        return encode_and_send(number, prev, phi, code, own, clock, out, tally)
    clock[ROW_SET] = 0
    wanted = int(targets[clock[ROW], 0])
    tally[READS] += 1
    if wanted < 0 or wanted >= len(z):
        return NO_CLASS
    softmax(number, z, tally)
    number[wanted] -= 1
    tally[NEURON_ADDS] += 1
    learn_bias(number, b, code[RATE], tally)
    return encode_and_send(number, prev, phi, code, own, clock, out, tally)


@register_jitable
def slope(z: Any, activation: int) -> Any:
    """The derivative of an activation at z, in float64; at a corner that of the active side."""
    if activation == RELU:
        return 1.0 if z >= 0 else 0.0
    if activation == HARD_SIGMOID:
        return 1.0 if z >= 0 and z <= 1 else 0.0
    if activation == TANH:
        value = squash(z, TANH)
        return 1.0 - value * value
    return 1.0


@register_jitable
def count_slopes(n: int, code: Any, activation: int, tally: Any) -> None:
    """n values were multiplied by a slope; a code that decays by shifts lets a slope of 0 or 1 choose, a check each."""
    if len(code) > SHIFTS and activation != TANH:
        tally[COMPARES] += n
    else:
        tally[MULTIPLIES] += n


@rule
def step_error(i, s, t, out, tally, count, y, z, prev, phi, number, code, code_in, frame, rows, columns, clock, w, b):
    """Add what joins the errors to this layer, decode, times the slope; move the biases, encode and send."""
    if clock[NEXT] != 0:
        clock[NOTICED] = 0
        send_numbers(number, clock, out)
        return 0
    gather_errors(t, count, number, frame, rows, columns, clock, w, tally)
    heard, own = decay_units(len(y), code_in, clock, t, tally), decay_units(len(y), code, clock, t, tally)
    clock[NOTICED], clock[LAST] = 0, t
    decode(number, y, code_in[USED], y.dtype.type(heard))
    for j in range(len(y)):
        number[j] = slope(np.float64(z[j]), clock[ACTIVATION]) * np.float64(y[j])
    tally[NEURON_ADDS] += len(y)
    count_scaled(len(y), code_in, tally)
    count_slopes(len(y), code, clock[ACTIVATION], tally)
    if clock[ACTIVATION] == TANH:
        tally[NEURON_ADDS] += 3 * len(y)
        tally[MULTIPLIES] += 3 * len(y)
    learn_bias(number, b, code[RATE], tally)
    return encode_and_send(number, prev, phi, code, own, clock, out, tally)


@rule
def count_error_spike(i, s, t, out, tally, count, heard, clock):
    """An error spike of this instant."""
    count_spike(i, s, t, count, clock)
    heard[i] += 1
    tally[NEURON_ADDS] += 1


@register_jitable
def gather_errors(
    t: int, count: Any, acc: Any, frame: Any, rows: Any, columns: Any, clock: Any, w: Any, tally: Any
) -> None:
    """The sums of what joins the error spikes of this instant to each input unit of the weights."""
    for j in range(len(acc)):
        acc[j] = 0
    if clock[STAMP] != t:
        return
    for block in range(blocks_of(count)):
        bits = marked(count, block)
        while bits != 0:
            o = LANES * block + lowest(bits)
            bits &= bits - 1
            add_transposed_patch(acc, w, o, int(count[o]), frame, rows, columns, tally)


class PDOutput(Hearing, PDCode):
    """The output of a network that learns: softmax, the negative log-likelihood's error, and its code.

    Ports: spikes, tick, target (as tick, and the step learns the class in this row of the targets), settle (its own
    notices). Outlets: out (error spikes), notice. Source: thesis C.3.
    """

    targets = Weights("n_targets", None, doc="[any number, 1] of classes")
    below = Other(PDCode, doc="the module whose code it decodes")
    rate = Option[float](doc="learning rate of the biases")
    code_in = State.of(below, "code")
    clock = Integers(8, start=lambda output: clock_state(output.step))

    errors = OUTPUT_ERRORS
    instant_counts = COUNTS
    spikes = Port(receive, emits="notice", accepts="n_in")
    tick = Port(ask_step, emits="notice")
    target = Port(set_row, emits="notice", accepts="n_targets")
    settle = Port(step_output, emits=("out", "notice"))
    notice = Outlet(width=1, settles="settle")

    def check(self) -> None:
        """Targets are one column, too."""
        super().check()
        if self.targets.cols != 1:
            raise NetworkError(f"targets are {self.targets!r}; wanted one column, of classes")


class PDError(PDCode):
    """The error of a hidden layer: what comes back through the weights above it, times the slope of its activation.

    Ports: spikes, tick, settle (its own notices). Outlets: out, notice.
    """

    geometry = Patches(doc="that of the layer above, which its errors come through")
    weights = Weights(None, None, key="w", doc="those of the layer above")
    bias = Weights(None, None, key="b", doc="the hidden layer's own biases, which it learns")
    layer = Other(PDLayer, doc="the hidden layer")
    above = Other(PDCode, doc="the module whose error spikes it hears")
    rate = Option[float](doc="learning rate of the biases")
    units = Derived[int](lambda error: error.geometry.units_in)
    n_in = Derived[int](lambda error: error.geometry.units_out)
    count = State("n_in", doc="error spikes of each unit above at the instant of the clock's stamp")
    y = State(doc="what is decoded")
    code_in = State.of(above, "code")
    z = State.of(layer, "z")
    clock = Integers(8, start=lambda error: clock_state(error.step, find_activation(error.layer.activation)))

    instant_counts = COUNTS
    spikes = Port(receive, emits="notice", accepts="n_in")
    tick = Port(ask_step, emits="notice")
    settle = Port(step_error, emits=("out", "notice"))
    notice = Outlet(width=1, settles="settle")

    def check(self) -> None:
        """Weights join the hidden layer to the one above, and the biases are its own."""
        check_weights(self, self.geometry, self.weights)
        above, layer = self.above, self.layer
        if layer.units != self.units or above.units != self.n_in or self.bias is not layer.bias:
            raise NetworkError(f"{layer!r} and {above!r} are not what weights {self.weights!r} join, or biases differ")


class PDInbox(Module):
    """Counts the error spikes of an instant where no layer below hears them: those that meet the lowest weights."""

    instant_counts = COUNTS
    count = State(doc="spikes of each unit at the instant of `clock`")
    clock = Integers(8, start=clock_state(1))
    heard = Integers(doc="spikes of each unit since the run began")
    spikes = Port(count_error_spike, accepts="units")

    def check_integers(self, found: Found, time: int) -> None:
        """Its clock, and counts."""
        check_clock(found, self.integers, time)
        within("'heard'", found["heard"], 0, COUNT)
