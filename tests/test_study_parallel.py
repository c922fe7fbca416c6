"""Studies in several processes: the same bytes as in one, errors as they were raised, and an end to all of it."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from test_study_sensitive import diamond

import eventnet as en
from eventnet import study
from eventnet.errors import EngineError, ModelError, UnsettledError
from eventnet.study import parallel
from eventnet.study.parallel import Unmovable, in_processes, packed

ROOT = Path(__file__).parents[1]


def backwards(t, source, wire, index, sign, magnitude, rank, seq, seed):  # type: ignore[no-untyped-def]
    return 2, -seq


def at_the_end(run: en.Run) -> Any:
    return run.state("end")


def times(shared: int, job: int) -> int:
    if job < 0:
        raise UnsettledError(f"{job} is below 0")
    if job == 99:
        os._exit(1)
    return shared * job


def size(result: int) -> int:
    return 10**9


def test_results_come_in_the_order_of_the_jobs_and_are_told() -> None:
    for processes in (1, 2):
        heard: list[int] = []
        found = in_processes(
            times,
            3,
            [1, 2, 3],
            processes=processes,
            size=size,
            told=lambda *numbers, heard=heard: heard.extend(numbers),
        )
        assert found == [3, 6, 9]
        assert heard == [1, 3, 2, 3, 3, 3]


def test_every_order_gives_the_same_bytes_in_several_processes() -> None:
    net, a = diamond(en.Rectified)
    feed = [(0, a.spikes, 0, 1), (0, a.spikes, 0, -1), (4, a.spikes, 0, 1)]
    options: dict[str, Any] = {"orders": ("depth", "random", backwards), "answer": at_the_end, "seed": 5}
    one, two = (study.orders(net, feed, processes=n, keep_logs=True, **options) for n in (1, 2))
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
    one, two = (study.race(net, feed, seeds=4, processes=n) for n in (1, 2))
    assert one == two
    assert one.verdict == study.RACY


def test_what_a_worker_raises_is_raised() -> None:
    with pytest.raises(UnsettledError, match="-1 is below 0"):
        in_processes(times, 3, [1, -1, 2, 3], processes=2, size=size)


def test_a_worker_that_dies_is_an_error_of_the_package() -> None:
    with pytest.raises(EngineError, match="worker process has died"):
        in_processes(times, 3, [1, 99, 2, 3], processes=2, size=size)


def test_small_work_stays_in_one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    def spread(payload: bytes, first: int, end: int, processes: int, tell: Any) -> list[int]:
        return [-1] * (end - first)

    monkeypatch.setattr(parallel, "_spread", spread)
    monkeypatch.setattr(parallel, "cores", lambda: 4)
    assert in_processes(times, 3, [1, 2, 3], size=lambda result: 100) == [3, 6, 9]
    assert in_processes(times, 3, [1, 2, 3], size=lambda result: parallel.SMALL) == [3, -1, -1]
    assert in_processes(times, 3, [], size=size) == []


def test_what_cannot_be_handed_over_stays_here_and_a_warning_says_so() -> None:
    net, a = diamond(en.Herding)
    with pytest.warns(RuntimeWarning, match="all runs go in one process: .*lambda"):
        found = study.orders(net, [(0, a.spikes, 0, 1)], answer=lambda run: run.state("end"), processes=2)
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

    def hidden(i, s, t, out, tally):  # type: ignore[no-untyped-def]
        return 0

    with pytest.raises(Unmovable, match="hidden"):
        packed(en.rule()(hidden))


def test_a_script_without_a_guard_is_not_run_again(tmp_path: Path) -> None:
    script = tmp_path / "study.py"
    script.write_text("from eventnet.study.parallel import packed\npacked([1])\n")
    done = subprocess.run([sys.executable, script], cwd=ROOT, capture_output=True, text=True)
    assert "under if __name__ ==" in done.stderr
    script.write_text('from eventnet.study.parallel import packed\nif __name__ == "__main__":\n    packed([1])\n')
    assert subprocess.run([sys.executable, script], cwd=ROOT).returncode == 0


LONG = """
import sys, time
from eventnet.study.parallel import in_processes

def work(shared, job):
    print("begun", flush=True)
    time.sleep(60)

if __name__ == "__main__":
    in_processes(work, None, [1, 2, 3, 4], processes=2, size=lambda result: 0)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGKILL])
def test_an_interrupt_ends_all_processes(tmp_path: Path, end: signal.Signals) -> None:
    script = tmp_path / "long.py"
    script.write_text(LONG)
    run = subprocess.Popen(
        [sys.executable, script], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)}, start_new_session=True,
    )  # fmt: skip
    assert run.stdout is not None
    assert [run.stdout.readline() for _ in range(2)] == ["begun\n"] * 2
    began = time.monotonic()
    if end == signal.SIGINT:
        os.killpg(run.pid, end)  # as a terminal does
    else:
        os.kill(run.pid, end)
    run.communicate(timeout=30)  # returns when nobody holds its pipes any more
    assert time.monotonic() - began < 15
    assert run.returncode != 0
