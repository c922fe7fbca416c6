"""A Deep Spiking Network trained in every routing order, at both granularities: how far it comes.

Thesis, tables A.1 and A.2: 81% error depth-first without held errors, 3.4% breadth-first with them. Here every order
learns with each rule, with and without held errors. Without data: the embedded digits. With MNIST: two epochs of the
author's split, SGD without held errors, where depth-first training collapses.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

import eventnet as en
from eventnet.data import scale_pixels
from eventnet.engine.journal import going_on
from eventnet.kernels.random import hash64
from eventnet.models import DeepSpikingNetwork
from eventnet.plotting.style import NOTE, heading, legend, plain, title
from eventnet.scenarios.reproductions.common.pictures import axes, band, look, panels, save
from eventnet.scenarios.reproductions.common.report import (
    INTERVALS,
    SEEDS,
    ReproductionReport,
    Request,
    Row,
    compared,
    digits_for,
    listed,
    rounded,
    rows_of_all,
)
from eventnet.scenarios.reproductions.one_way_gate import WATCHED, watch

SMALL: dict[str, Any] = {"sizes": [784, 100, 10], "learning_rate": 0.05, "init_scale": 0.05, "part": 2000, "parts": 5}
LARGE: dict[str, Any] = {"sizes": [784, 200, 200, 10], "part": 12_500, "parts": 8}
QUICK: dict[str, Any] = {"sizes": [784, 10, 10], "learning_rate": 0.05, "init_scale": 0.05, "part": 50, "parts": 2}
CHECKS = {"none": "row", "burst": "burst"}
HELD, FIRST, LAST, COUNT_FIRST, COUNT_LAST = 15, 11, 13, 6, 8
"""Wires of a training network with one hidden layer.

