"""Common style of pictures: colours, an empty figure, plain axes, and a PNG as bytes.

matplotlib takes long to import, so only these functions do. Colours are Okabe and Ito's, which colour-blind readers
can tell apart.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BLACK, ORANGE, SKY, GREEN, YELLOW, BLUE, RED, PURPLE = (
    "#000000", "#E69F00", "#56B4E9", "#009E73", "#F0E442", "#0072B2", "#D55E00", "#CC79A7",
)  # fmt: skip
DPI = 125


def blank(width: float, height: float) -> Figure:
    """A figure of this size in inches, drawn without a window."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), dpi=DPI, layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def png(figure: Figure) -> bytes:
    """A figure as a file."""
    made = io.BytesIO()
    figure.savefig(made, format="png", facecolor="white")
    return made.getvalue()


def plain(axes: Axes, *, grid: Literal["both", "x", "y", ""] = "both") -> None:
    """No box, a faint grid behind the data."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_axisbelow(True)
    if grid:
        axes.grid(axis=grid, color="#dddddd", linewidth=0.7)
