"""Simulations: what is refused, looking inside, going on, stopping, logs, and memory that does not grow."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cases import Injecting, feed, make_case, make_injecting_case, seen
from few import few

import eventnet as en
from eventnet.engine.access import first_bad
from eventnet.engine.compiled import DISORDER, UNREADY, lay_out
from eventnet.errors import EngineError, InputError, RuleError, UnsettledError
from eventnet.kernels.prediction_heap import LATEST, SOONEST

ENGINES = ("reference", "compiled")


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def small() -> tuple[en.Network, Any, Any]:
    net = en.Network("float32")
    layer = net.add(en.Herding(4, net.weights(np.eye(3, 4) * 0.75, "w"), name="layer"))
    sink = net.add(en.Sink(4, name="sink"))
    net.connect(layer.out, sink.spikes)
    return net, layer, sink


# --- inputs ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("event, words", [
    ((4, 0, 0, 1), r"input 1 is \(t=4, port=0, index=0, sign=1\); time is 5 already"),
    ((9, 99, 0, 1), r"input 1 is \(t=9, port=99, index=0, sign=1\); ports are 0 to 3"),
    ((9, -1, 0, 1), r"input 1 is \(t=9, port=-1, .*; ports are 0 to 3"),
    ((9, 0, 3, 1), r"input 1 is \(t=9, port=0, index=3, sign=1\); port layer.spikes takes indices 0 to 2"),
    ((9, 0, -1, 1), r"input 1 is .*index=-1.*layer.spikes takes indices 0 to 2"),
    ((9, 0, 0, 0), r"input 1 is .*sign=0\); signs are \+1 or -1"),
    ((9, 0, 0, 2), r"input 1 is .*sign=2\); signs are \+1 or -1"),
    ((2**61, 0, 0, 1), r"input 1 is .*; times lie within 2\^61 ticks of 0"),
    ((-(2**63), 0, 0, 1), r"input 1 is \(t=-9223372036854775808"),
])  # fmt: skip
def test_a_wrong_input_is_named_and_none_of_its_fellows_come_in(event: Any, words: str, engine: str) -> None:
    net, *_ = small()
    sim = en.Simulation(net, engine=engine).run(until=5)
    with pytest.raises(InputError, match=words):
        sim.inject([(9, 0, 0, 1), event])
    assert sim.idle


@pytest.mark.parametrize("event", [
    (2**70, 0, 0, 1), (0, 2**40, 0, 1), (0, 0, 2**40, 1), (0, 0, 0, 300), (0, 0, 0), ("now", 0, 0, 1), (0, 0, 1.7, 1), (0.5, 0, 0, 1),
])  # fmt: skip
def test_a_malformed_input_is_an_input_error(event: Any, engine: str) -> None:
    net, *_ = small()
    with pytest.raises(InputError):
        en.Simulation(net, engine=engine).inject([(0, 0, 0, 1), event])


def test_inputs_of_another_dtype_or_shape_are_refused(engine: str) -> None:
    net, layer, _ = small()
    sim, good = en.Simulation(net, engine=engine), en.events([(0, layer.spikes, 0, 1)])
    for wrong in (np.zeros(3), good.reshape(1, 1), np.zeros(2, dtype=en.DELIVERY)):
        with pytest.raises(InputError, match="1-d array of EVENT records"):
            sim.inject(wrong)
    assert sim.idle


def test_what_has_been_handed_over_is_a_copy(engine: str) -> None:
    net, layer, _sink = small()
    sim, feed = en.Simulation(net, engine=engine), en.events([(0, layer.spikes, 1, 1)])
    sim.inject(feed)
    feed["index"] = 2
    sim.run()
    assert sim.state(layer)["phi"].tolist() == [0, -0.25, 0, 0]


def test_hand_over_is_invisible(engine: str) -> None:
    """At once, one by one, in windows, in pieces of any number of deliveries: the same bytes."""
    for order in en.ORDERS:
        case = make_case(6, order=order)
        results = []
        for way in range(4):
            sim = en.Simulation(case.net, engine=engine, **{**case.options, "budget": 10_000})
            if way == 0:
                sim.inject(case.inputs)
            elif way == 1:
                for k in range(len(case.inputs)):
                    sim.inject(case.inputs[k : k + 1])
            elif way == 2:
                for t in range(14):
                    sim.run(until=t)
                    sim.inject(case.inputs[case.inputs["t"] == t])
            else:
                sim.inject(case.inputs)
                while not sim.idle and sim.deliveries < 3000 and sim.time < 14:
                    before = sim.deliveries
                    sim.run(until=14, max_deliveries=3)
                    assert sim.deliveries - before <= 3
            sim.run(until=14)
            state = {m.name: {k: v.tobytes() for k, v in sim.state(m).items()} for m in case.net.modules}
            results.append((sim.log.tobytes(), sim.tally.to_dict(), sim.tally.by_root(), state))
        assert len(results[0][0]) > 0
        assert results[1:] == results[:-1], order


# --- looking inside --------------------------------------------------------------------------------------------------
def test_one_neuron_can_be_read_and_poked(engine: str) -> None:
    net, layer, _ = small()
    sim = en.Simulation(net, engine=engine, record=True)
    sim.inject([(0, layer.spikes, 1, 1)])
    sim.run()
    assert sim[layer][1].phi == -0.25
    assert sim["layer"][1].phi == sim[layer].phi[1]
    assert sim[layer][-1].index == 3
    assert sim[layer][2].w.tolist() == [0, 0, 0.75]
    sim[layer][1].phi = 0.5
    sim[layer][2].w = [0, 1, 0]
    sim.inject([(5, layer.spikes, 1, 1)])
    sim.run()
    assert sim.state(layer)["phi"].tolist() == [0, 0.25, 0, 0]  # 0.5 + 0.75 - 1, and 0 + 1 - 1
    assert sim.log[sim.log["t"] == 5][["index", "sign"]].tolist() == [(1, 1), (1, 1), (2, 1)]
    assert sim.weights("w")[1].tolist() == [0, 0.75, 1, 0]
    assert net.blocks[0].array[1].tolist() == [0, 0.75, 0, 0]  # a run never changes the network


def test_a_neuron_says_what_it_is(engine: str) -> None:
    net, layer, _ = small()
    view = en.Simulation(net, engine=engine)[layer]
    assert len(view) == 4
    assert repr(view[3]).startswith("<neuron 3 of 'layer': phi=0.0")


def test_weights_that_were_read_are_a_copy(engine: str) -> None:
    for shape in ((3, 4), (1, 3)):  # whatever their rows are padded to
        net = en.Network("float64")
        block = net.weights(np.ones(shape))
        sim = en.Simulation(net, engine=engine)
        sim.weights(block)[:] = 7
        assert sim.weights(block).tolist() == np.ones(shape).tolist()


def test_looking_for_what_is_not_there_says_what_is(engine: str) -> None:
    net, layer, _ = small()
    sim = en.Simulation(net, engine=engine)
    with pytest.raises(IndexError, match="'layer' has 4 units; there is no unit 4"):
        sim[layer][4]
    with pytest.raises(AttributeError, match=r"'layer' has no state 'psi'; it has \['phi'"):
        sim[layer][0].psi  # noqa: B018
    with pytest.raises(AttributeError, match="no state 'psi'"):
        sim[layer][0].psi = 1
    with pytest.raises(EngineError, match="record=True"):
        sim.log  # noqa: B018


def test_two_simulations_of_one_network_know_nothing_of_each_other(engine: str) -> None:
    net, layer, _ = small()
    a, b = en.Simulation(net, engine=engine), en.Simulation(net, engine=engine)
    a.inject([(0, layer.spikes, 0, 1)])
    a.run()
    a[layer][0].w = 9
    assert b.run().state(layer)["phi"].tolist() == [0, 0, 0, 0]
    assert b.weights("w").tolist() == net.blocks[0].array.tolist()


@pytest.mark.parametrize("wrong", [{"engine": "fast"}, {"coalesce": "often"}, {"budget": 0}, {"root_limit": -1}])
def test_options_that_cannot_be_are_refused(wrong: Any) -> None:
    with pytest.raises(EngineError):
        en.Simulation(small()[0], **wrong)


@pytest.mark.parametrize("wrong", [
    {"seed": 2**63}, {"seed": -(2**63) - 1}, {"seed": 2**64}, {"seed": 1.0}, {"seed": "1"}, {"seed": None},
    {"budget": 2**62 + 1}, {"budget": 2**63}, {"budget": 1e3}, {"budget": float("nan")}, {"budget": None},
    {"root_limit": 2**31}, {"root_limit": 1.5}, {"record": 2**62 + 1}, {"record": 2.5}, {"record": -1}, {"record": None},
])  # fmt: skip
def test_numbers_that_engines_do_not_count_to_are_refused_by_name(wrong: Any, engine: str) -> None:
    ((name, value),) = wrong.items()
    with pytest.raises(EngineError, match=rf"{name} is {re.escape(repr(value))}; wanted a whole number from"):
        en.Simulation(small()[0], engine=engine, **wrong)


@pytest.mark.parametrize("limit", [2**62 + 1, 2**63, -(2**70), 0.5, float("inf"), "9"])
def test_times_and_numbers_of_deliveries_beyond_the_range_are_refused(limit: Any, engine: str) -> None:
    for wrong in ({"until": limit}, {"max_deliveries": limit}):
        sim = en.Simulation(small()[0], engine=engine)
        with pytest.raises(
            InputError, match=rf"{next(iter(wrong))} is {re.escape(repr(limit))}; wanted a whole number"
        ):
            sim.run(**wrong)


def test_both_engines_take_seeds_and_limits_at_the_ends_of_their_range() -> None:
    for seed in (-(2**63), -1, 2**63 - 1, np.int64(-5)):
        found = []
        for name in ("reference", "compiled"):
            net, layer, _ = small()
            limits = {"seed": seed, "budget": 2**62, "root_limit": 2**31 - 1, "record": 2**62}
            sim = en.Simulation(net, "random", engine=name, roots=True, **limits)
            sim.inject([(t, layer.spikes, t % 3, 1) for t in range(40)])
            found.append(seen(sim.run(until=2**61, max_deliveries=2**62), net))
        assert found[0] == found[1]
        assert len(found[0]["log"]) > 40


def test_a_manifest_names_what_a_result_hangs_on(engine: str) -> None:
    told = en.Simulation(small()[0], "fifo", engine=engine, seed=4).manifest()
    wanted = {"order": "fifo", "engine": engine, "seed": 4, "dtype": "float32"}
    assert {k: told[k] for k in wanted} == wanted
    assert {"eventnet", "numpy", "numba", "python"} <= set(told)


# --- time ------------------------------------------------------------------------------------------------------------
def test_a_run_stops_before_until_and_time_never_goes_back(engine: str) -> None:
    net, layer, _ = small()
    sim = en.Simulation(net, engine=engine)
    sim.inject([(t, layer.spikes, 0, 1) for t in (1, 2, 3)])
    before = sim.run(until=2).deliveries
    assert before == 2  # the input at 1, and the spike it made
    assert sim.time == 2
    assert not sim.idle
    with pytest.raises(InputError, match="cannot run until 1: time is 2 already"):
        sim.run(until=1)
    sim.inject([(2, layer.spikes, 1, 1)])  # time 2 itself has not been run
    assert sim.run().idle
    assert sim.time == 4
    with pytest.raises(InputError, match="time is 4 already"):
        sim.inject([(3, layer.spikes, 0, 1)])


def test_a_number_of_deliveries_is_kept_to(engine: str) -> None:
    net, layer, _ = small()
    sim = en.Simulation(net, engine=engine, record=True)
    sim.inject([(t, layer.spikes, t % 3, 1) for t in range(20)])
    counts = []
    while not sim.idle:
        before = sim.deliveries
        sim.run(max_deliveries=3)
        counts.append(sim.deliveries - before)
    whole = en.simulate(net, [(t, layer.spikes, t % 3, 1) for t in range(20)], engine=engine, record=True)
    assert counts[:-1] == [3] * (len(counts) - 1)
    assert sum(counts) == len(whole.log)
    assert sim.log.tobytes() == whole.log.tobytes()
    assert sim.run(max_deliveries=0).deliveries == len(whole.log)
    with pytest.raises(InputError, match="max_deliveries is -1"):
        sim.run(max_deliveries=-1)


# --- what goes wrong -------------------------------------------------------------------------------------------------
def test_a_network_that_does_not_settle_is_stopped_and_its_busiest_module_named(engine: str) -> None:
    net = en.Network()
    a, b, c = (net.add(en.Relay(1, name=name)) for name in ("a", "buzz", "c"))
    for source, target in ((a, b), (b, b), (b, c)):
        net.connect(source.out, target.spikes)
    for order in ("depth", "breadth", "fifo", "topological"):
        sim = en.Simulation(net, order, engine=engine, budget=1000, record=True)
        sim.inject([(7, a.spikes, 0, 1)])
        told = "1,000 deliveries at t=7 without coming to rest; the busiest module is 'buzz'; .*: 'buzz' -> 'buzz'$"
        with pytest.raises(UnsettledError, match=told):
            sim.run()
        assert sim.deliveries == len(sim.log) == sim.tally.deliveries == 1000
        with pytest.raises(EngineError, match="cannot go on: 1,000 deliveries"):
            sim.run()


def test_an_instant_may_use_all_of_its_budget_and_the_next_begins_anew(engine: str) -> None:
    net, layer, _ = small()
    sim = en.Simulation(net, engine=engine, budget=4)
    sim.inject([(t, layer.spikes, k, 1) for t in range(3) for k in range(2)])  # two inputs and their two spikes
    assert sim.run(until=1).deliveries == 4


@en.rule
def tire(i, s, t, out, tally, left):
    """Give up after a few spikes."""
    if left[0] == 0:
        return 7
    left[0] -= 1
    out.spike(i, s)
    return 0


class Tiring(en.Module):
    spikes = en.Port(tire, emits="out", accepts="units")
    out = en.Outlet()
    patience = en.Option[int](positional=True)
    left = en.Integers(1, start=lambda module: module.patience)
    most = en.Derived(1)
    errors = {7: "tired out"}  # noqa: RUF012


@pytest.mark.parametrize("order", en.ORDERS)
@pytest.mark.parametrize("delay", [None, 0, 2])
def test_a_rules_error_code_speaks_in_its_modules_words(order: str, delay: int | None, engine: str) -> None:
    net = en.Network()
    relay, tiring = net.add(en.Relay(5, name="relay")), net.add(Tiring(5, 2, name="tiring"))
    if delay is not None:
        net.connect(relay.out, tiring.spikes, delay)
    sim = en.Simulation(net, order, engine=engine, record=True)
    entry = tiring if delay is None else relay
    sim.inject([(k // 2, entry.spikes, k + 1, 1 if k % 2 else -1) for k in range(4)])
    with pytest.raises(RuleError) as caught:
        sim.run()
    log = sim.log
    assert str(caught.value) == f"port tiring.spikes at t={log['t'][-1]}, index {log['index'][-1]}: tired out"
    assert log["port"][-1] == int(tiring.spikes)
    assert sim.deliveries == len(log)
    with pytest.raises(EngineError, match="failed before and cannot go on: port tiring.spikes"):
        sim.run()
    assert sim.state(tiring)["left"].tolist() == [0]  # but it can be looked at


def test_more_spikes_than_a_module_may_make_is_an_error_that_says_what_to_raise(engine: str) -> None:
    net = en.Network()
    layer = net.add(en.Herding(2, net.weights([[5.0, 5.0]]), most=9, name="layer"))
    sim = en.Simulation(net, engine=engine)
    sim.inject([(0, layer.spikes, 0, 1)])
    with pytest.raises(RuleError, match="port layer.spikes at t=0, index 0: more than 9 spikes in one reaction; raise the module's most="):  # fmt: skip
        sim.run()


@en.rule
def stray(i, s, t, out, tally):
    """A spike of a unit that is not there."""
    out.spike(i + 3, s)


class Stray(en.Module):
    spikes = en.Port(stray, emits="out", accepts="units")
    out = en.Outlet()
    units = 4


def test_a_spike_of_a_unit_that_is_not_there_is_an_error(engine: str) -> None:
    net = en.Network()
    module = net.add(Stray(name="stray"))
    sim = en.Simulation(net, engine=engine)
    sim.inject([(0, module.spikes, 0, 1), (0, module.spikes, 1, 1)])
    with pytest.raises(RuleError, match="port stray.spikes at t=0, index 1: the rule made a spike whose index"):
        sim.run()


def make_remembering(unit: int) -> type[en.Module]:
    @en.rule
    def always(i, s, t, out, tally):
        out.spike(unit, s)

    class Remembering(en.Module):
        spikes = en.Port(always, emits="out", accepts="units")
        out = en.Outlet()
        units = 9
        most = en.Derived(1)

    return Remembering


@pytest.mark.slow
def test_two_rules_of_one_text_that_remember_different_numbers_are_two_rules(engine: str) -> None:
    for unit in (1, 5):
        net = en.Network()
        module, sink = net.add(make_remembering(unit)()), net.add(en.Sink(9))
        net.connect(module.out, sink.spikes)
        run = en.simulate(net, [(0, module.spikes, 0, 1)], engine=engine, record=True)
        assert run.log["index"].tolist() == [0, unit]


# --- logs ------------------------------------------------------------------------------------------------------------
def test_a_log_streamed_to_disk_is_the_log_in_memory(tmp_path: Path, engine: str) -> None:
    net, layer, _ = small()
    feed = en.events((k // 7, layer.spikes, k % 3, 1 if k % 5 else -1) for k in range(3000))
    wanted = en.simulate(net, feed, engine=engine, record=True).log
    sim = en.Simulation(net, engine=engine, record=tmp_path / "log.npy")
    assert len(sim.log) == 0
    for t in range(0, 500, 50):
        sim.inject(feed[(feed["t"] >= t) & (feed["t"] < t + 50)])
        sim.run(until=t + 50)
        whole = np.load(tmp_path / "log.npy", allow_pickle=False)  # after every run the file is whole
        assert whole.tobytes() == wanted[: sim.deliveries].tobytes()
    assert sim.log.tobytes() == wanted.tobytes()
    assert sim.log.dtype == en.DELIVERY


def test_a_log_longer_than_its_page_is_whole() -> None:
    net, layer, _ = small()
    feed = en.events((k // 7, layer.spikes, k % 3, 1) for k in range(60_000))
    log = en.simulate(net, feed, record=True).log
    assert len(log) > 2**16
    assert (log["id"] == np.arange(len(log))).all()
    made = log[log["source"] >= 0]
    assert (log["id"][made["parent"]] < made["id"]).all()
    assert (log["root"][made["parent"]] == made["root"]).all()
    assert (log["parent"][log["source"] < 0] == -1).all()


def test_a_log_that_fails_half_way_holds_what_was_taken(tmp_path: Path, engine: str) -> None:
    net = en.Network()
    tiring = net.add(Tiring(5, 3))
    sim = en.Simulation(net, engine=engine, record=tmp_path / "log.npy")
    sim.inject([(k, tiring.spikes, k, 1) for k in range(5)])
    with pytest.raises(RuleError):
        sim.run()
    assert np.load(tmp_path / "log.npy")["index"].tolist() == [0, 1, 2, 3]


# --- roots -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("limit", [0, 2, 100])
def test_roots_beyond_the_limit_are_summed_by_the_port_they_entered_at(limit: int, engine: str) -> None:
    net, layer, sink = small()
    sim = en.Simulation(net, "fifo", engine=engine, roots=True, root_limit=limit)
    sim.inject([(0, layer.spikes, 0, 1), (1, sink.spikes, 0, 1), (2, layer.spikes, 1, 1), (3, sink.spikes, 1, 1)])
    tally = sim.run().tally
    ids = [0, 2, 3, 5]  # the first and the third input make a spike each
    whole = {0: 2, 2: 1, 3: 2, 5: 1}
    assert {r: row["deliveries"] for r, row in tally.by_root().items()} == {r: whole[r] for r in ids[:limit]}
    beyond = {name: row["deliveries"] for name, row in tally.beyond_roots().items()}
    assert beyond == {0: {"layer.spikes": 4, "sink.spikes": 2}, 2: {"layer.spikes": 2, "sink.spikes": 1}}.get(limit, {})


# --- memory ----------------------------------------------------------------------------------------------------------
def self_exciting() -> tuple[en.Network, Any]:
    """Four spikes go round for ever over delays of 1 and 3, and wake a layer without delay each time."""
    net = en.Network()
    ring, other = net.add(en.Relay(8, name="ring")), net.add(en.Relay(8, name="other"))
    layer = net.add(en.Herding(5, net.weights(np.random.default_rng(0).normal(0, 0.5, (8, 5))), name="layer"))
    sink = net.add(en.Sink(5))
    net.connect(ring.out, other.spikes, 1)
    net.connect(other.out, ring.spikes, 3)
    net.connect(ring.out, layer.spikes)
    net.connect(layer.out, sink.spikes)
    return net, [(0, ring.spikes, k, 1 if k % 2 else -1) for k in range(4)]


def waiting_bytes(sim: Any) -> int:
    """What an engine holds."""
    engine = sim.engine
    if sim.engine_name == "reference":
        return len(engine.queue) + len(engine.open)
    return sum(a.nbytes for a in engine.queue) + engine.root_counts.nbytes + engine.scratch.nbytes


@pytest.mark.parametrize("order", en.ORDERS)
def test_memory_does_not_grow_with_events(order: str, engine: str) -> None:
    net, feed = self_exciting()
    sim = en.Simulation(net, order, engine=engine)
    sim.inject(feed)
    windows = 200 if engine == "reference" else 4000
    for t in range(windows // 4):
        sim.run(until=4 * t)
    held = waiting_bytes(sim)
    tracemalloc.start()
    try:
        for t in range(windows // 4, windows):
            sim.run(until=4 * t)
        grown = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert sim.deliveries > 8 * windows
    assert waiting_bytes(sim) == held
    assert grown < 100_000  # caches and counters; a word an event would be more than that on the compiled engine


@pytest.mark.slow
def test_inputs_that_have_been_taken_are_forgotten(engine: str) -> None:
    net, layer, _ = small()
    sim = en.Simulation(net, engine=engine, roots=True, root_limit=10)
    sizes = []
    for t in range(60):
        sim.inject(en.events((t, layer.spikes, k % 3, 1) for k in range(500)))
        sim.run(until=t + 1)
        sizes.append(waiting_bytes(sim))
    assert sim.deliveries > 30_000
    assert sizes[-1] == sizes[4]  # root_limit keeps memory bounded


@pytest.mark.parametrize("order", en.ORDERS)
def test_a_continuation_to_oneself_runs_in_constant_space(order: str) -> None:
    net = en.Network()
    a = net.add(en.Relay(1, name="a"))
    net.connect(a.out, a.spikes)
    sim = en.Simulation(net, order, budget=10**9)
    sim.inject([(0, a.spikes, 0, 1)])
    held = waiting_bytes(sim.run(max_deliveries=1000))
    assert waiting_bytes(sim.run(max_deliveries=300_000)) == held


@pytest.mark.parametrize("order", ["depth", "breadth", "fifo", "magnitude"])
def test_a_queue_that_has_to_grow_loses_nothing(order: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Thousands of spikes wait at once: regions, bursts, heaps, lines and rings of them grow many times."""
    from eventnet.engine.compiled import CompiledEngine

    monkeypatch.setattr(CompiledEngine, "burst_room", 2)
    rng = np.random.default_rng(3)
    net = en.Network()
    relays = [net.add(en.Relay(50)) for _ in range(3)]
    layer = net.add(en.Herding(50, net.weights(rng.normal(0, 0.4, (50, 50)))))
    sink = net.add(en.Sink(50))
    for a, b, delay in ((0, 1, 0), (0, 2, 5), (1, 2, 0), (0, 1, 5), (1, 2, 2)):
        net.connect(relays[a].out, relays[b].spikes, delay)
    net.connect(relays[2].out, layer.spikes)
    net.connect(layer.out, sink.spikes, 1)
    net.connect(layer.out, sink.spikes)
    net.connect(relays[1].out, sink.spikes, settled=True)
    feed = en.events(
        (int(t), relays[0].spikes, int(i), 1)
        for t, i in zip(rng.integers(0, 3, 150), rng.integers(0, 50, 150), strict=True)
    )
    logs = [en.simulate(net, feed, order=order, engine=e, record=True).log.tobytes() for e in ENGINES]
    assert logs[0] == logs[1]
    assert len(logs[0]) > 1000 * en.DELIVERY.itemsize


