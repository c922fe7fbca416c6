"""Spike response neurons: each input leaves a double-exponential potential, and nothing happens between inputs.

    v(t) = rest + sum of s w[i, j] eps(t - t_i)       over the inputs (i, s) since the unit's last spike
                + (reset_to - rest) exp(-(t - t_post) / tau_m)                        what is left of that spike
    eps(d) = K (exp(-d / tau_m) - exp(-d / tau_s))    K such that the peak is 1

This is the SRM_0 (W. Gerstner and W. M. Kistler, *Spiking Neuron Models*, 2002) with the kernel of T. Masquelier,
R. Guyonneau and S. J. Thorpe, *Spike timing dependent plasticity finds the start of repeating patterns in continuous
spike trains* (2008): a leaky integrate-and-fire unit with a current that decays exponentially, which a spike of its own
takes away. A reset far below rest stands for the undershoot after a spike.

The state has the two sums apart, `slow` and `fast`; v = rest + K (slow - fast). An input brings both up to date with
two factors, which are the same for all units where the time constants are, and adds its row to both.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numba.extending import register_jitable
from numpy.typing import ArrayLike, NDArray

from eventnet.declarations import Derived, Integers, Option, Param, Potential, State, Weights
from eventnet.errors import NetworkError
from eventnet.given import one_a_unit
from eventnet.kernels.ranges import Integers as Found
from eventnet.kernels.ranges import ticks, within, words
from eventnet.module import Module, Outlet, Port
from eventnet.neurons.last_spikes import NEVER_FIRED, NEVER_SEEN
from eventnet.neurons.leaky import KEPT_FACTORS, NOT_YET, finite, own_factor, positive, shared_factor, ticks_since
from eventnet.rule import rule
from eventnet.tally import COMPARES, MULTIPLIES, NEURON_ADDS, READS, SYNAPTIC_ADDS

UPDATED, FIRED, TELLS = range(3)
"""Words of `clock`: to when the sums are worked out; the tick of the layer's last spike; whether `first` is in use."""


@register_jitable
def fire_past(slow: Any, fast: Any, bar: Any, start: Any, out: Any, tally: Any) -> int:
    """Fire the units past their bars, the furthest first, the lowest index at a tie; how many."""
    n = 0
    while True:
        best, most = -1, slow.dtype.type(0)
        for j in range(len(slow)):
            excess = slow[j] - fast[j] - bar[j]
            if excess > most:
                best, most = j, excess
        tally[NEURON_ADDS] += 2 * len(slow)
        if best < 0:
            return n
        made = out.made()
        out.spike(best, 1, 0, np.float64(most))
        if out.made() == made:  # no room: a fault
            return n
        slow[best], fast[best] = start[best], 0
        n += 1


@rule
def respond(i, s, t, out, tally, slow, fast, bar, start, left_slow, left_fast, seen, clock, w, tau_m, tau_s):
    """Bring both sums up to date, add a row to them, fire."""
    last, dt = clock[FIRED], t - clock[UPDATED]
    if clock[TELLS] != 0 and seen[i] <= last and last < t:
        out.spike(i, s, 1)
    seen[i] = clock[UPDATED] = t
    n, past = len(slow), False
    if dt > 0:
        if dt < len(left_slow):
            of_slow, of_fast = left_slow[dt], left_fast[dt]
        else:
            of_slow = shared_factor(slow, dt, tau_m, tally)
            of_fast = shared_factor(fast, dt, tau_s, tally)
        for j in range(n):
            slow[j] *= own_factor(of_slow, slow, dt, tau_m, j, tally)
            fast[j] *= own_factor(of_fast, fast, dt, tau_s, j, tally)
        tally[MULTIPLIES] += 2 * n
    for j in range(n):
        word = w[i, j] if s > 0 else -w[i, j]
        slow[j] += word
        fast[j] += word
        level = slow[j] - fast[j]
        past = past or level > bar[j]
    tally[SYNAPTIC_ADDS] += 2 * n
    tally[NEURON_ADDS] += n
    tally[READS] += n
    tally[COMPARES] += n
    if past:
        tally[COMPARES] += fire_past(slow, fast, bar, start, out, tally)
        clock[FIRED] = t


def own_times(layer: SpikeResponse) -> bool:
    """Whether a time constant is one a unit: its units' factors are then their own."""
    return np.ndim(layer.tau_m) > 0 or np.ndim(layer.tau_s) > 0


def peak_scale(tau_m: float, tau_s: float) -> float:
    """K: what the difference of both exponentials is multiplied by, so that its peak is 1."""
    peak = math.log(tau_m / tau_s) * tau_m * tau_s / (tau_m - tau_s)
    return float(1 / (math.exp(-peak / tau_m) - math.exp(-peak / tau_s)))


def scale_of(layer: SpikeResponse) -> Any:
    """K of the layer: a number, or one a unit [units]."""
    if not own_times(layer):
        return peak_scale(layer.tau_m, layer.tau_s)
    taus = (one_a_unit(tau, layer.units, "a time constant").tolist() for tau in (layer.tau_m, layer.tau_s))
    return np.array([peak_scale(*pair) for pair in zip(*taus, strict=True)])


def kept_factors(layer: SpikeResponse, tau: float) -> NDArray[Any]:
    """Factors of decay after 0, 1, 2, ... ticks, as the rule would work them out; [1] where times are one a unit."""
    number = layer.weights.array.dtype.type
    if own_times(layer):
        return np.ones(1, number)
    return np.array([math.exp(-dt / float(number(tau))) for dt in range(KEPT_FACTORS)]).astype(number)


