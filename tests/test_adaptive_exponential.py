"""Adaptive exponential units: spikes beside an integration at 1e-10, whatever the step; steady states; adaptation."""

from typing import Any

import numpy as np
import pytest
from test_leaky_conductance import random_events, spike_times
from ticked_oracle import exact_spikes

import eventnet as en

CELL: dict[str, Any] = {
    "tau_m": 281.0 / 3, "tau_w": 1440.0, "tau_e": 50.0, "tau_i": 100.0, "rest": -70.6, "threshold": -50.4, "slope": 2.0,
    "peak": 0.0, "reset": -65.0, "a": 4.0 / 30, "b": 80.5 / 30, "reversal_e": 0.0, "reversal_i": -80.0, "bias": 0.0,
    "start": -70.6, "refractory": 0,
}  # fmt: skip
"""Brette and Gerstner (2005), in ticks of 0.1 ms; a and b over the leak of 30 nS."""


@pytest.mark.slow
@pytest.mark.parametrize("refractory", [0, 20])
def test_spikes_are_within_a_microsecond_of_an_integration_at_1e_10(refractory: int) -> None:
    """With ticks of 0.1 ms, and of 25 us."""
    options = CELL | {"refractory": refractory}
    events = random_events(2, 1000, 140)
    wanted = exact_spikes(en.AdaptiveExponential, options, events, 1000)
    assert len(wanted) > 8
    for finer, close in ((1, 1e-2), (4, 1e-3)):
        found = spike_times(en.AdaptiveExponential, options, events, 1000, finer)
        assert found == pytest.approx(wanted, abs=close)  # in ticks of 0.1 ms: 1 us, 0.1 us


@pytest.mark.slow
@pytest.mark.parametrize("kind", [{"bias": 35.0}, {"bias": 40.0, "reset": -48.0}, {"bias": 60.0, "refractory": 33}])
def test_a_constant_current_gives_the_spikes_of_the_equations(kind: dict[str, Any]) -> None:
    """Regular and adapting, a burst whose reset lies above the threshold, and with a refractory time."""
    options = CELL | kind
    wanted = exact_spikes(en.AdaptiveExponential, options, [], 1500)
    found = spike_times(en.AdaptiveExponential, options, [(1499, 0.1)], 1500)
    assert len(wanted) > 3
    assert found == pytest.approx(wanted, abs=1e-2)
    assert np.diff(found)[-1] > np.diff(found)[0]


@pytest.mark.slow
def test_a_unit_below_its_threshold_comes_to_rest_where_its_equations_do() -> None:
    net = en.Network(dtype="float64")
    layer = net.add(en.AdaptiveExponential(2, **(CELL | {"bias": [5.0, -5.0]})))
    sim = en.Simulation(net, engine="reference")
    sim.inject([(0, layer.ticks, 0, 1)])
    sim.run(until=10_000)
    x, w = sim[layer].phi, sim[layer].adaptation
    runs = 2.0 * np.exp((x - 20.2) / 2.0)
    assert -x + runs - w + [5.0, -5.0] == pytest.approx([0, 0], abs=1e-2)
    assert w == pytest.approx(4.0 / 30 * x, abs=1e-2)


def test_a_spike_at_its_tick_alone_resets_there() -> None:
    options = CELL | {"bias": 40.0}
    wanted = exact_spikes(en.AdaptiveExponential, options, [], 300)
    found = spike_times(en.AdaptiveExponential, options, [(299, 0.1)], 300, crossing="tick")
    assert 0 < found[0] - wanted[0] < 1
    assert found[0] == int(found[0])


def test_an_overwhelming_event_fires_at_once_and_nothing_overflows() -> None:
    net = en.Network(dtype="float64")
    layer = net.add(en.AdaptiveExponential(3, **(CELL | {"refractory": 5})))
    source = net.add(en.Relay(1))
    net.connect(source, layer, en.AllToAll(), weight=500.0)
    sim = en.Simulation(net, engine="reference")
    sim.inject([(0, source.spikes, 0, 1)])
    sim.run(until=60)
    assert sim.tally.spikes >= 3 * 9
    assert np.isfinite(sim[layer].phi).all()
