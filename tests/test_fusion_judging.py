"""Judging a learned rate: its measures, counting as a baseline, fusion, the engine; and what a real recording gives."""

from __future__ import annotations

import pickle
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from recorded_cases import FOCAL, WIDTH, rolling

from eventnet.scenarios.fusion import judging_figures
from eventnet.scenarios.fusion.filters import FAST
from eventnet.scenarios.fusion.judging import (
    BESIDE_HEAD,
    Agreement,
    Findings,
    camera_rates,
    counted,
    filtered,
    focal_from,
    fuse,
    judge,
)
from eventnet.scenarios.fusion.recorded import Played, RecordedFlow, part_of, parts_of
from eventnet.scenarios.sensors import Playback


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return rolling(tmp_path_factory.mktemp("judged"))


@pytest.fixture(scope="module")
def found(recording: Any) -> Any:
    return judge(recording, networks=2, epochs=1, draws=2)


def test_measures_are_those_of_a_signal_made_late_scaled_and_shifted() -> None:
    t = np.arange(0, 3, 0.01)
    truth = 40 + 10 * np.sin(2 * np.pi * 1.5 * t)
    late = 2 + 0.8 * (40 + 10 * np.sin(2 * np.pi * 1.5 * (t - 0.03)))
    judged = Agreement.of(late, truth)
    assert judged.late_ms == 30
    assert judged.best_correlation == pytest.approx(1, abs=1e-9)
    assert judged.correlation == pytest.approx(np.cos(2 * np.pi * 1.5 * 0.03), abs=0.01)  # 4.5 whole periods
    assert judged.slope == pytest.approx(0.8 * np.cos(2 * np.pi * 1.5 * 0.03), abs=0.01)
    assert judged.bias == pytest.approx(late.mean() - truth.mean())
    assert judged.error == pytest.approx(np.sqrt(np.mean((late - truth) ** 2)))
    assert (judged.mean, judged.true_mean) == pytest.approx((late.mean(), truth.mean()))


def test_a_count_is_of_the_events_in_the_window_before(recording: Any) -> None:
    parts = parts_of(recording)
    trained, part = Played(recording, parts.training()), Played(recording, parts.playbacks()["as recorded"])
    at = part.shown[::9]
    t = part.events["t"]
    counts = [int(np.sum((t >= now - 50_000) & (t < now))) for now in at]
    said = counted(part, trained, 50_000, at)
    slope, begin = np.polyfit(counts, said, 1)
    np.testing.assert_allclose(said, begin + slope * np.array(counts), rtol=1e-9)
    mirror = Played(recording, parts.playbacks()["mirrored left-right"])
    np.testing.assert_allclose(counted(mirror, trained, 50_000, at), said)


def test_filters_in_place_of_the_head_hear_what_it_hears_and_are_held(recording: Any) -> None:
    part = Played(recording, parts_of(recording).playbacks()["as recorded"]).with_poor_gyroscope(0)
    (times, values), at = part.said(), part.shown
    w = part.truth(times)[:, :1]
    found = filtered(part, w, at)
    assert list(found) == list(BESIDE_HEAD)
    gain, camera, drift = (np.median(np.diff(times)) / 1000 * k for k in FAST["complementary"])  # type: ignore[misc]
    omega, bias, said = 0.0, 0.0, []
    for g, seen in zip(values[:, 0], w[:, 0]):
        omega, bias = omega + gain * (g - bias - omega) + camera * (seen - omega), bias - drift * (seen - omega)
        said.append(omega)
    assert found["complementary filter"] == pytest.approx(np.array(said)[np.searchsorted(times, at, "right") - 1])
    changed = filtered(part, w + 10, at)
    for name, before in found.items():
        assert np.array_equal(before, changed[name]) == (name == "gyroscope, slow traces")
        assert before.shape == at.shape


