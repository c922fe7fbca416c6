"""Parameters of the digits that are learned by STDP: what is printed is read back; they are what the model gets."""

from __future__ import annotations

import tomllib
from dataclasses import fields, replace

import pytest

from eventnet.errors import DataError
from eventnet.models import DiehlCook, Neuron, Presentation, SetTo, Subtract, Towards, WinnerTakeAll
from eventnet.scenarios.shared.parameter_file import as_toml, loads
from eventnet.scenarios.stdp.digits_parameters import DigitsParameters, InhibitionTable, RuleTable


@pytest.mark.parametrize("made", [DigitsParameters(), DigitsParameters.in_full(), DigitsParameters.in_full(400)])
def test_the_commented_file_holds_every_key_and_gives_the_same_parameters(made: DigitsParameters) -> None:
    text = as_toml(made)
    assert loads(text, DigitsParameters()) == made
    given = tomllib.loads(text)
    for table in fields(made):
        assert set(given[table.name]) == {entry.name for entry in fields(getattr(made, table.name))}


def test_in_full_they_are_the_models_defaults() -> None:
    full = DigitsParameters.in_full()
    assert full.rule.made() == DiehlCook()
    assert full.inhibition.made() == WinnerTakeAll()
    assert full.neuron.made() == Neuron()
    # pixels come as x / 256: at 64 Hz they have the rates that x / 255 has at 63.75 Hz
    assert full.presentation.made() == replace(Presentation(), rate=64.0)
    assert (full.run.digits, full.run.passes, full.run.neurons) == ("official", 1, 100)
    assert DigitsParameters.in_full(400).rule == replace(full.rule, target=0.1)


def test_tables_make_what_the_model_wants() -> None:
    assert InhibitionTable("winner", silence_ms=2.5).made() == WinnerTakeAll(2500)
    assert InhibitionTable("subtract", amount=3.0).made() == Subtract(3.0)
    assert InhibitionTable("set", potential=-1.0).made() == SetTo(-1.0)
    assert RuleTable("towards", tau_ms=30.0, rate=0.1, total=0.0).made() == Towards(30_000.0, 0.1, None)
    assert RuleTable(tau_ms=30.0, target=0.2, rate=0.1, mu=0.5, total=0.0).made() == DiehlCook(
        30_000.0, 0.2, 0.1, 0.5, None
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[run]\ndigits = 'all'", "digits is 'all'; wanted embedded, official, author"),
        ("[run]\nfolder = 'here'", "the embedded digits come with the package"),
        ("[run]\nneurons = 0", "neurons is 0; wanted from 1"),
        ("[inhibition]\nkind = 'soft'", "kind is 'soft'; wanted winner, subtract, set"),
        ("[rule]\nkind = 'pair'", "kind is 'pair'; wanted target, towards"),
        ("[rule]\ntau_us = 20", "'tau_us'; here it is 'tau_ms' .mind the unit"),
        ("[presentation]\nrate_hz = 0", "rate_hz is 0.0; wanted from 0.001"),
    ],
)
def test_what_does_not_fit_is_named(text: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        loads(text, DigitsParameters())
