"""What modules say of their potentials: what is refused, who has to say it, and that names do not matter."""

from __future__ import annotations

import importlib
import pkgutil
import warnings
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pytest
from anytime_cases import changing, counted, spiking
from change_cases import joined_net, slow_frames
from few import few
from flow_cases import HEIGHT, WIDTH, as_feed, drawn_inputs, flow_network
from outside import drawn, networks
from renamed import FAMILIES, NOW, renamed_network
from test_saved_before import NETWORKS, facts_of, network
from test_synapses import Trains

import eventnet as en
from eventnet import analysis
from eventnet.analysis.order_sensitivity import written_blocks
from eventnet.declarations import Membrane, potential_of, undeclared
from eventnet.errors import ModelError, NetworkError
from eventnet.kernels.rows import add_and_fire
from eventnet.learning import (
    HiddenErrors,
    SparseDynamicStdp,
    SparseInstar,
    SparseNormalize,
    SparsePairStdp,
    SparseTraceTarget,
    SparseTripletStdp,
    TargetErrors,
    TsodyksMarkram,
)
from eventnet.learning.gradient import Columns
from eventnet.learning.level_units import BEGIN, LEARN, NUDGE, RESET, InnerLevelUnits, LevelUnits
from eventnet.learning.past_by_shifts import PastByShifts
from eventnet.models import ContinuousEquilibriumNetwork, DeepSpikingNetwork, SigmaDeltaNetwork


@en.rule
def feel(i, s, t, out, tally, u, other, matrix, bias, limit, fades):
    """Add a row and fire; names as none of the shipped neurons has them."""
    add_and_fire(u, matrix, i, s, limit, 2 * limit, True, out, tally)


@en.rule
def nothing(i, s, t, out, tally, other):
    """Does nothing."""


class Names(en.Module):
    """What these rules take."""

    weights = en.Weights("n_in", "units", key="matrix")
    units = en.Derived(lambda module: module.weights.cols)
    bias = en.Weights("n_others", "n_theirs", instead=weights)
    u = en.State()
    other = en.State("units + 1")
    limit = en.Param(0.5)
    fades = en.Param(0.0)


class Silent(Names):
    """A neuron that does not say what its potential is."""

    spikes = en.Port(feel, emits="out", accepts="n_in")
    aside = en.Port(nothing)
    out = en.Outlet()
    strict = None
    text = "no method"


class Misfit(Silent):
    """It also has blocks that do not fit, and words that are none."""

    pair = en.State(2)


class Saying(Silent):
    """It says so."""

    u = en.Potential(Silent.weights)


