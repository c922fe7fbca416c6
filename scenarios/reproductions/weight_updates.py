"""Figure C.1: four weight rules move a weight at different times, and all to the same value.

Two random signals are encoded; after their last step nothing is sent until every trace has died away, and then one last
spike of x, at which `past` pays what it owes.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

import eventnet as en
from eventnet.learning.proportional import PDInbox
from eventnet.learning.synapses import Future, Past, Recon, Stdp
from eventnet.neurons.pd_code import USED
from eventnet.plotting.style import BLACK, BLUE, GREEN, NOTE, PURPLE, RED, heading, legend, plain, title
from eventnet.scenarios.reproductions.common.changing_weight import Floats, count_spikes, slow_signal
from eventnet.scenarios.reproductions.common.pictures import panels, save
from eventnet.scenarios.reproductions.common.report import ReproductionReport, Request, Row, rounded

SILENCE = 80
"""Steps without a spike, in which traces of alpha up to 2/3 fall below 1e-12 and are set to 0."""

X_WIDTH, E_WIDTH = 6, 5

PUBLISHED = "all end at the same value"


class UpdateCase(NamedTuple):
    """Gains (kp, kd) of x and e, the rate of their adaptive scales, and rules with their options by name."""

    name: str
    x: tuple[float, float]
    e: tuple[float, float]
    eta: float
    rules: dict[str, tuple[Any, dict[str, str]]]


FOUR: dict[str, tuple[Any, dict[str, str]]] = {
    "recon": (Recon, {}), "past": (Past, {}), "future": (Future, {}), "stdp": (Stdp, {}),
}  # fmt: skip
RAW = ("future, raw traces", "stdp, raw traces")
ADAPTIVE = FOUR | {"stdp": (Stdp, {"traces": "scaled"})} | {
    RAW[0]: (Future, {"traces": "raw"}), RAW[1]: (Stdp, {"traces": "raw"}),
}  # fmt: skip
CASES = (
    UpdateCase("equal alphas", (0.25, 0.5), (0.25, 0.5), 0.0, FOUR),
    UpdateCase("different alphas", (0.4, 0.4), (0.25, 0.5), 0.0, FOUR),
    UpdateCase("adaptive scales", (0.25, 0.5), (0.25, 0.5), 0.05, ADAPTIVE),
)


class Followed(NamedTuple):
    """By step: the signals x and e, their spikes, traces and scales, [T, n]; the change of each rule, [T, n, n]."""

    case: UpdateCase
    steps: int
    signals: dict[str, Floats]
    spikes: dict[str, NDArray[np.int64]]
    traces: dict[str, Floats]
    scales: dict[str, Floats]
    change: dict[str, Floats]

    def differences(self) -> dict[str, Floats]:
        """Of each rule from `recon`, by step: the largest of all synapses."""
        return {name: np.abs(made - self.change["recon"]).max(axis=(1, 2)) for name, made in self.change.items()}


def weight_updates(request: Request) -> ReproductionReport:
    """All cases on the same signals."""
    n, steps = (3, 60) if request.quick else (20, 100)
    followed = [follow(case, *signals(request.seed, n, steps), steps) for case in CASES]
    return ReproductionReport(
        "weight-updates", "Figure C.1, four weight rules", "thesis, figure C.1",
        [row for found in followed for row in rows_of(found)], notes(request.seed, n, followed),
        [row for found in followed for row in curves(found)],
        [picture(request, followed[0], followed[2])],
    )  # fmt: skip


def signals(seed: int, n: int, steps: int) -> tuple[Floats, Floats]:
    """n signals x and n errors e whose size grows fivefold, as moves an adaptive scale; [steps, n]."""
    random = np.random.default_rng(seed)
    size = np.linspace(0.4, 2, steps)
    x, e = (
        np.stack([size * slow_signal(random, steps, width) for _ in range(n)], axis=1) for width in (X_WIDTH, E_WIDTH)
    )
    return x, e


def follow(case: UpdateCase, x: Floats, e: Floats, steps: int) -> Followed:
    """Run all rules of a case at once, each on weights of its own, a step at a time; a last spike of each x at the end.

    The rate is -1: weights move by the sum of the gradients.
    """
    n, end = x.shape[1], steps + SILENCE
    net = en.Network("float64")
    code_x, code_e = (
        net.add(en.PDEncoder(net.weights(rows), kp=kp, kd=kd, eta=case.eta))
        for rows, (kp, kd) in ((np.vstack([x, np.full((1, n), 3.0)]), case.x), (e, case.e))
    )
    inbox_x, inbox_e = net.add(PDInbox(n)), net.add(PDInbox(n))
    net.connect(code_x.out, inbox_x.spikes)
    net.connect(code_e.out, inbox_e.spikes)
    joins = inbox_x, code_x, inbox_e, code_e
    updates = {
        name: net.add(rule(en.Geometry.dense(n, n), net.weights(np.zeros((n, n))), *joins, rate=-1.0, **options))
        for name, (rule, options) in case.rules.items()
    }
    simulation = en.Simulation(net, record=True)
    views = {name: simulation[update] for name, update in updates.items()}
    traces, scales = views["recon"], (simulation[code_x].array("code"), simulation[code_e].array("code"))
    made: list[list[Any]] = []
    for t in range(end + 1):
        frames = [(t, code_x.frame, t, 1), (t, code_e.frame, t, 1)] if t < steps else []
        last = [(t, code_x.frame, steps, 1)] if t == end else []
        simulation.inject([*frames, *last, *((t, update.tick, 0, 1) for update in updates.values())])
        simulation.run()
        now = [traces.xhat, traces.ehat, *(code[[USED]] for code in scales), *(v.array("w") for v in views.values())]
        made.append([array.copy() for array in now])
    xhat, ehat, beta_x, beta_e, *changes = (np.array(column) for column in zip(*made))
    spikes = {name: count_spikes(simulation.log, inbox.spikes, end + 1, n) for name, inbox in zip("xe", joins[::2])}
    return Followed(
        case, steps, {"x": x, "e": e}, spikes, {"x": xhat, "e": ehat}, {"x": beta_x, "e": beta_e},
        dict(zip(updates, changes)),
    )  # fmt: skip


# --- the table ---
def rows_of(found: Followed) -> list[Row]:
    """A line a rule: where the synapse of the picture ends, and how far all are from `recon`, on the way and there."""
    return [
        {
            "case": found.case.name, "rule": name, "published": None if name in RAW else PUBLISHED,
            "measured": round(float(found.change[name][-1, 0, 0]), 9),
            "largest difference on the way": rounded(off.max(), 3), "at the end": rounded(off[-1], 3),
        }
        for name, off in found.differences().items()
    ]  # fmt: skip


def notes(seed: int, n: int, followed: list[Followed]) -> list[str]:
    """Settings, and what the adaptive scales did."""
    first, *_, adaptive = followed
    beta = adaptive.scales["x"][:, 0]
    gains = "; ".join(f"{f.case.name}: {f.case.x} and {f.case.e}" for f in followed)
    return [
        "published: a picture and a sentence, no numbers",
        f"{n} signals x and {n} errors e of {first.steps} steps, smoothed over {X_WIDTH} and {E_WIDTH}, their size "
        f"growing from 0.4 to 2: {n * n} synapses; then {SILENCE} steps without spikes and a last spike of each x; "
        f"seed {seed}; float64",
        f"kp and kd of x and e: {gains}",
        f"measured: the sum of the updates of the picture's synapse, {spikes_of(first)} spikes; differences from recon "
        "are the largest of all synapses",
        f"adaptive scales (rate {adaptive.case.eta}): the beta of x moves between {beta.min():.3f} and "
        f"{beta.max():.3f}; scaled traces hold each spike with the beta of its time, raw ones (as in the author's "
        "program) bare spikes, times the betas of today",
    ]  # fmt: skip


def spikes_of(found: Followed) -> str:
    """Spikes on both sides of the picture's synapse."""
    return " and ".join(f"{np.abs(found.spikes[side][:, 0]).sum()} {side}" for side in "xe")


