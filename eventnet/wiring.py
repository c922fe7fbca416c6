"""The outlet or port that a module stands for where one is wanted; and cycles along wires."""

from __future__ import annotations

from collections.abc import Iterable

from eventnet.errors import WiringError
from eventnet.module import BoundOutlet, BoundPort, Module


def outlet_of(module: Module) -> BoundOutlet:
    """The outlet that is meant by a module: its only one that does not lead back to itself."""
    names = [n for n, outlet in type(module).outlets.items() if outlet.inner is None and outlet.predicts is None]
    if len(names) == 1:
        return getattr(module, names[0])  # type: ignore[no-any-return]
    raise _unclear(module, names, "outlet")


def port_of(module: Module) -> BoundPort:
    """The port that is meant by a module: its only one that does not take its own spikes alone, or `spikes`."""
    inner = {name for outlet in type(module).outlets.values() for name in (outlet.inner, outlet.predicts)}
    names = [name for name in type(module).ports if name not in inner]
    if len(names) == 1 or "spikes" in names:
        return getattr(module, names[0] if len(names) == 1 else "spikes")  # type: ignore[no-any-return]
    raise _unclear(module, names, "port")


def _unclear(module: Module, names: list[str], what: str) -> WiringError:
    kind = f"{module.name!r} ({type(module).__name__})"
    if not names:
        synapses = what == "port" and module.kind_of_synapses is not None
        instead = "; synapses lead to it: net.connect(source, layer, connectivity, weight=...)" if synapses else ""
        return WiringError(f"{kind} has no {what} to which a wire can be bound{instead}")
    dotted = [f"{module.name}.{name}" for name in names]
    return WiringError(f"{kind} has the {what}s {', '.join(dotted)}: say which of them")


def circles_of(edges: Iterable[tuple[int, int]]) -> list[list[int]]:
    """Sets of numbers that reach one another along edges, each sorted, and they by their first; one alone by itself."""
    import networkx as nx  # a fifth of the time of `import eventnet`

    graph = nx.DiGraph(edges)
    found = [sorted(circle) for circle in nx.strongly_connected_components(graph)]
    return sorted(circle for circle in found if len(circle) > 1 or graph.has_edge(circle[0], circle[0]))


def shortest_circle(edges: Iterable[tuple[int, int]], start: int) -> list[int]:
    """The numbers of a shortest way from one back to itself, that one first; of several of one length the one whose
    numbers come first; [] where there is none."""
    leads: dict[int, list[int]] = {}
    for source, target in sorted(set(edges)):
        leads.setdefault(source, []).append(target)
    came: dict[int, int] = {}
    reached = [start]
    for number in reached:
        for following in leads.get(number, ()):
            if following == start:
                way = [number]
                while way[-1] != start:
                    way.append(came[way[-1]])
                return way[::-1]
            if following not in came:
                came[following] = number
                reached.append(following)
    return []
