"""AEDAT 4.0: packets of events and inertial samples, compressed or not."""

from __future__ import annotations

import struct
import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("lz4")
pytest.importorskip("zstandard")

from aedat4_cases import LZ4, PLAIN, ZSTD, events_buffer, file, header, packet, samples_buffer, stream
from io_cases import damaged, random_events, random_samples, read_or_refuse, same

from eventnet.errors import DataError
from eventnet.io import INERTIAL, open_events

EVENTS = random_events(1000, 320, 240, start=1_605_537_493_718_345)
TWO = stream(0, "EVTS") + stream(2, "IMUS", size=None)


def float32(samples: np.ndarray) -> np.ndarray:
    """The samples as a file with 32-bit numbers holds them."""
    out = samples.copy()
    for name in ("gyroscope", "acceleration", "temperature"):
        out[name] = samples[name].astype(np.float32)
    return out


SAMPLES = float32(random_samples(20))


@pytest.fixture
def write(tmp_path: Path):
    def write(data: bytes) -> Path:
        (tmp_path / "a.aedat4").write_bytes(data)
        return tmp_path / "a.aedat4"

    return write


def whole(compression: int = LZ4, with_table: bool = False) -> bytes:
    packets = [(0, events_buffer(EVENTS[:300])), (2, samples_buffer(SAMPLES[:7])), (7, b"what nobody reads")]
    packets += [(0, events_buffer(EVENTS[300:])), (0, events_buffer(EVENTS[:0])), (2, samples_buffer(SAMPLES[7:]))]
    return file(TWO, packets, compression, with_table)


@pytest.mark.parametrize("compression", [PLAIN, LZ4, 2, ZSTD, 4])
@pytest.mark.parametrize("with_table", [False, True])
def test_events_and_samples_come_back(write, compression: int, with_table: bool) -> None:
    data = whole(min(compression, 3) if compression != 2 else LZ4, with_table)
    if compression in (2, 4):  # the same frames, from a compressor that tries harder
        data = data.replace(struct.pack("<i", compression - 1), struct.pack("<i", compression), 1)
    recording = open_events(write(data))
    assert (recording.format, recording.width, recording.height) == ("aedat4", 320, 240)
    assert same(recording.events(), EVENTS)
    assert same(recording.inertial(), SAMPLES)
    assert [len(events) for events in recording.packets(400)] == [400, 400, 200]


def test_a_field_that_is_left_out_is_0(write) -> None:
    data = file(TWO, [(2, samples_buffer(SAMPLES, left_out=7))])
    wanted = SAMPLES.copy()
    wanted["gyroscope"][:, 2] = 0
    recording = open_events(write(data))
    assert same(recording.inertial(), wanted)
    assert len(recording.events()) == 0


def test_of_two_cameras_one_is_named(write) -> None:
    streams = stream(0, "EVTS", "left") + stream(1, "EVTS", "right", (640, 480)) + stream(2, "IMUS", "right")
    streams += stream(3, "IMUS", "left")
    packets = [(0, events_buffer(EVENTS)), (1, events_buffer(EVENTS[:5])), (2, samples_buffer(SAMPLES))]
    path = write(file(streams, packets))
    with pytest.raises(
        DataError, match=r"has 2 streams of events \(0, 1\); wanted one: say which with the option stream"
    ):
        open_events(path)
    with pytest.raises(DataError, match="wanted number 3 among them"):
        open_events(path, stream=3)
    right = open_events(path, stream=1)
    assert (right.width, len(right.events()), len(right.inertial())) == (640, 5, 20)
    left = open_events(path, stream=0)
    assert (left.width, len(left.events()), len(left.inertial())) == (320, 1000, 0)


def test_samples_of_cameras_without_events_are_not_mixed(write) -> None:
    streams = stream(0, "EVTS", "a") + stream(1, "IMUS", "b") + stream(2, "IMUS", "c")
    with pytest.raises(DataError, match="has 2 streams of inertial samples"):
        open_events(write(file(streams, []))).inertial()


def changed(field: str, value: float) -> np.ndarray:
    samples = SAMPLES.copy()
    samples[field][3] = value
    return samples


HEAD = b"#!AER-DAT4.0\r\n"


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (HEAD, "declares a header up to byte 18|is damaged"),
        (b"#!AER-DAT4.1\r\n", "does not begin with the line"),
        (HEAD + b"\xff\xff\xff\xff", "declares a header up to byte 4,294,967,313, but has 18 bytes"),
        (HEAD + struct.pack("<I", 8) + bytes(8), "XML is damaged|has 0 streams"),
        (file(stream(0, "FRME"), []), "has 0 streams of events"),
        (file(stream(0, "EVTS", size=(-3, 4)), []), r"a stream has the number and size \['0', '-3', '4'\]"),
        (file('<!DOCTYPE a [<!ENTITY b "c">]>', []), "XML has declarations"),
        (file("<node>", []), "XML is damaged: mismatched tag"),
        (whole()[:-3], "is cut off or damaged: the packet at byte"),
        (whole() + b"\0\0\0", "is cut off or damaged: the packet at byte"),
        (whole() + struct.pack("<ii", 0, -5), "has -5 bytes"),
        (whole(with_table=True)[:-100], "is cut off: its packets end at byte"),
        (whole() + struct.pack("<ii", 0, 9) + b"not a frame"[:9], "cannot be decompressed"),
        (whole() + packet(0, events_buffer(EVENTS), LZ4)[:60] + b"\0" * 9000, "cannot be decompressed|cut off or damaged"),
        (file(TWO, [(0, b"")]), "has 4 bytes, another size than it says"),
        (file(TWO, [(0, b"\xff\xff\xff\x00EVTS")]), "is damaged: it leads to bytes 16,777,215 to"),
        (file(TWO, [(2, samples_buffer(SAMPLES[::-1]))]), "inertial sample 1 is earlier than the one before it"),
        (file(TWO, [(2, samples_buffer(changed("gyroscope", np.nan)))]), "sample whose gyroscope is not a number"),
        (file(TWO, [], compression=9), "has the compression 9; wanted 0 to 4"),
        (file(TWO, [(0, events_buffer(random_events(9)).replace(b"\x01\0\0\0", b"\x02\0\0\0"))]), "has the polarity 2"),
        (file(TWO, [(0, events_buffer(random_events(900, 321)))]), r"event \d+ \(number \d+ of the packet at byte \d+\) has x = 320"),
    ],
)  # fmt: skip
def test_what_is_damaged_is_refused(write, data: bytes, text: str) -> None:
    with pytest.raises(DataError, match=text):
        read(write(data))


