"""The pool's jobs on a client: executors, and dask where it is installed; nothing is shared with workers but the client."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import weakref
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sweep_jobs
from test_analysis_order_sensitivity import diamond

import eventnet as en
from eventnet import analysis
from eventnet.analysis import clients, on_client
from eventnet.analysis.clients import spread_over
from eventnet.analysis.handed import Lost
from eventnet.analysis.parallel import in_processes, packed
from eventnet.errors import EngineError, ModelError, UnsettledError
from eventnet.sweep import Sweep, run_sweep

ROOT = Path(__file__).parents[1]
dask = pytest.mark.skipif(find_spec("distributed") is None, reason="distributed is not installed")


def times(shared: int, job: int) -> int:
    if job < 0:
        raise UnsettledError(f"{job} is below 0")
    return shared * job


class Counted(ThreadPoolExecutor):
    """Counts its tasks."""

    tasks = 0

    def submit(self, *given: Any, **named: Any) -> Future[Any]:
        self.tasks += 1
        return super().submit(*given, **named)


class Slow:
    """A client whose futures can do no more than `result`, as one of one's own may be."""

    class _Future:
        def __init__(self, call: Any) -> None:
            self.result = call

    def submit(self, function: Any, /, *arguments: Any) -> Any:
        return self._Future(lambda: function(*arguments))


@pytest.mark.parametrize("client", [Counted(2), Slow()])
def test_a_client_does_the_jobs_and_results_come_in_their_order(client: Any) -> None:
    heard: list[int] = []
    found = in_processes(times, 3, list(range(9)), client=client, progress=lambda done, of: heard.append(done))
    assert found == [3 * k for k in range(9)]
    assert heard == list(range(1, 10))
    with pytest.raises(UnsettledError, match="-1 is below 0"):
        in_processes(times, 3, [1, -1, 2], client=client)


@pytest.mark.slow
def test_in_a_block_all_studies_go_to_the_client_but_what_asks_for_one_process() -> None:
    net, a = diamond(en.Herding)
    feed = [(0, a.spikes, 0, 1), (0, a.spikes, 0, -1), (4, a.spikes, 0, 1)]
    options: dict[str, Any] = {"orders": ("depth", "fifo"), "keep_logs": True}
    here = analysis.orders(net, feed, processes=1, **options)
    with Counted(2) as pool, on_client(pool):
        there = analysis.orders(net, feed, **options)
        assert pool.tasks == 2 * len({o.coalesce for o in here})
        assert [o.to_dict() for o in there] == [o.to_dict() for o in here]
        assert [o.log.tobytes() for o in there] == [o.log.tobytes() for o in here]
        tasks = pool.tasks
        assert in_processes(times, 3, [1, 2], processes=1) == [3, 6]
        assert pool.tasks == tasks
    assert in_processes(times, 3, [1, 2]) == [3, 6]
    assert pool.tasks == tasks


def test_what_has_no_submit_is_no_client() -> None:
    for use in (lambda: in_processes(times, 3, [1], client=map), lambda: on_client(7).__enter__()):  # type: ignore[arg-type]
        with pytest.raises(ModelError, match="wanted an executor, a dask client"):
            use()


def test_few_tasks_are_with_the_client_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clients, "WINDOW", 3)
    waiting: list[int] = []

    class Watched(Slow):
        def submit(self, function: Any, /, *arguments: Any) -> Any:
            waiting.append(sum(waiting[-1:]) + 1)
            made = super().submit(function, *arguments)
            call = made.result
            made.result = lambda: (waiting.append(waiting[-1] - 1), call())[1]
            return made

    numbers = [number for number, _ in spread_over(Watched(), packed((times, 1, range(20), None)), range(20), batch=2)]
    assert sorted(numbers) == list(range(20))
    assert max(waiting) == 3


def test_a_worker_with_other_sources_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    payload = packed((times, 3, [1], None))
    with pytest.raises(EngineError, match="other sources of eventnet"):
        clients.do_there(payload, [0], "another hash")
    assert len(clients.do_there(payload, [0], clients.code())) == 1


