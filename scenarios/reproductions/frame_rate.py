"""Figures 5.8, C.4 and B.1: what a frame costs at different frame rates, and how much each layer's features change.

Lower frame rates are simulated as published, by taking every n-th frame. A Sigma-Delta network's cost between two
frames depends on these two alone, so all beginnings 0 ... n-1 are run and averaged over.
"""

from __future__ import annotations

from itertools import product
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from eventnet.data import video_info
from eventnet.engine.journal import going_on
from eventnet.models import SigmaDeltaNetwork
from eventnet.models.layers import Floats, Layer
from eventnet.models.stages import dense_operations, quantities
from eventnet.plotting.style import BLACK, GREY, NOTE, heading, legend, plain, title
from eventnet.scenarios.reproductions.common.digits_in_video import CLIPS, VIDEOS, clip, video_path
from eventnet.scenarios.reproductions.common.pictures import look, panels, save
from eventnet.scenarios.reproductions.common.report import ReproductionReport, Request, Row
from eventnet.scenarios.reproductions.common.video_network import INPUT, Choice, Ready, choose, counted, parts, ready

STEPS = (1, 2, 4, 8, 16, 32)
KINDS = (CLIPS[0], CLIPS[2])
CHOOSING_FRAMES, QUICK_CHOOSING_FRAMES, QUICK_FRAMES = 1000, 120, 80
FEATURES = ("pixels", "layer 1", "layer 2", "layer 3")
PUBLISHED_CHANGE = "no more stable than pixels"
PUBLISHED_RELATIVE = None, "less than pixels; approaches 0 more slowly"


class ClipAtSteps(NamedTuple):
    """One clip at all steps. adds: a frame, by step; change: mean|da| / mean|a| by step and layer; c: of its scales.

    relative: C.10 by step and layer; l1, cosine: B.1's distances of neighbours, [layers, frames - 1].
    """

    video: str
    kind: str
    rate: float
    c: str
    adds: dict[int, float]
    change: dict[int, Floats]
    relative: dict[int, Floats]
    l1: Floats
    cosine: Floats

    @property
    def falls(self) -> bool:
        """Whether a frame costs less and less as frames come faster."""
        costs = list(self.adds.values())
        return all(fast < slow for fast, slow in zip(costs, costs[1:]))


def frame_rate(request: Request) -> ReproductionReport:
    """Show each video, without and with a digit, at six frame rates."""
    made = ready(request)
    n = QUICK_CHOOSING_FRAMES if request.quick else CHOOSING_FRAMES
    clips, state = list(product(VIDEOS, KINDS)), dict[str, Any](cases=[], choice=None)
    for k in going_on(state, len(clips), case_of):
        video, kind = clips[k]
        if kind == KINDS[0]:
            state["choice"] = choose(made, video, n, request.seed)
        state["cases"].append(case_of(request, made, video, kind, state["choice"]))
        request.say(f"  {video}, {kind}: done")
    cases: list[ClipAtSteps] = state["cases"]
    dense = dense_operations(made.layers, INPUT)
    return ReproductionReport(
        "frame-rate", "Figures 5.8, C.4 and B.1, cost and change at different frame rates",
        "thesis, figures 5.8, C.4, B.1", [row for case in cases for row in rows_of(case)],
        notes(request, made, cases, dense), curves(cases, dense),
        [picture(request, cases, dense), stability_picture(request, cases)],
    )  # fmt: skip


def case_of(request: Request, made: Ready, video: str, kind: str, choice: Choice) -> ClipAtSteps:
    """The whole video at every step, with the scales of the video's moving digit."""
    frames = np.concatenate(made.scenes[video])[-QUICK_FRAMES if request.quick else None :]
    random = np.random.default_rng(request.seed)
    x = clip(frames, kind, len(frames), made.digits.x_test, made.digits.y_test, random).x
    network = SigmaDeltaNetwork.from_layers(made.layers, scales=choice.scales, input_shape=INPUT)
    values = features(made.layers, x)
    return ClipAtSteps(
        video, kind, video_info(video_path(request.data, video)).rate, choice.name,
        {step: mean_adds(network, x, step) for step in STEPS},
        {step: change(values, step) for step in STEPS}, {step: relative_change(values, step) for step in STEPS},
        np.array([l1_distances(value) for value in values]), np.array([cosine_distances(value) for value in values]),
    )  # fmt: skip


