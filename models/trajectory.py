"""The answer of a network of spikes as it forms, moment by moment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

import eventnet as en

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Trajectory:
    """The answer as it forms. N samples, K moments (steps or input spikes); a sample that ends early repeats its last.

    outputs     [N, K, n_out] what the network would answer at each moment
    adds        [N, K] adds so far, of every kind
    synaptic    [N, K] those of them that stand for matrix products
    deliveries  [N, K] events so far
    """

    outputs: Floats
    adds: NDArray[np.int64]
    synaptic: NDArray[np.int64]
    deliveries: NDArray[np.int64]

    def errors(self, labels: ArrayLike) -> Floats:
        """Fraction of wrong answers at each moment, [K]."""
        wrong: NDArray[np.bool_] = self.outputs.argmax(axis=2) != np.asarray(labels)[:, None]
        return np.asarray(wrong.mean(axis=0))


def costs(outputs: Floats, counts: NDArray[np.int64]) -> Trajectory:
    """Running sums of the counts of each moment's root, [n, K, columns]."""
    column = {name: k for k, name in enumerate(en.COLUMNS)}
    kinds = ("input_adds", "synaptic_adds", "neuron_adds", "learning_adds")
    adds = sum(counts[:, :, column[kind]] for kind in kinds)
    return Trajectory(
        outputs,
        np.cumsum(adds, axis=1),
        np.cumsum(counts[:, :, column["synaptic_adds"]], axis=1),
        np.cumsum(counts[:, :, column["deliveries"]], axis=1),
    )


def stack(parts: list[Trajectory]) -> Trajectory:
    """Trajectories one below the other; shorter ones repeat their last moment."""
    longest = max(p.adds.shape[1] for p in parts)

    def padded(array: NDArray[Any]) -> NDArray[Any]:
        return np.concatenate([array, np.repeat(array[:, -1:], longest - array.shape[1], axis=1)], axis=1)

    names = ("outputs", "adds", "synaptic", "deliveries")
    return Trajectory(*(np.concatenate([padded(getattr(p, name)) for p in parts]) for name in names))
