"""Two thousand more random networks, half of them with a queue so small that it grows all the time."""

from __future__ import annotations

import pytest
from cases import make_change_case
from current_cases import make_current_case
from response_cases import make_response_case
from stdp_cases import make_stdp_case
from test_engines import agree

from eventnet.engine.compiled import CompiledEngine

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("hundreds", range(20))
def test_engines_agree_on_two_thousand_random_networks(hundreds: int, monkeypatch: pytest.MonkeyPatch) -> None:
    if hundreds % 2:
        monkeypatch.setattr(CompiledEngine, "burst_room", 2)
    for seed in range(10_000 + 100 * hundreds, 10_100 + 100 * hundreds):
        agree(seed)


@pytest.mark.parametrize("hundreds", range(10))
def test_engines_agree_on_a_thousand_random_networks_of_change(hundreds: int, monkeypatch: pytest.MonkeyPatch) -> None:
    if hundreds % 2:
        monkeypatch.setattr(CompiledEngine, "burst_room", 2)
    for seed in range(10_000 + 100 * hundreds, 10_100 + 100 * hundreds):
        agree(seed, make_change_case)


@pytest.mark.parametrize("hundreds", range(10))
def test_engines_agree_on_a_thousand_random_networks_of_crossings(
    hundreds: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    if hundreds % 2:
        monkeypatch.setattr(CompiledEngine, "burst_room", 2)
    for seed in range(10_000 + 100 * hundreds, 10_100 + 100 * hundreds):
        agree(seed, make_current_case)


@pytest.mark.parametrize("hundreds", range(5))
def test_engines_agree_on_five_hundred_random_networks_with_plasticity(
    hundreds: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    if hundreds % 2:
        monkeypatch.setattr(CompiledEngine, "burst_room", 2)
    for seed in range(10_000 + 100 * hundreds, 10_100 + 100 * hundreds):
        agree(seed, make_stdp_case)


@pytest.mark.parametrize("hundreds", range(5))
def test_engines_agree_on_five_hundred_random_networks_of_spike_responses(
    hundreds: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    if hundreds % 2:
        monkeypatch.setattr(CompiledEngine, "burst_room", 2)
    for seed in range(10_000 + 100 * hundreds, 10_100 + 100 * hundreds):
        agree(seed, make_response_case)
