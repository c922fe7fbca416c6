"""Recordings decoded by libraries that share no code with eventnet hold the same events, all fields compared.

The libraries are no dependencies: each comparison is skipped where its library, or the recording, is absent.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from eventnet.event import PIXEL_EVENT, Events
from eventnet.io import open_events


def decoded(columns: dict[str, Any]) -> Events:
    out = np.empty(len(columns["t"]), PIXEL_EVENT)
    for name in "txyp":
        out[name] = columns[name]
    return out


def by_expelliarmus(path: Path) -> Events:
    wizard = pytest.importorskip("expelliarmus").Wizard(encoding={".raw": "evt2", ".dat": "dat"}[path.suffix])
    found = wizard.read(path)
    return decoded({name: found[name] for name in "txyp"})


def by_faery(path: Path) -> Events:
    faery = pytest.importorskip("faery")
    options = {"dimensions_fallback": (1280, 720)} if path.suffix == ".raw" else {}
    parts = list(faery.events_stream_from_file(path, **options))
    return decoded({name: np.concatenate([part[name] for part in parts]) for name in "txyp"})


def by_aedat(path: Path) -> Events:
    parts = [packet["events"] for packet in pytest.importorskip("aedat").Decoder(path) if "events" in packet]
    found = np.concatenate(parts)
    return decoded({**{name: found[name] for name in "txy"}, "p": found["on"]})


def by_dv_processing(path: Path) -> Events:
    dv = pytest.importorskip("dv_processing")
    camera, parts = dv.io.MonoCameraRecording(str(path)), []
    while (batch := camera.getNextEventBatch()) is not None:
        parts.append(batch.numpy().copy())
    found = np.concatenate(parts)
    return decoded({"t": found["timestamp"], "x": found["x"], "y": found["y"], "p": found["polarity"]})


DECODERS = {
    "expelliarmus": by_expelliarmus, "faery": by_faery, "aedat": by_aedat, "dv-processing": by_dv_processing,
}  # fmt: skip


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
    other = DECODERS[decoder](path)
    found = open_events(path, order="accept").events()
    assert len(found) == events
    for field in "txyp":
        assert np.array_equal(found[field], other[field]), field


def test_the_same_events_of_evt3_but_that_faery_lets_no_time_word_fall(shared: Path) -> None:
    """Where a time word falls back by up to 11 us, once each millisecond, faery goes on with the greatest so far."""
    path = shared / "data" / "events" / "evt3.raw"
    other, found = by_faery(path), open_events(path, order="accept").events()
    for field in "xyp":
        assert np.array_equal(found[field], other[field]), field
    late = other["t"] - found["t"]
    assert (int(late.min()), int(late.max()), np.count_nonzero(late)) == (0, 11, 1_455)
