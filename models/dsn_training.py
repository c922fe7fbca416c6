"""The network of modules that trains a Deep Spiking Network (thesis chapter 3, appendix A).

Spikes go up through the rectified layers, errors come down through the backward quantizers, and where both meet an
update module changes the weights. Wires are made in a fixed order, as spikes are delivered along them in that order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

import eventnet as en
from eventnet.learning import Columns, ErrorCounter, FsgdInteger, InputSum, Layer
from eventnet.learning.gradient import KINDS
from eventnet.models.dsn_frame import frame
from eventnet.models.dsn_numbers import step_size
from eventnet.models.schedule import Moment, schedule
from eventnet.ranges import wrong


@dataclass(frozen=True)
class _Modules:
    """encoder -> layers -> (counter, with the target) -> layers -> backs -> ..., and an update for each layer."""

    encoder: en.Encoder
    input_sum: InputSum | None
    layers: list[Layer]
    target: en.Encoder
    backs: dict[int, Columns]
    updates: list[Any]
    counter: ErrorCounter | None


def training_network(
    weights: Sequence[NDArray[Any]],
    o: Mapping[str, Any],
    x: NDArray[Any],
    y: NDArray[Any],
    kept: Sequence[Mapping[str, NDArray[Any]]],
) -> tuple[en.Network, Any]:
    """The network for vectors x and targets y, and its inputs; o: OPTIONS. All numbers are the network's own.

    kept: the state in which training left the backward quantizers, empty before it begins.
    """
    net, made, start, finish = wired(weights, o, x, y, kept)
    step: list[Moment] = [(made.encoder.spikes, True, 1)]
    if made.input_sum is not None:
        step.append((made.input_sum.spikes, True, 1))
    step.append((made.target.spikes, True, -1))
    if made.counter is not None:
        step.append((made.counter.end, False, 1))
    return net, schedule([(start.spikes, False, 1), *(o["steps"] * step), (finish.spikes, False, 1)], len(x))


def wired(
    weights: Sequence[NDArray[Any]],
    o: Mapping[str, Any],
    x: NDArray[Any],
    y: NDArray[Any],
    kept: Sequence[Mapping[str, NDArray[Any]]],
) -> tuple[en.Network, _Modules, en.Relay, en.Relay]:
    """The training network without its inputs, its modules, and where a sample starts and finishes."""
    net, made = _modules(weights, o, x, y, kept)
    _wire_spikes(net, made, o)
    _wire_output_errors(net, made, o)
    _wire_errors(net, made, o)
    start, finish = net.add(en.Relay(1, name="start")), net.add(en.Relay(1, name="finish"))
    _wire_sample(net, made, o, start, finish)
    return net, made, start, finish


def _modules(
    weights: Sequence[NDArray[Any]],
    o: Mapping[str, Any],
    x: NDArray[Any],
    y: NDArray[Any],
    kept: Sequence[Mapping[str, NDArray[Any]]],
) -> tuple[en.Network, _Modules]:
    net, blocks, encoder = frame(weights, o, x)
    settings = {"scale": step_size(o), "coalesce": o["coalesce"]}
    layers = [
        net.add(Layer(w.cols, w, name=f"layer{k}", open_at_zero=o["gate"] == "not negative", **settings))
        for k, w in enumerate(blocks)
    ]
    target = net.add(en.Encoder(blocks[-1].cols, net.weights(y, "y"), name="target", scale=step_size(o)))
    backs = {k: net.add(_backward_quantizer(k, blocks[k], o, kept)) for k in range(1, len(blocks))}
    input_sum = None
    if o["input_sum"] == "after":
        input_sum = net.add(InputSum(encoder.units, encoder.weights, name="input_sum"))
    below = [input_sum or encoder, *layers]
    updates = [net.add(_update(k, w, below[k], o)) for k, w in enumerate(blocks)]
    counter = net.add(ErrorCounter(blocks[-1].cols, name="errors")) if o["hold_error"] else None
    return net, _Modules(encoder, input_sum, layers, target, backs, updates, counter)


def _backward_quantizer(
    k: int, block: en.Block, o: Mapping[str, Any], kept: Sequence[Mapping[str, NDArray[Any]]]
) -> Columns:
    back = Columns(
        block.rows, block, name=f"back{k}", scale=step_size(o), reset_policy=o["backward_reset"],
        seed=o["seed"] + k, coalesce=o["coalesce"],
    )  # fmt: skip
    if kept:
        state = kept[k - 1]
        back.state["phi"], back.integers["draws"] = state["phi"].copy(), state["draws"].copy()
    return back


def check_kept(net: en.Network, kept: Sequence[Mapping[str, NDArray[Any]]]) -> None:
    """Raise ValueError unless a file's state of backward quantizers can be that of this training network."""
    for k, state in enumerate(kept, 1):
        back = net[f"back{k}"]
        for name, found in state.items():
            own = (back.state | back.integers)[name]
            if (found.shape, found.dtype) != (own.shape, own.dtype) or not np.isfinite(found).all():
                wanted = f"{own.dtype} {list(own.shape)}, finite"
                raise wrong(f"{name!r} of back{k}", f"{found.dtype} {list(found.shape)}", wanted)
        back.check_integers({name: state[name] for name in back.integers}, 0)


