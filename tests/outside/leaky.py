"""LeakyIntegrate, SpikeResponse, LeakyReadout (docs/reference/leaky.md, docs/reference/neurons.md)."""

from __future__ import annotations

import math
from typing import Any

from outside.counted import COMPARES, METER, MULTIPLIES, NEURON, SYNAPTIC
from outside.family import Family, Fault, Out

NEVER = -(2**62)
FOREVER = 2**62
LOOKED_UP = 1024


class Decaying(Family):
    """What has a decay."""

    def left(self, dt: int, tau: Any, *, table: bool = False) -> Any:
        """What is left after dt ticks, in the network's type; one multiplication, or none where it is looked up."""
        METER.count(MULTIPLIES, 0 if table and dt < LOOKED_UP else 1)
        return self.number(math.exp(-dt / float(tau)))


def one_each(value: Any, n: int) -> list[float]:
    """One number a unit."""
    return list(value) if isinstance(value, list) else [value] * n


class LeakyIntegrate(Decaying):
    """Leaky integrate-and-fire units with delta synapses."""

    ports, outlets = ("reset", "freeze", "spikes", "inhibit"), ("out",)

    def build(
        self, units: int, weights: int, tau: float, rest: float = 0.0, threshold: Any = 1.0,
        reset_to: float | None = None, subtract: bool = False, refractory: int = 0, adapt: Any = None,
        signed: bool = False, winner: int | None = None, inhibition: Any = None, most: int | None = None,
    ) -> None:  # fmt: skip
        self.w, self.n = self.block(weights), units
        start = (rest if reset_to is None else reset_to) - rest
        above = [limit - rest for limit in one_each(threshold, units)]
        self.phi, self.theta, self.bar = self.zeros(units), self.zeros(units), self.numbers(above)
        self.threshold, self.step = self.numbers(above), self.numbers([a - start for a in above])
        self.tau, self.reset = self.number(tau), self.number(start)
        self.plus, self.slow = (self.number(one) for one in adapt or (0.0, 1.0))
        self.adapts, self.window = adapt is not None, int(min((adapt or (0, 1))[1] / 256, 2**40))
        self.kind, amount = inhibition or ("none", 0.0)
        self.amount = self.number(amount - rest if self.kind == "set" else amount)
        self.signed, self.subtract, self.refractory, self.winner = signed, subtract, refractory, winner
        self.seen, self.until = [NEVER] * self.w.rows, [NEVER] * units
        self.told, self.busy, self.since = NEVER, NEVER, 0
        self.valid, self.frozen = (NEVER if self.adapts else FOREVER), False

    # --- thresholds that adapt ---
    def refer(self, t: int) -> None:
        """Keep thetas as of now."""
        factor = self.left(max(t - self.since, 0), self.slow)
        self.since, self.theta = t, [x * factor for x in self.theta]

    def raised(self, j: int, left: Any) -> Any:
        """A threshold with what spikes have added to it."""
        return self.threshold[j] + self.theta[j] * left

    def renew_bars(self, t: int) -> None:
        """Thresholds as they will be when the bars have had their time."""
        if t < self.since:
            self.since = t
        elif t - self.since > self.slow:
            self.refer(t)
        self.valid = t + self.window
        left = self.left(self.valid - self.since, self.slow)
        self.bar = [self.raised(j, left) for j in range(self.n)]

    def size(self, j: int) -> Any:
        """How far a unit is from rest."""
        return abs(self.phi[j]) if self.signed else self.phi[j]

    # --- rows ---
    def on_spikes(self, i: int, s: int, t: int, out: Out) -> None:
        self.seen[i] = t
        if t < self.told:
            return
        if t > self.valid:
            self.renew_bars(t)
        if self.told >= self.busy:
            dt = t - self.told if self.told != NEVER else 0
            if dt > 0:
                factor = self.left(dt, self.tau, table=True)
                self.phi = [x * factor for x in self.phi]
            self.told, free = t, list(range(self.n))
        else:
            self.decay(t)
            free = [j for j in range(self.n) if self.until[j] <= t]
        METER.cause = SYNAPTIC
        for j in free:
            word = self.w.read(i, j)
            self.phi[j] = self.phi[j] + word if s > 0 else self.phi[j] - word
        METER.cause = NEURON
        METER.count(COMPARES, len(free))
        if any(self.size(j) > self.bar[j] for j in free):
            self.fire(t, out)

    def decay(self, t: int) -> None:
        """Bring potentials up to date: a held one from the end of its time on."""
        told, self.told = self.told, t
        if t <= told or told == NEVER:
            return
        factor = self.left(t - told, self.tau)
        for j in range(self.n):
            if self.until[j] <= told:
                self.phi[j] = self.phi[j] * factor
            elif self.until[j] < t:
                self.phi[j] = self.phi[j] * self.left(t - self.until[j], self.tau)

    def fire(self, t: int, out: Out) -> None:
        """The furthest past its threshold first."""
        adapts = self.adapts and not self.frozen
        left = self.left(t - self.since, self.slow) if adapts else None
        while True:
            best, most = -1, self.number(0)
            for j in range(self.n):
                if self.size(j) > self.bar[j] and self.until[j] <= t:
                    excess = self.size(j) - (self.raised(j, left) if adapts else self.bar[j])
                    if excess > most:
                        best, most = j, excess
            if best < 0:
                return
            METER.count(COMPARES)
            up = self.phi[best] > 0
            out.spike(best, 1 if up else -1, magnitude=abs(self.phi[best]))
            if adapts:
                self.theta[best] = self.theta[best] + self.plus * self.left(-(t - self.since), self.slow)
                self.bar[best] = self.raised(best, self.left(self.valid - self.since, self.slow))
            self.until[best] = t + self.refractory
            if self.refractory > 0:
                self.busy = t + self.refractory
            if self.winner is not None:
                self.phi = [self.reset if up else -self.reset] * self.n
                self.told = t + self.winner
                return
            if not self.subtract:
                self.phi[best] = self.reset if up else -self.reset
            else:
                self.phi[best] = self.phi[best] - self.step[best] if up else self.phi[best] + self.step[best]

    # --- the other ports ---
    def on_inhibit(self, i: int, s: int, t: int, out: Out) -> None:
        if self.kind == "none":
            raise Fault("no inhibition")
        if t < self.told:
            return
        self.decay(t)
        METER.cause = SYNAPTIC
        for j in range(self.n):
            if j != i and self.until[j] <= t:
                if self.kind == "set":
                    self.phi[j] = self.amount
                else:
                    self.phi[j] = self.phi[j] - self.amount if s > 0 else self.phi[j] + self.amount

    def on_reset(self, i: int, s: int, t: int, out: Out) -> None:
        self.phi, self.until = self.zeros(self.n), [t] * self.n
        self.seen = [NEVER] * len(self.seen)
        self.told = self.busy = t
        if self.adapts and not self.frozen:
            self.refer(t)

    def on_freeze(self, i: int, s: int, t: int, out: Out) -> None:
        if not self.adapts or (s > 0) == self.frozen:
            return
        self.frozen = s > 0
        if self.frozen:
            self.refer(t)
            self.bar = [a + b for a, b in zip(self.threshold, self.theta, strict=True)]
            self.valid = FOREVER
        else:
            self.since, self.valid = t, t - 1

    def state(self) -> dict[str, list[Any]]:
        clock = [self.told, self.busy, self.since, self.valid, int(self.frozen)]
        return {
            "phi": self.phi, "theta": self.theta, "bar": self.bar, "seen": self.seen, "until": self.until, "clock": clock
        }  # fmt: skip


