"""Studies in several processes: the same bytes as in one, errors as they were raised, and an end to all of it."""

from __future__ import annotations

import ast
import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from test_analysis_order_sensitivity import diamond

import eventnet as en
from eventnet import analysis
from eventnet.analysis import parallel
from eventnet.analysis.parallel import in_processes, packed
from eventnet.engine.values import Unmovable
from eventnet.errors import EngineError, ModelError, UnsettledError

ROOT = Path(__file__).parents[1]


def backwards(t, source, wire, index, sign, magnitude, rank, seq, seed):
    return 2, -seq


def at_the_end(run: en.Run) -> Any:
    return run.state("end")


def times(shared: int, job: int) -> int:
    if job < 0:
        raise UnsettledError(f"{job} is below 0")
    if job == 99:
        os._exit(1)
    return shared * job


class Unlike(Exception):
    """An error that cannot be made again from what it was made of."""

    def __init__(self, one: int, two: int) -> None:
        super().__init__(f"{one} is unlike {two}")


def hard(shared: int, job: str) -> Any:
    """What goes wrong with a job, by its name."""
    if job == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    if job == "error":
        raise Unlike(1, 2)
    return (lambda: 1) if job == "result" else len(job)


def one(shared: int, job: Any) -> int:
    return 1


def size(result: int) -> int:
    return 10**9


@pytest.mark.slow
def test_results_come_in_the_order_of_the_jobs_and_are_told() -> None:
    for processes in (1, 2):
        heard: list[int] = []
        found = in_processes(
            times,
            3,
            [1, 2, 3],
            processes=processes,
            size=size,
            progress=lambda *numbers, heard=heard: heard.extend(numbers),
        )
        assert found == [3, 6, 9]
        assert heard == [1, 3, 2, 3, 3, 3]


@pytest.mark.slow
def test_every_order_gives_the_same_bytes_in_several_processes() -> None:
    net, a = diamond(en.Rectified)
    feed = [(0, a.spikes, 0, 1), (0, a.spikes, 0, -1), (4, a.spikes, 0, 1)]
    options: dict[str, Any] = {"orders": ("depth", "random", backwards), "answer": at_the_end, "seed": 5}
    one, two = (analysis.orders(net, feed, processes=n, keep_logs=True, **options) for n in (1, 2))
    for x, y in zip(one, two, strict=True):
        assert x.to_dict() == y.to_dict()
        assert x.tally.by_port() == y.tally.by_port()
        assert [(v.dtype, v.tobytes()) for v in x.value] == [(v.dtype, v.tobytes()) for v in y.value]
        assert x.log is not None
        assert y.log is not None
        assert x.log.tobytes() == y.log.tobytes()


@pytest.mark.slow
def test_a_race_is_the_same_in_several_processes() -> None:
    net, a = diamond(en.Rectified)
    feed = [(0, a.spikes, 0, 1), (0, net["meet"].spikes, 0, -1), (4, a.spikes, 0, 1)]  # ports are numbered anew
    one, two = (analysis.race(net, feed, seeds=4, processes=n) for n in (1, 2))
    assert one == two
    assert one.verdict == analysis.RACY


@pytest.mark.slow
def test_what_a_worker_raises_is_raised() -> None:
    with pytest.raises(UnsettledError, match="-1 is below 0"):
        in_processes(times, 3, [1, -1, 2, 3], processes=2, size=size)


@pytest.mark.slow
def test_a_worker_that_dies_is_an_error_of_the_package() -> None:
    with pytest.raises(EngineError, match="worker process has died"):
        in_processes(times, 3, [1, 99, 2, 3], processes=2, size=size)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("job", "words"),
    [
        ("killed", "worker process has died"),
        ("error", "job 2 of 3 has raised Unlike: 1 is unlike 2"),
        ("result", "job 2 of 3 has made function, which a worker process cannot hand back"),
    ],
)
def test_what_a_worker_cannot_hand_back_is_an_error_of_the_package(job: str, words: str) -> None:
    if job == "killed" and sys.platform == "win32":
        pytest.skip("signals of POSIX")
    with pytest.raises(EngineError, match=words):
        in_processes(hard, 3, ["fine", job, "fine"], processes=2)


class Stubborn:
    """What says in its own way that it will not be pickled."""

    def __reduce__(self) -> Any:
        raise RuntimeError("not me")


