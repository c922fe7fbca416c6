"""Initialized equilibrium propagation: a forward network learns where the states settle, and starts them there.

Source: P. O'Connor, Biologically plausible deep learning (2020), chapter 7 and appendix D, as his programs have it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from eventnet.base.linear_algebra import in_one_thread
from eventnet.base.summary import Summarized, Summary
from eventnet.data import one_hot
from eventnet.errors import ModelError
from eventnet.models.equilibrium_files import KeptInFile
from eventnet.models.equilibrium_states import Energy, States, descend, glorot, rho, slope
from eventnet.models.shared import Floats, finite, one_of, whole
from eventnet.models.summaries import layered, of_sizes

LEAK = 0.01
"""rho(x) + 0.01 x: a forward unit that is saturated still has a gradient."""


@in_one_thread
class InitializedEquilibriumNetwork(KeptInFile, Summarized):
    """An equilibrating network, and a forward network that predicts its states.

    sizes          units of each layer, the input first
    lam            pulls states to the forward network's; 0 for none
    loss           "local": each layer of the forward network learns from its own error, its input held as it is;
                   "global": errors are propagated back through it, too
    steps          of the negative and the positive phase
    initialized    False: phases begin at 0, and the forward network is not used: plain equilibrium propagation
    learning_rate  one a layer; beta: its sign is drawn anew for every batch, as published
    epsilon        size of a step; seed: of weights (Glorot, uniform) and signs; dtype: "float32" or "float64"

    Raises ModelError for options that make no sense.
    """

    FORMAT = "eventnet-initialized-equilibrium-network-1"

    def __init__(
        self, sizes: Sequence[int], *, lam: float = 0.1, loss: str = "local", steps: tuple[int, int] = (20, 4),
        initialized: bool = True, learning_rate: Sequence[float] = (0.1, 0.05), beta: float = 0.5,
        epsilon: float = 0.5, seed: int = 1234, dtype: str = "float32",
    ) -> None:  # fmt: skip
        self.options = {name: value for name, value in locals().items() if name not in ("self", "sizes")}
        self.sizes = tuple(whole(size, "sizes", 1) for size in sizes)
        one_of(loss, "loss", ("local", "global"))
        one_of(dtype, "dtype", ("float32", "float64"))
        self.steps = tuple(whole(n, "steps", 1) for n in steps)
        if len(self.sizes) < 2 or len(learning_rate) != len(self.sizes) - 1:
            raise ModelError(f"{len(learning_rate)} learning rates for sizes {self.sizes}; wanted one a layer")
        if not beta > 0 or not lam >= 0 or not 0 < epsilon <= 1:
            raise ModelError(f"beta, lam, epsilon are {beta}, {lam}, {epsilon}; wanted above 0, 0 or more, 0 to 1")
        self.lam, self.loss, self.initialized, self.beta = float(lam), loss, bool(initialized), float(beta)
        self.learning_rate, self.epsilon = tuple(map(float, learning_rate)), float(epsilon)
        self.dtype, self._rng = np.dtype(dtype), np.random.default_rng(whole(seed, "seed", 0))
        self.weights, self.forward_weights = (glorot(self.sizes, self._rng, dtype) for _ in range(2))
        self.biases, self.forward_biases = ([np.zeros(n, dtype) for n in self.sizes[1:]] for _ in range(2))

    def _summary(self) -> Summary:
        return layered(f"InitializedEquilibriumNetwork, {self.dtype}, lam {self.lam}", of_sizes(self.sizes))

    def partial_fit(self, x: ArrayLike, y: ArrayLike, batch: int = 20) -> Self:
        """Every sample once, in batches in the order given; x [n, n_in], y: labels [n]."""
        inputs, targets = self._inputs(x), one_hot(y, self.sizes[-1]).astype(self.dtype)
        for begin in range(0, len(inputs), whole(batch, "batch", 1)):
            part = slice(begin, begin + batch)
            sign = 1.0 if self._rng.random() < 0.5 else -1.0
            self.learn(inputs[part], targets[part], sign * self.beta)
        return self

    def learn(self, x: Floats, y: Floats, beta: float) -> tuple[list[Floats], list[Floats]]:
        """One batch, with a beta of its own; the states at the ends of both phases."""
        energy = Energy(self.weights, self.biases, self.lam if self.initialized else 0.0)
        sums = self._forward_sums(x)
        forward, drive = [self._activation(z) for z in sums], energy.drive(x)
        first = forward if self.initialized else [np.zeros_like(s) for s in forward]
        minus = energy.settle(x, first, self.steps[0], self.epsilon, forward=forward, drive=drive)
        plus = energy.settle(
            x, minus, self.steps[1], self.epsilon, forward=forward, target=y, beta=beta, drive=drive
        )  # fmt: skip
        changes = self._gradients(x, sums, minus, self.loss) if self.initialized else []
        rates = [rate / beta for rate in self.learning_rate]
        descend(self.weights, self.biases, energy.contrast(x, minus, plus), rates)
        if changes:
            descend(self.forward_weights, self.forward_biases, changes, self.learning_rate)
        return minus, plus

    def forward(self, x: Floats) -> list[Floats]:
        """s_f of each layer."""
        return [self._activation(z) for z in self._forward_sums(x)]

    def _forward_sums(self, x: Floats) -> list[Floats]:
        """Input sums of each layer's forward units."""
        made: list[Floats] = []
        for w, c in zip(self.forward_weights, self.forward_biases, strict=True):
            x = self._activation(made[-1]) if made else x
            made.append(x @ w + c)
        return made

    def _activation(self, z: Floats) -> Floats:
        """The activation of a forward unit: the hard sigmoid of its input z, and `LEAK` times z."""
        made: Floats = rho(z) + self.dtype.type(LEAK) * z
        return made

    def _activation_slope(self, z: Floats) -> Floats:
        """Its derivative."""
        made: Floats = slope(z) + self.dtype.type(LEAK)
        return made

    def forward_gradients(self, x: Floats, wanted: States, loss: str | None = None) -> list[tuple[Floats, Floats]]:
        """Gradients of the mean over samples of 1/2 |s_f - wanted|^2, by the local or the global loss (7.4)."""
        return self._gradients(x, self._forward_sums(x), wanted, loss or self.loss)

    def _gradients(self, x: Floats, sums: States, wanted: States, loss: str) -> list[tuple[Floats, Floats]]:
        made = [self._activation(z) for z in sums]
        found: list[Any] = [None] * len(made)
        back: Any = 0.0
        for k in reversed(range(len(made))):
            delta = (made[k] - wanted[k] + back) * self._activation_slope(sums[k])
            change = (made[k - 1] if k else x).T @ delta
            change /= len(x)
            found[k] = (change, delta.mean(axis=0))
            back = delta @ self.forward_weights[k].T if k and loss == "global" else 0.0
        return found

    def outputs(self, x: ArrayLike, by: str = "settled") -> Floats:
        """Outputs [n, n_out]: "settled", after a negative phase, or "forward", of the forward network alone."""
        one_of(by, "by", ("settled", "forward"))
        inputs = self._inputs(x)
        if by == "forward":
            return self.forward(inputs)[-1]
        return self.settled(inputs)[-1]

    def settled(self, x: Floats) -> list[Floats]:
        """States [n, units] of each layer after a negative phase."""
        forward = self.forward(x)
        energy = Energy(self.weights, self.biases, self.lam if self.initialized else 0.0)
        first = forward if self.initialized else [np.zeros_like(s) for s in forward]
        return energy.settle(x, first, self.steps[0], self.epsilon, forward=forward)

    def predict(self, x: ArrayLike, by: str = "settled") -> NDArray[np.int64]:
        """The index of the largest output."""
        return np.asarray(self.outputs(x, by).argmax(axis=1), dtype=np.int64)

    def score(self, x: ArrayLike, labels: ArrayLike, by: str = "settled") -> float:
        """The share of samples whose prediction is their label."""
        return float(np.mean(self.predict(x, by) == np.asarray(labels)))

    # --- files ---
    def arrays(self) -> dict[str, Floats]:
        """Weights and biases of both networks by name, a layer each: what learning moves."""
        kinds = {
            "w": self.weights, "b": self.biases, "forward_w": self.forward_weights, "forward_b": self.forward_biases
        }  # fmt: skip
        return {f"{kind}{k}": array for kind, arrays in kinds.items() for k, array in enumerate(arrays)}

    def _inputs(self, x: ArrayLike) -> Floats:
        return finite(x, self.sizes[:1], self.dtype, "x")
