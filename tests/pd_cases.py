"""Rules and random networks of proportional-derivative codes: arguments for one reaction, networks from a seed."""

from __future__ import annotations

from typing import Any

import numpy as np

import eventnet as en
from eventnet.neurons.pd_code import ACTIVATION, LAST, NEVER, NOTICED, ROW, STAMP, TOLD, clock_state, code_state

NOW = 5
"""The tick of a reaction that is tried out."""

GEOMETRIES = (en.Geometry.dense(4, 5), en.Geometry.window((2, 4, 3), 2, (3, 2), (2, 1), (1, 0, 0, 1)))


def some_clock(rng: np.random.Generator, more: int = 0) -> Any:
    """The clock of a module: a step ago, long ago, never; spikes of this instant or of an earlier one."""
    clock = clock_state(int(rng.integers(1, 4)), int(rng.integers(4)), more)
    clock[NOTICED], clock[ROW], clock[TOLD] = rng.integers(2), rng.integers(3), rng.integers(2)
    clock[LAST] = rng.choice([NEVER, NOW - clock[3], 1, NOW])
    clock[STAMP] = rng.choice([NOW, NOW, NOW, 2])
    if more:
        clock[-more:] = rng.integers(0, 2, more)
    return clock


def some_code(rng: np.random.Generator) -> Any:
    """The code of a module, with and without an adaptive scale."""
    kp = float(rng.choice([0.25, 1.0, 2.0]))
    return code_state(kp, float(rng.choice([0.0, 1.0, 3.0])), eta=float(rng.choice([0.0, 0.25])), rate=0.5)


def some_inbox(rng: np.random.Generator, units: int) -> tuple[Any, Any]:
    """Spikes counted, some of which came out even, and the list of the units that have spiked."""
    spiked = np.flatnonzero(rng.integers(0, 2, units))
    count, active = np.zeros(units), np.zeros(1 + 2 * units, dtype=np.int64)
    count[spiked] = rng.integers(-3, 4, len(spiked))
    active[0], active[1 : 1 + len(spiked)] = len(spiked), rng.permutation(spiked)
    active[units + 1 + spiked] = 1
    return count, active


def pd_arguments(rule: en.Rule, rng: np.random.Generator) -> tuple[dict[str, Any], int]:
    """Arrays for a rule of proportional-derivative codes by name, and how many indices there are."""
    geometry = GEOMETRIES[int(rng.integers(2))]
    n_in, n_out = geometry.units_in, geometry.units_out
    units = {"take_frame": 6, "step_decoder": 6, "step_error": n_in}.get(rule.name, n_out)
    heard = {"step_decoder": 6, "step_error": n_out, "count_error_spike": n_out}.get(rule.name, n_in)
    draw = lambda *shape: rng.integers(-8, 9, shape) / 4 * rng.integers(0, 2, shape)  # noqa: E731
    count, active = some_inbox(rng, heard)
    runs, gates = geometry.runs(), int(rng.integers(2))
    made = {
        **{name: draw(units) for name in ("prev", "phi", "number", "y", "z")},
        **{name: draw(n_in) for name in ("xhat", "x_old")}, **{name: draw(n_out) for name in ("ehat", "e_old")},
        "x": draw(n_in) * 4 * gates, "e": draw(n_out) * 4, "u": draw(runs[4::5].sum()), "rate": 0.25,
        "count": count, "active": active, "heard": np.zeros(heard, np.int64), "runs": runs,
        **{name: some_code(rng) for name in ("code", "code_in", "code_x", "code_e")},
        "clock": some_clock(rng, 1 + n_in), "clock_x": some_clock(rng), "clock_e": some_clock(rng),
        "w": draw(geometry.shape_in[0], geometry.row_words), "b": draw(1, geometry.shape_out[0]),
        "frames": draw(3, units), "answers": draw(3, units), "targets": rng.integers(0, n_out, (3, 1)).astype(float),
    }  # fmt: skip
    if rule.name == "step_error":
        made["b"] = draw(1, geometry.shape_in[0])
    if rule.name == "take_frame":
        made["clock"][ACTIVATION] = 4
    rows = rule.name in ("take_frame", "tell_row")
    return made | geometry.integers(), 3 if rows else heard
