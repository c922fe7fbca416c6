"""`eventnet run gaze`: a camera on a moving head is held still, by one sensor, by the other and by both."""

from __future__ import annotations

from collections.abc import Iterator

from rich.table import Table

import eventnet as en
from eventnet.scenarios.fusion import FusionWeights
from eventnet.scenarios.fusion.named import LIMITS
from eventnet.scenarios.fusion.parameters import NOT_TRAINED, named_weights, with_weights
from eventnet.scenarios.gaze import GazeParameters, figures
from eventnet.scenarios.gaze.parameters import GazeRunTable
from eventnet.scenarios.gaze.run import SPREAD, GazeComparison, Row, compare, paired_reflexes
from eventnet.scenarios.gaze.watching import watch_reflex
from eventnet.scenarios.shared.scenario import (
    BREADTH_FIRST,
    LIVE,
    USUAL,
    WATCHED,
    Asked,
    Desk,
    ResultNumber,
    Scenario,
    short,
)
from eventnet.view import RunRecorder

UNITS = {
    "slip": "deg/s", "mean slip": "deg/s", "events/s": "1/s", "operations/s": "1/s", "operations an event": "",
    "memory kB": "kB",
}  # fmt: skip


def defaults(asked: Asked) -> GazeParameters:
    """Two heads; in full ten."""
    return GazeParameters(run=GazeRunTable(heads=10 if asked.full else 2))


def run(parameters: GazeParameters, desk: Desk) -> GazeComparison:
    """Run every reflex."""
    p = parameters.run
    desk.say(f"gaze: {p.heads} heads x {p.duration_s:g} s, measured from {p.measured_from_s:g} s on, seed {p.seed}")
    with desk.progress("running every reflex") as progress:
        return compare(parameters, weights_of(parameters), processes=desk.asked.processes, progress=progress)


def weights_of(parameters: GazeParameters) -> FusionWeights:
    """Those that the parameters name, or that ship."""
    named = parameters.run.weights
    return FusionWeights.load(named) if named else FusionWeights.shipped()


def numbers(found: GazeComparison) -> Iterator[ResultNumber]:
    """All rows of the table."""
    for row in found.rows:
        for quantity, value in row.items():
            if quantity != "reflex":
                kind = quantity.removesuffix(" least").removesuffix(" most")
                yield ResultNumber(row["reflex"], quantity, value, UNITS.get(kind, "uJ/s"))
    for pair, more in paired_reflexes(found).items():
        for quantity, part in more.items():
            for end, value in (("", part.mean), (" low", part.low), (" high", part.high)):
                if value is not None:
                    yield ResultNumber(" less ".join(pair), quantity + end, value, UNITS[quantity])


def table(compared: GazeComparison) -> Table:
    """Slip and cost of each reflex: means over heads; of slip and events the least and the most, too."""
    made = Table(
        title="Slip, deg/s, and cost a second (M operations; µJ, estimated at int32 prices), with (least–most)"
    )
    names = ("reflex", "slip", "", "mean", "events", "", "ops, M", "µJ", "ops/event")
    for name in names:
        made.add_column(name, justify="left" if name == "reflex" else "right", no_wrap=True)
    for row in compared.rows:
        made.add_row(
            row["reflex"], short(row["slip"]), _spread(row, "slip"), short(row["mean slip"]),
            short(row["events/s"]), _spread(row, "events/s"), short(1e-6 * row["operations/s"]),
            short(row["uJ/s, int32 prices"]), short(row["operations an event"]),
        )  # fmt: skip
    return made


def energies(compared: GazeComparison) -> Table:
    """Estimated energy of each reflex by price list, and its memory."""
    made = Table(title="Estimated energy, µJ a second; checks too: comparisons as adds; memory, kB")
    names = ("reflex", "int32", "int32, checks too", "float32", "kB")
    for name in names:
        made.add_column(name, justify="left" if name == "reflex" else "right", no_wrap=True)
    for row in compared.rows:
        quantities = ("uJ/s, int32 prices", "uJ/s, int32, comparisons as adds", "uJ/s, float32 prices", "memory kB")
        made.add_row(row["reflex"], *(short(row[quantity]) for quantity in quantities))
    return made


def _spread(row: Row, name: str) -> str:
    return f"({short(row[f'{name} least'])}–{short(row[f'{name} most'])})"


def findings(compared: GazeComparison) -> list[str]:
    """Comparisons of both sensors with one, and of methods that see the slip with one another, in sentences."""
    rows, made = {row["reflex"]: row for row in compared.rows}, []
    both = rows["both"]
    for name in ("no reflex", "gyroscope alone", "camera alone"):
        of = {
            quantity: rows[name][quantity] / both[quantity] if both[quantity] else float("nan") for quantity in SPREAD
        }
        made.append(
            f"Both, beside {name}: {1 / of['slip']:.2f} of the slip, {of['events/s']:.1f} times fewer events, "
            f"{of['operations/s']:.1f} times fewer operations, by estimate {of[SPREAD[4]]:.1f} times less energy."
        )
    for (one, other), more in paired_reflexes(compared).items():
        slip, work = more["slip"], rows[other]["operations/s"] / rows[one]["operations/s"]
        ends = f" (95 %: {slip.ends('+.2f')})" if slip.low is not None else ""
        factor = f"{work:.1f} times fewer" if work >= 1 else f"{1 / work:.1f} times more"
        made.append(f"{one.capitalize()}, beside {other}: slip {slip.mean:+.2f} deg/s{ends}, {factor} operations.")
    return [*made, LIMITS]


def watch(parameters: GazeParameters, found: GazeComparison, recorder: RunRecorder) -> None:
    """Look at both sensors on the first head."""
    watch_reflex(parameters, weights_of(parameters), recorder)


def live(parameters: GazeParameters, recorder: RunRecorder, order: str) -> None:
    """Look at it in an order, at the spikes of hidden units and at what each sensor costs."""
    recorders = [en.record("hidden", "spikes")]
    watch_reflex(
        parameters, weights_of(parameters), recorder, order=order, recorders=recorders, roots=True, root_limit=0
    )


SCENARIO = Scenario(
    name="gaze", summary="both turn a camera against the head that it sits on, in a closed loop",
    defaults=defaults, run=run, tables=[table, energies], sentences=findings, numbers=numbers,
    figures={f"gaze-{name}.png": getattr(figures, name) for name in ("slip", "cost", "command")},
    options=USUAL | WATCHED | LIVE, watch=watch, live=live, orders=BREADTH_FIRST,
    reasons=NOT_TRAINED, reads=named_weights, manifest=with_weights(weights_of),
)  # fmt: skip
