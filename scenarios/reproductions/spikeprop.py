"""SpikeProp, thesis 2.2 and Bohte, Kok and La Poutré (2000): exclusive or by times of single spikes."""

from __future__ import annotations

from typing import Any

import numpy as np

from eventnet.plotting.style import GREY, heading, legend, plain, title
from eventnet.scenarios.reproductions.common.exclusive_or import ENOUGH, INPUTS, SETTINGS, TARGETS, network
from eventnet.scenarios.reproductions.common.pictures import look, panels, save
from eventnet.scenarios.reproductions.common.report import ReproductionReport, Request, Row, rows_of_all
from eventnet.scenarios.shared.paired import mean_interval


def lesson(setting: str, epochs: int, seed: int) -> list[Row]:
    """The sum of squared errors by epoch, until it is small enough."""
    net = network(setting, seed)
    made = net.fit(INPUTS, TARGETS, epochs, enough=ENOUGH)
    answers = net.predict(INPUTS)
    right = bool((np.abs(answers - TARGETS) < 1.0).all())  # NaN is not
    adds = 0 if net.tally is None else net.tally.adds
    return [
        {
            "setting": setting, "seed": seed, "epoch": epoch, "error": float(error), "silent": int(silent),
            "right": right, "adds": adds,
        }
        for epoch, (error, silent) in enumerate(zip(made.errors, made.silent, strict=True), start=1)
    ]  # fmt: skip


def spikeprop(request: Request) -> ReproductionReport:
    """How many of ten seeds learn, in how many epochs, in several settings."""
    epochs, seeds = (20 if request.quick else 1000), request.seeds(10, quick=2)
    settings = list(SETTINGS)[-1:] if request.quick else list(SETTINGS)
    curves = rows_of_all(lesson, [(name, epochs, seed) for name in settings for seed in seeds], request)
    rows = [row_of(name, [row for row in curves if row["setting"] == name], seeds) for name in settings]
    notes = [
        "network 3-5-1, 16 delays of 1 to 16 ms a synapse, threshold 50, kernel x / tau exp(1 - x / tau), window 50 "
        "ms, ticks of 2^-32 ms; one hidden unit begins inhibitory where nothing else is said; weights drawn from 1 to "
        "10, with tau 3 ms from 0 to 6; s' counts as 1 a ms at least; weights of silent units move up by 0.1",
        "coding: an input of 1 spikes at 0 ms, of 0 at 6 ms, a third input always at 0 ms; the output is to spike at "
        "10 ms where the inputs differ, else at 16 ms",
        f"learned: the sum of squared errors of the four patterns fell below {ENOUGH:g} ms^2 within {epochs:,} epochs; "
        f"{len(seeds)} seeds from {request.seed}; rates and tau 3 ms were chosen on seeds 100 to 105",
    ]
    name = "Exclusive or by times of single spikes"
    source = "Bohte, Kok and La Poutré (2000), thesis 2.2"
    picture = _curves(request, curves, settings, epochs)
    return ReproductionReport("spikeprop", name, source, rows, notes, curves, [picture])


def row_of(name: str, curves: list[Row], seeds: list[int]) -> Row:
    """Seeds that learned, and the epochs that they took."""
    ends = [[row for row in curves if row["seed"] == seed][-1] for seed in seeds]
    taken = [row["epoch"] for row in ends if row["error"] < ENOUGH]
    own = mean_interval(taken) if len(taken) > 1 else None
    return {
        "setting": name, "learned": f"{len(taken)} of {len(seeds)}",
        "epochs, published": 250, "median epochs": float(np.median(taken)) if taken else None,
        "mean, 95%": None if own is None else own.ends(".0f"), "most": max(taken, default=None),
        "within 1 ms afterwards": sum(row["right"] for row in ends),
        "median error at the end": round(float(np.median([row["error"] for row in ends])), 2),
        "silent, median": float(np.median([sum(r["silent"] for r in curves if r["seed"] == s) for s in seeds])),
    }  # fmt: skip


def _curves(request: Request, curves: list[Row], settings: list[str], epochs: int) -> Any:
    figure, (left, right) = panels(1, 2, 4.6)
    for k, name in enumerate(settings):
        own = [row for row in curves if row["setting"] == name]
        first = [row for row in own if row["seed"] == request.seed]
        ends = sorted(row["epoch"] for row in own if row["error"] < ENOUGH)
        seeds = len({row["seed"] for row in own})
        line = {"color": look(k)["color"], "linestyle": look(k)["linestyle"]}
        left.plot([row["epoch"] for row in first], [row["error"] for row in first], linewidth=1.2, **line)
        share = np.arange(len(ends) + 1) / seeds
        right.step([1, *ends, epochs], [*share, share[-1]], where="post", label=name, **line)
    left.axhline(ENOUGH, color=GREY, linestyle=":", linewidth=1)
    left.set(xscale="log", yscale="log", xlabel="epochs", ylabel="sum of squared errors, ms²", xlim=(1, epochs))
    right.set(xscale="log", xlabel="epochs", ylabel="share of seeds that have learned", xlim=(1, epochs))
    right.set_ylim(-0.03, 1.5)
    right.set_yticks(np.linspace(0, 1, 6))
    heading(left, "one seed; learned below 1 ms²")
    heading(right, "all seeds")
    legend(right, "upper left")
    for ax in (left, right):
        plain(ax)
    title(figure, "SpikeProp learns exclusive or")
    return save(figure, request.out / "spikeprop.png")
