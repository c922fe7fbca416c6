"""Modules that say what they are: everything follows from what a class declares."""

from __future__ import annotations

import ast
import copy
import inspect
import pickle
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import eventnet as en
from eventnet.declarations import Declared, Derived, Membrane, Patches, arguments
from eventnet.errors import NetworkError
from eventnet.kernels.patches import add_patch
from eventnet.learning import Instar, TraceTarget
from eventnet.module import Module
from eventnet.neurons.last_spikes import LastSpikes

ENGINES = ("reference", "compiled")


@en.rule
def add_and_rest(i, s, t, out, tally, phi, last, w, threshold):
    """Add a row; a unit past its threshold fires and starts again from 0, unless it fired in the last 3 ticks."""
    en.add_row(phi, w, i, s, tally)
    for j in range(len(phi)):
        if phi[j] > en.at(threshold, j) and t - last[j] > 3:
            phi[j], last[j] = 0, t
            out.spike(j, 1)
    tally[en.COMPARES] += len(phi) + out.made()


class Resting(en.Module):
    """Integrate-and-fire units with a refractory time of 3 ticks."""

    w = en.Weights("n_in", "units")
    phi = en.Potential(w)
    last = en.Integers(start=-100)
    threshold = en.Param(1.0, each=True)
    spikes = en.Port(add_and_rest, emits="out", accepts="n_in")
    out = en.Outlet()


@en.rule
def by_hand(i, s, t, out, tally, phi, last, w, threshold):
    """The same, with nothing helped, and a code that says that all is well."""
    for j in range(len(phi)):
        if s > 0:
            phi[j] += w[i, j]
        else:
            phi[j] -= w[i, j]
        if phi[j] > threshold and t - last[j] > 3:
            phi[j] = 0
            last[j] = t
            out.spike(j, 1, 0, 1.0)
    tally[en.SYNAPTIC_ADDS] += len(phi)
    tally[en.READS] += len(phi)
    tally[en.COMPARES] += len(phi) + out.made()
    return 0


class ByHand(en.Module):
    """The same, with nothing derived: what moves the potential is said by hand."""

    w = en.Weights("n_in", "units")
    phi = en.State()
    last = en.Integers(start=lambda module: np.full(module.units, -100))
    threshold = en.Param(1.0)
    spikes = en.Port(by_hand, emits="out", accepts="n_in")
    out = en.Outlet()
    membrane = Membrane("phi", rows={"spikes": "w"}, sums=True)


class Otherwise(en.Module):
    """Has the rule of `Resting`, and an array where that has a number."""

    w = en.Weights("n_in", "units")
    phi = en.Potential(w)
    last = en.Integers(start=-100)
    threshold = en.State(given=1.0)
    spikes = en.Port(add_and_rest, emits="out", accepts="n_in")
    out = en.Outlet()


def net_of(kind: Any, **options: Any) -> tuple[en.Network, Any]:
    net = en.Network("float64")
    w = np.random.default_rng(3).normal(0.2, 0.4, (4, 5))
    layer = net.add(kind(5, net.weights(w), name="layer", **options))
    net.connect(layer.out, net.add(en.Sink(5, name="sink")).spikes)
    return net, layer


def outcome(net: en.Network, engine: str = "reference") -> Any:
    inputs = [(t, net["layer"].spikes, t % 4, 1 if t % 3 else -1) for t in range(60)]  # type: ignore[attr-defined]
    run = en.simulate(net, inputs, engine=engine, record=True)
    state = {name: array.tobytes() for name, array in run.state("layer").items()}
    return run.log.tobytes(), run.tally.to_dict(), state


@pytest.mark.parametrize("engine", ENGINES)
def test_a_declared_neuron_is_the_one_by_hand(engine: str) -> None:
    declared, hand = (outcome(net_of(kind, threshold=0.7)[0], engine) for kind in (Resting, ByHand))
    assert declared == hand
    assert declared[1]["totals"]["spikes"] > 3


