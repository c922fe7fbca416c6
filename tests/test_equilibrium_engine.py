"""Levels on the engine: the batched form's weights to the byte, energy in every order, delays, refusals."""

from __future__ import annotations

from typing import Any

import few
import numpy as np
import pytest
from test_equilibrium_levels import Plain, dyadic, one_hot_changes

from eventnet.errors import ModelError, UnsettledError
from eventnet.models import EquilibriumNetwork
from eventnet.models.equilibrium_engine import ENGINE_ORDERS

ENGINES = ("reference", "compiled")


def samples(sizes: list[int], seed: int, n: int = 12) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = rng.integers(0, 257, (n, sizes[0])) / 256 * (rng.random((n, sizes[0])) < 0.7)
    return x, rng.integers(0, sizes[-1], n)


@pytest.mark.slow
@pytest.mark.parametrize("learn", ["event", "phase"])
@pytest.mark.parametrize(
    ("sizes", "k", "dtype", "grid"),
    [([6, 5, 3], 16, "float32", 256), ([7, 9, 6, 4], 7, "float32", 256), ([5, 4, 3, 3, 2], 64, "float64", 1),
     ([5, 3], 3, "float32", 16)],
)  # fmt: skip
def test_both_engines_learn_the_bytes_of_the_batched_form(
    learn: str, sizes: list[int], k: int, dtype: str, grid: int
) -> None:
    for seed in range(2):
        x, y = samples(sizes, seed)
        rates = tuple(np.random.default_rng(seed).random(len(sizes) - 1))
        options: dict[str, Any] = {
            "k": k, "learn": learn, "dtype": dtype, "grid": grid, "beta": 0.3, "learning_rate": rates, "seed": seed,
            "dither": seed == 1,
        }  # fmt: skip
        first = EquilibriumNetwork(sizes, **options)
        batched, *others = (
            EquilibriumNetwork(sizes, engine=e, **options).fit(x, y, 2, batch=1) for e in (None, *ENGINES)
        )
        assert np.abs(batched.w - first.w).max() > 0.01
        assert (batched.bias != 0).any()
        for net in others:
            assert net.w.tobytes() == batched.w.tobytes()
            assert net.bias.tobytes() == batched.bias.tobytes()
            assert net.states(x).tobytes() == batched.states(x).tobytes()
            assert net.outputs(x).tobytes() == batched.outputs(x).tobytes()
            assert net.tally is not None
            assert net.cost is None
        assert others[0].tally.by_port() == others[1].tally.by_port()


def rises(net: EquilibriumNetwork, x: np.ndarray, label: int, order: Any, seed: int) -> tuple[int, int, np.ndarray]:
    """Events at which the energy rose, all events, and where the network came to rest without a target."""
    found, n, up, rest = net.events(x, label, order, seed), np.zeros(len(net.bias), int), 0, np.zeros(0)
    for beta, events in ((0.0, found.negative), (net.beta, found.positive)):
        way = n + np.concatenate([np.zeros((1, len(n)), int), np.cumsum(one_hot_changes(events, len(n)), axis=0)])
        nudge = beta * (((way[:, -3:] / net.k) - np.eye(3)[label]) ** 2).sum(axis=1)
        up += int((np.diff(net.energy(np.repeat(x[None], len(way), 0), way) + nudge) > 0).sum())
        rest, n = (way[-1] if beta == 0 else rest), way[-1]
    return up, len(found.negative) + len(found.positive), rest


def check_orders(numbers: range, engines: tuple[str, ...]) -> None:
    for number in numbers:
        for order in ENGINE_ORDERS:
            made = []
            for engine in engines:
                net, x = dyadic(number, engine=engine)
                up, events, rest = rises(net, x, number % 3, order, number)
                assert (up, events > 0) == (0, True)
                plain = Plain(net, x)
                plain.n = [rest[a:b].tolist() for a, b in zip(net.first[:-1], net.first[1:], strict=True)]
                assert plain.rests(0, 0)  # type: ignore[arg-type]
                made.append((events, rest.tobytes()))
            assert len(set(made)) == 1


def test_the_energy_never_rises_in_any_order_and_rests_where_no_unit_would_move() -> None:
    check_orders(range(2), ENGINES)


@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, 1000, 100))
def test_a_thousand_networks_rest_on_the_engine_in_every_order(first: int) -> None:
    check_orders(range(first, first + few.draws(100, 5)), ("compiled",))


@pytest.mark.parametrize("order", ENGINE_ORDERS)
def test_logs_and_tallies_of_both_engines_are_the_same_bytes(order: str) -> None:
    for delay in (0, (1, 10)):
        logs = []
        for engine in ENGINES:
            net, x = dyadic(6, engine=engine, k=4, delay=delay, learn="event", learning_rate=(0.01, 0.01, 0.01))
            made = net.on_engine(1, order=order)
            whole = np.rint(np.stack([x, x[::-1]]) * 256).astype(int)
            sim = made.run(made.simulation(made.feed(whole, np.array([0, 2])), record=True))
            weights = b"".join(sim.weights(f"W{k}").tobytes() for k in range(3))
            logs.append((sim.log.tobytes(), weights, repr(sim.tally.by_port())))
        assert logs[0] == logs[1]


