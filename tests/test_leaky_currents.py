"""Exponential and alpha-shaped currents on a grid: propagators, single units in closed form, NEST's order of things."""

import math
from typing import Any

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.linalg import expm

import eventnet as en
from eventnet.neurons.leaky_currents import given_by_current, given_by_rise, left


@pytest.mark.parametrize("h", [0.1, 1.0, 20.0])
@pytest.mark.parametrize("tau_m, tau_s", [(200.0, 50.0), (10.0, 10.0), (10.0, 10.0 + 1e-9), (8.0, 200.0), (5.0, 0.5)])
def test_propagators_are_those_of_the_matrix_exponential(tau_m: float, tau_s: float, h: float) -> None:
    a = np.array([[-1 / tau_s, 0, 0], [math.e / tau_s, -1 / tau_s, 0], [0, 1 / tau_m, -1 / tau_m]])
    wanted = expm(a * h)
    assert left(h, tau_s) == pytest.approx(wanted[0, 0], rel=1e-12)
    assert given_by_current(h, tau_m, tau_s) == pytest.approx(wanted[2, 1], rel=1e-12)
    assert given_by_rise(h, tau_m, tau_s) == pytest.approx(wanted[2, 0], rel=1e-11)


def unit(kind: Any, weights: list[float], **options: Any) -> tuple[en.Network, Any, Any]:
    """One unit, and a source for each weight."""
    net = en.Network(dtype="float64")
    layer = net.add(kind(1, **({"tau_m": 20.0, "tau_e": 5.0, "tau_i": 10.0} | options), name="layer"))
    source = net.add(en.Relay(len(weights), name="source"))
    net.connect(source, layer, en.AllToAll(), weight=weights)
    net.connect(layer, net.add(en.Sink(1, name="sink")).spikes)
    return net, layer, source


@pytest.mark.parametrize("kind", [en.LeakyExponential, en.LeakyAlpha])
def test_a_potential_is_the_response_to_each_event(kind: Any) -> None:
    """By quadrature of the current that each event makes, at every tick."""
    events = [(3, 0), (4, 1), (4, 0), (11, 1), (12, 0)]
    weights = [3.0, -2.0]
    net, layer, source = unit(kind, weights, threshold=100.0, bias=0.25, rest=-60.0, start=-59.0)
    sim = en.Simulation(net, engine="reference")
    sim.inject([(0, layer.ticks, 0, 1), *((t, source.spikes, k, 1) for t, k in events)])

    def current(d: float, k: int) -> float:
        tau = (5.0, 10.0)[k]
        return weights[k] * (math.exp(-d / tau) if kind is en.LeakyExponential else d / tau * math.exp(1 - d / tau))

    for t in (1, 4, 5, 13, 40):
        sim.run(until=t + 1)
        v = -60 + math.exp(-t / 20) + 0.25 * (1 - math.exp(-t / 20))
        for at, k in events:
            if at < t:
                v += quad(lambda s, at=at, k=k, t=t: current(s, k) * math.exp(-(t - at - s) / 20) / 20, 0, t - at)[0]
        assert layer.potentials(sim.state(layer))[0] == pytest.approx(v, rel=1e-9)


def times(net: en.Network, source: Any, at: list[tuple[int, int]], until: int = 60) -> list[int]:
    run = en.Simulation(net, record=True, engine="reference")
    run.inject([(0, net["layer"].ticks, 0, 1), *((t, source.spikes, k, 1) for t, k in at)])
    run.run(until=until)
    return [int(e["t"]) for e in run.log if e["port"] == int(net["sink"].spikes)]


def test_a_time_constant_of_0_is_a_jump_at_the_next_step() -> None:
    net, _, source = unit(en.LeakyExponential, [1.5], tau_e=0.0, tau_i=0.0)
    assert times(net, source, [(3, 0), (7, 0)]) == [4, 8]
    net, layer, source = unit(en.LeakyExponential, [0.75, -0.5], tau_e=0.0, tau_i=0.0)
    sim = en.Simulation(net, engine="reference")
    sim.inject([(0, layer.ticks, 0, 1), (3, source.spikes, 0, 1), (4, source.spikes, 1, 1)])
    found = [float(sim.run(until=t)[layer].phi[0]) for t in (4, 5, 6)]
    assert found == pytest.approx([0.0, 0.75, 0.75 * math.exp(-1 / 20) - 0.5])


def test_a_unit_fires_strictly_above_its_threshold() -> None:
    jump = {"tau_e": 0.0, "tau_i": 0.0}
    assert times(*unit(en.LeakyExponential, [1.0], **jump)[::2], [(3, 0)]) == []
    assert times(*unit(en.LeakyExponential, [np.nextafter(1.0, 2.0)], **jump)[::2], [(3, 0)]) == [4]


def test_a_unit_is_held_at_its_reset_for_its_refractory_time_while_its_current_goes_on() -> None:
    net, layer, source = unit(en.LeakyExponential, [40.0], refractory=4, reset=-0.5, tau_e=50.0)
    sim = en.Simulation(net, engine="reference")
    sim.inject([(0, layer.ticks, 0, 1), (3, source.spikes, 0, 1)])
    found = [float(sim.run(until=t + 1)[layer].phi[0]) for t in range(3, 10)]
    assert found[:6] == [0.0, -0.5, -0.5, -0.5, -0.5, -0.5]  # fires at 4, free from 8 on: first moved by the step to 9
    assert found[6] == -0.5  # which fires at once: the current has gone on
    assert sim.tally.spikes == 2


def test_a_refractory_time_is_rounded_up_to_steps() -> None:
    strong = {"bias": 100.0, "step": 3}
    for refractory, apart in ((0, 3), (1, 6), (3, 6), (4, 9)):
        net, _, source = unit(en.LeakyExponential, [1.0], refractory=refractory, **strong)
        assert np.diff(times(net, source, []))[0] == apart


@pytest.mark.parametrize("kind, products, adds", [(en.LeakyExponential, 6, 5), (en.LeakyAlpha, 12, 9)])
def test_a_step_costs_the_same_for_each_unit(kind: Any, products: int, adds: int) -> None:
    net = en.Network(dtype="float64")
    layer = net.add(kind(7, tau_m=20.0, tau_e=5.0, tau_i=10.0, name="layer"))
    sim = en.Simulation(net, engine="reference")
    sim.inject([(0, layer.ticks, 0, 1)])
    sim.run(until=11)
    row = sim.tally.by_module()["layer"]
    assert (row["deliveries"], row["notices"]) == (11, 11)
    assert (row["multiplies"], row["neuron_adds"], row["compares"]) == (10 * 7 * products, 10 * 7 * adds, 10 * 7)
