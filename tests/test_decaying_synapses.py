"""Rows of synapses that decay: where each amount goes, delays, what is counted, weights of a run."""

from typing import Any

import numpy as np
import pytest

import eventnet as en
from eventnet.errors import WiringError


def layer_of(kind: Any = en.LeakyExponential, units: int = 4, dtype: str = "float64") -> tuple[en.Network, Any, Any]:
    net = en.Network(dtype=dtype)
    more = {"reversal_e": 5.0, "reversal_i": -1.0} if kind is en.LeakyConductance else {}
    layer = net.add(kind(units, tau_m=20.0, tau_e=5.0, tau_i=10.0, threshold=1e9, **more, name="layer"))
    return net, layer, net.add(en.Relay(3, name="source"))


def ran(net: en.Network, events: list, until: int = 1) -> en.Simulation:
    sim = en.Simulation(net, engine="reference")
    sim.inject(events)
    return sim.run(until=until)


@pytest.mark.parametrize("kind", [en.LeakyExponential, en.LeakyAlpha, en.LeakyConductance])
@pytest.mark.parametrize("own", [False, True])
def test_each_amount_goes_to_what_excites_or_inhibits_by_its_sign(kind: Any, own: bool) -> None:
    """Of a row with one weight and of one whose synapses have their own, at spikes of either sign."""
    rng = np.random.default_rng(3)
    net, layer, source = layer_of(kind)
    sources, targets = rng.integers(0, 3, 12), rng.integers(0, 4, 12)
    weights = rng.normal(0, 1, 12 if own else 3)
    made = net.connect(source, layer, en.Edges(sources, targets), weight=weights)
    assert isinstance(made, en.DecayingSynapses)
    given = [(0, 1), (1, -1), (2, 1), (1, 1), (1, -1)]
    sim = ran(net, [(0, source.spikes, i, s) for i, s in given])
    wanted = np.zeros((2, 4))
    for i, s in given:
        for k in np.flatnonzero(sources == i):
            x = s * weights[k if own else i]
            wanted[int(x < 0), targets[k]] += abs(x) if kind is en.LeakyConductance else x
    assert sim[layer].synaptic.reshape(2, 4) == pytest.approx(wanted)
    row = sim.tally.by_module()[made.name]
    adds = sum(int((sources == i).sum()) for i, _ in given)
    rows = sum(bool((sources == i).any()) for i, _ in given)
    assert (row["synaptic_adds"], row["reads"], row["compares"]) == (adds, adds if own else rows, 0)


def test_delays_by_synapse_bring_each_part_at_its_tick() -> None:
    net, layer, source = layer_of()
    net.connect(source, layer, en.Edges([0, 0, 0], [0, 1, 2]), weight=1.0, delay=[2, 5, 2])
    sim = en.Simulation(net, engine="reference")
    sim.inject([(0, source.spikes, 0, 1)])
    found = [(np.array(sim.run(until=t + 1)[layer].synaptic[:3]) > 0).tolist() for t in (1, 2, 4, 5)]
    assert found == [[False] * 3, [True, False, True], [True, False, True], [True] * 3]


def test_an_empty_row_begins_nothing_and_counts_nothing() -> None:
    net, layer, source = layer_of()
    made = net.connect(source, layer, en.Edges([0], [0]), weight=1.0)
    sim = ran(net, [(0, source.spikes, 1, 1)])
    assert sim.run().status == "idle"
    assert sim.tally.by_module()[made.name]["synaptic_adds"] == 0
    assert sim.tally.by_module()["layer"]["deliveries"] == 0


def test_layers_without_connectivity_are_refused() -> None:
    net, _, source = layer_of()
    other = net.add(en.Herding(4, net.weights((3, 4), start=0.0)))
    with pytest.raises(WiringError, match="leads from an outlet to a LeakyDelta"):
        net.connect(source, other, en.AllToAll(), weight=1.0)


def test_float32_weights_are_added_in_float32() -> None:
    net, layer, source = layer_of(dtype="float32")
    net.connect(source, layer, en.AllToAll(), weight=0.1)
    sim = ran(net, [(0, source.spikes, k, 1) for k in (0, 1, 2)])
    third = np.float32(0.1)
    assert sim[layer].synaptic.dtype == np.float32
    assert sim[layer].synaptic[0] == third + third + third