def test_whatever_keeps_jobs_from_being_handed_over_they_stay_here() -> None:
    with pytest.warns(RuntimeWarning, match="all runs go in one process: .*not me"):
        assert in_processes(one, 3, [Stubborn(), Stubborn()], processes=2) == [1, 1]


@pytest.mark.slow
def test_there_is_one_pool_of_processes() -> None:
    """One file starts processes that end with their parent, for the pool and for the live page."""
    forbidden = {"multiprocessing", "subprocess", "ProcessPoolExecutor", "fork", "posix_spawn", "Popen", "joblib"}
    found = {}
    for top in ("eventnet", "models", "scenarios"):
        for path in (ROOT / top).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                names: list[str] = []
                if isinstance(node, ast.Import):
                    names = [part for alias in node.names for part in alias.name.split(".")]
                elif isinstance(node, ast.ImportFrom):
                    names = [*(node.module or "").split("."), *(alias.name for alias in node.names)]
                elif isinstance(node, ast.Attribute):
                    names = [node.attr]
                if used := forbidden.intersection(names):
                    found.setdefault(path.relative_to(ROOT).as_posix(), set()).update(used)
    assert found.pop("eventnet/analysis/parallel.py") == {"multiprocessing"}
    for path in ("code_folder", "compiling"):  # ask whether they are in a worker
        assert found.pop(f"eventnet/kernels/{path}.py") == {"multiprocessing"}
    for path in ("analysis/children", "view/live_run", "view/live_server"):
        assert found.pop(f"eventnet/{path}.py") == {"multiprocessing"}
    assert found == {}


def test_small_work_stays_in_one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    def spread(payload: bytes, numbers: list[int], processes: int) -> Any:
        yield from ((number, -1) for number in numbers)

    monkeypatch.setattr(parallel, "_spread", spread)
    monkeypatch.setattr(parallel, "cores", lambda: 4)
    assert in_processes(times, 3, [1, 2, 3], size=lambda result: 100) == [3, 6, 9]
    assert in_processes(times, 3, [1, 2, 3], size=lambda result: parallel.SMALL) == [3, -1, -1]
    assert in_processes(times, 3, [], size=size) == []


def test_what_cannot_be_handed_over_stays_here_and_a_warning_says_so() -> None:
    net, a = diamond(en.Herding)
    with pytest.warns(RuntimeWarning, match="all runs go in one process: .*lambda"):
        found = analysis.orders(net, [(0, a.spikes, 0, 1)], answer=lambda run: run.state("end"), processes=2)
    assert {o.answer for o in found} == {"A"}


def test_processes_are_one_or_more() -> None:
    with pytest.raises(ModelError, match="processes is 0"):
        in_processes(times, 3, [1], processes=0, size=size)


def test_rules_travel_by_name() -> None:
    net, _ = diamond(en.Rectified)
    there: en.Network = pickle.loads(packed(net))
    assert [type(module) for module in there.modules] == [type(module) for module in net.modules]
    assert all(x.port.rule is y.port.rule for x, y in zip(there.ports(), net.ports(), strict=True))
    assert there["meet"].blocks["w"].array.tobytes() == net["meet"].blocks["w"].array.tobytes()

    def hidden(i, s, t, out, tally):
        return 0

    with pytest.raises(Unmovable, match="hidden"):
        packed(en.rule(hidden))


@pytest.mark.slow
def test_a_script_without_a_guard_is_not_run_again(tmp_path: Path) -> None:
    script = tmp_path / "study.py"
    script.write_text("from eventnet.analysis.parallel import packed\npacked([1])\n")
    done = subprocess.run([sys.executable, script], cwd=ROOT, capture_output=True, text=True)
    assert "under if __name__ ==" in done.stderr
    script.write_text('from eventnet.analysis.parallel import packed\nif __name__ == "__main__":\n    packed([1])\n')
    assert subprocess.run([sys.executable, script], cwd=ROOT).returncode == 0


LONG = """
import ctypes, os, sys, time
from eventnet.analysis.parallel import in_processes

def work(shared, job):
    os.write(1, b"begun" + bytes([10]))  # at once: lines of two workers do not mix
    if shared == "busy":
        ctypes.PyDLL(None).sleep(60)  # as compiled code does, it lets no other thread of Python run
    time.sleep(60)

if __name__ == "__main__":
    in_processes(work, sys.argv[1], [1, 2, 3, 4], processes=2)
"""