ROWS = {"spikes": "matrix"}
WRONG: dict[str, tuple[Any, str]] = {
    "no potential": ("u", "the membrane of module 'mine' is 'u'; wanted one of a declared Potential, or None"),
    "a state": (Membrane("v", rows=ROWS), "names the state 'v', .* it has 'u', 'other', 'pair'"),
    "a length": (Membrane("other", sums=True), r"is state 'other' of shape \[4\]; wanted \[3\]"),
    "a length for parts": (Membrane("other", words={"spikes": "most_spikes"}), "or several numbers for each of 3 units"),
    "a length below the units": (Membrane("pair", words={"spikes": "most_spikes"}), r"state 'pair' of shape \[2\]"),
    "a port": (Membrane("u", rows={"spike": "matrix"}), "names the port 'spike', .* it has 'spikes', 'aside'"),
    "a port of columns": (Membrane("u", columns={"spike": "matrix"}), "names the port 'spike'"),
    "a port of words": (Membrane("u", words={"spike": "most_spikes"}), "names the port 'spike'"),
    "a port of resets": (Membrane("u", sums=True, resets="clear"), "names the port 'clear'"),
    "a block": (Membrane("u", rows={"spikes": "w"}), "names the weight block 'w', .* it has 'matrix', 'bias'"),
    "a block's shape": (
        Membrane("u", rows={"spikes": "bias"}), r"at port 'spikes' by block 'bias' of shape \[3, 2\]; wanted \[2, 3\]"
    ),
    "a block's columns": (
        Membrane("u", columns=ROWS), r"at port 'spikes' by block 'matrix' of shape \[2, 3\]; wanted \[3, 2\]"
    ),
    "a block that the rule does not take": (
        Membrane("u", rows={"aside": "matrix"}), r"the rule 'nothing' there takes state \['other'\] and blocks \[\]"
    ),
    "a method": (Membrane("u", words={"spikes": "words_of"}), "names the method 'words_of', which Misfit does not"),
    "a method that is none": (Membrane("u", words={"spikes": "text"}), "names the method 'text'"),
    "a port twice": (Membrane("u", rows=ROWS, columns={"spikes": "bias"}), "says twice what a delivery at one port"),
    "nothing that moves it": (Membrane("u", resets="aside"), "says nothing of what moves it"),
    "a parameter": (Membrane("u", rows=ROWS, leak="tau"), "names the parameter 'tau', .* it has 'limit', 'fades'"),
    "a parameter's value": (Membrane("u", rows=ROWS, leak="fades"), "leaks with 'fades', which is 0.0; wanted"),
    "an attribute": (Membrane("u", rows=ROWS, winner="winner"), "names the attribute 'winner', which the module"),
}  # fmt: skip


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_declaration_is_refused_by_name(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    said, why = WRONG[what]
    monkeypatch.setattr(Misfit, "membrane", said, raising=False)
    net = en.Network()
    with pytest.raises(NetworkError, match=why):
        net.add(Misfit(net.weights(np.ones((2, 3))), bias=net.weights(np.ones((3, 2))), name="mine"))
    assert net.modules == []


def test_a_right_one_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        Misfit, "membrane", Membrane("u", ROWS, sums=True, resets=["aside"], winner="strict"), raising=False
    )
    net = en.Network()
    net.add(Misfit(net.weights(np.ones((2, 3))), bias=net.weights(np.ones((3, 2))), name="mine"))
    assert Membrane("u", resets="aside") == Membrane("u", resets=("aside",))


SAID: dict[str, tuple[dict[str, Any], str]] = {
    "a length": ({"u": en.Potential(Silent.weights, shape="units + 1")}, r"is state 'u' of shape \[4\]; wanted \[3\]"),
    "a port of words": ({"u": en.Potential(words={"spike": "most_spikes"})}, "names the port 'spike'"),
    "a method": ({"u": en.Potential(words={"spikes": "words_of"})}, "names the method 'words_of', which Wrong does not"),
    "a port of resets": ({"u": en.Potential(resets="clear")}, "names the port 'clear', .* it has 'spikes', 'aside'"),
    "nothing that moves it": ({"u": en.Potential(sums=False, resets="aside")}, "says nothing of what moves it"),
    "a parameter's value": ({"u": en.Potential(Silent.weights, leak=Silent.fades)}, "leaks with 'fades', which is 0.0"),
}  # fmt: skip


@pytest.mark.parametrize("what", SAID)
def test_a_wrong_potential_that_is_declared_is_refused_by_name(what: str) -> None:
    body, why = SAID[what]
    kind: Any = type("Wrong", (Misfit,), body)
    net = en.Network()
    with pytest.raises(NetworkError, match=why):
        net.add(kind(net.weights(np.ones((2, 3))), bias=net.weights(np.ones((3, 2))), name="mine"))
    assert net.modules == []


def test_what_is_derived_is_what_would_be_said() -> None:
    assert Saying.membrane == Membrane("u", rows=ROWS, sums=True)
    said: Any = type("Said", (Misfit,), {"u": en.Potential(Silent.weights, leak=Silent.limit, resets="aside")})
    assert said.membrane == Membrane("u", rows=ROWS, sums=True, leak="limit", resets=["aside"])


