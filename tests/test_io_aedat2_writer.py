"""What is written as AEDAT 2.0 is read back exactly, events and inertial samples."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from io_cases import pixel_events, random_events, random_samples, same, some_events

from eventnet.errors import DataError
from eventnet.io import INERTIAL, open_events, write_events


@pytest.mark.slow
@settings(deadline=None)
@given(some_events(1024, 512), st.integers(1, 9))
def test_any_events_come_back(tmp_path_factory: pytest.TempPathFactory, events: np.ndarray, packet: int) -> None:
    path = tmp_path_factory.getbasetemp() / "any.aedat"
    events["t"] = np.minimum(events["t"], (1 << 31) - 1)
    packets = [events[k : k + packet] for k in range(0, len(events), packet)]
    assert write_events(path, packets).events == len(events)
    assert same(open_events(path, chunk=8 * packet).events(), events)


@pytest.mark.parametrize("scales", [(131.0, 16384.0), (65.5, 8192.0), (32.8, 4096.0), (16.4, 2048.0)])
def test_samples_come_back_between_the_events(tmp_path: Path, scales: tuple[float, float]) -> None:
    events, samples = random_events(5000), random_samples(400, 1, *scales)
    path = tmp_path / "a.aedat"
    packets = (events[k : k + 700] for k in range(0, len(events), 700))
    written = write_events(path, packets, width=240, height=180, inertial=samples)
    assert (written.events, written.inertial, written.bytes) == (5000, 400, path.stat().st_size)
    recording = open_events(path)
    assert (recording.width, recording.height) == (240, 180)
    assert same(recording.events(), events)
    assert same(recording.inertial(), samples)
    words = np.frombuffer(path.read_bytes()[-8 * (5000 + 7 * 400) :], ">u4").reshape(-1, 2)
    assert (np.diff(words[:, 1].astype(np.int64)) >= 0).all()


def test_the_ends_of_every_scale_come_back(tmp_path: Path) -> None:
    samples = np.zeros(2, INERTIAL)
    samples["gyroscope"] = np.array([[-32768], [32767]]) / 16.4
    samples["acceleration"] = np.array([[-32768], [32767]]) / 2048
    samples["temperature"] = np.array([-32768, 32767]) / 340 + 35
    write_events(tmp_path / "a.aedat", pixel_events([]), inertial=samples)
    assert same(open_events(tmp_path / "a.aedat").inertial(), samples)


def test_samples_without_events_and_events_without_size_are_written(tmp_path: Path) -> None:
    samples = random_samples(3)
    write_events(tmp_path / "a.aedat", pixel_events([]), inertial=samples)
    recording = open_events(tmp_path / "a.aedat")
    assert same(recording.inertial(), samples)
    assert len(recording.events()) == 0
    assert recording.width is None


@pytest.mark.parametrize("start", [0, (1 << 32) - 100, 1_605_537_493_718_345, -(1 << 40)])
def test_a_recording_may_begin_at_any_time(tmp_path: Path, start: int) -> None:
    events = random_events(300, start=start)
    write_events(tmp_path / "a.aedat", events)
    assert same(open_events(tmp_path / "a.aedat").events(), events)


def test_a_sensor_of_any_size_is_remembered(tmp_path: Path) -> None:
    write_events(tmp_path / "a.aedat", random_events(3), width=304, height=240)
    assert open_events(tmp_path / "a.aedat").width == 304


def test_samples_between_steps_are_rounded_to_the_finest_that_holds_them(tmp_path: Path) -> None:
    samples = random_samples(2)
    samples["gyroscope"] = 300.001
    write_events(tmp_path / "a.aedat", random_events(3), inertial=samples)
    found = open_events(tmp_path / "a.aedat").inertial()["gyroscope"]
    assert np.allclose(found, 300.001, rtol=0, atol=0.5 / 65.5)
    assert b"GyroFullScaleDegPerSec500" in (tmp_path / "a.aedat").read_bytes()


def wrong(name: str, value: float) -> np.ndarray:
    samples = np.zeros(2, INERTIAL)
    samples["t"] = 5, 9
    samples[name][1] = value
    return samples


@pytest.mark.parametrize(
    ("events", "samples", "text"),
    [
        ([(0, 1024, 0, 1)], None, "event 0 has x = 1024; AEDAT 2.0 holds x from 0 to 1023"),
        ([(0, 0, 0, 1), (0, 0, 512, 1)], None, "event 1 has y = 512; AEDAT 2.0 holds y from 0 to 511"),
        ([(5, 0, 0, 1), (4, 0, 0, 1)], None, "events fall back in time"),
        ([(5, 0, 0, 1), (5 + (1 << 31), 0, 0, 1)], None, "comes 2,147,483,648 us after the record before it"),
        ([(5, 0, 0, 1)], wrong("t", 4), "inertial sample 1 is earlier"),
        ([(5, 0, 0, 1)], wrong("gyroscope", 2001), "has 2001.0 deg/s; AEDAT 2.0 holds 1998.0"),
        ([(5, 0, 0, 1)], wrong("gyroscope", -np.inf), "has -inf deg/s"),
        ([(5, 0, 0, 1)], wrong("acceleration", np.nan), "has nan g; AEDAT 2.0 holds 16.0"),
        ([(5, 0, 0, 1)], wrong("temperature", 140), "temperature is not within what AEDAT 2.0 holds"),
        ([(5, 0, 0, 1)], wrong("temperature", np.nan), "temperature is not within what AEDAT 2.0 holds"),
    ],
)
def test_what_the_format_cannot_hold_is_refused_and_the_old_file_stays(tmp_path: Path, events, samples, text) -> None:
    path = tmp_path / "a.aedat"
    path.write_bytes(b"old")
    with pytest.raises(DataError, match=text):
        write_events(path, pixel_events(events), inertial=samples)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_real_recording_comes_back_to_the_last_bit(shared: Path, tmp_path: Path) -> None:
    source = open_events(shared / "data" / "davis_imu" / "IMU_rotDisk.aedat")
    samples = source.inertial()
    written = write_events(tmp_path / "a.aedat", source.packets(), width=240, height=180, inertial=samples)
    assert (written.events, written.inertial) == (374_296, 7_384)
    again = open_events(tmp_path / "a.aedat")
    assert same(again.events(), source.events())
    assert same(again.inertial(), samples)
