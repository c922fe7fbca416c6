"""Figure 4.4 and table B.1: rounding and Sigma-Delta networks on MNIST and on temporal MNIST."""

from __future__ import annotations

from contextlib import suppress
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from eventnet.data import temporal
from eventnet.errors import DataError
from eventnet.models import ConventionalNetwork, SigmaDeltaNetwork, optimize_scales
from eventnet.models.layers import forward
from eventnet.models.stages import dense_operations, rounding_forward, rounding_operations, sparse_operations
from eventnet.plotting.style import legend
from eventnet.scenarios.reproductions.common.pictures import axes, look, save
from eventnet.scenarios.reproductions.common.report import (
    ReproductionReport,
    Request,
    Row,
    digits_for,
    in_parallel,
    listed,
)

SIZES = [784, 200, 200, 10]
SPLIT = "MNIST, the author's split: first 50,000 training images to learn from, the last 10,000 to test"
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
"""Columns of table B.1 for a set of scales: their keys in rows, and their names as quantities."""
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
    """Full MNIST, the author's split, or the embedded digits.

    Published training errors say how many samples: 0.024% is 12 of 50,000, and no whole number of 60,000.
    """
    return digits_for(folder, "author", embedded=quick)


def trained(folder: str | None, quick: bool, out: str, seed: int) -> str:
    """The path of the conventional network of a seed; one that an earlier run left in the folder is taken up again."""
    path = Path(out) / f"sigma-delta-mnist-network-{'quick' if quick else 'author'}-{seed}.npz"
    with suppress(DataError):
        ConventionalNetwork.load(path)
        return str(path)
    data = data_of(folder, quick)
    net = ConventionalNetwork(SIZES, learning_rate=0.05 if quick else 0.01, batch=20, seed=seed)
    net.fit((data.x_train / 255).astype(np.float32), data.y_train, epochs=10 if quick else 50, shuffle=False)
    net.save(path)
    return str(path)


def original(network: str, folder: str | None, quick: bool) -> Row:
    """Errors of a conventional network, and thousands of operations of a dense pass and of one that skips zeros."""
    net, data = ConventionalNetwork.load(Path(network)), data_of(folder, quick)
    errors = [
        100 * (1 - net.score((x / 255).astype(np.float32), y))
        for x, y in ((data.x_train, data.y_train), (data.x_test, data.y_test))
    ]
    return {
        "measured training error %": round(errors[0], 3), "measured error %": round(errors[1], 2),
        "dense k": dense_operations(net.layers(), (784,)) / 1000,
        "sparse k": round(float(sparse_operations(net.layers(), data.x_test / 255).mean()) / 1000, 1),
    }  # fmt: skip


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


def free_choice(network: str, folder: str | None, quick: bool) -> list[float]:
    """The cheapest scales of a grid that keep to `MOST_DIVERGENCE` on 10,000 training samples."""
    layers, x = ConventionalNetwork.load(Path(network)).layers(), data_of(folder, quick).x_train[:10_000] / 255
    truth = forward(layers, x)
    made = []
    for scales in product(*GRID):
        found = rounding_forward(layers, x, scales)
        made.append(
            (divergence(truth, found.outputs), float(rounding_operations(layers, found.spikes).mean()), list(scales))
        )
    close = [entry for entry in made if entry[0] <= MOST_DIVERGENCE] or [min(made)]
    return min(close, key=lambda entry: entry[1])[2]


