"""Networks that come to rest: exclusive or learned by units of levels, in every order and way to check thresholds."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

import eventnet as en
from eventnet.analysis import may_not_rest
from eventnet.errors import UnsettledError
from eventnet.event import EVENT
from eventnet.kernels.patches import Geometry
from eventnet.models.equilibrium_states import glorot
from eventnet.models.shared import Floats
from eventnet.order import ORDERS
from eventnet.plotting.style import BLUE, GREY, ORANGE, heading, legend, plain, title
from eventnet.scenarios.reproductions.common.pictures import panels, save
from eventnet.scenarios.reproductions.common.report import ReproductionReport, Request, Row, listed, rows_of_all

SIZES, K, BETA, RATES, EPOCHS, QUICK_EPOCHS = [4, 12, 2], 32, 0.5, (0.2, 0.1), 60, 2
X = np.array([[a, 1 - a, b, 1 - b] for a in (0, 1) for b in (0, 1)])
Y = np.array([0, 1, 1, 0])
BUDGET = 300_000
"""Deliveries of one phase after which it counts as one that does not rest."""
CHECKS: dict[str, tuple[str, bool]] = {
    "each spike": ("none", False), "each spike, annihilating": ("none", True), "once a burst": ("burst", False),
}  # fmt: skip


class TwoBlocks(NamedTuple):
    """Blocks [n_in, n_out] and biases of both layers."""

    w: list[Floats]
    b: list[Floats]


class TwoRests(NamedTuple):
    """One pattern: levels of hidden units and outputs at both rests, and deliveries of both phases."""

    negative: list[NDArray[np.int64]]
    positive: list[NDArray[np.int64]]
    deliveries: int


def network(made: TwoBlocks) -> en.Network:
    """Two Sigma-Delta layers that send changes of levels to one another: rows of outputs, then of inputs."""
    net, n_out = en.Network("float64"), SIZES[2]
    rows = net.weights(np.vstack([made.w[1].T, made.w[0] * K]), "hidden")
    options: dict[str, Any] = {"k": K, "unscale": K, "activation": "hard_sigmoid"}
    hidden = net.add(
        en.SigmaDelta(Geometry.dense(n_out + SIZES[0], SIZES[1]), rows, bias=made.b[0], name="hidden", **options)
    )
    columns = net.weights(made.w[1].copy(), "outputs")
    outputs = net.add(
        en.SigmaDelta(Geometry.dense(SIZES[1], n_out), columns, bias=made.b[1], name="outputs", **options)
    )
    net.connect(hidden.out, outputs.spikes)
    net.connect(outputs.out, hidden.spikes)
    return net


def settle(net: en.Network, x: Any, label: int | None, order: str, checks: str, seed: int = 0) -> TwoRests | None:
    """Both phases of a pattern, or with label None the first; None where it does not rest."""
    coalesce, annihilate = CHECKS[checks]
    sim = en.Simulation(net, order, coalesce=coalesce, annihilate=annihilate, budget=BUDGET, seed=seed)
    hidden: Any = net["hidden"]
    outputs: Any = net["outputs"]
    feed = np.ones(2 + int(x.sum()), dtype=EVENT)
    feed["t"], feed["index"] = 0, 0
    feed["port"][:2] = [int(layer.look) for layer in (hidden, outputs)]
    feed["t"][2:], feed["port"][2:], feed["index"][2:] = 1, int(hidden.spikes), SIZES[2] + np.flatnonzero(x)
    try:
        sim.inject(feed)
        first = levels(sim.run())
        if label is not None:
            nudge(sim, label)
            sim.inject([(sim.time, outputs.look, 0, 1)])
            sim.run()
    except UnsettledError:
        return None
    return TwoRests(first, levels(sim), sim.deliveries)


def levels(sim: en.Simulation) -> list[NDArray[np.int64]]:
    """Of hidden units and outputs."""
    return [sim.state(name)["sent"].copy() for name in ("hidden", "outputs")]


def nudge(sim: en.Simulation, label: int) -> None:
    """Outputs are drawn to (v + 2 beta y) / (1 + 2 beta) from now on."""
    outputs = sim["outputs"]
    outputs.bias[:] = (outputs.bias[:] + 2 * BETA * (np.arange(SIZES[2]) == label)) / (1 + 2 * BETA)
    outputs.acc[:] = outputs.acc[:] / (1 + 2 * BETA)
    outputs.w[:] = outputs.w[:] / (1 + 2 * BETA)


def learn(made: TwoBlocks, found: list[TwoRests]) -> None:
    """Add the contrast of both rests, a mean over patterns (thesis 2.12)."""
    below = [[x, x] for x in X]
    for layer, (w, b, rate) in enumerate(zip(made.w, made.b, RATES, strict=True)):
        for n, rests in enumerate(found):
            low, high = (part[layer] / K for part in (rests.negative, rests.positive))
            w += rate / BETA / len(X) * (np.outer(below[n][1], high) - np.outer(below[n][0], low))
            b += rate / BETA / len(X) * (high - low)
            below[n] = [low, high]


def lesson(order: str, checks: str, epochs: int, seed: int) -> list[Row]:
    """Right answers and deliveries of a sample by epoch, up to the first phase that does not rest."""
    w = glorot(SIZES, np.random.default_rng(seed), "float64")
    made = TwoBlocks(w, [np.zeros(n) for n in SIZES[1:]])
    rows: list[Row] = []
    for epoch in range(epochs):
        net = network(made)
        found = [settle(net, x, int(y), order, checks, seed + epoch) for x, y in zip(X, Y, strict=True)]
        rests = [one for one in found if one is not None]
        row: Row = {"order": order, "checks": checks, "seed": seed, "epoch": epoch, "rests": len(rests) == len(X)}
        right = sum(made_right(one, int(y), made) for one, y in zip(found, Y, strict=True) if one is not None)
        rows.append(row | {"right": right, "deliveries": float(np.mean([one.deliveries for one in rests] or [0]))})
        if len(rests) < len(X):
            break
        learn(made, rests)
    return rows


def made_right(rests: TwoRests, label: int, made: TwoBlocks) -> bool:
    """The output with the larger v is that of the label: levels tie where both are 0 or 1."""
    v = rests.negative[0] / K @ made.w[1] + made.b[1]
    return bool(v.argmax() == label and v[label] > v[1 - label])


def warned(order: str, checks: str) -> bool:
    """Whether the network may not come to rest, by its graph alone."""
    made = TwoBlocks(
        [np.ones((a, b)) for a, b in zip(SIZES, SIZES[1:], strict=False)], [np.zeros(n) for n in SIZES[1:]]
    )
    coalesce, annihilate = CHECKS[checks]
    return bool(may_not_rest(network(made), order, coalesce=coalesce, annihilate=annihilate))


def coming_to_rest(request: Request) -> ReproductionReport:
    """Ten seeds in every order, with thresholds checked in three ways."""
    epochs, seeds = (QUICK_EPOCHS if request.quick else EPOCHS), request.seeds(10, quick=2)
    jobs = [(order, checks, epochs, seed) for checks in CHECKS for order in ORDERS for seed in seeds]
    curves = rows_of_all(lesson, jobs, request)
    rows = [_row(order, checks, curves, seeds, epochs) for checks in CHECKS for order in ORDERS]
    notes = [
        f"{'-'.join(map(str, SIZES))}, levels of 1/{K}, beta {BETA}, learning rates {listed(RATES)}, Glorot; exclusive "
        f"or, all four patterns an epoch, {epochs} epochs; a phase with more than {BUDGET:,} deliveries does not rest, "
        f"and its run ends; {len(seeds)} seeds from {request.seed}; rates were chosen on seeds 100 to 105, with checks "
        "once a burst; on the engine",
        "warned: what `may_not_rest` says of the graph before any run; learned: all four right in the last epoch; "
        "deliveries: a pattern, both phases, the median over seeds and epochs that rest",
    ]
    return ReproductionReport(
        "coming-to-rest", "When a network comes to rest", "thesis, 8.6 and A.6", rows, notes, curves,
        [_draw(request, rows, len(seeds))],
    )  # fmt: skip


def _row(order: str, checks: str, curves: list[Row], seeds: list[int], epochs: int) -> Row:
    mine = [row for row in curves if (row["order"], row["checks"]) == (order, checks)]
    failed = [row["epoch"] for row in mine if not row["rests"]]
    learned = sum(row["right"] == len(X) and row["rests"] for row in mine if row["epoch"] == epochs - 1)
    rested = [row["deliveries"] for row in mine if row["rests"]]
    return {
        "thresholds checked": checks, "order": order, "warned": "yes" if warned(order, checks) else "no",
        "does not rest": f"{len(failed)} of {len(seeds)}", "first in epoch": min(failed) if failed else None,
        "learned": f"{learned} of {len(seeds)}",
        "deliveries": round(float(np.median(rested))) if rested else None,
        "most": round(max(rested)) if rested else None,
    }  # fmt: skip


def _draw(request: Request, rows: list[Row], seeds: int) -> Any:
    figure, (left, right) = panels(1, 2, 4.2, sharey=True)
    at = np.arange(len(ORDERS))
    for k, (checks, colour) in enumerate(zip(CHECKS, (ORANGE, BLUE, GREY), strict=True)):
        mine = [row for row in rows if row["thresholds checked"] == checks]
        for ax, values in (
            (left, [int(row["does not rest"].split()[0]) for row in mine]),
            (right, [row["deliveries"] or np.nan for row in mine]),
        ):
            ax.barh(at + 0.27 * (k - 1), values, 0.25, color=colour, label=checks)
    left.set(xlabel="seeds that do not rest", yticks=at, yticklabels=list(ORDERS), xlim=(0, seeds))
    left.set_xticks(range(0, seeds + 1, 2))
    left.invert_yaxis()
    right.set(xlabel="deliveries a pattern, of those that rest")
    heading(left, "rest")
    heading(right, "cost")
    legend(right, "below", ncols=3)
    for ax in (left, right):
        plain(ax, grid="x")
    title(figure, "When a network comes to rest: exclusive or, 4-12-2")
    return save(figure, request.out / "coming-to-rest.png")
