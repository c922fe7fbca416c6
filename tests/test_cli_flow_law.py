"""`eventnet run flow-law`: its tables, its files, its parameters."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from test_cli_run import run

from eventnet.scenarios.fusion.flow_law import LawParameters
from eventnet.scenarios.shared.parameter_file import loads


@pytest.mark.slow
def test_a_run_prints_its_tables_and_writes_picture_and_numbers(tmp_path: Path) -> None:
    text = "[run]\nduration_s = 0.2\nmeasured_from_s = 0.1\n[law]\nwidths = [32]\nheights = [24]\nperiods_ms = [4]"
    (tmp_path / "my.toml").write_text(text)
    out = tmp_path / "out"
    said = " ".join(run("flow-law", tmp_path / "my.toml", "--out", out, "--processes", 1, "--seed", 7).stdout.split())
    for words in (
        "cameras of 32 x 24 pixels",
        "Error of the camera alone",
        "Thinnest costs at most",
        "Thin costs what",
    ):
        assert words in said
    assert (out / "flow-law.png").read_bytes().startswith(b"\x89PNG")
    given = json.loads((out / "numbers.json").read_text())
    assert loads(given["manifest"]["parameters"], LawParameters()).run.seed == 7
    by = {(n["run"], n["quantity"], n["at"]): n["value"] for n in given["numbers"]}
    twin, thin = (by["32 x 24, all active", "operations/s", f"{name}, 4 ms"] for name in ("twin", "thin"))
    assert by["32 x 24, all active", "operations beside the twin's", "thin, 4 ms"] == thin / twin


def test_its_parameters_are_its_own() -> None:
    assert loads(run("flow-law", "--print-config").stdout, LawParameters()) == LawParameters()
    assert loads(run("flow-law", "--full", "--print-config").stdout, LawParameters()) == LawParameters.in_full()
