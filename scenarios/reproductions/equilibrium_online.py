"""MNIST wholly on the engine, a sample a time: units of levels that learn at each event, without and with delays."""

from __future__ import annotations

from typing import Any

import numpy as np

from eventnet.data import scale_pixels
from eventnet.engine.journal import going_on
from eventnet.errors import UnsettledError
from eventnet.models import EquilibriumNetwork
from eventnet.plotting.style import legend, plain, title
from eventnet.scenarios.reproductions.common.learning_energy import settling_products
from eventnet.scenarios.reproductions.common.pictures import look, panels, save
from eventnet.scenarios.reproductions.common.report import (
    ReproductionReport,
    Request,
    Row,
    digits_for,
    listed,
    rows_of_all,
)
from eventnet.scenarios.reproductions.common.twin import TwinLesson, twin_note

COSTS = (
    "input_adds", "input_products", "synaptic_adds", "synaptic_products", "learning_adds", "learning_products",
    "deliveries",
)  # fmt: skip
SIZES, K, GRID, RATES, MOST = [784, 500, 10], 256, 256, (0.005, 0.0025), 20_000
FORMS: dict[str, tuple[Any, int]] = {"no delay": (0, 50_000), "1 tick": (1, 10_000), "1 to 10 ticks": ((1, 10), 10_000)}
"""Delay of a message, and samples."""
EVERY, QUICK_EVERY, LOOKED_AT, JUDGED = 2500, 100, 500, 2000
"""Samples of a part, and test images of the curve and of delayed networks, the first of all."""


