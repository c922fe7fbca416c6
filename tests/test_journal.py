"""What a command had finished when it was stopped is found when it is run again, and changes no result."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from eventnet.analysis.parallel import in_processes
from eventnet.base.files import read_npz, write_npz
from eventnet.engine import journal
from eventnet.engine.journal import folder_of, going_on, keeping, piece, trace_of, until_reported

calls: list[Any] = []


def square(shared: int, job: int) -> dict[str, Any]:
    calls.append(job)
    if job == shared:
        raise KeyboardInterrupt
    return {"square": np.array(job**2), "job": job}


def squares(stop: int, jobs: Any = range(6), processes: int = 1) -> list[int]:
    calls.clear()
    return [int(row["square"]) for row in in_processes(steady, stop, jobs, processes=processes)]


def stopped(folder: Path, work: Callable[[], Any]) -> None:
    """A command that ends badly after its work."""
    with keeping(folder):
        work()
        raise ZeroDivisionError


stop_at = -1


def steady(shared: int, job: int) -> dict[str, Any]:
    return square(stop_at, job)


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every piece is written as soon as it is finished."""
    monkeypatch.setattr(journal, "EVERY_S", 0.0)
    monkeypatch.setattr(journal, "SHARE", 1e9)


def test_finished_jobs_are_found_and_the_folder_goes_at_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr("test_journal.stop_at", 4)
    with pytest.raises(KeyboardInterrupt), keeping(tmp_path / "unfinished-1", say=said.append):
        squares(0)
    assert calls == [0, 1, 2, 3, 4]
    monkeypatch.setattr("test_journal.stop_at", -1)
    with keeping(tmp_path / "unfinished-1", say=said.append):
        assert squares(0) == [0, 1, 4, 9, 16, 25]
    assert calls == [4, 5]
    assert said == ["4 of 6 runs finished before; going on"]
    assert list(tmp_path.iterdir()) == []
    assert journal.current() is None


@pytest.mark.parametrize("fresh", [False, True])
def test_a_fresh_run_and_other_arguments_find_nothing(tmp_path: Path, fresh: bool) -> None:
    with pytest.raises(ZeroDivisionError):
        stopped(tmp_path / "unfinished-1", lambda: squares(0))
    with keeping(tmp_path / "unfinished-1", fresh=fresh):
        squares(1)
        assert calls == [0, 1, 2, 3, 4, 5]
        squares(0)
        assert calls == ([0, 1, 2, 3, 4, 5] if fresh else [])


def test_pieces_stay_until_all_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "unfinished-1"

    def tell(last: int) -> float:
        with until_reported():
            with keeping(folder):
                squares(0)
            return 1 / last

    with pytest.raises(ZeroDivisionError):
        tell(0)
    with until_reported():
        with keeping(folder) as kept:
            assert kept.begun_before
            assert squares(0) == [0, 1, 4, 9, 16, 25]
        assert (calls, folder.is_dir()) == ([], True)
    assert list(tmp_path.iterdir()) == []
    with keeping(folder) as kept:
        assert not kept.begun_before


