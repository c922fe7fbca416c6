"""Sweeps of a scenario of `eventnet run`: keys of its parameter file, as "table.key"; its numbers are the results.

Parameters without a dot are options of the command (`full`, `neurons`, `networks`, `epochs`), the same in every job.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from eventnet.engine.journal import trace_of
from eventnet.engine.values import digest
from eventnet.errors import ModelError
from eventnet.scenarios.shared.parameter_file import as_toml, laid_over
from eventnet.scenarios.shared.scenario import Asked, Desk, ResultNumber, choose, parameters_of
from eventnet.sweep.kinds import Kind, Numbers, Prepared

OPTIONS = "full networks epochs neurons".split()
"""Options that are parameters."""


@dataclass(frozen=True)
class ScenarioSubject:
    """A scenario's name, its options, and the parameters that those of a job are laid over."""

    name: str
    asked: Asked
    base: Any
    files: str


def _prepare(given: Prepared) -> ScenarioSubject:
    bare = [name for name in given.names if "." not in name]
    for name in bare:
        if name not in OPTIONS or name not in given.fixed:
            raise ModelError(
                f"{name!r} is no parameter of a scenario; wanted table.key, as in its file, or in [fixed] one of "
                f"{', '.join(OPTIONS)}"
            )
    asked = Asked(data=given.data, **{name: given.fixed[name] for name in bare})
    scenario = choose(given.name, asked)
    base = parameters_of(scenario, asked)
    for name in given.names:
        table, _, key = name.partition(".")
        if "." in name and not hasattr(getattr(base, table, None), key):
            raise ModelError(f"the scenario {given.name} has no parameter {name!r}; eventnet run {given.name} "
                             "--print-config lists them")  # fmt: skip
    files = [trace_of(path) for path in scenario.reads(base)]
    return ScenarioSubject(given.name, asked, base, digest(as_toml(base), files))


def _run(subject: ScenarioSubject, parameters: Mapping[str, Any], seed: int) -> Numbers:
    tables: dict[str, dict[str, Any]] = {}
    for name, value in parameters.items():
        table, _, key = name.partition(".")
        if key:
            tables.setdefault(table, {})[key] = value
    made = laid_over(subject.base, tables, "the sweep")
    asked = replace(subject.asked, seed=seed)
    made = replace(made, run=replace(made.run, **asked.in_place_of()))
    scenario = choose(subject.name, asked)
    with TemporaryDirectory() as folder:
        desk = Desk(scenario, asked, Path(folder), _nothing, _nothing, _no_progress)
        found = scenario.run(made, desk)
        return {_name(number): number.value for number in scenario.numbers(found)}


def _name(number: ResultNumber) -> str:
    return ".".join(str(part) for part in (number.run, number.quantity, number.at) if str(part))


def _nothing(*words: Any) -> None:
    """Nobody hears a job."""


@contextmanager
def _no_progress(what: str) -> Iterator[Callable[[int, int], None]]:
    yield _nothing


KIND = Kind(prepare=_prepare, run=_run, trace=lambda subject: subject.files)