def above_rest(layer: SpikeResponse, value: Any, what: str) -> NDArray[np.float64]:
    """A potential that all units have, or each its own, above rest: [units]."""
    return one_a_unit(value, layer.units, what) - one_a_unit(layer.rest, layer.units, "rest")


def first_bar(layer: SpikeResponse) -> NDArray[np.float64]:
    """Thresholds [units] above rest, in units of K."""
    bar: NDArray[np.float64] = above_rest(layer, layer.threshold, "threshold") / layer.scale
    return bar


def reset_of(layer: SpikeResponse) -> Any:
    """The potential after a spike: a number, or one a unit."""
    return layer.rest if layer.reset_to is None else layer.reset_to


def first_start(layer: SpikeResponse) -> NDArray[np.float64]:
    """Resets [units] above rest, in units of K."""
    start: NDArray[np.float64] = above_rest(layer, reset_of(layer), "reset_to") / layer.scale
    return start


class SpikeResponse(Module):
    """A layer of spike response neurons over rows of `weights`; times are in ticks.

    An input of weight w lifts the potential by w at most, tau_m tau_s / (tau_m - tau_s) ln(tau_m / tau_s) ticks later.
    `seen` is the tick of each input's last spike: plasticity may read it.

    A spike takes away what the inputs before have left. Thresholds are checked when an input arrives and at no other
    time: a crossing in between is noticed at the next input, so many inputs are wanted in a rise time.
    (`ExponentialCurrent` predicts crossings exactly; its currents go on after a spike.) Units fire in the order of
    falling excess over `scale`, the lowest index first at a tie. An input at the tick of the layer's spike counts as
    one before it, for `first`.

    Raises NetworkError for values that make no sense.
    """

    weights = Weights("n_in", "units", key="w")
    tau_m = Param(each=True, check=positive, doc="time constant of the membrane: how the response falls")
    tau_s = Param(each=True, check=positive, doc="that of the synapse, how it rises; below tau_m")
    rest = Option[ArrayLike](0.0, check=finite, doc="a number, or one a unit: what potentials decay to")
    threshold = Option[ArrayLike](1.0, doc="a number, or one a unit, above rest; a unit fires strictly above it")
    reset_to = Option[ArrayLike | None](
        None, check=finite,
        doc="a number, or one a unit: where a spike leaves the potential, from where it goes back with tau_m; rest by "
        "default",
    )  # fmt: skip
    firsts = Option(
        False,
        doc="tell, at the outlet `first`, of each input that is the first of its index since the layer's last spike: "
        "what `RestrictedStdp` needs to hear of the inputs",
        one="the outlet is the layer's",
    )
    scale = Derived[Any](scale_of)

    slow = Potential(weights, sums=False, doc="v = rest + scale (slow - fast)")
    fast = State()
    bar = State(start=first_bar, doc="what slow - fast is checked against")
    start = State(start=first_start, doc="what a spike leaves of `slow`")
    left_slow = State(None, start=lambda layer: kept_factors(layer, layer.tau_m))
    left_fast = State(None, start=lambda layer: kept_factors(layer, layer.tau_s))
    seen = Integers("n_in", start=NEVER_SEEN, doc="tick of each input's last spike; NEVER_SEEN if there was none")
    clock = Integers(3, start=lambda layer: [NOT_YET, NEVER_FIRED, layer.firsts])

    spikes = Port(respond, emits=("out", "first"), accepts="n_in")
    out = Outlet()
    first = Outlet(width="n_in", passes_on=True)
    dtypes: ClassVar[tuple[str, ...]] = ("float64", "float32")
    n_in: int

    def check(self) -> None:
        """The response rises faster than it falls; potentials at rest and after a reset lie below thresholds."""
        times = (one_a_unit(getattr(self, name), self.units, name) for name in ("tau_s", "tau_m"))
        if not np.all(np.less(*times)):
            raise NetworkError(f"tau_s is {self.tau_s} ticks and tau_m {self.tau_m}; wanted tau_s below tau_m")
        above, lowest = above_rest(self, self.threshold, "threshold"), np.min(self.threshold)
        if above.min() <= 0:
            raise NetworkError(f"threshold {lowest} is not above rest {self.rest!s}: units would never be still")
        if np.any(above_rest(self, reset_of(self), "reset_to") > above):
            raise NetworkError(
                f"reset_to {reset_of(self)!s} is past the threshold {lowest}: units would never stop firing"
            )

    def most_spikes(self) -> int:
        """One a unit, since a reset is not past a threshold, and one at `first`."""
        return self.units + 1

    def check_integers(self, found: Found, time: int) -> None:
        """No tick is to come: plasticity looks up what is left since `seen`."""
        within("'seen'", found["seen"], *ticks(time))
        words("'clock'", found["clock"], self.integers["clock"], {UPDATED: ticks(time), FIRED: (NEVER_FIRED, time + 1)})

    def potentials(self, state: Mapping[str, NDArray[Any]], t: float) -> NDArray[np.float64]:
        """v [units] at time t, not before the last delivery, of `sim.state(layer)`; nothing is changed."""
        updated = state["clock"][UPDATED]
        waited = 0.0 if updated == NOT_YET else max(float(ticks_since(updated, t)), 0.0)
        slow = state["slow"].astype(np.float64) * left_after(waited, self.tau_m)
        fast = state["fast"].astype(np.float64) * left_after(waited, self.tau_s)
        v: NDArray[np.float64] = np.asarray(self.rest) + self.scale * (slow - fast)
        return v


def left_after(ticks: float, tau: Any) -> NDArray[np.float64]:
    """Factors of decay after so many ticks, one for each time constant: [1] or [units]."""
    return np.array([math.exp(-ticks / each) for each in np.atleast_1d(tau).tolist()])
