"""`eventnet run stdp-dvs`: features learned from a camera's events by plasticity at spike times, and what they tell."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from rich.table import Table

from eventnet.scenarios.shared.scenario import USUAL, WATCHED, Asked, Desk, ResultNumber, Scenario, short
from eventnet.scenarios.stdp import dvs_figures
from eventnet.scenarios.stdp.dvs import EVENTS, LOWERED, NEAR, TRAINED, FeaturesResult, run
from eventnet.scenarios.stdp.dvs_parameters import FeaturesParameters, FeaturesRunTable
from eventnet.scenarios.stdp.watching import watch_patches

PICTURES = ("features", "spikes", "direction")


def defaults(asked: Asked) -> FeaturesParameters:
    """Three networks; in full ten."""
    return FeaturesParameters(run=FeaturesRunTable(networks=10 if asked.full else 3))


def learn(parameters: FeaturesParameters, desk: Desk) -> FeaturesResult:
    """Learn and read out."""
    p, patch, file = parameters.run, parameters.patch, desk.asked.recording
    opened = None if file is None else desk.asked.open_recording()
    source = "a simulated camera" if file is None else file.name
    desk.say(
        f"stdp-dvs: {p.neurons} neurons learn {p.patches:,} patches of {source}, {patch.size_px} x {patch.size_px} "
        f"pixels for {patch.span_ms:g} ms, {p.passes} times, seed {p.seed}"
    )
    with desk.progress("cutting patches, learning, reading out") as progress:
        return run(parameters, opened, progress=progress)


def directions(found: FeaturesResult) -> Table:
    """The accuracy of directions of motion by linear read-outs."""
    made = Table(
        title=f"Direction of motion within {NEAR:.0f} degrees, % of {found.parameters.run.tests:,} test patches "
        f"(guessing: {100 * NEAR / 180:.0f}); means (least to most) of {found.parameters.run.networks} networks",
        title_justify="left",
    )
    for name in ("read out linearly", "within", "", "median, degrees", "spikes a patch"):
        made.add_column(name, justify="left" if name == "read out linearly" else "right")
    for method, values in found.deviations.items():
        cells = ("unknown", "", "")
        if len(values):
            right = 100 * found.right(method)
            cells = (f"{right.mean():.1f}", f"({right.min():.1f} to {right.max():.1f})", f"{np.median(values):.0f}")
        made.add_row(method, *cells, short(found.spikes[method]))
    return made


def costs(found: FeaturesResult) -> Table:
    """The cost of a patch, by phase."""
    made = Table(title="What a patch costs; patches a second of processor time", title_justify="left")
    made.add_column("")
    phases = _phases(found)
    for what in phases:
        made.add_column(what, justify="right")
    for quantity in phases["learning"]:
        made.add_row(quantity, *(short(numbers[quantity]) for numbers in phases.values()))
    return made


def sentences(found: FeaturesResult) -> list[str]:
    """Accuracy of learned weights beside first weights and counted events, or why no direction is known."""
    if not len(found.deviations[EVENTS]):
        return [_unknown(found)]
    trained, untrained = (100 * found.right(method).mean() for method in (TRAINED, LOWERED))
    return [
        f"Learned weights are {trained - untrained:+.1f} points from first weights with as many spikes. Events counted "
        f"by pixel and polarity are {100 * found.right(EVENTS).mean() - trained:+.1f} points from learned weights, in "
        f"{found.spikes[EVENTS] / max(found.spikes[TRAINED], 1e-9):.0f} times as many events as there are spikes."
    ]


def _unknown(found: FeaturesResult) -> str:
    """The reason why no direction is known, in words."""
    not_known, turning = "which way things moved is not known, and not read out.", found.turning
    if turning is None:
        return f"The recording has no gyroscope that tells of both parts: {not_known}"
    if not turning.enough:
        return f"{turning} So {not_known}"
    return f"{turning} Directions are those of a roll: {not_known}"


def numbers(found: FeaturesResult) -> Iterator[ResultNumber]:
    """Every number of the result folder."""
    if not len(found.deviations[EVENTS]):
        yield ResultNumber("directions", "why", _unknown(found))
    for method, values in found.deviations.items():
        for k, right in enumerate(found.right(method)):
            yield ResultNumber(method, "within 45 degrees", float(right), at=f"network {k}")
        if len(values):
            yield ResultNumber(method, "median deviation", float(np.median(values)), "degrees")
        yield ResultNumber(method, "spikes", found.spikes[method], "a patch")
    for what, spent in _phases(found).items():
        for quantity, value in spent.items():
            yield ResultNumber(what, quantity, value, "1/s" if quantity.endswith("/s") else _unit(quantity))


def _phases(found: FeaturesResult) -> dict[str, dict[str, float]]:
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


SCENARIO = Scenario(
    name="stdp-dvs",
    summary="leaky neurons learn what patches of a camera's events look like, and tell which way things move",
    defaults=defaults, run=learn, tables=[directions, costs], sentences=sentences, numbers=numbers,
    figures={f"stdp-dvs-{name}.png": getattr(dvs_figures, name) for name in PICTURES},
    polarity="channels", options=USUAL | WATCHED | {"neurons", "networks", "recording"},
    reasons={"train": "always learns anew"}, watch=watch_patches,
)  # fmt: skip
