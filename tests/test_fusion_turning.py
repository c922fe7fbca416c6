"""Which axis a recording is judged about, its noise floor, and recordings that show no turning to judge by."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from recorded_cases import FIRST_US, HEIGHT, WIDTH

from eventnet.errors import DataError
from eventnet.io import INERTIAL, PIXEL_EVENT, Recording, open_events, write_events
from eventnet.scenarios.fusion import judging
from eventnet.scenarios.fusion.judging import judge
from eventnet.scenarios.fusion.recorded import Parts, Played, mirror_signs, parts_of
from eventnet.scenarios.fusion.turning import FLOORS, NoVerdictError, quietest, turning_of

BIAS = -3.5, -4.89, -0.3
NOISE = 0.3
"""Of a sample, degrees a second."""


def recorded(folder: Path, rates: Any, name: str = "made.npz") -> Recording:
    """A gyroscope that says these rates, [n, 3], each 2 ms, beside a camera that has an event each millisecond."""
    samples = np.zeros(len(rates), INERTIAL)
    samples["t"], samples["gyroscope"] = FIRST_US + 2000 * np.arange(len(rates)), rates
    events = np.zeros(2 * len(rates), PIXEL_EVENT)
    events["t"] = FIRST_US + 1000 * np.arange(len(events))
    events["x"], events["y"] = np.arange(len(events)) % WIDTH, np.arange(len(events)) % HEIGHT
    write_events(folder / name, events, width=WIDTH, height=HEIGHT, inertial=samples)
    return open_events(folder / name)


def still(seed: int, seconds: float = 3.0) -> Any:
    """A translating camera: bias and noise alone."""
    n = round(500 * seconds)
    return BIAS + np.random.default_rng(seed).normal(0, NOISE, (n, 3))


def turned(axis: int, seed: int, hz: float = 1.5, size: float = 20.0) -> Any:
    made = still(seed)
    made[:, axis] += size * np.sin(2 * np.pi * hz * 2e-3 * np.arange(len(made)))
    return made


@pytest.mark.parametrize("axis", range(3))
def test_the_axis_of_the_largest_spread_is_chosen(tmp_path: Path, axis: int) -> None:
    rates = turned(axis, 1)
    rates[:, (axis + 1) % 3] += 3 * np.sin(2 * np.pi * 0.8 * 2e-3 * np.arange(len(rates)))
    rates[:, (axis + 2) % 3] += 500  # a large bias is no spread
    recording = recorded(tmp_path, rates)
    found = turning_of(recording, parts_of(recording))
    assert found.axis == axis
    assert found.enough
    assert f"The gyroscope's {'xyz'[axis]} ({('pitch', 'yaw', 'roll')[axis]}) has the largest spread" in str(found)
    by_hand = rates[: len(rates) // 10 * 10].reshape(-1, 10, 3).mean(axis=1).std(axis=0)
    np.testing.assert_allclose(found.spreads, by_hand, rtol=0.1)


@pytest.mark.parametrize("seed", range(6))
def test_bias_and_noise_alone_give_no_verdict(tmp_path: Path, seed: int) -> None:
    recording = recorded(tmp_path, still(seed, 1.6 if seed % 2 else 10.0))
    found = turning_of(recording, parts_of(recording))
    assert not found.enough
    assert found.floors < 2.5
    assert str(found).startswith("No verdict: the gyroscope shows no turning to judge by")


def test_a_constant_bias_without_noise_gives_no_verdict(tmp_path: Path) -> None:
    recording = recorded(tmp_path, np.full((1500, 3), BIAS))
    assert not turning_of(recording, parts_of(recording)).enough


def test_nothing_is_learned_where_there_is_no_verdict(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judging, "learn", None)
    recording = recorded(tmp_path, still(0))
    with pytest.raises(NoVerdictError, match="No verdict: .* noise floors where 3 are wanted") as caught:
        judge(recording)
    again = pickle.loads(pickle.dumps(caught.value))
    assert (str(again), again.turning) == (str(caught.value), caught.value.turning)


@pytest.mark.parametrize("part", ["learned from", "judged on"])
def test_turning_in_one_part_alone_is_not_enough(tmp_path: Path, part: str) -> None:
    rates = turned(1, 2)
    quiet = slice(880, None) if part == "learned from" else slice(920)  # of 1,500, cut at 900
    rates[quiet] = still(3)[quiet]
    recording = recorded(tmp_path, rates)
    found = turning_of(recording, parts_of(recording))
    assert found.axis == 1
    assert not found.enough


@pytest.mark.parametrize("n", [75, 5000])
def test_the_floor_of_noise_alone_is_two_thirds_of_it_and_slow_turning_is_none(n: int) -> None:
    noise = np.random.default_rng(0).normal(0, 2.0, n)
    assert quietest(noise) == pytest.approx(0.65 * 2.0, rel=0.3 if n < 100 else 0.05)
    slow = 400 * np.sin(2 * np.pi * 0.5 * 0.02 * np.arange(n))
    assert quietest(noise + slow) == pytest.approx(quietest(noise), rel=0.2)
    wave = np.sin(2 * np.pi * 12 * 0.02 * np.arange(n))
    assert quietest(wave) > wave.std() / FLOORS  # trembling is no turning


def test_a_stated_quiet_part_is_the_floor(tmp_path: Path) -> None:
    rates = turned(0, 4)
    rates[250:500] = still(5)[250:500]
    recording, span = recorded(tmp_path, rates), (FIRST_US + 500_000, FIRST_US + 1_000_000)
    found = turning_of(recording, parts_of(recording), span)
    by_hand = rates[250:500, 0].reshape(-1, 10).mean(axis=1).std(ddof=1)
    assert found.floor == pytest.approx(by_hand, rel=0.1)
    assert found.rest == "the quiet part from 5.5 to 6 s"
    assert not turning_of(recording, parts_of(recording), (FIRST_US, FIRST_US + 500_000)).enough
    for begin, end in ((FIRST_US, FIRST_US + 199_999), (0, 500_000), (FIRST_US + 2_900_000, FIRST_US + 4_000_000)):
        with pytest.raises(DataError, match=f"in the quiet part from {begin} to {end} us; wanted"):
            turning_of(recording, parts_of(recording), (begin, end))


@pytest.mark.parametrize("axis", range(3))
def test_mirrors_turn_the_rates_that_they_turn(tmp_path: Path, axis: int) -> None:
    recording = recorded(tmp_path, turned(axis, 6))
    parts, at = parts_of(recording), np.array([5e5])
    truth = {name: Played(recording, way, axis=axis).truth(at)[0, 0] for name, way in parts.playbacks().items()}
    signs = truth["mirrored left-right"] / truth["as recorded"], truth["mirrored up-down"] / truth["as recorded"]
    assert mirror_signs(axis) == signs == ((1, -1), (-1, 1), (-1, -1))[axis]


def test_a_real_camera_that_rolls_is_judged_about_its_line_of_sight(shared: Path) -> None:
    recording = open_events(shared / "data" / "davis_imu" / "IMU_rotDisk.aedat")
    found = turning_of(recording, parts_of(recording))
    assert found.axis == 2
    assert found.floors == pytest.approx(4.8, abs=0.1)
    assert found.spreads == pytest.approx((0.133, 0.125, 6.31), rel=0.01)


def test_a_real_gyroscope_at_rest_shows_no_turning(shared: Path) -> None:
    """0.6 s: too short to be judged, and long enough to see the noise."""
    recording = open_events(shared / "data" / "events" / "sample.aedat4")
    t = recording.inertial()["t"]
    first, end = int(t[0]), int(t[-1])
    assert turning_of(recording, Parts(first, first + round(0.6 * (end - first)), end)).floors < 2
