"""Parts of a network that learns by backpropagation: layers with weights, pooling, normalisation, activations."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from eventnet.models import layers as described
from eventnet.models.layers import (
    Activation,
    AveragePool2d,
    ConvSpec,
    DenseSpec,
    HardSigmoid,
    Identity,
    ReLU,
    Shape,
    Spec,
    Tanh,
    covers_along,
)
from eventnet.models.shared import Floats

ACTIVATIONS: dict[str, Activation] = {
    "relu": ReLU(),
    "hard_sigmoid": HardSigmoid(),
    "tanh": Tanh(),
    "identity": Identity(),
}
KEPT = 0.9
"""The share of the running mean and variance that stays with a new batch, once ten batches have been seen."""
EPSILON = 1e-5
"""Added to variances before their root is divided by."""


def assemble(blueprint: Sequence[Spec], shapes: Sequence[Shape], activation: str, first: FirstWeights) -> list[Part]:
    """The parts of a network, lowest first; shapes: what each layer of the blueprint is given."""
    parts: list[Part] = []
    for k, (spec, shape) in enumerate(zip(blueprint, shapes)):
        if isinstance(spec, AveragePool2d):
            parts.append(PoolPart(spec, shape))
            continue
        parts += _with_weights(spec, shape, f"layer{k}", first)
        if k < len(blueprint) - 1:
            parts.append(GATES[activation]())
    return parts


def _with_weights(spec: DenseSpec | ConvSpec, shape: Shape, name: str, first: FirstWeights) -> Iterator[Part]:
    """A layer with weights, and what goes before and after it."""
    part: Part
    if isinstance(spec, DenseSpec):
        if len(shape) == 3:
            yield FlattenPart(shape)
        part = DensePart(first.draw((int(np.prod(shape)), spec.units), 0), not spec.normalize)
    else:
        part = ConvPart(spec, shape, first.draw((spec.channels, shape[0], *spec.size), 1))
    part.name = name
    yield part
    if spec.normalize:
        units = spec.units if isinstance(spec, DenseSpec) else spec.channels
        yield NormPart(units, first.dtype, name)


@dataclass(frozen=True)
class FirstWeights:
    """The distribution of first weights: normal, with a variance as `init` ("glorot" or "he") wants it."""

    init: str
    dtype: np.dtype[Any]
    random: np.random.RandomState

    def draw(self, shape: Shape, input_axis: int) -> Floats:
        """Dense [n_in, n_out], or kernels [c_out, c_in, height, width]; input_axis: where n_in or c_in stands."""
        area = int(np.prod(shape[2:]))
        n_in, n_out = area * shape[input_axis], area * shape[1 - input_axis]
        variance = 2 / (n_in + n_out) if self.init == "glorot" else 2 / n_in
        drawn: Floats = (np.sqrt(variance) * self.random.randn(*shape)).astype(self.dtype)
        return drawn


class Part:
    """One stage of the network. Feature maps have their channels last here, [n, height, width, channels].

    learned, gradients: arrays under the same names, made once and then written in place. statistics: what learning
    changes besides.
    """

    name = ""

    def __init__(self, **learned: Floats) -> None:
        self.learned = learned
        self.gradients = {name: np.zeros_like(array) for name, array in learned.items()}
        self.statistics: dict[str, Floats] = {}
        self._velocities: dict[str, Floats] = {}

    def forward(self, x: Floats, learning: bool) -> Floats:
        """The output of this part for a batch [n, ...]."""
        raise NotImplementedError

    def backward(self, error: Floats, below: bool) -> Floats:
        """The error of the last learning `forward`'s inputs, if the part `below` wants it."""
        raise NotImplementedError

    def measure(self) -> None:
        """Set the gradients from what `forward` and `backward` have kept."""

    def fan_out(self) -> NDArray[np.int64] | None:
        """Multiply-adds that each input takes part in, for those parts that have any."""
        return None

    def velocities(self) -> dict[str, Floats]:
        """Steps that momentum keeps, by name of the learned array; made when first asked for."""
        if self.learned and not self._velocities:
            self._velocities = {name: np.zeros_like(array) for name, array in self.learned.items()}
        return self._velocities

    def learn(self, momentum: float) -> None:
        """Take a step down the gradients, which the learning rate has scaled."""
        self.measure()
        for name, array in self.learned.items():
            step = self.gradients[name]
            if momentum:
                velocity = self.velocities()[name]
                velocity *= momentum
                velocity += step
                step = velocity
            array -= step


