"""The reproduction of Brunel's four regimes: its network, its rows, and what it counts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from eventnet.scenarios.brunel.parameters import REGIMES, BrunelNetworkTable
from eventnet.scenarios.reproductions import brunel as own
from eventnet.scenarios.reproductions.common.report import Request


def test_the_network_is_that_of_figure_8() -> None:
    p = own.parameters(7, quick=False)
    assert (p.network.neurons, p.network.excitatory_share, p.network.connected_share) == (12_500, 0.8, 0.1)
    assert (p.run.seed, p.run.duration_ms - p.run.measured_from_ms) == (7, 1000)
    assert list(p.regimes) == list(REGIMES) == list(own.PUBLISHED)
    n = own.parameters(7, quick=True).network
    assert n.neurons * n.connected_share == 1250  # as many inputs as in the whole network


def test_a_run_is_measured_and_only_the_end_of_its_spikes_is_kept() -> None:
    p = own.parameters(3, quick=True)
    p = replace(p, network=BrunelNetworkTable(neurons=500, connected_share=0.1, weight_mv=2.0))
    name = "asynchronous irregular"
    row, shown = own.simulated(p, name, True)
    assert (row["regime"], row["seed"]) == (name, 3)
    assert row["events"] > row["of the drive"] > 0
    assert not [key for key in row if "processor" in key or "a s" in key]
    assert shown is not None
    for population, one in shown.items():  # which is all of 100 ms
        assert one.rate() == row[f"{population} rate, Hz"] > 0
    again, none = own.simulated(p, name, False)
    assert (again, none) == (row, None)


def test_a_row_stands_beside_what_is_published() -> None:
    keys = ("excitatory rate, Hz", "inhibitory rate, Hz", "CV of intervals", "synchrony", "global frequency, Hz")
    found = [dict.fromkeys((*keys, "correlation in 2 ms", *own.COUNTED.values()), 10.0 * k) for k in (1, 2, 3)]
    row = own.row_of("synchronous irregular, fast", found)
    assert (row["g"], row["eta"], row["published Hz"], row["published global Hz"]) == (6, 4, 60.7, 180)
    assert (row["exc., Hz"], row["global, Hz"]) == ("20.0 (10.0 to 30.0)", "20 (10 to 30)")


@pytest.mark.slow
def test_regimes_part_as_in_the_paper(tmp_path: Path) -> None:
    """The regular one has no irregularity; the fast one oscillates above 100 Hz, faster than its neurons fire, and is
    more synchronous than the asynchronous one; the slow one is slow."""
    made = own.brunel(Request(tmp_path, quick=True, processes=1, say=lambda text: None))
    regular, fast, irregular, slow = made.curves
    assert regular["CV of intervals"] < 0.1
    assert fast["global frequency, Hz"] > 100 > fast["excitatory rate, Hz"]
    assert fast["synchrony"] > irregular["synchrony"]
    assert slow["excitatory rate, Hz"] < irregular["excitatory rate, Hz"] < fast["excitatory rate, Hz"]
    assert made.pictures == [tmp_path / "brunel.png"]
