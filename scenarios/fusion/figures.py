"""Pictures of the fusion scenario, as PNG bytes. Colours are Okabe and Ito's, for colour-blind readers, too."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventnet.plotting.style import (
    BLACK,
    BLUE,
    GREEN,
    GREY,
    NOTE,
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
from eventnet.scenarios.fusion.methods import EventDriven
from eventnet.scenarios.fusion.recomputed import recompute
from eventnet.scenarios.fusion.run import (
    BEFORE_US,
    FINE_US,
    FULL,
    GRID_US,
    FusionComparison,
    Row,
    as_it_is,
    fixed_rate,
    methods,
    stream_of,
)
from eventnet.scenarios.fusion.stream import Simulated, Stream, samples
from eventnet.scenarios.sensors.dvs import picture

FAMILIES = {"1": (BLACK, "s"), "2": (ORANGE, "D"), "3": (GREEN, "^"), "4 sigma": (BLUE, "o"), "4 pd": (PURPLE, "v")}
"""Colour and marker by how a method's name begins."""
WORDS = {
    "1": "all anew at each event (1)", "1i": "filters kept, rest at each event (1i)",
    "1k": "filters kept, rest at samples (1k)", "2g": "the same, gyroscope at once (2g)",
}  # fmt: skip
AXES = ("x (pitch)", "y (yaw)", "z (roll)")

Floats = NDArray[np.float64]


def _family(method: str) -> tuple[str, str]:
    return next(look for begin, look in FAMILIES.items() if method.startswith(begin))


def in_words(method: str) -> str:
    """What a method does, for a picture, with the code by which tables call it."""
    code, *rest = method.split(" ")
    last = rest[-1] if rest else ""
    if code == "2":
        return f"all anew at {' '.join(rest[1:])} (2)"
    if code == "3":
        return f"all anew in bins of {' '.join(rest[1:])} (3)"
    if code == "4":
        return f"{'PD' if rest[0] == 'pd' else 'Sigma-Delta'}, {last} quanta/σ (4)"
    return WORDS.get(code, method)


def _stream(compared: FusionComparison, number: int | None) -> tuple[Stream, NDArray[np.int64]]:
    weights = compared.weights
    return stream_of(compared.parameters, number, (weights.width, weights.height))


