"""Predictive codes: what a neuron's listeners know of it already is subtracted before it fires (thesis 6.3.4).

    E = x - d R_last                  what the listeners do not know yet, in quanta            (6.5)
    q = quantize(E), 0 or 1           a spike or none
    R = d R_last + q                  what they know now

with d = alpha^(dt / step) for the time dt since the last step. The loop is closed: R is the sum that listeners decode
(6.6), so that what a step rounds away is part of the next E. The proportional-derivative encoder (thesis 5.3) takes
off its own last value instead, sends signed spikes and any number of them, and keeps the remainder itself. Both are
decoded alike: `PDDecoder` and `PDReadout` hear a predictive code as they hear any other.

Quantizers: "threshold", E > 1/2; "random", E > U(0, 1); "sigma-delta", phi + E > 1/2, with phi + E - q kept, which
makes phi the sum of all x - R.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba.extending import register_jitable

from eventnet.declarations import Derived, Integers, Option, Other, State, Weights
from eventnet.errors import NetworkError
from eventnet.given import whole_number
from eventnet.kernels.random import uniform
from eventnet.kernels.ranges import COUNT, words
from eventnet.kernels.ranges import Integers as Found
from eventnet.module import Outlet, Port
from eventnet.neurons.pd_code import (
    BETA,
    BUSY,
    COUNTS,
    DIVERGED,
    LARGEST_NUMBER,
    LAST,
    NEXT,
    NOTICED,
    clock_state,
    decay_units,
    send_numbers,
)
from eventnet.neurons.proportional import (
    ONE_CODE,
    Hearing,
    PDCode,
    activate,
    ask_step,
    find_activation,
    go_on,
    hear,
    receive,
)
from eventnet.neurons.rounding import INPUT
from eventnet.rule import rule
from eventnet.tally import COMPARES, MULTIPLIES, NEURON_ADDS, READS

QUANTIZERS = ("threshold", "random", "sigma-delta")
THRESHOLD, RANDOM, SIGMA_DELTA = range(3)

# Words of `draws`: seed of the random numbers, how many were drawn, which quantizer.
SEED, DRAWN, QUANTIZER = range(3)


@register_jitable
def close_loop(number: Any, r: Any, phi: Any, code: Any, draws: Any, factor: Any, tally: Any) -> int:
    """Values in `number` become 0 or 1, and the reconstruction `r` what listeners make of that.

    Returns how many values are no numbers, or a million quanta away from what was predicted. Whoever made the factor
    counted the decays.
    """
    made = bad = 0
    quantizer, beta = draws[QUANTIZER], code[BETA]
    half, one = phi.dtype.type(0.5), phi.dtype.type(1)
    for j in range(len(number)):
        predicted = factor * r[j]
        new = (number[j] - predicted) / beta
        number[j] = 0
        if not abs(new) < LARGEST_NUMBER:
            bad += 1
            continue
        if quantizer == RANDOM:
            fires = np.float64(new) > uniform(draws[SEED], draws[DRAWN])
            draws[DRAWN] += 1
        elif quantizer == SIGMA_DELTA:
            phi[j] += new
            fires = phi[j] > half
            if fires:
                phi[j] -= one
        else:
            fires = new > half
        if fires:
            number[j] = 1
            made += 1
            predicted += beta
        r[j] = predicted
    tally[NEURON_ADDS] += len(number) + made
    if quantizer == SIGMA_DELTA:
        tally[NEURON_ADDS] += len(number) + made
    tally[MULTIPLIES] += len(number)
    tally[COMPARES] += len(number)
    return bad


@register_jitable
def predict_and_send(
    number: Any, r: Any, phi: Any, code: Any, draws: Any, factor: Any, clock: Any, out: Any, tally: Any
) -> int:
    """Quantize in the loop and send; `factor` is in float64. Returns an error code."""
    if close_loop(number, r, phi, code, draws, r.dtype.type(factor), tally) > 0:
        return DIVERGED
    send_numbers(number, clock, out)
    return 0


@rule
def take_signal(i, s, t, out, tally, r, phi, number, code, clock, draws, frames):
    """Encode row i of the frames."""
    if clock[NEXT] != 0:
        return BUSY
    for j in range(len(number)):
        number[j] = frames[i, j]
    tally[READS] += len(number)
    factor = decay_units(len(number), code, clock, t, tally)
    clock[LAST] = t
    return predict_and_send(number, r, phi, code, draws, factor, clock, out, tally)


@rule
def step_predictive(
    i, s, t, out, tally, count, y, z, r, phi, number, code, code_in, frame, rows, columns, clock, draws, w, b
):
    """Add the patches, decode, add the bias, apply the activation, encode and send; or go on sending."""
    if clock[NEXT] != 0:
        clock[NOTICED] = 0
        send_numbers(number, clock, out)
        return 0
    own = hear(t, count, y, z, number, code, code_in, frame, rows, columns, clock, w, b, tally)
    activate(number, z, clock, tally)
    return predict_and_send(number, r, phi, code, draws, own, clock, out, tally)


def check_alpha(alpha: float, what: str) -> float:
    """The factor of decay of a step. Raises NetworkError unless it is 0 or more and below 1."""
    if not 0 <= alpha < 1:
        raise NetworkError(f"alpha is {alpha}; wanted 0 <= alpha < 1")
    return alpha


def check_quantum(quantum: float, what: str) -> float:
    """The step of a spike. Raises NetworkError unless it is finite and above 0."""
    if not (math.isfinite(quantum) and quantum > 0):
        raise NetworkError(f"quantum is {quantum}; wanted a number above 0")
    return quantum


def check_quantizer(quantizer: str, what: str) -> str:
    """A quantizer. Raises NetworkError for an unknown one."""
    if quantizer not in QUANTIZERS:
        raise NetworkError(f"a quantizer is one of {', '.join(QUANTIZERS)}, not {quantizer!r}")
    return quantizer


class PredictiveCode(PDCode):
    """Base of what sends predictive codes.

    A unit sends a spike a step or none, so that it can follow values from 0 to quantum / (1 - alpha) that fall no
    faster than alpha lets them; beyond that it saturates, and the sigma-delta quantizer goes on adding up what is
    missing.
    """

    alpha = Option[float](
        check=check_alpha, doc="what of the reconstruction is left a step later, 0 <= alpha < 1", one=ONE_CODE
    )
    quantum = Option(
        1.0, check=check_quantum,
        doc="what one spike adds to the reconstruction, in units of the signal; above 0", one=ONE_CODE,
    )  # fmt: skip
    quantizer = Option("threshold", check=check_quantizer, doc="threshold, random or sigma-delta")
    seed = Option(
        0, check=lambda seed, what: whole_number("seed", seed, 0, 2**62 - 1, NetworkError),
        doc="of the random quantizer, a whole number of 0 or more",
    )  # fmt: skip
    kp = Derived[float](lambda m: (1 - m.alpha) / m.quantum)
    kd = Derived[float](lambda m: m.alpha / m.quantum)
    eta = Derived(0.0)
    decay = Derived("exact")
    rate = Derived(0.0)

    past = State(key="r", doc="what listeners know: the reconstruction of the last step")
    # The gains above have this alpha and quantum to rounding; a code has them exactly.
    code = State(7, start=lambda m: [m.quantum, 1.0, m.quantum, m.alpha, m.quantum, 0.0, 0.0])
    draws = Integers(3, start=lambda m: [m.seed, 0, QUANTIZERS.index(m.quantizer)])

    def check_integers(self, found: Found, time: int) -> None:
        """The clock, and how many random numbers have been drawn."""
        super().check_integers(found, time)
        words("'draws'", found["draws"], self.integers["draws"], {DRAWN: (0, COUNT)})


class PredictiveEncoder(PredictiveCode):
    """Encodes frames, rows of a block [any number, units], in closed loop.

    Ports: frame (row of the frames), settle (its own notices). Outlets: out, notice. `r` is what listeners decode.
    Source: thesis (6.5), figure 6.3.
    """

    frames = Weights("n_frames", "units", doc="values to encode")
    units = Derived[int](lambda encoder: encoder.frames.cols)
    clock = Integers(8, start=lambda encoder: clock_state(encoder.step, INPUT))

    frame = Port(take_signal, emits=("out", "notice"), accepts="n_frames")
    settle = Port(go_on, emits=("out", "notice"))
    notice = Outlet(width=1, settles="settle")

    def check(self) -> None:
        """Frames are real numbers."""
        if self.frames.array.dtype.kind != "f":
            raise NetworkError(f"an encoder quantizes real numbers; its frames are {self.frames!r}")


class PredictiveLayer(Hearing, PredictiveCode):
    """A layer whose units hear decoded spikes and send predictive codes: z = d z_last + sum of w q; x = h(z + b).

    One decoder a unit serves all its synapses, because the prediction is linear (thesis 6.3.4). Ports and outlets as
    for `PDLayer`.
    """

    below = Other(PDCode, doc="the module whose code it decodes: the encoder, or the layer below")
    activation = Option("relu", doc="identity, relu, hard_sigmoid or tanh")
    code_in = State.of(below, "code")
    clock = Integers(8, start=lambda layer: clock_state(layer.step, find_activation(layer.activation)))

    instant_counts = COUNTS
    spikes = Port(receive, emits="notice", accepts="n_in")
    tick = Port(ask_step, emits="notice")
    settle = Port(step_predictive, emits=("out", "notice"))
    notice = Outlet(width=1, settles="settle")