def test_a_module_in_plain_python_has_no_potential_to_show() -> None:
    class Python(en.PythonModule):
        phi = en.Potential()
        spikes = en.Port(emits="out", accepts="units")
        out = en.Outlet()

    assert Python.membrane == Membrane("phi", sums=True)
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
    @en.rule
    def pass_on(i, s, t, out, tally):
        out.spike(i, s)

    class Own(en.Module):
        units = 1
        spikes = en.Port(pass_on, emits="out")
        out = en.Outlet()

    class Deaf(Names):
        spikes = en.Port(feel)
        out = en.Outlet()

    class Asking(Names):
        spikes = en.Port(feel, emits="notice")
        settle = en.Port(nothing)
        notice = en.Outlet(settles="settle")

    class Python(en.PythonModule):
        spikes = en.Port(emits="out")
        out = en.Outlet()

    class Late(Names):
        spikes = en.Port(pass_on, burst=feel, burst_emits="out")
        out = en.Outlet()

    class Meant(Python):
        membrane = None

    assert [undeclared(kind) for kind in (Own, Deaf, Asking, Python, Meant, Silent, Saying, Late)] == [
        False, False, False, True, False, True, False, True
    ]  # fmt: skip
    assert potential_of(Silent) is None


# --- blame and cancellation ---
def small(kind: Any) -> tuple[en.Network, Any]:
    """200 inputs to seven units, and four after them."""
    rng = np.random.default_rng(1)
    net = en.Network("float64")
    one, two = (
        kind(net.weights(rng.normal(0, 0.3, shape)), name=name) for shape, name in (((5, 7), "one"), ((7, 4), "two"))
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
        u = en.Potential(words={"spikes": "words"})

        def words(self, index: int, blocks: Any) -> Any:
            return blocks["matrix"][0, index:]

    net, inputs = small(Wordy)
    with pytest.raises(NetworkError, match=r"'words' of module 'one' returned shape \[\d\] for index \d; wanted \[7\]"):
        en.keep_ledger(net, inputs, blame="proportional", engine="reference")


# --- shipped modules under other names ---
def told(net: en.Network, inputs: Any, until: int | None = None, **options: Any) -> dict[str, Any]:
    """What tools say of a run: whose each cost is, what of it was cancelled, which weights may change."""
    options |= {"engine": "reference"}
    try:
        run = en.simulate(net, inputs, until=until, record=True, **options)
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore", RuntimeWarning
            )  # modules of a user's that do not say what their potential is
            book = en.keep_ledger(net, inputs, blame="proportional", until=until, **options)
    except en.EventnetError as error:
        return {"error": type(error).__name__}
    found = {"log": run.log.tobytes(), "tally": run.tally.to_dict(), "blame": book.causes.counts.tolist()}
    written = [written_blocks(net, module) for module in net.modules]
    return found | {
        "spikes": run.tally.spikes,
        "cancellation": analysis.cancellation(run).to_dict(),
        "written": written,
    }


def guessed(net: en.Network, inputs: Any, order: Any = "breadth") -> list[Any]:
    """What every module that can be read out answers after each delivery of a run, and what had been spent by then."""
    found = []
    for module in net.modules:
        with suppress(ModelError):
            starts = np.unique(inputs["t"])[::10]
            shown = analysis.SampleStream(net, inputs, starts, module)
            made = analysis.anytime(shown, np.zeros(len(starts), int), orders=[order], engine="reference")
            found.append((module.name, repr([vars(each) for each in made])))
    return found


