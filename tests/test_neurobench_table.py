"""The page on NeuroBench: its numbers are those of our logs and tallies, and PyTorch is not needed to say so."""

from __future__ import annotations

import importlib.util
import re
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import eventnet as en

HERE = Path(__file__).parent
PAGE = HERE.parent / "docs" / "results" / "neurobench.md"
SPEC = importlib.util.spec_from_file_location("neurobench_table", HERE / "scripts" / "neurobench_table.py")
script: Any = importlib.util.module_from_spec(SPEC)  # type: ignore[arg-type]
sys.modules[SPEC.name] = script  # type: ignore[union-attr]
SPEC.loader.exec_module(script)  # type: ignore[union-attr]


def tables() -> dict[str, dict[str, list[str]]]:
    """Cells of the page's rows, by the table's title and the row's name: NeuroBench, rule, "equal", tally."""
    found: dict[str, dict[str, list[str]]] = {}
    made = PAGE.read_text("utf-8").partition(script.BEGIN)[2].partition(script.END)[0]
    for part in made.split("\n## ")[1:]:
        title, _, rest = part.partition("\n")
        rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in re.findall(r"^\|.*\|$", rest, re.M)]
        found[title] = {row[0]: row[1:] for row in rows[2:]}
    return found


def made_up(seed: int, n: int = 80) -> Any:
    """A recording of N-MNIST's size with events at random pixels over 5 ms."""
    rng = np.random.default_rng(seed)
    events = np.zeros(n, [("t", "<i8"), ("x", "<i2"), ("y", "<i2"), ("p", "i1")])
    events["t"] = np.sort(rng.integers(0, 5_000, n))
    events["x"], events["y"], events["p"] = *rng.integers(12, 22, (2, n)), rng.integers(0, 2, n)
    return events


def check(subject: Any) -> None:
    """The page's second and fourth column are what `counted` says now."""
    found, rows = script.counted(subject), tables()[subject.name]
    for name, value in found["rule"].items():
        theirs, rule, equal, tally = rows[name]
        assert (theirs, rule, equal) == (script.number(value), script.number(value), "equal"), name
        assert tally == script.number(found["tally"].get(name)), name
    assert set(rows) - set(found["rule"]) <= {script.FOLLOW}


@pytest.mark.slow
def test_numbers_of_the_digits_are_those_that_are_counted_now() -> None:
    check(script.Digits())


@pytest.mark.slow
def test_numbers_of_the_pruned_digits_are_those_that_are_counted_now() -> None:
    check(script.Digits(pruned=True))


@pytest.mark.slow
def test_numbers_of_n_mnist_are_those_that_are_counted_now(shared: Path) -> None:
    check(script.NMnist(script.recorded(shared / "data" / "nmnist")))
    assert tables()["N-MNIST"][script.FOLLOW][0] == "0"


def test_single_spikes_reach_as_many_words_as_the_tally_counts() -> None:
    subject = script.NMnist([(made_up(1), 0)], engine="reference")
    found = script.counted(subject)
    assert found["rule"]["effective ACs, spikes"] == found["tally"]["effective ACs, spikes"] > 10_000
    assert found["rule"]["effective MACs, spikes"] == 0 < found["rule"]["effective MACs, steps"]
    sparsities = (found[column]["activation sparsity, spikes"] for column in ("rule", "tally"))
    assert abs(next(sparsities) - next(sparsities)) < 1e-12  # quotients of the same whole numbers, one as 1 less


def test_spikes_of_a_step_follow_from_what_came_in_it() -> None:
    subject = script.NMnist([], engine="reference")
    run, differ, spikes = subject.run(made_up(3)), 0, 0
    for stage in subject.stages():
        frames = script.Frames(run, [stage], "steps")
        fed = stage.fed(frames.of(stage.arrives, stage.shape_in).astype(float))
        for (before, _), came, sent in zip(
            script.potentials(run, stage), fed, frames.of(stage.sends, stage.shape_out), strict=True
        ):
            differ += int(np.count_nonzero(np.maximum(np.ceil(before + came) - 1, 0) != sent))
            spikes += int(sent.sum())
    assert differ == 0
    assert spikes == run.tally.spikes > 0


def test_a_pixel_reaches_as_many_neurons_as_one_event_there_adds_to() -> None:
    subject = script.NMnist([], engine="reference")
    reaches = subject.stages()[0].reaches()
    for x, y, p in ((0, 0, 0), (33, 5, 1), (7, 33, 1), (12, 13, 0)):
        event = np.zeros(1, made_up(0).dtype)
        event["x"], event["y"], event["p"] = x, y, p
        tally = en.simulate(
            subject.net.net, np.concatenate(script.inputs_of(subject.net, event, script.STEP_US)), engine="reference"
        ).tally
        assert tally.by_port()["1.spikes"]["synaptic_adds"] == reaches[p, y, x]


def test_spikes_of_a_unit_are_counted_within_their_step() -> None:
    rng, seen = np.random.default_rng(5), Counter[tuple[int, int]]()
    step, unit = np.sort(rng.integers(0, 6, 200)), rng.integers(0, 9, 200)
    for s, u, nth in zip(step.tolist(), unit.tolist(), script.often(step, unit).tolist(), strict=True):
        assert nth == seen[s, u]
        seen[s, u] += 1
    assert script.often(step[:0], unit[:0]).size == 0


def test_numbers_that_differ_are_said_to() -> None:
    rule = dict.fromkeys(script.ROWS, 1.0)
    theirs = rule | {"parameter count": 2.0}
    lines = script.table({"made up": {"neurobench": theirs, "rule": rule, "tally": {}}})
    assert sum("**differs**" in line for line in lines) == 1
    assert lines[4] == "| parameter count | 2 | 1 | **differs** |  |"
