"""Proportional-derivative and predictive codes (change.md, predictive-coding.md, neurons.md in docs/reference)."""

from __future__ import annotations

import math
from typing import Any

from outside.counted import COMPARES, METER, MULTIPLIES, NEURON, READS, SYNAPTIC, Float64
from outside.family import Family, Fault, Out, uniform
from outside.patches import Patches
from outside.rounding import activate

NEVER = -(2**62)
MOST, DIVERGED = 4096, 2.0**20


class Stepping(Family):
    """What counts spikes and takes a step when nothing else is left at an instant."""

    outlets = ("notice",)
    settles = {"notice": "settle"}  # noqa: RUF012

    def hears(self, n_in: int, below: int, step: int) -> None:
        """State of what hears the code of a module that came before it."""
        self.reads = (self.network.modules[below],)
        self.count, self.stamp, self.n_in = [0] * n_in, NEVER, n_in
        self.clocked(step)

    def clocked(self, step: int) -> None:
        """State of what steps."""
        self.last, self.step, self.noticed = NEVER, step, False
        self.row: int | None = None

    def notice(self, out: Out) -> None:
        """Ask for a step, once."""
        if not self.noticed:
            self.noticed = True
            out.spike(0, 1, "notice")

    def on_spikes(self, i: int, s: int, t: int, out: Out) -> None:
        if self.stamp != t:
            self.stamp, self.count = t, [0] * self.n_in
        self.count[i] += s
        METER.count(NEURON)
        self.notice(out)

    def on_tick(self, i: int, s: int, t: int, out: Out) -> None:
        self.notice(out)

    def on_read(self, i: int, s: int, t: int, out: Out) -> None:
        self.row = i
        self.notice(out)

    def decay(self, alpha: Any, t: int) -> float:
        """What is left of a code after the time since the last step."""
        dt = t - self.last
        if dt == self.step:
            return float(alpha)
        if alpha == 0 or self.last == NEVER:
            return 0.0
        METER.count(MULTIPLIES, 2)
        return math.exp(math.log(float(alpha)) * dt / self.step)

    def heard(self, t: int) -> list[int]:
        """Spikes of this instant."""
        return self.count if self.stamp == t else [0] * self.n_in

    def gather(self, patches: Patches, w: Any, t: int) -> list[Any]:
        """Sums of the patches of all units heard, unit by unit; a word is read once a unit."""
        acc = self.zeros(patches.units)
        for i, n in enumerate(self.heard(t)):
            if n:
                for _ in range(abs(n)):
                    patches.add(acc, w, i, n, SYNAPTIC)
                METER.count(READS, -(abs(n) - 1) * len(patches.of(i)[1]) * patches.channels)
        return acc

    def decode(self, number: list[Any], factor: float) -> None:
        """y = factor y + beta number."""
        beta, left = self.reads[0].used, self.number(factor)  # type: ignore[attr-defined]
        self.y = [left * y + beta * n for y, n in zip(self.y, number, strict=True)]

    def hear(self, t: int) -> list[Any]:
        """Decoded sums and their biases."""
        number = self.gather(self.patches, self.w, t)
        factor = self.decay(self.reads[0].alpha, t)  # type: ignore[attr-defined]
        self.decode(number, factor)
        self.z = [y + self.b.read(0, j % self.patches.channels) for j, y in enumerate(self.y)]
        return self.z

    patches: Patches
    y: list[Any]
    z: list[Any]
    w: Any
    b: Any


