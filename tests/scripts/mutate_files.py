"""Damaged files for every reader: each is read or refused with an error of eventnet's own, soon and in little memory.

    python tests/scripts/mutate_files.py --n 100000 --seed 0 [--only READER ...] [--state FILE]

Mutants are read in processes of their own, with 1 GiB of memory above what these have at the start, and 10 s of
processor time for each mutant. The summary counts by reader: read, refused, raw errors, hangs, crashes, out of memory.
Goes on from the state file, if there is one, and keeps it there after every 250 mutants.
"""

from __future__ import annotations

import argparse
import collections
import gzip
import io
import json
import lzma
import os
import random
import re
import resource
import select
import signal
import struct
import sys
import tarfile
import tempfile
import time
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

sys.path[:0] = [str(Path(__file__).resolve().parents[1]), str(Path(__file__).resolve().parents[2])]

import aedat4_cases as aedat4
import numpy as np
import test_data_nmnist
import test_io_aedat2
import test_io_aedat3
import test_io_dat
import test_io_es
import test_io_evt2
import test_io_evt3
import test_io_evt21
import test_io_hdf5
import test_io_rosbag
import zstandard
from fusion_cases import small_weights
from io_cases import damaged, random_events, random_samples
from matplotlib.image import imsave
from test_news import POSTS

import eventnet as en
from eventnet.base.files import read_arrays, read_npz, write_beside, write_npz
from eventnet.cli.info import about_file
from eventnet.cost.pricing import SHIPPED, read_prices
from eventnet.data.archive import read_members
from eventnet.data.idx import read_images, read_labels
from eventnet.data.news import NEWS_FILE, news
from eventnet.data.nmnist import NMNIST_FILE, nmnist
from eventnet.data.temporal import _read_order, _write_order
from eventnet.data.video import video_frames, video_info
from eventnet.engine import checkpoint
from eventnet.engine.journal import Journal
from eventnet.engine.log_file import read_log
from eventnet.errors import EventnetError
from eventnet.io import open_events, read_inputs, write_events
from eventnet.models import ConventionalNetwork, DeepSpikingNetwork, PDNetwork, StdpNetwork
from eventnet.models.layers import Dense, ReLU
from eventnet.models.nir_bytes import SEAL
from eventnet.models.nir_file import read_nir, write_nir
from eventnet.models.nir_network import read_nir_network
from eventnet.models.onnx import read_onnx, write_onnx
from eventnet.scenarios.fusion.network import FusionWeights
from eventnet.scenarios.fusion.parameters import Parameters
from eventnet.scenarios.shared.parameter_file import as_toml, load
from eventnet.scenarios.worlds.turning import Panorama

OUTCOMES = ("read", "refused", "raw error", "hang", "crash", "out of memory")
MEMORY, SECONDS, SILENT_SECONDS, BATCH = 1 << 30, 10, 120, 250
ANY = re.compile("a/.*")
HUGE = [0, 1, -1, 255, 10**6, 2**31 - 1, 2**31, 2**32, 10**12, 2**62, 2**63, 10**30]


class Case(NamedTuple):
    """A sound file, its name's suffix and its reader; its whole name, where a reader asks for one."""

    sound: bytes
    suffix: str
    read: Callable[[Path], Any]
    name: str = ""

    def path(self, folder: str) -> Path:
        """Where the file and its mutants lie."""
        return Path(folder) / (self.name or f"a{self.suffix}")


# --- sound files ---
def written(write: Callable[[Path], Any], suffix: str = ".npz") -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder) / f"a{suffix}")
        return (Path(folder) / f"a{suffix}").read_bytes()


def all_of(path: Path, format: str | None = None, **options: Any) -> None:
    recording = open_events(path, format, order="accept", **options)
    for _ in recording.packets():
        pass
    recording.inertial()


def small_network() -> tuple[en.Network, en.Simulation]:
    net = en.Network()
    a = net.add(en.Relay(3))
    b = net.add(en.Herding(4, net.weights(np.arange(12.0).reshape(3, 4) / 8, "w")))
    net.connect(a.out, b.spikes, delay=2)
    net.connect(b.out, net.add(en.Sink(4)).spikes)
    sim = en.Simulation(net, engine="reference", record=True)
    sim.inject([(t, a.spikes, t % 3, 1) for t in range(30)])
    return net, sim.run(max_deliveries=40)


