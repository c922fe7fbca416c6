"""Many random networks: both engines beside the independent simulator of tests/outside.

    PYTHONPATH=. python tests/scripts/outside_networks.py --n 100000 --processes 2 --keep outside.json

Goes on from what `--keep` holds. Prints what was covered; exits 1 at the first difference, with the network made small.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import sys
import time
from collections import Counter
from pathlib import Path
from pprint import pformat

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from outside import networks, simulator


def look_at(number: int) -> tuple[int, str, Counter[str], float]:
    """One network: its number, where it differs, what it has, seconds of processor time."""
    began = time.process_time()
    described = networks.draw(number)
    outside = simulator.run(described)
    difference = networks.compare(described, outside=outside)
    return number, difference, networks.features(described, outside), time.process_time() - began


def keep(path: Path, first: int, done: int, seconds: float, counts: Counter[str]) -> None:
    """Write how far it came; the old file stands until the new one is whole."""
    part = path.with_name(path.name + ".part")
    part.write_text(json.dumps({"first": first, "done": done, "seconds": seconds, "counts": counts}))
    os.replace(part, path)


def table(counts: Counter[str], done: int, seconds: float) -> str:
    """What was covered."""
    rows = [f"{name:28}{n:>9,}" for name, n in sorted(counts.items())]
    return "\n".join([*rows, f"{done:,} networks, {1000 * seconds / max(done, 1):.1f} ms of processor time each"])


def main() -> int:
    """Run; 1 at a difference."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0, help="number of the first network")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--keep", type=Path, default=None, help="file to go on from")
    asked = parser.parse_args()
    done, seconds, counts = 0, 0.0, Counter[str]()
    if asked.keep is not None and asked.keep.exists():
        kept = json.loads(asked.keep.read_text())
        if kept["first"] != asked.seed:
            parser.error(f"{asked.keep} began with network {kept['first']}, not {asked.seed}")
        done, seconds, counts = kept["done"], kept["seconds"], Counter(kept["counts"])
    left = range(asked.seed + done, asked.seed + asked.n)
    with multiprocessing.get_context("spawn").Pool(asked.processes) as pool:
        for number, difference, features, took in pool.imap(look_at, left, chunksize=20):
            if difference:
                print(f"network {number}: {difference}\n{pformat(networks.shrink(networks.draw(number)), width=120)}")
                return 1
            done, seconds, counts = done + 1, seconds + took, counts + features
            if done % 1000 == 0 and asked.keep is not None:
                keep(asked.keep, asked.seed, done, seconds, counts)
            if done % 1000 == 0:
                print(f"{done:,} of {asked.n:,} are equal", flush=True)
    if asked.keep is not None:
        keep(asked.keep, asked.seed, done, seconds, counts)
    print(table(counts, done, seconds))
    return 0


if __name__ == "__main__":
    sys.exit(main())
