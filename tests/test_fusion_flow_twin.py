"""Flow sums on a clock: beside plain loops over all events, costs counted by numbers themselves, packets of any length."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from counting import Meter, on_counting_numbers, words
from test_fusion_flow import FOCAL, SIZE, Random

from eventnet.neurons.flow_sums import divide, estimate
from eventnet.scenarios.fusion.filters import PlainHead
from eventnet.scenarios.fusion.flow import (
    FITTED,
    FlowMethod,
    FlowNumbers,
    FlowTwin,
    SumsOnClock,
    event,
    look,
    turning_flow,
)
from eventnet.scenarios.fusion.methods import MethodOutcome
from eventnet.scenarios.fusion.stream import samples
from eventnet.tally import MULTIPLIES, N_COLUMNS, NEURON_ADDS, READS, SYNAPTIC_ADDS

VERSIONS = ["thin", "fine"]


def numbers_of(version: str) -> FlowNumbers:
    """Such that 40 ms hold several rescalings and nothing is small."""
    return replace(FITTED[version], ridge=3.0, shrinkage=2.0, memory_s=4e-3)


def by_loops(events: Any, numbers: FlowNumbers, at: Any, period: float) -> Any:
    """Rates at looks, so far from each other, from all events anew each time, in true units."""
    n, size = numbers, numbers.block
    rows, columns = SIZE.height // size, SIZE.width // size
    j = turning_flow(SIZE.height, SIZE.width, size, FOCAL).reshape(rows, columns, 2, 3)
    tau = round(1e6 * n.memory_s * math.log(2)) / math.log(2)
    spacing = (8 if n.sobel else 2) * size / FOCAL
    traces, last, made = np.zeros((3, 3)), 0.0, []
    t, y, x = events["t"].astype(float), events["y"] // size, events["x"] // size
    s = np.where(events["p"], 1, -1)
    for now in at:
        level, fresh = np.zeros((rows, columns)), np.zeros((rows, columns))
        past, new = t <= now, (t <= now) & (t > last)
        np.add.at(level, (y[past], x[past]), s[past] * np.exp((t[past] - now) / tau))
        np.add.at(fresh, (y[new], x[new]), s[new])
        d, sums = np.zeros((3, 3)), np.zeros(3)
        for r in range(1, rows - 1):
            for c in range(1, columns - 1):
                near = level[r - 1 : r + 2, c - 1 : c + 2]
                across, down = near[:, 2] - near[:, 0], near[2] - near[0]
                g = np.array([across @ (1, 2, 1), down @ (1, 2, 1)]) if n.sobel else np.array([across[1], down[1]])
                a = j[r, c].T @ g
                d += np.outer(a, a)
                sums += fresh[r, c] * a
        for m, tau_m in enumerate(n.traces_s):
            traces[m] = traces[m] * math.exp(-1e-6 * (now - last) / tau_m) + sums
        spread = [(1 - np.exp(-1e-6 * period / tau_m)) / (1 - np.exp(-1e-3 / tau_m)) for tau_m in n.traces_s]
        once = 1e3 / period * np.array(spread)
        rate = sum(part * w / tau_m * trace for part, w, tau_m, trace in zip(once, n.weights, n.traces_s, traces))
        solved = np.linalg.solve(d + n.ridge * np.eye(3), rate)
        made.append(-math.degrees(1) * spacing * solved * np.trace(d) / (np.trace(d) + n.shrinkage))
        last = now
    return np.array(made)


def run(version: str, stream: Any, period_us: int | None = 2000, grid_us: int = 100) -> MethodOutcome:
    return FlowTwin(version, numbers_of(version), period_us, FOCAL).run(SIZE, stream, grid_us, lambda reached: None)


@pytest.mark.parametrize("period", [700, 3300, None])
@pytest.mark.parametrize("version", VERSIONS)
def test_answers_are_those_of_plain_loops(version: str, period: int | None) -> None:
    stream, numbers = Random(), numbers_of(version)
    gyro_t, gyro = samples(stream.values, 3)
    looks: Any = gyro_t if period is None else np.arange(period, stream.end_us, period)
    rates = by_loops(stream.events, numbers, looks, period or 1000)  # numbers were fitted at looks of 1 ms
    wanted = PlainHead(numbers.head).take(gyro_t, gyro, looks, rates, np.arange(0.0, stream.end_us, 1))
    found = run(version, stream, period, grid_us=1).answers
    held = np.searchsorted(gyro_t, np.arange(stream.end_us), "right") - 1
    at_sample = np.where(held[:, None] >= 0, wanted[gyro_t.astype(int)[held]], 0)
    assert np.allclose(found, at_sample, rtol=1e-9, atol=1e-9)
    assert np.abs(rates).max() > 1


@pytest.mark.parametrize("version", VERSIONS)
def test_a_look_takes_what_is_counted_for_it(version: str) -> None:
    rng, rows, columns, meter = np.random.default_rng(1), 5, 7, Meter()
    sobel = int(version == "fine")
    count = rng.integers(-1, 2, rows * columns)
    inner = np.zeros((rows, columns), bool)
    inner[1:-1, 1:-1] = True
    count *= inner.ravel()
    frame, tally, active = (
        np.array([0, 1, rows, columns, 1, 1, 1, sobel, 9]),
        np.zeros(N_COLUMNS, int),
        np.zeros(1, int),
    )
    numbers = (words(rng.normal(size=n), meter) for n in (35, 35, 6, 3, 210))
    level, room, d, n, flow = numbers
    arguments = (level, count.copy(), room, d, n, frame, flow.reshape(35, 6), active, tally)
    on_counting_numbers(look, meter)(*arguments)
    n_active, b = int((count != 0).sum()), 15
    adds, products = tally[NEURON_ADDS] + tally[SYNAPTIC_ADDS], tally[MULTIPLIES]
    assert (meter.adds, meter.multiplies) == (adds, products)
    assert adds + products == (25 * b + 9 * 6 if sobel else 23 * b) + 6 * n_active
    assert active[0] == n_active > 0


@pytest.mark.parametrize("version", VERSIONS)
def test_costs_of_a_run_are_the_closed_form(version: str) -> None:
    stream, size = Random(), numbers_of(version).block
    found = run(version, stream)
    sums = SumsOnClock(SIZE.height, SIZE.width, FOCAL, numbers_of(version), 2000)
    sums.take(stream.events, np.arange(2000.0, stream.end_us, 2000))
    rows, columns, looks = SIZE.height // size, SIZE.width // size, 19
    y, x = stream.events["y"] // size, stream.events["x"] // size
    inner = (y > 0) & (y < rows - 1) & (x > 0) & (x < columns - 1)
    half = round(1e6 * numbers_of(version).memory_s * math.log(2))
    spans = max(stream.events["t"][-1], 38_000) // (3 * half)
    look = (rows - 2) * (columns - 2) * (25 if size == 1 else 23) + 84
    look += (2 * rows - 1) * (columns - 1) if size == 1 else 0
    events = 2 * len(inner) + int(inner.sum())
    assert sums.looks == looks
    assert sums.active > 100
    assert found.by_sensor["gyro"] == 40 * 72
    both = found.by_sensor["dvs"] + found.by_sensor["clock"]
    assert both == events + looks * look + 6 * sums.active + spans * rows * columns
    assert found.operations == both + 40 * 72


@pytest.mark.parametrize("version", VERSIONS)
def test_reads_of_a_run_are_those_of_numbers_that_count_themselves(version: str) -> None:
    rows, columns, sobel = 5, 7, int(version == "fine")
    size = numbers_of(version).block
    frame = np.array([columns * size, size, rows, columns, 1, 1, 1, sobel, 9])
    limits, clock, tally = np.array([3.0, 2.0, 0.1, 3.0]), np.zeros(4, int), np.zeros(N_COLUMNS, int)

    def read(function: Any, *arguments: Any) -> dict[str, int]:
        """How many words of each array a call reads, each once."""
        meter, counted = Meter(), []
        for k, value in enumerate(arguments):
            name = function.__code__.co_varnames[k]
            counted.append(words(value, meter, name) if name in ("level", "count", "flow", "trace", "sums") else value)
        on_counting_numbers(function, meter)(*counted, tally)
        return {name: sum(label == name for label, _ in meter.read) for name in {label for label, _ in meter.read}}

    level, count = np.ones(rows * columns), np.ones(rows * columns)
    inner, border = ((0, y, x, 1, level, count, clock, frame, limits) for y, x in ((1, 2), (0, 2)))
    assert read(event, *inner) == {"level": 1, "count": 1}
    assert read(event, *border) == {"level": 1}
    flow, active = np.ones((rows * columns, 6)), np.zeros(1, int)
    d, n = np.zeros(6), np.zeros(3)
    at_look = read(look, level, count, np.zeros(rows * columns), d, n, frame, flow, active)
    near = rows * columns - (0 if sobel else 4)
    assert at_look == {"level": near, "count": 15, "flow": 6 * 15}
    assert tally[READS] == at_look["flow"]
    trace, tau, mix = np.ones(9), np.array([2e3, 6e3, 18e3]), np.ones(3)
    assert read(estimate, 9, d, n, trace, np.zeros(3), tau, mix, clock, limits) == {"trace": 9}
    assert read(divide, level, 1, 1) == {"sums": rows * columns}


@pytest.mark.parametrize("version", VERSIONS)
def test_reads_of_a_run_are_the_closed_form(version: str) -> None:
    stream, size = Random(), numbers_of(version).block
    found = run(version, stream)
    rows, columns, looks = SIZE.height // size, SIZE.width // size, 19
    y, x = stream.events["y"] // size, stream.events["x"] // size
    seen = (y > 0) & (y < rows - 1) & (x > 0) & (x < columns - 1)
    spans = max(stream.events["t"][-1], 38_000) // (3 * round(1e6 * numbers_of(version).memory_s * math.log(2)))
    inner, near = (rows - 2) * (columns - 2), rows * columns - (0 if size == 1 else 4)
    assert spans > 1
    assert found.tally.totals()["reads"] == looks * 6 * inner
    wanted = len(seen) + int(seen.sum()) + looks * (near + inner + 9) + spans * rows * columns + 40 * 12
    assert found.values == wanted


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("period", [2000, None])
def test_packets_of_any_length_give_the_same_bytes(version: str, period: int | None) -> None:
    one = run(version, Random(), period)
    for window in (3300, 40_000):
        other = run(version, Random(window), period)
        assert one.answers.tobytes() == other.answers.tobytes()
        assert (one.tally.to_dict(), one.by_sensor, one.events) == (
            other.tally.to_dict(),
            other.by_sensor,
            other.events,
        )
        assert np.array_equal(one.waits, other.waits)


def test_at_samples_an_event_waits_as_long_as_by_events() -> None:
    by_events = FlowMethod("thin", numbers_of("thin"), FOCAL).run(SIZE, Random(), 100, lambda reached: None)
    assert np.array_equal(run("thin", Random(), None).waits, by_events.waits)
    assert by_events.waits.sum() > 400


def test_an_event_waits_for_a_look_and_for_a_sample_after_it() -> None:
    stream = Random()
    found, times = run("thin", stream), np.unique(stream.values["t"])
    waited = []
    for t in stream.events["t"]:
        after = times[times >= -(-t // 2000) * 2000]
        waited += [int(after[0] - t)] if len(after) else []
    assert found.waits.nonzero()[0].tolist() == sorted(set(waited))
    assert found.waits.sum() == len(waited)
