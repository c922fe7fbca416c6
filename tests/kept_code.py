"""Compiled code that this run of the tests has kept, for tests that want a folder of their own: compiling takes longest."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path

from eventnet.kernels.compiling import cache_folder


def copied(home: Path) -> Path:
    """Copy it to where it is looked for with NUMBA_CACHE_DIR=home; several workers may do so at once."""
    if (folder := cache_folder()) is not None:
        made = home / folder.parent.name / folder.name
        made.mkdir(mode=0o700, parents=True, exist_ok=True)
        for entry in os.scandir(folder):
            part = made / f".{os.getpid()}-{entry.name}"
            with suppress(FileNotFoundError):  # another process has replaced it, and what it was made of is kept anew
                if not (made / entry.name).exists():
                    _same(entry.path, part)
                    part.replace(made / entry.name)
    return home


def _same(file: str, other: Path) -> None:
    """One file under two names, where that can be: Numba replaces a file and never writes into one."""
    try:
        os.link(file, other)
    except FileNotFoundError:
        raise
    except OSError:
        shutil.copyfile(file, other)
