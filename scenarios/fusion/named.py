"""The methods that are compared, by names in words, what these mean, and which of them are fair partners.

Beside a method that is updated by events stand up to five clocks of the trained network (`is_clock`):

    just as soon   of those whose median answer comes no later, and that take at most 10 % more operations than the
                   cheapest of them, the one with the smallest error of the fused answer
    as soon        the same of those whose median answer comes at most 1.2 ms later
    as good        the one of fewest operations, however late, whose errors (fused, and of the camera alone) are at most
                   2 % larger
    as good fused  the same, whatever the camera's error
    the cheapest   the kept network with the cheap head on the slowest clock, with the better of its numbers

Flow sums stand beside the same sums on a clock as well, by the same rules: fine beside fine's, thin and thinnest, which
are the same there, beside thin's. The network on a clock is another algorithm, these are their own.

The 1.2 ms, the 10 % and the 2 % favour the clocks. Trajectories are paired: cost is compared by the mean of the
logarithm of its ratio, and errors likewise, with 95 % intervals by Student's t. Fewer than ten show no difference. What
changes of joints and frames cost is left out of these ratios: only event-driven networks take them up, and no answer
depends on them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

import eventnet as en
from eventnet.scenarios.fusion.filters import LATE_US, filter_head
from eventnet.scenarios.fusion.flow import FITTED, FlowMethod, FlowNetwork, FlowTwin
from eventnet.scenarios.fusion.methods import WORD, EventDriven, Method, Recomputed, state_bytes
from eventnet.scenarios.fusion.network import FusionNetwork, FusionWeights
from eventnet.scenarios.fusion.parameters import HEADS, MethodsTable, Parameters
from eventnet.scenarios.shared.paired import MeanInterval, paired_ratio, times
from eventnet.scenarios.shared.scenario import ResultNumber

EXACT = "kept, each event"
AT_SAMPLES = "kept at samples"
AS_IT_IS = "gyroscope as it is"
SLOW_TRACES = "gyroscope, slow traces"
ALWAYS_0 = "camera always 0, cheap head"
FAST_NUMBERS = ", fast numbers"
"""The end of the name of a clock whose cheap head has the numbers for a fast camera though its own is late."""
LEGEND = {
    "kept T": "the network's first layer is kept up to date by events; what follows is recomputed each T, at each "
    "sample of the gyroscope or at each event, where it is exact",
    "head at samples, on the clock": "the network's head answers at each sample of the gyroscope, or on the clock only",
    "cheap head": "in place of the network's head a filter with a bias, 72 operations a sample",
    "fast numbers": "the filter's numbers are those for a camera that answers each 2 ms, not for a late one",
    "complementary, Kalman filter": "the field's filters in its place",
    SLOW_TRACES: "no camera: a linear read-out of the gyroscope and its leaky traces",
    ALWAYS_0: "no camera: the cheap head, told that nothing turns; what any camera has to beat",
    "recomputed T, bins T": "everything recomputed; in bins events are stamped in their middle (for reference)",
    "event-driven": "the network on the engine, with so many quanta a standard deviation of patches",
    "flow sums": "sums over events on the engine, and the cheap head",
    "flow sums on a clock": "each T, or at samples, from all blocks: the sums of thin (and thinnest), or of fine",
}  # fmt: skip
"""The meaning of the parts of a method's name."""
LIMITS = (
    "Every method with a camera takes it that the camera only turns and the scene stands still, at the focal length "
    "that the network learned and flow sums are given: a camera that moves along, things that move, or another lens "
    "make its rates wrong, and no method tells."
)

Family = str
FAMILIES = ("flow sums on a clock", "flow sums", "event-driven", "recomputed", "bins", "gyroscope", "camera", "kept")
CLOCKS = ("kept", "flow sums on a clock")
"""Families of clocks that are a fair choice; what is recomputed in full is not."""
BY_EVENTS = ("event-driven", "flow sums")
ON_CLOCK = {"thin": "flow sums on a clock", "fine": "flow sums on a clock, fine"}
"""Flow sums on a clock by the version whose sums they are, without their period; thinnest has thin's."""


def family(name: str) -> Family:
    """The family of a method, by its name."""
    return next(one for one in FAMILIES if name.startswith(one))


def is_clock(name: str) -> bool:
    """Whether a method is a clock that one may be compared with; what answers at each event is none."""
    return family(name) in CLOCKS and name != EXACT


def is_by_events(name: str) -> bool:
    """Whether a method is updated by events."""
    return family(name) in BY_EVENTS


FAIR_MS, SLOW_MS = (2.0, 8.0), 30.0
"""Periods of the clocks that pictures draw beside methods by events: sooner ones are dearer and no better."""


