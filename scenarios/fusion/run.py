"""The methods on the same streams: cost, memory, latency, deviation and error of each, side by side."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from eventnet.analysis.parallel import in_processes
from eventnet.base.old_names import renamed_arguments
from eventnet.scenarios.fusion.event_driven import EventDriven
from eventnet.scenarios.fusion.fair import Pairing, pairings
from eventnet.scenarios.fusion.flow import FlowMethod
from eventnet.scenarios.fusion.methods import Method, MethodOutcome
from eventnet.scenarios.fusion.named import memory, methods
from eventnet.scenarios.fusion.network import FusionWeights
from eventnet.scenarios.fusion.parameters import Parameters
from eventnet.scenarios.fusion.rows import FINE_US, GRID_US, Row, by_trajectory, rows_of, stream_of


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
