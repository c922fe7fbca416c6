"""Figures of the reproductions, in the one style of all pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from eventnet.base.files import write_beside
from eventnet.plotting.style import COLOURS, DASHES, MARKERS, WIDTH, blank, plain, png, title


def panels(rows: int, columns: int, height: float, **options: Any) -> tuple[Any, Any]:
    """A figure of the usual width with plots side by side."""
    figure = blank(WIDTH, height)
    return figure, figure.subplots(rows, columns, **options)


def canvas(height: float) -> Any:
    """An empty figure of the usual width."""
    return blank(WIDTH, height)


def axes(named: str, x: str, y: str, **options: Any) -> tuple[Any, Any]:
    """A figure with one plot and labelled axes."""
    figure, ax = panels(1, 1, 5.0)
    title(figure, named)
    ax.set(xlabel=x, ylabel=y, **options)
    plain(ax)
    return figure, ax


def look(k: int) -> dict[str, Any]:
    """Colour, dashes and marker of the k-th line of a plot."""
    return {
        "color": COLOURS[k % len(COLOURS)], "linestyle": DASHES[k % len(DASHES)], "marker": MARKERS[k % len(MARKERS)],
        "markersize": 4.5,
    }  # fmt: skip


def band(
    ax: Any, x: Any, values: Any, *, color: str, alpha: float = 0.2, middle: Any = np.mean, **options: Any
) -> None:
    """The means of values [n, seeds] over x, or their medians, and a band from the least to the most."""
    ax.plot(x, middle(values, axis=1), color=color, **options)
    ax.fill_between(x, values.min(axis=1), values.max(axis=1), color=color, alpha=alpha, linewidth=0)


def save(figure: Any, path: Path) -> Path:
    """Write a figure."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_beside(path, png(figure))
    return path
