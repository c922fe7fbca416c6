"""`eventnet run attitude`: how a head is turned and where its arm ends, from five sensors, and without each of them."""

from __future__ import annotations

from collections.abc import Iterator

from rich.table import Table

from eventnet.scenarios.attitude import figures
from eventnet.scenarios.attitude.cases import USUAL_HZ
from eventnet.scenarios.attitude.parameters import AttitudeParameters, AttitudeRunTable
from eventnet.scenarios.attitude.run import MEASURES, METHODS, AttitudeComparison, compare, shares
from eventnet.scenarios.attitude.watching import watch_robot
from eventnet.scenarios.fusion.named import LIMITS
from eventnet.scenarios.shared.paired import MeanInterval
from eventnet.scenarios.shared.scenario import USUAL, WATCHED, Asked, Desk, ResultNumber, Scenario, short
from eventnet.view import RunRecorder


def defaults(asked: Asked) -> AttitudeParameters:
    """Three robots for 10 s; in full ten for 60 s, and slow frames."""
    full = AttitudeRunTable(robots=10, duration_s=60.0, slow_frames=True)
    return AttitudeParameters(run=full if asked.full else AttitudeRunTable())


def run(parameters: AttitudeParameters, desk: Desk) -> AttitudeComparison:
    """Run every case on every robot."""
    p = parameters.run
    desk.say(f"attitude: {p.robots} robots x {p.duration_s:g} s, seed {p.seed}")
    with desk.progress("running every case") as progress:
        return compare(parameters, processes=desk.asked.processes, progress=progress)


def errors(method: str, compared: AttitudeComparison) -> Table:
    """Errors of a method in each case, and by how much they are larger than with all sensors."""
    made = Table(title=f"Errors (rms) {figures.NAMES[method]}, and what they have more than all sensors, %, 95 %")
    for name in ("frames", "sensors", *(f"{measure}, {unit}" for measure, unit in MEASURES.items()), "needed for"):
        made.add_column(name, justify="left" if name in ("frames", "sensors", "needed for") else "right")
    for case in compared.cases:
        cells = []
        for measure in MEASURES:
            found = compared.mean(case, method, measure)
            base = compared.mean(case._replace(without=()), method, measure).mean
            cells.append(short(found.mean) + _more(compared.more(case, method, measure), base, bool(case.without)))
        needed = ", ".join(compared.needed(case, method)) if case.without else ""
        made.add_row(case.frames, case.name, *cells, needed or ("-" if case.without else ""))
    return made


def _more(more: MeanInterval, base: float, shown: bool) -> str:
    """A difference in parts of a hundred, with its interval."""
    if not shown or not base:
        return ""
    ends = "" if more.low is None or more.high is None else f" ({_part(more.low, base)} to {_part(more.high, base)})"
    return f"\n{_part(more.mean, base)}{ends}"


def _part(value: float, base: float) -> str:
    return f"{100 * value / base:+,.0f}"


def costs(compared: AttitudeComparison) -> Table:
    """The cost of each sensor, all sensors in use: the ledger's sums by the port where inputs enter."""
    made = Table(title="Cost by sensor, all sensors (operations a second, M; values or events a second)")
    for name in ("frames", "sensor", "operations, M", "part", "values/s", "operations a value"):
        made.add_column(name, justify="left" if name in ("frames", "sensor") else "right")
    for case in compared.cases:
        if case.without or case.frame_hz != USUAL_HZ:
            continue
        rows = list(shares(compared, case))
        total = sum(cost.mean for _, cost, _ in rows)
        for name, cost, count in rows:
            made.add_row(
                case.frames, name, short(1e-6 * cost.mean), f"{100 * cost.mean / total:.1f} %", short(count),
                short(cost.mean / count) if count else "",
            )  # fmt: skip
    return made


def findings(compared: AttitudeComparison) -> Iterator[str]:
    """For which errors each sensor is needed, by either method; and whether the Kalman filter is better."""
    for case in compared.cases:
        if not case.without:
            for measure in ("attitude", "end point"):
                one, other = (compared.mean(case, method, measure).mean for method in METHODS)
                yield (
                    f"All sensors, frames tell the {case.frames}: {measure} off by {short(one)} {MEASURES[measure]} by "
                    f"events, {short(other)} with a Kalman filter."
                )
            continue
        needed = [compared.needed(case, method) for method in METHODS]
        if needed[0] == needed[1]:
            said = f"needed for {', '.join(needed[0])}" if needed[0] else "not needed"
        else:
            said = "; ".join(
                f"{figures.NAMES[method]}: " + (f"needed for {', '.join(of)}" if of else "not needed")
                for method, of in zip(METHODS, needed, strict=True)
            )
        yield f"Frames tell the {case.frames}, {' and '.join(case.without)}: {said}."
    ours, filters = (short(compared.robots[0].memory[method] / 1000) for method in METHODS)
    yield f"State and weights, 4 bytes a value: {ours} kB by events, {filters} kB with a Kalman filter."
    yield LIMITS


def numbers(found: AttitudeComparison) -> Iterator[ResultNumber]:
    """Errors of each case, method and robot, their means and differences with intervals; costs by sensor."""
    for case in found.cases:
        for method in METHODS:
            label = f"{case.frames}, {case.name}, {method}"
            for measure, unit in MEASURES.items():
                for robot, value in found.each(case, method, measure).items():
                    yield ResultNumber(label, measure, value, unit, f"robot {robot}")
                yield from _interval(label, measure, found.mean(case, method, measure), unit)
                if case.without:
                    more = found.more(case, method, measure)
                    yield from _interval(label, f"{measure}, more than with all sensors", more, unit)
        for name, cost, count in shares(found, case):
            yield from _interval(f"{case.frames}, {case.name}", f"operations/s of {name}", cost, "1/s")
            yield ResultNumber(f"{case.frames}, {case.name}", f"values/s of {name}", count, "1/s")
    for method, size in found.robots[0].memory.items():
        yield ResultNumber(method, "memory kB", size / 1000, "kB")


def _interval(label: str, quantity: str, found: MeanInterval, unit: str) -> Iterator[ResultNumber]:
    for end, value in (("", found.mean), (" low", found.low), (" high", found.high)):
        if value is not None:
            yield ResultNumber(label, quantity + end, value, unit)


def watch(parameters: AttitudeParameters, found: AttitudeComparison, recorder: RunRecorder) -> None:
    """Look at all sensors of the first robot."""
    watch_robot(parameters, recorder)


SCENARIO = Scenario(
    name="attitude", summary="five sensors tell how a head is turned and where its arm ends",
    defaults=defaults, run=run, numbers=numbers, sentences=findings,
    tables=[lambda found: errors("events", found), lambda found: errors("Kalman", found), costs],
    figures={"attitude-removals.png": figures.removals, "attitude-stretch.png": figures.stretch},
    options=USUAL | WATCHED, watch=watch,
)  # fmt: skip