def train(data: str | None, form: str, seed: int, every: int, samples: int, quick: bool) -> list[Row]:
    """Errors in percent after each part, and what a sample of it cost; up to one that does not rest."""
    d = digits_for(data, "author", embedded=quick)
    x, x_val = scale_pixels(d.x_train[:samples]), scale_pixels(d.x_test)
    made: dict[str, Any] = {
        "net": EquilibriumNetwork(
            SIZES, k=K, grid=GRID, learn="event", engine="compiled", learning_rate=RATES, delay=FORMS[form][0],
            most=MOST, seed=seed,
        ),
        "rows": [],
    }  # fmt: skip
    for k in going_on(made, samples // every, train, form, seed, quick):
        net, seen = made["net"], (k + 1) * every
        if made["rows"] and not made["rows"][-1]["rests"]:
            continue
        row: Row = {"form": form, "seed": seed, "samples": seen}
        part = slice(seen - every, seen)
        try:
            net.fit(x[part], d.y_train[part])
            row |= {"rests": True} | costs(net, every)
            judged = JUDGED if seen == samples or seen == 10_000 else LOOKED_AT
            row["error"] = 100 * (1 - net.score(x_val[:judged], d.y_test[:judged]))
            row["of all"] = row["test"] = None
            if seen == FORMS["no delay"][1]:
                official = digits_for(data, "official", embedded=quick)
                row["of all"] = 100 * (1 - net.score(x_val, d.y_test))
                row["test"] = 100 * (1 - net.score(scale_pixels(official.x_test), official.y_test))
        except UnsettledError:
            row |= {"rests": False}
        made["rows"].append(row)
    finished: list[Row] = made["rows"]
    return finished


def costs(net: EquilibriumNetwork, samples: int) -> Row:
    """The mean cost of a sample in learning: adds and products apart, by kind, and deliveries."""
    tally: Any = net.tally
    rows, products = tally.totals(), settling_products(tally)
    found = {
        "input_adds": rows["input_adds"], "input_products": products.inputs,
        "synaptic_adds": rows["synaptic_adds"], "synaptic_products": products.messages,
        "learning_adds": rows["learning_adds"], "learning_products": products.learning,
        "deliveries": rows["deliveries"],
    }  # fmt: skip
    return {name: found[name] / samples for name in COSTS}


def equilibrium_online(request: Request) -> ReproductionReport:
    """Five seeds a form; one epoch without delays, a fifth of one with."""
    every, seeds = (QUICK_EVERY if request.quick else EVERY), request.seeds(5)
    jobs = [
        (request.folder, form, seed, every, 2 * every if request.quick else samples, request.quick)
        for form, (_, samples) in FORMS.items() for seed in seeds
    ]  # fmt: skip
    found = rows_of_all(train, jobs, request)
    names = dict.fromkeys(name for row in found for name in row)
    curves: list[Row] = [{name: row.get(name) for name in names} for row in found]
    rows = [
        _row(form, samples, curves, len(seeds))
        for form in FORMS
        for samples in sorted(
            {row["samples"] for row in curves if row["form"] == form and row["samples"] % 10_000 == 0}
        )
        if samples in (10_000, FORMS[form][1])
    ] or [_row(form, 2 * every, curves, len(seeds)) for form in FORMS]
    shown = "the embedded digits" if request.quick else "MNIST's first 50,000 in file order"
    notes = [
        f"{'-'.join(map(str, SIZES))}, levels of 1/{K}, pixels as whole numbers of 1/{GRID}, fifo, beta 0.5, learning "
        f"rates {listed(RATES)}, weights change at each event of the second phase; {shown}; seeds {listed(seeds)}",
        f"error: of the first {JUDGED:,} of the last 10,000; of all: of these; test: of the official 10,000; medians "
        "(least to most)",
        "adds and products a sample of learning, both phases, of the part before: of inputs, of messages, and of what "
        "is learned; a pixel or a message of more than one level is a product and an add a weight",
        twin_note(request, TwinLesson(SIZES, 2 * every if request.quick else FORMS["no delay"][1], 1, 0.01), seeds),
        f"unsettled: runs with a phase of more than {MOST:,} messages of a layer",
    ]
    return ReproductionReport(
        "equilibrium-online", "MNIST wholly on the engine, by levels", "thesis, 8.5.2 and 8.6", rows, notes, curves,
        [_draw(request, curves)],
    )  # fmt: skip


def _row(form: str, samples: int, curves: list[Row], seeds: int) -> Row:
    mine = [row for row in curves if (row["form"], row["samples"]) == (form, samples) and row["rests"]]

    def median(key: str, style: str) -> str | None:
        values = [row[key] for row in mine if row[key] is not None]
        return f"{np.median(values):{style}} ({min(values):{style}} to {max(values):{style}})" if values else None

    return {
        "delay": form, "samples": samples, "unsettled": f"{seeds - len(mine)} of {seeds}",
        "error %": median("error", ".2f"), "of all %": median("of all", ".2f"), "test %": median("test", ".2f"),
        **{key.replace("_", " "): f"{np.mean([row[key] for row in mine]):,.0f}" if mine else None
           for key in COSTS},
    }  # fmt: skip


def _draw(request: Request, curves: list[Row]) -> Any:
    figure, (left, right) = panels(1, 2, 4.2)
    for k, form in enumerate(FORMS):
        mine = [row for row in curves if row["form"] == form and row["rests"]]
        at = sorted({row["samples"] for row in mine})
        for ax, key in ((left, "error"), (right, "synaptic_adds")):
            ax.plot(at, [np.median([r[key] for r in mine if r["samples"] == n]) for n in at], label=form, **look(k))
    judged = "" if request.quick else f"\n(judged by {LOOKED_AT} images, at 10,000 and at last by {JUDGED:,})"
    left.set(xlabel=f"samples{judged}", ylabel="error, %", yscale="log")
    left.set_yticks(ticks := [3, 5, 10, 20, 50], list(map(str, ticks)))
    left.minorticks_off()
    right.set(xlabel="samples", ylabel="adds of messages, a sample", ylim=(0, None))
    for ax in (left, right):
        legend(ax)
        plain(ax)
    title(figure, "MNIST on the engine, a sample a time: medians")
    return save(figure, request.out / "equilibrium-online.png")
