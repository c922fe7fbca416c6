"""Herding quantizers: layers that turn rows of weights into signed or rectified spikes (thesis 3.4, Algorithms 1, 2).

A delivery (i, s) adds s times row i of the block to the potentials; a unit past its threshold fires and loses one
step. Signed units fire +1 above and -1 below; rectified ones fire above only, and may fall without bound. Both
thresholds are strict. Erratum: A.5 prints floor(... + 1/2) for the number of rectified spikes, which is wrong at ties;
it is max(0, ceil(max over T' of the cumulative sum - 1/2)).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numba import types
from numba.extending import overload, register_jitable

from eventnet.errors import NetworkError
from eventnet.kernels.random import check_seed, hash64, uniform
from eventnet.kernels.ranges import COUNT, Integers, within, words
from eventnet.kernels.rows import add_and_fire, add_row, fire
from eventnet.module import Module, Outlet, Port
from eventnet.potential import Potential
from eventnet.rule import rule
from eventnet.tally import COMPARES, INPUT_ADDS, MULTIPLIES, NEURON_ADDS, READS, SYNAPTIC_ADDS

if TYPE_CHECKING:
    from eventnet.module import Block

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
            phi[j] = hash64(draws[0], draws[1]) % draws[3] - draws[3] // 2
        else:
            phi[j] = np.float64(uniform(draws[0], draws[1]) - 0.5) * step
        draws[1] += 1
    return 0 if phi.dtype.kind == "i" else len(phi)


@overload(reset_potentials, jit_options={"forceinline": True})
def _reset_potentials(phi, draws, step):
    whole = isinstance(phi.dtype, types.Integer)

    def impl(phi, draws, step):
        if draws[2] == 0:
            for j in range(len(phi)):
                phi[j] = 0
        if draws[2] < 2:
            return 0
        for j in range(len(phi)):
            if whole:
                phi[j] = hash64(draws[0], draws[1]) % draws[3] - draws[3] // 2
            else:
                phi[j] = (uniform(draws[0], draws[1]) - 0.5) * np.float64(step)
            draws[1] += 1
        return 0 if whole else len(phi)

    return impl


# One pass to add and to mask the crossings: most deliveries stop here.
@rule(state=("phi",), blocks=("w",), params=("threshold", "step"))
def herd(i, s, t, out, tally, phi, w, threshold, step):
    """Add a row; fire signed spikes."""
    n = len(phi)
    made = add_and_fire(phi, w, i, s, threshold, step, True, out)
    tally[SYNAPTIC_ADDS] += n
    tally[READS] += n
    tally[COMPARES] += n + made
    tally[NEURON_ADDS] += made
    return 0


@register_jitable(forceinline=True)
def sum_up(fired, made, step, out):
    """Add the signed spikes of this reaction to what each unit has fired."""
    for k in range(made):
        if out.sign(k) > 0:
            fired[out.index(k)] += step
        else:
            fired[out.index(k)] -= step


@rule(state=("phi", "fired"), blocks=("w",), params=("threshold", "step"))
def herd_summing(i, s, t, out, tally, phi, fired, w, threshold, step):
    """Add a row; fire signed spikes, and sum up what each unit has fired."""
    n = len(phi)
    made = add_and_fire(phi, w, i, s, threshold, step, True, out)
    sum_up(fired, made, step, out)
    tally[SYNAPTIC_ADDS] += n
    tally[READS] += n
    tally[COMPARES] += n + made
    tally[NEURON_ADDS] += 2 * made
    return 0


@rule(state=("phi", "fired"), blocks=("w",), params=("threshold", "step"))
def herd_input(i, s, t, out, tally, phi, fired, w, threshold, step):
    """Feed a vector (row i of the block, or its negative); fire signed spikes."""
    n = len(phi)
    made = add_and_fire(phi, w, i, s, threshold, step, True, out)
    sum_up(fired, made, step, out)
    tally[INPUT_ADDS] += n
    tally[READS] += n
    tally[COMPARES] += n + made
    tally[NEURON_ADDS] += 2 * made
    return 0


@rule(state=("phi", "fired"), blocks=("w",), params=("threshold", "step"))
def herd_rectified(i, s, t, out, tally, phi, fired, w, threshold, step):
    """Add a row; fire where the threshold is passed from below, and sum up what each unit has fired."""
    n = len(phi)
    made = add_and_fire(phi, w, i, s, threshold, step, False, out)
    for k in range(made):
        fired[out.index(k)] += step
    tally[SYNAPTIC_ADDS] += n
    tally[READS] += n
    tally[COMPARES] += n + made
    tally[NEURON_ADDS] += 2 * made
    return 0


@rule(state=("phi",), integers=("noticed",), blocks=("w",))
def gather(i, s, t, out, tally, phi, noticed, w):
    """Only add; the first row of a burst sends the notice on which the layer will fire."""
    n = len(phi)
    add_row(phi, w, i, s)
    tally[SYNAPTIC_ADDS] += n
    tally[READS] += n
    if noticed[0] == 0:
        noticed[0] = 1
        out.spike(0, 1)
    return 0


@rule(state=("phi",), integers=("noticed",), params=("threshold", "step"))
def herd_settled(i, s, t, out, tally, phi, noticed, threshold, step):
    """The burst is over: fire signed spikes."""
    noticed[0] = 0
    made = fire(phi, threshold, step, True, out)
    tally[COMPARES] += len(phi) + made
    tally[NEURON_ADDS] += made
    return 0


@rule(state=("phi", "fired"), integers=("noticed",), params=("threshold", "step"))
def summing_settled(i, s, t, out, tally, phi, fired, noticed, threshold, step):
    """The burst is over: fire signed spikes, and sum them up."""
    noticed[0] = 0
    made = fire(phi, threshold, step, True, out)
    sum_up(fired, made, step, out)
    tally[COMPARES] += len(phi) + made
    tally[NEURON_ADDS] += 2 * made
    return 0


@rule(state=("phi", "fired"), integers=("noticed",), params=("threshold", "step"))
def rectified_settled(i, s, t, out, tally, phi, fired, noticed, threshold, step):
    """The burst is over: fire where the threshold is passed from below."""
    noticed[0] = 0
    made = fire(phi, threshold, step, False, out)
    for k in range(made):
        fired[out.index(k)] += step
    tally[COMPARES] += len(phi) + made
    tally[NEURON_ADDS] += 2 * made
    return 0


@rule(state=("phi",), integers=("draws",), params=("step",))
def reset_signed(i, s, t, out, tally, phi, draws, step):
    """A sample begins: potentials become 0, or stay, or are drawn anew, as the layer's reset policy says."""
    tally[MULTIPLIES] += reset_potentials(phi, draws, step)
    return 0


