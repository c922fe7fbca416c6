"""Hodgkin-Huxley units: passages of the threshold beside an integration at 1e-10; rates; rest; firing; what is refused."""

from typing import Any

import numpy as np
import pytest
from few import few
from test_leaky_delta import bytes_of, ran
from ticked_oracle import exact_passages, gate_rates

import eventnet as en
from eventnet.neurons.hodgkin_huxley import LEAST, rates

CELL: dict[str, Any] = {
    "tau_m": 200.0, "tau_e": 50.0, "tau_i": 100.0, "ms": 10.0, "rest": -60.0, "threshold": -20.0, "shift": -63.0,
    "g_na": 2000.0, "g_k": 600.0, "reversal_na": 50.0, "reversal_k": -90.0, "reversal_e": 0.0, "reversal_i": -80.0,
    "bias": 0.0, "start": -60.0,
}  # fmt: skip
"""Brette et al. (2007), in ticks of 0.1 ms."""
NEEDED = ("tau_m", "tau_e", "tau_i", "ms", "threshold", "reversal_e", "reversal_i")


def random_events(seed: int, until: int, n: int) -> list[tuple[int, float]]:
    """Events that excite and fewer that inhibit, at random ticks."""
    rng = np.random.default_rng(seed)
    drawn = zip(rng.integers(1, until, n).tolist(), rng.choice([1.2, -4.0], n, p=[0.8, 0.2]).tolist(), strict=True)
    return sorted(drawn)


def spike_times(
    options: dict[str, Any], events: Any, until: int, finer: int = 1, engine: str = "reference", **more: Any
) -> Any:
    """Times of a unit's spikes, to the part of a tick, where a tick is divided in so many; and the simulation."""
    longer = {name: finer * options[name] for name in ("tau_m", "tau_e", "tau_i", "ms")}
    net = en.Network(dtype="float64")
    layer = net.add(en.HodgkinHuxley(1, **(options | longer | more), name="layer"))
    weights = sorted({w for _, w in events}) or [1.0]
    source = net.add(en.Relay(len(weights), name="source"))
    net.connect(source, layer, en.AllToAll(), weight=weights)
    sim = en.Simulation(net, engine=engine)
    sim.inject([(0, layer.ticks, 0, 1), *((t * finer, source.spikes, weights.index(w), 1) for t, w in events)])
    found: list[float] = []
    for t in range(0, until * finer + 1):
        if sim.run(until=t + 1).tally.by_module()["layer"]["spikes"] > len(found):
            found.append((t - float(sim[layer].early[0])) / finer)
    return found, sim


# --- beside an integration ---
@pytest.mark.slow
@pytest.mark.parametrize("seed", few(range(1, 4), 1))
def test_spikes_are_within_a_microsecond_of_an_integration_at_1e_10(seed: int) -> None:
    """With ticks of 0.1 ms and the default tolerance; and 10 ns with a hundredth of it."""
    events = random_events(seed, 3000, 780)
    wanted = exact_passages(CELL, events, 3000, CELL["threshold"])
    assert len(wanted) > 40
    assert spike_times(CELL, events, 3000)[0] == pytest.approx(wanted, abs=1e-2)  # in ticks of 0.1 ms: 1 us
    closer = spike_times(CELL, events, 3000, tolerance=1e-6)[0]
    assert closer == pytest.approx(wanted, abs=1e-4)


@pytest.mark.whole
def test_spikes_of_a_second_are_within_a_microsecond_of_an_integration_at_1e_10() -> None:
    for seed, n, bias in ((6, 1300, 10.0), (15, 4000, 0.0)):
        options, events = CELL | {"bias": bias}, random_events(seed, 10_000, n)
        wanted = exact_passages(options, events, 10_000, CELL["threshold"])
        found = spike_times(options, events, 10_000, engine="compiled")[0]
        assert found == pytest.approx(wanted, abs=1e-2)


@pytest.mark.slow
def test_a_tighter_tolerance_gives_closer_times() -> None:
    events = random_events(7, 1500, 390)
    wanted = np.array(exact_passages(CELL, events, 1500, CELL["threshold"]))
    off = [
        float(np.abs(np.array(spike_times(CELL, events, 1500, tolerance=each)[0]) - wanted).max())
        for each in (1e-1, 1e-3, 1e-5)
    ]
    assert off[0] > 5 * off[1] > 25 * off[2]


