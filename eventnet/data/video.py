"""Video as a stream of frames with their times, decoded one by one with PyAV (the extra `video`).

Whatever the camera (thesis, section 1.6.1) recorded arrives whole or not at all: a file that breaks off raises an
error at the frame where it does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from fractions import Fraction
from os import PathLike
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from eventnet.base.files import damage, opened
from eventnet.errors import DataError

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

# Formats that draw any text or bytes as pictures: a text file is no video.
_TEXT_ART = {"tty", "bin", "xbin", "adf", "idf"}
# A frame of 8K has 33 million. A damaged header may ask for more than there is memory.
MOST_PIXELS = 1 << 26
_DURATION = re.compile(r"(\d+):(\d\d):(\d\d(?:\.\d+)?)")


class Frame(NamedTuple):
    """One picture. t_us: when it is shown, in microseconds. pixels: uint8 [height, width], in colour [..., 3] (RGB)."""

    t_us: int
    pixels: NDArray[np.uint8]


class VideoInfo(NamedTuple):
    """Facts of a video. frames: their number; height, width: in pixels; rate: frames a second; duration: seconds."""

    frames: int
    height: int
    width: int
    rate: float
    duration: float


def video_info(path: str | PathLike[str]) -> VideoInfo:
    """Facts about the first video stream of a file; frames are decoded to be counted if it does not state their number.

    Raises DataError when the file is absent, is no video, or (if it has to be decoded) breaks off.
    """
    with _video(Path(path)) as (container, stream):
        height, width, rate = stream.height, stream.width, stream.average_rate or stream.guessed_rate
        frames, seconds = stream.frames, _stated_seconds(container, stream)
        if not frames:
            frames = sum(1 for _ in _decode(container, stream, Path(path)))
    if not rate and not seconds:
        raise DataError(f"{path} states neither a frame rate nor a duration")
    rate = rate or Fraction(frames) / seconds
    return VideoInfo(frames, height, width, float(rate), float(seconds or frames / rate))


def video_frames(
    path: str | PathLike[str],
    *,
    grey: bool = True,
    size: tuple[int, int] | None = None,
    crop: tuple[int, int, int, int] | None = None,
    start: int = 0,
    stop: int | None = None,
    step: int = 1,
) -> Iterator[Frame]:
    """The frames of the first video stream in a file, one at a time as they are decoded.

    grey: pixels [height, width] of brightness from 0 to 255; otherwise [height, width, 3] of red, green and blue.
    crop: (top, left, height, width) in pixels, cut out first. size: (height, width) that the rest is area-averaged to.
    start, stop, step: which frames, by number from 0, as in a slice; `stop` and what follows is not decoded.
    Times are those of presentation; where a file has none, frames follow at its frame rate from 0.
    Raises DataError at once for options that no video can meet and for a file that is absent or is no video; while
    iterating at the first frame that the decoder finds damaged, that is missing (MPEG-TS and bare streams state no
    number of frames or duration that could tell), has another size than the first, or is shown before the one it
    follows, and when the crop or size does not fit the frames.
    """
    if start < 0 or step < 1 or (stop is not None and stop < 0):
        raise DataError(f"frames {start}:{stop}:{step} were asked for; wanted start and stop from 0 and step from 1")
    if crop is not None and (len(crop) != 4 or min(crop) < 0 or min(crop[2:]) < 1):
        raise DataError(f"the crop is {crop}; wanted (top, left, height, width), the last two at least 1")
    if size is not None and (len(size) != 2 or min(size) < 1):
        raise DataError(f"the size is {size}; wanted (height, width), both at least 1")
    with ExitStack() as stack:
        container, stream = stack.enter_context(_video(Path(path)))
        frames = _decode(container, stream, Path(path), stop)
        return _picked(stack.pop_all(), stream, frames, Path(path), grey, size, crop, start, step)


def area_average(frame: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """A smaller picture whose pixels are the means of the areas they cover, rounded to the nearest, halves up.

    frame: uint8 [height, width] or [height, width, channels]. size: (height, width) of the result, at most the
    frame's. An area may cut through pixels, which then count by their part in it. The means are exact: sums of
    whole numbers, divided once. Raises DataError when the frame or the size is not so.
    """
    if frame.dtype != np.uint8 or frame.ndim not in (2, 3):
        raise DataError(f"the frame is {frame.dtype} {list(frame.shape)}; wanted uint8 [height, width(, channels)]")
    height, width = frame.shape[:2]
    if not (1 <= size[0] <= height and 1 <= size[1] <= width):
        raise DataError(f"the frame has {height}x{width} pixels and cannot be averaged to {size[0]}x{size[1]}")
    if size == (height, width):
        return frame.copy()
    sums = _part_sums(_part_sums(frame.astype(np.int64), size[0]).swapaxes(0, 1), size[1]).swapaxes(0, 1)
    area = height * width
    return np.asarray((2 * sums + area) // (2 * area), np.uint8)


def _part_sums(values: NDArray[np.int64], parts: int) -> NDArray[np.int64]:
    """The sums over `parts` equal parts of the first axis, times `parts`: whole numbers, wherever the parts begin.

    values: [n, ...]. A part's sum is what lies before its end less what lies before its beginning.
    """
    whole, rest = np.divmod(np.arange(parts + 1) * len(values), parts)
    before = np.zeros((len(values) + 1, *values.shape[1:]), np.int64)
    np.cumsum(values, axis=0, out=before[1:])
    cut = values[np.minimum(whole, len(values) - 1)]
    return np.diff(parts * before[whole] + rest.reshape(-1, *[1] * (values.ndim - 1)) * cut, axis=0)


def _av() -> ModuleType:
    try:
        import av
    except ImportError as error:
        raise DataError(
            f'videos are read with PyAV, which is not here ({error}): pip install "eventnet[video]"'
        ) from error
    return av


@contextmanager
def _video(path: Path) -> Iterator[tuple[InputContainer, VideoStream]]:
    """The file and its first video stream. FFmpeg gets the file and no leave to open others, which lists can name."""
    av = _av()
    alone = {"protocol_whitelist": "none"}
    what = f"{path} cannot be read as a video"
    with opened(path) as file, damage(what), av.open(file, options=alone) as container:
        if not container.streams.video or _TEXT_ART & set(container.format.name.split(",")):
            raise DataError(f"{path} holds no video stream; its format is {container.format.name!r}")
        stream = container.streams.video[0]
        _check_stream(stream, path)
        yield container, stream


def _check_stream(stream: VideoStream, path: Path) -> None:
    """Raises DataError for a stream that no decoder is here for, and for frames larger than any camera's."""
    coder = stream.codec_context
    if coder is None or not coder.width or not coder.height:
        raise DataError(f"{path} holds a video stream of a kind that FFmpeg does not know, or of no size")
    if coder.width * coder.height > MOST_PIXELS:
        raise DataError(
            f"{path} has frames of {coder.height:,}x{coder.width:,} pixels; at most {MOST_PIXELS:,} are read"
        )
    coder.options = {**coder.options, "max_pixels": str(MOST_PIXELS)}


