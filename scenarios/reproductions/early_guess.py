"""Figure 3.3: error of the answer after each step, and its cost up to there, of all layers and without the first.

Four ways of training a spiking network, and the weights of a ReLU network in a spiking one.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from eventnet.data import scale_pixels
from eventnet.models import DeepSpikingNetwork, ReluNetwork
from eventnet.plotting.style import GREY, NOTE, plain, title
from eventnet.scenarios.reproductions.common.pictures import band, look, panels, save
from eventnet.scenarios.reproductions.common.report import (
    INTERVALS,
    SEEDS,
    ReproductionReport,
    Request,
    Row,
    compared,
    listed,
    rows_of_all,
)
from eventnet.scenarios.reproductions.mnist import EARLY, LAMBDA, load, train, weights_of

KINDS = {
    "relu": "the ReLU network's weights", "fsgd": "trained with FSGD", "regularized": "regularized FSGD",
    "temporal": "temporal FSGD", "sgd": "trained with SGD",
}  # fmt: skip
PARTNER = "fsgd"
SHOWN = (1, 2, 3, 5, 10)
"""Steps of the table."""


def follow(data: str | None, kind: str, seed: int, epochs: int, quick: bool, out: str) -> list[Row]:
    """Train a network (or take the weights that are there), then follow its answers on the test set."""
    if not (Path(out) / f"weights-{kind}-{seed}.npz").exists():
        train(data, kind, seed, epochs, quick, out)
    d = load(data, quick)
    x = scale_pixels(d.x_test)
    weights = weights_of(Path(out), kind, seed)
    path, after = later(weights, x)
    # The spiking network's answer is linear too; rectified, outputs that are all negative would tie.
    twin = ReluNetwork.from_weights(weights, rectified_output=False)
    operations = twin.operations(x)
    sparse = float(np.mean(operations.sparse))
    first = float(np.mean((x != 0).sum(axis=1)) * weights[0].shape[1])
    own = 100 * (1 - twin.score(x, d.y_test))
    same = {
        "dense": int(operations.dense), "sparse": round(sparse), "sparse input layer": round(first),
        "sparse after input": round(sparse - first), "dense after input": int(operations.dense - weights[0].size),
        "ReLU error": round(own, 3),
    }  # fmt: skip
    return [
        {"network": kind, "seed": seed, "step": step, "error": round(float(error), 3), "adds": round(float(cost)),
         "adds after input": round(float(rest)), **same}
        for step, (error, cost, rest) in enumerate(
            zip(100 * path.errors(d.y_test), path.synaptic.mean(axis=0), after.mean(axis=0), strict=True), 1
        )
    ]  # fmt: skip


def later(weights: list[Any], x: Any) -> tuple[Any, Any]:
    """The answers of a spiking network to samples x over its steps, and the adds [n, steps] of layers after the first.

    Rows of the first layer's weights are added alike where there is no layer above.
    """
    path = DeepSpikingNetwork.from_weights(weights).trajectory(x)
    return path, path.synaptic - DeepSpikingNetwork.from_weights(weights[:1]).trajectory(x).synaptic


def early_guess(request: Request) -> ReproductionReport:
    """Several seeds of each network."""
    epochs = 6 if request.quick else 10
    seeds = request.seeds(SEEDS, quick=3)
    data = request.folder
    request.out.mkdir(parents=True, exist_ok=True)
    jobs = [(data, kind, seed, epochs, request.quick, str(request.out)) for kind in KINDS for seed in seeds]
    curves = rows_of_all(follow, jobs, request)
    table = [row_of(curves, kind, step) for kind in KINDS for step in SHOWN]
    split = "embedded digits" if request.quick else "author's split"
    notes = [
        f"{split}; seeds {listed(seeds)}; {epochs} epochs, unless weights of `reproduce mnist` lay in the "
        "same folder; adds are those of rows of weights, after input: without the first layer's",
        f"regularized: lambda {LAMBDA:g}; temporal: the first step's rate is {EARLY:g} times the last one's, falling "
        "by the same factor each step, mean as of the others. The source gives neither; chosen with one other seed "
        "on 500 embedded training digits",
        f"error: {INTERVALS}, trained with FSGD",
    ]
    notes += [] if request.quick else verdicts(curves)
    notes += equal_costs(curves)
    return ReproductionReport(
        "early-guess", "Figure 3.3, early guesses", "thesis, figure 3.3", table, notes, curves,
        [_draw(request, curves)],
    )  # fmt: skip


def row_of(curves: list[Row], kind: str, step: int) -> Row:
    """One network after one step."""

    def errors(of: str) -> dict[int, float]:
        return {row["seed"]: row["error"] for row in curves if (row["network"], row["step"]) == (of, step)}

    at = [row for row in curves if (row["network"], row["step"]) == (kind, step)]
    mean = {name: round(float(np.mean([row[name] for row in at]))) for name in ("adds", "adds after input")}
    found = compared("error %", errors(kind), KINDS[PARTNER], errors(PARTNER), ".2f")
    del found["partner"]
    sparse = f"{at[0]['sparse']:,}, {at[0]['sparse after input']:,}"
    own = round(float(np.mean([row["ReLU error"] for row in at])), 2)
    return (
        {"network": KINDS[kind], "step": step} | found | mean | {"sparse pass, after input": sparse, "its error": own}
    )


def verdicts(curves: list[Row]) -> list[str]:
    """Whether any early guess reaches the error of a sparse pass of the same weights at its cost, in both panels."""
    said = []
    for cost, pass_, name in (("adds", "sparse", ""), ("adds after input", "sparse after input", " after the input")):
        never = all(row["error"] > row["ReLU error"] for row in curves if row[cost] <= row[pass_])
        word = "No" if never else "Some"
        said.append(f"{word} early guess reaches the error of a sparse pass of the same weights at its cost{name}.")
    return said


def equal_costs(curves: list[Row]) -> list[str]:
    """Errors at as many adds after the input as a sparse pass of the ReLU network's weights takes, seed by seed."""
    budgets = {row["seed"]: row["sparse after input"] for row in curves if row["network"] == "relu"}
    found = {kind: {seed: at_cost(curves, kind, seed, cost) for seed, cost in budgets.items()} for kind in KINDS}
    said = []
    for kind, errors in found.items():
        row = compared("error", errors, "relu", found["relu"], ".2f")
        more = f"; minus the first {row['minus partner']:+.2f} ({row['minus partner, 95%']})" if kind != "relu" else ""
        said.append(f"{KINDS[kind]}: {row['error']:.2f}% ({row['error, 95%']}){more}")
    return [
        f"at the adds after the input of a sparse pass of the ReLU network's weights ({listed(budgets.values())} by "
        "seed; straight lines between steps on logarithmic axes): " + "; ".join(said)
    ]


