"""One thread for linear algebra: sums are added in one order, and workers do not take each other's cores.

A product of matrices that several threads share adds up in another order, so weights that were learned with it are
others on a machine with other cores. Where other work shares the cores, threads wait for one another besides, and small
matrices take many times as long.
"""

from __future__ import annotations

import ctypes
import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from threading import Lock
from typing import TypeVar

import numpy as np

FORMS = "scipy_openblas_{}_num_threads64_", "openblas_{}_num_threads64_", "openblas_{}_num_threads"
"""Names of functions of OpenBLAS, as wheels of NumPy have had them."""

C = TypeVar("C", bound=type)

_lock = Lock()
_inside = 0
_before = 1


@contextmanager
def one_thread() -> Iterator[None]:
    """NumPy's OpenBLAS computes in the calling thread while the block runs; other libraries are left as they are."""
    global _inside, _before
    library = _library()
    if library is None:
        yield
        return
    read, write = library
    with _lock:
        if _inside == 0:
            _before = read()
            write(1)
        _inside += 1
    try:
        yield
    finally:
        with _lock:
            _inside -= 1
            if _inside == 0:
                write(_before)


def in_one_thread(made: C) -> C:
    """A class decorator: the public methods that the class defines itself compute with `one_thread`."""
    for name, member in list(vars(made).items()):
        if not name.startswith("_") and inspect.isfunction(member):
            assert not inspect.isgeneratorfunction(member), f"{name} would compute after the block"
            setattr(made, name, one_thread()(member))
    return made


@cache
def _library() -> tuple[Callable[[], int], Callable[[int], None]] | None:
    """Functions that read and set how many threads there are, of the library in NumPy's wheel; None without it."""
    package = Path(np.__file__).parent
    for folder in (package.with_name("numpy.libs"), package / ".dylibs"):
        for path in folder.glob("*openblas*"):
            with suppress(OSError):
                found = ctypes.CDLL(str(path))
                for form in FORMS:
                    with suppress(AttributeError):
                        return getattr(found, form.format("get")), getattr(found, form.format("set"))
    return None