def described(kind: str, most: int = 12) -> Iterator[tuple[en.Network, Any, dict[str, Any]]]:
    """Random networks of a class of modules, their inputs, and how they are run; fewer where it has no potential."""
    few_will_do = most == 12 and potential_of(networks.shipped(kind)) is None
    for number in range(1000, 1004 if few_will_do else 1000 + most):
        drawn_one = networks.draw(number, (kind, kind, "Relay"))
        net = networks.build(drawn_one)
        options = {
            "order": networks.KEYS.get(drawn_one["order"], drawn_one["order"]), "coalesce": drawn_one["forced"],
            "seed": drawn_one["seed"], "budget": drawn_one["budget"], "until": drawn_one["until"],
        }  # fmt: skip
        rows = [(t, getattr(net.modules[a], port), i, s) for t, a, port, i, s in drawn_one["inputs"]]
        yield net, en.events(sorted(rows, key=lambda row: row[0])), options


@pytest.mark.parametrize("kind", few(sorted(drawn.DRAW), 15))
def test_a_shipped_module_under_other_names_is_blamed_the_same(kind: str) -> None:
    spiking = 0
    for k, (net, inputs, options) in enumerate(described(kind)):
        wanted = told(net, inputs, **options)
        assert told(renamed_network(net), inputs, **options) == wanted, k
        spiking += wanted.get("spikes", 0) > 0
    of = networks.shipped(kind)
    assert spiking >= 2 or not of.outlets or potential_of(of) is None


@pytest.mark.parametrize("name", NETWORKS)
def test_all_that_ships_is_blamed_the_same_under_other_names(name: str) -> None:
    """Every class of modules: see `test_every_class_is_in_a_network`."""
    text, facts = facts_of(name)
    net = network(name)
    other = renamed_network(net)
    options = {name: value for name, value in text["options"].items() if name != "record"}
    wanted = told(net, facts["inputs"], text["until"], **options)
    assert wanted["log"] == facts["log"].tobytes()
    assert told(other, facts["inputs"], text["until"], **options) == wanted
    if text["until"] is None:
        assert guessed(other, facts["inputs"]) == guessed(net, facts["inputs"])


def stepped() -> tuple[en.Network, Any]:
    """Lines of their own delays, units on a clock with a second source, a read-out, and sums of windows."""
    rng, net = np.random.default_rng(3), en.Network("float64")
    lines = net.add(en.Delays(5, ticks=[0, 1, 2, 0, 3], name="lines"))
    layer = net.add(
        en.SteppedLeaky(
            en.Geometry.dense(5, 16), net.weights(rng.normal(0.4, 0.4, (5, 16))),
            lateral=net.weights(rng.normal(0, 0.2, (16, 16))), tau=6.0, r=6.0, bias=0.05, name="layer",
        )
    )  # fmt: skip
    pool = net.add(en.SumPool(en.Geometry.window((1, 4, 4), 1, (2, 2), (2, 2)), name="pool"))
    answers = net.weights(np.zeros((20, 3)), "answers")
    readout = net.add(
        en.SteppedReadout(
            en.Geometry.dense(4, 3), net.weights(rng.normal(0, 1, (4, 3))), answers, tau=9.0, name="shown"
        )
    )
    net.connect(lines.out, layer.spikes)
    net.connect(layer.out, layer.across, 1)
    net.connect(layer.out, pool.spikes)
    net.connect(pool.out, readout.spikes)
    rows = [(0, layer.reset, 0, 1), (0, readout.reset, 0, 1), *((t, readout.read, t, 1) for t in range(20))]
    rows += [(int(t), lines.spikes, int(rng.integers(5)), int(rng.choice([1, 1, -1]))) for t in rng.integers(0, 20, 60)]
    return net, en.events(sorted(rows, key=lambda row: row[0]))


def joined(kind: str) -> tuple[en.Network, Any]:
    """Layers of change or rounding with maxima and residuals."""
    made = joined_net(1)
    return SigmaDeltaNetwork.from_layers(
        made.layers, input_shape=made.shape, scales=made.scales, kind=kind
    ).frames_network(slow_frames(made, 3))


