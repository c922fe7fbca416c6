"""The network's layers in NumPy, exact and without a quantum: the form in which it is trained."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventnet.scenarios.fusion.network import FusionWeights

Floats = NDArray[Any]


class Layers:
    """Filters, means over regions, hidden units and rates, of blocks of traces as `features.traces` makes them.

    learned: weights and biases by name; "filters" is a matrix [M * stride * stride, steps * steps * K], of which each
    column is a block's part of a filter. after: h [n, patches, K], the regions' means [n, regions * K] and the hidden
    units [n, H] of the latest call.
    """

    def __init__(self, weights: FusionWeights) -> None:
        w, self.steps = weights, weights.size // weights.stride
        taus, k, s = len(w.tau_us), w.n_filters, w.stride
        blocks = w.filters.reshape(taus, k, self.steps, s, self.steps, s).transpose(0, 3, 5, 2, 4, 1)
        self.learned: dict[str, Floats] = {
            "filters": np.ascontiguousarray(blocks).reshape(taus * s * s, -1),
            **{name: getattr(w, name).copy() for name in ("bias", "hidden", "hidden_bias", "out", "out_bias")},
        }
        self.patches, self.n_filters, self.shape = w.patches, k, w.filters.shape
        self.means = region_means(w)
        self.noise: np.random.Generator | None = None
        self.after: tuple[Floats, Floats, Floats] = (np.empty(0), np.empty(0), np.empty(0))

    def filters(self) -> Floats:
        """The filters as [M, K, size, size]."""
        taus, k, size, _ = self.shape
        s = size // self.steps
        parts = self.learned["filters"].reshape(taus, s, s, self.steps, self.steps, k).transpose(0, 5, 3, 1, 4, 2)
        return np.ascontiguousarray(parts).reshape(self.shape)

    def __call__(self, blocks: Floats, quantum: Floats | None = None) -> Floats:
        """Rates [n, n_out]. quantum [K]: where given, h is off by up to half of it, at random from `noise`."""
        w, n, (rows, columns) = self.learned, len(blocks), self.patches
        parts = (blocks.reshape(-1, len(w["filters"])) @ w["filters"]).reshape(
            n, *blocks.shape[1:3], self.steps, self.steps, self.n_filters
        )
        u = np.zeros((n, rows, columns, self.n_filters), parts.dtype)
        for a in range(self.steps):
            for b in range(self.steps):
                u += parts[:, a : a + rows, b : b + columns, a, b]
        u += w["bias"]
        h = np.maximum(u, 0).reshape(n, rows * columns, -1)
        seen = h
        if quantum is not None and self.noise is not None:
            seen = h + (self.noise.random(h.shape, np.float32) - np.float32(0.5)) * quantum
        pooled = np.matmul(self.means, seen).reshape(n, -1)
        z = np.maximum(pooled @ w["hidden"] + w["hidden_bias"], 0)
        self.after = h, pooled, z
        rates: Floats = z @ w["out"] + w["out_bias"]
        return rates

    def gradients(self, blocks: Floats, error: Floats) -> dict[str, Floats]:
        """The gradient by each of `learned`, after a call, of a loss whose gradient by the rates is `error`."""
        w, n, (rows, columns), (h, pooled, z) = self.learned, len(blocks), self.patches, self.after
        made = {"out": z.T @ error, "out_bias": error.sum(axis=0)}
        below = (error @ w["out"].T) * (z > 0)
        made |= {"hidden": pooled.T @ below, "hidden_bias": below.sum(axis=0)}
        back = np.matmul(self.means.T, (below @ w["hidden"].T).reshape(n, -1, self.n_filters)) * (h > 0)
        made["bias"] = back.sum(axis=(0, 1))
        spread = np.zeros((n, *blocks.shape[1:3], self.steps, self.steps, self.n_filters), back.dtype)
        for a in range(self.steps):
            for b in range(self.steps):
                spread[:, a : a + rows, b : b + columns, a, b] = back.reshape(n, rows, columns, -1)
        flat = blocks.reshape(-1, len(w["filters"]))
        made["filters"] = flat.T @ spread.reshape(len(flat), -1)
        return made


def region_means(weights: FusionWeights) -> Floats:
    """The means over regions as a matrix [regions, patches]."""
    (rows, columns), (high, wide), (down, right) = weights.patches, weights.pool, weights.pool_stride
    made = np.zeros((*weights.regions, rows, columns), np.float32)
    for r in range(weights.regions[0]):
        for c in range(weights.regions[1]):
            made[r, c, r * down : r * down + high, c * right : c * right + wide] = 1 / (high * wide)
    return made.reshape(-1, rows * columns)


def exact_rates(weights: FusionWeights, blocks: NDArray[np.float16], *, batch: int = 256) -> Floats:
    """Rates in degrees a second of blocks of traces, [n, n_out]: the network with no quantum at all."""
    layers = Layers(weights)
    made = [layers(blocks[k : k + batch].astype(np.float32)) for k in range(0, len(blocks), batch)]
    return np.concatenate([np.empty((0, weights.n_out), np.float32), *made])
