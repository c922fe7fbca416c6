"""One job: its name, and what becomes of it, here or wherever it is done."""

from __future__ import annotations

import copy
import hashlib
import json
import time
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from eventnet.analysis.clients import code
from eventnet.base.linear_algebra import one_thread
from eventnet.errors import ModelError
from eventnet.sweep.kinds import Kind, find
from eventnet.sweep.plan import Sweep, SweepJob

FORMAT = "eventnet sweep 1"
PLAIN = (type(None), bool, int, float, str)


@dataclass(frozen=True)
class SweepWork:
    """A sweep, and what its kind has prepared: all that a worker needs."""

    sweep: Sweep
    prepared: Any

    def __reduce__(self) -> tuple[Any, ...]:
        """Without what was found out on the way."""
        return SweepWork, (self.sweep, self.prepared)

    @cached_property
    def kind(self) -> Kind:
        """The kind of thing that is swept."""
        return find(self.sweep.kind)

    @cached_property
    def _common(self) -> str:
        """The part that the names of all jobs share: what is run, the package's code, versions, and data."""
        return json.dumps([FORMAT, self.sweep.kind, self.sweep.subject, self.kind.trace(self.prepared), code()])

    def name(self, job: SweepJob) -> str:
        """The name of a job: a hash of all that its result follows from."""
        text = json.dumps([self._common, job.parameters, job.seed], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:32]


def prepared(sweep: Sweep) -> SweepWork:
    """A sweep made ready. Raises what its kind has against it."""
    return SweepWork(sweep, find(sweep.kind).prepare(sweep.given))


def results(work: SweepWork, job: SweepJob) -> dict[str, Any]:
    """The results of a job: plain numbers and texts. Raises what the job raises, and ModelError for other results."""
    with one_thread():
        found = work.kind.run(work.prepared, copy.deepcopy(job.parameters), job.seed)
    return _plain(found)


def outcome(work: SweepWork, number: int) -> dict[str, Any]:
    """Run a job: its results, or its error with the traceback; and the seconds that it took."""
    job, began = work.sweep.job(number), time.perf_counter()
    made: dict[str, Any]
    try:
        made = {"results": results(work, job)}
    except (Exception, SystemExit) as error:  # a job is anybody's function
        text = "".join(traceback.format_exception(error))
        made = {"error": {"kind": type(error).__name__, "message": str(error), "traceback": text}}
    return {**made, "seconds": time.perf_counter() - began}


def _plain(found: Any, before: str = "") -> dict[str, Any]:
    """Results in one level, with dots between the names of mappings in one another."""
    if not isinstance(found, Mapping):
        raise ModelError(f"a job has given {type(found).__name__}; wanted a mapping of names to numbers")
    made: dict[str, Any] = {}
    for name, value in found.items():
        if isinstance(value, np.generic) or (isinstance(value, np.ndarray) and value.ndim == 0):
            value = value.item()
        if isinstance(value, Mapping):
            made |= _plain(value, f"{before}{name}.")
        elif isinstance(value, PLAIN):
            made[f"{before}{name}"] = value
        else:
            raise ModelError(f"the result {before}{name} is {type(value).__name__}; wanted a number or a text")
    return made
