"""Weights that move when spikes happen (docs/reference/plasticity.md, docs/reference/learning.md)."""

from __future__ import annotations

import math
from typing import Any

from outside.counted import LEARNING, METER, MULTIPLIES, Float64
from outside.family import Fault, Out
from outside.leaky import Decaying

NEVER = -(2**62)
LARGEST = (2 - 2**-23) * 2.0**127
SMALLEST = 2.0**-60


class Plastic(Decaying):
    """One block of weights that moves within bounds."""

    def bounded(self, weights: int, bounds: Any, mu: Any = 0.0) -> None:
        """Weights, their bounds, the exponents of the room that is left above and below."""
        self.w = self.block(weights)
        self.lowest, self.highest = self.numbers(bounds or (-LARGEST, LARGEST))
        self.above, self.below = self.numbers(mu if isinstance(mu, list) else (mu, mu))

    def react(self, port: str, i: int, s: int, t: int, out: Out) -> None:
        METER.cause = LEARNING
        super().react(port, i, s, t, out)

    def within(self, word: Any) -> Any:
        """Between the bounds."""
        return min(max(word, self.lowest), self.highest)

    def power(self, room: Any, mu: Any) -> Any:
        """room^mu."""
        return self.number(math.exp(Float64(mu) * math.log(room)))

    def up(self, k: int, j: int, change: Any) -> None:
        """A weight moves up by a change."""
        word = self.w.read(k, j)
        if self.above == 0:
            moved = self.within(word + change)
        elif self.above == 1:
            moved = word + change * (self.highest - word)
        else:
            moved = word + change * self.power(self.highest - word, self.above) if word < self.highest else word
        self.w.write(k, j, self.highest if word <= self.highest < moved else moved)

    def down(self, k: int, j: int, change: Any) -> None:
        """A weight moves down by a change."""
        word = self.w.read(k, j)
        if self.below == 0:
            moved = self.within(word - change)
        elif self.below == 1:
            moved = word - change * (word - self.lowest)
        else:
            moved = word - change * self.power(word - self.lowest, self.below) if word > self.lowest else word
        self.w.write(k, j, self.lowest if word >= self.lowest > moved else moved)


def alive(tau: float) -> int:
    """Ticks until a trace is nothing."""
    return math.ceil(40 * tau)


# --- traces of both sides --------------------------------------------------------------------------------------------
class TwoSided(Plastic):
    """Hears both ends of its synapses. A moment is a tick, or a delivery where equal ticks count in order."""

    ports = ("pre", "post")

    def two_sided(self, pairing: str, equal: str, signed: bool, lives: tuple[int, int]) -> None:
        """State of both sides."""
        self.pairing, self.in_order, self.signed, self.lives = pairing, equal == "order", signed, lives
        self.heard = 0
        self.x_new, self.seen = self.zeros(self.w.rows), [NEVER] * self.w.rows
        self.y_new, self.told, self.fresh = self.zeros(self.w.columns), NEVER, False
        self.moments: tuple[list[list[int]], ...] = (
            [[] for _ in range(self.w.rows)], [[] for _ in range(self.w.columns)],
        )  # fmt: skip

    def moment(self, s: int, t: int) -> int:
        """A number for now."""
        if s < 0 and not self.signed:
            raise Fault("a negative spike")
        self.heard += 1
        return self.heard if self.in_order else t

    def before(self, side: int, k: int, now: int) -> int:
        """The last moment before now at which one end has spiked."""
        return max((m for m in self.moments[side][k] if m < now), default=NEVER)

    def trace(self, x: list[Any], k: int, t: int, tau: Any) -> Any:
        """What is left of an input's spikes of earlier moments."""
        dt = t - self.seen[k]
        if dt == 0 and not self.in_order:
            return x[k]
        if dt > self.lives[0]:
            return self.number(0)
        factor = self.left(dt, tau)
        return factor * (x[k] + self.x_new[k] if self.pairing == "all" else self.x_new[k])

    def note_input(self, k: int, s: int, t: int, now: int) -> None:
        """An input has spiked."""
        if self.pairing == "all" and self.seen[k] == t and not self.in_order:
            self.x_new[k] = self.x_new[k] + s
        else:
            self.x_new[k] = self.number(s)
        self.seen[k] = t
        self.moments[0][k].append(now)

    def fold(self, t: int, *traces: list[Any]) -> None:
        """Spikes of units at an earlier moment become part of their traces."""
        if not (self.fresh and (t > self.told or self.in_order)):
            return
        for y in traces:
            for j, new in enumerate(self.y_new):
                if self.pairing == "all":
                    y[j] = y[j] + new
                elif new != 0:
                    y[j] = new
        self.y_new, self.fresh = self.zeros(len(self.y_new)), False

    def decay_units(self, t: int, y: list[Any], tau: Any) -> None:
        """Traces of all units, up to now."""
        dt = t - self.told
        if dt <= 0:
            return
        if dt > self.lives[1]:
            y[:] = self.zeros(len(y))
            return
        factor = self.left(dt, tau)
        for j, value in enumerate(y):
            kept = factor * value
            y[j] = kept if abs(kept) > SMALLEST else self.number(0)

    def note_unit(self, j: int, s: int, t: int, now: int) -> None:
        """A unit has spiked."""
        if self.pairing == "all" and self.y_new[j] != 0:
            self.y_new[j] = self.y_new[j] + s
        else:
            self.y_new[j] = self.number(s)
        self.told, self.fresh = t, True
        self.moments[1][j].append(now)


