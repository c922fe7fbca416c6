"""Pictures of a rate learned from a recording, as PNG bytes. Colours are Okabe and Ito's."""

from __future__ import annotations

from typing import Any

from eventnet.plotting.style import BLACK, BLUE, GREEN, ORANGE, PURPLE, blank, heading, legend, plain, png, title
from eventnet.scenarios.fusion.judging import Findings

LOOKS: dict[str, tuple[str, str, float, str]] = {
    "truth": (BLACK, "-", 2.2, "gyroscope as recorded, over 20 ms"), "camera": (BLUE, "-", 1.5, "camera alone"),
    "events in 50 ms": (GREEN, ":", 1.5, "events in the last 50 ms"),
    "gyroscope": (ORANGE, "--", 1.2, "gyroscope made poor, leaky"),
    "fused": (PURPLE, "-", 1.8, "camera and poor gyroscope"),
}  # fmt: skip


def estimates(found: Findings) -> bytes:
    """The rate over the part that was not learned from: camera and counting above, fusion below."""
    figure = blank(height=6.4)
    rows = figure.subplots(2, 1, sharex=True, sharey=True)
    for axes, names in zip(rows, (("truth", "events in 50 ms", "camera"), ("truth", "gyroscope", "camera", "fused"))):
        for name in names:
            colour, dash, width, label = LOOKS[name]
            axes.plot(found.curves["t_ms"], found.curves[name], dash, color=colour, linewidth=width, label=label)
        axes.set_ylabel(f"{found.turning.name} rate, deg/s")
        legend(axes, "lower center", ncols=2)
        plain(axes)
    low, high = rows[0].get_ylim()
    rows[0].set_ylim(low - 0.35 * (high - low), high)
    heading(rows[0], "From the camera alone, and from counting its events")
    heading(rows[1], "Together with a gyroscope made poor: bias 5 deg/s, noise 10 deg/s a sample")
    rows[1].set_xlabel("time of the playback, ms")
    title(figure, f"{found.turning.name.capitalize()} rate over the part that was not learned from")
    return png(figure)


def scatter(found: Findings) -> bytes:
    """Estimate against truth of the part as it was, with the line through it; and means of all playbacks."""
    figure = blank(height=4.6)
    left, right = figure.subplots(1, 2)
    truth, camera = found.curves["truth"], found.curves["camera"]
    row = next(r for r in found.estimates if r["estimate"] == found.middle and r["playback"] == "as recorded")
    left.plot(truth, camera, "o", color=BLUE, markersize=3.5, label="camera alone, each 10 ms")
    ends = [truth.min(), truth.max()]
    middle = (row["true_mean"], row["mean"])
    left.plot(ends, [middle[1] + row["slope"] * (x - middle[0]) for x in ends], color=BLUE, linewidth=1.4,
              label=f"slope {row['slope']:.2f}, correlation {row['correlation']:.2f}")  # fmt: skip
    left.plot(ends, ends, "--", color=BLACK, linewidth=1, label="as it should be")
    left.set(xlabel="gyroscope, deg/s", ylabel="estimate, deg/s")
    heading(left, "The part not learned from")
    _means(right, found)
    for axes in (left, right):
        legend(axes, "upper center", bbox_to_anchor=(0.5, -0.14))
        plain(axes)
    title(figure, "Estimate against truth, and its sign in every playback")
    return png(figure)


def _means(axes: Any, found: Findings) -> None:
    """Mean rates of each playback: the sign test."""
    names = list(dict.fromkeys(row["playback"] for row in found.estimates))
    shown = {found.middle: (BLUE, "o", "camera alone"), "events in 50 ms": (GREEN, "^", "events in the last 50 ms")}
    for estimate, (colour, marker, label) in shown.items():
        rows = {row["playback"]: row for row in found.estimates if row["estimate"] == estimate}
        axes.plot([rows[name]["mean"] for name in names], names, marker, color=colour, markersize=8, label=label)
    rows = {row["playback"]: row for row in found.estimates if row["estimate"] == found.middle}
    axes.plot([rows[name]["true_mean"] for name in names], names, "|", color=BLACK, markersize=22, label="gyroscope")
    axes.axvline(0, color=BLACK, linewidth=0.8)
    axes.invert_yaxis()
    axes.margins(0.12, 0.25)
    axes.set_xlabel("mean rate, deg/s")
    heading(axes, "The sign test")
