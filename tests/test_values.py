"""Values as JSON and arrays: they come back as they were, and what has no such form is refused."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from eventnet.data import digits, scale_pixels
from eventnet.engine.values import Unkeepable, decode, encode
from eventnet.errors import DataError
from eventnet.models import DeepSpikingNetwork, ReluNetwork
from eventnet.scenarios.fusion.network import Head
from eventnet.scenarios.gaze.reflex import Reflex
from eventnet.tally import Tally


def back(value: Any) -> Any:
    """A value after it was written and read."""
    tree, arrays = encode(value)
    return decode(json.loads(json.dumps(tree)), arrays)


@pytest.mark.parametrize(
    "value",
    [
        None, True, 2**70, -0.0, 0.1, math.inf, "ü\n", (1, (2,)), [1, [2.5]], {"a": 1, (1, 2): None}, {1, 2},
        frozenset("ab"), b"\0\1", Path("a/b"), range(2, 9, 3), Reflex(True, False),
    ],
)  # fmt: skip
def test_plain_values_come_back_as_they_were(value: Any) -> None:
    found = back(value)
    assert (type(found), repr(found)) == (type(value), repr(value))


def test_arrays_and_numbers_come_back_with_type_and_layout() -> None:
    given = [
        np.arange(6, dtype=np.float16).reshape(2, 3), np.asfortranarray(np.eye(3)), np.zeros((0, 4)), np.array(5),
        np.array([(1, 2.5)], dtype=[("t", "<i8"), ("x", ">f4")]),
    ]  # fmt: skip
    for one, other in zip(given, back(given), strict=True):
        assert (one.dtype, one.shape, one.tobytes("A")) == (other.dtype, other.shape, other.tobytes("A"))
        assert one.flags.f_contiguous == other.flags.f_contiguous
    assert type(back(np.float32(0.1))) is np.float32
    assert math.isnan(back(math.nan))


def test_what_is_kept_changes_no_more() -> None:
    array = np.zeros(2)
    tree, arrays = encode([array])
    array[0] = 1
    assert decode(tree, arrays)[0].tolist() == [0, 0]


def test_one_thing_twice_is_one_thing() -> None:
    array = np.zeros(2)
    loop: list[Any] = [array, {"again": array}]
    loop.append(loop)
    found = back(loop)
    assert found[0] is found[1]["again"]
    assert found[2] is found


def test_objects_of_the_package_come_back() -> None:
    head = back(Head((1.0, 2.0), (False, True), np.ones((3, 3))))
    assert (head.tau_us, head.ramp, head.mix.tolist()) == ((1.0, 2.0), (False, True), np.ones((3, 3)).tolist())
    assert back(Tally(["a.b"], [list(range(11))])).by_port() == Tally(["a.b"], [list(range(11))]).by_port()


def test_random_numbers_go_on() -> None:
    rng = np.random.default_rng(3)
    rng.random(5)
    rng.integers(3, dtype=np.int32)  # leaves half a word behind
    assert back(rng).integers(1 << 30, size=9, dtype=np.int32).tolist() == (
        rng.integers(1 << 30, size=9, dtype=np.int32).tolist()
    )


@pytest.mark.slow
@pytest.mark.parametrize("made", [ReluNetwork, DeepSpikingNetwork])
def test_models_learn_on_as_if_nothing_had_been(made: Any) -> None:
    d = digits()
    x, y = scale_pixels(d.x_train[:30]), d.y_train[:30]
    options = {"engine": "reference"} if made is DeepSpikingNetwork else {}
    one = made([784, 10, 10], **options).partial_fit(x[:15], y[:15])
    two = back(one)
    for network in (one, two):
        network.partial_fit(x[15:], y[15:])
    assert [w.tobytes() for w in one.weights] == [w.tobytes() for w in two.weights]


class Elsewhere:
    """Not of the package."""


@pytest.mark.parametrize("value", [Elsewhere(), lambda: 1, np.array([None]), print])
def test_what_has_no_such_form_is_refused(value: Any) -> None:
    with pytest.raises(Unkeepable):
        encode([value])


@pytest.mark.parametrize(
    "tree",
    [
        ["object", "os:stat_result", []], ["function", "eventnet.base.files:tempfile.mkstemp"], ["same", 3], ["array", "a7"],
        ["unknown"], ["row", "eventnet.scenarios.gaze.reflex:Reflex", [1]], ["random", "default_rng", None], {}, [[]],
        ["object", "eventnet.engine.values:nothing", []], ["file", "eventnet.models:DeepSpikingNetwork", "a0"],
    ],
)  # fmt: skip
def test_damaged_trees_and_foreign_names_are_errors_of_the_package(tree: Any) -> None:
    with pytest.raises(DataError):
        decode(tree, {"a0": np.zeros(3, np.uint8)})
