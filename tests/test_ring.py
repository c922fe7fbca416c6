"""The ring gives what a heap gives, and runs over it are as in the reference, whenever they stop."""

from __future__ import annotations

import heapq
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import eventnet as en
from eventnet.engine import ring

ORDERS = ("breadth", "depth", "fifo", "random", "magnitude", "topological")


def made(ticks: int, chunks: int) -> Any:
    """An empty ring."""
    zeros = {name: np.zeros(ticks, np.int64) for name in ("ring_first", "ring_last")}
    return SimpleNamespace(
        ring=np.zeros(chunks * ring.CHUNK, np.int64), ring_bits=np.zeros(-(-ticks // 64), np.int64),
        ring_at=np.zeros(4, np.int64), **zeros,
    )  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("ticks", [64, 256])
@pytest.mark.parametrize("seed", range(4))
def test_it_gives_what_a_heap_gives(ticks: int, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """In plain Python, which asks the memory for nothing; the runs below are compiled."""
    monkeypatch.setattr(ring, "fetch_chunk", lambda *place: None)
    rng, q, heap = np.random.default_rng(seed), made(ticks, 3000), []
    plan = SimpleNamespace(wire_port=np.array([0, 1, 2, 2]), wire_source=np.array([0, 0, 1, 0]))
    now, seq = int(rng.integers(-(2**60), 2**60)), 0
    wires = list(zip(plan.wire_port.tolist(), plan.wire_source.tolist(), strict=True))
    codes, roots, parents = np.zeros(ring.RUN, np.int32), np.zeros(ring.RUN, np.int64), np.zeros(ring.RUN, np.int64)
    for _ in range(600):
        for _ in range(int(rng.integers(0, 9))):
            t = now + int(rng.choice([0, 1, ticks - 1, *rng.integers(0, ticks, 3)]))
            wire, code = int(rng.integers(4)), int(rng.integers(-99, 99))
            where = q.ring, q.ring_first, q.ring_last, q.ring_bits, q.ring_at
            ring.put.py_func(*where, t, seq, wire, code, 7 * seq, seq - 1)
            heapq.heappush(heap, (t, seq, wire, code, 7 * seq, seq - 1))
            seq += 1
        assert q.ring_at[ring.WAIT] == len(heap)
        assert sorted(heap) == [
            (t, n, wires.index((p, s)), c, r, o)
            for t, _, n, p, c, r, o, s in sorted(ring.rows_of(q, plan, now).tolist())
        ]
        if not heap:
            continue
        t = ring.next_tick.py_func(now, q.ring_first, q.ring_bits)
        assert t == heap[0][0]
        assert ring.first_of.py_func(q.ring, q.ring_first, t) == heap[0][1]
        now = t
        before = heap[0][1] + int(rng.integers(1, 40))
        n, wire = ring.gather.py_func(
            q.ring, q.ring_first, q.ring_last, t, before, int(rng.integers(1, ring.RUN)), codes, roots, parents
        )
        taken = int(rng.integers(1, n + 1))  # a rule may stop before the end
        assert n >= 1
        for k in range(taken):
            wanted = heapq.heappop(heap)
            assert wanted[1] < before
            assert (t, wire, codes[k], roots[k], parents[k]) == (wanted[0], *wanted[2:])
        ring.drop.py_func(q.ring, q.ring_first, q.ring_last, q.ring_bits, q.ring_at, t, taken)
        used = sum(1 for _ in chunks_of(q))
        assert q.ring_at[ring.IN_USE] == used
    ring.empty(q)
    assert not len(ring.rows_of(q, plan, now))


def chunks_of(q: Any) -> Any:
    for place, last in zip(q.ring_first.tolist(), q.ring_last.tolist(), strict=True):
        chunk = place // ring.CHUNK
        while place:
            yield chunk
            if chunk == (last - 1) // ring.CHUNK:
                break
            chunk = int(q.ring[chunk * ring.CHUNK + ring.NEXT]) // ring.CHUNK


def network(seed: int) -> tuple[en.Network, list[Any]]:
    """Synapses with hundreds of delays, some beside others of one delay, into a layer and back."""
    rng, net = np.random.default_rng(seed), en.Network(dtype="float64")
    source = net.add(en.Relay(5, name="source"))
    layer = net.add(
        en.LeakyDelta(60, tau=30.0, refractory=int(rng.integers(1, 5)), decay=("event", "tick")[seed % 2], name="layer")
    )
    far = 2**20 if seed % 7 == 3 else 2000  # some beyond the ring
    for a, how, weight, most in (
        (source, en.FixedOutDegree(20), en.Normal(0.5, 0.2), int(rng.integers(300, 900))),
        (layer, en.FixedInDegree(15), en.Normal(0.1, 0.05), int(rng.integers(300, far))),
    ):
        net.connect(a, layer, how, weight=weight, delay=en.Uniform(0.6, most), seed=seed)
    if seed % 3 == 0:
        net.connect(layer, layer, en.FixedInDegree(3), weight=0.1, delay=3, seed=seed)
    net.connect(layer.out, net.add(en.Sink(60, name="sink")).spikes, int(rng.integers(0, 3)))
    times, units = np.sort(rng.integers(0, 300, 25)).tolist(), rng.integers(0, 5, 25).tolist()
    return net, [(t, "source.spikes", i, 1) for t, i in zip(times, units, strict=True)]


def run_of(seed: int, engine: str, stops: tuple[int, ...], folder: Any) -> tuple[Any, ...]:
    options: dict[str, Any] = {"order": ORDERS[seed % 6], "record": True, "roots": True, "seed": seed}
    options |= {"engine": engine, "annihilate": seed % 5 == 0}
    net, rows = network(seed)
    sim = en.Simulation(net, **options)
    sim.inject(rows)
    for t in stops:
        sim.run(until=t)
        sim.save(folder / "stopped.npz")
        sim = en.Simulation(network(seed)[0], **options).resume(folder / "stopped.npz")
    sim.run(until=1500)
    return sim.log.tobytes(), repr(sim.tally.by_port()), repr(sim.tally.by_root()), len(sim.log)


@pytest.mark.parametrize("seed", [0, *(pytest.param(k, marks=pytest.mark.slow) for k in range(1, 25))])
def test_runs_are_as_in_the_reference_and_from_any_checkpoint(seed: int, tmp_path: Any) -> None:
    reference = run_of(seed, "reference", (), tmp_path)
    assert reference[-1] > 100
    assert run_of(seed, "compiled", (), tmp_path) == reference
    assert run_of(seed, "compiled", (200, 700), tmp_path) == reference
    assert run_of(seed, "reference", (400,), tmp_path) == reference


def test_networks_without_delays_of_their_own_have_none() -> None:
    net = en.Network(dtype="float64")
    layer = net.add(en.LeakyDelta(4, tau=10.0, name="layer"))
    net.connect(layer, layer, en.AllToAll(), weight=0.1, delay=5)
    assert ring.ring_ticks(net) == ring.NO_TICKS
    assert en.Simulation(net).engine.loop.py_func.__name__ == "run_loop"
