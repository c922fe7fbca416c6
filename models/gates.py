"""Activations as parts: what lets errors pass on their way down."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from eventnet.models.layers import Activation, HardSigmoid, Identity, ReLU, Tanh
from eventnet.models.part import Floats, Part

ACTIVATIONS: dict[str, Activation] = {
    "relu": ReLU(),
    "hard_sigmoid": HardSigmoid(),
    "tanh": Tanh(),
    "identity": Identity(),
}


class ReLUPart(Part):
    """max(x, 0), written over x; the derivative at 0 is 1."""

    def forward(self, x: Floats, learning: bool) -> Floats:
        self._open = x >= 0
        return np.maximum(x, 0, out=x)

    def backward(self, error: Floats, below: bool) -> Floats:
        error *= self._open
        return error


class HardSigmoidPart(Part):
    """x clipped to 0 ... 1, written over x; the derivative at both edges is 1."""

    def forward(self, x: Floats, learning: bool) -> Floats:
        self._open = (x >= 0) & (x <= 1)
        return np.clip(x, 0, 1, out=x)

    def backward(self, error: Floats, below: bool) -> Floats:
        error *= self._open
        return error


class TanhPart(Part):
    """The hyperbolic tangent."""

    def forward(self, x: Floats, learning: bool) -> Floats:
        self._made: Floats = np.tanh(x)
        return self._made

    def backward(self, error: Floats, below: bool) -> Floats:
        return error * (1 - self._made**2)


class IdentityPart(Part):
    """Nothing happens."""

    def forward(self, x: Floats, learning: bool) -> Floats:
        return x

    def backward(self, error: Floats, below: bool) -> Floats:
        return error


GATES: dict[str, Callable[[], Part]] = {
    "relu": ReLUPart, "hard_sigmoid": HardSigmoidPart, "tanh": TanhPart, "identity": IdentityPart
}  # fmt: skip
