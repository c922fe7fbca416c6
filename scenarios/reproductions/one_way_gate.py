"""Why depth-first training without held errors fails: a one-way gate at the output, seen in the event log.

The author found 81% error depth-first and 3.4% breadth-first and left it open. Three networks are trained on the same
digits: depth-first, breadth-first, and depth-first with the output gate judged when the step has settled. At each
checkpoint the log of a few hundred training samples says which errors the output gate let pass, by sign, and which
label units end their sample below zero.
"""

from __future__ import annotations

from collections.abc import Set
from typing import Any

import numpy as np

import eventnet as en
from eventnet.data import scale_pixels
from eventnet.engine.journal import going_on
from eventnet.models import DeepSpikingNetwork
from eventnet.network import Wire
from eventnet.plotting.style import legend
from eventnet.scenarios.reproductions.common.pictures import axes, band, look, save
from eventnet.scenarios.reproductions.common.report import (
    INTERVALS,
    SEEDS,
    ReproductionReport,
    Request,
    Row,
    compared,
    digits_for,
    listed,
    rows_of_all,
    spread,
)

SIZES = [784, 200, 200, 10]
KINDS = {
    "depth": "depth-first",
    "breadth": "breadth-first",
    "judged": "depth-first, output gate judged at the end of the step",
}
PARTNER = "breadth"
WATCHED = 300


class SettledErrorNetwork(DeepSpikingNetwork):
    """Output spikes become errors when their step has settled, not at once."""

    def training_network(self, x: Any, y: Any) -> tuple[en.Network, Any]:
        """The same network with one wire settled."""
        net, feed = super().training_network(x, y)
        last = f"layer{len(self.sizes) - 2}"
        settle(net, {(f"{last}.out", f"{last}.error")})
        return net, feed


def settle(net: en.Network, wires: Set[tuple[str, str]]) -> None:
    """Make these wires, given as names of port and port, deliver when their step has settled."""
    for k, wire in enumerate(net.wires):
        if (str(wire.source), str(wire.target)) in wires:
            net.wires[k] = Wire(wire.source, wire.target, settled=True)


def watch(dsn: DeepSpikingNetwork, x: Any, y: Any) -> Row:
    """Shares of errors that pass the output gate, by sign (None where there is no error), and of labels below 0; the
    network is left as it was."""
    twin = type(dsn).from_weights(dsn.weights, **dsn.options)
    twin._backward = dsn._backward
    vectors, targets = twin.vectors(x), twin._targets(y, len(x))
    passed = {1: [0, 0], -1: [0, 0]}
    below = 0
    for k in range(len(x)):
        net, feed = twin.training_network(vectors[k : k + 1], targets[k : k + 1])
        sim = en.Simulation(net, twin.options["order"], record=True)
        sim.inject(feed)
        sim.run()
        layer: Any = net[f"layer{len(SIZES) - 2}"]
        update: Any = net[f"update{len(SIZES) - 2}"]
        log = sim.log
        for sign, (came, went) in passed.items():
            arrived = int(np.sum((log["port"] == int(layer.error)) & (log["sign"] == sign)))
            left = int(np.sum((log["port"] == int(update.error)) & (log["sign"] == sign)))
            passed[sign] = [came + arrived, went + left]
        state = sim.state(layer)
        below += bool(state["phi"][y[k]] + state["fired"][y[k]] < 0)
    rates = {name: _share(*passed[s]) for name, s in (("+ passed", 1), ("- passed", -1))}
    return {"labels below 0": below / len(x), **rates}


def _share(came: int, went: int) -> float | None:
    return went / came if came else None


def follow(data: str | None, kind: str, seed: int, samples: int, part: int) -> list[Row]:
    """Train and look every `part` samples."""
    d = digits_for(data, "author", embedded=data is None)
    x, x_test = scale_pixels(d.x_train), scale_pixels(d.x_test)
    made = SettledErrorNetwork if kind == "judged" else DeepSpikingNetwork
    order = "breadth" if kind == "breadth" else "depth"
    dsn = made(SIZES, rule="sgd", order=order, hold_error=False, seed=seed)
    state: dict[str, Any] = {"dsn": dsn, "rows": []}
    begins = list(range(0, samples, part))
    for k in going_on(state, len(begins), follow, data, kind, seed):
        done, dsn = begins[k], state["dsn"]
        at = done % len(x)
        dsn.partial_fit(x[at : at + part], d.y_train[at : at + part])
        row: Row = {
            "network": kind,
            "seed": seed,
            "samples": done + part,
            "error": 100 * (1 - dsn.score(x_test, d.y_test)),
        }
        state["rows"].append(row | watch(dsn, x[:WATCHED], d.y_train[:WATCHED]))
    finished: list[Row] = state["rows"]
    return finished


def one_way_gate(request: Request) -> ReproductionReport:
    """Three networks, ten seeds, with bands."""
    seeds = request.seeds(SEEDS)
    data = None if request.quick or request.data is None else str(request.data)
    samples, part = (4_000, 1_000) if data is None else (75_000, 12_500)
    jobs = [(data, kind, seed, samples, part) for kind in KINDS for seed in seeds]
    curves = rows_of_all(follow, jobs, request)
    table: list[Row] = []
    for kind, name in KINDS.items():
        for at in sorted({row["samples"] for row in curves}):
            mine = [row for row in curves if row["network"] == kind and row["samples"] == at]
            row = {"network": name, "samples": at}
            theirs = [row for row in curves if row["network"] == PARTNER and row["samples"] == at]
            errors, partners = ({m["seed"]: m["error"] for m in part} for part in (mine, theirs))
            row |= compared("error", errors, KINDS[PARTNER], partners, ".1f")
            for column in ("labels below 0", "+ passed", "- passed"):
                values = [m[column] for m in mine if m[column] is not None]
                row[column] = spread(values, ".3g") if values else None
            table.append(row)
    notes = [
        f"{'embedded digits' if data is None else 'the author’s split'}; SGD, errors not held; seeds {listed(seeds)}; "
        "T = 10",
        f"error: {INTERVALS}; all else: mean (least to most); shares that pass: of the seeds that have such errors",
    ]
    return ReproductionReport(
        "one-way-gate", "Depth-first without held errors", "thesis, table A.1 and A.6", table, notes, curves,
        [_draw(request, curves)],
    )  # fmt: skip


def _draw(request: Request, curves: list[Row]) -> Any:
    figure, ax = axes("Label units that end their sample below zero", "training samples", "fraction of samples")
    times = sorted({row["samples"] for row in curves})
    for k, (kind, name) in enumerate(KINDS.items()):
        dead = np.array(
            [[r["labels below 0"] for r in curves if r["network"] == kind and r["samples"] == t] for t in times]
        )
        band(ax, times, dead, label=name, **look(k))
    ax.xaxis.set_major_formatter("{x:,.0f}")
    legend(ax)
    return save(figure, request.out / "one-way-gate.png")
