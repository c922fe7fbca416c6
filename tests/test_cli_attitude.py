"""`eventnet run attitude`: its tables, its files, its parameters."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from test_cli_run import run

from eventnet.scenarios.attitude import AttitudeParameters
from eventnet.scenarios.shared.parameter_file import loads


@pytest.mark.slow
def test_a_run_prints_its_tables_and_writes_pictures_and_numbers(tmp_path: Path) -> None:
    (tmp_path / "my.toml").write_text("[run]\nrobots = 2\nduration_s = 0.2")
    out = tmp_path / "out"
    ran = run("attitude", tmp_path / "my.toml", "--out", out, "--processes", 1, "--seed", 7)
    said = " ".join(ran.stdout.split())
    for words in ("Errors (rms) by events", "Cost by sensor", "no joints", "All sensors, frames tell the yaw"):
        assert words in said
    for name in ("attitude-removals.png", "attitude-stretch.png"):
        assert (out / name).read_bytes().startswith(b"\x89PNG")
    given = json.loads((out / "numbers.json").read_text())
    assert loads(given["manifest"]["parameters"], AttitudeParameters()).run.seed == 7
    by = {(n["run"], n["quantity"], n["at"]): n["value"] for n in given["numbers"]}
    label = "yaw at 30 Hz, no joints, events"
    each = [by[label, "end point", f"robot {k}"] for k in range(2)]
    assert by[label, "end point", ""] == pytest.approx(sum(each) / 2)
    whole = [by["yaw at 30 Hz, all sensors, events", "end point", f"robot {k}"] for k in range(2)]
    more = by[label, "end point, more than with all sensors", ""]
    assert more == pytest.approx((sum(each) - sum(whole)) / 2)
    assert by["yaw at 30 Hz, all sensors", "operations/s of frames", ""] > 0


def test_its_parameters_are_its_own() -> None:
    usual = loads(run("attitude", "--print-config").stdout, AttitudeParameters())
    assert usual == AttitudeParameters()
    full = loads(run("attitude", "--full", "--print-config").stdout, AttitudeParameters()).run
    assert (full.robots, full.duration_s, full.slow_frames) == (10, 60.0, True)