def test_a_client_that_fails_is_an_error_and_a_killed_worker_a_lost_job() -> None:
    class KilledWorker(Exception):
        """As dask's."""

    class Failing:
        def __init__(self, error: Exception) -> None:
            self.error = error

        def submit(self, function: Any, /, *arguments: Any) -> Any:
            future: Future[Any] = Future()
            future.set_exception(self.error)
            return future

    payload = packed((times, 3, [1, 2], None))
    with pytest.raises(EngineError, match="the client has lost jobs that it was handed: OSError: gone"):
        list(spread_over(Failing(OSError("gone")), payload, [0, 1], lives=3))
    with pytest.raises(EngineError, match="KilledWorker"):
        list(spread_over(Failing(KilledWorker("it died")), payload, [0, 1]))
    found = dict(spread_over(Failing(KilledWorker("it died")), payload, [0, 1], lives=3))
    assert found == {0: Lost("it died"), 1: Lost("it died")}


def test_a_job_beside_one_that_kills_workers_is_not_lost_with_it() -> None:
    """dask blames all tasks of a worker that died: each job of theirs is begun once more, alone."""

    class KilledWorker(Exception):
        """As dask's."""

    class Deadly:
        def __init__(self) -> None:
            self.asked: list[list[int]] = []

        def submit(self, function: Any, payload: bytes, numbers: list[int], code: str) -> Any:
            self.asked.append(numbers)
            future: Future[Any] = Future()
            if 2 in numbers or len(self.asked) == 1:
                future.set_exception(KilledWorker("it died"))
            else:
                future.set_result(function(payload, numbers, code))
            return future

    client = Deadly()
    found = dict(spread_over(client, packed((times, 3, [1, 2, 3, 4], None)), range(4), batch=2, lives=3))
    assert found == {0: 3, 1: 6, 2: Lost("it died"), 3: 12}
    assert sorted(client.asked) == [[0], [0, 1], [1], [2], [2, 3], [3]]


def test_no_future_is_held_when_its_result_has_come() -> None:
    """dask does again what somebody still holds, where the worker that has found it dies."""
    held: weakref.WeakSet[Any] = weakref.WeakSet()

    class Held:
        def __init__(self, call: Any) -> None:
            self.result = call
            held.add(self)

    class Holding:
        def submit(self, function: Any, /, *arguments: Any) -> Any:
            return Held(lambda: function(*arguments))

    left = [len(held) for _ in spread_over(Holding(), packed((times, 3, [1, 2, 3], None)), range(3))]
    assert left == [2, 1, 0]


def test_threads_do_not_share_what_jobs_work_on() -> None:
    with ThreadPoolExecutor(4) as pool:
        found = in_processes(grown, [], list(range(200)), client=pool)
    assert all(found)


def grown(shared: list[int], job: int) -> bool:
    """Changes what is shared, and would see another thread's change."""
    before = list(shared)
    for _ in range(50):
        shared.append(job)
        time.sleep(0)
    alone = shared == [*before, *[job] * 50]
    del shared[:]
    return alone


@pytest.mark.slow
def test_the_standard_librarys_processes_are_a_client() -> None:
    import multiprocessing

    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        assert in_processes(times, 3, list(range(50)), client=pool) == [3 * k for k in range(50)]


# --- dask ---
@contextmanager
def cluster(tmp_path: Path, workers: int = 2) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """A scheduler, and workers that share no folder and no compiled code with anybody: its address, and the workers."""
    paths = os.pathsep.join([str(ROOT), str(Path(__file__).parent)])
    file = tmp_path / "scheduler.json"
    plain = os.environ | {"PYTHONPATH": paths}
    begun = [
        subprocess.Popen(
            [sys.executable, "-m", "distributed.cli.dask_scheduler", "--scheduler-file", file, "--port", "0", "--no-dashboard",
             "--host", "127.0.0.1"],
            env=plain, stderr=subprocess.DEVNULL,
        )
    ]  # fmt: skip
    try:
        for k in range(workers):
            own = tmp_path / f"worker-{k}"
            own.mkdir()
            begun.append(
                subprocess.Popen(
                    [sys.executable, "-m", "distributed.cli.dask_worker", "--scheduler-file", file, "--nthreads", "1",
                     "--no-dashboard", "--memory-limit", "0", "--local-directory", own, "--death-timeout", "120"],
                    env=plain | {"NUMBA_CACHE_DIR": str(own / "cache"), "HOME": str(own), "TMPDIR": str(own)}, cwd=own,
                    stderr=subprocess.DEVNULL,
                )
            )  # fmt: skip
        yield str(file), begun[1:]
    finally:
        for process in begun[::-1]:
            process.terminate()
        for process in begun:
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()


