"""The network of modules by which a Deep Spiking Network answers: its forward half, read out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

import eventnet as en
from eventnet.learning import ReadLayer
from eventnet.models.dsn_frame import frame
from eventnet.models.dsn_numbers import step_size
from eventnet.models.schedule import Moment, schedule


def answering_network(
    weights: Sequence[NDArray[Any]], o: Mapping[str, Any], x: NDArray[Any], moments: int, spikes: bool
) -> tuple[en.Network, dict[str, Any]]:
    """The network for vectors x, and its ports "start", "feed" and "read"; o: OPTIONS.

    It is read out `moments` times a sample; `spikes` feeds it spikes, not vectors.
    """
    net, blocks, encoder = frame(weights, o, x)
    answers = net.weights(np.zeros((len(x) * moments, blocks[-1].cols)), "answers")
    source: Any = net.add(en.Relay(blocks[0].rows, name="spikes")) if spikes else encoder
    modules: list[Any] = [encoder]
    for k, block in enumerate(blocks):
        layer = net.add(_layer(k, block, answers if k == len(blocks) - 1 else None, o))
        net.connect(source.out, layer.spikes)
        modules.append(layer)
        source = layer
    start = net.add(en.Relay(1, name="start"))
    for module in modules:
        net.connect(start.out, module.reset)
    read = modules[-1].read_counts if o["output"] == "counts" else modules[-1].read
    return net, {"start": start.spikes, "feed": encoder.spikes, "read": read}


def _layer(k: int, block: en.Block, answers: en.Block | None, o: Mapping[str, Any]) -> Any:
    """Layer k; the last one has `answers` to write to."""
    settings: dict[str, Any] = {"name": f"layer{k}", "scale": step_size(o), "coalesce": o["coalesce"]}
    if answers is None:
        return en.Rectified(block.cols, block, **settings)
    if o["output"] == "counts":
        return ReadLayer(block.cols, block, answers, **settings)
    return en.Accumulator(block.cols, block, answers, name=f"layer{k}")


def answering_inputs(ports: Mapping[str, Any], n: int, steps: int, moments: int) -> Any:
    """The inputs for n samples: a read-out after the last step, or (moments = steps) after each."""
    moments_of_a_sample: list[Moment] = [(ports["start"], False, 1)]
    for step in range(steps):
        moments_of_a_sample.append((ports["feed"], True, 1))
        if moments == steps or step == steps - 1:
            moments_of_a_sample.append((ports["read"], True, 1))
    feed = schedule(moments_of_a_sample, n)
    reads = feed["port"] == int(ports["read"])
    feed["index"][reads] = np.arange(reads.sum())
    return feed


def input_spikes(o: Mapping[str, Any], x: NDArray[Any]) -> Any:
    """The lines of the log in which the input quantizer's spikes for one sample arrive, over all steps."""
    quantizer = en.Network(o["dtype"])
    encoder = quantizer.add(en.Encoder(x.shape[1], quantizer.weights(x, "x"), scale=step_size(o)))
    sink = quantizer.add(en.Sink(x.shape[1]))
    quantizer.connect(encoder.out, sink.spikes)
    feed = schedule([(encoder.spikes, True, 1)] * o["steps"], 1)
    log = en.simulate(quantizer, feed, order="fifo", engine=o["engine"], record=True).log
    return log[log["port"] == int(sink.spikes)]


def inputs_by_spike(relay: Any, ports: Mapping[str, Any], spikes: Any) -> Any:
    """The inputs for one sample whose spikes come one by one, with a read-out after each."""
    rows = [(0, ports["start"], 0, 1)]
    for k, spike in enumerate(spikes):
        rows += [
            (2 * k + 1, relay.spikes, int(spike["index"]), int(spike["sign"])),
            (2 * k + 2, ports["read"], k, 1),
        ]
    return en.events(rows)
