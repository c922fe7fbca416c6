"""Figure 8.3: equilibrium propagation on MNIST, by levels and in steps of time, beside backpropagation."""

from __future__ import annotations

from time import process_time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventnet.data import scale_pixels
from eventnet.engine.journal import going_on
from eventnet.models import ConventionalNetwork, EquilibriumNetwork
from eventnet.plotting.style import legend, plain, title
from eventnet.scenarios.reproductions.common.learning_energy import contrast_products, twin_products
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

SIZES, BATCH = [784, 500, 10], 20
FORMS: dict[str, tuple[int, float | None, dict[str, Any]]] = {
    "levels, k = 256": (25, None, {"form": "levels", "k": 256}),
    "levels, k = 32": (2, None, {"form": "levels", "k": 32}),
    "steps of time, 20 and 4": (25, 2.51, {"form": "euler", "steps": (20, 4)}),
    "backpropagation, ReLU": (25, None, {"learning_rate": 0.1, "batch": BATCH}),
}
"""Epochs, the published error on the last 10,000 training images, options of the network."""


def train(data: str | None, name: str, seed: int, epochs: int, quick: bool) -> list[Row]:
    """Errors in percent after every epoch, and what a sample cost in it."""
    d = digits_for(data, "author", embedded=quick)
    x, x_val = scale_pixels(d.x_train), scale_pixels(d.x_test)
    official = d if quick else digits_for(data, "official", embedded=False)
    x_test = scale_pixels(official.x_test)
    options, backward = FORMS[name][2], name.startswith("backprop")
    net: Any = (ConventionalNetwork if backward else EquilibriumNetwork)(SIZES, seed=seed, **options)
    made: dict[str, Any] = {"net": net, "curve": []}
    for epoch in going_on(made, epochs, train, name, seed, quick):
        net, row = made["net"], {"network": name, "seed": seed, "epoch": epoch + 1}
        costs: Row = {}
        begun = process_time()
        if backward:
            net.partial_fit(x, d.y_train)
            costs = backpropagation(net, x[:2000])
        else:
            net.fit(x, d.y_train, batch=BATCH)
            costs = counted(net) or steps_of_time(net, x)
        costs["CPU seconds"] = process_time() - begun
        row["validation"] = 100 * (1 - net.score(x_val, d.y_test))
        row["test"] = 100 * (1 - net.score(x_test, official.y_test))
        row["training"] = 100 * (1 - net.score(x[:10_000], d.y_train[:10_000]))
        made["curve"].append(row | costs)
    finished: list[Row] = made["curve"]
    return finished


def counted(net: EquilibriumNetwork) -> Row:
    """The mean cost of a sample of the last epoch in the levels form: adds and products apart, by part and summed."""
    cost = net.cost
    if cost is None:
        return {}
    each = {name: value / cost.samples for name, value in cost._asdict().items() if name != "samples"}
    products = cost.input_products + cost.negative_products + cost.positive_products
    return {
        "adds": cost.operations, "products": products / cost.samples, "m-adds": each["unit_adds"],
        **{name.replace("_", " "): round(value, 1) for name, value in each.items()},
    }  # fmt: skip


def steps_of_time(net: EquilibriumNetwork, x: NDArray[Any]) -> Row:
    """The same of real states, by arithmetic: pixels that are not 0 meet the first layer once, each step takes both
    layers from one another, and the contrast multiplies both ends of each weight in both phases."""
    pixels, top = np.count_nonzero(x) / len(x) * net.sizes[1], net.sizes[1] * net.sizes[2]
    both, learning = pixels + 2 * top * sum(net.steps), contrast_products(net.sizes, x)
    return {"adds": both, "products": both, "learning adds": learning, "learning products": learning}


def backpropagation(net: ConventionalNetwork, x: NDArray[Any]) -> Row:
    """The same of a forward pass, and of a backward one with its gradient: without what is multiplied by a 0."""
    found = twin_products(net, x, skips_zeros=True)
    forward, back = found.forward / len(x), found.backward / len(x)
    return {"adds": forward, "products": forward, "learning adds": back, "learning products": back}


