"""Table 9.1, NLN: numbers of the first pass are overwritten one at a time, and those that an update reads are counted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

import eventnet as en
from eventnet.data import one_hot
from eventnet.models import (
    ContinuousEquilibriumNetwork,
    ConventionalNetwork,
    InitializedEquilibriumNetwork,
    ReluNetwork,
    SpikeProp,
    SpikingEquilibriumNetwork,
)
from eventnet.models.dsn import DsnOptions, Training
from eventnet.models.equilibrium_states import Energy
from eventnet.scenarios.reproductions.checklist import MODELS
from eventnet.scenarios.reproductions.common.checklist_models import SIZES as TABLE
from eventnet.scenarios.reproductions.common.checklist_models import below_outputs, settled_units
from eventnet.scenarios.reproductions.common.exclusive_or import network

SIZES = [6, 5, 3]
RNG = np.random.default_rng(2)
X, Y = RNG.uniform(0.5, 1, (1, 6)), np.array([1])


def read(update: Callable[[Sequence[Any]], Any], held: Sequence[Any]) -> int:
    """How many numbers of these arrays change what `update` makes of them, each overwritten alone."""
    first, found = update([array.copy() for array in held]), 0
    for k, array in enumerate(held):
        for at in np.ndindex(array.shape):
            copies = [one.copy() for one in held]
            copies[k][at] = 0.5 * array[at] + 0.2
            found += int(np.any(update(copies) != first))
    return found


def of_engine(
    make: Callable[[], tuple[en.Simulation, int]], names: Sequence[tuple[str, str]], blocks: int, end: int | None = None
) -> int:
    """The same of a simulation's state, (module, array), at a tick: what its weights have become in the end.

    end: a tick to run to, for units that go on by themselves.
    """

    def run(change: Any = None) -> Any:
        sim, until = make()
        sim.run(until=until)
        if change is not None:
            module, name, at = change
            getattr(sim[sim.net[module]], name)[at] += 3
        sim.run(until=end)
        return np.concatenate([sim.weights(f"W{k}").ravel() for k in range(blocks)])

    sim, first = make()[0], run()
    places = [(module, name, at) for module, name in names for at in range(len(sim.state(module)[name]))]
    return sum(int((run(place) != first).any()) for place in places)


def test_backpropagation_reads_inputs_and_hidden_activations() -> None:
    net = ConventionalNetwork(SIZES, dtype="float64", seed=3)
    dense = [part for part in net._parts if part.learned]
    dense[0].learned["weights"][:] = np.abs(dense[0].learned["weights"])

    def update(held: Sequence[Any]) -> Any:
        made = X
        for part in net._parts:
            made = part.forward(made, True)
        for part, array in zip(dense, held, strict=True):
            part._x = array  # type: ignore[attr-defined]
        error = made - one_hot(Y, 3)
        for k in reversed(range(len(net._parts))):
            error = net._parts[k].backward(error, k > 0)
        for part in dense:
            part.measure()
        return np.concatenate([array.ravel() for part in dense for array in part.gradients.values()])

    hidden = np.maximum(X @ dense[0].learned["weights"], 0)
    assert read(update, [X, hidden]) == below_outputs(SIZES)


def test_a_rectified_network_reads_inputs_and_hidden_activations() -> None:
    net = ReluNetwork(SIZES, dtype="float64", init_scale=0.1, seed=3)
    net.weights[0][:] = np.abs(net.weights[0])
    start, error = [w.copy() for w in net.weights], np.array([0.3, -0.2, 0.1])

    def update(held: Sequence[Any]) -> Any:
        for w, old in zip(net.weights, start, strict=True):
            w[:] = old
        passes, _ = net._forward(X[0])
        made = [one._replace(active=array) for one, array in zip(passes, held, strict=True)]
        net._descend(made, error)
        return np.concatenate([w.ravel() for w in net.weights])

    assert read(update, [one.active for one in net._forward(X[0])[0]]) == below_outputs(SIZES)


@pytest.mark.parametrize("lam", [0.0, 0.5])
def test_phases_in_steps_of_time_read_the_states_of_the_first_and_of_a_forward_network(lam: float) -> None:
    net = InitializedEquilibriumNetwork(SIZES, lam=lam, dtype="float64", seed=3)
    for array in (*net.weights, *net.forward_weights):
        array *= 0.3  # no unit is held at 0 or 1, where it would hear nothing
    for array in (*net.biases, *net.forward_biases):
        array[:] = 0.3
    energy, forward, y = Energy(net.weights, net.biases, lam), net.forward(X), one_hot(Y, 3)
    minus = energy.settle(X, forward, 20, 0.5, forward=forward)
    plus = energy.settle(X, minus, 4, 0.5, forward=forward, target=y, beta=0.5)

    def contrast(held: Sequence[Any]) -> Any:
        return np.concatenate([part.ravel() for pair in energy.contrast(X, held, plus) for part in pair])

    def both(held: Sequence[Any]) -> Any:
        then = energy.settle(X, minus, 4, 0.5, forward=held[2:], target=y, beta=0.5)
        made = [*energy.contrast(X, held[:2], then), *net.forward_gradients(X, held[:2])]
        return np.concatenate([part.ravel() for pair in made for part in pair])

    assert read(contrast, minus) == settled_units(SIZES)
    assert read(both, [*minus, *forward]) == settled_units(SIZES) * (2 if lam else 1)


@pytest.mark.slow
def test_a_network_of_bits_reads_the_states_of_its_first_phase(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = Energy.contrast

    def update(held: Sequence[Any]) -> Any:
        def contrast(self: Energy, x: Any, minus: Any, plus: Any) -> Any:
            return whole(self, x, [np.where(b != 0, 0.5 * a + 0.2, a) for a, b in zip(minus, held, strict=True)], plus)

        monkeypatch.setattr(Energy, "contrast", contrast)
        net = SpikingEquilibriumNetwork(SIZES, steps=(20, 10), dtype="float64", seed=3)
        for b in net.biases:
            b[:] = 0.2
        net.partial_fit(X, Y)
        return np.concatenate([array.ravel() for array in net.arrays().values()])

    assert read(update, [np.zeros((1, 5)), np.zeros((1, 3))]) == settled_units(SIZES)


def test_continuous_time_reads_means_of_its_first_phase() -> None:
    net = ContinuousEquilibriumNetwork(SIZES, duration=(8.0, 8.0), seed=3)
    for b in net.biases:
        b[:] = 0.3

    def make() -> tuple[en.Simulation, int]:
        sim = net.simulation(budget=2**62)
        sim.inject(net.sample(sim.net, 0, net._inputs(X)[0], 1))
        return sim, 3 + net._spans[0] + 1

    end = net.span(learning=True)
    assert of_engine(make, [("layer0", "was"), ("layer1", "was")], 2, end) == settled_units(SIZES)
    assert of_engine(make, [("layer0", "mean"), ("layer1", "mean")], 2, end) == 0  # of the second phase, not there yet


def test_a_deep_spiking_network_reads_counts_of_inputs_and_of_hidden_spikes() -> None:
    options = DsnOptions(steps=1, learning_rate=0.1, dtype="float64", engine="reference")
    weights = [np.full((6, 5), 0.5), np.full((5, 3), 0.4)]

    def make() -> tuple[en.Simulation, int]:
        made = Training(weights, options, np.ones((1, 6)), one_hot(Y, 3).astype(float), ())
        sim = en.Simulation(made.net, order=options.order, engine=options.engine)
        events = made.inputs()
        sim.inject(events)
        return sim, int(events["t"][events["port"] == int(made.target.spikes)][0])

    assert of_engine(make, [("update0", "c"), ("update1", "c")], 2) == below_outputs(SIZES)


def test_single_spikes_read_the_times_of_all_units() -> None:
    net = SpikeProp([3, 4, 1], [1.0, 2.0, 3.0], tau=3.0, weights=(0.4, 0.8), seed=2, engine="reference")

    def make() -> tuple[en.Simulation, int]:
        sim = net._simulation(True)
        errors: Any = sim.net["errors1"]
        last = net._span() - 1
        parts = net._sample(sim.net, 0, np.array([0.0, 0.5, 1.0]))
        events = np.concatenate([*parts, en.events([(last, errors.target, 0, 1), (last, errors.error, 0, 1)])])
        sim.inject(events[np.argsort(events["t"], kind="stable")])
        return sim, last

    # `seen` of layer1 is a copy of what `fired` of layer0 says
    assert of_engine(make, [("layer0", "seen"), ("layer0", "fired"), ("layer1", "fired")], 2) == sum(net.sizes)


def test_the_table_s_numbers_are_those_counts() -> None:
    assert below_outputs(SIZES) == 11
    assert settled_units(SIZES) == 8
    held = {name: model.held for name, model in MODELS.items()}
    for name in ("ConventionalNetwork, backpropagation", "ReluNetwork, backpropagation", "DeepSpikingNetwork"):
        assert held[name] == below_outputs(TABLE) == 884
    for name in ("EquilibriumNetwork, euler", "SpikingEquilibriumNetwork", "ContinuousEquilibriumNetwork"):
        assert held[name] == settled_units(TABLE) == 110
    assert held["InitializedEquilibriumNetwork"] == 2 * settled_units(TABLE)
    assert held["SpikeProp"] == sum(network("tau 3 ms, rate 1", 1).sizes)
