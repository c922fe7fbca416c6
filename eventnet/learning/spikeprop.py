"""SpikeProp: errors of spike times go down as events, and move weights (thesis 2.2; Bohte, Kok and La Poutré 2000).

    dt_j / dw_ij^k = -kappa(t_j - t_i - d_k) / s_j'(t_j)           dt_j / dt_i = sum over k of w_ij^k kappa' / s_j'
    delta_j = e_j / s_j',   w_ij^k += step delta_j kappa           e_i = sum over j, k of delta_j w_ij^k kappa'

with e_j = t_j - t_j^d at the top, times in units of tau: the gradient of 1/2 sum e_j^2. An error event of a unit reads
the weights of its column before it moves them; when all units of a layer have had theirs, one goes down to each unit
below. Its value is read from the layer above, where it was summed.

If s_j' is near 0 the crossing is hardly one, and delta_j without bound: s_j' counts as `least_slope` at least. A
unit that has not fired has no slope at all: weights of its inputs that did spike move up by `rescue`, or stay.
"""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np
from numba.extending import register_jitable
from numpy.typing import NDArray

from eventnet.declarations import Derived, Integers, Other, Param, State, Weights
from eventnet.errors import NetworkError
from eventnet.kernels.ranges import COUNT, ticks, within
from eventnet.kernels.ranges import Integers as Found
from eventnet.module import Module, Outlet, Port
from eventnet.neurons.last_spikes import NEVER_SEEN
from eventnet.neurons.spike_once import SpikeOnce, positive
from eventnet.rule import rule
from eventnet.tally import COMPARES, LEARNING_ADDS, MULTIPLIES, READS, WRITES


@register_jitable
def since(j: int, i: int, k: int, fired: Any, early: Any, seen: Any, delays: Any, tau: Any) -> Any:
    """From the arrival of input i after delay k to the spike of unit j, in units of tau."""
    return (np.float64(np.int64(fired[j] - seen[i] - delays[k])) - np.float64(early[j])) / np.float64(tau)


@register_jitable
def slope_of(j: int, fired: Any, early: Any, seen: Any, delays: Any, w: Any, tau: Any, tally: Any) -> Any:
    """s_j'(t_j), per tau."""
    slope, many = 0.0, len(delays)
    for i in range(len(seen)):
        if seen[i] == NEVER_SEEN:
            continue
        for k in range(many):
            x = since(j, i, k, fired, early, seen, delays, tau)
            if x > 0.0:
                slope += np.float64(w[i * many + k, j]) * (1.0 - x) * math.exp(1.0 - x)
                tally[LEARNING_ADDS] += 3
                tally[MULTIPLIES] += 3
                tally[READS] += 1
    return slope


@register_jitable
def move(
    j: int, error: Any, fired: Any, early: Any, seen: Any, delays: Any, w: Any, pull: Any, slopes: Any, silent: Any,
    came: Any, tau: Any, step: Any, least_slope: Any, rescue: Any, tally: Any,
) -> None:  # fmt: skip
    """Unit j's error goes to its inputs and into its weights; the first of a sample begins their sums anew."""
    many = len(delays)
    if came[0] == 0:
        for i in range(len(pull)):
            pull[i] = 0
    tally[COMPARES] += 1
    if fired[j] == NEVER_SEEN:
        silent[0] += 1
        for i in range(len(seen)):
            if seen[i] != NEVER_SEEN and rescue > 0:
                for k in range(many):
                    w[i * many + k, j] += rescue
                tally[LEARNING_ADDS] += many
                tally[READS] += many
                tally[WRITES] += many
        return
    slopes[j] = slope_of(j, fired, early, seen, delays, w, tau, tally)
    delta = error / (slopes[j] if slopes[j] > least_slope else least_slope)
    for i in range(len(seen)):
        if seen[i] == NEVER_SEEN:
            continue
        for k in range(many):
            x = since(j, i, k, fired, early, seen, delays, tau)
            if x > 0.0:
                left, word = math.exp(1.0 - x), np.float64(w[i * many + k, j])
                pull[i] += delta * word * (1.0 - x) * left
                w[i * many + k, j] = word + step * delta * x * left
                tally[LEARNING_ADDS] += 4
                tally[MULTIPLIES] += 6
                tally[READS] += 1
                tally[WRITES] += 1
    tally[MULTIPLIES] += 1


@register_jitable
def send_down(came: Any, pull: Any, n_out: int, out: Any) -> None:
    """Once all units of the layer have had their errors, one goes to each unit below."""
    came[0] += 1
    if came[0] == n_out:
        came[0] = 0
        for i in range(len(pull)):
            out.spike(i, 1)


@rule
def note_target(i, s, t, out, tally, wanted):
    """Unit i is wanted to fire now."""
    wanted[i] = t


