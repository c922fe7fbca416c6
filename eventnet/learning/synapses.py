"""Weight gradients from two trains of spikes: recon, past, future and STDP (thesis 5.4, C.4 to C.7).

x are the spikes of the units below, e those of the errors above, each decoded by a trace that decays by alpha a step:
xhat = alpha_x xhat + beta_x x, ehat likewise. With r = alpha_x alpha_e, the weights move by -rate times

    recon    xhat ehat                                              every step, every synapse
    past     (U - V) / (1 - r), at a spike of either side           U = the traces' product at the last one, V = now
    future   (beta_x x ehat + alpha_x xhat beta_e e) / (1 - r)      at a spike: all that the product will yet sum up to
    stdp     as future, with traces of bare spikes and today's betas: the kernel beta_x beta_e alpha^|dt| / (1 - r)

All have the same sum once the traces have died away. `past` owes a synapse its updates until the next spike there.
Errata: C.6 (mask and U), C.7 (sign and beta), 5.13 (scale). With an adaptive beta a trace holds the beta of its own
time; `traces="raw"` is the variant of the author's program, with bare spikes in the traces and today's betas.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numba.extending import overload, register_jitable
from numpy.typing import NDArray

from eventnet.declarations import Declared, Derived, Integers, Option, Other, Param, State, Weights
from eventnet.errors import NetworkError
from eventnet.kernels.patches import Geometry
from eventnet.kernels.ranges import Integers as Found
from eventnet.kernels.records import address_of, array_at
from eventnet.kernels.simd import move1, move4, move16, move64
from eventnet.learning.dependence import check_finite
from eventnet.learning.gradient import count_writes
from eventnet.module import Module, Outlet, Port
from eventnet.neurons.pd_code import (
    ALPHA,
    LAST,
    NOTICED,
    SMALLEST_TRACE,
    STAMP,
    USED,
    check_clock,
    clock_state,
    count_scaled,
    decay_units,
)
from eventnet.neurons.proportional import PDCode, ask_step, check_weights
from eventnet.rule import rule
from eventnet.tally import LEARNING_ADDS, MULTIPLIES, NEURON_ADDS

RAW = 8  # the word of `clock` that says whether traces hold bare spikes
SEEN = 9  # ... and where the flags of inputs that have ever spiked begin


# --- runs of synapses that lie side by side --------------------------------------------------------------------------
def move_run(w: Any, channel: int, begin: int, e: Any, at: int, n: int, gain: Any) -> None:
    """w[channel, begin + j] -= gain e[at + j]."""
    for j in range(n):
        w[channel, begin + j] -= gain * e[at + j]


@overload(move_run, jit_options={"forceinline": True})
def _move_run(w, channel, begin, e, at, n, gain):
    item = w.dtype.bitwidth // 8

    def impl(w, channel, begin, e, at, n, gain):
        target, source = address_of(w) + channel * w.strides[0] + begin * item, address_of(e) + at * item
        by, j = w.dtype.type(gain), 0
        while j + 64 <= n:
            move64(target + j * item, source + j * item, by)
            j += 64
        while j + 16 <= n:
            move16(target + j * item, source + j * item, by)
            j += 16
        while j + 4 <= n:
            move4(target + j * item, source + j * item, by)
            j += 4
        while j < n:
            move1(target + j * item, source + j * item, by)
            j += 1

    return impl


def move_spiking(w: Any, channel: int, begin: int, q: Any, at: int, n: int, gain: Any, beta: Any) -> int:
    """w[channel, begin + j] -= gain (beta q[at + j]) where q is not 0; returns how many that were."""
    moved = 0
    for j in range(n):
        if q[at + j] != 0:
            w[channel, begin + j] -= gain * (beta * q[at + j])
            moved += 1
    return moved


@overload(move_spiking, jit_options={"forceinline": True})
def _move_spiking(w, channel, begin, q, at, n, gain, beta):
    item, number = w.dtype.bitwidth // 8, w.dtype

    def impl(w, channel, begin, q, at, n, gain, beta):
        target = array_at(address_of(w) + channel * w.strides[0] + begin * item, n, number)
        spikes = array_at(address_of(q) + at * item, n, number)
        moved = 0
        for j in range(n):
            word = target[j]
            target[j] = word - gain * (beta * spikes[j]) if spikes[j] != 0 else word
            moved += 1 if spikes[j] != 0 else 0
        return moved

    return impl


def settle_run(
    w: Any, channel: int, begin: int, u: Any, first: int, old: Any, new: Any, q: Any, at: int, n: int, x_old: Any,
    x_new: Any, gain: Any, every: bool,
) -> int:  # fmt: skip
    """Apply what synapses are owed since their last spike, and note their product of traces now.

    Every one of them (the input has spiked), or those whose error has; returns how many that were.
    """
    moved = 0
    for j in range(n):
        if every or q[at + j] != 0:
            w[channel, begin + j] -= gain * (u[first + j] - x_old * old[at + j])
            u[first + j] = x_new * new[at + j]
            moved += 1
    return moved


@overload(settle_run, jit_options={"forceinline": True})
def _settle_run(w, channel, begin, u, first, old, new, q, at, n, x_old, x_new, gain, every):
    item, number = w.dtype.bitwidth // 8, w.dtype

    def impl(w, channel, begin, u, first, old, new, q, at, n, x_old, x_new, gain, every):
        target = array_at(address_of(w) + channel * w.strides[0] + begin * item, n, number)
        owed = array_at(address_of(u) + first * item, n, number)
        before = array_at(address_of(old) + at * item, n, number)
        after = array_at(address_of(new) + at * item, n, number)
        if every:
            for j in range(n):
                target[j] -= gain * (owed[j] - x_old * before[j])
                owed[j] = x_new * after[j]
            return n
        spikes = array_at(address_of(q) + at * item, n, number)
        moved = 0
        for j in range(n):
            word, product = target[j], owed[j]
            changed = word - gain * (product - x_old * before[j])
            target[j] = changed if spikes[j] != 0 else word
            owed[j] = x_new * after[j] if spikes[j] != 0 else product
            moved += 1 if spikes[j] != 0 else 0
        return moved

    return impl


# --- traces ----------------------------------------------------------------------------------------------------------
@register_jitable
def move_traces(
    trace: Any, old: Any, spikes: Any, fresh: bool, factor: Any, beta: Any, code: Any, tally: Any
) -> int:  # fmt: skip
    """Decay traces (`old`) and add beta times the spikes of this instant; returns how many units have spiked."""
    spiking = 0
    for j in range(len(trace)):
        old[j] = factor * trace[j]
        if abs(old[j]) < SMALLEST_TRACE:
            old[j] = 0
        trace[j] = old[j]
        if fresh and spikes[j] != 0:
            trace[j] += beta * spikes[j]
            spiking += 1
    count_scaled(spiking, code, tally)
    tally[NEURON_ADDS] += spiking
    return spiking


@register_jitable
def both_decays(xhat: Any, ehat: Any, code_x: Any, code_e: Any, clock: Any, t: int, tally: Any) -> Any:
    """Factors of the traces of x and e, and 1 - alpha_x alpha_e, in float64; the step is done."""
    factor_x = decay_units(len(xhat), code_x, clock, t, tally)
    factor_e = decay_units(len(ehat), code_e, clock, t, tally)
    clock[NOTICED], clock[LAST] = 0, t
    tally[NEURON_ADDS] += 1
    tally[MULTIPLIES] += 1
    return factor_x, factor_e, 1.0 - np.float64(code_x[ALPHA]) * np.float64(code_e[ALPHA])


# --- the rules -------------------------------------------------------------------------------------------------------
@rule
def move_always(
    i, s, t, out, tally, xhat, x_old, ehat, e_old, x, e, code_x, code_e, clock_x, clock_e, runs, clock, w, rate
):
    """recon: w -= rate xhat ehat."""
    factor_x, factor_e, _ = both_decays(xhat, ehat, code_x, code_e, clock, t, tally)
    move_traces(xhat, x_old, x, clock_x[STAMP] == t, w.dtype.type(factor_x), code_x[USED], code_x, tally)
    move_traces(ehat, e_old, e, clock_e[STAMP] == t, w.dtype.type(factor_e), code_e[USED], code_e, tally)
    moved = used = 0
    for r in range(0, len(runs), 5):
        trace = xhat[runs[r]]
        if trace != 0:
            move_run(w, runs[r + 1], runs[r + 2], ehat, runs[r + 3], runs[r + 4], rate * trace)
            moved += runs[r + 4]
            used += 1
    tally[MULTIPLIES] += used + moved
    count_writes(tally, moved)


@rule
def settle_spiking(
    i, s, t, out, tally, xhat, x_old, ehat, e_old, x, e, code_x, code_e, clock_x, clock_e, runs, clock, w, rate, u
):
    """past: where either side has spiked, w -= rate (U - V) / (1 - r)."""
    factor_x, factor_e, rest = both_decays(xhat, ehat, code_x, code_e, clock, t, tally)
    fresh = clock_x[STAMP] == t
    move_traces(xhat, x_old, x, fresh, w.dtype.type(factor_x), code_x[USED], code_x, tally)
    spiking = move_traces(ehat, e_old, e, clock_e[STAMP] == t, w.dtype.type(factor_e), code_e[USED], code_e, tally)
    gain = w.dtype.type(np.float64(rate) / rest)
    first = moved = 0
    for r in range(0, len(runs), 5):
        k, n = runs[r], runs[r + 4]
        every = fresh and x[k] != 0
        if every:
            clock[SEEN + k] = 1
        if every or (spiking > 0 and clock[SEEN + k] != 0):
            moved += settle_run(
                w, runs[r + 1], runs[r + 2], u, first, e_old, ehat, e, runs[r + 3], n, x_old[k], xhat[k], gain, every
            )
        first += n
    tally[MULTIPLIES] += 1 + 3 * moved
    tally[LEARNING_ADDS] += moved
    count_writes(tally, moved)


@rule
def move_ahead(
    i, s, t, out, tally, xhat, x_old, ehat, e_old, x, e, code_x, code_e, clock_x, clock_e, runs, clock, w, rate
):
    """future and stdp: every pair of spikes at once, each as it comes."""
    factor_x, factor_e, rest = both_decays(xhat, ehat, code_x, code_e, clock, t, tally)
    beta_x, beta_e, gain = code_x[USED], code_e[USED], np.float64(rate) / rest
    if clock[RAW] != 0:
        gain = gain * np.float64(beta_x) * np.float64(beta_e)
        beta_x = beta_e = w.dtype.type(1)
        tally[MULTIPLIES] += 2
    gain = w.dtype.type(gain)
    fresh = clock_x[STAMP] == t
    move_traces(xhat, x_old, x, fresh, w.dtype.type(factor_x), beta_x, code_x, tally)
    spiking = move_traces(ehat, e_old, e, clock_e[STAMP] == t, w.dtype.type(factor_e), beta_e, code_e, tally)
    used = by_x = by_e = 0
    for r in range(0, len(runs), 5):
        k, n = runs[r], runs[r + 4]
        if fresh and x[k] != 0:
            move_run(w, runs[r + 1], runs[r + 2], ehat, runs[r + 3], n, gain * (beta_x * x[k]))
            used += 2
            by_x += n
        if spiking > 0 and x_old[k] != 0:
            by_e += move_spiking(w, runs[r + 1], runs[r + 2], e, runs[r + 3], n, gain * x_old[k], beta_e)
            used += 1
    tally[MULTIPLIES] += 1 + used + by_x + 2 * by_e
    count_writes(tally, by_x + by_e)


def check_traces(traces: str, what: str) -> str:
    """The kind of traces, `scaled` or `raw`. Raises NetworkError for anything else."""
    if traces not in ("scaled", "raw"):
        raise NetworkError(f"{what} are {traces!r}; wanted 'scaled' or 'raw'")
    return traces


def clock_of(module: Synapses) -> NDArray[np.int64]:
    """The words of `clock`: those of all steps, then RAW, then a flag an input from SEEN on."""
    clock = clock_state(module.step, more=1 + module.n_in)
    clock[RAW] = module.raw
    return clock


class Synapses(Module):
    """Base of the gradients of one weight block; the block's values are changed by the run that owns them.

    A step comes at the end of an instant at which `tick` was told to.
    """

    geometry = Option[Geometry](
        check=lambda given, what: Geometry.of(given), positional=True, doc="of the layer that the weights feed"
    )
    weights = Weights("channels_in", "row_words", key="w", doc="of that layer")
    layer = Other(Module, doc="that layer, which counts the spikes from below")
    below = Other(PDCode, doc="the module whose code those spikes are")
    error_counts = Other(
        Module, called="errors",
        doc="what counts the error spikes of the layer: the error of the layer below, or an inbox",
    )  # fmt: skip
    above = Other(PDCode, doc="the module whose code the error spikes are")
    rate = Param(check=check_finite, doc="learning rate")
    step = Option(1, doc="ticks a step")
    units = Derived(lambda module: module.geometry.units_out)
    n_in = Derived(lambda module: module.geometry.units_in)
    raw: Declared[bool] = Derived(False)
    xhat = State("n_in", doc="decoded spikes from below")
    x_old = State("n_in", doc="... without those of now")
    ehat = State(doc="decoded errors")
    e_old = State(doc="... without those of now")
    runs = Integers(None, start=lambda module: module.geometry.runs(), doc="synapses that lie side by side")
    clock = Integers(None, start=clock_of)
    x = State.of(layer, "count")
    clock_x = Integers.of(layer, "clock")
    code_x = State.of(below, "code")
    e = State.of(error_counts, "count")
    clock_e = Integers.of(error_counts, "clock")
    code_e = State.of(above, "code")

    tick = Port(ask_step, emits="notice")
    notice = Outlet(width=1, settles="settle")
    most = Derived(1)  # a notice

    dtypes: ClassVar[tuple[str, ...]] = ("float64", "float32")
    needs_decay: ClassVar[bool] = True

    def check(self) -> None:
        """The weights are those of the geometry, and join what is counted; what is summed up dies away."""
        check_weights(self, self.geometry, self.weights)
        sides = self.layer.state["count"], self.error_counts.state["count"]
        counted = *(len(count) for count in sides), self.below.units, self.above.units
        if counted != 2 * (self.n_in, self.units):
            raise NetworkError(
                f"{self.layer!r} and {self.error_counts!r} do not count the spikes that weights {self.weights!r} join"
            )
        if self.needs_decay and (self.below.kp == 0 or self.above.kp == 0):
            raise NetworkError(f"{type(self).__name__} sums traces that die away, so it needs kp above 0 on both sides")

    def check_integers(self, found: Found, time: int) -> None:
        """Its clock, and which inputs have ever spiked."""
        check_clock(found, self.integers, time, flags=self.n_in)


class Recon(Synapses):
    """The product of both reconstructions, every step."""

    settle = Port(move_always)
    needs_decay = False


class Past(Synapses):
    """Each spike adds the product of the traces, summed since the synapse's last spike; until then the rest is owed."""

    u = State(
        None, start=lambda module: np.zeros(module.runs[4::5].sum()),
        doc="the traces' product at the last spike of each synapse, in the order of `runs`",
    )  # fmt: skip
    settle = Port(settle_spiking)


class Future(Synapses):
    """Each spike adds at once the product of the traces, summed over all time to come."""

    traces = Option(
        "scaled", check=check_traces,
        doc='"scaled" (each spike with the beta of its time) or "raw" (bare spikes, times today\'s betas)',
    )  # fmt: skip
    raw = Derived(lambda module: module.traces == "raw")
    settle = Port(move_ahead)


class Stdp(Future):
    """Every pair of spikes moves its weight by the kernel beta_x beta_e alpha^|dt| / (1 - alpha^2)."""

    traces = Option("raw", check=check_traces, doc="as of `Future`")


RULES = {"recon": Recon, "past": Past, "future": Future, "stdp": Stdp}
