"""A checkpoint that is resumed equals a run that never stopped; what does not fit is refused and changes nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cases import UNTIL, Case, make_case, make_change_case, seen
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pd_cases import make_pd_case

import eventnet as en
from eventnet.errors import DataError, EngineError, UnsettledError


def results(sim: en.Simulation, case: Case) -> dict[str, Any]:
    return seen(sim, case.net) | {"deliveries": sim.deliveries, "foreseen": sim.predictions}


def outcome(sim: en.Simulation, inputs: Any, case: Case) -> dict[str, Any]:
    """Hand over inputs, run to the end, and see what came of it; a network may fail on the way."""
    error = None
    try:
        sim.inject(inputs)
        sim.run(until=UNTIL)
    except en.EventnetError as problem:
        error = f"{type(problem).__name__}: {problem}"
    return {"error": error} if error is not None else results(sim, case)


@pytest.mark.parametrize("engine", ["compiled", "reference"])
@pytest.mark.parametrize("make", [make_case, make_change_case, make_pd_case])
def test_a_checkpoint_resumed_equals_a_run_that_never_stopped(make: Any, engine: str, tmp_path: Path) -> None:
    held = 0
    for seed in range(14):
        case, path = make(seed), tmp_path / "checkpoint.npz"
        half = len(case.inputs) // 2
        sims = [en.Simulation(case.net, engine=engine, **case.options) for _ in range(2)]
        try:
            for sim in sims:
                sim.inject(case.inputs[:half])
                sim.run(until=UNTIL, max_deliveries=5 + seed)
                sim.inject(case.inputs[half:][case.inputs["t"][half:] >= sim.time])
        except en.EventnetError:
            continue
        held += not sims[0].idle
        sims[0].save(path)
        later = en.Simulation(case.net, engine=engine, **case.options).resume(path)
        assert results(later, case) == results(sims[0], case), seed
        nothing = case.inputs[:0]
        wanted = outcome(sims[1], nothing, case)
        for sim in (later, sims[0]):  # writing a checkpoint has changed nothing either
            assert outcome(sim, nothing, case) == wanted, seed
    assert held > 3, "most checkpoints must catch something in the queue"


def small(engine: str = "compiled", **options: Any) -> en.Simulation:
    net = en.Network(dtype="float32")
    layer = net.add(en.Herding(4, net.weights(np.full((3, 4), 0.4)), name="layer"))
    sink = net.add(en.Sink(4, name="sink"))
    net.connect(layer.out, sink.spikes, delay=3)
    return en.Simulation(net, engine=engine, **options)


def begun(**options: Any) -> en.Simulation:
    sim = small(**options)
    sim.inject([(t, sim.net["layer"].spikes, t % 3, 1) for t in range(10)])  # type: ignore[attr-defined]
    return sim.run(until=6)


def test_a_log_in_memory_comes_back_and_one_in_a_file_stays_there(tmp_path: Path) -> None:
    path = tmp_path / "checkpoint.npz"
    whole = begun(record=True).run().log.tolist()
    begun(record=True).save(path)
    assert small(record=True).resume(path).run().log.tolist() == whole
    sim = begun(record=tmp_path / "first.npy")
    sim.save(path)
    later = small(record=tmp_path / "second.npy").resume(path).run()
    assert [*sim.log.tolist(), *later.log.tolist()] == whole


@pytest.mark.parametrize(
    "options, what",
    [
        ({"order": "depth"}, "order"), ({"engine": "reference"}, "engine"), ({"seed": 3}, "seed"),
        ({"roots": True}, "roots"), ({"record": True}, "record"), ({"coalesce": "burst"}, "coalesce"),
        ({"budget": 7}, "budget"),
    ],
)  # fmt: skip
def test_a_checkpoint_of_other_options_is_refused(options: dict[str, Any], what: str, tmp_path: Path) -> None:
    begun().save(tmp_path / "c.npz")
    with pytest.raises(DataError, match=f"another {what}"):
        small(**options).resume(tmp_path / "c.npz")


def test_a_checkpoint_of_another_network_is_refused_and_changes_nothing(tmp_path: Path) -> None:
    begun().save(tmp_path / "c.npz")
    net = en.Network(dtype="float32")
    layer = net.add(en.Herding(4, net.weights(np.full((2, 4), 0.4)), name="layer"))
    net.connect(layer.out, net.add(en.Sink(4, name="sink")).spikes, delay=3)
    sim = en.Simulation(net)
    with pytest.raises(DataError, match=r"float32 \[3, 4\] for 'block:.*'; wanted float32 \[2, 4\]"):
        sim.resume(tmp_path / "c.npz")
    assert sim.deliveries == 0
    assert not sim[layer].phi.any()


def test_a_simulation_that_has_begun_or_failed_is_refused(tmp_path: Path) -> None:
    sim = begun()
    sim.save(tmp_path / "c.npz")
    with pytest.raises(EngineError, match="has begun"):
        sim.resume(tmp_path / "c.npz")
    failing = small(budget=1)
    failing.inject([(0, failing.net["layer"].spikes, 0, 1)] * 3)  # type: ignore[attr-defined]
    with pytest.raises(UnsettledError):
        failing.run()
    with pytest.raises(EngineError, match="no good state"):
        failing.save(tmp_path / "c.npz")
    assert small().resume(tmp_path / "c.npz").deliveries == sim.deliveries


class Remembers(en.PythonModule):
    """Keeps a count, a list and an array."""

    spikes = en.Port(emits="out", accepts="units")
    out = en.Outlet()

    def __init__(self, units: int, name: str | None = None) -> None:
        super().__init__(name)
        self.units, self.seen, self.order, self.sums = units, 0, [0], np.zeros(units)
        self.helper: Any = None

    def on_spikes(self, i: int, s: int, t: int, out: Any, tally: Any) -> None:
        self.seen += 1
        self.order.append(i)
        self.sums[i] += s


@pytest.mark.parametrize("engine", ["compiled", "reference"])
def test_modules_in_plain_python_keep_values_and_arrays(engine: str, tmp_path: Path) -> None:
    net = en.Network()
    module = net.add(Remembers(3))
    sim = en.Simulation(net, engine=engine)
    sim.inject([(t, module.spikes, t % 3, 1) for t in range(8)])
    sim.run(until=5)
    sim.save(tmp_path / "c.npz")
    later = en.Simulation(net, engine=engine).resume(tmp_path / "c.npz").run()
    running = later.store.python[module.name]
    assert (running.seen, running.order, running.sums.tolist()) == (8, [0, 0, 1, 2, 0, 1, 2, 0, 1], [3, 3, 2])
    sim.store.python[module.name].helper = object()
    with pytest.raises(EngineError, match="keeps a object in its attribute 'helper'"):
        sim.save(tmp_path / "c.npz")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_damaged_checkpoint_is_refused(data: Any, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("damaged") / "c.npz"
    begun(engine="reference").save(path)
    content = bytearray(path.read_bytes())
    at = data.draw(st.integers(0, len(content) - 1))
    if data.draw(st.booleans()):
        content = content[:at]
    else:
        content[at] ^= data.draw(st.integers(1, 255))
    path.write_bytes(content)
    try:
        found = small(engine="reference").resume(path)
    except DataError:
        return
    assert (
        found.deliveries == begun(engine="reference").deliveries
    )  # a byte that says nothing, of a name's time stamp say
