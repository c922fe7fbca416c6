"""Effects and costs of routing orders: models and scenarios that ship, in every order, at both granularities.

The thesis knows two orders and asks to "keep an open mind on both methods until we understand why" (A.6); here are six,
on the networks of `eventnet.scenarios.orders.subjects`, over several seeds.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import eventnet as en
from eventnet import analysis
from eventnet.plotting.style import GREY, NOTE, heading, plain, title
from eventnet.scenarios.orders.subjects import SUBJECTS
from eventnet.scenarios.reproductions.common.pictures import look, panels, save
from eventnet.scenarios.reproductions.common.report import (
    INTERVALS,
    SEEDS,
    ReproductionReport,
    Request,
    Row,
    compared,
    listed,
    rounded,
    rows_of_all,
)
from eventnet.scenarios.shared.paired import MeanInterval, mean_interval

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
WHEN = {"row": "each row", "burst": "once a burst"}
COUNTS = ("spikes", "adds", "energy uJ", "checks too uJ", "queue", "depth", "latency", "late us")
SHOWN = {
    "spikes": "Spikes", "adds": "Adds", "queue": "Most events that waited", "latency": "Deliveries until the output",
}  # fmt: skip
PARTNER = "breadth"
"""The order beside which all others stand, at their granularity."""
ALIKE = 0.05
"""Percent by which an order's mean has to differ from breadth-first in a quantity to be marked in the picture."""


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
            "energy uJ": 1e-6 * o.energy, "checks too uJ": 1e-6 * o.estimate.comparisons_too.typical,
            "queue": o.peak_queue, "depth": o.depth, "latency": o.deliveries_before,
            "late us": o.ticks, "prices": o.estimate.prices,
        }
        for o in found
    ]  # fmt: skip


def _off(value: analysis.answers.Arrays, first: analysis.answers.Arrays) -> float:
    """The largest difference, in parts of the largest number."""
    most = max(float(np.abs(x).max(initial=0)) for x in first)
    return max(float(np.abs(x - y).max(initial=0)) for x, y in zip(value, first, strict=True)) / (most or 1.0)


def routing_order(request: Request) -> ReproductionReport:
    """Every subject, ten seeds; a row of means for each order and granularity."""
    sizes = QUICK if request.quick else SIZES
    seeds = request.seeds(SEEDS)
    jobs = [(name, seed, sizes[name]) for name in SUBJECTS for seed in seeds]
    curves = rows_of_all(run_all, jobs, request)
    rows = [
        _mean(*([row for row in curves if (row["subject"], row["checks"], row["order"]) == (name, checks, one)]
                for one in (order, PARTNER)))
        for name in SUBJECTS for checks in CHECKS.values() for order in en.ORDERS
        if any((row["subject"], row["checks"]) == (name, checks) for row in curves)
    ]  # fmt: skip
    notes = [f"{name}: {_first(curves, name)['inputs']}; score: {_first(curves, name)['scored']}" for name in SUBJECTS]
    notes.append(
        f"seeds {listed(seeds)}; score and spikes: {INTERVALS}; off: the answer's largest difference from that of the "
        "depth-first run, in parts of the largest number; latency: deliveries from an input to the first at the "
        "output; energy: an estimate, and with comparisons at the price of an addition; "
        f"{', '.join(sorted({row['prices'] for row in curves}))}"
    )
    return ReproductionReport(
        "routing-order", "Routing order: answers and costs", "thesis, A.6", rows, notes, curves,
        [_draw(curves, request)],
    )  # fmt: skip


def _first(rows: list[Row], name: str) -> Row:
    return next(row for row in rows if row["subject"] == name)


