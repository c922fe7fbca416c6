"""What newcomers guessed, in the order in which they did: each works, or raises an error that names the right way."""

from __future__ import annotations

import copy
import inspect
import pickle
import re
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import simpy

import eventnet as en
import eventnet.models
from eventnet import plotting
from eventnet.base.guesses import GUESSES, ROOMS, Guessed
from eventnet.errors import EventnetError, NoSuchName

pytest.importorskip("sklearn", reason="scikit-learn is not installed: pip install eventnet[sklearn]")


class Parts:
    """What a newcomer has at hand: a network of two modules, a simulation, and a clock."""

    def __init__(self) -> None:
        self.net = en.Network()
        self.eye = self.net.add(en.Relay(3, name="eye"))
        self.sink = self.net.add(en.Sink(3, name="sink"))
        self.net.connect(self.eye.out, self.sink.spikes)
        self.sim = en.Simulation(self.net, engine="reference", record=True)
        self.clock = en.Clock(self.sim)
        self.run = en.simulate(self.net, [(0, self.eye.spikes, 0, 1)], engine="reference", record=True)


@pytest.fixture
def parts() -> Parts:
    return Parts()


# --- the twenty ------------------------------------------------------------------------------------------------------
WORKS, WRONG, BY_DESIGN, LATER = "works", "wrong", "an error by design", "later work"


def a_model(_: Parts) -> Any:
    return eventnet.models.DeepSpikingNetwork([2, 2], engine="reference")


def own_clock(parts: Parts) -> en.Clock:
    return en.Clock(parts.sim, env=simpy.Environment())


# What was written, what becomes of it, and how an error goes on (a pattern) or what a result is.
GUESSED: list[tuple[str, str, Callable[[Parts], Any], Any]] = [
    ("en.__version__", WORKS, lambda p: en.__version__, "0.1.0"),
    ("en.LIF", BY_DESIGN, lambda p: en.LIF, "here it is en.LeakyIntegrate"),  # type: ignore[attr-defined]
    ("en.Leaky", BY_DESIGN, lambda p: en.Leaky, "here it is en.LeakyIntegrate"),  # type: ignore[attr-defined]
    ("en.LeakyIntegrateAndFire", BY_DESIGN, lambda p: en.LeakyIntegrateAndFire, "here it is en.LeakyIntegrate"),  # type: ignore[attr-defined]
    ("en.Herding(3)", WRONG, lambda p: en.Herding(3), "weights"),  # type: ignore[call-arg]
    ("net.weights((3, 4))", WRONG, lambda p: p.net.weights((3, 4)), r"wants first values: start=0\.1, or start=lambda"),
    ("net.connect(relay, sink)", WORKS, lambda p: repr(p.net.connect(p.eye, p.sink).target), "sink.spikes"),
    ("net.connect(relay.out, sink)", WORKS, lambda p: repr(p.net.connect(p.eye.out, p.sink).target), "sink.spikes"),
    ("net.run(100)", BY_DESIGN, lambda p: p.net.run(100), r"here it is en\.simulate\(net, inputs, until=\.\.\.\)"),  # type: ignore[attr-defined]
    ("en.simulate(net)", WORKS, lambda p: en.simulate(p.net, engine="reference").tally.deliveries, 0),
    ("delay=1.5", WRONG, lambda p: p.net.connect(p.eye, p.sink, delay=1.5), "1.5 ms are 1500 in ticks of 1 us"),  # type: ignore[arg-type]
    ("delay=[1, 2, 3]", LATER, lambda p: p.net.connect(p.eye, p.sink, delay=[1, 2, 3]), "a wire has one delay"),  # type: ignore[arg-type]
    ("inject([(np.float64(3), ...)])", WORKS, lambda p: p.sim.inject([(np.float64(3), p.eye.spikes, 0.0, 1)]), None),
    ("inject([(0, 'eye.spikes', 0, 1)])", WORKS, lambda p: p.sim.inject([(0, "eye.spikes", 0, 1)]), None),
    ("tally.by_module()", WORKS, lambda p: list(p.run.tally.by_module()), ["eye", "sink"]),
    ("plotting.raster(run)", WORKS, lambda p: plotting.raster(p.run).get_title(loc="left"), "2 deliveries"),
    ("Clock(env=...)", WORKS, lambda p: own_clock(p).run().time, 2**61),
    ("clock.process", BY_DESIGN, lambda p: p.clock.process, r"here it is clock\.env\.process\(generator\)"),  # type: ignore[attr-defined]
    ("dsn.get_params", LATER, lambda p: a_model(p).get_params, r"here it is eventnet\.sklearn\.DeepSpikingClassifier"),
    ("dsn.predict_proba", LATER, lambda p: a_model(p).predict_proba, r"eventnet\.sklearn\.DeepSpikingClassifier in "),
]  # fmt: skip


@pytest.mark.parametrize(("guess", "outcome", "tried", "wanted"), GUESSED, ids=[guess[0] for guess in GUESSED])
def test_a_guess_works_or_its_error_names_the_right_way(
    guess: str, outcome: str, tried: Callable[[Parts], Any], wanted: Any, parts: Parts
) -> None:
    if outcome == WORKS:
        assert tried(parts) == wanted
        return
    refused = (EventnetError, TypeError, AttributeError) if outcome == WRONG else (EventnetError,)
    with pytest.raises(refused, match=wanted):
        tried(parts)


