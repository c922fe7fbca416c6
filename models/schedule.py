"""Inputs for many samples, one event a tick."""

from __future__ import annotations

from typing import Any

import numpy as np

import eventnet as en

Moment = tuple[Any, bool, int]
"""A port, whether the event's index is the sample's number (else 0), its sign."""


def schedule(steps: list[Moment], n: int) -> Any:
    """The same steps for each of n samples, one sample after another."""
    feed = np.empty((n, len(steps)), dtype=en.EVENT)
    feed["t"] = np.arange(n * len(steps)).reshape(n, -1)
    feed["port"] = [int(port) for port, _, _ in steps]
    feed["index"] = np.arange(n)[:, None] * np.array([by_sample for _, by_sample, _ in steps])
    feed["sign"] = [sign for _, _, sign in steps]
    return feed.reshape(-1)
