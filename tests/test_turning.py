"""A turning camera: its motion, its panorama and its picture are those of plain geometry."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from eventnet.errors import DataError, ModelError
from eventnet.scenarios.sensors import DVS, DvsParameters, lin_log
from eventnet.scenarios.worlds import (
    Motion,
    Panorama,
    RandomTurning,
    SampledAngles,
    SampledRates,
    Steered,
    TurningCamera,
)
from eventnet.scenarios.worlds.turning import about, direction, from_angles

TIMES = np.arange(0, 3e6, 50_000.0)


def motions() -> list[Motion]:
    rng = np.random.default_rng(0)
    t = np.cumsum(rng.uniform(5e4, 3e5, 20)) - 1e5
    return [
        RandomTurning(3, rms=(60, 40, 50)),
        SampledAngles(t, rng.normal(0, 40, (20, 3))),
        SampledRates(t, rng.normal(0, 60, (20, 3))),
        steered(RandomTurning(5), rng.normal(0, 60, (40, 3))),
    ]


def steered(head: Motion, rates: np.ndarray, period_us: int = 77_000) -> Steered:
    motion = Steered(head, period_us)
    for held in rates:
        motion.turn(held)
    return motion


def turned(motion: Motion, t: float, h: float) -> np.ndarray:
    """Degrees a second about the camera's axes from two orientations h microseconds before and after t."""
    turn = motion.orientation(t - h).T @ motion.orientation(t + h)
    return np.degrees([turn[2, 1] - turn[1, 2], turn[0, 2] - turn[2, 0], turn[1, 0] - turn[0, 1]]) / (4e-6 * h)


@pytest.mark.parametrize("k", range(4))
def test_the_derivative_of_the_orientation_is_the_stated_rate(k: int) -> None:
    motion, h = motions()[k], 100.0
    for t in TIMES:
        if motion.next_kink(t - h) > t + h:
            assert turned(motion, t, h) == pytest.approx(motion.rates(t), abs=0.05)


@pytest.mark.parametrize("k", range(2))
def test_the_derivative_of_the_angles_is_the_stated_rate(k: int) -> None:
    motion, h = motions()[k], 10.0
    for t in TIMES + 3:
        slope = (motion.angles(t + h) - motion.angles(t - h)) / (2e-6 * h)
        assert slope == pytest.approx(motion.angle_rates(t), abs=1e-3)


def test_orientations_are_rotations() -> None:
    for motion in motions():
        r = motion.orientation(1_234_567.0)
        assert r @ r.T == pytest.approx(np.eye(3), abs=1e-12)
        assert np.linalg.det(r) == pytest.approx(1)


def test_yaw_is_to_the_right_pitch_up_and_roll_clockwise() -> None:
    ahead, right = np.array([0, 0, 1]), np.array([1, 0, 0])
    assert (from_angles(10, 0, 0) @ ahead)[0] > 0
    assert (from_angles(0, 10, 0) @ ahead)[1] < 0  # y is down
    assert (from_angles(0, 0, 10) @ right)[1] > 0
    a, b, c = (about(np.radians(10) * np.eye(3)[axis]) for axis in (1, 0, 2))
    assert from_angles(10, 0, 0) == pytest.approx(a)
    assert from_angles(10, 10, 10) == pytest.approx(a @ b @ c)


def test_random_turning_has_its_band_and_its_rates() -> None:
    t = np.arange(0, 200e6, 20_000.0)
    motion = RandomTurning(1, rms=(60, 30, 45), band_hz=(0.5, 3))
    rates = np.array([motion.angle_rates(at) for at in t])
    assert rates.std(axis=0) == pytest.approx([60, 30, 45], rel=0.05)
    power = np.abs(np.fft.rfft(rates * np.hanning(len(t))[:, None], axis=0)) ** 2
    hz = np.fft.rfftfreq(len(t), 0.02)
    inside = (hz > 0.48) & (hz < 3.02)
    assert power[inside].sum() / power.sum() > 0.999


def test_random_turning_repeats_for_a_seed_and_begins_at_rest_angles() -> None:
    assert RandomTurning(4).angles(0.0) == pytest.approx(0)
    assert np.array_equal(RandomTurning(4).angles(1e6), RandomTurning(4).angles(1e6))
    assert not np.allclose(RandomTurning(4).angles(1e6), RandomTurning(5).angles(1e6))


