"""`eventnet report`: the page of a network's run, of a trained network's answer, and of the thesis's example."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_cli import as_json, described, network, run

import eventnet as en
from eventnet.models import DeepSpikingNetwork

__all__ = ["network"]


def test_a_network_and_its_inputs_become_a_page(tmp_path: Path, network: tuple[Path, Path]) -> None:
    out = tmp_path / "page.html"
    given = as_json(
        "report", network[0], "--inputs", network[1], "--order", "depth", "--seed", 3, "--prices", "loihi", "--out", out
    )
    assert given["report"] == {"path": str(out), "bytes": out.stat().st_size, "notes": []}
    found = described(out)
    net = en.Network.load(network[0])
    wanted = en.simulate(net, [(0, net["a"].spikes, 0, 1), (3, net["a"].spikes, 0, -1)], order="depth", record=True)
    assert found["run"]["adds"] == wanted.tally.adds
    assert found["run"]["order"] == "depth"
    assert found["manifest"]["seed"] == found["manifest"]["simulation"]["seed"] == 3
    assert found["manifest"]["options"]["inputs"] == str(network[1])
    assert found["energy"][0]["prices"] == "Loihi"
    assert {(o["order"], o["coalesce"]) for o in found["orders"]} == {
        (o, c) for o in en.ORDERS for c in ("none", "burst")
    }
    assert sum(event["adds"] for event in found["cascades"]["events"]) == wanted.tally.adds
    assert all(value >= 0 for value in found["cascades"]["columns"]["adds"])


def test_without_a_network_it_is_the_thesiss_example(tmp_path: Path) -> None:
    out = tmp_path / "page.html"
    text = run("report", "--out", out, "--no-compare", "--limit", 4).stdout
    assert str(out) in text
    assert "the page holds 4 one by one" in " ".join(text.split())
    found = described(out)
    assert [module["name"] for module in found["graph"]["modules"]] == list("ABCD")
    assert found["orders"] == []


@pytest.mark.slow
def test_a_trained_network_answers_for_a_digit(tmp_path: Path) -> None:
    dsn = DeepSpikingNetwork([784, 12, 8, 10], order="breadth", seed=4, steps=3)
    dsn.save(tmp_path / "dsn.npz")
    out = tmp_path / "page.html"
    run("report", tmp_path / "dsn.npz", "--digit", 5, "--order", "depth", "--out", out)
    found = described(out)
    assert "test digit 5" in found["about"][0]
    assert found["run"]["order"] == "depth"
    assert {curve["axis"] for curve in found["curves"]["curves"]} >= {"adds", "deliveries"}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["{net}"], "say what it is fed"),
        (["{net}", "--inputs", "{csv}", "--digit", "1"], "--digit is for a network"),
        (["{net}", "--inputs", "{csv}", "--prices", "loih"], "loihi"),
        (["{net}", "--inputs", "{csv}", "--out", "{none}/page.html"], "there is no folder"),
        (["{csv}"], "no eventnet file"),
        (["{dsn}", "--digit", "1000"], "there is no test digit 1000"),
        (["{odd}"], "digits need 784"),
    ],
)
def test_what_cannot_be_is_said(arguments: list[str], words: str, tmp_path: Path, network: tuple[Path, Path]) -> None:
    DeepSpikingNetwork([784, 10]).save(tmp_path / "dsn.npz")
    DeepSpikingNetwork([3, 2]).save(tmp_path / "odd.npz")
    places = {
        "net": network[0],
        "csv": network[1],
        "none": tmp_path / "none",
        "dsn": tmp_path / "dsn.npz",
        "odd": tmp_path / "odd.npz",
    }
    filled = [argument.format(**places) for argument in arguments]
    if "--out" not in filled:
        filled += ["--out", str(tmp_path / "page.html")]
    code = 3 if words in ("there is no folder", "no eventnet file", "digits need 784") else 2
    assert words in " ".join(run("report", *filled, code=code).output.split())
    assert not (tmp_path / "page.html").exists()
