"""The two engines agree to the last byte, on random networks and in every way of handing inputs over."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from cases import Case, make_case, make_change_case, make_sparse_case, run_case
from current_cases import make_current_case
from integrate_cases import make_integrate_case
from pd_cases import make_pd_case
from predictive_cases import make_predictive_case

from eventnet.engine.compiled import CompiledEngine

WAYS = ("at once", "one by one", "by instants", "in pieces")


def agree(seed: int, make: Callable[[int], Case] = make_case) -> None:
    case = make(seed)
    wanted = run_case(case, "reference")
    for way in WAYS:
        found = run_case(case, "compiled", way)
        broken = wanted["error"] is not None and wanted["error"].startswith("RuleError")
        # A reaction that its rule gave up half-way leaves its module as it was left: only the error is defined.
        for part in ("error", "log") if broken else ("error", "log", "by_port", "by_root", "state", "weights"):
            assert found[part] == wanted[part], f"network {seed}, {case.options['order']}, {way}: {part} differs"


@pytest.mark.parametrize("tens", range(30))
def test_engines_agree_on_random_networks(tens: int, monkeypatch: pytest.MonkeyPatch) -> None:
    if tens % 2:  # so little room that the queue has to grow again and again
        monkeypatch.setattr(CompiledEngine, "burst_room", 4)
    for seed in range(10 * tens, 10 * tens + 10):
        agree(seed)


@pytest.mark.parametrize("tens", range(12))
def test_engines_agree_on_inputs_that_come_one_by_one(tens: int) -> None:
    for seed in range(10 * tens, 10 * tens + 10):
        agree(seed, make_sparse_case)


@pytest.mark.parametrize("tens", range(12))
def test_engines_agree_on_random_networks_of_change(tens: int, monkeypatch: pytest.MonkeyPatch) -> None:
    if tens % 2:
        monkeypatch.setattr(CompiledEngine, "burst_room", 4)
    for seed in range(10 * tens, 10 * tens + 10):
        agree(seed, make_change_case)


@pytest.mark.parametrize("tens", range(6))
def test_engines_agree_on_random_networks_of_proportional_derivative_codes(
    tens: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    if tens % 2:
        monkeypatch.setattr(CompiledEngine, "burst_room", 4)
    for seed in range(10 * tens, 10 * tens + 10):
        agree(seed, make_pd_case)


@pytest.mark.parametrize("tens", range(6))
def test_engines_agree_on_random_networks_of_predictive_codes(tens: int, monkeypatch: pytest.MonkeyPatch) -> None:
    if tens % 2:
        monkeypatch.setattr(CompiledEngine, "burst_room", 4)
    for seed in range(10 * tens, 10 * tens + 10):
        agree(seed, make_predictive_case)


@pytest.mark.parametrize("tens", range(12))
def test_engines_agree_on_random_networks_of_leaky_neurons(tens: int, monkeypatch: pytest.MonkeyPatch) -> None:
    if tens % 2:
        monkeypatch.setattr(CompiledEngine, "burst_room", 4)
    for seed in range(10 * tens, 10 * tens + 10):
        agree(seed, make_integrate_case)


@pytest.mark.parametrize("tens", range(12))
def test_engines_agree_on_random_networks_of_predicted_crossings(tens: int, monkeypatch: pytest.MonkeyPatch) -> None:
    if tens % 2:
        monkeypatch.setattr(CompiledEngine, "burst_room", 4)
    for seed in range(10 * tens, 10 * tens + 10):
        agree(seed, make_current_case)
