"""Races at gates: the page has the script's rows, and counts are those of the runs' own reactions."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SCRIPT = runpy.run_path(str(ROOT / "tests" / "scripts" / "gate_races.py"))
PAGE = (ROOT / "docs" / "how-to" / "races.md").read_text("utf-8")


def test_a_network_that_races_has_counts_and_a_confluent_one_has_none() -> None:
    """Seed 6 errs at both gates; seed 10 makes the same of both orders."""
    racy, same = SCRIPT["tiny"](6), SCRIPT["tiny"](10)
    assert (racy.verdict, same.verdict) == ("racy", "confluent")
    found = SCRIPT["alone"](racy)
    assert found["output, +"] == (0, 2)
    assert found["hidden, +"] == (0, 1)
    assert set(SCRIPT["alone"](same).values()) == {(0, 0)}
    for gate, port in SCRIPT["GATES"].items():
        assert found[gate] == racy.divergence.reactions.get(port, (0, 0, 0))[1:]


def test_sums_and_differences_are_paired_by_seed() -> None:
    made = SCRIPT["rows"](SCRIPT["tiny"], (6, 10))
    breadth, depth, more = made["output, +"]
    assert (breadth, depth, more.mean) == (0, 2, 1.0)
    assert more.low == pytest.approx(1 - 12.706204736 * 2**0.5 / 2**0.5, rel=1e-6)  # Student's t of one degree


def test_the_page_has_as_many_seeds_as_the_script() -> None:
    for seeds in (SCRIPT["TINY_SEEDS"], SCRIPT["DIGIT_SEEDS"]):
        assert f", {len(seeds)} seeds" in PAGE
    assert [line for gate in SCRIPT["GATES"] if f"| {gate} |" not in PAGE for line in (gate,)] == []