def test_three_of_the_twenty_are_wrong() -> None:
    assert len(GUESSED) == 20
    assert [guess[0] for guess in GUESSED if guess[1] == WRONG] == ["en.Herding(3)", "net.weights((3, 4))", "delay=1.5"]
    assert sum(guess[1] == BY_DESIGN for guess in GUESSED) == 5


# --- names -----------------------------------------------------------------------------------------------------------
def owners(parts: Parts) -> dict[str, Any]:
    return {
        "module 'eventnet'": en, "Network": parts.net, "Simulation": parts.sim, "Run": parts.run, "Clock": parts.clock,
        "Tally": parts.sim.tally, "DeepSpikingNetwork": a_model(parts), "PDNetwork": eventnet.models.PDNetwork([2, 2]),
        "ReluNetwork": eventnet.models.ReluNetwork([2, 2]),
        "ConventionalNetwork": eventnet.models.ConventionalNetwork([2, 2]),
    }  # fmt: skip


def test_each_guess_of_the_table_is_no_name_and_its_owner_says_what_is(parts: Parts) -> None:
    assert set(owners(parts)) == set(GUESSES)
    for called, owner in owners(parts).items():
        for guess, instead in GUESSES[called].items():
            assert not hasattr(owner, guess), f"{called} has {guess!r}: it is no wrong guess"
            with pytest.raises(
                NoSuchName, match=re.escape(f"{called} has no attribute {guess!r}; here it is {instead}")
            ):
                getattr(owner, guess)


NAMED = re.compile(r"\b(en|net|sim|clock|run|tally|dsn|pd|relu|eventnet)((?:\.\w+)+)")


def test_what_the_table_names_is_there(parts: Parts) -> None:
    known: dict[str, Any] = {
        "en": en, "eventnet": en, "net": parts.net, "sim": parts.sim, "clock": parts.clock, "run": parts.run,
        "tally": parts.run.tally, "dsn": owners(parts)["DeepSpikingNetwork"], "pd": owners(parts)["PDNetwork"],
        "relu": owners(parts)["ReluNetwork"],
    }  # fmt: skip
    found = 0
    for instead in (text for table in GUESSES.values() for text in table.values()):
        for first, path in NAMED.findall(instead):
            owner = known[first]
            for name in path[1:].split("."):
                if name == "causes":  # of a run with roots=True
                    break
                owner = getattr(owner, name)
            found += 1
    assert found >= len(GUESSES)


def test_a_name_that_nobody_foresaw_is_compared_with_those_that_there_are() -> None:
    with pytest.raises(NoSuchName, match="^module 'eventnet' has no attribute 'qqq'; it has Accumulator, "):
        en.qqq  # type: ignore[attr-defined]  # noqa: B018
    with pytest.raises(NoSuchName, match="^module 'eventnet' has no attribute 'Herdin'; did you mean 'Herding'\\?$"):
        en.Herdin  # type: ignore[attr-defined]  # noqa: B018
    with pytest.raises(ImportError, match="cannot import name 'LIF'"):
        from eventnet import LIF  # type: ignore[attr-defined]  # noqa: F401


def test_a_room_that_nobody_has_imported_is_no_misspelled_name() -> None:
    asked = "import eventnet as en\nfor room in {0!r}:\n    en.__dict__.pop(room, None)\n    try: getattr(en, room)\n    except en.EventnetError as error: print(error)"
    done = subprocess.run([sys.executable, "-c", asked.format(ROOMS)], capture_output=True, text=True)
    said = [f"module 'eventnet' has no attribute {r!r}; it is a package: import eventnet.{r}" for r in ROOMS]
    assert done.stdout.splitlines() == said


def test_who_asks_for_names_that_may_not_be_there_is_told_no_as_ever(parts: Parts) -> None:
    for owner in owners(parts).values():
        assert not hasattr(owner, "run_all")
        assert not hasattr(owner, "_repr_latex_")
        assert getattr(owner, "nothing", 7) == 7
        assert dir(owner)
    again = copy.deepcopy(parts.net)
    assert [m.name for m in copy.copy(again).modules] == ["eye", "sink"]
    assert [m.name for m in pickle.loads(pickle.dumps(again)).modules] == ["eye", "sink"]
    assert copy.copy(parts.run.tally).by_port() == pickle.loads(pickle.dumps(parts.run.tally)).by_port()
    assert pickle.loads(pickle.dumps(parts.run)).log.tolist() == parts.run.log.tolist()


def test_the_error_survives_the_way_from_a_process_to_another(parts: Parts) -> None:
    for owner, name in ((parts.net, "run"), (en, "Herdin"), (en, "qqq")):
        with pytest.raises(NoSuchName) as caught:
            getattr(owner, name)
        again = pickle.loads(pickle.dumps(caught.value))
        assert (type(again), str(again), again.name) == (NoSuchName, str(caught.value), name)


def test_names_that_are_none_are_not_listed(parts: Parts) -> None:
    for called, owner in owners(parts).items():
        assert not set(dir(owner)) & set(GUESSES[called])
        assert owner is en or "__class__" in dir(owner)
    assert {"connect", "modules", "dtype"} < set(dir(parts.net))


def test_a_class_knows_no_more_than_what_is_made_of_it(parts: Parts) -> None:
    with pytest.raises(NoSuchName, match="Network has no attribute 'run'"):
        en.Network.run  # type: ignore[attr-defined]  # noqa: B018
    assert not hasattr(en.Network, "run")
    assert inspect.getdoc(Guessed)


def test_one_may_still_hang_what_one_likes_on_an_object(parts: Parts) -> None:
    parts.net.draw = 7  # type: ignore[attr-defined]
    assert parts.net.draw == 7  # type: ignore[attr-defined]
