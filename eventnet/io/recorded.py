"""A recording of a camera as inputs of a network's port, packet by packet; and from an input back to its pixel."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventnet.errors import DataError, ModelError, did_you_mean
from eventnet.event import EVENT, PIXEL_EVENT, Events, events
from eventnet.given import whole_number
from eventnet.io.recording import Recording
from eventnet.io.window import Crop, PixelWindow, between, check_sorted
from eventnet.kernels.patches import Geometry, Shape
from eventnet.module import BoundPort
from eventnet.network import Network

SIGN, CHANNELS, ON, OFF = "sign", "channels", "on", "off"
POLARITIES = (SIGN, CHANNELS, ON, OFF)
"""Meanings of ON and OFF: the sign of an input, its unit, or one of them alone goes in."""


@dataclass(frozen=True)
class PixelMap:
    """The map from the pixels of a recording to the units of a port, and from its time to ticks.

    port      number of the port; window: the pixels, in bins
    polarity  "sign": unit y * width + x, ON +1 and OFF -1; "on", "off": the same units, that polarity alone, +1;
              "channels": two units a pixel, that of OFF first, +1
    interleaved  of "channels": the two units of a pixel lie side by side, (y * width + x) * 2 + p, as maps do that a
              geometry describes; else OFF's map lies before ON's, p * width * height + y * width + x
    first_us  the recording's time at tick 0; tick_us: microseconds of a tick
    """

    port: int
    window: PixelWindow
    polarity: str = SIGN
    interleaved: bool = False
    first_us: int = 0
    tick_us: int = 1

    @property
    def shape(self) -> Shape:
        """Channels, height and width."""
        return (2 if self.polarity == CHANNELS else 1), self.window.height, self.window.width

    def inputs(self, events: Events) -> Events:
        """PIXEL_EVENT [n] as EVENT [m]: those that lie in the window and have a polarity that goes in."""
        if self.polarity in (ON, OFF):
            events = events[events["p"] == (self.polarity == ON)]
        inside, x, y = self.window.seen(events)
        p, place, pixels = events["p"][inside], y * self.window.width + x, self.window.width * self.window.height
        made = np.empty(len(p), EVENT)
        made["t"] = (events["t"][inside] - self.first_us) // self.tick_us
        made["port"] = self.port
        if self.polarity == CHANNELS:
            place = 2 * place + p if self.interleaved else p * pixels + place
        made["index"] = place
        made["sign"] = np.where(p, 1, -1) if self.polarity == SIGN else 1
        return made

    def pixels(self, inputs: Events) -> Events:
        """EVENT [n] of this port as PIXEL_EVENT [n] of the recording: what `inputs` made them of.

        Of a bin it is the first pixel, of a tick the first microsecond.
        """
        width, height = self.window.width, self.window.height
        place = inputs["index"].astype(np.int64)
        p: NDArray[Any] = inputs["sign"] > 0
        if self.polarity == CHANNELS:
            p, place = (place % 2, place // 2) if self.interleaved else np.divmod(place, width * height)
        elif self.polarity == OFF:
            p = np.zeros(len(inputs), bool)
        y, x = np.divmod(place, width)
        made = np.empty(len(inputs), PIXEL_EVENT)
        made["t"] = inputs["t"] * self.tick_us + self.first_us
        made["x"] = x * self.window.binning + self.window.left
        made["y"] = y * self.window.binning + self.window.top
        made["p"] = p
        return made

    def picture(self, values: NDArray[Any]) -> NDArray[Any]:
        """Numbers of units [units] as a picture of bins [height, width]; those of two channels are summed."""
        channels, height, width = self.shape
        if self.interleaved:
            return np.asarray(values.reshape(height, width, channels).sum(axis=2))
        return np.asarray(values.reshape(channels, height, width).sum(axis=0))


@dataclass(frozen=True)
class RecordedInputs:
    """A recording as inputs of a port; made by `recorded_inputs`.

    `packets` reads the file anew each time, in little memory: `en.simulate` and `en.keep_ledger` take this in place of
    inputs and run packet by packet. `events` is all of it at once. pixels: where each pixel went; first_us, end_us:
    the part of the recording's time, the end not included.

    beginning: EVENT [n] at tick 0, before all others: what makes modules begin whose neurons may fire of themselves
    (`Module.starts_at`). Such a network need never come to rest, so a run of these inputs ends at the tick `until`,
    if it is not told another: `end_us`, or after the recording's last event. None: it ends when nothing waits.

    Inputs of tick 0 at a port of a lower number come before that, as in every instant. Their effects come later in
    orders that take inputs first, but not depth-first and in some permutations: there a reset wipes it. See `late`.
    """

    recording: Recording
    pixels: PixelMap
    first_us: int
    end_us: int
    beginning: Events = field(default_factory=lambda: np.empty(0, EVENT), compare=False)
    until: int | None = None

    def late(self) -> bool:
        """Whether what makes a module begin comes after events of tick 0, so that it may wipe what these cause.

        A `start_us` that is a tick before the first event, or more, makes sure that it does not.
        """
        if not (self.beginning["port"] > self.pixels.port).any():
            return False
        inputs = (found for found in self.packets() if found is not self.beginning)
        first = next(inputs, None)
        return first is not None and int(first["t"][0]) == 0

    def packets(self) -> Iterator[Events]:
        """Inputs, EVENT [n], in order of time. Raises DataError as `Recording.packets` does."""
        if len(self.beginning):
            yield self.beginning
        for found in between(self.recording, self.first_us, self.end_us):
            made = self.pixels.inputs(found)
            if len(made):
                yield made

    def events(self) -> Events:
        """All inputs at once, EVENT [n]. Raises DataError as `Recording.packets` does."""
        found = list(self.packets())
        return np.concatenate(found) if found else np.empty(0, EVENT)


def recorded_inputs(
    recording: Recording, net: Network, port: BoundPort | str, *, polarity: str = SIGN, binning: int = 1,
    crop: Crop | None = None, start_us: int | None = None, end_us: int | None = None, tick_us: int = 1,
) -> RecordedInputs:  # fmt: skip
    """A recording as inputs of one port of a network.

    polarity  "sign": ON is +1 and OFF is -1 at unit y * width + x; "channels": two units a pixel, OFF's and ON's, all
              +1; "on", "off": that one alone, +1
    crop      x, y, width, height in pixels of the recording; binning: so many pixels each way are one, after `crop`
    start_us, end_us  the part of the recording's own time, the end not included; without: all
    tick_us   microseconds of a tick. Tick 0 is `start_us`, or the first event of the recording

    Units of "channels": OFF's map before ON's, as an array [p, y, x] with p = 0 for OFF lies. If the port's module
    has a shape or a geometry (or, for one that passes spikes on, all that it sends to have the same), its units are
    those of that map, channel-last: (y * width + x) * 2 + p; and its height and width must be met, not only their
    product.

    Modules whose neurons may fire of themselves are made to begin at tick 0, and the network runs up to `end_us`, or to
    the recording's last event, for which the file is read once more.

    Raises DataError where the size that results is not the port's, with a binning or a crop that would fit; and for a
    recording of order "accept", or without a size. ModelError for options that are none.
    """
    bound = net.port(str(port))
    if polarity not in POLARITIES:
        raise ModelError(
            f"polarity is {polarity!r}; wanted {', '.join(POLARITIES)}{did_you_mean(polarity, POLARITIES)}"
        )
    whole_number("tick_us", tick_us, 1)
    if start_us is not None and end_us is not None and end_us <= start_us:
        raise ModelError(f"start is {start_us:,} us and end {end_us:,} us; wanted the end later")
    check_sorted(recording)
    window, shape = PixelWindow.of(recording, crop, binning), map_of(net, bound)
    _check_size(recording, bound, shape, window, polarity)
    first = start_us
    if first is None:
        event = next(recording.packets(1), None)
        first = 0 if event is None else int(event["t"][0])
    pixels = PixelMap(int(bound), window, polarity, shape is not None and polarity == CHANNELS, first, tick_us)
    made = RecordedInputs(recording, pixels, first, 2**62 if end_us is None else end_us, _beginning(net))
    return replace(made, until=_until(made)) if len(made.beginning) else made


def _beginning(net: Network) -> Events:
    """An input at tick 0 for each module that has to be told to begin."""
    starts = [(module, module.starts_at()) for module in net.modules]
    return events([(0, getattr(module, port), 0, 1) for module, port in starts if port is not None])


def _until(inputs: RecordedInputs) -> int:
    """The tick at which the part that was asked for ends, or that after the last event."""
    ticks = inputs.end_us - inputs.first_us
    if inputs.end_us == 2**62:
        last = inputs.first_us
        for found in between(inputs.recording, inputs.first_us, inputs.end_us):
            last = int(found["t"][-1]) if len(found) else last
        ticks = last - inputs.first_us + 1
    return -(-ticks // inputs.pixels.tick_us)


def map_of(net: Network, port: BoundPort) -> Shape | None:
    """Channels, height and width of the map that a port's units are; None where nothing says so.

    A module's own shape says it, or its geometry, or, for one that passes spikes on, that of all that it sends to.
    """
    if isinstance(own := getattr(port.module, "shape", None), tuple) and math.prod(own) == port.accepts:
        return own
    sent = [w.target.module for w in net.wires if w.source.module is port.module and w.source.outlet.passes_on]
    modules = sent or [port.module]
    shapes = {g.shape_in for m in modules if isinstance(g := getattr(m, "geometry", None), Geometry)}
    shapes = {shape for shape in shapes if math.prod(shape) == port.accepts and math.prod(shape[1:]) > 1}
    return shapes.pop() if len(shapes) == 1 else None


def _check_size(
    recording: Recording, port: BoundPort, shape: Shape | None, window: PixelWindow, polarity: str
) -> None:  # fmt: skip
    """Raises DataError where a window does not fill a port."""
    channels, accepts = 2 if polarity == CHANNELS else 1, port.accepts
    found = channels, window.height, window.width
    if accepts is None or (found == shape if shape is not None else math.prod(found) == accepts):
        return
    has = f"{accepts:,} units" if shape is None else f"a map of {_said(shape)}, {accepts:,} units"
    raise DataError(
        f"{recording.path}: {window.across}x{window.down} pixels with binning {window.binning} and polarity "
        f"{polarity!r} make {_said(found)}, {math.prod(found):,} units, but port {port} has {has}; "
        f"{_fitting(window, shape, accepts, channels)}"
    )


def _said(shape: Shape) -> str:
    channels, height, width = shape
    return f"{width}x{height}" + (f" in {channels} channels" if channels > 1 else "")


def _fitting(window: PixelWindow, shape: Shape | None, accepts: int, channels: int) -> str:
    """Advice on pixels that would fit: a binning, else a crop from the middle, else the other kind of polarity."""
    across, down = window.across, window.down

    def fits(b: int, channels: int) -> bool:
        made = channels, -(-down // b), -(-across // b)
        return made == shape if shape is not None else math.prod(made) == accepts

    for count, also in ((channels, ""), (3 - channels, f" and polarity {CHANNELS if channels == 1 else SIGN!r}")):
        for b in range(1, max(across, down) + 1):
            if fits(b, count):
                return f"binning {b}{also} would fit"
    for count, also in ((channels, ""), (3 - channels, f", polarity {CHANNELS if channels == 1 else SIGN!r}")):
        side = math.isqrt(accepts // count)
        target = (count, side, side) if shape is None else shape
        if math.prod(target) != accepts or target[0] != count:
            continue
        b = min(across // target[2], down // target[1])
        if b > 0:
            w, h = target[2] * b, target[1] * b
            crop = window.left + (across - w) // 2, window.top + (down - h) // 2, w, h
            return f"crop {','.join(map(str, crop))} with binning {b}{also} would fit"
    return "no binning of these pixels fits, nor a crop of the map's or of square shape"
