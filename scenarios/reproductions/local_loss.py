"""Figure 7.4: a deep forward network that learns from local losses alone, beside one with the global loss."""

from __future__ import annotations

from typing import Any

import numpy as np

from eventnet.data import scale_pixels
from eventnet.engine.journal import going_on
from eventnet.models import InitializedEquilibriumNetwork
from eventnet.models.shared import Floats
from eventnet.plotting.style import BLUE, ORANGE, heading, legend, plain, title
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
from eventnet.scenarios.reproductions.common.twin import TwinLesson, official_error, scored, twin_note
from eventnet.scenarios.reproductions.initialized import cosine
from eventnet.scenarios.reproductions.initialized_digits import operations
from eventnet.scenarios.shared.paired import paired_difference

SIZES, BATCH, STEPS = [784, 500, 500, 500, 10], 20, (20, 8)
OPTIONS: dict[str, Any] = {"beta": 1.0, "learning_rate": (0.128, 0.032, 0.008, 0.002), "lam": 0.1}
LOSSES = ("local", "global")
ANSWERS = {"s_f": "forward", "s-": "settled"}
SEEN = [0, 500, 1000, 2000, *range(5000, 50_001, 5000)]
QUICK_SEEN = [0, 200, 500]
LOOKED_AT = 2000
"""Test images of the curves, the first of all; at the end errors are those of all."""


def train(data: str | None, loss: str, seed: int, seen: list[int], quick: bool) -> list[Row]:
    """Errors in percent of both answers, and cosines of gradients, after so many samples."""
    d = digits_for(data, "author", embedded=quick)
    x, x_test = scale_pixels(d.x_train[: seen[-1]]), scale_pixels(d.x_test)
    made: dict[str, Any] = {
        "net": InitializedEquilibriumNetwork(SIZES, loss=loss, steps=STEPS, seed=seed, **OPTIONS), "rows": [],
    }  # fmt: skip
    for k in going_on(made, len(seen), train, loss, seed, quick):
        net, part = made["net"], slice(seen[k - 1] if k else 0, seen[k])
        net.partial_fit(x[part], d.y_train[part], batch=BATCH)
        shown = slice(0, len(x_test) if k + 1 == len(seen) else LOOKED_AT)
        errors = {name: 100 * (1 - net.score(x_test[shown], d.y_test[shown], by=by)) for name, by in ANSWERS.items()}
        last = k + 1 == len(seen)
        tests = {
            f"{name}, official": official_error(data, scored(net, by=by), len(x_test), quick) if last else None
            for name, by in ANSWERS.items()
        }
        found = errors | tests | alignment(net, x_test[:500]) | costs(net, x[:2000])
        made["rows"].append({"loss": loss, "seed": seed, "samples": seen[k]} | found)
    finished: list[Row] = made["rows"]
    return finished


def costs(net: InitializedEquilibriumNetwork, x: Floats) -> Row:
    """Multiply-adds a sample, by arithmetic: of both answers, and what learning adds to the settled one."""
    found = operations(net, x)
    return {"s_f, answer": contrast_products(net.sizes, x) / 2, "s-, answer": found["answer"], "learn": found["learn"]}


def alignment(net: InitializedEquilibriumNetwork, x: Floats) -> dict[str, float]:
    """Cosine of each hidden layer's local gradient and the one that the layers above it send down (7.4)."""
    wanted = net.settled(x)
    local, total = (net.forward_gradients(x, wanted, loss) for loss in LOSSES)
    pairs = list(zip(local, total, strict=True))[:-1]
    return {f"layer {n}": cosine(a[0], b[0] - a[0]) for n, (a, b) in enumerate(pairs, 1)}


