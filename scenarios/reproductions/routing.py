"""Table A.2: the order of deliveries in the A-B-C-D example, depth-first and breadth-first."""

from __future__ import annotations

from typing import Any

import eventnet as en
from eventnet.plotting.style import GREEN, ORANGE, SKY
from eventnet.scenarios.reproductions.common.pictures import axes, save
from eventnet.scenarios.reproductions.common.report import ReproductionReport, Request

PUBLISHED = {
    "breadth": "B(a1) B(a2) C(a1) C(a2) D(b1) D(b2) D(b3)",
    "depth": "B(a1) D(b1) D(b2) C(a1) B(a2) D(b3) C(a2)",
}


def example() -> tuple[en.Network, list[tuple[int, Any, int, int]]]:
    """A turns one input into a1, a2 for B and C; B turns a1 into b1, b2 and a2 into b3, for D."""
    net = en.Network("float32")
    a = net.add(en.Herding(2, net.weights([[1, 1]]), name="A"))
    b = net.add(en.Herding(3, net.weights([[1, 1, 0], [0, 0, 1]]), name="B"))
    c, d = net.add(en.Sink(2, name="C")), net.add(en.Sink(3, name="D"))
    net.connect(a.out, b.spikes)
    net.connect(a.out, c.spikes)
    net.connect(b.out, d.spikes)
    return net, [(0, a.spikes, 0, 1)]


def sentences_of(order: str, seed: int) -> list[str]:
    """The deliveries of the example after its input, as the thesis writes them: B(a1) is event a1 at module B."""
    net, inputs = example()
    log = en.simulate(net, inputs, order=order, seed=seed, record=True).log[1:]
    ports = list(net.ports())
    sent = {"B": "a", "C": "a", "D": "b"}
    return [f"{(name := ports[line['port']].module.name)}({sent[name]}{int(line['index']) + 1})" for line in log]


def routing(request: Request) -> ReproductionReport:
    """Run the example in every order and compare the two that are published."""
    rows = []
    for order in en.ORDERS:
        measured = " ".join(sentences_of(order, request.seed))
        rows.append({"order": order, "published": PUBLISHED.get(order, ""), "measured": measured})
    good = all(row["published"] in ("", row["measured"]) for row in rows)
    notes = ["exactly as published" if good else "NOT as published", "the input that makes A send is left out"]
    figure, ax = axes("Table A.2: the same network in every order", "delivery", "")
    for k, row in enumerate(rows):
        for n, name in enumerate(row["measured"].split()):
            colour = {"B": SKY, "C": ORANGE, "D": GREEN}[name[0]]
            ax.text(n, k, name, ha="center", va="center", bbox={"boxstyle": "round", "fc": colour, "alpha": 0.6})
    ax.set(yticks=range(len(rows)), yticklabels=[row["order"] for row in rows], xlim=(-0.6, 6.6), xticks=range(7))
    ax.set(xticklabels=range(1, 8), ylim=(len(rows) - 0.5, -0.5))
    ax.grid(False)
    drawn = save(figure, request.out / "routing.png")
    return ReproductionReport(
        "routing", "Table A.2, order of deliveries", "thesis, table A.2, figure A.3", rows, notes, pictures=[drawn]
    )