# --- short forms -----------------------------------------------------------------------------------------------------
def eye_and_sink() -> tuple[en.Network, en.Relay]:
    net = en.Network()
    eye = net.add(en.Relay(3, name="eye"))
    net.connect(eye, net.add(en.Sink(3, name="sink")))
    return net, eye


def test_inputs_name_ports_as_files_do() -> None:
    net, eye = eye_and_sink()
    rows = [(0, eye.spikes, 0, 1), (3, eye.spikes, 2, -1)]
    named = [(0.0, "eye.spikes", 0, 1), (np.float64(3), "eye.spikes", 2, -1)]
    logs = [en.simulate(net, given, engine="reference", record=True).log for given in (rows, named)]
    assert logs[0].tobytes() == logs[1].tobytes()
    assert len(logs[0]) == 4


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("eye.spike", "did you mean 'eye.spikes'"),
        ("eye", "did you mean 'eye.spikes'"),
        ("x", "there are eye.spikes, s"),
    ],
)
def test_an_input_at_a_port_that_there_is_not_names_those_that_there_are(name: str, said: str) -> None:
    sim = en.Simulation(eye_and_sink()[0], engine="reference")
    with pytest.raises(InputError, match=f"input 0 is .*no port is called '{name}'; {said}"):
        sim.inject([(0, name, 0, 1)])
    with pytest.raises(InputError, match="there is none"):
        en.Network().port(name)


