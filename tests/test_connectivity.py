"""Descriptions of connectivity: what they draw, that it is the same again, and what they refuse."""

import copy
import functools
import pickle
import tracemalloc
from dataclasses import FrozenInstanceError

import numpy as np
import pytest

import eventnet as en
from eventnet.connectivity import Connectivity, Projection, described_again, draw_key, of_matrix
from eventnet.connectivity import descriptions as D
from eventnet.connectivity.projection import kinds_of
from eventnet.connectivity.values import CHUNK
from eventnet.errors import NetworkError

SEVERAL = [
    en.FixedInDegree(7), en.FixedInDegree(7, self_connections=False), en.FixedInDegree(30, multiple=False),
    en.FixedOutDegree(7), en.FixedOutDegree(7, self_connections=False, multiple=False), en.FixedOutDegree(0),
    en.FixedTotalNumber(150), en.FixedTotalNumber(0),
    en.Bernoulli(0.3), en.Bernoulli(0.3, self_connections=False), en.Bernoulli(0.0), en.Bernoulli(1.0),
    en.OneToOne(), en.AllToAll(), en.AllToAll(self_connections=False),
    en.ByDistance(np.arange(40.0)[:, None], np.arange(40.0)[:, None], 3.0),
    en.Edges([3, 0, 3, 3], [1, 39, 0, 1]),
]  # fmt: skip


def pairs(connectivity: Connectivity, n: int = 40, m: int = 40, same: bool = True, seed: int = 1):
    start, targets = connectivity.rows(n, m, same, seed)
    assert start.dtype == np.int64
    assert targets.dtype == np.uint32
    assert start[-1] == len(targets)
    assert np.all(np.diff(start) >= 0)
    assert len(start) == n + 1
    return np.repeat(np.arange(n), np.diff(start)), targets.astype(int)


@pytest.mark.parametrize("what", SEVERAL, ids=lambda what: f"{what!r:.40}")
def test_the_same_seed_draws_the_same_rows_and_so_does_the_description_again(what):
    before = what.rows(40, 40, True, 5)
    again = described_again(what.described()).rows(40, 40, True, 5)
    assert all(a.tobytes() == b.tobytes() for a, b in zip(before, again, strict=True))
    if what.random and len(before[1]) not in (0, 1600):
        assert before[1].tobytes() != what.rows(40, 40, True, 6)[1].tobytes()


@pytest.mark.parametrize("what", [w for w in SEVERAL if not isinstance(w, en.Edges)], ids=lambda what: f"{what!r:.40}")
def test_targets_of_a_row_rise(what):
    sources, targets = pairs(what)
    same = np.diff(sources) == 0
    assert np.all(np.diff(targets)[same] >= 0)


def test_every_target_of_a_fixed_in_degree_has_as_many_sources():
    for own in (True, False):
        for multiple in (True, False):
            sources, targets = pairs(en.FixedInDegree(9, own, multiple))
            assert np.bincount(targets, minlength=40).tolist() == [9] * 40
            assert own or not np.any(sources == targets)
            assert multiple or len(set(zip(sources.tolist(), targets.tolist(), strict=True))) == 360


def test_every_source_of_a_fixed_out_degree_has_as_many_targets():
    for own in (True, False):
        for multiple in (True, False):
            sources, targets = pairs(en.FixedOutDegree(9, own, multiple))
            assert np.bincount(sources, minlength=40).tolist() == [9] * 40
            assert own or not np.any(sources == targets)
            assert multiple or len(set(zip(sources.tolist(), targets.tolist(), strict=True))) == 360


def test_all_different_is_everyone_where_there_are_no_more():
    sources, targets = pairs(en.FixedInDegree(39, self_connections=False, multiple=False))
    assert sorted(zip(sources.tolist(), targets.tolist(), strict=True)) == [
        (i, j) for i in range(40) for j in range(40) if i != j
    ]


