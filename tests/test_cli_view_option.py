"""--view and --ros2: a run's files are the same with them, a scenario of one's own gets them, and how they fail."""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import view_cases as cases
from test_cli_brunel import SHORT
from test_cli_record import record
from test_cli_run import run
from typer.testing import CliRunner

from eventnet import scenarios
from eventnet.cli.commands import app
from eventnet.io import PIXEL_EVENT, open_events, write_events
from eventnet.scenarios.shared.scenario import SCENARIOS, find
from eventnet.scenarios.shared.scenario import WATCHED as OPTIONS

WATCHED = '''
from dataclasses import dataclass, field

import eventnet as en
from eventnet.scenarios.shared.parameter_file import Checked, entry
from eventnet.scenarios.shared.scenario import USUAL, WATCHED, ResultNumber, Scenario
from eventnet.view import Shown


@dataclass(frozen=True)
class RunTable(Checked):
    """How much."""

    seed: int = entry(7, "is the answer")


@dataclass(frozen=True)
class Parameters:
    run: RunTable = field(default_factory=RunTable)


def watch(parameters, found, recorder):
    net = en.Network()
    eye = net.add(en.Relay(2, name="eye"))
    clock = en.Clock(en.Simulation(net, engine="reference"))
    clock.play([en.Packet(50_000, en.events([(10, eye.spikes, 0, 1)]))].__iter__(), name="camera")
    recorder.on_clock(clock, Shown(answers=lambda t: {"found": found}))
    clock.run(until=50_000)


SCENARIO = Scenario(
    name="my-watched", summary="is watched", options=USUAL | WATCHED, defaults=lambda asked: Parameters(),
    run=lambda parameters, desk: parameters.run.seed, numbers=lambda found: [ResultNumber("all", "sum", found)],
    watch=watch,
)
'''


@pytest.fixture
def brunel(tmp_path: Path) -> Path:
    (tmp_path / "my.toml").write_text(SHORT)
    return tmp_path / "my.toml"


def files_of(folder: Path) -> dict[str, Any]:
    """All files of a folder; of numbers what is no time of this machine."""
    found: dict[str, Any] = {path.name: path.read_bytes() for path in folder.iterdir()}
    del found["numbers.csv"]
    numbers = json.loads(found.pop("numbers.json"))
    del numbers["manifest"]["command_line"]
    timed = ("processor s", "events a s")
    rows = [row for row in numbers["numbers"] if not any(word in row["quantity"] for word in timed)]
    return found | {"numbers": rows, "manifest": numbers["manifest"]}


def test_a_runs_files_are_the_same_with_a_view_and_without(brunel: Path, tmp_path: Path) -> None:
    pytest.importorskip("foxglove", reason="the extra view is not installed")
    pytest.importorskip("rosbags", reason="the extra ros is not installed")
    run("brunel", brunel, "--out", tmp_path / "one")
    view, bag = tmp_path / "run.mcap", tmp_path / "bag"
    said = run("brunel", brunel, "--out", tmp_path / "other", "--view", view, "--ros2", bag).stdout
    assert str(view) in said
    assert str(bag) in said
    assert files_of(tmp_path / "one") == files_of(tmp_path / "other")
    topics = {message.topic for message in cases.messages(view)}
    assert topics == {"/raster", "/answers", "/rates", "/cost", "/queue"}
    assert sorted(path.name for path in bag.iterdir()) == ["bag.mcap", "metadata.yaml"]


def test_a_scenario_of_ones_own_is_watched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("foxglove", reason="the extra view is not installed")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "__init__.py").write_text("")
    (tmp_path / "mine" / "scenario_my_watched.py").write_text(WATCHED)
    monkeypatch.setattr(scenarios, "__path__", [*scenarios.__path__, str(tmp_path)])
    importlib.invalidate_caches()
    run("my-watched", "--seed", 5, "--out", tmp_path / "out", "--view", tmp_path / "run.mcap")
    found = [message.says for message in cases.messages(tmp_path / "run.mcap") if message.topic == "/answers"]
    assert found == [{"found": 5.0}] * 3
    for name in [name for name in sys.modules if name.startswith("eventnet.scenarios.mine")]:
        del sys.modules[name]


def test_a_form_of_a_scenario_that_is_not_watched_says_which_are(tmp_path: Path) -> None:
    for option in ("--view", "--ros2"):
        said = " ".join(run("dvs-gyro", "--recording", tmp_path / "a", option, tmp_path / "b", code=2).output.split())
        assert f"{option} goes with dvs-gyro, robot, pays, gaze," in said
        assert "not with dvs-gyro --recording" in said


def test_every_scenario_is_watched() -> None:
    meanwhile = [one.name for name in SCENARIOS.names() if (one := find(name)).watch is None]
    assert meanwhile == ["brunel", "vogels-abbott", "microcircuit"]  # tests of their own: test_population_watching.py
    assert all(one.options >= OPTIONS for one in map(find, SCENARIOS.names()))


def test_what_cannot_be_written_is_said_before_the_run(
    brunel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("rosbags", reason="the extra ros is not installed")
    assert "exists; name another folder" in run("brunel", brunel, "--ros2", tmp_path, code=3).output
    assert "there is no folder" in run("brunel", brunel, "--ros2", tmp_path / "no" / "bag", code=3).output
    for package, option, extra in (("foxglove", "--view", "view"), ("rosbags.rosbag2", "--ros2", "ros")):
        monkeypatch.setitem(sys.modules, package, None)
        said = run("brunel", brunel, option, tmp_path / "a", "--out", tmp_path / "out", code=3).output
        assert f'pip install "eventnet[{extra}]"' in said
    assert not (tmp_path / "out").exists()


def info(*words: object, code: int = 0) -> str:
    done = CliRunner().invoke(app, ["info", *map(str, words)])
    assert done.exit_code == code, done.output
    return " ".join(done.output.split())


def test_info_writes_a_recording_as_pictures(tmp_path: Path) -> None:
    pytest.importorskip("foxglove", reason="the extra view is not installed")
    assert record("dvs", tmp_path / "a.npz", "--seconds", 0.1)[0] == 0
    events = open_events(tmp_path / "a.npz").events()
    assert str(tmp_path / "a.mcap") in info(tmp_path / "a.npz", "--view", tmp_path / "a.mcap")
    found = cases.messages(tmp_path / "a.mcap")
    images = [message for message in found if message.topic == "/camera"]
    shown = [int(np.count_nonzero(np.frombuffer(message.says.data, np.uint8) != 128)) for message in images]
    wanted = [
        len(np.unique(events[(events["t"] >= m.t_us - 20_000) & (events["t"] < m.t_us)][["x", "y"]])) for m in images
    ]
    assert shown == wanted
    rates = [message.says["camera"]["events"] for message in found if message.topic == "/rates"]
    assert sum(rates) * 0.02 == pytest.approx(len(events))


def test_info_shows_recordings_alone(tmp_path: Path) -> None:
    pytest.importorskip("foxglove", reason="the extra view is not installed")
    assert "--view shows a recording" in info("orders", "--view", tmp_path / "a.mcap", code=2)
    events = np.array([(3, 1, 1, True), (5, 1, 1, True)], PIXEL_EVENT)
    write_events(tmp_path / "a.npy", events, "npy")
    assert "does not say how many pixels" in info(tmp_path / "a.npy", "--view", tmp_path / "a.mcap", code=2)