def local_loss(request: Request) -> ReproductionReport:
    """Both losses with five seeds; errors of both answers at the end, and differences seed by seed."""
    seen, seeds = (QUICK_SEEN if request.quick else SEEN), request.seeds(5)
    jobs = [(request.folder, loss, seed, seen, request.quick) for loss in LOSSES for seed in seeds]
    curves = rows_of_all(train, jobs, request)
    ends = {
        (loss, answer): {
            row["seed"]: row[answer] for row in curves if (row["loss"], row["samples"]) == (loss, seen[-1])
        }
        for loss in LOSSES for answer in (*ANSWERS, *(f"{answer}, official" for answer in ANSWERS))
    }  # fmt: skip
    rows = [
        _row(answer, *(ends[loss, f"{answer}{split}"] for split in ("", ", official") for loss in LOSSES))
        | {"multiply-adds": f"{_mean(curves, 'local', seen[-1], f'{answer}, answer'):,.0f}"}
        | {f"learning, {loss}": f"{_mean(curves, loss, seen[-1], 'learn'):,.0f}" for loss in LOSSES}
        for answer in ANSWERS
    ]
    shown = (
        "the embedded digits"
        if request.quick
        else f"{seen[-1]:,} of MNIST once, errors on the last 10,000, and on the official test images"
    )
    rates = listed(OPTIONS["learning_rate"])
    notes = [
        f"{'-'.join(map(str, SIZES))}, batch {BATCH}, learning rates {rates}, lam {OPTIONS['lam']}, "
        f"beta {OPTIONS['beta']:g} of random sign, {STEPS[0]} negative and {STEPS[1]} positive steps; {shown}; "
        "NumPy, not the engine",
        f"one number a seed: {listed(seeds)}; curves are of the first {LOOKED_AT:,} of the test images",
        f"{STUCK_NOTE}, here the only one",
        twin_note(request, TwinLesson(SIZES, seen[-1], BATCH, 0.1), seeds),
        "multiply-adds a sample, by arithmetic, without pixels that are 0: of an answer; learning: what is "
        "added to the settled one",
        "s_f: the forward network alone; s-: the states after a negative phase that begins there",
        "published: curves of 50 epochs, of which the text says that local losses have no apparent disadvantage",
    ]
    return ReproductionReport(
        "local-loss", "Figure 7.4, local and global losses on MNIST", "thesis, figure 7.4", rows, notes, curves,
        [_draw(request, curves, seen)],
    )  # fmt: skip


def _row(
    answer: str, local: dict[int, float], total: dict[int, float], local_test: dict[int, Any],
    total_test: dict[int, Any],
) -> Row:  # fmt: skip
    """Errors by seed of both losses, on the last training images and on the official ones."""
    apart = paired_difference(local, total)
    columns = {
        "local losses, %": local, "global loss, %": total, "local losses, official %": local_test,
        "global loss, official %": total_test,
    }  # fmt: skip
    return {
        "answer": answer, "published": "local as good as global",
        **{name: _each(by_seed) for name, by_seed in columns.items()},
        "local minus global": f"{apart.mean:+.1f}", "95%": apart.ends("+.1f"),
        "stuck, local and global": " and ".join(stuck(list(by_seed.values())) for by_seed in (local, total)),
    }  # fmt: skip


def _each(by_seed: dict[int, Any]) -> str | None:
    """One number a seed, and their median; None where there are none."""
    values = [value for value in by_seed.values() if value is not None]
    return " ".join(f"{value:.1f}" for value in values) + f" (median {np.median(values):.1f})" if values else None


def _draw(request: Request, curves: list[Row], seen: list[int]) -> Any:
    figure, (left, right) = panels(1, 2, 4.4)
    for loss, colour in zip(LOSSES, (BLUE, ORANGE), strict=True):
        for answer, dashes in (("s_f", "-"), ("s-", "--")):
            left.plot(
                seen, [_mean(curves, loss, k, answer) for k in seen], color=colour, linestyle=dashes, linewidth=1.8,
                label=f"{loss}, {answer}",
            )  # fmt: skip
    left.set(xlabel="samples", ylabel="error, %", yscale="log")
    left.set_yticks(ticks := [5, 10, 20, 40, 80], list(map(str, ticks)))
    left.minorticks_off()
    heading(left, "errors, means over seeds")
    for n in range(1, len(SIZES) - 1):
        values = [_mean(curves, "local", k, f"layer {n}") for k in seen]
        right.plot(seen, values, label=f"layer {n}", **(look(n - 1) | {"marker": ""}))
    right.set(xlabel="samples", ylabel="cosine")
    heading(right, "local and distant gradients, local losses")
    for ax in (left, right):
        legend(ax)
        plain(ax)
    title(figure, "Figure 7.4: learning from local and from global losses on MNIST")
    return save(figure, request.out / "local-loss.png")


def _mean(curves: list[Row], loss: str, samples: int, name: str) -> float:
    return float(np.mean([row[name] for row in curves if (row["loss"], row["samples"]) == (loss, samples)]))
