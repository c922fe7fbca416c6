"""Sweeps run: the same results whoever does the jobs, resumed after any end, failures kept."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import sweep_jobs
from few import draws

from eventnet.errors import EventnetError, ModelError
from eventnet.sweep import Found, Sweep, run, run_sweep
from eventnet.sweep.store import JOBS
from eventnet.sweep.work import prepared

ROOT = Path(__file__).parents[1]
posix = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")


def results(folder: Path) -> dict[str, str]:
    """What the files of a folder hold, times left out."""
    found = {}
    for path in sorted((folder / JOBS).rglob("*.json")):
        record = json.loads(path.read_text())
        del record["seconds"]
        found[path.name] = json.dumps(record)
    return found


def lines(folder: Path) -> list[list[str]]:
    """The table, times left out."""
    head, *rows = [line.split(",") for line in (folder / "table.csv").read_text().splitlines()]
    at = head.index("seconds")
    return [row[:at] + row[at + 1 :] for row in (head, *rows)]


@pytest.mark.slow
def test_a_thousand_jobs_are_the_same_here_and_in_threads_and_processes(tmp_path: Path) -> None:
    sweep = Sweep(
        sweep_jobs.wave, repeats=5, grid={"rate": [k / 50 for k in range(100)], "steps": [1, 2]}, seed=9,
    )  # fmt: skip
    assert len(sweep) == 1000
    one = run_sweep(sweep, tmp_path / "one", processes=1)
    two = run_sweep(sweep, tmp_path / "two", processes=2)
    with ThreadPoolExecutor(2) as threads:
        pool = run_sweep(sweep, tmp_path / "pool", client=threads, batch=7)
    assert one.sha256 == two.sha256 == pool.sha256
    assert results(tmp_path / "one") == results(tmp_path / "two") == results(tmp_path / "pool")
    assert lines(tmp_path / "one") == lines(tmp_path / "two") == lines(tmp_path / "pool")
    assert (one.done, one.failed, one.begun) == (1000, 0, 0)
    again = run_sweep(sweep, tmp_path / "one", processes=1)
    assert (again.begun, again.sha256) == (1000, one.sha256)


def test_results_are_those_of_the_function(tmp_path: Path) -> None:
    sweep = Sweep("sweep_jobs:wave", fixed={"rate": 0.5}, grid={"steps": [1, 2]}, seeds=[4, 5])
    rows = list(run_sweep(sweep, tmp_path, processes=1).rows())
    assert [(row["steps"], row["seed"]) for row in rows] == [(1, 4), (1, 5), (2, 4), (2, 5)]
    for row in rows:
        expected = sweep_jobs.wave(0.5, row["steps"], seed=row["seed"])
        assert (row["height"], row["drawn"]) == (expected["height"], float(expected["drawn"]))
        assert row["of.steps"] == row["steps"]


def test_jobs_that_fail_are_kept_and_stop_no_other(tmp_path: Path) -> None:
    sweep = Sweep(sweep_jobs.failing, grid={"rate": [0.1, 0.3, 2, 3, 1]}, repeats=2)
    found = run_sweep(sweep, tmp_path, processes=1)
    assert (found.done, found.failed, found.complete) == (4, 6, True)
    errors = [row["failure"] for row in found.rows()][::2]
    assert errors == [
        "", "ValueError: no such rate", "ModelError: the result list is list; wanted a number or a text", "SystemExit: 7", "",
    ]  # fmt: skip
    kept = next(record for record in found.records() if "error" in record)
    assert 'raise ValueError("no such rate")' in kept["error"]["traceback"]


def test_what_failed_is_done_again_only_when_asked(tmp_path: Path) -> None:
    out = tmp_path / "out"
    sweep = Sweep(sweep_jobs.mended, fixed={"folder": str(tmp_path)}, grid={"rate": [0, 1, 2]})
    assert run_sweep(sweep, out, processes=1).failed == 2
    (tmp_path / "mended").touch()
    assert run_sweep(sweep, out, processes=1).failed == 2
    again = run_sweep(sweep, out, processes=1, retry=True)
    assert (again.failed, again.done, again.begun) == (0, 3, 1)
    assert not list(out.rglob("*.failed.json"))


def test_parts_of_an_array_do_all_jobs_once_and_the_last_makes_the_table(tmp_path: Path) -> None:
    out, notes = tmp_path / "out", tmp_path / "notes"
    notes.mkdir()
    sweep = Sweep(sweep_jobs.noted, fixed={"folder": str(notes)}, grid={"k": list(range(10))})
    for k in (1, 0, 2):
        assert not (out / "table.csv").exists()
        found = run_sweep(sweep, out, processes=1, part=(k, 3))
        assert found.complete == (k == 2)
    assert Counter(path.name.split("-")[0] for path in notes.iterdir()) == Counter(str(k) for k in range(10))
    assert len((out / "table.csv").read_text().splitlines()) == 11
    with pytest.raises(ModelError, match="the number of a part is 3; wanted a whole number from 0 to 2"):
        run_sweep(sweep, out, part=(3, 3))


def test_a_name_follows_from_parameters_seed_code_and_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def names(sweep: Sweep) -> set[str]:
        work = prepared(sweep)
        return {work.name(sweep.job(k)) for k in range(len(sweep))}

    base = names(Sweep(sweep_jobs.wave, grid={"rate": [1, 2]}, seeds=[1, 2]))
    assert len(base) == 4
    assert names(Sweep("sweep_jobs:wave", grid={"rate": [2]}, seeds=[2])) < base
    assert not names(Sweep(sweep_jobs.wave, grid={"rate": [1, 2]}, fixed={"steps": 3}, seeds=[1, 2])) & base
    monkeypatch.setattr("eventnet.sweep.work.code", lambda: "other sources")
    assert not names(Sweep(sweep_jobs.wave, grid={"rate": [1, 2]}, seeds=[1, 2])) & base
    monkeypatch.undo()
    monkeypatch.setattr("eventnet.sweep.kind_function._source", lambda module: "another source of the function")
    assert not names(Sweep(sweep_jobs.wave, grid={"rate": [1, 2]}, seeds=[1, 2])) & base


def test_a_single_job_is_that_of_a_sweep(tmp_path: Path) -> None:
    found = run({"rate": 0.5}, of=sweep_jobs.wave, seed=3, out=tmp_path)
    assert found == run({"rate": 0.5}, of="sweep_jobs:wave", seed=3)
    assert found["height"] == sweep_jobs.wave(0.5, seed=3)["height"]
    assert run_sweep(Sweep(sweep_jobs.wave, grid={"rate": [0.5]}, seeds=[3]), tmp_path).begun == 1
    with pytest.raises(ValueError, match="no such rate"):
        run({"rate": 0.3}, of=sweep_jobs.failing, out=tmp_path)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"of": "sweep_jobs:wave", "grid": {"rates": [1]}}, "takes no 'rates'; did you mean 'rate'"),
        ({"of": "sweep_jobs:wave", "grid": {"steps": [1]}}, "wants 'rate', which the sweep does not give"),
        ({"of": "sweep_jobs:none"}, "sweep_jobs:none is None; wanted a function"),
        ({"of": "no_such_module:f"}, "no_such_module cannot be imported"),
        ({"of": lambda rate: {}}, "not to be found by its name"),
        ({"of": partial(sweep_jobs.plain, 1)}, "not to be found by its name"),
        ({"of": "function"}, "cannot be imported"),
        ({"of": "sweep_jobs:"}, "wanted a function, as package.module:function"),
        ({"of": "model", "name": "DeepSpikeNetwork"}, "did you mean 'DeepSpikingNetwork'"),
        ({"of": "model", "name": "DeepSpikingNetwork", "fixed": {"sizes": [784, 10], "stepps": 3}}, "stepps"),
        ({"of": "scenario", "name": "hopfeld"}, "hopfeld"),
        ({"of": "scenario", "name": "hopfield", "grid": {"network.pattern": [1]}}, "no parameter 'network.pattern'"),
        ({"of": "scenario", "name": "hopfield", "grid": {"full": [True]}}, "'full' is no parameter of a scenario"),
        ({"of": "network", "name": "x.npz", "grid": {"ordre": ["depth"]}}, "did you mean 'order'"),
    ],
)
def test_what_no_job_could_do_is_refused_before_any(tmp_path: Path, given: dict[str, Any], words: str) -> None:
    with pytest.raises(EventnetError, match=words):
        run_sweep(Sweep(**given), tmp_path)
    assert results(tmp_path) == {}


@pytest.mark.slow
@posix
def test_a_job_that_kills_its_worker_is_lost_and_no_other(tmp_path: Path) -> None:
    """One kills each worker that takes it, another only the first."""
    sweep = Sweep(sweep_jobs.deadly, fixed={"folder": str(tmp_path)}, grid={"k": list(range(8))})
    found = run_sweep(sweep, tmp_path / "out", processes=2)
    assert [row["k"] for row in found.rows() if row["failure"]] == [3]
    assert next(row["failure"] for row in found.rows() if row["failure"]) == (
        "Lost: 3 worker processes have died of it, or were killed"
    )
    assert (found.done, found.failed) == (7, 1)


JOBS_OF_CLIENT = 60
CLIENT = f"""
import sys
import sweep_jobs
from eventnet.sweep import Sweep, run_sweep

