"""A reflex by both sensors on the first head, once more, with a recorder that looks at it."""

from __future__ import annotations

from typing import Any

import numpy as np

from eventnet.scenarios.fusion import FusionWeights
from eventnet.scenarios.gaze.parameters import GazeParameters
from eventnet.scenarios.gaze.reflex import AXES, ReflexLoop, ReflexOutcome, run_reflex
from eventnet.scenarios.shared.spike_raster import SpikeRaster
from eventnet.view import RunRecorder, SensorStream, Shown

REFLEX = "both"


def watch_reflex(
    parameters: GazeParameters, weights: FusionWeights, recorder: RunRecorder, **options: Any
) -> ReflexOutcome:  # fmt: skip
    """Look at it; returns what comes out, which is the same as unwatched. options: of the simulation."""
    streams = {"camera": SensorStream("events", weights.width, weights.height), "gyroscope": SensorStream("rates")}

    def watch(loop: ReflexLoop) -> None:
        def answers(t_us: int) -> dict[str, Any]:
            """The slip by the last answer, the command that turns the camera, and the true rates just before now."""
            row, before = t_us // loop.period - 1, t_us - 1
            seen = loop.answers[row, 2 * AXES :] if row >= 0 else np.zeros(AXES)
            slip, head = loop.motion.rates(before), loop.motion.head.rates(before)
            command = loop.commands[before // loop.period]
            return {"slip": slip, "slip as seen": seen, "command": command, "head": head}

        def pose(t_us: int) -> Any:
            return loop.motion.orientation(t_us - 1)

        raster = SpikeRaster(loop.simulation, "hidden").picture if "recorders" in options else None
        recorder.on_clock(loop.clock, Shown(streams, answers, pose, raster))

    return run_reflex(parameters, weights, REFLEX, watch=watch, **options)