def mean_adds(network: SigmaDeltaNetwork, x: Any, step: int) -> float:
    """Additions a frame if every step-th frame is shown; what begins anew is not counted."""
    adds = [counted(network, x[begin::step]).adds[1:].sum(axis=1) for begin in range(step)]
    return float(np.concatenate(adds).mean())


# --- how stable features are ---
def features(layers: list[Layer], x: Any) -> list[NDArray[np.float32]]:
    """The pixels and what each layer but the last makes of them, [n, units]."""
    found = [[value.reshape(len(value), -1).astype(np.float32) for value in quantities(layers, p)] for p in parts(x)]
    return [np.concatenate(layer) for layer in zip(*found)]


def change(values: list[NDArray[np.float32]], step: int) -> Floats:
    """mean|da| / mean|a| of each layer, for frames that are `step` apart."""
    return np.array([float(np.abs(a[step:] - a[:-step]).mean() / np.abs(a).mean()) for a in values])


def relative_change(values: list[NDArray[np.float32]], step: int) -> Floats:
    """|a_t - a_(t-1)| / (2 (|a_t| + |a_(t-1)|)) in L1 norms, the mean over frames of each layer (C.10)."""
    made = []
    for a in values:
        norms = np.abs(a).sum(axis=1)
        made.append(np.mean(np.abs(a[step:] - a[:-step]).sum(axis=1) / (2 * (norms[step:] + norms[:-step]))))
    return np.array(made, dtype=np.float64)


def l1_distances(a: NDArray[np.float32]) -> Floats:
    """L1 distances, 0 to 2, of neighbouring frames, each divided by its L1 norm, [n - 1]; 0 where both are 0 (B.1)."""
    norms = np.abs(a).sum(axis=1, keepdims=True)
    unit = np.divide(a, norms, out=np.zeros_like(a), where=norms > 0)
    found: Floats = np.abs(np.diff(unit, axis=0)).sum(axis=1).astype(np.float64)
    return found


def cosine_distances(a: NDArray[np.float32]) -> Floats:
    """1 - the cosine between neighbouring frames, [n - 1] (B.1)."""
    unit = a / np.linalg.norm(a, axis=1, keepdims=True)
    found: Floats = (1 - np.sum(unit[1:] * unit[:-1], axis=1)).astype(np.float64)
    return found


# --- the table ---
def rows_of(case: ClipAtSteps) -> list[Row]:
    """Thousand additions a frame and a second, and both measures of change of each layer, by step."""
    name = f"{case.video}, {case.kind}"
    adds = {step: f"{cost / 1000:.1f}" for step, cost in case.adds.items()}
    seconds = {step: f"{cost / 1000 * case.rate / step:.0f}" for step, cost in case.adds.items()}
    made = [_row(name, "k adds a frame", "grows with the step", adds), _row(name, "k adds a second", None, seconds)]
    for k, layer in enumerate(FEATURES):
        values = {step: f"{case.change[step][k]:.3f}" for step in STEPS}
        made.append(_row(name, f"change, {layer}", PUBLISHED_CHANGE if k == len(FEATURES) - 1 else None, values))
    for k, layer in enumerate(FEATURES):
        values = {step: f"{case.relative[step][k]:.4f}" for step in STEPS}
        made.append(_row(name, f"relative change (C.10), {layer}", PUBLISHED_RELATIVE[bool(k)], values))
    return made


def _row(clip: str, quantity: str, published: str | None, by_step: dict[int, str]) -> Row:
    columns = {f"step {step}": value for step, value in by_step.items()}
    return {"clip": clip, "quantity": quantity, "published": published} | columns


