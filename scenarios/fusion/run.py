"""The methods on the same streams, side by side: cost, memory, latency, deviation and error of each, as rows.

Latency of an answer is the time after a step of the true rate at which it first passes half-way.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventnet.analysis.parallel import in_processes
from eventnet.base.old_names import renamed_arguments
from eventnet.cost import HOROWITZ_FLOAT32, HOROWITZ_INT32
from eventnet.scenarios.fusion.flow import FlowMethod
from eventnet.scenarios.fusion.methods import EventDriven, HeldAnswers, Method, MethodOutcome, quantile
from eventnet.scenarios.fusion.named import (
    AS_IT_IS,
    SLOW_TRACES,
    Pairing,
    is_by_events,
    memory,
    methods,
    pairings,
    reference,
)
from eventnet.scenarios.fusion.network import FusionWeights
from eventnet.scenarios.fusion.parameters import Parameters
from eventnet.scenarios.fusion.stream import Kept, Simulated, Stream, samples, steps

Floats = NDArray[np.float64]
Row = dict[str, Any]
Outcomes = dict[str, MethodOutcome]

ANSWERS = ("fused", "dvs", "gyro")
GRID_US, FINE_US = 1000, 100
"""Errors are sampled so often; answers about steps so often."""

LONGEST_KEPT_US = 60_000_000
"""Longer streams are simulated again for each method, so that memory stays bounded."""

BEFORE_US = 20_000
"""An answer must have been on the step's first side for so long, or its crossing says nothing."""


def half_way(
    times: NDArray[np.int64], values: Floats, steps: NDArray[np.int64], before: Floats, after: Floats
) -> Floats:
    """Milliseconds from each step [n] to the first of `values` [m] beyond the middle of `before` and `after` [n].

    times: of the values, in microseconds and growing. NaN for a step before which the answer was not on its first side
    for the last 20 ms; inf where it does not pass before the next step, or the end.
    """
    made = np.full(len(steps), np.nan)
    ends = np.append(steps[1:], times[-1] + 1)
    for k, (step, end) in enumerate(zip(steps, ends)):
        beyond = (values - 0.5 * (before[k] + after[k])) * np.sign(after[k] - before[k]) > 0
        first, at, last = np.searchsorted(times, (step - BEFORE_US, step, end))
        if beyond[first:at].any():
            continue
        passed = np.flatnonzero(beyond[at:last])
        made[k] = (times[at + passed[0]] - step) / 1000 if len(passed) else np.inf
    return made


@lru_cache(maxsize=4)
def stream_of(parameters: Parameters, stream: int | None, size: tuple[int, int]) -> tuple[Stream, NDArray[np.int64]]:
    """A trajectory by its number, or (None) the steps; and when the steps are."""
    seed = parameters.run.seed
    if stream is None:
        made, times = steps(parameters, seed, size)
    else:
        made, times = Simulated(parameters, seed + stream, size), np.empty(0, np.int64)
    return (Kept(made) if made.end_us <= LONGEST_KEPT_US else made), times


# --- the table ---
def rows_of(
    p: Parameters, weights: FusionWeights, runs: list[Outcomes], stepped: Outcomes | None, memory: dict[str, int]
) -> list[Row]:
    """A row for the gyroscope as it is, and for each method. memory: bytes of each."""
    size, n = (weights.width, weights.height), weights.n_out
    truths, raw = [], []
    for k in range(len(runs)):
        stream = Simulated(p, p.run.seed + k, size)  # its camera is not asked for
        truths.append(_truth(p, stream))
        raw.append(as_it_is(stream, n, GRID_US))
    rows = [{"method": AS_IT_IS, "gyro error": _rms([(a, *t) for a, t in zip(raw, truths)])[0]}]
    rows[0]["gyro error least"], rows[0]["gyro error most"] = _rms([(a, *t) for a, t in zip(raw, truths)])[1:]
    exact = [run[reference(p.methods)].answers for run in runs]
    for method in runs[0]:
        rows.append(_costs([run[method] for run in runs]) | {"memory kB": memory[method] / 1000})
        for k, name in enumerate(ANSWERS):
            if name == "dvs" and method == SLOW_TRACES:
                continue
            part = slice(k * n, (k + 1) * n)
            found = [run[method].answers[:, part] for run in runs]
            error, least, most = _rms([(a, *t) for a, t in zip(found, truths)])
            off, _, _ = _rms([(a, e[:, part], t[1]) for a, e, t in zip(found, exact, truths)])
            rows[-1] |= {f"{name} error": error, f"{name} error least": least, f"{name} error most": most}
            rows[-1][f"{name} deviation"] = off
        rows[-1]["fused below both"] = sum(_below_both(run[method], *truth, n) for run, truth in zip(runs, truths))
    if stepped is not None:
        _add_steps(p, weights, stepped, rows)
    return rows


