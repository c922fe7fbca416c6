"""Functions that tests sweep: at the top of a file, so that workers find them by their names."""

from __future__ import annotations

import math
import os
import signal
import time
from pathlib import Path
from typing import Any

import numpy as np

BESIDE_OTHERS = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")) > 1
"""Other tests run at the same time: a machine that is not quiet."""


def wave(rate: float, steps: int = 3, *, seed: int) -> dict[str, Any]:
    """A number by a formula, and one by the seed."""
    drawn = np.random.default_rng(seed).normal()
    return {"height": math.sin(rate * steps), "drawn": np.float64(drawn), "of": {"steps": steps}}


def plain(rate: float, word: str = "a") -> dict[str, Any]:
    """Has no seed."""
    return {"twice": 2 * rate}


def failing(rate: float, seed: int) -> dict[str, Any]:
    """Fails at 0.3, and in other ways above 1."""
    if rate == 0.3:
        raise ValueError("no such rate")
    if rate == 2:
        return {"list": [1]}
    if rate == 3:
        raise SystemExit(7)
    return {"rate": rate}


def mended(folder: str, rate: float) -> dict[str, Any]:
    """Fails until its folder has a file."""
    if rate > 0 and not (Path(folder) / "mended").exists():
        raise ValueError("not yet")
    return {"rate": rate}


def noted(folder: str, k: int, seconds: float = 0.0) -> dict[str, Any]:
    """Notes when it begins and ends: a file for each time."""
    note = Path(folder) / f"{k}-{os.getpid()}-{time.monotonic_ns()}"
    note.touch()
    time.sleep(seconds)
    note.rename(f"{note}.ended")
    return {"square": k * k}


def deadly(folder: str, k: int) -> dict[str, Any]:
    """Kills its worker: 3 always, 5 the first time."""
    mark = Path(folder) / f"died-{k}"
    if k == 3 or (k == 5 and not mark.exists()):
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return {"k": k}


def busy(seconds: float, seed: int) -> dict[str, Any]:
    """So many seconds of processor time, and what an iteration leads to."""
    begun, x, steps = time.process_time(), 0.25, 0
    while time.process_time() - begun < seconds:
        for _ in range(10_000):
            x = 3.9 * x * (1 - x)
        steps += 1
    rng = np.random.default_rng(seed)
    return {"mean": float(rng.normal(size=1000).mean())}


def product(n: int, seed: int) -> dict[str, Any]:
    """Sums of a product of matrices, which threads might add in another order."""
    rng = np.random.default_rng(seed)
    a, b = rng.normal(size=(n, n)), rng.normal(size=(n, n))
    return {"sum": float((a @ b).sum()), "first": float((a @ b)[0, 0])}


def wide(k: int) -> dict[str, Any]:
    """A result of 20,000 letters."""
    return {"text": str(k % 10) * 20_000}
