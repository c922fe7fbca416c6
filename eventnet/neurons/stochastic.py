"""Stochastic quantizers: Poisson units with exponential thresholds, and plain sampling (thesis A.1.2, Algorithm 10).

Random numbers are drawn by counting (a hash of the module's seed and of the number of draws so far), so that both
engines draw the same.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba.extending import register_jitable
from numpy.typing import NDArray

from eventnet.declarations import Integers, Option, Param, Potential, State, Weights
from eventnet.errors import NetworkError
from eventnet.given import check_seed
from eventnet.kernels.random import uniform
from eventnet.kernels.ranges import COUNT, words
from eventnet.kernels.ranges import Integers as Found
from eventnet.kernels.rows import add_row, count_checks
from eventnet.module import Block, Module, Outlet, Port
from eventnet.neurons.herding import RESETS
from eventnet.rule import rule
from eventnet.tally import COMPARES, INPUT_ADDS, MULTIPLIES, NEURON_ADDS, READS


@register_jitable
def exponential(draws: Any) -> Any:
    """The next number of an Exp(1) distribution, float64; `draws` holds the seed and the count."""
    u = uniform(draws[0], draws[1])
    draws[1] += 1
    return -math.log(1.0 - u)


def check_draws(found: Found, own: Found) -> None:
    """Raise ValueError unless random numbers were drawn from the module's own seed, and in its own way."""
    words("'draws'", found["draws"], own["draws"], {1: (int(own["draws"][1]), COUNT)})


@rule
def poisson(i, s, t, out, tally, phi, threshold, draws, w, step):
    """Add a row; fire +1 above the unit's threshold and -1 at or below its negative, which is then drawn again."""
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


@rule
def reset_poisson(i, s, t, out, tally, phi, threshold, draws):
    """A sample begins: potentials become 0 and all thresholds are drawn again (unless the policy is "none")."""
    if draws[2] == 0:
        for j in range(len(phi)):
            phi[j] = 0
            threshold[j] = exponential(draws)


@rule
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


def first_draws(module: Poisson) -> list[int]:
    """Seed, random numbers drawn so far, number of the reset policy, and a word that nothing uses."""
    return [module.seed, 0, RESETS.index(module.reset_policy), 0]


def first_thresholds(module: Poisson) -> NDArray[np.float64]:
    """The first ones are drawn, which `draws` counts."""
    return np.array([exponential(module.draws) for _ in range(module.units)])


def check_reset(policy: str, what: str) -> str:
    """A reset policy that draws no potentials. Raises NetworkError for any other."""
    if policy not in RESETS[:2]:
        raise NetworkError(f"the reset policy of Poisson units is 'zero' or 'none', not {policy!r}")
    return policy


def check_real(vectors: Block, what: str) -> Block:
    """Vectors of real numbers. Raises NetworkError for whole ones."""
    if vectors.array.dtype.kind != "f":
        raise NetworkError(f"{what} are {vectors!r}; wanted real vectors")
    return vectors


class Poisson(Module):
    """Units with exponential thresholds, fed with rows of `vectors`; over time a unit's rate is that of its input.

    A unit fires +1 above its threshold and -1 at or below its negative, and then draws another threshold from Exp(1).
    Needs a float network.
    """

    vectors = Weights("n_in", "units", key="w", check=check_real, doc="real vectors")
    seed = Option(0, check=lambda seed, what: check_seed(seed, NetworkError), doc="of the thresholds")
    reset_policy = Option("zero", check=check_reset, doc="what `reset` does to potentials: zero or none")
    step = Param(start=lambda module: 1.0)
    draws = Integers(4, start=first_draws, doc="seed, random numbers drawn, number of the reset policy")
    phi = Potential(vectors, resets="reset")
    threshold = State(start=first_thresholds, doc="as drawn at each unit's last spike")

    spikes = Port(poisson, emits="out", accepts="n_in")
    reset = Port(reset_poisson)
    out = Outlet()
    n_in: int

    def check_integers(self, found: Found, time: int) -> None:
        """Random numbers are drawn by counting."""
        check_draws(found, self.integers)


class Sampler(Module):
    """Draws spikes from rows of `vectors` at random: the baseline that herding is compared with in figure 3.1.

    N ~ Poisson(sum |v|) spikes of units drawn with p = |v| / sum |v|, with the sign of s v, for a delivery (i, s) and
    v = vectors[i]. Needs a float network.
    """

    vectors = Weights("n_in", "units", key="w", check=check_real, doc="real vectors")
    seed = Option(0, check=lambda seed, what: check_seed(seed, NetworkError), doc="of the spikes")
    draws = Integers(2, start=lambda module: [module.seed, 0], doc="seed, random numbers drawn")
    membrane = None

    spikes = Port(sample, emits="out", accepts="n_in")
    out = Outlet()
    n_in: int

    def most_spikes(self) -> int:
        """Far more than a Poisson count of the largest row's sum would ever be, unless it was given."""
        if self.most is not None:
            return self.most
        largest = float(np.abs(self.vectors.array).sum(axis=1).max())
        return int(largest + 12 * math.sqrt(largest) + 32)

    def check_integers(self, found: Found, time: int) -> None:
        """Random numbers are drawn by counting."""
        check_draws(found, self.integers)
