"""Counts are true: rules run on numbers that count their own operations, sums agree, closed forms hold."""

from __future__ import annotations

import importlib
import json
import pkgutil
from typing import Any

import few
import numpy as np
import pytest
from cases import make_case
from counting import Meter, Number, on_counting_numbers, values, words
from current_cases import CURRENTS, current_arguments
from flow_cases import FLOW, flow_arguments
from integrate_cases import INTEGRATE, integrate_arguments
from leaky_cases import LEAKY, leaky_arguments
from pd_cases import pd_arguments
from predictive_cases import PREDICTIVE, predictive_arguments
from response_cases import RESPONSE, response_arguments
from stdp_cases import NOW, PLASTIC, plastic_arguments
from stepped_cases import STEPPED, stepped_arguments
from ticked_cases import STEPS, ticked_arguments

import eventnet as en
import eventnet.learning
import eventnet.neurons
from eventnet.errors import EngineError
from eventnet.kernels.out import Out
from eventnet.models import DeepSpikingNetwork
from eventnet.neurons.rounding import ACTIVATIONS, TANH, kind_words
from eventnet.neurons.sigma_delta import windows_of
from eventnet.tally import ADD_KINDS, COMPARES, MULTIPLIES, N_COLUMNS, READS, WRITES

ENGINES = ("reference", "compiled")


# --- every rule, on counting numbers ---------------------------------------------------------------------------------
def all_rules() -> dict[str, en.Rule]:
    """Every rule of the packages of neurons and of learning, by module and name."""
    found = {}
    for package in (eventnet.neurons, eventnet.learning):
        for info in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
            module = importlib.import_module(info.name)
            for name, value in vars(module).items():
                if isinstance(value, en.Rule) and value.py_func.__module__ == info.name:
                    found[f"{info.name.removeprefix('eventnet.')}.{name}"] = value
    return found


N_IN, N_OUT = 7, 5
FORWARD = {"phi": N_OUT, "fired": N_OUT}
BACKWARD = {"phi": N_IN}
UPDATE = {"c": N_IN, "e": N_OUT, "phi_in": N_IN, "fired_in": N_IN}
QUANTIZER = {"threshold": 0.5, "step": 1.0}