With held errors, that by which a gated error reaches the update of the last weights; without, those by which gated
errors reach the updates of the first and the last weights, and those by which spikes reach their counts.
"""


def held_random_update_last(t, source, wire, index, sign, magnitude, rank, seq, seed):
    """At random, but the last weights are updated when all else of the instant is done."""
    return (3 if wire == HELD else 2), hash64(seed, seq) // 2


def random_updates_last(t, source, wire, index, sign, magnitude, rank, seq, seed):
    """At random, but weights are updated when all else of the instant is done."""
    return (3 if wire == FIRST or wire == LAST else 2), hash64(seed, seq) // 2


def magnitude_updates_last(t, source, wire, index, sign, magnitude, rank, seq, seed):
    """By magnitude, but weights are updated when all else of the instant is done."""
    return (3 if wire == FIRST or wire == LAST else 2), -int(min(magnitude, 2147483648.0) * 2147483648.0)


def magnitude_counts_first(t, source, wire, index, sign, magnitude, rank, seq, seed):
    """By magnitude, but spikes are counted before anything else."""
    return (2 if wire == COUNT_FIRST or wire == COUNT_LAST else 3), -int(min(magnitude, 2147483648.0) * 2147483648.0)


OWN = {
    "random, last update last": held_random_update_last, "random, updates last": random_updates_last,
    "magnitude, updates last": magnitude_updates_last, "magnitude, counts first": magnitude_counts_first,
}  # fmt: skip


def train(data: str | None, kind: dict[str, Any], size: dict[str, Any], seed: int) -> list[Row]:
    """Train one network, and say how often it is wrong: at the end, and after each part of MNIST.

    Half-way through MNIST and at its end: what the output gate lets pass on the first training samples, too.
    """
    d = digits_for(data, "author", embedded=data is None)
    x, x_test = scale_pixels(d.x_train), scale_pixels(d.x_test)
    part, parts = size["part"], size["parts"]
    made: dict[str, Any] = {"dsn": _network(kind, size, seed), "rows": []}
    for k in going_on(made, parts, train, data, kind, size, seed):
        dsn, at = made["dsn"], k * part % len(x)
        dsn.partial_fit(x[at:][:part], d.y_train[at:][:part])
        if data is None and k + 1 < parts:
            continue
        tally = dsn.tally
        assert tally is not None
        plain = DeepSpikingNetwork.from_weights(dsn.weights, steps=dsn.options["steps"])
        made["rows"].append({
            **{name: kind.get(name, "") for name in ("rule", "hold_error", "coalesce", "order")},
            "column": kind.get("column", "before"), "seed": seed, "samples": (k + 1) * part,
            "error": 100 * (1 - dsn.score(x_test, d.y_test)),
            "error, answered breadth-first": 100 * (1 - plain.score(x_test, d.y_test)),
            "spikes": tally.spikes / part, "adds": tally.adds / part,
        })  # fmt: skip
        if data is not None and k + 1 in (parts // 2, parts):
            made["rows"][-1] |= watch(dsn, x[:WATCHED], d.y_train[:WATCHED])
    finished: list[Row] = made["rows"]
    return finished


GATE = ("+ passed", "- passed", "labels below 0")


def _network(kind: dict[str, Any], size: dict[str, Any], seed: int) -> DeepSpikingNetwork:
    options = {name: value for name, value in size.items() if name not in ("sizes", "part", "parts")}
    options |= {name: value for name, value in kind.items() if name != "order"}
    return DeepSpikingNetwork(size["sizes"], order=OWN.get(kind["order"], kind["order"]), seed=seed, **options)


def kinds(large: bool) -> list[dict[str, Any]]:
    """The variants that are trained: rule, held errors, granularity, order."""
    if large:
        free = {"rule": "sgd", "hold_error": False}
        asked = [("none", "depth"), ("none", "breadth"), ("burst", "depth"), ("none", "magnitude"), ("none", "random")]
        return [{**free, "coalesce": coalesce, "order": order} for coalesce, order in asked]
    many: list[dict[str, Any]] = [
        {"rule": rule, "hold_error": hold, "coalesce": coalesce, "order": order}
        for rule in ("sgd", "fsgd") for hold in (True, False) for coalesce in CHECKS for order in en.ORDERS
    ]  # fmt: skip
    held = {"rule": "fsgd", "hold_error": True, "coalesce": "none"}
    many += [{**held, "order": order, "column": "after"} for order in ("depth", "breadth")]
    free = {**held, "hold_error": False}
    return [
        *many,
        {**held, "order": "random, last update last"},
        *({**free, "order": order} for order in list(OWN)[1:]),
    ]


def order_learning(request: Request) -> ReproductionReport:
    """All kinds with the same ten seeds."""
    data = None if request.quick or request.data is None else str(request.data)
    size = QUICK if request.quick else SMALL if data is None else LARGE
    seeds = request.seeds(SEEDS)
    asked = kinds(data is not None)[:: 12 if request.quick else 1]
    jobs = [(data, kind, size, seed) for kind in asked for seed in seeds]
    curves = rows_of_all(train, jobs, request)
    rows = means(curves)
    names = {name: None for row in curves for name in row}
    curves = [{name: row.get(name) for name in names} for row in curves]
    where = "embedded digits" if data is None else "the author's split of MNIST"
    notes = [
        f"{where}; {size['sizes']}, {size['part'] * size['parts']} samples in all; seeds {listed(seeds)}; spikes and "
        f"adds a sample, in the last {size['part']} samples",
        f"error: test error in %, {INTERVALS}; partner: {PARTNER} of the same rule and errors",
    ]
    title = "Deep Spiking Networks trained in every order"
    draw = _draw_curves if data is not None else _draw_ends
    drawn = draw(curves, request)
    return ReproductionReport("order-learning", title, "thesis, tables A.1 and A.2, A.6", rows, notes, curves, [drawn])


def _kind(row: Row) -> tuple[Any, ...]:
    return tuple(row[name] for name in ("rule", "hold_error", "coalesce", "order", "column"))


PARTNER = "breadth, checks at each row"


def means(curves: list[Row]) -> list[Row]:
    """A row for each kind, beside breadth-first training by the same rule, with errors held or sent as they are."""
    partners = {_kind(row)[:2]: row for row in curves if _kind(row)[2:] == ("none", "breadth", "before")}
    found = []
    for kind in dict.fromkeys(map(_kind, curves)):
        partner = _kind(partners[kind[:2]]) if kind[:2] in partners else kind
        mine, theirs = ([row for row in curves if _kind(row) == one] for one in (kind, partner))
        found.append(_mean(mine, theirs))
    return found


def _mean(rows: list[Row], partner: list[Row]) -> Row:
    last = max(row["samples"] for row in rows)
    end = [row for row in rows if row["samples"] == last]
    made = {
        "rule": end[0]["rule"], "errors": "held" if end[0]["hold_error"] else "at once",
        "checks": CHECKS[end[0]["coalesce"]], "order": end[0]["order"], "column": end[0]["column"],
    }  # fmt: skip
    errors, theirs = ({row["seed"]: row["error"] for row in part if row["samples"] == last} for part in (end, partner))
    made |= compared("error", errors, PARTNER, theirs, ".1f")
    made["answered breadth-first"] = f"{np.mean([row['error, answered breadth-first'] for row in end]):.1f}"
    made |= {name: rounded(np.mean([row[name] for row in end]), 4) for name in ("spikes", "adds")}
    half = [row for row in rows if 2 * row["samples"] == end[0]["samples"]]
    for name in GATE:
        if name in end[0]:
            made[f"{name}, half-way and at the end"] = ", ".join(_of_those(name, part) for part in (half, end))
    return made


def _of_those(name: str, rows: list[Row]) -> str:
    """The mean of the rows that have it: a share of errors that pass is of the seeds with such errors."""
    there = [row[name] for row in rows if row[name] is not None]
    return f"{np.mean(there):.3g}" if there else "no errors"


def _draw_ends(curves: list[Row], request: Request) -> Path:
    """The error at the end, a panel for each rule and way of errors; a mark for each seed."""
    figure, grid = panels(2, 2, 5.8, sharey=True, sharex=True)
    last = max(row["samples"] for row in curves)
    for ax, (rule, hold) in zip(grid.flat, [(r, h) for r in ("sgd", "fsgd") for h in (True, False)], strict=True):
        for k, (coalesce, checks) in enumerate(CHECKS.items()):
            colour, marker = look(k)["color"], look(k)["marker"]
            for at, order in enumerate(en.ORDERS):
                mine = [
                    row["error"] for row in curves
                    if _kind(row) == (rule, hold, coalesce, order, "before") and row["samples"] == last
                ]  # fmt: skip
                where = at + 0.3 * (k - 0.5)
                ax.plot([where] * len(mine), mine, marker, markersize=4, color=colour, alpha=0.7)
                if mine:
                    ax.plot([where - 0.12, where + 0.12], [np.mean(mine)] * 2, color=colour)
            ax.plot([], [], marker=marker, color=colour, label=f"thresholds checked each {checks}")
        heading(ax, f"{rule.upper()}, errors {'held' if hold else 'sent at once'}")
        ax.set(yscale="log", ylim=(9, 100))
        ax.set_yticks([10, 20, 30, 50, 100])
        ax.minorticks_off()
        ax.set_xticks(range(len(en.ORDERS)), en.ORDERS, rotation=30, ha="right", rotation_mode="anchor")
        plain(ax)
    for ax in grid[:, 0]:
        ax.set_ylabel("test error, %")
    handles = grid[0, 0].get_legend_handles_labels()
    figure.legend(*handles, loc="outside lower center", ncols=2, frameon=False, fontsize=NOTE)
    title(figure, "Test error by order: a mark for each seed, bars are means")
    return save(figure, request.out / "order-learning.png")


def _draw_curves(curves: list[Row], request: Request) -> Path:
    figure, ax = axes("SGD, errors not held, MNIST", "training samples", "test error, %", yscale="log")
    for k, kind in enumerate(dict.fromkeys(map(_kind, curves))):
        mine = [row for row in curves if _kind(row) == kind]
        times = sorted({row["samples"] for row in mine})
        errors = np.array([[row["error"] for row in mine if row["samples"] == t] for t in times])
        burst = kind[2] == "burst"
        name = f"{kind[3]}, checks once a burst" if burst else kind[3]
        band(ax, times, errors, label=name, alpha=0.15, **look(k) | {"linestyle": "--" if burst else "-"})
    ax.xaxis.set_major_formatter("{x:,.0f}")
    legend(ax)
    return save(figure, request.out / "order-learning-mnist.png")