def test_draws_are_uniform():
    """Chi squared over sources, and over pairs: within five standard deviations of what is expected."""
    n = 50
    for what in (en.FixedInDegree(400), en.FixedOutDegree(400), en.Bernoulli(0.4)):
        counts = np.zeros((n, n))
        for seed in range(40):
            np.add.at(counts, pairs(what, n, n, True, seed), 1)
        expected = counts.sum() / n**2
        chi = ((counts - expected) ** 2 / expected).sum() / (0.6 if isinstance(what, en.Bernoulli) else 1.0)
        assert abs(chi - n**2) < 5 * np.sqrt(2 * n**2), (what, chi)


def test_a_bernoulli_number_of_synapses_has_its_mean_and_variance():
    n, p = 60, 0.15
    counts = [len(pairs(en.Bernoulli(p), n, n, True, seed)[0]) for seed in range(400)]
    deviation = np.sqrt(n * n * p * (1 - p))
    assert abs(np.mean(counts) - n * n * p) < 4 * deviation / 20
    assert 0.85 < np.std(counts) / deviation < 1.15


def test_self_connections_are_none_between_two_populations():
    sources, targets = pairs(en.FixedInDegree(40, self_connections=False, multiple=False), same=False)
    assert len(sources) == 1600
    assert np.any(sources == targets)


def test_distance_decides():
    at = np.random.default_rng(0).uniform(0, 10, (200, 2))
    for shape in ("gaussian", "exponential", "disc"):
        what = en.ByDistance(at, at, 1.5, peak=0.8, shape=shape)
        d = np.sqrt(((at[:, None] - at[None]) ** 2).sum(axis=2))
        p = {"gaussian": np.exp(-(d**2) / 4.5), "exponential": np.exp(-d / 1.5), "disc": d <= 1.5}[shape] * 0.8
        found = np.zeros((200, 200))
        found[pairs(what, 200, 200)] = 1
        assert abs(found.sum() - p.sum()) < 5 * np.sqrt((p * (1 - p)).sum())
        assert not np.any(found[p == 0])


def test_edges_of_a_source_keep_their_sequence():
    sources, targets = pairs(en.Edges([3, 0, 3, 3], [5, 39, 0, 5]))
    assert sources.tolist() == [0, 3, 3, 3]
    assert targets.tolist() == [39, 5, 0, 5]


KINDS = ["csr_array", "csr_matrix", "csc_array", "csc_matrix", "coo_array", "dok_array", "lil_matrix"]


@pytest.mark.parametrize("kind", KINDS)
def test_matrices_of_scipy_lead_to_synapses_and_back(kind):
    sparse = pytest.importorskip("scipy.sparse", reason="scipy is not installed")
    rng = np.random.default_rng(5)
    dense = np.where(rng.random((6, 9)) < 0.4, rng.normal(size=(6, 9)), 0.0)
    net = en.Network("float64")
    a, b = net.add(en.Relay(6, name="a")), net.add(en.LeakyDelta(9, tau=9.0, name="b"))
    made = net.connect(a, b, getattr(sparse, kind)(dense), delay=1)
    sources, targets, weights, _ = made.edges()
    assert len(sources) == np.count_nonzero(dense)
    assert (
        sparse.coo_array((weights, (sources, targets)), shape=(made.n_in, b.units)).toarray().tolist() == dense.tolist()
    )
    ones = net.connect(a, b, getattr(sparse, kind)(dense), weight=1.0, delay=1)  # the matrix says who, and not how much
    assert set(ones.edges()[2].tolist()) == {1.0}


def test_graphs_of_networkx_lead_to_synapses_and_back():
    nx = pytest.importorskip("networkx", reason="networkx is not installed")
    graph = nx.gnp_random_graph(12, 0.3, seed=1, directed=True)
    net = en.Network()
    c = net.add(en.LeakyDelta(12, tau=9.0, name="c"))
    made = net.connect(c, c, en.Edges(*np.array(list(graph.edges())).T), weight=1.0, delay=1)
    sources, targets, _, _ = made.edges()
    back = nx.DiGraph(zip(sources.tolist(), targets.tolist(), strict=True))
    assert sorted(back.edges) == sorted(graph.edges)
    twice = nx.MultiDiGraph([(0, 1), (0, 1), (3, 2)])
    made = net.connect(c, c, en.Edges(*np.array(list(twice.edges())).T), weight=1.0, delay=1)
    back = nx.MultiDiGraph(zip(*(end.tolist() for end in made.edges()[:2]), strict=True))
    assert sorted(back.edges) == sorted(twice.edges)


