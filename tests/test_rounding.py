"""What a unit stands for, as exact fractions; the ring of places that wait; spikes that one reaction has no room for."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from numba import njit

from eventnet.errors import NetworkError
from eventnet.kernels.out import Out
from eventnet.neurons import rounding
from eventnet.neurons.rounding import (
    ACTIVATIONS,
    DONE,
    HEAD,
    LIMIT,
    WAITING,
    activated,
    kind_words,
    level,
    rounded,
    squash,
)
from eventnet.tally import N_COLUMNS

NAMES = ("identity", "relu", "hard_sigmoid")
PARAMETERS = {"leaky_relu": (0.125,), "clip": (-2.25, 6.0)}


@njit
def compiled_level(acc, bias, k, j, unscale, kind):
    return level(acc, bias, k, j, unscale, kind)


@njit
def compiled_rounded(x):
    return rounded(x)


@njit
def compiled_squash(u, activation):
    return squash(u, activation)


@njit
def compiled_activated(u, kind):
    return activated(u, kind)


def nearest(x: Fraction) -> int:
    """The nearest whole number, the upper one of two."""
    return math.floor(x + Fraction(1, 2))


def squashed(u: Fraction, name: str) -> Fraction:
    return {
        "identity": u,
        "input": u,
        "relu": max(u, Fraction(0)),
        "hard_sigmoid": min(max(u, Fraction(0)), Fraction(1)),
        "leaky_relu": max(u, u / 8),
        "clip": min(max(u, Fraction(-9, 4)), Fraction(6)),
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


def test_sigmoid_is_that_of_the_library_and_the_same_bytes_compiled() -> None:
    kind = np.array(kind_words("sigmoid", baked=False, shift=0))
    for x in [0.0, 1e-9, 700.0, 1e5, -700.0, -1e5, *np.random.default_rng(1).normal(0, 4, 2000)]:
        made = activated(np.float64(x), kind)
        wanted = 1 / (1 + math.exp(-x)) if x > -700 else 0.0
        assert abs(made - wanted) <= 3e-16  # one rounding each of exp, a sum and a quotient
        assert np.float64(made).tobytes() == np.float64(compiled_activated(float(x), kind)).tobytes()


@pytest.mark.parametrize("number", [0.1, -0.1, 0.0, 6.0, 1e300, 5e-324, -1 / 3, float(np.float32(0.1))])
def test_parameters_of_activations_are_held_to_the_bit(number: float) -> None:
    kind = np.array(kind_words("leaky_relu", baked=False, shift=0, parameters=[number]))
    assert activated(np.float64(-1.0), kind) == compiled_activated(-1.0, kind) == -number
    both = np.array(kind_words("clip", baked=False, shift=0, parameters=[number, number]))
    assert activated(np.float64(7.0), both) == compiled_activated(-7.0, both) == number


@pytest.mark.parametrize("name, given, words", [
    ("leaky_relu", (), "the parameters of leaky_relu are .*; wanted finite numbers: slope"),
    ("clip", (1.0,), "the parameters of clip are .*; wanted finite numbers: low, high"),
    ("clip", (2.0, 1.0), "clip goes from 2.0 to 1.0; wanted low to high"),
    ("clip", (0.0, math.inf), "wanted finite numbers"),
    ("relu", (1.0,), "the parameters of relu are .*; wanted none"),
])  # fmt: skip
def test_other_parameters_than_an_activation_has_are_refused(name: str, given: Any, words: str) -> None:
    with pytest.raises(NetworkError, match=words):
        kind_words(name, baked=False, shift=0, parameters=given)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", [*NAMES, *PARAMETERS, "input"])
def test_a_unit_stands_for_its_scaled_activation_rounded(name: str, dtype: str) -> None:
    rng = np.random.default_rng(2)
    for baked in (False, True):
        for _ in range(200):
            acc, bias = (rng.integers(-999, 1000, 3) / 16).astype(dtype), (rng.integers(-99, 100, 3) / 16).astype(dtype)
            k, unscale = (2.0 ** rng.integers(-2, 5, 3)).astype(dtype), np.dtype(dtype).type(2.0 ** rng.integers(-1, 4))
            kind = np.array(kind_words(name, baked=baked, shift=0, limit=9, parameters=PARAMETERS.get(name, ())))
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
        NetworkError,
        match="an activation is one of identity, relu, hard_sigmoid, tanh, input, sigmoid, leaky_relu, clip, not 'elu'",
    ):
        kind_words("elu", baked=False, shift=0)
    assert kind_words("relu", baked=False, shift=0)[LIMIT] == rounding.MOST
