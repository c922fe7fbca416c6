"""The runs that a live page shows, and what is known of each: the first, and beside it one in another order."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from eventnet.analysis.children import Child
from eventnet.view.live_run import MOST_COLUMNS, Begin, live_run

MOST_ROWS = 400
"""Looks of which lines are drawn."""
REAL_TIME = 1.0
WHITE = 255


class LiveWork(NamedTuple):
    """A run for a live page: title, function that goes through it, parameters, and orders, the usual one first."""

    title: str
    begin: Begin
    parameters: Any
    orders: Sequence[str] = ()


class ShownRun:
    """A run in a process of its own, and what it has sent.

    rows      time in seconds and numbers by name, of the last looks; `row` counts all there were
    names     of all numbers so far but costs of nothing: where they grow, what is drawn is made anew
    pictures  the newest, by name; raster: the newest columns
    state     "begins", "runs", "has ended" or what went wrong; step: the last delivery that was stepped
    seen      a hash of all looks, when it has ended
    looks, merged  messages that came, and looks that were merged into later ones
    """

    def __init__(self, work: LiveWork, order: str, speed: float | None) -> None:
        self.order, self.child = order, Child(live_run, work.begin, work.parameters, order, speed)
        self.state, self.step = "begins", dict[str, Any]()
        self.rows: deque[dict[str, float]] = deque(maxlen=MOST_ROWS)
        self.row, self.names = 0, dict[str, None]()
        self.pictures: dict[str, NDArray[np.uint8]] = {}
        self.raster: NDArray[np.uint8] | None = None
        self.t_us = self.deliveries = self.adds = self.queued = self.looks = self.merged = 0
        self.over, self.seen = False, ""

    def hear(self) -> None:
        """Take up all that has come."""
        try:
            while not self.over and self.child.pipe.poll():
                kind, said = self.child.pipe.recv()
                getattr(self, f"_{kind}")(said)
        except (EOFError, OSError):
            self._failed("its process has died")

    def ask(self, what: Any) -> None:
        """Say something to the run, unless it is over."""
        if not self.over:
            try:
                self.child.pipe.send(what)
            except OSError:
                self._failed("its process has died")

    def end(self) -> None:
        """End its process."""
        self.over = True
        self.child.end()

    def _look(self, said: dict[str, Any]) -> None:
        self.ask("more")
        self.state, self.t_us = "runs", said["t_us"]
        self.deliveries, self.adds = self.deliveries + said["deliveries"], self.adds + said["adds"]
        self.looks, self.merged = self.looks + 1, self.merged + said["merged"] - 1
        self.names |= dict.fromkeys(name for name, value in said["numbers"].items() if value or not _is_cost(name))
        self.queued = int(said["numbers"].get("queue", 0))
        self.rows.append({"t": 1e-6 * said["t_us"], **said["numbers"]})
        self.row += 1
        self.pictures = {**self.pictures, **said["pictures"]}
        if said["raster"] is not None:
            self.raster = _rolled(self.raster, said["raster"])

    def _step(self, said: dict[str, Any]) -> None:
        self.step, self.queued = {"steps": self.step.get("steps", 0) + 1, **said}, said["queued"]

    def _ended(self, seen: str) -> None:
        self.state, self.over, self.seen = "has ended", True, seen

    def _failed(self, why: str) -> None:
        self.state, self.over = f"failed: {why}", True


def _is_cost(name: str) -> bool:
    """Of something that may never cost anything: there is no line then."""
    return name.startswith(("adds.", "by_input."))


def _rolled(raster: NDArray[np.uint8] | None, more: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The newest columns: a picture of one width from the start."""
    if raster is None:
        raster = np.full((len(more), MOST_COLUMNS), WHITE, np.uint8)
    return np.concatenate([raster, more], axis=1)[:, -MOST_COLUMNS:]


class LiveBoard:
    """The runs side by side. Pause, steps and speed hold for all."""

    def __init__(self, work: LiveWork) -> None:
        self.work, self.paused = work, False
        self.speed: float | None = REAL_TIME
        self.runs = [self._begun(work.orders[0] if work.orders else "")]

    def _begun(self, order: str) -> ShownRun:
        """A run from the beginning."""
        made = ShownRun(self.work, order, self.speed)
        if self.paused:
            made.ask("pause")
        return made

    def hear(self) -> None:
        """Take up what all runs have sent."""
        for run in self.runs:
            run.hear()

    def pause(self, paused: bool) -> None:
        """Let all wait, or go on."""
        self.paused = paused
        self._ask("pause" if paused else "go")

    def step(self) -> None:
        """Let each take one delivery, and wait then."""
        self.paused = True
        self._ask("step")

    def set_speed(self, speed: float | None) -> None:
        """At most so many simulated seconds a second; None: as fast as it goes."""
        self.speed = speed
        self._ask(("speed", speed))

    def beside(self, order: str) -> None:
        """Begin the same inputs anew in an order, beside the first run; in place of what stood there."""
        for run in self.runs[1:]:
            run.end()
        self.runs = [self.runs[0], self._begun(order)]

    def again(self) -> None:
        """Begin all runs anew."""
        for run in self.runs:
            run.end()
        self.runs = [self._begun(run.order) for run in self.runs]

    def end(self) -> None:
        """End all runs."""
        for run in self.runs:
            run.end()

    def beside_the_first(self, run: ShownRun) -> str:
        """A sentence that compares a run with the first, when both have ended; "" before, and of the first itself."""
        first = self.runs[0]
        if run is first or not (run.seen and first.seen):
            return ""
        return "all that was seen is equal" if run.seen == first.seen else "what was seen is not equal"

    @property
    def over(self) -> bool:
        """All runs have ended, or failed."""
        return all(run.over for run in self.runs)

    def _ask(self, what: Any) -> None:
        for run in self.runs:
            run.ask(what)