@pytest.mark.parametrize("kind, kept, most", [("csr_array", 4, 12), ("csc_array", 12, 20)])
def test_matrices_of_scipy_take_as_many_bytes_as_the_page_says(kind, kept, most):
    sparse = pytest.importorskip("scipy.sparse", reason="scipy is not installed")
    sources, targets = (end.astype(np.int32) for end in lists(True))
    shape = UNITS, UNITS
    matrix = getattr(sparse, kind)(
        sparse.coo_array((np.ones(len(sources), np.float32), (sources, targets)), shape=shape)
    )

    def made():
        projection = Projection(of_matrix(matrix)[0], UNITS, UNITS)
        return projection, projection.drawn

    made()  # compiles
    tracemalloc.start()
    try:
        _, drawn = made()
        now, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    synapses = len(drawn.targets)
    assert (kept - 1) * synapses < now <= kept * synapses + 100 * UNITS
    assert peak <= most * synapses + 100 * UNITS + 4 * CHUNK


def test_a_sparse_matrix_is_its_edges_and_weights():
    class Matrix:
        def tocoo(self):
            self.row, self.col, self.data = np.array([1, 0]), np.array([2, 1]), np.array([0.5, -1.0])
            return self

    edges, weights = of_matrix(Matrix())
    assert np.asarray(edges.sources).tolist() == [1, 0]
    assert weights.tolist() == [0.5, -1.0]


BAD = [
    (lambda: en.FixedInDegree(-1), "in-degree is -1"),
    (lambda: en.FixedInDegree(2.5), "in-degree is 2.5"),
    (lambda: en.FixedOutDegree(True), "out-degree is True"),
    (lambda: en.Bernoulli(1.5), "probability of a synapse is 1.5"),
    (lambda: en.Bernoulli(float("nan")), "probability of a synapse is nan"),
    (lambda: pairs(en.FixedInDegree(41, multiple=False)), "41 different sources, but there are 40"),
    (lambda: pairs(en.FixedInDegree(40, self_connections=False, multiple=False)), "there are 39"),
    (lambda: pairs(en.FixedOutDegree(41, multiple=False)), "41 different targets"),
    (lambda: pairs(en.FixedInDegree(1, self_connections=False), 1, 1), "draws from no sources"),
    (lambda: pairs(en.OneToOne(), 3, 4), "3 sources to 4 targets"),
    (lambda: en.Edges([0, 1], [0]), "2 sources and 1 targets"),
    (lambda: en.Edges([0.5], [0]), "float64"),
    (lambda: en.Edges([-1], [0]), "-1 to -1"),
    (lambda: pairs(en.Edges([0], [40])), "reach to unit 40"),
    (lambda: pairs(en.Edges([40], [0])), "reach to unit 40"),
    (lambda: en.ByDistance([[0.0]], [[0.0, 1.0]], 1.0), "wanted [units, dimensions]"),
    (lambda: en.ByDistance([[0.0]], [[0.0]], 0.0), "width is 0.0"),
    (lambda: pairs(en.ByDistance([[0.0]], [[0.0]], 1.0)), "positions of (1, 1) units for 40 sources"),
    (lambda: en.Normal(0, -1), "negative width"),
    (lambda: en.Normal("a", 1), "mean of Normal is 'a'"),
    (lambda: en.Uniform(2, 1), "no room"),
    (lambda: en.LogNormal(0, float("nan")), "sigma of LogNormal is nan"),
    (lambda: en.Normal(0, 1e-9, low=5).draw(3, 1), "hardly anything"),
    (lambda: described_again({"kind": "Nothing"}), "is no connectivity"),
    (lambda: draw_key(-1, 0), "seed is -1"),
    (lambda: Projection(en.FixedInDegree(1), 3, 3), "wanted seed="),
    (lambda: Projection(0.1, 3, 3), "is no connectivity"),
    (lambda: Projection(en.OneToOne(), 3, 3, delays=[0.5, 1, 2]), "whole ticks"),
    (lambda: Projection(en.OneToOne(), 3, 3, delays=[1, 2]).drawn, "delays have shape [2]; wanted [3]"),
    (lambda: Projection(en.OneToOne(), 3, 3, seed=1, delays=en.Uniform(-3, -1)).drawn, "from 0 to below"),
    (lambda: Projection(en.AllToAll(), 3, 3).weights([1.0, 2.0], "float64", None), "weights have shape [2]"),
    (lambda: Projection(en.AllToAll(), 3, 3).weights(en.Normal(0, 1), "float64", None), "wanted seed="),
]  # fmt: skip


