"""A counter that is full starts again from 0; unrolled, it goes on."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from eventnet.io.unroll import Unroller


def test_a_counter_goes_on_past_its_end() -> None:
    assert Unroller(4)(np.array([14, 15, 0, 1, 8, 2])).tolist() == [14, 15, 16, 17, 24, 18]


def test_a_little_disorder_about_the_end_is_no_wrap() -> None:
    assert Unroller(4)(np.array([15, 0, 15, 1])).tolist() == [15, 16, 15, 17]


def test_no_readings_are_no_counts() -> None:
    unroll = Unroller(4)
    assert unroll(np.array([], np.uint32)).tolist() == []
    assert unroll(np.array([3])).tolist() == [3]


@given(st.lists(st.integers(-(1 << 7), (1 << 7) - 1), max_size=60), st.integers(0, 255), st.integers(1, 7))
def test_any_steps_of_less_than_half_the_span_come_back(steps: list[int], first: int, at_a_time: int) -> None:
    true = first + np.cumsum([0, *steps])
    unroll = Unroller(8)
    found = [unroll((true % 256)[k : k + at_a_time].astype(np.uint32)) for k in range(0, len(true), at_a_time)]
    assert np.concatenate(found).tolist() == true.tolist()
