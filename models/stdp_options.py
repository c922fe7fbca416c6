"""What a network of `StdpNetwork` is made of: neurons, inhibition, plasticity. All times are ticks of a microsecond.

The defaults are those of 100 neurons that see all of MNIST once; smaller sets of samples want other constants
(docs/stdp-digits.md).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from eventnet.errors import ModelError
from eventnet.models.blueprint import whole


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
    """How a sample is shown.

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


Inhibition = WinnerTakeAll | Subtract | SetTo
Plasticity = DiehlCook | Towards

KINDS: dict[str, Any] = {
    kind.__name__: kind for kind in (Neuron, WinnerTakeAll, Subtract, SetTo, DiehlCook, Towards, Presentation)
}


def check_presentation(shown: Presentation) -> None:
    """Raises ModelError for a presentation that makes no sense."""
    counts = {"ticks": (shown.ticks, 1), "rest": (shown.rest, 0), "least": (shown.least, 0), "tries": (shown.tries, 1)}
    for name, (value, lowest) in counts.items():
        whole(value, name, lowest)
    if not (math.isfinite(shown.rate) and 0 < shown.rate <= 1e5 and math.isfinite(shown.gain) and shown.gain >= 0):
        raise ModelError(f"rate is {shown.rate} Hz and gain {shown.gain}; wanted 0 to 100,000, and 0 or more")