def curves(found: Followed) -> list[Row]:
    """One line a step, of the picture's synapse."""
    names = list(ADAPTIVE)
    return [
        {"case": found.case.name, "t": t}
        | {f"spikes {side}": int(found.spikes[side][t, 0]) for side in "xe"}
        | {f"trace {side}": float(found.traces[side][t, 0]) for side in "xe"}
        | {f"beta {side}": float(found.scales[side][t, 0]) for side in "xe"}
        | {name: float(found.change[name][t, 0, 0]) if name in found.change else None for name in names}
        for t in range(len(found.traces["x"]))
    ]


# --- the picture ---
LOOKS: dict[str, dict[str, Any]] = {
    "recon": {"color": "0.75", "lw": 5},
    "past": {"color": BLUE, "lw": 1.5, "drawstyle": "steps-post"},
    "future": {"color": RED, "lw": 1.5, "drawstyle": "steps-post"},
    "stdp": {"color": BLACK, "lw": 1.2, "ls": (0, (2, 3)), "drawstyle": "steps-post"},
    RAW[0]: {"color": PURPLE, "lw": 1.8, "drawstyle": "steps-post"},
    RAW[1]: {"color": GREEN, "lw": 1.4, "ls": (0, (2, 3)), "drawstyle": "steps-post"},
}


