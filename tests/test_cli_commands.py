"""The registry of commands: a new command is one new file, or an entry point of another package."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

import eventnet.cli
from eventnet.cli import commands
from eventnet.cli.commands import COMMANDS, GROUPS, app, command, every, find
from eventnet.cli.ending import Exit
from eventnet.errors import DataError

ROOT = Path(__file__).parents[1]
SHOUT = '''
"""`eventnet shout-it`: a word, in capitals."""

from typing import Annotated

import typer

from eventnet.cli.commands import command
from eventnet.cli.options import JsonOption
from eventnet.cli.results import Screen


@command("shout-it", "a word, in capitals", group="Noise", usage="WORD", formerly="say-it")
def shout(word: Annotated[str, typer.Argument(help="Which one.")], as_json: JsonOption = False) -> None:
    """Print a word in capitals."""
    screen = Screen(as_json)
    screen.say(word.upper())
    screen.give({"word": word.upper()})
'''
WITH_FOLDER = "import sys, eventnet.cli as c; c.__path__.append(sys.argv.pop(1)); c.app()"


@pytest.fixture(autouse=True)
def _forgotten() -> Iterator[None]:
    """Commands that a test declares are gone after it."""
    every()
    before = dict(COMMANDS)
    yield
    COMMANDS.clear()
    COMMANDS.update(before)


def ended(words: list[str], folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    """A process of its own; folder: what lies there can be imported, entry points and all."""
    paths = os.pathsep.join([*([str(folder)] if folder else []), str(ROOT), os.environ.get("PYTHONPATH", "")])
    environment = os.environ | {"PYTHONPATH": paths, "COLUMNS": "100"}
    return subprocess.run([sys.executable, *words], env=environment, capture_output=True, text=True)


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A folder with another package's module, and what says that it has commands."""
    (tmp_path / "noise.py").write_text(SHOUT)
    about = tmp_path / "noise-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: noise\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[eventnet.commands]\nshout-it = noise:shout\nbroken = nowhere:it\n")
    return tmp_path


@pytest.mark.slow
def test_a_new_command_is_one_new_file(tmp_path: Path) -> None:
    (tmp_path / "shout_it.py").write_text(SHOUT)
    there = ["-c", WITH_FOLDER, str(tmp_path)]
    done = ended([*there, "shout-it", "hello"])
    assert (done.returncode, done.stdout, done.stderr) == (0, "HELLO\n", "")
    assert '"word": "HELLO"' in ended([*there, "shout-it", "hello", "--json"]).stdout
    text = ended([*there, "--help"]).stdout
    assert "Noise:\n  eventnet shout-it WORD  a word, in capitals\n" in text
    assert text.index("Noise:") > text.index(f"{GROUPS[-1]}:")
    assert "Print a word in capitals." in ended([*there, "shout-it", "--help"]).stdout
    wrong = ended([*there, "shout-it"])
    assert (wrong.returncode, wrong.stderr.split("see ")[1]) == (2, "-c shout-it --help\n")
    near = ended([*there, "shoutit", "hello"])
    assert (near.returncode, "Did you mean 'shout-it'" in near.stderr) == (2, True)


@pytest.mark.slow
def test_an_entry_point_of_another_package_is_a_command(package: Path) -> None:
    done = ended(["-m", "eventnet", "shout-it", "hello"], package)
    assert (done.returncode, done.stdout, done.stderr) == (0, "HELLO\n", "")
    helped = ended(["-m", "eventnet", "--help"], package)
    assert "eventnet shout-it WORD  a word, in capitals" in helped.stdout
    assert (helped.returncode, helped.stderr.count("\n")) == (0, 1)
    assert "the command 'broken' of nowhere:it cannot be loaded: No module named 'nowhere'" in helped.stderr
    broken = ended(["-m", "eventnet", "broken"], package)
    assert (broken.returncode, broken.stdout) == (3, "")
    assert "the command 'broken' of nowhere:it cannot be loaded" in broken.stderr


@pytest.mark.slow
def test_an_entry_point_must_declare_its_command(package: Path) -> None:
    (package / "noise-1.0.dist-info" / "entry_points.txt").write_text("[eventnet.commands]\nother = noise:shout\n")
    done = ended(["-m", "eventnet", "other"], package)
    assert (done.returncode, "noise:shout was to declare the command 'other'" in done.stderr) == (3, True)


@pytest.mark.slow
def test_the_name_of_the_version_before_calls_it_with_a_notice_on_stderr(package: Path) -> None:
    done = ended(["-m", "eventnet", "say-it", "hello", "--json"], package)
    assert (done.returncode, done.stdout) == (0, '{\n "word": "HELLO"\n}\n')
    assert done.stderr == "eventnet: `say-it` is called `shout-it` now; the old name goes with the next version\n"


@pytest.mark.parametrize(
    ("old", "new"), [("ledger", "cost"), ("waste", "cancellation"), ("whatif", "ablate"), ("guesses", "anytime")]
)
def test_a_command_that_has_another_name_now_goes_by_its_old_one_and_help_has_the_new_one(old: str, new: str) -> None:
    was, now = (CliRunner().invoke(app, [name, "--help"]) for name in (old, new))
    assert (was.exit_code, was.stdout, now.stderr) == (0, now.stdout, "")
    assert was.stderr == f"eventnet: `{old}` is called `{new}` now; the old name goes with the next version\n"
    assert f"Usage: eventnet {new} " in was.stdout
    assert f"eventnet {old} " not in CliRunner().invoke(app, ["--help"]).stdout
    wrong = CliRunner().invoke(app, [old, "--nonsense", "--json"])
    assert (wrong.exit_code, json.loads(wrong.stdout)["error"]["exit"]) == (2, 2)
    assert wrong.stderr.endswith(f"; see eventnet {new} --help\n")