def test_a_network_may_be_run_without_inputs() -> None:
    run = en.simulate(eye_and_sink()[0], engine="reference", record=True, until=100)
    assert (len(run.log), run.simulation.time) == (0, 100)


ORDERS = ("depth", "breadth", "magnitude")


class Calling(en.PythonModule):
    """Passes spikes on, and calls `Calling.act(t)` at each of them."""

    spikes = en.Port(emits="out", accepts="units")
    out = en.Outlet()
    units = 4
    most = en.Derived(1)
    act: Callable[[int], None]

    def on_spikes(self, i: int, s: int, t: int, out: Any, tally: Any) -> None:
        out.spike(i, s)
        tally[4] += 1
        type(self).act(t)


def calling(engine: str, act: Callable[[int], None], order: str = "breadth", **options: Any) -> Any:
    """A relay before a module that calls `act`, a layer and a sink behind it; 20 inputs, one a tick."""
    Calling.act = staticmethod(act)  # type: ignore[assignment]
    net = en.Network()
    relay, caller = net.add(en.Relay(4, name="relay")), net.add(Calling(name="caller"))
    layer = net.add(en.Herding(4, net.weights(np.full((4, 4), 0.3)), name="layer"))
    sink = net.add(en.Sink(4, name="sink"))
    net.connect(relay.out, caller.spikes)
    net.connect(relay.out, layer.spikes)
    net.connect(caller.out, layer.spikes)
    net.connect(layer.out, sink.spikes, delay=3)
    sim = en.Simulation(net, order, engine=engine, **{"record": True, "roots": True} | options)
    sim.inject([(t, relay.spikes, t % 4, 1) for t in range(20)])
    return sim


