"""Figure C.2: how far a product with a changing weight is off for many kp and kd, and why both must be above 0."""

from __future__ import annotations

from itertools import product
from typing import Any, NamedTuple

import numpy as np

from eventnet.plotting.style import BLUE, GREEN, NOTE, RED, colour_bar, heading, legend, plain, title
from eventnet.scenarios.reproductions.common.changing_weight import Estimates, Floats, Gains, estimate, slow_signal
from eventnet.scenarios.reproductions.common.pictures import panels, save
from eventnet.scenarios.reproductions.common.report import ReproductionReport, Request, Row, rounded

X_WIDTH, W_WIDTH = 12, 40
"""Steps over which signal and weight are smoothed."""

BUDGETS = (0.1, 0.2, 0.5, 1.0)
"""Spikes a step that a code may send."""

SHOWN = (0.1, 1.0)
"""kp and kd near the best of the least budget: those of the published networks, too."""


class ErrorGrid(NamedTuple):
    """Means over signals of cosine distances from x w, and of spikes a step; [kp, kd], with no value at kp = kd = 0.

    nonstationary: of dec(enc(x) w), without rounding; quantization: of dec(Q(enc x)) w; full: of dec(Q(enc x) w).
    """

    values: Floats
    nonstationary: Floats
    quantization: Floats
    full: Floats
    spikes: Floats

    def best(self, where: Any) -> tuple[float, float, float, float]:
        """kp, kd, full distance and spikes a step of the best point among some."""
        i, j = np.unravel_index(np.argmin(np.where(where, self.full, np.inf)), self.full.shape)
        return (*self.values[[i, j]].tolist(), float(self.full[i, j]), float(self.spikes[i, j]))


def pd_error(request: Request) -> ReproductionReport:
    """Scan the grid for several signals."""
    points, steps, n = (7, 200, 1) if request.quick else (19, 500, 5)
    values = np.concatenate([[0.0], np.geomspace(0.01, 10, points)])
    seeds = [request.seed + k for k in range(n)]
    grids = []
    for seed in seeds:
        grids.append(scan(values, *signals(seed, steps)))
        request.say(f"  {len(grids)} of {n} done")
    grid = ErrorGrid(values, *(np.mean(parts, axis=0) for parts in list(zip(*grids))[1:]))
    return ReproductionReport(
        "pd-error", "Figure C.2, errors of a product with a changing weight", "thesis, figure C.2",
        rows_of(grid), notes(grid, seeds, steps), curves(grid),
        [picture(request, grid, *signals(seeds[0], steps))],
    )  # fmt: skip


def signals(seed: int, steps: int) -> tuple[Floats, Floats]:
    """x and w."""
    random = np.random.default_rng(seed)
    return slow_signal(random, steps, X_WIDTH), slow_signal(random, steps, W_WIDTH)


def scan(values: Floats, x: Floats, w: Floats) -> ErrorGrid:
    """Every pair of gains on one signal."""
    pairs = [(kp, kd) for kp, kd in product(values, values) if kp + kd > 0]
    found, true = estimate(x, w, pairs), x * w
    columns = (
        distance(without_rounding(x, w, pairs), true), distance(found.signal * w[:, None], true),
        distance(found.product, true), np.abs(found.spikes).mean(axis=0),
    )  # fmt: skip
    shape = (len(values), len(values))
    return ErrorGrid(values, *(np.concatenate([[np.nan], column]).reshape(shape) for column in columns))


def without_rounding(x: Floats, w: Floats, gains: Gains) -> Floats:
    """dec(enc(x) w) as plain arithmetic, [T, n]: only the weight's change makes it differ from x w."""
    kp, kd = np.array(gains).T
    made, z, last = [], np.zeros(len(gains)), 0.0
    for now, weight in zip(x, w):
        z = ((kp * now + kd * (now - last)) * weight + kd * z) / (kp + kd)
        last = now
        made.append(z)
    return np.array(made)


