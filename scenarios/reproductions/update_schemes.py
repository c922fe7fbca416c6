"""Figures 5.3 and 5.4: what a spike pays under the update rules, and the change by the time between two spikes.

5.3: `past` pays, at a spike, the area under the product of both decoded signals since the spike before it; `future`
pays the area that the spike itself will add. 5.4: a pair of spikes through the `stdp` rule, a synapse a lag, beside the
classic rule. Areas and the kernel are worked out from the spikes alone and share no code with the rules.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

import eventnet as en
from eventnet.learning import PairStdp, stdp_kernel
from eventnet.learning.proportional import PDInbox
from eventnet.learning.synapses import Stdp
from eventnet.plotting.style import BLACK, BLUE, GREEN, ORANGE, PURPLE, RED, heading, legend, plain, title
from eventnet.scenarios.reproductions.common.changing_weight import Floats
from eventnet.scenarios.reproductions.common.pictures import canvas, save
from eventnet.scenarios.reproductions.common.report import ReproductionReport, Request, Row, rounded
from eventnet.scenarios.reproductions.stdp_window import CURVE, MS, change_of
from eventnet.scenarios.reproductions.weight_updates import CASES, Followed, follow, signals

STEPS, REACH = 60, 20
GAINS = CASES[0].x
"""kp and kd of both sides."""


class Areas(NamedTuple):
    """Of one synapse, by step [T]: both decoded signals, and areas under their product.

    behind  since the spike before, on either side; 0 where there is none at this step
    ahead   what the spikes of this step add to all that follows
    """

    x: Floats
    e: Floats
    behind: Floats
    ahead: Floats


class PairWindow(NamedTuple):
    """Changes [n] by lag, e after x: as the kernel says, and as they came out."""

    name: str
    kernel: Floats
    measured: Floats


def update_schemes(request: Request) -> ReproductionReport:
    """Both figures."""
    found = follow(CASES[0], *signals(request.seed, 1, STEPS), STEPS)
    areas = areas_of(found.spikes["x"][:, 0], found.spikes["e"][:, 0])
    lags = np.arange(-REACH, REACH + 1, 5 if request.quick else 1)
    windows = pair_windows(lags)
    return ReproductionReport(
        "update-schemes", "Figures 5.3 and 5.4, what spikes pay and when", "thesis, figures 5.3, 5.4",
        [*paid_rows(found, areas), *window_rows(lags, windows)], notes(request.seed, lags),
        alike([*paid_curves(found, areas), *window_curves(lags, windows)]),
        [picture(request, found, areas, lags, windows)],
    )  # fmt: skip


def alike(rows: list[Row]) -> list[Row]:
    """With the columns of all of them."""
    columns = dict.fromkeys(name for row in rows for name in row)
    return [{name: row.get(name) for name in columns} for row in rows]


# --- figure 5.3 ------------------------------------------------------------------------------------------------------
def areas_of(x: NDArray[np.int64], e: NDArray[np.int64]) -> Areas:
    """From spikes of both sides by step."""
    alpha, beta = GAINS[1] / sum(GAINS), 1 / sum(GAINS)
    made = Areas(*(np.zeros(len(x)) for _ in range(4)))
    x_now = e_now = owed = 0.0
    for t in range(len(x)):
        before = alpha * x_now * alpha * e_now
        x_now, e_now = alpha * x_now + beta * x[t], alpha * e_now + beta * e[t]
        if x[t] or e[t]:
            made.behind[t], owed = owed, 0.0
        made.ahead[t] = (x_now * e_now - before) / (1 - alpha**2)
        owed += x_now * e_now
        made.x[t], made.e[t] = x_now, e_now
    return made


def paid(found: Followed, rule: str) -> Floats:
    """The weight change that a rule makes at each step at the synapse, [T]."""
    whole: Floats = found.change[rule][:, 0, 0]
    return np.diff(whole, prepend=0.0)


def paid_rows(found: Followed, areas: Areas) -> list[Row]:
    """A line a rule: the payment at the spike of the picture, and the largest difference of any from its area."""
    at, rows = shown_spike(found), []
    spiking = (found.spikes["x"][:, 0] != 0) | (found.spikes["e"][:, 0] != 0)
    for rule, area, what in (
        ("past", areas.behind, "the area since the spike before"), ("future", areas.ahead, "the area a spike adds"),
        ("stdp", areas.ahead, "the area a spike adds"),
    ):  # fmt: skip
        off = np.abs(paid(found, rule) - area)
        rows.append({
            "figure": "5.3", "rule": rule, "published": f"a spike pays {what}", "spikes": int(spiking.sum()),
            "at": f"step {at}", "measured": rounded(float(paid(found, rule)[at]), 6),
            "area or kernel": rounded(float(area[at]), 6), "largest difference": rounded(off.max(), 2),
        })  # fmt: skip
    return rows


def shown_spike(found: Followed) -> int:
    """The spike of the error whose areas the picture shows: that with the largest of those that `past` pays by then."""
    spikes, areas = found.spikes, areas_of(found.spikes["x"][:, 0], found.spikes["e"][:, 0])
    size = np.where(spikes["e"][: found.steps, 0] != 0, np.abs(areas.behind[: found.steps]), -1.0)
    return int(size.argmax())


def paid_curves(found: Followed, areas: Areas) -> list[Row]:
    """One line a step."""
    return [
        {"figure": "5.3", "curve": "by step", "x": t}
        | {f"spikes {side}": int(found.spikes[side][t, 0]) for side in "xe"}
        | {"decoded x": float(areas.x[t]), "decoded e": float(areas.e[t])}
        | {"area behind": float(areas.behind[t]), "area ahead": float(areas.ahead[t])}
        | {rule: float(paid(found, rule)[t]) for rule in ("recon", "past", "future", "stdp")}
        for t in range(len(areas.x))
    ]


# --- figure 5.4 ------------------------------------------------------------------------------------------------------
def pair_windows(lags: NDArray[np.int64]) -> list[PairWindow]:
    """One spike on each side: of the same sign, of opposite signs, and the classic rule."""
    alpha, beta = GAINS[1] / sum(GAINS), 1 / sum(GAINS)
    kernel = beta**2 / (1 - alpha**2) * alpha ** np.abs(lags)
    same, opposite = (pair_changes(lags, sign) for sign in (1, -1))
    classic = change_of(lags, np.zeros(len(lags)), PairStdp, bounds=None, **CURVE)
    return [
        PairWindow("same signs", kernel, same), PairWindow("opposite signs", -kernel, opposite),
        PairWindow("classic rule", stdp_kernel(lags * MS, **CURVE), classic),
    ]  # fmt: skip


def pair_changes(lags: NDArray[np.int64], sign: int) -> Floats:
    """Weight changes by a spike of x at one step and one of e, of this sign, so many steps later: a synapse a lag.

    The rate is -1: weights move by the sum of the gradients.
    """
    n, (kp, kd), middle = len(lags), GAINS, REACH
    net = en.Network("float64")
    code_x, code_e = (net.add(en.PDEncoder(net.weights(np.zeros((1, n))), kp=kp, kd=kd)) for _ in range(2))
    inbox_x, inbox_e = net.add(PDInbox(n)), net.add(PDInbox(n))
    for code, inbox in ((code_x, inbox_x), (code_e, inbox_e)):
        net.connect(code.out, inbox.spikes)
    joins = inbox_x, code_x, inbox_e, code_e
    update = net.add(Stdp(en.Geometry.dense(n, n), net.weights(np.zeros((n, n))), *joins, rate=-1.0))
    simulation = en.Simulation(net)
    for t in range(2 * REACH + 1):
        spikes = [(t, inbox_x.spikes, k, 1) for k in range(n) if t == middle]
        spikes += [(t, inbox_e.spikes, int(k), sign) for k in np.flatnonzero(middle + lags == t)]
        simulation.inject([*spikes, (t, update.tick, 0, 1)])
        simulation.run()
    made: Floats = np.diag(simulation[update].array("w")).copy()
    return made


SHOWN = (-5, 0, 5)


def window_rows(lags: NDArray[np.int64], windows: list[PairWindow]) -> list[Row]:
    """A line a curve and lag."""
    return [
        {
            "figure": "5.4", "rule": window.name, "published": None if "classic" in window.name else "g, up to scale",
            "spikes": 2, "at": f"lag {lag}", "measured": rounded(float(window.measured[lags == lag][0]), 6),
            "area or kernel": rounded(float(window.kernel[lags == lag][0]), 6),
            "largest difference": rounded(float(np.abs(window.measured - window.kernel).max()), 2),
        }
        for window in windows for lag in SHOWN
    ]  # fmt: skip


def window_curves(lags: NDArray[np.int64], windows: list[PairWindow]) -> list[Row]:
    """One line a lag."""
    return [
        {
            "figure": "5.4", "curve": window.name, "x": int(lag), "kernel": float(window.kernel[k]),
            "measured": float(window.measured[k]),
        }
        for window in windows for k, lag in enumerate(lags)
    ]  # fmt: skip


def notes(seed: int, lags: NDArray[np.int64]) -> list[str]:
    """Settings."""
    return [
        "published: pictures, no numbers",
        f"kp and kd of both sides: {GAINS}; float64; 5.3: one synapse, {STEPS} steps, seed {seed}, then silence and a "
        "last spike of x; measured is what the rule pays at the spike of e that the picture shows",
        "the areas are sums over the spikes alone: of the product of the decoded signals since the spike before, up to "
        "the step before this one; and of what this spike adds to the product from now on, if no other came",
        f"5.4: {len(lags)} lags from {lags[0]} to {lags[-1]} steps (ms for the classic rule), a pair of spikes at a "
        "synapse of its own each; nothing is random",
        "the kernel is k_beta^2 k_alpha^|lag| / (1 - k_alpha^2): (5.13) as printed lacks the factor "
        "k_beta / (1 - k_alpha^2), without which the rules do not sum up to the same",
    ]


# --- the picture -----------------------------------------------------------------------------------------------------
def picture(
    request: Request, found: Followed, areas: Areas, lags: NDArray[np.int64], windows: list[PairWindow]
) -> Any:  # fmt: skip
    """Above figure 5.3, below figure 5.4."""
    figure = canvas(9.6)
    grid = figure.add_gridspec(4, 3, height_ratios=(1, 1, 1.3, 1.2))
    top = [figure.add_subplot(grid[row, :]) for row in range(3)]
    for ax, side, decoded in zip(top, "xe", (areas.x, areas.e)):
        _draw_side(ax, found, side, decoded)
    _draw_areas(top[2], found, areas)
    for ax, window, colour in zip((figure.add_subplot(grid[3, k]) for k in range(3)), windows, (BLUE, RED, BLACK)):
        ax.axhline(0, color="#999999", lw=0.8)
        for shown in (lags < 0, lags > 0) if "classic" in window.name else (lags == lags,):
            ax.plot(lags[shown], window.kernel[shown], color=colour, lw=1.2)
        ax.plot(lags, window.measured, "o", color=colour, ms=3)
        heading(ax, window.name)
        ax.set(xlabel="e after x, steps" if "signs" in window.name else "post after pre, ms")
        plain(ax)
    figure.axes[3].set_ylabel("change of the weight")
    title(figure, "What a spike pays, and the change by the time between two spikes")
    return save(figure, request.out / "update-schemes.png")


def _draw_side(ax: Any, found: Followed, side: str, decoded: Floats) -> None:
    spikes = found.spikes[side][: found.steps, 0]
    at = np.flatnonzero(spikes)
    ax.vlines(at, 0, spikes[at], color=BLACK, lw=1.6, zorder=3, label=f"spikes of {side}")
    ax.plot(found.signals[side][:, 0], color=BLUE, lw=1.4, label=side)
    ax.plot(decoded[: found.steps], color=RED, lw=1.3, drawstyle="steps-post", label=f"decoded {side}")
    ax.set(ylabel={"x": "input x", "e": "error e"}[side], ylim=(None, 1.6 * ax.get_ylim()[1]))
    ax.set_xlim(0, found.steps)
    legend(ax, "upper left", ncols=3)
    plain(ax)


def _draw_areas(ax: Any, found: Followed, areas: Areas) -> None:
    """True gradient, that of the decoded signals, and the two areas of one spike."""
    at, steps, alpha = shown_spike(found), found.steps, GAINS[1] / sum(GAINS)
    product, t = (areas.x * areas.e)[:steps], np.arange(steps)
    spiking = np.flatnonzero((found.spikes["x"][:at, 0] != 0) | (found.spikes["e"][:at, 0] != 0))
    since = int(spiking[-1]) if len(spiking) else 0
    ahead = areas.ahead[at] * (1 - alpha**2) * alpha ** (2 * np.arange(steps - at))
    before = product[at] - ahead[0]
    without = before * alpha ** (2 * np.arange(steps - at))
    ax.fill_between(t[since : at + 1], product[since : at + 1] * (t[since : at + 1] < at), step="post", color=ORANGE,
                    alpha=0.6, label=f"paid by past at step {at}")  # fmt: skip
    ax.fill_between(t[at:], without, without + ahead, step="post", color=PURPLE, alpha=0.35, label="paid by future")
    ax.plot(t, found.signals["x"][:, 0] * found.signals["e"][:, 0], color=GREEN, lw=1.3, label="true gradient")
    ax.plot(t, product, color=RED, lw=1.3, drawstyle="steps-post", label="of decoded signals")
    ax.axvline(at, color=BLACK, lw=0.8, ls=":")
    ax.set(xlabel="step", ylabel="gradient of the weight", xlim=(0, steps), ylim=(None, 2 * ax.get_ylim()[1]))
    legend(ax, "upper left", ncols=2)
    plain(ax)
