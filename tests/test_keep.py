"""A ledger kept by running a network: triggering blame is that of a run with roots, and both rules sum to one tally."""

from __future__ import annotations

import numpy as np
import pytest
from test_ledger import two_sensors

import eventnet as en
from eventnet.errors import ModelError


def test_both_rules_tell_of_the_same_run() -> None:
    net, sim = two_sensors()
    told: list[tuple[int, int]] = []
    feed = sim.causes.inputs
    books = [
        en.keep_ledger(net, feed, blame=blame, order="depth", engine="reference", progress=lambda *n: told.append(n))
        for blame in ("triggering", "proportional")
    ]
    wanted = en.CostLedger.of(sim)
    assert books[0].to_dict() == wanted.to_dict()
    assert books[1].blame == "proportional"
    assert books[1].tally.totals() == wanted.tally.totals()
    assert books[1].by_sensor() != wanted.by_sensor()
    for name in ("sizes",):
        assert np.array_equal(getattr(books[1], name), getattr(wanted, name))
    for name in ("ids", "depths", "ticks", "after"):
        assert np.array_equal(getattr(books[1].causes, name), getattr(wanted.causes, name))
    assert told[-1][1] == sim.deliveries
    assert all(0 < done <= of for done, of in told)


def test_a_run_may_be_kept_up_to_a_time_and_options_that_say_nothing_here_are_passed_over() -> None:
    net, sim = two_sensors()
    for blame in ("triggering", "proportional"):
        book = en.keep_ledger(
            net, sim.causes.inputs, blame=blame, until=50, engine="reference", record=True, roots=True
        )
        assert len(book) == 50
        assert book.causes.counts.sum(axis=0).tolist() == list(book.tally.totals().values())


def test_there_are_two_rules() -> None:
    with pytest.raises(ModelError, match="triggering or proportional, not 'fair'"):
        en.keep_ledger(en.Network(), [], blame="fair")
