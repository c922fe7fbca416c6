"""Weights beside those of NEST, spike by spike; tests/scripts/nest_plasticity.py wrote the fixture by NEST itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import eventnet as en
from eventnet.learning import SparsePairStdp, TsodyksMarkram

CASES = json.loads((Path(__file__).parent / "fixtures" / "nest_plasticity.json").read_text())["cases"]


def stdp_of(nest: dict[str, Any]) -> Any:
    """NEST's rule works on w / Wmax, and its times are milliseconds."""
    w_max, by = nest["Wmax"], nest["lambda"]
    return SparsePairStdp.given(
        a_plus=by * w_max ** (1 - nest["mu_plus"]), a_minus=nest["alpha"] * by * w_max ** (1 - nest["mu_minus"]),
        tau_plus=10 * nest["tau_plus"], tau_minus=10 * nest["tau_minus"], mu=(nest["mu_plus"], nest["mu_minus"]),
        bounds=(0.0, w_max), delays="dendritic",
    )  # fmt: skip


def resources_of(nest: dict[str, Any]) -> Any:
    return TsodyksMarkram.given(U=nest["U"], tau_rec=10 * nest["tau_rec"], tau_facil=10 * nest["tau_fac"])


def passed(case: dict[str, Any], own_delay: bool, order: str, engine: str = "reference") -> list[float]:
    """The weight of each spike as it is at its arrival, after all of that tick."""
    nest = case["options"]
    delay = round(10 * nest["delay"])
    net = en.Network(dtype="float64")
    pre, kick = net.add(en.Relay(1, name="pre")), net.add(en.Relay(1, name="kick"))
    unit = net.add(en.LeakyDelta(1, tau=1e-3, threshold=1e6, name="unit"))
    net.connect(kick, unit, en.OneToOne(), weight=1e9)
    made = net.connect(
        pre, unit, en.Edges([0], [0]), weight=nest["weight"], delay=[delay] if own_delay else delay,
        plasticity=(stdp_of if case["model"] == "stdp_synapse" else resources_of)(nest),
    )  # fmt: skip
    sim = en.Simulation(net, order=order, engine=engine)
    sim.inject([(t, pre.spikes, 0, 1) for t in case["pre"]])
    sim.inject([(t, kick.spikes, 0, 1) for t in case["post"]])
    found = []
    for t in case["pre"]:
        sim.run(until=t + delay + 1)
        found.append(float(sim.weights(made.weights)[0, 0]))
    return found


@pytest.mark.parametrize("number", range(len(CASES)))
def test_weights_are_those_of_nest_at_every_spike(number: int) -> None:
    case = CASES[number]
    assert len(case["weights"]) == len(case["pre"]) > 50
    for own_delay in (False, True):
        for order in ("breadth", "depth", "random"):
            assert passed(case, own_delay, order) == pytest.approx(case["weights"], rel=0, abs=1e-9)
    assert max(case["weights"]) - min(case["weights"]) > 0.1


@pytest.mark.slow
@pytest.mark.parametrize("number", range(len(CASES)))
def test_the_compiled_engine_has_the_same_weights(number: int) -> None:
    for own_delay in (False, True):
        found = passed(CASES[number], own_delay, "breadth", "compiled")
        assert found == passed(CASES[number], own_delay, "breadth")


def test_with_axonal_delays_weights_are_others() -> None:
    """The same spikes, the unit's own at once: what the choice of delays means is seen."""
    case = CASES[0]
    nest = case["options"]
    plain = stdp_of(nest)
    other = SparsePairStdp.given(**{**plain.options, "delays": "axonal"})
    found = []
    for rule in (plain, other):
        net = en.Network(dtype="float64")
        pre, kick = net.add(en.Relay(1, name="pre")), net.add(en.Relay(1, name="kick"))
        unit = net.add(en.LeakyDelta(1, tau=1e-3, threshold=1e6, name="unit"))
        net.connect(kick, unit, en.OneToOne(), weight=1e9)
        made = net.connect(pre, unit, en.OneToOne(), weight=0.7, delay=15, plasticity=rule)
        sim = en.Simulation(net, engine="reference")
        sim.inject([(t, pre.spikes, 0, 1) for t in case["pre"]])
        sim.inject([(t, kick.spikes, 0, 1) for t in case["post"]])
        found.append(float(sim.run().weights(made.weights)[0, 0]))
    assert abs(found[0] - found[1]) > 0.01