def nothing(t: int) -> None:
    """What a module does that does nothing."""


# --- inputs from within a reaction -----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "options", few([{}, {"root_limit": 5, "record": False}, {"record": False}, {"roots": False}], 2)
)
@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize(("n", "later"), few([(1, 2), (3000, 1), (1, 0), (3000, 0)], 2))
def test_inputs_of_a_reaction_are_taken_alike_by_both_engines(n: int, later: int, order: str, options: Any) -> None:
    found = []
    for engine in ENGINES:
        calls = []

        def act(t: int) -> None:
            calls.append(t)  # noqa: B023
            if len(calls) == 6:  # noqa: B023
                sim.inject([(t + later, k % 2 * int(layer.spikes), k % 4, 1) for k in range(n)])  # noqa: B023

        sim = calling(engine, act, order, **options)
        layer: Any = sim.net["layer"]
        sim.run()
        assert sim.tally.deliveries == sim.deliveries
        assert len(calls) == 20 + (n + 1) // 2
        log = sim.log.tobytes() if options.get("record", True) else b""
        costs = (sim.tally.by_root(), sim.tally.beyond_roots()) if sim.roots else None
        found.append((log, sim.tally.by_port(), costs, sim.deliveries, sim.time, sim.state("layer")["phi"].tolist()))
    assert found[0] == found[1]


