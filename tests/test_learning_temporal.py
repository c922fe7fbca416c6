"""Fractional SGD at a rate that falls from step to step, beside the author's program in our own words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import author_dsn
import numpy as np
import pytest
from dsn_cases import problem, small

from eventnet.learning.temporal import rates
from eventnet.models import DeepSpikingNetwork

STEPS, ETA, EARLY = 5, 0.3, 9.0


class Temporal(author_dsn.Network):
    """His fractional network, with the rate of each step given."""

    def train(self, x: Any, y: Any) -> None:
        for layer in self.layers:
            layer.begin()
        self.input.phi[:] = self.target.phi[:] = 0
        falling = EARLY ** -np.linspace(0, 1, STEPS)
        for share in falling / falling.mean():
            for layer in self.layers:
                layer.rate = ETA / STEPS**2 * share
            self.router.feed(np.array(x, float), lambda vector: self.router.send("vector", vector))
            self.router.feed(-np.array(y, float), self.target.hear)
            self._release()


@pytest.mark.parametrize("early", [EARLY, 1.0])
def test_weights_are_those_of_the_program_with_a_rate_for_each_step(early: float) -> None:
    rng = np.random.default_rng(5)
    weights = [rng.normal(0.2, 0.5, (6, 5)), rng.normal(0.1, 0.5, (5, 4)), rng.normal(0.1, 0.5, (4, 3))]
    told = Temporal(weights, steps=STEPS, eta=ETA, depth_first=False, fractional=True, smooth=False, hold_error=True)
    dsn = DeepSpikingNetwork.from_weights(
        weights, steps=STEPS, learning_rate=ETA, early=early, dtype="float64", rectify_inputs=True, engine="reference"
    )
    for _ in range(20):
        x, y = rng.random(6), np.eye(3)[rng.integers(3)]
        told.train(x, y)
        dsn.partial_fit(x[None], y[None])
    apart = max(np.abs(a - b.w).max() for a, b in zip(dsn.weights, told.layers, strict=True))
    if early == EARLY:
        assert apart < 1e-12  # the order in which float64 products are made
    else:
        assert apart > 1e-3


@pytest.mark.parametrize("order", ["breadth", "depth"])
def test_both_engines_learn_the_same_bytes(order: str) -> None:
    x, y = problem()
    nets = [small(order=order, engine=engine, early=4.0).fit(x - 0.3, y) for engine in ("reference", "compiled")]
    assert [w.tobytes() for w in nets[0].weights] == [w.tobytes() for w in nets[1].weights]
    assert nets[0].learning_tally.by_module() == nets[1].learning_tally.by_module()
    assert any((a != b).any() for a, b in zip(nets[0].weights, small(order=order).fit(x - 0.3, y).weights))


def test_the_mean_rate_is_as_given_and_the_first_so_many_times_the_last() -> None:
    first, fall = rates(0.01, 3.0, 10)
    all_steps = first * fall ** np.arange(10)
    assert np.mean(all_steps) == pytest.approx(0.01, rel=1e-12)
    assert all_steps[0] / all_steps[-1] == pytest.approx(3, rel=1e-12)
    assert rates(0.01, 3.0, 1) == (0.01, 1.0)


def test_a_network_goes_on_from_its_file(tmp_path: Path) -> None:
    x, y = problem()
    whole, half = small(early=4.0).fit(x, y), small(early=4.0).fit(x[:6], y[:6])
    half.save(tmp_path / "half.npz")
    again = DeepSpikingNetwork.load(tmp_path / "half.npz").partial_fit(x[6:], y[6:])
    assert [w.tobytes() for w in again.weights] == [w.tobytes() for w in whole.weights]
