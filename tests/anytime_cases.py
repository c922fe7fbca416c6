"""A small classifier, trained on nothing, with samples; and its guesses found by asking it after each delivery."""

from __future__ import annotations

from typing import Any

import numpy as np
from dsn_cases import problem, small

import eventnet as en
from eventnet.analysis import SampleStream
from eventnet.models import Dense, ReLU, SigmaDeltaNetwork
from eventnet.models.sample_streams import sample_stream


def spiking(n: int = 6, **options: Any) -> tuple[SampleStream, Any, Any]:
    """A Deep Spiking Network as it is shown samples, their labels, its own answers."""
    x, y = problem(n)
    at_once = options.pop("at_once", False)
    dsn = small(engine="reference", **options)
    return sample_stream(dsn, x, at_once=at_once)[0], y, dsn.predict(x)


def changing(n: int = 5, coalesce: str = "none") -> tuple[SampleStream, Any, Any]:
    """A Sigma-Delta network, likewise."""
    rng = np.random.default_rng(3)
    layers = [Dense(rng.normal(0, 0.6, (6, 5)), rng.normal(0, 0.3, 5)), ReLU(), Dense(rng.normal(0, 0.6, (5, 4)))]
    net = SigmaDeltaNetwork.from_layers(layers, scales=4.0, coalesce=coalesce, engine="reference")
    x, y = problem(n)
    return sample_stream(net, x)[0], y, net.predict(x)


def counted(n: int = 4) -> tuple[SampleStream, Any]:
    """A classifier that answers by the spikes it sends to a sink, one spike of input a tick."""
    rng = np.random.default_rng(1)
    net = en.Network(dtype="float64")
    a = net.add(en.Relay(5, name="a"))
    b = net.add(en.Herding(4, net.weights(rng.normal(0, 0.8, (5, 4))), name="b"))
    c = net.add(en.Sink(4, name="c"))
    net.connect(a.out, b.spikes)
    net.connect(b.out, c.spikes)
    feed = en.events(
        [(10 * k + int(t), a.spikes, int(i), 1) for k in range(n) for t, i in enumerate(rng.integers(0, 5, 8))]
    )
    return SampleStream(net, feed, 10 * np.arange(n)), rng.integers(0, 4, n)


def asked(stream: SampleStream, order: Any, coalesce: str | None = None) -> list[dict[str, Any]]:
    """For each sample: the guess before its first delivery and after each, and adds, deliveries and ticks by then.

    One delivery at a time; answers are read off the running state, and a sink's spikes are counted.
    """
    sim = stream.simulation(order, engine="reference", coalesce=coalesce, record=True)
    last = stream.net.modules[-1] if isinstance(stream.net.modules[-1], en.Sink) else None
    if last is None:
        last = next(m for m in stream.net.modules if isinstance(m, en.Accumulator | en.Readout))
    sums = np.zeros(last.units)

    def guess() -> int:
        if isinstance(last, en.Sink):
            return int(np.argmax(sums))
        if isinstance(last, en.Accumulator):
            return int(np.argmax(sim[last].phi))
        view = sim[last]
        return int(np.argmax(view.acc / last.unscale + last.bias))

    found = []
    for k, start in enumerate(stream.starts):
        end = stream.starts[k + 1] if k + 1 < len(stream.starts) else 2**40
        sums[:] = 0
        base, first = sim.tally.adds, sim.deliveries
        rows = [(guess(), 0, 0, 0)]
        while not sim.idle:
            before = sim.deliveries
            sim.run(until=int(end), max_deliveries=1)
            if sim.deliveries == before:
                break
            line = sim.log[-1]
            if isinstance(last, en.Sink) and line["port"] == int(last.spikes):
                sums[line["index"]] += line["sign"]
            rows.append((guess(), sim.tally.adds - base, sim.deliveries - first, int(line["t"] - start)))
        found.append(dict(zip(("guess", "adds", "deliveries", "ticks"), zip(*rows, strict=True), strict=True)))
    return found
