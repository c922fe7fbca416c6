"""What is left of a spike, and when it is nothing."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from numba import njit

from eventnet.errors import NetworkError
from eventnet.learning.traces import DEAD, KEPT, keep_decays, kept, lifetimes, remains


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


@njit
def all_kept(life: int, tau: float, decays: Any, w: Any) -> Any:
    """Decays of 0 to life ticks as a compiled rule has them."""
    found = np.empty(life + 1, w.dtype)
    for dt in range(life + 1):
        found[dt] = kept(dt, tau, decays, w)
    return found


@pytest.mark.parametrize("tau", [20_000.0, 3_333.3, 170.0, 1.0, 0.01])
def test_kept_decays_are_those_of_exp_to_the_last_bit(tau: float) -> None:
    (life,) = lifetimes(tau=tau)
    decays = keep_decays(tau, life)
    assert 1 < len(decays) <= KEPT + 1
    exact = [math.exp(-dt / tau) for dt in range(life + 1)]
    for number in ("float32", "float64"):
        w = np.zeros((1, 1), dtype=number)
        assert np.array_equal(all_kept(life, tau, decays, w), np.array(exact, dtype=number))
        assert np.array_equal(
            [kept(dt, tau, decays, w) for dt in range(0, life, 997)], w.dtype.type(exact[::997][: -(-life // 997)])
        )


@pytest.mark.parametrize("off", [2.0**-47, -(2.0**-47)])
def test_products_that_may_round_either_way_are_not_taken(off: float) -> None:
    """A decay in the middle between two float32: a table that is off by less than the margin changes nothing."""
    w = np.zeros((1, 1), dtype=np.float32)
    for k in range(1, 20):
        low = np.float32(0.9) ** np.float32(k)
        middle = (float(low) + float(np.nextafter(low, np.float32(1)))) / 2
        dt = 500 + 37 * k
        tau = -dt / math.log(middle)
        decays = keep_decays(tau, 1600)
        decays[1:] = (decays[1:].view(np.float64) * (1 + off / 2)).view(np.int64)
        assert all_kept(dt, tau, decays, w)[dt] == np.float32(math.exp(-dt / tau))


def test_the_kept_decays_are_used() -> None:
    tau, life = 20_000.0, 800_000
    decays, w = keep_decays(tau, life), np.zeros((1, 1), dtype=np.float32)
    right = all_kept(life, tau, decays, w)
    decays[1:] = (decays[1:].view(np.float64) * (1 + 2.0**-28)).view(np.int64)
    assert not np.array_equal(all_kept(life, tau, decays, w), right)


def test_decays_too_many_to_keep_are_taken_by_exp() -> None:
    tau = 1e6
    (life,) = lifetimes(tau=tau)
    decays = keep_decays(tau, life)
    assert decays.tolist() == [0]
    w = np.zeros((1, 1), dtype=np.float32)
    assert all_kept(5, tau, decays, w).tolist() == [float(np.float32(math.exp(-dt / tau))) for dt in range(6)]
