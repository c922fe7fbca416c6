"""Units of two states that want to agree with one another: a Hopfield network (thesis 1.1.2; Hopfield 1982).

State s_j is +1 or -1, u_j = sum over i of w_ij s_i + b_j, and E = -1/2 sum w_ij s_i s_j - sum b_j s_j. A unit disagrees
where s_j u_j < 0; it then asks to be looked at, and flips when it is looked at and disagrees still. The flip and what
it adds to all potentials are one reaction, so every flip goes by exact potentials, takes 2 |u_j| off E, and comes in
the turn that the routing order gives. At u_j = 0 a unit stays as it is: E falls at every flip.

Errata: (1.6) prints the sum over pairs without the 1/2, of which the update rule that is printed with it does not
follow. That rule sets s_j = -1 at u_j = 0, which leaves E as it is.

For whole numbers the rules keep phi_j = sum over i of w_ij (s_i + 1) / 2, so that u_j = 2 phi_j - bar_j with bar_j =
sum over i of w_ij - b_j: a flip adds or takes off a row.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba.extending import register_jitable
from numpy.typing import NDArray

from eventnet.declarations import Derived, Integers, State, Weights
from eventnet.errors import NetworkError
from eventnet.kernels.ranges import Integers as Found
from eventnet.kernels.ranges import within
from eventnet.kernels.rows import add_row
from eventnet.module import Module, Outlet, Port
from eventnet.rule import rule
from eventnet.tally import COMPARES, NEURON_ADDS


@register_jitable
def pull(phi: Any, bar: Any, j: int) -> Any:
    """u_j, by which unit j is drawn up or down."""
    return phi[j] + phi[j] - bar[j]


@register_jitable
def disagrees(phi: Any, bar: Any, up: Any, j: int) -> bool:
    """Whether s_j u_j < 0."""
    drawn = pull(phi, bar, j)
    return bool(drawn < 0) if up[j] != 0 else bool(drawn > 0)


@register_jitable
def ask(phi: Any, bar: Any, up: Any, waits: Any, out: Any, tally: Any) -> None:
    """All units that disagree, and do not wait yet, ask to be looked at; the size of u_j goes with the notice."""
    for j in range(len(phi)):
        if waits[j] == 0 and disagrees(phi, bar, up, j):
            waits[j] = 1
            out.spike(j, 1, 1, abs(np.float64(pull(phi, bar, j))))
    tally[COMPARES] += len(phi)
    tally[NEURON_ADDS] += 2 * len(phi)


@register_jitable
def flip(i: int, up: Any, out: Any) -> int:
    """Unit i goes to its other state and says so; the sign of the change."""
    sign = -1 if up[i] != 0 else 1
    up[i] = 1 - up[i]
    out.spike(i, sign)
    return sign


@rule
def set_unit(i, s, t, out, tally, phi, w, up):
    """Put unit i into state s; nobody is looked at."""
    tally[COMPARES] += 1
    if up[i] != (1 if s > 0 else 0):
        up[i] = 1 - up[i]
        add_row(phi, w, i, s, tally)


@rule
def begin(i, s, t, out, tally, phi, bar, up, waits):
    """From now on units are looked at."""
    ask(phi, bar, up, waits, out, tally)


@rule
def look(i, s, t, out, tally, phi, w, bar, up, waits):
    """Unit i flips if it disagrees still; those that disagree then ask to be looked at."""
    waits[i] = 0
    tally[COMPARES] += 1
    tally[NEURON_ADDS] += 2
    if disagrees(phi, bar, up, i):
        add_row(phi, w, i, flip(i, up, out), tally)
        ask(phi, bar, up, waits, out, tally)


@rule
def step(i, s, t, out, tally, phi, w, bar, up, waits):
    """All units that disagree flip at once, by the potentials of before; then the next step is asked for."""
    many = 0
    for j in range(len(phi)):
        waits[j] = 1 if disagrees(phi, bar, up, j) else 0
        many += waits[j]
    tally[COMPARES] += len(phi)
    tally[NEURON_ADDS] += 2 * len(phi)
    for j in range(len(phi)):
        if waits[j] != 0:
            waits[j] = 0
            add_row(phi, w, j, flip(j, up, out), tally)
    if many > 0:
        out.spike(0, 1, 1)


def first_bar(layer: HopfieldUnits) -> NDArray[Any]:
    """sum over i of w_ij - b_j."""
    w = layer.w.array
    made: NDArray[Any] = (w.astype(np.float64).sum(axis=0) - np.asarray(layer.bias)).astype(w.dtype)
    return made


class HopfieldUnits(Module):
    """Units of two states with symmetric weights; all are -1 at first.

    Wire `asks` to `look`: units then flip one at a time, in the turn of the routing order. Wire `next` to `step`, with
    a delay, for a network in which all units that disagree flip at once: it may go to and fro between two states.
    Whole numbers are exact in integer networks, and below 2^24 and 2^53 in float32 and float64.
    """

    membrane = None
    w = Weights("units", "units")
    bias = State(given=0, doc="b_j, a number or one a unit")
    bar = State(start=first_bar)
    phi = State()
    up = Integers(doc="1 where a unit is +1, 0 where it is -1")
    waits = Integers(doc="1 where a unit waits to be looked at")

    most = Derived[int](lambda layer: 2 * layer.units + 1)

    set = Port(set_unit, accepts="units")
    begin = Port(begin, emits=("out", "asks"), accepts=1)
    look = Port(look, emits=("out", "asks"), accepts="units")
    step = Port(step, emits=("out", "next"), accepts=1)
    out = Outlet()
    asks = Outlet(passes_on=True)
    next = Outlet(width=1, passes_on=True)

    def check(self) -> None:
        """Weights are symmetric, and none leads from a unit to itself."""
        check_symmetric(self.w.array)

    def check_integers(self, found: Found, time: int) -> None:
        """States and flags are 0 or 1."""
        for name in ("up", "waits"):
            within(f"'{name}'", found[name], 0, 2)


def check_symmetric(w: Any) -> None:
    """Raises NetworkError unless weights are symmetric, and none leads from a unit to itself."""
    if np.any(w != w.T):
        i, j = (int(k) for k in np.argwhere(w != w.T)[0])
        raise NetworkError(f"weights are not symmetric: w[{i}, {j}] is {w[i, j]}, w[{j}, {i}] is {w[j, i]}")
    if np.any(np.diagonal(w)):
        j = int(np.flatnonzero(np.diagonal(w))[0])
        raise NetworkError(f"w[{j}, {j}] is {w[j, j]}; wanted 0, since no unit has a weight to itself")
