"""`eventnet run stdp-digits`: handwritten digits learned without labels, by plasticity at spike times."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from rich.table import Table

from eventnet.errors import DataError, ModelError
from eventnet.scenarios.shared.scenario import USUAL, WATCHED, Asked, Desk, ResultNumber, Scenario, short
from eventnet.scenarios.stdp import digits_figures
from eventnet.scenarios.stdp.digits import PUBLISHED, DigitsCost, DigitsResult, run
from eventnet.scenarios.stdp.digits_parameters import DigitsParameters
from eventnet.scenarios.stdp.watching import watch_digits

UNITS = {"digits/s": "1/s"}


def defaults(asked: Asked) -> DigitsParameters:
    """The embedded digits; in full MNIST, from the folder that is named."""
    if asked.data is not None and not asked.full:
        raise ModelError("--data is MNIST's folder, and goes with --full; the embedded digits come with the package")
    made = DigitsParameters.in_full(asked.neurons or 100) if asked.full else DigitsParameters()
    return made if asked.data is None else replace(made, run=replace(made.run, folder=str(asked.data)))


def learn(parameters: DigitsParameters, desk: Desk) -> DigitsResult:
    """Learn and test."""
    p = parameters.run
    if p.folder and not Path(p.folder).is_dir():
        raise DataError(f"there is no folder {p.folder}")
    passes = "once" if p.passes == 1 else f"{p.passes} times"
    desk.say(f"stdp-digits: {p.neurons} neurons see the {p.digits} digits {passes}, seed {p.seed}")
    with desk.progress("learning, naming, testing") as progress:
        return run(parameters, workers=desk.asked.processes, progress=progress)


def phases(found: DigitsResult) -> dict[str, DigitsCost]:
    """The costs of both phases, learning and answering."""
    return {"learning": found.learning, "answering": found.answering}


def accuracies(found: DigitsResult) -> Table:
    """The share of test digits that were classified correctly, by read-out."""
    made = Table(
        title=f"Right answers to {len(found.truth):,} test digits ({found.split})", title_justify="left", min_width=60
    )
    made.add_column("read-out")
    made.add_column("right, %", justify="right")
    for readout in found.answers:
        made.add_row(readout, f"{100 * found.accuracy(readout):.2f}")
    if published := _published(found):
        made.add_row("Diehl and Cook 2015, published", f"{100 * published:.1f}")
    return made


def costs(found: DigitsResult) -> Table:
    """The cost of a digit, by phase."""
    made = Table(title="What a digit costs; digits a second of processor time", title_justify="left", min_width=60)
    made.add_column("")
    spent = {what: part.numbers() for what, part in phases(found).items()}
    for what in spent:
        made.add_column(what, justify="right")
    for quantity in spent["learning"]:
        made.add_row(quantity, *(short(numbers[quantity]) for numbers in spent.values()))
    return made


def sentences(found: DigitsResult) -> list[str]:
    """Numbers of digits, processor seconds and silent neurons, in sentences."""
    learning, answering = found.learning, found.answering
    made = [
        f"Learned from {learning.digits:,} digits in {learning.seconds:.1f} s of processor time, "
        f"named and tested with {answering.digits:,} in {answering.seconds:.1f} s (without compiling)."
    ]
    if found.silent:
        made.append(f"{found.silent} of {found.network.neurons} neurons were silent when they were named.")
    return made


def numbers(found: DigitsResult) -> Iterator[ResultNumber]:
    """Every number of the result folder."""
    for readout in found.answers:
        yield ResultNumber(readout, "accuracy", found.accuracy(readout))
        for (truth, answer), count in _cells(found, readout).items():
            yield ResultNumber(readout, "answers", count, at=f"{truth} taken for {answer}")
    if published := _published(found):
        yield ResultNumber("Diehl and Cook 2015", "accuracy", published)
    yield ResultNumber("network", "silent neurons", found.silent)
    for what, spent in phases(found).items():
        yield ResultNumber(what, "digits", spent.digits)
        yield ResultNumber(what, "processor time", spent.seconds, "s")
        for quantity, value in spent.numbers().items():
            yield ResultNumber(what, quantity, value, UNITS.get(quantity, "a digit"))


def _cells(found: DigitsResult, readout: str) -> dict[tuple[int, int], int]:
    counts = found.confusion(readout)
    return {(t, a): int(n) for t, row in enumerate(counts) for a, n in enumerate(row) if n}


def _published(found: DigitsResult) -> float | None:
    return PUBLISHED.get(found.network.neurons) if found.split == "official" else None


SCENARIO = Scenario(
    name="stdp-digits", summary="leaky neurons learn handwritten digits without labels, by the times of spikes",
    defaults=defaults, run=learn, tables=[accuracies, costs], sentences=sentences, numbers=numbers,
    figures={f"digits-{name}.png": getattr(digits_figures, name) for name in ("fields", "confusion", "raster", "cost")},
    options=USUAL | WATCHED | {"neurons", "data"}, reasons={"train": "always learns anew"}, watch=watch_digits,
)  # fmt: skip
