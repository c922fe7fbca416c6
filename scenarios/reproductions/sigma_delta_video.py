"""Figure 4.5 in small: original, rounding and Sigma-Delta network on the same video clips, frame by frame.

The published network is VGG 19 on two videos of ILSVRC 2015; ours is a small one that names digits in two other videos
(`digits_in_video`). Operations are those of matrix products: 2 a weight in the original, one addition a weight and
spike in the other two.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from eventnet.engine.journal import going_on
from eventnet.models import SigmaDeltaNetwork
from eventnet.models.layers import forward
from eventnet.models.stages import dense_operations
from eventnet.plotting.style import BLACK, BLUE, NOTE, ORANGE, RED, SKY, heading, legend, plain, title
from eventnet.scenarios.reproductions.common.digits_in_video import CLIPS, SIDE, VIDEOS, Drawn
from eventnet.scenarios.reproductions.common.pictures import canvas, look, save
from eventnet.scenarios.reproductions.common.report import ReproductionReport, Request, Row, listed
from eventnet.scenarios.reproductions.common.video_network import (
    AGREEMENT,
    COARSENESS,
    HELD_OUT,
    INPUT,
    LAYERS,
    WANTED,
    Choice,
    Costs,
    Ready,
    choose,
    clip_of,
    counted,
    decisions,
    ready,
)

FRAMES, QUICK_FRAMES, TIMED = 1000, 120, 200
SMOOTH, LEAST = 30, 0.5
"""Of the curve of costs: frames a mean, and the thousand operations at which it ends below."""
PUBLISHED = {"bottle": 11, "carphone": 4}
"""dense / SD of a video with a static background, and of one with more motion."""
SHOWN = 4
"""Frames of each clip in the picture."""
AIMS = {"bottle": 40, "carphone": 10}


class ClipResult(NamedTuple):
    """One clip as the three networks took it. wanted: the original's answers; milliseconds: a frame, by way."""

    video: str
    kind: str
    drawn: Drawn
    choice: Choice
    wanted: NDArray[np.int64]
    rounding: Costs
    own: Costs
    milliseconds: dict[str, float]

    @property
    def agrees(self) -> NDArray[np.bool_]:
        """Whether the Sigma-Delta network answers as the original does, [n]."""
        return np.asarray(self.own.outputs.argmax(axis=1) == self.wanted)


def sigma_delta_video(request: Request) -> ReproductionReport:
    """Train or take up the network, choose scales for each video, show its clips, count."""
    made = ready(request)
    n = QUICK_FRAMES if request.quick else FRAMES
    dense = dense_operations(made.layers, INPUT)
    clips, state = list(product(VIDEOS, CLIPS)), dict[str, Any](shown=[], choice=None)
    for k in going_on(state, len(clips), show):
        video, kind = clips[k]
        if kind == CLIPS[0]:
            request.say(f"  {video}: choosing scales")
            state["choice"] = choose(made, video, n, request.seed)
        state["shown"].append(show(made, video, kind, state["choice"], n, request.seed))
        request.say(f"  {video}, {kind}: done")
    shown: list[ClipResult] = state["shown"]
    return ReproductionReport(
        "sigma-delta-video", "Figure 4.5 in small, operations a frame", "thesis, figure 4.5",
        [row_of(one, dense) for one in shown], notes(request, made, shown, dense), curves(shown, dense),
        [picture(request, [one for one in shown if one.kind == CLIPS[-1]], dense)],
    )  # fmt: skip


def show(made: Ready, video: str, kind: str, choice: Choice, n: int, seed: int) -> ClipResult:
    """Costs and answers on a clip of other frames and digits than those that scales were chosen on."""
    drawn = clip_of(made, video, "judging", kind, n, seed)
    network = SigmaDeltaNetwork.from_layers(made.layers, scales=choice.scales, input_shape=INPUT)
    own, rounding = counted(network.copy(), drawn.x), counted(network.copy(kind="rounding"), drawn.x)
    return ClipResult(
        video, kind, drawn, choice, decisions(made.layers, drawn.x), rounding, own, times(made, network, drawn.x)
    )


