"""AEDAT 2.0 files of DAVIS cameras: pixels and inertial samples in one stream of words."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
from io_cases import damaged, pixel_events, random_events, read_or_refuse, same

from eventnet.errors import DataError
from eventnet.event import Events
from eventnet.io import Scales, open_events
from eventnet.io.inertial import summary

HEAD = b"#!AER-DAT2.0\r\n# AEChip: eu.seebetter.ini.chips.davis.DAVIS240C\r\n"
SCALED = b'#  <entry key="ImuGyroScale" value="GyroFullScaleDegPerSec1000"/>\n#<entry key="ImuAccelScale" value="ImuAccelScaleG8"/>\n'
ROWS = [(10, 0, 0, 1), (10, 239, 179, 0), (12, 7, 140, 1), (300, 1, 2, 0)]


def pixel(t: int, x: int, y: int, p: int) -> bytes:
    return struct.pack(">II", y << 22 | x << 12 | p << 11, t % (1 << 32))


def sample(t: int, *values: int) -> bytes:
    """ax, ay, az, temperature, gx, gy, gz as seven words of one time."""
    return b"".join(
        struct.pack(">II", 1 << 31 | k << 28 | (v & 0xFFFF) << 12 | 3 << 10, t) for k, v in enumerate(values)
    )


@pytest.fixture
def write(tmp_path: Path):
    def write(data: bytes) -> Path:
        (tmp_path / "file.aedat").write_bytes(data)
        return tmp_path / "file.aedat"

    return write


def test_events_come_back_with_their_sensors_size(write) -> None:
    recording = open_events(write(HEAD + b"".join(pixel(*row) for row in ROWS)))
    assert (recording.format, recording.width, recording.height) == ("aedat2", 240, 180)
    assert same(recording.events(), pixel_events(ROWS))
    assert len(recording.inertial()) == 0


def test_a_first_event_that_begins_with_a_hash_sign_is_no_header(write) -> None:
    rows = [(1_000_000, 3, 140, 1), *((t, 5, 5, 0) for t in range(2_000_000, 2_000_020))]
    body = b"".join(pixel(*row) for row in rows)
    assert body.startswith(b"#")
    assert same(open_events(write(HEAD + body)).events(), pixel_events(rows))
    marked = HEAD + b"#End Of ASCII Header\r\n" + pixel(0x41424344, 0x204, 140, 0)
    assert open_events(write(marked), width=1024, height=512).events()["y"].tolist() == [140]


def test_external_events_and_frames_are_passed_over(write) -> None:
    external, frame = struct.pack(">II", 5 << 12 | 1 << 10, 11), struct.pack(">II", 1 << 31 | 5 << 12, 11)
    body = pixel(*ROWS[0]) + external + frame + pixel(*ROWS[3])
    assert same(open_events(write(HEAD + body)).events(), pixel_events([ROWS[0], ROWS[3]]))


def test_times_go_on_when_their_32_bits_are_full(write) -> None:
    times = [(1 << 32) - 2, 1 << 32, (1 << 32) + (1 << 31) - 1, (2 << 32) - 2]
    path = write(HEAD + b"".join(pixel(t, 1, 1, 1) for t in times))
    for chunk in (8, 16, 1 << 20):
        assert open_events(path, chunk=chunk).events()["t"].tolist() == times


def test_the_first_words_time_is_the_one_that_the_header_states(write) -> None:
    """Words hold 32 bits of a time; the header may say where they begin, before 0 or beyond 2^32."""
    body = pixel(700, 1, 1, 1) + sample(705, *range(7)) + pixel(730, 2, 1, 1)
    for first in (0, 12, 5_000_000_000, -40):
        path = write(HEAD + SCALED + b"# First timestamp: %d us\n" % first + body)
        for chunk in (8, 1 << 20):
            recording = open_events(path, chunk=chunk)
            assert recording.events()["t"].tolist() == [first, first + 30]
            assert recording.inertial()["t"].tolist() == [first + 5]
    assert open_events(write(HEAD + body)).events()["t"].tolist() == [700, 730]


def test_inertial_samples_have_the_scales_that_the_header_states(write) -> None:
    body = sample(5, 4096, -8192, 2048, -340, 328, -656, 3280) + pixel(*ROWS[0]) + sample(400, 0, 0, 4096, 0, 0, 0, 1)
    found = open_events(write(HEAD + SCALED + body)).inertial()
    assert found["t"].tolist() == [5, 400]
    assert found["acceleration"].tolist() == [[1, -2, 0.5], [0, 0, 1]]
    assert found["gyroscope"].tolist() == [[328 / 32.8, -656 / 32.8, 3280 / 32.8], [0, 0, 1 / 32.8]]
    assert found["temperature"].tolist() == [34, 35]


@pytest.mark.parametrize(
    ("full", "scales"),
    [((250, 2), Scales(131.0, 16384.0)), ((500, 4), Scales(65.5, 8192.0)), ((2000, 16), Scales(16.4, 2048.0))],
)
def test_every_full_scale_has_its_steps(write, full: tuple[int, int], scales: Scales) -> None:
    stated = SCALED.replace(b"1000", b"%d" % full[0]).replace(b"G8", b"G%d" % full[1])
    found = open_events(write(HEAD + stated + sample(5, 1000, 0, 0, 0, 1000, 0, 0))).inertial()
    assert found["gyroscope"][0, 0] == 1000 / scales.gyroscope
    assert found["acceleration"][0, 0] == 1000 / scales.acceleration


def test_scales_under_a_cameras_name_are_found(write) -> None:
    stated = b'#<entry key="DAVIS240C.IMU.GyroScale" value="GyroFullScaleDegPerSec500"/>\n#<entry key="DAVIS240C.IMU.AccelScale" value="ImuAccelScaleG4"/>\n'
    assert open_events(write(HEAD + stated + sample(5, 8192, 0, 0, 0, 131, 0, 0))).inertial()["gyroscope"][0, 0] == 2


def test_scales_that_nobody_states_are_not_guessed(write) -> None:
    path = write(HEAD + sample(5, 4096, 0, 0, 0, 0, 0, 0))
    with pytest.raises(DataError, match="does not state ImuGyroScale and ImuAccelScale; wanted scales="):
        open_events(path).inertial()
    assert open_events(path, scales=Scales(65.5, 8192.0)).inertial()["acceleration"][0, 0] == 0.5


def test_a_recording_may_begin_and_end_inside_a_sample(write) -> None:
    whole = sample(5, 1, 2, 3, 4, 5, 6, 7)
    path = write(HEAD + SCALED + whole[16:] + whole + whole[:24])
    assert len(open_events(path).inertial()) == 1


def test_a_sample_that_lacks_a_channel_is_named(write) -> None:
    whole = sample(5, 1, 2, 3, 4, 5, 6, 7)
    head = HEAD + SCALED
    path = write(head + whole + whole[:8] + whole[16:] + whole)
    with pytest.raises(DataError, match=f"at byte {len(head) + 64:,} is channel 2; wanted 1"):
        open_events(path).inertial()
    with pytest.raises(DataError, match="there are 14 before the first of channel 0"):
        open_events(write(head + 14 * whole[8:16])).inertial()


@pytest.mark.parametrize("before", [6, 7, 8])
def test_words_before_the_first_sample_are_fewer_than_one(write, before: int) -> None:
    """Of a sample in which the recording begins at most the last six words are there."""
    whole = sample(5, 1, 2, 3, 4, 5, 6, 7)
    path = write(HEAD + SCALED + before * whole[8:16] + whole)
    if before < 7:
        assert open_events(path).inertial()["t"].tolist() == [5]
        return
    with pytest.raises(DataError, match=f"there are {before} before the first of channel 0"):
        open_events(path).inertial()


def test_a_sample_earlier_than_the_one_before_it_is_named(write) -> None:
    path = write(HEAD + SCALED + sample(5, *range(7)) + sample(4, *range(7)))
    with pytest.raises(DataError, match=r"inertial sample 1 \(byte .*\) is earlier"):
        open_events(path).inertial()


def test_a_file_that_is_cut_off_is_refused(write) -> None:
    with pytest.raises(DataError, match=f"cut off: the last record, at byte {len(HEAD) + 8}, has 5 of 8 bytes"):
        open_events(write(HEAD + pixel(*ROWS[0]) + pixel(*ROWS[1])[:5]))


def test_an_event_outside_the_sensor_is_named(write) -> None:
    path = write(HEAD + pixel(*ROWS[0]) + sample(11, *range(7)) + pixel(12, 240, 0, 1))
    with pytest.raises(DataError, match=f"event 1 .byte {len(HEAD) + 64}. has x = 240, but the sensor has 240x180"):
        open_events(path).events()
    assert open_events(path, width=241, height=180).events()["x"].tolist() == [0, 240]


def test_another_chip_is_refused(write) -> None:
    with pytest.raises(DataError, match="of the chip 'cochleaams1b'.*; wanted a DAVIS or a DVS128"):
        open_events(write(b"#!AER-DAT2.0\r\n# AEChip: ch.unizh.ini.jaer.chip.cochlea.CochleaAMS1b\r\n"))


# --- DVS128 ---
DVS128 = b"#!AER-DAT2.0\r\n# AEChip: ch.unizh.ini.jaer.chip.retina.DVS128\r\n"


def dvs128_words(events: Events) -> bytes:
    return b"".join(struct.pack(">II", y << 8 | x << 1 | (not p), t % (1 << 32)) for t, x, y, p in events.tolist())


@pytest.mark.parametrize(("head", "options"), [(DVS128, {}), (b"#!AER-DAT2.0\r\n", {"sensor": "dvs128"})])
def test_a_dvs128_has_addresses_of_its_own(write, head: bytes, options: dict) -> None:
    """The clock wraps, and external events are passed over."""
    events = random_events(300, 128, 128, step=500, start=(1 << 32) - 20_000)
    outside = struct.pack(">II", 0x8000 | 5, int(events["t"][-1]) % (1 << 32))
    recording = open_events(write(head + dvs128_words(events) + outside), chunk=100, **options)
    assert (recording.width, recording.height) == (128, 128)
    assert not len(recording.inertial())
    assert same(recording.events(), events)


def test_a_recorded_pendulum_has_its_published_facts(shared: Path) -> None:
    recording = open_events(shared / "data" / "events" / "dvs128_pendulum.aedat")
    facts = recording.facts()
    assert (facts.events, facts.first, facts.last, facts.falls) == (278_538, 64_300_579, 84_240_611, 0)
    assert round(facts.on_fraction or 0, 4) == 0.5495


def test_a_file_that_is_cut_off_is_read_up_to_there(write) -> None:
    events = random_events(20, 128, 128)
    recording = open_events(write(DVS128 + dvs128_words(events)[:-3]), partial=True)
    assert same(recording.events(), events[:-1])
    assert recording.left == 5


def test_a_chip_of_unknown_size_has_none(write) -> None:
    assert open_events(write(b"#!AER-DAT2.0\r\n# AEChip: DavisRGB\r\n")).width is None


@pytest.mark.parametrize("version", ["1.0", "3.0"])
def test_other_versions_are_refused(write, version: str) -> None:
    with pytest.raises(DataError, match=f"is AEDAT {version}, which is not read"):
        open_events(write(f"#!AER-DAT{version}\r\n".encode()))


@pytest.mark.slow
def test_a_header_without_end_is_refused(write) -> None:
    with pytest.raises(DataError, match="a header of more than"):
        open_events(write(HEAD + b"# and so on\n" * (3 << 19)))


def test_damaged_files_are_read_or_refused(tmp_path: Path) -> None:
    whole = HEAD + SCALED + b"".join(pixel(*row) for row in ROWS) + sample(301, *range(7)) + sample(302, *range(7))
    for data in damaged(whole, 400, seed=1):
        read_or_refuse(tmp_path / "file.aedat", data)
    for seed in range(50):
        read_or_refuse(tmp_path / "file.aedat", HEAD + SCALED + np.random.default_rng(seed).bytes(800))


def test_a_recording_of_a_rolling_camera_has_its_published_facts(shared: Path) -> None:
    recording = open_events(shared / "data" / "davis_imu" / "IMU_rotDisk.aedat")
    facts = recording.facts()
    assert (facts.events, facts.columns, facts.rows, facts.falls) == (374_296, 240, 180, 0)
    assert (recording.width, recording.height) == (240, 180)
    assert round(facts.duration / 1e6, 2) == 3.17
    assert round(facts.on_fraction, 3) == 0.436
    samples = recording.inertial()
    assert len(samples) == 7_384
    assert summary(samples)["between samples (us)"] == [390, 486]
    z = samples["gyroscope"][:, 2]
    assert (round(z.mean(), 1), round(z.min(), 1), round(z.max(), 2)) == (29.5, 11.9, 46.25)
    # The least and the greatest are whole numbers of steps of 1 / 32.8 deg/s.
    assert (round(z.min() * 32.8), round(z.max() * 32.8)) == (391, 1517)
    assert round(np.linalg.norm(samples["acceleration"], axis=1).mean(), 2) == 1.01


def test_a_recording_of_a_translating_camera_has_its_published_facts(shared: Path) -> None:
    """Its last inertial sample lacks the rotation about z, and is none."""
    recording = open_events(shared / "data" / "davis_imu" / "IMU_translBoxes.aedat")
    facts = recording.facts()
    assert (facts.events, facts.first, facts.last, facts.falls) == (162_771, 294_976_755, 297_049_406, 0)
    assert round(facts.on_fraction or 0, 4) == 0.5096
    samples = recording.inertial()
    assert len(samples) == 4_833
    assert np.allclose(samples["gyroscope"].mean(axis=0), [-3.50, -4.89, -0.30], atol=0.005)
