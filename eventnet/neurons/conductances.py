"""The base of layers with exponential conductances: their numbers, and where in a step a spike is."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from numba.extending import register_jitable
from numpy.typing import ArrayLike

from eventnet.declarations import Derived, Option, State
from eventnet.errors import NetworkError
from eventnet.neurons.leaky import finite, positive
from eventnet.neurons.ticked import TickedLayer


@register_jitable(forceinline=True, error_model="numpy")
def pulled(x: Any, e: Any, i: Any, bias: Any, e_rev: Any, i_rev: Any) -> Any:
    """The slope of a potential, a time constant."""
    return bias + e * e_rev + i * i_rev - (1.0 + e + i) * x


def check_crossing(given: Any, what: str) -> Any:
    """The place of a crossing, 'inside' a step or at its 'tick'. Raises NetworkError for anything else."""
    if given not in ("inside", "tick"):
        raise NetworkError(f"{what} is {given!r}; wanted 'inside' a step, or 'tick', at its end")
    return given


class ConductanceLayer(TickedLayer):
    """Units with conductances that decay, which go from tick to tick; a class of them declares its own numbers."""

    tau_m = Option[ArrayLike](check=positive, doc="a number, or one a unit: time constant of the potentials")
    tau_e = Option[ArrayLike](check=positive, doc="a number, or one a unit: of what excites")
    tau_i = Option[ArrayLike](check=positive, doc="a number, or one a unit: of what inhibits")
    reversal_e = Option[ArrayLike](check=finite, doc="a number, or one a unit: to where excitation draws potentials")
    reversal_i = Option[ArrayLike](check=finite, doc="a number, or one a unit: to where inhibition draws potentials")
    crossing = Option[Literal["inside", "tick"]](
        "inside", check=check_crossing, doc="'inside' a step, to its part; or 'tick': at its end"
    )
    early = State(doc="ticks by which a unit's last spike was before the tick at which it was sent")
    unsigned = Derived(True)
    is_inside = Derived[bool](lambda layer: layer.crossing == "inside")
    dtypes: ClassVar[tuple[str, ...]] = ("float64",)
