"""Divergence of two runs of the same inputs: the instant, the module and the two deliveries whose sequence decided.

Two logs differ from their first lines on, mostly without any effect. They diverge at the first instant after which the
runs differ in the net spikes that modules sent, or in their state. In that instant, the culprit is a module that was
sent the same in both runs, in another sequence, and made something else of it. Of its deliveries, the first whose own
reaction differed is named, and the one that came before it in only one of the runs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventnet.analysis.log_differences import first_other_net, instants, one_sided
from eventnet.analysis.log_pieces import children, place_of
from eventnet.analysis.order_sensitivity import written_blocks
from eventnet.analysis.run_variants import Course, Variant
from eventnet.event import Events, lines_of
from eventnet.module import Module

State = dict[str, NDArray[Any]]
"""Running arrays by name: `module.name` for state, `block.name` for weights."""

Values = dict[str, float]
"""Single numbers by name and place: `layer.phi[3]`."""

Key = tuple[int, int, int, int, int]
"""Source, port, index, sign of a delivery, and how many of the like came before it in its instant."""

MOST_VALUES = 6
"""Values shown of a state at most."""


@dataclass(frozen=True)
class Contender:
    """One of the two deliveries; `made` lists what its reaction sent, in each of the two runs.

    place: its number in the log of each run; None where a run does not have it.
    """

    port: str
    index: int
    sign: int
    source: str
    place: tuple[int | None, int | None]
    made: tuple[tuple[str, ...], tuple[str, ...]]

    def __str__(self) -> str:
        source = f"from {self.source}" if self.source else "an input"
        return f"{self.port}[{self.index}] {self.sign:+d} ({source})"


@dataclass(frozen=True)
class Divergence:
    """The first reaction that made a difference, in two runs.

    variants  the names of the two runs
    t        the instant, in ticks
    module   where
    first    the delivery whose reaction differed
    second   the one that came before it in one run only, the nearest; `between` counts all such ones
    early    0 or 1: the run in which `first` came before `second`
    shared   state of the module when its own sequence of deliveries diverged, the same in both runs
    before   in each run, its state just before `first`; after: just after it
    reactions  over the whole of both logs, by port, sign and source: deliveries that both runs have, and of those the
             ones that sent something in the first run alone, and in the second alone. If all are on one side, order
             is a bias there, no accident. Reactions after the divergence are in it: a hint, unless weights stay as they
             are.
    """

    variants: tuple[str, str]
    t: int
    module: str
    first: Contender
    second: Contender
    between: int
    early: int
    shared: Values
    before: tuple[Values, Values]
    after: tuple[Values, Values]
    reactions: dict[str, tuple[int, int, int]]

    def to_dict(self) -> dict[str, Any]:
        """Everything, ready for JSON."""

        def contender(c: Contender) -> dict[str, Any]:
            return {
                "port": c.port, "index": c.index, "sign": c.sign, "source": c.source or None,
                "delivery": list(c.place), "made": [list(m) for m in c.made],
            }  # fmt: skip

        return {
            "variants": list(self.variants), "t": self.t, "module": self.module, "first": contender(self.first),
            "second": contender(self.second), "between": self.between, "early": self.variants[self.early],
            "shared": self.shared, "before": list(self.before), "after": list(self.after),
            "reactions": {port: list(counts) for port, counts in self.reactions.items()},
        }  # fmt: skip

    def __str__(self) -> str:
        lines = [
            f"They diverge at t={self.t} in module {self.module!r}, where two deliveries of one instant change places:",
            f"  {self.first}",
            f"  {self.second}" + (f", and {self.between - 1:,} more" if self.between > 1 else ""),
            f"  state when its sequences diverge: {_listed(self.shared)}",
        ]
        for run in (self.early, 1 - self.early):
            when = "first" if run == self.early else "later"
            made = ", ".join(self.first.made[run]) or "nothing"
            lines.append(
                f"{self.variants[run]}: {self.first.port}[{self.first.index}] {self.first.sign:+d} came {when}"
            )
            lines.append(f"  before it: {_listed(self.before[run])}")
            lines.append(f"  after it:  {_listed(self.after[run])}")
            lines.append(f"  it made {made}")
        lines.append("Deliveries of both whole runs that made something in one of them alone:")
        for port, (both, one, other) in self.reactions.items():
            lines.append(f"  {port}: {one:,} in {self.variants[0]}, {other:,} in {self.variants[1]}, of {both:,}")
        return "\n".join(lines)


def _listed(values: Values) -> str:
    return ", ".join(f"{name} = {value:g}" for name, value in values.items()) or "nothing of note"


def find_divergence(course: Course, a: Variant, b: Variant) -> Divergence | None:
    """The divergence of two runs; None where no module made anything else of what it was sent."""
    with course.logged(a) as (_, one), course.logged(b) as (_, other):
        search = _Search(course, (a, b), (one, other))
        t = search.instant()
        return None if t is None else search.divergence(t)


class _Search:
    """Two runs of one course, to be looked into."""

    def __init__(
        self, course: Course, variants: tuple[Variant, Variant], logs: tuple[Events, Events]
    ) -> None:  # fmt: skip
        self.course, self.variants, self.net, self.logs = course, variants, course.net, logs
        self.ports = list(self.net.ports())
        self.outlets = [str(outlet) for outlet in self.net.outlets()]

    # --- the instant ---
    def instant(self) -> int | None:
        """The first instant after which the runs differ, where all before it were alike."""
        times = instants(*self.logs)
        sent = first_other_net(self.logs[0], self.logs[1])
        last = len(times) - 1 if sent is None else int(np.searchsorted(times, sent))
        if sent is not None and self.alike(int(times[last])):
            return int(times[last])
        if sent is None and self.alike(int(times[last]) + 1):
            return None
        alike, other = -1, last if sent is None else last - 1  # states are alike after one, differ after the other
        while other - alike > 1:
            middle = (alike + other) // 2
            alike, other = (middle, other) if self.alike(int(times[middle]) + 1) else (alike, middle)
        return int(times[other])

    def alike(self, until: int) -> bool:
        """Both runs leave the same behind before a time, to rounding."""
        one, other = (self.state(k, until=until) for k in (0, 1))
        return all(_near(one[name], other[name]) for name in one)

    def state(self, k: int, *, until: int | None = None, deliveries: int | None = None) -> State:
        """All that run k has left behind before a time, or after a number of deliveries."""
        sim = self.course.run(self.variants[k], record=False, until=until, max_deliveries=deliveries).simulation
        found = {f"{m.name}.{name}": array for m in self.net.modules for name, array in sim.state(m.name).items()}
        return found | {f"block.{block.name}": sim.weights(block.name) for block in self.net.blocks}

    # --- the module ---
    def divergence(self, t: int) -> Divergence | None:
        """The first module, as run 0 goes, that made something else of what it was sent in the instant."""
        ends = tuple(self.state(k, until=t + 1) for k in (0, 1))
        spans = [(place_of(log, t), place_of(log, t + 1)) for log in self.logs]
        sides = [
            (np.array(log[first:end]), children(log, first, end))
            for log, (first, end) in zip(self.logs, spans, strict=True)
        ]
        found = []
        for module in self.net.modules:
            numbers = self._numbers([module]), self._numbers(self._meddlers(module))
            local = tuple(_Local(lines, made, *numbers) for lines, made in sides)
            if local[0].keys == local[1].keys:
                continue
            same_input = local[0].net_input() == local[1].net_input()
            names = [f"{module.name}.{name}" for name in (*module.state, *module.integers)]
            names += [f"block.{name}" for name in written_blocks(self.net, module, self.course.coalesce)]
            other_end = not all(_near(ends[0][name], ends[1][name]) for name in names)
            other_output = local[0].net_output() != local[1].net_output()
            pair = _contenders(*local)
            if pair is not None:
                # Best: the same input and another outcome. Then: another outcome. Then: another reaction.
                rank = 0 if same_input and (other_end or other_output) else 1 if other_end or other_output else 2
                at = local[0].ids.get(pair[0], local[1].ids.get(pair[0], 0))
                found.append((rank, at, module.name, local, pair))
        if not found:
            return None
        _, _, name, local, (first, second, between) = min(found, key=lambda entry: entry[:2])
        return self.describe(t, name, local, first, second, between)

    def _meddlers(self, module: Module) -> list[Module]:
        """Other modules that change what this one uses."""
        used = {block.name for block in module.blocks.values()}
        writing = [m for m in self.net.modules if used & set(written_blocks(self.net, m, self.course.coalesce))]
        return [m for m in [*(other for other, _ in module.reads.values()), *writing] if m is not module]

    def _numbers(self, modules: list[Module]) -> list[int]:
        return [number for number, port in enumerate(self.ports) if any(port.module is m for m in modules)]

    # --- telling ---
    def describe(self, t: int, module: str, local: Any, first: Key, second: Key, between: int) -> Divergence:
        """States around the two deliveries, by running up to them again."""
        split = next(k for k, (x, y) in enumerate(_longest(local[0].keys, local[1].keys)) if x != y)
        starts = [sides.ids[sides.keys[split]] if split < len(sides.keys) else None for sides in local]
        before = [self._around(k, local[k].ids.get(first), 0) for k in (0, 1)]
        after = [self._around(k, local[k].ids.get(first), 1) for k in (0, 1)]
        run = 0 if starts[0] is not None else 1
        shared = self._around(run, starts[run], 0)
        names = self._differing(module, first[2], before, after)
        early = 0 if _comes_before(local[0], first, second) else 1
        return Divergence(
            (self.variants[0].name, self.variants[1].name), t, module, self._contender(local, first),
            self._contender(local, second), between, early, _pick(shared, names),
            (_pick(before[0], names), _pick(before[1], names)), (_pick(after[0], names), _pick(after[1], names)),
self._reactions(),
        )  # fmt: skip

    def _reactions(self) -> dict[str, tuple[int, int, int]]:
        return {
            f"{self.ports[port]} {sign:+d} from {self.outlets[source] if source >= 0 else 'inputs'}": counts
            for (port, sign, source), counts in one_sided(*self.logs).items()
        }

    def _around(self, k: int, at: int | None, more: int) -> State:
        return {} if at is None else self.state(k, deliveries=at + more)

    def _contender(self, local: Any, key: Key) -> Contender:
        source, port, index, sign, _ = key
        place = tuple(side.ids.get(key) for side in local)
        made = tuple(tuple(self._spikes(side.made.get(key, ()))) for side in local)
        return Contender(
            str(self.ports[port]), index, sign, self.outlets[source] if source >= 0 else "",
            (place[0], place[1]), (made[0], made[1]),
        )  # fmt: skip

    def _spikes(self, made: Any) -> Iterator[str]:
        for (source, index, sign), n in made:
            yield f"{self.outlets[source]}[{index}] {sign:+d}" + (f" ({n} times)" if n > 1 else "")

    def _differing(self, module: str, index: int, before: list[State], after: list[State]) -> list[tuple[str, Any]]:
        """Values of the module, and of what it shares, that differ between the runs or that the reaction changed."""
        own = self.net[module]
        names = [f"{module}.{name}" for name in (*own.state, *own.integers)]
        names += [f"{other.name}.{name}" for other, name in own.reads.values()]
        names += [f"block.{name}" for name in dict.fromkeys(block.name for block in own.blocks.values())]
        states = [state for state in (*before, *after) if state]
        found: list[tuple[str, Any]] = []
        for name in names:
            arrays = [state[name] for state in states]
            differs = np.any([array != arrays[0] for array in arrays], axis=0)
            places = [tuple(place) for place in np.argwhere(differs).tolist()]
            # The unit that the delivery is about comes first.
            places.sort(key=lambda place: (place[-1] != index and place[0] != index, place))
            if not name.startswith("block.") and arrays[0].ndim == 1 and len(arrays[0]) == own.units > index:
                places = list(dict.fromkeys([(index,), *places]))
            found += [(name, place) for place in places[:3]]
        return found[:MOST_VALUES]


class _Local:
    """Deliveries to a module, and to those coupled with it, in one instant of one run, and the spikes that each caused.

    lines: all of the instant; caused: all that they have caused. own, others: numbers of their ports.
    """

    def __init__(self, lines: Events, caused: Events, own: list[int], others: list[int]) -> None:
        self.own = set(own)
        mine = lines[np.isin(lines["port"], [*own, *others])]
        seen: Counter[tuple[int, ...]] = Counter()
        self.keys: list[Key] = []
        self.ids: dict[Key, int] = {}
        for line in lines_of(mine):
            number, _, _, _, source, port, index, sign = line
            like = (source, port, index, sign)
            key = (source, port, index, sign, seen[like])
            seen[like] += 1
            self.keys.append(key)
            self.ids[key] = number
        by_id = {number: key for key, number in self.ids.items()}
        made = caused[np.isin(caused["parent"], mine["id"])]
        spikes: dict[Key, Counter[tuple[int, ...]]] = {}
        for _, parent, _, _, source, port, index, sign in lines_of(made):
            spikes.setdefault(by_id[parent], Counter())[source, port, index, sign] += 1
        # Each spike is a delivery for each wire of its outlet: told once.
        self.made: dict[Key, tuple[tuple[tuple[int, int, int], int], ...]] = {}
        for key, counts in spikes.items():
            once: dict[tuple[int, int, int], int] = {}
            if key[1] not in self.own:
                continue
            for (source, _, index, sign), n in counts.items():
                once[source, index, sign] = max(n, once.get((source, index, sign), 0))
            self.made[key] = tuple(sorted(once.items()))

    def net_input(self) -> dict[tuple[int, int], int]:
        """The sum of signs at each port and index of the module itself, but 0."""
        return _sums(((port, index), sign) for _, port, index, sign, _ in self.keys if port in self.own)

    def net_output(self) -> dict[tuple[int, int], int]:
        """The sum of signs of what was sent, by outlet and index, but 0."""
        each = [((source, index), sign * n) for made in self.made.values() for (source, index, sign), n in made]
        return _sums(each)


def _sums(pairs: Any) -> dict[tuple[int, int], int]:
    found: Counter[tuple[int, int]] = Counter()
    for place, n in pairs:
        found[place] += n
    return {place: n for place, n in found.items() if n}


def _contenders(a: _Local, b: _Local) -> tuple[Key, Key, int] | None:
    """The first delivery, as run a goes, whose reaction differs, and the nearest that changed places with it."""
    other = [key for key in a.keys if key in b.ids and a.made.get(key) != b.made.get(key)]
    swapped = [key for key in a.keys if key in b.ids and key[1] in a.own]
    for key in [*other, *swapped]:
        before = tuple({k for k in side.keys if side.ids[k] < side.ids[key]} for side in (a, b))
        every = before[0] ^ before[1]
        flipped = {k for k in every if k[1] in a.own} or every
        if flipped:
            last = max(flipped, key=lambda k: (a if k in before[0] else b).ids[k])
            return key, last, len(flipped)
    return None


def _comes_before(local: _Local, first: Key, second: Key) -> bool:
    """The first delivery came before the second one, or the second never."""
    return first in local.ids and (second not in local.ids or local.ids[first] < local.ids[second])


def _longest(x: list[Key], y: list[Key]) -> list[tuple[Key | None, Key | None]]:
    n = max(len(x), len(y))
    return list(zip([*x, *[None] * (n - len(x))], [*y, *[None] * (n - len(y))], strict=True))


def _pick(state: State, names: list[tuple[str, Any]]) -> Values:
    if not state:
        return {}
    return {f"{name}[{', '.join(map(str, place))}]": state[name][place].item() for name, place in names}


def _near(x: NDArray[Any], y: NDArray[Any]) -> bool:
    """Equal, floats to what sums in another sequence may differ by."""
    if x.dtype.kind != "f":
        return bool(np.array_equal(x, y))
    largest = max(1.0, float(np.abs(x).max(initial=0)))
    return bool(np.allclose(x, y, rtol=0, atol=64 * np.finfo(x.dtype).eps * largest, equal_nan=True))