def test_a_folder_goes_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "unfinished-1"
    with pytest.raises(ZeroDivisionError):
        stopped(folder, lambda: squares(0))
    with monkeypatch.context() as patched:
        patched.setattr("eventnet.engine.journal.shutil.rmtree", lambda path, **options: None)  # stopped before it
        with keeping(folder):
            pass
    assert [path.name for path in tmp_path.iterdir()] == ["unfinished-1-going"]
    with keeping(folder) as kept:
        assert kept.begun_before
        squares(0)
        assert len(calls) == 6
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_piece_is_made_again(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        stopped(tmp_path / "unfinished-1", lambda: squares(0))
    pieces = sorted((tmp_path / "unfinished-1").glob("*.npz"))
    assert len(pieces) == 6
    pieces[0].write_bytes(pieces[0].read_bytes()[:-40])
    pieces[1].write_bytes(b"")
    with keeping(tmp_path / "unfinished-1"):
        assert squares(0) == [0, 1, 4, 9, 16, 25]
        assert len(calls) == 2


def test_a_piece_whose_value_is_another_is_made_again(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        stopped(tmp_path / "unfinished-1", lambda: squares(0))
    for path, change in zip(
        sorted((tmp_path / "unfinished-1").glob("*.npz")), ("seconds", "value", None), strict=False
    ):
        text, arrays = read_npz(path, journal.FORMAT)
        if change is None:
            arrays = {name: array + 1 for name, array in arrays.items()}
        else:
            text[change] = {}
        write_npz(path, json.dumps(text), arrays)
    with keeping(tmp_path / "unfinished-1"):
        assert squares(0) == [0, 1, 4, 9, 16, 25]
        assert len(calls) == 3


def looped(stop: int) -> tuple[list[float], list[int]]:
    """Random numbers of a loop that is stopped somewhere, and the steps it made."""
    state: dict[str, Any] = {"rng": np.random.default_rng(1), "rows": []}
    made = []
    for k in going_on(state, 6, "a loop"):
        made.append(k)
        state["rows"].append(state["rng"].random())
        if k == stop:
            raise KeyboardInterrupt
    return state["rows"], made


def test_a_loop_goes_on_with_the_state_it_had(tmp_path: Path) -> None:
    whole, _ = looped(9)
    with pytest.raises(KeyboardInterrupt), keeping(tmp_path / "unfinished-1"):
        looped(3)
    with keeping(tmp_path / "unfinished-1"):
        assert looped(9) == (whole, [3, 4, 5])


def test_one_piece_is_made_once_and_its_time_is_counted(tmp_path: Path) -> None:
    def spent() -> float:
        began = journal.processor_time()
        piece(busy, 3)
        return journal.processor_time() - began

    calls.clear()
    with pytest.raises(ZeroDivisionError):
        stopped(tmp_path / "unfinished-1", spent)
    with keeping(tmp_path / "unfinished-1"):
        assert spent() >= 0.05
    assert calls == [3]


def busy(job: int) -> int:
    calls.append(job)
    end = time.process_time() + 0.05
    while time.process_time() < end:
        pass
    return job


def test_where_nothing_can_be_written_a_line_says_so_and_all_goes_on(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    said: list[str] = []
    with keeping(tmp_path / "file" / "unfinished-1", say=said.append):
        assert squares(0) == [0, 1, 4, 9, 16, 25]
    assert len(said) == 1
    assert said[0].startswith("what is finished cannot be kept")


def test_the_folder_changes_with_options_and_with_what_files_hold(tmp_path: Path) -> None:
    file = tmp_path / "data"
    file.write_text("1")
    first = folder_of(tmp_path, "run", {"seed": 1}, [file])
    assert folder_of(tmp_path, "run", {"seed": 1}, [file]) == first
    assert folder_of(tmp_path, "run", {"seed": 2}, [file]) != first
    file.write_text("2")
    assert folder_of(tmp_path, "run", {"seed": 1}, [file]) != first


@pytest.mark.parametrize("whole", [True, False])
def test_a_folder_is_known_by_what_its_files_hold_and_a_large_one_by_their_times(
    whole: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "READ_WHOLE", 2 if whole else 1)
    data = tmp_path / "data"
    (data / "inner").mkdir(parents=True)
    for name in ("a", "inner/b"):
        (data / name).write_text("1")
    first = trace_of(data)
    os.utime(data / "a", (1e9, 1e9))
    assert (trace_of(data) == first) == whole
    first = trace_of(data)
    (data / "inner/b").write_text("2")
    assert trace_of(data) != first
    (data / "inner/b").write_text("1")
    (data / "a").rename(data / "c")
    assert trace_of(data) != first


def test_old_folders_are_removed_and_others_stay(tmp_path: Path) -> None:
    for name, age, about in (("unfinished-a", 40, True), ("unfinished-b", 1, True), ("unfinished-c", 40, False)):
        folder = tmp_path / name
        folder.mkdir()
        (folder / ("about.json" if about else "mine.txt")).write_text("{}")
        when = time.time() - 86_400 * age
        for path in (*folder.iterdir(), folder):
            os.utime(path, (when, when))
    with keeping(tmp_path / "unfinished-new"):
        pass
    assert sorted(path.name for path in tmp_path.iterdir()) == ["unfinished-b", "unfinished-c"]
