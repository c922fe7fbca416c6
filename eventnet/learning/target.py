"""Weights that follow the traces of their inputs, whenever their unit spikes.

    x_k = exp(-(t - seen[k]) / tau)                 the trace of input k, by its last spike; 0 if it has never spiked

    TraceTarget   w[k, j] moves by rate (x_k - target) times the room that is left (Diehl and Cook 2015)
    Instar        w[k, j] moves by rate (x_k - w[k, j]) (Grossberg 1976)

at a spike of unit j. Both strengthen inputs that have just spiked and weaken the others; nothing happens at an input's
spike but that its tick is noted, by the layer or by `LastSpikes`, in `seen`. So a trace costs one decay a spike of the
unit, and nothing where its input has been silent for 40 tau.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from numba.extending import register_jitable

from eventnet.declarations import Derived, Integers, Option, Other, Param, Weights
from eventnet.errors import NetworkError
from eventnet.learning.dependence import (
    ERRORS,
    NEGATIVE,
    check_bounds,
    check_exponent,
    check_positive,
    count_moves,
    strengthen,
    weaken,
)
from eventnet.learning.traces import keep_decays, kept, lifetimes
from eventnet.module import Module, Port
from eventnet.rule import rule
from eventnet.tally import LEARNING_ADDS, MULTIPLIES, READS, WRITES

if TYPE_CHECKING:
    from eventnet.module import Block


@register_jitable(forceinline=True)
def follow(i, t, seen, life, decays, w, tau, target, rate, fall, lowest, highest, mu, tally):
    """Move the weights of unit i; the number of inputs whose traces had to be worked out."""
    recent = 0
    for k in range(len(seen)):
        dt = t - seen[k]
        if dt > life:
            weaken(w, k, i, fall, lowest, highest, mu, tally)
        else:
            recent += 1
            above = kept(dt, tau, decays, w) - target
            if above > 0:
                strengthen(w, k, i, rate * above, lowest, highest, mu, tally)
            else:
                weaken(w, k, i, rate * -above, lowest, highest, mu, tally)
    return recent


# 784 x 100 weights of float32: 0.8 us a spike if a fifth of the inputs have spiked in the last 40 tau, 1.9 if all have.
@rule
def move_to_target(i, s, t, out, tally, seen, life, decays, w, tau, target, rate, fall, lowest, highest, mu):
    """Unit i spikes: its weights move by how far the traces of its inputs are above the target."""
    if s < 0:
        return NEGATIVE
    # With mu known in the loop, and not asked for at each weight, it is a fifth faster.
    if mu == 1:
        mu_here = w.dtype.type(1)
        recent = follow(i, t, seen, life[0], decays, w, tau, target, rate, fall, lowest, highest, mu_here, tally)
    elif mu == 0:
        mu_here = w.dtype.type(0)
        recent = follow(i, t, seen, life[0], decays, w, tau, target, rate, fall, lowest, highest, mu_here, tally)
    else:
        recent = follow(i, t, seen, life[0], decays, w, tau, target, rate, fall, lowest, highest, mu, tally)
    tally[LEARNING_ADDS] += recent
    tally[MULTIPLIES] += 2 * recent
    count_moves(tally, len(seen), mu)
    return 0


@rule
def move_to_trace(i, s, t, out, tally, seen, life, decays, w, tau, rate):
    """Unit i spikes: its weights move towards the traces of its inputs."""
    if s < 0:
        return NEGATIVE
    recent = 0
    for k in range(len(seen)):
        dt, word = t - seen[k], w[k, i]
        if dt > life[0]:
            w[k, i] = word - rate * word
        else:
            recent += 1
            w[k, i] = word + rate * (kept(dt, tau, decays, w) - word)
    tally[LEARNING_ADDS] += len(seen) + recent
    tally[MULTIPLIES] += len(seen) + recent
    tally[READS] += len(seen)
    tally[WRITES] += len(seen)
    return 0


def check_target(target: float, what: str) -> float:
    """A trace. Raises NetworkError for what is none."""
    if not 0 <= target <= 1:
        raise NetworkError(f"target is {target}; traces go from 0 to 1")
    return target


class Follower(Module):
    """Base of the rules that read `seen`: no delivery a spike of an input.

    An input at the tick of the spike has the trace 1 if it was delivered before, as the one has that made the unit
    spike; one that comes later at that tick has the trace of its spike before.
    """

    weights = Weights("n_in", "n_out", key="w", doc="shared with the layer that reads them")
    seen = Other(Module, doc="keeps the tick of the last spike of each input as integers `seen` [n_in]")
    tau = Param(doc="time constant of the traces, in ticks")
    rate = Param(check=check_positive, doc="learning rate")
    units = Derived(lambda module: module.n_out)
    life = Integers(1, start=lambda module: lifetimes(tau=module.tau))
    decays = Integers(None, start=lambda module: keep_decays(number_of(module)(module.tau), int(module.life[0])))
    ticks = Integers.of(seen, "seen", key="seen")
    n_in: int
    n_out: int

    dtypes: ClassVar[tuple[str, ...]] = ("float64", "float32")
    errors = ERRORS

    def check(self) -> None:
        """The module below keeps what is read of it."""
        check_seen(self.seen, self.weights)


def number_of(module: Follower) -> Any:
    """The number type of the weights."""
    return module.weights.array.dtype.type


class TraceTarget(Follower):
    """Traces of inputs beside a target: above it a weight grows, below it it shrinks (Diehl and Cook 2015).

        w[k, j] += rate (x_k - target) (highest - w)^mu      if x_k > target
        w[k, j] += rate (x_k - target) (w - lowest)^mu       otherwise

    Diehl and Cook multiply by (highest - w)^mu both ways.
    """

    target = Param(check=check_target, doc="0 to 1")
    bounds = Option[tuple[float, float]]((0.0, 1.0), doc="lowest and highest weight")
    fall = Param(start=lambda module: module.rate * module.target)
    lowest = Param(start=lambda module: check_bounds(module.weights, module.bounds)[0])
    highest = Param(start=lambda module: check_bounds(module.weights, module.bounds)[1])
    mu = Param(
        1.0, check=check_exponent,
        doc="0: additive and clipped; 1: soft bounds, at both ends; any other: a power of the room that is left",
    )  # fmt: skip
    post = Port(move_to_target, accepts="n_out")


class Instar(Follower):
    """Weights move to the traces of their inputs: w[k, j] += rate (x_k - w[k, j]) (Grossberg 1976).

    They stay between 0 and 1 by themselves, so they need neither bounds nor normalisation. The rate is 1 at most.
    """

    post = Port(move_to_trace, accepts="n_out")

    def check(self) -> None:
        """A weight that moves beyond its trace swings."""
        super().check()
        check_swing(self.rate)


def check_swing(rate: float) -> None:
    """Raises NetworkError for a rate with which weights move beyond their traces."""
    if rate > 1:
        raise NetworkError(f"rate is {rate}; a weight that moves beyond its trace swings: wanted 1 at most")


def check_seen(seen: Module, weights: Block) -> None:
    """Raises NetworkError unless a module keeps the tick of the last spike of each input of a weight block."""
    if len(seen.integers.get("seen", ())) != weights.rows:
        raise NetworkError(
            f"{seen!r} does not keep the ticks of the last spikes of {weights.rows} inputs, which {weights!r} joins"
        )
