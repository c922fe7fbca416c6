"""A checkpoint that is resumed equals a run that never stopped; what does not fit is refused and changes nothing."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cases import Case, make_case, make_change_case, seen
from checkpoint_mutants import OUTCOMES, mutants, tried
from current_cases import make_current_case
from few import few
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pd_cases import make_pd_case
from stdp_cases import make_stdp_case
from test_engines import FAMILIES

import eventnet as en
from eventnet.base.files import sha256
from eventnet.engine import checkpoint as checkpoints
from eventnet.engine.checkpoint import COUNTERS, Checkpoint
from eventnet.errors import DataError, EngineError, UnsettledError
from eventnet.kernels.records import S_COUNT, S_HEAD, S_IN_CURSOR, S_IN_END, S_KEY, S_SEQ, S_TAKEN
from eventnet.models import DeepSpikingNetwork
from eventnet.tally import NOTICES


def results(sim: en.Simulation, case: Case) -> dict[str, Any]:
    return seen(sim, case.net) | {"deliveries": sim.deliveries, "foreseen": sim.predictions}


def outcome(sim: en.Simulation, inputs: Any, case: Case) -> dict[str, Any]:
    """Hand over inputs, run to the end, and see what came of it; a network may fail on the way."""
    error = None
    try:
        sim.inject(inputs)
        sim.run(until=case.until)
    except en.EventnetError as problem:
        error = f"{type(problem).__name__}: {problem}"
    return {"error": error} if error is not None else results(sim, case)


@pytest.mark.parametrize("engine", ["compiled", "reference"])
@pytest.mark.parametrize("make", few([make_case, make_change_case, make_pd_case, make_current_case], 2))
def test_a_checkpoint_resumed_equals_a_run_that_never_stopped(make: Any, engine: str, tmp_path: Path) -> None:
    held = 0
    for seed in range(14):
        case, path = make(seed), tmp_path / "checkpoint.npz"
        half = len(case.inputs) // 2
        sims = [en.Simulation(case.net, engine=engine, **case.options) for _ in range(2)]
        try:
            for sim in sims:
                sim.inject(case.inputs[:half])
                sim.run(until=case.until, max_deliveries=5 + seed)
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


def python_memories(sim: en.Simulation) -> dict[str, Any]:
    return {name: {k: v for k, v in vars(m).items() if k != "module"} for name, m in sim.store.python.items()}


MAKERS = {name: make for name, (make, _) in FAMILIES.items()} | {"plasticity": make_stdp_case}


@pytest.mark.parametrize("engine", ["compiled", "reference"])
@pytest.mark.parametrize("family", few(MAKERS, 3))
def test_a_run_resumed_again_and_again_at_any_delivery_equals_one_that_never_stopped(family: str, engine: str) -> None:
    done, caught, memories = 0, 0, 0
    for seed in range(60):
        case, rng = MAKERS[family](seed), np.random.default_rng([seed, 3])
        whole = en.Simulation(case.net, engine=engine, **case.options)
        if "error" in outcome(whole, case.inputs, case) or whole.deliveries < 5:
            continue
        wanted, memory = results(whole, case), python_memories(whole)
        sim = en.Simulation(case.net, engine=engine, **case.options)
        sim.inject(case.inputs)
        kept = []
        for split in np.sort(rng.choice(np.arange(1, whole.deliveries), 3, replace=False)).tolist():
            sim.run(until=case.until, max_deliveries=split - sim.deliveries)
            kept.append(sim.checkpoint())
            sim = en.Simulation(case.net, engine=engine, **case.options).resume(kept[-1])
            assert sim.deliveries == kept[-1].taken == split
            caught += not sim.idle
        for checkpoint in [None, *kept]:  # the last link of the chain, then each checkpoint once more: none has changed
            if checkpoint is not None:
                sim = en.Simulation(case.net, engine=engine, **case.options).resume(checkpoint)
            sim.run(until=case.until)
            assert results(sim, case) == wanted, (family, seed)
            assert python_memories(sim) == memory
        done, memories = done + 1, memories + len(memory)
        if done >= 4 and (memories or family != "all kinds"):
            break
    assert done >= 4
    assert caught >= 8
    assert memories or family != "all kinds"


@pytest.mark.parametrize("engine", few(["reference", "compiled"], 1))
def test_random_numbers_and_changing_weights_go_on_where_they_were(engine: str) -> None:
    x, y = np.random.default_rng(0).random((6, 4)), np.array([0, 1, 2, 0, 1, 2])
    dsn = DeepSpikingNetwork(
        [4, 5, 3], rule="fsgd", backward_reset="random", steps=3, init_scale=0.5, learning_rate=0.2
    )
    net, feed = dsn.training_network(x.astype(np.float32), np.eye(3, dtype=np.float32)[y])
    noisy = net.add(en.Poisson(3, net.weights(np.full((2, 3), 0.6), name="noise"), seed=5, name="noisy"))
    net.connect(noisy.out, net.add(en.Sink(3, name="heard")).spikes)
    feed = np.concatenate([feed, en.events([(int(t), noisy.spikes, k % 2, 1) for k, t in enumerate(feed["t"])])])
    case = Case(net, feed, {"engine": engine, "record": True, "roots": True, "order": "depth"}, 10**6)
    wanted = outcome(whole := en.Simulation(net, **case.options), feed, case)
    assert len(set(whole.log["port"].tolist())) > 6
    assert any(whole.state(f"back{k}")["draws"][1] for k in (1,))
    assert not np.array_equal(whole.weights("W0"), net["layer0"].blocks["w"].array)
    for split in range(1, whole.deliveries, whole.deliveries // 7):
        sim = en.Simulation(net, **case.options)
        sim.inject(feed)
        later = en.Simulation(net, **case.options).resume(sim.run(max_deliveries=split).checkpoint())
        assert outcome(later, feed[:0], case) == wanted, split


@pytest.mark.parametrize("engine", ["compiled", "reference"])
@pytest.mark.parametrize("record", [True, 7])
def test_without_the_log_so_far_a_checkpoint_begins_a_log_of_its_own(engine: str, record: bool | int) -> None:
    whole = begun(engine=engine, record=record).run().log.tolist()
    sim = begun(engine=engine, record=record)
    taken = sim.deliveries
    later = small(engine, record=record).resume(sim.checkpoint(log=False))
    assert later.log.tolist() == []
    rest = later.run().log.tolist()
    assert rest == [line for line in whole if line[0] >= taken]
    assert rest
    assert sim.run().log.tolist() == whole


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


@pytest.mark.parametrize("engine", ["compiled", "reference"])
@pytest.mark.parametrize("order", ["breadth", "depth", "fifo", "random"])
def test_a_batch_that_is_open_stays_open(order: str, engine: str, tmp_path: Path) -> None:
    net = en.Network()
    relay = net.add(en.Relay(4))
    for name in ("one", "two"):  # each passes on what it hears: a batch of its own
        branch = net.add(en.Relay(4, name=name))
        net.connect(relay.out, branch.spikes)
        net.connect(branch.out, net.add(en.Sink(4, name=f"end of {name}")).spikes)
    inputs = [(0, relay.spikes, k, 1) for k in range(4)]
    whole = en.simulate(net, inputs, order=order, engine=engine, record=True).log.tolist()
    for taken in range(1, len(whole)):
        sim = en.Simulation(net, order, engine=engine, record=True)
        sim.inject(inputs)
        sim.run(max_deliveries=taken).save(tmp_path / "c.npz")
        later = en.Simulation(net, order, engine=engine, record=True).resume(tmp_path / "c.npz")
        assert later.run().log.tolist() == whole


ELSEWHERE = """
import sys
import numpy as np
import eventnet as en

