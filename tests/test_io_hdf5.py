"""HDF5: the layouts of DSEC, MVSEC, Prophesee and others, written here with h5py as they are published."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from io_cases import damaged, pixel_events, random_events, read_or_refuse, same, some_events

from eventnet.errors import DataError
from eventnet.event import Events
from eventnet.io import open_events, read_events, write_events

h5py = pytest.importorskip("h5py")
EVENTS = random_events(2000, 346, 260)


def dsec(path: Path, events: Events = EVENTS, offset: int = 10**12, **options: Any) -> Path:
    """dsec.ifi.uzh.ch, "Data Format"."""
    t = events["t"].astype(np.uint32)
    index = [int(np.count_nonzero(t < 1000 * ms)) for ms in range(int(t[-1]) // 1000 + 1)]
    with h5py.File(path, "w") as file:
        for name, values in (("p", events["p"].astype("u1")), ("t", t), ("x", events["x"]), ("y", events["y"])):
            file.create_dataset(f"events/{name}", data=values, **options)
        file["ms_to_idx"], file["t_offset"] = np.array(index, np.uint64), np.int64(offset)
    return path


def mvsec(path: Path, cameras: str = "left right") -> Path:
    with h5py.File(path, "w") as file:
        for camera in cameras.split():
            held = EVENTS if camera == "left" else EVENTS[:100]
            rows = np.stack([held["x"], held["y"], 1.5e9 + held["t"] / 1e6, np.where(held["p"], 1, -1)], axis=1)
            file.create_dataset(f"davis/{camera}/events", data=rows.astype("f8"), chunks=(100, 4), compression="gzip")
            file[f"davis/{camera}/imu"] = np.zeros((9, 6))
    return path


def prophesee(path: Path, **options: Any) -> Path:
    """docs.prophesee.ai, "HDF5 Event File Format"."""
    records = np.zeros(len(EVENTS), [("x", "<u2"), ("y", "<u2"), ("p", "<i2"), ("t", "<i8")])
    for name in "xypt":
        records[name] = EVENTS[name]
    with h5py.File(path, "w") as file:
        file.create_dataset("CD/events", data=records, chunks=(512,), **options)
        file.create_dataset("CD/indexes", data=np.zeros(1, [("id", "u8"), ("ts", "i8")]))
        file.create_dataset("EXT_TRIGGER/events", data=np.zeros(0, [("p", "i2"), ("t", "i8"), ("id", "i2")]))
        file.attrs["format"], file.attrs["geometry"], file.attrs["version"] = "ECF", "1280x720", "1.0"
    return path


def test_dsec_is_read_and_its_offset_added(tmp_path: Path) -> None:
    wanted = EVENTS.copy()
    wanted["t"] += 10**12
    for options in ({}, {"chunks": (100,), "compression": "gzip"}, {"chunks": (70,), "compression": "lzf"}):
        for chunk in (1000, 1 << 20):
            recording = open_events(dsec(tmp_path / "a.h5", **options), chunk=chunk)
            assert same(recording.events(), wanted)
            assert (recording.format, recording.width) == ("hdf5", None)


def test_mvsec_is_read_by_camera(tmp_path: Path) -> None:
    wanted = EVENTS.copy()
    wanted["t"] += 1_500_000_000_000_000
    recording = open_events(mvsec(tmp_path / "a.hdf5"), stream=0)
    assert same(recording.events(), wanted)
    assert (recording.width, recording.height) == (346, 260)
    assert same(open_events(tmp_path / "a.hdf5", stream=1, chunk=100).events(), wanted[:100])
    assert same(open_events(mvsec(tmp_path / "b.hdf5", "left")).events(), wanted)
    with pytest.raises(DataError, match=r"cameras 0 \(davis/left/events\), 1 .*; wanted one: say which with .* stream"):
        open_events(tmp_path / "a.hdf5")


def test_mvsec_s_inertial_samples_are_read_in_our_units(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    rows, seconds = rng.normal(0, 3, (9, 6)), 1.5e9 + 0.001 * np.arange(9)
    with h5py.File(mvsec(tmp_path / "a.hdf5"), "r+") as file:
        file["davis/left/imu"][...] = rows
        file["davis/left/imu_ts"] = seconds
    recording = open_events(tmp_path / "a.hdf5", stream=0)
    assert recording.holds_inertial
    found = recording.inertial()
    assert found["t"].tolist() == [1_500_000_000_000_000 + 1000 * k for k in range(9)]
    # To rounding: division by 9.80665 m/s^2 and 180 degrees / pi, in float64.
    assert np.allclose(found["acceleration"] * 9.80665, rows[:, :3], rtol=1e-15, atol=0)
    assert np.allclose(found["gyroscope"] * np.pi / 180, rows[:, 3:], rtol=1e-15, atol=0)
    assert np.isnan(found["temperature"]).all()
    assert not open_events(tmp_path / "a.hdf5", stream=1).holds_inertial  # no times beside it


@pytest.mark.parametrize(
    ("rows", "seconds", "words"),
    [
        (np.zeros((9, 5)), np.zeros(9), r"imu holds float64 \[9, 5\] and .* wanted floats \[n, 6\] and \[n\]"),
        (np.zeros((9, 6)), np.zeros(8), "wanted floats"),
        (np.zeros((9, 6), int), np.zeros(9), "wanted floats"),
        (np.zeros(9), np.zeros(9), "wanted 2 axes"),
        (np.full((9, 6), np.nan), np.zeros(9), "is not a number"),
        (np.zeros((9, 6)), np.full(9, 1e14), "or too large"),
    ],
)
def test_damaged_inertial_samples_of_mvsec_are_refused(tmp_path: Path, rows: Any, seconds: Any, words: str) -> None:
    with h5py.File(mvsec(tmp_path / "a.hdf5", "left"), "r+") as file:
        del file["davis/left/imu"]
        file["davis/left/imu"], file["davis/left/imu_ts"] = rows, seconds
    recording = open_events(tmp_path / "a.hdf5")
    assert len(recording.events()) == len(EVENTS)
    with pytest.raises(DataError, match=words):
        recording.inertial()


def test_more_inertial_samples_than_are_read_are_refused_before_they_are(tmp_path: Path) -> None:
    with h5py.File(mvsec(tmp_path / "a.hdf5", "left"), "r+") as file:
        del file["davis/left/imu"]
        file.create_dataset("davis/left/imu", (1 << 40, 6), "f8", chunks=(1000, 6))
        file.create_dataset("davis/left/imu_ts", (1 << 40,), "f8", chunks=(1000,))
    with pytest.raises(DataError, match="at most 8,388,608 are read"):
        open_events(tmp_path / "a.hdf5").inertial()


def test_propheses_records_are_read(tmp_path: Path) -> None:
    recording = open_events(prophesee(tmp_path / "a.hdf5"))
    assert same(recording.events(), EVENTS)
    assert (recording.width, recording.height) == (1280, 720)


@pytest.mark.parametrize("names", ["ts xs ys ps", "timestamp x y polarity"])
@pytest.mark.parametrize("group", ["events/", ""])
def test_datasets_of_other_names_are_read(tmp_path: Path, group: str, names: str) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        for name, field in zip(names.split(), "txyp"):
            file[group + name] = EVENTS[field] / 1e6 if field == "t" else EVENTS[field]
    assert same(read_events(tmp_path / "a.h5"), EVENTS)


def test_a_table_wants_its_columns_and_unit(tmp_path: Path) -> None:
    rows = np.stack([EVENTS[name].astype(np.uint32) for name in "txyp"], axis=1)
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["events"] = rows
    with pytest.raises(DataError, match=r"events holds uint32 \[2000, 4\]; wanted the option columns"):
        open_events(tmp_path / "a.h5")
    with pytest.raises(DataError, match="the unit of time is not stated"):
        open_events(tmp_path / "a.h5", columns="t,x,y,p")
    assert same(open_events(tmp_path / "a.h5", columns="t,x,y,p", unit="us").events(), EVENTS)


# --- what is refused ---
def test_a_filter_that_is_absent_is_named(tmp_path: Path) -> None:
    """ECF, which no Python package has: the dataset is made with that filter, optional where it is not there."""
    with h5py.File(tmp_path / "a.hdf5", "w") as file:
        made = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        made.set_chunk((16,))
        made.set_filter(0x8ECF, h5py.h5z.FLAG_OPTIONAL, ())
        kind = h5py.h5t.py_create(np.dtype([("x", "<u2"), ("y", "<u2"), ("p", "<i2"), ("t", "<i8")]))
        group = file.create_group("CD")
        h5py.h5d.create(group.id, b"events", kind, h5py.h5s.create_simple((16,)), made)
    if h5py.h5z.filter_avail(0x8ECF):
        pytest.skip("the plugin of ECF is here")
    with pytest.raises(
        DataError, match=r"a.hdf5, /CD/events is packed by the HDF5 filter 36559 \(Prophesee's ECF\): wan"
    ):
        open_events(tmp_path / "a.hdf5")


def test_blosc_is_read_where_its_plugin_is(tmp_path: Path) -> None:
    plugin = pytest.importorskip("hdf5plugin")
    recording = open_events(dsec(tmp_path / "a.h5", offset=0, **plugin.Blosc(cname="zstd")))
    assert same(recording.events(), EVENTS)


def test_without_h5py_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dsec(tmp_path / "a.h5")
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(DataError, match=r'a.h5 is an HDF5 file .*pip install "eventnet\[hdf5\]"'):
        open_events(tmp_path / "a.h5")


def other(path: Path, kind: str) -> Path:
    with h5py.File(path, "w") as file:
        if kind == "images":
            file["images"] = np.zeros(3)
        elif kind == "soft link":
            file["else"] = np.zeros(3)
            file["events"] = h5py.SoftLink("/else")
        elif kind == "external link":
            file["events"] = h5py.ExternalLink("other.h5", "events")
        elif kind == "lengths":
            file["events/t"], file["events/x"], file["events/y"], file["events/p"] = [1.5], [1], [1, 2], [1]
        elif kind == "texts":
            file["events/t"], file["events/x"], file["events/y"], file["events/p"] = ["a"], [1], [1], [1]
        elif kind == "group":
            file["events/t/u"], file["events/x"], file["events/y"], file["events/p"] = [1], [1], [1], [1]
        elif kind == "axes":
            file["events/t"], file["events/x"], file["events/y"], file["events/p"] = [[1]], [1], [1], [1]
        elif kind == "virtual":
            layout = h5py.VirtualLayout((3,), "i8")
            layout[:] = h5py.VirtualSource("other.h5", "t", (3,))
            file.create_virtual_dataset("events/t", layout)
            file["events/x"] = file["events/y"] = file["events/p"] = [1, 1, 1]
        elif kind == "chunk":
            file.create_dataset("events/t", (1,), "f8", chunks=(1 << 24,), maxshape=(None,))
            file["events/x"] = file["events/y"] = file["events/p"] = [1]
    return path


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("images", r"/ holds images; wanted events as in DSEC \(events/t, x, y, p\), MVSEC"),
        ("soft link", "'events' is a link, which is not followed"),
        ("external link", "'events' is a link, which is not followed"),
        ("lengths", r"of lengths \[.*2.*\]; wanted as many"),
        ("texts", "t is <HDF5 dataset .*; wanted numbers"),
        ("group", "t is <HDF5 group .*; wanted numbers"),
        ("axes", r"/events/t has the shape \[1, 1\]; wanted 1 axes"),
        ("virtual", "/events/t lies in other files, which are not read"),
        ("chunk", "/events/t has chunks of 134,217,728 bytes; at most 67,108,864 are read"),
    ],
)
def test_other_files_are_refused(tmp_path: Path, kind: str, text: str) -> None:
    with pytest.raises(DataError, match=text):
        open_events(other(tmp_path / "a.h5", kind), unit="us")


def test_an_offset_beyond_64_bits_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="with 9,223,372,036,854,775,807 us added"):
        read_events(dsec(tmp_path / "a.h5", offset=(1 << 63) - 1))


def test_damaged_files_are_read_or_refused(tmp_path: Path) -> None:
    for data in damaged(dsec(tmp_path / "a.h5", EVENTS[:60]).read_bytes(), 40, seed=1):
        read_or_refuse(tmp_path / "a.h5", data)


# --- writing ---
@settings(deadline=None, max_examples=8)
@given(some_events(65536, 65536, 1 << 25), st.integers(10, 40), st.integers(-(1 << 61), 1 << 61))
def test_any_events_come_back(tmp_path_factory: pytest.TempPathFactory, events: Events, n: int, start: int) -> None:
    path = tmp_path_factory.getbasetemp() / "any.h5"
    events["t"] += start
    written = write_events(path, [events[k : k + n] for k in range(0, len(events), n)])
    assert same(read_events(path), events)
    assert (written.events, written.format, written.bytes) == (len(events), "hdf5", path.stat().st_size)


@pytest.mark.parametrize("packet", [300, 10_000])
def test_what_is_written_is_dsecs_layout(tmp_path: Path, packet: int) -> None:
    """Read by h5py alone: times from the offset on, and the index of each millisecond."""
    events = random_events(3000, step=900, start=5_000_123)
    write_events(tmp_path / "a.h5", [events[k : k + packet] for k in range(0, 3000, packet)], width=240, height=180)
    with h5py.File(tmp_path / "a.h5") as file:
        t, offset, index = file["events/t"][:], int(file["t_offset"][()]), file["ms_to_idx"][:]
        assert (t + offset).tolist() == events["t"].tolist()
        assert all((file[f"events/{name}"][:] == events[name]).all() for name in "xyp")
        assert (file.attrs["width"], file.attrs["height"]) == (240, 180)
    assert t[0] == 0
    assert len(index) == int(t[-1]) // 1000 + 2
    assert index.tolist() == [int(np.count_nonzero(t < 1000 * ms)) for ms in range(len(index))]
    recording = open_events(tmp_path / "a.h5")
    assert (recording.width, recording.height) == (240, 180)


def test_the_same_events_make_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a.h5", "b.h5"):
        write_events(tmp_path / name, EVENTS)
    assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "b.h5").read_bytes()


@pytest.mark.parametrize(
    ("times", "text"),
    [([5, 4], "event 1 is earlier than the one before it"), ([0, 10**11], "event 1 is 100,000 s after the first")],
)
def test_what_the_index_cannot_hold_is_refused(tmp_path: Path, times: list[int], text: str) -> None:
    (tmp_path / "a.h5").write_bytes(b"old")
    events = pixel_events([(t, 1, 1, 1) for t in times])
    for packets in (events, [events[:1], events[1:]]):
        with pytest.raises(DataError, match=text):
            write_events(tmp_path / "a.h5", packets)
    assert (tmp_path / "a.h5").read_bytes() == b"old"
