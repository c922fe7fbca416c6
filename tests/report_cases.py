"""Runs that reports are made of, and how a reader gets a cascade out of one."""

from __future__ import annotations

from typing import Any

import numpy as np

import eventnet as en
from eventnet.analysis import count_adds
from eventnet.module import Block

NASTY = '<script>alert(1)</script> & "quotes" </style> \u2028 =1+1'


def tangle(
    n_inputs: int = 12, names: tuple[str, str, str, str] = ("eye", "one", "two", "end"), count: Any = count_adds,
    back: float = 0.16, **options: Any,
) -> Any:  # fmt: skip
    """A simulation, run: two layers that feed each other with a delay, and an end; and what `count` says of it.

    back: how strongly the second one feeds the first
    """
    net = en.Network(dtype="float64")
    rng = np.random.default_rng(3)

    def weights(rows: int, cols: int, size: float) -> Block:
        """A spike makes at most twice `size` spikes, in the long run: 3 times 0.32 is below 1, so all comes to rest."""
        drawn = rng.uniform(-1, 1, (rows, cols))
        return net.weights(size * drawn / np.abs(drawn).sum(axis=1, keepdims=True))

    eye = net.add(en.Relay(4, name=names[0]))
    one = net.add(en.Herding(5, weights(4, 5, 1.5), name=names[1]))
    two = net.add(en.Herding(4, weights(5, 4, back), name=names[2]))
    end = net.add(en.Sink(5, name=names[3]))
    net.connect(eye.out, one.spikes)
    net.connect(one.out, two.spikes)
    net.connect(one.out, end.spikes)
    net.connect(two.out, one.spikes, delay=2)
    sim = en.Simulation(net, **{"engine": "reference", "record": True, "roots": True, "budget": 10_000, **options})
    sim.inject([(10 * (k // 2), eye.spikes, int(rng.integers(4)), int(rng.choice([-1, 1]))) for k in range(n_inputs)])
    counted = count(sim)
    return sim.run(), counted


def two_sensors(n_inputs: int = 12, count: Any = count_adds) -> Any:
    """The same of two sensors whose events meet in the second of two layers."""
    net, rng = en.Network(dtype="float64"), np.random.default_rng(5)
    eye, ear = net.add(en.Relay(4, name="eye")), net.add(en.Relay(3, name="ear"))
    first = net.add(en.Herding(5, net.weights(rng.uniform(-1, 1, (4, 5))), name="first"))
    both = net.add(en.Herding(4, net.weights(rng.uniform(-0.8, 0.8, (5, 4))), name="both"))
    end = net.add(en.Sink(4, name="end"))
    net.connect(eye.out, first.spikes)
    net.connect(first.out, both.spikes, delay=1)
    net.connect(ear.out, both.spikes)
    net.connect(both.out, end.spikes)
    sim = en.Simulation(net, engine="reference", record=True, roots=True)
    sim.inject(
        [
            (3 * k, (eye, ear)[k % 3 == 2].spikes, int(rng.integers(3)), int(rng.choice([-1, 1])))
            for k in range(n_inputs)
        ]
    )
    counted = count(sim)
    return sim.run(), counted


def unfolded(described: Any, number: int) -> list[dict[str, int]]:
    """The deliveries of one listed input event, as the page takes them apart: from differences and steps."""
    shown = described["cascades"]
    begin = sum(event["held"] for event in shown["events"][:number])
    event, columns, found = shown["events"][number], shown["columns"], []
    at, t = event["id"], event["t"]
    for k in range(begin, begin + event["held"]):
        at, t = at + columns["id"][k], t + columns["t"][k]
        step = columns["parent"][k]
        found.append(
            {"id": at, "t": t, "parent": found[step]["id"] if step >= 0 else -1}
            | {name: columns[name][k] for name in ("source", "port", "index", "sign")}
            | ({"adds": columns["adds"][k]} if columns["adds"] else {})
        )
    return found
