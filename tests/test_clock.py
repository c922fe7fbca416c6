"""Sensors and a network on one time line: packets of any size give the same bytes, and a loop can be closed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import simpy
from hypothesis import given, settings
from hypothesis import strategies as st

import eventnet as en
from eventnet.clock import on_clock
from eventnet.engine.access import Translation, in_time
from eventnet.errors import InputError, RuleError
from eventnet.event import from_addresses
from eventnet.scenarios.sensors import DVS, Grating, Gyroscope, InertialParameters, InertialUnit
from eventnet.scenarios.worlds import RandomTurning

UNTIL = 1000


def small_network(dtype: str = "float64") -> tuple[en.Network, Any, Any]:
    """Two layers; both sensors of most tests send to the first one's port."""
    rng = np.random.default_rng(5)
    net = en.Network(dtype)
    first = net.add(en.Herding(5, net.weights(rng.normal(0, 0.5, (12, 5))), name="first"))
    second = net.add(en.Herding(3, net.weights(rng.normal(0, 0.7, (5, 3))), name="second"))
    net.connect(first.out, second.spikes, delay=7)
    return net, first, second


def camera_events(seed: int, n: int = 150) -> Any:
    rng = np.random.default_rng(seed)
    made = np.zeros(n, dtype=en.PIXEL_EVENT)
    made["t"] = np.sort(rng.integers(0, UNTIL, n))
    made["x"], made["y"], made["p"] = rng.integers(0, 4, n), rng.integers(0, 3, n), rng.integers(0, 2, n)
    return made


def packets(events: Any, cuts: list[int]) -> Iterator[en.Packet]:
    """The events in packets that end at the cuts and at UNTIL."""
    begin = 0
    for cut in [*sorted(cuts), UNTIL]:
        end = int(np.searchsorted(events["t"], cut))
        yield en.Packet(cut, events[begin:end])
        begin = end


def lived(cuts: list[list[int]], engine: str = "reference", **options: Any) -> en.Simulation:
    net, first, _ = small_network()
    sim = en.Simulation(net, "random", engine=engine, record=True, seed=3)
    clock = en.Clock(sim, **options)
    for k, own in enumerate(cuts):
        clock.play(packets(camera_events(k), own), first.spikes, width=4)
    clock.run()
    return sim


def bytes_of(sim: en.Simulation) -> tuple[bytes, ...]:
    state = [array.tobytes() for module in sim.net.modules for array in sim.state(module).values()]
    return (sim.log.tobytes(), str(sim.tally.to_dict()).encode(), *state)


CUTS = st.lists(st.integers(0, UNTIL - 1), max_size=8)


@pytest.mark.slow
@given(st.tuples(CUTS, CUTS))
@settings(max_examples=25, deadline=None)
def test_results_do_not_depend_on_packets(cuts: tuple[list[int], list[int]]) -> None:
    assert bytes_of(lived(list(cuts))) == bytes_of(lived([[], []]))


@pytest.mark.parametrize("engine", ["reference", "compiled"])
def test_a_clock_hands_over_what_one_run_would_get(engine: str) -> None:
    sim = lived([[10, 500], list(range(0, UNTIL, 50))], engine)
    net, first, _ = small_network()
    at_once = en.Simulation(net, "random", engine=engine, record=True, seed=3)
    for k in range(2):
        e = camera_events(k)
        at_once.inject(en.from_addresses(e["t"], e["x"], e["y"], e["p"], width=4, port=first.spikes))
    at_once.run()
    assert bytes_of(sim) == bytes_of(at_once)


def test_a_run_split_in_two_is_one_run() -> None:
    whole = lived([[300], [700]])
    net, first, _ = small_network()
    sim = en.Simulation(net, "random", engine="reference", record=True, seed=3)
    clock = en.Clock(sim)
    for k, own in enumerate([[300], [700]]):
        clock.play(packets(camera_events(k), own), first.spikes, width=4)
    for until in (1, 299, 300, 650):
        clock.run(until)
        assert sim.time == until
    clock.run()
    assert bytes_of(sim) == bytes_of(whole)