class PairStdp(TwoSided):
    """Pairs of spikes."""

    def build(
        self, weights: int, a_plus: float, a_minus: float, tau_plus: float, tau_minus: float, pairing: str = "all",
        equal: str = "nothing", mu: Any = 0.0, bounds: Any = (0.0, 1.0), signed: bool = False,
        memory: float | None = None,
    ) -> None:  # fmt: skip
        self.bounded(weights, bounds, mu)
        self.a_plus, self.a_minus, self.tau_plus, self.tau_minus = self.numbers((a_plus, a_minus, tau_plus, tau_minus))
        self.memory, self.base = None if memory is None else self.number(memory), NEVER
        self.anew = math.ceil(30 * (memory or 0))
        self.two_sided(pairing, equal, signed, (alive(tau_plus), alive(tau_minus)))
        self.x, self.y = self.zeros(self.w.rows), self.zeros(self.w.columns)

    def larger(self, t: int) -> Any:
        """By how much more than it is worth now a tag is written."""
        if self.memory is None:
            return Float64(1)
        if self.base == NEVER:
            self.base = t
        elif t - self.base > self.anew:
            factor = self.left(t - self.base, self.memory)
            for k in range(self.w.rows):
                for j in range(self.w.columns):
                    self.w.write(k, j, self.w.read(k, j) * factor)
            self.base = t
        METER.count(MULTIPLIES)
        return Float64(math.exp((t - self.base) / float(self.memory)))

    def on_pre(self, i: int, s: int, t: int, out: Out) -> None:
        now = self.moment(s, t)
        self.fold(t, self.y)
        dt = t - self.told
        if dt <= self.lives[1]:
            scale = self.larger(t)
            METER.count(MULTIPLIES)
            gain = self.a_minus * self.number(Float64(math.exp(-dt / float(self.tau_minus))) * scale)
            gain = gain if s > 0 else -gain
            before = self.before(0, i, now)
            for j in range(len(self.y)):
                if self.pairing != "restricted" or self.before(1, j, now) > before:
                    self.down(i, j, gain * self.y[j])
        self.x[i] = self.trace(self.x, i, t, self.tau_plus)
        self.note_input(i, s, t, now)

    def on_post(self, i: int, s: int, t: int, out: Out) -> None:
        now = self.moment(s, t)
        gain = self.a_plus * self.number(self.larger(t))
        gain = gain if s > 0 else -gain
        before = self.before(1, i, now)
        for k in range(len(self.x)):
            if t - self.seen[k] > self.lives[0]:
                continue
            if self.pairing == "restricted" and self.before(0, k, now) <= before:
                continue
            value = self.trace(self.x, k, t, self.tau_plus)
            if value != 0:
                self.up(k, i, gain * value)
        self.fold(t, self.y)
        self.decay_units(t, self.y, self.tau_minus)
        self.note_unit(i, s, t, now)

    def state(self) -> dict[str, list[Any]]:
        return {"x": self.x, "x_new": self.x_new, "y": self.y, "y_new": self.y_new, "seen": self.seen}


