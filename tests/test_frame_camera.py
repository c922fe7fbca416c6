"""A frame camera: exposure, time of a frame, noise of electrons, steps of 8 bits, the same for any cut."""

from __future__ import annotations

import math
from itertools import islice

import numpy as np
import pytest

from eventnet.errors import ModelError
from eventnet.event import VALUE_EVENT
from eventnet.scenarios.sensors import FrameCamera, FrameCameraParameters, Frames, Grating, Image, Still


def grey(intensity: float, height: int = 100, width: int = 200) -> Still:
    return Still(np.full((height, width), math.log(intensity)))


def shots(scene: object, n: int, seed: int = 1, **options: float) -> tuple[list, np.ndarray]:
    """Times and frames [n, height, width]."""
    found = list(islice(FrameCamera(scene, FrameCameraParameters(**options), seed=seed).frames(), n))
    return [t for t, _ in found], np.array([frame for _, frame in found])


class Blink:
    """White while the light is on, else very dark."""

    height, width, begin_us, end_us = 2, 3, 1000.0, math.inf

    def __init__(self, on: float, off: float) -> None:
        self.on, self.off, self.asked = on, off, []

    def log_intensity(self, t_us: float, out: Image) -> None:
        self.asked.append(t_us)
        out[...] = 0 if self.on <= t_us < self.off else -20

    def next_kink(self, t_us: float) -> float:
        return math.inf


# --- time -----------------------------------------------------------------------------------------------------------
def test_a_frame_is_there_when_it_has_been_exposed_and_read() -> None:
    times, _ = shots(Blink(0, 1), 4, rate_hz=30, exposure_us=8000, readout_us=4000)
    assert times == [round(1000 + k * 1e6 / 30 + 12_000) for k in range(4)]


def test_light_is_gathered_during_the_exposure_alone() -> None:
    blink = Blink(0, 1000 + 1e5 + 2500)  # off a quarter into the second exposure
    _, frames = shots(blink, 3, rate_hz=10, exposure_us=10_000, samples=16)
    assert [frame[0, 0] for frame in frames] == [255, 64, 0]
    assert min(blink.asked) > 1000
    assert all((t - 1000) % 1e5 < 10_000 for t in blink.asked)


def test_motion_within_an_exposure_is_blurred() -> None:
    """The mean of e^(a sin) over whole periods is the Bessel function I0(a), whatever the phase."""
    grating = Grating(np.linspace(0, 6, 12).reshape(3, 4), amplitude=1.0, hz=200, mean=-1.5)
    _, frames = shots(grating, 1, exposure_us=10_000, samples=32)
    bessel = sum((0.5**k / math.factorial(k)) ** 2 for k in range(12))
    assert np.unique(frames).tolist() == [round(255 * math.exp(-1.5) * bessel)]
    _, sharp = shots(grating, 1, exposure_us=0)
    assert np.array_equal(sharp[0], np.rint(255 * np.exp(-1.5 + np.sin(np.linspace(0, 6, 12).reshape(3, 4)))))


def test_a_video_ends_and_so_do_its_frames() -> None:
    scene = Frames([(0, np.zeros((2, 2), np.uint8)), (100_000, np.full((2, 2), 255, np.uint8))])
    camera = FrameCamera(scene, FrameCameraParameters(rate_hz=50, exposure_us=20_000))
    assert [t for t, _ in camera.frames()] == [25_000, 45_000, 65_000, 85_000, 105_000]
    assert len(np.concatenate(list(camera.packets(7000)))) == 5 * 4


# --- noise ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("intensity, white", [(0.5, 2000.0), (0.25, 150.0), (0.3, 20.0), (0.1, 20.0)])
def test_electrons_are_counted_as_a_poisson_process(intensity: float, white: float) -> None:
    """Variance equals mean, in electrons; the last two cases are drawn exactly, not as normal numbers."""
    _, frames = shots(grey(intensity), 2, white_electrons=white)
    electrons = frames / 255 * white
    rounding = (white / 255) ** 2 / 12 if white > 255 else 0.0  # fine steps tell every electron
    mean = intensity * white
    assert electrons.mean() == pytest.approx(mean, abs=4 * math.sqrt(mean / 40_000) + 0.01)
    assert electrons.var() == pytest.approx(mean + rounding, rel=0.04)


