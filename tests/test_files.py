"""Files come in by one door: regular ones, up to a limit. They are written beside and moved: whole, or the last one stays."""

from __future__ import annotations

import ast
import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import eventnet as en
from eventnet.base import files
from eventnet.base.files import (
    beside,
    map_npy,
    opened,
    read_arrays,
    read_file,
    read_npz,
    read_text,
    write_beside,
    write_npz,
)
from eventnet.cli.info import about_file
from eventnet.cost.pricing import read_prices
from eventnet.data import read_images, video_frames
from eventnet.engine.log_file import read_log
from eventnet.errors import DataError, InternalError
from eventnet.io import open_events, read_inputs
from eventnet.models import ConventionalNetwork, DeepSpikingNetwork, PDNetwork, StdpNetwork
from eventnet.models.nir_file import read_nir
from eventnet.models.onnx import read_onnx

ROOT = Path(__file__).parents[1]
FORM = "form 1"


# --- reading ---
READERS: list[Callable[[Path], Any]] = [
    read_file, read_text, read_arrays, map_npy, DeepSpikingNetwork.load, en.Network.load, read_prices, read_log, read_onnx,
    read_nir, read_images, open_events, lambda path: open_events(path, "aedat2"), lambda path: list(video_frames(path)),
    lambda path: read_npz(path, FORM), lambda path: read_inputs(path, en.Network()),
]  # fmt: skip


