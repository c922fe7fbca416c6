"""Figure 3.1: quantized streams approach their vector as 1/T."""

from __future__ import annotations

from typing import Any

import numpy as np

import eventnet as en
from eventnet.plotting.style import BLACK, GREY, legend
from eventnet.scenarios.reproductions.common.pictures import axes, look, save
from eventnet.scenarios.reproductions.common.report import ReproductionReport, Request, Row


def slope(t: Any, error: Any) -> float:
    """Exponent of a power law through the points."""
    return float(np.polyfit(np.log(t), np.log(error), 1)[0])


def quantization(request: Request) -> ReproductionReport:
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
    figure, ax = axes(
        "Figure 3.1: error of the running mean", "T, steps", "mean |error| a unit", xscale="log", yscale="log"
    )
    for k, (name, error) in enumerate(errors.items()):
        ax.plot(moments, error, label=name, **look(k))
    ax.plot(moments, errors["herding"][0] / moments, color=BLACK, linestyle=":", linewidth=1, label="1 / T")
    ax.plot(moments, errors["sampling"][0] / np.sqrt(moments), color=GREY, linestyle="-.", linewidth=1, label="1 / √T")
    legend(ax)
    drawn = save(figure, request.out / "quantization.png")
    title = "Figure 3.1, herding against sampling"
    return ReproductionReport("quantization", title, "thesis, figure 3.1", rows, notes, curves, [drawn])
