"""Rules and random networks of layers that go from tick to tick: arguments for one reaction, networks from a seed."""

from __future__ import annotations

from typing import Any

import numpy as np

import eventnet as en

NOW = 5
"""The tick of a reaction that is tried out."""

STEPS = {
    "neurons.leaky_currents.step_exponential": en.LeakyExponential,
    "neurons.leaky_currents.step_alpha": en.LeakyAlpha,
    "neurons.leaky_conductance.step_conductance": en.LeakyConductance,
    "neurons.adaptive_exponential.step_adaptive": en.AdaptiveExponential,
    "neurons.hodgkin_huxley.step_hodgkin_huxley": en.HodgkinHuxley,
}
KINDS = tuple(STEPS.values())
OFTEN = tuple(kind for kind in KINDS if kind is not en.HodgkinHuxley)
"""What is drawn where no kinds are named: Hodgkin-Huxley units take the reference engine tens of times as long."""
CROSSINGS = ("inside", "tick")


def numbers_of(kind: Any, rng: np.random.Generator, units: int, *, each: bool, crossing: str = "inside") -> Any:
    """Options of a layer of a kind: numbers, or one a unit."""

    def draw(low: float, high: float) -> Any:
        return rng.uniform(low, high, units) if each and rng.random() < 0.5 else float(rng.uniform(low, high))

    made: dict[str, Any] = {"tau_m": draw(15, 40), "tau_e": draw(2, 8), "tau_i": draw(4, 12)}
    made["threshold"] = draw(0.8, 1.2)
    made["reset"] = draw(-0.5, 0.3)
    made["rest"] = float(rng.choice([0.0, -0.25]))
    made["start"] = rng.uniform(-0.5, 0.7, units)
    made["bias"] = rng.uniform(-0.3, 1.2, units)
    made["refractory"] = rng.integers(0, 6, units) if each else int(rng.integers(0, 6))
    if kind is en.HodgkinHuxley:  # in mV, with ticks of a quarter of a ms to one, and currents that make it fire
        del made["reset"]
        made |= {"ms": float(rng.uniform(1, 4)), "rest": draw(-62, -58), "threshold": draw(-30, 0)}
        made |= {"start": rng.uniform(-70, -50, units), "bias": rng.uniform(-5, 60, units)}
        made |= {"shift": draw(-65, -61), "reversal_e": draw(-5, 5), "reversal_i": draw(-85, -75)}
        made |= {"tolerance": float(rng.choice([1e-5, 1e-3, 0.1])), "g_na": draw(1500, 2500), "g_k": draw(400, 800)}
    if kind is en.LeakyExponential and rng.random() < 0.3:
        made |= {"tau_e": 0.0, "tau_i": 0.0}
    if kind in (en.LeakyConductance, en.AdaptiveExponential):
        made |= {"reversal_e": draw(4, 6), "reversal_i": draw(-1.5, -1), "crossing": crossing}
    if kind is en.AdaptiveExponential:
        made |= {"slope": draw(0.1, 0.3), "peak": draw(3, 5), "a": draw(-0.1, 0.3), "b": draw(0, 0.4)}
        made["tau_w"] = draw(30, 90)
        made["refractory"] += 1  # else one that is driven strongly fires without end in a step
    return made


def ticked_arguments(rule: en.Rule, rng: np.random.Generator) -> tuple[dict[str, Any], int]:
    """Units in every state: still, about to cross, past, refractory for a while or coming free in this step."""
    units = 6
    kind = next(kind for name, kind in STEPS.items() if name.endswith(f".{rule.name}"))
    crossing = str(rng.choice(CROSSINGS))
    options = numbers_of(kind, rng, units, each=bool(rng.integers(2)), crossing=crossing)
    if (
        kind is en.HodgkinHuxley
    ):  # slow, so that no stage leaves the potentials to which rates go: no number is cut there
        options |= {"ms": 20.0, "tau_m": 4000.0}
    layer: Any = kind(units, **options)
    made: dict[str, Any] = {name: np.array(array) for name, array in {**layer.state, **layer.integers}.items()}
    made["phi"] = rng.uniform(-10, 60, units) if kind is en.HodgkinHuxley else rng.uniform(-0.5, 1.3, units)
    strong = np.array([1.0] * units + [1.0 if layer.unsigned else -1.0] * units)
    made["synaptic"] = strong * rng.uniform(0, 4, 2 * units) * rng.integers(0, 2, 2 * units)
    made["came"] = strong * rng.uniform(0, 1, 2 * units)
    made["free"] = rng.choice([-(2**62), NOW - 1, NOW, NOW, NOW + 3], units)
    for name in ("early", "adaptation", "current", "m", "h", "n"):
        if name in made:
            made[name] = rng.uniform(0, 1, len(made[name]))
    if "part" in made:
        made["part"] = 0.5 ** rng.integers(0, 11, units)
    if crossing == "tick" and "early" in made:
        made["early"][:] = 0
    made["gained"] = rng.uniform(-0.2, 0.2, units)
    made["clock"] = np.array([NOW - layer.step, rng.integers(2)])
    return made, 1


