"""A frame camera: a scene goes in, frames of 8 bits come out, each when it has been exposed and read.

Light is integrated over the exposure; electrons are counted (shot noise), read (read noise) and rounded, as in the
linear model of EMVA Standard 1288.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eventnet.errors import ModelError
from eventnet.event import VALUE_EVENT, Events
from eventnet.given import SEEDS, whole_number
from eventnet.kernels.compiling import compiled
from eventnet.kernels.random import hash64
from eventnet.scenarios.sensors.pixels import draw, draw_normal
from eventnet.scenarios.sensors.windowed import Windowed
from eventnet.scenarios.worlds.scene import Scene

KEY = -3
"""Tells this sensor's random numbers from those of others with the same seed."""
SHOT, READ = range(2)
"""Purposes of random numbers."""
EXACT = 50.0
"""Electrons up to which their number is drawn from a Poisson distribution; above, from a normal one."""


@dataclass(frozen=True)
class FrameCameraParameters:
    """A camera with a global shutter; by default without noise, at 30 Hz.

    rate_hz: frames a second. exposure_us: for how long each gathers light. readout_us: from the end of the exposure to
    when the frame is there. samples: at how many times, evenly over the exposure, the scene is looked at.
    white_electrons: electrons that white frees in a pixel during the exposure, and that make 255; inf: no shot noise.
    read_noise: standard deviation in electrons, with finite white_electrons only.

    Raises ModelError that names the parameter and its value.
    """

    rate_hz: float = 30.0
    exposure_us: float = 10_000.0
    readout_us: float = 5000.0
    samples: int = 8
    white_electrons: float = math.inf
    read_noise: float = 0.0

    def __post_init__(self) -> None:
        if not 0 < self.rate_hz <= 1e5:
            raise ModelError(f"rate_hz is {self.rate_hz}; wanted above 0 to 100,000")
        if not 0 <= self.exposure_us <= 1e6 / self.rate_hz:
            raise ModelError(f"exposure_us is {self.exposure_us}; wanted from 0 to a frame's {1e6 / self.rate_hz:g}")
        if not 0 <= self.readout_us <= 1e9:
            raise ModelError(f"readout_us is {self.readout_us}; wanted from 0 to 1e9")
        if self.samples < 1:
            raise ModelError(f"samples is {self.samples}; wanted 1 or more")
        if not self.white_electrons > 0:
            raise ModelError(f"white_electrons is {self.white_electrons}; wanted above 0")
        if not 0 <= self.read_noise < math.inf or (self.read_noise and math.isinf(self.white_electrons)):
            raise ModelError(
                f"read_noise is {self.read_noise} and white_electrons {self.white_electrons}; wanted 0 or more, and 0 "
                "where white has no number of electrons"
            )


class FrameCamera(Windowed):
    """A frame camera that looks at a scene; seed: draws the noise.

    It sends VALUE_EVENT records, all pixels of a frame at the time when it has been read: index y * width + x, value
    from 0 to 1 in steps of 1/255. The first exposure begins where the scene does; the last is the last that ends in it.
    """

    def __init__(self, scene: Scene, parameters: FrameCameraParameters | None = None, *, seed: int = 0) -> None:
        super().__init__(scene.begin_us)
        seed = whole_number("seed", seed, *SEEDS)
        self.scene, self.parameters, self.seed = scene, parameters or FrameCameraParameters(), seed

    def frames(self) -> Iterator[tuple[int, NDArray[np.uint8]]]:
        """Each frame, uint8 [height, width], and when it has been read (microseconds), as they come."""
        p, scene, key = self.parameters, self.scene, hash64(self.seed, KEY)
        look = np.empty((scene.height, scene.width), np.float32)
        end, number = scene.end_us, 0
        while (begin := self.begin_us + number * (1e6 / p.rate_hz)) + p.exposure_us <= end:
            light = np.zeros(look.shape)
            for k in range(p.samples):
                scene.log_intensity(begin + (k + 0.5) / p.samples * p.exposure_us, look)
                light += np.exp(look)
            light /= p.samples
            if math.isfinite(p.white_electrons):
                _count_electrons(light.reshape(-1), p.white_electrons, p.read_noise, key, number)
            yield self._stamp(number), np.rint(np.clip(255 * light, 0, 255)).astype(np.uint8)
            number += 1

    def _stamp(self, number: int) -> int:
        p = self.parameters
        return round(self.begin_us + number * (1e6 / p.rate_hz) + p.exposure_us + p.readout_us)

    def _run(self) -> Callable[[float], Events | None]:
        frames, number = self.frames(), 0

        def before(stop: float) -> Events | None:
            nonlocal number
            made = [np.empty(0, VALUE_EVENT)]
            while self._stamp(number) < stop:
                t, frame = next(frames, (0, None))
                if frame is None:
                    return np.concatenate(made) if len(made) > 1 else None
                events = np.empty(frame.size, VALUE_EVENT)
                events["t"], events["index"], events["value"] = t, np.arange(frame.size), frame.ravel() / 255
                made.append(events)
                number += 1
            return np.concatenate(made)

        return before


@compiled
def _count_electrons(light, white, read_noise, key, number):
    """Replace light (1 is white) by what is read from as many electrons as are freed by it in frame `number`."""
    for i in range(len(light)):
        mean = light[i] * white
        if mean > EXACT:
            electrons = np.rint(mean + math.sqrt(mean) * draw_normal(key, i, SHOT, number))
        else:
            electrons, left = 0.0, draw(key, i, SHOT, number)
            part = math.exp(-mean)
            while left >= part and electrons < 4.0 * EXACT:  # the rest is less than rounding
                left -= part
                electrons += 1.0
                part *= mean / electrons
        if read_noise > 0.0:
            electrons += read_noise * draw_normal(key, i, READ, number)
        light[i] = electrons / white
