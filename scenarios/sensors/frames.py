"""Frames of intensity as a scene: between two frames log intensity goes straight from one to the other.

Frames say nothing of what happened between them; a sensor that looks at them sees no jumps, so that its events do not
bunch where frames are shown.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from os import PathLike
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventnet.data import video_frames
from eventnet.errors import ModelError
from eventnet.scenarios.worlds.scene import Image, lin_log


class Frames:
    """A scene of frames, each shown at its time.

    frames: (t_us, brightness [height, width]) pairs in order of time, such as a list or anything else that can be gone
    through again and again: uint8, or floating point from 0 to 1. Before the first and after the last nothing moves.
    """

    def __init__(self, frames: Iterable[tuple[float, NDArray[Any]]]) -> None:
        if iter(frames) is frames:
            raise ModelError("the frames can be gone through once only; wanted a list, or what makes an iterator anew")
        self._frames = frames
        self._end: float | None = None
        self._restart()
        self.begin_us = self._t0
        self.height, self.width = self._log0.shape

    @property
    def end_us(self) -> float:
        """The time of the last frame, microseconds; to find it, all frames are gone through once."""
        if self._end is None:
            for t_us, _ in self._frames:
                self._end = float(t_us)
        assert self._end is not None
        return self._end

    def log_intensity(self, t_us: float, out: Image) -> None:
        """Write the picture at a time, between the two frames around it, into `out` [height, width]."""
        self._go_to(t_us)
        if self._log1 is None or t_us <= self._t0:
            out[...] = self._log0
            return
        part = np.float32((t_us - self._t0) / (self._t1 - self._t0))
        np.multiply(self._change, part, out=out)
        out += self._log0

    def next_kink(self, t_us: float) -> float:
        """The time of the first frame after t_us; inf after the last."""
        self._go_to(t_us)
        if t_us < self._t0:
            return self._t0
        if t_us >= self._t1 and self._log1 is not None:
            self._advance()
        return self._t1 if self._log1 is not None else math.inf

    def _restart(self) -> None:
        self._coming: Iterator[tuple[float, NDArray[Any]]] = iter(self._frames)
        first = next(self._coming, None)
        if first is None:
            raise ModelError("there are no frames")
        if first[1].ndim != 2:
            raise ModelError(f"a frame has shape {list(first[1].shape)}; wanted [height, width]")
        self._t1 = float(first[0])
        self._log1: Image | None = lin_log(first[1])
        self._advance()

    def _go_to(self, t_us: float) -> None:
        """Find the frames before and after a time; a time before those at hand begins anew."""
        if t_us < self._t0 and self._t0 > self.begin_us:
            self._restart()
        while self._log1 is not None and t_us > self._t1:
            self._advance()

    def _advance(self) -> None:
        """The frame after becomes the frame before, and a later one is read; none is left at the end."""
        assert self._log1 is not None
        self._t0, self._log0 = self._t1, self._log1
        for t_us, pixels in self._coming:
            if pixels.shape != self._log0.shape:
                raise ModelError(f"a frame at {t_us:g} us has shape {list(pixels.shape)}, not {list(self._log0.shape)}")
            if t_us < self._t0:
                raise ModelError(f"a frame at {t_us:g} us follows one at {self._t0:g} us; wanted them in order of time")
            if t_us > self._t0:
                self._t1, self._log1 = float(t_us), lin_log(pixels)
                self._change = self._log1 - self._log0
                return
            self._log0 = lin_log(pixels)  # shown at the same time: the later one counts
        self._log1 = None


class _Video:
    def __init__(self, path: str | PathLike[str], **options: Any) -> None:
        self._path, self._options = path, options

    def __iter__(self) -> Iterator[tuple[float, NDArray[np.uint8]]]:
        return iter(video_frames(self._path, **self._options))


def video(
    path: str | PathLike[str],
    *,
    size: tuple[int, int] | None = None,
    crop: tuple[int, int, int, int] | None = None,
    start: int = 0,
    stop: int | None = None,
    step: int = 1,
) -> Frames:
    """A video file as a scene, decoded as it is needed; the options are those of `eventnet.data.video_frames`."""
    return Frames(_Video(path, size=size, crop=crop, start=start, stop=stop, step=step))