def test_few_electrons_have_the_poisson_distribution() -> None:
    _, frames = shots(grey(0.03), 1, white_electrons=100)
    counts = np.bincount(np.rint(frames.ravel() / 2.55).astype(int), minlength=8)
    wanted = [20_000 * math.exp(-3) * 3**k / math.factorial(k) for k in range(8)]
    assert (
        sum((counts[k] - wanted[k]) ** 2 / wanted[k] for k in range(8)) < 24.3
    )  # chi squared of 7 degrees of freedom: p = 0.001


def test_read_noise_adds_its_variance() -> None:
    _, noisy = shots(grey(0.5), 2, white_electrons=5000, read_noise=60.0)
    electrons = noisy / 255 * 5000
    assert electrons.var() == pytest.approx(2500 + 60**2 + (5000 / 255) ** 2 / 12, rel=0.03)


def test_noise_differs_from_frame_to_frame_and_pixel_to_pixel() -> None:
    _, frames = shots(grey(0.5), 3, white_electrons=1000, read_noise=5)
    flat = frames.reshape(3, -1).astype(float)
    assert abs(np.corrcoef(flat)[np.triu_indices(3, 1)]).max() < 0.03
    assert abs(np.corrcoef(flat[0, :-1], flat[0, 1:])[0, 1]) < 0.03
    assert np.array_equal(frames, shots(grey(0.5), 3, white_electrons=1000, read_noise=5)[1])
    assert not np.array_equal(frames, shots(grey(0.5), 3, seed=2, white_electrons=1000, read_noise=5)[1])


# --- values ---------------------------------------------------------------------------------------------------------
def test_values_are_the_nearest_of_256_steps_and_stop_at_white() -> None:
    logs = np.log(np.array([[0.1011, 0.4103, 1.0, 3.0]]))
    _, frames = shots(Still(logs), 1)
    assert frames.tolist() == [[[26, 105, 255, 255]]]


@pytest.mark.parametrize("window", [1000, 12_345.6, 1e6])
def test_windows_change_nothing(window: float) -> None:
    scene = Grating(np.arange(12.0).reshape(3, 4), amplitude=1, hz=3)
    camera = FrameCamera(scene, FrameCameraParameters(white_electrons=500, read_noise=3), seed=4)
    parts = list(camera.packets(window, 2e5))
    whole = np.concatenate(parts)
    assert whole.tobytes() == camera.events(2e5).tobytes()
    assert whole.dtype == VALUE_EVENT
    for k, part in enumerate(parts):
        assert ((part["t"] >= k * window) & (part["t"] < (k + 1) * window)).all()
    shown = whole.reshape(-1, 12)
    for (t, frame), events in zip(camera.frames(), shown):
        assert (events["t"] == t).all()
        assert np.array_equal(events["index"], np.arange(12))
        assert np.array_equal(events["value"], frame.ravel() / 255)
    assert len(shown) == 6


def test_the_scene_is_asked_for_no_later_time_than_the_window() -> None:
    blink = Blink(0, 1)
    packets = FrameCamera(blink).packets(5000)
    for k in range(50):
        next(packets)
        assert all(t < 1000 + 5000 * (k + 1) for t in blink.asked)
    assert len(blink.asked) >= 50


# --- refusals -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("options, message", [
    ({"rate_hz": 0}, "rate_hz is 0; wanted above 0"),
    ({"exposure_us": 40_000}, "exposure_us is 40000; wanted from 0 to a frame's 33333.3"),
    ({"readout_us": -1}, "readout_us is -1"),
    ({"samples": 0}, "samples is 0; wanted 1 or more"),
    ({"white_electrons": 0}, "white_electrons is 0; wanted above 0"),
    ({"read_noise": 3}, "read_noise is 3 and white_electrons inf"),
    ({"read_noise": math.nan, "white_electrons": 9}, "read_noise is nan"),
])  # fmt: skip
def test_a_camera_without_sense_is_refused(options: dict, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        FrameCameraParameters(**options)


def test_a_seed_without_sense_is_refused() -> None:
    with pytest.raises(ModelError, match="seed is -1"):
        FrameCamera(grey(1), seed=-1)
