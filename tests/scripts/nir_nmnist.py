"""NIR's N-MNIST network on recorded samples: digits named rightly, and what they cost by event and by routing order.

    python tests/scripts/nir_nmnist.py --data FOLDER --keep kept.json [--ways once-a-step,breadth,depth] [--samples 100]

FOLDER holds nmnist_small_1100.tar.xz, or N-MNIST's own folders Train/0 to Test/9 of `.bin` files. What `--keep` holds
of a way and a sample is not run again. The network is `tests/fixtures/nir/cnn_sinabs.nir`.

Assumed, for no file says it: a step is 1 ms of the recording (once-a-step), events are counted and not cut to one,
channel 0 is OFF, neurons fire as often as they are past their threshold and do not fall below -1 (sinabs), and the
answer is the output with the most spikes.
"""

from __future__ import annotations

import argparse
import json
import math
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

import eventnet as en
from eventnet.data import nmnist
from eventnet.io.formats.nmnist import SIZE, decode
from eventnet.models import NirNetwork, read_nir_network

NETWORK = Path(__file__).parents[1] / "fixtures" / "nir" / "cnn_sinabs.nir"
STEP = 1000
"""Ticks of the recording, in microseconds, that are one step where neurons look once a step."""
ONCE = "once-a-step"


def samples(folder: Path) -> Iterator[tuple[str, Any, int]]:
    """Names, events and digits: test samples first."""
    if not (folder / "Test").is_dir():
        digits = nmnist(folder)
        for part in ("test", "train"):
            for k, (events, label) in enumerate(zip(getattr(digits, part), getattr(digits, f"{part}_labels"))):
                yield f"{part}/{k}", events, int(label)
        return
    for part in ("Test", "Train"):
        for path in sorted((folder / part).glob("[0-9]/*.bin")):
            yield f"{part.lower()}/{path.stem}", decode(path.read_bytes()), int(path.parent.name)


def inputs(net: NirNetwork, events: Any, tick: int) -> Any:
    """A sample as the network takes it: (y * width + x) * 2 + polarity, one spike an event."""
    made = np.zeros(len(events), en.EVENT)
    made["t"], made["port"], made["sign"] = events["t"] // tick, int(net.inputs["input"].spikes), 1
    made["index"] = (events["y"].astype(int) * SIZE + events["x"]) * 2 + (events["p"] > 0)
    begin = int(made["t"].min())
    resets = en.events([(begin, m.reset, 0, 1) for m in net.net.modules if isinstance(m, en.SteppedLeaky)])
    both = np.concatenate([resets, made])
    return both[np.argsort(both["t"], kind="stable")]


def answer(net: NirNetwork, events: Any, way: str) -> tuple[int, int, int, int]:
    """The digit with the most spikes, or -1; adds, spikes and deliveries of the whole network."""
    once = way == ONCE
    run = en.simulate(
        net.net, inputs(net, events, STEP if once else 1), order="breadth" if once else way, record=True
    )  # fmt: skip
    arrived = run.log["index"][run.log["port"] == int(net.outputs["output"].spikes)]  # type: ignore[attr-defined]
    counts = np.bincount(arrived, minlength=10)
    return int(counts.argmax()) if counts.any() else -1, run.tally.adds, run.tally.spikes, run.tally.deliveries


def by_pixel(net: NirNetwork, folder: Path, count: int) -> Any:
    """Adds that the events of each pixel led to [34, 34], and events [34, 34], of the first test samples.

    An add is laid to the event whose cascade it is in (blame by triggering).
    """
    adds, events_at = np.zeros((SIZE, SIZE)), np.zeros((SIZE, SIZE))
    for name, events, _ in samples(folder):
        if int(name.split("/")[1]) >= count or not name.startswith("test"):
            continue
        given = inputs(net, events, 1)
        cost = en.keep_ledger(net.net, given, blame="triggering", order="breadth").cost("adds")
        own = given["port"] == int(net.inputs["input"].spikes)
        place = given["index"][own] // 2
        np.add.at(adds.reshape(-1), place, np.asarray(cost)[own])
        np.add.at(events_at.reshape(-1), place, 1)
    return adds, events_at


def wilson(right: int, n: int, z: float = 1.959964) -> tuple[float, float]:
    """The 95 % interval of a proportion (Wilson 1927)."""
    p, over = right / n, 1 + z * z / n
    middle, half = (p + z * z / (2 * n)) / over, z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / over
    return middle - half, middle + half


def keep(path: Path, found: dict[str, Any]) -> None:
    """Write what is known; the old file stands until the new one is whole."""
    part = path.with_name(path.name + ".part")
    part.write_text(json.dumps(found))
    os.replace(part, path)


def main() -> None:
    """Run what is not known yet, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--keep", type=Path, required=True)
    parser.add_argument("--ways", default=f"{ONCE},breadth,depth,fifo,topological")
    parser.add_argument("--samples", type=int, default=None, help="of each part, the first so many")
    parser.add_argument("--pixels", type=int, default=0, help="cost by pixel of so many test samples, and no more")
    given = parser.parse_args()
    if given.pixels:
        net = read_nir_network(NETWORK, dt=1.0, several=True, clip=True, coalesce="none")
        adds, events_at = by_pixel(net, given.data, given.pixels)
        dearest = np.sort(adds.ravel())[::-1].cumsum() / adds.sum()
        mean = adds[events_at > 0] / events_at[events_at > 0]
        print(f"dearest tenth of the pixels: {100 * dearest[SIZE * SIZE // 10]:.1f} % of {adds.sum():,.0f} adds")
        print(
            f"adds an event: {mean.min():,.0f} to {mean.max():,.0f} by pixel, {adds.sum() / events_at.sum():,.0f} in all"
        )
        return
    found: dict[str, Any] = json.loads(given.keep.read_text()) if given.keep.exists() else {}
    for way in given.ways.split(","):
        net = read_nir_network(
            NETWORK, dt=1.0, several=True, clip=True, coalesce="burst" if way == ONCE else "none"
        )  # fmt: skip
        own = found.setdefault(way, {})
        for count, (name, events, label) in enumerate(samples(given.data)):
            if name in own or (given.samples is not None and int(name.split("/")[1]) >= given.samples):
                continue
            own[name] = [label, len(events), *answer(net, events, way)]
            if count % 20 == 0:
                keep(given.keep, found)
        keep(given.keep, found)
        for part in ("test", "train"):
            rows = np.array([row for name, row in own.items() if name.startswith(part)])
            if len(rows):
                right, n = int((rows[:, 0] == rows[:, 2]).sum()), len(rows)
                low, high = wilson(right, n)
                adds = rows[:, 3].sum() / rows[:, 1].sum()
                print(
                    f"| {way} | {part} | {right:,} of {n:,} | {100 * right / n:.1f} ({100 * low:.1f} to {100 * high:.1f})"
                    f" | {rows[:, 3].mean():,.0f} | {adds:,.0f} | {rows[:, 4].mean():,.0f} |",
                    flush=True,
                )


if __name__ == "__main__":
    main()
