"""Layers of a conventional network as parts: what they make of a batch, what errors make of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from eventnet.models import layers as described
from eventnet.models.blueprint import ConvSpec
from eventnet.models.layers import AveragePool2d, Shape
from eventnet.models.normalization import NormPart
from eventnet.models.part import Floats, Part, column_sums
from eventnet.models.windows import covers, gathered, padded, windows


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


def _affine(part: Part, norm: NormPart | None) -> tuple[Floats | float, Floats]:
    """What a part's weights are multiplied by, and its biases, where a normalisation is folded into it."""
    return (1.0, part.learned["bias"]) if norm is None else norm.affine()
