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
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numba.extending import overload
from numpy.typing import NDArray

from eventnet.errors import NetworkError
from eventnet.kernels.records import address_of, array_at
from eventnet.learning.dependence import check_bounds, clipped, count_moves
from eventnet.learning.stdp import MEMORY, PairStdp
from eventnet.learning.traces import BASE, remains
from eventnet.module import Module, Port
from eventnet.rule import rule
from eventnet.tally import MULTIPLIES, READS

if TYPE_CHECKING:
    from eventnet.module import Block


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


@rule(state=("amounts", "code"), integers=("clock",), blocks=("w", "e"), params=("lowest", "highest"))
def reward(i, s, t, out, tally, amounts, code, clock, w, e, lowest, highest):
    """The i-th amount of reward, or with a negative spike its opposite: every weight moves by so much of its tag."""
    gain = amounts[i] * w.dtype.type(remains(t - clock[BASE], code[MEMORY]))
    tally[MULTIPLIES] += 2
    if gain == 0:  # the tags have faded, or there are none yet
        return 0
    if s < 0:
        gain = -gain
    pay(w, e, gain, lowest, highest)
    words = w.shape[0] * w.shape[1]
    tally[MULTIPLIES] += words
    count_moves(tally, words, 0)
    tally[READS] += words
    return 0


class Reward(Module):
    """Turns the tags that a rule with a memory keeps into changes of the weights [n_in, n_out], at spikes of reward.

    weights  the block that the layer reads
    tags     the module that keeps the tags, in a block of the same shape: a `PairStdp` with a `memory`
    amounts  rewards that there are: the spike (k, +1) gives the k-th, (k, -1) takes as much away
    bounds   lowest and highest weight, which are clipped; None for none

    Ports: reward (an amount's number).
    """

    reward = Port(reward, accepts="units")
    dtypes: ClassVar[tuple[str, ...]] = ("float64", "float32")

    def __init__(
        self, weights: Block, tags: PairStdp, *, amounts: Sequence[float] = (1.0,),
        bounds: tuple[float, float] | None = (0.0, 1.0), name: str | None = None,
    ) -> None:  # fmt: skip
        super().__init__(name)
        if tags.memory is None:
            raise NetworkError(f"{tags!r} changes weights at once; wanted a rule with a memory, which keeps tags")
        if tags.weights.array.shape != weights.array.shape or tags.weights is weights:
            raise NetworkError(f"tags are {tags.weights!r}; wanted a block of their own with the shape of {weights!r}")
        if len(amounts) == 0 or not np.all(np.isfinite(amounts)):
            raise NetworkError(f"amounts are {list(amounts)}; wanted one finite number or more")
        self.weights, self.tags, self.amounts, self.bounds = weights, tags, tuple(amounts), bounds
        self.units = len(amounts)
        lowest, highest = check_bounds(weights, bounds)
        self.state = {"amounts": np.array(amounts, dtype=np.float64)}
        self.params = {"lowest": lowest, "highest": highest}
        self.blocks = {"w": weights, "e": tags.weights}
        self.reads = {"clock": (tags, "clock"), "code": (tags, "code")}

    def most_spikes(self) -> int:
        """It makes none, but an engine wants room for one."""
        return 1


def tags_now(simulation: Any, tags: PairStdp, t: int) -> NDArray[np.float64]:
    """What the tags of a rule with a memory are worth at a tick of the run not before its last spike, [n_in, n_out]."""
    base = int(simulation.state(tags)["clock"][BASE])
    worth: NDArray[np.float64] = simulation.weights(tags.weights) * np.float64(remains(t - base, tags.memory))
    return worth
