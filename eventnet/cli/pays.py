"""`eventnet run pays`: at which speeds, and with which gyroscopes, it pays to be event-driven and to have a camera."""

from __future__ import annotations

from collections.abc import Callable

from rich.table import Table

from eventnet.cli.results import Results
from eventnet.cli.screen import Screen
from eventnet.scenarios.fusion import FusionWeights
from eventnet.scenarios.fusion.parameters import Parameters
from eventnet.scenarios.fusion.pays import Found, PaysParameters, pays
from eventnet.scenarios.fusion.pays_figures import against_speed
from eventnet.scenarios.shared.parameter_file import as_toml

SPEED = {
    "events/s": "1/s", "operations/s": "1/s", "uJ/s, int32 prices": "uJ/s", "uJ/s, float32 prices": "uJ/s",
    "fused error": "deg/s", "fused error least": "deg/s", "fused error most": "deg/s", "dvs error": "deg/s",
    "gyro error": "deg/s",
}  # fmt: skip
"""What is written of each way at each speed, and its unit."""
GYROSCOPE = {
    "bare error": "as it is",
    "dvs error": "camera alone",
    "gyro error": "gyroscope alone",
    "fused error": "fused",
}


def run_pays(
    parameters: PaysParameters, weights_for: Callable[[Parameters], FusionWeights], results: Results, screen: Screen,
    processes: int,
) -> None:  # fmt: skip
    """Run all, print both tables, write everything into the result folder."""
    p = parameters.run
    screen.say(f"pays: {p.trajectories} x {p.duration_s:g} s at each speed and with each gyroscope, seed {p.seed}")
    with screen.progress("running every way", 1000) as bar:
        found = pays(parameters, weights_for, processes=processes, told=lambda done, of: bar(1000 * done // of))
    for table in (speeds(found), gyroscopes(found)):
        screen.out.print(table)
    for line in sentences(found):
        screen.say(line)
    add(results, found)
    results.add_picture("pays.png", against_speed(found))
    results.manifest["parameters"] = as_toml(parameters)
    results.manifest["weights"] = weights_for(parameters).manifest
    results.write()


def speeds(found: Found) -> Table:
    """Cost and error of the ways at every speed."""
    made = Table(title="Millions of operations a second, and error of the fused answer, deg/s, by speed of turning")
    names = [name for way in found.parameters.shown() for name in (way, "error")]
    for name in ("deg/s", "events/s", *names):
        made.add_column(name, justify="right")
    for speed, rows in found.speeds.items():
        by_way = {row["way"]: row for row in rows}
        shown = [by_way[way] for way in found.parameters.shown()]
        cells = [text for row in shown for text in (_short(1e-6 * row["operations/s"]), _short(row["fused error"]))]
        made.add_row(f"{speed:g}", f"{shown[0]['events/s']:,.0f}", *cells)
    return made


def gyroscopes(found: Found) -> Table:
    """Error of each sensor and of both, with every gyroscope."""
    speed = found.parameters.world.turning_deg_per_s
    made = Table(title=f"Error, deg/s, by gyroscope, at {speed:g} deg/s; recomputed at each sample")
    made.add_column("gyroscope", no_wrap=True)
    for name in GYROSCOPE.values():
        made.add_column(name, justify="right")
    for name, row in found.gyroscopes.items():
        made.add_row(name, *(_short(row[quantity]) for quantity in GYROSCOPE))
    return made


def sentences(found: Found) -> list[str]:
    """What a processor takes."""
    spent = found.processor
    if spent is None:
        return []
    each = ", ".join(f"{seconds:.2g} s at {speed:g} deg/s" for speed, seconds in spent.driven.items())
    return [
        f"Processor time here: one pass of the filters in NumPy (float32) {1e6 * spent.filters:.2g} µs; "
        f"for a second of the sensors, {spent.way}: {each}."
    ]


def add(results: Results, found: Found) -> None:
    """Every number into the result folder."""
    for speed, rows in found.speeds.items():
        for row in rows:
            for quantity, unit in SPEED.items():
                if quantity in row:
                    results.add(f"turning at {speed:g} deg/s", quantity, row[quantity], unit, at=row["way"])
    for name, row in found.gyroscopes.items():
        for quantity in GYROSCOPE:
            results.add(f"gyroscope: {name}", quantity, row[quantity], "deg/s", at=row["way"])
    if found.processor is not None:
        results.add("processor", "one pass of the filters", found.processor.filters, "s")
        for speed, seconds in found.processor.driven.items():
            where = f"{found.processor.way}, {speed:g} deg/s"
            results.add("processor", "seconds a second of the sensors", seconds, "s/s", at=where)


def _short(value: float) -> str:
    """Three digits."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