@pytest.mark.parametrize("order", ["breadth", "fifo", "depth"])
def test_an_input_of_the_present_instant_goes_before_what_waits_but_behind_what_depth_first_put_first(
    order: str, engine: str
) -> None:
    def act(t: int) -> None:
        if t == 0:
            sim.inject([(0, int(sim.net["sink"].spikes), 0, 1)])

    sim = calling(engine, act, order)
    relay, caller, layer, sink = (int(m.spikes) for m in sim.net.modules)
    ports = sim.run().log["port"][:5].tolist()
    assert ports == [relay, caller, *([layer, layer, sink] if order == "depth" else [sink, layer, layer])]


@pytest.mark.slow
@pytest.mark.parametrize("tens", few(range(3), 1))
def test_engines_agree_on_random_networks_whose_modules_inject(tens: int) -> None:
    injected = 0
    for seed in range(10 * tens, 10 * tens + 10):
        case, found = make_injecting_case(seed), []
        for engine, way in (("reference", "at once"), ("compiled", "at once"), ("compiled", "in pieces")):
            Injecting.sim = sim = en.Simulation(case.net, engine=engine, **case.options)
            error = None
            try:
                feed(sim, case.inputs, way, case.until)
            except en.EventnetError as problem:
                error = f"{type(problem).__name__}: {problem}"
            parts = seen(sim, case.net)
            if error is not None and error.startswith("RuleError"):  # the state is as a broken reaction left it
                parts = {"log": parts["log"]}
            del parts["time"]
            found.append({"error": error, **parts})
        for part, wanted in found[0].items():
            assert found[1][part] == found[2][part] == wanted, f"network {seed}, {case.options['order']}: {part}"
        injected += sum(source < 0 for _, _, _, _, source, *_ in found[0]["log"]) - len(case.inputs)
    assert injected > 1000


