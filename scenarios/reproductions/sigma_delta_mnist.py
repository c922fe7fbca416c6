"""Figure 4.4 and table B.1: rounding and Sigma-Delta networks on MNIST and on temporal MNIST."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from eventnet.data import temporal
from eventnet.engine.journal import going_on, piece
from eventnet.errors import DataError
from eventnet.models import ConventionalNetwork, SigmaDeltaNetwork, optimize_scales
from eventnet.models.layers import forward
from eventnet.models.stages import dense_operations, rounding_forward, rounding_operations, sparse_operations
from eventnet.plotting.style import legend
from eventnet.scenarios.reproductions.common.pictures import axes, look, save
from eventnet.scenarios.reproductions.common.report import ReproductionReport, Request, Row, digits_for, in_parallel

SIZES = [784, 200, 200, 10]
TRADEOFFS = [0.0, *np.logspace(-10, -5, 10).tolist()]
SCHEDULE, QUICK_SCHEDULE = (0.001, 30), (0.01, 2)
"""Learning rate and epochs, batches of 10."""
ADD_NJ = 1e-4
"""An addition of 32-bit integers: 0.1 pJ (Horowitz 2014)."""
MOST_DIVERGENCE = 0.004
"""Free choice: the cheapest scales whose outputs stray from the trained network's by so little (mean KL in nats)."""
GRID = ((1.8, 2.2, 2.6, 3.0), (2.2, 2.6, 3.0, 3.5, 4.0, 4.5), (1.5, 1.8, 2.2, 2.6))

COLUMNS = {
    "measured training error %": "training error, %", "measured error %": "error, %",
    "measured rounding k": "rounding, k operations a frame", "measured SD MNIST k": "Sigma-Delta, MNIST, k",
    "measured SD temporal k": "Sigma-Delta, temporal MNIST, k", "energy nJ, rounding": "energy estimate, nJ, rounding",
    "energy nJ, SD MNIST": "energy estimate, nJ, Sigma-Delta, MNIST",
    "energy nJ, as published": "energy estimate, nJ, as published",
}  # fmt: skip
"""What table B.1 prints of a set of scales."""
PRINTED = (
    (2.12, 4.21, 44, 53, 24, 4.42, 5.32, 2.49),
    (0.07, 2.39, 209, 245, 110, 20.9, 24.6, 11),
    (0.058, 2.3, 206, 243, 109, 20.7, 24.3, 11),
    (0.094, 2.42, 178, 207, 92, 17.8, 20.7, 9.2),
    (0.084, 2.41, 164, 193, 87, 16.4, 19.4, 8.75),
    (0.19, 2.55, 122, 144, 65, 12.2, 14.5, 6.58),
    (0.476, 2.88, 86, 102, 47, 8.66, 10.3, 4.71),
    (1.17, 3.28, 72, 87, 41, 7.21, 8.78, 4.15),
    (2.32, 4.26, 44, 54, 26, 4.49, 5.46, 2.61),
    (5.91, 7.37, 34, 45, 23, 3.49, 4.53, 2.3),
    (14.6, 14.6, 24, 35, 19, 2.5, 3.58, 1.98),
)
PUBLISHED = {t: dict(zip(COLUMNS, values)) for t, values in zip(TRADEOFFS, PRINTED, strict=True)}
"""By lambda, 0 for scales of 1. Training errors are of temporal MNIST; others differ by 0.01 at most."""


def data_of(folder: str | None, quick: bool) -> Any:
    """Full MNIST, official split, or the embedded digits."""
    return digits_for(folder, "official", embedded=quick)


def trained(request: Request) -> ConventionalNetwork:
    """The conventional network; one that an earlier run left in the folder is taken up again."""
    path = request.out / f"sigma-delta-mnist-network-{request.seed}{'-quick' if request.quick else ''}.npz"
    try:
        return ConventionalNetwork.load(path)
    except DataError:
        request.say("  training the conventional network")
    data = data_of(request.folder, request.quick)
    net = ConventionalNetwork(SIZES, learning_rate=0.05 if request.quick else 0.01, batch=20, seed=request.seed)
    net.fit((data.x_train / 255).astype(np.float32), data.y_train, epochs=10 if request.quick else 50)
    net.save(path)
    return net


def divergence(truth: Any, guess: Any) -> float:
    """Mean KL(truth || guess) in nats."""
    return float(np.mean(np.sum(truth * (np.log(truth + 1e-30) - np.log(guess + 1e-30)), axis=1)))


def scales_for(network: str, folder: str | None, quick: bool, tradeoff: float) -> list[float]:
    """Optimise the scales at one tradeoff; 0 stands for scales of 1."""
    layers, data = ConventionalNetwork.load(Path(network)).layers(), data_of(folder, quick)
    if tradeoff == 0:
        return [1.0, 1.0, 1.0]
    rate, epochs = QUICK_SCHEDULE if quick else SCHEDULE
    found = optimize_scales(layers, data.x_train / 255, tradeoff=tradeoff, learning_rate=rate, epochs=epochs)
    return [float(k) for k in found]