def measured(network: str, folder: str | None, quick: bool, cache: str, scales: list[float]) -> Row:
    """Error and thousands of operations a frame of one set of scales; energies on temporal MNIST."""
    layers, data = ConventionalNetwork.load(Path(network)).layers(), data_of(folder, quick)
    x, x_ordered = data.x_test / 255, temporal(data, cache=cache).x_test / 255
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
    """Train, choose scales at ten tradeoffs and freely, measure; with three seeds."""
    request.out.mkdir(parents=True, exist_ok=True)
    folder, quick, cache, seeds = request.folder, request.quick, str(request.out), request.seeds()
    temporal(data_of(folder, quick), cache=cache)  # ordered once, and kept there
    request.say("  training conventional networks")
    networks = in_parallel(trained, [(folder, quick, cache, seed) for seed in seeds], request)
    request.say("  choosing scales")
    tradeoffs = TRADEOFFS[::3] if quick else TRADEOFFS
    cases = list(product(zip(seeds, networks), tradeoffs))
    scales = in_parallel(scales_for, [(network, folder, quick, t) for (_, network), t in cases], request)
    scales += in_parallel(free_choice, [(network, folder, quick) for network in networks], request)
    request.say("  measuring")
    owners = [network for (_, network), _ in cases] + networks
    jobs = [(network, folder, quick, cache, k) for network, k in zip(owners, scales, strict=True)]
    found = in_parallel(measured, jobs, request)
    curves = [{"seed": seed, "tradeoff": t} | row for ((seed, _), t), row in zip(cases, found)]
    free, plain = found[len(cases) :], in_parallel(original, [(each, folder, quick) for each in networks], request)
    rows = _rows("original", plain, dict(zip(COLUMNS, (0.024, 2.24))))
    for tradeoff in tradeoffs:
        name = f"lambda {tradeoff:.3g}" if tradeoff else "scales of 1"
        rows += _rows(name, [row for row in curves if row["tradeoff"] == tradeoff], PUBLISHED[tradeoff])
    rows += _rows("free choice of scales", free, {})
    dense, sparse = (float(np.mean([row[name] for row in plain])) for name in ("dense k", "sparse k"))
    notes = [
        f"{'embedded digits' if quick else SPLIT}; 784-200-200-10, batches of 20 in file order, {10 if quick else 50} "
        "epochs",
        f"seeds {listed(seeds)}, each with a network and scales of its own: means, and from the least to the greatest",
        f"dense {dense:.1f} k and sparse {sparse:.1f} k operations a frame (published 397 k and 107 k; biases are left "
        f"out); dense energy {dense / 2 * 3.2:.0f} nJ at Horowitz's int32 prices",
        f"scales: learning rate times epochs {float(np.prod(QUICK_SCHEDULE if quick else SCHEDULE)):g}, batches of 10 "
        "training samples, KL; at small lambda they have not converged by then, so operations are those of this "
        "schedule",
        f"free choice: the cheapest of {len(list(product(*GRID)))} sets of scales with a mean KL of at most "
        f"{MOST_DIVERGENCE} nats on 10,000 training samples",
        _furthest(curves),
        "on shuffled digits a Sigma-Delta network costs more than a rounding network: it pays on temporal data only",
        "everything: all that the tally holds, encoding, rounding and read-out too; comparisons too: each at the "
        "price of an addition; baked: scales in the weights",
    ]
    return ReproductionReport(
        "sigma-delta-mnist", "Table B.1, error and thousands of operations a frame", "thesis, figure 4.4, table B.1",
        rows, notes, curves, [_draw(request, curves, free, plain)],
    )  # fmt: skip


QUANTITIES = COLUMNS | {
    "dense / SD temporal": "dense over Sigma-Delta, temporal",
    "energy nJ, everything": "energy estimate, nJ, everything",
    "energy nJ, comparisons too": "energy estimate, nJ, comparisons too",
    "energy nJ, everything, baked": "energy estimate, nJ, everything, baked",
    "energy nJ, comparisons too, baked": "energy estimate, nJ, comparisons too, baked",
    "scales": "scales",
}


def _rows(name: str, found: list[Row], published: dict[str, float]) -> list[Row]:
    """One line a quantity: network, quantity, published, measured by seeds, and how far their mean is, in percent."""
    made: list[Row] = []
    for column, quantity in QUANTITIES.items():
        if column in found[0]:
            printed, values = published.get(column), [row[column] for row in found]
            one = {"network": name, "quantity": quantity, "published": printed}
            if column == "scales":
                made.append(one | {"measured": "; ".join(values), "by seed": None, "difference": None})
                continue
            mean = float(np.mean(values))
            made.append(one | {
                "measured": round(mean, 3 if "training" in column else 2),
                "by seed": f"{min(values):g} to {max(values):g}" if len(values) > 1 else None,
                "difference": None if printed is None else round(100 * (mean / printed - 1), 1),
            })  # fmt: skip
    return made