@pytest.mark.slow
@pytest.mark.parametrize("bias, rate", [(-10.0, 0), (5.0, 23.52), (20.0, None)])
def test_a_constant_current_makes_it_fire_regularly(bias: float, rate: float | None) -> None:
    """A unit of current is the leak's conductance times a mV, here 10 pA; rates in Hz, none where it rests; at no current it fires, too."""
    options = CELL | {"bias": bias}
    found, _ = spike_times(options, [], 2000)
    assert found == pytest.approx(exact_passages(options, [], 2000, -20.0), abs=1e-2)
    if rate == 0:
        assert not found
    else:
        apart = np.diff(found)[1:]
        assert len(apart) > 2
        assert np.ptp(apart) < 0.1
        assert rate is None or 10_000 / apart[0] == pytest.approx(rate, rel=0.01)


@pytest.mark.parametrize(
    "u", [-150.0, -63.0, 0.0, 12.99, 13.0, 13.05, 15.0, 15.4, 39.9, 40.0, 40.16, 77.0, 113.0, 300.0]
)
def test_rates_are_those_of_the_equations_at_their_removable_singularities_too(u: float) -> None:
    wanted = [rate for both in gate_rates(min(max(u, -120.0), 200.0)) for rate in both]
    assert rates(u) == pytest.approx(wanted, rel=1e-11)


# --- what a unit does ---
@pytest.mark.slow
def test_a_unit_that_begins_at_its_steady_state_stays_there() -> None:
    net = en.Network(dtype="float64")
    layer = net.add(en.HodgkinHuxley(2, **(CELL | {"rest": -65.0, "start": -65.0})))
    sim = en.Simulation(net, engine="reference")
    sim.inject([(0, layer.ticks, 0, 1)])
    state = sim.run(until=3000).state(layer)
    v = layer.potentials(state)[0]
    m, h, n = (a / (a + b) for a, b in gate_rates(v + 63))
    assert -68 < v < -64
    assert [state[name][0] for name in "mhn"] == pytest.approx([m, h, n], rel=1e-5)
    assert -(v + 65) - 2000 * m**3 * h * (v - 50) - 600 * n**4 * (v + 90) == pytest.approx(0.0, abs=1e-4)
    assert state["part"].tolist() == [1.0, 1.0]


def test_gates_begin_where_they_stay_at_the_first_potentials() -> None:
    layer: Any = en.HodgkinHuxley(2, **(CELL | {"start": [-60.0, -45.0]}))
    for j, v in enumerate((-60.0, -45.0)):
        wanted = [a / (a + b) for a, b in gate_rates(v + 63)]
        assert [layer.state[name][j] for name in "mhn"] == pytest.approx(wanted, rel=1e-12)


@pytest.mark.slow
def test_in_its_refractory_time_a_unit_goes_on_and_sends_nothing() -> None:
    """Potentials are the same to the byte; of the spikes each that follows a sent one within the time is left out."""
    events = random_events(2, 1500, 600)
    all_of, free = spike_times(CELL, events, 1500)
    found, held = spike_times(CELL, events, 1500, refractory=150)
    for name in ("phi", "m", "h", "n", "part"):
        assert free.state(free.net["layer"])[name].tobytes() == held.state(held.net["layer"])[name].tobytes()
    kept: list[float] = []
    for t in all_of:
        if not kept or t - kept[-1] >= 150:
            kept.append(t)
    assert found == kept
    assert 5 < len(kept) < len(all_of)


