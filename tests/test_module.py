"""Modules: closed once they are made, and saved as what they were made of and what was changed since."""

from __future__ import annotations

import copy
import inspect
import itertools
import json
import pickle
import re
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from cases import Case, make_case, make_change_case, make_opposite_case, make_sparse_case, seen
from current_cases import make_current_case
from few import few
from integrate_cases import make_integrate_case
from pd_cases import make_pd_case
from predictive_cases import make_predictive_case
from response_cases import make_response_case
from stdp_cases import make_stdp_case

import eventnet as en
from eventnet.base.files import read_npz, write_npz
from eventnet.errors import EventnetError, NetworkError
from eventnet.learning import Normalize, PairStdp, Past, RestrictedStdp, Reward, TraceTarget, TripletStdp
from eventnet.models import DiehlCook, Presentation, StdpNetwork
from eventnet.neurons.last_spikes import LastSpikes

ENGINES = ("reference", "compiled")
PAGE = Path(__file__).parents[1] / "docs" / "how-to" / "writing-a-rule.md"
MAKERS: list[Callable[[int], Case]] = [
    make_case, make_change_case, make_current_case, make_integrate_case, make_opposite_case, make_pd_case,
    make_predictive_case, make_response_case, make_sparse_case, make_stdp_case,
]  # fmt: skip


def layer_and_sink(**options: Any) -> tuple[en.Network, Any]:
    """A layer of two units that two relays feed, and a sink."""
    net = en.Network("float64")
    layer = net.add(en.Herding(2, net.weights([[0.6, -0.3], [0.4, 0.9]]), name="layer", **options))
    net.connect(layer.out, net.add(en.Sink(2, name="sink")).spikes)
    return net, layer


def run(net: en.Network, engine: str = "reference", module: str = "layer") -> tuple[bytes, dict[str, Any]]:
    """The log and the tally of a run on inputs at the first port of a module."""
    ports: list[Any] = [getattr(net[module], name) for name in net[module].ports]
    port = next(port for port in ports if port.accepts is not None)
    inputs = [(t, port, t % port.accepts, 1) for t in range(12)]
    done = en.simulate(net, inputs, engine=engine, record=True, until=60)  # units that foresee go on for ever
    return done.log.tobytes(), done.tally.by_port()


def saved_and_loaded(net: en.Network, folder: Path) -> en.Network:
    net.save(folder / "net.npz")
    return en.Network.load(folder / "net.npz")


# --- closed ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("added", [False, True])
def test_an_attribute_cannot_be_set_after_the_constructor(added: bool, tmp_path: Path) -> None:
    net, layer = layer_and_sink()
    if not added:
        layer = en.Herding(2, net.blocks[0], name="layer")
    for name, value in (("scale", 100), ("units", 3), ("anything", None), ("_first_port", 0)):
        with pytest.raises(
            NetworkError, match=rf"'{name}' of Herding 'layer' cannot be set to {value}.*constructor of"
        ):
            setattr(layer, name, value)
    with pytest.raises(NetworkError, match="'state' of Herding 'layer' cannot be set to {}.*change what state holds"):
        layer.state = {}
    with pytest.raises(NetworkError, match="'scale' of Herding 'layer' cannot be deleted"):
        del layer.scale
    assert layer.scale == 1
    assert len(run(net)[0]) > 0
    assert run(saved_and_loaded(net, tmp_path)) == run(net)


def test_a_module_may_be_named_until_it_is_in_a_network(tmp_path: Path) -> None:
    net = en.Network()
    module = en.Relay(2)
    module.name = "eye"
    net.add(module)
    with pytest.raises(NetworkError, match="'name' of Relay 'eye' cannot be set to 'ear'"):
        module.name = "ear"
    nameless = Nameless()
    nameless.name = "counts"
    net.add(nameless)
    net.connect(module.out, nameless.spikes)
    assert [m.name for m in saved_and_loaded(net, tmp_path).modules] == ["eye", "counts"]


@pytest.mark.parametrize("way", [copy.deepcopy, lambda value: pickle.loads(pickle.dumps(value))])
def test_a_copied_module_is_closed_too_and_saved_alike(way: Callable[[Any], Any], tmp_path: Path) -> None:
    net = way(layer_and_sink()[0])
    with pytest.raises(NetworkError, match="cannot be set"):
        net["layer"].scale = 2
    assert run(saved_and_loaded(net, tmp_path)) == run(net)