@pytest.mark.slow
def test_a_command_imports_no_other_and_the_version_none() -> None:
    files = {each.run.__module__.split(".")[-1] for each in every()}
    print_them = "import sys, eventnet.cli as c\ntry: c.app(sys.argv[1:])\nexcept SystemExit: pass\n"
    print_them += "print('LOADED', *(name[13:] for name in sys.modules if name.startswith('eventnet.cli.')))"
    for words, allowed in ((["--version"], set()), (["prices"], {"prices"})):
        loaded = ended(["-c", print_them, *words]).stdout.split("LOADED")[1].split()
        assert set(loaded) & files == allowed


@pytest.mark.slow
@pytest.mark.parametrize("name", ["diff", "info", "race"])
def test_a_command_alone_knows_all_classes_that_a_network_file_may_name(name: str) -> None:
    """`import eventnet` alone does not import them all."""
    look = f"""
import importlib, pkgutil, eventnet.cli.{name}, eventnet.learning, eventnet.neurons
from eventnet import Module
known = set(Module.registry)
for package in (eventnet.neurons, eventnet.learning):
    for found in pkgutil.iter_modules(package.__path__, package.__name__ + "."):
        importlib.import_module(found.name)
print(len(known) > 60, set(Module.registry) - known)
"""
    assert ended(["-c", look]).stdout == "True set()\n"


def test_a_file_has_the_name_of_its_command_and_says_a_section_that_there_is() -> None:
    for each in every():
        assert each.run.__module__ == f"eventnet.cli.{each.name.replace('-', '_')}"
        assert each.group in GROUPS
        assert each.run.__doc__
        assert find(each.name) is each


def test_a_name_is_declared_once() -> None:
    def prices() -> None:
        """Another one."""

    with pytest.raises(DataError, match=r"'prices' is declared twice: in eventnet\.cli\.prices\.prices and in .*test_"):
        command("prices", "another one", group="Noise")(prices)
    assert COMMANDS["prices"].run is not prices


@pytest.mark.parametrize("word", ["screen", "report-option", "__init__", "no.such", "../x", ""])
def test_what_is_no_command_is_wrong_usage(word: str) -> None:
    done = CliRunner().invoke(app, [word])
    assert (done.exit_code, "No such command" in done.stderr) == (2, True)


def test_help_has_every_command_once_in_its_section() -> None:
    text = CliRunner().invoke(app, ["--help"]).stdout
    for each in every():
        assert text.count(f"  eventnet {each.name} ") == 1
        section = text[text.index(f"{each.group}:") :].split("\n\n")[0]
        assert f"  eventnet {each.name} " in section
    assert eventnet.cli.app is app


@pytest.mark.parametrize("words", [[], ["-h"], ["--help"], ["--version"]])
def test_what_lists_the_commands_imports_neither_compiler_nor_numpy(words: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "eventnet", *words], capture_output=True, text=True, cwd=ROOT
    )
    assert (done.returncode, "eventnet" in done.stdout) == (Exit.DONE if words else Exit.USAGE, True)
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if "|" in line}
    assert {"typer", "eventnet.cli.commands"} <= imported
    heavy = {"numba", "numpy", "scipy", "simpy", "matplotlib", "networkx", "rich"}
    assert not heavy & {name.partition(".")[0] for name in imported}
    assert not [name for name in imported if re.match(r"eventnet\.(?!base|cli|errors)", name)]


@pytest.mark.parametrize("words", [["info"], ["info", "--json"]])
def test_what_is_installed_is_told_without_a_compiler_and_as_by_the_whole_command(words: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "eventnet", *words], capture_output=True, text=True, cwd=ROOT
    )
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if "|" in line}
    assert {"numpy", "rich", "eventnet.cli.installation"} <= {name.partition(".")[0] for name in imported} | imported
    heavy = {"numba", "llvmlite", "scipy", "simpy", "matplotlib", "networkx", "pydantic", "pooch"}
    assert not heavy & {name.partition(".")[0] for name in imported}
    assert (done.returncode, done.stdout) == (0, CliRunner().invoke(app, words).stdout)


@pytest.mark.slow
def test_where_numba_has_settings_in_a_file_info_asks_numba(tmp_path: Path) -> None:
    (tmp_path / ".numba_config.yaml").write_text("")
    command = [
        sys.executable,
        "-c",
        "import sys; sys.argv = ['eventnet', 'info']\nfrom eventnet.base import starting\nprint(starting.BARE)",
    ]
    told = [subprocess.run(command, capture_output=True, text=True, cwd=where).stdout for where in (ROOT, tmp_path)]
    assert told == ["True\n", "False\n"]


def test_what_is_read_of_a_command_is_what_it_declares() -> None:
    own = commands.FILES_AND_POINTS.own()
    declared = {each.name: replace(each, run=commands._not_imported) for each in every() if each.name in own}
    assert {name: found for name, place in own.items() if (found := commands._read(place)) is not None} == declared
