"""Looks at a recording: every event once, inertial samples as rates, and what cannot be shown."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import view_cases as cases

import eventnet as en
from eventnet.errors import InputError
from eventnet.io import INERTIAL, open_events, write_events
from eventnet.view import looks_at


def write(path: Path, events: np.ndarray, **size: int) -> Path:
    write_events(path, events, "npz", **size)
    return path


@pytest.mark.parametrize("first", [0, 12_345, 7_000_000])
def test_every_event_is_in_one_look(first: int, tmp_path: Path) -> None:
    events = cases.camera_events()
    events["t"] += first
    events = events[(events["t"] < first + 30_000) | (events["t"] > first + 80_000)]  # some windows are empty
    recording = open_events(write(tmp_path / "a.npz", events, width=4, height=3))
    looks = list(looks_at(recording, 10_000))
    assert np.concatenate([look.events["camera"] for look in looks]).tobytes() == events.tobytes()
    begins = [look.begin_us for look in looks]
    assert begins == list(range(first // 10_000 * 10_000, int(events["t"][-1]) + 1, 10_000))
    for look in looks:
        part = look.events["camera"]
        assert ((part["t"] >= look.begin_us) & (part["t"] < look.t_us)).all()
        assert look.rates == {"camera.events": pytest.approx(100 * len(part))}


def test_inertial_samples_are_rates(tmp_path: Path) -> None:
    samples = np.zeros(20, INERTIAL)
    samples["t"] = np.arange(20) * 5000
    samples["gyroscope"] = np.random.default_rng(1).normal(0, 50, (20, 3))
    recording = open_events(write(tmp_path / "a.npz", cases.camera_events(), width=4, height=3))
    recording.inertial = lambda: samples  # type: ignore[method-assign]
    parts = [look.events["gyroscope"] for look in looks_at(recording, 10_000)]
    assert [len(part) for part in parts] == [6] * 10
    assert np.concatenate(parts)["value"].tolist() == samples["gyroscope"].ravel().tolist()


def test_what_cannot_be_shown_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not say how many pixels"):
        next(looks_at(open_events(write(tmp_path / "a.npz", cases.camera_events()))))
    events = np.array([(-5, 1, 1, True)], en.PIXEL_EVENT)
    with pytest.raises(InputError, match="has events at -5 us; wanted times from 0 on"):
        next(looks_at(open_events(write(tmp_path / "b.npz", events, width=4, height=3))))
    empty = open_events(write(tmp_path / "c.npz", events[:0], width=4, height=3))
    assert list(looks_at(empty)) == []