def test_the_potential_follows_from_the_declarations() -> None:
    assert Resting.membrane == ByHand.membrane
    net, layer = net_of(Resting)
    inputs = [(t, layer.spikes, t % 4, 1) for t in range(20)]
    blamed = [
        en.keep_ledger(n, [(t, n["layer"].spikes, i, s) for t, _, i, s in inputs], blame="proportional",  # type: ignore[attr-defined]
                       engine="reference").cost("synaptic_adds").tolist()
        for n in (net, net_of(ByHand)[0])
    ]  # fmt: skip
    assert blamed[0] == blamed[1]


@pytest.mark.parametrize("engine", ENGINES)
def test_a_parameter_given_one_a_unit_does_what_one_for_all_does(engine: str) -> None:
    one, each = (outcome(net_of(Resting, threshold=given)[0], engine) for given in (0.7, [0.7] * 5))
    assert each[:2] == one[:2]
    several = outcome(net_of(Resting, threshold=[0.3, 0.7, 1.0, 2.0, 9.0])[0], engine)
    assert several == outcome(net_of(Otherwise, threshold=[0.3, 0.7, 1.0, 2.0, 9.0])[0], engine)
    assert several[:2] != one[:2]


def test_a_rule_of_two_classes_has_the_kinds_of_each() -> None:
    first, second = (kind.ports["spikes"].rule for kind in (Resting, Otherwise))
    assert (first.params, second.params) == (("threshold",), ())
    assert second.state == ("phi", "threshold")
    assert first is add_and_rest
    for rule in (first, second):
        assert pickle.loads(pickle.dumps(rule)) is rule
        assert copy.deepcopy(rule) is rule


@pytest.mark.parametrize("threshold", [0.7, [0.3, 0.7, 1.0, 2.0, 9.0]])
def test_a_declared_neuron_is_saved_and_loaded(threshold: Any, tmp_path: Path) -> None:
    net, layer = net_of(Resting, threshold=threshold)
    layer.phi[2] = 0.25
    net.save(tmp_path / "net.npz")
    loaded = en.Network.load(tmp_path / "net.npz")
    assert outcome(loaded) == outcome(net)
    assert loaded["layer"].phi[2] == 0.25  # type: ignore[attr-defined]


def test_attributes_are_what_was_declared() -> None:
    _, layer = net_of(Resting, threshold=0.5)
    assert (layer.units, layer.n_in, layer.threshold) == (5, 4, 0.5)
    assert layer.w.cols == 5
    assert layer.last.tolist() == [-100] * 5
    assert repr(layer) == "<Resting 'layer', 5 units, threshold=0.5>"
    with pytest.raises(NetworkError, match="'threshold' of Resting 'layer' cannot be set to 2.*constructor"):
        layer.threshold = 2
    with pytest.raises(NetworkError, match="'phi' of Resting 'layer' cannot be set"):
        layer.phi = np.zeros(5)


def test_the_constructor_and_its_documentation_follow() -> None:
    assert str(inspect.signature(Resting)) == "(units, w, *, most=None, threshold=1.0, name=None)"
    assert "threshold  a number, or one a unit [units], 1.0 by default" in str(Resting.__doc__)
    assert "spikes  [n_in] Add a row; a unit past its threshold fires" in str(Resting.__doc__)
    herding = "(units, weights, *, coalesce=None, most=None, scale=1, reset_policy='zero', seed=0, name=None)"
    assert str(inspect.signature(en.Herding)) == herding


