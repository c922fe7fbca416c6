"""Spike response neurons: against sums of responses, closed forms, both engines, splits, first inputs, bad input."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from few import few
from response_cases import Oracle, make_response_case
from test_engines import agree

import eventnet as en
from eventnet.errors import NetworkError
from eventnet.neurons.last_spikes import NEVER_SEEN
from eventnet.neurons.leaky import KEPT_FACTORS

ENGINES = ("reference", "compiled")


def layer_of(w: Any, dtype: str = "float64", **options: Any) -> tuple[en.Network, Any]:
    net = en.Network(dtype)
    layer = net.add(en.SpikeResponse(np.shape(w)[1], net.weights(w), name="layer", **options))
    net.connect(layer.out, net.add(en.Sink(layer.units, name="heard")).spikes)
    net.connect(layer.first, net.add(en.Sink(layer.n_in, name="told")).spikes)
    return net, layer


def run_inputs(net: en.Network, layer: Any, inputs: Any, engine: str = "compiled", order: str = "fifo") -> Any:
    sim = en.Simulation(net, order, engine=engine, record=True)
    sim.inject([(t, layer.spikes, i, s) for t, i, s in inputs])
    return sim


def heard(sim: Any, name: str = "heard") -> list[tuple[int, int]]:
    log = sim.log[sim.log["port"] == int(sim.net[name].spikes)]
    return list(zip(log["t"].tolist(), log["index"].tolist(), strict=True))


def random_inputs(rng: np.random.Generator, n: int, n_in: int) -> list[tuple[int, int, int]]:
    """Of times that often coincide, or lie far apart."""
    times = np.cumsum(rng.choice([0, 1, 3, 20, 2000], n, p=[0.25, 0.25, 0.25, 0.23, 0.02]))
    return [(t, int(rng.integers(n_in)), int(rng.choice([-1, 1, 1, 1]))) for t in times.tolist()]


# --- against sums of responses ---------------------------------------------------------------------------------------
@pytest.mark.parametrize("seed", few(range(40), 10))
def test_spikes_and_potentials_are_those_of_sums_of_responses(seed: int) -> None:
    rng = np.random.default_rng(seed)
    units, n_in, rest = int(rng.choice([1, 4, 66])), 6, float(rng.choice([0.0, -0.5, 2.0]))
    options: dict[str, Any] = {
        "tau_m": float(rng.uniform(20, 80)), "tau_s": float(rng.uniform(1, 19)), "rest": rest,
        "threshold": rest + (1.0 if rng.random() < 0.5 else rng.uniform(0.4, 1.2, units)),
        "reset_to": rest + float(rng.choice([0.0, -2.0, 0.2])),
    }  # fmt: skip
    w, inputs = rng.uniform(-0.1, 0.9, (n_in, units)), random_inputs(rng, 250, n_in)
    oracle = Oracle(w, **options)
    wanted = [(t, j) for t, i, s in inputs for j in oracle.take(t, i, s)]
    assert len(wanted) > 10
    net, layer = layer_of(w, **options)
    for engine in ENGINES:
        sim = run_inputs(net, layer, inputs, engine).run()
        assert heard(sim) == wanted
        last = inputs[-1][0]
        for t in (last, last + 7, last + 1000):
            found = layer.potentials(sim.state(layer), t)
            # The oracle's scale is good to the square of its grid.
            assert np.allclose(found, [oracle.potential(j, t) for j in range(units)], rtol=0, atol=1e-7)


@pytest.mark.parametrize("engine", ENGINES)
def test_rest_threshold_and_reset_one_a_unit_are_those_of_layers_of_one_unit(engine: str) -> None:
    rng = np.random.default_rng(5)
    w, inputs = rng.uniform(-0.1, 0.9, (6, 3)), random_inputs(rng, 250, 6)
    each: dict[str, Any] = {"rest": [0.0, -2.0, 1.0], "threshold": [0.75, -1.0, 2.5], "reset_to": [-0.5, -2.0, 0.25]}
    times: dict[str, Any] = {"tau_m": 50.0, "tau_s": 8.0}
    net, layer = layer_of(w, **each, **times)
    sim = run_inputs(net, layer, inputs, engine).run()
    found = layer.potentials(sim.state(layer), inputs[-1][0] + 7)
    for j in range(3):
        own, one = layer_of(w[:, j : j + 1], **{name: values[j] for name, values in each.items()}, **times)
        alone = run_inputs(own, one, inputs, engine).run()
        wanted = heard(alone)
        assert len(wanted) > 10
        assert [(t, 0) for t, k in heard(sim) if k == j] == wanted
        assert one.potentials(alone.state(one), inputs[-1][0] + 7).tolist() == [found[j]]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_units_with_time_constants_of_their_own_are_layers_of_one_unit(dtype: str, engine: str) -> None:
    """Each unit's two factors are worked out at each input, which costs two multiplications a unit."""
    rng = np.random.default_rng(6)
    w, inputs = rng.uniform(-0.1, 0.9, (6, 3)), random_inputs(rng, 250, 6)
    each: dict[str, Any] = {
        "tau_m": [50.0, 20.0, 90.0], "tau_s": [8.0, 19.0, 1.5], "rest": [0.0, -2.0, 1.0],
        "threshold": [0.75, -1.0, 2.5], "reset_to": [-0.5, -2.0, 0.25],
    }  # fmt: skip
    net, layer = layer_of(w, dtype, **each)
    sim = run_inputs(net, layer, inputs, engine).run()
    end = inputs[-1][0] + 7
    found, state = layer.potentials(sim.state(layer), end), sim.state(layer)
    gaps = np.diff([t for t, _, _ in inputs])
    lookups = 2 * np.count_nonzero((gaps > 0) & (gaps < KEPT_FACTORS))  # what a layer of one unit need not work out
    counts = dict.fromkeys(("synaptic_adds", "neuron_adds", "multiplies", "compares", "reads"), 0)
    for j in range(3):
        own, one = layer_of(w[:, j : j + 1], dtype, **{name: values[j] for name, values in each.items()})
        alone = run_inputs(own, one, inputs, engine).run()
        wanted = heard(alone)
        assert len(wanted) > 10
        assert [(t, 0) for t, k in heard(sim) if k == j] == wanted
        for name in ("slow", "fast", "bar", "start"):
            assert alone.state(one)[name].tolist() == [state[name][j]]
        assert one.potentials(alone.state(one), end).tolist() == [found[j]]
        assert layer.scale[j] == one.scale
        totals = alone.tally.totals()
        counts = {name: n + totals[name] + (lookups if name == "multiplies" else 0) for name, n in counts.items()}
    total = sim.tally.totals()
    # Only a look for the furthest is at all units of a layer: after each spike, and once more for each input that made any.
    spikes = sim.log[sim.log["port"] == int(net["heard"].spikes)]
    counts["neuron_adds"] = 3 * 250 + 2 * 3 * (len(spikes) + len(np.unique(spikes["parent"])))
    assert {name: total[name] for name in counts} == counts


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("names", [["tau_m"], ["tau_s"], ["tau_m", "tau_s"]])
def test_a_time_constant_given_one_a_unit_does_what_one_for_all_does(names: list[str], engine: str) -> None:
    rng = np.random.default_rng(7)
    w, inputs = rng.uniform(-0.1, 0.9, (6, 3)), random_inputs(rng, 150, 6)
    found = []
    for own in ([], names):
        times = {name: [tau] * 3 if name in own else tau for name, tau in (("tau_m", 50.0), ("tau_s", 8.0))}
        net, layer = layer_of(w, "float32", threshold=0.75, **times)
        sim = run_inputs(net, layer, inputs, engine).run()
        state = {name: sim.state(layer)[name].tobytes() for name in ("slow", "fast", "bar", "seen", "clock")}
        found.append((sim.log.tobytes(), state, layer.potentials(sim.state(layer), inputs[-1][0] + 3).tolist()))
    assert found[0] == found[1]
    assert len(heard(sim)) > 10


