"""NumPy files: records of any integer types, streamed and checked."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from io_cases import damaged, random_events, random_samples, read_or_refuse, same, some_events

from eventnet.errors import DataError
from eventnet.event import PIXEL_EVENT
from eventnet.io import INERTIAL, open_events, write_events
from eventnet.io.numpy_file import holds_events

EVENTS = random_events(1000)


def test_numpy_reads_what_is_written(tmp_path: Path) -> None:
    samples = random_samples(9)
    write_events(tmp_path / "a.npy", [EVENTS[:1], EVENTS[1:]])
    assert same(np.load(tmp_path / "a.npy"), EVENTS)
    write_events(tmp_path / "a.npz", EVENTS, width=240, height=180, inertial=samples)
    with np.load(tmp_path / "a.npz") as found:
        assert same(found["events"], EVENTS)
        assert same(found["inertial"], samples)
        assert found["size"].tolist() == [(240, 180)]


def test_what_numpy_writes_is_read(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", EVENTS)
    assert same(open_events(tmp_path / "a.npy").events(), EVENTS)
    np.savez_compressed(tmp_path / "a.npz", events=EVENTS)
    assert same(open_events(tmp_path / "a.npz").events(), EVENTS)


def test_size_and_samples_of_an_npz_come_back(tmp_path: Path) -> None:
    write_events(tmp_path / "a.npz", EVENTS, width=240, height=180, inertial=random_samples(9))
    recording = open_events(tmp_path / "a.npz")
    assert (recording.width, recording.height) == (240, 180)
    assert same(recording.inertial(), random_samples(9))


@pytest.mark.parametrize("kinds", ["u4 i2 i2 u1", ">i8 >u4 >u2 i1", "u8 i8 i8 ?"])
def test_records_of_other_integers_in_any_order_are_converted(tmp_path: Path, kinds: str) -> None:
    t, x, y, p = kinds.split()
    other = np.empty(len(EVENTS), [("p", p), ("weight", "f8"), ("y", y), ("x", x), ("t", t)])
    for name in "txyp":
        other[name] = EVENTS[name]
    np.save(tmp_path / "a.npy", other)
    assert same(open_events(tmp_path / "a.npy", chunk=100).events(), EVENTS)


# --- layouts of others ---
def table(order: str, dtype: str, scale: float = 1.0) -> np.ndarray:
    """The events as a plain array, t times scale."""
    columns = {"t": EVENTS["t"] * scale, "x": EVENTS["x"], "y": EVENTS["y"], "p": EVENTS["p"], "z": EVENTS["x"]}
    return np.stack([columns[name] for name in order], axis=1).astype(dtype)


@pytest.mark.parametrize("names", ["timestamp x y polarity", "ts x y pol", "t x y on"])
def test_records_of_other_libraries_are_told_by_their_names(tmp_path: Path, names: str) -> None:
    other = np.empty(len(EVENTS), [(name, kind) for name, kind in zip(names.split(), ("<i8", "<i2", "<i2", "i1"))])
    for name, field in zip(names.split(), "txyp"):
        other[name] = np.where(EVENTS["p"], 1, -1) if field == "p" else EVENTS[field]
    np.save(tmp_path / "a.npy", other)
    assert same(open_events(tmp_path / "a.npy", chunk=100).events(), EVENTS)


@pytest.mark.parametrize("order", ["txyp", "xypt", "zxypt"])
@pytest.mark.parametrize("layout", ["C", "F"])
@pytest.mark.parametrize("name", ["a.npy", "a.npz"])
def test_a_plain_array_has_the_columns_that_are_named(tmp_path: Path, name: str, order: str, layout: str) -> None:
    save = np.save if name == "a.npy" else lambda path, array: np.savez_compressed(path, events=array)
    for dtype, scale, options in (("<i4", 1, {"unit": "us"}), (">f8", 1e-6, {}), ("f8", 1e3, {"unit": "ns"})):
        save(tmp_path / name, np.asarray(table(order, dtype, scale), order=layout))
        for chunk in (1000, 1 << 20):
            recording = open_events(tmp_path / name, columns=",".join(order), chunk=chunk, **options)
            assert same(recording.events(), EVENTS)


@pytest.mark.parametrize("names", ["t x y p", "timestamps x y polarity", "ts xs ys ps"])
def test_an_array_for_each_field_is_read(tmp_path: Path, names: str) -> None:
    arrays = dict(zip(names.split(), (EVENTS[name] for name in "txyp")))
    for save in (np.savez, np.savez_compressed):
        save(tmp_path / "a.npz", **arrays, extra=np.zeros((2, 2)))
        assert holds_events(tmp_path / "a.npz")
        for chunk in (1000, 1 << 20):
            assert same(open_events(tmp_path / "a.npz", unit="us", chunk=chunk).events(), EVENTS)
    seconds = {name: EVENTS["t"] / 1e6 if k == 0 else array for k, (name, array) in enumerate(arrays.items())}
    np.savez(tmp_path / "a.npz", **seconds)
    assert same(open_events(tmp_path / "a.npz").events(), EVENTS)


@pytest.mark.parametrize(
    ("arrays", "options", "text"),
    [
        ({}, {}, "the unit of time is not stated; wanted the option unit"),
        ({"t": EVENTS["t"].astype(float)}, {}, "the unit of time is not stated"),
        ({"x": EVENTS["x"][1:]}, {"unit": "us"}, r"t, x, y, p of lengths \[1000, 999, 1000, 1000\]"),
        ({"x": np.zeros((1000, 1))}, {"unit": "us"}, r"x.npy holds float64 \[1000, 1\]; wanted numbers \[n\]"),
        ({"x": np.full(1000, 0.5)}, {"unit": "us"}, "event 0 has x = 0.5; wanted 0 to 65535, whole"),
        ({"p": np.full(1000, 2)}, {"unit": "us"}, "event 0 has p = 2; wanted 0 to 1, or -1"),
        ({"t": np.full(1000, np.nan)}, {"unit": "s"}, "event 0 has t = nan s"),
        ({"t": np.full(1000, 1 << 62)}, {"unit": "s"}, "event 0 has t = 4611686018427387904 s"),
    ],
)
def test_arrays_that_are_no_events_are_refused(tmp_path: Path, arrays: dict, options: dict, text: str) -> None:
    np.savez(tmp_path / "a.npz", **({name: EVENTS[name] for name in "txyp"} | arrays))
    with pytest.raises(DataError, match=text):
        open_events(tmp_path / "a.npz", **options).events()


def test_a_plain_array_wants_its_columns_and_as_many(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", table("txyp", "i8"))
    with pytest.raises(DataError, match=r"holds int64 \[1000, 4\]; wanted records .* and the option columns"):
        open_events(tmp_path / "a.npy")
    with pytest.raises(DataError, match=r"holds int64 \[1000, 4\]; wanted numbers \[n, 5\], as columns"):
        open_events(tmp_path / "a.npy", columns="t,x,y,p,z")
    with pytest.raises(DataError, match="the unit of time is not stated"):
        open_events(tmp_path / "a.npy", columns="t,x,y,p").events()


def test_an_array_that_is_cut_off_is_read_up_to_there(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", EVENTS)
    np.save(tmp_path / "b.npy", table("txyp", "f8"))
    for name, item, options in (("a.npy", 13, {}), ("b.npy", 32, {"columns": "t,x,y,p", "unit": "us"})):
        whole = (tmp_path / name).read_bytes()
        (tmp_path / name).write_bytes(whole[: -2 * item - 5])
        recording = open_events(tmp_path / name, partial=True, **options)
        assert same(recording.events(), EVENTS[:-3])
        assert recording.left == item - 5


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("x", -1, "event 2 has x = -1; wanted 0 to 65535"),
        ("y", 70_000, "event 2 has y = 70000; wanted 0 to 65535"),
        ("p", 2, "event 2 has p = 2; wanted 0 to 1"),
        ("t", 1 << 63, "event 2 has t = 9223372036854775808"),
    ],
)
def test_a_value_out_of_range_is_named(tmp_path: Path, name: str, value: int, text: str) -> None:
    other = np.zeros(4, [("t", "u8"), ("x", "i4"), ("y", "i4"), ("p", "u1")])
    other[name][2] = value
    np.save(tmp_path / "a.npy", other)
    with pytest.raises(DataError, match=text):
        open_events(tmp_path / "a.npy").events()


@pytest.mark.parametrize(
    ("array", "text"),
    [
        (np.zeros(3), r"holds float64 \[3\]; wanted records \[n\] with t, x, y, p"),
        (np.zeros((3, 4), np.int64), r"holds int64 \[3, 4\]"),
        (np.zeros((2, 2), PIXEL_EVENT), r"\[2, 2\]; wanted records"),
        (np.zeros(3, [("t", "i8"), ("x", "i8")]), "wanted records"),
        (np.zeros(3, [("t", "f8"), ("x", "i8"), ("y", "i8"), ("p", "?")]), "has t as float64"),
        (np.zeros(3, [("t", "i8", 2), ("x", "i8"), ("y", "i8"), ("p", "?")]), r"has t as \('<i8', \(2,\)\)"),
        (np.zeros(3, [("t", "M8[us]"), ("x", "i8"), ("y", "i8"), ("p", "?")]), r"has t as datetime64"),
    ],
)
def test_other_arrays_are_refused(tmp_path: Path, array: np.ndarray, text: str) -> None:
    np.save(tmp_path / "a.npy", array)
    with pytest.raises(DataError, match=text):
        open_events(tmp_path / "a.npy")


def test_pickled_objects_are_refused(tmp_path: Path) -> None:
    objects = np.zeros(3, [("t", "O"), ("x", "i8"), ("y", "i8"), ("p", "?")])
    np.save(tmp_path / "a.npy", objects, allow_pickle=True)
    with pytest.raises(DataError, match="Python objects, which are never read"):
        open_events(tmp_path / "a.npy")


def test_a_file_that_is_cut_off_or_too_long_is_refused(tmp_path: Path) -> None:
    write_events(tmp_path / "a.npy", EVENTS)
    whole = (tmp_path / "a.npy").read_bytes()
    for data in (whole[:-1], whole + b"\0"):
        (tmp_path / "a.npy").write_bytes(data)
        with pytest.raises(DataError, match=f"has {len(data):,} bytes; wanted 192 and 1,000 records of 13 bytes"):
            open_events(tmp_path / "a.npy")


def npz(**members: np.ndarray) -> bytes:
    content = io.BytesIO()
    np.savez(content, **members)
    return content.getvalue()


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (npz(a=EVENTS), "has no member 'events'; it has a.npy"),
        (npz(events=EVENTS, size=np.array([3, 4])), r"size.npy holds int64 \[2\]; wanted records"),
        (npz(events=EVENTS, size=np.array([(3, 0)], [("width", "i8"), ("height", "i8")])), "size.npy says 3x0 pixels"),
        (npz(events=EVENTS, size=np.zeros(2, [("width", "i8"), ("height", "i8")])), "size.npy has 2 records"),
        (npz(events=EVENTS, inertial=np.zeros(3)), r"inertial.npy holds float64 \[3\]"),
        (npz(events=EVENTS).replace(b"events", b"event?"), "has no member 'events'"),
        (b"PK\3\4 this is no archive", "wanted an .npz archive"),
    ],
)
def test_other_archives_are_refused(tmp_path: Path, data: bytes, text: str) -> None:
    (tmp_path / "a.npz").write_bytes(data)
    with pytest.raises(DataError, match=text):
        open_events(tmp_path / "a.npz")


def test_an_archive_that_fails_its_checksum_is_refused(tmp_path: Path) -> None:
    data = bytearray(npz(events=EVENTS))
    data[800] ^= 1
    (tmp_path / "a.npz").write_bytes(data)
    with pytest.raises(DataError, match="a.npz, events.npy is damaged: Bad CRC-32"):
        open_events(tmp_path / "a.npz", order="accept").events()


def test_samples_beyond_any_memory_are_not_believed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("eventnet.base.files.MOST_BYTES", 8 * INERTIAL.itemsize)
    write_events(tmp_path / "a.npz", EVENTS, inertial=random_samples(9))
    with pytest.raises(DataError, match="declares 9 inertial samples; at most 512 bytes are read"):
        open_events(tmp_path / "a.npz").inertial()


def test_other_archives_are_told_from_recordings(tmp_path: Path) -> None:
    for name, data in (("yes", npz(events=EVENTS)), ("no", npz(json=EVENTS)), ("broken", b"PK\3\4")):
        (tmp_path / name).write_bytes(data)
    assert [holds_events(tmp_path / name) for name in ("yes", "no", "broken", "absent")] == [True, False, False, False]


@pytest.mark.slow
@settings(deadline=None)
@given(some_events(65536, 65536, 1 << 62), st.sampled_from(["npy", "npz"]))
def test_any_events_come_back(tmp_path_factory: pytest.TempPathFactory, events: np.ndarray, suffix: str) -> None:
    path = tmp_path_factory.getbasetemp() / f"any.{suffix}"
    write_events(path, events)
    assert same(open_events(path, chunk=50).events(), events)


def test_damaged_files_are_read_or_refused(tmp_path: Path) -> None:
    write_events(tmp_path / "a.npy", EVENTS[:50])
    write_events(tmp_path / "a.npz", EVENTS[:50], width=240, height=180, inertial=random_samples(3))
    stored = tmp_path / "b.npz"
    with zipfile.ZipFile(tmp_path / "a.npz") as archive, zipfile.ZipFile(stored, "w") as plain:
        for name in archive.namelist():
            plain.writestr(name, archive.read(name))
    for path, seed in ((tmp_path / "a.npy", 4), (tmp_path / "a.npz", 5), (stored, 6)):
        for data in damaged(path.read_bytes(), 300, seed):
            read_or_refuse(path, data)