def test_inputs_of_a_reaction_are_checked(engine: str) -> None:
    refused = []

    def act(t: int) -> None:
        for wrong in ((t - 1, 0, 0, 1), (t, 99, 0, 1), (t, 0, 4, 1), (t, 0, 0, 2)):
            with pytest.raises(InputError) as caught:
                sim.inject([wrong])
            refused.append(str(caught.value))

    sim = calling(engine, act)
    sim.run()
    assert refused[4] == "input 0 is (t=0, port=0, index=0, sign=1); time is 1 already"
    assert len(refused) == 80
    assert sim.deliveries == calling(engine, nothing).run().deliveries


def test_a_stop_and_a_number_of_deliveries_hold_where_a_reaction_injects(engine: str) -> None:
    def act(t: int) -> None:
        if t < 20:
            sim.inject([(t + 1, 0, 0, 1)])

    sim = calling(engine, act)
    whole = sim.run().log.tobytes()
    sim = calling(engine, act)
    while not sim.idle:
        before = sim.deliveries
        sim.run(max_deliveries=1)
        assert sim.deliveries == before + 1
    assert sim.log.tobytes() == whole
    sim = calling(engine, act)
    caller = sim.net["caller"].spikes
    while not sim.run(stop=caller).idle:
        assert sim.log["port"][-1] == int(caller)
    assert sim.log.tobytes() == whole


def test_a_key_function_may_not_inject() -> None:
    def key(t, source, wire, index, sign, magnitude, rank, seq, seed):
        sim.inject([(t, 0, 0, 1)])
        return 2, 0

    sim = calling("reference", nothing, key)  # type: ignore[arg-type]
    with pytest.raises(EngineError, match=r"inject\(\) was called from within a run of the same simulation"):
        sim.run()


# --- what a reaction may ask -----------------------------------------------------------------------------------------
QUESTIONS: dict[str, Callable[[Any, Path], Any]] = {
    "run()": lambda sim, path: sim.run(),
    "resume()": lambda sim, path: sim.resume(sim.earlier),
    "checkpoint()": lambda sim, path: sim.save(path / "checkpoint.npz"),
    "log": lambda sim, path: sim.log,
    "tally": lambda sim, path: sim.tally,
    "causes": lambda sim, path: sim.causes,
    "deliveries": lambda sim, path: sim.deliveries,
    "predictions": lambda sim, path: sim.predictions,
    "annihilated": lambda sim, path: sim.annihilated,
    "idle": lambda sim, path: sim.idle,
}


@pytest.mark.parametrize("what", QUESTIONS)
def test_a_reaction_that_asks_for_what_is_half_done_is_refused_and_disturbs_nothing(
    what: str, engine: str, tmp_path: Path
) -> None:
    refused = []

    def act(t: int) -> None:
        with pytest.raises(EngineError) as caught:
            QUESTIONS[what](sim, tmp_path)
        refused.append(str(caught.value))

    earlier = calling(engine, nothing).checkpoint()
    sim = calling(engine, act)
    sim.earlier = earlier
    sim.run()
    assert refused == [f"{what} was called from within a run of the same simulation; wanted after it"] * 20
    assert sim.log.tobytes() == calling(engine, nothing).run().log.tobytes()
    assert sim.status == "idle"


def test_a_reaction_sees_state_and_time_as_they_are_then() -> None:
    found: dict[str, list[Any]] = {}
    for engine in ENGINES:

        def act(t: int) -> None:
            assert sim.time == t  # noqa: B023
            assert sim.status == "running"  # noqa: B023
            seen_now = sim["layer"][1].phi, sim.state("layer")["phi"].tolist(), sim.weights("w0").tolist()  # noqa: B023
            found[engine].append(seen_now)  # noqa: B023

        found[engine] = []
        sim = calling(engine, act, "depth")
        sim.run()
    assert found["reference"] == found["compiled"]
    assert len({now for now, *_ in found["reference"]}) > 3


