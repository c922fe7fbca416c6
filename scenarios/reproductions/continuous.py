"""Equilibrium propagation in continuous time, thesis 9.2 to 9.6: exclusive or, and means against the fixed point."""

from __future__ import annotations

from typing import Any

import numpy as np

from eventnet.models import ContinuousEquilibriumNetwork, ConventionalNetwork
from eventnet.models.equilibrium_states import Energy
from eventnet.plotting.style import heading, legend, plain, title
from eventnet.scenarios.reproductions.common.learning_energy import twin_products
from eventnet.scenarios.reproductions.common.pictures import look, panels, save
from eventnet.scenarios.reproductions.common.report import ReproductionReport, Request, Row, rounded, rows_of_all

X = np.array([[a, 1 - a, b, 1 - b] for a in (0, 1) for b in (0, 1)], dtype=np.float64)
Y = np.array([0, 1, 1, 0])
EPOCHS, EVERY, SPAN = 400, 10, 20.0
SETTINGS: dict[str, tuple[float, float]] = {
    "rate 0.02, outputs' biases from 0.3": (0.02, 0.3),
    "rate 0.02, biases from 0": (0.02, 0.0),
    "rate 0.06, biases from 0": (0.06, 0.0),
}
"""Learning rate, and what biases of the outputs begin with."""
TWIN, TWIN_RATE = "backpropagation, ReLU", 0.1
FAR_SIZES, FAR_LAMS, FAR_SPANS = [40, 20, 10], (0.3, 0.1), (20.0, 50.0, 100.0, 200.0, 400.0)


def lesson(setting: str, epochs: int, seed: int) -> list[Row]:
    """Right answers and squared errors of the four patterns, every few epochs."""
    rate, bias = SETTINGS[setting]
    net = ContinuousEquilibriumNetwork([4, 12, 2], duration=(SPAN, SPAN), learning_rate=(rate, rate), seed=seed)
    net.biases[-1][:] = bias
    rows: list[Row] = []
    for epoch in range(EVERY, epochs + 1, EVERY):
        tally = net.fit(X, Y, EVERY).tally
        adds, products, spikes = (0, 0, 0) if tally is None else (tally.adds, tally.multiplies, tally.spikes)
        outputs = net.outputs(X)
        rows.append(
            {
                "setting": setting, "seed": seed, "epoch": epoch, "right": int((outputs.argmax(axis=1) == Y).sum()),
                "error": float(((outputs - np.eye(2)[Y]) ** 2).sum()), "adds": adds / (4 * EVERY),
                "products": products / (4 * EVERY), "spikes": spikes / (4 * EVERY),
            }
        )  # fmt: skip
    return rows


def twin_lesson(epochs: int, seed: int) -> list[Row]:
    """The same of backpropagation in a network of the same size (relu, softmax), a sample a time."""
    net = ConventionalNetwork([4, 12, 2], learning_rate=TWIN_RATE, batch=1, seed=seed)
    rows: list[Row] = []
    for epoch in range(EVERY, epochs + 1, EVERY):
        for _ in range(EVERY):
            net.partial_fit(X, Y)
        cost, found = twin_products(net, X, skips_zeros=True), net.predict_proba(X)
        each = (cost.forward + cost.backward) / len(X)
        rows.append(
            {
                "setting": TWIN, "seed": seed, "epoch": epoch, "right": int((found.argmax(axis=1) == Y).sum()),
                "error": float(((found - np.eye(2)[Y]) ** 2).sum()), "adds": each, "products": each, "spikes": None,
            }
        )  # fmt: skip
    return rows


def distance(lam: float, span: float, seed: int, engine: str = "compiled") -> list[Row]:
    """Mean |s - s*| over all units of a random network, s the means over the second half of the span."""
    net = ContinuousEquilibriumNetwork(FAR_SIZES, lam=lam, duration=(span, span), seed=seed, engine=engine)
    rng = np.random.default_rng(seed)
    for bias in net.biases:
        bias[:] = rng.normal(0, 0.3, len(bias))
    x = rng.integers(0, net.grid + 1, (1, FAR_SIZES[0])) / net.grid
    rest = Energy(net.weights, net.biases).settle(x, [np.zeros((1, n)) for n in FAR_SIZES[1:]], 3000, 0.1)
    far = np.abs(np.concatenate(net.states(x), axis=1) - np.concatenate(rest, axis=1)).mean()
    return [{"lam": lam, "span": span, "seed": seed, "distance": float(far)}]


