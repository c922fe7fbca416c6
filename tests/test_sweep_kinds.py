"""What is swept: networks, models, scenarios; each against the same thing done by hand."""

from __future__ import annotations

import pickle
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
import sweep_jobs
from test_analysis_order_sensitivity import diamond

import eventnet as en
from eventnet import analysis, cost
from eventnet.data import digits, scale_pixels
from eventnet.engine.values import pickled
from eventnet.errors import EventnetError, ModelError
from eventnet.models import DeepSpikingNetwork
from eventnet.scenarios.shared.scenario import Asked, find
from eventnet.sweep import Kind, Sweep, kind_function, run, run_sweep
from eventnet.sweep.kind_scenario import _no_progress, _nothing
from eventnet.sweep.kinds import KINDS
from eventnet.sweep.kinds import find as find_kind
from eventnet.sweep.work import outcome, prepared

ROWS = [(0, "eye.spikes", 0, 1), (0, "eye.spikes", 0, -1), (4, "eye.spikes", 0, 1), (9, "eye.spikes", 0, 1)]


@pytest.fixture
def network(tmp_path: Path) -> tuple[en.Network, Path]:
    """A network in a file, and its inputs beside."""
    net, a = diamond(en.Herding)
    net.save(tmp_path / "net.npz")
    lines = [f"{t},{a.spikes},{index},{sign}" for t, _, index, sign in ROWS]
    (tmp_path / "in.csv").write_text("\n".join(["t,port,index,sign", *lines]) + "\n")
    return net, tmp_path


def test_a_network_is_run_in_every_order_as_the_study_of_orders_runs_it(network: tuple[en.Network, Path]) -> None:
    net, folder = network
    a = net.modules[0]
    grid = {"order": ["depth", "breadth", "fifo"], "prices": ["cpu", "horowitz-float32"]}
    sweep = Sweep("network", "net.npz", fixed={"inputs": "in.csv", "coalesce": "none"}, grid=grid, folder=folder)
    found = {(row["order"], row["prices"]): row for row in run_sweep(sweep, folder / "out", processes=1).rows()}
    feed = [(t, a.spikes, index, sign) for t, _, index, sign in ROWS]  # type: ignore[attr-defined]
    for prices in grid["prices"]:
        study = analysis.orders(net, feed, orders=grid["order"], coalesce=["none"], prices=cost.prices(prices))
        for one in study:
            row = found[one.order, prices]
            assert (row["deliveries"], row["adds"], row["energy_pj"]) == (one.deliveries, one.adds, one.energy)
            assert row["energy_comparisons_too_pj"] == one.estimate.comparisons_too.typical
        for x in study:
            for y in study:
                same = found[x.order, prices]["outputs"] == found[y.order, prices]["outputs"]
                assert same == (x.answer == y.answer)


def test_a_network_needs_its_files_where_the_sweep_begins_alone(network: tuple[en.Network, Path]) -> None:
    _, folder = network
    sweep = Sweep("network", "net.npz", fixed={"inputs": "in.csv"}, grid={"order": ["depth"]}, folder=folder)
    work = prepared(sweep)
    name = work.name(sweep.job(0))
    sent = pickled(work)
    (folder / "in.csv").write_text("t,port,index,sign\n")
    assert prepared(sweep).name(sweep.job(0)) != name
    for path in ("net.npz", "in.csv"):
        (folder / path).unlink()
    there = pickle.loads(sent)
    assert outcome(there, 0)["results"]["deliveries"] > 0
    assert there.name(there.sweep.job(0)) == name


@pytest.mark.parametrize(
    ("fixed", "grid", "words"),
    [
        ({}, {}, "wanted inputs, a file of inputs, or recording"),
        ({"inputs": "in.csv", "recording": "x.aedat"}, {}, "wanted inputs, a file of inputs, or recording"),
        ({}, {"inputs": ["in.csv"]}, "inputs is the same in every job"),
        ({"inputs": "gone.csv"}, {}, "there is no file"),
    ],
)
def test_a_network_without_its_inputs_is_refused(
    network: tuple[en.Network, Path], fixed: dict[str, Any], grid: dict[str, Any], words: str
) -> None:
    _, folder = network
    with pytest.raises(EventnetError, match=words):
        run_sweep(Sweep("network", "net.npz", fixed=fixed, grid=grid, folder=folder), folder / "out")


