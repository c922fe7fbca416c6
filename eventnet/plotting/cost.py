"""Pictures of a ledger: costs over a sensor, sizes of cascades, costs over time.

Each function draws into the axes `ax`, or into a figure of its own, and returns the axes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from eventnet.cost import PriceList
from eventnet.cost.ledger import CostLedger
from eventnet.io import PixelWindow
from eventnet.module import BoundPort
from eventnet.plotting.style import BLUE, ORANGE, blank, colour_bar, heading, legend, plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes

UNITS = {"energy": "pJ (estimate)"}


def heat_map(
    ledger: CostLedger, width: int | None = None, height: int | None = None, what: str = "adds", *,
    port: BoundPort | str | None = None, prices: PriceList | None = None, ax: Axes | None = None,
) -> Axes:  # fmt: skip
    """Cost of each pixel of a sensor, on a logarithmic scale; pixels without a cost are left grey.

    width and height may be left out where the inputs came from a recording (`CostLedger.heat`): the axes are in its
    pixels then, whatever bins and crop it was read in.
    """
    from matplotlib.colors import LogNorm

    heat = ledger.heat(width, height, what, port=port, prices=prices).astype(np.float64)
    axes = blank(height=1.2 + 6.6 * min(heat.shape[0] / heat.shape[1], 1.5)).subplots() if ax is None else ax
    least, most = (heat[heat > 0].min(), heat.max()) if (heat > 0).any() else (1.0, 1.0)
    shown = np.ma.masked_less_equal(heat, 0)
    axes.set_facecolor("#d9d9d9")
    window = ledger.pixels.window if ledger.pixels is not None and width is None else None
    image = axes.imshow(
        shown, cmap="viridis", norm=LogNorm(least, most if most > least else 10 * least), interpolation="nearest",
        extent=None if window is None else _extent(window),
    )  # fmt: skip
    each = "pixel" if window is None or window.binning == 1 else f"{window.binning} x {window.binning} pixels"
    colour_bar(axes, image, f"{UNITS.get(what, what)} by {each}, log scale", shrink=0.85)
    axes.set(xlabel="x, pixels", ylabel="y, pixels")
    title = f"{ledger.port_name(port)}: {_amount(heat.sum())} {UNITS.get(what, what)}, {ledger.blame} blame"
    rest = ledger.beyond(what, prices).get(ledger.port_name(port), 0)
    if rest:
        title += f"\nnot shown: {_amount(rest)} of inputs beyond the limit"
    heading(axes, title)
    return axes


def _extent(window: PixelWindow) -> tuple[float, float, float, float]:
    """Left, right, bottom and top of bins in pixels of the recording, whose middles are whole numbers."""
    left, top, n = window.left - 0.5, window.top - 0.5, window.binning
    return left, left + n * window.width, top + n * window.height, top


def sizes_of_cascades(ledger: CostLedger, *, ax: Axes | None = None) -> Axes:
    """Histograms of the sizes of cascades, in deliveries, and of their depths; logarithmic both ways."""
    axes = blank(height=4.4).subplots() if ax is None else ax
    for values, colour, dash, name in (
        (ledger.sizes, BLUE, "-", "size: deliveries"),
        (ledger.causes.depths + 1, ORANGE, "--", "depth + 1: longest chain"),
    ):  # fmt: skip
        edges = np.unique(np.ceil(np.geomspace(1, max(values.max(initial=1) + 1, 2), 31)))
        counts, _ = np.histogram(values, edges)
        axes.stairs(counts, edges, color=colour, linestyle=dash, linewidth=2, label=name)
    axes.set(xscale="log", xlabel="deliveries", ylabel="cascades")
    if len(ledger):
        axes.set(yscale="log", ylim=(0.7, None))
    ratio = ledger.branching_ratio()
    heading(axes, f"{len(ledger):,} cascades; {ratio:.3f} children a delivery" if ratio == ratio else "no cascades")
    legend(axes)
    plain(axes)
    return axes


def cost_over_time(
    ledger: CostLedger, bins: int = 100, what: str = "adds", *, prices: PriceList | None = None, ax: Axes | None = None
) -> Axes:
    """Cost of the inputs of each stretch of time, by the time of the input."""
    axes = blank(height=3.8).subplots() if ax is None else ax
    edges, sums = ledger.over_time(bins, what, prices)
    axes.stairs(sums, edges, color=BLUE, fill=True, alpha=0.75)
    unit = UNITS.get(what, what)
    axes.set(xlabel="time of the input, ticks", ylabel=f"{unit} in {edges[1] - edges[0]:,.4g} ticks", ylim=(0, None))
    heading(axes, f"{_amount(sums.sum())} {unit}, {ledger.blame} blame")
    plain(axes)
    return axes


def _amount(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