def test_given_rates_are_held_and_add_up() -> None:
    motion = SampledRates(np.array([0, 1e6, 2e6]), np.array([[0, 90, 0], [0, 0, 90], [0, 0, 0]]))
    assert motion.orientation(2.5e6) == pytest.approx(from_angles(90, 0, 90), abs=1e-12)
    assert [motion.next_kink(t) for t in (-1.0, 0.0, 1.5e6, 2e6)] == [0, 1e6, 2e6, math.inf]
    assert list(motion.rates(-5.0)) == [0, 0, 0]


def test_given_angles_are_met() -> None:
    t, angles = np.array([0, 2e5, 1e6]), np.array([[0, 0, 0], [10, -5, 3], [20, 0, 0]])
    motion = SampledAngles(t, angles)
    assert np.array([motion.angles(at) for at in t]) == pytest.approx(angles)
    assert motion.angles(5e6) == pytest.approx(angles[-1])
    assert list(motion.angle_rates(5e6)) == [0, 0, 0]


def test_samples_that_make_no_motion_are_refused() -> None:
    with pytest.raises(ModelError, match=r"angles \[3, 2\]; wanted \[n\] and \[n, 3\]"):
        SampledAngles(np.arange(3), np.zeros((3, 2)))
    with pytest.raises(ModelError, match="t_us must grow"):
        SampledRates(np.array([0, 0]), np.zeros((2, 3)))
    with pytest.raises(ModelError, match="band_hz"):
        RandomTurning(band_hz=(0, 1))


def test_a_steered_camera_on_a_head_at_rest_turns_at_the_rates_it_is_told() -> None:
    rates = np.random.default_rng(1).normal(0, 60, (8, 3))
    rest = SampledRates(np.array([0.0]), np.zeros((1, 3)))
    motion, wanted = steered(rest, rates), SampledRates(np.arange(8) * 77_000.0, rates)
    for t in (0.0, 5.0, 77_000.0, 100_001.0, 615_999.0):
        assert motion.orientation(t) == pytest.approx(wanted.orientation(t), abs=1e-12)
        assert np.array_equal(motion.rates(t), wanted.rates(t))
    assert motion.turned == pytest.approx(wanted.orientation(616_000.0), abs=1e-12)


def test_a_camera_that_is_turned_against_its_head_stands_still() -> None:
    head = SampledRates(np.array([0.0, 2000.0]), np.array([[3.0, -80, 20], [-50, 10, 5]]))
    motion = Steered(head, 1000)
    for t in range(0, 6000, 1000):
        motion.turn(-motion.turned.T @ head.rates(t))
        for at in (t, t + 500.0, t + 999.0):
            assert motion.rates(at) == pytest.approx(0, abs=1e-12)
            assert motion.orientation(at) == pytest.approx(np.eye(3), abs=1e-12)
    assert np.abs(motion.turned - np.eye(3)).max() > 1e-3


def test_a_steered_camera_kinks_at_its_periods_and_where_the_head_does_and_foresees_nothing() -> None:
    head = SampledRates(np.array([0.0, 1500.0]), np.ones((2, 3)))
    motion = steered(head, np.zeros((2, 3)), 1000)
    kinks, t = [], 0.0
    while t < 4000:
        kinks.append(t := motion.next_kink(t))
    assert kinks == [1000, 1500, 2000, 3000, 4000]
    assert motion.known_us == 2000
    motion.orientation(2000.0)
    for late in (
        lambda: motion.orientation(2000.5),
        lambda: motion.orientation(9000.0),
        lambda: motion.rates(2000.0),
        lambda: motion.rates(-1.0),
    ):
        with pytest.raises(ModelError, match="is not known: it is from 0 to 2000 us"):
            late()
    for bad in ([1, 2], [1, 2, np.nan]):
        with pytest.raises(ModelError, match="wanted three finite numbers"):
            motion.turn(bad)
    with pytest.raises(ModelError, match="period_us is 0"):
        Steered(head, 0)


def test_a_random_panorama_has_its_mean_and_spread_whatever_the_part_of_edges() -> None:
    for edges in (0.0, 0.5, 1.0):
        inner = Panorama.random(size=64, seed=2, log_std=0.4, log_mean=-1.2, edges=edges).faces[:, 1:-1, 1:-1]
        assert inner.mean() == pytest.approx(-1.2, abs=1e-3)
        assert inner.std() == pytest.approx(0.4, rel=1e-3)


