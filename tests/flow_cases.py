"""Flow sums and the filter with a bias: arguments for one reaction, random networks, and the same by plain loops."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

import eventnet as en
from eventnet.neurons.flow_sums import tile_products

FLOW = [
    *(f"neurons.flow_sums.{name}" for name in ("add_event", "look", "note_event", "look_at_blocks")),
    *(f"neurons.bias_filter.{name}" for name in ("take_sample", "read")),
]
HEIGHT, WIDTH = 11, 16
"""Pixels; with blocks of 2 the last row fills none."""
TRACES, MIX = [20.0, 60.0, 180.0], [-0.5, 1.0, -0.25]
GAINS = [0.25, 0.002, 3.0, 0.01]


# --- one reaction ----------------------------------------------------------------------------------------------------
def flow_arguments(rule: en.Rule, rng: np.random.Generator) -> tuple[dict[str, Any], int]:
    """Arrays by name for a rule at tick 5, often one before which a rescaling is due, and how many indices there are."""
    if "bias_filter" in rule.py_func.__module__:
        made = {name: rng.integers(-8, 9, 3) / 4 for name in ("sample", "omega", "alpha", "numerator", "rates")}
        made |= {
            "denominator": rng.integers(1, 9, 3) / 4, "gain": rng.integers(1, 9, 4) / 8, "doubt": 2.0, "tau": 3.0,
            "when": rng.integers(0, 6, 3), "answers": np.zeros((4, 9)),
            "updates": np.column_stack([rng.integers(0, 3, 4), rng.integers(-4, 5, 4) / 4]),
        }  # fmt: skip
        return made, 4
    rows, columns, tile, sobel, batch = 4, 5, int(rng.integers(1, 4)), int(rng.integers(2)), int(rng.integers(1, 4))
    across = -(-columns // tile)
    places, tiles, times = rows * columns, across * -(-rows // tile), int(rng.integers(1, 4))
    draw = lambda n: rng.integers(-8, 9, n) / 4  # noqa: E731
    inner = np.zeros((rows, columns), dtype=np.int64)
    inner[1:-1, 1:-1] = rng.integers(0, 2, (rows - 2, columns - 2))
    waits = inner.ravel()
    ring = np.zeros(places, dtype=np.int64)
    ring[: waits.sum()] = rng.permutation(np.flatnonzero(waits))
    large = np.array([9.0, 1, -1, 8, 2, 7])
    made = {
        "gx": draw(places), "gy": draw(places), "squares": draw(3 * tiles), "d": large, "n": draw(3),
        "level": draw(places), "part": draw(6 * places), "count": rng.integers(-2, 3, places) * waits, "ring": ring,
        "waits": waits, "cursor": np.array([0, waits.sum(), 0, 0]), "changes": rng.integers(0, batch, tiles),
        "trace": draw(3 * times), "rates": draw(3) * rng.integers(0, 2), "tau": rng.integers(1, 9, times) * 1.0,
        "mix": draw(times), "limits": np.array([3.0, 2.0, 0.25, 4.0]), "flow": draw((places, 6)),
        "products": draw((tiles, 18)),
        "frame": np.array([2 * columns, 2, rows, columns, tile, across, batch, sobel, 12]),
        "clock": np.array([rng.choice([5, 2, -8, -20]), rng.integers(6), rng.integers(2), rng.integers(8)]),
    }  # fmt: skip
    return made, 1 if rule.name.startswith("look") else 2 * columns * (2 * rows + 1)


# --- networks --------------------------------------------------------------------------------------------------------
def flow_of(rows: int, columns: int, seed: int = 0) -> Any:
    """J of each block, drawn."""
    return np.random.default_rng(seed).normal(size=(rows * columns, 6))


def flow_network(version: str, dtype: str = "float64", answers: int = 1, tau: float = 500.0) -> tuple[Any, Any, Any]:
    """A network of the two modules: "thin", "fine" or "thinnest"."""
    net, size = en.Network(dtype), 1 if version == "fine" else 2
    rows, columns = HEIGHT // size, WIDTH // size
    j = flow_of(rows, columns)
    options: dict[str, Any] = {
        "size": size, "tau": tau, "traces": TRACES, "coefficients": MIX, "ridge": 30.0, "shrinkage": 10.0, "still": 0.002,
        "name": "flow",
    }  # fmt: skip
    if version == "thinnest":
        flow: Any = en.RefreshedFlowSums((HEIGHT, WIDTH), net.weights(j, "flow"), **options)
    else:
        gradient, products = "sobel" if version == "fine" else "central", tile_products(j, rows, columns, 1)
        flow = en.FlowSums(
            (HEIGHT, WIDTH), net.weights(j, "flow"), net.weights(products, "products"), tile=1, batch=1,
            gradient=gradient, **options,
        )  # fmt: skip
    net.add(flow)
    updates = net.weights([[axis, value] for axis in range(3) for value in (-0.25, 0.125, 0.5)], "updates")
    room = net.weights(np.zeros((answers, 9)), "answers")
    head = en.BiasFilter(3, flow, room, updates, gains=GAINS, doubt=2.0, prior=0.5, tau=400.0, name="head")
    return net, flow, net.add(head)


def drawn_inputs(seed: int, until: int = 4000, events: int = 240) -> dict[str, Any]:
    """Events (t, pixel, sign) in bursts with long silence between them, and times of samples, some of them at events."""
    rng = np.random.default_rng(seed)
    t = np.sort(
        np.concatenate([rng.integers(0, until // 8, events // 2), rng.integers(until // 2, until, events // 2)])
    )
    pixels = rng.integers(0, HEIGHT * WIDTH, len(t)), rng.choice([-1, 1], len(t))
    samples = np.unique(np.concatenate([rng.integers(0, until + 400, 80), t[::40]]))
    return {"events": list(zip(t.tolist(), *(each.tolist() for each in pixels))), "samples": samples.tolist()}


def as_feed(inputs: dict[str, Any], flow: Any, head: Any) -> list[tuple[int, Any, int, int]]:
    """All of it as inputs: at each sample a look, a value of each axis, and an answer."""
    feed = [(t, flow.spikes, i, s) for t, i, s in inputs["events"]]
    for k, t in enumerate(inputs["samples"]):
        feed += [(t, flow.look, 0, 1), *((t, head.value, 3 * axis + k % 3, 1) for axis in range(3))]
        feed.append((t, head.read, k, 1))
    return sorted(feed, key=lambda one: one[0])


# --- the same, by loops ----------------------------------------------------------------------------------------------
class Plain:
    """All sums anew from all events, in true units, with real decay; D exact, or of parts as old as they are.

    It shares nothing with the modules: events are kept as a list, and what leaks is worked out from their times.
    """

    def __init__(self, version: str, tau: float = 500.0) -> None:
        self.version, self.size = version, 1 if version == "fine" else 2
        self.rows, self.columns = HEIGHT // self.size, WIDTH // self.size
        self.j = flow_of(self.rows, self.columns).reshape(self.rows, self.columns, 2, 3)
        self.tau = round(tau * math.log(2)) / math.log(2)
        self.past: list[tuple[int, int, int, int]] = []
        self.fresh: list[tuple[int, int, int, int]] = []
        self.n, self.traces, self.rates, self.looked = np.zeros(3), np.zeros((3, 3)), np.zeros(3), 0
        self.head = [{"omega": 0.0, "alpha": 0.0, "num": 0.0, "den": 0.5, "t": 0} for _ in range(3)]

    def level(self, t: int) -> Any:
        """Leaky sums of events in each block, as of t."""
        s = np.zeros((self.rows, self.columns))
        if self.past:
            at, y, x, sign = np.array(self.past).T
            np.add.at(s, (y, x), sign * np.exp(-(t - at) / self.tau))
        return s

    def gradient(self, s: Any, y: int, x: int) -> Any:
        """To the right and down, by the definition of either operator."""
        if self.version == "fine":
            near = s[y - 1 : y + 2, x - 1 : x + 2]
            return np.array([(near[:, 2] - near[:, 0]) @ (1, 2, 1), (near[2] - near[0]) @ (1, 2, 1)])
        return np.array([s[y, x + 1] - s[y, x - 1], s[y + 1, x] - s[y - 1, x]])

    def inner(self) -> Sequence[tuple[int, int]]:
        """Blocks with all their neighbours."""
        return [(y, x) for y in range(1, self.rows - 1) for x in range(1, self.columns - 1)]

    def is_inner(self, y: int, x: int) -> bool:
        """It is one of these."""
        return 0 < y < self.rows - 1 and 0 < x < self.columns - 1

    def a(self, s: Any, y: int, x: int) -> Any:
        """J^T grad S."""
        return self.j[y, x].T @ self.gradient(s, y, x)

    def matrix(self, t: int) -> Any:
        """D [3, 3], exact."""
        s = self.level(t)
        found = np.zeros((3, 3))
        for y, x in self.inner():
            a = self.a(s, y, x)
            found += np.outer(a, a)
        return found

    def event(self, t: int, pixel: int, sign: int) -> None:
        """Add what an event says, before it is one of the past."""
        y, x = pixel // WIDTH // self.size, pixel % WIDTH // self.size
        if y >= self.rows or x >= self.columns:
            return
        if self.is_inner(y, x):
            self.n = self.n * math.exp(-(t - self.last(t)) / self.tau) + sign * self.a(self.level(t), y, x)
        self.past.append((t, y, x, sign))
        self.fresh.append((t, y, x, sign))

    def last(self, t: int) -> int:
        """When `n` was last brought up to date: at the last event at an inner block since the look."""
        inner = [at for at, y, x, _ in self.fresh if self.is_inner(y, x)]
        return inner[-1] if inner else t

    def look(self, t: int) -> None:
        """Solve, unless all is still."""
        if not self.fresh and np.all(np.abs(self.rates) < 0.002):
            return
        n = self.n * math.exp(-(t - self.last(t)) / self.tau)
        d = self.matrix(t)
        for m, tau in enumerate(TRACES):
            self.traces[m] = self.traces[m] * math.exp(-(t - self.looked) / tau) + n
        weighed = sum(c * trace for c, trace in zip(MIX, self.traces, strict=True))
        solved = np.linalg.solve(d + 30 * np.eye(3), weighed)
        self.rates = solved * np.trace(d) / (np.trace(d) + 10)
        self.n, self.fresh, self.looked = np.zeros(3), [], t

    def sample(self, axis: int, g: float, t: int) -> None:
        """One step of the filter of an axis."""
        k, of, w = GAINS, self.head[axis], self.rates[axis]
        dt, of["t"] = t - of["t"], t
        of["alpha"] *= math.exp(-dt / 400)
        of["omega"] += dt * of["alpha"]
        believed, bias = 1 / (2 + of["omega"] ** 2), of["num"] / of["den"]
        gyroscope, camera = g - of["omega"] - bias, believed * (w - of["omega"])
        of["omega"] += k[0] * gyroscope + k[2] * camera
        of["alpha"] += k[1] * gyroscope + k[3] * camera
        of["num"] += believed * (g - w)
        of["den"] += believed

    def run(self, inputs: dict[str, Any]) -> Any:
        """Answers at all samples, [samples, 9]."""
        waiting, made = list(inputs["events"]), []
        for k, t in enumerate(inputs["samples"]):
            while waiting and waiting[0][0] <= t:
                self.event(*waiting.pop(0))
            self.look(t)
            g = (-0.25, 0.125, 0.5)[k % 3]
            for axis in range(3):
                self.sample(axis, g, t)
            made.append([*(of["omega"] for of in self.head), *self.rates, g, g, g])
        for event in waiting:
            self.event(*event)
        return np.array(made)


class PlainRefreshed(Plain):
    """With parts of D that are only refreshed when it is looked at, and events that are counted until then."""

    def __init__(self, version: str = "thinnest", tau: float = 500.0) -> None:
        super().__init__(version, tau)
        self.parts: dict[tuple[int, int], tuple[Any, int]] = {}
        self.refreshed = 0

    def event(self, t: int, pixel: int, sign: int) -> None:
        """Only noted."""
        y, x = pixel // WIDTH // self.size, pixel % WIDTH // self.size
        if y < self.rows and x < self.columns:
            self.past.append((t, y, x, sign))
            self.fresh.append((t, y, x, sign))

    def last(self, t: int) -> int:
        """Sums are made at the look."""
        return t

    def matrix(self, t: int) -> Any:
        """The sum of all parts, which have decayed since they were made."""
        found = np.zeros((3, 3))
        for part, at in self.parts.values():
            found += part * math.exp(-2 * (t - at) / self.tau)
        return found

    def look(self, t: int) -> None:
        """Blocks with events in the order of their first event; every second brings one of its four neighbours."""
        if not self.fresh and np.all(np.abs(self.rates) < 0.002):
            return
        s, counts = self.level(t), dict[tuple[int, int], int]()
        for _, y, x, sign in self.fresh:
            counts[y, x] = counts.get((y, x), 0) + sign
        for (y, x), count in counts.items():
            if not self.is_inner(y, x):
                continue
            a = self.a(s, y, x)
            self.n = self.n + count * a
            self.parts[y, x] = np.outer(a, a), t
            self.refreshed += 1
            if self.refreshed % 2 == 0:
                down, right = ((1, 0), (-1, 0), (0, 1), (0, -1))[self.refreshed % 8 // 2]
                if self.is_inner(y + down, x + right):
                    b = self.a(s, y + down, x + right)
                    self.parts[y + down, x + right] = np.outer(b, b), t
        super().look(t)