def key(t, source, wire, index, sign, magnitude, rank, seq, seed):
    return 2, -seq

net = en.Network()
relay = net.add(en.Relay(4))
for name in ("one", "two"):
    net.connect(relay.out, net.add(en.Sink(4, name=name)).spikes)
sim = en.Simulation(net, key, record=True)
if sys.argv[1] == "begin":
    sim.inject([(0, relay.spikes, k, 1) for k in range(4)])
    sim.run(max_deliveries=5).save(sys.argv[2])
else:
    sim.resume(sys.argv[2])
print(sim.run().log.tolist())
"""


@pytest.mark.slow
def test_another_process_goes_on_where_keys_lie_elsewhere(tmp_path: Path) -> None:
    script = tmp_path / "elsewhere.py"
    script.write_text(ELSEWHERE)
    said = [
        subprocess.run(
            [sys.executable, script, what, "c.npz"], cwd=tmp_path, capture_output=True, text=True, check=True
        )
        for what in ("begin", "resume")
    ]
    assert said[0].stdout == said[1].stdout
    assert said[0].stdout.count("(") == 12


def test_an_address_in_a_checkpoint_is_never_called(tmp_path: Path) -> None:
    sim = small(order="random")
    sim.engine.st[S_KEY] = 12345  # as another process might have had it
    sim.save(tmp_path / "c.npz")
    later = small(order="random").resume(tmp_path / "c.npz")
    assert later.engine.st[S_KEY] == later.order.address()


@pytest.mark.parametrize("engine", ["compiled", "reference"])
def test_an_instant_has_the_same_budget_however_it_is_cut(engine: str, tmp_path: Path) -> None:
    net = en.Network()
    relay = net.add(en.Relay(1))
    net.connect(relay.out, relay.spikes)
    sim = en.Simulation(net, engine=engine, budget=50)
    sim.inject([(0, relay.spikes, 0, 1)])
    sim.run(max_deliveries=20).save(tmp_path / "c.npz")
    later = en.Simulation(net, engine=engine, budget=50).resume(tmp_path / "c.npz")
    with pytest.raises(UnsettledError):
        later.run()
    assert later.deliveries == 50


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
    with pytest.raises(DataError, match=f"c.npz is of a simulation with another {what}"):
        small(**options).resume(tmp_path / "c.npz")
    with pytest.raises(DataError, match=f"the checkpoint of t=6 is of a simulation with another {what}"):
        small(**options).resume(begun().checkpoint())


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

    def begin(self) -> None:
        self.seen, self.order, self.sums = 0, [0], np.zeros(self.units)
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


# --- made on purpose -------------------------------------------------------------------------------------------------
def chained(engine: str = "compiled", order: str = "depth") -> en.Simulation:
    """A relay, a layer and a sink, a delay between the last two."""
    net = en.Network()
    relay = net.add(en.Relay(4, name="relay"))
    layer = net.add(en.Herding(4, net.weights(np.full((4, 4), 0.4)), name="layer"))
    net.connect(relay.out, layer.spikes)
    net.connect(layer.out, net.add(en.Sink(4, name="sink")).spikes, delay=3)
    return en.Simulation(net, order, engine=engine)


def caught() -> Checkpoint:
    sim = chained()
    sim.inject([(t // 3, sim.net["relay"].spikes, t % 4, 1) for t in range(60)])  # type: ignore[attr-defined]
    checkpoint = sim.run(max_deliveries=41).checkpoint()
    assert checkpoint.arrays["engine:queue:line_count"][0] > 0
    return checkpoint


EDITS = [
    ("queue:base", 0, 10**9), ("queue:cap", 0, -5), ("queue:tail", 0, 10**9), ("queue:line_head", 0, 10**9),
    ("queue:line_count", 0, 10**9), ("words", S_TAKEN, -1), ("words", S_IN_END, 10**9), ("words", S_COUNT, 10**6),
    ("words", S_IN_CURSOR, -(10**6)), ("words", S_HEAD, 2**62), ("words", S_SEQ, 0), ("waiting", 0, 10**9),
    ("queue:opened", 0, 10**6),
]  # fmt: skip


@pytest.mark.parametrize("name, at, number", EDITS)
def test_a_number_that_leads_out_of_the_arrays_is_refused_though_its_hash_is_right(
    name: str, at: int, number: int, tmp_path: Path
) -> None:
    checkpoint = caught()
    checkpoint.arrays[f"engine:{name}"][at] = number
    checkpoints.write(checkpoint, tmp_path / "c.npz")
    sim = chained()
    with pytest.raises(DataError, match=r"c\.npz is damaged: .*(wanted|but not)"):
        sim.resume(tmp_path / "c.npz")
    assert sim.deliveries == 0
    assert sim.idle


def test_inputs_that_are_cut_off_are_refused() -> None:
    checkpoint = caught()
    checkpoint.arrays["engine:queue:in_t"] = checkpoint.arrays["engine:queue:in_t"][:1]
    with pytest.raises(DataError, match="the shape of 'queue:in_port'"):
        chained().resume(checkpoint)


def test_parameters_and_counts_that_no_run_leaves_behind_are_refused() -> None:
    for name, number, match in (("store:param:layer:step", 0, "no run changes"), ("store:tally", -1, "'tally' at")):
        checkpoint = caught()
        checkpoint.arrays[name].flat[0] = number
        with pytest.raises(DataError, match=match):
            chained().resume(checkpoint)


@pytest.mark.parametrize("name", ["time", "taken", "log", "modules"])
@pytest.mark.parametrize("value", [None, "1", [], 0.5])
def test_a_text_of_another_type_is_refused(name: str, value: Any) -> None:
    checkpoint = caught()
    checkpoint.text[name] = value
    with pytest.raises(DataError, match=f"'{name}' is .*; wanted (int|bool|dict)"):
        chained().resume(checkpoint)


def test_a_file_whose_potentials_were_edited_is_refused_by_its_hash(tmp_path: Path) -> None:
    caught_now, path = caught(), tmp_path / "c.npz"
    checkpoints.write(caught_now, path)
    with np.load(path) as file:
        arrays = {name: file[name] for name in file.files}
    arrays["store:state:layer:phi"][0] += 0.25
    np.savez(path, **arrays)
    with pytest.raises(DataError, match="its SHA-256 is"):
        chained().resume(path)


@pytest.mark.parametrize("form", checkpoints.WITHOUT_NOTICES)
def test_a_file_that_counts_notices_as_spikes_is_refused_in_plain_words(tmp_path: Path, form: str) -> None:
    checkpoint, path = caught(), tmp_path / "c.npz"
    as_before(checkpoint, form, path)
    with pytest.raises(
        DataError,
        match=rf"c.npz has format '{form}', in which spikes of neurons and notices \(relay.out sends some\) are counted",
    ):
        chained().resume(path)


def as_before(checkpoint: Checkpoint, form: str, path: Path, **others: Any) -> None:
    """Write a checkpoint as a version did that counted notices as spikes. others: arrays that stand for its own."""
    arrays = dict(checkpoint.arrays)
    for name in ("store:tally", "engine:roots"):
        column = NOTICES + (2 if name == "engine:roots" and "engine:counters" in arrays else 0)
        arrays[name] = np.delete(arrays[name], column, axis=1)
    arrays |= others
    text = {"format": form, **checkpoint.text}
    if form != checkpoints.WITHOUT_HASH:
        text["sha256"] = sha256(checkpoint.text, arrays)
    np.savez(path, json=np.frombuffer(json.dumps(text).encode(), np.uint8), **arrays)


def sources(engine: str) -> en.Simulation:
    """Neurons of whose spikes none is a notice: inputs, leaky units and a sink."""
    net = en.Network()
    layer = net.add(en.LeakyIntegrate(4, net.weights(np.full((4, 4), 0.4)), tau=9.0, name="layer"))
    net.connect(layer.out, net.add(en.Sink(4, name="sink")).spikes, delay=3)
    return en.Simulation(net, engine=engine, record=True, roots=True)


@pytest.mark.parametrize("engine", ["reference", "compiled"])
@pytest.mark.parametrize("form", checkpoints.WITHOUT_NOTICES)
def test_a_run_goes_on_from_a_file_of_before_where_nothing_sends_notices(
    tmp_path: Path, form: str, engine: str
) -> None:
    sim, path = sources(engine), tmp_path / "c.npz"
    sim.inject([(t // 3, sim.net["layer"].spikes, t % 4, 1) for t in range(60)])  # type: ignore[attr-defined]
    as_before(sim.run(max_deliveries=41).checkpoint(), form, path)
    again = sources(engine).resume(path)
    assert again.tally.by_port() == sim.tally.by_port()
    sim.run()
    again.run()
    assert again.log.tobytes() == sim.log.tobytes()
    assert again.tally.by_port() == sim.tally.by_port()
    assert again.tally.by_root() == sim.tally.by_root()
    assert sim.tally.spikes > 5


@pytest.mark.parametrize(
    ("name", "array", "message"),
    [
        ("store:tally", np.zeros(6, np.int64), "is damaged: "),
        ("store:tally", np.zeros((3, 11), np.int64), r"is damaged: it holds int64 \[3, 12\] for 'tally'"),
        ("store:tally", np.full((3, 10), -1), "is damaged: .*'tally'"),
        ("engine:roots", np.zeros((5, 2), np.int64), "is damaged: "),
    ],
)
def test_a_file_of_before_is_checked_as_others_are(tmp_path: Path, name: str, array: Any, message: str) -> None:
    sim, path = sources("reference"), tmp_path / "c.npz"
    sim.inject([(t // 3, sim.net["layer"].spikes, t % 4, 1) for t in range(60)])  # type: ignore[attr-defined]
    as_before(sim.run(max_deliveries=41).checkpoint(), checkpoints.WITHOUT_HASH, path, **{name: array})
    with pytest.raises(DataError, match=message):
        sources("reference").resume(path)


def test_a_file_of_before_with_another_hash_is_damaged(tmp_path: Path) -> None:
    checkpoint = caught()
    as_before(checkpoint, checkpoints.WITHOUT_NOTICES[0], tmp_path / "c.npz")
    with np.load(tmp_path / "c.npz") as file:
        arrays = {name: file[name] for name in file.files}
    arrays["store:state:layer:phi"][0] += 0.25
    np.savez(tmp_path / "c.npz", **arrays)
    with pytest.raises(DataError, match="its SHA-256 is"):
        chained().resume(tmp_path / "c.npz")


def test_a_module_in_plain_python_is_not_given_another_size_or_method() -> None:
    net = en.Network()
    module = net.add(Remembers(3))
    sim = en.Simulation(net)
    sim.inject([(t, module.spikes, t % 3, 1) for t in range(8)])
    sim.run(until=5)
    for name, value in (("units", 9), ("on_spikes", 1), ("_first_port", 0), ("order", 7)):
        checkpoint = sim.checkpoint()
        checkpoint.text["modules"][module.name][name] = value
        with pytest.raises(DataError, match=f"attribute '{name}'"):
            en.Simulation(net).resume(checkpoint)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="forks, and guards memory by pages")
def test_no_mutant_of_a_hundred_ends_a_process_or_hangs_or_raises_what_is_not_ours() -> None:
    counts = Counter(tried(number, seed) for number, seed in itertools.islice(mutants(77, 30), 100))
    assert {what: counts[what] for what in OUTCOMES[3:]} == dict.fromkeys(OUTCOMES[3:], 0)
    assert counts["refused"] > 33
    assert counts["ran"] > 10


# --- large numbers ---------------------------------------------------------------------------------------------------
def moved_on(checkpoint: Checkpoint, engine: str, number: int) -> None:
    """Set the counters of deliveries and of emissions, and every count of the tally, to a number."""
    arrays = checkpoint.arrays
    if engine == "compiled":
        arrays["engine:words"][[S_TAKEN, S_SEQ]] = number
    else:
        arrays["engine:counters"][[COUNTERS.index("taken"), COUNTERS.index("seq")]] = number
    arrays["store:tally"][:] = number
    checkpoint.text["taken"] = number


def rest_of(engine: str, order: str, number: int, deliveries: int) -> tuple[list[Any], Any]:
    """Log and tally of a run that goes on with its counters there; a circle of spikes, two of them a tick."""
    net = en.Network()
    relays = [net.add(en.Relay(3, name=name)) for name in ("a", "b")]
    net.connect(relays[0].out, relays[1].spikes)
    net.connect(relays[1].out, relays[0].spikes, delay=1)
    net.connect(relays[0].out, net.add(en.Sink(3, name="sink")).spikes)

    def made() -> en.Simulation:
        return en.Simulation(net, order, engine=engine, record=True, seed=4)

    sim = made()
    sim.inject([(0, relays[0].spikes, k, 1) for k in range(3)])
    checkpoint = sim.run(max_deliveries=50).checkpoint(log=False)
    moved_on(checkpoint, engine, number)
    sim = made().resume(checkpoint)
    sim.run(max_deliveries=deliveries)
    return sim.log.tolist(), sim.store.tally.tolist()


@pytest.mark.parametrize("power", [32, 53])
@pytest.mark.parametrize("order", ["random", "depth", "breadth"])
def test_counters_pass_large_powers_of_two_exactly(order: str, power: int) -> None:
    number = 2**power - 500
    log, tally = rest_of("compiled", order, number, 1_000)
    assert (log, tally) == rest_of("reference", order, number, 1_000)
    assert [line[0] for line in log] == list(range(number, number + 1_000))
    assert sum(row[0] - number for row in tally) == 1_000


@pytest.mark.slow
@pytest.mark.parametrize("power", [32, 53])
@pytest.mark.parametrize("order", ["random", "depth", "breadth", "fifo", "magnitude"])
def test_counters_pass_large_powers_of_two_after_20_000_deliveries(order: str, power: int) -> None:
    number = 2**power - 20_000
    log, tally = rest_of("compiled", order, number, 40_000)
    assert (log, tally) == rest_of("reference", order, number, 40_000)
    assert [line[0] for line in log] == list(range(number, number + 40_000))
    assert sum(row[0] - number for row in tally) == 40_000
