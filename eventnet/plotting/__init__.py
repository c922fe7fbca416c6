"""Pictures of runs, of their costs and of findings of studies."""

from eventnet.plotting.ablation import draw_influence
from eventnet.plotting.anytime import draw_anytime, draw_worth
from eventnet.plotting.axes import network_graph
from eventnet.plotting.cancellation import draw_cancelled, draw_variation
from eventnet.plotting.cost import cost_over_time, heat_map, sizes_of_cascades
from eventnet.plotting.recorded import potential
from eventnet.plotting.runs import adds_by_module, population_rate, raster

__all__ = [
    "adds_by_module",
    "cost_over_time",
    "draw_anytime",
    "draw_cancelled",
    "draw_influence",
    "draw_variation",
    "draw_worth",
    "heat_map",
    "network_graph",
    "population_rate",
    "potential",
    "raster",
    "sizes_of_cascades",
]
