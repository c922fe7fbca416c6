"""Pictures of the fusion scenario, as PNG bytes. Colours are Okabe and Ito's, for colour-blind readers, too."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventnet.plotting.style import BLACK, BLUE, GREEN, ORANGE, PURPLE, RED, SKY, blank, plain, png
from eventnet.scenarios.fusion.dense_cost import recompute
from eventnet.scenarios.fusion.latency import BEFORE_US
from eventnet.scenarios.fusion.methods import EventDriven
from eventnet.scenarios.fusion.run import (
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
from eventnet.scenarios.sensors.picture import picture

FAMILIES = {"1": (BLACK, "s"), "2": (ORANGE, "D"), "3": (GREEN, "^"), "4 sigma": (BLUE, "o"), "4 pd": (PURPLE, "v")}
"""Colour and marker by how a method's name begins."""
AXES = ("x (pitch)", "y (yaw)", "z (roll)")

Floats = NDArray[np.float64]


def _family(method: str) -> tuple[str, str]:
    return next(look for begin, look in FAMILIES.items() if method.startswith(begin))


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
    figure = blank(10, 6.6 + 0.9 * len(others))
    rows = figure.subplots(3 + len(others), 1, sharex=True, height_ratios=[2.4, 2, *[0.9] * len(others), 1.5])
    ms = lambda t: (np.asarray(t, np.float64) - begin) / 1000  # noqa: E731
    events = _between(stream.camera(), begin, end)
    for on, colour, label in ((True, BLUE, "ON"), (False, RED, "OFF")):
        of = events["p"] == on
        rows[0].plot(ms(events["t"][of]), events["x"][of], ".", color=colour, markersize=2, label=label)
    rows[0].set_title(f"camera of events: {len(events):,} in {(end - begin) / 1000:g} ms", loc="left", fontsize=10)
    rows[0].set(ylabel="column, pixels")
    rows[0].legend(loc="upper right", markerscale=4, fontsize=8)
    t, values = samples(_between(stream.gyroscope(), begin, end), compared.weights.n_out)
    times = np.linspace(begin, end, 200)
    truth = stream.truth(times)
    for axis, colour in enumerate((SKY, ORANGE, GREEN)):
        rows[1].plot(ms(t), values[:, axis], ".", color=colour, markersize=4, label=AXES[axis])
        rows[1].plot(ms(times), truth[:, axis], color=colour, linewidth=1.5)
    rows[1].set_title(f"gyroscope: {len(t):,} samples (lines: the true rates)", loc="left", fontsize=10)
    rows[1].set(ylabel="rate, deg/s")
    rows[1].legend(loc="upper right", fontsize=8)
    for axes, (name, other) in zip(rows[2:], others.items()):
        found = _between(other.packets(), begin, end)
        axes.plot(ms(found["t"]), found["index"], "|", color=PURPLE, markersize=3)
        axes.set_title(f"{name}: {len(found):,} values", loc="left", fontsize=10)
        axes.set(ylabel="number", ylim=(-0.02 * other.units - 0.5, 1.02 * other.units))
    _answer_times(rows[-1], compared, t, events["t"], begin, end)
    rows[-1].set(xlabel="time, ms", xlim=(0, (end - begin) / 1000))
    for axes in rows:
        plain(axes)
    figure.suptitle("Sensors on one time line", x=0.01, ha="left", fontsize=12)
    return png(figure)


