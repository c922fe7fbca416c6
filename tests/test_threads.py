"""Several threads for one network: the same bytes as one thread and as the reference; what cannot be split is refused."""

from __future__ import annotations

import copy
import gc
import threading
from typing import Any

import numpy as np
import pytest
from few import draws

import eventnet as en
from eventnet.engine import threaded
from eventnet.engine.compiled import CompiledEngine
from eventnet.errors import EngineError, InternalError, UnsettledError
from eventnet.learning import SparsePairStdp

ORDERS = ("depth", "breadth", "fifo", "random", "magnitude", "topological")


def random_case(seed: int, dtype: str) -> tuple[en.Network, list[Any], int]:
    """One to three layers that reach each other, with drives and a source, every number drawn."""
    rng = np.random.default_rng(seed)
    net, layers = en.Network(dtype=dtype), []
    each, decay = bool(rng.integers(2)), str(rng.choice(["tick", "event"]))
    for k in range(int(rng.integers(1, 4))):
        units = int(rng.choice([1, 2, 3, 7, 20, 70]))
        options: dict[str, Any] = {"tau": float(rng.uniform(5, 60)), "refractory": int(rng.integers(0, 9))}
        if each:
            options = {
                "tau": rng.uniform(5, 60, units), "refractory": rng.integers(0, 9, units),
                "threshold": rng.uniform(0.8, 1.2, units), "reset": rng.uniform(-0.5, 0.4, units),
            }  # fmt: skip
        start = rng.uniform(0, 0.7, units)
        layers.append(net.add(en.LeakyDelta(units, start=start, decay=decay, name=f"layer{k}", **options)))
        sink = net.add(en.Sink(units, name=f"sink{k}"))
        net.connect(layers[-1].out, sink.spikes)
    source = net.add(en.Relay(5, name="source"))
    shortest = int(rng.integers(1, 6))
    events: list[Any] = []
    for a in (source, *layers):
        for b in layers:
            if a is not source and rng.random() < 0.4:
                continue
            pairs = rng.integers(0, [a.units, b.units], (int(rng.integers(1, 60)), 2))
            pairs = pairs[np.argsort(pairs[:, 1], kind="stable")]
            how: Any = [
                en.Bernoulli(float(rng.uniform(0, 0.5))), en.FixedOutDegree(int(rng.integers(0, 5))),
                en.FixedInDegree(int(rng.integers(0, 5))), en.AllToAll(), en.Edges(*pairs.T),
            ][int(rng.integers(5))]  # fmt: skip
            law: Any = [0.2, rng.normal(0.05, 0.3, a.units), en.Normal(0.1, 0.3)][int(rng.integers(3))]
            wait: Any = int(rng.integers(shortest, shortest + 9))
            if rng.random() < 0.4:
                wait = en.Uniform(shortest, shortest + float(rng.choice([4, 90, 200_000])))
            made = net.connect(a, b, how, weight=law, delay=wait, seed=int(rng.integers(99)))
            if made.n_rows:
                events.append((int(rng.integers(-3, 70)), int(made.rows), int(rng.integers(made.n_rows)), 1))
    for k, layer in enumerate(layers):
        for n in range(int(rng.integers(0, 3))):
            rate = float(rng.choice([0.003, 0.1, 0.7])) * 1e6
            own: Any = rng.uniform(0, 2 * rate, layer.units) if rng.integers(2) else rate
            options = {"every": int(rng.choice([1, 1, 2, 5])), "until": [None, 60][int(rng.integers(2))]}
            weight = float(rng.uniform(-0.1, 0.4))
            drive = net.add(en.PoissonDrive(layer, rate=own, weight=weight, seed=n, name=f"drive{k}{n}", **options))
            events.append((int(rng.integers(-2, 9)), int(drive.ticks), 0, 1))
            if rng.random() < 0.2:
                net.connect(source.out, net.add(en.Relay(5, name=f"again{k}{n}")).spikes)
                events.append((int(rng.integers(9)), int(drive.ticks), 0, 1))
    spikes = rng.integers(0, [80, 5], (int(rng.integers(1, 50)), 2)).tolist()
    return net, events + [(t, int(source.spikes), i, int(rng.choice([1, -1]))) for t, i in spikes], shortest


