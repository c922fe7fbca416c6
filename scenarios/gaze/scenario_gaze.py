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
from eventnet.scenarios.gaze.run import GazeComparison, PairedReflexes, Row, compare, paired_reflexes
from eventnet.scenarios.gaze.watching import watch_reflex
from eventnet.scenarios.shared.paired import times
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
    for pair, paired in paired_reflexes(found).items():
        parts = {(name, UNITS[name]): part for name, part in paired.more.items()}
        parts |= {(f"{name}, times less", ""): part for name, part in paired.less.items()}
        for (quantity, unit), part in parts.items():
            for end, value in (("", part.mean), (" low", part.low), (" high", part.high)):
                if value is not None:
                    yield ResultNumber(" less ".join(pair), quantity + end, value, unit)


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
            short(row["uJ/s, int32 prices"]), _an_event(row),
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


def _an_event(row: Row) -> str:
    """Nothing where no event is heard."""
    return short(row["operations an event"]) if "operations an event" in row else ""


def _spread(row: Row, name: str) -> str:
    return f"({short(row[f'{name} least'])}–{short(row[f'{name} most'])})"


def findings(compared: GazeComparison) -> list[str]:
    """The compared reflexes in sentences."""
    return [*(_sentence(*pair, paired) for pair, paired in paired_reflexes(compared).items()), LIMITS]


def _sentence(one: str, other: str, paired: PairedReflexes) -> str:
    slip = paired.more["slip"]
    ends = f" (95 %: {slip.ends('+.2f')})" if slip.low is not None else ""
    costs = [
        words.format(times(paired.less[name], "less" if name.startswith("uJ") else "fewer"))
        for name, words in (
            ("events/s", "{} events"), ("operations/s", "{} operations"),
            ("uJ/s, int32 prices", "by estimate {} energy at int32 prices"),
            ("uJ/s, int32, comparisons as adds", "{} with comparisons"),
        ) if name in paired.less
    ]  # fmt: skip
    return f"{one.capitalize()}, beside {other}: slip {slip.mean:+.2f} deg/s{ends}, {', '.join(costs)}."


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
