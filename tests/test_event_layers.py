"""A layer list as modules: which ones, in which order, with which weights; inputs as the network holds them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from change_cases import conv_net, dense_net, slow_frames

import eventnet as en
from eventnet.errors import ModelError
from eventnet.models.event_layers import EventLayers, check_events
from eventnet.models.layers import AveragePool2d, Conv2d, Dense, Flatten, HardSigmoid, ReLU, Tanh

LAYERS = [
    Conv2d(np.arange(12.0).reshape(3, 1, 2, 2), [1, 2, 3], padding=(1, 0, 0, 1)), ReLU(), AveragePool2d((2, 1)), Flatten(),
    Dense(np.arange(24.0).reshape(12, 2), [5, 6]), HardSigmoid(), Dense([[1.0], [2.0]]), Tanh(),
]  # fmt: skip
SHAPE, SCALES = (1, 4, 2), [2.0, 3.0, 4.0, 5.0]


def built(layers: Any = LAYERS, shape: Any = SHAPE, scales: Any = SCALES, **options: Any) -> EventLayers:
    given = {
        "kind": "sigma-delta",
        "order": "breadth",
        "coalesce": "burst",
        "engine": "reference",
        "baked": False,
        "bits": 0,
        "room": 8,
    }
    return EventLayers(layers, shape, [np.asarray(k, dtype=float) for k in scales], **{**given, **options})


def test_layers_become_modules_and_the_encoder_comes_last() -> None:
    kinds = {
        "sigma-delta": [en.SigmaDelta, en.SigmaDeltaPool, en.SigmaDelta, en.Readout, en.ChangeEncoder],
        "rounding": [en.Rounding, en.RoundingPool, en.Rounding, en.Readout, en.FrameEncoder],
    }
    for kind, classes in kinds.items():
        events = built(kind=kind)
        assert [type(m) for m in events.net.modules] == classes
        assert [m.name for m in events.net.modules] == ["layer0", "layer1", "layer2", "layer3", "input"]
        assert [repr(w) for w in events.net.wires if not w.settled] == [
            repr(en.network.Wire(a.out, b.spikes)) for a, b in zip(  # type: ignore[attr-defined]
                [events.encoder, *events.hidden], [*events.hidden, events.readout])
        ]  # fmt: skip
        assert [m.activation for m in events.hidden] == ["relu", "identity", "hard_sigmoid"]
        assert [m.k for m in events.hidden] == SCALES[1:]
        assert [m.unscale for m in (*events.hidden, events.readout)] == SCALES
        assert events.encoder.k == 2.0


def test_rows_of_a_dense_layer_follow_the_units_of_the_map_below() -> None:
    events = built()
    units = [(c, y, x) for y in range(2) for x in range(2) for c in range(3)]
    rows = [LAYERS[4].weights[np.ravel_multi_index(unit, (3, 2, 2))].tolist() for unit in units]
    assert events.hidden[2].weights.array.tolist() == rows


def test_a_last_layer_may_be_a_pool() -> None:
    events = built([AveragePool2d(2), ReLU()], (3, 4, 4), [2.0])
    assert [type(m) for m in events.net.modules] == [en.ReadoutPool, en.ChangeEncoder]
    assert events.is_map


def test_units_are_looked_at_once_in_a_network_that_remembers() -> None:
    net = dense_net(1)
    for kind, looks in (("sigma-delta", 1), ("rounding", 5)):
        events = built(net.layers, net.shape, net.scales, kind=kind)
        events.show(slow_frames(net, 5), None)
        rows = events.simulation.tally.by_port()
        assert [rows[f"layer{k}.look"]["deliveries"] for k in range(2)] == [looks, looks]
        assert rows["layer2.clear"]["deliveries"] == (0 if kind == "sigma-delta" else 5)


def test_frames_are_two_ticks_apart_and_read_between() -> None:
    net = dense_net(1)
    events = built(net.layers, net.shape, net.scales)
    events.show(slow_frames(net, 3), 40)
    assert events.simulation.time == 46
    events.show(slow_frames(net, 1), None)
    assert events.simulation.time == 48


@pytest.mark.parametrize("bits", [0, 3])
def test_updates_are_handed_over_in_parts_that_cut_no_instant(bits: int) -> None:
    net = dense_net(1)
    index, ticks = np.arange(40) % 6, np.repeat(np.arange(10), 4)
    updates = np.zeros(40, [("t", np.int64), ("index", np.int64), ("value", np.float64)])
    updates["t"], updates["index"], updates["value"] = ticks, index, np.arange(40) / 8
    events = built(net.layers, net.shape, net.scales, bits=bits, baked=bits > 0)
    in_parts = events.send(updates)
    assert events._parts(ticks, 8) == [(8 * k, 8 * k + 8) for k in range(5)]
    assert events._parts(ticks, 7) == [(4 * k, 4 * k + 4) for k in range(10)]
    at_once = built(net.layers, net.shape, net.scales, bits=bits, baked=bits > 0, room=64)
    assert at_once.send(updates).tolist() == in_parts.tolist()
    assert events.simulation.tally.totals() == at_once.simulation.tally.totals()
    with pytest.raises(ModelError, match="more than 3 updates at 0 us"):
        events._parts(ticks, 3)


@pytest.mark.parametrize("wrong", [-1, 2**60, 2**61])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_one_update_out_of_time_is_refused_wherever_it_stands(wrong: int, place: int) -> None:
    net = dense_net(1)
    updates = np.zeros(3, [("t", np.int64), ("index", np.int64), ("value", np.float64)])
    updates["t"] = 5
    built(net.layers, net.shape, net.scales).send(updates)
    updates["t"][place] = wrong
    with pytest.raises(ModelError, match=r"events are at .* us; wanted 0 \(now\) to 2\^60"):
        built(net.layers, net.shape, net.scales).send(updates)


def test_an_integer_network_holds_inputs_and_weights_in_steps_halves_up() -> None:
    layers = [Dense([[0.25, -0.25, np.nextafter(0.25, 0), 0.5]])]
    events = built(layers, (1,), [1.0], bits=1, baked=True)
    assert events.net.dtype == "int32"
    assert events.readout.weights.array.tolist() == [[1, 0, 0, 1]]
    below = np.nextafter(0.25, 0)
    events.show(np.array([[below], [0.25], [-0.25]]), None)
    assert events.simulation[events.encoder].array("frames")[:3].ravel().tolist() == [0, 1, 0]


@pytest.mark.parametrize("layers, scales, bits, message", [
    ([AveragePool2d(2), Flatten(), Dense([[1.0]])], [1, 1], 4, "average pooling divides"),
    ([Dense([[1.0]]), Tanh(), Dense([[1.0]])], [1, 1], 4, "Tanh takes exponentials"),
    ([AveragePool2d(2)], [np.arange(1.0, 5).reshape(1, 2, 2)], 0, "scale 0 differs from unit to unit"),
    ([Conv2d(np.ones((1, 1, 2, 2)))], [np.arange(1.0, 5).reshape(1, 2, 2)], 0, "scale 0 differs within a channel"),
])  # fmt: skip
def test_what_events_cannot_do_is_refused(layers: Any, scales: Any, bits: int, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        check_events(layers, [np.asarray(k, dtype=float) for k in scales], bits)


def test_what_events_can_do_is_not() -> None:
    even = np.full((1, 2, 2), 3.0)
    check_events([AveragePool2d(2), Flatten(), Dense([[1.0]])], [even, np.float64(1)], 0)
    check_events([Conv2d(np.ones((1, 1, 2, 2))), Tanh()], [even], 4)  # the last activation is no event's
    assert built([AveragePool2d(2)], (1, 2, 2), [even]).readout.unscale == 3.0


def test_both_engines_run_it() -> None:
    net = conv_net(3)
    frames = np.moveaxis(slow_frames(net, 4), 1, -1).reshape(4, -1)
    sums = [built(net.layers, net.shape, net.scales, engine=e, kind=k).show(frames, None) for e in ("reference", "compiled") for k in ("sigma-delta", "rounding")]  # fmt: skip
    assert len({s.tobytes() for s in sums}) == 1
