"""Figures 7.2, 7.3 and D.1: forward networks that learn where equilibrium propagation settles."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from eventnet.data import scale_pixels
from eventnet.models import ConventionalNetwork, InitializedEquilibriumNetwork
from eventnet.models.equilibrium_initialized import LEAK
from eventnet.models.shared import Floats
from eventnet.plotting.style import BLUE, ORANGE, heading, legend, plain, title
from eventnet.scenarios.reproductions.common.learning_energy import contrast_products, twin_products
from eventnet.scenarios.reproductions.common.pictures import look, panels, save
from eventnet.scenarios.reproductions.common.report import (
    STUCK_NOTE,
    ReproductionReport,
    Request,
    Row,
    digits_for,
    listed,
    rounded,
    rows_of_all,
    stuck,
)

# --- figure 7.2 ---
LAYERS, UNITS, SPREAD, SAMPLES, PART, RATE, MOMENTUM = 7, 200, 1.6, 1000, 100, 0.01, 0.9
"""The published program's: layers of weights, units of each, times Glorot's normal weights, samples, those of a step,
learning rate and momentum."""
LOSSES = ("local", "global")


class CentredNetwork(InitializedEquilibriumNetwork):
    """A forward network of clip(z, -1/2, 1/2) + 0.01 z without biases, with the first weights of figure 7.2."""

    def __init__(self, sizes: Sequence[int], seed: int, loss: str = "local") -> None:
        super().__init__(sizes, loss=loss, learning_rate=(RATE,) * (len(sizes) - 1), seed=seed)
        rng = np.random.default_rng(seed)
        for w in self.forward_weights:
            w[:] = SPREAD * np.sqrt(2 / sum(w.shape)) * rng.standard_normal(w.shape)
        self._step = [np.zeros_like(w) for w in self.forward_weights]

    def learn_states(self, x: Floats, wanted: Sequence[Floats]) -> None:
        """A step with momentum, by the gradient of the mean of |s_f - wanted|^2: local or global, as `loss` says."""
        for w, step, (d_w, _) in zip(
            self.forward_weights, self._step, self.forward_gradients(x, wanted), strict=True
        ):  # fmt: skip
            step *= MOMENTUM
            step += 2 * d_w
            w -= RATE * step

    def _activation(self, z: Floats) -> Floats:
        made: Floats = np.clip(z, -0.5, 0.5) + self.dtype.type(LEAK) * z
        return made

    def _activation_slope(self, z: Floats) -> Floats:
        made: Floats = (np.abs(z) <= 0.5) + self.dtype.type(LEAK)
        return made


def follow(loss: str, seed: int, iterations: int, units: int = UNITS) -> list[Row]:
    """Figure 7.2: learn the states of another network's layers; the global loss, and cosines of gradients."""
    sizes, rng = [units] * (LAYERS + 1), np.random.default_rng(seed)
    x = rng.standard_normal((SAMPLES, units)).astype(np.float32)
    wanted = CentredNetwork(sizes, seed + 1000).forward(x)
    net, rows = CentredNetwork(sizes, seed, loss), []
    for k in range(iterations + 1):
        if k % (iterations // 40) == 0:
            error = sum(float(((f - s) ** 2).sum()) for f, s in zip(net.forward(x), wanted, strict=True)) / SAMPLES
            found = {"part": "7.2", "loss": loss, "seed": seed, "iteration": k, "global loss": error}
            rows.append(found | aligned(net, x, wanted))
        part = rng.choice(SAMPLES, PART, replace=False)
        net.learn_states(x[part], [s[part] for s in wanted])
    return rows


def aligned(net: CentredNetwork, x: Floats, wanted: Sequence[Floats]) -> dict[str, float]:
    """The cosine of local and distant gradients of each layer but the last, the mean over rows of its weights."""
    local, total = (net.forward_gradients(x, wanted, loss) for loss in LOSSES)
    pairs = list(zip(local, total, strict=True))[:-1]
    return {
        f"layer {n}": float(np.mean([cosine(mine, all_ - mine) for mine, all_ in zip(a[0], b[0], strict=True)]))
        for n, (a, b) in enumerate(pairs, 1)
    }


def cosine(a: Any, b: Any) -> float:
    """Of two arrays as vectors; 0 where one is 0."""
    size = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float((a * b).sum()) / size if size else 0.0


# --- figures 7.3 and D.1 ---
SIZES, BATCH, POSITIVE = [784, 500, 10], 20, 4
TWIN = "backpropagation, ReLU"
CONDITIONS: dict[str, dict[str, Any]] = {
    "plain": {"initialized": False},
    **{f"initialized, lam {lam:g}": {"lam": lam} for lam in (0.0, 0.1, 1.0, 2.0)},
}
NEGATIVE = (4, 20)
LONG = ("initialized, lam 0.1", 20, 5)
"""A network, its negative steps, and the epochs of all 50,000 samples that it learns besides."""


def digits_row(
    data: str | None, name: str, steps: int | None, seed: int, samples: int, epochs: int, quick: bool
) -> list[Row]:
    """Errors in percent after so many samples, so many times, and what learning from one multiplies."""
    d = digits_for(data, "author", embedded=quick)
    official = d if quick else digits_for(data, "official", embedded=False)
    x, y = scale_pixels(d.x_train[:samples]), d.y_train[:samples]
    shown = {"last": (scale_pixels(d.x_test), d.y_test), "official": (scale_pixels(official.x_test), official.y_test)}
    row: Row = {"part": "7.3", "network": name, "steps": steps, "seed": seed, "samples": samples, "epochs": epochs}
    net: Any = (
        ConventionalNetwork(SIZES, learning_rate=0.1, batch=BATCH, seed=seed) if steps is None
        else InitializedEquilibriumNetwork(SIZES, steps=(steps, POSITIVE), seed=seed, **CONDITIONS[name])
    )  # fmt: skip
    for epoch in range(epochs):
        net.partial_fit(x, y) if steps is None else net.partial_fit(x, y, batch=BATCH)
        if epoch == 0:
            row["first"] = 100 * (1 - net.score(*shown["last"]))
    for split, (images, labels) in shown.items():
        row[f"s-, {split}"] = 100 * (1 - net.score(images, labels))
        forward = steps is not None and net.initialized
        row[f"s_f, {split}"] = 100 * (1 - net.score(images, labels, by="forward")) if forward else None
    return [row | operations(net, x[:2000])]


def operations(net: ConventionalNetwork | InitializedEquilibriumNetwork, x: Floats) -> Row:
    """Multiply-adds a sample, those with pixels that are 0 left out: until it is answered, and what learning adds.

    By arithmetic: pixels meet the first layer once, and each step takes both layers from one another; the contrast
    multiplies both ends of each weight in both phases. A forward network's pass, and its gradient, are added, and
    what a global loss sends down.
    """
    if isinstance(net, ConventionalNetwork):
        counted = twin_products(net, x, skips_zeros=True)
        return {"answer": counted.forward / len(x), "learn": counted.backward / len(x)}
    pixels = float(np.count_nonzero(x)) / len(x) * net.sizes[1]
    top = sum(below * above for below, above in pairwise(net.sizes[1:]))
    ahead = pixels + top if net.initialized else 0.0
    answer, learn = pixels + 2 * top * net.steps[0] + ahead, 2 * top * net.steps[1] + contrast_products(net.sizes, x)
    distant = top if net.initialized and net.loss == "global" else 0
    return {"answer": answer, "learn": learn + ahead + distant}


def initialized(request: Request) -> ReproductionReport:
    """Local against global losses; plain against initialized, by steps of the negative phase and lam."""
    iterations, units, samples = (80, 30, 500) if request.quick else (2000, UNITS, 10_000)
    seeds = request.seeds(5)
    toy = rows_of_all(follow, [(loss, seed, iterations, units) for loss in LOSSES for seed in seeds], request)
    every = 1000 if request.quick else 50_000
    groups: list[tuple[str, int | None, int, int]]
    groups = [(name, steps, samples, 1) for steps in NEGATIVE for name in CONDITIONS]
    groups += [(TWIN, None, samples, 1), (*LONG[:2], every, LONG[2]), (TWIN, None, every, LONG[2])]
    jobs = [
        (request.folder, name, steps, seed, n, epochs, request.quick)
        for name, steps, n, epochs in groups for seed in seeds
    ]  # fmt: skip
    runs = rows_of_all(digits_row, jobs, request)
    rows = [_losses(loss, toy, iterations) for loss in LOSSES]
    rows += [_errors(*group, runs) for group in groups]
    of = "the embedded digits" if request.quick else "MNIST's first"
    notes = [
        f"7.2: {LAYERS} layers of {units}, weights normal, Glorot's times {SPREAD}, clip(z, -1/2, 1/2) + 0.01 z, "
        f"{SAMPLES:,} normal samples in steps of {PART}, learning rate {RATE}, momentum {MOMENTUM}, {iterations:,} "
        "iterations, as the published program has them; global loss: sum over layers of mean |s_f - wanted|^2",
        f"7.3, D.1: {'-'.join(map(str, SIZES))}, batch {BATCH}, learning rates 0.1 and 0.05, beta 0.5 of random sign, "
        f"{POSITIVE} positive steps; samples of {of}; errors in % on the last 10,000 and on the official test images; "
        "backpropagation: learning rate 0.1, the same batches and pixels",
        "NumPy, not the engine",
        f"medians (least to most) of seeds {listed(seeds)}; {STUCK_NOTE}",
        "operations: multiply-adds a sample, by arithmetic, without pixels that are 0; answer: the negative phase, and "
        "the forward pass where phases begin there, or backpropagation's forward pass; learn: what comes on top",
        "published: curves and orderings; the errors stand in pictures",
    ]
    return ReproductionReport(
        "initialized", "Figures 7.2, 7.3 and D.1, initialized equilibrium propagation",
        "thesis, figures 7.2, 7.3, D.1", _with_all_columns(rows), notes, _with_all_columns(toy + runs),
        [_draw(request, toy)],
    )  # fmt: skip


def _with_all_columns(rows: list[Row]) -> list[Row]:
    """Rows of both figures: what a row lacks is None."""
    columns = dict.fromkeys(key for row in rows for key in row)
    return [{key: row.get(key) for key in columns} for row in rows]


def _losses(loss: str, toy: list[Row], iterations: int) -> Row:
    ends = {
        at: [row["global loss"] for row in toy if (row["loss"], row["iteration"]) == (loss, at)]
        for at in (0, iterations)
    }
    return {
        "figure": "7.2", "network": f"{loss} loss", "published": "local converges sooner",
        "global loss": " to ".join(str(rounded(np.median(ends[at]), 3)) for at in ends)
        + f" ({rounded(min(ends[iterations]), 3)} to {rounded(max(ends[iterations]), 3)})",
    }  # fmt: skip


def _errors(name: str, steps: int | None, samples: int, epochs: int, runs: list[Row]) -> Row:
    group = (name, steps, samples, epochs)
    mine = [row for row in runs if (row["network"], row["steps"], row["samples"], row["epochs"]) == group]

    def of(key: str) -> str | None:
        values = [row[key] for row in mine if row[key] is not None]
        return f"{np.median(values):.1f} ({min(values):.1f} to {max(values):.1f})" if values else None

    times = f"{samples:,}" + (f", {epochs} times" if epochs > 1 else "")
    return {
        "figure": "7.3, D.1", "network": name, "published": _published(name, steps, epochs), "samples": times,
        "negative steps": steps, "s-, %": of("s-, last"), "s-, official %": of("s-, official"),
        "s_f, %": of("s_f, last"), "s_f, official %": of("s_f, official"),
        "stuck": stuck([row["first"] for row in mine]),
        "answer": f"{np.median([row['answer'] for row in mine]):,.0f}",
        "learn": f"{np.median([row['learn'] for row in mine]):,.0f}",
    }  # fmt: skip


def _published(name: str, steps: int | None, epochs: int) -> str | None:
    if steps is None:
        return None
    if epochs > 1:
        return "s_f about as good as s-"
    if steps == NEGATIVE[0]:
        return "does not converge" if name == "plain" else "learns; lam helps"
    return "as good as initialized" if name == "plain" else "large lam fails"


def _draw(request: Request, toy: list[Row]) -> Any:
    figure, (left, right) = panels(1, 2, 4.4)
    at = sorted({row["iteration"] for row in toy})
    for colour, loss in zip((BLUE, ORANGE), LOSSES, strict=True):
        values = [[row["global loss"] for row in toy if row["loss"] == loss and row["iteration"] == k] for k in at]
        left.plot(at, [np.median(v) for v in values], color=colour, label=f"{loss} losses")
        left.fill_between(at, [min(v) for v in values], [max(v) for v in values], color=colour, alpha=0.2, linewidth=0)
    left.set(xlabel="iteration", ylabel="global loss", yscale="log")
    heading(left, "median and range over seeds")
    for n in range(1, LAYERS):
        mine = [[row[f"layer {n}"] for row in toy if row["loss"] == "local" and row["iteration"] == k] for k in at]
        right.plot(at, [np.mean(v) for v in mine], label=f"layer {n}", **(look(n - 1) | {"marker": ""}))
    right.set(xlabel="iteration", ylabel="cosine")
    heading(right, "local and distant gradients, means")
    legend(left, "upper right")
    legend(right, "lower right", ncols=3)
    low, high = right.get_ylim()
    right.set_ylim(low - 0.3 * (high - low), high)
    for ax in (left, right):
        plain(ax)
    title(figure, "Figure 7.2: learning from local and from global losses")
    return save(figure, request.out / "initialized.png")
