"""Figure A.1: spiking layers approach their ReLU twins as 1/T."""

from __future__ import annotations

import numpy as np

import eventnet as en
from eventnet.learning import ReadLayer
from eventnet.plotting.style import BLACK, legend
from eventnet.scenarios.reproductions.common.pictures import axes, look, save
from eventnet.scenarios.reproductions.common.report import ReproductionReport, Request, rounded
from eventnet.scenarios.reproductions.quantization import slope


def convergence(request: Request) -> ReproductionReport:
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
        "T, steps",
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
                f"error at T = {steps}": rounded(error[-1], 3),
            }
        )
        curves += [{"layer": k + 1, "T": int(t), "error": float(e)} for t, e in zip(moments, error, strict=True)]
        ax.plot(moments, error, label=f"layer {k + 1}", **look(k))
    ax.plot(moments, curves[0]["error"] / moments, color=BLACK, linestyle=":", linewidth=1, label="1 / T")
    legend(ax)
    notes = [f"784-500-500-10, weights N(0, 0.1), one normal input vector, T to {steps}; seed {request.seed}; float64"]
    notes.append(f"{run.tally.deliveries:,} events, {run.tally.adds:,} adds")
    return ReproductionReport(
        "convergence", "Figure A.1, convergence to a ReLU network", "thesis, figure A.1", rows, notes, curves,
        [save(figure, request.out / "convergence.png")],
    )  # fmt: skip
