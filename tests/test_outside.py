"""eventnet beside an independent simulator that was written from its documentation (tests/outside)."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import few
import pytest
from outside import codes_learn, families, networks, simulator
from outside.counted import COMPARES, METER
from outside.herding import Herding
from outside.plasticity import PairStdp
from outside.sparse import FLOOR, LeakyDelta

from eventnet.module import Module

HERE = Path(__file__).parent / "outside"
SIMULATOR = sorted(path for path in HERE.glob("*.py") if path.name != "networks.py")
STANDARD = {"__future__", "collections", "ctypes", "heapq", "math", "random", "typing"}
MANY, FEW = 1_000, 300


def imported(path: Path) -> set[str]:
    """Packages that a file imports, at any place of it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name}: relative imports would hide where they lead"
            found.add((node.module or "").split(".")[0] if node.module != "outside.networks" else "networks")
    return found


@pytest.mark.parametrize("path", SIMULATOR, ids=lambda path: str(path.stem))
def test_the_simulator_knows_neither_eventnet_nor_numpy(path):
    assert imported(path) <= STANDARD | {"outside"}
    assert not {"__import__", "import_module", "exec", "eval"} & {
        node.id for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Name)
    }


def engines_of(described: dict[str, Any]) -> tuple[str, ...]:
    """Both engines; the reference alone where the ordinary suite compiles none of a network's rules."""
    kinds = {networks.shipped(one["kind"]).__module__ for one in described["modules"]}
    both = few.SLOW or all(few.is_compiled(kind, described["dtype"]) for kind in kinds)
    return ("reference", "compiled") if both else ("reference",)


@pytest.mark.parametrize("first", few.few(range(0, FEW, 30), 2))
def test_random_networks_are_as_the_independent_simulator_says(first):
    for number in range(first, first + 30):
        described = networks.draw(number)
        assert networks.compare(described, engines_of(described)) == "", f"network {number}"


@pytest.mark.slow
@pytest.mark.parametrize("first", range(FEW, FEW + MANY, 100))
def test_a_thousand_more_are_too(first):
    for number in range(first, first + few.draws(100, 5)):
        assert networks.compare(networks.draw(number)) == "", f"network {number}"


SPARSE = ("LeakyDelta", "DeltaSynapses", "Relay", "Herding", "SpikeCounter")


@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, 1_000, 100))
def test_a_thousand_of_sparse_layers_are_too(first):
    """Delays by synapse, zero delays among them, both decays, every order."""
    for number in range(first, first + few.draws(100, 5)):
        assert networks.compare(networks.draw(number, SPARSE)) == "", f"network {number}"


