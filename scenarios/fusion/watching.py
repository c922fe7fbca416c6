"""The event-driven network on the first trajectory, once more, with a recorder that looks at it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

import eventnet as en
from eventnet.scenarios.fusion.methods import EventDriven, MethodOutcome
from eventnet.scenarios.fusion.named import methods
from eventnet.scenarios.fusion.network import FusionWeights
from eventnet.scenarios.fusion.parameters import Parameters, weights_for
from eventnet.scenarios.fusion.run import ANSWERS, GRID_US, FusionComparison
from eventnet.scenarios.fusion.stream import Simulated
from eventnet.scenarios.shared.spike_raster import SpikeRaster
from eventnet.view import RunRecorder, SensorStream, Shown

KINDS = {"camera": "events", "gyroscope": "rates", "joints": "angles", "frames": "frames"}
"""What sensors send, by their names."""


def watch(parameters: Parameters, found: FusionComparison, recorder: RunRecorder) -> None:
    """Look at the first event-driven network of the table."""
    watch_run(parameters, found.weights, recorder)


def live(parameters: Parameters, recorder: RunRecorder, order: str) -> None:
    """Look at it in an order, and at the spikes of hidden units."""
    watch_run(parameters, weights_for(parameters), recorder, order=order, recorders=[en.record("hidden", "spikes")])


def watch_run(
    parameters: Parameters, weights: FusionWeights, recorder: RunRecorder, **options: Any
) -> MethodOutcome:  # fmt: skip
    """Look at it; returns what comes out, which is the same as unwatched. options: of the simulation."""
    stream = Simulated(parameters, parameters.run.seed, (weights.width, weights.height))
    named = [method for method in methods(parameters) if isinstance(method, EventDriven)]
    method = named[0] if named else EventDriven("event-driven sigma-delta 1")

    def on_clock(clock: en.Clock, last: Callable[[], NDArray[np.float64]]) -> None:
        def answers(t_us: int) -> dict[str, Any]:
            values = last().reshape(len(ANSWERS), -1)
            return {**dict(zip(ANSWERS, values)), "truth": stream.truth(np.array([float(t_us)]))[0]}

        raster = SpikeRaster(clock.simulation, "hidden").picture if "recorders" in options else None
        recorder.on_clock(clock, Shown(streams_of(stream, weights), answers, stream.motion.orientation, raster))

    return method.run(weights, stream, GRID_US, lambda reached: None, on_clock, **options)


def streams_of(stream: Simulated, weights: FusionWeights) -> dict[str, SensorStream]:
    """What each sensor sends; the camera of frames sees as many pixels as that of events."""
    names = ["camera", "gyroscope", *stream.others()]
    return {
        name: SensorStream(KINDS[name], weights.width, weights.height)  # type: ignore[arg-type]
        for name in names
    }
