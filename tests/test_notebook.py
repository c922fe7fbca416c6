"""The notebook of the tutorial: small, without stored outputs, and its cells run in order from the first to the last."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import fresh
import gallery_cases
import pytest

NOTEBOOK = Path(__file__).parents[1] / "docs" / "tutorial" / "thirty-minutes.ipynb"
CELLS = json.loads(NOTEBOOK.read_text("utf-8"))["cells"]


def code() -> list[str]:
    return ["".join(cell["source"]) for cell in CELLS if cell["cell_type"] == "code"]


def test_it_stores_no_outputs() -> None:
    for cell in CELLS:
        assert cell.get("outputs", []) == []
        assert cell.get("execution_count") is None


def test_its_links_lead_somewhere() -> None:
    for cell in CELLS:
        if cell["cell_type"] == "markdown":
            for target in re.findall(r"\]\((?!https?://|#)([^)#]+)", "".join(cell["source"])):
                assert (NOTEBOOK.parent / target).exists(), target


@pytest.mark.slow
def test_its_cells_run_in_one_process(tmp_path: Path) -> None:
    script = tmp_path / "cells.py"
    script.write_text("\n\n".join(code()), "utf-8")
    watching = tmp_path / "watching.py"
    watching.write_text(f"import gallery_cases\n\ngallery_cases.watch({str(script)!r})\n")
    ended = fresh.run(watching, timeout=600)
    assert ended.code == 0, ended.err
    assert "the same log: False" not in ended.out
    assert all(figure["axes"] > 0 for figure in gallery_cases.read_printed(ended.out, NOTEBOOK)["figures"][1:])


@pytest.mark.slow
def test_it_runs_in_a_kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nbformat = pytest.importorskip("nbformat", reason="no nbformat: it comes with the extra 'docs'")
    nbclient = pytest.importorskip("nbclient", reason="no nbclient: it comes with the extra 'docs'")
    pytest.importorskip("ipykernel", reason="no ipykernel: it comes with the extra 'docs'")
    for name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR"):
        monkeypatch.setenv(name, str(tmp_path / name))
    monkeypatch.delenv("MPLBACKEND", raising=False)  # the kernel chooses the one that shows pictures
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    nbformat.validate(notebook)
    client = nbclient.NotebookClient(notebook, timeout=600, resources={"metadata": {"path": str(tmp_path)}})
    outputs: list[Any] = [output for cell in client.execute().cells for output in cell.get("outputs", [])]
    shown = [kind for output in outputs for kind in output.get("data", ())]
    assert shown.count("image/png") >= 7
    assert shown.count("text/html") >= 4
