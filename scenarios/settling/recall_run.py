"""Recall of patterns by a Hopfield network, in every routing order, on both engines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventnet.models import HopfieldNetwork
from eventnet.order import ORDERS
from eventnet.scenarios.settling.parameters import RecallParameters

Row = dict[str, Any]


@dataclass
class Recalled:
    """A row for every recall and order; energies and overlaps after each flip of the first recall, by order.

    same: both engines took the same way, in every recall and order.
    """

    parameters: RecallParameters
    rows: list[Row]
    energies: dict[str, NDArray[np.float64]]
    overlaps: dict[str, NDArray[np.float64]]
    same: bool


def drawn(parameters: RecallParameters, number: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The patterns [patterns, units] of a recall, and the state [units] from which the first is recalled."""
    table, rng = parameters.network, np.random.default_rng([parameters.run.seed, number])
    patterns = rng.choice([-1, 1], (table.patterns, table.units))
    start = patterns[0].copy()
    start[rng.permutation(table.units)[: round(table.flipped * table.units)]] *= -1
    return patterns, start


def recall(parameters: RecallParameters, *, progress: Callable[[int, int], None]) -> Recalled:
    """Recall every pattern in every order; `progress` hears how many are done, of how many."""
    found = Recalled(parameters, [], {}, {}, True)
    for number in range(parameters.run.recalls):
        patterns, start = drawn(parameters, number)
        for order in ORDERS:
            options: dict[str, Any] = {"order": order, "seed": number}
            ways = [
                HopfieldNetwork.of_patterns(patterns, engine=engine, **options).trace(start)
                for engine in ("compiled", "reference")
            ]
            net = HopfieldNetwork.of_patterns(patterns, **options)
            energy, overlap = net.energy(ways[0]), (ways[0] * patterns[0]).mean(axis=1)
            found.same = found.same and ways[0].tobytes() == ways[1].tobytes()
            if number == 0:
                found.energies[order], found.overlaps[order] = energy, overlap
            found.rows.append({
                "recall": number, "order": order, "flips": len(energy) - 1, "rises": int((np.diff(energy) >= 0).sum()),
                "first energy": float(energy[0]), "last energy": float(energy[-1]), "overlap": float(overlap[-1]),
            })  # fmt: skip
        progress(number + 1, parameters.run.recalls)
    return found
