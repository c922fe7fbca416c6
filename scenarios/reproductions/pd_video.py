"""Figures 5.7 and 5.8 in small: the top of a network learns from video, from quantized changes, beside its twin.

The source keeps VGG 19, trains new top layers, and names the object in clips of Youtube-BB. Here the trunk is the small
convolutional network of the reproductions on video, the task is to name a digit that walks through two other videos,
and the top is new: `HIDDEN` units and the classes. Trunk and top have seen other frames, and other digits, than those
that they are judged by.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from eventnet.engine.journal import going_on
from eventnet.models import PDNetwork
from eventnet.plotting.style import BLUE, NOTE, ORANGE, plain, title
from eventnet.scenarios.reproductions.common.digits_in_video import CLASSES, CLIPS, clip
from eventnet.scenarios.reproductions.common.learning_energy import pd_cost, twin_cost
from eventnet.scenarios.reproductions.common.pictures import panels, save
from eventnet.scenarios.reproductions.common.report import (
    INTERVALS,
    ReproductionReport,
    Request,
    Row,
    compared,
    listed,
    rows_of_all,
)
from eventnet.scenarios.reproductions.common.video_network import Ready, clip_of, ready
from eventnet.scenarios.reproductions.frame_rate import STEPS, features

HIDDEN, RATE = 100, 0.01
PASSES, QUICK_PASSES = 10, 2
FRAMES, QUICK_FRAMES = 1000, 100
ROUNDS, QUICK_ROUNDS = 4, 1
"""Clips of each kind and video to learn from."""
KINDS = (CLIPS[0], CLIPS[2])
COSTS = ("nJ, operations", "nJ, everything")
SKIPPED = "nJ, zeros skipped"
"""Of the twin alone: everything, where nothing is multiplied by zero."""

Floats = NDArray[np.float32]


class Streams(NamedTuple):
    """Features by the trunk of clips, one after the other, 0 to about 1: to learn from, and to be judged by."""

    x: Floats
    y: NDArray[np.int64]
    x_test: Floats
    y_test: NDArray[np.int64]


def streams(made: Ready, seed: int, quick: bool) -> Streams:
    """Clips of both videos without a digit and with a moving one; each frame as features of the trunk's last layer."""
    n, random, digits = QUICK_FRAMES if quick else FRAMES, np.random.default_rng(seed), made.digits
    learning = [
        clip(scene.learning, kind, n, digits.x_train, digits.y_train, random)
        for _ in range(QUICK_ROUNDS if quick else ROUNDS) for scene in made.scenes.values() for kind in KINDS
    ]  # fmt: skip
    judging = [clip_of(made, video, "judging", kind, n, seed) for video in made.scenes for kind in KINDS]
    shown = [features(made.layers, one.x)[-1] for one in (*learning, *judging)]
    largest = np.float32(np.percentile(np.concatenate(shown[: len(learning)]), 99)) or np.float32(1)
    x = [each / largest for each in shown]
    labels = [one.labels for one in (*learning, *judging)]
    cut = len(learning)
    return Streams(*(np.concatenate(part) for part in (x[:cut], labels[:cut], x[cut:], labels[cut:])))


def learn(kind: str, data: Streams, seed: int, quick: bool) -> list[Row]:
    """Test errors and costs after each pass; with the last, a PD network's additions a frame by the rate of frames."""
    net = PDNetwork([data.x.shape[1], HIDDEN, CLASSES], learning_rate=RATE, seed=seed)
    made: dict[str, Any] = {"net": net.twin() if kind == "twin" else net, "rows": []}
    for epoch in going_on(made, QUICK_PASSES if quick else PASSES, learn, kind, seed, quick):
        one = made["net"]
        before = 0 if kind == "twin" or not one.samples_seen else one.operations()["total"]
        one.partial_fit(data.x, data.y)
        skipped = None
        if kind == "twin":
            cost = twin_cost(one, data.x, skips_zeros=False)
            skipped = twin_cost(one, data.x, skips_zeros=True)["nJ, everything"]
            operations = dense(data.x.shape[1])
        else:
            operations = round((one.operations()["total"] - before) / len(data.x))
            cost = pd_cost(one, operations, len(data.x))
        made["rows"].append({
            "network": kind, "seed": seed, "pass": epoch + 1,
            "test error %": round(100 * (1 - one.score(data.x_test, data.y_test)), 2), "operations": operations,
            **{column: cost[column] for column in COSTS}, SKIPPED: skipped, **dict.fromkeys(map(column_of, STEPS)),
        })  # fmt: skip
    if kind != "twin":
        made["rows"][-1] |= {column_of(step): adds_a_frame(made["net"], data.x_test, step) for step in STEPS}
    finished: list[Row] = made["rows"]
    return finished


def column_of(step: int) -> str:
    """Additions a frame where every step-th frame is shown."""
    return f"adds, step {step}"


def dense(inputs: int) -> int:
    """Multiply-adds a frame of the twin that learns: forward, update, and errors passed to the hidden layer."""
    return 2 * (inputs * HIDDEN + HIDDEN * CLASSES) + HIDDEN * CLASSES


def adds_a_frame(net: PDNetwork, x: Floats, step: int) -> int:
    """Additions of weights a frame that a network which only answers makes, over all beginnings."""
    adds = frames = 0
    for begin in range(step):
        net.predict(x[begin::step])
        assert net.tally is not None
        adds += int(net.tally.by_kind()["synaptic"])
        frames += len(x[begin::step])
    return round(adds / frames)