def distance(estimates: Floats, true: Floats) -> Floats:
    """1 - the cosine of each column and `true`, over time; 1 for a column of zeros."""
    sizes = np.linalg.norm(estimates, axis=0) * np.linalg.norm(true)
    cosine = np.divide(true @ estimates, sizes, out=np.zeros_like(sizes), where=sizes > 0)
    found: Floats = np.maximum(1 - cosine, 0)
    return found


# --- the table ---
def rows_of(grid: ErrorGrid) -> list[Row]:
    """The best of each budget and of the grid: among all points, with kp = 0, with kd = 0."""
    kp, kd = np.meshgrid(grid.values, grid.values, indexing="ij")
    among = {"kp and kd above 0": (kp > 0) & (kd > 0), "kp = 0": (kp == 0) & (kd > 0), "kd = 0": (kd == 0) & (kp > 0)}
    published = ("needed for a low error", "high, by the changing weight", "high, by quantization")
    made = []
    for budget in (*BUDGETS, None):
        within = np.isfinite(grid.full) if budget is None else grid.spikes <= budget
        for (name, points), claim in zip(among.items(), published):
            best_kp, best_kd, off, sent = grid.best(within & points)
            made.append({
                "spikes a step": "any number" if budget is None else f"{budget:g} at most", "points": name,
                "published distance": claim, "least distance": rounded(off, 3), "kp": rounded(best_kp, 3),
                "kd": rounded(best_kd, 3), "spikes": rounded(sent, 3),
            })  # fmt: skip
    return made


def notes(grid: ErrorGrid, seeds: list[int], steps: int) -> list[str]:
    """Settings, and where the best point lies."""
    kp, kd, off, sent = grid.best(np.isfinite(grid.full))
    edge = "at the edge" if grid.values[-1] in (kp, kd) else "inside"
    inside = [all(0 < gain < grid.values[-1] for gain in grid.best(grid.spikes <= b)[:2]) for b in BUDGETS]
    return [
        "published: heat maps and sentences, no numbers",
        f"x smoothed over {X_WIDTH}, w over {W_WIDTH}, {steps} steps, mean squares 1; means over {len(seeds)} signals, "
        f"seeds from {seeds[0]}; kp and kd: 0 and {len(grid.values) - 1} values from {grid.values[1]:g} to "
        f"{grid.values[-1]:g}; distance: 1 - cosine, over time",
        f"best of the whole grid: kp {kp:.3g}, kd {kd:.3g}, distance {off:.2g}, {sent:.3g} spikes a step: {edge}; "
        f"with a budget both gains are above 0 and below the greatest in {sum(inside)} of {len(inside)} cases",
    ]


def curves(grid: ErrorGrid) -> list[Row]:
    """A line a point of the grid."""
    return [
        {"kp": float(kp), "kd": float(kd)} | {name: float(getattr(grid, name)[i, j]) for name in ErrorGrid._fields[1:]}
        for (i, kp), (j, kd) in product(enumerate(grid.values), repeat=2)
        if kp + kd > 0
    ]


# --- the picture ---
def picture(request: Request, grid: ErrorGrid, x: Floats, w: Floats) -> Any:
    """As published: signals and products on top, four heat maps below them."""
    from matplotlib.colors import LogNorm

    figure, axs = panels(3, 2, 10.0, height_ratios=(0.7, 1, 1))
    _draw_signals(axs[0, 0], axs[0, 1], x, w, estimate(x, w, [SHOWN]))
    maps = (
        (axs[1, 0], grid.nonstationary, "Changing weight alone"), (axs[1, 1], grid.quantization, "Quantization alone"),
        (axs[2, 0], grid.full, "Both: the full approximation"), (axs[2, 1], grid.spikes, "Spikes a step"),
    )  # fmt: skip
    for ax, values, named in maps:
        norm, shades = (LogNorm(0.01, 10), "cividis") if values is grid.spikes else (LogNorm(1e-3, 1), "viridis_r")
        label = "spikes a step" if values is grid.spikes else "cosine distance from x w"
        mesh = _draw_map(ax, grid.values, np.maximum(values, 1e-9), norm=norm, cmap=shades)
        colour_bar(ax, mesh, label, extend="both" if values is grid.spikes else "min", location="bottom", aspect=30)
        heading(ax, named)
    _mark_best(axs[2, 0], grid)
    title(figure, "Figure C.2: a product with a changing weight, for many kp and kd")
    return save(figure, request.out / "pd-error.png")


