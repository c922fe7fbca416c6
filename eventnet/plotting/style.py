"""The one style of pictures: colours, an empty figure, open axes, titles, legends, and a PNG as bytes.

A picture is measured as a page shows it, `SHOWN` pixels wide: `measure` says how small its smallest text is, which
texts overlap, and which leave the canvas. matplotlib takes long to import, so only these functions do. Colours are
Okabe and Ito's, which colour-blind readers can tell apart; lines differ in dash or marker as well.
"""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from eventnet.errors import ModelError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.colorbar import Colorbar
    from matplotlib.figure import Figure
    from matplotlib.legend import Legend

BLACK, ORANGE, SKY, GREEN, YELLOW, BLUE, RED, PURPLE = (
    "#000000", "#E69F00", "#56B4E9", "#009E73", "#F0E442", "#0072B2", "#D55E00", "#CC79A7",
)  # fmt: skip
GREY = "#6b6b6b"
COLOURS = (BLUE, ORANGE, GREEN, RED, PURPLE, BLACK, SKY)
"""One line after the other."""
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
DASHES = ("-", "--", "-.", ":", (0, (5, 1.5)), (0, (1, 1)), (0, (6, 2, 1, 2, 1, 2)))
DPI = 150
WIDTH = 8.0
"""Inches of a usual picture: at `SHOWN` pixels, 9 points are 11 pixels high."""
TITLE, HEADING, NOTE = 12.0, 10.0, 9.0
"""Points of a picture's title, of the title of each plot in it, and of legends and labels among the data."""
SHOWN = 700
"""Pixels of width at which a picture has to be readable."""
SMALLEST = 9.0
"""Pixels of the smallest text that is, at this width."""
RAISED = 0.7
"""Size of what stands raised or lowered in a formula, in parts of the formula's."""

check_readable = False
"""Whether `png` refuses a picture with text that is smaller. The tests set it."""


# --- a figure and its parts ---
def blank(width: float = WIDTH, height: float = 5.0) -> Figure:
    """A figure of this size in inches, drawn without a window."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), dpi=DPI, layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def title(figure: Figure, text: str) -> None:
    """The title of the whole picture, at its left."""
    figure.suptitle(text, fontsize=TITLE, x=0.01, ha="left")


def heading(axes: Axes, text: str) -> None:
    """The title of one plot of several, at its left."""
    axes.set_title(text, loc="left", fontsize=HEADING)


def legend(axes: Axes, where: str = "best", **options: Any) -> Legend:
    """A legend without a frame.

    where: `above` puts it in one line at the right above the plot, `right` beside it, `below` under it; else a place in
    the plot, by matplotlib's names.
    """
    places: dict[str, dict[str, Any]] = {
        "above": {"loc": "lower right", "bbox_to_anchor": (1, 1), "borderaxespad": 0.1, "columnspacing": 1.2},
        "right": {"loc": "center left", "bbox_to_anchor": (1, 0.5)},
        "below": {"loc": "upper center", "bbox_to_anchor": (0.5, -0.16)},
    }
    if where == "above":
        options.setdefault("ncols", len(axes.get_legend_handles_labels()[0]) or 1)
    return axes.legend(**{"fontsize": NOTE, "frameon": False} | places.get(where, {"loc": where}) | options)


def colour_bar(axes: Axes, drawn: Any, label: str, **options: Any) -> Colorbar:
    """A bar that says what the colours of `drawn` mean."""
    figure: Any = axes.figure
    bar: Colorbar = figure.colorbar(drawn, ax=axes, label=label, **options)
    for axis in (bar.ax.xaxis, bar.ax.yaxis):
        _numbers(axis)
    return bar


def plain(axes: Axes, *, grid: Literal["both", "x", "y", ""] = "both") -> None:
    """No box, a faint grid behind the data, and numbers without raised exponents on logarithmic axes."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_axisbelow(True)
    if grid:
        axes.grid(axis=grid, color="#dddddd", linewidth=0.7)
    for axis in (axes.xaxis, axes.yaxis):
        _numbers(axis)


