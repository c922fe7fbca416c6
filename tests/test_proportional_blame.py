"""Proportional blame agrees with a brute force in fractions on small networks, and sums to the tally in every order.

The brute force walks the event log with lists of deliveries and exact fractions. It shares no code with the package: it
works out by itself what each delivery cost, whom its spike belongs to, and what each input has to bear.
"""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from cases import make_case
from few import few

import eventnet as en
from eventnet.cost.proportional_blame import share
from eventnet.kernels.patches import kernel_rows
from eventnet.order import ORDERS

Blame = dict[int, Fraction]
RESTLESS = {3, 5, 13, 14, 17, 18, 22}  # networks that do not come to rest


@en.rule
def grow(i, s, t, out, tally, w):
    """Learning, as plain as can be."""
    w[0, 0] += 0.5


class Grower(en.Module):
    """Makes a weight larger that a layer uses."""

    units = 1
    w = en.Weights("n_rows", "n_cols")
    spikes = en.Port(grow, accepts="units")


def brute_force(net: en.Network, log: Any) -> tuple[dict[int, Fraction], Fraction]:
    """Adds that each input has to bear, and their sum, for networks of relays, herding layers and sinks."""
    ports = list(net.ports())
    weights = {
        m.name: [[Fraction(float(x)) for x in row] for row in m.weights.array] for m in net.modules if hasattr(m, "weights")
    }  # fmt: skip
    outlets = [o.module.name for o in net.outlets()]
    children: dict[int, set[tuple[int, int]]] = defaultdict(set)
    for _, parent, _, _, _, _, index, sign in log.tolist():
        children[parent].add((index, sign))
    blame: dict[int, Blame] = {}
    spike: dict[tuple[int, int, int], Blame] = {}  # by the delivery that set it off, unit and sign
    moved: dict[tuple[str, int], list[tuple[Fraction, Blame]]] = defaultdict(list)
    phi: dict[tuple[str, int], Fraction] = defaultdict(Fraction)
    bears: Blame = defaultdict(Fraction)
    for number, parent, _, _, source, port, index, sign in log.tolist():
        if parent < 0:
            blame[number] = {number: Fraction(1)}
        else:
            blame[number] = spike[parent, index, sign] if outlets[source] in weights else blame[parent]
        own, adds = ports[port].module.name, 0
        if own in weights and ports[port].name == "reset":
            for j in range(len(weights[own][0])):
                moved[own, j], phi[own, j] = [], Fraction(0)
        elif own in weights:
            row = weights[own][index]
            adds += len(row)
            for j, word in enumerate(row):
                phi[own, j] += sign * word
                moved[own, j].append((sign * word, blame[number]))
            fired = set()
            for j in range(len(row)):
                while abs(phi[own, j]) > Fraction(1, 2):
                    way = 1 if phi[own, j] > 0 else -1
                    phi[own, j] -= way
                    fired.add((j, way))
                    adds += 1
            assert fired >= children[number], "the brute force fires other units than the log says"
            for j, way in fired:
                shares: Blame = defaultdict(Fraction)
                for amount, whose in moved[own, j]:
                    for root, part in whose.items():
                        shares[root] += max(Fraction(0), way * amount) * part
                total = sum(shares.values())
                spike[number, j, way] = {r: p / total for r, p in shares.items()} if total else blame[number]
            for j, _ in fired:
                moved[own, j] = []
        for root, part in blame[number].items():
            bears[root] += part * adds
    return bears, sum(bears.values(), Fraction(0))


