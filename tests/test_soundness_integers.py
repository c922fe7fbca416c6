"""Integers of modules lead compiled rules out of no array, whatever a checkpoint says that they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from checkpoint_mutants import FAMILIES, looks_beyond, make_filter_case, make_learning_case
from numpy.typing import NDArray
from pd_cases import make_pd_case
from predictive_cases import make_predictive_case

import eventnet as en
from eventnet.engine.checkpoint import Checkpoint
from eventnet.errors import DataError, RuleError
from eventnet.kernels.ranges import within
from eventnet.learning import Instar, PairStdp
from eventnet.neurons.pd_code import STAMP

Net = tuple[en.Network, Any, Any]


def changing() -> Net:
    """A layer that sends changes of its sums: places wait in a ring."""
    net = en.Network()
    relay = net.add(en.Relay(2, name="relay"))
    layer = net.add(en.SigmaDelta(en.Geometry.dense(2, 3), net.weights(np.ones((2, 3))), name="layer"))
    net.connect(relay.out, layer.spikes)
    net.connect(layer.out, net.add(en.Sink(3)).spikes)
    return net, relay, layer


def seeing() -> Net:
    """Weights that follow the traces of their inputs, since each was seen."""
    net = en.Network(dtype="float32")
    block = net.weights(np.full((2, 3), 0.4))
    relay = net.add(en.Relay(2, name="relay"))
    layer = net.add(en.LeakyIntegrate(3, block, tau=5.0, threshold=0.5, name="layer"))
    rule = net.add(Instar(block, layer, tau=4.0, rate=0.1, name="rule"))
    net.connect(relay.out, layer.spikes)
    net.connect(layer.out, rule.post)
    return net, relay, layer


def reading() -> Net:
    """A read-out that writes a row that it was told of."""
    net = en.Network()
    encoder = net.add(en.PDEncoder(net.weights(np.ones((2, 3)), "frames"), kp=1.0, kd=1.0, name="relay"))
    decoder = net.add(en.PDDecoder(net.weights(np.zeros((4, 3)), "answers"), encoder, name="layer"))
    net.connect(encoder.out, decoder.spikes)
    return net, encoder, decoder


def checkpoint_of(made: Net) -> Checkpoint:
    net, source, _ = made
    sim = en.Simulation(net, engine="reference")
    port = source.frame if "frame" in source.ports else source.spikes
    sim.inject([(t, port, t % 2, 1) for t in range(8)])
    return sim.run(until=4).checkpoint()


@pytest.mark.parametrize(
    ("made", "name", "at", "number", "match"),
    [
        (changing, "rows", 1, 10**6, "'rows' of module 'layer' at .* wanted 0, which no rule changes"),
        (changing, "columns", 1, -1, "'columns' of module 'layer'"),
        (changing, "frame", 0, 0, "'frame' of module 'layer' at .* wanted 2"),
        (changing, "kind", 3, 10**9, "'kind' of module 'layer'"),
        (changing, "ring", 0, 1, "module 'layer': 'ring' at .* is 1; wanted 0 to 0"),
        (changing, "waits", 0, 1, "module 'layer': 'waits' at"),
        (changing, "cursor", 0, -1, r"module 'layer': 'cursor' at \[0\] is -1; wanted 0 to 0"),
        (changing, "cursor", 1, 1, "module 'layer': 'waits' at"),
        (changing, "cursor", 2, -(10**6), r"module 'layer': 'cursor' at \[2\]"),
        (seeing, "seen", 0, 10**6, "module 'layer': 'seen' at .* wanted -4611686018427387904 to 4"),
        (seeing, "seen", 0, -(2**63), "module 'layer': 'seen' at"),
        (reading, "clock", 5, 4, r"module 'layer': 'clock' at \[5\] is 4; wanted 0 to 3"),
        (reading, "clock", 7, 1, r"module 'layer': 'clock' at \[7\] is 1; wanted 0 to 0"),
        (reading, "clock", 3, 0, r"module 'layer': 'clock' at \[3\] is 0; wanted 1, which no rule changes"),
    ],
)  # fmt: skip
def test_an_integer_that_would_lead_out_of_an_array_is_refused(
    made: Any, name: str, at: int, number: int, match: str
) -> None:
    held = checkpoint_of(made())
    en.Simulation(made()[0], engine="reference").resume(held)
    held.arrays[f"store:state:layer:{name}"][at] = number
    with pytest.raises(DataError, match=match):
        en.Simulation(made()[0], engine="reference").resume(held)


def test_a_list_of_inputs_that_names_one_twice_is_refused() -> None:
    case = make_learning_case(0)
    sim = en.Simulation(case.net, engine="reference", **case.options)
    sim.inject(case.inputs)
    held = sim.run(max_deliveries=30).checkpoint()
    name = next(n for n in held.arrays if n.endswith(":active") and held.arrays[n][0] > 1)
    for at, number in ((0, 10**6), (1, -1), (1, held.arrays[name][2])):
        before = held.arrays[name][at]
        held.arrays[name][at] = number
        with pytest.raises(DataError, match=f"module '{name.split(':')[2]}'"):
            en.Simulation(case.net, engine="reference", **case.options).resume(held)
        held.arrays[name][at] = before
    en.Simulation(case.net, engine="reference", **case.options).resume(held)


def test_moments_of_spikes_and_a_patchs_plan_are_the_modules() -> None:
    case = make_filter_case(0)
    sim = en.Simulation(case.net, engine="reference", **case.options)
    sim.inject(case.inputs)
    held = sim.run(max_deliveries=20).checkpoint()
    eye = case.net.modules[0].name
    for name, at, number in (("plan", 0, 77), ("plan", 2, 2), ("waits", 0, 5), ("ring", 0, 99)):
        before = held.arrays[f"store:state:{eye}:{name}"][at]
        held.arrays[f"store:state:{eye}:{name}"][at] = number
        with pytest.raises(DataError, match=f"module '{eye}': '({name}|waits)'"):
            en.Simulation(case.net, engine="reference", **case.options).resume(held)
        held.arrays[f"store:state:{eye}:{name}"][at] = before
    rule = PairStdp(en.Network().weights(np.ones((2, 2))), a_plus=0.1, a_minus=0.1, tau_plus=2.0, tau_minus=2.0)
    rule.check_integers(rule.integers, 0)
    with pytest.raises(ValueError, match="'seen'"):
        rule.check_integers(rule.integers | {"seen": np.array([0, 3])}, 2)


@pytest.mark.parametrize("make", FAMILIES)
def test_rules_of_what_every_family_leaves_behind_look_at_their_own_arrays(make: Any) -> None:
    for seed in range(2):
        case = make(seed)
        sim = en.Simulation(case.net, engine="reference", **case.options)
        sim.inject(case.inputs)
        try:
            sim.run(until=case.until, max_deliveries=30)
        except en.EventnetError:
            continue
        assert not looks_beyond(case, "reference", sim.checkpoint())


# --- counts of the spikes of an instant ---
@pytest.mark.parametrize("engine", ["reference", "compiled"])
@pytest.mark.parametrize(
    ("seed", "kinds"),
    [
        (14, {"PDLayer", "PDOutput", "PDError"}), (25, {"PDOutput", "PDInbox"}), (8, {"PDLayer", "PDReadout"}),
        (2, {"PDDecoder"}),
    ],
)  # fmt: skip
def test_more_spikes_of_an_instant_than_its_deliveries_are_refused(seed: int, kinds: set[str], engine: str) -> None:
    """A step adds a unit's patch as often as it has spiked: 2^40 times would take hours."""
    case, found = make_pd_case(seed), set()
    sim = en.Simulation(case.net, engine=engine, **case.options)
    sim.inject(case.inputs)
    for _ in range(60):
        sim.run(until=case.until, max_deliveries=1)
        held, now = sim.checkpoint(), sim.log["t"][-1]
        en.Simulation(case.net, engine=engine, **case.options).resume(held)  # what a run has left is taken up
        for module in case.net.modules:
            for name, (stamps, word) in module.instant_counts.items():
                counts, clock = (held.arrays[f"store:state:{module.name}:{each}"] for each in (name, stamps))
                if clock[word] == now and counts.any() and type(module).__name__ not in found:
                    found.add(type(module).__name__)
                    for array, at, wrong in ((counts, 0, 2.0**40), (clock, word, now + 1)):
                        before = array[at]
                        array[at] = wrong
                        with pytest.raises(DataError, match=f"module '{module.name}': "):
                            en.Simulation(case.net, engine=engine, **case.options).resume(held)
                        array[at] = before
        if found >= kinds:
            return
    raise AssertionError(f"only {found} have counted")


