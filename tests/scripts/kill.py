"""Kill commands at random moments, run them again, and compare what they leave with an undisturbed run, byte for byte.

python tests/scripts/kill.py --n 100 --seed 0 --folder kills

Each round runs a command and kills it with its workers, once, at a moment drawn between its start and its usual end,
then runs it again to its end. Counted: kills that came in time; those after the first piece was written; those that hit
a write, told by a .part file; runs that went on from a piece; and those that ended with the same bytes. Rounds that are
done are kept in the folder, so that the script goes on where it was stopped.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
COMMANDS = {
    "hyperparameters": ["reproduce", "hyperparameters", "--quick", "--processes", "1"],
    "one-way-gate": ["reproduce", "one-way-gate", "--quick", "--processes", "2"],
    "routing-order": ["reproduce", "routing-order", "--quick", "--processes", "2"],
}
COUNTED = ("killed", "after a piece", "in a write", "went on", "same bytes")


def started(name: str, out: Path) -> subprocess.Popen[str]:
    """The command, in a group of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "eventnet", *COMMANDS[name], "--out", out], cwd=ROOT, start_new_session=True, text=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=os.environ | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip


def ended(run: subprocess.Popen[str]) -> str:
    """Wait for it; what it has said on stderr."""
    _, words = run.communicate(timeout=1800)
    if run.returncode:
        raise SystemExit(f"the command has failed:\n{words}")
    return words


def left(out: Path) -> dict[str, bytes]:
    """What a command leaves: tables and pictures; of its JSON all but the command line, which names the folder."""
    found = {path.name: path.read_bytes() for path in sorted(out.iterdir()) if path.suffix != ".json"}
    for path in sorted(out.glob("*.json")):
        text = json.loads(path.read_text("utf-8"))
        text["manifest"].pop("command_line")
        found[path.name] = json.dumps(text).encode()
    return found


def kill_once(name: str, wanted: dict[str, bytes], seconds: float, at: float, folder: Path) -> dict[str, bool]:
    """One round; at: from 0 to 1, when the command is killed."""
    out = folder / "round"
    shutil.rmtree(out, ignore_errors=True)
    run = started(name, out)
    time.sleep(at * seconds)
    killed = run.poll() is None
    if killed:
        os.killpg(run.pid, signal.SIGKILL)
    run.communicate()
    pieces = [path for path in out.glob("unfinished-*/*")] if out.exists() else []
    words = ended(started(name, out))
    return {
        "killed": killed, "after a piece": any(path.suffix == ".npz" for path in pieces),
        "in a write": any(path.suffix == ".part" for path in pieces), "went on": "finished before" in words,
        "same bytes": left(out) == wanted,
    }  # fmt: skip


def rounds(n: int, seed: int, folder: Path, names: list[str]) -> list[dict[str, Any]]:
    """So many rounds, commands in turn; those done before are read."""
    folder.mkdir(parents=True, exist_ok=True)
    kept = folder / f"rounds-{seed}.json"
    done: list[dict[str, Any]] = json.loads(kept.read_text()) if kept.exists() else []
    known: dict[str, tuple[dict[str, bytes], float]] = {}
    drawn = random.Random(seed)
    moments = [drawn.uniform(0.1, 1.0) for _ in range(n)]
    for k in range(len(done), n):
        name = names[k % len(names)]
        if name not in known:
            for _ in range(2):  # the first compiles
                out = folder / f"whole-{name}"
                shutil.rmtree(out, ignore_errors=True)
                began = time.monotonic()
                ended(started(name, out))
            known[name] = left(out), time.monotonic() - began
        done.append({"command": name} | kill_once(name, *known[name], moments[k], folder))
        kept.write_text(json.dumps(done))
        print(f"{k + 1} of {n}: {done[-1]}", flush=True)
    return done[:n]


def main() -> None:
    """Kill, count, and fail where a byte differs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folder", type=Path, default=Path("kills"))
    parser.add_argument("--command", choices=list(COMMANDS), action="append")
    given = parser.parse_args()
    done = rounds(given.n, given.seed, given.folder, given.command or list(COMMANDS))
    print(", ".join(f"{what}: {sum(one[what] for one in done)} of {len(done)}" for what in COUNTED))
    if not all(one["same bytes"] for one in done):
        raise SystemExit("some runs differ")


if __name__ == "__main__":
    main()
