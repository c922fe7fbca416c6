"""Figure 7.2: a forward network that learns the states of another, from local losses and from the global one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from eventnet.models import InitializedEquilibriumNetwork
from eventnet.models.equilibrium_initialized import LEAK
from eventnet.models.shared import Floats
from eventnet.plotting.style import BLUE, ORANGE, heading, legend, plain, title
from eventnet.scenarios.reproductions.common.pictures import look, panels, save
from eventnet.scenarios.reproductions.common.report import (
    ReproductionReport,
    Request,
    Row,
    listed,
    rounded,
    rows_of_all,
)

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
            found = {"loss": loss, "seed": seed, "iteration": k, "global loss": error}
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


def initialized(request: Request) -> ReproductionReport:
    """Local against global losses, where the states of another such network are learned."""
    iterations, units = (80, 30) if request.quick else (2000, UNITS)
    seeds = request.seeds(5)
    toy = rows_of_all(follow, [(loss, seed, iterations, units) for loss in LOSSES for seed in seeds], request)
    notes = [
        f"{LAYERS} layers of {UNITS}, weights normal, Glorot's times {SPREAD}, clip(z, -1/2, 1/2) + 0.01 z, "
        f"{SAMPLES:,} normal samples in steps of {PART}, learning rate {RATE}, momentum {MOMENTUM}, {iterations:,} "
        "iterations, as the published program has them; global loss: sum over layers of mean |s_f - wanted|^2",
        "NumPy, not the engine",
        f"medians (least to most) of seeds {listed(seeds)}",
        "published: a picture",
    ]
    return ReproductionReport(
        "initialized", "Figure 7.2, learning from local and from global losses", "thesis, figure 7.2",
        [_losses(loss, toy, iterations) for loss in LOSSES], notes, toy, [_draw(request, toy)],
    )  # fmt: skip


def _losses(loss: str, toy: list[Row], iterations: int) -> Row:
    ends = {
        at: [row["global loss"] for row in toy if (row["loss"], row["iteration"]) == (loss, at)]
        for at in (0, iterations)
    }
    return {
        "network": f"{loss} loss", "published": "local converges sooner",
        "global loss": " to ".join(str(rounded(np.median(ends[at]), 3)) for at in ends)
        + f" ({rounded(min(ends[iterations]), 3)} to {rounded(max(ends[iterations]), 3)})",
    }  # fmt: skip


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