@pytest.mark.parametrize("args, options, said", [
    ((3,), {}, r"Herding\(units, weights, .*: 'weights' is missing, \[n_in, units\]: net.weights"),
    ((), {}, "'units' is missing, a whole number"),
    ((3, [[1.0]]), {}, r"weights of Herding is \[\[1.0\]\]; wanted weights of the network, \[n_in, units\]"),
    ((2,), {"scales": 3}, "there is no argument 'scales'; did you mean 'scale'"),
    ((0,), {"weights": None}, "units is 0; wanted a whole number, 1 or more"),
    ((2,), {"weights": None, "scale": [1, 2, 3]}, "scale is .*; wanted a finite number, or one for each of 2 units"),
])  # fmt: skip
def test_arguments_that_do_not_fit_are_told(args: Any, options: Any, said: str) -> None:
    if "weights" in options:
        options = options | {"weights": en.Network().weights([[1.0, 2.0]])}
    with pytest.raises(NetworkError, match=said):
        en.Herding(*args, **options)


@pytest.mark.parametrize("kind", [en.Herding, en.Encoder, en.Rectified])
def test_a_policy_of_bursts_that_is_none_is_told(kind: Any) -> None:
    with pytest.raises(NetworkError, match="coalesce is 'none' or 'burst', not 'often'"):
        kind(2, en.Network().weights([[1.0, 2.0]]), coalesce="often")


def test_a_name_that_the_class_does_not_declare_is_told() -> None:
    with pytest.raises(NetworkError, match="rule 'add_and_rest' at port Short.spikes takes 'last', which the class"):
        type("Short", (en.Module,), {"phi": en.State(), "spikes": en.Port(add_and_rest)})
    with pytest.raises(NetworkError, match="rule 'add_and_rest' at port Bare.spikes takes 'phi', which the class"):
        type("Bare", (en.Module,), {"spikes": en.Port(add_and_rest)})


@pytest.mark.parametrize("name", ["kind", "check", "state", "name", "membrane"])
def test_a_name_that_every_module_has_is_refused(name: str) -> None:
    with pytest.raises(NetworkError, match=f"Taken declares '{name}', which every module has already.*key='{name}'"):
        type("Taken", (en.Module,), {name: en.Integers()})


def test_weights_that_may_be_left_out_are_given_by_place_where_declared_so() -> None:
    class Fed(en.Module):
        w = en.Weights("n_in", "units")
        other = en.Weights("n_other", "units", instead=w, positional=True)
        third = en.Weights("n_third", "units", instead=w)

    assert str(inspect.signature(Fed)) == "(units, w, other=None, *, third=None, name=None)"
    net = en.Network()
    w, other = net.weights(np.ones((4, 3))), net.weights(np.ones((2, 3)))
    given, left_out = Fed(3, w, other), Fed(3, w)
    assert (given.n_other, given.blocks["other"], given.blocks["third"]) == (2, other, w)
    assert (left_out.n_other, left_out.blocks["other"]) == (0, w)


def test_weights_of_another_size_than_an_expression_says_are_told() -> None:
    class Sized(en.Module):
        w = en.Weights("2 * units + 1", 3, check=lambda block, what: block, doc="biases, then rows")

    net = en.Network()
    assert Sized(2, net.weights(np.ones((5, 3)))).w.rows == 5
    said = r"w of Sized are <block .*>; wanted 5 rows, \[2 \* units \+ 1, 3\]: biases, then rows"
    with pytest.raises(NetworkError, match=said):
        Sized(2, net.weights(np.ones((4, 3))))
    with pytest.raises(NetworkError, match=r"w of Sized are <block .*>; wanted 3 columns, \["):
        Sized(2, net.weights(np.ones((5, 2))))


def test_what_all_of_a_class_have_in_common_is_not_kept_by_each() -> None:
    relay = en.Relay(3)
    assert relay.most == 1
    assert "most" not in vars(relay)


def test_a_rule_returns_a_code_everywhere_or_nowhere() -> None:
    def half(i, s, t, out, tally):
        if s > 0:
            return 1

    with pytest.raises(NetworkError, match="returns a code in one place and nothing in another"):
        en.rule(half)


def test_sizes_are_sums_and_products() -> None:
    class Sized(en.Module):
        w = en.Weights("n_in", "units")
        twice = en.State("2 * n_in + 1")

    net = en.Network()
    assert Sized(3, net.weights(np.ones((4, 3)))).twice.shape == (9,)