def flowing(version: str) -> tuple[en.Network, Any]:
    """A camera's events through an encoder into flow sums, and a filter with a bias beside them."""
    net, flow, head = flow_network(version, answers=80)
    pixels = HEIGHT * WIDTH
    eye = net.add(en.Encoder(pixels, net.weights(np.eye(pixels)), name="eye"))
    net.connect(eye.out, flow.spikes)
    inputs = drawn_inputs(1)
    feed = [(t, eye.spikes, i, s) for t, i, s in inputs["events"]]
    feed += as_feed({"events": [], "samples": inputs["samples"][:80]}, flow, head)
    return net, en.events(sorted(feed, key=lambda one: one[0]))


def falling() -> tuple[en.Network, Any]:
    """A Deep Spiking Network that learns at a rate that falls from step to step."""
    x, y = np.random.default_rng(6).random((2, 6)), np.eye(3)[[1, 2]]
    dsn = DeepSpikingNetwork([6, 5, 3], steps=3, early=4.0, learning_rate=0.5, dtype="float64")
    return dsn.training_network(x, y)


def flipping() -> tuple[en.Network, Any]:
    """Units of two states that flip one at a time."""
    rng, net = np.random.default_rng(4), en.Network("float32")
    upper = np.triu(rng.integers(-3, 4, (9, 9)), 1)
    units = net.add(en.HopfieldUnits(9, net.weights(upper + upper.T), name="units"))
    net.connect(units.asks, units.look)
    net.connect(units.out, net.add(en.Sink(9, name="flips")).spikes)
    return net, en.events([*((0, units.set, j, int(rng.choice([-1, 1]))) for j in range(9)), (1, units.begin, 0, 1)])


def drawn() -> tuple[en.Network, Any]:
    """Units of two states that are drawn when their clocks ring."""
    rng, net = np.random.default_rng(4), en.Network("float64")
    units = net.add(en.BoltzmannUnits(5, net.weights(rng.normal(size=(2, 3))), seed=2, name="units"))
    net.connect(units.out, net.add(en.Sink(5, name="changes")).spikes)
    return net, en.events([(0, units.hold, j, -1) for j in range(5)])


def once() -> tuple[en.Network, Any]:
    """Two layers that fire once, and errors of their times."""
    rng, net = np.random.default_rng(4), en.Network("float64")
    blocks = [net.weights(rng.uniform(0, 2, shape)) for shape in ((6, 3), (6, 2))]
    low, high = (net.add(en.SpikeOnce(b.cols, b, delays=[2, 5], tau=9.0)) for b in blocks)
    for layer in (low, high):
        net.connect(layer.delayed, layer.arrive)
    net.connect(low.out, high.spikes)
    top = net.add(TargetErrors(blocks[1], high, step=0.1))
    below = net.add(HiddenErrors(blocks[0], low, top, step=0.1))
    net.connect(top.out, below.error)
    return net, en.events([
        *((0, low.spikes, i, 1) for i in range(3)), (9, top.target, 0, 1), (9, top.target, 1, 1),
        (60, top.error, 0, 1), (60, top.error, 1, 1),
    ])  # fmt: skip


def settling() -> tuple[en.Network, Any]:
    """Two layers that settle by levels, and learn from how a target moves them."""
    rng, net = np.random.default_rng(4), en.Network("float64")
    w, v = net.weights(rng.normal(0, 0.5, (6, 5))), net.weights(rng.normal(0, 0.5, (5, 3)))
    options: dict[str, Any] = {"k": 8, "below_k": 8, "rates": (0.01, 0.005)}
    low = net.add(InnerLevelUnits(5, w, net.weights(np.zeros((1, 15))), v, k_above=8, **options))
    high = net.add(LevelUnits(3, v, net.weights(np.zeros((1, 9))), lower=low, **options))
    for source, target in ((low.out, high.below), (high.out, low.above), (low.out, low.own), (high.out, high.own)):
        net.connect(source, target)
    net.connect(low.notice, high.wake)
    net.connect(high.notice, low.wake)
    rows = [(0, part.phase, RESET, 1) for part in (low, high)]
    rows += [(1, low.below, i, int(rng.integers(1, 9))) for i in range(6)]
    rows += [(2, low.phase, BEGIN, 1), (3, high.phase, BEGIN, 1), *((4, part.phase, LEARN, 1) for part in (low, high))]
    return net, en.events([*rows, (5, high.phase, NUDGE + 1, 1)], amounts=True)


