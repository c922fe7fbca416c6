"""Costs of recomputing the fusion network: closed forms of adds, multiplies and checks, by layer and by cause.

    full          traces of every pixel decay, then filters run over every patch
    incremental   an event's words are added to the patches that cover it (scaled by exp(t / tau), so that nothing
                  decays), and patches are summed up anew, with one factor for each time constant
    rest          means of regions, the hidden layer, rates: every time

A bias starts a sum and costs no add. An exponential counts as a multiplication. Rules of the engine count the same way.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from eventnet.scenarios.fusion.weights import FusionWeights
from eventnet.tally import COLUMNS, COMPARES, MULTIPLIES, NEURON_ADDS, SYNAPTIC_ADDS, Tally

CAUSES = ("dvs", "gyro", "clock")


@dataclass
class Work:
    """Operations by cause: the event of a camera, a sample of the gyroscope, or a clock.

    events     camera events; covered: patches that covered them, summed
    evaluated  how often the rates were recomputed
    read       how often the head answered
    followed   samples of the gyroscope that came when the head did not answer
    """

    events: int = 0
    covered: int = 0
    followed: int = 0
    evaluated: dict[str, int] = field(default_factory=lambda: dict.fromkeys(CAUSES, 0))
    read: dict[str, int] = field(default_factory=lambda: dict.fromkeys(CAUSES, 0))


def tally_of(work: Work, weights: FusionWeights, *, incremental: bool) -> Tally:
    """A row for each layer and cause, named `layer.cause`."""
    w, taus, k = weights, len(weights.tau_us), weights.n_filters
    places, (regions, hidden) = w.patches[0] * w.patches[1], w.hidden.shape
    fan_in = w.pool[0] * w.pool[1]
    if incremental:
        event = (work.covered * taus * k, work.covered * taus * k + work.events * taus, 0)
        filters = (places * taus * k, places * taus * k + taus, places * k)
    else:
        event = (work.events * taus, 2 * work.events * taus, 0)
        macs = places * taus * k * w.size**2
        filters = (macs, macs + taus * (w.width * w.height + 1), places * k)
    layers = {
        "filters": filters,
        "pool": (regions * (fan_in - 1), regions, 0),
        "hidden": (regions * hidden, regions * hidden, hidden),
        "rates": (hidden * w.n_out, hidden * w.n_out, 0),
    }
    rows: dict[str, tuple[int, int, int]] = {"traces.dvs": event}
    for cause in CAUSES:
        for layer, once in layers.items():
            rows[f"{layer}.{cause}"] = _times(work.evaluated[cause], once)
        rows[f"head.{cause}"] = _times(work.read[cause], head_read(w))
    adds, multiplies, _ = rows["head.gyro"]
    more = _times(work.followed, follow(w, w.n_out))
    rows["head.gyro"] = (adds + more[0], multiplies + more[1], 0)
    return Tally(list(rows), [_row(name, *counts) for name, counts in rows.items()])


def follow(weights: FusionWeights, inputs: int) -> tuple[int, int, int]:
    """Adds, multiplies and checks of bringing so many inputs' traces up to date at one time."""
    assert weights.head is not None
    taus = len(weights.head.tau_us)
    return 2 * inputs * taus, inputs * taus + taus, 0


def head_read(weights: FusionWeights) -> tuple[int, int, int]:
    """Adds, multiplies and checks of one answer of the head, all its traces brought up to date."""
    head, inputs = weights.head, 2 * weights.n_out
    assert head is not None
    (adds, multiplies, _), ramps = follow(weights, inputs), sum(head.ramp)
    products = inputs * (1 + len(head.tau_us)) * head.mix.shape[1]
    return products + adds + ramps, products + multiplies + ramps * (1 + inputs), 0


def recompute(weights: FusionWeights, *, incremental: bool = False) -> int:
    """Adds, multiplies and checks of recomputing the rates once."""
    work = Work()
    work.evaluated["clock"] = 1
    tally = tally_of(work, weights, incremental=incremental)
    return operations(tally.totals())


def operations(row: Mapping[str, int]) -> int:
    """Adds, multiplies and checks of a row of counts."""
    return sum(row[name] for name in COLUMNS if name.endswith("_adds")) + row["multiplies"] + row["compares"]


def by_cause(tally: Tally) -> dict[str, int]:
    """Adds, multiplies and checks by cause, of a tally whose rows are named `layer.cause`."""
    made: dict[str, int] = {}
    for name, row in tally.by_port().items():
        cause = name.rpartition(".")[2]
        made[cause] = made.get(cause, 0) + operations(row)
    return made


def _times(n: int, counts: tuple[int, int, int]) -> tuple[int, int, int]:
    return n * counts[0], n * counts[1], n * counts[2]


def _row(name: str, adds: int, multiplies: int, compares: int) -> list[int]:
    row = [0] * len(COLUMNS)
    row[NEURON_ADDS if name.startswith("head") else SYNAPTIC_ADDS] = adds
    row[MULTIPLIES], row[COMPARES] = multiplies, compares
    return row
