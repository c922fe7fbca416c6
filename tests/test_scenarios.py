"""Scenarios: one file is one scenario, listing them imports none, options that do not hold are refused."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from dataclasses import fields
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

import pytest
from few import few
from test_layout import own_imports
from typer.testing import CliRunner

from eventnet import scenarios
from eventnet.cli.commands import app
from eventnet.errors import ModelError
from eventnet.scenarios import reproductions
from eventnet.scenarios.reproductions.common.registry import CHAPTERS, REPRODUCTIONS
from eventnet.scenarios.shared.scenario import RESTRICTED, SCENARIOS, USUAL, Asked, choose, everything, find, short

ROOT = Path(__file__).parents[1]

SUMS = '''
from dataclasses import dataclass, field

from rich.table import Table

from eventnet.scenarios.shared.parameter_file import Checked, entry
from eventnet.scenarios.shared.scenario import USUAL, ResultNumber, Scenario


@dataclass(frozen=True)
class RunTable(Checked):
    """How much is summed."""

    seed: int = entry(7, "is added")
    neurons: int = entry(3, "ones that are summed", 1, 10)


@dataclass(frozen=True)
class Parameters:
    run: RunTable = field(default_factory=RunTable)


def run(parameters, desk):
    desk.say("summing")
    with desk.progress("summing") as progress:
        progress(1, 1)
    return parameters.run.neurons + parameters.run.seed


def table(found):
    made = Table("sum")
    made.add_row(str(found))
    return made


SCENARIO = Scenario(
    name="my-sums",
    summary="sums",
    options=USUAL | {"neurons"},
    defaults=lambda asked: Parameters(),
    run=run,
    tables=[table],
    sentences=lambda found: [f"It is {found}."],
    numbers=lambda found: [ResultNumber("all", "sum", found)],
    figures={"sum.png": lambda found: b"no picture"},
    finish=lambda found, folder: (folder / "sum.txt").write_text(str(found)),
)
'''
RAN = {"run": "all", "quantity": "sum", "at": "", "value": 9, "unit": ""}


@pytest.fixture
def one_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder of scenarios with a file more."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "__init__.py").write_text("")
    (tmp_path / "mine" / "scenario_my_sums.py").write_text(SUMS)
    monkeypatch.setattr(scenarios, "__path__", [*scenarios.__path__, str(tmp_path)])
    importlib.invalidate_caches()


@pytest.fixture(autouse=True)
def forgotten() -> Any:
    """What a test adds is gone after it."""
    yield
    added = "eventnet.scenarios.mine", "eventnet.scenarios.reproductions.my_figure"
    for name in [name for name in sys.modules if name.startswith(added)]:
        del sys.modules[name]


def run(*args: object, code: int = 0) -> str:
    result = CliRunner().invoke(app, ["run", *(str(arg) for arg in args)])
    assert result.exit_code == code, result.output
    return " ".join(result.output.split())


def test_a_new_file_is_a_new_scenario(one_more: None, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert SCENARIOS.names()[-1] == "my-sums"
    text = run("my-sums", "--seed", 4, "--neurons", 5, "--out", out)
    assert "summing" in text
    assert "It is 9." in text
    given = json.loads((out / "numbers.json").read_text())
    assert given["numbers"] == [RAN]
    assert given["pictures"] == ["sum.png"]
    assert given["manifest"]["options"]["scenario"] == "my-sums"
    assert "neurons = 5  # ones that are summed" in given["manifest"]["parameters"]
    assert (out / "sum.txt").read_text() == "9"
    assert "neurons = 3 # ones that are summed" in run("my-sums", "--print-config")
    holds = "stdp-digits, stdp-dvs and my-sums"
    assert f"--neurons goes with {holds}; not with gaze" in run("gaze", "--neurons", 3, code=2)
    assert "--data goes with stdp-digits; not with my-sums" in run("my-sums", "--data", tmp_path, code=2)
    assert "wanted from 1 to 10" in run("my-sums", "--neurons", 11, code=2)
    assert (
        "stdp-dvs, hopfield, equilibrium, brunel, vogels-abbott, microcircuit, attitude, flow-law, my-sums, or a file"
        in run("no-such", code=2)
    )


@pytest.mark.slow
def test_another_package_brings_a_scenario_by_an_entry_point(tmp_path: Path) -> None:
    (tmp_path / "of_mine.py").write_text(SUMS)
    info = tmp_path / "of_mine-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: of-mine\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[eventnet.scenarios]\nmy-sums = of_mine:SCENARIO\nother = of_mine:SCENARIO\nbroken = nowhere:it\n"
    )

    def command(*words: str) -> subprocess.CompletedProcess[str]:
        known = {**os.environ, "PYTHONPATH": str(tmp_path)}
        asked = [sys.executable, "-m", "eventnet", "run", *words]
        return subprocess.run(asked, cwd=tmp_path, env=known, capture_output=True, text=True)

    done = command("my-sums", "--seed", "6", "--out", "out", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["numbers"] == [RAN]
    text = " ".join(command("--help").stdout.split()).replace("- ", "-")  # lines break after hyphens
    assert (
        "equilibrium or brunel or vogels-abbott or microcircuit or attitude or broken or flow-law or my-sums or other, and"
        in text
    )
    assert "the scenario other calls itself 'my-sums'" in command("other").stderr
    broken = command("broken")
    assert (broken.returncode, "'broken' of nowhere:it cannot be loaded: No module named" in broken.stderr) == (3, True)
    refused = command("gaze", "--neurons", "3")  # says what holds for those that can be had
    assert (refused.returncode, "stdp-dvs and my-sums; not with gaze" in refused.stderr) == (2, True)


def test_every_scenario_has_its_name_and_parameters() -> None:
    for name in SCENARIOS.names():
        found = find(name)
        assert found.name == name
        assert found.summary
        made = found.defaults(Asked())
        assert type(made.run.seed) is int
        keys = {part.name for part in fields(made.run)}
        assert found.options & {"neurons", "networks", "epochs"} <= keys
    assert len({known.name for known in everything()}) == len([*everything()])


def test_there_is_no_option_that_is_not_asked_for() -> None:
    known = {name.replace("_", "-") for name in RESTRICTED}
    assert set(RESTRICTED) < {part.name for part in fields(Asked)}
    assert {option for found in everything() for option in found.options} == known
    assert known > USUAL


GIVEN: dict[str, Any] = {
    "file": Path("my.toml"), "full": True, "print_config": True, "train": True, "recording": Path("a.npz"),
    "networks": 2, "epochs": 2, "quiet": (0, 10), "neurons": 2, "data": Path("here"), "focal_px": 240.0,
    "view": Path("run.mcap"), "ros2": Path("bag"), "live": True, "report": Path("page.html"),
}  # fmt: skip


@pytest.mark.parametrize("option", RESTRICTED)
def test_an_option_that_does_not_hold_is_refused_in_a_sentence_that_says_where_it_does(option: str) -> None:
    flag = option.replace("_", "-")
    holds = [known.name for known in everything() if flag in known.options]
    assert holds
    for name in SCENARIOS.names():
        asked = Asked(**{option: GIVEN[option]})
        if name in [other.split(" ")[0] for other in holds if other in (name, f"{name} --{flag}")]:
            assert flag in choose(name, asked).options
            continue
        with pytest.raises(ModelError) as refused:
            choose(name, asked)
        words = str(refused.value)
        assert all(other.split(" ")[0] in words for other in [*holds, name]), words
        assert "\n" not in words


def test_what_an_option_makes_of_a_scenario_has_options_of_its_own() -> None:
    recording = Path("a.npz")
    assert choose("dvs-gyro", Asked(recording=recording, networks=2, epochs=3)).name == "dvs-gyro --recording"
    with pytest.raises(ModelError, match="--train goes with dvs-gyro and robot; not with dvs-gyro --recording"):
        choose("dvs-gyro", Asked(recording=recording, train=True))
    assert choose("dvs-gyro", Asked(train=True)).name == "dvs-gyro"


def test_numbers_are_short() -> None:
    assert [short(x) for x in (0.012345, 12.345, 123.45, 12345.6, -1234.5)] == [
        "0.0123",
        "12.3",
        "123",
        "12,346",
        "-1,234",
    ]


@pytest.mark.slow
@pytest.mark.parametrize("words", few([["run", "--help"], ["prices", "--help"], ["reproduce", "--help"]], 1))
def test_help_imports_no_scenario(words: list[str], tmp_path: Path) -> None:
    script = (
        "import sys\nfrom eventnet.cli import app\ntry:\n    app(sys.argv[1:])\nexcept SystemExit:\n    pass\n"
        "print([name for name in sys.modules if '.scenario_' in name or name.endswith('figures')\n"
        "    or name.startswith('eventnet.scenarios.reproductions.') and '.common' not in name], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", script, *words], cwd=tmp_path, capture_output=True, text=True)
    assert "--help" in done.stdout
    assert done.stderr.splitlines()[-1] == "[]"


def rooms(within: tuple[str, ...]) -> dict[str, set[str]]:
    """Which files and folders of a folder of scenarios/ import which others of it; a folder is all that is in it."""
    graph: dict[str, set[str]] = {}
    above = ["eventnet", "scenarios", *within]
    for found in own_imports():
        one, other = found.importer.split("."), found.target.split(".")
        if one[: len(above)] == other[: len(above)] == above and min(len(one), len(other)) > len(above):
            graph.setdefault(one[len(above)], set()).add(other[len(above)])
    return {room: others - {room} for room, others in graph.items()}


FOLDERS = [path.relative_to(ROOT / "scenarios").parts[:-1] for path in (ROOT / "scenarios").rglob("__init__.py")]


@pytest.mark.parametrize("within", sorted(FOLDERS), ids="/".join)
def test_folders_import_each_other_in_no_circle(within: tuple[str, ...]) -> None:
    try:
        TopologicalSorter(rooms(within)).prepare()
    except CycleError as error:
        pytest.fail("a circle of folders: " + " <- ".join(error.args[1]))


def test_scenarios_are_folders_and_what_they_share_stands_below_them() -> None:
    top = {path.name for path in (ROOT / "scenarios").iterdir() if path.suffix == ".py"}
    assert top == {"__init__.py"}
    graph = rooms(())
    assert graph["fusion"] >= {"shared"}
    assert not graph.get("shared")
    for name in SCENARIOS.names():
        folder = find(name).run.__module__.split(".")[2]
        for part in ("parameters", "run", "figures"):
            assert list((ROOT / "scenarios" / folder).glob(f"*{part}.py")) or folder == "stdp", (folder, part)


FIGURE = """
from eventnet.scenarios.reproductions.common.report import ReproductionReport, listed


