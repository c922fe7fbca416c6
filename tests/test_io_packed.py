"""Files packed by gzip and zstd are unpacked up to a limit, and read as what they are."""

from __future__ import annotations

import gc
import gzip
import tempfile
from itertools import product
from pathlib import Path

import pytest
from few import few
from io_cases import damaged, random_events, read_or_refuse, same

from eventnet.errors import DataError
from eventnet.io import open_events, write_events

EVENTS = random_events(3000)


def packed(data: bytes, kind: str) -> bytes:
    if kind == ".gz":
        return gzip.compress(data[:1000]) + gzip.compress(data[1000:])
    zstandard = pytest.importorskip("zstandard")
    return b"".join(zstandard.ZstdCompressor().compress(part) for part in (data[:1000], data[1000:]))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where unpacked files lie."""
    (tmp_path / "unpacked").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "unpacked"))
    return tmp_path


@pytest.mark.parametrize(("suffix", "kind"), few(product([".csv", ".aedat", ".npz", ".npy"], [".gz", ".zst"]), 3))
def test_any_format_is_read_packed(folder: Path, suffix: str, kind: str) -> None:
    write_events(folder / f"a{suffix}", EVENTS, width=240, height=180)
    path = folder / f"a{suffix}{kind}"
    path.write_bytes(packed((folder / f"a{suffix}").read_bytes(), kind))
    recording = open_events(path)
    assert same(recording.events(), EVENTS)
    assert str(recording.path) == str(path)
    del recording
    gc.collect()
    assert list((folder / "unpacked").iterdir()) == []


@pytest.mark.parametrize("kind", [".gz", ".zst"])
def test_what_unpacks_to_more_than_the_limit_is_refused(
    folder: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("eventnet.base.files.MOST_BYTES", 5 << 20)
    path = folder / f"a.bin{kind}"
    path.write_bytes(packed(bytes(6 << 20), kind))
    with pytest.raises(DataError, match=r"a.bin.* unpacks to more than 5,242,880 bytes; at most that are read"):
        open_events(path)
    gc.collect()
    assert list((folder / "unpacked").iterdir()) == []


@pytest.mark.parametrize("kind", [".gz", ".zst"])
def test_what_is_cut_off_is_refused_or_read_up_to_there(folder: Path, kind: str) -> None:
    write_events(folder / "a.npy", EVENTS)
    whole = packed((folder / "a.npy").read_bytes(), kind)
    path = folder / f"a.npy{kind}"
    path.write_bytes(whole[: len(whole) * 3 // 4])
    with pytest.raises(DataError, match="is cut off: what is packed in it does not end"):
        open_events(path)
    if kind == ".gz":  # a frame of zstd gives nothing before its block is whole
        found = open_events(path, partial=True).events()
        assert 500 < len(found) < 3000
        assert same(found, EVENTS[: len(found)])


def test_messages_name_the_packed_file(folder: Path) -> None:
    (folder / "a.csv.gz").write_bytes(gzip.compress(b"# unit: us\n5,6,7,1\n4,6,7,1\n"))
    with pytest.raises(DataError, match=r"a.csv.gz: event 1 \(line 3\) is at 4 us, after one at 5 us"):
        open_events(folder / "a.csv.gz").events()
    (folder / "b.csv.gz").write_bytes(gzip.compress(b"5,6,7,1\n")[:-8] + bytes(8))
    with pytest.raises(DataError, match="b.csv.gz cannot be unpacked: "):
        open_events(folder / "b.csv.gz")


@pytest.mark.parametrize("kind", [".gz", ".zst"])
def test_damaged_files_are_read_or_refused(folder: Path, kind: str) -> None:
    write_events(folder / "a.npy", EVENTS[:200])
    for data in damaged(packed((folder / "a.npy").read_bytes(), kind), 60, seed=1):
        read_or_refuse(folder / f"a.npy{kind}", data, partial=True)
