"""What modules say of their potentials: what is refused, who has to say it, and that names do not matter."""

from __future__ import annotations

import importlib
import pkgutil
import warnings
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from outside import drawing, networks
from renamed import renamed

import eventnet as en
from eventnet import analysis
from eventnet.errors import NetworkError
from eventnet.kernels.rows import add_and_fire
from eventnet.learning.backward import Columns
from eventnet.potential import potential_of, undeclared
from eventnet.tally import SYNAPTIC_ADDS


@en.rule(state=("u", "other"), blocks=("matrix", "bias"), params=("limit", "fades"))
def feel(i, s, t, out, tally, u, other, matrix, bias, limit, fades):
    """Add a row and fire; names as none of the shipped neurons has them."""
    add_and_fire(u, matrix, i, s, limit, 2 * limit, True, out)
    tally[SYNAPTIC_ADDS] += len(u)
    return 0


@en.rule(state=("other",))
def nothing(i, s, t, out, tally, other):
    return 0


class Silent(en.Module):
    """A neuron that does not say what its potential is."""

    spikes = en.Port(feel, emits="out", accepts="n_in")
    aside = en.Port(nothing)
    out = en.Outlet()
    strict = None
    text = "no method"

    def __init__(self, weights: en.Block, name: str = "mine", bias: en.Block | None = None) -> None:
        super().__init__(name)
        self.units, self.n_in, self.weights = weights.cols, weights.rows, weights
        self.blocks = {"matrix": weights, "bias": bias or weights}
        self.state = {"u": np.zeros(self.units), "other": np.zeros(self.units + 1)}
        self.params = {"limit": 0.5, "fades": 0.0}


class Misfit(Silent):
    """It also has blocks that do not fit, and words that are none."""

    def __init__(self, weights: en.Block, wrong: en.Block) -> None:
        super().__init__(weights, bias=wrong)
        self.state["pair"] = np.zeros(2)


class Saying(Silent):
    """It says so."""

    membrane = en.Potential("u", rows={"spikes": "matrix"}, sums=True)


ROWS = {"spikes": "matrix"}
WRONG: dict[str, tuple[Any, str]] = {
    "no potential": ("u", "the membrane of module 'mine' is 'u'; wanted a Potential, or None"),
    "a state": (en.Potential("v", rows=ROWS), "names the state 'v', .* it has 'u', 'other', 'pair'"),
    "a length": (en.Potential("other", sums=True), r"is state 'other' of shape \[4\]; wanted \[3\]"),
    "a length for parts": (en.Potential("other", words={"spikes": "most_spikes"}), "or several numbers for each of 3 units"),
    "a length below the units": (en.Potential("pair", words={"spikes": "most_spikes"}), r"state 'pair' of shape \[2\]"),
    "a port": (en.Potential("u", rows={"spike": "matrix"}), "names the port 'spike', .* it has 'spikes', 'aside'"),
    "a port of columns": (en.Potential("u", columns={"spike": "matrix"}), "names the port 'spike'"),
    "a port of words": (en.Potential("u", words={"spike": "most_spikes"}), "names the port 'spike'"),
    "a port of resets": (en.Potential("u", sums=True, resets="clear"), "names the port 'clear'"),
    "a block": (en.Potential("u", rows={"spikes": "w"}), "names the weight block 'w', .* it has 'matrix', 'bias'"),
    "a block's shape": (
        en.Potential("u", rows={"spikes": "bias"}), r"at port 'spikes' by block 'bias' of shape \[3, 2\]; wanted \[2, 3\]"
    ),
    "a block's columns": (
        en.Potential("u", columns=ROWS), r"at port 'spikes' by block 'matrix' of shape \[2, 3\]; wanted \[3, 2\]"
    ),
    "a block that the rule does not take": (
        en.Potential("u", rows={"aside": "matrix"}), r"the rule 'nothing' there takes state \['other'\] and blocks \[\]"
    ),
    "a method": (en.Potential("u", words={"spikes": "words_of"}), "names the method 'words_of', which Misfit does not"),
    "a method that is none": (en.Potential("u", words={"spikes": "text"}), "names the method 'text'"),
    "a port twice": (en.Potential("u", rows=ROWS, columns={"spikes": "bias"}), "says twice what a delivery at one port"),
    "nothing that moves it": (en.Potential("u", resets="aside"), "says nothing of what moves it"),
    "a parameter": (en.Potential("u", rows=ROWS, leak="tau"), "names the parameter 'tau', .* it has 'limit', 'fades'"),
    "a parameter's value": (en.Potential("u", rows=ROWS, leak="fades"), "leaks with 'fades', which is 0.0; wanted"),
    "an attribute": (en.Potential("u", rows=ROWS, winner="winner"), "names the attribute 'winner', which the module"),
}  # fmt: skip


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_declaration_is_refused_by_name(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    said, why = WRONG[what]
    monkeypatch.setattr(Misfit, "membrane", said, raising=False)
    net = en.Network()
    with pytest.raises(NetworkError, match=why):
        net.add(Misfit(net.weights(np.ones((2, 3))), net.weights(np.ones((3, 2)))))
    assert net.modules == []


def test_a_right_one_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        Misfit, "membrane", en.Potential("u", ROWS, sums=True, resets=["aside"], winner="strict"), raising=False
    )
    net = en.Network()
    net.add(Misfit(net.weights(np.ones((2, 3))), net.weights(np.ones((3, 2)))))
    assert en.Potential("u", resets="aside") == en.Potential("u", resets=("aside",))


