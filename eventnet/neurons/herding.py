"""Herding quantizers: layers that turn rows of weights into signed or rectified spikes (thesis 3.4, Algorithms 1, 2).

A delivery (i, s) adds s times row i of the block to the potentials; a unit past its threshold fires and loses one
step. Signed units fire +1 above and -1 below; rectified ones fire above only, and may fall without bound. Both
thresholds are strict. Erratum: A.5 prints floor(... + 1/2) for the number of rectified spikes, which is wrong at ties;
it is max(0, ceil(max over T' of the cumulative sum - 1/2)).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import types
from numba.extending import overload, register_jitable
from numpy.typing import NDArray

from eventnet.declarations import Integers, Option, Param, Potential, State, Weights
from eventnet.errors import NetworkError
from eventnet.given import check_seed, one_a_unit
from eventnet.kernels.random import hash64, uniform
from eventnet.kernels.ranges import COUNT, within, words
from eventnet.kernels.ranges import Integers as Found
from eventnet.kernels.rows import add_and_fire, add_row, at, fire, is_each
from eventnet.module import Module, Outlet, Port
from eventnet.rule import rule
from eventnet.tally import INPUT_ADDS, MULTIPLIES, NEURON_ADDS

RESETS = ("zero", "none", "random")


def reset_potentials(phi: Any, draws: Any, step: Any) -> int:
    """Set potentials by a reset policy; returns how many multiplications that took. `draws` is what `draws()` makes.

    Drawn ones lie in [-1/2, 1/2) of a step: real numbers, or whole ones in an integer network.
    """
    if draws[2] == 0:
        for j in range(len(phi)):
            phi[j] = 0
    if draws[2] < 2:
        return 0
    for j in range(len(phi)):
        if phi.dtype.kind == "i":
            whole = int(at(step, j)) if is_each(step) else draws[3]
            phi[j] = hash64(draws[0], draws[1]) % whole - whole // 2
        else:
            phi[j] = np.float64(uniform(draws[0], draws[1]) - 0.5) * at(step, j)
        draws[1] += 1
    return 0 if phi.dtype.kind == "i" else len(phi)


@overload(reset_potentials, jit_options={"forceinline": True})
def _reset_potentials(phi, draws, step):
    whole = isinstance(phi.dtype, types.Integer)
    own = isinstance(step, types.Array)

    def impl(phi, draws, step):
        if draws[2] == 0:
            for j in range(len(phi)):
                phi[j] = 0
        if draws[2] < 2:
            return 0
        for j in range(len(phi)):
            if whole:
                size = np.int64(at(step, j)) if own else draws[3]
                phi[j] = hash64(draws[0], draws[1]) % size - size // 2
            else:
                phi[j] = (uniform(draws[0], draws[1]) - 0.5) * np.float64(at(step, j))
            draws[1] += 1
        return 0 if whole else len(phi)

    return impl


# One pass to add and to mask the crossings: most deliveries stop here.
@rule
def herd(i, s, t, out, tally, phi, w, threshold, step):
    """Add a row; fire signed spikes."""
    add_and_fire(phi, w, i, s, threshold, step, True, out, tally)


herd_owing = herd.where_owed(pays="w")


@register_jitable(forceinline=True)
def sum_up(fired, made, step, out, tally):
    """Add the signed spikes of this reaction to what each unit has fired."""
    for k in range(made):
        if out.sign(k) > 0:
            fired[out.index(k)] += at(step, out.index(k))
        else:
            fired[out.index(k)] -= at(step, out.index(k))
    tally[NEURON_ADDS] += made


@rule
def herd_summing(i, s, t, out, tally, phi, fired, w, threshold, step):
    """Add a row; fire signed spikes, and sum up what each unit has fired."""
    made = add_and_fire(phi, w, i, s, threshold, step, True, out, tally)
    sum_up(fired, made, step, out, tally)


herd_summing_owing = herd_summing.where_owed(pays="w")


@rule
def herd_input(i, s, t, out, tally, phi, fired, w, threshold, step):
    """Feed a vector (row i of the block, or its negative); fire signed spikes."""
    made = add_and_fire(phi, w, i, s, threshold, step, True, out, tally, INPUT_ADDS)
    sum_up(fired, made, step, out, tally)


@rule
def herd_rectified(i, s, t, out, tally, phi, fired, w, threshold, step):
    """Add a row; fire where the threshold is passed from below, and sum up what each unit has fired."""
    made = add_and_fire(phi, w, i, s, threshold, step, False, out, tally)
    for k in range(made):
        fired[out.index(k)] += at(step, out.index(k))
    tally[NEURON_ADDS] += made


herd_rectified_owing = herd_rectified.where_owed(pays="w")


@rule
def gather(i, s, t, out, tally, phi, noticed, w):
    """Only add; the first row of a burst sends the notice on which the layer will fire."""
    add_row(phi, w, i, s, tally)
    if noticed[0] == 0:
        noticed[0] = 1
        out.spike(0, 1)


gather_owing = gather.where_owed(pays="w")


@rule
def herd_settled(i, s, t, out, tally, phi, noticed, threshold, step):
    """The burst is over: fire signed spikes."""
    noticed[0] = 0
    fire(phi, threshold, step, True, out, tally)


@rule
def summing_settled(i, s, t, out, tally, phi, fired, noticed, threshold, step):
    """The burst is over: fire signed spikes, and sum them up."""
    noticed[0] = 0
    made = fire(phi, threshold, step, True, out, tally)
    sum_up(fired, made, step, out, tally)


@rule
def rectified_settled(i, s, t, out, tally, phi, fired, noticed, threshold, step):
    """The burst is over: fire where the threshold is passed from below."""
    noticed[0] = 0
    made = fire(phi, threshold, step, False, out, tally)
    for k in range(made):
        fired[out.index(k)] += at(step, out.index(k))
    tally[NEURON_ADDS] += made


@rule
def reset_signed(i, s, t, out, tally, phi, draws, step):
    """A sample begins: potentials become 0, or stay, or are drawn again, as the layer's reset policy says."""
    tally[MULTIPLIES] += reset_potentials(phi, draws, step)