def at_cost(curves: list[Row], kind: str, seed: int, cost: float) -> float:
    """The error of a network at so many adds after the input, between two steps or at an end."""
    mine = [row for row in curves if (row["network"], row["seed"]) == (kind, seed)]
    adds, errors = np.array([[row["adds after input"], row["error"]] for row in mine]).T
    return float(np.exp(np.interp(np.log(cost), np.log(adds), np.log(errors))))


def _draw(request: Request, curves: list[Row]) -> Any:
    figure, (left, right) = panels(1, 2, 4.8, sharey=True)
    title(figure, "Figure 3.3: early guesses")
    for ax, cost, end, name in (
        (left, "adds", "", "all layers"), (right, "adds after input", " after input", "layers after the input"),
    ):  # fmt: skip
        for k, (kind, label) in enumerate(KINDS.items()):
            mine = [row for row in curves if row["network"] == kind]
            steps = sorted({row["step"] for row in mine})
            errors = np.array([[r["error"] for r in mine if r["step"] == s] for s in steps])
            adds = np.array([np.mean([r[cost] for r in mine if r["step"] == s]) for s in steps]) / 1000
            band(ax, adds, errors, label=f"spiking, {label}", **look(k))
            own = float(np.mean([r["ReLU error"] for r in mine]))
            passes = [float(np.mean([r[f"{p}{end}"] for r in mine])) / 1000 for p in ("sparse", "dense")]
            marks = {"color": look(k)["color"], "marker": look(k)["marker"], "linestyle": "none", "markersize": 9}
            ax.plot(passes, [own, own], markerfacecolor="white", **marks)
        ax.set(xscale="log", yscale="log", xlabel=f"adds so far, thousands a digit:\n{name}")
        plain(ax)
    left.set_ylabel("test error, %")
    label = "sparse and dense pass, ReLU network of the same weights"
    left.plot([], [], "o", color=GREY, markersize=9, markerfacecolor="white", label=label)
    handles = left.get_legend_handles_labels()
    figure.legend(*handles, loc="outside lower center", ncols=2, frameon=False, fontsize=NOTE)
    return save(figure, request.out / "early-guess.png")
