"""The same run without one input: which outputs and which costs change, and the first event that differs.

Nothing is estimated: the run is made again from the last checkpoint before the input, with all others as they were. In
a closed loop, inputs would answer to the change; here they are what they were.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventnet.analysis.answers import Answer, Arrays, check_answer, read_answer, read_ports, same
from eventnet.analysis.cascades import end_ports
from eventnet.analysis.difference import first_unlike
from eventnet.analysis.log_pieces import in_file, pieces, windows
from eventnet.analysis.packeted import Feed
from eventnet.analysis.replay import Replay, replay_of
from eventnet.analysis.run_variants import Course, Variant, as_inputs
from eventnet.base.column import Folder, gathered
from eventnet.base.old_names import renamed_arguments
from eventnet.cost import PriceList, Span, price_list
from eventnet.engine.journal import going_on
from eventnet.errors import ModelError
from eventnet.event import EVENT, Events, Packeted, signed
from eventnet.network import Network
from eventnet.simulation import Run
from eventnet.tally import Row, Tally

Ints = NDArray[np.int64]
Pick = int | Sequence[int] | NDArray[Any] | Callable[[Events], Any]
"""Inputs by number (one or several), as a mask [inputs], or as a function of the EVENT records that gives a mask."""

PLACE = [("t", np.int64), ("port", np.int32), ("index", np.int32), ("sign", np.int32)]
CHANGE = np.dtype([*PLACE, ("before", np.int64), ("after", np.int64)])
"""Deliveries at one place and time, of one sign or amount: how many before the change of inputs, and how many after."""

ROWS = 1 << 12
"""Rows that are made at once, of outputs that may be too many to be held."""


@dataclass(frozen=True)
class FirstChange:
    """The first delivery that the change of inputs itself does not account for: it is in one run alone.

    place   its number in the log of each run; None where that run had ended
    before  what the run as it was delivered there, after: what the other one did (a DELIVERY record as a dict, or None)
    """

    place: tuple[int | None, int | None]
    before: dict[str, int] | None
    after: dict[str, int] | None

    @property
    def t(self) -> int:
        """The instant: the earlier of the two."""
        return min(record["t"] for record in (self.before, self.after) if record is not None)


@dataclass(frozen=True)
class Ablation:
    """Changes by another choice of inputs; "before" is the run as it was, "after" the run without them.

    without   numbers of the inputs left out; removed: their EVENT records; added: the records put in
    changed   the answer is another one; answers: both
    outputs   CHANGE records: deliveries at modules that send nothing on, where their number changed
    costs     by module: what was counted after, less what was before; columns and modules without a change are left out
    energy    estimate of the change in picojoules, by `prices`: low and high have every price at that end of its range
    with_comparisons  the same with comparisons at the price of an addition, where they were done and have none
    first     the first event that differs; None where nothing but the change itself does
    run       the run after, with a whole log; replayed: how many of its deliveries were made again
    roots     deliveries of the inputs left out, in the run as it was; -1 for one that it did not come to
    folder    where the log of the run lies, if it lies in a temporary file
    """

    without: tuple[int, ...]
    removed: Events
    added: Events
    changed: bool
    answers: tuple[Arrays, Arrays]
    outputs: Events
    costs: dict[str, Row]
    energy: Span
    with_comparisons: Span | None
    prices: str
    first: FirstChange | None
    tallies: tuple[Tally, Tally]
    run: Run
    replayed: int
    roots: tuple[int, ...]
    folder: Folder | None = field(default=None, repr=False)

    @property
    def adds(self) -> int:
        """Additions after, less those before."""
        return self.tallies[1].adds - self.tallies[0].adds

    @property
    def spikes(self) -> int:
        """Spikes after, less those before."""
        return self.tallies[1].spikes - self.tallies[0].spikes

    @property
    def net(self) -> Network:
        """The network that ran."""
        return self.run.simulation.net

    def output_rows(self) -> Iterator[dict[str, Any]]:
        """The outputs that changed one by one, as `to_dict` has them."""
        ports = [str(port) for port in self.net.ports()]
        for begin in range(0, len(self.outputs), ROWS):
            yield from _records(self.outputs[begin : begin + ROWS], ports)

    def to_dict(self, outputs: Any = None) -> dict[str, Any]:
        """Everything but the run, ready for JSON; outputs: what to have in place of their rows, if not a list."""
        ports, compared = [str(port) for port in self.net.ports()], self.with_comparisons
        return {
            "without": list(self.without), "removed": _records(self.removed, ports),
            "added": _records(self.added, ports), "changed": self.changed,
            "outputs": list(self.output_rows()) if outputs is None else outputs, "costs": self.costs,
            "deliveries": [tally.deliveries for tally in self.tallies], "spikes": [t.spikes for t in self.tallies],
            "adds": [tally.adds for tally in self.tallies],
            "energy": {
                "estimate by the prices of": self.prices, "pJ": self.energy._asdict(),
                "pJ, comparisons as additions": compared and compared._asdict(),
            },
            "first": None if self.first is None else {
                "t": self.first.t, "place": list(self.first.place),
                "before": self.first.before, "after": self.first.after,
            },
            "replayed": self.replayed,
        }  # fmt: skip

    def __str__(self) -> str:
        one, other = self.tallies
        lines = [
            f"the answer {'changes' if self.changed else 'stays the same'}; {len(self.outputs):,} outputs change",
            *(
                f"{name}: {a:,} before, {b:,} after ({b - a:+,})"
                for name, a, b in (
                    ("deliveries", one.deliveries, other.deliveries), ("spikes", one.spikes, other.spikes),
                    ("adds", one.adds, other.adds),
                )
            ),
            f"energy, estimate by the prices of {self.prices}: {self.energy.typical:+,.1f} pJ "
            f"({self.energy.low:+,.1f} to {self.energy.high:+,.1f})",
        ]  # fmt: skip
        if self.with_comparisons is not None:
            lines[-1] += f"; {self.with_comparisons.typical:+,.1f} pJ with comparisons at the price of an addition"
        lines += [
            f"  {module}: " + ", ".join(f"{n:+,} {column}" for column, n in row.items())
            for module, row in self.costs.items()
        ]
        if self.first is not None:
            sides = [_described(self.net, side) for side in (self.first.before, self.first.after)]
            lines.append(f"the first event that differs, at t={self.first.t}: {sides[0]} before, {sides[1]} after")
        return "\n".join(lines)


@dataclass(frozen=True)
class Influence:
    """Changes by leaving out one input: its number, its record, its delivery's number, and the changes.

    changed   the answer is another one
    outputs   how many CHANGE records there are
    deliveries, spikes, adds   after, less those before
    energy    estimate of the change in picojoules, at typical prices
    energy_comparisons_too  the same with comparisons at the price of an addition, where the list has none for them
    first     the instant of the first event that differs; None where nothing followed from the input
    """

    number: int
    t: int
    port: str
    index: int
    sign: int
    root: int
    changed: bool
    outputs: int
    deliveries: int
    spikes: int
    adds: int
    energy: float
    energy_comparisons_too: float
    first: int | None


@renamed_arguments(way="variant")
def ablate(
    what: Run | Course | Replay, without: Pick = (), *, roots: Sequence[int] = (),
    instead: Events | Sequence[tuple[int, Any, int, int]] = (), plus: Events | Sequence[tuple[int, Any, int, int]] = (),
    variant: Variant | None = None, answer: Answer = "ends", tolerance: float = 0.0, prices: PriceList | None = None,
) -> Ablation:  # fmt: skip
    """The same run without some of its inputs, or with others.

    what      a run with its log (`simulate(..., record=True)`), a course with `variant`, or a `Replay`, which is
              quicker where more than one question is asked: its checkpoints are kept
    without   inputs to leave out: numbers among the inputs from 0, a mask, or a function of the EVENT records that
              gives a mask. Those of a course are numbered as handed over, those of a run as delivered
    roots     inputs to leave out, by the numbers of their deliveries
    instead   inputs to put where the first one left out was handed over; plus: inputs to put after all others
    answer    what counts as the answer, see `analysis.answers.read_answer`
    prices    of the estimate of energy; Horowitz's for the network's number type without

    Raises ModelError for inputs that there are not, and what a run raises.
    """
    replay = replay_of(what, variant)
    net = replay.course.net
    check_answer(net, answer, tolerance)
    left_out = _numbers(replay, without, roots)
    if isinstance(replay.feed, Packeted) and (len(instead) or len(plus)):
        raise ModelError("instead= and plus= change inputs that come at once; wanted an array of EVENT, not packets")
    swapped, added = (as_inputs(e, net) for e in (instead, plus))
    if len(swapped) and not len(left_out):
        raise ModelError("instead= puts inputs where one was left out, but none is left out")
    if not len(left_out) and not len(added):
        raise ModelError("nothing was to be changed: say which inputs to leave out (without=) or to add (plus=)")
    before = read_answer(replay.run, answer)
    return _asked(replay, left_out, swapped, added, answer, before, tolerance, prices or price_list(net.dtype), True)


@renamed_arguments(told="progress", way="variant")
def influence(
    what: Run | Course | Replay, events: Pick | None = None, *, variant: Variant | None = None, answer: Answer = "ends",
    tolerance: float = 0.0, prices: PriceList | None = None, progress: Callable[[int, int], None] | None = None,
) -> list[Influence]:  # fmt: skip
    """Leave out each of these inputs alone (without `events`: each of all): which one mattered?

    Options as for `ablate`. progress: called with (inputs tried, inputs in all). Each input costs what the run from the
    last checkpoint before it costs.
    """
    replay = replay_of(what, variant)
    net = replay.course.net
    check_answer(net, answer, tolerance)
    numbers = np.arange(replay.inputs) if events is None else _numbers(replay, events, ())
    before = read_answer(replay.run, answer)
    prices = prices or price_list(net.dtype)
    ports = [str(port) for port in net.ports()]
    nothing = np.empty(0, dtype=getattr(replay.feed, "dtype", EVENT))
    state: dict[str, list[Influence]] = {"found": []}
    course = replay.course
    known = course.net, course.feed, course.coalesce, course.until, replay.variant, numbers, answer, tolerance, prices
    for done in going_on(state, len(numbers), "influence", *known):
        number, found = int(numbers[done]), state["found"]
        one = _asked(replay, np.array([number]), nothing, nothing, answer, before, tolerance, prices, callable(answer))
        own = one.removed[:1]
        t, port, index = (int(own[name][0]) for name in ("t", "port", "index"))
        sign = int(signed(own)[0])
        a, b = one.tallies
        found.append(
            Influence(
                number, t, ports[port], index, sign, one.roots[0], one.changed, len(one.outputs),
                b.deliveries - a.deliveries, one.spikes, one.adds, one.energy.typical,
                (one.with_comparisons or one.energy).typical, None if one.first is None else one.first.t,
            )
        )  # fmt: skip
        if progress is not None:
            progress(done + 1, len(numbers))
    return state["found"]


def _numbers(replay: Replay, pick: Pick, roots: Sequence[int]) -> Ints:
    """Numbers of the inputs meant, ascending, each once."""
    n = replay.inputs
    given = np.asarray(_mask(replay.feed, pick) if callable(pick) else pick)
    if given.dtype == bool:
        if given.shape != (n,):
            raise ModelError(f"a mask of inputs has shape {list(given.shape)}; wanted [{n}], one for each input")
        given = np.flatnonzero(given)
    elif callable(pick):
        raise ModelError(f"a function that picks inputs gave {given.dtype}; wanted a mask [{n}] of True and False")
    if given.size and given.dtype.kind not in "iu":
        raise ModelError(f"inputs are picked by whole numbers, not by {given.dtype}")
    numbers = [int(number) for number in given.reshape(-1)]
    if bad := [number for number in numbers if not 0 <= number < n]:
        raise ModelError(f"there is no input {bad[0]}; there are {n:,}, from 0")
    of_all = replay.inputs_of(np.arange(n))[1].tolist() if len(roots) else []
    by_root = {root: number for number, root in enumerate(of_all)}
    if unknown := [root for root in roots if root < 0 or int(root) not in by_root]:
        raise ModelError(f"delivery {unknown[0]} of this run is no input")
    return np.array(sorted({*numbers, *(by_root[int(root)] for root in roots)}), dtype=np.int64)


def _mask(feed: Feed, pick: Callable[[Events], Any]) -> NDArray[Any]:
    """The result of `pick` on all inputs; for inputs in packets, its results on the packets, joined."""
    if isinstance(feed, Packeted):
        return np.concatenate([np.zeros(0, bool), *(np.asarray(pick(packet)) for packet in feed.packets())])
    return np.asarray(pick(feed))


def _asked(
    replay: Replay, left_out: Ints, swapped: Events, added: Events, answer: Answer, before: Arrays, tolerance: float,
    prices: PriceList, whole: bool,
) -> Ablation:  # fmt: skip
    feed, log, net = replay.feed, replay.log, replay.course.net
    removed, gone = replay.inputs_of(left_out)
    folder = None
    if isinstance(feed, Packeted):
        folder, kept, put = Folder(), 0, np.zeros(0, bool)
        run = replay.without(left_out, folder)
        after = read_answer(run, answer)
        rest, other = log, run.log
    else:
        others = np.delete(feed, left_out)
        if len(swapped):
            others = np.insert(others, left_out[0], swapped)
        others = np.concatenate([others, added])
        since = int(np.concatenate([removed["t"], swapped["t"], added["t"]]).min())
        run = replay.again(others, since, whole=whole)
        kept = replay.before(since)
        rest, other = log[kept:], run.log[kept:] if whole else run.log
        if whole:
            after = read_answer(run, answer)
        else:  # what the answer asks of the log before the checkpoint, and all after it
            asked = log[:kept]
            after = read_answer(
                run, answer, log=np.concatenate([asked[np.isin(asked["port"], read_ports(net, answer))], other])
            )
        put = _places(others, left_out, swapped, added)[int(np.count_nonzero(log["source"][:kept] < 0)) :]
    tallies = (replay.run.tally, run.tally)
    return Ablation(
        tuple(left_out.tolist()), removed, np.concatenate([swapped, added]), not same(before, after, tolerance),
        (before, after), changes_at(rest, other, end_ports(net)), _costs(net, tallies),
        *_energies(prices, *tallies), prices.name, _first(rest, other, gone.tolist(), put), tallies, run, len(other),
        tuple(gone.tolist()), folder,
    )  # fmt: skip


def _places(others: Events, left_out: Ints, swapped: Events, added: Events) -> NDArray[np.bool_]:
    """Among the inputs after, in the order of their delivery: which were put in."""
    put = np.zeros(len(others), dtype=bool)
    if len(swapped):
        put[left_out[0] : left_out[0] + len(swapped)] = True
    put[len(others) - len(added) :] = len(added) > 0
    return put[np.lexsort((others["port"], others["t"]))]


def _first(log: Events, other: Events, gone: list[int], put: NDArray[np.bool_]) -> FirstChange | None:
    """The first difference of two logs, the changed inputs themselves left out of both.

    gone: deliveries of the first one left out; put: which of the inputs in the second one, in their order, were put in.
    """
    one = (lines[~np.isin(lines["id"], gone)] for _, lines in pieces(log))
    found = first_unlike(one, _not_put(other, put))
    if found is None:
        return None
    sides = [None if side is None else _record(side) for side in found]
    places = [None if side is None else side["id"] for side in sides]
    return FirstChange((places[0], places[1]), sides[0], sides[1])


def _not_put(log: Events, put: NDArray[np.bool_]) -> Iterator[Events]:
    """A log in pieces, without the inputs that were put in."""
    taken = 0
    for _, lines in pieces(log):
        inputs = np.flatnonzero(lines["source"] < 0)
        mine = put[taken : taken + len(inputs)]
        taken += len(inputs)
        yield np.delete(lines, inputs[: len(mine)][mine])


def _record(line: Any) -> dict[str, int]:
    return {name: int(line[name]) for name in line.dtype.names}


def changes_at(log: Events, other: Events, ports: list[int]) -> Events:
    """CHANGE records of two logs: what was delivered at ports of these numbers, where its number differs.

    They are in a file where the logs are in files.
    """
    parts = (_changes(one, two, ports) for one, two in windows(log, other))
    if in_file(log):
        return gathered(parts, CHANGE)
    return np.concatenate([np.empty(0, dtype=CHANGE), *parts])


def _changes(log: Events, other: Events, ports: list[int]) -> Events:
    columns, side = [], []
    for number, at in enumerate(_unlike(*(lines[np.isin(lines["port"], ports)] for lines in (log, other)))):
        columns.append(np.column_stack([*(at[name].astype(np.int64) for name in ("t", "port", "index")), signed(at)]))
        side.append(np.full(len(at), number))
    places, which = np.unique(np.concatenate(columns), axis=0, return_inverse=True)
    counts = np.zeros((len(places), 2), dtype=np.int64)
    np.add.at(counts, (which.reshape(-1), np.concatenate(side)), 1)
    differs = counts[:, 0] != counts[:, 1]
    found = np.empty(int(differs.sum()), dtype=CHANGE)
    for k, name in enumerate(("t", "port", "index", "sign")):
        found[name] = places[differs, k]
    found["before"], found["after"] = counts[differs].T
    return found


def _unlike(a: Events, b: Events) -> tuple[Events, Events]:
    """Without what both begin with, and what both then end with."""
    for _ in range(2):
        n = min(len(a), len(b))
        differs = np.any([a[name][:n] != b[name][:n] for name in ("t", "port", "index")], axis=0)
        differs |= signed(a)[:n] != signed(b)[:n]
        alike = int(np.argmax(differs)) if differs.any() else n
        a, b = a[alike:][::-1], b[alike:][::-1]
    return a, b


def _costs(net: Network, tallies: tuple[Tally, Tally]) -> dict[str, Row]:
    """By module and column, after less before; zeros left out."""
    one, other = (tally.by_port() for tally in tallies)
    sums: dict[str, Row] = {}
    for port in net.ports():
        row = sums.setdefault(port.module.name, {})
        for column, n in other[str(port)].items():
            row[column] = row.get(column, 0) + n - one[str(port)][column]
    kept = {module: {column: n for column, n in row.items() if n} for module, row in sums.items()}
    return {module: row for module, row in kept.items() if row}


def _energies(prices: PriceList, before: Tally, after: Tally) -> tuple[Span, Span | None]:
    """The change of an estimate; and with comparisons priced, where one of the runs did some that have no price."""
    one, other = prices.estimate(before), prices.estimate(after)
    apart = one.with_comparisons is not None or other.with_comparisons is not None
    return _change(one.total, other.total), _change(one.comparisons_too, other.comparisons_too) if apart else None


def _change(before: Span, after: Span) -> Span:
    """The change at either end of all prices and at typical ones."""
    low, typical, high = (b - a for a, b in zip(before, after, strict=True))
    return Span(min(low, high), typical, max(low, high))


def _records(records: Events, ports: list[str]) -> list[dict[str, Any]]:
    names = records.dtype.names or ()
    return [
        {name: ports[value] if name == "port" else value for name, value in zip(names, line, strict=True)}
        for line in records.tolist()
    ]


def _described(net: Network, line: dict[str, int] | None) -> str:
    if line is None:
        return "nothing more"
    ports = [str(port) for port in net.ports()]
    return f"{ports[line['port']]}[{line['index']}] {line['sign']:+d}" + (f" (t={line['t']}, delivery {line['id']:,})")
