"""Scenarios of `eventnet run`: what one is (defaults, run, tables, figures, options), and those that there are by name.

A file `scenario_NAME.py` in a folder of eventnet/scenarios/ is the scenario NAME, with `-`
for `_`, and has it as `SCENARIO`. Another package names its own in the entry point group `eventnet.scenarios`, as
`my-scenario = "package.module:SCENARIO"`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path
from pkgutil import iter_modules
from typing import Any, Generic, NamedTuple, TypeVar

from rich.table import Table

from eventnet import scenarios
from eventnet.base.listing import Listing, files_of
from eventnet.errors import EventnetError, ModelError
from eventnet.io import Recording, open_events
from eventnet.order import ORDERS
from eventnet.scenarios.shared.parameter_file import as_toml, load
from eventnet.simulation import Simulation
from eventnet.view import RunRecorder

P = TypeVar("P")
"""A scenario's parameters: a dataclass of tables, `run` among them, which has a `seed`."""
F = TypeVar("F")
"""The result of a scenario."""

Progress = Callable[[int, int], None]
"""Called with how much is done, and of how much."""

BOTH = ("sign", "channels")
"""Polarities by which both kinds of events go in."""
WATCHED = frozenset({"view", "ros2"})
"""Options of a scenario that can be watched."""
LIVE = frozenset({"live"})
"""The option of a scenario that can be watched while it runs."""
BREADTH_FIRST = ("breadth", *(name for name in ORDERS if name != "breadth"))
"""Orders of a scenario whose usual one is breadth-first."""
REPORTED = frozenset({"report"})
"""Options of a scenario of which a run can be reported."""
USUAL = frozenset({"file", "full", "print-config"})
"""Options of a scenario that says nothing of them; --seed, --processes, --out, --fresh and --json hold for all."""


@dataclass(frozen=True)
class Asked:
    """Options of a command line for a scenario. None, False: not given.

    of_recording: those that say what of a recording is used, and how its file is read; opened: opens one by them.
    """

    file: Path | None = None
    full: bool = False
    print_config: bool = False
    train: bool = False
    recording: Path | None = None
    of_recording: Mapping[str, Any] = field(default_factory=dict)
    opened: Callable[[Path], Recording] = open_events
    networks: int | None = None
    epochs: int | None = None
    quiet: tuple[int, int] | None = None
    focal_px: float | None = None
    neurons: int | None = None
    data: Path | None = None
    view: Path | None = None
    ros2: Path | None = None
    live: bool = False
    report: Path | None = None
    seed: int | None = None
    processes: int = 1

    def options(self) -> list[str]:
        """The options that are given, of those that hold for some scenarios only."""
        return [name.replace("_", "-") for name in RESTRICTED if getattr(self, name) not in (None, False)]

    @property
    def is_watched(self) -> bool:
        """Whether one of the runs is to be written into files, to be looked at."""
        return self.view is not None or self.ros2 is not None

    def open_recording(self) -> Recording:
        """The recording that was given, or the part of it that was asked for."""
        assert self.recording is not None
        return self.opened(self.recording)

    def in_place_of(self) -> dict[str, int]:
        """The values that replace those of the same keys of the table `run`."""
        given = {name: getattr(self, name) for name in ("seed", "neurons", "networks", "epochs")}
        return {name: value for name, value in given.items() if value is not None}


RESTRICTED = (
    "file full print_config train recording networks epochs quiet focal_px neurons data view ros2 live report".split()
)


class ResultNumber(NamedTuple):
    """One number of a result folder: of which run, what, its value and unit, and where (an epoch, a layer, a way)."""

    run: str
    quantity: str
    value: float | int | str
    unit: str = ""
    at: str = ""


class ReportedRun(NamedTuple):
    """A run for a report: a simulation that records and counts roots, with its inputs, its end, and words about it."""

    sim: Simulation
    until: int
    title: str
    about: str


@dataclass(frozen=True)
class Desk:
    """The working place of a scenario: itself, its options, the result folder, and its progress.

    progress(what) is a context manager that gives a `Progress`; say_path(text, path) says a line that ends in a path.
    recorder: of a scenario that can be watched and has no `watch`: it looks at one of the runs, if that was asked for.
    """

    scenario: Scenario[Any, Any]
    asked: Asked
    folder: Path
    say: Callable[[str], None]
    say_path: Callable[[str, Path], None]
    progress: Callable[[str], AbstractContextManager[Progress]]
    recorder: RunRecorder | None = None


def _only_parameters(parameters: Any, found: Any) -> dict[str, Any]:
    return {"parameters": as_toml(parameters)}


def _options_of(scenario: Scenario[Any, Any], parameters: Any, asked: Asked) -> dict[str, Any]:
    given = {"scenario": scenario.name, "file": asked.file, "full": asked.full, "seed": parameters.run.seed}
    given["processes"] = asked.processes
    return given | (
        {"train": asked.train} if asked.recording is None else {"recording": asked.recording, **asked.of_recording}
    )


