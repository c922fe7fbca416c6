"""A frame is registered against the panorama from which it was drawn."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from eventnet.scenarios.attitude.compass import brightness, register
from eventnet.scenarios.sensors import FrameCamera, FrameCameraParameters
from eventnet.scenarios.worlds import Panorama, SampledRates, TurningCamera
from eventnet.tally import MULTIPLIES, N_COLUMNS, NEURON_ADDS, READS

PANORAMA = Panorama.random(size=64, seed=5)
FACES = PANORAMA.faces.reshape(-1, 66).astype(np.float64)


class Still:
    """A camera that stands as it is told."""

    def __init__(self, turn: np.ndarray) -> None:
        self.turn = turn

    def orientation(self, t_us: float) -> np.ndarray:
        return self.turn

    def rates(self, t_us: float) -> np.ndarray:
        return np.zeros(3)

    def next_kink(self, t_us: float) -> float:
        return float("inf")


def shot(turn: np.ndarray) -> np.ndarray:
    camera = TurningCamera(PANORAMA, Still(turn), width=32, height=24, focal=20.0)
    _, frame = next(FrameCamera(camera, FrameCameraParameters(exposure_us=0.0, samples=1)).frames())
    return frame.ravel() / 255


def registered(q: np.ndarray, frame: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    then, turned, tally = q.copy(), np.zeros(3), np.zeros(N_COLUMNS, np.int64)
    variance = register(then, frame, FACES, 20.0, 32, np.zeros(frame.size), turned, np.zeros(9), tally)
    assert variance > 0
    return then, turned, tally


def test_a_direction_that_is_none_has_no_brightness() -> None:
    for x, y, z in (
        (np.nan, 1e-3, 1.0),
        (1.0, np.nan, 1e-9),
        (np.inf, np.inf, 1.0),
        (0.0, 0.0, 0.0),
        (1e-320, 0.0, 0.0),
    ):
        with np.errstate(all="ignore"):
            assert np.isnan(brightness(np.float64(x), np.float64(y), np.float64(z), FACES))


@pytest.mark.slow
def test_it_sees_what_the_camera_sees() -> None:
    turn = Rotation.random(random_state=2).as_matrix()
    look = np.empty((24, 32), np.float32)
    TurningCamera(PANORAMA, Still(turn), width=32, height=24, focal=20.0).log_intensity(0.0, look)
    for row, column in ((0, 0), (11, 20), (23, 31)):
        x, y, z = turn @ [column - 15.5, row - 11.5, 20.0]
        assert brightness(x, y, z, FACES) == pytest.approx(np.exp(look[row, column]), rel=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_an_attitude_that_is_off_by_two_degrees_is_turned_back(seed: int) -> None:
    truth = Rotation.random(random_state=seed)
    off = Rotation.from_rotvec(np.radians(np.random.default_rng(seed).normal(0, 1.2, 3)))
    q = (off * truth).as_quat(scalar_first=True)
    then, turned, tally = registered(q, shot(truth.as_matrix()))
    found = Rotation.from_quat(then, scalar_first=True)
    assert np.degrees((found * truth.inv()).magnitude()) < 0.1 < np.degrees(off.magnitude())
    np.testing.assert_allclose(turned, off.inv().as_rotvec(), atol=np.radians(0.15))  # about the world's axes
    assert 30 * 768 < tally[NEURON_ADDS] < 200 * 768
    assert 20 * 768 < tally[MULTIPLIES] < 200 * 768
    assert tally[READS] % (4 * 768) == 0


def test_one_that_is_right_stays() -> None:
    truth = Rotation.random(random_state=9)
    _, turned, tally = registered(truth.as_quat(scalar_first=True), shot(truth.as_matrix()))
    assert np.abs(np.degrees(turned)).max() < 0.06
    assert tally[READS] == 4 * 768  # one round is enough


def test_a_turning_camera_is_seen_where_it_was() -> None:
    spin = SampledRates(np.array([0]), np.array([[0.0, 40.0, 0.0]]))
    camera = TurningCamera(PANORAMA, spin, width=32, height=24, focal=20.0)
    _, frame = next(FrameCamera(camera, FrameCameraParameters(exposure_us=10_000.0)).frames())
    middle = Rotation.from_matrix(spin.orientation(5000.0)).as_quat(scalar_first=True)
    _, turned, _ = registered(middle, frame.ravel() / 255)
    assert np.abs(np.degrees(turned)).max() < 0.06