class SpikeResponse(Decaying):
    """Two sums a unit, and inputs that are the first since the layer's spike."""

    outlets = ("out", "first")
    passes_on = ("first",)

    def build(
        self, units: int, weights: int, tau_m: float, tau_s: float, rest: float = 0.0, threshold: Any = 1.0,
        reset_to: float | None = None, firsts: bool = False,
    ) -> None:  # fmt: skip
        self.w, self.n, self.firsts = self.block(weights), units, firsts
        peak = math.log(tau_m / tau_s) * tau_m * tau_s / (tau_m - tau_s)
        scale = 1 / (math.exp(-peak / tau_m) - math.exp(-peak / tau_s))
        self.bar = self.numbers([(limit - rest) / scale for limit in one_each(threshold, units)])
        self.start = self.number(((rest if reset_to is None else reset_to) - rest) / scale)
        self.tau_m, self.tau_s = self.number(tau_m), self.number(tau_s)
        self.slow, self.fast = self.zeros(units), self.zeros(units)
        self.seen, self.told, self.fired = [NEVER] * self.w.rows, NEVER, NEVER - 1

    def on_spikes(self, i: int, s: int, t: int, out: Out) -> None:
        if self.firsts and self.seen[i] <= self.fired < t:
            out.spike(i, s, "first")
        dt, self.seen[i], self.told = t - self.told, t, t
        if dt > 0:
            of_slow, of_fast = self.left(dt, self.tau_m, table=True), self.left(dt, self.tau_s, table=True)
            self.slow = [x * of_slow for x in self.slow]
            self.fast = [x * of_fast for x in self.fast]
        past = False
        for j in range(self.n):
            word = self.w.read(i, j) if s > 0 else -self.w.read(i, j)
            METER.cause = SYNAPTIC
            self.slow[j], self.fast[j] = self.slow[j] + word, self.fast[j] + word
            METER.cause = NEURON
            METER.count(COMPARES)
            past = self.slow[j] - self.fast[j] > self.bar[j] or past
        if past:
            self.fire(out)
            self.fired = t

    def fire(self, out: Out) -> None:
        """The furthest past its threshold first."""
        while True:
            over = [self.slow[j] - self.fast[j] - self.bar[j] for j in range(self.n)]
            most = max(over)
            if not most > 0:
                return
            j = over.index(most)
            METER.count(COMPARES)
            out.spike(j, 1, magnitude=most)
            self.slow[j], self.fast[j] = self.start, self.number(0)

    def state(self) -> dict[str, list[Any]]:
        return {"slow": self.slow, "fast": self.fast, "seen": self.seen, "bar": self.bar}


