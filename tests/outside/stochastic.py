"""Poisson units and the sampler (docs/reference/neurons.md)."""

from __future__ import annotations

import math
from typing import Any

from outside.counted import COMPARES, INPUT, METER, NEURON, Float64
from outside.family import Family, Out, uniform
from outside.herding import add_row


class Drawing(Family):
    """What draws random numbers by counting."""

    outlets = ("out",)
    seed, drawn = 0, 0

    def uniform(self) -> float:
        """The next number from 0 up to 1."""
        self.drawn += 1
        return uniform(self.seed, self.drawn - 1)

    def exponential(self) -> float:
        """The next number of an exponential distribution."""
        return -math.log(1.0 - self.uniform())


class Poisson(Drawing):
    """Units whose thresholds are drawn anew after each spike."""

    ports = ("spikes", "reset")

    def build(
        self, units: int, vectors: int, seed: int = 0, reset_policy: str = "zero", most: int | None = None
    ) -> None:
        self.w, self.seed, self.policy = self.block(vectors), seed, reset_policy
        self.phi, self.threshold = self.zeros(units), self.numbers(self.exponential() for _ in range(units))

    def on_spikes(self, i: int, s: int, t: int, out: Out) -> None:
        add_row(self.phi, self.w, i, s, INPUT)
        METER.count(COMPARES, len(self.phi))
        while True:
            past = [
                j for j, x in enumerate(self.phi) if x > self.threshold[j] or x <= -self.threshold[j]
            ]  # fmt: skip
            if not past:
                return
            j = max(past, key=lambda j: (abs(self.phi[j]), -j))
            size, up = abs(self.phi[j]), self.phi[j] > self.threshold[j]
            self.phi[j] = self.phi[j] - 1 if up else self.phi[j] + 1
            self.threshold[j] = self.number(self.exponential())
            METER.count(COMPARES)
            out.spike(j, 1 if up else -1, magnitude=size)

    def on_reset(self, i: int, s: int, t: int, out: Out) -> None:
        if self.policy == "zero":
            for j in range(len(self.phi)):
                self.phi[j], self.threshold[j] = self.number(0), self.number(self.exponential())

    def state(self) -> dict[str, list[Any]]:
        return {"phi": self.phi, "threshold": self.threshold}


class Sampler(Drawing):
    """Spikes drawn from a vector."""

    def build(self, units: int, vectors: int, seed: int = 0, most: int | None = None) -> None:
        self.w, self.seed = self.block(vectors), seed

    def on_spikes(self, i: int, s: int, t: int, out: Out) -> None:
        METER.cause = INPUT
        sizes, total = [], Float64(0)
        for j in range(self.w.columns):
            sizes.append(abs(Float64(self.w.read(i, j))))
            total = total + sizes[-1]
        METER.cause = NEURON
        arrived = Float64(self.exponential())
        while arrived <= total:
            mark = self.uniform() * total
            below, j = sizes[0], 0
            while below <= mark and j < len(sizes) - 1:
                j += 1
                below = below + sizes[j]
                METER.count(COMPARES)
            METER.count(COMPARES)
            out.spike(j, s if self.w.words[i][j] > 0 else -s)
            arrived = arrived + self.exponential()

    def state(self) -> dict[str, list[Any]]:
        return {"draws": [self.seed, self.drawn]}
