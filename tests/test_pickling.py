"""Networks, simulations and fitted models: pickled, deep-copied and sent to a spawned process, and going on from there."""

from __future__ import annotations

import copy
import multiprocessing
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cases import make_case, seen
from pd_cases import make_pd_case

import eventnet as en
from eventnet.errors import EngineError, NetworkError
from eventnet.neurons.herding import herd

ENGINES = ("reference", "compiled")
Way = Callable[[Any], Any]


def pickled(value: Any) -> Any:
    return pickle.loads(pickle.dumps(value))


WAYS: list[Way] = [pickled, copy.deepcopy, copy.copy]


def layers() -> tuple[en.Network, Any]:
    net = en.Network("float64")
    layer = net.add(en.Herding(3, net.weights([[0.4, 0.3, -0.6], [0.2, 0.7, 0.1]]), name="layer"))
    sink = net.add(en.Sink(3, name="sink"))
    net.connect(layer.out, sink.spikes, 2)
    return net, layer


def run_log(net: en.Network) -> bytes:
    """For another process: the log of a run."""
    port = net["layer"].port_number("spikes")
    log = en.simulate(net, [(t, port, t % 2, 1) for t in range(20)], engine="reference", record=True).log
    return bytes(log.tobytes())


def go_on(sim: en.Simulation) -> bytes:
    """For another process: a simulation goes on to its end."""
    return bytes(sim.run().log.tobytes())


@pytest.mark.parametrize("way", WAYS)
def test_a_rule_is_itself_in_every_copy(way: Way) -> None:
    assert way(herd) is herd


def test_a_rule_made_inside_a_function_says_why_it_cannot_be_pickled() -> None:
    @en.rule
    def own(i, s, t, out, tally):
        """Does nothing."""

    assert copy.deepcopy(own) is own
    with pytest.raises(NetworkError, match="own' cannot be pickled: a pickle holds a rule by module and name"):
        pickle.dumps(own)


@pytest.mark.parametrize("way", WAYS)
def test_a_copied_network_runs_alike_and_shares_nothing(way: Way) -> None:
    net, _ = layers()
    made = way(net)
    assert run_log(made) == run_log(net)
    assert made.wires[1].source.module is made["layer"]
    assert made["layer"].weights is made.blocks[0]
    before = run_log(made)
    net.blocks[0].array[:] = 0
    assert run_log(made) == before != run_log(net)
    assert int(made["sink"].spikes) == int(net["sink"].spikes)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("make", [make_case, make_pd_case])
@pytest.mark.parametrize("engine", ENGINES)
def test_a_copied_simulation_goes_on_to_the_same_bytes(engine: str, make: Any, way: Way) -> None:
    for seed in (0, 1, 2):
        case = make(seed)
        sim = en.Simulation(case.net, engine=engine, **case.options)
        sim.inject(case.inputs)
        try:
            sim.run(max_deliveries=40)
        except en.EventnetError:
            continue
        other = way(sim)
        ends = []
        for each in (sim, other):
            try:
                each.run(case.until)
            except en.EventnetError as error:
                ends.append(str(error))
        assert ends in ([], ends[:1] * 2)
        assert seen(other, other.net) == seen(sim, sim.net), seed


@pytest.mark.parametrize("way", WAYS)
def test_a_copied_simulation_shares_nothing(way: Way) -> None:
    net, layer = layers()
    sim = en.Simulation(net, engine="reference", record=5, check=True)
    sim.inject([(t, layer.spikes, 0, 1) for t in range(9)])
    other = way(sim.run(until=4))
    sim.run()
    assert other.deliveries < sim.deliveries
    assert other.check
    assert other.options == sim.options
    assert len(other.run().log) == len(sim.log) == 5
    assert other.log.tobytes() == sim.log.tobytes()


def test_a_simulation_whose_log_goes_to_a_file_says_that_it_cannot_be_copied(tmp_path: Path) -> None:
    sim = en.Simulation(layers()[0], engine="reference", record=tmp_path / "log.npy")
    for way in WAYS:
        with pytest.raises(EngineError, match="goes to a file: it cannot be copied or pickled"):
            way(sim)


class Keeper(en.PythonModule):
    """Keeps what it is given."""

    spikes = en.Port(accepts="units")

    units = 1
    kept = en.Option[Any](positional=True)

    def begin(self) -> None:
        self.heard = 0

    def on_spikes(self, i: int, s: int, t: int, out: Any, tally: Any) -> None:
        self.heard += 1


@pytest.mark.parametrize("way", WAYS)
def test_a_python_module_goes_on_from_what_it_has_kept(way: Way) -> None:
    net = en.Network()
    module = net.add(Keeper(None, name="keeper"))
    sim = en.Simulation(net, engine="reference")
    sim.inject([(t, module.spikes, 0, 1) for t in range(5)])
    other = way(sim.run(until=3))
    assert other.store.python["keeper"].heard == 3
    assert other.run().store.python["keeper"].heard == 5
    assert sim.store.python["keeper"].heard == 3


def test_a_python_module_that_keeps_what_no_checkpoint_holds_says_so() -> None:
    net = en.Network()
    net.add(Keeper({1, 2}))
    sim = en.Simulation(net, engine="reference")
    for way in WAYS:
        with pytest.raises(EngineError, match="keeps a set in its attribute 'kept'"):
            way(sim)


def test_a_failed_simulation_cannot_be_copied() -> None:
    net, layer = layers()
    sim = en.Simulation(net, engine="reference", budget=1)
    sim.inject([(0, layer.spikes, 0, 1), (0, layer.spikes, 0, 1)])
    with pytest.raises(en.EventnetError):
        sim.run()
    with pytest.raises(EngineError, match="failed and has no good state"):
        pickle.dumps(sim)


@pytest.mark.slow
def test_networks_and_simulations_go_to_spawned_processes() -> None:
    net, layer = layers()
    sim = en.Simulation(net, engine="reference", record=True)
    sim.inject([(t, layer.spikes, t % 2, 1) for t in range(20)])
    sim.run(until=7)
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.map(run_log, [net, net]) == [run_log(net)] * 2
        assert pool.apply(go_on, (sim,)) == go_on(sim)


def test_a_fitted_model_is_pickled_and_copied() -> None:
    from eventnet.models import PDNetwork

    rng = np.random.default_rng(0)
    x, labels = rng.random((6, 4)), np.array([0, 1, 0, 1, 0, 1])
    model = PDNetwork((4, 3, 2), engine="reference").fit(x, labels)
    for way in (pickled, copy.deepcopy):
        made = way(model)
        assert np.array_equal(made.predict(x), model.predict(x))