@pytest.mark.slow
def test_all_is_judged_and_the_sign_of_a_count_never_changes(found: Any) -> None:
    rows = {(row["estimate"], row["playback"]): row for row in found.estimates}
    assert len(rows) == (2 + 2 + 1) * 4
    assert rows["events in 50 ms", "as recorded"]["mean"] > 0
    for name in ("mirrored left-right", "mirrored up-down", "backwards"):
        assert rows["events in 50 ms", name]["mean"] > 0 > rows["events in 50 ms", name]["true_mean"]
    assert found.median["error"] == pytest.approx(
        np.mean([rows[f"camera, seed {k}", "as recorded"]["error"] for k in (0, 1)])
    )
    assert found.middle in ("camera, seed 0", "camera, seed 1")
    assert found.turning.axis == 2
    seed = found.middle.removeprefix("camera, ")
    camera = rows[found.middle, "as recorded"]["error"]
    fusion = next(row for row in found.fusion if row["estimate"] == seed)
    # Held from the gyroscope's sample before, at most 2 ms ago: hardly other than at the time itself.
    assert fusion["camera"] == pytest.approx(camera, rel=0.05)
    assert all(0 < fusion[name] < 100 for name in BESIDE_HEAD)
    assert fusion["fused least"] <= fusion["fused"] <= fusion["fused most"]


@pytest.mark.slow
def test_flow_sums_are_fused_by_the_same_filters(found: Any, recording: Any) -> None:
    sums = found.fusion[-1]
    assert sums["estimate"] == "flow sums, thin"
    assert set(BESIDE_HEAD) <= set(sums)
    assert "fused" not in sums  # there is no learned head
    parts = parts_of(recording)
    trained, part = Played(recording, parts.training()), Played(recording, parts.playbacks()["as recorded"])
    flow, since = RecordedFlow().signed(trained), part_of(trained.playback)[0]
    assert sums["camera"] == Agreement.of(flow.rates(part, since_us=since)[0], part.truth(part.shown)[:, 0]).error
    times = part.with_poor_gyroscope(0).said()[0]
    at_samples, _ = flow.rates(part, since_us=since, times=times)
    usual, _ = flow.rates(part, since_us=since)
    shared = np.isin(part.shown, times)
    assert shared.any()
    assert np.array_equal(usual[shared], at_samples[np.searchsorted(times, part.shown[shared])])
    # The gyroscope's own slow traces hear no camera: the same beside sums and networks.
    assert sums["gyroscope, slow traces"] == pytest.approx(found.fusion[0]["gyroscope, slow traces"], rel=1e-12)


@pytest.mark.slow
def test_the_fused_answer_is_as_its_formula_says(found: Any, recording: Any) -> None:
    part = Played(recording, parts_of(recording).playbacks()["as recorded"])
    poor = part.with_poor_gyroscope(0)
    times, values = poor.said()
    w, g, at = camera_rates(found.weights, poor, times)[:, 0], values[:, 0], part.shown
    fine = np.arange(0, part.end_us, 100.0)
    held = np.searchsorted(times, fine, "right") - 1
    wanted, fast, slow, k = [], 0.0, 0.0, 0
    for n, t in enumerate(fine):
        now = held[n]
        if k < len(at) and t == at[k]:
            k += 1
            wanted.append(0.7 * w[now] + 0.3 * (fast + slow))
        fast += (1 - np.exp(-100 / 7e3)) * (g[now] - fast)
        slow += (1 - np.exp(-100 / 2e5)) * (w[now] - g[now] - slow)
    errors = np.sqrt(np.mean((np.array(wanted) - part.truth(at)[:, 0]) ** 2))
    assert fuse(found.weights, part, 1).fused[0] == pytest.approx(errors, rel=0.01)


@pytest.mark.slow
def test_the_engine_says_almost_what_is_exact(found: Any) -> None:
    engine = found.engine
    assert engine["events/s"] > 10_000
    assert engine["operations/s"] > 20 * engine["events/s"]
    assert 0 < engine["fused deviation"] < engine["camera deviation"]
    assert engine["fused error"] <= found.fusion[0]["fused"] + 10 * engine["fused deviation"]


@pytest.mark.slow
def test_flow_sums_and_a_clock_stand_beside_the_networks(found: Any, recording: Any) -> None:
    rows = {(row["estimate"], row["playback"]): row for row in found.estimates}
    flow, engine = found.flow, found.engine
    assert rows["flow sums, thin", "as recorded"]["correlation"] > 0.8
    for name in ("mirrored left-right", "mirrored up-down", "backwards"):
        assert rows["flow sums, thin", name]["mean"] < 0 < rows["flow sums, thin", "as recorded"]["mean"]
    assert flow["sign"] == 1
    assert np.isnan(flow["focal px"])
    assert flow["operations/s"] < flow["twin operations/s"] / 5
    assert 1 < flow["twin memory kB"] < flow["memory kB"] < engine["kept memory kB"] < engine["memory kB"]
    # What lies before the part is played as well, and counted.
    parts = parts_of(recording)
    whole = Played(recording, Playback(parts.first, parts.end))
    assert flow["events/s"] == pytest.approx(1e6 * len(whole.events) / whole.end_us, rel=0.01)
    assert engine["events/s"] != flow["events/s"]
    # Looks are fewer than samples, each 2 ms here, and an answer is as old as a look.
    assert engine["kept operations/s"] < 1.1 * engine["exact operations/s"]
    assert engine["kept camera error"] == pytest.approx(found.median["error"], rel=0.2)