def beside(p: MethodsTable) -> list[str]:
    """Clocks that pictures draw beside methods by events: the kept network each 2 to 8 ms with its head at samples, and
    slow with the cheap head; flow sums on the fastest of such clocks, and on slow ones."""
    fair = _fair(p.kept_ms)
    made = [_name(ms, "head at samples") if ms else AT_SAMPLES for ms in fair if "samples" in p.heads]
    if "cheap" in p.heads:
        made += [_name(ms, "cheap head") for ms in _slow(p.kept_ms)]
    periods = [ms for ms in p.twin_ms if ms]
    if "thin" in p.twins and periods:
        made += [_on_clock("thin", ms) for ms in sorted({min(_fair(periods)), *_slow(periods)})]
    return made


def _fair(periods: Sequence[float]) -> Sequence[float]:
    """Those of clocks that are neither dear nor slow; where there is none, the first."""
    return [ms for ms in periods if FAIR_MS[0] <= ms <= FAIR_MS[1]] or periods[:1]


def _slow(periods: Sequence[float]) -> list[float]:
    """Those of slow clocks; where there is none, the slowest."""
    return [ms for ms in periods if ms >= SLOW_MS] or sorted(periods)[-1:]


def strongest(p: MethodsTable) -> str:
    """The kept network with the cheapest head on the slowest clock."""
    return _name(max(p.kept_ms), "cheap head") if p.kept_ms and "cheap" in p.heads else AT_SAMPLES


def reference(p: MethodsTable) -> str:
    """The method that deviations are measured from: the exact network, or the one at samples where it does not run."""
    return EXACT if p.exact else AT_SAMPLES


def methods(parameters: Parameters) -> list[Method]:
    """The methods of the parameters; the first is that from which deviations are."""
    p, noise = parameters.methods, parameters.gyroscope.white_noise
    made: list[Method] = [Recomputed(EXACT, "each", "each", incremental=True)] if p.exact else []
    made.append(Recomputed(AT_SAMPLES, "sample", "sample", incremental=True))
    made += [_kept(ms, head) for head in HEADS if head in p.heads for ms in p.kept_ms if _is_another(ms, head)]
    made += [_filtered(ms, name, _words(name)) for name in p.filters for ms in p.filter_ms]
    made.append(Recomputed(SLOW_TRACES, "never", "sample", head=filter_head("slow traces", 0.0, noise)))
    made.append(Recomputed(ALWAYS_0, "never", "sample", head=filter_head("cheap", 0.0)))
    made += [Recomputed(f"recomputed {ms:g} ms", 1e3 * ms, 1e3 * ms) for ms in p.recomputed_ms]
    made += [Recomputed(f"bins {ms:g} ms", 1e3 * ms, 1e3 * ms, binned=True) for ms in p.bins_ms]
    made += [
        EventDriven(
            f"event-driven {code} {a:g}", (a, a * p.pool_scale, a * p.hidden_scale), code, p.look_every_us,
            p.look_least_us,
        )
        for code in p.codes for a in p.scales
    ]  # fmt: skip
    focal = parameters.world.focal_px
    made += [FlowMethod(f"flow sums {version}", FITTED[version], focal) for version in p.flow]
    made += [
        FlowTwin(_on_clock(version, ms), FITTED[version], round(1e3 * ms) or None, focal)
        for version in ON_CLOCK if version in p.twins for ms in p.twin_ms
    ]  # fmt: skip
    return made


def _kept(ms: float, head: str) -> Recomputed:
    period = 1e3 * ms
    if head == "cheap":
        return _filtered(ms, "cheap", "cheap head")
    if head == "fast":
        return _filtered(ms, "cheap", f"cheap head{FAST_NUMBERS}", numbers_of_us=0.0)
    at_samples = head == "samples"
    name = _name(ms, f"head {'at samples' if at_samples else 'on the clock'}")
    return Recomputed(name, period, "sample" if at_samples else period, incremental=True)


def _is_another(ms: float, head: str) -> bool:
    """Whether a head on this clock is no other one's: at samples the network's own is `AT_SAMPLES`, and a fast camera's
    numbers are the cheap head's anyway."""
    return ms >= LATE_US / 1e3 if head == "fast" else ms > 0 or head == "cheap"


def _filtered(ms: float, name: str, words: str, numbers_of_us: float | None = None) -> Recomputed:
    """The kept network with a filter at samples; numbers_of_us: with the numbers of a camera of this period."""
    head = filter_head(name, 1e3 * ms if numbers_of_us is None else numbers_of_us)
    return Recomputed(_name(ms, words), 1e3 * ms or "sample", "sample", incremental=True, head=head)


