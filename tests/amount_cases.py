"""Random networks whose spikes carry whole numbers, among modules that know nothing of it; and the same for the
independent simulator.
"""

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


@en.rule
def hear(i, s, t, out, tally, phi, w, said, most):
    """Add a row s times; every unit whose level has changed says by how much, every fifth unit at the side outlet, too,
    some of them later."""
    add_row_times(phi, w, i, s, tally)
    for j in range(len(phi)):
        change = int(phi[j] * 4) - said[j]
        if change != 0:
            change = max(-most[0], min(most[0], change))
            said[j] += change
            out.spike(j, change, 0, abs(change) * 1.0)
            if j % 5 == 1:
                out.spike(j, -out.sign(out.made() - 1), 1, 0.5)
            elif j % 5 == 2:
                out.later(out.index(out.made() - 1), change, 1, 1 + j % 2)


class Levels(en.Module):
    """Units that say by how many levels they have moved."""

    weights = en.Weights("n_in", "units", key="w")
    amounts = en.Option[int](7)
    phi = en.Potential(weights)
    said = en.Integers("units")
    most_said = en.Integers(1, key="most", start=lambda module: module.amounts)
    spikes = en.Port(hear, emits=("out", "side"), accepts="n_in", amounts="amounts")
    out = en.Outlet(amounts="amounts")
    side = en.Outlet(amounts="amounts")


class Doubling(en.PythonModule):
    """Sends on twice what came, as far as it may, in plain Python."""

    amounts = en.Option[int](7)
    spikes = en.Port(emits="out", accepts="units", amounts="amounts")
    out = en.Outlet(amounts="amounts")
    membrane = None

    def on_spikes(self, i: int, s: int, t: int, out: Any, tally: Any) -> None:
        out.spike(i, max(-self.amounts, min(self.amounts, 2 * s)))
        if s < -1:
            out.later(i, s + 1, 0, 1)


def make_amount_case(seed: int, **fixed: Any) -> Case:
    """A case of `make_case` with further modules whose spikes carry amounts, up to 2 or to 2^20 (256 in int32)."""
    rng = np.random.default_rng([seed, 7])
    case = make_case(seed, annihilate=bool(rng.random() < 0.3), **fixed)
    net, most = case.net, int(rng.choice([2, 3, 7, 256, 2**20]))
    scale, most = (64, min(most, 256)) if net.dtype == "int32" else (1, most)  # whole numbers have room for no more
    before = list(net.modules)
    made: list[Any] = []
    for k in range(int(rng.integers(1, 4))):
        w = np.round(rng.normal(0, 0.3, (5, 5)) * 64) * scale / 64
        kind = rng.random()
        if kind < 0.6:
            made.append(net.add(Levels(5, net.weights(w), amounts=most, name=f"levels{k}", most=60)))
        elif kind < 0.8:
            made.append(net.add(Doubling(5, amounts=most, name=f"doubling{k}")))
        else:
            made.append(net.add(en.Relay(5, amounts=most, name=f"relay{k}")))
    for module in made:
        for name in set(type(module).outlets) & {"out", "side"}:
            for target in [t for t in made if rng.random() < 0.5]:
                net.connect(getattr(module, name), target.spikes, int(rng.choice([0, 0, 0, 1, 2])))
    for module in before:
        for name in [n for n in type(module).outlets if n not in ("notice", "predicted")]:
            outlet = getattr(module, name)
            if outlet.width <= 5 and rng.random() < 0.5:
                net.connect(outlet, made[int(rng.integers(len(made)))].spikes, int(rng.choice([0, 0, 1])))
    net.connect(made[-1].out, net.add(en.SpikeCounter(5, amounts=most, name="counter")).spikes)
    rows = []
    for _ in range(int(rng.integers(1, 20))):
        size = int(rng.integers(1, most + 1)) if rng.random() < 0.7 else 1
        rows.append((int(rng.integers(0, 8)), made[int(rng.integers(len(made)))].spikes, int(rng.integers(5)),
                     size * int(rng.choice([-1, 1]))))  # fmt: skip
    plain = [(int(t), int(port), int(i), int(s)) for t, port, i, s in case.inputs.tolist()]
    return Case(net, en.events([*plain, *rows], amounts=True), case.options)


class OutsideLevels(Family):
    """`Levels`, for the independent simulator."""

    outlets = ("out", "side")

    def build(self, units: int, weights: int, amounts: int = 7, most: int = 0) -> None:
        self.w, self.phi, self.said, self.most = self.block(weights), self.zeros(units), [0] * units, amounts
        self.amounts = {"out": amounts, "side": amounts}

    def on_spikes(self, i: int, s: int, t: int, out: OutsideOut) -> None:
        METER.cause = SYNAPTIC
        for j in range(len(self.phi)):
            word = self.w.read(i, j)
            product = word if abs(s) == 1 else word * abs(s)
            self.phi[j] = self.phi[j] + product if s > 0 else self.phi[j] - product
        for j in range(len(self.phi)):
            change = int(float(self.phi[j]) * 4) - self.said[j]
            if change != 0:
                change = max(-self.most, min(self.most, change))
                self.said[j] += change
                out.spike(j, change, magnitude=abs(change))
                if j % 5 == 1:
                    out.spike(j, -change, "side", magnitude=0.5)
                elif j % 5 == 2:
                    out.spike(j, change, "side", later=1 + j % 2)

    def state(self) -> dict[str, list[Any]]:
        return {"phi": self.phi, "said": self.said}


def describe(seed: int) -> dict[str, Any]:
    """The description of a random network of levels, relays, counters and herding layers, for both sides."""
    rng = random.Random(seed)
    most, n = rng.choice((2, 5, 100)), rng.randint(2, 5)
    blocks: list[Any] = []
    modules: list[dict[str, Any]] = []
    for k in range(n):
        kind = rng.choice(("Levels", "Levels", "Levels", "Relay", "SpikeCounter", "Herding")) if k else "Levels"
        options: dict[str, Any] = {"units": 3}
        if kind in ("Levels", "Herding"):
            blocks.append([[rng.randint(-20, 20) / 32 for _ in range(3)] for _ in range(3)])
            options["weights"] = len(blocks) - 1
        if kind != "Herding":
            options["amounts"] = most
        options |= {"most": 60} if kind == "Levels" else {}
        modules.append({"kind": kind, "name": f"m{k}", "options": options, "room": options.get("most", 10**9)})
    outlets = {"Levels": ("out", "side"), "Relay": ("out",), "SpikeCounter": (), "Herding": ("out",)}
    wires = []
    for a, one in enumerate(modules):
        for outlet in outlets[one["kind"]]:
            for b, other in enumerate(modules):
                plain = other["kind"] == "Herding"
                if rng.random() < 0.4 and (one["kind"] == "Herding" or not plain):
                    wires.append((a, outlet, b, "spikes", rng.choice((0, 0, 0, 1, 3)), False))
    inputs = []
    for _ in range(rng.randint(1, 12)):
        a = rng.randrange(n)
        size = 1 if modules[a]["kind"] == "Herding" else rng.randint(1, most)
        inputs.append((rng.randrange(5), a, "spikes", rng.randrange(3), size * rng.choice((1, -1))))
    return {
        "dtype": rng.choice(("float32", "float64")), "coalesce": "none", "forced": None, "blocks": blocks,
        "modules": modules, "wires": wires, "inputs": inputs, "seed": rng.randrange(2**40), "budget": 60,
        "annihilate": rng.random() < 0.3, "until": 9, "packets": False, "amounts": True,
    }  # fmt: skip
