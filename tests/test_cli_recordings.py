"""`eventnet info` and `eventnet convert` on files of camera events."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from io_cases import pixel_events, random_events, random_samples, same
from typer.testing import CliRunner

from eventnet.cli.commands import app
from eventnet.io import open_events, read_events, write_events

EVENTS, SAMPLES = random_events(500), random_samples(30)


def run(*args: object, code: int = 0) -> Any:
    result = CliRunner().invoke(app, [str(arg) for arg in args])
    assert result.exit_code == code, result.output
    return result


def as_json(*args: object) -> Any:
    return json.loads(run(*args, "--json").stdout)


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    write_events(tmp_path / "a.aedat", EVENTS, width=240, height=180, inertial=SAMPLES)
    return tmp_path / "a.aedat"


# --- info ---
def test_info_describes_a_recording(recording: Path) -> None:
    found = as_json("info", recording)
    inertial = found.pop("inertial")
    first, last = int(EVENTS["t"][0]), int(EVENTS["t"][-1])
    assert found == {
        "file": str(recording),
        "kind": "recording",
        "format": "aedat2",
        "bytes": recording.stat().st_size,
        "sensor": "240x180",
        "events": 500,
        "duration (s)": (last - first) / 1e6,
        "events a second": 500e6 / (last - first),
        "ON fraction": EVENTS["p"].mean(),
        "first and last (us)": [first, last],
        "columns and rows": [int(EVENTS["x"].max()) + 1, int(EVENTS["y"].max()) + 1],
        "falls of time": 0,
    }
    assert inertial["samples"] == 30
    assert inertial["mean rotation (deg/s)"] == SAMPLES["gyroscope"].mean(axis=0).tolist()


@pytest.mark.parametrize("suffix", ["aedat", "csv", "npy", "npz"])
def test_info_describes_every_format_for_people_too(tmp_path: Path, suffix: str) -> None:
    write_events(tmp_path / f"a.{suffix}", EVENTS)
    text = run("info", tmp_path / f"a.{suffix}").stdout
    assert "recording" in text
    assert "ON fraction" in text


def test_info_takes_events_in_any_order_and_counts_where_time_falls(tmp_path: Path) -> None:
    write_events(tmp_path / "a.npy", pixel_events([(5, 1, 1, 1), (3, 1, 1, 1), (4, 1, 1, 1)]))
    assert as_json("info", tmp_path / "a.npy")["falls of time"] == 1


def test_info_is_told_what_a_file_does_not_say(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text("0.5 1 1 1\n")
    found = as_json("info", tmp_path / "a.log", "--format", "text", "--unit", "s", "--sensor", "4x3")
    assert (found["sensor"], found["first and last (us)"]) == ("4x3", [500_000, 500_000])


def test_info_describes_the_events_of_a_file_whose_samples_have_no_scale(recording: Path) -> None:
    recording.write_bytes(recording.read_bytes().replace(b"ImuGyroScale", b"ImuGyroScole"))
    found = as_json("info", recording)
    assert found["events"] == 500
    assert "does not state ImuGyroScale" in found["inertial"]["unreadable"]


def test_info_is_told_columns_sensor_and_that_a_file_may_be_cut_off(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("9,5,1,0.5\n9,6,0,1.5\n9,6,0,")
    found = as_json("info", tmp_path / "a.csv", "--columns", "x,y,p,t", "--camera", "dvs128", "--partial")
    assert (found["sensor"], found["events"], found["bytes left over"]) == ("128x128", 2, 6)
    assert found["first and last (us)"] == [500_000, 1_500_000]


def test_info_describes_arrays_of_others(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", t=[1, 2], x=[3, 4], y=[5, 6], p=[0, 1])
    assert "the unit of time is not stated" in run("info", tmp_path / "a.npz", code=3).output
    assert as_json("info", tmp_path / "a.npz", "--unit", "ms")["first and last (us)"] == [1000, 2000]


# --- convert ---
def test_convert_says_how_many_bytes_were_left_over(recording: Path) -> None:
    recording.write_bytes(recording.read_bytes()[:-3])
    target = recording.with_name("b.csv")
    assert "is cut off" in run("convert", recording, target, code=3).output
    assert "5 bytes at the end of a.aedat were left over" in run("convert", recording, target, "--partial").output
    assert as_json("convert", recording, target, "--partial", "--overwrite")["bytes left over"] == 5


def test_convert_writes_hdf5(recording: Path) -> None:
    pytest.importorskip("h5py")
    assert as_json("convert", recording, recording.with_name("b.h5"))["format"] == "hdf5"
    assert same(read_events(recording.with_name("b.h5")), EVENTS)


@pytest.mark.parametrize("suffix", ["aedat", "csv", "npy", "npz"])
def test_events_are_the_same_in_another_format(recording: Path, suffix: str) -> None:
    target = recording.with_name(f"b.{suffix}")
    written = as_json("convert", recording, target)
    assert same(read_events(target), EVENTS)
    kept = 30 if suffix in ("aedat", "npz") else 0
    assert written == {
        "source": {"file": str(recording), "format": "aedat2"},
        "file": str(target),
        "format": "aedat2" if suffix == "aedat" else suffix,
        "sensor": "240x180",
        "events": 500,
        "inertial samples": kept,
        "bytes": target.stat().st_size,
    }
    assert len(open_events(target).inertial()) == kept


def test_what_is_left_out_is_said(recording: Path) -> None:
    text = run("convert", recording, recording.with_name("b.csv")).stdout
    assert "500 events from aedat2 to csv" in text
    assert "were left out; aedat2 and npz can hold them" in text
    assert "30 inertial samples" in run("convert", recording, recording.with_name("b.npz")).stdout


def test_samples_may_be_left_out_on_purpose(recording: Path) -> None:
    assert as_json("convert", recording, recording.with_name("b.npz"), "--no-inertial")["inertial samples"] == 0


def test_formats_may_be_named(recording: Path) -> None:
    source = recording.rename(recording.with_name("plain"))
    written = as_json("convert", source, source.with_name("other"), "--from", "aedat2", "--to", "npy")
    assert written["format"] == "npy"
    assert same(np.load(source.with_name("other")), EVENTS)


def test_events_out_of_order_are_sorted_where_asked(tmp_path: Path) -> None:
    write_events(tmp_path / "a.npy", pixel_events([(5, 1, 1, 1), (3, 2, 1, 1)]))
    assert "order 'sort' sorts them" in run("convert", tmp_path / "a.npy", tmp_path / "b.csv", code=3).output
    run("convert", tmp_path / "a.npy", tmp_path / "b.csv", "--order", "sort")
    assert read_events(tmp_path / "b.csv")["x"].tolist() == [2, 1]


def test_a_file_is_not_replaced_unasked_nor_by_half(recording: Path) -> None:
    target = recording.with_name("b.csv")
    target.write_text("old")
    assert "exists" in run("convert", recording, target, code=3).output
    recording.write_bytes(recording.read_bytes()[:-8] + b"\x7f\xff\xf8\0\0\0\0\0")
    assert "has x = " in run("convert", recording, target, "--overwrite", code=3).output
    assert target.read_text() == "old"
    assert sorted(path.name for path in recording.parent.iterdir()) == ["a.aedat", "b.csv"]


@pytest.mark.parametrize(
    ("args", "code", "text"),
    [
        (["convert", "{a}", "{folder}/b.bmp"], 2, "no format to write has the suffix '.bmp'"),
        (["convert", "{folder}/none", "{folder}/b.csv"], 3, "there is no file"),
        (["convert", "{a}", "{folder}/no/where.csv"], 3, "cannot be written"),
        (["info", "{folder}/b.mov"], 3, "of no format that is known by its first bytes"),
        (["convert", "{a}", "{folder}/b.csv", "--to", "evt3"], 2, "unknown format 'evt3' to write"),
        (["convert", "{a}", "{folder}/b.csv", "--from", "avi"], 2, "unknown format 'avi'"),
        (["convert", "{a}", "{folder}/b.csv", "--order", "up"], 2, "unknown order 'up'"),
        (["info", "{a}", "--sensor", "4"], 2, "'4' is no size"),
        (["info", "{a}", "--camera", "eye"], 2, "unknown camera 'eye'; wanted one of dvs128"),
        (["info", "{a}", "--columns", "x,y"], 3, "the columns are x, y; wanted t, x, y and p, once each"),
        (["info", "{a}", "--unit", "min"], 3, "the unit of time is 'min'; wanted ns, us, ms, s"),
    ],
)
def test_what_cannot_be_done_is_said(recording: Path, args: list[str], code: int, text: str) -> None:
    recording.with_name("b.mov").write_bytes(b"moov")
    result = run(*(arg.format(a=recording, folder=recording.parent) for arg in args), code=code)
    assert text in " ".join(result.output.replace("│", "").split())
    assert "Traceback" not in result.output


def test_options_of_the_version_before_still_work_with_a_notice(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("0,1,1,5\n3,2,0,9\n")
    words = ("info", tmp_path / "a.csv", "--columns", "x,y,p,t", "--unit", "us")
    for old, new, size in (
        (("--size", "4x3"), ("--sensor", "4x3"), "4x3"),
        (("--sensor", "dvs128"), ("--camera", "dvs128"), "128x128"),
    ):
        before, now = (run(*words, *option) for option in (old, new))
        assert f"`{new[0]}" in before.stderr
        assert "the old name goes with the next version" in before.stderr
        assert size in before.stdout
        assert before.stdout == now.stdout
        assert now.stderr == ""
    assert "--size" not in run("info", "--help").stdout
