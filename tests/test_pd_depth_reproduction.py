"""Table C.6: what is counted, and when codes change."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from eventnet.data import Digits
from eventnet.errors import ModelError
from eventnet.models import ConventionalNetwork, PDNetwork
from eventnet.neurons.pd_code import BETA, MEAN
from eventnet.scenarios.reproductions import pd_depth
from eventnet.scenarios.reproductions.common.report import Request, Row


def test_twins_without_their_output_layer_cost_what_is_published() -> None:
    for (_, depth), (_, twin) in pd_depth.PUBLISHED.items():
        assert round(pd_depth.multiply_adds(pd_depth.sizes_of(depth), output=False), -3) == twin[0]
    assert pd_depth.multiply_adds([784, 200, 10], output=True) == 2 * (784 * 200 + 200 * 10) + 200 * 10


def test_codes_have_the_alpha_that_was_asked_for() -> None:
    for alpha in (pd_depth.FIRST_ALPHA, pd_depth.ALPHA):
        made = pd_depth.gains(alpha)
        assert made["kd"] / (made["kp"] + made["kd"]) == pytest.approx(alpha, rel=1e-12)
        assert 1 / (made["kp"] + made["kd"]) == pytest.approx(pd_depth.COARSENESS, rel=1e-12)


def test_the_output_layers_part_is_that_of_a_network_counted_by_hand() -> None:
    x, y = np.random.default_rng(0).random((60, 12)).astype(np.float32), np.arange(60) % 3
    net = PDNetwork([12, 8, 3], learning_rate=0.1, engine="reference")
    net.partial_fit(x, y)
    ports = net.learning_tally.by_port()  # type: ignore[union-attr]
    hidden, errors = (ports[f"{name}.settle"]["synaptic_adds"] for name in ("output", "error0"))
    assert (hidden % 3, errors % 8) == (0, 0)
    assert pd_depth.of_output_layer(net) == 2 * (hidden + errors) > 0
    assert net.operations()["total"] - pd_depth.of_output_layer(net) == 2 * ports["layer0.settle"]["synaptic_adds"] + (
        net.operations()["update"] - ports["layer0.settle"]["synaptic_adds"] - hidden - errors
    )


def test_a_changed_network_has_its_weights_and_begins_anew() -> None:
    x, y = np.random.default_rng(0).random((20, 6)).astype(np.float32), np.arange(20) % 3
    net = PDNetwork([6, 5, 3], kp=0.5, kd=0.5, engine="reference").partial_fit(x, y)
    made = net.changed(**pd_depth.gains(0.9))
    for a, b in zip(net.layers(), made.layers(), strict=True):
        assert getattr(a, "weights", np.zeros(1)).tobytes() == getattr(b, "weights", np.zeros(1)).tobytes()
    assert made.samples_seen == 0
    before, after, fixed = (one._modules.codes() for one in (net, made, net.changed(adapt_scale=False)))
    for name, code in before.items():
        assert (after[name][[BETA, MEAN]] == code[[BETA, MEAN]]).all()
        assert (fixed[name][[BETA, MEAN]] != code[[BETA, MEAN]]).all()


def test_the_split_is_the_one_of_which_published_training_scores_are_shares() -> None:
    images, labels = np.arange(60_000) % 251, np.arange(60_000) % 10
    made = Digits(*(np.repeat(x[:, None], 784, axis=1).astype(np.uint8) if k % 2 == 0 else x
                    for k, x in enumerate((images, labels, images[:10_000] + 1, labels[:10_000]))), "official")  # fmt: skip
    found = pd_depth.joined(made)
    assert (found.x_train[:50_000] == made.x_train[:50_000]).all()
    assert (found.x_train[50_000:] == made.x_test).all()
    assert (found.x_test == made.x_train[50_000:]).all()
    assert (found.y_test == made.y_train[50_000:]).all()
    scores = [row[1] for pair in pd_depth.PUBLISHED.values() for row in pair]
    shares = [score * len(found.y_train) / 100 for score in scores]
    assert max(abs(share - round(share)) for share in shares) < 0.004  # printed with five decimals
    assert max(abs(score * 500 - round(score * 500)) for score in scores) > 0.1  # of 50,000


def test_a_twin_moves_as_far_in_batches_as_one_by_one() -> None:
    net = PDNetwork([6, 5, 3], learning_rate=0.01, engine="reference")
    one, ten = pd_depth.twin_of(net, 1), pd_depth.twin_of(net, 10)
    assert (ten.batch, ten.learning_rate) == (10, pytest.approx(0.1))
    x, y = np.random.default_rng(0).random((10, 6)).astype(np.float32), np.arange(10) % 3
    first = net.twin().parameters()
    moved = [
        np.concatenate([(now[name] - first[name]).ravel() for name in first])
        for now in (twin.partial_fit(x, y).parameters() for twin in (one, ten))
    ]
    assert np.linalg.norm(moved[0] - moved[1]) < 0.1 * np.linalg.norm(moved[0])


def few_digits(*given: Any) -> Any:
    x = np.random.default_rng(3).random((6, 784)).astype(np.float32)
    return x, np.arange(6), x, np.arange(6)


def test_each_epoch_has_its_own_operations(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pd_depth, "data_of", few_digits)
    first, second = pd_depth.learn("twin", "MNIST", 1, None, True, "", 1)
    assert (first["operations"], first["without output layer"]) == (319_600, 313_600)
    assert (second["operations"], second["without output layer"]) == (319_600, 313_600)
    assert (first["training %"], second["training %"] is None) == (None, False)


@pytest.mark.parametrize(("name", "steps"), [("MNIST", 1), ("temporal MNIST", 6)])
def test_twins_of_an_order_of_time_learn_one_by_one(name: str, steps: int, monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[int] = []

    def step(net: ConventionalNetwork, x: Any, targets: Any) -> float:
        taken.append(len(x))
        return 0.0

    monkeypatch.setattr(pd_depth, "data_of", few_digits)
    monkeypatch.setattr(ConventionalNetwork, "_step", step)
    pd_depth.learn("twin", name, 1, None, True, "", 1)
    assert taken == [6 // steps] * steps * pd_depth.QUICK_EPOCHS


def test_training_scores_are_those_of_all_that_is_learned_from(monkeypatch: pytest.MonkeyPatch) -> None:
    scored: list[int] = []

    def score(net: Any, x: Any, y: Any) -> float:
        scored.append(len(x))
        return 0.5

    x, y = np.random.default_rng(3).random((6, 784)).astype(np.float32), np.arange(6)
    monkeypatch.setattr(pd_depth, "data_of", lambda *given: (x, y, x[:2], y[:2]))
    monkeypatch.setattr(PDNetwork, "score", score)
    assert pd_depth.learn("PD", "MNIST", 1, None, True, "", 1)[-1]["training %"] == 50
    assert scored == [2, 2, 6]


def test_a_network_that_can_go_on_no_longer_has_the_scores_of_its_last_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    fits = PDNetwork.partial_fit
    calls: list[int] = []

    def fit(net: PDNetwork, x: Any, y: Any) -> PDNetwork:
        calls.append(1)
        if len(calls) in stops:
            raise ModelError("learning diverged (too many)")
        return fits(net, x, y)

    monkeypatch.setattr(pd_depth, "data_of", few_digits)
    monkeypatch.setattr(PDNetwork, "partial_fit", fit)
    stops = {2}
    rows = pd_depth.learn("PD", "MNIST", 1, None, True, "", 7)
    assert [(row["epoch"], row["stopped"]) for row in rows] == [(1, "learning diverged (too many)")]
    assert rows[0]["training %"] is not None
    assert pd_depth.ends(rows) == rows
    stops, calls[:] = {1}, []
    with pytest.raises(ModelError, match="too many"):
        pd_depth.learn("PD", "MNIST", 1, None, True, "", 7)


@pytest.mark.slow
def test_all_sixteen_rows_stand_in_the_sources_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def made(function: Any, jobs: list[Any], request: Request) -> list[Row]:
        return [
            {"network": kind, "data": name, "depth": depth, "seed": seed, "epoch": epoch, "operations": 1000 * epoch,
             "without output layer": 900 * epoch, "test %": 97 + depth / 10 + (kind == "PD"),
             "training %": None if epoch == 1 else 100.0,
             **({"stopped": "no further"} if (kind, name, depth, seed, epoch) == ("PD", "MNIST", 1, 1235, 2) else {})}
            for kind, name, depth, _, _, _, seed in jobs for epoch in (1, 2)
        ]  # fmt: skip

    monkeypatch.setattr(pd_depth, "rows_of_all", made)
    monkeypatch.setattr(pd_depth, "data_of", lambda *given: None)
    report = pd_depth.pd_depth(Request(tmp_path, data=tmp_path))
    told = "PD, MNIST, 1 x 200, seed 1235: stopped after epoch 2, and has the scores of that one: no further"
    assert report.notes[-1] == told
    rows = report.rows
    assert [(row["data"], row["hidden"], row["network"]) for row in rows] == [
        (name, f"{depth} x 200", kind) for name in pd_depth.DATA for depth in (1, 2, 3, 4) for kind in ("PD", "twin")
    ]
    assert (rows[0]["published operations"], rows[15]["published test %"]) == (711_000, 98.53)
    assert (rows[0]["operations"], rows[0]["without output layer"], rows[0]["test %"]) == (1500, 1350, 98.1)
    assert (rows[0]["minus partner"], rows[1]["minus partner"]) == (1.0, 0.0)
    assert rows[0]["greatest test %"] == 98.1