def times(made: Ready, network: SigmaDeltaNetwork, frames: Any) -> dict[str, float]:
    """Median milliseconds a frame, one at a time: events (also of the same frame again), NumPy's two dense passes."""
    copy = network.copy()
    copy.update(frames[0])
    singles = [frame[None] for frame in frames[1 : TIMED + 1]]
    return {
        "unchanged": _median(copy.update, [frames[0]] * TIMED),
        "events": _median(lambda x: copy.update(x[0]), singles),
        "float64": _median(lambda x: forward(made.layers, x), singles),
        "float32": _median(made.network.predict, singles),
    }


def _median(call: Callable[[Any], Any], inputs: list[Any]) -> float:
    taken = []
    for x in inputs:
        begin = perf_counter()
        call(x)
        taken.append(perf_counter() - begin)
    return 1000 * float(np.median(taken))


# --- the table ---
def row_of(one: ClipResult, dense: int) -> Row:
    """Means over all frames but the first, which is a column of its own; operations in thousands a frame."""
    own, rounding = one.own.adds[1:].sum(axis=1).mean(), one.rounding.adds[1:].sum(axis=1).mean()
    return {
        "clip": f"{one.video}, {one.kind}", "published": PUBLISHED[one.video], "dense/SD": round(dense / own, 1),
        "agree %": round(100 * float(one.agrees.mean()), 1),
        "right %": round(100 * float(np.mean(one.wanted == one.drawn.labels)), 1),
        "answers": len(np.unique(one.wanted)), "rounding k": round(rounding / 1000), "SD k": round(own / 1000, 1),
        "first k": round(float(one.own.adds[0].sum()) / 1000), "ms": round(one.milliseconds["events"], 2),
        "NumPy ms": round(min(one.milliseconds["float64"], one.milliseconds["float32"]), 2),
    }  # fmt: skip


def by_layer(one: ClipResult) -> str:
    """k additions a frame of the layers, Sigma-Delta and rounding."""
    own, rounding = (costs.adds[1:].mean(axis=0) / 1000 for costs in (one.own, one.rounding))
    each = ", ".join(f"{a:.1f} ({b:.0f})" for a, b in zip(own, rounding))
    return f"{one.video}, {one.kind}, k additions a frame by layer, SD (rounding): {each}"


def notes(request: Request, made: Ready, shown: list[ClipResult], dense: int) -> list[str]:
    """Settings, accuracy, and whether the aims are met."""
    right = ", ".join(f"{100 * share:.1f}% ({video})" for video, share in made.accuracy.items())
    moving = {one.video: one for one in shown if one.kind == CLIPS[-1]}
    said = []
    for video, one in moving.items():
        ratio, share = dense / one.own.adds[1:].sum(axis=1).mean(), 100 * one.agrees.mean()
        word = "met" if ratio >= AIMS[video] and share >= 100 * AGREEMENT else "missed"
        said.append(f"{video}: {ratio:.0f} times at {share:.1f}% ({word})")
    equal = all(np.array_equal(one.own.outputs, one.rounding.outputs) for one in shown)
    events = sum(one.milliseconds["events"] < min(one.milliseconds[d] for d in ("float32", "float64")) for one in shown)
    return [
        "published: VGG 19 on other videos (static background; more motion), scales optimised; in all 4 to 10 times "
        "fewer operations at a modest loss",
        f"seed {request.seed}; {len(shown[0].wanted)} frames a clip; {made.digits.split} digits; the original names "
        f"{right} of {HELD_OUT:,} single held-out frames rightly, each with its own digit and window",
        "k = c / (99th percentile of positive activations) by layer, chosen for each video on frames with other moving "
        f"digits: c is the first of {listed(COARSENESS)} that agrees with the original on "
        f"{100 * WANTED:.0f}% of them (else the best), then halved by layer, at most twice, the costliest first, while "
        "it still does; c: "
        + ", ".join(f"{one.choice.begin} for all, then {one.choice.name} ({video})" for video, one in moving.items()),
        "right, answers: of the original on the clip, and how many different ones it gave",
        f"aims on moving digits, 40 and 10 times at {100 * AGREEMENT:.0f}%: {'; '.join(said)}",
        f"dense: {dense:,} operations a frame; rounding and SD: additions, counted by the engine; first frame apart; "
        f"their outputs are {'equal at every frame' if equal else 'NOT equal'}",
        "agreement where scales were chosen: "
        + ", ".join(f"{100 * one.choice.agreement:.1f}% ({video})" for video, one in moving.items()),
        *map(by_layer, moving.values()),
        f"milliseconds: medians, one frame at a time, of `update` and of a dense NumPy pass (the faster of float64 and "
        f"float32): events are faster in {events} of {len(shown)} clips; a frame in which nothing changes takes "
        f"{np.mean([one.milliseconds['unchanged'] for one in shown]):.2f} ms",
    ]