def ran(net: en.Network, events: Any, stops: Any = (100,), **options: Any) -> en.Simulation:
    sim = en.Simulation(net, **{"record": True, "roots": True, "budget": 3000} | options)
    sim.inject(events)
    for stop in stops:
        sim.run(until=stop)
    return sim


def found_by(sim: en.Simulation) -> dict[str, Any]:
    """What both engines tell of a run."""
    found: dict[str, Any] = {"log": sim.log.tobytes(), "ports": sim.tally.by_port(), "roots": sim.tally.by_root()}
    for module in sim.net.modules:
        found |= {f"{module.name}.{name}": array.tobytes() for name, array in sim.state(module).items()}
    return found | {"deliveries": sim.deliveries, "queued": sim.queued, "depths": repr(sim.causes)}


def saved(sim: en.Simulation) -> dict[str, Any]:
    """All that a checkpoint holds."""
    checkpoint = sim.checkpoint()
    return {name: array.tobytes() for name, array in checkpoint.arrays.items()} | {"text": checkpoint.text}


def agree(seed: int, dtype: str = "float64", reference: bool = True) -> None:
    net, events, _ = random_case(seed, dtype)
    options = {"order": ORDERS[seed % len(ORDERS)]}
    alone = ran(net, events, **options)
    for threads in (2, 3):
        several = ran(net, events, threads=threads, **options)
        assert found_by(several) == found_by(alone), (seed, threads)
        assert saved(several) == saved(alone), (seed, threads)
        pieces = ran(net, events, sorted({13, 14, 40, 100, *range(50, 60)}), threads=threads, **options)
        assert saved(pieces) == saved(alone), (seed, threads, "in pieces")
    if reference:
        assert found_by(ran(net, events, engine="reference", **options)) == found_by(alone), seed


# --- the same bytes --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("seed", range(12))
def test_several_threads_give_the_bytes_of_one_and_of_the_reference_in_every_order(seed):
    """Log, counts by port and by root, state, and all that a checkpoint holds; in one run and in pieces."""
    agree(seed)


@pytest.mark.slow
@pytest.mark.parametrize("hundred", range(4))
def test_several_threads_give_the_bytes_of_one_on_hundreds_of_random_networks(hundred):
    for seed in range(10_000 + 100 * hundred, 10_000 + 100 * hundred + draws(100, 5)):
        try:
            agree(seed, ("float64", "float32")[hundred % 2], reference=seed % 10 == 0)
        except UnsettledError:  # of one thread: it ran first
            continue


