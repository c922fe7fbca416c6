"""A nudge that is never off: levels learn MNIST with a target in both phases, once as strong, or the other way."""

from __future__ import annotations

from typing import Any

import numpy as np

from eventnet.data import scale_pixels
from eventnet.models import EquilibriumNetwork
from eventnet.plotting.style import heading, legend, plain, title
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
from eventnet.scenarios.reproductions.common.twin import official_error, scored
from eventnet.scenarios.shared.paired import paired_difference

SIZES, K, BATCH, RATES = [784, 500, 10], 256, 20, (0.1, 0.05)
FREE = (0.0, 0.5)
BETAS = {
    FREE: 1.0, (0.0, 0.75): 1.0, (0.1, 0.5): 0.5, (0.25, 0.5): 1.0, (0.5, 1.0): 1.0, (-0.1, 0.5): 1.0,
    (-0.25, 0.5): 1.0, (-0.25, 0.25): 1.0,
}  # fmt: skip
"""Nudges of both phases, and what learning rates are multiplied by: 1 or 0.5, by errors of seed 100 on the last 10,000
of the 50,000 after the first 40,000."""
LOOKED_AT, QUICK_SAMPLES = [10_000, 50_000], 200


def train(data: str | None, seed: int, quick: bool) -> list[Row]:
    """Errors in percent for all nudges after a part and after one epoch, and what a sample cost since."""
    d = digits_for(data, "author", embedded=quick)
    x, x_val, rows = scale_pixels(d.x_train), scale_pixels(d.x_test), []
    for (first, second), times in BETAS.items():
        rates = tuple(times * rate for rate in RATES)
        net = EquilibriumNetwork(SIZES, k=K, beta=(first, second), learning_rate=rates, seed=seed)
        before = 0
        for seen in [QUICK_SAMPLES] if quick else LOOKED_AT:
            cost: Any = net.fit(x[before:seen], d.y_train[before:seen], batch=BATCH).cost
            last = quick or seen == LOOKED_AT[-1]
            rows.append({
                "first": first, "second": second, "seed": seed, "samples": seen,
                "error": 100 * (1 - net.score(x_val, d.y_test)),
                "test": official_error(data, scored(net), len(x_val), quick) if last else None,
                "operations": cost.operations, "second phase": cost.positive_messages / cost.samples,
            })  # fmt: skip
            before = seen
    return rows


def equilibrium_nudges(request: Request) -> ReproductionReport:
    """Ten seeds; differences from a free first phase seed by seed."""
    seeds = request.seeds(10)
    curves = rows_of_all(train, [(request.folder, seed, request.quick) for seed in seeds], request)
    shown = (
        "the embedded digits"
        if request.quick
        else "MNIST's first 50,000 once in file order, errors on the last 10,000, and on the official test images"
    )
    notes = [
        f"{'-'.join(map(str, SIZES))}, levels of 1/{K}, batch {BATCH}, learning rates {listed(RATES)} times 1 or 0.5, "
        f"chosen by seed 100; {shown}; seeds {listed(seeds)}; medians (least to most); the batched form, not "
        "the engine",
        "beta: how strongly a target nudges in the first and in the second phase; below 0: away from the target; "
        "answers have no nudge",
        "less a free phase: mean over seeds, with its interval of 95%, after all samples",
        "operations: adds a sample of both phases and the input, a multiply-add counted once; second phase: its "
        "messages",
        STUCK_NOTE,
    ]
    rows = [_row(first, second, curves) for first, second in BETAS]
    return ReproductionReport(
        "equilibrium-nudges", "A nudge that is never off", "thesis, 2.7, 9.2 to 9.6", rows, notes, curves,
        [_draw(request, curves)],
    )  # fmt: skip


def _row(first: float, second: float, curves: list[Row]) -> Row:
    end = max(row["samples"] for row in curves)

    def errors(key: str, samples: int, betas: tuple[float, float]) -> dict[int, float]:
        mine = [row for row in curves if (row["first"], row["second"]) == betas and row["samples"] == samples]
        return {row["seed"]: row[key] for row in mine if row[key] is not None}

    def median(key: str, samples: int, form: str) -> str | None:
        found = list(errors(key, samples, (first, second)).values())
        return f"{np.median(found):{form}} ({min(found):{form}} to {max(found):{form}})" if found else None

    mine = errors("error", end, (first, second))
    apart = paired_difference(mine, errors("error", end, FREE))
    row: Row = {"beta": f"{first:g} and {second:g}"}
    for samples in sorted({row["samples"] for row in curves}):
        row[f"error % after {samples:,}"] = median("error", samples, ".2f")
    row["official %"] = median("test", end, ".2f")
    if (first, second) == FREE:
        row |= {"less a free phase": None, "95%": None}
    else:
        row |= {"less a free phase": f"{apart.mean:+.2f}", "95%": apart.ends("+.2f")}
    row |= {name: median(name, end, ",.0f") for name in ("operations", "second phase")}
    return row | {"stuck": stuck(list(mine.values()))}


def _draw(request: Request, curves: list[Row]) -> Any:
    figure, (left, right) = panels(1, 2, 4.2)
    names = [f"{first:g} and {second:g}" for first, second in BETAS]
    for n, samples in enumerate(sorted({row["samples"] for row in curves})):
        style = look(n) | {"linestyle": ""}
        for k, betas in enumerate(BETAS):
            mine = [row for row in curves if (row["first"], row["second"]) == betas and row["samples"] == samples]
            at = k + 0.15 * (n - 0.5)
            shown = {"label": f"after {samples:,} samples"} if k == 0 else {}
            left.plot([at] * len(mine), [row["error"] for row in mine], **style, **shown)
            if samples == max(row["samples"] for row in curves):
                right.plot([at] * len(mine), [row["operations"] for row in mine], **style)
    left.set(yscale="log", ylabel="error, %")
    left.set_yticks(ticks := [4, 6, 10, 20, 40, 80], list(map(str, ticks)))
    left.minorticks_off()
    heading(left, "each point a seed")
    most = max(row["operations"] for row in curves)
    right.set(ylabel="adds a sample", ylim=(0, 1.1 * most))
    right.yaxis.set_major_formatter("{x:,.0f}")
    for ax in (left, right):
        ax.set_xticks(range(len(names)), names, rotation=35, ha="right")
        ax.set_xlabel("nudge in the first and in the second phase")
        plain(ax)
    legend(left)
    title(figure, "A target that nudges in both phases")
    return save(figure, request.out / "equilibrium-nudges.png")
