"""Section 8.5.2, three hidden layers of 500: units of levels, with first weights of hidden blocks in several sizes, and
levels that grow finer."""

from __future__ import annotations

from typing import Any

import numpy as np

from eventnet.data import scale_pixels
from eventnet.engine.journal import going_on
from eventnet.errors import UnsettledError
from eventnet.models import EquilibriumNetwork
from eventnet.plotting.style import legend, plain, title
from eventnet.scenarios.reproductions.common.pictures import look, panels, save
from eventnet.scenarios.reproductions.common.report import (
    STUCK_NOTE,
    ReproductionReport,
    Request,
    Row,
    digits_for,
    listed,
    rows_of_all,
    stuck,
)
from eventnet.scenarios.reproductions.common.twin import TwinLesson, official_error, scored, twin_note

SIZES, BATCH, MOST = [784, 500, 500, 500, 10], 20, 20_000
OPTIONS: dict[str, Any] = {"beta": 1.0, "learning_rate": (0.128, 0.032, 0.008, 0.002)}
FINER = (8, 64)
VARIANTS = ((1.0, 64), (0.5, 64), (0.25, 64), (0.5, FINER))
"""Factors of the first weights of hidden blocks, and levels: of FINER, a phase has both in turn."""
COSTS = ("messages", "adds", "products", "learning adds", "learning products")
SEEN, QUICK_SEEN = [500 * k for k in range(1, 9)], [100, 200]
JUDGED, LOOKED_AT, QUICK_JUDGED = 2000, 500, 200
"""Test images, the first of all: at the end, of the curves before, and of a quick run."""


def train(data: str | None, scale: float, levels: Any, seed: int, seen: list[int], quick: bool) -> list[Row]:
    """Errors in percent after so many samples, and what one cost since the row before, up to one that does not rest."""
    d = digits_for(data, "author", embedded=quick)
    x, x_test = scale_pixels(d.x_train[: seen[-1]]), scale_pixels(d.x_test[:JUDGED])
    scales = (1.0, scale, scale, 1.0)
    made: dict[str, Any] = {
        "net": EquilibriumNetwork(SIZES, k=levels, scales=scales, most=MOST, seed=seed, **OPTIONS), "rows": [],
    }  # fmt: skip
    for k in going_on(made, len(seen), train, scale, levels, seed, quick):
        net, part = made["net"], slice(seen[k - 1] if k else 0, seen[k])
        row: Row = {"scale": scale, "levels": _levels(levels), "seed": seed, "samples": seen[k]}
        if made["rows"] and not made["rows"][-1]["rests"]:
            continue
        try:
            net.fit(x[part], d.y_train[part], batch=BATCH)
            cost = net.cost
            each = {
                "messages": cost.negative_messages + cost.positive_messages,
                "adds": cost.input_adds + cost.negative_adds + cost.positive_adds,
                "products": cost.input_products + cost.negative_products + cost.positive_products,
                "learning adds": cost.learning_adds, "learning products": cost.learning_products,
            }  # fmt: skip
            shown = slice(0, QUICK_JUDGED if quick else JUDGED if k + 1 == len(seen) else LOOKED_AT)
            error = 100 * (1 - net.score(x_test[shown], d.y_test[shown]))
            test = official_error(data, scored(net), JUDGED, quick) if k + 1 == len(seen) else None
            row |= {"rests": True, "error": error, "test": test} | {name: n / cost.samples for name, n in each.items()}
        except UnsettledError:
            row |= {"rests": False, "error": None, "test": None} | dict.fromkeys(COSTS)
        made["rows"].append(row)
    finished: list[Row] = made["rows"]
    return finished