def test_time_constants_one_a_unit_are_saved(tmp_path: Path) -> None:
    net, layer = layer_of(np.ones((2, 3)), tau_m=[50.0, 20.0, 90.0], tau_s=[8.0, 9.0, 1.0])
    net.save(tmp_path / "net.npz")
    again = en.Network.load(tmp_path / "net.npz")["layer"]
    for name in ("tau_m", "tau_s", "bar", "left_slow"):
        assert again.state[name].tobytes() == layer.state[name].tobytes()
    assert "tau_m=[50.0, 20.0, 90.0]" in repr(layer)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_response_is_a_difference_of_exponentials_whose_peak_is_the_weight(engine: str) -> None:
    net, layer = layer_of([[0.75]], tau_m=10_000, tau_s=2500, threshold=9.0)
    assert layer.scale == pytest.approx(2.1165347, abs=1e-7)
    state = run_inputs(net, layer, [(1000, 0, 1)], engine).run().state(layer)
    v = [float(layer.potentials(state, 1000 + t)[0]) for t in range(20_000)]
    peak = math.log(4) * 10_000 / 3
    assert abs(int(np.argmax(v)) - peak) <= 1
    assert max(v) == pytest.approx(0.75, rel=1e-8)
    assert v[0] == 0


@pytest.mark.parametrize("engine", ENGINES)
def test_a_spike_leaves_an_undershoot_and_no_current(engine: str) -> None:
    net, layer = layer_of([[3.0]], tau_m=100, tau_s=20, threshold=1.0, reset_to=-2.0)
    sim = run_inputs(net, layer, [(0, 0, 1), (10, 0, 1), (20, 0, 1)], engine).run()
    assert heard(sim) == [(10, 0)]
    late = np.array([layer.potentials(sim.state(layer), 20 + t)[0] for t in (0, 50)])
    response = 3 * layer.scale * (math.exp(-0.5) - math.exp(-2.5))
    assert late == pytest.approx([-2 * math.exp(-0.1), -2 * math.exp(-0.6) + response], rel=1e-12)


