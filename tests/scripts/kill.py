"""Kill commands, run them again, and compare what they leave with an undisturbed run, byte for byte.

python tests/scripts/kill.py --kills 100 --seed 0 --folder kills

Each round runs a command and kills it with its workers, once, then runs it again to its end. Half of the kills are at
random: at a moment drawn between the command's start and its usual end. The others are aimed at a save: from such a
moment on, up to the usual end, the script watches for a file that is being written, and kills at once. A kill was in a
save if it has left a file that was begun and not moved into its place. A table tells, for either kind: kills that came
in time, those in a save, those after the first piece was in its place, runs that went on from a piece, and those that
ended with the same bytes, on stdout too. Rounds that are done are kept in the folder, so that the script goes on where
it was stopped.
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
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).parents[2]
COMMANDS = {
    "hyperparameters": "reproduce hyperparameters --quick --processes 1 --out out",
    "one-way-gate": "reproduce one-way-gate --quick --processes 2 --out out",
    "routing-order": "reproduce routing-order --quick --processes 2 --out out",
    "cost": "cost ../net.npz --inputs ../in.npy --blame proportional --out out",
    "train": "train --sizes 784-10-10 --train 1000 --test 100 --epochs 50 --out out/model.npz",
}
KINDS = {"random": "at random", "aimed": "aimed at a save"}
COUNTED = ("killed", "in a save", "after a piece", "went on", "same bytes")
LOOK_S = 0.0005


def prepare(folder: Path) -> None:
    """A network and inputs for the commands that want some."""
    import eventnet as en

    rng = np.random.default_rng(0)
    net = en.Network(dtype="float32")
    eye = net.add(en.Relay(16, name="eye"))
    hidden = net.add(en.Herding(24, net.weights(rng.normal(0, 0.4, (16, 24))), name="hidden"))
    end = net.add(en.Sink(24, name="end"))
    net.connect(eye.out, hidden.spikes)
    net.connect(hidden.out, end.spikes)
    net.save(folder / "net.npz")
    inputs = np.zeros(24_000, en.EVENT)
    inputs["t"], inputs["port"] = np.arange(len(inputs)), int(eye.spikes)
    inputs["index"], inputs["sign"] = rng.integers(0, 16, len(inputs)), rng.choice([-1, 1], len(inputs))
    np.save(folder / "in.npy", inputs)


def started(name: str, place: Path) -> subprocess.Popen[bytes]:
    """The command, in a group of its own, in a folder with an empty folder `out`."""
    (place / "out").mkdir(parents=True, exist_ok=True)
    paths = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    return subprocess.Popen(
        [sys.executable, "-m", "eventnet", *COMMANDS[name].split()], cwd=place, start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=os.environ | {"PYTHONPATH": paths},
    )  # fmt: skip


def ended(run: subprocess.Popen[bytes]) -> tuple[bytes, str]:
    """Wait for it; what it has said on stdout and on stderr."""
    out, words = run.communicate(timeout=1800)
    if run.returncode:
        raise SystemExit(f"the command has failed:\n{words.decode()}")
    return out, words.decode()


def left(place: Path, stdout: bytes) -> dict[str, bytes]:
    """What a command leaves: files, and what it has printed."""
    return files_of(place) | {"stdout": stdout}


def files_of(place: Path) -> dict[str, bytes]:
    """The files that a command has left so far."""
    found = sorted((place / "out").iterdir())
    return {path.name: path.read_bytes() if path.is_file() else b"a folder" for path in found}


def whole(name: str, folder: Path) -> tuple[dict[str, bytes], float]:
    """What an undisturbed run leaves, and how many seconds it takes; kept in the folder."""
    place, told = folder / f"whole-{name}", folder / f"whole-{name}.json"
    if not told.exists():
        for _ in range(2):  # the first compiles
            shutil.rmtree(place, ignore_errors=True)
            began = time.monotonic()
            out, _ = ended(started(name, place))
            seconds = time.monotonic() - began
        told.write_text(json.dumps({"seconds": seconds, "stdout": out.decode()}))
    known = json.loads(told.read_text())
    return left(place, known["stdout"].encode()), known["seconds"]


def note_seconds(name: str, folder: Path, seconds: float) -> None:
    """Aim earlier from now on: the command takes less time than was known."""
    told = folder / f"whole-{name}.json"
    told.write_text(json.dumps(json.loads(told.read_text()) | {"seconds": seconds}))


def files_begun(out: Path) -> Iterator[str]:
    """Files in a folder, and in its folders of pieces, that are being written."""
    for folder in (out, *out.glob("unfinished-*")):
        try:
            yield from (entry.path for entry in os.scandir(folder) if entry.name.endswith(".part"))
        except FileNotFoundError:  # it has gone since
            continue


def wait(run: subprocess.Popen[bytes], out: Path, kind: str, at: float, seconds: float) -> None:
    """Until it is time to kill."""
    began = time.monotonic()
    time.sleep(at * seconds)
    while kind == "aimed" and run.poll() is None and time.monotonic() - began < seconds:
        if any(files_begun(out)):
            return
        time.sleep(LOOK_S)


def kill_once(name: str, kind: str, at: float, folder: Path) -> dict[str, Any]:
    """One round; at: from 0 to 1, when the command is killed, or from when on the kill is aimed."""
    (wanted, seconds), place = whole(name, folder), folder / "round"
    shutil.rmtree(place, ignore_errors=True)
    began = time.monotonic()
    run = started(name, place)
    wait(run, place / "out", kind, at, seconds)
    killed = run.poll() is None
    if killed:
        os.killpg(run.pid, signal.SIGKILL)
    run.communicate()
    begun = any(files_begun(place / "out"))
    same = files_of(place) == {file: what for file, what in wanted.items() if file != "stdout"}
    if not killed:
        note_seconds(name, folder, min(seconds, time.monotonic() - began))
    if same or not killed:
        # Its work was done, if not perhaps the process: no kill in time, and nothing to go on with.
        return {"command": name, "kind": kind, **dict.fromkeys(COUNTED, False), "same bytes": same}
    pieces = any((place / "out").glob("unfinished-*/*.npz"))
    out, words = ended(started(name, place))
    return {
        "command": name, "kind": kind, "killed": killed, "in a save": begun, "after a piece": pieces,
        "went on": "finished before" in words, "same bytes": left(place, out) == wanted,
    }  # fmt: skip


def rounds(kills: int, seed: int, folder: Path, names: list[str]) -> list[dict[str, Any]]:
    """So many rounds, commands in turn; those done before are read."""
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    prepare(folder)
    kept = folder / f"rounds-{seed}.json"
    done: list[dict[str, Any]] = json.loads(kept.read_text()) if kept.exists() else []
    drawn = random.Random(seed)
    moments = [drawn.uniform(0.1, 1.0) for _ in range(kills)]
    for k in range(len(done), kills):
        kind = list(KINDS)[k // len(names) % len(KINDS)]
        # What is aimed has to find something to aim at between its moment and the end.
        at = moments[k] if kind == "random" else 0.8 * moments[k]
        done.append(kill_once(names[k % len(names)], kind, at, folder))
        kept.write_text(json.dumps(done))
        print(f"{k + 1} of {kills}: {done[-1]}", flush=True)
    return done[:kills]


def table(done: list[dict[str, Any]]) -> str:
    """Counts, for either kind of kill and for both."""
    lines = [f"{'':18}{'rounds':>8}" + "".join(f"{name:>15}" for name in COUNTED)]
    for title, rows in (
        *((title, [one for one in done if one["kind"] == kind]) for kind, title in KINDS.items()), ("together", done),
    ):  # fmt: skip
        lines.append(f"{title:18}{len(rows):>8}" + "".join(f"{sum(one[n] for one in rows):>15}" for n in COUNTED))
    return "\n".join(lines)


def main() -> None:
    """Kill, count, and fail where a byte differs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folder", type=Path, default=Path("kills"))
    parser.add_argument("--command", choices=list(COMMANDS), action="append")
    given = parser.parse_args()
    done = rounds(given.kills, given.seed, given.folder, given.command or list(COMMANDS))
    print(table(done))
    if not all(one["same bytes"] for one in done):
        raise SystemExit("some runs differ")


if __name__ == "__main__":
    main()
