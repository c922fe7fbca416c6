"""Many deliveries into one layer: counts as a closed form says, and memory that does not grow.

python tests/scripts/soak.py --n 1000000000 --state soak.npz

Eight units get 1/64 a delivery and fire past 1/2, so that n deliveries make 8 * ((n + 31) // 64) spikes and 8 * n adds of
weights. Goes on from the state file, if there is one.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import numpy as np

import eventnet as en

UNITS, PACKET, POINTS = 8, 1_000_000, 10


def network() -> en.Network:
    net = en.Network(dtype="float64")
    layer = net.add(en.Herding(UNITS, net.weights(np.full((1, UNITS), 1 / 64)), name="layer"))
    net.connect(layer.out, net.add(en.Sink(UNITS, name="sink")).spikes)
    return net


def resident() -> int:
    """Bytes of this process that are in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


def feed(sim: en.Simulation, n: int, packet: int) -> None:
    """So many inputs more, in packets, a tick apart."""
    done = 0
    while done < n:
        m = min(packet, n - done)
        inputs = np.zeros(m, dtype=en.EVENT)
        inputs["t"], inputs["sign"] = max(sim.time, 0) + np.arange(m), 1
        inputs["port"] = int(sim.net["layer"].spikes)
        sim.inject(inputs)
        sim.run()
        done += m


def wanted(n: int) -> dict[str, int]:
    """What n deliveries into the layer come to."""
    spikes = UNITS * ((n + 31) // 64)
    return {"layer": n, "sink": spikes, "spikes": spikes, "synaptic": UNITS * n}


def found(sim: en.Simulation) -> dict[str, int]:
    rows, tally = sim.tally.by_port(), sim.tally
    kinds = tally.by_kind()
    return {
        "layer": rows["layer.spikes"]["deliveries"], "sink": rows["sink.spikes"]["deliveries"],
        "spikes": tally.spikes, "synaptic": kinds["synaptic"] + kinds["input"],
    }  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, default=10**9)
    parser.add_argument("--seed", type=int, default=0, help="of the simulation; nothing here is drawn")
    parser.add_argument("--state", type=Path, default=None, help="goes on from here, and writes here")
    given = parser.parse_args()
    sim = en.Simulation(network(), seed=given.seed)
    if given.state is not None and given.state.exists():
        sim.resume(given.state)
    memory, begun = [], time.monotonic()
    for point in range(1, POINTS + 1):
        feed(sim, given.n * point // POINTS - found(sim)["layer"], PACKET)
        memory.append(resident())
        if given.state is not None:
            sim.save(given.state)
        print(f"{found(sim)} in {memory[-1] / 1e6:.1f} MB after {time.monotonic() - begun:.0f} s", flush=True)
    spread, right = (max(memory) - min(memory)) / 1e6, found(sim) == wanted(found(sim)["layer"])
    print(f"closed form {'equal' if right else 'NOT equal'}; memory within {spread:.1f} MB at {POINTS} points")
    return 0 if right and spread <= 5 else 1


if __name__ == "__main__":
    sys.exit(main())
