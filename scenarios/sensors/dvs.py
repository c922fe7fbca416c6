"""A Dynamic Vision Sensor: a scene goes in, packets of pixel events come out.

Its parameters are in published units; there are presets of sensors that were built.

Pixels: Lichtsteiner et al. 2008. Bandwidth, leak and shot noise: Hu et al. 2021 (v2e). Steps that follow the fastest
pixel: Rebecq et al. 2018 (ESIM). Latency and jitter: Joubert et al. 2021.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from eventnet.errors import ModelError
from eventnet.event import PIXEL_EVENT, Events
from eventnet.given import SEEDS, whole_number
from eventnet.scenarios.sensors.pixels import (
    Bus,
    Constants,
    all_finite,
    draw_pixels,
    empty_pixels,
    forget_leak,
    largest_change,
    low_pass,
    step,
)
from eventnet.scenarios.worlds.scene import Scene


@dataclass(frozen=True)
class DvsParameters:
    """The pixels and the bus of a Dynamic Vision Sensor. Thresholds are differences of natural logarithms.

    threshold_on, threshold_off: mean change of log intensity that makes an event (0.2 is 22 % brighter, 18 % darker).
    threshold_mismatch: standard deviation of each threshold from pixel to pixel, same units; none falls below 0.01.
    refractory_us: after an event a pixel is held at its input for so long (microseconds), then begins anew from there.
    bandwidth_hz: where white (log intensity 0) is weakened to 1/sqrt(2); less in the dark, see `dark`. inf: no filter.
    dark: intensity, as a part of white, that is added to the light where it sets the bandwidth.
    leak_rate_hz: ON events a second of a pixel that sees no change.
    shot_noise_hz: noise events a second of a pixel in the dark, half of them ON, half OFF.
    shot_noise_white: by which factor white has fewer of them than the dark.
    hot_fraction, hot_rate_hz: which part of the pixels fires by itself, and how often (ON events a second).
    latency_us, jitter_us: mean and standard deviation of the delay of an event (microseconds); it is never negative.
    bus_rate: events a second that the readout can send; inf: all at once.
    bus_queue: how many events can wait for the readout before others are lost; inf: all, 0: none.

    Raises ModelError that names the parameter and its value.
    """

    threshold_on: float = 0.2
    threshold_off: float = 0.2
    threshold_mismatch: float = 0.0
    refractory_us: float = 0.0
    bandwidth_hz: float = math.inf
    dark: float = 0.08
    leak_rate_hz: float = 0.0
    shot_noise_hz: float = 0.0
    shot_noise_white: float = 0.25
    hot_fraction: float = 0.0
    hot_rate_hz: float = 0.0
    latency_us: float = 0.0
    jitter_us: float = 0.0
    bus_rate: float = math.inf
    bus_queue: float = math.inf

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            low, may_be_low, high = _RANGES.get(field.name, (0.0, True, 1e9))
            fits = (low < value or (may_be_low and value == low)) and (value <= high)
            if not fits:  # also for NaN
                bound = f"from {low:g}" if may_be_low else f"above {low:g}"
                raise ModelError(f"{field.name} is {value}; wanted {bound} to {high:g}")


_RANGES = {
    "threshold_on": (0.01, True, 10.0),
    "threshold_off": (0.01, True, 10.0),
    "threshold_mismatch": (0.0, True, 1.0),
    "bandwidth_hz": (0.0, False, math.inf),
    "dark": (0.0, False, 1.0),
    "leak_rate_hz": (0.0, True, 1e5),
    "shot_noise_hz": (0.0, True, 1e5),
    "shot_noise_white": (0.0, True, 1.0),
    "hot_fraction": (0.0, True, 1.0),
    "hot_rate_hz": (0.0, True, 1e5),
    "bus_rate": (0.0, False, math.inf),
    "bus_queue": (0.0, True, math.inf),
}


@dataclass(frozen=True)
class Preset:
    """A sensor that was built, or a published setting: its size in pixels, its parameters and where they are from."""

    width: int
    height: int
    parameters: DvsParameters
    source: str


def _chip(contrast: float, mismatch: float, noise: float, latency: float, bus: float) -> DvsParameters:
    """A chip with an ON and OFF threshold of this contrast; what no source says is a guess that all share."""
    threshold = math.log(1 + contrast)
    return DvsParameters(
        threshold, threshold, mismatch, refractory_us=500, bandwidth_hz=3000, leak_rate_hz=noise, latency_us=latency,
        jitter_us=latency / 3, bus_rate=bus,
    )  # fmt: skip


_SURVEY = "Gallego et al. 2022, table 1 (contrast, noise at rest, latency, bus)"
PRESETS = {
    "DVS128": Preset(
        128, 128, _chip(0.17, 0.021, 0.05, 12, 1e6), f"{_SURVEY}; Lichtsteiner et al. 2008 (mismatch, bandwidth)"
    ),
    "DAVIS240C": Preset(240, 180, _chip(0.11, 0.035, 0.1, 12, 12e6), f"{_SURVEY}; Brandli et al. 2014 (mismatch)"),
    "DVXplorer": Preset(
        640, 480, _chip(0.15, 0.03, 0.03, 50, 165e6), f"{_SURVEY} for its chip, DVS-Gen3; the maker's data sheet (bus)"
    ),
    "Gen4": Preset(1280, 720, _chip(0.11, 0.03, 0.1, 85, 1066e6), f"{_SURVEY}; Prophesee Gen4, Finateu et al. 2020"),
    "v2e clean": Preset(346, 260, DvsParameters(0.2, 0.2, 0.02), "Hu et al. 2021, the program's setting 'clean'"),
    "v2e noisy": Preset(
        346,
        260,
        DvsParameters(0.2, 0.2, 0.05, bandwidth_hz=30, leak_rate_hz=0.1, shot_noise_hz=5),
        "Hu et al. 2021, the program's setting 'noisy'",
    ),
    "ICNS": Preset(
        640,
        480,
        DvsParameters(0.3, 0.3, 0.05, 50, 1e6 / (2 * math.pi * 300), latency_us=200, jitter_us=50),
        "Joubert et al. 2021, the program's example without its measured noise",
    ),
}
"""Sensors by name. What a source does not say is a guess: refractory time, jitter, mismatch 0.03, bandwidth 3 kHz."""


MOST_PARTS = 64
"""A step is never divided into more parts than this: a jump in the scene has no fastest pixel to follow."""
LEAK_EPOCH_US = 1_000_000.0


class Timed(NamedTuple):
    """Events and the times at which they were before these were rounded, float64 [n] in microseconds."""

    events: Events
    t_us: NDArray[np.float64]


class DVS:
    """A Dynamic Vision Sensor that looks at a scene.

    seed: draws the pixels, their noise and their jitter. step_us: the longest step, 1 ms by default; it is divided
    so that the fastest pixel changes by half a threshold or less in each part.
    Runs repeat: every call of `packets` begins anew where the scene begins, and gives the same events.
    """

    def __init__(
        self, scene: Scene, parameters: DvsParameters | None = None, *, seed: int = 0, step_us: float = 1000.0
    ) -> None:
        if not (0 < scene.width <= 65_536 and 0 < scene.height <= 65_536):
            raise ModelError(f"the scene has {scene.width} x {scene.height} pixels; wanted from 1 to 65,536 each way")
        if not step_us > 0:
            raise ModelError(f"step_us is {step_us}; wanted above 0")
        seed = whole_number("seed", seed, *SEEDS)
        self.scene, self.parameters, self.seed, self.step_us = scene, parameters or DvsParameters(), seed, step_us
        self.begin_us = scene.begin_us
        self.dropped = 0
        """Events that the bus lost in the latest run."""

    def packets(self, window_us: float, until_us: float | None = None) -> Iterator[Events]:
        """`PIXEL_EVENT` records, one array a window, some empty; t is rounded to microseconds and never goes back.

        The windows begin where the scene does, and each holds the events with t in it. What they hold, put together,
        is the same for every window. No sample is taken later than the window's end or the end of the step it is in.
        until_us: where to end (no event at or after it); else where the scene does, which may be never.
        """
        return (packet.events for packet in self.timed_packets(window_us, until_us))

    def events(self, until_us: float | None = None) -> Timed:
        """All events up to a time or the end of the scene at once, with their unrounded times."""
        end = self.scene.end_us if until_us is None else until_us
        if math.isinf(end):
            raise ModelError("the scene has no end, and until_us was not given")
        parts = list(self.timed_packets(1e6, end))
        if not parts:
            return Timed(np.empty(0, PIXEL_EVENT), np.empty(0))
        return Timed(np.concatenate([part.events for part in parts]), np.concatenate([part.t_us for part in parts]))

    def timed_packets(self, window_us: float, until_us: float | None = None) -> Iterator[Timed]:
        """As `packets`, with the unrounded times."""
        if not window_us > 0:
            raise ModelError(f"window_us is {window_us}; wanted above 0")
        end = self.scene.end_us if until_us is None else until_us
        return self._windows(window_us, end)

    def _windows(self, window_us: float, end: float) -> Iterator[Timed]:
        run, bus = _Run(self), Bus(self.parameters.bus_rate, self.parameters.bus_queue)
        begin, stop, k = self.scene.begin_us, self.scene.begin_us, 0
        times, codes = np.empty(0), np.empty(0, np.int64)
        self.dropped = 0
        while stop < end:
            k += 1
            stop = min(begin + k * window_us, end)
            asked, codes_asked = run.until(stop)
            sent, kept = bus.send(asked)
            self.dropped = bus.dropped
            times, codes = np.concatenate((times, sent[kept])), np.concatenate((codes, codes_asked[kept]))
            whole = np.rint(times).astype(np.int64)
            n = int(np.searchsorted(whole, stop))
            yield self._packet(times[:n], whole[:n], codes[:n])
            times, codes = times[n:], codes[n:]

    def _packet(self, times: NDArray[np.float64], whole: NDArray[np.int64], codes: NDArray[np.int64]) -> Timed:
        events = np.empty(len(times), PIXEL_EVENT)
        events["t"] = whole
        events["y"], events["x"] = np.divmod(codes >> 1, self.scene.width)
        events["p"] = codes & 1
        return Timed(events, times)


class _Run:
    """One run of a sensor's pixels through its scene, step by step."""

    def __init__(self, dvs: DVS) -> None:
        p, scene = dvs.parameters, dvs.scene
        self.scene, self.step_us, self.steps = scene, float(dvs.step_us), 0
        self.begin = self.t = float(scene.begin_us)
        self.most = 0.5 * min(p.threshold_on, p.threshold_off)
        self.bandwidth, self.dark = 2e-6 * math.pi * p.bandwidth_hz, float(p.dark)
        self.leaks, self.epoch = p.leak_rate_hz > 0, self.t
        self.parts, self.before = 1, math.inf  # of the step before: its parts, and how long each was
        n = scene.height * scene.width
        self.filtered = not math.isinf(p.bandwidth_hz)
        self.logs, self.ahead = [np.zeros(n, np.float32) for _ in range(3)], np.zeros(n, np.float32)
        self.signals = [np.zeros(n, np.float32) for _ in range(3)] if self.filtered else self.logs
        self.look(self.t, self.logs[1])
        self.signals[1][...] = self.logs[1]
        self.constants = Constants(
            dvs.seed, float(p.refractory_us), 1e-6 * p.shot_noise_hz, float(p.shot_noise_white), float(p.latency_us),
            float(p.jitter_us), float(p.threshold_on), float(p.threshold_off),
        )  # fmt: skip
        self.pixels = empty_pixels(scene.height, scene.width)
        draw_pixels(
            self.pixels, self.constants, float(p.threshold_mismatch), 1e-6 * p.leak_rate_hz, float(p.hot_fraction),
            1e-6 * p.hot_rate_hz, self.signals[1], self.t,
        )  # fmt: skip
        self.times, self.codes, self.n = np.empty(4096), np.empty(4096, np.int64), 0

    def until(self, stop: float) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Times and codes of all events, not handed over yet, that leave their pixels before a step's end past `stop`.

        In order of time; at the same time, in the order in which they were found: by step, then by pixel.
        """
        while self.t < stop:
            self.take_step()
        times, codes = self.times[: self.n], self.codes[: self.n]
        ready = times < self.t  # an event still to be found leaves at self.t at the soonest
        found, later = (times[ready], codes[ready]), (times[~ready], codes[~ready])
        self.n = len(later[0])
        self.times[: self.n], self.codes[: self.n] = later
        order = np.argsort(found[0], kind="stable")
        return found[0][order], found[1][order]

    def take_step(self) -> None:
        """Go to the next multiple of step_us, or a kink before it, in as many parts as the fastest pixel asks for."""
        begin, line = self.t, self.begin + (self.steps + 1) * self.step_us
        kink = self.scene.next_kink(begin)
        if not kink > begin:
            raise ModelError(f"the scene's next kink after {begin:g} us is at {kink:g} us; wanted a later time")
        end = float(min(line, kink))
        self.steps += end == line
        self.look(end, self.ahead)
        wanted = math.ceil(min(largest_change(self.logs[1], self.ahead) / self.most, MOST_PARTS))
        # Parts grow by 4 at most from step to step: rounding of the sample before counts more the nearer it is.
        self.parts = max(wanted, -(-self.parts // 4), 1)
        part = (end - begin) / self.parts
        for k in range(1, self.parts + 1):
            at = end if k == self.parts else begin + k * part
            if k == self.parts:
                self.logs[2], self.ahead = self.ahead, self.logs[2]
            else:
                self.look(at, self.logs[2])
            self.take_part(at)
        if kink == end:
            self.before = math.inf
        if self.leaks and end - self.epoch >= LEAK_EPOCH_US:
            forget_leak(self.pixels, end - self.epoch)
            self.epoch = end

    def take_part(self, end: float) -> None:
        """From the sample at self.t to the one at `end`, which lies in self.logs[2]."""
        dt, logs = end - self.t, self.logs
        if self.filtered:
            low_pass(logs[1], logs[2], self.signals[1], self.signals[2], dt, self.bandwidth, self.dark)
        ratio = self.before / dt
        self.times, self.codes, self.n = step(
            self.pixels, self.constants, self.t, dt, ratio if ratio > 0.2 else math.inf, self.epoch, *self.signals,
            logs[1], logs[2], self.times, self.codes, self.n,
        )  # fmt: skip
        self.t, self.before = end, dt
        self.logs.append(self.logs.pop(0))
        if self.filtered:
            self.signals.append(self.signals.pop(0))

    def look(self, t: float, into: NDArray[np.float32]) -> None:
        self.scene.log_intensity(t, into.reshape(self.scene.height, self.scene.width))
        if not all_finite(into):
            raise ModelError(f"the scene's log intensity is not finite at {t:g} us")


# --- what it sends, as a picture ---
def picture(log_intensity: NDArray[np.floating], events: Events, *, title: str = "") -> bytes:
    """A PNG: the frame at the time of the first event, and each event as a point in x, y and time.

    log_intensity: [height, width]. events: `PIXEL_EVENT` records; some ten thousand are best.
    """
    from eventnet.plotting.style import BLUE, NOTE, RED, TITLE, blank, png  # here, as sensors have no use for it

    height, width = log_intensity.shape
    figure = blank(height=4.5)
    figure.set_layout_engine("none")  # the axes' place is given
    axes: Any = figure.add_axes((-0.02, -0.03, 1.0, 1.03), projection="3d")
    ms = (events["t"] - events["t"][:1]) / 1000
    across, down = np.meshgrid(np.arange(width + 1) - 0.5, np.arange(height + 1) - 0.5)
    low, high = np.percentile(log_intensity, (1, 99))
    grey = np.clip((log_intensity - low) / max(high - low, 1e-9), 0, 1)
    axes.plot_surface(
        np.zeros_like(across), across, down, facecolors=np.repeat(grey[:, :, None], 3, axis=2), rstride=1, cstride=1,
        shade=False, antialiased=False, clip_on=False,
    )  # fmt: skip
    for on, colour, label in ((True, BLUE, "ON: brighter"), (False, RED, "OFF: darker")):
        of = events["p"] == on
        axes.scatter(
            ms[of], events["x"][of], events["y"][of], s=2.6, color=colour, alpha=0.6, linewidths=0, label=label,
            depthshade=False, clip_on=False,
        )  # fmt: skip
    axes.set(xlabel="time, ms", ylabel="x, pixels", zlabel="y, pixels")
    axes.set(xlim=(0, ms.max(initial=1)), ylim=(0, width), zlim=(height, 0))
    axes.set_box_aspect((2.0, 1, height / width), zoom=1.3)
    axes.view_init(elev=16, azim=-62)
    for axis in (axes.xaxis, axes.yaxis, axes.zaxis):
        axis.pane.set_alpha(0)
    axes.legend(loc="upper right", bbox_to_anchor=(1.0, 0.95), frameon=False, markerscale=5, fontsize=NOTE)
    if title:
        figure.text(0.01, 0.95, title, fontsize=TITLE)
    return png(figure)
