"""Depths of deliveries: steps back to their input, however long the chain and in whatever pieces the log comes."""

from __future__ import annotations

import numpy as np
import pytest

from eventnet.analysis import log_pieces
from eventnet.analysis.cascades import deepest, depth_column, depths
from eventnet.event import DELIVERY


def drawn(seed: int, n: int = 300, near: int = 3) -> np.ndarray:
    """A log of which each line goes back to one of the few before it, or is an input."""
    rng, log = np.random.default_rng(seed), np.zeros(n, DELIVERY)
    log["id"] = np.arange(n)
    log["parent"] = [k - 1 - int(rng.integers(min(k, near))) if k and rng.random() < 0.97 else -1 for k in range(n)]
    return log


def walked(log: np.ndarray, first: int = 0) -> list[int]:
    """One more than the parent's; 0 where it is not there."""
    found: list[int] = []
    for parent in log["parent"].tolist():
        found.append(found[parent - first] + 1 if parent >= first else 0)
    return found


@pytest.mark.parametrize("size", [1, 7, 64, 10_000])
def test_depths_are_steps_to_the_input_in_any_pieces(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_pieces, "PIECE", size)
    for seed in range(4):
        log = drawn(seed)
        assert depths(log).tolist() == walked(log)
        assert deepest(log) == max(walked(log)) > 15
        assert depth_column(log[100:], 100).array.tolist() == walked(log[100:], 100)


def test_a_chain_through_the_whole_log_is_as_deep_as_it_is_long() -> None:
    log = np.zeros(5000, DELIVERY)
    log["id"], log["parent"] = np.arange(5000), np.arange(5000) - 1
    assert depths(log).tolist() == list(range(5000))
