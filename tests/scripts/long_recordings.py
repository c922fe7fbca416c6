"""Peak memory of the commands that read a recording in packets, on recordings of two lengths; docs/how-to/cost.md.

    python tests/scripts/long_recordings.py FOLDER 2000000 20000000

A recording of so many random events of 32 x 24 pixels, and a network of 768, 4 and 2 units, are written into FOLDER.
Each command runs in a process of its own, in one process; the peak is that process's resident memory.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

import eventnet as en
from eventnet.event import PIXEL_EVENT, Events
from eventnet.io import write_events

WIDTH, HEIGHT = 32, 24
COMMANDS = {
    "cost": "cost {net} --out {out} --fresh",
    "race": "race {net} --seeds 0 --orders breadth,depth --processes 1 --fresh",
    "ablate, one of the last": "ablate {net} --without {last} --fresh",
    "ablate, two of the first": "ablate {net} --without 5,1000 --fresh",
    "cancellation": "cancellation {net} --out {out} --fresh",
    "orders": "orders {net} --coalesce none --processes 1 --out {out} --fresh",
    "report": "report {net} --no-compare --out {out}.html",
}


def events(n: int) -> Iterator[Events]:
    """So many events at random, in packets."""
    rng, t = np.random.default_rng(0), 0
    for first in range(0, n, 1 << 18):
        m = min(n - first, 1 << 18)
        made = np.empty(m, PIXEL_EVENT)
        made["t"] = t + np.cumsum(rng.integers(0, 3, m))
        made["x"], made["y"], made["p"] = (rng.integers(0, most, m) for most in (WIDTH, HEIGHT, 2))
        t = int(made["t"][-1])
        yield made


def network() -> en.Network:
    """A layer that spikes for a tenth of its inputs, and one behind a delay."""
    rng, net = np.random.default_rng(1), en.Network()
    layer = net.add(en.Herding(4, net.weights(rng.normal(0, 0.03, (WIDTH * HEIGHT, 4))), name="layer"))
    top = net.add(en.Herding(2, net.weights(rng.normal(0, 0.4, (4, 2))), name="top"))
    net.connect(layer.out, top.spikes, delay=7)
    net.connect(top.out, net.add(en.Sink(2, name="end")).spikes)
    return net


def peak(words: list[str]) -> int:
    """MB that a command takes at most. Raises CalledProcessError where it fails."""
    code = "import resource, subprocess, sys; p = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL); "
    code += "print(p.returncode, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    done = subprocess.run([sys.executable, "-c", code, *words], check=True, capture_output=True, text=True)
    returned, most = map(int, done.stdout.split())
    if returned > 1:  # 1 is the answer "no"
        raise subprocess.CalledProcessError(returned, words)
    return most // 1024


def main() -> int:
    """Write recordings, and print a line for each command and length."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("events", type=int, nargs="+")
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    network().save(given.folder / "net.npz")
    for n in given.events:
        path = given.folder / f"{n}.aedat"
        write_events(path, events(n), width=WIDTH, height=HEIGHT)
        for name, words in COMMANDS.items():
            made = words.format(net=given.folder / "net.npz", last=n - 10, out=given.folder / "out").split()
            read = ["--recording", str(path), "--port", "layer.spikes", "--json"]
            print(f"{n:,} events, {name}: {peak([sys.executable, '-m', 'eventnet', *made, *read]):,} MB", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
