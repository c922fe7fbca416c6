"""Kinds of what is swept, by name; a kind is a file `kind_NAME.py` of this folder, whose `KIND` it is.

Another package names its own in the entry point group `eventnet.sweep_kinds`, as `my-kind = "package.module:KIND"`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eventnet.base.listing import Listing, files_of
from eventnet.errors import ModelError

Numbers = Mapping[str, Any]
"""Results of a job by name: numbers, texts, True and False, None; NumPy's numbers, and mappings of these, too."""


@dataclass(frozen=True)
class Prepared:
    """The argument of a kind's `prepare`, before anything runs.

    name: of what is run. fixed: parameters that are the same in every job. names: of all parameters, for a check.
    data: a folder with data, where one was named. folder: where relative paths begin. function: in place of a name.
    """

    name: str
    fixed: Mapping[str, Any]
    names: tuple[str, ...]
    data: Path | None = None
    folder: Path = Path()
    function: Callable[..., Any] | None = None


def _nothing(prepared: Any, parameter: str) -> str:
    """No remark."""
    return ""


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One kind of what is swept.

    prepare  reads what all jobs share, and refuses what no job could do: a name, a parameter, a file. Its result
             is pickled and goes to every worker, so that a worker needs no file
    run      of what was prepared, the parameters of a job and its seed; its numbers
    trace    of what was prepared: a text that changes with everything that results follow from but parameters, seed and
             the package's own code: data, files, another module's code
    remark   why a parameter, of what was prepared, may well have no effect, for jobs that agree; "" for nothing to say
    """

    prepare: Callable[[Prepared], Any]
    run: Callable[[Any, Mapping[str, Any], int], Numbers]
    trace: Callable[[Any], str]
    remark: Callable[[Any, str], str] = _nothing


PREFIX = "kind_"


def _own() -> dict[str, str]:
    found = files_of([os.path.dirname(__file__)], __name__.rpartition(".")[0], PREFIX)
    return {name: f"{module}:KIND" for name, module in found.items()}


KINDS = Listing("kind of sweep", "eventnet.sweep_kinds", _own, "scenario model network function".split())
FUNCTION = "function"


def find(name: str) -> Kind:
    """The kind of this name. Raises ModelError for one that there is not."""
    found = KINDS.find(name)
    if not isinstance(found, Kind):
        raise ModelError(f"the kind of sweep {name!r} is {found!r}; wanted a Kind")
    return found
