"""The registry of scenarios: files of their names, and entry points of other packages.

A file `scenario_NAME.py` in a folder of eventnet/scenarios/ is the scenario NAME, with `-`
for `_`, and has it as `SCENARIO`. Another package names its own in the entry point group `eventnet.scenarios`, as
`my-scenario = "package.module:SCENARIO"`.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pkgutil import iter_modules
from typing import Any

from eventnet import scenarios
from eventnet.base.listing import Listing, files_of
from eventnet.errors import EventnetError, ModelError
from eventnet.scenarios.shared.scenario import Asked, Scenario

PREFIX = "scenario_"


def _own() -> dict[str, str]:
    """Where the scenario of each file in a folder of eventnet/scenarios/ stands."""
    made: dict[str, str] = {}
    for folder in iter_modules(scenarios.__path__):
        if folder.ispkg:
            above = os.path.join(folder.module_finder.path, folder.name)  # type: ignore[union-attr]
            found = files_of([above], f"{scenarios.__name__}.{folder.name}", PREFIX)
            made |= {name: f"{module}:SCENARIO" for name, module in found.items()}
    return made


SCENARIOS = Listing(
    "scenario", "eventnet.scenarios", _own, "dvs-gyro robot pays gaze stdp-digits stdp-pattern stdp-dvs".split()
)


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
