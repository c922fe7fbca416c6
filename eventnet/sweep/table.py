"""Results of a sweep: rows, read from the jobs' files as they are asked for; one table of them; which values agree."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from eventnet.base.files import beside
from eventnet.errors import DataError
from eventnet.sweep.store import NameSet, ResultStore
from eventnet.sweep.work import SweepWork

OUTPUTS = "outputs"
"""The result that is a hash of what a run answered, where a kind has one."""
ROWS, LETTERS = 10_000, 1 << 20
"""Rows of a Parquet file that are written together, and letters in their texts: so many at most, or one row."""
MOST_VALUES = 50
"""A parameter of the grid with more values is not asked which of them agree."""


class Equal(NamedTuple):
    """Values of a parameter that gave the same, in all pairs of jobs that differ in it alone.

    what: "every result", or "outputs" alone. remark: why that may be, where the kind knows. failed: jobs left out.
    """

    parameter: str
    values: tuple[Any, ...]
    pairs: int
    what: str
    remark: str = ""

    def __str__(self) -> str:
        values = " and ".join(map(str, self.values))
        told = "equal in every result" if self.what != OUTPUTS else "equal by hash of outputs, not in every result"
        why = f"; {self.remark}" if self.remark else ""
        return f"{self.parameter}: {values}: {told} ({self.pairs:,} of {self.pairs:,} pairs){why}"


class Found:
    """Results of a sweep, in its folder. begun: how many jobs of this call were done before it."""

    def __init__(self, work: SweepWork, store: ResultStore, begun: int = 0) -> None:
        self.work, self.store, self.begun = work, store, begun
        done, failed = store.names()
        there = Counter(self._state(number, done, failed) for number in range(len(work.sweep)))
        self.done, self.failed = there["done"], there["failed"]

    def _state(self, number: int, done: NameSet, failed: NameSet) -> str:
        name = self.work.name(self.work.sweep.job(number))
        return "done" if name in done else "failed" if name in failed else ""

    def __repr__(self) -> str:
        return f"<Found, {self.done:,} of {len(self.work.sweep):,} jobs, {self.failed:,} failed: {self.folder}>"

    @property
    def folder(self) -> Path:
        """The folder of the results."""
        return self.store.folder

    @property
    def complete(self) -> bool:
        """Whether every job has been done, or has failed."""
        return self.done + self.failed == len(self.work.sweep)

    def records(self) -> Iterator[dict[str, Any]]:
        """The record of each job, in the order of their numbers: parameters, seed, results or error, seconds, job."""
        for number in range(len(self.work.sweep)):
            name = self.work.name(self.work.sweep.job(number))
            kept = self.store.find(name)
            if kept is None:
                raise DataError(f"job {number} of the sweep has no result in {self.folder}: run it again")
            yield kept

    def rows(self) -> Iterator[dict[str, Any]]:
        """A row for each job, in the order of their numbers, with the columns of the table."""
        for record in self.records():
            yield self._row(record)

    def _row(self, record: dict[str, Any]) -> dict[str, Any]:
        parameters = {name: _cell(value) for name, value in record["parameters"].items()}
        found = {_apart(name, parameters): value for name, value in record.get("results", {}).items()}
        last = {"seconds": record["seconds"], "job": record["job"], "failure": _failure(record)}
        return {**parameters, "seed": record["seed"], **found, **last}

    @cached_property
    def columns(self) -> dict[str, type]:
        """Names of the table's columns, and what each holds: int, float, bool or str."""
        kinds: dict[str, set[type]] = {}
        last = {"seconds": float, "job": str, "failure": str}
        for row in self.rows():
            for name, value in row.items():
                kinds.setdefault(name, set()).update(() if value is None else (type(value),))
        return {name: _common(kinds[name]) for name in kinds if name not in last} | last

    @cached_property
    def _hashes(self) -> tuple[NDArray[np.uint64], NDArray[np.uint64], str]:
        """Of each job all results and outputs alone, as 64 bits (0: it failed, has none); of all jobs in order."""
        every, outputs, total = *(np.zeros(len(self.work.sweep), np.uint64) for _ in range(2)), hashlib.sha256()
        for k, record in enumerate(self.records()):
            text = json.dumps(record.get("results", "failed"), sort_keys=True)
            total.update(f"{json.dumps([record['parameters'], record['seed']], sort_keys=True)} {text}\n".encode())
            if "results" in record:
                every[k] = _short_hash(text)
                outputs[k] = _short_hash(str(record["results"][OUTPUTS])) if OUTPUTS in record["results"] else 0
        return every, outputs, total.hexdigest()

    @property
    def sha256(self) -> str:
        """A hash of parameters, seeds and results of all jobs, in their order; not of times, nor of who did them."""
        return self._hashes[2]

    def equal(self) -> list[Equal]:
        """Values of the grid that agree in all pairs of jobs that differ in that parameter alone."""
        sweep, (every, outputs, _) = self.work.sweep, self._hashes
        shape = (max(1, len(sweep.points)), max(1, sweep.samples), *map(len, sweep.grid.values()), len(sweep.job_seeds))
        made: list[Equal] = []
        for axis, (name, values) in enumerate(sweep.grid.items(), start=2):
            if len(values) > MOST_VALUES:
                continue
            seen: list[tuple[int, ...]] = []
            for hashes, what in ((every, "every result"), (outputs, OUTPUTS)):
                by_value = np.moveaxis(hashes.reshape(shape), axis, 0).reshape(len(values), -1)
                for group in _alike(by_value):
                    if len(group) > 1 and group not in seen:
                        seen.append(group)
                        remark = self.work.kind.remark(self.work.prepared, name)
                        among = tuple(values[k] for k in group)
                        made.append(Equal(name, among, by_value.shape[1], what, remark))
        return made


