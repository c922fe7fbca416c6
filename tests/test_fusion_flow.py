"""The method "flow sums": flow by geometry, rates of a camera that turns, and the same bytes however time is cut."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from few import few

import eventnet as en
from eventnet.errors import ModelError
from eventnet.scenarios.fusion.flow import FITTED, FlowMethod, FlowNetwork, turning_flow
from eventnet.scenarios.fusion.methods import MethodOutcome
from eventnet.scenarios.fusion.parameters import Parameters
from eventnet.scenarios.fusion.stream import Kept, Simulated
from eventnet.scenarios.worlds import SampledRates
from eventnet.scenarios.worlds.turning import about

VERSIONS = ["thin", "fine", "thinnest"]
SIZE: Any = SimpleNamespace(width=20, height=16)
FOCAL = 12.0


@pytest.mark.parametrize(("block", "height", "width"), [(1, 6, 9), (2, 7, 10), (3, 9, 12)])
def test_flow_is_where_points_of_the_image_go_when_the_camera_turns(block: int, height: int, width: int) -> None:
    flow = turning_flow(height, width, block, FOCAL).reshape(height // block, width // block, 2, 3)
    for y, x in np.ndindex(flow.shape[:2]):
        at = np.array([x * block + (block - 1) / 2 - (width - 1) / 2, y * block + (block - 1) / 2 - (height - 1) / 2])
        seen = np.array([*at / FOCAL, 1.0])
        for axis in range(3):
            turn = about(1e-6 * np.eye(3)[axis])  # from the axes of after to those of before
            now = turn.T @ seen
            assert np.allclose((now[:2] / now[2] - seen[:2]) / 1e-6, flow[y, x, :, axis], atol=1e-5)


class Random:
    """Events and samples drawn, in packets of one length."""

    end_us = 40_000

    def __init__(self, window: int = 10_000, drop: int | None = None) -> None:
        rng, self.window = np.random.default_rng(3), window
        self.events, n = np.zeros(500, en.PIXEL_EVENT), 40
        self.events["t"], self.events["p"] = np.sort(rng.integers(0, self.end_us, 500)), rng.integers(0, 2, 500)
        self.events["x"], self.events["y"] = rng.integers(0, SIZE.width, 500), rng.integers(0, SIZE.height, 500)
        self.values = np.zeros(3 * n, en.VALUE_EVENT)
        self.values["t"] = np.repeat(np.arange(500, self.end_us, 1000) + rng.integers(-90, 90, n), 3)
        self.values["index"], self.values["value"] = np.tile(range(3), n), rng.normal(0, 20, 3 * n)
        self.events["t"][300] = self.values["t"][3 * 25]  # at a sample
        self.events.sort(order="t")
        self.events = self.events if drop is None else np.delete(self.events, drop)

    def packets(self, events: Any) -> Iterator[en.Packet]:
        for begin in range(0, self.end_us, self.window):
            end = min(begin + self.window, self.end_us)
            yield en.Packet(end, events[(events["t"] >= begin) & (events["t"] < end)])

    def camera(self) -> Iterator[en.Packet]:
        return self.packets(self.events)

    def gyroscope(self) -> Iterator[en.Packet]:
        return self.packets(self.values)

    def others(self) -> Mapping[str, Any]:
        return {}

    def truth(self, t_us: Any) -> Any:
        raise AssertionError("no method may ask for the truth")


def run(version: str, stream: Any, grid_us: int = 100, **options: Any) -> MethodOutcome:
    method = FlowMethod(version, FITTED[version], FOCAL, **{"engine": "reference", **options})
    return method.run(SIZE, stream, grid_us, lambda reached: None)


@pytest.mark.parametrize("version", VERSIONS)
def test_packets_and_pieces_of_any_length_give_the_same_bytes(version: str) -> None:
    one = run(version, Random())
    for other in (run(version, Random(3300)), run(version, Random(40_000)), run(version, Random(), piece_us=2700)):
        assert np.array_equal(one.answers, other.answers)
        assert one.tally.to_dict() == other.tally.to_dict()
        assert np.array_equal(one.waits, other.waits)
        assert (one.by_sensor, one.events, one.samples) == (other.by_sensor, other.events, other.samples)


@pytest.mark.parametrize("version", few(VERSIONS, 1))
def test_engines_agree_to_the_last_bit(version: str) -> None:
    plain, fast = (run(version, Random(), engine=engine) for engine in ("reference", "compiled"))
    assert plain.answers.tobytes() == fast.answers.tobytes()
    assert plain.tally.to_dict() == fast.tally.to_dict()


@pytest.mark.parametrize("version", VERSIONS)
def test_costs_by_sensor_are_all_costs_and_reading_is_free(version: str) -> None:
    found = run(version, Random())
    assert sum(found.by_sensor.values()) == found.operations == found.by_piece[:, 1].sum()  # type: ignore[index]
    assert (found.by_sensor["gyro"], found.by_sensor["answers"]) == (24 * 3 * 40, 0)
    assert (found.events, found.samples) == (500, 40)


@pytest.mark.parametrize("version", VERSIONS)
def test_an_event_waits_until_the_first_answer_that_it_changes(version: str) -> None:
    whole = run(version, Random(), grid_us=1)
    times = np.unique(Random().values["t"])
    at_sample = int(np.flatnonzero(np.isin(Random().events["t"], times))[0])
    for k in (200, 350, at_sample):
        without = run(version, Random(drop=k), grid_us=1)
        changed = np.flatnonzero((whole.answers != without.answers).any(axis=1))[0]
        fewer, t = whole.waits - without.waits, int(Random().events["t"][k])
        assert fewer.sum() == fewer.max() == 1
        assert t + np.argmax(fewer) == times[np.searchsorted(times, t)]
        assert changed >= t + np.argmax(fewer)  # the first event of a few blocks may change nothing yet


@pytest.mark.parametrize("axis", few(range(3), 1))
@pytest.mark.parametrize("version", few(["thin", "fine", "thinnest"], 1))
def test_a_camera_that_turns_about_one_axis_is_seen_to_do_so(version: str, axis: int) -> None:
    """By the camera alone, and too slowly: it has seen 0.2 s of the picture."""
    rates = 60.0 * (1 + (axis == 2)) * np.eye(3)[axis]
    motion = SampledRates(np.array([0, 10**7]), np.tile(rates, (2, 1)))
    stream = Kept(Simulated(Parameters(), 5, (64, 48), motion=motion, end_us=200_000))
    method = FlowMethod(version, FITTED[version], engine="reference")
    answers = method.run(SimpleNamespace(width=64, height=48), stream, 1000, lambda reached: None).answers  # type: ignore[arg-type]
    found = answers[150:, 3:6].mean(axis=0)
    assert np.linalg.norm(found - rates) < 0.6 * np.linalg.norm(rates)


def test_a_version_that_there_is_not_is_refused() -> None:
    with pytest.raises(ModelError, match="version is 'thick'; wanted one of .*; did you mean 'thin'"):
        FlowNetwork(16, 20, FOCAL, replace(FITTED["thin"], version="thick"))
