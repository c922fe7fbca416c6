"""A recording as a sensor: what is played is what was recorded, changed as a mirror or a film run backwards would."""

from __future__ import annotations

import math
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from io_cases import random_events, random_samples, same

from eventnet.errors import DataError, ModelError
from eventnet.event import PIXEL_EVENT, VALUE_EVENT
from eventnet.io import Recording, open_events, write_events
from eventnet.scenarios.sensors import EventReplay, InertialReplay, Playback, on_clock
from eventnet.scenarios.sensors import replay as sensors_replay


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    """5,000 events from 1 ms on, some at the same instant, and samples from 0 to 120 ms."""
    path = tmp_path_factory.mktemp("replay") / "made.aedat"
    events = random_events(5000, 24, 18, start=1000)
    write_events(path, events, width=24, height=18, inertial=random_samples(300))
    return open_events(path)


def rows(events: np.ndarray) -> list[tuple]:
    return sorted(events.tolist())


# --- camera events --------------------------------------------------------------------------------------------------
def test_a_recording_is_played_as_it_was(recording: Recording) -> None:
    wanted = recording.events()
    wanted["t"] -= wanted["t"][0]
    replay = EventReplay(recording)
    assert same(replay.events(math.inf), wanted)
    assert (replay.width, replay.height) == (24, 18)


def test_a_part_begins_on_the_clock_when_asked(recording: Recording) -> None:
    found = EventReplay(recording, Playback(first_us=50_000, end_us=60_000, start_us=7_000_000)).events(math.inf)
    events = recording.events()
    wanted = events[(events["t"] >= 50_000) & (events["t"] < 60_000)]
    assert len(wanted) > 300
    wanted["t"] += 7_000_000 - 50_000
    assert same(found, wanted)


def plain(events: np.ndarray, p: Playback, width: int, height: int) -> list[tuple]:
    """What is played, event by event, in plain numbers."""
    x0, y0, w, h = p.crop or (0, 0, width, height)
    first = events["t"][0] if p.first_us is None else p.first_us
    end = events["t"][-1] + 1 if p.end_us is None else p.end_us
    across, down = math.ceil(w / p.binning), math.ceil(h / p.binning)
    out = []
    for t, x, y, on in events.tolist():
        if not first <= t < end or not 0 <= x - x0 < w or not 0 <= y - y0 < h:
            continue
        x, y = (x - x0) // p.binning, (y - y0) // p.binning
        x = across - 1 - x if p.left_right else x
        y = down - 1 - y if p.up_down else y
        if p.reverse:
            t, on = end - 1 - t, not on
        else:
            t -= first
        out.append((int(np.rint(p.start_us + t / p.speed)), x, y, (not on) if p.negative else on))
    return sorted(out)


PLAYBACKS = st.builds(
    Playback,
    first_us=st.none() | st.integers(0, 20_000),
    end_us=st.none() | st.integers(20_000, 200_000),
    start_us=st.integers(-10_000, 10**9),
    speed=st.sampled_from([0.5, 0.7, 1.0, 1.4, 3.0]),
    reverse=st.booleans(),
    left_right=st.booleans(),
    up_down=st.booleans(),
    negative=st.booleans(),
    crop=st.none() | st.tuples(*[st.integers(a, b) for a, b in ((0, 9), (0, 9), (1, 15), (1, 9))]),
    binning=st.integers(1, 5),
)


@pytest.mark.slow
@settings(deadline=None, max_examples=60)
@given(PLAYBACKS, st.sampled_from([77.7, 5000, 1e9]))
def test_any_playback_is_what_plain_numbers_say_whatever_the_window(
    recording: Recording, p: Playback, window: float
) -> None:
    replay = EventReplay(recording, p)
    parts = list(replay.packets(window))
    found = np.concatenate(parts) if parts else np.empty(0, PIXEL_EVENT)
    assert rows(found) == plain(recording.events(), p, 24, 18)
    assert (np.diff(found["t"]) >= 0).all()
    assert not len(found) or (found["x"].max() < replay.width and found["y"].max() < replay.height)
    for k, part in enumerate(parts):
        assert ((part["t"] >= p.start_us + k * window) & (part["t"] < p.start_us + (k + 1) * window)).all()


