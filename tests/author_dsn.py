"""The original author's Deep Spiking Network, told in our own words: whole vectors, and his two routers.

Modules send events to those that are bound to them, in the order of binding. Depth-first an event is followed to its
end at once. His "breadth-first" is a stack of bursts whose consumers take turns in reverse order of binding, each with
the whole burst. Nothing of the package is used, and all arithmetic is float64.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

Consumer = Callable[[Any], None]


class Router:
    """Who hears whom."""

    def __init__(self, depth_first: bool) -> None:
        self.depth_first = depth_first
        self.bound: dict[Any, list[Consumer]] = {}
        self.stack: list[tuple[Any, list[Any]]] = []

    def bind(self, source: Any, consumer: Consumer) -> None:
        self.bound.setdefault(source, []).append(consumer)

    def send(self, source: Any, event: Any) -> None:
        """An event of a module."""
        if self.depth_first:
            for consumer in self.bound.get(source, []):
                consumer(event)
            return
        if not self.stack or self.stack[-1][0] != source:
            self.stack.append((source, []))
        self.stack[-1][1].append(event)

    def feed(self, event: Any, consumer: Consumer) -> None:
        """An event from outside, and all that follows from it."""
        consumer(event)
        while self.stack:
            source, burst = self.stack.pop()
            for hears in reversed(self.bound.get(source, [])):
                for one in burst:
                    hears(one)


class Herder:
    """A quantizer: sends (unit, sign) until no potential is past 1/2."""

    def __init__(self, name: Any, n: int, router: Router, rectified: bool) -> None:
        self.name, self.router, self.rectified, self.phi = name, router, rectified, np.zeros(n)

    def hear(self, vector: Any) -> None:
        self.phi += vector
        while True:
            size = self.phi if self.rectified else np.abs(self.phi)
            j = int(size.argmax())
            if not size[j] > 0.5:
                return
            sign = 1 if self.phi[j] > 0 else -1
            self.phi[j] -= sign
            self.router.send(self.name, (j, sign))


class Layer:
    """Weights with everything around them: forward, gate, backward, update."""

    def __init__(self, k: int, weights: Any, router: Router, fractional: bool, rate: float) -> None:
        self.k, self.w, self.router, self.fractional, self.rate = k, np.array(weights, float), router, fractional, rate
        n_in, n_out = self.w.shape
        self.forward = Herder(("forward", k), n_out, router, rectified=True)
        self.back = Herder(("back", k), n_in, router, rectified=False)
        self.begin()

    def begin(self) -> None:
        """A sample begins: all but the backward quantizer starts at 0."""
        n_in, n_out = self.w.shape
        self.forward.phi[:] = 0
        self.fed, self.heard, self.errors = np.zeros(n_out), np.zeros(n_in), np.zeros(n_out)

    def weigh(self, spike: tuple[int, int]) -> None:
        self.router.send(("rows", self.k), spike[1] * self.w[spike[0]])

    def sum_up(self, row: Any) -> None:
        self.fed += row
        self.router.send(("sum", self.k), self.fed)

    def gate(self, error: tuple[int, int]) -> None:
        if self.fed[error[0]] >= 0:
            self.router.send(("gate", self.k), error)

    def weigh_back(self, error: tuple[int, int]) -> None:
        self.router.send(("columns", self.k), error[1] * self.w[:, error[0]])

    def count_input(self, spike: tuple[int, int]) -> None:
        self.heard[spike[0]] += spike[1]

    def take_sum(self, total: Any) -> None:
        self.heard[:] = total

    def learn(self, error: tuple[int, int]) -> None:
        if not self.fractional:
            self.errors[error[0]] += error[1]
            return
        self.router.send(("change", self.k), (error[0], error[1] * self.rate * np.maximum(self.heard, 0)))

    def change(self, column: tuple[int, Any]) -> None:
        self.w[:, column[0]] -= column[1]

    def end(self) -> None:
        if not self.fractional:
            self.w -= self.rate * np.outer(np.maximum(self.heard, 0), self.errors)


class Network:
    """One network; `train` shows it one sample."""

    def __init__(
        self, weights: Sequence[Any], *, steps: int, eta: float, depth_first: bool, fractional: bool, smooth: bool,
        hold_error: bool,
    ) -> None:  # fmt: skip
        self.steps, self.router = steps, Router(depth_first)
        self.layers = [Layer(k, w, self.router, fractional, eta / steps**2) for k, w in enumerate(weights)]
        self.input = Herder("input", len(weights[0]), self.router, rectified=False)
        self.target = Herder("target", np.shape(weights[-1])[1], self.router, rectified=False)
        self.input_sum = np.zeros(len(weights[0]))
        self.held = np.zeros(np.shape(weights[-1])[1], int) if hold_error else None
        self._bind(smooth)

    def _bind(self, smooth: bool) -> None:
        r, layers = self.router, self.layers
        r.bind("vector", self.input.hear)
        r.bind("input", layers[0].weigh)
        if smooth:
            r.bind("vector", self._sum_input)
            r.bind("input sum", layers[0].take_sum)
        else:
            r.bind("input", layers[0].count_input)
        for k, layer in enumerate(layers):
            if k:
                r.bind(("forward", k - 1), layer.weigh)
                r.bind(("back", k), layers[k - 1].gate)
                r.bind(("sum" if smooth else "forward", k - 1), layer.take_sum if smooth else layer.count_input)
            r.bind(("rows", k), layer.sum_up)
            r.bind(("gate", k), layer.learn)
            r.bind(("rows", k), layer.forward.hear)
            if k:
                r.bind(("gate", k), layer.weigh_back)
                r.bind(("columns", k), layer.back.hear)
            r.bind(("change", k), layer.change)
        last = self._hold if self.held is not None else layers[-1].gate
        r.bind(("forward", len(layers) - 1), last)
        r.bind("target", last)
        r.bind("held", layers[-1].gate)

    def _sum_input(self, vector: Any) -> None:
        self.input_sum += vector
        self.router.send("input sum", self.input_sum)

    def _hold(self, error: tuple[int, int]) -> None:
        assert self.held is not None
        self.held[error[0]] += error[1]

    def _release(self) -> None:
        """Held errors, in the order of their units, each followed to its end."""
        assert self.held is not None
        for j, count in enumerate(self.held.tolist()):
            for _ in range(abs(count)):
                self.router.feed((j, 1 if count > 0 else -1), lambda error: self.router.send("held", error))
        self.held[:] = 0

    def train(self, x: Any, y: Any) -> None:
        for layer in self.layers:
            layer.begin()
        self.input.phi[:] = self.target.phi[:] = self.input_sum[:] = 0
        for _ in range(self.steps):
            self.router.feed(np.array(x, float), lambda vector: self.router.send("vector", vector))
            self.router.feed(-np.array(y, float), self.target.hear)
            if self.held is not None:
                self._release()
        for layer in self.layers:
            layer.end()