BARE = "a checkpoint without its hash"


def write_without_hash(sim: en.Simulation, path: Path) -> None:
    """A checkpoint of which no SHA-256 hides from the checks behind it what is damaged."""
    held = sim.checkpoint()
    write_npz(path, json.dumps({"format": BARE, **held.text}), held.arrays)


def take_up(net: en.Network, path: Path) -> None:
    text, arrays = read_npz(path, (BARE,))
    del text["format"]
    sim = en.Simulation(net, engine="reference", record=True)
    checkpoint.take_up(sim, checkpoint.Checkpoint(text, arrays), str(path))


def event_cases() -> dict[str, Case]:
    events, samples = random_events(60), random_samples(5)
    made = {}
    for format, suffix in (("aedat2", ".aedat"), ("npy", ".npy"), ("npz", ".npz"), ("csv", ".csv")):
        held = {"inertial": samples} if format in ("aedat2", "npz") else {}
        data = written(lambda path, held=held: write_events(path, events, width=240, height=180, **held), suffix)  # type: ignore[misc]
        made[format] = Case(data, suffix, lambda path, format=format: all_of(path, format))  # type: ignore[misc]
    text = b"# unit: us\n240 180\n" + b"".join(b"%d %d %d %d\n" % tuple(map(int, row)) for row in events.tolist())
    raws = {
        "text": (text, ".txt"), "nmnist": (bytes([3, 4, 128, 1, 7, 33, 240, 0, 0, 0, 5, 33, 0, 0, 9]) * 20, ".bin"),
        "evt2": (b"% evt 2.0\n% geometry 240x180\n" + test_io_evt2.encode(events), ".raw"),
        "evt3": (b"% evt 3.0\n% geometry 240x180\n" + test_io_evt3.encode(events), ".raw"),
        "dat": (test_io_dat.HEAD + test_io_dat.encode(events), ".dat"),
    }  # fmt: skip
    streams = aedat4.stream(0, "EVTS") + aedat4.stream(1, "IMUS")
    for name, packing in (("plain", aedat4.PLAIN), ("lz4", aedat4.LZ4), ("zstd", aedat4.ZSTD)):
        packets = [(0, aedat4.events_buffer(events)), (1, aedat4.samples_buffer(samples))]
        raws[f"aedat4 {name}"] = (aedat4.file(streams, packets, packing), ".aedat4")
    for name, (data, suffix) in raws.items():
        made[name] = Case(data, suffix, partial(all_of, format=name.split()[0]))
    made["by first bytes"] = Case(made["evt3"].sound, ".raw", all_of)
    return made | layouts_of_others()


