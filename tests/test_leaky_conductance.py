"""Conductances: spikes beside an integration at 1e-10, coming free inside a step, counts."""

from typing import Any

import numpy as np
import pytest
from ticked_oracle import exact_spikes

import eventnet as en
from eventnet.neurons.inside_step import cubic, part_before

CELL: dict[str, Any] = {
    "tau_m": 200.0, "tau_e": 50.0, "tau_i": 100.0, "rest": -60.0, "threshold": -50.0, "reset": -62.0, "bias": 0.0,
    "reversal_e": 0.0, "reversal_i": -80.0, "start": -60.0, "refractory": 20,
}  # fmt: skip


def random_events(seed: int, until: int, n: int) -> list[tuple[int, float]]:
    """Events of three weights at random ticks."""
    rng = np.random.default_rng(seed)
    drawn = zip(rng.integers(1, until, n).tolist(), rng.choice([0.4, 0.7, -0.6], n, p=[0.4, 0.35, 0.25]), strict=True)
    return sorted((t, float(w)) for t, w in drawn)


def spike_times(
    kind: Any, options: dict[str, Any], events: Any, until: int, finer: int = 1, **more: Any
) -> list[float]:
    """Times of a unit's spikes, to the part of a tick, where a tick is divided in so many."""
    longer = {name: finer * value for name, value in options.items() if name[:4] in ("tau_", "refr")}
    net = en.Network(dtype="float64")
    layer = net.add(kind(1, **(options | longer | more), name="layer"))
    weights = sorted({w for _, w in events})
    source = net.add(en.Relay(len(weights), name="source"))
    net.connect(source, layer, en.AllToAll(), weight=weights)
    sim = en.Simulation(net, engine="reference")
    sim.inject([(0, layer.ticks, 0, 1), *((t * finer, source.spikes, weights.index(w), 1) for t, w in events)])
    found: list[float] = []
    for t in range(0, until * finer + 1):
        if sim.run(until=t + 1).tally.spikes > len(found):
            found.append((t - float(sim[layer].early[0])) / finer)
    return found


@pytest.mark.parametrize("refractory", [0, 20])
def test_spikes_are_within_a_microsecond_of_an_integration_at_1e_10(refractory: int) -> None:
    """With ticks of 0.1 ms, and of 25 us; 10 ns are reached."""
    options = CELL | {"refractory": refractory}
    events = random_events(1, 800, 110)
    wanted = exact_spikes(en.LeakyConductance, options, events, 800)
    assert len(wanted) > 10
    for finer, close in ((1, 1e-4), (4, 1e-6)):
        found = spike_times(en.LeakyConductance, options, events, 800, finer)
        assert found == pytest.approx(wanted, abs=close)  # in ticks of 0.1 ms: 10 ns, 0.1 ns


def test_a_spike_that_is_told_at_its_tick_alone_is_late_by_less_than_one_and_so_are_all_behind_it() -> None:
    options = CELL | {"bias": 25.0, "refractory": 7}
    wanted = exact_spikes(en.LeakyConductance, options, [], 600)
    inside = spike_times(en.LeakyConductance, options, [(599, 0.1)], 600)
    late = spike_times(en.LeakyConductance, options, [(599, 0.1)], 600, crossing="tick")
    assert inside == pytest.approx(wanted, abs=1e-5)
    assert 0 < late[0] - wanted[0] < 1 < late[-1] - wanted[-1]


def test_a_unit_that_comes_free_inside_a_step_may_fire_again_there() -> None:
    """Strongly driven, with steps longer than the time from spike to spike: as with short steps."""
    options = CELL | {"bias": 400.0, "refractory": 2}
    counts = []
    for step in (1, 8):
        net = en.Network(dtype="float64")
        layer = net.add(en.LeakyConductance(1, **options, step=step))
        sim = en.Simulation(net, engine="reference")
        sim.inject([(0, layer.ticks, 0, 1)])
        counts.append(sim.run(until=161).tally.spikes)
    exact = exact_spikes(en.LeakyConductance, options, [], 160)
    assert counts == [len(exact), len(exact)]


@pytest.mark.parametrize("crossing", ["inside", "tick"])
def test_a_step_counts_its_products_and_an_event_is_one_add(crossing: str) -> None:
    net = en.Network(dtype="float64")
    layer = net.add(en.LeakyConductance(5, **(CELL | {"crossing": crossing}), name="layer"))
    source = net.add(en.Relay(1, name="source"))
    synapses = net.connect(source, layer, en.AllToAll(), weight=0.1)
    sim = en.Simulation(net, engine="reference")
    sim.inject([(0, layer.ticks, 0, 1), *((t, source.spikes, 0, 1) for t in (2, 2, 4))])
    sim.run(until=11)
    rows = sim.tally.by_module()
    assert rows[synapses.name]["synaptic_adds"] == sim.tally.by_kind()["synaptic"] == 15
    row = rows["layer"]
    assert (row["multiplies"], row["neuron_adds"], row["compares"]) == (10 * 5 * 23, 10 * 5 * 29, 10 * 5)


def test_conductances_are_kept_positive_whatever_the_sign_of_a_weight() -> None:
    net = en.Network(dtype="float64")
    layer = net.add(en.LeakyConductance(2, **CELL, name="layer"))
    source = net.add(en.Relay(2, name="source"))
    net.connect(source, layer, en.Edges([0, 1, 1], [0, 0, 1]), weight=[0.5, -0.25, 0.75])
    sim = en.Simulation(net, engine="reference")
    sim.inject([(0, layer.ticks, 0, 1), (0, source.spikes, 0, 1), (0, source.spikes, 1, 1), (0, source.spikes, 1, -1)])
    sim.run(until=1)
    assert sim[layer].synaptic.tolist() == [0.75, 0.75, 0.25, 0.75]


def test_a_cubic_meets_values_and_slopes_and_is_passed_where_it_says() -> None:
    ends = (0.25, 2.0, 3.0, -1.0)
    assert cubic(0.0, *ends) == 0.25
    assert cubic(1.0, *ends) == 2.0
    for u, slope in ((0.0, 3.0), (1.0, -1.0)):
        h = 1e-6 if u == 0 else -1e-6
        assert (cubic(u + h, *ends) - cubic(u, *ends)) / h == pytest.approx(slope, abs=1e-5)
    part = part_before(*ends, 1.5)
    assert cubic(part, *ends) == pytest.approx(1.5)
    assert cubic(part - 1e-6, *ends) < 1.5
