"""Table C.6: proportional-derivative networks of one to four hidden layers and their twins, in both orders of MNIST.

Codes begin with alpha = 0.5 and have 0.9 after the first epoch. There the network goes on from its weights and the
scales of its codes; states begin anew. Twins of MNIST learn in batches: the thesis does not say how many samples a step
its twins took (the author's program allows them one). Those of temporal MNIST learn one by one.
"""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from eventnet.data import Digits, temporal
from eventnet.engine.journal import going_on
from eventnet.errors import ModelError
from eventnet.models import ConventionalNetwork, PDNetwork
from eventnet.plotting.style import BLUE, NOTE, ORANGE, heading, plain, title
from eventnet.scenarios.reproductions.common.pictures import panels, save
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

WIDTH, DEPTHS, CUT = 200, (1, 2, 3, 4), 50_000
DATA = ("MNIST", "temporal MNIST")
RATE, EPOCHS, QUICK_EPOCHS = 0.01, 50, 2
FIRST_ALPHA, ALPHA, COARSENESS = 0.5, 0.9, 0.91
"""k_alpha in the first epoch and after it, and the scale of a code relative to what it encodes (C.5)."""
BATCHES = {"MNIST": 10, "temporal MNIST": 1}
"""Samples a step of a twin, at so many times the learning rate of one sample a step.

In an order of time batches average samples that are alike, and change what is learned: with 5,000 samples and ten
passes the test score was 0.8 to 1.1 points higher with ten a step (three seeds, one hidden layer), in MNIST's own order
0.0 to 0.2.
"""

SPLIT = "the source's split: 50,000 training images and the official 10,000 to learn from, the last 10,000 to test"

# data, depth -> the PD network's operations a sample, training and test score; its twin's.
PUBLISHED: dict[tuple[str, int], tuple[tuple[int, float, float], tuple[int, float, float]]] = {
    ("MNIST", 1): ((711_000, 100, 98.34), (314_000, 100, 98.3)),
    ("MNIST", 2): ((1_000_000, 99.82167, 98.18), (434_000, 100, 98.5)),
    ("MNIST", 3): ((1_300_000, 99.91, 98.16), (554_000, 99.99333, 98.39)),
    ("MNIST", 4): ((1_620_000, 99.96, 98.41), (674_000, 99.99167, 98.28)),
    ("temporal MNIST", 1): ((484_000, 100, 98.39), (314_000, 100, 98.2)),
    ("temporal MNIST", 2): ((740_000, 99.97833, 98.27), (434_000, 100, 98.38)),
    ("temporal MNIST", 3): ((967_000, 99.98, 98.31), (554_000, 99.99833, 98.45)),
    ("temporal MNIST", 4): ((1_170_000, 99.995, 98.18), (674_000, 100, 98.53)),
}


def sizes_of(depth: int) -> list[int]:
    """784-200-...-10 with so many hidden layers."""
    return [784, *[WIDTH] * depth, 10]


def gains(alpha: float) -> dict[str, float]:
    """kp and kd of a code with this decay and `COARSENESS` (C.5)."""
    return {"kp": (1 - alpha) / COARSENESS, "kd": alpha / COARSENESS}


def multiply_adds(sizes: list[int], output: bool) -> int:
    """A sample of the twin: forward, update, errors passed down to hidden layers; with the output layer or without."""
    pairs = [a * b for a, b in zip(sizes, sizes[1:])]
    hidden = 2 * pairs[0] + 3 * sum(pairs[1:-1])
    return hidden + 3 * pairs[-1] if output else hidden


def of_output_layer(net: PDNetwork) -> int:
    """Adds so far, by the published count, of the output layer: its row a spike, its column an error, both updates."""
    tally = net.learning_tally
    assert tally is not None
    rows, last = tally.by_port(), len(net.blueprint) - 1
    return 2 * sum(rows[f"{name}.settle"]["synaptic_adds"] for name in ("output", f"error{last - 1}"))


def joined(official: Digits) -> Digits:
    """The source's split for these networks: 60,000 samples to learn from, the last 10,000 training images to test.

    The first 50,000 training images are joined with the official 10,000 to test. Published training scores say how
    many: 99.82167, 99.97833 and others are shares of 60,000, and of 50,000 none of them is.
    """
    x, y = official.x_train, official.y_train
    x_joined, y_joined = np.concatenate([x[:CUT], official.x_test]), np.concatenate([y[:CUT], official.y_test])
    return Digits(x_joined, y_joined, x[CUT:], y[CUT:], "joined")


