"""A camera that turns before a panorama: how it turns, what is around it, and what it sees."""

from __future__ import annotations

import math
from os import PathLike
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from eventnet.base.files import damage, opened
from eventnet.errors import ModelError
from eventnet.given import check_seed, whole_number
from eventnet.kernels.compiling import compiled
from eventnet.kernels.random import hash64, uniform
from eventnet.scenarios.worlds.scene import Image, lin_log

Floats = NDArray[np.float64]


class Motion(Protocol):
    """The rotation of a camera."""

    def orientation(self, t_us: float) -> Floats:
        """The rotation matrix [3, 3] from the camera's axes to the world's."""
        ...

    def rates(self, t_us: float) -> Floats:
        """Degrees a second about the camera's own x, y and z: what a perfect gyroscope says, [3]."""
        ...

    def next_kink(self, t_us: float) -> float:
        """The first time after t_us at which rates jump; inf if they never do."""
        ...


class _Angles:
    """A motion that is given as yaw, pitch and roll, whatever they are."""

    def angles(self, t_us: float) -> Floats:
        """Yaw, pitch and roll in degrees, [3]."""
        raise NotImplementedError

    def angle_rates(self, t_us: float) -> Floats:
        """The rates of change of yaw, pitch and roll, degrees a second, [3]."""
        raise NotImplementedError

    def orientation(self, t_us: float) -> Floats:
        return from_angles(*self.angles(t_us))

    def rates(self, t_us: float) -> Floats:
        _, pitch, roll = np.radians(self.angles(t_us))
        yaw_rate, pitch_rate, roll_rate = self.angle_rates(t_us)
        level = yaw_rate * math.cos(pitch)
        return np.array([
            pitch_rate * math.cos(roll) + level * math.sin(roll),
            level * math.cos(roll) - pitch_rate * math.sin(roll),
            roll_rate - yaw_rate * math.sin(pitch),
        ])  # fmt: skip

    def next_kink(self, t_us: float) -> float:
        return math.inf


class RandomTurning(_Angles):
    """Yaw, pitch and roll whose rates are sums of waves of random frequency and phase within a band.

    rms: root mean square of each angle's rate in degrees a second, one number or yaw, pitch, roll. band_hz: lowest and
    highest frequency. waves: how many for each angle.
    """

    def __init__(
        self,
        seed: int = 0,
        *,
        rms: float | tuple[float, float, float] = 55.0,
        band_hz: tuple[float, float] = (0.2, 4.0),
        waves: int = 24,
    ) -> None:
        low, high = band_hz
        if not 0 < low <= high:
            raise ModelError(f"band_hz is {band_hz}; wanted 0 < low <= high")
        seed, waves = check_seed(seed, ModelError), whole_number("waves", waves, 1)
        each = np.broadcast_to(np.asarray(rms, np.float64), 3)
        draws = np.array([uniform(hash64(seed, 0), k) for k in range(6 * waves)]).reshape(2, 3, waves)
        self._turns = 2 * math.pi * (low + (high - low) * draws[0])  # radians a second
        self._phases = 2 * math.pi * draws[1]
        self._heights = np.repeat(each[:, None] * math.sqrt(2 / waves), waves, axis=1)
        self._wide, self._at_first = self._heights / self._turns, np.sin(self._phases)

    def angles(self, t_us: float) -> Floats:
        waves = np.sin(self._turns * (1e-6 * t_us) + self._phases) - self._at_first
        return np.asarray((self._wide * waves).sum(axis=1))

    def angle_rates(self, t_us: float) -> Floats:
        return np.asarray((self._heights * np.cos(self._turns * (1e-6 * t_us) + self._phases)).sum(axis=1))


class SampledAngles(_Angles):
    """Yaw, pitch and roll at given times, joined by cubic curves whose slope at a time is that between its neighbours.

    t_us: [n], growing. angles: degrees, [n, 3]. Before the first and after the last time nothing turns.
    """

    def __init__(self, t_us: NDArray[Any], angles: NDArray[Any]) -> None:
        self._t, self._angles = _samples("angles", t_us, angles, 2)
        inner = (self._angles[2:] - self._angles[:-2]) / (self._t[2:] - self._t[:-2])[:, None]
        self._slopes = np.concatenate((np.zeros((1, 3)), inner, np.zeros((1, 3))))  # a microsecond

    def _curve(self, t_us: float) -> tuple[float, float, Any]:
        k = min(max(int(np.searchsorted(self._t, t_us, "right")) - 1, 0), len(self._t) - 2)
        length = self._t[k + 1] - self._t[k]
        u = min(max((t_us - self._t[k]) / length, 0.0), 1.0)
        ends = self._angles[k], self._angles[k + 1], length * self._slopes[k], length * self._slopes[k + 1]
        return u, length, ends

    def angles(self, t_us: float) -> Floats:
        u, _, (a, b, da, db) = self._curve(t_us)
        return np.asarray(a + u * (da + u * (3 * (b - a) - 2 * da - db + u * (2 * (a - b) + da + db))))

    def angle_rates(self, t_us: float) -> Floats:
        u, length, (a, b, da, db) = self._curve(t_us)
        return np.asarray(1e6 / length * (da + u * (2 * (3 * (b - a) - 2 * da - db) + u * 3 * (2 * (a - b) + da + db))))