@pytest.mark.parametrize("read", READERS)
def test_no_reader_waits_for_a_pipe_or_believes_a_device(read: Callable[[Path], Any], tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path, kind in ((tmp_path / "pipe", "pipe"), (Path("/dev/zero"), "device"), (tmp_path, "folder")):
        with pytest.raises(DataError, match=f"{path} cannot be read: it is a {kind}; wanted a file"):
            read(path)
    with pytest.raises(DataError, match=f"there is no file {tmp_path}/absent"):
        read(tmp_path / "absent")


def test_a_name_with_a_zero_byte_is_no_file() -> None:
    with pytest.raises(DataError, match="no name of a file"), opened("a\0b"):
        pass


def test_a_file_over_the_limit_is_refused_before_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with open(tmp_path / "large", "wb") as file:
        file.truncate(1 << 40)  # takes no room
    with pytest.raises(DataError, match=r"large has 1,099,511,627,776 bytes or more; at most 536,870,912 are read"):
        read_file(tmp_path / "large")
    (tmp_path / "small").write_bytes(b"1234")
    assert read_file(tmp_path / "small", 4) == b"1234"
    monkeypatch.setattr(files, "MOST_BYTES", 3)
    with pytest.raises(DataError, match="small has 4 bytes or more; at most 3 are read"):
        read_file(tmp_path / "small")


def plain(path: Path, **arrays: Any) -> Path:
    np.savez_compressed(path, **arrays)
    return path


def text_of(form: Any = FORM, **more: Any) -> Any:
    return np.frombuffer(json.dumps({"format": form, **more}).encode(), np.uint8)


def test_an_archive_comes_back(tmp_path: Path) -> None:
    arrays = {
        "a": np.arange(6.0).reshape(2, 3),
        "b": np.asfortranarray(np.arange(6).reshape(2, 3)),
        "c": np.zeros((0, 2)),
    }
    arrays |= {"d": np.array(True), "e": np.array(["x", "yz"]), "f": np.zeros(2, en.EVENT)}
    write_npz(tmp_path / "a", json.dumps({"format": FORM, "n": 3}), arrays)
    text, found = read_npz(tmp_path / "a", FORM)
    assert text == {"format": FORM, "n": 3}
    assert found.keys() == arrays.keys()
    for name, array in arrays.items():
        assert (found[name].dtype, found[name].shape) == (array.dtype, array.shape)
        assert np.array_equal(found[name], array)
        assert found[name].flags.writeable


def test_an_archive_holds_its_arrays_and_no_other(tmp_path: Path) -> None:
    """NumPy before 2.1 makes an array of what it is told by any name, `allow_pickle` too; such files are read."""
    write_npz(tmp_path / "a.npz", '{"format": "x"}', {"w": np.arange(3)})
    with np.load(tmp_path / "a.npz") as held:
        assert sorted(held.files) == ["json", "w"]
    text = np.frombuffer(b'{"format": "x"}', np.uint8)
    with zipfile.ZipFile(tmp_path / "b.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, array in {"json": text, "allow_pickle": np.array(False), "w": np.arange(3)}.items():
            with archive.open(f"{name}.npy", "w") as member:
                np.lib.format.write_array(member, np.asanyarray(array))
    assert list(read_npz(tmp_path / "b.npz", "x")[1]) == ["w"]
    with pytest.raises(InternalError, match="array 'w' holds Python's objects"):
        write_npz(tmp_path / "c.npz", '{"format": "x"}', {"w": np.array([{}], dtype=object)})


def test_the_same_content_makes_the_same_bytes(tmp_path: Path) -> None:
    for name in "ab":
        write_npz(tmp_path / name, "{}", {"x": np.arange(9)})
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_small_archive_that_unpacks_to_much_is_refused_unopened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = plain(tmp_path / "a.npz", json=text_of(), x=np.zeros(1 << 22, np.uint8), y=np.zeros(1 << 22, np.uint8))
    monkeypatch.setattr(files, "MOST_BYTES", 8 << 20)
    unpacked: list[str] = []
    array = files._array
    monkeypatch.setattr(files, "_array", lambda a, info, p: unpacked.append(info.filename) or array(a, info, p))  # type: ignore[func-returns-value]
    with pytest.raises(DataError, match=r"unpacks to 8,389,\d\d\d bytes; at most 8,388,608 are read"):
        read_npz(path, FORM)
    with pytest.raises(DataError, match="unpacks to"):
        read_arrays(path)
    with pytest.raises(DataError, match="has format 'form 1'; wanted 'another'"):
        read_npz(path, "another")
    assert unpacked == ["json.npy", "json.npy"]
    assert len(read_npz(path, FORM, most=9 << 20)[1]["x"]) == 1 << 22


def test_who_writes_more_than_is_read_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MOST_BYTES", 1000)
    with pytest.warns(
        UserWarning, match=r"a is read only where eventnet.base.files.MOST_BYTES is set to 1,2\d\d or more"
    ):
        write_npz(tmp_path / "a", "{}", {"x": np.zeros(1000, np.uint8)})


def test_plain_arrays_are_named_and_what_was_wanted(tmp_path: Path) -> None:
    path = plain(tmp_path / "dump.npz", t=np.arange(3), x=np.arange(3), y=np.arange(3), p=np.arange(3))
    with pytest.raises(DataError, match=r"dump.npz holds the arrays t, x, y, p; wanted the format 'form 1'"):
        read_npz(path, FORM)
    with pytest.raises(
        DataError, match=r"holds the arrays t, x, y, p; wanted a network or Deep Spiking .* or a recording"
    ):
        about_file(path)
    with pytest.raises(DataError, match="is a folder"):
        about_file(tmp_path)


def remade(path: Path, name: str, content: bytes, **more: Any) -> None:
    """A member put in place of another in an archive."""
    with zipfile.ZipFile(path) as old:
        members = {info.filename: old.read(info) for info in old.infolist()}
    with zipfile.ZipFile(path, "w", more.get("method", zipfile.ZIP_DEFLATED)) as new:
        for member, data in (members | {name: content}).items():
            new.writestr(member, data)


def npy(text: str) -> bytes:
    return b"\x93NUMPY\1\0" + len(text).to_bytes(2, "little") + text.encode()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (npy("(" * 5000), "x.npy is damaged: its header"),
        (npy(f"{{'descr': '<f8', 'fortran_order': False, 'shape': ({1 << 50},)}}"), "x.npy is damaged: it has"),
        (
            npy("{'descr': '|b1', 'fortran_order': False, 'shape': (1,)}") + b"\2",
            "x.npy is damaged: it declares True and False, but holds other bytes",
        ),
        (b"", "x.npy is damaged or no NumPy file"),
    ],
)
def test_a_damaged_member_is_named(tmp_path: Path, content: bytes, says: str) -> None:
    path = plain(tmp_path / "a.npz", json=text_of(), x=np.zeros(3))
    remade(path, "x.npy", content)
    with pytest.raises(DataError, match=f"a.npz, {says}"):
        read_npz(path, FORM)