def _numbers(axis: Axis) -> None:
    """Powers of ten on a logarithmic axis; between them 2 and 5 where there is room, and 3 where there is more."""
    if axis.get_scale() not in ("log", "symlog"):
        return
    from matplotlib.ticker import FixedLocator, FuncFormatter

    def between(value: float, _: int | None) -> str:
        low, high = sorted(np.abs(axis.get_view_interval()))
        decades = math.log10(high / low) if low > 0 else math.inf
        digit = round(value / 10 ** math.floor(math.log10(abs(value)) + 1e-9), 6) if value else 0
        shown = (2, 3, 5) if decades < 1.3 else (2, 5) if decades < 1.8 else ()
        return number(value) if digit in shown else ""

    axis.set_major_formatter(FuncFormatter(lambda value, _: number(value)))
    fixed = isinstance(axis.get_major_locator(), FixedLocator)
    axis.set_minor_formatter(FuncFormatter((lambda value, _: "") if fixed else between))


def number(value: float) -> str:
    """A number as a tick has it: 1,000 and 0.001, but 1e7 and 1e-5."""
    if value and not 1e-4 < abs(value) < 1e7:
        digits, _, power = f"{value:.3g}".partition("e") if abs(value) < 1 else f"{value:.0e}".partition("e")
        return f"{digits}e{int(power)}" if power else digits
    return f"{value:,.6g}" if abs(value) < 1e6 else f"{value:,.0f}"


def points(figure: Any, pixels: float = SMALLEST) -> float:
    """Points of a text that is so many pixels high when the figure is shown `SHOWN` pixels wide."""
    return float(pixels * 72 * figure.get_figwidth() / SHOWN)


def apart(values: Sequence[float], least: float) -> list[float]:
    """Places for labels of these values, as near to them as they can be when all are `least` apart."""
    order = sorted(range(len(values)), key=lambda k: values[k])
    groups: list[tuple[float, int]] = []  # the middle of labels that touch, and how many they are
    for k in order:
        groups.append((float(values[k]), 1))
        while len(groups) > 1 and groups[-1][0] - groups[-2][0] < least * (groups[-1][1] + groups[-2][1]) / 2:
            (low, m), (high, n) = groups[-2:]
            groups[-2:] = [((m * low + n * high) / (m + n), m + n)]
    places = [middle + least * (k - (n - 1) / 2) for middle, n in groups for k in range(n)]
    return [place for _, place in sorted(zip(order, places, strict=True))]


def png(figure: Figure) -> bytes:
    """A figure as a file. Raises ModelError for text that nobody can read, where `check_readable` is set."""
    if check_readable:
        refuse_small(figure)
    made = io.BytesIO()
    figure.savefig(made, format="png", facecolor="white")
    return made.getvalue()


# --- whether it can be read ---
class DrawnText(NamedTuple):
    """A line of text as it was drawn: pixels of its height at `SHOWN`, its corners [4, 2], whether in a legend."""

    text: str
    height: float
    corners: NDArray[np.float64]
    in_legend: bool


class Readability(NamedTuple):
    """Readability of a figure, as `measure` finds it.

    smallest: pixels of the smallest text at `SHOWN` (of no text: inf), and small, that text. overlaps: pairs of texts
    that lie on one another, and texts under a legend. outside: texts that leave the canvas. covered: legends that lie
    on lines of data.
    """

    smallest: float
    small: str
    overlaps: list[tuple[str, str]]
    outside: list[str]
    covered: list[str]


def refuse_small(figure: Figure) -> None:
    """Raise ModelError if the smallest text of a figure has less than `SMALLEST` pixels at `SHOWN`."""
    found = measure(figure)
    if found.smallest < SMALLEST:
        raise ModelError(
            f"the text {found.small!r} of a picture has {found.smallest:.1f} pixels at a width of {SHOWN}; wanted "
            f"{SMALLEST:g} or more: larger text, or a figure of fewer inches"
        )