class DynamicStdp(PairStdp):
    """Learning from dynamics."""

    def build(self, weights: int, alpha: float, rate: float = 1.0, step: int = 1, bounds: Any = None) -> None:  # type: ignore[override]
        side, tau = rate / (2 * alpha), -step / math.log(alpha)
        super().build(weights, side, side, tau, tau, bounds=bounds, signed=True)


class TripletStdp(TwoSided):
    """Triplets of spikes."""

    def build(
        self, weights: int, a2_plus: float, a3_plus: float, a2_minus: float, a3_minus: float, tau_plus: float,
        tau_x: float, tau_minus: float, tau_y: float, pairing: str = "all", equal: str = "nothing", mu: Any = 0.0,
        bounds: Any = (0.0, 1.0),
    ) -> None:  # fmt: skip
        self.bounded(weights, bounds, mu)
        self.a2_plus, self.a3_plus, self.a2_minus, self.a3_minus = self.numbers((a2_plus, a3_plus, a2_minus, a3_minus))
        self.tau_plus, self.tau_x, self.tau_minus, self.tau_y = self.numbers((tau_plus, tau_x, tau_minus, tau_y))
        self.two_sided(pairing, equal, False, (alive(max(tau_plus, tau_x)), alive(max(tau_minus, tau_y))))
        self.r1, self.r2 = self.zeros(self.w.rows), self.zeros(self.w.rows)
        self.o1, self.o2 = self.zeros(self.w.columns), self.zeros(self.w.columns)

    def on_pre(self, i: int, s: int, t: int, out: Out) -> None:
        now = self.moment(s, t)
        self.fold(t, self.o1, self.o2)
        slow = self.trace(self.r2, i, t, self.tau_x)
        if t - self.told <= self.lives[1]:
            gain = (self.a2_minus + self.a3_minus * slow) * self.left(t - self.told, self.tau_minus)
            for j in range(len(self.o1)):
                self.down(i, j, gain * self.o1[j])
        self.r1[i], self.r2[i] = self.trace(self.r1, i, t, self.tau_plus), slow
        self.note_input(i, s, t, now)

    def on_post(self, i: int, s: int, t: int, out: Out) -> None:
        now = self.moment(s, t)
        self.fold(t, self.o1, self.o2)
        self.decay_units(t, self.o1, self.tau_minus)
        self.decay_units(t, self.o2, self.tau_y)
        gain = self.a2_plus + self.a3_plus * self.o2[i]
        for k in range(len(self.r1)):
            if t - self.seen[k] <= self.lives[0]:
                value = self.trace(self.r1, k, t, self.tau_plus)
                if value != 0:
                    self.up(k, i, gain * value)
        self.note_unit(i, s, t, now)

    def state(self) -> dict[str, list[Any]]:
        return {"r1": self.r1, "r2": self.r2, "o1": self.o1, "o2": self.o2, "seen": self.seen}


# --- what reads when inputs were last seen ---------------------------------------------------------------------------
class RestrictedStdp(Plastic):
    """Nearest pairs, restricted, told of first inputs only."""

    ports = ("pre", "post")

    def build(
        self, weights: int, seen: int, a_plus: float, a_minus: float, tau_plus: float, tau_minus: float,
        mu: Any = 0.0, bounds: Any = (0.0, 1.0),
    ) -> None:  # fmt: skip
        self.bounded(weights, bounds, mu)
        self.a_plus, self.a_minus, self.tau_plus, self.tau_minus = self.numbers((a_plus, a_minus, tau_plus, tau_minus))
        self.lives = alive(tau_plus), alive(tau_minus)
        self.reads = (self.network.modules[seen],)
        self.heard, self.fired = [NEVER] * self.w.rows, [NEVER - 1] * self.w.columns

    def on_pre(self, i: int, s: int, t: int, out: Out) -> None:
        if s < 0:
            raise Fault("a negative spike")
        for j, fired in enumerate(self.fired):
            if self.heard[i] <= fired < t and t - fired <= self.lives[1]:
                self.down(i, j, self.a_minus * self.left(t - fired, self.tau_minus))
        self.heard[i] = t

    def on_post(self, i: int, s: int, t: int, out: Out) -> None:
        if s < 0:
            raise Fault("a negative spike")
        for k, seen in enumerate(self.reads[0].seen):  # type: ignore[attr-defined]
            if seen > self.fired[i] and t - seen <= self.lives[0]:
                self.up(k, i, self.a_plus * self.left(t - seen, self.tau_plus))
        self.fired[i] = t

    def state(self) -> dict[str, list[Any]]:
        return {"heard": self.heard, "fired": self.fired}