def brunel(n: int = 400, decay: str = "tick", **delay: Any) -> en.Network:
    """Units that excite and inhibit one another, driven by many events a tick: the whole layer is brought up."""
    net = en.Network(dtype="float64")
    cells = net.add(en.LeakyDelta(n, tau=200.0, threshold=20.0, reset=10.0, refractory=20, decay=decay, name="cells"))
    halves = [1.0] * (n * 4 // 5) + [-5.0] * (n - n * 4 // 5)
    net.connect(cells, cells, en.FixedInDegree(n // 10), weight=halves, seed=1, **({"delay": 15} | delay))
    net.add(en.PoissonDrive(cells, rate=4_000.0, weight=1.0, seed=2, tick=1e-4, name="drive"))
    return net


@pytest.mark.parametrize("threads", [2, 3, 7])
def test_a_network_like_brunels_has_the_same_bytes(threads):
    for decay, delay in (("tick", 15), ("event", en.Uniform(3, 40))):
        net = brunel(decay=decay, delay=delay)
        begin = [(0, net["drive"].ticks, 0, 1)]
        alone, several = (ran(net, begin, (300,), budget=10**6, threads=k) for k in (1, threads))
        assert alone.tally.spikes > 1000
        assert saved(several) == saved(alone)


def test_more_spikes_and_deliveries_than_there_was_room_for(monkeypatch):
    """Everything that grows has to, in a window that has begun."""
    monkeypatch.setattr(threaded, "DELIVERIES", 2)
    monkeypatch.setattr(threaded, "SPIKES", 1)
    grew = []
    more = threaded.ThreadedEngine._more_room
    monkeypatch.setattr(threaded.ThreadedEngine, "_more_room", lambda engine: (grew.append(1), more(engine)))
    net = brunel()
    begin = [(0, net["drive"].ticks, 0, 1)]
    alone, several = (ran(net, begin, (300,), budget=10**6, threads=k) for k in (1, 2))
    assert grew
    assert saved(several) == saved(alone)


@pytest.mark.parametrize("annihilate", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_limits_stops_recorders_checkpoints_and_copies_are_those_of_one_thread(annihilate):
    net, events, _ = random_case(5, "float64")
    layer, sink = net["layer0"], net["sink0"]
    recorders = [en.record(layer, "phi", every=3), en.record(layer, "spikes")]
    options: dict[str, Any] = {"annihilate": annihilate, "record": True, "roots": True, "recorders": recorders}
    found = []
    for threads in (1, 2, 3):
        sim = en.Simulation(net, threads=threads, **options)
        sim.inject(events)
        for limit in (7, 23, 1, 60):
            sim.run(max_deliveries=limit)
        sim.run(until=120, stop=sink.spikes)
        sim.run(until=140)
        taken_up = en.Simulation(net, threads=4 - threads, **options).resume(sim.checkpoint())
        copied = copy.deepcopy(sim)
        assert copied.threads == threads
        for each in (sim, taken_up, copied):
            each.run(until=200)
            columns = [vars(each.recorded(layer.name, name)) for name in ("phi", "spikes")]
            found.append((saved(each), repr(columns)))
    assert all(each == found[0] for each in found)


def test_potentials_that_are_written_between_runs_are_those_that_go_on():
    net = brunel()
    found = []
    for threads in (1, 2):
        sim = ran(net, [(0, net["drive"].ticks, 0, 1)], (100,), budget=10**6, threads=threads)
        sim[net["cells"]].phi[::3] = 5.0
        sim["cells"][17].phi = -3.0
        sim.run(until=200)
        found.append(saved(sim))
    assert found[0] == found[1]


def test_a_log_that_goes_to_a_file_is_the_same(tmp_path):
    net = brunel()
    for threads in (1, 2):
        sim = en.Simulation(net, record=tmp_path / f"{threads}.npy", threads=threads)
        sim.inject([(0, net["drive"].ticks, 0, 1)])
        sim.run(until=200)
        assert len(sim.log) > 1000
    assert (tmp_path / "1.npy").read_bytes() == (tmp_path / "2.npy").read_bytes()


# --- what ends a run -------------------------------------------------------------------------------------------------
def test_an_error_in_a_thread_fails_the_simulation_and_leaves_nobody_working(monkeypatch):
    net = brunel()
    sim = ran(net, [(0, net["drive"].ticks, 0, 1)], (50,), budget=10**6, threads=2)
    before = sim.engine.plan.address.tolist()
    work, calls = threaded.work, []

    def interrupted(*args: Any) -> Any:
        calls.append(threading.current_thread())
        if len(calls) == 4:
            raise KeyboardInterrupt
        return work(*args)

    monkeypatch.setattr(threaded, "work", interrupted)
    with pytest.raises(KeyboardInterrupt):
        sim.run(until=200)
    assert len({thread.name for thread in calls}) == 2
    assert sim.status == "failed"
    assert sim.engine.plan.address.tolist() == before
    assert np.isfinite(sim.state("cells")["phi"]).all()
    assert len(sim.log) == sim.deliveries
    with pytest.raises(EngineError, match="failed"):
        sim.run(until=300)


def test_a_delivery_that_nobody_was_told_of_ends_the_run(monkeypatch):
    net = brunel()
    sim = ran(net, [(0, net["drive"].ticks, 0, 1)], (50,), budget=10**6, threads=2)
    listed = threaded.due_in

    def too_few(*args: Any) -> int:
        n = int(listed(*args))
        return n - 1 if n > 20 else n

    monkeypatch.setattr(threaded, "due_in", too_few)
    with pytest.raises(InternalError, match="had not been told of"):
        sim.run(until=200)


def test_an_instant_that_does_not_settle_is_told_as_by_one_thread():
    net = brunel()
    relay = net.add(en.Relay(1, name="relay"))
    net.connect(relay.out, relay.spikes)
    for threads in (1, 2):
        with pytest.raises(UnsettledError, match=r"1,000 deliveries at t=20 .* 'relay'"):
            ran(net, [(0, net["drive"].ticks, 0, 1), (20, relay.spikes, 0, 1)], budget=1000, threads=threads)


# --- what is refused -------------------------------------------------------------------------------------------------
def refusal(net: en.Network, **options: Any) -> str:
    with pytest.raises(EngineError) as error:
        en.Simulation(net, threads=2, **options)
    return str(error.value)


def test_a_wire_without_delay_is_refused_with_its_name():
    assert "from cells.out to cells_to_cells.rows has none" in refusal(brunel(delay=0))
    found = refusal(brunel(delay=en.Uniform(0, 0.4)))
    assert "from cells_to_cells.axon to cells_to_cells.rows has synapses without" in found


class Watcher(en.PythonModule):
    spikes = en.Port()

    def on_spikes(self, i: int, s: int, t: int, out: Any, tally: Any) -> None: ...


def test_what_cannot_be_split_is_refused():
    net = brunel()
    assert "one thread, not 2" in refusal(net, engine="reference")
    assert "check=True" in refusal(net, check=True)
    for wrong in (0, -1, 1.5, "2"):
        with pytest.raises(EngineError, match="threads"):
            en.Simulation(net, threads=wrong)
    empty = en.Network()
    empty.add(en.Relay(3, name="relay"))
    assert "this network has none" in refusal(empty)
    net.add(en.CurrentSteps(net["cells"], times=[0], levels=[3.0], name="current"))
    assert "CurrentSteps 'current', which shares 'phi' with 'cells'" in refusal(net)
    net = brunel()
    net.add(Watcher(name="watcher"))
    assert "'watcher', which is plain Python" in refusal(net)


def test_plastic_synapses_predicted_spikes_and_amounts_are_refused():
    net = brunel()
    rule = SparsePairStdp.given(a_plus=0.01, a_minus=0.01, tau_plus=20.0, tau_minus=20.0, bounds=(0.0, 2.0))
    net.connect(net["cells"], net["cells"], en.FixedInDegree(3), weight=1.0, delay=2, seed=3, plasticity=rule)
    assert "SparsePairStdp 'cells_to_cells2_stdp', which shares 'w' with 'cells_to_cells2'" in refusal(net)
    net = brunel()
    net.add(en.ExponentialCurrent(2, net.weights([[1.0, 1.0]], name="w"), tau_m=20.0, tau_s=5.0, name="exact"))
    assert "spikes are predicted, as of 'exact'" in refusal(net)


def test_rows_that_do_not_go_up_by_target_are_refused():
    net = brunel()
    net.connect(net["cells"], net["cells"], en.Edges([4, 4, 5], [7, 2, 1]), weight=1.0, delay=2, name="edges")
    assert "row 4 of 'edges' does not" in refusal(net)


def test_one_thread_uses_none_of_it(monkeypatch):
    monkeypatch.setattr(threaded.ThreadedEngine, "__init__", None)
    net = brunel(50)
    assert type(en.Simulation(net, threads=1).engine) is CompiledEngine


def test_threads_end_with_their_engine():
    sim = ran(brunel(), [], (10,), threads=3)
    helpers = [helper.thread for helper in sim.engine._helpers()]
    assert all(thread.is_alive() for thread in helpers)
    del sim
    gc.collect()
    for thread in helpers:
        thread.join(10)
    assert not any(thread.is_alive() for thread in helpers)
