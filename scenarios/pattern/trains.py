"""Spike trains with a hidden pattern, after Masquelier, Guyonneau and Thorpe (2008).

Every afferent fires as a Poisson process, all at one rate. Some slots of time are presentations: there the afferents of
the pattern repeat the spikes that one slot of such trains held once, each moved by a jitter of its own. All afferents
fire spontaneously on top of that. By its rates a presentation is like any other slot.

The trains come in pieces, made outside the engine: a merged Poisson process (`PoissonTrain`) whose events of the
pattern's afferents are left out in presentations, and a sorted list of what the pattern puts there.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventnet.event import EVENT, Events
from eventnet.kernels.compiling import compiled
from eventnet.kernels.poisson import PoissonTrain
from eventnet.kernels.random import hash64
from eventnet.scenarios.pattern.parameters import InputTable

SLOTS, PATTERN, JITTER, NOISE = range(4)
"""Purposes of random numbers."""
SLOTS_A_PIECE = 20
INDEX_BITS = 20
"""Spikes of the pattern are sorted as one integer: the tick, then the afferent."""


@compiled
def merge(t, index, begin, shown, slot, inputs, hidden, keys, port, made):
    """Write the events of a piece in order of time; returns how many.

    t, index   Poisson events [m], ticks from `begin` on; spontaneous ones have an index of `inputs` and more
    shown      whether each slot of the piece is a presentation; slots are `slot` ticks long
    hidden     afferents below this have the pattern
    keys       spikes of the pattern, sorted
    """
    n, k, mask = 0, 0, (1 << INDEX_BITS) - 1
    for m in range(len(t)):
        i, tick = index[m], begin + t[m]
        if i < hidden and shown[t[m] // slot]:
            continue
        while k < len(keys) and keys[k] >> INDEX_BITS <= tick:
            made[n]["t"], made[n]["index"] = keys[k] >> INDEX_BITS, keys[k] & mask
            made[n]["port"], made[n]["sign"] = port, 1
            n += 1
            k += 1
        made[n]["t"], made[n]["index"] = tick, i - inputs if i >= inputs else i
        made[n]["port"], made[n]["sign"] = port, 1
        n += 1
    while k < len(keys):
        made[n]["t"], made[n]["index"] = keys[k] >> INDEX_BITS, keys[k] & mask
        made[n]["port"], made[n]["sign"] = port, 1
        n += 1
        k += 1
    return n


class HiddenPattern:
    """The trains of one seed.

    slot         ticks of a slot, and of the pattern
    shown        [slots] whether each is a presentation
    pattern      the pattern's spikes: ticks from its beginning on [m], and afferents [m], in order of time

    >>> trains = HiddenPattern(InputTable(afferents=20, pattern_afferents=10), seconds=2, seed=1)
    >>> pieces = list(trains.pieces(port=0))
    >>> len(pieces), abs(sum(len(piece) for _, piece in pieces) - 2 * 20 * 64) < 200
    (2, True)
    """

    def __init__(self, table: InputTable, seconds: float, seed: int) -> None:
        self.table, self.seed = table, seed
        self.slot = round(1000 * table.pattern_ms)
        self.end = round(1e6 * seconds)
        self.shown = choose_slots(-(-self.end // self.slot), table.pattern_share, self._rng(SLOTS))
        rates = np.full(table.pattern_afferents, table.rate_hz)
        t, index = PoissonTrain(len(rates)).spikes(rates, self.slot, hash64(seed, PATTERN))
        self.pattern = t.copy(), index.copy()

    def _rng(self, *purpose: int) -> np.random.Generator:
        return np.random.default_rng([self.seed, *purpose])

    @property
    def begins(self) -> NDArray[np.int64]:
        """The ticks at which presentations begin: those that fit before the end."""
        begins = np.flatnonzero(self.shown).astype(np.int64) * self.slot
        return begins[begins + self.slot <= self.end]

    def pieces(self, port: int) -> Iterator[tuple[int, Events]]:
        """The end of each piece, in ticks, and its EVENT records, in order; the next piece overwrites them."""
        table, length = self.table, SLOTS_A_PIECE * self.slot
        n = table.afferents
        train = PoissonTrain(2 * n)
        rates = np.repeat([table.rate_hz, table.noise_hz], n)
        made: Any = np.zeros(0, EVENT)
        waiting = self._presentations(0)
        for number, begin in enumerate(range(0, self.end, length)):
            end = min(begin + length, self.end)
            # Jitter may move a spike into the piece before.
            waiting = np.sort(np.concatenate([waiting, self._presentations(number + 1)]))
            cut = np.searchsorted(waiting, end << INDEX_BITS)
            t, index = train.spikes(rates, end - begin, hash64(hash64(self.seed, NOISE), number))
            if len(t) + cut > len(made):
                made = np.zeros(round(1.1 * (len(t) + cut)), EVENT)
            shown = self.shown[number * SLOTS_A_PIECE : (number + 1) * SLOTS_A_PIECE]
            found = merge(
                t, index, begin, shown, self.slot, n, table.pattern_afferents, waiting[:cut], port, made
            )  # fmt: skip
            yield end, made[:found]
            waiting = waiting[cut:]

    def _presentations(self, number: int) -> NDArray[np.int64]:
        """Keys of the pattern's spikes in the presentations of a piece, unsorted."""
        first = number * SLOTS_A_PIECE
        begins = (first + np.flatnonzero(self.shown[first : first + SLOTS_A_PIECE])) * self.slot
        t, index = self.pattern
        jitter = self._rng(JITTER, number).normal(0, 1000 * self.table.jitter_ms, (len(begins), len(t)))
        ticks = np.maximum(np.rint(begins[:, None] + t + jitter), 0).astype(np.int64)
        keys: NDArray[np.int64] = ((ticks << INDEX_BITS) | index).ravel()
        return keys


def choose_slots(n: int, share: float, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Whether each of n slots is a presentation, [n]: never two in a row, a given share on average, else at random."""
    after_none = share / (1 - share)
    draws, shown = rng.random(n), np.zeros(n, dtype=np.bool_)
    for k in range(n):
        shown[k] = (k == 0 or not shown[k - 1]) and draws[k] < after_none
    return shown