def continuous() -> tuple[en.Network, Any]:
    """Two layers that settle in continuous time, under inputs that are held."""
    made = ContinuousEquilibriumNetwork((4, 5, 3), scales=(3.0, 2.5), duration=(8.0, 4.0), seed=5, engine="reference")
    net = made.simulation().net
    return net, made.sample(net, 0, np.array([256, 100, 0, 200]), 1)


def shifted() -> tuple[en.Network, Any]:
    """Two trains of spikes of codes that decay by shifts, heard by an encoder too, and the weights that they move."""
    gains = {"kp": 0.1, "kd": 1.0, "decay": "shifts"}
    trains = Trains(en.Geometry.dense(4, 3), {"shifts": PastByShifts}, gains, gains, "reference")
    rng, update = np.random.default_rng(5), trains.updates["shifts"]
    heard = trains.net.add(en.Encoder(4, trains.net.weights(np.eye(4)), name="heard"))
    rows: list[Any] = []
    for t in range(20):
        rows += [(t, box.spikes, int(rng.integers(3)), int(rng.choice([-1, 1]))) for box in trains.inboxes]
        rows += [(t, heard.spikes, int(rng.integers(4)), 1), (t, update.tick, 0, 1)]
    return trains.net, en.events(rows)


def sparse() -> tuple[en.Network, Any]:
    """A layer that synapses of one weight and of many lead to, with a drive of its own."""
    rng, net = np.random.default_rng(8), en.Network("float64")
    source = net.add(en.Relay(6, name="source"))
    layer = net.add(en.LeakyDelta(12, tau=9.0, threshold=0.5, refractory=3, name="layer"))
    net.connect(source, layer, en.Bernoulli(0.6), weight=en.Normal(0.3, 0.1), delay=en.Uniform(1, 6), seed=3)
    net.connect(layer, layer, en.FixedInDegree(3), weight=0.2, delay=2, seed=4)
    drive = net.add(en.PoissonDrive(layer, rate=30.0, weight=0.2, seed=5, tick=1e-3, name="drive"))
    steps = net.add(en.CurrentSteps(layer, times=[4, 20], levels=[0.6, 0.0], name="steps"))
    noise = net.add(en.NoiseCurrent(layer, std=0.4, seed=6, hold=2, name="noise"))
    given = net.add(en.SpikeSource([[3, 9], [9], [30]], name="given"))
    net.connect(given, layer, en.AllToAll(), weight=0.1, delay=1)
    rows = [(0, module.ticks, 0, 1) for module in (drive, steps, noise, given)]
    return net, en.events(rows + [(t, source.spikes, int(rng.integers(6)), 1) for t in range(0, 40, 2)])


