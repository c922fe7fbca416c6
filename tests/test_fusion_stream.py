"""Streams of the scenario: motions and their stated rates, packets of any length, the same for the same seed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from eventnet.clock import Packet
from eventnet.errors import InputError
from eventnet.scenarios.fusion.parameters import Parameters
from eventnet.scenarios.fusion.stream import LEAD_US, Kept, Simulated, pieces, samples, steps
from eventnet.scenarios.shared.parameter_file import loads

SIZE = (24, 20)
SHORT = loads("[run]\nduration_s = 0.3\nmeasured_from_s = 0\n[steps]\ncount = 6", Parameters())


def put_together(packets: Iterator[Packet]) -> Any:
    return np.concatenate([packet.events for packet in packets])


@pytest.mark.parametrize("packet_ms", [7.0, 1000.0])
def test_packets_of_any_length_hold_the_same(packet_ms: float) -> None:
    other = replace(SHORT, run=replace(SHORT.run, packet_ms=packet_ms))
    one, two = Simulated(SHORT, 3, SIZE), Simulated(other, 3, SIZE)
    assert np.array_equal(put_together(one.camera()), put_together(two.camera()))
    assert np.array_equal(put_together(one.gyroscope()), put_together(two.gyroscope()))
    assert list(two.camera())[-1].until == two.end_us == 300_000


def test_seeds_make_other_worlds_and_the_same_seed_the_same() -> None:
    first, again, other = (put_together(Simulated(SHORT, seed, SIZE).camera()) for seed in (3, 3, 4))
    assert np.array_equal(first, again)
    assert len(first) != len(other)


def test_kept_packets_are_those_that_were_kept() -> None:
    stream = Simulated(SHORT, 3, SIZE)
    kept = Kept(stream)
    for _ in range(2):
        assert np.array_equal(put_together(kept.camera()), put_together(stream.camera()))
        assert np.array_equal(put_together(kept.gyroscope()), put_together(stream.gyroscope()))
    assert np.array_equal(kept.truth(np.array([1e5])), stream.truth(np.array([1e5])))


def test_the_gyroscope_has_a_bias_of_the_stated_size_and_noise() -> None:
    stream = Simulated(replace(SHORT, run=replace(SHORT.run, duration_s=2.0)), 3, SIZE)
    t, values = samples(put_together(stream.gyroscope()), 3)
    off = values - stream.truth(t)
    assert np.abs(np.abs(off.mean(axis=0)) - 5).max() < 5 * 10 / np.sqrt(len(t))  # five standard errors
    assert np.abs(off.std(axis=0) - 10).max() < 5 * 10 / np.sqrt(2 * len(t))


def test_true_rates_of_steps_are_those_by_which_the_camera_turns() -> None:
    stream, times = steps(SHORT, 1, SIZE)
    h = 10.0
    for t in np.concatenate((times - 1000.0, times + 1000.0)):
        turned = stream.motion.orientation(t - h).T @ stream.motion.orientation(t + h)
        rates = np.degrees([turned[2, 1], turned[0, 2], turned[1, 0]]) / (2e-6 * h)
        assert np.allclose(rates, stream.truth(np.array([t]))[0], atol=1e-3)  # sin x for x, relative 1e-7


def test_steps_have_the_stated_size_and_spacing() -> None:
    stream, times = steps(SHORT, 1, SIZE)
    p = SHORT.steps
    assert len(times) == p.count
    assert times[0] >= LEAD_US + 1e6 * p.shortest_s
    between = np.diff(times) / 1e6
    assert between.min() >= p.shortest_s - 1e-6
    assert between.max() <= p.longest_s + 0.033 + 1e-6
    phases = np.sort(times % 33e3) / 33e3
    assert np.array_equal(np.floor(phases * p.count), np.arange(p.count))  # one in each part of a period
    jumps = stream.truth(times + 0.0) - stream.truth(times - 1.0)
    assert np.array_equal(np.abs(jumps[:, 1]), np.full(p.count, 100.0))
    assert np.array_equal(jumps[:, [0, 2]], np.zeros((p.count, 2)))
    assert stream.end_us > times[-1]
    assert not np.array_equal(times, steps(Parameters(), 2, SIZE)[1][: len(times)])


def test_a_robot_has_joints_and_frames_at_their_own_rates() -> None:
    robot = replace(SHORT, robot=replace(SHORT.robot, joints=20, frames_hz=30.0))
    stream = Simulated(robot, 3, SIZE)
    for others in (stream.others(), Kept(stream).others()):
        assert {name: other.units for name, other in others.items()} == {"joints": 20, "frames": 24 * 20}
        for _ in range(2):
            joints, frames = (put_together(other.packets()) for other in others.values())
            assert len(np.unique(joints["t"] // 10_000)) == 30  # 100 Hz
            assert joints["index"].max() == 19
            assert np.all(np.diff(np.unique(frames["t"])) // 100 == 333)  # 30 Hz
            assert len(frames) == 24 * 20 * len(np.unique(frames["t"]))
    assert not Simulated(SHORT, 3, SIZE).others()


def test_pieces_are_short_small_and_lose_nothing() -> None:
    stream = Simulated(SHORT, 3, SIZE)
    parts = list(pieces(stream.gyroscope(), 20_000, 30))
    begins = [0, *(part.until for part in parts[:-1])]
    for begin, part in zip(begins, parts):
        assert begin < part.until <= begin + 20_000
        assert len(part.events) <= 30
        assert ((part.events["t"] >= begin) & (part.events["t"] < part.until)).all()
        assert np.all(np.bincount(part.events["t"] - begin)[np.unique(part.events["t"] - begin)] == 3)
    assert np.array_equal(put_together(iter(parts)), put_together(stream.gyroscope()))


def test_an_instant_that_is_no_piece_is_refused() -> None:
    packets = list(Simulated(SHORT, 3, SIZE).gyroscope())
    with pytest.raises(InputError, match="more than 2 values"):
        list(pieces(iter(packets), 1000, 2))