def measure(figure: Figure) -> Readability:
    """The readability of a figure when it is shown `SHOWN` pixels wide. It is drawn for this, and stays as it is."""
    from matplotlib.legend import Legend

    width, height = figure.canvas.get_width_height()
    drawn = _draw(figure, width, height)
    least = min(drawn, key=lambda one: one.height, default=None)
    legends = [one for one in figure.findobj(Legend) if one.get_visible()]
    boxes = [_corners(one.get_window_extent().frozen()) for one in legends]
    overlaps = [(a.text, b.text) for a, b in combinations(drawn, 2) if _meet(a.corners, b.corners)]
    overlaps += [
        (one.text, "a legend") for one in drawn for box in boxes if not one.in_legend and _meet(one.corners, box)
    ]
    outside = [
        one.text for one in drawn
        if (one.corners < -1).any() or (one.corners > (width + 1, height + 1)).any()
    ]  # fmt: skip
    return Readability(
        least.height if least else math.inf, least.text if least else "", overlaps, outside, _covered(legends)
    )


def _draw(figure: Figure, width: int, height: int) -> list[DrawnText]:
    """All texts of a figure, as they come when it is drawn."""
    from matplotlib.backends import backend_agg

    found: list[DrawnText] = []
    legends: list[str] = []  # those that are being drawn
    library: Any = backend_agg  # its methods have no types
    renderer = library.RendererAgg(width, height, figure.dpi)
    draw, size_of = renderer.draw_text, renderer.get_text_width_height_descent

    def begin(s: str, gid: str | None = None) -> None:
        legends.extend([s] * (s == "legend"))

    def end(s: str) -> None:
        del legends[len(legends) - (s == "legend") :]

    def listen(
        gc: Any, x: float, y: float, s: str, prop: Any, angle: float, ismath: Any = False, mtext: Any = None
    ) -> None:
        wide, high, below = size_of(s, prop, ismath)
        turn = math.radians(angle)
        along, up = np.array([math.cos(turn), math.sin(turn)]), np.array([-math.sin(turn), math.cos(turn)])
        start = np.array([x, height - y]) - below * up
        corners = np.array([start, start + wide * along, start + wide * along + high * up, start + high * up])
        size = prop.get_size_in_points() * (RAISED if ismath and ("^" in s or "_" in s) else 1.0)
        if s.strip():
            found.append(DrawnText(s, size / 72 * SHOWN / figure.get_figwidth(), corners, bool(legends)))
        draw(gc, x, y, s, prop, angle, ismath, mtext)

    renderer.open_group, renderer.close_group, renderer.draw_text = begin, end, listen
    figure.draw(renderer)
    return found


def _corners(box: Any) -> NDArray[np.float64]:
    return np.array([(box.x0, box.y0), (box.x1, box.y0), (box.x1, box.y1), (box.x0, box.y1)])


def _meet(one: NDArray[np.float64], other: NDArray[np.float64]) -> bool:
    """Whether two rectangles of corners [4, 2], turned or not, share more than a pixel and a half of room."""
    for corners in (one, other):
        for k in range(2):
            edge = corners[k + 1] - corners[k]
            length = np.hypot(*edge)
            if not length:
                return False
            a, b = one @ edge / length, other @ edge / length
            if min(a.max(), b.max()) - max(a.min(), b.min()) < 1.5:
                return False
    return True


def _covered(legends: list[Legend]) -> list[str]:
    """The labels of legends that lie on lines of data of their axes, of more than two points."""
    found = []
    for one in legends:
        box = one.get_window_extent()
        for line in getattr(one.axes, "lines", ()):
            path = line.get_transform().transform_path(line.get_path())
            if not line.get_visible() or len(path.vertices) < 3:
                continue
            if line.get_linestyle() == "None":
                under = bool(box.count_contains(np.asarray(path.vertices)))
            else:
                under = bool(path.intersects_bbox(box, filled=False))
            if under:
                found.append(f"{one.get_texts()[0].get_text()} ... on {line.get_label()}")
    return found
