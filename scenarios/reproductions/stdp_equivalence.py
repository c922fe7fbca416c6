"""Figure 6.5: a weight moved by reconstructed activity and its change, and by STDP on the spikes alone."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from eventnet.learning import Side, dynamic_kernel, sum_online, sum_over_pairs
from eventnet.neurons.predictive import QUANTIZERS
from eventnet.plotting.style import BLACK, BLUE, GREEN, ORANGE, RED, heading, legend, plain, title
from eventnet.scenarios.reproductions.common.changing_weight import Floats, slow_signal
from eventnet.scenarios.reproductions.common.pictures import panels, save
from eventnet.scenarios.reproductions.common.predictive_coding import Coded, code, slope
from eventnet.scenarios.reproductions.common.report import ReproductionReport, Request, Row, rounded

ALPHA, WIDTH, MEAN, SIZE = 0.9, 12.0, 4.0, 1.2
"""A spike a step or none follows signals from 0 to 1 / (1 - alpha) = 10 quanta; noise smoothed over WIDTH steps."""

RAMP = 50
"""Steps over which a signal grows from 0 and falls to it, slowly enough to be followed: beyond the ends all is 0."""

TAIL = 400
"""Silent steps at the end, in which the reconstructions die away: 0.9^(2 * 400) is below 1e-36."""


class LearnedPair(NamedTuple):
    """One pair of neurons: signals, spikes, reconstructions, and the weight as each rule moves it, [T]."""

    coded: Coded
    unquantized: Floats
    dynamics: Floats
    stdp: Floats
    pairs: float

    @property
    def steps(self) -> int:
        """Steps before the tail."""
        return len(self.stdp) - TAIL


def stdp_equivalence(request: Request) -> ReproductionReport:
    """Pairs of random signals, by each quantizer."""
    seeds = request.seeds(50, quick=4)
    steps = 300
    found = {q: [learn(seed, steps, q) for seed in seeds] for q in QUANTIZERS}
    shown = found["threshold"][0]
    return ReproductionReport(
        "stdp-equivalence", "Figure 6.5, dynamics-based learning is STDP", "thesis, figure 6.5",
        [row(quantizer, pairs) for quantizer, pairs in found.items()], notes(seeds, steps), curves(shown),
        [picture(request, shown)],
    )  # fmt: skip


def learn(seed: int, steps: int, quantizer: str) -> LearnedPair:
    """A pre- and a postsynaptic signal, coded by the engine; the weight by three rules."""
    random = np.random.default_rng(seed)
    x = np.zeros((steps + TAIL, 2))
    for j in range(2):
        x[:steps, j] = np.clip(MEAN + SIZE * slow_signal(random, steps, WIDTH), 0.0, None)
    grown = np.sin(np.linspace(0, np.pi / 2, RAMP)) ** 2
    x[:RAMP] *= grown[:, None]
    x[steps - RAMP : steps] *= grown[::-1, None]
    coded = code(x, ALPHA, quantizer=quantizer, seed=seed)
    pre, post = coded.spikes.T
    side = Side(1 / (2 * ALPHA), ALPHA)
    return LearnedPair(
        coded,
        np.cumsum(x[:, 0] * slope(x[:, 1])),
        np.cumsum(coded.known[:, 0] * slope(coded.known[:, 1])),
        sum_online(pre, post, after=side, before=Side(-side.size, ALPHA)),
        sum_over_pairs(pre, post, lambda lag: dynamic_kernel(lag, ALPHA)),
    )


def row(quantizer: str, found: list[LearnedPair]) -> Row:
    """Means and largest values over seeds."""
    apart = [abs(f.dynamics[-1] - f.stdp[-1]) for f in found]
    online = [abs(f.stdp[-1] - f.pairs) for f in found]
    learned = [abs(f.coded.learned[0, 1] - f.pairs) for f in found]
    with_dynamics, with_stdp = (
        np.array([likeness(getattr(f, kind)[: f.steps], f.unquantized[: f.steps]) for f in found])
        for kind in ("dynamics", "stdp")
    )
    ends = np.array([(f.unquantized[-1], f.dynamics[-1]) for f in found])
    return {
        "quantizer": quantizer,
        "Δw unquantized, rms": round(float(np.sqrt(np.mean(ends[:, 0] ** 2))), 2),
        "dynamics - unquantized, rms": round(float(np.sqrt(np.mean((ends[:, 1] - ends[:, 0]) ** 2))), 2),
        "largest |dynamics - STDP| at the end": rounded(max(apart), 2),
        "largest |two traces - all pairs|": rounded(max(online), 2),
        "largest |DynamicStdp - all pairs|": rounded(max(learned), 2),
        "correlation with unquantized: dynamics": round(float(with_dynamics.mean()), 3),
        "correlation with unquantized: STDP": round(float(with_stdp.mean()), 3),
        "spikes a step": round(float(np.mean([f.coded.spikes.sum() / (2 * f.steps) for f in found])), 3),
    }  # fmt: skip


def likeness(found: Floats, wanted: Floats) -> float:
    """Correlation of two trajectories."""
    return float(np.corrcoef(found, wanted)[0, 1])


def notes(seeds: list[int], steps: int) -> list[str]:
    """Settings."""
    return [
        "published: a picture, no numbers; its caption says that dynamics and STDP arrive at the exact same value in "
        "the end, and that dynamics closely match unquantized learning on the way",
        f"alpha = {ALPHA}, {steps} steps, then {TAIL} of silence; signals are noise smoothed over {WIDTH:g} steps, "
        f"mean {MEAN:g} and deviation {SIZE:g} quanta, faded in and out over {RAMP} steps; {len(seeds)} pairs, seeds "
        f"from {seeds[0]}; float64",
        "dynamics: the sum of R_i(t) (R_j(t + 1) - R_j(t - 1)) / 2; STDP: sign(t) α^|t| / (2 α) for each pair of "
        "spikes, as a sum over all pairs, by two traces, and as what a weight has learned that DynamicStdp moves",
        "correlations are of whole trajectories before the silence, means over the pairs of signals",
    ]


def curves(shown: LearnedPair) -> list[Row]:
    """One line a step."""
    coded = shown.coded
    return [
        {
            "t": t, "pre": float(coded.x[t, 0]), "pre spikes": int(coded.spikes[t, 0]),
            "pre decoded": float(coded.known[t, 0]), "post": float(coded.x[t, 1]),
            "post spikes": int(coded.spikes[t, 1]), "post decoded": float(coded.known[t, 1]),
            "unquantized": float(shown.unquantized[t]), "dynamics": float(shown.dynamics[t]),
            "stdp": float(shown.stdp[t]),
        }
        for t in range(len(shown.stdp))
    ]  # fmt: skip


def picture(request: Request, shown: LearnedPair) -> Any:
    """Rows as published: the two neurons, rates of change of the second, the weight."""
    figure, axs = panels(4, 1, 8.6, sharex=True)
    end = shown.steps + 40
    for j, (ax, name) in enumerate(zip(axs, ("i, presynaptic", "j, postsynaptic"))):
        at = np.flatnonzero(shown.coded.spikes[:end, j])
        ax.vlines(at, 0, 0.8, color=BLACK, lw=0.9, label="spikes")
        ax.plot(shown.coded.x[:end, j], color=BLUE, lw=1.8, label="activation h")
        ax.step(range(end), shown.coded.known[:end, j], where="post", color=RED, lw=1, label="reconstruction")
        heading(ax, f"Neuron {name}: {len(at)} spikes")
        ax.set_ylabel("quanta")
    axs[2].plot(slope(shown.coded.x[:, 1])[:end], color=BLUE, lw=1.8, label="of the activation")
    axs[2].plot(slope(shown.coded.known[:, 1])[:end], color=RED, lw=0.8, alpha=0.8, label="of the reconstruction")
    heading(axs[2], "Rate of change of j")
    axs[2].set_ylabel("quanta a step")
    axs[3].plot(shown.unquantized[:end], color=BLUE, lw=1.8, label="unquantized")
    axs[3].plot(shown.dynamics[:end], color=ORANGE, lw=1.4, label="of reconstructions")
    axs[3].plot(shown.stdp[:end], color=GREEN, lw=1.1, label="STDP on spikes")
    axs[3].plot([end - 1], [shown.pairs], "o", mfc="none", mec=BLACK, ms=8, label="all pairs of spikes")
    heading(axs[3], "Weight from i to j")
    axs[3].set_ylabel("quanta²")
    for ax in axs:
        plain(ax)
        ax.margins(x=0.01)
        legend(ax, "above")
    axs[-1].set_xlabel("step")
    title(figure, "Figure 6.5: dynamics-based learning, and STDP on the spikes that are sent")
    return save(figure, request.out / "stdp-equivalence.png")
