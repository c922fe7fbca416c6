"""What networks that settle by levels take to learn: 25 epochs of MNIST by the batched form, a digit on the engine.

    pytest tests/benchmarks/bench_settling.py --benchmark-only

CPU times of one process, compiling left out. 25 epochs of 784-500-10 with 256 levels in batches of 20 should take under
5 minutes: five epochs are timed, after a first one that costs more, and the table has the sum of that one and 24 of
their median. A digit on the compiled engine, 784-100-10 with 64 levels and binary pixels, learned at each event, should
take under 0.3 ms: the median of five passes over the 2,000 digits that ship, modules and simulations made anew.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from eventnet.data import digits, mnist, scale_pixels
from eventnet.models import EquilibriumNetwork

EPOCHS, TIMED = 25, 5
RESULTS: list[str] = []


@pytest.fixture(scope="module", autouse=True)
def table() -> Any:
    yield
    print("\n" + "\n".join(RESULTS))


def cpu_seconds(benchmark: Any, net: EquilibriumNetwork, x: Any, y: Any) -> list[float]:
    """Of the first pass over all samples, and of each of those after it; a sample before them compiles."""
    seconds = []

    def run() -> None:
        start = time.process_time()
        net.fit(x, y)
        seconds.append(time.process_time() - start)

    net.fit(x[:1], y[:1])
    benchmark.pedantic(run, rounds=1 + TIMED)
    return seconds


def test_25_epochs_of_mnist_by_the_batched_form(benchmark: Any, shared: Path) -> None:
    d = mnist(str(shared / "data" / "mnist"), split="author")
    net = EquilibriumNetwork([784, 500, 10], k=256)
    first, *later = cpu_seconds(benchmark, net, scale_pixels(d.x_train), d.y_train)
    found = first + (EPOCHS - 1) * float(np.median(later))
    benchmark.extra_info |= {"epoch_s": float(np.median(later)), "epochs_s": found}
    RESULTS.append(
        f"784-500-10, k 256, {EPOCHS} epochs: {found:.0f} CPU s, {1000 * found / EPOCHS / 50_000:.3f} ms a digit"
    )


def test_a_digit_on_the_engine(benchmark: Any) -> None:
    d = digits()
    net = EquilibriumNetwork(
        [784, 100, 10], k=64, grid=1, learn="event", engine="compiled", learning_rate=(0.01, 0.005)
    )
    _, *later = cpu_seconds(benchmark, net, scale_pixels(d.x_train), d.y_train)
    found = 1000 * float(np.median(later)) / len(d.x_train)
    benchmark.extra_info |= {"digit_ms": found}
    RESULTS.append(f"784-100-10, k 64, binary pixels, on the engine: {found:.3f} CPU ms a digit")
