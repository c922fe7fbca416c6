"""Digits in continuous time, thesis 9.2 to 9.6: learned by spikes at predicted times; beside Euler's operations."""

from __future__ import annotations

from typing import Any

import numpy as np

from eventnet.engine.journal import going_on
from eventnet.models import ContinuousEquilibriumNetwork
from eventnet.models.equilibrium_states import Energy
from eventnet.models.shared import Floats
from eventnet.plotting.style import GREY, heading, legend, plain, title
from eventnet.scenarios.reproductions.common.pictures import look, panels, save
from eventnet.scenarios.reproductions.common.report import (
    ReproductionReport,
    Request,
    Row,
    digits_for,
    listed,
    rows_of_all,
)
from eventnet.scenarios.reproductions.common.twin import TwinLesson, official_error, pixels, scored, twin_note

SIDE, SIZES, LAM, SPAN, RATES = 14, [196, 100, 10], 0.3, 40.0, (0.01, 0.005)
EVERY, SAMPLES, JUDGED, LOOKED_AT = 1000, 10_000, 2000, 400
QUICK_EVERY = 50
"""Samples of a part and in all; test images at the end and of the curve, the first of all."""
BETA, AWAY = 0.5, (-0.25, 0.5)
ALL_EVERY, ALL_SAMPLES, ALL_JUDGED = 10_000, 150_000, 10_000
"""The same of all of MNIST, three times, with a target that is never off and rates halved after each epoch."""
KINDS = ("input_adds", "synaptic_adds", "neuron_adds", "learning_adds", "multiplies")
EULER_PRODUCTS, EULER_ADDS = 5, 7
"""Of a unit and step: v -= dt lam v; s += dt eps (v + b - s); a = s + s'/lam; phi += dt a; the mean of s."""
STEPS = (0.1, 0.01, 0.001)