class Coding(Stepping):
    """What encodes values and sends them, so many spikes a reaction."""

    outlets = ("out", "notice")

    def build_code(self, n: int, beta: float, alpha: float, eta: float) -> None:
        """State of a code."""
        self.n = n
        self.prev, self.phi, self.left = self.zeros(n), self.zeros(n), [0] * n
        self.beta, self.used, self.relative = (self.number(beta) for _ in range(3))
        self.mean, self.alpha, self.eta = self.number(1.0), self.number(alpha), self.number(eta)
        self.rate = self.number(0)
        self.next: int | None = None

    def tune(self, values: list[Any]) -> None:
        """Move the scale after the mean |x| of before."""
        self.used = self.beta
        if self.eta == 0:
            return
        total = Float64(0)
        for x in values:
            total = total + abs(Float64(x))
        beta, mean, eta = Float64(self.beta), Float64(self.mean), Float64(self.eta)
        METER.count(COMPARES)
        self.beta = self.number(max(beta + eta * (Float64(self.relative) * mean - beta), 1e-8))
        self.mean = self.number(mean + eta * (total / len(values) - mean))

    def encode(self, values: list[Any], factor: float, out: Out) -> None:
        """Whole numbers of spikes of what has changed."""
        self.tune(values)
        kept, bad = self.number(factor), False
        for j, x in enumerate(values):
            METER.count(COMPARES)
            self.phi[j] = self.phi[j] + (x - kept * self.prev[j]) / self.used
            self.prev[j] = x
            self.left[j] = 0
            if abs(self.phi[j]) < DIVERGED:
                below = math.floor(self.phi[j])
                number = below + 1 if self.phi[j] - self.number(below) >= 0.5 else below
                self.phi[j] = self.phi[j] - number
                self.left[j] = number
            else:
                bad = True
        if bad:
            raise Fault("diverged")
        self.send(out)

    def send(self, out: Out) -> None:
        """As many spikes of each unit as its number; after MOST of them the rest waits for a notice."""
        made, first, self.next = 0, self.next or 0, None
        for j in range(first, self.n):
            size, sign = abs(self.left[j]), 1 if self.left[j] > 0 else -1
            now = min(size, MOST - made)
            for _ in range(now):
                out.spike(j, sign, magnitude=size)
            made += now
            if now < size:
                self.left[j], self.next, self.noticed = (size - now) * sign, j, True
                out.spike(0, 1, "notice")
                return

    def on_settle(self, i: int, s: int, t: int, out: Out) -> None:
        self.noticed = False
        if self.next is not None:
            self.send(out)
        else:
            self.take_step(t, out)

    def take_step(self, t: int, out: Out) -> None:
        """A layer's step."""
        values = self.hear(t)
        own = self.decay(self.alpha, t)
        self.last = t
        values = [self.number(activate(self.activation, Float64(z))) for z in values]
        self.encode(values, own, out)

    activation: str

    def take_frame(self, i: int, t: int, out: Out) -> None:
        """An encoder's step."""
        if self.next is not None:
            raise Fault("busy")
        values = [self.frames.read(i, j) for j in range(self.n)]
        factor = self.decay(self.alpha, t)
        self.last = t
        self.encode(values, factor, out)

    frames: Any

    def build_layer(self, geometry: Any, weights: int, bias: int, below: int, step: int, activation: str) -> None:
        """State of a layer."""
        self.patches, self.w, self.b = Patches(geometry), self.block(weights), self.block(bias)
        self.activation = activation
        self.y, self.z = self.zeros(self.patches.units), self.zeros(self.patches.units)
        self.hears(self.patches.units_in, below, step)

    def state(self) -> dict[str, list[Any]]:
        code = [self.beta, self.mean, self.used, self.alpha, self.relative, self.eta, self.rate]
        return {"prev": self.prev, "phi": self.phi, "code": code} | ({"y": self.y} if hasattr(self, "y") else {})


class PDEncoder(Coding):
    """Encodes frames."""

    ports = ("frame", "settle")

    def build(self, frames: int, kp: float, kd: float, eta: float = 0.0, step: int = 1) -> None:
        self.frames = self.block(frames)
        self.build_code(self.frames.columns, 1 / (kp + kd), kd / (kp + kd), eta)
        self.clocked(step)

    def on_frame(self, i: int, s: int, t: int, out: Out) -> None:
        self.take_frame(i, t, out)

    def take_step(self, t: int, out: Out) -> None:
        self.send(out)


class PDLayer(Coding):
    """Decodes, activates, encodes."""

    ports = ("spikes", "tick", "settle")

    def build(
        self, geometry: Any, weights: int, bias: int, below: int, kp: float, kd: float, eta: float = 0.0,
        step: int = 1, activation: str = "relu",
    ) -> None:  # fmt: skip
        self.build_layer(geometry, weights, bias, below, step, activation)
        self.build_code(self.patches.units, 1 / (kp + kd), kd / (kp + kd), eta)


