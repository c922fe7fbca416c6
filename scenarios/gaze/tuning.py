"""Gains of every reflex with a camera, each from the same grid: `python -m eventnet.scenarios.gaze.tuning`.

The least slip, averaged over heads of a seed on which nothing is judged, at a gyroscope's noise of 1 deg/s: gains of
the event-driven network, of flow sums and of each clock of these, and the camera's variance of the Kalman filter. Where
the camera is alone the grid is another. `ReflexTable` holds what is found.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from eventnet.analysis.parallel import in_processes
from eventnet.scenarios.fusion import FusionWeights
from eventnet.scenarios.gaze.parameters import KEPT_US, TWIN_US, GazeParameters, GazeRunTable, ReflexTable
from eventnet.scenarios.gaze.reflex import REFLEXES, run_reflex
from eventnet.scenarios.gaze.run import measured

SEED, HEADS = 77, 4
INTEGRALS_PER_S = 1.0, 2.0, 3.0, 4.5, 6.0
GAINS = 0.0, 0.1, 0.3
ALONE_INTEGRALS_PER_S = 10.0, 30.0, 100.0, 300.0
ALONE_GAINS = 0.1, 0.3, 0.8
VARIANCES = 400.0, 3000.0, 20_000.0, 100_000.0

TUNED = [name for name, reflex in REFLEXES.items() if reflex.camera]

Shared = tuple[GazeParameters, FusionWeights]
Job = tuple[str, ReflexTable, int]


def candidates(name: str, given: ReflexTable) -> dict[str, ReflexTable]:
    """The grid of a reflex, by its numbers in words: tables in which every method has these."""
    reflex, kept, twin = REFLEXES[name], len(KEPT_US), len(TWIN_US)
    if reflex.kalman:
        return {f"variance {value:g}": replace(given, kalman_camera_variance=value) for value in VARIANCES}
    integrals, gains = (INTEGRALS_PER_S, GAINS) if reflex.gyroscope else (ALONE_INTEGRALS_PER_S, ALONE_GAINS)
    return {
        f"integral {integral:g}, gain {gain:g}": replace(
            given, integral_per_s=integral, gain=gain, kept_integral_per_s=(integral,) * kept, kept_gain=(gain,) * kept,
            twin_integral_per_s=(integral,) * twin, twin_gain=(gain,) * twin,
            flow_integral_per_s=integral, flow_gain=gain, alone_integral_per_s=integral, alone_gain=gain,
            flow_alone_integral_per_s=integral, flow_alone_gain=gain,
        )
        for integral in integrals for gain in gains
    }  # fmt: skip


def slips(
    parameters: GazeParameters, weights: FusionWeights, name: str, *, processes: int | None = 1
) -> dict[str, float]:  # fmt: skip
    """The mean slip, in deg/s, of each of its candidates over the heads of the parameters."""
    grid, heads = candidates(name, parameters.reflex), range(parameters.run.heads)
    jobs = [(name, table, head) for table in grid.values() for head in heads]
    found = in_processes(_slip, (parameters, weights), jobs, processes=processes)
    return dict(zip(grid, map(float, np.reshape(found, (len(grid), len(heads))).mean(axis=1)), strict=True))


def _slip(shared: Shared, job: Job) -> float:
    (parameters, weights), (name, table, head) = shared, job
    tried = replace(parameters, reflex=table)
    return measured(run_reflex(tried, weights, name, head), tried)["slip"]


def main(arguments: Sequence[str] | None = None) -> None:
    """Tune all, or those that are named, and print the slip of each candidate, the least one last."""
    parser = argparse.ArgumentParser("python -m eventnet.scenarios.gaze.tuning", description=__doc__)
    parser.add_argument("reflexes", nargs="*", default=TUNED, metavar="REFLEX", help=", ".join(map(repr, TUNED)))
    parser.add_argument("--processes", type=int, default=None)
    asked = parser.parse_args(arguments)
    if unknown := [name for name in asked.reflexes if name not in TUNED]:
        parser.error(f"unknown reflex {unknown[0]!r}; there are {'; '.join(TUNED)}")
    parameters, weights = GazeParameters(run=GazeRunTable(seed=SEED, heads=HEADS)), FusionWeights.shipped()
    for name in asked.reflexes:
        found = slips(parameters, weights, name, processes=asked.processes)
        for words in sorted(found, key=lambda words: -found[words]):
            print(f"{name}: {words}: {found[words]:.4f} deg/s", flush=True)


if __name__ == "__main__":
    main()
