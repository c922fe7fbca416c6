"""The reproductions run in their quick form and say what is published and what was measured."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from quick_forms import QUICK_ELSEWHERE, QUICK_HERE, QUICK_LONG, can_be_read
from typer.testing import CliRunner

from eventnet.cli import reproduce as cli_reproduce
from eventnet.cli.commands import app
from eventnet.models import Conv2d, Dense, Flatten, ReLU, SigmaDeltaNetwork
from eventnet.scenarios.reproductions import hyperparameters, one_way_gate, order_learning, pd_video
from eventnet.scenarios.reproductions.common.registry import REPRODUCTIONS
from eventnet.scenarios.reproductions.common.report import QUICK_NOTE, ReproductionReport, Request, Row
from eventnet.scenarios.reproductions.common.video_network import counted
from eventnet.scenarios.reproductions.frame_rate import change, cosine_distances, l1_distances, relative_change
from eventnet.scenarios.reproductions.routing import routing
from eventnet.scenarios.reproductions.scales_toy import dominated, under


def reproduce(name: str, out: Path, *options: str) -> dict[str, Any]:
    found = CliRunner().invoke(app, ["reproduce", name, "--quick", "--out", str(out), "--json", *options])
    assert found.exit_code == 0, found.output
    made: dict[str, Any] = json.loads((out / f"{name}.json").read_text())
    assert json.loads(found.stdout) == made
    with open(out / f"{name}.csv") as file:
        assert len(list(csv.DictReader(file))) == len(made["rows"])
    for picture in made["pictures"]:
        assert (out / picture).stat().st_size > 10_000
    assert made["manifest"]["versions"]["numba"]
    says_that_nothing_follows(made)
    return made


def says_that_nothing_follows(made: dict[str, Any]) -> None:
    """First of all; and nothing published stands anywhere. One convention of counting is named `as published`."""
    assert made["notes"][0] == QUICK_NOTE
    names = {name for row in made["rows"] + made["curves"] for name in row} - {"energy nJ, as published"}
    assert not [text for text in [*made["notes"], *names] if "published" in text]


def test_every_quick_form_runs_in_some_test() -> None:
    assert sorted(QUICK_ELSEWHERE + QUICK_HERE + QUICK_LONG) == sorted(REPRODUCTIONS.own_names())


@pytest.mark.slow
@pytest.mark.parametrize("name", [*QUICK_HERE, *(pytest.param(name, marks=pytest.mark.whole) for name in QUICK_LONG)])
def test_quick_forms_run_on_the_embedded_digits(name: str, tmp_path: Path, drawn: list[Any]) -> None:
    seeds = ["--seeds", "1"] if name in ("early-guess", "larger-network", "one-way-gate") else []  # minutes
    assert reproduce(name, tmp_path, *seeds)["rows"]
    for figure in drawn:
        can_be_read(figure)


def tiny(request: Request) -> ReproductionReport:
    """As every reproduction reports: with what is published, beside it and in words."""
    row = {"network": "small", "published %": 3.38, "measured %": 50.0, "difference": 46.6, "published slope": -1.0}
    notes = ["on a few digits", "the published network had 2.24%"]
    return ReproductionReport("tiny", "Table 9", "nowhere", [row], notes, [{"epoch": 1, "published": 1, "error": 2}])


@pytest.mark.parametrize("quick", [True, False])
def test_a_quick_run_says_first_that_nothing_follows_and_prints_nothing_published(
    quick: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cli_reproduce, "REPRODUCTIONS", SimpleNamespace(find=lambda name: tiny))
    found = CliRunner().invoke(app, ["reproduce", "tiny", "--out", str(tmp_path), *["--quick"] * quick])
    files = [path.read_text() for path in sorted(tmp_path.glob("tiny*"))]
    assert len(files) == 3
    for text in (found.stdout, *files):
        assert "50.0" in text or "epoch" in text
        assert ("published" in text) is not quick
        assert not quick or "3.38" not in text
    assert (found.stdout.splitlines()[0] == QUICK_NOTE) is quick
    assert found.stdout.count(QUICK_NOTE) == 2 * quick
    if quick:
        says_that_nothing_follows(json.loads((tmp_path / "tiny.json").read_text()))


def test_routing_is_exactly_table_a2(tmp_path: Path) -> None:
    rows = {row["order"]: row for row in routing(Request(tmp_path)).rows}
    for order in ("depth", "breadth"):
        assert rows[order]["measured"] == rows[order]["published"]


@pytest.mark.slow
def test_herding_converges_as_one_over_t_and_sampling_as_its_root(tmp_path: Path) -> None:
    slopes = {row["quantizer"]: row["measured slope"] for row in reproduce("quantization", tmp_path)["rows"]}
    assert abs(slopes["herding"] + 1) < 0.1
    assert abs(slopes["sampling"] + 0.5) < 0.1


def test_spike_rates_approach_the_relu_network(tmp_path: Path) -> None:
    for row in reproduce("convergence", tmp_path)["rows"]:
        assert abs(row["measured slope"] + 1) < 0.2


@pytest.mark.slow
def test_random_scales_hardly_ever_beat_the_optimised_ones(tmp_path: Path, drawn: list[Any]) -> None:
    within, under, least, dominated, _ = reproduce("scales-toy", tmp_path)["rows"]
    assert under["measured"] <= 0.01 * within["measured"]
    assert least["measured"] >= 0.95
    assert dominated["measured"] > 0.5 * dominated["of"]
    for figure in drawn:
        can_be_read(figure)


def test_under_the_curve_is_meant_on_logarithmic_axes_and_within_its_range() -> None:
    curve = [{"operations": o, "error": e} for o, e in ((100.0, 0.01), (0.0, 1.0), (1.0, 1.0))]
    points = [{"operations": o, "error": e} for o, e in ((10.0, 0.095), (10.0, 0.105), (0.5, 0.1), (200.0, 0.001))]
    found = under(curve, points)  # at 10 the curve has 0.1
    assert (found.within, found.under) == (2, 1)
    assert found.least == pytest.approx(0.95, rel=1e-12)
    assert (dominated(points, curve), dominated(curve, points)) == (0, 1)
    assert dominated([{"operations": 1.0, "error": 1.1}, curve[2]], curve) == 2


def test_newsgroups_asks_for_its_data_by_name(tmp_path: Path) -> None:
    found = CliRunner().invoke(app, ["reproduce", "newsgroups", "--out", str(tmp_path)])
    assert found.exit_code == 2
    assert "20news_bydate_scimed_scielec.tar.xz" in found.output


@pytest.mark.whole
def test_newsgroups_learns(tmp_path: Path, shared: Path) -> None:
    rows = reproduce("newsgroups", tmp_path, "--data", str(shared / "data" / "news"))["rows"]
    assert float(rows[0]["measured %"].split(" / ")[0]) < 25  # half is chance


@pytest.mark.parametrize("name", ["frame-rate", "pd-video", "sigma-delta-video"])
def test_reproductions_on_video_ask_for_their_videos_by_name(name: str, tmp_path: Path) -> None:
    for folder, code in (([], 2), (["--data", str(tmp_path)], 3)):
        found = CliRunner().invoke(app, ["reproduce", name, "--quick", "--out", str(tmp_path), *folder])
        assert found.exit_code == code
        assert "bottle-detection.mp4 and carphone_pristine.mp4" in " ".join(found.output.split())


def test_change_between_frames_is_measured_as_published() -> None:
    frames = [np.array([[1, 0], [0, 1], [0, 2]], np.float32)]
    assert change(frames, 1) == pytest.approx([(3 / 4) / (4 / 6)], rel=1e-6)  # float32
    assert relative_change(frames, 1) == pytest.approx([(2 / 4 + 1 / 6) / 2], rel=1e-6)  # C.10
    assert relative_change(frames, 2) == pytest.approx([3 / 6], rel=1e-6)
    assert cosine_distances(frames[0]) == pytest.approx([1, 0], abs=1e-6)
    still = np.array([[1, 3], [2, 0], [0, 0], [0, 0]], np.float32)
    assert l1_distances(still) == pytest.approx([3 / 4 + 3 / 4, 1, 0], rel=1e-6)


def test_costs_are_read_from_the_tally_frame_by_frame() -> None:
    random = np.random.default_rng(0)
    layers = [
        Conv2d(random.normal(0, 0.5, (4, 1, 3, 3)), stride=2),
        ReLU(),
        Flatten(),
        Dense(random.normal(0, 0.5, (36, 3))),
    ]
    frames = np.repeat(random.random((3, 1, 8, 8)), 2, axis=0)
    network = SigmaDeltaNetwork.from_layers(layers, scales=8.0, input_shape=(1, 8, 8))
    found = counted(network, frames)
    assert np.array_equal(found.outputs, network.copy().run(frames))
    assert found.adds[:, 2:].sum() == 0
    assert found.adds[1::2].sum() == 0  # shown twice
    assert found.adds[::2, :2].min() > 0
    assert found.adds.sum() == network.tally_since_reset.by_kind()["synaptic"]


@pytest.mark.whole
def test_on_video_a_frame_costs_less_the_more_of_them_there_are(tmp_path: Path, shared: Path) -> None:
    """All three reproductions, as they share a network: the others train none."""
    folder = ["--data", str(shared / "data")]
    rows = reproduce("frame-rate", tmp_path, *folder)["rows"]
    costs = [row for row in rows if row["quantity"] == "k adds a frame"]
    assert len(costs) == 4
    for row in costs:
        by_step = [float(row[f"step {step}"]) for step in (1, 2, 4, 8, 16, 32)]
        assert by_step == sorted(by_step)
    networks = {path: path.stat().st_mtime_ns for path in tmp_path.glob("digits-in-video-*.npz")}
    made = reproduce("sigma-delta-video", tmp_path, *folder)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.glob("digits-in-video-*.npz")} == networks
    assert len(networks) == 1
    proportional, twin = reproduce("pd-video", tmp_path, "--seeds", "1", *folder)["rows"]
    assert (proportional["network"], twin["network"]) == ("PD", "twin")
    by_step = [proportional[pd_video.column_of(step)] for step in (1, 8, 32)]
    assert by_step == sorted(by_step)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.glob("digits-in-video-*.npz")} == networks
    assert any("equal at every frame" in note for note in made["notes"])
    for row in made["rows"]:
        assert row["SD k"] < row["rounding k"]
        assert row["SD k"] < row["first k"]
    lines = [line for line in made["curves"] if (line["video"], line["clip"]) == ("bottle", "moving digit")]
    adds = [sum(value for name, value in line.items() if name.startswith("SD ")) for line in lines]
    assert sum(adds[1:]) / len(adds[1:]) / 1000 == pytest.approx(made["rows"][2]["SD k"], abs=0.05)  # as rounded


def test_rows_of_order_in_table_a1_have_ten_seeds_and_stand_beside_the_baseline(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def made(function: Any, jobs: list[Any], request: Request) -> list[Row]:
        return [
            {"variant": v, "seed": s, "samples": n, "error": s - 1230 + 2 * (v == "smooth") + n / 1e6, "official": s - 1229.5}
            for _, v, s, _, _ in jobs for n in (500_000, 1_000_000)
        ]  # fmt: skip

    monkeypatch.setattr(hyperparameters, "rows_of_all", made)
    rows = {row["variant"]: row for row in hyperparameters.hyperparameters(Request(tmp_path)).rows}
    seeds = {variant: len(row["by seed"].split()) for variant, row in rows.items()}
    assert seeds == {variant: 10 if variant in hyperparameters.ORDERED else 5 for variant in hyperparameters.VARIANTS}
    assert (rows["smooth"]["minus partner"], rows["smooth"]["minus partner, 95%"]) == (2.0, "+2.00 to +2.00")
    assert rows["baseline"]["difference"] == pytest.approx(9.5 - 3.38)
    assert (rows["baseline"]["official test %"], rows["smooth"]["official test %"]) == (9.0, 6.5)
    held = rows["depth-first, errors held"]
    assert (held["published %"], held["difference"], held["measured %"]) == (None, None, 9.5)


def test_networks_of_the_gate_have_ten_seeds_and_stand_beside_breadth_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def made(function: Any, jobs: list[Any], request: Request) -> list[Row]:
        rest = {"labels below 0": 0.1, "+ passed": 1.0, "- passed": 0.9}
        return [
            {"network": k, "seed": s, "samples": 9, "error": s + 3.0 * (k == "depth"), **rest} for _, k, s, _, _ in jobs
        ]

    monkeypatch.setattr(one_way_gate, "rows_of_all", made)
    report = one_way_gate.one_way_gate(Request(tmp_path))
    assert len(report.curves) == 30
    assert [row["minus partner"] for row in report.rows] == [3.0, 0.0, 0.0]
    assert report.rows[0]["partner"] == "breadth-first"


def test_a_share_of_errors_that_pass_is_of_the_seeds_that_have_such_errors(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (one_way_gate._share(0, 0), one_way_gate._share(4, 3)) == (None, 0.75)

    def made(function: Any, jobs: list[Any], request: Request) -> list[Row]:
        rest = {"labels below 0": 0.1, "- passed": None}
        return [
            {"network": k, "seed": s, "samples": 9, "error": 3.0, "+ passed": None if s == 1234 else 1.0, **rest}
            for _, k, s, _, _ in jobs
        ]

    monkeypatch.setattr(one_way_gate, "rows_of_all", made)
    row = one_way_gate.one_way_gate(Request(tmp_path)).rows[0]
    assert (row["+ passed"], row["- passed"]) == ("1 (1 to 1)", None)
    rows = [{"+ passed": share} for share in (None, 1.0, 0.5)]
    assert order_learning._of_those("+ passed", rows) == "0.75"
    assert order_learning._of_those("+ passed", rows[:1]) == "no errors"


def test_an_unknown_name_lists_those_there_are(tmp_path: Path) -> None:
    found = CliRunner().invoke(app, ["reproduce", "figure-9", "--out", str(tmp_path)])
    assert found.exit_code == 2
    for name in ("hyperparameters", "mnist", "early-guess", "one-way-gate"):
        assert name in found.output
