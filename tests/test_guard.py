"""A simulation is idle, running or failed: what may be asked of it when, by whom, and what an exception leaves."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cases import Injecting, feed, make_injecting_case, seen
from few import few

import eventnet as en
from eventnet.errors import EngineError, InputError, RuleError

ENGINES = ("reference", "compiled")
ORDERS = ("depth", "breadth", "magnitude")


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


class Calling(en.PythonModule):
    """Passes spikes on, and calls `Calling.act(t)` at each of them."""

    spikes = en.Port(emits="out", accepts="units")
    out = en.Outlet()
    units = 4
    most = en.Derived(1)
    act: Callable[[int], None]

    def on_spikes(self, i: int, s: int, t: int, out: Any, tally: Any) -> None:
        out.spike(i, s)
        tally[4] += 1
        type(self).act(t)


def calling(engine: str, act: Callable[[int], None], order: str = "breadth", **options: Any) -> Any:
    """A relay before a module that calls `act`, a layer and a sink behind it; 20 inputs, one a tick."""
    Calling.act = staticmethod(act)  # type: ignore[assignment]
    net = en.Network()
    relay, caller = net.add(en.Relay(4, name="relay")), net.add(Calling(name="caller"))
    layer = net.add(en.Herding(4, net.weights(np.full((4, 4), 0.3)), name="layer"))
    sink = net.add(en.Sink(4, name="sink"))
    net.connect(relay.out, caller.spikes)
    net.connect(relay.out, layer.spikes)
    net.connect(caller.out, layer.spikes)
    net.connect(layer.out, sink.spikes, delay=3)
    sim = en.Simulation(net, order, engine=engine, **{"record": True, "roots": True} | options)
    sim.inject([(t, relay.spikes, t % 4, 1) for t in range(20)])
    return sim


def nothing(t: int) -> None:
    """What a module does that does nothing."""


# --- inputs from within a reaction -----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "options", few([{}, {"root_limit": 5, "record": False}, {"record": False}, {"roots": False}], 2)
)
@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize(("n", "later"), [(1, 0), (1, 2), (3000, 0), (3000, 1)])
def test_inputs_of_a_reaction_are_taken_alike_by_both_engines(n: int, later: int, order: str, options: Any) -> None:
    found = []
    for engine in ENGINES:
        calls = []

        def act(t: int) -> None:
            calls.append(t)  # noqa: B023
            if len(calls) == 6:  # noqa: B023
                sim.inject([(t + later, k % 2 * int(layer.spikes), k % 4, 1) for k in range(n)])  # noqa: B023

        sim = calling(engine, act, order, **options)
        layer: Any = sim.net["layer"]
        sim.run()
        assert sim.tally.deliveries == sim.deliveries
        assert len(calls) == 20 + (n + 1) // 2
        log = sim.log.tobytes() if options.get("record", True) else b""
        costs = (sim.tally.by_root(), sim.tally.beyond_roots()) if sim.roots else None
        found.append((log, sim.tally.by_port(), costs, sim.deliveries, sim.time, sim.state("layer")["phi"].tolist()))
    assert found[0] == found[1]


@pytest.mark.parametrize("order", ["breadth", "fifo", "depth"])
def test_an_input_of_the_present_instant_goes_before_what_waits_but_behind_what_depth_first_put_first(
    order: str, engine: str
) -> None:
    def act(t: int) -> None:
        if t == 0:
            sim.inject([(0, int(sim.net["sink"].spikes), 0, 1)])

    sim = calling(engine, act, order)
    relay, caller, layer, sink = (int(m.spikes) for m in sim.net.modules)
    ports = sim.run().log["port"][:5].tolist()
    assert ports == [relay, caller, *([layer, layer, sink] if order == "depth" else [sink, layer, layer])]


@pytest.mark.parametrize("tens", range(3))
def test_engines_agree_on_random_networks_whose_modules_inject(tens: int) -> None:
    injected = 0
    for seed in range(10 * tens, 10 * tens + 10):
        case, found = make_injecting_case(seed), []
        for engine, way in (("reference", "at once"), ("compiled", "at once"), ("compiled", "in pieces")):
            Injecting.sim = sim = en.Simulation(case.net, engine=engine, **case.options)
            error = None
            try:
                feed(sim, case.inputs, way, case.until)
            except en.EventnetError as problem:
                error = f"{type(problem).__name__}: {problem}"
            parts = seen(sim, case.net)
            if error is not None and error.startswith("RuleError"):  # the state is as a broken reaction left it
                parts = {"log": parts["log"]}
            del parts["time"]
            found.append({"error": error, **parts})
        for part, wanted in found[0].items():
            assert found[1][part] == found[2][part] == wanted, f"network {seed}, {case.options['order']}: {part}"
        injected += sum(source < 0 for _, _, _, _, source, *_ in found[0]["log"]) - len(case.inputs)
    assert injected > 1000


def test_inputs_of_a_reaction_are_checked(engine: str) -> None:
    refused = []

    def act(t: int) -> None:
        for wrong in ((t - 1, 0, 0, 1), (t, 99, 0, 1), (t, 0, 4, 1), (t, 0, 0, 2)):
            with pytest.raises(InputError) as caught:
                sim.inject([wrong])
            refused.append(str(caught.value))

    sim = calling(engine, act)
    sim.run()
    assert refused[4] == "input 0 is (t=0, port=0, index=0, sign=1); time is 1 already"
    assert len(refused) == 80
    assert sim.deliveries == calling(engine, nothing).run().deliveries


def test_a_stop_and_a_number_of_deliveries_hold_where_a_reaction_injects(engine: str) -> None:
    def act(t: int) -> None:
        if t < 20:
            sim.inject([(t + 1, 0, 0, 1)])

    sim = calling(engine, act)
    whole = sim.run().log.tobytes()
    sim = calling(engine, act)
    while not sim.idle:
        before = sim.deliveries
        sim.run(max_deliveries=1)
        assert sim.deliveries == before + 1
    assert sim.log.tobytes() == whole
    sim = calling(engine, act)
    caller = sim.net["caller"].spikes
    while not sim.run(stop=caller).idle:
        assert sim.log["port"][-1] == int(caller)
    assert sim.log.tobytes() == whole


def test_a_key_function_may_not_inject() -> None:
    def key(t, source, wire, index, sign, magnitude, rank, seq, seed):
        sim.inject([(t, 0, 0, 1)])
        return 2, 0

    sim = calling("reference", nothing, key)  # type: ignore[arg-type]
    with pytest.raises(EngineError, match=r"inject\(\) was called from within a run of the same simulation"):
        sim.run()


# --- what a reaction may ask -----------------------------------------------------------------------------------------
QUESTIONS: dict[str, Callable[[Any, Path], Any]] = {
    "run()": lambda sim, path: sim.run(),
    "resume()": lambda sim, path: sim.resume(sim.earlier),
    "checkpoint()": lambda sim, path: sim.save(path / "checkpoint.npz"),
    "log": lambda sim, path: sim.log,
    "tally": lambda sim, path: sim.tally,
    "causes": lambda sim, path: sim.causes,
    "deliveries": lambda sim, path: sim.deliveries,
    "predictions": lambda sim, path: sim.predictions,
    "annihilated": lambda sim, path: sim.annihilated,
    "idle": lambda sim, path: sim.idle,
}


@pytest.mark.parametrize("what", QUESTIONS)
def test_a_reaction_that_asks_for_what_is_half_done_is_refused_and_disturbs_nothing(
    what: str, engine: str, tmp_path: Path
) -> None:
    refused = []

    def act(t: int) -> None:
        with pytest.raises(EngineError) as caught:
            QUESTIONS[what](sim, tmp_path)
        refused.append(str(caught.value))

    earlier = calling(engine, nothing).checkpoint()
    sim = calling(engine, act)
    sim.earlier = earlier
    sim.run()
    assert refused == [f"{what} was called from within a run of the same simulation; wanted after it"] * 20
    assert sim.log.tobytes() == calling(engine, nothing).run().log.tobytes()
    assert sim.status == "idle"


def test_a_reaction_sees_state_and_time_as_they_are_then() -> None:
    found: dict[str, list[Any]] = {}
    for engine in ENGINES:

        def act(t: int) -> None:
            assert sim.time == t  # noqa: B023
            assert sim.status == "running"  # noqa: B023
            seen_now = sim["layer"][1].phi, sim.state("layer")["phi"].tolist(), sim.weights("w0").tolist()  # noqa: B023
            found[engine].append(seen_now)  # noqa: B023

        found[engine] = []
        sim = calling(engine, act, "depth")
        sim.run()
    assert found["reference"] == found["compiled"]
    assert len({now for now, *_ in found["reference"]}) > 3


# --- exceptions ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize(
    "error", [KeyError("k"), RuntimeError("r"), KeyboardInterrupt(), SystemExit(3), EngineError("e")]
)
def test_any_exception_of_a_reaction_fails_the_simulation_alike_in_both_engines(
    error: BaseException, order: str, tmp_path: Path
) -> None:
    found = []
    for engine in ENGINES:

        def act(t: int) -> None:
            if t == 13:
                raise type(error)(*error.args)

        earlier = calling(engine, nothing, order).checkpoint()
        sim = calling(engine, act, order)
        with pytest.raises(type(error)) as caught:
            sim.run()
        assert caught.value.__notes__ == ["in the reaction of port caller.spikes at t=13, index 1"]
        words = str(error) if isinstance(error, en.EventnetError) else f"{type(error).__name__}: {error}".rstrip(": ")
        assert sim.status == "failed"
        refused = f"cannot go on: {words}; in the reaction of port caller.spikes at t=13, index 1"
        for again in (sim.run, lambda: sim.inject([(99, 0, 0, 1)]), lambda: sim.resume(earlier)):  # noqa: B023
            with pytest.raises(EngineError, match=refused):
                again()
        with pytest.raises(EngineError, match="failed and has no good state to keep"):
            sim.save(tmp_path / "failed.npz")
        log = sim.log
        assert log[["t", "port"]][-1].tolist() == (13, int(sim.net["caller"].spikes))
        assert len(log) == sim.deliveries == sim.tally.deliveries
        found.append((log.tolist(), sim.tally.by_port(), sim.tally.by_root(), sim.state("layer")["phi"].tolist()))
    assert found[0] == found[1]


@pytest.mark.parametrize("code", [True, False])
def test_a_fault_of_a_module_in_plain_python_leaves_the_same_log_in_both_engines(code: bool) -> None:
    found = []
    for engine in ENGINES:
        sim = calling(engine, nothing)
        on_spikes = type(sim.store.python["caller"]).on_spikes

        def faulty(self: Any, i: int, s: int, t: int, out: Any, tally: Any) -> int:
            on_spikes(self, i, s, t, out, tally)  # noqa: B023
            if t == 7 and not code:
                out.spike(99, 1)
            return 5 if t == 7 and code else 0

        vars(sim.store.python["caller"])["on_spikes"] = faulty.__get__(sim.store.python["caller"])
        with pytest.raises(RuleError, match="port caller.spikes at t=7, index 3"):
            sim.run()
        assert len(sim.log) == sim.deliveries == sim.tally.deliveries
        found.append((sim.log.tolist(), sim.tally.by_port()))
    assert found[0] == found[1]


def test_a_log_that_cannot_be_written_fails_the_simulation(tmp_path: Path, engine: str) -> None:
    sim = calling(engine, nothing, record=tmp_path / "log.npy")
    sim._writer._file.close()
    with pytest.raises(ValueError, match="closed file"):
        sim.run()
    assert sim.status == "failed"


# --- threads ---------------------------------------------------------------------------------------------------------
THREADS = """
import sys, threading
import numpy as np
import eventnet as en

