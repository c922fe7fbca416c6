"""Flow sums on a recording: a method that learns nothing, beside networks that learn from the first part of it.

All numbers are those of simulation (`FITTED`), ridge and shrinkage as for 64 x 48 pixels: made larger for more pixels
they took a third of the rate away in the part learned from of the recording that rolls, where pixels have a quarter of
the events. What is taken from a recording's own first part is one bit: the sign, since a gyroscope's axes may be turned
against the picture's. The focal length is given, or taken
as the width of the picture: rates about the line of sight do not depend on it, those about the others as its inverse.

Sums remember the picture of the last 0.8 s, and networks 90 ms. So a part that has a past in its recording is judged
with that past played before it, as a sensor that does not begin there has it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventnet.clock import Packet
from eventnet.scenarios.fusion.flow import AXES, FITTED, FITTED_PERIOD_US, FlowMethod
from eventnet.scenarios.fusion.flow_twin import FlowTwin
from eventnet.scenarios.fusion.methods import MethodOutcome
from eventnet.scenarios.fusion.recorded import STEP_US, Played, part_of
from eventnet.scenarios.fusion.stream import FurtherSensor

Floats = NDArray[np.float64]


class AllAxes:
    """A part with all pixels and all rates of its gyroscope, as a `Stream`; it begins `past_us` of the recording
    earlier than the part.
    """

    def __init__(self, part: Played, past_us: int = 0) -> None:
        playback = replace(part.playback, binning=1, first_us=part_of(part.playback)[0] - past_us)
        self.part = Played(part.eye.recording, playback, part.draw, axis=part.axis)
        self.end_us, self.camera = self.part.end_us, self.part.camera

    def gyroscope(self) -> Iterator[Packet]:
        for until, events in self.part.inertial():
            yield Packet(until, events[events["index"] < AXES])

    def others(self) -> Mapping[str, FurtherSensor]:
        return {}

    def truth(self, t_us: Floats) -> Floats:
        return self.part.truth(t_us)

    @property
    def size(self) -> Any:
        """Pixels: `width` and `height`."""
        return SimpleNamespace(width=self.part.eye.width, height=self.part.eye.height)


@dataclass(frozen=True)
class RecordedFlow:
    """Flow sums for a recording. focal_px: None for unknown. sign: of the gyroscope's axis against the picture's."""

    focal_px: float | None = None
    version: str = "thin"
    sign: float = 1.0

    @property
    def name(self) -> str:
        """What it is called in tables."""
        return f"flow sums, {self.version}"

    def signed(self, trained: Played) -> RecordedFlow:
        """The same with the sign that agrees with the gyroscope in a part."""
        found, truth = self.rates(trained)[0], trained.truth(trained.shown)[:, 0]
        return replace(self, sign=self.sign * (1.0 if float(found @ truth) >= 0 else -1.0))

    def rates(
        self, part: Played, clock_us: int | None = None, since_us: int | None = None
    ) -> tuple[Floats, MethodOutcome]:
        """The part's rate when it is judged, [n], and all that was found; on a clock, or looked at each millisecond.

        since_us: a time of the recording from which on what lies before the part is played first, in whole steps; None:
        nothing is. What is found, and costs, is of all that was played. Played backwards a part has no such past.
        """
        past = 0 if since_us is None or part.playback.reverse else part_of(part.playback)[0] - since_us
        past -= past % round(STEP_US * part.playback.speed)
        stream = AllAxes(part, past)
        size, focal = stream.size, self.focal_px or float(stream.size.width)
        numbers = FITTED[self.version]
        method: FlowMethod | FlowTwin = (
            FlowMethod(self.name, numbers, focal, look_us=FITTED_PERIOD_US)
            if clock_us is None
            else FlowTwin(self.name, numbers, clock_us, focal)
        )
        found = method.run(size, stream, STEP_US, lambda reached: None)
        at = part.shown.astype(np.int64) + round(past / part.playback.speed)
        return self.sign * found.answers[at // STEP_US, AXES + part.axis], found
