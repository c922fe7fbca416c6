"""`eventnet run hopfield` and `equilibrium`: tables, files, parameters, and what they find on small networks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from test_cli_run import run

from eventnet.data import digits, scale_pixels
from eventnet.errors import DataError
from eventnet.models import EquilibriumNetwork
from eventnet.scenarios.settling.follow_run import along
from eventnet.scenarios.settling.parameters import FollowParameters, RecallParameters
from eventnet.scenarios.shared.parameter_file import loads

RECALL = "[run]\nrecalls = 2\n[network]\nunits = 40\npatterns = 3\nflipped = 0.2\n"
FOLLOW = "[run]\nchanges = 1\nchecks = 3\n[network]\nhidden = 20\nk = 8\nepochs = 1\n"


def given(name: str, text: str, tmp_path: Path, *more: Any) -> list[dict[str, Any]]:
    (tmp_path / "my.toml").write_text(text)
    made = json.loads(run(name, tmp_path / "my.toml", "--json", "--out", tmp_path / "o", *more).stdout)
    numbers: list[dict[str, Any]] = made["numbers"]
    return numbers


@pytest.mark.slow
def test_recalls_fall_in_energy_and_come_back_to_the_pattern(tmp_path: Path) -> None:
    numbers = given("hopfield", RECALL, tmp_path)
    assert (tmp_path / "o" / "hopfield-recall.png").read_bytes().startswith(b"\x89PNG")
    assert {n["value"] for n in numbers if n["quantity"] == "rises"} == {0}
    curve = [n["value"] for n in numbers if n["quantity"] == "energy" and n["at"].startswith("fifo,")]
    assert len(curve) > 3
    assert (np.diff(curve) < 0).all()
    overlaps = [n["value"] for n in numbers if n["quantity"] == "overlap" and n["at"] == "fifo"]
    assert overlaps == [1.0, 1.0]
    assert numbers == given("hopfield", RECALL, tmp_path) != given("hopfield", RECALL, tmp_path, "--seed", 2)


@pytest.mark.slow
def test_a_changed_pixel_costs_less_than_an_answer_from_scratch(tmp_path: Path) -> None:
    numbers = given("equilibrium", FOLLOW, tmp_path)
    assert (tmp_path / "o" / "equilibrium-pixels.png").read_bytes().startswith(b"\x89PNG")
    found = {n["quantity"]: n["value"] for n in numbers if n["run"] == "change 0"}
    assert 20 <= found["adds a pixel"] < found["from scratch"] / 2
    assert found["same answer"] <= found["checks"] == 3
    assert 0 < found["products a pixel"] < found["adds a pixel"]
    assert 0 < found["products from scratch"] < found["from scratch"]
    learned = {n["quantity"]: n["value"] for n in numbers if n["run"] == "learning"}
    assert learned["products, inputs a sample"] == 0  # binary pixels
    assert learned["products, learning a sample"] == learned["learning adds a sample"] > 0
    assert 0 < learned["products, messages a sample"] < learned["synaptic adds a sample"]
    twin = {n["quantity"]: n["value"] for n in numbers if n["run"] == "backpropagation"}
    hidden = 20  # what FOLLOW asks for
    pixels = (scale_pixels(digits().x_train) >= 0.5).sum() / 2000
    assert hidden * pixels < twin["multiply-adds a sample, forward"] <= hidden * (pixels + 10)
    assert 0 < twin["multiply-adds a sample, backward"] < hidden * (pixels + 20)
    assert twin["test error"] < 90
    assert numbers == given("equilibrium", FOLLOW, tmp_path)


@pytest.mark.slow
def test_pixel_by_pixel_comes_to_a_rest_of_the_image_as_it_is() -> None:
    net = EquilibriumNetwork([784, 6, 10], k=4, grid=4, engine="reference", dtype="float64", seed=3)
    rng = np.random.default_rng(0)
    first, last = rng.integers(0, 5, (2, 784)) * (rng.random((2, 784)) < 0.02)
    pixels = np.flatnonzero(first != last)
    outputs, levels, adds, products = along(net, first, last, pixels)
    assert levels[0].tolist() == net.states(first[None] / 4)[0].tolist()
    for k in range(len(pixels) + 1):
        image = np.where(np.isin(np.arange(784), pixels[:k]), last, first) / 4
        hidden, out = levels[k, :6] / 4, levels[k, 6:] / 4
        drawn = image @ net.weights[0] + net.weights[1] @ out
        np.testing.assert_array_equal(np.floor(4 * np.clip(drawn, 0, 1) + 0.5) / 4, hidden)
        np.testing.assert_allclose(outputs[k], hidden @ net.weights[1], rtol=0, atol=1e-12)
    moved = np.abs(np.diff(levels[:, :6], axis=0)).astype(bool).sum(), np.abs(np.diff(levels[:, 6:], axis=0)).sum()
    assert adds[1:].sum() >= 6 * len(pixels) + 10 * moved[0]
    assert len(adds) == len(products) == len(pixels) + 1
    by = np.abs(np.diff(levels, axis=0)) > 1  # at least these moves are messages of more than a level
    large = 6 * (np.abs(last - first)[pixels] > 1) + (by[:, :6] * 10).sum(axis=1) + (by[:, 6:] * 6).sum(axis=1)
    assert (products[1:] >= large).all()
    assert (products <= adds).all()
    assert 0 < products[1:].sum() < adds[1:].sum()


def test_their_parameters_are_their_own(tmp_path: Path) -> None:
    assert loads(run("hopfield", "--print-config").stdout, RecallParameters()) == RecallParameters()
    assert loads(run("equilibrium", "--print-config").stdout, FollowParameters()) == FollowParameters()
    with pytest.raises(DataError, match="order is 'first'; it can be depth"):
        loads('[network]\norder = "first"\n', FollowParameters())
    with pytest.raises(DataError, match="grid is 3; wanted a power of 2"):
        loads("[network]\ngrid = 3\n", FollowParameters())
    assert "it has no --train" in run("equilibrium", "--train", "--out", tmp_path / "o", code=2).output
