"""Units that fire once: each synapse has several delays, and the first crossing is predicted (thesis 2.2; Bohte 2000).

    s_j(t) = sum over i, k of w_ij^k kappa(t - t_i - d_k)      kappa(x) = x / tau exp(1 - x / tau), 0 for x < 0
    t_j = the first t at which s_j is the threshold

The peak of kappa is 1; the thesis prints it without the factor e, and with tau = 1. From its last input on, s_j =
(a + b x) exp(-x) with x in units of tau: there is one crossing at most, before the peak at 1 - a / b, and a + b x -
threshold exp(x) is concave, so that Newton's method from the left never passes it.

An input i comes once for each of its delays: as wires with a delay each would bring it. Ticks are what the time of a
spike is rounded up to, as others hear of it; so they are to be fine: 2^32 a millisecond, say.
"""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np
from numba.extending import register_jitable
from numpy.typing import ArrayLike, NDArray

from eventnet.declarations import Derived, Integers, Option, Param, Potential, State, Weights
from eventnet.errors import NetworkError
from eventnet.given import as_array
from eventnet.kernels.out import NEVER
from eventnet.kernels.ranges import BY_NO_RULE, same, ticks, within
from eventnet.kernels.ranges import Integers as Found
from eventnet.kernels.rows import at
from eventnet.module import Module, Outlet, Port
from eventnet.neurons.last_spikes import NEVER_SEEN
from eventnet.rule import rule
from eventnet.tally import COMPARES, MULTIPLIES, NEURON_ADDS, READS, SYNAPTIC_ADDS

ROUNDS = 100
"""Steps of Newton's method at most: next to a tangency each halves the distance only."""
AGAIN = 1
ERRORS = {AGAIN: "an input spiked twice since the last reset; wanted once"}


@register_jitable
def first_crossing(a: Any, b: Any, threshold: Any, tally: Any) -> Any:
    """The least x >= 0 at which (a + b x) exp(-x) is the threshold; NEVER if it stays below."""
    tally[COMPARES] += 1
    if a >= threshold:
        return 0.0
    if b <= 0.0 or a >= b:
        return NEVER
    tally[NEURON_ADDS] += 1
    tally[MULTIPLIES] += 3
    if b * math.exp(a / b - 1.0) < threshold:
        return NEVER
    x = 0.0
    for _ in range(ROUNDS):
        limit = threshold * math.exp(x)
        gap, slope = limit - a - b * x, b - limit
        tally[MULTIPLIES] += 4
        tally[NEURON_ADDS] += 4
        if gap <= 0.0 or slope <= 0.0:
            break
        step = gap / slope
        x += step
        if step <= 2.0**-53 * x:
            break
    return x


@rule
def fan_out(i, s, t, out, tally, seen, delays):
    """Input i spikes now, and arrives after each of its delays."""
    if seen[i] != NEVER_SEEN:
        return AGAIN
    seen[i] = t
    for k in range(len(delays)):
        out.later(i * len(delays) + k, s, 0, delays[k])
    return 0


@rule
def arrive(i, s, t, out, tally, a, b, updated, fired, due, seen, delays, w, tau, threshold):
    """Row i adds to the slopes of all units that have not fired; each predicts its crossing again.

    Spikes that set out before the last reset are dropped.
    """
    made, line = 0, i // len(delays)
    if seen[line] == NEVER_SEEN or t - seen[line] != delays[i - line * len(delays)]:
        return
    for j in range(len(a)):
        if fired[j] != NEVER_SEEN:
            continue
        own_tau = np.float64(at(tau, j))
        x = np.float64(np.int64(t - updated[j])) / own_tau if updated[j] != NEVER_SEEN else 0.0
        left = math.exp(-x)
        word = math.e * np.float64(w[i, j])
        a[j] = (a[j] + b[j] * x) * left
        b[j] = b[j] * left + word if s > 0 else b[j] * left - word
        updated[j] = t
        wait = first_crossing(np.float64(a[j]), np.float64(b[j]), np.float64(at(threshold, j)), tally) * own_tau
        made += 1
        if wait < 2.0**61:
            whole = max(math.ceil(wait), 1)
            due[j] = whole - wait
            out.predict(j, t + int(whole))
        else:
            out.cancel(j)
    tally[SYNAPTIC_ADDS] += made
    tally[READS] += made
    tally[NEURON_ADDS] += 2 * made
    tally[MULTIPLIES] += 7 * made
    tally[COMPARES] += made