def _stated_seconds(container: InputContainer, stream: VideoStream) -> Fraction:
    """The duration by the stream, else by the file; 0 where neither has one."""
    if stream.duration and stream.time_base:
        return stream.duration * stream.time_base
    return Fraction(container.duration or 0, 1_000_000)


def _decode(
    container: InputContainer, stream: VideoStream, path: Path, stop: int | None = None
) -> Iterator[VideoFrame]:
    """All frames up to `stop`; DataError where one is damaged, or where they end before the file says they do."""
    n = passed_over = 0
    seconds = Fraction(0)
    if stop == 0:
        return
    packets = iter(container.demux(stream))
    while True:
        with damage(f"{path}: frame {n:,} cannot be decoded"):
            packet = next(packets, None)
            if packet is None:
                break
            # Packets before an edit's beginning are decoded for the sake of others, and counted but not shown.
            passed_over += packet.is_discard
            if packet.is_corrupt:
                raise DataError(f"{path}: frame {n:,} is damaged: its data are cut off or broken")
            decoded = packet.decode()
        for frame in decoded:
            if frame.is_corrupt:
                raise DataError(f"{path}: frame {n:,} is damaged: it could only be decoded in part")
            yield frame
            n += 1
            seconds = (frame.pts or 0) * (frame.time_base or Fraction(0))
            if n == stop:
                return
    if n == 0 or n + passed_over < stream.frames:
        stated = f"{stream.frames - passed_over:,}" if stream.frames else "at least 1"
        raise DataError(f"{path} ends before frame {n:,}, but states {stated}: it is cut off or damaged")
    if seconds + Fraction(3, 2) / (stream.average_rate or 1) < _tagged_seconds(stream):
        raise DataError(
            f"{path} ends with frame {n - 1:,} at {float(seconds):.3f} s, but states "
            f"{float(_tagged_seconds(stream)):.3f} s: it is cut off or damaged"
        )


