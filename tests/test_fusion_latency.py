"""When an answer passes half-way: steps up and down, answers on the wrong side, answers that never pass."""

from __future__ import annotations

import numpy as np

from eventnet.scenarios.fusion.latency import half_way

TIMES = np.arange(0, 1_000_000, 100)
STEPS = np.array([300_000, 600_000])
BEFORE, AFTER = np.array([-50.0, 50.0]), np.array([50.0, -50.0])


def late(by: float, rise_us: float = 1.0) -> np.ndarray:
    """An answer that goes from one level to the other in a straight line, `by` microseconds after each step."""
    knots = [0, STEPS[0] + by, STEPS[0] + by + rise_us, STEPS[1] + by, STEPS[1] + by + rise_us]
    return np.interp(TIMES, knots, [-50, -50, 50, 50, -50])


def test_a_late_copy_is_late_by_what_it_is() -> None:
    assert np.allclose(half_way(TIMES, late(7000), STEPS, BEFORE, AFTER), 7.1)  # the first sample beyond


def test_half_way_is_in_the_middle_of_a_slow_rise() -> None:
    assert np.allclose(half_way(TIMES, late(0, 40_000), STEPS, BEFORE, AFTER), 20.1)


def test_a_step_counts_only_if_the_answer_was_on_its_first_side() -> None:
    values = late(5000)
    values[np.abs(TIMES - STEPS[0] + 10_000) < 500] = 1.0
    found = half_way(TIMES, values, STEPS, BEFORE, AFTER)
    assert np.isnan(found[0])
    assert found[1] == 5.1


def test_an_answer_that_stays_behind_has_no_end() -> None:
    assert np.isinf(half_way(TIMES, np.full(len(TIMES), -50.0), STEPS, BEFORE, AFTER)[0])


def test_a_crossing_after_the_next_step_does_not_count() -> None:
    values = np.where(TIMES < 650_000, -50.0, 50.0)
    assert np.isinf(half_way(TIMES, values, STEPS, BEFORE, AFTER)[0])
