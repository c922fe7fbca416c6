"""Which families a random network has, and when its inputs come."""

from __future__ import annotations

from outside import drawing, drawing_learning
from outside.sheet import Sheet

BLOCKS = ("weights", "answers", "vectors", "frames", "updates", "mix", "bias", "targets")
"""Arguments of constructors that name a block ..."""
MODULES = ("below", "above", "layer", "errors", "seen", "tags")
"""... and those that name a module."""
CORE, FORESEE = drawing.CORE, drawing.FORESEE
CIRCLES = [CORE, *drawing.CIRCLES, *drawing_learning.CIRCLES, *drawing_learning.CIRCLES]
DRAW = {**drawing.DRAW, **drawing_learning.DRAW}
WHOLE = {*drawing.WHOLE, *drawing_learning.WHOLE}
POSITIVE = drawing_learning.POSITIVE
SLOW = {*drawing.SLOW, *drawing_learning.SLOW}


def circle_of(number: int) -> tuple[str, ...]:
    """Families that a network may have: circles take turns."""
    return CIRCLES[number % len(CIRCLES)]


def modules_of_a_network(sheet: Sheet, number: int, circle: tuple[str, ...]) -> None:
    """One to five modules of a circle, or a network that learns; the families of a circle take turns in being first."""
    able = [kind for kind in circle if not sheet.whole or kind in WHOLE] or list(CORE)
    kind = able[number // len(CIRCLES) % len(able)]
    for _ in range(sheet.rng.randint(1, 5)):
        DRAW[kind](sheet, kind)
        if kind in drawing_learning.NETWORKS:  # a network by itself: a line or two beside it will do
            able = ["Relay", "SpikeCounter", "Sink"]
        kind = sheet.rng.choice(able)


def bases(sheet: Sheet) -> tuple[int, ...]:
    """Times at which inputs may begin."""
    return 0, 0, -50, 10**6, 2**53 + 3, 2**60, -(2**60)


def spacings(sheet: Sheet) -> tuple[int, ...]:
    """Ticks from one instant with inputs to the next."""
    return (1, 3) if not {one["kind"] for one in sheet.modules} & SLOW else (1, 3, 200, 5000)