@pytest.mark.parametrize("reverse", [False, True])
def test_a_part_that_lies_in_a_file_plays_the_same(
    recording: Recording, reverse: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    replay = EventReplay(recording, Playback(2000, 90_000, reverse=reverse, left_right=True))
    held = replay.events(math.inf)
    packets = list(replay.packets(7000))
    monkeypatch.setattr(sensors_replay, "HELD", 3)
    monkeypatch.setattr(sensors_replay, "PIECE", 5)
    assert len(held) > 20
    assert replay.events(math.inf).tolist() == held.tolist()
    assert [packet.tolist() for packet in replay.packets(7000)] == [packet.tolist() for packet in packets]


def test_events_of_an_instant_keep_their_order_and_lose_it_backwards(recording: Recording) -> None:
    events = recording.events()
    backwards = EventReplay(recording, Playback(reverse=True)).events(math.inf)
    assert np.array_equal(backwards["x"], events["x"][::-1])
    assert np.array_equal(backwards["p"], ~events["p"][::-1])


def test_backwards_and_backwards_again_is_forwards(recording: Recording, tmp_path: Path) -> None:
    twice = Playback(reverse=True, left_right=True, up_down=True, negative=True)
    once = EventReplay(recording, twice).events(math.inf)
    write_events(tmp_path / "once.npz", once, width=24, height=18)
    again = EventReplay(open_events(tmp_path / "once.npz"), twice).events(math.inf)
    assert same(again, EventReplay(recording).events(math.inf))


def test_a_recording_is_read_only_as_far_as_it_is_played(tmp_path: Path) -> None:
    """The same memory for four times the events, a small part of what they take; and no event is read too early."""
    peaks = []
    for n in (250_000, 1_000_000):
        path = tmp_path / f"{n}.npy"
        write_events(path, random_events(n, step=9))
        recording = open_events(path, width=240, height=180, chunk=1 << 16)
        packets = EventReplay(recording, Playback(binning=2)).packets(10_000)
        next(packets)
        assert recording.read < 3e6
        tracemalloc.start()
        count = sum(len(packet) for packet in packets)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert 0.98 * n < count < n
    assert peaks[1] < 1.2 * peaks[0]
    assert peaks[1] < 8e6  # 13 bytes an event: less than all of them, with room for packets


# --- inertial samples -----------------------------------------------------------------------------------------------
def test_samples_play_in_step_with_events(recording: Recording) -> None:
    """The clock's 0 is the first event, at 1 ms; earlier samples are left out."""
    first = int(recording.events()["t"][0])
    samples = recording.inertial()
    samples = samples[samples["t"] >= first]
    found = InertialReplay(recording).events(math.inf)
    assert found.dtype == VALUE_EVENT
    found = found.reshape(-1, 6)
    assert np.array_equal(found["t"], np.repeat(samples["t"][:, None] - first, 6, axis=1))
    assert (found["index"] == np.arange(6)).all()
    assert np.array_equal(found["value"][:, :3], samples["gyroscope"])
    assert np.array_equal(found["value"][:, 3:], samples["acceleration"])


def cross(w: np.ndarray) -> np.ndarray:
    x, y, z = w
    return np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])


@pytest.mark.parametrize("left_right", [False, True])
@pytest.mark.parametrize("up_down", [False, True])
@pytest.mark.parametrize("reverse, speed", [(False, 1.0), (False, 1.4), (True, 0.5)])
def test_rates_are_those_of_the_world_in_the_mirror(
    recording: Recording, left_right: bool, up_down: bool, reverse: bool, speed: float
) -> None:
    """What moves with velocity w x r moves in a mirror with M (w x M r), and backwards the other way."""
    p = Playback(0, 100_000, left_right=left_right, up_down=up_down, reverse=reverse, speed=speed)
    found = InertialReplay(recording, p).events(math.inf)["value"].reshape(-1, 6)
    samples = recording.inertial()[:250]
    assert len(found) == 250
    mirror = np.diag([-1 if left_right else 1, -1 if up_down else 1, 1])
    for sample, played in zip(samples[::-1] if reverse else samples, found):
        turning = mirror @ cross(sample["gyroscope"]) @ mirror * (-speed if reverse else speed)
        assert cross(played[:3]) == pytest.approx(turning)
        assert played[3:] == pytest.approx(mirror @ sample["acceleration"])


