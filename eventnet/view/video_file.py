"""Frames into a file: a video by PyAV (the extra `video`), or a GIF or an animated PNG by Pillow.

Pillow is there, as matplotlib needs it. FFmpeg's GIFs have one fixed palette; Pillow's have that of the film, and of
each frame only what has changed.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from os import PathLike
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from eventnet.base.files import beside
from eventnet.errors import DataError

VIDEOS, PICTURES = (".mp4",), (".gif", ".png")
COLOURS = 64
"""Of a GIF or an animated PNG."""
HOLD = 12
"""Times as long as others the last frame of a GIF is shown."""

Pixels = NDArray[np.uint8]


def check_suffix(path: str | PathLike[str]) -> None:
    """Raises DataError for a name that no film has, and for a video without PyAV."""
    suffix = Path(path).suffix.lower()
    if suffix not in VIDEOS + PICTURES:
        raise DataError(f"{path}: a film is {', '.join(VIDEOS + PICTURES)}; its suffix says which")
    if suffix in VIDEOS:
        _av()


def write_film(path: str | PathLike[str], frames: Iterator[Pixels], rate: int) -> int:
    """Write frames uint8 [height, width, 3] of one size, so many a second; returns their number.

    Raises DataError for a name that no film has, for no frames, and where the file cannot be written.
    """
    check_suffix(path)
    first = next(frames, None)
    if first is None:
        raise DataError(f"{path} would have no frames: there is nothing to show")

    def all_of_them() -> Iterator[Pixels]:
        yield first
        yield from frames

    with beside(Path(path)) as file:
        write = _write_video if Path(path).suffix.lower() in VIDEOS else _write_pictures
        return write(file, Path(path), all_of_them(), rate)


def _write_video(file: IO[bytes], path: Path, frames: Iterator[Pixels], rate: int) -> int:
    """H.264 of even width and height."""
    av, n = _av(), 0
    with av.open(file, "w", format="mp4") as container:
        try:
            stream = container.add_stream("libx264", rate=Fraction(rate))
        except Exception as error:  # PyAV names what it lacks by errors of several kinds
            raise DataError(f"{path}: this PyAV has no encoder of H.264 ({error}); name a .gif") from error
        stream.pix_fmt, stream.options = "yuv420p", {"crf": "20", "threads": "1"}
        for pixels in frames:
            height, width = (size - size % 2 for size in pixels.shape[:2])
            if n == 0:
                stream.height, stream.width = height, width
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels[:height, :width]), format="rgb24")
            container.mux(stream.encode(frame))
            n += 1
        container.mux(stream.encode(None))
    return n


def _write_pictures(file: IO[bytes], path: Path, frames: Iterator[Pixels], rate: int) -> int:
    """Frames in the colours of the last one and the middle one, which have all lines and most events."""
    from PIL import Image

    held = [Image.fromarray(pixels) for pixels in frames]
    both = Image.new("RGB", (held[0].width, 2 * held[0].height))
    for k, image in enumerate((held[len(held) // 2], held[-1])):
        both.paste(image, (0, k * image.height))
    palette = both.quantize(COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    made = [image.quantize(palette=palette, dither=Image.Dither.NONE) for image in held]
    each = round(1000 / rate)
    times: list[int] = [each] * (len(made) - 1) + [HOLD * each]
    form = "GIF" if path.suffix.lower() == ".gif" else "PNG"
    made[0].save(file, form, save_all=True, append_images=made[1:], duration=times, loop=0, optimize=False)
    return len(made)


def _av() -> Any:
    try:
        import av
    except ImportError as error:
        raise DataError(
            f'videos are written with PyAV, which is not here ({error}): pip install "eventnet[video]"'
        ) from error
    return av
