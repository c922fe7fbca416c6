"""Jobs on other machines, through whatever has `submit`: an executor, a dask client, a pool of MPI.

Nothing is shared with a worker but what the client carries: what it needs goes with its jobs, results come back.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from functools import cache
from itertools import islice
from queue import SimpleQueue
from typing import Any, Protocol

from eventnet.analysis.handed import Lost, attempt, opened
from eventnet.engine import journal
from eventnet.errors import EngineError, ModelError

WINDOW = 4096
"""Tasks that a client has at a time: enough for a thousand workers, and few enough to hold."""


class Client(Protocol):
    """An executor of functions: `concurrent.futures.Executor`, `dask.distributed.Client`, `MPIPoolExecutor`."""

    def submit(self, function: Callable[..., Any], /, *arguments: Any) -> Any:
        """Begin function(*arguments); what is returned has `result()`, and perhaps `add_done_callback`."""


_current: ContextVar[Client | None] = ContextVar("client", default=None)

current = _current.get
"""The client of the block that runs; None without one."""


@contextmanager
def on_client(client: Client) -> Iterator[None]:
    """Every job of the package's pool in this block goes to a client: studies of orders, reproductions, scenarios.

        with eventnet.analysis.on_client(dask.distributed.Client(address)):
            eventnet.analysis.orders(net, inputs)

    Jobs that are asked for in one process stay in this one. Raises ModelError for a client without `submit`.
    """
    before = _current.set(checked(client))
    try:
        yield
    finally:
        _current.reset(before)


def checked(client: Client) -> Client:
    """A client as it is. Raises ModelError for what has no `submit`."""
    if not callable(getattr(client, "submit", None)):
        raise ModelError(f"client is {client!r}; wanted an executor, a dask client, or what else has `submit`")
    return client


def spread_over(
    client: Client, payload: bytes, numbers: Iterable[int], *, batch: int = 1, lives: int = 1
) -> Generator[tuple[int, Any], None, None]:
    """Numbers of jobs and their results, as they come.

    batch: jobs a task. lives: above 1, a job whose workers have died as often as the client lets it is `Lost` and not
    an error; it is begun alone once more before, since dask blames all that a dead worker was to do, and not only what
    it did. Raises what a job raises, and EngineError where the client fails.
    """
    submit, left = _submitter(client, payload), iter(numbers)
    came: SimpleQueue[int] = SimpleQueue()
    under_way: dict[int, tuple[Any, list[int]]] = {}
    once_more: list[int] = []
    blamed: set[int] = set()
    begun = 0
    try:
        while True:
            while len(under_way) < WINDOW and (several := [*once_more[-1:]] or list(islice(left, batch))):
                del once_more[-1:]
                under_way[begun] = (submit(several), several)
                _tell(under_way[begun][0], came, begun)
                begun += 1
            if not under_way:
                return
            number = came.get()
            several = under_way[number][1]
            # A future that is held on to is done again by dask where its worker dies.
            found = _results(under_way.pop(number)[0], several, lives)
            if isinstance(found[0], Lost) and not blamed.issuperset(several):
                blamed |= set(several)
                once_more += several
                continue
            yield from zip(several, found, strict=True)
    finally:
        for future, _ in under_way.values():
            with suppress(Exception):  # whatever a client has against it, nobody waits for this any more
                future.cancel()


def _tell(future: Any, came: SimpleQueue[int], number: int) -> None:
    """Have a task's number put into the queue when it is done; where a client cannot tell, tasks are waited for."""
    if hasattr(future, "add_done_callback"):
        future.add_done_callback(lambda _: came.put(number))
    else:
        came.put(number)


def _submitter(client: Client, payload: bytes) -> Callable[[list[int]], Any]:
    """A function that submits jobs as one task. dask gets the payload once, in a task of its own, redone if lost."""
    if not hasattr(client, "scatter"):
        return lambda several: client.submit(do_there, payload, several, code())
    submit: Any = client.submit
    held = submit(bytes, payload, pure=False)
    return lambda several: submit(do_there, held, several, code(), pure=False)


def _results(future: Any, several: Sequence[int], lives: int) -> list[Any]:
    try:
        answers: list[tuple[bytes, bytes]] = future.result()
    except EngineError:
        raise
    except Exception as error:  # whatever a client raises
        if lives > 1 and type(error).__name__ == "KilledWorker":  # dask's, which is no dependency
            return [Lost(str(error))] * len(several)
        raise EngineError(f"the client has lost jobs that it was handed: {type(error).__name__}: {error}") from error
    return [pickle.loads(opened(head, found)) for head, found in answers]


@cache
def code() -> str:
    """The hash of the sources and versions by which this process computes, as at its first job."""
    return journal.fingerprint()


def do_there(payload: bytes, numbers: Sequence[int], wanted: str) -> list[tuple[bytes, bytes]]:
    """Do jobs in a worker: the result of each as bytes.

    Raises EngineError where it has other sources, or another Python, NumPy or Numba.
    """
    if code() != wanted:
        raise EngineError(
            "a worker has other sources of eventnet, or another Python, NumPy or Numba, than who sends it jobs, and "
            "would find other numbers: install the same on both, and start the worker anew"
        )
    return [attempt(payload, number) for number in numbers]