def _update(k: int, block: en.Block, below: Any, o: Mapping[str, Any]) -> Any:
    keep = k == 0 and not o["rectify_inputs"]
    if o["dtype"] == "int32":
        return FsgdInteger(block, keep_negative=keep, name=f"update{k}")
    made = KINDS[o["rule"], o["smooth"]]
    rate = o["learning_rate"] / o["steps"] ** 2
    options = {"below": below} if o["smooth"] else {}
    return made(block, rate=rate, lam=o["regularization"], keep_negative=keep, name=f"update{k}", **options)


def _wire_spikes(net: en.Network, made: _Modules, o: Mapping[str, Any]) -> None:
    """From the input quantizer up, to each layer and to the update of its weights."""
    sources = [made.encoder, *made.layers[:-1]]
    for k, (source, layer, update) in enumerate(zip(sources, made.layers, made.updates, strict=True)):
        net.connect(source.out, layer.spikes)
        if not o["smooth"]:
            net.connect(source.out, update.spikes)
        if k and o["regularization"]:
            net.connect(source.out, made.updates[k - 1].decay)


def _wire_output_errors(net: en.Network, made: _Modules, o: Mapping[str, Any]) -> None:
    """Output spikes and target spikes become errors of the last layer, by way of the counter where there is one."""
    last = made.layers[-1]
    if made.counter is not None:
        net.connect(last.out, made.counter.output)
        net.connect(made.target.out, made.counter.target)
        net.connect(made.counter.out, last.error)
    else:
        net.connect(last.out, last.error)
        net.connect(made.target.out, last.error)
    if o["regularization"]:
        net.connect(last.out, made.updates[-1].decay)


def _wire_errors(net: en.Network, made: _Modules, o: Mapping[str, Any]) -> None:
    """Errors that a layer lets pass go to its update, and through its backward quantizer to the layer below."""
    for k, (layer, update) in enumerate(zip(made.layers, made.updates, strict=True)):
        consumers = [made.backs[k].spikes, update.error] if k else [update.error]
        for port in consumers if o["column"] == "before" else reversed(consumers):
            net.connect(layer.gated, port)
        if k:
            net.connect(made.backs[k].out, made.layers[k - 1].error)


def _wire_sample(net: en.Network, made: _Modules, o: Mapping[str, Any], start: en.Relay, finish: en.Relay) -> None:
    """What happens at the beginning of a sample, what at its end."""
    summing = () if made.input_sum is None else (made.input_sum,)
    for module in (made.encoder, *summing, *made.layers, made.target, *made.updates):
        if "reset" in module.ports:
            net.connect(start.out, module.reset)
    if o["backward_reset"] != "none":
        for back in made.backs.values():
            net.connect(start.out, back.reset)
    for update in made.updates:
        if o["rule"] == "sgd":
            net.connect(finish.out, update.apply)