def layouts_of_others() -> dict[str, Case]:
    """Files that eventnet does not write, each in the layout that is published."""
    events, near, flat = random_events(60), random_events(60, 128, 128), random_events(60, 34, 34)
    columns = {"t": events["t"] / 1e6, **{name: events[name] for name in "xyp"}}
    table = np.stack(list(columns.values()), axis=1)
    lines = b",timestamp,x,y,polarity\n" + b"".join(
        b"%d,%.6f,%d,%d,%s\n" % (k, t / 1e6, x, y, str(bool(p)).encode())
        for k, (t, x, y, p) in enumerate(events.tolist())
    )
    order = "t,x,y,p"
    made = {
        "npz of arrays": Case(written(lambda path: np.savez_compressed(path, **columns)), ".npz", all_of),
        "npy, plain": Case(written(lambda path: np.save(path, table), ".npy"), ".npy", partial(all_of, columns=order)),
        "npy, by columns": Case(
            written(lambda path: np.save(path, np.asfortranarray(table)), ".npy"),
            ".npy",
            partial(all_of, columns=order),
        ),
        "csv of pandas": Case(lines, ".csv", all_of),
        "evt21": Case(test_io_evt21.HEADS["little"] + test_io_evt21.encode(near), ".raw", all_of),
        "ncaltech": Case(
            b"".join(bytes([x, y, p << 7, t >> 8, t & 255]) for t, x, y, p in flat.tolist()),
            ".bin",
            partial(all_of, format="ncaltech"),
        ),
        "dvs128": Case(test_io_aedat2.DVS128 + test_io_aedat2.dvs128_words(near), ".aedat", all_of),
        "aedat3": Case(test_io_aedat3.HEAD + test_io_aedat3.polarity(near) + test_io_aedat3.imu6(), ".aedat", all_of),
        "es, DVS": Case(test_io_es.head(1) + test_io_es.encode(events, 1), ".es", all_of),
        "es, ATIS": Case(test_io_es.head(2) + test_io_es.encode(events, 2), ".es", all_of),
        "evt2, cut off": Case(
            b"% evt 2.0\n% t0 7\n" + test_io_evt2.encode(events), ".raw", partial(all_of, partial=True)
        ),
        "aedat3, cut off": Case(
            test_io_aedat3.HEAD + test_io_aedat3.polarity(near), ".aedat", partial(all_of, partial=True)
        ),
    }
    npy = written(lambda path: write_events(path, events), ".npy")
    made["gzip"] = Case(gzip.compress(npy), ".npy.gz", partial(all_of, partial=True))
    made["zstd"] = Case(zstandard.ZstdCompressor().compress(npy), ".npy.zst", partial(all_of, partial=True))
    for name, write in (
        ("DSEC", test_io_hdf5.dsec),
        ("MVSEC", test_io_hdf5.mvsec),
        ("Prophesee", test_io_hdf5.prophesee),
    ):
        made[f"hdf5, {name}"] = Case(written(write, ".h5"), ".h5", partial(all_of, stream=0))  # type: ignore[arg-type]
    rows, _ = test_io_rosbag.rows_of("libcaer_cmp", test_io_rosbag.COLUMNS)
    rows += [("/imu", "sensor_msgs/msg/Imu", test_io_rosbag.imu(10**9, [1, 2, 3], [4, 5, 6]))]
    for form in test_io_rosbag.FORMS:
        with tempfile.TemporaryDirectory() as folder:
            data = test_io_rosbag.write(Path(folder) / "a", rows, form).read_bytes()
        made[f"bag, {form}"] = Case(data, f".{form}", all_of)
    return made


def model_cases() -> dict[str, Case]:
    pd = PDNetwork([4, 3, 2], kp=0.1, kd=2.0)
    return {
        "Deep Spiking Network": Case(written(DeepSpikingNetwork([4, 3, 2]).save), ".npz", DeepSpikingNetwork.load),
        "STDP network": Case(written(StdpNetwork(4, 3).save), ".npz", StdpNetwork.load),
        "conventional network": Case(written(ConventionalNetwork([4, 3, 2]).save), ".npz", ConventionalNetwork.load),
        "PD network": Case(written(pd.save), ".npz", PDNetwork.load),
        "fusion weights": Case(written(small_weights().save), ".npz", FusionWeights.load),
    }


def network_cases() -> dict[str, Case]:
    net, sim = small_network()
    array = written(lambda path: np.save(path, en.events([(t, 0, t % 3, 1) for t in range(30)])), ".npy")
    lines = b"t,port,index,sign\n" + b"".join(b"%d,%d,%d,1\n" % (t, 0, t % 3) for t in range(30))
    return {
        "network": Case(written(net.save), ".npz", en.Network.load),
        "network, by info": Case(written(net.save), ".npz", about_file),
        "checkpoint, as a file": Case(written(sim.save), ".npz", checkpoint.read),
        "checkpoint, taken up": Case(written(partial(write_without_hash, sim)), ".npz", partial(take_up, net)),
        "log": Case(
            written(lambda path: np.save(path, sim.log), ".npy"), ".npy", lambda path: np.array(read_log(path))
        ),
        "inputs, array": Case(array, ".npy", lambda path: read_inputs(path, net)),
        "inputs, lines": Case(lines, ".csv", lambda path: read_inputs(path, net)),
    }


