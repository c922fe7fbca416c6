"""Samples as spikes: rates that become Poisson trains, or recordings that are played as they are."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from eventnet.errors import ModelError
from eventnet.kernels import hash64
from eventnet.models.stdp_options import Presentation
from eventnet.poisson_train import PoissonTrain

Train = tuple[NDArray[np.int64], NDArray[np.int64]]


class Samples(Protocol):
    """Samples that can be shown, each perhaps more than once.

    varied: whether another attempt is another train; if not, a network that does not learn answers it as before.
    """

    varied: bool

    def __len__(self) -> int: ...

    def train(self, k: int, attempt: int, seed: int) -> Train:
        """Times from 0 on, in order, and inputs of sample k."""
        ...

    def ticks(self, k: int) -> int:
        """For how long it lasts."""
        ...


class Rates:
    """Vectors x [n, inputs] from 0 to 1, shown as Poisson trains."""

    varied = True

    def __init__(self, x: ArrayLike, inputs: int, shown: Presentation) -> None:
        x = np.asarray(x)
        if x.ndim != 2 or x.shape[1] != inputs or x.dtype.kind not in "fiub":
            raise ModelError(f"samples are {x.dtype} {list(x.shape)}; wanted numbers [n, {inputs}]")
        if len(x) and not (x.min() >= 0 and x.max() <= 1):
            raise ModelError(f"samples go from {x.min()} to {x.max()}; wanted 0 to 1: divide pixels by 255")
        self.x, self.shown, self.poisson = x, shown, PoissonTrain(inputs)

    def __len__(self) -> int:
        return len(self.x)

    def train(self, k: int, attempt: int, seed: int) -> Train:
        """A train of its own for each seed; later attempts have higher rates."""
        gain = self.shown.rate * (1 + self.shown.gain * attempt)
        return self.poisson.spikes(self.x[k] * gain, self.shown.ticks, seed)

    def ticks(self, k: int) -> int:
        """The same for all."""
        return self.shown.ticks


class Recordings:
    """Samples that are recordings: for each a pair of arrays (t [m] in ticks from 0, in order; index [m] of inputs)."""

    varied = False

    def __init__(self, trains: Sequence[tuple[ArrayLike, ArrayLike]], inputs: int) -> None:
        self.trains: list[Train] = []
        for k, (times, indices) in enumerate(trains):
            t, index = np.asarray(times, dtype=np.int64), np.asarray(indices, dtype=np.int64)
            if t.ndim != 1 or t.shape != index.shape:
                raise ModelError(f"recording {k} has times {list(t.shape)} and inputs {list(index.shape)}")
            if len(t) and (t[0] < 0 or (t[1:] < t[:-1]).any()):
                raise ModelError(f"recording {k}: times begin below 0, or are out of order")
            if len(index) and not 0 <= index.min() <= index.max() < inputs:
                raise ModelError(f"recording {k} has inputs {index.min()} to {index.max()}; wanted 0 to {inputs - 1}")
            self.trains.append((t, index))

    def __len__(self) -> int:
        return len(self.trains)

    def train(self, k: int, attempt: int, seed: int) -> Train:
        """The recording itself, at every attempt."""
        return self.trains[k]

    def ticks(self, k: int) -> int:
        """Up to its last event."""
        t = self.trains[k][0]
        return int(t[-1]) + 1 if len(t) else 1


def samples_of(x: Any, inputs: int, shown: Presentation) -> Samples:
    """Vectors or recordings, by what they look like."""
    if isinstance(x, Rates | Recordings):
        return x
    if isinstance(x, list | tuple) and len(x) and isinstance(x[0], tuple):
        return Recordings(x, inputs)
    return Rates(x, inputs, shown)


def seed_of(seed: int, purpose: int, k: int, attempt: int) -> int:
    """A seed for each showing."""
    return hash64(_own_seed(seed, purpose), hash64(k, attempt))


@functools.cache
def _own_seed(seed: int, purpose: int) -> int:
    return hash64(seed, purpose)
