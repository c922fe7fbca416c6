"""Rotation of a camera: random or given, with its exact orientation and rates at any time.

The camera's axes are x to the right, y down, z forward. Its orientation R takes directions from the camera to the
world: R = Ry(yaw) Rx(pitch) Rz(roll), so that yaw is to the right, pitch up and roll clockwise. A gyroscope on the
camera measures the rates about its own x, y and z. Degrees and degrees a second outside, microseconds everywhere.
"""

from __future__ import annotations

import math
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from eventnet.errors import ModelError
from eventnet.kernels.random import check_seed, hash64, uniform
from eventnet.kernels.ranges import whole_number

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
        """What yaw, pitch and roll grow by in a second, in degrees, [3]."""
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

    def angles(self, t_us: float) -> Floats:
        waves = np.sin(self._turns * (1e-6 * t_us) + self._phases) - np.sin(self._phases)
        return np.asarray((self._heights / self._turns * waves).sum(axis=1))

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
        """How the camera turns on the head for the next period: degrees a second about its own x, y and z, [3]."""
        held = np.array(rates, np.float64)
        if held.shape != (3,) or not np.isfinite(held).all():
            raise ModelError(f"rates on the head are {rates}; wanted three finite numbers")
        self._held.append(held)
        self._begins.append(self._begins[-1] @ about(np.radians(held) * 1e-6 * self.period_us))

    def on_head(self, t_us: float) -> Floats:
        """The rotation from the camera's axes to the head's, [3, 3]. Raises ModelError beyond `known_us`."""
        if t_us == self.known_us:
            return self.turned
        turn = np.radians(self._rates_on_head(t_us)) * 1e-6 * (t_us % self.period_us)
        return np.asarray(self._begins[int(t_us // self.period_us)] @ about(turn))

    def _rates_on_head(self, t_us: float) -> Floats:
        if not 0 <= t_us < self.known_us:
            raise ModelError(f"the camera's turning at {t_us:g} us is not known: it is from 0 to {self.known_us} us")
        return self._held[int(t_us // self.period_us)]

    def orientation(self, t_us: float) -> Floats:
        """The rotation matrix [3, 3] from the camera's axes to the world's."""
        return np.asarray(self.head.orientation(t_us) @ self.on_head(t_us))

    def rates(self, t_us: float) -> Floats:
        """Degrees a second about the camera's own x, y and z [3]."""
        return np.asarray(self.on_head(t_us).T @ self.head.rates(t_us) + self._rates_on_head(t_us))

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
