"""Spiking equilibrium propagation: step sizes against golden traces, networks against a port by plain loops."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from eventnet.errors import ModelError
from eventnet.models import SpikingEquilibriumNetwork
from eventnet.models.equilibrium_spiking import Osa, SpikingForm, SpikingStates, schedule

GOLDEN = json.loads((Path(__file__).parent / "golden" / "f_osa.json").read_text())


@pytest.mark.parametrize("case", GOLDEN["cases"], ids=lambda case: str(case["nu_bar"]))
def test_step_sizes_and_averages_are_the_authors(case: Any) -> None:
    osa = Osa(case["nu_bar"], case["epsilon"])
    for x, step, average in zip(GOLDEN["signal"], case["step_sizes"], case["averages"], strict=True):
        np.testing.assert_allclose(osa.step(np.array(x)), step, rtol=0, atol=1e-9)
        np.testing.assert_allclose(osa.average, average, rtol=0, atol=1e-9)


# --- a port by plain loops, one sample -------------------------------------------------------------------------------
class Follower:
    def __init__(self, nu_bar: float, tiny: float) -> None:
        self.nu_bar, self.tiny, self.nu, self.l, self.b, self.d, self.theta, self.first = (
            nu_bar,
            tiny,
            1.0,
            0.0,
            0.0,
            0.0,
            0.0,
            True,
        )

    def __call__(self, x: float) -> float:
        self.nu = self.nu / (1 + self.nu - self.nu_bar)
        err = x - self.theta
        self.b = (1 - self.nu) * self.b + self.nu * err
        self.d = (1 - self.nu) * self.d + self.nu * err * err
        s2 = (self.d - self.b * self.b) / (1 + self.l)
        step = 1.0 if self.first else 1 - (s2 + self.tiny) / (self.d + self.tiny)
        self.first = False
        self.l = (1 - step) ** 2 * self.l + step * step
        self.theta = (1 - step) * self.theta + step * x
        return step


def clip(v: float) -> float:
    return min(max(v, 0.0), 1.0)


def by_hand(
    x: list[float],
    w: Any,
    b: Any,
    *,
    lam: Any,
    eps: Any,
    encoder: str,
    matched: bool,
    phases: Any,
    nu_bar: float,
    draws: Any,
) -> list[list[float]]:
    sizes = [len(x), *(len(row) for row in b)]
    s = [[0.0] * n for n in sizes[1:]]
    q, phi, last = ([[0.0] * n for n in sizes] for _ in range(3))
    v = [[0.0] * n for n in sizes[1:]]
    follow = [[Follower(nu_bar, 1e-7) for _ in range(n)] for n in sizes[1:]]
    t = 0
    for steps, y, beta in phases:
        for _ in range(steps):
            t += 1
            decode = lam(max(t - 1, 1)) if matched else lam(t)
            new = [row.copy() for row in s]
            for k in range(len(s)):
                for j in range(len(s[k])):
                    u = sum(q[k][i] * w[k][i][j] for i in range(sizes[k]))
                    if k + 1 < len(s):
                        u += sum(q[k + 2][m] * w[k + 1][j][m] for m in range(sizes[k + 2]))
                    v[k][j] = (1 - decode) * v[k][j] + decode * u
                    total = v[k][j] + b[k][j] if 0 <= s[k][j] <= 1 else 0.0
                    if y is not None and k == len(s) - 1:
                        total += 2 * beta * (y[j] - s[k][j])
                    e = eps(t) if eps is not None else follow[k][j](total)
                    new[k][j] = clip((1 - e) * s[k][j] + e * total)
            s = new
            for k, row in enumerate([x, *s]):
                for i, r in enumerate(map(clip, row)):
                    a = (r - (1 - lam(t)) * last[k][i]) / lam(t)
                    last[k][i] = r
                    if encoder == "sigma-delta":
                        phi[k][i] += a
                        q[k][i] = 1.0 if phi[k][i] > 0.5 else 0.0
                        phi[k][i] -= q[k][i]
                    elif encoder == "threshold":
                        q[k][i] = 1.0 if a > 0.5 else 0.0
                    else:
                        q[k][i] = 1.0 if a > next(draws) else 0.0
    return s


@pytest.mark.parametrize("encoder", ["sigma-delta", "threshold", "stochastic"])
@pytest.mark.parametrize("matched", [False, True])
@pytest.mark.parametrize("osa", [False, True])
def test_networks_are_those_of_plain_loops(encoder: str, matched: bool, osa: bool) -> None:
    rng = np.random.default_rng(4)
    sizes = (4, 5, 3)
    w = [rng.normal(0, 0.6, (a, b)) for a, b in zip(sizes, sizes[1:], strict=False)]
    b = [rng.normal(0, 0.2, n) for n in sizes[1:]]
    x, y = rng.random(4), np.array([0.0, 1.0, 0.0])
    lam, eps = (lambda t: 0.7 / t**0.4), None if osa else (lambda t: 0.8 / t**0.3)
    form = SpikingForm(encoder, schedule(0.7, 0.4), None if osa else schedule(0.8, 0.3), 0.05, matched=matched)
    made = SpikingStates(x[None], w, b, form, seed=9)
    made.run(30)
    found = made.run(12, target=y[None], beta=0.5)
    draws = iter(np.random.default_rng(9).random(42 * 12).tolist())
    wanted = by_hand(
        x.tolist(), [m.tolist() for m in w], [m.tolist() for m in b], lam=lam, eps=eps, encoder=encoder, matched=matched,
        phases=[(30, None, 0.0), (12, y.tolist(), 0.5)], nu_bar=0.05, draws=draws,
    )  # fmt: skip
    for layer, row in zip(found, wanted, strict=True):
        np.testing.assert_allclose(layer[0], row, rtol=0, atol=1e-9)
    assert (made.ones <= 42 * np.array(sizes)).all()
    assert made.ones.sum() > 0


@pytest.mark.parametrize(("seed", "beta"), [(2, 0.5), (3, -0.5)])
def test_what_a_batch_changes_is_that_of_plain_loops(seed: int, beta: float) -> None:
    """theta + (rate / beta) mean over samples of (s_below s)+ - (s_below s)-, with OSA's 1e-7, in float64."""
    net, rng = (
        SpikingEquilibriumNetwork((4, 5, 3), steps=(30, 12), seed=seed, dtype="float64"),
        np.random.default_rng(8),
    )
    for bias in net.biases:
        bias[:] = rng.normal(0.2, 0.2, len(bias))
    x, labels = rng.random((3, 4)), [2, 0, 1]
    w, b = [array.tolist() for array in net.weights], [array.tolist() for array in net.biases]
    wanted_w, wanted_b = [array.copy() for array in net.weights], [array.copy() for array in net.biases]
    for sample, label in zip(x.tolist(), labels, strict=True):
        y = [float(j == label) for j in range(3)]
        for sign, phases in ((-1, [(30, None, 0.0)]), (1, [(30, None, 0.0), (12, y, beta)])):
            states = by_hand(
                sample, w, b, lam=lambda t: 0.275, eps=None, encoder="sigma-delta", matched=False, phases=phases,
                nu_bar=0.0346, draws=None,
            )  # fmt: skip
            for k, (below, s) in enumerate(zip([sample, *states], states, strict=False)):
                for j, above in enumerate(s):
                    factor = sign * (0.1, 0.05)[k] / beta / len(x)
                    wanted_b[k][j] += factor * above
                    for i, value in enumerate(below):
                        wanted_w[k][i, j] += factor * value * above
    before = net.weights[0].copy()
    net.partial_fit(x, labels, batch=3)
    for found, wanted in zip(net.weights + net.biases, wanted_w + wanted_b, strict=True):
        np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-9)
    assert np.abs(net.weights[0] - before).max() > 1e-4


