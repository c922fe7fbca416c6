"""The law of flow sums as a picture: what events cost beside a clock, PNG bytes."""

from __future__ import annotations

from eventnet.plotting.style import (
    BLACK,
    BLUE,
    GREEN,
    GREY,
    MARKERS,
    NOTE,
    ORANGE,
    RED,
    blank,
    heading,
    plain,
    png,
    title,
)
from eventnet.scenarios.fusion.flow_law import LawResult, side_by_side

COLOURS = (BLUE, ORANGE, GREEN, RED)


def against_clock(found: LawResult) -> bytes:
    """Thinnest by the active part of blocks, thin and fine by events a block a look; each beside its twin."""
    figure = blank(height=4.6)
    left, right = figure.subplots(1, 2, sharey=True)
    rows = side_by_side(found)
    for k, camera in enumerate(dict.fromkeys(row["camera"] for row in rows)):
        mine, look = (
            [row for row in rows if row["camera"] == camera],
            {"color": COLOURS[k % len(COLOURS)], "ls": "", "ms": 5},
        )
        left.plot(
            [100 * row["active part"] for row in mine], [row["ratios"]["thinnest"] for row in mine],
            marker=MARKERS[k % len(MARKERS)], label=f"{camera} pixels", **look,
        )  # fmt: skip
        for name, filled in (("thin", True), ("fine", False)):
            at = [row["by"][name]["events a block a look"] for row in mine]
            fill = {} if filled else {"mfc": "none"}
            right.plot(at, [row["ratios"][name] for row in mine], marker=MARKERS[k % len(MARKERS)], **look | fill)
    for axes, words in ((left, "blocks with events in a look, %"), (right, "events a block a look")):
        axes.axhline(1, color=BLACK, linewidth=1)
        axes.set(xscale="log", yscale="log", xlabel=words)
        plain(axes)
    left.set(ylabel="operations beside the same sums on a clock")
    right.annotate("as much as the clock", (0.02, 1), xycoords=("axes fraction", "data"), xytext=(0, 3),
                   textcoords="offset points", fontsize=NOTE, color=GREY)  # fmt: skip
    heading(left, "Thinnest, with a list of active blocks")
    heading(right, "Thin (filled) and fine (open), at each event")
    figure.legend(*left.get_legend_handles_labels(), loc="outside lower center", ncols=4, frameon=False, fontsize=NOTE)
    title(figure, "Sums over events cost what is active; on a clock, all blocks")
    return png(figure)
