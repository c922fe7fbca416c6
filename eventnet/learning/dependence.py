"""Dependence of a weight's change on the weight: additive, multiplicative or by a power of the room that is left.

    up     w <- w + change (highest - w)^mu
    down   w <- w - change (w - lowest)^mu

mu = 0 is additive, with hard bounds; 1 is multiplicative, with soft ones (van Rossum, Bi and Turrigiano 2000); between
them lies the power law of Guetig, Aharonov, Rotter and Sompolinsky (2003). No change carries a weight across a bound.
One that something else has put beyond (normalisation, say) is clipped when mu is 0, drawn back when it is 1, and else
left there by changes that point away.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numba.extending import overload, register_jitable

from eventnet.errors import NetworkError
from eventnet.kernels.records import address_of, array_at
from eventnet.module import made_again
from eventnet.tally import LEARNING_ADDS, MULTIPLIES, READS, WRITES

if TYPE_CHECKING:
    from eventnet.module import Block

LARGEST = float(np.finfo(np.float32).max)
NEGATIVE = 1
ERRORS = {NEGATIVE: "a spike of sign -1 reached plasticity that knows only positive spikes"}


@register_jitable(forceinline=True)
def clipped(word: Any, lowest: Any, highest: Any) -> Any:
    """A weight, or the bound that it has passed."""
    below = lowest if word < lowest else word
    return highest if below > highest else below


@register_jitable(forceinline=True)
def strengthen(w: Any, k: int, j: int, change: Any, lowest: Any, highest: Any, mu: Any, tally: Any) -> None:
    """Move w[k, j] up by a change, of 0 or more unless mu is 0; `count_moves` counts it, but for the power."""
    word = w[k, j]
    if mu == 0:
        w[k, j] = clipped(word + change, lowest, highest)
        return
    if mu == 1:
        moved = word + change * (highest - word)
    elif word < highest:
        moved = word + change * power(w, highest - word, mu, tally)
    else:
        moved = word
    w[k, j] = highest if moved > highest and word <= highest else moved


@register_jitable(forceinline=True)
def weaken(w: Any, k: int, j: int, change: Any, lowest: Any, highest: Any, mu: Any, tally: Any) -> None:
    """Move w[k, j] down by a change, of 0 or more unless mu is 0; `count_moves` counts it, but for the power."""
    word = w[k, j]
    if mu == 0:
        w[k, j] = clipped(word - change, lowest, highest)
        return
    if mu == 1:
        moved = word - change * (word - lowest)
    elif word > lowest:
        moved = word - change * power(w, word - lowest, mu, tally)
    else:
        moved = word
    w[k, j] = lowest if moved < lowest and word >= lowest else moved


@register_jitable
def power(w: Any, room: Any, mu: Any, tally: Any) -> Any:
    """room^mu for room above 0, in float64, rounded once; counts this and the adds and the product around it."""
    tally[LEARNING_ADDS] += 2
    tally[MULTIPLIES] += 2
    return w.dtype.type(math.exp(np.float64(mu) * math.log(np.float64(room))))


@register_jitable
def count_moves(tally: Any, n: int, mu: Any) -> None:
    """n weights were read, moved and written."""
    if mu == 0:
        tally[LEARNING_ADDS] += n
    elif mu == 1:
        tally[LEARNING_ADDS] += 2 * n
        tally[MULTIPLIES] += n
    tally[READS] += n
    tally[WRITES] += n


def weaken_row(
    w: Any, i: int, y: Any, gain: Any, lowest: Any, highest: Any, mu: Any, tally: Any
) -> None:  # fmt: skip
    """Move w[i, j] down by gain y[j], for all j; counted."""
    for j in range(len(y)):
        weaken(w, i, j, gain * y[j], lowest, highest, mu, tally)
    tally[MULTIPLIES] += len(y)
    count_moves(tally, len(y), mu)


# With the branches on mu outside its loops it works on several weights at once.
@overload(weaken_row, jit_options={"forceinline": True})
def _weaken_row(w, i, y, gain, lowest, highest, mu, tally):
    number = w.dtype

    def impl(w, i, y, gain, lowest, highest, mu, tally):
        n = len(y)
        row = array_at(address_of(w) + i * w.strides[0], n, number)
        if mu == 0:
            for j in range(n):
                row[j] = clipped(row[j] - gain * y[j], lowest, highest)
        elif mu == 1:
            for j in range(n):
                word = row[j]
                moved = word - gain * y[j] * (word - lowest)
                row[j] = lowest if moved < lowest and word >= lowest else moved
        else:
            for j in range(n):
                weaken(w, i, j, gain * y[j], lowest, highest, mu, tally)
        tally[MULTIPLIES] += n
        count_moves(tally, n, mu)

    return impl


# --- what is refused -------------------------------------------------------------------------------------------------
def check_bounds(weights: Block, bounds: tuple[float, float] | None) -> tuple[float, float]:
    """Lowest and highest weight; for None, the furthest that a float32 goes.

    Raises NetworkError unless they are finite, in order, and hold all weights. Those of a network that is saved or
    read may lie beyond, where normalising or a hand has put them: the rules take them as the first lines say.
    """
    if bounds is None:
        return -LARGEST, LARGEST
    lowest, highest = (float(bound) for bound in bounds)
    if not (math.isfinite(lowest) and math.isfinite(highest) and lowest < highest):
        raise NetworkError(f"bounds are {lowest:g} and {highest:g}; wanted two finite numbers, the lower one first")
    if made_again():
        return lowest, highest
    number = weights.array.dtype.type
    outside = (weights.array < number(lowest)) | (weights.array > number(highest))
    if outside.any():
        k, j = np.argwhere(outside)[0].tolist()
        raise NetworkError(
            f"weights {weights.name!r} hold {weights.array[k, j]:g} at [{k}, {j}]; wanted values from {lowest:g} to "
            f"{highest:g}, the bounds of their plasticity"
        )
    return lowest, highest


def check_exponent(mu: float, what: str) -> float:
    """An exponent of the room that is left. Raises NetworkError unless it is finite and 0 or more."""
    if not 0 <= mu < math.inf:
        raise NetworkError(f"{what} is {mu}; wanted an exponent of 0 (additive), 1 (multiplicative) or any above 0")
    return float(mu)


def check_positive(number: float, what: str) -> float:
    """A number above 0. Raises NetworkError unless it is finite and above 0."""
    if not 0 < number < math.inf:
        raise NetworkError(f"{what} is {number}; wanted a finite number above 0")
    return number


def check_finite(number: float, what: str) -> float:
    """A number. Raises NetworkError unless it is finite."""
    if not math.isfinite(number):
        raise NetworkError(f"{what} is {number}; wanted a finite number")
    return number
