"""A sensor by its name goes into a file: the records that it sends, whole or not at all."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from eventnet.cli.commands import app
from eventnet.event import VALUE_EVENT
from eventnet.io import open_events
from eventnet.scenarios.sensors.registry import SENSORS, make


def record(*words: object) -> tuple[int, str, str]:
    """Exit code, stdout and stderr."""
    done = CliRunner().invoke(app, ["record", *map(str, words)])
    return done.exit_code, done.stdout, done.stderr


@pytest.mark.parametrize("name", SENSORS.own_names())
def test_a_sensor_has_its_name_and_is_drawn_by_its_seed(name: str) -> None:
    one, again, other = ([*make(name, seed).packets(20_000, 60_000)] for seed in (3, 3, 4))
    assert np.concatenate(one).tobytes() == np.concatenate(again).tobytes() != np.concatenate(other).tobytes()


def test_events_of_pixels_go_into_any_format_with_the_sensors_size(tmp_path: Path) -> None:
    code, out, _ = record("dvs", tmp_path / "a.npz", "--seconds", 0.05, "--seed", 3, "--json")
    recording = open_events(tmp_path / "a.npz")
    events = recording.events()
    assert (code, json.loads(out)["records"]) == (0, len(events))
    assert (recording.width, recording.height) == (64, 48)
    assert events.tobytes() == np.concatenate([*make("dvs", 3).packets(1e6, 50_000)]).tobytes()  # type: ignore[arg-type]


def test_other_records_go_into_npy_and_csv(tmp_path: Path) -> None:
    for name in ("a.npy", "a.csv"):
        assert record("joints", tmp_path / name, "--seconds", 0.05)[0] == 0
    whole = np.load(tmp_path / "a.npy")
    assert whole.dtype == VALUE_EVENT
    lines = (tmp_path / "a.csv").read_text().splitlines()
    assert lines[0] == "t,index,value"
    assert [(int(t), int(k), float(v)) for t, k, v in (line.split(",") for line in lines[1:])] == whole.tolist()


def test_what_is_refused_leaves_no_file_and_spoils_none(tmp_path: Path) -> None:
    (tmp_path / "there.csv").write_text("kept")
    code, _, err = record("joints", tmp_path / "there.csv")
    assert (code, "exists; name another file" in err, (tmp_path / "there.csv").read_text()) == (3, True, "kept")
    for name, target, wanted in (
        ("joints", "a.npz", "records of t, index, value go into .csv or .npy"),
        ("dvs", "a.mov", "no format to write has the suffix '.mov'"),
        ("no-such", "a.npy", "unknown sensor 'no-such'; there are: dvs, frame-camera, inertial, joints"),
    ):
        code, _, err = record(name, tmp_path / target, "--seconds", 0.01)
        assert code in (2, 3)
        assert wanted in err
    assert [path.name for path in tmp_path.iterdir()] == ["there.csv"]
    assert record("joints", tmp_path / "there.csv", "--overwrite", "--seconds", 0.01)[0] == 0


def test_no_time_at_all_is_no_records(tmp_path: Path) -> None:
    assert record("dvs", tmp_path / "a.csv", "--seconds", 0)[0] == 0
    assert len(open_events(tmp_path / "a.csv").events()) == 0
