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

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from eventnet.kernels.ranges import Integers, ticks, within
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
from eventnet.learning.traces import lifetimes, no_spikes, remains
from eventnet.module import Module, Port
from eventnet.neurons.last_spikes import NEVER_FIRED
from eventnet.rule import rule
from eventnet.tally import MULTIPLIES

if TYPE_CHECKING:
    from eventnet.module import Block

PLUS, MINUS = range(2)
"""Words of `life`: ticks after which a pair is nothing, on both sides."""


@rule(
    integers=("heard", "fired", "life"), blocks=("w",), params=("a_minus", "tau_minus", "lowest", "highest", "mu_minus")
)  # fmt: skip
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


@rule(
    integers=("seen", "fired", "life"), blocks=("w",), params=("a_plus", "tau_plus", "lowest", "highest", "mu_plus")
)  # fmt: skip
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
    """Restricted nearest pairs on one weight block [n_in, n_out], shared with the layer that reads it.

    seen     the module that keeps the tick of the last spike of each input as integers `seen` [n_in]
    a_plus, a_minus, tau_plus, tau_minus, mu, bounds   as in `PairStdp`

    Ports: pre, post. Wire `first` of a `SpikeResponse` to `pre`, and its `out` to `post`; where a layer has no such
    outlet, wire the inputs themselves to `pre`: those that are not the first after a spike of a unit change nothing.

    Equal ticks: an input at the tick of a unit's spike counts as one before it, with dt = 0, as the one does that makes
    the unit spike; one that is delivered after the spike at that tick belongs to no pair of it.
    """

    pre = Port(weaken_first, accepts="n_in")
    post = Port(strengthen_last, accepts="n_out")
    dtypes: ClassVar[tuple[str, ...]] = ("float64", "float32")
    errors = ERRORS

    def __init__(
        self, weights: Block, seen: Module, *, a_plus: float, a_minus: float, tau_plus: float, tau_minus: float,
        mu: float | tuple[float, float] = 0.0, bounds: tuple[float, float] | None = (0.0, 1.0), name: str | None = None,
    ) -> None:  # fmt: skip
        super().__init__(name)
        check_finite(a_plus=a_plus, a_minus=a_minus)
        check_seen(seen, weights)
        self.weights, self.seen, self.a_plus, self.a_minus = weights, seen, a_plus, a_minus
        self.tau_plus, self.tau_minus, self.mu, self.bounds = tau_plus, tau_minus, mu, bounds
        self.n_in, self.n_out = weights.rows, weights.cols
        self.units = self.n_out
        lives = lifetimes(tau_plus=tau_plus, tau_minus=tau_minus)
        mu_plus, mu_minus = check_exponents(mu, bounds, a_plus < 0 or a_minus < 0)
        lowest, highest = check_bounds(weights, bounds)
        self.blocks, self.reads = {"w": weights}, {"seen": (seen, "seen")}
        self.params = {
            "a_plus": a_plus, "a_minus": a_minus, "tau_plus": tau_plus, "tau_minus": tau_minus, "lowest": lowest,
            "highest": highest, "mu_plus": mu_plus, "mu_minus": mu_minus,
        }  # fmt: skip
        self.integers = {
            "heard": no_spikes(self.n_in), "fired": np.full(self.n_out, NEVER_FIRED),
            "life": np.array(lives, dtype=np.int64),
        }  # fmt: skip

    def most_spikes(self) -> int:
        """It makes none, but an engine wants room for one."""
        return 1

    def check_integers(self, found: Integers, time: int) -> None:
        """No spike is to come."""
        within("'heard'", found["heard"], *ticks(time))
        within("'fired'", found["fired"], NEVER_FIRED, time + 1)