def equilibrium_deep(request: Request) -> ReproductionReport:
    """Five seeds a variant; runs end at a sample that does not rest."""
    seen, seeds = (QUICK_SEEN if request.quick else SEEN), request.seeds(5)
    jobs = [(request.folder, scale, k, seed, seen, request.quick) for scale, k in VARIANTS for seed in seeds]
    curves = rows_of_all(train, jobs, request)
    rows = [_row(scale, _levels(k), curves, seen, len(seeds)) for scale, k in VARIANTS]
    shown = (
        "the embedded digits"
        if request.quick
        else f"MNIST's first, errors on the first {JUDGED:,} of the last 10,000, and of the official ones"
    )
    notes = [
        f"{'-'.join(map(str, SIZES))}, beta {OPTIONS['beta']:g}, learning rates "
        f"{listed(OPTIONS['learning_rate'])}, batch {BATCH}; {seen[-1]:,} samples of {shown}; seeds {listed(seeds)}; "
        "the batched form, not the engine",
        "levels: k, of a unit above 0; of two, a first phase comes to rest with the coarser ones, and goes on with the "
        "finer",
        f"first weights: Glorot, hidden blocks times the scale; a phase with more than {MOST:,} messages does not "
        "rest, in learning or in answering, and ends its run",
        twin_note(request, TwinLesson(SIZES, seen[-1], BATCH, 0.1, JUDGED), seeds),
        f"{STUCK_NOTE}, here the only one, of those that rest to the end",
        "adds and products a sample, of inputs and both phases, learning apart, over all samples; a pixel or a message "
        "of more than one level is a product and an add a weight; medians (least to most)",
        "published: 2.42 % (real states) and 3.65 % (bits) after 25 epochs; here less than a tenth of one",
    ]
    return ReproductionReport(
        "equilibrium-deep", "Three hidden layers of 500, by levels", "thesis, 8.5.2", rows, notes, curves,
        [_draw(request, curves)],
    )  # fmt: skip


def _levels(k: Any) -> str:
    return " then ".join(map(str, np.atleast_1d(k).tolist()))


def _row(scale: float, levels: str, curves: list[Row], seen: list[int], seeds: int) -> Row:
    mine = [row for row in curves if (row["scale"], row["levels"]) == (scale, levels)]
    ends = [row["seed"] for row in mine if row["samples"] == seen[-1] and row["rests"]]

    def median(values: list[float], form: str) -> str | None:
        return f"{np.median(values):{form}} ({min(values):{form}} to {max(values):{form}})" if values else None

    def means(key: str) -> list[float]:
        return [float(np.mean([row[key] for row in mine if row["seed"] == seed])) for seed in ends]

    last = [row for row in mine if row["samples"] == seen[-1] and row["rests"]]
    errors, tests = [row["error"] for row in last], [row["test"] for row in last if row["test"] is not None]
    return {
        "scale": scale, "levels": levels, "rest to the end": f"{len(ends)} of {seeds}",
        "stuck": stuck(errors) if errors else None,
        "error %": median(errors, ".1f"), "official %": median(tests, ".1f"),
        **{key: median(means(key), ",.0f") for key in COSTS},
    }  # fmt: skip


def _draw(request: Request, curves: list[Row]) -> Any:
    figure, (left, right) = panels(1, 2, 4.2)
    for k, (scale, levels) in enumerate(VARIANTS):
        mine = [row for row in curves if (row["scale"], row["levels"]) == (scale, _levels(levels)) and row["rests"]]
        at = sorted({row["samples"] for row in mine})
        for ax, key, unit in ((left, "error", 1.0), (right, "adds", 1e6)):
            medians = [np.median([row[key] for row in mine if row["samples"] == n]) / unit for n in at]
            ax.plot(at, medians, label=f"scale {scale:g}, k {_levels(levels)}{'' if at else ', none rests'}", **look(k))
    left.set(xlabel="samples", ylabel="error, %", ylim=(0, 100))
    right.set(xlabel="samples", ylabel="adds a sample, millions", ylim=(0, None))
    for ax in (left, right):
        legend(ax)
        plain(ax)
    title(figure, "Three hidden layers of 500, by levels: medians of runs that rest")
    return save(figure, request.out / "equilibrium-deep.png")
