"""Leaky integrate-and-fire layers: against sums of exponentials, closed forms, both engines, splits, bad input."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from few import few
from integrate_cases import Oracle, random_events, random_options

import eventnet as en
from eventnet.errors import NetworkError, RuleError
from eventnet.neurons.last_spikes import NEVER_SEEN
from eventnet.neurons.leaky import BARS_A_TAU, KEPT_FACTORS, ticks_since

ENGINES = ("reference", "compiled")


def layer_of(w: Any, dtype: str = "float64", **options: Any) -> tuple[en.Network, Any, Any]:
    net = en.Network(dtype)
    layer = net.add(en.LeakyIntegrate(np.shape(w)[1], net.weights(w), name="layer", **options))
    sink = net.add(en.Sink(layer.units, name="heard"))
    net.connect(layer.out, sink.spikes)
    return net, layer, sink


def run_events(net: en.Network, layer: Any, events: Any, engine: str = "compiled", **options: Any) -> Any:
    sim = en.Simulation(net, "fifo", engine=engine, record=True, **options)
    sim.inject([(t, getattr(layer, kind), i, s) for t, kind, i, s in events])
    return sim


def heard(sim: Any, sink: Any) -> list[tuple[int, int, int]]:
    log = sim.log[sim.log["port"] == int(sink.spikes)]
    return list(zip(log["t"].tolist(), log["index"].tolist(), log["sign"].tolist(), strict=True))


def spikes_at(layer: Any, events: Any, sink: Any, net: en.Network, engine: str = "compiled") -> Any:
    return heard(run_events(net, layer, events, engine).run(), sink)


# --- against sums of exponentials ------------------------------------------------------------------------------------
@pytest.mark.parametrize("seed", few(range(60), 20))
def test_spikes_and_potentials_are_those_of_sums_of_exponentials(seed: int) -> None:
    rng = np.random.default_rng(seed)
    units, n_in = int(rng.choice([1, 4, 7, 66])), 6
    options, w = random_options(rng, units), rng.uniform(-0.3, 0.6, (n_in, units))
    events = random_events(rng, 120, n_in, units, "inhibition" in options)
    net, layer, sink = layer_of(w, **options)
    oracle = Oracle(w, **options)
    wanted = [(t, j, sign) for t, kind, i, s in events for j, sign in oracle.take(t, kind, i, s)]
    for engine in ENGINES:
        sim = run_events(net, layer, events, engine).run()
        assert heard(sim, sink) == wanted
        state, last = sim.state(layer), events[-1][0]
        for t in (last, last + 7, last + 1000):
            found = layer.potentials(state, t)
            held = max(oracle.silent, last)
            assert np.allclose(
                found, [oracle.rest + oracle.potential(j, max(t, held)) for j in range(units)], rtol=0, atol=1e-11
            )
            limits = [oracle.rest + oracle.limit(j, t) for j in range(units)]
            assert np.allclose(layer.thresholds(state, t), limits, rtol=0, atol=1e-11)


@pytest.mark.slow
def test_the_oracle_meets_every_option() -> None:
    """Spikes of many seeds: the test above is not about silent layers."""
    fired = winners = subtracted = held = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        units = int(rng.choice([1, 4, 7, 66]))
        options, w = random_options(rng, units), rng.uniform(-0.3, 0.6, (6, units))
        events = random_events(rng, 120, 6, units, "inhibition" in options)
        oracle = Oracle(w, **options)
        made = sum(len(oracle.take(*event)) for event in events)
        fired += made > 5
        winners += made > 5 and options.get("winner", 0) > 0
        subtracted += made > 5 and options.get("subtract", False)
        held += made > 5 and options.get("refractory", 0) > 0
    assert min(fired - 30, winners - 8, subtracted - 8, held - 8) >= 0


# --- closed forms ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("gap", [1, 13, 700, 20_000])
def test_k_lazy_decays_equal_the_closed_form_to_k_times_2_to_the_minus_52(gap: int, engine: str) -> None:
    rng = np.random.default_rng(gap)
    w, tau = rng.uniform(-1, 1, (5, 70)), 10_000.0
    net, layer, _ = layer_of(w, tau=tau, threshold=1e9)
    times, rows = np.cumsum(rng.integers(1, 2 * gap + 1, 400)), rng.integers(0, 5, 400)
    sim = en.Simulation(net, engine=engine)
    for k in range(400):
        sim.inject([(int(times[k]), layer.spikes, int(rows[k]), 1)])
        sim.run()
        if k % 37 == 36:
            kernel = [math.exp(-int(times[k] - then) / tau) for then in times[: k + 1]]
            phi = sim.state(layer)["phi"]
            for j in range(0, 70, 9):
                parts = [float(w[rows[m], j]) * kernel[m] for m in range(k + 1)]
                bound = k * 2.0**-52 * math.fsum(abs(x) for x in parts)
                assert abs(phi[j] - math.fsum(parts)) <= bound


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_one_decay_is_the_exponential_rounded_once_looked_up_or_not(dtype: str, engine: str) -> None:
    number = np.dtype(dtype).type
    net, layer, _ = layer_of([[1.0], [0.0]], dtype, tau=1234.5, threshold=2.0)
    for dt in (1, 2, KEPT_FACTORS - 1, KEPT_FACTORS, 5000):
        sim = run_events(net, layer, [(7, "spikes", 0, 1), (7 + dt, "spikes", 1, 1)], engine).run()
        assert sim.state(layer)["phi"][0] == number(math.exp(-dt / 1234.5))


def test_equation_1_9_holds_with_overshoot_when_a_spike_subtracts() -> None:
    """rest 0.5, threshold 2, reset 1: v = rest + sum of inputs - sum of (threshold - reset), each decaying."""
    net, layer, sink = layer_of([[0.9, 4.0]], tau=100.0, rest=0.5, threshold=2.0, reset_to=1.0, subtract=True)
    times = [0, 30, 60, 61, 200]
    sim = run_events(net, layer, [(t, "spikes", 0, 1) for t in times]).run()
    spikes = heard(sim, sink)
    assert len(spikes) > 6
    for j, weight in ((0, 0.9), (1, 4.0)):
        fed = sum(weight * math.exp(-(250 - t) / 100) for t in times)
        lost = sum(math.exp(-(250 - t) / 100) for t, k, _ in spikes if k == j)
        assert layer.potentials(sim.state(layer), 250)[j] == pytest.approx(0.5 + fed - lost, abs=1e-14)


def test_a_layer_of_many_units_decays_the_same_in_every_lane() -> None:
    w = np.tile(np.linspace(-2, 2, 5)[:, None], (1, 200))
    net, layer, _ = layer_of(w, "float32", tau=50.0, threshold=100.0)
    sim = run_events(net, layer, [(3 * k, "spikes", k % 5, (-1) ** k) for k in range(50)]).run()
    assert len(set(sim.state(layer)["phi"].tolist())) == 1


# --- equal times, winners, windows -----------------------------------------------------------------------------------
@pytest.mark.parametrize("engine", ENGINES)
def test_only_the_furthest_unit_wins_and_the_layer_is_silent_until_the_window_ends(engine: str) -> None:
    net, layer, sink = layer_of([[1.1, 1.3, 1.3, 0.4], [0.6, 0.6, 0.7, 0.7]], tau=1000.0, winner=50)
    events = [(10, "spikes", 0, 1), (10, "spikes", 1, 1), (59, "spikes", 1, 1), (60, "spikes", 1, 1)]
    sim = run_events(net, layer, events, engine).run()
    assert heard(sim, sink) == [(10, 1, 1)]  # the lowest index of the two
    state = sim.state(layer)
    assert state["phi"].tolist() == [0.6, 0.6, 0.7, 0.7]  # only what came at the window's end
    assert state["seen"].tolist() == [10, 60]
    row = sim.tally.by_port()["layer.spikes"]
    assert (row["deliveries"], row["synaptic_adds"], row["reads"]) == (4, 8, 8)


def test_potentials_do_not_decay_across_a_silent_window() -> None:
    net, layer, _ = layer_of([[1.5, 0.0]], tau=100.0, reset_to=0.5, winner=1000)
    sim = run_events(net, layer, [(0, "spikes", 0, 1), (1100, "spikes", 0, -1)]).run()
    assert sim.state(layer)["phi"].tolist() == [0.5 * math.exp(-1) - 1.5, 0.5 * math.exp(-1)]


@pytest.mark.parametrize("engine", ENGINES)
def test_a_hundred_units_on_poisson_spikes_win_as_a_plain_loop_says(engine: str) -> None:
    """Hard winner-take-all over a digit's worth of inputs; float32, to the last bit."""
    rng = np.random.default_rng(11)
    n, tau, silence, limit = 2400 if engine == "compiled" else 600, 100_000.0, 5000, np.float32(13)
    w = rng.uniform(0, 1.5, (784, 100)).astype(np.float32)
    times, rows = np.sort(rng.integers(0, 350_000 * n // 2400, n)), rng.integers(0, 784, n)
    net, layer, sink = layer_of(w, "float32", tau=tau, threshold=13.0, winner=silence)
    sim = run_events(net, layer, [(int(t), "spikes", int(i), 1) for t, i in zip(times, rows, strict=True)], engine)
    v, told, wanted, adds = np.zeros(100, np.float32), 0, [], 0
    for t, i in zip(times.tolist(), rows.tolist(), strict=True):
        if t < told:
            continue
        v = v * np.float32(math.exp(-(t - told) / tau)) + w[i]
        told, adds = t, adds + 100
        if v.max() > limit:
            wanted.append((t, int(np.argmax(v - limit)), 1))
            v, told = np.zeros(100, np.float32), t + silence
    assert heard(sim.run(), sink) == wanted
    assert sim.state(layer)["phi"].tobytes() == v.tobytes()
    assert sim.tally.by_kind()["synaptic"] == adds
    assert len(wanted) >= 8


def test_a_held_unit_neither_decays_nor_integrates_and_others_do() -> None:
    net, layer, sink = layer_of([[1.5, 0.5]], tau=100.0, reset_to=0.25, refractory=40)
    events = [(t, "spikes", 0, 1) for t in (0, 39, 40)]
    sim = run_events(net, layer, events[:2]).run()
    state = sim.state(layer)
    assert state["phi"][0] == 0.25
    assert state["phi"][1] == 0.5 * math.exp(-0.39) + 0.5
    assert layer.potentials(state, 140)[0] == pytest.approx(0.25 * math.exp(-1), rel=1e-15)
    assert heard(sim, sink) == [(0, 0, 1)]
    assert spikes_at(layer, events, sink, net)[:2] == [(0, 0, 1), (40, 0, 1)]  # at the end it is free again


def test_units_fire_in_the_order_of_their_excess_over_their_own_thresholds() -> None:
    net, layer, sink = layer_of([[2.0, 1.0, 2.5, 1.0]], tau=10.0, threshold=[1.5, 0.25, 2.25, 0.25])
    assert [j for _, j, _ in spikes_at(layer, [(0, "spikes", 0, 1)], sink, net)] == [1, 3, 0, 2]


def test_a_potential_at_its_threshold_does_not_fire() -> None:
    net, layer, sink = layer_of([[0.5]], tau=1e12, threshold=1.0)
    assert spikes_at(layer, [(0, "spikes", 0, 1)] * 2, sink, net) == []
    assert spikes_at(layer, [(0, "spikes", 0, 1)] * 3, sink, net) == [(0, 0, 1)]


def test_signed_units_fire_as_far_below_rest_and_their_reset_is_mirrored() -> None:
    net, layer, sink = layer_of([[1.5]], tau=10.0, rest=-2.0, threshold=-1.0, reset_to=-1.75, signed=True)
    sim = run_events(net, layer, [(0, "spikes", 0, -1)]).run()
    assert heard(sim, sink) == [(0, 0, -1)]
    assert layer.potentials(sim.state(layer), 0).tolist() == [-2.25]
    assert spikes_at(layer_of([[1.5]], tau=10.0)[1], [], sink, net) == []


# --- thresholds that adapt -------------------------------------------------------------------------------------------
def test_a_threshold_rises_by_plus_and_decays_without_any_delivery_to_its_unit() -> None:
    net, layer, _ = layer_of([[1.5], [0.0]], tau=10.0, adapt=(0.5, 1000.0))
    sim = run_events(net, layer, [(0, "spikes", 0, 1), (500, "spikes", 0, 1), (900, "spikes", 1, 1)]).run()
    wanted = 1 + 0.5 * math.exp(-1.5) + 0.5 * math.exp(-1)
    assert layer.thresholds(sim.state(layer), 1500)[0] == pytest.approx(wanted, abs=1e-15)


def test_decay_of_a_slow_threshold_is_not_lost_in_single_precision() -> None:
    """Factors of exp(-150 / 1e10) would round to 1 each time in float32."""
    net, layer, _ = layer_of([[20.0], [0.0]], "float32", tau=100_000.0, adapt=(16.0, 1e10))
    quiet = [(150 * k, "spikes", 1, 1) for k in range(1, 20_000)]
    sim = run_events(net, layer, [(0, "spikes", 0, 1), *quiet, (3_000_000, "reset", 0, 1)]).run()
    assert sim.state(layer)["theta"][0] == pytest.approx(16 * math.exp(-3e6 / 1e10), rel=2**-23)


@pytest.mark.slow
@pytest.mark.parametrize("engine", ENGINES)
def test_thresholds_last_for_thousands_of_their_time_constants(engine: str) -> None:
    """A factor since the beginning would be beyond float32 after 88 of them."""
    net, layer, _ = layer_of([[20.0]], "float32", tau=10.0, adapt=(1.0, 50.0))
    sim = run_events(net, layer, [(20 * k, "spikes", 0, 1) for k in range(5000)], engine).run()
    wanted = 1 + 1 / (1 - math.exp(-20 / 50))
    assert layer.thresholds(sim.state(layer), 20 * 4999)[0] == pytest.approx(wanted, rel=1e-6)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_unit_that_has_fired_is_held_against_its_new_bar(engine: str) -> None:
    """2.5 is past the threshold of 1 and not past that of 5: the row costs no look at a threshold."""
    net, layer, _ = layer_of([[3.0], [2.5]], tau=1e9, adapt=(4.0, 1e9))
    sim = run_events(net, layer, [(0, "spikes", 0, 1)], engine).run()
    before = sim.tally.by_port()["layer.spikes"]["neuron_adds"]
    sim.inject([(5, layer.spikes, 1, 1)])
    assert sim.run().tally.by_port()["layer.spikes"]["neuron_adds"] == before > 0


def test_frozen_thresholds_neither_decay_nor_rise_and_thaw_as_they_were() -> None:
    net, layer, sink = layer_of([[1.4], [5.0]], tau=10.0, adapt=(0.5, 1000.0))
    events = [(0, "spikes", 0, 1), (100, "freeze", 0, 1), (5000, "spikes", 0, 1), (5000, "spikes", 1, 1)]
    sim = run_events(net, layer, [*events, (9000, "freeze", 0, -1)]).run()
    at = 1 + 0.5 * math.exp(-0.1)
    assert heard(sim, sink) == [(0, 0, 1), (5000, 0, 1)]  # 1.4 is below its threshold, though 5 s have gone by
    assert layer.thresholds(sim.state(layer), 9000)[0] == pytest.approx(at, abs=1e-15)
    assert layer.thresholds(sim.state(layer), 10_000)[0] == pytest.approx(1 + (at - 1) * math.exp(-1), abs=1e-15)


def test_a_unit_fires_only_past_its_threshold_of_now_though_bars_lie_lower() -> None:
    """1/4 of the gap between bar and threshold above the bar: no spike; 1/4 above the threshold: one."""
    slow = 256_000.0
    gap = math.exp(0) - math.exp(-1 / BARS_A_TAU)
    for offset, fires in ((-0.75 * gap, 0), (0.25 * gap, 1)):
        net, layer, sink = layer_of([[3.0], [2.0 + offset], [0.0]], tau=1e15, adapt=(1.0, slow))
        events = [(0, "spikes", 0, 1), (0, "spikes", 1, 1)]
        assert len(spikes_at(layer, events, sink, net)) == 1 + fires


def test_a_sample_begins_at_rest_with_nothing_seen_and_thresholds_as_they_are() -> None:
    net, layer, _ = layer_of([[5.0, 0.7]], tau=10.0, adapt=(0.5, 1000.0), refractory=90)
    sim = run_events(net, layer, [(0, "spikes", 0, 1), (10, "reset", 0, 1)]).run()
    state = sim.state(layer)
    assert state["phi"].tolist() == [0, 0]
    assert state["seen"].tolist() == [NEVER_SEEN]
    assert layer.thresholds(state, 10) == pytest.approx([1 + 0.5 * math.exp(-0.01), 1], abs=1e-15)
    sim.inject([(10, layer.spikes, 0, 1)] if sim.time <= 10 else [(11, layer.spikes, 0, 1)])
    assert sim.run().state(layer)["theta"][0] > 0.9  # it is not held any more, and fires


# --- lateral inhibition, delays --------------------------------------------------------------------------------------
@pytest.mark.parametrize("engine", ENGINES)
def test_a_spike_holds_the_others_back_over_a_wire_with_delay(engine: str) -> None:
    for inhibition, wanted in ((("subtract", 0.25), 0.4 * math.exp(-0.3) - 0.25), (("set", -0.5), -0.5)):
        net, layer, sink = layer_of([[1.5, 0.4, 0.4]], tau=10.0, inhibition=inhibition)
        net.connect(layer.out, layer.inhibit, 3)
        sim = run_events(net, layer, [(0, "spikes", 0, 1)], engine).run()
        assert sim.state(layer)["phi"].tolist() == [0, wanted, wanted]
        assert heard(sim, sink) == [(0, 0, 1)]


@pytest.mark.parametrize("engine", ENGINES)
def test_a_potential_set_before_the_first_delivery_counts(engine: str) -> None:
    net, layer, sink = layer_of([[0.2, 0.2]], tau=10.0, inhibition=("subtract", 0.25))
    sim = run_events(net, layer, [(10_000, "spikes", 0, 1)], engine)
    sim[layer][1].phi = 0.9
    assert heard(sim.run(), sink) == [(10_000, 1, 1)]
    held_back = run_events(net, layer, [(10_000, "inhibit", 0, 1)], engine)
    held_back[layer][1].phi = 0.9
    assert held_back.run().state(layer)["phi"].tolist() == [0, 0.9 - 0.25]


@pytest.mark.parametrize("engine", ENGINES)
def test_a_layer_without_inhibition_says_so_when_it_is_held_back(engine: str) -> None:
    net, layer, _ = layer_of([[0.5]], tau=10.0)
    with pytest.raises(RuleError, match="was given no inhibition"):
        run_events(net, layer, [(0, "inhibit", 0, 1)], engine).run()


# --- hand-over -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("seed", few(range(6), 2))
def test_a_run_split_anywhere_equals_one_run(seed: int, engine: str, tmp_path: Any) -> None:
    rng = np.random.default_rng(seed)
    options, w = random_options(rng, 5), rng.uniform(-0.3, 0.4, (6, 5))
    events = random_events(rng, 60, 6, 5, "inhibition" in options)
    net, layer, sink = layer_of(w, "float32", **options)
    net.connect(layer.out, layer.spikes, 4)
    end = events[-1][0] + 300
    whole = run_events(net, layer, events, engine).run(until=end)
    parts = run_events(net, layer, events, engine)
    for k, until in enumerate(range(events[0][0], end, 17)):
        parts.run(until=until)
        layer.potentials(parts.state(layer), until)  # looking changes nothing
        if k % 16 == 0:
            parts.save(tmp_path / "part.npz")
            parts = en.Simulation(net, "fifo", engine=engine, record=True).resume(tmp_path / "part.npz")
    parts.run(until=end)
    assert heard(parts, sink) == heard(whole, sink) != []
    assert parts.tally.by_port() == whole.tally.by_port()
    for name, array in whole.state(layer).items():
        assert parts.state(layer)[name].tobytes() == array.tobytes(), name


def test_a_layer_goes_into_a_network_file_and_back(tmp_path: Any) -> None:
    net, *_ = layer_of(
        [[0.5, 0.7]], tau=9.0, rest=-1.0, threshold=np.array([0.0, 0.5]), reset_to=-1.5, refractory=3, adapt=(0.1, 50.0),
        winner=4, inhibition=("set", -1.0),
    )  # fmt: skip
    net.save(tmp_path / "net.npz")
    again: Any = en.Network.load(tmp_path / "net.npz")["layer"]
    old: Any = net["layer"]
    for table in ("state", "integers", "params"):
        for name, value in getattr(old, table).items():
            assert np.array_equal(getattr(again, table)[name], value), name


# --- counts ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("engine", ENGINES)
def test_a_row_costs_an_add_and_a_product_a_unit_and_one_for_a_time_not_looked_up(engine: str) -> None:
    net, layer, _ = layer_of(np.full((3, 10), 0.01), tau=100.0)
    sim = run_events(net, layer, [(t, "spikes", 0, 1) for t in (0, 0, 5, 9, 9 + KEPT_FACTORS)], engine).run()
    row = sim.tally.by_port()["layer.spikes"]
    assert (row["synaptic_adds"], row["reads"], row["compares"]) == (50, 50, 50)
    assert (row["multiplies"], row["neuron_adds"]) == (31, 0)


@pytest.mark.parametrize("engine", ENGINES)
def test_compares_are_one_a_unit_a_row_and_one_more_a_spike(engine: str) -> None:
    rng = np.random.default_rng(4)
    net, layer, sink = layer_of(rng.uniform(0, 1, (4, 9)), tau=100.0, subtract=True)
    sim = run_events(net, layer, [(3 * k, "spikes", k % 4, 1) for k in range(30)], engine).run()
    row = sim.tally.by_port()["layer.spikes"]
    assert row["compares"] == 30 * 9 + row["spikes"] > 30 * 9 + 20
    assert row["spikes"] == len(heard(sim, sink))


# --- bad input -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"tau": 0.0}, "tau is 0.0 ticks"), ({"tau": -1.0}, "tau is -1.0"), ({"tau": math.nan}, "tau is nan"),
        ({"tau": math.inf}, "tau is inf"), ({"threshold": math.nan}, "threshold is nan"),
        ({"threshold": [1.0, math.inf, 1.0]}, "wanted a finite number"), ({"threshold": [1.0]}, "each of 3 units"),
        ({"threshold": 0.0}, "not above rest"), ({"rest": math.nan}, "rest is nan"), ({"rest": 2.0}, "not above rest"),
        ({"reset_to": 1.5}, "reset_to 1.5 is past the threshold"), ({"reset_to": math.nan}, "reset_to is nan"),
        ({"reset_to": -1.5, "signed": True}, "never stop firing"), ({"refractory": -1}, "refractory is -1"),
        ({"refractory": 2.5}, "refractory is 2.5"), ({"winner": -3}, "winner is -3"), ({"winner": True}, "winner is True"),
        ({"adapt": (-0.1, 5.0)}, "adapt adds -0.1"), ({"adapt": (0.1, 0.0)}, "time constant of adapt is 0.0"),
        ({"adapt": (math.nan, 5.0)}, "adapt adds nan"), ({"inhibition": ("floor", 1.0)}, "inhibition is"),
        ({"inhibition": ("subtract", math.nan)}, "inhibition is"), ({"inhibition": ("set", 1.5)}, "past a threshold"),
        ({"winner": 5, "subtract": True}, "no meaning"),
    ],
)  # fmt: skip
def test_values_that_make_no_sense_are_refused(options: dict[str, Any], match: str) -> None:
    with pytest.raises(NetworkError, match=match):
        layer_of(np.ones((2, 3)), **{"tau": 10.0, **options})


