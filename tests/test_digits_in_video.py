"""Digits are drawn into video frames the same way for the same seed, and what is judged was never learned from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from eventnet.data import digits
from eventnet.errors import DataError, ModelError
from eventnet.scenarios.reproductions.common.digits_in_video import (
    CLIPS,
    DIGIT,
    NONE,
    SIDE,
    VIDEOS,
    busiest_window,
    clip,
    draw,
    samples,
    scenes,
    to_and_fro,
    video_path,
    walk,
)

IMAGES, LABELS = digits().x_test, digits().y_test


def frames(n: int = 9, width: int = 96, seed: int = 0) -> np.ndarray:
    """Dim frames of noise: nothing in them is as bright as ink."""
    return np.random.default_rng(seed).integers(0, 100, (n, 72, width), np.uint8)


def video(path: Path, n: int = 24, height: int = 72, width: int = 96) -> Path:
    """A lossless video whose frame k has the brightness 10 k everywhere."""
    av = pytest.importorskip("av", reason="PyAV is not installed")
    with av.open(str(path), "w", options={"movflags": "faststart"}) as container:
        stream = container.add_stream("png", rate=25)
        stream.height, stream.width, stream.pix_fmt = height, width, "rgb24"
        for k in range(n):
            pixels = np.full((height, width, 3), 10 * k, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, "rgb24")))
        container.mux(stream.encode())
    return path


# --- scenes ---
def test_the_parts_of_a_video_share_no_frame(tmp_path: Path) -> None:
    found = scenes(video(tmp_path / "a.mov"))
    brightness = [sorted({int(frame.flat[0]) // 10 for frame in part}) for part in found]
    assert brightness == [list(range(12)), list(range(12, 16)), list(range(16, 24))]


def test_a_large_video_is_averaged_to_72_rows(tmp_path: Path) -> None:
    assert scenes(video(tmp_path / "a.mov", height=144, width=256)).learning.shape == (12, 72, 128)


def test_only_the_first_frames_are_read_if_so_wanted(tmp_path: Path) -> None:
    assert sum(map(len, scenes(video(tmp_path / "a.mov"), most=18))) == 18


def test_a_video_that_is_cut_off_is_refused(tmp_path: Path) -> None:
    path = video(tmp_path / "a.mov")
    path.write_bytes(path.read_bytes()[:-2000])
    with pytest.raises(DataError, match="cut off"):
        scenes(path)


def test_a_video_that_is_absent_too_short_or_too_small_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="absent"):
        scenes(tmp_path / "none.mov")
    with pytest.raises(DataError, match="11 frames; wanted 12"):
        scenes(video(tmp_path / "short.mov", n=11))
    with pytest.raises(DataError, match="48x96 pixels"):
        scenes(video(tmp_path / "small.mov", height=48))
    with pytest.raises(DataError, match="144x96 pixels"):
        scenes(video(tmp_path / "narrow.mov", height=144))


def test_a_video_is_found_in_the_folder_or_in_its_folder_video(tmp_path: Path) -> None:
    for folder in (tmp_path / "a", tmp_path / "b" / "video"):
        folder.mkdir(parents=True)
        (folder / VIDEOS["bottle"]).touch()
    assert video_path(tmp_path / "a", "bottle") == tmp_path / "a" / VIDEOS["bottle"]
    assert video_path(tmp_path / "b", "bottle") == tmp_path / "b" / "video" / VIDEOS["bottle"]


def test_a_video_that_is_not_there_is_asked_for_by_name(tmp_path: Path) -> None:
    for folder in (tmp_path, None):
        with pytest.raises(DataError if folder else ModelError) as found:
            video_path(folder, "carphone")
        assert "--data FOLDER" in str(found.value)
        assert all(name in str(found.value) for name in VIDEOS.values())


def test_nothing_that_is_judged_was_learned_from(shared: Path) -> None:
    """Frames of the real videos: neither a frame nor its very pixels are in two parts."""
    pytest.importorskip("av", reason="PyAV is not installed")
    parts = scenes(video_path(shared / "data", "carphone"))
    seen = [{frame.tobytes() for frame in part} for part in parts]
    assert [len(part) for part in parts] == [60, 20, 40]
    assert not seen[0] & (seen[1] | seen[2])
    assert not seen[1] & seen[2]


# --- single frames ---
def test_samples_are_the_same_for_the_same_seed() -> None:
    a, b, c = (samples([frames()], IMAGES, LABELS, 20, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert np.array_equal(a.x, b.x)
    assert np.array_equal(a.labels, b.labels)
    assert not np.array_equal(a.x, c.x)


def test_samples_are_pixels_from_0_to_1_of_eleven_classes() -> None:
    found = samples([frames(), frames(5, 128)], IMAGES, LABELS, 400, np.random.default_rng(0))
    assert (found.x.shape, found.x.dtype) == ((400, 1, SIDE, SIDE), np.float32)
    assert 0 <= found.x.min() < found.x.max() <= 1
    assert set(found.labels) == set(range(11))


def test_there_is_ink_where_there_is_a_digit_and_none_else() -> None:
    found = samples([frames()], IMAGES, LABELS, 300, np.random.default_rng(0))
    brightest = found.x.max(axis=(1, 2, 3))
    assert brightest[found.labels == NONE].max() < 0.4 < brightest[found.labels != NONE].min()


def test_varied_backgrounds_are_still_pixels_from_0_to_1() -> None:
    plain, varied = (samples([frames()], IMAGES, LABELS, 50, np.random.default_rng(0), varied=v) for v in (False, True))
    assert 0 <= varied.x.min() < varied.x.max() <= 1
    assert np.array_equal(plain.labels, varied.labels)
    assert not np.array_equal(plain.x, varied.x)


def test_ink_covers_as_much_as_its_byte_says() -> None:
    picture = np.full((SIDE, SIDE), 0.5, np.float32)
    draw(picture, np.arange(784, dtype=np.uint8) % 52 * 5, 3, 36)
    assert picture[3, 36] == 0.5
    assert picture[3, 36 + 27] == pytest.approx(0.5 + 0.5 * 135 / 255, abs=1e-6)  # float32
    assert picture[2].max() == 0.5


def test_a_digit_without_any_image_is_named() -> None:
    with pytest.raises(DataError, match="from 0 to 9"):
        samples([frames()], IMAGES[LABELS != 3], LABELS[LABELS != 3], 5, np.random.default_rng(0))


# --- clips ---
def test_the_busiest_window_is_where_frames_change() -> None:
    still = np.full((5, 72, 96), 255, np.uint8)
    still[::2, 70, 94] = 0  # bytes that fall by 255 do not wrap round
    assert busiest_window(still)[0] >= 7
    assert busiest_window(still)[1] >= 31


def test_frames_go_to_and_fro_without_a_jump() -> None:
    assert to_and_fro(4, 9).tolist() == [0, 1, 2, 3, 2, 1, 0, 1, 2]
    assert to_and_fro(9, 4).tolist() == [0, 1, 2, 3]
    assert to_and_fro(1, 3).tolist() == [0, 0, 0]


def test_a_digit_walks_a_pixel_every_three_frames_and_begins_anew_every_hundred() -> None:
    places = walk(1000, np.random.default_rng(0))
    assert 0 <= places.min() <= places.max() <= SIDE - DIGIT
    steps = np.abs(np.diff(places, axis=0)).sum(axis=1)
    for k, step in enumerate(steps, start=1):
        if k % 100:
            assert step == (1 if k % 100 % 3 == 0 else 0)


@pytest.mark.parametrize("kind", CLIPS[1:])
def test_a_clip_shows_every_digit_once_in_a_thousand_frames(kind: str) -> None:
    found = clip(frames(), kind, 1000, IMAGES, LABELS, np.random.default_rng(0))
    assert [len(set(found.labels[k : k + 100])) for k in range(0, 1000, 100)] == [1] * 10
    assert set(found.labels) == set(range(10))


def test_a_static_digit_stays_where_it_is_for_a_hundred_frames() -> None:
    still = np.repeat(frames(1), 120, axis=0)
    found = clip(still, "static digit", 120, IMAGES, LABELS, np.random.default_rng(0))
    assert np.all(found.x[:100] == found.x[0])
    assert np.all(found.x[100:] == found.x[100])
    assert not np.array_equal(found.x[0], found.x[100])


def test_a_clip_without_a_digit_is_the_video_alone() -> None:
    given = frames()
    found = clip(given, "no digit", 12, IMAGES, LABELS, np.random.default_rng(0))
    top, left = busiest_window(given)
    assert set(found.labels) == {NONE}
    assert np.array_equal(np.rint(found.x[3, 0] * 255), given[3, top : top + SIDE, left : left + SIDE])


@pytest.mark.parametrize("kind", CLIPS)
def test_clips_are_the_same_for_the_same_seed(kind: str) -> None:
    a, b = (clip(frames(), kind, 210, IMAGES, LABELS, np.random.default_rng(5)) for _ in range(2))
    assert np.array_equal(a.x, b.x)
    assert np.array_equal(a.labels, b.labels)
    assert a.x.dtype == np.float32


def test_a_clip_of_an_unknown_kind_is_refused() -> None:
    with pytest.raises(DataError, match="'moving digit'"):
        clip(frames(), "flying digit", 5, IMAGES, LABELS, np.random.default_rng(0))