class Given(en.Module):
    """Takes arrays and a number."""

    level = en.State(given=0.0)
    count = en.Integers(given=0)
    tau = en.Param(1.0)
    phi = en.Potential(leak=tau, resets="none")


@pytest.mark.parametrize("name, value, said", [
    ("count", 0.5, "count of Given holds float64 that is not whole"),
    ("count", [0, 1.5], "count of Given holds float64 that is not whole"),
    ("count", [0, np.nan], "count of Given holds nan; wanted whole numbers"),
    ("count", 2.0**63, "count of Given holds float64 beyond 64 bits"),
    ("count", [[1, 2], [3]], "count of Given is no array"),
    ("count", [1, 2, 3], r"count of Given has shape \(3,\); wanted a number, or \[2\]"),
    ("level", [[1, 2], [3]], "level of Given is no array"),
    ("level", [[1, 2]], r"level of Given has shape \(1, 2\)"),
    ("tau", [[1, 2], [3]], "tau of Given is no array"),
])  # fmt: skip
def test_arrays_that_cannot_be_are_refused_and_nothing_is_cut_off(name: str, value: Any, said: str) -> None:
    with pytest.raises(NetworkError, match=said):
        Given(2, **{name: value})
    assert Given(2, count=[1.0, 2**62]).count.tolist() == [1, 2**62]
    given = np.ones(2)
    Given(2, level=given).level[0] = 5
    assert given.tolist() == [1, 1]


def test_a_subclass_may_call_what_it_inherits_otherwise() -> None:
    class Other(Given):
        tau = en.Param(2.0, key="fades")

    assert (Given.membrane.leak, Other.membrane.leak) == ("tau", "fades")
    assert Other(1).params == {"fades": 2.0}


@en.rule
def reach(i, s, t, out, tally, acc, gain, w, frame, rows, columns):
    """Add a patch; what every unit has gained counts, too."""
    add_patch(acc, w, i, s, frame, rows, columns, tally)
    for j in range(len(acc)):
        acc[j] += gain[j]


class Reaching(en.Module):
    """Units over patches, whose gain is an argument that a function makes an array of."""

    geometry = Patches()
    w = en.Weights(None, None)
    units = Derived[int](lambda m: m.geometry.units_out)
    n_in = Derived[int](lambda m: m.geometry.units_in)
    acc = en.Potential(sums=True)
    gain = en.State(given=None, start=lambda m, gain: np.full(m.units, 0.25 if gain is None else 2 * gain))
    spikes = en.Port(reach, accepts="n_in")


def reaching(**options: Any) -> tuple[en.Network, Any]:
    net, geometry = en.Network("float64"), en.Geometry.window((1, 3, 3), 2, (2, 2))
    w = net.weights(np.random.default_rng(4).normal(size=(1, geometry.row_words)))
    return net, net.add(Reaching(geometry, w, name="layer", **options))


@pytest.mark.parametrize("engine", ENGINES)
def test_patches_are_what_the_helpers_find_their_words_by(engine: str, tmp_path: Path) -> None:
    net, layer = reaching()
    assert (layer.units, layer.n_in, list(layer.integers)) == (8, 9, ["frame", "rows", "columns"])
    assert all(np.array_equal(array, layer.integers[name]) for name, array in layer.geometry.integers().items())
    run = en.simulate(net, [(t, layer.spikes, t, 1) for t in range(9)], engine=engine)
    words, totals = int(layer.geometry.fan_out().sum()), run.tally.to_dict()["totals"]
    assert (totals["synaptic_adds"], totals["reads"]) == (words, words)
    wanted = [layer.w.array.reshape(-1, 2)[:, j % 2].sum() + 9 / 4 for j in range(8)]  # all inputs of each window
    assert run.state(layer)["acc"] == pytest.approx(wanted)
    net.save(tmp_path / "net.npz")
    assert en.Network.load(tmp_path / "net.npz")["layer"].geometry == layer.geometry  # type: ignore[attr-defined]
    parts = [list(part) for part in layer.geometry]  # as a file holds them
    assert Reaching(parts, layer.w).geometry == layer.geometry
    with pytest.raises(NetworkError, match="a geometry is 3; wanted shapes, kernel, stride and padding"):
        Reaching(3, layer.w)


