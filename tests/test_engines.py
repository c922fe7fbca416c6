"""The two engines agree to the last byte, on random networks and in every way of handing inputs over."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from cases import Case, make_case, make_change_case, make_delays_case, make_opposite_case, make_sparse_case, run_case
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
        for part in (
            ("error", "log")
            if broken
            else ("error", "log", "by_port", "by_root", "causes", "annihilated", "state", "weights")
        ):
            assert found[part] == wanted[part], f"network {seed}, {case.options['order']}, {way}: {part} differs"


FAMILIES = {
    "all kinds": (make_case, 30), "inputs one by one": (make_sparse_case, 12), "change": (make_change_case, 12),
    "proportional-derivative codes": (make_pd_case, 6), "predictive codes": (make_predictive_case, 6),
    "leaky neurons": (make_integrate_case, 12), "predicted crossings": (make_current_case, 12),
    "opposite spikes": (make_opposite_case, 8), "many delays": (make_delays_case, 12),
}  # fmt: skip
"""Random networks, and how many tens of them."""


HALVES = [
    pytest.param(name, tens, marks=[pytest.mark.slow] if 3 * tens >= all_tens else [])
    for name, (_, all_tens) in FAMILIES.items()
    for tens in range(all_tens)
]
"""Two thirds of each family's networks are for `--slow`: tests/outside has 60 more in the ordinary suite."""


@pytest.mark.parametrize(("family", "tens"), HALVES)
def test_engines_agree_on_random_networks(family: str, tens: int, monkeypatch: pytest.MonkeyPatch) -> None:
    if tens % 2:  # so little room that the queue has to grow again and again
        monkeypatch.setattr(CompiledEngine, "burst_room", 4)
    for seed in range(10 * tens, 10 * tens + 10):
        agree(seed, FAMILIES[family][0])