def data_of(folder: str | None, quick: bool, name: str, cache: str, *, source_split: bool = True) -> Any:
    """Samples to learn from and to test, as float32 in 0 ... 1, with their labels; temporal ones in their order."""
    found = digits_for(folder, "official", embedded=quick)
    if source_split and not quick:
        found = joined(found)
    if name == DATA[1]:
        found = temporal(found, cache=Path(cache))
    scaled = [(np.asarray(x) / 255).astype(np.float32) for x in (found.x_train, found.x_test)]
    return scaled[0], found.y_train, scaled[1], found.y_test


def learn(kind: str, name: str, depth: int, folder: str | None, quick: bool, cache: str, seed: int) -> list[Row]:
    """One network: operations of each epoch, and scores after it; it ends where a code can go on no longer."""
    x, y, x_test, y_test = data_of(folder, quick, name, cache)
    sizes, epochs = sizes_of(depth), QUICK_EPOCHS if quick else EPOCHS
    net = PDNetwork(sizes, learning_rate=RATE, seed=seed, **gains(FIRST_ALPHA))
    made: dict[str, Any] = {"net": twin_of(net, BATCHES[name]) if kind == "twin" else net, "rows": []}
    for epoch in going_on(made, epochs, learn, kind, name, depth, quick, seed):
        if kind == "PD" and epoch == 1:
            made["net"] = made["net"].changed(**gains(ALPHA))
        before = counts(made["net"], sizes, len(x) * epoch)
        try:
            made["net"].partial_fit(x, y)
        except ModelError as why:
            if not made["rows"]:
                raise
            made["rows"][-1]["stopped"] = str(why)
            break
        spent = counts(made["net"], sizes, len(x) * (epoch + 1)) - before
        made["rows"].append({
            "network": kind, "data": name, "depth": depth, "seed": seed, "epoch": epoch + 1,
            "operations": round(spent[0] / len(x)), "without output layer": round(spent[1] / len(x)),
            "test %": round(100 * made["net"].score(x_test, y_test), 2), "training %": None,
        })  # fmt: skip
    made["rows"][-1]["training %"] = round(100 * made["net"].score(x, y), 5)
    finished: list[Row] = made["rows"]
    return finished


def twin_of(net: PDNetwork, batch: int) -> ConventionalNetwork:
    """The conventional twin, which learns in batches; its rate grows with them, so that a pass moves it as far."""
    twin = net.twin()
    twin.batch, twin.learning_rate = batch, batch * twin.learning_rate
    return twin


def counts(net: Any, sizes: list[int], samples: int) -> Any:
    """Operations so far, in all and without the output layer: counted adds, or a twin's multiply-adds."""
    if not isinstance(net, PDNetwork):
        return samples * np.array([multiply_adds(sizes, True), multiply_adds(sizes, False)])
    total = net.operations()["total"] if net.samples_seen else 0
    return np.array([total, total - (of_output_layer(net) if net.samples_seen else 0)])


def pd_depth(request: Request) -> ReproductionReport:
    """All sixteen rows, with three seeds each."""
    request.out.mkdir(parents=True, exist_ok=True)
    folder, seeds = request.folder, request.seeds()
    data_of(folder, request.quick, DATA[1], str(request.out))  # ordered once, and kept there
    cases = list(product(("PD", "twin"), DATA, DEPTHS, seeds))
    jobs = [(kind, name, depth, folder, request.quick, str(request.out), seed) for kind, name, depth, seed in cases]
    curves = [row | {"stopped": row.get("stopped", "")} for row in rows_of_all(learn, jobs, request)]
    epochs = QUICK_EPOCHS if request.quick else EPOCHS
    notes = [
        f"{'embedded digits' if request.quick else SPLIT}; in file order, one sample a step, twins of MNIST "
        f"{BATCHES[DATA[0]]} a step at as many times the rate; k_alpha {FIRST_ALPHA}, after the first epoch {ALPHA}; "
        f"scales adapt (eta 0.001, relative {COARSENESS}); learning rate {RATE}, {epochs} epochs, seeds "
        f"{listed(seeds)}, float32",
        "operations a sample: adds of the PD networks, multiply-adds of the twins, mean over all epochs; published "
        "counts of the twins leave the output layer out",
        "training and test: by the network's own answers, codes run from rest over all samples that it learned from, "
        "and over all to test; the greatest: of all epochs, chosen by the test itself, as a published score may be",
        f"test: {INTERVALS}, the twin",
        *(
            f"{row['network']}, {row['data']}, {row['depth']} x {WIDTH}, seed {row['seed']}: stopped after epoch "
            f"{row['epoch']}, and has the scores of that one: {row['stopped']}"
            for row in curves
            if row["stopped"]
        ),
    ]
    return ReproductionReport(
        "pd-depth", "Table C.6, depth and order", "thesis, table C.6", table(curves), notes, curves,
        [_draw(request, curves)],
    )  # fmt: skip


