"""How long a trace of a million deliveries takes to write, and how large it is.

    pytest tests/benchmarks/bench_trace.py --benchmark-only -s

The first million of the deliveries with which a network 784-200-200-10 answers for a thousand digits, from a file.
Seconds are those of the processor, so that other work on the machine counts little.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from eventnet.analysis import write_trace
from eventnet.data import digits, scale_pixels
from eventnet.models import DeepSpikingNetwork


@pytest.mark.benchmark(timer=time.process_time)
@pytest.mark.parametrize("suffix", ["json", "json.gz"])
def test_a_million_deliveries(benchmark: Any, suffix: str, tmp_path: Path) -> None:
    dsn = DeepSpikingNetwork([784, 200, 200, 10], init_scale=0.03)
    sim = dsn.simulation(scale_pixels(digits().x_train[:1000]), record=tmp_path / "log.npy").run()
    path = tmp_path / f"trace.{suffix}"
    made = benchmark.pedantic(write_trace, args=(tmp_path / "log.npy", sim.net, path), rounds=2)
    assert made.deliveries == 1_000_000
    print(f"\n{suffix}: {benchmark.stats.stats.min:.1f} s, {path.stat().st_size / 1e6:.0f} MB, {made}")
