"""Softmax over the classes, with the loss it is trained by."""

from __future__ import annotations

import numpy as np

from eventnet.models.part import Floats


def softmax(x: Floats) -> Floats:
    """Probabilities, [n, classes], that add up to 1 in each row."""
    raised = np.exp(x - x.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))


def softmax_loss(x: Floats, targets: Floats) -> tuple[float, Floats]:
    """Mean negative log-likelihood of the targets, [n, classes] of 0 and 1, and its gradient by x."""
    below = x - x.max(axis=1, keepdims=True)
    raised = np.exp(below)
    sums = raised.sum(axis=1, keepdims=True)
    loss = float(((np.log(sums) - below) * targets).sum()) / len(x)
    raised /= sums
    raised -= targets
    raised /= len(x)
    return loss, raised