@pytest.mark.slow
def test_a_network_learns_with_bits_and_counts_them() -> None:
    rng = np.random.default_rng(1)
    x = rng.random((200, 6))
    y = (x[:, :3].sum(axis=1) > x[:, 3:].sum(axis=1)).astype(int)
    net = SpikingEquilibriumNetwork((6, 20, 2), steps=(40, 20), seed=3, dtype="float64")
    for _ in range(12):
        net.partial_fit(x, y, batch=10)
    ones = net.ones.copy()
    assert net.adds(ones) == ones[0] * 20 + ones[1] * 2 + ones[2] * 20
    assert net.changes.sum() < ones.sum() * 2
    assert net.score(x, y) > 0.85
    assert net.ones.sum() < ones.sum()


def test_schedules_begin_at_one_at_most() -> None:
    assert [schedule(0.5, 1.0)(t) for t in (1, 2)] == [0.5, 0.25]
    assert schedule(3.0, 0.5)(1) == 1.0
    assert schedule(1.0, 0.5)(4) == 1 / math.sqrt(4)


def test_other_options_are_refused() -> None:
    with pytest.raises(ModelError, match="nu_bar and tiny are 0"):
        Osa(0.0)
    with pytest.raises(ModelError, match="encoder is 'bits'"):
        SpikingForm("bits")
    with pytest.raises(ModelError, match="wanted a learning rate a layer"):
        SpikingEquilibriumNetwork((4, 3), beta=0.5)
