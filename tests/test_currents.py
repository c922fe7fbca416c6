"""Neurons that predict their crossings: against an integration tick by tick, at the last instant, in any piece."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import eventnet as en
from eventnet.errors import InputError, NetworkError, RuleError
from eventnet.kernels.prediction_heap import FOREVER

ENGINES = ("reference", "compiled")
KINDS = (en.ExponentialCurrent, en.AlphaCurrent)
TAUS = [(200.0, 100.0), (100.0, 100.0), (200.0, 60.0), (80.0, 200.0)]


def layer_of(
    weights: Any, kind: Any = en.ExponentialCurrent, dtype: str = "float64", units: int | None = None, **options: Any
) -> Any:
    """A network of one layer, with a sink for what it sends."""
    net = en.Network(dtype)
    w = np.atleast_2d(np.asarray(weights, dtype=float))
    layer = net.add(kind(units or w.shape[1], net.weights(w), name="layer", **options))
    sink = net.add(en.Sink(layer.units, name="sink"))
    net.connect(layer.out, sink.spikes)
    return net, layer, sink


def feed(sim: en.Simulation, layer: Any, rows: list[tuple[int, int, int]]) -> None:
    """Inputs (t, row, sign)."""
    sim.inject([(t, layer.spikes, row, sign) for t, row, sign in rows])


def crossings(sim: en.Simulation, layer: Any) -> list[tuple[int, int]]:
    """(tick, unit) of every spike."""
    log = sim.log[sim.log["port"] == int(layer.crossing)]
    return [(int(d["t"]), int(d["index"])) for d in log]


# --- against small steps ---------------------------------------------------------------------------------------------
class Stepped:
    """The same neurons by Runge and Kutta's fourth order, tick by tick; a crossing inside a tick by bisection.

    Knows nothing of closed forms, of predictions or of lists of targets: weights are a matrix [inputs, units].
    """

    def __init__(self, w: Any, alpha: bool, tau_m: float, tau_s: float, reset: float, refractory: int) -> None:
        self.w, self.alpha, self.tau_m, self.tau_s = np.asarray(w, float), alpha, tau_m, tau_s
        self.reset, self.refractory = reset, refractory
        self.x = np.zeros((self.w.shape[1], 3))  # potential, current, slope of the current
        self.free = np.full(self.w.shape[1], -math.inf)
        self.arrivals: dict[int, list[tuple[int, int]]] = {}
        self.spikes: list[tuple[int, int, float]] = []  # (tick, unit, exact time)

    def slope(self, x: Any, held: bool) -> Any:
        v, current, rise = x
        return np.array([
            0.0 if held else (current - v) / self.tau_m, (rise if self.alpha else 0.0) - current / self.tau_s,
            -rise / self.tau_s,
        ])  # fmt: skip

    def after(self, x: Any, h: float, held: bool) -> Any:
        k1 = self.slope(x, held)
        k2 = self.slope(x + h / 2 * k1, held)
        k3 = self.slope(x + h / 2 * k2, held)
        k4 = self.slope(x + h * k3, held)
        return x + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)

    def tick(self, j: int, t: int) -> None:
        """Unit j from t to t + 1."""
        at, x = float(t), self.x[j]
        if self.free[j] > at:
            end = min(self.free[j], t + 1.0)
            x, at = self.after(x, end - at, True), end
        left = t + 1 - at
        if left > 0:
            end = self.after(x, left, False)
            if end[0] >= 1:
                low, high = 0.0, left
                for _ in range(60):
                    middle = (low + high) / 2
                    low, high = (middle, high) if self.after(x, middle, False)[0] < 1 else (low, middle)
                exact = at + high
                self.spikes.append((t + 1, j, exact))
                x = self.after(x, high, False)
                x[0] = self.reset
                self.free[j] = exact + self.refractory
                x = self.after(x, left - high, True)
            else:
                x = end
        self.x[j] = x

    def run(self, until: int, delays: Any) -> Any:
        """Inputs are in `arrivals`; spikes of unit j come back as row j after delays[j]."""
        for t in range(until):
            for row, sign in self.arrivals.pop(t, []):
                self.x[:, 2 if self.alpha else 1] += sign * self.w[row] * (math.e / self.tau_s if self.alpha else 1)
            for j in range(len(self.x)):
                self.tick(j, t)
            for tick, j, _ in self.spikes[::-1]:
                if tick < t + 1:
                    break
                self.arrivals.setdefault(tick + int(delays[j]), []).append((j, 1))
        return self.spikes


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("tau_m", "tau_s"), TAUS)
def test_a_recurrent_network_fires_as_in_small_steps(tau_m: float, tau_s: float, kind: Any, engine: str) -> None:
    rng = np.random.default_rng(5)
    n, until = 5, 600
    w = np.vstack([rng.normal(0.2, 0.8, (n, n)), rng.uniform(0.5, 2.5, (n, n))])
    delays = rng.integers(5, 40, n)
    reset, refractory = -0.4, 17
    inputs = [(int(t), n + int(rng.integers(n)), 1) for t in np.sort(rng.integers(0, until - 100, 90))]
    net, layer, _ = layer_of(w, kind, tau_m=tau_m, tau_s=tau_s, reset=reset, refractory=refractory, delays=delays)
    net.connect(layer.axon, layer.spikes)
    sim = en.Simulation(net, engine=engine, record=True)
    feed(sim, layer, inputs)
    sim.run(until=until + 1)
    oracle = Stepped(w, kind is en.AlphaCurrent, tau_m, tau_s, reset, refractory)
    for t, row, sign in inputs:
        oracle.arrivals.setdefault(t, []).append((row, sign))
    wanted = oracle.run(until, delays)
    assert crossings(sim, layer) == sorted((t, j) for t, j, _ in wanted)
    assert len(wanted) > 25
    view = sim[layer]
    assert view.updates[1] > 40  # predictions moved
    # A step of the oracle, a 60th of a time constant, is good to some 1e-10 of a current that reaches tens.
    last = {j: exact for _, j, exact in wanted}
    for j, exact in last.items():
        assert view.fired[j] - view.early[j] == pytest.approx(exact, abs=1e-5)
    assert layer.potential(view, until) == pytest.approx(oracle.x[:, 0], abs=1e-6)


# --- the tick and the exact time -------------------------------------------------------------------------------------
def first_crossing(current: float, tau_m: float = 200.0) -> float:
    """Of a unit at rest with tau_m = 2 tau_s: the larger root of I x^2 - I x + 1 = 0."""
    return -tau_m * math.log((1 + math.sqrt(1 - 4 / current)) / 2)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_spike_is_delivered_at_the_tick_at_or_after_its_crossing(engine: str) -> None:
    for current in np.linspace(4.1, 60, 40):
        net, layer, sink = layer_of([[current]], tau_m=200.0, tau_s=100.0, refractory=10**6)
        sim = en.Simulation(net, engine=engine, record=True)
        feed(sim, layer, [(7, 0, 1)])
        sim.run(until=8)
        exact = 7 + first_crossing(current)
        view = sim[layer]
        assert view.due[0] - view.ahead[0] == pytest.approx(exact, rel=1e-13)
        assert view.due[0] == math.ceil(exact)
        sim.run()
        assert crossings(sim, layer) == [(math.ceil(exact), 0)]
        assert (view.fired[0], view.due[0]) == (math.ceil(exact), FOREVER)
        assert view.fired[0] - view.early[0] == pytest.approx(exact, rel=1e-13)
        assert sim.log["t"][sim.log["port"] == int(sink.spikes)].tolist() == [math.ceil(exact)]


@pytest.mark.parametrize("engine", ENGINES)
def test_the_refractory_time_is_counted_from_the_crossing_and_not_from_its_tick(engine: str) -> None:
    """The second spike of one strong input: reset to 0 at T + 20, with the current that is left then."""
    current = 60.3
    net, layer, _ = layer_of([[current]], tau_m=200.0, tau_s=100.0, refractory=20)
    sim = en.Simulation(net, engine=engine, record=True)
    feed(sim, layer, [(0, 0, 1)])
    sim.run(until=6)
    first = first_crossing(current)
    assert sim[layer].fired[0] == math.ceil(first) == 4
    left = current * math.exp(-(first + 20) / 100)
    second = first + 20 + first_crossing(left)
    assert second != pytest.approx(4 + 20 + first_crossing(left), abs=0.1)
    view = sim[layer]
    assert view.due[0] - view.ahead[0] == pytest.approx(second, rel=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_how_exact_a_time_is_does_not_depend_on_how_late_it_is(kind: Any) -> None:
    found = []
    for shift in (0, 10**15):
        net, layer, _ = layer_of([[3.7, 5.2]], kind, tau_m=200.0, tau_s=70.0, refractory=9)
        sim = en.Simulation(net, record=True)
        feed(sim, layer, [(shift + t, 0, s) for t, s in ((0, 1), (3, 1), (20, -1), (21, 1), (60, 1))])
        sim.run()
        view = sim[layer]
        ticks = [(t - shift, j) for t, j in crossings(sim, layer)]
        found.append((ticks, view.early.tobytes(), view.v.tobytes(), view.current.tobytes()))
    assert len(found[0][0]) > 3
    assert found[0] == found[1]


# --- the last instant ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("order", en.ORDERS)
@pytest.mark.parametrize("engine", ENGINES)
def test_a_spike_is_taken_back_one_tick_before_and_not_at_its_tick(engine: str, order: str) -> None:
    due = math.ceil(first_crossing(4.5))
    assert due > 20
    for t, spikes in ((due - 1, []), (due, [(due, 0)])):
        net, layer, _ = layer_of([[4.5], [900.0]], tau_m=200.0, tau_s=100.0, refractory=1000)
        sim = en.Simulation(net, order, engine=engine, record=True)
        feed(sim, layer, [(0, 0, 1), (t, 1, -1)])
        sim.run()
        assert crossings(sim, layer) == spikes
        ports = sim.log["port"][sim.log["t"] == due].tolist()
        if spikes:  # before the input of its tick
            assert ports.index(int(layer.crossing)) < ports.index(int(layer.spikes))
        assert sim.predictions == 0
        assert sim[layer].updates.tolist() == [2, 0, 1 - len(spikes)]


@pytest.mark.parametrize("engine", ENGINES)
def test_a_spike_taken_back_and_given_again_in_one_tick_is_not_lost(engine: str) -> None:
    due = math.ceil(first_crossing(4.5))
    for t in (due - 1, due // 2):
        net, layer, _ = layer_of([[4.5], [4.0]], tau_m=200.0, tau_s=100.0, refractory=1000)
        sim = en.Simulation(net, engine=engine, record=True)
        feed(sim, layer, [(0, 0, 1), (t, 1, -1), (t, 1, 1)])
        sim.run()
        assert crossings(sim, layer) == [(due, 0)]
        assert sim[layer].updates.tolist() == [3, 0, 1]


@pytest.mark.parametrize("engine", ENGINES)
def test_an_input_one_tick_before_moves_the_crossing_inside_the_tick_or_to_a_later_one(engine: str) -> None:
    due = math.ceil(first_crossing(4.5))
    net, layer, _ = layer_of([[4.5], [3.0], [0.95]], tau_m=200.0, tau_s=100.0, refractory=1000)
    ahead = []
    for row, sign in ((None, 1), (1, 1), (2, -1)):
        sim = en.Simulation(net, engine=engine, record=True)
        feed(sim, layer, [(0, 0, 1)] + ([] if row is None else [(due - 1, row, sign)]))
        sim.run(until=due)
        view = sim[layer]
        ahead.append(float(view.due[0] - due - view.ahead[0]))
        sim.run()
        assert crossings(sim, layer) == [(due if row != 2 else int(view.fired[0]), 0)]
    assert -1 < ahead[1] < ahead[0] <= 0 < ahead[2]


@pytest.mark.parametrize("engine", ENGINES)
def test_spikes_of_one_tick_go_before_what_they_send_one_another(engine: str) -> None:
    """Two units cross in one tick and inhibit each other at once: too late for both, in the order of their numbers."""
    w = [[0.0, -50.0], [-50.0, 0.0], [4.5, 4.5]]
    net, layer, _ = layer_of(w, tau_m=200.0, tau_s=100.0, refractory=1000)
    net.connect(layer.out, layer.spikes)
    for order in en.ORDERS:
        sim = en.Simulation(net, order, engine=engine, record=True)
        feed(sim, layer, [(0, 2, 1)])
        sim.run()
        due = math.ceil(first_crossing(4.5))
        assert crossings(sim, layer) == [(due, 0), (due, 1)]


@pytest.mark.parametrize("engine", ENGINES)
def test_the_parent_of_a_spike_is_the_input_that_last_moved_it(engine: str) -> None:
    net, layer, _ = layer_of([[4.5], [0.1]], tau_m=200.0, tau_s=100.0)
    sim = en.Simulation(net, engine=engine, record=True, roots=True)
    feed(sim, layer, [(0, 0, 1), (3, 1, 1)])
    sim.run(until=90)
    spike = sim.log[sim.log["port"] == int(layer.crossing)][0]
    assert (spike["parent"], spike["root"]) == (1, 1)


# --- one entry a unit ------------------------------------------------------------------------------------------------
def recurrent(n: int, fan_out: int, kind: Any = en.ExponentialCurrent, seed: int = 0) -> tuple[Any, Any, Any]:
    """Sparse, 80 % excitatory, axonal delays of 0.5 to 5 ms, 1 ms refractory; each unit has an input of its own."""
    rng = np.random.default_rng(seed)
    sources = np.repeat(np.arange(n), fan_out)
    targets = np.concatenate([rng.choice(n, fan_out, replace=False) for _ in range(n)])
    w = np.where(sources < 0.8 * n, 0.1, -0.5) * 100 / fan_out
    start, to, values = en.sparse_rows(
        np.append(sources, n + np.arange(n)), np.append(targets, np.arange(n)), np.append(w, np.full(n, 0.15)), 2 * n
    )
    net = en.Network("float64")
    layer = net.add(kind(
        n, net.weights(values), start=start, targets=to, refractory=1000, delays=rng.integers(500, 5001, n),
        name="layer",
    ))  # fmt: skip
    net.connect(layer.axon, layer.spikes)
    ticks = np.sort(rng.integers(0, 100_000, 100 * n))
    return net, layer, [(int(t), int(n + j), 1) for t, j in zip(ticks, rng.integers(0, n, len(ticks)), strict=True)]


@pytest.mark.slow
def test_the_queue_holds_one_prediction_a_unit_at_most_in_a_network_of_a_thousand() -> None:
    net, layer, inputs = recurrent(1000, 100)
    sim = en.Simulation(net)
    feed(sim, layer, inputs)
    most = 0
    view = sim[layer]
    for t in range(500, 100_001, 500):
        sim.run(until=t)
        assert sim.predictions == np.count_nonzero(view.due != FOREVER) <= 1000
        most = max(most, sim.predictions)
    spikes = sim.tally.by_port()["layer.crossing"]["deliveries"]
    assert 20 < spikes / 1000 / 0.1 < 100  # Hz
    assert 50 < most < 500
    assert view.updates[1] > 5 * spikes  # so many would be dead entries in a queue of versions


# --- pieces ----------------------------------------------------------------------------------------------------------
@pytest.mark.slow
@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("kind", KINDS)
def test_a_run_split_anywhere_equals_one_run(kind: Any, engine: str) -> None:
    net, layer, inputs = recurrent(20, 5, kind)

    def result(pieces: list[int]) -> Any:
        sim = en.Simulation(net, engine=engine, record=True)
        feed(sim, layer, inputs)
        for t in pieces:
            sim.run(until=t)
            layer.potential(sim[layer], t)  # to look changes nothing
        sim.run(until=100_000)
        return sim.log.tobytes(), {k: v.tobytes() for k, v in sim.state(layer).items()}

    whole = result([])
    for seed in range(5):
        assert result(np.sort(np.random.default_rng(seed).integers(0, 100_000, 40)).tolist()) == whole


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("tau_m", "tau_s"), TAUS)
def test_a_potential_brought_up_in_k_pieces_is_off_by_k_roundings(tau_m: float, tau_s: float, kind: Any) -> None:
    net, layer, _ = layer_of([[0.9], [0.0]], kind, tau_m=tau_m, tau_s=tau_s)
    for k in (1, 10, 100):
        sims = []
        for pieces in (k, 0):
            sim = en.Simulation(net)
            ticks = np.sort(np.random.default_rng(k).integers(1, 150, pieces))
            feed(sim, layer, [(0, 0, 1), *((int(t), 1, 1) for t in ticks)])
            sim.run(until=150)
            sims.append(layer.potential(sim[layer], 150)[0])
        assert abs(sims[0] - sims[1]) <= 2 * (k + 2) * 2.0**-52


# --- connectivity ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("engine", ENGINES)
def test_lists_that_hold_every_synapse_equal_rows(engine: str) -> None:
    w = np.random.default_rng(1).normal(1, 2, (4, 3))
    start, targets, values = en.sparse_rows(np.repeat(np.arange(4), 3), np.tile(np.arange(3), 4), w, 4)
    found = []
    for weights, lists in ((w, {}), (values, {"start": start, "targets": targets, "units": 3})):
        net, layer, _ = layer_of(weights, tau_m=200.0, tau_s=60.0, **lists)
        net.connect(layer.out, layer.spikes, 3)
        sim = en.Simulation(net, engine=engine, record=True)
        feed(sim, layer, [(t, t % 4, 1) for t in range(0, 60, 3)])
        sim.run(until=100)
        found.append((sim.log.tobytes(), sim[layer].v.tobytes(), sim.tally.by_port()))
    assert found[0] == found[1]
    assert found[0][2]["layer.crossing"]["deliveries"] > 5


def test_an_input_without_targets_does_nothing_and_two_synapses_add_twice() -> None:
    start, targets, values = en.sparse_rows([2, 0, 2], [1, 0, 1], [0.25, 0.5, 0.5], 3)
    net, layer, _ = layer_of(values, start=start, targets=targets, units=2)
    sim = en.Simulation(net)
    feed(sim, layer, [(5, 0, 1), (5, 1, 1), (5, 2, 1), (5, 2, -1), (5, 2, 1)])
    sim.run()
    assert sim[layer].current.tolist() == [0.5, 0.75]
    assert sim[layer].updates[0] == 7


def test_a_spike_leaves_at_once_and_by_the_axon_after_its_own_delay() -> None:
    net, layer, sink = layer_of([[4.5, 9.0, 20.0]], tau_m=200.0, tau_s=100.0, refractory=1000, delays=[0, 7, 300])
    axons = net.add(en.Sink(3, name="axons"))
    net.connect(layer.axon, axons.spikes, 2)
    sim = en.Simulation(net, record=True)
    feed(sim, layer, [(0, 0, 1)])
    sim.run(until=900)
    at = {
        name: {int(d["index"]): int(d["t"]) for d in sim.log if d["port"] == int(port)}
        for name, port in (("cross", layer.crossing), ("out", sink.spikes), ("axon", axons.spikes))
    }
    assert at["out"] == at["cross"]
    assert at["axon"] == {j: t + (0, 7, 300)[j] + 2 for j, t in at["cross"].items()}
    assert len(at["axon"]) == 3


# --- numbers, rest and files -----------------------------------------------------------------------------------------
@pytest.mark.parametrize("kind", KINDS)
def test_a_float32_network_is_close_to_a_float64_one(kind: Any) -> None:
    found = {}
    for dtype in ("float64", "float32"):
        net, layer, _ = layer_of([[2.0, 3.1]], kind, dtype, tau_m=20_000.0, tau_s=7_000.0)
        sim = en.Simulation(net, record=True)
        feed(sim, layer, [(t, 0, 1) for t in range(0, 50_000, 2500)])
        sim.run(until=60_000)
        found[dtype] = crossings(sim, layer)
    assert [j for _, j in found["float32"]] == [j for _, j in found["float64"]]
    apart = [abs(a[0] - b[0]) for a, b in zip(found["float32"], found["float64"], strict=True)]
    assert max(apart) <= 1
    assert len(apart) > 10
    with pytest.raises(NetworkError, match="works in float64 or float32"):
        layer_of([[2]], kind, "int32")


def test_rest_shifts_everything() -> None:
    """Powers of two, so that shifting rounds nothing."""
    found = []
    for rest in (0.0, -64.0):
        net, layer, _ = layer_of([[3.0]], rest=rest, threshold=rest + 1, reset=rest - 0.5, tau_m=200.0, tau_s=100.0)
        sim = en.Simulation(net, record=True)
        feed(sim, layer, [(t, 0, 1) for t in (0, 5, 9)])
        sim.run(until=300)
        found.append((crossings(sim, layer), sim[layer].v.tobytes(), layer.potential(sim[layer], 300) - rest))
    assert found[0] == (found[1][0], found[1][1], pytest.approx(found[1][2], abs=1e-14))
    assert len(found[0][0]) > 1


def test_without_a_reset_the_potential_goes_to_rest() -> None:
    net, layer, _ = layer_of([[60.0]], rest=-70.0, threshold=-50.0, refractory=500, tau_m=200.0, tau_s=100.0)
    sim = en.Simulation(net, record=True)
    feed(sim, layer, [(0, 0, 1), (0, 0, 1)])
    sim.run(until=100)
    assert len(crossings(sim, layer)) == 1
    assert layer.potential(sim[layer], 100).tolist() == [-70.0]


def test_a_potential_of_the_past_is_refused() -> None:
    net, layer, _ = layer_of([[0.5]])
    sim = en.Simulation(net)
    feed(sim, layer, [(9, 0, 1)])
    sim.run()
    assert layer.potential(sim[layer], 9).tolist() == [0.0]
    with pytest.raises(NetworkError, match="potentials at t=8 of 'layer', whose last update was at t=9"):
        layer.potential(sim[layer], 8)


@pytest.mark.parametrize("kind", KINDS)
def test_a_network_file_holds_lists_and_delays(kind: Any, tmp_path: Path) -> None:
    net, layer, inputs = recurrent(20, 5, kind)
    net.save(tmp_path / "net.npz")
    again = en.Network.load(tmp_path / "net.npz")
    logs = []
    for network, target in ((net, layer), (again, again["layer"])):
        sim = en.Simulation(network, record=True)
        feed(sim, target, inputs)
        logs.append(sim.run(until=50_000).log.tobytes())
    assert logs[0] == logs[1]


# --- one a unit ------------------------------------------------------------------------------------------------------
EACH: dict[str, Any] = {
    "tau_m": [200.0, 90.0, 60.0, 200.0], "tau_s": [100.0, 90.0, 130.0, 60.0], "rest": [0.0, -2.0, 1.0, 0.5],
    "threshold": [1.0, -0.75, 1.5, 1.75], "reset": [-0.5, -2.0, 0.25, 0.5], "refractory": [1, 17, 3, 40],
}  # fmt: skip
"""Four units: every relation of the time constants among them."""


def outcome(w: Any, kind: Any, engine: str, dtype: str, inputs: list[tuple[int, int, int]], **options: Any) -> Any:
    """Spikes (tick, unit), the state a unit, the potentials at the end, and the tally's sums."""
    net, layer, _ = layer_of(w, kind, dtype, **options)
    sim = en.Simulation(net, engine=engine, record=True)
    feed(sim, layer, inputs)
    sim.run(until=2000)
    state = {
        name: [x.tobytes() for x in array] for name, array in sim.state(layer).items()
        if name in ("v", "current", "early", "ahead", "updated", "fired", "due")
    }  # fmt: skip
    return (
        crossings(sim, layer),
        state,
        layer.potential(sim[layer], 2000).tolist(),
        sim.tally.totals(),
        sim.log.tobytes(),
    )