class PDReadout(Stepping):
    """Decodes sums and writes them."""

    ports = ("spikes", "tick", "read", "settle")

    def build(self, geometry: Any, weights: int, bias: int, answers: int, below: int, step: int = 1) -> None:
        self.patches, self.w, self.b = Patches(geometry), self.block(weights), self.block(bias)
        self.answers, self.y = self.block(answers), self.zeros(self.patches.units)
        self.hears(self.patches.units_in, below, step)

    def values(self, t: int) -> list[Any]:
        """What this step gives."""
        return self.hear(t)

    def on_settle(self, i: int, s: int, t: int, out: Out) -> None:
        values = self.values(t)
        self.noticed, self.last = False, t
        if self.row is not None:
            for j, value in enumerate(values):
                self.answers.write(self.row, j, value)
            self.row = None

    def state(self) -> dict[str, list[Any]]:
        return {"y": self.y}


class PDDecoder(PDReadout):
    """Decodes the spikes themselves."""

    def build(self, answers: int, below: int, step: int = 1) -> None:  # type: ignore[override]
        self.answers = self.block(answers)
        self.y = self.zeros(self.answers.columns)
        self.hears(self.answers.columns, below, step)

    def values(self, t: int) -> list[Any]:
        number = self.numbers(self.heard(t))
        self.decode(number, self.decay(self.reads[0].alpha, t))  # type: ignore[attr-defined]
        return self.y


class Predictive(Coding):
    """Codes in a closed loop."""

    def build_loop(self, n: int, alpha: float, quantum: float, quantizer: str, seed: int) -> None:
        """State of the loop."""
        self.build_code(n, quantum, alpha, 0.0)
        self.r, self.quantizer, self.seed, self.drawn = self.zeros(n), quantizer, seed, 0

    def encode(self, values: list[Any], factor: float, out: Out) -> None:
        kept, bad = self.number(factor), False
        half = self.number(0.5)
        for j, x in enumerate(values):
            foreseen = kept * self.r[j]
            METER.count(COMPARES)
            new = (x - foreseen) / self.beta
            self.left[j] = 0
            if not abs(new) < DIVERGED:
                bad = True
                continue
            if self.quantizer == "random":
                fires = float(new) > uniform(self.seed, self.drawn)
                self.drawn += 1
            elif self.quantizer == "sigma-delta":
                self.phi[j] = self.phi[j] + new
                fires = self.phi[j] > half
                if fires:
                    self.phi[j] = self.phi[j] - 1
            else:
                fires = new > half
            if fires:
                self.left[j] = 1
                foreseen = foreseen + self.beta
            self.r[j] = foreseen
        if bad:
            raise Fault("diverged")
        self.send(out)

    def state(self) -> dict[str, list[Any]]:
        return {"r": self.r, "phi": self.phi} | ({"y": self.y} if hasattr(self, "y") else {})


class PredictiveEncoder(Predictive):
    """Encodes frames in a closed loop."""

    ports = ("frame", "settle")

    def build(
        self, frames: int, alpha: float, quantum: float = 1.0, quantizer: str = "threshold", seed: int = 0,
        step: int = 1,
    ) -> None:  # fmt: skip
        self.frames = self.block(frames)
        self.build_loop(self.frames.columns, alpha, quantum, quantizer, seed)
        self.clocked(step)

    def on_frame(self, i: int, s: int, t: int, out: Out) -> None:
        self.take_frame(i, t, out)

    def take_step(self, t: int, out: Out) -> None:
        self.send(out)


class PredictiveLayer(Predictive):
    """Decodes, activates, and encodes in a closed loop."""

    ports = ("spikes", "tick", "settle")

    def build(
        self, geometry: Any, weights: int, bias: int, below: int, alpha: float, quantum: float = 1.0,
        quantizer: str = "threshold", seed: int = 0, step: int = 1, activation: str = "relu",
    ) -> None:  # fmt: skip
        self.build_layer(geometry, weights, bias, below, step, activation)
        self.build_loop(self.patches.units, alpha, quantum, quantizer, seed)