@contextmanager
def connected(file: str, workers: int = 2) -> Iterator[Any]:
    from distributed import Client

    last = time.monotonic() + 60
    while not Path(file).exists() and time.monotonic() < last:
        time.sleep(0.05)
    with Client(scheduler_file=file, set_as_default=False) as client:
        client.wait_for_workers(workers, timeout=120)
        yield client


@dask
@pytest.mark.slow
def test_dask_gives_the_same_bytes_to_workers_that_share_nothing(tmp_path: Path) -> None:
    sweep = Sweep(sweep_jobs.wave, repeats=5, grid={"rate": [k / 50 for k in range(40)]})
    here = run_sweep(sweep, tmp_path / "here", processes=1)
    net, a = diamond(en.Rectified)
    feed = [(0, a.spikes, 0, 1), (0, a.spikes, 0, -1), (4, a.spikes, 0, 1)]
    study = analysis.orders(net, feed, orders=("depth", "breadth"), processes=1, keep_logs=True)
    with cluster(tmp_path) as (file, _), connected(file) as client:
        there = run_sweep(sweep, tmp_path / "there", client=client)
        batches = run_sweep(sweep, tmp_path / "batches", client=client, batch=20)
        with on_client(client):
            same = analysis.orders(net, feed, orders=("depth", "breadth"), keep_logs=True)
    assert here.sha256 == there.sha256 == batches.sha256
    assert [o.to_dict() for o in same] == [o.to_dict() for o in study]
    assert [np.asarray(o.log).tobytes() for o in same] == [np.asarray(o.log).tobytes() for o in study]


KILLS = int(os.environ.get("EVENTNET_TEST_KILLS", "3"))
"""How often a worker, and the client, are killed; 20 take some minutes."""
JOBS = 20 + 4 * KILLS
CLIENT = f"""
import sys
import sweep_jobs
from distributed import Client
from eventnet.sweep import Sweep, run_sweep

if __name__ == "__main__":
    sweep = Sweep(sweep_jobs.noted, fixed={{"folder": sys.argv[1], "seconds": 0.1}}, grid={{"k": list(range({JOBS}))}})
    run_sweep(sweep, sys.argv[2], client=Client(scheduler_file=sys.argv[3]))
"""