def inputs_of(seed: int, n: int) -> list[tuple[int, int, int]]:
    """Inputs (t, row, sign) of four rows."""
    rng = np.random.default_rng(seed)
    ticks = np.sort(rng.integers(0, 1500, n))
    return [(int(t), int(rng.integers(4)), int(rng.choice([1, 1, 1, -1]))) for t in ticks]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_units_with_numbers_of_their_own_are_layers_of_one_unit(dtype: str, kind: Any, engine: str) -> None:
    w, inputs = np.random.default_rng(3).normal(1.5, 1.5, (4, 4)), inputs_of(4, 150)
    spikes, state, potentials, tally, _ = outcome(w, kind, engine, dtype, inputs, **EACH)
    counts = dict.fromkeys(("synaptic_adds", "neuron_adds", "multiplies", "compares", "reads", "spikes"), 0)
    for j in range(4):
        own = {name: values[j] for name, values in EACH.items()}
        alone, one, v, its, _ = outcome(w[:, [j]], kind, engine, dtype, inputs, **own)
        assert len(alone) > 3
        assert [(t, 0) for t, k in spikes if k == j] == alone
        assert {name: [units[j]] for name, units in state.items()} == one
        assert v == [potentials[j]]
        counts = {name: n + its[name] for name, n in counts.items()}
    assert {name: tally[name] for name in counts} == counts


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("names", [["tau_m"], ["tau_s"], ["rest", "threshold"], ["reset"], ["refractory"], list(EACH)])
def test_a_number_given_one_a_unit_does_what_one_for_all_does(names: list[str], kind: Any, engine: str) -> None:
    w, inputs = np.random.default_rng(5).normal(1.5, 1.5, (4, 4)), inputs_of(6, 60)
    one = {name: values[1] for name, values in EACH.items()}
    wanted = outcome(w, kind, engine, "float32", inputs, **one)
    assert len(wanted[0]) > 3
    given = {name: [value] * 4 if name in names else value for name, value in one.items()}
    assert outcome(w, kind, engine, "float32", inputs, **given) == wanted


