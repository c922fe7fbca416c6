"""What is left of a spike, and when it is nothing."""

from __future__ import annotations

import math

import numpy as np
import pytest

from eventnet.errors import NetworkError
from eventnet.learning.traces import DEAD, lifetimes, remains


def test_a_trace_decays_by_exp() -> None:
    assert [remains(dt, 20.0) for dt in (0, 20, 50)] == [1.0, math.exp(-1), math.exp(-2.5)]


def test_what_is_beyond_the_horizon_adds_nothing_to_one() -> None:
    assert lifetimes(tau=20.0, other=0.01) == [800, 1]
    assert 1.0 + math.exp(-DEAD) == 1.0


@pytest.mark.parametrize("tau", [0, -1.0, np.nan, np.inf])
def test_time_constants_are_above_0(tau: float) -> None:
    with pytest.raises(NetworkError, match="tau is .*; wanted a finite number above 0"):
        lifetimes(tau=tau)


def test_time_constants_end_where_ticks_are_exact() -> None:
    with pytest.raises(NetworkError, match=r"tau is 1e\+17 ticks; wanted 2\^53 at most"):
        lifetimes(tau=1e17)
