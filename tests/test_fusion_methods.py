"""Methods: each against others that share no code, waits that are real, the same bytes everywhere."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import numpy as np
import pytest
from few import few
from fusion_cases import HEIGHT, WIDTH, pixels, rates, small_weights
from test_fusion_run import three_rates

import eventnet as en
from eventnet.scenarios.fusion.filters import filter_head
from eventnet.scenarios.fusion.methods import (
    EventDriven,
    HeldAnswers,
    MethodOutcome,
    Recomputed,
    Waits,
    covering,
    quantile,
)
from eventnet.scenarios.fusion.recomputed import ExactHead, ExactRates
from eventnet.scenarios.fusion.stream import FurtherSensor, samples

END = 60_000
EACH = Recomputed("each event", "each", "each", incremental=True)
FINE = (64.0, 64.0, 64.0)


class Given:
    """A stream of the given events and samples, in packets of one length."""

    further: ClassVar[dict[str, FurtherSensor]] = {}

    def __init__(self, window: int = 10_000, drop: int | None = None) -> None:
        self.end_us, self.window = END, window
        events = pixels(until=END)
        self.parts = (events if drop is None else np.delete(events, drop)), rates(until=END)

    def packets(self, events: Any) -> Iterator[en.Packet]:
        for begin in range(0, END, self.window):
            end = min(begin + self.window, END)
            yield en.Packet(end, events[(events["t"] >= begin) & (events["t"] < end)])

    def camera(self) -> Iterator[en.Packet]:
        return self.packets(self.parts[0])

    def gyroscope(self) -> Iterator[en.Packet]:
        return self.packets(self.parts[1])

    def others(self) -> dict[str, FurtherSensor]:
        return self.further

    def truth(self, t_us: Any) -> Any:
        raise AssertionError("no method may ask for the truth")


def run(method: Any, stream: Any = None, grid_us: int = 100) -> MethodOutcome:
    return method.run(small_weights(), stream or Given(), grid_us, lambda reached: None)


WAYS = [
    EACH,
    Recomputed("samples", "sample", "sample", incremental=True),
    Recomputed("clock", 1e6 / 30, 1e6 / 30),
    Recomputed("head at samples", 1e6 / 30, "sample"),
    Recomputed("bins", 5000.0, 5000.0, binned=True),
    EventDriven("event-driven"),
    EventDriven("at once", every_us=0, least_us=0),
]


@pytest.mark.parametrize("method", few(WAYS, 4), ids=lambda method: method.name)
def test_packets_of_any_length_give_the_same_bytes(method: Any) -> None:
    one, *others = (run(method, Given(window)) for window in (60_000, 10_000, 3300))
    for other in others:
        assert np.array_equal(one.answers, other.answers)
        assert one.tally.to_dict() == other.tally.to_dict()
        assert np.array_equal(one.waits, other.waits)
        assert (one.by_sensor, one.events, one.samples) == (other.by_sensor, other.events, other.samples)


def test_the_dense_methods_are_the_exact_network_at_their_times() -> None:
    weights, (events, values) = small_weights(), Given().parts
    gyro_t, gyro = samples(values, weights.n_out)
    period = 1e6 / 30
    at = np.array([period])
    dvs = ExactRates(weights).take(events, at)
    found = ExactHead(weights).take(gyro_t, gyro, at, dvs, at)
    times = np.arange(0, END, 100)
    answers = run(WAYS[2]).answers
    assert np.all(answers[times < period] == 0)
    assert np.array_equal(answers[times >= period], np.repeat(found, (times >= period).sum(), axis=0))


def test_bins_end_where_they_should_and_events_stand_in_their_middle() -> None:
    weights, (events, values) = small_weights(), Given().parts
    gyro_t, gyro = samples(values, weights.n_out)
    at = np.arange(5000.0, END, 5000)
    moved = events.copy()
    moved["t"] = events["t"] // 5000 * 5000 + 2500
    dvs = ExactRates(weights).take(moved, at)
    answers = ExactHead(weights).take(gyro_t, gyro, at, dvs, at)
    assert np.array_equal(run(WAYS[4], grid_us=5000).answers[1:], answers)


def test_the_event_driven_network_approaches_the_exact_one_as_its_quanta_shrink() -> None:
    at_samples = slice(500, None, 1000)  # there both have answered
    exact = run(Recomputed("often", 10.0, 10.0), grid_us=1).answers[at_samples]  # rates that move between events, too
    methods = [EventDriven("driven", (a, a, a), every_us=0, least_us=10) for a in (1.0, 8.0, 64.0)]
    off = [np.sqrt(np.mean((run(method, grid_us=1).answers[at_samples] - exact) ** 2)) for method in methods]
    assert off[2] < 0.25 * off[1] < 0.25 * off[0]
    assert off[2] < 0.02 * exact.std()


@pytest.mark.parametrize("method", WAYS, ids=lambda method: method.name)
def test_an_event_waits_until_the_first_answer_that_it_changes(method: Any) -> None:
    """Leave out an event: answers differ from the time on at which it should be answered, and not before."""
    events = Given().parts[0]
    fine = EventDriven("driven", FINE, every_us=method.every_us) if isinstance(method, EventDriven) else method
    whole = run(fine, grid_us=1)
    for k in (20, 100):
        without = run(fine, Given(drop=k), grid_us=1)
        changed = np.flatnonzero((whole.answers != without.answers).any(axis=1))[0]
        fewer = whole.waits - without.waits
        assert fewer.sum() == fewer.max() == 1
        assert abs(changed - int(events["t"][k]) - np.argmax(fewer)) <= 1  # times of computing need not be whole


def test_costs_by_sensor_and_by_layer_have_the_same_sum() -> None:
    for method in WAYS:
        found = run(method)
        assert sum(found.by_sensor.values()) == found.operations > 0
        assert found.events == len(Given().parts[0])
        assert found.samples == len(Given().parts[1]) // 2


def test_a_layer_that_is_kept_gives_the_same_answers_for_less() -> None:
    kept, full = run(Recomputed("kept", 5000.0, "sample", incremental=True)), run(Recomputed("full", 5000.0, "sample"))
    assert np.array_equal(full.answers, kept.answers)
    assert full.operations > kept.operations
    weights, passes, answers = small_weights(), END // 5000 - 1, 60
    rest = 3 + (18 + 1) * 6 + (6 + 1) * 2  # biases of filters, hidden units, rates
    head, covered = answers * 13 * 6, int(covering(weights, Given().parts[0]).sum()) * 2 * 3
    assert kept.tally.totals()["reads"] == passes * rest + head + covered
    assert full.tally.totals()["reads"] == passes * (rest + weights.filters.size) + head
    traces = answers * 4 * 3  # of the head: inputs, and two traces of each
    assert kept.values == covered + passes * 20 * 3 * 2 + traces
    assert full.values == 2 * 300 + passes * 2 * 24 * 20 + traces


@pytest.mark.parametrize("name", ["cheap", "complementary", "Kalman", "slow traces"])
def test_filters_take_the_networks_rates_at_every_sample(name: str) -> None:
    weights, head = three_rates(), filter_head(name, 4000.0)
    stream = Given()
    stream.parts = pixels(until=END), three_samples()
    camera = name != "slow traces"
    method = Recomputed(name, 4000.0 if camera else "never", "sample", incremental=True, head=head)
    found = method.run(weights, stream, 100, lambda reached: None)
    gyro_t, gyro = samples(stream.parts[1], 3)
    at = np.arange(4000.0, END, 4000) if camera else np.empty(0)
    dvs = ExactRates(weights).take(stream.parts[0], at)
    wanted = head.begin().take(gyro_t, gyro, at, dvs, gyro_t)
    assert np.array_equal(found.answers[np.ceil(gyro_t / 100).astype(int)], wanted)
    own = found.tally.by_port()["head.gyro"]
    assert own["neuron_adds"] == head.costs.answer.adds * len(gyro_t)
    assert found.tally.by_port()["head.clock"]["multiplies"] == head.costs.look.multiplies * len(at)
    assert (found.by_sensor["dvs"] > 0, found.waits.sum() > 0) == (camera, camera)
    assert found.events == (len(stream.parts[0]) if camera else 0)


def three_samples() -> Any:
    made = np.zeros(3 * (END // 1000), en.VALUE_EVENT)
    made["t"], made["index"] = np.repeat(np.arange(500, END, 1000), 3), np.tile(range(3), END // 1000)
    made["value"] = np.random.default_rng(4).normal(0, 20, len(made))
    return made


def test_pieces_add_up_to_the_whole_and_change_nothing() -> None:
    whole, parts = run(EventDriven("driven")), run(EventDriven("driven", piece_us=5000))
    assert np.array_equal(whole.answers, parts.answers)
    assert whole.tally.to_dict() == parts.tally.to_dict()
    assert parts.by_piece is not None
    assert parts.by_piece.sum(axis=0).tolist() == [whole.events, whole.operations]
    t = Given().parts[0]["t"]
    assert parts.by_piece[:, 0].tolist() == np.bincount(t // 5000, minlength=END // 5000).tolist()


def test_further_sensors_are_counted_and_answered_by_nothing() -> None:
    alone = run(EventDriven("driven"))
    values = np.zeros(12, en.VALUE_EVENT)
    values["t"], values["index"] = np.repeat(np.arange(10_000, END, 10_000), 3)[:12], np.tile([0, 1, 2], 4)
    values["value"] = [1, 2, 3, 1, 2, 4, 1, 2, 4, 1, 0, 4]  # changes: 1, 2, 3 at first; 1; none; -2

    class More(Given):
        further: ClassVar[dict[str, FurtherSensor]] = {"joints": FurtherSensor(3, 1.0, lambda: Given().packets(values))}

    found = run(EventDriven("driven"), More())
    assert np.array_equal(found.answers, alone.answers)
    assert found.by_sensor["joints"] == found.operations - alone.operations > 0
    assert {k: v for k, v in found.by_sensor.items() if k != "joints"} == alone.by_sensor
    assert found.tally.by_port()["joints sink.spikes"]["deliveries"] == 6 + 1 + 0 + 2


def test_engines_agree() -> None:
    one, two = (run(EventDriven("driven", engine=engine)) for engine in ("compiled", "reference"))
    assert np.array_equal(one.answers, two.answers)
    assert one.tally.to_dict() == two.tally.to_dict()
    assert one.by_sensor == two.by_sensor


def test_patches_that_cover_an_event_are_counted() -> None:
    weights = small_weights()
    events = np.zeros(WIDTH * HEIGHT, en.PIXEL_EVENT)
    events["y"], events["x"] = np.divmod(np.arange(WIDTH * HEIGHT), WIDTH)
    wanted = np.zeros((HEIGHT, WIDTH), int)
    for row, column in np.ndindex(weights.patches):
        wanted[row * 4 : row * 4 + 8, column * 4 : column * 4 + 8] += 1
    assert np.array_equal(covering(weights, events), wanted.ravel())


def test_a_grid_holds_the_last_answer_across_windows() -> None:
    grid = HeldAnswers(1000, 100, 1)
    grid.take(np.array([150.0, 200.0]), np.array([[1.0], [2.0]]), 250)
    grid.take(np.array([660.0]), np.array([[3.0]]), 1000)
    assert grid.answers[:, 0].tolist() == [0, 0, 2, 2, 2, 2, 2, 3, 3, 3]


def test_quantiles_of_waits_are_those_of_the_events() -> None:
    waits = Waits()
    waits.take(np.arange(100.0), np.arange(100.0), np.array([99.0]))
    assert quantile(waits.counts, 0.5) == np.quantile(np.arange(100), 0.5, method="inverted_cdf") / 1000
    assert quantile(waits.counts, 0.99) == 0.098
    assert np.isnan(quantile(np.zeros(5, np.int64), 0.5))
    waits.take(np.zeros(200), np.zeros(200), np.array([250_000.0]))
    assert np.isinf(quantile(waits.counts, 0.5))


def test_progress_ends_at_the_end() -> None:
    for method in (EACH, EventDriven("driven")):
        told: list[int] = []
        method.run(small_weights(), Given(), 1000, told.append)
        assert told == sorted(told)
        assert told[-1] == END