@pytest.mark.parametrize("kind", KINDS)
def test_units_with_numbers_of_their_own_in_a_recurrent_sparse_network_are_the_same_in_both_engines(kind: Any) -> None:
    rng = np.random.default_rng(7)
    start, targets, w = en.sparse_rows(rng.integers(0, 8, 30), rng.integers(0, 4, 30), rng.normal(0.6, 1.0, 30), 8)
    logs = []
    for engine in ENGINES:
        net, layer, _ = layer_of(w, kind, units=4, start=start, targets=targets, delays=[3, 9, 0, 20], **EACH)
        net.connect(layer.axon, layer.spikes, 2)
        sim = en.Simulation(net, engine=engine, record=True)
        feed(sim, layer, [(t, 4 + row, sign) for t, row, sign in inputs_of(8, 60)])
        sim.run(until=1600)
        assert len(crossings(sim, layer)) > 10
        logs.append((sim.log.tobytes(), sim.tally.totals(), {k: v.tobytes() for k, v in sim.state(layer).items()}))
    assert logs[0] == logs[1]


@pytest.mark.parametrize("kind", KINDS)
def test_numbers_one_a_unit_are_saved_and_a_run_of_them_goes_on(kind: Any, tmp_path: Path) -> None:
    net, layer, _ = layer_of(np.full((4, 4), 0.8), kind, **EACH)
    net.save(tmp_path / "net.npz")
    again = en.Network.load(tmp_path / "net.npz")["layer"]
    for name, values in EACH.items():
        assert np.asarray(getattr(again, name)).tolist() == values
    for name in ("constants", "plan"):
        assert again.integers[name].tobytes() == layer.integers[name].tobytes()
    assert "tau_m=[200.0, 90.0, 60.0, 200.0]" in repr(layer)
    inputs = inputs_of(9, 40)
    whole, part, rest = (en.Simulation(net, engine="reference", record=True) for _ in range(3))
    for sim in (whole, part):
        feed(sim, layer, inputs)
    part.run(until=700)
    rest.resume(part.checkpoint())
    logs = [sim.run(until=1600).log.tobytes() for sim in (whole, rest)]
    assert logs[0] == logs[1]


