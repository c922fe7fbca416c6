"""The base of layers whose units go from tick to tick, with synapses that decay: an event is one add.

A layer makes a step every `step` ticks, at its port `ticks`. Between two steps nothing of it changes but what events
add. The step at tick t takes each unit from t - step to t under the currents or conductances of t - step, lets these
decay, adds what came since then, and fires units that are past their thresholds. So an event of tick t acts from t on,
whether it comes before the layer's step of t or after it; one between two steps acts from the later one on.

The gain from outside currents (`bias_drive`) goes the same way, to `bias` or by `gained`.

`synaptic` and `came` [2 units] have the excitatory numbers first, the inhibitory ones behind: an amount above 0 goes to
the first, one below 0 to the second. So the sign of an event says whether it is excitatory.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numba.extending import register_jitable
from numpy.typing import ArrayLike, NDArray

from eventnet.declarations import Derived, Integers, Option, Other, State
from eventnet.errors import NetworkError
from eventnet.given import one_a_unit, whole_number
from eventnet.kernels.ranges import COUNT, ticks, within
from eventnet.kernels.ranges import Integers as Found
from eventnet.module import Module, Outlet
from eventnet.neurons.leaky import finite, whole_each
from eventnet.tally import COMPARES, NEURON_ADDS

NOT_YET = -(2**62)

NOW, SHIFTED = range(2)
"""Words of `clock`: the tick of the layer's last step; whether `gained` has anything."""

STEP, UNSIGNED, INSIDE, REFRACTORY, EACH = range(5)
"""Words of `plan`: ticks from step to step; whether inhibitory numbers are kept as positive ones (conductances);
whether crossings are placed inside a step; refractory ticks, or -1 where they stand from EACH on, one a unit."""

CHUNK = 64
"""Units are looked at for spikes in so many at a time."""


# --- what rules of synapses and drives call --------------------------------------------------------------------------
@register_jitable(error_model="numpy")
def begin(t: int, clock: Any, out: Any) -> None:
    """The first event of all begins the layer's steps; its outlet `next` is the first that the port names."""
    if clock[NOW] == NOT_YET:
        clock[NOW] = t
        out.spike(0, 1, 0)


@register_jitable(forceinline=True, error_model="numpy")
def adds_to(t: int, synaptic: Any, came: Any, clock: Any) -> Any:
    """The array to which events of tick t are added: `synaptic` once the layer has stepped to t, `came` before."""
    return synaptic if clock[NOW] == t else came


@register_jitable(error_model="numpy")
def shifts_to(t: int, bias: Any, gained: Any, clock: Any) -> Any:
    """The array to which a constant current's gain at tick t is added, by the same rule: `bias` or `gained`."""
    if clock[NOW] == t:
        return bias
    clock[SHIFTED] = 1
    return gained


# --- what rules of steps call ----------------------------------------------------------------------------------------
@register_jitable(error_model="numpy")
def is_due(t: int, clock: Any, plan: Any, out: Any) -> bool:
    """Whether a step is due at tick t; the next one is told. The first delivery of all begins the layer."""
    first = clock[NOW] == NOT_YET
    if not first and t - clock[NOW] < plan[STEP]:
        return False
    clock[NOW] = t
    out.spike(0, 1, 1)
    return not first


@register_jitable(error_model="numpy")
def let_decay(synaptic: Any, came: Any, factor: Any) -> None:
    """Let the currents or conductances decay over a step, and add what came to them."""
    for j in range(len(synaptic)):
        synaptic[j] = synaptic[j] * factor + came[j]
        came[j] = 0


@register_jitable(error_model="numpy")
def let_decay_each(synaptic: Any, came: Any, factors: Any) -> None:
    """The same where each unit has its own factor."""
    for j in range(len(synaptic)):
        synaptic[j] = synaptic[j] * factors[j] + came[j]
        came[j] = 0