@pytest.mark.parametrize("window", [333, 1e9])
def test_windows_of_samples_change_nothing(recording: Recording, window: float) -> None:
    replay = InertialReplay(recording, Playback(reverse=True, speed=2, start_us=50))
    parts = list(replay.packets(window))
    assert same(np.concatenate(parts), replay.events(math.inf))
    assert all(((p["t"] >= 50 + k * window) & (p["t"] < 50 + (k + 1) * window)).all() for k, p in enumerate(parts))


def test_a_file_without_samples_plays_none(tmp_path: Path) -> None:
    write_events(tmp_path / "a.npz", random_events(10), width=240, height=180)
    assert list(InertialReplay(open_events(tmp_path / "a.npz")).packets(1000)) == []


@pytest.mark.parametrize("reverse", [False, True])
def test_a_file_without_events_plays_its_samples(tmp_path: Path, reverse: bool) -> None:
    samples = random_samples(10)
    samples["t"] += 5000
    write_events(tmp_path / "a.aedat", random_events(0), width=240, height=180, inertial=samples)
    recording = open_events(tmp_path / "a.aedat")
    assert list(EventReplay(recording, Playback(reverse=reverse)).packets(1000)) == []
    played = InertialReplay(recording, Playback(reverse=reverse)).events(math.inf)
    assert played["t"][::6].tolist() == list(range(0, 4000, 400))


# --- refusals -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("options, message", [
    ({"speed": 0}, "speed is 0; wanted from"),
    ({"speed": math.nan}, "speed is nan"),
    ({"binning": 0}, "binning is 0; wanted 1 or more"),
    ({"crop": (0, 0, 0, 5)}, r"crop is \(0, 0, 0, 5\); wanted x, y, width, height"),
    ({"crop": (-1, 0, 5, 5)}, r"crop is \(-1"),
    ({"first_us": 5, "end_us": 4}, "first_us is 5 and end_us 4"),
])  # fmt: skip
def test_a_playback_without_sense_is_refused(options: dict, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        Playback(**options)


def test_recordings_that_cannot_be_played_are_refused(tmp_path: Path, recording: Recording) -> None:
    with pytest.raises(DataError, match=r"crop is \(20, 0, 5, 5\), but .*made.aedat has 24x18 pixels"):
        EventReplay(recording, Playback(crop=(20, 0, 5, 5)))
    write_events(tmp_path / "a.npy", random_events(10))
    with pytest.raises(DataError, match=r"a.npy does not say its size"):
        EventReplay(open_events(tmp_path / "a.npy"))
    assert EventReplay(open_events(tmp_path / "a.npy"), Playback(crop=(0, 0, 99, 99))).width == 99
    with pytest.raises(DataError, match="opened with order 'accept'"):
        EventReplay(open_events(tmp_path / "a.npy", order="accept"))


def test_samples_whose_times_fall_are_refused(tmp_path: Path) -> None:
    samples = random_samples(5)
    np.savez(tmp_path / "a.npz", events=random_events(3), inertial=samples[[0, 1, 3, 2, 4]])
    falling = open_events(tmp_path / "a.npz")
    with pytest.raises(DataError, match="inertial sample 3 is at 800 us, after one at 1,200 us"):
        InertialReplay(falling, Playback(0, 9000)).events(math.inf)


# --- a recording of a camera that rolls -----------------------------------------------------------------------------
def test_a_real_recording_plays_on_the_clock(shared: Path) -> None:
    recording = open_events(shared / "data" / "davis_imu" / "IMU_rotDisk.aedat")
    packets = list(on_clock(EventReplay(recording, Playback(binning=2)), 33_000))
    assert sum(len(packet.events) for packet in packets) == 374_296
    assert max(int(packet.events["x"].max()) for packet in packets if len(packet.events)) == 119
    whole = InertialReplay(recording).events(math.inf)
    backwards = InertialReplay(recording, Playback(reverse=True)).events(math.inf)
    assert whole["value"][2::6].mean() == pytest.approx(29.5, abs=0.5)
    assert np.array_equal(backwards["value"][2::6], -whole["value"][2::6][::-1])
