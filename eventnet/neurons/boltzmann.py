"""Units of two states that are drawn by chance: a Boltzmann machine as events (thesis 2.1; Ackley and others 1985).

State s_j is 1 or 0, u_j = sum over i of w_ij s_i + b_j, and E = -1/2 sum w_ij s_i s_j - sum b_j s_j. Each unit has a
Poisson clock of its own. When it rings, the unit draws s_j = 1 with the probability sigm(u_j / T) (2.3), and sends +1
or -1 if that changed it. The change and what it adds to all potentials are one reaction, so every draw goes by exact
potentials. A draw leaves the law p(s) = exp(-E(s) / T) / Z (2.2) as it is, and when a clock rings does not depend on
states: so that law is the stationary one, whatever the rates, the ticks and the routing order.

A clock is looked at once a tick: one that rings several times within a tick has rung once, since a second draw would
only forget the first. It rings next after a whole number of ticks with a geometric law, 1 - exp(-rate) a tick.

Erratum: (2.1) prints the sum over pairs without the 1/2, of which (2.3) does not follow.

Random numbers are drawn by counting, for each unit apart: when a unit rings depends on the seed and its rate alone.
"""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np
from numba.extending import register_jitable

from eventnet.declarations import Derived, Integers, Option, Param, State, Weights
from eventnet.errors import NetworkError
from eventnet.given import as_array, check_seed
from eventnet.kernels.random import hash64, uniform
from eventnet.kernels.ranges import BY_NO_RULE, COUNT, same, within
from eventnet.kernels.ranges import Integers as Found
from eventnet.kernels.rows import add_row, at
from eventnet.module import Module, Outlet, Port
from eventnet.neurons.hopfield import check_symmetric
from eventnet.rule import rule
from eventnet.tally import COMPARES, LEARNING_ADDS, MULTIPLIES, NEURON_ADDS, READS, SYNAPTIC_ADDS, WRITES

SLOWEST, FASTEST = 1e-9, 1e9
"""Rates of clocks, in rings a tick."""


@register_jitable
def draw(i: int, own_seed: Any, drawn: Any) -> Any:
    """The next number of unit i, uniform in [0, 1), float64."""
    found = uniform(own_seed[i], drawn[i])
    drawn[i] += 1
    return found


@register_jitable
def next_ring(i: int, t: int, own_seed: Any, drawn: Any, rate: Any, out: Any, tally: Any) -> None:
    """Unit i will ring at the first tick after t in which its clock rings: clocks have no memory."""
    wait = -math.log(1.0 - draw(i, own_seed, drawn)) / np.float64(rate)
    out.predict(i, t + 1 + int(wait))
    tally[NEURON_ADDS] += 2
    tally[MULTIPLIES] += 2


@register_jitable
def is_up(u: Any, temperature: Any, up: int, chance: Any, tally: Any) -> bool:
    """Whether a unit is 1 now: by chance, or at temperature 0 by the sign of u, and as before where u is 0."""
    tally[COMPARES] += 1
    if temperature == 0.0:
        return bool(u > 0.0) or (bool(u == 0.0) and up != 0)
    tally[NEURON_ADDS] += 1
    tally[MULTIPLIES] += 3
    x = u / temperature
    if x >= 0.0:
        return bool(chance < 1.0 / (1.0 + math.exp(-x)))
    e = math.exp(x)
    return bool(chance < e / (1.0 + e))


@register_jitable
def add_change(phi: Any, w: Any, i: int, s: int, tally: Any) -> None:
    """Add a change of unit i to all potentials: a row; of weights between two groups a row or a column."""
    n, first = len(phi), w.shape[0]
    if first == n:
        add_row(phi, w, i, s, tally)
        return
    if i < first:
        for j in range(n - first):
            phi[first + j] += w[i, j] if s > 0 else -w[i, j]
        n -= first
    else:
        for j in range(first):
            phi[j] += w[j, i - first] if s > 0 else -w[j, i - first]
        n = first
    tally[SYNAPTIC_ADDS] += n
    tally[READS] += n


@rule
def set_unit(i, s, t, out, tally, phi, w, up):
    """Put unit i into state 1 (s > 0) or 0."""
    tally[COMPARES] += 1
    if up[i] != (1 if s > 0 else 0):
        up[i] = 1 - up[i]
        add_change(phi, w, i, s, tally)


@rule
def hold(i, s, t, out, tally, own_seed, drawn, rate):
    """Unit i stays as it is (s > 0), or goes on."""
    if s > 0:
        out.cancel(i)
    else:
        next_ring(i, t, own_seed, drawn, at(rate, i), out, tally)


@rule
def ring(i, s, t, out, tally, phi, w, up, own_seed, drawn, late, rate, temperature):
    """The clock of unit i rings: it draws its state."""
    chance = draw(i, own_seed, drawn)
    next_ring(i, t, own_seed, drawn, at(rate, i), out, tally)
    now = 1 if is_up(np.float64(phi[i]), np.float64(temperature), up[i], chance, tally) else 0
    if now != up[i]:
        up[i] = now
        sign = 1 if now != 0 else -1
        out.spike(i, sign)
        if late[0] == 0:
            add_change(phi, w, i, sign, tally)


