"""Rules of neurons on a clock, and of lines and pools between them: arguments for one reaction."""

from __future__ import annotations

from typing import Any

import numpy as np

import eventnet as en

STEPPED = ["neurons.relay.pass_on_later", "neurons.sum_pool.pass_to_windows"] + [
    f"neurons.stepped.{name}"
    for name in (
        "gather", "gather_row", "add_and_look", "add_row_and_look", "settle", "look_again", "begin", "ask", "answer",
    )
]  # fmt: skip
NOW = 5
"""The tick of a reaction that is tried out."""

KINDS: list[dict[str, Any]] = [
    {"tau": 4.0, "r": 3.0}, {"tau": 4.0, "rest": 1.5, "subtract": True}, {"r": 1.0, "bias": 0.5, "lowest": -0.5},
    {"tau": 4.0, "tau_syn": 2.0}, {"tau": 4.0, "tau_syn": 4.0, "drive": "held"}, {"tau": 1.0, "drive": "euler"},
    {"tau": 4.0, "tau_syn": 2.0, "bias": 5.0}, {"r": 2.0, "subtract": True, "several": True},
]  # fmt: skip


def stepped_arguments(rule: en.Rule, rng: np.random.Generator) -> tuple[dict[str, Any], int]:
    """Two units at each place, or four at one; some places wait, some looked a while ago, some this very tick."""
    geometry = (en.Geometry.dense(3, 4), en.Geometry.window((2, 4, 3), 2, (3, 2), (2, 1), (1, 0, 0, 1)))[
        rng.integers(2)
    ]
    if rule.name == "pass_on_later":
        return {"ticks": rng.integers(0, 3, 4)}, 4
    if rule.name == "pass_to_windows":
        return geometry.integers(), geometry.units_in
    net, units, places = en.Network("float64"), geometry.units_out, geometry.places_out
    given = KINDS[int(rng.integers(len(KINDS)))]
    block = net.weights(rng.integers(-8, 9, (geometry.shape_in[0], geometry.row_words)) / 4)
    if rule.name in ("ask", "answer"):
        given = {k: v for k, v in given.items() if k not in ("subtract", "several", "lowest")}
        layer: Any = en.SteppedReadout(geometry, block, net.weights(np.zeros((3, units))), **given)
    else:
        layer = en.SteppedLeaky(geometry, block, **given)
    waits = rng.integers(0, 2, places)
    head, listed = int(rng.integers(places)), rng.permutation(np.flatnonzero(waits))
    ring = np.zeros(places, dtype=np.int64)
    ring[(head + np.arange(len(listed))) % places] = listed
    plan = layer.integers["plan"].copy()
    plan[-1] = rng.integers(-1, 3)
    made = layer.state | layer.integers | {
        "phi": rng.integers(-8, 9, units) / 4, "acc": rng.integers(-8, 9, units) / 4 * rng.integers(0, 2, units),
        "current": rng.integers(-8, 9, len(layer.current)) / 4, "when": NOW - rng.integers(0, 4, places), "plan": plan,
        "due": rng.integers(0, 2, places), "ring": ring, "waits": waits,
        "cursor": np.array([head, len(listed), 0, rng.integers(2)]), "w": block.array,
        "lateral": rng.integers(-8, 9, (3, units)) / 4, "answers": np.zeros((3, units)),
    }  # fmt: skip
    indices = {"look_again": places, "begin": 1}.get(rule.name, 3)
    return made, geometry.units_in if rule.name in ("gather", "add_and_look") else indices
