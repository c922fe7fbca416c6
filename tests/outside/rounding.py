"""Whole numbers and their changes: encoders, Sigma-Delta and rounding layers, pools, read-outs (docs/reference/neurons.md)."""

from __future__ import annotations

import math
from typing import Any

from outside.counted import COMPARES, INPUT, METER, NEURON, SYNAPTIC, Float64, Int32
from outside.family import Family, Fault, Out
from outside.patches import Patches

MOST = 4096


def nearest(x: float) -> int:
    """The nearest whole number, halves up."""
    below = math.floor(float(x))
    return below + 1 if float(x) - below >= 0.5 else below


def activate(name: str, u: Any) -> Any:
    """An activation of a number of 64 bits."""
    if name == "relu":
        return u if u > 0 else Float64(0)
    if name == "hard_sigmoid":
        return Float64(min(max(u, 0.0), 1.0))
    if name == "tanh":
        raised = Float64(math.exp(-(2.0 * abs(u))))
        size = (1.0 - raised) / (1.0 + raised)
        return size if u > 0 else -size
    return u


def given_scales(k: Any, n: int, number: Any) -> list[Any]:
    """One scale a unit."""
    return [number(one) for one in (k if isinstance(k, list) else [k] * n)]


class Waiting:
    """Places that wait to be looked at, the first first; the first may be half done."""

    def __init__(self, places: int) -> None:
        self.places: list[int] = []
        self.all, self.done, self.noticed = range(places), 0, False

    def add(self, place: int) -> None:
        """A place waits; one that was half done begins anew."""
        if place not in self.places:
            self.places.append(place)
        elif place == self.places[0]:
            self.done = 0

    def take(self) -> int:
        """The first place, which waits no more."""
        self.done = 0
        return self.places.pop(0)

    def notice(self, out: Out) -> None:
        """Ask for a look at the end of the instant, once."""
        if not self.noticed:
            self.noticed = True
            out.spike(0, 1, "notice")

    def flags(self) -> list[int]:
        """Which places wait."""
        return [int(p in self.places) for p in self.all]


class Numbers(Family):
    """Units that stand for whole numbers and send the change of them."""

    outlets = ("out", "notice")
    settles = {"notice": "settle"}  # noqa: RUF012

    def units_of(self, n: int, places: int, k: Any, bias: list[float], unscale: float, activation: str, baked: bool,
                 shift: int) -> None:  # fmt: skip
        """State of n units at so many places."""
        self.acc, self.sent, self.waiting = self.zeros(n), [0] * n, Waiting(places)
        self.k, self.bias = given_scales(k, n, self.number), self.numbers(bias)
        self.unscale, self.activation, self.baked, self.shift = self.number(unscale), activation, baked, shift
        self.channels, self.whole = n // places, self.number is Int32
        self.limit: int = self.described_limit

    def standing(self, j: int) -> Any:
        """acc / unscale + bias."""
        value = Float64(self.acc[j])
        return (value if self.baked else value / Float64(self.unscale)) + Float64(self.bias[j % len(self.bias)])

    def level(self, j: int) -> int:
        """The whole number that a unit stands for."""
        METER.count(NEURON, 2)  # the rounding, and the difference that follows
        if self.whole:
            value = int(self.acc[j])
            if self.activation != "input":
                value = int(self.acc[j] + self.bias[j % len(self.bias)])
            if self.activation in ("relu", "hard_sigmoid"):
                value = max(value, 0)
            if self.activation == "hard_sigmoid":
                value = min(value, 1 << self.shift)
            return (value + ((1 << self.shift) >> 1)) >> self.shift
        if self.activation == "input":
            return nearest(Float64(self.k[j]) * Float64(self.acc[j]))
        value = activate(self.activation, self.standing(j))
        return nearest(value if self.baked else Float64(self.k[j]) * value)

    def send(self, out: Out) -> None:
        """Look at all that waits; what is not as sent is sent, in ones, so many a reaction."""
        made = 0
        while self.waiting.places:
            place = self.waiting.places[0]
            for j in range(place * self.channels + self.waiting.done, (place + 1) * self.channels):
                METER.count(COMPARES)
                number = self.level(j)
                while self.sent[j] != number and made < self.limit:
                    left = number - self.sent[j]
                    METER.count(COMPARES)
                    out.spike(j, left, magnitude=abs(left))
                    self.sent[j] += 1 if left > 0 else -1
                    made += 1
                if self.sent[j] != number:
                    self.waiting.done = j - place * self.channels
                    self.waiting.notice(out)
                    return
            self.waiting.take()

    def on_settle(self, i: int, s: int, t: int, out: Out) -> None:
        self.waiting.noticed = False
        self.send(out)

    def state(self) -> dict[str, list[Any]]:
        return {"acc": self.acc, "sent": self.sent, "waits": self.waiting.flags()}


