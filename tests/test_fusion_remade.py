"""Samples that are made again where they are asked for: those that lie in memory, to the last bit."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
from fusion_cases import HEIGHT, WIDTH, pixels

from eventnet.errors import ModelError
from eventnet.scenarios.fusion.train.features import Take, traces
from eventnet.scenarios.fusion.train.remade import Play, RemadeTraces, as_halves

TAU = (3000.0, 20_000.0)
SIZE = {"width": WIDTH, "height": HEIGHT}
PLAYS = [
    Play(np.array([1.0, 2.0, 0.5]), False, np.arange(3000.0, 50_000, 1700)),
    Play(np.array([0.7, 0.6, 1.5]), True, np.arange(-60_000.0, -5000, 1900)),
    Play(np.array([1.0, 1.0, 1.0]), True, np.array([-20_000.0])),
    Play(np.array([1.0, 1.0, 1.0]), False, np.array([])),
]


def take() -> Take:
    times = np.array([0.0, 10_000, 50_000])
    return Take.of(pixels(n=300), times, np.zeros((3, 1)))


def in_memory() -> Any:
    seen = take()
    return np.concatenate(
        [traces(seen.played(play.speed, backwards=play.backwards), play.at, TAU, **SIZE) for play in PLAYS]
    )


@pytest.mark.parametrize("kept_bytes", [1, 20_000, 10**9])
def test_all_are_those_in_memory_in_whatever_order_they_are_asked_for(kept_bytes: int) -> None:
    whole, remade = in_memory(), RemadeTraces(take(), PLAYS, TAU, **SIZE, kept_bytes=kept_bytes)
    assert remade.shape == whole.shape
    assert len(remade) == len(whole)
    n, rng = len(whole), np.random.default_rng(0)
    for chosen in (slice(None), slice(3, 50), rng.permutation(n), np.array([5, 5, 4, n - 1, 0, -1]), np.arange(0)):
        found = remade[chosen]
        assert found.dtype == np.float16
        assert found.tobytes() == whole[chosen].tobytes()


def test_no_more_is_kept_than_was_allowed() -> None:
    remade = RemadeTraces(take(), PLAYS, TAU, **SIZE, kept_bytes=400_000)
    once = 4 * np.prod(remade.shape[1:])
    assert sum(states.nbytes for states in remade._kept) <= 400_000 + len(PLAYS) * once
    assert sum(states.nbytes for states in remade._kept) > 200_000


def test_equal_samples_have_equal_names_and_others_others() -> None:
    one, same = (pickle.dumps(RemadeTraces(take(), PLAYS, TAU, **SIZE, kept_bytes=k)) for k in (1, 10**9))
    assert one == same
    assert pickle.dumps(RemadeTraces(take(), PLAYS[:1], TAU, **SIZE)) != one
    assert pickle.dumps(RemadeTraces(take(), PLAYS, (3000.0, 20_001.0), **SIZE)) != one


def test_halves_are_those_of_numpy() -> None:
    rng = np.random.default_rng(0)
    every = np.arange(0x7C00, dtype=np.uint16).view(np.float16).astype(np.float32)
    between = (every[:-1] + every[1:]) / 2
    values = np.concatenate([
        rng.integers(0, 2**32, 200_000, dtype=np.uint32).view(np.float32), every, between,
        np.nextafter(between, np.float32(np.inf)), np.nextafter(between, np.float32(0)),
        np.array([65519.996, 65520, np.inf, 2.0**-25, 2.0**-26, 0], np.float32),
    ])  # fmt: skip
    values = np.concatenate([values, -values])[~np.isnan(np.concatenate([values, values]))]
    found = np.empty(len(values), np.uint16)
    as_halves(values.view(np.uint32), found)
    with np.errstate(over="ignore"):
        wanted = values.astype(np.float16)
    np.testing.assert_array_equal(found, wanted.view(np.uint16))


def test_what_does_not_fit_is_refused() -> None:
    for options, message in (
        (SIZE | {"size": 7}, "patches of 7 pixels"),
        ({"width": 20, "height": 20}, "outside 20 x 20"),
    ):
        with pytest.raises(ModelError, match=message):
            RemadeTraces(take(), PLAYS, TAU, **options)
