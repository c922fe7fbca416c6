"""`eventnet run hopfield`: patterns are recalled by flips of one unit at a time, in every routing order."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from rich.table import Table

from eventnet.scenarios.settling import figures
from eventnet.scenarios.settling.parameters import RecallParameters, RecallRunTable
from eventnet.scenarios.settling.recall_run import Recalled, recall
from eventnet.scenarios.settling.watching import watch_recall
from eventnet.scenarios.shared.scenario import USUAL, WATCHED, Asked, Desk, ResultNumber, Scenario


def defaults(asked: Asked) -> RecallParameters:
    """Ten recalls; in full a hundred."""
    return RecallParameters(run=RecallRunTable(recalls=100 if asked.full else 10))


def run(parameters: RecallParameters, desk: Desk) -> Recalled:
    """Recall every pattern in every order."""
    p, n = parameters.run, parameters.network
    desk.say(f"hopfield: {p.recalls} recalls, {n.patterns} patterns in {n.units} units, seed {p.seed}")
    with desk.progress("patterns are recalled") as progress:
        return recall(parameters, progress=progress)


def numbers(found: Recalled) -> Iterator[ResultNumber]:
    """All rows, and the energy after each flip of the first recall."""
    for row in found.rows:
        for quantity in ("flips", "rises", "first energy", "last energy", "overlap"):
            yield ResultNumber(f"recall {row['recall']}", quantity, row[quantity], "", row["order"])
    for order, energy in found.energies.items():
        for flip, value in enumerate(energy.tolist()):
            yield ResultNumber("recall 0", "energy", value, "", f"{order}, flip {flip}")


def table(found: Recalled) -> Table:
    """Each order: flips, the energy at rest, and how near to the pattern."""
    made = Table(title="Means over recalls; recalled: overlap over 0.95 at rest")
    for name in ("order", "flips", "energy at rest", "overlap", "recalled", "flips that did not lower it"):
        made.add_column(name, justify="left" if name == "order" else "right")
    for order in found.energies:
        mine = [row for row in found.rows if row["order"] == order]
        means = {name: float(np.mean([row[name] for row in mine])) for name in ("flips", "last energy", "overlap")}
        made.add_row(
            order, f"{means['flips']:.1f}", f"{means['last energy']:,.0f}", f"{means['overlap']:.3f}",
            f"{sum(row['overlap'] > 0.95 for row in mine)} of {len(mine)}", str(sum(row["rises"] for row in mine)),
        )  # fmt: skip
    return made


def sentences(found: Recalled) -> list[str]:
    """Flips of all recalls, rises of the energy, and whether both engines agree, in a sentence."""
    flips = sum(row["flips"] for row in found.rows)
    rises = sum(row["rises"] for row in found.rows)
    both = "took the same way" if found.same else "DIFFER"
    return [f"{flips:,} flips, of which {rises} did not lower the energy. Both engines {both} in every recall."]


SCENARIO = Scenario(
    name="hopfield", summary="patterns are recalled by flips of one unit at a time, in every order",
    defaults=defaults, run=run, tables=[table], sentences=sentences, numbers=numbers,
    figures={"hopfield-recall.png": figures.energy},
    options=USUAL | WATCHED, watch=watch_recall, reasons={"train": "only stores patterns"},
)  # fmt: skip