@pytest.mark.slow
def test_a_model_learns_as_it_does_by_hand_and_equal_orders_are_told(tmp_path: Path) -> None:
    fixed = {
        "sizes": [784, 12, 10],
        "epochs": 2,
        "train": 40,
        "test": 30,
        "init_scale": 0.05,
        "prices": "horowitz-float32",
    }
    grid = {"order": ["depth", "breadth"], "hold_error": [True, False]}
    found = run_sweep(Sweep("model", "DeepSpikingNetwork", fixed=fixed, grid=grid, seeds=[3]), tmp_path, processes=1)
    d = digits()
    x, y, x_test, y_test = scale_pixels(d.x_train), d.y_train, scale_pixels(d.x_test), d.y_test
    for row in found.rows():
        options = {name: row[name] for name in ("order", "hold_error", "init_scale")}
        network = DeepSpikingNetwork([784, 12, 10], **options, seed=3)
        network.fit(x[:40], y[:40], epochs=2)
        assert network.tally is not None
        assert row["learning_adds"] == network.tally.adds / 80
        answers = network.predict(x_test[:30])
        assert row["error"] == np.mean(answers != y_test[:30])
        assert row["adds"] == network.tally.adds / 30
        assert row["energy_pj"] == cost.prices("horowitz-float32").energy(network.tally) / 30
        compared = cost.prices("horowitz-float32").with_comparisons()
        assert row["energy_comparisons_too_pj"] == compared.energy(network.tally) / 30
    held = run_sweep(
        Sweep("model", "DeepSpikingNetwork", fixed={**fixed, "hold_error": True}, grid={"order": grid["order"]}, seeds=[3]),
        tmp_path, processes=1,
    )  # fmt: skip
    (equal,) = held.equal()
    assert (equal.parameter, equal.values, equal.what) == ("order", ("depth", "breadth"), "every result")
    assert "errors are held" in str(equal)
    assert held.begun == 2  # a name does not follow from where a parameter stands


@pytest.mark.slow
def test_a_scenario_gives_the_numbers_of_its_run(tmp_path: Path) -> None:
    grid = {"network.patterns": [4, 8]}
    sweep = Sweep("scenario", "hopfield", fixed={"network.units": 40, "run.recalls": 2}, grid=grid, seeds=[5])
    rows = list(run_sweep(sweep, tmp_path, processes=1).rows())
    scenario = find("hopfield")
    for row in rows:
        base = scenario.defaults(Asked())
        p = replace(
            base, run=replace(base.run, seed=5, recalls=2),
            network=replace(base.network, units=40, patterns=row["network.patterns"]),
        )  # fmt: skip
        desk = SimpleNamespace(
            scenario=scenario,
            asked=Asked(seed=5),
            folder=tmp_path,
            say=_nothing,
            say_path=_nothing,
            progress=_no_progress,
        )
        numbers = list(scenario.numbers(scenario.run(p, cast(Any, desk))))
        assert numbers
        for number in numbers:
            name = ".".join(str(part) for part in (number.run, number.quantity, number.at) if str(part))
            assert row[name] == number.value


def test_a_kind_is_one_file_or_an_entry_point(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert KINDS.names() == ["scenario", "model", "network", "function"]
    assert all(isinstance(find_kind(name), Kind) for name in KINDS.names())
    with pytest.raises(ModelError, match="unknown kind of sweep 'scenery'"):
        find_kind("scenery")


def test_a_function_of_another_source_is_refused_where_a_job_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    work = prepared(Sweep(sweep_jobs.plain, fixed={"rate": 1}))
    assert outcome(work, 0)["results"] == {"twice": 2}
    monkeypatch.setattr(kind_function, "_source", lambda module: "another")
    assert "has another source here" in outcome(work, 0)["error"]["message"]


def test_a_function_without_a_seed_takes_none() -> None:
    assert run({"rate": 2, "word": "b"}, of=sweep_jobs.plain, seed=4) == {"twice": 4}