# name -> sizes of the state it uses; which side its index is on; parameters, each a single value or one run's each
CASES: dict[str, tuple[dict[str, int], int, dict[str, Any]]] = {
    "neurons.relay.pass_on": ({}, N_IN, {}),
    "neurons.relay.take": ({}, N_IN, {}),
    "neurons.accumulator.accumulate": (FORWARD, N_IN, {}),
    "neurons.accumulator.read_sums": (FORWARD, N_IN, {}),
    "neurons.accumulator.read_fed": (FORWARD, N_IN, {}),
    "neurons.accumulator.read_fired": (FORWARD, N_IN, {}),
    "neurons.accumulator.clear": (FORWARD, N_IN, {}),
    "neurons.herding.herd": (FORWARD, N_IN, QUANTIZER),
    "neurons.herding.herd_input": (FORWARD, N_IN, QUANTIZER),
    "neurons.herding.herd_rectified": (FORWARD, N_IN, QUANTIZER),
    "neurons.herding.gather": (FORWARD, N_IN, {}),
    "neurons.herding.herd_settled": (FORWARD, N_IN, QUANTIZER),
    "neurons.herding.rectified_settled": (FORWARD, N_IN, QUANTIZER),
    "neurons.herding.herd_summing": (FORWARD, N_IN, QUANTIZER),
    "neurons.herding.summing_settled": (FORWARD, N_IN, QUANTIZER),
    "neurons.herding.reset_signed": (FORWARD, N_IN, {"step": 2.0}),
    "neurons.herding.reset_summing": (FORWARD, N_IN, {"step": 2.0}),
    "neurons.relay.count_spike": ({}, N_OUT, {}),
    "neurons.stochastic.poisson": ({"phi": N_OUT, "threshold": N_OUT}, N_IN, {"step": 1.0}),
    "neurons.stochastic.reset_poisson": ({"phi": N_OUT, "threshold": N_OUT}, N_IN, {}),
    "neurons.stochastic.sample": ({}, N_IN, {}),
    "learning.gradient.gate": (FORWARD, N_OUT, {"open_at_zero": [0.0, 1.0]}),
    "learning.gradient.herd_column": (BACKWARD, N_OUT, QUANTIZER),
    "learning.gradient.gather_column": (BACKWARD, N_OUT, {}),
    "learning.gradient.send_error": ({}, N_OUT, {}),
    "learning.gradient.count_input": (UPDATE, N_IN, {}),
    "learning.gradient.forget_input": (UPDATE, N_IN, {}),
    "learning.gradient.fsgd": (UPDATE, N_OUT, {"rate": 0.25, "keep_negative": [0.0, 1.0]}),
    "learning.temporal.fsgd_temporal": (UPDATE | {"now": 1}, N_OUT, {"keep_negative": [0.0, 1.0]}),
    "learning.temporal.next_step": ({"now": 1}, 1, {"fall": 0.5}),
    "learning.temporal.begin_sample": (UPDATE | {"now": 1}, N_IN, {"rate": 0.25}),
    "learning.gradient.fsgd_decay": (UPDATE, N_OUT, {"decay": 0.125, "keep_negative": [0.0, 1.0]}),
    "learning.gradient.fsgd_integer": (UPDATE, N_OUT, {"keep_negative": [0.0, 1.0]}),
    "learning.gradient.fsgd_smooth": (UPDATE, N_OUT, {"rate": 0.25, "keep_negative": [0.0, 1.0]}),
    "learning.gradient.fsgd_smooth_decay": (UPDATE, N_OUT, {"decay": 0.125, "keep_negative": [0.0, 1.0]}),
    "learning.gradient.sum_input": (FORWARD, N_IN, {}),
    "learning.gradient.count_gated": (UPDATE, N_OUT, {}),
    "learning.gradient.count_decay": (UPDATE, N_OUT, {"lam": 0.5}),
    "learning.gradient.forget_counts": (UPDATE, N_OUT, {}),
    "learning.gradient.forget_errors": (UPDATE, N_OUT, {}),
    "learning.gradient.sgd": (UPDATE, N_OUT, {"rate": 0.25, "keep_negative": [0.0, 1.0]}),
    "learning.gradient.sgd_smooth": (UPDATE, N_OUT, {"rate": 0.25, "keep_negative": [0.0, 1.0]}),
}
DATA_IN_INTEGERS = ("count", "sent", "numbers_in")
"""Integers that hold data; the others (notices, lists of indices, draws of random numbers) are bookkeeping, which is not counted."""


def test_every_rule_has_a_case() -> None:
    """A new rule needs a line above."""
    assert sorted(all_rules()) == sorted(
        [
            *CASES, *CHANGES, *CODES, *LEAKY, *PREDICTIVE, *PLASTIC, *INTEGRATE, *CURRENTS, *RESPONSE, *STEPPED, *FLOW,
            *STEPS, *ELSEWHERE,
        ]
    )  # fmt: skip