def ticked() -> tuple[en.Network, Any]:
    """Layers of each kind that goes from tick to tick, in a ring, all driven."""
    rng, net = np.random.default_rng(9), en.Network("float64")
    source, taus = net.add(en.Relay(6, name="source")), {"tau_m": 9.0, "tau_e": 3.0, "tau_i": 5.0}
    pulls: dict[str, Any] = taus | {"threshold": 0.5, "reversal_e": 4.0, "reversal_i": -1.0, "reset": -0.2}
    layers = [
        net.add(en.LeakyExponential(5, **taus, threshold=0.5, refractory=2)),
        net.add(en.LeakyAlpha(4, **taus, threshold=0.5, refractory=2)),
        net.add(en.LeakyConductance(3, **pulls, refractory=2)),
        net.add(en.AdaptiveExponential(4, **pulls, slope=0.2, peak=3.0, tau_w=20.0, b=0.2, refractory=2)),
        net.add(en.HodgkinHuxley(3, **taus, ms=3.0, threshold=-20.0, reversal_e=0.0, reversal_i=-80.0, bias=40.0)),
    ]
    for layer, target in zip(layers, [*layers[1:], layers[0]], strict=True):
        net.connect(source, layer, en.Bernoulli(0.6), weight=en.Normal(0.8, 0.3), delay=en.Uniform(1, 6), seed=3)
        net.connect(layer, target, en.FixedInDegree(2), weight=0.4, delay=2, seed=4)
    drive = net.add(en.PoissonDrive(layers[0], rate=60.0, weight=0.3, seed=5, tick=1e-3, name="drive"))
    steps = net.add(en.CurrentSteps(layers[1], times=[4, 20], levels=[0.6, 0.0], name="steps"))
    noise = net.add(en.NoiseCurrent(layers[2], std=0.4, seed=6, hold=2, name="noise"))
    rows = [(0, module.ticks, 0, 1) for module in (drive, steps, noise)]
    return net, en.events(rows + [(t, source.spikes, int(rng.integers(6)), 1) for t in range(0, 40, 2)])


def plastic() -> tuple[en.Network, Any]:
    """Sparse synapses of each kind of plasticity, delays by synapse and dendritic ones among them."""
    rng, net = np.random.default_rng(8), en.Network("float64")
    source = net.add(en.Relay(6, name="source"))
    layer = net.add(en.LeakyDelta(12, tau=9.0, threshold=0.5, refractory=3, name="layer"))
    pairs = {"a_plus": 0.05, "a_minus": 0.03, "tau_plus": 9.0, "tau_minus": 9.0}
    triplets = {"a2_plus": 0.02, "a3_plus": 0.02, "a2_minus": 0.02, "a3_minus": 0.01}
    slow = {"tau_plus": 5.0, "tau_x": 9.0, "tau_minus": 5.0, "tau_y": 9.0}
    rules = [
        SparsePairStdp.given(**pairs, delays="dendritic"), SparseDynamicStdp.given(alpha=0.8, rate=0.01),
        SparseTripletStdp.given(**triplets, **slow), TsodyksMarkram.given(U=0.5, tau_rec=20.0, tau_facil=9.0),
        SparseTraceTarget.given(tau=9.0, rate=0.1, target=0.2), SparseInstar.given(tau=9.0, rate=0.1),
    ]  # fmt: skip
    for seed, rule in enumerate(rules):
        options: Any = {"weight": 0.3, "delay": en.Uniform(1, 6) if seed % 2 == 0 else 2, "seed": seed}
        made = net.connect(source if seed else layer, layer, en.Bernoulli(0.4), plasticity=rule, **options)
    sums = net.add(SparseNormalize(made.weights, made, total=1.0, name="sums"))
    rows = [(t, source.spikes, int(rng.integers(6)), 1) for t in range(0, 40)]
    return net, en.events([*rows[:20], (20, sums.apply, 0, 1), *rows[20:]])


NEWER = {
    "falling": falling,
    "flipping": flipping,
    "drawn": drawn,
    "once": once,
    "settling": settling,
    "continuous": continuous,
    "shifted": shifted,
    "stepped": stepped,
    "flow": partial(flowing, "thin"),
    "refreshed flow": partial(flowing, "thinnest"),
    "changes": partial(joined, "sigma-delta"),
    "rounding": partial(joined, "rounding"),
    "sparse": sparse,
    "ticked": ticked,
    "plastic": plastic,
}
"""Networks of classes that no file of an earlier version has."""


@pytest.mark.slow
@pytest.mark.parametrize("name", NEWER)
def test_what_is_newer_is_blamed_the_same_under_other_names(name: str) -> None:
    net, inputs = NEWER[name]()
    until = {"stepped": 20, "drawn": 20, "sparse": 50, "ticked": 50, "plastic": 50, "continuous": 9 * 2**32}.get(name)
    wanted = told(net, inputs, until)
    assert wanted["spikes"] > 0
    assert told(renamed_network(net), inputs, until) == wanted


