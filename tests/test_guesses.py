"""What newcomers guessed, in the order in which they did: each works, or raises an error that names the right way."""

from __future__ import annotations

import copy
import pickle
import re
from typing import Any

import pytest

import eventnet as en
from eventnet.errors import NoSuchName
from eventnet.guesses import GUESSES, Guessed


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


def owners(parts: Parts) -> dict[str, Any]:
    return {
        "module 'eventnet'": en, "Network": parts.net, "Simulation": parts.sim, "Run": parts.run, "Clock": parts.clock,
        "Tally": parts.sim.tally,
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


NAMED = re.compile(r"\b(en|net|sim|clock|run|tally|eventnet)((?:\.\w+)+)")


def test_what_the_table_names_is_there(parts: Parts) -> None:
    known: dict[str, Any] = {
        "en": en, "eventnet": en, "net": parts.net, "sim": parts.sim, "clock": parts.clock, "run": parts.run,
        "tally": parts.run.tally,
    }  # fmt: skip
    import eventnet.models.layers
    import eventnet.plotting  # noqa: F401

    found = 0
    for instead in (text for table in GUESSES.values() for text in table.values()):
        for first, path in NAMED.findall(instead):
            owner = known[first]
            for name in path[1:].split("."):
                if isinstance(owner, Guessed) and name == "causes":  # of a run with roots=True
                    break
                owner = getattr(owner, name)
            found += 1
    assert found >= len(GUESSES)


def test_a_name_that_nobody_foresaw_is_compared_with_those_that_there_are(parts: Parts) -> None:
    with pytest.raises(NoSuchName, match="^Network has no attribute 'conect'; did you mean 'connect'\\?$"):
        parts.net.conect  # type: ignore[attr-defined]  # noqa: B018
    with pytest.raises(NoSuchName, match="^Clock has no attribute 'qqq'; it has env, play, reached, run, "):
        parts.clock.qqq  # type: ignore[attr-defined]  # noqa: B018
    with pytest.raises(NoSuchName, match="^module 'eventnet' has no attribute 'Herdin'; did you mean 'Herding'\\?$"):
        en.Herdin  # type: ignore[attr-defined]  # noqa: B018
    with pytest.raises(ImportError, match="cannot import name 'LIF'"):
        from eventnet import LIF  # type: ignore[attr-defined]  # noqa: F401


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
    for name in ("run", "conect", "qqq"):
        with pytest.raises(NoSuchName) as caught:
            getattr(parts.net, name)
        again = pickle.loads(pickle.dumps(caught.value))
        assert (type(again), str(again), again.name) == (NoSuchName, str(caught.value), name)


def test_an_error_in_a_property_is_not_hidden() -> None:
    class Odd(Guessed):
        @property
        def broken(self) -> int:
            return self.absent  # type: ignore[attr-defined,no-any-return]

    with pytest.raises(NoSuchName, match="Odd has no attribute 'absent'"):
        Odd().broken  # noqa: B018
