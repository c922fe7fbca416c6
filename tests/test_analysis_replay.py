"""A run made again from its checkpoints, with other inputs, equals a run of those inputs from the beginning."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
from cases import Case, make_case, make_sparse_case, seen
from few import few
from stdp_cases import make_stdp_case

import eventnet as en
from eventnet import analysis
from eventnet.errors import EngineError, ModelError


def replay_of(case: Case, engine: str, **options: Any) -> analysis.Replay:
    course = analysis.Course(case.net, case.inputs, case.options.get("coalesce"), case.until, 150, engine)
    return analysis.Replay(course, analysis.Variant(case.options["order"], case.options["seed"]), **options)


def plain(replay: analysis.Replay, feed: Any) -> Any:
    """The run of other inputs, from the beginning and without checkpoints."""
    way, course = replay.variant, replay.course
    run = en.simulate(
        course.net, feed, order=way.order, seed=way.seed, coalesce=course.coalesce, engine=course.engine,
        budget=course.budget, record=True, until=course.until,
    )  # fmt: skip
    return seen(run.simulation, course.net)


# What compiles the rules of plasticity is the last, and slow.
CASES = list(product((make_case, make_sparse_case, make_stdp_case), ("reference", "compiled")))


@pytest.mark.slow
@pytest.mark.parametrize("make, engine", few(CASES, 5))
def test_a_run_again_without_an_input_equals_a_run_from_the_beginning(make: Any, engine: str) -> None:
    late = tried = 0
    for seed in range(14):
        case, rng = make(seed), np.random.default_rng([seed, 4])
        try:
            replay = replay_of(case, engine, checkpoints=int(rng.integers(0, 9)))
        except en.EventnetError:
            continue
        assert seen(replay.run.simulation, case.net) == plain(replay, case.inputs)
        for number in rng.integers(0, len(case.inputs), 3).tolist():
            others = np.delete(case.inputs, number)
            try:
                wanted = plain(replay, others)
            except en.EventnetError:
                with pytest.raises(en.EventnetError):
                    replay.again(others, int(case.inputs["t"][number]))
                continue
            run = replay.again(others, int(case.inputs["t"][number]))
            assert seen(run.simulation, case.net) == wanted, (seed, number)
            tried += 1
            late += replay.before(int(case.inputs["t"][number])) > 0
    assert tried > 12
    assert late > 3, "some must begin at a checkpoint"


def chain(engine: str = "reference", n: int = 100, **options: Any) -> tuple[en.Network, en.Run]:
    net = en.Network(dtype="int32")
    a = net.add(en.Relay(2, name="a"))
    layer = net.add(en.Herding(2, net.weights([[3, 1], [2, -1]]), scale=3, name="layer"))
    net.connect(a.out, layer.spikes)
    net.connect(layer.out, net.add(en.Sink(2, name="end")).spikes, delay=2)
    feed = [(t, a.spikes, t % 2, 1) for t in range(n)]
    return net, en.simulate(net, feed, record=True, engine=engine, **options)


def test_checkpoints_lie_evenly_before_inputs_and_a_late_change_makes_little_again() -> None:
    _, run = chain()
    replay = analysis.Replay.of(run, checkpoints=9)
    assert replay.times.tolist() == [10, 20, 30, 40, 50, 60, 70, 80, 90]
    assert replay.before(9) == 0
    assert replay.before(10) == replay.deliveries[0] == sum(run.log["t"] < 10)
    assert replay.before(10**9) == sum(run.log["t"] < 90)
    told = analysis.ablate(replay, 95)
    assert told.replayed == len(told.run.log) - replay.deliveries[-1] < len(run.log) / 8


def test_inputs_are_numbered_as_handed_over_and_know_their_deliveries() -> None:
    net = en.Network()
    a = net.add(en.Relay(3, name="a"))
    feed = en.events([(5, a.spikes, 0, 1), (1, a.spikes, 1, 1), (9, a.spikes, 2, 1), (5, a.spikes, 2, -1)])
    replay = analysis.Replay(analysis.Course(net, feed, until=9, engine="reference"))
    assert replay.roots.tolist() == [1, 0, -1, 2]
    assert analysis.ablate(replay, roots=[2], answer="a").without == (3,)
    with pytest.raises(ModelError, match="delivery 3 of this run is no input"):
        analysis.ablate(replay, roots=[3], answer="a")


@pytest.mark.parametrize("order", ["depth", "random"])
def test_a_run_tells_its_inputs_order_and_options(order: str) -> None:
    net, run = chain(order=order, seed=3)
    replay = analysis.Replay.of(run)
    assert replay.variant.name == analysis.Variant(order, 3).name
    assert seen(replay.run.simulation, net) == seen(run.simulation, net)
    feed = [(t, net["a"].spikes, t % 2, s) for t in range(9) for s in (1, -1)]  # type: ignore[attr-defined]
    met = en.simulate(net, feed, record=True, engine="reference", annihilate=True)
    assert met.simulation.annihilated
    assert analysis.Replay.of(met).run.simulation.annihilated == met.simulation.annihilated
    _, stopped = chain(until=50)
    assert analysis.Replay.of(stopped).run.simulation.time == 50


def test_a_run_that_cannot_be_made_again_is_refused() -> None:
    net, run = chain()
    with pytest.raises(EngineError, match="record=True"):
        analysis.Replay.of(en.simulate(net, [(0, net["a"].spikes, 0, 1)]))  # type: ignore[attr-defined]
    with pytest.raises(ModelError, match="did not keep its whole log"):
        analysis.Replay.of(chain(n=10)[1].simulation and en.simulate(net, _rows(net, 10), record=3, engine="reference"))
    sim = en.Simulation(net, record=True, engine="reference")
    sim.inject(_rows(net, 10))
    sim.run(until=5)
    sim["layer"][0].phi = 100
    with pytest.raises(ModelError, match="they part at delivery"):
        analysis.Replay.of(en.Run(sim.run()))
    run.simulation["layer"][0].phi += 1
    with pytest.raises(ModelError, match="they part in what they leave behind"):
        analysis.Replay.of(run)
    net, run = chain()
    with pytest.raises(ModelError, match="cannot permute"):
        analysis.Replay(analysis.Course(net, run.log[:0]), analysis.Variant("breadth", 1, 1))
    with pytest.raises(ModelError, match="checkpoints is -1"):
        analysis.Replay.of(run, checkpoints=-1)


def _rows(net: en.Network, n: int) -> Any:
    return [(t, net["a"].spikes, t % 2, 1) for t in range(n)]  # type: ignore[attr-defined]


class Odd(en.PythonModule):
    """Keeps what no checkpoint holds."""

    spikes = en.Port(accepts="units")

    def begin(self) -> None:
        self.seen = {1, 2}

    def on_spikes(self, i: int, s: int, t: int, out: Any, tally: Any) -> None:
        self.seen = self.seen | {i}


def test_a_module_that_no_checkpoint_holds_is_run_from_the_beginning() -> None:
    net = en.Network()
    odd = net.add(Odd(3, name="odd"))
    run = en.simulate(net, [(t, odd.spikes, 1, 1) for t in range(9)], record=True, engine="reference")
    with pytest.raises(EngineError, match="keeps a set in its attribute 'seen'"):
        analysis.Replay.of(run)
    replay = analysis.Replay.of(run, checkpoints=0)
    assert analysis.ablate(replay, 8).replayed == 8
