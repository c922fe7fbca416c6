"""Laws, races and lessons: what is worked out of chains by hand, and the quick form."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from quick_forms import can_be_read
from test_reproductions import reproduce

from eventnet.models import RestrictedBoltzmannMachine
from eventnet.scenarios.reproductions.boltzmann import DATA, compared, divergence, learned, machine


def test_exact_draws_pass_and_others_do_not() -> None:
    rng, p = np.random.default_rng(1), np.array([0.5, 0.25, 0.125, 0.125])
    found = rng.multinomial(400, p, 32) / 400
    row = compared(found, p)
    assert row["p"] > 0.001
    assert 0.4 < row["draws"] / (32 * 400) < 2.5
    assert row["total variation"] < 2 * row["of exact draws"]
    assert compared(found, p[::-1])["p"] < 1e-6


def test_many_states_are_compared_one_by_one() -> None:
    rng, p = np.random.default_rng(2), np.full(32, 1 / 32)
    row = compared(rng.multinomial(4000, p, 32) / 4000, p)
    assert row["p"] is None
    assert row["largest |t|"] < row["limit"]


def test_machines_are_the_same_for_all_who_ask() -> None:
    assert machine(4, 3).weights.tolist() == machine(4, 3, rates=2.0).weights.tolist()


def test_the_divergence_of_a_machine_without_weights_is_that_of_all_states_alike() -> None:
    net = RestrictedBoltzmannMachine(np.zeros((4, 2)))
    assert divergence(net) == pytest.approx(math.log(16 / len(DATA)))


def test_the_mean_lesson_lowers_the_divergence() -> None:
    ends = [row["divergence"] for row in learned("mean over all states", 200, 50, 1)]
    assert all(b < a for a, b in zip(ends, ends[1:], strict=False))


@pytest.mark.slow
def test_the_quick_form_draws_both_pictures(tmp_path: Path, drawn: list[Any]) -> None:
    made = reproduce("boltzmann", tmp_path)
    assert made["pictures"] == ["boltzmann-races.png", "boltzmann-learning.png"]
    assert all(row["p"] > 0.001 for row in made["rows"])
    for figure in drawn:
        can_be_read(figure)