ELSEWHERE = [
    "learning.past_by_shifts.settle_by_shifts",
    *(f"neurons.hopfield.{name}" for name in ("begin", "look", "set_unit", "step")),
    *(f"neurons.spike_once.{name}" for name in ("arrive", "cross", "fan_out", "reset")),
    *(f"learning.spikeprop.{name}" for name in ("error_from_above", "error_of_target", "note_target")),
    *(
        f"learning.continuous_units.{name}"
        for name in (
            "change_input",
            "forget_inputs",
            "happens",
            "hear_above",
            "hear_below",
            "hear_input",
            "learn",
            "phase",
        )
    ),
    *(
        f"learning.level_units.{name}"
        for name in ("hear_above", "hear_below", "hear_own", "look", "phase", "read", "wake")
    ),
    *(f"neurons.boltzmann.{name}" for name in ("hear", "hold", "learn", "ring", "set_unit")),
    "neurons.delta_synapses.add_synapses",
    *(f"neurons.delta_parts.{name}" for name in ("add_in_part", "draw_in_part", "merge_found")),
    "neurons.sparse_synapses.send_parts",
    "neurons.poisson_drive.draw_events",
    "neurons.decaying_synapses.add_decaying",
    "neurons.decaying_drive.draw_decaying",
    *(f"neurons.current_drive.{name}" for name in ("hold_steps", "hold_noise")),
    *(f"neurons.bias_drive.{name}" for name in ("set_level", "set_noise")),
    *(
        f"learning.gradient.{name}"
        for name in (
            "count_input_owing",
            "forget_input_owing",
            "fsgd_decay_owing",
            "fsgd_owing",
            "gather_row_turned",
            "herd_row_turned",
        )
    ),
    *(f"neurons.herding.{name}_owing" for name in ("gather", "herd", "herd_rectified", "herd_summing")),
    "neurons.spike_source.send_due",
]
"""Numbers cannot tell a shift from a product: closed forms in test_past_by_shifts; test_hopfield_units,
test_boltzmann_units, test_spike_once and test_spikeprop count by loops, test_continuous_units by spikes and fan-out,
test_level_units from its log, test_leaky_delta by an oracle, test_decaying_synapses by its rows, test_poisson_drive
and test_decaying_drive by what was gained; test_owing and test_threads holds rules of parts to those of whole layers.
"""
MAXIMA, SUMS = ("hold", "settle_largest", "forget_held"), ("join", "join_also", "forget_both")
"""Rules of layers that take maxima, and of those that add two quantities."""
CHANGES = [
    f"neurons.{name}" for name in (
        "frames.take_frame", "frames.take_anew", "frames.take_value", "frames.nudge", "frames.go_on", "frames.quantize",
        "sigma_delta.gather", "sigma_delta.add_and_send", "sigma_delta.pool", "sigma_delta.settle", "sigma_delta.look",
        "sigma_delta.forget", "sigma_delta.gather_only", "sigma_delta.pool_only", "sigma_delta.clear", "sigma_delta.read",
        *(f"sigma_delta.{name}" for name in (*MAXIMA, *SUMS)),
    )
]  # fmt: skip
"""Rules of layers that communicate change; their arguments follow from a geometry."""
CODES = [
    *(f"neurons.proportional.{name}" for name in (
        "take_frame", "go_on", "receive", "ask_step", "set_row", "step_layer", "step_readout", "step_decoder",
    )),
    *(f"learning.proportional.{name}" for name in ("step_output", "step_error", "count_error_spike")),
    *(f"learning.synapses.{name}" for name in ("move_always", "settle_spiking", "move_ahead")),
]  # fmt: skip
"""Rules of proportional-derivative codes, which take all spikes of an instant together.

A weight word counts as read once for each unit that meets it, however often that unit has spiked; units of a map share
words of their kernel.
"""
GEOMETRIES = (en.Geometry.dense(4, 5), en.Geometry.window((2, 4, 3), 2, (3, 2), (2, 1), (1, 0, 0, 1)))
SPREAD = en.Geometry.window((4, 4, 5), 2, (2, 2), (1, 1), (1, 0, 0, 1), (1, 2, 2))


def waiting_places(rng: np.random.Generator, places: int) -> dict[str, Any]:
    """Some places wait in the ring, from a random head on."""
    waits = rng.integers(0, 2, places)
    head, listed = int(rng.integers(places)), rng.permutation(np.flatnonzero(waits))
    ring = np.zeros(places, dtype=np.int64)
    ring[(head + np.arange(len(listed))) % places] = listed
    return {"ring": ring, "waits": waits, "cursor": np.array([head, len(listed), 0, rng.integers(2)])}


