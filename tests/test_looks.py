"""Units that are looked at one by one: of each at most one look waits, and an order may move it."""

from __future__ import annotations

import json
import pickle
from collections import Counter
from typing import Any

import few
import numpy as np
import pytest
from cases import seen
from look_cases import AGAIN, EVERY, Looked, OutsideLooked, PlainLooked, by_size_again, describe, make_look_case
from outside import networks, simulator
from test_engines import agree

import eventnet as en
from eventnet.engine.compiled import CompiledEngine
from eventnet.errors import DataError, NetworkError, OrderError, RuleError, WiringError
from eventnet.order import FIFO, KEYED, ORDERS, Order, every_order, find_order

ENGINES = ("reference", "compiled")


# --- random networks -------------------------------------------------------------------------------------------------
@pytest.mark.slow
@pytest.mark.parametrize("tens", few.part(range(15), 3))
def test_engines_agree_on_random_networks_that_look(tens: int, monkeypatch: pytest.MonkeyPatch) -> None:
    if tens % 2:
        monkeypatch.setattr(CompiledEngine, "burst_room", 4)
    for seed in range(10 * tens, 10 * tens + 10):
        agree(seed, make_look_case)


@pytest.mark.parametrize("engine", few.few(ENGINES, 1))
@pytest.mark.parametrize("hundred", few.few(range(4), 1))
def test_random_networks_are_as_the_independent_simulator_says(
    engine: str, hundred: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(simulator.FAMILIES, "Looked", OutsideLooked)
    shipped = networks.shipped
    monkeypatch.setattr(networks, "shipped", lambda kind: Looked if kind == "Looked" else shipped(kind))
    monkeypatch.setattr(networks, "KEYS", networks.KEYS | {"by size, again": AGAIN})
    orders, moved = (*ORDERS, "largest", "largest", "by size, again"), 0
    for seed in range(100 * hundred, 100 * hundred + 100):
        described = describe(seed) | {"order": orders[seed % len(orders)]}
        outside = simulator.run(described)
        assert networks.compare(described, (engine,), outside) == "", f"network {seed}"
        if described["order"] == "largest":
            moved += simulator.run(described | {"order": "magnitude"})["log"] != outside["log"]
    assert moved > 0


@pytest.mark.parametrize("engine", few.few(ENGINES, 1))
@pytest.mark.parametrize("seed", few.few(range(36), 9))
def test_a_run_goes_on_from_a_checkpoint_within_an_instant(seed: int, engine: str, tmp_path: Any) -> None:
    case = make_look_case(seed, budget=10_000)
    whole = en.Simulation(case.net, engine=engine, **case.options)
    whole.inject(case.inputs)
    for _ in range(12):
        try:
            whole.run(until=9, max_deliveries=7)
            whole.save(tmp_path / "half.npz")
            later = en.Simulation(case.net, engine=engine, **case.options).resume(tmp_path / "half.npz")
            whole.run(until=9, max_deliveries=5)
            later.run(until=9, max_deliveries=5)
        except RuleError:
            return
        assert seen(later, case.net) == seen(whole, case.net)


# --- by hand ---------------------------------------------------------------------------------------------------------
class Asking(en.PythonModule):
    """Asks for looks at units, each with the magnitude that it was told."""

    plan = en.Option[Any]([[0, 1.0], [1, 2.0], [2, 3.0], [0, 4.0]])
    start = en.Port(emits="asked")
    look = en.Port(accepts="units")
    asked = en.Outlet(pending="look")
    membrane = None
    units = en.Size()

    def on_start(self, i: int, s: int, t: int, out: Any, tally: Any) -> None:
        for unit, magnitude in self.plan:
            out.spike(unit, 1, 0, magnitude)

    def on_look(self, i: int, s: int, t: int, out: Any, tally: Any) -> None:
        pass


def looked_at(order: Any, engine: str, plan: Any = None, **options: Any) -> tuple[list[int], en.Run]:
    net = en.Network()
    module = net.add(Asking(3, name="asking", **({} if plan is None else {"plan": plan})))
    run = en.simulate(net, [(0, module.start, 0, 1)], order=order, engine=engine, record=True, **options)
    return run.log["index"][1:].tolist(), run


@pytest.mark.parametrize("engine", few.few(ENGINES, 1))
def test_what_waits_is_not_sent_again_and_an_order_that_re_keys_moves_it(engine: str) -> None:
    for order in ("depth", "breadth", "fifo", "topological"):
        assert looked_at(order, engine)[0] == [0, 1, 2]
    assert looked_at("magnitude", engine)[0] == [2, 1, 0]
    found, run = looked_at("largest", engine)
    assert found == [0, 2, 1]
    assert run.tally.notices == 4  # what was sent is counted, also where it does nothing
    assert run.log["parent"].tolist() == [-1, 0, 0, 0]
    assert looked_at("largest", engine, ((0, 5.0), (1, 2.0), (0, 1.0)))[0] == [1, 0]  # down, too
    assert looked_at("largest", engine, ((1, 2.0), (0, 2.0), (2, 2.0), (0, 2.0)))[0] == [1, 0, 2]  # ties: sent first
    if few.SLOW or engine == "reference":  # a loop of its own
        assert looked_at("largest", engine, annihilate=True)[0] == [0, 2, 1]


def test_a_trace_has_looks_where_they_are_delivered_and_counts_each_that_waits_once(tmp_path: Any) -> None:
    _, run = looked_at("largest", "reference")
    en.analysis.write_trace(run.log, run.net, tmp_path / "trace.json")
    events = json.loads((tmp_path / "trace.json").read_text())["traceEvents"]
    assert [event["name"] for event in events if event["ph"] == "X"] == [
        "start[0] +1", "look[0] +1", "look[2] +1", "look[1] +1",
    ]  # fmt: skip
    assert [event["args"]["waiting"] for event in events if event["name"] == "events"] == [3, 2, 1, 0]
    assert sum(event["ph"] == "s" for event in events) == 3  # an arrow from the start to each look


@pytest.mark.parametrize("engine", few.few(ENGINES, 1))
def test_no_number_infinity_and_what_is_below_0_are_magnitudes(engine: str) -> None:
    plan = ((0, float("nan")), (1, -5.0), (2, float("inf")), (1, 0.5))
    assert looked_at("largest", engine, plan)[0] == [2, 1, 0]
    plan = ((0, 3.0), (1, 1.0), (0, float("nan")))
    assert looked_at("largest", engine, plan)[0] == [1, 0]


@pytest.mark.parametrize("engine", few.few(ENGINES, 1))
def test_the_heap_knows_its_places_however_often_it_is_asked(engine: str) -> None:
    rng = np.random.default_rng(1)
    plan = [(int(rng.integers(60)), float(rng.integers(30))) for _ in range(600)]
    first: dict[int, int] = {}
    last: dict[int, float] = {}
    for k, (unit, magnitude) in enumerate(plan):
        first.setdefault(unit, k)
        last[unit] = magnitude
    net = en.Network()
    module = net.add(Asking(60, plan=tuple(plan), name="asking", most=600))
    run = en.simulate(net, [(0, module.start, 0, 1)], order="largest", engine=engine, record=True)
    assert run.log["index"][1:].tolist() == sorted(last, key=lambda unit: (-last[unit], first[unit]))


@pytest.mark.parametrize("order", ORDERS)
def test_an_order_that_re_keys_is_its_key_where_nothing_waits_once(order: str) -> None:
    net = en.Network()
    layer = net.add(en.Herding(5, net.weights(np.linspace(0.3, 2, 15).reshape(3, 5)), name="layer"))
    net.connect(layer.out, net.add(en.Sink(5)).spikes)
    inputs = [(0, layer.spikes, k % 3, 1) for k in range(6)]
    logs = [en.simulate(net, inputs, order=name, record=True).log for name in ("largest", "magnitude")]
    assert logs[0].tobytes() == logs[1].tobytes()


def test_studies_of_all_orders_leave_those_that_re_key_out_and_they_have_names() -> None:
    assert "largest" not in ORDERS
    assert not any(order.rekeys for order in every_order())
    assert find_order("largest").rekeys
    again = pickle.loads(pickle.dumps(AGAIN))
    assert (again.name, again.key, again.rekeys, again.kind) == (AGAIN.name, by_size_again, True, KEYED)
    assert find_order(AGAIN.reference()) is AGAIN
    assert find_order("largest").reference() == "largest"
    with pytest.raises(OrderError, match="has no key"):
        Order("none", FIFO, rekeys=True)
    assert Counter(order.rekeys for order in EVERY) == {False: 6, True: 3}


# --- what is refused -------------------------------------------------------------------------------------------------
def test_such_an_outlet_leads_to_its_own_module_and_nowhere_else() -> None:
    net = en.Network()
    module = net.add(Asking(3, name="asking"))
    assert [(str(w.source), str(w.target), w.delay, w.settled) for w in net.wires] == [
        ("asking.asked", "asking.look", 0, False)
    ]
    with pytest.raises(WiringError, match="asking.asked leads to 'look' of its own module and takes no other wire"):
        net.connect(module.asked, net.add(en.Sink(3, name="sink")).spikes)
    with pytest.raises(NetworkError, match="wanted a port"):
        type("Wrong", (en.PythonModule,), {"asked": en.Outlet(pending="nowhere")})
    assert [w.delay for w in en.Network.from_networkx(net.to_networkx()).wires] == [0]


def test_a_network_that_looks_is_saved_and_loaded(tmp_path: Any) -> None:
    net = en.Network()
    net.connect(net.add(Looked(4, net.weights(np.eye(4)), name="looked")).out, net.add(en.Sink(4, amounts=7)).spikes)
    net.save(tmp_path / "net.npz")
    again = en.Network.load(tmp_path / "net.npz")
    assert [str(w.target) for w in again.wires] == [str(w.target) for w in net.wires]


class Late(PlainLooked):
    """Asks for a look that is to come later."""

    def on_spikes(self, i: int, s: int, t: int, out: Any, tally: Any) -> None:
        out.later(i, 1, 0, 1)


@en.rule
def ask_late(i, s, t, out, tally):
    out.later(i, s, 0, 2)


@en.rule
def hear_it(i, s, t, out, tally):
    pass


class LateCompiled(en.Module):
    """As `Late`, compiled."""

    spikes = en.Port(ask_late, emits="asked", accepts="units")
    look = en.Port(hear_it, accepts="units")
    asked = en.Outlet(pending="look")


@pytest.mark.parametrize("engine", few.few(ENGINES, 1))
@pytest.mark.parametrize("kind", [Late, LateCompiled])
def test_nothing_sets_out_later_there(kind: Any, engine: str) -> None:
    net = en.Network()
    module = net.add(kind(2, name="late"))
    with pytest.raises(RuleError, match="delay it cannot have"):
        en.simulate(net, [(0, module.spikes, 0, 1)], engine=engine)


@pytest.mark.parametrize("engine", few.few(ENGINES, 1))
def test_a_phase_that_is_not_the_keys_to_give_ends_the_run_when_it_is_asked_again_too(engine: str) -> None:
    def second_time(t, source, wire, index, sign, magnitude, rank, seq, seed):
        return (2, 0) if magnitude < 4.0 else (1, 0)

    with pytest.raises(RuleError, match="returned phase 1"):
        looked_at(Order("second time", KEYED, second_time, rekeys=True), engine)


@pytest.mark.parametrize("engine", few.few(ENGINES, 1))
@pytest.mark.parametrize("order", ["breadth", "largest"])
def test_a_checkpoint_in_which_a_unit_waits_twice_is_refused(order: str, engine: str) -> None:
    net = en.Network()
    module = net.add(Asking(3, name="asking"))

    def fresh() -> en.Simulation:
        return en.Simulation(net, order, engine=engine)

    sim = fresh()
    sim.inject([(0, module.start, 0, 1)])
    checkpoint = sim.run(max_deliveries=1).checkpoint()
    assert fresh().resume(checkpoint).run().deliveries == 4
    arrays = checkpoint.arrays
    if engine == "reference":
        arrays["engine:queue"][:, 5] = 1
    elif order == "largest":
        arrays["engine:queue:heap"][:3, 4] = 1
    else:
        arrays["engine:queue:codes"][:3] = 1
    with pytest.raises(DataError, match="one a unit"):
        fresh().resume(checkpoint)
