"""Work that was stopped at any piece goes on when it is begun again, and ends as it would have undisturbed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from few import few

import eventnet as en
from eventnet import analysis
from eventnet.cost import keep_ledger
from eventnet.engine import journal
from eventnet.engine.journal import Journal, keeping
from eventnet.engine.values import encode
from eventnet.models import ConventionalNetwork, DeepSpikingNetwork, StdpNetwork, optimize_scales, sample_stream

PLAIN = {"engine": "reference"}


def small(inputs: int = 40, seed: int = 0) -> tuple[en.Network, Any]:
    """Two layers, of which the second tells itself what comes."""
    rng = np.random.default_rng(seed)
    net = en.Network(dtype="float32")
    eye = net.add(en.Relay(3, name="eye"))
    hidden = net.add(en.Herding(4, net.weights(rng.normal(0, 0.6, (3, 4))), name="hidden"))
    top = net.add(en.Rectified(2, net.weights(rng.normal(0, 0.6, (4, 2))), name="top"))
    end = net.add(en.Sink(2, name="end"))
    net.connect(eye.out, hidden.spikes)
    net.connect(hidden.out, top.spikes, delay=2)
    net.connect(top.out, end.spikes)
    return net, en.events([(t, eye.spikes, int(rng.integers(3)), int(rng.choice([-1, 1]))) for t in range(inputs)])


def ledger() -> Any:
    net, inputs = small(12)
    return keep_ledger(net, inputs, blame="proportional", **PLAIN).causes.counts


def influence() -> Any:
    net, inputs = small()
    return analysis.influence(analysis.Course(net, inputs, engine="reference"), list(range(12)))


def race() -> Any:
    net, inputs = small()
    return analysis.race(net, inputs, seeds=3, engine="reference", orders=("breadth", "depth", "fifo")).to_dict()


def dsn() -> Any:
    x, y = np.random.default_rng(1).random((6, 4)), np.arange(6) % 2
    network = DeepSpikingNetwork([4, 3, 2], steps=3, init_scale=0.5, **PLAIN)
    network.fit(x, y, epochs=5)
    return network


def conventional() -> Any:
    x, y = np.random.default_rng(2).random((30, 4), dtype=np.float32), np.arange(30) % 3
    network = ConventionalNetwork([4, 5, 3], momentum=0.5, learning_rate=0.1).fit(x, y, epochs=6)
    return network, network.losses, network._random.random()


def scales() -> Any:
    x, y = np.random.default_rng(2).random((30, 4), dtype=np.float32), np.arange(30) % 3
    layers = ConventionalNetwork([4, 5, 3], learning_rate=0.1).fit(x, y).layers()
    return optimize_scales(layers, x, tradeoff=1e-4, learning_rate=0.1, epochs=6)


def stdp() -> Any:
    x = np.random.default_rng(3).random((8, 5))
    network = StdpNetwork(5, 3, seed=4, **PLAIN).fit(x)
    counts = network.transform(x, workers=2)
    return network, counts, network.spikes_a_sample, network.shown_a_sample


def guesses() -> Any:
    x, y = np.random.default_rng(1).random((6, 4)), np.arange(6) % 2
    network = DeepSpikingNetwork([4, 3, 2], steps=3, **PLAIN)
    return analysis.anytime(sample_stream(network, x), y, orders=["breadth", "depth", "fifo"], engine="reference")


WORKS: dict[str, Callable[[], Any]] = {
    work.__name__: work for work in (ledger, influence, race, dsn, conventional, scales, stdp, guesses)
}


def told(value: Any) -> tuple[Any, dict[str, bytes]]:
    """A value as text and bytes."""
    tree, arrays = encode(value)
    return tree, {name: array.tobytes() for name, array in arrays.items()}


@pytest.mark.parametrize("name", WORKS)
@pytest.mark.parametrize("pieces", few([4, 1], 1))
def test_work_that_is_stopped_again_and_again_ends_as_undisturbed(
    name: str, pieces: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "EVERY_S", 0.0)
    monkeypatch.setattr(journal, "SHARE", 1e9)
    monkeypatch.setattr("eventnet.models.dsn_network.CHUNK", 2)
    monkeypatch.setattr("eventnet.models.stdp_network.BLOCK", 3)
    wanted = told(WORKS[name]())
    keep, kept, found, stops = Journal.keep, 0, Journal.find, 0
    hits = []

    def keep_some(self: Journal, *given: Any, **named: Any) -> None:
        nonlocal kept
        keep(self, *given, **named)
        kept += 1
        if kept == pieces:
            raise KeyboardInterrupt

    def count(self: Journal, name: str) -> Any:
        hits.append(value := found(self, name))
        return value

    monkeypatch.setattr(Journal, "keep", keep_some)
    monkeypatch.setattr(Journal, "find", count)
    while True:
        kept = 0
        try:
            with keeping(tmp_path / "unfinished-work"):
                assert told(WORKS[name]()) == wanted
            break
        except KeyboardInterrupt:
            stops += 1
            assert stops < 200
    assert stops >= (2 if pieces == 1 else 0)
    assert sum(value is not journal.MISSING for value in hits) >= stops


class TurnedDsn(DeepSpikingNetwork):
    """Sees its inputs the other way round."""

    def _train(self, inputs: Any, targets: Any) -> Any:
        return super()._train(inputs[:, ::-1].copy(), targets)


class TurnedConventional(ConventionalNetwork):
    """Learns the samples the other way round."""

    def _pass(self, inputs: Any, targets: Any, order: Any, when: str) -> float:
        return super()._pass(inputs[::-1], targets, order, when)


class EagerStdp(StdpNetwork):
    """Answers with a spike more."""

    def _answer(self, samples: Any, block: slice, counts: Any, *given: Any) -> Any:
        told_now = super()._answer(samples, block, counts, *given)
        counts[block] += 1
        return told_now


@pytest.mark.parametrize(
    ("work", "name", "other", "seen"),
    [
        (dsn, "DeepSpikingNetwork", TurnedDsn, lambda network: [w.tolist() for w in network.weights]),
        (conventional, "ConventionalNetwork", TurnedConventional, lambda made: made[1]),
        (stdp, "StdpNetwork", EagerStdp, lambda made: made[1].tolist()),
    ],
)  # fmt: skip
def test_a_subclass_that_learns_otherwise_does_not_take_up_what_its_base_has_learned(
    work: Callable[[], Any], name: str, other: type, seen: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the same options, weights and samples: which came first in a command would change the other's result."""
    monkeypatch.setattr(journal, "EVERY_S", 0.0)
    monkeypatch.setattr(journal, "SHARE", 1e9)

    def of_other() -> Any:
        with monkeypatch.context() as patched:
            patched.setitem(globals(), name, other)
            return seen(work())

    wanted = of_other()
    with keeping(tmp_path / "unfinished-work"):
        assert seen(work()) != wanted
        assert of_other() == wanted