def change_arguments(rule: en.Rule, rng: np.random.Generator) -> tuple[dict[str, Any], int]:
    """Arrays for a rule of change by name, of floats or of whole numbers, and how many indices there are."""
    whole, geometry = bool(rng.integers(2)) and rule.name != "quantize", GEOMETRIES[int(rng.integers(2))]
    geometry = SPREAD if "w" in rule.blocks and not whole and rng.random() < 0.5 else geometry
    if rule.name in (*MAXIMA, *SUMS):
        whole, geometry = False, GEOMETRIES[1] if rule.name in MAXIMA else en.Geometry.window((1, 1, 5), 1, (1, 1))
    takes = "frames" in rule.blocks or "updates" in rule.blocks or rule.name in ("nudge", "go_on")
    units, places = (6, 6) if takes else (geometry.units_out, geometry.places_out)
    number = np.int32 if whole else np.float64
    draw = lambda *shape: (rng.integers(-20, 21, shape) / (1 if whole else 4)).astype(number)  # noqa: E731
    names = ACTIVATIONS[:TANH] if whole else [name for name in ACTIVATIONS if name != "input"]
    activation = "input" if takes else names[int(rng.integers(len(names)))]
    ends = {"leaky_relu": [0.25], "clip": [-1.5, 2.0]}.get(activation, [])
    baked = bool(whole or rng.integers(2))
    made = {
        "acc": draw(units), "phi": draw(units), "bias": draw(units), "k": draw(units) ** 2 + 1,
        "quantum": draw(units), "sent": rng.integers(-3, 4, units), "w": draw(geometry.shape_in[0], geometry.row_words),
        "frames": draw(3, units), "answers": draw(3, units), "unscale": number(2), "one": number(4),
        "windows": windows_of(geometry),
        "updates": np.column_stack([rng.integers(0, units, 3), rng.integers(-2, 3, 3)]).astype(number),
        "kind": np.array(kind_words(activation, baked=baked, shift=2 * whole, limit=40, parameters=ends)),
    }  # fmt: skip
    if takes:  # some inputs have not changed
        made["acc"] = np.where(rng.integers(0, 2, units), made["frames"][1], made["acc"])
        made["acc"][made["updates"][1, 0].astype(int)] = made["updates"][1, 1]
    indices = units if rule.name == "nudge" else 3 if rule.blocks and "w" not in rule.blocks else geometry.units_in
    made |= geometry.integers() | waiting_places(rng, places)
    made |= {"other": draw(units), "unscale_also": number(4), "numbers_in": rng.integers(-3, 4, geometry.units_in)}
    return made, indices


def arguments_of(name: str) -> Any:
    """What makes the arguments of a rule that has no line of its own."""
    families = (CODES, pd_arguments), (LEAKY, leaky_arguments), (PREDICTIVE, predictive_arguments)
    for names, make in (
        *families,
        (PLASTIC, plastic_arguments),
        (INTEGRATE, integrate_arguments),
        (CURRENTS, current_arguments),
        (RESPONSE, response_arguments),
        (STEPPED, stepped_arguments),
        (FLOW, flow_arguments),
        (STEPS, ticked_arguments),
    ):
        if name in names:
            return make
    return change_arguments


def one_change(name: str, rng: np.random.Generator) -> tuple[Meter, Any, Out, dict[str, Any]]:
    rule, meter, blocks = all_rules()[name], Meter(), Meter()
    given, indices = arguments_of(name)(rule, rng)
    arguments = []
    for used in rule.names:
        if used in rule.params:
            arguments.append(Number(given[used], meter))
        elif used in (*rule.integers, *rule.indices) and used not in DATA_IN_INTEGERS:
            arguments.append(given[used].copy())
        else:
            arguments.append(words(given[used], meter, used))
            if used in rule.blocks:
                arguments[-1].meter = blocks
    out, tally = Out((100, 100), 1000, 100, 5), np.zeros(N_COLUMNS, dtype=np.int64)
    error = on_counting_numbers(rule.py_func, meter)(
        int(rng.integers(indices)), *((1, NOW) if name in PLASTIC else (int(rng.choice([-1, 1])), 5)), out, tally,
        *arguments,
    )  # fmt: skip
    assert (error or 0, out.fault) == (0, 0)
    meter.read, meter.written = blocks.read, blocks.written
    meter.reads, meter.writes = blocks.reads, blocks.writes
    meter.adds, meter.multiplies = meter.adds + blocks.adds, meter.multiplies + blocks.multiplies
    return meter, tally, out, given


