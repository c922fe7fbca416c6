"""Films are read back frame by frame; what cannot be written is said, and leaves nothing."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from eventnet.data.video import video_frames, video_info
from eventnet.errors import DataError
from eventnet.view.video_file import write_film

RATE = 20


def moving(n: int = 6, height: int = 31, width: int = 40) -> Iterator[np.ndarray]:
    """A blue square that moves to the right over white."""
    for k in range(n):
        made = np.full((height, width, 3), 255, np.uint8)
        made[8:16, 4 * k : 4 * k + 8] = (0, 0x72, 0xB2)
        yield made


def test_a_video_has_its_frames_and_its_rate(tmp_path: Path) -> None:
    pytest.importorskip("av", reason="the extra video is not installed")
    assert write_film(tmp_path / "a.mp4", moving(), RATE) == 6
    assert video_info(tmp_path / "a.mp4")[:4] == (6, 30, 40, RATE)  # of even size
    for frame, wanted in zip(video_frames(tmp_path / "a.mp4", grey=False), moving(), strict=True):
        assert np.abs(frame.pixels.astype(int) - wanted[:30]).mean() < 12


@pytest.mark.parametrize("suffix", [".gif", ".png"])
def test_a_moving_picture_has_its_colours_exactly_and_goes_on_for_ever(suffix: str, tmp_path: Path) -> None:
    from PIL import Image

    assert write_film(tmp_path / f"a{suffix}", moving(), RATE) == 6
    with Image.open(tmp_path / f"a{suffix}") as image:
        assert (image.n_frames, image.info["loop"], image.info["duration"]) == (6, 0, 50)
        for k, wanted in enumerate(moving()):
            image.seek(k)
            assert np.asarray(image.convert("RGB")).tolist() == wanted.tolist()
        assert image.info["duration"] == 600  # the last one stays


@pytest.mark.parametrize("suffix", [".gif", ".png", ".mp4"])
def test_the_same_frames_give_the_same_bytes(suffix: str, tmp_path: Path) -> None:
    if suffix == ".mp4":
        pytest.importorskip("av", reason="the extra video is not installed")
    paths = [tmp_path / f"{name}{suffix}" for name in "ab"]
    for path in paths:
        write_film(path, moving(), RATE)
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_what_cannot_be_written_is_said_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DataError, match=r"a film is \.mp4, \.gif, \.png"):
        write_film(tmp_path / "a.mov", moving(), RATE)
    with pytest.raises(DataError, match="would have no frames"):
        write_film(tmp_path / "a.gif", iter(()), RATE)
    with pytest.raises(DataError, match="cannot be written"):
        write_film(tmp_path / "none" / "a.gif", moving(), RATE)
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(DataError, match=r'pip install "eventnet\[video\]"'):
        write_film(tmp_path / "a.mp4", moving(), RATE)
    assert not list(tmp_path.iterdir())
