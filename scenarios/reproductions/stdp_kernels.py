"""Figure 6.4: the kernels of chapter 6, their closed forms beside what decoded pairs of spikes give."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from eventnet.learning import difference_kernel, dynamic_kernel, predictive_kernel, symmetric_kernel
from eventnet.plotting.style import BLUE, RED, heading, legend, plain, title
from eventnet.scenarios.reproductions.common.changing_weight import Floats
from eventnet.scenarios.reproductions.common.pictures import panels, save
from eventnet.scenarios.reproductions.common.predictive_coding import code, slope
from eventnet.scenarios.reproductions.common.report import ReproductionReport, Request, Row, rounded

ALPHA, REACH = 0.85, 20
"""The thesis does not say with which alpha its figure is drawn."""

TAIL = 240
"""Steps after the last spike: 0.85^(2 * 240) is below 1e-33, so that the sums are whole to rounding."""


class Kernel(NamedTuple):
    """A kernel [2 REACH + 1] by lag: as published, as measured."""

    name: str
    formula: str
    published: Floats
    measured: Floats


def stdp_kernels(request: Request) -> ReproductionReport:
    """Encode, send and decode a spike for each lag; sum products of what was decoded over time."""
    lags = np.arange(-REACH, REACH + 1)
    kernels = measure(lags)
    rows: list[Row] = [
        {
            "kernel": k.name, "published": k.formula,
            **{f"at {lag}": round(float(k.measured[REACH + lag]), 4) + 0.0 for lag in (-2, -1, 0, 1, 2)},
            "largest difference": rounded(np.abs(k.published - k.measured).max(), 2),
        }
        for k in kernels
    ]  # fmt: skip
    curves: list[Row] = [
        {"t": int(lag)} | {f"{k.name}, {kind}": float(v[j]) for k in kernels for kind, v in
                           (("published", k.published), ("measured", k.measured))}
        for j, lag in enumerate(lags)
    ]  # fmt: skip
    notes = [
        f"alpha = {ALPHA} (the thesis names none); lags of {REACH} steps each way; nothing is random",
        "decoding: one spike through a PredictiveEncoder and a PDDecoder; symmetric and dynamic: sums over time of "
        f"R_i(t) R_j(t) and of R_i(t) (R_j(t + 1) - R_j(t - 1)) / 2 for a pair of spikes at each lag, {TAIL} steps on",
        "learned: what a weight that DynamicStdp moves has become by that pair of spikes",
    ]
    return ReproductionReport(
        "stdp-kernels", "Figure 6.4, kernels of predictive coding", "thesis, figure 6.4", rows, notes, curves,
        [picture(request, lags, kernels)],
    )  # fmt: skip


def measure(lags: NDArray[np.int64]) -> list[Kernel]:
    """One unit a lag, which spikes once; the unit of lag 0 is the presynaptic one."""
    x = np.zeros((2 * REACH + 1 + TAIL, len(lags)))
    x[REACH + lags, np.arange(len(lags))] = 1.0
    coded = code(x, ALPHA)
    if coded.spikes.sum() != len(lags) or np.any(coded.spikes != x):
        raise AssertionError("each unit has to spike once, at its lag")
    pre = coded.known[:, REACH]
    return [
        Kernel("decoding", "α^t for t >= 0", predictive_kernel(lags, ALPHA), pre[: 2 * REACH + 1]),
        Kernel("symmetric", "α^|t| / (1 - α²)", symmetric_kernel(lags, ALPHA), pre @ coded.known),
        Kernel("Δ", "1/2 at -1, -1/2 at 1", difference_kernel(lags), slope(x[: 2 * REACH + 1, [REACH]])[:, 0]),
        Kernel("dynamic STDP", "sign(t) α^|t| / (2 α)", dynamic_kernel(lags, ALPHA), pre @ slope(coded.known)),
        Kernel("dynamic STDP, learned", "the same", dynamic_kernel(lags, ALPHA), coded.learned[REACH]),
    ]


def picture(request: Request, lags: NDArray[np.int64], kernels: list[Kernel]) -> Any:
    """Four rows, as published, and what was learned: a bar a lag for what was measured, a ring for the closed form."""
    figure, axs = panels(len(kernels), 1, 8.6, sharex=True)
    for ax, kernel in zip(axs, kernels):
        ax.axhline(0, color="#999999", lw=0.8)
        ax.vlines(lags, 0, kernel.measured, color=BLUE, lw=2.2, label="measured")
        ax.plot(lags, kernel.published, "o", mfc="none", mec=RED, ms=5, label=f"published: {kernel.formula}")
        heading(ax, kernel.name)
        ax.margins(y=0.15)
        ax.set_ylabel("value")
        plain(ax)
        legend(ax, "above")
    axs[-1].set_xlabel("lag t, steps")
    title(figure, f"Figure 6.4: kernels for α = {ALPHA}")
    return save(figure, request.out / "stdp-kernels.png")