def my_figure(request):
    rows = [{"what": "seeds", "published": "1", "measured": listed(request.seeds())}]
    return ReproductionReport("my-figure", "A figure", "a book", rows, ["a note"])
"""


def test_a_new_file_is_a_new_reproduction(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "my_figure.py").write_text(FIGURE)
    monkeypatch.setattr(reproductions, "__path__", [*reproductions.__path__, str(tmp_path / "more")])
    importlib.invalidate_caches()
    assert REPRODUCTIONS.names()[-1] == "my-figure"
    words = ["reproduce", "my-figure", "--seed", "4", "--out", str(tmp_path / "out")]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    assert "a note" in done.output
    assert (tmp_path / "out" / "my-figure.csv").read_text() == 'what,published,measured\nseeds,1,"4, 5, 6"\n'
    with pytest.raises(
        ModelError, match="unknown reproduction 'no-such'; there are: quantization, .*microcircuit, my-figure"
    ):
        REPRODUCTIONS.find("no-such")


def test_every_reproduction_is_found_and_has_its_chapter() -> None:
    assert REPRODUCTIONS.names() == CHAPTERS
    for name in CHAPTERS:
        assert REPRODUCTIONS.find(name).__doc__


# --- options of a recording ---
def test_options_of_a_recording_go_with_scenarios_that_take_one() -> None:
    file = Path("a.npz")
    for name, polarity, other in (("dvs-gyro", "sign", "channels"), ("stdp-dvs", "channels", "sign")):
        for given in ({"binning": 2}, {"polarity": "on"}, {"polarity": polarity}):
            assert choose(name, Asked(recording=file, of_recording=given)).name.startswith(name)
        with pytest.raises(ModelError, match=f"--polarity is {other}, but {name}.* wanted {polarity}, on or off"):
            choose(name, Asked(recording=file, of_recording={"polarity": other}))
        with pytest.raises(ModelError, match="--crop is of a recording; wanted --recording FILE, too"):
            choose(name, Asked(of_recording={"crop": "0,0,2,2"}))
    words = "--start of a --recording goes with dvs-gyro and stdp-dvs; not with gaze"
    with pytest.raises(ModelError, match=words):
        choose("gaze", Asked(of_recording={"start": "1s"}))
