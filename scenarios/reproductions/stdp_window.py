"""Figures 1.4 and 6.1: how far a weight moves, by the time between two spikes, run pair by pair through the engine.

Each lag has a synapse of its own on the diagonal of one weight block, and its pair of spikes; what a rule does to the
weight between them is its window. Beside it, how the change depends on the weight, and what a rule of triplets makes of
many pairs at a rate, beside measurements in cortex.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

import eventnet as en
from eventnet.learning import (
    DynamicStdp,
    PairStdp,
    TraceTarget,
    TripletStdp,
    dynamic_kernel,
    stdp_kernel,
)
from eventnet.plotting.style import BLACK, BLUE, GREEN, ORANGE, RED, heading, legend, plain, title
from eventnet.scenarios.reproductions.common.changing_weight import Floats
from eventnet.scenarios.reproductions.common.pictures import canvas, save
from eventnet.scenarios.reproductions.common.report import ReproductionReport, Request, Row, rounded

MS = 1000
"""Ticks."""

REACH = 100
"""Lags to each side, in ms."""

CURVE: dict[str, Any] = {"a_plus": 0.8, "a_minus": 0.3, "tau_plus": 16.8 * MS, "tau_minus": 33.7 * MS}
"""Time constants fitted to the points of figure 1.4 (Pfister and Gerstner 2006); sizes chosen, the figure has none."""

ALPHA = 0.95
"""For each ms, of the dynamic rule; the thesis names none."""

TARGET, TRACE = 0.2, 20 * MS

TRIPLETS: dict[str, Any] = {
    "a2_plus": 5e-10, "a3_plus": 6.2e-3, "a2_minus": 7e-3, "a3_minus": 2.3e-4, "tau_plus": 16.8 * MS,
    "tau_x": 101 * MS, "tau_minus": 33.7 * MS, "tau_y": 125 * MS, "bounds": None,
}  # fmt: skip
"""Visual cortex, all pairs (Pfister and Gerstner 2006, table 4)."""

RATES = (0.1, 10.0, 20.0, 40.0, 50.0)
MEASURED = {
    -10: ((-0.29, -0.41, -0.34, 0.56, 0.75), (0.08, 0.11, 0.10, 0.32, 0.19)),
    10: ((-0.04, 0.14, 0.29, 0.53, 0.56), (0.05, 0.10, 0.14, 0.11, 0.26)),
}
"""By lag in ms: mean change and its standard error at each rate (Sjoestroem, Turrigiano and Nelson 2001)."""

PAIRS = 60


class Window(NamedTuple):
    """Changes [n] by lag: as the formula says, as they came out."""

    rule: str
    formula: str
    published: Floats
    measured: Floats


def stdp_window(request: Request) -> ReproductionReport:
    """All windows, dependences and rates."""
    lags = np.arange(-REACH, REACH + 1, 10 if request.quick else 1)
    found = windows(lags)
    weights = np.linspace(0, 1, 6 if request.quick else 21)
    rooms = {mu: by_weight(weights, mu) for mu in (0.0, 0.5, 1.0)}
    rates = {lag: np.array([many_pairs(lag, hertz) for hertz in RATES]) for lag in MEASURED}
    return ReproductionReport(
        "stdp-window", "Figures 1.4 and 6.1, change of a weight by the time between spikes", "thesis, figures 1.4, 6.1",
        rows_of(lags, found, rates), notes(lags), curves(lags, found, weights, rooms, rates),
        [picture(request, lags, found, weights, rooms, rates)],
    )  # fmt: skip


# --- one pair a synapse ----------------------------------------------------------------------------------------------
def change_of(lags: NDArray[np.int64], weights: Floats, rule: Any, **options: Any) -> Floats:
    """The change of each of these weights by one pair of spikes at its lag, [n]. lags: [n], ms."""
    n, net = len(lags), en.Network("float64")
    block = net.weights(np.diag(weights))
    if rule is TraceTarget:
        seen = net.add(en.LastSpikes(n))
        update: Any = net.add(rule(block, seen, **options))
        pre = seen.spikes
    else:
        update = net.add(rule(block, **options))
        pre = update.pre
    feed = [(200 * MS, pre, k, 1) for k in range(n)]
    feed += [(int(200 + lag) * MS, update.post, k, 1) for k, lag in enumerate(lags)]
    after = en.simulate(net, sorted(feed, key=lambda spike: spike[0])).weights(block)
    change: Floats = np.diag(after) - weights
    return change


def windows(lags: NDArray[np.int64]) -> list[Window]:
    """Four rules; weights begin at 0 where they have no bounds, else at 1/2."""
    nothing, half = np.zeros(len(lags)), np.full(len(lags), 0.5)
    curve = stdp_kernel(lags * MS, **CURVE)
    trace = np.where(lags >= 0, np.exp(-np.abs(lags) * MS / TRACE), 0.0) - TARGET
    return [
        Window(
            "pairs (6.3)", "a+ exp(-dt / tau+), -a- exp(dt / tau-), 0 at 0", curve,
            change_of(lags, nothing, PairStdp, bounds=None, **CURVE),
        ),
        Window(
            "pairs, multiplicative", "as above, times 1 - w or w", 0.5 * curve,
            change_of(lags, half, PairStdp, mu=1.0, **CURVE),
        ),
        Window(
            "dynamic (6.12)", "sign(dt) α^|dt| / (2 α)", dynamic_kernel(lags, ALPHA),
            change_of(lags, nothing, DynamicStdp, alpha=ALPHA, step=MS),
        ),
        Window(
            "trace target", "(x - x_target) times the room that is left", 0.5 * trace,
            change_of(lags, half, TraceTarget, tau=TRACE, rate=1.0, target=TARGET),
        ),
    ]  # fmt: skip


def by_weight(weights: Floats, mu: float) -> dict[int, Floats]:
    """Changes at -10 and 10 ms, by what the weight was."""
    small = CURVE | {"a_plus": 0.1, "a_minus": 0.1}
    return {
        lag: change_of(np.full(len(weights), lag), weights, PairStdp, mu=mu, **small) for lag in (-10, 10)
    }  # fmt: skip


def many_pairs(lag: int, hertz: float) -> float:
    """The change of one weight after many pairs at a rate, by triplets."""
    net, every = en.Network("float64"), round(1e6 / hertz)
    update = net.add(TripletStdp(net.weights([[0.0]], "w"), **TRIPLETS))
    feed = [
        (200 * MS + every * k + late, port, 0, 1)
        for k in range(PAIRS) for late, port in ((0, update.pre), (lag * MS, update.post))
    ]  # fmt: skip
    return float(en.simulate(net, sorted(feed, key=lambda spike: spike[0])).weights("w")[0, 0])


# --- the table -------------------------------------------------------------------------------------------------------
SHOWN = (-40, -10, 0, 10, 40)


def rows_of(lags: NDArray[np.int64], found: list[Window], rates: dict[int, Floats]) -> list[Row]:
    """A line a rule, and one a rate."""
    rows: list[Row] = []
    for window in found:
        at = {f"at {lag} ms": round(float(window.measured[lags == lag][0]), 4) + 0.0 for lag in SHOWN}
        off = float(np.abs(window.measured - window.published).max())
        rows.append({"rule": window.rule, "published": window.formula, **at, "largest difference": rounded(off, 2)})
    for k, hertz in enumerate(RATES):
        published = " and ".join(f"{MEASURED[lag][0][k]} ± {MEASURED[lag][1][k]:.2f}" for lag in MEASURED)
        row: Row = {"rule": f"triplets, {PAIRS} pairs at {hertz:g} Hz", "published": published}
        row |= {f"at {lag} ms": round(float(rates[lag][k]), 3) if lag in rates else None for lag in SHOWN}
        rows.append(row | {"largest difference": None})
    return rows


def notes(lags: NDArray[np.int64]) -> list[str]:
    """Settings."""
    return [
        "published: curves without numbers; the lines say their formulas. Triplets: changes measured in visual cortex "
        "(Sjoestroem, Turrigiano and Nelson 2001) at -10 and 10 ms, means and standard errors",
        f"{len(lags)} lags from {lags[0]} to {lags[-1]} ms, each a pair of spikes at a synapse of its own; float64; "
        "nothing is random",
        f"a+ = {CURVE['a_plus']}, a- = {CURVE['a_minus']}, tau+ = 16.8 ms, tau- = 33.7 ms; alpha = {ALPHA} a ms; a "
        f"trace of 20 ms, target {TARGET}, rate 1; multiplicative rules begin at w = 1/2 and go from 0 to 1",
        "triplets: constants published for visual cortex, all pairs (Pfister and Gerstner 2006)",
    ]


def curves(
    lags: NDArray[np.int64], found: list[Window], weights: Floats, rooms: dict[float, dict[int, Floats]],
    rates: dict[int, Floats],
) -> list[Row]:  # fmt: skip
    """One line a point of the picture."""
    made: list[Row] = []
    for w in found:
        made += [
            {"curve": w.rule, "x": int(lag), "published": float(w.published[k]), "measured": float(w.measured[k])}
            for k, lag in enumerate(lags)
        ]
    for mu, by_lag in rooms.items():
        for lag, change in by_lag.items():
            made += [
                {"curve": f"mu = {mu:g}, {lag} ms, by weight", "x": float(x), "published": None, "measured": float(y)}
                for x, y in zip(weights, change)
            ]
    for lag, change in rates.items():
        made += [
            {"curve": f"triplets, {lag} ms, by Hz", "x": hertz, "published": MEASURED[lag][0][k], "measured": float(y)}
            for k, (hertz, y) in enumerate(zip(RATES, change))
        ]
    return made


# --- the picture -----------------------------------------------------------------------------------------------------
def picture(
    request: Request, lags: NDArray[np.int64], found: list[Window], weights: Floats,
    rooms: dict[float, dict[int, Floats]], rates: dict[int, Floats],
) -> Any:  # fmt: skip
    """Windows to the left; to the right how they depend on the weight, and on the rate."""
    figure = canvas(6.0)
    grid = figure.add_gridspec(2, 2, width_ratios=(1.3, 1))
    ax = figure.add_subplot(grid[:, 0])
    for window, colour, marker in zip(found, (BLUE, GREEN, RED, ORANGE), "os^D"):
        for side in (lags < 0, lags > 0):
            ax.plot(lags[side], window.published[side], color=colour, lw=1.4)
        ax.plot(lags, window.measured, marker, color=colour, ms=3, label=window.rule)
    ax.axhline(0, color="#999999", lw=0.8)
    ax.axvline(0, color="#999999", lw=0.8)
    ax.set(xlabel="post after pre, ms", ylabel="change of the weight", ylim=(None, 1.45 * ax.get_ylim()[1]))
    heading(ax, "One pair of spikes (lines: formulas)")
    legend(ax, "upper left")
    ax = figure.add_subplot(grid[0, 1])
    for (mu, by_lag), colour, dash in zip(rooms.items(), (BLACK, BLUE, RED), ("-", "--", "-.")):
        for lag, change in by_lag.items():
            ax.plot(weights, change, color=colour, linestyle=dash, lw=1.5, label=f"mu = {mu:g}" if lag > 0 else None)
    ax.axhline(0, color="#999999", lw=0.8)
    ax.set(xlabel="weight before", ylabel="change at ±10 ms")
    heading(ax, "By the weight")
    _legend_below(ax)
    ax = figure.add_subplot(grid[1, 1])
    for lag, colour, marker in zip(MEASURED, (RED, BLUE), "so"):
        mean, error = MEASURED[lag]
        ax.errorbar(RATES, mean, error, fmt=marker, color=colour, ms=4.5, capsize=3, lw=1)
        ax.plot(RATES, rates[lag], color=colour, linestyle="--" if lag < 0 else "-", lw=1.5, label=f"{lag} ms")
    ax.axhline(0, color="#999999", lw=0.8)
    ax.set(xlabel="pairs a second", ylabel=f"change after {PAIRS} pairs")
    heading(ax, "Triplets; cortex (points)")
    _legend_below(ax)
    for ax in figure.axes:
        plain(ax)
    title(figure, "Change of a weight by the times of spikes")
    return save(figure, request.out / "stdp-window.png")


def _legend_below(ax: Any) -> None:
    """A legend in one line below all data."""
    low, high = ax.get_ylim()
    ax.set_ylim(low - 0.25 * (high - low), high)
    legend(ax, "lower center", ncols=3, columnspacing=1, handlelength=1.8)
