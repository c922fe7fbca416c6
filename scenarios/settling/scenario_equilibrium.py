"""`eventnet run equilibrium`: a network that settles keeps its answer up to date while pixels change."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from rich.table import Table

from eventnet.scenarios.settling import figures
from eventnet.scenarios.settling.follow_run import PixelChanges, follow
from eventnet.scenarios.settling.parameters import FollowParameters, FollowRunTable
from eventnet.scenarios.settling.watching import watch_pixels
from eventnet.scenarios.shared.scenario import USUAL, WATCHED, Asked, Desk, ResultNumber, Scenario


def defaults(asked: Asked) -> FollowParameters:
    """Twenty digits; in full a hundred."""
    return FollowParameters(run=FollowRunTable(changes=100 if asked.full else 20))


def run(parameters: FollowParameters, desk: Desk) -> PixelChanges:
    """Learn, then follow."""
    p, n = parameters.run, parameters.network
    desk.say(f"equilibrium: 784-{n.hidden}-10, k = {n.k}, {n.epochs} epochs on the engine, seed {p.seed}")
    with desk.progress("digits change") as progress:
        return follow(parameters, progress=progress)


def numbers(found: PixelChanges) -> Iterator[ResultNumber]:
    """The error, costs of learning, the same of backpropagation, all rows, and the first change pixel by pixel."""
    yield ResultNumber("learning", "test error", found.error, "%")
    for quantity, value in found.learned.items():
        yield ResultNumber("learning", f"{quantity} a sample", value)
    yield ResultNumber("backpropagation", "test error", found.twin["error"], "%")
    for quantity in ("forward", "backward"):
        yield ResultNumber("backpropagation", f"multiply-adds a sample, {quantity}", found.twin[quantity])
    for number, row in enumerate(found.rows):
        for quantity, value in row.items():
            yield ResultNumber(f"change {number}", quantity, value)
    for pixel, adds in enumerate(found.adds.tolist()):
        yield ResultNumber("change 0", "adds", adds, "", f"pixel {pixel}")


def table(found: PixelChanges) -> Table:
    """Every change: what a pixel costs beside an answer from scratch, and whether answers agree."""
    made = Table(title="Adds of inputs and messages; answers beside those from scratch")
    names = (
        "digits", "pixels", "adds a pixel", "median", "most", "products", "from scratch", "products from scratch",
        "same answer", "units apart",
    )  # fmt: skip
    for name in names:
        made.add_column(name, justify="right")
    for row in found.rows:
        made.add_row(
            f"{row['from']} to {row['to']}", str(row["pixels"]), f"{row['adds a pixel']:,.0f}", f"{row['median']:,.0f}",
            f"{row['most']:,}", f"{row['products a pixel']:,.0f}", f"{row['from scratch']:,.0f}",
            f"{row['products from scratch']:,.0f}", f"{row['same answer']} of {row['checks']}",
            f"{row['units apart']:.2f}",
        )  # fmt: skip
    return made


def sentences(found: PixelChanges) -> list[str]:
    """Learning, and all changes together."""
    rows, learned = found.rows, found.learned
    pixels = sum(row["pixels"] for row in rows)
    each = sum(row["adds a pixel"] * row["pixels"] for row in rows) / max(pixels, 1)
    multiplied = sum(row["products a pixel"] * row["pixels"] for row in rows) / max(pixels, 1)
    fresh_products = float(np.mean([row["products from scratch"] for row in rows]))
    fresh = float(np.mean([row["from scratch"] for row in rows]))
    same, checks = sum(row["same answer"] for row in rows), sum(row["checks"] for row in rows)
    adds = sum(learned.get(name, 0.0) for name in ("input adds", "synaptic adds", "neuron adds", "learning adds"))
    return [
        f"Learned on the engine, at each event: {found.error:.1f} % of the 1,000 test digits wrong; {adds:,.0f} adds a "
        f"sample, of which {learned.get('input adds', 0):,.0f} of inputs and {learned.get('learning adds', 0):,.0f} of "
        f"learning; products: {learned.get('products, inputs', 0):,.0f} of inputs, "
        f"{learned.get('products, messages', 0):,.0f} of messages, {learned.get('products, learning', 0):,.0f} of "
        "learning.",
        f"Backpropagation of the same size, epochs and pixels: {found.twin['error']:.1f} % wrong; "
        f"{found.twin['forward']:,.0f} multiply-adds a sample forward, {found.twin['backward']:,.0f} backward.",
        f"A changed pixel: {each:,.0f} adds, from scratch {fresh:,.0f} ({fresh / max(each, 1e-9):.0f} times as many); "
        f"products: {multiplied:,.0f}, from scratch {fresh_products:,.0f}. "
        f"The same answer at {same} of {checks} checks; a unit is apart by more than a level in "
        f"{float(np.mean([row['units apart'] for row in rows])):.2f} units on average.",
    ]


SCENARIO = Scenario(
    name="equilibrium", summary="a network that settles keeps its answer up to date while pixels change",
    defaults=defaults, run=run, tables=[table], sentences=sentences, numbers=numbers,
    figures={"equilibrium-pixels.png": figures.pixels},
    options=USUAL | WATCHED, watch=watch_pixels, reasons={"train": "always learns anew"},
)  # fmt: skip
