"""Cost and error of the methods against the speed of turning, as PNG bytes."""

from __future__ import annotations

from eventnet.plotting.style import BLACK, BLUE, ORANGE, SKY, blank, plain, png
from eventnet.scenarios.fusion.pays import PaysResult

DRIVEN = (BLUE, SKY)


def against_speed(found: PaysResult) -> bytes:
    """Operations a second, and beside them the fused answer's error, at every speed."""
    figure = blank(10, 4.4)
    cost, error = figure.subplots(1, 2)
    driven = 0
    for method in found.parameters.shown():
        if method.startswith("4"):
            colour, marker = DRIVEN[driven % len(DRIVEN)], "o"
            driven += 1
        else:
            colour, marker = (ORANGE, "D") if method.startswith("2") else (BLACK, "s")
        rows = [next(row for row in rows if row["method"] == method) for rows in found.speeds.values()]
        for axes, values in (
            (cost, [1e-6 * row["operations/s"] for row in rows]), (error, [row["fused error"] for row in rows]),
        ):  # fmt: skip
            axes.plot(list(found.speeds), values, marker=marker, color=colour, markersize=5, label=method)
    cost.set(ylabel="operations a second, millions", ylim=(0, None))
    error.set(ylabel="error of the fused answer, deg/s", yscale="log", yticks=[2, 5, 10, 20, 50])
    error.yaxis.set_major_formatter("{x:g}")
    error.yaxis.set_minor_formatter("")
    cost.set_title("cost", loc="left", fontsize=10)
    error.set_title("error", loc="left", fontsize=10)
    for axes in (cost, error):
        axes.set(xlabel="turning, deg/s (root mean square of each axis)")
        plain(axes)
    cost.legend(fontsize=8)
    figure.suptitle("The cost of events follows the scene, that of a clock does not", x=0.01, ha="left", fontsize=12)
    return png(figure)
