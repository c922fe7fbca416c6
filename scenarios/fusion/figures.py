"""Pictures of the fusion scenario, as PNG bytes: its sensors, its answers, and what they cost."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from eventnet.plotting.style import (
    BLACK,
    BLUE,
    DASHES,
    GREEN,
    GREY,
    NOTE,
    ORANGE,
    PURPLE,
    RED,
    SKY,
    apart,
    blank,
    heading,
    legend,
    plain,
    png,
    title,
)
from eventnet.scenarios.fusion.flow import FlowMethod
from eventnet.scenarios.fusion.methods import EventDriven
from eventnet.scenarios.fusion.named import (
    ALWAYS_0,
    AS_IT_IS,
    AT_SAMPLES,
    EXACT,
    ON_CLOCK,
    SLOW_TRACES,
    beside,
    family,
    is_by_events,
    methods,
    reference,
    strongest,
)
from eventnet.scenarios.fusion.run import BEFORE_US, FINE_US, GRID_US, FusionComparison, Row, as_it_is, stream_of
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
    """A figure of each sensor's signals in a tenth of a second, and of the times at which each method answers."""
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
    period = 1e3 * (max(p.kept_ms, default=0.0) or 33.0)
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


# --- cost against latency and error ---
AS_GOOD = 1.05
"""An error that is larger than the exact network's by no more than this is called as good."""


LABELS_APART = 0.14
"""Of powers of ten, so that labels do not touch."""


class Look(NamedTuple):
    """The style of a series of methods in pictures, and which methods belong to it."""

    label: str
    colour: str
    marker: str
    line: str
    holds: Callable[[str], bool]


LOOKS = (
    Look("kept, head at samples", BLACK, "s", "-", lambda name: name.endswith("head at samples") or name == AT_SAMPLES),
    Look("kept, head on the clock", GREY, "D", ":", lambda name: name.endswith("on the clock")),
    Look("kept, cheap head", ORANGE, "P", "-", lambda name: name.endswith("cheap head")),
    Look("kept, the field's filters", SKY, "X", "", lambda name: name.startswith("kept") and "filter" in name),
    Look("recomputed, bins", RED, "v", "", lambda name: family(name) in ("recomputed", "bins")),
    Look("event-driven network", PURPLE, "^", "", lambda name: family(name) == "event-driven"),
    Look("flow sums on a clock, fine", GREEN, "*", ":", lambda name: name.startswith(ON_CLOCK["fine"])),
    Look("flow sums on a clock", GREEN, "o", ":", lambda name: family(name) == "flow sums on a clock"),
    Look("flow sums by events", BLUE, "o", "", lambda name: family(name) == "flow sums"),
)
"""Every method but the exact one, which answers at once, and those without a camera."""


def look_of(method: str) -> Look:
    """The style of a method in pictures."""
    return next(look for look in LOOKS if look.holds(method))


def dashes(names: Sequence[str]) -> list[Any]:
    """A dash for each method, another for each of the same style."""
    looks = [look_of(name) for name in names]
    return [DASHES[looks[:k].count(look) % len(DASHES)] for k, look in enumerate(looks)]


def drawn_rows(compared: FusionComparison) -> list[Row]:
    """Rows of the methods in the picture of costs."""
    left_out = EXACT, SLOW_TRACES, ALWAYS_0
    return [row for row in compared.rows if "operations/s" in row and row["method"] not in left_out]


def frontier(compared: FusionComparison) -> bytes:
    """Operations a second against latency, filled where both errors are as good as exact ones; and against errors."""
    rows = drawn_rows(compared)
    exact = next(row for row in compared.rows if row["method"] == reference(compared.parameters.methods))
    figure = blank(height=8.2)
    grid: Any = figure.add_gridspec(2, 2, height_ratios=[1.35, 1])
    late, fused, camera = (figure.add_subplot(part) for part in (grid[0, :], grid[1, 0], grid[1, 1]))
    for look in LOOKS:
        own = sorted((row for row in rows if look_of(row["method"]) is look), key=lambda row: row["event to answer ms"])
        if not own:
            continue
        cost = [1e-6 * row["operations/s"] for row in own]
        for axes, key in ((late, "event to answer ms"), (fused, "fused error"), (camera, "dvs error")):
            at = [row[key] for row in own]
            if look.line and axes is late:
                axes.plot(at, cost, look.line, color=look.colour, linewidth=1)
            for x, y, row in zip(at, cost, own):
                good = all(row[error] <= AS_GOOD * exact[error] for error in ("fused error", "dvs error"))
                axes.plot(
                    x, y, look.marker, color=look.colour, markersize=7, markerfacecolor=look.colour if good else "white"
                )
        late.plot([], [], look.marker, color=look.colour, label=look.label, markersize=7)
    flow = [row for row in rows if family(row["method"]) == "flow sums"]
    heights = apart([math.log10(row["operations/s"]) - 6 for row in flow], LABELS_APART)
    for row, height in zip(flow, heights):
        name = row["method"].removeprefix("flow sums ")
        late.annotate(name, (row["event to answer ms"], 10**height), (8, 0), textcoords="offset points", va="center")
    for row in sorted((row for row in rows if family(row["method"]) == "event-driven"), key=_cost)[:1]:
        place = float(row["event to answer ms"]), 1e-6 * _cost(row)
        late.annotate("event-driven", place, (6, -13), textcoords="offset points", va="center")
    late.set(xscale="log", xlabel="event to answer, median, ms", ylabel="million operations a second")
    fused.set(xlabel="error, fused, deg/s", ylabel="million operations a second")
    camera.set(xlabel="error, camera alone, deg/s")
    for axes, error in ((fused, "fused error"), (camera, "dvs error")):
        axes.axvline(exact[error], color=BLACK, linestyle="--", linewidth=1)
    heading(late, "Filled: both errors at most 5 % above the exact network's. Clocks of a series: later to the right")
    heading(fused, "Dashed: the exact network")
    for axes in (late, fused, camera):
        axes.set_yscale("log")
        plain(axes)
    handles = late.get_legend_handles_labels()
    figure.legend(*handles, loc="outside lower center", ncols=3, frameon=False, fontsize=NOTE)
    title(figure, "What an answer costs, how late it is, and how wrong")
    return png(figure)


