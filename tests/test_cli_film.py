"""`eventnet film`: a watched run and a recording become films, and how it fails."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import view_cases as cases
from typer.testing import CliRunner

from eventnet.cli.commands import app
from eventnet.io import write_events
from eventnet.view import FoxgloveFile


def film(*words: object, code: int = 0) -> str:
    done = CliRunner().invoke(app, ["film", *map(str, words)])
    assert done.exit_code == code, done.output
    return done.output


def frames_of(path: Path) -> int:
    from PIL import Image

    with Image.open(path) as image:
        return int(getattr(image, "n_frames", 1))


@pytest.mark.slow
def test_a_watched_run_is_a_film(tmp_path: Path) -> None:
    pytest.importorskip("foxglove", reason="the extra view is not installed")
    cases.record(FoxgloveFile(tmp_path / "run.mcap"))
    said = film(tmp_path / "run.mcap", tmp_path / "a.gif", "--rate", 10)
    assert "5 frames, 0.5 s, of 0.08 s" in said
    assert frames_of(tmp_path / "a.gif") == 5
    found = json.loads(film(tmp_path / "run.mcap", tmp_path / "b.png", "--every", 2, "--json"))
    assert found == {"frames": 2, "rate": 25, "file": str(tmp_path / "b.png")}
    film(tmp_path / "run.mcap", tmp_path / "c.gif", "--most", 1, "--answers", "level")
    assert frames_of(tmp_path / "c.gif") == 1


def test_a_recording_is_a_film(tmp_path: Path) -> None:
    write_events(tmp_path / "a.npz", cases.camera_events(), "npz", width=4, height=3)
    film(tmp_path / "a.npz", tmp_path / "a.gif")
    assert frames_of(tmp_path / "a.gif") == 5


def test_what_cannot_be_filmed_is_said(tmp_path: Path) -> None:
    write_events(tmp_path / "a.npz", cases.camera_events(), "npz", width=4, height=3)
    assert "a film is .mp4, .gif, .png" in film(tmp_path / "a.npz", tmp_path / "a.mov", code=3)
    assert "there is no folder" in film(tmp_path / "a.npz", tmp_path / "no" / "a.gif", code=3)
    (tmp_path / "a.gif").write_text("there")
    assert "replace it with --overwrite" in film(tmp_path / "a.npz", tmp_path / "a.gif", code=3)
    write_events(tmp_path / "b.npz", cases.camera_events()[:0], "npz", width=4, height=3)
    assert "no events to show" in film(tmp_path / "b.npz", tmp_path / "b.gif", code=3)
    assert "there is no file" in film(tmp_path / "none.npz", tmp_path / "b.gif", code=3)
    assert (tmp_path / "a.gif").read_text() == "there"