class SampledRates:
    """Rates about the camera's own axes, each held until the next: its orientation is a product of exact rotations.

    t_us: [n], growing. rates: degrees a second about x, y and z, [n, 3]. It begins at t_us[0] with the world's axes;
    the last rates go on for ever.
    """

    def __init__(self, t_us: NDArray[Any], rates: NDArray[Any]) -> None:
        self._t, self._rates = _samples("rates", t_us, rates, 1)
        self._begins = [np.eye(3)]
        for k in range(len(self._t) - 1):
            self._begins.append(self._begins[k] @ self._turn(k, self._t[k + 1]))

    def _turn(self, k: int, t_us: float) -> Floats:
        return about(np.radians(self._rates[k]) * 1e-6 * (t_us - self._t[k]))

    def _at(self, t_us: float) -> int:
        return max(int(np.searchsorted(self._t, t_us, "right")) - 1, 0)

    def orientation(self, t_us: float) -> Floats:
        """The rotation matrix [3, 3] from the camera's axes to the world's."""
        k = self._at(t_us)
        return np.asarray(self._begins[k] @ self._turn(k, max(t_us, self._t[0])))

    def rates(self, t_us: float) -> Floats:
        """Degrees a second about the camera's own x, y and z [3]."""
        return np.asarray(self._rates[self._at(t_us)] * (t_us >= self._t[0]))

    def next_kink(self, t_us: float) -> float:
        """The first time after t_us at which rates jump; inf if they never do."""
        k = int(np.searchsorted(self._t, t_us, "right"))
        return float(self._t[k]) if k < len(self._t) else math.inf


class Steered:
    """A camera that is turned on a head: the head moves as it will, the camera at rates that come as time goes on.

    Its orientation is the head's times its own on the head, a product of exact rotations; both begin aligned. Rates on
    the head are held for `period_us` microseconds each. What lies beyond the last of them cannot be seen yet.
    """

    def __init__(self, head: Motion, period_us: int) -> None:
        if period_us < 1:
            raise ModelError(f"period_us is {period_us}; wanted 1 or more")
        self.head, self.period_us, self._begins = head, period_us, [np.eye(3)]
        self._held: list[Floats] = []

    @property
    def known_us(self) -> int:
        """Up to when the rates on the head are known."""
        return self.period_us * len(self._held)

    @property
    def turned(self) -> Floats:
        """The rotation from the camera's axes to the head's at `known_us`, [3, 3]."""
        return self._begins[-1]

    def turn(self, rates: Any) -> None:
        """Turn the camera on the head for the next period: rates [3], degrees a second about its own x, y and z."""
        held = np.array(rates, np.float64)
        if held.shape != (3,) or not np.isfinite(held).all():
            raise ModelError(f"rates on the head are {rates}; wanted three finite numbers")
        self._held.append(held)
        self._begins.append(self._begins[-1] @ about(np.radians(held) * 1e-6 * self.period_us))

    def on_head(self, t_us: float) -> Floats:
        """The rotation from the camera's axes to the head's, [3, 3]. Raises ModelError beyond `known_us`."""
        if t_us == self.known_us:
            return self.turned
        turn = np.radians(self.rates_on_head(t_us)) * 1e-6 * (t_us % self.period_us)
        return np.asarray(self._begins[int(t_us // self.period_us)] @ about(turn))

    def rates_on_head(self, t_us: float) -> Floats:
        """The rates on the head, about the camera's axes, [3]. Raises ModelError where they are not known yet."""
        if not 0 <= t_us < self.known_us:
            raise ModelError(f"the camera's turning at {t_us:g} us is not known: it is from 0 to {self.known_us} us")
        return self._held[int(t_us // self.period_us)]

    def orientation(self, t_us: float) -> Floats:
        """The rotation matrix [3, 3] from the camera's axes to the world's."""
        return np.asarray(self.head.orientation(t_us) @ self.on_head(t_us))

    def rates(self, t_us: float) -> Floats:
        """Degrees a second about the camera's own x, y and z [3]."""
        return np.asarray(self.on_head(t_us).T @ self.head.rates(t_us) + self.rates_on_head(t_us))

    def next_kink(self, t_us: float) -> float:
        """The first time after t_us at which rates jump; inf if they never do."""
        return min(self.head.next_kink(t_us), (t_us // self.period_us + 1) * self.period_us)


def from_angles(yaw: float, pitch: float, roll: float) -> Floats:
    """Ry(yaw) Rx(pitch) Rz(roll), angles in degrees."""
    a, b, c = math.radians(yaw), math.radians(pitch), math.radians(roll)
    cy, sy, cp, sp, cr, sr = math.cos(a), math.sin(a), math.cos(b), math.sin(b), math.cos(c), math.sin(c)
    return np.array([
        [cy * cr + sy * sp * sr, -cy * sr + sy * sp * cr, sy * cp],
        [cp * sr, cp * cr, -sp],
        [-sy * cr + cy * sp * sr, sy * sr + cy * sp * cr, cy * cp],
    ])  # fmt: skip


def about(axis: Floats) -> Floats:
    """The rotation about a vector by its length in radians (Rodrigues)."""
    angle = float(np.linalg.norm(axis))
    x, y, z = axis / angle if angle > 0 else axis
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.asarray(np.eye(3) + math.sin(angle) * cross + (1 - math.cos(angle)) * cross @ cross)


def _samples(name: str, t_us: NDArray[Any], values: NDArray[Any], least: int) -> tuple[Floats, Floats]:
    t, found = np.asarray(t_us, np.float64), np.asarray(values, np.float64)
    if t.ndim != 1 or found.shape != (len(t), 3) or len(t) < least:
        raise ModelError(f"t_us has shape {list(t.shape)} and {name} {list(found.shape)}; wanted [n] and [n, 3]")
    if (np.diff(t) <= 0).any() or not np.isfinite(t).all() or not np.isfinite(found).all():
        raise ModelError(f"t_us must grow, and it and {name} be finite")
    return t, found


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
