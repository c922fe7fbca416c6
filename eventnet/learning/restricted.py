"""STDP of the nearest pairs, restricted, that hears of an input only when there is something to do.

    up by    a_plus  exp(-(t_post - t_pre) / tau_plus)     at a unit's spike, for each input that has spiked since the
                                                           unit's spike before: by the last of those spikes
    down by  a_minus exp(-(t_pre - t_post) / tau_minus)    at the first spike of an input after one of the unit

This is `PairStdp` with pairing="restricted" (Morrison, Diesmann and Gerstner 2008), as Masquelier, Guyonneau and Thorpe
(2008) use it. Of the inputs it must know the tick of the last spike of each, which it reads where that is kept, and the
first one after each spike of a unit, which the layer tells. An input that spikes a hundred times between two spikes of
a unit costs one delivery.
"""

from __future__ import annotations

from typing import ClassVar

from eventnet.declarations import Derived, Integers, Option, Other, Param, Weights
from eventnet.kernels.ranges import Integers as Found
from eventnet.kernels.ranges import ticks, within
from eventnet.learning.dependence import (
    ERRORS,
    NEGATIVE,
    check_bounds,
    check_finite,
    count_moves,
    strengthen,
    weaken,
)
from eventnet.learning.stdp import check_exponents
from eventnet.learning.target import check_seen
from eventnet.learning.traces import lifetimes, remains
from eventnet.module import Module, Port
from eventnet.neurons.last_spikes import NEVER_FIRED, NEVER_SEEN
from eventnet.rule import rule
from eventnet.tally import MULTIPLIES

PLUS, MINUS = range(2)
"""Words of `life`: ticks after which a pair is nothing, on both sides."""


@rule
def weaken_first(i, s, t, out, tally, heard, fired, life, w, a_minus, tau_minus, lowest, highest, mu_minus):
    """Input i spikes: down goes its weight to each unit after whose last spike it is the first."""
    if s < 0:
        return NEGATIVE
    moved = 0
    for j in range(len(fired)):
        dt = t - fired[j]
        if heard[i] <= fired[j] and 0 < dt <= life[MINUS]:
            gain = a_minus * w.dtype.type(remains(dt, tau_minus))
            weaken(w, i, j, gain, lowest, highest, mu_minus, tally)
            moved += 1
    tally[MULTIPLIES] += 2 * moved
    count_moves(tally, moved, mu_minus)
    heard[i] = t
    return 0


@rule
def strengthen_last(i, s, t, out, tally, seen, fired, life, w, a_plus, tau_plus, lowest, highest, mu_plus):
    """Unit i spikes: up go the weights of the inputs that have spiked since its spike before."""
    if s < 0:
        return NEGATIVE
    before, moved = fired[i], 0
    for k in range(len(seen)):
        dt = t - seen[k]
        if seen[k] > before and dt <= life[PLUS]:
            gain = a_plus * w.dtype.type(remains(dt, tau_plus))
            strengthen(w, k, i, gain, lowest, highest, mu_plus, tally)
            moved += 1
    tally[MULTIPLIES] += 2 * moved
    count_moves(tally, moved, mu_plus)
    fired[i] = t
    return 0


class RestrictedStdp(Module):
    """Restricted nearest pairs on one weight block.

    Wire `first` of a `SpikeResponse` to `pre`, and its `out` to `post`; where a layer has no such outlet, wire the
    inputs themselves to `pre`: those that are not the first after a spike of a unit change nothing.

    Equal ticks: an input at the tick of a unit's spike counts as one before it, with dt = 0, as the one does that makes
    the unit spike; one that is delivered after the spike at that tick belongs to no pair of it.
    """

    weights = Weights("n_in", "n_out", key="w", doc="shared with the layer that reads them")
    seen = Other(Module, doc="keeps the tick of the last spike of each input as integers `seen` [n_in]")
    a_plus = Param(check=check_finite, doc="this and what follows as in `PairStdp`")
    a_minus = Param(check=check_finite)
    tau_plus = Param()
    tau_minus = Param()
    mu = Option[float | tuple[float, float]](0.0)
    bounds = Option[tuple[float, float] | None]((0.0, 1.0))
    units = Derived(lambda module: module.n_out)
    exponents = Derived(lambda m: check_exponents(m.mu, m.bounds, m.a_plus < 0 or m.a_minus < 0))
    limits = Derived(lambda module: check_bounds(module.weights, module.bounds))
    lowest = Param(start=lambda module: module.limits[0])
    highest = Param(start=lambda module: module.limits[1])
    mu_plus = Param(start=lambda module: module.exponents[0])
    mu_minus = Param(start=lambda module: module.exponents[1])
    heard = Integers("n_in", start=NEVER_SEEN, doc="tick of each input's last spike that was passed on")
    fired = Integers("n_out", start=NEVER_FIRED, doc="tick of each unit's last spike")
    life = Integers(2, start=lambda m: lifetimes(tau_plus=m.tau_plus, tau_minus=m.tau_minus))
    ticks = Integers.of(seen, "seen", key="seen")

    pre = Port(weaken_first, accepts="n_in")
    post = Port(strengthen_last, accepts="n_out")
    n_in: int
    n_out: int

    dtypes: ClassVar[tuple[str, ...]] = ("float64", "float32")
    errors = ERRORS

    def check(self) -> None:
        """The module below keeps what is read of it."""
        check_seen(self.seen, self.weights)

    def check_integers(self, found: Found, time: int) -> None:
        """No spike is to come."""
        within("'heard'", found["heard"], *ticks(time))
        within("'fired'", found["fired"], NEVER_FIRED, time + 1)