def one_reaction(name: str, rng: np.random.Generator) -> tuple[Meter, Any, Out]:
    if name not in CASES:
        return one_change(name, rng)[:3]
    rule, (sizes, indices, params) = all_rules()[name], CASES[name]
    meter, blocks, arguments = Meter(), Meter(), []
    for used in rule.names:
        if used in rule.params:
            value = rng.choice(params[used]) if isinstance(params[used], list) else params[used]
            arguments.append(Number(value, meter))
        elif used in rule.blocks:
            shape = (N_IN, N_OUT)
            block = words(rng.integers(-8, 9, shape) / 4, meter, used)
            block.meter = blocks  # its words are weight words; what is done to its numbers goes to `meter` all the same
            arguments.append(block)
        elif used in rule.integers:
            made = {
                "noticed": rng.integers(0, 2, 1),
                "active": np.concatenate([[N_IN - 1], rng.permutation(N_IN - 1), [0]]),
                "listed": np.ones(N_IN, dtype=np.int64),
                "draws": np.array([3, 0, int(rng.integers(2)), 0]),
                "count": rng.integers(-2, 3, N_OUT) * rng.integers(0, 2),
            }[used]
            arguments.append(words(made, meter, used) if used in DATA_IN_INTEGERS else made)
        else:
            state = rng.integers(0 if used == "threshold" else -4, 5, sizes[used]) / 4 + (used == "threshold")
            arguments.append(
                words(state * rng.integers(0, 2, len(state)), meter, used)
                if used != "threshold"
                else words(state, meter, used)
            )
    out, tally = Out((N_IN, N_IN), 1000), np.zeros(N_COLUMNS, dtype=np.int64)
    error = on_counting_numbers(rule.py_func, meter)(
        int(rng.integers(indices)), int(rng.choice([-1, 1])), 5, out, tally, *arguments
    )
    assert (error or 0, out.fault) == (0, 0)
    meter.read, meter.written = blocks.read, blocks.written
    return meter, tally, out


@pytest.mark.parametrize(
    "name",
    [
        *CASES, *CHANGES, *CODES, *LEAKY, *PREDICTIVE, *PLASTIC, *INTEGRATE, *CURRENTS, *RESPONSE, *STEPPED, *FLOW,
        *STEPS,
    ],
)  # fmt: skip
def test_a_rule_counts_what_it_does(name: str) -> None:
    worked = np.zeros(N_COLUMNS, dtype=np.int64)
    for seed in range(60 if few.SLOW else 8):
        meter, tally, _ = one_reaction(name, np.random.default_rng(seed))
        assert sum(tally[column] for column in ADD_KINDS.values()) == meter.adds, f"adds, seed {seed}"
        assert tally[MULTIPLIES] == meter.multiplies, f"multiplies, seed {seed}"
        reads, writes = (
            (meter.reads, meter.writes)
            if name in (*CODES, *PREDICTIVE, *PLASTIC, *FLOW)
            else (len(meter.read), len(meter.written))
        )
        assert tally[READS] == reads, f"reads, seed {seed}"
        assert tally[WRITES] == writes, f"writes, seed {seed}"
        worked += tally
    if all_rules()[name].blocks:
        assert worked[READS] + worked[WRITES] > 0  # the case reached the work


@pytest.mark.parametrize(
    "name", [n for n in CASES if n.split(".")[-1].startswith(("herd", "rectified_settled", "poisson"))]
)
def test_compares_are_one_a_unit_a_row_and_one_more_a_spike(name: str) -> None:
    units = N_IN if name.endswith("herd_column") else N_OUT
    for seed in range(30):
        _, tally, out = one_reaction(name, np.random.default_rng(seed))
        assert tally[COMPARES] == units + out.made()


@pytest.mark.slow
def test_a_look_at_a_unit_is_one_compare_and_a_spike_one_more() -> None:
    for seed in range(60):
        for name in ("neurons.sigma_delta.settle", "neurons.frames.go_on"):
            _, tally, out, given = one_change(name, np.random.default_rng(seed))
            sent = [spike for spike in out.spikes if spike[2] == 0]
            looked = int(given["waits"].sum()) * len(given["acc"]) // len(given["waits"])
            if len(sent) == len(out.spikes):  # no notice: there was room for all
                assert tally[COMPARES] == looked + len(sent)
            assert len(sent) <= 40
        _, tally, out, given = one_change("neurons.frames.take_frame", np.random.default_rng(seed))
        assert tally[COMPARES] >= len(given["acc"]) + sum(spike[2] == 0 for spike in out.spikes)


def test_a_maximum_is_a_compare_for_each_input_of_a_window_but_one() -> None:
    for seed in range(30):
        _, tally, out, given = one_change("neurons.sigma_delta.settle_largest", np.random.default_rng(seed))
        rows, columns = given["windows"].reshape(-1, 4)[:, 1::2].T
        looked = np.flatnonzero(given["waits"])
        sent = sum(spike[2] == 0 for spike in out.spikes)
        if sent == len(out.spikes):
            assert tally[COMPARES] == 2 * (rows * columns)[looked].sum() + sent  # two channels; one of each is a look


