"""Layers, errors and updates of a Deep Spiking Network (docs/reference/learning.md)."""

from __future__ import annotations

from typing import Any

from outside.counted import COMPARES, INPUT, LEARNING, METER, NEURON, SYNAPTIC
from outside.family import Family, Out
from outside.herding import Herding, Rectified, add_row


class Layer(Rectified):
    """A rectified layer whose units let errors pass where they are active."""

    ports, outlets = ("spikes", "settle", "reset", "error"), ("out", "notice", "gated")
    passes_on = ("gated",)

    def build(self, units: int, weights: int, open_at_zero: bool = True, **options: Any) -> None:  # type: ignore[override]
        super().build(units, weights, **options)
        self.open_at_zero = open_at_zero

    def on_error(self, i: int, s: int, t: int, out: Out) -> None:
        fed = self.phi[i] + self.fired[i]
        METER.count(COMPARES)
        if fed > 0 or (fed == 0 and self.open_at_zero):
            out.spike(i, s, "gated")


class ReadLayer(Rectified):
    """A rectified layer that writes what it was fed, or what it has fired."""

    ports = ("spikes", "settle", "reset", "read", "read_counts")

    def build(self, units: int, weights: int, answers: int, **options: Any) -> None:  # type: ignore[override]
        super().build(units, weights, **options)
        self.answers = self.block(answers)

    def on_read(self, i: int, s: int, t: int, out: Out) -> None:
        for j in range(len(self.phi)):
            self.answers.write(i, j, self.phi[j] + self.fired[j])

    def on_read_counts(self, i: int, s: int, t: int, out: Out) -> None:
        for j, value in enumerate(self.fired):
            self.answers.write(i, j, value)


class Columns(Herding):
    """Herding over the columns of a block: errors go down."""

    def on_spikes(self, i: int, s: int, t: int, out: Out) -> None:
        METER.cause = SYNAPTIC
        for k in range(len(self.phi)):
            word = self.w.read(k, i)
            self.phi[k] = self.phi[k] + word if s > 0 else self.phi[k] - word
        METER.cause = NEURON
        if not self.burst:
            self.fire(out)
        elif not self.noticed:
            self.noticed = True
            out.spike(0, 1, "notice")


class ErrorCounter(Family):
    """Holds errors, and sends them one by one."""

    ports, outlets = ("output", "target", "end"), ("out", "again")
    passes_on = ("out",)
    settles = {"again": "end"}  # noqa: RUF012

    def build(self, units: int) -> None:
        self.held = [0] * units

    def on_output(self, i: int, s: int, t: int, out: Out) -> None:
        self.held[i] += s
        METER.count(NEURON)

    on_target = on_output

    def on_end(self, i: int, s: int, t: int, out: Out) -> None:
        for j, n in enumerate(self.held):
            if n:
                sign = 1 if n > 0 else -1
                self.held[j] -= sign
                METER.count(NEURON)
                out.spike(j, sign)
                out.spike(0, 1, "again")
                return

    def state(self) -> dict[str, list[Any]]:
        return {"count": self.held}


class InputSum(Family):
    """Sums of vectors, for a smooth update to read."""

    ports = ("spikes", "reset")

    def build(self, units: int, vectors: int) -> None:
        self.w, self.phi, self.fired = self.block(vectors), self.zeros(units), self.zeros(units)

    def on_spikes(self, i: int, s: int, t: int, out: Out) -> None:
        add_row(self.phi, self.w, i, s, INPUT)

    def on_reset(self, i: int, s: int, t: int, out: Out) -> None:
        self.phi = self.zeros(len(self.phi))

    def state(self) -> dict[str, list[Any]]:
        return {"phi": self.phi, "fired": self.fired}


class Update(Family):
    """What all updates share."""

    def build(
        self, weights: int, rate: float = 1.0, lam: float = 0.0, keep_negative: bool = True, below: int | None = None
    ) -> None:
        self.w, self.keep_negative = self.block(weights), keep_negative
        self.rate, self.lam, self.fall = (self.number(one) for one in (rate, lam, rate * lam))
        self.c, self.e = self.zeros(self.w.rows), self.zeros(self.w.columns)
        if below is not None:
            self.reads = (self.network.modules[below],)

    def on_spikes(self, i: int, s: int, t: int, out: Out) -> None:
        METER.cause = LEARNING
        self.c[i] = self.c[i] + s

    def on_reset(self, i: int, s: int, t: int, out: Out) -> None:
        self.c, self.e = self.zeros(len(self.c)), self.zeros(len(self.e))

    def activity(self) -> list[Any]:
        """What each input has brought since the sample began: counts of its spikes."""
        return self.c

    def moving(self) -> list[tuple[int, Any]]:
        """Inputs whose weights move, with what they have brought."""
        return [(k, x) for k, x in enumerate(self.activity()) if x > 0 or (x < 0 and self.keep_negative)]

    def move(self, k: int, j: int, change: Any) -> None:
        """One weight goes down."""
        METER.cause = LEARNING
        self.w.write(k, j, self.w.read(k, j) - change)

    def state(self) -> dict[str, list[Any]]:
        return {"c": self.c, "e": self.e}


class AtOnce(Update):
    """A column moves at each error."""

    def on_error(self, i: int, s: int, t: int, out: Out) -> None:
        for k, x in self.moving():
            change = self.rate * x
            self.move(k, i, change if s > 0 else -change)

    def on_decay(self, i: int, s: int, t: int, out: Out) -> None:
        for k, x in self.moving():
            self.move(k, i, self.fall * x)


class AtTheEnd(Update):
    """Errors are counted; the whole block moves when asked to."""

    def on_error(self, i: int, s: int, t: int, out: Out) -> None:
        METER.cause = LEARNING
        self.e[i] = self.e[i] + s

    def on_decay(self, i: int, s: int, t: int, out: Out) -> None:
        METER.cause = LEARNING
        self.e[i] = self.e[i] + self.lam

    def on_apply(self, i: int, s: int, t: int, out: Out) -> None:
        errors = [(j, e) for j, e in enumerate(self.e) if e != 0]
        for k, x in self.moving() if errors else ():
            gain = self.rate * x
            for j, e in errors:
                self.move(k, j, gain * e)


class Smooth(Update):
    """Reads the sums of what was fed to the layer below in place of its spikes."""

    def activity(self) -> list[Any]:
        METER.cause = NEURON
        below: Any = self.reads[0]
        return [a + b for a, b in zip(below.phi, below.fired, strict=True)]


class Fsgd(AtOnce):
    """Fractional SGD."""

    ports = ("spikes", "error", "decay", "reset")


class FsgdInteger(AtOnce):
    """Fractional SGD without a rate."""

    ports = ("spikes", "error", "reset")

    def on_error(self, i: int, s: int, t: int, out: Out) -> None:
        for k, x in self.moving():
            self.move(k, i, x if s > 0 else -x)


class FsgdSmooth(Smooth, AtOnce):
    """Fractional SGD with smooth counts."""

    ports = ("error", "decay")


class Sgd(AtTheEnd):
    """SGD."""

    ports = ("spikes", "error", "decay", "apply", "reset")


class SgdSmooth(Smooth, AtTheEnd):
    """SGD with smooth counts."""

    ports = ("error", "decay", "apply", "reset")
