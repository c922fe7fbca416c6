"""Pictures of runs, of their costs and of findings of studies."""

from eventnet.plotting.ablation import draw_influence
from eventnet.plotting.anytime import draw_anytime, draw_worth
from eventnet.plotting.cancellation import draw_cancelled, draw_variation
from eventnet.plotting.cost import cost_over_time, heat_map, sizes_of_cascades

__all__ = [
    "cost_over_time",
    "draw_anytime",
    "draw_cancelled",
    "draw_influence",
    "draw_variation",
    "draw_worth",
    "heat_map",
    "sizes_of_cascades",
]
