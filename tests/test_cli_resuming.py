"""Commands that were stopped at a piece go on when they are run again: the same files, the same words on stdout."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from few import few
from typer.testing import CliRunner

import eventnet as en
from eventnet.cli.commands import app
from eventnet.cli.results import Screen
from eventnet.engine import journal
from eventnet.engine.journal import Journal
from eventnet.models import DeepSpikingNetwork

COMMANDS = {
    "orders": "orders net.npz --inputs in.npy --out out",
    "race": "race net.npz --inputs in.npy --seeds 3",
    "cancellation": "cancellation net.npz --inputs in.npy --out out",
    "ablate": "ablate net.npz --inputs in.npy --csv out/changes.csv",
    "cost": "cost net.npz --inputs in.npy --blame proportional --out out",
    "train": "train --sizes 784-4-10 --train 30 --test 10 --epochs 6 --out out/model.npz",
    "anytime": "anytime digits.npz --orders depth,breadth --test 5 --learn 5 --choose 2 --out out",
    "stdp-digits": "run stdp-digits stdp.toml --processes 1 --out out",
}
STDP = "[run]\nneurons = 4\npasses = 2\ntrain = 12\ntest = 6\nnamed = 6\nmoments = 2\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Files for the commands, in the current folder; every piece is written at once, small as it may be."""
    rng = np.random.default_rng(0)
    net = en.Network(dtype="float32")
    eye = net.add(en.Relay(3, name="eye"))
    hidden = net.add(en.Herding(4, net.weights(rng.normal(0, 0.6, (3, 4))), name="hidden"))
    end = net.add(en.Sink(4, name="end"))
    net.connect(eye.out, hidden.spikes)
    net.connect(hidden.out, end.spikes)
    net.save(tmp_path / "net.npz")
    rows = [(t, eye.spikes, int(rng.integers(3)), int(rng.choice([-1, 1]))) for t in range(8)]
    np.save(tmp_path / "in.npy", en.events(rows))
    DeepSpikingNetwork([784, 4, 10], seed=3).save(tmp_path / "digits.npz")
    (tmp_path / "stdp.toml").write_text(STDP)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(journal, "EVERY_S", 0.0)
    monkeypatch.setattr(journal, "SHARE", 1e9)
    # Where commands without a folder keep theirs.
    monkeypatch.setattr("pooch.os_cache", lambda package: tmp_path / "cache")
    return tmp_path


def run(words: str, *, fresh: bool = False) -> tuple[Any, dict[str, bytes]]:
    """How a command ends, and what it leaves."""
    if fresh:
        shutil.rmtree("out", ignore_errors=True)
    Path("out").mkdir(exist_ok=True)
    found = CliRunner().invoke(app, [*words.split(), "--json"])
    return found, {path.name: path.read_bytes() for path in Path("out").iterdir() if path.is_file()}


def undisturbed(words: str, monkeypatch: pytest.MonkeyPatch) -> tuple[Any, dict[str, bytes]]:
    """How a command ends, and what it leaves, where nothing stops it; what it leaves is removed."""
    monkeypatch.setattr("eventnet.scenarios.stdp.digits.processor_time", lambda: 0.0)
    found = run(words, fresh=True)
    shutil.rmtree("out")
    return found


@pytest.mark.parametrize("name", few(COMMANDS, 2))
def test_a_command_that_was_stopped_twice_ends_as_undisturbed(
    name: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, wanted = undisturbed(COMMANDS[name], monkeypatch)
    assert whole.exit_code in (0, 1), whole.output
    keep, left = Journal.keep, [3, 2]

    def keep_some(self: Journal, *given: Any, **named: Any) -> None:
        keep(self, *given, **named)
        if left:
            left[0] -= 1
            if left[0] == 0:
                left.pop(0)
                raise KeyboardInterrupt

    monkeypatch.setattr(Journal, "keep", keep_some)
    for _ in range(2):
        stopped, _ = run(COMMANDS[name])
        assert stopped.exit_code == 130, stopped.output
        assert "cannot be kept" not in stopped.stderr
    assert "not all" not in stopped.stderr
    again, found = run(COMMANDS[name])
    assert "finished before" in again.stderr or name in ("anytime", "cancellation")
    assert (again.exit_code, again.stdout) == (whole.exit_code, whole.stdout)
    assert found == wanted
    assert not list(folder.rglob("unfinished-*"))


@pytest.mark.parametrize("name", few(COMMANDS, 2))
def test_a_command_that_was_stopped_at_its_last_word_says_it_when_it_is_run_again(
    name: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, wanted = undisturbed(COMMANDS[name], monkeypatch)

    def stop(screen: Screen, value: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Screen, "give", stop)
        stopped, _ = run(COMMANDS[name])
        assert stopped.exit_code == 130, stopped.output
    assert len(list(folder.rglob("unfinished-*"))) == 1
    again, found = run(COMMANDS[name])
    assert (again.exit_code, again.stdout) == (whole.exit_code, whole.stdout)
    assert found == wanted
    assert not list(folder.rglob("unfinished-*"))


@pytest.mark.slow
@pytest.mark.parametrize(("old", "name"), [("whatif", "ablate"), ("waste", "cancellation")])
def test_a_command_that_was_stopped_under_its_old_name_goes_on_under_its_new_one(
    old: str, name: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, wanted = undisturbed(COMMANDS[name], monkeypatch)
    with monkeypatch.context() as patched:
        patched.setattr(Screen, "give", lambda screen, value: 1 / 0)
        assert run(COMMANDS[name].replace(name, old))[0].exit_code == 5
    assert len(list(folder.rglob("unfinished-*"))) == 1
    again, found = run(COMMANDS[name])
    assert (again.exit_code, again.stdout) == (whole.exit_code, whole.stdout)
    assert found == wanted
    assert not list(folder.rglob("unfinished-*"))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["orders", "train"])
def test_a_command_that_was_stopped_while_it_cleared_up_ends_well_when_it_is_run_again(
    name: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, wanted = run(COMMANDS[name], fresh=True)
    shutil.rmtree("out")

    remove = shutil.rmtree

    def stop(path: Any, *args: Any, **options: Any) -> None:
        if str(path).endswith(journal.GOING) and path.is_dir():
            next(path.glob("*.npz")).unlink()
            raise KeyboardInterrupt
        remove(path, *args, **options)

    with monkeypatch.context() as patched:
        patched.setattr("eventnet.engine.journal.shutil.rmtree", stop)
        assert run(COMMANDS[name])[0].exit_code == 130
    again, found = run(COMMANDS[name])
    assert (again.exit_code, again.stdout) == (whole.exit_code, whole.stdout)
    assert found == wanted
    assert not list(folder.rglob("unfinished-*"))


@pytest.mark.slow
def test_training_further_is_not_done_twice_by_a_stop_at_the_last_word(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, further = COMMANDS["train"], "train --resume out/model.npz --train 30 --test 10 --epochs 2"
    run(first, fresh=True)
    whole, wanted = run(further)
    shutil.rmtree("out")
    run(first)
    with monkeypatch.context() as patched:
        patched.setattr(Screen, "give", lambda screen, value: 1 / 0)
        assert run(further)[0].exit_code == 5
    again, found = run(further)
    assert (again.exit_code, again.stdout) == (0, whole.stdout)
    assert found == wanted