def equilibrium(request: Request) -> ReproductionReport:
    """Train every form with five seeds; medians, and how many runs were stuck."""
    seeds = request.seeds(5)
    jobs = [
        (request.folder, name, seed, 2 if request.quick else epochs, request.quick)
        for seed in seeds for name, (epochs, _, _) in FORMS.items()
    ]  # fmt: skip
    curves = rows_of_all(train, jobs, request)
    names = list(dict.fromkeys(key for row in curves for key in row))
    curves = [{key: row.get(key) for key in names} for row in curves]
    rows: list[Row] = []
    for name, (_, published, _) in FORMS.items():
        mine = [row for row in curves if row["network"] == name]
        last = max(row["epoch"] for row in mine)
        for epoch in sorted({1, 2, 3, last} & {row["epoch"] for row in mine}):
            rows.append(_row(name, epoch, published if epoch == last else None, mine))
    split = "embedded digits" if request.quick else "trained on the first 50,000 in file order"
    notes = [
        f"784-500-10, batch {BATCH}, pixels / 256, {split}; seeds {listed(seeds)}; medians (least to most); last "
        "epoch, none picked",
        "levels and steps: learning rates 0.1 and 0.05, Glorot; levels: beta 0.5, fixed; steps: beta 0.5, its "
        "sign at random; backpropagation: ReLU, softmax, learning rate 0.1, in file order, too",
        "adds and products a sample, of the input and of both phases, or of a forward pass, without looks; a pixel or "
        "a message of more than one level is a product and an add a weight. m-adds: what messages would cost as spikes "
        "of one level each. learning: of the contrast, or of a backward pass and its gradient. Nothing is multiplied "
        "by a pixel, a change or an activation of 0; steps of time: by arithmetic",
        "levels and steps of time are the batched form, not the engine; CPU s: of one process, until then, learning "
        "and counting alone",
        STUCK_NOTE,
        "published: the continuous network; its binary one, 2.37, is another form",
    ]
    return ReproductionReport(
        "equilibrium", "Figure 8.3, equilibrium propagation on MNIST", "thesis, figure 8.3, section 8.5.2", rows, notes,
        curves, [_draw(request, curves)],
    )  # fmt: skip


def _row(name: str, epoch: int, published: float | None, mine: list[Row]) -> Row:
    now = [row for row in mine if row["epoch"] == epoch]

    def median(key: str, form: str) -> str | None:
        values = [row[key] for row in now if row.get(key) is not None]
        if not values:
            return None
        ends = f" ({min(values):{form}} to {max(values):{form}})" if form == ".2f" else ""
        return f"{np.median(values):{form}}{ends}"

    return {
        "network": name, "epochs": epoch, "published %": published, "last 10,000 %": median("validation", ".2f"),
        "test %": median("test", ".2f"), "training %": median("training", ".2f"),
        "stuck": stuck([row["validation"] for row in mine if row["epoch"] == 1]),
        **{key: median(key, ",.0f") for key in ("adds", "products", "m-adds", "learning adds", "learning products")},
        "CPU s": f"{np.median(_until(mine, epoch)):,.0f}",
    }  # fmt: skip


def _until(mine: list[Row], epoch: int) -> list[float]:
    """CPU seconds of each seed until the end of an epoch."""
    seeds = dict.fromkeys(row["seed"] for row in mine)
    return [sum(row["CPU seconds"] for row in mine if row["seed"] == seed and row["epoch"] <= epoch) for seed in seeds]


def _draw(request: Request, curves: list[Row]) -> Any:
    figure, ax = panels(1, 1, 4.6)
    for k, name in enumerate(FORMS):
        mine = [row for row in curves if row["network"] == name]
        epochs = sorted({row["epoch"] for row in mine})
        medians = [np.median([row["validation"] for row in mine if row["epoch"] == epoch]) for epoch in epochs]
        ax.plot(epochs, medians, label=name, linewidth=1.8, **look(k))
    ax.set(xlabel="epoch", ylabel="error on the last 10,000, %", yscale="log")
    ax.set_yticks([2, 3, 4, 5, 7, 10], ["2", "3", "4", "5", "7", "10"])
    ax.minorticks_off()
    legend(ax, "upper right")
    plain(ax)
    title(figure, "Figure 8.3: equilibrium propagation on MNIST, medians")
    return save(figure, request.out / "equilibrium.png")
