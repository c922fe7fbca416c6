"""Networks that answer a mirrored picture with the mirrored rates, exactly: weights that come in mirrored sets.

Of each filter there are its mirrored twins, and of each hidden unit those that see the mirrored regions of the twins:
units [mirror, own] lie in a row, own varying fastest. Means of weights over all mirrors have this form. A gradient's
mean is the gradient of a network that has no other, so that it learns from a sample in all mirrors at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventnet.errors import ModelError
from eventnet.scenarios.fusion.network import FusionWeights

Floats = NDArray[Any]


class Symmetry:
    """Means over mirrors of what `Layers` learns.

    mirrors: (left-right, up-down) of each; the first is none, and those made of two are among them. signs: those of the
    rates in each, [n_out]. weights: of the sizes that are used. Raises ModelError where filters, hidden units or
    regions do not come in mirrored sets.
    """

    def __init__(
        self, weights: FusionWeights, mirrors: Sequence[tuple[bool, bool]], signs: Sequence[NDArray[Any]]
    ) -> None:
        w, n = weights, len(mirrors)
        self.mirrors, self._signs = tuple(mirrors), [np.asarray(sign, np.float32) for sign in signs]
        units = {"filters": w.n_filters, "hidden units": len(w.hidden_bias)}
        for name, count in units.items():
            if count % n:
                raise ModelError(f"there are {count} {name}; wanted a multiple of {n}, the number of mirrors")
        for patches, size, step in zip(w.patches, w.pool, w.pool_stride):
            if (patches - size) % step:
                raise ModelError(
                    f"regions of {size} patches, {step} apart, leave out some of {patches}: they have no mirror"
                )
        steps = w.size // w.stride
        self._filters = -1, w.stride, w.stride, steps, steps, w.n_filters
        self._hidden = *w.regions, w.n_filters, len(w.hidden_bias)

    def __call__(self, learned: dict[str, Floats]) -> dict[str, Floats]:
        """The means, or the means of gradients."""
        turns = range(len(self.mirrors))
        return {name: np.mean([self._turned(name, array, n) for n in turns], axis=0) for name, array in learned.items()}

    def _turned(self, name: str, array: Floats, n: int) -> Floats:
        """A weight as it is in a mirror."""
        across, down = (slice(None, None, -1 if mirror else 1) for mirror in self.mirrors[n])
        if name == "filters":
            made = self._twins(array.reshape(self._filters)[:, down, across, down, across], 5, n)
        elif name == "hidden":
            made = self._twins(self._twins(array.reshape(self._hidden)[down, across], 2, n), 3, n)
        elif name == "out_bias":
            made = array * self._signs[n]
        else:
            made = self._twins(array, 0, n)
            if name == "out":
                made = made * self._signs[n]
        return made.reshape(array.shape)

    def _twins(self, array: Floats, axis: int, n: int) -> Floats:
        """Units along an axis in the order of their twins."""
        turns = len(self.mirrors)
        order = np.arange(array.shape[axis]).reshape(turns, -1)[np.arange(turns) ^ n]
        made: Floats = np.take(array, order.ravel(), axis)
        return made