def test_counting_numbers_count() -> None:
    meter = Meter()
    a, row = Number(3, meter), words([1, 2], meter, "row")
    row[0] += a
    row[1] = 0
    row[1] -= 1  # a plain 0 that was put in counts, too
    assert (meter.adds, meter.multiplies) == (2, 0)
    assert (2 * a - a * a, meter.adds, meter.multiplies) == (-3, 3, 2)
    assert (meter.read, meter.written) == ({("row", 0), ("row", 1)}, {("row", 0), ("row", 1)})
    assert values(row, np.int64).tolist() == [4, -1]


# --- integer mode ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("hold_error", [True, False])
def test_an_integer_network_learns_without_one_multiplication(hold_error: bool) -> None:
    rng = np.random.default_rng(4)
    dsn = DeepSpikingNetwork(
        [4, 5, 3], steps=3, learning_rate=0.05, dtype="int32", engine="reference", init_scale=0.5, hold_error=hold_error
    )
    x, y = dsn.vectors(rng.random((6, 4))), dsn._targets(rng.integers(0, 3, 6), 6)
    net, feed = dsn.training_network(x, y)
    plain_sim = en.Simulation(net, engine="reference")
    plain_sim.inject(feed)
    plain_sim.run()

    sim, meter = en.Simulation(net, engine="reference"), Meter()
    store: Any = sim.store
    for key, array in store.arrays.items():
        if key[1] not in ("noticed", "draws", "active", "listed"):
            store.arrays[key] = words(array, meter)
    for table in (store.blocks, store.params):
        for key, array in table.items():
            table[key] = words(array, meter)
    sim.inject(feed)
    sim.run()

    assert meter.multiplies == sim.tally.multiplies == 0
    assert meter.adds == sim.tally.adds > 500
    assert sim.tally.to_dict() == plain_sim.tally.to_dict()
    moved = 0
    for block in net.blocks:
        learned = values(store.blocks[block.name], np.int32)
        assert learned.tolist() == plain_sim.weights(block).tolist()
        moved += int((learned != block.array).sum())
    assert moved > 10
    assert sim.tally.by_kind()["learning"] > 50


# --- closed forms ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("order", en.ORDERS)
def test_a_dense_layer_adds_one_row_a_delivery(order: str, engine: str) -> None:
    rng = np.random.default_rng(1)
    net = en.Network()
    encoder = net.add(en.Encoder(6, net.weights(rng.normal(0, 1, (4, 6))), name="in"))
    layers: list[Any] = [encoder]
    for k, n in enumerate((9, 5)):
        layers.append(net.add(en.Rectified(n, net.weights(rng.normal(0, 0.5, (layers[-1].units, n))), name=f"l{k}")))
        net.connect(layers[-2].out, layers[-1].spikes)
    feed = [
        (int(t), encoder.spikes, int(k), 1) for t, k in zip(rng.integers(0, 9, 30), rng.integers(0, 4, 30), strict=True)
    ]
    tally = en.simulate(net, feed, order=order, engine=engine).tally
    rows = tally.by_port()
    assert rows["in.spikes"]["deliveries"] == 30
    assert rows["in.spikes"]["input_adds"] == 30 * 6
    for below, name, n in (("in", "l0", 9), ("l0", "l1", 5)):
        row = rows[f"{name}.spikes"]
        assert row["deliveries"] == rows[f"{below}.spikes"]["spikes"] > 0
        assert row["synaptic_adds"] == row["reads"] == row["deliveries"] * n
        assert row["compares"] == row["deliveries"] * n + row["spikes"]
        assert row["neuron_adds"] == 2 * row["spikes"]
        assert row["multiplies"] == row["writes"] == row["learning_adds"] == row["input_adds"] == 0
    assert sum(tally.by_kind().values()) == tally.adds
    assert tally.by_kind()["synaptic"] == rows["l0.spikes"]["synaptic_adds"] + rows["l1.spikes"]["synaptic_adds"]


def summed(rows: Any) -> list[int]:
    return [sum(row[column] for row in rows) for column in en.COLUMNS]


