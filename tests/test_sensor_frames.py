"""Frames and videos as scenes: straight lines of log intensity between frames, and no events that bunch where they are shown."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from eventnet.errors import DataError, ModelError
from eventnet.scenarios.sensors import DVS, DvsParameters, Frames, lin_log, video

RATE = 25
FRAME_US = 40_000


def moving_wave(n: int = 16, height: int = 24, width: int = 40) -> list[tuple[int, np.ndarray]]:
    """A wave of brightness that goes to the right by 1.5 pixels a frame, 25 frames a second."""
    x = np.arange(width)
    rows = [np.rint(130 + 90 * np.sin(2 * math.pi * (x - 1.5 * k) / 16)) for k in range(n)]
    return [(FRAME_US * k, np.repeat(row[None], height, axis=0).astype(np.uint8)) for k, row in enumerate(rows)]


def look(scene: Frames, t: float) -> np.ndarray:
    out = np.empty((scene.height, scene.width), np.float32)
    scene.log_intensity(t, out)
    return out


# --- log intensity ---
def test_bytes_are_logarithms_above_20_and_a_line_below() -> None:
    assert lin_log(np.array([255, 100, 20], np.uint8)) == pytest.approx(
        [0, math.log(100 / 255), math.log(20 / 255)], abs=1e-6
    )
    assert np.diff(lin_log(np.arange(21, dtype=np.uint8))) == pytest.approx(math.log(20) / 20, abs=1e-5)
    assert lin_log(np.array([1.0, 0.5, -1.0])) == pytest.approx([0, math.log(0.5), -math.log(255)], abs=1e-6)


# --- frames ---
def test_log_intensity_goes_straight_from_frame_to_frame() -> None:
    scene = Frames([(1000, np.array([[255, 100]], np.uint8)), (3000, np.array([[100, 100]], np.uint8))])
    assert (scene.begin_us, scene.end_us, scene.height, scene.width) == (1000, 3000, 1, 2)
    assert look(scene, 1500) == pytest.approx(np.array([[0.25 * math.log(100 / 255), math.log(100 / 255)]]), abs=1e-6)
    assert np.array_equal(look(scene, 9999), lin_log(np.array([[100, 100]], np.uint8)))
    assert np.array_equal(look(scene, 0), lin_log(np.array([[255, 100]], np.uint8)))


def test_kinks_are_where_frames_are_shown() -> None:
    scene = Frames(moving_wave(3))
    assert [scene.next_kink(t) for t in (0.0, 39_999.0, 40_000.0, 80_000.0)] == [40_000, 40_000, 80_000, math.inf]


def test_a_scene_can_be_looked_at_again_from_its_begin() -> None:
    scene, times = Frames(moving_wave()), (0.0, 50_000.0, 599_000.0, 0.0, 50_000.0)
    first, second, _, again, same = (look(scene, t) for t in times)
    assert np.array_equal(first, again)
    assert np.array_equal(second, same)


def test_of_frames_shown_at_once_the_last_counts() -> None:
    grey = [(t, np.full((1, 1), v, np.uint8)) for t, v in ((0, 50), (10, 100), (10, 200), (20, 200))]
    assert look(Frames(grey), 15.0) == pytest.approx(math.log(200 / 255), abs=1e-6)


def test_events_come_at_the_times_of_the_straight_lines() -> None:
    frames = [(0, np.full((1, 1), 50, np.uint8)), (40_000, np.full((1, 1), 200, np.uint8))]
    found = DVS(Frames(frames), DvsParameters()).events()
    assert found.t_us == pytest.approx(40_000 * 0.2 / math.log(4) * np.arange(1, 7), abs=0.2)


def test_what_is_no_sequence_of_frames_is_refused() -> None:
    frames = moving_wave(2)
    with pytest.raises(ModelError, match="once only"):
        Frames(iter(frames))
    with pytest.raises(ModelError, match="no frames"):
        Frames([])
    with pytest.raises(ModelError, match=r"shape \[24, 40, 3\]"):
        Frames([(0, np.zeros((24, 40, 3), np.uint8))])
    with pytest.raises(ModelError, match=r"at 5 us has shape \[2, 2\]"):
        Frames([frames[0], (5, np.zeros((2, 2), np.uint8))])
    with pytest.raises(ModelError, match="at 0 us follows one at 40000 us"):
        Frames([frames[1], frames[0]])


# --- no bunching ---
def bunched(t: np.ndarray, within: float) -> float:
    """Which part of the events lies within so many microseconds of a frame."""
    phase = t % FRAME_US
    return float(np.mean((phase < within) | (phase > FRAME_US - within)))


@pytest.mark.parametrize(
    "p", [DvsParameters(), DvsParameters(threshold_mismatch=0.03, bandwidth_hz=150, refractory_us=500)]
)
def test_events_do_not_bunch_where_frames_are_shown(p: DvsParameters) -> None:
    found = DVS(Frames(moving_wave(26)), p).events()
    t = found.t_us[found.t_us > FRAME_US]
    assert len(t) > 5000
    assert bunched(t, 1000) == pytest.approx(2 / 40, abs=0.02)
    assert bunched(t, 4000) == pytest.approx(8 / 40, abs=0.04)
    at_one_time = np.unique(found.events["t"], return_counts=True)[1].max()
    if p.threshold_mismatch > 0:
        assert at_one_time < 24  # rows are alike, so that without mismatch a column fires together


# --- video files ---
@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    av = pytest.importorskip("av", reason="PyAV is not installed")
    path = tmp_path_factory.mktemp("video") / "wave.mov"
    with av.open(str(path), "w", options={"movflags": "faststart"}) as container:
        stream = container.add_stream("png", rate=RATE)
        stream.height, stream.width, stream.pix_fmt = 24, 40, "rgb24"
        for _, pixels in moving_wave():
            grey = np.repeat(pixels[:, :, None], 3, axis=2)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(grey, "rgb24")))
        container.mux(stream.encode())
    return path


def test_a_video_is_its_frames(clip: Path) -> None:
    scene = video(clip)
    assert (scene.height, scene.width, scene.begin_us, scene.end_us) == (24, 40, 0, 15 * FRAME_US)
    found, wanted = DVS(scene).events(), DVS(Frames(moving_wave())).events()
    assert len(found.events) == pytest.approx(len(wanted.events), rel=0.03)  # grey made of colours may be 1 off
    assert bunched(found.t_us, 2000) == pytest.approx(4 / 40, abs=0.03)
    packets = list(DVS(scene).packets(7000))
    assert np.concatenate(packets).tobytes() == found.events.tobytes()


def test_a_part_of_a_video_in_another_size(clip: Path) -> None:
    scene = video(clip, size=(12, 20), start=4, stop=10, step=2)
    assert (scene.height, scene.width, scene.begin_us, scene.end_us) == (12, 20, 4 * FRAME_US, 8 * FRAME_US)
    assert DVS(scene).events().events["t"].min() >= 4 * FRAME_US


def test_a_file_that_is_no_video_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="there is no file"):
        video(tmp_path / "none.mp4")


def test_a_real_video_does_not_bunch(shared: Path) -> None:
    path = shared / "data" / "video" / "carphone_pristine.mp4"
    if not path.is_file():
        pytest.skip("no carphone_pristine.mp4 in the folder 'shared' beside the repository")
    scene = video(path, size=(72, 88), stop=30)
    t = DVS(scene, DvsParameters(threshold_mismatch=0.02)).events().t_us
    frame = scene.end_us / 29
    phase = t % frame
    assert len(t) > 2000
    assert np.mean((phase < 0.025 * frame) | (phase > 0.975 * frame)) < 0.12  # 0.05 if wholly even