class ChangeEncoder(Numbers):
    """Sends changes of round(k x)."""

    ports = ("frame", "value", "spikes", "settle")

    def build(self, frames: int, updates: int | None = None, k: Any = 1.0, shift: int = 0) -> None:
        self.frames = self.block(frames)
        self.updates = self.frames if updates is None else self.block(updates)
        n = self.frames.columns
        self.units_of(n, n, k, [0.0], 1.0, "input", False, shift)
        exact = k if isinstance(k, list) else [k] * n
        self.quantum = self.numbers([1 << shift] * n if self.whole else [1 / one for one in exact])

    def on_frame(self, i: int, s: int, t: int, out: Out) -> None:
        for j in range(len(self.acc)):
            x = self.frames.read(i, j)
            METER.count(COMPARES)
            if x != self.acc[j]:
                self.acc[j] = x
                self.waiting.add(j)
        self.send(out)

    def on_value(self, i: int, s: int, t: int, out: Out) -> None:
        j = int(self.updates.words[i][0])
        if not 0 <= j < len(self.acc):
            raise Fault("no such input")
        self.updates.read(i, 0)
        x = self.updates.read(i, 1)
        METER.count(COMPARES)
        if x != self.acc[j]:
            self.acc[j] = x
            self.waiting.add(j)
            self.send(out)

    def on_spikes(self, i: int, s: int, t: int, out: Out) -> None:
        METER.cause = INPUT
        self.acc[i] = self.acc[i] + self.quantum[i] if s > 0 else self.acc[i] - self.quantum[i]
        self.sent[i] += s
        METER.count(INPUT)
        out.spike(i, s)


class FrameEncoder(ChangeEncoder):
    """Sends round(k x) whole."""

    def on_frame(self, i: int, s: int, t: int, out: Out) -> None:
        for j in range(len(self.acc)):
            self.acc[j], self.sent[j] = self.frames.read(i, j), 0
            self.waiting.add(j)
        self.send(out)


class Quantizer(Family):
    """Adds a vector, takes off the nearest whole numbers and sends them."""

    ports, outlets = ("frames",), ("out",)

    def build(self, vectors: int, most: int | None = None) -> None:
        self.w = self.block(vectors)
        self.phi = self.zeros(self.w.columns)

    def on_frames(self, i: int, s: int, t: int, out: Out) -> None:
        for j in range(len(self.phi)):
            METER.cause = INPUT
            self.phi[j] = self.phi[j] + self.w.read(i, j) if s > 0 else self.phi[j] - self.w.read(i, j)
            METER.cause = NEURON
            number = nearest(self.phi[j])
            METER.count(NEURON)  # the rounding
            self.phi[j] = self.phi[j] - number
            METER.count(COMPARES, 1 + abs(number))
            for _ in range(abs(number)):
                out.spike(j, number)

    def state(self) -> dict[str, list[Any]]:
        return {"phi": self.phi}


class SigmaDelta(Numbers):
    """Sums patches; sends changes of round(k h(acc / unscale + bias))."""

    ports = ("spikes", "settle", "look")

    def default_coalesce(self, network: Any) -> str:
        return "burst" if "coalesce" not in self.options else str(network.coalesce)

    def build(
        self, geometry: Any, weights: int | None = None, bias: Any = None, k: Any = 1.0, unscale: float = 1.0,
        activation: str = "relu", baked: bool = False, shift: int = 0, coalesce: str | None = None,
        answers: int | None = None,
    ) -> None:  # fmt: skip
        self.patches = Patches(geometry)
        self.w = None if weights is None else self.block(weights)
        self.answers = None if answers is None else self.block(answers)
        if self.w is None:
            unscale = unscale * self.patches.kernel[0] * self.patches.kernel[1]
        self.one = self.number(1 << shift)
        given = [0.0] * self.patches.channels if bias is None else bias
        self.units_of(self.patches.units, self.patches.places, k, given, unscale, activation, baked, shift)

    def add(self, i: int, s: int) -> None:
        """Add what a spike adds."""
        if self.w is None:
            self.patches.add_ones(self.acc, self.one, i, s, SYNAPTIC)
        else:
            self.patches.add(self.acc, self.w, i, s, SYNAPTIC)

    def on_spikes(self, i: int, s: int, t: int, out: Out) -> None:
        self.add(i, s)
        for place, _ in self.patches.of(i)[1]:
            self.waiting.add(place)
        if self.burst or type(self) is not SigmaDelta:
            self.waiting.notice(out)
        else:
            self.send(out)

    def on_look(self, i: int, s: int, t: int, out: Out) -> None:
        for place in self.waiting.all:
            self.waiting.add(place)
        self.waiting.notice(out)


class Rounding(SigmaDelta):
    """Forgets at a spike to `look`."""

    def on_look(self, i: int, s: int, t: int, out: Out) -> None:
        self.acc, self.sent = self.zeros(len(self.acc)), [0] * len(self.sent)
        super().on_look(i, s, t, out)


class SigmaDeltaPool(SigmaDelta):
    """Averages over windows."""

    def build(self, geometry: Any, activation: str = "identity", **options: Any) -> None:
        super().build(geometry, activation=activation, **options)


class RoundingPool(SigmaDeltaPool, Rounding):
    """Averages, and forgets."""


class Readout(SigmaDelta):
    """Sums, and writes what it stands for when asked."""

    ports, outlets, settles = ("spikes", "read", "clear"), (), {}

    def build(self, geometry: Any, weights: int | None, answers: int, **options: Any) -> None:
        super().build(geometry, weights, answers=answers, activation="identity", **options)

    def on_spikes(self, i: int, s: int, t: int, out: Out) -> None:
        self.add(i, s)

    def on_read(self, i: int, s: int, t: int, out: Out) -> None:
        assert self.answers is not None
        for j in range(len(self.acc)):
            self.answers.write(i, j, self.standing(j))

    def on_clear(self, i: int, s: int, t: int, out: Out) -> None:
        self.acc = self.zeros(len(self.acc))

    def state(self) -> dict[str, list[Any]]:
        return {"acc": self.acc}


class ReadoutPool(Readout):
    """A read-out of averages."""

    def build(self, geometry: Any, answers: int, **options: Any) -> None:
        super().build(geometry, None, answers, **options)
