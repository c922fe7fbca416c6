"""The status of a simulation (idle, running or failed), and the calls that each status allows.

Engines write their arrays without a look at who else does. So a simulation belongs to one thread while it runs, and to
one call at a time while it does not.
"""

from __future__ import annotations

import threading

from eventnet.errors import EngineError, EventnetError


class Guard:
    """The state of one simulation, and the thread that runs it. `failure` says what it failed of, if it did."""

    def __init__(self) -> None:
        self.failure: str | None = None
        self._runner: int | None = None
        self._inside = False
        self._lock = threading.RLock()

    @property
    def status(self) -> str:
        """ "idle", "running" or "failed"."""
        return "running" if self._runner is not None else "idle" if self.failure is None else "failed"

    # --- running ---
    def begin(self) -> None:
        """This thread runs the simulation from now on; to be called inside `alone`."""
        self._runner = threading.get_ident()

    def end(self) -> None:
        """The run is over."""
        self._runner = None

    def runs_here(self) -> bool:
        """This thread is in a run: whoever asks has been called by it."""
        return self._runner == threading.get_ident()

    def fail(self, error: BaseException) -> None:
        """An exception has left things half done: the simulation can be looked at and nothing else."""
        self.failure = described(error)

    # --- asking ---
    def alone(self, what: str) -> Alone:
        """A context in which no other call changes the simulation; it waits for one of another thread to end.

        Raises EngineError while the simulation runs, and inside another such call of the same thread. what: the call.
        """
        return Alone(self, what)

    def refuse_running(self, what: str) -> None:
        """Raise EngineError while the simulation runs, in this thread or in another."""
        self.refuse_elsewhere(what)
        if self._runner is not None:
            raise EngineError(f"{what} was called from within a run of the same simulation; wanted after it")

    def refuse_elsewhere(self, what: str) -> None:
        """Raise EngineError while another thread runs the simulation."""
        runner = self._runner
        if runner is not None and runner != threading.get_ident():
            raise EngineError(f"{what} was called while another thread runs this simulation; wanted after its run")

    def refuse_failed(self) -> None:
        """Raise EngineError for a simulation that has failed."""
        if self.failure is not None:
            raise EngineError(f"this simulation failed before and cannot go on: {self.failure}")


class Alone:
    """The context of `Guard.alone`."""

    __slots__ = ("guard", "what")

    def __init__(self, guard: Guard, what: str) -> None:
        self.guard, self.what = guard, what

    def __enter__(self) -> None:
        guard = self.guard
        guard._lock.acquire()
        try:
            guard.refuse_running(self.what)
            if guard._inside:  # a signal's handler, say
                raise EngineError(f"{self.what} was called from within another call of the same simulation")
        except EngineError:
            guard._lock.release()
            raise
        guard._inside = True

    def __exit__(self, *error: object) -> None:
        self.guard._inside = False
        self.guard._lock.release()


def described(error: BaseException) -> str:
    """An error in one line: eventnet's own by their words, others by their kind too, and where they happened."""
    words = str(error)
    if not isinstance(error, EventnetError):
        words = f"{type(error).__name__}: {words}" if words else type(error).__name__
    return "; ".join([words, *getattr(error, "__notes__", ())])
