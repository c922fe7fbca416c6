"""Figure 3.1 and figure A.1: quantized streams approach their vector as 1/T, and spiking layers their ReLU twins."""

from __future__ import annotations

from typing import Any

import numpy as np

import eventnet as en
from eventnet.learning import ReadLayer
from eventnet.scenarios.reproductions.common.report import Report, Request, Row, axes, save


def slope(t: Any, error: Any) -> float:
    """Exponent of a power law through the points."""
    return float(np.polyfit(np.log(t), np.log(error), 1)[0])


def quantization(request: Request) -> Report:
    """Figure 3.1: herding against sampling, mean L1 error of the running mean over many random vectors."""
    repeats, steps, width = (20, 200, 50) if request.quick else (200, 2000, 50)
    rng = np.random.default_rng(request.seed)
    moments = np.unique(np.logspace(0, np.log10(steps), 30).astype(int))
    errors: dict[str, Any] = {"herding": np.zeros(len(moments)), "sampling": np.zeros(len(moments))}
    for k in range(repeats):
        v = rng.normal(size=width)
        for name, kind in (("herding", en.Encoder), ("sampling", en.Sampler)):
            net = en.Network("float64")
            block = net.weights(v[None])
            source: Any = net.add(kind(width, block, seed=request.seed + k))
            sink = net.add(en.Sink(width))
            net.connect(source.out, sink.spikes)
            log = en.simulate(net, [(t, source.spikes, 0, 1) for t in range(steps)], order="fifo", record=True).log
            log = log[log["port"] == int(sink.spikes)]
            counts = np.zeros((steps, width))
            np.add.at(counts, (log["t"], log["index"]), log["sign"])
            mean = np.cumsum(counts, axis=0)[moments - 1] / moments[:, None]
            errors[name] += np.abs(mean - v).mean(axis=1) / repeats
    late = moments >= 10
    rows = [
        {
            "quantizer": name,
            "published slope": published,
            "measured slope": round(slope(moments[late], errors[name][late]), 3),
        }
        for name, published in (("herding", -1.0), ("sampling", -0.5))
    ]
    curves: list[Row] = [
        {"quantizer": name, "T": int(t), "error": float(e)}
        for name in errors
        for t, e in zip(moments, errors[name], strict=True)
    ]
    notes = [f"{repeats} vectors of {width} normal numbers, T to {steps}; seed {request.seed}; slopes from T = 10"]
    report = Report("quantization", "Figure 3.1, herding against sampling", "thesis, figure 3.1", rows, notes, curves)
    figure, ax = axes(
        "Figure 3.1: error of the running mean", "T (steps)", "mean |error| a unit", xscale="log", yscale="log"
    )
    for name, error in errors.items():
        ax.plot(moments, error, "o-", ms=3, label=name)
    ax.plot(moments, errors["herding"][0] / moments, "k:", lw=1, label="1 / T")
    ax.plot(moments, errors["sampling"][0] / np.sqrt(moments), "k--", lw=1, label="1 / sqrt(T)")
    ax.legend()
    report.pictures.append(save(figure, request.out / "quantization.png"))
    return report


def convergence(request: Request) -> Report:
    """Figure A.1: rates of a random 784-500-500-10 network against the activations of its ReLU twin."""
    steps = 300 if request.quick else 10_000
    sizes = [784, 500, 500, 10]
    rng = np.random.default_rng(request.seed)
    weights = [rng.normal(0, 0.1, (a, b)) for a, b in zip(sizes[:-1], sizes[1:], strict=True)]
    x = rng.normal(size=(1, sizes[0]))
    moments = np.unique(np.logspace(0, np.log10(steps), 25).astype(int))
    net = en.Network("float64")
    encoder = net.add(en.Encoder(sizes[0], net.weights(x), name="input"))
    layers, activations, source, a = [], [], encoder, x[0]
    for k, w in enumerate(weights):
        answers = net.weights(np.zeros((len(moments), w.shape[1])), f"answers{k}")
        layer = net.add(ReadLayer(w.shape[1], net.weights(w, f"W{k}"), answers, name=f"layer{k}"))
        net.connect(source.out, layer.spikes)
        source, a = layer, np.maximum(a @ w, 0)  # type: ignore[assignment]
        layers.append(layer)
        activations.append(a)
    inputs = [(2 * t, encoder.spikes, 0, 1) for t in range(steps)]
    inputs += [(2 * int(t) - 1, layer.read_counts, k, 1) for k, t in enumerate(moments) for layer in layers]
    run = en.simulate(net, inputs, order="fifo")
    rows, curves = [], []
    figure, ax = axes(
        "Figure A.1: spike rates approach ReLU activations",
        "T (steps)",
        "mean |rate - activation| / mean activation",
        xscale="log",
        yscale="log",
    )
    late = moments >= 10
    for k, activation in enumerate(activations):
        rates = run.weights(f"answers{k}") / moments[:, None]
        error = np.abs(rates - activation).mean(axis=1) / activation.mean()
        rows.append(
            {
                "layer": k + 1,
                "published": "converges as T grows",
                "measured slope": round(slope(moments[late], error[late]), 3),
                f"error at T = {steps}": float(f"{error[-1]:.3g}"),
            }
        )
        curves += [{"layer": k + 1, "T": int(t), "error": float(e)} for t, e in zip(moments, error, strict=True)]
        ax.plot(moments, error, "o-", ms=3, label=f"layer {k + 1}")
    ax.plot(moments, curves[0]["error"] / moments, "k:", lw=1, label="1 / T")
    ax.legend()
    notes = [f"784-500-500-10, weights N(0, 0.1), one normal input vector, T to {steps}; seed {request.seed}; float64"]
    notes.append(f"{run.tally.deliveries:,} events, {run.tally.adds:,} adds")
    report = Report(
        "convergence", "Figure A.1, convergence to a ReLU network", "thesis, figure A.1", rows, notes, curves
    )
    report.pictures.append(save(figure, request.out / "convergence.png"))
    return report
