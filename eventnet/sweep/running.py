"""Running a sweep: the jobs that are left, wherever they are done, each kept as it comes."""

from __future__ import annotations

import json
from array import array
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from eventnet.analysis.clients import Client, checked, current
from eventnet.analysis.handed import Lost
from eventnet.analysis.parallel import Progress, as_they_come, cores
from eventnet.base.files import beside, write_beside
from eventnet.engine.values import Unmovable
from eventnet.errors import ModelError
from eventnet.given import whole_number
from eventnet.sweep.pictures import draw
from eventnet.sweep.plan import Sweep
from eventnet.sweep.store import ResultStore
from eventnet.sweep.table import Found, write_tables
from eventnet.sweep.work import SweepWork, outcome, prepared, results

LITTLE_S = 10.0
"""Less work, by the first job, is not worth processes: to start one takes 2 s."""


def run_sweep(
    sweep: Sweep, out: str | Path, *, processes: int | None = None, client: Client | None = None, batch: int = 1,
    part: tuple[int, int] | None = None, retry: bool = False, progress: Progress | None = None,
) -> Found:  # fmt: skip
    """Do the jobs of a sweep that are not done, and write its table and pictures when all are.

    out        the folder of results; a sweep that is run again goes on from what is there
    processes  jobs at a time; None: one for little work, else one a core. The results are the same
    client     what does the jobs in place of processes, on other machines perhaps: see `eventnet.analysis.on_client`
    batch      jobs a task of a client, for short ones
    part       (I, N): only jobs whose number, counted from 0, leaves I when divided by N, for arrays of a batch system
    retry      do those again that failed
    progress   called with (jobs done, jobs of this part in all)

    A job that fails is kept with its error, and stops no other. Raises what the sweep's kind has against it, ModelError
    for other numbers than these, DataError where results cannot be written, EngineError where a client fails.
    """
    store, (first, every) = ResultStore(out), _part(part)
    work, asked = prepared(sweep), range(first, len(sweep), every)
    left = _left(work, store, asked, retry)
    begun = len(asked) - len(left)
    report = progress or (lambda done, of: None)
    report(begun, len(asked))
    for k, (number, found) in enumerate(_coming(work, left, processes, client, batch), start=begun + 1):
        job = sweep.job(number)
        if isinstance(found, Lost):
            found = {"error": {"kind": "Lost", "message": found.why, "traceback": ""}, "seconds": 0.0}
        store.keep(work.name(job), {"parameters": job.parameters, "seed": job.seed, **found})
        report(k, len(asked))
    made = Found(work, store, begun)
    if made.complete:
        with beside(store.folder / "sweep.json") as file:  # piece by piece: a grid may have as many values as jobs
            file.writelines(piece.encode() for piece in json.JSONEncoder(indent=1).iterencode(_about(sweep, made)))
            file.write(b"\n")
        write_tables(made)
        for plot in sweep.plots:
            write_beside(store.folder / plot.file, draw(made, plot))
    return made


def _left(work: SweepWork, store: ResultStore, asked: Sequence[int], retry: bool) -> Sequence[int]:
    """Numbers of the jobs that are to be done."""
    done, failed = store.names()
    if not (done or failed):
        return asked
    there = [done] if retry else [done, failed]
    names = ((number, work.name(work.sweep.job(number))) for number in asked)
    return array("q", (number for number, name in names if not any(name in some for some in there)))


def _coming(work: SweepWork, left: Sequence[int], processes: int | None, client: Client | None, batch: int) -> Any:
    """Numbers of jobs and what became of them, as they come."""
    if processes is not None:
        whole_number("processes", processes, 1)
    whole_number("batch", batch, 1)
    client = current() if client is None else checked(client)
    if processes is None and client is None and left:
        number, left = left[0], left[1:]
        found = outcome(work, number)
        yield number, found
        processes = cores() if found["seconds"] * len(left) > LITTLE_S else 1
    jobs = range(len(work.sweep))
    try:
        coming = as_they_come(outcome, work, jobs, left, processes=processes or 1, client=client, batch=batch)
        with closing(coming):
            yield from coming
    except Unmovable as why:
        raise ModelError(f"this sweep stays in one process: {why}; wanted processes=1") from None


def _part(part: tuple[int, int] | None) -> tuple[int, int]:
    first, every = (0, 1) if part is None else part
    whole_number("the number of parts", every, 1)
    return whole_number("the number of a part", first, 0, every - 1), every


def _about(sweep: Sweep, found: Found) -> dict[str, Any]:
    """Description of the sweep of a folder of results, ready for JSON."""
    names = "name seed fixed grid random samples points".split()
    about = {"of": sweep.kind, "subject": sweep.subject, **{name: getattr(sweep, name) for name in names}}
    about |= {
        "seeds": sweep.job_seeds,
        "jobs": len(sweep),
        "failed": found.failed,
        "sha256 of all results": found.sha256,
    }
    return about


def run(
    parameters: Mapping[str, Any], *, of: str | Callable[..., Any], name: str = "", seed: int = 0,
    data: str | Path | None = None, out: str | Path | None = None,
) -> dict[str, Any]:  # fmt: skip
    """The results of a single job, for who chooses points one by one: optuna, hydra, a notebook.

    of, name, data: as of a `Sweep`. seed: of the job. out: a folder of results, where it is looked for first and kept;
    a sweep over the same point and seed finds it there. Raises what the job raises; that is not kept.
    """
    work = prepared(Sweep(of, name, fixed=parameters, seeds=(seed,), data=data))
    job = work.sweep.job(0)
    if out is None:
        return results(work, job)
    store, named = ResultStore(out), work.name(job)
    kept = store.find(named)
    if kept is None or "results" not in kept:
        made = outcome(work, 0)
        if "error" in made:
            return results(work, job)  # once more, so that it raises what it raises
        kept = {"parameters": job.parameters, "seed": job.seed, **made}
        store.keep(named, kept)
    found: dict[str, Any] = kept["results"]
    return found
