"""Columns of sparse rows, and the row in which a synapse stands."""

import numpy as np
import pytest

from eventnet.kernels.columns_listed import by_column, guide_to_rows, row_of


@pytest.mark.parametrize("seed", range(20))
def test_columns_and_rows_are_found(seed: int) -> None:
    rng = np.random.default_rng(seed)
    counts = rng.integers(0, 9, rng.integers(1, 40)) * rng.integers(0, 2)
    begins = np.concatenate([[0], np.cumsum(counts)])
    n, columns = int(begins[-1]), int(rng.integers(1, 9))
    of = rng.integers(0, columns, n).astype(np.uint32)
    ends, listed = by_column(of, columns)
    for j in range(columns):
        assert listed[ends[j] : ends[j + 1]].tolist() == np.flatnonzero(of == j).tolist()
    shift, guide = guide_to_rows(begins)
    rows = np.repeat(np.arange(len(counts)), counts)
    assert [row_of(k, begins, guide, shift) for k in range(n)] == rows.tolist()
    assert len(guide) <= 2 * len(counts) + 1