def free_choice(layers: list[Any], x: Any) -> list[float]:
    """The cheapest scales of a grid that keep to `MOST_DIVERGENCE` on training data."""
    truth = forward(layers, x)
    made = []
    for scales in product(*GRID):
        found = rounding_forward(layers, x, scales)
        made.append(
            (divergence(truth, found.outputs), float(rounding_operations(layers, found.spikes).mean()), list(scales))
        )
    close = [entry for entry in made if entry[0] <= MOST_DIVERGENCE] or [min(made)]
    return min(close, key=lambda entry: entry[1])[2]


def measured(layers: list[Any], scales: list[float], data: Any, ordered: Any) -> Row:
    """Error and thousands of operations a frame of one set of scales; energies on temporal MNIST."""
    x, x_ordered = data.x_test / 255, ordered.x_test / 255
    seen = np.array_split(data.x_train, max(1, len(data.x_train) // 10_000))
    guessed = np.concatenate([rounding_forward(layers, part / 255, scales).outputs.argmax(axis=1) for part in seen])
    spikes = rounding_forward(layers, x, scales).spikes
    shuffled = SigmaDeltaNetwork.from_layers(layers, scales=scales)
    error = 100 * (1 - shuffled.score(x, data.y_test))
    net = SigmaDeltaNetwork.from_layers(layers, scales=scales)
    net.run(x_ordered)
    baked = net.copy().bake()
    baked.run(x_ordered)
    cost = net.cost()
    return {
        "scales": " ".join(f"{k:.2f}" for k in scales),
        "measured training error %": round(100 * float(np.mean(guessed != data.y_train)), 3),
        "measured error %": round(error, 2),
        "measured rounding k": round(rounding_operations(layers, spikes).mean() / 1000, 1),
        "measured SD MNIST k": round(shuffled.cost().own / 1000, 1),
        "measured SD temporal k": round(cost.own / 1000, 1), "dense / SD temporal": round(cost.dense / cost.own, 2),
        "energy nJ, rounding": round(float(rounding_operations(layers, spikes).mean()) * ADD_NJ, 2),
        "energy nJ, SD MNIST": round(shuffled.cost().energy["published"], 2),
        "energy nJ, as published": round(cost.energy["published"], 2),
        "energy nJ, everything": round(cost.energy["everything"], 2),
        "energy nJ, comparisons too": round(cost.energy["comparisons too"], 2),
        "energy nJ, everything, baked": round(baked.cost().energy["everything"], 2),
        "energy nJ, comparisons too, baked": round(baked.cost().energy["comparisons too"], 2),
    }  # fmt: skip


def sigma_delta_mnist(request: Request) -> ReproductionReport:
    """Train, choose scales at ten tradeoffs and freely, measure."""
    request.out.mkdir(parents=True, exist_ok=True)
    folder = request.folder
    network = trained(request)
    path = request.out / f"sigma-delta-mnist-network-{request.seed}{'-quick' if request.quick else ''}.npz"
    layers, data = network.layers(), data_of(folder, request.quick)
    ordered = temporal(data, cache=request.out)
    tradeoffs = TRADEOFFS if not request.quick else TRADEOFFS[::3]
    request.say("  choosing scales")
    found = in_parallel(scales_for, [(str(path), folder, request.quick, t) for t in tradeoffs], request)
    state: dict[str, list[Row]] = {"curves": []}
    for k in going_on(state, len(tradeoffs), measured, found):
        state["curves"].append({"tradeoff": tradeoffs[k]} | measured(layers, found[k], data, ordered))
    curves = state["curves"]
    chosen = piece(free_choice, layers, data.x_train[:10_000] / 255)
    free = piece(measured, layers, chosen, data, ordered)
    original = 100 * (1 - network.score((data.x_test / 255).astype(np.float32), data.y_test))
    learned = 100 * (1 - network.score((data.x_train / 255).astype(np.float32), data.y_train))
    own = {"measured training error %": round(learned, 3), "measured error %": round(original, 2)}
    rows = _rows("original", own, dict(zip(COLUMNS, (0.024, 2.24))))
    for row in curves:
        name = f"lambda {row['tradeoff']:.3g}" if row["tradeoff"] else "scales of 1"
        rows += _rows(name, row, PUBLISHED[row["tradeoff"]])
    rows += _rows("free choice of scales", free, {})
    total = float(np.prod(QUICK_SCHEDULE if request.quick else SCHEDULE))
    dense = dense_operations(layers, (784,))
    sparse = sparse_operations(layers, data.x_test / 255).mean()
    notes = [
        f"{'embedded digits' if request.quick else 'MNIST, official split'}; 784-200-200-10, batches of 20, "
        f"{10 if request.quick else 50} epochs, seed {request.seed}; the published network had 2.24% on its own split",
        f"dense {dense / 1000:.1f} k and sparse {sparse / 1000:.1f} k operations a frame (published 397 k and 107 k; "
        "biases are left out); dense energy "
        f"{dense / 2 * 3.2 / 1000:.0f} nJ at Horowitz's int32 prices",
        f"scales: learning rate times epochs {total:g}, batches of 10 training samples, KL; at small "
        "lambda they have not converged by then, so operations are those of this schedule",
        f"free choice: the cheapest of {len(list(product(*GRID)))} sets of scales with a mean KL of at most "
        f"{MOST_DIVERGENCE} nats on 10,000 training samples",
        _furthest(curves),
        "on shuffled digits a Sigma-Delta network costs more than a rounding network: it pays on temporal data only",
        "everything: all that the tally holds, encoding, rounding and read-out too; comparisons too: each at the "
        "price of an addition; baked: scales in the weights",
    ]
    return ReproductionReport(
        "sigma-delta-mnist", "Table B.1, error and thousands of operations a frame", "thesis, figure 4.4, table B.1",
        rows, notes, curves,
        [_draw(request, curves, free, original, dense / 1000, float(sparse) / 1000)],
    )  # fmt: skip


QUANTITIES = COLUMNS | {
    "dense / SD temporal": "dense over Sigma-Delta, temporal",
    "energy nJ, everything": "energy estimate, nJ, everything",
    "energy nJ, comparisons too": "energy estimate, nJ, comparisons too",
    "energy nJ, everything, baked": "energy estimate, nJ, everything, baked",
    "energy nJ, comparisons too, baked": "energy estimate, nJ, comparisons too, baked",
    "scales": "scales",
}


def _rows(name: str, row: Row, published: dict[str, float]) -> list[Row]:
    """One line a quantity: network, quantity, published, measured, and how far that is, in percent."""
    made = []
    for column, quantity in QUANTITIES.items():
        if column in row:
            printed, found = published.get(column), row[column]
            gap = None if printed is None else round(100 * (found / printed - 1), 1)
            made.append(
                {"network": name, "quantity": quantity, "published": printed, "measured": found, "difference": gap}
            )
    return made


def _furthest(curves: list[Row]) -> str:
    """Which number of operations is furthest from the published one, and how many are within 5%."""
    gaps = [
        (row[column] / PUBLISHED[row["tradeoff"]][column] - 1, quantity, row["tradeoff"])
        for row in curves for column, quantity in COLUMNS.items() if column.endswith(" k")
    ]  # fmt: skip
    gap, quantity, tradeoff = max(gaps, key=lambda found: abs(found[0]))
    within = sum(abs(found[0]) <= 0.05 for found in gaps)
    return (
        f"operations: {within} of {len(gaps)} within 5% of the published ones; the furthest is {100 * gap:+.1f}% "
        f"({quantity}, lambda {tradeoff:.3g})"
    )


def _draw(request: Request, curves: list[Row], free: Row, original: float, dense: float, sparse: float) -> Path:
    figure, ax = axes(
        "Figure 4.4: what an answer costs", "operations a frame, thousands", "test error, %", xscale="log", yscale="log"
    )
    made = sorted((row for row in curves if row["measured rounding k"] > 0.5), key=lambda row: row["tradeoff"])
    kinds = {
        "measured rounding k": "rounding", "measured SD MNIST k": "Sigma-Delta, shuffled digits",
        "measured SD temporal k": "Sigma-Delta, temporal MNIST",
    }  # fmt: skip
    for k, (column, name) in enumerate(kinds.items()):
        line = [row for row in made if row["tradeoff"] > 0]
        ax.plot([r[column] for r in line], [r["measured error %"] for r in line], label=name, **look(k))
        ax.plot(free[column], free["measured error %"], "*", ms=13, color=look(k)["color"], mec="black", mew=0.6)
        for printed in () if request.quick else PUBLISHED.values():
            ax.plot(printed[column], printed["measured error %"], "x", color=look(k)["color"], ms=7)
    if not request.quick:
        ax.plot([], [], "kx", label="published")
    ax.plot([], [], "k*", ms=11, label="free choice of scales")
    ax.plot(dense, original, "ks", label="dense")
    ax.plot(sparse, original, "kD", mfc="white", label="dense, zeros skipped")
    ax.set_ylim(original * 0.85, min(20.0, max(row["measured error %"] for row in made) * 1.2))
    ax.set_xticks([20, 50, 100, 200, 400])
    low, high = ax.get_ylim()
    ax.set_yticks(found := [tick for tick in (1, 2, 3, 4, 5, 7, 10, 15, 20) if low < tick < high], map(str, found))
    ax.minorticks_off()
    legend(ax)
    return save(figure, request.out / "sigma-delta-mnist.png")
