"""The script that compares what two checkouts print: by value, as often as it is there, and within rounding."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

SCRIPTS = Path(__file__).with_name("scripts")
sys.path.insert(0, str(SCRIPTS))
script: Any = importlib.import_module("compare_json")


def test_each_number_is_found_once_and_what_is_not_is_named() -> None:
    old = {"a": [1, 1], "b": {"c": 2.5}, "spikes": 7, "seconds": 3.0, "yes": True}
    assert script.compare(old, {"z": [2.5, 1, 7, 1]}) == (4, 4, 0, [])
    assert script.compare(old, {"z": [2.5, 1, 8]}) == (4, 2, 0, [".a[1]", ".spikes"])


def test_sums_in_another_order_are_nearly_the_same() -> None:
    assert script.compare({"a": 0.1 + 0.2 + 0.3}, {"a": 0.3 + 0.2 + 0.1}) == (1, 0, 1, [])
    assert script.compare({"a": 1.0}, {"a": 1.0 + 1e-12}) == (1, 0, 0, [".a"])


def test_a_row_is_named_by_its_quantity() -> None:
    rows = [{"quantity": "adds", "value": 3}, {"quantity": "spikes", "value": 4}]
    assert list(script.numbers(rows)) == [("[adds].value", 3), ("[spikes].value", 4)]