@rule
def hear(i, s, t, out, tally, phi, w):
    """A change of unit i arrives that was sent over wires with a delay."""
    add_change(phi, w, i, s, tally)


@rule
def learn(i, s, t, out, tally, phi, bias, w, up, step):
    """Move w_ij by s_i s_j and b_i by s_i, times the step: up in the positive phase (s > 0), down after it (2.6)."""
    n, first = len(phi), w.shape[0]
    moved = step if s > 0 else -step
    whole = first == n
    left, right, made = 0, 0, 0
    for j in range(n):
        if up[j] != 0:
            if j < first:
                left += 1
            else:
                right += 1
    for j in range(first):
        if up[j] != 0:
            for k in range(w.shape[1]):
                if whole:
                    if k != j and up[k] != 0:
                        w[j, k] += moved
                        made += 1
                elif up[first + k] != 0:
                    w[j, k] += moved
                    made += 1
    for j in range(n):
        if up[j] != 0:
            others = left if whole else 1 + right if j < first else 1 + left
            bias[j] += moved
            phi[j] += phi.dtype.type(others) * moved
    tally[LEARNING_ADDS] += made + 2 * (left + right)
    tally[MULTIPLIES] += left + right
    tally[COMPARES] += n
    tally[READS] += made
    tally[WRITES] += made


def check_rates(rates: Any, what: str) -> Any:
    """Rates of clocks, or one. Raises NetworkError unless they are in a range of which ticks can be drawn."""
    made = as_array(rates, what)
    if made.dtype.kind not in "iuf" or not np.all((made >= SLOWEST) & (made <= FASTEST)):
        raise NetworkError(f"{what} is {rates!r:.60}; wanted rings a tick from {SLOWEST} to {FASTEST:.0e}")
    return rates


def check_temperature(temperature: Any, what: str) -> float:
    """Raises NetworkError unless it is a finite number, 0 or more."""
    made = as_array(temperature, what)
    if made.ndim or made.dtype.kind not in "iuf" or not 0 <= made < math.inf:
        raise NetworkError(f"{what} is {temperature!r:.60}; wanted a finite number, 0 or more")
    return float(made)


class BoltzmannUnits(Module):
    """Units of two states, 1 and 0, each drawn anew when its Poisson clock rings; all are 0 and held at first.

    w [units, units] is symmetric with a diagonal of zeros; or [n, m] with n + m units: between the first n units and
    the others, with none inside a group, and read by row and by column. A unit sends +1 where it becomes 1 and -1 where
    it becomes 0. `set` puts a unit into a state, `hold` holds it (+1) or lets it go (-1), `learn` moves weights and
    biases by the state that there is. Inputs of one tick come in this sequence: `learn`, `set`, `hold`.

    With `late` a change is not told to the other units in the same reaction: wire `out` to `heard`, with a delay. The
    stationary law is then another one. Needs a float network.
    """

    membrane = None
    w = Weights("n_rows", "n_columns")
    bias = State(given=0, doc="b_j, a number or one a unit")
    rates = Param(1.0, each=True, check=check_rates, key="rate", doc="of the clocks, in rings a tick")
    temperature = Param(
        1.0, check=check_temperature, doc="T; at 0 a unit goes by the sign of u_j",
        one="the law exp(-E / T) / Z has one T, and of units with others none is known",
    )  # fmt: skip
    step = Param(0.0, doc="what one `learn` moves a weight by")
    late = Option(False, doc="whether changes reach the other units by wires")
    seed = Option(0, check=lambda seed, what: check_seed(seed, NetworkError), doc="of the clocks and the draws")

    phi = State(start=lambda layer: layer.bias, doc="u_j")
    up = Integers(doc="s_j")
    own_seed = Integers(
        start=lambda layer: [hash64(layer.seed, j) for j in range(layer.units)], doc="the units' own seeds"
    )
    drawn = Integers(doc="random numbers that each unit has drawn")
    delayed = Integers(1, start=lambda layer: [int(layer.late)], key="late")
    most = Derived(1)
    dtypes: ClassVar[tuple[str, ...]] = ("float64", "float32")
    n_rows: int
    n_columns: int

    learn = Port(learn, accepts=1)
    set = Port(set_unit, accepts="units")
    hold = Port(hold, accepts="units")
    ring = Port(ring, emits="out", accepts="units")
    heard = Port(hear, accepts="units")
    out = Outlet()
    clock = Outlet(predicts="ring")

    def check(self) -> None:
        """Weights are symmetric without a diagonal, or lie between two groups that are all units together."""
        w, units = self.w.array, self.units
        if w.shape != (units, units) and sum(w.shape) != units:
            raise NetworkError(
                f"{self.w!r} for {units} units; wanted [{units}, {units}], or [n, m] with n + m = {units}"
            )
        if w.shape == (units, units):
            check_symmetric(w)

    def check_integers(self, found: Found, time: int) -> None:
        """States are 0 or 1, random numbers are drawn by counting, from the module's own seeds."""
        within("'up'", found["up"], 0, 2)
        within("'drawn'", found["drawn"], 0, COUNT)
        for name in {"own_seed", "late"} & set(found):
            same(f"{name!r}", found[name], self.integers[name], BY_NO_RULE)