@rule
def error_of_target(
    i, s, t, out, tally, wanted, fired, early, seen, delays, w, pull, slopes, silent, came, tau, step, least_slope,
    rescue,
):  # fmt: skip
    """The error of unit i is how much later than wanted it fired."""
    error = 0.0
    if fired[i] != NEVER_SEEN:
        error = (np.float64(np.int64(fired[i] - wanted[i])) - np.float64(early[i])) / np.float64(tau)
    move(i, error, fired, early, seen, delays, w, pull, slopes, silent, came, tau, step, least_slope, rescue, tally)
    send_down(came, pull, len(wanted), out)


@rule
def error_from_above(
    i, s, t, out, tally, above, fired, early, seen, delays, w, pull, slopes, silent, came, tau, step, least_slope,
    rescue,
):  # fmt: skip
    """The error of unit i is what the layer above has summed for it."""
    error = np.float64(above[i])
    move(i, error, fired, early, seen, delays, w, pull, slopes, silent, came, tau, step, least_slope, rescue, tally)
    send_down(came, pull, len(fired), out)


def not_negative(value: Any, what: str) -> float:
    """Raises NetworkError unless it is a finite number, 0 or more."""
    return 0.0 if np.ndim(value) == 0 and value == 0 else positive(value, what)


class TimeErrors(Module):
    """The base of `TargetErrors` and `HiddenErrors`: errors of one layer's spike times, and the changes of its weights.

    slopes are s_j' per tau at the last error, pull is what the layer below reads.
    """

    membrane = None
    weights = Weights("n_synapses", "n_out", key="w", doc="those of the layer")
    layer = Other(SpikeOnce, doc="whose spikes are late or early")
    tau = Param(start=lambda module: module.layer.tau)
    step = Param(check=not_negative, doc="of (t / tau)^2, as the formulas above have it")
    least_slope = Param(0.1, check=positive, doc="what s' counts as at least, thresholds' unit a tau")
    rescue = Param(0.0, check=not_negative, doc="what the weights of a unit that was silent move up by")
    fired = Integers.of(layer, "fired", key="fired")
    seen = Integers.of(layer, "seen", key="seen")
    kept_delays = Integers.of(layer, "delays", key="delays")
    early = State.of(layer, "early", key="early")
    units = Derived[int](lambda module: module.layer.n_in)
    pull = State("units", doc="sum over units above and delays of delta w kappa'")
    slopes = State("n_out", doc="s_j' per tau")
    came = Integers(1, doc="errors that have come of this sample")
    silent = Integers(1, doc="errors of units that had not fired")
    most = Derived[int](lambda module: module.units)
    dtypes: ClassVar[tuple[str, ...]] = ("float64",)
    n_out: int
    n_synapses: int

    def check(self) -> None:
        """The weights are those of the layer, whose times are in units of one tau."""
        if np.ndim(self.layer.tau):
            raise NetworkError(
                f"tau of the layer {self.layer.name!r} is one a unit; wanted one number for all units: errors, and the "
                "step that they move weights by, are in units of tau"
            )
        if self.weights is not self.layer.weights:
            raise NetworkError(f"weights are {self.weights!r}; wanted those of the layer, {self.layer.weights!r}")

    def check_integers(self, found: Found, time: int) -> None:
        """Counts, and ticks."""
        within("'came'", found["came"], 0, self.n_out)
        within("'silent'", found["silent"], 0, COUNT)
        if "wanted" in found:
            within("'wanted'", found["wanted"], *ticks(time))


class TargetErrors(TimeErrors):
    """Errors of the last layer. `target`: unit i is wanted to fire at this tick; `error`: now move its weights."""

    wanted = Integers("n_out", start=NEVER_SEEN, doc="tick at which each unit is wanted to fire")
    target = Port(note_target, accepts="n_out")
    error = Port(error_of_target, emits="out", accepts="n_out")
    out = Outlet(width="units")


class HiddenErrors(TimeErrors):
    """Errors of a hidden layer. Wire `out` of the errors above to `error`."""

    upper = Other(TimeErrors, doc="the errors of the layer above")
    above = State.of(upper, "pull", key="above")
    error = Port(error_from_above, emits="out", accepts="n_out")
    out = Outlet(width="units")

    def check(self) -> None:
        """Besides, the layer above has as many inputs as this one has units."""
        super().check()
        if self.upper.units != self.n_out:
            raise NetworkError(f"there are {self.n_out} units; the layer above hears {self.upper.units}")


def exact_times(fired: NDArray[np.int64], early: NDArray[np.float64], begin: int) -> NDArray[np.float64]:
    """Times of spikes from a tick on, in ticks; NaN where a unit has not fired."""
    found = (fired - begin).astype(np.float64) - early
    return np.where(fired == NEVER_SEEN, np.nan, found)
