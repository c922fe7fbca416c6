"""The gradient `past` of codes that decay by shifts: one product a synapse, everything else by additions.

`past` moves a weight by -g (U - V), g = rate / (1 - r), where U is the product of both traces at the synapse's last
spike and V what is left of it now (`synapses`). Kept times g, with x and e the spikes of now (whole numbers):

    V  = x_old (g e_old)                                 the one product; g e_old is made once a step for each unit
    w -= U - V
    U  = V + x (beta_x g e_old) + e (xhat g beta_e)      beta_x and beta_e are powers of two, spikes add repeatedly

The sums are those of `past`, to rounding.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba.extending import overload

from eventnet.declarations import State
from eventnet.errors import NetworkError
from eventnet.kernels.records import address_of, array_at
from eventnet.learning.gradient import count_writes
from eventnet.learning.synapses import RULES, SEEN, Past, Synapses, both_decays, move_traces
from eventnet.module import Port
from eventnet.neurons.pd_code import STAMP, USED
from eventnet.rule import rule
from eventnet.tally import LEARNING_ADDS, MULTIPLIES, NEURON_ADDS


def settle_run(
    w: Any, channel: int, begin: int, u: Any, first: int, scaled: Any, q: Any, at: int, n: int, x_old: Any, jump: Any,
    step: Any, every: bool,
) -> int:  # fmt: skip
    """Apply what synapses are owed since their last spike, and note their product of traces now, both times the gain.

    Every one of them (the input has spiked), or those whose error has; returns how many that were.
    """
    moved = 0
    for j in range(n):
        if every or q[at + j] != 0:
            left = x_old * scaled[at + j]
            w[channel, begin + j] -= u[first + j] - left
            u[first + j] = left + jump * scaled[at + j] + step * q[at + j]
            moved += 1
    return moved


@overload(settle_run, jit_options={"forceinline": True})
def _settle_run(w, channel, begin, u, first, scaled, q, at, n, x_old, jump, step, every):
    item, number = w.dtype.bitwidth // 8, w.dtype

    def impl(w, channel, begin, u, first, scaled, q, at, n, x_old, jump, step, every):
        target = array_at(address_of(w) + channel * w.strides[0] + begin * item, n, number)
        owed = array_at(address_of(u) + first * item, n, number)
        traces = array_at(address_of(scaled) + at * item, n, number)
        spikes = array_at(address_of(q) + at * item, n, number)
        moved = 0
        for j in range(n):
            word, product, left = target[j], owed[j], x_old * traces[j]
            hit = every or spikes[j] != 0
            target[j] = word - (product - left) if hit else word
            owed[j] = left + jump * traces[j] + step * spikes[j] if hit else product
            moved += 1 if hit else 0
        return moved

    return impl


@rule
def settle_by_shifts(
    i, s, t, out, tally, xhat, x_old, ehat, e_old, x, e, code_x, code_e, clock_x, clock_e, runs, clock, w, rate, u,
    scaled,
):  # fmt: skip
    """past: where either side has spiked, w -= U - V, with a product for V and additions for the new U."""
    factor_x, factor_e, rest = both_decays(xhat, ehat, code_x, code_e, clock, t, tally)
    fresh, fresh_e = clock_x[STAMP] == t, clock_e[STAMP] == t
    move_traces(xhat, x_old, x, fresh, w.dtype.type(factor_x), code_x[USED], code_x, tally)
    spiking = move_traces(ehat, e_old, e, fresh_e, w.dtype.type(factor_e), code_e[USED], code_e, tally)
    gain = w.dtype.type(np.float64(rate) / rest)
    for j in range(len(scaled)):
        scaled[j] = gain * e_old[j]
    by_spike, nothing = gain * code_e[USED], w.dtype.type(0)
    first = moved = added = used = 0
    for r in range(0, len(runs), 5):
        k, n = runs[r], runs[r + 4]
        every = fresh and x[k] != 0
        if every:
            clock[SEEN + k] = 1
        if every or (spiking > 0 and clock[SEEN + k] != 0):
            jump = code_x[USED] * x[k] if every else nothing
            step = xhat[k] * by_spike if spiking > 0 else nothing
            now = settle_run(
                w, runs[r + 1], runs[r + 2], u, first, scaled, e, runs[r + 3], n, x_old[k], jump, step, every
            )
            moved += now
            if every:
                added += now * abs(int(x[k]))
            if spiking > 0:
                used += 1
                for j in range(runs[r + 3], runs[r + 3] + n):
                    added += abs(int(e[j]))
        first += n
    tally[MULTIPLIES] += 1 + len(scaled) + used + moved
    tally[NEURON_ADDS] += 1 + len(scaled)
    tally[LEARNING_ADDS] += moved + added
    count_writes(tally, moved)


class PastByShifts(Past):
    """`Past` for codes that decay by shifts: one product for each synapse that is touched, where `Past` has three."""

    scaled = State(doc="decoded errors without those of now, times rate / (1 - r)")
    settle = Port(settle_by_shifts)

    def check(self) -> None:
        """Both sides decay by shifts, too."""
        super().check()
        for code in (self.below, self.above):
            if code.decay != "shifts":
                raise NetworkError(
                    f"{type(self).__name__} wants codes that decay by shifts; {code!r} has {code.decay!r}"
                )


def find_rule(name: str, decay: str) -> type[Synapses]:
    """The class of a weight rule, by its name in RULES and how codes decay."""
    return PastByShifts if (name, decay) == ("past", "shifts") else RULES[name]
