"""What a scenario is for `eventnet run`: its defaults, its run, its tables and figures, and the options it takes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, NamedTuple, Protocol, TypeVar

from rich.table import Table

from eventnet.scenarios.shared.parameter_file import as_toml, load

P = TypeVar("P")
"""A scenario's parameters: a dataclass of tables, `run` among them, which has a `seed`."""
F = TypeVar("F")
"""What a scenario finds."""

Progress = Callable[[int, int], None]
"""Called with how much is done, and of how much."""

USUAL = frozenset({"file", "full", "print-config"})
"""Options of a scenario that says nothing of them; --seed, --processes, --out, --fresh and --json hold for all."""


@dataclass(frozen=True)
class Asked:
    """What a command line asks of a scenario. None, False: not given."""

    file: Path | None = None
    full: bool = False
    print_config: bool = False
    train: bool = False
    recording: Path | None = None
    networks: int | None = None
    epochs: int | None = None
    neurons: int | None = None
    data: Path | None = None
    seed: int | None = None
    processes: int = 1

    def options(self) -> list[str]:
        """The options that are given, of those that hold for some scenarios only."""
        return [name.replace("_", "-") for name in RESTRICTED if getattr(self, name) not in (None, False)]

    def in_place_of(self) -> dict[str, int]:
        """What stands in place of the same keys of the table `run`."""
        given = {name: getattr(self, name) for name in ("seed", "neurons", "networks", "epochs")}
        return {name: value for name, value in given.items() if value is not None}


RESTRICTED = "file full print_config train recording networks epochs neurons data".split()


class Number(NamedTuple):
    """One number of a result folder: of which run, what, its value and unit, and where (an epoch, a layer, a way)."""

    run: str
    quantity: str
    value: float | int | str
    unit: str = ""
    at: str = ""


@dataclass(frozen=True)
class Desk:
    """What a scenario works with: what was asked, the result folder, and where it says how far it is.

    progress(what) is a context manager that gives a `Progress`; say_path(text, path) says a line that ends in a path.
    """

    asked: Asked
    folder: Path
    say: Callable[[str], None]
    say_path: Callable[[str, Path], None]
    progress: Callable[[str], AbstractContextManager[Progress]]


class Scenario(Protocol[P, F]):
    """One scenario of `eventnet run`.

    It stands in a file `scenario_NAME.py` of a folder of eventnet/scenarios/, whose `SCENARIO` it is, or is an entry
    point of the group `eventnet.scenarios`. A class that inherits from this one writes `name`, `summary`, `defaults`,
    `run` and `numbers`, and what else differs from what stands here.
    """

    name: str
    summary: str
    options: frozenset[str] = USUAL
    """Options that hold for it; all others are refused."""
    reasons: ClassVar[Mapping[str, str]] = {}
    """Why an option does not hold, where that is not plain: goes on the scenario's name."""
    variants: ClassVar[Mapping[str, Scenario[Any, Any]]] = {}
    """What it is with an option: another scenario, whose name ends in that option."""
    last_words: str = "Pictures, CSV and JSON:"
    """Goes before the name of the result folder."""

    def defaults(self, asked: Asked) -> P:
        """The parameters that a file and options are laid over."""
        ...

    def run(self, parameters: P, desk: Desk) -> F:
        """Do all that takes time, and say what is being done."""
        ...

    def tables(self, found: F) -> Iterable[Table]:
        """What is shown first."""
        return ()

    def sentences(self, found: F) -> Iterable[str]:
        """What is said after the tables."""
        return ()

    def numbers(self, found: F) -> Iterable[Number]:
        """Every number of the result folder."""
        ...

    def figures(self, found: F) -> Iterator[tuple[str, bytes]]:
        """Names of pictures, and PNG."""
        yield from ()

    def manifest(self, parameters: P, found: F) -> dict[str, Any]:
        """What the manifest has besides options, seed and versions."""
        return {"parameters": as_toml(parameters)}

    def finish(self, found: F, folder: Path) -> None:
        """Write further files."""
        return

    def written_options(self, parameters: P, asked: Asked) -> dict[str, Any]:
        """The options in the manifest."""
        tables: Any = parameters
        given = {"scenario": self.name, "file": asked.file, "full": asked.full, "seed": tables.run.seed}
        given["processes"] = asked.processes
        return given | ({"train": asked.train} if asked.recording is None else {"recording": asked.recording})

    def reads(self, parameters: P) -> list[Path]:
        """Files that the parameters name."""
        return []


def parameters_of(scenario: Scenario[P, Any], asked: Asked) -> P:
    """Defaults, over them the file, over that the options. Raises DataError for a file that is wrong."""
    made: Any = scenario.defaults(asked)
    if asked.file is not None:
        made = load(asked.file, made)
    parameters: P = replace(made, run=replace(made.run, **asked.in_place_of()))
    return parameters


def short(value: float) -> str:
    """Three digits, or a whole number where there are more."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
