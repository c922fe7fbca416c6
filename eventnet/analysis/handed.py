"""Jobs handed to another process, thread or machine: done there by their numbers, and handed back as bytes."""

from __future__ import annotations

import pickle
import threading
import traceback
from typing import Any, NamedTuple

from eventnet.base.linear_algebra import one_thread
from eventnet.engine import journal
from eventnet.errors import EngineError

KEPT = 2
"""Payloads that a thread keeps unpacked: that of now, and one before."""


class Lost(NamedTuple):
    """In place of the result of a job that has taken its worker with it as often as it may; why: for the reader."""

    why: str


class _There(threading.local):
    """Payloads that a thread has unpacked, newest last, and whether it does a job. Threads share no objects of jobs."""

    def __init__(self) -> None:
        self.unpacked: dict[bytes, Any] = {}
        self.busy = False


_there = _There()


def at_work() -> bool:
    """Whether this thread is doing a job that was handed to it."""
    return _there.busy


def attempt(payload: bytes, number: int) -> tuple[bytes, bytes]:
    """Do a job: what it has raised (None, if nothing) with its text, and what it has given, pickled each."""
    _there.busy = True
    try:
        raised, found = None, _work(payload, number)
    except BaseException as error:  # a job is anybody's function; it is raised where the result is opened
        raised, found = error, b""
    finally:
        _there.busy = False
    text = "".join(traceback.format_exception(raised)) if raised else ""
    return pickle.dumps((raised, text)), found


def opened(head: bytes, found: bytes) -> bytes:
    """The pickled result of an attempt. Raises what the job has raised."""
    raised, text = pickle.loads(head)  # no file: what this program's own worker has packed
    if raised is not None:
        raised.add_note(f"\nin a worker process:\n{text}")
        raise raised
    return found


def _work(payload: bytes, number: int) -> bytes:
    """The result of a job, packed here: what cannot be handed back is named, and not taken for a death."""
    function, shared, jobs, _ = _all_there_is(payload)
    try:
        with one_thread():
            result = function(shared, jobs[number])
    except Exception as error:  # a job is anybody's function
        if _movable(error):
            raise
        raise EngineError(f"job {number + 1} of {len(jobs)} has raised {type(error).__name__}: {error}") from error
    try:
        return pickle.dumps(result, protocol=pickle.HIGHEST_PROTOCOL)
    except Exception as error:  # whatever a result's class does to be pickled
        raise EngineError(
            f"job {number + 1} of {len(jobs)} has made {type(result).__name__}, which a worker process cannot hand "
            f"back ({error}); wanted what can be pickled, or processes=1"
        ) from None


def _all_there_is(payload: bytes) -> Any:
    if payload not in _there.unpacked:
        try:
            made = pickle.loads(payload)
            journal.enter(made[-1])
        except Exception as error:  # whatever a user's classes do when they are made again
            raise EngineError(f"a worker process cannot make again what it was handed: {error!r}") from None
        _there.unpacked[payload] = made
        while len(_there.unpacked) > KEPT:
            del _there.unpacked[next(iter(_there.unpacked))]
    return _there.unpacked[payload]


def _movable(error: Exception) -> bool:
    """Whether an error arrives as what it is."""
    try:
        return type(pickle.loads(pickle.dumps(error))) is type(error)
    except Exception:  # whatever a user's class of errors does to be pickled: the answer is no
        return False
