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
from eventnet.scenarios.reproductions.common.pictures import axes, save
from eventnet.scenarios.reproductions.common.report import ReproductionReport, Request, Row, digits_for, rows_of_all

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
    """Train three networks, exchange their weights, compare."""
    epochs = 3 if request.quick else 50
    data, out = request.folder, request.out
    out.mkdir(parents=True, exist_ok=True)
    kinds = ("fsgd", "sgd", "relu")
    jobs = [(data, kind, request.seed, epochs, request.quick, str(out)) for kind in kinds]
    curves = rows_of_all(train, jobs, request)
    d = load(data, request.quick)
    sets = [(scale_pixels(d.x_test), d.y_test), (scale_pixels(d.x_train[:10_000]), d.y_train[:10_000])]
    swapped: dict[str, Any] = {
        "spiking with the ReLU network's weights": DeepSpikingNetwork.from_weights(
            weights_of(out, "relu", request.seed)
        ),
        "ReLU network with FSGD's weights": ReluNetwork.from_weights(weights_of(out, "fsgd", request.seed)),
    }
    ends = {row["network"]: row for row in curves if row["epoch"] == epochs}
    names = {"fsgd": "spiking, FSGD", "sgd": "spiking, SGD", "relu": "ReLU network"}
    measured = {names[kind]: (ends[kind]["test"], ends[kind]["training"]) for kind in kinds}
    measured |= {name: tuple(100 * (1 - net.score(x, y)) for x, y in sets) for name, net in swapped.items()}
    rows = [
        {
            "network": name, "published test %": test, "measured test %": round(measured[name][0], 2),
            "published training %": training, "measured training %": round(measured[name][1], 3),
        }
        for name, (test, training) in PUBLISHED.items()
    ]  # fmt: skip
    split = (
        "embedded digits"
        if request.quick
        else "author's split (first 50,000; tested on the last 10,000 training images)"
    )
    notes = [
        f"{split}; {epochs} epochs; seed {request.seed}; training error on the first {len(sets[1][1]):,} training "
        "samples"
    ]
    return ReproductionReport(
        "mnist", "Table 3.2, percent error on MNIST", "thesis, table 3.2, figure 3.2", rows, notes, curves,
        [_draw(request, curves, names)],
    )  # fmt: skip


def _draw(request: Request, curves: list[Row], names: dict[str, str]) -> Path:
    figure, ax = axes("Figure 3.2: learning curves", "epoch", "error, %", yscale="log")
    for colour, (kind, name) in zip((BLUE, ORANGE, GREEN), names.items()):
        mine = [row for row in curves if row["network"] == kind]
        epochs = [row["epoch"] for row in mine]
        ax.plot(epochs, [row["test"] for row in mine], color=colour, linewidth=1.8, label=f"{name}, test")
        ax.plot(epochs, [row["training"] for row in mine], "--", color=colour, label=f"{name}, training")
    legend(ax, "upper right", ncols=3)
    return save(figure, request.out / "mnist.png")
