"""Rules of leaky filters and leaky read-outs: arguments for one reaction."""

from __future__ import annotations

from typing import Any

import numpy as np

import eventnet as en

NOW = 5
"""The tick of a reaction that is tried out."""

LEAKY = [
    *(f"neurons.filters.{name}" for name in ("touch", "look", "look_again", "look_at_all")),
    *(f"neurons.decaying.{name}" for name in ("look", "look_again", "pool", "settle", "settle_again")),
    *(f"neurons.leaky_readout.{name}" for name in ("take_value", "add_row", "read")),
]


def filter_arguments(rule: en.Rule, rng: np.random.Generator) -> tuple[dict[str, Any], int]:
    """Two filters on two or three traces of patches of 3 x 2 pixels; some patches wait, some foresee nothing."""
    taus = int(rng.integers(2, 4))
    geometry = en.Geometry.window((1, 5, 4), 2 * taus, (3, 2), (2, 1))
    places = geometry.places_out
    waits = rng.integers(0, 2, places)
    head, listed = int(rng.integers(places)), rng.permutation(np.flatnonzero(waits))
    ring = np.zeros(places, dtype=np.int64)
    ring[(head + np.arange(len(listed))) % places] = listed
    made = {
        "u": rng.integers(-8, 9, places * 2 * taus) / 4 * rng.integers(0, 2), "tau": rng.integers(1, 9, taus) * 1.0,
        "bias": rng.integers(-4, 5, 2) / 4, "scale": rng.integers(1, 4, 2) * 1.0,
        "sent": rng.integers(0, 3, places * 2), "when": rng.integers(0, NOW + 1, places), "ring": ring, "waits": waits,
        "cursor": np.array([head, len(listed), 0, 0]), "plan": np.array([rng.integers(3), rng.integers(3), 0]),
        "w": rng.integers(-8, 9, (1, geometry.row_words)) / 4,
    }  # fmt: skip
    if "decaying" in rule.py_func.__module__:
        rest, sent = rng.integers(0, 3, 2) / 4, rng.integers(-12, 13, places * 2) / 4
        made |= {"rest": rest, "sent": sent, "updated": rng.integers(0, NOW + 1, places), "fade": 3.0}
    indices = {"touch": geometry.units_in, "look_again": places}.get(rule.name, 1)
    return made | geometry.integers(), indices


def pool_arguments(rule: en.Rule, rng: np.random.Generator) -> tuple[dict[str, Any], int]:
    """Two channels of 3 x 4 units in overlapping windows."""
    geometry = en.Geometry.window((2, 3, 4), 2, (2, 2), (1, 2))
    places, units = geometry.places_out, geometry.units_out
    waits = rng.integers(0, 2, places)
    ring = np.zeros(places, dtype=np.int64)
    ring[: waits.sum()] = rng.permutation(np.flatnonzero(waits))
    made = {
        "acc": rng.integers(-8, 9, units) / 2, "k": rng.integers(1, 5, units) * 1.0, "sent": rng.integers(-2, 3, units),
        "ring": ring, "waits": waits, "cursor": np.array([0, waits.sum(), 0, rng.integers(2)]),
        "updated": rng.integers(0, NOW + 1, places), "plan": rng.integers(0, 2, 1), "unscale": 4.0, "one": 1.0, "fade": 3.0,
    }  # fmt: skip
    return made | geometry.integers(), places if rule.name == "settle_again" else geometry.units_in


def readout_arguments(rule: en.Rule, rng: np.random.Generator) -> tuple[dict[str, Any], int]:
    """Four inputs with two or three traces each, of which spikes move the last two."""
    taus = int(rng.integers(2, 4))
    made = {
        "x": rng.integers(-8, 9, 4) / 4, "lp": rng.integers(-8, 9, 4 * taus) / 4, "tau": rng.integers(1, 9, taus) * 1.0,
        "ramp": rng.integers(0, 2, taus) * 1.0, "when": rng.integers(0, NOW + 1, 4), "first": np.array([2]),
        "shown": np.zeros(4 * taus), "updates": np.column_stack([rng.integers(0, 4, 3), rng.integers(-4, 5, 3) / 4]),
        "w": rng.integers(-8, 9, (3, 2)) / 4, "a": rng.integers(-8, 9, (1 + 4 * (1 + taus), 3)) / 4,
        "answers": rng.integers(-8, 9, (3, 3)) / 4,
    }  # fmt: skip
    return made, 3


def leaky_arguments(rule: en.Rule, rng: np.random.Generator) -> tuple[dict[str, Any], int]:
    """Arrays by name, and how many indices there are."""
    if "leaky_readout" in rule.py_func.__module__:
        return readout_arguments(rule, rng)
    return (pool_arguments if rule.name in ("pool", "settle", "settle_again") else filter_arguments)(rule, rng)
