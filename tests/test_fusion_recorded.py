"""Recordings to learn from: where they are cut, how parts are played, what is learned from, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from recorded_cases import FIRST_US, HEIGHT, WIDTH, rolling

from eventnet.errors import DataError
from eventnet.io import INERTIAL, open_events, write_events
from eventnet.scenarios.fusion import recorded
from eventnet.scenarios.fusion.recorded import (
    BIAS,
    LEAD_US,
    NOISE,
    PLAN,
    PLAYBACKS,
    SAMPLES_HZ,
    Played,
    mean_rate,
    parts_of,
    plan_for,
    speeds,
    training_samples,
)


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return rolling(tmp_path_factory.mktemp("recorded"))


def test_a_recording_is_cut_in_its_own_time(recording: Any) -> None:
    parts, events = parts_of(recording), recording.events()
    assert parts.first == max(int(events["t"][0]), FIRST_US)
    assert parts.end == min(int(events["t"][-1]), FIRST_US + 1_798_000) + 1
    assert parts.cut - parts.first == round(0.6 * (parts.end - parts.first))
    assert parts.training().end_us == parts.cut
    plays = parts.playbacks()
    assert [play.first_us for play in plays.values()] == [parts.cut - LEAD_US] * 3 + [parts.cut]


def test_of_a_long_recording_what_lies_next_to_the_cut_is_taken(
    recording: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = parts_of(recording)
    assert (whole.left_out, str(whole)) == (0, "")
    monkeypatch.setattr(recorded, "LONGEST_US", 500_000)
    parts = parts_of(recording)
    assert parts.cut == whole.cut
    assert (parts.first, parts.end) == (parts.cut - 500_000, parts.cut + 500_000)
    assert parts.left_out == whole.end - whole.first - 1_000_000
    assert "0.8 s of the recording are left out: 0.5 s before the cut are learned from, and 0.5 s" in str(parts)
    assert {play.end_us for play in parts.playbacks().values()} == {parts.end}
    monkeypatch.setattr(recorded, "LONGEST_US", 1_000_000)
    assert parts_of(recording).end == whole.end


@pytest.mark.parametrize(("first", "last"), [(0, 0), (300, 200), (-200, -300)])
def test_five_leads_of_both_sensors_are_enough_and_no_less(first: int, last: int) -> None:
    """Both sensors tell from `first` on or before, and up to the last microsecond of five leads, or longer."""

    def recording(length: int) -> Any:
        samples = np.zeros(2, INERTIAL)
        samples["t"] = 1000 - first, 1000 + length - 1 + last
        facts = SimpleNamespace(events=2, first=1000 + first, last=1000 + length - 1 - last)
        return SimpleNamespace(path="a", facts=lambda: facts, inertial=lambda: samples)

    lost = abs(first) + abs(last)
    parts = parts_of(recording(5 * LEAD_US + lost))
    assert parts.end - parts.first == 5 * LEAD_US
    with pytest.raises(DataError, match="together for .* s; wanted .* s or more"):
        parts_of(recording(5 * LEAD_US + lost - 1))


def test_means_of_rates_are_those_of_a_fine_sum() -> None:
    rng = np.random.default_rng(0)
    times, rates = np.cumsum(rng.uniform(100, 3000, 60)), rng.normal(0, 50, 60)
    at = np.linspace(times[0] + 5000, times[-1] - 5000, 7)
    fine = [np.interp(np.linspace(t - 5000, t + 5000, 200_001), times, rates).mean() for t in at]
    np.testing.assert_allclose(mean_rate(times, rates, at, 10_000), fine, atol=0.01)
    at_the_end = np.interp(np.linspace(times[-1] - 5000, times[-1], 200_001), times, rates).mean()
    np.testing.assert_allclose(mean_rate(times, rates, times[-1:], 10_000), at_the_end, atol=0.01)


@pytest.mark.parametrize(
    ("name", "sign"),
    [("as recorded", 1), ("mirrored left-right", -1), ("mirrored up-down", -1), ("backwards", -1)],
)
def test_the_truth_of_a_playback_is_the_turn_that_it_shows(recording: Any, name: str, sign: int) -> None:
    parts = parts_of(recording)
    part = Played(recording, parts.playbacks()[name])
    at = np.array([400_000.0, 600_000.0])
    first, end = part.playback.first_us, part.playback.end_us
    own = end - 1 - at if name == "backwards" else first + at
    wanted = sign * (60 + 20 * np.sin(2e-6 * np.pi * 1.5 * (own - FIRST_US)))
    np.testing.assert_allclose(part.truth(at)[:, 0], wanted, atol=0.5)


def test_a_part_plays_its_events_and_one_rate_in_packets_of_equal_ends(recording: Any) -> None:
    part = Played(recording, parts_of(recording).playbacks()["as recorded"])
    camera, gyroscope = list(part.camera()), list(part.gyroscope())
    assert [packet.until for packet in camera] == [packet.until for packet in gyroscope]
    assert camera[-1].until == part.end_us
    np.testing.assert_array_equal(np.concatenate([packet.events for packet in camera]), part.events)
    own = recording.events()
    inside = own[(own["t"] >= part.playback.first_us) & (own["t"] < part.playback.end_us)]
    np.testing.assert_array_equal(part.events["x"], inside["x"] // 2)
    said = np.concatenate([packet.events for packet in gyroscope])
    assert set(said["index"]) == {0}
    assert said["value"].min() > 39
    times, values = part.said()
    np.testing.assert_array_equal(times, said["t"])
    np.testing.assert_array_equal(values[:, 0], said["value"])


def test_a_poor_gyroscope_has_a_bias_of_either_sign_and_noise(recording: Any) -> None:
    part = Played(recording, parts_of(recording).playbacks()["as recorded"])
    biases, off = [], []
    for draw in range(12):
        times, values = part.with_poor_gyroscope(draw).said()
        held = np.searchsorted(part.recorded[0], times, "right") - 1
        off.append(values[:, 0] - part.recorded[1][held, 2])
        biases.append(off[-1].mean())
    assert {round(bias / BIAS) for bias in biases} == {-1, 1}
    spread = np.concatenate([values - values.mean() for values in off])
    assert spread.std() == pytest.approx(NOISE, rel=0.05)  # 6,000 samples: 1 % standard deviation
    assert not np.array_equal(off[0], off[1])


def test_speeds_wander_round_means_that_grow_by_one_factor() -> None:
    made = list(speeds(2000, np.random.default_rng(0)))
    assert len(made) == 2 * PLAYBACKS
    logs = np.log(made)
    assert {len(speed) for speed in made} == {2000}
    assert logs.std(axis=1).mean() == pytest.approx(0.3, rel=0.15)  # 2 s are a few swings
    # Each is the mean of a few swings, too: 0.3 / sqrt(8).
    wanted = np.repeat(np.log(0.5) + np.log(4) * (np.arange(PLAYBACKS) + 0.5) / PLAYBACKS, 2)
    assert np.abs(logs.mean(axis=1) - wanted).max() < 0.35
    assert (logs.mean(axis=1) - wanted).std() < 0.15
    assert np.abs(np.diff(logs, axis=1)).max() < 0.06  # a smooth way: 0.3 / 30 a millisecond is one deviation


@pytest.mark.slow
def test_samples_come_at_wandering_speeds_both_ways_with_their_rates(recording: Any) -> None:
    part = Played(recording, parts_of(recording).training())
    plan = plan_for(part.eye.width, part.eye.height)
    blocks, rates = training_samples(part, plan, 4)
    assert len(blocks) == len(rates)
    assert blocks.shape[3] == len(plan.tau_us)
    times = np.arange(0, part.end_us, 1000)
    lasting = [1e-3 * np.sum(1 / speed) for speed in speeds(len(times), np.random.default_rng(4))]
    wanted = sum(SAMPLES_HZ * (seconds - 1e-6 * LEAD_US) for seconds in lasting)
    assert len(rates) == pytest.approx(wanted, rel=0.02)
    assert rates.max() > 2 * 60
    assert rates.min() < -2 * 60
    assert np.abs(rates).min() > 0.25 * 40
    assert not np.array_equal(training_samples(part, plan, 5)[1], rates)
    np.testing.assert_array_equal(training_samples(part, plan, 4)[1], rates)


def test_regions_cover_the_patches() -> None:
    plan = plan_for(120, 90)  # 29 x 21 patches
    assert (plan.pool, plan.pool_stride) == ((7, 8), (7, 7))
    assert replace(plan, pool=PLAN.pool, pool_stride=PLAN.pool_stride) == PLAN
    with pytest.raises(DataError, match="16 x 90 pixels"):
        plan_for(16, 90)


def test_what_cannot_be_learned_from_is_refused(tmp_path: Path, recording: Any) -> None:
    events = recording.events()
    write_events(tmp_path / "blind.npz", events, width=WIDTH, height=HEIGHT)
    with pytest.raises(DataError, match="and 0 inertial samples; wanted both"):
        parts_of(open_events(tmp_path / "blind.npz"))
    samples = np.zeros(2, INERTIAL)
    samples["t"] = FIRST_US, FIRST_US + 1_000_000
    write_events(tmp_path / "short.npz", events, width=WIDTH, height=HEIGHT, inertial=samples)
    with pytest.raises(DataError, match=r"together for 1\.00 s; wanted 1\.5 s"):
        parts_of(open_events(tmp_path / "short.npz"))
    parts = parts_of(recording)
    with pytest.raises(DataError, match="wanted 2 or more"):
        _ = Played(open_events(tmp_path / "blind.npz"), parts.training()).recorded
    nothing = replace(parts.training(), first_us=parts.end, end_us=parts.end + 10)
    with pytest.raises(DataError, match="no camera events"):
        _ = Played(recording, nothing).events