@register_jitable(forceinline=True, error_model="numpy")
def end_step(
    synaptic: Any, came: Any, bias: Any, gained: Any, clock: Any, table: Any, e_left: int, i_left: int, m: int,
    tally: Any,
) -> None:  # fmt: skip
    """Let both kinds decay by numbers of a table, m of each there, 1 or units; and add what came to them."""
    n = len(synaptic) // 2
    if m == 1:
        let_decay(synaptic[:n], came[:n], table[e_left])
        let_decay(synaptic[n:], came[n:], table[i_left])
    else:
        let_decay_each(synaptic[:n], came[:n], table[e_left * m : e_left * m + m])
        let_decay_each(synaptic[n:], came[n:], table[i_left * m : i_left * m + m])
    if clock[SHIFTED] != 0:
        clock[SHIFTED] = 0
        tally[NEURON_ADDS] += n
        for j in range(n):
            bias[j] += gained[j]
            gained[j] = 0


@register_jitable(error_model="numpy")
def refractory_of(j: int, plan: Any) -> Any:
    """Ticks for which unit j is held after a spike."""
    return plan[REFRACTORY] if plan[REFRACTORY] >= 0 else plan[EACH + j]


@register_jitable(error_model="numpy")
def fire_all(t: int, phi: Any, free: Any, plan: Any, bars: Any, lands: Any, out: Any, tally: Any) -> None:
    """Each unit past its threshold fires, and is left at its reset until it is free."""
    one, n = len(bars) == 1, len(phi)
    tally[COMPARES] += n
    for first in range(0, n, CHUNK):
        last = min(first + CHUNK, n)
        past = 0
        if one:
            bar = bars[0]
            for j in range(first, last):
                past += phi[j] > bar
        else:
            for j in range(first, last):
                past += phi[j] > bars[j]
        if past > 0:
            for j in range(first, last):
                if phi[j] > bars[0 if one else j]:
                    made = out.made()
                    out.spike(j, 1, 0, np.float64(phi[j]))
                    if out.made() == made:  # no room: a fault
                        return
                    tally[COMPARES] += 1
                    phi[j] = lands[0 if one else j]
                    free[j] = t + refractory_of(j, plan)


# --- the layer -------------------------------------------------------------------------------------------------------
def first_plan(layer: TickedLayer) -> list[int]:
    """The words of `plan`."""
    one = not np.ndim(layer.refractory)
    own = [] if one else one_a_unit(layer.refractory, layer.units, "refractory").astype(np.int64).tolist()
    return [layer.step, layer.unsigned, layer.is_inside, int(layer.refractory) if one else -1, *own]  # type: ignore[arg-type]


def first_phi(layer: TickedLayer) -> NDArray[np.float64]:
    """Potentials above rest at the first step."""
    start = layer.rest if layer.start is None else layer.start
    return one_a_unit(start, layer.units, "start") - one_a_unit(layer.rest, layer.units, "rest")


def whole_step(given: Any, what: str) -> int:
    """Ticks from step to step. Raises NetworkError for what is no whole number."""
    return whole_number(what, given, 1, COUNT - 1, NetworkError)


def time_constant(given: Any, what: str) -> Any:
    """Time constants of synapses: numbers of 0 or more. Raises NetworkError for others."""
    array = np.asarray(finite(given, what), dtype=np.float64)
    if np.any(array < 0):
        raise NetworkError(f"{what} is {given!r:.60}; wanted ticks, 0 or more")
    return given


