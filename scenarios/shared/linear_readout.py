"""A linear read-out of features: ridge regression, with the penalty that does best on samples left out in turn."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from eventnet.errors import ModelError

Floats = NDArray[np.float64]

PENALTIES = (0.01, 0.1, 1.0, 10.0, 100.0, 1e3)
FOLDS = 5


class LinearReadout:
    """targets = features @ weights + offset, by least squares with a penalty on the weights (Hoerl and Kennard 1970).

    features [n, m], targets [n, k], numbers. penalties: those to choose from, in units of the mean variance of the
    features; the one with the least squared error when every fifth sample in turn is left out is kept as `penalty`.
    Raises ModelError for shapes that do not go together.
    """

    def __init__(self, features: ArrayLike, targets: ArrayLike, penalties: tuple[float, ...] = PENALTIES) -> None:
        x, y = np.asarray(features, dtype=np.float64), np.asarray(targets, dtype=np.float64)
        if x.ndim != 2 or y.ndim != 2 or len(x) != len(y) or len(x) < FOLDS:
            raise ModelError(
                f"features are {list(x.shape)} and targets {list(y.shape)}; wanted [n, m] and [n, k], n {FOLDS} or more"
            )
        self.penalty = penalties[0] if len(penalties) == 1 else _best(x, y, penalties)
        self.means, self.offset, (self.weights,) = _fits(x, y, (self.penalty,))

    def __call__(self, features: ArrayLike) -> Floats:
        """The outputs for features [n, m]: [n, k]."""
        return np.asarray((np.asarray(features, dtype=np.float64) - self.means) @ self.weights + self.offset)


def _best(x: Floats, y: Floats, penalties: tuple[float, ...]) -> float:
    errors, fold = np.zeros(len(penalties)), np.arange(len(x)) % FOLDS
    for k in range(FOLDS):
        out = fold == k
        means, offset, fits = _fits(x[~out], y[~out], penalties)
        for number, weights in enumerate(fits):
            errors[number] += float((((x[out] - means) @ weights + offset - y[out]) ** 2).sum())
    return penalties[int(errors.argmin())]


def _fits(x: Floats, y: Floats, penalties: tuple[float, ...]) -> tuple[Floats, Floats, list[Floats]]:
    """Means of features and targets, and weights for each penalty: eigenvectors are found once."""
    means, offset = x.mean(axis=0), y.mean(axis=0)
    a, b = x - means, y - offset
    unit = max(float((a**2).mean()), 1e-30)
    wide = x.shape[1] > len(x)
    values, vectors = np.linalg.eigh(a @ a.T if wide else a.T @ a)
    right = vectors.T @ (b if wide else a.T @ b)
    made = []
    for penalty in penalties:
        part = vectors @ (right / (np.maximum(values, 0) + penalty * unit * len(x))[:, None])
        made.append(a.T @ part if wide else part)
    return means, offset, made
