"""Examples of the gallery run within their time, and each makes pictures that show something and can be read."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import fresh
import gallery_cases
import pytest
from few import part
from pace import slower

SCRIPTS = sorted((Path(__file__).parents[1] / "docs" / "gallery").glob("plot_*.py"))
QUICK = ["own_neuron"]
"""What the ordinary suite runs: a script that uses the reference engine alone, and takes a moment."""
SECONDS = 20.0
SMALLEST = 9.0
"""Pixels of text where a picture is 700 pixels wide."""


def name(script: Path) -> str:
    return script.stem.removeprefix("plot_")


CASES = [
    *(pytest.param(script, id=name(script)) for script in SCRIPTS if name(script) in QUICK),
    *(
        pytest.param(script, id=name(script), marks=pytest.mark.slow)
        for script in part((script for script in SCRIPTS if name(script) not in QUICK), 4)
    ),
]
"""The site, which runs all of them, too, is built in the same `.ci/run`."""


def run(script: Path, folder: Path) -> dict[str, Any]:
    """Run it in a process of its own, and return what `gallery_cases.watch` tells of it."""
    watching = folder / "watching.py"
    watching.write_text(f"import gallery_cases\n\ngallery_cases.watch({str(script)!r})\n")
    ended = fresh.run(watching, timeout=600)
    assert ended.code == 0, ended.err
    return gallery_cases.read_printed(ended.out, script)


@pytest.mark.parametrize("script", CASES)
def test_an_example_draws_a_picture_in_time(script: Path, tmp_path: Path) -> None:
    found = run(script, tmp_path)
    if found["seconds"] >= SECONDS:  # its first run compiles
        found = run(script, tmp_path)
    assert found["seconds"] < SECONDS * slower()
    for figure in found["figures"]:
        assert figure["axes"] > 0
        assert figure["ink"] > 0.01
        assert figure["text"] >= SMALLEST
    assert not [file for file in tmp_path.iterdir() if file.stem != "watching"], "it leaves files behind"


def test_there_are_a_dozen_examples() -> None:
    assert len(SCRIPTS) >= 12
    assert {name(script) for script in SCRIPTS} >= set(QUICK)


@pytest.mark.parametrize("script", SCRIPTS, ids=name)
def test_an_example_has_a_title_cells_and_says_when_not_to_use_it(script: Path) -> None:
    text = script.read_text("utf-8")
    title, line, blank, *prose = (ast.get_docstring(ast.parse(text)) or "").split("\n")
    assert (line, blank) == ("=" * len(title), "")
    assert len(re.findall(r"[.!?](?:\s|$)", " ".join(prose))) == 2
    assert "Do not" in " ".join(prose)
    assert text.count("\n# %%\n") >= 2


@pytest.mark.parametrize("script", SCRIPTS, ids=name)
def test_an_example_uses_public_names_alone(script: Path) -> None:
    tree = ast.walk(ast.parse(script.read_text("utf-8")))
    names = [
        part
        for node in tree
        if isinstance(node, (ast.Import, ast.ImportFrom, ast.Attribute))
        for part in ([node.attr] if isinstance(node, ast.Attribute) else [alias.name for alias in node.names])
    ]
    assert not [part for part in names if part.startswith("_")]
