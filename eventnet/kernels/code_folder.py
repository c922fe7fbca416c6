"""The folder of compiled code, and who may write it: the report of `eventnet info` on it needs no compiler.

The files in it are run, so it has to be the user's own.
"""

from __future__ import annotations

import functools
import multiprocessing
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import platformdirs

PACKAGE = __name__.partition(".")[0]


@functools.cache
def folder_in(given: str) -> Path | None:
    """The folder of compiled code, made if it is not there; None, and a word to the user, where there can be none.

    given: numba's CACHE_DIR, which is $NUMBA_CACHE_DIR; empty for the user's cache folder. A folder that is not the
    user's own, or that others may write or exchange, is not used: what lies there is run.
    """
    version = f"{_version()}-python{sys.version_info[0]}.{sys.version_info[1]}{getattr(sys, 'abiflags', '')}"
    home = given or platformdirs.user_cache_dir()
    folder = Path(home) / PACKAGE / f"compiled-{version}"
    try:
        if not folder.is_absolute() and not given:
            raise OSError("there is no home folder")
        for made in (folder.parent, folder):
            made.mkdir(mode=0o700, parents=True, exist_ok=True)
        for own in (folder.parent, folder):
            check_own(own)
    except OSError as error:
        cannot_keep(error.strerror or str(error), folder)
        return None
    return folder


def check_own(folder: Path) -> None:
    """Raises OSError for a folder that is not the user's own, that others may write, or that others may exchange.

    A user who may write a folder above may put another one in its place; not so where only owners may move what lies
    in it, as in the system's folder for temporary files.
    """
    if not hasattr(os, "geteuid"):
        return
    found = folder.stat()
    if found.st_uid != os.geteuid():
        raise OSError("it belongs to another user")
    if _others_write(found.st_mode):
        raise OSError("others may write it")
    for step in _way_to(Path(os.path.abspath(folder))):
        found = step.lstat()
        if found.st_uid not in (0, os.geteuid()):
            raise OSError(f"{step}, by which it is found, belongs to another user")
        if stat.S_ISDIR(found.st_mode) and _others_write(found.st_mode) and not found.st_mode & stat.S_ISVTX:
            raise OSError(f"others may write {step}, in which it lies")


def _others_write(mode: int) -> bool:
    return bool(mode & (stat.S_IWGRP | stat.S_IWOTH))


def _way_to(folder: Path) -> Iterator[Path]:
    """A folder, those above it, and those that links on the way lead through."""
    for step in (folder, *folder.parents):
        yield step
        if step.is_symlink():
            yield from _way_to(step.parent / step.readlink())


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(PACKAGE)
    except PackageNotFoundError:
        return "source"


_said: set[str] = set()


def say_once(text: str) -> None:
    """One line for the user on stderr: once, and not from each worker process."""
    if text in _said or multiprocessing.parent_process() is not None:
        return
    _said.add(text)
    with suppress(OSError, ValueError, AttributeError):  # stderr is closed or full: there is nowhere to say so
        print(f"{PACKAGE}: {text}", file=sys.stderr, flush=True)


def cannot_keep(why: str, folder: Path) -> None:
    reason = why[:1].lower() + why[1:].rstrip(".")
    say_once(
        f"compiled code cannot be kept in {folder} ({reason}), so every process compiles anew; "
        "set NUMBA_CACHE_DIR to a folder of your own"
    )
