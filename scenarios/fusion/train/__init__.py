"""Training of the network's weights, from simulated trajectories or a recording; `python -m` of it makes those that
ship."""

from eventnet.scenarios.fusion.train.shipped import (
    PLAN,
    jobs,
    learn,
    manifest,
    recording,
    samples,
    train,
    with_gyroscope,
)

__all__ = ["PLAN", "jobs", "learn", "manifest", "recording", "samples", "train", "with_gyroscope"]
