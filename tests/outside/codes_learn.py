"""Errors and gradients of proportional-derivative networks (docs/reference/learning.md)."""

from __future__ import annotations

import math
from typing import Any

from outside.counted import COMPARES, LEARNING, METER, NEURON, SYNAPTIC, Float64
from outside.family import Family, Fault, Out
from outside.patches import Patches
from outside.proportional import Coding, Stepping
from outside.rounding import activate

SMALLEST = 2.0**-40


def learn_bias(b: Any, rate: Any, errors: list[Any]) -> None:
    """Biases move against the errors, unit by unit."""
    METER.cause = LEARNING
    for j, error in enumerate(errors):
        c = j % b.columns
        b.write(0, c, b.read(0, c) - rate * error)
    METER.cause = NEURON


class PDOutput(Coding):
    """Softmax, and the error of a class."""

    ports = ("spikes", "tick", "target", "settle")

    def build(
        self, geometry: Any, weights: int, bias: int, targets: int, below: int, kp: float, kd: float, rate: float,
        eta: float = 0.0, step: int = 1,
    ) -> None:  # fmt: skip
        self.build_layer(geometry, weights, bias, below, step, "identity")
        self.build_code(self.patches.units, 1 / (kp + kd), kd / (kp + kd), eta)
        self.targets, self.rate = self.block(targets), self.number(rate)

    on_target = Stepping.on_read

    def take_step(self, t: int, out: Out) -> None:
        z = self.hear(t)
        own = self.decay(self.alpha, t)
        self.last = t
        values = self.zeros(self.n)
        if self.row is not None:
            wanted, self.row = int(self.targets.read(self.row, 0)), None
            if not 0 <= wanted < self.n:
                raise Fault("no such class")
            values = self.softmax(z)
            values[wanted] = values[wanted] - 1
            learn_bias(self.b, self.rate, values)
        self.encode(values, own, out)

    def softmax(self, z: list[Any]) -> list[Any]:
        """Probabilities."""
        METER.count(COMPARES, len(z))
        top, total = Float64(max(z)), Float64(0)
        for one in z:
            total = total + math.exp(Float64(one) - top)
        return self.numbers(Float64(math.exp(Float64(one) - top)) / total for one in z)


class PDError(Coding):
    """What comes back through weights, times the slope of an activation."""

    ports = ("spikes", "tick", "settle")

    def build(
        self, geometry: Any, weights: int, bias: int, layer: int, above: int, kp: float, kd: float, rate: float,
        eta: float = 0.0, step: int = 1,
    ) -> None:  # fmt: skip
        self.patches, self.w, self.b = Patches(geometry), self.block(weights), self.block(bias)
        self.y = self.zeros(self.patches.units_in)
        self.build_code(self.patches.units_in, 1 / (kp + kd), kd / (kp + kd), eta)
        self.rate = self.number(rate)
        self.hears(self.patches.units, above, step)
        self.reads = (*self.reads, self.network.modules[layer])

    def joined(self, o: int) -> list[tuple[int, int, int]]:
        """Inputs that reach an output, with the row and column of the word between them."""
        place, c = divmod(o, self.patches.channels)
        found = []
        for i in range(self.patches.units_in):
            channel, reached = self.patches.of(i)
            found += [(i, channel, one.word + c) for one in reached if one.place == place]
        return found

    def take_step(self, t: int, out: Out) -> None:
        acc = self.zeros(self.n)
        METER.cause = SYNAPTIC
        for o, n in enumerate(self.heard(t)):
            for i, row, column in self.joined(o) if n else ():
                word = self.w.read(row, column)
                for _ in range(abs(n)):
                    acc[i] = acc[i] + word if n > 0 else acc[i] - word
        METER.cause = NEURON
        above, layer = self.reads
        back, own = self.decay(above.alpha, t), self.decay(self.alpha, t)  # type: ignore[attr-defined]
        self.last = t
        self.decode(acc, back)
        values = [
            self.number(slope(Float64(z), layer.activation) * Float64(y))  # type: ignore[attr-defined]
            for z, y in zip(layer.z, self.y, strict=True)  # type: ignore[attr-defined]
        ]
        learn_bias(self.b, self.rate, values)
        self.encode(values, own, out)


def slope(z: Any, activation: str) -> Any:
    """The derivative of an activation; at a corner that of the active side."""
    if activation == "tanh":
        value = activate("tanh", z)
        return 1.0 - value * value
    active = {"identity": True, "relu": z >= 0, "hard_sigmoid": 0 <= z <= 1}[activation]
    return Float64(1.0 if active else 0.0)


class PDInbox(Family):
    """Counts the error spikes of an instant."""

    def build(self, units: int) -> None:
        self.count, self.stamp, self.heard_ever = [0] * units, -(2**62), [0] * units

    def on_spikes(self, i: int, s: int, t: int, out: Out) -> None:
        if self.stamp != t:
            self.stamp, self.count = t, [0] * len(self.count)
        self.count[i] += s
        self.heard_ever[i] += 1
        METER.count(NEURON)

    def state(self) -> dict[str, list[Any]]:
        return {"heard": self.heard_ever}


