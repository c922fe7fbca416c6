"""Random networks whose units are looked at one by one: of each at most one look waits."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
from cases import Case, make_case
from outside.counted import METER, SYNAPTIC
from outside.family import Family
from outside.family import Out as OutsideOut

import eventnet as en
from eventnet.kernels.rows import add_row_times
from eventnet.order import KEYED, ORDERS, Order, find_order


@en.rule
def ask(i, s, t, out, tally, phi, w, said):
    """Add a row s times; every unit that stands elsewhere than it has said is to be looked at, the farthest first."""
    add_row_times(phi, w, i, s, tally)
    for j in range(len(phi)):
        change = int(phi[j] * 4) - said[j]
        if change != 0:
            out.spike(j, -1 if change < 0 else 1, 0, abs(change) * 1.0)


@en.rule
def look(i, s, t, out, tally, phi, said, most):
    """One unit says by how much it has moved; every third asks for a look at the one after it."""
    change = max(-most[0], min(most[0], int(phi[i] * 4) - said[i]))
    if change != 0:
        said[i] += change
        out.spike(i, change, 0, 1e9)
    if i % 3 == 1 and change > 0:
        out.spike((i + 1) % len(phi), -s, 1, 0.5 * abs(change))


class Looked(en.Module):
    """Units that are looked at one by one."""

    weights = en.Weights("n_in", "units", key="w")
    amounts = en.Option[int](7)
    phi = en.Potential(weights)
    said = en.Integers("units")
    most_said = en.Integers(1, key="most", start=lambda module: module.amounts)
    spikes = en.Port(ask, emits="asked", accepts="n_in", amounts="amounts")
    look = en.Port(look, emits=("out", "asked"), accepts="units")
    out = en.Outlet(amounts="amounts")
    asked = en.Outlet(pending="look")


class PlainLooked(en.PythonModule):
    """Counts what came, and says it where it is looked at, in plain Python."""

    amounts = en.Option[int](7)
    spikes = en.Port(emits="asked", accepts="units", amounts="amounts")
    look = en.Port(emits=("out", "asked"), accepts="units")
    out = en.Outlet(amounts="amounts")
    asked = en.Outlet(pending="look")
    membrane = None

    def begin(self) -> None:
        self.sums = [0] * self.units

    def on_spikes(self, i: int, s: int, t: int, out: Any, tally: Any) -> None:
        self.sums[i] += s
        out.spike(i, 1, 0, abs(self.sums[i]))
        out.spike((i + 2) % self.units, -1, 0, 0.25)

    def on_look(self, i: int, s: int, t: int, out: Any, tally: Any) -> None:
        change = max(-self.amounts, min(self.amounts, self.sums[i]))
        self.sums[i] = 0
        if change:
            out.spike(i, -change)
            out.spike((i + 1) % self.units, 1, 1, abs(change))


def by_size_again(t, source, wire, index, sign, magnitude, rank, seq, seed):
    return -1 if magnitude > 2 else 2 + source % 2, -int(magnitude * 4) % 5 + seq % 2


AGAIN = Order("by size, again", KEYED, by_size_again, rekeys=True)
EVERY = (*(find_order(name) for name in (*ORDERS, "largest", "largest")), AGAIN)


def make_look_case(seed: int, **fixed: Any) -> Case:
    """A case of `make_case` with further modules whose units are looked at, with amounts or without."""
    rng = np.random.default_rng([seed, 8])
    order = EVERY[seed % len(EVERY)]
    case = make_case(seed, **({"order": order, "annihilate": bool(rng.random() < 0.3)} | fixed))
    net, most = case.net, int(rng.choice([1, 1, 3, 200]))
    scale = 64 if net.dtype == "int32" else 1
    before, made = list(net.modules), list[Any]()
    for k in range(int(rng.integers(1, 4))):
        w = np.round(rng.normal(0, 0.3, (5, 5)) * 64) * scale / 64
        if rng.random() < 0.8:
            made.append(net.add(Looked(5, net.weights(w), amounts=most, name=f"looked{k}", most=60)))
        else:
            made.append(net.add(PlainLooked(5, amounts=most, name=f"plainly{k}")))
    for module in made:
        for target in [t for t in made if rng.random() < 0.6]:
            net.connect(module.out, target.spikes, int(rng.choice([0, 0, 0, 1, 2])))
    for module in before:
        for name in [n for n in type(module).outlets if n not in ("notice", "predicted")]:
            outlet = getattr(module, name)
            if outlet.width <= 5 and rng.random() < 0.5:
                net.connect(outlet, made[int(rng.integers(len(made)))].spikes, int(rng.choice([0, 0, 1])))
    rows = []
    for _ in range(int(rng.integers(1, 20))):
        size = int(rng.integers(1, most + 1))
        port = made[int(rng.integers(len(made)))]
        port = port.look if rng.random() < 0.1 else port.spikes
        size = 1 if port.name == "look" else size
        rows.append((int(rng.integers(0, 8)), port, int(rng.integers(5)), size * int(rng.choice([-1, 1]))))
    plain = [(int(t), int(port), int(i), int(s)) for t, port, i, s in case.inputs.tolist()]
    return Case(net, en.events([*plain, *rows], amounts=most > 1), case.options)


class OutsideLooked(Family):
    """`Looked`, for the independent simulator."""

    ports = ("spikes", "look")
    outlets = ("out", "asked")
    pending = {"asked": "look"}  # noqa: RUF012

    def build(self, units: int, weights: int, amounts: int = 7, most: int = 0) -> None:
        self.w, self.phi, self.said, self.most = self.block(weights), self.zeros(units), [0] * units, amounts
        self.amounts = {"out": amounts}

    def change(self, j: int) -> int:
        return int(float(self.phi[j]) * 4) - self.said[j]

    def on_spikes(self, i: int, s: int, t: int, out: OutsideOut) -> None:
        METER.cause = SYNAPTIC
        for j in range(len(self.phi)):
            word = self.w.read(i, j)
            product = word if abs(s) == 1 else word * abs(s)
            self.phi[j] = self.phi[j] + product if s > 0 else self.phi[j] - product
        for j in range(len(self.phi)):
            if change := self.change(j):
                out.spike(j, change, "asked", magnitude=abs(change))

    def on_look(self, i: int, s: int, t: int, out: OutsideOut) -> None:
        change = max(-self.most, min(self.most, self.change(i)))
        if change != 0:
            self.said[i] += change
            out.spike(i, change, magnitude=1e9)
        if i % 3 == 1 and change > 0:
            out.spike((i + 1) % len(self.phi), -s, "asked", magnitude=0.5 * abs(change))

    def state(self) -> dict[str, list[Any]]:
        return {"phi": self.phi, "said": self.said}


def describe(seed: int) -> dict[str, Any]:
    """The description of a random network of such units and relays, for both sides."""
    rng = random.Random(seed)
    most, n = rng.choice((1, 1, 5, 100)), rng.randint(1, 4)
    modules: list[dict[str, Any]] = []
    for k in range(n):
        kind = rng.choice(("Looked", "Looked", "Looked", "Relay"))
        options: dict[str, Any] = {"units": 4, "amounts": most}
        if kind == "Looked":
            options |= {"weights": k, "most": 60}
        modules.append({"kind": kind, "name": f"m{k}", "options": options, "room": options.get("most", 10**9)})
    blocks = [[[rng.randint(-20, 20) / 32 for _ in range(4)] for _ in range(4)] for _ in range(n)]
    wires = [
        (a, "out", b, "spikes", rng.choice((0, 0, 0, 1, 3)), False)
        for a in range(n) for b in range(n) if rng.random() < 0.6
    ]  # fmt: skip
    inputs = []
    for _ in range(rng.randint(1, 12)):
        a = rng.randrange(n)
        port = "look" if modules[a]["kind"] == "Looked" and rng.random() < 0.1 else "spikes"
        size = 1 if port == "look" else rng.randint(1, most)
        inputs.append((rng.randrange(5), a, port, rng.randrange(4), size * rng.choice((1, -1))))
    return {
        "dtype": rng.choice(("float32", "float64")), "coalesce": "none", "forced": None, "blocks": blocks,
        "modules": modules, "wires": wires, "inputs": inputs, "seed": rng.randrange(2**40), "budget": 80,
        "annihilate": rng.random() < 0.3, "until": 9, "packets": False, "amounts": most > 1,
    }  # fmt: skip