def _cost(row: Row) -> float:
    return float(row["operations/s"])


# --- cost by sensor event ---
def cost_by_event(compared: FusionComparison) -> bytes:
    """Operations in each 10 ms against events in it, for methods updated by events and clocks; and by sensor."""
    rows = _of_each_kind(compared)
    figure = blank(height=5.8 + 0.3 * len(rows))
    left, right = figure.subplots(2, 1, height_ratios=[3.8, 0.3 * len(rows) + 0.6])
    stream = stream_of(compared.parameters, 0, (compared.weights.width, compared.weights.height))[0]
    most, kinds = 1, (EventDriven, FlowMethod)
    for kind, colour in zip(kinds, (PURPLE, BLUE)):
        method = next((one for one in methods(compared.parameters) if isinstance(one, kind)), None)
        if method is None:
            continue
        cut = type(method)(**{**vars(method), "piece_us": 10_000})
        outcome = cut.run(compared.weights, stream, GRID_US, lambda reached: None)
        assert outcome.by_piece is not None
        events, spent = outcome.by_piece[1:].T  # in the first, everything is looked at once
        left.plot(events, spent, ".", color=colour, markersize=4, label=method.name)
        most = max(most, int(events.max(initial=1)))
    _draw_clocks(left, compared, most)
    left.set(xlabel="events of the camera in 10 ms", ylabel="operations in them", xlim=(0, None), yscale="log")
    heading(left, "Cost follows the events")
    _draw_sensors(right, rows)
    for axes in (left, right):
        plain(axes)
    handles = [axes.get_legend_handles_labels() for axes in (left, right)]
    left.set_ylim(left.get_ylim()[0] / 10, None)  # room for the legend
    left.legend(*handles[0], loc="lower center", ncols=2, frameon=False, fontsize=NOTE)
    figure.legend(*handles[1], loc="outside lower right", ncols=3, frameon=False, fontsize=NOTE, columnspacing=1.2)
    title(figure, "Cost by sensor event")
    return png(figure)


def _draw_clocks(axes: Any, compared: FusionComparison, most: int) -> None:
    """The clocks of `beside`: looks and samples in 10 ms, and an event at its mean cost."""
    shown = [compared.runs[0][name] for name in beside(compared.parameters.methods)]
    for outcome, dash in zip(shown, dashes([outcome.method for outcome in shown])):
        by_events = outcome.by_sensor["dvs"]
        each, once = by_events / max(outcome.events, 1), 0.01 * (outcome.operations - by_events) / outcome.seconds
        colour, line = look_of(outcome.method).colour, [once, once + each * most]
        axes.plot([0, most], line, color=colour, linestyle=dash, linewidth=1.5, label=outcome.method)


def _of_each_kind(compared: FusionComparison) -> list[Row]:
    """The network at samples, the clocks of `beside`, all by events, and flow sums on clocks."""
    clocks = {AT_SAMPLES, *beside(compared.parameters.methods)}
    return [
        row for row in compared.rows
        if row["method"] in clocks or is_by_events(row["method"]) or family(row["method"]) == "flow sums on a clock"
    ]  # fmt: skip


def _draw_sensors(axes: Any, rows: list[Row]) -> None:
    sensors = {"dvs": BLUE, "gyro": ORANGE, "answers": GREEN, "looks": SKY, "clock": "#999999", "joints": PURPLE,
               "frames": RED}  # fmt: skip
    names = {"dvs": "events of the camera", "gyro": "samples of the gyroscope", "answers": "reading answers",
             "looks": "looks after events", "clock": "a clock", "joints": "joints", "frames": "frames"}  # fmt: skip
    found = [s for s in sensors if any(row.get(f"operations/s by {s}") for row in rows)]
    height = 0.8 / max(len(found), 1)
    for k, sensor in enumerate(found):
        values = np.array([row.get(f"operations/s by {sensor}", 0.0) for row in rows]) / 1e6
        at = np.arange(len(rows)) + (k - (len(found) - 1) / 2) * height
        axes.barh(at, values, height=height, color=sensors[sensor], label=names[sensor])
    axes.set_yticks(range(len(rows)), [row["method"] for row in rows])
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.set(xscale="log", xlabel="operations a second, millions")
    heading(axes, "What causes it")
