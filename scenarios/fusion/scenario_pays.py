"""`eventnet run pays`: at which speeds, and with which gyroscopes, it pays to be event-driven and to have a camera."""

from __future__ import annotations

from collections.abc import Iterator

from rich.table import Table

from eventnet.scenarios.fusion.parameters import NOT_TRAINED, named_weights, weights_for, with_weights
from eventnet.scenarios.fusion.pays import PaysParameters, PaysResult, pays
from eventnet.scenarios.fusion.pays_figures import against_speed
from eventnet.scenarios.shared.scenario import Asked, Desk, ResultNumber, Scenario, short

SPEED = {
    "events/s": "1/s", "operations/s": "1/s", "uJ/s, int32 prices": "uJ/s", "uJ/s, float32 prices": "uJ/s",
    "fused error": "deg/s", "fused error least": "deg/s", "fused error most": "deg/s", "dvs error": "deg/s",
    "gyro error": "deg/s",
}  # fmt: skip
"""What is written of each method at each speed, and its unit."""
GYROSCOPE = {
    "bare error": "as it is",
    "dvs error": "camera alone",
    "gyro error": "gyroscope alone",
    "fused error": "fused",
}


def defaults(asked: Asked) -> PaysParameters:
    """Few speeds; in full more, and four trajectories at each."""
    return PaysParameters.in_full() if asked.full else PaysParameters()


def run(parameters: PaysParameters, desk: Desk) -> PaysResult:
    """Run all."""
    p = parameters.run
    desk.say(f"pays: {p.trajectories} x {p.duration_s:g} s at each speed and with each gyroscope, seed {p.seed}")
    with desk.progress("running every method") as progress:
        return pays(parameters, weights_for, processes=desk.asked.processes, progress=progress)


def speeds(found: PaysResult) -> Table:
    """Cost and error of the methods at every speed."""
    made = Table(title="Millions of operations a second, and error of the fused answer, deg/s, by speed of turning")
    names = [name for method in found.parameters.shown() for name in (method, "error")]
    for name in ("deg/s", "events/s", *names):
        made.add_column(name, justify="right")
    for speed, rows in found.speeds.items():
        by_method = {row["method"]: row for row in rows}
        shown = [by_method[method] for method in found.parameters.shown()]
        cells = [text for row in shown for text in (short(1e-6 * row["operations/s"]), short(row["fused error"]))]
        made.add_row(f"{speed:g}", f"{shown[0]['events/s']:,.0f}", *cells)
    return made


def gyroscopes(found: PaysResult) -> Table:
    """Error of each sensor and of both, with every gyroscope."""
    speed = found.parameters.world.turning_deg_per_s
    made = Table(title=f"Error, deg/s, by gyroscope, at {speed:g} deg/s; recomputed at each sample")
    made.add_column("gyroscope", no_wrap=True)
    for name in GYROSCOPE.values():
        made.add_column(name, justify="right")
    for name, row in found.gyroscopes.items():
        made.add_row(name, *(short(row[quantity]) for quantity in GYROSCOPE))
    return made


def sentences(found: PaysResult) -> list[str]:
    """What a processor takes."""
    spent = found.processor
    if spent is None:
        return []
    each = ", ".join(f"{seconds:.2g} s at {speed:g} deg/s" for speed, seconds in spent.driven.items())
    return [
        f"Processor time here: one pass of the filters in NumPy (float32) {1e6 * spent.filters:.2g} µs; "
        f"for a second of the sensors, {spent.method}: {each}."
    ]


def numbers(found: PaysResult) -> Iterator[ResultNumber]:
    """Every number of the result folder."""
    for speed, rows in found.speeds.items():
        for row in rows:
            for quantity, unit in SPEED.items():
                if quantity in row:
                    yield ResultNumber(f"turning at {speed:g} deg/s", quantity, row[quantity], unit, row["method"])
    for name, row in found.gyroscopes.items():
        for quantity in GYROSCOPE:
            yield ResultNumber(f"gyroscope: {name}", quantity, row[quantity], "deg/s", row["method"])
    if found.processor is not None:
        yield ResultNumber("processor", "one pass of the filters", found.processor.filters, "s")
        for speed, seconds in found.processor.driven.items():
            where = f"{found.processor.method}, {speed:g} deg/s"
            yield ResultNumber("processor", "seconds a second of the sensors", seconds, "s/s", where)


SCENARIO = Scenario(
    name="pays", summary="the methods at several speeds, and several gyroscopes: when is it worth it",
    defaults=defaults, run=run, tables=[speeds, gyroscopes], sentences=sentences, numbers=numbers,
    figures={"pays.png": against_speed}, reasons=NOT_TRAINED, reads=named_weights, manifest=with_weights(weights_for),
)  # fmt: skip
