"""Layers that go from tick to tick: networks of theirs by other means, engines, orders, files, checkpoints, steps."""

import itertools
from typing import Any

import numpy as np
import pytest
from few import draws, few
from test_leaky_delta import ORDERS, bytes_of, ran
from ticked_cases import KINDS, ticked_case
from ticked_oracle import TickOracle

import eventnet as en
from eventnet.engine.checkpoint import Checkpoint
from eventnet.errors import DataError, NetworkError
from eventnet.neurons.ticked import NOW

LINEAR = (en.LeakyExponential, en.LeakyAlpha)
CURRENT: dict[str, Any] = {"tau_m": 20.0, "tau_e": 5.0, "tau_i": 10.0}
CONDUCTANCE = CURRENT | {"reversal_e": 5.0, "reversal_i": -1.0}
ADAPTIVE = CONDUCTANCE | {"slope": 0.2, "peak": 4.0, "tau_w": 50.0, "reset": -0.3, "a": 0.1, "b": 0.2}
PASSIVE = CONDUCTANCE | {"rest": 0.0, "threshold": 1.0, "g_na": 0.0, "g_k": 0.0, "ms": 1.0}
OPTIONS = dict(zip(KINDS, (CURRENT, CURRENT, CONDUCTANCE, ADAPTIVE, PASSIVE), strict=True))


def heard(net: en.Network, events: Any, until: int, **options: Any) -> tuple[en.Simulation, list]:
    """A run of two layers, each heard by a sink: its spikes as (tick, layer, unit)."""
    for name in "ab":
        net.connect(net[name].out, net.add(en.Sink(net[name].units, name=f"sink_{name}")).spikes)
    sim = ran(net, events, until=until, **options)
    ports = {int(net[f"sink_{name}"].spikes): name for name in "ab"}
    return sim, [(int(e["t"]), ports[e["port"]], int(e["index"])) for e in sim.log if int(e["port"]) in ports]


@pytest.mark.parametrize("seed", few(range(8), 3))
@pytest.mark.parametrize("kinds", [LINEAR, (en.LeakyConductance,)], ids=["currents", "conductances"])
def test_spikes_potentials_and_adds_are_those_of_an_oracle(kinds: Any, seed: int) -> None:
    """Which shares no code: potentials agree to rounding, or to the error of the Runge-Kutta step."""
    net, events = ticked_case(seed + 40, kinds, "tick", driven=False)
    if net.dtype == "float32":
        pytest.skip("potentials are compared in float64")
    wanted = TickOracle(net).run(events, 60)
    sim, found = heard(net, events, 60, engine="reference")
    assert sorted(found) == sorted(wanted.spikes)
    assert sim.tally.by_kind()["synaptic"] == wanted.adds
    close = 1e-9 if kinds == LINEAR else 1e-2  # steps of a fifth of the time constant, conductances of up to 10
    for name in "ab":
        layer = net[name]
        v = layer.potentials(sim.state(layer))
        assert v == pytest.approx([unit.y[0] for unit in wanted.units[name]], abs=close, rel=close)


@pytest.mark.slow
@pytest.mark.parametrize("kinds", [*((kind,) for kind in KINDS), KINDS], ids=lambda kinds: kinds[0].__name__)
def test_both_engines_agree_in_every_order(kinds: Any) -> None:
    for seed in range(2):
        net, events = ticked_case(seed, kinds)
        for order in ORDERS:
            reference, compiled = (ran(net, events, order=order, engine=e) for e in ("reference", "compiled"))
            assert bytes_of(reference) == bytes_of(compiled), order
        assert compiled.tally.spikes > 0


@pytest.mark.slow
@pytest.mark.parametrize("first", range(10, 60, 10))
def test_both_engines_agree_on_many_more(first: int) -> None:
    for seed, kinds in itertools.product(range(first, first + draws(10, 4)), [*((kind,) for kind in KINDS), KINDS]):
        net, events = ticked_case(seed, kinds)
        order = ORDERS[seed % len(ORDERS)]
        reference, compiled = (ran(net, events, order=order, engine=e) for e in ("reference", "compiled"))
        assert bytes_of(reference) == bytes_of(compiled), (seed, kinds, order)


