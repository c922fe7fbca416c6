"""What a method is that computes answers from the sensors: its outcome, answers as they are held, how events wait.

Methods: `clocked.Recomputed` (a network on a clock, or at every event), `event_driven.EventDriven` (the same network on
the engine), `flow.FlowMethod` (sums over events). `named.LEGEND` says what their names mean.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from eventnet.cost import PriceList
from eventnet.scenarios.fusion.network import FusionWeights
from eventnet.scenarios.fusion.recomputed import Work, operations
from eventnet.scenarios.fusion.stream import Stream
from eventnet.tally import Tally

Floats = NDArray[np.float64]
Done = Callable[[int], None]

LONGEST_WAIT_US = 100_000
PIECE_US, PIECE_SAMPLES = 100_000, 1000


@dataclass
class MethodOutcome:
    """Answers and costs of a method on a stream of so many `seconds`.

    answers    [n, 3 n_out] at the multiples of `grid_us`, held from the last one: fused, camera alone, gyroscope alone
    tally      all operations, by layer
    by_sensor  adds, multiplies and checks by what caused them
    waits      how many events waited so many microseconds for the first answer that contains them, see `Waits`
    events     of the camera; samples: of the gyroscope
    work       what was recomputed; None where nothing was
    by_piece   of an event-driven network: events and operations in each piece of time, [n, 2]
    values     sums and traces read from memory; None where they are not counted
    """

    method: str
    answers: Floats
    tally: Tally
    by_sensor: dict[str, int]
    waits: NDArray[np.int64]
    events: int
    samples: int
    seconds: float
    work: Work | None = None
    by_piece: NDArray[np.int64] | None = None
    values: int | None = None

    @property
    def operations(self) -> int:
        """Adds, multiplies and checks."""
        return operations(self.tally.totals())

    def energy_uj(self, prices: PriceList) -> float:
        """Microjoules."""
        return 1e-6 * prices.energy(self.tally)


class Method(Protocol):
    """A method by its name."""

    @property
    def name(self) -> str: ...

    def run(self, weights: FusionWeights, stream: Stream, grid_us: int, done: Done) -> MethodOutcome: ...


class HeldAnswers:
    """Answers at the multiples of a period, each held from the last that was read; 0 before the first."""

    def __init__(self, end_us: int, period_us: int, answers: int) -> None:
        self.times = np.arange(0, end_us, period_us)
        self.answers = np.zeros((len(self.times), answers))
        self._last, self._filled = np.zeros((1, answers)), 0

    def take(self, times: Floats, answers: Floats, until: float) -> None:
        """Answers read at these times, which grow, up to `until`."""
        known = np.concatenate((self._last, answers))
        end = int(np.searchsorted(self.times, until))
        at = self.times[self._filled : end]
        self.answers[self._filled : end] = known[np.searchsorted(times, at, "right")]
        self._last, self._filled = known[-1:].copy(), end


class Waits:
    """Waiting times of events for the first answer that holds them: counts of whole microseconds.

    The last counts those that wait 0.1 s or longer.
    """

    def __init__(self) -> None:
        self.counts = np.zeros(LONGEST_WAIT_US + 1, np.int64)
        self._t, self._held = np.empty(0), np.empty(0)

    def take(self, t: Floats, held: Floats, reads: Floats) -> None:
        """Events [n] at times t, which answers from the times `held` on hold, and the times of the next answers."""
        self._t, self._held = np.concatenate((self._t, t)), np.concatenate((self._held, held))
        at = np.searchsorted(reads, self._held)
        answered = at < len(reads)
        waited = np.rint(reads[at[answered]] - self._t[answered]).astype(np.int64)
        self.counts += np.bincount(np.minimum(waited, LONGEST_WAIT_US), minlength=LONGEST_WAIT_US + 1)
        self._t, self._held = self._t[~answered], self._held[~answered]


def quantile(counts: NDArray[np.int64], part: float) -> float:
    """The least wait, in milliseconds, that a part (0 to 1) of the events do not exceed; NaN without events."""
    total = np.cumsum(counts)
    at = int(np.searchsorted(total, part * total[-1]))
    return float("nan") if total[-1] == 0 else float("inf") if at == LONGEST_WAIT_US else at / 1000
