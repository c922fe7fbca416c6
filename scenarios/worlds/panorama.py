"""Surroundings as far away as the sky: log intensity on a cube map, drawn at random or taken from a picture.

A cube map needs no arc tangent where it is looked at, as a picture in longitude and latitude would. Directions are x to
the right, y down, z forward.
"""

from __future__ import annotations

import math
from os import PathLike
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventnet.base.files import damage, opened
from eventnet.errors import ModelError
from eventnet.kernels.compiling import compiled
from eventnet.kernels.random import check_seed, hash64, uniform
from eventnet.kernels.ranges import whole_number
from eventnet.scenarios.worlds.scene import lin_log

fast = compiled(error_model="numpy")

Cube = NDArray[np.float32]
PLATE_POINTS, PLATE_LEVELS = -1, -2
"""Purposes of random numbers; those from 0 are octaves of noise."""


class Panorama:
    """Log intensity in every direction. faces: float32 [6, size + 2, size + 2], white 0.

    Faces are +x, -x, +y, -y, +z, -z; rows and columns are the two other coordinates in the order x, y, z, the later one
    along the rows. The rows and columns at the border lie beyond the face, so that it can be interpolated to its edge.
    """

    def __init__(self, faces: Cube) -> None:
        if faces.ndim != 3 or faces.shape[0] != 6 or faces.shape[1] != faces.shape[2] or faces.shape[1] < 4:
            raise ModelError(f"the faces have shape {list(faces.shape)}; wanted [6, size + 2, size + 2]")
        self.faces = np.ascontiguousarray(faces, np.float32)

    @classmethod
    def random(
        cls, *, size: int = 256, seed: int = 0, log_std: float = 0.5, log_mean: float = -1.5, edges: float = 0.5
    ) -> Panorama:
        """Clouds of 1/f noise over plates with sharp edges.

        size: texels along a face, 2/pi * size a radian on average. log_std, log_mean: standard deviation and mean of
        log intensity over all texels. edges: the plates' part of the variance, 0 to 1.
        """
        if log_std < 0 or not 0 <= edges <= 1:
            raise ModelError(f"log_std {log_std}, edges {edges}; wanted log_std from 0, edges from 0 to 1")
        size, seed = whole_number("size", size, 2), check_seed(seed, ModelError)
        parts = np.zeros((2, 6, size + 2, size + 2))
        _draw_faces(parts, seed, _octaves(size))
        clouds, plates = (part - part[:, 1:-1, 1:-1].mean() for part in parts)
        clouds /= clouds[:, 1:-1, 1:-1].std()
        plates /= plates[:, 1:-1, 1:-1].std()
        both = math.sqrt(1 - edges) * clouds + math.sqrt(edges) * plates
        return cls(np.asarray(log_mean + log_std * both / both[:, 1:-1, 1:-1].std(), np.float32))

    @classmethod
    def from_picture(cls, picture: NDArray[Any] | str | PathLike[str], *, size: int = 256) -> Panorama:
        """A picture in longitude (across, its middle forward) and latitude (down, from straight up to straight down).

        picture: uint8 or floating point from 0 to 1, [height, width] or [height, width, channels] (red, green, blue),
        or a file that matplotlib reads. Raises DataError for a file that is absent or no picture.
        """
        size = whole_number("size", size, 2)
        array = picture if isinstance(picture, np.ndarray) else _read(picture)
        if array.ndim not in (2, 3) or min(array.shape[:2]) < 2 or (array.ndim == 3 and array.shape[2] < 3):
            raise ModelError(
                f"the picture has shape {list(array.shape)}; wanted [height, width] or [height, width, 3], from 2 x 2"
            )
        light = array if np.issubdtype(array.dtype, np.floating) else array / 255
        if light.ndim == 3:
            light = light[:, :, :3] @ np.array([0.299, 0.587, 0.114])
        faces = np.zeros((6, size + 2, size + 2), np.float32)
        _wrap_picture(faces, lin_log(light.astype(np.float64)))
        return cls(faces)