def test_a_module_in_plain_python_has_no_potential_to_show(monkeypatch: pytest.MonkeyPatch) -> None:
    class Python(en.PythonModule):
        spikes = en.Port(emits="out", accepts="units")
        out = en.Outlet()
        membrane = en.Potential("phi", sums=True)

        def __init__(self) -> None:
            super().__init__("python")
            self.state = {"phi": np.zeros(1)}

    with pytest.raises(NetworkError, match="port 'spikes' is in plain Python, .* wanted membrane = None"):
        en.Network().add(Python())


def test_it_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        Saying.membrane.state = "v"  # type: ignore[misc]


# --- who has to say it ---
def test_of_modules_that_ship_every_one_says_what_there_is_to_say() -> None:
    import eventnet.learning
    import eventnet.neurons

    for package in (eventnet.neurons, eventnet.learning):
        for found in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
            importlib.import_module(found.name)
    ours = [
        kind
        for kind in en.Module.registry.values()
        if kind.__module__.startswith(("eventnet.neurons", "eventnet.learning"))
    ]
    assert len(ours) > 50
    assert [kind.__name__ for kind in ours if undeclared(kind)] == []


def test_relays_without_state_and_what_sends_nothing_need_not_say_it() -> None:
    @en.rule()
    def pass_on(i, s, t, out, tally):
        out.spike(i, s)
        return 0

    class Own(en.Module):
        spikes = en.Port(pass_on, emits="out")
        out = en.Outlet()

    class Deaf(en.Module):
        spikes = en.Port(feel)
        out = en.Outlet()

    class Asking(en.Module):
        spikes = en.Port(feel, emits="notice")
        settle = en.Port(nothing)
        notice = en.Outlet(settles="settle")

    class Python(en.PythonModule):
        spikes = en.Port(emits="out")
        out = en.Outlet()

    class Late(en.Module):
        spikes = en.Port(pass_on, burst=feel, burst_emits="out")
        out = en.Outlet()

    class Meant(Python):
        membrane = None

    assert [undeclared(kind) for kind in (Own, Deaf, Asking, Python, Meant, Silent, Saying, Late)] == [
        False, False, False, True, False, True, False, True
    ]  # fmt: skip
    assert potential_of(Silent) is None


# --- blame and waste ---
def small(kind: Any) -> tuple[en.Network, Any]:
    """200 inputs to seven units, and four after them."""
    rng = np.random.default_rng(1)
    net = en.Network("float64")
    one, two = (
        kind(net.weights(rng.normal(0, 0.3, shape)), name) for shape, name in (((5, 7), "one"), ((7, 4), "two"))
    )
    for layer in (one, two):
        net.add(layer)
    net.connect(one.out, two.spikes)
    rows = [(t, one.spikes, int(rng.integers(5)), int(rng.choice([-1, 1]))) for t in range(200)]
    return net, en.events(rows)


def herding(weights: en.Block, name: str) -> en.Module:
    return en.Herding(weights.cols, weights, name=name)


def test_names_do_not_matter_where_a_neuron_says_what_they_mean() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        mine, theirs = (
            en.keep_ledger(*small(kind), blame="proportional", engine="reference").cost("synaptic_adds")
            for kind in (Saying, herding)
        )
    assert mine.tolist() == theirs.tolist()
    found = [
        analysis.cancellation(en.simulate(*small(kind), record=True, engine="reference")) for kind in (Saying, herding)
    ]
    assert found[0].to_dict()["modules"] == found[1].to_dict()["modules"]
    assert found[0].omitted == {}


