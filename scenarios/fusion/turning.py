"""The axis that a recording turns about, and whether its gyroscope shows more there than its own noise.

Of means over 20 ms, as rates are judged by: the spread of an axis is their standard deviation, its noise floor their
standard deviation at rest. The axis with the largest spread is judged, and none where that is below three floors.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from eventnet.errors import DataError
from eventnet.io import Recording
from eventnet.scenarios.fusion.recorded import SMOOTH_US, Parts, Played, mean_rate
from eventnet.scenarios.sensors import Playback

Floats = NDArray[np.float64]

AXES, TURNS = ("x", "y", "z"), ("pitch", "yaw", "roll")
FLOORS = 3.0
"""So many noise floors a signal must have."""
WINDOW, QUIET = 10, 0.25
"""Rest, if none is stated: the quietest quarter of windows of ten means, each less a parabola, slow turning."""
LEAST_FLOOR = 1e-3
"""Degrees a second, finer than such gyroscopes resolve: rates without any noise have rounding errors as well."""


class Turning(NamedTuple):
    """Turning as a gyroscope shows it, degrees a second.

    axis: 0 to 2, the one with the largest spread. spreads: of x, y and z. learned, judged: of that axis in the part
    learned from, and in the rest. floor: its noise floor. rest: where that is from, in words.
    """

    axis: int
    spreads: tuple[float, float, float]
    learned: float
    judged: float
    floor: float
    rest: str

    @property
    def name(self) -> str:
        """Pitch, yaw or roll."""
        return TURNS[self.axis]

    @property
    def floors(self) -> float:
        """The signal in noise floors: the smaller spread of the two parts."""
        return min(self.learned, self.judged) / self.floor

    @property
    def enough(self) -> bool:
        """Whether there is something to judge by."""
        return self.floors >= FLOORS

    def __str__(self) -> str:
        others = ", ".join(f"{AXES[k]} {self.spreads[k]:.3g}" for k in range(3) if k != self.axis)
        made = (
            f"The gyroscope's {AXES[self.axis]} ({self.name}) has the largest spread: {self.spreads[self.axis]:.3g} "
            f"deg/s of means over 20 ms ({others}), {self.learned:.3g} in the part learned from and {self.judged:.3g} "
            f"in the rest; its noise floor, of {self.rest}, is {self.floor:.3g} deg/s."
        )
        if self.enough:
            return made
        return (
            f"No verdict: the gyroscope shows no turning to judge by, {self.floors:.2g} noise floors where {FLOORS:g} "
            f"are wanted. {made}"
        )


class NoVerdictError(DataError):
    """A recording whose gyroscope shows no turning to judge by: `turning` says what it shows."""

    def __init__(self, path: Path, turning: Turning) -> None:
        super().__init__(path, turning)
        self.path, self.turning = path, turning

    def __str__(self) -> str:
        return f"{self.path}: {self.turning}"


def turning_of(recording: Recording, parts: Parts, quiet: tuple[int, int] | None = None) -> Turning:
    """Turning as the gyroscope shows it in the parts of a recording.

    quiet: begin and end of a part in which the camera is known to be at rest, microseconds of the recording. Raises
    DataError where that has fewer than ten means, or not as many samples, and what reading raises.
    """
    seen = means(recording, parts.first, parts.end)
    ends = parts.first + SMOOTH_US * np.arange(1, len(seen) + 1)
    spreads = seen.std(axis=0)
    axis = int(np.argmax(spreads))
    learned, judged = seen[ends <= parts.cut, axis], seen[ends > parts.cut, axis]
    if quiet is None:
        floor, rest = quietest(seen[:, axis]), f"the quietest quarter of windows of {1e-6 * WINDOW * SMOOTH_US:g} s"
    else:
        floor = stated(recording, axis, *quiet)
        rest = f"the quiet part from {1e-6 * quiet[0]:g} to {1e-6 * quiet[1]:g} s"
    return Turning(
        axis, (float(spreads[0]), float(spreads[1]), float(spreads[2])), float(learned.std()), float(judged.std()),
        max(floor, LEAST_FLOOR), rest,
    )  # fmt: skip


def means(recording: Recording, first_us: int, end_us: int) -> Floats:
    """Means [n, 3] of the gyroscope's rates over 20 ms each, one after the other."""
    times, rates = Played(recording, Playback(first_us, end_us)).recorded
    at = np.arange(0.5 * SMOOTH_US, end_us - first_us - 0.5 * SMOOTH_US + 1, SMOOTH_US, dtype=np.float64)
    return np.stack([mean_rate(times, rate, at, SMOOTH_US) for rate in rates.T], axis=1)


def stated(recording: Recording, axis: int, begin_us: int, end_us: int) -> float:
    """The noise floor of an axis in a part that is said to be at rest."""
    times = recording.inertial()["t"]
    n, wanted = int(np.sum((times >= begin_us) & (times < end_us))), max(WINDOW, (end_us - begin_us) // SMOOTH_US)
    if end_us - begin_us < WINDOW * SMOOTH_US or n < wanted:
        raise DataError(
            f"{recording.path} has {n} inertial samples in the quiet part from {begin_us} to {end_us} us; wanted "
            f"{1e-6 * WINDOW * SMOOTH_US:g} s or more of them, {wanted} or more: one each {SMOOTH_US // 1000} ms"
        )
    return float(means(recording, begin_us, end_us)[:, axis].std(ddof=1))


def quietest(mine: Floats) -> float:
    """The noise floor of means [n] in which nobody has said where the camera is at rest.

    What is left of each window of ten when the parabola that fits it best is taken away, a mean of squares over the
    quietest quarter of them. Of noise alone this is 0.65 of its deviation; what trembles all the time, in less than
    0.2 s, counts as noise.
    """
    x = np.linspace(-1, 1, WINDOW)
    basis = np.linalg.qr(np.vander(x, 3))[0]
    windows = mine[: len(mine) // WINDOW * WINDOW].reshape(-1, WINDOW)
    left = windows - windows @ basis @ basis.T
    squares = np.sort(np.sum(left**2, axis=1)) / (WINDOW - 3)
    return float(np.sqrt(squares[: max(1, round(QUIET * len(squares)))].mean()))
