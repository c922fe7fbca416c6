"""`eventnet run stdp-dvs`: features learned from a camera's events by plasticity at spike times, and what they tell."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from rich.table import Table

from eventnet.cli.results import Results
from eventnet.cli.screen import Screen
from eventnet.io import open_events
from eventnet.scenarios.shared.parameter_file import as_toml
from eventnet.scenarios.stdp import dvs_figures
from eventnet.scenarios.stdp.dvs import EVENTS, LOWERED, NEAR, TRAINED, Found, run
from eventnet.scenarios.stdp.dvs_parameters import FeaturesParameters

PICTURES = ("features", "spikes", "direction")


def run_stdp_dvs(parameters: FeaturesParameters, recording: Path | None, results: Results, screen: Screen) -> None:
    """Learn and read out, print the tables, write everything into the result folder."""
    p, patch = parameters.run, parameters.patch
    opened = None if recording is None else open_events(recording)
    source = "a simulated camera" if recording is None else recording.name
    screen.say(
        f"stdp-dvs: {p.neurons} neurons learn {p.patches:,} patches of {source}, {patch.size_px} x {patch.size_px} "
        f"pixels for {patch.span_ms:g} ms, {p.passes} times, seed {p.seed}"
    )
    with screen.progress("cutting patches, learning, reading out", 1000) as bar:
        found = run(
            parameters, opened, told=lambda done, of: bar(1000 * done // of),
        )  # fmt: skip
    screen.out.print(directions(found))
    screen.out.print(costs(found))
    for line in sentences(found):
        screen.say(line)
    add(results, found)
    for name in PICTURES:
        results.add_picture(f"stdp-dvs-{name}.png", getattr(dvs_figures, name)(found))
    results.manifest["parameters"] = as_toml(parameters)
    results.write()


def directions(found: Found) -> Table:
    """What a linear read-out tells of the direction of motion."""
    made = Table(
        title=f"Direction of motion within {NEAR:.0f} degrees, % of {found.parameters.run.tests:,} test patches "
        f"(guessing: {100 * NEAR / 180:.0f}); means (least to most) of {found.parameters.run.networks} networks",
        title_justify="left",
    )
    for name in ("read out linearly", "within", "", "median, degrees", "spikes a patch"):
        made.add_column(name, justify="left" if name == "read out linearly" else "right")
    for way, values in found.deviations.items():
        told = ("unknown", "", "")
        if len(values):
            right = 100 * found.right(way)
            told = (f"{right.mean():.1f}", f"({right.min():.1f} to {right.max():.1f})", f"{np.median(values):.0f}")
        made.add_row(way, *told, _short(found.spikes[way]))
    return made


def costs(found: Found) -> Table:
    """What a patch and an event cost."""
    made = Table(title="What a patch costs; patches a second of processor time", title_justify="left")
    made.add_column("")
    phases = _phases(found)
    for what in phases:
        made.add_column(what, justify="right")
    for quantity in phases["learning"]:
        made.add_row(quantity, *(_short(numbers[quantity]) for numbers in phases.values()))
    return made


def sentences(found: Found) -> list[str]:
    """What the tables do not say."""
    if not len(found.deviations[EVENTS]):
        return ["The recording has no gyroscope: which way things moved is not known, and not read out."]
    trained, untrained = (100 * found.right(way).mean() for way in (TRAINED, LOWERED))
    return [
        f"Learned weights are {trained - untrained:+.1f} points from first weights with as many spikes. Events counted "
        f"by pixel and polarity are {100 * found.right(EVENTS).mean() - trained:+.1f} points from learned weights, in "
        f"{found.spikes[EVENTS] / max(found.spikes[TRAINED], 1e-9):.0f} times as many events as there are spikes."
    ]


def add(results: Results, found: Found) -> None:
    """Every number into the result folder."""
    for way, values in found.deviations.items():
        for k, right in enumerate(found.right(way)):
            results.add(way, "within 45 degrees", float(right), at=f"network {k}")
        if len(values):
            results.add(way, "median deviation", float(np.median(values)), "degrees")
        results.add(way, "spikes", found.spikes[way], "a patch")
    for what, numbers in _phases(found).items():
        for quantity, value in numbers.items():
            results.add(what, quantity, value, "1/s" if quantity.endswith("/s") else _unit(quantity))


def _phases(found: Found) -> dict[str, dict[str, float]]:
    made = {}
    for what, spent in (("learning", found.learning), ("answering", found.answering)):
        numbers = spent.numbers()
        numbers["patches/s"] = numbers.pop("digits/s")
        numbers["events/s"] = numbers["patches/s"] * numbers["inputs"]
        numbers["adds an event"] = numbers["adds"] / numbers["inputs"]
        made[what] = numbers
    return made


def _unit(quantity: str) -> str:
    return "an event" if quantity == "adds an event" else "a patch"


def _short(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