def small_network(seed: int) -> tuple[en.Network, Any]:
    """Two or three layers with weights of whole eighths, one of them with feedback over a delay, and resets."""
    rng = np.random.default_rng(seed)
    net = en.Network("float64")
    eye = net.add(en.Relay(3, name="eye"))
    w = [np.round(rng.normal(0, 0.4, shape) * 8) / 8 for shape in ((3, 4), (4, 3), (4, 4))]
    one = net.add(en.Herding(4, net.weights(w[0]), name="one"))
    two = net.add(en.Herding(3, net.weights(w[1]), name="two"))
    net.connect(eye.out, one.spikes)
    net.connect(one.out, two.spikes, int(rng.integers(0, 3)))
    if seed % 2:
        back = net.add(en.Herding(4, net.weights(w[2]), name="back"))
        net.connect(one.out, back.spikes)
        net.connect(back.out, two.spikes, 1)
    net.connect(two.out, net.add(en.Sink(3, name="end")).spikes)
    inputs = [(int(t), eye.spikes, int(rng.integers(3)), int(rng.choice([-1, 1]))) for t in rng.integers(0, 30, 25)]
    inputs.append((17, one.reset, 0, 1))
    return net, en.events(inputs)


@pytest.mark.slow
def test_blame_is_that_of_a_brute_force_on_many_networks() -> None:
    for seed in range(12, 200):
        test_blame_is_that_of_a_brute_force_in_fractions(seed)


@pytest.mark.parametrize("seed", range(12))
def test_blame_is_that_of_a_brute_force_in_fractions(seed: int) -> None:
    net, inputs = small_network(seed)
    options: dict[str, Any] = {"order": ORDERS[seed % len(ORDERS)], "engine": ("reference", "compiled")[seed % 4 == 0]}
    run = en.simulate(net, inputs, roots=True, record=True, **options)
    wanted, total = brute_force(net, run.log)
    assert total == run.tally.adds  # the brute force counts what the run has counted
    book = share(run, inputs, None, options)
    kinds = [k for k, name in enumerate(en.COLUMNS) if name.endswith("_adds")]
    for number, counts in zip(book.causes.ids.tolist(), book.causes.counts[:, kinds].tolist(), strict=True):
        # Two columns of adds here, each a whole number less than 1 away from its share.
        assert abs(sum(counts) - wanted.get(number, 0)) < 2
    assert book.cost("adds").sum() == total


@pytest.mark.parametrize("seed", sorted({*range(24)} - RESTLESS))
def test_blame_sums_to_the_tally_in_every_order(seed: int) -> None:
    case = make_case(seed, ORDERS[seed % len(ORDERS)])
    options = {**case.options, "engine": "reference", "budget": 300}
    book = en.keep_ledger(case.net, case.inputs, blame="proportional", until=6, **options)
    assert dict(zip(en.COLUMNS, book.causes.counts.sum(axis=0).tolist(), strict=True)) == book.tally.totals()
    assert (book.causes.counts >= 0).all()


def test_a_spike_that_two_inputs_made_is_shared_and_one_that_worked_against_it_has_no_part() -> None:
    net = en.Network("float64")
    layer = net.add(en.Herding(1, net.weights([[0.375], [0.125], [-0.25]]), name="layer"))
    after = net.add(en.Herding(16, net.weights(np.zeros((1, 16))), name="after"))
    net.connect(layer.out, after.spikes)
    inputs = [(t, layer.spikes, i, 1) for t, i in enumerate((0, 2, 1, 0))]  # 0.375 - 0.25 + 0.125 + 0.375 > 0.5
    counts = {
        blame: en.keep_ledger(net, inputs, blame=blame).cost("synaptic_adds").tolist()
        for blame in ("triggering", "proportional")
    }
    assert counts["triggering"] == [1, 1, 1, 17]  # the last one set it off, and the spike costs 16 adds
    assert counts["proportional"] == [1 + 7, 1, 1 + 2, 1 + 7]  # 16 times 3/7, 0, 1/7 and 3/7, in whole numbers


