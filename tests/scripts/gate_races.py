"""The table of docs/how-to/races.md: errors that pass a gate in one of two orders alone, over seeds.

    python tests/scripts/gate_races.py

Networks train in two orders on the same samples, at learning rates so small that every sample finds the same weights in
both: 6-5-4 on 20 random samples, and 784-100-10 on 300 digits after an epoch breadth-first on 2,000. `analysis.race`
counts the errors that pass in one order alone. Differences are paired by seed, with 95 % intervals by Student's t.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from eventnet import analysis
from eventnet.data import digits, scale_pixels
from eventnet.models import DeepSpikingNetwork
from eventnet.scenarios.shared.paired import MeanInterval, paired_difference

ORDERS = ("breadth", "depth")
TINY_SEEDS, DIGIT_SEEDS = tuple(range(40)), tuple(range(10))
TAUGHT, RACED = 2000, 300
TINY, LARGE = {"learning_rate": 0.001, "init_scale": 0.4}, {"learning_rate": 0.05, "init_scale": 0.05}
GATES = {
    "hidden, +": "layer0.error +1 from back1.out", "hidden, -": "layer0.error -1 from back1.out",
    "output, +": "layer1.error +1 from layer1.out", "output, -": "layer1.error -1 from target.out",
}  # fmt: skip
"""By gate and sign: where its errors are delivered, and what sends them."""


def tiny(seed: int) -> analysis.Race:
    """A network of 6-5-4 on 20 random samples."""
    rng = np.random.default_rng(seed)
    dsn = DeepSpikingNetwork([6, 5, 4], rule="sgd", hold_error=False, steps=4, seed=seed, **TINY)
    x = rng.random((20, 6)).astype(np.float32)
    return raced(dsn, x, np.eye(4, dtype=np.float32)[rng.integers(0, 4, 20)])


def taught(seed: int, samples: int = TAUGHT, compared: int = RACED) -> analysis.Race:
    """A network of 784-100-10 on the first of those digits that taught it for an epoch, drawn from the shipped ones."""
    found, rng = digits(), np.random.default_rng(seed)
    x, y = scale_pixels(found.x_train), np.eye(10, dtype=np.float32)[found.y_train]
    order = rng.permutation(len(x))[:samples]
    dsn = DeepSpikingNetwork([784, 100, 10], rule="sgd", hold_error=False, seed=seed, order="breadth", **LARGE)
    dsn.fit(x[order], found.y_train[order])
    same = DeepSpikingNetwork.from_weights(dsn.weights, rule="sgd", hold_error=False, learning_rate=1e-9)
    return raced(same, x[order[:compared]], y[order[:compared]])


def raced(dsn: DeepSpikingNetwork, x: NDArray[np.float32], y: NDArray[np.float32]) -> analysis.Race:
    """Training in both orders."""
    net, feed = dsn.training_network(x, y)
    return analysis.race(net, feed, answer="weights", orders=ORDERS, seeds=0, processes=1)


def alone(found: analysis.Race) -> dict[str, tuple[int, int]]:
    """By gate and sign: errors that passed breadth-first alone, and depth-first alone; none where nothing differs."""
    parts = {} if found.divergence is None else found.divergence.reactions
    if found.divergence is not None and found.divergence.variants != ORDERS:
        raise RuntimeError(f"runs are {found.divergence.variants}; wanted {ORDERS}")
    counts = {gate: parts.get(port, (0, 0, 0)) for gate, port in GATES.items()}
    return {gate: (one, other) for gate, (_, one, other) in counts.items()}


def rows(race: Callable[[int], analysis.Race], seeds: Sequence[int]) -> dict[str, tuple[int, int, MeanInterval]]:
    """By gate and sign: both sums over seeds, and how many more passed depth-first, a network."""
    each = {seed: alone(race(seed)) for seed in seeds}
    made = {}
    for gate in GATES:
        breadth, depth = ({seed: float(counts[gate][k]) for seed, counts in each.items()} for k in range(2))
        made[gate] = int(sum(breadth.values())), int(sum(depth.values())), paired_difference(depth, breadth)
    return made


def main() -> None:
    """Print the table's rows."""
    for name, race, seeds in (("6-5-4", tiny, TINY_SEEDS), ("784-100-10", taught, DIGIT_SEEDS)):
        for gate, (breadth, depth, more) in rows(race, seeds).items():
            print(
                f"| {name}, {len(seeds)} seeds | {gate} | {breadth} | {depth} | {more.mean:+.2f} ({more.ends('+.2f')}) |"
            )


if __name__ == "__main__":
    main()