def test_an_argument_that_a_function_makes_an_array_of() -> None:
    assert reaching()[1].gain.tolist() == [0.25] * 8
    layer = reaching(gain=3.0)[1]
    assert layer.state["gain"].tolist() == [6.0] * 8
    assert layer.config()["gain"] == 3.0
    with pytest.raises(NetworkError, match=r"gain of Odd has shape \(2,\); wanted a number, or \[8\]"):
        type("Odd", (Reaching,), {"gain": en.State(given=1, start=lambda m, gain: [gain] * 2)})(layer.geometry, layer.w)


def test_a_loaded_module_shows_the_options_that_it_was_given(tmp_path: Path) -> None:
    net = en.Network()
    geometry = en.Geometry.dense(2, 3)
    net.add(en.SigmaDelta(geometry, net.weights(np.ones((2, 3))), k=[1.0, 2.0, 4.0], activation="tanh", name="layer"))
    net.save(tmp_path / "net.npz")
    wanted = "<SigmaDelta 'layer', 3 units, k=[1.0, 2.0, 4.0], activation='tanh'>"
    for made in (net, en.Network.load(tmp_path / "net.npz")):
        assert repr(made["layer"]) == wanted  # type: ignore[attr-defined]


def test_what_is_read_of_another_module() -> None:
    net = en.Network("float64")
    seen = net.add(LastSpikes(3, name="seen"))
    rule = net.add(Instar(net.weights(np.full((3, 2), 0.5)), seen, tau=10.0, rate=0.5))
    assert rule.reads == {"seen": (seen, "seen")}
    assert (rule.units, rule.n_in, rule.n_out, rule.most_spikes()) == (2, 3, 2, 1)
    with pytest.raises(NetworkError, match="seen is 3; wanted a module of class Module"):
        TraceTarget(net.blocks[0], 3, tau=10.0, rate=0.5, target=0.1)
    assert "target" in TraceTarget.__signature__.parameters  # type: ignore[attr-defined]


@en.rule
def pay(i, s, t, out, tally, w, e, phi):
    """Move each weight by the other module's, where that one's potential is above 0."""
    for j in range(w.shape[1]):
        if phi[j] > 0:
            w[i, j] += e[i, j]


class Paying(en.Module):
    """Reads weights and potentials of the module that it is given as `errors`."""

    w = en.Weights("n_in", "units")
    units = en.Derived(lambda module: module.w.cols)
    source = en.Other(Resting, None, called="errors", doc="a layer")
    e = en.Weights.of(source, "w")
    phi = en.State.of(source, "phi")
    pay = en.Port(pay, accepts="n_in")


class PayingNobody(en.Module):
    """Has a base that reads another module, and takes none itself."""

    other: Declared[Any] = en.Other(Resting, None)
    phi = en.State.of(other, "phi")


class Alone(PayingNobody):
    other = en.Derived(None)


def test_an_argument_may_have_another_name_than_its_attribute(tmp_path: Path) -> None:
    net, layer = net_of(Resting)
    paying = net.add(Paying(net.weights(np.zeros((4, 5)), "paid"), errors=layer, name="paying"))
    assert (paying.source, paying.errors) == (layer, {})
    assert "errors  a module (Resting), None by default: a layer" in str(Paying.__doc__)
    assert set(paying.config()) == {"w", "errors", "name"}
    with pytest.raises(NetworkError, match="errors is 3; wanted a module of class Resting"):
        Paying(net.blocks[0], errors=3)
    net.save(tmp_path / "net.npz")
    assert en.Network.load(tmp_path / "net.npz")["paying"].source.name == "layer"  # type: ignore[attr-defined]