@rule
def cross(i, s, t, out, tally, fired, early, due):
    """Unit i crossed its threshold less than a tick ago: it fires, for the only time."""
    fired[i], early[i] = t, due[i]
    out.spike(i, 1)


@rule
def reset(i, s, t, out, tally, a, b, updated, fired, seen):
    """As at first: nobody has fired, nothing has come."""
    for j in range(len(a)):
        a[j] = 0
        b[j] = 0
        updated[j] = fired[j] = NEVER_SEEN
        out.cancel(j)
    for k in range(len(seen)):
        seen[k] = NEVER_SEEN


def check_delays(delays: ArrayLike, what: str) -> NDArray[np.int64]:
    """Delays [K] of every synapse. Raises NetworkError unless they are whole ticks, 1 or more."""
    made = np.asarray(delays)
    if made.ndim != 1 or not len(made) or made.dtype.kind not in "iu" or made.min() < 1 or made.max() >= 2**61:
        raise NetworkError(f"{what} are {delays!r:.60}; wanted a list of whole ticks, 1 or more")
    return made.astype(np.int64)


def positive(value: Any, what: str) -> float:
    """Raises NetworkError unless it is a finite number above 0."""
    made = as_array(value, what)
    if made.ndim or made.dtype.kind not in "iuf" or not 0 < made < math.inf:
        raise NetworkError(f"{what} is {value!r:.60}; wanted a finite number above 0")
    return float(made)


def all_positive(values: Any, what: str) -> Any:
    """A number, or an array [units]. Raises NetworkError unless all are finite and above 0."""
    made = as_array(values, what)
    if made.dtype.kind not in "iuf" or not np.all((made > 0) & (made < math.inf)):
        raise NetworkError(f"{what} is {values!r:.60}; wanted a finite number above 0, or one a unit")
    return made.astype(np.float64) if made.ndim else float(made)


class SpikeOnce(Module):
    """Units that fire once, at the first crossing of their threshold; K delays a synapse.

    weights [n_in * K, units]: row i K + k is what input i adds after delay k. Wire `delayed` to `arrive`. An input may
    spike once; `reset` lets all begin anew; what is on its way then is lost. The exact
    time of unit j's spike is fired - early (ticks). Needs a float64 network.
    """

    weights = Weights("n_synapses", "units", key="w")
    delays = Option[ArrayLike](check=check_delays, doc="[K] in ticks, the same for all synapses")
    tau = Param(each=True, check=all_positive, doc="of the kernel, in ticks")
    threshold = Param(1.0, each=True, check=all_positive)
    n_in = Derived[int](lambda layer: layer.weights.rows // len(np.asarray(layer.delays)))

    a = Potential(words={"arrive": "nothing"}, doc="s = (a + b x) exp(-x), x in units of tau from `updated` on")
    b = State()
    early = State(doc="how long before its tick the spike was, in ticks, below 1")
    due = State(doc="the same of the spike that is predicted")
    updated = Integers(start=NEVER_SEEN, doc="tick of each unit's last update, by an input")
    fired = Integers(
        start=NEVER_SEEN, doc="tick at which each unit's spike was delivered; NEVER_SEEN: it has not fired"
    )
    seen = Integers("n_in", start=NEVER_SEEN, doc="tick of each input's spike")
    kept_delays = Integers(None, start=lambda layer: layer.delays, key="delays")
    most = Derived[int](lambda layer: max(1, len(np.asarray(layer.delays))))
    errors = ERRORS
    dtypes: ClassVar[tuple[str, ...]] = ("float64",)
    n_synapses: int

    reset = Port(reset, accepts=1)
    spikes = Port(fan_out, emits="delayed", accepts="n_in")
    arrive = Port(arrive, accepts="n_synapses")
    crossing = Port(cross, emits="out", accepts="units")
    out = Outlet()
    delayed = Outlet(width="n_synapses", passes_on=True)
    predicted = Outlet(predicts="crossing")

    def nothing(self, i: int, blocks: Any) -> NDArray[np.float64]:
        """An input moves no potential at once [units]."""
        return np.zeros(self.units)

    def check(self) -> None:
        """A row for each input and delay."""
        k = len(np.asarray(self.delays))
        if self.weights.rows % k:
            raise NetworkError(f"{self.weights!r} for {k} delays; wanted a multiple of {k} rows")

    def check_integers(self, found: Found, time: int) -> None:
        """Ticks are past, and delays the module's."""
        for name in ("updated", "fired", "seen"):
            within(f"'{name}'", found[name], *ticks(time))
        if "delays" in found:
            same("'delays'", found["delays"], self.integers["delays"], BY_NO_RULE)
