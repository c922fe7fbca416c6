"""An event-driven network on the first trajectory, once more, with a recorder that looks at it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

import eventnet as en
from eventnet.scenarios.fusion.flow import FlowMethod
from eventnet.scenarios.fusion.flow_law import (
    Job,
    LawParameters,
    LawResult,
    method_of,
    scenes,
    size_of,
    stream_of,
    turned,
)
from eventnet.scenarios.fusion.methods import EventDriven, MethodOutcome
from eventnet.scenarios.fusion.named import methods
from eventnet.scenarios.fusion.network import FusionWeights
from eventnet.scenarios.fusion.parameters import Parameters, weights_for
from eventnet.scenarios.fusion.pays import PaysParameters, PaysResult, turning
from eventnet.scenarios.fusion.run import ANSWERS, GRID_US, FusionComparison
from eventnet.scenarios.fusion.stream import Simulated
from eventnet.scenarios.shared.spike_raster import SpikeRaster
from eventnet.scenarios.worlds import Motion
from eventnet.view import RunRecorder, SensorStream, Shown

KINDS = {"camera": "events", "gyroscope": "rates", "joints": "angles", "frames": "frames"}
"""Kinds of streams, by the sensors' names."""


def watch(parameters: Parameters, found: FusionComparison, recorder: RunRecorder) -> None:
    """Look at the first event-driven network of the table."""
    watch_run(parameters, found.weights, recorder)


def live(parameters: Parameters, recorder: RunRecorder, order: str) -> None:
    """Look at it in an order, and at the spikes of hidden units."""
    watch_run(parameters, weights_for(parameters), recorder, order=order, recorders=[en.record("hidden", "spikes")])


def watch_pays(parameters: PaysParameters, found: PaysResult, recorder: RunRecorder) -> None:
    """Look at the first event-driven network at the last speed."""
    speeds = parameters.world.turning_deg_per_s, *parameters.speeds.turning_deg_per_s
    like = turning(parameters, speeds[-1])
    watch_run(like, weights_for(like), recorder)


def watch_law(p: LawParameters, found: LawResult, recorder: RunRecorder) -> None:
    """Look at the network of thinnest sums, before the first camera at the last speed."""
    watch_sums(p, recorder)


def watch_sums(p: LawParameters, recorder: RunRecorder) -> MethodOutcome:
    """Look at it; returns what comes out, which is the same as unwatched."""
    scene = next(one for one in scenes(p) if one.kind == "turning" and one.speed == p.law.turning_deg_per_s[-1])
    job, motion = Job(scene, round(1e3 * p.law.periods_ms[0]), "thinnest"), turned(p, scene).motion
    streams = {"camera": SensorStream("events", scene.width, scene.height), "gyroscope": SensorStream("rates")}

    def on_clock(clock: en.Clock, last: Callable[[], NDArray[np.float64]]) -> None:
        recorder.on_clock(clock, Shown(streams, answers_of(last, motion), motion.orientation))

    method = method_of(p, job)
    assert isinstance(method, FlowMethod)
    return method.run(size_of(scene), stream_of(p, scene), GRID_US, lambda reached: None, on_clock)


def answers_of(last: Callable[[], NDArray[np.float64]], motion: Motion) -> Callable[[int], dict[str, Any]]:
    """A function of the time, microseconds: the last answers before it, and the true rates then."""

    def answers(t_us: int) -> dict[str, Any]:
        values = last().reshape(len(ANSWERS), -1)
        return {**dict(zip(ANSWERS, values)), "truth": motion.rates(float(t_us))}

    return answers


def watch_run(
    parameters: Parameters, weights: FusionWeights, recorder: RunRecorder, **options: Any
) -> MethodOutcome:  # fmt: skip
    """Look at it; returns what comes out, which is the same as unwatched. options: of the simulation."""
    stream = Simulated(parameters, parameters.run.seed, (weights.width, weights.height))
    named = [method for method in methods(parameters) if isinstance(method, EventDriven)]
    streams = streams_of(stream, weights)
    method = named[0] if named else EventDriven("event-driven sigma-delta 1")

    def on_clock(clock: en.Clock, last: Callable[[], NDArray[np.float64]]) -> None:
        raster = SpikeRaster(clock.simulation, "hidden").picture if "recorders" in options else None
        recorder.on_clock(clock, Shown(streams, answers_of(last, stream.motion), stream.motion.orientation, raster))

    return method.run(weights, stream, GRID_US, lambda reached: None, on_clock, **options)


def streams_of(stream: Simulated, weights: FusionWeights) -> dict[str, SensorStream]:
    """The stream of each sensor; the camera of frames sees as many pixels as that of events."""
    names = ["camera", "gyroscope", *stream.others()]
    return {
        name: SensorStream(KINDS[name], weights.width, weights.height)  # type: ignore[arg-type]
        for name in names
    }
