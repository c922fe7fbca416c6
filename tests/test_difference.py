"""Where two logs part: the function, and the command `eventnet diff`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

import eventnet as en
from eventnet.analysis import difference
from eventnet.analysis.difference import ALL, WHAT, first_difference
from eventnet.cli.commands import app
from eventnet.event import DELIVERY, Events


def made_up(n: int, seed: int = 0) -> Events:
    """A log of n deliveries with numbers of no meaning."""
    rng = np.random.default_rng(seed)
    log = np.zeros(n, dtype=DELIVERY)
    for name in ALL:
        log[name] = rng.integers(0, 100, n)
    log["id"] = np.arange(n)
    return log


@pytest.mark.parametrize("field", ALL)
@pytest.mark.parametrize("at", [0, 6, 7, 8, 29])
def test_a_change_of_any_field_is_found_where_it_is(field: str, at: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(difference, "CHUNK", 7)
    log, other = made_up(30), made_up(30)
    other[field][at] += 1
    other["t"][29] += 1
    assert first_difference(log, other) == at
    assert first_difference(log, other, WHAT) == (at if field in WHAT else 29)


def test_logs_that_are_the_same_do_not_differ() -> None:
    assert first_difference(made_up(100_000), made_up(100_000)) is None
    assert first_difference(made_up(0), made_up(0)) is None


@pytest.mark.parametrize(("n", "m"), [(0, 3), (5, 3), (70_000, 65_536)])
def test_a_log_that_ends_sooner_differs_at_its_end(n: int, m: int) -> None:
    log = made_up(max(n, m))
    assert first_difference(log[:n], log[:m]) == min(n, m)


# --- the command ---
@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """A folder with one network and its logs in two orders, and twice in one."""
    net = en.Network()
    a = net.add(en.Relay(2, name="a"))
    b = net.add(en.Herding(3, net.weights([[1, 1, 0], [0, 0, 1]]), name="b"))
    c = net.add(en.Sink(3, name="c"))
    net.connect(a.out, b.spikes)
    net.connect(b.out, c.spikes)
    net.save(tmp_path / "net.npz")
    for name, order in (("depth", "depth"), ("breadth", "breadth"), ("again", "breadth")):
        en.simulate(net, [(5, a.spikes, 0, 1), (5, a.spikes, 1, -1)], order=order, record=tmp_path / f"{name}.npy")
    return tmp_path


def diff(*args: object, code: int) -> Any:
    result = CliRunner().invoke(app, ["diff", *(str(arg) for arg in args)])
    assert result.exit_code == code, result.output
    return result


def test_two_runs_that_differ_show_both_deliveries_and_their_causes(runs: Path) -> None:
    args = runs / "depth.npy", runs / "breadth.npy", "--network", runs / "net.npz"
    found = json.loads(diff(*args, "--json", code=1).stdout)
    # Depth-first, the first input's spike is followed to the end; breadth-first, the second input comes first.
    assert (found["same"], found["at"], found["differs"]) == (
        False,
        1,
        ["parent", "root", "source", "port", "index", "sign"],
    )
    assert found["a"]["delivery"] == {
        "id": 1, "parent": 0, "root": 0, "t": 5, "source": 0, "port": 1, "index": 0, "sign": 1, "from": "a.out", "to": "b.spikes",
    }  # fmt: skip
    assert found["b"]["delivery"]["to"] == "a.spikes"
    assert found["b"]["delivery"]["from"] == "input"
    assert found["a"]["cause"]["id"] == 0
    assert found["b"]["cause"] is None
    text = diff(*args, code=1).stdout
    assert "differ first at delivery 1" in text
    cells = [[cell.strip() for cell in line.split("│")[1:-1]] for line in text.splitlines() if line.startswith("│")]
    assert cells[0] == ["a", "delivery", "1", "0", "0", "5", "0", "1", "0", "1", "a.out", "b.spikes"]
    assert str(runs / "breadth.npy") in text


def test_two_runs_of_one_order_are_the_same(runs: Path) -> None:
    assert "the same: 7 deliveries" in diff(runs / "breadth.npy", runs / "again.npy", code=0).stdout
    assert json.loads(diff(runs / "breadth.npy", runs / "again.npy", "--json", code=0).stdout)["same"]


def test_a_run_that_ends_sooner_is_told(runs: Path) -> None:
    np.save(runs / "short.npy", np.load(runs / "breadth.npy")[:4])
    found = json.loads(diff(runs / "short.npy", runs / "breadth.npy", "--json", code=1).stdout)
    assert found["at"] == 4
    assert found["a"]["delivery"] is None
    assert found["b"]["delivery"]["id"] == 4
    assert "ended" in diff(runs / "short.npy", runs / "breadth.npy", code=1).stdout


def test_causes_can_be_left_out(runs: Path) -> None:
    other = np.load(runs / "breadth.npy")
    other["parent"][3] = 0
    np.save(runs / "other.npy", other)
    found = json.loads(diff(runs / "breadth.npy", runs / "other.npy", "--json", code=1).stdout)
    assert (found["same"], found["at"]) == (False, 3)
    assert json.loads(diff(runs / "breadth.npy", runs / "other.npy", "--what-only", "--json", code=0).stdout)["same"]


def test_the_cause_is_found_in_a_log_that_begins_later(runs: Path) -> None:
    for name in ("depth", "breadth"):
        np.save(runs / f"{name}-end.npy", np.load(runs / f"{name}.npy")[1:])
    found = json.loads(diff(runs / "depth-end.npy", runs / "breadth-end.npy", "--json", code=1).stdout)
    assert found["a"]["delivery"]["id"] == 1
    assert found["a"]["cause"] is None


def test_an_error_is_no_difference(runs: Path) -> None:
    (runs / "text.npy").write_text("no log")
    np.save(runs / "numbers.npy", np.arange(3))
    for bad, words in (("absent.npy", "no file"), ("text.npy", "no NumPy file"), ("numbers.npy", "DELIVERY")):
        result = diff(runs / "depth.npy", runs / bad, code=3)
        assert words in result.stderr
        assert bad in result.stderr