class Synapses(Stepping):
    """Gradients of a block from two trains of spikes."""

    ports = ("tick", "settle")
    raw = False

    def build(
        self, geometry: Any, weights: int, layer: int, below: int, errors: int, above: int, rate: float, step: int = 1
    ) -> None:
        self.patches, self.w, self.rate = Patches(geometry), self.block(weights), self.number(rate)
        self.reads = tuple(self.network.modules[k] for k in (layer, below, errors, above))
        self.clocked(step)
        n_in, n_out = self.patches.units_in, self.patches.units
        self.xhat, self.x_old = self.zeros(n_in), self.zeros(n_in)
        self.ehat, self.e_old = self.zeros(n_out), self.zeros(n_out)

    def runs(self) -> Any:
        """Synapses whose words lie side by side: an input unit, and output units with their words, row by row."""
        for i in range(self.patches.units_in):
            channel, reached = self.patches.of(i)
            rows: dict[int, list[Any]] = {}
            for one in reached:
                row = rows.setdefault(one.place // self.patches.shape_out[2], [])
                row += [
                    (one.place * self.patches.channels + c, channel, one.word + c)
                    for c in range(self.patches.channels)
                ]  # fmt: skip
            for run in rows.values():
                yield i, run

    def spikes(self, module: Any, t: int, n: int) -> list[Any]:
        """Spikes that a module has counted at this instant."""
        return self.numbers(module.count if module.stamp == t else [0] * n)

    def traces(self, trace: list[Any], old: list[Any], spikes: list[Any], factor: float, beta: Any) -> None:
        """Decay, and add what has come."""
        left = self.number(factor)
        for j, value in enumerate(trace):
            old[j] = left * value
            if abs(old[j]) < SMALLEST:
                old[j] = self.number(0)
            trace[j] = old[j] + beta * spikes[j] if spikes[j] != 0 else old[j]

    def on_settle(self, i: int, s: int, t: int, out: Out) -> None:
        layer, below, errors, above = self.reads
        code_x, code_e = below, above
        of_x, of_e = self.decay(code_x.alpha, t), self.decay(code_e.alpha, t)  # type: ignore[attr-defined]
        self.noticed, self.last = False, t
        rest = 1.0 - Float64(code_x.alpha) * Float64(code_e.alpha)  # type: ignore[attr-defined]
        x, e = self.spikes(layer, t, len(self.xhat)), self.spikes(errors, t, len(self.ehat))
        beta_x, beta_e, gain = code_x.used, code_e.used, self.gain(rest)  # type: ignore[attr-defined]
        if self.raw:
            gain = gain * Float64(beta_x) * Float64(beta_e)
            beta_x = beta_e = self.number(1)
        self.traces(self.xhat, self.x_old, x, of_x, beta_x)
        self.traces(self.ehat, self.e_old, e, of_e, beta_e)
        self.learn(x, e, beta_x, beta_e, self.number(gain))

    def gain(self, rest: Any) -> Any:
        """What changes are multiplied by."""
        return Float64(self.rate) / rest

    def learn(self, x: list[Any], e: list[Any], beta_x: Any, beta_e: Any, gain: Any) -> None:
        """Move the weights."""
        raise NotImplementedError

    def move(self, row: int, column: int, change: Any) -> None:
        """One weight goes down."""
        METER.cause = LEARNING
        self.w.write(row, column, self.w.read(row, column) - change)

    def state(self) -> dict[str, list[Any]]:
        return {"xhat": self.xhat, "x_old": self.x_old, "ehat": self.ehat, "e_old": self.e_old}


class Recon(Synapses):
    """The product of both traces, every step."""

    def gain(self, rest: Any) -> Any:
        return self.rate

    def learn(self, x: list[Any], e: list[Any], beta_x: Any, beta_e: Any, gain: Any) -> None:
        for i, run in self.runs():
            if self.xhat[i] != 0:
                by = gain * self.xhat[i]
                for o, row, column in run:
                    self.move(row, column, by * self.ehat[o])


class Past(Synapses):
    """What the product has summed up to since a synapse's last spike."""

    def build(self, *args: Any, **options: Any) -> None:
        super().build(*args, **options)
        self.u = {(i, o): self.number(0) for i, run in self.runs() for o, *_ in run}
        self.ever = [False] * len(self.xhat)

    def learn(self, x: list[Any], e: list[Any], beta_x: Any, beta_e: Any, gain: Any) -> None:
        METER.cause = LEARNING
        for i, run in self.runs():
            self.ever[i] = self.ever[i] or x[i] != 0
            for o, row, column in run:
                if x[i] != 0 or (e[o] != 0 and self.ever[i]):
                    self.move(row, column, gain * (self.u[i, o] - self.x_old[i] * self.e_old[o]))
                    self.u[i, o] = self.xhat[i] * self.ehat[o]

    def state(self) -> dict[str, list[Any]]:
        return super().state() | {"u": list(self.u.values())}


class Future(Synapses):
    """What the product will yet sum up to."""

    def build(self, *args: Any, traces: str = "scaled", **options: Any) -> None:
        super().build(*args, **options)
        self.raw = traces == "raw"

    def learn(self, x: list[Any], e: list[Any], beta_x: Any, beta_e: Any, gain: Any) -> None:
        for i, run in self.runs():
            if x[i] != 0:
                by = gain * (beta_x * x[i])
                for o, row, column in run:
                    self.move(row, column, by * self.ehat[o])
            if self.x_old[i] != 0 and any(e):
                by = gain * self.x_old[i]
                for o, row, column in run:
                    if e[o] != 0:
                        self.move(row, column, by * (beta_e * e[o]))


class Stdp(Future):
    """Traces of bare spikes."""

    def build(self, *args: Any, traces: str = "raw", **options: Any) -> None:
        super().build(*args, traces=traces, **options)