def exchange_cases() -> dict[str, Case]:
    rng = np.random.default_rng(0)
    layers = [Dense(rng.normal(size=(4, 3)), np.zeros(3)), ReLU(), Dense(rng.normal(size=(3, 2)), np.zeros(2))]
    nir = written(lambda path: write_nir(layers, (4,), path), ".nir")
    return {
        "onnx": Case(written(lambda path: write_onnx(layers, (4,), path), ".onnx"), ".onnx", read_onnx),
        "nir, sealed": Case(nir, ".nir", read_nir),
        "nir of other tools": Case(nir[: -len(SEAL) - 64], ".nir", read_nir),
        "nir, spiking": Case(
            (Path(__file__).parents[1] / "fixtures" / "nir" / "braille_noDelay_bias_zero.nir").read_bytes(),
            ".nir",
            partial(read_nir_network, dt=1e-4),
        ),
    }


def data_cases() -> dict[str, Case]:
    idx = b"\0\0\x08\x03" + struct.pack(">III", 5, 6, 7) + bytes(range(210))
    labels = b"\0\0\x08\x01" + struct.pack(">I", 50) + bytes(range(10)) * 5
    members = {f"a/{k}": bytes(100) for k in range(2)}
    posts = {f"20news-bydate/20news-bydate-{name}": text.encode("latin-1") for name, text in POSTS.items()}
    order = np.roll(np.arange(300)[::-1], 1)
    return {
        "idx": Case(idx, "", read_images),
        "idx, gzip": Case(gzip.compress(idx), ".gz", read_images),
        "labels": Case(labels, "", read_labels),
        "tar.xz": Case(packed(members), ".tar.xz", partial(read_members, wanted=ANY, most=1 << 20, most_each=1 << 10)),
        "news": Case(packed(posts), "", lambda path: news(path.parent), NEWS_FILE),
        "N-MNIST": Case(test_data_nmnist.archive(), "", lambda path: nmnist(path.parent, pinned=False), NMNIST_FILE),
        "order of samples": Case(
            written(lambda path: _write_order(path, order)), "", lambda path: _read_order(path, 300)
        ),
    }


def packed(members: dict[str, bytes]) -> bytes:
    """A .tar.xz of some files."""
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w") as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return lzma.compress(tar.getvalue())


def other_cases() -> dict[str, Case]:
    prices = (SHIPPED / "loihi.toml").read_bytes()
    arrays = written(lambda path: np.savez(path, a=np.arange(9.0), b=np.eye(3, dtype=np.int32)))
    pixels = np.random.default_rng(0).integers(0, 256, (16, 32, 3), np.uint8)
    return {
        "price list": Case(prices, ".toml", read_prices),
        "parameters": Case(as_toml(Parameters()).encode(), ".toml", lambda path: load(path, Parameters())),
        "arrays": Case(arrays, ".npz", read_arrays),
        "finished piece": Case(written(write_piece), ".npz", lambda path: Journal(path.parent).find("a")),
        "picture": Case(written(partial(imsave, arr=pixels), ".png"), ".png", partial(Panorama.from_picture, size=8)),
    }


def write_piece(path: Path) -> None:
    journal = Journal(path.parent)
    journal.keep("a", {"rows": [1, 2.5, "x"], "weights": np.arange(6.0)})
    journal.flush()


def video_cases() -> dict[str, Case]:
    import av

    def write(path: Path, codec: str, form: str) -> None:
        with av.open(str(path), "w") as container:
            stream = container.add_stream(codec, rate=25)
            stream.height, stream.width, stream.pix_fmt = 32, 48, form
            for n in range(5):
                pixels = np.random.default_rng(n).integers(0, 256, (32, 48, 3), np.uint8)
                container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, "rgb24")))
            container.mux(stream.encode())

    def read(path: Path) -> None:
        video_info(path)
        for _ in video_frames(path):
            pass

    kinds = {"mp4": ("mpeg4", "yuv420p"), "mkv": ("ffv1", "yuv420p"), "avi": ("mjpeg", "yuvj420p")}
    return {
        f"video {end}": Case(written(lambda path, how=how: write(path, *how), f".{end}"), f".{end}", read)  # type: ignore[misc]
        for end, how in kinds.items()
    }


def cases() -> dict[str, Case]:
    made = event_cases() | model_cases() | network_cases() | exchange_cases() | data_cases() | other_cases()
    return made | video_cases()


