"""The study of routing order: every subject in every order, and learning in every order; in their quick forms."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from test_reproductions import reproduce

import eventnet as en
from eventnet.data import digits, one_hot, scale_pixels
from eventnet.models import DeepSpikingNetwork
from eventnet.plotting import style
from eventnet.scenarios.reproductions.common.report import Request
from eventnet.scenarios.reproductions.order_learning import (
    COUNT_FIRST,
    COUNT_LAST,
    FIRST,
    HELD,
    LAST,
    kinds,
    means,
    train,
)
from eventnet.scenarios.reproductions.routing_order import _draw, _mean, run_all

TINY: dict[str, Any] = {"sizes": [784, 5, 10], "learning_rate": 0.05, "init_scale": 0.05, "part": 20, "parts": 2}


def test_rows_of_a_subject_are_those_of_the_study() -> None:
    rows = run_all("dsn-answering", 0, {"samples": 3, "taught": 20, "sizes": (784, 5, 10)})
    assert [(row["checks"], row["order"]) for row in rows] == [(c, o) for c in ("row", "burst") for o in en.ORDERS]
    assert [row["off"] for row in rows if row["order"] == "depth"] == [0.0, 0.0]
    chain = [row for row in rows if row["order"] in ("depth", "breadth", "fifo", "topological")]
    assert {(row["off"], row["score"], row["checks"]) for row in chain} == {
        (0.0, rows[0]["score"], "row"), (0.0, rows[6]["score"], "burst")
    }  # fmt: skip


def test_training_is_that_of_the_model() -> None:
    kind = {"rule": "fsgd", "hold_error": True, "coalesce": "none", "order": "depth", "column": "after"}
    (row,) = train(None, kind, TINY, 3)
    d = digits()
    dsn = DeepSpikingNetwork([784, 5, 10], seed=3, learning_rate=0.05, init_scale=0.05, order="depth", column="after")
    dsn.fit(scale_pixels(d.x_train[:40]), d.y_train[:40])
    assert row["error"] == pytest.approx(100 * (1 - dsn.score(scale_pixels(d.x_test), d.y_test)))
    assert (row["samples"], row["column"]) == (40, "after")


@pytest.mark.parametrize("held", [True, False])
def test_orders_of_the_study_know_the_wires(held: bool) -> None:
    d = digits()
    pairs = scale_pixels(d.x_train[:1]).astype(np.float32), one_hot(d.y_train[:1], 10).astype(np.float32)
    net, _ = DeepSpikingNetwork([784, 5, 10], rule="fsgd", hold_error=held).training_network(*pairs)
    names = [f"{wire.source} {wire.target}" for wire in net.wires]
    if held:
        assert names[HELD] == "layer1.gated update1.error"
    else:
        assert [names[k] for k in (FIRST, LAST)] == ["layer0.gated update0.error", "layer1.gated update1.error"]
        assert [names[k] for k in (COUNT_FIRST, COUNT_LAST)] == [
            "input.out update0.spikes",
            "layer0.out update1.spikes",
        ]


def test_every_rule_learns_in_every_order_at_both_granularities() -> None:
    asked = [tuple(map(str, kind.values())) for kind in kinds(large=False)]
    assert len(asked) == len(set(asked)) == 2 * 2 * 2 * 6 + 6


def test_errors_of_learning_stand_beside_breadth_first_training_of_the_same_rule_and_errors() -> None:
    errors = {"breadth": [10.0, 20.0, 30.0], "random": [11.0, 22.0, 33.0], "depth": [10.0, 20.0, 30.0]}
    made = [
        {"rule": "sgd", "hold_error": held, "coalesce": "none", "order": order, "column": "before", "seed": seed,
         "samples": samples, "error": error + 40 * (not held) * (order == "breadth") + 50 * (samples == 500),
         "error, answered breadth-first": error, "spikes": 5.0, "adds": 7.0}
        for held in (True, False) for order, mine in errors.items() for samples in (500, 1000)
        for seed, error in enumerate(mine)
    ]  # fmt: skip
    found = {(row["errors"], row["order"]): row for row in means(made)}
    assert len(found) == 6
    assert found["held", "random"]["minus partner"] == 2.0  # 1, 2, 3
    assert found["held", "random"]["minus partner, 95%"] == "-0.5 to +4.5"
    assert found["at once", "random"]["minus partner"] == -38.0
    assert found["held", "depth"]["minus partner, 95%"] == "+0.0 to +0.0"
    assert found["held", "random"]["error"] == 22.0


def test_costs_and_scores_stand_beside_breadth_first() -> None:
    def runs(order: str, scores: list[float], spikes: list[int]) -> list[dict[str, Any]]:
        rest = dict.fromkeys(("adds", "energy uJ", "checks too uJ", "queue", "depth", "latency", "late us"), 1.0)
        return [
            {"subject": "pd", "checks": "row", "order": order, "seed": seed, "off": 0.0, "score": s, **rest, "spikes": n}
            for seed, (s, n) in enumerate(zip(scores, spikes, strict=True))
        ]  # fmt: skip

    row = _mean(
        runs("depth", [61.0, 72.0, 83.0], [110, 220, 330]), runs("breadth", [60.0, 70.0, 80.0], [100, 200, 300])
    )
    assert (row["score"], row["minus partner"], row["minus partner, 95%"]) == (72.0, 2.0, "-0.484 to +4.48")
    assert (row["spikes more than partner, %"], row["spikes more, 95%"]) == (10.0, "+10.00 to +10.00")


@pytest.mark.slow
def test_the_study_runs(tmp_path: Path) -> None:
    rows = reproduce("routing-order", tmp_path, "--processes", "1")["rows"]
    assert {row["subject"] for row in rows if row["checks"] == "row"} == {
        "dsn-learning", "dsn-answering", "sigma-delta", "pd", "fusion"
    }  # fmt: skip
    signed = [row for row in rows if row["subject"] in ("sigma-delta", "fusion", "pd")]
    assert all(float(row["off"]) < 1e-4 for row in signed)  # order changes nothing but last bits of float sums


@pytest.mark.slow
def test_learning_in_every_order_runs(tmp_path: Path) -> None:
    rows = reproduce("order-learning", tmp_path, "--processes", "1")["rows"]
    assert {row["rule"] for row in rows} == {"sgd", "fsgd"}
    assert not list(tmp_path.glob("unfinished-*"))  # it ended well


@pytest.mark.slow
def test_the_picture_has_the_orders_that_differ_by_how_many_percent_and_whether_seeds_show_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    figures: list[Any] = []
    monkeypatch.setattr(style, "refuse_small", figures.append)
    same = {"spikes": 200, "adds": 1000, "queue": 50, "latency": None}
    rows = [
        {"subject": name, "checks": "row", "order": order, "seed": seed} | same
        for name in ("pd", "fusion") for order in en.ORDERS for seed in (1, 2, 3)
    ]  # fmt: skip
    for order, quantity, values in (
        ("random", "spikes", (210, 212, 208)), ("magnitude", "spikes", (180, 200, 208)), ("depth", "queue", (40, 40, 40))
    ):  # fmt: skip
        for row, value in zip([row for row in rows if (row["subject"], row["order"]) == ("pd", order)], values):
            row[quantity] = value
    _draw(rows, Request(out=tmp_path))
    spikes, adds, queue, latency = figures[0].axes
    marked = [
        {
            round(float(line.get_xdata()[0]), 6): line.get_markerfacecolor() == "white"
            for line in axes.lines if len(line.get_xdata()) == 1
        }
        for axes in (spikes, queue)
    ]  # fmt: skip
    assert marked == [{5: False, -2: True}, {-20: False}]
    assert [label.get_text() for label in spikes.get_yticklabels()] == ["pd, each row"]
    assert [len(axes.get_yticks()) for axes in (adds, latency)] == [0, 0]
    assert [text.get_text() for text in figures[0].legends[0].get_texts()] == ["depth", "magnitude", "random"]
