"""Spike times and learned weights are those that NEST and Brian2 gave for the same small networks.

tests/golden/peers.json is what tests/benchmarks/compare_spikes.py --golden wrote; it says by which versions.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

BENCHMARKS = Path(__file__).parent / "benchmarks"
RUNS = json.loads((Path(__file__).parent / "golden" / "peers.json").read_text())


@pytest.fixture
def programs(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The programs of the comparison."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    monkeypatch.syspath_prepend(str(BENCHMARKS / "peers_stdp"))
    import bench_peers
    import compare_spikes
    import spikes_eventnet

    yield {"bench": bench_peers, "compare": compare_spikes, "run": spikes_eventnet.run}
    for name in ("bench_peers", "compare_spikes", "spikes_eventnet", "small"):
        sys.modules.pop(name, None)


@pytest.mark.parametrize("told", RUNS, ids=[f"{r['simulator']}-{r['theirs']}" for r in RUNS])
def test_a_small_network_fires_and_learns_as_a_peer_says(told: dict[str, Any], programs: Any) -> None:
    kind, early, late = told["ours"].split(",")
    found = programs["run"](kind, float(early), float(late))
    assert found["units"] == told["units"] or kind != "delta"
    if kind == "delta":  # spikes fall on inputs, which are on NEST's and Brian2's grid
        assert np.abs(np.array(found["times"]) - told["times"]).max() < 1e-9
        assert np.abs(np.array(found["weights"]) - told["weights"]).max() < 1e-10  # written with 10 digits
        return
    for unit in range(4):
        ours, theirs = (np.array(r["times"])[np.array(r["units"]) == unit] for r in (found, told))
        # Spikes are told at the first tick of 0.001 ms after them, and reach synapses and other units then.
        assert np.abs(ours - theirs).max() < 0.0025
    assert np.abs(np.array(found["weights"]) - told["weights"]).max() < 1e-5


@pytest.mark.parametrize("per_ms", [10_000, 100_000])
@pytest.mark.parametrize("told", [r for r in RUNS if "precise" in r["theirs"]], ids=lambda told: told["ours"])
def test_a_finer_tick_is_nearer_to_precise_times(told: dict[str, Any], per_ms: int, programs: Any) -> None:
    """Spikes are sent at the first tick after they cross: what is left of the difference is the tick."""
    kind, early, late = told["ours"].split(",")
    found = programs["run"](kind, float(early), float(late), per_ms)
    for unit in range(4):
        ours, theirs = (np.array(r["times"])[np.array(r["units"]) == unit] for r in (found, told))
        assert np.abs(ours - theirs).max() < 2.5 / per_ms + 1e-6  # golden times are kept to a nanosecond
    assert np.abs(np.array(found["weights"]) - told["weights"]).max() < 2e-3 / per_ms


def test_all_simulators_may_have_large_pages_and_one_thread(programs: Any) -> None:
    """NumPy asks for large pages by itself: who allocates by malloc has them by a variable alone."""
    settings = programs["bench"].settings
    given = {"PYTHONPATH": "here", "OMP_NUM_THREADS": "8"}
    for peer in ("eventnet", "nest"):
        made = settings(peer, given)
        assert made["GLIBC_TUNABLES"] == "glibc.malloc.hugetlb=1"
        assert (made["OMP_NUM_THREADS"], "PYTHONPATH" in made) == ("1", peer == "eventnet")
    assert settings("nest", {"GLIBC_TUNABLES": "of the user"})["GLIBC_TUNABLES"] == "of the user"


def test_spikes_are_matched_with_the_nearest_of_their_unit(programs: Any) -> None:
    ours = {"times": [1.0, 2.0, 5.0, 9.0], "units": [0, 1, 0, 0]}
    theirs = {"times": [1.2, 2.1, 4.9, 30.0, 31.0], "units": [0, 1, 0, 0, 1]}
    found = programs["compare"].differences(theirs, ours, 0.1, 1.0)
    assert sorted(found.tolist()) == pytest.approx([-0.2, 0.0, 0.1])
    comparison = programs["compare"].Comparison("nest", "delta,0.1", "delta,0,0", 0.1)
    assert programs["compare"].as_one(theirs, ours, comparison) == 9.0


def test_a_table_compares_medians_with_ours(programs: Any) -> None:
    line = {"version": "1", "python": "3.11", "digits": 10, "input_spikes": 2000.4, "output_spikes": None}
    found = [
        {**line, "peer": "eventnet", "seconds": [0.01, 0.02, 0.005], "expected": 2000.0, "output_spikes": 10.0},
        {**line, "peer": "other", "seconds": [1.0], "expected": 2000.0, "normalizes": False},
        {**line, "peer": "third", "seconds": [1.0], "expected": 2000.0, "output_spikes": 70.0, "normalizes": True},
    ]
    found[0]["normalizes"] = True
    ours, other, third = programs["bench"].table(found).splitlines()[2:]
    assert "| 1,000 (500 to 2,000) |  |  | yes |" in ours
    assert "| 10 (10 to 10) | 1 / 100.0 |  | no | 2,000.4 (2,000) |  |" in other
    # 200,040 + 784 x 10 events a digit of ours, 200,040 + 784 x 70 of theirs
    assert f"| 1 / 100.0 | 1 / {100 * 207880 / 254920:.1f} | yes |" in third
