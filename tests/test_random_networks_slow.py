"""Thousands more random networks, half of them with a queue so small that it grows all the time."""

from __future__ import annotations

import pytest
from response_cases import make_response_case
from stdp_cases import make_stdp_case
from test_engines import FAMILIES, agree

from eventnet.engine.compiled import CompiledEngine

pytestmark = pytest.mark.slow

HUNDREDS = {
    "all kinds": 20, "inputs one by one": 5, "change": 10, "proportional-derivative codes": 2, "predictive codes": 2,
    "leaky neurons": 3, "opposite spikes": 4, "predicted crossings": 10, "many delays": 5,
    "plasticity": 5, "spike responses": 5,
}  # fmt: skip
MAKERS = {name: make for name, (make, _) in FAMILIES.items()} | {
    "plasticity": make_stdp_case, "spike responses": make_response_case,
}  # fmt: skip


def test_every_family_has_its_hundreds() -> None:
    assert set(HUNDREDS) == set(MAKERS)


@pytest.mark.parametrize(("family", "hundred"), [(name, k) for name, n in HUNDREDS.items() for k in range(n)])
def test_engines_agree_on_hundreds_of_random_networks(
    family: str, hundred: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    if hundred % 2:
        monkeypatch.setattr(CompiledEngine, "burst_room", 2)
    for seed in range(10_000 + 100 * hundred, 10_100 + 100 * hundred):
        agree(seed, MAKERS[family])
