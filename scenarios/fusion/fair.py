"""Fair comparisons: a method that is updated by events beside clocks, at equal latency and at equal error.

Of each such method there are up to three partners, all of them clocks of the table (`named.is_clock`):

    as soon       of those whose median answer comes at most 1.2 ms later, and that take at most 10 % more
                  operations than the cheapest of them, the one with the smallest error of the fused answer
    as good       the one of fewest operations, however late, whose errors (fused, and of the camera alone) are at most
                  2 % larger
    the cheapest  the kept network with the cheap head on the slowest clock

The 1.2 ms, the 10 % and the 2 % favour the clocks. Trajectories are paired: cost is compared by the mean of the
logarithm of its ratio, and errors likewise, with 95 % intervals by Student's t. Fewer than ten show no difference.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from eventnet.scenarios.fusion.named import is_by_events, is_clock, strongest
from eventnet.scenarios.fusion.parameters import MethodsTable
from eventnet.scenarios.shared.paired import paired_difference
from eventnet.scenarios.shared.scenario import ResultNumber

LATER_MS, DEARER, WORSE = 1.2, 1.1, 1.02
LEAST_TRAJECTORIES = 10
ERRORS = ("fused error", "dvs error")
AS_SOON, AS_GOOD, CHEAPEST, OWN = "as soon", "as good", "the cheapest clock", "the same sums on a clock"

Row = Mapping[str, Any]
ByTrajectory = Mapping[str, Mapping[str, Sequence[float]]]


@dataclass(frozen=True)
class Ratio:
    """How many times as much, over trajectories: the mean by logarithms, the ends of its interval (None: of one
    trajectory there is none), and the median."""

    mean: float
    low: float | None
    high: float | None
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

    fewer    the partner's operations over the method's
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
    own = [name for name in clocks if name.startswith("flow sums")]
    network = [name for name in clocks if name not in own]
    made = []
    for name, row in known.items():
        if not is_by_events(name):
            continue
        partners = [(AS_SOON, _as_soon(network, known, row)), (AS_GOOD, _as_good(network, known, row))]
        if strongest(table) in known:
            partners.append((CHEAPEST, strongest(table)))
        if name.startswith("flow sums"):
            partners.append((OWN, _as_soon(own, known, row)))
        made += [_paired(name, at, partner, each) for at, partner in partners]
    return made


def _as_soon(clocks: Sequence[str], rows: Mapping[str, Row], row: Row) -> str | None:
    """The best of the cheapest clocks that are as soon; clocks: by cost."""
    latest = row["event to answer ms"] + LATER_MS
    soon = [name for name in clocks if rows[name]["event to answer ms"] <= latest]
    cheap = [name for name in soon if rows[name]["operations/s"] <= DEARER * rows[soon[0]]["operations/s"]]
    return min(cheap, key=lambda name: float(rows[name][ERRORS[0]]), default=None)


def _as_good(clocks: Sequence[str], rows: Mapping[str, Row], row: Row) -> str | None:
    """The cheapest clock that is as good; clocks: by cost."""
    good = (name for name in clocks if all(rows[name][error] <= WORSE * row[error] for error in ERRORS))
    return next(good, None)


def _paired(name: str, at: str, partner: str | None, each: ByTrajectory) -> Pairing:
    if partner is None:
        return Pairing(name, at, None)
    mine, other = each[name], each[partner]
    return Pairing(
        name, at, partner, ratio(other["operations/s"], mine["operations/s"]),
        {error: ratio(mine[error], other[error]) for error in ERRORS},
    )  # fmt: skip


def ratio(one: Sequence[float], other: Sequence[float]) -> Ratio:
    """One over the other, trajectory by trajectory."""
    logs = [{k: math.log(max(value, 1e-300)) for k, value in enumerate(values)} for values in (one, other)]
    found = paired_difference(logs[0], logs[1])
    low, high = (None if end is None else math.exp(end) for end in (found.low, found.high))
    middle = math.exp(median(logs[0][k] - logs[1][k] for k in logs[0]))
    return Ratio(math.exp(found.mean), low, high, middle, len(one))


def sentences(found: Sequence[Pairing]) -> list[str]:
    """What follows, a sentence a pairing."""
    return [_sentence(one) for one in found]


def _sentence(one: Pairing) -> str:
    if one.partner is None or one.fewer is None or one.errors is None:
        return f"{one.method}: no clock is {one.at}."
    errors = [f"{word} {change(one.errors[key])}" for word, key in (("fused", ERRORS[0]), ("camera", ERRORS[1]))]
    return (
        f"{one.method} beside {one.partner} ({one.at}): {times(one.fewer)} operations; error of the answer "
        f"{', of the '.join(errors)}."
    )


def times(found: Ratio) -> str:
    """A ratio of costs in words."""
    fewer = found.mean >= 1
    ends = sorted(1 / end if not fewer else end for end in (found.low, found.high) if end) if found.low else []
    value = found.mean if fewer else 1 / found.mean
    interval = f" ({ends[0]:.3g} to {ends[1]:.3g})" if ends else ""
    return f"{value:.3g}{interval} times {'fewer' if fewer else 'more'}"


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