def notes(request: Request, made: Ready, cases: list[ClipAtSteps], dense: int) -> list[str]:
    """Settings, and what the rows mean."""
    frames = ", ".join(f"{len(np.concatenate(scene))} ({video})" for video, scene in made.scenes.items())
    right = ", ".join(f"{100 * share:.1f}% ({video})" for video, share in made.accuracy.items())
    return [
        "published: curves of a proportional-derivative network on videos of Youtube-BB (5.8) and of VGG 19 (C.4, "
        "B.1); no numbers",
        f"seed {request.seed}; frames: {frames}, shown once; {made.digits.split} digits; the original names {right} of "
        "held-out frames rightly",
        "every n-th frame is taken, from each of the n first ones on; first frames are left out of the means",
        "scales: c = "
        + ", ".join(f"{case.c} ({case.video})" for case in cases[::2])
        + " by layer, chosen on frames with a moving digit as in sigma-delta-video",
        f"a dense network needs {dense:,} operations a frame at any rate",
        "change: mean|da| / mean|a| from frame to frame; relative change: |da| / 2 (|a| + |a before|) in L1 norms, the "
        "mean over frames (C.10)",
        "published (C.4): deeper layers change relatively less, but approach 0 more slowly as frames come faster; "
        "(B.1): not much less than pixels do, lower layers more",
        "distances between neighbouring frames, mean over frames, L1 of what is normalised by L1, and 1 - cosine, by "
        "layer (B.1): " + "; ".join(f"{c.video}, {c.kind}: {_means(c.l1)}, {_means(c.cosine)}" for c in cases),
        "layer 3 against pixels, every frame shown: "
        + "; ".join(f"{c.change[1][-1] / c.change[1][0]:.1f} times ({c.video}, {c.kind})" for c in cases),
        "relative change (C.10) at step 1 in percent of that at step 32, pixels and layer 3: "
        + "; ".join(f"{_left(c, 0)} and {_left(c, -1)} ({c.video}, {c.kind})" for c in cases),
        f"a frame costs less the faster they come: {'in all' if all(c.falls for c in cases) else 'NOT in all'} cases; "
        "a second costs more",
    ]


def _left(case: ClipAtSteps, layer: int) -> str:
    return f"{100 * case.relative[STEPS[0]][layer] / case.relative[STEPS[-1]][layer]:.0f}"


def _means(distances: Floats) -> str:
    return " ".join(f"{mean:.2g}" for mean in distances.mean(axis=1))


def curves(cases: list[ClipAtSteps], dense: int) -> list[Row]:
    """One line a clip and step."""
    return [
        {
            "video": case.video, "clip": case.kind, "step": step, "frames a second": round(case.rate / step, 3),
            "adds a frame": round(case.adds[step]), "adds a second": round(case.adds[step] * case.rate / step),
            "dense a second": round(dense * case.rate / step),
        }
        | {f"change, {name}": float(v) for name, v in zip(FEATURES, case.change[step])}
        | {f"relative change, {name}": float(v) for name, v in zip(FEATURES, case.relative[step])}
        | {f"{what} distance, {name}": float(v.mean()) if step == 1 else None
           for what, found in (("L1", case.l1), ("cosine", case.cosine)) for name, v in zip(FEATURES, found)}
        for case in cases
        for step in STEPS
    ]  # fmt: skip


