"""Joint encoders: the nearest counts of the true angles, only when they change, the same for any cut."""

from __future__ import annotations

import math

import numpy as np
import pytest

from eventnet.errors import ModelError
from eventnet.event import VALUE_EVENT
from eventnet.scenarios.sensors import JointEncoders, JointParameters
from eventnet.scenarios.worlds import RandomJoints, SampledJoints


def ramp(*ends: float) -> SampledJoints:
    """Joints that go from 0 to these angles in a second."""
    return SampledJoints(np.array([0.0, 1e6]), np.array([np.zeros(len(ends)), ends]))


def test_twenty_joints_are_read_a_hundred_times_a_second() -> None:
    motion = RandomJoints(1)
    events = JointEncoders(motion, JointParameters(every=True)).events(1e6)
    assert len(events) == 2000
    assert np.array_equal(events["t"].reshape(100, 20), np.repeat(np.arange(0, 1e6, 10_000), 20).reshape(100, 20))
    assert (events["index"].reshape(100, 20) == np.arange(20)).all()
    truth = np.array([motion.angles(float(t)) for t in events["t"][::20]])
    error = np.abs(events["value"].reshape(100, 20) - truth)
    assert error.max() <= 360 / 4096 / 2 * (1 + 1e-9)
    assert error.max() > 0.9 * 360 / 4096 / 2


def test_values_are_whole_counts() -> None:
    events = JointEncoders(RandomJoints(1), JointParameters(counts=1000)).events(1e6)
    counts = np.rint(events["value"] / 0.36)
    assert events["value"] == pytest.approx(counts * 0.36, abs=1e-12)


def test_only_changed_counts_are_sent() -> None:
    """A joint at rest tells its place once; one that turns by 9 of 360 counts tells ten."""
    p = JointParameters(counts=360, rate_hz=100)
    events = JointEncoders(ramp(0, 9, -90), p).events(2e6)
    of = [events[events["index"] == k] for k in range(3)]
    assert of[0].tolist() == [(0, 0, 0.0)]
    assert of[1]["value"].tolist() == list(range(10))
    assert of[1]["t"][1] in (60_000, 50_000)  # half a count is at 55.6 ms
    assert of[2]["value"].tolist() == [-k for k in range(91)]


def test_staggered_joints_are_read_one_after_the_other() -> None:
    events = JointEncoders(ramp(*[100.0] * 4), JointParameters(rate_hz=100, stagger=True, every=True)).events(20_000)
    assert events["t"].tolist() == [0, 2500, 5000, 7500, 10_000, 12_500, 15_000, 17_500]
    assert events["index"].tolist() == [0, 1, 2, 3] * 2
    assert events["value"] == pytest.approx(100 * events["t"] / 1e6, abs=360 / 4096 / 2)


@pytest.mark.parametrize("window", [333.3, 10_000, 1e6])
@pytest.mark.parametrize("stagger", [False, True])
def test_windows_change_nothing(window: float, stagger: bool) -> None:
    encoders = JointEncoders(RandomJoints(2, joints=3), JointParameters(rate_hz=300, stagger=stagger), begin_us=250)
    parts = list(encoders.packets(window, 100_000))
    assert np.concatenate(parts).tobytes() == encoders.events(100_000).tobytes()
    for k, part in enumerate(parts):
        assert part.dtype == VALUE_EVENT
        assert ((part["t"] >= 250 + k * window) & (part["t"] < 250 + (k + 1) * window)).all()


def test_the_motion_is_asked_for_no_later_time_than_the_window() -> None:
    class Watched:
        joints, latest = 2, -1.0

        def angles(self, t_us: float) -> np.ndarray:
            self.latest = max(self.latest, t_us)
            return np.zeros(2)

    motion = Watched()
    packets = JointEncoders(motion).packets(4000)
    for k in range(10):
        next(packets)
        assert motion.latest < 4000 * (k + 1)


@pytest.mark.parametrize("options, message", [
    ({"rate_hz": 0}, "rate_hz is 0; wanted above 0"),
    ({"counts": 0.5}, "counts is 0.5; wanted from 1"),
    ({"counts": math.nan}, "counts is nan"),
])  # fmt: skip
def test_encoders_without_sense_are_refused(options: dict, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        JointParameters(**options)
