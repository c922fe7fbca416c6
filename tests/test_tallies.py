"""What models say they have counted: one call as a whole, and all of learning, through packets, workers and files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from dsn_cases import problem, small

import eventnet as en
from eventnet.base.files import read_npz, write_npz
from eventnet.errors import DataError, ModelError
from eventnet.models import DeepSpikingNetwork, PDNetwork, SigmaDeltaNetwork, StdpNetwork, dsn_network
from eventnet.models.layers import Dense, ReLU
from eventnet.models.shared import from_text, in_text, total
from eventnet.models.stdp import DiehlCook, Presentation
from eventnet.tally import COLUMNS, N_COLUMNS

LEARNERS = ("dsn", "pd", "stdp")
X, Y = problem(12)


def learner(kind: str) -> Any:
    if kind == "dsn":
        return small()
    if kind == "pd":
        return PDNetwork([6, 5, 4], engine="reference")
    return StdpNetwork(
        6, 4, rule=DiehlCook(total=1.5), presentation=Presentation(ticks=20_000, rest=5_000, rate=500.0, least=0)
    )


def learn(net: Any, part: slice = slice(None)) -> None:
    net.partial_fit(X[part]) if isinstance(net, StdpNetwork) else net.partial_fit(X[part], Y[part])


def answer(net: Any) -> None:
    net.transform(X) if isinstance(net, StdpNetwork) else net.predict(X)


def rows(tally: en.Tally | None) -> Any:
    return None if tally is None else tally.by_port()


# --- calls and packets -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("kind", LEARNERS)
def test_learning_in_packets_is_counted_as_learning_at_once(kind: str) -> None:
    whole, packets = learner(kind), learner(kind)
    assert whole.tally is None
    assert whole.learning_tally is None
    learn(whole)
    told = []
    for k in range(12):
        learn(packets, slice(k, k + 1))
        told.append(packets.tally)
    assert rows(whole.tally) == rows(whole.learning_tally)
    assert whole.learning_tally.deliveries > 100
    if kind != "stdp":  # whose units are not reset between samples, but when a call begins
        assert rows(packets.learning_tally) == rows(whole.learning_tally)
    assert rows(packets.learning_tally) == rows(total(told))
    assert packets.learning_tally.deliveries > packets.tally.deliveries > 0


@pytest.mark.parametrize("kind", LEARNERS)
def test_an_answer_is_told_as_a_whole_and_leaves_what_learning_has_counted(kind: str) -> None:
    net = learner(kind)
    learn(net)
    learned = rows(net.learning_tally)
    answer(net)
    assert rows(net.learning_tally) == learned
    told = rows(net.tally)
    assert told != learned
    answer(net)
    assert rows(net.tally) == told  # of the last call alone
    if kind != "stdp":
        net.score(X, Y)
        assert rows(net.tally) == told


def test_parts_epochs_and_workers_are_summed_up(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted, net = small(), small()
    wanted.fit(X, Y, epochs=2)
    wanted.score(X, Y)
    answering = rows(wanted.tally)
    wanted.trajectory(X)
    path = rows(wanted.tally)
    monkeypatch.setattr(dsn_network, "CHUNK", 5)
    net.fit(X, Y, epochs=2)
    assert rows(net.tally) == rows(net.learning_tally) == rows(wanted.learning_tally)
    for workers in (1, 3):
        net.score(X, Y, workers=workers)
        assert rows(net.tally) == answering
    net.trajectory(X)
    assert rows(net.tally) == path
    net.trajectory(X, every="spike")
    assert net.tally.by_port()["start.spikes"]["deliveries"] == len(X)
    net.fit(X[:0], Y[:0])
    assert net.tally is None
    assert rows(net.learning_tally) == rows(wanted.learning_tally)


def test_fit_of_a_pd_network_begins_to_count_anew_and_partial_fit_goes_on() -> None:
    net = learner("pd").fit(X, Y, epochs=2)
    two = rows(net.tally)
    assert rows(net.learning_tally) == two
    net.partial_fit(X, Y)
    assert rows(net.learning_tally) != two
    net.fit(X, Y, epochs=2)
    assert rows(net.tally) == rows(net.learning_tally) == two
    net.fit(X, Y, epochs=0)
    assert (net.tally, net.learning_tally) == (None, None)


def test_a_sigma_delta_network_tells_each_call_and_all_since_its_reset() -> None:
    rng = np.random.default_rng(0)
    layers = [Dense(rng.normal(size=(6, 5))), ReLU(), Dense(rng.normal(size=(5, 3)))]
    net = SigmaDeltaNetwork.from_layers(layers, scales=4.0)
    assert net.tally is None
    told = []
    net.update(X[0])
    told.append(net.tally)
    net.run(X)
    told.append(net.tally)
    net.score(X[::-1], np.zeros(12))
    told.append(net.tally)
    net.update_events(np.array([(2, 0.25)], dtype=[("index", "i8"), ("value", "f8")]))
    told.append(net.tally)
    assert rows(total(told)) == rows(net.tally_since_reset)
    assert all(tally.deliveries > 0 for tally in told)
    net.reset()
    assert net.tally is None


# --- files -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("kind", LEARNERS)
def test_both_survive_a_file_and_learning_goes_on_counting(kind: str, tmp_path: Path) -> None:
    net, path = learner(kind), tmp_path / "net.npz"
    net.save(path)
    fresh = type(net).load(path)
    assert (fresh.tally, fresh.learning_tally) == (None, None)
    learn(net, slice(0, 7))
    answer(net)
    net.save(path)
    again = type(net).load(path)
    assert (rows(again.tally), rows(again.learning_tally)) == (rows(net.tally), rows(net.learning_tally))
    again.save(path)
    again = type(net).load(path)
    for other in (net, again):
        learn(other, slice(7, 12))
    assert (rows(again.tally), rows(again.learning_tally)) == (rows(net.tally), rows(net.learning_tally))


@pytest.mark.parametrize("kind", LEARNERS)
def test_a_file_that_tells_no_tally_loads_and_what_is_not_known_stays_unknown(kind: str, tmp_path: Path) -> None:
    net, path = learner(kind), tmp_path / "net.npz"
    learn(net)
    change(net, path, drop=("tally", "learning_tally", "learning"))
    old = type(net).load(path)
    assert (old.samples_seen, old.tally, old.learning_tally) == (12, None, None)
    learn(old)
    learn(net)
    assert rows(old.tally) == rows(net.tally)
    assert old.learning_tally is None
    old.save(path)
    assert type(net).load(path).learning_tally is None
    if kind == "pd":
        with pytest.raises(ModelError, match="does not say what learning had counted"):
            old.operations()
        assert old.fit(X, Y).operations()["total"] > 0


def change(net: Any, path: Path, drop: tuple[str, ...] = (), **new: Any) -> None:
    """Save a network, and write other words into the text of its file."""
    net.save(path)
    form = {"dsn": "eventnet-deep-spiking-network-1", "pd": "eventnet-pd-network-1", "stdp": "eventnet-stdp-network-1"}
    names = {DeepSpikingNetwork: "dsn", PDNetwork: "pd", StdpNetwork: "stdp"}
    text, arrays = read_npz(path, form[names[type(net)]])
    write_npz(path, json.dumps({k: v for k, v in text.items() if k not in drop} | new), arrays)


@pytest.mark.parametrize("kind", LEARNERS)
@pytest.mark.parametrize("wrong, words", [
    ("all of it", "a tally is all of it"),
    ({"columns": list(COLUMNS), "ports": {"layer0.spikes": [1, 2]}}, "wanted .* whole numbers"),
    ({"columns": list(COLUMNS), "ports": {"layer0.spikes": [-1] * N_COLUMNS}}, "wanted .* whole numbers"),
    ({"columns": list(COLUMNS), "ports": {"layer0.spikes": [1.5] * N_COLUMNS}}, "wanted .* whole numbers"),
    ({"columns": list(COLUMNS), "ports": {"elsewhere.spikes": [1] * N_COLUMNS}}, "a tally is of the ports"),
])  # fmt: skip
def test_a_tally_that_cannot_be_is_refused(kind: str, wrong: Any, words: str, tmp_path: Path) -> None:
    new = {"learning": {"tally": wrong, "lowest": 0}} if kind == "pd" else {"learning_tally": wrong}
    change(learner(kind), tmp_path / "net.npz", **new)
    with pytest.raises(DataError, match=words):
        type(learner(kind)).load(tmp_path / "net.npz")


@pytest.mark.parametrize("lowest", [-1, 0.5, None, "all"])
def test_words_of_errors_that_cannot_be_are_refused(lowest: Any, tmp_path: Path) -> None:
    net = learner("pd")
    learn(net)
    change(net, tmp_path / "net.npz", learning={"tally": in_text(net.learning_tally), "lowest": lowest})
    with pytest.raises(DataError, match="words of the lowest errors"):
        PDNetwork.load(tmp_path / "net.npz")


# --- tallies as text -------------------------------------------------------------------------------------------------
def test_a_tally_comes_back_from_its_text_with_counts_of_any_size() -> None:
    tally = en.Tally(["a.b", "c.d"], [[2**70 + k for k in range(N_COLUMNS)], [0] * N_COLUMNS])
    back = from_text(json.loads(json.dumps(in_text(tally))), "here", tally.ports)
    assert rows(back) == rows(tally)
    assert in_text(None) is None
    assert from_text(None, "here") is None
    assert from_text({"columns": ["spikes"], "ports": {}}, "here") is None  # of another version


def test_what_was_counted_between_two_looks_is_a_difference() -> None:
    one, two = (en.Tally(["a.b"], [[n + k for k in range(N_COLUMNS)]]) for n in (3, 10))
    assert rows(two - one) == rows(en.Tally(["a.b"], [[7] * N_COLUMNS]))
    with pytest.raises(ValueError, match="same ports"):
        two - en.Tally(["c.d"], [[0] * N_COLUMNS])