def _alike(rows: NDArray[np.uint64]) -> list[tuple[int, ...]]:
    """Groups of rows that are the same, and nowhere 0."""
    groups: dict[bytes, list[int]] = {}
    for k, row in enumerate(rows):
        if row.all():
            groups.setdefault(row.tobytes(), []).append(k)
    return [tuple(group) for group in groups.values()]


def _short_hash(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "little") | 1


def _apart(name: str, parameters: dict[str, Any]) -> str:
    """The column of a result: another than that of a parameter, and than the table's own."""
    return f"{name} (result)" if name in parameters or name in ("seed", "seconds", "job", "failure") else name


def _cell(value: Any) -> Any:
    return value if isinstance(value, str | int | float | bool | None) else json.dumps(value)


def _failure(record: dict[str, Any]) -> str:
    error = record.get("error")
    return f"{error['kind']}: {error['message']}" if error else ""


def _common(kinds: set[type]) -> type:
    """One type that holds values of these."""
    if kinds == {int, float}:
        return float
    return next(iter(kinds)) if len(kinds) == 1 else str


# --- files ---
def write_tables(found: Found) -> list[Path]:
    """Write table.csv, and table.parquet where pyarrow is installed; their paths. A row is held at a time, or some."""
    made = [_write_csv(found, found.folder / "table.csv")]
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        return made
    arrow = {int: pa.int64(), float: pa.float64(), bool: pa.bool_(), str: pa.string()}
    schema = pa.schema([(name, arrow[kind]) for name, kind in found.columns.items()])
    path, rows = found.folder / "table.parquet", found.rows()
    with beside(path) as file, pq.ParquetWriter(file, schema, compression="zstd") as writer:
        while some := _some(rows):
            columns = {name: [_as(row.get(name), kind) for row in some] for name, kind in found.columns.items()}
            writer.write_table(pa.table(columns, schema=schema))
    return [*made, path]


def _some(rows: Iterator[dict[str, Any]]) -> list[dict[str, Any]]:
    """The next rows."""
    made, letters = list[dict[str, Any]](), 0
    while len(made) < ROWS and letters < LETTERS and (row := next(rows, None)) is not None:
        made.append(row)
        letters += sum(len(value) for value in row.values() if isinstance(value, str))
    return made


def _write_csv(found: Found, path: Path) -> Path:
    with beside(path) as file:
        text = io.TextIOWrapper(file, "utf-8", newline="", write_through=True)
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(found.columns)
        for row in found.rows():
            writer.writerow([row.get(name) for name in found.columns])
        text.detach()
    return path


def _as(value: Any, kind: Callable[..., Any]) -> Any:
    return None if value is None else kind(value)


def varied_rows(found: Found, names: Sequence[str]) -> Iterator[tuple[tuple[Any, ...], int, dict[str, Any]]]:
    """Of each job that is done: its values of these parameters, its seed and its results."""
    for record in found.records():
        if "results" in record:
            yield tuple(record["parameters"].get(name) for name in names), record["seed"], record["results"]


__all__ = ["Equal", "Found", "varied_rows", "write_tables"]