@pytest.mark.parametrize("make, why", BAD, ids=[why for _, why in BAD])
def test_what_cannot_be_is_refused(make, why):
    with pytest.raises(NetworkError) as error:
        make()
    assert why in str(error.value)


def test_what_does_not_fit_in_memory_is_refused_with_the_figure_and_before_it_is_made(monkeypatch):
    monkeypatch.setattr(D, "memory_left", lambda: 10**9)
    for what in (en.FixedInDegree(10**6), en.FixedOutDegree(10**6), en.Bernoulli(1.0), en.AllToAll()):
        with pytest.raises(NetworkError, match=r"4\,000\.0 GB at 4 bytes; 1\.0 GB are left"):
            what.rows(10**6, 10**6, True, 1)


def test_synapses_by_distance_are_refused_by_how_many_will_be_drawn(monkeypatch):
    """Of 4 million pairs some 20,000 are drawn, with delays at 8 bytes: 200 kB hold them, and 100 kB do not."""
    at = np.linspace(0, 2000, 2000)[:, None]
    what = en.ByDistance(at, at, 4.0)
    given = {"same": True, "seed": 1, "delays": en.Uniform(1, 5)}
    monkeypatch.setattr(D, "memory_left", lambda: 200_000)
    made = Projection(what, 2000, 2000, **given).drawn
    assert 0 < len(made.targets) <= what.synapses(2000, 2000, True) < 1.1 * len(made.targets)
    monkeypatch.setattr(D, "memory_left", lambda: 100_000)
    monkeypatch.setattr(en.ByDistance, "_rows", None)  # nothing is drawn
    with pytest.raises(NetworkError, match=r"synapses, which take 0\.0 GB at 8 bytes"):
        Projection(what, 2000, 2000, **given).drawn  # noqa: B018
    monkeypatch.setattr(D, "memory_left", lambda: 50_000)
    with pytest.raises(NetworkError, match=r"synapses, which take 0\.0 GB at 4 bytes"):
        what.rows(2000, 2000, True, 1)


@pytest.mark.slow
@pytest.mark.parametrize("shape", ["gaussian", "exponential", "disc"])
def test_synapses_by_distance_are_expected_from_a_part_of_many_sources(shape, monkeypatch):
    at = np.random.default_rng(3).uniform(0, 30, (3000, 2))
    drawn = len(en.ByDistance(at, at, 1.0, peak=0.7, shape=shape).rows(3000, 3000, True, 1)[1])
    whole = en.ByDistance(at, at, 1.0, peak=0.7, shape=shape).synapses(3000, 3000, True)
    monkeypatch.setattr(D, "LOOKED", 3000 * 300)
    part = en.ByDistance(at, at, 1.0, peak=0.7, shape=shape).synapses(3000, 3000, True)
    assert drawn < whole < 1.1 * drawn
    assert drawn < part < 1.3 * drawn
    assert part != whole


UNITS = 4000


