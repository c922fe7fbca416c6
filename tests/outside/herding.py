"""Herding, Summing, Encoder, Rectified, Accumulator (docs/reference/neurons.md)."""

from __future__ import annotations

from typing import Any

from outside.counted import COMPARES, INPUT, METER, MULTIPLIES, NEURON, SYNAPTIC, Int32
from outside.family import Family, Out, hash64, uniform


def add_row(phi: list[Any], block: Any, i: int, s: int, cause: int) -> None:
    """Add or subtract a row of weights; the additions are of this cause."""
    METER.cause = cause
    for j in range(len(phi)):
        phi[j] = phi[j] + block.read(i, j) if s > 0 else phi[j] - block.read(i, j)
    METER.cause = NEURON


class Herding(Family):
    """Signed quantizers over rows of weights."""

    ports = ("spikes", "settle", "reset")
    outlets = ("out", "notice")
    settles = {"notice": "settle"}  # noqa: RUF012
    cause, signed, sums, coalesces = SYNAPTIC, True, False, True

    def build(
        self, units: int, weights: int, scale: float = 1, reset_policy: str = "zero", seed: int = 0,
        coalesce: str | None = None, most: int | None = None,
    ) -> None:  # fmt: skip
        self.w, self.step, self.whole = self.block(weights), self.number(scale), self.number is Int32
        self.threshold = self.number(int(scale) // 2 if self.whole else scale / 2)
        self.phi, self.fired = self.zeros(units), self.zeros(units)
        self.policy, self.seed, self.drawn, self.grain = reset_policy, seed, 0, max(int(scale), 1)
        self.noticed = False
        if reset_policy == "random":
            self.draw()

    def draw(self) -> None:
        """Potentials anew, from half a step below 0 to half a step above."""
        for j in range(len(self.phi)):
            if self.whole:
                self.phi[j] = self.number(hash64(self.seed, self.drawn) % self.grain - self.grain // 2)
            else:
                self.phi[j] = self.number((uniform(self.seed, self.drawn) - 0.5) * float(self.step))
            self.drawn += 1

    def on_spikes(self, i: int, s: int, t: int, out: Out) -> None:
        add_row(self.phi, self.w, i, s, self.cause)
        if not (self.burst and self.coalesces):
            self.fire(out)
        elif not self.noticed:
            self.noticed = True
            out.spike(0, 1, "notice")

    def on_settle(self, i: int, s: int, t: int, out: Out) -> None:
        self.noticed = False
        self.fire(out)

    def on_reset(self, i: int, s: int, t: int, out: Out) -> None:
        if self.policy == "zero":
            self.phi = self.zeros(len(self.phi))
        elif self.policy == "random":
            self.draw()
            METER.count(MULTIPLIES, 0 if self.whole else len(self.phi))
        if self.sums:
            self.fired = self.zeros(len(self.fired))

    def fire(self, out: Out) -> None:
        """The unit with the largest potential first, the lowest index at a tie, until none is past its threshold."""
        METER.count(COMPARES, len(self.phi))
        while True:
            sizes = [abs(x) if self.signed else x for x in self.phi]
            size = max(sizes)
            if not size > self.threshold:
                return
            j = sizes.index(size)
            up = self.phi[j] > 0
            self.phi[j] = self.phi[j] - self.step if up else self.phi[j] + self.step
            if self.sums:
                self.fired[j] = self.fired[j] + self.step if up else self.fired[j] - self.step
            METER.count(COMPARES)
            out.spike(j, 1 if up else -1, magnitude=size)

    def state(self) -> dict[str, list[Any]]:
        draws = [self.seed, self.drawn, ("zero", "none", "random").index(self.policy), self.grain]
        found = {"phi": self.phi, "noticed": [int(self.noticed)], "draws": draws}
        return found | {"fired": self.fired} if self.sums else found


class Summing(Herding):
    """Keeps what each unit has fired."""

    sums = True


class Encoder(Summing):
    """Rows are vectors: their additions are input."""

    cause, coalesces = INPUT, False


class Rectified(Summing):
    """Fires above only."""

    signed = False


class Accumulator(Family):
    """Sums rows, never fires; a row of answers is written when asked for."""

    ports = ("spikes", "read", "reset")

    def build(self, units: int, weights: int, answers: int) -> None:
        self.w, self.answers, self.phi = self.block(weights), self.block(answers), self.zeros(units)

    def on_spikes(self, i: int, s: int, t: int, out: Out) -> None:
        add_row(self.phi, self.w, i, s, SYNAPTIC)

    def on_read(self, i: int, s: int, t: int, out: Out) -> None:
        for j, value in enumerate(self.phi):
            self.answers.write(i, j, value)

    def on_reset(self, i: int, s: int, t: int, out: Out) -> None:
        self.phi = self.zeros(len(self.phi))

    def state(self) -> dict[str, list[Any]]:
        return {"phi": self.phi}
