"""Figure 4.2: optimised scales of a random rounding network against scales drawn at random.

A ReLU network 100-100-100-100 has weights whose sizes do not fit together, which leaves its function as it is and
rounding badly off. Scales are optimised for a range of tradeoffs; the curve of error against additions through their
ends is held against 1,000 random scalings. Settings are those of the author's program: weights N(0, sqrt(2 / n_in))
times 1/2, 8 and 1/4, 100 normal inputs, squared error, learning rate 0.003, 200 epochs of batches of 10, random scales
|N(3, 4)|; his six tradeoffs lie among ours.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from eventnet.models.layers import Dense, Layer, ReLU, forward
from eventnet.models.scales import optimize_scales
from eventnet.models.stages import rounding_forward, rounding_operations
from eventnet.plotting.style import colour_bar, heading, legend, plain, title
from eventnet.scenarios.reproductions.common.pictures import panels, save
from eventnet.scenarios.reproductions.common.report import ReproductionReport, Request, Row, in_parallel

UNITS, FACTORS = 100, (0.5, 8.0, 0.25)

Floats = NDArray[np.float64]


class Toy(NamedTuple):
    """The network, its inputs [100, 100], what it gives without rounding, and a generator for more."""

    layers: list[Layer]
    x: Floats
    truth: Floats
    random: np.random.RandomState


class Share(NamedTuple):
    """Random scalings within the curve's range of additions, those under the curve, and the least error over its.

    where: (additions, error, error over the curve's) of those under it.
    """

    within: int
    under: int
    least: float
    where: list[tuple[float, float, float]]


def toy(seed: int) -> Toy:
    """Weights and inputs drawn as in the author's program (his generator is the legacy one)."""
    random = np.random.RandomState(seed)
    layers: list[Layer] = []
    for factor in FACTORS:
        layers += [Dense(factor * np.sqrt(2 / UNITS) * random.randn(UNITS, UNITS)), ReLU()]
    x = random.randn(100, UNITS)
    return Toy(layers, x, forward(layers, x), random)


def measure(made: Toy, scales: Any) -> tuple[float, float]:
    """Additions a sample, and the mean error over the mean output, of the rounding network."""
    found = rounding_forward(made.layers, made.x, list(scales))
    error = np.abs(found.outputs - made.truth).mean() / np.abs(made.truth).mean()
    return float(rounding_operations(made.layers, found.spikes).mean()), float(error)


def row_of(made: Toy, kind: str, scales: Any, tradeoff: float | None = None, epoch: int | None = None) -> Row:
    """One point of the figure."""
    operations, error = measure(made, scales)
    ks = {f"k{layer + 1}": float(k) for layer, k in enumerate(scales)}
    return {"kind": kind, "tradeoff": tradeoff, "epoch": epoch, **ks, "operations": operations, "error": error}


def follow(seed: int, kind: str, tradeoff: float, epochs: int) -> list[Row]:
    """The way of the scales from 1 on, at moments that grow further apart, and at the end."""
    made, moments = toy(seed), {int(moment) for moment in np.geomspace(1, epochs, 40)} | {epochs}
    rows = [row_of(made, kind, [1.0] * len(FACTORS), tradeoff, 0)]

    def watch(epoch: int, scales: list[Floats]) -> None:
        if epoch in moments:
            rows.append(row_of(made, kind, scales, tradeoff, epoch))

    options: dict[str, Any] = {"loss": "l2", "learning_rate": 0.003, "epochs": epochs, "watch": watch}
    optimize_scales(made.layers, made.x, tradeoff=tradeoff, **options)
    return rows


def curve_through(ends: list[Row]) -> tuple[Floats, Floats]:
    """Additions, rising, and errors of the optimised scales that send anything."""
    points = sorted({(end["operations"], end["error"]) for end in ends if end["operations"] > 0})
    operations, errors = np.array(points).T
    return operations, errors


def under(ends: list[Row], points: list[Row]) -> Share:
    """Points under the curve, which is straight lines on logarithmic axes, of those within its range of additions."""
    operations, errors = curve_through(ends)
    found = np.array([(point["operations"], point["error"]) for point in points])
    found = found[(found[:, 0] >= operations[0]) & (found[:, 0] <= operations[-1])]
    curve = np.exp(np.interp(np.log(found[:, 0]), np.log(operations), np.log(errors)))
    ratios = found[:, 1] / curve
    where = [(float(a), float(error), float(r)) for (a, error), r in zip(found, ratios) if r < 1]
    return Share(len(found), len(where), float(ratios.min()), where)


def dominated(points: list[Row], by: list[Row]) -> int:
    """Number of points that have a rival with no more additions, no more error, and less of one of them."""
    mine = np.array([(point["operations"], point["error"]) for point in points])[:, None]
    rivals = np.array([(point["operations"], point["error"]) for point in by])
    beaten = np.all(rivals <= mine, axis=2) & np.any(rivals < mine, axis=2)
    return int(np.sum(np.any(beaten, axis=1)))


def table_rows(curve: str, ends: list[Row], points: list[Row]) -> list[Row]:
    """Rows that compare one curve with the random scalings."""
    share = under(ends, points)
    operations, _ = curve_through(ends)
    within = f"random scalings of {operations[0] / 1e3:.3g} to {operations[-1] / 1e3:.3g} kadds, as on the curve"
    asked = [
        (within, None, None, share.within, len(points)),
        ("of these, under the curve", "on the frontier", "1% at most", share.under, share.within),
        ("least error of one over the curve's", "on the frontier", "0.95 at least", round(share.least, 4), None),
        ("random scalings dominated by an optimised one", None, None, dominated(points, ends), len(points)),
        ("optimised scales dominated by random ones", "on the frontier", None, dominated(ends, points), len(ends)),
    ]
    names = ("what", "published", "aim", "measured", "of")
    return [{"curve": curve, **dict(zip(names, row))} for row in asked]


def scales_toy(request: Request) -> ReproductionReport:
    """Figure 4.2 with the published schedule and, in full, one of ten times as many epochs."""
    kinds = {"200 epochs": (200, np.logspace(-7, -2, 6 if request.quick else 16))}
    if not request.quick:
        kinds["2,000 epochs"] = (2_000, np.logspace(-9, -2, 22))
    jobs = [(request.seed, kind, float(t), epochs) for kind, (epochs, tradeoffs) in kinds.items() for t in tradeoffs]
    methods = in_parallel(follow, jobs, request)
    made = toy(request.seed)
    drawn = np.abs(made.random.normal(3, 4, (200 if request.quick else 1_000, len(FACTORS))))
    points = [row_of(made, "random", scales) for scales in drawn]
    ends = {kind: [method[-1] for method in methods if method[-1]["kind"] == kind] for kind in kinds}
    rows = [row for kind, mine in ends.items() for row in table_rows(kind, mine, points)]
    notes = [
        f"100-100-100-100, ReLU, weights times {FACTORS}, 100 normal inputs, {len(drawn):,} random scalings; "
        f"seed {request.seed}",
        "error: mean |output - true| / mean |true|; additions of the rounding network a sample",
        said_of_start(methods[0][0], ends["200 epochs"]),
        said_of_those_under(under(ends["200 epochs"], points)),
        silent(ends["200 epochs"]),
    ]
    curves = [row for method in methods for row in method] + points
    drawn = picture(request, [w for w in methods if w[0]["kind"] == "200 epochs"], ends, points)
    return ReproductionReport(
        "scales-toy", "Figure 4.2, optimised scales", "thesis, figure 4.2", rows, notes, curves, [drawn]
    )


def said_of_start(start: Row, ends: list[Row]) -> str:
    """The gain by optimising at the additions of scales that are all 1, in words."""
    operations, errors = curve_through(ends)
    same = float(np.exp(np.interp(np.log(start["operations"]), np.log(operations), np.log(errors))))
    return (
        f"all scales 1: {start['operations'] / 1e3:.1f} kadds, error {start['error']:.3f}; "
        f"the curve has {same:.3f} at the same additions"
    )


def said_of_those_under(share: Share) -> str:
    """The random scalings under the curve, in words; an output of zeros has the error 1."""
    said = [f"{a / 1e3:.3g} kadds, error {error:.3f} ({r:.3f})" for a, error, r in sorted(share.where)]
    return f"random scalings under the curve of 200 epochs (of its error): {'; '.join(said) or 'none'}"


def silent(ends: list[Row]) -> str:
    """The tradeoffs that end in a network that sends nothing, in words."""
    found = [f"{end['tradeoff']:.2g}" for end in ends if end["operations"] == 0]
    return f"tradeoffs that end with no additions at all, and are no part of the curve: {', '.join(found) or 'none'}"


# --- the picture ---
def picture(request: Request, methods: list[list[Row]], ends: dict[str, list[Row]], points: list[Row]) -> Any:
    """Left the scales of each layer, right error against additions, as published."""
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import LogNorm

    figure, (left, right) = panels(1, 2, 5.0, width_ratios=(1, 2))
    shade = ScalarMappable(LogNorm(1e-7, 1e-2), "plasma")
    _draw_scales(left, [method[-1] for method in methods], points, shade)
    _draw_tradeoffs(right, methods, ends, points, shade)
    colour_bar(right, shade, "tradeoff λ")
    title(figure, "Figure 4.2: scales of a random rounding network")
    return save(figure, request.out / "scales-toy.png")


def _draw_scales(ax: Any, ends: list[Row], points: list[Row], shade: Any) -> None:
    layers = [1, 2, 3]
    for point in points[:300]:
        ax.plot(layers, [point[f"k{k}"] for k in layers], color="0.6", lw=0.5, alpha=0.35)
    for end in ends:
        ks = [end[f"k{k}"] for k in layers]
        ax.plot(layers, ks, "o-", ms=3.5, lw=1.8, color=shade.to_rgba(end["tradeoff"]))
    heading(ax, "Scales: random (grey), optimised")
    ax.set(xlabel="layer", ylabel="scale k of a layer", yscale="log", xticks=layers, ylim=(0.015, 30))
    plain(ax)


def _draw_tradeoffs(
    ax: Any, methods: list[list[Row]], ends: dict[str, list[Row]], points: list[Row], shade: Any
) -> None:
    def along(rows: list[Row]) -> tuple[list[float], list[float]]:
        shown = [row for row in rows if row["operations"] > 0]
        return [row["operations"] / 1e3 for row in shown], [row["error"] for row in shown]

    ax.plot(*along(points), ".", ms=3, color="0.6", label=f"{len(points):,} random scalings |N(3, 4)|")
    for method in methods:
        color = shade.to_rgba(method[-1]["tradeoff"])
        ax.plot(*along(method), lw=1, color=color, alpha=0.8)
        ax.plot(*along(method[-1:]), "x", ms=7, mew=2, color=color)
    ax.plot(*along(methods[0][:1]), "ko", ms=7, label="start: all scales 1; × ends")
    for style, (kind, mine) in zip(("k-", "k:"), ends.items()):
        operations, errors = curve_through(mine)
        ax.plot(operations / 1e3, errors, style, lw=1.2, label=f"optimised, {kind}")
    heading(ax, "Error against additions")
    ax.set(xlabel="adds a sample, thousands", ylabel="mean |error| / mean |output|", xscale="log", yscale="log")
    ax.set(xlim=(4, 800), ylim=(ax.get_ylim()[0] / 4, None))
    legend(ax, "lower left")
    plain(ax)
