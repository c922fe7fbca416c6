"""Writes networks and checkpoints in which outlets and state have earlier names, and what became of their runs.

Run by hand, under the sources of that version and not under today's: tests/fixtures/f8f645c5 was written by

    git worktree add ../f8f645c5 f8f645c5
    PYTHONPATH=../f8f645c5 python -B tests/scripts/write_earlier_names.py tests/fixtures/f8f645c5

tests/test_earlier_names.py loads the files with today's sources. It speaks that version's words: when names move, it
stays.
"""

from __future__ import annotations

import json
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

import eventnet as en
from eventnet.learning.level_units import BEGIN, RESET, InnerLevelUnits, LevelUnits

HALF = 6
"""The tick before which checkpoints are taken."""


def levels() -> tuple[en.Network, list[Any], list[Any]]:
    """Two layers that settle: each has a wire from `told` to the other's `wake`."""
    net = en.Network("float64")
    w, v = net.weights([[0.5, 0.25], [0.0, 0.75]]), net.weights([[0.5], [0.25]])
    low = net.add(InnerLevelUnits(2, w, net.weights(np.zeros((1, 6))), v, k=4, below_k=4, k_above=4, name="low"))
    high = net.add(LevelUnits(1, v, net.weights(np.zeros((1, 3))), lower=low, k=4, below_k=4, name="high"))
    for source, *targets in (
        (low.out, high.below, low.own), (low.told, high.wake), (high.out, low.above, high.own), (high.told, low.wake),
    ):  # fmt: skip
        for target in targets:
            net.connect(source, target, 0 if target.name in ("own", "wake") else 1)
    phases = [(0, part.phase, RESET, 1) for part in (low, high)]
    return net, [*phases, (1, low.below, 0, 4), (5, low.phase, BEGIN, 1), (8, low.below, 0, -4)], []


def cells() -> tuple[en.Network, list[Any], list[Any]]:
    """Units whose `told` was changed before the run and is recorded, and synapses that read it."""
    net = en.Network("float32")
    layer = net.add(en.LeakyDelta(12, tau=20.0, threshold=1.0, refractory=2, decay="event", name="cells"))
    layer.integers["told"][:] = np.arange(12) % 3
    net.connect(layer, layer, en.FixedInDegree(4), weight=0.6, delay=2, seed=3)
    drive = net.connect(net.add(en.Relay(2, name="eye")), layer, en.AllToAll(), weight=0.7, delay=1)
    source = next(module for module in net.modules if module.name == "eye")
    assert drive is not None
    inputs = [(t, source.spikes, k, 1) for t, k in ((0, 0), (1, 1), (2, 0), (3, 0), (5, 1), (6, 0), (7, 1), (9, 0))]
    return net, inputs, [en.record(layer, "told")]


def crossings() -> tuple[en.Network, list[Any], list[Any]]:
    """A layer whose spikes are predicted: the reference engine has their units in an array of a name of its own."""
    net = en.Network("float64")
    layer = net.add(en.ExponentialCurrent(2, net.weights([[6.0, 3.0]]), tau_m=20.0, tau_s=5.0, name="cells"))
    inputs = [(t, layer.spikes, 0, 1) for t in (0, 2, 5, 8)]
    return net, inputs, [en.record("cells", "told", begin=2, every=3)]


NETWORKS = {"levels": levels, "cells": cells, "crossings": crossings}


def digest(array: Any) -> str:
    return sha256(np.ascontiguousarray(array).tobytes()).hexdigest()[:16]


def ended(sim: en.Simulation) -> dict[str, Any]:
    """What a run came to: digests of its state in the order of declaration, and of its log."""
    state = {m.name: [digest(array) for array in sim.state(m).values()] for m in sim.net.modules}
    recorded = [digest(one.numbers) for one in (sim.recorded(r) for r in sim.recorders.given)]
    return {"state": state, "log": digest(sim.log), "adds": sim.tally.adds, "recorded": recorded}


def main(folder: Path) -> None:
    """Write all files."""
    folder.mkdir(parents=True, exist_ok=True)
    facts: dict[str, Any] = {}
    for name, make in NETWORKS.items():
        net, inputs, recorders = make()
        net.save(folder / f"{name}.npz")
        facts[name] = {"inputs": [[t, str(port), index, amount] for t, port, index, amount in inputs]}
        for engine in ("reference", "compiled"):
            sim = en.Simulation(net, "fifo", engine=engine, record=True, recorders=recorders)
            sim.inject(inputs)
            sim.run(HALF)
            sim.save(folder / f"{name}-{engine}.npz")
            facts[name][engine] = ended(sim.run(40))
        assert facts[name]["reference"] == facts[name]["compiled"], name
    (folder / "facts.json").write_text(json.dumps(facts, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
