"""Whether two checkouts give the same numbers: the JSON output of the same commands, number by number.

    python tests/scripts/compare_json.py OLD NEW [--only NAME ...]

Each command runs in both checkouts with the same seed. Commands and columns that were renamed are compared by value: a
number of the old output is found if the new output has it, as often as the old one does; one that is not may be there
within 1e-15 of itself, as a sum whose terms come in another order. Numbers of the machine (times, versions, memory) are
left out by their names. Printed are, for each command, numbers in the old output, those found, those found within
rounding, and the names of the others. Needs an environment with what both checkouts need, and without eventnet.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

SMALL = "--sizes 784-60-40-10 --epochs 2 --train 600 --test 200 --seed 3".split()
COMMANDS = {
    "train": ["train", *SMALL, "--out", "model.npz"],
    "train int32": ["train", *SMALL, "--dtype", "int32", "--order", "breadth", "--out", "model32.npz"],
    "train sgd": ["train", *SMALL, "--rule", "sgd", "--smooth", "--out", "modelsgd.npz"],
    "prices": ["prices"],
    "guesses": "guesses --networks 1 --epochs 2 --test 100 --seed 2".split(),
    **{
        f"{command} {scenario}": [command, "--scenario", scenario, "--seed", "5"]
        for command in ("orders", "race", "ledger", "waste")
        for scenario in ("dsn-learning", "dsn-answering", "sigma-delta")
    },
    **{f"run {name}": ["run", name] for name in ("dvs-gyro", "robot", "gaze", "stdp-digits", "stdp-pattern")},
}
"""Commands by the names of the old checkout."""
RENAMED = {"guesses": "anytime", "ledger": "cost", "waste": "cancellation", "whatif": "ablate"}
MACHINE = (
    "second",
    "versions",
    "version",
    "memory",
    "time_to",
    "took",
    "_ms",
    "cpu",
    "host",
    "processes",
    "written",
    "out",
)


def numbers(value: Any, name: str = "") -> Iterator[tuple[str, float]]:
    """The numbers of a JSON value with the path to each."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if not any(word in key for word in MACHINE):
                yield from numbers(inner, f"{name}.{key}")
    elif isinstance(value, list):
        for i, inner in enumerate(value):
            quantity = inner.get("quantity", "") if isinstance(inner, dict) else ""
            yield from numbers(inner, f"{name}[{quantity or i}]")
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield name, value


def output(checkout: Path, arguments: list[str], folder: Path) -> Any:
    """The JSON that a command prints in a checkout. Ends where it prints none."""
    environment = dict(os.environ, PYTHONPATH=str(checkout), NUMBA_CACHE_DIR=str(folder.parent / "numba"))
    command = [sys.executable, "-m", "eventnet", *arguments, "--json"]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    if not done.stdout:  # a race that is found has a code of its own
        raise SystemExit(f"{' '.join(arguments)} in {checkout}: {done.stderr[-2000:]}")
    try:
        return json.loads(done.stdout)
    except json.JSONDecodeError:  # a line for each epoch
        return [json.loads(line) for line in done.stdout.splitlines()]


class Compared(NamedTuple):
    """Numbers of the old output, those of them that the new one has to the last bit and nearly, and the others' names."""

    numbers: int
    same: int
    near: int
    missing: list[str]


def compare(old: Any, new: Any) -> Compared:
    """Each number of the old output and one of the new output, which is taken away with it."""
    ours, theirs = list(numbers(old)), Counter(value for _, value in numbers(new))
    left = []
    for name, value in ours:
        if theirs[value] > 0:
            theirs[value] -= 1
        else:
            left.append((name, value))
    missing = []
    for name, value in left:
        near = [other for other, times in theirs.items() if times > 0 and math.isclose(other, value, rel_tol=1e-15)]
        if near:
            theirs[near[0]] -= 1
        else:
            missing.append(name)
    return Compared(len(ours), len(ours) - len(left), len(left) - len(missing), missing)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("old", type=Path)
    parser.add_argument("new", type=Path)
    parser.add_argument("--only", nargs="*", help="names of commands, as they are printed")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folders = [Path(scratch) / name / "work" for name in ("old", "new")]
        for folder in folders:
            folder.mkdir(parents=True)
        for name, arguments in COMMANDS.items():
            if asked.only and name not in asked.only:
                continue
            new_arguments = [RENAMED.get(arguments[0], arguments[0]), *arguments[1:]]
            old = output(asked.old.resolve(), arguments, folders[0])
            new = output(asked.new.resolve(), new_arguments, folders[1])
            found = compare(old, new)
            print(f"{name:24} {found.numbers:7,} numbers, {found.same:7,} found, {found.near:4} nearly", flush=True)
            for place, times in Counter(re.sub(r"\[\d+\]", "", place) for place in found.missing).items():
                print(f"    {place}: {times}", flush=True)


if __name__ == "__main__":
    main()
