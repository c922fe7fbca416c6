"""Small pictures for notebooks, as SVG text: marks over time, boxes and arrows, bars, steps.

They are drawn in the colour of the text around them and in two colours that can be read on white and on black. All text
is escaped. Nothing is compiled, and no drawing library is needed; `eventnet.plotting` draws for papers.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

WIDTH = 640
MARGIN = 150
"""Room at the left for names, in pixels."""
PLUS, MINUS = "#4c8fd0", "#d9730d"
TEXT = 12
BANDS = 12
"""Ports in a raster at most: those at which most arrived."""
MARKS = 6_000
"""Marks in a raster at most: cells grow until they are so few."""
NAME = 18
"""Letters of a name that are shown."""

Ints = NDArray[np.int64]


class Box(NamedTuple):
    """A box of a drawing: what it is called, and a second line."""

    name: str
    text: str


class Band(NamedTuple):
    """Deliveries at one port: its name and number of indices; their ticks [n], indices [n] and signs [n]."""

    name: str
    units: int
    t: Ints
    unit: Ints
    sign: Ints


def _svg(width: float, height: float, body: Iterable[str], says: str) -> str:
    shown = "".join(body)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" width="{width:g}" height="{height:g}" '
        f'viewBox="0 0 {width:g} {height:g}" font-size="{TEXT}" fill="currentColor">'
        f"<title>{escape(says)}</title>{shown}</svg>"
    )


def _text(x: float, y: float, text: str, anchor: str = "start", opacity: float = 1.0) -> str:
    seen = f' opacity="{opacity:g}"' if opacity < 1 else ""
    return f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}"{seen}>{escape(text)}</text>'


def shortened(name: str, most: int = NAME) -> str:
    """A name, or its first letters and an ellipsis."""
    return name if len(name) <= most else f"{name[: most - 1]}…"


# --- marks over time -------------------------------------------------------------------------------------------------
def raster(bands: Sequence[Band], begin: int, end: int) -> str:
    """Marks of what arrived, a band a port, index 0 at its top; time from `begin` to `end`, its last tick, in ticks."""
    shown = sorted(sorted(range(len(bands)), key=lambda k: -len(bands[k].t))[:BANDS])
    chosen = [bands[k] for k in shown if len(bands[k].t)]
    heights = [14 + round(min(band.units, 60) * 0.8) for band in chosen]
    pixels = 2
    while True:
        columns = min((WIDTH - MARGIN) // pixels, end - begin + 1)
        drawn = [_cells(band, height // pixels, columns, begin, end) for band, height in zip(chosen, heights)]
        if sum(count for _, count in drawn) <= MARKS or columns == 1:
            break
        pixels *= 2
    body, y = [], 4.0
    for band, height, (grids, _) in zip(chosen, heights, drawn):
        body.append(_text(MARGIN - 8, y + height / 2 + 4, shortened(band.name), "end"))
        body.append(f'<path d="M{MARGIN} {y + height + 1:g}H{WIDTH}" stroke="currentColor" opacity=".2"/>')
        for grid, colour in zip(grids, (PLUS, MINUS)):
            body.append(_marks(grid, y, height, colour))
        y += height + 6
    body.append(_text(MARGIN, y + TEXT, f"{begin:,}", opacity=0.75))
    body.append(_text(WIDTH, y + TEXT, f"{end:,} ticks", "end", 0.75))
    body.append(_legend(y + TEXT, sum(len(band.t) > 0 for band in bands) - len(chosen)))
    return _svg(WIDTH, y + TEXT + 6, body, "what arrived at each port over time")


def _legend(y: float, left_out: int) -> str:
    middle = (MARGIN + WIDTH) / 2
    more = f'<tspan opacity=".75">, {left_out} more ports</tspan>' if left_out else ""
    return (
        f'<text x="{middle:g}" y="{y:g}" text-anchor="middle"><tspan fill="{PLUS}">+1</tspan> '
        f'<tspan fill="{MINUS}">−1</tspan>{more}</text>'
    )


def _cells(band: Band, most_rows: int, columns: int, begin: int, end: int) -> tuple[list[NDArray[np.bool_]], int]:
    """Cells [rows, columns] in which something arrived, of each sign, and how many strokes draw them."""
    rows = max(1, min(band.units, most_rows))
    units = max(band.units, int(band.unit.max()) + 1)
    # In floats: ticks reach 2^62, and their product with the columns does not fit.
    column = np.minimum((band.t - begin) / (end - begin + 1) * columns, columns - 1).astype(np.int64)
    row = band.unit * rows // units
    made, strokes = [], 0
    for sign in (1, -1):
        grid = np.zeros((rows, columns), dtype=np.bool_)
        of = band.sign == sign
        grid[row[of], column[of]] = True
        strokes += int(np.count_nonzero(np.diff(grid, axis=1, prepend=False) & grid))
        made.append(grid)
    return made, strokes


def _marks(grid: NDArray[np.bool_], y: float, height: int, colour: str) -> str:
    """A path of one stroke a run of cells."""
    if not grid.any():
        return ""
    rows, columns = grid.shape
    edges = np.diff(grid.astype(np.int8), axis=1, prepend=0, append=0)
    begins, ends = np.argwhere(edges == 1), np.argwhere(edges == -1)
    wide, high = (WIDTH - MARGIN) / columns, height / rows
    strokes = "".join(
        f"M{MARGIN + wide * a:.5g} {y + high * (row + 0.5):.4g}h{max(wide * (b - a), 1.5):.4g}"
        for (row, a), (_, b) in zip(begins.tolist(), ends.tolist())
    )
    return f'<path d="{strokes}" stroke="{colour}" stroke-width="{max(1.0, min(0.8 * high, 8)):.3g}" fill="none"/>'


# --- boxes and arrows ------------------------------------------------------------------------------------------------
WIDE, HIGH, ACROSS, DOWN, LEFT = 140, 40, 196, 58, 40


def boxes(shown: Sequence[Box], arrows: Sequence[tuple[int, int, str]]) -> str:
    """Boxes from left to right, and arrows between them by number: from, to, and what is said of it (on hovering)."""
    at = columns([(a, b) for a, b, _ in arrows], len(shown))
    place, filled = [], dict.fromkeys(at, 0)
    for column in at:
        place.append((LEFT + ACROSS * column, 26 + DOWN * filled[column]))
        filled[column] += 1
    body = [_arrow(place[a], place[b], text) for a, b, text in arrows]
    for box, (x, y) in zip(shown, place):
        body.append(f"<g><title>{escape(f'{box.name}: {box.text}')}</title>")
        body.append(
            f'<rect x="{x}" y="{y}" width="{WIDE}" height="{HIGH}" rx="5" fill="{PLUS}" fill-opacity=".16" '
            'stroke="currentColor" stroke-opacity=".6"/>'
        )
        middle = x + WIDE / 2
        body.append(_text(middle, y + 17, shortened(box.name), "middle"))
        body.append(_text(middle, y + 32, shortened(box.text, 21), "middle", 0.75) + "</g>")
    width = 2 * LEFT + ACROSS * max(filled, default=0) + WIDE
    return _svg(width, 40 + DOWN * max(filled.values(), default=0), body, "modules and wires")


def columns(arrows: Sequence[tuple[int, int]], n: int) -> list[int]:
    """The longest way to each of n boxes by arrows that close no circle; those to one that has led here do."""
    after: list[list[int]] = [[] for _ in range(n)]
    for a, b in arrows:
        after[a].append(b)
    done: list[int] = []  # each after all that it leads to
    led, forward = [False] * n, []
    for first in range(n):
        way = [] if led[first] else [(first, iter(after[first]))]
        led[first] = True
        while way:
            here, rest = way[-1]
            b = next(rest, -1)
            if b < 0:
                done.append(way.pop()[0])
            elif all(b != other for other, _ in way):
                forward.append((here, b))
                if not led[b]:
                    led[b] = True
                    way.append((b, iter(after[b])))
    found, ways = [0] * n, set(forward)
    for here in reversed(done):
        for a, b in ways:
            if a == here:
                found[b] = max(found[b], found[here] + 1)
    return found


def _arrow(a: tuple[int, int], b: tuple[int, int], text: str) -> str:
    """From the right side of a box to the left side of another; backwards, and to itself, over the top."""
    (x1, y1), (x2, y2) = (a[0] + WIDE, a[1] + HIGH / 2), (b[0] - 1, b[1] + HIGH / 2)
    if x2 > x1:
        half = (x1 + x2) / 2
        path = f"M{x1:g} {y1:g}C{half:g} {y1:g} {half:g} {y2:g} {x2 - 5:g} {y2:g}"
    else:
        top = min(a[1], b[1]) - 18
        path = f"M{x1:g} {y1:g}C{x1 + 34:g} {top:g} {x2 - 40:g} {top:g} {x2 - 5:g} {y2:g}"
    head = f"M{x2 - 7:g} {y2 - 4:g}L{x2:g} {y2:g}L{x2 - 7:g} {y2 + 4:g}z"
    return (
        f"<g><title>{escape(text)}</title>"
        f'<path d="{path}" fill="none" stroke="currentColor" stroke-opacity=".6" stroke-width="1.3"/>'
        f'<path d="{head}" opacity=".8"/></g>'
    )


# --- amounts ---------------------------------------------------------------------------------------------------------
def bars(values: Sequence[tuple[str, float]], what: str) -> str:
    """A bar for each of these names, and its amount beside it."""
    most, room = max((value for _, value in values), default=0) or 1, WIDTH - MARGIN - 90
    body = []
    for k, (name, value) in enumerate(values):
        y, long = 4 + 20 * k, room * value / most
        body.append(_text(MARGIN - 8, y + 12, shortened(name), "end"))
        body.append(f'<rect x="{MARGIN}" y="{y}" width="{max(long, 1):.4g}" height="15" fill="{PLUS}"/>')
        body.append(_text(MARGIN + max(long, 1) + 6, y + 12, f"{value:,.0f}"))
    y = 4 + 20 * len(values)
    body.append(_text(MARGIN, y + TEXT, what, opacity=0.75))
    return _svg(WIDTH, y + TEXT + 6, body, what)


def steps(values: Sequence[float], begin: str, end: str, what: str) -> str:
    """Amounts of equal stretches, one after the other, as columns of an area; what the first and the last are at."""
    most, high = max([0.0, *values]) or 1.0, 90
    wide = WIDTH / max(len(values), 1)
    path = "".join(f"V{18 + high * (1 - value / most):.4g}h{wide:.4g}" for value in values)
    body = [
        f'<path d="M0 {18 + high}{path}V{18 + high}z" fill="{PLUS}"/>',
        f'<path d="M0 {18 + high}H{WIDTH}" stroke="currentColor" opacity=".4"/>',
        _text(0, TEXT, f"{what}; most: {most:,.6g}", opacity=0.75),
        _text(0, 18 + high + TEXT + 3, begin, opacity=0.75),
        _text(WIDTH, 18 + high + TEXT + 3, end, "end", 0.75),
    ]
    return _svg(WIDTH, 18 + high + TEXT + 8, body, what)