BASES = (
    "BiasDrive",
    "BothSides",
    "ConductanceLayer",
    "CurrentDrive",
    "CurrentLayer",
    "FilterBank",
    "Follower",
    "OnSynapses",
    "PDCode",
    "PoissonLaw",
    "PredictiveCode",
    "SparseFollower",
    "SparseSynapses",
    "Synapses",
    "TickedLayer",
    "TimeErrors",
    "TurningSums",
    "Update",
    "WritesLeakyDelta",
    "WritesTicked",
    "_Summing",
)
LEFT_OUT = {
    **dict.fromkeys(("Stepped", "SteppedLeaky", "SteppedReadout"), "tests/test_stepped.py has their steps one by one"),
    **dict.fromkeys(
        ("FlowSums", "RefreshedFlowSums", "BiasFilter"), "tests/flow_cases.py has them by loops over all events"
    ),
    **dict.fromkeys(
        ("Attitude", "SampleLatch"), "tests/test_attitude_*.py have turns by scipy and the truth of a world"
    ),
    "PastByShifts": "tests/test_past_by_shifts.py has it by whole matrices",
    "FsgdTemporal": "tests/test_learning_temporal.py has it by plain loops",
    "HopfieldUnits": "tests/test_hopfield_units.py has them by plain loops",
    **dict.fromkeys(
        ("SpikeOnce", "HiddenErrors", "TargetErrors"),
        "tests/test_spike_once.py has crossings by a scan, tests/test_spikeprop.py errors by differences",
    ),
    **dict.fromkeys(
        ("ContinuousUnits", "InnerContinuousUnits", "HeldInputs"),
        "tests/continuous_cases.py has them by steps, tests/test_continuous_units.py predictions by a scan",
    ),
    "BoltzmannUnits": "tests/test_boltzmann_units.py has them by plain loops, with random numbers of its own",
    **dict.fromkeys(
        ("LevelUnits", "InnerLevelUnits"),
        "tests/test_equilibrium_engine.py has them by the batched form, and energies of random networks by hand",
    ),
    **dict.fromkeys(
        ("PoissonDrive",),
        "tests/test_poisson_drive.py has its law, its bytes, and what it draws by plain loops",
    ),
    **dict.fromkeys(
        (
            "LeakyExponential",
            "LeakyAlpha",
            "LeakyConductance",
            "AdaptiveExponential",
            "HodgkinHuxley",
            "DecayingSynapses",
        ),
        "tests/ticked_oracle.py has them by matrix exponentials and by SciPy's integrators",
    ),
    **dict.fromkeys(
        ("CurrentSteps", "NoiseCurrent"),
        "tests/test_current_drive.py has them by a loop, and the law of the noise",
    ),
    **dict.fromkeys(
        ("BiasSteps", "BiasNoise"),
        "tests/test_bias_drive.py has them beside LeakyDelta, an integration and NEST",
    ),
    "SpikeSource": "a list that is sent; tests/test_spike_source.py has it",
    "DecayingPoissonDrive": "tests/test_decaying_drive.py has it beside PoissonDrive",
    **dict.fromkeys(
        ("SparsePairStdp", "SparseDynamicStdp", "SparseTripletStdp"),
        "their bytes are those of the dense rules, which are here; tests/plastic_cases.py has them pair by pair",
    ),
    **dict.fromkeys(
        ("SparseTraceTarget", "SparseInstar", "SparseNormalize"),
        "likewise: tests/test_sparse_target.py has them by last spikes, tests/test_sparse_normalize.py by loops",
    ),
    "TsodyksMarkram": "tests/test_tsodyks_markram.py has it by small steps, tests/test_nest_plasticity.py by NEST",
    "Delays": "a relay whose lines wait; tests/test_sum_pool.py and tests/test_network.py have it",
    "SumPool": "a relay to windows; tests/test_sum_pool.py has it by loops",
    "SigmaDeltaMaxPool": "sums and maxima of whole numbers; tests/change_cases.py has them by loops",
    "RoundingMaxPool": "sums and maxima of whole numbers; tests/change_cases.py has them by loops",
    "SigmaDeltaSum": "sums and maxima of whole numbers; tests/change_cases.py has them by loops",
    "RoundingSum": "sums and maxima of whole numbers; tests/change_cases.py has them by loops",
    **dict.fromkeys(BASES, "the base of families that are here: it has no rule of its own, or none that a port names"),
    "PythonModule": "its reactions are the user's Python; what the engines do around it is what they do for any module",
}
"""Shipped classes of modules that the simulator does not have, each with the reason."""


def shipped_kinds(root: Path) -> set[str]:
    """Names of all classes in a tree of sources that come from `Module`, whether they are ever imported or not."""
    classes = [
        (node.name, {ast.unparse(base).rpartition(".")[2] for base in node.bases})  # en.Module is Module
        for folder in ("eventnet", "models", "scenarios")
        for path in (root / folder).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ClassDef)
    ]
    found = {"Module"}
    while more := {name for name, above in classes if above & found} - found:
        found |= more
    return found - {"Module"}


@pytest.mark.slow
def test_every_shipped_class_of_modules_is_in_the_simulator_or_is_argued_away():
    kinds = shipped_kinds(Path(__file__).parents[1])
    assert {kind.__name__ for kind in Module.registry.values() if kind.__module__.startswith("eventnet.")} <= kinds
    assert kinds - set(families.FAMILIES) == set(LEFT_OUT)
    assert set(families.FAMILIES) <= kinds


def test_every_family_is_drawn_and_none_is_left_out():
    assert set(families.FAMILIES) == set(networks.drawn.DRAW)


@pytest.mark.slow
def test_most_networks_end_well_and_few_run_out_of_room():
    ended = [simulator.run(networks.draw(number))["ended"] for number in range(FEW)]
    assert ended.count("") > 0.7 * FEW
    assert 0 < ended.count("UnsettledError") < 0.25 * FEW
    assert 0 < ended.count("RuleError") < 0.12 * FEW


# --- is it sharp? ----------------------------------------------------------------------------------------------------
def found_out(numbers: range = range(FEW), kinds: tuple[str, ...] = ()) -> bool:
    """Some network shows that the simulator is another one now."""
    return any(networks.compare(networks.draw(number, kinds), ("reference",)) for number in numbers)


def swapped_ties(monkeypatch: Any) -> None:
    """Of what waits with equal keys, the latest first."""
    push = simulator.heapq.heappush
    other = type("heapq", (), {**vars(simulator.heapq), "heappush": None})
    other.heappush = staticmethod(lambda heap, entry: push(heap, (*entry[:3], -entry[3], entry[4])))
    monkeypatch.setattr(simulator, "heapq", other)


