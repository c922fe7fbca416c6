"""The true gradients that updates are compared with: of a rectified network, and of a network's resting state."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from eventnet.data import one_hot
from eventnet.models.equilibrium_states import Energy, States
from eventnet.models.shared import Floats

STEPS, EPSILON = 1000, 0.5


def flat(arrays: Sequence[Floats]) -> Floats:
    """All numbers of these arrays, as one vector."""
    return np.concatenate([np.asarray(array, np.float64).ravel() for array in arrays])


def rectified_gradient(weights: Sequence[Floats], x: Floats, labels: Floats) -> Floats:
    """d/dW of the mean of 1/2 |out - y|^2 over samples x [n, n_in]; hidden units are rectified, outputs are not."""
    acts = [np.asarray(x, np.float64)]
    for k, w in enumerate(weights):
        out = acts[-1] @ w
        acts.append(np.maximum(out, 0) if k + 1 < len(weights) else out)
    delta = (acts[-1] - one_hot(labels, weights[-1].shape[1])) / len(x)
    found = []
    for k in reversed(range(len(weights))):
        found.append(acts[k].T @ delta)
        delta = (delta @ weights[k].T) * (acts[k] > 0)
    return flat(found[::-1])


def settled_gradient(
    weights: Sequence[Floats], biases: Sequence[Floats], x: Floats, labels: Floats, lam: float = 0.0,
    forward: States | None = None,
) -> Floats:  # fmt: skip
    """d/dW of the mean of |s_out - y|^2 where the states s of `Energy` rest, by implicit differentiation.

    At rest (1 + lam) s = W s + b + lam s_f for each unit inside 0 to 1; those at an end do not move. Then dL/dW_ij is
    m_i s_j + m_j s_i, with ((1 + lam) I - W) m = dL/ds on the free units and m = 0 on the others.
    """
    w, b = ([np.asarray(array, np.float64) for array in arrays] for arrays in (weights, biases))
    x = np.clip(np.asarray(x, np.float64), 0, 1)
    first = [np.zeros((len(x), len(c))) for c in b]
    above = None if forward is None else [np.asarray(s, np.float64) for s in forward]
    layers = Energy(w, b, lam).settle(x, first, STEPS, EPSILON, forward=above)
    at = np.cumsum([0, *(len(c) for c in b)])
    coupling = np.zeros((at[-1], at[-1]))
    for k in range(1, len(w)):
        coupling[at[k - 1] : at[k], at[k] : at[k + 1]] = w[k]
    system = (1 + lam) * np.eye(at[-1]) - coupling - coupling.T
    states, pull = np.concatenate(layers, axis=1), np.zeros((len(x), at[-1]))
    pull[:, at[-2] :] = 2 * (layers[-1] - one_hot(labels, len(b[-1])))
    moved = np.zeros_like(states)
    for n, s in enumerate(states):
        free = (s > 0) & (s < 1)
        moved[n, free] = np.linalg.solve(system[np.ix_(free, free)], pull[n, free])
    parts = [slice(*pair) for pair in zip(at[:-1], at[1:], strict=True)]
    found = [x.T @ moved[:, parts[0]]]
    for low, high in zip(parts[:-1], parts[1:], strict=True):
        found.append(states[:, low].T @ moved[:, high] + moved[:, low].T @ states[:, high])
    return flat(found) / len(x)
