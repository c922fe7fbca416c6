"""Pictures of the gaze scenario, as PNG bytes: the first head."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventnet.plotting.style import BLACK, BLUE, GREEN, GREY, ORANGE, PURPLE, RED, SKY, blank, legend, plain, png, title
from eventnet.scenarios.fusion.figures import AXES
from eventnet.scenarios.gaze.reflex import PIECE_US, SLIP_US, ReflexOutcome
from eventnet.scenarios.gaze.run import GazeComparison

LOOKS: dict[str, tuple[str, Any]] = {
    "no reflex": (BLACK, ":"), "gyroscope alone": (ORANGE, "--"), "gyroscope, slow traces": (ORANGE, "-"),
    "camera alone": (GREEN, "-."), "both": (BLUE, "-"),
    "camera alone, flow sums": (RED, "-."), "both, flow sums": (PURPLE, "-"),
    "both, flow sums on a clock, 2 ms": (PURPLE, ":"), "both, flow sums on a clock, 33 ms": (PURPLE, "--"),
    "both, kept 1 ms": (BLUE, (0, (1, 3))), "both, kept 2 ms": (BLUE, ":"),
    "both, kept 8 ms": (BLUE, "-."), "both, kept 33 ms": (BLUE, "--"),
    "both, kept 2 ms, Kalman": (SKY, "-"),
}  # fmt: skip
"""Colours, Okabe and Ito's, and dashes, of the reflexes that are drawn: not of every clock."""

Floats = NDArray[np.float64]


def slip(compared: GazeComparison) -> bytes:
    """The slip over time with each reflex: root mean square of the axes, in tenths of a second."""
    figure = blank(height=5.0)
    axes = figure.subplots()
    for name, outcomes in _drawn(compared):
        squares = _pieces((outcomes[0].slip ** 2).mean(axis=1), PIECE_US // SLIP_US)
        axes.plot(_seconds(len(squares)), np.sqrt(squares), label=name, **_look(name))
    axes.set(yscale="log", xlabel="time, s", ylabel="slip, deg/s (rms of x, y, z)")
    _finish(axes, compared)
    legend(axes, "above", ncols=3)
    title(figure, "What slips over the camera while the first head turns")
    return png(figure)


def cost(compared: GazeComparison) -> bytes:
    """Events and operations a second over time with each reflex."""
    figure = blank(height=6.6)
    rows = figure.subplots(2, 1, sharex=True)
    for name, outcomes in _drawn(compared):
        outcome, per_second = outcomes[0], 1e6 / PIECE_US
        t = _seconds(len(outcome.events))
        rows[0].plot(t, outcome.events * per_second, label=name, **_look(name))
        rows[1].plot(t, 1e-6 * outcome.cost[:, 0] * per_second, label=name, **_look(name))
    rows[0].set(yscale="log", ylabel="events a second")
    rows[1].set(yscale="log", ylabel="operations, millions a second", xlabel="time, s")
    for axes in rows:
        _finish(axes, compared)
    legend(rows[0], "above", ncols=3)
    title(figure, "What the camera sends, and what is computed: the first head")
    return png(figure)


def command(compared: GazeComparison, length_s: float = 2.0) -> bytes:
    """With both: the head's rate, the command against it and what is left, about each axis of the camera."""
    outcome, p = compared.runs["both"][0], compared.parameters.run
    begin = min(p.measured_from_s, max(p.duration_s - length_s, 0.0))
    shown = (outcome.times >= 1e6 * begin) & (outcome.times < 1e6 * (begin + length_s))
    t = 1e-6 * outcome.times[shown]
    figure = blank(height=6.6)
    for k, axes in enumerate(figure.subplots(3, 1, sharex=True)):
        # In the camera's axes the head turns at what is commanded against it and what slips all the same.
        for values, colour, label in (
            (outcome.slip + outcome.command, BLACK, "head"), (outcome.command, ORANGE, "command"),
            (outcome.slip, BLUE, "slip"),
        ):  # fmt: skip
            axes.plot(t, values[shown, k], color=colour, label=label, linestyle="--" if label == "command" else "-")
        axes.set(ylabel=f"{AXES[k]}, deg/s")
        plain(axes)
    legend(figure.axes[0], "above")
    figure.axes[-1].set(xlabel="time, s")
    title(figure, "Both sensors: the command against the first head's rate")
    return png(figure)


def _drawn(compared: GazeComparison) -> list[tuple[str, list[ReflexOutcome]]]:
    return [(name, outcomes) for name, outcomes in compared.runs.items() if name in LOOKS]


def _look(name: str) -> dict[str, Any]:
    return dict(zip(("color", "linestyle"), LOOKS[name], strict=True))


def _pieces(values: Floats, length: int) -> Floats:
    """Means of so many values each; the last of what is left."""
    return np.array([values[k : k + length].mean() for k in range(0, len(values), length)])


def _seconds(pieces: int) -> Floats:
    return np.asarray((np.arange(pieces) + 0.5) * 1e-6 * PIECE_US)


def _finish(axes: Any, compared: GazeComparison) -> None:
    axes.axvline(compared.parameters.run.measured_from_s, color=GREY, linewidth=0.8, label="measured from here")
    plain(axes)