def test_edges_are_sharp_and_clouds_are_smooth() -> None:
    def largest_step(edges: float) -> float:
        return float(np.abs(np.diff(Panorama.random(size=128, edges=edges).faces, axis=1)).max())

    assert largest_step(1.0) > 0.5
    assert largest_step(0.0) < 0.3


def test_clouds_have_half_the_amplitude_at_twice_the_frequency() -> None:
    """Power in octaves of rows and columns of faces: amplitude 1 / f is power 1 / f^2 in two dimensions."""
    power = 0.0
    for seed in range(6):
        inner = Panorama.random(size=128, seed=seed, edges=0.0).faces[:, 1:-1, 1:-1]
        window = np.hanning(128)[:, None] * np.hanning(128)
        power = power + (np.abs(np.fft.fft2((inner - inner.mean()) * window)) ** 2).mean(axis=0)
    radius = np.hypot(*np.meshgrid(np.fft.fftfreq(128), np.fft.fftfreq(128))) * 128
    bands = [power[(radius >= low) & (radius < 2 * low)].sum() for low in (4, 8, 16)]
    ratios = np.array(bands[1:]) / bands[:-1]
    assert ((ratios > 0.1) & (ratios < 0.5)).all()  # 1/4 for each octave of value noise


def test_seeds_differ_and_repeat() -> None:
    a, b, c = (Panorama.random(size=32, seed=seed).faces.tobytes() for seed in (1, 1, 2))
    assert a == b
    assert a != c


def test_faces_meet_without_a_seam() -> None:
    """The texels beyond a face's edge are what the next face shows there."""
    faces = Panorama.random(size=64, seed=1, edges=0.0).faces
    for face in range(6):
        for row, column in ((0, 20), (65, 20), (20, 0), (20, 65)):
            x, y, z = direction(face, row, column, 64)
            axis = int(np.argmax(np.abs([x, y, z])))
            other = 2 * axis + (0 if (x, y, z)[axis] > 0 else 1)
            rest = [value / abs((x, y, z)[axis]) for k, value in enumerate((x, y, z)) if k != axis]
            i, j = (round((value + 1) * 32 + 0.5) for value in rest)
            assert other // 2 != face // 2
            assert faces[other, j, i] == pytest.approx(faces[face, row, column], abs=0.12)  # nearest texel


@pytest.mark.slow
def test_a_picture_is_wrapped_around_with_its_middle_ahead() -> None:
    across = np.repeat(np.linspace(0.2, 1, 90)[None], 45, axis=0)
    faces = Panorama.from_picture(across, size=32).faces
    ahead, right, left = faces[4, 16:18, 16:18].mean(), faces[0, 16:18, 16:18].mean(), faces[1, 16:18, 16:18].mean()
    wanted = [math.log(0.2 + 0.8 * part) for part in (0.5, 0.75, 0.25)]
    assert [ahead, right, left] == pytest.approx(wanted, abs=0.02)
    down = Panorama.from_picture(across.T, size=32).faces
    assert down[3, 16, 16] == pytest.approx(math.log(0.2), abs=0.05)  # up is the first row
    assert down[2, 16, 16] == pytest.approx(0, abs=0.05)


def test_a_picture_comes_from_a_file_and_colours_become_grey(tmp_path: Path) -> None:
    from matplotlib.image import imsave

    path, colour = tmp_path / "sky.png", np.zeros((8, 16, 3), np.uint8)
    colour[..., 1] = 255
    imsave(path, colour)
    assert Panorama.from_picture(path, size=8).faces == pytest.approx(float(lin_log(np.array([0.587]))[0]), abs=1e-4)
    assert Panorama.from_picture(colour, size=8).faces == pytest.approx(math.log(0.587), abs=1e-4)


def test_what_is_no_panorama_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"no picture")
    for name, says in (("a.png", "a.png cannot be read as a picture"), ("b.png", "there is no file .*b.png")):
        with pytest.raises(DataError, match=says):
            Panorama.from_picture(tmp_path / name)
    with pytest.raises(ModelError, match=r"wanted \[6, size"):
        Panorama(np.zeros((6, 4, 5), np.float32))
    with pytest.raises(ModelError, match=r"the picture has shape \[5\]"):
        Panorama.from_picture(np.zeros(5))
    with pytest.raises(ModelError, match="edges 2"):
        Panorama.random(edges=2)


