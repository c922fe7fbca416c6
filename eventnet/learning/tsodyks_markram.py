"""Short-term plasticity of sparse synapses (Tsodyks and Markram 1997; Tsodyks, Pawelzik and Markram 1998).

    between spikes    du/dt = -u / tau_facil          dx/dt = (1 - x) / tau_rec
    at a spike        u <- u + U (1 - u)              sends w u x              x <- x - u x

u is the part of the resources x that a spike uses. Both are brought up at a spike by one exponential each, over the
whole ticks since the one before, so that nothing is integrated and silence costs nothing. With tau_facil = 0 there is
no facilitation: u is U at each spike. The used part recovers from then on, as in `tsodyks_synapse` of NEST where
tau_psc is next to nothing.

The synapses of a row have one past: where U, tau_rec and tau_facil are numbers, or one a source, u and x are one of
each a row, and where the weights are so, too, a spike writes one word. With values of their own synapses have u and x
of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numba.extending import register_jitable
from numpy.typing import ArrayLike, NDArray

from eventnet.connectivity import Projection
from eventnet.declarations import Derived, Integers, Option, State, Weights
from eventnet.errors import NetworkError
from eventnet.kernels.ranges import Integers as Found
from eventnet.kernels.ranges import ticks, within
from eventnet.learning.on_synapses import OnSynapses, each_synapse
from eventnet.learning.traces import remains
from eventnet.module import Port
from eventnet.neurons.last_spikes import NEVER_SEEN
from eventnet.rule import rule
from eventnet.tally import LEARNING_ADDS, MULTIPLIES, READS, WRITES

BY_ROW, BY_SYNAPSE = range(2)

# Words of `plan`: whether u and x are one a row or one a synapse; whose a weight is; whose a weight is that is sent.
STATE_OF, STRENGTH_OF, SENT_OF = range(3)


@register_jitable(forceinline=True)
def nth(values: Any, q: int) -> Any:
    """One number for all, or the q-th."""
    return values[q if len(values) > 1 else 0]


@register_jitable(forceinline=True)
def use_some(q: int, dt: int, u: Any, x: Any, using: Any, rec: Any, facil: Any, tally: Any) -> Any:
    """Resources q recover for dt ticks, and a spike uses some: how much, u x. Counted."""
    one, number = x.dtype.type(1), x.dtype.type
    tau_rec, tau_facil, part = nth(rec, q), nth(facil, q), nth(using, q)
    left_u = number(remains(dt, tau_facil)) if tau_facil > 0 else number(0)
    left_x = number(remains(dt, tau_rec)) if tau_rec > 0 else number(0)
    v = u[q] * left_u
    v += part * (one - v)
    there = one + (x[q] - one) * left_x
    used = v * there
    u[q], x[q] = v, there - used
    tally[LEARNING_ADDS] += 5
    tally[MULTIPLIES] += 4 + (1 if tau_facil > 0 else 0) + (1 if tau_rec > 0 else 0)
    return used


@rule
def use_resources(i, s, t, out, tally, u, x, using, rec, facil, seen, plan, begins, strength_at, w, sent):
    """A spike comes to row i: resources are used, what its synapses send is written, and the spike goes on."""
    dt, first, last = t - seen[i], begins[i], begins[i + 1]
    seen[i] = t
    used = x.dtype.type(0)
    if plan[STATE_OF] == BY_ROW:
        used = use_some(i, dt, u, x, using, rec, facil, tally)
    written, of_row = last - first, strength_at[i] if w.shape[1] > 1 else 0
    if plan[SENT_OF] == BY_ROW and written > 0:
        sent[0, strength_at[i] if sent.shape[1] > 1 else 0] = w[0, of_row] * used
        written = 1
    else:
        for k in range(first, last):
            if plan[STATE_OF] == BY_SYNAPSE:
                used = use_some(k, dt, u, x, using, rec, facil, tally)
            sent[0, k] = w[0, k if plan[STRENGTH_OF] == BY_SYNAPSE else of_row] * used
    tally[MULTIPLIES] += written
    tally[READS] += written
    tally[WRITES] += written
    out.spike(i, s)


# --- what a module begins with ---------------------------------------------------------------------------------------
def part_of_one(given: Any, what: str) -> Any:
    """U, a number or an array. Raises NetworkError unless it is above 0, and 1 at most."""
    values = np.asarray(given, dtype=np.float64)
    if values.ndim > 1 or not np.all((values > 0) & (values <= 1)):
        raise NetworkError(f"{what} is {given!r:.60}; wanted numbers above 0, 1 at most")
    return given if values.ndim == 0 else values


def times(given: Any, what: str) -> Any:
    """Time constants, a number or an array. Raises NetworkError unless they are finite, and 0 or more."""
    values = np.asarray(given, dtype=np.float64)
    if values.ndim > 1 or not np.all((values >= 0) & (values < 2**53)):
        raise NetworkError(f"{what} is {given!r:.60}; wanted ticks, 0 or more")
    return given if values.ndim == 0 else values


def by_synapse(module: TsodyksMarkram) -> bool:
    """Whether some values are one a synapse. Raises NetworkError for arrays of other lengths."""
    found = False
    n, sources = len(module.projection.drawn.targets), module.projection.sources
    for name in ("U", "tau_rec", "tau_facil"):
        value = getattr(module, name)
        if np.ndim(value) and len(value) not in (n, sources):
            raise NetworkError(
                f"{name} of TsodyksMarkram has {len(value)} values; wanted a number, [{sources}] for the sources or "
                f"[{n}] for the synapses"
            )
        found |= bool(np.ndim(value) and len(value) == n != sources)
    return found


def spread(module: TsodyksMarkram, value: Any) -> NDArray[np.float64]:
    """Values [1], or one for each u."""
    array = np.asarray(value, dtype=np.float64)
    if array.ndim == 0:
        return array.reshape(1)
    drawn, n = module.projection.drawn, len(module.projection.drawn.targets)
    if len(array) == n != module.projection.sources:
        places = module.projection.places
        return array if places is None else array[places]
    rows = array[module.sources_of_rows]
    return np.repeat(rows, np.diff(drawn.begins)) if module.own else rows


def sources_of_rows(module: TsodyksMarkram) -> NDArray[np.int64]:
    """The source of each row."""
    parts = module.projection.drawn.parts
    return np.repeat(np.arange(len(parts) - 1), np.diff(parts)) if len(parts) else np.arange(module.n_in)


def whose(module: TsodyksMarkram, n: int) -> int:
    """The kind of a block of weights [1, n]: one a synapse, or one a row."""
    synapses = len(module.projection.drawn.targets)
    return BY_SYNAPSE if n == synapses > 1 else BY_ROW


class TsodyksMarkram(OnSynapses):
    """Short-term plasticity; `Network.connect` adds it with `plasticity=TsodyksMarkram.given(U=0.5, tau_rec=8000.0)`.

    `weights` are the strengths, which stay, or which another rule moves; what a spike sends is written into the weights
    of the synapses: one a source, or where delays or anything else differ from synapse to synapse one a synapse. Two
    spikes of a source that come at one tick may both be sent as the second, as the order of the run has it.
    """

    suffix = "resources"

    weights = Weights(1, None, key="w", doc="[1, 1], [1, sources] or [1, synapses]: strengths")
    U = Option[ArrayLike](0.5, check=part_of_one, doc="a number, or one a source or synapse: what is used of the rest")
    tau_rec = Option[ArrayLike](check=times, doc="likewise: time constant of recovery, in ticks")
    tau_facil = Option[ArrayLike](0.0, check=times, doc="likewise: that of facilitation; 0 for none")
    own = Derived[bool](by_synapse)
    sources_of_rows = Derived(sources_of_rows)
    places = Derived[int](lambda m: len(m.projection.drawn.targets) if m.own else m.n_in)
    u = State("places", doc="part that the last spike used; one a row, or one a synapse")
    x = State("places", start=1.0, doc="resources after it")
    using = State(None, start=lambda module: spread(module, module.U))
    rec = State(None, start=lambda module: spread(module, module.tau_rec))
    facil = State(None, start=lambda module: spread(module, module.tau_facil))
    seen = Integers("n_in", start=NEVER_SEEN, doc="tick of each row's last spike")
    strength_at = Integers(None, start=lambda module: module.sources_of_rows)
    plan = Integers(
        3, start=lambda m: [BY_SYNAPSE if m.own else BY_ROW, whose(m, m.weights.cols), whose(m, m.sent.cols)]
    )
    sent = Weights.of(OnSynapses.synapses, "weights")
    pre = Port(use_resources, emits="out", accepts="n_in")
    most = Derived(1)

    @classmethod
    def first_weights(
        cls, projection: Projection, given: NDArray[Any], options: Mapping[str, Any]
    ) -> NDArray[Any]:  # fmt: skip
        """The strengths sent at first: one a source where nothing differs between synapses, else one a synapse."""
        n = len(projection.drawn.targets)
        own = any(np.size(options.get(name, 0)) == n != projection.sources for name in ("U", "tau_rec", "tau_facil"))
        if own or len(projection.drawn.parts) or given.shape[1] == n:
            return each_synapse(projection, given)
        return np.broadcast_to(given, (1, projection.sources)).copy()

    @classmethod
    def own_block(
        cls, net: Any, synapses: Any, given: NDArray[Any], name: str, options: Mapping[str, Any]
    ) -> Any:  # fmt: skip
        """Strengths, as they were asked for."""
        return net.weights(given, name)

    def check_weights(self, synapses: int, found: int) -> None:
        """Raise NetworkError unless what is sent is written where synapses read it, and nowhere else."""
        projection, sent = self.projection, self.synapses.weights
        projection.columns(self.weights.cols)
        apart = self.own or len(projection.drawn.parts) > 0 or self.weights.cols == synapses != projection.sources
        wanted = max(1, synapses) if apart else projection.sources
        if sent.cols != wanted or sent is self.weights:
            raise NetworkError(
                f"what is sent is written to {sent!r}; wanted a block of its own, [1, {wanted}], as Network.connect "
                "makes it with plasticity="
            )

    def check_integers(self, found: Found, time: int) -> None:
        """No spike is to come."""
        within("'seen'", found["seen"], *ticks(time))

    dtypes: ClassVar[tuple[str, ...]] = ("float64", "float32")