def test_the_furthest_fires_first_and_the_lowest_at_a_tie() -> None:
    net, layer = layer_of([[2.0, 3.0, 2.0, 0.1]], tau_m=100, tau_s=20, threshold=[1.0, 1.0, 1.0, 1.0])
    assert heard(run_inputs(net, layer, [(0, 0, 1), (20, 0, 1)]).run()) == [(20, 1), (20, 0), (20, 2)]


def test_a_threshold_is_strict_and_is_checked_when_inputs_come() -> None:
    net, layer = layer_of([[2.0], [0.0]], tau_m=100, tau_s=20, threshold=1.0)
    silent = run_inputs(net, layer, [(0, 0, 1), (2000, 1, 1)]).run()  # above 1 in between, and nothing to notice it
    assert heard(silent) == []
    assert heard(run_inputs(net, layer, [(0, 0, 1), (30, 1, 1)]).run()) == [(30, 0)]


# --- first inputs ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("order", ["depth", "breadth", "fifo"])
def test_first_inputs_are_told(order: str, engine: str) -> None:
    rng = np.random.default_rng(3)
    w, inputs = rng.uniform(0, 0.5, (8, 2)), random_inputs(rng, 600, 8)
    options: Any = {"tau_m": 60.0, "tau_s": 9.0, "threshold": 1.0}
    oracle, wanted, fired = Oracle(w, **options), [], -1
    seen = dict.fromkeys(range(8), -1)
    for t, i, s in inputs:
        if seen[i] <= fired < t and fired >= 0:
            wanted.append((t, i))
        seen[i] = t
        fired = t if oracle.take(t, i, s) else fired
    net, layer = layer_of(w, firsts=True, **options)
    sim = run_inputs(net, layer, inputs, engine, order).run()
    assert heard(sim, "told") == wanted
    assert 20 < len(wanted) < len(inputs) / 2


def test_firsts_are_told_only_where_they_are_asked_for() -> None:
    rng = np.random.default_rng(3)
    net, layer = layer_of(rng.uniform(0, 0.9, (8, 2)), tau_m=60.0, tau_s=9.0)
    sim = run_inputs(net, layer, random_inputs(rng, 400, 8)).run()
    assert heard(sim) != []
    assert heard(sim, "told") == []


def test_seen_are_the_last_ticks() -> None:
    net, layer = layer_of(np.zeros((3, 1)), tau_m=60.0, tau_s=9.0)
    sim = run_inputs(net, layer, [(4, 0, 1), (9, 2, -1), (11, 0, 1)]).run()
    assert sim.state(layer)["seen"].tolist() == [11, NEVER_SEEN, 9]


