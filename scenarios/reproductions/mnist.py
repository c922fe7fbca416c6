"""Table 3.2 and figure 3.2: the Deep Spiking Network beside a ReLU network of the same shape, on MNIST."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from eventnet.base.files import beside, read_arrays
from eventnet.data import scale_pixels
from eventnet.engine.journal import going_on
from eventnet.models import DeepSpikingNetwork, ReluNetwork
from eventnet.plotting.style import BLUE, GREEN, ORANGE, legend
from eventnet.scenarios.reproductions.common.pictures import axes, band, save
from eventnet.scenarios.reproductions.common.report import (
    INTERVALS,
    ReproductionReport,
    Request,
    Row,
    compared,
    digits_for,
    listed,
    rows_of_all,
)

SIZES = [784, 300, 300, 10]
LAMBDA, EARLY = 0.003, 4.0
SCHEMES: dict[str, dict[str, Any]] = {
    "fsgd": {"rule": "fsgd"}, "sgd": {"rule": "sgd"},
    "regularized": {"rule": "fsgd", "regularization": LAMBDA}, "temporal": {"rule": "fsgd", "early": EARLY},
}  # fmt: skip
"""Ways to train a spiking network; the last two are of figure 3.3."""
QUICK: dict[str, Any] = {"learning_rate": 0.03, "init_scale": 0.03}
"""With the published 0.01 of both, 2,000 digits teach nothing in a few epochs."""
PUBLISHED = {
    "spiking, SGD": (3.6, 2.484),
    "spiking, FSGD": (2.07, 0.37),
    "ReLU network": (1.63, 0.426),
    "spiking with the ReLU network's weights": (1.66, 0.426),
    "ReLU network with FSGD's weights": (2.03, 0.34),
}
NAMES = {"fsgd": "spiking, FSGD", "sgd": "spiking, SGD", "relu": "ReLU network"}
PARTNER = "ReLU network"
COLUMNS = ("measured test %", "measured training %")
Errors = tuple[float, float]
"""Test and training error in percent."""


def load(data: str | None, quick: bool) -> Any:
    """The author's split, or the embedded digits."""
    return digits_for(data, "author", embedded=quick)


def relu(seed: int) -> ReluNetwork:
    """The author's baseline: loss = sum of squared errors (hence the factor 2), ReLU outputs, no biases."""
    return ReluNetwork(SIZES, learning_rate=0.01, init_scale=0.01, seed=seed, gradient_factor=2.0)


def train(data: str | None, kind: str, seed: int, epochs: int, quick: bool, out: str) -> list[Row]:
    """Train one network, say how it does after each epoch, and leave its weights in `out`."""
    d = load(data, quick)
    x, x_test = scale_pixels(d.x_train), scale_pixels(d.x_test)
    net: Any = (
        relu(seed)
        if kind == "relu"
        else DeepSpikingNetwork(SIZES, seed=seed, **SCHEMES[kind], **(QUICK if quick else {}))
    )
    made: dict[str, Any] = {"net": net, "curve": []}
    for epoch in going_on(made, epochs, train, kind, seed, quick):
        net, curve = made["net"], made["curve"]
        net.partial_fit(x, d.y_train)
        errors = [100 * (1 - net.score(a, b)) for a, b in ((x_test, d.y_test), (x[:10_000], d.y_train[:10_000]))]
        curve.append({"network": kind, "seed": seed, "epoch": epoch + 1, "test": errors[0], "training": errors[1]})
    weights = {f"arr_{k}": array for k, array in enumerate(made["net"].weights)}
    with beside(Path(out) / f"weights-{kind}-{seed}.npz") as file:
        np.savez(file, **weights)
    finished: list[Row] = made["curve"]
    return finished


def weights_of(out: Path, kind: str, seed: int) -> list[Any]:
    """The weights that `train` left."""
    arrays = read_arrays(out / f"weights-{kind}-{seed}.npz")
    return [arrays[f"arr_{k}"] for k in range(len(SIZES) - 1)]


