"""Rows are compared key by key, and a heap is in the order of its keys."""

from __future__ import annotations

import numpy as np
import pytest

from eventnet.engine.soundness.records import is_heap, less


def test_rows_are_compared_by_their_first_key_that_differs() -> None:
    a, b = np.array([[0, 5], [1, 1], [2, 2]]), np.array([[1, 0], [1, 2], [2, 2]])
    assert less(a, b).tolist() == [True, True, False]
    is_heap("rows", np.array([[1, 0], [1, 2], [4, 0], [1, 3]]))
    with pytest.raises(ValueError, match="rows are a heap"):
        is_heap("rows", np.array([[1, 0], [0, 2]]))
