"""What a unit stands for, as exact fractions; the ring of places that wait; spikes that one reaction has no room for."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from numba import njit

from eventnet.errors import NetworkError
from eventnet.neurons import rounding
from eventnet.neurons.rounding import ACTIVATIONS, DONE, HEAD, LIMIT, WAITING, kind_words, level, rounded, squash
from eventnet.out import Out
from eventnet.tally import N_COLUMNS

NAMES = ("identity", "relu", "hard_sigmoid")


@njit
def compiled_level(acc, bias, k, j, unscale, kind):
    return level(acc, bias, k, j, unscale, kind)


@njit
def compiled_rounded(x):
    return rounded(x)


@njit
def compiled_squash(u, activation):
    return squash(u, activation)


def nearest(x: Fraction) -> int:
    """The nearest whole number, the upper one of two."""
    return math.floor(x + Fraction(1, 2))


def squashed(u: Fraction, name: str) -> Fraction:
    return {
        "identity": u,
        "input": u,
        "relu": max(u, Fraction(0)),
        "hard_sigmoid": min(max(u, Fraction(0)), Fraction(1)),
    }[name]


# --- numbers ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("form", [rounded, compiled_rounded])
def test_halves_go_up_and_floor_has_no_faults(form: Any) -> None:
    below = np.nextafter(0.5, 0)
    given = [0.5, -0.5, 1.5, -1.5, 2.5, below, -below, np.nextafter(-0.5, -1), 2.0**52 + 1, -(2.0**52) - 1, 0.0, -0.0]
    assert [int(form(np.float64(x))) for x in given] == [1, 0, 2, -1, 3, 0, 0, -1, 2**52 + 1, -(2**52) - 1, 0, 0]
    for x in np.random.default_rng(0).normal(0, 100, 2000):
        assert form(x) == nearest(Fraction(float(x)))


def test_tanh_is_that_of_the_library_and_odd_and_the_same_bytes_compiled() -> None:
    for x in [0.0, 1e-9, 700.0, 1e5, *np.random.default_rng(1).normal(0, 2, 2000)]:
        made = squash(np.float64(x), ACTIVATIONS.index("tanh"))
        # One rounding each of exp, two sums and a quotient; 1 - exp(-2 x) cancels at small x.
        assert abs(made - math.tanh(x)) < 4e-16
        assert squash(np.float64(-x), ACTIVATIONS.index("tanh")) == -made
        assert np.float64(made).tobytes() == np.float64(compiled_squash(float(x), ACTIVATIONS.index("tanh"))).tobytes()


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", [*NAMES, "input"])
def test_a_unit_stands_for_its_scaled_activation_rounded(name: str, dtype: str) -> None:
    rng = np.random.default_rng(2)
    for baked in (False, True):
        for _ in range(200):
            acc, bias = (rng.integers(-999, 1000, 3) / 16).astype(dtype), (rng.integers(-99, 100, 3) / 16).astype(dtype)
            k, unscale = (2.0 ** rng.integers(-2, 5, 3)).astype(dtype), np.dtype(dtype).type(2.0 ** rng.integers(-1, 4))
            kind = np.array([ACTIVATIONS.index(name), baked, 0, 9])
            for j in range(3):
                u, scale = Fraction(float(acc[j])), Fraction(float(k[j]))
                if name != "input":
                    u = u / (1 if baked else Fraction(float(unscale))) + Fraction(float(bias[j]))
                    scale = Fraction(1) if baked else scale
                wanted = nearest(scale * squashed(u, name))
                assert level(acc, bias, k, j, unscale, kind) == wanted
                assert compiled_level(acc, bias, k, j, unscale, kind) == wanted


@pytest.mark.parametrize("name", [*NAMES, "input"])
def test_a_whole_unit_stands_for_its_activation_in_steps_rounded(name: str) -> None:
    rng = np.random.default_rng(3)
    for shift in (0, 1, 2, 12):
        for _ in range(200):
            acc, bias = (rng.integers(-9 << shift, (9 << shift) + 1, 3).astype(np.int32) for _ in range(2))
            kind = np.array([ACTIVATIONS.index(name), 1, shift, 9])
            for j in range(3):
                sums = int(acc[j]) + (0 if name == "input" else int(bias[j]))
                wanted = nearest(squashed(Fraction(sums, 1 << shift), name))
                assert level(acc, bias, acc, j, np.int32(1), kind) == wanted
                assert compiled_level(acc, bias, acc, j, np.int32(1), kind) == wanted


# --- the ring --------------------------------------------------------------------------------------------------------
class Units:
    """Identity units in a plain sigma-delta layer without weights: `channels` at each of `places`."""

    def __init__(self, places: int, channels: int, limit: int) -> None:
        n = places * channels
        self.acc, self.bias, self.k = np.zeros(n), np.zeros(n), np.ones(n)
        kind = kind_words("identity", baked=True, shift=0, limit=limit)
        begin = {"sent": [0] * n, "ring": [0] * places, "waits": [0] * places, "cursor": [0] * 4, "kind": kind}
        self.made = {name: np.array(words, dtype=np.int64) for name, words in begin.items()}

    def wait(self, place: int) -> None:
        rounding.wait_place(place, *(self.made[name] for name in ("ring", "waits", "cursor")))

    def send(self) -> tuple[list[tuple[int, int]], bool]:
        """The spikes sent, and whether a notice asks for more; the notice comes at once."""
        out, tally, m = Out((len(self.acc), 1), 1000), np.zeros(N_COLUMNS, dtype=np.int64), self.made
        m["cursor"][rounding.NOTICED] = 0
        rounding.send(
            self.acc, self.bias, self.k, m["sent"], m["ring"], m["waits"], m["cursor"], 1.0, m["kind"], out, tally
        )
        return [spike[:2] for spike in out.spikes if spike[2] == 0], any(spike[2] == 1 for spike in out.spikes)


def test_places_wait_once_and_in_the_order_they_came() -> None:
    units = Units(4, 2, 99)
    units.acc[:] = [1, -1, 2, 0, 0, 0, 1, 1]
    for place in (3, 0, 3, 0):
        units.wait(place)
    assert units.made["cursor"][WAITING] == 2
    assert units.send() == ([(6, 1), (7, 1), (0, 1), (1, -1)], False)
    units.wait(1)  # the ring has gone round
    units.wait(2)
    units.wait(0)
    assert units.send() == ([(2, 1), (2, 1)], False)
    assert units.made["cursor"][HEAD] == 1
    assert units.send() == ([], False)


def test_only_the_difference_is_sent() -> None:
    units = Units(1, 3, 99)
    for acc, wanted in (([2, 0, -1], [(0, 1), (0, 1), (2, -1)]), ([0.4, 0.5, -1], [(0, -1), (0, -1), (1, 1)])):
        units.acc[:] = acc
        units.wait(0)
        assert units.send() == (wanted, False)


@pytest.mark.parametrize("limit", [1, 2, 3, 7])
def test_what_there_is_no_room_for_is_sent_at_later_notices(limit: int) -> None:
    units, sent = Units(3, 2, limit), []
    units.acc[:] = [3, -2, 0, 1, 4, -1]
    for place in (2, 0, 1):
        units.wait(place)
    while True:
        spikes, more = units.send()
        assert len(spikes) <= limit
        sent += spikes
        if not more:
            break
        assert len(spikes) == limit
    assert sent == [(4, 1)] * 4 + [(5, -1)] + [(0, 1)] * 3 + [(1, -1)] * 2 + [(3, 1)]


def test_a_place_that_was_half_done_and_changes_is_looked_at_from_its_beginning() -> None:
    units = Units(1, 3, 2)
    units.acc[:] = [1, 3, 0]
    units.wait(0)
    assert units.send() == ([(0, 1), (1, 1)], True)
    assert units.made["cursor"][DONE] == 1
    units.acc[:] = [0, 2, 1]
    units.wait(0)
    assert units.send() == ([(0, -1), (1, 1)], True)
    assert units.send() == ([(2, 1)], False)
    assert units.made["sent"].tolist() == [0, 2, 1]


def test_an_unknown_activation_is_refused() -> None:
    with pytest.raises(
        NetworkError, match="an activation is one of identity, relu, hard_sigmoid, tanh, input, not 'elu'"
    ):
        kind_words("elu", baked=False, shift=0)
    assert kind_words("relu", baked=False, shift=0)[LIMIT] == rounding.MOST
