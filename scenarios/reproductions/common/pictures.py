"""Figures of the reproductions: matplotlib is loaded when the first is made."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def panels(rows: int, columns: int, size: tuple[float, float], *, dpi: int = 130, **options: Any) -> tuple[Any, Any]:
    """A figure of so many inches with plots side by side."""
    return _pyplot().subplots(rows, columns, figsize=size, dpi=dpi, layout="constrained", **options)  # type: ignore[no-any-return]


def canvas(size: tuple[float, float], *, dpi: int) -> Any:
    """An empty figure of so many inches."""
    return _pyplot().figure(figsize=size, dpi=dpi, layout="constrained")


def _pyplot() -> Any:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    return pyplot


def axes(title: str, x: str, y: str, **options: Any) -> tuple[Any, Any]:
    """An empty figure with labelled axes."""
    figure, ax = panels(1, 1, (7.5, 4.8))
    ax.set(title=title, xlabel=x, ylabel=y, **options)
    ax.grid(alpha=0.3)
    for axis in (ax.xaxis, ax.yaxis):
        if axis.get_scale() == "log" and "error" in axis.get_label_text() and "%" in axis.get_label_text():
            axis.set_major_formatter("{x:g}")
            axis.set_minor_formatter("{x:g}")
    return figure, ax


def band(ax: Any, x: Any, values: Any, marks: str = "-", *, color: str, alpha: float = 0.2, **options: Any) -> None:
    """The means of values [n, seeds] over x, and a band from the least to the most."""
    ax.plot(x, values.mean(axis=1), marks, color=color, **options)
    ax.fill_between(x, values.min(axis=1), values.max(axis=1), color=color, alpha=alpha)


def save(figure: Any, path: Path) -> Path:
    """Write a figure and let it go."""
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path)
    _pyplot().close(figure)
    return path
