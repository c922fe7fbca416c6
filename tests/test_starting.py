"""Ctrl-C while the command line is still being imported is one line; elsewhere it is Python's own affair."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from eventnet.base import starting
from eventnet.base.starting import is_command_line
from eventnet.cli.ending import Exit

ROOT = Path(__file__).parents[1]


def interrupted(folder: Path, words: list[str], package: str, then: str = "raise") -> tuple[int, str, str]:
    """Start Python with these words, interrupt it while it imports a package, and see how it ends.

    then: what the package does with an exception.
    """
    (folder / f"{package}.py").write_text(
        f"import time\ntry:\n    open({str(folder / 'reached')!r}, 'w').close()\n    time.sleep(60)\nexcept BaseException: {then}\n"
    )
    paths = os.pathsep.join([str(folder), str(ROOT)])
    process = subprocess.Popen(
        [sys.executable, *words], env=os.environ | {"PYTHONPATH": paths}, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    for _ in range(600):
        if (folder / "reached").exists():
            break
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    return process.returncode, out, err


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize(
    "package", ["platformdirs", "typer", "rich"]
)  # of the package, of its command line, of a command
def test_an_interruption_while_the_command_line_is_imported_is_one_line(package: str, tmp_path: Path) -> None:
    code, out, err = interrupted(tmp_path, ["-m", "eventnet", "info"], package, "pass")
    assert (code, out, err) == (Exit.INTERRUPTED, "", "eventnet: interrupted\n")


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_under_json_it_is_json_from_the_installed_program(tmp_path: Path) -> None:
    program = tmp_path / "eventnet"
    program.write_text("from eventnet.cli import app\napp()\n")
    code, out, err = interrupted(tmp_path, [str(program), "info", "--json"], "platformdirs")
    assert (code, err) == (Exit.INTERRUPTED, "eventnet: interrupted\n")
    assert json.loads(out) == {"error": {"kind": "Interrupted", "message": "interrupted", "exit": 130}}


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_a_users_program_is_interrupted_as_python_has_it(tmp_path: Path) -> None:
    code, _, err = interrupted(tmp_path, ["-c", "import eventnet"], "platformdirs")
    assert code in (-signal.SIGINT, 1)
    assert "KeyboardInterrupt" in err
    assert "eventnet: interrupted" not in err


@pytest.mark.parametrize(
    ("argv", "given", "is_it"),
    [
        (["-m", "info"], ["python", "-m", "eventnet", "info"], True),
        (["-m", "info"], ["python", "-X", "dev", "-meventnet", "info"], True),
        (["-m", "eventnet"], ["python", "-m", "pytest", "eventnet"], False),
        (["/opt/bin/eventnet"], ["python", "/opt/bin/eventnet"], True),
        (["/opt/bin/eventnet"], ["python", "-c", "spawn_main()", "--multiprocessing-fork"], False),
        (["eventnet.py"], ["python", "eventnet.py"], False),
        (["-c"], ["python", "-c", "import eventnet"], False),
        ([], [], False),
    ],
)
def test_the_command_line_is_known_by_how_it_was_started(argv: list[str], given: list[str], is_it: bool) -> None:
    assert is_command_line(argv, given) == is_it


def test_a_command_that_begins_gives_the_signal_back(monkeypatch: pytest.MonkeyPatch) -> None:
    before = signal.getsignal(signal.SIGINT)
    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        monkeypatch.setattr(sys, "argv", ["/opt/bin/eventnet"])
        starting.begins()
        assert signal.getsignal(signal.SIGINT) is not signal.default_int_handler
        starting.has_begun()
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # as `nohup` and scripts in the background have it
        starting.begins()
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize(
    ("words", "asked"),
    [
        (["eventnet", "info"], True), (["/usr/bin/eventnet", "info", "--json"], True), (["eventnet"], False),
        (["eventnet", "info", "a.npz"], False), (["eventnet", "info", "--help"], False), (["pytest", "info"], False),
    ],
)  # fmt: skip
def test_only_info_without_a_file_asks_for_what_is_installed_and_nothing_else(words: list[str], asked: bool) -> None:
    assert starting.asks_for_installation(words, ["python", *words]) is asked


@pytest.mark.parametrize(
    ("words", "asked"),
    [
        (["eventnet", "--help"], True), (["/usr/bin/eventnet"], True), (["eventnet", "--version"], True),
        (["eventnet", "info", "--help"], False), (["eventnet", "info"], False), (["pytest", "--help"], False),
        (["eventnet", "--help", "--json"], False),
    ],
)  # fmt: skip
def test_only_the_command_line_alone_asks_for_its_help_and_nothing_else(words: list[str], asked: bool) -> None:
    assert starting.asks_for_help(words, ["python", *words]) is asked