def test_a_notice_is_shared_equally_and_a_burst_by_weights() -> None:
    net = en.Network("float64", coalesce="burst")
    layer = net.add(en.Herding(1, net.weights([[0.375], [0.25]]), name="layer"))
    after = net.add(en.Herding(10, net.weights(np.zeros((1, 10))), name="after"))
    net.connect(layer.out, after.spikes)
    inputs = [(0, layer.spikes, 0, 1), (0, layer.spikes, 1, 1)]  # together past the threshold, seen once a burst
    book = en.keep_ledger(net, inputs, blame="proportional")
    assert book.cost("synaptic_adds").tolist() == [1 + 6, 1 + 4]
    # The layer's two checks one each; the ten of the layer after it by whose the spike was that it looked at.
    assert book.cost("compares").tolist() == [1 + 6, 1 + 4]


def test_of_a_leaky_potential_counts_what_is_left() -> None:
    net = en.Network("float64")
    layer = net.add(en.LeakyIntegrate(1, net.weights([[0.75]]), tau=10.0, name="layer"))
    after = net.add(en.Herding(100, net.weights(np.zeros((1, 100))), name="after"))
    net.connect(layer.out, after.spikes)
    inputs = [(0, layer.spikes, 0, 1), (8, layer.spikes, 0, 1)]  # 0.75 exp(-0.8) + 0.75 > 1
    book = en.keep_ledger(net, inputs, blame="proportional")
    old = np.exp(-0.8)
    assert abs(book.cost("synaptic_adds")[0] - (1 + 100 * old / (1 + old))) < 1
    assert book.cost("synaptic_adds").sum() == 102


@pytest.mark.parametrize("begin", few([0, -(2**40), 5_000, 100_000_003, -90, -5_000], 2))
@pytest.mark.parametrize("apart", few([7, 1, 60], 1))
def test_what_is_left_does_not_depend_on_when_time_begins(begin: int, apart: int) -> None:
    net = en.Network("float64")
    layer = net.add(en.LeakyIntegrate(1, net.weights([[0.75], [0.999]]), tau=10.0, name="layer"))
    inputs = [(begin, layer.spikes, 0, 1), (begin + apart, layer.spikes, 1, 1)]
    old = np.exp(-apart / 10) * 0.75
    made = shared(layer, inputs, net, cost=100_000)
    assert sum(made) == 100_000
    assert abs(made[0] - 100_000 * old / (old + 0.999)) < 100


@pytest.mark.slow
def test_amounts_that_are_scaled_anew_keep_their_shares() -> None:
    net = en.Network("float64")
    layer = net.add(en.LeakyIntegrate(1, net.weights([[0.5], [-0.5]]), tau=10.0, threshold=0.65, name="layer"))
    # 300 time constants after tick 0 lie between the deliveries: 0.5 of the first two, 1 and 2 time constants old.
    inputs = [(t, layer.spikes, i, 1) for t, i in ((0, 0), (2985, 1), (2990, 0), (3000, 0), (3010, 0))]
    made = shared(layer, inputs, net, cost=100_000)
    left = np.exp([-2.0, -1.0, 0.0])
    assert made[:2] == [0, 0]  # what is 301 time constants old has vanished, what worked against it has no part
    assert np.abs(np.array(made[2:]) - 100_000 * left / left.sum()).max() < 100


def test_weights_are_those_of_the_moment() -> None:
    net = en.Network("float64")
    w = net.weights([[0.125]], name="w")
    layer, grower = net.add(en.Herding(1, w, name="layer")), net.add(Grower(w, name="grower"))
    after = net.add(en.Herding(40, net.weights(np.zeros((1, 40))), name="after"))
    net.connect(layer.out, after.spikes)
    inputs = [(0, layer.spikes, 0, 1), (1, grower.spikes, 0, 1), (2, layer.spikes, 0, 1)]  # 0.125 + 0.625 > 0.5
    book = en.keep_ledger(net, inputs, blame="proportional", engine="reference")
    assert book.cost("synaptic_adds").tolist() == [1 + 7, 0, 1 + 33]  # 40 times 1/6 and 5/6