if __name__ == "__main__":
    sweep = Sweep(
        sweep_jobs.noted, fixed={{"folder": sys.argv[1], "seconds": 0.1}}, grid={{"k": list(range({JOBS_OF_CLIENT}))}}
    )
    run_sweep(sweep, sys.argv[2], processes=2)
"""


def sweep_of(notes: Path) -> Sweep:
    """The sweep of the client."""
    fixed = {"folder": str(notes), "seconds": 0.1}
    return Sweep(sweep_jobs.noted, fixed=fixed, grid={"k": list(range(JOBS_OF_CLIENT))})


def client(tmp_path: Path) -> tuple[subprocess.Popen[bytes], Path, Path]:
    """A process that runs the sweep, its folder of notes and that of its results."""
    script, notes, out = tmp_path / "client.py", tmp_path / "notes", tmp_path / "out"
    script.write_text(CLIENT)
    notes.mkdir(exist_ok=True)
    env = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), str(Path(__file__).parent)])}
    return subprocess.Popen([sys.executable, script, notes, out], env=env, start_new_session=True), notes, out


def kept_in(out: Path) -> set[str]:
    """Files of results."""
    return {path.name for path in out.rglob("*.json") if path.parent.parent.name == JOBS}


def wait_for(begun: subprocess.Popen[bytes], out: Path, results: int) -> None:
    """Until there are so many results, or the process has ended."""
    last = time.monotonic() + 60
    while len(kept_in(out)) < results and time.monotonic() < last and begun.poll() is None:
        time.sleep(0.01)


def jobs_at_work(notes: Path) -> set[tuple[str, int]]:
    """Jobs that have not ended, and their processes."""
    names = (path.name.split("-") for path in notes.iterdir() if not path.name.endswith(".ended"))
    return {(job, int(pid)) for job, pid, *_ in names}


def check_once(found: Found, notes: Path, kills: int) -> None:
    """All are done; none whose result was kept has begun again."""
    assert (found.done, found.failed) == (JOBS_OF_CLIENT, 0)
    assert [row["square"] for row in found.rows()] == [k * k for k in range(JOBS_OF_CLIENT)]
    ended = Counter(path.name.split("-")[0] for path in notes.iterdir() if path.name.endswith(".ended"))
    # What has ended in a worker when the client is killed before it writes has no result: at most one a worker and kill.
    assert sum(ended.values()) <= JOBS_OF_CLIENT + 2 * kills
    assert set(ended) == {str(k) for k in range(JOBS_OF_CLIENT)}


@pytest.mark.slow
@posix
def test_a_sweep_whose_client_is_killed_goes_on_with_the_others(tmp_path: Path) -> None:
    begun, notes, out = client(tmp_path)
    wait_for(begun, out, 5)
    begun.kill()
    begun.wait()
    time.sleep(0.3)
    kept = len(kept_in(out))
    found = run_sweep(sweep_of(notes), out, processes=2)
    assert 5 <= kept < JOBS_OF_CLIENT
    assert found.begun == kept
    check_once(found, notes, 1)


KILLS = draws(20, 4)


@pytest.mark.slow
@posix
def test_kills_of_the_client_lose_no_job(tmp_path: Path) -> None:
    """It is started again each time and killed after one more result, or two."""
    for kill in range(KILLS):
        begun, notes, out = client(tmp_path)
        wait_for(begun, out, kill + 1)
        begun.kill()
        begun.wait()
    time.sleep(0.3)
    kept = len(kept_in(out))
    assert KILLS <= kept < JOBS_OF_CLIENT
    found = run_sweep(sweep_of(notes), out, processes=1)
    assert found.begun == kept
    check_once(found, notes, KILLS)


@pytest.mark.slow
@posix
def test_kills_of_workers_lose_no_job(tmp_path: Path) -> None:
    """In one sweep, which replaces them."""
    begun, notes, out = client(tmp_path)
    killed: set[int] = set()
    struck: set[str] = set()
    for kill in range(KILLS):
        wait_for(begun, out, kill + 1)
        last = time.monotonic() + 60
        while len(killed) == kill and time.monotonic() < last:
            work = {pid: job for job, pid in jobs_at_work(notes) if pid not in killed and job not in struck}
            for pid, job in sorted(work.items())[:1]:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                    killed.add(pid)
                    struck.add(job)  # one whose workers die again and again is taken for what kills them
            time.sleep(0.01)
    assert begun.wait(timeout=120) == 0
    assert len(killed) == KILLS
    found = run_sweep(sweep_of(notes), out, processes=1)
    assert found.begun == JOBS_OF_CLIENT
    check_once(found, notes, KILLS)


@pytest.mark.slow
def test_memory_of_the_client_does_not_grow_with_results(tmp_path: Path) -> None:
    """2,000 results of 20 kB each are 40 MB; the client may keep their names."""
    script = tmp_path / "client.py"
    script.write_text(
        "import resource, sys\nimport sweep_jobs\nfrom eventnet.sweep import Sweep, run_sweep\n"
        'if __name__ == "__main__":\n'
        "    def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024\n"
        '    run_sweep(Sweep(sweep_jobs.wide, grid={"k": list(range(50))}), sys.argv[1] + "/a", processes=2)\n'
        "    before = peak()\n"
        '    found = run_sweep(Sweep(sweep_jobs.wide, grid={"k": list(range(2000))}), sys.argv[1] + "/b", processes=2)\n'
        "    print(found.done, peak() - before)\n"
    )
    paths = os.pathsep.join([str(ROOT), str(Path(__file__).parent)])
    done = subprocess.run(
        [sys.executable, script, tmp_path], env=os.environ | {"PYTHONPATH": paths}, capture_output=True, text=True
    )
    count, grown = done.stdout.split()
    assert count == "2000", done.stderr
    assert float(grown) < 15


@pytest.mark.slow
@pytest.mark.skipif(sweep_jobs.BESIDE_OTHERS, reason="wants a quiet machine: -n 0")
@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2 if hasattr(os, "sched_getaffinity") else True, reason="one core")
def test_two_processes_are_faster_than_one_on_a_quiet_machine(tmp_path: Path) -> None:
    sweep = Sweep(sweep_jobs.busy, fixed={"seconds": 4.0}, repeats=20)
    walls, shas = [], []
    for n in (1, 2):
        begun = time.monotonic()
        found = run_sweep(sweep, tmp_path / str(n), processes=n)
        walls.append(time.monotonic() - begun)
        shas.append(found.sha256)
    assert shas[0] == shas[1]
    if walls[0] > 1.1 * 80:  # a job has 4 s of processor time: others have had a part of the core
        pytest.skip(f"this machine is not quiet: 80 s of work took {walls[0]:.0f} s")
    assert walls[0] / walls[1] >= 1.5


STUDY = "def decay(rate, steps, seed):\n    return {'left': (1 - rate) ** steps}\n"


@pytest.mark.skipif(find_spec("optuna") is None, reason="optuna is not installed")
def test_the_pages_example_with_optuna_runs(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "how-to" / "sweep.md").read_text()
    code = page.split("<!-- optuna -->\n```py\n")[1].split("```")[0]
    (tmp_path / "mypackage").mkdir()
    (tmp_path / "mypackage" / "study.py").write_text(STUDY)
    code += "\nassert len(study.trials) == 20 and study.best_value == (1 - study.best_params['rate']) ** 3\n"
    paths = os.pathsep.join([str(ROOT), str(tmp_path)])
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=tmp_path, env=os.environ | {"PYTHONPATH": paths}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert len(list((tmp_path / "results" / JOBS).rglob("*.json"))) == 20