def ticks_that_count_twice(monkeypatch: Any) -> None:
    """A unit that is further than its layer decays with it."""

    def bring(self: Any, j: int, t: int) -> None:
        fell = self.fell
        plain(self, j, t)
        self.fell = fell
        self.told[j] = min(self.told[j], self.whole) if self.phi[j] > FLOOR else self.told[j]

    plain = LeakyDelta.bring
    monkeypatch.setattr(LeakyDelta, "bring", bring)


def one_compare_too_few(monkeypatch: Any) -> None:
    """A spike's own compare is left out."""
    fire = Herding.fire

    def fewer(self: Any, out: Any) -> None:
        fire(self, out)
        METER.count(COMPARES, -len(out.spikes))

    monkeypatch.setattr(Herding, "fire", fewer)


def another_hash(monkeypatch: Any) -> None:
    """The emission is taken in before the seed."""
    monkeypatch.setattr(simulator, "hash64", lambda a, b, hash64=simulator.hash64: hash64(b, a))


def shortest_paths(monkeypatch: Any) -> None:
    """A rank is the shortest way from a beginning."""

    def shortest(modules: list[Any], edges: set[tuple[int, int]]) -> list[int]:
        far = [math.inf if any(b == k and a != k for a, b in edges) else 0.0 for k in range(len(modules))]
        for _ in modules:
            for a, b in edges:
                far[b] = min(far[b], far[a] + 1)
        return [0 if k == math.inf else int(k) for k in far]

    monkeypatch.setattr(simulator, "longest_paths", shortest)


def a_batch_without_end(monkeypatch: Any) -> None:
    """Breadth-first: what comes later joins a batch that drains."""
    take = simulator.Simulator.take
    monkeypatch.setattr(simulator.Simulator, "take", lambda self, t, one: take(self, t, one._replace(batch=-1)))


def budget_of_one_more(monkeypatch: Any) -> None:
    """An instant takes one delivery too many."""
    init = simulator.Simulator.__init__
    monkeypatch.setattr(
        simulator.Simulator, "__init__", lambda self, d: init(self, d | {"budget": d["budget"] + 1})
    )  # fmt: skip


def decay_by_another_sum(monkeypatch: Any) -> None:
    """Regularization with smooth counts takes off what was fired, and does not add it."""

    def decay(self: Any, i: int, s: int, t: int, out: Any) -> None:
        for k, fed in enumerate([a - b for a, b in zip(self.reads[0].phi, self.reads[0].fired, strict=True)]):
            if fed > 0 or (fed < 0 and self.keep_negative):
                self.move(k, i, self.fall * fed)

    monkeypatch.setattr(families.FAMILIES["FsgdSmooth"], "on_decay", decay)


def the_nearest_spikes_add_up(monkeypatch: Any) -> None:
    """An input's spike is added to those before, whatever pairs count."""
    trace = PairStdp.trace

    def all_of_them(self: Any, x: Any, k: int, t: int, tau: Any) -> Any:
        pairing, self.pairing = self.pairing, "all" if self.pairing == "nearest" else self.pairing
        found = trace(self, x, k, t, tau)
        self.pairing = pairing
        return found

    monkeypatch.setattr(PairStdp, "trace", all_of_them)


def bounds_that_hold_for_nobody(monkeypatch: Any) -> None:
    """A change may carry a weight across a bound."""
    monkeypatch.setattr(PairStdp, "within", lambda self, word: word)


def silence_at_the_corner(monkeypatch: Any) -> None:
    """The slope of a rectified unit at 0 is 0."""
    slope = codes_learn.slope
    monkeypatch.setattr(codes_learn, "slope", lambda z, name: slope(z - 2**-1074 if z == 0 else z, name))


def gradients_of_today(monkeypatch: Any) -> None:
    """A gradient that looks ahead takes the trace of after the step for that of before."""
    learn = codes_learn.Future.learn

    def now(self: Any, *args: Any) -> None:
        old, self.x_old = self.x_old, self.xhat
        learn(self, *args)
        self.x_old = old

    monkeypatch.setattr(codes_learn.Future, "learn", now)


PLANTED = {
    swapped_ties: (), ticks_that_count_twice: SPARSE, one_compare_too_few: (), another_hash: (), shortest_paths: (), a_batch_without_end: (),
    budget_of_one_more: (), decay_by_another_sum: ("Layer",), the_nearest_spikes_add_up: ("PairStdp",),
    bounds_that_hold_for_nobody: ("PairStdp",), silence_at_the_corner: ("Recon",), gradients_of_today: ("Future",),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("plant", PLANTED, ids=lambda plant: str(plant.__name__))
def test_a_planted_difference_is_found(plant: Callable[[Any], None], monkeypatch):
    plant(monkeypatch)
    assert found_out(kinds=PLANTED[plant])
