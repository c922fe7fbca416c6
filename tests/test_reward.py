"""Tags and rewards: against the sum by hand, faded tags, tags told anew, and what is refused."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from stdp_cases import ENGINES

import eventnet as en
from eventnet.errors import NetworkError
from eventnet.learning import PairStdp, Reward, tags_now

PAIRS: dict[str, Any] = {"a_plus": 0.5, "a_minus": 0.25, "tau_plus": 10.0, "tau_minus": 20.0, "bounds": None}


class Bench:
    """One module that tags, and one that pays."""

    def __init__(
        self, engine: str, w: Any, dtype: str = "float64", memory: float | None = 40.0, **options: Any
    ) -> None:
        self.net = net = en.Network(dtype)
        self.block = net.weights(w)
        self.tags = net.add(PairStdp(net.weights(np.zeros(self.block.array.shape)), memory=memory, **PAIRS))
        self.reward = net.add(Reward(self.block, self.tags, **options))
        self.sim = en.Simulation(net, engine=engine)

    def run(self, pre: Any, post: Any, rewards: Any) -> Any:
        """Spikes (tick, unit), and rewards (tick, number, sign)."""
        feed = [(t, self.tags.pre, i, 1) for t, i in pre] + [(t, self.tags.post, j, 1) for t, j in post]
        feed += [(t, self.reward.reward, k, s) for t, k, s in rewards]
        self.sim.inject(sorted(feed, key=lambda row: row[0]))
        self.tally = self.sim.run().tally
        return self.sim.weights(self.block).copy()


def trains(rng: np.random.Generator, units: int, n: int, until: int) -> list[tuple[int, int]]:
    return sorted((int(t), int(i)) for t, i in zip(rng.integers(0, until, n), rng.integers(0, units, n)))


def tags_by_hand(pre: Any, post: Any, shape: tuple[int, int], now: int, memory: float) -> Any:
    """A pair's change, made at its later spike, and what is left of it."""
    e = np.zeros(shape)
    for t, i in pre:
        for u, j in post:
            if max(t, u) <= now and t != u:
                change = 0.5 * math.exp(-(u - t) / 10) if u > t else -0.25 * math.exp(-(t - u) / 20)
                e[i, j] += change * math.exp(-(now - max(t, u)) / memory)
    return e


@pytest.mark.parametrize("engine", ENGINES)
def test_a_reward_pays_what_is_left_of_the_tags(engine: str) -> None:
    for memory in (3.0, 40.0, 1e6):
        rng = np.random.default_rng(1)
        pre, post = trains(rng, 4, 60, 600), trains(rng, 3, 60, 600)
        rewards = [(150, 0, 1), (150, 1, 1), (301, 0, -1), (599, 1, 1)]
        amounts = (0.5, -1.25)
        bench = Bench(engine, np.zeros((4, 3)), memory=memory, amounts=amounts, bounds=None)
        wanted = sum(s * amounts[k] * tags_by_hand(pre, post, (4, 3), t, memory) for t, k, s in rewards)
        assert bench.run(pre, post, rewards) == pytest.approx(wanted, abs=1e-12)
        assert np.abs(wanted).max() > 0.05
        wanted = tags_by_hand(pre, post, (4, 3), 640, memory)
        assert tags_now(bench.sim, bench.tags, 640) == pytest.approx(wanted, abs=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_tags_are_told_anew_before_they_grow_beyond_all_bounds(dtype: str) -> None:
    """e^30 times what they are worth, at most: 100,000 time constants would be far beyond any number."""
    found = []
    for engine in ENGINES:
        bench = Bench(engine, np.zeros((2, 2)), dtype, memory=5.0, bounds=None)
        pre, post = [(100 * k, 0) for k in range(5000)], [(100 * k + 3, 1) for k in range(5000)]
        found.append(bench.run(pre, post, [(499_903, 0, 1)]))
        kept = bench.sim.weights(bench.tags.weights)
        assert np.abs(kept).max() < 2 * math.exp(30)
    assert found[0].tobytes() == found[1].tobytes()
    tag = (
        0.5 * math.exp(-0.3) / (1 - math.exp(-10)) / (1 - math.exp(-20))
    )  # pairs of earlier rounds, tags of earlier ones
    less = 0.25 * math.exp(-97 / 20) / (1 - math.exp(-5)) / (1 - math.exp(-20)) * math.exp(-3 / 5)
    assert found[0][0, 1] == pytest.approx(tag - less, rel=1e-6 if dtype == "float32" else 1e-12)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_reward_without_tags_costs_nothing(engine: str) -> None:
    bench = Bench(engine, [[0.5]], memory=4.0)
    assert bench.run([], [], [(0, 0, 1)]).tolist() == [[0.5]]
    assert bench.tally.adds == 0
    assert bench.run([(1, 0)], [(5, 0)], [(9_000, 0, 1)]).tolist() == [[0.5]]  # faded to nothing
    assert bench.tally.writes == 1  # of the tag


@pytest.mark.parametrize("engine", ENGINES)
def test_weights_are_clipped(engine: str) -> None:
    for sign, wanted in ((1, 0.75), (-1, 0.25)):
        bench = Bench(engine, [[0.5]], amounts=(5.0,), bounds=(0.25, 0.75))
        assert bench.run([(1, 0)], [(5, 0)], [(9, 0, sign)]).tolist() == [[wanted]]


def test_a_reward_costs_an_add_a_weight() -> None:
    bench = Bench("compiled", np.zeros((6, 5)), bounds=None)
    bench.run([(1, 0)], [(5, 0)], [(9, 0, 1)])
    row = bench.tally.by_port()[f"{bench.reward.name}.reward"]
    assert (row["learning_adds"], row["multiplies"], row["reads"], row["writes"]) == (30, 32, 60, 30)


@pytest.mark.parametrize("options, words", [
    ({"memory": None}, "changes weights at once; wanted a rule with a memory"),
    ({"amounts": ()}, r"amounts are \[\]; wanted one finite number or more"),
    ({"amounts": (math.nan,)}, r"amounts are \[nan\]"),
    ({"bounds": (1.0, 2.0)}, "hold 0.5"),
])  # fmt: skip
def test_what_cannot_be_is_refused(options: dict[str, Any], words: str) -> None:
    with pytest.raises(NetworkError, match=words):
        Bench("reference", [[0.5]], **options)


def test_tags_are_a_block_of_their_own() -> None:
    net = en.Network("float64")
    w, other = net.weights([[0.5]]), net.weights([[0.5, 0.5]])
    for block in (w, other):
        tags = net.add(PairStdp(block, memory=4.0, **PAIRS))
        with pytest.raises(NetworkError, match="wanted a block of their own with the shape of"):
            Reward(w, tags)
