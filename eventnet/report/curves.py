"""Error against the cost so far, as a report takes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from eventnet.analysis.anytime import AXES, AnytimeAnswers

POINTS = 120
"""Costs at which a curve of guesses is read."""


@dataclass(frozen=True)
class Curve:
    """An answer as it forms: error (fractions) [K] where a sample has cost so much [K], ascending.

    axis       what the cost counts: "adds", "deliveries" or "ticks"; low, high: a band around the error [K], or nothing
    """

    name: str
    cost: Sequence[float]
    error: Sequence[float]
    axis: str = "adds"
    low: Sequence[float] = ()
    high: Sequence[float] = ()

    def to_dict(self) -> dict[str, Any]:
        """Ready for JSON, to six digits."""
        named = {key: value for key, value in asdict(self).items() if isinstance(value, str)}
        return named | {key: _short(getattr(self, key)) for key in ("cost", "error", "low", "high")}


@dataclass(frozen=True)
class Mark:
    """One whole answer of another network, to be drawn beside curves: operations a sample and error (a fraction)."""

    name: str
    adds: float
    error: float

    def to_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        return asdict(self)


def curves_of(answers: Sequence[AnytimeAnswers], axes: Sequence[str] = AXES) -> list[Curve]:
    """Curves of `analysis.anytime` by each axis, with Wilson's bands of 95 %, at costs evenly spaced in logarithm.

    They begin where the first guess of any order changes: before, all are the same.
    """
    found = []
    for axis in axes:
        begin = min((float(cost) for g in answers for cost in g.curve(axis)[0][1:2]), default=0.0)
        end = max(float(g.total[axis].max(initial=0)) for g in answers)
        if not 0 < begin < end:
            continue
        costs = np.geomspace(begin, end, POINTS)
        for g in answers:
            name = g.order if g.coalesce is None else f"{g.order}, checks {g.coalesce}"
            low, high = g.band_at(costs, axis)
            bands = low.tolist(), high.tolist()
            found.append(Curve(name, costs.tolist(), g.error_at(costs, axis).tolist(), axis, *bands))
    return found


def _short(values: Sequence[float]) -> list[float]:
    return [float(f"{value:.6g}") for value in values]
