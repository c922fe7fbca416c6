"""Table 9.1: the thesis's checklist, measured, for every model of the package that learns."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import numpy as np

from eventnet.plotting.style import BLUE, ORANGE, heading, legend, plain, title
from eventnet.scenarios.reproductions.common.checklist_models import DIGITS, Model
from eventnet.scenarios.reproductions.common.checklist_small import (
    HIDDEN,
    HOPFIELD_UNITS,
    PATTERNS,
    SMALL,
    STORED,
    VISIBLE,
)
from eventnet.scenarios.reproductions.common.pictures import panels, save
from eventnet.scenarios.reproductions.common.report import (
    ReproductionReport,
    Request,
    Row,
    listed,
    rounded,
    rows_of_all,
)
from eventnet.scenarios.reproductions.initialized import cosine

COLUMNS = {
    "QC": "bits",
    "ADP": "adds a pixel",
    "EI": "messages",
    "NLN": "held",
    "ECA": "cosine",
    "CL": "error %",
    "ECAT": "through time",
}
MODELS: dict[str, Model] = DIGITS | SMALL
IMAGES, BATCHES, PIXELS = 50, 10, 5
"""Test samples that are answered, batches whose updates are compared, and samples of which one number changes."""
MARKS = {"1": "¹", "4": "⁴", "": ""}


def measure(name: str, seed: int, quick: bool) -> list[Row]:
    """All that is measured of a model: after learning all of its task, and after two groups of it in turn."""
    model = MODELS[name]
    n, passes, answered = (100, 1, 10) if quick else (model.samples, model.passes, IMAGES)
    task = model.task(seed, n)
    first = task.group_test == 0
    together, in_turn = model.make(seed), model.make(seed)
    model.learn(together, task.x, task.y, passes)
    row: Row = {"model": name, "seed": seed, "error, together": model.error(together, task.x_test, task.y_test)}
    for group in (0, 1):
        mine = task.group == group
        model.learn(in_turn, task.x[mine], task.y[mine], passes)
        row[f"error of the first group, after group {group + 1}"] = model.error(
            in_turn, task.x_test[first], task.y_test[first]
        )
    row["error, in turn"] = model.error(in_turn, task.x_test, task.y_test)
    row |= {key: float(value) for key, value in model.answers(together, task.x_test[:answered])._asdict().items()}
    pixel = changed_pixel(model, together, task.x_test[:PIXELS]) if model.pixel else (row["adds"], row["products"])
    row |= dict(zip(("adds a pixel", "products a pixel"), pixel, strict=True))
    row["cosine"] = alignment(model, together, task.x_test, task.y_test, 1 if quick else BATCHES)
    return [row]


def changed_pixel(model: Model, net: Any, x: Any) -> tuple[float, float]:
    """Mean adds and products after the largest number of a sample has become 0."""
    assert model.pixel is not None
    found = []
    for image in x:
        changed = image.copy()
        changed[int(image.argmax())] = 0
        found.append(model.pixel(deepcopy(net), image, changed))
    adds, products = np.mean(found, axis=0)
    return float(adds), float(products)


def alignment(model: Model, net: Any, x: Any, y: Any, batches: int) -> float | None:
    """Mean cosine of what a batch of test samples changes and of the negative true gradient; `net` stays as it is.

    The batch is learned as the model learns: by one step, or by one a sample. A task with fewer samples is one batch,
    in which they come again.
    """
    if model.gradient is None:
        return None
    found = []
    for k in range(min(batches, max(1, len(x) // model.batch))):
        part, copy = np.arange(model.batch * k, model.batch * (k + 1)) % len(x), deepcopy(net)
        gradient, before = model.gradient(copy, x[part], y[part]), model.weights(copy).copy()
        model.learn(copy, x[part], y[part], 1)
        found.append(cosine(before - model.weights(copy), gradient))
    return float(np.mean(found))


def checklist(request: Request) -> ReproductionReport:
    """A row a model, with the thesis's mark at each number; five seeds."""
    seeds = request.seeds(5)
    runs = rows_of_all(measure, [(name, seed, request.quick) for name in MODELS for seed in seeds], request)
    rows = [_row(name, [run for run in runs if run["model"] == name], not request.quick) for name in MODELS]
    notes = [
        "784-100-10 (STDP: 100 neurons), the 2,000 digits that ship three times (STDP: once), error of 500 test "
        f"digits; means over seeds {listed(seeds)}",
        f"Hopfield: {STORED} random patterns of {HOPFIELD_UNITS} bits, a tenth of the bits flipped. Boltzmann "
        f"machines: {PATTERNS} patterns of {VISIBLE} bits, {HIDDEN} hidden units, errors of completing one bit. "
        "SpikeProp: exclusive or by times, 3-5-1",
        "QC: bits that a sample's messages carry, without addresses. ADP: adds of rows after one pixel (or bit) has "
        "changed, of those for a sample from scratch; products: of the same rows, 0 where messages are spikes or bits. "
        "EI: messages a sample, until it is answered. NLN: numbers of the first pass that "
        "an update still reads when errors or the second phase have come, counted by overwriting them; of "
        "PDNetwork, and of what has no errors, by argument",
        "EquilibriumNetwork, levels: learned, answered and compared by the batched form, a sample a batch, which has "
        "the engine's weights; a changed pixel on the engine",
        "ECA: cosine of a batch's update, at the model's own rates, with the negative gradient of its own loss. CL: "
        "error of the first group (digits 0 to 4) after it was learned, and after the second was; of both, in turn and "
        "together. ECAT: by argument",
        "the published mark ✓ stands behind the number, with its footnote: 1 with an approximation, 4 the network must "
        "settle; a dash where the published row has no mark; no mark at all where the table has no such row",
    ]
    return ReproductionReport(
        "checklist", "Table 9.1, the checklist", "thesis, table 9.1", rows, notes, runs, [_draw(request, runs)],
    )  # fmt: skip