@dataclass(frozen=True, kw_only=True)
class Scenario(Generic[P, F]):
    """One scenario of `eventnet run`.

    It stands in a file `scenario_NAME.py` of a folder of eventnet/scenarios/, whose `SCENARIO` it is, or is an entry
    point of the group `eventnet.scenarios`.

    defaults        the parameters that a file and options are laid over
    run             does all that takes time, and says what is being done; what it finds goes into all that follow
    tables, sentences, numbers, figures
                    what is shown, what is said then, all numbers of the result folder, and PNG by file name; a table
                    or a picture that is None is left out
    polarity        how events of a recording go into the network: "sign" or "channels"
    options         those that hold; all others are refused. reasons: why one does not, where that is not plain; goes on
                    the scenario's name
    variants        what it is with an option: another scenario, whose name ends in that option
    manifest        what the manifest has besides options, seed and versions; written: those options
    reads           files that the parameters name
    finish          writes further files; last_words: go before the name of the result folder, if it has pictures
    watch           goes through one of the runs once more, with a recorder that looks at it; its options are `WATCHED`.
                    Without it, `run` lets the desk's recorder look at one of the runs
    live            goes through that run before anything is found, in a process of its own, in one of `orders`; its
                    option is `LIVE`. orders: the usual one first; none: it has one order, and hears ""
    reported        makes one of the runs once more, up to its beginning, for a report; its options are `REPORTED`
    """

    name: str
    summary: str
    defaults: Callable[[Asked], P]
    run: Callable[[P, Desk], F]
    numbers: Callable[[F], Iterable[ResultNumber]]
    tables: Sequence[Callable[[F], Table | None]] = ()
    sentences: Callable[[F], Iterable[str]] = lambda found: ()
    figures: Mapping[str, Callable[[F], bytes | None]] = field(default_factory=dict)
    polarity: str = "sign"
    options: frozenset[str] = USUAL
    reasons: Mapping[str, str] = field(default_factory=dict)
    variants: Mapping[str, Scenario[Any, Any]] = field(default_factory=dict)
    manifest: Callable[[P, F], dict[str, Any]] = _only_parameters
    written: Callable[[Scenario[P, F], P, Asked], dict[str, Any]] = _options_of
    reads: Callable[[P], list[Path]] = lambda parameters: []
    finish: Callable[[F, Path], None] = lambda found, folder: None
    last_words: str = "Pictures, CSV and JSON:"
    watch: Callable[[P, F, RunRecorder], object] | None = None
    live: Callable[[P, RunRecorder, str], None] | None = None
    orders: Sequence[str] = ()
    reported: Callable[[P], ReportedRun] | None = None


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


PREFIX = "scenario_"


def _own() -> dict[str, str]:
    """The place, `module:SCENARIO`, of the scenario of each file in a folder of eventnet/scenarios/, by name."""
    made: dict[str, str] = {}
    for folder in iter_modules(scenarios.__path__):
        if folder.ispkg:
            above = os.path.join(folder.module_finder.path, folder.name)  # type: ignore[union-attr]
            found = files_of([above], f"{scenarios.__name__}.{folder.name}", PREFIX)
            made |= {name: f"{module}:SCENARIO" for name, module in found.items()}
    return made


SCENARIOS = Listing(
    "scenario", "eventnet.scenarios", _own,
    "dvs-gyro robot pays gaze stdp-digits stdp-pattern stdp-dvs hopfield equilibrium".split()
    + "brunel vogels-abbott microcircuit".split(),
)  # fmt: skip


def find(name: str) -> Scenario[Any, Any]:
    """The scenario of this name. Raises ModelError for one that there is not, or that has another name itself."""
    found: Scenario[Any, Any] = SCENARIOS.find(name)
    if found.name != name:
        raise ModelError(f"the scenario {name} calls itself {found.name!r}")
    return found


def choose(name: str, asked: Asked) -> Scenario[Any, Any]:
    """The scenario of this name, or what it is with an option. Raises ModelError for an option that does not hold."""
    found = find(name)
    chosen = next((other for option, other in found.variants.items() if option in asked.options()), found)
    refuse(chosen, asked)
    return chosen


def refuse(scenario: Scenario[Any, Any], asked: Asked) -> None:
    """Raises ModelError for the first option that does not hold for the scenario: says for which ones it does."""
    for option in asked.options():
        if option not in scenario.options:
            raise ModelError(_refusal(option, scenario))
    for option, value in asked.of_recording.items():
        if "recording" not in scenario.options and "recording" not in scenario.variants:
            raise ModelError(_refusal("recording", scenario).replace("--recording", f"--{option} of a --recording", 1))
        if asked.recording is None:
            raise ModelError(f"--{option} is of a recording; wanted --recording FILE, too")
        if option == "polarity" and value in BOTH and value != scenario.polarity:
            raise ModelError(
                f"--polarity is {value}, but {scenario.name} has its own network; wanted {scenario.polarity}, on or off"
            )


def _refusal(option: str, scenario: Scenario[Any, Any]) -> str:
    """One sentence: why, and for which scenarios the option holds."""
    flag = "a file of parameters" if option == "file" else f"--{option}"
    holds = _in_words(known.name.removesuffix(f" {flag}") for known in everything() if option in known.options)
    if option in scenario.reasons:
        return f"{scenario.name} {scenario.reasons[option]}; it has no {flag}, which goes with {holds}"
    return f"{flag} goes with {holds}; not with {scenario.name}"


def everything() -> Iterator[Scenario[Any, Any]]:
    """All scenarios that can be had, each followed by what it may be by options."""
    for name in SCENARIOS.names():
        try:
            found = find(name)
        except EventnetError:  # another package's; whoever asks for it hears why
            continue
        yield found
        yield from found.variants.values()


def _in_words(names: Iterable[str]) -> str:
    *most, last = [*names] or [""]
    return f"{', '.join(most)} and {last}" if most else last
