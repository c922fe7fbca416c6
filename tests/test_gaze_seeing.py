"""What sees the slip: flow sums and a network on a clock, whose rates the read-out hears right after a look."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from test_fusion_run import three_rates

from eventnet.errors import ModelError
from eventnet.event import Events
from eventnet.scenarios.fusion.flow import FITTED, SumsOnClock
from eventnet.scenarios.fusion.methods import covering, state_bytes
from eventnet.scenarios.fusion.recomputed import ExactRates, operations, recompute
from eventnet.scenarios.gaze import GazeParameters, reflex, run_reflex
from eventnet.scenarios.gaze.parameters import FlowTable
from eventnet.scenarios.gaze.reflex import REFLEXES, Reflex, reflexes
from eventnet.scenarios.gaze.seeing import ClockSees, KalmanSees, TwinSees, kalman_of
from eventnet.scenarios.shared.parameter_file import loads

SHORT = loads("[run]\nduration_s = 0.15\nmeasured_from_s = 0.05", GazeParameters())


@pytest.mark.parametrize("version", ["thin", "thinnest"])
def test_what_the_camera_sees_of_a_turning_head_has_its_sign_and_size(version: str) -> None:
    p = replace(SHORT, flow=FlowTable(version))
    found = run_reflex(
        replace(p, reflex=replace(p.reflex, flow_alone_gain=0, flow_alone_integral_per_s=0)),
        three_rates(),
        "camera alone, flow sums",
    )
    assert not found.command.any()
    seen, true = found.estimate[80:, :2].mean(axis=0), found.slip[77:-3, :2].mean(axis=0)
    assert np.all(np.abs(true) > 30)  # of the roll, 24 x 20 pixels show little
    assert np.all(np.abs(seen / true - 0.75) < 0.5)


def test_both_engines_and_packets_of_any_length_give_the_same_bytes() -> None:
    p = loads("[run]\nduration_s = 0.05\nmeasured_from_s = 0.01", GazeParameters())
    one = run_reflex(p, three_rates(), "both, flow sums")
    for other in (
        run_reflex(p, three_rates(), "both, flow sums", engine="reference"),
        run_reflex(replace(p, run=replace(p.run, packet_ms=0.7)), three_rates(), "both, flow sums"),
    ):
        assert all(np.array_equal(getattr(one, name), getattr(other, name)) for name in vars(one))
    assert one.estimate.any()


def test_flow_sums_can_be_left_out_and_have_their_versions() -> None:
    assert reflexes(SHORT) == list(REFLEXES)
    assert len(reflexes(replace(SHORT, flow=FlowTable("")))) == 12
    with pytest.raises(ModelError, match="version is 'thick'; wanted one of thinnest, thin, fine; did you mean 'thin"):
        FlowTable("thick")


@pytest.mark.parametrize("name", [name for name, reflex in REFLEXES.items() if reflex.clock_us])
def test_a_clock_gives_the_same_bytes_on_both_engines_and_with_packets_of_any_length(name: str) -> None:
    p = loads("[run]\nduration_s = 0.08\nmeasured_from_s = 0.01", GazeParameters())
    one = run_reflex(p, three_rates(), name)
    for other in (
        run_reflex(p, three_rates(), name, engine="reference"),
        run_reflex(replace(p, run=replace(p.run, packet_ms=0.7)), three_rates(), name),
    ):
        assert all(np.array_equal(getattr(one, part), getattr(other, part)) for part in vars(one))
    assert one.estimate.any()


def test_a_clock_says_and_costs_what_the_network_does_of_all_events_before_it() -> None:
    """Of the events that the loop's camera sent the exact rates are made anew, at the clock's own times, and held."""
    weights, every = three_rates(), 33_000
    p = loads(
        "[reflex]\nkept_integral_per_s = [3, 3, 3, 3, 3, 0]\n[run]\nduration_s = 0.15\nmeasured_from_s = 0.05",
        GazeParameters(),
    )
    taken: list[Events] = []
    seen: list[ClockSees] = []

    class Watching(ClockSees):
        def take(self, events: Events) -> None:
            taken.append(events)
            seen.append(self)
            super().take(events)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reflex, "ClockSees", Watching)
        found = run_reflex(p, weights, "both, kept 33 ms")
    events = np.concatenate(taken)
    looks = np.arange(0, 150_000, every)
    rates = ExactRates(weights).take(events, looks - 0.5)
    # A command is read in the last microsecond of a millisecond, and shown from the next on.
    shown = rates[(np.arange(149_000, step=1000) + 999) // every]
    assert found.estimate[1:] == pytest.approx(shown, rel=1e-6, abs=1e-6)
    kept = weights.n_filters * len(weights.tau_us)  # an event adds so many words to each patch that covers it
    by_events = (2 * kept * covering(weights, events[events["t"] < looks[-1]]) + len(weights.tau_us)).sum()
    network = len(looks) * recompute(weights, incremental=True) + by_events
    assert found.cost[:, 0].sum() == network + operations(seen[0].simulation.tally.totals())
    w, sums = weights, len(weights.tau_us) * weights.patches[0] * weights.patches[1] * weights.n_filters
    words = sum(part.size for part in (w.filters, w.bias, w.hidden, w.hidden_bias, w.out, w.out_bias))
    read_out = seen[0].simulation.state(seen[0].head).values()
    mix = seen[0].simulation.weights("mix").size
    assert found.memory == 4 * (words + len(w.tau_us) + sums + mix + sum(part.size for part in read_out))


@pytest.fixture
def twin(monkeypatch: pytest.MonkeyPatch) -> list[TwinSees]:
    """What sees in each run with flow sums on a clock."""
    made: list[TwinSees] = []

    class Noted(TwinSees):
        def __init__(self, *given: Any) -> None:
            super().__init__(*given)
            self.taken: list[Events] = []
            made.append(self)

        def take(self, events: Events) -> None:
            self.taken.append(events)
            super().take(events)

    monkeypatch.setattr(reflex, "TwinSees", Noted)
    return made


def test_flow_sums_on_a_clock_see_what_those_by_events_do_at_the_same_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing turns the camera, so that both see the same events; thinnest differs in blocks that are not refreshed."""
    monkeypatch.setitem(REFLEXES, "each period", Reflex(False, True, flow=True, clock_us=1000))
    p = replace(SHORT, reflex=replace(SHORT.reflex, flow_alone_gain=0, flow_alone_integral_per_s=0))
    p = replace(p, flow=FlowTable("thinnest"))
    by_events, on_clock = (
        run_reflex(p, three_rates(), name).estimate for name in ("camera alone, flow sums", "each period")
    )

    def alike(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
        return float(np.corrcoef(one.ravel(), other.ravel())[0, 1])

    now = alike(by_events, on_clock)
    assert now > 0.98
    assert now > max(alike(by_events[1:], on_clock[:-1]), alike(by_events[:-1], on_clock[1:]))
    assert np.linalg.norm(on_clock) == pytest.approx(np.linalg.norm(by_events), rel=0.25)


@pytest.mark.parametrize("ms", [2, 33])
def test_flow_sums_on_a_clock_hold_each_look_and_cost_its_closed_form(ms: int, twin: list[TwinSees]) -> None:
    """Of the events that the loop's camera sent the sums are made anew, and what they cost is counted block by block."""
    weights, p = three_rates(), SHORT
    found = run_reflex(p, weights, f"both, flow sums on a clock, {ms} ms")
    events, every = np.concatenate(twin[0].taken), 1000 * ms
    looks = np.arange(every, 150_001, every) - 1
    numbers = FITTED["thin"].for_pixels(weights.height, weights.width)
    sums = SumsOnClock(weights.height, weights.width, p.world.focal_px, numbers, every)
    rates = np.concatenate((np.zeros((1, 3)), sums.take(events, looks.astype(float))))
    # A command is read in the last microsecond of a millisecond, and shown from the next on.
    assert found.estimate[1:] == pytest.approx(rates[(np.arange(149_000, step=1000) + 999) // every], rel=1e-6)
    assert found.estimate.any()
    rows, columns = weights.height // 2, weights.width // 2
    seen = events[events["t"] <= looks[-1]]
    inside = (np.abs(seen["y"] // 2 - (rows - 1) / 2) < (rows - 1) / 2) & (
        np.abs(seen["x"] // 2 - (columns - 1) / 2) < (columns - 1) / 2
    )
    left = np.zeros((len(looks), rows, columns), int)
    at = np.searchsorted(looks, seen["t"]), seen["y"] // 2, seen["x"] // 2
    np.add.at(left, tuple(part[inside] for part in at), np.where(seen["p"], 1, -1)[inside])
    active, look = np.count_nonzero(left), 23 * (rows - 2) * (columns - 2) + 84
    flow = 2 * len(seen) + inside.sum() + len(looks) * look + 6 * active
    assert active > 50
    assert found.cost[:, 0].sum() == flow + operations(twin[0].simulation.tally.totals())
    held = 6 * rows * columns + 3 * rows * columns  # the flow of each block; its S, its count and room for sums
    assert 4 * held < found.memory - state_bytes(twin[0].simulation) == 4 * sums.words < 4 * (held + 100)


def test_beside_a_camera_that_sees_all_the_filter_finds_the_bias_and_takes_it_off() -> None:
    """The camera's slip is the true one; each axis has a bias of its own, and both turn about all axes."""
    text = "[run]\nduration_s = 0.6\nmeasured_from_s = 0.4\n[gyroscope]\nbias = [6, -4, 2]\nconstant = 'given'\n"
    p = loads(text + "white_noise = 0.1\n[reflex]\nkalman_camera_variance = 0.5", GazeParameters())
    made: list[KalmanSees] = []

    class Seeing(KalmanSees):
        def _look(self) -> NDArray[np.float64]:
            made.append(self)
            return super()._look()

    def true_slip(self: ClockSees) -> NDArray[np.float64]:
        now = self._looks * self.every_us
        self._looks += 1
        self._work.evaluated["clock"] += 1
        return made[0]._motion.rates(max(now - 1, 0)) if now else np.zeros(3)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reflex, "KalmanSees", Seeing)
        patch.setattr(ClockSees, "_look", true_slip)
        found = run_reflex(p, three_rates(), "both, kept 2 ms, Kalman")
    assert made[0]._filter.bias == pytest.approx([6, -4, 2], abs=0.6)
    left = found.slip[found.times > 4e5]
    assert np.sqrt(np.mean(left**2)) < 1.5 < np.sqrt(np.mean(np.square([6, -4, 2])))
    own = made[0].tallies()[1].by_port()
    assert operations(own["head.gyro"]) == 3 * 46 * made[0]._work.read["gyro"]
    assert operations(own["head.clock"]) == 3 * 27 * made[0]._looks >= 3 * 27 * 300


def test_the_filter_is_of_the_head_and_the_gyroscope() -> None:
    p = loads("[gyroscope]\nwhite_noise = 2\nbias = 3\n[world]\nturning_deg_per_s = 10", GazeParameters())
    f = np.linspace(0.2, 4, 100_001)
    made = kalman_of(p)
    assert made.drive == pytest.approx(np.mean((2 * np.pi * f * 10) ** 2), rel=1e-4)
    assert (made.noise, made.prior, made.doubt, made.growth) == (4, 9, p.reflex.kalman_camera_variance, 0)