def test_weights_must_fit_and_numbers_be_real() -> None:
    net = en.Network("float64")
    with pytest.raises(NetworkError, match="has 4 units, but its weights are for 3"):
        en.LeakyIntegrate(4, net.weights(np.ones((2, 3))), tau=1.0)
    whole = en.Network("int32")
    with pytest.raises(NetworkError, match="works in float64 or float32"):
        whole.add(en.LeakyIntegrate(3, whole.weights(np.ones((2, 3))), tau=1.0))


@pytest.mark.parametrize("engine", ENGINES)
def test_a_step_too_small_to_lower_a_potential_ends_in_an_error(engine: str) -> None:
    net, layer, _ = layer_of([[1e30]], tau=1.0, subtract=True, most=40)
    with pytest.raises(en.EventnetError, match="40"):
        run_events(net, layer, [(0, "spikes", 0, 1)], engine).run()


@pytest.mark.parametrize("engine", ["reference", "compiled"])
@pytest.mark.parametrize("first", ["spikes", "freeze", "reset"])
def test_thresholds_that_adapt_are_the_same_long_before_time_0(engine, first):
    found = []
    for base in (-(2**60), -5000, 0):
        net = en.Network("float64")
        layer = net.add(en.LeakyIntegrate(1, net.weights([[2.0]]), tau=10.0, adapt=(0.5, 4.0)))
        sim = en.Simulation(net, engine=engine)
        sim.inject([(base + 1, getattr(layer, first), 0, 1), *((base + t, layer.spikes, 0, 1) for t in (2, 3))])
        state = sim.run().state(layer)
        found.append((state["phi"].tolist(), state["bar"].tolist(), sim.tally.totals()["spikes"]))
    assert found[0] == found[1] == found[2]
    assert found[0][2] > 0