# --- layers ---
class DensePart(Part):
    """Inputs times weights, plus biases where no normalisation follows."""

    def __init__(self, weights: Floats, with_bias: bool) -> None:
        bias = {"bias": np.zeros(weights.shape[1], weights.dtype)} if with_bias else {}
        super().__init__(weights=weights, **bias)

    def forward(self, x: Floats, learning: bool) -> Floats:
        self._x = x
        made: Floats = x @ self.learned["weights"]
        if "bias" in self.learned:
            made += self.learned["bias"]
        return made

    def backward(self, error: Floats, below: bool) -> Floats:
        self._error = error
        return error @ self.learned["weights"].T if below else error

    def measure(self) -> None:
        np.matmul(self._x.T, self._error, out=self.gradients["weights"])
        if "bias" in self.learned:
            self._error.sum(axis=0, out=self.gradients["bias"])

    def learn(self, momentum: float) -> None:
        if momentum or len(self._x) > 1:
            super().learn(momentum)
            return
        # One sample changes the rows of its inputs that are not zero: 10,000 digits a second or more in 784-200-10,
        # where whole matrices manage 4,300.
        sample, change = self._x[0], self._error[0]
        active = sample.nonzero()[0]
        self.learned["weights"][active] -= sample[active, None] * change
        if "bias" in self.learned:
            self.learned["bias"] -= change

    def fan_out(self) -> NDArray[np.int64]:
        n_in, n_out = self.learned["weights"].shape
        return np.full(n_in, n_out, np.int64)

    def folded(self, norm: NormPart | None) -> described.Dense:
        """The layer, with the normalisation that follows it in its weights."""
        gain, bias = _affine(self, norm)
        return described.Dense(self.learned["weights"].astype(np.float64) * gain, bias)


class ConvPart(Part):
    """Windows laid out as the rows of a matrix, times a matrix of kernels."""

    def __init__(self, spec: ConvSpec, shape: Shape, kernels: Floats) -> None:
        bias = {} if spec.normalize else {"bias": np.zeros(spec.channels, kernels.dtype)}
        matrix = np.ascontiguousarray(kernels.transpose(2, 3, 1, 0).reshape(-1, spec.channels))
        super().__init__(weights=matrix, **bias)
        self.spec, self.shape = spec, shape

    def forward(self, x: Floats, learning: bool) -> Floats:
        seen = windows(padded(x, self.spec.padding), self.spec.size, self.spec.stride)
        n, height, width = seen.shape[:3]
        self._rows = seen.reshape(n * height * width, -1)
        made: Floats = self._rows @ self.learned["weights"]
        if "bias" in self.learned:
            made += self.learned["bias"]
        return made.reshape(n, height, width, -1)

    def backward(self, error: Floats, below: bool) -> Floats:
        self._error = error.reshape(-1, error.shape[3])
        if not below:
            return error
        channels, *map_size = self.shape
        spread = (self._error @ self.learned["weights"].T).reshape(*error.shape[:3], *self.spec.size, channels)
        return gathered(spread, self.spec, (map_size[0], map_size[1]))

    def measure(self) -> None:
        np.matmul(self._rows.T, self._error, out=self.gradients["weights"])
        if "bias" in self.learned:
            self.gradients["bias"][:] = column_sums(self._error)

    def fan_out(self) -> NDArray[np.int64]:
        return self.spec.channels * covers(self.spec, self.shape)

    def folded(self, norm: NormPart | None) -> described.Conv2d:
        """The layer, with the normalisation that follows it in its kernels."""
        gain, bias = _affine(self, norm)
        matrix = self.learned["weights"].astype(np.float64) * gain
        kernels = matrix.reshape(*self.spec.size, self.shape[0], -1).transpose(3, 2, 0, 1)
        return described.Conv2d(kernels, bias, stride=self.spec.stride, padding=self.spec.padding)


class PoolPart(Part):
    """Means of windows, channel by channel; it learns nothing, but passes errors on."""

    def __init__(self, spec: AveragePool2d, shape: Shape) -> None:
        super().__init__()
        self.spec, self.shape, self.area = spec, shape, spec.size[0] * spec.size[1]

    def forward(self, x: Floats, learning: bool) -> Floats:
        seen = windows(padded(x, self.spec.padding), self.spec.size, self.spec.stride)
        made: Floats = seen.sum(axis=(3, 4))
        made /= self.area
        return made

    def backward(self, error: Floats, below: bool) -> Floats:
        if not below:
            return error
        n, height, width, channels = error.shape
        spread = np.broadcast_to(
            (error / self.area)[:, :, :, None, None], (n, height, width, *self.spec.size, channels)
        )
        return gathered(spread, self.spec, (self.shape[1], self.shape[2]))

    def fan_out(self) -> NDArray[np.int64]:
        return covers(self.spec, self.shape)


