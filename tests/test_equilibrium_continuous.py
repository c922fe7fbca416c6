"""The network in continuous time: means and the fixed point, learning, files, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from few import few
from test_reproductions import reproduce

from eventnet.errors import DataError, ModelError
from eventnet.models import ContinuousEquilibriumNetwork
from eventnet.scenarios.reproductions.continuous import SETTINGS, TWIN, distance, row_of, twin_lesson


@pytest.mark.slow
@pytest.mark.parametrize("seed", few((1, 2, 3), 1))
def test_means_come_to_the_fixed_point_as_time_grows(seed: int) -> None:
    """Tenfold the time, less than half of the distance."""
    short, long = (distance(0.3, span, seed, engine="reference")[0]["distance"] for span in (10.0, 100.0))
    assert long < 0.5 * short
    assert long < 0.05


def test_a_target_that_is_learned_is_answered() -> None:
    """One sample of two classes: its output rises, the other falls; nothing of this is there at first."""
    net = ContinuousEquilibriumNetwork((3, 4, 2), duration=(8.0, 8.0), learning_rate=(0.1, 0.1), engine="reference")
    net.biases[-1][:] = 0.3
    x = np.array([[1.0, 0.5, 0.0]])
    before = net.outputs(x)[0]
    label = int(before.argmin())
    after = net.fit(x, [label], 8).outputs(x)[0]
    assert after[label] > before[label] + 0.1
    assert net.predict(x)[0] == label
    assert net.score(x, [label]) == 1.0
    assert net.tally is not None
    assert net.tally.spikes > 0
    assert "lam 0.3" in repr(net)


def test_a_saved_network_goes_on_as_the_one_that_was_saved(tmp_path: Path) -> None:
    x, y = np.array([[1.0, 0.5, 0.0], [0.0, 0.25, 1.0]]), [0, 1]
    net = ContinuousEquilibriumNetwork((3, 4, 2), duration=(4.0, 4.0), eps=0.4, engine="reference").fit(x, y)
    net.save(tmp_path / "net.npz")
    again = ContinuousEquilibriumNetwork.load(tmp_path / "net.npz")
    assert again.options == net.options
    assert again.outputs(x).tobytes() == net.outputs(x).tobytes()
    net.fit(x, y)
    again.fit(x, y)
    for name, array in net.arrays().items():
        assert again.arrays()[name].tobytes() == array.tobytes()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"lam": 0.0}, "lam is 0"), ({"eps": -1.0}, "eps is -1"), ({"beta": -0.5}, r"beta is -0\.5"),
        ({"beta": 0.0}, "beta is 0.0"), ({"settling": 1.0}, "settling is 1.0; wanted"),
        ({"duration": (0.0, 1.0)}, "two above 0"), ({"learning_rate": (0.1,)}, "one learning rate"),
        ({"order": "no such"}, "no such"), ({"ticks": 1, "duration": (1.0, 1.0)}, "2 ticks"), ({"grid": 0}, "grid"),
        ({"beta": (0.5, 0.5)}, "two that differ"), ({"beta": (-0.5, 0.5)}, "two that differ"),
        ({"beta": (0.1, 0.2, 0.3)}, "two that differ"), ({"beta": "much"}, "beta is 'much'"),
    ],
)  # fmt: skip
def test_options_that_make_no_sense_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ModelError, match=message):
        ContinuousEquilibriumNetwork((3, 4, 2), **options)


def test_samples_that_make_no_sense_are_refused() -> None:
    net = ContinuousEquilibriumNetwork((3, 2), learning_rate=(0.1,), engine="reference")
    with pytest.raises(DataError, match="0 to 1"):
        net.outputs([[0.0, 2.0, 0.0]])
    with pytest.raises(DataError, match="1 samples, but 2 labels"):
        net.fit([[0.0, 1.0, 0.0]], [0, 1])


def test_seeds_that_learn_are_counted() -> None:
    def row(seed: int, epoch: int, right: int, error: float) -> dict[str, Any]:
        return {
            "seed": seed, "epoch": epoch, "right": right, "error": error, "spikes": 10.0 * seed, "adds": 100.0,
            "products": 30.0,
        }  # fmt: skip

    curves = [row(1, 10, 2, 4.0), row(1, 20, 4, 0.5), row(2, 10, 4, 0.1), row(2, 20, 3, 2.5)]
    found = row_of("x", curves, [1, 2])
    assert (found["learned"], found["stuck"], found["median epochs"]) == ("1 of 2", 1, 20.0)
    assert (found["median error at the end"], found["spikes a sample"], found["adds a sample"]) == (1.5, 15, 100)
    assert found["products a sample"] == 30
    assert row_of("x", curves[2:], [2])["median epochs"] is None


def test_backpropagation_learns_exclusive_or_and_counts_both_passes() -> None:
    rows = twin_lesson(40, 100)
    assert [row["epoch"] for row in rows] == [10, 20, 30, 40]
    assert rows[-1]["right"] == 4
    assert rows[-1]["error"] < rows[0]["error"]
    assert 2 * 12 + 2 < rows[-1]["adds"] == rows[-1]["products"] <= 2 * 2 * 12 + 3 * 2 * 12
    assert row_of(TWIN, rows, [100])["spikes a sample"] is None


@pytest.mark.slow
def test_the_quick_form_runs(tmp_path: Path) -> None:
    made = reproduce("continuous", tmp_path)
    assert made["pictures"] == ["continuous.png"]
    assert [row["setting"] for row in made["rows"]] == [next(iter(SETTINGS)), TWIN]
