"""LeakyFilters, DecayingFilters, DecayingPool (docs/reference/neurons.md)."""

from __future__ import annotations

import math
from typing import Any

from outside.counted import COMPARES, METER, MULTIPLIES, NEURON, SYNAPTIC, Float64
from outside.family import Family, Out
from outside.patches import Patches
from outside.rounding import Waiting, given_scales, nearest


class Fading(Family):
    """Sums at places, each brought up to date on its own, and looked at again when a change is foreseen."""

    outlets = ("out", "notice", "predicted")
    predicts = {"predicted": "again"}  # noqa: RUF012

    patches: Patches
    least: int

    def width(self, outlet: str) -> int:
        """How many foresee."""
        return self.patches.places

    def fade(self, values: list[Any], begin: int, n: int, dt: int, tau: Any) -> None:
        """So many values decay."""
        factor = self.number(math.exp(-dt / float(tau)))
        METER.count(MULTIPLIES)
        for j in range(begin, begin + n):
            values[j] = values[j] * factor

    def ones(self, out: Out, unit: int, left: int) -> None:
        """A difference in ones."""
        METER.count(COMPARES, 1 + abs(left))
        for _ in range(abs(left)):
            out.spike(unit, left, magnitude=abs(left))

    def again(self, place: int, t: int, soonest: float, out: Out) -> None:
        """Look at a place again then, and not sooner than may be."""
        wait = max(soonest, float(self.least))
        if self.least > 0:
            ends = wait >= 2.0**61 or t + math.ceil(wait) >= 2**62
            out.predict(place, None if ends else t + math.ceil(wait))


class LeakyFilters(Fading):
    """Local filters on leaky traces."""

    ports = ("spikes", "look", "again", "begin")
    settles = {"notice": "look"}  # noqa: RUF012

    def build(
        self, geometry: Any, weights: int, tau: list[float], bias: Any = None, scale: Any = 1.0, every: int = 0,
        least: int = 1000, most: int | None = None, fade: float | None = None,
    ) -> None:  # fmt: skip
        self.patches, self.w, self.tau = Patches(geometry), self.block(weights), self.numbers(tau)
        self.words, self.times = self.patches.channels, len(tau)
        self.filters = self.words // self.times
        exact = bias or [0.0] * self.filters
        scales = scale if isinstance(scale, list) else [scale] * self.filters
        self.bias, self.scale = self.numbers(exact), given_scales(scale, self.filters, self.number)
        self.rest = self.numbers([k * max(b, 0.0) for k, b in zip(scales, exact, strict=True)])
        places = self.patches.places
        self.u, self.when, self.told = self.zeros(self.words * places), [0] * places, [0] * places
        self.every, self.least, self.waiting = every, least, Waiting(places)
        self.start_sent(places * self.filters)
        self.lasting = None if fade is None else self.number(fade)

    def start_sent(self, n: int) -> None:
        """What has been sent: whole numbers."""
        self.sent: list[Any] = [0] * n

    def decay(self, place: int, t: int) -> None:
        """A place's traces up to now."""
        dt, self.when[place] = t - self.when[place], t
        if dt > 0:
            for m, tau in enumerate(self.tau):
                self.fade(self.u, place * self.words + m * self.filters, self.filters, dt, tau)

    def on_spikes(self, i: int, s: int, t: int, out: Out) -> None:
        reached = self.patches.of(i)[1]
        for place, word in reached:
            self.decay(place, t)
            METER.cause = SYNAPTIC
            for c in range(self.words):
                j, value = place * self.words + c, self.w.read(0, word + c)
                self.u[j] = self.u[j] + value if s > 0 else self.u[j] - value
            METER.cause = NEURON
            self.waiting.add(place)
        if reached and not self.waiting.noticed:
            self.waiting.noticed = True
            out.spike(0, 1, "notice", later=0 if self.every == 0 else self.every - t % self.every)

    def on_look(self, i: int, s: int, t: int, out: Out) -> None:
        self.waiting.noticed = False
        while self.waiting.places:
            self.look_at(self.waiting.take(), t, out)

    def on_again(self, i: int, s: int, t: int, out: Out) -> None:
        self.look_at(i, t, out)

    def on_begin(self, i: int, s: int, t: int, out: Out) -> None:
        for place in range(self.patches.places):
            self.look_at(place, t, out)

    def value(self, place: int, k: int) -> tuple[Any, list[float]]:
        """Bias and traces of one filter at a place."""
        parts = [self.u[place * self.words + m * self.filters + k] for m in range(self.times)]
        value = self.bias[k]
        for part in parts:
            value = value + part
        return value, [float(part) for part in parts]

    def look_at(self, place: int, t: int, out: Out) -> None:
        """Send what has changed; when may it change again?"""
        self.decay(place, t)
        soonest = math.inf
        for k in range(self.filters):
            unit = place * self.filters + k
            value, parts = self.value(place, k)
            number = 0
            if value > 0:
                number = nearest(self.scale[k] * value)
                METER.count(NEURON)
            left = number - self.sent[unit]
            METER.count(NEURON)
            self.sent[unit] = number
            self.ones(out, unit, left)
            if soonest > self.least > 0:
                soonest = min(soonest, self.time_left(number, float(value), parts, float(self.scale[k])))
        self.again(place, t, soonest, out)

    def drift(self, parts: list[float]) -> tuple[float, float, float, float]:
        """How far a value can rise and fall by decay alone, and how fast."""
        up = down = rising = falling = 0.0
        for part, tau in zip(parts, self.tau, strict=True):
            if part < 0:
                up, rising = up - part, rising - part / float(tau)
            else:
                down, falling = down + part, falling + part / float(tau)
        METER.count(NEURON, 2 * self.times + 2)
        METER.count(MULTIPLIES, self.times)
        METER.count(COMPARES, 2)
        return up, down, rising, falling

    def time_left(self, number: int, value: float, parts: list[float], scale: float) -> float:
        """Ticks in which no decay can change the number."""
        up, down, rising, falling = self.drift(parts)
        above, below = (number + 0.5) / scale - value, value - (number - 0.5) / scale
        METER.count(MULTIPLIES, 2)
        least = math.inf
        if above < up:
            least = above / rising
            METER.count(MULTIPLIES)
        if number > 0 and below < down:
            least = min(least, below / falling)
            METER.count(MULTIPLIES)
        return least

    def state(self) -> dict[str, list[Any]]:
        return {"u": self.u, "sent": self.sent, "when": self.when, "waits": self.waiting.flags()}