class TraceTarget(Plastic):
    """Traces beside a target."""

    ports = ("post",)

    def build(
        self, weights: int, seen: int, tau: float, rate: float, target: float, bounds: Any = (0.0, 1.0), mu: float = 1.0
    ) -> None:
        self.bounded(weights, bounds, mu)
        self.tau, self.life, self.reads = self.number(tau), alive(tau), (self.network.modules[seen],)
        self.rate, self.target, self.fall = self.numbers((rate, target, rate * target))

    def on_post(self, i: int, s: int, t: int, out: Out) -> None:
        if s < 0:
            raise Fault("a negative spike")
        for k, seen in enumerate(self.reads[0].seen):  # type: ignore[attr-defined]
            if t - seen > self.life:
                self.down(k, i, self.fall)
                continue
            over = self.left(t - seen, self.tau) - self.target
            if over > 0:
                self.up(k, i, self.rate * over)
            else:
                self.down(k, i, self.rate * -over)


class Instar(Plastic):
    """Weights that move to the traces."""

    ports = ("post",)

    def build(self, weights: int, seen: int, tau: float, rate: float) -> None:
        self.w, self.tau, self.life, self.rate = self.block(weights), self.number(tau), alive(tau), self.number(rate)
        self.reads = (self.network.modules[seen],)

    def on_post(self, i: int, s: int, t: int, out: Out) -> None:
        if s < 0:
            raise Fault("a negative spike")
        for k, seen in enumerate(self.reads[0].seen):  # type: ignore[attr-defined]
            word = self.w.read(k, i)
            if t - seen > self.life:
                self.w.write(k, i, word - self.rate * word)
            else:
                self.w.write(k, i, word + self.rate * (self.left(t - seen, self.tau) - word))


# --- rewards, normalisation ------------------------------------------------------------------------------------------
class Reward(Plastic):
    """Tags become changes of weights."""

    ports = ("reward",)

    def build(self, weights: int, tags: int, amounts: Any = (1.0,), bounds: Any = (0.0, 1.0)) -> None:
        self.bounded(weights, bounds)
        self.reads, self.amounts = (self.network.modules[tags],), self.numbers(amounts)

    def on_reward(self, i: int, s: int, t: int, out: Out) -> None:
        tags: Any = self.reads[0]
        gain = self.amounts[i] * self.left(t - tags.base, tags.memory)
        if gain == 0:
            return
        gain = gain if s > 0 else -gain
        for k in range(self.w.rows):
            for j in range(self.w.columns):
                self.w.write(k, j, self.within(self.w.read(k, j) + gain * tags.w.read(k, j)))


class Normalize(Plastic):
    """Columns scaled to a sum."""

    ports = ("apply",)

    def build(self, weights: int, total: float) -> None:
        self.w, self.total = self.block(weights), self.number(total)
        self.sums = self.zeros(self.w.columns)

    def on_apply(self, i: int, s: int, t: int, out: Out) -> None:
        self.sums = self.zeros(self.w.columns)
        for k in range(self.w.rows):
            for j, total in enumerate(self.sums):
                self.sums[j] = total + abs(self.w.read(k, j))
        self.sums = [self.total / size if size > 0 else self.number(1) for size in self.sums]
        for k in range(self.w.rows):
            for j, factor in enumerate(self.sums):
                self.w.write(k, j, self.w.read(k, j) * factor)

    def state(self) -> dict[str, list[Any]]:
        return {"sums": self.sums}
