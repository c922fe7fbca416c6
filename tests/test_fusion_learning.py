"""Training: what it finds in stripes that run left or right, its steps, mirrors, and its repeats."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest

from eventnet.errors import ModelError
from eventnet.scenarios.fusion.train.features import Take, traces
from eventnet.scenarios.fusion.train.layers import Layers, exact_rates
from eventnet.scenarios.fusion.train.learning import TrainingPlan, _mirrored, deviations, fit, one_cycle
from eventnet.scenarios.fusion.train.remade import Play, RemadeTraces

SIZE = {"width": 16, "height": 16}
PLAN = TrainingPlan(
    tau_us=(8e3, 30e3), filters=6, hidden=12, pool=(3, 3), pool_stride=(1, 1), epochs=8, batch=32, across=(-1,),
    down=(1,), rate_unit=50.0,
)  # fmt: skip


def stripes(seed: int, n: int = 40) -> Take:
    """Upright edges of random contrast, on a ring of 32 pixels, that run across at a rate that changes each 100 ms.

    An edge that reaches a pixel makes all of its column fire, within 2 ms.
    """
    rng = np.random.default_rng(seed)
    edges, contrast = rng.choice(32, 8, replace=False) + rng.random(8), rng.choice([-1.0, 1.0], 8)
    rates = rng.uniform(30, 150, n) * rng.choice([-1, 1], n)
    where = np.floor(edges + np.cumsum(np.repeat(rates, 100) * 1e-3)[:, None]) % 32
    step, edge = np.nonzero((np.diff(where, axis=0) != 0) & (where[1:] < 16))
    t = np.repeat(1000.0 * step, 16) + rng.uniform(0, 2000, 16 * len(step))
    x, s = np.repeat(where[1:][step, edge], 16).astype(np.int64), np.repeat(contrast[edge], 16)
    order = np.argsort(t)
    times = np.repeat(1e5 * np.arange(n + 1), 2)[1:-1] + np.tile([1.0, 0.0], n)
    return Take(
        t[order], x[order], np.tile(np.arange(16), len(step))[order], s[order], times, np.repeat(rates, 2)[:, None]
    )


def samples(seed: int) -> tuple[Any, Any]:
    """Samples of the latter half of each rate's time."""
    take = stripes(seed)
    times = np.arange(0, 4e6, 1e4)
    times = times[(times % 1e5) > 5e4]
    return traces(take, times, PLAN.tau_us, **SIZE), take.rates_at(times)


def contents(weights: Any) -> dict[str, Any]:
    return {f.name: np.asarray(getattr(weights, f.name)).tolist() for f in fields(weights) if f.name != "head"}


def correlation(weights: Any, seed: int = 99) -> float:
    blocks, rates = samples(seed)
    return float(np.corrcoef(exact_rates(weights, blocks)[:, 0], rates[:, 0])[0, 1])


def test_it_finds_which_way_and_how_fast_stripes_run() -> None:
    parts = [samples(seed) for seed in range(6)]
    blocks, rates = (np.concatenate(part) for part in zip(*parts))
    calls: list[Any] = []
    weights = fit(blocks, rates, PLAN, **SIZE, progress=lambda done, total: calls.append((done, total)))
    assert calls == [(k, 8) for k in range(1, 9)]
    assert correlation(weights) > 0.85
    assert contents(fit(blocks, rates, PLAN, **SIZE)) == contents(weights)
    unlearned = fit(blocks[:32], rates[:32], replace(PLAN, epochs=1), **SIZE)
    assert abs(correlation(unlearned)) < 0.5


@pytest.mark.slow
def test_layers_above_the_filters_can_be_learned_anew() -> None:
    parts = [samples(seed) for seed in range(6)]
    blocks, rates = (np.concatenate(part) for part in zip(*parts))
    weights, anew = fit(blocks, rates, PLAN, **SIZE), fit(blocks, rates, replace(PLAN, dense_epochs=30), **SIZE)
    assert np.array_equal(anew.filters, weights.filters)
    assert not np.array_equal(anew.hidden, weights.hidden)
    assert correlation(anew) > 0.9
    assert contents(fit(blocks, rates, replace(PLAN, dense_epochs=30), **SIZE)) == contents(anew)