def _row(name: str, runs: list[Row], marked: bool) -> Row:
    model = MODELS[name]

    def mean(key: str) -> float:
        return float(np.mean([run[key] for run in runs]))

    cells = {
        "QC": f"{mean('bits'):,.0f}",
        "ADP": f"{mean('adds a pixel'):,.0f} of {mean('adds'):,.0f}",
        "EI": f"{mean('messages'):,.0f}",
        "NLN": f"{model.held:,}",
        "ECA": "" if model.gradient is None else f"{rounded(mean('cosine'), 2):g}",
        "CL": " to ".join(f"{mean(f'error of the first group, after group {group}'):.0f}" for group in (1, 2)) + "; "
        f"{mean('error, in turn'):.0f} and {mean('error, together'):.0f}",
        "ECAT": model.through,
    }
    row = {"model": name}
    for column, cell in cells.items():
        row[f"{column}: {COLUMNS[column]}"] = f"{cell} {mark(model.published, column) if marked else ''}".strip()
        if column == "ADP":
            row["ADP: products"] = f"{mean('products a pixel'):,.0f} of {mean('products'):,.0f}"
    return row


def mark(published: str, column: str) -> str:
    """The mark of a column among those of the thesis's row: "ECA1 EI" has a ✓¹ for ECA, a ✓ for EI, else a dash."""
    for text in published.split():
        if text.rstrip("14") == column:
            return "✓" + MARKS[text[len(column) :]]
    return "–" if published else ""


def _draw(request: Request, runs: list[Row]) -> Any:
    figure, (left, right) = panels(1, 2, 4.8, sharey=True)
    at = np.arange(len(MODELS))

    def means(key: str) -> list[float]:
        return [float(np.mean([run[key] for run in runs if run["model"] == name])) for name in MODELS]

    for key, shift, colour in (("adds", 0.2, ORANGE), ("adds a pixel", -0.2, BLUE)):
        left.barh(at + shift, means(key), 0.38, color=colour, label={"adds": "a sample"}.get(key, "one pixel changed"))
    for key, shift, colour in (("error, together", 0.2, ORANGE), ("error, in turn", -0.2, BLUE)):
        right.barh(at + shift, means(key), 0.38, color=colour, label=key.split(", ")[1])
    left.set(xscale="log", xlabel="adds", yticks=at, yticklabels=list(MODELS))
    left.invert_yaxis()
    right.set(xlabel="error on both groups, %")
    heading(left, "ADP")
    heading(right, "CL: two groups")
    for ax in (left, right):
        legend(ax, "below", ncols=2)
        plain(ax, grid="x")
    title(figure, "Table 9.1: what a changed pixel costs, and what is forgotten")
    return save(figure, request.out / "checklist.png")