def make():
    net, rng = en.Network(), np.random.default_rng(0)
    a = net.add(en.Herding(20, net.weights(rng.normal(0, .4, (20, 20))), name="a"))
    b = net.add(en.Herding(20, net.weights(rng.normal(0, .4, (20, 20))), name="b"))
    net.connect(a.out, b.spikes)
    sim = en.Simulation(net, engine=sys.argv[1], record=True, roots=True, root_limit=100)
    sim.inject([(t, a.spikes, t % 20, 1) for t in range(n)])
    return sim, a

n = 20_000 if sys.argv[1] == "compiled" else 500
wanted = make()[0].run(until=n).log.tobytes()
for attempt in range(3):
    sim, a = make()
    ready, done, refused = threading.Barrier(4), [], []

    def use():
        ready.wait()
        for until in range(n // 10, n + 1, n // 10):
            for ask in (lambda: sim.run(until=until), lambda: sim.log, lambda: sim.tally, lambda: sim.checkpoint(),
                        lambda: sim.state("a"), lambda: sim.inject([(n + 1, a.spikes, 0, 1)]), lambda: sim.idle):
                try:
                    ask()
                    done.append(until)
                except (en.errors.EngineError, en.errors.InputError) as error:
                    refused.append(str(error))

    threads = [threading.Thread(target=use) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    log = sim.run(until=n).log
    assert log[log["t"] < n].tobytes() == wanted
    assert sim.tally.deliveries == sim.deliveries == len(log)
    assert done
    assert sys.argv[1] != "compiled" or any("another thread runs this simulation" in words for words in refused)
print("right")
"""


def test_threads_that_share_a_simulation_are_refused_and_spoil_nothing(engine: str) -> None:
    done = subprocess.run([sys.executable, "-c", THREADS, engine], capture_output=True, text=True, timeout=300)
    assert (done.returncode, done.stdout) == (0, "right\n"), done.stderr[-2000:]


def test_another_thread_may_use_a_simulation_that_does_not_run(engine: str) -> None:
    sim = calling(engine, nothing)
    threading_run = threading.Thread(target=sim.run)
    threading_run.start()
    threading_run.join()
    assert sim.log.tobytes() == calling(engine, nothing).run().log.tobytes()


def test_a_second_thread_is_refused_while_the_first_is_in_a_reaction(engine: str) -> None:
    words: list[str] = []

    def ask() -> None:
        for question in (sim.run, lambda: sim.inject([(50, 0, 0, 1)]), lambda: sim["layer"].phi, lambda: sim.log):
            with pytest.raises(EngineError) as caught:
                question()
            words.append(str(caught.value))

    def act(t: int) -> None:
        if t == 3:
            thread = threading.Thread(target=ask)
            thread.start()
            thread.join()

    sim = calling(engine, act)
    sim.run()
    assert [w.split(" was called while another thread runs this simulation")[0] for w in words] == [
        "run()", "inject()", "a look at 'phi' of 'layer'", "log",
    ]  # fmt: skip
    assert sim.log.tobytes() == calling(engine, nothing).run().log.tobytes()


def test_a_call_from_within_another_call_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a signal's handler may do."""
    sim = calling("reference", nothing)
    inject = sim.engine.inject
    monkeypatch.setattr(sim.engine, "inject", lambda events: (inject(events), sim.tally))
    with pytest.raises(EngineError, match="tally was called from within another call of the same simulation"):
        sim.inject([(30, 0, 0, 1)])
