"""Equilibrium propagation with real states: golden traces of the author's programs, and plain loops as a second oracle."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from eventnet.errors import ModelError
from eventnet.models import EquilibriumNetwork, InitializedEquilibriumNetwork
from eventnet.models.equilibrium_states import Energy
from eventnet.scenarios.reproductions.local_loss import alignment

CASES = range(6)


@pytest.fixture
def golden() -> Any:
    return json.loads((Path(__file__).parent / "golden" / "f_init_eqprop.json").read_text())


def network(golden: Any, case: Any) -> InitializedEquilibriumNetwork:
    net = InitializedEquilibriumNetwork(
        golden["sizes"],
        lam=case["lam"],
        learning_rate=golden["learning_rates"],
        epsilon=golden["epsilon"],
        dtype="float64",
    )
    for key, weights, biases in (
        ("eq_params", net.weights, net.biases),
        ("forward_params", net.forward_weights, net.forward_biases),
    ):
        weights[:], biases[:] = ([np.array(pair[part]) for pair in golden[key]] for part in (0, 1))
    return net


def close(found: Any, wanted: Any) -> None:
    for a, b in zip(found, wanted, strict=True):
        np.testing.assert_allclose(a, np.array(b), rtol=0, atol=1e-9)


@pytest.mark.parametrize("number", CASES)
def test_states_energies_and_both_updates_are_the_authors(golden: Any, number: int) -> None:
    case, x, y = golden["cases"][number], np.array(golden["x"]), np.array(golden["y"])
    net = network(golden, case)
    forward, energy = net.forward(x), Energy(net.weights, net.biases, case["lam"])
    close(forward, case["forward_states"])
    for n in (1, 2, 5, 20):
        minus = energy.settle(x, forward, n, net.epsilon, forward=forward)
        close(minus, case["states"][f"neg{n}"])
    close([energy.of(x, minus, forward)], [case["energy_neg"]])
    for n in (1, 4):
        plus = energy.settle(x, minus, n, net.epsilon, forward=forward, target=y, beta=case["beta"])
        close(plus, case["states"][f"pos{n}"])
    net.learn(x, y, case["beta"])
    close([p for pair in zip(net.weights, net.biases, strict=True) for p in pair], case["new_eq_params"])
    close(
        [p for pair in zip(net.forward_weights, net.forward_biases, strict=True) for p in pair],
        case["new_forward_params"],
    )


def test_the_cosine_of_local_and_distant_gradients_is_the_authors(golden: Any) -> None:
    found = alignment(network(golden, golden["cases"][0]), np.array(golden["x"]))  # lam 0, 20 negative steps
    *wanted, top = golden["gradient_alignment_of_layers_vs_neg20_lam0"]
    assert top is None  # nothing is above it
    assert list(found.values()) == pytest.approx(wanted, abs=1e-9)


# --- plain loops -----------------------------------------------------------------------------------------------------
def clip(v: float) -> float:
    return min(max(v, 0.0), 1.0)


def settle_by_hand(w: Any, b: Any, x: list[float], s: list[list[float]], steps: int, eps: float, lam: float = 0.0,
                   f: Any = None, y: Any = None, beta: float = 0.0) -> list[list[float]]:  # fmt: skip
    for _ in range(steps):
        new = []
        for l in range(len(s)):  # noqa: E741
            row = []
            for j in range(len(s[l])):
                below = x if l == 0 else s[l - 1]
                v = b[l][j] + sum(clip(below[i]) * w[l][i][j] for i in range(len(below)))
                if l + 1 < len(s):
                    v += sum(clip(s[l + 1][m]) * w[l + 1][j][m] for m in range(len(s[l + 1])))
                g = s[l][j] - (v if 0 <= s[l][j] <= 1 else 0.0)
                g += lam * (s[l][j] - f[l][j]) if lam else 0.0
                g += 2 * beta * (s[l][j] - y[j]) if y is not None and l == len(s) - 1 else 0.0
                row.append(clip(s[l][j] - eps * g))
            new.append(row)
        s = new
    return s


@pytest.mark.parametrize("seed", range(5))
def test_settling_and_learning_in_steps_are_those_of_plain_loops(seed: int) -> None:
    sizes, rates = (4, 5, 3), (0.2, 0.1)
    net = EquilibriumNetwork(sizes, form="euler", steps=(6, 3), learning_rate=rates, seed=seed, dtype="float64")
    rng = np.random.default_rng(seed)
    net.bias[:] = rng.normal(0, 0.3, len(net.bias))
    x = rng.uniform(-0.2, 1.2, (3, 4))
    labels, w, b = [0, 2, 1], [a.tolist() for a in net.weights], [a.tolist() for a in net.biases]
    zero = [[0.0] * n for n in sizes[1:]]
    minus = [settle_by_hand(w, b, row, zero, 6, 0.5) for row in x.tolist()]
    np.testing.assert_allclose(net.outputs(x), [s[-1] for s in minus], rtol=0, atol=1e-12)
    before = [a.copy() for a in net.weights]
    net.fit(x, labels, batch=3)
    found = []
    for beta in (0.5, -0.5):
        plus = [
            settle_by_hand(w, b, row, s, 3, 0.5, y=np.eye(3)[label].tolist(), beta=beta)
            for row, s, label in zip(x.tolist(), minus, labels, strict=True)
        ]
        change = np.zeros((5, 3))
        for lo, hi in zip(minus, plus, strict=True):
            change += rates[1] / beta / 3 * (np.outer(hi[0], hi[1]) - np.outer(lo[0], lo[1]))
        found.append(np.allclose(net.weights[1], before[1] + change, rtol=0, atol=1e-12))
    assert found.count(True) == 1  # the sign is drawn


def steps_as_printed(energy: Energy, x: Any, s: Any, n: int, eps: float, f: Any, y: Any, beta: float) -> list[Any]:
    """Every factor in every step: the activation, its slope, and what the input gives."""
    for _ in range(n):
        r, new = [np.clip(a, 0, 1) for a in s], []
        for k, a in enumerate(s):
            v = (np.clip(x, 0, 1) if k == 0 else r[k - 1]) @ energy.weights[k] + energy.biases[k]
            if k + 1 < len(s):
                v = v + r[k + 1] @ energy.weights[k + 1].T
            g = a - ((a >= 0) & (a <= 1)).astype(a.dtype) * v
            if energy.lam:
                g = g + energy.lam * (a - f[k])
            if k + 1 == len(s) and y is not None:
                g = g + 2 * beta * (a - y)
            new.append(np.clip(a - eps * g, 0, 1))
        s = new
    return list(s)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("lam", [0.0, 0.3])
@pytest.mark.parametrize("sizes", [(7, 4), (7, 9, 4), (7, 9, 8, 4)])
def test_what_settling_and_learning_leave_out_changes_no_bit(sizes: Any, lam: float, dtype: str) -> None:
    rates = [0.1 / (k + 1) for k in range(len(sizes) - 1)]
    net = InitializedEquilibriumNetwork(sizes, lam=lam, steps=(5, 3), learning_rate=rates, seed=4, dtype=dtype)
    rng = np.random.default_rng(2)
    for b in (*net.biases, *net.forward_biases):
        b[:] = rng.normal(0, 0.8, len(b))  # so that forward states lie outside 0 to 1, too
    x, y = rng.uniform(-0.3, 1.3, (6, sizes[0])).astype(dtype), np.eye(4, dtype=dtype)[rng.integers(0, 4, 6)]
    forward = net.forward(x)
    assert any(((s < 0) | (s > 1)).any() for s in forward)
    energy = Energy([w.copy() for w in net.weights], [b.copy() for b in net.biases], lam)
    minus = steps_as_printed(energy, x, forward, 5, net.epsilon, forward, None, 0.0)
    plus = steps_as_printed(energy, x, minus, 3, net.epsilon, forward, y, 0.5)
    local, contrast = net.forward_gradients(x, minus), energy.contrast(x, minus, plus)
    wanted = [
        (array - (rate / beta * d).astype(dtype)).tobytes()
        for arrays, gradients, beta in (
            (energy.weights, [d for d, _ in contrast], 0.5), (energy.biases, [d for _, d in contrast], 0.5),
            (net.forward_weights, [d for d, _ in local], 1.0), (net.forward_biases, [d for _, d in local], 1.0),
        )
        for array, d, rate in zip(arrays, gradients, rates, strict=True)
    ]  # fmt: skip
    for found, known in zip(net.learn(x, y, 0.5), (minus, plus), strict=True):
        assert [a.tobytes() for a in found] == [a.tobytes() for a in known]
    assert [a.tobytes() for a in net.arrays().values()] == wanted


def test_forward_gradients_are_slopes_of_their_losses() -> None:
    rng = np.random.default_rng(0)
    net = InitializedEquilibriumNetwork((4, 5, 3), seed=3, dtype="float64")
    x, wanted = rng.random((2, 4)), [rng.random((2, 5)), rng.random((2, 3))]
    total = net.forward_gradients(x, wanted, "global")[0][0]

    def loss() -> float:
        return sum(0.5 * float(((f - s) ** 2).sum()) for f, s in zip(net.forward(x), wanted, strict=True)) / 2

    for i, j in ((0, 0), (2, 3), (3, 4)):
        ends = []
        for step in (1e-6, -1e-6):
            net.forward_weights[0][i, j] += step
            ends.append(loss())
            net.forward_weights[0][i, j] -= step
        assert total[i, j] == pytest.approx((ends[0] - ends[1]) / 2e-6, abs=1e-7)
    local, last = net.forward_gradients(x, wanted, "local"), net.forward_gradients(x, wanted, "global")
    assert np.array_equal(local[1][0], last[1][0])
    assert not np.allclose(local[0][0], last[0][0])


def test_it_learns_a_little_with_few_steps_where_lam_pulls() -> None:
    rng = np.random.default_rng(1)
    x = rng.random((200, 6))
    y = (x[:, :3].sum(axis=1) > x[:, 3:].sum(axis=1)).astype(int)
    net = InitializedEquilibriumNetwork((6, 30, 2), lam=1.0, steps=(4, 4), seed=2)
    for _ in range(30):
        net.partial_fit(x, y, batch=10)
    assert net.score(x, y) > 0.85
    assert net.score(x, y, by="forward") > 0.8


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"lam": -1.0}, "beta, lam, epsilon are"),
        ({"loss": "far"}, "loss is 'far'"),
        ({"learning_rate": (0.1,)}, "1 learning rates for sizes"),
        ({"beta": 0.0}, "beta, lam, epsilon are 0.0"),
    ],
)
def test_other_options_are_refused(options: Any, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        InitializedEquilibriumNetwork((4, 5, 3), **options)
