"""What is built: a wheel, an sdist, their metadata, and the folder that an editable install shows."""

from __future__ import annotations

import email
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
PLACES = {"eventnet": "eventnet", "models": "eventnet/models", "scenarios": "eventnet/scenarios"}
ADDRESS = "https://example.net/someone/eventnet"
_spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
assert _spec is not None
assert _spec.loader is not None
hatch_build = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(hatch_build)
RELATIVE = re.compile(r"\]\((?!https?://|#)")


def hatchling(folder: Path, *arguments: str) -> str:
    command = [sys.executable, "-m", "hatchling", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def wheel_of(folder: Path, target: Path) -> dict[str, bytes]:
    """What the wheel of a folder holds, by the names in it."""
    hatchling(folder, "build", "-t", "wheel", "-d", str(target))
    (file,) = target.glob("*.whl")
    with zipfile.ZipFile(file) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def described(files: dict[str, bytes]) -> Any:
    (name,) = (name for name in files if name.endswith(".dist-info/METADATA"))
    return email.message_from_bytes(files[name])


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    return wheel_of(ROOT, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The unpacked sdist."""
    folder = tmp_path_factory.mktemp("sdist")
    hatchling(ROOT, "build", "-t", "sdist", "-d", str(folder))
    (file,) = folder.glob("*.tar.gz")
    with tarfile.open(file) as archive:
        archive.extractall(folder, filter="data")
    (unpacked,) = (path for path in folder.iterdir() if path.is_dir())
    return unpacked


def kept(top: str) -> set[Path]:
    """Files below a folder of the repository, without what Python, the tests and the build of the site leave there."""
    paths = {path.relative_to(ROOT) for path in (ROOT / top).rglob("*") if path.is_file()}
    left = {"__pycache__", ".benchmarks", ".pytest_cache"}
    return {path for path in paths if not left & set(path.parts) and path.parts[:2] != ("docs", "generated")}


def test_a_wheel_holds_the_files_of_three_folders_below_one_package(wheel: dict[str, bytes]) -> None:
    wanted = {
        f"{place}/{path.relative_to(top).as_posix()}": (ROOT / path).read_bytes()
        for top, place in PLACES.items()
        for path in kept(top)
    }
    named = "py.typed data/digits.npz data/DIGITS-LICENCE.md cost/price_lists/cpu.toml report/page.js scenarios/fusion/noise-1.npz"
    assert {f"eventnet/{name}" for name in named.split()} <= wanted.keys()
    assert {name: content for name, content in wheel.items() if ".dist-info/" not in name} == wanted


@pytest.mark.slow
def test_an_sdist_holds_what_it_takes_to_read_test_and_build(sdist: Path) -> None:
    tops = {path.name for path in sdist.iterdir()}
    files = {"CHANGELOG.md", "LICENSE", "README.md", "hatch_build.py", "pyproject.toml"}
    folders = {*PLACES, "tests", "docs"}
    assert tops - {"PKG-INFO", ".gitignore"} == files | folders
    for top in folders:
        held = {path.relative_to(sdist) for path in (sdist / top).rglob("*") if path.is_file()}
        assert held == kept(top), top
    assert (sdist / "README.md").read_bytes() == (ROOT / "README.md").read_bytes()


@pytest.mark.slow
def test_the_wheel_of_the_sdist_is_the_wheel_of_the_repository(
    sdist: Path, wheel: dict[str, bytes], tmp_path: Path
) -> None:
    assert wheel_of(sdist, tmp_path) == wheel


# --- addresses ---
def test_without_an_address_the_metadata_hold_no_link_that_leads_nowhere(wheel: dict[str, bytes]) -> None:
    assert hatch_build.ADDRESS is None
    found = described(wheel)
    text = found.get_payload()
    assert found.get_all("Project-URL") is None
    assert found["Description-Content-Type"] == "text/markdown"
    assert text.startswith("# eventnet\n\nSensors of robots")
    assert not RELATIVE.search(text)
    assert "| how-to |" in text
    assert "```sh\npython3 -m venv" in text


def test_with_an_address_urls_and_links_come_from_it(tmp_path: Path) -> None:
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tmp_path)
    text = (ROOT / "hatch_build.py").read_text("utf-8")
    none = "ADDRESS: str | None = None"
    assert none in text
    (tmp_path / "hatch_build.py").write_text(text.replace(none, f'ADDRESS: str | None = "{ADDRESS}"'), "utf-8")
    found = json.loads(hatchling(tmp_path, "metadata"))
    assert found["urls"]["Source"] == ADDRESS
    assert all(url.startswith(ADDRESS) for url in found["urls"].values())
    readme = found["readme"]["text"]
    assert not RELATIVE.search(readme)
    assert f"]({ADDRESS}/raw/HEAD/docs/pictures/raster.png)" in readme
    assert f"[an order]({ADDRESS}/blob/HEAD/docs/how-to/orders.md)" in readme


@pytest.mark.parametrize(
    ("text", "without", "with_one"),
    [
        ("see [it](docs/a.md#b)!", "see it!", "see [it](X/blob/HEAD/docs/a.md#b)!"),
        ("![p](a.png)\n\nText\n", "Text\n", "![p](X/raw/HEAD/a.png)\n\nText\n"),
        ("a ![p](a.png) b", "a  b", "a ![p](X/raw/HEAD/a.png) b"),
        ("[far](https://e.net/x) [near](#here)",) * 3,
        ("print(sim[layer][0])",) * 3,
    ],
)
def test_forms_of_a_link(text: str, without: str, with_one: str) -> None:
    assert hatch_build.long_description(text, None) == without
    assert hatch_build.long_description(text, "X") == with_one


# --- the folder of an editable install ---
def copy(folder: Path) -> Path:
    for name in PLACES:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


SHOWN = """
import eventnet, eventnet.simulation, eventnet.models, eventnet.scenarios
for found in (eventnet.simulation, eventnet.models, eventnet.scenarios):
    print(found.__file__)
try:
    import models
except ModuleNotFoundError:
    print("alone")
"""


@pytest.mark.slow
@pytest.mark.parametrize("links", [True, False])
def test_the_folder_shows_eventnet_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, links: bool) -> None:
    def refuse(*args: Any, **options: Any) -> None:
        raise OSError("a privilege is not held")

    root = copy(tmp_path.resolve() / "clone")
    if not links:
        monkeypatch.setattr(Path, "symlink_to", refuse)
    for _ in range(2):  # the second time it stands there already
        place = hatch_build.show(root)
    assert place.is_symlink() == links
    assert [path.name for path in place.parent.iterdir()] == ["eventnet"]
    env = {**os.environ, "PYTHONPATH": str(place.parent)}
    done = subprocess.run([sys.executable, "-c", SHOWN], cwd=tmp_path, capture_output=True, text=True, env=env)
    files = ["eventnet/simulation.py", "models/__init__.py", "scenarios/__init__.py"]
    assert done.stdout.splitlines() == [*(str(root / name) for name in files), "alone"], done.stderr


def test_a_link_takes_the_place_of_a_stub_and_a_stub_that_of_a_link(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "eventnet").mkdir()
    (tmp_path / "eventnet" / "kept").touch()
    with monkeypatch.context() as patch:
        patch.setattr(Path, "symlink_to", lambda *_, **__: (_ for _ in ()).throw(NotImplementedError()))
        assert (hatch_build.show(tmp_path) / "__init__.py").is_file()
    assert hatch_build.show(tmp_path).is_symlink()
    assert (tmp_path / "eventnet" / "kept").exists()