class Fixed:
    def __init__(self, *angles: float) -> None:
        self.turn = from_angles(*angles)

    def orientation(self, t_us: float) -> np.ndarray:
        return self.turn

    def rates(self, t_us: float) -> np.ndarray:
        return np.zeros(3)

    def next_kink(self, t_us: float) -> float:
        return math.inf


def height_map(size: int = 128) -> Panorama:
    """A panorama that is darker the further a direction points down and to the right: 0.3 x - 0.5 y + 0.2 z - 1."""
    faces = np.zeros((6, size + 2, size + 2), np.float32)
    for face, row, column in np.ndindex(faces.shape):
        faces[face, row, column] = np.dot((0.3, -0.5, 0.2), direction.py_func(face, row, column, size)) - 1
    return Panorama(faces)


@pytest.mark.parametrize("angles", [(0, 0, 0), (45, 0, 0), (100, 35, 20), (-170, -80, 130), (20, 45, 45)])
def test_each_pixel_sees_its_direction(angles: tuple[float, float, float]) -> None:
    camera = TurningCamera(height_map(), Fixed(*angles), width=30, height=20, focal=18)
    out = np.empty((20, 30), np.float32)
    camera.log_intensity(0.0, out)
    for row, column in ((0, 0), (19, 29), (10, 15), (3, 22)):
        ray = from_angles(*angles) @ np.array([column - 14.5, row - 9.5, 18])
        wanted = np.dot((0.3, -0.5, 0.2), ray / np.linalg.norm(ray)) - 1
        assert out[row, column] == pytest.approx(wanted, abs=2e-4)


def test_a_turn_to_the_right_moves_the_picture_to_the_left() -> None:
    panorama = Panorama.random(size=128, edges=0.0)
    views = []
    for yaw in (0.0, math.degrees(math.atan(1 / 200))):
        out = np.empty((5, 41), np.float32)
        TurningCamera(panorama, Fixed(yaw, 0, 0), width=41, height=5, focal=200).log_intensity(0.0, out)
        views.append(out)
    assert views[1][2, 10:30] == pytest.approx(views[0][2, 11:31], abs=2e-3)


def test_a_camera_at_rest_makes_no_events_and_one_that_turns_does() -> None:
    panorama = Panorama.random(size=64)
    still = TurningCamera(panorama, SampledRates(np.zeros(1), np.zeros((1, 3))), width=16, height=16, focal=16)
    assert len(DVS(still).events(100_000).events) == 0
    turning = TurningCamera(panorama, RandomTurning(0), width=16, height=16, focal=16)
    assert len(DVS(turning).events(100_000).events) > 50


def test_each_event_is_a_change_of_log_intensity_by_the_threshold() -> None:
    """The scene is looked at anew at the times of events, exactly, and each pixel's changes between them compared."""
    motion = SampledAngles(np.array([0, 5e5]), np.array([[0, 0, 0], [9, 4, 6]]))
    camera = TurningCamera(Panorama.random(size=64, seed=3, edges=0.0), motion, width=16, height=12, focal=30)
    found = DVS(camera, DvsParameters(threshold_on=0.1, threshold_off=0.07)).events(500_000)
    level, errors = np.empty((12, 16), np.float32), []
    camera.log_intensity(0.0, level)
    out = np.empty((12, 16), np.float32)
    for (_, x, y, on), t in zip(found.events, found.t_us, strict=True):
        camera.log_intensity(t, out)
        errors.append(out[y, x] - level[y, x] - (0.1 if on else -0.07))
        level[y, x] += 0.1 if on else -0.07
    assert len(errors) > 300
    assert np.abs(errors).max() < 0.004  # the picture bends at the borders of texels, a parabola does not
    assert np.abs(errors).mean() < 1e-4


def test_a_camera_without_pixels_or_focal_length_is_refused() -> None:
    with pytest.raises(ModelError, match="0 x 4 pixels"):
        TurningCamera(Panorama.random(size=8), Fixed(0, 0, 0), width=0, height=4, focal=5)
    with pytest.raises(ModelError, match="focal length 0"):
        TurningCamera(Panorama.random(size=8), Fixed(0, 0, 0), width=4, height=4, focal=0)
