"""Networks of models and scenarios that every order is tried on: they run as their models do, and repeat by seed."""

from __future__ import annotations

import numpy as np
import pytest

import eventnet as en
from eventnet import analysis
from eventnet.data import digits, scale_pixels
from eventnet.errors import ModelError
from eventnet.models import DeepSpikingNetwork, PDNetwork
from eventnet.scenarios.orders.subjects import (
    LEARNING,
    MODULES,
    SUBJECTS,
    Subject,
    answering,
    answers,
    subject,
    wandering,
    weights,
)

SIZES = (784, 8, 10)
FEW = {
    "dsn-learning": {"samples": 5, "sizes": SIZES}, "dsn-answering": {"samples": 5, "taught": 20, "sizes": SIZES},
    "sigma-delta": {"samples": 5, "taught": 40, "sizes": SIZES}, "pd": {"samples": 5, "sizes": SIZES},
    "fusion": {"seconds": 0.02},
}  # fmt: skip


def run(made: Subject) -> en.Run:
    return en.simulate(made.net, made.feed, order="breadth")


@pytest.mark.parametrize("name", list(SUBJECTS))
def test_a_subject_runs_in_both_of_the_theses_orders_and_has_a_score(name: str) -> None:
    made, again = (SUBJECTS[name](3, **FEW[name]) for _ in range(2))
    assert made.feed.tobytes() == again.feed.tobytes()
    found = analysis.orders(
        made.net, made.feed, orders=("depth", "breadth"), coalesce=("none",), answer=made.answer, output=made.output,
        score=made.score,
    )  # fmt: skip
    assert all(o.score is not None and 0 <= o.score <= 100 for o in found)
    assert all(o.reached for o in found)
    assert analysis.orders(
        *(again.net, again.feed), orders=("depth",), coalesce=("none",), answer=made.answer
    )[0].value[0].tobytes() == found[0].value[0].tobytes()  # fmt: skip


@pytest.mark.parametrize("name", list(SUBJECTS))
def test_the_modules_of_a_subject_are_known_before_it_is_made(name: str) -> None:
    few = {option: value for option, value in FEW[name].items() if option != "sizes"}
    assert sorted(MODULES[name]) == sorted(module.name for module in SUBJECTS[name](0, **few).net.modules)


def test_learning_is_that_of_the_model() -> None:
    made, d = SUBJECTS["dsn-learning"](3, **FEW["dsn-learning"]), digits()
    dsn = DeepSpikingNetwork(SIZES, seed=3, **LEARNING)
    dsn.fit(scale_pixels(d.x_train[:5]), d.y_train[:5])
    assert all(np.array_equal(a, b) for a, b in zip(weights(run(made)), dsn.weights, strict=True))


def test_answers_are_those_of_the_model() -> None:
    made, d = answering(3, **FEW["dsn-answering"]), digits()
    dsn = DeepSpikingNetwork(SIZES, seed=3, **LEARNING)
    dsn.fit(scale_pixels(d.x_train[:20]), d.y_train[:20])
    assert np.array_equal(answers(run(made)) / 10, dsn.decision_function(scale_pixels(d.x_test[:5])).astype(np.float32))


def test_the_pd_network_learns_what_its_model_does() -> None:
    made, d = SUBJECTS["pd"](3, **FEW["pd"]), digits()
    network = PDNetwork(SIZES, seed=3).fit(d.x_train[:5].reshape(-1, 784) / 255, d.y_train[:5])
    w0, w1, b0, b1 = weights(run(made))
    for layer, (w, b) in zip([layer for layer in network.layers() if hasattr(layer, "weights")], ((w0, b0), (w1, b1))):
        assert np.array_equal(layer.weights, w)
        assert np.array_equal(layer.bias, b[0])


def test_a_digit_wanders_and_then_another_one() -> None:
    frames, labels = wandering(0, 45)
    assert (frames.shape, labels.shape) == ((45, 784), (45,))
    sums = np.round(frames.sum(axis=1), 6)
    assert [len(set(part)) for part in (sums[:20], sums[20:40], sums[40:])] == [1, 1, 1]  # moved, never changed
    assert len({frame.tobytes() for frame in frames[:20]}) > 3


def test_an_unknown_subject_is_named() -> None:
    with pytest.raises(ModelError, match="did you mean 'fusion'"):
        subject("fusio")