def test_a_constructor_is_not_called_twice() -> None:
    _, layer = layer_and_sink()
    with pytest.raises(NetworkError, match="cannot be set"):
        layer.__init__(2, layer.weights, scale=3)
    assert layer.config()["scale"] == 1


class Nameless(en.PythonModule):
    """Counts, in an attribute that a run changes; made without a name."""

    spikes = en.Port(accepts="units")
    units = 4
    heard = 0

    def on_spikes(self, i: int, s: int, t: int, out: Any, tally: Any) -> None:
        self.heard += 1
        self.last = t


@pytest.mark.parametrize("engine", ENGINES)
def test_a_module_in_plain_python_sets_attributes_of_the_runs_own_copy(engine: str) -> None:
    net = en.Network()
    module = net.add(Nameless())
    sim = en.Simulation(net, engine=engine)
    sim.inject([(t, module.spikes, t % 4, 1) for t in range(5)])
    sim.run(until=3)
    saved = sim.checkpoint()
    assert (sim.store.python[module.name].heard, module.heard) == (3, 0)  # type: ignore[attr-defined]
    for going_on in (sim, copy.deepcopy(sim), en.Simulation(net, engine=engine).resume(saved)):
        own: Any = going_on.run().store.python[module.name]
        assert (own.heard, own.last) == (5, 4)
    with pytest.raises(NetworkError, match="'heard' of Nameless"):
        module.heard = 1


def test_what_cannot_be_copied_may_be_given_to_a_module_that_does_not_keep_it() -> None:
    net = en.Network()
    module = net.add(Guarded(threading.Lock()))
    assert module.free is True
    assert en.simulate(net, [(0, module.spikes, 0, 1)], engine="reference").tally.totals()["deliveries"] == 1


class Guarded(en.PythonModule):
    """Looks at a lock once, and keeps what it saw."""

    spikes = en.Port(accepts="units")
    units = 1
    free = en.Option[Any](positional=True, check=lambda lock, name: not lock.locked())

    def on_spikes(self, i: int, s: int, t: int, out: Any, tally: Any) -> None:
        pass


# --- saved as it runs ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("engine", few(["reference", "compiled"], 1))
def test_a_neuron_written_from_the_page_runs_and_is_saved_and_loaded(engine: str, tmp_path: Path) -> None:
    for k, code in enumerate(re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.S)):
        script = tmp_path / f"page_{engine}_{k}.py"
        script.write_text(code)
        page = ModuleType(script.stem)
        sys.modules[page.__name__], page.__file__ = page, str(script)
        exec(compile(code, str(script), "exec"), vars(page))
        net = page.net
        there = saved_and_loaded(net, tmp_path)
        assert [type(m) for m in there.modules] == [type(m) for m in net.modules]
        if "Careless" not in code:
            assert run(there, engine, net.modules[0].name) == run(net, engine, net.modules[0].name)
            assert len(run(net, engine, net.modules[0].name)[0]) > 0


def end(case: Case, net: en.Network) -> Any:
    """Everything of a run on the inputs of a case, or the error in which it ends; with what was seen until then."""
    sim = en.Simulation(net, engine="reference", **case.options)
    sim.inject(case.inputs)
    try:
        sim.run(case.until)
    except EventnetError as error:
        return type(error), str(error), seen(sim, net)
    return seen(sim, net)


@pytest.mark.parametrize("make", few(MAKERS, 4))
def test_random_networks_come_back_to_the_same_logs_and_tallies(make: Callable[[int], Case], tmp_path: Path) -> None:
    for seed in range(12):
        case = make(seed)
        there = saved_and_loaded(case.net, tmp_path)
        wanted = end(case, case.net)
        assert end(case, there) == wanted, seed
        there.save(tmp_path / "again.npz")
        (text, arrays), (other, others) = (
            read_npz(tmp_path / n, "eventnet-network-2") for n in ("net.npz", "again.npz")
        )
        assert (text, {k: v.tobytes() for k, v in arrays.items()}) == (
            other,
            {k: v.tobytes() for k, v in others.items()},
        )


