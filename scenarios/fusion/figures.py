"""Pictures of the fusion scenario's sensors and answers, as PNG bytes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventnet.plotting.style import (
    BLACK,
    BLUE,
    GREEN,
    ORANGE,
    PURPLE,
    RED,
    SKY,
    blank,
    heading,
    legend,
    plain,
    png,
    title,
)
from eventnet.scenarios.fusion.named import AS_IT_IS, EXACT, is_by_events, reference, strongest
from eventnet.scenarios.fusion.rows import BEFORE_US, FINE_US, GRID_US, as_it_is, stream_of
from eventnet.scenarios.fusion.run import FusionComparison
from eventnet.scenarios.fusion.stream import Simulated, Stream, samples
from eventnet.scenarios.sensors.dvs import picture

AXES = ("x (pitch)", "y (yaw)", "z (roll)")

Floats = NDArray[np.float64]


def _stream(compared: FusionComparison, number: int | None) -> tuple[Stream, NDArray[np.int64]]:
    weights = compared.weights
    return stream_of(compared.parameters, number, (weights.width, weights.height))


def _shown(compared: FusionComparison) -> list[tuple[str, str, str, float]]:
    """The exact network, the cheapest clock, and the best method that is updated by events; and how they are drawn."""
    rows = [row for row in compared.rows if is_by_events(row["method"])]
    best = min(rows, key=lambda row: float(row["fused error"]))["method"] if rows else None
    cheapest = strongest(compared.parameters.methods)
    made = [
        (reference(compared.parameters.methods), BLACK, "-", 1.6),
        (cheapest, ORANGE, "-", 1.4),
        (best, BLUE, "--", 1.6),
    ]
    return [(name, *look) for name, *look in made if name in compared.runs[0]]  # type: ignore[misc]


def _between(packets: Any, begin: float, end: float) -> Any:
    events = np.concatenate([packet.events for packet in packets if packet.until > begin and len(packet.events)])
    return events[(events["t"] >= begin) & (events["t"] < end)]


# --- streams on one time line ---
def streams(compared: FusionComparison, length_us: float = 100_000) -> bytes:
    """What each sensor says in a tenth of a second, and when each method answers."""
    p, (stream, _) = compared.parameters, _stream(compared, 0)
    begin = max(1e6 * p.run.measured_from_s, 0.0)
    end = min(begin + length_us, float(stream.end_us))
    others = stream.others()
    figure = blank(height=6.2 + 0.9 * len(others))
    rows = figure.subplots(3 + len(others), 1, sharex=True, height_ratios=[2.4, 2, *[0.9] * len(others), 1.5])
    ms = lambda t: (np.asarray(t, np.float64) - begin) / 1000  # noqa: E731
    events = _between(stream.camera(), begin, end)
    for on, colour, label in ((True, BLUE, "ON"), (False, RED, "OFF")):
        of = events["p"] == on
        rows[0].plot(ms(events["t"][of]), events["x"][of], ".", color=colour, markersize=2, label=label)
    heading(rows[0], f"Camera of events: {len(events):,} in {(end - begin) / 1000:g} ms")
    rows[0].set(ylabel="column, pixels")
    legend(rows[0], "above", markerscale=4)
    t, values = samples(_between(stream.gyroscope(), begin, end), compared.weights.n_out)
    times = np.linspace(begin, end, 200)
    truth = stream.truth(times)
    for axis, (colour, marker) in enumerate(((SKY, "o"), (ORANGE, "s"), (GREEN, "^"))):
        rows[1].plot(ms(t), values[:, axis], marker, color=colour, markersize=2.5, label=AXES[axis])
        rows[1].plot(ms(times), truth[:, axis], color=colour, linewidth=1.5)
    heading(rows[1], f"Gyroscope: {len(t):,} samples; lines: truth")
    rows[1].set(ylabel="rate, deg/s")
    legend(rows[1], "above", markerscale=2)
    for axes, (name, other) in zip(rows[2:], others.items()):
        found = _between(other.packets(), begin, end)
        axes.plot(ms(found["t"]), found["index"], "|", color=PURPLE, markersize=3)
        heading(axes, f"{name.capitalize()}: {len(found):,} values")
        axes.set(ylabel="number", ylim=(-0.02 * other.units - 0.5, 1.02 * other.units))
    _answer_times(rows[-1], compared, t, events["t"], begin, end)
    rows[-1].set(xlabel="time, ms", xlim=(0, (end - begin) / 1000))
    for axes in rows:
        plain(axes)
    title(figure, "Sensors on one time line")
    return png(figure)


def _answer_times(axes: Any, compared: FusionComparison, gyro: Floats, events: Any, begin: float, end: float) -> None:
    p = compared.parameters.methods
    period = 1e3 * max(p.kept_ms, default=33.0)
    ticks = np.arange(np.ceil(begin / period), np.ceil(end / period)) * period
    lines = [
        (EXACT, np.union1d(gyro, events)),
        ("heads at samples, flow sums", gyro),
        (f"looks of a clock of {period / 1e3:g} ms", ticks),
    ]
    if p.look_every_us:
        looks = np.arange(begin // p.look_every_us, end / p.look_every_us) * p.look_every_us + 1
        lines.append(("event-driven", np.union1d(gyro, looks)))
    for k, (_, times) in enumerate(lines):
        axes.plot((times - begin) / 1000, np.full(len(times), k), "|", color=BLACK, markersize=11, markeredgewidth=0.7)
    axes.set_yticks(range(len(lines)), [name for name, _ in lines])
    axes.set_ylim(len(lines) - 0.4, -0.6)
    heading(axes, "When each method answers")


# --- estimate against truth ---
def estimate(compared: FusionComparison) -> bytes:
    """One axis of a trajectory by several methods, and (where steps were run) one step with its latencies."""
    stepped = compared.steps
    figure = blank(height=7.6 if stepped else 4.2)
    rows = figure.subplots(2 if stepped else 1, 1, squeeze=False)[:, 0]
    shown = _shown(compared)
    stream, _ = _stream(compared, 0)
    times = np.arange(0, stream.end_us, GRID_US)
    part = times <= 1e6 * compared.parameters.run.measured_from_s + 1.5e6
    rows[0].plot(
        times[part] / 1000, as_it_is(stream, compared.weights.n_out, GRID_US)[part, 1], ".", color="#bbbbbb",
        markersize=2, label=AS_IT_IS,
    )  # fmt: skip
    truth = stream.truth(times[part].astype(np.float64))[:, 1]
    rows[0].plot(times[part] / 1000, truth, color=GREEN, linewidth=3.5, alpha=0.6, label="truth")
    for method, colour, dash, width in shown:
        answers = compared.runs[0][method].answers[part, 1]
        rows[0].plot(times[part] / 1000, answers, dash, color=colour, linewidth=width, label=method)
    heading(rows[0], "The fused answer of a trajectory")
    if stepped:
        _draw_step(rows[1], compared, shown)
    for axes in rows:
        low, high = axes.get_ylim()
        axes.set(xlabel="time, ms", ylabel=f"rate about {AXES[1]}, deg/s", ylim=(low, high + 0.4 * (high - low)))
        legend(axes, "upper left", ncols=2)
        plain(axes)
    title(figure, "Estimate against truth")
    return png(figure)


def _draw_step(axes: Any, compared: FusionComparison, shown: list[tuple[str, str, str, float]]) -> None:
    assert compared.steps is not None
    stream, steps = _stream(compared, None)
    at = int(steps[len(steps) // 2])
    times = np.arange(0, stream.end_us, FINE_US)
    part = (times >= at - BEFORE_US) & (times < at + 80_000)
    ms = (times[part] - at) / 1000
    raw = as_it_is(stream, compared.weights.n_out, FINE_US)[part, 1]
    axes.plot(ms, raw, color="#bbbbbb", linewidth=0.8, label=AS_IT_IS)
    truth = stream.truth(times[part].astype(np.float64))[:, 1]
    axes.plot(ms, truth, color=GREEN, linewidth=3.5, alpha=0.6, label="truth")
    for method, colour, dash, width in shown:
        values = compared.steps[method].answers[part, 1]
        passed = np.flatnonzero((ms >= 0) & (values * np.sign(truth[-1]) > 0))
        late = f": half-way at {ms[passed[0]]:.1f} ms" if len(passed) else ""
        axes.plot(ms, values, dash, color=colour, linewidth=width, label=method + late)
        if len(passed):
            axes.axvline(ms[passed[0]], color=colour, linewidth=0.9, linestyle=":")
    heading(axes, "The fused answer after one step of the true rate")


# --- what the camera sees ---
def camera(compared: FusionComparison, length_us: float = 100_000) -> bytes:
    """A frame of the first trajectory and the events that follow it."""
    p, weights = compared.parameters, compared.weights
    stream = Simulated(p, p.run.seed, (weights.width, weights.height))
    begin = 1e6 * p.run.measured_from_s
    frame = np.empty((weights.height, weights.width), np.float32)
    stream.scene.log_intensity(begin, frame)
    events = _between(stream.camera(), begin, begin + length_us)
    return picture(frame, events, title=f"A frame of the camera, then {length_us / 1000:g} ms of events")
