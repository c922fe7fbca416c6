"""Filters and pools whose messages fade: against sums over all events and all spikes, both engines, quiet scenes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from test_filters import BIAS, KERNEL, SCALE, SIZE, STRIDE, TAU, H, K, W, events, exact, fastest

import eventnet as en
from eventnet.errors import NetworkError
from eventnet.kernels.patches import kernel_rows

FADE = 11_000.0
ENGINES = ("reference", "compiled")
REST = SCALE * np.maximum(BIAS, 0)
WINDOW = en.Geometry.window((K, 2, 4), K, (2, 2), (1, 1))
POOL_SCALE = np.tile([1.5, 1.0, 2.0], 3)


def simulated(
    engine: str, *, dtype: str = "float64", order: str = "breadth", pooled: bool = False, n: int = 200, **options: Any
) -> Any:
    net = en.Network(dtype)
    weights = net.weights(kernel_rows(KERNEL, STRIDE))
    geometry = en.Geometry.window((1, H, W), 2 * K, SIZE, STRIDE)
    layer = net.add(
        en.DecayingFilters(geometry, weights, TAU, fade=FADE, bias=BIAS, scale=SCALE, name="eye", **options)
    )
    pool = net.add(en.DecayingPool(WINDOW, fade=FADE, k=POOL_SCALE, least=options.get("least", 1000), name="pool"))
    sink, wide = net.add(en.Sink(layer.units, name="heard")), net.add(en.Sink(pool.units, name="means"))
    net.connect(layer.out, sink.spikes)
    net.connect(layer.out, pool.spikes)
    net.connect(pool.out, wide.spikes)
    sim = en.Simulation(net, order, engine=engine, record=True)
    sim.inject([(int(t), layer.spikes, int(p), int(s)) for t, p, s in zip(*events(n=n))])
    return sim, layer, pool, sink, wide


def heard(sim: Any, port: Any, units: int, until: int, fade: float) -> Any:
    """Sums of all spikes at a port up to a time, as they have faded."""
    log = sim.log[(sim.log["port"] == int(port)) & (sim.log["t"] <= until)]
    return np.bincount(log["index"], log["sign"] * np.exp((log["t"] - until) / fade), units).reshape(-1, K)


@pytest.mark.slow
@pytest.mark.parametrize("every", [0, 700])
@pytest.mark.parametrize("least", [1, 1000])
def test_what_has_faded_stands_for_what_units_are_above_their_rest(every: int, least: int) -> None:
    sim, layer, _, sink, _ = simulated("compiled", every=every, least=least)
    sim.run(until=400_000)
    for until in (0, 700, 14_000, 35_000, 63_000, 77_000, 140_000, 399_000):
        wanted = exact(until) - REST
        fading = (np.abs(wanted).max() + 1) / FADE
        late = 0.5 + 1e-9 + (fastest() + fading) * least
        assert np.abs(heard(sim, sink.spikes, layer.units, until, FADE) - wanted).max() <= late
    assert np.abs(heard(sim, sink.spikes, layer.units, 399_999, FADE) + REST - exact(399_999)).max() <= 0.5 + 1e-9
    assert sim.predictions == 0


def test_with_looks_at_each_event_and_each_tick_nothing_is_more_than_half_a_quantum_off() -> None:
    sim, layer, _, sink, _ = simulated("compiled", least=1, n=60)
    sim.run(until=300_000)
    for until in np.unique(events(n=60)[0]):
        off = heard(sim, sink.spikes, layer.units, int(until), FADE) + REST - exact(int(until), 60)
        assert np.abs(off).max() <= 0.5 + 1e-9


def test_a_pool_sends_the_rounded_mean_of_what_it_has_heard() -> None:
    sim, layer, pool, sink, wide = simulated("compiled", least=1)
    sim.run(until=300_000)
    for until in (*np.unique(events()[0])[::7].tolist(), 66_000, 71_234, 90_000):
        maps = heard(sim, sink.spikes, layer.units, until, FADE).reshape(2, 4, K)
        means = np.array([maps[:, x : x + 2].mean(axis=(0, 1)) for x in range(3)]) * POOL_SCALE.reshape(3, K)
        told = heard(sim, wide.spikes, pool.units, until, math.inf)
        assert np.array_equal(told, np.floor(means + 0.5))
    assert np.abs(heard(sim, wide.spikes, pool.units, 299_999, math.inf)).max() == 0


def test_fewer_messages_than_where_all_is_taken_back() -> None:
    """Traces decay with 8 and 30 ms, messages with 11: most of what was sent needs no taking back."""
    sim, layer, *_ = simulated("compiled", every=1000)
    sim.run(until=400_000)
    net = en.Network("float64")
    weights = net.weights(kernel_rows(KERNEL, STRIDE))
    other = net.add(en.LeakyFilters(layer.geometry, weights, TAU, bias=BIAS, scale=SCALE, every=1000))
    far = net.add(en.Sink(other.units))
    net.connect(other.out, far.spikes)
    base = en.Simulation(net)
    base.inject([(0, other.begin, 0, 1), *((int(t), other.spikes, int(p), int(s)) for t, p, s in zip(*events()))])
    base.run(until=400_000)
    assert sim.tally.by_port()["heard.spikes"]["deliveries"] < 0.95 * base.tally.deliveries


@pytest.mark.parametrize("options", [{}, {"every": 1000}, {"every": 300, "least": 0}, {"least": 7}])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_engines_agree(dtype: str, options: dict[str, Any]) -> None:
    found = []
    for engine in ENGINES:
        sim, layer, pool, *_ = simulated(engine, dtype=dtype, n=80, **options)
        sim.run(until=200_000)
        state = [array.tobytes() for m in (layer, pool) for array in sim.state(m).values()]
        found.append((sim.log.tobytes(), str(sim.tally.to_dict()), *state))
    assert found[0] == found[1]


@pytest.mark.parametrize("order", en.ORDERS)
def test_looks_come_when_all_events_of_an_instant_are_in(order: str) -> None:
    found = []
    for chosen in (order, "breadth"):
        sim, _, pool, _, wide = simulated("compiled", order=chosen)
        sim.run(until=100_000)
        found.append(heard(sim, wide.spikes, pool.units, 100_000, math.inf))
    assert np.array_equal(*found)


def test_a_quiet_scene_costs_nothing_whatever_the_biases() -> None:
    sim, *_ = simulated("compiled")
    sim.run(until=1_000_000)
    before = sim.tally.adds
    sim.run(until=100_000_000)
    assert sim.tally.adds == before


def test_a_network_file_holds_them(tmp_path: Any) -> None:
    sim, *modules = simulated("reference", every=500)
    sim.net.save(tmp_path / "net.npz")
    again = en.Network.load(tmp_path / "net.npz")
    for module in modules[:2]:
        loaded = again[module.name]
        for name, array in (module.state | module.integers).items():
            assert np.array_equal(array, (loaded.state | loaded.integers)[name])
        assert loaded.params == module.params


def test_bad_arguments_are_named() -> None:
    net = en.Network("float64")
    weights = net.weights(kernel_rows(KERNEL, STRIDE))
    geometry = en.Geometry.window((1, H, W), 2 * K, SIZE, STRIDE)
    for fade in (0.0, -1.0, math.nan, math.inf):
        with pytest.raises(NetworkError, match="fade is"):
            en.DecayingFilters(geometry, weights, TAU, fade=fade)
        with pytest.raises(NetworkError, match="fade is"):
            en.DecayingPool(WINDOW, fade=fade)
    for options, message in (
        ({"k": [1.0, 2.0]}, "scales of a pool have shape"), ({"k": 0.0}, "scales of a pool go from 0"),
        ({"least": -1}, "least is -1"),
    ):  # fmt: skip
        with pytest.raises(NetworkError, match=message):
            en.DecayingPool(WINDOW, fade=FADE, **options)
    with pytest.raises(NetworkError, match="pooling keeps its channels"):
        en.DecayingPool(en.Geometry.window((2, 4, 4), 3, (2, 2)), fade=FADE)
