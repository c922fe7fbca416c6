"""A picture of a Dynamic Vision Sensor's output: a grey frame, and the flow of events that follows it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventnet.event import Events
from eventnet.plotting.style import BLUE, NOTE, RED, TITLE, blank, png


def picture(log_intensity: NDArray[np.floating], events: Events, *, title: str = "") -> bytes:
    """A PNG: the frame at the time of the first event, and each event as a point in x, y and time.

    log_intensity: [height, width]. events: `PIXEL_EVENT` records; some ten thousand are best.
    """
    height, width = log_intensity.shape
    figure = blank(height=4.5)
    figure.set_layout_engine("none")  # the axes' place is given
    axes: Any = figure.add_axes((-0.02, -0.03, 1.0, 1.03), projection="3d")
    ms = (events["t"] - events["t"][:1]) / 1000
    across, down = np.meshgrid(np.arange(width + 1) - 0.5, np.arange(height + 1) - 0.5)
    low, high = np.percentile(log_intensity, (1, 99))
    grey = np.clip((log_intensity - low) / max(high - low, 1e-9), 0, 1)
    axes.plot_surface(
        np.zeros_like(across), across, down, facecolors=np.repeat(grey[:, :, None], 3, axis=2), rstride=1, cstride=1,
        shade=False, antialiased=False, clip_on=False,
    )  # fmt: skip
    for on, colour, label in ((True, BLUE, "ON: brighter"), (False, RED, "OFF: darker")):
        of = events["p"] == on
        axes.scatter(
            ms[of], events["x"][of], events["y"][of], s=2.6, color=colour, alpha=0.6, linewidths=0, label=label,
            depthshade=False, clip_on=False,
        )  # fmt: skip
    axes.set(xlabel="time, ms", ylabel="x, pixels", zlabel="y, pixels")
    axes.set(xlim=(0, ms.max(initial=1)), ylim=(0, width), zlim=(height, 0))
    axes.set_box_aspect((2.0, 1, height / width), zoom=1.3)
    axes.view_init(elev=16, azim=-62)
    for axis in (axes.xaxis, axes.yaxis, axes.zaxis):
        axis.pane.set_alpha(0)
    axes.legend(loc="upper right", bbox_to_anchor=(1.0, 0.95), frameon=False, markerscale=5, fontsize=NOTE)
    if title:
        figure.text(0.01, 0.95, title, fontsize=TITLE)
    return png(figure)
