"""Figure 3.3: error of the answer after each step, and its cost up to there."""

from __future__ import annotations

from typing import Any

import numpy as np

from eventnet.data import scale_pixels
from eventnet.models import DeepSpikingNetwork, ReluNetwork
from eventnet.plotting.style import GREY, legend
from eventnet.scenarios.reproductions.common.pictures import axes, band, look, save
from eventnet.scenarios.reproductions.common.report import ReproductionReport, Request, Row, listed, rows_of_all
from eventnet.scenarios.reproductions.mnist import SIZES, load, train, weights_of

KINDS = {"relu": "the ReLU network's weights", "fsgd": "trained with FSGD", "sgd": "trained with SGD"}


def follow(data: str | None, kind: str, seed: int, epochs: int, quick: bool, out: str) -> list[Row]:
    """Train a network (or take the weights that are there), then follow its answers on the test set."""
    from pathlib import Path

    if not (Path(out) / f"weights-{kind}-{seed}.npz").exists():
        train(data, kind, seed, epochs, quick, out)
    d = load(data, quick)
    x = scale_pixels(d.x_test)
    weights = weights_of(Path(out), kind, seed)
    path = DeepSpikingNetwork.from_weights(weights).trajectory(x)
    # The spiking network's answer is linear too; rectified, outputs that are all negative would tie.
    twin = ReluNetwork.from_weights(weights, rectified_output=False)
    operations = twin.operations(x)
    sparse, first = float(np.mean(operations.sparse)), float(np.mean((x != 0).sum(axis=1)) * SIZES[1])
    own = 100 * (1 - twin.score(x, d.y_test))
    errors = 100 * path.errors(d.y_test)
    adds = path.synaptic.mean(axis=0)
    rows: list[Row] = []
    for step, (error, cost) in enumerate(zip(errors, adds, strict=True)):
        row = {
            "network": kind,
            "seed": seed,
            "step": step + 1,
            "error": round(float(error), 3),
            "adds": round(float(cost)),
        }
        row |= {"dense": int(operations.dense), "sparse": round(sparse), "sparse input layer": round(first)}
        rows.append({**row, "ReLU error": round(own, 3)})
    return rows


def early_guess(request: Request) -> ReproductionReport:
    """Several seeds of each network."""
    epochs = 2 if request.quick else 10
    seeds = request.seeds()
    data = request.folder
    request.out.mkdir(parents=True, exist_ok=True)
    jobs = [(data, kind, seed, epochs, request.quick, str(request.out)) for kind in KINDS for seed in seeds]
    curves = rows_of_all(follow, jobs, request)
    table: list[Row] = []
    for kind, name in KINDS.items():
        mine = [row for row in curves if row["network"] == kind]
        for step in (1, 2, 3, 5, 10):
            at = [row for row in mine if row["step"] == step]
            row = {"network": name, "step": step, "error %": round(float(np.mean([r["error"] for r in at])), 2)}
            row["band"] = f"{min(r['error'] for r in at):.2f} to {max(r['error'] for r in at):.2f}"
            row["adds"] = round(float(np.mean([r["adds"] for r in at])))
            row["sparse pass: adds, error %"] = f"{at[0]['sparse']:,}, {np.mean([r['ReLU error'] for r in at]):.2f}"
            table.append(row)
    split = "embedded digits" if request.quick else "author's split"
    notes = [
        f"{split}; seeds {listed(seeds)}; {epochs} epochs, unless weights of `reproduce mnist` lay in the "
        "same folder; adds are those of rows of weights",
    ]
    if not request.quick:
        never = all(row["error"] > row["ReLU error"] for row in curves if row["adds"] <= row["sparse"])
        word = "No" if never else "Some"
        notes.append(f"{word} early guess reaches the error of a sparse pass of the same weights at its cost.")
    return ReproductionReport(
        "early-guess", "Figure 3.3, early guesses", "thesis, figure 3.3", table, notes, curves,
        [_draw(request, curves, seeds)],
    )  # fmt: skip


def _draw(request: Request, curves: list[Row], seeds: list[int]) -> Any:
    figure, ax = axes(
        "Figure 3.3: early guesses", "adds so far, thousands a digit", "test error, %", yscale="log", xscale="log"
    )
    for k, (kind, name) in enumerate(KINDS.items()):
        mine = [row for row in curves if row["network"] == kind]
        steps = sorted({row["step"] for row in mine})
        errors = np.array([[r["error"] for r in mine if r["step"] == s] for s in steps])
        adds = np.array([np.mean([r["adds"] for r in mine if r["step"] == s]) for s in steps]) / 1000
        band(ax, adds, errors, label=f"spiking, {name}", **look(k))
        own = float(np.mean([r["ReLU error"] for r in mine]))
        sparse, dense = float(np.mean([r["sparse"] for r in mine])) / 1000, mine[0]["dense"] / 1000
        marks = {"color": look(k)["color"], "marker": look(k)["marker"], "linestyle": "none", "markersize": 9}
        ax.plot([sparse, dense], [own, own], markerfacecolor="white", **marks)
    ax.plot([], [], "o", color=GREY, markersize=9, markerfacecolor="white", label="sparse and dense pass, ReLU network")
    legend(ax)
    return save(figure, request.out / "early-guess.png")
