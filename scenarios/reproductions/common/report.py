"""What a reproduction brings home: rows with the published number beside the measured one, curves, and notes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from eventnet.analysis.parallel import in_processes

Row = dict[str, Any]
Say = Callable[[str], None]


@dataclass
class Report:
    """rows make the table, curves the picture's data, notes say on which split, seed and epochs."""

    name: str
    title: str
    source: str
    rows: list[Row]
    notes: list[str] = field(default_factory=list)
    curves: list[Row] = field(default_factory=list)
    pictures: list[Path] = field(default_factory=list)


@dataclass(frozen=True)
class Request:
    """What a user asked for: the folder with data that may not ship, whether to be quick, where to put pictures."""

    out: Path
    data: Path | None = None
    quick: bool = False
    seed: int = 1234
    say: Say = print
    processes: int = 2


def in_parallel(function: Callable[..., Any], jobs: Sequence[tuple[Any, ...]], request: Request) -> list[Any]:
    """function(*job) for every job, in processes of their own, in the order of the jobs; says how far it is."""
    return in_processes(
        _call, function, jobs, processes=request.processes,
        told=lambda done, of: request.say(f"  {done} of {of} done"),
    )  # fmt: skip


def _call(function: Callable[..., Any], job: tuple[Any, ...]) -> Any:
    return function(*job)


def axes(title: str, x: str, y: str, **options: Any) -> tuple[Any, Any]:
    """An empty figure with labelled axes (matplotlib is loaded here and not before)."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, ax = pyplot.subplots(figsize=(7.5, 4.8), dpi=130, layout="constrained")
    ax.set(title=title, xlabel=x, ylabel=y, **options)
    ax.grid(alpha=0.3)
    for axis in (ax.xaxis, ax.yaxis):
        if axis.get_scale() == "log" and "error" in axis.get_label_text() and "%" in axis.get_label_text():
            axis.set_major_formatter("{x:g}")
            axis.set_minor_formatter("{x:g}")
    return figure, ax


def save(figure: Any, path: Path) -> Path:
    """Write a figure and let it go."""
    from matplotlib import pyplot

    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path)
    pyplot.close(figure)
    return path
