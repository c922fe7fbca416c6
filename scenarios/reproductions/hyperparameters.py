"""Table A.1: percent error on MNIST for variants of the training of a 784-200-200-10 Deep Spiking Network."""

from __future__ import annotations

from typing import Any

import numpy as np

from eventnet.data import scale_pixels
from eventnet.engine.journal import going_on
from eventnet.models import DeepSpikingNetwork
from eventnet.plotting.style import BLUE, ORANGE, legend, plain, title
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

SIZES = [784, 200, 200, 10]
BASELINE: dict[str, Any] = {"rule": "sgd", "order": "breadth", "hold_error": True}
VARIANTS: dict[str, tuple[float | None, dict[str, Any]]] = {
    "baseline": (3.38, {}),
    "fractional": (3.10, {"rule": "fsgd"}),
    "depth-first, errors held": (None, {"order": "depth"}),
    "depth-first, errors not held": (81.47, {"order": "depth", "hold_error": False}),
    "breadth-first, errors not held": (None, {"hold_error": False}),
    "smooth": (2.85, {"smooth": True}),
    "smooth and fractional": (3.07, {"smooth": True, "rule": "fsgd"}),
    "backward reset: zero": (87.87, {"backward_reset": "zero"}),
    "backward reset: random": (3.15, {"backward_reset": "random"}),
    "T = 5": (4.41, {"steps": 5}),
    "T = 20": (2.65, {"steps": 20}),
    "pixels / 255": (None, {}),
    "pixels / 255, smooth": (None, {"smooth": True}),
    "pixels / 255, T = 5": (None, {"steps": 5}),
}
DIVIDED = "pixels / 255"
"""Prefix of variants whose pixels reach 1, which the table does not say; the author's program divides by 256."""

ORDERED = ("baseline", "depth-first, errors held", "depth-first, errors not held", "breadth-first, errors not held")
"""Variants of order, whose differences are a claim: with ten seeds, the others with five."""
PARTNER = "baseline"


def train(data: str | None, variant: str, seed: int, epochs: int, quick: bool) -> list[Row]:
    """Errors in percent every 25,000 samples (quick: once an epoch), on the author's test set and the official one."""
    d, official = (digits_for(data, split, embedded=quick) for split in ("author", "official"))
    scale = np.float32(256 / 255 if variant.startswith(DIVIDED) else 1)
    x, x_test, x_official = (scale_pixels(each) * scale for each in (d.x_train, d.x_test, official.x_test))
    part = len(x) if quick else 25_000
    dsn = DeepSpikingNetwork(SIZES, seed=seed, **{**BASELINE, **VARIANTS[variant][1]})
    made: dict[str, Any] = {"dsn": dsn, "curve": []}
    begins = [(epoch * len(x), at) for epoch in range(epochs) for at in range(0, len(x), part)]
    for k in going_on(made, len(begins), train, variant, seed, quick):
        before, at = begins[k]
        made["dsn"].partial_fit(x[at : at + part], d.y_train[at : at + part])
        sets = {"error": (x_test, d.y_test), "official": (x_official, official.y_test)}
        errors = {name: round(100 * (1 - made["dsn"].score(*each)), 2) for name, each in sets.items()}
        samples = before + min(at + part, len(x))
        made["curve"].append({"variant": variant, "seed": seed, "samples": samples, **errors})
    finished: list[Row] = made["curve"]
    return finished


def hyperparameters(request: Request) -> ReproductionReport:
    """Run every variant with several seeds."""
    seeds = {variant: request.seeds(SEEDS if variant in ORDERED else 5) for variant in VARIANTS}
    epochs = 2 if request.quick else 4
    data = request.folder
    jobs = [(data, variant, seed, epochs, request.quick) for variant in VARIANTS for seed in seeds[variant]]
    curves = rows_of_all(train, jobs, request)
    rows: list[Row] = []
    last = max(row["samples"] for row in curves)
    at_end = {
        variant: [row for row in curves if (row["variant"], row["samples"]) == (variant, last)] for variant in VARIANTS
    }
    ends = {variant: {row["seed"]: row["error"] for row in at_end[variant]} for variant in VARIANTS}
    for variant, (published, _) in VARIANTS.items():
        mine = ends[variant]
        gap = None if published is None else round(float(np.mean(list(mine.values()))) - published, 2)
        theirs = {seed: ends[PARTNER][seed] for seed in mine}
        row = {"variant": variant, "published %": published, "difference": gap}
        row |= compared("measured %", mine, PARTNER, theirs, ".2f")
        row["official test %"] = round(float(np.mean([row["official"] for row in at_end[variant]])), 2)
        rows.append({**row, "by seed": " ".join(f"{error:.2f}" for error in mine.values())})
    split = (
        "embedded digits"
        if request.quick
        else "author's split: trained on the first 50,000, tested on the last 10,000 training images"
    )
    notes = [
        f"{split}; {epochs} epochs; seeds {listed(seeds[PARTNER])}, the first of them where fewer errors "
        "stand in a row; T = 10, eta = 0.01, pixels / 256 unless a row says otherwise; official: MNIST's own test set, "
        "the same networks",
        f"measured: {INTERVALS}",
    ]
    return ReproductionReport(
        "hyperparameters", "Table A.1, percent error on MNIST", "thesis, table A.1", rows, notes, curves,
        [_draw(request, curves)],
    )  # fmt: skip


def _draw(request: Request, curves: list[Row]) -> Any:
    """Errors at the end, a row for each variant: published, of each seed, and their mean."""
    figure, ax = panels(1, 1, 5.4)
    last = max(row["samples"] for row in curves)
    for k, (variant, (published, _)) in enumerate(VARIANTS.items()):
        ends = [row["error"] for row in curves if row["variant"] == variant and row["samples"] == last]
        seed, mean, printed = ("measured, a seed", "measured, mean", "published") if k == 0 else (None,) * 3
        ax.plot(ends, [k] * len(ends), "o", color=BLUE, alpha=0.5, markersize=6, label=seed)
        ax.plot([np.mean(ends)] * 2, [k - 0.3, k + 0.3], color=BLUE, linewidth=2.5, label=mean)
        if published is not None and not request.quick:
            ax.plot([published], [k], "D", color=ORANGE, markerfacecolor="none", markeredgewidth=1.8, markersize=9,
                    label=printed)  # fmt: skip
    ax.set_yticks(range(len(VARIANTS)), list(VARIANTS))
    ax.set(xscale="log", xlabel=f"test error after {last:,} samples, %", ylim=(len(VARIANTS) - 0.5, -0.5))
    ax.set_xticks([2, 3, 5, 10, 20, 50, 100])
    ax.minorticks_off()
    legend(ax, "above")
    plain(ax)
    title(figure, "Table A.1: variants of training")
    return save(figure, request.out / "hyperparameters.png")
