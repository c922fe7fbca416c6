"""Times have a range, |t| < 2^62 for deliveries: what leads out of it is an error, at the same delivery in both engines."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import eventnet as en
from eventnet.errors import InputError, RuleError, WiringError

ENGINES = ("reference", "compiled")
ORDERS = ("depth", "breadth", "fifo", "topological")


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@en.rule
def put_off(i, s, t, out, tally, wait):
    """A spike now, and one that sets out later."""
    out.spike(i, s)
    out.later(i, s, 0, wait[i])


@en.rule
def foresee(i, s, t, out, tally, wait):
    """In so many whole ticks."""
    out.predict(i, t + wait[i])


@en.rule
def foresee_far(i, s, t, out, tally, far):
    """At a float64 time."""
    out.predict(i, np.float64(far[i]))


@en.rule
def fire(i, s, t, out, tally):
    """What was foreseen."""
    out.spike(i, s)


class PutOff(en.Module):
    waits = en.Option[list[int]](positional=True)
    times = en.Option[list[float]](positional=True)
    units = en.Derived(lambda module: len(module.waits))
    most = en.Derived(2)
    wait = en.Integers(start=lambda module: module.waits)
    far = en.State(start=lambda module: module.times)
    spikes = en.Port(put_off, emits="out", accepts="units")
    ahead = en.Port(foresee, accepts="units")
    far_ahead = en.Port(foresee_far, accepts="units")
    crossing = en.Port(fire, emits="out", accepts="units")
    out = en.Outlet()
    predicted = en.Outlet(predicts="crossing")


def outcome(net: en.Network, rows: Any, engine: str, order: str = "breadth") -> Any:
    """Error, log and counts of a run to the end."""
    sim = en.Simulation(net, order, engine=engine, record=True)
    sim.inject(rows)
    error = ""
    try:
        sim.run()
        assert sim.idle
    except RuleError as problem:
        error = str(problem)
    return error, sim.log.tolist(), sim.tally.by_port()


@pytest.mark.parametrize("order", ORDERS)
def test_delays_that_add_up_past_the_range_are_an_error_at_the_same_delivery(order: str) -> None:
    net = en.Network()
    relay = net.add(en.Relay(3, name="relay"))
    net.connect(relay.out, relay.spikes, delay=2**60)
    rows = [(t, relay.spikes, k, 1) for t in (0, 1) for k in range(3)]
    wanted = outcome(net, rows, "reference", order)
    assert wanted == outcome(net, rows, "compiled", order)
    assert wanted[0] == f"port relay.spikes at t={3 * 2**60}: a delay leads from there to tick 2^62 or later"
    assert len(wanted[1]) == 2 * 3 * 3 + 1


@pytest.mark.parametrize("order", ORDERS)
def test_a_spike_that_leaves_the_range_ends_its_run_though_others_wait_beside_it(order: str) -> None:
    """A burst over a wire without delay, whose third spike alone fires a layer with two outgoing wires."""
    net = en.Network()
    relay = net.add(en.Relay(5, name="relay"))
    layer = net.add(en.Herding(2, net.weights([[0.2, 0], [0.2, 0], [0.9, 0], [0.2, 0], [0.9, 0]]), name="layer"))
    sink = net.add(en.Sink(2))
    net.connect(relay.out, layer.spikes)
    net.connect(relay.out, layer.spikes, delay=2**61 - 1)
    net.connect(layer.out, sink.spikes)
    net.connect(layer.out, sink.spikes, delay=2**61 - 1)
    rows = [(2**61 - 1, relay.spikes, k, 1) for k in range(5)]
    wanted = outcome(net, rows, "reference", order)
    assert wanted == outcome(net, rows, "compiled", order)
    assert wanted[0].startswith(f"port layer.spikes at t={2**62 - 2}: a delay leads")


def test_the_last_tick_is_reached_exactly(engine: str) -> None:
    net = en.Network()
    relay, sink = net.add(en.Relay(1)), net.add(en.Sink(1))
    net.connect(relay.out, sink.spikes, delay=2**61 - 1)
    error, log, _ = outcome(net, [(-(2**61) + 1, relay.spikes, 0, 1), (2**61 - 1, relay.spikes, 0, 1)], engine)
    assert (error, [t for _, _, _, t, *_ in log]) == ("", [1 - 2**61, 0, 2**61 - 1, 2**62 - 2])


@pytest.mark.slow
@pytest.mark.parametrize(("wait", "right"), [(2**61, True), (2**62 - 3, True), (2**62 - 2, False), (2**62, False), (2**63 - 1, False)])  # fmt: skip
def test_spikes_that_set_out_later_keep_to_the_range(wait: int, right: bool) -> None:
    net = en.Network()
    module, sink = net.add(PutOff([1, wait, 1], [0.0] * 3, name="m")), net.add(en.Sink(3))
    net.connect(module.out, sink.spikes, delay=2)
    rows = [(0, module.spikes, k, 1) for k in range(3)]
    wanted = outcome(net, rows, "reference")
    assert wanted == outcome(net, rows, "compiled")
    assert (wanted[0] == "") == right
    if right:
        assert wanted[1][-1][3] == wait + 2
    else:
        assert wanted[0].startswith("port m.spikes at t=0, index 1: the rule made or predicts a spike for tick 2^62")


@pytest.mark.parametrize("start", [0, 2**53 + 1, 2**60 + 1, -(2**60) - 1])
def test_a_prediction_in_whole_ticks_is_exact_however_late(start: int, engine: str) -> None:
    net = en.Network()
    module = net.add(PutOff([7, 2**59 + 1], [0.0, 0.0]))
    _, log, _ = outcome(net, [(start, module.ahead, k, 1) for k in range(2)], engine)
    assert [t for _, _, _, t, *_ in log] == [start, start, start + 7, start + 2**59 + 1]


@pytest.mark.parametrize(("far", "right"), [(2.0**61, True), (2.0**62, False), (1e300, False), (-1e300, True)])
def test_predictions_keep_to_the_range(far: float, right: bool) -> None:
    net = en.Network("float64")
    module = net.add(PutOff([2**62, 1], [far, 5.0], name="m"))
    for port, index in ((module.far_ahead, 0), (module.ahead, 0)):
        wanted = outcome(net, [(0, port, 1, 1), (0, port, index, 1), (1, port, 1, 1)], "reference")
        assert wanted == outcome(net, [(0, port, 1, 1), (0, port, index, 1), (1, port, 1, 1)], "compiled")
        if not right or port.name == "ahead":
            assert f"port m.{port.name} at t=0, index 0: the rule made or predicts a spike" in wanted[0]
        else:
            assert wanted[0] == ""


def test_a_time_of_infinity_still_cancels(engine: str) -> None:
    net = en.Network("float64")
    module = net.add(PutOff([7], [0.0]))
    sim = en.Simulation(net, engine=engine)
    sim[module][0].far = 50.0
    sim.inject([(0, module.far_ahead, 0, 1)])
    sim.run(until=1)
    assert sim.predictions == 1
    sim.store.arrays[module.name, "far"][0] = np.inf
    sim.inject([(1, module.far_ahead, 0, 1)])
    assert sim.run(until=2).predictions == 0


@pytest.mark.parametrize("delay", [2**61, 2**62, -1, 1.5])
def test_a_delay_that_cannot_be_is_refused_in_words_that_say_what_can(delay: Any) -> None:
    net = en.Network()
    relay = net.add(en.Relay(1))
    with pytest.raises(WiringError, match=r"wanted a whole number of ticks, from 0 to below 2\^61"):
        net.connect(relay.out, relay.spikes, delay)


@pytest.mark.parametrize("wrong", [{"until": 2.5}, {"until": 2**63}, {"until": np.inf}, {"max_deliveries": 1.5}])
def test_a_run_is_given_whole_numbers(wrong: Any, engine: str) -> None:
    net = en.Network()
    relay = net.add(en.Relay(1))
    sim = en.Simulation(net, engine=engine)
    sim.inject([(t, relay.spikes, 0, 1) for t in range(5)])
    with pytest.raises(InputError, match=r"wanted a whole number within 2\^62 of 0"):
        sim.run(**wrong)
    assert sim.run(until=3.0).deliveries == 3  # type: ignore[arg-type]


@pytest.mark.parametrize("start", [-1000, 0, 2**53, 2**60, -(2**60)])
def test_a_leaky_layer_looks_the_same_at_all_times(start: int, engine: str) -> None:
    net = en.Network("float64")
    layer = net.add(en.LeakyIntegrate(1, net.weights([[0.5]]), tau=10.0, adapt=(0.25, 40.0), name="layer"))
    sim = en.Simulation(net, engine=engine)
    sim.inject([(start + t, layer.spikes, 0, 1) for t in (0, 1, 2, 3)])
    state = sim.run().state(layer)
    looks = [(layer.potentials(state, start + t)[0], layer.thresholds(state, start + t)[0]) for t in (3, 7, 11)]
    here = en.Simulation(net, engine="reference")
    here.inject([(t, layer.spikes, 0, 1) for t in (0, 1, 2, 3)])
    state = here.run().state(layer)
    assert looks == [(layer.potentials(state, t)[0], layer.thresholds(state, t)[0]) for t in (3, 7, 11)]


# --- numbers put into a simulation ------------------------------------------------------------------------------------
def layer_of(engine: str) -> Any:
    net = en.Network("float32")
    layer = net.add(en.Herding(4, net.weights(np.full((4, 4), 0.3), "w"), name="layer"))
    sim = en.Simulation(net, engine=engine)
    sim.inject([(0, layer.spikes, 0, 1)])
    return sim


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("name", ["w", "phi", "threshold"])
def test_what_is_no_number_is_found_in_arrays_that_were_handed_out(name: str, value: float, engine: str) -> None:
    sim = layer_of(engine)
    held = sim["layer"].array(name)
    sim.run(until=0)
    held.flat[0] = value
    for _ in range(2):
        with pytest.raises(en.EventnetError, match=f"'{name}' of module 'layer' holds .*wanted finite numbers"):
            sim.run()
    held.flat[0] = 0.5
    assert sim.run().deliveries >= 1
    getattr(sim["layer"], name)[...] = value  # by way of an array that nobody holds
    with pytest.raises(en.EventnetError, match="wanted finite numbers"):
        sim.run()


def test_an_array_that_nobody_holds_is_looked_at_once(engine: str) -> None:
    sim = layer_of(engine)
    assert sim["layer"][1].phi == 0
    held = sim["layer"].w[1:, :]
    sim.run(until=0)
    assert set(sim.store.lent) == {("layer", "w")}
    del held
    sim.run(until=0)
    assert not sim.store.lent


def test_a_neuron_is_given_numbers(engine: str) -> None:
    sim = layer_of(engine)
    for name in ("phi", "w"):
        with pytest.raises(en.EventnetError, match=f"'{name}' of unit 2 of 'layer' holds nan"):
            setattr(sim["layer"][2], name, np.nan)
    assert np.isfinite(sim.weights("w")).all()


def test_a_block_that_was_spoilt_after_building_is_refused(engine: str) -> None:
    net = en.Network("float32")
    block = net.weights(np.full((4, 4), 0.3), "w")
    layer = net.add(en.Herding(4, block, name="layer"))
    block.array[1, 2] = np.nan
    with pytest.raises(en.EventnetError, match=r"weight block 'w' holds nan at \[1, 2\]"):
        en.Simulation(net, engine=engine)
    block.array[1, 2] = 0
    layer.state["phi"] = np.array([0, 0, np.inf, 0])
    with pytest.raises(en.EventnetError, match="state 'phi' of module 'layer' holds inf"):
        en.Simulation(net, engine=engine)


@pytest.mark.parametrize("start", [-1000, -(2**60)])
def test_a_filter_bank_decays_before_tick_0_as_after_it(start: int, engine: str) -> None:
    found = []
    for begin in (start, 0):
        net = en.Network("float64")
        geometry = en.Geometry.window((1, 2, 2), 2, (2, 2))
        bank = net.add(en.LeakyFilters(geometry, net.weights(np.ones((1, 8))), tau=[10.0, 50.0], name="bank"))
        sim = en.Simulation(net, engine=engine)
        sim.inject([(begin + t, bank.spikes, 0, 1) for t in (0, 5, 20)])
        found.append(sim.run(until=begin + 21).state(bank)["u"].tolist())
    assert found[0] == found[1]
