"""A recorder looks at a run and changes nothing: the same bytes with and without; what it sees is what was there."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import view_cases as cases

import eventnet as en
from eventnet.errors import InputError
from eventnet.view import RunLook, RunRecorder, SensorStream, Shown


class Kept:
    """A sink that keeps looks, and how it was closed."""

    def __init__(self) -> None:
        self.looks: list[RunLook] = []
        self.closed: list[bool] = []

    def write(self, look: RunLook) -> None:
        self.looks.append(look)

    def close(self, whole: bool = True) -> None:
        self.closed.append(whole)


def bytes_of(sim: en.Simulation) -> tuple[bytes, ...]:
    state = [array.tobytes() for module in sim.net.modules for array in sim.state(module).values()]
    return sim.log.tobytes(), str(sim.tally.to_dict()).encode(), *state


@pytest.mark.parametrize("engine", ["reference", pytest.param("compiled", marks=pytest.mark.slow)])
def test_a_run_has_the_same_bytes_with_a_recorder_and_without(engine: str) -> None:
    alone = bytes_of(cases.run(None, engine=engine))
    for every in (1700, 20_000, 10**6):
        with RunRecorder(Kept(), every_us=every) as recorder:
            assert bytes_of(cases.run(recorder, engine=engine)) == alone


def test_looks_hold_every_event_once_and_in_the_window_that_it_lies_in() -> None:
    kept = Kept()
    cases.record(kept)
    assert [(look.begin_us, look.t_us) for look in kept.looks] == [
        (t, t + cases.EVERY) for t in range(0, cases.UNTIL, cases.EVERY)
    ]
    for name, records in cases.sent().items():
        parts = [look.events[name] for look in kept.looks]
        assert np.concatenate([part for part in parts if len(part)]).tobytes() == records.tobytes()
        for look, part in zip(kept.looks, parts):
            assert ((part["t"] >= look.begin_us) & (part["t"] < look.t_us)).all()
    assert kept.closed == [True]


@pytest.mark.parametrize("window", [500, 20_000, 100_000])
def test_what_is_seen_does_not_depend_on_packets(window: int) -> None:
    one, other = Kept(), Kept()
    cases.record(one, window=7000)
    cases.record(other, window=window)
    for a, b in zip(one.looks, other.looks, strict=True):
        assert (a.rates, a.adds, a.queued) == (b.rates, b.adds, b.queued)
        for name in cases.STREAMS:
            assert a.events[name].tolist() == b.events[name].tolist()


def test_rates_and_adds_are_those_of_the_log_and_of_the_tally() -> None:
    kept = Kept()
    with RunRecorder(kept, every_us=cases.EVERY) as recorder:
        sim = cases.run(recorder)
    ports = [str(port) for port in sim.net.ports()]
    for look in kept.looks:
        within = sim.log[(sim.log["t"] >= look.begin_us) & (sim.log["t"] < look.t_us)]
        counts = np.bincount(within["port"], minlength=len(ports))
        assert {name: round(rate * 1e-6 * cases.EVERY) for name, rate in look.rates.items()} == dict(
            zip(ports, counts.tolist())
        )
    for module, row in sim.tally.by_module().items():
        adds = sum(row[kind] for kind in ("input_adds", "synaptic_adds", "neuron_adds", "learning_adds"))
        assert round(sum(look.adds[module] for look in kept.looks) * 1e-6 * cases.EVERY) == adds


@pytest.mark.parametrize("engine", ["reference", pytest.param("compiled", marks=pytest.mark.slow)])
def test_the_queue_holds_what_was_sent_and_has_not_arrived(engine: str) -> None:
    """By the log of the whole run: a spike waits from when its cause was delivered until it is delivered itself."""
    kept = Kept()
    with RunRecorder(kept, every_us=cases.EVERY) as recorder:
        sim = cases.run(recorder, engine=engine)
    sim.run()
    log = sim.log
    caused = log[log["parent"] >= 0]
    began = log["t"][caused["parent"]]
    waiting = [int(((began < look.t_us) & (caused["t"] >= look.t_us)).sum()) for look in kept.looks]
    assert [look.queued for look in kept.looks] == waiting
    assert max(waiting) > 3
    assert sim.queued == 0


def test_answers_poses_and_pictures_are_of_the_time_of_the_look() -> None:
    kept = Kept()
    cases.record(kept)
    for look in kept.looks:
        assert look.answers == {"estimate": [look.t_us, 1.0, 2.0], "level": 0.5 * look.t_us}
        assert look.pose is not None
        assert look.pose.tobytes() == cases.turned(look.t_us).tobytes()
        assert look.pictures["map"][0, 0] == look.t_us // 1000


def test_a_run_that_ends_between_two_looks_is_looked_at_once_more() -> None:
    kept = Kept()
    with RunRecorder(kept, every_us=30_000) as recorder:
        cases.run(recorder)
    assert [look.t_us for look in kept.looks] == [30_000, 60_000, 90_000, 100_000]
    assert recorder.looks == 4


def test_a_simulation_without_a_clock_is_looked_at_by_hand_and_in_its_own_ticks() -> None:
    net = en.Network()
    eye = net.add(en.Relay(2, name="eye"))
    net.connect(eye.out, net.add(en.Sink(2, name="answer")).spikes, delay=30)
    sim = en.Simulation(net, engine="reference")
    sim.inject([(t, eye.spikes, 0, 1) for t in range(0, 100, 10)])
    kept = Kept()
    with RunRecorder(kept) as recorder:
        sim.run(until=0)
        recorder.begin(sim, tick_us=100.0)
        for until in (50, 100):
            sim.run(until=until)
            recorder.look()
            recorder.look()  # no time has passed
    assert [(look.begin_us, look.t_us, look.queued) for look in kept.looks] == [(0, 5000, 8), (5000, 10_000, 3)]
    assert kept.looks[0].rates == {"eye.spikes": pytest.approx(1000), "answer.spikes": pytest.approx(400)}


def test_a_run_that_fails_closes_its_sinks_as_not_whole() -> None:
    kept = Kept()
    with pytest.raises(ZeroDivisionError), RunRecorder(kept):
        1 / 0  # noqa: B018
    assert kept.closed == [False]


@pytest.mark.parametrize("every", [0, -5, 1.5, True])
def test_a_period_that_is_none_is_refused(every: Any) -> None:
    with pytest.raises(InputError, match=f"every_us is {every!r}; wanted a whole number, 1 or more"):
        RunRecorder(every_us=every)


def test_a_recorder_watches_one_run() -> None:
    recorder = RunRecorder()
    sim = en.Simulation(en.Network(), engine="reference")
    recorder.begin(sim, Shown())
    with pytest.raises(InputError, match="a recorder watches one run"):
        recorder.begin(sim)


def test_a_run_without_an_end_is_looked_at_until_all_is_quiet() -> None:
    net = en.Network()
    eye = net.add(en.Relay(12, name="eye"))
    net.connect(eye.out, net.add(en.Sink(12, name="answer")).spikes, delay=45_000)
    clock, kept = en.Clock(en.Simulation(net, engine="reference"), start=5000), Kept()
    events = cases.camera_events(end=20_000)
    events["t"] += 5000
    clock.play(events, eye.spikes, width=4, name="camera")
    with RunRecorder(kept, every_us=10_000) as recorder:
        recorder.on_clock(clock, Shown({"camera": SensorStream("events", 4, 3)}))
        clock.run()
    assert [look.begin_us for look in kept.looks] == [5000 + 10_000 * k for k in range(len(kept.looks))]
    assert sum(len(look.events["camera"]) for look in kept.looks) == len(events)
    assert (kept.looks[1].queued, kept.looks[-1].queued) == (len(events), 0)
    assert sum(
        look.rates["answer.spikes"] * 1e-6 * (look.t_us - look.begin_us) for look in kept.looks
    ) == pytest.approx(400)


@pytest.mark.parametrize(
    ("stream", "said"),
    [
        (SensorStream("rates"), "camera is shown as rates, but sends records of t, x, y, p"),
        (SensorStream("events", 3, 3), "camera is shown with 3x3 pixels, but has events beyond them"),
        (SensorStream("events", 4, 2), "camera is shown with 4x2 pixels, but has events beyond them"),
    ],
)
def test_a_sensor_that_sends_something_else_is_named(stream: SensorStream, said: str) -> None:
    recorder = RunRecorder()
    recorder.begin(en.Simulation(en.Network(), engine="reference"), Shown({"camera": stream}))
    with pytest.raises(InputError, match=said):
        recorder.hear("camera", cases.camera_events())
    recorder.hear("another", cases.camera_events())


@pytest.mark.parametrize(
    ("stream", "units", "said"),
    [
        (SensorStream("rates"), 4, "as rates about x, y and z, but sends 4 values"),
        (SensorStream("frames", 2, 2), 6, "with 2x2 pixels, but sends 18 values"),
        (SensorStream("frames"), 6, "with 0x0 pixels, but sends"),
        (SensorStream("events", 4, 3), 3, "but sends records of t, index, value"),
    ],
)
def test_values_that_do_not_fit_are_named(stream: SensorStream, units: int, said: str) -> None:
    recorder = RunRecorder()
    recorder.begin(en.Simulation(en.Network(), engine="reference"), Shown({"values": stream}))
    with pytest.raises(InputError, match=said):
        recorder.hear("values", cases.values(units, 40_000, 1.0))