def train(data: str | None, seed: int, beta: Any, every: int, samples: int, judged: int, quick: bool) -> list[Row]:
    """Errors in percent after each part, by spikes and by real states with the same weights; what a sample cost.

    judged: images at the end and after each epoch; LOOKED_AT at other parts.
    """
    d = digits_for(data, "author", embedded=quick)
    x, x_test = pixels(d.x_train[:samples], SIDE), pixels(d.x_test[:judged], SIDE)
    epoch = len(d.x_train)
    net = ContinuousEquilibriumNetwork(
        SIZES, lam=LAM, duration=(SPAN, SPAN), learning_rate=RATES, beta=beta, seed=seed
    )  # fmt: skip
    made: dict[str, Any] = {"net": net, "rows": []}
    for k in going_on(made, samples // every, train, seed, beta, every, quick):
        net, seen = made["net"], (k + 1) * every
        net.learning_rate = tuple(rate * 0.5 ** (k * every // epoch) for rate in RATES)
        at = np.arange(seen - every, seen) % len(x)
        tally: Any = net.fit(x[at], d.y_train[at]).tally
        counts, whole = tally.totals(), seen == samples or seen % epoch == 0
        row: Row = {"beta": str(beta), "seed": seed, "samples": seen, "whole": whole, "spikes": tally.spikes / every}
        row |= {name: counts[name] / every for name in KINDS}
        shown = slice(0, judged if whole else LOOKED_AT)
        labels = d.y_test[shown]
        row["error"] = 100 * (1 - net.score(x_test[shown], labels))
        row["at rest"] = 100 * float(np.mean(at_rest(net, x_test[shown]).argmax(axis=1) != labels))
        row["test"] = None
        if whole:
            row["test"] = official_error(data, scored(net, side=SIDE), judged, quick)
        made["rows"].append(row)
    finished: list[Row] = made["rows"]
    return finished


def at_rest(net: ContinuousEquilibriumNetwork, x: Floats) -> Floats:
    """Outputs of the same weights with real states, after 600 steps of 0.1."""
    zero = [np.zeros((len(x), n)) for n in net.sizes[1:]]
    return Energy(net.weights, net.biases).settle(x, zero, 600, 0.1)[-1]


def euler(dt: float) -> tuple[float, float]:
    """Products and adds a sample, both phases, of Euler's steps alone; rows of spikes cost the same in both."""
    steps = sum(SIZES[1:]) * 2 * SPAN / dt
    return EULER_PRODUCTS * steps, EULER_ADDS * steps


def continuous_digits(request: Request) -> ReproductionReport:
    """Five seeds, 10,000 samples each; then three that learn all of MNIST three times."""
    every, seeds = (QUICK_EVERY if request.quick else EVERY), request.seeds(5)
    samples = 2 * every if request.quick else SAMPLES
    jobs: list[tuple[Any, ...]] = [
        (request.folder, seed, BETA, every, samples, JUDGED, request.quick) for seed in seeds
    ]
    more = (every, samples, JUDGED) if request.quick else (ALL_EVERY, ALL_SAMPLES, ALL_JUDGED)
    jobs += [(request.folder, seed, AWAY, *more, request.quick) for seed in request.seeds(3)]
    found = rows_of_all(train, jobs, request)
    curves = [row for row in found if row["beta"] == str(BETA)]
    ends = [row for row in found if row["whole"]]
    last = [row for row in curves if row["samples"] > samples - 2 * every]
    products = float(np.mean([row["multiplies"] for row in last]))
    shown = "the embedded digits" if request.quick else "MNIST's first"
    notes = [
        f"{'-'.join(map(str, SIZES))}, means of 2 x 2 pixels, lam = eps = {LAM}, phases of {SPAN:g} and {SPAN:g} units "
        f"of time, means over their second halves, learning rates {listed(RATES)}, a sample a time; "
        f"{samples:,} of {shown}; errors on the first {JUDGED:,} of the last 10,000, and of the official ones; "
        f"seeds {listed(seeds)}; rates chosen on seed 100",
        twin_note(request, TwinLesson(SIZES, samples, 1, 0.01, JUDGED, SIDE), seeds),
        f"beta {AWAY}: a target that nudges away from itself in the first phase and is never off while the network "
        f"learns; rates are halved after each epoch, and errors are of {more[2]:,} images",
        "beside these: " + twin_note(request, TwinLesson(SIZES, more[1], 1, 0.01, more[2], SIDE), request.seeds(3)),
        "at rest: real states with the same weights, 600 steps of 0.1",
        "spikes, adds and products a sample of learning, both phases, over the last two parts; neuron adds and "
        "products bring units to the present and predict",
        *(
            f"Euler, dt {dt:g}: {p:,.0f} products and {a:,.0f} adds a sample for the units"
            for dt in STEPS
            for p, a in [euler(dt)]
        ),
        f"as many products as here: dt {euler(1.0)[0] / products:.2g}",
    ]
    return ReproductionReport(
        "continuous-digits", "Digits in continuous time", "thesis, 9.2 to 9.6",
        [_row(row, found) for row in ends], notes, found, [_draw(request, curves, products)],
    )  # fmt: skip


def _row(end: Row, found: list[Row]) -> Row:
    like = (end["beta"], end["seed"])
    mine = [row for row in found if (row["beta"], row["seed"]) == like and row["samples"] <= end["samples"]][-2:]
    return {
        "beta": end["beta"], "seed": end["seed"], "samples": end["samples"],
        "error %": round(end["error"], 2),
        "official %": None if end["test"] is None else round(end["test"], 2), "at rest %": round(end["at rest"], 2),
        **{name.replace("_", " "): f"{np.mean([row[name] for row in mine]):,.0f}" for name in ("spikes", *KINDS)},
    }  # fmt: skip


def _draw(request: Request, curves: list[Row], products: float) -> Any:
    figure, (left, right) = panels(1, 2, 4.2)
    at = sorted({row["samples"] for row in curves})
    for k, (key, label) in enumerate((("error", "spikes"), ("at rest", "real states, same weights"))):
        left.plot(at, [np.median([r[key] for r in curves if r["samples"] == n]) for n in at], label=label, **look(k))
    shown = "samples" if request.quick else f"samples (judged by {LOOKED_AT} images, at last by {JUDGED:,})"
    left.set(xlabel=shown, ylabel="error, %", yscale="log")
    left.set_yticks(ticks := [10, 20, 50], list(map(str, ticks)))
    left.minorticks_off()
    heading(left, "errors, medians over seeds")
    steps = np.geomspace(0.001, 1, 50)
    right.plot(steps, [euler(dt)[0] for dt in steps], label="Euler, units alone", **(look(0) | {"marker": ""}))
    right.axhline(products, color=GREY, linestyle="--", label="events")
    right.set(xlabel="dt", ylabel="products a sample", xscale="log", yscale="log")
    heading(right, "cost")
    for ax in (left, right):
        legend(ax)
        plain(ax)
    title(figure, "Digits of 14 x 14 in continuous time")
    return save(figure, request.out / "continuous-digits.png")