def test_one_that_does_not_say_is_named_and_blamed_by_triggering() -> None:
    net, inputs = small(Silent)
    with pytest.warns(
        RuntimeWarning, match=r"^spikes of 'one' \(Silent\), 'two' \(Silent\) are blamed by trigg"
    ) as said:
        shared = en.keep_ledger(net, inputs, blame="proportional", engine="reference")
    assert len(said) == 1
    assert said[0].filename == __file__
    plain = en.keep_ledger(net, inputs, engine="reference")
    assert np.array_equal(shared.causes.counts, plain.causes.counts)
    known = en.keep_ledger(*small(Saying), blame="proportional", engine="reference")
    assert not np.array_equal(known.causes.counts, plain.causes.counts)
    found = analysis.cancellation(en.simulate(net, inputs, record=True, engine="reference"))
    assert found.sums == ()
    assert found.omitted == dict.fromkeys(("one", "two"), "it does not say what its potential is (membrane)")


def test_words_of_a_wrong_shape_are_refused() -> None:
    class Wordy(Silent):
        membrane = en.Potential("u", words={"spikes": "words"})

        def words(self, index: int, blocks: Any) -> Any:
            return blocks["matrix"][0, index:]

    net, inputs = small(Wordy)
    with pytest.raises(NetworkError, match=r"'words' of module 'one' returned shape \[\d\] for index \d; wanted \[7\]"):
        en.keep_ledger(net, inputs, blame="proportional", engine="reference")


KINDS = sorted({kind for kind in drawing.DRAW if potential_of(getattr(en, kind)) is not None})


@pytest.mark.parametrize("kind", KINDS)
def test_a_shipped_neuron_under_other_names_is_blamed_the_same(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    other = SimpleNamespace(**vars(en) | {name: renamed(getattr(en, name)) for name in KINDS})
    seen = 0
    for number in range(1000, 1012):
        described = networks.draw(number, (kind, kind, "Relay"))
        options = {
            "order": networks.KEYS.get(described["order"], described["order"]), "coalesce": described["forced"],
            "seed": described["seed"], "budget": described["budget"], "engine": "reference",
        }  # fmt: skip
        found = []
        for names in (en, other):
            monkeypatch.setattr(networks, "en", names)
            net = networks.build(described)
            rows = [(t, getattr(net.modules[a], port), i, s) for t, a, port, i, s in described["inputs"]]
            inputs = en.events(sorted(rows, key=lambda row: row[0]))
            monkeypatch.undo()
            try:
                book = en.keep_ledger(net, inputs, blame="proportional", until=described["until"], **options)
            except en.EventnetError as error:
                found.append(type(error).__name__)
                continue
            run = en.simulate(net, inputs, until=described["until"], record=True, **options)
            found.append((book.causes.counts.tolist(), analysis.cancellation(run).to_dict()))
            seen += book.tally.spikes > 0
        assert found[0] == found[1], number
    assert seen >= 4 or not getattr(en, kind).outlets


def test_columns_under_other_names_are_blamed_the_same() -> None:
    counts = []
    for kind in (Columns, renamed(Columns)):
        net = en.Network("float64")
        back = net.add(kind(2, net.weights([[0.125, 0.5, 0.25], [0.5, -0.25, 0.125]]), name="back"))
        net.connect(back.out, net.add(en.Herding(100, net.weights(np.zeros((2, 100))), name="after")).spikes)
        inputs = [(t, back.spikes, t % 3, 1 if t % 5 else -1) for t in range(40)]
        book = en.keep_ledger(net, inputs, blame="proportional", engine="reference")
        counts.append(book.causes.counts.tolist())
        sums = analysis.cancellation(en.simulate(net, inputs, record=True, engine="reference")).sums[0]
        w = back.weights.array
        assert sums.variation.tolist() == sum(np.abs(w[:, t % 3]) for t in range(40)).tolist()
        assert sums.change.tolist() == np.abs(sum(w[:, t % 3] * (1 if t % 5 else -1) for t in range(40))).tolist()
    assert counts[0] == counts[1]


def test_sums_that_two_ports_move_are_told_together() -> None:
    class Two(Silent):
        more = en.Port(feel, emits="out", accepts="n_in")
        membrane = en.Potential("u", rows={"spikes": "matrix", "more": "bias"}, sums=True)

    net = en.Network("float64")
    rows = ([[0.25, 0.125], [0.5, -1.0]], [[1.0, 0.0], [-0.5, 2.0]])
    two = net.add(Two(net.weights(rows[0]), bias=net.weights(rows[1])))
    inputs = [(0, two.spikes, 0, 1), (0, two.more, 1, 1), (1, two.more, 0, -1)]
    sums = analysis.cancellation(en.simulate(net, inputs, record=True, engine="reference")).sums[0]
    assert sums.variation.tolist() == [0.25 + 0.5 + 1.0, 0.125 + 2.0]
    assert sums.change.tolist() == [1.25, 2.125]
    assert replace(Two.membrane, sums=False).adds("more", {"matrix": 1, "bias": 2}) == 2  # type: ignore[arg-type, dict-item]
