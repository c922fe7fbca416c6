"""Many modules, and many wires at one outlet: building, `Simulation()`, and time a delivery.

    python tests/benchmarks/bench_wiring.py [--modules 10 1000 10000] [--wires 1 10 100 1000]

Modules are a chain of layers of four units, of which the first ten pass spikes on, or all: what a module costs that does
nothing. Wires lead from a relay of four to a sink, with delays of 1 tick, 2 ticks, ... each, or of one tick all; timed
when every delay is filled. Processor seconds of one core.
"""

from __future__ import annotations

import argparse
import time

import numpy as np

import eventnet as en

ACTIVE, DELIVERIES = 10, 2_000_000


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    parser.add_argument("--modules", type=int, nargs="+", default=[10, 1000, 10_000])
    parser.add_argument("--wires", type=int, nargs="+", default=[1, 10, 100, 1000])
    asked = parser.parse_args()
    chain(ACTIVE, ACTIVE, 1000)  # compiles
    print("| modules | that spikes reach | building, s | Simulation(), s | a second one, s | ns a delivery |")
    print("|---|---|---|---|---|---|")
    for n in asked.modules:
        for active in sorted({min(ACTIVE, n), n}):
            build_s, first_s, again_s, each = chain(n, active)
            print(
                f"| {n:,} | {active:,} | {build_s:.2f} | {first_s:.2f} | {again_s:.2f} | {1e9 * each:.0f} |", flush=True
            )
    print()
    print("| wires at one outlet | M deliveries/s, one delay | a delay each |")
    print("|---|---|---|")
    for n in asked.wires:
        print(f"| {n:,} | {1e-6 / relay(n, 1):.1f} | {1e-6 / relay(n, n):.1f} |", flush=True)


def chain(modules: int, active: int, deliveries: int = DELIVERIES) -> tuple[float, float, float, float]:
    """Seconds to build layers one behind the other, for two simulations of them, and a delivery."""
    begun = time.process_time()
    net, last = en.Network(), None
    for k in range(modules):
        weights = np.eye(4) if k < active else np.zeros((4, 4))
        layer = net.add(en.Herding(4, net.weights(weights), name=f"layer{k}"))
        if last is None:
            first = layer
        else:
            net.connect(last.out, layer.spikes)
        last = layer
    build_s, begun = time.process_time() - begun, time.process_time()
    sim = en.Simulation(net)
    first_s = time.process_time() - begun
    sim.inject([(t, first.spikes, t % 4, 1) for t in range(max(1, deliveries // active))])
    begun = time.process_time()
    sim.run()
    each, begun = (time.process_time() - begun) / sim.deliveries, time.process_time()
    en.Simulation(net)
    return build_s, first_s, time.process_time() - begun, each


def relay(wires: int, delays: int) -> float:
    """Seconds a delivery, once so many wires of so many delays are filled."""
    net = en.Network()
    source, sink = net.add(en.Relay(4, name="source")), net.add(en.Sink(4, name="sink"))
    for k in range(wires):
        net.connect(source.out, sink.spikes, 1 + k % delays)
    sim = en.Simulation(net)
    filled = wires + 10
    ticks = filled + max(100, DELIVERIES // wires)
    sim.inject([(t, source.spikes, t % 4, 1) for t in range(ticks)])
    sim.run(until=filled)
    before, begun = sim.deliveries, time.process_time()
    sim.run()
    return (time.process_time() - begun) / (sim.deliveries - before)


if __name__ == "__main__":
    main()
