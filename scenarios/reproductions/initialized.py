"""Figures 7.2, 7.3 and D.1: forward networks that learn where equilibrium propagation settles."""

from __future__ import annotations

from typing import Any

import numpy as np

from eventnet.data import scale_pixels
from eventnet.models import InitializedEquilibriumNetwork
from eventnet.plotting.style import BLUE, ORANGE, heading, legend, plain, title
from eventnet.scenarios.reproductions.common.pictures import look, panels, save
from eventnet.scenarios.reproductions.common.report import (
    ReproductionReport,
    Request,
    Row,
    digits_for,
    listed,
    rounded,
    rows_of_all,
)

LAYERS, UNITS, BATCH, RATE = 6, 50, 20, 0.1
CONDITIONS: dict[str, dict[str, Any]] = {
    "plain": {"initialized": False},
    **{f"initialized, lam {lam:g}": {"lam": lam} for lam in (0.0, 0.1, 1.0, 2.0)},
}
NEGATIVE = (4, 20)


def follow(loss: str, seed: int, iterations: int) -> list[Row]:
    """Figure 7.2: learn the states of another network's layers; the global loss, and cosines of gradients."""
    sizes, rates = [UNITS] * (LAYERS + 1), (RATE,) * LAYERS
    teacher, learner = (
        InitializedEquilibriumNetwork(sizes, loss=loss, learning_rate=rates, seed=seed + 1000 * k, dtype="float64")
        for k in (1, 0)
    )
    for net in (teacher, learner):
        for w in net.forward_weights:
            w *= 2.0  # so that units reach from one end of the sigmoid to the other
    rng, rows = np.random.default_rng(seed), []
    for k in range(iterations + 1):
        x = rng.random((BATCH, UNITS))
        wanted, found = teacher.forward(x), learner.forward(x)
        gradients = learner.forward_gradients(x, wanted)
        if k % (iterations // 40) == 0:
            error = sum(0.5 * float(((f - s) ** 2).sum()) for f, s in zip(found, wanted, strict=True)) / BATCH
            local = learner.forward_gradients(x, wanted, "local")
            total = learner.forward_gradients(x, wanted, "global")
            aligned = {f"layer {n + 1}": cosine(a[0], b[0] - a[0]) for n, (a, b) in enumerate(zip(local, total))}
            aligned.pop(f"layer {LAYERS}")
            rows.append({"part": "7.2", "loss": loss, "seed": seed, "iteration": k, "global loss": error, **aligned})
        for (d_w, d_b), w, c in zip(gradients, learner.forward_weights, learner.forward_biases, strict=True):
            w -= RATE * d_w
            c -= RATE * d_b
    return rows


def cosine(a: Any, b: Any) -> float:
    """Of two arrays as vectors; 0 where one is 0."""
    size = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float((a * b).sum()) / size if size else 0.0


def digits_row(data: str | None, name: str, steps: int, seed: int, samples: int, quick: bool) -> list[Row]:
    """Figures 7.3 and D.1: errors in percent after so many samples."""
    d = digits_for(data, "author", embedded=quick)
    x, x_val = scale_pixels(d.x_train[:samples]), scale_pixels(d.x_test)
    net = InitializedEquilibriumNetwork([784, 500, 10], steps=(steps, 4), seed=seed, **CONDITIONS[name])
    net.partial_fit(x, d.y_train[:samples], batch=20)
    row: Row = {"part": "7.3", "network": name, "steps": steps, "seed": seed}
    row["s-"] = 100 * (1 - net.score(x_val, d.y_test))
    row["s_f"] = None if not net.initialized else 100 * (1 - net.score(x_val, d.y_test, by="forward"))
    return [row]


def initialized(request: Request) -> ReproductionReport:
    """Local against global losses; plain against initialized, by steps of the negative phase and lam."""
    iterations, samples = (200, 500) if request.quick else (2000, 10_000)
    seeds = request.seeds(3)
    toy = rows_of_all(follow, [(loss, seed, iterations) for loss in ("local", "global") for seed in seeds], request)
    jobs = [
        (request.folder, name, steps, seed, samples, request.quick)
        for name in CONDITIONS for steps in NEGATIVE for seed in seeds
    ]  # fmt: skip
    runs = rows_of_all(digits_row, jobs, request)
    rows: list[Row] = []
    for loss in ("local", "global"):
        ends = [row["global loss"] for row in toy if row["loss"] == loss and row["iteration"] == iterations]
        rows.append({
            "figure": "7.2", "network": f"{loss} loss", "published": "local converges sooner",
            "negative steps": None, "measured": "global loss " + " ".join(str(rounded(end, 3)) for end in ends),
            "forward pass": None,
        })  # fmt: skip
    for steps in NEGATIVE:
        for name in CONDITIONS:
            mine = [row for row in runs if (row["network"], row["steps"]) == (name, steps)]
            forward = [f"{row['s_f']:.1f}" for row in mine if row["s_f"] is not None]
            rows.append({
                "figure": "7.3, D.1", "network": name, "published": _published(name, steps), "negative steps": steps,
                "measured": "% " + " ".join(f"{row['s-']:.1f}" for row in mine),
                "forward pass": "% " + " ".join(forward) if forward else None,
            })  # fmt: skip
    of = "the embedded digits" if request.quick else "MNIST once, errors on the last 10,000"
    notes = [
        f"7.2: {LAYERS} layers of {UNITS}, Glorot times 2, x uniform in 0 to 1, batch {BATCH}, learning rate {RATE}, "
        f"{iterations:,} iterations; the author's sizes and rates are not in the text",
        f"7.3, D.1: 784-500-10, batch 20, learning rates 0.1 and 0.05, beta 0.5 of random sign, 4 positive "
        f"steps; {samples:,} of {of}",
        f"one number a seed: {listed(seeds)}",
        "published: curves and orderings; the errors stand in pictures",
    ]
    curves = [{key: row.get(key) for key in dict.fromkeys(k for r in toy + runs for k in r)} for row in toy + runs]
    return ReproductionReport(
        "initialized", "Figures 7.2, 7.3 and D.1, initialized equilibrium propagation",
        "thesis, figures 7.2, 7.3, D.1", rows, notes, curves, [_draw(request, toy)],
    )  # fmt: skip


def _published(name: str, steps: int) -> str:
    if steps == NEGATIVE[0]:
        return "does not converge" if name == "plain" else "learns; lam helps"
    return "as good as initialized" if name == "plain" else "large lam fails"


def _draw(request: Request, toy: list[Row]) -> Any:
    figure, (left, right) = panels(1, 2, 4.4)
    at = sorted({row["iteration"] for row in toy})
    for colour, loss in ((BLUE, "local"), (ORANGE, "global")):
        values = [[row["global loss"] for row in toy if row["loss"] == loss and row["iteration"] == k] for k in at]
        left.plot(at, [np.median(v) for v in values], color=colour, label=f"{loss} losses")
        left.fill_between(at, [min(v) for v in values], [max(v) for v in values], color=colour, alpha=0.2, linewidth=0)
    left.set(xlabel="iteration", ylabel="global loss", yscale="log")
    heading(left, "median and range of three")
    for n in range(1, LAYERS):
        mine = [[row[f"layer {n}"] for row in toy if row["loss"] == "local" and row["iteration"] == k] for k in at]
        right.plot(at, [np.mean(v) for v in mine], label=f"layer {n}", **(look(n - 1) | {"marker": ""}))
    right.set(xlabel="iteration", ylabel="cosine")
    heading(right, "local and distant gradients, means of three")
    legend(left, "upper right")
    legend(right, "lower right", ncols=3)
    low, high = right.get_ylim()
    right.set_ylim(low - 0.3 * (high - low), high)
    for ax in (left, right):
        plain(ax)
    title(figure, "Figure 7.2: learning from local and from global losses")
    return save(figure, request.out / "initialized.png")
