"""A network that has learned answers some test samples once more, with a recorder that looks at it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

import eventnet as en
from eventnet.data import scale_pixels
from eventnet.models import StdpNetwork
from eventnet.models.stdp_network import Showing
from eventnet.scenarios.shared.spike_raster import SpikeRaster
from eventnet.scenarios.stdp.digits import DigitsResult, data_of
from eventnet.scenarios.stdp.digits_parameters import DigitsParameters
from eventnet.scenarios.stdp.dvs import FeaturesResult
from eventnet.scenarios.stdp.dvs_parameters import FeaturesParameters
from eventnet.view import RunRecorder, SensorStream, Shown

DIGITS, SIDE = 10, 28
"""Test digits that are watched, and their pixels each way."""
Counts = NDArray[np.int64]
Answer = Callable[[int, Counts], dict[str, float]]


def watch_digits(parameters: DigitsParameters, found: DigitsResult, recorder: RunRecorder) -> None:
    """Look at the first test digits; their Poisson trains are events of a camera of 28 x 28 pixels, all ON."""
    given = data_of(parameters)

    def answer(k: int, counts: Counts) -> dict[str, float]:
        said = int(found.network.read_out(counts[None])[0]) if counts.any() else -1
        return {"digit": int(given.y_test[k]), "answer": said}

    watch_samples(found.network, scale_pixels(given.x_test[:DIGITS]), SIDE, answer, recorder)


def watch_patches(parameters: FeaturesParameters, found: FeaturesResult, recorder: RunRecorder) -> None:
    """Look at the first test patches, and at the first network that was trained."""
    directions, tuning = found.tests.directions, found.tuning

    def answer(k: int, counts: Counts) -> dict[str, float]:
        if directions is None or tuning is None:
            return {}
        said = {"direction by tuning": _degrees(counts @ tuning)} if counts.any() else {}
        return {"direction": _degrees(directions[k]), **said}

    watch_samples(found.network, found.tests.samples, parameters.patch.size_px, answer, recorder)


def _degrees(vector: Any) -> float:
    """Of a vector to the right and down; counted from the right, down is 90."""
    return float(np.degrees(np.arctan2(vector[1], vector[0])))


def watch_samples(network: StdpNetwork, x: Any, side: int, answer: Answer, recorder: RunRecorder) -> Counts:
    """Look at a network that answers samples; returns its counts, which are those of `transform(x)`.

    side: pixels each way; of twice as many inputs the first half is OFF, otherwise all are ON. answer: from a sample's
    number, and spikes [neurons] at it so far, to numbers.
    """
    return network.watched(x, _Samples(side, answer, recorder, channels=network.inputs == 2 * side * side).show)


class _Samples:
    """The values of a network that a look shows, sample by sample."""

    def __init__(self, side: int, answer: Answer, recorder: RunRecorder, *, channels: bool) -> None:
        self._side, self._answer, self._recorder, self._channels = side, answer, recorder, channels
        self._sim: en.Simulation | None = None

    def show(self, sim: en.Simulation, showing: Showing) -> None:
        """Let it run to the end of a showing, and look at it on the way."""
        recorder, every = self._recorder, self._recorder.every_us
        if self._sim is None:
            self._sim, streams = sim, {"camera": SensorStream("events", self._side, self._side)}
            recorder.begin(sim.run(until=0), Shown(streams, self._answers, None, SpikeRaster(sim, "layer").picture))
        for until in range(-(-sim.time // every) * every, showing.begin + 1, every):  # after a sample there is a rest
            sim.run(until=until)
            recorder.look()
        self._number, self._before = showing.number, self._counts()
        recorder.hear("camera", self._events(showing))
        for until in range(showing.begin - showing.begin % every + every, showing.end, every):
            sim.run(until=until)
            recorder.look()
        sim.run(until=showing.end)

    def _answers(self, t_us: int) -> dict[str, float]:
        counts = self._counts() - self._before
        return {"sample": self._number, "spikes": int(counts.sum()), **self._answer(self._number, counts)}

    def _counts(self) -> Counts:
        """Spikes [neurons] so far."""
        assert self._sim is not None
        return np.array(self._sim.state("counter")["count"])

    def _events(self, showing: Showing) -> en.Events:
        made = np.zeros(len(showing.ticks), en.PIXEL_EVENT)
        polarity, pixel = np.divmod(showing.inputs, self._side**2)
        made["t"] = showing.begin + showing.ticks
        made["y"], made["x"] = np.divmod(pixel, self._side)
        made["p"] = polarity if self._channels else 1
        return made
