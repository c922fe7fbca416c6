"""A rate learned from a recording: trained on its first part, judged on the rest, beside the gyroscope in it.

The camera's events are put together by `BINNING` pixels each way; what is learned is the rate about one axis. Every
part is played on the clock as a sensor, backwards or in a mirror as well: then the rate is another, and counting events
cannot tell.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from eventnet.clock import Packet
from eventnet.errors import DataError
from eventnet.event import Events
from eventnet.io import Recording
from eventnet.neurons.flow_sums import AXES
from eventnet.scenarios.fusion.flow import FITTED, FITTED_PERIOD_US, FlowMethod, FlowTwin
from eventnet.scenarios.fusion.methods import MethodOutcome
from eventnet.scenarios.fusion.network import FusionWeights, Head
from eventnet.scenarios.fusion.stream import FurtherSensor, samples
from eventnet.scenarios.fusion.train.features import Take
from eventnet.scenarios.fusion.train.learning import TrainingPlan, fit
from eventnet.scenarios.fusion.train.remade import Play, RemadeTraces
from eventnet.scenarios.sensors import (
    EventReplay,
    Gyroscope,
    InertialParameters,
    InertialReplay,
    InertialUnit,
    Playback,
    on_clock,
)
from eventnet.scenarios.worlds import SampledRates

Floats = NDArray[np.float64]

AXIS = 2
"""About the line of sight: which of the gyroscope's rates a part says where no other is asked for."""
BINNING = 2
SHARE = 0.6
"""The part of the recording that is learned from; the rest is for judging."""
LONGEST_US = 20_000_000
"""At most so much before the cut is learned from, and so much after it judged: memory does not grow further."""
LEAD_US = 300_000
"""Traces have filled by then: what comes earlier in a playback is neither learned from nor judged."""
STEP_US, FINE_US, WINDOW_US = 10_000, 1000, 50_000
"""Judged so often; rates are computed so often; the length of packets."""
SMOOTH_US = 20_000
PLAYBACKS, SLOWEST, FASTEST = 20, 0.5, 2.0
"""So often the part is played forwards, and as often backwards; each mean speed is faster by the same factor."""
WANDER, SMOOTHNESS_MS = 0.3, (30.0, 120.0)
"""Speeds wander by so much, a standard deviation of their logarithm, over a Gaussian of such a deviation."""
SAMPLES_HZ = 150
BIAS, NOISE = 5.0, 10.0
"""Errors added to the gyroscope on purpose, degrees a second: a bias of either sign, and noise at each sample."""

PLAN = TrainingPlan(
    tau_us=(3e3, 1e4, 3e4, 9e4), filters=32, epochs=3, peak=4e-3, rate_unit=30.0, quanta=0.0, first=0.2, gain=0.1,
    across=(-1,), down=(-1,), tied=True,
)  # fmt: skip
REGIONS = 3, 4

HEAD = Head(
    (7e3, 2e5), (False, False),
    # Rows: bias, g, w, traces of g, traces of w. Columns: fused, camera alone, gyroscope alone.
    np.array([[0, 0, 0], [0, 0, 0], [0.7, 1, 0], [0.3, 0, 1], [-0.3, 0, 0], [0, 0, 0], [0.3, 0, 0]]),
)  # fmt: skip
"""fused = 0.7 w + 0.3 (g' + (w - g)''): w of the camera, g of the gyroscope, ' a trace of 7 ms, '' of 200 ms. It is a
mean of the camera and of the gyroscope less its bias. Nothing in it is learned: of two seconds nothing can be spared.
"""


