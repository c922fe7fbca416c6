"""Lists of targets: sorted by source, checked against their block."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import eventnet as en
from eventnet.errors import NetworkError


def test_synapses_are_sorted_by_source_and_keep_their_order() -> None:
    rng = np.random.default_rng(0)
    pre, post, w = rng.integers(0, 9, 200), rng.integers(0, 5, 200), rng.normal(0, 1, 200)
    start, targets, values = en.sparse_rows(pre, post, w, 11)
    assert (start[0], start[-1], start.dtype, targets.dtype, values.shape) == (0, 200, np.int64, np.int64, (1, 200))
    for i in range(11):
        mine = [k for k in range(200) if pre[k] == i]
        assert targets[start[i] : start[i + 1]].tolist() == [post[k] for k in mine]
        assert values[0, start[i] : start[i + 1]].tolist() == [w[k] for k in mine]


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        (([0], [0, 1], [1.0], 2), "1 sources, 2 targets and 1 weights; wanted as many of each"),
        (([], [], [], 2), "0 sources, 0 targets and 0 weights; wanted as many of each, at least 1"),
        (([0.5], [0], [1.0], 2), "sources are float64; wanted whole numbers"),
        (([0], [0.0], [1.0], 2), "targets are float64; wanted whole numbers"),
        (([0, 2], [0, 1], [1.0, 1.0], 2), "sources are 0 to 2; wanted 0 to 1"),
        (([-1], [0], [1.0], 2), "sources are -1 to -1; wanted 0 to 1"),
    ],
)
def test_synapses_that_cannot_be_are_refused(given: Any, wanted: str) -> None:
    with pytest.raises(NetworkError, match=wanted):
        en.sparse_rows(*given)
