"""A network that settles while its input changes from one image to another, pixel by pixel, on the engine."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

import eventnet as en
from eventnet.event import EVENT_WITH_AMOUNT
from eventnet.learning.level_units import BEGIN, RESET
from eventnet.models import EquilibriumNetwork
from eventnet.models.equilibrium_engine import OnEngine

Whole = NDArray[np.int64]
ADDS = ("input_adds", "synaptic_adds")
APART = 4
"""Ticks between two pixels: the pixel, the look, the reading."""


def along(
    net: EquilibriumNetwork,
    first: Whole,
    last: Whole,
    pixels: Whole,
    watch: Callable[[en.Simulation, OnEngine, int], object] = lambda sim, made, begin: None,
) -> tuple[NDArray[np.float64], Whole, Whole, Whole]:
    """One pixel after the other changes from the first image to the last.

    Outputs [pixels + 1, 10] in units of 1, levels [pixels + 1, units], adds and products [pixels + 1] since the moment
    before.
    watch: called with the simulation before it runs, its modules, and the tick at which the first image is read; it may
    let the simulation run, in steps. Pixel k changes `APART` * k ticks after that one.
    """
    made = net.on_engine(len(pixels) + 1)
    low, begin = made.layers[0], 3 + len(made.layers)
    rows: list[tuple[Any, ...]] = [(0, layer.phase, RESET, 1) for layer in made.layers]
    rows += [(1, low.below, i, first[i]) for i in np.flatnonzero(first)]
    rows += [(2 + k, layer.phase, BEGIN, 1) for k, layer in enumerate(made.layers)]
    rows += [(begin, layer.read, 0, 1) for layer in made.layers]
    for k, i in enumerate(pixels.tolist(), 1):
        t = begin + APART * k
        rows += [(t, low.below, i, last[i] - first[i]), (t + 1, low.wake, 0, 1)]
        rows += [(t + 2, layer.read, k, 1) for layer in made.layers]
    feed = np.zeros(len(rows), dtype=EVENT_WITH_AMOUNT)
    for name, values in zip(("t", "port", "index", "amount"), zip(*rows, strict=True), strict=True):
        feed[name] = np.abs([int(value) for value in values]) if name == "amount" else [int(value) for value in values]
    feed["sign"] = [1 if row[3] > 0 else -1 for row in rows]
    sim = made.simulation(feed, roots=True)
    watch(sim, made, begin)
    made.run(sim)
    _, counts = sim.tally.root_arrays()
    moment = np.maximum(0, (feed["t"] - begin) // APART)
    adds, products = (
        np.bincount(moment, sum(counts[:, en.COLUMNS.index(name)] for name in names), len(pixels) + 1).astype(np.int64)
        for names in (ADDS, ("multiplies",))
    )
    rests = made.rests(sim)
    outputs = rests[-1][:, 0] / net.k + net.biases[-1]
    return outputs, np.concatenate([rest[:, 2] for rest in rests], axis=1).astype(np.int64), adds, products