def _octaves(size: int) -> int:
    return max(1, int(math.log2(size)) - 1)


def _read(path: str | PathLike[str]) -> NDArray[Any]:
    from matplotlib.image import imread

    with opened(str(path)) as file, damage(f"{path} cannot be read as a picture"):
        return np.asarray(imread(file))


@fast
def direction(face, row, column, size):
    """The direction, of length 1, of a texel; rows and columns count from the border at 0."""
    u, v = (2.0 * column - 1.0) / size - 1.0, (2.0 * row - 1.0) / size - 1.0
    side, length = (1.0 if face % 2 == 0 else -1.0), math.sqrt(1.0 + u * u + v * v)
    if face < 2:
        return side / length, u / length, v / length
    if face < 4:
        return u / length, side / length, v / length
    return u / length, v / length, side / length


@fast
def _draw_faces(parts, seed, octaves):
    """Value noise of 2, 4, 8, ... cells a radius, half as strong each time; and the nearest of 80 points' level."""
    points, levels = np.empty((80, 3)), np.empty(80)
    for k in range(80):
        z, turn = 2.0 * uniform(hash64(seed, PLATE_POINTS), 2 * k) - 1.0, uniform(hash64(seed, PLATE_POINTS), 2 * k + 1)
        across = math.sqrt(1.0 - z * z)
        points[k, 0], points[k, 1] = across * math.cos(2 * math.pi * turn), across * math.sin(2 * math.pi * turn)
        points[k, 2], levels[k] = z, uniform(hash64(seed, PLATE_LEVELS), k)
    size = parts.shape[2] - 2
    for face in range(6):
        for row in range(size + 2):
            for column in range(size + 2):
                x, y, z = direction(face, row, column, size)
                cells, weight = 2.0, 1.0
                for octave in range(octaves):
                    parts[0, face, row, column] += weight * _noise(
                        hash64(seed, octave), cells * x, cells * y, cells * z
                    )
                    cells, weight = 2.0 * cells, 0.5 * weight
                best, nearest = -2.0, 0
                for k in range(len(levels)):
                    along = points[k, 0] * x + points[k, 1] * y + points[k, 2] * z
                    if along > best:
                        best, nearest = along, k
                parts[1, face, row, column] = levels[nearest]


@fast
def _noise(seed, x, y, z):
    """Uniform numbers at whole coordinates, smoothly interpolated between them."""
    x0, y0, z0 = math.floor(x), math.floor(y), math.floor(z)
    u, v, w = _smooth(x - x0), _smooth(y - y0), _smooth(z - z0)
    total = 0.0
    for k in range(2):
        for j in range(2):
            part = (w if k else 1.0 - w) * (v if j else 1.0 - v)
            key = hash64(seed, (int(z0) + k) * 65536 + int(y0) + j)
            total += part * ((1.0 - u) * uniform(key, int(x0)) + u * uniform(key, int(x0) + 1))
    return total


@fast
def _smooth(u):
    return u * u * (3.0 - 2.0 * u)


@fast
def _wrap_picture(faces, logs):
    height, width = logs.shape
    size = faces.shape[1] - 2
    for face in range(6):
        for row in range(size + 2):
            for column in range(size + 2):
                x, y, z = direction(face, row, column, size)
                across = (math.atan2(x, z) / (2 * math.pi) + 0.5) * width - 0.5
                down = min(max((math.asin(min(max(y, -1.0), 1.0)) / math.pi + 0.5) * height - 0.5, 0.0), height - 1.001)
                i, j = math.floor(across), int(down)
                u, v = across - i, down - j
                left, right = i % width, (i + 1) % width
                top = (1.0 - u) * logs[j, left] + u * logs[j, right]
                bottom = (1.0 - u) * logs[j + 1, left] + u * logs[j + 1, right]
                faces[face, row, column] = (1.0 - v) * top + v * bottom
