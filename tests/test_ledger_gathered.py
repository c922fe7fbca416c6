"""What moves a unit is kept by input, and shared in proportion; a plain list of deliveries is the oracle."""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction

import numpy as np

from eventnet.ledger.gathered import ROOM, Gathered


def test_shares_are_those_of_a_list_of_deliveries() -> None:
    rng = np.random.default_rng(1)
    units, inputs = 4, 60
    made = Gathered(units, inputs)
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
            made.forget(np.arange(units) == j)
            moved[j] = []


def test_an_input_that_lost_its_place_while_room_was_made_gets_a_new_one() -> None:
    made = Gathered(1, 20)
    for k in range(ROOM):
        made.add(np.ones(1), (np.array([k]), np.ones(1)))
    made.forget(np.array([True]))
    made.add(np.ones(1), (np.array([3, 10]), np.array([0.25, 0.75])))  # 3 has a place, but no part; 10 needs one
    found = made.shares(0, 1)
    assert found is not None
    assert (found[0].tolist(), found[1].tolist()) == ([3, 10], [0.25, 0.75])


def test_inputs_that_no_unit_holds_any_more_leave_their_place() -> None:
    made = Gathered(2, 10_000)
    for k in range(10_000):
        made.add(np.array([1.0, 0.5]), (np.array([k]), np.ones(1)))
        if k % 3 == 2:
            made.forget(np.array([True, True]))
    assert len(made.input) < 40