class Kills:
    """A sweep whose jobs note when they begin; what was killed, and which results were kept before each kill."""

    def __init__(self, tmp_path: Path) -> None:
        self.notes, self.out, self.plain = tmp_path / "notes", tmp_path / "out", tmp_path / "plain"
        self.notes.mkdir()
        fixed = {"folder": str(self.notes), "seconds": 0.1}
        self.sweep = Sweep(sweep_jobs.noted, fixed=fixed, grid={"k": list(range(JOBS))})
        self.before: list[tuple[int, list[int]]] = []

    def kept(self) -> list[int]:
        """Numbers of the jobs whose results are there."""
        files = [path for path in self.out.rglob("*.json") if path.parent.parent.name == "jobs"]
        return [json.loads(path.read_text())["parameters"]["k"] for path in files]

    def wait_for(self, results: int, patience: float = 180.0) -> None:
        last = time.monotonic() + patience
        while len(self.kept()) < results:
            assert time.monotonic() < last, f"waited {patience:.0f} s for {results} results"
            time.sleep(0.02)

    def note(self) -> None:
        """One more kill: what is kept by now does not begin again."""
        kept = self.kept()
        self.before.append((time.time_ns(), kept))

    def check(self, found: Any, *, clients: bool) -> None:
        """All jobs are done, and as without a kill; where clients are killed, none that was kept has begun again."""
        assert len(self.before) == KILLS
        assert (found.done, found.failed) == (JOBS, 0)
        begun: dict[int, list[int]] = {}
        for path in self.notes.iterdir():
            begun.setdefault(int(path.name.split("-")[0]), []).append(path.stat().st_mtime_ns)
        assert sorted(begun) == list(range(JOBS))
        twice = {k for when, kept in self.before for k in kept if max(begun[k]) > when}
        # dask begins some again that have come already, where a worker dies: the results are the same.
        assert not twice or not clients
        again = sum(map(len, begun.values())) - JOBS
        # What had ended in a worker, but had not come to a client yet, is done again: how much says how fast clients are.
        print(f"{KILLS} kills: {JOBS} jobs, {again} begun again, {len(twice)} of them kept before; {found.sha256}")
        assert found.sha256 == run_sweep(self.sweep, self.plain, processes=1).sha256

    def strike(self) -> None:
        """Kill a worker at a time, each after one more result, each at another job: three deaths are the job's fault."""
        killed, struck = set[int](), set[str]()
        for number in range(KILLS):
            self.wait_for(number + 1)
            while len(killed) == number and len(self.kept()) < JOBS:
                kept = self.kept()
                time.sleep(0.3)  # by then the scheduler knows that nobody waits for these
                names = [path.name.split("-") for path in self.notes.iterdir() if not path.name.endswith(".ended")]
                work = [(job, int(pid)) for job, pid, *_ in names if int(pid) not in killed and job not in struck]
                for job, pid in work[:1]:
                    self.before.append((time.time_ns(), kept))
                    os.kill(pid, signal.SIGKILL)
                    killed.add(pid)
                    struck.add(job)
                time.sleep(0.01)


@dask
@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_dask_workers_that_are_killed_lose_no_job(tmp_path: Path) -> None:
    """Their nannies begin others; the payload, which one may have held alone, is made again."""
    kills = Kills(tmp_path)
    with cluster(tmp_path) as (file, _), connected(file) as client, ThreadPoolExecutor(1) as beside:
        striking = beside.submit(kills.strike)
        found = run_sweep(kills.sweep, kills.out, client=client)
        striking.result()
    kills.check(found, clients=False)


@dask
@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_clients_of_dask_that_are_killed_go_on_with_the_others(tmp_path: Path) -> None:
    kills, script = Kills(tmp_path), tmp_path / "client.py"
    script.write_text(CLIENT)
    paths = os.pathsep.join([str(ROOT), str(Path(__file__).parent)])
    with cluster(tmp_path) as (file, _), connected(file) as client:
        for number in range(KILLS):
            begun = subprocess.Popen(
                [sys.executable, script, kills.notes, kills.out, file], env=os.environ | {"PYTHONPATH": paths}
            )
            kills.wait_for(2 * number + 2)
            begun.kill()
            begun.wait()
            kills.note()
        kept = len(kills.kept())
        found = run_sweep(kills.sweep, kills.out, client=client)
    assert 2 * KILLS <= kept == found.begun < JOBS
    kills.check(found, clients=True)


@dask
@pytest.mark.slow
@pytest.mark.skipif(sweep_jobs.BESIDE_OTHERS, reason="wants a quiet machine: -n 0")
@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="one core")
def test_two_dask_workers_are_faster_than_one_process_on_a_quiet_machine(tmp_path: Path) -> None:
    sweep = Sweep(sweep_jobs.busy, fixed={"seconds": 4.0}, repeats=20)
    begun = time.monotonic()
    here = run_sweep(sweep, tmp_path / "here", processes=1)
    alone = time.monotonic() - begun
    with cluster(tmp_path) as (file, _), connected(file) as client:
        begun = time.monotonic()
        there = run_sweep(sweep, tmp_path / "there", client=client)
        both = time.monotonic() - begun
    assert here.sha256 == there.sha256
    if alone > 1.1 * 80:  # a job has 4 s of processor time: others have had a part of the core
        pytest.skip(f"this machine is not quiet: 80 s of work took {alone:.0f} s")
    assert alone / both >= 1.5