def test_deviations_are_those_of_the_activations() -> None:
    blocks, rates = samples(0)
    weights = fit(blocks, rates, replace(PLAN, epochs=2), **SIZE)
    layers = Layers(weights)
    layers(blocks.astype(np.float32))
    h, pooled, z = layers.after
    for std, values in ((weights.filter_std, h), (weights.pool_std, pooled), (weights.hidden_std, z)):
        wanted = values.reshape(-1, len(std)).std(axis=0)
        used = wanted > 0.02 * wanted.max()
        assert used.any()
        assert np.allclose(std[used], wanted[used], rtol=1e-4)
        assert std.min() > 0


@pytest.mark.parametrize(
    ("shape", "kept"),
    [((520, 7, 8, 4, 4, 4), 3), ((3, 2, 2, 4, 4, 4), 3), ((300, 5, 6, 2, 4, 4), 3), ((600, 20, 32), 2)],
)
def test_deviations_of_parts_are_those_of_numpy_over_all_to_the_last_bit(shape: Any, kept: int) -> None:
    values = np.random.default_rng(0).normal(1, 3, shape).astype(np.float32)
    rows = -1, shape[kept], 16 if kept == 3 else 1
    found = deviations(lambda: (values[k : k + 256].reshape(rows) for k in range(0, len(values), 256)))
    wanted = values.std(axis=tuple(axis for axis in range(values.ndim) if axis != kept))
    assert found.dtype == np.float32
    assert found.tobytes() == wanted.tobytes()


@pytest.mark.slow
def test_samples_made_again_teach_the_same() -> None:
    take, times = stripes(0), np.arange(1e5, 4e6, 1e4)
    speed = np.ones(len(take.times))
    take = take._replace(times=np.linspace(0, 4e6, len(speed)))
    blocks = traces(take.played(speed), times, PLAN.tau_us, **SIZE)
    remade = RemadeTraces(take, [Play(speed, False, times)], PLAN.tau_us, **SIZE, kept_bytes=100_000)
    rates, plan = take.rates_at(times), replace(PLAN, epochs=2, dense_epochs=1)
    assert contents(fit(remade, rates, plan, **SIZE)) == contents(fit(blocks, rates, plan, **SIZE))


def test_who_has_seen_stripes_run_right_knows_from_mirrors_how_they_run_left() -> None:
    parts = [samples(seed) for seed in range(6)]
    blocks, rates = (np.concatenate(part) for part in zip(*parts))
    right = rates[:, 0] > 0
    assert correlation(fit(blocks[right], rates[right], PLAN, **SIZE)) > 0.7
    assert correlation(fit(blocks[right], rates[right], replace(PLAN, across=None), **SIZE)) < 0.5


def test_learning_rates_rise_and_then_fall_to_nothing() -> None:
    rates = [one_cycle(part) for part in np.linspace(0, 1, 101)]
    assert (rates[0], rates[30], rates[100]) == (pytest.approx(0.04), 1, 0)
    assert np.all(np.diff(rates[:31]) > 0)
    assert np.all(np.diff(rates[30:]) < 0)


def test_what_does_not_fit_is_refused() -> None:
    blocks, rates = samples(0)
    for given, message in (
        ((blocks, rates[:-1]), "wanted as many"), ((blocks[:31], rates[:31]), "32 or more"),
        ((blocks[:, :3], rates), "wanted those of 16 x 16"),
    ):  # fmt: skip
        with pytest.raises(ModelError, match=message):
            fit(*given, PLAN, **SIZE)


def test_the_first_weights_are_a_part_of_he_s() -> None:
    blocks, rates = samples(0)
    nothing = fit(blocks, rates, replace(PLAN, epochs=1, first=0.0), **SIZE)
    assert not nothing.filters.any()
    assert not nothing.out.any()
    still = replace(PLAN, epochs=1, peak=0.0)
    whole, half = (fit(blocks, rates, replace(still, first=first), **SIZE) for first in (1.0, 0.5))
    for name in ("filters", "hidden", "out"):
        np.testing.assert_allclose(getattr(half, name), 0.5 * getattr(whole, name), rtol=1e-6)


def test_samples_are_multiplied_by_no_more_than_the_gain_says() -> None:
    blocks, rates = samples(0)
    chosen, plan = np.arange(64), replace(PLAN, gain=0.3)
    x, wanted = _mirrored(blocks, rates, chosen, [(False, False)], plan, np.random.default_rng(0))
    there = blocks[chosen].astype(np.float32)
    sizes = np.array([abs(a).max() / abs(b).max() for a, b in zip(x, there)])
    assert np.exp(-0.3) - 1e-6 <= sizes.min() < 0.8
    assert 1.25 < sizes.max() <= np.exp(0.3) + 1e-6
    np.testing.assert_array_equal(wanted, rates[chosen].astype(np.float32))