# --- mutants ---
def mutant(name: str, case: Case, rng: random.Random) -> bytes:
    """Bytes changed at random; or, where the format has a structure, one of its numbers."""
    if case.sound[:2] == b"PK" and rng.random() < 0.6:
        return of_archive(case.sound, rng)
    if case.suffix in (".toml", ".csv", ".txt") and rng.random() < 0.6:
        return of_text(case.sound, rng)
    if case.sound[:6] == b"\x93NUMPY" and rng.random() < 0.6:
        return of_header(case.sound, rng)
    if case.sound[:2] == b"\x1f\x8b" and rng.random() < 0.6:
        return gzip.compress(one_damaged(gzip.decompress(case.sound), rng), 1)
    if case.sound[:6] == b"\xfd7zXZ\0" and rng.random() < 0.6:
        return lzma.compress(one_damaged(lzma.decompress(case.sound), rng), preset=0)
    return one_damaged(case.sound, rng)


def one_damaged(sound: bytes, rng: random.Random) -> bytes:
    return next(damaged(sound, 1, rng.randrange(1 << 60)))


def of_text(sound: bytes, rng: random.Random) -> bytes:
    """A number, a value or a line is another; brackets, quotes and keys without end."""
    made = sound
    for _ in range(rng.randint(1, 3)):
        numbers = list(re.finditer(rb"-?\d[\d._]*", made)) or [re.match(b"", made)]
        at = rng.choice(numbers)
        assert at is not None
        new = rng.choice(
            [str(rng.choice(HUGE)).encode(), b"9" * 5000, b"1e999", b"nan", b"-0", b"true", b'""', b"[" * 3000, b"{a=" * 500,
             b"a." * 5000, b'"""', b"0x" + b"f" * 4000, b"[1, 2]", b"{}", b"1979-05-27", b"\n", b"\r", b"\xff", b"\0"]
        )  # fmt: skip
        made = made[: at.start()] + new + made[at.end() :]
    return made


def of_header(sound: bytes, rng: random.Random) -> bytes:
    """Another shape, type or length in the header of an array."""
    length = int.from_bytes(sound[8:10], "little")
    text, rest = sound[10 : 10 + length], sound[10 + length :]
    what = rng.randrange(5)
    if what == 0:
        text = re.sub(rb"\([\d, ]*\)", f"({rng.choice(HUGE)}, {rng.choice(HUGE)})".encode(), text, count=1)
    elif what == 1:
        text = re.sub(
            rb"'[<>|=]\w+'",
            rng.choice([b"'|O'", b"'<U999999999'", b"'V0'", b"'<f2'", b"'<M8[s]'", b"'|b1'"]),
            text,
            count=1,
        )
    elif what == 2:
        text = rng.choice([b"(" * 5000, b"[" * 900 + b"]" * 900, b"'", b"-" * 4000 + b"1", b"9" * 6000, b"{}" * 9])
    elif what == 3:
        at = rng.randrange(len(text) + 1)
        text = text[:at] + rng.choice([b"'", b"(", b"}", b"\\", b"\0", b"\n", b"-", b"1" * 5000]) + text[at + 1 :]
    else:
        rest = rest[: rng.randrange(len(rest) + 1)] * rng.randint(0, 3)
    return sound[:8] + min(len(text), 65535).to_bytes(2, "little") + text + rest


def of_archive(sound: bytes, rng: random.Random) -> bytes:
    """A member is absent, exchanged, damaged or huge; or a value of the text is another."""
    with zipfile.ZipFile(io.BytesIO(sound)) as archive:
        members = {info.filename: archive.read(info) for info in archive.infolist()}
    huge: set[str] = set()
    for _ in range(rng.randint(1, 2)):
        name, what = rng.choice(list(members)), rng.randrange(8)
        if what == 0:
            del members[name]
            if not members:
                break
        elif what == 1:
            members[name] = rng.choice(list(members.values()))
        elif what == 2:
            members[name] = one_damaged(members[name], rng) if members[name] else b""
        elif what == 3 and members[name][:6] == b"\x93NUMPY":
            members[name] = of_header(members[name], rng)
        elif what == 4 and rng.random() < 0.02:
            shape = f"{{'descr': '|u1', 'fortran_order': False, 'shape': ({600 << 20},)}}".encode()
            members[name] = b"\x93NUMPY\1\0" + len(shape).to_bytes(2, "little") + shape
            huge.add(name)
        elif "json.npy" in members:
            members["json.npy"] = of_json(members["json.npy"], rng)
    made = io.BytesIO()
    method = rng.choice([zipfile.ZIP_DEFLATED] * 8 + [zipfile.ZIP_STORED, zipfile.ZIP_LZMA])
    with zipfile.ZipFile(made, "w", method) as archive:
        for name, data in members.items():
            if name not in huge:
                archive.writestr(name, data)
                continue
            with archive.open(name, "w") as file:  # a piece at a time: a machine short of memory need not swap for it
                file.write(data)
                for _ in range(600):
                    file.write(bytes(1 << 20))
    return made.getvalue()