def test_filters_share_a_patch_by_their_kernels_words() -> None:
    geometry = en.Geometry.window((1, 2, 2), 1, (2, 2))
    net = en.Network("float64")
    kernel = np.array([[[[1.0, 2.0], [3.0, -1.0]]]])
    layer = net.add(
        en.LeakyFilters(geometry, net.weights(kernel_rows(kernel, (1, 1))), [1e9], every=10, least=0, name="filters")
    )  # fmt: skip
    after = net.add(en.Herding(60, net.weights(np.zeros((1, 60))), name="after"))
    net.connect(layer.out, after.spikes)
    inputs = [(k, layer.spikes, k, 1) for k in range(4)]  # all four pixels, then a look at t = 10
    book = en.keep_ledger(net, inputs, blame="proportional")
    own = book.cost("synaptic_adds") - 1
    spikes = int(own.sum()) // 60
    assert spikes >= 4
    assert own.tolist() == [10 * spikes, 20 * spikes, 30 * spikes, 0]


def shared(module: en.Module, inputs: Any, net: en.Network, units: int = 1, cost: int = 1000) -> list[int]:
    """Synaptic adds that each input bears of a layer after `module`, which costs so many adds a spike."""
    after = net.add(en.Herding(cost, net.weights(np.zeros((units, cost))), name="after"))
    net.connect(module.out, after.spikes)
    books = [en.keep_ledger(net, inputs, blame=b, engine="reference") for b in ("triggering", "proportional")]
    assert books[0].tally.totals() == books[1].tally.totals()
    made: list[int] = books[1].cost("synaptic_adds").tolist()
    return [n // cost * cost + round(n % cost, -2) for n in made]  # the module's own few adds are rounded away


def test_a_sampler_has_no_potential_and_each_spike_belongs_to_whom_it_was_drawn_for() -> None:
    net = en.Network("float64")
    layer = net.add(en.Sampler(1, net.weights([[5.0], [5.0]]), name="layer"))
    net.connect(layer.out, net.add(en.Herding(10, net.weights(np.zeros((1, 10))), name="after")).spikes)
    inputs = [(t, layer.spikes, t % 2, 1) for t in range(6)]
    shared, plain = (en.keep_ledger(net, inputs, blame=b, engine="reference") for b in ("proportional", "triggering"))
    assert np.count_nonzero(plain.cost("synaptic_adds")) > 1
    assert np.array_equal(shared.causes.counts, plain.causes.counts)


def test_currents_over_lists_of_synapses_are_shared_by_their_words() -> None:
    for weights, options in (
        ([[30.0, 0.05, 10.0]], {"start": [0, 2, 3], "targets": [0, 1, 0]}),  # two synapses of input 0, one of input 1
        ([[30.0, 0.05], [10.0, 0.0]], {}),
        ([[20.0, 10.0, 10.0, 0.05]], {"start": [0, 3, 4], "targets": [0, 0, 0, 1]}),  # input 1 does not reach unit 0
    ):
        net = en.Network("float64")
        layer = net.add(en.ExponentialCurrent(2, net.weights(weights), tau_m=10.0, tau_s=5.0, name="layer", **options))
        after = net.add(en.Herding(1000, net.weights(np.zeros((2, 1000))), name="after"))
        net.connect(layer.out, after.spikes)
        inputs = [(0, layer.spikes, 0, 1), (0, layer.spikes, 1, 1)]
        book = en.keep_ledger(net, inputs, blame="proportional", engine="reference", until=100)
        own = book.cost("synaptic_adds") // 10
        spikes = own.sum() // 100
        assert spikes >= 1
        wanted = [1.0, 0.0] if len(weights[0]) == 4 else [0.75, 0.25]
        assert np.abs(own - 100 * spikes * np.array(wanted)).max() <= 1 + 0.01 * spikes, weights


def test_a_backward_quantizer_is_moved_by_columns() -> None:
    from eventnet.learning import Columns

    net = en.Network("float64")
    back = net.add(Columns(1, net.weights([[0.125, 0.5]]), name="back"))  # one unit below, two above
    assert shared(back, [(0, back.spikes, 0, 1), (1, back.spikes, 1, 1)], net) == [200, 800]


def test_a_pool_is_moved_by_what_its_sums_change() -> None:
    net = en.Network("float64")
    pool = net.add(en.SigmaDeltaPool(en.Geometry.window((1, 1, 2), 1, (1, 2)), k=4.0, name="pool"))
    inputs = [(0, pool.spikes, 0, 1), (0, pool.spikes, 1, 1), (1, pool.spikes, 0, -1)]
    # It stands for 4 (1 + 1) / 2 = 4 and then for 2, and sends each change unit by unit.
    assert shared(pool, inputs, net) == [2000, 2000, 2000]


def test_inhibition_works_against_a_spike_and_a_winner_ends_what_all_have_gathered() -> None:
    for winner, wanted in ((None, [300, 0, 1000, 0, 700]), (0, [0, 0, 1000, 0, 1000])):
        net = en.Network("float64")
        weights = [[0.6, 0.0], [0.0, 2.0], [1.4, 0.0]]
        layer = net.add(
            en.LeakyIntegrate(2, net.weights(weights), tau=1e12, winner=winner, inhibition=("subtract", 0.1))
        )
        inputs = [
            (0, layer.spikes, 0, 1), (1, layer.inhibit, 1, 1), (2, layer.spikes, 1, 1), (3, layer.inhibit, 1, 1),
            (4, layer.spikes, 2, 1),
        ]  # fmt: skip
        assert shared(layer, inputs, net, units=2) == wanted, winner


def test_a_reset_ends_what_a_unit_has_gathered_also_where_its_potential_was_0_already() -> None:
    net = en.Network("float64")
    layer = net.add(en.Herding(1, net.weights([[0.25], [0.375]]), name="layer"))
    inputs = [
        (0, layer.spikes, 0, 1), (1, layer.spikes, 0, -1), (2, layer.reset, 0, 1), (3, layer.spikes, 1, 1),
        (4, layer.spikes, 0, 1),
    ]  # fmt: skip
    assert shared(layer, inputs, net) == [0, 0, 0, 600, 400]


def test_what_a_trace_takes_back_is_theirs_who_made_it_send() -> None:
    net = en.Network("float64")
    geometry = en.Geometry.window((1, 1, 2), 1, (1, 2))
    weights = net.weights(kernel_rows(np.array([[[[3.0, 1.0]]]]), (1, 1)))
    layer = net.add(en.LeakyFilters(geometry, weights, [50.0], every=10, least=10, name="filters"))
    made = shared(layer, [(0, layer.spikes, 0, 1), (1, layer.spikes, 1, 1)], net)
    assert made == [4500, 1500]  # up by three, for 3 to 1, and down again


def test_a_leak_that_is_one_a_unit_is_blamed_as_one_for_all() -> None:
    def account(tau: Any) -> Any:
        rng = np.random.default_rng(3)
        net = en.Network("float64")
        layer = net.add(en.LeakyIntegrate(5, net.weights(rng.normal(0.3, 0.3, (6, 5))), tau=tau, name="layer"))
        net.connect(layer.out, net.add(en.Herding(200, net.weights(np.zeros((5, 200))), name="after")).spikes)
        steps = rng.integers(0, 9, 80) * np.where(
            rng.random(80) < 0.05, 900, 1
        )  # some far apart: amounts are scaled anew
        inputs = [(int(t), layer.spikes, int(rng.integers(6)), 1) for t in np.cumsum(steps)]
        book = en.keep_ledger(net, inputs, blame="proportional", engine="reference")
        return book.causes.counts[:, en.SYNAPTIC_ADDS].tolist(), book.tally.spikes

    assert account(np.full(5, 7.5)) == account(7.5)
    assert account(7.5)[1] > 10
    assert account([3.0, 5.0, 7.5, 9.0, 30.0]) != account(7.5)
