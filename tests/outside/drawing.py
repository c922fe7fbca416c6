"""How a population of each family is drawn."""

from __future__ import annotations

import random
from typing import Any

BLOCKS = ("weights", "answers", "vectors", "frames", "updates", "mix", "bias")


class Sheet:
    """Blocks and modules of a network that is being drawn."""

    def __init__(self, rng: random.Random, dtype: str, kinds: tuple[str, ...] = ()) -> None:
        self.rng, self.dtype, self.whole = rng, dtype, dtype == "int32"
        self.scale = rng.choice((64, 63, 1)) if self.whole else 1
        self.kinds = kinds
        self.blocks: list[list[list[float]]] = []
        self.modules: list[dict[str, Any]] = []
        self.wires: list[Any] = []
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

    def modules_of_a_network(self) -> None:
        """Most networks are of one circle of families, some of all."""
        circle = self.rng.choice([CORE, CORE, *CIRCLES])
        able = [k for k in self.kinds or circle if not self.whole or k in WHOLE]
        for _ in range(self.rng.randint(1, 5)):
            kind = self.rng.choice(able or CORE)
            DRAW[kind](self, kind)

    def bases(self) -> tuple[int, ...]:
        """Times at which inputs may begin."""
        return 0, 0, -50, 10**6, 2**53 + 3, 2**60, -(2**60)

    def spacings(self) -> tuple[int, ...]:
        """Ticks from one instant with inputs to the next."""
        return 1, 1, 3


def units(sheet: Sheet) -> int:
    """Units of a layer: few, and sometimes more than are taken at a time."""
    return sheet.rng.choice((1, 2, 3, 3, 4, 5)) if sheet.chance(0.95) else sheet.rng.choice((64, 65, 70))


def lines(sheet: Sheet, kind: str) -> None:
    sheet.add(kind, {"units": sheet.rng.choice((1, 2, 3, 4, 5))})


def herding(sheet: Sheet, kind: str) -> None:
    n, n_in = units(sheet), sheet.rng.choice((1, 2, 3, 5))
    options = {"units": n, "weights": sheet.block(n_in, n), "scale": sheet.scale, "most": sheet.rng.choice((400, 400, 3))}
    if not sheet.whole:
        options["scale"] = sheet.rng.choice((1, 1, 1, 0.7))
    if sheet.chance(0.3):
        options |= {"reset_policy": sheet.rng.choice(("none", "random")), "seed": sheet.rng.randrange(2**60)}
    if sheet.chance(0.3):
        options["coalesce"] = sheet.rng.choice(("none", "burst"))
    sheet.add(kind, options)


def accumulator(sheet: Sheet, kind: str) -> None:
    n = units(sheet)
    sheet.add(kind, {"units": n, "weights": sheet.block(3, n), "answers": sheet.empty(2, n)})


CORE: tuple[str, ...] = ("Relay", "Sink", "Herding", "Herding", "Rectified", "Summing", "Encoder")
CIRCLES: list[tuple[str, ...]] = [
    ("Relay", "Herding", "Rectified", "Accumulator", "SpikeCounter", "LastSpikes"),
]
WHOLE = ("Relay", "Sink", "SpikeCounter", "LastSpikes", "Herding", "Rectified", "Summing", "Encoder", "Accumulator")
"""Families that a network of whole numbers may have."""

DRAW = {
    **dict.fromkeys(("Relay", "Sink", "SpikeCounter", "LastSpikes"), lines),
    **dict.fromkeys(("Herding", "Rectified", "Summing", "Encoder"), herding),
    "Accumulator": accumulator,
}