@pytest.mark.slow
def test_a_checked_run_refuses_nothing_of_these_rules() -> None:
    net, events = ticked_case(3)
    assert bytes_of(ran(net, events, check=True)) == bytes_of(ran(net, events))


def test_a_file_reads_the_same_network(tmp_path: Any) -> None:
    for seed, kind in enumerate(KINDS):
        net, events = ticked_case(seed, (kind,))
        net.save(tmp_path / "net.npz")
        assert bytes_of(ran(en.Network.load(tmp_path / "net.npz"), events)) == bytes_of(ran(net, events))


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["reference", "compiled"])
def test_a_checkpoint_goes_on_as_the_run_would_have_gone(engine: str, tmp_path: Any) -> None:
    for kind in KINDS:
        net, events = ticked_case(5, (kind,))
        whole = ran(net, events, engine=engine)
        part = en.Simulation(net, record=True, roots=True, engine=engine)
        part.inject(events)
        part.run(until=30).save(tmp_path / "half.npz")
        later = en.Simulation(net, record=True, roots=True, engine=engine).resume(tmp_path / "half.npz")
        later.run(until=70)
        assert bytes_of(later) == bytes_of(whole)


@pytest.mark.parametrize("name, value", [("clock", 99), ("free", 2**63 - 1)])
def test_a_checkpoint_with_a_step_to_come_or_no_end_is_refused(name: str, value: int) -> None:
    net, events = ticked_case(5)
    state = ran(net, events, until=30).checkpoint()
    arrays = {key: np.array(array) for key, array in state.arrays.items()}
    next(arrays[key] for key in arrays if key.endswith(f"state:a:{name}"))[0] = value
    with pytest.raises(DataError):
        en.Simulation(net, record=True, roots=True).resume(Checkpoint(state.text, arrays))


# --- steps and events ---
def fed(kind: Any = en.LeakyExponential, weight: float = 1.0, **options: Any) -> tuple[en.Network, Any, Any]:
    net = en.Network(dtype="float64")
    layer = net.add(kind(1, **(OPTIONS[kind] | options), name="layer"))
    source = net.add(en.Relay(1, name="source"))
    net.connect(source, layer, en.OneToOne(), weight=weight)
    return net, layer, source


def test_the_first_event_begins_the_steps_and_so_does_a_spike() -> None:
    for begin in (False, True):
        net, layer, source = fed(step=2)
        sim = en.Simulation(net, engine="reference")
        sim.inject([(1, layer.ticks, 0, 1)] if begin else [(3, source.spikes, 0, 1)])
        sim.run(until=6)
        assert sim[layer].clock[NOW] == 5
        assert sim.tally.by_port()["layer.ticks"]["deliveries"] == (3 if begin else 1)


def test_a_second_beginning_changes_nothing() -> None:
    found = []
    for more in ([], [(0, 0), (3, 0), (4, 1), (9, 0)]):
        net, layer, source = fed(step=2)
        sim = en.Simulation(net, engine="reference")
        sim.inject([(0, layer.ticks, 0, 1), *((t, layer.ticks, 0, 1) for t, _ in more), (5, source.spikes, 0, 1)])
        sim.run(until=12)
        found.append((sim[layer].phi.tolist(), sim[layer].clock.tolist()))
    assert found[0] == found[1]


def test_an_event_acts_the_same_before_and_after_the_step_of_its_tick() -> None:
    """An input comes before what is under way, and so before the step; a relay's spike of the same tick after it."""
    found = []
    for late in (False, True):
        net, layer, source = fed()
        again = net.add(en.Relay(1, name="again"))
        net.connect(again, source, delay=5)
        rows = net["source_to_layer"].rows
        sim = en.Simulation(net, engine="reference", order="fifo", record=True)
        sim.inject([(0, layer.ticks, 0, 1), (0, again.spikes, 0, 1) if late else (5, rows, 0, 1)])
        sim.run(until=9)
        ports = [int(e["port"]) for e in sim.log if e["t"] == 5]
        assert (ports.index(int(layer.ticks)) < ports.index(int(rows))) == late
        found.append(sim[layer].phi.tolist())
    assert found[0] == found[1]
    assert found[0][0] > 0


def test_an_event_between_two_steps_acts_from_the_later_one_on() -> None:
    found = []
    for at in (2, 3):
        net, layer, source = fed(step=3)
        sim = en.Simulation(net, engine="reference")
        sim.inject([(0, layer.ticks, 0, 1), (at, source.spikes, 0, 1)])
        found.append(sim.run(until=10)[layer].phi.tolist())
    assert found[0] == found[1]


