"""Recordings decoded by libraries that share no code with eventnet hold the same events, all fields compared.

The libraries are no dependencies: each comparison is skipped where its library, or the recording, is absent.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from eventnet.event import Events
from eventnet.io import open_events

SCRIPT = Path(__file__).parent / "scripts" / "layouts_table.py"
SPEC = importlib.util.spec_from_file_location("layouts_table", SCRIPT)
script: Any = importlib.util.module_from_spec(SPEC)  # type: ignore[arg-type]
sys.modules[SPEC.name] = script  # type: ignore[union-attr]
SPEC.loader.exec_module(script)  # type: ignore[union-attr]


def other_events(decoder: str, path: Path) -> Events:
    library, decode = script.DECODERS[decoder]
    pytest.importorskip(library)
    found: Events = decode(path)
    return found


@pytest.mark.parametrize(
    ("name", "decoder", "events"),
    [
        ("evt2.raw", "expelliarmus", 521_252),
        ("evt2.raw", "faery", 521_252),
        ("sample_ncars.dat", "expelliarmus", 2_009),
        ("sample.aedat4", "aedat", 111_954),
        ("sample.aedat4", "faery", 111_954),
        ("sample.aedat4", "dv-processing", 111_954),
        ("davis346_sample.aedat4", "aedat", 6_676),
        ("davis346_sample.aedat4", "dv-processing", 6_676),
    ],
)
def test_the_same_events(shared: Path, name: str, decoder: str, events: int) -> None:
    path = shared / "data" / "events" / name
    other = other_events(decoder, path)
    found = open_events(path, order="accept").events()
    assert len(found) == events
    for field in "txyp":
        assert np.array_equal(found[field], other[field]), field


def test_the_same_events_of_evt3_but_that_faery_lets_no_time_word_fall(shared: Path) -> None:
    """Where a time word falls back by up to 11 us, once each millisecond, faery goes on with the greatest so far."""
    path = shared / "data" / "events" / "evt3.raw"
    other, found = other_events("faery", path), open_events(path, order="accept").events()
    for field in "xyp":
        assert np.array_equal(found[field], other[field]), field
    late = other["t"] - found["t"]
    assert (int(late.min()), int(late.max()), np.count_nonzero(late)) == (0, 11, 1_455)
