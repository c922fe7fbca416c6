"""Where modules stand in the report's drawing of a network."""

from __future__ import annotations

import random

import networkx as nx

from eventnet.report.layout import closing, columns, layout


def test_a_chain_stands_in_a_row() -> None:
    found = layout(4, [(0, 1), (1, 2), (2, 3)])
    assert found.places == ((0.0, 0.0), (1.0, 0.0), (2.0, 0.0), (3.0, 0.0))
    assert not found.back


def test_the_link_that_closes_a_cycle_leads_back() -> None:
    found = layout(3, [(0, 1), (1, 2), (2, 0), (1, 1)])
    assert found.back == {(2, 0)}
    assert [x for x, _ in found.places] == [0, 1, 2]


def test_a_link_past_a_column_has_a_place_there_beside_the_module() -> None:
    found = layout(3, [(0, 1), (1, 2), (0, 2)])
    ((x, y),) = found.through[0, 2]
    assert x == 1
    assert y != found.places[1][1]
    assert found.through[0, 1] == ()


def test_what_nothing_leads_to_stands_before_what_it_leads_to() -> None:
    assert columns(4, [(0, 1), (1, 2), (3, 2)]) == [0, 1, 2, 1]


def test_any_graph_is_drawn_with_every_module_in_a_place_of_its_own() -> None:
    for seed in range(60):
        rng = random.Random(seed)
        n = rng.randint(1, 14)
        links = [(rng.randrange(n), rng.randrange(n)) for _ in range(rng.randrange(3 * n))]
        found = layout(n, links)
        assert len(set(found.places)) == n
        graph = nx.DiGraph(link for link in links if link[0] != link[1])
        graph.remove_edges_from(found.back)
        assert nx.is_directed_acyclic_graph(graph)
        for a, b in graph.edges:
            begin, end = int(found.places[a][0]), int(found.places[b][0])
            assert begin < end
            assert [x for x, _ in found.through[a, b]] == list(range(begin + 1, end))
        standing = [*found.places, *(p for points in found.through.values() for p in points)]
        assert len(set(standing)) == len(standing)


def test_an_acyclic_graph_has_no_link_that_leads_back() -> None:
    for seed in range(40):
        rng = random.Random(seed)
        order = rng.sample(range(12), 12)
        pairs = [sorted(rng.sample(range(12), 2)) for _ in range(20)]
        assert closing(12, [(order[a], order[b]) for a, b in pairs]) == set()
