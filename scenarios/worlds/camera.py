"""A camera that turns on the spot before a panorama, as a scene for a Dynamic Vision Sensor."""

from __future__ import annotations

import math

import numpy as np

from eventnet.errors import ModelError
from eventnet.kernels.compiling import compiled
from eventnet.scenarios.worlds.motion import Motion
from eventnet.scenarios.worlds.panorama import Panorama
from eventnet.scenarios.worlds.scene import Image


class TurningCamera:
    """The view of a pinhole camera that turns before a panorama.

    width, height: pixels. focal: focal length in pixels; the camera sees 2 atan(width / 2 / focal) across.
    """

    def __init__(self, panorama: Panorama, motion: Motion, *, width: int, height: int, focal: float) -> None:
        if width < 1 or height < 1 or not 0 < focal < math.inf:
            raise ModelError(f"the camera has {width} x {height} pixels and focal length {focal}; wanted all above 0")
        self.panorama, self.motion = panorama, motion
        self.width, self.height, self.focal = width, height, float(focal)
        self.begin_us, self.end_us = 0.0, math.inf
        self._row = np.empty(width, np.int32), np.empty(width, np.float32), np.empty(width, np.float32)

    def log_intensity(self, t_us: float, out: Image) -> None:
        """Write what the camera sees of the panorama at a time into `out` [height, width]."""
        turn = np.ascontiguousarray(self.motion.orientation(t_us), np.float64)
        _render(self.panorama.faces, turn, self.focal, *self._row, out)

    def next_kink(self, t_us: float) -> float:
        """The first time after t_us at which the motion jumps; inf if it never does."""
        return self.motion.next_kink(t_us)


fast = compiled(error_model="numpy")


@fast
def _render(faces, turn, focal, at, across, below, out):
    """Look up each pixel's direction on the cube, bilinear, row by row. at, across, below: room for one row."""
    height, width = out.shape
    right = -0.5 * (width - 1)
    for row in range(height):
        down = row - 0.5 * (height - 1)
        x = turn[0, 0] * right + turn[0, 1] * down + turn[0, 2] * focal
        y = turn[1, 0] * right + turn[1, 1] * down + turn[1, 2] * focal
        z = turn[2, 0] * right + turn[2, 1] * down + turn[2, 2] * focal
        _find_texels(x, y, z, turn[0, 0], turn[1, 0], turn[2, 0], faces.shape[1], at, across, below)
        _interpolate(faces.reshape(-1), faces.shape[1], at, across, below, out[row])


@fast
def _find_texels(x0, y0, z0, dx, dy, dz, side, at, across, below):
    """Number of the texel to the upper left of each pixel in a row, and how far the pixel lies from it, 0 to 1.

    Choices without branches, in a loop of its own: it runs in lanes, and a whole picture takes 3 ns a pixel for 6.
    """
    half, middle, side = 0.5 * (side - 2), 0.5 * (side - 1), np.int32(side)
    for k in range(len(at)):
        x, y, z = x0 + dx * k, y0 + dy * k, z0 + dz * k
        largest = max(abs(x), max(abs(y), abs(z)))
        is_z = abs(z) == largest
        is_x = (abs(x) == largest) & (not is_z)
        major = z if is_z else (x if is_x else y)
        face = (4 if is_z else (0 if is_x else 2)) + (1 if major < 0.0 else 0)
        scale = half / largest
        u, v = (y if is_x else x) * scale + middle, (y if is_z else z) * scale + middle
        i, j = np.int32(u), np.int32(v)
        across[k], below[k] = np.float32(u - i), np.float32(v - j)
        at[k] = (np.int32(face) * side + j) * side + i


@fast
def _interpolate(texels, side, at, across, below, out):
    for k in range(len(at)):
        i = at[k]
        a, b = texels[i], texels[i + side]
        top, bottom = a + across[k] * (texels[i + 1] - a), b + across[k] * (texels[i + side + 1] - b)
        out[k] = top + below[k] * (bottom - top)
