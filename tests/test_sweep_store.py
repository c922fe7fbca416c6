"""Names of jobs are held in 16 bytes each, and found as in a set."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import sweep_jobs

from eventnet.sweep import Sweep, run_sweep
from eventnet.sweep.store import NAME_BYTES, NameSet, ResultStore
from eventnet.sweep.table import Found
from eventnet.sweep.work import prepared

CONSTANT = 2_500_000
"""Bytes that do not grow with jobs: buffers, and Python's table of words, to which paths add."""


def test_a_set_of_names_holds_those_and_no_other() -> None:
    rng = np.random.default_rng(3)
    one, other = (rng.bytes(8).hex() for _ in range(2))
    names = [rng.bytes(16).hex() for _ in range(500)] + [one + other, one + one, other + other]
    held = NameSet(b"".join(map(bytes.fromhex, names[::2] + names[-2:-1])))
    assert len(held) == len(names[::2]) + 1
    wanted = {*names[::2], *names[-2:-1]}
    assert [name in held for name in names] == [name in wanted for name in names]
    assert not any(name in held for name in ("", "x", one, one + "zz" * 8, (one + other).upper(), one + other + "00"))
    assert "0" * 32 not in NameSet()


def test_files_of_other_names_are_no_jobs(tmp_path: Path) -> None:
    store, (done, failed) = ResultStore(tmp_path), (f"{k:032x}" for k in (7, 8))
    store.keep(done, {"results": {}})
    store.keep(failed, {"error": {}})
    for name in ("notes.json", f"{9:030x}.json", f"{'g' * 32}.json"):
        (tmp_path / "jobs" / done[:2] / name).write_text("{}")
    (tmp_path / "jobs" / done[:2] / f"{10:032x}.json").touch()
    found = store.names()
    assert [len(names) for names in found] == [1, 1]
    assert done in found[0]
    assert failed in found[1]
    assert len(bytes.fromhex(done)) == NAME_BYTES


@pytest.mark.slow
def test_ten_thousand_results_are_looked_through_in_a_hundred_bytes_each(tmp_path: Path) -> None:
    """Names, and hashes by which equal results are told; files and rows come and go."""
    n = 10_000
    sweep = Sweep(sweep_jobs.plain, grid={"rate": list(range(n))})
    found = run_sweep(sweep, tmp_path, processes=1)
    work = prepared(sweep)
    tracemalloc.start()
    try:
        again = Found(work, ResultStore(tmp_path))
        names = tracemalloc.get_traced_memory()[1]
        assert again.sha256 == found.sha256
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert again.done == n
    assert names < 100 * n
    assert peak < 100 * n + CONSTANT