# --- exceptions ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize(
    "error", [KeyError("k"), RuntimeError("r"), KeyboardInterrupt(), SystemExit(3), EngineError("e")]
)
def test_any_exception_of_a_reaction_fails_the_simulation_alike_in_both_engines(
    error: BaseException, order: str, tmp_path: Path
) -> None:
    found = []
    for engine in ENGINES:

        def act(t: int) -> None:
            if t == 13:
                raise type(error)(*error.args)

        earlier = calling(engine, nothing, order).checkpoint()
        sim = calling(engine, act, order)
        with pytest.raises(type(error)) as caught:
            sim.run()
        assert caught.value.__notes__ == ["in the reaction of port caller.spikes at t=13, index 1"]
        words = str(error) if isinstance(error, en.EventnetError) else f"{type(error).__name__}: {error}".rstrip(": ")
        assert sim.status == "failed"
        refused = f"cannot go on: {words}; in the reaction of port caller.spikes at t=13, index 1"
        for again in (sim.run, lambda: sim.inject([(99, 0, 0, 1)]), lambda: sim.resume(earlier)):  # noqa: B023
            with pytest.raises(EngineError, match=refused):
                again()
        with pytest.raises(EngineError, match="failed and has no good state to keep"):
            sim.save(tmp_path / "failed.npz")
        log = sim.log
        assert log[["t", "port"]][-1].tolist() == (13, int(sim.net["caller"].spikes))
        assert len(log) == sim.deliveries == sim.tally.deliveries
        found.append((log.tolist(), sim.tally.by_port(), sim.tally.by_root(), sim.state("layer")["phi"].tolist()))
    assert found[0] == found[1]


@pytest.mark.parametrize("code", [True, False])
def test_a_fault_of_a_module_in_plain_python_leaves_the_same_log_in_both_engines(code: bool) -> None:
    found = []
    for engine in ENGINES:
        sim = calling(engine, nothing)
        on_spikes = type(sim.store.python["caller"]).on_spikes

        def faulty(self: Any, i: int, s: int, t: int, out: Any, tally: Any) -> int:
            on_spikes(self, i, s, t, out, tally)  # noqa: B023
            if t == 7 and not code:
                out.spike(99, 1)
            return 5 if t == 7 and code else 0

        vars(sim.store.python["caller"])["on_spikes"] = faulty.__get__(sim.store.python["caller"])
        with pytest.raises(RuleError, match="port caller.spikes at t=7, index 3"):
            sim.run()
        assert len(sim.log) == sim.deliveries == sim.tally.deliveries
        found.append((sim.log.tolist(), sim.tally.by_port()))
    assert found[0] == found[1]


def test_a_log_that_cannot_be_written_fails_the_simulation(tmp_path: Path, engine: str) -> None:
    sim = calling(engine, nothing, record=tmp_path / "log.npy")
    sim._writer._file.close()
    with pytest.raises(ValueError, match="closed file"):
        sim.run()
    assert sim.status == "failed"


# --- threads ---------------------------------------------------------------------------------------------------------
THREADS = """
import sys, threading
import numpy as np
import eventnet as en

def make():
    net, rng = en.Network(), np.random.default_rng(0)
    a = net.add(en.Herding(20, net.weights(rng.normal(0, .4, (20, 20))), name="a"))
    b = net.add(en.Herding(20, net.weights(rng.normal(0, .4, (20, 20))), name="b"))
    net.connect(a.out, b.spikes)
    sim = en.Simulation(net, engine=sys.argv[1], record=True, roots=True, root_limit=100)
    sim.inject([(t, a.spikes, t % 20, 1) for t in range(n)])
    return sim, a

n = 20_000 if sys.argv[1] == "compiled" else 500
wanted = make()[0].run(until=n).log.tobytes()
for attempt in range(3):
    sim, a = make()
    ready, done, refused = threading.Barrier(4), [], []

    def use():
        ready.wait()
        for until in range(n // 10, n + 1, n // 10):
            for ask in (lambda: sim.run(until=until), lambda: sim.log, lambda: sim.tally, lambda: sim.checkpoint(),
                        lambda: sim.state("a"), lambda: sim.inject([(n + 1, a.spikes, 0, 1)]), lambda: sim.idle):
                try:
                    ask()
                    done.append(until)
                except (en.errors.EngineError, en.errors.InputError) as error:
                    refused.append(str(error))

    threads = [threading.Thread(target=use) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    log = sim.run(until=n).log
    assert log[log["t"] < n].tobytes() == wanted
    assert sim.tally.deliveries == sim.deliveries == len(log)
    assert done
    assert sys.argv[1] != "compiled" or any("another thread runs this simulation" in words for words in refused)
print("right")
"""


@pytest.mark.slow
def test_threads_that_share_a_simulation_are_refused_and_spoil_nothing(engine: str) -> None:
    done = subprocess.run([sys.executable, "-c", THREADS, engine], capture_output=True, text=True, timeout=300)
    assert (done.returncode, done.stdout) == (0, "right\n"), done.stderr[-2000:]


def test_another_thread_may_use_a_simulation_that_does_not_run(engine: str) -> None:
    sim = calling(engine, nothing)
    threading_run = threading.Thread(target=sim.run)
    threading_run.start()
    threading_run.join()
    assert sim.log.tobytes() == calling(engine, nothing).run().log.tobytes()


def test_a_second_thread_is_refused_while_the_first_is_in_a_reaction(engine: str) -> None:
    words: list[str] = []

    def ask() -> None:
        for question in (sim.run, lambda: sim.inject([(50, 0, 0, 1)]), lambda: sim["layer"].phi, lambda: sim.log):
            with pytest.raises(EngineError) as caught:
                question()
            words.append(str(caught.value))

    def act(t: int) -> None:
        if t == 3:
            thread = threading.Thread(target=ask)
            thread.start()
            thread.join()

    sim = calling(engine, act)
    sim.run()
    assert [w.split(" was called while another thread runs this simulation")[0] for w in words] == [
        "run()", "inject()", "a look at 'phi' of 'layer'", "log",
    ]  # fmt: skip
    assert sim.log.tobytes() == calling(engine, nothing).run().log.tobytes()


def test_a_call_from_within_another_call_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a signal's handler may do."""
    sim = calling("reference", nothing)
    inject = sim.engine.inject
    monkeypatch.setattr(sim.engine, "inject", lambda events: (inject(events), sim.tally))
    with pytest.raises(EngineError, match="tally was called from within another call of the same simulation"):
        sim.inject([(30, 0, 0, 1)])


