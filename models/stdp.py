"""Options of a network that learns by STDP, and the samples presented to it."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from eventnet.errors import ModelError
from eventnet.kernels.poisson import PoissonTrain
from eventnet.kernels.random import hash64
from eventnet.models.shared import whole


@dataclass(frozen=True)
class Neuron:
    """Leaky integrate-and-fire units whose thresholds adapt.

    tau         time constant of the potential
    threshold   above rest, in units of weights
    theta_plus  what a spike adds to its unit's threshold
    theta_tau   time constant with which that decays
    refractory  ticks for which a unit is held after its spike
    """

    tau: float = 100_000.0
    threshold: float = 13.0
    theta_plus: float = 0.05
    theta_tau: float = 1e10
    refractory: int = 0


@dataclass(frozen=True)
class WinnerTakeAll:
    """Only the unit furthest past its threshold fires; all potentials go to rest, and `silence` ticks follow."""

    silence: int = 5_000


@dataclass(frozen=True)
class Subtract:
    """A spike takes `amount` off the potentials of all other units: lateral inhibition."""

    amount: float = 17.5


@dataclass(frozen=True)
class SetTo:
    """A spike sets the potentials of all other units to `potential`, above rest or (less than 0) below."""

    potential: float = 0.0


@dataclass(frozen=True)
class DiehlCook:
    """Traces of inputs beside a target, at a spike of the unit (`eventnet.learning.TraceTarget`).

    tau     time constant of the traces
    target  a trace above it strengthens its weight, one below weakens it
    rate    learning rate
    mu      0: additive and clipped to [0, 1]; 1: soft bounds at both ends
    total   sum to which each unit's weights are scaled before each sample; None leaves them. What it puts above 1 stays
            there until the rule changes it: mu = 0 clips it then, 1 draws it back
    """

    tau: float = 20_000.0
    target: float = 0.05
    rate: float = 0.01
    mu: float = 1.0
    total: float | None = 78.4


@dataclass(frozen=True)
class Towards:
    """Weights move to the traces of their inputs at a spike of the unit (`eventnet.learning.Instar`)."""

    tau: float = 20_000.0
    rate: float = 0.01
    total: float | None = None


@dataclass(frozen=True)
class Presentation:
    """The presentation of a sample.

    ticks  for how long
    rest   simulated time after it, in which nothing happens but that thresholds decay
    rate   spikes a second of an input of 1
    least  with fewer spikes of the network the sample is shown again ...
    gain   ... with all rates greater by this much of what they were, and again, at most `tries` times in all
    """

    ticks: int = 350_000
    rest: int = 150_000
    rate: float = 63.75
    least: int = 5
    gain: float = 0.5
    tries: int = 20

    def check(self) -> None:
        """Raises ModelError for a presentation that makes no sense."""
        for name, least in (("ticks", 1), ("rest", 0), ("least", 0), ("tries", 1)):
            whole(getattr(self, name), name, least)
        if not (math.isfinite(self.rate) and 0 < self.rate <= 1e5 and math.isfinite(self.gain) and self.gain >= 0):
            raise ModelError(f"rate is {self.rate} Hz and gain {self.gain}; wanted 0 to 100,000, and 0 or more")


Inhibition = WinnerTakeAll | Subtract | SetTo
Plasticity = DiehlCook | Towards

KINDS: dict[str, Any] = {
    kind.__name__: kind for kind in (Neuron, WinnerTakeAll, Subtract, SetTo, DiehlCook, Towards, Presentation)
}


# --- samples ---
Train = tuple[NDArray[np.int64], NDArray[np.int64]]


class SampleSource(Protocol):
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


def samples_of(x: Any, inputs: int, shown: Presentation) -> SampleSource:
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
