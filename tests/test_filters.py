"""Local filters on leaky traces: against sums over all events, looks that are foreseen, both engines."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import eventnet as en
from eventnet.errors import NetworkError
from eventnet.kernels.patches import kernel_rows

H, W, K, TAU = 9, 12, 3, [8000.0, 30000.0]
BIAS, SCALE = np.array([0.05, -0.1, 0.2]), np.array([2.0, 3.0, 1.5])
SIZE, STRIDE = (4, 5), (3, 2)
ENGINES = ("reference", "compiled")


KERNEL = np.random.default_rng(0).normal(0, 0.4, (2 * K, 1, *SIZE))


def events(seed: int = 1, n: int = 200) -> Any:
    rng = np.random.default_rng(seed)
    return np.sort(rng.integers(0, 60_000, n)), rng.integers(0, H * W, n), rng.choice([-1, 1], n)


def simulated(engine: str, *, dtype: str = "float64", order: str = "breadth", n: int = 200, **options: Any) -> Any:
    geometry = en.Geometry.window((1, H, W), 2 * K, SIZE, STRIDE)
    net = en.Network(dtype)
    weights = net.weights(kernel_rows(KERNEL, STRIDE))
    layer = net.add(en.LeakyFilters(geometry, weights, TAU, bias=BIAS, scale=SCALE, name="eye", **options))
    sink = net.add(en.Sink(layer.units))
    net.connect(layer.out, sink.spikes)
    sim = en.Simulation(net, order, engine=engine, record=True)
    feed = [(int(t), layer.spikes, int(p), int(s)) for t, p, s in zip(*events(n=n))]
    sim.inject([(0, layer.begin, 0, 1), *feed])
    return sim, layer, sink


def exact(until: int, n: int = 200) -> Any:
    """What every unit should stand for just after a time, before rounding: [places, filters]."""
    rows, columns = (H - SIZE[0]) // STRIDE[0] + 1, (W - SIZE[1]) // STRIDE[1] + 1
    sums = np.tile(BIAS, (rows, columns, 1))
    for t, p, s in zip(*events(n=n)):
        if t > until:
            break
        for r in range(rows):
            for c in range(columns):
                y, x = p // W - r * STRIDE[0], p % W - c * STRIDE[1]
                if 0 <= y < SIZE[0] and 0 <= x < SIZE[1]:
                    for m, tau in enumerate(TAU):
                        sums[r, c] += s * math.exp(-(until - t) / tau) * KERNEL[m * K : (m + 1) * K, 0, y, x]
    return (SCALE * np.maximum(sums, 0)).reshape(-1, K)


def told(sim: Any, layer: Any, sink: Any, until: int) -> Any:
    """What every unit has told up to a time."""
    log = sim.log[(sim.log["port"] == int(sink.spikes)) & (sim.log["t"] <= until)]
    return np.bincount(log["index"], weights=log["sign"], minlength=layer.units).reshape(-1, K)


def fastest() -> float:
    """How fast a unit can move in a tick, from above: many events at once on one patch."""
    return float(np.abs(KERNEL).sum() * SCALE.max() / min(TAU))


@pytest.mark.parametrize("every", [0, 700])
@pytest.mark.parametrize("least", [1, 1000])
def test_units_stand_for_their_decaying_sums_at_any_time(every: int, least: int) -> None:
    sim, layer, sink = simulated("compiled", every=every, least=least)
    sim.run(until=400_000)
    for until in (0, 700, 14_000, 35_000, 63_000, 77_000, 140_000, 399_000):
        late = 0.5 + 1e-9 + fastest() * max(least, 0)
        assert np.abs(told(sim, layer, sink, until) - exact(until)).max() <= late
    assert np.abs(told(sim, layer, sink, 399_999) - exact(399_999)).max() <= 0.5 + 1e-9
    assert sim.predictions == 0  # all has died away: nothing is foreseen any more


def test_sums_are_those_of_all_events_to_the_last_digits() -> None:
    sim, layer, _ = simulated("compiled", every=700)
    sim.run(until=60_000)
    state = sim.state(layer)
    left = np.exp(-(60_000 - state["when"])[:, None] / np.array(TAU))
    sums = BIAS + (state["u"].reshape(-1, 2, K) * left[:, :, None]).sum(axis=1)
    assert np.allclose(SCALE * np.maximum(sums, 0), exact(60_000), rtol=1e-10, atol=1e-12)


def test_with_looks_at_each_event_and_each_tick_numbers_are_those_of_rounding() -> None:
    sim, layer, sink = simulated("compiled", least=1, n=60)
    sim.run(until=300_000)
    for until in np.unique(events(n=60)[0]):
        assert np.array_equal(told(sim, layer, sink, until), np.floor(exact(until, 60) + 0.5))


def test_without_idle_looks_only_events_move_anything() -> None:
    sim, _, _ = simulated("reference", least=0)
    sim.run(until=400_000)
    rows = sim.tally.by_port()
    assert rows["eye.again"]["deliveries"] == 0
    assert sim.log["t"].max() == events()[0].max()


@pytest.mark.parametrize("options", [{}, {"every": 1000}, {"every": 300, "least": 0}, {"least": 7}])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_engines_agree(dtype: str, options: dict[str, Any]) -> None:
    found = []
    for engine in ENGINES:
        sim, layer, _ = simulated(engine, dtype=dtype, n=80, **options)
        sim.run(until=200_000)
        state = [array.tobytes() for array in sim.state(layer).values()]
        found.append((sim.log.tobytes(), str(sim.tally.to_dict()), *state))
    assert found[0] == found[1]


@pytest.mark.parametrize("order", en.ORDERS)
def test_looks_come_when_all_events_of_an_instant_are_in(order: str) -> None:
    sim, layer, sink = simulated("compiled", order=order)
    sim.run(until=100_000)
    base, layer, base_sink = simulated("compiled")
    base.run(until=100_000)
    assert np.array_equal(told(sim, layer, sink, 100_000), told(base, layer, base_sink, 100_000))


def test_a_quiet_scene_costs_nothing_in_the_end() -> None:
    sim, _, _ = simulated("compiled")
    sim.run(until=1_000_000)
    before = sim.tally.adds
    sim.run(until=100_000_000)
    assert sim.tally.adds == before


def test_a_network_file_holds_it(tmp_path: Any) -> None:
    sim, layer, _ = simulated("reference", every=500)
    sim.net.save(tmp_path / "net.npz")
    again = en.Network.load(tmp_path / "net.npz")["eye"]
    for name, array in layer.state.items():
        assert np.array_equal(array, again.state[name])
    assert again.integers["plan"].tolist() == layer.integers["plan"].tolist() == [500, 1000, 0]
    assert again.map_out == (K, 2, 4)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"tau": []}, "tau is"),
        ({"tau": [1.0, 2.0, 3.0, 4.0]}, "as many as divide"),
        ({"tau": [0.0, 1.0]}, "above 0"),
        ({"bias": [1.0]}, "bias has shape"),
        ({"bias": [1.0, np.nan, 0]}, "finite"),
        ({"scale": 0.0}, "scales go from 0"),
        ({"every": -1}, "every is -1"),
        ({"geometry": en.Geometry.window((2, H, W), 6, SIZE, STRIDE)}, "pixels of one channel"),
    ],
)
def test_bad_arguments_are_named(changed: dict[str, Any], message: str) -> None:
    net = en.Network("float64")
    weights = net.weights(kernel_rows(KERNEL, STRIDE))
    given = {"geometry": en.Geometry.window((1, H, W), 2 * K, SIZE, STRIDE), "weights": weights, "tau": TAU}
    with pytest.raises(NetworkError, match=message):
        en.LeakyFilters(**(given | changed))