@pytest.mark.parametrize("engine", ["reference", "compiled"])
def test_a_predictive_layer_too_is_told_how_often_a_unit_can_have_spiked(engine: str) -> None:
    case = make_predictive_case(18)
    sim = en.Simulation(case.net, engine=engine, **case.options)
    sim.inject(case.inputs)
    for _ in range(60):
        held = sim.run(until=case.until, max_deliveries=1).checkpoint()
        for layer in (module for module in case.net.modules if isinstance(module, en.PredictiveLayer)):
            counts, clock = (held.arrays[f"store:state:{layer.name}:{each}"] for each in ("count", "clock"))
            if clock[STAMP] == sim.log["t"][-1] and counts.any():
                counts[0] = 2.0**40
                with pytest.raises(DataError, match=f"module '{layer.name}': the sum of 'count' is "):
                    en.Simulation(case.net, engine=engine, **case.options).resume(held)
                return
    raise AssertionError("no predictive layer has counted")


def test_every_module_that_counts_the_spikes_of_an_instant_says_so() -> None:
    """Where rules keep counts beside a clock: all of them count by the instant."""
    counting = {
        module for module in en.Module.registry.values() if module.__module__.startswith("eventnet.")
        for port in module.ports.values() if port.rule is not None
        if "count" in port.rule.state and "clock" in port.rule.integers
    }  # fmt: skip
    assert len(counting) > 6
    assert [module.__name__ for module in counting if "count" not in module.instant_counts] == []