class TickedLayer(Module):
    """Units that go from tick to tick; synapses of a kind that decays lead to them, which `Network.connect` makes.

    A class of them declares its time constants, the `numbers` that its step reads, and its port `ticks`. Steps begin at
    the first event or at a spike at `ticks`, whichever is first, and then go on for ever: run with `until=`. Potentials
    are as of the last step, those at first as of the first one.
    """

    rest = Option[ArrayLike](0.0, check=finite, doc="a number, or one a unit: where potentials are left alone")
    threshold = Option[ArrayLike](1.0, check=finite, doc="a number, or one a unit")
    reset = Option[ArrayLike | None](
        None, check=finite, doc="a number, or one a unit: where a spike leaves the potential; None for rest"
    )
    refractory = Option[ArrayLike](0, check=whole_each, doc="a number, or one a unit: ticks for which a unit is held")
    start = Option[ArrayLike | None](None, check=finite, doc="a number, or one a unit: first potentials; None for rest")
    step = Option[int](1, check=whole_step, doc="ticks from one step to the next")

    phi = State(start=first_phi, doc="potentials above rest, as of the last step")
    synaptic = State("2 * units", doc="what acts: excitatory numbers, and then the inhibitory ones")
    came = State("2 * units", doc="what came since the last step")
    bias = State(given=0.0, doc="a constant current, in the unit of the potential; drives and a run may change it")
    gained = State(doc="what currents gained since the last step")
    table = State(None, start=lambda layer: layer.rows_of_numbers().ravel())
    free = Integers(start=NOT_YET, doc="ticks up to which units are held")
    clock = Integers(2, start=[NOT_YET, 0])
    plan = Integers(None, start=first_plan)
    unsigned = Derived(False)
    is_inside = Derived(False)
    out = Outlet()
    next = Outlet(width=1, repeats="ticks", every="step")
    membrane = None
    dtypes: ClassVar[tuple[str, ...]] = ("float64", "float32")
    kinds_of_drive: ClassVar[dict[str, type[Any]]] = {}

    def numbers(self) -> list[Any]:
        """The words of `table`, each a number or one a unit."""
        raise NotImplementedError

    def given(self, name: str) -> Any:
        """An option: a number, or one a unit. Raises NetworkError for another number of them."""
        value = getattr(self, name)
        return one_a_unit(value, self.units, name) if np.ndim(value) else float(value)

    def rows_of_numbers(self) -> NDArray[np.float64]:
        """The words of `table`, [words, 1] where all are numbers, else [words, units]."""
        words = [np.asarray(word, dtype=np.float64) for word in self.numbers()]
        width = self.units if any(word.ndim for word in words) else 1
        return np.array([np.broadcast_to(word, width) for word in words])

    def above_rest(self, name: str) -> Any:
        """An option as it lies above rest: a number, or one a unit."""
        value = getattr(self, name)
        value = self.rest if value is None else value
        if not np.ndim(value) and not np.ndim(self.rest):
            return float(value) - float(self.rest)  # type: ignore[arg-type]
        return one_a_unit(value, self.units, name) - one_a_unit(self.rest, self.units, "rest")

    def check(self) -> None:
        """Potentials begin, and are left by spikes, at or below thresholds."""
        above = one_a_unit(self.above_rest("threshold"), self.units, "threshold")
        for name, value in (("reset", self.above_rest("reset")), ("start", first_phi(self))):
            if np.any(one_a_unit(value, self.units, name) > above):
                raise NetworkError(f"{name} of {type(self).__name__} is past a threshold")

    def check_integers(self, found: Found, time: int) -> None:
        """Steps have been up to now, and units are held to a tick that can be."""
        within("'clock' at [NOW]", found["clock"][NOW], *ticks(time))
        within("'clock' at [SHIFTED]", found["clock"][SHIFTED], 0, 2)
        within("'free'", found["free"], -COUNT, 2 * COUNT - 1)

    def starts_at(self) -> str:
        """A spike at `ticks`."""
        return "ticks"

    def potentials(self, state: Mapping[str, NDArray[Any]], t: float = math.inf) -> NDArray[np.float64]:
        """v [units] as of the last step, of `sim.state(layer)`."""
        made: NDArray[np.float64] = np.asarray(self.rest) + state["phi"].astype(np.float64)
        return made


class WritesTicked(Module):
    """The base of synapses and drives: the state of a layer that goes from tick to tick, to whose units they add."""

    layer = Other(TickedLayer)

    synaptic = State.of(layer, "synaptic", writes=True)
    came = State.of(layer, "came", writes=True)
    clock = Integers.of(layer, "clock", writes=True)
    plan = Integers.of(layer, "plan")
    membrane = None
