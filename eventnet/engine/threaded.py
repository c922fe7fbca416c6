"""The compiled engine on several threads: windows of time, in each of which every thread works at a part of the units.

A window goes in three steps. The deliveries to ports that are split are listed (`windows.due_in`). Each thread works at
all of them, for its own units (`windows.work`), and notes what it counted and who fired. Then the ordinary loop takes
the window, delivery by delivery, with rules at those ports that tell what all parts found in place of finding it: so
queue, numbers, log, recorders and counts are those of one thread. A rule that meets another delivery than was listed
ends the run with an InternalError.
"""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from eventnet.engine.compiled import CompiledEngine
from eventnet.engine.parts import split
from eventnet.engine.plan import address_of, table_of
from eventnet.engine.state import Store, rule_in_force
from eventnet.engine.windows import Due, due_in, next_due, put_together, work
from eventnet.errors import InternalError
from eventnet.kernels import part_notes as N
from eventnet.kernels import records as R
from eventnet.kernels.aligned import aligned
from eventnet.kernels.compiling import word_while_compiling
from eventnet.kernels.prediction_heap import FOREVER
from eventnet.network import Network
from eventnet.order import Order
from eventnet.rule import Rule

DELIVERIES, SPIKES = 1024, 1 << 14
"""Room at first for those of a window; spikes: a part."""


class PartsWrite(NamedTuple):
    """Arrays of threads, a row a thread: notes; of each spike its code, its delivery, its size and its place."""

    notes: NDArray[np.int64]
    codes: NDArray[np.int32]
    parents: NDArray[np.int64]
    roots: NDArray[np.int64]
    outlets: NDArray[np.int64]
    sizes: NDArray[np.float64]
    places: NDArray[np.int64]


def written(threads: int, deliveries: int, spikes: int) -> PartsWrite:
    """Room for the notes of so many deliveries and for so many spikes, a thread."""

    def ints(n: int) -> NDArray[np.int64]:
        return np.zeros((threads, n), np.int64)

    codes, sizes = np.zeros((threads, spikes), np.int32), np.zeros((threads, spikes))
    notes = ints(N.NOTES + N.NOTE * deliveries)
    return PartsWrite(notes, codes, ints(spikes), ints(spikes), ints(spikes), sizes, ints(spikes))


def deliveries_due(n: int) -> Due:
    """Room for n deliveries."""

    def ints() -> NDArray[np.int64]:
        return np.zeros(n, np.int64)

    return Due(ints(), ints(), np.zeros(n, np.int32), ints(), ints(), ints())


class Helper:
    """A thread that does one job after another. It ends with its owner.

    A window takes about a millisecond, or less: an executor's futures cost more than these queues.
    """

    def __init__(self, owner: Any) -> None:
        self.jobs: SimpleQueue[Any] = SimpleQueue()
        self.ends: SimpleQueue[Any] = SimpleQueue()
        self.thread = threading.Thread(target=_help, args=(self.jobs, self.ends), name="eventnet", daemon=True)
        self.thread.start()
        weakref.finalize(owner, self.jobs.put, None)

    def begin(self, function: Callable[..., Any], *args: Any) -> None:
        """Begin a job."""
        self.jobs.put((function, args))

    def end(self) -> tuple[Any, BaseException | None]:
        """Wait for the end of the job: what it returned, and what it raised. A key that is pressed meanwhile waits."""
        problem = None
        while True:
            try:
                found, raised = self.ends.get()
            except KeyboardInterrupt as error:
                problem = error
            else:
                return found, problem or raised


def _help(jobs: SimpleQueue[Any], ends: SimpleQueue[Any]) -> None:
    while (job := jobs.get()) is not None:
        function, args = job
        end: tuple[Any, BaseException | None]
        try:
            end = function(*args), None
        except BaseException as error:
            end = None, error
        del job, function, args  # they hold the owner
        ends.put(end)
        del end


