"""The static report: what it says of known networks, and that no run in any order goes beyond it."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from order_cases import every_outcome, random_signed, random_tiny

import eventnet as en
from eventnet import analysis
from eventnet.analysis.order_sensitivity import ANSWER, COST, NEVER, VERDICTS, _Graph, _written
from eventnet.errors import InputError
from eventnet.models import DeepSpikingNetwork


def diamond(kind: type, **options: str) -> tuple[en.Network, en.Relay]:
    """a goes to `up` and `down`, which meet again."""
    net = en.Network(**options)
    a = net.add(en.Relay(1, name="a"))
    up, down = (net.add(en.Herding(1, net.weights([[w]]), name=n)) for n, w in (("up", 1.0), ("down", -1.0)))
    meet = net.add(kind(1, net.weights([[1.0]]), name="meet"))
    end = net.add(en.Sink(1, name="end"))
    for source, target in ((a.out, up.spikes), (a.out, down.spikes), (up.out, meet.spikes), (down.out, meet.spikes)):
        net.connect(source, target)
    net.connect(meet.out, end.spikes)
    return net, a


def chain(*kinds: type) -> en.Network:
    net = en.Network()
    source = net.add(en.Relay(2, name="a")).out
    for k, kind in enumerate(kinds):
        layer = net.add(kind(2, net.weights(np.eye(2)), name=f"m{k}"))
        net.connect(source, layer.spikes)
        source = layer.out
    net.connect(source, net.add(en.Sink(2, name="end")).spikes)
    return net


def test_a_feed_forward_chain_is_never_sensitive_to_orders_that_keep_each_wires_sequence() -> None:
    report = analysis.order_sensitivity(chain(en.Rectified, en.Rectified))
    assert report.keeping == NEVER
    assert report.meetings == report.cycles == ()
    # `random` may swap the spikes of one wire, and a rectified layer minds.
    assert report.any_order == ANSWER


def test_a_signed_frozen_feed_forward_network_changes_in_cost_alone() -> None:
    net, _ = diamond(en.Herding)
    report = analysis.order_sensitivity(net)
    assert (report.keeping, report.any_order) == (COST, COST)
    assert report["meet"].meets
    assert report["meet"].forks == ("a",)
    assert report["end"].keeping == COST


def test_a_rectified_layer_where_paths_meet_is_named_with_the_fork() -> None:
    net, _ = diamond(en.Rectified)
    report = analysis.order_sensitivity(net)
    assert [row.module for row in report.meetings] == ["meet"]
    assert (report["meet"].keeping, report["meet"].forks) == (ANSWER, ("a",))
    assert [report[name].keeping for name in ("a", "up", "down", "end")] == [NEVER, NEVER, NEVER, ANSWER]
    assert "paths that meet" in report["meet"].why


def test_a_layer_that_checks_once_a_burst_is_safe_where_paths_meet() -> None:
    net, _ = diamond(en.Rectified)
    assert analysis.order_sensitivity(net, coalesce="burst").any_order == NEVER
    assert analysis.order_sensitivity(diamond(en.Rectified, coalesce="burst")[0]).any_order == NEVER


def test_inputs_with_an_instant_each_do_not_meet() -> None:
    net = en.Network()
    layer = net.add(en.Rectified(1, net.weights([[1.0], [-1.0]]), name="layer"))
    one, two = (net.add(en.Relay(2, name=n)) for n in ("one", "two"))
    net.connect(one.out, layer.spikes)
    net.connect(two.out, layer.spikes)
    net.connect(layer.out, net.add(en.Sink(1, name="end")).spikes)
    apart = en.events([(0, one.spikes, 0, 1), (1, two.spikes, 1, 1)])
    together = en.events([(0, one.spikes, 0, 1), (0, two.spikes, 1, 1)])
    assert analysis.order_sensitivity(net, apart).any_order == NEVER
    assert analysis.order_sensitivity(net, together).keeping == ANSWER
    assert analysis.order_sensitivity(net, [one.spikes]).keeping == NEVER


def test_cycles_are_named_with_and_without_delay() -> None:
    net = en.Network()
    a, b, c = (net.add(en.Herding(1, net.weights([[0.4]]), name=n)) for n in "abc")
    net.connect(a.out, b.spikes)
    net.connect(b.out, a.spikes)
    net.connect(b.out, c.spikes)
    net.connect(c.out, b.spikes, delay=1)
    report = analysis.order_sensitivity(net, [a.spikes])
    assert report.cycles == (("a", "b"),)
    assert report.delayed_cycles == (("a", "b", "c"),)
    assert report["a"].cycle
    assert report["a"].keeping == ANSWER
    assert not report["c"].cycle


@pytest.mark.parametrize(("delay", "on_cycle"), [(0, True), (2, False), ([1, 2], False)])
def test_cycles_through_sparse_synapses_are_named(delay: Any, on_cycle: bool) -> None:
    """Synapses add to the units of a layer, and these send from within their reaction: no wire leads there."""
    net = en.Network(dtype="float64")
    a, b = (net.add(en.LeakyDelta(2, tau=20.0, threshold=1.5, reset=0.0, name=n)) for n in "ab")
    net.connect(a, b, en.Edges([0, 1], [1, 0]), weight=2.0, delay=0, name="there")
    net.connect(b, a, en.Edges([0, 1], [1, 0]), weight=2.0, delay=delay, name="back")
    report = analysis.order_sensitivity(net, [net["there"].rows])
    circle = (("a", "b", "there", "back"),)
    assert (report.cycles, report.delayed_cycles) == ((circle, ()) if on_cycle else ((), circle))
    assert report["there"].cycle is on_cycle
    assert report["there"].keeping == ANSWER


def test_signed_feedback_over_a_delay_still_changes_in_cost_alone() -> None:
    net = en.Network()
    a, b = (net.add(en.Herding(1, net.weights([[0.4]]), name=n)) for n in "ab")
    net.connect(a.out, b.spikes)
    net.connect(b.out, a.spikes, delay=1)
    assert analysis.order_sensitivity(net, [a.spikes]).any_order == COST


def test_weights_that_change_while_others_use_them_make_order_matter() -> None:
    dsn = DeepSpikingNetwork([6, 4], rule="fsgd")
    net, feed = dsn.training_network(np.full((2, 6), 0.5, np.float32), np.eye(4, dtype=np.float32)[:2])
    report = analysis.order_sensitivity(net, feed)
    assert report["update0"].keeping == ANSWER
    assert "changes the weights 'W0'" in report["update0"].why
    assert report["input"].keeping == NEVER


def test_a_module_that_no_delivery_reaches_is_not_in_the_report() -> None:
    net = chain(en.Herding)
    net.add(en.Sink(1, name="alone"))
    report = analysis.order_sensitivity(net, [net["a"].spikes])
    with pytest.raises(InputError, match="no delivery can reach a module 'alone'"):
        report["alone"]


def test_a_rule_without_a_text_may_write_all_that_it_takes() -> None:
    scope: dict[str, Any] = {}
    exec("def unseen(i, s, t, out, tally, w):\n    return 0\n", scope)
    assert _written(en.rule(scope["unseen"])) == {"w"}


def test_the_report_is_text_and_json() -> None:
    report = analysis.order_sensitivity(diamond(en.Rectified)[0])
    assert str(report).splitlines()[0] == "depth, breadth, fifo, topological: answer; any order: answer"
    assert report.to_dict()["modules"]["meet"]["forks"] == ["a"]


@pytest.mark.slow
def test_no_interleaving_of_tiny_networks_goes_beyond_the_report() -> None:
    bounds = {verdict: 0 for verdict in VERDICTS}
    for seed in range(200):
        tiny = random_tiny(seed)
        outcomes = every_outcome(tiny)
        if outcomes is None:
            continue
        verdict = analysis.order_sensitivity(*tiny.network()).any_order
        bounds[verdict] += 1
        if verdict != ANSWER:
            assert len({answer for answer, _ in outcomes}) == 1, seed
        if verdict == NEVER:
            assert len({cost for _, cost in outcomes}) == 1, seed
    assert min(bounds.values()) > 10, bounds


def test_a_report_of_never_holds_for_random_networks_in_the_orders_that_keep_sequences() -> None:
    for seed in range(60):
        tiny = random_tiny(seed)
        net, feed = tiny.network()
        verdict = analysis.order_sensitivity(net, feed).keeping
        found = analysis.orders(net, feed, orders=("depth", "breadth", "fifo", "topological"), coalesce=("none",))
        if verdict != ANSWER:
            assert {o.answer for o in found} == {"A"}, seed
        if verdict == NEVER:
            assert len({str(o.tally.by_port()) for o in found}) == 1, seed


def test_signed_feed_forward_networks_are_reported_as_such() -> None:
    for seed in range(50):
        assert analysis.order_sensitivity(*random_signed(seed)).any_order in (NEVER, COST)


@pytest.mark.slow
def test_a_chain_may_be_longer_than_a_stack_is_deep() -> None:
    net = en.Network()
    relays = [net.add(en.Relay(1, name=f"m{k}")) for k in range(600)]
    for one, other in pairwise(relays):
        net.connect(one.out, other.spikes)
    graph = _Graph(net, [relays[0].spikes], True, None)
    assert graph.single == {relay.name for relay in relays}
    net.connect(relays[3].out, relays[400].spikes)
    graph = _Graph(net, [relays[0].spikes], True, None)
    assert graph.single == {relay.name for relay in relays[:400]}