class FlattenPart(Part):
    """Feature maps as vectors: channel by channel, row by row."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape

    def forward(self, x: Floats, learning: bool) -> Floats:
        return x.transpose(0, 3, 1, 2).reshape(len(x), -1)

    def backward(self, error: Floats, below: bool) -> Floats:
        return np.ascontiguousarray(error.reshape(-1, *self.shape).transpose(0, 2, 3, 1))


class NormPart(Part):
    """Batch normalisation over everything but the last axis.

    Its running mean and variance are plain means over the first ten batches and forget older ones from there on.
    """

    def __init__(self, units: int, dtype: np.dtype[Any], name: str) -> None:
        super().__init__(gain=np.ones(units, dtype), bias=np.zeros(units, dtype))
        self.statistics = {
            "mean": np.zeros(units, dtype), "variance": np.ones(units, dtype), "batches": np.zeros(1, dtype)
        }  # fmt: skip
        self.name = name

    def affine(self) -> tuple[Floats, Floats]:
        """Factor and addend, float64 [units], that answer in its place."""
        mean, variance = (self.statistics[name].astype(np.float64) for name in ("mean", "variance"))
        factor = self.learned["gain"] / np.sqrt(variance + EPSILON)
        return factor, self.learned["bias"] - mean * factor

    def forward(self, x: Floats, learning: bool) -> Floats:
        flat = x.reshape(-1, x.shape[-1])
        if learning:
            self._mean = column_sums(flat) / len(flat)
            normal = flat - self._mean
            self._variance = column_sums(normal * normal) / len(flat)
            self._inverse = 1 / np.sqrt(self._variance + EPSILON)
            normal *= self._inverse
            self._normal = normal
        else:
            normal = (flat - self.statistics["mean"]) / np.sqrt(self.statistics["variance"] + EPSILON)
        return (normal * self.learned["gain"] + self.learned["bias"]).reshape(x.shape)

    def backward(self, error: Floats, below: bool) -> Floats:
        flat, n = error.reshape(-1, error.shape[-1]), len(self._normal)
        self.gradients["bias"][:] = column_sums(flat)
        self.gradients["gain"][:] = column_sums(flat * self._normal)
        passed = flat - self._normal * (self.gradients["gain"] / n)
        passed -= self.gradients["bias"] / n
        passed *= self.learned["gain"] * self._inverse
        return passed.reshape(error.shape)

    def learn(self, momentum: float) -> None:
        super().learn(momentum)
        batches = self.statistics["batches"]
        batches += 1
        share = max(1 - KEPT, 1 / float(batches[0]))
        for name, found in (("mean", self._mean), ("variance", self._variance)):
            self.statistics[name] += share * (found - self.statistics[name])


def _affine(part: Part, norm: NormPart | None) -> tuple[Floats | float, Floats]:
    """The factor of a part's weights, and its biases, with a normalisation folded into it where there is one."""
    return (1.0, part.learned["bias"]) if norm is None else norm.affine()


# --- activations ---
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


# --- arrays ---
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


def column_sums(x: Floats) -> Floats:
    """Sums over the rows of a matrix: `einsum` takes a quarter to two thirds of the time of `sum` for few columns."""
    summed: Floats = np.einsum("ij->j", x)
    return summed


def padded(x: Floats, padding: tuple[int, int, int, int]) -> Floats:
    """Feature maps with zeros around them."""
    top, left, bottom, right = padding
    return np.pad(x, ((0, 0), (top, bottom), (left, right), (0, 0))) if any(padding) else x


def windows(x: Floats, kernel: tuple[int, int], stride: tuple[int, int]) -> Floats:
    """Views [n, height, width, kernel height, kernel width, channels] of every window of maps with channels last."""
    view = sliding_window_view(x, kernel, axis=(1, 2))[:, :: stride[0], :: stride[1]]
    seen: Floats = view.transpose(0, 1, 2, 4, 5, 3)
    return seen


def gathered(spread: Floats, spec: ConvSpec | AveragePool2d, map_size: tuple[int, int]) -> Floats:
    """Errors of windows, as `windows` lays them out, summed where the windows lie; those of the padding are lost."""
    (top, left, bottom, right), (down, across) = spec.padding, spec.stride
    n, rows, columns, *_, channels = spread.shape
    height, width = map_size
    room = np.zeros((n, height + top + bottom, width + left + right, channels), spread.dtype)
    for i in range(spec.size[0]):
        for j in range(spec.size[1]):
            room[:, i : i + down * rows : down, j : j + across * columns : across] += spread[:, :, :, i, j]
    return np.ascontiguousarray(room[:, top : top + height, left : left + width])


def covers(spec: ConvSpec | AveragePool2d, shape: Shape) -> NDArray[np.int64]:
    """Number of windows that cover each pixel, int64 [height, width, channels]."""
    rows, columns = (
        covers_along(shape[k + 1], spec.size[k], spec.stride[k], spec.padding[k], spec.padding[k + 2]) for k in (0, 1)
    )
    return np.repeat(rows[:, None, None] * columns[None, :, None], shape[0], axis=2)
