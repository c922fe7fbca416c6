"""Figure 8.1: how one neuron follows the bits of inputs that converge, beside one that hears their values."""

from __future__ import annotations

from typing import Any

import numpy as np

from eventnet.models.equilibrium_spiking import SpikingForm, SpikingStates, schedule
from eventnet.models.equilibrium_states import Energy
from eventnet.models.shared import Floats
from eventnet.plotting.style import BLUE, ORANGE, heading, legend, plain, title
from eventnet.scenarios.reproductions.common.pictures import look, panels, save
from eventnet.scenarios.reproductions.common.report import ReproductionReport, Request, Row, rounded, rows_of_all
from eventnet.scenarios.shared.paired import mean_interval

INPUTS, STEPS, LAST, EPSILON = 3, 100, 20, 0.5
EPS, LAM = schedule(0.775, 0.313), schedule(0.67, 0.578)
FORMS: dict[str, SpikingForm] = {
    "eps and lam anneal, the figure's": SpikingForm(eps=EPS, lam=LAM),
    "eps anneals, lam 1": SpikingForm(eps=EPS),
    "eps and lam constant, 0.2": SpikingForm(eps=schedule(0.2), lam=schedule(0.2)),
    "eps 0.5, lam 1": SpikingForm(eps=schedule(EPSILON)),
}
"""Step sizes and predictive coding: the schedules of figure 8.2, and what is left without one or both."""


def values(rng: np.random.Generator) -> Floats:
    """Values [steps, inputs] that swing into their fixed points: where they begin, where they end, how fast."""
    start, end = rng.random((2, INPUTS))
    t = np.arange(1, STEPS + 1)[:, None]
    swing = np.exp(-t / rng.uniform(8, 25, INPUTS)) * np.cos(t / rng.uniform(4, 12, INPUTS))
    made: Floats = np.clip(end + (start - end) * swing, 0, 1)
    return made


def follow_all(name: str, seeds: list[int]) -> list[Row]:
    """The rows of `follow` for each seed, one after the other."""
    return [row for seed in seeds for row in follow(name, seed)]


def follow(name: str, seed: int) -> list[Row]:
    """A row a step: values and bits of inputs, their weighted sums, and the neuron's state beside that of one that
    receives values (8.3)."""
    rng, form = np.random.default_rng(seed), FORMS[name]
    x = values(rng)
    weights, biases = [rng.uniform(0.1, 0.6, (INPUTS, 1)) * rng.choice([-1, 1, 1], (INPUTS, 1))], [np.full(1, 0.2)]
    heard, energy = SpikingStates(x[:1], weights, biases, form), Energy(weights, biases)
    real: list[Floats] = [np.zeros((1, 1))]
    rows: list[Row] = []
    for t in range(1, STEPS + 1):
        heard.x = x[t - 1 : t]
        before = x[max(t - 2, 0) : max(t - 1, 1)] * (t > 1)  # as bits, values are those of the step before
        real = energy.settle(before, real, 1, EPSILON)
        state = heard.run(1)[0].item()
        rows.append({
            "form": name, "seed": seed, "t": t, "eps": form.eps(t) if form.eps else None, "lam": form.lam(t),
            **{f"input {n}": value for n, value in enumerate(x[t - 1].tolist(), 1)},
            **{f"bit {n}": int(bit) for n, bit in enumerate(heard.bits[0][0], 1)},
            "sum of values": (before @ weights[0]).item(), "decoded sum of bits": heard.v[0].item(),
            "state, values": real[0].item(), "state, bits": state,
        })  # fmt: skip
    return rows


def binary_neuron(request: Request) -> ReproductionReport:
    """The figure for one neuron, and its distances for many."""
    seeds = request.seeds(100, quick=10)
    curves = rows_of_all(follow_all, [(name, seeds) for name in FORMS], request)
    notes = [
        f"{INPUTS} inputs, {STEPS} steps; eps .775/t^.313 and lam .67/t^.578, as in figure 8.2; the other neuron takes "
        f"steps of {EPSILON} (8.3); the batched form, not the engine",
        f"distance: mean |s - s of values| over steps; mean over {len(seeds)} neurons (95%, Student's t), seeds from "
        f"{request.seed}: other inputs, weights of 0.1 to 0.6, a third of them negative on average, bias 0.2",
        "picture and curves: the first seed",
        "published: a picture of one neuron; its inputs and schedules are not in the text",
    ]
    return ReproductionReport(
        "binary-neuron", "Figure 8.1, a neuron that hears bits", "thesis, figure 8.1",
        [_row(name, curves) for name in FORMS], notes, [row for row in curves if row["seed"] == request.seed],
        [_draw(request, [row for row in curves if row["seed"] == request.seed])],
    )  # fmt: skip


def _row(name: str, curves: list[Row]) -> Row:
    mine = [row for row in curves if row["form"] == name]
    far = np.array([abs(row["state, bits"] - row["state, values"]) for row in mine]).reshape(-1, STEPS)
    spans = {f"steps 1 to {LAST}": slice(0, LAST), f"the last {LAST}": slice(STEPS - LAST, STEPS)}
    bits = np.mean([row[f"bit {n}"] for row in mine for n in range(1, INPUTS + 1)])
    return {
        "form": name, **{span: _interval(far[:, steps].mean(axis=1)) for span, steps in spans.items()},
        "bits that are 1": f"{100 * bits:.0f} %",
    }  # fmt: skip


def _interval(values: Floats) -> str:
    """The mean over neurons, and its interval of 95%."""
    found = mean_interval(values.tolist())
    return f"{rounded(found.mean, 3)} ({found.ends('.3g')})"


def _draw(request: Request, curves: list[Row]) -> Any:
    shown = [row for row in curves if row["form"] == next(iter(FORMS))]
    t = [row["t"] for row in shown]
    figure, (inputs, sums, annealed, states) = panels(
        4, 1, 9.5, sharex=True, gridspec_kw={"height_ratios": [1.5, 1, 0.8, 1]}
    )

    def line(ax: Any, name: str, **options: Any) -> None:
        ax.plot(t, [row[name] for row in shown], linewidth=1.8, **options)

    for n in range(1, INPUTS + 1):
        line(inputs, f"input {n}", color=look(n - 1)["color"], label=f"input {n}")
        ones = [row["t"] for row in shown if row[f"bit {n}"]]
        inputs.plot(ones, [-0.07 * n] * len(ones), "|", color=look(n - 1)["color"], markersize=7)
    for name, colour in (("sum of values", ORANGE), ("decoded sum of bits", BLUE)):
        line(sums, name, color=colour, label=name)
    for name, colour in (("eps", BLUE), ("lam", ORANGE)):
        line(annealed, name, color=colour, label=name)
    for name, colour in (("state, values", ORANGE), ("state, bits", BLUE)):
        line(states, name, color=colour, label=name.replace("state, ", "of "))
    names = ("inputs; ticks are bits that are 1", "what the neuron is given", "step size and lam", "the neuron's state")
    for ax, name in zip((inputs, sums, annealed, states), names, strict=True):
        heading(ax, name)
        legend(ax, "right")
        plain(ax)
    states.set(xlabel="steps")
    title(figure, "Figure 8.1: a neuron that hears bits of inputs that converge")
    return save(figure, request.out / "binary-neuron.png")
