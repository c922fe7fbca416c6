"""Who may ask what of a simulation: it belongs to one thread while it runs, to one call at a time else."""

from __future__ import annotations

import threading

from eventnet.errors import EngineError


class Guard:
    """What may be asked of a simulation, by whom: it belongs to one thread while it runs, to one call at a time else.

    Engines write their arrays without a look at who else does. runner: the thread that runs it, if one does. failure:
    what it failed of, if it did: it can be looked at then, and nothing else.
    """

    def __init__(self) -> None:
        self.failure: str | None = None
        self.runner: int | None = None
        self.inside, self.lock = False, threading.RLock()

    def refuse_running(self, what: str) -> None:
        """Raise EngineError while the simulation runs, in this thread or in another."""
        self.refuse_elsewhere(what)
        if self.runner is not None:
            raise EngineError(f"{what} was called from within a run of the same simulation; wanted after it")

    def refuse_elsewhere(self, what: str) -> None:
        """Raise EngineError while another thread runs the simulation."""
        runner = self.runner
        if runner is not None and runner != threading.get_ident():
            raise EngineError(f"{what} was called while another thread runs this simulation; wanted after its run")

    def refuse_failed(self) -> None:
        """Raise EngineError for a simulation that has failed."""
        if self.failure is not None:
            raise EngineError(f"this simulation failed before and cannot go on: {self.failure}")


class Alone:
    """A context in which no other call changes the simulation; it waits for one of another thread to end.

    Raises EngineError while the simulation runs, and inside another such call of the same thread. what: the call.
    """

    __slots__ = ("guard", "what")

    def __init__(self, guard: Guard, what: str) -> None:
        self.guard, self.what = guard, what

    def __enter__(self) -> None:
        guard = self.guard
        guard.lock.acquire()
        try:
            guard.refuse_running(self.what)
            if guard.inside:  # a signal's handler, say
                raise EngineError(f"{self.what} was called from within another call of the same simulation")
        except EngineError:
            guard.lock.release()
            raise
        guard.inside = True

    def __exit__(self, *error: object) -> None:
        self.guard.inside = False
        self.guard.lock.release()