@pytest.mark.parametrize("seed", range(20))
def test_what_was_changed_in_place_is_saved(seed: int, tmp_path: Path) -> None:
    rng = np.random.default_rng(seed)
    net, layer = layer_and_sink()
    other = net.weights([[0.9, 0.2], [-0.1, 0.6]], "other")
    changes: list[Callable[[], Any]] = [
        lambda: layer.state["phi"].__setitem__(slice(None), rng.normal(0, 0.4, 2)),
        lambda: layer.state.update(phi=rng.normal(0, 0.4, 2).astype(np.float32)),
        lambda: layer.state.update(phi=[0.25, -0.25]),
        lambda: layer.params.update(threshold=0.4, step=np.float32(0.7)),
        lambda: layer.integers["draws"].__setitem__(0, 7),
        lambda: layer.blocks.update(w=other),
        lambda: net.blocks[0].array.__setitem__((0, 0), 0.8),
        lambda: layer.state.update(more=np.zeros(3)),
    ]
    before = run(net)
    for k in rng.choice(len(changes), int(rng.integers(1, 4)), replace=False):
        changes[int(k)]()
    there = saved_and_loaded(net, tmp_path)
    assert run(there) == run(net)
    assert set(there["layer"].state) == set(layer.state)
    assert run(saved_and_loaded(there, tmp_path)) == run(net)
    if seed == 0:
        assert before != run(net)


PAIR = {"a_plus": 0.2, "a_minus": 0.1, "tau_plus": 9.0, "tau_minus": 9.0}
TRIPLET = {
    "a2_plus": 0.2, "a3_plus": 0.1, "a2_minus": 0.1, "a3_minus": 0.1, "tau_plus": 9.0, "tau_x": 9.0, "tau_minus": 9.0,
    "tau_y": 9.0,
}  # fmt: skip
BOUNDED: dict[str, Callable[[Any, Any, Any], en.Module]] = {
    "pairs": lambda w, seen, tags: PairStdp(w, mu=1.0, **PAIR),
    "triplets": lambda w, seen, tags: TripletStdp(w, mu=0.5, **TRIPLET),
    "restricted pairs": lambda w, seen, tags: RestrictedStdp(w, seen, **PAIR),
    "a target": lambda w, seen, tags: TraceTarget(w, seen, tau=9.0, rate=0.1, target=0.2),
    "reward": lambda w, seen, tags: Reward(w, tags),
}


def learned(net: en.Network, engine: str = "reference") -> Any:
    """The weights that every port of the last module leaves."""
    sim = en.Simulation(net, engine=engine)
    ports = [getattr(net.modules[-1], name) for name in net.modules[-1].ports]
    sim.inject([(t, port, 0, 1) for t in range(1, 9, 2) for port in ports])
    return sim.run().weights("w").tolist()


@pytest.mark.parametrize("kind", BOUNDED)
def test_learned_weights_beyond_the_bounds_of_their_rule_are_saved_and_loaded(kind: str, tmp_path: Path) -> None:
    net = en.Network("float64")
    w, e = net.weights([[0.5, 0.25], [0.75, 0.5]], "w"), net.weights([[0.5, 0.5], [0.0, 0.5]], "e")
    tags = net.add(PairStdp(e, memory=20.0, bounds=None, **PAIR))
    seen = net.add(LastSpikes(2))
    normalize = net.add(Normalize(w, total=2.5))
    net.add(BOUNDED[kind](w, seen, tags))
    sim = en.Simulation(net, engine="reference")
    sim.inject([(0, normalize.apply, 0, 1)])
    w.array = sim.run().weights("w")
    assert w.array.max() > 1
    there = saved_and_loaded(net, tmp_path)
    assert there.blocks[0].array.tolist() == w.array.tolist()
    assert learned(there) == learned(net)
    assert learned(saved_and_loaded(there, tmp_path)) == learned(net)
    with pytest.raises(NetworkError, match="wanted values from 0 to 1, the bounds of their plasticity"):
        BOUNDED[kind](there.blocks[0], there.modules[1], there.modules[0])


def test_a_network_of_spikes_and_plasticity_that_has_learned_is_saved(tmp_path: Path) -> None:
    model = StdpNetwork(4, 2, rule=DiehlCook(total=3.0), presentation=Presentation(ticks=2000, rest=0, least=0))
    net = model.fit(np.eye(4))._build(learning=True)[0]
    assert net.blocks[0].array.max() > 1
    assert saved_and_loaded(net, tmp_path).blocks[0].array.tolist() == net.blocks[0].array.tolist()