def _best(compared: FusionComparison) -> str | None:
    """The event-driven method whose fused answer deviates least."""
    rows = [row for row in compared.rows if row["method"].startswith("4")]
    return min(rows, key=lambda row: float(row["fused deviation"]))["method"] if rows else None


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
    period = 1e6 / p.recomputed_hz
    lines = [
        ("each event and sample (1, 1i)", np.union1d(gyro, events)),
        ("each sample (1k, 2g)", gyro),
        (f"{p.recomputed_hz:g} Hz (2)", np.arange(np.ceil(begin / period), np.ceil(end / period)) * period),
    ]
    if p.look_every_us:
        looks = np.arange(begin // p.look_every_us, end / p.look_every_us) * p.look_every_us + 1
        lines.append(("event-driven (4)", np.union1d(gyro, looks)))
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
    best = _best(compared)
    period = fixed_rate(compared.parameters)
    shown = [(FULL, BLACK, "-", 1.6), (period, ORANGE, "-", 1.4), *([(best, BLUE, "--", 1.6)] if best else [])]
    stream, _ = _stream(compared, 0)
    times = np.arange(0, stream.end_us, GRID_US)
    part = times <= 1e6 * compared.parameters.run.measured_from_s + 1.5e6
    rows[0].plot(
        times[part] / 1000, as_it_is(stream, compared.weights.n_out, GRID_US)[part, 1], ".", color="#bbbbbb",
        markersize=2, label="gyroscope as it is",
    )  # fmt: skip
    truth = stream.truth(times[part].astype(np.float64))[:, 1]
    rows[0].plot(times[part] / 1000, truth, color=GREEN, linewidth=3.5, alpha=0.6, label="truth")
    for method, colour, dash, width in shown:
        answers = compared.runs[0][method].answers[part, 1]
        rows[0].plot(times[part] / 1000, answers, dash, color=colour, linewidth=width, label=in_words(method))
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
    axes.plot(ms, raw, color="#bbbbbb", linewidth=0.8, label="gyroscope as it is")
    truth = stream.truth(times[part].astype(np.float64))[:, 1]
    axes.plot(ms, truth, color=GREEN, linewidth=3.5, alpha=0.6, label="truth")
    for method, colour, dash, width in shown:
        values = compared.steps[method].answers[part, 1]
        passed = np.flatnonzero((ms >= 0) & (values * np.sign(truth[-1]) > 0))
        late = f": half-way at {ms[passed[0]]:.1f} ms" if len(passed) else ""
        axes.plot(ms, values, dash, color=colour, linewidth=width, label=in_words(method) + late)
        if len(passed):
            axes.axvline(ms[passed[0]], color=colour, linewidth=0.9, linestyle=":")
    heading(axes, "The fused answer after one step of the true rate")


# --- cost, latency, error ---
def frontier(compared: FusionComparison) -> bytes:
    """Operations a second of each method, a row each, beside them the error of its fused answer and its latency."""
    rows = [row for row in compared.rows if "operations/s" in row]
    figure = blank(height=1.6 + 0.28 * len(rows))
    cost, error, late = figure.subplots(1, 3, sharey=True)
    gyro = next(row for row in rows if row["method"] == FULL)["gyro error"]
    for at, row in enumerate(rows):
        colour, marker = _family(row["method"])
        for axes, value in (
            (cost, 1e-6 * row["operations/s"]), (error, row["fused error"]), (late, row["event to answer ms"]),
        ):  # fmt: skip
            axes.plot(value, at, marker, color=colour, markersize=7, clip_on=False)
    error.axvline(gyro, color=GREY, linestyle="--", linewidth=1, label="gyroscope alone, at its best")
    cost.set_yticks(range(len(rows)), [in_words(row["method"]) for row in rows])
    cost.set_ylim(len(rows) - 0.4, -0.6)
    cost.set(xscale="log", xlabel="millions")
    error.set(xlabel="deg/s", xlim=(0, None))
    late.set(xlabel="ms", xlim=(0, None))
    heading(cost, "Operations a second")
    heading(error, "Error, fused")
    heading(late, "Event to answer, median")
    for axes in (cost, error, late):
        axes.tick_params(axis="y", length=0)
        plain(axes)
    figure.legend(loc="outside lower right", frameon=False, fontsize=NOTE)
    title(figure, "What an answer costs, how wrong and how late it is")
    return png(figure)


# --- cost by sensor event ---
def cost_by_event(compared: FusionComparison) -> bytes:
    """Operations in each 10 ms against events in it, for one event-driven network; and by sensor, for each method."""
    rows = [row for row in compared.rows if "operations/s" in row]
    figure = blank(height=4.6 + 0.3 * len(rows))
    left, right = figure.subplots(2, 1, height_ratios=[3, 0.3 * len(rows) + 0.6])
    method = next((method for method in methods(compared.parameters) if isinstance(method, EventDriven)), None)
    if method is not None:
        outcome = EventDriven(
            method.name, method.a, method.code, method.every_us, method.least_us, piece_us=10_000
        ).run(compared.weights, _stream(compared, 0)[0], GRID_US, lambda reached: None)
        assert outcome.by_piece is not None
        events, spent = outcome.by_piece[1:].T  # in the first, everything is looked at once
        left.plot(events, spent / 1000, ".", color=BLUE, markersize=4, label=in_words(method.name))
        left.set_ylim(0, 1.15 * max(spent.max(initial=1), recompute(compared.weights)) / 1000)
    left.axhline(recompute(compared.weights) / 1000, color=ORANGE, linewidth=2, label="recomputed once in full")
    left.axhline(
        recompute(compared.weights, incremental=True) / 1000, color=GREEN, linewidth=2, linestyle="--",
        label="recomputed once, first layer kept",
    )  # fmt: skip
    left.set(xlabel="events of the camera in 10 ms", ylabel="operations in them, thousands", xlim=(0, None))
    legend(left)
    heading(left, "Cost follows the events")
    _draw_sensors(right, rows)
    for axes in (left, right):
        plain(axes)
    title(figure, "Cost by sensor event")
    return png(figure)


def _draw_sensors(axes: Any, rows: list[Row]) -> None:
    sensors = {"dvs": BLUE, "gyro": ORANGE, "answers": GREEN, "clock": "#999999", "joints": PURPLE, "frames": RED}
    names = {"dvs": "events of the camera", "gyro": "samples of the gyroscope", "answers": "reading answers",
             "clock": "a clock", "joints": "joints", "frames": "frames"}  # fmt: skip
    found = [s for s in sensors if any(row.get(f"operations/s by {s}") for row in rows)]
    height = 0.8 / max(len(found), 1)
    for k, sensor in enumerate(found):
        values = np.array([row.get(f"operations/s by {sensor}", 0.0) for row in rows]) / 1e6
        at = np.arange(len(rows)) + (k - (len(found) - 1) / 2) * height
        axes.barh(at, values, height=height, color=sensors[sensor], label=names[sensor])
    axes.set_yticks(range(len(rows)), [in_words(row["method"]) for row in rows])
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.set(xscale="log", xlabel="operations a second, millions")
    heading(axes, "What causes it")
    figure: Any = axes.figure
    handles = axes.get_legend_handles_labels()
    figure.legend(*handles, loc="outside lower right", ncols=4, frameon=False, fontsize=NOTE, columnspacing=1.2)


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