@pytest.mark.parametrize("engine", ENGINES)
def test_weights_of_another_module_are_seen(engine: str) -> None:
    net, layer = net_of(Resting, threshold=100.0)
    paying = net.add(Paying(net.weights(np.zeros((4, 5)), "paid"), errors=layer))
    assert paying.e is layer.w
    assert paying.blocks == {"w": net.blocks[1], "e": net.blocks[0]}
    run = en.simulate(net, [(0, layer.spikes, 0, 1), (1, paying.pay, 2, 1)], engine=engine)
    w = layer.w.array
    assert run.weights("paid")[2].tolist() == np.where(w[0] > 0, w[2], 0).tolist()


def test_a_subclass_may_take_away_the_module_that_is_read() -> None:
    assert Alone(3).reads == {}
    assert "other" not in inspect.signature(Alone).parameters


# --- what is said by hand is refused ---------------------------------------------------------------------------------
def _plain(self: Any, units: int, name: str | None = None) -> None:
    en.Module.__init__(self, units, name=name)


def _without_a_name(self: Any) -> None:
    en.Module.__init__(self, 1)


def _of_any_arguments(self: Any, first: int, /, *rest: Any, **more: Any) -> None:
    en.Module.__init__(self, first)


@pytest.mark.parametrize("init", [_plain, _without_a_name, _of_any_arguments])
@pytest.mark.parametrize("base", [en.Module, en.PythonModule, en.Herding, Resting])
def test_a_constructor_by_hand_is_refused_when_the_class_is_made(base: Any, init: Any) -> None:
    known = set(Module.registry)
    with pytest.raises(NetworkError, match=r"Mine has an __init__.*declare.*check\(\)"):
        type("Mine", (base,), {"__init__": init})
    assert set(Module.registry) == known


def test_what_a_module_in_plain_python_changes_goes_into_begin() -> None:
    with pytest.raises(NetworkError, match=r"Mine has an __init__.*begin\(\)"):

        class Mine(en.PythonModule):
            def __init__(self) -> None:
                super().__init__()
                self.heard = 0


def _of_a_dataclass() -> en.Module:
    @dataclass
    class Late(en.Module):
        size: int = 2

        def __post_init__(self) -> None:
            super().__init__(self.size)

    return Late()


def _assigned() -> en.Module:
    class Late(en.Module):
        phi = en.State()

    Late.__init__ = _plain  # type: ignore[method-assign]
    return Late(2)


@pytest.mark.parametrize("make", [_of_a_dataclass, _assigned])
def test_a_constructor_that_comes_after_the_class_body_is_refused_when_a_module_is_made(make: Any) -> None:
    with pytest.raises(NetworkError, match="Late has an __init__.*declare"):
        make()


def test_a_rule_that_says_the_kinds_of_its_names_is_refused() -> None:
    with pytest.raises(NetworkError, match="declare"):

        @en.rule(state=("phi",))
        def told(i, s, t, out, tally, phi):
            """Says again what its class declares."""


def test_no_class_has_a_constructor_of_its_own() -> None:
    ours = [kind for kind in Module.registry.values() if kind.__module__.startswith("eventnet.")]
    assert [kind.__name__ for kind in ours if kind.__init__ is not Module.__init__] == []


# --- how much one has to know ----------------------------------------------------------------------------------------
PAGE = Path(__file__).parents[1] / "docs" / "how-to" / "writing-a-rule.md"