# --- bad input -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        ({"tau_m": 0.0}, "tau_m is 0.0 ticks; wanted a number above 0"),
        ({"tau_s": -5.0}, "tau_s is -5.0 ticks"),
        ({"threshold": 0.0}, "threshold is 0.0 above rest"),
        ({"threshold": -55.0, "rest": -50.0}, "threshold is -5.0 above rest; wanted a finite number above 0"),
        ({"reset": 1.0}, "reset is 1.0 above rest; wanted a finite number below the threshold"),
        ({"reset": float("nan")}, "reset is nan"),
        ({"refractory": 0}, "refractory is 0; wanted a whole number of ticks, at least 1"),
        ({"refractory": True}, "refractory is True; wanted a whole number of ticks, at least 1"),
        ({"refractory": 2.5}, "refractory is 2.5; wanted a whole number"),
        ({"refractory": [1, 0]}, r"refractory is \[1, 0\]; wanted whole numbers of ticks, at least 1"),
        ({"refractory": [1, 2.5]}, r"refractory is \[1, 2.5\]; wanted whole numbers"),
        ({"refractory": [1, 2, 3]}, "refractory is .*; wanted a finite number, or one for each of 2 units"),
        ({"tau_m": [20.0, 0.0]}, "tau_m is 0.0 ticks; wanted a number above 0"),
        ({"tau_m": [20.0, 10.0, 5.0]}, "tau_m is .*; wanted a finite number, or one for each of 2 units"),
        ({"tau_s": [float("nan"), 10.0]}, "tau_s is .*; wanted a finite number, or one for each of 2 units"),
        ({"threshold": [1.0, -1.0]}, "threshold is -1.0 above rest"),
        ({"rest": [0.0, 2.0]}, "threshold is -1.0 above rest"),
        ({"reset": [0.0, 1.0]}, "reset is 1.0 above rest; wanted a finite number below the threshold"),
        ({"delays": [1]}, "delays are \\(1,\\)"),
        ({"delays": [1, -1]}, "wanted \\[2\\] whole ticks, 0 or more"),
        ({"delays": [1.0, 2.0]}, "delays are \\(2,\\) of float64"),
        ({"units": 3}, "for 3 units; wanted \\[inputs, 3\\], or start and targets"),
        ({"start": [0, 2]}, "one of them is missing"),
        ({"start": [0, 2], "targets": [0, 2]}, "targets are 0 to 2; wanted 0 to 1"),
        ({"start": [0, 1], "targets": [0, 1]}, "start goes from \\[0\\] to \\[1\\]; wanted never falling, from 0 to 2"),
        ({"start": [0, 2], "targets": [0]}, "1 targets and weights \\[1, 2\\]; wanted a block \\[1, 1\\]"),
        ({"start": [0.0, 2.0], "targets": [0, 1]}, "start is 1-d of float64"),
    ],
)
def test_values_that_cannot_be_are_refused(options: dict[str, Any], wanted: str) -> None:
    with pytest.raises(NetworkError, match=wanted):
        layer_of([[1.0, 2.0]], **options)


def test_an_input_beyond_the_rows_or_out_of_order_is_refused() -> None:
    net, layer, _ = layer_of([[1.0, 2.0]])
    sim = en.Simulation(net)
    with pytest.raises(InputError, match="takes indices 0 to 0"):
        feed(sim, layer, [(0, 1, 1)])
    feed(sim, layer, [(5, 0, 1)])
    sim.run()
    with pytest.raises(InputError, match="time is 6 already"):
        feed(sim, layer, [(5, 0, 1)])


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("kind", KINDS)
def test_a_current_that_is_no_number_is_an_error_and_no_spike(kind: Any, engine: str) -> None:
    for tau_s in (100.0, 200.0, 70.0):
        net, layer, _ = layer_of([[1.0]], kind, tau_m=200.0, tau_s=tau_s)
        sim = en.Simulation(net, engine=engine)
        sim.store.arrays[layer.name, "current"][0] = math.nan  # as a rule might write it
        feed(sim, layer, [(5, 0, 1)])
        with pytest.raises(RuleError, match=r"layer.spikes at t=5, index 0: .* a time that is not a number"):
            sim.run()
