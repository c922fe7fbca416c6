"""Codes: rounding with memory, decay over any time, scales that follow the mean; both engines to the last bit."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from numba import njit

from eventnet.errors import NetworkError
from eventnet.neurons.pd_code import (
    ALPHA,
    BETA,
    ETA,
    LARGEST_NUMBER,
    LAST,
    MEAN,
    NEVER,
    RATE,
    RELATIVE,
    SMALLEST_SCALE,
    SMALLEST_TRACE,
    STEP,
    USED,
    clock_state,
    code_state,
    count_spike,
    decay,
    decode,
    encode,
    tune,
)
from eventnet.tally import N_COLUMNS

DTYPES = ("float64", "float32")


@njit(error_model="numpy")
def compiled_encode(number, prev, phi, beta, factor):
    return encode(number, prev, phi, beta, factor)


@njit(error_model="numpy")
def compiled_decode(number, y, beta, factor):
    decode(number, y, beta, factor)


@njit(error_model="numpy")
def compiled_decay(alpha, clock, t, tally):
    return decay(alpha, clock, t, tally)


@njit(error_model="numpy")
def compiled_tune(number, code, tally):
    tune(number, code, tally)


def tally() -> Any:
    return np.zeros(N_COLUMNS, dtype=np.int64)


# --- encoding --------------------------------------------------------------------------------------------------------
@pytest.mark.slow
@pytest.mark.parametrize("dtype", DTYPES)
def test_both_forms_of_encoding_and_decoding_agree_to_the_last_bit(dtype: str) -> None:
    rng = np.random.default_rng(1)
    plain = [np.zeros(70, dtype) for _ in range(3)]
    compiled = [np.zeros(70, dtype) for _ in range(3)]
    heard = [np.zeros(70, dtype) for _ in range(2)]
    for _ in range(60):
        beta, factor = plain[0].dtype.type(rng.choice([0.1, 0.5, 1.7])), plain[0].dtype.type(rng.random())
        number = rng.choice([rng.normal(size=70), rng.integers(-8, 9, 70) / 8])
        number[rng.integers(70, size=3)] = 0
        plain[0][:], compiled[0][:] = number, number
        assert encode(*plain, beta, factor) == compiled_encode(*compiled, beta, factor) == 0
        decode(plain[0], heard[0], beta, factor)
        compiled_decode(compiled[0], heard[1], beta, factor)
        for one, other in zip((*plain, heard[0]), (*compiled, heard[1])):
            assert one.tobytes() == other.tobytes()
    assert np.abs(plain[2]).max() <= 0.5


@pytest.mark.parametrize("code", [encode, compiled_encode])
def test_halves_round_up_and_what_is_left_is_kept(code: Any) -> None:
    number, prev, phi = np.array([0.5, -0.5, 1.5, -1.5, 0.25, np.nextafter(0.5, 0)]), np.zeros(6), np.zeros(6)
    assert code(number, prev, phi, 1.0, 0.0) == 0
    assert number.tolist() == [1, 0, 2, -1, 0, 0]
    assert phi.tolist() == [-0.5, -0.5, -0.5, -0.5, 0.25, np.nextafter(0.5, 0)]
    assert prev.tolist() == [0.5, -0.5, 1.5, -1.5, 0.25, np.nextafter(0.5, 0)]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("code", [encode, compiled_encode])
def test_numbers_beyond_all_bounds_are_told_and_not_sent(code: Any, dtype: str) -> None:
    number = np.array([LARGEST_NUMBER - 1, LARGEST_NUMBER, -LARGEST_NUMBER, np.nan, np.inf, -np.inf, 1], dtype)
    prev, phi = np.zeros((2, 7), dtype)
    one, nothing = number.dtype.type(1), number.dtype.type(0)
    assert code(number, prev, phi, one, nothing) == 5
    assert number.tolist() == [LARGEST_NUMBER - 1, 0, 0, 0, 0, 0, 1]


# --- decay -----------------------------------------------------------------------------------------------------------
@pytest.mark.slow
def test_decay_over_any_time_is_one_formula_in_both_engines() -> None:
    rng = np.random.default_rng(2)
    for _ in range(2000):
        clock = clock_state(int(rng.integers(1, 50)))
        clock[LAST], t = rng.integers(0, 100), int(rng.integers(100, 1000))
        alpha = rng.choice([np.float64(rng.random()), np.float64(1.0), np.float64(0.0)])
        for a in (alpha, np.float32(alpha)):
            one, other = decay(a, clock, t, tally()), compiled_decay(a, clock, t, tally())
            assert np.float64(one).tobytes() == np.float64(other).tobytes()
            wanted = float(a) ** ((t - clock[LAST]) / clock[STEP])
            assert one == pytest.approx(wanted, rel=1e-12)  # exp(log alpha n) has n times the rounding of log


def test_decay_in_one_go_is_decay_step_by_step() -> None:
    for alpha in (0.5, 1 / 1.1, 0.985):
        stepped = 1.0
        for n in range(1, 400):
            stepped *= alpha
            clock = clock_state(7)
            clock[LAST] = 3
            assert abs(decay(alpha, clock, 3 + 7 * n, tally()) - stepped) < 1e-12 * stepped


def test_one_step_decays_by_alpha_itself_and_the_first_has_nothing_to_decay() -> None:
    clock = clock_state(7)
    assert decay(0.3, clock, 100, tally()) == 0
    clock[LAST] = 93
    assert decay(0.3, clock, 100, tally()) == 0.3
    assert decay(0.0, clock, 101, tally()) == 0
    assert decay(1.0, clock, 10**9, tally()) == 1


# --- adaptive scale --------------------------------------------------------------------------------------------------
@pytest.mark.slow
@pytest.mark.parametrize("dtype", DTYPES)
def test_a_scale_follows_the_mean_of_before(dtype: str) -> None:
    rng, eta, k_rel = np.random.default_rng(3), 0.05, 1 / 1.1
    code = code_state(0.1, 1.0, eta=eta).astype(dtype)
    other, beta, mu = code.copy(), k_rel, 1.0
    for _ in range(200):
        x = (rng.normal(0, 3, 9)).astype(dtype)
        tune(x, code, tally())
        compiled_tune(x, other, tally())
        assert code.tobytes() == other.tobytes()
        assert code[USED] == pytest.approx(beta, rel=1e-5 if dtype == "float32" else 1e-13)
        beta, mu = beta + eta * (k_rel * mu - beta), (1 - eta) * mu + eta * float(np.abs(x).mean())
        assert code[[BETA, MEAN]] == pytest.approx([beta, mu], rel=1e-5 if dtype == "float32" else 1e-13)
    assert beta > 2


def test_a_scale_of_values_that_vanish_stays_above_nothing() -> None:
    code = code_state(0.1, 1.0, eta=0.5)
    for _ in range(200):
        tune(np.zeros(4), code, tally())
    assert code[BETA] == code[USED] == SMALLEST_SCALE


def test_a_fixed_scale_stays() -> None:
    code = code_state(0.1, 1.0, eta=0.0)
    kept = code.copy()
    tune(np.full(4, 9.0), code, tally())
    assert code.tolist() == kept.tolist()


# --- spikes that arrive ----------------------------------------------------------------------------------------------
def test_spikes_of_an_instant_are_counted_and_those_of_an_earlier_one_forgotten() -> None:
    count, clock = np.zeros(4), clock_state(1)
    for i, s in ((3, 1), (1, -1), (3, 1), (0, 1), (0, -1)):
        count_spike(i, s, 5, count, clock)
    assert count.tolist() == [0, -1, 0, 2]
    count_spike(2, -1, 6, count, clock)
    assert count.tolist() == [0, 0, -1, 0]


# --- what is refused -------------------------------------------------------------------------------------------------
def test_a_code_knows_its_words() -> None:
    code = code_state(0.5, 1.5, eta=0.25, rate=3.0)
    assert code[[BETA, USED, RELATIVE, ALPHA, MEAN, ETA, RATE]].tolist() == [0.5, 0.5, 0.5, 0.75, 1, 0.25, 3]
    assert clock_state(4, 2, 3).tolist() == [0, NEVER, NEVER, 4, 2, 0, 0, 0, 0, 0, 0]


@pytest.mark.parametrize("kp, kd", [(-0.1, 1), (1, -0.1), (0, 0), (math.nan, 1), (1, math.inf)])
def test_gains_are_two_numbers_of_0_or_more_and_not_both_0(kp: float, kd: float) -> None:
    with pytest.raises(NetworkError, match=f"kp is {kp} and kd {kd}; wanted two numbers of 0 or more, not both 0"):
        code_state(kp, kd, eta=0.0)


@pytest.mark.parametrize("eta, rate", [(-0.1, 0), (1, 0), (math.nan, 0), (0, math.nan), (0, math.inf)])
def test_rates_are_in_range(eta: float, rate: float) -> None:
    with pytest.raises(NetworkError, match=f"eta is {eta} and rate {rate}; wanted 0 <= eta < 1 and a finite rate"):
        code_state(1, 1, eta=eta, rate=rate)


def test_a_step_has_a_tick_or_more() -> None:
    with pytest.raises(NetworkError, match="step is 0 ticks; wanted 1 or more"):
        clock_state(0)


def test_bounds_are_numbers_of_both_types() -> None:
    """A comparison with a bound that float32 cannot hold goes one way in NumPy and may go another when compiled."""
    for bound in (SMALLEST_TRACE, LARGEST_NUMBER):
        assert float(np.float32(bound)) == bound