def curves(shown: list[ClipResult], dense: int) -> list[Row]:
    """One line a frame."""
    return [
        {
            "video": one.video, "clip": one.kind, "frame": k, "digit": int(one.drawn.labels[k]),
            "original": int(one.wanted[k]), "agrees": int(one.agrees[k]), "dense": dense,
            "rounding": int(one.rounding.adds[k].sum()),
        }
        | {f"SD {name}": int(adds) for name, adds in zip(LAYERS, one.own.adds[k])}
        for one in shown
        for k in range(len(one.wanted))
    ]  # fmt: skip


# --- the picture ---
def picture(request: Request, shown: list[ClipResult], dense: int) -> Any:
    """As figure 4.5: frames, cost a frame, disagreement so far, costs by layer, and their ratio by layer."""
    figure = canvas(11.0)
    grid = figure.add_gridspec(4, 2, height_ratios=(1.2, 2, 1.1, 1.7))
    for k, one in enumerate(shown):
        _draw_frames(figure.add_subplot(grid[0, k]), one)
    _draw_costs(figure.add_subplot(grid[1, :]), shown, dense)
    _draw_disagreement(figure.add_subplot(grid[2, :]), shown)
    _draw_layers(figure.add_subplot(grid[3, 0]), shown)
    _draw_ratios(figure.add_subplot(grid[3, 1]), shown, compared=not request.quick)
    title(figure, "Figure 4.5 in small: a digit walks through two videos")
    return save(figure, request.out / "sigma-delta-video.png")


