"""Inputs in packets, read anew for each run, with logs in files: studies find what they find with all in memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from order_cases import random_signed, random_tiny

import eventnet as en
from eventnet import analysis
from eventnet.analysis import cascades, difference, log_pieces, packeted, replay
from eventnet.analysis.run_variants import Course, Variant
from eventnet.errors import ModelError
from eventnet.event import EVENT, Events

cancelling = import_module("eventnet.analysis.cancellation")  # its function has the same name


@dataclass(frozen=True)
class Packets:
    """Inputs in order of time, so many in a packet."""

    feed: Events
    size: int

    def packets(self) -> Iterator[Events]:
        for k in range(0, len(self.feed), self.size):
            yield self.feed[k : k + self.size]


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pieces of a log of 7 lines, three parts of its roots, 50 products at once; no inputs held."""
    for module in (log_pieces, cascades, difference):
        monkeypatch.setattr(module, "PIECE", 7)
    monkeypatch.setattr(log_pieces.Cascades, "PARTS", 3)
    monkeypatch.setattr(cancelling, "CHUNK", 50)
    monkeypatch.setattr(replay, "HELD", 0)


def cases(seeds: Iterable[int], *, tiny: bool = False) -> Iterator[tuple[en.Network, Events, Packets]]:
    """Random networks with inputs that share instants and ports, at once and in packets that cut instants."""
    for seed in seeds:
        net, rows = random_tiny(seed).network() if tiny else random_signed(seed, False)
        feed = rows if isinstance(rows, np.ndarray) else en.events(rows)
        feed = np.concatenate([feed, feed, feed])
        feed["t"][len(feed) // 3 :] += 3
        feed = feed[np.argsort(feed["t"], kind="stable")]
        yield net, feed, Packets(feed, 1 + seed % 4)


def numbers(outcomes: list[analysis.OrderOutcome]) -> list[Any]:
    return [
        (
            o.to_dict(),
            None
            if o.first_difference is None
            else (o.first_difference.place, o.first_difference.line and o.first_difference.line.tolist()),
        )
        for o in outcomes
    ]


@pytest.mark.slow
@pytest.mark.usefixtures("small")
def test_orders_are_the_same() -> None:
    differing = 0
    for net, feed, packets in cases(range(3)):
        held, read = (
            analysis.orders(net, inputs, first_differences=True, answer="state") for inputs in (feed, packets)
        )
        assert numbers(held) == numbers(read)
        differing += sum(o.first_difference is not None for o in read)
    assert differing > 2


@pytest.mark.slow
@pytest.mark.usefixtures("small")
def test_races_are_the_same_and_so_is_where_runs_part() -> None:
    verdicts = set()
    for net, feed, packets in [*cases([0, 8, 10], tiny=True), *cases([0])]:
        held, read = (analysis.race(net, inputs, seeds=3, engine="reference") for inputs in (feed, packets))
        assert held.to_dict() == read.to_dict()
        verdicts.add((read.verdict, read.divergence is not None))
    assert (analysis.RACY, True) in verdicts
    assert len(verdicts) > 1


@pytest.mark.usefixtures("small")
def test_cancellation_and_savings_are_the_same() -> None:
    pairs = 0
    for net, feed, packets in cases(range(6)):
        found = []
        for inputs in (feed, packets):
            with Course(net, inputs).logged(Variant("breadth")) as (run, _):
                found.append(analysis.cancellation(run).to_dict())
            found.append([one.to_dict() for one in analysis.savings(net, inputs, answer="state")])
        assert found[:2] == found[2:]
        pairs += found[0]["pairs"]
    assert pairs


def test_sums_of_floats_do_not_depend_on_the_parts_of_a_log(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    net = en.Network()
    layer = net.add(en.Herding(5, net.weights(rng.normal(0, 0.3, (9, 5))), name="layer"))
    net.connect(layer.out, net.add(en.Sink(5, name="end")).spikes, delay=40)
    feed = np.zeros(4000, EVENT)
    feed["t"], feed["port"] = np.sort(rng.integers(0, 900, 4000)), int(layer.spikes)
    feed["index"], feed["sign"] = rng.integers(0, 9, 4000), rng.choice([-1, 1], 4000)
    monkeypatch.setattr(cancelling, "CHUNK", 700)
    held = analysis.cancellation(en.simulate(net, feed, record=True))
    monkeypatch.setattr(log_pieces, "PIECE", 100)
    monkeypatch.setattr(log_pieces.Cascades, "PARTS", 11)
    with Course(net, Packets(feed, 333)).logged(Variant("breadth")) as (run, log):
        assert log_pieces.in_file(log)
        read = analysis.cancellation(run)
    for one, other in zip(held.sums, read.sums, strict=True):
        for name in ("variation", "cascades", "change"):
            assert getattr(one, name).tobytes() == getattr(other, name).tobytes()
    assert held.to_dict() == read.to_dict()


@pytest.mark.slow
@pytest.mark.usefixtures("small")
def test_leaving_out_inputs_is_the_same() -> None:
    changed = 0
    for net, feed, packets in cases(range(2)):
        sides = [analysis.Replay(Course(net, inputs), Variant("depth")) for inputs in (feed, packets)]
        assert len(sides[0].times) > 0 == len(sides[1].times)
        for without in ([0], [len(feed) - 1], [1, 2, 5], list(range(len(feed)))):
            one, other = (analysis.ablate(side, without, answer="state").to_dict() for side in sides)
            assert other.pop("replayed") >= one.pop("replayed")  # what is not held is made again from its beginning
            assert one == other
            changed += one["changed"]
        assert analysis.influence(sides[0], [0, 2, 7]) == analysis.influence(sides[1], [0, 2, 7])
        by_root = sides[0].roots[[3, 4]].tolist()
        assert analysis.ablate(sides[1], roots=by_root).without == (3, 4)
        assert analysis.ablate(sides[1], lambda inputs: inputs["sign"] < 2).removed.tobytes() == feed.tobytes()
    assert changed


def test_few_inputs_in_packets_are_held_with_checkpoints() -> None:
    net, feed, packets = next(cases(range(1)))
    assert len(analysis.Replay(Course(net, packets)).times) == len(analysis.Replay(Course(net, feed)).times) > 0


@pytest.mark.usefixtures("small")
def test_inputs_in_packets_are_left_out_and_not_replaced() -> None:
    net, _, packets = next(cases(range(1)))
    with pytest.raises(ModelError, match="wanted an array of EVENT, not packets"):
        analysis.ablate(Course(net, packets), [0], plus=[(99, 0, 0, 1)])


@pytest.mark.slow
@pytest.mark.usefixtures("small")
def test_temporary_files_are_gone_when_nobody_has_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    net, _, packets = next(cases(range(1)))
    found = analysis.ablate(Course(net, packets), [0])
    assert len(found.run.log) == found.run.simulation.deliveries
    assert len(list(tmp_path.iterdir())) == 1
    del found
    analysis.orders(net, packets)
    assert list(tmp_path.iterdir()) == []


def test_instants_are_whole_whatever_the_packets() -> None:
    rng = np.random.default_rng(1)
    for size in range(1, 9):
        feed = np.zeros(60, EVENT)
        feed["t"], feed["index"] = np.sort(rng.integers(0, 12, 60)), np.arange(60)
        found = list(packeted.whole_instants(Packets(feed, size).packets()))
        assert np.concatenate(found).tobytes() == feed.tobytes()
        ends = [(int(part["t"][0]), int(part["t"][-1])) for part in found]
        assert all(one[1] < other[0] for one, other in zip(ends, ends[1:], strict=False))


@pytest.mark.slow
def test_processes_read_their_own_packets() -> None:
    net, feed, packets = next(cases(range(1)))
    one, two = (analysis.orders(net, inputs, processes=n) for inputs, n in ((feed, 1), (packets, 2)))
    assert numbers(one) == numbers(two)