class DecayingFilters(LeakyFilters):
    """Filters whose messages fade."""

    ports = ("spikes", "look", "again")

    def start_sent(self, n: int) -> None:
        self.sent = self.zeros(n)

    def look_at(self, place: int, t: int, out: Out) -> None:
        self.decay(place, t)
        dt, self.told[place] = t - self.told[place], t
        if dt > 0:
            self.fade(self.sent, place * self.filters, self.filters, dt, self.lasting)
        soonest = math.inf
        for k in range(self.filters):
            unit = place * self.filters + k
            value, parts = self.value(place, k)
            over = -self.rest[k] - self.sent[unit]
            if value > 0:
                over = over + self.scale[k] * value
            left = nearest(over)
            METER.count(NEURON)
            if left != 0:
                self.sent[unit], over = self.sent[unit] + left, over - left
            self.ones(out, unit, left)
            if soonest > self.least > 0:
                soonest = min(
                    soonest, self.time_apart(float(over), float(self.sent[unit]), parts, float(self.scale[k]))
                )
        self.again(place, t, soonest, out)

    def time_apart(self, over: float, held: float, parts: list[float], scale: float) -> float:
        """Ticks in which no decay can make half a quantum of difference."""
        up, down, rising, falling = (scale * one for one in self.drift(parts))
        above, below, fading = 0.5 - over, 0.5 + over, held / float(self.lasting)
        METER.count(MULTIPLIES, 5)
        METER.count(NEURON, 2)
        if held > 0:
            up, rising = up + held, rising + fading
        else:
            down, falling = down - held, falling - fading
        least = math.inf
        if above < up:
            least = above / rising
            METER.count(MULTIPLIES)
        if below < down:
            least = min(least, below / falling)
            METER.count(MULTIPLIES)
        return least


class DecayingPool(Fading):
    """Means over windows of messages that fade."""

    ports = ("spikes", "settle", "again")
    settles = {"notice": "settle"}  # noqa: RUF012

    def build(self, geometry: Any, fade: float, k: Any = 1.0, least: int = 1000, most: int | None = None) -> None:
        self.patches, self.least, self.lasting = Patches(geometry), least, self.number(fade)
        n = self.patches.units
        self.acc, self.sent, self.told = self.zeros(n), [0] * n, [0] * self.patches.places
        self.k, self.waiting = given_scales(k, n, self.number), Waiting(self.patches.places)
        self.unscale = self.number(self.patches.kernel[0] * self.patches.kernel[1])

    def bring_up(self, place: int, t: int) -> None:
        """A window's sums up to now."""
        dt, self.told[place] = t - self.told[place], t
        if dt > 0:
            n = self.patches.channels
            self.fade(self.acc, place * n, n, dt, self.lasting)

    def on_spikes(self, i: int, s: int, t: int, out: Out) -> None:
        channel, reached = self.patches.of(i)
        for place, _ in reached:
            self.bring_up(place, t)
            METER.cause = SYNAPTIC
            j = place * self.patches.channels + channel
            self.acc[j] = self.acc[j] + 1 if s > 0 else self.acc[j] - 1
            METER.cause = NEURON
            self.waiting.add(place)
        self.waiting.notice(out)

    def on_settle(self, i: int, s: int, t: int, out: Out) -> None:
        self.waiting.noticed = False
        while self.waiting.places:
            self.look_at(self.waiting.take(), t, out)

    def on_again(self, i: int, s: int, t: int, out: Out) -> None:
        self.look_at(i, t, out)

    def look_at(self, place: int, t: int, out: Out) -> None:
        """Send what has changed; when will it change again, as all sums fade?"""
        self.bring_up(place, t)
        soonest = math.inf
        for j in range(place * self.patches.channels, (place + 1) * self.patches.channels):
            value = Float64(self.k[j]) * Float64(self.acc[j]) / Float64(self.unscale)
            number = nearest(value)
            METER.count(NEURON, 2)
            left, self.sent[j] = number - self.sent[j], number
            self.ones(out, j, left)
            if number != 0:
                over = value - number
                beyond = over + 0.5 if number > 0 else over - 0.5
                soonest = min(soonest, float(Float64(self.lasting) * beyond / value))
        self.again(place, t, soonest, out)

    def state(self) -> dict[str, list[Any]]:
        return {"acc": self.acc, "sent": self.sent, "updated": self.told}