def _name(ms: float, head: str) -> str:
    """The name of the kept network on a clock of so many milliseconds, or (0) at samples."""
    return f"{f'kept {ms:g} ms' if ms else AT_SAMPLES}, {head}"


def _on_clock(version: str, ms: float) -> str:
    """The name of flow sums on a clock of so many milliseconds, or (0) at samples."""
    return f"{ON_CLOCK[version]}, {f'{ms:g} ms' if ms else 'at samples'}"


def _words(name: str) -> str:
    return {"complementary": "complementary filter", "Kalman": "Kalman filter with bias"}[name]


def memory(method: Method, weights: FusionWeights) -> int:
    """Bytes of state and weights of a method, 4 a value; without queues, and without room for answers and samples."""
    if isinstance(method, Recomputed):
        return method.memory(weights)
    if isinstance(method, EventDriven):
        network = FusionNetwork(weights, a=method.a, every_us=method.every_us, code=method.code)
        return state_bytes(en.Simulation(network.net))
    if isinstance(method, FlowMethod):
        sums_on_engine = FlowNetwork(weights.height, weights.width, method.focal_px, method.numbers)
        return state_bytes(en.Simulation(sums_on_engine.net))
    assert isinstance(method, FlowTwin)
    sums, head = method.sums(weights.height, weights.width), filter_head("cheap", 0.0)  # as large with any numbers
    return WORD * (sums.words + head.words)


# --- fair partners ---
LATER_MS, COSTLIER, WORSE = 1.2, 1.1, 1.02
LEAST_TRAJECTORIES = 10
ERRORS = ("fused error", "dvs error")
JUST_AS_SOON, AS_SOON = "just as soon", "as soon"
AS_GOOD, AS_GOOD_FUSED, CHEAPEST = "as good", "as good fused", "the cheapest clock"
OWN = ", of the same sums"
"""The end of the name of a rule whose clocks have the sums of the method, and not the network."""
UNUSED = tuple(f"operations/s by {sensor}" for sensor in ("joints", "frames"))
"""Operations that no answer depends on."""

Row = Mapping[str, Any]
ByTrajectory = Mapping[str, Mapping[str, Sequence[float]]]


@dataclass(frozen=True)
class Ratio(MeanInterval):
    """A ratio over trajectories: the mean by logarithms, the ends of its interval (None: of one trajectory there is
    none), and the median."""

    median: float
    trajectories: int

    @property
    def differs(self) -> bool:
        """Whether 1 lies outside the interval, of ten trajectories or more: fewer show nothing."""
        if self.low is None or self.high is None or self.trajectories < LEAST_TRAJECTORIES:
            return False
        return self.low > 1 or self.high < 1


@dataclass(frozen=True)
class Pairing:
    """A method, what its partner is (None: no clock is), and the partner's cost and the method's errors as ratios.

    fewer    the partner's operations over the method's, without those that are `UNUSED`
    errors   by name, the method's error over the partner's
    """

    method: str
    at: str
    partner: str | None
    fewer: Ratio | None = None
    errors: Mapping[str, Ratio] | None = None


def pairings(table: MethodsTable, rows: Sequence[Row], each: ByTrajectory) -> list[Pairing]:
    """All fair comparisons of the methods that are updated by events."""
    known = {str(row["method"]): row for row in rows if "operations/s" in row}
    clocks = sorted((name for name in known if is_clock(name)), key=lambda name: known[name]["operations/s"])
    network = [name for name in clocks if not name.startswith("flow sums")]
    made = []
    for name, row in known.items():
        if not is_by_events(name):
            continue
        partners = _by_rule(network, known, row)
        cheapest = [one for one in (strongest(table), f"{strongest(table)}{FAST_NUMBERS}") if one in known]
        if cheapest:
            partners[CHEAPEST] = min(cheapest, key=lambda one: float(known[one][ERRORS[0]]))
        if own := _own(clocks, name):
            partners |= {f"{at}{OWN}": partner for at, partner in _by_rule(own, known, row).items()}
            partners[f"{CHEAPEST}{OWN}"] = own[0]
        made += [_paired(name, at, partner, each) for at, partner in partners.items()]
    return made


def _by_rule(clocks: Sequence[str], rows: Mapping[str, Row], row: Row) -> dict[str, str | None]:
    """Of clocks by cost, those that are as soon and as good as a method."""
    return {
        JUST_AS_SOON: _as_soon(clocks, rows, row, 0.0), AS_SOON: _as_soon(clocks, rows, row, LATER_MS),
        AS_GOOD: _as_good(clocks, rows, row, ERRORS),
        AS_GOOD_FUSED: _as_good(clocks, rows, row, ERRORS[:1]),
    }  # fmt: skip


