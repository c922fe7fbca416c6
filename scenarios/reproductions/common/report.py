"""Parts of every reproduction: the request, the report, runs, notes and pictures.

A report has rows with the published number beside the measured one, curves, notes, and pictures.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from eventnet.analysis.parallel import in_processes
from eventnet.data import Digits, digits, mnist
from eventnet.errors import ModelError
from eventnet.scenarios.shared.paired import mean_interval, paired_difference

Row = dict[str, Any]
Say = Callable[[str], None]
Reproduction = Callable[["Request"], "ReproductionReport"]

SEEDS = 10
"""Seeds of a study whose claims are differences: as many as make intervals narrow, where a run is short."""


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
    """A user's request: data and a network that may not ship, whether to be quick, where to put pictures.

    most_seeds: so many of those that a reproduction takes, and no more; None for all of them.
    """

    out: Path
    data: Path | None = None
    network: Path | None = None
    quick: bool = False
    seed: int = 1234
    say: Say = print
    processes: int = 2
    most_seeds: int | None = None

    @property
    def folder(self) -> str | None:
        """`data` as a text, as jobs in other processes take it."""
        return None if self.data is None else str(self.data)

    def seeds(self, n: int = 3, quick: int = 1) -> list[int]:
        """So many seeds, from that of the request on, as far as it allows."""
        wanted = quick if self.quick else n
        return [self.seed + k for k in range(wanted if self.most_seeds is None else min(wanted, self.most_seeds))]

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
QUICK_NOTE = "quick: nothing follows from this run; it is short, and what learns in it has hardly learned"


def quick_form(report: ReproductionReport) -> ReproductionReport:
    """A report of a quick run: QUICK_NOTE is its first note, and nothing published is left beside what was measured.

    Columns named `published ...` or `..., published`, the `difference` from them, and notes that speak of what is
    published are left out.
    """
    notes = [QUICK_NOTE, *(note for note in report.notes if "published" not in note)]
    return replace(report, rows=_measured(report.rows), curves=_measured(report.curves), notes=notes)


def _measured(rows: list[Row]) -> list[Row]:
    return [
        {name: value for name, value in row.items() if not _is_published(name) and name != "difference"} for row in rows
    ]


def _is_published(name: str) -> bool:
    return name.startswith("published") or name.endswith(", published")


def rounded(value: Any, digits: int) -> float:
    """A number with so many digits that count."""
    return float(f"{value:.{digits}g}")


def spread(values: Sequence[float], form: str) -> str:
    """Mean, least and most, as texts of a form."""
    return f"{np.mean(values):{form}} ({min(values):{form}} to {max(values):{form}})"


def compared(name: str, mine: Mapping[int, float], partner: str, theirs: Mapping[int, float], form: str) -> Row:
    """Columns of a quantity by seed: its mean, and the mean of paired differences from a partner, with intervals."""
    own, apart = mean_interval(list(mine.values())), paired_difference(mine, theirs)
    return {
        name: float(f"{own.mean:{form}}"), f"{name}, 95%": own.ends(form),
        "partner": partner, "minus partner": float(f"{apart.mean:{form}}"),
        "minus partner, 95%": apart.ends(f"+{form}"),
    }  # fmt: skip


STUCK = 30.0
"""A network with more errors than this, in percent, when it has seen its first samples once, counts as stuck."""
STUCK_NOTE = f"stuck: more than {STUCK:g}% after the first epoch"


def stuck(errors: Sequence[float]) -> str:
    """Of networks with these errors in percent after their first epoch, those that are stuck: "1 of 5"."""
    return f"{sum(error > STUCK for error in errors)} of {len(errors)}"


INTERVALS = "mean and paired difference from the partner, seed by seed, with intervals of 95% by Student's t"


def listed(values: Iterable[Any]) -> str:
    """Values with commas."""
    return ", ".join(map(str, values))
