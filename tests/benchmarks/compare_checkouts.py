"""How fast one checkout is beside another: rows of `bench_engine.py`, run in both in turns.

    python tests/benchmarks/compare_checkouts.py NEW OLD --rounds 10

In each round a process for each checkout measures every row, each with the checkout's own benchmark file and a folder of
its own for compiled code. The two take turns row by row, now the one first, now the other, so that both see the same
machine. A row's speed is the median over rounds of old time by new time (1.05: five percent faster); the intervals are
those of a bootstrap over rounds, 95 %. Ends with 1 where the geometric mean of the rows is below 0.97 or a row is below
0.93, with 2 where something could not be measured. Needs an environment with what both need, and POSIX.

The same file is the pytest plugin of the measuring processes.
"""

from __future__ import annotations

import argparse
import functools
import hashlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
import pytest

MEAN_AT_LEAST, ROW_AT_LEAST = 0.97, 0.93
BENCHMARKS = "tests/benchmarks/bench_engine.py"
RESAMPLES, SEED = 2_000, 0
SIDES = "new", "old"

Round = dict[str, dict[str, float]]
"""Seconds by side and row."""


class Unmeasured(Exception):
    """Something could not be measured; the message says what."""


# --- the plugin: what the measuring processes do ---
def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--repeats", type=int, default=3, help="times that a row is run")
    parser.addoption(
        "--turns", default=None, help="two file descriptors: reads a byte before each row, writes one after"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Whatever a benchmark asks for, it is run `--repeats` times."""
    import eventnet

    if not Path(eventnet.__file__).resolve().is_relative_to(config.rootpath.resolve()):
        raise pytest.UsageError(f"eventnet is {eventnet.__file__}; wanted that of {config.rootpath}")
    from pytest_benchmark.fixture import BenchmarkFixture

    whole, repeats = BenchmarkFixture.pedantic, config.getoption("--repeats")

    @functools.wraps(whole)
    def so_often(self: Any, *args: Any, rounds: int = 1, **options: Any) -> Any:
        return whole(self, *args, rounds=repeats, **options)

    BenchmarkFixture.pedantic = so_often


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Wait for this process's turn, and say when it is over."""
    turns = item.config.getoption("--turns")
    go, done = (int(number) for number in turns.split(",")) if turns else (-1, -1)
    if turns:
        os.read(go, 1)
    result = yield
    if turns:
        os.write(done, b".")
    return result


# --- a checkout ---
def digest(checkout: Path) -> str:
    """A hash of a checkout's sources: measurements and compiled code belong to these and no others."""
    made = hashlib.sha256()
    files = [path for folder in ("eventnet", "models", "scenarios") for path in (checkout / folder).rglob("*.py")]
    for path in [*sorted(files), checkout / BENCHMARKS]:
        made.update(str(path.relative_to(checkout)).encode() + hashlib.sha256(path.read_bytes()).digest())
    return made.hexdigest()[:16]


@dataclass(frozen=True)
class Checkout:
    """A folder with the sources, and one for its compiled code."""

    folder: Path
    cache: Path

    def start(self, said: IO[str], *options: str, turns: tuple[int, int] | None = None) -> subprocess.Popen[str]:
        """A process of pytest in this checkout, which writes into `said`; no settings or plugins but these."""
        own = Path(__file__).resolve().parent
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
        environment["PYTHONPATH"] = os.pathsep.join([str(self.folder), str(own)])
        environment["NUMBA_CACHE_DIR"] = str(self.cache)
        environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
        command = [sys.executable, "-m", "pytest", "-q", "-o", "addopts=", "-p", "no:cacheprovider"]
        command += ["-p", "pytest_benchmark.plugin", "-p", Path(__file__).stem, "--rootdir", str(self.folder), *options]
        if turns is not None:
            command += ["--turns", ",".join(map(str, turns))]
        return subprocess.Popen(
            command, cwd=self.folder, env=environment, text=True, pass_fds=turns or (), stdin=subprocess.DEVNULL,
            stdout=said, stderr=said,
        )  # fmt: skip

    def rows(self) -> list[str]:
        """Names of the benchmarks that are there."""
        with tempfile.TemporaryFile("w+") as said:
            failed = self.start(said, "--collect-only", BENCHMARKS).wait()
            text = _read(said)
        if failed:
            raise Unmeasured(f"the rows of {self.folder} cannot be told:\n{text}")
        return [line.split("::", 1)[1] for line in text.splitlines() if line.startswith(f"{BENCHMARKS}::")]


def _read(said: IO[str]) -> str:
    said.seek(0)
    return said.read()


def chosen_rows(new: list[str], old: list[str], words: list[str]) -> list[str]:
    """Rows that both have and that hold one of the words, if there are any; in the order of the new checkout."""
    found = [row for row in new if row in old and (not words or any(word in row for word in words))]
    if not found:
        raise Unmeasured(f"no row of both checkouts holds any of {words}; there are {new} and {old}")
    return found


# --- a round ---
@dataclass(frozen=True)
class How:
    """What is measured, and how."""

    rows: list[str]
    repeats: int
    cpu: bool

    def options(self) -> list[str]:
        """Options of pytest."""
        timer = "time.process_time" if self.cpu else "time.perf_counter"
        return ["--benchmark-only", f"--benchmark-timer={timer}", "--repeats", str(self.repeats)]


class Measuring:
    """A process that measures rows of one checkout, one at each `take_turn`."""

    def __init__(self, checkout: Checkout, how: How, results: Path, said: IO[str]) -> None:
        self.checkout, self.results, self._said = checkout, results, said
        go_read, self._go = os.pipe()
        self._done, done_write = os.pipe()
        options = [f"--benchmark-json={results}", *how.options(), *(f"{BENCHMARKS}::{row}" for row in how.rows)]
        self.process = checkout.start(said, *options, turns=(go_read, done_write))
        os.close(go_read)
        os.close(done_write)

    def __enter__(self) -> Measuring:
        return self

    def __exit__(self, *error: object) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._go)
        os.close(self._done)

    def take_turn(self) -> None:
        """Let it measure its next row, and wait until it has."""
        with suppress(BrokenPipeError):
            os.write(self._go, b".")
        if not os.read(self._done, 1):
            raise self._failed()

    def seconds(self) -> dict[str, float]:
        """Seconds by row, of the quickest run of each, once all turns are over."""
        if self.process.wait():
            raise self._failed()
        found = json.loads(self.results.read_text())["benchmarks"]
        return {row["name"]: row["stats"]["min"] for row in found}

    def _failed(self) -> Unmeasured:
        self.process.wait()
        return Unmeasured(f"the rows of {self.checkout.folder} were not measured:\n{_read(self._said)}")