def as_it_is(stream: Stream, n_out: int, grid_us: int) -> Floats:
    """The gyroscope's last sample at the multiples of a period."""
    grid = HeldAnswers(stream.end_us, grid_us, n_out)
    for packet in stream.gyroscope():
        grid.take(*samples(packet.events, n_out), packet.until)
    return grid.answers


def _rms(runs: list[tuple[Floats, Floats, NDArray[np.bool_]]]) -> tuple[float, float, float]:
    """Root mean square over all runs and axes, and of the best and the worst run."""
    squares = np.array([np.mean((found[shown] - wanted[shown]) ** 2) for found, wanted, shown in runs])
    return float(np.sqrt(squares.mean())), float(np.sqrt(squares.min())), float(np.sqrt(squares.max()))


def _below_both(outcome: MethodOutcome, truth: Floats, shown: NDArray[np.bool_], n: int) -> bool:
    """Whether the fused answer is better than either sensor alone."""
    errors = [_rms([(outcome.answers[:, k * n : (k + 1) * n], truth, shown)])[0] for k in range(len(ANSWERS))]
    return errors[0] < min(errors[1:])


def _costs(outcomes: list[MethodOutcome]) -> Row:
    tally = outcomes[0].tally
    for outcome in outcomes[1:]:
        tally += outcome.tally
    seconds = sum(outcome.seconds for outcome in outcomes)
    events = sum(outcome.events for outcome in outcomes)
    sensors: dict[str, int] = {}
    for outcome in outcomes:
        for sensor, count in outcome.by_sensor.items():
            sensors[sensor] = sensors.get(sensor, 0) + count
    waits = np.sum([outcome.waits for outcome in outcomes], axis=0)
    total = tally.adds + tally.multiplies + tally.compares
    row = {
        "method": outcomes[0].method, "events/s": events / seconds,
        "adds/s": tally.adds / seconds, "multiplies/s": tally.multiplies / seconds,
        "checks/s": tally.compares / seconds, "operations/s": total / seconds,
        "spikes/s": tally.spikes / seconds,
        "weight words read/s": sum(row["reads"] for row in tally.by_port().values()) / seconds,
        "event to answer ms": quantile(waits, 0.5), "event to answer ms p99": quantile(waits, 0.99),
    }  # fmt: skip
    for name, prices in (("int32", HOROWITZ_INT32), ("float32", HOROWITZ_FLOAT32)):
        row[f"uJ/s, {name} prices"] = 1e-6 * prices.energy(tally) / seconds
        row[f"uJ/s, {name}, comparisons as adds"] = 1e-6 * prices.with_comparisons().energy(tally) / seconds
    values = [outcome.values for outcome in outcomes if outcome.values is not None]
    if values:
        row["values of state read/s"] = sum(values) / seconds
    for sensor, count in sensors.items():
        row[f"operations/s by {sensor}"] = count / seconds
    if is_by_events(outcomes[0].method):
        row["operations an event"] = sensors["dvs"] / events if events else float("nan")
    return row


def by_trajectory(p: Parameters, weights: FusionWeights, runs: list[Outcomes]) -> dict[str, dict[str, list[float]]]:
    """Of each method and quantity the value on each trajectory: operations a second, those by sensors that no answer
    depends on, and the errors of two answers; and the error of the gyroscope as it is.
    """
    made: dict[str, dict[str, list[float]]] = {AS_IT_IS: {"gyro error": []}}
    for k, run in enumerate(runs):
        stream = Simulated(p, p.run.seed + k, (weights.width, weights.height))
        truth, shown = _truth(p, stream)
        made[AS_IT_IS]["gyro error"].append(_rms([(as_it_is(stream, weights.n_out, GRID_US), truth, shown)])[0])
        for method, outcome in run.items():
            found = made.setdefault(method, {})
            found.setdefault("operations/s", []).append(outcome.operations / outcome.seconds)
            for sensor in stream.others():
                if sensor in outcome.by_sensor:
                    key = f"operations/s by {sensor}"
                    found.setdefault(key, []).append(outcome.by_sensor[sensor] / outcome.seconds)
            for j, name in enumerate(ANSWERS[: 1 if method == SLOW_TRACES else 2]):
                part = outcome.answers[:, j * weights.n_out : (j + 1) * weights.n_out]
                found.setdefault(f"{name} error", []).append(_rms([(part, truth, shown)])[0])
    return made