def _answer_times(axes: Any, compared: FusionComparison, gyro: Floats, events: Any, begin: float, end: float) -> None:
    p = compared.parameters.methods
    period = 1e6 / p.recomputed_hz
    lines = [
        ("1, 1i", np.union1d(gyro, events)),
        ("1k, 2g", gyro),
        (f"2 ({p.recomputed_hz:g} Hz)", np.arange(np.ceil(begin / period), np.ceil(end / period)) * period),
    ]
    if p.look_every_us:
        looks = np.arange(begin // p.look_every_us, end / p.look_every_us) * p.look_every_us + 1
        lines.append(("4 (event-driven)", np.union1d(gyro, looks)))
    for k, (_, times) in enumerate(lines):
        axes.plot((times - begin) / 1000, np.full(len(times), k), "|", color=BLACK, markersize=11, markeredgewidth=0.7)
    axes.set_yticks(range(len(lines)), [name for name, _ in lines])
    axes.set_ylim(len(lines) - 0.4, -0.6)
    axes.set_title("when each method answers", loc="left", fontsize=10)


# --- estimate against truth ---
def estimate(compared: FusionComparison) -> bytes:
    """One axis of a trajectory by several methods, and (where steps were run) one step with its latencies."""
    stepped = compared.steps
    figure = blank(10, 7.6 if stepped else 4.2)
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
        rows[0].plot(times[part] / 1000, answers, dash, color=colour, linewidth=width, label=method)
    rows[0].set_title("the fused answer of a trajectory", loc="left", fontsize=10)
    if stepped:
        _draw_step(rows[1], compared, shown)
    for axes in rows:
        low, high = axes.get_ylim()
        axes.set(xlabel="time, ms", ylabel=f"rate about {AXES[1]}, deg/s", ylim=(low, high + 0.22 * (high - low)))
        axes.legend(fontsize=8, loc="upper right", ncols=3)
        plain(axes)
    figure.suptitle("Estimate against truth", x=0.01, ha="left", fontsize=12)
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
        late = f": half-way after {ms[passed[0]]:.1f} ms" if len(passed) else ""
        axes.plot(ms, values, dash, color=colour, linewidth=width, label=method + late)
        if len(passed):
            axes.axvline(ms[passed[0]], color=colour, linewidth=0.9, linestyle=":")
    axes.set_title("the fused answer after one step of the true rate", loc="left", fontsize=10)


# --- cost, latency, error ---
def frontier(compared: FusionComparison) -> bytes:
    """Error and latency of the fused answer against operations a second."""
    rows = [row for row in compared.rows if "operations/s" in row]
    figure = blank(12, 5.6)
    left, right = figure.subplots(1, 2, sharex=True)
    gyro = next(row for row in rows if row["method"] == FULL)["gyro error"]
    close = [row for row in rows if row["operations/s"] < 1e8 and row["fused error"] < gyro]
    for row in rows:
        _dot(left, row, row["fused error"], named=row not in close)
        _dot(right, row, max(row["event to answer ms"], 0.01), named=not row["method"].startswith("4"))
    if close:
        zoom = left.inset_axes((0.4, 0.47, 0.58, 0.22))
        for row in close:
            _dot(zoom, row, row["fused error"], named=True)
        zoom.margins(0.12, 0.3)
        zoom.tick_params(labelsize=8)
        zoom.set_title("below 100 million operations", loc="left", fontsize=8)
        plain(zoom)
    names = {"1": "1: at every event and sample", "2": "2: at a fixed rate", "3": "3: in bins"}
    names |= {"4 sigma": "4: event-driven, Sigma-Delta, by a", "4 pd": "4: event-driven, PD, by a"}
    for begin, (colour, marker) in FAMILIES.items():
        if any(row["method"].startswith(begin) for row in rows):
            left.plot([], [], marker, color=colour, label=names[begin])
    left.axhline(gyro, color="#999999", linestyle="--", linewidth=1)
    left.annotate("gyroscope alone, its best leaky read-out", (1, gyro), xycoords=("axes fraction", "data"),
                  xytext=(-4, 4), textcoords="offset points", ha="right", fontsize=8, color="#666666")  # fmt: skip
    left.set(xscale="log", ylabel="error of the fused answer, deg/s", ylim=(0, None))
    right.set(yscale="log", ylabel="event to answer, median, ms (0 is drawn as 0.01)")
    left.legend(fontsize=8, loc="upper right")
    for axes in (left, right):
        axes.set_xlabel("adds, multiplies and checks a second, millions")
        plain(axes)
    figure.suptitle("What an answer costs, how wrong and how late it is", x=0.01, ha="left", fontsize=12)
    return png(figure)


def _dot(axes: Any, row: Row, value: float, *, named: bool) -> None:
    """A method at its cost."""
    colour, marker = _family(row["method"])
    cost = 1e-6 * row["operations/s"]
    axes.plot(cost, value, marker, color=colour, markersize=7)
    number, *words = row["method"].split(" ")
    label = number if number[0] in "12" else " ".join(words[-2:] if number == "3" else words[-1:])
    if named:
        axes.annotate(label, (cost, value), xytext=(5, 4), textcoords="offset points", fontsize=8, color=colour)


# --- cost by sensor event ---
def cost_by_event(compared: FusionComparison) -> bytes:
    """Operations in each 10 ms against events in it, for one event-driven network; and by sensor, for each method."""
    figure = blank(11, 5.2)
    left, right = figure.subplots(1, 2, width_ratios=[1.1, 1])
    method = next((method for method in methods(compared.parameters) if isinstance(method, EventDriven)), None)
    if method is not None:
        outcome = EventDriven(
            method.name, method.a, method.code, method.every_us, method.least_us, piece_us=10_000
        ).run(compared.weights, _stream(compared, 0)[0], GRID_US, lambda reached: None)
        assert outcome.by_piece is not None
        events, spent = outcome.by_piece[1:].T  # in the first, everything is looked at once
        left.plot(events, spent / 1000, ".", color=BLUE, markersize=4, label=method.name)
        left.set_ylim(0, 1.15 * max(spent.max(initial=1), recompute(compared.weights)) / 1000)
    left.axhline(recompute(compared.weights) / 1000, color=ORANGE, linewidth=2, label="recomputed once in full")
    left.axhline(
        recompute(compared.weights, incremental=True) / 1000, color=GREEN, linewidth=2, linestyle="--",
        label="recomputed once, first layer kept",
    )  # fmt: skip
    left.set(xlabel="events of the camera in 10 ms", ylabel="operations in these 10 ms, thousands", xlim=(0, None))
    left.legend(fontsize=8, loc="best")
    left.set_title("cost follows the events", loc="left", fontsize=10)
    _draw_sensors(right, [row for row in compared.rows if "operations/s" in row])
    for axes in (left, right):
        plain(axes)
    figure.suptitle("Cost by sensor event", x=0.01, ha="left", fontsize=12)
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
    axes.set_yticks(range(len(rows)), [row["method"] for row in rows])
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.tick_params(axis="y", labelsize=8)
    axes.set(xscale="log", xlabel="operations a second, millions")
    axes.set_title("what causes it", loc="left", fontsize=10)
    axes.legend(fontsize=8, loc="upper center", bbox_to_anchor=(0.4, -0.1), ncols=3, frameon=False)


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