def read(path: Path) -> None:
    recording = open_events(path, "aedat4")
    recording.events()
    recording.inertial()


def test_a_frame_that_unfolds_without_end_is_stopped(write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("eventnet.io.formats.aedat4.MAX_PACKET", 1 << 20)
    for compression in (LZ4, ZSTD):
        path = write(file(TWO, [(0, bytes(50 << 20))], compression))
        with pytest.raises(DataError, match=r"has [12],\d{3},\d{3} bytes, another size than it says"):
            open_events(path).events()


@pytest.mark.parametrize(("module", "compression"), [("lz4.frame", LZ4), ("zstandard", ZSTD)])
def test_without_the_extra_the_error_says_what_to_install(write, monkeypatch, module: str, compression: int) -> None:
    path = write(whole(compression))
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(DataError, match=r'pip install "eventnet\[dvs\]"'):
        open_events(path)


def test_a_packet_that_is_cut_off_is_left_over(write) -> None:
    last = events_buffer(EVENTS[30:60])
    data = file(TWO, [(0, events_buffer(EVENTS[:30])), (2, samples_buffer(SAMPLES)), (0, last)], PLAIN, False)
    with pytest.raises(DataError, match="is cut off"):
        open_events(write(data[:-20])).events()
    recording = open_events(write(data[:-20]), partial=True)
    assert same(recording.events(), EVENTS[:30])
    assert recording.left == len(data) - data.rindex(last) + 12 - 20  # before it: stream, size, size
    assert same(recording.inertial(), SAMPLES)


@pytest.mark.parametrize("compression", [PLAIN, LZ4, ZSTD])
def test_damaged_files_are_read_or_refused(tmp_path: Path, compression: int) -> None:
    packets = [(0, events_buffer(EVENTS[:20])), (2, samples_buffer(SAMPLES[:3])), (0, events_buffer(EVENTS[20:40]))]
    for with_table in (False, True):
        for data in damaged(file(TWO, packets, compression, with_table), 150, seed=compression):
            read_or_refuse(tmp_path / "a.aedat4", data)


def test_damaged_buffers_are_read_or_refused(tmp_path: Path) -> None:
    for made, number in ((events_buffer(EVENTS[:5]), 0), (samples_buffer(SAMPLES[:3]), 2)):
        for data in damaged(made, 200, seed=11):
            read_or_refuse(tmp_path / "a.aedat4", file(TWO, [(number, data)], PLAIN))
    for data in damaged(header(TWO, LZ4), 200, seed=12):
        read_or_refuse(tmp_path / "a.aedat4", HEAD + struct.pack("<I", len(data)) + data)


def test_a_recording_of_a_still_camera_has_its_published_facts(shared: Path) -> None:
    recording = open_events(shared / "data" / "events" / "sample.aedat4")
    facts = recording.facts()
    assert (recording.width, recording.height) == (320, 240)
    assert (facts.events, facts.falls, round(facts.duration / 1e6, 2)) == (111_954, 0, 0.59)
    samples = recording.inertial()
    assert (len(samples), samples.dtype) == (475, INERTIAL)
    assert round(np.linalg.norm(samples["acceleration"], axis=1).mean(), 2) == 1.08
    assert round(1e6 * len(samples) / (samples["t"][-1] - samples["t"][0])) == 807


def test_another_reader_finds_the_same(shared: Path) -> None:
    aedat = pytest.importorskip("aedat", reason="the package aedat is a second reader of whole files")
    path = shared / "data" / "events" / "sample.aedat4"
    packets = list(aedat.Decoder(str(path)))
    events = np.concatenate([part["events"] for part in packets if "events" in part])
    samples = np.concatenate([part["imus"] for part in packets if "imus" in part])
    found = open_events(path)
    for name, other in zip("txyp", ("t", "x", "y", "on")):
        assert np.array_equal(found.events()[name], events[other])
    for k, axis in enumerate("xyz"):
        assert np.array_equal(found.inertial()["gyroscope"][:, k], samples[f"gyroscope_{axis}"])
        assert np.array_equal(found.inertial()["acceleration"][:, k], samples[f"accelerometer_{axis}"])
    assert np.array_equal(found.inertial()["temperature"], samples["temperature"])


def test_a_recording_of_a_davis346_has_its_published_facts(shared: Path) -> None:
    """Frames and triggers, which are in the same file, are passed over."""
    recording = open_events(shared / "data" / "events" / "davis346_sample.aedat4")
    facts = recording.facts()
    assert (facts.events, facts.first, facts.last) == (6_676, 1_589_163_147_368_868, 1_589_163_147_538_809)
    assert (recording.width, recording.height, round(facts.on_fraction or 0, 4)) == (346, 260, 0.5337)
    samples = recording.inertial()
    assert len(samples) == 160
    assert np.allclose(samples["gyroscope"].mean(axis=0), [0.75, -0.49, 0.12], atol=0.005)