@pytest.mark.slow
@pytest.mark.parametrize("weight", [500.0, -500.0, 1e6, -1e6, 1e12])
def test_an_overwhelming_event_ends_and_nothing_overflows(weight: float) -> None:
    """Steps are not cut without end: the shortest has a method that stays between the reversal potentials."""
    net = en.Network(dtype="float64")
    layer = net.add(en.HodgkinHuxley(2, **(CELL | {"tau_e": 5.0, "tau_i": 5.0})))
    source = net.add(en.Relay(1))
    net.connect(source, layer, en.AllToAll(), weight=weight)
    sim = en.Simulation(net, engine="reference")
    sim.inject([(0, layer.ticks, 0, 1), (1, source.spikes, 0, 1)])
    least = 1.0
    for t in range(2, 12):
        state = sim.run(until=t).state(layer)
        v = layer.potentials(state)
        assert np.all((v >= -90.0) & (v <= 50.0))
        assert all(np.all((state[name] > -1e-3) & (state[name] < 1.001)) for name in "mhn")
        least = min(least, float(state["part"].min()))
    assert LEAST <= least < 1.0


# --- costs, engines, files ---
def test_a_tick_without_a_cut_costs_what_is_said_of_it() -> None:
    net = en.Network(dtype="float64")
    layer = net.add(en.HodgkinHuxley(5, **CELL, name="layer"))
    sim = en.Simulation(net, engine="reference")
    sim.inject([(0, layer.ticks, 0, 1)])
    row = sim.run(until=11).tally.by_module()["layer"]
    assert (row["multiplies"], row["neuron_adds"], row["compares"]) == (50 * 524, 50 * 349, 50 * 32)


def network(**options: Any) -> tuple[en.Network, list[Any]]:
    """Twelve units that reach one another, driven."""
    net = en.Network(dtype="float64")
    layer = net.add(en.HodgkinHuxley(12, **(CELL | {"refractory": 20} | options), name="layer"))
    source = net.add(en.Relay(4, name="source"))
    net.connect(source, layer, en.Bernoulli(0.7), weight=2.0, delay=1, seed=1)
    net.connect(layer, layer, en.FixedInDegree(3), weight=[0.9] * 8 + [-3.0] * 4, delay=2, seed=2)
    rng = np.random.default_rng(3)
    rows = [(0, int(layer.ticks), 0, 1)]
    rows += [(int(t), int(source.spikes), int(rng.integers(4)), 1) for t in np.sort(rng.integers(0, 300, 120))]
    return net, rows


@pytest.mark.slow
@pytest.mark.parametrize(
    "options", [{}, {"g_na": np.linspace(1800, 2200, 12), "threshold": -30.0}], ids=["one", "each"]
)
def test_both_engines_give_the_same_bytes(options: dict[str, Any]) -> None:
    net, rows = network(**options)
    reference, compiled = (ran(net, rows, until=300, engine=engine) for engine in ("reference", "compiled"))
    assert compiled.tally.spikes > 20
    assert bytes_of(reference) == bytes_of(compiled)


def test_a_run_goes_on_from_a_checkpoint_with_the_steps_of_its_units(tmp_path: Any) -> None:
    net, rows = network()
    whole = ran(net, rows, until=300, engine="compiled")
    part = en.Simulation(net, record=True, roots=True)
    part.inject(rows)
    part.run(until=131).save(tmp_path / "half.npz")
    assert part.state(net["layer"])["part"].min() < 1.0
    later = en.Simulation(net, record=True, roots=True).resume(tmp_path / "half.npz").run(until=300)
    assert bytes_of(later) == bytes_of(whole)


def test_options_have_the_numbers_of_brette_and_others() -> None:
    layer: Any = en.HodgkinHuxley(1, **{name: CELL[name] for name in NEEDED})
    for name in ("rest", "shift", "g_na", "g_k", "reversal_na", "reversal_k"):
        assert getattr(layer, name) == CELL[name]
    assert (layer.tolerance, layer.reset, layer.crossing) == (1e-4, None, "inside")


@pytest.mark.parametrize("part", [0.0, -1.0, 1e-300, 4.0])
def test_a_step_that_a_run_changed_to_nonsense_begins_anew(part: float) -> None:
    net = en.Network(dtype="float64")
    layer = net.add(en.HodgkinHuxley(2, **CELL))
    sim = en.Simulation(net, engine="reference")
    sim.inject([(0, layer.ticks, 0, 1)])
    sim.run(until=3)
    sim[layer].part[:] = part
    sim.run(until=8)
    assert np.isfinite(sim[layer].phi).all()
    assert (sim[layer].part >= 1 / 1024).all()
