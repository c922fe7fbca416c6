"""The table of methods: its numbers are those of the outcomes they come from, in one process or in several."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from few import draws
from fusion_cases import H, small_weights

from eventnet.cost import HOROWITZ_INT32
from eventnet.scenarios.fusion import FusionWeights, Head
from eventnet.scenarios.fusion.methods import EventDriven, Recomputed
from eventnet.scenarios.fusion.named import (
    ALWAYS_0,
    AS_IT_IS,
    EXACT,
    SLOW_TRACES,
    family,
    is_by_events,
    memory,
    methods,
)
from eventnet.scenarios.fusion.parameters import Parameters
from eventnet.scenarios.fusion.run import FusionComparison, as_it_is, compare, half_way, stream_of
from eventnet.scenarios.fusion.scenario_dvs_gyro import findings
from eventnet.scenarios.fusion.stream import Simulated
from eventnet.scenarios.shared.parameter_file import loads

SHORT = loads(
    """
    [run]
    duration_s = 0.4
    measured_from_s = 0.1
    [steps]
    count = 2
    [methods]
    kept_ms = [4]
    filter_ms = [4]
    bins_ms = [10]
    recomputed_ms = [33]
    scales = [1, 4]
    flow = []
    twin_ms = [2]
""",
    Parameters(),
)


FLOW = """
    [run]
    seed = 1200000
    trajectories = 1
    duration_s = 5
    [world]
    turning_deg_per_s = {}
    [steps]
    count = 0
    [methods]
    exact = false
    kept_ms = []
    filters = []
    codes = []
    flow = ["thin"]
    twins = ["thin"]
    twin_ms = [2]