def continuous(request: Request) -> ReproductionReport:
    """How many of ten seeds learn, and how means come to the fixed point as time grows."""
    epochs, seeds = (2 * EVERY if request.quick else EPOCHS), request.seeds(10, quick=2)
    settings, spans = list(SETTINGS), list(FAR_SPANS)
    if request.quick:
        settings, spans = settings[:1], spans[:2]
    curves = rows_of_all(lesson, [(name, epochs, seed) for name in settings for seed in seeds], request)
    curves += rows_of_all(twin_lesson, [(epochs, seed) for seed in seeds], request)
    jobs = [(lam, span, seed) for lam in FAR_LAMS for span in spans for seed in seeds]
    far = rows_of_all(distance, jobs, request)
    means = {
        (lam, span): float(np.mean([row["distance"] for row in far if (row["lam"], row["span"]) == (lam, span)]))
        for lam in FAR_LAMS for span in spans
    }  # fmt: skip
    rows = [row_of(name, [row for row in curves if row["setting"] == name], seeds) for name in (*settings, TWIN)]
    notes = [
        f"exclusive or: network 4-12-2, inputs a, 1 - a, b, 1 - b, Glorot, lam = eps = 0.3, beta = 0.5, phases of "
        f"{SPAN:g} and {SPAN:g} units of time, means over their second halves; {epochs} epochs of four samples; "
        f"{len(seeds)} seeds from {request.seed}; rates and biases were chosen on seeds 100 to 105",
        f"backpropagation: softmax, a sample a time, learning rate {TWIN_RATE}, chosen on the same seeds; adds and "
        "products of both passes, none by 0, with the weights of the time",
        "adds and products a sample: of inputs, of spikes, of learning, and of what brings units to the present and "
        "predicts",
        "learned: all four right at the end; stuck: an error of 2 or more there, an output at 0 or 1 that is wrong",
        *(
            f"distance of means from the fixed point, lam {lam:g}: "
            + ", ".join(f"{rounded(means[lam, span], 2):g} (T = {span:g})" for span in spans)
            for lam in FAR_LAMS
        ),
        f"distance: mean |s - s*| over the units of {'-'.join(map(str, FAR_SIZES))}, Glorot, biases normal with 0.3, "
        "inputs uniform; s* from 3,000 steps of 0.1; s means over the second half of T",
    ]
    picture = _draw(request, curves, means, [*settings, TWIN], spans)
    name, source = "Equilibrium propagation in continuous time", "thesis, 9.2 to 9.6"
    return ReproductionReport("continuous", name, source, rows, notes, curves, [picture])


def row_of(name: str, curves: list[Row], seeds: list[int]) -> Row:
    """Seeds that learned, when, and what a sample costs."""
    ends = [[row for row in curves if row["seed"] == seed][-1] for seed in seeds]
    learned = [row["seed"] for row in ends if row["right"] == len(Y)]
    taken = [
        min(row["epoch"] for row in curves if row["seed"] == seed and row["right"] == len(Y)) for seed in learned
    ]  # fmt: skip
    return {
        "setting": name, "learned": f"{len(learned)} of {len(seeds)}",
        "stuck": sum(row["error"] >= 2 for row in ends),
        "median epochs": float(np.median(taken)) if taken else None,
        "median error at the end": rounded(np.median([row["error"] for row in ends]), 2),
        **{
            f"{key} a sample": None if curves[0][key] is None else round(float(np.mean([row[key] for row in curves])))
            for key in ("spikes", "adds", "products")
        },
    }  # fmt: skip


def _draw(
    request: Request, curves: list[Row], means: dict[tuple[float, float], float], settings: list[str], spans: Any
) -> Any:  # fmt: skip
    figure, (left, right) = panels(1, 2, 4.6)
    for k, name in enumerate(settings):
        own = [row for row in curves if row["setting"] == name]
        epochs = sorted({row["epoch"] for row in own})
        share = [np.mean([row["right"] == len(Y) for row in own if row["epoch"] == epoch]) for epoch in epochs]
        line = {"color": look(k)["color"], "linestyle": look(k)["linestyle"]}
        left.plot(epochs, share, label=name, linewidth=1.6, **line)
    for k, lam in enumerate(FAR_LAMS):
        right.plot(spans, [means[lam, span] for span in spans], label=f"lam = {lam:g}", **look(k))
    left.set(xlabel="epochs", ylabel="share of seeds with all four right", ylim=(-0.03, 1.6))
    left.set_yticks(np.linspace(0, 1, 6))
    right.set(xlabel="T, units of time", ylabel="mean |s - s*|", xscale="log", yscale="log")
    heading(left, "exclusive or")
    heading(right, "mean states and the fixed point")
    legend(left, "upper left")
    legend(right, "lower left")
    for ax in (left, right):
        plain(ax)
    title(figure, "Equilibrium propagation in continuous time")
    return save(figure, request.out / "continuous.png")