@functools.cache
def lists(rising: bool) -> tuple[np.ndarray, np.ndarray]:
    """Sources and targets of four million edges among UNITS, by source or not."""
    k = np.arange(4_000_000, dtype=np.uint32)
    return (k // 1000 if rising else k % UNITS), k % 3989


def listed(rising: bool) -> en.Edges:
    return en.Edges(*lists(rising))


def near() -> en.ByDistance:
    at = np.arange(UNITS)[:, None] / UNITS
    return en.ByDistance(at, at, 0.3, shape="disc")


WAITS = np.arange(4_000_000) % 20
KEPT_AND_MOST = {
    "in-degree": (lambda: en.FixedInDegree(1000), None, 4, 4),
    "out-degree": (lambda: en.FixedOutDegree(1000), None, 4, 4),
    "Bernoulli": (lambda: en.Bernoulli(0.25), None, 4, 4),
    "total number": (lambda: en.FixedTotalNumber(4_000_000), None, 4, 4),
    "all": (lambda: en.AllToAll(), None, 4, 4),
    "all others": (lambda: en.AllToAll(self_connections=False), None, 4, 4),
    "distance": (near, None, 4, 4.01),
    "edges": (lambda: listed(False), None, 12, 12),
    "edges by source": (lambda: listed(True), None, 4, 9),
    "drawn delays": (lambda: en.FixedInDegree(1000), en.Uniform(0.51, 20.49), 5, 6),
    "delays of edges": (lambda: listed(False), WAITS, 13, 15),
    "delays of edges by source": (lambda: listed(True), WAITS, 9, 11),
}
"""What a synapse takes, and at most while all are made, bytes; rows come to it: 16 bytes one."""


@pytest.mark.slow
@pytest.mark.parametrize("case", KEPT_AND_MOST)
def test_synapses_take_as_many_bytes_as_the_page_says(case):
    make, delays, kept, most = KEPT_AND_MOST[case]
    a_chunk = 28 * CHUNK if isinstance(delays, en.Uniform) else CHUNK  # what is drawn, or looked through, at once

    def made():
        projection = Projection(make(), UNITS, UNITS, same=True, seed=1, delays=delays)
        assert len(projection.drawn.targets) >= 1_900_000
        return projection

    made()  # compiles
    tracemalloc.start()
    try:
        projection = made()
        now, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    synapses, rows = len(projection.drawn.targets), 16 * len(projection.drawn.begins) + 40 * UNITS
    assert (kept - 1) * synapses < now <= kept * synapses + rows
    assert peak <= most * synapses + 3 * rows + (a_chunk if make is not near else 100_000)


WEIGHTS_KEPT_AND_MOST = [("float32", 1, 2, 2, 3), ("float64", 1, 2, 2, 3)]
"""Numbers a synapse, kept in a run and at the peak, of drawn weights and of a list of them."""


@pytest.mark.parametrize("dtype, drawn, most_drawn, given, most_given", WEIGHTS_KEPT_AND_MOST)
def test_weights_of_synapses_take_as_many_bytes_as_the_page_says(dtype, drawn, most_drawn, given, most_given):
    n, synapses = 500, 500_000
    numbers = np.ones(synapses, dtype)
    for weight, kept, most in ((en.Normal(1.0, 0.1), drawn, most_drawn), (numbers, given, most_given)):

        def made(weight=weight):
            net = en.Network(dtype=dtype)
            cells = net.add(en.LeakyDelta(n, tau=20.0, decay="tick", name="cells"))
            net.connect(cells, cells, en.FixedInDegree(1000), weight=weight, delay=15, seed=1)
            return en.Simulation(net, engine="reference")

        made()  # compiles
        tracemalloc.start()
        try:
            simulation = made()
            now, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert simulation.net.modules
        a_number = np.dtype(dtype).itemsize
        assert (4 + (kept - 0.5) * a_number) * synapses < now <= (4 + kept * a_number) * synapses + 500_000
        assert peak <= (4 + most * a_number) * synapses + 500_000 + (8 * synapses if kept == drawn else 0)


@pytest.mark.parametrize("rising", [True, False])
def test_lists_by_source_are_the_same_as_others(rising):
    """A list that rises is kept shorter: its rows, weights, delays, copies and files are those of the plain meaning."""
    rng = np.random.default_rng(4)
    sources, targets = rng.integers(0, 7, 90), rng.integers(0, 5, 90)
    sources[sources == 3] = 2  # one source in the middle, and the last one, without any
    if rising:
        sources.sort()
    waits, w = rng.integers(0, 4, 90), rng.normal(size=90)
    edges = en.Edges(sources, targets)
    assert (D.LISTED.each(edges) is not None) == rising
    for each in (edges, copy.deepcopy(edges), pickle.loads(pickle.dumps(edges)), described_again(edges.described())):
        assert each.sources.dtype == np.uint32
        assert each.sources.tolist() == sources.tolist()
        start, found = each.rows(8, 5, False, 0)
        assert found.tolist() == [j for i in range(8) for j in targets[sources == i]]
        assert start.tolist() == [np.count_nonzero(sources < i) for i in range(9)]
    by_source = [x for i in range(8) for x in w[sources == i]]
    assert Projection(edges, 8, 5).weights(w, "float64", None)[0].tolist() == by_source
    projection = Projection(edges, 8, 5, delays=waits)
    order = np.lexsort((np.arange(90), waits, sources))
    assert projection.drawn.targets.tolist() == targets[order].tolist()
    assert np.repeat(projection.drawn.waits, np.diff(projection.drawn.begins)).tolist() == waits[order].tolist()
    assert projection.weights(w, "float64", None)[0].tolist() == w[order].tolist()
    assert projection.weights(w.astype(np.longdouble), "float64", None)[0].tolist() == w[order].tolist()
    assert edges.targets.tolist() == targets.tolist()  # which were not sorted in their place
    assert projection.described()["delays"].dtype == np.int64
    assert projection.described()["delays"].tolist() == waits.tolist()
    with pytest.raises(NetworkError, match=f"sources of Edges reach to unit {sources.max()}"):
        edges.synapses(int(sources.max()), 5, False)
    with pytest.raises(FrozenInstanceError):
        edges.sources = targets


def test_lists_of_few_edges_take_no_memory_for_units_without_any():
    edges = en.Edges([5, 2**31 - 1], [0, 1])
    assert edges.sources.tolist() == [5, 2**31 - 1]
    assert D.LISTED.each(edges) is None


def test_rows_of_all_others_and_by_distance_are_those_of_each_source():
    start, targets = en.AllToAll(self_connections=False).rows(5, 5, True, 0)
    assert targets.reshape(5, 4).tolist() == [[j for j in range(5) if j != i] for i in range(5)]
    assert start.tolist() == [0, 4, 8, 12, 16, 20]


def test_more_synapses_by_distance_than_were_expected_have_their_room(monkeypatch):
    at = np.random.default_rng(3).uniform(0, 3, (60, 2))
    what, few = (en.ByDistance(at, at, 1.0) for _ in range(2))
    wanted = what.rows(60, 60, True, 1)
    monkeypatch.setitem(vars(few), "_expected", 7)
    assert all(a.tobytes() == b.tobytes() for a, b in zip(wanted, few.rows(60, 60, True, 1), strict=True))


def test_delays_given_by_synapse_are_as_many_as_are_drawn():
    drawn = len(Projection(en.Bernoulli(0.3), 40, 40, seed=1).drawn.targets)
    assert drawn != en.Bernoulli(0.3).synapses(40, 40, False)
    waits = np.arange(drawn) % 3
    assert len(Projection(en.Bernoulli(0.3), 40, 40, seed=1, delays=waits).drawn.targets) == drawn
    with pytest.raises(NetworkError, match=f"wanted .{drawn}., one a synapse"):
        _ = Projection(en.Bernoulli(0.3), 40, 40, seed=1, delays=np.zeros(480, np.int64)).drawn


def test_memory_that_is_left_is_a_number_of_bytes():
    assert D.memory_left() is None or D.memory_left() > 2**20


def test_distributions_have_their_mean_and_keep_their_bounds():
    drawn = en.Normal(2.0, 1.0).draw(20_000, 1)
    assert abs(drawn.mean() - 2) < 0.04
    assert abs(drawn.std() - 1) < 0.03
    cut = en.Normal(2.0, 1.0, low=1.5, high=2.5).draw(2_000, 1)
    assert cut.min() >= 1.5
    assert cut.max() <= 2.5
    assert abs(en.Uniform(1, 3).draw(20_000, 1).mean() - 2) < 0.02
    assert abs(np.log(en.LogNormal(0.5, 0.2).draw(20_000, 1)).mean() - 0.5) < 0.01
    assert en.Uniform(0, 1).draw(5, 1).tobytes() == en.Uniform(0, 1).draw(5, 1).tobytes()


def test_parts_of_a_row_are_its_synapses_by_delay():
    edges = en.Edges([0, 0, 0, 2, 0], [4, 1, 4, 3, 2])
    projection = Projection(edges, 3, 5, delays=[7, 2, 7, 2, 2])
    drawn = projection.drawn
    assert drawn.parts.tolist() == [0, 2, 2, 3]
    assert drawn.waits.tolist() == [2, 7, 2]
    assert drawn.begins.tolist() == [0, 2, 4, 5]
    assert drawn.targets.tolist() == [1, 2, 4, 4, 3]
    assert projection.places is not None
    assert projection.places.tolist() == [1, 4, 0, 2, 3]


def test_delays_of_many_kinds_lose_no_synapse():
    plain = Projection(en.FixedInDegree(9), 40, 40, seed=3).drawn
    cut = Projection(en.FixedInDegree(9), 40, 40, seed=3, delays=en.Uniform(1, 30)).drawn
    source = np.repeat(np.repeat(np.arange(40), np.diff(cut.parts)), np.diff(cut.begins))
    own = np.repeat(np.arange(40), np.diff(plain.begins))
    assert sorted(zip(source, cut.targets, strict=True)) == sorted(zip(own, plain.targets, strict=True))
    for i in range(40):
        assert np.all(np.diff(cut.waits[cut.parts[i] : cut.parts[i + 1]]) > 0)


@pytest.mark.parametrize("longest", [200, 30_000, 10**6])
def test_kinds_of_delays_are_their_places_among_those_that_there_are(longest):
    """In one byte, two, or more; as NumPy finds them of all that is drawn at once."""
    law = en.Uniform(0, longest)
    drawn = np.rint(law.draw(5000, 9)).astype(np.int64)
    ticks, kinds = kinds_of(law, 5000, 9)
    assert kinds.itemsize == {200: 1, 30_000: 2, 10**6: 4}[longest]
    assert ticks.tolist() == np.unique(drawn).tolist()
    assert ticks[kinds].tolist() == drawn.tolist()


def test_a_description_cannot_be_changed():
    with pytest.raises(AttributeError):
        en.FixedInDegree(3).n = 4
    assert copy.deepcopy(en.FixedInDegree(3)) == en.FixedInDegree(3)


def test_a_fixed_total_number_draws_sources_and_targets_alike_and_apart():
    """Both ends are uniform, and independent: counts of each vary as binomial ones do."""
    sources, targets = pairs(en.FixedTotalNumber(40_000), 40, 50, same=False)
    assert len(sources) == 40_000
    counts = np.zeros((40, 50))
    np.add.at(counts, (sources, targets), 1)
    for found, cells in ((counts, 2000), (counts.sum(0), 50), (counts.sum(1), 40)):
        chi2 = ((found - 40_000 / cells) ** 2).sum() / (40_000 / cells)
        assert abs(chi2 - (cells - 1)) < 5 * (2 * cells) ** 0.5
    assert np.all(np.diff(targets)[np.diff(sources) == 0] >= 0)
