"""The Deep Spiking Network: theorems about its orders, both engines alike, its files, its answers."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from damaging import damage
from dsn_cases import problem, small
from hypothesis import given, settings
from hypothesis import strategies as st

from eventnet.data import digits, scale_pixels
from eventnet.errors import DataError, ModelError
from eventnet.models import DeepSpikingNetwork

ORDERS = ("depth", "breadth", "fifo", "topological", "magnitude", "random")


def trained(x: Any, y: Any, **options: Any) -> list[Any]:
    return small(**options).fit(x, y, epochs=2).weights


def same(a: list[Any], b: list[Any]) -> bool:
    return all(p.tobytes() == q.tobytes() for p, q in zip(a, b, strict=True))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_sgd_with_held_errors_learns_the_same_weights_depth_first_and_breadth_first(dtype: str) -> None:
    x, y = problem()
    assert same(
        trained(x, y, rule="sgd", order="depth", dtype=dtype), trained(x, y, rule="sgd", order="breadth", dtype=dtype)
    )


def test_on_digits_too_and_the_weights_have_moved() -> None:
    d = digits()
    x, y = scale_pixels(d.x_train[:60]), d.y_train[:60]
    nets = [
        DeepSpikingNetwork([784, 40, 10], rule="sgd", order=o, learning_rate=0.1).fit(x, y)
        for o in ("depth", "breadth")
    ]
    assert same(nets[0].weights, nets[1].weights)
    assert not same(nets[0].weights, DeepSpikingNetwork([784, 40, 10]).weights)


@pytest.mark.slow
@pytest.mark.parametrize("order", ORDERS)
def test_every_option_gives_the_same_bytes_on_both_engines(order: str) -> None:
    x, y = problem(4)
    choices = {
        "rule": ("sgd", "fsgd"), "hold_error": (True, False), "smooth": (True, False),
        "backward_reset": ("none", "zero", "random"), "column": ("before", "after"), "regularization": (0.0, 0.01),
        "dtype": ("float32", "float64"), "coalesce": ("none", "burst"), "gate": ("not negative", "positive"),
    }  # fmt: skip
    combinations = list(itertools.product(*choices.values()))
    rng = np.random.default_rng(ORDERS.index(order))
    for k in rng.choice(len(combinations), 12, replace=False):
        options = dict(zip(choices, combinations[k], strict=True))
        nets = [small(order=order, engine=engine, **options) for engine in ("reference", "compiled")]
        for net in nets:
            net.fit(x, y)
        assert same(nets[0].weights, nets[1].weights), options
        assert nets[0].tally.by_port() == nets[1].tally.by_port(), options
        assert nets[0].decision_function(x).tobytes() == nets[1].decision_function(x).tobytes(), options


@pytest.mark.parametrize("order", ORDERS)
def test_a_sum_of_inputs_that_joins_after_the_spikes_gives_the_same_bytes_on_both_engines(order: str) -> None:
    x, y = problem(6)
    options = {"order": order, "smooth": True, "hold_error": False, "input_sum": "after"}
    nets = [small(engine=engine, **options).fit(x, y) for engine in ("reference", "compiled")]
    assert same(nets[0].weights, nets[1].weights)
    assert nets[0].tally.by_port() == nets[1].tally.by_port()
    assert nets[0].tally.by_port()["input_sum.spikes"]["input_adds"] == 6 * 4 * 6  # samples, steps, units


@pytest.mark.parametrize("order", ORDERS)
def test_an_integer_network_multiplies_nothing_and_both_engines_agree(order: str) -> None:
    x, y = problem(6)
    nets = [small(order=order, engine=engine, dtype="int32") for engine in ("reference", "compiled")]
    for net in nets:
        net.fit(x, y)
        assert net.tally.multiplies == 0
        assert net.tally.by_kind()["learning"] > 0
    assert same(nets[0].weights, nets[1].weights)


def test_chunks_of_training_make_no_difference() -> None:
    x, y = problem(20)
    whole, parts = small(), small()
    whole.fit(x, y)
    for k in range(0, 20, 3):
        parts.partial_fit(x[k : k + 3], y[k : k + 3])
    assert same(whole.weights, parts.weights)


def test_the_random_backward_reset_goes_on_where_it_stood() -> None:
    x, y = problem(20)
    whole, parts = small(backward_reset="random"), small(backward_reset="random")
    whole.fit(x, y)
    parts.partial_fit(x[:9], y[:9])
    parts.partial_fit(x[9:], y[9:])
    assert same(whole.weights, parts.weights)


@pytest.mark.parametrize("dtype", ["float32", "int32"])
def test_a_simulation_to_look_into_does_what_the_network_would_and_leaves_it_alone(dtype: str) -> None:
    x, y = problem()
    dsn, other = (small(dtype=dtype).fit(x, y) for _ in range(2))
    before = dsn.weights
    answering = dsn.simulation(x).run()
    learning = dsn.simulation(x, y, order="depth", record=True).run()
    assert same(dsn.weights, before)
    dsn.predict(x)
    assert dsn.tally is not None
    assert answering.tally.by_port() == dsn.tally.by_port()
    other.options["order"] = "depth"
    other.partial_fit(x, y)
    assert not same(other.weights, before)
    assert learning.tally.by_port() == other.tally.by_port()
    assert len(learning.log) == learning.deliveries
    for k, weights in enumerate(other.weights):
        assert np.array_equal(learning.weights(f"W{k}") / other.scale, weights)


def test_threads_give_the_same_answers_and_the_same_tally() -> None:
    d = digits()
    x = scale_pixels(d.x_test[:120])
    dsn = DeepSpikingNetwork([784, 40, 10], init_scale=0.05)
    alone, tally = dsn.decision_function(x), dsn.tally.totals()
    assert dsn.decision_function(x, workers=3).tobytes() == alone.tobytes()
    assert dsn.tally.totals() == tally


def test_answers_are_those_of_a_program_of_twenty_lines() -> None:
    """An oracle without an engine: nested loops and argmax, depth-first."""
    rng = np.random.default_rng(3)
    weights = [np.round(rng.normal(0, 0.5, s) * 256) / 256 for s in ((6, 5), (5, 4), (4, 3))]  # sums are exact
    x = np.round(rng.normal(0, 0.6, (5, 6)) * 256) / 256
    dsn = DeepSpikingNetwork.from_weights(weights, steps=6, order="depth", dtype="float64")
    wanted = []
    for v in x:
        phi = [np.zeros(6)] + [np.zeros(w.shape[1]) for w in weights]

        def deliver(layer: int, i: int, s: int, phi: Any = phi) -> None:
            phi[layer + 1] += s * weights[layer][i]
            while layer + 1 < len(weights) and phi[layer + 1].max() > 0.5:
                j = int(phi[layer + 1].argmax())
                phi[layer + 1][j] -= 1
                deliver(layer + 1, j, 1)

        for _ in range(6):
            phi[0] += v
            spikes = []
            while np.abs(phi[0]).max() > 0.5:
                i = int(np.abs(phi[0]).argmax())
                s = 1 if phi[0][i] > 0 else -1
                phi[0][i] -= s
                spikes.append((i, s))
            for i, s in spikes:
                deliver(0, i, s)
        wanted.append(phi[-1] / 6)
    assert np.array_equal(dsn.decision_function(x), np.array(wanted))


@pytest.mark.slow
def test_it_learns_real_digits() -> None:
    d = digits()
    x, y = scale_pixels(d.x_train), d.y_train
    dsn = DeepSpikingNetwork([784, 100, 10], learning_rate=0.05, init_scale=0.05)
    dsn.fit(x, y, epochs=3)
    assert dsn.score(scale_pixels(d.x_test), d.y_test) > 0.8  # one in ten is chance


def test_a_saved_network_goes_on_as_if_it_had_never_stopped(tmp_path: Path) -> None:
    x, y = problem(20)
    dsn = small(backward_reset="random")
    dsn.fit(x[:10], y[:10])
    dsn.save(tmp_path / "net.npz")
    again = DeepSpikingNetwork.load(tmp_path / "net.npz")
    assert again.options == dsn.options
    for net in (dsn, again):
        net.partial_fit(x[10:], y[10:])
    assert same(dsn.weights, again.weights)
    assert [p.name for p in tmp_path.iterdir()] == ["net.npz"]


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_damaged_file_is_refused(data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("damaged") / "net.npz"
    small().save(path)
    damage(path, data)
    try:
        DeepSpikingNetwork.load(path)
    except DataError:
        pass


@pytest.mark.parametrize("seed", [-1, 2**32, 0.5, float("inf"), "1", None])
def test_a_seed_is_a_whole_number_of_32_bits(seed: Any) -> None:
    with pytest.raises(ModelError, match="seed: found .*; wanted a whole number, 0 to 4,294,967,295"):
        DeepSpikingNetwork([3, 2], seed=seed)


def edited(path: Path, text: Any = None, **arrays: Any) -> None:
    """Change a file's description by a function, and arrays by name; `:` in names is `_`."""
    with np.load(path) as file:
        held = {name: file[name] for name in file.files}
    described = json.loads(held["json"].tobytes())
    if text is not None:
        text(described)
    held["json"] = np.frombuffer(json.dumps(described).encode(), np.uint8)
    held |= {name.replace("_", ":"): array for name, array in arrays.items()}
    np.savez(path, **held)


def test_a_file_of_a_quadrillion_steps_takes_no_memory(tmp_path: Path) -> None:
    small().save(tmp_path / "net.npz")
    edited(tmp_path / "net.npz", lambda text: text["options"].update(steps=10**15))
    assert DeepSpikingNetwork.load(tmp_path / "net.npz").options["steps"] == 10**15


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"back0_draws": np.zeros(1, np.int64)}, r"'draws' of back1 is int64 \[1\]; wanted int64 \[4\]"),
        ({"back0_draws": np.array([0, 0, 7, 1])}, "'draws' at"),
        ({"back0_noticed": np.array([9])}, "'noticed' at"),
        ({"back0_phi": np.zeros(1, np.float32)}, r"'phi' of back1 is float32 \[1\]"),
    ],
)  # fmt: skip
def test_backward_state_that_no_training_leaves_is_refused(change: Any, match: str, tmp_path: Path) -> None:
    network = small(steps=2)
    network.fit(*problem(3), epochs=1)
    network.save(tmp_path / "net.npz")
    DeepSpikingNetwork.load(tmp_path / "net.npz")
    edited(tmp_path / "net.npz", **change)
    with pytest.raises(DataError, match=match):
        DeepSpikingNetwork.load(tmp_path / "net.npz")