def table(curves: list[Row]) -> list[Row]:
    """A row for each of the source's; a network that was stopped has the scores of its last epoch."""
    made = []
    for name, depth, kind in product(DATA, DEPTHS, ("PD", "twin")):
        mine = [row for row in curves if (row["network"], row["data"], row["depth"]) == (kind, name, depth)]
        twin = [row for row in curves if (row["network"], row["data"], row["depth"]) == ("twin", name, depth)]
        published = PUBLISHED[name, depth][kind == "twin"]
        own, theirs = ({row["seed"]: row["test %"] for row in ends(rows)} for rows in (mine, twin))
        greatest = [max(row["test %"] for row in mine if row["seed"] == seed) for seed in own]
        test = compared("test %", own, "twin", theirs, ".2f")
        del test["partner"]
        made.append({
            "data": name, "hidden": f"{depth} x {WIDTH}", "network": kind,
            "published operations": published[0], "operations": _mean(mine, "operations"),
            "without output layer": _mean(mine, "without output layer"),
            "published training %": published[1],
            "training %": round(float(np.mean([row["training %"] for row in ends(mine)])), 3),
            "published test %": published[2], **test, "greatest test %": round(float(np.mean(greatest)), 2),
        })  # fmt: skip
    return made


def ends(rows: list[Row]) -> list[Row]:
    """The last row of each network."""
    return [row for row in rows if row["training %"] is not None]


def _mean(rows: list[Row], column: str) -> int:
    return round(float(np.mean([row[column] for row in rows])))


def _draw(request: Request, curves: list[Row]) -> Path:
    figure, (left, right) = panels(1, 2, 4.4)
    title(figure, "Table C.6: depth and order")
    for (name, colour), (k, (kind, style)) in product(
        zip(DATA, (BLUE, ORANGE)), enumerate((("PD", "-"), ("twin", "--")))
    ):
        mine = [row for row in curves if (row["network"], row["data"]) == (kind, name)]
        errors = [[100 - row["test %"] for row in ends(mine) if row["depth"] == d] for d in DEPTHS]
        look: Any = {"color": colour, "linestyle": style}
        left.plot(DEPTHS, [np.mean(each) for each in errors], marker="o", label=f"{kind}, {name}", **look)
        if len(errors[0]) > 1:
            left.fill_between(DEPTHS, [min(e) for e in errors], [max(e) for e in errors], color=colour, alpha=0.15)
        spent = [_mean([row for row in mine if row["depth"] == d], "without output layer") / 1000 for d in DEPTHS]
        right.plot(DEPTHS, spent, marker="o", **look)
        if not request.quick:
            published = [PUBLISHED[name, d][k] for d in DEPTHS]
            for ax, values in ((left, [100 - p[2] for p in published]), (right, [p[0] / 1000 for p in published])):
                ax.plot(DEPTHS, values, "x1"[k], color=colour, markersize=9)
    if not request.quick:
        left.plot([], [], "kx", label="published, PD")
        left.plot([], [], "k1", markersize=9, label="published, twin")
    heading(left, "Test error, %")
    heading(right, "Operations a sample, thousands,\nwithout the output layer")
    for ax in (left, right):
        ax.set(xlabel="hidden layers", xticks=DEPTHS)
        plain(ax)
    handles = left.get_legend_handles_labels()
    figure.legend(*handles, loc="outside lower center", ncols=3, frameon=False, fontsize=NOTE)
    return save(figure, request.out / "pd-depth.png")
