"""Equilibrium propagation with real states in steps of time: energy, settling, and the update by contrast.

Source: P. O'Connor, Biologically plausible deep learning (2020), 2.7 and chapter 7, as his programs have it: rho(x) =
clip(x, 0, 1), also of the input; every layer takes its step from the states of the step before.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from eventnet.errors import ModelError
from eventnet.models.shared import Floats

States = Sequence[Floats]
"""A state [samples, units] for each layer but the input."""


class Energy(NamedTuple):
    """E = sum over layers of 1/2 |s|^2 + lam/2 |s - s_f|^2 - rho(s_below) W rho(s) - b rho(s).

    weights [n_in, n_out] and biases [n_out] of each layer. lam pulls states to those of a forward network, s_f (thesis
    7.5, which prints lam without its 1/2).
    """

    weights: Sequence[Floats]
    biases: Sequence[Floats]
    lam: float = 0.0

    def of(self, x: Floats, states: States, forward: States | None = None) -> Floats:
        """The energy of each sample."""
        below, total = rho(x), np.zeros(len(x))
        for layer, (s, w, b) in enumerate(zip(states, self.weights, self.biases, strict=True)):
            r = rho(s)
            total += 0.5 * (s * s).sum(axis=1) - ((below @ w + b) * r).sum(axis=1)
            if self.lam and forward is not None:
                total += 0.5 * self.lam * ((s - forward[layer]) ** 2).sum(axis=1)
            below = r
        return total

    def settle(
        self, x: Floats, states: States, steps: int, epsilon: float, *, forward: States | None = None,
        target: Floats | None = None, beta: float = 0.0, drive: Floats | None = None,
    ) -> list[Floats]:  # fmt: skip
        """States after so many steps s <- clip(s - epsilon dE/ds, 0, 1); a target adds beta |s_out - y|^2 to E.

        drive: `self.drive(x)`, where it is known. After a step all states lie between 0 and 1, where rho(s) is s and
        its slope 1: neither is computed then, which changes no bit.
        """
        driven, now, last = self.drive(x) if drive is None else drive, list(states), len(self.weights) - 1
        for step in range(steps):
            r = now if step else [rho(s) for s in now]
            new: list[Floats] = []
            for layer, s in enumerate(now):
                v = driven if layer == 0 else r[layer - 1] @ self.weights[layer] + self.biases[layer]
                if layer < last:
                    v = v + r[layer + 1] @ self.weights[layer + 1].T
                gradient = s - v if step else s - slope(s) * v
                if self.lam and forward is not None:
                    gradient = gradient + self.lam * (s - forward[layer])
                if layer == last and target is not None:
                    gradient = gradient + 2 * beta * (s - target)
                new.append(np.clip(s - epsilon * gradient, 0, 1))
            now = new
        return now

    def drive(self, x: Floats) -> Floats:
        """Input of the first layer, [samples, units], biases too: the same in every step of both phases."""
        return rho(x) @ self.weights[0] + self.biases[0]

    def contrast(self, x: Floats, minus: States, plus: States) -> list[tuple[Floats, Floats]]:
        """d/dtheta of the mean over samples of E(s_plus) - E(s_minus): (weights, biases) of each layer (2.11)."""
        found: list[tuple[Floats, Floats]] = []
        low = high = rho(x)
        n = len(x)
        for a, b in zip(minus, plus, strict=True):
            r_a, r_b = rho(a), rho(b)
            change = low.T @ r_a
            change -= high.T @ r_b
            change /= n
            found.append((change, (r_a - r_b).mean(axis=0)))
            low, high = r_a, r_b
        return found


def descend(
    weights: States, biases: States, gradients: Sequence[tuple[Floats, Floats]], rates: Sequence[float]
) -> None:
    """A step down, in place, each layer with its rate; the gradients are used up."""
    for w, b, (d_w, d_b), rate in zip(weights, biases, gradients, rates, strict=True):
        for array, change in ((w, d_w), (b, d_b)):
            change *= rate
            array -= change


def one_beta(beta: Any) -> float:
    """A nudge whose sign is drawn. Raises ModelError for 0, what is not finite, and two numbers."""
    if isinstance(beta, Sequence) or not np.isfinite(beta) or beta == 0:
        raise ModelError(f"beta is {beta}; wanted a number other than 0")
    return float(beta)


def two_betas(beta: Any) -> tuple[float, float]:
    """How strongly a target nudges in the first and in the second phase, from both, or from that of the second.

    Raises ModelError where nothing rests, or nothing is learned.
    """
    try:
        first, second = map(float, beta if isinstance(beta, Sequence) else (0.0, beta))
    except (TypeError, ValueError):
        first = second = 0.0
    if not np.isfinite([first, second]).all() or first == second or min(first, second) <= -0.5:
        raise ModelError(
            f"beta is {beta!r}; wanted a number other than 0 with 1 + 2 beta above 0, else nothing rests, or two that "
            "differ, with the same"
        )
    return first, second


def rho(x: Floats) -> Floats:
    """The hard sigmoid."""
    return np.clip(x, 0, 1)


def slope(x: Floats) -> Floats:
    """Its derivative: 1 from 0 to 1, both ends included."""
    made: Floats = ((x >= 0) & (x <= 1)).astype(x.dtype)
    return made


def glorot(sizes: Sequence[int], rng: np.random.Generator, dtype: str, scales: Sequence[float] = ()) -> list[Floats]:
    """Weights uniform in +-sqrt(6 / (n_in + n_out)), times a scale a block."""
    made = []
    for k, (a, b) in enumerate(zip(sizes, sizes[1:], strict=False)):
        limit = np.sqrt(6 / (a + b)) * (scales[k] if scales else 1.0)
        made.append(rng.uniform(-limit, limit, (a, b)).astype(dtype))
    return made
