"""Pictures of sweeps: lines with bands, and a map of two parameters, as PNG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventnet.plotting.style import (
    COLOURS,
    DASHES,
    MARKERS,
    NOTE,
    blank,
    colour_bar,
    legend,
    number,
    plain,
    png,
    title,
)  # fmt: skip

Line = tuple[Sequence[Any], Sequence[float], Sequence[float], Sequence[float]]
"""Values of the parameter, means, and the lower and upper ends of their intervals."""
LOGARITHMIC = 10.0
"""Positive values that reach so far, from the least to the greatest, are on a logarithmic axis."""
MOST_CELLS = 12
"""A map with more columns has no numbers in its cells."""


def band_lines(lines: Mapping[str, Line], names: tuple[str, str, str], named: str) -> bytes:
    """Means against a parameter, with bands of 95 %; lines: by the value of another; names: of x, y and the lines."""
    figure = blank(height=4.8)
    axes = figure.subplots()
    every = [x for xs, *_ in lines.values() for x in xs]
    texts = list(dict.fromkeys(map(str, every))) if any(isinstance(x, str) for x in every) else []
    for k, (name, (xs, means, low, high)) in enumerate(lines.items()):
        places = np.array([texts.index(str(x)) for x in xs] if texts else xs, float)
        order = np.argsort(places)
        at, mean, below, above = (np.asarray(part, float)[order] for part in (places, means, low, high))
        colour = COLOURS[k % len(COLOURS)]
        axes.fill_between(at, below, above, color=colour, alpha=0.18, linewidth=0)
        axes.plot(at, mean, color=colour, marker=MARKERS[k % 7], linestyle=DASHES[k % 7], label=name)
    if texts:
        axes.set_xticks(range(len(texts)), texts)
    elif min(every) > 0 and max(every) / min(every) >= LOGARITHMIC:
        axes.set_xscale("log")
    axes.set(xlabel=names[0], ylabel=f"{names[1]}, mean and 95 %")
    if len(lines) > 1:
        legend(axes, "right", title=names[2], title_fontsize=NOTE)
    plain(axes)
    title(figure, named)
    return png(figure)


def heat_map(
    values: NDArray[np.float64], xs: Sequence[Any], ys: Sequence[Any], names: tuple[str, str, str], named: str
) -> bytes:  # fmt: skip
    """Means [y, x] as colours, with their numbers where there is room; names: of x, y and what the colours are."""
    by = [sorted(range(len(each)), key=lambda k, each=each: _place(each[k])) for each in (xs, ys)]  # type: ignore[misc]
    shown = values[np.ix_(by[1], by[0])]
    figure = blank(height=min(1.8 + 0.5 * len(ys), 9))
    axes = figure.subplots()
    drawn = axes.imshow(shown, origin="lower", aspect="auto", cmap="cividis")
    axes.set_xticks(range(len(xs)), [_text(xs[k]) for k in by[0]])
    axes.set_yticks(range(len(ys)), [_text(ys[k]) for k in by[1]])
    if len(xs) <= MOST_CELLS:
        middle = (np.nanmin(shown) + np.nanmax(shown)) / 2
        for (row, column), value in np.ndenumerate(shown):
            if np.isfinite(value):
                colour = "black" if value > middle else "white"
                axes.text(column, row, _cell(value), ha="center", va="center", color=colour, fontsize=NOTE)
    colour_bar(axes, drawn, names[2])
    axes.set(xlabel=names[0], ylabel=names[1])
    plain(axes, grid="")
    title(figure, named)
    return png(figure)


def _place(value: Any) -> tuple[bool, Any]:
    return (True, value) if isinstance(value, str) else (False, float(value))


def _cell(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _text(value: Any) -> str:
    return value if isinstance(value, str) else number(value)
