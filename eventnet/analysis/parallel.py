"""Jobs in processes of their own: the same results, in the order of the jobs, whatever the number of processes.

No worker outlives its parent, however that ends; this is the package's only pool of processes.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import sys
import warnings
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnContext
from pathlib import Path
from typing import Any

from eventnet.analysis.children import begin_child, no_interrupt
from eventnet.analysis.clients import Client, checked, current, spread_over
from eventnet.analysis.handed import Lost, at_work, attempt, opened
from eventnet.base.linear_algebra import one_thread
from eventnet.engine import journal
from eventnet.engine.values import Unmovable, pickled
from eventnet.errors import EngineError
from eventnet.given import whole_number

Progress = Callable[[int, int], None]

SMALL = 20_000_000
"""Fewer deliveries are not worth processes: so many, with their logs, take about 5 s, a process 2 s to start."""

LIVES = 3
"""Worker processes that a job of `as_they_come` may lose before it is given up, as with dask's default."""


def cores() -> int:
    """The number of processor cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def no_size(result: Any) -> int:
    """The size of jobs that nobody has measured: too small for more than one process, unless that is asked for."""
    return 0


def in_processes(
    function: Callable[[Any, Any], Any], shared: Any, jobs: Sequence[Any], *, processes: int | None = None,
    size: Callable[[Any], int] = no_size, progress: Progress | None = None, client: Client | None = None,
) -> list[Any]:  # fmt: skip
    """function(shared, job) of every job, with one thread for linear algebra.

    processes  None: one where little work is left after the first job, by its size in deliveries; else one a core
    progress   called with (jobs done, jobs in all)
    client     what does them in place of processes, but for processes=1 (see `clients`); without, that of `on_client`

    Workers begin jobs in their order. An error of a job is raised here, and ends all processes, as Ctrl-C does. If
    `shared` or a job cannot be handed to another process, a warning says why, and this process does them all. Raises
    ModelError for fewer processes than 1, EngineError where a process dies, or cannot hand back what it has found.
    """
    if processes is not None:
        whole_number("processes", processes, 1)
    client = current() if client is None else checked(client)
    report = progress or (lambda done, of: None)
    kept = _Kept(function, shared, jobs)
    results = kept.found()
    left = [number for number in range(len(jobs)) if number not in results]
    if results:
        report(len(results), len(jobs))

    def here(numbers: Sequence[int]) -> None:
        for number in numbers:
            began = journal.processor_time()
            with one_thread():
                results[number] = function(shared, jobs[number])
            kept.keep(number, results[number], journal.processor_time() - began)
            report(len(results), len(jobs))

    client = None if processes == 1 or not left else client
    if processes is None and left and client is None:
        if 0 in left:
            here([left.pop(0)])
        alone = multiprocessing.parent_process() is None and not at_work()
        many = alone and size(results[0]) * len(left) >= SMALL
        processes = cores() if many else 1
    processes = min(processes or 1, len(left))
    if processes > 1 or client is not None:
        try:
            payload = packed((function, shared, list(jobs), None if client else kept.folder))
        except Unmovable as why:
            # The level of the study's caller: one for the study, one for `renamed_arguments` around it.
            warnings.warn(f"all runs go in one process: {why}", RuntimeWarning, stacklevel=4)
        else:
            # Closing ends the workers, whatever goes wrong here.
            with closing(spread_over(client, payload, left) if client else _spread(payload, left, processes)) as coming:
                for number, result in coming:
                    results[number] = result
                    kept.keep(number, result, 0.0)
                    report(len(results), len(jobs))
            left = []
    here(left)
    return [results[number] for number in range(len(jobs))]


def as_they_come(
    function: Callable[[Any, Any], Any], shared: Any, jobs: Sequence[Any], numbers: Sequence[int], *,
    processes: int = 1, client: Client | None = None, batch: int = 1,
) -> Generator[tuple[int, Any], None, None]:  # fmt: skip
    """Numbers of jobs and function(shared, job) of each, as they come: nothing is held, and nothing kept.

    numbers: of the jobs that are to be done. batch: jobs a task of a client. A job whose worker has died is begun
    again, and `Lost` after LIVES. Raises Unmovable where jobs cannot be handed over, and else as `in_processes`.
    """
    client = current() if client is None else checked(client)
    if processes == 1 and client is None:
        for number in numbers:
            with one_thread():
                result = function(shared, jobs[number])
            yield number, result
        return
    payload = packed((function, shared, jobs, None))
    if client is not None:
        yield from spread_over(client, payload, numbers, batch=batch, lives=LIVES)
    else:
        yield from _spread(payload, numbers, min(processes, max(1, len(numbers))), LIVES)


class _Kept:
    """The jobs of one call in the journal that is open, if one is."""

    def __init__(self, function: Callable[[Any, Any], Any], shared: Any, jobs: Sequence[Any]) -> None:
        self.journal = journal.current()
        both = journal.name_of(function, shared) if self.journal else None
        self.names = [journal.name_of(both, job) if both else None for job in jobs]

    @property
    def folder(self) -> Path | None:
        return self.journal.folder if self.journal else None

    def found(self) -> dict[int, Any]:
        """Results of a run that was stopped, by the number of the job."""
        if self.journal is None:
            return {}
        looked = {number: self.journal.find(name) for number, name in enumerate(self.names) if name}
        found = {number: result for number, result in looked.items() if result is not journal.MISSING}
        if found:
            self.journal.say(f"{len(found)} of {len(self.names)} runs finished before; going on")
        return found

    def keep(self, number: int, result: Any, spent: float) -> None:
        """Keep a result; spent: seconds of this process."""
        name = self.names[number]
        if self.journal is not None and name is not None:
            self.journal.keep(name, result, spent)


def _spread(
    payload: bytes, numbers: Sequence[int], processes: int, lives: int = 1
) -> Generator[tuple[int, Any], None, None]:
    """Numbers of jobs and their results, as they come.

    lives: workers that a job may lose; above 1, others take their places, and a job that has lost as many is `Lost`.
    """
    left, deaths = _Left(numbers), Counter[int]()
    with _started(processes) as workers:
        for worker in workers:
            worker.hand(payload)
        busy = {worker.pipe: worker for worker in workers if worker.begin(left)}
        while busy:
            ready = wait(list(busy))
            for worker in [worker for pipe, worker in busy.items() if pipe in ready]:
                number, found = worker.number, None
                try:
                    found = worker.result()
                    if not worker.begin(left):
                        del busy[worker.pipe]
                except EngineError:
                    if lives == 1 or not worker.died:
                        raise
                    deaths[worker.number] += 1
                    lost = deaths[worker.number] >= lives
                    if not lost:
                        left.again.append(worker.number)
                    del busy[worker.pipe]
                    if (other := _in_place_of(worker, workers, payload)).begin(left):
                        busy[other.pipe] = other
                    if lost:
                        yield worker.number, Lost(f"{lives} worker processes have died of it, or were killed")
                if found is not None:
                    yield number, pickle.loads(found)


class _Left:
    """Numbers of jobs that are to be begun: those that lost their worker first."""

    def __init__(self, numbers: Iterable[int]) -> None:
        self.numbers, self.again = iter(numbers), list[int]()

    def __iter__(self) -> _Left:
        return self

    def __next__(self) -> int:
        return self.again.pop() if self.again else next(self.numbers)


def _in_place_of(dead: _Worker, workers: list[_Worker], payload: bytes) -> _Worker:
    """A worker more, where one has died."""
    workers.remove(dead)
    dead.process.kill()
    dead.end()
    with no_interrupt():
        workers.append(_Worker(multiprocessing.get_context("spawn")))
    workers[-1].hand(payload)
    return workers[-1]


class _Worker:
    """A process, and the pipe to it: it gets the payload and numbers of jobs, and hands back what becomes of each.

    The pipe is its own, and nobody else holds its other end: where the process dies, whatever it was about to hand
    back, the pipe ends. (ProcessPoolExecutor has one pipe for all and holds both its ends: it waits for ever for the
    rest of a result whose worker has been ended.)
    """

    def __init__(self, context: SpawnContext) -> None:
        self.pipe, its_end = context.Pipe()
        self.number, self.died = -1, False
        self.process = context.Process(target=_serve, args=(its_end, os.getpid()))
        try:
            self.process.start()
        finally:
            its_end.close()

    def hand(self, what: bytes) -> None:
        with self._death_told():
            self.pipe.send_bytes(what)

    def begin(self, left: Iterator[int]) -> bool:
        """Begin the next job that is left; False where none is."""
        number = next(left, None)
        if number is not None:
            self.number = number
            self.hand(str(number).encode())
        return number is not None

    def result(self) -> bytes:
        """The pickled result of its job. Raises what the job has raised."""
        with self._death_told():
            head, found = self.pipe.recv_bytes(), self.pipe.recv_bytes()
        return opened(head, found)

    @contextmanager
    def _death_told(self) -> Iterator[None]:
        try:
            yield
        except (EOFError, OSError) as error:
            self.died = True
            raise EngineError(
                "a worker process has died: killed from outside, or out of memory (processes=1 needs the least)"
            ) from error

    def end(self) -> None:
        self.process.join()
        self.process.close()
        self.pipe.close()


@contextmanager
def _started(processes: int) -> Iterator[list[_Worker]]:
    """Workers; whatever goes wrong ends them at once."""
    context = multiprocessing.get_context("spawn")
    workers: list[_Worker] = []
    try:
        with no_interrupt():
            for _ in range(processes):
                workers.append(_Worker(context))
        yield workers
        for worker in workers:
            worker.pipe.close()  # it ends where nothing more comes
    except BaseException:
        for worker in workers:
            worker.process.kill()
        raise
    finally:
        for worker in workers:
            worker.end()


# --- in a worker ---
def _serve(pipe: Connection, parent: int) -> None:
    """The loop of a worker: do the jobs whose numbers come, until none comes."""
    begin_child(parent)
    with suppress(EOFError, OSError):  # the parent has ended, or has nothing more
        payload = pipe.recv_bytes()
        while True:
            for part in attempt(payload, int(pipe.recv_bytes())):
                pipe.send_bytes(part)


# --- handing over ---
def packed(things: Any) -> bytes:
    """Things as bytes from which a worker makes them again. Raises Unmovable, with the reason."""
    made = pickled(things)
    main = sys.modules["__main__"]
    file = getattr(main, "__file__", None)
    if file is None and b"__main__" in made:
        raise Unmovable("a function or class that was typed in is not to be found by a worker; define it in a file")
    if file is not None and getattr(main, "__spec__", None) is None and "__name__" not in _text(Path(file)):
        raise Unmovable(f'workers would run {file} again: put what it does under if __name__ == "__main__":')
    return made


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8", errors="replace")
    except OSError:
        return ""
