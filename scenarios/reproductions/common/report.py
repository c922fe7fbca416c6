"""Parts of every reproduction: the request, the report, runs, notes and pictures.

A report has rows with the published number beside the measured one, curves, notes, and pictures.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from eventnet.analysis.parallel import in_processes
from eventnet.data import Digits, digits, mnist
from eventnet.errors import ModelError

Row = dict[str, Any]
Say = Callable[[str], None]
Reproduction = Callable[["Request"], "ReproductionReport"]


@dataclass
class ReproductionReport:
    """rows make the table, curves the picture's data, notes say on which split, seed and epochs."""

    name: str
    title: str
    source: str
    rows: list[Row]
    notes: list[str] = field(default_factory=list)
    curves: list[Row] = field(default_factory=list)
    pictures: list[Path] = field(default_factory=list)


@dataclass(frozen=True)
class Request:
    """A user's request: data and a network that may not ship, whether to be quick, where to put pictures."""

    out: Path
    data: Path | None = None
    network: Path | None = None
    quick: bool = False
    seed: int = 1234
    say: Say = print
    processes: int = 2

    @property
    def folder(self) -> str | None:
        """`data` as a text, as jobs in other processes take it."""
        return None if self.data is None else str(self.data)

    def seeds(self, n: int = 3, quick: int = 1) -> list[int]:
        """So many seeds, from that of the request on."""
        return [self.seed + k for k in range(quick if self.quick else n)]

    def needed(self, what: str) -> Path:
        """The folder with data that do not ship. Raises ModelError that says what to get, where none is named."""
        if self.data is None:
            raise ModelError(f"{what} into a folder and name it: --data FOLDER")
        return self.data


def takes_network(reproduction: Reproduction) -> Reproduction:
    """Say that a reproduction asks for a network's file, which is refused to all others."""
    reproduction.takes_network = True  # type: ignore[attr-defined]
    return reproduction


def digits_for(folder: str | None, split: str, *, embedded: bool) -> Digits:
    """The embedded digits, or a split of MNIST from a folder."""
    return digits() if embedded else mnist(folder, split)


# --- runs ---
def in_parallel(function: Callable[..., Any], jobs: Sequence[tuple[Any, ...]], request: Request) -> list[Any]:
    """function(*job) for every job, in processes of their own, in the order of the jobs; says how far it is."""
    return in_processes(
        _call, function, jobs, processes=request.processes,
        progress=lambda done, of: request.say(f"  {done} of {of} done"),
    )  # fmt: skip


def rows_of_all(function: Callable[..., list[Row]], jobs: Sequence[tuple[Any, ...]], request: Request) -> list[Row]:
    """The rows of all jobs, one after the other."""
    return [row for rows in in_parallel(function, jobs, request) for row in rows]


def _call(function: Callable[..., Any], job: tuple[Any, ...]) -> Any:
    return function(*job)


# --- numbers and notes ---
QUICK_NOTE = "quick: few frames and a network that has hardly learned; only the full run compares"


def rounded(value: Any, digits: int) -> float:
    """A number with so many digits that count."""
    return float(f"{value:.{digits}g}")


def spread(values: Sequence[float], form: str) -> str:
    """Mean, least and most, as texts of a form."""
    return f"{np.mean(values):{form}} ({min(values):{form}} to {max(values):{form}})"


def listed(values: Iterable[Any]) -> str:
    """Values with commas."""
    return ", ".join(map(str, values))
