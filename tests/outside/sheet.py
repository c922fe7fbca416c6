"""Blocks, modules and wires of a network that is being drawn."""

from __future__ import annotations

import random
from typing import Any


class Sheet:
    """Blocks and modules of a network that is being drawn."""

    def __init__(self, rng: random.Random, dtype: str, kinds: tuple[str, ...] = ()) -> None:
        self.rng, self.dtype, self.whole = rng, dtype, dtype == "int32"
        self.scale = rng.choice((64, 63, 1)) if self.whole else 1
        self.kinds = kinds
        self.blocks: list[list[list[float]]] = []
        self.modules: list[dict[str, Any]] = []
        self.wires: list[Any] = []
        self.layers: list[Any] = []  # layers with weights that are learned
        self.steady: list[tuple[int, str]] = []  # ports of the plan, which get an input at most instants that have any
        self.grain = rng.choice((8, 64, None))

    def number(self, size: float) -> float:
        """A weight: of a grain, so that ties come about, or none."""
        x = self.rng.gauss(0, size) * self.scale
        if self.whole:
            return float(round(x))
        return x if self.grain is None else round(x * self.grain) / self.grain

    def values(self, n: int, size: float = 0.5) -> list[float]:
        """So many numbers."""
        return [self.number(size) for _ in range(n)]

    def block(self, rows: int, columns: int, size: float = 0.5) -> int:
        """A block: a new one, or one of that shape that is there."""
        for k, words in enumerate(self.blocks):
            if (len(words), len(words[0])) == (rows, columns) and self.rng.random() < 0.3:
                return k
        self.blocks.append([self.values(columns, size) for _ in range(rows)])
        return len(self.blocks) - 1

    def empty(self, rows: int, columns: int) -> int:
        """A block of zeros: answers."""
        self.blocks.append([[0.0] * columns for _ in range(rows)])
        return len(self.blocks) - 1

    def add(self, kind: str, options: dict[str, Any], **more: Any) -> int:
        """A module; its number."""
        described = {"kind": kind, "name": f"m{len(self.modules)}", "options": options}
        self.modules.append({**described, "room": options.get("most") or 10**9, **more})
        return len(self.modules) - 1

    def chance(self, p: float) -> bool:
        """True so often."""
        return self.rng.random() < p
