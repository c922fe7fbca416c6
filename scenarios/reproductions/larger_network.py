"""Section 3.5.2: whether spiking regularises, on a larger network and on few samples.

The source finds a smaller gap between training and test error in its spiking network than in the ReLU network, and says
that a larger network would have to show whether that is regularisation. A gap is small, too, where a network has not
learned its training samples; so test errors are compared at equal training errors as well.
"""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np

from eventnet.data import scale_pixels
from eventnet.engine.journal import going_on
from eventnet.models import DeepSpikingNetwork, ReluNetwork
from eventnet.plotting.style import BLUE, GREEN, NOTE, ORANGE, heading, plain, title
from eventnet.scenarios.reproductions.common.pictures import panels, save
from eventnet.scenarios.reproductions.common.report import (
    INTERVALS,
    SEEDS,
    ReproductionReport,
    Request,
    Row,
    compared,
    digits_for,
    listed,
    rows_of_all,
)
from eventnet.scenarios.reproductions.mnist import QUICK

KINDS = {"fsgd": "spiking, FSGD", "sgd": "spiking, SGD", "relu": "ReLU network"}
PARTNER = "relu"
WIDTHS, QUICK_WIDTHS = (300, 1000), (100, 300)
SAMPLES, QUICK_SAMPLES = 5_000, 400
EPOCHS, QUICK_EPOCHS = 30, 25
AUTHORS_SPLIT = "author's split (from the first 50,000; tested on the last 10,000 training images)"
LEVEL = 5.0
"""Percent training error at which test errors are compared."""


def train(kind: str, width: int, folder: str | None, quick: bool, seed: int) -> list[Row]:
    """Training and test error after each epoch over few samples, drawn with the seed."""
    d = digits_for(folder, "author", embedded=quick)
    chosen = np.random.default_rng(seed).permutation(len(d.x_train))[: QUICK_SAMPLES if quick else SAMPLES]
    x, y, x_test = scale_pixels(d.x_train[chosen]), d.y_train[chosen], scale_pixels(d.x_test)
    sizes = [784, width, width, 10]
    settings: dict[str, Any] = {"learning_rate": 0.01, "init_scale": 0.01, "seed": seed} | (QUICK if quick else {})
    net: Any
    if kind == "relu":
        net = ReluNetwork(sizes, gradient_factor=2.0, **settings)
    else:
        net = DeepSpikingNetwork(sizes, rule=kind, **settings)
    made: dict[str, Any] = {"net": net, "rows": []}
    for epoch in going_on(made, QUICK_EPOCHS if quick else EPOCHS, train, kind, width, quick, seed):
        made["net"].partial_fit(x, y)
        errors = {
            name: round(100 * (1 - made["net"].score(*pair)), 2)
            for name, pair in (("training", (x, y)), ("test", (x_test, d.y_test)))
        }
        made["rows"].append({"network": kind, "width": width, "seed": seed, "epoch": epoch + 1} | errors)
    finished: list[Row] = made["rows"]
    return finished


def larger_network(request: Request) -> ReproductionReport:
    """Two widths of each network, with seeds that choose weights and samples."""
    request.out.mkdir(parents=True, exist_ok=True)
    seeds, widths = request.seeds(SEEDS, quick=3), QUICK_WIDTHS if request.quick else WIDTHS
    jobs = [(k, w, request.folder, request.quick, s) for k, w, s in product(KINDS, widths, seeds)]
    curves = rows_of_all(train, jobs, request)
    samples, epochs = (QUICK_SAMPLES, QUICK_EPOCHS) if request.quick else (SAMPLES, EPOCHS)
    rate = QUICK["learning_rate"] if request.quick else 0.01
    notes = [
        f"{samples} samples drawn with the seed; {'embedded digits' if request.quick else AUTHORS_SPLIT}; {epochs} "
        f"epochs; seeds {listed(seeds)}; rate and standard deviation of the first weights {rate} in all networks",
        f"gap: test less training error after the last epoch; test at {LEVEL:g}%: test error after the first epoch "
        f"with at most {LEVEL:g}% training error, where all seeds of both networks get there",
        f"{INTERVALS}, the ReLU network of the same width",
    ]
    return ReproductionReport(
        "larger-network", "Section 3.5.2, does spiking regularise", "thesis, section 3.5.2",
        [row_of(curves, kind, width) for width, kind in product(widths, KINDS)], notes, curves,
        [_draw(request, curves, widths)],
    )  # fmt: skip


def row_of(curves: list[Row], kind: str, width: int) -> Row:
    """One network: errors at the end, the gap, and test errors at equal training errors."""
    mine, theirs = ([r for r in curves if (r["network"], r["width"]) == (k, width)] for k in (kind, PARTNER))
    last = max(row["epoch"] for row in curves)
    ends = {row["seed"]: row for row in mine if row["epoch"] == last}
    gaps = [
        {row["seed"]: row["test"] - row["training"] for row in rows if row["epoch"] == last} for rows in (mine, theirs)
    ]
    found = compared("gap", gaps[0], KINDS[PARTNER], gaps[1], ".2f")
    equal = [at_level(rows) for rows in (mine, theirs)]
    columns = ("test", "minus partner", "minus partner, 95%")
    same: Row = dict.fromkeys(columns)
    if all(len(one) == len(ends) for one in equal):
        same = compared("test", equal[0], KINDS[PARTNER], equal[1], ".2f")
    del found["partner"]
    return {
        "network": KINDS[kind], "width": width,
        "training %": round(float(np.mean([row["training"] for row in ends.values()])), 2),
        "test %": round(float(np.mean([row["test"] for row in ends.values()])), 2),
        **found, **{f"{name} at {LEVEL:g}%": same[name] for name in columns},
    }  # fmt: skip


def at_level(rows: list[Row]) -> dict[int, float]:
    """By seed, the test error after the first epoch with at most `LEVEL` training error."""
    found: dict[int, float] = {}
    for row in sorted(rows, key=lambda row: row["epoch"]):
        if row["training"] <= LEVEL:
            found.setdefault(row["seed"], row["test"])
    return found


def _draw(request: Request, curves: list[Row], widths: tuple[int, int]) -> Any:
    figure, axes = panels(1, 2, 4.4, sharey=True)
    title(figure, "Does spiking regularise? (3.5.2)")
    for ax, width in zip(axes, widths):
        for colour, (kind, name) in zip((BLUE, ORANGE, GREEN), KINDS.items()):
            mine = [row for row in curves if (row["network"], row["width"]) == (kind, width)]
            epochs = sorted({row["epoch"] for row in mine})
            for which, style in (("test", "-"), ("training", "--")):
                means = [np.mean([row[which] for row in mine if row["epoch"] == e]) for e in epochs]
                ax.plot(epochs, means, style, color=colour, label=f"{name}, {which}")
        heading(ax, f"{width} units a hidden layer")
        ax.set_xlabel("epoch")
        plain(ax)
    axes[0].set_ylabel("error, %")
    handles = axes[0].get_legend_handles_labels()
    figure.legend(*handles, loc="outside lower center", ncols=3, frameon=False, fontsize=NOTE)
    return save(figure, request.out / "larger-network.png")
