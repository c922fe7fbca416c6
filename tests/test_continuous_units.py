"""Units in continuous time: events against steps of Euler's method, modes, predictions, both engines, and learning."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from continuous_cases import euler
from few import few, part

import eventnet as en
from eventnet.errors import NetworkError
from eventnet.kernels.out import NEVER
from eventnet.learning import ContinuousUnits, HeldInputs
from eventnet.learning.continuous_units import MARK
from eventnet.models import ContinuousEquilibriumNetwork
from eventnet.neurons.clipped import AT_0, AT_1, FREE, after, end_time, leave_time, mode_of, spike_time, state_at

SIZES = (4, 6, 5, 3)
FREE_FOR, NUDGED_FOR = 8.0, 4.0
RATES = [(0.3, 0.3), (0.3, 0.5), (0.5, 0.2), (0.4, 0.2)]
"""lam and eps; with beta 0.5 the last has lam = k where it is nudged."""


def network(lam: float, eps: float, **options: Any) -> tuple[ContinuousEquilibriumNetwork, np.ndarray]:
    """One with units in all modes, and inputs in whole numbers of 1 / 256."""
    given = {"learning_rate": (0.0, 0.0, 0.0), "scales": (3.0, 2.5, 2.5), "seed": 5, "engine": "reference"}
    net = ContinuousEquilibriumNetwork(
        SIZES, lam=lam, eps=eps, duration=(FREE_FOR, NUDGED_FOR), **given | options
    )  # fmt: skip
    rng = np.random.default_rng(1)
    for bias in net.biases:
        bias[:] = rng.normal(0, 0.4, len(bias))
    return net, rng.integers(0, 257, SIZES[0])


def both_phases(net: ContinuousEquilibriumNetwork, row: np.ndarray, **options: Any) -> en.Simulation:
    """One sample with a target of class 1, up to where the last means are taken."""
    sim = net.simulation(**options)
    sim.inject(net.sample(sim.net, 0, row, 1))
    return sim.run(until=net.span(learning=True) - 2)


def layers_of(sim: en.Simulation) -> list[dict[str, Any]]:
    return [sim.state(f"layer{k}") for k in range(len(SIZES) - 1)]


def by_euler(net: ContinuousEquilibriumNetwork, row: np.ndarray, dt: float) -> dict[str, Any]:
    return euler(
        net.weights, net.biases, row / 256, lam=net.lam, eps=net.eps, until=FREE_FOR + NUDGED_FOR, dt=dt,
        y=np.array([0.0, 1.0, 0.0]), beta=net.beta, nudged_from=FREE_FOR, beta_before=net.first_beta,
    )  # fmt: skip


def apart(found: list[dict[str, Any]], steps: dict[str, Any]) -> dict[str, float]:
    pairs = {"s": "state", "v": "v", "phi": "phi"}
    return {
        name: max(float(np.abs(layer[key] - steps[name][k]).max()) for k, layer in enumerate(found))
        for name, key in pairs.items()
    }


@pytest.mark.slow
@pytest.mark.parametrize(("lam", "eps"), part(RATES[:2], 2))
def test_steps_come_to_the_events_to_first_order(lam: float, eps: float) -> None:
    """A tenth of the step, a tenth of the error: it is that of the steps, in all that a unit has."""
    net, row = network(lam, eps)
    sim = both_phases(net, row)
    found = layers_of(sim)
    coarse, fine = by_euler(net, row, 1e-3), by_euler(net, row, 1e-4)
    modes = np.concatenate([layer["mode"] for layer in found])
    assert set(modes) == {FREE, AT_0, AT_1}
    assert len(coarse["spikes"]) == len(fine["spikes"]) > 30
    assert sim.tally.spikes == len(fine["spikes"])
    first, second = apart(found, coarse), apart(found, fine)
    for name, limit in (("s", 1e-2), ("v", 1e-2), ("phi", 2e-2)):
        assert 1e-8 < second[name] < 0.2 * first[name] < 0.2 * limit, name


@pytest.mark.parametrize(("lam", "eps"), RATES)
def test_steps_are_near_the_events(lam: float, eps: float) -> None:
    net, row = network(lam, eps)
    found, steps = layers_of(both_phases(net, row)), by_euler(net, row, 5e-3)
    assert max(apart(found, steps).values()) < 5e-2


@pytest.mark.parametrize("first", [0.25, -0.25])
def test_a_nudge_that_is_never_off_is_that_of_steps(first: float) -> None:
    net, row = network(0.3, 0.5, beta=(first, 0.75))
    free, _ = network(0.3, 0.5, beta=0.75)
    sim, other = both_phases(net, row), both_phases(free, row)
    assert max(apart(layers_of(sim), by_euler(net, row, 5e-3)).values()) < 5e-2
    first, second = (np.concatenate([layer["was"] for layer in layers_of(run)]) for run in (sim, other))
    assert np.abs(first - second).max() > 0.05  # means of the first phase, which the target has moved


@pytest.mark.parametrize(("order", "beta"), [("fifo", 0.5), ("depth", 0.5), ("random", (-0.25, 0.5))])
def test_both_engines_have_the_same_bytes(order: str, beta: Any) -> None:
    net, row = network(0.3, 0.4, learning_rate=(0.2, 0.2, 0.2), order=order, beta=beta)
    sims = []
    for engine in ("reference", "compiled"):
        net.engine = engine
        sim = net.simulation(record=True)
        for n in range(2):
            sim.inject(net.sample(sim.net, n * net.span(learning=True), row, n))
        sims.append(sim.run(until=2 * net.span(learning=True)))
    one, other = sims
    assert one.log.tobytes() == other.log.tobytes()
    assert one.tally.by_port() == other.tally.by_port()
    for k, w in enumerate(net.weights):
        assert one.weights(f"W{k}").tobytes() == other.weights(f"W{k}").tobytes() != w.tobytes()
        for name, values in one.state(f"layer{k}").items():
            assert values.tobytes() == other.state(f"layer{k}")[name].tobytes(), name


def test_bringing_units_to_the_present_changes_nothing() -> None:
    """A look at all units in between, which is no event of theirs, moves them by rounding alone."""
    net, row = network(0.3, 0.4)
    plain = both_phases(net, row)
    sim = net.simulation()
    layers: Any = [sim.net[f"layer{k}"] for k in range(3)]
    looks = [(t, layer) for t in range(2**31, round(FREE_FOR * 2**32) // 2, 2**31) for layer in layers]
    events = net.sample(sim.net, 0, row, 1)
    more = np.ones(len(looks), dtype=events.dtype)
    for k, (t, layer) in enumerate(looks):
        more["t"][k], more["port"][k], more["index"][k] = t, int(layer.phase), MARK
    both = np.concatenate([events, more])
    sim.inject(both[np.argsort(both["t"], kind="stable")])
    sim.run(until=net.span(learning=True) - 2)
    for layer, looked in zip(layers_of(plain), layers_of(sim), strict=True):
        for name in ("state", "v", "phi", "was", "mean"):
            np.testing.assert_allclose(layer[name], looked[name], atol=1e-8)


# --- one unit --------------------------------------------------------------------------------------------------------
TALLY = np.zeros(32, dtype=np.int64)


def drawn(seed: int) -> tuple[float, ...]:
    """phi, and s, v, g, k, eps, lam of a free unit."""
    rng = np.random.default_rng(seed)
    s, v, g, phi = rng.uniform(0.02, 0.98), rng.normal(0, 2), rng.normal(0.3, 1), rng.uniform(-1, 0.45)
    eps, lam = rng.uniform(0.05, 2, 2)
    k = [eps, 2 * eps, lam, lam * (1 + 1e-9)][seed % 4]
    return phi, s, v, g, k, eps if seed % 4 < 2 else (lam, lam / 2)[seed % 2], lam


@pytest.mark.parametrize("seed", few(range(200), 40))
def test_what_is_predicted_is_the_first_crossing_of_a_fine_scan(seed: int) -> None:
    phi, *unit = drawn(seed)
    times = np.linspace(0, 40, 20_001)
    states = np.array([state_at(t, *unit) for t in times])
    rises = phi + np.array([after(t, *unit, TALLY)[1] for t in times])
    for wait, over in (
        (spike_time(phi, *unit, TALLY), rises >= 0.5), (end_time(*unit, TALLY), (states < 0) | (states > 1)),
    ):  # fmt: skip
        if over.any():
            place = int(np.argmax(over))
            assert times[place - 1] - 1e-9 <= wait <= times[place] + 1e-9
        else:
            assert wait > times[-1]


@pytest.mark.parametrize("seed", range(40))
def test_closed_forms_solve_the_equations(seed: int) -> None:
    """Against steps of the classical Runge-Kutta method, of s, phi and the integral of s."""
    _, s, v, g, k, eps, lam = drawn(seed)

    def change(y: np.ndarray) -> np.ndarray:
        ds = eps * (g + y[3]) - k * y[0]
        return np.array([ds, y[0] + ds / lam, y[0], -lam * y[3]])

    y, dt = np.array([s, 0.0, 0.0, v]), 0.01
    for _ in range(300):
        a = change(y)
        b = change(y + dt / 2 * a)
        c = change(y + dt / 2 * b)
        y = y + dt / 6 * (a + 2 * b + 2 * c + change(y + dt * c))
    np.testing.assert_allclose(after(3.0, s, v, g, k, eps, lam, TALLY), y[:3], atol=1e-7)


def test_modes_and_when_they_end() -> None:
    lam = eps = k = 0.5
    assert mode_of(0.0, -1.0, 0.5, k, eps, TALLY) == AT_0
    assert mode_of(0.0, -0.25, 0.5, k, eps, TALLY) == FREE
    assert mode_of(1.0, 1.0, 0.5, k, eps, TALLY) == AT_1
    assert mode_of(1.0, 0.25, 0.5, k, eps, TALLY) == FREE
    assert leave_time(AT_0, -1.0, 0.5, k, eps, lam, TALLY) == pytest.approx(2 * math.log(2))
    assert leave_time(AT_1, 1.0, 0.5, k, eps, lam, TALLY) == pytest.approx(2 * math.log(2))
    assert leave_time(AT_0, -1.0, -0.5, k, eps, lam, TALLY) == NEVER
    assert leave_time(AT_1, -1.0, 3.0, k, eps, lam, TALLY) == NEVER
    assert leave_time(AT_0, -1.0, 0.0, k, eps, lam, TALLY) == NEVER


def test_a_unit_at_1_spikes_once_a_unit_of_time() -> None:
    net = ContinuousEquilibriumNetwork((1, 1), learning_rate=(0.0,), duration=(20.0, 1.0), engine="reference")
    net.weights[0][:] = 3.0
    sim = net.simulation(record=True)
    sim.inject(net.sample(sim.net, 0, np.array([256])))
    sim.run(until=net.span())
    outputs: Any = sim.net["outputs"]
    times = sim.log["t"][sim.log["port"] == int(outputs.spikes)] / 2**32
    np.testing.assert_allclose(np.diff(times)[-10:], 1.0, atol=1e-9)
    assert sim.state("layer0")["was"][0] == 1.0


# --- learning --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("beta", "apart"), [(0.5, 0.5), ((0.25, 0.75), 0.5), ((0.25, -0.25), -0.5)])
def test_weights_move_by_the_contrast_of_means(beta: Any, apart: float) -> None:
    net, row = network(0.3, 0.3, learning_rate=(0.25, 0.125, 0.5), beta=beta)
    sim = both_phases(net, row)
    means = [(row / 256, row / 256), *((layer["was"], layer["mean"]) for layer in layers_of(sim))]
    sim.run(until=net.span(learning=True))
    for k, w in enumerate(net.weights):
        (low, low_then), (high, high_then) = means[k], means[k + 1]
        rate = net.learning_rate[k] / apart
        wanted = w + rate * (np.outer(low_then, high_then) - np.outer(low, high))
        np.testing.assert_allclose(sim.weights(f"W{k}"), wanted, atol=1e-14)
        np.testing.assert_allclose(
            sim.state(f"layer{k}")["bias"], net.biases[k] + rate * (high_then - high), atol=1e-14
        )


def test_sums_are_counted() -> None:
    """Adds of the inputs' rows, and a row or a column for each spike and each layer that hears it."""
    net, row = network(0.3, 0.3)
    sim = both_phases(net, row)
    spikes = [sim.tally.by_port()[f"layer{k}.happens"]["spikes"] for k in range(3)]
    rows = spikes[0] * SIZES[2] + spikes[1] * (SIZES[1] + SIZES[3]) + spikes[2] * SIZES[2]
    counted = sim.tally.by_kind()
    assert counted["synaptic"] == rows
    assert counted["input"] == np.count_nonzero(row) * SIZES[1]


def test_what_makes_no_sense_is_refused() -> None:
    net = en.Network("float64")
    inputs = net.add(HeldInputs(2))
    block, other = net.weights(np.zeros((2, 3))), net.weights(np.zeros((3, 1)))
    layer = net.add(ContinuousUnits(3, block, inputs, lam=0.3, eps=0.3))
    with pytest.raises(NetworkError, match="reads no weights from above"):
        net.add(ContinuousUnits(1, other, layer, lam=0.3, eps=0.3))
    with pytest.raises(NetworkError, match=r"beta is -0\.5"):
        net.add(ContinuousUnits(3, block, inputs, lam=0.3, eps=0.3, beta=-0.5))
    with pytest.raises(NetworkError, match=r"beta is -0\.6"):
        net.add(ContinuousUnits(3, block, inputs, lam=0.3, eps=0.3, first_beta=-0.6))
    with pytest.raises(NetworkError, match="lam is 0"):
        net.add(ContinuousUnits(3, block, inputs, lam=0, eps=0.3))