@pytest.mark.slow
@pytest.mark.parametrize("given", [None, 90.0])
def test_the_gyroscope_tells_the_focal_length_of_a_camera_that_yaws(tmp_path: Path, given: float | None) -> None:
    recording = rolling(tmp_path, axis=1)
    parts = parts_of(recording)
    trained = Played(recording, parts.training(), axis=1)
    flow = RecordedFlow(given).signed(trained)
    slope = Agreement.of(flow.rates(trained)[0], trained.truth(trained.shown)[:, 0]).slope
    assert focal_from(given or WIDTH, slope, 1) == pytest.approx(FOCAL, rel=0.2)
    assert np.isnan(focal_from(FOCAL, slope, 2))
    assert np.isnan(focal_from(FOCAL, -0.1, 1))


@pytest.mark.slow
def test_pictures_are_drawn(found: Any) -> None:
    for name in ("estimates", "scatter"):
        assert getattr(judging_figures, name)(found).startswith(b"\x89PNG")


JUDGING = """
import pickle, sys
from pathlib import Path
from eventnet.io import open_events
from eventnet.scenarios.fusion.judging import judge
Path(sys.argv[2]).write_bytes(pickle.dumps(judge(open_events(sys.argv[1]), networks=1)))
status = Path("/proc/self/status")
print(status.read_text() if status.exists() else "")
"""


@pytest.fixture(scope="module")
def real(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Findings, int | None]:
    """What is found of the longest recording with a gyroscope, in a process of its own; the most memory it took, kB."""
    file, out = shared / "data" / "davis_imu" / "IMU_rotDisk.aedat", tmp_path_factory.mktemp("real") / "found"
    command = [sys.executable, "-c", JUDGING, str(file), str(out)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    most = re.search(r"VmHWM:\s*(\d+) kB", said)
    return pickle.loads(out.read_bytes()), int(most[1]) if most else None


@pytest.mark.whole
def test_a_judgement_takes_less_than_a_gigabyte(real: tuple[Findings, int | None]) -> None:
    """Before, it took 2.5 GB."""
    if real[1] is None:
        pytest.skip("no /proc/self/status: the most memory of a process is not known")
    assert real[1] < 1_000_000


@pytest.mark.whole
def test_a_real_recording_tells_the_roll_rate_and_its_sign(real: tuple[Findings, int | None]) -> None:
    found, _ = real
    rows = {(row["estimate"], row["playback"]): row for row in found.estimates}
    assert found.median["correlation"] >= 0.9
    assert found.median["error"] <= 4.5
    assert 0.9 <= found.median["slope"] <= 1.1
    assert 0.9 <= found.slope <= 1.1
    for name in ("mirrored left-right", "mirrored up-down", "backwards"):
        row = rows["camera, seed 0", name]
        assert row["correlation"] >= 0.85
        assert row["mean"] == pytest.approx(row["true_mean"], abs=4.5)
        assert row["mean"] < -25
        assert rows["events in 100 ms", name]["mean"] > 25
    # Mirrored left-right, pixels are those of the blocks mirrored; up-down they are shifted by two that no patch covers.
    ahead, turned = (rows["camera, seed 0", name] for name in ("as recorded", "mirrored left-right"))
    assert turned["mean"] == pytest.approx(-ahead["mean"], rel=1e-4)
    assert min(row["wins"] for row in found.fusion if "wins" in row) >= 18
    # Flow sums, which learned nothing but the sign: what they had to reach.
    sums = rows["flow sums, thin", "as recorded"]
    assert sums["error"] <= 2.3
    assert sums["correlation"] >= 0.93
    assert found.flow["operations/s"] <= 7e6
    assert found.engine["kept operations/s"] == pytest.approx(245e6, rel=0.03)
    assert found.engine["operations/s"] < found.engine["exact operations/s"]