def of_json(member: bytes, rng: random.Random) -> bytes:
    """One value of the text, wherever it stands, is another."""
    try:
        text = json.loads(np.load(io.BytesIO(member), allow_pickle=False).tobytes())
    except Exception:  # it was damaged before
        return member
    places: list[tuple[Any, Any]] = []
    waiting = [text]
    while waiting:
        found = waiting.pop()
        inside = (
            list(found.items())
            if isinstance(found, dict)
            else list(enumerate(found))
            if isinstance(found, list)
            else []
        )
        places += [(found, key) for key, _ in inside if key != "format" or rng.random() < 0.1]
        waiting += [value for _, value in inside]
    if places:
        holder, key = rng.choice(places)
        others = [None, True, "", "x" * 5000, [], {}, 1.5, 1e308, -1.0, float("nan"), [[]], {"block": "w"}, *HUGE]
        holder[key] = rng.choice([*others, text, [holder[key]] * 3] if rng.random() < 0.9 else others)
    try:
        made = json.dumps(text).encode()
    except (ValueError, RecursionError):  # it holds itself
        made = b"[" * 5000
    file = io.BytesIO()
    np.save(file, np.frombuffer(made, np.uint8))
    return file.getvalue()


# --- trying ---
def outcome(case: Case, path: Path) -> tuple[str, str]:
    try:
        case.read(path)
    except EventnetError as error:
        cause: BaseException | None = error
        while cause is not None:
            if isinstance(cause, MemoryError):
                return "out of memory", str(error)[:300]
            cause = cause.__cause__ or cause.__context__
        if str(path) not in str(error):
            return "raw error", f"without the file's name: {str(error)[:300]}"
        return "refused", ""
    except MemoryError as error:
        return "out of memory", str(error)[:300]
    except Exception as error:
        return "raw error", f"{type(error).__name__}: {str(error)[:300]}"
    return "read", ""


def work(name: str, case: Case, seed: int, numbers: range, folder: str, pipe: int) -> None:
    """Try some mutants; a line for each is written before it is made, and when it has ended."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limit = pages * resource.getpagesize() + MEMORY
    path = case.path(folder)
    for k in numbers:
        os.write(pipe, f"{k}\n".encode())
        content = mutant(name, case, random.Random(f"{seed} {name} {k}"))
        path.write_bytes(content)
        del content
        resource.setrlimit(resource.RLIMIT_AS, (limit, resource.RLIM_INFINITY))
        signal.setitimer(signal.ITIMER_PROF, SECONDS)  # its signal ends the process
        found = outcome(case, path)
        signal.setitimer(signal.ITIMER_PROF, 0)
        resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        os.write(pipe, json.dumps([k, *found]).encode() + b"\n")
    os._exit(0)


class Found:
    """Outcomes of the mutants so far, by reader, and what is told of the bad ones; kept in a file, if one is named."""

    def __init__(self, seed: int, path: Path | None = None) -> None:
        self.seed, self.path = seed, path
        self.counts: dict[str, collections.Counter[str]] = collections.defaultdict(collections.Counter)
        self.told: list[str] = []
        self.seconds: collections.Counter[str] = collections.Counter()
        if path is not None and path.exists():
            held = json.loads(path.read_text())
            if held["seed"] != seed:
                raise SystemExit(f"{path} is of the seed {held['seed']}; wanted {seed}")
            self.counts.update({name: collections.Counter(counts) for name, counts in held["counts"].items()})
            self.told, self.seconds = held["told"], collections.Counter(held["seconds"])

    def keep(self) -> None:
        if self.path is not None:
            held = {"seed": self.seed, "counts": self.counts, "told": self.told, "seconds": self.seconds}
            write_beside(self.path, json.dumps(held).encode())

    def add(self, name: str, k: int, what: str, said: str) -> None:
        """What came of a mutant."""
        self.counts[name][what] += 1
        if what not in ("read", "refused"):
            self.told.append(f"{name} {k}: {what}: {said}")


def try_all(name: str, case: Case, n: int, found: Found) -> None:
    """Try a file's mutants up to the nth; those before are found already."""
    k = found.counts[name].total()
    with tempfile.TemporaryDirectory() as folder:
        while k < n:
            begun = time.monotonic()
            k = _batch(name, case, range(k, min(k + BATCH, n)), folder, found)
            found.seconds[name] += round(time.monotonic() - begun)
            found.keep()


