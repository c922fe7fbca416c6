"""Layers that go from tick to tick, by other means: matrix exponentials and an adaptive integrator of SciPy.

`TickOracle` is a network of them in plain Python, unit by unit and tick by tick, which shares no code with the package.
`exact_spikes` is one unit in continuous time under events at whole ticks, each spike found by a root.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.integrate import solve_ivp
from scipy.linalg import expm

import eventnet as en


def one(value: Any, j: int) -> float:
    """What unit j has of a number, or of one a unit."""
    return float(np.broadcast_to(np.asarray(value, float), (j + 1,))[j] if np.ndim(value) == 0 else value[j])


@dataclass
class Unit:
    """v, I_e, I_i (of an alpha-shaped current its rise, too, and then the current), or v, g_e, g_i."""

    layer: Any
    j: int
    y: Any = None
    until: int | None = None

    def __post_init__(self) -> None:
        self.rest, self.bar = self.of("rest"), self.of("threshold")
        self.reset = self.rest if self.layer.reset is None else self.of("reset")
        start = self.rest if self.layer.start is None else self.of("start")
        self.alpha = isinstance(self.layer, en.LeakyAlpha)
        self.y = np.array([start, 0.0, 0.0, 0.0, 0.0])
        self.bias = float(np.asarray(self.layer.bias)[self.j])
        if isinstance(self.layer, (en.LeakyExponential, en.LeakyAlpha)):
            self.matrix = expm(self.equations() * self.layer.step)

    def of(self, name: str) -> float:
        return one(getattr(self.layer, name), self.j)

    def equations(self) -> Any:
        """y' = A y of (v - rest, first e, first i, second e, second i, 1); the second is the current of an alpha."""
        a, tau_m = np.zeros((6, 6)), self.of("tau_m")
        a[0, 0], a[0, 5] = -1 / tau_m, self.bias / tau_m
        for k, name in enumerate(("tau_e", "tau_i")):
            tau = max(self.of(name), 1e-3)
            if self.alpha:
                a[1 + k, 1 + k] = a[3 + k, 3 + k] = -1 / tau
                a[3 + k, 1 + k] = math.e / tau
                a[0, 3 + k] = 1 / tau_m
            else:
                a[1 + k, 1 + k], a[0, 1 + k] = -1 / tau, 1 / tau_m
        return a

    def pull(self, t: float, y: Any) -> list[float]:
        """The equations of a unit with conductances."""
        v, e, i = y[:3]
        drawn = -(v - self.rest) - e * (v - self.of("reversal_e")) - i * (v - self.of("reversal_i")) + self.bias
        return [drawn / self.of("tau_m"), -e / self.of("tau_e"), -i / self.of("tau_i")]

    def go(self, t: int, came: list[float]) -> bool:
        """A step that ends at tick t; whether the unit fires."""
        before, step = self.y.copy(), self.layer.step
        if isinstance(self.layer, en.LeakyConductance):
            self.y[:3] = solve_ivp(self.pull, (0, step), self.y[:3], "DOP853", rtol=1e-11, atol=1e-12).y[:, -1]
        elif not self.alpha and self.of("tau_e") == 0:  # jumps
            left = math.exp(-step / self.of("tau_m"))
            v = (before[0] - self.rest) * left + self.bias * (1 - left) + before[1] + before[2]
            self.y = np.array([self.rest + v, 0.0, 0.0, 0.0, 0.0])
        else:
            first = np.append(before - [self.rest, 0, 0, 0, 0], 1.0)
            self.y = (self.matrix @ first)[:5]
            self.y[0] += self.rest
        for w in came:
            sign = -1 if isinstance(self.layer, en.LeakyConductance) and w < 0 else 1
            self.y[1 if w > 0 else 2] += sign * w
        if self.until is not None and t - step < self.until:
            self.y[0] = self.reset
        if self.y[0] <= self.bar:
            return False
        self.y[0], self.until = self.reset, t + int(self.of("refractory"))
        return True


@dataclass
class TickOracle:
    """A network of such layers, its synapses as `edges` lists them."""

    net: en.Network
    spikes: list = field(default_factory=list)
    adds: int = 0

    def run(self, events: list, until: int) -> TickOracle:
        """events: (t, port, index, sign) at a source, or at the ticks of a layer."""
        net, names = self.net, "ab"
        self.units = {name: [Unit(net[name], j) for j in range(net[name].units)] for name in names}
        self.now: dict[str, int | None] = dict.fromkeys(names)
        self.waits: dict[str, list] = {name: [[] for _ in self.units[name]] for name in names}
        self.coming: dict[int, list] = defaultdict(list)
        delays = {w.target.module.name: w.delay for w in net.wires if w.target.module.name.count("_to_")}
        self.rows: dict[str, list] = defaultdict(list)
        for module in net.modules:
            if isinstance(module, en.DecayingSynapses):
                source, target = module.name.split("_to_")
                own = {w.delay for w in net.wires if w.target.module is module and w.source.module is not module}
                whole = own.pop() if not len(module.projection.drawn.parts) else delays[module.name] * 0
                self.rows[source].append((target, list(zip(*(x.tolist() for x in module.edges()), strict=True)), whole))
        starts = {int(net[name].ticks): name for name in names}
        for t, port, index, sign in events:
            if port in starts:
                self.coming[t].append((starts[port], None, 0.0))
            else:
                self.send("source", index, t, sign)
        for t in range(min([0, *(e[0] for e in events)]), until):
            for name, j, w in self.coming.pop(t, ()):
                if self.now[name] is None:
                    self.now[name] = t
                if j is not None:
                    self.adds += 1
                    self.waits[name][j].append(w)
            for name in names:
                self.step(name, t)
        return self

    def send(self, source: str, i: int, t: int, sign: int) -> None:
        for target, edges, whole in self.rows[source]:
            for of, j, w, delay in edges:
                if of == i:
                    self.coming[t + whole + delay].append((target, j, sign * w))

    def step(self, name: str, t: int) -> None:
        now = self.now[name]
        if now is None or (now != t and t - now < self.net[name].step):
            return
        self.now[name] = t
        for unit in self.units[name]:
            came, self.waits[name][unit.j] = self.waits[name][unit.j], []
            if now == t:  # the first: what came acts from here on
                for w in came:
                    sign = -1 if isinstance(unit.layer, en.LeakyConductance) and w < 0 else 1
                    unit.y[1 if w > 0 else 2] += sign * w
            elif unit.go(t, came):
                self.spikes.append((t, name, unit.j))
                self.send(name, unit.j, t, 1)