def test_the_time_since_a_tick_is_the_float_nearest_to_it() -> None:
    """Whether the times are small, whole, between two ticks, or where float64 no longer names every tick."""
    rng = np.random.default_rng(2)
    begins = [0, 1, 7, 2**53 + 1, 2**61 - 3, *rng.integers(0, 2**40, 20).tolist()]
    for begin in begins:
        for since in (0.0, 1e-20, 0.25, 1.0, 1.75, *(rng.random(5) * 100).tolist()):
            t = float(begin) + since
            if t >= begin:
                assert ticks_since([begin], t).tolist() == [float(Fraction(t) - begin)]


# --- one a unit ------------------------------------------------------------------------------------------------------
def _each(units: int, value: Any, name: str) -> Any:
    """The same value, one a unit."""
    if name == "adapt":
        return np.full(units, value[0]), value[1]
    if name == "inhibition":
        return value[0], np.full(units, value[1])
    return np.full(units, value)


@pytest.mark.parametrize("engine", ["reference", "compiled"])
@pytest.mark.parametrize("options", [
    {"tau": 7.5}, {"tau": 7.5, "refractory": 3}, {"tau": 7.5, "rest": -0.25, "reset_to": -0.5},
    {"tau": 7.5, "adapt": (0.2, 30.0)}, {"tau": 7.5, "inhibition": ("subtract", 0.25)},
    {"tau": 7.5, "inhibition": ("set", -0.5), "rest": 0.125, "signed": True}, {"tau": 7.5, "winner": 2, "threshold": 0.75},
])  # fmt: skip
def test_one_a_unit_does_what_one_for_all_does(options: dict[str, Any], engine: str) -> None:
    def outcome(given: dict[str, Any]) -> Any:
        rng = np.random.default_rng(5)
        net = en.Network("float64")
        layer = net.add(en.LeakyIntegrate(9, net.weights(rng.normal(0.2, 0.3, (6, 9))), name="layer", **given))
        net.connect(layer.out, net.add(en.Sink(9, name="sink")).spikes)
        if "inhibition" in given:
            net.connect(layer.out, layer.inhibit)
        inputs = [(int(t), layer.spikes, int(rng.integers(6)), 1) for t in np.cumsum(rng.integers(0, 4, 150))]
        run = en.simulate(net, inputs, engine=engine, record=True)
        state = run.state("layer")
        return (
            run.log.tobytes(),
            {name: state[name].tobytes() for name in ("phi", "theta", "bar", "until", "seen")},
            run,
        )

    wanted, log = outcome(options), None
    assert wanted[2].tally.totals()["spikes"] > 5
    for names in ([name] for name in options if name != "signed" and name != "winner"):
        given = {name: _each(9, value, name) if name in names else value for name, value in options.items()}
        log = outcome(given)
        assert log[:2] == wanted[:2], names
    both = {name: value if name in ("signed", "winner") else _each(9, value, name) for name, value in options.items()}
    assert outcome(both)[:2] == wanted[:2]