ACCEPTS = np.array([3, 2**31 - 1], dtype=np.int64)


def some_events(rng: np.random.Generator, n: int) -> Any:
    made = np.zeros(n, en.EVENT)
    made["t"], made["port"] = rng.integers(0, 6, n), rng.integers(0, 2, n)
    made["index"], made["sign"] = rng.integers(0, 3, n), rng.choice([-1, 1], n)
    return made


FORMS = pytest.mark.parametrize("plain", [False, True])


@FORMS
@pytest.mark.parametrize(
    ("name", "value"),
    [("t", -1), ("t", LATEST), ("port", -1), ("port", 2), ("index", -1), ("sign", 0), ("sign", 2), ("sign", -128)],
)
def test_what_is_wrong_is_found_at_its_place(plain: bool, name: str, value: int) -> None:
    find = first_bad.py_func if plain else first_bad
    for seed in range(5):
        rng = np.random.default_rng(seed)
        events = some_events(rng, 8)
        assert find(events, ACCEPTS, 0) == -1
        at = int(rng.integers(8))
        events[name][at:] = value
        assert find(events, ACCEPTS, 0) == at


@FORMS
def test_an_index_is_judged_by_its_port(plain: bool) -> None:
    find = first_bad.py_func if plain else first_bad
    events = en.events([(0, 1, 3, 1), (0, 0, 2, 1), (0, 0, 3, 1)])
    assert find(events, ACCEPTS, 0) == 2


@pytest.mark.parametrize("t", [SOONEST, -(2**63), LATEST, 2**63 - 1])
def test_times_too_far_from_0_are_refused_by_name(t: int) -> None:
    net = en.Network()
    relay = net.add(en.Relay(3))
    sim = en.Simulation(net, engine="reference")
    with pytest.raises(en.EventnetError, match="time"):
        sim.inject(en.events([(0, relay.spikes, 0, 1), (t, relay.spikes, 0, 1)]))


@pytest.mark.parametrize("engine", ["compiled", "reference"])
def test_where_one_cannot_be_taken_none_is(engine: str) -> None:
    net = en.Network()
    relay = net.add(en.Relay(3))
    sim = en.Simulation(net, engine=engine, record=True)
    sim.inject([(4, relay.spikes, 1, 1), (2, relay.spikes, 2, 1)])
    with pytest.raises(en.EventnetError, match="input 1 is .* takes indices 0 to 2"):
        sim.inject([(3, relay.spikes, 0, 1), (3, relay.spikes, 3, 1)])
    sim.inject([(3, relay.spikes, 0, -1)])
    assert sim.run().log[["t", "index", "sign"]].tolist() == [(2, 2, 1), (3, 0, -1), (4, 1, 1)]


@FORMS
def test_events_are_laid_out_and_their_order_is_seen(plain: bool) -> None:
    place = lay_out.py_func if plain else lay_out
    for seed in range(40):
        rng = np.random.default_rng(seed)
        events = some_events(rng, int(rng.integers(0, 5)))
        if seed % 2:
            events = events[np.lexsort((events["port"], events["t"]))]
        t, port, root, code = np.full(7, -9), np.full(7, -9), np.full(7, -9), np.full(7, -9, np.int32)
        keys = list(zip(events["t"].tolist(), events["port"].tolist(), strict=True))
        n = len(events)
        address = np.array([0, 5 - 10 * (seed % 3 == 0)])
        unready = any(p == 1 for _, p in keys) and seed % 3 == 0
        found = place(events, 2, t, port, code, root, 70, address)
        assert found == DISORDER * (keys != sorted(keys)) + UNREADY * unready
        assert t[2 : 2 + n].tolist() == events["t"].tolist()
        assert port[2 : 2 + n].tolist() == events["port"].tolist()
        assert root.tolist() == [-9, -9, *range(70, 70 + n), *[-9] * (5 - n)]
        signs = np.where(code[2 : 2 + n] >= 0, 1, -1)
        assert signs.tolist() == events["sign"].tolist()
        assert np.where(signs > 0, code[2 : 2 + n], -1 - code[2 : 2 + n]).tolist() == events["index"].tolist()
        assert set(t[:2].tolist() + t[2 + n :].tolist()) == {-9}


@en.rule
def never_wired(i, s, t, out, tally):
    """Nothing happens."""


class TwoPorts(en.Module):
    """One port for a wire, and one that only inputs reach."""

    units = 1
    spikes = en.Port(never_wired)
    rarely = en.Port(never_wired)


def test_a_rule_that_no_wire_leads_to_is_compiled_for_its_first_input() -> None:
    net = en.Network()
    module = net.add(TwoPorts())
    sim = en.Simulation(net)
    assert not never_wired._compiled
    sim.inject(en.events([(0, module.rarely, 0, 1), (1, module.spikes, 0, 1)]))
    assert [dtype for dtype, *_ in never_wired._compiled] == ["float32"]
    assert sim.run().deliveries == 2


@en.rule
def plain_only(i, s, t, out, tally):
    """What Numba cannot compile."""
    return len(locals()) * 0


class Half(en.Module):
    """Its second port compiles nowhere."""

    units = 1
    spikes = en.Port(never_wired)
    wrong = en.Port(plain_only)


def test_a_rule_that_does_not_compile_leaves_what_waits_as_it_was() -> None:
    net = en.Network()
    module = net.add(Half())
    sim = en.Simulation(net, record=True)
    sim.inject([(t, module.spikes, t, 1) for t in (1, 3, 5)])
    sim.run(until=2)
    for _ in range(2):
        with pytest.raises(Exception, match="plain_only"):
            sim.inject([(2, module.spikes, 7, 1), (2, module.wrong, 0, 1)])
    sim.inject([(4, module.spikes, 4, 1)])
    assert sim.run().log[["id", "root", "t", "index"]].tolist() == [
        (0, 0, 1, 1),
        (1, 1, 3, 3),
        (2, 2, 4, 4),
        (3, 3, 5, 5),
    ]
