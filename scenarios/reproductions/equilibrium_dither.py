"""How many levels learning needs, and whether dither stands in for some: MNIST by units of levels."""

from __future__ import annotations

from typing import Any

import numpy as np

from eventnet.data import scale_pixels
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
from eventnet.scenarios.shared.paired import paired_difference

SIZES, BATCH, LEVELS = [784, 500, 10], 20, (1, 2, 4, 8, 16, 32)
SAMPLES, QUICK_SAMPLES = 10_000, 200
COSTS = ("adds", "products", "second phase", "learning adds", "learning products")
NAMES = {False: "none", True: "dither"}


def train(data: str | None, seed: int, quick: bool) -> list[Row]:
    """Errors in percent for every number of levels, without and with dither, and what a sample cost."""
    d = digits_for(data, "author", embedded=quick)
    n = QUICK_SAMPLES if quick else SAMPLES
    x, x_val, rows = scale_pixels(d.x_train[:n]), scale_pixels(d.x_test), []
    for k in LEVELS:
        for dither in NAMES:
            net = EquilibriumNetwork(SIZES, k=k, dither=dither, seed=seed)
            cost: Any = net.fit(x, d.y_train[:n], batch=BATCH).cost
            each = {
                "adds": cost.negative_adds + cost.positive_adds,
                "products": cost.negative_products + cost.positive_products,
                "second phase": cost.positive_messages,
                "learning adds": cost.learning_adds, "learning products": cost.learning_products,
            }  # fmt: skip
            error = 100 * (1 - net.score(x_val, d.y_test))
            test = official_error(data, scored(net), len(x_val), quick)
            rows.append(
                {"k": k, "dither": dither, "seed": seed, "error": error, "test": test}
                | {name: each[name] / n for name in COSTS}
            )
    return rows


def equilibrium_dither(request: Request) -> ReproductionReport:
    """Five seeds; differences seed by seed."""
    seeds = request.seeds(5)
    curves = rows_of_all(train, [(request.folder, seed, request.quick) for seed in seeds], request)
    shown = (
        "the embedded digits"
        if request.quick
        else "MNIST's first, errors on the last 10,000, and on the official test images"
    )
    notes = [
        f"{'-'.join(map(str, SIZES))}, batch {BATCH}, beta 0.5, learning rates 0.1 and 0.05, "
        f"{QUICK_SAMPLES if request.quick else SAMPLES:,} samples of {shown}; seeds {listed(seeds)}; medians; "
        "the batched form, not the engine",
        twin_note(request, TwinLesson(SIZES, QUICK_SAMPLES if request.quick else SAMPLES, BATCH, 0.1), seeds),
        f"{STUCK_NOTE}, here the only one",
        "dither: what draws a unit is moved by up to half a level, anew for each sample, alike in both phases, in "
        "learning and in answering",
        "adds and products: of messages of both phases in learning, a sample, without the input's; a message of more "
        "than one level is a product and an add a weight, with k = 1 there is none; learning: of what is learned; "
        "second phase: messages that a target causes",
        "difference: mean over seeds, dither less none, with its interval of 95%",
    ]
    return ReproductionReport(
        "equilibrium-dither", "Levels and dither", "thesis, 8.5", [_row(k, curves) for k in LEVELS], notes, curves,
        [_draw(request, curves)],
    )  # fmt: skip


def _row(k: int, curves: list[Row]) -> Row:
    by_form = {
        dither: {row["seed"]: row for row in curves if (row["k"], row["dither"]) == (k, dither)} for dither in NAMES
    }
    with_it, without = ({seed: row["error"] for seed, row in by_form[dither].items()} for dither in (True, False))
    apart = paired_difference(with_it, without)
    row: Row = {"k": k}
    for dither, name in NAMES.items():
        for key, label in (("error", "error %"), ("test", "official %")):
            errors = [one[key] for one in by_form[dither].values() if one[key] is not None]
            found = f"{np.median(errors):.1f} ({min(errors):.1f} to {max(errors):.1f})" if errors else None
            row[f"{name}, {label}"] = found
    row["stuck, none and dither"] = " and ".join(
        stuck([one["error"] for one in by_form[dither].values()]) for dither in NAMES
    )
    row |= {"dither less none": f"{apart.mean:+.1f}", "95%": apart.ends("+.1f")}
    for key in COSTS:
        values = (np.median([one[key] for one in by_form[dither].values()]) for dither in NAMES)
        row[f"{key}, none and dither"] = " and ".join(f"{value:,.0f}" for value in values)
    return row


def _draw(request: Request, curves: list[Row]) -> Any:
    figure, (left, right) = panels(1, 2, 4.2)
    for n, (dither, name) in enumerate(NAMES.items()):
        mine = [row for row in curves if row["dither"] == dither]
        for ax, key in ((left, "error"), (right, "adds")):
            ax.plot(
                LEVELS, [np.median([row[key] for row in mine if row["k"] == k]) for k in LEVELS],
                label={"none": "no dither"}.get(name, name), **look(n),
            )  # fmt: skip
    for ax, label in ((left, "error, %"), (right, "adds of messages, a sample")):
        ax.set(xlabel="levels above 0, k", ylabel=label, xscale="log", yscale="log")
        ax.set_xticks(LEVELS, list(map(str, LEVELS)))
        legend(ax)
        plain(ax)
        ax.minorticks_off()
    left.set_yticks(ticks := [5, 10, 20, 50, 90], list(map(str, ticks)))
    right.set_yticks(adds := [2000, 3000, 5000, 7000], [f"{n:,}" for n in adds])
    title(figure, "Levels and dither: medians")
    return save(figure, request.out / "equilibrium-dither.png")
