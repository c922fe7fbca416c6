"""The conventional twin: a network of rectified linear units, trained as the thesis's author trained his baseline.

Source: P. O'Connor, Biologically plausible deep learning (2020), chapter 3 and appendix A.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from eventnet.base.guesses import Guessed
from eventnet.base.linear_algebra import in_one_thread
from eventnet.base.summary import Summarized, Summary
from eventnet.data import one_hot
from eventnet.errors import DataError, ModelError
from eventnet.models.shared import Floats, finite, whole
from eventnet.models.summaries import layered, of_sizes


@in_one_thread
class ReluNetwork(Guessed, Summarized):
    """Layers `a' = max(0, a @ W)` that learn by gradient descent, one sample at a time.

    No biases, squared error, samples in the order given. A spiking network that is given this network's weights
    approaches its answers, and its multiply-adds are what spikes are compared with.

    sizes: units of each layer, the input first. The weights W of shape [n_in, n_out] are
    `init_scale * RandomState(seed).randn(n_in, n_out)`, layer after layer. dtype: "float32" or "float64".
    rectified_output: whether the last layer is rectified, too, as the author's is. A rectified output that is below
    zero gets no error: one that is so for every image of its class does not learn the class until chance raises it.
    That happens (seed 1234, 784-200-200-10, 2,000 embedded digits: class 9 is not learned in 40 epochs).
    gradient_factor: the error at the output is `gradient_factor * (out - target)`. The derivative of the squared
    error has the factor 2; the thesis's spiking networks have the error without it, so the default is 1 and both
    learn at the same rate.
    Raises ModelError when an option makes no sense.
    """

    weights: list[Floats]

    def __init__(
        self,
        sizes: Sequence[int],
        *,
        learning_rate: float = 0.01,
        init_scale: float = 0.01,
        seed: int = 1234,
        dtype: str = "float32",
        rectified_output: bool = True,
        gradient_factor: float = 1.0,
    ) -> None:
        self.sizes = tuple(whole(size, "sizes", 1) for size in sizes)
        # float(): a NumPy scalar of double precision would turn every float32 step into float64.
        self.learning_rate, self.init_scale = float(learning_rate), float(init_scale)
        self.gradient_factor, self.rectified_output = float(gradient_factor), rectified_output
        self._check_options(dtype)
        self.dtype = np.dtype(dtype)
        self.seed = whole(seed, "seed", 0, 2**32 - 1)
        self.weights = self._initial_weights()
        # Room for the rows of each layer's weights that take part in a step, and for their changes.
        self._rows = [np.empty_like(weights) for weights in self.weights]
        self._changes = [np.empty_like(weights) for weights in self.weights]

    @classmethod
    def from_weights(cls, weights: Sequence[ArrayLike], **options: Any) -> Self:
        """A network with copies of these weights, each of shape [n_in, n_out]; its number type is theirs.

        `options` are the constructor's, without `sizes`. `partial_fit` goes on from the weights; `fit` starts afresh.
        Raises ModelError when the shapes do not follow on one another or a weight is not finite.
        """
        arrays = [np.asarray(array) for array in weights]
        _check_chain(arrays)
        options.setdefault("dtype", str(np.result_type(*arrays, np.float32)))
        network = cls([len(arrays[0]), *(array.shape[1] for array in arrays)], **options)
        network.weights = [np.array(array, network.dtype, order="C") for array in arrays]
        return network

    def _summary(self) -> Summary:
        return layered(f"ReluNetwork {'-'.join(map(str, self.sizes))}, {self.dtype}", of_sizes(self.sizes))

    def fit(self, x: ArrayLike, y: ArrayLike, epochs: int = 1, progress: bool = False) -> Self:
        """Learn from the initial weights on: every sample once an epoch, in order.

        x: [n, n_in]. y: labels, integers of shape [n], or targets [n, n_out]. progress: write the error on the
        training samples to stderr after each epoch.
        Raises DataError when x or y has the wrong shape or is not finite, ModelError when the weights diverge.
        """
        inputs, targets, epochs = self._inputs(x), self._targets(y), whole(epochs, "epochs", 0)
        self.weights = self._initial_weights()
        for epoch in range(epochs):
            self._learn(inputs, targets)
            if progress:
                error = 1 - self.score(inputs, targets.argmax(1))
                print(f"epoch {epoch + 1} of {epochs}: {error:.2%} error in training", file=sys.stderr)
        return self

    def partial_fit(self, x: ArrayLike, y: ArrayLike) -> Self:
        """Learn from the present weights on, every sample once in order; arguments and errors are those of `fit`."""
        self._learn(self._inputs(x), self._targets(y))
        return self

    def decision_function(self, x: ArrayLike) -> Floats:
        """The outputs, [n, n_out], as the last layer gives them: rectified if `rectified_output`."""
        return self._activities(x)[-1]

    def predict(self, x: ArrayLike) -> NDArray[np.int64]:
        """The index of the largest output, int64 [n]; the lowest index wins a tie."""
        labels: NDArray[np.int64] = self.decision_function(x).argmax(1).astype(np.int64)
        return labels

    def score(self, x: ArrayLike, labels: ArrayLike) -> float:
        """The share of samples whose prediction is their label. Raises DataError as `predict` does."""
        found, wanted = self.predict(x), np.asarray(labels)
        if wanted.shape != found.shape or not len(found):
            raise DataError(f"{len(found):,} samples, but labels of shape {list(wanted.shape)}; wanted one a sample")
        return float(np.mean(found == wanted))

    def operations(self, x: ArrayLike) -> Operations:
        """The multiply-adds of a forward pass, dense and sparse, for each sample of x [n, n_in]."""
        dense = sum(n_in * n_out for n_in, n_out in zip(self.sizes, self.sizes[1:]))
        inputs = self._activities(x)[:-1]
        active = np.array([np.count_nonzero(layer, axis=1) for layer in inputs], np.int64)
        return Operations(dense, np.array(self.sizes[1:], np.int64) @ active)

    def _activities(self, x: ArrayLike) -> list[Floats]:
        """The activities of every layer, input and output included."""
        activities = [self._inputs(x)]
        for layer, weights in enumerate(self.weights, start=1):
            outputs = activities[-1] @ weights
            if self._is_rectified(layer):
                np.maximum(outputs, 0, out=outputs)
            activities.append(outputs)
        return activities

    def _is_rectified(self, layer: int) -> bool:
        return self.rectified_output or layer < len(self.weights)

    def _learn(self, inputs: Floats, targets: Floats) -> None:
        if len(inputs) != len(targets):
            raise DataError(f"{len(inputs):,} samples, but {len(targets):,} labels or targets; wanted one a sample")
        with np.errstate(over="ignore", invalid="ignore"):
            for sample, target in zip(inputs, targets):
                self._step(sample, target)
        if not all(np.isfinite(weights).all() for weights in self.weights):
            raise ModelError(f"the weights grew without bound; lower the learning rate of {self.learning_rate}")

    def _step(self, sample: Floats, target: Floats) -> None:
        """Learn from one sample.

        An input that is zero adds nothing to the outputs, changes none of its weights, and, being rectified, passes
        no error down. So a step works on copies of the other rows alone: 76 us a digit in 784-200-200-10, where
        whole matrices take 122 us.
        """
        passes, output = self._forward(sample)
        error = self.gradient_factor * (output - target)
        if self.rectified_output:
            error *= output > 0
        self._descend(passes, error)

    def _forward(self, sample: Floats) -> tuple[list[_Pass], Floats]:
        passes = []
        for layer, (weights, room) in enumerate(zip(self.weights, self._rows), start=1):
            nonzero = sample.nonzero()[0]
            rows = weights.take(nonzero, axis=0, out=room[: len(nonzero)], mode="clip")
            passes.append(_Pass(nonzero, sample[nonzero], rows))
            sample = passes[-1].active @ rows
            if self._is_rectified(layer):
                np.maximum(sample, 0, out=sample)
        return passes, sample

    def _descend(self, passes: list[_Pass], error: Floats) -> None:
        """Take the output's error down the layers; each passes it on through its weights from before the step."""
        for layer in reversed(range(len(passes))):
            nonzero, active, rows = passes[layer]
            change = self._changes[layer][: len(nonzero)]
            np.multiply(active[:, None], self.learning_rate * error, out=change)
            if layer > 0:
                error_below = np.zeros(self.sizes[layer], self.dtype)
                error_below[nonzero] = rows @ error
                error = error_below
            rows -= change
            self.weights[layer][nonzero] = rows

    def _initial_weights(self) -> list[Floats]:
        # The legacy generator, since the author's weights come from it.
        random = np.random.RandomState(self.seed)
        layers = zip(self.sizes, self.sizes[1:])
        return [(self.init_scale * random.randn(n_in, n_out)).astype(self.dtype) for n_in, n_out in layers]

    def _check_options(self, dtype: str) -> None:
        if len(self.sizes) < 2:
            raise ModelError(f"sizes are {list(self.sizes)}; wanted two or more numbers of units")
        if dtype not in ("float32", "float64"):
            raise ModelError(f"dtype is {dtype!r}; wanted 'float32' or 'float64'")
        for name in ("learning_rate", "init_scale", "gradient_factor"):
            value = getattr(self, name)
            if not (value > 0 and np.isfinite(value)):
                raise ModelError(f"{name} is {value}; wanted a number above 0")

    def _inputs(self, x: ArrayLike) -> Floats:
        return finite(x, self.sizes[:1], self.dtype, "x")

    def _targets(self, y: ArrayLike) -> Floats:
        found, classes = np.asarray(y), self.sizes[-1]
        return finite(one_hot(found, classes) if found.ndim == 1 else found, (classes,), self.dtype, "y")


class Operations(NamedTuple):
    """Multiply-adds of one forward pass.

    dense: the sum over layers of n_in * n_out, the same for every sample.
    sparse: int64 [n], for each sample the sum over layers of (inputs that are not zero) * n_out.
    """

    dense: int
    sparse: NDArray[np.int64]


class _Pass(NamedTuple):
    """One layer's part of a forward pass: the inputs that were not zero, and copies of their rows of weights."""

    nonzero: NDArray[np.intp]
    active: Floats
    rows: Floats


def _check_chain(arrays: Sequence[NDArray[Any]]) -> None:
    if not arrays:
        raise ModelError("no weights; wanted an array [n_in, n_out] for each layer")
    for layer, array in enumerate(arrays):
        if array.ndim != 2 or array.dtype.kind not in "biuf" or not np.isfinite(array).all():
            raise ModelError(
                f"weights {layer} are {array.dtype} {list(array.shape)}; wanted finite real numbers [n_in, n_out]"
            )
        if layer and len(array) != arrays[layer - 1].shape[1]:
            raise ModelError(
                f"weights {layer} take {len(array)} inputs, but layer {layer - 1} has {arrays[layer - 1].shape[1]}"
            )