# --- random networks -------------------------------------------------------------------------------------------------
def ticked_case(
    seed: int, kinds: tuple[Any, ...] = OFTEN, crossing: str | None = None, *, driven: bool = True, least_delay: int = 1
) -> tuple[en.Network, Any]:
    """Two layers of some kinds that reach each other and themselves, fed by one source, drives and currents, all drawn.

    least_delay: of what layers send each other.
    """
    rng = np.random.default_rng(seed)
    exact = any(kind in kinds for kind in (en.LeakyConductance, en.AdaptiveExponential, en.HodgkinHuxley))
    net = en.Network(dtype="float64" if exact or rng.random() < 0.5 else "float32")
    layers = []
    for name in "ab":
        kind, units = kinds[int(rng.integers(len(kinds)))], int(rng.integers(2, 14))
        how = str(rng.choice(CROSSINGS)) if crossing is None else crossing
        options = numbers_of(kind, rng, units, each=bool(rng.integers(2)), crossing=how)
        layers.append(net.add(kind(units, **options, step=int(rng.choice([1, 1, 1, 3])), name=name)))
    source = net.add(en.Relay(int(rng.integers(2, 6)), name="source"))
    a, b = layers
    for x, y in ((source, a), (source, b), (a, a), (a, b), (b, a)):
        how_many = [
            en.FixedInDegree(int(rng.integers(0, 5))), en.FixedOutDegree(int(rng.integers(0, 5))),
            en.Bernoulli(float(rng.uniform(0, 0.6))), en.AllToAll(),
            en.Edges(rng.integers(0, x.units, 30), rng.integers(0, y.units, 30)),
        ][int(rng.integers(5))]  # fmt: skip
        laws: list[Any] = [0.5, rng.normal(0.1, 0.7, x.units), en.Normal(0.2, 0.6)]
        delay: Any = int(rng.integers(0 if x is source else least_delay, 9))
        if x is not source and rng.random() < 0.4:
            delay = en.Uniform(0.6, 9)
        net.connect(x, y, how_many, weight=laws[int(rng.integers(3))], delay=delay, seed=int(rng.integers(99)))
    for layer, weight, rate in ((a, 0.4, 60_000.0), (b, -0.1, 600_000.0)) if driven else ():
        net.add(en.PoissonDrive(layer, rate=rate, weight=weight, seed=int(rng.integers(99)), name=f"to_{layer.name}"))
    if driven:
        levels = rng.normal(0.3, 0.4, (3, b.units) if rng.random() < 0.5 else 3)
        net.add(en.CurrentSteps(b, times=[3, 20, 33], levels=levels, until=45, name="steps"))
        net.add(
            en.NoiseCurrent(
                a, std=0.5, mean=0.1, seed=int(rng.integers(99)), hold=int(rng.integers(1, 4)), name="noise"
            )
        )
    times = np.sort(rng.integers(-3, 60, int(rng.integers(1, 60))))
    events = [(int(t), int(source.spikes), int(rng.integers(source.units)), int(rng.choice([1, 1, -1]))) for t in times]
    begins = [(4, int(b.ticks), 0, 1)]
    if driven:
        begins += [(1, int(net["steps"].ticks), 0, 1), (-2, int(net["noise"].ticks), 0, 1)]
        begins += [(-3, int(net["to_a"].ticks), 0, 1), (2, int(net["to_b"].ticks), 0, 1)]
    return net, sorted([*events, *begins], key=lambda event: event[0])
