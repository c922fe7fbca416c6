"""Cost and error of the methods against the speed of turning, as PNG bytes."""

from __future__ import annotations

from eventnet.plotting.style import BLACK, BLUE, NOTE, ORANGE, PURPLE, blank, heading, plain, png, title
from eventnet.scenarios.fusion.figures import in_words
from eventnet.scenarios.fusion.pays import PaysResult

DRIVEN = ((BLUE, "o"), (PURPLE, "v"))


def against_speed(found: PaysResult) -> bytes:
    """Operations a second, and beside them the fused answer's error, at every speed."""
    figure = blank(height=4.4)
    cost, error = figure.subplots(1, 2)
    driven = 0
    for method in found.parameters.shown():
        if method.startswith("4"):
            colour, marker = DRIVEN[driven % len(DRIVEN)]
            driven += 1
        else:
            colour, marker = (ORANGE, "D") if method.startswith("2") else (BLACK, "s")
        rows = [next(row for row in rows if row["method"] == method) for rows in found.speeds.values()]
        for axes, values in (
            (cost, [1e-6 * row["operations/s"] for row in rows]), (error, [row["fused error"] for row in rows]),
        ):  # fmt: skip
            axes.plot(list(found.speeds), values, marker=marker, color=colour, markersize=5, label=in_words(method))
    cost.set(ylabel="operations a second, millions", ylim=(0, None))
    error.set(ylabel="error of the fused answer, deg/s", yscale="log", yticks=[2, 5, 10, 20, 50])
    error.minorticks_off()
    heading(cost, "Cost")
    heading(error, "Error")
    for axes in (cost, error):
        axes.set(xlabel="turning, deg/s, rms of each axis")
        plain(axes)
    handles = cost.get_legend_handles_labels()
    figure.legend(*handles, loc="outside lower center", ncols=2, frameon=False, fontsize=NOTE)
    title(figure, "The cost of events follows the scene, that of a clock does not")
    return png(figure)
