"""Effects and costs of routing orders: models and scenarios that ship, in every order, at both granularities.

The thesis knows two orders and asks to "keep an open mind on both methods until we understand why" (A.6); here are six,
on the networks of `eventnet.scenarios.orders.subjects`, over several seeds.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import eventnet as en
from eventnet import analysis
from eventnet.scenarios.orders.subjects import SUBJECTS
from eventnet.scenarios.reproductions.common.pictures import panels, save
from eventnet.scenarios.reproductions.common.report import (
    ReproductionReport,
    Request,
    Row,
    rounded,
    rows_of_all,
    spread,
)

SIZES: dict[str, dict[str, Any]] = {
    "dsn-learning": {"samples": 1000},
    "dsn-answering": {"samples": 500},
    "sigma-delta": {"samples": 240},
    "pd": {"samples": 200},
    "fusion": {"seconds": 1.0},
}
QUICK: dict[str, dict[str, Any]] = {
    "dsn-learning": {"samples": 20}, "dsn-answering": {"samples": 20, "taught": 200},
    "sigma-delta": {"samples": 20, "taught": 200}, "pd": {"samples": 20}, "fusion": {"seconds": 0.02},
}  # fmt: skip
CHECKS = {"none": "row", "burst": "burst"}
COUNTS = ("spikes", "adds", "energy uJ", "queue", "depth", "latency", "late us")
SHOWN = {"spikes": "spikes", "adds": "adds", "queue": "most that waited", "latency": "deliveries until the output"}


def run_all(name: str, seed: int, sizes: dict[str, Any]) -> list[Row]:
    """A subject in every order: a row for each, `off` being how far its answer lies from that of depth-first runs."""
    made = SUBJECTS[name](seed, **sizes)
    found = analysis.orders(
        made.net, made.feed, answer=made.answer, score=made.score, output=made.output, seed=seed, processes=1
    )
    first = {o.coalesce: o.value for o in reversed(found)}
    return [
        {
            "subject": name, "seed": seed, "checks": CHECKS[o.coalesce or "none"], "order": o.order,
            "answer": o.answer, "off": _off(o.value, first[o.coalesce]), "score": o.score, "scored": made.scored,
            "inputs": made.inputs, "deliveries": o.deliveries, "spikes": o.spikes, "adds": o.adds,
            "energy uJ": 1e-6 * o.energy, "queue": o.peak_queue, "depth": o.depth, "latency": o.deliveries_before,
            "late us": o.ticks, "prices": o.estimate.prices,
        }
        for o in found
    ]  # fmt: skip


def _off(value: analysis.answers.Arrays, first: analysis.answers.Arrays) -> float:
    """The largest difference, in parts of the largest number."""
    most = max(float(np.abs(x).max(initial=0)) for x in first)
    return max(float(np.abs(x - y).max(initial=0)) for x, y in zip(value, first, strict=True)) / (most or 1.0)


def routing_order(request: Request) -> ReproductionReport:
    """Every subject, three seeds; a row of means for each order and granularity."""
    sizes = QUICK if request.quick else SIZES
    seeds = request.seeds()
    jobs = [(name, seed, sizes[name]) for name in SUBJECTS for seed in seeds]
    curves = rows_of_all(run_all, jobs, request)
    rows = [
        _mean([row for row in curves if (row["subject"], row["checks"], row["order"]) == (name, checks, order)])
        for name in SUBJECTS for checks in CHECKS.values() for order in en.ORDERS
        if any((row["subject"], row["checks"]) == (name, checks) for row in curves)
    ]  # fmt: skip
    notes = [f"{name}: {_first(curves, name)['inputs']}; score: {_first(curves, name)['scored']}" for name in SUBJECTS]
    notes.append(
        f"means over seeds {seeds}, score with least and most; off: the answer's largest difference from that of the "
        "depth-first run, in parts of the largest number; latency: deliveries from an input to the first at the "
        f"output; energy: an estimate, {', '.join(sorted({row['prices'] for row in curves}))}"
    )
    return ReproductionReport(
        "routing-order", "Routing order: answers and costs", "thesis, A.6", rows, notes, curves, [_draw(rows, request)]
    )


def _first(rows: list[Row], name: str) -> Row:
    return next(row for row in rows if row["subject"] == name)


def _mean(rows: list[Row]) -> Row:
    scores = [row["score"] for row in rows]
    made = {name: rows[0][name] for name in ("subject", "checks", "order")}
    made["off"] = f"{max(row['off'] for row in rows):.1e}"
    made["score"] = spread(scores, ".3g")
    for name in COUNTS:
        values = [row[name] for row in rows if row[name] is not None]
        made[name] = rounded(np.mean(values), 4) if values else None
    return made


def _draw(rows: list[Row], request: Request) -> Any:
    """Costs of each order over those breadth-first, at the same granularity."""
    figure, grid = panels(2, 2, (10, 6.4), sharey=True)
    names = [(name, c) for name in SUBJECTS for c in CHECKS.values() if _of(rows, name, c)]
    for ax, (quantity, title) in zip(grid.flat, SHOWN.items(), strict=True):
        for at, (name, checks) in enumerate(names):
            mine = {row["order"]: row[quantity] for row in _of(rows, name, checks)}
            for k, order in enumerate(en.ORDERS):
                if mine[order] and mine["breadth"]:
                    ax.plot(
                        mine[order] / mine["breadth"], at + 0.11 * (k - 2.5), "os^vDP"[k % 6], color=f"C{k}", ms=5,
                        label=order if at == 0 else None,
                    )  # fmt: skip
        ax.set(title=title, xlabel="times breadth-first", ylim=(len(names) - 0.5, -0.5))
        ax.set_yticks(range(len(names)), [f"{name}, {checks}" for name, checks in names])
        ax.grid(alpha=0.3)
        ax.axvline(1, color="0.6", lw=0.8, zorder=0)
        if quantity == "latency":
            ax.set_xscale("log")
    grid.flat[0].legend(fontsize=8)
    return save(figure, request.out / "routing-order.png")


def _of(rows: list[Row], name: str, checks: str) -> list[Row]:
    return [row for row in rows if (row["subject"], row["checks"]) == (name, checks)]