# --- engines, splits, cost -------------------------------------------------------------------------------------------
@pytest.mark.parametrize("tens", range(12))
def test_engines_agree_on_random_networks_of_spike_responses(tens: int) -> None:
    for seed in range(10 * tens, 10 * tens + 10):
        agree(seed, make_response_case)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_run_split_anywhere_equals_one_run(dtype: str) -> None:
    rng = np.random.default_rng(4)
    w, inputs = rng.uniform(0, 0.9, (5, 3)), random_inputs(rng, 200, 5)
    net, layer = layer_of(w, dtype, tau_m=60.0, tau_s=9.0, firsts=True)
    whole, pieces = run_inputs(net, layer, inputs).run(), run_inputs(net, layer, inputs)
    for t in range(0, inputs[-1][0], 37):
        pieces.run(until=t)
    pieces.run()
    assert whole.log.tobytes() == pieces.log.tobytes()
    for name, array in whole.state(layer).items():
        assert array.tobytes() == pieces.state(layer)[name].tobytes()


def test_an_input_costs_two_products_and_three_adds_a_unit() -> None:
    net, layer = layer_of(np.zeros((2, 5)), tau_m=60.0, tau_s=9.0)
    row = run_inputs(net, layer, [(3, 0, 1), (8, 1, 1), (8, 0, 1)]).run().tally.by_port()["layer.spikes"]
    # The first one decays from long ago, by exp; that of the same tick does not decay.
    wanted = {"synaptic_adds": 30, "neuron_adds": 15, "multiplies": 2 + 10 + 10, "compares": 15, "reads": 15}
    assert {name: row[name] for name in wanted} == wanted


# --- bad input -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("options, words", [
    ({"tau_m": 0}, "tau_m is 0 ticks; wanted a number above 0"),
    ({"tau_s": -1.0}, "tau_s is -1.0 ticks"),
    ({"tau_s": math.nan}, "tau_s is nan"),
    ({"tau_s": [5.0, 60.0]}, r"tau_s is \[5.0, 60.0\] ticks and tau_m 60.0; wanted tau_s below tau_m"),
    ({"tau_m": [60.0, -5.0]}, r"tau_m is \[60.0, -5.0\] ticks; wanted a number above 0"),
    ({"tau_m": [60.0, 50.0, 40.0]}, "tau_m is .*; wanted a finite number, or one for each of 2 units"),
    ({"tau_s": 60.0}, "tau_s is 60.0 ticks and tau_m 60.0; wanted tau_s below tau_m"),
    ({"threshold": 0.0}, "threshold 0.0 is not above rest 0.0"),
    ({"threshold": [1.0, 2.0, 3.0]}, "wanted a finite number, or one for each of 2 units"),
    ({"threshold": math.inf}, "wanted a finite number, or one"),
    ({"rest": math.nan}, "rest is nan; wanted a finite number"),
    ({"reset_to": 1.5}, "reset_to 1.5 is past the threshold 1.0"),
    ({"rest": [0.0, 1.0]}, r"threshold 1.0 is not above rest \[0.0, 1.0\]"),
    ({"reset_to": [0.0, 1.5]}, r"reset_to \[0.0, 1.5\] is past the threshold 1.0"),
    ({"rest": [0.0, 0.5, 0.5]}, "wanted a finite number, or one for each of 2 units"),
    ({"units": 3}, "has 3 units, but its weights are for 2"),
])  # fmt: skip
def test_what_cannot_be_is_refused(options: dict[str, Any], words: str) -> None:
    net = en.Network("float64")
    with pytest.raises(NetworkError, match=words):
        en.SpikeResponse(weights=net.weights(np.zeros((3, 2))), **{"units": 2, "tau_m": 60.0, "tau_s": 9.0} | options)


def test_whole_numbers_do_not_decay() -> None:
    net = en.Network("int32")
    with pytest.raises(NetworkError, match="the network's dtype is int32"):
        net.add(en.SpikeResponse(1, net.weights([[1]]), tau_m=60.0, tau_s=9.0))


@pytest.mark.parametrize("engine", ENGINES)
def test_a_unit_that_was_set_beyond_its_bar_for_good_is_a_fault_and_no_endless_loop(engine: str) -> None:
    net = en.Network("float64")
    layer = net.add(en.SpikeResponse(2, net.weights([[1.0, 1.0]]), tau_m=10_000, tau_s=2_500, threshold=0.5))
    sim = en.Simulation(net, engine=engine)
    sim[layer].start[:] = 5.0
    sim.inject([(0, layer.spikes, 0, 1), (2_000, layer.spikes, 0, 1)])
    with pytest.raises(en.EventnetError, match="spikes in one reaction"):
        sim.run()
