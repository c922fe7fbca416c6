"""Flow sums on a recording: all pixels, the sign of one part, and the same sums on a clock."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from recorded_cases import HEIGHT, WIDTH, beside, rolling

from eventnet.scenarios.fusion.flow_recorded import AllAxes, RecordedFlow
from eventnet.scenarios.fusion.recorded import Played, parts_of


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
