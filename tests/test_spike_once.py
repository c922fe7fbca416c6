"""Units that fire once: crossings by a scan of the sum of kernels, both engines, and what is refused."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import eventnet as en
from eventnet.errors import NetworkError, RuleError
from eventnet.neurons.last_spikes import NEVER_SEEN
from eventnet.neurons.spike_once import first_crossing
from eventnet.order import ORDERS

TAU, DELAYS = 700, [10, 250, 400, 900]


def scanned(s: Any, threshold: float, end: float, steps: int = 4000) -> float:
    """The first time at which a function is past the threshold: by a scan, then by halving."""
    for k in range(1, steps + 1):
        if s(end * k / steps) >= threshold:
            low, high = end * (k - 1) / steps, end * k / steps
            for _ in range(100):
                middle = (low + high) / 2
                low, high = (low, middle) if s(middle) >= threshold else (middle, high)
            return high
    return math.inf


@pytest.mark.parametrize("seed", range(5))
def test_the_first_crossing_is_that_of_a_scan(seed: int) -> None:
    rng, tally, found = np.random.default_rng(seed), np.zeros(20, np.int64), 0
    for a, b in rng.normal((-1, 4), 3, (60, 2)):
        x = first_crossing(a, b, 1.0, tally)
        wanted = scanned(lambda t, a=a, b=b: (a + b * t) * math.exp(-t), 1.0, 12.0)
        if a >= 1:
            assert x == 0
        elif math.isinf(wanted):
            assert x > 12 or abs(b * math.exp(a / b - 1) - 1) < 1e-5  # a scan may miss what hardly crosses
        else:
            assert x == pytest.approx(wanted, abs=1e-12)
            found += 1
    assert found > 10


def test_a_peak_at_the_threshold_is_reached_and_one_below_is_not() -> None:
    tally = np.zeros(20, np.int64)
    assert first_crossing(0.0, math.e * (1 + 1e-9), 1.0, tally) == pytest.approx(1, abs=1e-4)
    assert first_crossing(0.0, math.e * (1 - 1e-9), 1.0, tally) == math.inf
    assert first_crossing(0.5, 0.4, 1.0, tally) == math.inf  # past its peak
    assert first_crossing(-2.0, -1.0, 1.0, tally) == math.inf


def simulation(w: np.ndarray, *, tau: Any = TAU, threshold: Any = 1.0, **options: Any) -> en.Simulation:
    net = en.Network("float64")
    layer = net.add(en.SpikeOnce(w.shape[1], net.weights(w), delays=DELAYS, tau=tau, threshold=threshold, name="layer"))
    net.connect(layer.delayed, layer.arrive)
    net.connect(layer.out, net.add(en.Sink(w.shape[1], name="out")).spikes)
    return en.Simulation(net, record=True, **options)


def times(sim: en.Simulation) -> list[float]:
    state = sim.state("layer")
    return [math.inf if f == NEVER_SEEN else f - e for f, e in zip(state["fired"], state["early"], strict=True)]


@pytest.mark.parametrize("seed", range(6))
def test_units_fire_at_the_first_crossing_of_the_sum_of_kernels(seed: int) -> None:
    rng = np.random.default_rng(seed)
    w, inputs = rng.normal(0.15, 0.3, (12, 5)), rng.integers(0, 500, 3)
    sim = simulation(w, engine="reference", check=True)
    sim.inject(sorted((int(t), sim.net["layer"].spikes, i, 1) for i, t in enumerate(inputs)))
    sim.run()
    for j, found in enumerate(times(sim)):

        def s(t: float, j: int = j) -> float:
            x = [(t - inputs[i] - d) / TAU for i in range(3) for d in DELAYS]
            return sum(v * y * math.exp(1 - y) for v, y in zip(w[:, j], x, strict=True) if y > 0)

        wanted = scanned(s, 1.0, 8000.0)
        assert found == pytest.approx(wanted, abs=1e-8)
    sent = sim.log[sim.log["port"] == int(sim.net["out"].spikes)]
    assert sorted(sent["index"]) == [j for j, t in enumerate(times(sim)) if t < math.inf]
    assert len(sent) > 0
    assert sent["t"].tolist() == sorted(math.ceil(t) for t in times(sim) if t < math.inf)


@pytest.mark.parametrize("order", ORDERS)
def test_both_engines_give_the_same_bytes(order: str) -> None:
    rng = np.random.default_rng(3)
    w, runs = rng.normal(0.2, 0.3, (12, 40)), []
    for engine in ("reference", "compiled"):
        sim = simulation(w, engine=engine, order=order)
        layer = sim.net["layer"]
        for begin in (0, 10_000):
            sim.inject([(begin, layer.reset, 0, 1), (begin + 1, layer.spikes, 2, 1), (begin + 1, layer.spikes, 0, 1)])
            sim.inject([(begin + 300, layer.spikes, 1, -1)])
        runs.append(sim.run())
    assert runs[0].log.tobytes() == runs[1].log.tobytes()
    assert runs[0].tally.by_port() == runs[1].tally.by_port()
    for name, array in runs[0].state("layer").items():
        assert array.tobytes() == runs[1].state("layer")[name].tobytes()
    assert runs[0].tally.by_port()["layer.crossing"]["spikes"] > 10


def test_a_reset_lets_all_begin_anew_and_loses_what_is_on_its_way() -> None:
    w = np.full((4, 1), 0.6)
    alone, after = simulation(w, engine="reference"), simulation(w, engine="reference")
    for sim, begin in ((alone, 0), (after, 0), (after, 500)):
        layer = sim.net["layer"]
        sim.inject([(begin, layer.reset, 0, 1), (begin + 1, layer.spikes, 0, 1)])
        sim.run(until=begin + 500)
    alone.run()
    after.run()
    assert times(after)[0] - 500 == pytest.approx(times(alone)[0], abs=1e-9)
    # silence: reset while arrivals wait, and no further input
    sim = simulation(w, engine="reference")
    layer = sim.net["layer"]
    sim.inject([(0, layer.spikes, 0, 1), (300, layer.reset, 0, 1)])
    assert times(sim.run()) == [math.inf]


@pytest.mark.parametrize("engine", ["reference", "compiled"])
def test_units_with_a_tau_and_a_threshold_of_their_own_do_as_each_does_alone(engine: str) -> None:
    w = np.random.default_rng(5).normal(0.3, 0.3, (12, 4))
    tau, threshold = np.array([300.0, 700.0, 500.0, 900.0]), np.array([0.7, 1.0, 0.4, 1.3])

    def of(units: slice, tau: Any, threshold: Any) -> tuple[en.Simulation, list[float]]:
        sim = simulation(w[:, units], engine=engine, tau=tau, threshold=threshold)
        sim.inject([(t, sim.net["layer"].spikes, i, s) for t, i, s in ((0, 2, 1), (40, 0, 1), (90, 1, -1))])
        return sim.run(), times(sim)

    together, found = of(slice(None), tau, threshold)
    alone = [of(slice(j, j + 1), tau[j], threshold[j]) for j in range(4)]
    assert found == [one for _, (one,) in alone]
    assert sum(t < math.inf for t in found) > 2
    assert len(set(found)) > 2
    counts = [{"reads": 0, "neuron_adds": 0, "multiplies": 0} for _ in range(2)]
    for sums, sims in zip(counts, ([together], [sim for sim, _ in alone]), strict=True):
        for sim in sims:
            sums |= {name: n + sim.tally.by_port()["layer.arrive"][name] for name, n in sums.items()}
    assert counts[0] == counts[1]
    same, _ = of(slice(None), 700, 1.0)
    each, _ = of(slice(None), np.full(4, 700), np.full(4, 1.0))
    assert same.log.tobytes() == each.log.tobytes()
    assert same.tally.by_port() == each.tally.by_port()


def test_a_file_holds_values_one_a_unit(tmp_path: Path) -> None:
    net, tau = en.Network("float64"), np.array([300.0, 700.0])
    net.add(en.SpikeOnce(2, net.weights(np.ones((4, 2))), delays=[1, 2], tau=tau, threshold=[1, 2], name="layer"))
    net.save(tmp_path / "net.npz")
    layer: Any = en.Network.load(tmp_path / "net.npz")["layer"]
    assert (layer.tau.tolist(), layer.threshold.tolist()) == ([300, 700], [1, 2])
    tau[0] = 5  # the array that was given is still its owner's


def test_an_input_that_spikes_twice_is_an_error() -> None:
    sim = simulation(np.full((4, 1), 0.6), engine="reference")
    sim.inject([(t, sim.net["layer"].spikes, 0, 1) for t in (0, 5)])
    with pytest.raises(RuleError, match="an input spiked twice since the last reset; wanted once"):
        sim.run()


def test_rows_are_counted_for_units_that_have_not_fired() -> None:
    w = np.zeros((4, 3))
    w[0, 0] = 50.0  # unit 0 fires at once
    sim = simulation(w, engine="reference")
    sim.inject([(0, sim.net["layer"].spikes, 0, 1)])
    row = sim.run().tally.by_port()["layer.arrive"]
    assert (row["deliveries"], row["synaptic_adds"], row["reads"]) == (4, 3 + 3 * 2, 9)
    assert row["neuron_adds"] >= 18
    assert row["multiplies"] >= 63


@pytest.mark.parametrize(
    ("rows", "options", "message"),
    [
        (4, {"delays": [0, 1, 2, 3]}, "wanted a list of whole ticks, 1 or more"),
        (4, {"delays": [1.5]}, "wanted a list of whole ticks"),
        (4, {"delays": []}, "wanted a list of whole ticks"),
        (4, {"delays": [1, 2, 3]}, "for 3 delays; wanted a multiple of 3 rows"),
        (4, {"tau": 0}, "tau is 0; wanted a finite number above 0"),
        (4, {"threshold": -1}, "threshold is -1"),
        (4, {"threshold": math.nan}, "threshold is nan"),
        (4, {"tau": [10.0, 0.0]}, r"tau is \[10.0, 0.0\]; wanted a finite number above 0, or one a unit"),
        (4, {"tau": [10.0, 5.0, 1.0]}, "wanted a finite number, or one for each of 2 units"),
        (4, {"threshold": [1.0, math.inf]}, "wanted a finite number above 0, or one a unit"),
        (4, {"threshold": [[1.0, 1.0]]}, "wanted a finite number, or one for each of 2 units"),
    ],
)
def test_what_makes_no_sense_is_refused(rows: int, options: dict[str, Any], message: str) -> None:
    net = en.Network("float64")
    with pytest.raises(NetworkError, match=message):
        en.SpikeOnce(2, net.weights(np.ones((rows, 2))), **{"delays": [1, 2], "tau": 10.0} | options)


def test_a_checkpoint_of_the_future_is_refused() -> None:
    sim = simulation(np.full((4, 2), 0.6), engine="reference")
    layer, state = sim.net["layer"], sim.state("layer")
    for name in ("updated", "fired", "seen"):
        found = {key: state[key].copy() for key in ("updated", "fired", "seen", "delays")}
        layer.check_integers(found, 7)
        found[name][0] = 8
        with pytest.raises(ValueError, match=rf"'{name}' at \[0\] is 8"):
            layer.check_integers(found, 7)
    found = {key: state[key].copy() for key in ("updated", "fired", "seen", "delays")}
    found["delays"][1] = 3
    with pytest.raises(ValueError, match="which no rule changes"):
        layer.check_integers(found, 7)