class LeakyReadout(Decaying):
    """Inputs and leaky traces of them, mixed when asked for."""

    ports = ("value", "spikes", "read")

    def build(
        self, n_inputs: int, mix: int, answers: int, tau: list[float], ramp: list[bool] | None = None,
        weights: int | None = None, updates: int | None = None, start: list[float] | None = None,
    ) -> None:  # fmt: skip
        self.mix, self.answers, self.tau = self.block(mix), self.block(answers), self.numbers(tau)
        self.w = None if weights is None else self.block(weights)
        self.updates = None if updates is None else self.block(updates)
        self.ramp = ramp or [False] * len(tau)
        self.x = self.numbers(start or [0.0] * n_inputs)
        self.lp = [self.zeros(len(tau)) for _ in range(n_inputs)]
        self.when, self.n = [0] * n_inputs, n_inputs

    def follow(self, j: int, t: int) -> None:
        """Traces of one input, up to now."""
        dt, self.when[j] = t - self.when[j], t
        if dt > 0:
            for m, tau in enumerate(self.tau):
                self.lp[j][m] = self.x[j] + self.left(dt, tau) * (self.lp[j][m] - self.x[j])

    def on_value(self, i: int, s: int, t: int, out: Out) -> None:
        assert self.updates is not None
        j = int(self.updates.words[i][0])
        if not 0 <= j < self.n:
            raise Fault("no such input")
        self.follow(j, t)
        self.updates.read(i, 0)
        self.x[j] = self.updates.read(i, 1)

    def on_spikes(self, i: int, s: int, t: int, out: Out) -> None:
        assert self.w is not None
        first = self.n - self.w.columns
        for k in range(self.w.columns):
            self.follow(first + k, t)
            METER.cause = SYNAPTIC
            word = self.w.read(i, k)
            self.x[first + k] = self.x[first + k] + word if s > 0 else self.x[first + k] - word
            METER.cause = NEURON

    def on_read(self, i: int, s: int, t: int, out: Out) -> None:
        for j in range(self.n):
            self.follow(j, t)
        shown = [list(traces) for traces in self.lp]
        for m, tau in enumerate(self.tau):
            METER.count(MULTIPLIES)
            METER.count(NEURON)
            grown = self.number(1.0 - math.exp(-max(t, 0) / float(tau)))
            if self.ramp[m]:
                for j in range(self.n):
                    shown[j][m] = shown[j][m] * grown
        values = self.x + [one for traces in shown for one in traces]
        for o in range(self.mix.columns):
            total = self.mix.read(0, o)
            for k, value in enumerate(values):
                total = total + self.mix.read(1 + k, o) * value
            self.answers.write(i, o, total)

    def state(self) -> dict[str, list[Any]]:
        return {"x": self.x, "lp": [one for traces in self.lp for one in traces], "when": self.when}
