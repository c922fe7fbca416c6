"""Stochastic quantizers: Poisson units with exponential thresholds, and plain sampling (thesis A.1.2, Algorithm 10).

Random numbers are drawn by counting (a hash of the module's seed and of the number of draws so far), so that both
engines draw the same.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numba.extending import register_jitable

from eventnet.errors import NetworkError
from eventnet.kernels.random import check_seed, uniform
from eventnet.kernels.ranges import COUNT, Integers, words
from eventnet.kernels.rows import add_row, count_checks
from eventnet.module import Module, Outlet, Port
from eventnet.neurons.herding import RESETS
from eventnet.potential import Potential
from eventnet.rule import rule
from eventnet.tally import COMPARES, INPUT_ADDS, MULTIPLIES, NEURON_ADDS, READS

if TYPE_CHECKING:
    from eventnet.module import Block


@register_jitable
def exponential(draws: Any) -> Any:
    """The next number of an Exp(1) distribution, float64; `draws` holds the seed and the count."""
    u = uniform(draws[0], draws[1])
    draws[1] += 1
    return -math.log(1.0 - u)


def check_draws(found: Integers, own: Integers) -> None:
    """Raise ValueError unless random numbers were drawn from the module's own seed, and in its own way."""
    words("'draws'", found["draws"], own["draws"], {1: (int(own["draws"][1]), COUNT)})


@rule(state=("phi", "threshold"), integers=("draws",), blocks=("w",), params=("step",))
def poisson(i, s, t, out, tally, phi, threshold, draws, w, step):
    """Add a row; fire +1 above the unit's threshold and -1 at or below its negative, which is then drawn anew."""
    n = len(phi)
    add_row(phi, w, i, s, tally, INPUT_ADDS)
    made = 0
    while made < 1 << 20:
        best = -1
        value = threshold[0]
        for j in range(n):
            size = phi[j] if phi[j] > 0 else -phi[j]
            past = phi[j] > threshold[j] or phi[j] <= -threshold[j]
            if past and (best < 0 or size > value):
                best = j
                value = size
        if best < 0:
            break
        sign = 1 if phi[best] > threshold[best] else -1
        if sign > 0:
            phi[best] -= step
        else:
            phi[best] += step
        threshold[best] = exponential(draws)
        before = out.made()
        out.spike(best, sign, 0, value)
        if out.made() == before:
            break
        made += 1
    count_checks(n, made, tally)
    return 0


@rule(state=("phi", "threshold"), integers=("draws",))
def reset_poisson(i, s, t, out, tally, phi, threshold, draws):
    """A sample begins: potentials become 0 and all thresholds are drawn anew (unless the policy is "none")."""
    if draws[2] == 0:
        for j in range(len(phi)):
            phi[j] = 0
            threshold[j] = exponential(draws)
    return 0


@rule(integers=("draws",), blocks=("w",))
def sample(i, s, t, out, tally, draws, w):
    """Send N ~ Poisson(sum |v|) spikes of units drawn with p = |v| / sum |v|, with the sign of s times v."""
    n = w.shape[1]
    total = 0.0
    for j in range(n):
        total += abs(np.float64(w[i, j]))
    arrived = exponential(draws)
    made, looked = 0, 0
    while arrived <= total:
        mark = uniform(draws[0], draws[1]) * total
        draws[1] += 1
        below, j = abs(np.float64(w[i, 0])), 0
        while below <= mark and j < n - 1:
            j += 1
            below += abs(np.float64(w[i, j]))
        looked += j
        before = out.made()
        out.spike(j, s if w[i, j] > 0 else -s)
        if out.made() == before:
            break
        made += 1
        arrived += exponential(draws)
    tally[INPUT_ADDS] += n
    tally[NEURON_ADDS] += looked + made
    tally[COMPARES] += looked + made
    tally[MULTIPLIES] += made
    tally[READS] += n
    return 0


class Poisson(Module):
    """Units with exponential thresholds, fed with rows of `vectors`; over time a unit's rate is that of its input.

    Ports: spikes, reset. Outlets: out. reset_policy: "zero" or "none". Needs a float network.
    """

    spikes = Port(poisson, emits="out", accepts="n_in")
    reset = Port(reset_poisson)
    out = Outlet()
    membrane = Potential("phi", rows={"spikes": "w"}, sums=True, resets="reset")

    def __init__(
        self, units: int, vectors: Block, *, seed: int = 0, reset_policy: str = "zero", most: int | None = None,
        name: str | None = None,
    ) -> None:  # fmt: skip
        super().__init__(name, most=most)
        if vectors.cols != units or vectors.array.dtype.kind != "f":
            raise NetworkError(f"{units} Poisson units got {vectors!r}; wanted real vectors of that width")
        if reset_policy not in RESETS[:2]:
            raise NetworkError(f"the reset policy of Poisson units is 'zero' or 'none', not {reset_policy!r}")
        self.units, self.vectors, self.seed, self.reset_policy = units, vectors, seed, reset_policy
        self.n_in = vectors.rows
        self.blocks, self.params = {"w": vectors}, {"step": 1.0}
        self.integers = {"draws": np.array([check_seed(seed, NetworkError), 0, RESETS.index(reset_policy), 0])}
        thresholds = np.array([exponential(self.integers["draws"]) for _ in range(units)])
        self.state = {"phi": np.zeros(units), "threshold": thresholds}

    def check_integers(self, found: Integers, time: int) -> None:
        """Random numbers are drawn by counting."""
        check_draws(found, self.integers)


class Sampler(Module):
    """Draws spikes from rows of `vectors` at random: the baseline that herding is compared with in figure 3.1.

    Ports: spikes. Outlets: out.
    """

    spikes = Port(sample, emits="out", accepts="n_in")
    out = Outlet()
    membrane = None

    def __init__(
        self, units: int, vectors: Block, *, seed: int = 0, most: int | None = None, name: str | None = None
    ) -> None:
        super().__init__(name, most=most)
        if vectors.cols != units or vectors.array.dtype.kind != "f":
            raise NetworkError(f"a sampler of {units} units got {vectors!r}; wanted real vectors of that width")
        self.units, self.vectors, self.seed = units, vectors, seed
        self.n_in = vectors.rows
        self.blocks = {"w": vectors}
        self.integers = {"draws": np.array([check_seed(seed, NetworkError), 0])}

    def most_spikes(self) -> int:
        """Far more than a Poisson count of the largest row's sum would ever be, unless it was given."""
        if self.most is not None:
            return self.most
        largest = float(np.abs(self.vectors.array).sum(axis=1).max())
        return int(largest + 12 * math.sqrt(largest) + 32)

    def check_integers(self, found: Integers, time: int) -> None:
        """Random numbers are drawn by counting."""
        check_draws(found, self.integers)