class Played:
    """A part of a recording on the clock from 0 on, as a `Stream`: its camera, and one rate of its gyroscope.

    draw: None for the gyroscope as it was recorded; a number draws bias and noise that are added to it. axis: which
    rate, about x, y or z. Raises DataError for a part without camera events or with fewer than two inertial samples,
    and what reading raises.
    """

    def __init__(
        self, recording: Recording, playback: Playback, draw: int | None = None, *, axis: int = AXIS
    ) -> None:  # fmt: skip
        self.playback, self.axis = playback, axis
        self.eye, self._inertial = EventReplay(recording, playback), InertialReplay(recording, playback)
        self._path, self.draw = recording.path, draw
        self.end_us = round((part_of(playback)[1] - part_of(playback)[0]) / playback.speed)

    @cached_property
    def events(self) -> Events:
        """All of its camera events, PIXEL_EVENT."""
        found = self.eye.events(self.end_us)
        if not len(found):
            raise DataError(f"{self._path} has no camera events from {part_of(self.playback)} us")
        return found

    @cached_property
    def recorded(self) -> tuple[Floats, Floats]:
        """Times of the gyroscope's samples, microseconds [n], and its rates about all axes, [n, 3]."""
        times, values = samples(self._inertial.events(self.end_us), 6)
        if len(times) < 2:
            raise DataError(
                f"{self._path} has {len(times)} inertial samples from {part_of(self.playback)} us; wanted 2 or more: "
                "rates are learned from a gyroscope"
            )
        return times, values[:, :3]

    def camera(self) -> Iterator[Packet]:
        return on_clock(self.eye, WINDOW_US, self.end_us)

    def inertial(self) -> Iterator[Packet]:
        """All that is said beside the camera, as it was recorded or made poor."""
        return on_clock(self._inertial if self.draw is None else self._poor, WINDOW_US, self.end_us)

    def gyroscope(self) -> Iterator[Packet]:
        for until, events in self.inertial():
            mine = events[events["index"] == self.axis]
            mine["index"] = 0
            yield Packet(until, mine)

    def said(self) -> tuple[Floats, Floats]:
        """All samples of the gyroscope: times [n] and values [n, 1]."""
        return samples(np.concatenate([packet.events for packet in self.gyroscope()]), 1)

    def others(self) -> Mapping[str, FurtherSensor]:
        return {}

    def truth(self, t_us: Floats) -> Floats:
        """The recorded rate, degrees a second, [n, 1]: means over 20 ms."""
        times, rates = self.recorded
        return mean_rate(times, rates[:, self.axis], t_us, SMOOTH_US)[:, None]

    @property
    def shown(self) -> Floats:
        """The times at which answers are judged."""
        return np.arange(LEAD_US, self.end_us, STEP_US, dtype=np.float64)

    def with_poor_gyroscope(self, draw: int) -> Played:
        """The same part, with bias and noise added to the gyroscope."""
        made = Played(self.eye.recording, self.playback, draw, axis=self.axis)
        made.__dict__["_motion"], made.__dict__["recorded"] = self._motion, self.recorded
        return made

    @cached_property
    def _motion(self) -> SampledRates:
        return SampledRates(*self.recorded)

    @cached_property
    def _poor(self) -> InertialUnit:
        assert self.draw is not None
        times, _ = self.recorded
        poor = Gyroscope(white_noise=NOISE, bias=BIAS, constant="random sign")
        rate = 1e6 * (len(times) - 1) / (times[-1] - times[0])
        return InertialUnit(self._motion, InertialParameters(poor, None, rate_hz=rate), seed=self.draw)


def part_of(playback: Playback) -> tuple[int, int]:
    """First and end of a part that both are known of."""
    assert playback.first_us is not None
    assert playback.end_us is not None
    return playback.first_us, playback.end_us


def mean_rate(times: Floats, rates: Floats, at: Floats, width_us: float) -> Floats:
    """Means of sampled rates, between which they go straight, over a window round each time [n].

    Where the samples end within a window, it does, too.
    """
    area = np.concatenate(([0.0], np.cumsum(0.5 * (rates[1:] + rates[:-1]) * np.diff(times))))
    low, high = (np.clip(at + half, times[0], times[-1]) for half in (-width_us / 2, width_us / 2))
    parts = []
    for edge in (low, high):
        k = np.clip(np.searchsorted(times, edge, "right") - 1, 0, len(times) - 2)
        since, slope = edge - times[k], (rates[k + 1] - rates[k]) / (times[k + 1] - times[k])
        parts.append(area[k] + since * (rates[k] + 0.5 * slope * since))
    return np.asarray((parts[1] - parts[0]) / (high - low))


