"""The script that counts and draws the structure of a checkout, and the numbers that the page of decisions has from it."""

from __future__ import annotations

import importlib
import io
import re
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest

from eventnet.plotting import style

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "explanation" / "decisions" / "structure.md").read_text("utf-8")
sys.path.insert(0, str(Path(__file__).with_name("scripts")))
script: Any = importlib.import_module("draw_structure")

FILES = {
    "eventnet/__init__.py": "from eventnet import network\n",
    "eventnet/errors.py": "",
    "eventnet/module.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from eventnet.network import Network\n",
    "eventnet/network.py": "import eventnet.module\nfrom eventnet.errors import WiringError\n",
    "eventnet/engine/__init__.py": "",
    "eventnet/engine/loop.py": "def run():\n    from eventnet import network, errors\n",
    "models/__init__.py": "from eventnet import network\nfrom eventnet.engine import loop\n",
    "scenarios/__init__.py": "",
    "scenarios/gaze/__init__.py": "from eventnet.models import x\n",
}


@pytest.fixture
def checkout(tmp_path: Path) -> Any:
    """A small package with a circle for types alone."""
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return script.structure(tmp_path)


def test_rooms_arrows_floors_and_circles_are_counted(checkout: Any) -> None:
    assert checkout.rooms == {
        "eventnet": {"network"},
        "errors": set(),
        "module": {"network"},
        "network": {"module", "errors"},
        "engine": {"network", "errors"},
        "models": {"network", "engine"},
        "scenarios": set(),
        "scenarios.gaze": {"models"},
    }
    assert checkout.floor == {
        "errors": 1, "scenarios": 1, "module": 2, "network": 2, "eventnet": 3, "engine": 3, "models": 4,
        "scenarios.gaze": 5,
    }  # fmt: skip
    told = script.described(checkout, arrows=True)
    assert "files               9, 11 lines" in told
    assert "circles of rooms    [['module', 'network']]" in told
    assert "  4 models (1 files, 2 lines) <- engine network" in told


def test_dark_arrows_are_those_that_no_way_over_other_rooms_stands_for(checkout: Any) -> None:
    assert script.needed(checkout.rooms) == {
        ("eventnet", "network"), ("network", "errors"), ("engine", "network"), ("models", "engine"),
        ("scenarios.gaze", "models"),
    }  # fmt: skip


def test_things_in_a_row_stand_near_where_they_are_wanted_and_do_not_touch() -> None:
    assert script.placed([5, 50], [10, 10], 100) == [5, 50]
    assert script.placed([50, 50], [10, 10], 100) == [45, 55]
    assert script.placed([0, 0, 99], [10, 20, 10], 100) == [5, 20, 95]


def test_the_picture_can_be_read(checkout: Any) -> None:
    found = style.measure(script.drawn(checkout, "8 rooms"))
    assert found.smallest >= style.SMALLEST
    assert (found.overlaps, found.outside) == ([], [])


def columns() -> dict[str, list[str]]:
    """The page's table: numbers by commit."""
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in PAGE.splitlines() if line.startswith("|")]
    rows = rows[: next(k for k, row in enumerate(rows) if row[0] == "circles of files") + 1]
    return {commit: [row[k] for row in rows[2:]] for k, commit in enumerate(rows[0]) if k}


@pytest.mark.slow
@pytest.mark.parametrize("commit", columns())
def test_numbers_of_the_page_are_those_of_the_commits(commit: str, tmp_path: Path) -> None:
    git = shutil.which("git")
    packed = subprocess.run(
        [git, "archive", commit, *script.TOPS], cwd=ROOT, capture_output=True
    ) if git else None  # fmt: skip
    if packed is None or packed.returncode:
        pytest.skip(f"no commit {commit} here")
    with tarfile.open(fileobj=io.BytesIO(packed.stdout)) as archive:
        archive.extractall(tmp_path, filter="data")
    told = script.described(script.structure(tmp_path), arrows=False)
    numbers = [re.findall(r"[\d,]*\d", line) for line in told.splitlines()[:6]]
    whole = [int(number.replace(",", "")) for row in (*numbers[:2], numbers[2][:1], *numbers[3:]) for number in row]
    circles = [0 if line.endswith("none") else line.count("], [") + 1 for line in told.splitlines()[6:]]
    assert [int(number.replace(",", "")) for number in columns()[commit]] == whole + circles
