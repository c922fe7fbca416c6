"""`eventnet run stdp-digits`: handwritten digits learned without labels, by plasticity at spike times."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from rich.table import Table

from eventnet.cli.options import check_folder
from eventnet.cli.results import Results
from eventnet.cli.screen import Screen
from eventnet.errors import ModelError
from eventnet.scenarios.shared.parameter_file import as_toml
from eventnet.scenarios.stdp import digits_figures
from eventnet.scenarios.stdp.digits import PUBLISHED, Found, Spent, run
from eventnet.scenarios.stdp.digits_parameters import DigitsParameters

UNITS = {"digits/s": "1/s"}


def digits_parameters(*, full: bool, neurons: int | None, data: Path | None) -> DigitsParameters:
    """What the options say: the embedded digits, or all of MNIST."""
    if data is not None and not full:
        raise ModelError("--data is MNIST's folder, and goes with --full; the embedded digits come with the package")
    made = DigitsParameters.in_full(neurons or 100) if full else DigitsParameters()
    return made if data is None else replace(made, run=replace(made.run, folder=str(data)))


def run_stdp_digits(parameters: DigitsParameters, results: Results, screen: Screen, workers: int) -> None:
    """Learn and test, print the tables, write everything into the result folder."""
    p = parameters.run
    check_folder(Path(p.folder) if p.folder else None)
    passes = "once" if p.passes == 1 else f"{p.passes} times"
    screen.say(f"stdp-digits: {p.neurons} neurons see the {p.digits} digits {passes}, seed {p.seed}")
    with screen.progress("learning, naming, testing", 1000) as bar:
        found = run(parameters, workers=workers, told=lambda done, of: bar(1000 * done // of))
    screen.out.print(accuracies(found))
    screen.out.print(costs(found))
    for line in sentences(found):
        screen.say(line)
    add(results, found)
    for name in ("fields", "confusion", "raster", "cost"):
        results.add_picture(f"digits-{name}.png", getattr(digits_figures, name)(found))
    results.manifest["parameters"] = as_toml(parameters)
    results.write()


def phases(found: Found) -> dict[str, Spent]:
    """What took how much."""
    return {"learning": found.learning, "answering": found.answering}


def accuracies(found: Found) -> Table:
    """How many test digits were told right."""
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


def costs(found: Found) -> Table:
    """What a digit costs."""
    made = Table(title="What a digit costs; digits a second of processor time", title_justify="left", min_width=60)
    made.add_column("")
    spent = {what: part.numbers() for what, part in phases(found).items()}
    for what in spent:
        made.add_column(what, justify="right")
    for quantity in spent["learning"]:
        made.add_row(quantity, *(_short(numbers[quantity]) for numbers in spent.values()))
    return made


def sentences(found: Found) -> list[str]:
    """What the tables do not say."""
    learning, answering = found.learning, found.answering
    made = [
        f"Learned from {learning.digits:,} digits in {learning.seconds:.1f} s of processor time, "
        f"named and tested with {answering.digits:,} in {answering.seconds:.1f} s (without compiling)."
    ]
    if found.silent:
        made.append(f"{found.silent} of {found.network.neurons} neurons were silent when they were named.")
    return made


def add(results: Results, found: Found) -> None:
    """Every number into the result folder."""
    for readout in found.answers:
        results.add(readout, "accuracy", found.accuracy(readout))
        for (truth, answer), count in _cells(found, readout).items():
            results.add(readout, "answers", count, at=f"{truth} taken for {answer}")
    if published := _published(found):
        results.add("Diehl and Cook 2015", "accuracy", published)
    results.add("network", "silent neurons", found.silent)
    for what, spent in phases(found).items():
        results.add(what, "digits", spent.digits)
        results.add(what, "processor time", spent.seconds, "s")
        for quantity, value in spent.numbers().items():
            results.add(what, quantity, value, UNITS.get(quantity, "a digit"))


def _cells(found: Found, readout: str) -> dict[tuple[int, int], int]:
    counts = found.confusion(readout)
    return {(t, a): int(n) for t, row in enumerate(counts) for a, n in enumerate(row) if n}


def _published(found: Found) -> float | None:
    return PUBLISHED.get(found.network.neurons) if found.split == "official" else None


def _short(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