def measure(checkouts: dict[str, Checkout], how: How, first: int) -> Round:
    """One round: all rows in both, in turns row by row; first: whose turn is first at the first row."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        started = {}
        for side, checkout in checkouts.items():
            said = stack.enter_context(tempfile.TemporaryFile("w+"))
            started[side] = stack.enter_context(Measuring(checkout, how, Path(folder, side), said))
        for k in range(len(how.rows)):
            for turn in range(2):
                started[SIDES[(first + k + turn) % 2]].take_turn()
        return {side: process.seconds() for side, process in started.items()}


# --- what comes of it ---
@dataclass(frozen=True)
class Speed:
    """Old time by new time, with its interval."""

    name: str
    ratio: float
    low: float
    high: float


def compare(rounds: list[Round], rows: list[str]) -> tuple[list[Speed], Speed]:
    """The speed of each row, and the geometric mean of all: medians over rounds, resampled for the intervals."""
    ratios = np.array([[one["old"][row] / one["new"][row] for row in rows] for one in rounds])  # [rounds, rows]
    drawn = np.random.default_rng(SEED).integers(0, len(rounds), (RESAMPLES, len(rounds)))
    medians = np.median(ratios[drawn], axis=1)  # [RESAMPLES, rows]
    found = [Speed(row, float(np.median(ratios[:, k])), *_interval(medians[:, k])) for k, row in enumerate(rows)]
    mean = statistics.geometric_mean(speed.ratio for speed in found)
    return found, Speed("geometric mean", mean, *_interval(np.exp(np.log(medians).mean(axis=1))))


def _interval(values: Any) -> tuple[float, float]:
    low, high = np.quantile(values, [0.025, 0.975])
    return float(low), float(high)


def too_slow(speeds: list[Speed], mean: Speed) -> list[str]:
    """What is below its bound, in words."""
    found = [f"{row.name} is {row.ratio:.3f}; wanted {ROW_AT_LEAST}" for row in speeds if row.ratio < ROW_AT_LEAST]
    return found + ([f"the mean is {mean.ratio:.3f}; wanted {MEAN_AT_LEAST}"] if mean.ratio < MEAN_AT_LEAST else [])


def kept_rounds(file: Path | None, of: dict[str, Any]) -> list[Round]:
    """Rounds of an earlier run. Raises Unmeasured for those of other sources or rows."""
    if file is None or not file.exists():
        return []
    kept = json.loads(file.read_text())
    if kept["of"] != of:
        raise Unmeasured(f"{file} holds rounds of {kept['of']}; wanted {of}")
    rounds: list[Round] = kept["rounds"]
    return rounds


def keep_rounds(file: Path | None, of: dict[str, Any], rounds: list[Round]) -> None:
    """Keep rounds; a run that is broken off leaves those before."""
    if file is not None:
        part = file.with_name(f"{file.name}.part")
        part.write_text(json.dumps({"of": of, "rounds": rounds}))
        part.replace(file)


def run(given: argparse.Namespace, cache: Path) -> int:
    """Measure what is not kept, print what came of it; the exit code."""
    folders = {"new": given.new.resolve(), "old": given.old.resolve()}
    marks = {side: digest(folder) for side, folder in folders.items()}
    checkouts = {side: Checkout(folder, cache / marks[side]) for side, folder in folders.items()}
    rows = chosen_rows(checkouts["new"].rows(), checkouts["old"].rows(), given.rows)
    how = How(rows, given.repeats, given.cpu)
    of = {"sources": marks, **asdict(how)}
    rounds = kept_rounds(given.keep, of)
    while len(rounds) < given.rounds:
        rounds.append(measure(checkouts, how, first=len(rounds)))
        keep_rounds(given.keep, of, rounds)
        mean = compare(rounds, rows)[1]
        print(f"round {len(rounds)} of {given.rounds}: mean {mean.ratio:.3f}", file=sys.stderr, flush=True)
    speeds, mean = compare(rounds, rows)
    slow = too_slow(speeds, mean)
    if given.json:
        told = {"rounds": len(rounds), "rows": [asdict(row) for row in speeds], "mean": asdict(mean), "too slow": slow}
        print(json.dumps(told, indent=1))
    else:
        print(f"{'old time by new time':44s} median  95 % interval, {len(rounds)} rounds")
        for row in (*speeds, mean):
            print(f"{row.name:44s} {row.ratio:6.3f}  {row.low:.3f} to {row.high:.3f}")
        print("\n".join(slow) or "fast enough")
    return 1 if slow else 0


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("new", type=Path, help="the checkout that is judged")
    parser.add_argument("old", type=Path, help="the checkout that it is held against")
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--repeats", type=int, default=3, help="runs of a row in a round; the quickest counts")
    parser.add_argument("--rows", nargs="*", default=[], metavar="WORD", help="only rows that hold one of these")
    parser.add_argument("--keep", type=Path, default=None, help="keeps rounds in this file, and goes on from it")
    parser.add_argument(
        "--cache", type=Path, default=None, help="keeps compiled code here; default: a temporary folder"
    )
    parser.add_argument("--cpu", action="store_true", help="processor time, of all threads, and not the clock's")
    parser.add_argument("--json", action="store_true", help="print JSON")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        try:
            return run(given, given.cache.resolve() if given.cache else Path(folder))
        except Unmeasured as error:
            print(error, file=sys.stderr)
            return 2


if __name__ == "__main__":
    sys.exit(main())