class ThreadedEngine(CompiledEngine):
    """Runs a network in the compiled loop, with so many threads for what can be split."""

    def __init__(
        self, net: Network, store: Store, order: Order, *, coalesce: str | None, threads: int, **options: Any
    ) -> None:  # fmt: skip
        rules = [rule_in_force(net, port, coalesce) for port in net.ports()]
        self.threads, self.split = threads, split(net, store, rules, threads)  # before anything is compiled
        super().__init__(net, store, order, coalesce=coalesce, **options)
        self.others: list[Helper] = []
        self.process = -1
        self._make_room(DELIVERIES)
        self.stretches = np.zeros((len(self.plan.line_delay) + 4, 2), np.int64)
        most = int(self.plan.most[list(self.split.ports)].max())
        self.written = written(threads, DELIVERIES, most + SPIKES)
        self.found, self.sizes = np.zeros(1, np.int64), np.zeros(1, self.net.dtype)
        self.jobs = [aligned(R.JOB_WORDS, np.int64) for _ in range(threads)]
        self.counts = aligned(threads * self.store.tally.shape[1], np.int64).reshape(threads, -1)
        n = len(self.ports)
        self.is_split, self.every, self.until = (np.zeros(n, np.int64) for _ in range(3))
        self.begins = np.zeros((threads, n), np.int64)
        self.addresses, self.merge_addresses = np.zeros(n, np.int64), self.plan.address.copy()
        self.own_addresses, self.own_rows = self.plan.address.copy(), self.plan.ports.copy()
        self.part_rows = [self._rows() for _ in range(threads)]
        self.merge_rows = self._rows()
        self.numbers = np.arange(n)[:, None].copy()
        with word_while_compiling():
            self._lay_out()

    def _rows(self) -> NDArray[np.int64]:
        rows = aligned(self.own_rows.size, np.int64).reshape(self.own_rows.shape)
        rows[:] = self.own_rows
        return rows

    def _lay_out(self) -> None:
        """Set the addresses of the arrays of rules of parts, and of those that merge their results."""
        for number, one in self.split.ports.items():
            self.is_split[number] = 1
            self.begins[:, number] = one.begins
            emits = self.rules[number][1]
            within, merge = one.parts.typed(one.rule)
            self.addresses[number] = address_of(self.store, one.port, within, emits)
            self.merge_addresses[number] = address_of(self.store, one.port, merge, emits)
            for part, rows in enumerate(self.part_rows):
                rows[number, R.TALLY] = self.counts[part].ctypes.data
            # Of the merging rule only the layer's arrays; those that grow are set by `_point`.
            self._set(self.merge_rows, number, merge, {"number": self.numbers[number]})
        self._point()

    def _point(self) -> None:
        """Tell the rules where the arrays that grow are now."""
        for number, one in self.split.ports.items():
            for part, rows in enumerate(self.part_rows):
                own = {"notes": self.written.notes[part], "places": self.written.places[part]}
                self._set(rows, number, one.parts.within, one.arrays[part] | own)
            own = {"found": self.found, "sizes": self.sizes, "number": self.numbers[number]}
            self._set(self.merge_rows, number, one.parts.merge, own)

    def _set(self, rows: NDArray[np.int64], number: int, rule: Rule, own: dict[str, Any]) -> None:
        module = self.ports[number].module
        for k, name in enumerate(rule.names):
            array = own[name] if name in own else None if name in N.OWN_KINDS else self.store.find(module, name)
            if array is not None:
                at = R.ARRAYS + 4 * k
                rows[number, at : at + 2] = array.ctypes.data, array.shape[0]
                if array.ndim == 2:
                    rows[number, at + 2 : at + 4] = array.shape[1], array.strides[0] // array.itemsize

    def _use(self, addresses: NDArray[np.int64], rows: NDArray[np.int64]) -> None:
        """Let the loop call these rules at the ports that are split."""
        for number in self.split.ports:
            self.plan.address[number], self.plan.ports[number] = addresses[number], rows[number]

    # --- running ---
    def run(self, until: int | None, limit: int | None, stop: int | None = None) -> bool:
        """As the engine of one thread runs; with a limit or a stop on one thread, since it may end within a window."""
        if limit is not None or stop is not None:
            return super().run(until, limit, stop)
        st, end = self.st, FOREVER if until is None else until
        if st[R.S_COUNT] + st[R.S_SETTLED] > 0 and st[R.S_NOW] < end:  # an instant that has begun
            super().run(int(st[R.S_NOW]) + 1, None)
        self.split.take_over()
        for number, one in self.split.ports.items():
            self.every[number], self.until[number] = one.repeats()
            self.own_addresses[number] = self.plan.address[number]  # compiled only when an input came, perhaps
        self._use(self.merge_addresses, self.merge_rows)
        try:
            while (begin := int(next_due(self.queue_table, st))) < end:
                self._window(begin, min(end, begin + self._reach()))
        finally:
            self._use(self.own_addresses, self.own_rows)
        return super().run(until, None)

    def _reach(self) -> int:
        """Ticks of a window."""
        ring = len(self.queue.ring_first)
        return min(self.split.window, ring) if self.queue.ring_at[0] > 0 else self.split.window

    def _window(self, begin: int, end: int) -> None:
        n = self._list(begin, end)
        if n > 0:
            made = self._work(n)
            need = 1 + N.FOUND * n + int(made.sum())
            if need > len(self.found):
                self.found, self.sizes = np.zeros(2 * need, np.int64), np.zeros(2 * need, self.net.dtype)
                self._point()
                self._use(self.merge_addresses, self.merge_rows)
            own = self.written
            put_together(
                self.due_tables[1], n, own.notes, made, own.codes, own.parents, own.sizes, own.places, self.begins,
                np.zeros(self.threads, np.int64), self.found, self.sizes,
            )  # fmt: skip
        super().run(end, None)

    def _list(self, begin: int, end: int) -> int:
        """List the deliveries of a window to what is split; how many."""
        while True:
            table = self.queue_table, self.st, begin, end, self.plan.wire_port, self.is_split, self.every, self.until
            n = int(due_in(*table, *self.due_tables, self.stretches))
            if n >= 0:
                break
            self._make_room(-2 * n)
        if N.NOTES + N.NOTE * n > self.written.notes.shape[1]:
            self.written = written(self.threads, 2 * n, self.written.codes.shape[1])
            self._point()
        return n

    def _make_room(self, n: int) -> None:
        """Room to list n deliveries: those that wait, those that are due, and those that are sent in a window."""
        self.due = [deliveries_due(n) for _ in range(3)]
        self.due_tables = [table_of(each) for each in self.due]

    def _work(self, n: int) -> NDArray[np.int64]:
        """Let all threads work; how many spikes each part made."""
        self.written.notes[:, : N.NOTES] = 0
        at, made = [0] * self.threads, np.zeros(self.threads, np.int64)
        while True:
            helpers = self._helpers()
            for part, helper in enumerate(helpers, 1):
                helper.begin(self._part, part, n, at[part], int(made[part]))
            ends: list[tuple[int, int, int]] = []
            problem: BaseException | None = None
            try:
                ends = [self._part(0, n, at[0], int(made[0]))]
            except BaseException as error:
                problem = error
            for helper in helpers:  # and nobody writes any more when this is left, also where a key was pressed
                end, raised = helper.end()
                ends, problem = [*ends, end], problem or raised
            if problem is not None:
                raise problem
            for part, (reached, spikes, code) in enumerate(ends):
                at[part], made[part] = reached, spikes
                if code:
                    raise InternalError(f"a part of a layer ended with error {code}; please report this")
            if min(at) == n:
                return made
            self._more_room()

    def _part(self, part: int, n: int, at: int, made: int) -> tuple[int, int, int]:
        own = self.written
        found: tuple[int, int, int] = work(
            self.due_tables[1], n, at, made, self.part_rows[part], self.addresses, self.jobs[part], own.codes[part],
            own.parents[part], own.roots[part], own.outlets[part], own.sizes[part],
        )  # fmt: skip
        return found

    def _more_room(self) -> None:
        """Twice as much room for spikes."""
        old = self.written
        self.written = PartsWrite(old.notes, *(np.concatenate([a, np.zeros_like(a)], axis=1) for a in old[1:]))
        self._point()

    def _helpers(self) -> list[Helper]:
        """The other threads; a process that was forked has none of its parent's."""
        if self.process != os.getpid():
            self.others, self.process = [Helper(self) for _ in range(1, self.threads)], os.getpid()
        return self.others

    def _problem(self) -> BaseException:
        if self.raised is None and self.st[R.S_ERROR] == N.NOT_AS_FOUND:
            return InternalError("a delivery came that threads had not been told of; please report this")
        return super()._problem()