@rule(state=("phi", "fired"), integers=("draws",), params=("step",))
def reset_summing(i, s, t, out, tally, phi, fired, draws, step):
    """A sample begins: potentials as above, and the sums of what was fired become 0."""
    tally[MULTIPLIES] += reset_potentials(phi, draws, step)
    for j in range(len(fired)):
        fired[j] = 0
    return 0


def draws(reset: str, scale: float, seed: int) -> Any:
    """The layer's `draws`: seed, random numbers drawn so far, number of its policy, whole part of a step."""
    if reset not in RESETS:
        raise NetworkError(f"a reset policy is one of {', '.join(RESETS)}, not {reset!r}")
    if not np.isfinite(scale) or scale <= 0:
        raise NetworkError(f"a quantizer's scale is {scale}; wanted a positive number")
    return np.array([check_seed(seed, NetworkError), 0, RESETS.index(reset), max(int(scale), 1)], dtype=np.int64)


class Herding(Module):
    """A signed herding quantizer over rows of `weights` [n_in, units].

    Ports: spikes (rows to add), settle (its own notices, where it coalesces), reset. Outlets: out, notice.
    scale is the size of a step: 1, or S in an integer network. reset: "zero", "none" or "random".
    """

    spikes = Port(herd, emits="out", accepts="n_in", burst=gather, burst_emits="notice")
    settle = Port(herd_settled, emits="out")
    reset = Port(reset_signed)
    out = Outlet()
    notice = Outlet(width="one", settles="settle")
    membrane = Potential("phi", rows={"spikes": "w"}, sums=True, resets="reset")
    one = 1
    by_column = False

    def __init__(
        self, units: int, weights: Block, *, scale: float = 1, reset_policy: str = "zero", seed: int = 0,
        coalesce: str | None = None, most: int | None = None, name: str | None = None,
    ) -> None:  # fmt: skip
        super().__init__(name, coalesce=coalesce, most=most)
        n_in, n_out = (weights.cols, weights.rows) if self.by_column else (weights.rows, weights.cols)
        if n_out != units:
            raise NetworkError(f"{type(self).__name__} has {units} units, but its weights are for {n_out}")
        self.units, self.weights, self.scale, self.reset_policy, self.seed = units, weights, scale, reset_policy, seed
        self.n_in = n_in
        self.blocks = {"w": weights}
        self.integers = {"noticed": np.zeros(1, np.int64), "draws": draws(reset_policy, scale, seed)}
        phi = np.zeros(units, dtype=weights.array.dtype)
        whole = phi.dtype.kind == "i"
        self.params = {"threshold": scale // 2 if whole else scale / 2, "step": scale}
        if reset_policy == "random":
            reset_potentials(phi, self.integers["draws"], phi.dtype.type(scale))
        self.state = {"phi": phi}

    def check_integers(self, found: Integers, time: int) -> None:
        """A notice is on its way or none is; random numbers are drawn by counting."""
        within("'noticed'", found["noticed"], 0, 2)
        words("'draws'", found["draws"], self.integers["draws"], {1: (int(self.integers["draws"][1]), COUNT)})


class Summing(Herding):
    """A quantizer that also keeps what each unit has `fired` since the last reset, in steps.

    phi + fired is then the sum of all rows added since: exact wherever the rows' sums are.
    """

    spikes = Port(herd_summing, emits="out", accepts="n_in", burst=gather, burst_emits="notice")
    settle = Port(summing_settled, emits="out")
    reset = Port(reset_summing)

    def __init__(self, units: int, weights: Block, **options: Any) -> None:
        super().__init__(units, weights, **options)
        self.state["fired"] = np.zeros(units)


class Encoder(Summing):
    """A signed quantizer that vectors are fed to: its rows are the vectors, and its adds count as input."""

    spikes = Port(herd_input, emits="out", accepts="n_in")


class Rectified(Summing):
    """A rectified herding quantizer: the spiking counterpart of a layer of ReLU units."""

    spikes = Port(herd_rectified, emits="out", accepts="n_in", burst=gather, burst_emits="notice")
    settle = Port(rectified_settled, emits="out")
