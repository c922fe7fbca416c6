"""What several threads give: Brunel's network with one thread and with several, piece by piece in turns.

    python tests/benchmarks/bench_threads.py --threads 2 --neurons 10000 --ms 300

Wall-clock time: run it on a machine with as many idle cores. The simulations have the same bytes, so each piece is the
same work; the ratio is of sums over all pieces, and its spread is that of tenths of them.
"""

from __future__ import annotations

import argparse
import time

import numpy as np

import eventnet as en
from eventnet.scenarios.brunel import BrunelParameters, brunel_network
from eventnet.scenarios.brunel.parameters import BrunelClockTable, BrunelNetworkTable

PIECE_MS, SETTLE_MS = 15, 45


def main() -> None:
    """Run both, print a line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--neurons", type=int, default=10_000)
    parser.add_argument("--ms", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    table = BrunelNetworkTable(neurons=asked.neurons, weight_mv=1000 / asked.neurons)
    p = BrunelParameters(network=table, clock=BrunelClockTable(tick_us=100, decay="tick"))
    sims = []
    for threads in (1, asked.threads):
        built = brunel_network(p, 5.0, 2.0, asked.seed, None)
        sims.append(built.begin(en.Simulation(built.net, threads=threads)))
    pieces: list[tuple[float, ...]] = []
    for ms in range(SETTLE_MS, SETTLE_MS + asked.ms + 1, PIECE_MS):
        took = []
        for sim in sims:
            begun = time.perf_counter()
            sim.run(until=p.ticks(ms))
            took.append(time.perf_counter() - begun)
        pieces.append(tuple(took))
    assert sims[0].tally.totals() == sims[1].tally.totals()
    times = np.array(pieces[1:])  # the first one settles and compiles
    parts = [part.sum(axis=0) for part in np.array_split(times, min(10, len(times)))]
    ratios = sorted(one / several for one, several in parts)
    one, several = times.sum(axis=0) / (len(times) * PIECE_MS) * 1e3
    print(
        f"N = {asked.neurons:,}: a simulated second takes {one:.2f} s with one thread, {several:.2f} s with "
        f"{asked.threads}: {one / several:.2f} times as fast ({ratios[0]:.2f} to {ratios[-1]:.2f})"
    )


if __name__ == "__main__":
    main()
