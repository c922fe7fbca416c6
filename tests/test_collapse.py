"""When training collapses: which gates wait, and samples until the error passes the limit."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from test_reproductions import reproduce

import eventnet as en
from eventnet.models import DeepSpikingNetwork
from eventnet.scenarios.reproductions.collapse import (
    PARTNER,
    SMALL,
    TRAININGS,
    LateHiddenNetwork,
    collapsed,
    follow,
    report,
    samples_until,
)
from eventnet.scenarios.reproductions.common.report import Request, Row
from eventnet.scenarios.reproductions.one_way_gate import SettledErrorNetwork

SIZES = [6, 8, 7, 4]
OUTPUT_ERROR = 13
"""The wire that makes output spikes errors, in a training network of these sizes."""


class BothLateNetwork(LateHiddenNetwork, SettledErrorNetwork):
    """Output and hidden gates wait, each by a wire of its own."""


def output_errors_first(t, source, wire, index, sign, magnitude, rank, seq, seed):
    """First-in-first-out, but the error of an output spike goes to its gate before anything else."""
    return (2 if wire == OUTPUT_ERROR else 3), seq


def learned(made: type[DeepSpikingNetwork], seed: int, order: Any = "depth") -> list[bytes]:
    random = np.random.default_rng(seed)
    x, y = random.random((60, 6)), random.integers(0, 4, 60)
    options: dict[str, Any] = {"steps": 5, "learning_rate": 0.3, "init_scale": 0.5}
    dsn = made(SIZES, rule="sgd", hold_error=False, order=order, seed=seed, **options).fit(x, y)
    return [w.tobytes() for w in dsn.weights]


@pytest.mark.parametrize("seed", range(1, 5))
def test_where_the_output_waits_hidden_gates_have_nothing_to_wait_for(seed: int) -> None:
    late = learned(SettledErrorNetwork, seed)
    assert learned(BothLateNetwork, seed) == late
    assert learned(DeepSpikingNetwork, seed, "breadth") == late
    assert len({*map(tuple, (late, learned(LateHiddenNetwork, seed), learned(DeepSpikingNetwork, seed)))}) == 3


@pytest.mark.parametrize("seed", range(1, 5))
def test_hidden_gates_that_wait_are_those_of_an_order_that_serves_output_errors_first(seed: int) -> None:
    """The order knows no settled wires; layer by layer, all rows of a hidden layer are in before its output's."""
    assert learned(DeepSpikingNetwork, seed, output_errors_first) == learned(LateHiddenNetwork, seed)


def test_the_wire_of_that_order_is_the_one_from_the_output_to_its_gate() -> None:
    dsn = DeepSpikingNetwork(SIZES, rule="sgd", hold_error=False)
    net, _ = dsn.training_network(np.zeros((1, 6), np.float32), np.zeros((1, 4), np.float32))
    assert f"{net.wires[OUTPUT_ERROR].source} {net.wires[OUTPUT_ERROR].target}" == "layer2.out layer2.error"


@pytest.mark.parametrize(
    "made, late", [(LateHiddenNetwork, ["back1.out", "back2.out"]), (SettledErrorNetwork, ["layer2.out"])]
)
def test_wires_that_wait_lead_to_gates(made: type[DeepSpikingNetwork], late: list[str]) -> None:
    net, _ = made(SIZES, rule="sgd", hold_error=False).training_network(
        np.zeros((1, 6), np.float32), np.zeros((1, 4), np.float32)
    )
    settled = [wire for wire in net.wires if wire.settled and str(wire.target).endswith(".error")]
    assert sorted(str(wire.source) for wire in settled) == late


def test_a_training_has_collapsed_where_its_error_passes_the_limit_after_a_while_to_learn_in() -> None:
    assert not collapsed([])
    assert not collapsed([90.0, 20.0, 50.0, 40.0])
    assert not collapsed([90.0, 20.0, 20.0, 20.0, 30.0])
    assert collapsed([90.0, 20.0, 20.0, 20.0, 30.1])
    assert collapsed([90.0, 90.0, 90.0, 90.0, 90.0])


def curves(ends: dict[str, list[int]], collapse: dict[str, bool]) -> list[Row]:
    return [
        {"training": name, "seed": seed, "samples": samples, "error": error}
        for name, last in ends.items() for seed, end in enumerate(last)
        for samples, error in (*((500 * k, 20.0) for k in range(4)), (end, 50.0 if collapse[name] else 10.0))
    ]  # fmt: skip


def test_samples_until_collapse_are_compared_seed_by_seed(tmp_path: Path) -> None:
    ends = {name: [40_000, 40_000, 40_000] for name in TRAININGS} | {
        PARTNER: [10_000, 12_000, 14_000],
        "hidden late": [9_000, 11_000, 13_500],
    }
    made = curves(ends, {name: name in (PARTNER, "hidden late") for name in TRAININGS})
    assert samples_until(made, "hidden late") == {0: 9_000, 1: 11_000, 2: 13_500}
    found = report(Request(tmp_path), made, SMALL, "made up")
    first, hidden, both, *_ = found.rows
    assert (first["collapsed"], hidden["collapsed"], both["collapsed"]) == ("3 of 3", "3 of 3", "0 of 3")
    assert (first["samples"], first["least to most"], first[f"minus {PARTNER}"]) == (12_000, "10,000 to 14,000", None)
    half = 4.302653 * (1e6 / 12) ** 0.5 / 3**0.5  # differences -1000, -1000, -500
    assert hidden[f"minus {PARTNER}"] == -833
    assert hidden[f"minus {PARTNER}, 95%"] == f"{-2500 / 3 - half:+,.0f} to {-2500 / 3 + half:+,.0f}"
    assert found.pictures[0].exists()


def test_training_ends_where_it_collapses(monkeypatch: pytest.MonkeyPatch) -> None:
    size = {**SMALL, "sizes": [784, 5, 10], "part": 10, "parts": 9}
    scores = iter([0.2, 0.8, 0.6, 0.9, 0.8, 0.6, 0.9])
    monkeypatch.setattr(DeepSpikingNetwork, "score", lambda self, x, y: next(scores))
    rows = follow(None, PARTNER, size, 3)
    assert [(row["samples"], row["error"]) for row in rows] == [
        (10, 80.0),
        (20, 20.0),
        (30, 40.0),
        (40, 10.0),
        (50, 20.0),
        (60, 40.0),
    ]


def test_orders_and_gates_of_the_trainings_are_those_their_networks_have() -> None:
    assert {t.order for t in TRAININGS.values()} <= set(en.ORDERS)
    assert [(t.output_gate, t.hidden_gates) for t in TRAININGS.values() if t.order == "depth"] == [
        ("at once", "at once"), ("at once", "late"), ("late", "late"),
    ]  # fmt: skip


@pytest.mark.slow
def test_the_study_runs(tmp_path: Path) -> None:
    made = reproduce("collapse", tmp_path, "--processes", "1")
    assert [row["collapsed"] for row in made["rows"]] == ["0 of 1"] * len(TRAININGS)
    with open(tmp_path / "collapse-curves.csv") as file:
        assert {row["training"] for row in csv.DictReader(file)} == set(TRAININGS)
