"""ExponentialCurrent and AlphaCurrent: crossings that are foreseen (docs/reference/predicted-spikes.md, neurons.md)."""

from __future__ import annotations

import math
from typing import Any

from outside.counted import COMPARES, METER, NEURON, SYNAPTIC, Float64
from outside.family import Family, Out

LONG_AGO, FOREVER, NEVER = -(2**62), 2**62, math.inf
EVEN = tuple(1.0 / (math.factorial(n) * (n + 2)) for n in range(14, -1, -2))
ODD = tuple(1.0 / (math.factorial(n) * (n + 2)) for n in range(13, 0, -2))


def exp(x: Any) -> Any:
    """An exponential: what is counted is the division in its exponent."""
    return Float64(math.exp(x))


def larger(a: Any, b: Any) -> Any:
    """The larger of two."""
    return Float64(max(a, b))


class ExponentialCurrent(Family):
    """Units with exponential currents."""

    ports, outlets = ("spikes", "crossing"), ("out", "axon", "predicted")
    predicts = {"predicted": "crossing"}  # noqa: RUF012
    alpha = False

    def build(
        self, units: int, weights: int, start: Any = None, targets: Any = None, tau_m: float = 20_000.0,
        tau_s: float = 10_000.0, rest: float = 0.0, threshold: float = 1.0, reset: float | None = None,
        refractory: int = 1, delays: Any = None,
    ) -> None:  # fmt: skip
        self.w, self.n, self.start, self.targets = self.block(weights), units, start, targets
        self.refractory, self.delays = refractory, delays
        self.constants(tau_m, tau_s, threshold - rest, 0.0 if reset is None else reset - rest)
        self.v, self.current, self.rise = self.zeros(units), self.zeros(units), self.zeros(units)
        self.early, self.ahead = self.zeros(units), self.zeros(units)
        self.told, self.fired, self.due = [LONG_AGO] * units, [LONG_AGO] * units, [FOREVER] * units
        self.updates = [0, 0, 0]

    def width(self, outlet: str) -> int:
        """How many foresee."""
        return self.n

    def constants(self, m: float, s: float, threshold: float, reset: float) -> None:
        """What follows from the time constants m and s."""
        self.m, self.s, self.slower = Float64(m), Float64(s), Float64(max(m, s))
        self.threshold, self.reset = Float64(threshold), Float64(reset)
        self.kind = "double" if m == 2 * s else "equal" if m == s else "other"
        apart, between = (s - m) / m / s, abs(s - m)
        self.apart = Float64(apart if self.alpha else abs(apart))
        gain = 0.0 if m == s else s / (s - m if self.alpha else between)
        self.gain, self.gain_rise = Float64(gain), Float64(0.0 if between == 0 else gain / apart)
        spread = math.inf if between == 0 else s / between * (max(1.0, m / between) if self.alpha else 1.0)
        self.spread, self.near = Float64(spread), 0.0 if spread <= 4 else 0.5
        peak = math.exp(-1) if m == s else math.exp(math.log1p((s - m) / m) * m / (m - s))
        self.kappa, self.peak = Float64((1 + 1e-12) * peak), Float64((1 + 1e-12) * s / math.e)
        self.jump = Float64(math.e / s if self.alpha else 1.0)
        if self.alpha:
            low, high = Float64(0), Float64(64.0 * (m + s))
            for _ in range(200):
                t = 0.5 * (low + high)
                _, of_current, _, climbed = self.alpha_factors(t, 0.5)
                low, high = (t, high) if climbed < t * of_current else (low, t)
            self.kappa_rise = Float64((1 + 1e-9) * float(self.alpha_factors(low, 0.5)[3]))

    # --- how a unit goes on ---
    def factors(self, d: Any, near: float) -> tuple[Any, Any, Any]:
        """What is left of v, of I, and what of I has come to v."""
        if self.kind == "double":
            of_v = exp(-(d / self.m))
            of_current = of_v * of_v
            return of_v, of_current, of_v - of_current
        if self.kind == "equal":
            turns = d / self.m
            left = exp(-turns)
            return left, left, turns * left
        slow, apart = exp(-(d / self.slower)), d * self.apart
        if apart < near:
            lost = slow * math.expm1(-apart)
            fast, came = slow + lost, -self.gain * lost
        else:
            fast = exp(-(d / (self.m if self.slower == self.s else self.s)))
            came = self.gain * (slow - fast)
        return (fast, slow, came) if self.slower == self.s else (slow, fast, came)

    def alpha_factors(self, d: Any, near: float) -> tuple[Any, Any, Any, Any]:
        """The same, and what of the slope."""
        of_v, of_current, x = exp(-(d / self.m)), exp(-(d / self.s)), d * self.apart
        if -near < x < near:
            square, even, odd = x * x, Float64(EVEN[0]), Float64(ODD[0])
            for n in range(1, 7):
                even, odd = even * square + EVEN[n], odd * square + ODD[n]
            series = even * square + EVEN[7] + x * odd
            turns = d / self.m
            rising = of_v * series
            return of_v, of_current, turns * (of_current - x * rising), turns * d * rising
        came = self.gain * (of_current - of_v)
        return of_v, of_current, came, self.gain_rise * (of_current * (x - 1.0) + of_v)

    def let_decay(self, there: Any, climb: Any, d: Any) -> tuple[Any, Any]:
        """A current and its slope, d ticks later."""
        left = exp(-(d / self.s))
        if self.alpha:
            return (there + climb * d) * left, climb * left
        return there * left, climb

    def held(self, j: int, t: int) -> Any:
        """Ticks for which a unit is still refractory."""
        return Float64(self.fired[j] + self.refractory - t) - Float64(self.early[j])

    def bring_up(self, j: int, t: int) -> tuple[Any, Any, Any, Any]:
        """Potential, current and slope of a unit now, and how long it is held."""
        now, there, climb = Float64(self.v[j]), Float64(self.current[j]), Float64(self.rise[j])
        d, left = Float64(max(t - self.told[j], 0)), Float64(0)
        if self.fired[j] + self.refractory > self.told[j]:
            left = self.held(j, t)
            there, climb = self.let_decay(there, climb, d + left if left < 0 else d)
            d = larger(-left, 0.0)
        if d > 0 and self.alpha:
            of_v, of_current, came, climbed = self.alpha_factors(d, self.near)
            now = now * of_v + there * came + climb * climbed
            there, climb = (there + climb * d) * of_current, climb * of_current
        elif d > 0:
            of_v, of_current, came = self.factors(d, self.near)
            now, there = now * of_v + there * came, there * of_current
        return now, there, climb, larger(left, 0.0)

    # --- the next crossing ---
    def wait(self, v: Any, current: Any) -> float:
        """Ticks until the threshold is reached."""
        limit = self.threshold
        if v >= limit:
            return 0.0
        if current <= limit or larger(v, 0.0) + current * self.kappa < limit:
            return NEVER
        if self.kind == "double":
            return self.quadratic(v, current)
        return self.lambert(v, current) if self.kind == "equal" else self.newton(v, current)

    def quadratic(self, v: Any, current: Any) -> float:
        """tau_m = 2 tau_s."""
        both = current + v
        inside = both * both - 4.0 * current * self.threshold
        if both <= 0.0 or inside < 0.0:
            return NEVER
        y = 2.0 * (self.threshold - v) / (current - v + math.sqrt(inside))
        found = -self.m * (math.log1p(-y) if y < 1.0 else 0.0)
        return NEVER if y >= 1.0 else found

    def lambert(self, v: Any, current: Any) -> float:
        """tau_m = tau_s."""
        u = v / current
        if u < -700.0:
            return NEVER
        r = self.threshold / current * math.exp(-u)
        inside = 2.0 - 2.0 * math.e * r
        if inside < 0.0:
            return NEVER
        p = Float64(math.sqrt(inside))
        z = 1.0 - p * (1.0 - p * (1.0 / 3.0 - p * (11.0 / 72.0)))
        for _ in range(100):
            f, slope = z - r * math.exp(z), 1.0 - z
            below = 2.0 * slope * slope - f * (z - 2.0)
            if below <= 0.0:
                break
            step = 2.0 * f * slope / below
            z = z - step
            if abs(step) <= 1e-9:
                break
        return larger(self.m * (z - u), 0.0)

    def newton(self, v: Any, current: Any) -> float:
        """Any time constants: never too far."""
        limit, t = self.threshold, Float64(0)
        gap, rise = limit - v, current - v
        near = 0.0 if self.spread * current <= 16.0 * float(limit) else 0.5
        for _ in range(100):
            step = gap / rise * self.m
            t = t + step
            of_v, of_current, came = self.factors(t, near)
            now, there = v * of_v + current * came, current * of_current
            gap, rise = limit - now, there - now
            if gap <= 2.0**-50 * float(limit):
                return t
            if there <= limit:
                return NEVER
            if step <= 2.0**-52 * t:
                return t
        return t

    def alpha_wait(self, v: Any, current: Any, rise: Any) -> float:
        """The same for a current that rises first."""
        limit = self.threshold
        if v >= limit:
            return 0.0
        push, climb = larger(current, 0.0), larger(rise, 0.0)
        if push + climb * self.peak <= limit:
            return NEVER
        if larger(v, 0.0) + push * self.kappa + climb * self.kappa_rise < limit:
            return NEVER
        near = 0.0 if self.spread * (abs(current) + abs(rise) * self.s) <= 16.0 * float(limit) else 0.5
        t, now, there = Float64(0), v, current
        if rise > 0.0:
            peak = self.s - current / rise
            if peak > 0.0:
                t = peak
                now, there = self.alpha_at(t, near, v, current, rise)
                if now >= limit:
                    return self.bracketed(t, now, there, near, v, current, rise)
        if there <= limit:
            return NEVER
        gap, slope = limit - now, there - now
        for _ in range(100):
            step = gap / slope * self.m
            t = t + step
            now, there = self.alpha_at(t, near, v, current, rise)
            gap, slope = limit - now, there - now
            if gap <= 2.0**-50 * float(limit):
                return t
            if there <= limit:
                return NEVER
            if step <= 2.0**-52 * t:
                return t
        return t

    def alpha_at(self, t: Any, near: float, v: Any, current: Any, rise: Any) -> tuple[Any, Any]:
        """Potential and current t ticks on."""
        of_v, of_current, came, climbed = self.alpha_factors(t, near)
        return v * of_v + current * came + rise * climbed, (current + rise * t) * of_current

    def bracketed(
        self, high: Any, now: Any, there: Any, near: float, v: Any, current: Any, rise: Any
    ) -> float:  # fmt: skip
        """The crossing before the current's peak."""
        limit, low, t = self.threshold, Float64(0), high
        for _ in range(100):
            guess = t
            if there > now:
                guess = t + (limit - now) / (there - now) * self.m
            if not low < guess < high:
                guess = 0.5 * (low + high)
            t = guess
            now, there = self.alpha_at(t, near, v, current, rise)
            if abs(now - limit) <= 2.0**-50 * float(limit):
                return t
            low, high = (t, high) if now < limit else (low, t)
            if high - low <= 2.0**-52 * high:
                break
        return high

    def foresee(self, j: int, t: int, left: Any, out: Out) -> None:
        """Set, move or take back a crossing."""
        now, there, climb = Float64(self.v[j]), Float64(self.current[j]), Float64(self.rise[j])
        if left > 0:
            there, climb = self.let_decay(there, climb, left)
            METER.count(NEURON)
        wait = float(self.alpha_wait(now, there, climb) if self.alpha else self.wait(now, there))
        wait = float(left) + wait if left > 0 else wait
        stood = self.due[j] != FOREVER
        if wait == NEVER:
            if stood:
                self.due[j] = FOREVER
                self.updates[2] += 1
                out.predict(j, None)
            return
        ticks, part = 1, 1.0
        if wait > 0:
            ticks = math.ceil(wait)
            part = ticks - wait
            METER.count(NEURON)
        self.ahead[j], self.due[j] = self.number(part), t + ticks
        self.updates[1] += stood
        out.predict(j, t + ticks)

    # --- ports ---
    def synapses(self, i: int) -> list[tuple[int, int, int]]:
        """Targets of an input, each with row and column of its weight."""
        if self.start is None:
            return [(j, i, j) for j in range(self.n)]
        return [(self.targets[k], 0, k) for k in range(self.start[i], self.start[i + 1])]

    def on_spikes(self, i: int, s: int, t: int, out: Out) -> None:
        for j, row, k in self.synapses(i):
            now, there, climb, left = self.bring_up(j, t)
            word = Float64(self.w.read(row, k))
            if self.alpha:
                word = self.jump * word
            METER.cause = SYNAPTIC
            if self.alpha:
                climb = climb + word if s > 0 else climb - word
            else:
                there = there + word if s > 0 else there - word
            METER.cause = NEURON
            METER.count(COMPARES)
            self.told[j], self.v[j], self.current[j] = t, self.number(now), self.number(there)
            self.rise[j] = self.number(climb)
            self.updates[0] += 1
            self.foresee(j, t, left, out)

    def on_crossing(self, i: int, s: int, t: int, out: Out) -> None:
        waited = Float64(max(t - self.told[i], 0))
        there, climb = self.let_decay(Float64(self.current[i]), Float64(self.rise[i]), waited)
        self.v[i], self.current[i], self.rise[i] = self.number(self.reset), self.number(there), self.number(climb)
        self.told[i], self.fired[i], self.early[i], self.due[i] = t, t, self.ahead[i], FOREVER
        out.spike(i, 1)
        if self.delays is not None:
            out.spike(i, 1, "axon", later=self.delays[i])
        left = larger(self.held(i, t), 0.0)
        METER.count(COMPARES)
        self.foresee(i, t, left, out)

    def state(self) -> dict[str, list[Any]]:
        found = {
            "v": self.v, "current": self.current, "early": self.early, "ahead": self.ahead, "updated": self.told,
            "fired": self.fired, "due": self.due, "updates": self.updates,
        }  # fmt: skip
        return found | {"rise": self.rise} if self.alpha else found


class AlphaCurrent(ExponentialCurrent):
    """Units with alpha-shaped currents."""

    alpha = True