def alive(group: int) -> list[str]:
    """The processes of a group that run, by what the system says of each."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            name, _, rest = status.read_text().rpartition(")")
        except OSError:  # it has ended
            continue
        state, _, its_group = rest.split()[:3]
        if int(its_group) == group and state != "Z":
            found.append(name)
    return found


def gone(group: int, seconds: float = 10) -> bool:
    """Whether all processes of a group end within some seconds."""
    last = time.monotonic() + seconds
    while alive(group) and time.monotonic() < last:
        time.sleep(0.05)
    return not alive(group)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
@pytest.mark.parametrize("kind", ["waiting", "busy"])
def test_no_worker_outlives_its_parent(tmp_path: Path, end: signal.Signals, kind: str) -> None:
    if kind == "busy" and sys.platform != "linux":
        pytest.skip("elsewhere a thread watches, and has to wait")
    script = tmp_path / "long.py"
    script.write_text(LONG)
    run = subprocess.Popen(
        [sys.executable, script, kind], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)}, start_new_session=True,
    )  # fmt: skip
    assert run.stdout is not None
    assert [run.stdout.readline() for _ in range(2)] == ["begun\n"] * 2
    if end == signal.SIGINT:
        os.killpg(run.pid, end)  # as a terminal does
    else:
        os.kill(run.pid, end)
    _, words = run.communicate(timeout=30)  # returns when nobody holds its pipes any more
    assert gone(run.pid)
    assert run.returncode != 0
    assert words.count("Traceback") == (end == signal.SIGINT)  # the parent's own


LARGE = """
import sys
import numpy as np
from eventnet.analysis.parallel import in_processes

def work(shared, job):
    print("begun", flush=True)
    return np.zeros(30_000_000)

if __name__ == "__main__":
    in_processes(work, None, list(range(10**6)), processes=2, progress=lambda done, of: print("done", flush=True))
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="counts processes in /proc")
@pytest.mark.parametrize("after", [0.0, 0.01, 0.05, 0.1, 0.2, 0.4])
def test_an_end_comes_at_once_while_large_results_are_handed_back(tmp_path: Path, after: float) -> None:
    """Some 0.2 s of each worker's time: ProcessPoolExecutor waited for ever for the rest of what was on its way."""
    script = tmp_path / "large.py"
    script.write_text(LARGE)
    run = subprocess.Popen(
        [sys.executable, script], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)}, start_new_session=True,
    )  # fmt: skip
    assert run.stdout is not None
    while run.stdout.readline() != "done\n":
        pass
    time.sleep(after)
    os.kill(run.pid, signal.SIGINT)
    try:
        _, words = run.communicate(timeout=60)
    finally:
        if run.poll() is None:
            os.killpg(run.pid, signal.SIGKILL)
    assert words.count("Traceback") == 1
    assert words.strip().endswith("KeyboardInterrupt")
    assert gone(run.pid)


@pytest.mark.skipif(not hasattr(signal, "pthread_sigmask"), reason="signals of POSIX")
def test_an_interruption_while_workers_are_started_comes_after(monkeypatch: pytest.MonkeyPatch) -> None:
    """A masked signal may come to a thread of a library: Python raises it in this thread all the same."""
    begun: list[Any] = []
    begin = parallel._Worker.__init__

    def interrupted(worker: Any, context: Any) -> None:
        elsewhere = threading.Thread(target=unmasked, daemon=True)
        elsewhere.start()
        elsewhere.join()
        begin(worker, context)
        begun.append(worker)

    def unmasked() -> None:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        signal.pthread_kill(threading.get_ident(), signal.SIGINT)

    monkeypatch.setattr(parallel._Worker, "__init__", interrupted)
    answer, before = signal.getsignal(signal.SIGINT), multiprocessing.active_children()
    with pytest.raises(KeyboardInterrupt):
        in_processes(times, 3, [1, 2, 3], processes=2)
    assert len(begun) == 2
    assert signal.getsignal(signal.SIGINT) is answer
    assert set(multiprocessing.active_children()) <= set(before)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="counts processes in /proc")
@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_scenario_that_is_stopped_leaves_no_process(tmp_path: Path, end: signal.Signals) -> None:
    run = subprocess.Popen(
        [sys.executable, "-m", "eventnet", "run", "dvs-gyro", "--out", tmp_path], cwd=ROOT, start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=os.environ | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    while len(alive(run.pid)) < 4 and run.poll() is None:  # it, two workers, and what keeps track of semaphores
        time.sleep(0.05)
    time.sleep(3)
    assert run.poll() is None
    os.kill(run.pid, end)
    run.wait(timeout=30)
    assert gone(run.pid)