def test_a_neuron_of_ones_own_has_sixteen_lines_and_eighteen_concepts_at_most() -> None:
    """The example of the page. Concepts: names of the package, a rule's arguments, what `out` does, a port's words."""
    code = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.S)[0].partition("\n\n\nnet = ")[0]
    tree = ast.parse(code)
    bodies = [node.body for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    docs = {
        body[0].lineno for body in bodies if isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant)
    }
    lines = [n for n, line in enumerate(code.splitlines(), 1) if line.strip() and n not in docs]
    assert 10 < len(lines) - 1 <= 16  # without the import
    rule = next(node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))
    attributes = [
        node for node in ast.walk(tree) if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
    ]
    concepts = {node.attr for node in attributes if node.value.id == "en"} - {"rule", "Module"}
    concepts |= {f"out.{node.attr}" for node in attributes if node.value.id == "out"}
    concepts |= {argument.arg for argument in rule.args.args[:5]}
    ports = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and ast.unparse(node.func) == "en.Port"]
    concepts |= {word.arg for port in ports for word in port.keywords} | {"sizes by name"}
    assert 10 < len(concepts) <= 18, sorted(concepts)


@pytest.mark.parametrize("base, name", [(en.PythonModule, "begin"), (en.Module, "most_spikes"), (en.Module, "join")])
def test_a_port_does_not_hide_what_a_module_does(base: Any, name: str) -> None:
    known = set(Module.registry)
    with pytest.raises(NetworkError, match=f"Hiding declares '{name}', which every module has already"):
        type("Hiding", (base,), {name: en.Port(accepts="units")})
    assert set(Module.registry) == known


@pytest.mark.parametrize("shape, said", [
    ("2.5 * n_in", "'2.5' is no length; wanted names of sizes and whole numbers"),
    ("n_in - 1", "'n_in - 1' is no length"),
    ("n_in +", "'n_in \\+' is no length"),
    ("'n_in'", "is no length"),
    ("n_out", "Sized says no size 'n_out'"),
    ("2 * n_out", "Sized says no size 'n_out'"),
    ("check", "Sized says no size 'check'"),
])  # fmt: skip
def test_a_length_that_is_none_is_refused_and_nothing_is_cut_off(shape: str, said: str) -> None:
    kind = type("Sized", (en.Module,), {"w": en.Weights("n_in", "units"), "held": en.State(shape)})
    with pytest.raises(NetworkError, match=said):
        kind(3, en.Network().weights(np.ones((4, 3))))


def test_an_array_that_was_given_is_the_modules_own_and_cannot_be_written() -> None:
    given, net = np.array([0.5, 0.75]), en.Network("float64")
    layer = net.add(en.LeakyIntegrate(2, net.weights([[0.4, 0.3]]), tau=5.0, threshold=given, name="layer"))
    given[:] = 99
    assert layer.threshold.tolist() == [0.5, 0.75]
    assert layer.thresholds(en.simulate(net, engine="reference").state("layer"), 0).tolist() == [0.5, 0.75]
    with pytest.raises(ValueError, match="read-only"):
        layer.threshold[0] = 9
    assert given.flags.writeable


# --- one for all units -----------------------------------------------------------------------------------------------
def test_a_number_that_is_one_for_all_units_is_refused_as_an_array_with_the_reason() -> None:
    frames = en.Network("float64").weights([[1.0, 2.0]])
    with pytest.raises(
        NetworkError, match=r"kp of PDEncoder is \[1.0, 2.0\]; wanted one number for all units: who hears"
    ):
        en.PDEncoder(frames, kp=[1.0, 2.0], kd=1.0)  # type: ignore[call-arg]
    with pytest.raises(NetworkError, match=r"kp of PDEncoder is no array"):
        en.PDEncoder(frames, kp=[[1.0], [1.0, 2.0]], kd=1.0)  # type: ignore[call-arg]


def test_what_is_one_for_all_units_of_a_shipped_class_is_refused_as_an_array_and_documented() -> None:
    found = 0
    for cls in {kind for kind in en.Module.registry.values() if kind.__module__.startswith("eventnet.")}:
        for name, field in arguments(cls).items():
            if field.one:
                module = object.__new__(cls)
                with pytest.raises(
                    NetworkError, match=f"{name} of {cls.__name__} is .*; wanted one number for all units"
                ):
                    field.take(module, np.ones(3))
                assert f"(one for all units: {field.one})" in " ".join((cls.__doc__ or "").split())
                found += 1
    assert found > 30