def _truth(p: Parameters, stream: Stream) -> tuple[Floats, NDArray[np.bool_]]:
    """The true rates at the multiples of `GRID_US`, and at which of them errors are measured."""
    times = np.arange(0, stream.end_us, GRID_US)
    return stream.truth(times.astype(np.float64)), times >= 1e6 * p.run.measured_from_s


def _add_steps(p: Parameters, weights: FusionWeights, stepped: dict[str, MethodOutcome], rows: list[Row]) -> None:
    """Half-way latencies of each answer about the camera's y axis."""
    stream, at = stream_of(p, None, (weights.width, weights.height))
    before, after = (stream.truth(at.astype(np.float64) + shift)[:, 1] for shift in (-1, 0))
    times = np.arange(0, stream.end_us, FINE_US)
    for row in rows:
        outcome = stepped.get(row["method"])
        n = weights.n_out
        shown = {"gyro": as_it_is(stream, n, FINE_US)} if outcome is None else {
            name: outcome.answers[:, k * n : (k + 1) * n] for k, name in enumerate(ANSWERS)
        }  # fmt: skip
        for name, answers in shown.items():
            found = half_way(times, answers[:, 1], at, before, after)
            sure = found[~np.isnan(found)]
            for label, part in (("half-way ms", 0.5), ("half-way ms p99", 0.99)):
                row[f"{name} {label}"] = float(np.quantile(sure, part, method="higher")) if len(sure) else np.nan
            row[f"{name} steps unsure"] = len(found) - len(sure)


# --- all runs ---
@dataclass
class FusionComparison:
    """All outcomes: of each trajectory and of the steps (None without), by method in the order of the table.

    by_trajectory: of each method and quantity the value on each trajectory. pairings: methods updated by events beside
    clocks, see `fair`.
    """

    parameters: Parameters
    weights: FusionWeights
    runs: list[dict[str, MethodOutcome]]
    steps: dict[str, MethodOutcome] | None
    rows: list[Row]
    by_trajectory: dict[str, dict[str, list[float]]]
    pairings: list[Pairing]


@renamed_arguments(told="progress")
def compare(
    parameters: Parameters, weights: FusionWeights, *, processes: int = 1, progress: Callable[[int, int], None]
) -> FusionComparison:
    """Run every method on every stream. `progress` hears how many runs are done, of how many."""
    p, asked = parameters, methods(parameters)
    streams: list[int | None] = [*range(p.run.trajectories), *([None] if p.steps.count else [])]
    jobs = [(stream, method) for stream in streams for method in asked]
    order = _order([isinstance(method, EventDriven | FlowMethod) for _, method in jobs], processes)
    outcomes = in_processes(_run, (p, weights), [jobs[k] for k in order], processes=processes, progress=progress)
    found: dict[int, MethodOutcome] = dict(zip(order, outcomes, strict=True))
    by_stream = []
    for k in range(len(streams)):
        each = [found[k * len(asked) + j] for j in range(len(asked))]
        by_stream.append({outcome.method: outcome for outcome in each})
    last = by_stream.pop() if p.steps.count else None
    bytes_of = {method.name: memory(method, weights) for method in asked}
    rows, values = rows_of(p, weights, by_stream, last, bytes_of), by_trajectory(p, weights, by_stream)
    return FusionComparison(p, weights, by_stream, last, rows, values, pairings(p.methods, rows, values))


def _order(driven: list[bool], processes: int) -> list[int]:
    """The numbers of the jobs as they begin, from whether each is event-driven.

    With nothing compiled yet, one process compiles the engine (40 s) while the other runs the recomputed methods:
    so the first event-driven job begins, and the others come last.
    """
    if processes == 1:
        return list(range(len(driven)))
    first = driven.index(True) if any(driven) else 0
    return sorted(range(len(driven)), key=lambda k: (k != first, driven[k]))


def _run(shared: tuple[Parameters, FusionWeights], job: tuple[int | None, Method]) -> MethodOutcome:
    return run_one(*shared, *job)


def run_one(parameters: Parameters, weights: FusionWeights, stream: int | None, method: Method) -> MethodOutcome:
    """One method on a trajectory, or (None) on the steps."""
    made, _ = stream_of(parameters, stream, (weights.width, weights.height))
    return method.run(weights, made, FINE_US if stream is None else GRID_US, lambda reached: None)
