"""A camera that turns at random before surroundings of its own, for each seed: data to train on and to test with.

Seeds below TRAINING are free for tests: what the network learns from has others.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from eventnet.analysis.parallel import in_processes
from eventnet.kernels.random import hash64, uniform
from eventnet.scenarios.fusion.train.features import Take
from eventnet.scenarios.sensors import DVS, DvsParameters
from eventnet.scenarios.worlds import Panorama, RandomTurning, TurningCamera

TRAINING = 1 << 32
WIDTH, HEIGHT, FOCAL = 64, 48, 40.0
PIXELS = DvsParameters(threshold_mismatch=0.006, refractory_us=500, leak_rate_hz=0.1, shot_noise_hz=0.1)
FAST = 55.0
"""Root mean square of each angle's rate, degrees a second."""


def camera(seed: int, rms: float = FAST) -> TurningCamera:
    """64 x 48 pixels, 77 degrees across, before a panorama that no other seed has."""
    panorama = Panorama.random(size=128, seed=seed, log_std=0.5)
    return TurningCamera(panorama, RandomTurning(seed, rms=rms), width=WIDTH, height=HEIGHT, focal=FOCAL)


def take(seed: int, seconds: float, rms: float = FAST) -> Take:
    """A simulated take: events of the camera, and its rates at each millisecond."""
    scene = camera(seed, rms)
    times = np.arange(0, round(1e6 * seconds) + 1, 1000, dtype=np.float64)
    rates = np.array([scene.motion.rates(t) for t in times])
    return Take.of(DVS(scene, PIXELS, seed=seed).events(1e6 * seconds).events, times, rates)


def takes(
    jobs: Sequence[tuple[int, float, float]], processes: int = 1, progress: Callable[[int, int], None] | None = None
) -> list[Take]:
    """`take` of each, in processes of their own: the same whatever their number. progress: called with how many of
    how many are done."""
    return in_processes(_take, None, jobs, processes=processes, progress=progress)


def _take(shared: None, job: tuple[int, float, float]) -> Take:
    return take(*job)


def gyroscope(seed: int, rates: NDArray[np.float64], bias: float, noise: float) -> NDArray[np.float64]:
    """Samples [n, values] with a bias of this size and random sign a value, and white noise; degrees a second."""
    rng = np.random.default_rng([seed, 1])
    return np.asarray(rates + bias * rng.choice([-1, 1], rates.shape[1]) + rng.normal(0, noise, rates.shape))


def slow(seed: int, least: float = 1.0, most: float = 25.0) -> float:
    """A root mean square between two rates, evenly in its logarithm."""
    return least * math.exp(uniform(hash64(seed, 77), 0) * math.log(most / least))
