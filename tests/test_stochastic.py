"""Poisson units and the sampler: rates that are right on average, the same draws on both engines."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import eventnet as en
from eventnet.errors import NetworkError

V = np.array([0.7, -0.3, 0.0, 1.4, -1.1])


def spikes(
    kind: Any, steps: int, engine: str = "compiled", seed: int = 0, dtype: str = "float64", **options: Any
) -> Any:
    net = en.Network(dtype)
    source = net.add(kind(len(V), net.weights(V[None]), seed=seed, **options))
    sink = net.add(en.Sink(len(V)))
    net.connect(source.out, sink.spikes)
    log = en.simulate(net, [(t, source.spikes, 0, 1) for t in range(steps)], engine=engine, record=True).log
    return log[log["port"] == int(sink.spikes)]


def rates(log: Any, steps: int) -> Any:
    return np.bincount(log["index"], weights=log["sign"], minlength=len(V)) / steps


@pytest.mark.parametrize("kind", [en.Poisson, en.Sampler])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_both_engines_draw_the_same(kind: Any, dtype: str) -> None:
    logs = [spikes(kind, 60, engine, 3, dtype).tobytes() for engine in ("reference", "compiled")]
    assert logs[0] == logs[1]


@pytest.mark.parametrize("kind", [en.Poisson, en.Sampler])
def test_rates_are_those_of_the_vector_and_other_seeds_differ(kind: Any) -> None:
    steps = 20_000
    log = spikes(kind, steps)
    # Five standard deviations of a Poisson count of rate |v|: a wrong rate would miss by far more.
    assert (np.abs(rates(log, steps) - V) < 5 * np.sqrt(np.abs(V) / steps) + 1e-3).all()
    assert log.tobytes() != spikes(kind, steps, seed=1).tobytes()


def test_the_number_of_samples_a_step_is_poisson() -> None:
    steps = 20_000
    counts = np.bincount(spikes(en.Sampler, steps)["t"], minlength=steps)
    total = np.abs(V).sum()
    assert abs(counts.mean() - total) < 5 * np.sqrt(total / steps)
    assert abs(counts.var() - total) < 0.1 * total


def test_a_poisson_unit_fires_past_its_threshold_and_draws_a_new_one() -> None:
    net = en.Network("float64")
    unit = net.add(en.Poisson(1, net.weights([[0.25]]), seed=4))
    sim = en.Simulation(net, engine="reference")
    before = sim[unit][0].threshold
    phi = 0.0
    for t in range(100):
        sim.inject([(t, unit.spikes, 0, 1)])
        sim.run()
        phi += 0.25
        if phi > before:
            assert sim[unit][0].phi == phi - 1
            assert sim[unit][0].threshold != before
            return
        assert (sim[unit][0].phi, sim[unit][0].threshold) == (phi, before)
    pytest.fail("it never fired")


def test_a_reset_draws_all_thresholds_anew_unless_it_is_none() -> None:
    for policy, changes in (("zero", True), ("none", False)):
        net = en.Network("float64")
        unit = net.add(en.Poisson(3, net.weights([[0.1, 0.2, 0.3]]), seed=4, reset_policy=policy))
        sim = en.Simulation(net)
        before = sim.state(unit)["threshold"]
        sim.inject([(0, unit.spikes, 0, 1), (1, unit.reset, 0, 1)])
        sim.run()
        assert (sim.state(unit)["threshold"] != before).all() == changes
        assert (sim.state(unit)["phi"] == 0).all() == changes


@pytest.mark.parametrize("kind", [en.Poisson, en.Sampler])
def test_integer_networks_and_wrong_widths_are_refused(kind: Any) -> None:
    net = en.Network("int32")
    with pytest.raises(NetworkError, match="real vectors"):
        kind(2, net.weights([[1, 2]]))
    with pytest.raises(NetworkError, match="real vectors"):
        kind(3, en.Network().weights([[1, 2]]))
    if kind is en.Poisson:
        with pytest.raises(NetworkError, match="'random'"):
            kind(2, en.Network().weights([[1, 2]]), reset_policy="random")


@pytest.mark.parametrize("seed", [2**63, -(2**63) - 1, 1.0, "1", None])
def test_a_seed_is_a_whole_number_of_64_bits(seed: Any) -> None:
    block = en.Network("float64").weights([[0.1, 0.2, 0.3]])
    for kind in (en.Poisson, en.Sampler, en.Herding):
        with pytest.raises(NetworkError, match=r"seed is .*; wanted a whole number from -2\^63 to 2\^63 - 1"):
            kind(3, block, seed=seed)
        assert int(kind(3, block, seed=-(2**63)).integers["draws"][0]) == -(2**63)