def test_a_constant_current_can_be_set_in_a_run() -> None:
    for kind in KINDS:
        net, layer, _ = fed(kind)
        sim = en.Simulation(net, engine="reference")
        sim.inject([(0, layer.ticks, 0, 1)])
        sim.run(until=50)
        assert abs(sim[layer].phi[0]) < 0.05
        sim[layer].bias[...] = 0.5
        assert sim.run(until=150)[layer].phi[0] > 0.4
        assert layer.starts_at() == "ticks"


@pytest.mark.parametrize("kind", KINDS)
def test_a_step_of_several_ticks_is_steps_of_one_of_other_lengths(kind: Any) -> None:
    """Ten times the ticks and all times ten: the same potentials."""
    found = []
    for step in (1, 10):
        longer = {name: step * value for name, value in OPTIONS[kind].items() if name.startswith("tau")}
        net, layer, source = fed(kind, 4.0, **longer, step=step, refractory=3 * step, bias=0.9)
        sim = en.Simulation(net, engine="reference")
        sim.inject([(0, layer.ticks, 0, 1), *((t * step, source.spikes, 0, 1) for t in (2, 3, 7, 20))])
        found.append(sim.run(until=40 * step)[layer].phi.tolist())
        spikes = sim.tally.spikes
    assert found[0] == pytest.approx(found[1])
    assert spikes > 0


# --- what cannot be ---
BAD: list[tuple[Any, dict[str, Any], str]] = [
    *((kind, {"tau_m": 0.0}, "tau_m is 0.0") for kind in KINDS),
    *((kind, {"step": 0}, "step is 0") for kind in KINDS),
    *((kind, {"refractory": 1.5}, "refractory is 1.5") for kind in KINDS),
    *((kind, {"tau_e": [1.0, 2.0, 3.0]}, "wanted a finite number, or one for each of 2") for kind in KINDS[1:]),
    (en.LeakyExponential, {"tau_e": -1.0}, "wanted ticks, 0 or more"),
    (en.LeakyExponential, {"reset": 1.5}, "reset of LeakyExponential is past a threshold"),
    (en.LeakyAlpha, {"tau_e": 0.0}, "tau_e is 0.0"),
    (en.LeakyAlpha, {"start": 1.5}, "start of LeakyAlpha is past a threshold"),
    (en.LeakyConductance, {"reset": 1.0}, "is not below threshold 1.0"),
    (en.LeakyConductance, {"crossing": "never"}, "crossing is 'never'"),
    (en.AdaptiveExponential, {"peak": 1.0}, "peak 1.0 is not above threshold 1.0"),
    (en.AdaptiveExponential, {"peak": 200.0}, "or by over 600 slopes"),
    (en.AdaptiveExponential, {"reset": 4.0}, "reset of AdaptiveExponential is not below the peak"),
    (en.HodgkinHuxley, {"ms": 0.0}, "ms is 0.0"),
    (en.HodgkinHuxley, {"ms": [1.0, 2.0]}, "wanted one number"),
    (en.HodgkinHuxley, {"tolerance": 0.0}, "tolerance is 0.0; wanted mV"),
    (en.HodgkinHuxley, {"g_na": -1.0}, "g_na is -1.0; wanted conductances of the leak"),
    (en.HodgkinHuxley, {"reset": 0.0}, "there is no argument 'reset'"),
    (en.HodgkinHuxley, {"crossing": "tick"}, "there is no argument 'crossing'"),
]


@pytest.mark.parametrize("kind, options, why", BAD, ids=[f"{kind.__name__}: {why}" for kind, _, why in BAD])
def test_values_that_make_no_sense_are_refused(kind: Any, options: dict[str, Any], why: str) -> None:
    with pytest.raises(NetworkError) as error:
        kind(2, **(OPTIONS[kind] | options))
    assert why in str(error.value)


def test_a_layer_whose_step_has_no_closed_form_wants_float64() -> None:
    for kind in KINDS[2:]:
        with pytest.raises(NetworkError, match="float64"):
            en.Network(dtype="float32").add(kind(2, **OPTIONS[kind]))