def test_the_order_says_who_looks_next() -> None:
    """One hidden layer after the first wave: the outputs go before hidden units, or after them."""
    net, x = dyadic(3, engine="compiled", k=64)
    found = {order: net.events(x, 0, order).negative for order in ENGINE_ORDERS}
    moves = {order: [tuple(move) for move in events.tolist()] for order, events in found.items()}
    assert moves["fifo"] == moves["topological"]
    assert len({tuple(moves[order]) for order in ("fifo", "depth", "random", "largest", "lowest", "highest")}) == 6
    assert abs(moves["largest"][0][1]) == max(abs(d) for unit, d in moves["fifo"][:8] if unit < 8)
    waves = np.searchsorted(net.first, found["fifo"][:, 0], side="right") % 2
    assert (waves[: np.flatnonzero(waves == 0)[0]] == 1).all()
    batched, _ = dyadic(3, k=64)
    assert (batched.states(x[None])[0] == np.bincount(found["fifo"][:, 0], found["fifo"][:, 1], len(net.bias))).all()


@pytest.mark.parametrize("order", ["fifo", "random", "depth"])
@pytest.mark.parametrize("delay", [0, 3, (1, 10)])
def test_events_sum_up_to_the_contrast_with_delays_too(order: str, delay: Any) -> None:
    """With a rate so small that no level feels it, learning at events and by the contrast of both rests agree."""
    found = []
    for learn in ("event", "phase"):
        net, x = dyadic(2, k=4, engine="compiled", order=order, delay=delay, learn=learn, learning_rate=(2.0**-30,) * 3)
        net.w[:] /= 8
        before = net.w.copy()
        net.fit(x[None], [1])
        found.append((net.w - before) * 2.0**30)
    assert found[0].tobytes() == found[1].tobytes()
    assert np.abs(found[0]).max() > 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"order": "depth"}, "order is 'depth', delay 0; they are of an engine"),
        ({"delay": 2}, "order is 'fifo', delay 2; they are of an engine"),
        ({"engine": "fast"}, "engine is 'fast'"),
        ({"engine": "compiled", "order": "first"}, "no order is called 'first'.*also lowest, highest"),
        ({"engine": "compiled", "delay": (3, 1)}, r"delay is \(3, 1\)"),
        ({"engine": "compiled", "delay": -1}, "delay is -1"),
        ({"grid": 100}, "grid is 100; wanted a power of 2"),
        ({"form": "euler", "engine": "compiled"}, "engine, dither and grid are of 'levels'"),
        ({"beta": -0.5, "engine": "compiled"}, r"wanted a number other than 0 with 1 \+ 2 beta above 0"),
    ],
)
def test_other_options_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ModelError, match=message):
        EquilibriumNetwork([5, 4, 3], **options)


def test_more_samples_a_batch_and_networks_that_do_not_rest_are_errors() -> None:
    net, x = dyadic(1, most=2, k=64, beta=0.001, engine="compiled")
    net.bias[:] = 0
    with pytest.raises(ModelError, match="batch is 2"):
        net.fit(np.stack([x, x]), [0, 1], batch=2)
    with pytest.raises(UnsettledError, match="sample 1 did not come to rest: a layer sent more than 2 messages"):
        net.fit(np.stack([0 * x, x]), [0, 1])


def test_with_a_delay_the_energy_may_rise_and_a_network_need_not_rest() -> None:
    net, x = dyadic(1, engine="compiled", delay=1, most=5_000)
    with pytest.raises(UnsettledError, match="sample 0 did not come to rest: a layer sent more than 5,000 messages"):
        net.events(x, 1, "depth", 1)
    assert rises(dyadic(0, engine="compiled", delay=(1, 10))[0], dyadic(0)[1], 0, "fifo", 0)[0] > 0


@pytest.mark.slow
def test_inputs_are_rounded_to_the_grid_and_binary_on_a_grid_of_1() -> None:
    x = np.array([[0.49, 0.5, 0.0, 1.0, 0.2]])
    for engine in (None, "compiled"):
        binary = EquilibriumNetwork([5, 4, 3], grid=1, engine=engine)
        assert (binary.outputs(x) == binary.outputs([[0.0, 1.0, 0.0, 1.0, 0.0]])).all()
        fine = EquilibriumNetwork([5, 4, 3], grid=256, engine=engine)
        assert (fine.outputs(x) == fine.outputs(np.floor(x * 256 + 0.5) / 256)).all()


@pytest.mark.slow
def test_it_learns_the_embedded_digits_on_the_engine() -> None:
    from eventnet.data import digits, scale_pixels

    d = digits()
    options: dict[str, Any] = {"k": 64, "learn": "event", "learning_rate": (0.01, 0.005), "grid": 1}
    nets = [EquilibriumNetwork([784, 100, 10], engine=engine, **options) for engine in ("compiled", None)]
    for net in nets:
        net.fit(scale_pixels(d.x_train), d.y_train, 10, batch=1)
    assert nets[0].w.tobytes() == nets[1].w.tobytes()
    assert nets[0].tally is not None
    assert nets[0].tally.adds < 35_000 * 20_000
    assert nets[0].score(scale_pixels(d.x_test), d.y_test) >= 0.825