def test_other_ways_of_packing_are_refused(tmp_path: Path) -> None:
    path = plain(tmp_path / "a.npz", json=text_of(), x=np.zeros(3))
    remade(path, "x.npy", b"", method=zipfile.ZIP_LZMA)
    with pytest.raises(DataError, match="packed by method 14; wanted deflate"):
        read_npz(path, FORM)


@pytest.mark.parametrize("text", ["[" * 100_000, "[1]", "nonsense", "9" * 5000, '{"format": 3}'])
def test_a_damaged_text_is_named(tmp_path: Path, text: str) -> None:
    with pytest.raises(DataError, match="a.npz"):
        read_npz(plain(tmp_path / "a.npz", json=np.frombuffer(text.encode(), np.uint8)), FORM)


def test_a_mapped_array_is_never_larger_than_its_file(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.arange(5))
    assert map_npy(tmp_path / "a.npy").tolist() == [0, 1, 2, 3, 4]
    (tmp_path / "a.npy").write_bytes((tmp_path / "a.npy").read_bytes()[:-1])
    with pytest.raises(DataError, match=r"a.npy is damaged: it has 167 bytes, but declares int64 \[5\], 40 bytes"):
        map_npy(tmp_path / "a.npy")


CALLS = set(
    "open np.load np.memmap np.fromfile np.genfromtxt np.loadtxt imread tomllib.load tomllib.loads zipfile.ZipFile "
    "tarfile.open gzip.open bz2.open lzma.open av.open onnx.load onnx.load_model pickle.load json.load os.open io.open "
    "mmap.mmap h5py.File nir.read".split()
)
METHODS = {"read_bytes", "read_text", "open", "File", "read"}
ELSEWHERE = {
    # sources of code that Python imports as well, and compiled code from the folder that is checked to be ours
    ("eventnet/kernels/compiling.py", "read_bytes"), ("eventnet/analysis/parallel.py", "read_text"),
    ("eventnet/engine/journal.py", "read_bytes"), ("eventnet/cli/commands.py", "read_text"),
    ("eventnet/sweep/kind_function.py", "read_bytes"),
    # a regular file that is hashed; a file that was written a moment before; where lost output goes
    ("eventnet/engine/journal.py", "path.open"), ("eventnet/engine/values.py", "read_bytes"),
    ("eventnet/cli/ending.py", "open"), ("eventnet/cli/ending.py", "os.open"),
    # streams and bytes that came through the door
    ("eventnet/data/archive.py", "tarfile.open"), ("eventnet/data/video.py", "av.open"),
    ("eventnet/io/numpy_file.py", "archive.open"), ("eventnet/io/text.py", "np.loadtxt"),
    ("eventnet/io/formats/hdf5.py", "h5py.File"),
    ("models/nir_bytes.py", "h5py.File"),
    ("scenarios/worlds/turning.py", "imread"),
    # what the system says of its processor and memory
    ("scenarios/fusion/pays.py", "read_text"), ("eventnet/connectivity/descriptions.py", "read_text"),
    # written and never read from outside
    ("eventnet/io/numpy_file.py", "zipfile.ZipFile"), ("eventnet/engine/log_file.py", "open"),
    ("eventnet/analysis/trace_writing.py", "np.memmap"), ("models/nir_writing.py", "h5py.File"),
    ("eventnet/base/column.py", "mmap.mmap"), ("eventnet/view/ros2_bag.py", "self._writer.open"),
    ("eventnet/view/video_file.py", "av.open"),
}  # fmt: skip


def reading_calls() -> Iterator[tuple[str, str]]:
    for top in ("eventnet", "models", "scenarios"):
        for path in sorted((ROOT / top).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Call):
                    called = ast.unparse(node.func)
                    last = called.rpartition(".")[2]
                    if called in CALLS or (last in METHODS - {"read"} and "." in called):
                        yield path.relative_to(ROOT).as_posix(), last if last in ("read_bytes", "read_text") else called


@pytest.mark.slow
def test_no_other_file_opens_files_for_reading() -> None:
    found = {(file, called) for file, called in reading_calls() if file != "eventnet/base/files.py"}
    assert found - ELSEWHERE == set(), "files are read through eventnet/base/files.py"
    assert ELSEWHERE - found == set(), "this table names what is there"