def means(curves: list[Row]) -> list[Row]:
    """A row a tradeoff: the mean of all seeds in each column with a number."""
    groups: dict[float, list[Row]] = {}
    for row in curves:
        groups.setdefault(row["tradeoff"], []).append(row)
    numbers = [name for name, value in curves[0].items() if not isinstance(value, str)]
    return [{name: float(np.mean([row[name] for row in rows])) for name in numbers} for rows in groups.values()]


def _furthest(curves: list[Row]) -> str:
    """The mean number of operations furthest from the published one, and the number of those within 5%, in words.

    By energies, which are the same counts at 0.1 pJ: operations are printed in thousands, cut off.
    """
    gaps = [
        (row[column] / PUBLISHED[row["tradeoff"]][column] - 1, quantity, row["tradeoff"])
        for row in means(curves) for column, quantity in COLUMNS.items() if column.startswith("energy")
    ]  # fmt: skip
    gap, quantity, tradeoff = max(gaps, key=lambda found: abs(found[0]))
    within = sum(abs(found[0]) <= 0.05 for found in gaps)
    return (
        f"operations, by the published energies of three digits: {within} of {len(gaps)} within 5%; the furthest is "
        f"{100 * gap:+.1f}% ({quantity}, lambda {tradeoff:.3g})"
    )


def _draw(request: Request, curves: list[Row], free: list[Row], plain: list[Row]) -> Path:
    figure, ax = axes(
        "Figure 4.4: what an answer costs", "operations a frame, thousands", "test error, %", xscale="log", yscale="log"
    )
    kinds = {
        "measured rounding k": "rounding", "measured SD MNIST k": "Sigma-Delta, shuffled digits",
        "measured SD temporal k": "Sigma-Delta, temporal MNIST",
    }  # fmt: skip
    error = "measured error %"
    for k, (column, name) in enumerate(kinds.items()):
        colour = look(k)["color"]
        for seed in dict.fromkeys(row["seed"] for row in curves):
            own = _line([row for row in curves if row["seed"] == seed])
            ax.plot([row[column] for row in own], [row[error] for row in own], color=colour, lw=0.8, alpha=0.4)
        line = _line(means(curves))
        ax.plot([row[column] for row in line], [row[error] for row in line], label=name, **look(k))
        for row in free:
            ax.plot(row[column], row[error], "*", ms=13, color=colour, mec="black", mew=0.6)
        for printed in () if request.quick else PUBLISHED.values():
            ax.plot(printed[column], printed[error], "x", color=colour, ms=7)
    if not request.quick:
        ax.plot([], [], "kx", label="published")
    ax.plot([], [], "k*", ms=11, label="free choice of scales")
    own_error = float(np.mean([row[error] for row in plain]))
    ax.plot(np.mean([row["dense k"] for row in plain]), own_error, "ks", label="dense")
    ax.plot(np.mean([row["sparse k"] for row in plain]), own_error, "kD", mfc="white", label="dense, zeros skipped")
    ax.set_ylim(own_error * 0.85, min(20.0, max(row[error] for row in _line(curves)) * 1.2))
    ax.set_xticks([20, 50, 100, 200, 400])
    low, high = ax.get_ylim()
    ax.set_yticks(found := [tick for tick in (1, 2, 3, 4, 5, 7, 10, 15, 20) if low < tick < high], map(str, found))
    ax.minorticks_off()
    legend(ax)
    return save(figure, request.out / "sigma-delta-mnist.png")


def _line(rows: list[Row]) -> list[Row]:
    """Rows of optimised scales that send something, by lambda."""
    made = [row for row in rows if row["tradeoff"] > 0 and row["measured rounding k"] > 0.5]
    return sorted(made, key=lambda row: float(row["tradeoff"]))
