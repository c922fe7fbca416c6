"""Figures 7.3 and D.1: plain and initialized equilibrium propagation on MNIST, by steps of the negative phase and lam.

Networks, rates and steps are those of the author's published program (`init-eqprop`). They learn for fewer epochs than
the 50 and 200 that it has, which would take days of a core for all networks and three seeds.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise, product
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from eventnet.data import scale_pixels
from eventnet.engine.journal import going_on
from eventnet.models import ConventionalNetwork, InitializedEquilibriumNetwork
from eventnet.models.shared import Floats
from eventnet.plotting.style import BLUE, GREEN, NOTE, ORANGE, heading, plain, title
from eventnet.scenarios.reproductions.common.learning_energy import contrast_products, twin_products
from eventnet.scenarios.reproductions.common.pictures import band, panels, save
from eventnet.scenarios.reproductions.common.report import (
    ReproductionReport,
    Request,
    Row,
    digits_for,
    listed,
    rows_of_all,
)
from eventnet.scenarios.reproductions.common.twin import official_error, scored

BATCH = 20
PLAIN, TWIN = "plain", "backpropagation, ReLU"
LAMS = {f"initialized, lam {lam:g}": lam for lam in (0.0, 0.1, 1.0)}
SHOWN = "initialized, lam 0.1"
"""The network of figure 7.3."""
LOST, PATIENCE, LOOKED_AT = 50.0, 3, 2000
"""A network that errs on more of its first training samples than this, in percent, after so many epochs learns no more,
as in the source; so many samples are looked at for it."""


class DigitNetwork(NamedTuple):
    """A network's hidden layers and what the author's program gives them; epochs, and those of the source.

    few, many: steps of the negative phase in both rows of figure 7.3. scanned: those of figure D.1, if it was run.
    """

    hidden: tuple[int, ...]
    options: dict[str, Any]
    positive: int
    epochs: int
    published: int
    few: int
    many: int
    scanned: tuple[int, ...] = ()

    def sizes(self) -> list[int]:
        """Units of each layer, input and output too."""
        return [784, *self.hidden, 10]

    def named(self) -> str:
        """784-500-10."""
        return "-".join(map(str, self.sizes()))

    def cases(self) -> list[tuple[str, int]]:
        """Networks and their negative steps: of figure 7.3, and of figure D.1."""
        made = [(name, steps) for steps in (self.few, self.many) for name in (PLAIN, SHOWN)]
        made += [(name, steps) for steps in self.scanned for name in LAMS if (name, steps) not in made]
        return sorted(made, key=lambda case: (case[1], case[0] != PLAIN, case[0]))


SMALL: dict[str, Any] = {"beta": 0.5, "learning_rate": (0.1, 0.05)}
LARGE: dict[str, Any] = {"beta": 1.0, "learning_rate": (0.128, 0.032, 0.008, 0.002)}
WHOLE = (
    DigitNetwork((500,), SMALL, 4, 20, 50, 4, 20, (4, 10, 20)),
    DigitNetwork((500, 500, 500), LARGE, 8, 2, 200, 20, 50),
)
QUICK = (DigitNetwork((50,), SMALL, 4, 4, 50, 4, 20, (4, 10, 20)), DigitNetwork((30, 30, 30), LARGE, 8, 4, 200, 20, 50))
QUICK_SAMPLES = 500


def learning_curve(
    data: str | None, size: DigitNetwork, name: str, steps: int | None, seed: int, quick: bool
) -> list[Row]:
    """Errors in percent after each epoch: of the states after a negative phase, and of the forward network.

    The last row has those on the official test images, and what an answer and learning multiply.
    """
    d = digits_for(data, "author", embedded=quick)
    x, y = scale_pixels(d.x_train), d.y_train
    if quick:
        x, y = x[:QUICK_SAMPLES], y[:QUICK_SAMPLES]
    x_test = scale_pixels(d.x_test)
    rows: list[Row] = []
    made: dict[str, Any] = {"net": network(size, name, steps, seed), "rows": rows, "lost": False}
    for epoch in going_on(made, size.epochs, learning_curve, size.named(), name, steps, size.epochs, seed, quick):
        if made["lost"]:
            continue
        net = made["net"]
        net.partial_fit(x, y) if steps is None else net.partial_fit(x, y, batch=BATCH)
        forward = steps is not None and net.initialized
        training = error(net, x[:LOOKED_AT], y[:LOOKED_AT])
        made["rows"].append({
            "network": name, "hidden": len(size.hidden), "steps": steps, "seed": seed, "epoch": epoch + 1,
            "s-, %": error(net, x_test, d.y_test),
            "s_f, %": error(net, x_test, d.y_test, by="forward") if forward else None, "training, %": training,
        })  # fmt: skip
        made["lost"] = steps is not None and epoch + 1 >= PATIENCE and training > LOST
    net, rows = made["net"], made["rows"]
    forward = steps is not None and net.initialized
    ends = {
        "s-, official %": official_error(data, scored(net), 10_000, quick),
        "s_f, official %": official_error(data, scored(net, by="forward"), 10_000, quick) if forward else None,
        "lost": made["lost"],
    }
    rows[-1] |= ends | operations(net, x[:LOOKED_AT])
    return [row | {key: row.get(key) for key in (*ends, "answer", "learn")} for row in rows]


def network(size: DigitNetwork, name: str, steps: int | None, seed: int) -> Any:
    """A network of figures 7.3 and D.1 before it learns; without steps the one that learns by backpropagation."""
    if steps is None:
        return ConventionalNetwork(size.sizes(), learning_rate=0.1, batch=BATCH, seed=seed)
    return InitializedEquilibriumNetwork(
        size.sizes(), steps=(steps, size.positive), initialized=name != PLAIN, lam=LAMS.get(name, 0.0), seed=seed,
        **size.options,
    )  # fmt: skip


def error(net: Any, x: Floats, y: Any, **options: Any) -> float:
    """Wrong answers in percent."""
    return float(round(100 * (1 - net.score(x, y, **options)), 2))


def operations(net: ConventionalNetwork | InitializedEquilibriumNetwork, x: Floats) -> Row:
    """Multiply-adds a sample, those with pixels that are 0 left out: until it is answered, and what learning adds.

    By arithmetic: pixels meet the first layer once, and each step takes both layers from one another; the contrast
    multiplies both ends of each weight in both phases. A forward network's pass, and its gradient, are added, and
    what a global loss sends down.
    """
    if isinstance(net, ConventionalNetwork):
        counted = twin_products(net, x, skips_zeros=True)
        return {"answer": counted.forward / len(x), "learn": counted.backward / len(x)}
    pixels = float(np.count_nonzero(x)) / len(x) * net.sizes[1]
    top = sum(below * above for below, above in pairwise(net.sizes[1:]))
    ahead = pixels + top if net.initialized else 0.0
    answer, learn = pixels + 2 * top * net.steps[0] + ahead, 2 * top * net.steps[1] + contrast_products(net.sizes, x)
    distant = top if net.initialized and net.loss == "global" else 0
    return {"answer": answer, "learn": learn + ahead + distant}


def initialized_digits(request: Request) -> ReproductionReport:
    """Three seeds of each network, and of backpropagation of the same sizes, batches and epochs."""
    sizes, seeds = QUICK if request.quick else WHOLE, request.seeds()
    cases: list[tuple[DigitNetwork, str, int | None]] = []
    for size in sizes:
        cases += [*((size, *case) for case in size.cases()), (size, TWIN, None)]
    jobs = [(request.folder, *case, seed, request.quick) for case in cases for seed in seeds]
    curves = rows_of_all(learning_curve, jobs, request)
    shown = (
        "the embedded digits" if request.quick
        else "50,000 of MNIST; errors in % on the last 10,000 training images, as in the source, and on the official "
        "test images"
    )  # fmt: skip
    notes = [
        *(_note(size, request.quick) for size in sizes),
        f"batch {BATCH}, in the order of the file; beta of random sign; NumPy, not the engine; {shown}",
        f"medians (least to most) of seeds {listed(seeds)}, after the last epoch",
        f"lost: networks that err on more than {LOST:g}% of the first {LOOKED_AT:,} training samples after {PATIENCE} "
        "or more epochs, and learn no more then, as in the source: their errors are those of that epoch",
        "backpropagation: learning rate 0.1, the same batches, pixels and epochs",
        "operations: multiply-adds a sample, by arithmetic, without pixels that are 0; answer: the negative phase, and "
        "the forward pass where phases begin there, or backpropagation's forward pass; learn: what comes on top",
        "published: curves; the errors stand in pictures",
    ]
    pictures = [_draw_curves(request, curves, sizes)]
    pictures += [_draw_scan(request, curves, size) for size in sizes if size.scanned]
    return ReproductionReport(
        "initialized-digits", "Figures 7.3 and D.1, initialized equilibrium propagation on MNIST",
        "thesis, figures 7.3, D.1", [row_of(curves, *case) for case in cases], notes, curves, pictures,
    )  # fmt: skip


def _note(size: DigitNetwork, quick: bool) -> str:
    beta, rates = size.options["beta"], listed(size.options["learning_rate"])
    epochs = f"{size.epochs} epochs" + (f" (published: {size.published})" if not quick else "")
    return f"{size.named()}: learning rates {rates}, beta {beta:g}, {size.positive} positive steps, {epochs}"


def of_case(curves: list[Row], size: DigitNetwork, name: str, steps: int | None) -> list[Row]:
    """All epochs and seeds of one network."""
    wanted = (name, len(size.hidden), steps)
    return [row for row in curves if (row["network"], row["hidden"], row["steps"]) == wanted]


def ends(rows: Sequence[Row]) -> list[Row]:
    """The last row of each seed."""
    return list({row["seed"]: row for row in rows}.values())


def row_of(curves: list[Row], size: DigitNetwork, name: str, steps: int | None) -> Row:
    """One network: errors after the last epoch, how many were lost, and operations."""
    last = ends(of_case(curves, size, name, steps))

    def of(key: str) -> str | None:
        values = [row[key] for row in last if row[key] is not None]
        around = f" ({min(values):.2f} to {max(values):.2f})" if len(values) > 1 else ""
        return f"{np.median(values):.2f}{around}" if values else None

    return {
        "layers": size.named(), "negative steps": steps, "network": name, "published": published(size, name, steps),
        "s-, %": of("s-, %"), "s-, official %": of("s-, official %"), "s_f, %": of("s_f, %"),
        "s_f, official %": of("s_f, official %"), "lost": f"{sum(row['lost'] for row in last)} of {len(last)}",
        "answer": round(float(np.median([row["answer"] for row in last]))),
        "learn": round(float(np.median([row["learn"] for row in last]))),
    }  # fmt: skip


def published(size: DigitNetwork, name: str, steps: int | None) -> str | None:
    """The words of the text about a network."""
    if steps not in (size.few, size.many) or name not in (PLAIN, SHOWN):
        return None
    if steps == size.few:
        return "does not converge" if name == PLAIN else "learns"
    return "as good as initialized" if name == PLAIN else "s_f about as good as s-"


ANSWERS = ((PLAIN, "s-, %", BLUE, "plain, s-"), (SHOWN, "s_f, %", GREEN, "initialized, s_f"),
           (SHOWN, "s-, %", ORANGE, "initialized, s-"))  # fmt: skip


def _draw_curves(request: Request, curves: list[Row], sizes: Sequence[DigitNetwork]) -> Path:
    figure, made = panels(2, len(sizes), 6.8)
    title(figure, "Figure 7.3: plain and initialized equilibrium propagation on MNIST")
    for row, column in product(range(2), range(len(sizes))):
        ax, size = made[row][column], sizes[column]
        steps = (size.few, size.many)[row]
        for name, key, colour, label in ANSWERS:
            mine = of_case(curves, size, name, steps)
            for k, seed in enumerate({row["seed"]: None for row in mine}):
                values = [row[key] for row in mine if row["seed"] == seed]
                ax.plot(range(1, len(values) + 1), values, color=colour, linewidth=1.2, label=None if k else label)
        heading(ax, f"{size.named()}, {steps} steps")
        ax.set(xlabel="epoch" if row else "", ylabel="" if column else "error, %", xlim=(0, size.epochs + 0.5))
        in_percent(ax)
    figure.legend(
        *made[0][0].get_legend_handles_labels(), loc="outside lower center", ncols=3, frameon=False, fontsize=NOTE
    )
    return save(figure, request.out / "initialized-digits.png")


def in_percent(ax: Any) -> None:
    """A logarithmic axis of errors, from 1 to 100."""
    ax.set(yscale="log", ylim=(1, 100))
    ax.set_yticks(ticks := [1, 2, 5, 10, 20, 50, 90], list(map(str, ticks)))
    ax.minorticks_off()
    plain(ax)


def _draw_scan(request: Request, curves: list[Row], size: DigitNetwork) -> Path:
    figure, made = panels(1, len(size.scanned), 4.0, sharey=True)
    title(figure, f"Figure D.1: errors by lam, {size.named()}")
    for ax, steps in zip(made, size.scanned, strict=True):
        for key, colour, label in (("s_f, %", GREEN, "s_f"), ("s-, %", ORANGE, "s-")):
            values = [[row[key] for row in ends(of_case(curves, size, name, steps))] for name in LAMS]
            band(ax, range(len(LAMS)), np.array(values), color=colour, middle=np.median, label=label, marker="o")
        heading(ax, f"{steps} negative steps")
        ax.set(xlabel="lam", xticks=range(len(LAMS)), xticklabels=[f"{lam:g}" for lam in LAMS.values()])
        in_percent(ax)
    made[0].set_ylabel("error, %, after the last epoch")
    figure.legend(
        *made[0].get_legend_handles_labels(), loc="outside lower center", ncols=2, frameon=False, fontsize=NOTE
    )
    return save(figure, request.out / "initialized-digits-lam.png")