def _own(clocks: Sequence[str], name: str) -> list[str]:
    """The clocks that have the sums of a method."""
    if not name.startswith("flow sums"):
        return []
    fine = [clock for clock in clocks if clock.startswith(ON_CLOCK["fine"])]
    if name == "flow sums fine":
        return fine
    return [clock for clock in clocks if clock.startswith(ON_CLOCK["thin"]) and clock not in fine]


def _as_soon(clocks: Sequence[str], rows: Mapping[str, Row], row: Row, later_ms: float) -> str | None:
    """The best of the cheapest clocks that are at most so much later; clocks: by cost."""
    latest = row["event to answer ms"] + later_ms
    soon = [name for name in clocks if rows[name]["event to answer ms"] <= latest]
    cheap = [name for name in soon if rows[name]["operations/s"] <= COSTLIER * rows[soon[0]]["operations/s"]]
    return min(cheap, key=lambda name: float(rows[name][ERRORS[0]]), default=None)


def _as_good(clocks: Sequence[str], rows: Mapping[str, Row], row: Row, errors: Sequence[str]) -> str | None:
    """The cheapest clock that is as good by these errors; clocks: by cost."""
    good = (name for name in clocks if all(rows[name][error] <= WORSE * row[error] for error in errors))
    return next(good, None)


def _paired(name: str, at: str, partner: str | None, each: ByTrajectory) -> Pairing:
    if partner is None:
        return Pairing(name, at, None)
    mine, other = each[name], each[partner]
    return Pairing(
        name, at, partner, ratio(_cost(other), _cost(mine)),
        {error: ratio(mine[error], other[error]) for error in ERRORS},
    )  # fmt: skip


def _cost(own: Mapping[str, Sequence[float]]) -> list[float]:
    """Operations a second by trajectory, without those that no answer depends on."""
    unused = [own[key] for key in UNUSED if key in own]
    return [value - sum(part[k] for part in unused) for k, value in enumerate(own["operations/s"])]


def ratio(one: Sequence[float], other: Sequence[float]) -> Ratio:
    """One over the other, trajectory by trajectory."""
    mine, theirs = ({k: max(value, 1e-300) for k, value in enumerate(values)} for values in (one, other))
    found = paired_ratio(mine, theirs)
    middle = math.exp(median(math.log(mine[k]) - math.log(theirs[k]) for k in mine))
    return Ratio(found.mean, found.low, found.high, middle, len(one))


def sentences(found: Sequence[Pairing]) -> list[str]:
    """Comparisons in words, a sentence a pairing."""
    return [_sentence(one) for one in found]


def _sentence(one: Pairing) -> str:
    if one.partner is None or one.fewer is None or one.errors is None:
        return f"{one.method}: no clock is {one.at}."
    errors = [f"{word} {change(one.errors[key])}" for word, key in (("fused", ERRORS[0]), ("camera", ERRORS[1]))]
    return (
        f"{one.method} beside {one.partner} ({one.at}): {times(one.fewer)} operations; error of the answer "
        f"{', of the '.join(errors)}."
    )


def change(found: Ratio) -> str:
    """A ratio of errors as a change in per cent."""
    if found.low is None or found.high is None:
        return f"{100 * (found.mean - 1):+.1f} %"
    text = f"{100 * (found.mean - 1):+.1f} % ({100 * (found.low - 1):+.1f} to {100 * (found.high - 1):+.1f})"
    return text if found.differs else f"{text}, no difference shown"


def in_cell(one: Pairing) -> str:
    """A pairing in a few short lines; the clock's name first."""
    if one.partner is None or one.fewer is None or one.errors is None:
        return "none"
    parts = [f"{word} {short_change(one.errors[key])}" for word, key in (("fused", ERRORS[0]), ("camera", ERRORS[1]))]
    return "\n".join((one.partner, times(one.fewer), *parts))


def short_change(found: Ratio) -> str:
    """As `change`, with a star where the interval leaves 0 out."""
    return f"{change(found).removesuffix(', no difference shown')}{' *' if found.differs else ''}"


def pairing_numbers(found: Sequence[Pairing], run: str = "") -> Iterator[ResultNumber]:
    """Every ratio with its interval and median. run: goes before the method's name."""
    for one in found:
        if one.partner is None or one.fewer is None or one.errors is None:
            continue
        parts = {"operations, times fewer": one.fewer, **{f"{key}, ratio": value for key, value in one.errors.items()}}
        for quantity, value in parts.items():
            ends = {"": value.mean, " low": value.low, " high": value.high, " median": value.median}
            for end, number in ends.items():
                if number is not None:
                    yield ResultNumber(f"{run}{one.method}", f"{quantity}{end}", number, "", f"{one.at}: {one.partner}")
