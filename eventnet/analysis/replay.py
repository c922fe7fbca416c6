"""A run with checkpoints in memory, from any of which it can be run again with other inputs."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventnet.analysis.answers import read_answer, same
from eventnet.analysis.difference import first_difference
from eventnet.analysis.log_pieces import pieces
from eventnet.analysis.packeted import Feed, Without, at_once, count, picked
from eventnet.analysis.run_variants import Course, Variant
from eventnet.base.column import Folder
from eventnet.base.old_names import renamed_arguments
from eventnet.engine.checkpoint import Checkpoint
from eventnet.errors import ModelError
from eventnet.event import Events, Packeted, inputs_of
from eventnet.given import whole_number
from eventnet.simulation import Run

CHECKPOINTS = 32
HELD = 100_000
"""Inputs in packets that are held in memory at most, with the log that they make."""


class Replay:
    """The run of a course in one variant, with checkpoints before some of its inputs.

    run         the finished run, with its log
    inputs      how many inputs it was handed
    feed        those, as they were handed over; an input's number is its place here, from 0
    roots       int64 [inputs]: the number of each one's delivery; -1 for one that the run did not come to
    times       int64 [K], ascending: checkpoint k holds what was done before times[k]
    deliveries  int64 [K]: how many deliveries that were

    Inputs in packets, of which there are more than HELD, are not held in memory: they stay packets, the log is in a
    temporary file, there are no `roots` (but `inputs_of`), and no checkpoints: these hold numbers of all inputs before.

    checkpoints: how many at most, spread evenly over the inputs. Each holds all state and weights; 0 runs everything
    again from the beginning. progress: called with (checkpoints taken, checkpoints in all). Raises ModelError for one
    that permutes inputs, and EngineError for a module in plain Python that no checkpoint can hold.
    """

    @renamed_arguments(told="progress", way="variant")
    def __init__(
        self, course: Course, variant: Variant | None = None, *, checkpoints: int = CHECKPOINTS,
        progress: Callable[[int, int], None] | None = None,
    ) -> None:  # fmt: skip
        self.course, self.variant = course, variant or Variant("breadth")
        if self.variant.inputs is not None:
            raise ModelError("a replay names inputs by their number, so its variant cannot permute them")
        whole_number("checkpoints", checkpoints, 0)
        self._kept: list[Checkpoint] = []
        self.inputs = count(course.feed)
        if isinstance(course.feed, Packeted) and self.inputs > HELD:
            self.feed: Feed = course.feed
            self.folder = Folder()
            self.times = self.deliveries = np.empty(0, dtype=np.int64)
            self.run = course.run(self.variant, record=self.folder.path / "log.npy")
            self.log = self.run.log
            return
        self.feed = feed = at_once(course.feed)
        places = np.lexsort((feed["port"], feed["t"]))
        self.times = self._moments(feed["t"][places], checkpoints)
        sim = course.simulation(self.variant, record=True)
        since = None
        for k, t in enumerate(self.times.tolist()):
            sim.inject(_between(feed, since, t))
            sim.run(t)
            self._kept.append(sim.checkpoint(log=False))
            since = t
            if progress is not None:
                progress(k + 1, len(self.times))
        sim.inject(_between(feed, since, None))
        self.run = Run(sim.run(self._until))
        self.log = self.run.log
        self.deliveries = np.array([kept.taken for kept in self._kept], dtype=np.int64)
        begun = self.log["id"][self.log["source"] < 0]
        self.roots = np.full(self.inputs, -1, dtype=np.int64)
        self.roots[places[: len(begun)]] = begun

    @property
    def _until(self) -> int | None:
        """The tick at which the run ends, by the course or by inputs in packets; None: when no event is pending."""
        feed = self.course.feed
        return self.course.until if self.course.until is not None else getattr(feed, "until", None)

    def inputs_of(self, numbers: NDArray[np.int64]) -> tuple[Events, NDArray[np.int64]]:
        """The inputs of some numbers, [k] ascending, and the numbers of their deliveries, as `roots` has them."""
        if not isinstance(self.feed, Packeted):
            return self.feed[numbers], self.roots[numbers]
        found, places = picked(self.feed, numbers)
        roots, order, taken = np.full(len(numbers), -1, dtype=np.int64), np.argsort(places), 0
        for begin, lines in pieces(self.log):
            begun = begin + np.flatnonzero(lines["source"] < 0)
            here = order[slice(*np.searchsorted(places[order], [taken, taken + len(begun)]))]
            roots[here] = begun[places[here] - taken]
            taken += len(begun)
        return found, roots

    def _moments(self, times: NDArray[Any], checkpoints: int) -> NDArray[np.int64]:
        """Times of inputs before which a checkpoint is taken; none before the first input."""
        if self._until is not None:
            times = times[times < self._until]
        if not len(times):
            return np.empty(0, dtype=np.int64)
        picked = times[np.arange(1, checkpoints + 1) * len(times) // (checkpoints + 1)]
        return np.unique(picked[picked > times[0]]).astype(np.int64)

    @classmethod
    def of(cls, run: Run, *, until: int | None = None, checkpoints: int = CHECKPOINTS, **options: Any) -> Replay:
        """The replay of a run that kept its log: inputs, order and options are read off it.

        until: the time the run was told to stop at; without it, the run is taken to have come to its end unless
        something still waits. Inputs are numbered as they were delivered. Raises ModelError where the network run on
        these inputs does not give the run's log and state: it had been poked, say.
        """
        sim = run.simulation
        log = run.log
        if len(log) and (log["id"][0] != 0 or len(log) != sim.deliveries):
            raise ModelError("this run did not keep its whole log: run it with record=True")
        feed = inputs_of(log)
        if until is None and not sim.idle:
            until = sim.time
        course = Course(
            sim.net, feed, sim.options["coalesce"], until, sim.options["budget"], sim.engine_name,
            sim.options["annihilate"],
        )  # fmt: skip
        made = cls(course, Variant(sim.order, sim.seed), checkpoints=checkpoints, **options)
        at = first_difference(log, made.log)
        if at is not None or not same(read_answer(run, "state"), read_answer(made.run, "state")):
            where = "in what they leave behind" if at is None else f"at delivery {at:,}"
            raise ModelError(
                f"this run is not what its network makes of its inputs: they part {where}; "
                "a run that was poked, or resumed by another network, cannot be replayed"
            )
        return made

    def before(self, t: int) -> int:
        """Number of deliveries before the last checkpoint that is not past the time t: these need not be run again."""
        at = bisect_right(self.times.tolist(), t) - 1
        return int(self.deliveries[at]) if at >= 0 else 0

    def again(self, feed: Events, since: int, *, whole: bool = True) -> Run:
        """The run on other inputs, which are those that it had before the time `since`.

        It begins at the last checkpoint that is not past that time. whole: its log is, and does not begin there.
        """
        at = bisect_right(self.times.tolist(), since) - 1
        sim = self.course.simulation(self.variant, record=True)
        if at >= 0:
            sim.resume(self._kept[at])
            feed = feed[feed["t"] >= self.times[at]]
        sim.inject(feed)
        sim.run(self._until)
        if at >= 0 and whole:
            sim.went_on(sim.time, np.concatenate([self.log[: self.deliveries[at]], sim.log]))
        return Run(sim)

    def without(self, left_out: NDArray[np.int64], folder: Folder) -> Run:
        """The run on inputs in packets but some, from its beginning; its log lies in a folder."""
        assert isinstance(self.feed, Packeted)
        course = replace(self.course, feed=Without(self.feed, left_out))
        return course.run(self.variant, record=folder.path / "after.npy")


def _between(feed: Events, since: int | None, before: int | None) -> Events:
    t = feed["t"]
    keep = np.ones(len(t), dtype=bool)
    if since is not None:
        keep &= t >= since
    if before is not None:
        keep &= t < before
    return feed[keep]


def replay_of(
    what: Run | Course | Replay, variant: Variant | None, progress: Callable[[int, int], None] | None = None
) -> Replay:
    """A replay of a run, of a course in a variant, or the replay that was handed over."""
    if isinstance(what, Course):
        return Replay(what, variant, progress=progress)
    if variant is not None:
        raise ModelError("a run has its order already: hand over a course to choose one")
    return what if isinstance(what, Replay) else Replay.of(what, progress=progress)


__all__ = ["CHECKPOINTS", "Replay", "replay_of"]
