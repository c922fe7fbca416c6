"""`eventnet run pays`: at which speeds, and with which gyroscopes, it pays to be event-driven and to have a camera."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping

from rich.table import Table

from eventnet.plotting.style import NOTE, blank, heading, plain, png, title
from eventnet.scenarios.fusion.figures import dashes, look_of
from eventnet.scenarios.fusion.named import (
    LEGEND,
    LIMITS,
    beside,
    in_cell,
    is_by_events,
    pairing_numbers,
)
from eventnet.scenarios.fusion.parameters import NOT_TRAINED, named_weights, weights_for, with_weights
from eventnet.scenarios.fusion.pays import MethodTime, PaysParameters, PaysResult, Processor, pays
from eventnet.scenarios.fusion.run import Row
from eventnet.scenarios.fusion.watching import watch_pays
from eventnet.scenarios.shared.paired import MeanInterval
from eventnet.scenarios.shared.scenario import USUAL, WATCHED, Asked, Desk, ResultNumber, Scenario, short

SPEED = {
    "events/s": "1/s", "operations/s": "1/s", "uJ/s, int32 prices": "uJ/s", "uJ/s, float32 prices": "uJ/s",
    "uJ/s, int32, comparisons as adds": "uJ/s", "weight words read/s": "1/s", "event to answer ms": "ms",
    "event to answer ms p99": "ms", "memory kB": "kB", "fused error": "deg/s",
    "fused error least": "deg/s", "fused error most": "deg/s",
    "dvs error": "deg/s", "gyro error": "deg/s",
}  # fmt: skip
"""Quantities that are written of each method at each speed, and their units."""
GYROSCOPE = {
    "bare error": "as it is",
    "dvs error": "camera alone",
    "gyro error": "gyroscope alone, fast traces",
    "slow traces error": "slow ones, too",
    "fused error": "fused",
}
BESIDE = {"fused less bare": "fused less as it is", "fused less slow traces": "fused less slow ones"}


def defaults(asked: Asked) -> PaysParameters:
    """Few speeds; in full more, and ten trajectories at each."""
    return PaysParameters.in_full() if asked.full else PaysParameters()


def run(parameters: PaysParameters, desk: Desk) -> PaysResult:
    """Run all."""
    p = parameters.run
    each = ", ".join(map(str, parameters.speeds.trajectories)) or p.trajectories
    desk.say(f"pays: {each} x {p.duration_s:g} s at the speeds, seed {p.seed}")
    with desk.progress("running every method") as progress:
        return pays(parameters, weights_for, processes=desk.asked.processes, progress=progress)


def costs(found: PaysResult) -> Table:
    """Memory of the methods, and their cost at every speed."""
    return _by_speed(
        found, "Memory (kB), and millions of operations a second by speed of turning (deg/s)",
        lambda row: short(1e-6 * row["operations/s"]), {"kB": lambda row: short(row["memory kB"])},
    )  # fmt: skip


def errors(found: PaysResult) -> Table:
    """Errors of the methods at every speed."""
    return _by_speed(
        found, "Error, deg/s: of the fused answer / of the camera alone, by speed of turning (deg/s)",
        lambda row: f"{short(row['fused error'])} / {short(row['dvs error']) if 'dvs error' in row else '-'}",
    )  # fmt: skip


def _by_speed(
    found: PaysResult, title: str, cell: Callable[[Row], str], once: Mapping[str, Callable[[Row], str]] | None = None
) -> Table:  # fmt: skip
    """once: columns of what is the same at every speed."""
    made, once = Table(title=title), once or {}
    made.add_column("method", no_wrap=True)
    for name in once:
        made.add_column(name, justify="right")
    for speed, compared in found.speeds.items():
        made.add_column(f"{speed:g}: {compared.rows[1]['events/s']:,.0f} events/s", justify="right")
    for k, row in enumerate(next(iter(found.speeds.values())).rows):
        if "operations/s" in row:
            same = (of(row) for of in once.values())
            made.add_row(row["method"], *same, *(cell(compared.rows[k]) for compared in found.speeds.values()))
    return made


def fair(found: PaysResult) -> Table:
    """Methods updated by events beside clocks, at every speed."""
    made = Table(
        title="Beside which clock: how many times fewer operations, and change of the errors, with 95 % intervals over "
        "trajectories (* where 0 lies outside)"
    )
    for name in ("method", "clock", *(f"{speed:g} deg/s" for speed in found.speeds)):
        made.add_column(name)
    keys = [(one.method, one.at) for one in next(iter(found.speeds.values())).pairings]
    for method, at in keys:
        own = [
            next(one for one in compared.pairings if (one.method, one.at) == (method, at))
            for compared in found.speeds.values()
        ]
        made.add_row(method, at, *(in_cell(one) for one in own))
    return made


def gyroscopes(found: PaysResult) -> Table | None:
    """Error of each sensor and of both, with every gyroscope; differences with 95 % intervals over trajectories."""
    if not found.gyroscopes:
        return None
    speed = found.parameters.world.turning_deg_per_s
    made = Table(title=f"Error, deg/s, by gyroscope, at {speed:g} deg/s; kept at samples")
    made.add_column("gyroscope", no_wrap=True)
    for name in (*GYROSCOPE.values(), *BESIDE.values()):
        made.add_column(name, justify="right")
    for name, row in found.gyroscopes.items():
        differences = (_difference(row[quantity]) for quantity in BESIDE)
        made.add_row(name, *(short(row[quantity]) for quantity in GYROSCOPE), *differences)
    return made


def _difference(found: MeanInterval) -> str:
    ends = found.ends("+.2f")
    return f"{found.mean:+.2f}" if ends is None else f"{found.mean:+.2f} ({ends})"


def sentences(found: PaysResult) -> list[str]:
    """The meaning of names, limits, and processor times, in sentences."""
    spent, made = found.processor, [*(f"  {name}: {meaning}" for name, meaning in LEGEND.items()), LIMITS]
    if spent is None:
        return made
    passes = [f"{1e6 * value:.2g} µs" for value in (spent.kept, spent.head, spent.filters)]
    made.append(
        f"Processor time on {spent.machine}: one pass of the kept network {passes[0]}, one answer of its head "
        f"{passes[1]} (compiled, float64); one pass of all filters in NumPy (float32) {passes[2]}."
    )
    return made


def times(found: PaysResult) -> Table | None:
    """Times measured on this machine, apart from all that follows from the seed; None where none were."""
    spent = found.processor
    if spent is None:
        return None
    made = Table(
        title=f"Measured on {spent.machine}, one process, and other in each run: processor time, ms for a second of "
        "the sensors; event to answer, median, ms; the same with the time of computing"
    )
    made.add_column("method", no_wrap=True)
    for speed in found.speeds:
        made.add_column(f"{speed:g} deg/s", justify="right")
    for method, each in spent.methods.items():
        made.add_row(method, *(_timed(each[speed]) for speed in found.speeds))
    return made


def _timed(found: MethodTime) -> str:
    late = "too slow" if math.isinf(found.with_computing_ms) else f"{found.with_computing_ms:.3g}"
    return f"{1e3 * found.seconds:.2g}; {found.answer_ms:.3g}; {late}"


def numbers(found: PaysResult) -> Iterator[ResultNumber]:
    """Every number of the result folder. Those of the run "processor" are measured; the others follow from the seed."""
    for speed, compared in found.speeds.items():
        where = f"turning at {speed:g} deg/s"
        for row in compared.rows:
            for quantity, unit in SPEED.items():
                if quantity in row and row[quantity] == row[quantity]:
                    yield ResultNumber(where, quantity, row[quantity], unit, row["method"])
        for method, quantities in compared.by_trajectory.items():
            for quantity, values in quantities.items():
                for k, value in enumerate(values):
                    yield ResultNumber(where, quantity, value, SPEED.get(quantity, "1/s"), f"{method}, trajectory {k}")
        yield from pairing_numbers(compared.pairings, f"{where}: ")
    for name, row in found.gyroscopes.items():
        for quantity in GYROSCOPE:
            yield ResultNumber(f"gyroscope: {name}", quantity, row[quantity], "deg/s", row["method"])
        for quantity in BESIDE:
            more = row[quantity]
            for end, value in (("", more.mean), (" low", more.low), (" high", more.high)):
                if value is not None:
                    yield ResultNumber(f"gyroscope: {name}", f"{quantity}{end}", value, "deg/s", row["method"])
    if found.processor is not None:
        yield from _processor_numbers(found.processor)


def _processor_numbers(spent: Processor) -> Iterator[ResultNumber]:
    parts = {"one pass of the kept network": spent.kept, "one answer of its head": spent.head}
    for quantity, value in (parts | {"one pass of the filters": spent.filters}).items():
        yield ResultNumber("processor", quantity, value, "s", spent.machine)
    for method, each in spent.methods.items():
        for speed, timed in each.items():
            where = f"{method}, {speed:g} deg/s"
            yield ResultNumber("processor", "seconds a second of the sensors", timed.seconds, "s/s", where)
            late = timed.with_computing_ms
            if not math.isnan(timed.answer_ms):
                yield ResultNumber("processor", "event to answer ms", timed.answer_ms, "ms", where)
                shown = "too slow" if math.isinf(late) else late
                yield ResultNumber("processor", "event to answer with computing ms", shown, "ms", where)


# --- cost and error against the speed of turning ---
def shown(found: PaysResult) -> list[str]:
    """The clocks of `beside`, and all methods by events."""
    clocks = beside(found.parameters.methods)
    known = [row["method"] for row in next(iter(found.speeds.values())).rows]
    return [name for name in known if name in clocks or is_by_events(name)]


def against_speed(found: PaysResult) -> bytes:
    """Operations a second, and below them the errors of the fused answer and of the camera alone, at every speed."""
    figure = blank(height=7.6)
    grid = figure.add_gridspec(2, 2, height_ratios=[1.2, 1])
    cost, fused, camera = (figure.add_subplot(part) for part in (grid[0, :], grid[1, 0], grid[1, 1]))
    speeds = sorted(found.speeds)
    for method, dash in zip(methods := shown(found), dashes(methods)):
        look = look_of(method)
        rows = [next(row for row in found.speeds[v].rows if row["method"] == method) for v in speeds]
        for axes, key, unit in ((cost, "operations/s", 1e-6), (fused, "fused error", 1), (camera, "dvs error", 1)):
            axes.plot(
                speeds, [unit * row[key] for row in rows], color=look.colour, marker=look.marker,
                linestyle=dash, markersize=5, label=method,
            )  # fmt: skip
    cost.set(ylabel="million operations a second", yscale="log")
    fused.set(ylabel="error, deg/s")
    heading(cost, "Cost")
    heading(fused, "Error, fused")
    heading(camera, "Error, camera alone")
    for axes in (cost, fused, camera):
        axes.set(xlabel="turning, deg/s, rms of each axis")
        plain(axes)
    for axes in (fused, camera):
        axes.set_ylim(0, None)
    handles = cost.get_legend_handles_labels()
    figure.legend(*handles, loc="outside lower center", ncols=3, frameon=False, fontsize=NOTE)
    title(figure, "What answers cost at each speed, and how wrong they are")
    return png(figure)


SCENARIO = Scenario(
    name="pays", summary="the methods at several speeds, and several gyroscopes: when is it worth it",
    defaults=defaults, run=run, tables=[costs, errors, fair, gyroscopes, times], sentences=sentences, numbers=numbers,
    figures={"pays.png": against_speed},
    options=USUAL | WATCHED, watch=watch_pays, reasons=NOT_TRAINED, reads=named_weights,
    manifest=with_weights(weights_for),
)  # fmt: skip