def _tagged_seconds(stream: VideoStream) -> Fraction:
    """The duration in the tag of a Matroska or WebM stream, which states no number of frames; 0 without one."""
    found = _DURATION.fullmatch(stream.metadata.get("DURATION", ""))
    return Fraction(found[1]) * 3600 + Fraction(found[2]) * 60 + Fraction(found[3]) if found else Fraction(0)


def _picked(
    opened_file: ExitStack,
    stream: VideoStream,
    frames: Iterator[VideoFrame],
    path: Path,
    grey: bool,
    size: tuple[int, int] | None,
    crop: tuple[int, int, int, int] | None,
    start: int,
    step: int,
) -> Iterator[Frame]:
    """The frames that were asked for as arrays; the file is closed when they end or are no longer wanted."""
    with opened_file:
        shape, shown = None, None
        for n, frame in enumerate(frames):
            where = f"{path}: frame {n:,}"
            if shape is not None and shape != (frame.height, frame.width):
                raise DataError(
                    f"{where} has {frame.height}x{frame.width} pixels; those before have {shape[0]}x{shape[1]}"
                )
            t_us = _time(frame, n, stream, where)
            if shown is not None and t_us < shown:
                raise DataError(f"{where} is shown at {t_us:,} us, but the one before at {shown:,} us")
            shape, shown = (frame.height, frame.width), t_us
            if n >= start and (n - start) % step == 0:
                yield Frame(t_us, _pixels(frame, grey, size, crop, where))


def _time(frame: VideoFrame, n: int, stream: VideoStream, where: str) -> int:
    if frame.pts is not None and frame.time_base:
        return round(frame.pts * frame.time_base * 1_000_000)
    rate = stream.average_rate or stream.guessed_rate
    if not rate:
        raise DataError(f"{where} has no presentation time, and the file no frame rate")
    return round(n / rate * 1_000_000)


def _pixels(
    frame: VideoFrame,
    grey: bool,
    size: tuple[int, int] | None,
    crop: tuple[int, int, int, int] | None,
    where: str,
) -> NDArray[np.uint8]:
    pixels = np.asarray(frame.to_ndarray(format="gray" if grey else "rgb24"), np.uint8)
    if crop is not None:
        top, left, height, width = crop
        if top + height > frame.height or left + width > frame.width:
            raise DataError(f"{where} has {frame.height}x{frame.width} pixels; the crop {crop} reaches past them")
        pixels = pixels[top : top + height, left : left + width]
    if size is None:
        return pixels.copy()
    try:
        return area_average(pixels, size)
    except DataError as error:
        raise DataError(f"{where}: {error}") from error