def _draw_signals(top: Any, bottom: Any, x: Floats, w: Floats, found: Estimates) -> None:
    """The beginning of one signal, its spikes, its weight; the product and both estimates."""
    shown = slice(0, 250)
    spikes = found.spikes[shown, 0]
    at = np.flatnonzero(spikes)
    top.vlines(at, 0, spikes[at], color="k", lw=1, label="spikes s")
    top.plot(x[shown], color=BLUE, label="signal x")
    top.plot(w[shown], color=GREEN, ls="--", label="weight w")
    kp, kd = SHOWN
    bottom.plot((x * w)[shown], color=BLUE, lw=2, label="x w")
    unrounded = without_rounding(x, w, [SHOWN])[shown, 0]
    bottom.plot(unrounded, color="k", ls="--", lw=1.2, label="dec(enc(x) w)")
    bottom.plot(found.product[shown, 0], color=RED, lw=1.2, label="dec(Q(enc x) w)")
    heading(top, f"A signal, its spikes, a weight (kp {kp:g}, kd {kd:g})")
    heading(bottom, "Their product and its estimates")
    for ax in (top, bottom):
        low, high = ax.get_ylim()
        ax.set(xlabel="step", ylabel="value", ylim=(low, high + 0.4 * (high - low)))
        legend(ax, "upper left", ncols=2)
        plain(ax)


def _draw_map(ax: Any, values: Floats, z: Floats, **look: Any) -> Any:
    """kd to the right, kp upwards; the row and column of 0 stand apart, by one of no value."""
    ticks = [0.0, 0.01, 0.1, 1.0, 10.0]
    places = [_place(values, tick) for tick in ticks]
    ax.set(xlabel="kd", ylabel="kp")
    ax.set_xticks(places, [f"{tick:g}" if tick != ticks[1] else "" for tick in ticks])  # no room beside the 0
    ax.set_yticks(places, [f"{tick:g}" for tick in ticks])
    apart = np.insert(np.insert(z, 1, np.nan, axis=0), 1, np.nan, axis=1)
    return ax.imshow(apart, origin="lower", aspect="auto", **look)


def _place(values: Floats, value: float) -> float:
    """The position of a gain on the axes of a map."""
    return 2 + float(np.interp(np.log(value), np.log(values[1:]), np.arange(len(values) - 1))) if value else 0.0


def _mark_best(ax: Any, grid: ErrorGrid) -> None:
    """The best point of each budget."""
    marks = [(_place(grid.values, kp), _place(grid.values, kd), budget)
             for budget in BUDGETS for kp, kd, *_ in [grid.best(grid.spikes <= budget)]]  # fmt: skip
    ax.plot([kd for _, kd, _ in marks], [kp for kp, _, _ in marks], "o-", color="w", mec="k", ms=8, lw=1)
    for kp, kd, budget in marks:
        ax.annotate(f"{budget:g}", (kd, kp), (-9, 5), textcoords="offset points", ha="right", color="k", fontsize=NOTE,
                    bbox={"boxstyle": "round,pad=0.15", "fc": "w", "ec": "none", "alpha": 0.75})  # fmt: skip
    ax.text(2, 0.98 * len(grid.values), "○ best with so many\n    spikes a step", va="top", fontsize=NOTE,
            bbox={"boxstyle": "round", "fc": "w", "ec": "0.6"})  # fmt: skip
