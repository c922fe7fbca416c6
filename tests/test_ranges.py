"""Numbers that cannot be are named with their place and with what was wanted."""

from __future__ import annotations

import numpy as np
import pytest

from eventnet.kernels.prediction_heap import FOREVER
from eventnet.kernels.ranges import holds, same, ticks, within, words
from eventnet.neurons.last_spikes import NEVER_SEEN


def test_numbers_out_of_their_range_are_named_with_their_place() -> None:
    within("a", [0, 1, 2], 0, 3)
    with pytest.raises(ValueError, match=r"a at \[2\] is 3; wanted 0 to 2"):
        within("a", [0, 1, 3], 0, 3)
    with pytest.raises(ValueError, match=r"a at \[1, 0\] is -1; wanted 0 to 2"):
        within("a", np.array([[0, 1], [-1, 2]]), 0, 3)
    with pytest.raises(ValueError, match="a is 4; wanted 0 to 3"):
        within("a", 4, 0, 4)


def test_a_range_may_differ_from_place_to_place_and_reach_the_last_number_of_64_bits() -> None:
    within("a", [0, 5], [0, 5], [1, 6])
    with pytest.raises(ValueError, match=r"a at \[1\] is 6; wanted 5 to 5"):
        within("a", [0, 6], [0, 5], [1, 6])
    within("a", [2**63 - 1], 0, 2**63)
    with pytest.raises(ValueError, match=f"wanted {2**62} to {2**63 - 1}"):
        within("a", [-(2**63)], 2**62, 2**63)


def test_arrays_that_differ_are_named_where_they_do() -> None:
    same("a", [3, 4], [3, 4])
    same("a", [4, 4], 4)
    with pytest.raises(ValueError, match=r"a at \[1\] is 5; wanted 4, of two$"):
        same("a", [3, 5], [3, 4], ", of two")
    holds("all are true", np.array([True, True]))
    with pytest.raises(ValueError, match=r"all are true, but not at \[1\]"):
        holds("all are true", np.array([True, False]))


def test_words_of_a_record_are_the_modules_own_but_for_those_that_move() -> None:
    own = np.array([7, 0, 3])
    words("a", np.array([7, 2, 3]), own, {1: (0, 3)})
    assert own.tolist() == [7, 0, 3]
    with pytest.raises(ValueError, match=r"a at \[1\] is 3; wanted 0 to 2"):
        words("a", np.array([7, 3, 3]), own, {1: (0, 3)})
    with pytest.raises(ValueError, match=r"a at \[2\] is 4; wanted 3, which no rule changes"):
        words("a", np.array([7, 2, 4]), own, {1: (0, 3)})


def test_ticks_go_up_to_now_and_no_difference_of_two_leaves_64_bits() -> None:
    least, below = ticks(FOREVER - 1)
    assert below - 1 - least < 2**63
    assert ticks(5) == (NEVER_SEEN, 6)
