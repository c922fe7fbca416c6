"""Samples as spikes: vectors become trains of their rates, recordings stay as they are, and both are checked."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from eventnet.errors import ModelError
from eventnet.models import Presentation
from eventnet.models.stdp import Rates, Recordings, samples_of, seed_of


def test_vectors_become_trains_and_gain_raises_them() -> None:
    shown = Presentation(ticks=2_000_000, rate=100.0, gain=0.5)
    samples = Rates(np.array([[0.0, 0.5, 1.0]]), 3, shown)
    counts = [np.bincount(samples.train(0, attempt, seed_of(1, 0, 0, attempt))[1], minlength=3) for attempt in (0, 2)]
    assert counts[0][0] == counts[1][0] == 0
    assert counts[0][1:] == pytest.approx([100, 200], rel=0.25)
    assert counts[1][1:] == pytest.approx([200, 400], rel=0.2)
    assert (len(samples), samples.ticks(0)) == (1, 2_000_000)


def test_recordings_are_played_as_they_are() -> None:
    samples = samples_of([([0, 5, 5], [2, 0, 1]), ([], [])], 3, Presentation())
    assert isinstance(samples, Recordings)
    assert [samples.ticks(0), samples.ticks(1)] == [6, 1]
    t, index = samples.train(0, 3, 7)
    assert (t.tolist(), index.tolist()) == ([0, 5, 5], [2, 0, 1])


def test_every_showing_has_a_seed_of_its_own() -> None:
    seeds = {seed_of(s, p, k, a) for s in range(4) for p in range(2) for k in range(50) for a in range(3)}
    assert len(seeds) == 4 * 2 * 50 * 3


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (np.zeros((2, 4)), "wanted numbers"), (np.zeros(3), "wanted numbers"), (np.full((1, 3), 255), "divide pixels"),
        (np.full((1, 3), np.nan), "0 to 1"), (np.array([["a", "b", "c"]]), "wanted numbers"),
        ([([0, 1], [0])], "recording 0"), ([([1, 0], [0, 0])], "out of order"), ([([-1], [0])], "below 0"),
        ([([0], [3])], "wanted 0 to 2"), ([([0], [-1])], "wanted 0 to 2"),
    ],
)  # fmt: skip
def test_what_is_no_sample_is_refused(x: Any, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        samples_of(x, 3, Presentation())
