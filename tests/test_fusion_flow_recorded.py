"""Flow sums on a recording: all pixels, the sign of one part, and the same sums on a clock."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from recorded_cases import HEIGHT, WIDTH, beside, rolling

import eventnet as en
from eventnet.scenarios.fusion.flow import FITTED, SumsOnClock
from eventnet.scenarios.fusion.recorded import LEAD_US, STEP_US, AllAxes, Played, RecordedFlow, parts_of


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return rolling(tmp_path_factory.mktemp("summed"))


def trained(recording: Any) -> Played:
    return Played(recording, parts_of(recording).training())


def test_a_stream_has_all_pixels_and_all_rates(recording: Any) -> None:
    stream = AllAxes(trained(recording))
    assert (stream.size.width, stream.size.height) == (WIDTH, HEIGHT)
    events = np.concatenate([packet.events for packet in stream.camera()])
    assert (events["x"].max(), events["y"].max()) == (WIDTH - 1, HEIGHT - 1)
    values = np.concatenate([packet.events for packet in stream.gyroscope()]).reshape(-1, 3)
    times, rates = stream.part.recorded
    assert np.array_equal(values["value"], rates)
    assert np.array_equal(values["t"][:, 0], times)
    assert np.all(values["index"] == [0, 1, 2])


@pytest.mark.parametrize("clock_us", [None, 2000])
def test_a_roll_is_seen_without_learning_and_a_turned_gyroscope_turns_the_sign(
    recording: Any, clock_us: int | None
) -> None:
    found = {}
    for sign in (1.0, -1.0):
        turned = beside(recording, sign * recording.inertial()["gyroscope"])
        part = trained(turned)
        flow = RecordedFlow().signed(part)
        assert flow.sign == sign
        found[sign], outcome = flow.rates(part, clock_us)
        truth = part.truth(part.shown)[:, 0]
        assert len(found[sign]) == len(truth)
        assert np.corrcoef(found[sign], truth)[0, 1] > 0.5
        assert 0.4 < found[sign].mean() / truth.mean() < 1.1  # of the picture's past there is 0.3 s at first
        assert outcome.events == len(AllAxes(part).part.events)
    assert np.array_equal(found[1.0], -found[-1.0])


def test_a_sign_that_was_found_stays(recording: Any) -> None:
    part = trained(recording)
    assert RecordedFlow(sign=-1.0).signed(part).sign == 1.0
    assert RecordedFlow(240.0, "fine").name == "flow sums, fine"


def test_a_roll_hardly_depends_on_the_focal_length(recording: Any) -> None:
    part = trained(recording)
    near, far = (RecordedFlow(focal).rates(part)[0] for focal in (50.0, 70.0))
    assert np.abs(near - far).mean() < 0.1 * np.abs(near).mean()


def test_the_past_of_a_part_is_played_first_where_there_is_one(recording: Any) -> None:
    parts = parts_of(recording)
    ways, since = parts.playbacks(), parts.first
    flow = RecordedFlow()
    error = {}
    for name in ("as recorded", "mirrored up-down", "backwards"):
        part = Played(recording, ways[name])
        for begins in (None, since):
            found, outcome = flow.rates(part, since_us=begins)
            assert found.shape == part.shown.shape
            off = found - part.truth(part.shown)[:, 0]
            error[name, begins is None], seconds = float(np.sqrt(np.mean(off**2))), outcome.seconds
        past = parts.cut - LEAD_US - since if name != "backwards" else 0
        assert seconds == pytest.approx(1e-6 * (part.end_us + past), abs=1e-6 * STEP_US)
    for name in ("as recorded", "mirrored up-down"):
        assert error[name, False] < 0.7 * error[name, True]
    assert error["backwards", False] == error["backwards", True]


def test_a_past_changes_when_the_sums_begin_and_not_what_is_judged(recording: Any) -> None:
    """Played from its beginning, a part is what the end of one playback of all says."""
    parts = parts_of(recording)
    part = Played(recording, parts.playbacks()["as recorded"])
    since = parts.cut - LEAD_US - 20 * STEP_US
    found, _ = RecordedFlow().rates(part, since_us=since - 1)
    whole = Played(recording, replace(part.playback, first_us=since))
    again, _ = RecordedFlow().rates(whole)
    assert np.array_equal(found, again[20:][: len(found)])


CUTS = {  # rad/s about x, y and z: the turn that makes the cut sharpest, see the data's README
    "shapes": (1.80, -0.65, 1.49), "dynamic": (0.51, -2.10, -0.67), "poster": (1.95, 3.22, -4.34),
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "degrees", "part"), [("shapes", 20, 0.58), ("dynamic", 8, 0.37), ("poster", 11, 0.19)]
)
def test_hand_held_turns_of_some_milliseconds_have_their_axis_and_are_too_small(
    name: str, degrees: float, part: float, shared: Path
) -> None:
    """The sums begin empty, and remember for 0.8 s: sizes are too small. The focal length is the calibrated one."""
    t, x, y, p = np.loadtxt(shared / "data" / "davis240c" / f"{name}_rotation.events.txt").T
    events = np.zeros(len(t), en.PIXEL_EVENT)
    events["t"], events["x"], events["y"], events["p"] = np.rint(1e6 * (t - t[0])), x, y, p
    looks = np.arange(1000, events["t"][-1] + 1000, 1000)
    rates = SumsOnClock(180, 240, 199.0, FITTED["thin"], 1000).take(events, looks)
    found, wanted = rates[len(looks) // 2 :].mean(axis=0), np.degrees(CUTS[name])
    size = np.linalg.norm(found) / np.linalg.norm(wanted)
    angle = np.degrees(np.arccos(found @ wanted / np.linalg.norm(found) / np.linalg.norm(wanted)))
    large = np.abs(wanted) > 60
    assert np.array_equal(np.sign(found[large]), np.sign(wanted[large]))
    assert angle < degrees
    assert size == pytest.approx(part, abs=0.02)