@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("seed", range(3))
def test_units_with_values_of_their_own_are_layers_of_one_unit(seed: int, dtype: str) -> None:
    rng = np.random.default_rng(seed)
    w = rng.normal(0.3, 0.3, (5, 4))
    own: dict[str, Any] = {
        "tau": rng.uniform(3, 30, 4), "rest": rng.normal(0, 0.2, 4), "threshold": rng.uniform(0.8, 1.5, 4),
        "reset_to": rng.normal(-0.3, 0.1, 4), "refractory": rng.integers(0, 6, 4),
    }  # fmt: skip
    plus = rng.uniform(0, 0.4, 4)
    inputs = [(int(t), int(rng.integers(5)), 1) for t in np.cumsum(rng.integers(0, 4, 120))]

    def spikes(units: int, weights: Any, engine: str, **given: Any) -> list[tuple[int, int]]:
        net = en.Network(dtype)
        layer = net.add(en.LeakyIntegrate(units, net.weights(weights), **given))
        sink = net.add(en.Sink(units))
        net.connect(layer.out, sink.spikes)
        log = en.simulate(net, [(t, layer.spikes, i, s) for t, i, s in inputs], engine=engine, record=True).log
        return [(int(e["t"]), int(e["index"])) for e in log if e["port"] == int(sink.spikes)]

    together = [spikes(4, w, engine, **own, adapt=(plus, 40.0)) for engine in ("reference", "compiled")]
    assert together[0] == together[1]
    alone = [
        (t, j) for j in range(4)
        for t, _ in spikes(1, w[:, [j]], "reference", adapt=(plus[j], 40.0), **{n: v[j] for n, v in own.items()})
    ]  # fmt: skip
    assert sorted(alone) == sorted(together[0])
    assert len(alone) > 10


def test_values_one_a_unit_that_do_not_fit_are_refused() -> None:
    net = en.Network("float64")
    w = net.weights(np.ones((2, 3)))
    for options, said in (
        ({"tau": [1.0, 2.0]}, r"tau is .*; wanted a finite number, or one for each of 3 units"),
        ({"tau": [1.0, 2.0, 0.0]}, "tau is .* ticks; wanted a number above 0"),
        ({"tau": 5.0, "rest": [0.0, 0.0, 2.0]}, "is not above rest"),
        ({"tau": 5.0, "refractory": [1, 2, 1.5]}, r"refractory is \[1, 2, 1.5\]; wanted whole numbers of ticks"),
        ({"tau": 5.0, "adapt": (0.1, [1.0, 2.0, 3.0])}, "time constant of adapt is .*; wanted one number"),
    ):
        with pytest.raises(NetworkError, match=said):
            en.LeakyIntegrate(3, w, **options)