@rule
def reset_summing(i, s, t, out, tally, phi, fired, draws, step):
    """A sample begins: potentials as above, and the sums of what was fired become 0."""
    tally[MULTIPLIES] += reset_potentials(phi, draws, step)
    for j in range(len(fired)):
        fired[j] = 0


def check_policy(reset: str, what: str) -> str:
    """A reset policy. Raises NetworkError for an unknown one."""
    if reset not in RESETS:
        raise NetworkError(f"a reset policy is one of {', '.join(RESETS)}, not {reset!r}")
    return reset


def check_step(scale: Any, what: str) -> Any:
    """The size of a step, or one a unit. Raises NetworkError unless it is above 0."""
    if not np.all(np.isfinite(scale)) or np.any(np.asarray(scale) <= 0):
        wanted = "positive numbers" if np.ndim(scale) else "a positive number"
        raise NetworkError(f"a quantizer's scale is {scale}; wanted {wanted}")
    return scale


def first_draws(layer: Herding) -> list[int]:
    """Seed, random numbers drawn so far, number of the reset policy, whole part of a step, if it is one for all."""
    return [
        layer.seed, 0, RESETS.index(layer.reset_policy), 1 if np.ndim(layer.scale) else max(int(layer.scale), 1),
    ]  # fmt: skip


def first_potentials(layer: Herding) -> NDArray[Any]:
    """Zeros in the weights' number type, or drawn, which `draws` counts."""
    phi = np.zeros(layer.units, dtype=layer.weights.array.dtype)
    if layer.reset_policy == "random":
        scale = one_a_unit(layer.scale, layer.units, "scale").astype(phi.dtype)
        reset_potentials(phi, layer.draws, scale if np.ndim(layer.scale) else scale[0])
    return phi


def half_a_step(layer: Herding) -> Any:
    """The threshold, or one a unit; a whole number in an integer network."""
    scale = one_a_unit(layer.scale, layer.units, "scale") if np.ndim(layer.scale) else layer.scale
    return scale // 2 if layer.weights.array.dtype.kind == "i" else scale / 2


class Herding(Module):
    """A signed herding quantizer over rows of weights."""

    weights = Weights("n_in", "units", key="w")
    scale = Param(
        1, each=True, key="step", check=check_step,
        doc="size of a step, a number or one a unit: 1, or S in an integer network; a unit fires past half of it",
    )  # fmt: skip
    reset_policy = Option("zero", check=check_policy, doc="what `reset` does to potentials: zero, none or random")
    seed = Option(0, check=lambda seed, what: check_seed(seed, NetworkError), doc="of random potentials")
    noticed = Integers(1, doc="1 while a notice is on its way")
    draws = Integers(4, start=first_draws, doc="seed, random numbers drawn, number of the reset policy, step")
    threshold = Param(start=half_a_step)
    phi = Potential(weights, resets="reset", start=first_potentials)

    spikes = Port(herd, emits="out", accepts="n_in", burst=gather, burst_emits="notice")
    settle = Port(herd_settled, emits="out")
    reset = Port(reset_signed)
    out = Outlet()
    notice = Outlet(width=1, settles="settle")
    n_in: int

    def most_spikes(self) -> int:
        """As of every module; where the scale is one a unit, of the smallest."""
        if self.most is not None or not np.ndim(self.scale):
            return super().most_spikes()
        largest = max(float(np.abs(block.array).max(initial=0)) for block in self.blocks.values())
        return self.units * (16 + math.ceil(largest / float(np.min(self.scale)))) + 64

    def check_integers(self, found: Found, time: int) -> None:
        """A notice is on its way or none is; random numbers are drawn by counting."""
        within("'noticed'", found["noticed"], 0, 2)
        words("'draws'", found["draws"], self.integers["draws"], {1: (int(self.integers["draws"][1]), COUNT)})


class Summing(Herding):
    """A quantizer that also keeps what each unit has `fired` since the last reset, in steps.

    phi + fired is then the sum of all rows added since: exact wherever the rows' sums are.
    """

    fired = State()
    spikes = Port(herd_summing, emits="out", accepts="n_in", burst=gather, burst_emits="notice")
    settle = Port(summing_settled, emits="out")
    reset = Port(reset_summing)


class Encoder(Summing):
    """A signed quantizer that vectors are fed to: its rows are the vectors, and its adds count as input."""

    spikes = Port(herd_input, emits="out", accepts="n_in")
    coalesce = Option[str | None](None)


class Rectified(Summing):
    """A rectified herding quantizer: the spiking counterpart of a layer of ReLU units."""

    spikes = Port(herd_rectified, emits="out", accepts="n_in", burst=gather, burst_emits="notice")
    settle = Port(rectified_settled, emits="out")