def pd_video(request: Request) -> ReproductionReport:
    """Train tops on the trunk's features, with three paired seeds."""
    made, seeds = ready(request), request.seeds(quick=3)
    drawn = {seed: streams(made, seed, request.quick) for seed in seeds}
    jobs = [(kind, drawn[seed], seed, request.quick) for kind in ("PD", "twin") for seed in seeds]
    curves = rows_of_all(learn, jobs, request)
    last = max(row["pass"] for row in curves)
    data = drawn[seeds[0]]
    notes = [
        "published: learning curves and a plot by frame rate of VGG 19's top on videos of Youtube-BB, no numbers: as "
        "good as the twin, or slightly better; a frame costs less the faster they come",
        f"{made.digits.split} digits; {len(data.x):,} frames to learn from in {last} passes, {len(data.x_test):,} to "
        f"be judged by, of the last part of each video; {data.x.shape[1]}-{HIDDEN}-{CLASSES}, kp 0.1, kd 1, adaptive "
        f"scales, learning rate {RATE}; seeds {listed(seeds)} draw clips and weights, the trunk is one",
        f"a majority of {100 * np.mean(data.y_test == np.bincount(data.y_test).argmax()):.0f}% has one answer: none",
        "operations a frame of learning: adds by the published count, and the twin's multiply-adds; energies, int32",
        f"test error: {INTERVALS}, the twin",
        "adds, step n: of answering, where every n-th frame is shown, mean over the n beginnings (figure 5.8); the "
        f"twin's multiply-adds are {data.x.shape[1] * HIDDEN + HIDDEN * CLASSES:,} at any rate",
    ]
    return ReproductionReport(
        "pd-video", "Figures 5.7 and 5.8 in small, learning from video", "thesis, figures 5.7, 5.8",
        [row_of(curves, kind, last) for kind in ("PD", "twin")], notes, curves, [_draw(request, curves, len(data.x))],
    )  # fmt: skip


def row_of(curves: list[Row], kind: str, last: int) -> Row:
    """One network after its last pass, and what a frame cost over all passes."""
    ends = {k: {r["seed"]: r for r in curves if (r["network"], r["pass"]) == (k, last)} for k in ("PD", "twin")}
    errors = [{seed: row["test error %"] for seed, row in ends[k].items()} for k in (kind, "twin")]
    found = compared("test error %", errors[0], "twin", errors[1], ".2f")
    del found["partner"]
    mine = [row for row in curves if row["network"] == kind]
    costs = {name: round(float(np.mean([row[name] for row in mine])), 1) for name in ("operations", *COSTS)}
    skipped = None if kind == "PD" else round(float(np.mean([row[SKIPPED] for row in mine])), 1)
    rates = {
        column_of(step): round(float(np.mean([row[column_of(step)] for row in ends["PD"].values()])))
        if kind == "PD" else None
        for step in STEPS
    }  # fmt: skip
    return {"network": kind} | found | costs | {SKIPPED: skipped} | rates


def _draw(request: Request, curves: list[Row], frames: int) -> Any:
    figure, axes = panels(1, 3, 4.2)
    title(figure, "Figures 5.7 and 5.8 in small: learning from video")
    last = max(row["pass"] for row in curves)
    for kind, colour in (("PD", BLUE), ("twin", ORANGE)):
        mine = [[row for row in curves if (row["network"], row["pass"]) == (kind, k)] for k in range(1, last + 1)]
        errors = np.array([[row["test error %"] for row in rows] for rows in mine])
        spent = _spent(mine, COSTS[1], frames)
        for ax, x in ((axes[0], np.arange(1, last + 1)), (axes[1], spent)):
            ax.plot(x, errors.mean(axis=1), color=colour, marker="o", label=kind)
            ax.fill_between(x, errors.min(axis=1), errors.max(axis=1), color=colour, alpha=0.2, linewidth=0)
        if kind == "twin":
            skipping = _spent(mine, SKIPPED, frames)
            axes[1].plot(skipping, errors.mean(axis=1), "--", color=colour, marker="o", label="twin, zeros skipped")
    ends = [row for row in curves if (row["network"], row["pass"]) == ("PD", last)]
    adds = [np.mean([row[column_of(step)] for row in ends]) / 1000 for step in STEPS]
    axes[2].plot(STEPS, adds, color=BLUE, marker="o")
    for ax, below in zip(axes, ("pass", "energy of learning, mJ:\neverything", "every n-th frame is shown")):
        ax.set_xlabel(below)
        plain(ax)
    axes[0].set_ylabel("test error, %")
    axes[0].locator_params(axis="x", integer=True)
    axes[2].set(xscale="log", ylabel="additions a frame, thousands", ylim=(0, None))
    axes[2].set_xticks(STEPS, map(str, STEPS))
    axes[2].minorticks_off()
    figure.legend(
        *axes[1].get_legend_handles_labels(), loc="outside lower center", ncols=3, frameon=False, fontsize=NOTE
    )
    return save(figure, request.out / "pd-video.png")


def _spent(passes: list[list[Row]], column: str, frames: int) -> NDArray[np.float64]:
    """Energy until the end of each pass in mJ, mean over seeds."""
    return np.cumsum([np.mean([row[column] for row in rows]) for rows in passes]) * frames * 1e-6
