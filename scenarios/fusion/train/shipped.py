"""The trained weights that come with the package are made here, from a seed:

python -m eventnet.scenarios.fusion.train --seed 0 --processes 2
"""

from __future__ import annotations

import argparse
import platform
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

import eventnet as en
from eventnet.base.linear_algebra import one_thread
from eventnet.given import whole_number
from eventnet.scenarios.fusion.network import NOISES, FusionWeights, shipped_at
from eventnet.scenarios.fusion.train.features import Take, traces
from eventnet.scenarios.fusion.train.heads import SensorSamples, with_head
from eventnet.scenarios.fusion.train.layers import exact_rates
from eventnet.scenarios.fusion.train.learning import TrainingPlan, fit
from eventnet.scenarios.fusion.train.trajectories import FAST, HEIGHT, TRAINING, WIDTH, gyroscope, slow, takes

FAST_TAKES, SLOW_TAKES, HEAD_TAKES, DRAWS = 60, 24, 6, 8
SECONDS, HEAD_SECONDS = 5.0, 10.0
BIAS = 5.0
PLAN = TrainingPlan(epochs=24, quanta=2.0, dense_epochs=8)

Say = Callable[[str, int, int], None]


def jobs(seed: int) -> list[tuple[int, float, float]]:
    """Seed, seconds and rate of every trajectory that is learned from; those of the head come last."""
    first = (whole_number("seed", seed, 0, 2**31 - 2) + 1) * TRAINING
    own = [(first + k, SECONDS, FAST) for k in range(FAST_TAKES)]
    own += [(first + k, SECONDS, slow(first + k)) for k in range(FAST_TAKES, FAST_TAKES + SLOW_TAKES)]
    return own + [(first + FAST_TAKES + SLOW_TAKES + k, HEAD_SECONDS, FAST) for k in range(HEAD_TAKES)]


def train(
    seed: int = 0,
    processes: int = 1,
    progress: Say | None = None,
    *,
    noise: float = NOISES[0],
    plan: TrainingPlan = PLAN,
) -> FusionWeights:
    """Simulate, train, and learn the head for a gyroscope with a bias of 5 and this white noise, degrees a second.

    Some minutes on one core. progress: called with what is being done, how much of it is done, and of how much.
    """
    weights, others = learn(seed, processes, progress, plan)
    return with_gyroscope(weights, others, BIAS, noise, seed)


def learn(
    seed: int = 0, processes: int = 1, progress: Say | None = None, plan: TrainingPlan = PLAN
) -> tuple[FusionWeights, list[Take]]:
    """A trained network without a head, and the takes from which a head is to be learned."""
    say = progress or (lambda what, done, total: None)
    seen = takes(jobs(seed), processes, lambda done, total: say("trajectories", done, total))
    blocks, rates = samples(seen[:-HEAD_TAKES], plan)
    weights = fit(
        blocks, rates, plan, width=WIDTH, height=HEIGHT, seed=seed,
        progress=lambda done, total: say("epochs of training", done, total),
    )  # fmt: skip
    return replace(weights, manifest=manifest(seed, plan)), seen[-HEAD_TAKES:]


def samples(seen: Sequence[Take], plan: TrainingPlan) -> tuple[Any, Any]:
    """A sample each 10 ms of every take, from 100 ms on: blocks of traces, and rates."""
    times = [np.arange(1e5, take.times[-1], 1e4) for take in seen]
    blocks = [
        traces(take, t, plan.tau_us, width=WIDTH, height=HEIGHT, size=plan.size, stride=plan.stride)
        for take, t in zip(seen, times)
    ]
    return np.concatenate(blocks), np.concatenate([take.rates_at(t) for take, t in zip(seen, times)])


def with_gyroscope(
    weights: FusionWeights, seen: Sequence[Take], bias: float, noise: float, seed: int = 0
) -> FusionWeights:
    """The same weights with the head for a gyroscope of such bias and noise, from takes not trained on."""
    recordings = []
    for k, take in enumerate(seen):
        exact = recording(weights, take, take.rates)
        first = (seed * len(seen) + k) * DRAWS
        recordings += [exact._replace(gyro=gyroscope(first + d, take.rates, bias, noise)) for d in range(DRAWS)]
    made = with_head(weights, recordings)
    return replace(made, manifest={**(made.manifest or {}), "gyroscope": {"bias": bias, "noise": noise}})


def recording(weights: FusionWeights, take: Take, gyro: Any) -> SensorSamples:
    """Samples of both sensors at the times of a take's rates. gyro: those of the gyroscope, [n, n_out]."""
    blocks = traces(
        take, take.times, weights.tau_us, width=weights.width, height=weights.height, size=weights.size,
        stride=weights.stride,
    )  # fmt: skip
    return SensorSamples(take.times, gyro, exact_rates(weights, blocks), take.rates)


def manifest(seed: int, plan: TrainingPlan) -> dict[str, Any]:
    """The origin of the weights: seed, command, versions, training set and plan."""
    takes_of = f"{FAST_TAKES} trajectories of {SECONDS:g} s at {FAST:g} deg/s rms, {SLOW_TAKES} at 1 to 25"
    return {
        "seed": seed, "command": f"python -m eventnet.scenarios.fusion.train --seed {seed}",
        "versions": {"eventnet": en.__version__, "numpy": np.__version__, "python": platform.python_version()},
        "training set": f"simulated: {takes_of}; for the head {HEAD_TAKES} of {HEAD_SECONDS:g} s", "plan": vars(plan),
    }  # fmt: skip


@one_thread()
def main() -> None:
    """Make the weights that come with the package."""
    parser = argparse.ArgumentParser(
        "python -m eventnet.scenarios.fusion.train",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--processes", type=int, default=1)
    given = parser.parse_args()
    weights, others = learn(
        given.seed, given.processes, lambda what, done, total: print(f"{what}: {done} of {total}", flush=True)
    )
    for noise in NOISES:
        with_gyroscope(weights, others, BIAS, noise, given.seed).save(shipped_at(noise))