def exact_spikes(kind: Any, p: dict[str, Any], events: list[tuple[int, float]], until: int) -> list[float]:
    """Times of spikes of one unit with conductances, of the options p, under events (tick, weight)."""
    adaptive = kind is en.AdaptiveExponential
    e = i = w = t = 0.0
    x, held, made = p["start"], -1.0, []
    came: dict[int, list[float]] = defaultdict(list)
    for tick, weight in events:
        came[tick].append(weight)

    def slopes(_: float, y: Any) -> list[float]:
        v, a, g, h = y
        drawn = -(v - p["rest"]) - g * (v - p["reversal_e"]) - h * (v - p["reversal_i"]) + p["bias"]
        moved = 0.0
        if adaptive:
            drawn += p["slope"] * math.exp(min((v - p["threshold"]) / p["slope"], 60.0)) - a
            moved = (p["a"] * (v - p["rest"]) - a) / p["tau_w"]
        return [drawn / p["tau_m"], moved, -g / p["tau_e"], -h / p["tau_i"]]

    def past(_: float, y: Any) -> float:
        return y[0] - (p["peak"] if adaptive else p["threshold"])

    past.terminal, past.direction = True, 1.0  # type: ignore[attr-defined]
    for stop in sorted({*came, until}):
        while t < stop:
            if held > t:
                d = min(held, stop) - t
                if adaptive:
                    there = p["a"] * (p["reset"] - p["rest"])
                    w = there + (w - there) * math.exp(-d / p["tau_w"])
                e, i, t = e * math.exp(-d / p["tau_e"]), i * math.exp(-d / p["tau_i"]), t + d
                continue
            found = solve_ivp(slopes, (t, stop), [x, w, e, i], "DOP853", rtol=1e-10, atol=1e-10, events=past)
            (x, w, e, i), t = found.y[:, -1], float(found.t[-1])
            if found.t_events[0].size:
                made.append(t)
                x, w, held = p["reset"], w + p.get("b", 0.0), t + p["refractory"]
        t = float(stop)
        for weight in came.get(stop, ()):
            e, i = (e + weight, i) if weight > 0 else (e, i - weight)
    return made


def gate_rates(u: float) -> list[tuple[float, float]]:
    """alpha and beta of m, h and n, a ms, at v - V_T of Traub and Miles' neuron in mV."""

    def over(x: float) -> float:
        return x / math.expm1(x) if abs(x) > 1e-9 else 1.0 - x / 2

    return [
        (0.32 * 4 * over((13 - u) / 4), 0.28 * 5 * over((u - 40) / 5)),
        (0.128 * math.exp((17 - u) / 18), 4 / (1 + math.exp((40 - u) / 5))),
        (0.032 * 5 * over((15 - u) / 5), 0.5 * math.exp((10 - u) / 40)),
    ]


def exact_passages(p: dict[str, Any], events: list[tuple[int, float]], until: int, bar: float) -> list[float]:
    """Times at which v of a Hodgkin-Huxley unit of the options p passes a bar upward, under events (tick, weight)."""

    def slopes(_: float, y: Any) -> list[float]:
        v, m, h, n, e, i = y
        sodium, potassium = p["g_na"] * m**3 * h * (v - p["reversal_na"]), p["g_k"] * n**4 * (v - p["reversal_k"])
        drawn = (
            -(v - p["rest"]) - sodium - potassium - e * (v - p["reversal_e"]) - i * (v - p["reversal_i"]) + p["bias"]
        )
        gates = [
            (a * (1 - x) - b * x) / p["ms"] for (a, b), x in zip(gate_rates(v - p["shift"]), (m, h, n), strict=True)
        ]
        return [drawn / p["tau_m"], *gates, -e / p["tau_e"], -i / p["tau_i"]]

    def past(_: float, y: Any) -> float:
        return float(y[0]) - bar

    past.direction = 1.0  # type: ignore[attr-defined]
    came: dict[int, list[float]] = defaultdict(list)
    for tick, weight in events:
        came[tick].append(weight)
    y = [p["start"], *(a / (a + b) for a, b in gate_rates(p["start"] - p["shift"])), 0.0, 0.0]
    t, made = 0, []
    for stop in sorted({*came, until}):
        if stop > t:
            found = solve_ivp(slopes, (t, stop), y, "DOP853", rtol=1e-10, atol=1e-12, events=past)
            y, t = list(found.y[:, -1]), stop
            made += found.t_events[0].tolist()
        for weight in came.get(stop, ()):
            y[4 if weight > 0 else 5] += abs(weight)
    return made