def _mean(rows: list[Row], partner: list[Row]) -> Row:
    made = {name: rows[0][name] for name in ("subject", "checks", "order")}
    made["off"] = f"{max(row['off'] for row in rows):.1e}"
    made |= compared("score", _by_seed(rows, "score"), PARTNER, _by_seed(partner, "score"), ".3g")
    base = _by_seed(partner, "spikes")
    more = {seed: 100 * (spikes / base[seed] - 1) for seed, spikes in _by_seed(rows, "spikes").items()}
    found = mean_interval(list(more.values()))
    made |= {"spikes more than partner, %": round(found.mean, 2), "spikes more, 95%": found.ends("+.2f")}
    for name in COUNTS:
        values = [row[name] for row in rows if row[name] is not None]
        made[name] = rounded(np.mean(values), 4) if values else None
    return made


def _by_seed(rows: list[Row], quantity: str) -> dict[int, Any]:
    return {row["seed"]: row[quantity] for row in rows}


def _draw(rows: list[Row], request: Request) -> Any:
    """A picture of the cost of each order beside breadth-first, at the same granularity, from a row a seed.

    Means of the differences of seeds; a mark is hollow where 0 lies in the interval of its mean, or where one seed
    gives none.
    """
    names = [(name, c) for name in SUBJECTS for c in CHECKS.values() if _of(rows, name, c)]
    found = {quantity: {key: _differences(_of(rows, *key), quantity) for key in names} for quantity in SHOWN}
    shown = {quantity: [key for key in names if found[quantity][key]] for quantity in SHOWN}
    counts = [len(keys) for keys in shown.values()]
    figure, axs = panels(
        len(SHOWN), 1, 2.2 + 0.7 * len(SHOWN) + 0.3 * sum(counts), height_ratios=[n + 1 for n in counts]
    )
    for ax, (quantity, named) in zip(axs, SHOWN.items(), strict=True):
        for at, key in enumerate(shown[quantity]):
            for order, percent in found[quantity][key].items():
                k = en.ORDERS.index(order)
                hollow = {} if percent.parts_from_zero() else {"markerfacecolor": "white"}
                ax.plot(percent.mean, at + 0.1 * (k - 2.5), **look(k) | {"linestyle": "none", "markersize": 6} | hollow)
        heading(ax, named)
        ax.set_yticks(range(len(shown[quantity])), [f"{name}, {WHEN[checks]}" for name, checks in shown[quantity]])
        ax.set_ylim(len(shown[quantity]) - 0.4, -0.6)
        ax.axvline(0, color=GREY, linewidth=1, zorder=0)
        ax.xaxis.set_major_formatter(lambda value, _: f"{value:+,g}" if value else "0")
        plain(ax)
    axs[-1].set_xlabel("more (+) or less (-) than breadth-first, %")
    differing = {order for keys in found.values() for percents in keys.values() for order in percents}
    orders = [k for k, order in enumerate(en.ORDERS) if order in differing]
    marks = [axs[0].plot([], [], **look(k) | {"linestyle": "none"}, label=en.ORDERS[k])[0] for k in orders]
    figure.legend(handles=marks, loc="outside lower center", ncols=len(marks) or 1, frameon=False, fontsize=NOTE)
    title(figure, "What orders cost beside breadth-first, means of seeds; hollow: 0 is in the interval of 95%")
    return save(figure, request.out / "routing-order.png")


def _differences(rows: list[Row], quantity: str) -> dict[str, MeanInterval]:
    """Percent more than breadth-first, seed by seed, of the orders whose mean is not alike."""
    by_seed = {order: _by_seed([row for row in rows if row["order"] == order], quantity) for order in en.ORDERS}
    found = {}
    for order, mine in by_seed.items():
        pairs = [(value, by_seed[PARTNER].get(seed)) for seed, value in mine.items()]
        percents = [100 * (value / base - 1) for value, base in pairs if value is not None and base]
        if percents and abs(np.mean(percents)) > ALIKE:
            found[order] = mean_interval(percents)
    return found


def _of(rows: list[Row], name: str, checks: str) -> list[Row]:
    return [row for row in rows if (row["subject"], row["checks"]) == (name, checks)]