def test_what_a_module_reads_may_be_another_afterwards(tmp_path: Path) -> None:
    case = make_pd_case(4)
    reading = [m for m in case.net.modules if m.reads]
    name, (other, _) = next(iter(reading[0].reads.items()))
    reading[0].reads[name] = (other, "phi")
    there = saved_and_loaded(case.net, tmp_path)
    assert there[reading[0].name].reads[name] == (there[other.name], "phi")


def test_an_argument_is_kept_as_it_was_when_it_was_given(tmp_path: Path) -> None:
    net = en.Network("float64")
    thresholds = np.array([0.5, 0.25])
    layer = net.add(
        en.LeakyIntegrate(2, net.weights([[0.4, 0.3]]), tau=5.0, threshold=thresholds, adapt=(0.1, 9.0), name="layer")
    )
    thresholds[:] = 99
    assert layer.config()["threshold"].tolist() == [0.5, 0.25]
    assert run(saved_and_loaded(net, tmp_path)) == run(net)
    assert "changed" not in read_npz(tmp_path / "net.npz", "eventnet-network-2")[0]["modules"][0]


class Arguments(en.Module):
    """Takes arguments of every kind: sizes, weights, modules, numbers, and what holds these."""

    w = en.Weights("n_in", "n_out")
    other = en.Other(en.Module, None)
    rest = en.Option[Any](positional=True)
    numbers = en.Option[Any](())
    kept = en.Option[Any](None)
    gain = en.Param(1.0, each=True)
    limits = en.State(given=0.5)
    theirs = en.State.of(other, "phi")
    together = en.State(None, start=lambda module: np.array([module.units, *module.rest, *module.numbers]))
    out = en.Outlet()


def test_arguments_of_every_kind_come_back(tmp_path: Path) -> None:
    net, layer = layer_and_sink()
    kept = {"blocks": {"w": net.blocks[0]}, "others": [layer, None], "flag": np.bool_(True)}
    given = {"other": layer, "numbers": np.arange(2), "kept": kept, "gain": [1, 2, 3], "limits": np.ones(3)}
    module = net.add(Arguments(3, net.blocks[0], (1.5, np.float32(0.1)), **given, name="all"))
    loaded = saved_and_loaded(net, tmp_path)
    there: Any = loaded["all"]
    assert there.state["together"].tobytes() == module.state["together"].tobytes()
    assert there.state["together"].tolist() == [3, 1.5, float(np.float32(0.1)), 0, 1]
    assert (there.units, there.n_in, there.n_out) == (3, 2, 2)
    named = there.config()
    assert list(named) == ["units", "w", "rest", "other", "numbers", "kept", "gain", "limits", "name"]
    assert named["rest"] == [1.5, float(np.float32(0.1))]
    assert there.reads["theirs"] == (loaded["layer"], "phi")
    assert there.blocks["w"] is loaded.blocks[0]
    assert there.kept["blocks"]["w"] is loaded.blocks[0]
    assert there.kept["others"] == [loaded["layer"], None]
    assert there.kept["flag"] is True
    assert (there.gain.tolist(), there.limits.tolist(), there.numbers.tolist()) == ([1, 2, 3], [1, 1, 1], [0, 1])
    loaded.save(tmp_path / "again.npz")
    assert (tmp_path / "again.npz").read_bytes() == (tmp_path / "net.npz").read_bytes()


def test_a_file_that_holds_arguments_by_place_is_read(tmp_path: Path) -> None:
    """As files of eventnet 0.1 do for classes whose constructors took any arguments."""
    case = next(c for c in map(make_pd_case, range(60)) if any(type(m) is Past for m in c.net.modules))
    case.net.save(tmp_path / "net.npz")
    text, arrays = read_npz(tmp_path / "net.npz", "eventnet-network-2")
    moved = 0
    for entry in text["modules"]:
        for name, argument in inspect.signature(en.Module.registry[entry["kind"]]).parameters.items():
            if argument.kind != argument.POSITIONAL_OR_KEYWORD or name not in entry["config"]:
                break
            entry.setdefault("args", []).append(entry["config"].pop(name))
            moved += 1
    assert moved > 3
    write_npz(tmp_path / "old.npz", json.dumps(text), arrays)
    there = en.Network.load(tmp_path / "old.npz")
    assert any(type(m) is Past for m in there.modules)
    assert end(case, there) == end(case, case.net)
    there.save(tmp_path / "again.npz")
    assert (tmp_path / "again.npz").read_bytes() == (tmp_path / "net.npz").read_bytes()


