"""The reproduction of the cortical microcircuit: its size, its rows, and what it counts."""

from __future__ import annotations

import pytest

from eventnet.scenarios.microcircuit import POPULATIONS
from eventnet.scenarios.reproductions import microcircuit as own


def test_it_is_a_tenth_of_the_network() -> None:
    p = own.parameters(7, quick=False)
    assert (p.run.seed, p.run.scale, p.run.duration_ms, p.run.measured_from_ms) == (7, 0.1, 1500, 500)
    assert own.parameters(7, quick=True).run.scale < p.run.scale


@pytest.mark.slow
def test_a_run_has_a_row_a_population_and_its_costs() -> None:
    p = own.parameters(3, quick=True)
    rows, costs, shown = own.simulated(p, True)
    assert [row["population"] for row in rows] == list(POPULATIONS)
    assert {row["seed"] for row in rows} == {3}
    assert set(costs) == {"neurons", "synapses", *own.COSTS}
    assert costs["events"] > costs["of the drives"] > 0
    assert shown is not None
    assert rows[2]["rate, Hz"] == shown.trains["L4E"].rate()
    assert own.simulated(p, False)[1:] == (costs, None)
    assert "the full size: eventnet run microcircuit --full" in own.notes(p, [3], [costs])[1]


def test_a_row_stands_beside_the_full_network_and_nest_s_tenth() -> None:
    found = [{"rate, Hz": k, "CV": 0.5, "synchrony": 2.0} for k in (1.0, 2.0, 3.0)]
    row = own.row_of("L5I", found)
    assert (row["published Hz"], row["published Hz of a tenth, NEST"]) == (8.633, 7.76)
    assert (row["rate, Hz"], row["CV"]) == ("2 (1 to 3)", "0.5 (0.5 to 0.5)")