def test_every_class_is_in_a_network() -> None:
    ours = {kind for kind in en.Module.registry.values() if kind.__module__.startswith(FAMILIES)}
    nets = [
        *map(network, NETWORKS),
        *(net for net, *_ in described("InputSum", 20)),
        *(make()[0] for make in NEWER.values()),
    ]
    there = {type(module) for net in nets for module in net.modules}
    assert {kind.__name__ for kind in ours - there} == {
        "BiasDrive",
        "BothSides",
        "ConductanceLayer",
        "OnSynapses",
        "CurrentDrive",
        "PDCode",
        "PoissonLaw",
        "SparseFollower",
        "SparseSynapses",
        "Stepped",
        "Synapses",
        "TickedLayer",
        "TimeErrors",
        "TurningSums",
        "WritesLeakyDelta",
        "WritesTicked",
    }  # bases: none can be made


@pytest.mark.parametrize("make", [spiking, changing, counted])
@pytest.mark.parametrize("order", ["depth", "breadth", "magnitude"])
def test_a_classifier_under_other_names_guesses_the_same(make: Any, order: str) -> None:
    shown, y, *_ = make()
    other = replace(shown, net=renamed_network(shown.net))
    found = [analysis.anytime(each, y, orders=[order], engine="reference") for each in (shown, other)]
    assert repr([vars(each) for each in found[0]]) == repr([vars(each) for each in found[1]])
    assert found[0][0].changes().any()


def test_nothing_keeps_its_name() -> None:
    net = network("leaky")
    rules = [port.rule for m in renamed_network(net).modules for port in m.ports.values() if port.rule is not None]
    assert len(rules) > 5
    assert all(name.startswith(NOW) for rule in rules for name in rule.names)


def test_columns_under_other_names_are_blamed_the_same() -> None:
    net = en.Network("float64")
    back = net.add(Columns(2, net.weights([[0.125, 0.5, 0.25], [0.5, -0.25, 0.125]]), name="back"))
    net.connect(back.out, net.add(en.Herding(100, net.weights(np.zeros((2, 100))), name="after")).spikes)
    inputs = en.events([(t, back.spikes, t % 3, 1 if t % 5 else -1) for t in range(40)])
    assert told(net, inputs) == told(renamed_network(net), inputs)
    w = back.weights.array
    for each in (net, renamed_network(net)):
        sums = analysis.cancellation(en.simulate(each, inputs, record=True, engine="reference")).sums[0]
        assert sums.variation.tolist() == sum(np.abs(w[:, t % 3]) for t in range(40)).tolist()
        assert sums.change.tolist() == np.abs(sum(w[:, t % 3] * (1 if t % 5 else -1) for t in range(40))).tolist()


def test_sums_that_two_ports_move_are_told_together() -> None:
    class Two(Silent):
        more = en.Port(feel, emits="out", accepts="n_in")
        membrane = Membrane("u", rows={"spikes": "matrix", "more": "bias"}, sums=True)

    net = en.Network("float64")
    rows = ([[0.25, 0.125], [0.5, -1.0]], [[1.0, 0.0], [-0.5, 2.0]])
    two = net.add(Two(net.weights(rows[0]), bias=net.weights(rows[1])))
    inputs = [(0, two.spikes, 0, 1), (0, two.more, 1, 1), (1, two.more, 0, -1)]
    sums = analysis.cancellation(en.simulate(net, inputs, record=True, engine="reference")).sums[0]
    assert sums.variation.tolist() == [0.25 + 0.5 + 1.0, 0.125 + 2.0]
    assert sums.change.tolist() == [1.25, 2.125]
    assert replace(Two.membrane, sums=False).adds("more", {"matrix": 1, "bias": 2}) == 2  # type: ignore[arg-type, dict-item]
