"""Patches of events: what is in them, and which way the picture moves there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from recorded_cases import beside, rolling, translating

from eventnet.analysis import log_pieces
from eventnet.errors import DataError
from eventnet.event import PIXEL_EVENT
from eventnet.io import INERTIAL, RecordingPart, open_events, write_events
from eventnet.scenarios.sensors import Playback
from eventnet.scenarios.stdp.dvs_parameters import FeaturesParameters, PatchTable, RecordingTable
from eventnet.scenarios.stdp.patches import (
    CameraEvents,
    StreamPatches,
    cut,
    image_motion,
    patches_of,
    played,
    simulated,
    streams_of,
    together,
    turning_in,
)
from eventnet.scenarios.worlds import Panorama, SampledRates, TurningCamera

TABLE = PatchTable(size_px=4, span_ms=1.0, least=2)


def stream(rows: list[tuple[int, int, int, int]], **changes: Any) -> CameraEvents:
    return CameraEvents(np.array(rows, PIXEL_EVENT), 16, 12, 10_000, None, 1.0)._replace(**changes)


def test_a_patch_opens_at_an_event_and_holds_what_lies_round_it_for_a_span() -> None:
    seen = stream([
        (90, 8, 6, 1),  # alone in its span of least events: too early for the third
        (5000, 8, 6, 1), (5000, 7, 5, 0), (5400, 9, 7, 1), (5500, 10, 6, 0), (5999, 6, 4, 0), (6000, 8, 6, 1),
        (8000, 1, 6, 1), (8000, 8, 1, 1), (9500, 8, 6, 1), (9501, 8, 6, 1),
    ])  # fmt: skip
    made = cut(seen, 5, TABLE, np.random.default_rng(0))
    wanted = {
        5000: [(0, (4 + 2) * 4 + 2), (0, 1 * 4 + 1), (400, (4 + 3) * 4 + 3), (999, 0)],
    }
    opened = [sample for sample, t in zip(made.samples, made.t_us, strict=True) if t == 5000]
    found = {tuple(zip(*(part.tolist() for part in sample), strict=True)) for sample in opened}
    assert tuple(wanted[5000]) in found
    assert set(made.t_us) <= {5000, 5400, 5500, 5999}
    assert all(len(t) >= 2 and t[0] == 0 and t[-1] < 1000 for t, _ in made.samples)
    assert made.directions is None


def test_patches_do_not_depend_on_the_pieces_in_which_a_stream_is_looked_through(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rng = np.random.default_rng(0)
    rows = zip(np.sort(rng.integers(0, 9000, 400)), rng.integers(0, 16, 400), rng.integers(0, 12, 400), [0, 1] * 200)
    seen = stream([tuple(map(int, row)) for row in rows])
    found = []
    for size in (1 << 17, 7):
        monkeypatch.setattr(log_pieces, "PIECE", size)
        made = cut(seen, 30, TABLE, np.random.default_rng(1))
        found.append([made.t_us.tolist(), [(t.tolist(), index.tolist()) for t, index in made.samples]])
    assert found[0] == found[1]
    assert len(found[0][0]) == 30


def test_too_few_places_give_too_few_patches_and_that_is_an_error_where_they_are_wanted() -> None:
    lone = stream([(100, 8, 6, 1)])
    assert cut(lone, 3, TABLE, np.random.default_rng(0)).samples == []
    assert cut(stream([]), 3, TABLE, np.random.default_rng(0)).samples == []
    with pytest.raises(DataError, match="0 patches have 2 events or more within 4 x 4 pixels and 1 ms; wanted 3"):
        patches_of([lambda: lone], 3, TABLE, 0, lambda: None)


def test_patches_of_several_streams_keep_what_belongs_together() -> None:
    parts = [
        StreamPatches([(np.array([k, 10 * k]), np.array([k, k])) for k in range(a, b)], np.arange(a, b),
                np.stack([np.arange(a, b)] * 2, axis=1).astype(float))
        for a, b in ((0, 4), (4, 9))
    ]  # fmt: skip
    made = together(parts, np.random.default_rng(3))
    assert sorted(made.t_us) == list(range(9))
    assert made.t_us.tolist() != list(range(9))
    assert made.directions is not None
    assert (made.directions[:, 1] == made.t_us).all()
    assert [index[0] for _, index in made.samples] == made.t_us.tolist()
    assert together([parts[0]._replace(directions=None), parts[1]], np.random.default_rng(0)).directions is None


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_pictures_move_as_said(axis: int) -> None:
    """Brightness that stays constant along the motion (Horn and Schunck 1981) foretells how rendered pictures change."""
    rates, focal, h = np.eye(3)[axis] * 20.0, 60.0, 500.0
    motion = SampledRates(np.array([0.0]), rates[None])
    camera = TurningCamera(Panorama.random(seed=2, edges=0.0), motion, width=48, height=40, focal=focal)
    now, before, after = (np.empty((40, 48), np.float32) for _ in range(3))
    for t, picture in ((10_000, now), (10_000 - h, before), (10_000 + h, after)):
        camera.log_intensity(t, picture)
    change = (after - before) / (2e-6 * h)
    y, x = np.mgrid[:40, :48]
    places = np.stack([x - 23.5, y - 19.5], axis=-1).reshape(-1, 2)
    flow = image_motion(np.tile(rates, (len(places), 1)), places, focal).reshape(40, 48, 2)
    down, across = np.gradient(now)
    foretold = -(flow[..., 0] * across + flow[..., 1] * down)
    inner = np.s_[2:-2, 2:-2]
    assert np.corrcoef(change[inner].ravel(), foretold[inner].ravel())[0, 1] > 0.9
    assert np.polyfit(foretold[inner].ravel(), change[inner].ravel(), 1)[0] == pytest.approx(1, abs=0.1)


def test_a_simulated_camera_is_the_same_for_the_same_seed_and_knows_how_it_turns() -> None:
    table = FeaturesParameters().camera
    one, same, other = (simulated(table, seed) for seed in (3, 3, 4))
    assert (one.events == same.events).all()
    assert len(one.events) != len(other.events)
    assert one.rates is not None
    assert one.rates(np.array([0.0, 1e5])).shape == (2, 3)


def test_a_recording_is_cut_in_two_and_played_in_four_ways_that_balance_directions(tmp_path: Path) -> None:
    recording = rolling(tmp_path)
    p = FeaturesParameters(patch=PatchTable(span_ms=20.0), recording=RecordingTable(share=0.5))
    learned, rest = streams_of(recording, p)
    made = [make() for make in (*learned, *rest)]
    assert len(learned) == len(rest) == 4
    signs = [np.sign(s.rates(np.array([5e5]))[0, 2]) for s in made if s.rates is not None]
    assert signs == [1, -1, -1, 1] * 2  # rolls at 60 deg/s, forward and as the other three ways have it
    whole = recording.facts().events
    for k in range(4):
        assert len(made[k].events) + len(made[4 + k].events) == whole
    t = np.concatenate([made[0].events["t"], made[4].events["t"] + made[0].end_us]) + recording.facts().first
    assert (t == recording.events()["t"]).all()
    mirrored = made[1].events
    assert (mirrored["x"] == made[0].width - 1 - made[0].events["x"]).all()
    assert (made[2].events["p"][::-1] != made[0].events["p"]).all()


def test_without_a_gyroscope_no_direction_is_known(tmp_path: Path) -> None:
    recording = rolling(tmp_path)
    write_events(tmp_path / "blind.npz", recording.events(), width=64, height=56)
    learned, _ = streams_of(open_events(tmp_path / "blind.npz"), FeaturesParameters())
    assert turning_in(open_events(tmp_path / "blind.npz"), FeaturesParameters()) is None
    assert learned[0]().rates is None


def test_a_short_recording_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="wanted some over 10 s or more"):
        streams_of(rolling(tmp_path), FeaturesParameters(patch=PatchTable(span_ms=1000.0)))


@pytest.mark.parametrize("turns", ["not at all", "about another axis"])
def test_directions_are_not_known_where_the_camera_does_not_roll(tmp_path: Path, turns: str) -> None:
    recording = translating(tmp_path)
    if turns == "about another axis":
        rates = recording.inertial()["gyroscope"].astype(np.float64)
        rates[:, 1] += 20 * np.sin(2 * np.pi * 1.5 * 2e-3 * np.arange(len(rates)))
        recording = beside(recording, rates)
    learned, rest = streams_of(recording, FeaturesParameters())
    assert learned[0]().rates is None
    assert rest[0]().rates is None
    found = turning_in(recording, FeaturesParameters())
    assert found is not None
    assert (found.enough, found.axis == 1) == ((False, found.axis == 1) if turns == "not at all" else (True, True))


# --- the line of sight ---
@pytest.mark.parametrize("left_right", [False, True])
@pytest.mark.parametrize(("crop", "binning"), [((0, 0, 24, 20), 1), ((13, 9, 11, 11), 1), ((10, 2, 12, 16), 2)])
def test_a_part_of_a_rolling_recording_turns_round_the_middle_of_the_whole(
    tmp_path: Path, crop: tuple[int, int, int, int], binning: int, left_right: bool
) -> None:
    samples = np.zeros(40, INERTIAL)
    samples["t"], samples["gyroscope"][:, 2] = 100 * np.arange(40), 30.0
    rng = np.random.default_rng(1)
    rows = [(100 + 8 * k, int(rng.integers(24)), int(rng.integers(20)), 1) for k in range(400)]
    write_events(tmp_path / "a.npz", np.array(rows, PIXEL_EVENT), width=24, height=20, inertial=samples)
    whole = open_events(tmp_path / "a.npz")
    seen = played(
        RecordingPart(whole, crop=crop, binning=binning), Playback(0, 3900, left_right=left_right), span_us=1000
    )
    made = cut(seen, 30, TABLE, np.random.default_rng(0))
    assert len(made.samples) == 30
    assert made.directions is not None
    # By hand: a bin's middle in pixels of the whole, seen from there; a roll moves it along the circle round it.
    sight = np.array([11.5, 9.5])
    opened = {t: (x, y) for t, x, y, _ in seen.events.tolist()}
    for t, direction in zip(made.t_us.tolist(), made.directions, strict=True):
        x, y = opened[t]
        x = seen.width - 1 - x if left_right else x
        dx = 0.5 if left_right else -0.5  # the middle of a patch of 4 pixels lies half a pixel before its event
        at = np.array([crop[0] + (x + dx) * binning, crop[1] + (y - 0.5) * binning]) + 0.5 * (binning - 1) - sight
        wanted = np.array([-at[1] if left_right else at[1], -at[0]]) / max(np.hypot(*at), 1e-9)
        assert np.abs(direction - wanted).max() < 1e-9
