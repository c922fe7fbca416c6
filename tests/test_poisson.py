"""Poisson trains: rates, independence and gaps, judged by statistics that share no code with them."""

from __future__ import annotations

import numpy as np
import pytest

from eventnet.errors import InputError
from eventnet.event import EVENT
from eventnet.kernels.poisson import LAYERS, TAIL, PoissonTrain, alias_table, draw, put_train, ziggurat

SECOND = 1_000_000


def test_counts_are_those_of_independent_poisson_processes() -> None:
    rates = np.array([0.0, 3.0, 10.0, 40.0, 90.0, 0.0, 1.0])
    train = PoissonTrain(len(rates))
    counts = np.array([np.bincount(train.spikes(rates, SECOND, seed)[1], minlength=7) for seed in range(4000)])
    assert counts[:, [0, 5]].sum() == 0
    mean, variance = counts.mean(axis=0), counts.var(axis=0)
    error = np.sqrt(np.maximum(rates, 1e-9) / 4000)
    assert (np.abs(mean - rates) <= 4.5 * error).all()
    assert np.allclose(variance[rates > 0], rates[rates > 0], rtol=0.12)
    together = np.corrcoef(counts[:, rates > 0].T) - np.eye(5)
    assert np.abs(together).max() < 0.06


def test_gaps_are_exponential_and_times_fill_the_interval() -> None:
    train = PoissonTrain(2)
    t, _ = train.spikes([300.0, 700.0], 200 * SECOND, seed=5)
    gaps = np.sort(np.diff(t)) / 1000.0  # of a mean of 1 ms
    wanted = -np.log(1 - (np.arange(len(gaps)) + 0.5) / len(gaps))
    assert np.abs(np.exp(-gaps) - np.exp(-wanted)).max() < 1.63 / np.sqrt(len(gaps)) + 0.001  # Kolmogorov, 1%; ticks
    assert t[0] >= 0
    assert t[-1] < 200 * SECOND
    assert (np.diff(t) >= 0).all()


def test_gaps_have_the_moments_and_the_tail_of_an_exponential() -> None:
    t, _ = PoissonTrain(1).spikes([5.0], 400_000 * SECOND, seed=3)  # a tick is a 200,000th of the mean gap
    gaps, n = np.diff(t) / 200_000.0, len(t) - 1
    for power, moment, spread in ((1, 1, 1), (2, 2, 20), (3, 6, 684)):
        assert abs((gaps**power).mean() - moment) < 4 * np.sqrt(spread / n)
    for edge in (0.1, 1.0, 4.0, TAIL, 9.0, 11.0):  # the ziggurat has rectangles, wedges, and beyond TAIL a tail
        share, wanted = (gaps > edge).mean(), np.exp(-edge)
        assert abs(share - wanted) < 4 * np.sqrt(wanted / n)
    beyond = gaps[gaps > TAIL] - TAIL
    assert abs(beyond.mean() - 1) < 4 / np.sqrt(len(beyond))
    low, high = gaps[gaps < 0.2], np.linspace(0, 0.2, 41)
    found, wanted = np.histogram(low, high)[0], -np.diff(np.exp(-high)) * n
    assert ((found - wanted) ** 2 / wanted).sum() < 40 + 4 * np.sqrt(2 * 40)  # chi-square in the narrow layers


def test_layers_are_of_one_area() -> None:
    width, height = ziggurat(LAYERS, TAIL)
    areas = width[1:] * np.diff(height, append=1.0)[1:]
    assert np.allclose(areas[:-1], np.exp(-TAIL) * (TAIL + 1), rtol=1e-9)
    assert width[-2] * (1 - height[-2]) == pytest.approx(np.exp(-TAIL) * (TAIL + 1), rel=1e-9)
    assert (np.diff(width) < 0).all()


def test_alias_table_is_the_distribution() -> None:
    rng = np.random.default_rng(1)
    for n in (1, 2, 7, 100):
        rates = rng.random(n) * (rng.random(n) < 0.7) + (np.arange(n) == 0)
        chance, own, other = np.zeros(n), np.zeros(n, np.int64), np.zeros(n, np.int64)
        total, m = alias_table(rates, chance, own, other)
        assert total == pytest.approx(rates.sum())
        assert own[:m].tolist() == np.flatnonzero(rates).tolist()
        share = np.bincount(own[:m], weights=chance[:m], minlength=n)
        share += np.bincount(other[:m], weights=1 - chance[:m], minlength=n)
        assert np.allclose(share / m, rates / rates.sum(), atol=1e-12)


def test_the_same_seed_gives_the_same_train_and_plain_python_too() -> None:
    rates = np.array([20.0, 0.0, 55.0])
    first = [a.copy() for a in PoissonTrain(3).spikes(rates, SECOND, seed=9)]
    again = PoissonTrain(3).spikes(rates, SECOND, seed=9)
    assert all((a == b).all() for a, b in zip(first, again, strict=True))
    assert not np.array_equal(PoissonTrain(3).spikes(rates, SECOND, seed=10)[0], first[0])
    table = np.zeros(3), np.zeros(3, np.int64), np.zeros(3, np.int64)
    t, index = np.zeros(20_000, np.int64), np.zeros(20_000, np.int64)
    with np.errstate(over="ignore"):
        total, n = alias_table.py_func(rates, *table)
        made = draw.py_func(total, n, *table, 100 * SECOND, 1e-6, np.uint64(9), t, index)
    long = [a.copy() for a in PoissonTrain(3).spikes(rates, 100 * SECOND, seed=9)]
    assert t[:made].tolist() == long[0].tolist()
    assert index[:made].tolist() == long[1].tolist()
    assert long[0][: len(first[0])].tolist() == first[0].tolist()


def test_room_grows_and_silence_is_empty() -> None:
    train = PoissonTrain(1)
    assert len(train.spikes([0.0], SECOND, seed=1)[0]) == 0
    assert abs(len(train.spikes([50_000.0], SECOND, seed=1)[0]) - 50_000) < 1200


@pytest.mark.parametrize("rates", [[1.0], [1.0, -1.0], [1.0, np.nan], [1.0, np.inf], [[1.0, 2.0]]])
def test_rates_that_are_none_are_refused(rates: list[float]) -> None:
    with pytest.raises(InputError, match="rates are"):
        PoissonTrain(2).spikes(rates, SECOND, seed=1)


@pytest.mark.parametrize("plain", [False, True])
def test_a_train_is_put_among_events(plain: bool) -> None:
    put = put_train.py_func if plain else put_train
    events = np.zeros(5, EVENT)
    put(events, 2, np.array([0, 7]), np.array([3, 1]), 100, 4)
    assert events.tolist() == [(0, 0, 0, 0)] * 2 + [(100, 4, 3, 1), (107, 4, 1, 1)] + [(0, 0, 0, 0)]
