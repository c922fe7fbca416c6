"""Error against what has been spent so far, as a report takes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Curve:
    """An answer as it forms: error (fractions) and means a sample of what was spent so far, one number a moment [K].

    low, high: a band around the error, or nothing.
    """

    name: str
    error: Sequence[float]
    adds: Sequence[float]
    events: Sequence[float] = ()
    low: Sequence[float] = ()
    high: Sequence[float] = ()

    def to_dict(self) -> dict[str, Any]:
        """Ready for JSON, to six digits."""
        lists = {key: [float(f"{v:.6g}") for v in value] for key, value in asdict(self).items() if key != "name"}
        return {"name": self.name, **lists}


@dataclass(frozen=True)
class Mark:
    """One whole answer of another network, to be drawn beside curves: operations a sample and error (a fraction)."""

    name: str
    adds: float
    error: float

    def to_dict(self) -> dict[str, Any]:
        """Ready for JSON."""
        return asdict(self)
