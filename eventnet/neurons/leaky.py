"""Leaky integrate-and-fire layers with delta synapses: potentials decay exactly, and only when a spike arrives.

    v(t) = rest + (v(t') - rest) exp(-(t - t') / tau)         between deliveries
    v_j <- v_j + s w[i, j]                                    at a spike (i, s)
    fires where v_j > threshold_j + theta_j(t); then v_j <- reset, or v_j <- v_j - (threshold_j - reset)

Thesis equations 1.9 and 1.10 (which print kappa for e, and no minus in the exponent); 1.10 is rest = reset = 0,
threshold = 1, subtract=True. The state `phi` is v - rest. A row reaches every unit of the layer, so the layer has one
time `told` to which potentials are worked out, and a delivery takes one `exp`.

theta, what spikes have added to a threshold, is kept as of the time `since`, and read by one factor for all units. A
layer checks its potentials against bars that hold for a while: what thresholds will have sunk to by then. Only a unit
past its bar asks for its threshold of now, so that exact decay costs nothing at most deliveries.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numba.extending import register_jitable
from numpy.typing import ArrayLike, NDArray

from eventnet.errors import NetworkError
from eventnet.kernels.prediction_heap import FOREVER
from eventnet.kernels.ranges import COUNT, Integers, ticks, within, words
from eventnet.kernels.rows import decay_and_add
from eventnet.module import Module, Outlet, Port
from eventnet.neurons.last_spikes import NEVER_SEEN
from eventnet.potential import Potential
from eventnet.rule import rule
from eventnet.tally import COMPARES, MULTIPLIES, NEURON_ADDS, READS, SYNAPTIC_ADDS

if TYPE_CHECKING:
    from eventnet.module import Block

NOT_YET = -(2**62)
"""A tick before all others, from which nothing decays."""

TOLD, BUSY, SINCE, VALID, FROZEN = range(5)
"""Words of `clock`: to when potentials are worked out (the end of a silent window); when the last refractory time ends;
the time that thetas are kept for; until when bars hold; whether thetas are frozen."""

SILENCE, REFRACTORY, SIGNED, SUBTRACTS, WINDOW, INHIBITS = range(6)
"""Words of `plan`: silent ticks after a winner, or -1; refractory ticks; spikes have signs; a spike subtracts; for how
many ticks bars are made, or -1 where thresholds do not adapt; what `inhibit` does, a place in INHIBITIONS."""

INHIBITIONS = ("none", "subtract", "set")
SET = 2
BARS_A_TAU = 256
"""Bars are renewed so often in a time constant of theta: they lie within theta / 256 of the thresholds."""

KEPT_FACTORS = 1024
"""Decays over fewer ticks are looked up: with `exp` a delivery to 100 units takes 21.5 ns, without 15.5."""


@register_jitable
def decay_to(t: int, phi: Any, until: Any, clock: Any, tau: Any, tally: Any) -> None:
    """Bring potentials up to date; one that is held decays from the end of its refractory time."""
    told = clock[TOLD]
    clock[TOLD] = t
    if t <= told or told == NOT_YET:
        return
    factor = phi.dtype.type(math.exp(-(t - told) / np.float64(tau)))
    tally[MULTIPLIES] += 1
    for j in range(len(phi)):
        if until[j] <= told:
            phi[j] *= factor
            tally[MULTIPLIES] += 1
        elif until[j] < t:
            phi[j] *= phi.dtype.type(math.exp(-(t - until[j]) / np.float64(tau)))
            tally[MULTIPLIES] += 2


@register_jitable
def refer_theta(t: int, theta: Any, clock: Any, slow: Any, tally: Any) -> None:
    """Keep thetas as of now; those of the beginning, which are as of tick 0, hold at once where time begins before."""
    clock[SINCE] = min(clock[SINCE], t)
    factor = theta.dtype.type(math.exp(-(t - clock[SINCE]) / np.float64(slow)))
    clock[SINCE] = t
    for j in range(len(theta)):
        theta[j] *= factor
    tally[MULTIPLIES] += len(theta) + 1


@register_jitable
def renew_bars(t: int, theta: Any, bar: Any, threshold: Any, clock: Any, plan: Any, slow: Any, tally: Any) -> None:
    """Bars for the next ticks: thresholds as they will be at the end of those."""
    clock[SINCE] = min(clock[SINCE], t)
    if t - clock[SINCE] > slow:
        refer_theta(t, theta, clock, slow, tally)
    clock[VALID] = t + plan[WINDOW]
    left = theta.dtype.type(math.exp(-(clock[VALID] - clock[SINCE]) / np.float64(slow)))
    for j in range(len(bar)):
        bar[j] = threshold[j] + theta[j] * left
    tally[NEURON_ADDS] += len(bar)
    tally[MULTIPLIES] += len(bar) + 1


@register_jitable
def raise_theta(
    j: int, t: int, theta: Any, bar: Any, threshold: Any, clock: Any, plus: Any, slow: Any, tally: Any
) -> None:
    """A spike of unit j makes its threshold higher by `plus`, from now on."""
    theta[j] += plus * theta.dtype.type(math.exp((t - clock[SINCE]) / np.float64(slow)))
    left = theta.dtype.type(math.exp(-(clock[VALID] - clock[SINCE]) / np.float64(slow)))
    bar[j] = threshold[j] + theta[j] * left
    tally[NEURON_ADDS] += 2
    tally[MULTIPLIES] += 4


@register_jitable
def furthest_past(
    t: int, phi: Any, theta: Any, bar: Any, threshold: Any, until: Any, signed: bool, adapts: bool, left: Any,
    tally: Any,
) -> int:  # fmt: skip
    """The unit that is furthest past its threshold, the lowest index at a tie; -1 for none."""
    best, most = -1, phi.dtype.type(0)
    for j in range(len(phi)):
        size = -phi[j] if signed and phi[j] < 0 else phi[j]
        if size > bar[j] and until[j] <= t:
            limit = bar[j]
            if adapts:
                limit = threshold[j] + theta[j] * left
                tally[NEURON_ADDS] += 1
                tally[MULTIPLIES] += 1
            excess = size - limit
            tally[NEURON_ADDS] += 1
            if excess > most:
                best, most = j, excess
    return best


@register_jitable
def fire_past(
    t: int, phi: Any, theta: Any, bar: Any, threshold: Any, step: Any, until: Any, clock: Any, plan: Any, reset: Any,
    plus: Any, slow: Any, out: Any, tally: Any,
) -> None:  # fmt: skip
    """Fire until no unit that may is past its threshold, or one has won."""
    adapts = plan[WINDOW] >= 0 and clock[FROZEN] == 0
    left = phi.dtype.type(1)
    if adapts:
        left = phi.dtype.type(math.exp(-(t - clock[SINCE]) / np.float64(slow)))
        tally[MULTIPLIES] += 1
    while True:
        j = furthest_past(t, phi, theta, bar, threshold, until, plan[SIGNED] != 0, adapts, left, tally)
        if j < 0:
            return
        up, made = phi[j] > 0, out.made()
        out.spike(j, 1 if up else -1, 0, np.float64(phi[j] if up else -phi[j]))
        if out.made() == made:  # no room: a fault
            return
        if adapts:
            raise_theta(j, t, theta, bar, threshold, clock, plus, slow, tally)
        until[j] = t + plan[REFRACTORY]
        if plan[REFRACTORY] > 0:
            clock[BUSY] = until[j]
        if plan[SILENCE] >= 0:
            for k in range(len(phi)):
                phi[k] = reset if up else -reset
            clock[TOLD] = t + plan[SILENCE]
            return
        if plan[SUBTRACTS] == 0:
            phi[j] = reset if up else -reset
        else:
            tally[NEURON_ADDS] += 1
            if up:
                phi[j] -= step[j]
            else:
                phi[j] += step[j]


@rule(
    state=("phi", "theta", "bar", "threshold", "step", "factors"), integers=("seen", "until", "clock", "plan"),
    blocks=("w",), params=("tau", "reset", "plus", "slow"),
)  # fmt: skip
def integrate(
    i, s, t, out, tally, phi, theta, bar, threshold, step, factors, seen, until, clock, plan, w, tau, reset, plus, slow
):
    """Decay, add a row, fire. In a silent window the spike is seen, and nothing else happens."""
    seen[i] = t
    told = clock[TOLD]
    if t < told:
        return 0
    if t > clock[VALID]:
        renew_bars(t, theta, bar, threshold, clock, plan, slow, tally)
    signed, added, past = plan[SIGNED] != 0, len(phi), False
    if told >= clock[BUSY]:
        dt, factor = t - told if told != NOT_YET else 0, phi.dtype.type(1)
        clock[TOLD] = t
        if 0 < dt < len(factors):
            factor = factors[dt]
            tally[MULTIPLIES] += len(phi)
        elif dt > 0:
            factor = phi.dtype.type(math.exp(-dt / np.float64(tau)))
            tally[MULTIPLIES] += len(phi) + 1
        past = decay_and_add(phi, w, i, s, dt, factor, bar, signed)
    else:
        decay_to(t, phi, until, clock, tau, tally)
        added = 0
        for j in range(len(phi)):
            if until[j] <= t:
                if s > 0:
                    phi[j] += w[i, j]
                else:
                    phi[j] -= w[i, j]
                size = -phi[j] if signed and phi[j] < 0 else phi[j]
                past = past or size > bar[j]
                added += 1
    tally[SYNAPTIC_ADDS] += added
    tally[READS] += added
    tally[COMPARES] += added
    if past:
        before = out.made()
        fire_past(t, phi, theta, bar, threshold, step, until, clock, plan, reset, plus, slow, out, tally)
        tally[COMPARES] += out.made() - before
    return 0


@rule(state=("phi",), integers=("until", "clock", "plan"), params=("tau", "amount"))
def hold_back(i, s, t, out, tally, phi, until, clock, plan, tau, amount):
    """Lateral inhibition: unit i has fired, and all others that are not held lose an amount, or are set to a value."""
    if plan[INHIBITS] == 0:
        return 1
    if t < clock[TOLD]:
        return 0
    decay_to(t, phi, until, clock, tau, tally)
    for j in range(len(phi)):
        if j != i and until[j] <= t:
            if plan[INHIBITS] == SET:
                phi[j] = amount
            elif s > 0:
                phi[j] -= amount
                tally[SYNAPTIC_ADDS] += 1
            else:
                phi[j] += amount
                tally[SYNAPTIC_ADDS] += 1
    return 0


@rule(state=("phi", "theta"), integers=("seen", "until", "clock", "plan"), params=("slow",))
def begin_sample(i, s, t, out, tally, phi, theta, seen, until, clock, plan, slow):
    """Potentials go to rest, no unit is held, no input has been seen; thetas stay, and go on to decay."""
    for j in range(len(phi)):
        phi[j] = 0
        until[j] = t
    for k in range(len(seen)):
        seen[k] = NEVER_SEEN
    clock[TOLD] = clock[BUSY] = t
    if plan[WINDOW] >= 0 and clock[FROZEN] == 0:
        refer_theta(t, theta, clock, slow, tally)
    return 0


@rule(state=("theta", "bar", "threshold"), integers=("clock", "plan"), params=("slow",))
def freeze_theta(i, s, t, out, tally, theta, bar, threshold, clock, plan, slow):
    """+1: thetas neither grow nor decay from now on; -1: they do again."""
    if plan[WINDOW] < 0 or (s > 0) == (clock[FROZEN] != 0):
        return 0
    if s > 0:
        refer_theta(t, theta, clock, slow, tally)
        for j in range(len(bar)):
            bar[j] = threshold[j] + theta[j]
        tally[NEURON_ADDS] += len(bar)
        clock[FROZEN], clock[VALID] = 1, FOREVER
    else:
        clock[FROZEN], clock[SINCE], clock[VALID] = 0, t, t - 1
    return 0


class LeakyIntegrate(Module):
    """A layer of leaky integrate-and-fire units over rows of `weights` [n_in, units]; times are in ticks.

    tau         time constant of the potentials
    rest        what potentials decay to
    threshold   a number, or one a unit [units], above rest; a unit fires strictly above it
    reset_to    where a spike leaves the potential; rest by default
    subtract    a spike takes threshold - reset_to off instead (equation 1.9): what was beyond stays
    refractory  for so long after its spike a unit is held: its potential does not move, what arrives is lost
    adapt       (plus, time constant): a spike makes its unit's threshold higher by plus, which decays
    signed      units fire -1 as well, as far below rest; their reset is mirrored too
    winner      hard winner-take-all: only the unit furthest past its threshold fires, all potentials go to reset_to,
                and for so many ticks (0 or more) nothing is integrated and nothing decays
    inhibition  ("subtract", amount) or ("set", potential): what a spike at port `inhibit` does to all other units

    Ports, in the order in which they take inputs of one tick: reset (a sample begins), freeze (+1: thresholds stay as
    they are, -1: they adapt), spikes (rows to add), inhibit (wire `out` here: lateral inhibition). Outlet: out.

    Units fire in the order of falling excess, the lowest index first at a tie. A delivery at the tick at which a silent
    window or a refractory time ends is integrated. Thresholds are checked when a row arrives and at no other time.
    `seen` [n_in] is the tick of each input's last spike since the last reset, NEVER_SEEN if there was none: plasticity
    may read it.

    Raises NetworkError for values that make no sense.
    """

    # Inputs of one tick go by the number of their port: a sample begins before its first spikes.
    reset = Port(begin_sample)
    freeze = Port(freeze_theta)
    spikes = Port(integrate, emits="out", accepts="n_in")
    inhibit = Port(hold_back, accepts="units")
    out = Outlet()
    membrane = Potential("phi", rows={"spikes": "w"}, sums=True, leak="tau", resets="reset", winner="winner")
    errors: ClassVar[Mapping[int, str]] = {1: "a spike came to `inhibit`, but the layer was given no inhibition"}
    dtypes: ClassVar[tuple[str, ...]] = ("float64", "float32")

    def __init__(
        self, units: int, weights: Block, *, tau: float, rest: float = 0.0, threshold: ArrayLike = 1.0,
        reset_to: float | None = None, subtract: bool = False, refractory: int = 0,
        adapt: tuple[float, float] | None = None, signed: bool = False, winner: int | None = None,
        inhibition: tuple[str, float] | None = None, most: int | None = None, name: str | None = None,
    ) -> None:  # fmt: skip
        super().__init__(name, most=most)
        if weights.cols != units:
            raise NetworkError(f"{type(self).__name__} has {units} units, but its weights are for {weights.cols}")
        self.units, self.weights, self.n_in, self.tau = units, weights, weights.rows, positive(tau, "tau")
        self.rest, self.threshold, self.reset_to, self.subtract = rest, threshold, reset_to, subtract
        self.refractory, self.adapt, self.signed, self.winner = refractory, adapt, signed, winner
        self.inhibition = inhibition
        above, start = self._above_rest()
        plus, slow = (0.0, 1.0) if adapt is None else check_adapt(adapt)
        kind, amount = ("none", 0.0) if inhibition is None else self._check_inhibition(inhibition, above)
        if winner is not None and subtract:
            raise NetworkError("a winner resets the whole layer; subtract=True has no meaning there")
        self.blocks = {"w": weights}
        self.params = {"tau": tau, "reset": start, "plus": plus, "slow": slow, "amount": amount}
        self.state = {
            "phi": np.zeros(units), "theta": np.zeros(units), "bar": above, "threshold": above, "step": above - start,
            "factors": self._factors(),
        }  # fmt: skip
        window = -1 if adapt is None else int(min(slow / BARS_A_TAU, 2**40))
        silence = -1 if winner is None else whole(winner, "winner")
        plan = [silence, whole(refractory, "refractory"), signed, subtract, window, INHIBITIONS.index(kind)]
        self.integers = {
            "seen": np.full(self.n_in, NEVER_SEEN), "until": np.full(units, NOT_YET),
            "plan": np.array(plan, dtype=np.int64),
            "clock": np.array([NOT_YET, NOT_YET, 0, FOREVER if adapt is None else NOT_YET, 0], dtype=np.int64),
        }  # fmt: skip

    def _factors(self) -> NDArray[Any]:
        """What is left of a potential after 0, 1, 2, ... ticks, as the rule would work it out."""
        number = self.weights.array.dtype.type
        return np.array([math.exp(-dt / float(number(self.tau))) for dt in range(KEPT_FACTORS)]).astype(number)

    def _above_rest(self) -> tuple[NDArray[np.float64], float]:
        """Thresholds [units] and reset as they lie above rest."""
        reset = self.rest if self.reset_to is None else self.reset_to
        for value, what in ((self.rest, "rest"), (reset, "reset_to")):
            if not np.isfinite(value):
                raise NetworkError(f"{what} is {value}; wanted a finite number")
        threshold = np.asarray(self.threshold, dtype=np.float64)
        if threshold.shape not in ((), (self.units,)) or not np.all(np.isfinite(threshold)):
            raise NetworkError(
                f"threshold is {self.threshold!r}; wanted a finite number, or one for each of {self.units} units"
            )
        above, start = np.broadcast_to(threshold - self.rest, (self.units,)).copy(), float(reset - self.rest)
        if above.min() <= 0:
            raise NetworkError(f"threshold {threshold.min()} is not above rest {self.rest}: units would never be still")
        if start > above.min() or (self.signed and -start > above.min()):
            raise NetworkError(
                f"reset_to {reset} is past the threshold {threshold.min()}: units would never stop firing"
            )
        return above, start

    def _check_inhibition(self, given: tuple[str, float], above: NDArray[np.float64]) -> tuple[str, float]:
        """What `inhibit` does; a potential as it lies above rest."""
        kind, amount = given
        if kind not in INHIBITIONS[1:] or not np.isfinite(amount):
            raise NetworkError(f"inhibition is {given!r}; wanted ('subtract', amount) or ('set', potential)")
        if kind == "set" and amount - self.rest > above.min():
            raise NetworkError(f"inhibition sets potentials to {amount}, which is past a threshold")
        return kind, float(amount - self.rest if kind == "set" else amount)

    def most_spikes(self) -> int:
        """One with a winner, one a unit with a reset, else sixteen a unit and what the largest weight can add."""
        if self.most is not None:
            return self.most
        if self.winner is not None:
            return 1
        if not self.subtract or self.refractory > 0:
            return self.units
        largest = float(np.abs(self.weights.array).max())
        return self.units * (16 + math.ceil(largest / float(self.state["step"].min()))) + 64

    def check_integers(self, found: Integers, time: int) -> None:
        """No input was seen at a tick to come: plasticity looks up what is left since then."""
        within("'seen'", found["seen"], *ticks(time))
        within("'until'", found["until"], -COUNT, 2 * COUNT - 1)
        any_tick = -COUNT, 2 * COUNT - 1
        moving = {TOLD: any_tick, BUSY: any_tick, SINCE: any_tick, VALID: any_tick, FROZEN: (0, 2)}
        words("'clock'", found["clock"], self.integers["clock"], moving)

    def potentials(self, state: Mapping[str, NDArray[Any]], t: float) -> NDArray[np.float64]:
        """v [units] at time t, not before the last delivery, of `sim.state(layer)`; nothing is changed."""
        begin = np.maximum(state["clock"][TOLD], state["until"])
        waited = np.where(begin == NOT_YET, 0.0, np.maximum(ticks_since(begin, t), 0))
        v: NDArray[np.float64] = self.rest + state["phi"].astype(np.float64) * np.exp(-waited / self.tau)
        return v

    def thresholds(self, state: Mapping[str, NDArray[Any]], t: float) -> NDArray[np.float64]:
        """Thresholds [units] at time t of `sim.state(layer)`, with what spikes have added to them."""
        clock, theta = state["clock"], state["theta"].astype(np.float64)
        if self.adapt is not None and clock[FROZEN] == 0:
            theta = theta * np.exp(-float(ticks_since(clock[SINCE], t)) / self.adapt[1])
        limits: NDArray[np.float64] = np.asarray(self.threshold, dtype=np.float64) + theta
        return limits


def ticks_since(begin: Any, t: float) -> NDArray[np.float64]:
    """How long ago ticks (int64) were at time t. Whole ticks are subtracted as such: float64 names few beyond 2^53."""
    tick = math.floor(t)
    since: NDArray[np.float64] = (tick - np.asarray(begin, dtype=np.int64)).astype(np.float64) + (t - tick)
    return since


def positive(value: float, what: str) -> float:
    """A time constant. Raises NetworkError unless it is above 0."""
    if not 0 < value < np.inf:
        raise NetworkError(f"{what} is {value} ticks; wanted a number above 0")
    return value


def whole(value: int, what: str) -> int:
    """A number of ticks. Raises NetworkError unless it is whole, and 0 or more."""
    if not isinstance(value, int | np.integer) or isinstance(value, bool) or not 0 <= value < 2**60:
        raise NetworkError(f"{what} is {value!r}; wanted a whole number of ticks, from 0 to below 2^60")
    return int(value)


def check_adapt(adapt: tuple[float, float]) -> tuple[float, float]:
    """What a spike adds to its threshold, and the time constant with which that decays."""
    plus, slow = adapt
    if not 0 <= plus < np.inf:
        raise NetworkError(f"adapt adds {plus} to a threshold; wanted a number, 0 or more")
    return float(plus), float(positive(slow, "the time constant of adapt"))