def test_values_go_into_an_encoder() -> None:
    rng = np.random.default_rng(1)
    samples = np.zeros(40, dtype=en.VALUE_EVENT)
    samples["t"], samples["index"] = np.sort(rng.integers(0, UNTIL, 40)), rng.integers(0, 3, 40)
    samples["value"] = rng.normal(0, 3, 40)
    found = []
    for cuts in ([], [100, 101, 600], list(range(0, UNTIL, 20))):
        net = en.Network("float64")
        encoder = net.add(en.ChangeEncoder(net.weights(np.zeros((1, 3))), net.weights(np.zeros((40, 2))), k=2.0))
        sink = net.add(en.Sink(3))
        net.connect(encoder.out, sink.spikes)
        sim = en.Simulation(net, engine="reference", record=True)
        clock = en.Clock(sim)
        clock.play(packets(samples, cuts), into=encoder)
        clock.run()
        log = sim.log[sim.log["port"] == int(sink.spikes)]
        sent = [int(log["sign"][log["index"] == k].sum()) for k in range(3)]
        last = [samples["value"][samples["index"] == k][-1] for k in range(3)]
        assert sent == [int(np.floor(2 * v + 0.5)) for v in last]
        found.append(log[["t", "index", "sign"]].tolist())
    assert found[0] == found[1] == found[2]


def test_updates_need_room() -> None:
    net = en.Network("float64")
    encoder = net.add(en.ChangeEncoder(net.weights(np.zeros((1, 3))), net.weights(np.zeros((4, 2)))))
    sim = en.Simulation(net, engine="reference")
    samples = np.zeros(12, dtype=en.VALUE_EVENT)
    samples["t"], samples["value"] = np.arange(12) * 80, np.arange(12)
    clock = en.Clock(sim)
    clock.play(packets(samples, list(range(100, UNTIL, 100))), into=encoder)
    assert clock.run().simulation.tally.by_port()["changeencoder0.value"]["deliveries"] == 12
    clock = en.Clock(en.Simulation(net, engine="reference"))
    clock.play(packets(samples, []), into=encoder)
    with pytest.raises(InputError, match="room for 4 updates at a time, but 12 wait"):
        clock.run()


@pytest.mark.parametrize(
    ("told", "room", "waits"),
    [(101, 1, None), (100, 1, 2), (11, 1, 2), (11, 2, None), (100, 2, None), (10, 2, 3), (10, 3, None)],
)
def test_a_row_of_updates_is_free_when_its_instant_is_over(told: int, room: int, waits: int | None) -> None:
    """Another sensor holds the network back at `progress` while three packets of updates come, of 10, 100 and 150 us."""
    net = en.Network("float64")
    encoder = net.add(en.ChangeEncoder(net.weights(np.zeros((1, 3))), net.weights(np.zeros((room, 2)))))
    sink = net.add(en.Sink(3, name="sink"))
    net.connect(encoder.out, sink.spikes)
    sim = en.Simulation(net, engine="reference", record=True)
    clock = en.Clock(sim)
    updates = [np.array([(t, k, k + 1.0)], dtype=en.VALUE_EVENT) for k, t in enumerate((10, 100, 150))]
    clock.play(iter([en.Packet(t, event) for t, event in zip((11, 101, 160), updates)]), into=encoder)
    nothing = np.zeros(0, dtype=en.EVENT)
    clock.play(iter([en.Packet(told, nothing), en.Packet(300, nothing)]))
    if waits is not None:
        with pytest.raises(InputError, match=f"room for {room} updates at a time, but {waits} wait"):
            clock.run()
        return
    clock.run()
    heard = sim.log[sim.log["port"] == int(sink.spikes)]
    assert heard[["t", "index"]].tolist() == [(10, 0), (100, 1), (100, 1), (150, 2), (150, 2), (150, 2)]