def check_sound(name: str, case: Case) -> None:
    """What is mutated can be read: else all would be refused for another reason."""
    with tempfile.TemporaryDirectory() as folder:
        path = case.path(folder)
        path.write_bytes(case.sound)
        found = outcome(case, path)
    if found != ("read", ""):
        raise SystemExit(f"the sound file of {name!r} is not read: {found}")


def _batch(name: str, case: Case, numbers: range, folder: str, found: Found) -> int:
    """Try a batch in a child; the number after the last one tried."""
    read_end, write_end = os.pipe()
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        os.close(read_end)
        try:
            work(name, case, found.seed, numbers, folder, write_end)
        finally:
            os._exit(3)
    os.close(write_end)
    begun, ended, rest = numbers.start - 1, numbers.start, b""
    silent, used = False, -1
    while True:
        ready, _, _ = select.select([read_end], [], [], SILENT_SECONDS)
        before, used = used, processor_time(child)
        if not ready and used == before and sleeps(child):
            silent = True
            os.kill(child, signal.SIGKILL)
        data = os.read(read_end, 1 << 16)
        if not data:
            break
        *lines, rest = (rest + data).split(b"\n")
        for line in lines:
            if not line.startswith(b"["):
                begun = int(line)
                continue
            k, what, said = json.loads(line)
            ended = k + 1
            found.add(name, k, what, said)
    os.close(read_end)
    status = os.waitpid(child, 0)[1]
    if ended == numbers.stop:
        return ended
    hung = silent or (os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGPROF)
    at = max(begun, numbers.start)
    found.add(name, at, "hang" if hung else "crash", f"status {status}")
    return at + 1


def processor_time(process: int) -> int:
    """What a process has used so far, in ticks of the system's clock."""
    return sum(map(int, _stat(process)[11:13]))


def sleeps(process: int) -> bool:
    """Whether it waits for something other than a processor, a disk or memory: on a busy machine, such waits are long."""
    return _stat(process)[0] not in ("R", "D")


def _stat(process: int) -> list[str]:
    """What Linux tells of a process, from its state on."""
    return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()


def try_readers(n: int, found: Found, only: list[str] | None = None) -> None:
    """Mutants dealt to all readers alike; a line is printed for each reader."""
    chosen = {name: case for name, case in cases().items() if not only or name in only}
    for name, case in chosen.items():
        check_sound(name, case)
    for at, (name, case) in enumerate(chosen.items()):
        share = n // len(chosen) + (at < n % len(chosen))
        try_all(name, case, share, found)
        counts = found.counts[name]
        row = "  ".join(f"{what} {counts[what]:,}" for what in OUTCOMES if counts[what])
        print(f"{name:24} {share:7,}: {row}  ({found.seconds[name]:.0f} s)", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, default=100_000, help="mutants, of all readers together")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", nargs="*", help="names of readers")
    parser.add_argument("--state", type=Path, help="goes on from here, and writes here")
    given = parser.parse_args()
    found = Found(given.seed, given.state)
    try_readers(given.n, found, given.only)
    for line in found.told[:100]:
        print(line)
    total: collections.Counter[str] = sum(found.counts.values(), collections.Counter())
    print(f"\n{total.total():,} mutants: " + ", ".join(f"{what} {total[what]:,}" for what in OUTCOMES))
    sys.exit(1 if any(total[what] for what in OUTCOMES[2:]) else 0)


if __name__ == "__main__":
    main()
