"""Spikes that carry whole numbers: both engines and the independent simulator agree, and what cannot be is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from amount_cases import Doubling, Levels, OutsideLevels, describe, make_amount_case
from cases import run_case, seen
from few import few, part
from outside import networks, simulator
from test_engines import agree

import eventnet as en
from eventnet import cost, report
from eventnet.cost import conventions
from eventnet.engine.compiled import CompiledEngine
from eventnet.engine.log_file import read_log
from eventnet.errors import DataError, InputError, ModelError, NetworkError, RuleError, WiringError
from eventnet.event import DELIVERY_WITH_AMOUNT, EVENT, EVENT_WITH_AMOUNT, packed, signed, unpacked
from eventnet.kernels.out import Out
from eventnet.kernels.rows import add_row_times
from eventnet.order import ORDERS

ENGINES = ("reference", "compiled")


# --- random networks -------------------------------------------------------------------------------------------------
@pytest.mark.slow
@pytest.mark.parametrize("tens", few(part(range(15), 3), 4))
def test_engines_agree_on_random_networks_with_amounts(tens: int, monkeypatch: pytest.MonkeyPatch) -> None:
    if tens % 2:
        monkeypatch.setattr(CompiledEngine, "burst_room", 4)
    for seed in range(10 * tens, 10 * tens + 10):
        agree(seed, make_amount_case)


@pytest.mark.parametrize("engine", few(ENGINES, 1))
@pytest.mark.parametrize("hundred", few(range(4), 1))
def test_random_networks_are_as_the_independent_simulator_says(
    engine: str, hundred: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(simulator.FAMILIES, "Levels", OutsideLevels)
    shipped = networks.shipped
    monkeypatch.setattr(networks, "shipped", lambda kind: Levels if kind == "Levels" else shipped(kind))
    orders, carried = (*ORDERS, *networks.KEYS), 0
    orders = [name for name in orders if name not in LATE]
    for seed in range(100 * hundred, 100 * hundred + 100):
        described = describe(seed) | {"order": orders[seed % len(orders)]}
        outside = simulator.run(described)
        assert networks.compare(described, (engine,), outside) == "", f"network {seed}"
        carried += sum(line[8] > 1 for line in outside["log"])
    assert carried > 100


LATE: set[str] = set()
"""Orders that the independent simulator does not have."""


@pytest.mark.parametrize("engine", few(ENGINES, 1))
@pytest.mark.parametrize("seed", few(range(24), 6))
def test_a_run_goes_on_from_a_checkpoint_in_its_middle(seed: int, engine: str, tmp_path: Any) -> None:
    case = make_amount_case(seed)
    options = {name: value for name, value in case.options.items() if name != "budget"} | {"budget": 10_000}
    whole = en.Simulation(case.net, engine=engine, **options)
    whole.inject(case.inputs)
    try:
        whole.run(until=4, max_deliveries=300)
    except en.errors.RuleError:
        return
    whole.save(tmp_path / "half.npz")
    later = en.Simulation(case.net, engine=engine, **options).resume(tmp_path / "half.npz")
    for sim in (whole, later):
        try:
            sim.run(until=9, max_deliveries=500)
        except en.errors.RuleError as error:
            assert "spikes in one reaction" in str(error)  # noqa: PT017
    assert seen(later, case.net) == seen(whole, case.net)


@pytest.mark.parametrize("seed", range(5))
def test_a_checked_run_gives_the_same(seed: int) -> None:
    case = make_amount_case(seed)
    assert run_case(case, "reference", check=True)["log"] == run_case(case, "reference")["log"]


# --- what is written and read ----------------------------------------------------------------------------------------
def chain(most: int = 300, **options: Any) -> tuple[en.Network, Any, Any]:
    net = en.Network(**options)
    relay = net.add(en.Relay(4, amounts=most, name="relay"))
    counter = net.add(en.SpikeCounter(4, amounts=most, name="counter"))
    net.connect(relay, counter)
    return net, relay, counter


@pytest.mark.parametrize("engine", few(ENGINES, 1))
@pytest.mark.parametrize("order", ORDERS)
def test_rules_see_the_whole_number_and_the_log_tells_it(order: str, engine: str, tmp_path: Any) -> None:
    net, relay, counter = chain()
    run = en.simulate(
        net, [(0, relay.spikes, 1, -300), (0, relay.spikes, 2, 1), (1, counter.spikes, 1, 7)], order=order,
        engine=engine, record=True, roots=True,
    )  # fmt: skip
    assert run.state("counter")["count"].tolist() == [0, -293, 1, 0]
    assert run.log.dtype == DELIVERY_WITH_AMOUNT
    assert sorted(signed(run.log).tolist()) == [-300, -300, 1, 1, 7]
    assert set(run.log["sign"].tolist()) == {1, -1}
    assert signed(run.simulation.causes.inputs).tolist() == [-300, 1, 7]
    assert run.table()["amount"].tolist() == run.log["amount"].tolist()
    streamed = en.Simulation(net, order, engine=engine, record=tmp_path / "log.npy")
    streamed.inject([(0, relay.spikes, 1, -300), (0, relay.spikes, 2, 1), (1, counter.spikes, 1, 7)])
    assert streamed.run().log.tobytes() == run.log.tobytes()
    assert read_log(tmp_path / "log.npy").dtype == DELIVERY_WITH_AMOUNT


def test_codes_are_packed_and_unpacked() -> None:
    records = np.array([(0, 1, 5, -1, 256), (3, 0, 0, 1, 1)], dtype=EVENT_WITH_AMOUNT)
    bare = packed(records, 8)
    assert bare.dtype == EVENT
    codes = np.where(bare["sign"] > 0, bare["index"], ~bare["index"])
    assert [part.tolist() for part in unpacked(codes, 8)] == [[5, 0], [-1, 1], [256, 1]]
    assert [part.tolist() for part in unpacked(np.array([7, ~7]), 0)] == [[7, 7], [1, -1], [1, 1]]


def test_inputs_are_rows_records_or_tables() -> None:
    net, relay, counter = chain()
    rows = [(0, relay.spikes, 1, -300), (2, counter.spikes, 3, 2)]
    table = {"t": [0, 2], "port": [0, 1], "index": [1, 3], "sign": [-1, 1], "amount": [300, 2]}
    logs = [en.simulate(net, given, record=True).log for given in (rows, en.events(rows, amounts=True), table)]
    assert {log.tobytes() for log in logs} == {logs[0].tobytes()}
    plain = en.simulate(net, en.events([(0, 0, 1, -1)]), record=True).log
    assert plain["amount"].tolist() == [1, 1]
    assert len(en.simulate(en.Network.load(saved(net)), rows, record=True).log) == 3


def saved(net: en.Network) -> Any:
    import tempfile

    path = f"{tempfile.mkdtemp()}/net.npz"
    net.save(path)
    return path


@pytest.mark.parametrize("engine", few(ENGINES, 1))
def test_only_spikes_that_are_exactly_opposite_annihilate(engine: str) -> None:
    net, relay, _ = chain()
    inputs = [(0, relay.spikes, 1, 5), (0, relay.spikes, 1, -4), (0, relay.spikes, 1, -5), (0, relay.spikes, 2, 4)]
    run = en.simulate(net, inputs, order="breadth", engine=engine, record=True, annihilate=True)
    assert run.simulation.annihilated == 2
    assert run.state("counter")["count"].tolist() == [0, -4, 4, 0]


def test_a_network_without_amounts_is_as_it_was() -> None:
    net, relay, _ = chain(1)
    run = en.simulate(net, [(0, relay.spikes, 1, -1)], record=True)
    assert run.log.dtype == en.DELIVERY
    assert run.simulation.store.bits == 0
    assert run.simulation.store.tally.shape[1] == 11
    assert run.tally.products() == {"products": 0, "product_units": 0, "product_bits": 0}


def test_a_plain_outlet_leads_to_a_port_with_amounts() -> None:
    net = en.Network()
    layer = net.add(en.Herding(4, net.weights(np.eye(4) * 0.75), name="layer"))
    counter = net.add(en.SpikeCounter(4, amounts=9, name="counter"))
    net.connect(layer.out, counter)
    for engine in ENGINES:
        run = en.simulate(net, [(0, layer.spikes, 3, -1), (0, counter.spikes, 0, 9)], engine=engine, record=True)
        assert run.state("counter")["count"].tolist() == [9, 0, 0, -1]


# --- what is refused -------------------------------------------------------------------------------------------------
def test_wires_lead_to_ports_that_take_as_much() -> None:
    net, relay, _ = chain()
    with pytest.raises(WiringError, match=r"relay.out sends amounts up to 300, but port sink.spikes takes no amounts"):
        net.connect(relay, net.add(en.Sink(4, name="sink")))
    with pytest.raises(WiringError, match=r"up to 300, but port few.spikes takes amounts up to 299"):
        net.connect(relay, net.add(en.Sink(4, amounts=299, name="few")))


@pytest.mark.parametrize("most", [0, -1, 2**30 + 1])
def test_amounts_that_cannot_be_are_refused(most: int) -> None:
    with pytest.raises(NetworkError, match="amounts"):
        en.Network().add(en.Relay(4, amounts=most))


def test_units_that_leave_no_room_for_amounts_are_refused_with_figures() -> None:
    net = en.Network()
    net.add(en.Relay(3, amounts=2**20, name="few"))
    net.add(en.Relay(2047, name="many"))
    en.Simulation(net)
    net.add(en.Relay(2048, name="more"))
    with pytest.raises(NetworkError, match=r"few.spikes has amounts up to 1,048,576, which take 20 of 31 bits.*2,048"):
        en.Simulation(net)


@pytest.mark.parametrize(("row", "said"), [
    ((0, 0, 1, 0), "amount 0; port relay.spikes takes amounts of 1 to 300"),
    ((0, 0, 1, 301), "amount 301; port relay.spikes takes amounts of 1 to 300"),
    ((0, 0, 1, -301), "amount 301"),
    ((0, 2, 1, 2), "amount 2; port sink.spikes takes no amounts"),
    ((0, 0, 4, 2), "takes indices 0 to 3"),
    ((0, 0, 1, 2**40), "input 0"),
    ((0, 0, 1, 1.5), "input 0"),
])  # fmt: skip
@pytest.mark.parametrize("engine", few(ENGINES, 1))
def test_inputs_that_cannot_be_are_refused(row: Any, said: str, engine: str) -> None:
    net, _, _ = chain()
    net.add(en.Sink(4, name="sink"))
    sim = en.Simulation(net, engine=engine)
    with pytest.raises(InputError, match=said):
        sim.inject([(0, 0, 0, 1), row] if "input 0" not in said else [row])
    assert sim.idle


def test_a_network_without_amounts_takes_none() -> None:
    net, _, _ = chain(1)
    with pytest.raises(InputError, match="input 1 has the amount 2, but no port of this network takes amounts"):
        en.Simulation(net).inject(en.events([(0, 0, 1, 1), (0, 0, 1, 2)], amounts=True))
    with pytest.raises(InputError, match="signs are"):
        en.Simulation(net).inject([(0, 0, 1, 2)])


@en.rule
def claim(i, s, t, out, tally, wanted):
    out.spike(i, wanted[i])


class Claiming(en.Module):
    """Sends the amount that it was told to."""

    wanted = en.State(given=0, start=lambda module, given: np.asarray(given, dtype=np.float64))
    spikes = en.Port(claim, emits="out", accepts="units")
    out = en.Outlet(amounts=8)
    membrane = None


@pytest.mark.parametrize("engine", few(ENGINES, 1))
@pytest.mark.parametrize("wanted", [0.0, 9.0, -9.0, 2.5, 0.5, 2.0**40, np.finfo(np.float64).max, 8.0, -1.0])
def test_an_amount_that_cannot_leave_is_an_error_of_the_rule(wanted: float, engine: str) -> None:
    net = en.Network("float64")
    module = net.add(Claiming(2, wanted=[wanted, 1.0], name="claiming"))
    net.connect(module.out, net.add(en.Sink(2, amounts=8)).spikes)
    sim = en.Simulation(net, engine=engine, record=True)
    sim.inject([(0, module.spikes, 1, 1), (0, module.spikes, 0, 1)])
    if wanted in (8.0, -1.0):
        sim.run()
        assert signed(sim.log).tolist()[2:] in ([1, wanted], [wanted, 1])
        return
    with pytest.raises(RuleError, match=r"port claiming.spikes at t=0, index 0: .*index, outlet, amount or delay"):
        sim.run()


def test_no_number_and_infinity_are_amounts_of_no_spike() -> None:
    for value in (float("nan"), float("inf"), -float("inf")):
        out = Out((3,), 5, amounts=(8,))
        out.spike(0, value)  # type: ignore[arg-type]
        assert out.fault != 0
        assert out.spikes == []


@pytest.mark.parametrize("engine", few(ENGINES, 1))
def test_a_module_in_plain_python_is_held_to_it_too(engine: str) -> None:
    class Wild(Doubling):
        def on_spikes(self, i: int, s: int, t: int, out: Any, tally: Any) -> None:
            out.spike(i, self.amounts + s)

    net = en.Network()
    wild = net.add(Wild(2, name="wild"))
    net.connect(wild, net.add(en.Sink(2, amounts=7)))
    with pytest.raises(RuleError, match="amount or delay"):
        en.simulate(net, [(0, wild.spikes, 0, 1)], engine=engine)


@pytest.mark.parametrize("engine", few(ENGINES, 1))
def test_checkpoints_that_no_run_left_are_refused(engine: str) -> None:
    net, relay, _ = chain()
    sim = en.Simulation(net, "fifo", engine=engine, roots=True)
    sim.inject([(0, relay.spikes, 1, -5), (1, relay.spikes, 1, 300)])
    checkpoint = sim.run(max_deliveries=1).checkpoint()
    assert en.Simulation(net, "fifo", engine=engine, roots=True).resume(checkpoint).run().deliveries == 4
    other = en.Simulation(chain(200)[0], "fifo", engine=engine, roots=True)
    with pytest.raises(DataError, match="bits of amounts"):
        other.resume(checkpoint)
    same_bits = en.Simulation(chain(299)[0], "fifo", engine=engine, roots=True)
    with pytest.raises(DataError, match="amounts"):
        same_bits.resume(checkpoint)


# --- rows, and what they count ---------------------------------------------------------------------------------------
@en.rule
def times(i, s, t, out, tally, phi, w):
    add_row_times(phi, w, i, s, tally)


class Adding(en.Module):
    """Adds rows so often."""

    weights = en.Weights("n_in", "units", key="w")
    phi = en.Potential(weights)
    spikes = en.Port(times, accepts="n_in", amounts=2**20)


@pytest.mark.parametrize("dtype", few(("float32", "float64", "int32"), 1))
def test_a_row_is_added_so_often_to_the_same_bytes(dtype: str) -> None:
    rng = np.random.default_rng(3)
    for units in (1, 5, 64, 65, 200):
        net = en.Network(dtype)
        w = rng.integers(-1, 2, (4, units)) if dtype == "int32" else rng.normal(0, 1, (4, units))
        layer = net.add(Adding(units, net.weights(w), name="layer"))
        sizes = rng.choice([1, 2, 3, 7, 100, 2**20] if dtype != "int32" else [1, 2, 3, 7, 100], 30)
        inputs = [(k, layer.spikes, int(rng.integers(4)), int(m * rng.choice([-1, 1]))) for k, m in enumerate(sizes)]
        runs = [en.simulate(net, inputs, engine=engine) for engine in ENGINES]
        phi = np.zeros(units, dtype)
        for _, _, i, s in inputs:
            phi = phi + (w.astype(dtype)[i] * np.dtype(dtype).type(s))
        assert {run.state("layer")["phi"].tobytes() for run in runs} == {phi.astype(dtype).tobytes()}
        for tally in (run.tally for run in runs):
            many = sizes[sizes > 1]
            assert tally.by_kind()["synaptic"] == tally.reads == 30 * units
            assert tally.multiplies == units * len(many)
            assert tally.products() == {
                "products": units * len(many), "product_units": units * int(many.sum()),
                "product_bits": units * sum(bin(m).count("1") for m in many.tolist()),
            }  # fmt: skip


def test_conventions_count_products_in_three_ways() -> None:
    net = en.Network()
    layer = net.add(Adding(10, net.weights(np.ones((2, 10))), name="layer"))
    tally = en.simulate(net, [(0, layer.spikes, 0, 1), (0, layer.spikes, 0, -6), (1, layer.spikes, 1, 4)]).tally
    assert conventions.everything(tally) == {"adds": 30, "multiplies": 20, "compares": 0}
    assert conventions.everything(tally, "add") == {"adds": 110, "multiplies": 0, "compares": 0}
    assert conventions.matrix_products(tally, "shift") == {"adds": 40, "multiplies": 0, "shifts": 30}
    assert tally.products_by_port() == {"layer.spikes": tally.products()}
    assert (tally + tally).products() == {name: 2 * n for name, n in tally.products().items()}
    assert cost.HOROWITZ_FLOAT32.energy(tally) == pytest.approx(30 * 0.9 + 20 * 3.7)
    with pytest.raises(ModelError, match="multiply, add, shift"):
        conventions.everything(tally, "none")


def test_ledgers_replays_races_and_traces_know_amounts(tmp_path: Any) -> None:
    net = en.Network()
    w = np.array([[1.5, -0.5, 0.25], [0.75, 1, -2], [0.5, 0.5, 0.5]])
    first, second = (net.add(Levels(3, net.weights(w), name=name)) for name in ("first", "second"))
    net.connect(first.out, second)
    net.connect(second.out, net.add(en.Sink(3, amounts=7, name="end")))
    inputs = [(0, first.spikes, 0, 2), (0, first.spikes, 1, -3), (1, first.spikes, 2, 1)]
    run = en.simulate(net, inputs, record=True, roots=True, engine="reference")
    for blame in ("triggering", "proportional"):
        book = en.keep_ledger(net, inputs, blame=blame, engine="reference")
        assert book.cost("multiplies").sum() == run.tally.multiplies > 0
        assert book.cost("deliveries").sum() == run.tally.deliveries
    replayed = en.analysis.ablate(run, without=[1])
    assert signed(replayed.removed).tolist() == [-3]
    assert replayed.changed
    assert not en.analysis.ablate(run, without=[1], instead=[(0, first.spikes, 1, -3)]).changed
    assert en.analysis.ablate(run, without=[1], instead=[(0, first.spikes, 1, -2)]).changed
    found = en.analysis.race(net, inputs, seeds=2, engine="reference", processes=1)
    assert found.to_dict()
    en.analysis.write_trace(run.log, net, tmp_path / "trace.json")
    assert '-3","ts"' in (tmp_path / "trace.json").read_text()
    report.write_report(run, tmp_path / "page.html")
    assert en.analysis.cancellation(run).to_dict()
    assert en.log_table(run.log, net)["amount"].max() > 1
