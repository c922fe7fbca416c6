"""Blocks whose rows are owed updates: the bytes of the reference engine, at every place where a run can be looked at."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
from dsn_cases import problem, small

import eventnet as en
from eventnet.engine import owing
from eventnet.learning import Columns, Fsgd, Layer
from eventnet.learning.gradient import fsgd, gather_column, herd_column
from eventnet.neurons.herding import gather, herd, herd_rectified, herd_summing

OPTIONS: list[dict[str, Any]] = [
    {}, {"hold_error": False}, {"column": "after"}, {"regularization": 0.2}, {"coalesce": "burst"},
    {"backward_reset": "random"}, {"rectify_inputs": True}, {"dtype": "float64"}, {"gate": "positive"},
]  # fmt: skip


def looked_at(sim: en.Simulation) -> list[Any]:
    """All that can be seen of a simulation of a Deep Spiking Network between runs."""
    states = [sim.state(module) for module in sim.net.modules]
    return [
        *(sim.weights(f"W{k}").tobytes() for k in range(2)), sim.tally.by_module(),
        *(array.tobytes() for state in states for array in state.values()),
    ]  # fmt: skip


def pair(order: str = "breadth", **options: Any) -> tuple[en.Simulation, en.Simulation]:
    """A network that learns, on both engines; inputs of both signs."""
    x, y = problem(8)
    dsn = small(order=order, learning_rate=1.5, **options)
    made = tuple(dsn.simulation(x - 0.3, y, engine=engine, record=True) for engine in ("compiled", "reference"))
    assert len(owing_of(made[0])) == 2
    return made[0], made[1]


def owing_of(sim: en.Simulation) -> Any:
    return [] if sim.engine.owing is None else sim.engine.owing.blocks


@pytest.mark.slow
@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("order", ["breadth", "depth", "fifo", "random"])
def test_both_engines_learn_the_same_bytes_however_often_one_looks(order: str, options: dict[str, Any]) -> None:
    compiled, reference = pair(order, **options)
    before, rng = compiled.weights("W0"), np.random.default_rng(0)
    while not (compiled.engine.idle() and reference.engine.idle()):
        n = int(rng.integers(1, 400))
        compiled.run(max_deliveries=n)
        reference.run(max_deliveries=n)
        assert looked_at(compiled) == looked_at(reference)
    assert (compiled.log == reference.log).all()
    assert (compiled.weights("W0") != before).any()


@pytest.mark.parametrize("room", [1, 3])
def test_where_there_is_no_room_for_an_error_rows_are_paid(monkeypatch: pytest.MonkeyPatch, room: int) -> None:
    monkeypatch.setattr(owing, "ERRORS", room)
    compiled, reference = pair()
    assert looked_at(compiled.run()) == looked_at(reference.run())


def test_what_is_written_between_two_runs_is_learned_from() -> None:
    pairs = pair()
    for sim in pairs:
        sim.run(max_deliveries=500)
        layer, update = sim["layer1"], sim["update1"]
        layer.w[2, :] = 0.25
        sim["layer0"][1].w = -0.125
        update.c[:] = np.arange(5) - 2
        update.rate[0] = 0.5
        sim.run()
    assert looked_at(pairs[0]) == looked_at(pairs[1])


def test_a_view_that_was_kept_may_be_written_before_each_run() -> None:
    pairs = pair()
    for sim in pairs:
        w = sim["layer1"].w
        for _ in range(5):
            sim.run(max_deliveries=200)
            w[:] = w[::-1].copy()
        del w
        sim.run()
    assert looked_at(pairs[0]) == looked_at(pairs[1])


def test_a_rate_of_0_moves_nothing_but_the_sign_of_a_zero() -> None:
    pairs = pair()
    for sim in pairs:
        sim["update0"].rate[0] = sim["update1"].rate[0] = 0
        sim["layer0"].w[:] = -0.0
        sim["layer1"].w[:] = -0.0
        sim.run()
    assert looked_at(pairs[0]) == looked_at(pairs[1])


def test_a_checkpoint_within_a_sample_holds_weights_that_are_paid() -> None:
    whole, _ = pair()
    other, reference = pair()
    other.run(max_deliveries=777)
    third_from = en.Simulation(other.net, seed=other.seed, record=True)
    third_from.resume(other.checkpoint()).run()
    assert looked_at(third_from) == looked_at(whole.run()) == looked_at(reference.run())
    assert looked_at(pickle.loads(pickle.dumps(other)).run()) == looked_at(whole)


def test_a_recorder_of_weights_sees_them_paid() -> None:
    x, y = problem(8)
    dsn = small(learning_rate=1.5)
    found = []
    for engine in ("compiled", "reference"):
        net, inputs = dsn.training_network(dsn.vectors(x), dsn._targets(y, len(x)))
        sim = en.Simulation(net, engine=engine, recorders=[en.record(net["layer0"], "w", every=3)])
        sim.inject(inputs)
        sim.run()
        found.append(sim.recorded(net["layer0"], "w"))
    assert found[0].numbers.tobytes() == found[1].numbers.tobytes()
    assert len(np.unique(found[0].numbers)) > 50


# --- where it is not done ---
def own_network(*more: Any) -> tuple[en.Network, Any]:
    net = en.Network("float32")
    w = net.weights(np.full((3, 2), 0.3), "W")
    source = net.add(en.Relay(3, name="source"))
    layer, update = net.add(Layer(2, w, name="layer")), net.add(Fsgd(w, rate=0.1, name="update"))
    net.connect(source.out, layer.spikes)
    net.connect(source.out, update.spikes)
    net.connect(layer.out, layer.error)
    net.connect(layer.gated, update.error)
    for make in more:
        net.add(make(net, w))
    return net, source


@en.rule
def look(i, s, t, out, tally, seen, w):
    """Reads a column, and knows nothing of rows that are owed anything."""
    for k in range(len(seen)):
        seen[k] = w[k, i]


class Looking(en.Module):
    """Reads weights by a rule of its own."""

    weights = en.Weights("units", "n", key="w")
    n: int
    seen = en.State("units")
    spikes = en.Port(look, accepts="n")


class Counting(en.PythonModule):
    """A module in plain Python, which may look at weights from within its reaction."""

    spikes = en.Port(accepts="units")

    def on_spikes(self, i: int, s: int, t: int, out: Any, tally: Any) -> None:
        """Nothing happens."""


@pytest.mark.parametrize(
    "more, blocks",
    [
        ((), 1), ((lambda net, w: Columns(3, w),), 1), ((lambda net, w: en.Herding(2, w),), 1),
        ((lambda net, w: Looking(3, w),), 0), ((lambda net, w: Fsgd(w, rate=0.2),), 0),
        ((lambda net, w: Counting(1),), 0), ((lambda net, w: en.Accumulator(2, w, net.weights((1, 2), start=0)),), 0),
    ],
)  # fmt: skip
def test_a_block_owes_where_all_who_use_it_know_of_that(more: tuple[Any, ...], blocks: int) -> None:
    runs = []
    for engine in ("compiled", "reference"):
        net, source = own_network(*more)
        sim = en.Simulation(net, engine=engine)
        sim.inject([(t, source.spikes, t % 3, 1 - 2 * (t % 5 == 0)) for t in range(60)])
        sim.run()
        runs.append((sim.weights("W").tobytes(), sim.tally.by_module()))
        if engine == "compiled":
            assert len(owing_of(sim)) == blocks
    assert runs[0] == runs[1]
    assert np.frombuffer(runs[0][0], np.float32).std() > 0


@pytest.mark.parametrize(
    "options", [{"rule": "sgd"}, {"smooth": True}, {"dtype": "int32", "learning_rate": 0.5}], ids=str
)
def test_other_rules_owe_nothing(options: dict[str, Any]) -> None:
    x, y = problem(4)
    sim = small(**options).simulation(x, y)
    assert owing_of(sim) == []


def test_a_checked_run_owes_nothing() -> None:
    x, y = problem(4)
    assert owing_of(small().simulation(x, y, check=True)) == []


# --- forms of rules ---
@pytest.mark.parametrize("rule", [herd, herd_summing, herd_rectified, gather, herd_column, gather_column, fsgd])
def test_a_form_for_what_is_owed_is_a_rule_that_a_pickle_holds(rule: Any) -> None:
    assert rule.owing is not rule
    assert rule.owing.names[-1] == "owed"
    assert pickle.loads(pickle.dumps(rule.owing)) is rule.owing
    assert rule.owing.turns == (rule in (herd_column, gather_column))