# --- the picture ---
def picture(request: Request, cases: list[ClipAtSteps], dense: int) -> Any:
    """Cost a frame, cost a second, relative change by layer against frame rate, and stability by layer."""
    figure, ((a, b), (c, d)) = panels(2, 2, 7.4)
    for k, case in enumerate(cases):
        rates, adds = case.rate / np.array(STEPS), np.array(list(case.adds.values()))
        name = f"{case.video}, {case.kind}"
        a.plot(rates, adds / 1e3, label=name, **look(k))
        b.plot(rates, adds * rates / 1e6, label=name, **look(k))
        d.plot(range(len(FEATURES)), case.change[1], label=name, **look(k))
    rates = cases[0].rate / np.array(STEPS)
    a.plot(rates, [dense / 1e3] * len(STEPS), color=BLACK, linestyle="--", label="dense network")
    b.plot(rates, dense * rates / 1e6, color=BLACK, linestyle="--", label="dense network")
    heading(a, "What a frame costs (figure 5.8)")
    heading(b, "What a second costs")
    heading(d, "Change from frame to frame (as figure B.1)")
    a.set_ylabel("operations a frame, thousands")
    b.set_ylabel("operations a second, millions")
    d.set_ylabel("mean|Δa| / mean|a|")
    d.set_xticks(range(len(FEATURES)), FEATURES)
    d.set_ylim(0, None)
    _draw_relative(c, cases)
    for ax in (a, b, c):
        ax.set(xlabel="frames a second", xscale="log", xticks=[1, 2, 4, 8, 15, 30])
        ax.minorticks_off()
    for ax in (a, b):
        ax.set_yscale("log")
    for ax in (a, b, c, d):
        plain(ax)
    figure.legend(*a.get_legend_handles_labels(), loc="outside lower center", ncols=3, frameon=False, fontsize=NOTE)
    title(figure, "Cost and change at different frame rates")
    return save(figure, request.out / "frame-rate.png")


def _draw_relative(ax: Any, cases: list[ClipAtSteps]) -> None:
    """The videos as they are: C.4 has no digits in them. Each line is named at its end."""
    videos = [case for case in cases if case.kind == KINDS[0]]
    for dash, case in zip(("-", "--"), videos):
        for k, name in enumerate(FEATURES):
            values = [case.relative[step][k] for step in STEPS]
            ax.plot(case.rate / np.array(STEPS), values, **look(k) | {"linestyle": dash},
                    label=name if case is videos[0] else None)  # fmt: skip
    for dash, case in zip(("-", "--"), videos):
        ax.plot([], [], color=GREY, linestyle=dash, label=case.video)
    heading(ax, "Relative change by layer, no digit (figure C.4)")
    ax.set(ylabel="|Δa| / 2(|a| + |a before|)", ylim=(0, None))
    ax.set_ylim(0, 1.5 * ax.get_ylim()[1])
    legend(ax, "upper right", ncols=3, columnspacing=1)


def stability_picture(request: Request, cases: list[ClipAtSteps]) -> Any:
    """Figure B.1: distances between neighbouring frames by layer and frame, and their means; videos as they are."""
    videos = [case for case in cases if case.kind == KINDS[0]]
    figure, axes = panels(len(videos) + 1, 2, 2.2 * len(videos) + 3.2)
    for row, case in zip(axes, videos):
        for ax, values, what in zip(row, (case.l1, case.cosine), ("L1 distance", "cosine distance")):
            end = values.shape[1] / case.rate
            drawn = ax.imshow(values, aspect="auto", cmap="magma", interpolation="nearest", vmin=0,
                              extent=(0, end, len(FEATURES) - 0.5, -0.5))  # fmt: skip
            ax.set_yticks(range(len(FEATURES)), FEATURES)
            ax.set_xlabel("time, s")
            heading(ax, f"{case.video}: {what}")
            figure.colorbar(drawn, ax=ax)
    for ax, which, what in zip(axes[-1], ("l1", "cosine"), ("L1 distance", "cosine distance")):
        for k, case in enumerate(videos):
            ax.plot(range(len(FEATURES)), getattr(case, which).mean(axis=1), label=case.video, **look(k))
        heading(ax, "Mean over frames")
        ax.set(ylabel=what, ylim=(0, None))
        ax.set_xticks(range(len(FEATURES)), FEATURES)
        legend(ax, "upper left")
        plain(ax)
    title(figure, "Distances between neighbouring frames (figure B.1)")
    return save(figure, request.out / "feature-stability.png")
