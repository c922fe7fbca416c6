"""Encoders of frames: what is sent is the change of round(k x), the whole number, or Q of the vector."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import eventnet as en
from eventnet.errors import NetworkError, RuleError
from eventnet.neurons.rounding import MOST

ENGINES = ("reference", "compiled")
DTYPES = ("float64", "float32", "int32")


def nearest(x: Any) -> Any:
    """Whole numbers, halves up; x holds multiples of 1/64 and less than 2^40."""
    return np.floor((np.asarray(x, np.float64) * 64 + 32) / 64).astype(np.int64)


class Told:
    """An encoder with a sink behind it."""

    def __init__(
        self,
        kind: Any,
        frames: Any,
        updates: Any = None,
        dtype: str = "float64",
        engine: str = "reference",
        **options: Any,
    ) -> None:
        net = en.Network(dtype)
        blocks = [net.weights(frames)] + ([] if updates is None else [net.weights(updates)])
        self.encoder = net.add(kind(*blocks, name="input", **options))
        self.sink = net.add(en.Sink(self.encoder.units))
        net.connect(self.encoder.out, self.sink.spikes)
        self.simulation = en.Simulation(net, "breadth", engine=engine, record=True)
        self.units = self.encoder.units

    def at(self, t: int, port: str, index: int, sign: int = 1) -> Any:
        """The whole numbers that this input sends, [units]."""
        before = len(self.simulation.log)
        self.simulation.inject([(t, getattr(self.encoder, port), index, sign)])
        self.simulation.run()
        log = self.simulation.log[before:]
        heard = log[log["port"] == int(self.sink.spikes)]
        assert set(heard["t"].tolist()) <= {t}
        return np.bincount(heard["index"], weights=heard["sign"], minlength=self.units).astype(int)


def stream(dtype: str) -> Any:
    """Frames that change here and there, in steps of 1/64 or of an integer network."""
    rng = np.random.default_rng(1)
    x = np.cumsum(rng.integers(-40, 41, (20, 6)) * rng.integers(0, 2, (20, 6)), axis=0)
    x[7] = x[6]
    return x if dtype == "int32" else x / 64


# --- changes ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("dtype", DTYPES)
def test_what_is_sent_is_the_change_of_the_rounded_input(dtype: str, engine: str) -> None:
    frames = stream(dtype)
    k = 1.0 if dtype == "int32" else np.array([1, 0.5, 2, 1, 4, 1])
    told = Told(en.ChangeEncoder, frames, dtype=dtype, engine=engine, k=k, shift=3 if dtype == "int32" else 0)
    numbers = nearest(frames / 8) if dtype == "int32" else nearest(frames * k)
    before = np.zeros(6, dtype=np.int64)
    for t, number in enumerate(numbers):
        tally = told.simulation.tally
        changed = told.at(t, "frame", t)
        assert changed.tolist() == (number - before).tolist()
        before = number
        if t == 7:  # a frame that has not changed
            after = told.simulation.tally
            assert (after.adds, after.multiplies, after.spikes) == (tally.adds, tally.multiplies, tally.spikes)
            assert after.compares == tally.compares + 6
    assert told.simulation.tally.multiplies == (
        0 if dtype == "int32" else np.count_nonzero(np.diff(frames, axis=0, prepend=0))
    )


@pytest.mark.slow
@pytest.mark.parametrize("engine", ENGINES)
def test_a_frame_with_more_spikes_than_one_reaction_makes_is_sent_within_its_instant(engine: str) -> None:
    frames = np.array([[3.0 * MOST, -7, MOST], [0, 0, 0]])
    for kind, second in ((en.ChangeEncoder, -frames[0]), (en.FrameEncoder, frames[1])):
        told = Told(kind, frames, engine=engine)
        assert told.at(0, "frame", 0).tolist() == frames[0].tolist()
        assert told.at(1, "frame", 1).tolist() == second.tolist()


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("dtype", DTYPES)
def test_single_inputs_move_by_value_or_by_a_quantum(dtype: str, engine: str) -> None:
    whole = dtype == "int32"
    step = 8 if whole else 0.25
    updates = np.array([[2, 3 * step], [2, 3 * step], [0, -1.5 * step]])
    told = Told(
        en.ChangeEncoder, np.zeros((1, 4)), updates, dtype=dtype, engine=engine,
        k=1.0 if whole else 4.0, shift=3 if whole else 0,
    )  # fmt: skip
    assert told.at(0, "value", 0).tolist() == [0, 0, 3, 0]
    assert told.at(1, "value", 1).tolist() == [0, 0, 0, 0]
    assert told.at(2, "value", 2).tolist() == [-1, 0, 0, 0]  # -1.5 rounds up
    assert told.at(3, "spikes", 3, -1).tolist() == [0, 0, 0, -1]
    assert told.at(4, "spikes", 2).tolist() == [0, 0, 1, 0]
    state = told.simulation.state(told.encoder)
    assert state["acc"].tolist() == [-1.5 * step, 0, 4 * step, -step]
    assert state["sent"].tolist() == [-1, 0, 4, -1]
    assert told.at(5, "frame", 0).tolist() == [1, 0, -4, 1]


@pytest.mark.parametrize("engine", ENGINES)
def test_an_update_of_an_input_that_does_not_exist_stops_the_run(engine: str) -> None:
    for index in (-1, 4):
        told = Told(en.ChangeEncoder, np.zeros((1, 4)), [[index, 1.0]], engine=engine)
        with pytest.raises(
            RuleError, match="port input.value at t=0, index 0: an update names an input that does not exist"
        ):
            told.at(0, "value", 0)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("dtype", DTYPES)
def test_a_frame_encoder_sends_every_number_whole(dtype: str, engine: str) -> None:
    frames = stream(dtype)
    told = Told(en.FrameEncoder, frames, dtype=dtype, engine=engine, k=1.0 if dtype == "int32" else 2.0, shift=3 if dtype == "int32" else 0)  # fmt: skip
    numbers = nearest(frames / 8) if dtype == "int32" else nearest(frames * 2)
    assert [told.at(t, "frame", t).tolist() for t in range(len(frames))] == numbers.tolist()


@pytest.mark.parametrize("options, words", [
    ({"k": 0}, "scales of inputs go from 0.0 to 0.0; wanted finite numbers above 0"),
    ({"k": -1.0}, "scales of inputs go from -1.0"),
    ({"k": np.nan}, "scales of inputs go from nan"),
    ({"k": [1, np.inf]}, "scales of inputs go from 1.0 to inf"),
    ({"k": [1, 2, 3]}, r"scales of inputs have shape \(3,\); wanted one number, or 2 of them"),
    ({"shift": 3}, "the shift of inputs in float64 is 3; wanted a whole number, 0 to 0"),
])  # fmt: skip
def test_scales_that_an_encoder_cannot_have_are_refused(options: dict[str, Any], words: str) -> None:
    net = en.Network("float64")
    for kind in (en.ChangeEncoder, en.FrameEncoder):
        with pytest.raises(NetworkError, match=words):
            kind(net.weights(np.zeros((1, 2))), **options)


def test_an_encoder_of_whole_numbers_has_no_scale() -> None:
    net = en.Network("int32")
    frames = net.weights(np.zeros((1, 2)))
    with pytest.raises(NetworkError, match=r"inputs of an integer network have scales 2.0; wanted 1"):
        en.ChangeEncoder(frames, k=2.0)
    with pytest.raises(NetworkError, match="the shift of inputs in int32 is 31; wanted a whole number, 0 to 30"):
        en.ChangeEncoder(frames, shift=31)
    with pytest.raises(NetworkError, match=r"wanted 2 columns, \[n_updates, 2\]: \(input, new value\)"):
        en.ChangeEncoder(frames, net.weights(np.zeros((1, 3))))


# --- the quantizer of whole vectors ----------------------------------------------------------------------------------
@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_q_is_delta_of_round_of_sigma(dtype: str, engine: str) -> None:
    """On multiples of 1/4, where halves are many, and of 1/64."""
    rng = np.random.default_rng(2)
    for size in (4, 64):
        vectors = rng.integers(-3 * size, 3 * size + 1, (40, 8)) / size
        told = Told(en.Quantizer, vectors, dtype=dtype, engine=engine)
        wanted = np.diff(nearest(np.cumsum(vectors, axis=0)), axis=0, prepend=np.zeros((1, 8), np.int64))
        assert [told.at(t, "frames", t).tolist() for t in range(40)] == wanted.tolist()
        left = np.cumsum(vectors, axis=0)[-1] - wanted.sum(axis=0)
        assert told.simulation.state(told.encoder)["phi"].tolist() == left.tolist()


def test_a_negative_spike_takes_a_vector_back() -> None:
    vectors = np.random.default_rng(3).integers(-99, 100, (1, 5)) / 32
    told = Told(en.Quantizer, vectors)
    sent = told.at(0, "frames", 0) + told.at(1, "frames", 0, -1)
    assert sent.tolist() == [0] * 5
    assert told.simulation.state(told.encoder)["phi"].tolist() == [0] * 5


def test_a_quantizer_has_room_for_its_largest_vector_and_refuses_whole_numbers() -> None:
    told = Told(en.Quantizer, [[0.5, 0.5, 0.0], [99.5, -80.5, 20.0]], engine="compiled")
    assert told.at(0, "frames", 0).tolist() == [1, 1, 0]
    assert told.at(1, "frames", 1).tolist() == [99, -81, 20]
    with pytest.raises(NetworkError, match="a quantizer rounds real numbers"):
        en.Quantizer(en.Network("int32").weights([[1]]))
    assert en.Quantizer(en.Network().weights([[1.0]]), most=7).most_spikes() == 7