class Parts(NamedTuple):
    """Parts of a recording: microseconds of its own time. left_out: so many of it lie in neither."""

    first: int
    cut: int
    end: int
    left_out: int = 0

    def __str__(self) -> str:
        """A sentence on the time left out of a recording that is too long to be taken whole; empty for others."""
        if not self.left_out:
            return ""
        return (
            f"{1e-6 * self.left_out:,.1f} s of the recording are left out: {1e-6 * LONGEST_US:g} s before the cut are "
            f"learned from, and {1e-6 * LONGEST_US:g} s after it judged, at most."
        )

    def training(self) -> Playback:
        """The part that is learned from, played as recorded."""
        return Playback(self.first, self.cut, binning=BINNING)

    def playbacks(self) -> dict[str, Playback]:
        """Ways to play the rest. Played forward, it begins earlier by what is not judged, where traces fill."""
        forward = Playback(self.cut - LEAD_US, self.end, binning=BINNING)
        return {
            "as recorded": forward, "mirrored left-right": replace(forward, left_right=True),
            "mirrored up-down": replace(forward, up_down=True),
            "backwards": Playback(self.cut, self.end, reverse=True, binning=BINNING),
        }  # fmt: skip


def parts_of(recording: Recording) -> Parts:
    """The parts of a recording before and after its cut; of a long one those next to the cut, `LONGEST_US` at most.

    Raises DataError for one that is too short, or without inertial samples.
    """
    facts, inertial = recording.facts(), recording.inertial()
    if facts.first is None or facts.last is None or not len(inertial):
        raise DataError(
            f"{recording.path} has {facts.events:,} camera events and {len(inertial):,} inertial samples; wanted both"
        )
    first, end = max(facts.first, int(inertial["t"][0])), min(facts.last, int(inertial["t"][-1])) + 1
    if end - first < 5 * LEAD_US:
        raise DataError(
            f"{recording.path} has camera and gyroscope together for {1e-6 * (end - first):.2f} s; wanted "
            f"{5e-6 * LEAD_US:g} s or more"
        )
    cut = first + round(SHARE * (end - first))
    begin, stop = max(first, cut - LONGEST_US), min(end, cut + LONGEST_US)
    return Parts(begin, cut, stop, end - first - (stop - begin))


# --- learning ---
def speeds(n: int, rng: np.random.Generator) -> Iterator[Floats]:
    """Speeds of the playbacks at `n` times, a millisecond apart: each [n]. They wander, each for itself.

    At constant speeds each place of the scene comes with the same rate but for a factor, and is learned by heart.
    """
    step = math.log(FASTEST / SLOWEST) / PLAYBACKS
    for k in range(PLAYBACKS):
        for _ in ("forwards", "backwards"):
            width = rng.uniform(*SMOOTHNESS_MS)
            reach = math.ceil(5 * SMOOTHNESS_MS[1])
            bell = np.exp(-0.5 * (np.arange(-reach, reach + 1) / width) ** 2)
            wander = np.convolve(rng.normal(size=n + 2 * reach), bell / np.linalg.norm(bell), "valid")
            yield SLOWEST * np.exp((k + 0.5) * step + WANDER * wander)


def training_samples(part: Played, plan: TrainingPlan = PLAN, seed: int = 0) -> tuple[RemadeTraces, Floats]:
    """Blocks of traces and rates of the part at wandering speeds, forwards and backwards, 150 a second."""
    times = np.arange(0, part.end_us, FINE_US, dtype=np.float64)
    seen = Take.of(part.events, times, part.truth(times))
    bare, plays, rates = seen.part(0, 0), [], []
    for k, speed in enumerate(speeds(len(times), np.random.default_rng(seed))):
        take = bare.played(speed, backwards=k % 2 == 1)
        at = np.arange(take.times[0] + LEAD_US, take.times[-1], 1e6 / SAMPLES_HZ)
        plays.append(Play(speed, k % 2 == 1, at))
        rates.append(take.rates_at(at))
    blocks = RemadeTraces(
        seen, plays, plan.tau_us, width=part.eye.width, height=part.eye.height, size=plan.size, stride=plan.stride
    )
    return blocks, np.concatenate(rates)