def _draw_frames(ax: Any, one: ClipResult) -> None:
    """Some frames side by side, with the answers of both networks below them."""
    n, wide = len(one.wanted), SIDE + 6
    chosen = [(2 * j + 1) * n // (2 * SHOWN) for j in range(SHOWN)]
    row = np.ones((SIDE, SHOWN * wide - 6))
    for j, at in enumerate(chosen):
        row[:, j * wide : j * wide + SIDE] = one.drawn.x[at, 0]
    ax.imshow(row, "gray", vmin=0, vmax=1)
    named = [f"frame {at}\n{one.wanted[at]}, {one.own.outputs[at].argmax()}" for at in chosen]
    ax.set_xticks([j * wide + SIDE / 2 for j in range(SHOWN)], named)
    ax.set_yticks([])
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    heading(ax, f"{one.video}: original, Sigma-Delta")


def _draw_costs(ax: Any, shown: list[ClipResult], dense: int) -> None:
    n = len(shown[0].wanted)
    ax.axhline(dense / 1000, color=BLACK, linestyle="--", label="original, dense")
    for k, one in enumerate(shown):
        at = np.arange(n) + k * n
        rounding, own = one.rounding.adds.sum(axis=1) / 1000, np.maximum(one.own.adds.sum(axis=1) / 1000, LEAST)
        mean = np.convolve(own[1:], np.ones(SMOOTH) / SMOOTH, "valid")
        ax.plot(at, rounding, color=BLUE, label="rounding")
        ax.plot(at[1:], own[1:], color=ORANGE, lw=0.5, alpha=0.6, label="Sigma-Delta")
        ax.plot(at[SMOOTH // 2 + 1 :][: len(mean)], mean, color=RED, label=f"its mean over {SMOOTH} frames")
        ax.plot(at[:1], own[:1], "o", color=ORANGE, mec=BLACK, ms=6, label="its first frame")
        name = f"{one.video}, c = {one.choice.name} by layer"
        ax.text(at[0] + n / 2, 0.04, name, transform=ax.get_xaxis_transform(), ha="center", fontsize=NOTE)
        if k == 0:
            legend(ax, "above")
    ax.axvline(n - 0.5, color="0.5", ls=":")
    ax.set(yscale="log", ylabel="operations a frame,\nthousands", xlim=(-0.01 * n, len(shown) * n))
    ax.set_ylim(LEAST / 4, None)
    plain(ax)


def _draw_disagreement(ax: Any, shown: list[ClipResult]) -> None:
    n = len(shown[0].wanted)
    for k, one in enumerate(shown):
        at = np.arange(n)
        ax.plot(at + k * n, 100 * np.cumsum(~one.agrees) / (at + 1), color=RED)
    ax.axhline(100 * (1 - AGREEMENT), color="0.5", ls="--", lw=1, label=f"{100 * (1 - AGREEMENT):.0f} % allowed")
    ax.axvline(n - 0.5, color="0.5", ls=":")
    ax.set(ylabel="other answers\nso far, %", xlabel="frame (each clip begins anew)")
    ax.set(xlim=(-0.01 * n, len(shown) * n), ylim=(0, None))
    legend(ax, "above")
    plain(ax)


def _draw_layers(ax: Any, shown: list[ClipResult]) -> None:
    """Operations a frame by layer, of the rounding and the Sigma-Delta network."""
    place = np.arange(len(LAYERS))
    for k, one in enumerate(shown):
        rounding, own = one.rounding.adds[1:].mean(axis=0) / 1000, one.own.adds[1:].mean(axis=0) / 1000
        for j, (values, colour, name) in enumerate(((rounding, (BLUE, SKY), "rounding"), (own, (RED, ORANGE), "SD"))):
            label = f"{name}, {one.video}"
            ax.bar(place + 0.2 * (2 * k + j) - 0.3, values, 0.18, color=colour[k % 2], label=label)
    ax.set_xticks(place, [name.replace(" ", "\n") for name in LAYERS])
    ax.set(yscale="log", ylabel="operations a frame, thousands")
    ax.set_ylim(LEAST, 100 * ax.get_ylim()[1])
    heading(ax, "Cost by layer (SD: Sigma-Delta)")
    legend(ax, "upper right", ncols=2, columnspacing=1, handlelength=1.2)
    plain(ax, grid="y")


def _draw_ratios(ax: Any, shown: list[ClipResult], *, compared: bool) -> None:
    for k, one in enumerate(shown):
        ratio = one.own.adds[1:].sum(axis=0) / np.maximum(one.rounding.adds[1:].sum(axis=0), 1)
        ax.plot(np.arange(len(LAYERS)), ratio, label=one.video, **look(k))
    if compared:
        ax.axhspan(0.2, 0.4, color="0.85", label="published, VGG 19")
    ax.set_xticks(np.arange(len(LAYERS)), [name.replace(" ", "\n") for name in LAYERS])
    ax.set(ylabel="ratio of operations", ylim=(0, None))
    heading(ax, "Sigma-Delta over rounding, by layer")
    legend(ax)
    plain(ax)
