"""What weights of 8 and 16 bits would bring to `predict` of a Deep Spiking Network, without a way to have them.

    python tests/benchmarks/bench_narrow.py --data FOLDER [--seeds 10] [--epochs 1]

FOLDER has MNIST's four files. Errors: a network is trained for each seed, and answers again with its weights rounded to
whole numbers of 8 and 16 bits, one scale for each layer, as float32. Speed: plain loops add rows of weights of each type;
of a digit's time, the adds of its rows take what the float32 loop takes for as many; the last column is how many times
as fast `predict` would be if these alone went as fast as the loop of narrow weights does.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np
from bench_engine import add_rows

from eventnet.data import mnist, scale_pixels
from eventnet.models import DeepSpikingNetwork
from eventnet.scenarios.shared.paired import mean_interval

SIZES = [784, 300, 300, 10]
NARROW = {"int8": (np.int8, 127), "int16": (np.int16, 32767)}


def main() -> None:
    """Train, round, answer; time rows; print two tables."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="a folder with MNIST's four files")
    parser.add_argument("--seeds", type=int, default=10, help="seeds 0 to n - 1")
    parser.add_argument("--epochs", type=int, default=1)
    asked = parser.parse_args()
    d = mnist(asked.data)
    x, test = scale_pixels(d.x_train), scale_pixels(d.x_test)
    more: dict[str, list[float]] = {name: [] for name in NARROW}
    for seed in range(asked.seeds):
        dsn = DeepSpikingNetwork(SIZES, rule="fsgd", seed=seed).fit(x, d.y_train, epochs=asked.epochs)
        errors = {name: 100 * error_of(rounded(dsn, most), test, d.y_test) for name, (_, most) in NARROW.items()}
        error = 100 * error_of(dsn.weights, test, d.y_test)
        for name in NARROW:
            more[name].append(errors[name] - error)
        print(
            f"seed {seed}: float32 {error:.2f} %, " + ", ".join(f"{k} {v:.2f} %" for k, v in errors.items()), flush=True
        )
    print("\n| weights | points of error more, mean (95 %) | most | seeds above 0.2 |\n|---|---|---|---|")
    for name, found in more.items():
        made = mean_interval(found)
        print(
            f"| {name} | {made.mean:+.3f} ({made.ends('+.3f')}) | {max(found):+.2f} | {sum(v > 0.2 for v in found)} |"
        )
    print(speeds(dsn, test[:2000]))


def rounded(dsn: DeepSpikingNetwork, most: int) -> list[Any]:
    """Weights as whole numbers times one scale for each layer, the largest `most`."""
    steps = [np.abs(w).max() / most for w in dsn.weights]
    return [np.rint(w / step) * step for w, step in zip(dsn.weights, steps, strict=True)]


def error_of(weights: list[Any], x: Any, y: Any) -> float:
    """The share of wrong answers."""
    return 1 - DeepSpikingNetwork.from_weights(weights, rule="fsgd").score(x, y)


def speeds(dsn: DeepSpikingNetwork, x: Any) -> str:
    """Rows of each type, and what they would make of `predict`: least of five times each, in turns."""
    sim = dsn.simulation(x[:200])
    adds = sim.run().tally.by_kind()["synaptic"] / 200
    whole, loops = [], {name: list[float]() for name in ("float32", *NARROW)}
    for _ in range(6):  # the first round compiles
        for name, found in loops.items():
            found.append(seconds_an_add(name))
        begun = time.process_time()
        dsn.predict(x)
        whole.append((time.process_time() - begun) / len(x))
    digit, each = min(whole[1:]), {name: min(found[1:]) for name, found in loops.items()}
    share = adds * each["float32"] / digit
    lines = [
        f"\na digit: {1e6 * digit:.0f} us, {adds:,.0f} adds of rows, {100 * share:.0f} % of its time by the plain loop", "",
        "| weights, sums | G adds/s | of float32 | `predict` at most |", "|---|---|---|---|",
    ]  # fmt: skip
    for name, ns in each.items():
        gain = each["float32"] / ns
        sums = "float32" if name == "float32" else "int32"
        lines.append(f"| {name}, {sums} | {1e-9 / ns:.1f} | {gain:.2f} | {1 / (1 - share + share / gain):.2f} |")
    return "\n".join([*lines, f"| rows that cost nothing | | | {1 / (1 - share):.2f} |"])


def seconds_an_add(name: str, width: int = 300, n: int = 50_000) -> float:
    """Processor time of an add of a plain loop over rows of this type."""
    rng = np.random.default_rng(0)
    kind, most = NARROW.get(name, (np.float32, 127))
    w = rng.integers(-most, most, (784, width)).astype(kind)
    phi, rows = np.zeros(width, np.float32 if name == "float32" else np.int32), rng.integers(0, 784, n)
    add_rows(phi, w, rows[:2])
    begun = time.process_time()
    add_rows(phi, w, rows)
    return (time.process_time() - begun) / (n * width)


if __name__ == "__main__":
    main()
