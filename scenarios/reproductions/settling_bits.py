"""Figure 8.2: how soon networks that send a bit a step come near to where a network of real states settles."""

from __future__ import annotations

from typing import Any

import numpy as np

from eventnet.models.equilibrium_spiking import SpikingForm, SpikingStates, schedule
from eventnet.models.equilibrium_states import Energy, glorot
from eventnet.models.shared import Floats
from eventnet.plotting.style import legend, plain, title
from eventnet.scenarios.reproductions.common.pictures import look, panels, save
from eventnet.scenarios.reproductions.common.report import ReproductionReport, Request, Row, rounded, rows_of_all

SIZES, QUICK_SIZES = [500, 500, 10], [60, 60, 10]
BETA, EPSILON, CONVERGED, SAMPLES = 0.5, 0.5, 1000, 20
ROOT = schedule(1.0, 0.5)
EPS, LAM = schedule(0.775, 0.313), schedule(0.67, 0.578)
FORMS: dict[str, SpikingForm] = {
    "1/sqrt(t)": SpikingForm(eps=ROOT),
    "eps .775/t^.313, lam .67/t^.578": SpikingForm(eps=EPS, lam=LAM),
    "the same, decoded with its own lam": SpikingForm(eps=EPS, lam=LAM, matched=True),
    "OSA .0503": SpikingForm(nu_bar=0.0503),
    "OSA .0411, lam .206": SpikingForm(nu_bar=0.0411, lam=schedule(0.206)),
    "OSA .108, lam .39/t^.45": SpikingForm(nu_bar=0.108, lam=schedule(0.39, 0.45)),
    "stochastic, 1/sqrt(t)": SpikingForm("stochastic", eps=ROOT),
    "stochastic, OSA .0503": SpikingForm("stochastic", nu_bar=0.0503),
    "threshold, 1/sqrt(t)": SpikingForm("threshold", eps=ROOT),
    "eps .5": SpikingForm(eps=schedule(0.5)),
    "eps 1/t": SpikingForm(eps=schedule(1.0, 1.0)),
}
"""Forms of the figure (the first, second, fourth, fifth and sixth), and encoders and steps of its text."""


def settle(name: str, seed: int, sizes: list[int], half: int) -> list[Row]:
    """The distance from the fixed point after each step, in a form of the figure."""
    found = distances(FORMS[name], seed, sizes, half, SAMPLES).mean(axis=1)
    return [{"form": name, "seed": seed, "t": t, "error": float(error)} for t, error in enumerate(found, 1)]


def distances(form: SpikingForm, seed: int, sizes: list[int], half: int, samples: int = 1) -> Floats:
    """Mean |s - s*| over units and samples, [2 half, layers but the input], after each step: a phase of `half` steps,
    then one with targets."""
    rng = np.random.default_rng(seed)
    weights = glorot(sizes, rng, "float64")
    biases: list[Floats] = [np.zeros(n) for n in sizes[1:]]
    x, target = rng.random((samples, sizes[0])), np.eye(sizes[-1])[rng.integers(sizes[-1], size=samples)]
    energy = Energy(weights, biases)
    fixed = energy.settle(x, [np.zeros((samples, n)) for n in sizes[1:]], CONVERGED, EPSILON)
    made, found = SpikingStates(x, weights, biases, form, seed), np.zeros((2 * half, len(weights)))
    for t in range(2 * half):
        if t == half:
            fixed = energy.settle(x, fixed, CONVERGED, EPSILON, target=target, beta=BETA)
        states = made.run(1, target=target if t >= half else None, beta=BETA)
        found[t] = [np.abs(a - b).mean() for a, b in zip(states, fixed, strict=True)]
    return found


def settling_bits(request: Request) -> ReproductionReport:
    """Six random networks in every form, with twenty samples each; means and medians over networks."""
    sizes, half = (QUICK_SIZES, 50) if request.quick else (SIZES, 250)
    seeds = request.seeds(6)
    jobs = [(name, seed, sizes, half) for name in FORMS for seed in seeds]
    curves = rows_of_all(settle, jobs, request)
    moments = [2 * half * k // 10 for k in (2, 5, 7, 10)]
    of_moments: dict[tuple[str, int], list[float]] = {}
    for row in curves:
        of_moments.setdefault((row["form"], row["t"]), []).append(row["error"])
    means = {place: float(np.mean(errors)) for place, errors in of_moments.items()}
    rows = [_row(name, {t: of_moments[name, t] for t in moments}) for name in FORMS]
    best = {t: min(FORMS, key=lambda name: means[name, t]) for t in (half, 2 * half)}
    notes = [
        f"{'-'.join(map(str, sizes))}, Glorot, no biases, x uniform in 0 to 1; one-hot targets nudge by beta = "
        f"{BETA} after {half} steps; {len(seeds)} networks, seeds from {request.seed}, {SAMPLES} samples each; "
        "the batched form, not the engine",
        f"error: mean |s - s*| of each layer, then of both layers, as the published program has it; s* of real states "
        f"after {CONVERGED} steps of {EPSILON}",
        "a moment's first column: the mean over networks; its second: their median (least to most)",
        f"least error: at {half} {best[half]}; at {2 * half} {best[2 * half]}",
        "published: curves, of which the sentence says that OSA with predictive coding is best; the caption says "
        "perturbed at 100, the program 250, as here",
    ]
    return ReproductionReport(
        "settling-bits", "Figure 8.2, settling with a bit a step", "thesis, figure 8.2", rows, notes,
        [
            {"form": name, "t": t, "error": means[name, t], "median": float(np.median(errors)), "least": min(errors),
             "most": max(errors)}
            for (name, t), errors in of_moments.items()
        ],
        [_draw(request, means, half)],
    )  # fmt: skip


def _row(name: str, of_moments: dict[int, list[float]]) -> Row:
    """A form's errors by network at each moment: their mean, and their median with its range."""
    row: Row = {"form": name}
    for t, errors in of_moments.items():
        median, least, most = (rounded(value, 2) for value in (np.median(errors), min(errors), max(errors)))
        row |= {f"t = {t}": rounded(np.mean(errors), 3), f"t = {t}, median": f"{median} ({least} to {most})"}
    return row


def _draw(request: Request, means: dict[tuple[str, int], float], half: int) -> Any:
    figure, ax = panels(1, 1, 5.6)
    steps = np.arange(1, 2 * half + 1)
    for k, name in enumerate(list(FORMS)[:7]):
        options = look(k) | {"marker": ""}
        ax.plot(steps, [means[name, int(t)] for t in steps], label=name, linewidth=1.6, **options)
    ax.set(xlabel="steps", ylabel="mean |s - s*|, of layers", yscale="log")
    legend(ax, "above", ncols=2)
    plain(ax)
    title(figure, f"Figure 8.2: settling with a bit a step, nudged after {half}")
    return save(figure, request.out / "settling-bits.png")
