"""What a sweep's own work costs: processor time and bytes a job, and a dask scheduler's time a task.

python tests/scripts/sweep_cost.py --jobs 10000
python tests/scripts/sweep_cost.py --jobs 1000 --dask [--batch 20]
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import sweep_jobs

from eventnet.analysis.clients import spread_over
from eventnet.analysis.parallel import packed
from eventnet.sweep import Sweep, run_sweep
from eventnet.sweep.work import outcome, prepared


def main() -> None:
    """Measure, and say it."""
    words = argparse.ArgumentParser()
    words.add_argument("--jobs", type=int, default=10_000)
    words.add_argument("--batch", type=int, default=1)
    words.add_argument("--dask", action="store_true")
    asked = words.parse_args()
    sweep = Sweep(sweep_jobs.plain, grid={"rate": list(range(asked.jobs))})
    if asked.dask:
        with_dask(sweep, asked.batch)
    else:
        here(sweep)


def here(sweep: Sweep) -> None:
    """The client: naming, files and the table; jobs that do nothing are in it."""
    n = len(sweep)
    with tempfile.TemporaryDirectory() as folder:
        small = Sweep(sweep_jobs.plain, grid={"rate": [0]})
        run_sweep(small, f"{folder}/small", processes=1)
        memory, begun = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
        run_sweep(sweep, f"{folder}/all", processes=1)
        first = time.process_time() - begun
        grown = 1024 * (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory)
        begun = time.process_time()
        run_sweep(sweep, f"{folder}/all", processes=1)
        again = time.process_time() - begun
        sizes = [path.stat().st_size for path in Path(folder, "all").rglob("*.json")]
    print(f"{n:,} jobs: {1000 * first / n:.2f} ms a job, again, all done: {1000 * again / n:.2f} ms")
    print(f"{sum(sizes) / n:,.0f} bytes a file, the client's peak memory grew by {grown / n:,.0f} bytes a job")


def with_dask(sweep: Sweep, batch: int) -> None:
    """The scheduler: one worker with one thread on this machine, and jobs that do nothing."""
    from distributed import Client, LocalCluster

    def now() -> float:
        return time.process_time()

    with LocalCluster(1, threads_per_worker=1, dashboard_address=None) as cluster, Client(cluster) as client:
        work, n = prepared(sweep), len(sweep)
        payload = packed((outcome, work, range(n), None))
        list(spread_over(client, payload, range(10)))
        # The scheduler of a LocalCluster is in this process: its own time is asked of one in a process of its own.
        begun, mine = time.monotonic(), now()
        list(spread_over(client, payload, range(n), batch=batch))
        wall, both = time.monotonic() - begun, now() - mine
    tasks: Any = -(-n // batch)
    print(f"{n:,} jobs in {tasks:,} tasks: {1000 * wall / tasks:.2f} ms of wall a task, {1000 * both / tasks:.2f} ms of "
          "processor time of scheduler and client")  # fmt: skip


if __name__ == "__main__":
    main()
