"""Proportional-derivative networks whose codes decay by shifts, beside exact decays and conventional twins."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from eventnet.models import PDNetwork
from eventnet.plotting.style import BLUE, GREEN, NOTE, ORANGE, plain, title
from eventnet.scenarios.reproductions.common.learning_energy import MEMORY, pd_cost, twin_cost
from eventnet.scenarios.reproductions.common.pictures import panels, save
from eventnet.scenarios.reproductions.common.report import (
    ReproductionReport,
    Request,
    Row,
    in_parallel,
)
from eventnet.scenarios.reproductions.pd_depth import data_of
from eventnet.scenarios.reproductions.pd_mnist import RATE, SIZES
from eventnet.scenarios.shared.paired import mean_interval, paired_difference

SEEDS, PASSES, QUICK_SAMPLES, EMBEDDED = 5, 3, 200, 1000
DIGITS, MNIST, TEMPORAL = "embedded digits", "MNIST", "temporal MNIST"
EXACT, SHIFTS, TWIN, SKIPPING = "PD, exact", "PD, shifts", "twin", "twin, zeros skipped"
COST = ("k adds", "k products", "k checks", "nJ, operations", "nJ, everything", "nJ, checks too", "k words",
        "nJ, words too")  # fmt: skip


def pd_shifts(request: Request) -> ReproductionReport:
    """Five seeds, three passes over each set of data; accuracy after the third and what a sample of it cost."""
    request.out.mkdir(parents=True, exist_ok=True)
    names = [DIGITS] if request.quick or request.data is None else [DIGITS, MNIST, TEMPORAL]
    samples = QUICK_SAMPLES if request.quick else EMBEDDED
    if TEMPORAL in names:
        data_for(TEMPORAL, request.folder, samples, str(request.out))  # ordered once, and kept there
    keys = [
        (variant, name, seed) for variant in (EXACT, SHIFTS, TWIN) for name in names for seed in request.seeds(SEEDS)
    ]
    jobs = [(*key, request.folder, samples, str(request.out)) for key in keys]
    curves = [row for rows in in_parallel(learned, jobs, request) for row in rows]
    rows = [row_of(variant, name, curves) for name in names for variant in (EXACT, SHIFTS, TWIN, SKIPPING)]
    notes = [
        f"784-200-10, rule past, learning rate {RATE}, adaptive scales (eta 0.001), float32, one sample a step in file "
        f"order; {len(request.seeds(SEEDS))} seeds from {request.seed}; all columns are of pass {PASSES}, costs a "
        f"sample; {DIGITS}: {samples:,} of the 2,000 to learn from, all 1,000 to test",
        "exact: kp 0.1, kd 1, alpha 0.909; shifts: alpha 1 - 2^-4 - 2^-5 = 0.906, scales are powers of two, a shift "
        "counts as an add",
        "accuracy of PD: with its states, from rest over the test set; "
        "minus exact: seed by seed, with intervals of 95% by Student's t",
        "energy is an estimate at Horowitz's int32 prices. Operations: of the published count alone, adds of PD, "
        "multiply-adds of a twin; everything: all adds and products; checks too: with an addition for each comparison; "
        f"words too: everything, and weights read and written and the product that `past` keeps beside each, in "
        f"{MEMORY} of memory (50 pJ a word)",
        "twin: every product of a dense step. Zeros skipped: none with an input or activation of 0, or with the error "
        "of a unit that relu holds at 0, by the weights at the end of the pass; it learns the same weights",
    ]
    return ReproductionReport(
        "pd-shifts", "Learning from quantized changes without most products", "after chapter 5 of the thesis", rows,
        notes, curves, [picture(request, rows, names)],
    )  # fmt: skip


def data_for(name: str, folder: str | None, samples: int, cache: str) -> Any:
    """Training and test samples with labels; the embedded digits are cut to so many samples to learn from."""
    if name != DIGITS:
        return data_of(folder, False, name, cache, source_split=False)
    x, y, x_test, y_test = data_of(None, True, MNIST, cache)
    return x[:samples], y[:samples], x_test, y_test


def learned(variant: str, name: str, seed: int, folder: str | None, samples: int, cache: str) -> list[Row]:
    """Accuracy after the last pass, and what a sample of it cost; two rows of a twin."""
    x, y, x_test, y_test = data_for(name, folder, samples, cache)
    net = PDNetwork(SIZES, rule="past", learning_rate=RATE, seed=seed, decay="shifts" if variant == SHIFTS else "exact")
    learner: Any = net.twin() if variant == TWIN else net
    spent = 0
    for _ in range(PASSES):
        before = net.operations()["total"]
        learner.partial_fit(x, y)
        spent = net.operations()["total"] - before
    costs = (
        {TWIN: twin_cost(learner, x, skips_zeros=False), SKIPPING: twin_cost(learner, x, skips_zeros=True)}
        if variant == TWIN else {variant: pd_cost(net, spent / len(x), len(x))}
    )  # fmt: skip
    accuracy = round(100 * learner.score(x_test, y_test), 2)
    return [
        {"variant": kind, "data": name, "seed": seed, "accuracy %": accuracy, **cost} for kind, cost in costs.items()
    ]


def row_of(variant: str, name: str, curves: list[Row]) -> Row:
    """A variant on a set of data: accuracy beside exact decays, seed by seed, and mean costs."""
    mine, exact = (
        {row["seed"]: row for row in curves if (row["variant"], row["data"]) == (w, name)} for w in (variant, EXACT)
    )
    right, apart = _column(mine, "accuracy %"), None
    if variant != EXACT:
        apart = paired_difference(right, _column({seed: exact[seed] for seed in mine}, "accuracy %"))
    mean = mean_interval(list(right.values()))
    found = {
        "accuracy %": round(mean.mean, 2), "accuracy, 95%": mean.ends(".2f"),
        "minus exact": None if apart is None else round(apart.mean, 2),
        "minus exact, 95%": None if apart is None else apart.ends("+.2f"),
    }  # fmt: skip
    means = {column: round(float(np.mean(list(_column(mine, column).values()))), 1) for column in COST}
    return {"data": name, "variant": variant, **found, **means}


def _column(rows: dict[int, Row], column: str) -> dict[int, float]:
    return {seed: row[column] for seed, row in rows.items()}


def picture(request: Request, rows: list[Row], names: list[str]) -> Path:
    """Energy a sample of each variant: published operations, everything, checks too; a plot for each set of data."""
    figure, made = panels(1, len(names), 3.6, sharey=True, squeeze=False)
    looks = {"nJ, operations": BLUE, "nJ, everything": ORANGE, "nJ, checks too": GREEN}
    for ax, name in zip(made[0], names):
        own = [row for row in rows if row["data"] == name]
        for k, (column, color) in enumerate(looks.items()):
            ax.bar(
                [i + 0.27 * (k - 1) for i in range(len(own))], [r[column] for r in own], 0.25, color=color, label=column
            )
        ax.set_xticks(range(len(own)), [row["variant"].replace(", ", ",\n") for row in own], fontsize=NOTE)
        ax.set_title(name, fontsize=NOTE)
        plain(ax, grid="y")
    made[0][0].set_ylabel("nJ a sample, estimate")
    figure.legend(
        *made[0][0].get_legend_handles_labels(), loc="outside lower center", ncols=3, frameon=False, fontsize=NOTE
    )
    title(figure, "What learning from a digit costs")
    return save(figure, request.out / "pd-shifts.png")
