"""The ring gives what a heap gives, and runs over it are as in the reference, whenever they stop."""

from __future__ import annotations

import heapq
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
import pytest

import eventnet as en
from eventnet.engine import ring
from eventnet.engine.plan import more_sendings

ORDERS = ("breadth", "depth", "fifo", "random", "magnitude", "topological")


class Rings(NamedTuple):
    """What of a queue is a ring's."""

    ring: Any
    ring_first: Any
    ring_last: Any
    ring_bits: Any
    ring_at: Any
    ring_sent: Any
    ring_sent_t: Any


def made(ticks: int, chunks: int, sendings: int) -> Rings:
    """An empty ring."""
    words = chunks * ring.CHUNK, ticks, ticks, -(-ticks // 64), ring.RING_WORDS, ring.SENDING * sendings, sendings
    return Rings(*(np.zeros(n, np.int64) for n in words))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:overflow")  # of a word of 64 bits whose last one is set
@pytest.mark.parametrize("ticks", [64, 256])
@pytest.mark.parametrize("seed", range(4))
def test_it_gives_what_a_heap_gives(ticks: int, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """In plain Python, which asks the memory for nothing; the runs below are compiled."""
    monkeypatch.setattr(ring, "fetch_chunk", lambda *place: None)
    for name in ("place_of", "sending", "put_row"):
        monkeypatch.setattr(ring, name, getattr(ring, name).py_func)
    rng, q, heap = np.random.default_rng(seed), made(ticks, 3000, 16), []
    plan = SimpleNamespace(wire_port=np.array([0, 1, 2, 2]), wire_source=np.array([0, 0, 1, 0]))
    now, seq, cause, last = int(rng.integers(-(2**60), 2**60)), 0, (0, 0, 0), None
    sent: dict[int, int] = {}  # by a delivery's number that of the first of its sending
    wires = list(zip(plan.wire_port.tolist(), plan.wire_source.tolist(), strict=True))
    codes, roots, parents = np.zeros(ring.RUN, np.int32), np.zeros(ring.RUN, np.int64), np.zeros(ring.RUN, np.int64)
    most = len(q.ring_sent_t)
    for _ in range(1500):
        ring.forget.py_func(q.ring_sent_t, q.ring_at, now, ticks)
        while len(q.ring_sent_t) - q.ring_at[ring.NEWEST] + q.ring_at[ring.OLDEST] < 20:
            q = more_sendings(q)
        most = max(most, len(q.ring_sent_t))
        for _ in range(20 if rng.random() < 0.02 else int(rng.integers(0, 3)) * (len(heap) < 90)):
            t = now + int(rng.choice([0, 1, ticks - 1, *rng.integers(0, ticks, 3)]))
            if rng.random() < 0.4:  # else one more of the same sending
                cause = int(rng.integers(4)), int(rng.integers(-9, 9)), seq - 1
            if rng.random() < 0.1:  # a number that another delivery has, which is not in the ring
                seq += 1
            wire, root, parent = cause
            code = int(rng.integers(-99, 99))
            ring.put.py_func(*q, now, t, seq, wire, code, root, parent)
            heapq.heappush(heap, (t, seq, wire, code, root, parent))
            goes_on = last == (now, seq - 1, cause)
            sent[seq] = sent[seq - 1] if goes_on else seq
            last = now, seq, cause
            seq += 1
        assert q.ring_at[ring.WAIT] == len(heap)
        rows = sorted(ring.rows_of(q, plan, now).tolist(), key=lambda row: (row[0], row[2]))
        assert len({(row[0], row[2]) for row in rows}) == len(rows)
        assert [(t, wires.index((p, s)), c, r, o) for t, _, n, p, c, r, o, s in rows] == [
            (t, wire, *rest) for t, _, wire, *rest in sorted(heap)
        ]
        for row, waits in zip(rows, sorted(heap), strict=True):
            assert sent[row[2]] == sent[waits[1]]
        if not heap:
            continue
        t = ring.next_tick.py_func(now, q.ring_first, q.ring_bits)
        assert t == heap[0][0]
        now = t
        later = sorted({n for n in list(sent.values())[-150:] if n > heap[0][1]})
        before = later[int(rng.integers(len(later)))] if later else seq
        assert ring.first_of.py_func(q.ring, q.ring_first, q.ring_sent, t) <= heap[0][1] < before
        n, wire = ring.gather.py_func(
            q.ring, q.ring_first, q.ring_last, q.ring_sent, t, before, int(rng.integers(1, ring.RUN)), codes, roots,
            parents,
        )  # fmt: skip
        taken = int(rng.integers(1, n + 1))  # a rule may stop before the end
        assert n >= 1
        for k in range(taken):
            wanted = heapq.heappop(heap)
            assert wanted[1] < before
            assert (t, wire, codes[k], roots[k], parents[k]) == (wanted[0], *wanted[2:])
        ring.drop.py_func(q.ring, q.ring_first, q.ring_last, q.ring_bits, q.ring_at, t, taken)
        used = sum(1 for _ in chunks_of(q))
        assert q.ring_at[ring.IN_USE] == used
    assert 16 < most < q.ring_at[ring.NEWEST] == len(set(sent.values())) < len(sent) / 1.5
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


@pytest.mark.slow
def test_the_table_of_sendings_grows_and_goes_round() -> None:
    rng = np.random.default_rng(5)
    few, many = rng.integers(0, 20_000, 1000), rng.integers(20_000, 21_000, 2000)  # it goes round, then grows
    times, units = np.sort(np.r_[few, many]).tolist(), rng.integers(0, 50, 3000).tolist()
    logs, sizes = [], []
    for engine in ("reference", "compiled"):
        net = en.Network(dtype="float64")
        source, layer = net.add(en.Relay(50, name="source")), net.add(en.LeakyDelta(30, tau=30.0, name="layer"))
        net.connect(source, layer, en.FixedOutDegree(3), weight=0.3, delay=en.Uniform(0.6, 800), seed=5)
        sim = en.Simulation(net, engine=engine, record=True)
        if engine == "compiled":
            sizes.append(len(sim.engine.queue.ring_sent_t))
        sim.inject([(t, "source.spikes", i, 1) for t, i in zip(times, units, strict=True)])
        for until in (500, 20_500, 25_000):
            sim.run(until=until)
        logs.append(sim.log.tobytes())
    sizes.append(len(sim.engine.queue.ring_sent_t))
    assert logs[0] == logs[1]
    assert sizes[0] < 400 < sizes[1] < 3000 <= sim.engine.queue.ring_at[ring.NEWEST]


def test_networks_without_delays_of_their_own_have_none() -> None:
    net = en.Network(dtype="float64")
    layer = net.add(en.LeakyDelta(4, tau=10.0, name="layer"))
    net.connect(layer, layer, en.AllToAll(), weight=0.1, delay=5)
    assert ring.ring_ticks(net) == ring.NO_TICKS
    assert en.Simulation(net).engine.loop.py_func.__name__ == "run_loop"