"""


@pytest.mark.slow
@pytest.mark.parametrize(("speed", "million", "camera", "fused"), [(55, 2.0, 24.0, 5.0), (0, 0.2, 0.7, 3.3)])
def test_flow_sums_are_as_cheap_and_as_good_as_the_pages_say(
    speed: int, million: float, camera: float, fused: float
) -> None:
    shipped, parameters = FusionWeights.shipped(), loads(FLOW.format(speed), Parameters())
    found = compare(parameters, shipped, processes=1, progress=lambda done, of: None)
    thin = next(row for row in found.rows if row["method"] == "flow sums thin")
    assert 0 < thin["operations/s"] < 1e6 * million
    assert 0 < thin["dvs error"] < camera
    assert 0 < thin["fused error"] < fused
    clock = next(row for row in found.rows if row["method"] == "flow sums on a clock, 2 ms")
    assert thin["dvs error"] < 1.02 * clock["dvs error"]


def three_rates() -> FusionWeights:
    rng = np.random.default_rng(5)
    head = Head((3000.0, 50_000.0), (False, True), rng.normal(0, 0.3, (19, 9)))
    return small_weights(out=rng.normal(0, 5, (H, 3)), out_bias=rng.normal(0, 2, 3), head=head)


def compared(parameters: Parameters = SHORT, processes: int = 1) -> FusionComparison:
    return compare(parameters, three_rates(), processes=processes, progress=lambda done, of: None)


@pytest.fixture(scope="module")
def once() -> FusionComparison:
    return compared()


def test_every_way_that_is_asked_for_has_a_row(once: FusionComparison) -> None:
    names = [method.name for method in methods(SHORT)]
    assert [row["method"] for row in once.rows] == [AS_IT_IS, *names]
    assert names == [
        "kept, each event", "kept at samples", "kept 4 ms, head at samples", "kept 4 ms, head on the clock",
        "kept 4 ms, cheap head",
        "kept 4 ms, complementary filter", "kept 4 ms, Kalman filter with bias", "gyroscope, slow traces",
        "camera always 0, cheap head", "recomputed 33 ms", "bins 10 ms", "event-driven sigma-delta 1", "event-driven sigma-delta 4",
        "flow sums on a clock, 2 ms", "flow sums on a clock, fine, 2 ms",
    ]  # fmt: skip
    assert [family(name) for name in names[-3:]] == ["event-driven", *["flow sums on a clock"] * 2]
    assert len(once.runs) == SHORT.run.trajectories
    assert all(list(run) == names for run in (*once.runs, once.steps or {}))


def test_rows_hold_what_the_outcomes_say(once: FusionComparison) -> None:
    seconds = SHORT.run.trajectories * SHORT.run.duration_s
    for row in once.rows[1:]:
        outcomes = [run[row["method"]] for run in once.runs]
        assert row["operations/s"] == pytest.approx(sum(o.operations for o in outcomes) / seconds)
        parts = row["adds/s"] + row["multiplies/s"] + row["checks/s"]
        assert row["operations/s"] == pytest.approx(parts)
        assert sum(v for k, v in row.items() if k.startswith("operations/s by")) == pytest.approx(parts)
        assert (
            row["uJ/s, int32 prices"]
            == pytest.approx(sum(o.energy_uj(HOROWITZ_INT32) for o in outcomes) / seconds)
            == pytest.approx(1e-6 * (0.1 * row["adds/s"] + 3.1 * row["multiplies/s"]))
        )
        assert row["uJ/s, int32, comparisons as adds"] == pytest.approx(
            row["uJ/s, int32 prices"] + 1e-7 * row["checks/s"]
        )
        reads = sum(o.tally.totals()["reads"] for o in outcomes)
        assert row["weight words read/s"] == pytest.approx(reads / seconds)
        assert row["events/s"] == sum(o.events for o in outcomes) / seconds
        if is_by_events(row["method"]):
            assert row["operations an event"] == pytest.approx(row["operations/s by dvs"] / row["events/s"])


def test_memory_is_the_size_of_what_is_kept() -> None:
    """By hand: the small network has 4 x 5 patches of 3 filters, 2 time constants, 6 hidden units, three rates."""
    with_flow = replace(SHORT, methods=replace(SHORT.methods, flow=("thin",)))
    weights, by_name = three_rates(), {method.name: method for method in methods(with_flow)}
    network = 2 * 3 * 64 + 3 + 18 * 6 + 6 + 6 * 3 + 3 + 2
    sums, pixels, head = 2 * 20 * 3, 2 * 24 * 20, 19 * 9 + 6 * 3
    assert memory(by_name["kept 4 ms, head at samples"], weights) == 4 * (network + sums + head)
    assert memory(by_name["recomputed 33 ms"], weights) == 4 * (network + pixels + head)
    cheap = 3 * (4 + 1) + 7
    assert memory(by_name["kept 4 ms, cheap head"], weights) == 4 * (network + sums + cheap)
    for method in by_name.values():
        assert memory(method, weights) > 0
    blocks = (24 // 2) * (20 // 2)
    for name in ("flow sums thin", "flow sums on a clock, 2 ms"):
        assert 4 * 7 * blocks < memory(by_name[name], weights) < 4 * 30 * blocks


def test_values_of_each_trajectory_make_up_the_rows(once: FusionComparison) -> None:
    for row in once.rows[1:]:
        own = once.by_trajectory[row["method"]]
        assert np.mean(own["operations/s"]) == pytest.approx(row["operations/s"])  # all are as long
        for error in ("fused error", "dvs error"):
            if row["method"] != SLOW_TRACES or error == "fused error":
                assert np.sqrt(np.mean(np.square(own[error]))) == pytest.approx(row[error])


def test_a_camera_that_always_says_0_is_off_by_the_truth_and_costs_its_head(once: FusionComparison) -> None:
    row = next(row for row in once.rows if row["method"] == ALWAYS_0)
    times = np.arange(100_000, 400_000, 1000, dtype=np.float64)
    truth = [Simulated(SHORT, SHORT.run.seed + k, (24, 20)).truth(times) for k in range(SHORT.run.trajectories)]
    assert row["dvs error"] == pytest.approx(np.sqrt(np.mean(np.square(truth))))
    samples = sum(run[ALWAYS_0].samples for run in once.runs)
    seconds = SHORT.run.trajectories * SHORT.run.duration_s
    assert row["operations/s"] == pytest.approx(72 * samples / seconds)
    assert row["fused error"] > 0
    assert np.isnan(row["event to answer ms"])


def test_operations_of_sensors_that_no_answer_depends_on_are_known_by_trajectory() -> None:
    few = replace(SHORT.methods, kept_ms=(), filter_ms=(), bins_ms=(), recomputed_ms=(), scales=(1.0,), twin_ms=())
    robot = replace(SHORT, methods=few, robot=replace(SHORT.robot, joints=3, frames_hz=30.0))
    made = compared(robot)
    own = made.by_trajectory["event-driven sigma-delta 1"]
    for k, run in enumerate(made.runs):
        outcome = run["event-driven sigma-delta 1"]
        for sensor in ("joints", "frames"):
            assert own[f"operations/s by {sensor}"][k] == outcome.by_sensor[sensor] / outcome.seconds > 0
    assert set(made.by_trajectory["kept at samples"]) == {"operations/s", "fused error", "dvs error"}
    said = "No answer depends on joints and frames: ratios of operations leave out what their changes cost."
    assert said in findings(made)
    assert said not in findings(compared(replace(robot, robot=SHORT.robot)))


def test_errors_are_root_mean_squares_against_the_truth_over_all_trajectories(once: FusionComparison) -> None:
    times = np.arange(100_000, 400_000, 1000)
    for row in once.rows[1:]:
        squares = []
        for k, run in enumerate(once.runs):
            motion = Simulated(SHORT, SHORT.run.seed + k, (24, 20)).motion
            truth = np.array([motion.rates(float(t)) for t in times])
            squares.append((run[row["method"]].answers[100:] - np.tile(truth, 3)) ** 2)
        for n, name in enumerate(("fused", "dvs", "gyro")):
            if name == "dvs" and row["method"] == SLOW_TRACES:
                assert "dvs error" not in row
                continue
            part = np.array(squares)[:, :, 3 * n : 3 * n + 3]
            assert row[f"{name} error"] == pytest.approx(np.sqrt(part.mean()))
            assert row[f"{name} error most"] == pytest.approx(np.sqrt(part.mean(axis=(1, 2)).max()))


def test_trajectories_in_which_fusion_wins_are_counted(once: FusionComparison) -> None:
    times = np.arange(100_000, 400_000, 1000)
    for method in once.runs[0]:
        won = 0
        for k, run in enumerate(once.runs):
            motion = Simulated(SHORT, SHORT.run.seed + k, (24, 20)).motion
            off = run[method].answers[100:] - np.tile([motion.rates(float(t)) for t in times], 3)
            fused, dvs, gyro = ((off[:, 3 * n : 3 * n + 3] ** 2).mean() for n in range(3))
            won += fused < dvs and fused < gyro
        assert next(row for row in once.rows if row["method"] == method)["fused below both"] == won


def test_deviation_is_from_the_exact_network(once: FusionComparison) -> None:
    rows = {row["method"]: row for row in once.rows}
    assert rows[EXACT]["fused deviation"] == 0
    coarse, fine = (rows[f"event-driven sigma-delta {a}"]["fused deviation"] for a in (1, 4))
    assert 0 < fine < coarse


def test_the_gyroscope_as_it_is_holds_its_samples() -> None:
    stream, _ = stream_of(SHORT, 0, (24, 20))
    events = np.concatenate([packet.events for packet in stream.gyroscope()]).reshape(-1, 3)
    found = as_it_is(stream, 3, 1000)
    for k in (5, 100, 399):
        before = events[events["t"][:, 0] <= 1000 * k]
        assert np.array_equal(found[k], before["value"][-1])


def test_the_gyroscope_as_it_is_passes_half_way_within_two_samples(once: FusionComparison) -> None:
    quiet = replace(SHORT, gyroscope=replace(SHORT.gyroscope, white_noise=0.0))
    row = compared(replace(quiet, methods=replace(SHORT.methods, bins_ms=(), codes=(), flow=(), twin_ms=()))).rows[0]
    assert 0 < row["gyro half-way ms"] <= 1.3  # a millisecond, and jitter
    assert row["gyro steps unsure"] == 0


def same(one: FusionComparison, two: FusionComparison) -> None:
    for a, b in zip((*one.runs, one.steps or {}), (*two.runs, two.steps or {}), strict=True):
        for method in a:
            assert np.array_equal(a[method].answers, b[method].answers)
            assert a[method].tally.to_dict() == b[method].tally.to_dict()
    assert str(one.rows) == str(two.rows)  # NaN is not equal to itself


@pytest.mark.slow
def test_the_number_of_processes_changes_nothing(once: FusionComparison) -> None:
    same(once, compared(processes=2))


@pytest.mark.slow
def test_the_length_of_packets_changes_nothing(once: FusionComparison) -> None:
    same(once, compared(replace(SHORT, run=replace(SHORT.run, packet_ms=7.0))))


def test_another_seed_is_another_run(once: FusionComparison) -> None:
    other = compared(replace(SHORT, run=replace(SHORT.run, seed=7, trajectories=1)))
    assert other.rows[1]["events/s"] != once.rows[1]["events/s"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("method", "millions"),
    [
        pytest.param(EventDriven("driven"), draws(3, 3), id="event driven"),
        pytest.param(Recomputed("bins", 5000.0, 5000.0, binned=True), 2, id="recomputed", marks=pytest.mark.whole),
    ],
)
def test_millions_of_events_pass_in_bounded_memory(method: Any, millions: int) -> None:
    """What is kept: answers each 100 ms, and packets of 50 ms. As lists of events a million would take 13 MB."""
    weights = FusionWeights.random(1)
    stream = Simulated(replace(SHORT, run=replace(SHORT.run, duration_s=1e5)), 1, (weights.width, weights.height))
    stream.end_us = millions * 31_000_000
    method.run(weights, Simulated(SHORT, 1, (weights.width, weights.height)), 100_000, lambda reached: None)  # compiled
    tracemalloc.start()
    peaks: list[int] = []
    found = method.run(weights, stream, 100_000, lambda reached: peaks.append(tracemalloc.get_traced_memory()[1]))
    tracemalloc.stop()
    assert found.events > millions * 1_000_000
    assert peaks[-1] < 1.2 * peaks[len(peaks) // 10] + 1_000_000


TIMES = np.arange(0, 1_000_000, 100)
STEPS = np.array([300_000, 600_000])
BEFORE, AFTER = np.array([-50.0, 50.0]), np.array([50.0, -50.0])


def late(by: float, rise_us: float = 1.0) -> np.ndarray:
    """An answer that goes from one level to the other in a straight line, `by` microseconds after each step."""
    knots = [0, STEPS[0] + by, STEPS[0] + by + rise_us, STEPS[1] + by, STEPS[1] + by + rise_us]
    return np.interp(TIMES, knots, [-50, -50, 50, 50, -50])


def test_a_late_copy_is_late_by_what_it_is() -> None:
    assert np.allclose(half_way(TIMES, late(7000), STEPS, BEFORE, AFTER), 7.1)  # the first sample beyond


def test_half_way_is_in_the_middle_of_a_slow_rise() -> None:
    assert np.allclose(half_way(TIMES, late(0, 40_000), STEPS, BEFORE, AFTER), 20.1)


def test_a_step_counts_only_if_the_answer_was_on_its_first_side() -> None:
    values = late(5000)
    values[np.abs(TIMES - STEPS[0] + 10_000) < 500] = 1.0
    found = half_way(TIMES, values, STEPS, BEFORE, AFTER)
    assert np.isnan(found[0])
    assert found[1] == 5.1


def test_an_answer_that_stays_behind_has_no_end() -> None:
    assert np.isinf(half_way(TIMES, np.full(len(TIMES), -50.0), STEPS, BEFORE, AFTER)[0])


def test_a_crossing_after_the_next_step_does_not_count() -> None:
    values = np.where(TIMES < 650_000, -50.0, 50.0)
    assert np.isinf(half_way(TIMES, values, STEPS, BEFORE, AFTER)[0])
