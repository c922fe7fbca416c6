"""The option --trace of commands that write traces."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import typer

import eventnet as en
from eventnet.analysis import Trace, count_adds, write_trace
from eventnet.analysis.trace_writing import LIMIT
from eventnet.cli.results import Screen
from eventnet.errors import DataError


def trace_option(of: str) -> Any:
    """The option --trace of a command that traces `of`."""
    return typer.Option("--trace", help=f"Also write a trace of {of}, for ui.perfetto.dev (.json or .json.gz).")


def check_place(path: Path | None) -> None:
    """Find out before a long run whether its trace has a folder to go to. Raises DataError where it has none."""
    if path is not None and not path.parent.is_dir():
        raise DataError(f"{path} cannot be written: there is no folder {path.parent}")


def trace_runs(sims: Mapping[str, en.Simulation], path: Path, until: int | None = None) -> Trace:
    """Run simulations of one network, by name, that record and have not run; write them into one trace."""
    adds = {name: count_adds(sim, LIMIT // len(sims)) for name, sim in sims.items()}
    net = next(iter(sims.values())).net
    return write_trace({name: sim.run(until).log for name, sim in sims.items()}, net, path, adds=adds)


def say_traces(screen: Screen, trace: Trace) -> dict[str, Any]:
    """Print the path and contents of the trace; returns what to add to the command's JSON."""
    screen.say_path("trace, to open at ui.perfetto.dev:", trace.path)
    screen.say(f"({trace})")
    return {"trace": trace.to_dict()}