def test_a_sampler_of_damaged_vectors_ends_with_an_error() -> None:
    for engine in ("reference", "compiled"):
        net = en.Network("float64")
        sampler = net.add(en.Sampler(2, net.weights([[0.5, 0.25]], "w")))
        sim = en.Simulation(net, engine=engine)
        sim[sampler].w[0] = 1e15
        sim.inject([(0, sampler.spikes, 0, 1)])
        with pytest.raises(RuleError, match="more than .* spikes in one reaction"):
            sim.run()


# --- a user's own module ---------------------------------------------------------------------------------------------
@en.rule
def in_turn(i, s, t, out, tally, phi, next, table):
    """The units in the order of a table, one a spike."""
    phi[table[next[0]]] += s
    next[0] = (next[0] + 1) % len(table)


class InTurn(en.Module):
    """Says nothing of its integers."""

    phi = en.State()
    next = en.Integers(1)
    table = en.Integers(start=lambda module: np.arange(module.units)[::-1])
    spikes = en.Port(in_turn, accepts="units")


class Careful(InTurn):
    """Says what they may be."""

    def check_integers(self, found: Mapping[str, NDArray[np.int64]], time: int) -> None:
        assert set(found) == {"next"}
        within("'next'", found["next"], 0, self.units)


@pytest.mark.parametrize("kind", [InTurn, Careful])
def test_a_users_module_keeps_its_tables_and_says_what_else_its_integers_may_be(kind: type[InTurn]) -> None:
    def made() -> tuple[en.Simulation, Any]:
        net = en.Network()
        module = net.add(kind(3, name="own"))
        return en.Simulation(net, engine="reference"), module

    sim, module = made()
    sim.inject([(t, module.spikes, 0, 1) for t in range(5)])
    held = sim.run().checkpoint()
    assert made()[0].resume(held).store.arrays["own", "next"][0] == 2
    held.arrays["store:state:own:table"][1] = 10**6
    with pytest.raises(
        DataError, match=r"'table' of module 'own' at \[1\] is 1000000; wanted 1, which no rule changes"
    ):
        made()[0].resume(held)
    held.arrays["store:state:own:table"][1] = 1
    held.arrays["store:state:own:next"][0] = 3
    if kind is Careful:
        with pytest.raises(DataError, match=r"module 'own': 'next' at \[0\] is 3; wanted 0 to 2"):
            made()[0].resume(held)
    else:
        made()[0].resume(held)