def plan_for(width: int, height: int, plan: TrainingPlan = PLAN) -> TrainingPlan:
    """The plan with regions that cover so many pixels. Raises DataError for too few."""
    patches = [(length - plan.size) // plan.stride + 1 for length in (height, width)]
    if any(n < regions for n, regions in zip(patches, REGIONS)):
        raise DataError(f"there are {width} x {height} pixels after binning; wanted more: {REGIONS} regions of patches")
    steps = [n // regions for n, regions in zip(patches, REGIONS)]
    sizes = [n - step * (regions - 1) for n, step, regions in zip(patches, steps, REGIONS)]
    return replace(plan, pool=(sizes[0], sizes[1]), pool_stride=(steps[0], steps[1]))


def mirror_signs(axis: int) -> tuple[int, int]:
    """Signs of the rate about an axis in a picture mirrored left-right, and up-down."""
    ways = Playback(left_right=True), Playback(up_down=True)
    across, down = (int(way.rate_factors[axis]) for way in ways)
    return across, down


def learn(
    part: Played, seed: int, *, epochs: int = PLAN.epochs, progress: bool | Callable[..., None] = False
) -> FusionWeights:
    """A network trained on a part of a recording, put together with its gyroscope by `HEAD`."""
    across, down = mirror_signs(part.axis)
    plan = replace(plan_for(part.eye.width, part.eye.height), epochs=epochs, across=(across,), down=(down,))
    blocks, rates = training_samples(part, plan, seed)
    made = fit(blocks, rates, plan, width=part.eye.width, height=part.eye.height, seed=seed, progress=progress)
    return replace(made, head=HEAD, manifest={"seed": seed, "plan": vars(plan), "training set": str(part.playback)})


# --- flow sums ---
# A method that learns nothing, beside networks that learn from the first part. All numbers are those of simulation
# (`FITTED`), ridge and shrinkage as for 64 x 48 pixels: made larger for more pixels they took a third of the rate
# away in the part learned from of the recording that rolls, where pixels have a quarter of the events. What is taken
# from a recording's own first part is one bit: the sign, since a gyroscope's axes may be turned against the
# picture's. The focal length is given, or taken as the width of the picture: rates about the line of sight do not
# depend on it, those about the others as its inverse.
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
        """The name in tables."""
        return f"flow sums, {self.version}"

    def signed(self, trained: Played) -> RecordedFlow:
        """The same with the sign that agrees with the gyroscope in a part."""
        found, truth = self.rates(trained)[0], trained.truth(trained.shown)[:, 0]
        return replace(self, sign=self.sign * (1.0 if float(found @ truth) >= 0 else -1.0))

    def rates(
        self, part: Played, clock_us: int | None = None, since_us: int | None = None, times: Floats | None = None
    ) -> tuple[Floats, MethodOutcome]:
        """The part's rate when it is judged, [n], and all that was found; on a clock, or looked at each millisecond.

        times: of the part, in microseconds, to say the rate at in place of these, [n].
        since_us: a time of the recording from which on what lies before the part is played first, in whole steps: sums
        remember the picture of the last 0.8 s, as those of a sensor that does not begin with the part. None: nothing
        is. What is found, and costs, is of all that was played. Played backwards a part has no such past.
        """
        past = 0 if since_us is None or part.playback.reverse else part_of(part.playback)[0] - since_us
        past -= past % round(STEP_US * part.playback.speed)
        stream = AllAxes(part, past)
        found = self.method(stream.size, clock_us).run(stream.size, stream, STEP_US, lambda reached: None)
        at = (part.shown if times is None else times).astype(np.int64) + round(past / part.playback.speed)
        return self.sign * found.answers[at // STEP_US, AXES + part.axis], found

    def method(self, size: Any, clock_us: int | None = None) -> FlowMethod | FlowTwin:
        """The method that computes sums for `width` x `height` pixels; on a clock, or looked at each millisecond."""
        numbers, focal = FITTED[self.version], self.focal_px or float(size.width)
        if clock_us is None:
            return FlowMethod(self.name, numbers, focal, look_us=FITTED_PERIOD_US)
        return FlowTwin(self.name, numbers, clock_us, focal)
