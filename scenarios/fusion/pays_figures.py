"""Cost and error of the methods against the speed of turning, as PNG bytes."""

from __future__ import annotations

from eventnet.plotting.style import DASHES, NOTE, blank, heading, plain, png, title
from eventnet.scenarios.fusion.cost_figures import look_of
from eventnet.scenarios.fusion.named import AT_SAMPLES, is_by_events, strongest
from eventnet.scenarios.fusion.pays import PaysResult


def shown(found: PaysResult) -> list[str]:
    """The network at samples, on the fastest and on the cheapest clock, flow sums on a clock, and all by events."""
    p = found.parameters.methods
    clocks = [AT_SAMPLES, *(f"kept {min(p.kept_ms):g} ms, head at samples" for _ in p.kept_ms[:1]), strongest(p)]
    clocks += [f"flow sums on a clock, {min(p.twin_ms):g} ms" for _ in p.twin_ms[:1]]
    known = [row["method"] for row in next(iter(found.speeds.values())).rows]
    return [name for name in known if name in clocks or is_by_events(name)]


def against_speed(found: PaysResult) -> bytes:
    """Operations a second, and below them the errors of the fused answer and of the camera alone, at every speed."""
    figure = blank(height=7.6)
    grid = figure.add_gridspec(2, 2, height_ratios=[1.2, 1])
    cost, fused, camera = (figure.add_subplot(part) for part in (grid[0, :], grid[1, 0], grid[1, 1]))
    for k, method in enumerate(shown(found)):
        look, dash = look_of(method), DASHES[k % len(DASHES)]
        rows = [next(row for row in one.rows if row["method"] == method) for one in found.speeds.values()]
        for axes, key, unit in ((cost, "operations/s", 1e-6), (fused, "fused error", 1), (camera, "dvs error", 1)):
            axes.plot(
                list(found.speeds), [unit * row[key] for row in rows], color=look.colour, marker=look.marker,
                linestyle=dash, markersize=5, label=method,
            )  # fmt: skip
    cost.set(ylabel="million operations a second", yscale="log")
    fused.set(ylabel="error, deg/s")
    heading(cost, "Cost")
    heading(fused, "Error, fused")
    heading(camera, "Error, camera alone")
    for axes in (cost, fused, camera):
        axes.set(xlabel="turning, deg/s, rms of each axis")
        plain(axes)
    for axes in (fused, camera):
        axes.set_ylim(0, None)
    handles = cost.get_legend_handles_labels()
    figure.legend(*handles, loc="outside lower center", ncols=3, frameon=False, fontsize=NOTE)
    title(figure, "What answers cost at each speed, and how wrong they are")
    return png(figure)
