"""What moves a unit is kept by input, and shared in proportion; a plain list of deliveries is the oracle."""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction

import numpy as np

from eventnet.cost.proportional_blame import MOST, Gathered


def test_shares_are_those_of_a_list_of_deliveries() -> None:
    rng = np.random.default_rng(1)
    units, inputs = 4, 60
    made = Gathered(units)
    moved: list[list[tuple[Fraction, dict[int, Fraction]]]] = [[] for _ in range(units)]
    for step in range(300):
        roots = sorted(
            rng.choice(np.arange(max(0, step // 6 - 8), min(inputs, step // 6 + 3)), 2, replace=False).tolist()
        )
        part = Fraction(int(rng.integers(1, 8)), 8)
        amounts = [Fraction(int(rng.integers(-4, 5)), 4) for _ in range(units)]
        made.add(np.array([float(a) for a in amounts]), (np.array(roots), np.array([float(part), float(1 - part)])))
        for j in range(units):
            moved[j].append((amounts[j], dict(zip(roots, (part, 1 - part), strict=True))))
        if step % 3 == 0:
            j, sign = int(rng.integers(units)), int(rng.choice([-1, 1]))
            wanted: dict[int, Fraction] = defaultdict(Fraction)
            for amount, blame in moved[j]:
                for root, own in blame.items():
                    wanted[root] += max(Fraction(0), sign * amount) * own
            total = sum(wanted.values())
            found = made.shares(j, sign)
            if total == 0:
                assert found is None
            else:
                assert found is not None
                assert found[0].tolist() == [root for root in sorted(wanted) if wanted[root]]
                # Sums of up to 300 doubles, and one division.
                assert np.allclose(found[1], [float(wanted[root] / total) for root in found[0].tolist()], rtol=1e-12)
            made.forget([j])
            moved[j] = []


def test_a_unit_that_never_fires_holds_no_more_than_its_inputs() -> None:
    made = Gathered(2)
    for k in range(10_000):
        made.add(np.array([1.0, -0.5]), (np.array([k % 5]), np.ones(1)))
    assert len(made.up[0]) <= MOST
    assert len(made.down[1]) <= MOST
    found = made.shares(1, -1)
    assert found is not None
    assert found[0].tolist() == [0, 1, 2, 3, 4]
    assert np.allclose(found[1], 0.2, rtol=1e-12)  # some hundred sums of doubles
    assert made.shares(1, 1) is None


def test_what_has_vanished_is_forgotten() -> None:
    made = Gathered(1)
    made.add(np.array([1.0]), (np.array([3]), np.ones(1)))
    made.scale(1e-300)
    made.add(np.array([1e-300]), (np.array([4]), np.ones(1)))
    found = made.shares(0, 1)
    assert found is not None
    assert (found[0].tolist(), found[1].tolist()) == ([3, 4], [0.5, 0.5])
    made.scale(1e-300)
    assert made.shares(0, 1) is None
