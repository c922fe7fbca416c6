"""Numbers in files without a name."""

from __future__ import annotations

import numpy as np
import pytest

from eventnet.base.column import gathered, let_go


@pytest.mark.parametrize("sizes", [[], [0], [3], [1, 0, 5, 2, 900], [1] * 20])
def test_arrays_are_gathered_one_after_the_other(sizes: list[int]) -> None:
    kind = np.dtype([("a", np.int64), ("b", np.int32)])
    parts = [np.zeros(n, kind) for n in sizes]
    for k, part in enumerate(parts):
        part["a"], part["b"] = np.arange(len(part)) + 1000 * k, k
    wanted = np.concatenate([np.zeros(0, kind), *parts]).tolist()
    for held in (0, 5, 10_000):
        found = gathered(iter(parts), kind, held)
        assert found.dtype == kind
        assert found.tolist() == wanted
        let_go(found)
        assert found.tolist() == wanted
