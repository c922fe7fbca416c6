"""Pictures of the attitude scenario, as PNG bytes: errors without each sensor, and a stretch of the first robot."""

from __future__ import annotations

from typing import Any

import numpy as np

from eventnet.plotting.style import BLACK, BLUE, GREY, ORANGE, blank, heading, legend, plain, png, title
from eventnet.scenarios.attitude.cases import USUAL_HZ
from eventnet.scenarios.attitude.run import METHODS, AttitudeComparison

COLOURS = dict(zip(METHODS, (BLUE, ORANGE), strict=True))
NAMES = {"events": "by events", "Kalman": "Kalman filter"}


def removals(compared: AttitudeComparison) -> bytes:
    """The error of the attitude in each case, where frames tell the yaw and where they tell all.

    With intervals; of one that reaches 0, which a logarithmic axis has not, the end is a tenth of the mean.
    """
    figure = blank(height=5.6)
    for axes, every_axis in zip(figure.subplots(1, 2), (False, True), strict=True):
        cases = [
            case for case in compared.cases
            if case.every_axis == every_axis and case.frame_hz == USUAL_HZ and case.without != ("joints",)
        ]  # fmt: skip
        for k, method in enumerate(METHODS):
            found = [compared.mean(case, method, "attitude") for case in cases]
            means = np.array([one.mean for one in found])
            low = np.array([max(one.low if one.low is not None else one.mean, 0.1 * one.mean) for one in found])
            high = np.array([one.high if one.high is not None else one.mean for one in found])
            axes.errorbar(
                means, np.arange(len(cases)) + 0.24 * (k - 0.5), xerr=(means - low, high - means), fmt="os"[k],
                color=COLOURS[method], label=NAMES[method], capsize=3,
            )  # fmt: skip
        axes.set_yticks(range(len(cases)), [case.name.replace(" and ", "\nand ") for case in cases])
        axes.set_ylim(len(cases) - 0.5, -0.5)
        axes.set(xscale="log", xlabel="error of the attitude, degrees (rms)")
        heading(axes, "Frames tell the whole attitude" if every_axis else "Frames tell the yaw")
        plain(axes)
    legend(figure.axes[0], "below", ncols=2)
    title(figure, "What each sensor is worth")
    return png(figure)


def stretch(compared: AttitudeComparison) -> bytes:
    """Yaw, pitch, roll and the end point's error of the first robot with all sensors, frames telling the yaw."""
    shown = compared.robots[0].stretch
    figure = blank(height=7.0)
    rows: Any = figure.subplots(4, 1, sharex=True)
    for k, (axes, name) in enumerate(zip(rows, ("yaw", "pitch", "roll"))):
        axes.plot(shown.seconds, shown.truth[:, k], color=BLACK, label="truth")
        for method, found in zip(METHODS, shown.found, strict=True):
            axes.plot(shown.seconds, found[:, k], "--", color=COLOURS[method], label=NAMES[method])
        axes.set(ylabel=f"{name}, degrees")
    for method, off in zip(METHODS, shown.off.T, strict=True):
        rows[3].plot(shown.seconds, off, color=COLOURS[method])
    rows[3].axhline(0, color=GREY, linewidth=0.7)
    rows[3].set(ylabel="end point off, mm", xlabel="time, s")
    for axes in rows:
        plain(axes)
    legend(rows[0], "above")
    title(figure, "All sensors")
    return png(figure)
