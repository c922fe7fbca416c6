"""A proportional-derivative network in a page of NumPy: what chapter 5 says, with whole matrices and no events.

Units of a map are counted channel by channel, a convolution is the list of its synapses, and every rule works on full
matrices of units. Nothing here knows of codes, geometries or rows as the package keeps them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

ACTIVATIONS = {
    "identity": (lambda z: z, lambda z: np.ones_like(z)),
    "relu": (lambda z: np.where(z > 0, z, 0.0), lambda z: np.where(z >= 0, 1.0, 0.0)),
    "hard_sigmoid": (lambda z: np.clip(z, 0.0, 1.0), lambda z: np.where((z >= 0) & (z <= 1), 1.0, 0.0)),
    "tanh": (np.tanh, lambda z: 1 - np.tanh(z) ** 2),
}
"""Each activation and its derivative."""


def synapses(shape_in: Any, kernel: Any, stride: Any, padding: Any) -> Iterator[tuple[int, int, int]]:
    """Input unit, output unit and word of the kernel [c_out, c_in, height, width] for each synapse of a convolution."""
    c_out, c_in, tall, wide = kernel
    (_, height, width), (top, left, bottom, right) = shape_in, padding
    out_rows = len(range(0, height + top + bottom - tall + 1, stride[0]))
    out_columns = len(range(0, width + left + right - wide + 1, stride[1]))
    for o, row, column in np.ndindex(c_out, out_rows, out_columns):
        for c, i, j in np.ndindex(c_in, tall, wide):
            y, x = row * stride[0] + i - top, column * stride[1] + j - left
            if 0 <= y < height and 0 <= x < width:
                unit = (c * height + y) * width + x
                yield unit, (o * out_rows + row) * out_columns + column, ((o * c_in + c) * tall + i) * wide + j


class Weights:
    """Words, the synapses that use them, and a bias a channel."""

    def __init__(self, words: Any, bias: Any, lines: Sequence[tuple[int, int, int]], units: tuple[int, int]) -> None:
        self.words, self.bias = np.array(words, dtype=float, order="C"), np.array(bias, dtype=float)
        self.i, self.o, self.k = np.array(lines).T
        self.n_in, self.n_out = units
        self.channel = np.arange(self.n_out) // (self.n_out // len(self.bias))
        self.connected = np.zeros(units)
        self.connected[self.i, self.o] = 1

    @classmethod
    def dense(cls, weights: Any, bias: Any) -> Weights:
        n_in, n_out = np.shape(weights)
        lines = [(i, o, i * n_out + o) for i in range(n_in) for o in range(n_out)]
        return cls(weights, bias, lines, (n_in, n_out))

    @classmethod
    def convolution(cls, kernel: Any, bias: Any, shape_in: Any, stride: Any, padding: Any) -> Weights:
        lines = list(synapses(shape_in, np.shape(kernel), stride, padding))
        sizes = [(shape_in[1 + d] + padding[d] + padding[d + 2] - np.shape(kernel)[2 + d]) for d in (0, 1)]
        n_out = len(kernel) * (sizes[0] // stride[0] + 1) * (sizes[1] // stride[1] + 1)
        return cls(kernel, bias, lines, (int(np.prod(shape_in)), n_out))

    def matrix(self) -> Any:
        made = np.zeros((self.n_in, self.n_out))
        made[self.i, self.o] = self.words.ravel()[self.k]
        return made

    def move(self, change: Any) -> None:
        """Add a matrix [n_in, n_out]: synapses that share a word move it together."""
        flat = self.words.reshape(-1)
        np.add.at(flat, self.k, change[self.i, self.o])

    def move_bias(self, change: Any) -> None:
        np.add.at(self.bias, self.channel, change)


class Coder:
    """One direction of one layer: encodes what it holds, and decodes what others hear of it."""

    def __init__(self, kp: float, kd: float, eta: float = 0.0) -> None:
        self.alpha, self.k_rel, self.eta = kd / (kp + kd), 1 / (kp + kd), eta
        self.beta, self.mu, self.used = self.k_rel, 1.0, self.k_rel
        self.prev: Any = 0.0
        self.phi: Any = 0.0
        self.spikes = 0

    def encode(self, x: Any, steps: float = 1.0) -> Any:
        """Spikes of a step, `steps` after the last one."""
        self.used = self.beta
        if self.eta:
            self.beta, self.mu = (
                self.beta + self.eta * (self.k_rel * self.mu - self.beta),
                (1 - self.eta) * self.mu + self.eta * np.abs(x).mean(),
            )
        kp, kd = (1 - self.alpha**steps) / self.used, self.alpha**steps / self.used
        self.phi = self.phi + kp * x + kd * (x - self.prev)
        self.prev = np.array(x)
        s = np.floor(self.phi + 0.5)
        self.phi = self.phi - s
        self.spikes += int(np.abs(s).sum())
        return s

    def decode(self, y: Any, s: Any, steps: float = 1.0) -> Any:
        return self.alpha**steps * y + self.used * s


class Gradient:
    """One rule for one matrix of weights: the change of each step, from spikes and the codes they belong to."""

    def __init__(self, rule: str, shape: tuple[int, int]) -> None:
        self.rule, self.x, self.e = rule, np.zeros(shape[0]), np.zeros(shape[1])
        self.owed = np.zeros(shape)

    def __call__(self, xbar: Any, below: Coder, ebar: Any, above: Coder) -> Any:
        rest = 1 - below.alpha * above.alpha
        x_before, e_before = below.alpha * self.x, above.alpha * self.e
        raw = self.rule in ("stdp", "raw")
        beta_x, beta_e = (1.0, 1.0) if raw else (below.used, above.used)
        self.x, self.e = x_before + beta_x * xbar, e_before + beta_e * ebar
        if self.rule == "recon":
            return np.outer(self.x, self.e)
        if self.rule == "past":
            spiking = (xbar != 0)[:, None] | (ebar != 0)[None, :]
            change = np.where(spiking, self.owed - np.outer(x_before, e_before), 0.0) / rest
            self.owed = np.where(spiking, np.outer(self.x, self.e), self.owed)
            return change
        scale = below.used * above.used if raw else 1.0
        return scale * (np.outer(beta_x * xbar, self.e) + np.outer(x_before, beta_e * ebar)) / rest


class Network:
    """Encoder, layers, softmax; one step a sample."""

    def __init__(
        self, weights: list[Weights], *, kp: float, kd: float, eta: float, rule: str, rate: float, activation: str
    ) -> None:
        self.weights, self.rate = weights, rate
        self.h, self.slope = ACTIVATIONS[activation]
        make = lambda: Coder(kp, kd, eta)  # noqa: E731
        self.codes = [make() for _ in weights]  # of the input and of each hidden layer
        self.back = [make() for _ in weights]  # of the errors of each layer
        self.heard = [np.zeros(w.n_out) for w in weights]
        self.felt = [np.zeros(w.n_in) for w in weights]
        self.gradients = [Gradient(rule, (w.n_in, w.n_out)) for w in weights]
        self.counts = {"forward": 0, "backward": 0, "update": 0}

    def forward(self, x: Any) -> tuple[list[Any], list[Any]]:
        """Spikes into each layer and its sums."""
        spikes, sums = [], []
        for k, w in enumerate(self.weights):
            s = self.codes[k].encode(x)
            self.heard[k] = self.codes[k].decode(self.heard[k], s @ w.matrix())
            z = self.heard[k] + w.bias[w.channel]
            x = self.h(z)
            spikes.append(s)
            sums.append(z)
        return spikes, sums

    def learn(self, x: Any, label: int) -> Any:
        """One sample; what went into softmax."""
        spikes, sums = self.forward(np.asarray(x, dtype=float).ravel())
        p = np.exp(sums[-1] - sums[-1].max())
        error = p / p.sum() - np.eye(len(p))[label]
        for k in range(len(self.weights) - 1, -1, -1):
            w = self.weights[k]
            w.move_bias(-self.rate * error)
            q = self.back[k].encode(error)
            fan_out, fan_in = w.connected.sum(axis=1), w.connected.sum(axis=0)
            up, down = int(np.abs(spikes[k]) @ fan_out), int(np.abs(q) @ fan_in)
            self.counts["forward"] += up
            self.counts["update"] += up + down
            if k:
                self.counts["backward"] += down
                self.felt[k] = self.back[k].decode(self.felt[k], w.matrix() @ q)
                error = self.slope(sums[k - 1]) * self.felt[k]
            w.move(-self.rate * self.gradients[k](spikes[k], self.codes[k], q, self.back[k]))
        return sums[-1]
