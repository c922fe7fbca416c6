"""Pictures of runs, of what they cost and of what studies found."""

from eventnet.plotting.axes import network_graph
from eventnet.plotting.early_answers import draw_guesses, draw_worth
from eventnet.plotting.ledger import cost_over_time, heat_map, sizes_of_cascades
from eventnet.plotting.runs import adds_by_module, raster
from eventnet.plotting.waste import draw_detours, draw_undone
from eventnet.plotting.what_if import draw_influence

__all__ = [
    "adds_by_module",
    "cost_over_time",
    "draw_detours",
    "draw_guesses",
    "draw_influence",
    "draw_undone",
    "draw_worth",
    "heat_map",
    "network_graph",
    "raster",
    "sizes_of_cascades",
]
