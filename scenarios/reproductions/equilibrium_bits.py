"""Figure 8.3, the binary network: units that send a bit a step learn MNIST (8.5.2); what ones and changes cost."""

from __future__ import annotations

from typing import Any

import numpy as np

from eventnet.data import scale_pixels
from eventnet.engine.journal import going_on
from eventnet.models import SpikingEquilibriumNetwork, SpikingForm
from eventnet.models.equilibrium_spiking import schedule
from eventnet.plotting.style import legend, plain, title
from eventnet.scenarios.reproductions.common.learning_energy import contrast_products
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

SIZES, BATCH, STEPS, NU_BAR, LAM = [784, 500, 10], 20, (100, 50), 0.0346, 0.275
EPOCH, EPOCHS = 50_000, 25
SEEN, QUICK_SEEN = [*range(5000, EPOCH, 5000), *(EPOCH * k for k in range(1, EPOCHS + 1))], [500, 1000]
"""Samples after which errors are counted."""
SHOWN = (1, 2, 5, 10, 15, 20, 25)
"""Epochs after which the official test images are seen, too."""
LOOKED_AT = 1000
"""Test images of the first epoch's curve, the first of all; at the end of an epoch errors are those of all."""


def train(data: str | None, seed: int, seen: list[int], quick: bool) -> list[Row]:
    """Errors in percent after so many samples, and what a sample has cost since the row before."""
    d = digits_for(data, "author", embedded=quick)
    x, x_val = scale_pixels(d.x_train), scale_pixels(d.x_test)
    official = d if quick else digits_for(data, "official", embedded=False)
    form = SpikingForm(lam=schedule(LAM), nu_bar=NU_BAR)
    made: dict[str, Any] = {
        "net": SpikingEquilibriumNetwork(SIZES, form, steps=STEPS, seed=seed), "rows": [],
    }  # fmt: skip
    for k in going_on(made, len(seen), train, seed, quick):
        net, before = made["net"], seen[k - 1] if k else 0
        at = np.arange(before, seen[k]) % len(x)
        net.partial_fit(x[at], d.y_train[at], batch=BATCH)
        row: Row = {"seed": seed, "samples": seen[k], "learned since": len(at)}
        for name, bits in (("ones", net.ones), ("changes", net.changes)):
            row[f"adds, {name}"] = net.adds(bits) / len(at)
        row["learning"] = contrast_products(SIZES, x[at])
        whole, official_too = seen[k] % len(x) == 0, seen[k] / len(x) in SHOWN
        shown = slice(0, len(x_val) if whole else LOOKED_AT)
        row["error"] = 100 * (1 - net.score(x_val[shown], d.y_test[shown]))
        row["test"] = 100 * (1 - net.score(scale_pixels(official.x_test), official.y_test)) if official_too else None
        made["rows"].append(row)
    finished: list[Row] = made["rows"]
    return finished


def equilibrium_bits(request: Request) -> ReproductionReport:
    """25 epochs with three seeds; errors at the end of some, and adds a sample if ones or changes are sent."""
    seen, seeds = (QUICK_SEEN if request.quick else SEEN), request.seeds(3)
    curves = rows_of_all(train, [(request.folder, seed, seen, request.quick) for seed in seeds], request)
    ends = [n for n in seen if any(row["samples"] == n and row["test"] is not None for row in curves)]
    ends = ends or seen[-1:]
    rows = [_row(n, max(n // EPOCH, 1), ends[0], curves) for n in ends]
    shown = "the embedded digits" if request.quick else "the first 50,000 in file order, errors on the last 10,000"
    notes = [
        f"{'-'.join(map(str, SIZES))}, batch {BATCH}, {STEPS[0]} and {STEPS[1]} steps, OSA with nu_bar {NU_BAR}, lam "
        f"{LAM}, beta 0.5 of random sign, learning rates 0.1 and 0.05; {shown}; one number a seed: {listed(seeds)}",
        "adds a sample of training, both phases: a bit goes to all units of both neighbouring layers; ones: each bit "
        "that is 1 is sent, changes: each that is not as it was. A bit is a row to add: messages have no products. "
        "learning: adds, and as many products, of both ends of each weight in both phases, by arithmetic, without "
        "pixels that are 0. What units do at each step to their own states is not counted",
        f"{STUCK_NOTE}; the batched form, not the engine",
        "published: 2.37 % after 25 epochs",
    ]
    return ReproductionReport(
        "equilibrium-bits", "The binary network of section 8.5.2 on MNIST", "thesis, figure 8.3, 8.5.2", rows, notes,
        curves, [_draw(request, curves, seeds)],
    )  # fmt: skip


def _row(samples: int, epoch: int, once: int, curves: list[Row]) -> Row:
    """Results after so many samples; `once`: after which the first epoch was over."""
    mine = [row for row in curves if row["samples"] == samples]
    last = [row for row in curves if row["samples"] <= samples]

    def each(key: str) -> str:
        return " ".join(f"{row[key]:.2f}" for row in mine if row[key] is not None)

    def mean(key: str) -> str:
        return f"{np.average([row[key] for row in last], weights=[row['learned since'] for row in last]):,.0f}"

    first = [row["error"] for row in curves if row["samples"] == once]
    return {
        "epochs": epoch, "error %": each("error"), "test %": each("test"),
        "adds, ones": mean("adds, ones"), "adds, changes": mean("adds, changes"), "products": 0,
        **{f"learning {kind}": mean("learning") for kind in ("adds", "products")},
        "stuck": stuck(first),
    }  # fmt: skip


def _draw(request: Request, curves: list[Row], seeds: list[int]) -> Any:
    figure, (left, right) = panels(1, 2, 4.2)
    for k, seed in enumerate(seeds):
        mine = [row for row in curves if row["seed"] == seed]
        left.plot([row["samples"] for row in mine], [row["error"] for row in mine], label=f"seed {seed}", **look(k))
    for k, name in enumerate(("ones", "changes")):
        at = sorted({row["samples"] for row in curves})
        means = [np.mean([row[f"adds, {name}"] for row in curves if row["samples"] == n]) / 1e6 for n in at]
        right.plot(at, means, label=f"{name} are sent", **look(k))
    shown = "samples" if request.quick else f"samples (judged by {LOOKED_AT:,} images, after an epoch by 10,000)"
    left.set(xlabel=shown, ylabel="error, %", xscale="log", yscale="log")
    left.set_yticks(ticks := [2, 3, 5, 10, 20], list(map(str, ticks)))
    left.minorticks_off()
    right.set(xlabel="samples", ylabel="adds a sample, millions", xscale="log", ylim=(0, None))
    for ax in (left, right):
        legend(ax)
        plain(ax)
    title(figure, "Equilibrium propagation with a bit a step on MNIST")
    return save(figure, request.out / "equilibrium-bits.png")