def mnist(request: Request) -> ReproductionReport:
    """Train three networks with each seed, exchange their weights, compare."""
    epochs = 3 if request.quick else 50
    seeds = request.seeds(5)
    data, out = request.folder, request.out
    out.mkdir(parents=True, exist_ok=True)
    jobs = [(data, kind, seed, epochs, request.quick, str(out)) for seed in seeds for kind in NAMES]
    curves = rows_of_all(train, jobs, request)
    errors = {NAMES[kind]: ends(curves, kind, epochs) for kind in NAMES} | swapped(data, request, seeds)
    rows: list[Row] = []
    for network, (test, training) in PUBLISHED.items():
        mine = {column: {seed: each[k] for seed, each in errors[network].items()} for k, column in enumerate(COLUMNS)}
        row = {"network": network, "published test %": test} | compared(
            COLUMNS[0], mine[COLUMNS[0]], *_partner(errors), ".2f"
        )
        del row["partner"]
        medians = [round(float(np.median(list(each.values()))), 2) for each in mine.values()]
        row |= {"median test %": medians[0], "published training %": training, "median training %": medians[1]}
        row["test % by seed"] = " ".join(f"{error:.2f}" for error in mine[COLUMNS[0]].values())
        rows.append(row)
    split = (
        "embedded digits"
        if request.quick
        else "author's split (first 50,000; tested on the last 10,000 training images)"
    )
    notes = [
        f"{split}; {epochs} epochs; seeds {listed(seeds)}; training error on the first 10,000 training samples",
        f"measured: {INTERVALS}, {PARTNER}",
    ]
    return ReproductionReport(
        "mnist", "Table 3.2, percent error on MNIST", "thesis, table 3.2, figure 3.2", rows, notes, curves,
        [_draw(request, curves)],
    )  # fmt: skip


def _partner(errors: dict[str, dict[int, Errors]]) -> tuple[str, dict[int, float]]:
    return PARTNER, {seed: test for seed, (test, _) in errors[PARTNER].items()}


def ends(curves: list[Row], kind: str, epochs: int) -> dict[int, Errors]:
    """Test and training errors after the last epoch, by seed."""
    last = [row for row in curves if (row["network"], row["epoch"]) == (kind, epochs)]
    return {row["seed"]: (row["test"], row["training"]) for row in last}


def swapped(data: str | None, request: Request, seeds: list[int]) -> dict[str, dict[int, Errors]]:
    """Errors of each kind of network with the weights of the other, by seed."""
    d = load(data, request.quick)
    sets = [(scale_pixels(d.x_test), d.y_test), (scale_pixels(d.x_train[:10_000]), d.y_train[:10_000])]
    made: dict[str, dict[int, Errors]] = {}
    for seed in seeds:
        relu_weights, fsgd_weights = (weights_of(request.out, kind, seed) for kind in ("relu", "fsgd"))
        nets: dict[str, Any] = {
            "spiking with the ReLU network's weights": DeepSpikingNetwork.from_weights(relu_weights),
            "ReLU network with FSGD's weights": ReluNetwork.from_weights(fsgd_weights),
        }
        for name, net in nets.items():
            test, training = (100 * (1 - net.score(x, y)) for x, y in sets)
            made.setdefault(name, {})[seed] = test, training
    return made


def _draw(request: Request, curves: list[Row]) -> Path:
    """Medians of seeds and bands from the least to the most."""
    figure, ax = axes("Figure 3.2: learning curves, medians of seeds", "epoch", "error, %", yscale="log")
    for colour, (kind, name) in zip((BLUE, ORANGE, GREEN), NAMES.items()):
        mine = [row for row in curves if row["network"] == kind]
        epochs = sorted({row["epoch"] for row in mine})
        for column, style in (("test", "-"), ("training", "--")):
            errors = np.array([[row[column] for row in mine if row["epoch"] == epoch] for epoch in epochs])
            look: dict[str, Any] = {"color": colour, "linestyle": style, "linewidth": 1.8, "middle": np.median}
            band(ax, epochs, errors, label=f"{name}, {column}", **look)
    legend(ax, "upper right", ncols=3)
    return save(figure, request.out / "mnist.png")
