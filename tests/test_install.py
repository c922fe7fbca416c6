"""An installation shows the package and nothing else, wherever Python starts and whatever was installed before."""

from __future__ import annotations

import os
import re
import shutil
import site
import subprocess
import sys
import sysconfig
import tarfile
from io import BytesIO
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
BEFORE = "eee0048"  # a version that kept compiled code beside its installed sources
PARTS = "eventnet models scenarios hatch_build.py pyproject.toml README.md LICENSE".split()
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.name != "posix", reason="commands of a POSIX shell"),
]

# Builds need no network: hatchling and the dependencies are those of these tests.
PIP = {"PIP_NO_INDEX": "1", "PIP_NO_DEPS": "1", "PIP_NO_BUILD_ISOLATION": "0", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}


def run(command: str, folder: Path, **environment: str) -> str:
    ours = ("PYTHONPATH", "VIRTUAL_ENV", "PYTEST_ADDOPTS", "NUMBA_CACHE_DIR")
    env = {k: v for k, v in os.environ.items() if k not in ours}
    done = subprocess.run(
        command, shell=True, cwd=folder, capture_output=True, text=True, timeout=900, env=env | PIP | environment
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout.strip()


def lend_dependencies(venv: Path) -> None:
    """Let an environment find the dependencies of this one, and nothing that .pth files show here.

    A folder named in a .pth file is looked at after the environment's own packages, and its .pth files are not read.
    """
    lib = venv / Path(sysconfig.get_path("purelib")).relative_to(sys.prefix)
    (lib / "lent.pth").write_text("\n".join(site.getsitepackages()))


def clone(folder: Path) -> Path:
    folder.mkdir(parents=True)
    for name in PARTS:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, folder)
    (folder / "tests").mkdir()
    for name in ("conftest.py", "browser.py", "few.py", "test_event.py"):
        shutil.copy(ROOT / "tests" / name, folder / "tests")
    return folder


def readme_command(mark: str) -> str:
    found = re.search(rf"<!-- {mark} -->\n```sh\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    assert found is not None
    return found[1].strip()


def carry_out(command: str, folder: Path, **environment: str) -> str:
    """Run a command of the README, in an environment that finds the dependencies without a network.

    `eventnet info` stands for the demo, which takes a minute.
    """
    make, *others = command.split(" && ")
    run(make.replace("python3", sys.executable), folder)
    lend_dependencies(folder / ".venv")
    rest = (
        " && ".join(others)
        .replace(".venv/bin/pip", ".venv/bin/python -m pip")
        .replace("eventnet demo", "eventnet info")
    )
    return run(rest.replace(".venv/bin/pytest", ".venv/bin/python -P -m pytest"), folder, **environment)


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone called eventnet in which both commands of the README were run, one after the other."""
    root = clone(tmp_path_factory.mktemp("above") / "eventnet")
    carry_out(readme_command("demo"), root)
    beside = next(root.glob(".venv/lib/python*/site-packages")) / "eventnet"
    assert (beside / "engine" / "loop.py").exists()
    for folder in (
        "",
        "engine",
    ):  # what an older version leaves when it is removed: compiled code that pip did not put there
        (beside / folder / "__pycache__" / "old.nbi").touch()
    said = carry_out(readme_command("tests"), root, PYTEST_ADDOPTS="-n 0 tests/test_event.py")
    assert re.search(r"\d+ passed", said.splitlines()[-1]), said
    assert beside.is_dir(), "the leftover is what this is about"
    assert not list(beside.rglob("*.py"))
    return root


FOUND = "import eventnet, eventnet.models, eventnet.scenarios.fusion; print(eventnet.Network, eventnet.models.__file__)"


def test_both_commands_of_the_readme_one_after_the_other_leave_the_clones_package(both: Path, tmp_path: Path) -> None:
    found = run(f"{both}/.venv/bin/python -c '{FOUND}'", tmp_path)
    assert found.endswith(str(both.resolve() / "models" / "__init__.py"))
    assert "<class 'eventnet.network.Network'>" in found


def test_python_finds_the_package_in_the_folder_above_a_clone(both: Path) -> None:
    found = run(f"eventnet/.venv/bin/python -c '{FOUND}'", both.parent)
    assert found.endswith(str(both.resolve() / "models" / "__init__.py"))


@pytest.mark.parametrize("package", ["models", "scenarios"])
def test_a_users_own_folder_is_found_and_not_the_clones(both: Path, tmp_path: Path, package: str) -> None:
    (tmp_path / package).mkdir()
    (tmp_path / package / "foo.py").write_text("print('mine')")
    python = both / ".venv" / "bin" / "python"
    assert run(f"{python} -c 'import {package}.foo'", tmp_path) == "mine"
    assert run(f"{python} -c 'import {package}.foo, eventnet.{package}'", tmp_path) == "mine"


RUN = """
import eventnet as en
net = en.Network()
relay, sink = net.add(en.Relay(2)), net.add(en.Sink(2))
net.connect(relay.out, sink.spikes)
sim = en.Simulation(net, engine="compiled")
sim.inject([(0, relay.spikes, 0, 1), (1, relay.spikes, 1, -1)])
sim.run()
print(en.__file__, sim.tally.deliveries)
"""


def wheel(folder: Path) -> Path:
    run(f"{sys.executable} -m hatchling build -t wheel -d dist", folder)
    (made,) = (folder / "dist").glob("*.whl")
    return made


def test_a_new_version_over_an_old_one_runs_its_own_code(tmp_path: Path) -> None:
    old, new = tmp_path / "old", clone(tmp_path / "new")
    archive = subprocess.run(["git", "archive", BEFORE], cwd=ROOT, capture_output=True) if shutil.which("git") else None
    if archive is None or archive.returncode:
        pytest.skip(f"the history here has no commit {BEFORE}")
    with tarfile.open(fileobj=BytesIO(archive.stdout)) as files:
        files.extractall(old, filter="data")
    for name in ("pyproject.toml", "hatch_build.py"):  # the old version's files, packed as the new one's
        shutil.copy(ROOT / name, old)

    run(f"{sys.executable} -m venv venv", tmp_path)
    lend_dependencies(tmp_path / "venv")
    python, cache = tmp_path / "venv" / "bin" / "python", tmp_path / "cache"
    (tmp_path / "run.py").write_text(RUN)

    run(f"{python} -m pip install {wheel(old)}", tmp_path)
    file, deliveries = run(f"{python} run.py", tmp_path).split()
    package = Path(file).parent
    assert deliveries == "4"
    assert not (package / "kernels" / "compiling.py").exists()
    stale = sorted(package.rglob("*.nbi"))
    assert stale, "the old version keeps compiled code beside its sources"

    # The new version says where its own code is, and what it loaded: nothing, the first time.
    counts = (
        "from eventnet.engine import loop\n"
        "print(type(loop.run_loop._cache).__name__, loop.run_loop._cache.hits, loop.run_loop._cache.misses)\n"
    )
    (tmp_path / "run.py").write_text(RUN + counts)
    run(f"{python} -m pip install --force-reinstall {wheel(new)}", tmp_path)
    for hits, misses in ((0, 1), (1, 0)):
        first, counted = run(f"{python} run.py", tmp_path, NUMBA_CACHE_DIR=str(cache)).splitlines()
        assert first == f"{file} 4"
        assert counted == f"KeptCode {hits} {misses}"
    assert (package / "kernels" / "compiling.py").read_bytes() == (ROOT / "eventnet/kernels/compiling.py").read_bytes()
    assert list(cache.rglob("*.nbi"))
    assert sorted(package.rglob("*.nbi")) in (stale, [])