class Unseeded(en.Module):
    """Draws how many units it has by chance."""

    drawn = itertools.count(1)
    units = en.Derived(lambda module: next(Unseeded.drawn))


class Drawing(en.PythonModule):
    """Draws a number by chance, whatever it is given."""

    drawn = itertools.count(1)
    number = en.Option(0, check=lambda given, name: next(Drawing.drawn))


class Picky(en.Module):
    """Is made once."""

    units = en.Derived(1)
    made = False

    def check(self) -> None:
        if Picky.made:
            raise ValueError("one is enough")
        Picky.made = True


class Holding(en.PythonModule):
    """Holds what it is given, and a list."""

    units = 1
    held = en.Option[Any](positional=True)
    heard = en.Derived(lambda module: [0])


def test_what_no_file_can_hold_is_refused_by_name_and_the_old_file_stays(tmp_path: Path) -> None:
    path = tmp_path / "net.npz"
    layer_and_sink()[0].save(path)
    before = path.read_bytes()
    stranger, late = en.Relay(1, name="x"), en.Network().weights([[1.0]])
    wanted = "wanted numbers, texts, arrays, weight blocks of its network, modules added before it"
    refused: list[tuple[Any, str]] = [
        (Holding({1, 2}, name="m"), f"module 'm' cannot be saved: 'held' holds a set; {wanted}"),
        (Holding([print], name="m"), "'held:0' holds a builtin_function_or_method"),
        (Holding({"a": {1: 2}}, name="m"), "'held:a' holds a dict"),
        (Holding(stranger, name="m"), "'held' holds a Relay"),
        (Holding(late, name="m"), "'held' holds a Block"),
        (Holding(np.array([None]), name="m"), "'held' holds a ndarray"),
        (Holding(np.datetime64("2020-01-01"), name="m"), "'held' holds a datetime64"),
        (
            Unseeded(name="m"),
            "module 'm' cannot be saved: its units is 1, but 2 when it is made anew from the same arguments",
        ),
        (Drawing(name="m"), "module 'm' cannot be saved: its attribute 'number' is 1, but 2 when it is made anew"),
        (Picky(), r"'picky2' cannot be saved: its arguments do not make it again \(ValueError: one is enough\)"),
    ]
    for module, words in refused:
        net, _ = layer_and_sink()
        net.add(module)
        with pytest.raises(NetworkError, match=words):
            net.save(path)
        assert path.read_bytes() == before
    with pytest.raises(NetworkError, match="cannot be set"):
        net.modules[-1].units = 3


def test_a_module_in_plain_python_whose_lists_were_changed_is_refused(tmp_path: Path) -> None:
    net = en.Network()
    module = net.add(Holding((1, [2.0, np.arange(3), {"a": None}]), name="m"))
    saved_and_loaded(net, tmp_path)
    module.heard.append(3)
    with pytest.raises(NetworkError, match=r"module 'm' .* its attribute 'heard' is \[0, 3\], but \[0\] when"):
        net.save(tmp_path / "net.npz")
    net = en.Network()
    module = net.add(Holding([0], name="other"))
    saved_and_loaded(net, tmp_path)
    module.held.append(3)
    with pytest.raises(NetworkError, match=r"module 'other' .* its attribute 'held' is \[0, 3\], but \[0\] when"):
        net.save(tmp_path / "net.npz")


def test_files_of_the_format_before_are_read(tmp_path: Path) -> None:
    net, _ = layer_and_sink()
    net.save(tmp_path / "net.npz")
    text, arrays = read_npz(tmp_path / "net.npz", "eventnet-network-2")
    write_npz(tmp_path / "old.npz", json.dumps(text | {"format": "eventnet-network-1"}), arrays)
    assert run(en.Network.load(tmp_path / "old.npz")) == run(net)