# --- writing ---
def test_the_file_is_there_when_the_block_has_ended(tmp_path: Path) -> None:
    mask = os.umask(0o027)
    try:
        with beside(tmp_path / "a") as file:
            file.write(b"new")
            assert not (tmp_path / "a").exists()
    finally:
        os.umask(mask)
    assert (tmp_path / "a").read_bytes() == b"new"
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o640


def broken(path: Path) -> None:
    with beside(path) as file:
        file.write(b"half")
        raise KeyError("why")


def test_a_block_that_fails_leaves_the_last_good_file_alone(tmp_path: Path) -> None:
    write_beside(tmp_path / "a", b"old")
    with pytest.raises(KeyError, match="why"):
        broken(tmp_path / "a")
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    assert (tmp_path / "a").read_bytes() == b"old"


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be written: No such file"):
        write_beside(tmp_path / "no" / "where", b"")


def test_what_matters_is_on_the_disk_before_it_is_moved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    sync, move = os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda handle: (done.append(os.readlink(f"/proc/self/fd/{handle}")), sync(handle)))
    monkeypatch.setattr(os, "replace", lambda a, b: (done.append("moved"), move(a, b)))
    write_beside(tmp_path / "a", b"new")
    assert done[0].endswith(".part")
    assert done[1:] == ["moved", str(tmp_path)]


WRITER = """
import sys, time
from eventnet.base.files import beside
with beside(sys.argv[1]) as file:
    file.write(b"x" * (1 << 20))
    file.flush()
    print("writing", flush=True)
    time.sleep(60)
"""


def writer(path: Path) -> subprocess.Popen[str]:
    """A process in the middle of a write."""
    made = subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert made.stdout is not None
    assert made.stdout.readline() == "writing\n"
    return made


def parts(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.part"))


@pytest.mark.slow
def test_what_a_killed_writer_left_is_swept_and_what_a_living_one_writes_is_not(tmp_path: Path) -> None:
    write_beside(tmp_path / "a", b"old")
    others = [tmp_path / name for name in ("a.part", "a.mine.part", "b.1-00000000.part", "a.csv.999999-00000000.part")]
    for other in others:
        other.write_bytes(b"")
    killed, living = writer(tmp_path / "a"), writer(tmp_path / "a")
    try:
        killed.send_signal(signal.SIGKILL)
        killed.wait()
        assert (tmp_path / "a").read_bytes() == b"old"
        assert len(parts(tmp_path)) == len(others) + 2
        write_beside(tmp_path / "a", b"new")
        left = [path for path in parts(tmp_path) if path not in others]
        assert [path.name.startswith(f"a.{living.pid}-") for path in left] == [True]
        assert (tmp_path / "a").read_bytes() == b"new"
        assert all(other.exists() for other in others)
    finally:
        living.kill()
        living.wait()
    write_beside(tmp_path / "a", b"newer")
    assert parts(tmp_path) == sorted(others)


def test_the_rest_of_a_write_whose_number_was_given_again_goes_after_a_day(tmp_path: Path) -> None:
    old, new = (tmp_path / f"a.{os.getpid()}-0000000{k}.part" for k in range(2))
    for path in (old, new):
        path.write_bytes(b"")
    os.utime(old, (0, time.time() - files.STALE_SECONDS - 60))
    write_beside(tmp_path / "a", b"")
    assert parts(tmp_path) == [new]


# --- models ---
@pytest.mark.parametrize("model", [DeepSpikingNetwork, ConventionalNetwork, PDNetwork, StdpNetwork])
def test_a_model_of_more_weights_than_its_file_holds_is_refused_before_it_is_made(model: Any, tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    (model(4, 3) if model is StdpNetwork else model([4, 3, 2])).save(path)
    with zipfile.ZipFile(path) as archive, archive.open("json.npy") as member:
        text = np.load(member).tobytes().decode()
    bad = {
        "sizes": [4, 10**12, 2],
        "neurons": 10**12,
        "blueprint": [{"kind": "DenseSpec", "units": 10**12, "normalize": False}],
    }
    changed = {name: value for name, value in bad.items() if name in json.loads(text)}
    assert changed
    form = json.loads(text)["format"]
    write_npz(path, json.dumps(json.loads(text) | changed), read_npz(path, form)[1])
    with pytest.raises(DataError, match="a.npz") as refused:
        model.load(path)
    assert "allocate" not in str(refused.value)
