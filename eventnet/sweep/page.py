"""A sweep as one page that needs nothing else: its pictures, means at each point, what is equal, and what failed."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from eventnet.base.files import read_file, write_beside
from eventnet.report import render
from eventnet.scenarios.shared.paired import MeanInterval
from eventnet.sweep.pictures import Point, averages
from eventnet.sweep.plan import Plot
from eventnet.sweep.table import Found

MOST_POINTS, MOST_ERRORS = 2000, 200
"""Rows of the page: the table of the folder has all."""


def write_page(found: Found, path: str | Path, manifest: Mapping[str, Any]) -> int:
    """Write the page of a sweep whose jobs are all done, or have failed; returns its bytes.

    manifest: `command_line`, `seed` and `versions`. Pictures are those in the sweep's folder. Raises DataError where
    the page cannot be written.
    """
    page = render(describe_sweep(found, manifest), ("sweep.js",), images=True)
    write_beside(Path(path), page)
    return len(page)


def describe_sweep(found: Found, manifest: Mapping[str, Any]) -> dict[str, Any]:
    """The contents of the page, as plain values."""
    sweep = found.work.sweep
    subject = sweep.subject if sweep.kind == sweep.subject or not sweep.name else f"{sweep.kind} {sweep.name}"
    about = f"{len(sweep):,} jobs over {', '.join(sweep.varied) or 'seeds'}; {found.done:,} are done."
    settings = {name: getattr(sweep, name) for name in "fixed grid random samples points".split()}
    return {
        "title": f"Sweep of {subject}", "about": [about], "manifest": dict(manifest),
        "jobs": len(sweep), "done": found.done, "failed": found.failed, "seeds": list(sweep.job_seeds),
        "sha256": found.sha256, "equal": [str(each) for each in found.equal()],
        "settings": json.loads(json.dumps({name: value for name, value in settings.items() if value})),
        "points": _points(found), "pictures": [_picture(found, plot) for plot in sweep.plots],
        "errors": list(_errors(found)),
    }  # fmt: skip


def _points(found: Found) -> dict[str, Any]:
    """Means of results that are numbers in every job, at the first points, and half of their intervals, if any."""
    sweep = found.work.sweep
    known: dict[str, bool] = {}
    for record in found.records():
        for name, value in record.get("results", {}).items():
            known[name] = known.get(name, True) and isinstance(value, int | float)
    names = [name for name, number in known.items() if number]
    columns = {name: averages(found, list(sweep.varied), name) for name in names}
    points: dict[Point, None] = {point: None for column in columns.values() for point in column}
    rows = [
        [*map(_plain, point), *(n for name in names for n in _numbers(columns[name].get(point), len(sweep.job_seeds)))]
        for point in list(points)[:MOST_POINTS]
    ]
    return {"parameters": list(sweep.varied), "results": names, "rows": rows, "of": len(points)}


def _numbers(mean: MeanInterval | None, seeds: int) -> list[float | None]:
    """A mean and half of its interval; the mean alone where there is one seed."""
    each = [None, None] if mean is None else [mean.mean, None if mean.high is None else mean.high - mean.mean]
    finite = [value if value is None or abs(value) < float("inf") else None for value in each]
    return finite[: 2 if seeds > 1 else 1]


def _plain(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _picture(found: Found, plot: Plot) -> dict[str, str]:
    by = " and ".join(name for name in (plot.x, plot.y, plot.lines) if name is not None)
    png = base64.b64encode(read_file(found.folder / plot.file)).decode()
    return {"title": f"{plot.value} by {by}", "file": plot.file, "png": png}


def _errors(found: Found) -> Iterator[list[Any]]:
    """Parameters, seed and error of the first jobs that failed."""
    shown = 0
    for record in found.records() if found.failed else ():
        if "error" in record and shown < MOST_ERRORS:
            shown += 1
            error = record["error"]
            yield [json.dumps(record["parameters"]), record["seed"], f"{error['kind']}: {error['message']}"]