@pytest.mark.slow
@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("limit", [0, 1, 5, 10**6])
def test_sums_by_port_and_by_root_agree(limit: int, engine: str) -> None:
    for seed in range(40):
        case = make_case(seed)
        options = {**case.options, "record": False, "root_limit": limit, "budget": 300}
        sim = en.Simulation(case.net, engine=engine, **options)
        sim.inject(case.inputs)
        try:
            sim.run(until=14)
        except en.EventnetError:
            continue
        tally = sim.tally
        by_root = tally.by_root()
        assert len(by_root) <= limit
        total = list(tally.totals().values())
        assert summed(tally.by_port().values()) == total
        assert summed([*by_root.values(), *tally.beyond_roots().values()]) == total
        if limit == 10**6:
            assert tally.beyond_roots() == {}
            assert len(by_root) == int((case.inputs["t"] < 14).sum())
        assert tally.adds == sum(tally.by_kind().values())
        assert tally.deliveries == sim.deliveries


def test_what_a_root_cost_is_what_its_cascade_did() -> None:
    net = en.Network()
    layer = net.add(en.Herding(4, net.weights(np.random.default_rng(2).normal(0, 1, (3, 4)))))
    sink = net.add(en.Sink(4))
    net.connect(layer.out, sink.spikes, 2)
    net.connect(layer.out, sink.spikes)
    for engine in ENGINES:
        feed = [(k // 4, layer.spikes, k % 3, 1) for k in range(20)]
        run = en.simulate(net, feed, engine=engine, roots=True, record=True)
        roots, counts = np.unique(run.log["root"], return_counts=True)
        told = {root: row["deliveries"] for root, row in run.tally.by_root().items()}
        assert told == dict(zip(roots.tolist(), counts.tolist(), strict=True))
        assert max(counts) > 4


# --- spikes and notices -----------------------------------------------------------------------------------------------
@en.rule
def send_three(i, s, t, out, tally):
    """A spike, and two to the second outlet."""
    out.spike(i, s, 0)
    out.spike(i, s, 1)
    out.later(i, s, 1, 2)


class Both(en.Module):
    """Sends spikes of its own, and passes what it hears on, from one port."""

    spikes = en.Port(send_three, emits=("out", "passed"))
    out = en.Outlet()
    passed = en.Outlet(passes_on=True)
    units = 1
    most = en.Derived(4)


class BothSpikes(Both):
    """The same rule, and all are spikes."""

    passed = en.Outlet()


class BothPassed(Both):
    """The same rule, and none is."""

    out = en.Outlet(passes_on=True)


class BothInPython(en.PythonModule):
    """The same in plain Python."""

    spikes = en.Port(emits=("out", "passed"))
    out = en.Outlet()
    passed = en.Outlet(passes_on=True)

    def on_spikes(self, i: int, s: int, t: int, out: Any, tally: Any) -> None:
        send_three(i, s, t, out, tally)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize("order", ["breadth", "depth", "fifo", "topological"])
def test_spikes_of_neurons_and_notices_are_told_apart(engine: str, check: bool, order: str) -> None:
    net = en.Network()
    relay = net.add(en.Relay(1, name="relay"))
    for kind in (Both, BothSpikes, BothPassed, BothInPython):
        module, sink = net.add(kind(name=kind.__name__)), net.add(en.Sink(1))
        net.connect(relay.out, module.spikes)
        for outlet in (module.out, module.passed):
            net.connect(outlet, sink.spikes)
    layer = net.add(en.Herding(2, net.weights([[0.75, 0.25]]), coalesce="burst", name="layer"))
    net.connect(relay.out, layer.spikes)
    feed = [(t, relay.spikes, 0, 1) for t in (0, 0, 1)]
    tally = en.simulate(net, feed, order=order, engine=engine, check=check, roots=True).tally
    made = {name: (row["spikes"], row["notices"]) for name, row in tally.by_port().items()}
    assert made["relay.spikes"] == (0, 3)
    assert made["Both.spikes"] == made["BothInPython.spikes"] == (3, 6)
    assert (made["BothSpikes.spikes"], made["BothPassed.spikes"]) == ((9, 0), (0, 9))
    assert made["layer.spikes"] == (0, 2)  # a notice at each instant
    assert made["layer.settle"] == (3, 0)
    assert (tally.spikes, tally.notices) == (18, 26)
    assert summed(tally.by_root().values()) == summed(tally.by_port().values())
    assert [row["notices"] for row in tally.by_root().values()] == [9, 8, 9]


def test_a_training_step_counts_its_gates_held_errors_and_relays_as_notices() -> None:
    x, y = np.random.default_rng(0).random((6, 8)), np.arange(6) % 3
    net = DeepSpikingNetwork([8, 5, 3], seed=1)
    net.fit(x, y, epochs=2)
    rows = net.learning_tally.by_port()
    noticed = {name for name, row in rows.items() if row["notices"]}
    assert {"start.spikes", "finish.spikes"} <= noticed
    assert {name.partition(".")[2] for name in noticed} == {"spikes", "error", "end"}
    assert all(row["spikes"] == 0 for name, row in rows.items() if name in noticed)
    for row in (rows["start.spikes"], rows["finish.spikes"]):
        assert row["notices"] == row["deliveries"] == 12


def test_what_each_outlet_sends_is_a_spike_or_a_notice() -> None:
    told = {
        f"{kind.__name__}.{name}" for kind in en.Module.registry.values() for name, outlet in kind.outlets.items()
        if kind.__module__.startswith("eventnet.") and outlet.notice and outlet.settles is None
    }  # fmt: skip
    on_synapses = {
        "BothSides", "SparseDynamicStdp", "SparseFollower", "SparseInstar", "SparsePairStdp", "SparseTraceTarget",
        "SparseTripletStdp",
    }  # fmt: skip
    assert told == {
        "AdaptiveExponential.next", "BiasDrive.next", "BiasNoise.next", "BiasSteps.next", "ConductanceLayer.next", "CurrentDrive.next", "CurrentSteps.next", "DecayingPoissonDrive.next",
        "DecayingSynapses.axon", "Delays.out", "DeltaSynapses.axon", "ErrorCounter.out", "HeldInputs.out",
        "HodgkinHuxley.next", "HopfieldUnits.asks", "HopfieldUnits.next", "InnerLevelUnits.asks", "InnerLevelUnits.notice", "Layer.gated",
        "LeakyAlpha.next", "LeakyConductance.next", "LeakyExponential.next", "LevelUnits.asks", "LevelUnits.notice",
        "NoiseCurrent.next", "PoissonDrive.next", "PoissonLaw.next", "Relay.out", "SparseSynapses.axon",
        "SpikeOnce.delayed", "SpikeResponse.first", "SpikeSource.next", "SpikeSource.out", "SumPool.out",
        "TickedLayer.next",
        *(f"{kind}.{name}" for kind in on_synapses for name in ("dendrite", "out")), "OnSynapses.out",
        "TsodyksMarkram.out",
    }  # fmt: skip


def small_tally() -> en.Tally:
    case = make_case(0)
    sim = en.Simulation(case.net, "fifo")
    sim.inject(case.inputs)
    return sim.run(until=14).tally


def test_a_tally_is_json_of_plain_integers() -> None:
    told = small_tally().to_dict()
    assert json.loads(json.dumps(told)) == told
    assert sorted(told) == ["adds", "by_kind", "by_port", "totals"]
    assert told["adds"] == sum(told["by_kind"].values())


def test_rows_of_a_module_are_the_sums_over_its_ports() -> None:
    counts = np.arange(4 * N_COLUMNS).reshape(4, N_COLUMNS)
    tally = en.Tally(["eye.spikes", "a.b.spikes", "a.b.reset", "eye.again"], counts)
    assert list(tally.by_module()) == ["eye", "a.b"]
    assert list(tally.by_module()["a.b"].values()) == (counts[1] + counts[2]).tolist()
    assert list(tally.by_module()["eye"].values()) == (counts[0] + counts[3]).tolist()
    tally = small_tally()
    for column, total in tally.totals().items():
        assert sum(row[column] for row in tally.by_module().values()) == total


def test_two_tallies_add_up_and_only_of_the_same_ports() -> None:
    a = small_tally()
    assert list((a + a).totals().values()) == [2 * v for v in a.totals().values()]
    with pytest.raises(ValueError, match="same ports"):
        a + en.Tally(["other"], [[0] * N_COLUMNS])


def test_costs_by_root_must_be_asked_for() -> None:
    with pytest.raises(EngineError, match="roots=True"):
        small_tally().by_root()
