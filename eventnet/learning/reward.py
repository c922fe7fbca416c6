"""Three factors: pairs of spikes leave tags that fade, and a reward turns them into changes of weights.

    tag    e[k, j] changes by STDP as a weight would, and decays with its `memory`
    w[k, j] += amount e[k, j]       at a spike of reward

(Florian 2007, with rewards that come as spikes.) The tags are a block of their own that a `PairStdp` with a memory
writes; a reward costs an add and a multiplication a weight, and between rewards the weights cost nothing. A tag is kept
as so much more than it is worth as it will have lost since a tick that is the same for all, `BASE` of the rule's clock:
decaying costs nothing either, but for one multiplication a tag every 30 time constants.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from numba.extending import overload
from numpy.typing import NDArray

from eventnet.declarations import Derived, Integers, Option, Other, Param, State, Weights
from eventnet.errors import NetworkError
from eventnet.kernels.records import address_of, array_at
from eventnet.learning.dependence import check_bounds, clipped, count_moves
from eventnet.learning.stdp import MEMORY, PairStdp
from eventnet.learning.traces import BASE, remains
from eventnet.module import Module, Port
from eventnet.rule import rule
from eventnet.tally import MULTIPLIES, READS


def pay(w: Any, e: Any, gain: Any, lowest: Any, highest: Any) -> None:
    """w += gain e, within bounds."""
    for k in range(len(w)):
        for j in range(w.shape[1]):
            w[k, j] = clipped(w[k, j] + gain * e[k, j], lowest, highest)


@overload(pay, jit_options={"forceinline": True})
def _pay(w, e, gain, lowest, highest):
    number = w.dtype

    def impl(w, e, gain, lowest, highest):
        n = w.shape[1]
        for k in range(len(w)):
            row = array_at(address_of(w) + k * w.strides[0], n, number)
            tags = array_at(address_of(e) + k * e.strides[0], n, number)
            for j in range(n):
                row[j] = clipped(row[j] + gain * tags[j], lowest, highest)

    return impl


@rule
def reward(i, s, t, out, tally, amounts, code, clock, w, e, lowest, highest):
    """The i-th amount of reward, or with a negative spike its opposite: every weight moves by so much of its tag."""
    gain = amounts[i] * w.dtype.type(remains(t - clock[BASE], code[MEMORY]))
    tally[MULTIPLIES] += 2
    if gain == 0:  # the tags have faded, or there are none yet
        return
    if s < 0:
        gain = -gain
    pay(w, e, gain, lowest, highest)
    words = w.shape[0] * w.shape[1]
    tally[MULTIPLIES] += words
    count_moves(tally, words, 0)
    tally[READS] += words


def check_amounts(amounts: Sequence[float], what: str) -> tuple[float, ...]:
    """Rewards that there are. Raises NetworkError unless they are one finite number or more."""
    if len(amounts) == 0 or not np.all(np.isfinite(amounts)):
        raise NetworkError(f"{what} are {list(amounts)}; wanted one finite number or more")
    return tuple(amounts)


class Reward(Module):
    """Turns the tags that a rule with a memory keeps into changes of the weights, at spikes of reward.

    The spike (k, +1) at `reward` gives the k-th amount, (k, -1) takes as much away.
    """

    weights = Weights("n_in", "n_out", key="w", doc="shared with the layer that reads them")
    tags = Other(PairStdp, doc="has a `memory`, and keeps its tags in a block of the same shape")
    amounts = Option[Sequence[float]]((1.0,), check=check_amounts, doc="rewards that there are")
    bounds = Option[tuple[float, float] | None](
        (0.0, 1.0), doc="lowest and highest weight, which are clipped; None for none"
    )
    units = Derived(lambda module: len(module.amounts))
    paid = State(key="amounts", start=lambda module: np.array(module.amounts, dtype=np.float64))
    limits = Derived(lambda module: check_bounds(module.weights, module.bounds))
    lowest = Param(start=lambda module: module.limits[0])
    highest = Param(start=lambda module: module.limits[1])
    e = Weights.of(tags, "weights")
    clock = Integers.of(tags, "clock")
    code = State.of(tags, "code")

    reward = Port(reward, accepts="units")
    n_in: int
    n_out: int

    dtypes: ClassVar[tuple[str, ...]] = ("float64", "float32")

    def check(self) -> None:
        """The tags are tags, in a block of their own."""
        tags, weights = self.tags, self.weights
        if tags.memory is None:
            raise NetworkError(f"{tags!r} changes weights at once; wanted a rule with a memory, which keeps tags")
        if tags.weights.array.shape != weights.array.shape or tags.weights is weights:
            raise NetworkError(f"tags are {tags.weights!r}; wanted a block of their own with the shape of {weights!r}")


def tags_now(simulation: Any, tags: PairStdp, t: int) -> NDArray[np.float64]:
    """The tags of a rule with a memory, [n_in, n_out], decayed to a tick of the run not before its last spike."""
    base = int(simulation.state(tags)["clock"][BASE])
    worth: NDArray[np.float64] = simulation.weights(tags.weights) * np.float64(remains(t - base, tags.memory))
    return worth
