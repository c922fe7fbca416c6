"""Figure 5.5: a proportional-derivative network and its conventional twin on MNIST and temporal MNIST."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from eventnet.engine.journal import going_on
from eventnet.errors import ModelError
from eventnet.models import PDNetwork
from eventnet.plotting.style import BLUE, NOTE, ORANGE, plain, title
from eventnet.scenarios.reproductions.common.learning_energy import MEMORY, pd_cost, twin_cost
from eventnet.scenarios.reproductions.common.pictures import panels, save
from eventnet.scenarios.reproductions.common.report import (
    INTERVALS,
    ReproductionReport,
    Request,
    Row,
    compared,
    listed,
    rows_of_all,
)
from eventnet.scenarios.reproductions.pd_depth import SPLIT, data_of

SIZES = [784, 200, 10]
RATE, EPOCHS, QUICK_EPOCHS, QUICK_SAMPLES = 0.01, 50, 3, 2000
TWIN_MACS = 2 * (784 * 200 + 200 * 10) + 200 * 10
"""Multiply-adds a sample of the conventional twin: forward, update, and back to the hidden layer."""

# kind, data -> accuracy in percent, from the text of 5.4.1.
PUBLISHED = {
    ("PD", "MNIST"): 98.36, ("PD", "temporal MNIST"): 97.99,
    ("twin", "MNIST"): 98.25, ("twin", "temporal MNIST"): 98.28,
}  # fmt: skip
COSTS = ("nJ, operations", "nJ, everything", "nJ, checks too", "k words", "nJ, words too")
"""Columns of `learning_energy`: of published operations alone, of everything, with comparisons, with memory."""
SPENT = ("operations a sample", "nJ, everything", "nJ, operations")
JOBS = (("PD past", "MNIST"), ("PD past", "temporal MNIST"), ("PD recon", "MNIST"), ("twin", "MNIST"),
        ("twin", "temporal MNIST"))  # fmt: skip


def learning_curve(kind: str, name: str, folder: str | None, quick: bool, cache: str, seed: int) -> list[Row]:
    """Errors and costs after each epoch: accuracy with PD states, and with the same weights in a plain network."""
    x, y, x_test, y_test = data_of(folder, quick, name, cache)
    net = PDNetwork(SIZES, rule=kind.removeprefix("PD ") if kind != "twin" else "past", learning_rate=RATE, seed=seed)
    learner: Any = net.twin() if kind == "twin" else net
    rows: list[Row] = []
    made: dict[str, Any] = {"net": net, "learner": learner, "rows": rows}
    for epoch in going_on(made, QUICK_EPOCHS if quick else EPOCHS, learning_curve, kind, name, quick, seed):
        net, learner, rows = made["net"], made["learner"], made["rows"]
        plain: Callable[..., float] = learner.score if kind == "twin" else net.score_plain
        before = net.operations()["total"]
        learner.partial_fit(x, y)
        spent = net.operations()["total"] - before
        twin = kind == "twin"
        cost = twin_cost(learner, x, skips_zeros=False) if twin else pd_cost(net, spent / len(x), len(x))
        rows.append({
            "network": kind, "data": name, "seed": seed, "epoch": epoch + 1,
            "test error %": round(100 * (1 - learner.score(x_test, y_test)), 2),
            "plain test error %": round(100 * (1 - plain(x_test, y_test)), 2),
            "training error %": round(100 * (1 - plain(x[:10_000], y[:10_000])), 2),
            "operations a sample": TWIN_MACS if kind == "twin" else round(spent / len(x)),
            **{column: cost[column] for column in COSTS},
        })  # fmt: skip
    finished: list[Row] = made["rows"]
    return finished


def future(x: Any, y: Any, rate: float, seed: int) -> str:
    """The result of the rule `future` at a learning rate after an epoch, or that it diverges, in words."""
    net = PDNetwork(SIZES, rule="future", learning_rate=rate, seed=seed)
    try:
        net.fit(x, y)
    except ModelError as error:
        return f"diverges and is stopped, the weights from before kept ({str(error).split('(')[0].strip()})"
    return f"learns: {100 * (1 - net.score_plain(x, y)):.1f}% error on these samples"


def pd_mnist(request: Request) -> ReproductionReport:
    """Train for 50 epochs on both orders of MNIST with three seeds, beside the twins, which begin at the same weights.

    Samples are split as the source has it.
    """
    request.out.mkdir(parents=True, exist_ok=True)
    folder, seeds = request.folder, request.seeds()
    data_of(folder, request.quick, "temporal MNIST", str(request.out))  # ordered once, and kept there
    request.say(f"  {len(JOBS) * len(seeds)} runs of {QUICK_EPOCHS if request.quick else EPOCHS} epochs")
    jobs = [(kind, name, folder, request.quick, str(request.out), seed) for seed in seeds for kind, name in JOBS]
    curves = rows_of_all(learning_curve, jobs, request)
    rows = [row_of(curves, kind, name) for kind, name in JOBS]
    spent = {row["data"]: row["operations"] for row in rows if row["network"] == "PD past"}
    ratio = round(spent["temporal MNIST"] / spent["MNIST"], 3)
    rows.append(dict.fromkeys(rows[0]) | {"network": "PD past", "data": "temporal over MNIST", "operations": ratio})
    x, y, _, _ = data_of(folder, request.quick, "MNIST", str(request.out))
    fates = {rate: future(x[:5000], y[:5000], rate, request.seed) for rate in (0.01, 0.003, 0.001)}
    notes = [
        f"{'embedded digits' if request.quick else SPLIT}, in file order, one sample a step; "
        f"784-200-10, kp 0.1, kd 1, adaptive scales (eta 0.001), learning rate {RATE}, "
        f"{QUICK_EPOCHS if request.quick else EPOCHS} epochs, seeds {listed(seeds)}, float32",
        f"accuracy: {INTERVALS}, the twin in the same order",
        "operations: adds a sample by the published count, forward, backward and update, mean over all epochs; the "
        f"twin's {TWIN_MACS:,} are multiply-adds",
        "published: accuracies of figure 5.5's run, from the text of 5.4.1; its operations (32e12 and 15e12 until "
        "convergence, 10.7 and 5 million a sample of 50 passes) fit no count, and those of table C.6 are of another "
        "run (`pd-depth`), which has accuracies of its own",
        "energy a sample, mean over all epochs, an estimate at Horowitz's int32 prices. Operations: the published "
        "count alone; everything: all adds and products; checks too: with an addition for each comparison; words: of "
        f"weights, and the product that `past` keeps beside each, at {MEMORY} (50 pJ a word); the twin is dense",
        "accuracy: with PD states, run from rest over the test set; plain: the same weights in a conventional network",
        *(f"rule `future`, learning rate {rate}, 5,000 samples: {fate}" for rate, fate in fates.items()),
    ]
    return ReproductionReport(
        "pd-mnist", "Figure 5.5, learning from quantized changes", "thesis, figure 5.5, table C.6", rows, notes, curves,
        [_draw(request, curves)],
    )  # fmt: skip


def row_of(curves: list[Row], kind: str, name: str) -> Row:
    """One network on one order of the samples: accuracies after the last epoch, and the mean cost of all epochs."""
    mine = of_run(curves, kind, name)
    last = max(row["epoch"] for row in mine)

    def accuracies(rows: list[Row], column: str = "test error %") -> dict[int, float]:
        return {row["seed"]: 100 - row[column] for row in rows if row["epoch"] == last}

    own, twins = accuracies(mine), accuracies(of_run(curves, "twin", name))
    made = compared("accuracy %", own, "twin", twins, ".2f")
    return {
        "network": kind, "data": name, "published accuracy %": PUBLISHED.get((kind.removesuffix(" past"), name)),
        "accuracy %": made["accuracy %"], "least to most": f"{min(own.values()):.2f} to {max(own.values()):.2f}",
        "minus twin": made["minus partner"] if kind != "twin" else None,
        "minus twin, 95%": made["minus partner, 95%"] if kind != "twin" else None,
        "same weights, plain %": round(float(np.mean(list(accuracies(mine, "plain test error %").values()))), 2),
        "operations": round(mean_of(mine, "operations a sample")),
        **{column: round(mean_of(mine, column), 1) for column in COSTS},
    }  # fmt: skip


def of_run(curves: list[Row], kind: str, name: str) -> list[Row]:
    """All epochs and seeds of one network on one order of the samples."""
    return [row for row in curves if (row["network"], row["data"]) == (kind, name)]


def mean_of(rows: list[Row], column: str) -> float:
    return float(np.mean([row[column] for row in rows]))


def _draw(request: Request, curves: list[Row]) -> Path:
    figure, (left, middle, right) = side_by_side(
        "Figure 5.5: learning from quantized changes",
        ("epoch", "operations (adds;\ntwin: multiply-adds)", "energy, J: everything\n(thin: operations alone)"),
    )
    styles = {"PD past": "-", "PD recon": ":", "twin": "--"}
    samples = QUICK_SAMPLES if request.quick else 60_000
    for kind, name in JOBS:
        mine = of_run(curves, kind, name)
        by_epoch = [[row for row in mine if row["epoch"] == epoch] for epoch in sorted({row["epoch"] for row in mine})]
        errors = [[row["test error %"] for row in rows] for rows in by_epoch]
        means = {column: samples * np.cumsum([mean_of(rows, column) for rows in by_epoch]) for column in SPENT}
        colour = BLUE if name == "MNIST" else ORANGE
        look: Any = {"ls": styles[kind], "color": colour, "label": f"{kind}, {name}"}
        least, most, mean = [min(e) for e in errors], [max(e) for e in errors], [float(np.mean(e)) for e in errors]
        left.fill_between(range(1, len(errors) + 1), least, most, color=colour, alpha=0.15, linewidth=0)
        left.plot(range(1, len(errors) + 1), mean, **look)
        middle.plot(means["operations a sample"], mean, **look)
        for column, width in (("nJ, everything", 1.6), ("nJ, operations", 0.7)):
            right.plot(means[column] * 1e-9, mean, **look, linewidth=width)
    handles = left.get_legend_handles_labels()
    figure.legend(*handles, loc="outside lower center", ncols=3, frameon=False, fontsize=NOTE)
    return save(figure, request.out / "pd-mnist.png")


def side_by_side(named: str, labels: Sequence[str]) -> tuple[Any, Any]:
    """Three plots of the test error side by side, on logarithmic axes but for the first."""
    figure, made = panels(1, len(labels), 4.2, sharey=True)
    for ax, label in zip(made, labels):
        ax.set(xlabel=label, yscale="log")
    for ax in made[1:]:
        ax.set_xscale("log")
    for ax in made:
        plain(ax)
    made[0].set_ylabel("test error, %")
    title(figure, named)
    return figure, made