def picture(request: Request, fixed: Followed, adaptive: Followed) -> Any:
    """Left as published; right with scales that adapt, and how far the rules are from `recon`."""
    figure, axs = panels(3, 2, 8.4, sharex=True)
    for column, found in zip(axs.T, (fixed, adaptive)):
        for ax, side in zip(column, "xe"):
            _draw_side(ax, found, side)
    for name in FOUR:
        axs[2, 0].plot(fixed.change[name][:, 0, 0], label=name, **LOOKS[name])
    for name in (*FOUR, *RAW):
        axs[2, 1].plot((adaptive.change[name] - adaptive.change["recon"])[:, 0, 0], label=name, **LOOKS[name])
    heading(axs[0, 0], "Fixed scales (figure C.1)")
    heading(axs[0, 1], "Adaptive scales")
    axs[2, 0].set(xlabel="step", ylabel="change of the weight")
    axs[2, 1].set(xlabel="step", ylabel="change, less that of recon")
    for ax in axs.flat:
        ax.axvspan(fixed.steps, fixed.steps + SILENCE, color="0.93", zorder=0)
        plain(ax)
        ax.margins(x=0.01)
    for ax in axs[0]:
        ax.text(fixed.steps + SILENCE, ax.get_ylim()[0], "silence, then last spikes of x", ha="right", fontsize=NOTE)
    for ax in axs[:2].flat:
        ax.set_ylim(top=1.7 * ax.get_ylim()[1])
        legend(ax, "upper right", ncols=2)
    for ax in axs[2]:
        low, high = ax.get_ylim()
        ax.set_ylim(low - 0.5 * (high - low), high)
        legend(ax, "lower left", ncols=2)
    title(figure, "Spikes on both sides of a synapse, and what four rules make of them")
    return save(figure, request.out / "weight-updates.png")


def _draw_side(ax: Any, found: Followed, side: str) -> None:
    """The signal, its spikes, what they decode to, and where it moves the size of a spike."""
    spikes = found.spikes[side][:, 0]
    at = np.flatnonzero(spikes)
    ax.vlines(at, 0, spikes[at], color="k", lw=1, alpha=0.75, label=f"spikes of {side}")
    ax.plot(found.signals[side][:, 0], color=BLUE, lw=1.4, label=side)
    ax.plot(found.traces[side][:, 0], color=RED, lw=1.3, drawstyle="steps-post", label=f"decoded {side}")
    if found.case.eta:
        ax.plot(found.scales[side][:, 0], color=GREEN, lw=1.5, ls="--", label="β, size of a spike")
    ax.set_ylabel({"x": "input x", "e": "error e"}[side])
