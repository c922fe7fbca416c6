"""Processes that hear no Ctrl-C and end with their parent, however that ends."""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any

PR_SET_PDEATHSIG = 1


class Child:
    """A process that runs target(pipe, *given) on one end of a pipe, and the other end.

    The arguments are pickled. The process is ended by `end`, and by the end of its parent.
    """

    def __init__(self, target: Callable[..., None], *given: Any) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, its_end = context.Pipe()
        self.process = context.Process(target=_run, args=(its_end, os.getpid(), target, given))
        try:
            with no_interrupt():
                self.process.start()
        finally:
            its_end.close()

    def end(self) -> None:
        """End it at once."""
        self.process.kill()
        self.process.join()
        self.pipe.close()


def _run(pipe: Connection, parent: int, target: Callable[..., None], given: tuple[Any, ...]) -> None:
    begin_child(parent)
    target(pipe, *given)


@contextmanager
def no_interrupt() -> Iterator[None]:
    """Ctrl-C waits until workers are started: they are born deaf to it, and so end without a word.

    A masked signal may still come to a thread of a library (OpenBLAS has some), and Python would raise it in this one:
    so it is only noted.
    """
    noted: list[int] = []
    taken = threading.current_thread() is threading.main_thread()
    answer = signal.getsignal(signal.SIGINT)
    taken = taken and answer is not None  # None: not set from Python, and not to be set again from it
    if taken:
        signal.signal(signal.SIGINT, lambda number, frame: noted.append(number))
    masks = hasattr(signal, "pthread_sigmask")
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT}) if masks else None
    try:
        yield
    finally:
        if before is not None:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)  # what waits is noted here
        if taken:
            signal.signal(signal.SIGINT, answer)
            if noted:
                signal.raise_signal(signal.SIGINT)


def begin_child(parent: int) -> None:
    """Ctrl-C is the parent's affair, and without a parent there is nothing to do."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    threading.Thread(target=_end_with, args=(multiprocessing.parent_process(),), daemon=True).start()
    if sys.platform == "linux":
        # Compiled code may keep the watching thread waiting; the kernel does not wait.
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)


def _end_with(parent: Any) -> None:
    parent.join()
    os._exit(1)
