"""Whole numbers that a caller gives: what is one, and how its range is told."""

from __future__ import annotations

import numpy as np
import pytest

from eventnet.errors import EngineError, ModelError
from eventnet.given import whole_number


def test_a_whole_number_is_an_int_of_any_kind_and_nothing_else() -> None:
    for good in (3, np.int8(3), np.uint64(3)):
        found = whole_number("n", good, 3, 3)
        assert (found, type(found)) == (3, int)
    for bad in (2, 4, 3.0, True, np.True_, np.float64(3), "3", None, float("nan"), [3]):
        with pytest.raises(ModelError, match="n is .*; wanted a whole number from 3 to 3"):
            whole_number("n", bad, 3, 3)
    with pytest.raises(EngineError, match="n is 0; wanted a whole number, 1 or more"):
        whole_number("n", 0, 1, error=EngineError)


@pytest.mark.parametrize("least, most, words", [
    (0, 1000, "from 0 to 1,000"), (-(2**63), 2**63 - 1, r"from -2\^63 to 2\^63 - 1"), (0, 2**31 - 1, r"from 0 to 2\^31 - 1"),
    (1, 2**62, r"from 1 to 2\^62"),
])  # fmt: skip
def test_the_ends_of_a_range_are_written_as_people_write_them(least: int, most: int, words: str) -> None:
    with pytest.raises(ModelError, match=f"n is {2**70}; wanted a whole number {words}$"):
        whole_number("n", 2**70, least, most)
