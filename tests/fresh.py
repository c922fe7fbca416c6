"""Scripts in processes of their own, each forked from one that has imported eventnet: a second less for each."""

from __future__ import annotations

import multiprocessing
import os
import runpy
import sys
from pathlib import Path
from typing import NamedTuple

METHOD = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
CONTEXT = multiprocessing.get_context(METHOD)
if METHOD == "forkserver":
    CONTEXT.set_forkserver_preload(["eventnet"])


class Ended(NamedTuple):
    """How a script ended, and what it wrote."""

    code: int | None
    out: str
    err: str


def run(script: Path, *, timeout: float = 300) -> Ended:
    """Run a script in its folder, as `python script` there would; code is None where it took too long."""
    process = CONTEXT.Process(target=begin, args=(script,))
    process.start()
    process.join(timeout)
    if process.is_alive():
        process.kill()
        process.join()
        return Ended(None, *written(script))
    return Ended(process.exitcode, *written(script))


def written(script: Path) -> tuple[str, str]:
    """What it wrote to its output and its errors."""
    return script.with_suffix(".out").read_text(), script.with_suffix(".err").read_text()


def begin(script: Path) -> None:
    """In the new process: output goes to files beside the script."""
    for stream, suffix in ((1, ".out"), (2, ".err")):
        os.dup2(os.open(script.with_suffix(suffix), os.O_WRONLY | os.O_CREAT | os.O_TRUNC), stream)
    os.chdir(script.parent)
    sys.path.insert(0, str(script.parent))
    sys.argv = [str(script)]
    runpy.run_path(str(script), run_name="__main__")
