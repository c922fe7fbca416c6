"""What a run knows of its roots agrees with its event log, read by plain loops that share no code with the engines."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from cases import feed, make_case, make_sparse_case

import eventnet as en
from eventnet.errors import EngineError
from eventnet.kernels.records import ONE_DEEPER
from eventnet.order import ORDERS
from eventnet.tally import DEEPEST

ENGINES = ("compiled", "reference")


def by_log(sim: en.Simulation) -> dict[str, Any]:
    """What the log says of each input: a dictionary by its id; and children by outlet."""
    sending = {wire.source.module.name for wire in sim.net.wires}
    ends = {k for k, port in enumerate(sim.net.ports()) if port.module.name not in sending}
    depth: dict[int, int] = {}
    roots: dict[int, dict[str, Any]] = {}
    came = [0] * (len(list(sim.net.outlets())) + 1)
    for number, parent, root, t, source, port, index, sign in sim.log.tolist():
        depth[number] = 0 if parent < 0 else depth[parent] + 1
        came[source] += 1
        if parent < 0:
            roots[number] = {"input": (t, port, index, sign), "depth": 0, "ticks": -1, "after": -1}
        own = roots[root]
        own["depth"] = max(own["depth"], depth[number])
        if port in ends and own["ticks"] < 0:
            own["ticks"], own["after"] = t - own["input"][0], number - root
    return {"roots": roots, "came": came}


@pytest.mark.parametrize("seed", range(24))
def test_depths_latencies_and_children_are_those_of_the_log(seed: int) -> None:
    case = make_sparse_case(seed) if seed % 4 == 3 else make_case(seed, ORDERS[seed % len(ORDERS)])
    sim = en.Simulation(case.net, engine=ENGINES[seed % 2], **{**case.options, "budget": 300})
    try:
        feed(sim, case.inputs, ("at once", "by instants", "in pieces")[seed % 3], case.until)
    except en.EventnetError:
        pass  # what was counted until then still agrees
    wanted, causes = by_log(sim), sim.causes
    assert causes.ids.tolist() == list(wanted["roots"])
    assert causes.inputs.tolist() == [own["input"] for own in wanted["roots"].values()]
    for name, found in (("depth", causes.depths), ("ticks", causes.ticks), ("after", causes.after)):
        assert found.tolist() == [own[name] for own in wanted["roots"].values()], name
    assert causes.came.tolist() == wanted["came"]
    assert causes.counts.sum(axis=0).tolist() == list(sim.tally.totals().values())


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("limit", [0, 3])
def test_inputs_beyond_the_limit_keep_the_depth_of_their_port(limit: int, engine: str) -> None:
    case = make_case(6)
    whole = en.Simulation(case.net, engine=engine, **case.options)
    cut = en.Simulation(case.net, engine=engine, **{**case.options, "record": False, "root_limit": limit})
    for sim in (whole, cut):
        feed(sim, case.inputs, "by instants", case.until)
    wanted, found = whole.causes, cut.causes
    for name in ("ids", "inputs", "counts", "depths", "ticks", "after"):
        assert getattr(found, name).tolist() == getattr(wanted, name)[:limit].tolist(), name
    names = [str(port) for port in case.net.ports()]
    rest = {names[p] for p in wanted.inputs["port"][limit:].tolist()}
    assert set(found.beyond) == set(found.depths_beyond) == rest
    for port in rest:
        own = np.flatnonzero(wanted.inputs["port"] == names.index(port))
        own = own[own >= limit]
        assert found.beyond[port].tolist() == wanted.counts[own].sum(axis=0).tolist()
        assert found.depths_beyond[port] == wanted.depths[own].max()
    assert found.came.tolist() == wanted.came.tolist()


@pytest.mark.parametrize("engine", ENGINES)
def test_no_depth_is_told_beyond_the_deepest(engine: str) -> None:
    net = en.Network()
    relays = [net.add(en.Relay(1, name=f"r{k}")) for k in range(5)]
    for a, b in zip(relays[:-1], relays[1:], strict=True):
        net.connect(a.out, b.spikes)
    sim = en.Simulation(net, engine=engine, roots=True)
    sim.inject([(0, relays[0].spikes, 0, 1), (0, relays[2].spikes, 0, 1)])
    if engine == "compiled":
        sim.engine.queue.in_root[:2] += (DEEPEST - 3) * ONE_DEEPER
    else:
        for *_, delivery in sim.engine.queue:
            object.__setattr__(delivery, "depth", DEEPEST - 3)
    sim.run()
    assert sim.causes.depths.tolist() == [DEEPEST, DEEPEST - 1]
    assert sim.causes.ids.tolist() == [0, 1]
    assert sim.tally.by_root()[0]["deliveries"] == 5


@pytest.mark.parametrize("engine", ENGINES)
def test_latency_ends_at_the_module_that_is_named(engine: str) -> None:
    net = en.Network()
    a, b, c = (net.add(en.Relay(1, name=name)) for name in "abc")
    net.connect(a.out, b.spikes, 3)
    net.connect(b.out, c.spikes, 4)
    ticks = {}
    for output in ("a", "b", "c", None):
        sim = en.Simulation(net, engine=engine, roots=True, output=output)
        sim.inject([(5, a.spikes, 0, 1), (20, b.spikes, 0, 1)])
        ticks[output] = sim.run().causes.ticks.tolist()
    assert ticks == {"a": [0, -1], "b": [3, 0], "c": [7, 4], None: [7, 4]}
    with pytest.raises(en.EventnetError, match="no module is called 'd'"):
        en.Simulation(net, engine=engine, output="d")


def test_causes_must_be_asked_for() -> None:
    with pytest.raises(EngineError, match="roots=True"):
        en.Simulation(en.Network()).causes  # noqa: B018
