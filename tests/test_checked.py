"""Checked runs: an index outside of an array is an error that says where, in both engines; the bytes stay the same."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from cases import make_case, make_change_case, run_case
from current_cases import make_current_case
from pd_cases import make_pd_case

import eventnet as en
from eventnet.engine.guarded import Beyond, guarded
from eventnet.errors import BoundsError, EngineError, OrderError, RuleError
from eventnet.kernels.rows import add_row, decay_and_add, fire
from eventnet.tally import N_COLUMNS

ENGINES = ("reference", "compiled")
MAKERS = {"layers": make_case, "changes": make_change_case, "currents": make_current_case, "steps": make_pd_case}


class Held(en.Module):
    """Three potentials that others read."""

    units = 3
    phi = en.State()


def module_of(body: Any, **declared: Any) -> Any:
    """A module of 3 units whose port `spikes` follows a function of (phi, n, w, theirs, gain, out, tally, i)."""

    @en.rule
    def follow(i, s, t, out, tally, phi, theirs, n, w, gain):
        body(phi=phi, theirs=theirs, n=n, w=w, gain=gain, out=out, tally=tally, i=i)

    class Own(en.Module):
        units = 3
        w = en.Weights("n_in", "units")
        other = en.Other(Held)
        phi = en.State()
        theirs = en.State.of(other, "phi")
        n = en.Integers(2)
        gain = en.Param(2.0)
        spikes = en.Port(follow, emits="out", accepts="n_in")
        out = en.Outlet()

    return Own


def checked(body: Any, engine: str = "compiled") -> en.Run:
    """A checked run of one input (t=7, index 1) to such a module, with weights [2, 3]."""
    net = en.Network("float64")
    other = net.add(Held(name="other"))
    own = net.add(module_of(body)(net.weights([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]), other, name="own"))
    sink = net.add(en.Sink(3))
    net.connect(own.out, sink.spikes)
    return en.simulate(net, [(7, own.spikes, 1, 1)], engine=engine, check=True)


def put(array: str, index: Any) -> Any:
    def body(**names: Any) -> None:
        names[array][index] = 1

    return body


def get(array: str, index: Any) -> Any:
    return lambda **names: names[array][index]


BAD = [
    (put("phi", 3), r"writes phi\[3\], but phi has shape \[3\]"),
    (put("phi", -1), r"writes phi\[-1\]"),
    (get("phi", 3), r"reads phi\[3\]"),
    (get("phi", -1), r"reads phi\[-1\]"),
    (get("phi", np.int64(-1)), r"reads phi\[-1\]"),
    (get("w", (1, 3)), r"reads w\[1, 3\], but w has shape \[2, 3\]"),
    (put("w", (0, 3)), r"writes w\[0, 3\]"),  # within the block's memory it would be padding, or the next row
    (put("w", (0, 64)), r"writes w\[0, 64\]"),
    (get("w", 2), r"reads w\[2\]"),
    (get("w", (2, 0)), r"reads w\[2, 0\]"),
    (get("w", (-1, 0)), r"reads w\[-1, 0\]"),
    (get("n", 2), r"reads n\[2\]"),
    (put("n", -2), r"writes n\[-2\]"),
    (get("theirs", 3), r"reads theirs\[3\]"),
    (put("theirs", 0), r"writes theirs\[0\], but theirs is another module's: read only"),
    (put("phi", slice(1, 4)), r"writes phi\[1:4\]"),
    (get("phi", slice(-2, None)), r"reads phi\[-2:\]"),
    (get("phi", slice(0, 5, 2)), r"reads phi\[0:5:2\]"),
    (get("phi", np.array([0, 3])), r"reads phi\[\[0, 3\]\]"),
    (get("phi", [-1]), r"reads phi\[\[-1\]\]"),
    (get("phi", np.array([True, False])), r"reads phi\[\[True, False\]\]"),
    (get("w", (Ellipsis, 3)), r"reads w\[..., 3\]"),
    (get("w", (slice(None), [0, 3])), r"reads w\[:, \[0, 3\]\]"),
    (put("tally", N_COLUMNS), rf"writes tally\[{N_COLUMNS}\]"),
    (lambda w, **_: w[1][3], r"reads w\[3\]"),
    (lambda phi, w, **_: add_row(phi, w, 2, 1, np.zeros(N_COLUMNS, np.int64)), r"reads w\[2, 0\]"),
    (lambda phi, w, **_: add_row(w[0], w[:, :2], 1, 1, np.zeros(N_COLUMNS, np.int64)), r"reads w\[1, 2\]"),
    (
        lambda phi, w, n, **_: decay_and_add(phi, w, 0, 1, 0, 1.0, n, False, np.zeros(N_COLUMNS, np.int64)),
        r"reads n\[2\]",
    ),
]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("body", "said"), BAD, ids=range(len(BAD)))
def test_an_index_outside_of_an_array_is_refused_with_module_port_time_and_index(
    body: Any, said: str, engine: str
) -> None:
    with pytest.raises(BoundsError, match=r"port own\.spikes at t=7, index 1: rule 'follow' \(.*line \d+\) " + said):
        checked(body, engine)


@pytest.mark.parametrize("engine", ENGINES)
def test_what_lies_within_is_read_and_written(engine: str) -> None:
    def body(phi: Any, theirs: Any, n: Any, w: Any, gain: Any, out: Any, tally: Any, i: int) -> None:
        phi[0], phi[1:3], n[1] = w[1, 2], w[0, :2] * gain, len(w)
        w[0, ...], w[np.array([1]), 0] = theirs[:3], phi[[1]]
        tally[0] += 0
        add_row(phi, w, 1, 1, tally)
        fire(phi, 7.5, 1.0, False, out, tally)

    run = checked(body, engine)
    # Row 1 is [2, 5, 6] by then, and phi [6, 2, 4]: 8, 7 and 10, of which the last fires three times, the first once.
    assert run.state("own")["phi"].tolist() == [7.0, 7.0, 7.0]
    assert run.state("own")["n"].tolist() == [0, 2]
    assert run.weights("w0").tolist() == [[0, 0, 0], [2, 5, 6]]


@pytest.mark.parametrize("engine", ENGINES)
def test_a_parameter_is_one_number(engine: str) -> None:
    with pytest.raises(RuleError, match="own.spikes at t=7, index 1.*stopped with IndexError: invalid index"):
        checked(get("gain", 0), engine)


@pytest.mark.parametrize("engine", ENGINES)
def test_only_spikes_of_this_reaction_can_be_looked_at(engine: str) -> None:
    for k in (-1, 1):
        with pytest.raises(RuleError, match=f"there is none with number {k}"):
            checked(lambda out, k=k, **_: (out.spike(0, 1), out.index(k)), engine)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_spike_of_a_unit_that_there_is_not_is_refused(engine: str) -> None:
    for index in (-1, 3):
        with pytest.raises(RuleError, match="made a spike whose index"):
            checked(lambda out, index=index, **_: out.spike(index, 1), engine)


@pytest.mark.parametrize("engine", ENGINES)
def test_after_it_the_simulation_counts_as_failed(engine: str) -> None:
    net = en.Network("float64")
    other = net.add(Held(name="other"))
    own = net.add(module_of(get("phi", 3))(net.weights(np.eye(3)), other, name="own"))
    sim = en.Simulation(net, engine=engine, check=True)
    sim.inject([(0, own.spikes, 0, 1)])
    with pytest.raises(BoundsError):
        sim.run()
    with pytest.raises(EngineError, match="failed before"):
        sim.run()


def test_a_view_of_a_view_has_bounds_of_its_own() -> None:
    view = guarded(np.arange(6.0), "v")[2:4]
    assert view[1] == 3
    for index in (2, -1):
        with pytest.raises(Beyond, match=r"v\[-?\d\], but v has shape \[2\]"):
            view[index]


@pytest.mark.slow
@pytest.mark.parametrize("kind", MAKERS)
@pytest.mark.parametrize("engine", ENGINES)
def test_a_checked_run_has_the_bytes_of_an_unchecked_one(kind: str, engine: str) -> None:
    for seed in range(6):
        case = MAKERS[kind](seed)
        assert run_case(case, engine, check=True) == run_case(case, "reference"), seed


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("check", [False, True])
def test_checked_and_unchecked_runs_take_up_each_others_checkpoints(engine: str, check: bool) -> None:
    net = en.Network("float64")
    layer = net.add(en.Herding(3, net.weights([[0.4, 0.3, -0.6], [0.2, 0.7, 0.1]])))
    sink = net.add(en.Sink(3))
    net.connect(layer.out, sink.spikes, 2)
    inputs = [(t, layer.spikes, t % 2, 1) for t in range(20)]
    whole = en.simulate(net, inputs, engine=engine, record=True)
    first = en.Simulation(net, engine=engine, record=True, check=check)
    first.inject(inputs)
    rest = en.Simulation(net, engine=engine, record=True, check=not check)
    rest.resume(first.run(9).checkpoint()).run()
    assert rest.log.tobytes() == whole.log.tobytes()
    assert rest.state(layer)["phi"].tobytes() == whole.state(layer)["phi"].tobytes()


def test_in_the_reference_engine_their_checkpoints_are_equal() -> None:
    def kept(check: bool) -> dict[str, bytes]:
        net = en.Network("float64")
        layer = net.add(en.Herding(2, net.weights([[0.4, 0.7]])))
        sim = en.Simulation(net, engine="reference", check=check)
        sim.inject([(t, layer.spikes, 0, 1) for t in range(20)])
        found = sim.run(9).checkpoint()
        return {name: array.tobytes() for name, array in found.arrays.items()} | {"text": repr(found.text).encode()}

    assert kept(True) == kept(False)


# --- rules that do not compile ---
def test_a_call_with_too_few_arguments_says_what_the_plain_call_says() -> None:
    def calls(out: Any, phi: Any, w: Any, **_: Any) -> None:
        out.spike(0)

    for engine in ENGINES:
        with pytest.raises(RuleError, match=r"rule 'follow' .*TypeError: Out.spike\(\) missing 1 required.*'sign'"):
            checked(calls, engine)


@en.rule
def too_few(i, s, t, out, tally, phi):
    out.spike(0)
    return 0


@en.rule
def unknown(i, s, t, out, tally, phi):
    phi[0] = nowhere  # type: ignore[name-defined]  # noqa: F821
    return 0


@en.rule
def helped(i, s, t, out, tally, phi):
    add_row(phi)  # type: ignore[call-arg]
    return 0


@en.rule
def later_on(i, s, t, out, tally, phi):
    if phi[0] > 0:
        out.spike(0)
    return 0


@en.rule
def plain_only(i, s, t, out, tally, phi):
    phi[0] = sum(float(x) for x in {"1": 2, 3: 4}.values())
    return 0


def one_rule(rule: en.Rule) -> tuple[en.Network, Any]:
    class One(en.Module):
        spikes = en.Port(rule, emits="out", accepts="units")
        out = en.Outlet()
        phi = en.State()

    net = en.Network("float64")
    return net, net.add(One(1, name="one"))


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (too_few, r"rule 'too_few' \(.*test_checked.py, line {1}\).*TypeError: Out.spike\(\) missing 1 .*'sign'$"),
        (unknown, r"rule 'unknown' \(.*test_checked.py, line {1}\).*NameError: name 'nowhere' is not defined$"),
        (helped, r"rule 'helped' \(.*test_checked.py, line {1}\).*TypeError: add_row\(\) missing 4 required"),
        (later_on, r"rule 'later_on' \(.*test_checked.py, line {2}\) does not compile: missing a required argument: 'sign'"),
        (plain_only, r"rule 'plain_only' \(.*line \d+\) does not compile: .*check=True.* runs as plain Python$"),
    ],
    ids=lambda value: value.name if isinstance(value, en.Rule) else "",
)  # fmt: skip
def test_a_rule_that_does_not_compile_is_told_in_a_line(rule: en.Rule, said: str) -> None:
    first = rule.py_func.__code__.co_firstlineno
    net, one = one_rule(rule)
    with pytest.raises(RuleError) as found:
        en.simulate(net, [(0, one.spikes, 0, 1)])
    said = said.replace("{1}", str(first + 2)).replace("{2}", str(first + 3))
    found.match(said)
    assert "\n" not in str(found.value)
    assert found.value.__cause__ is None


def test_a_rule_that_does_not_compile_runs_checked() -> None:
    net, one = one_rule(plain_only)
    assert en.simulate(net, [(0, one.spikes, 0, 1)], check=True).state(one)["phi"].tolist() == [6.0]


def test_a_key_that_does_not_compile_is_told_in_a_line() -> None:
    def own(t, source, wire, index, sign, magnitude, rank, seq, seed):
        return 2, nowhere  # type: ignore[name-defined]  # noqa: F821

    with pytest.raises(OrderError, match="order 'own' .*does not compile: NameError: name 'nowhere'") as found:
        en.Simulation(en.Network(), own)
    assert "\n" not in str(found.value)