def closed_loop(window: int, delay: int = 40) -> list[tuple[int, float]]:
    """A camera sends more where the network's potential was low `delay` before; windows of `window`."""
    net, first, second = small_network()
    sim = en.Simulation(net, engine="reference")
    clock = en.Clock(sim)
    potentials = clock.sample(lambda: float(sim[second].phi[0]), 20, keep=5)
    seen: list[tuple[int, float]] = []

    def camera() -> Any:
        for begin in range(0, 400, window):
            made = []
            for t in range(begin, begin + window, 20):
                phi = (yield potentials.at(t - delay)) or 0.0
                seen.append((t, phi))
                made += [(t, 1 + (t // 20) % 3, 1, phi < 0.2)] * (2 if phi < 0.1 else 1)
            yield en.Packet(begin + window, np.array(made, dtype=en.PIXEL_EVENT))

    def ticker() -> Any:
        for t in range(0, 400, 10):
            yield en.Packet(t + 10, np.array([(t + 3, 0, 0, True)], dtype=en.PIXEL_EVENT))

    clock.play(camera(), first.spikes, width=4)
    clock.play(ticker(), first.spikes, width=4)
    clock.run()
    with pytest.raises(InputError, match="no longer kept"):
        potentials.at(20)
    with pytest.raises(InputError, match="already and cannot be seen at 5"):
        clock.reached(5)
    return seen


def test_a_loop_is_closed_with_a_delay_and_not_by_packets() -> None:
    assert closed_loop(20) == closed_loop(40)
    assert len({phi for _, phi in closed_loop(20)}) > 5


def test_who_waits_for_a_time_sees_the_network_just_then() -> None:
    net, first, _ = small_network()
    sim = en.Simulation(net, engine="reference", record=True)
    clock = en.Clock(sim)
    looks = []

    def watcher() -> Any:
        for t in (0, 5, 5, 250, 251, 999):
            value = yield clock.reached(t)
            looks.append((value, sim.time, len(sim.log)))

    clock.env.process(watcher())
    events = camera_events(0)
    clock.play(packets(events, [400]), first.spikes, width=4)
    clock.run()
    for t, sim_time, lines in looks:
        assert t in (sim_time, 0)
        assert lines >= np.sum(events["t"] < t)
        assert not np.any(sim.log["t"][:lines] >= t)
    assert len(looks) == 6


def test_a_sensor_may_wait_for_anything_of_simpy() -> None:
    net, first, _ = small_network()
    clock = en.Clock(en.Simulation(net, engine="reference"))
    shutter = simpy.Resource(clock.env, 1)

    def camera(start: int) -> Any:
        with shutter.request() as ready:
            yield ready
            value = yield clock.env.timeout(start, value="open")
            assert value == "open"
            now = int(clock.env.now)
            yield en.Packet(now + 10, np.array([(now + 1, 0, 0, True)], dtype=en.PIXEL_EVENT))

    sources = [clock.play(camera(50), first.spikes, width=4) for _ in range(2)]
    clock.run()
    assert [source.events for source in sources] == [1, 1]
    assert clock.env.now == 120


def test_a_clock_can_keep_real_time() -> None:
    net, first, _ = small_network()
    begin = time.perf_counter()
    clock = en.Clock(en.Simulation(net, engine="reference"), pace=0.01)
    clock.play(packets(camera_events(0), [500]), first.spikes, width=4)
    clock.run()
    assert 0.1 <= time.perf_counter() - begin < 5
    assert bytes_of(lived([[500]], pace=0.1)) == bytes_of(lived([[500]]))


def one(t: int, dtype: Any = en.PIXEL_EVENT) -> Any:
    return np.array([(t, 0, 0, True)][:1], dtype=dtype) if dtype == en.PIXEL_EVENT else np.zeros(1, dtype)


@pytest.mark.parametrize(
    ("sent", "message"),
    [
        ([en.Packet(10, one(10))], "events from 10 to 10 us in a packet from 0 to 10"),
        ([en.Packet(10, one(5)), en.Packet(20, one(9))], "events from 9 to 9 us in a packet from 10 to 20"),
        ([en.Packet(10, one(5)), en.Packet(9, one(9)[:0])], "up to 9 us, but its events are complete up to 10"),
        (
            [en.Packet(10, np.concatenate([one(5), one(4)]))],
            "event 1 of a packet of eye is at 4 us, the one before at 5",
        ),
        ([17], "eye yielded 17; wanted a Packet"),
        ([en.Packet(10, np.zeros(1))], "eye sent float64; wanted EVENT"),
        ([en.Packet(10, np.zeros(1, en.VALUE_EVENT))], "wanted EVENT, or PIXEL_EVENT with a port and a width"),
    ],
)
def test_bad_packets_are_refused_by_name(sent: list[Any], message: str) -> None:
    net, first, _ = small_network()
    clock = en.Clock(en.Simulation(net, engine="reference"))
    clock.play(sent, first.spikes, width=4, name="eye")
    with pytest.raises(InputError, match=message):
        clock.run()


def test_a_sensor_that_waits_for_ever_is_named() -> None:
    net, first, _ = small_network()
    clock = en.Clock(en.Simulation(net, engine="reference"))

    def stuck() -> Any:
        yield en.Packet(10, one(5))
        yield clock.env.event()

    clock.play(stuck(), first.spikes, width=4, name="eye")
    with pytest.raises(InputError, match="eye sent nothing after 10 us"):
        clock.run()
    with pytest.raises(InputError, match="cannot run until 3"):
        clock.run(3)
    with pytest.raises(InputError, match="pace is 0"):
        en.Clock(clock.simulation, pace=0)


@pytest.mark.parametrize("until", [2**62 + 1, 2.5, float("nan"), "5"])
def test_a_clock_runs_to_whole_ticks_within_its_range(until: Any) -> None:
    net = en.Network()
    net.add(en.Sink(1))
    clock = en.Clock(en.Simulation(net, engine="reference"))
    with pytest.raises(InputError, match="until is .*; wanted a whole number within 2"):
        clock.run(until)


def test_what_the_network_raises_comes_through() -> None:
    net = en.Network("float64")
    one = net.weights(np.ones((1, 1)))
    head = net.add(en.LeakyReadout(1, net.weights(np.zeros((3, 1))), one, tau=[1.0], updates=net.weights([[7, 0]])))
    clock = en.Clock(en.Simulation(net, engine="reference"))
    clock.play([en.Packet(10, en.events([(3, head.value, 0, 1)]))])
    with pytest.raises(RuleError, match="an update names an input that does not exist"):
        clock.run()


def test_memory_does_not_grow_with_the_number_of_events() -> None:
    net, first, _ = small_network("float32")
    clock = en.Clock(en.Simulation(net, engine="compiled"))

    def camera() -> Iterator[en.Packet]:
        for k in range(200):
            made = np.zeros(500, dtype=en.PIXEL_EVENT)
            made["t"] = k * 1000 + 2 * np.arange(500)
            yield en.Packet((k + 1) * 1000, made)

    source = clock.play(camera(), first.spikes, width=4)
    clock.run()
    assert source.events == 100_000
    assert not source.pending


def test_an_error_of_a_module_in_plain_python_is_not_taken_for_a_sensor_that_waits() -> None:
    class Raising(en.PythonModule):
        spikes = en.Port(accepts="units")

        def on_spikes(self, i: int, s: int, t: int, out: Any, tally: Any) -> None:
            raise RuntimeError("mine")

    net = en.Network()
    module = net.add(Raising())
    clock = en.Clock(en.Simulation(net, engine="reference"))
    clock.play([en.Packet(10, en.events([(5, module.spikes, 0, 1)]))])
    with pytest.raises(RuntimeError, match="mine"):
        clock.run()


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_value_that_is_no_number_is_refused(value: float) -> None:
    net = en.Network("float64")
    encoder = net.add(en.ChangeEncoder(net.weights(np.zeros((1, 3))), net.weights(np.zeros((4, 2)))))
    clock = en.Clock(en.Simulation(net, engine="reference"))
    samples = np.zeros(1, dtype=en.VALUE_EVENT)
    samples["t"], samples["value"] = 7, value
    clock.play([en.Packet(10, samples)], into=encoder)
    with pytest.raises(InputError, match="for input 0 at 7 us; wanted finite numbers"):
        clock.run()


def test_sensors_live_in_an_environment_of_ones_own() -> None:
    """The same bytes as in one that the clock makes; processes that were there before live on beside it."""
    env = simpy.Environment()
    seen: list[float] = []

    def watch() -> Iterator[Any]:
        while True:
            yield env.timeout(250)
            seen.append(env.now)

    env.process(watch())
    assert bytes_of(lived([[10], [500]], env=env)) == bytes_of(lived([[10], [500]]))
    assert seen[:3] == [250, 500, 750]


def test_a_clock_begins_where_ones_own_environment_is() -> None:
    net, first, _ = small_network()
    env = simpy.Environment(initial_time=40)
    clock = en.Clock(en.Simulation(net, engine="reference"), start=40, env=env)
    clock.play([en.Packet(60, en.events([(50, first.spikes, 0, 1)]))])
    assert clock.run().env is env
    assert clock.simulation.deliveries >= 1


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"env": simpy.Environment(initial_time=5)}, "env is at 5 us, but sensors start at 0: say start=5"),
        ({"env": simpy.Environment(), "start": 3}, "env is at 0 us, but sensors start at 3: say start=0"),
        ({"env": simpy.Environment(), "pace": 1.0}, "env brings its own pace"),
        ({"env": simpy}, "wanted a simpy.Environment"),
    ],
)
def test_an_environment_that_does_not_fit_is_refused(options: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        en.Clock(en.Simulation(small_network()[0], engine="reference"), **options)


# --- sensors that speak in windows ---
def log_in_windows(window: float) -> bytes:
    """The log of a network that takes in a small DVS and a gyroscope."""
    net = en.Network(dtype="float32")
    updates = net.weights(np.zeros((4096, 2)))
    encoder = net.add(en.ChangeEncoder(net.weights(np.zeros((1, 3))), updates, k=0.1))
    layer = net.add(en.Herding(4, net.weights(np.full((6, 4), 0.3))))
    net.connect(encoder.out, net.add(en.Sink(3)).spikes)
    sim = en.Simulation(net, engine="reference", record=True)
    clock = en.Clock(sim)
    dvs = DVS(Grating(np.arange(6.0).reshape(2, 3), amplitude=1.0, hz=10))
    unit = InertialUnit(RandomTurning(2), InertialParameters(Gyroscope(white_noise=10), None, jitter_us=100), seed=5)
    clock.play(on_clock(dvs, window, 150_000), layer.spikes, width=3)
    clock.play(on_clock(unit, window), into=encoder)
    clock.run(until=100_000)
    assert len(sim.log) > 400
    return np.asarray(sim.log).tobytes()


@pytest.mark.slow
def test_a_run_does_not_depend_on_the_window() -> None:
    assert log_in_windows(1000) == log_in_windows(777.7) == log_in_windows(50_000)


@pytest.mark.parametrize("window, until, ends", [(1000, 2500, [1000, 2000, 2500]), (0.5, 1.2, [1, 1, 2])])
def test_a_packet_tells_all_up_to_its_end(window: float, until: float, ends: list) -> None:
    unit = InertialUnit(RandomTurning(2), InertialParameters(rate_hz=100_000))
    sent = list(on_clock(unit, window, until))
    assert [packet.until for packet in sent] == ends
    for packet, begin in zip(sent, [0, *ends]):
        assert ((packet.events["t"] >= begin) & (packet.events["t"] < packet.until)).all()
    assert np.array_equal(np.concatenate([packet.events for packet in sent]), unit.events(until))


def test_an_iterator_is_a_sensor_and_is_not_looked_at_as_a_table(monkeypatch: pytest.MonkeyPatch) -> None:
    net, first, _ = small_network()
    sim = en.Simulation(net, engine="reference")
    clock = en.Clock(sim)
    monkeypatch.setattr("eventnet.clock.is_events", lambda given: pytest.fail("it was looked at"))
    clock.play(iter([*packets(camera_events(1), [300])]), first.spikes, width=4)
    clock.run()
    assert sim.deliveries >= 150


@pytest.mark.parametrize("cuts", [[], [300, 700], list(range(50, 1000, 50))])
def test_two_sensors_may_go_into_one_module(cuts: list[int]) -> None:
    """They share its rows: none is written over while it waits."""
    net = en.Network("float64")
    mix = np.zeros((1 + 2 * 2, 2))
    mix[1, 0] = mix[2, 1] = 1
    head = net.add(en.LeakyReadout(
        2, net.weights(mix, "mix"), net.weights(np.zeros((200, 2)), "answers"), tau=[100.0],
        updates=net.weights(np.zeros((400, 2)), "updates"), name="head",
    ))  # fmt: skip
    sim = en.Simulation(net, engine="reference")
    clock, at = en.Clock(sim), np.arange(5, UNTIL, 10)
    for index in (0, 1):
        values = np.zeros(len(at), en.VALUE_EVENT)
        values["t"], values["index"], values["value"] = at, index, (index + 1) * at
        clock.play(packets(values, cuts), into=head)
    clock.play(iter([en.Packet(UNTIL, en.events([(t, head.read, k, 1) for k, t in enumerate(at)]))]))
    clock.run()
    assert np.array_equal(sim[head].array("answers")[: len(at)], np.stack((at, 2 * at), axis=1))


@pytest.mark.parametrize("width", [3, 40, 2**15, 2**15 + 1, 60_000])
def test_packets_of_pixels_are_the_addresses_that_they_are_elsewhere_or_the_same_error(width: int) -> None:
    net = en.Network()
    eye = net.add(en.Relay(2, name="eye"))
    translate = Translation(en.Simulation(net), eye.spikes, width, None, "eye")
    rng = np.random.default_rng(width)
    for n in [1, 1, 2, 50] * 20:
        packet = np.zeros(n, en.PIXEL_EVENT)
        packet["t"], packet["p"] = rng.integers(-99, 99, n), rng.random(n) < 0.5
        packet["x"], packet["y"] = rng.integers(0, min(width + 2, 2**16), n), rng.integers(0, 2**16, n) >> 1
        columns = [packet[name] for name in ("t", "x", "y", "p")]
        try:
            wanted = from_addresses(*columns, width=width, port=translate.port).tobytes()
        except InputError as error:
            wanted = str(error)
        for sent in (packet, np.repeat(packet, 2)[::2]):  # one whose records do not lie together
            try:
                found = translate(sent).tobytes()
            except InputError as error:
                found = str(error)
            assert found == wanted


def test_times_of_a_packet_are_right_where_they_rise_within_it() -> None:
    for times in ([3], [3, 3, 9], []):
        assert in_time(np.array(times, dtype=np.int64), 3, 10)
    for times in ([2], [10], [5, 4], [3, 12, 5]):
        assert not in_time(np.array(times, dtype=np.int64), 3, 10)
