"""The interface of methods that compute answers from the sensors, and the fusion network as two of them.

`Recomputed` is the network on a clock, or at every event: its first layer kept up to date by events, or recomputed with
all that follows. When the camera's rates are made anew, and when there are answers, is said apart: heads may answer
at each sample of the gyroscope between two looks of a slow camera. All is exact in float64; costs are closed forms.
`EventDriven` is the network on the engine, on one clock with its sensors. `flow.FlowMethod` is another method (sums
over events), and `named.LEGEND` says what names of methods mean.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import tee
from typing import Any, Protocol
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

import eventnet as en
from eventnet.cost import PriceList
from eventnet.scenarios.fusion.filters import FilterHead
from eventnet.scenarios.fusion.network import FusionNetwork, FusionWeights
from eventnet.scenarios.fusion.recomputed import (
    Counts,
    ExactHead,
    ExactRates,
    HeadCosts,
    Work,
    by_cause,
    costs_of,
    network_head,
    operations,
    tally_of,
)
from eventnet.scenarios.fusion.stream import FurtherSensor, Kept, Stream, pieces, samples
from eventnet.tally import DELIVERIES, Tally

Floats = NDArray[np.float64]
Done = Callable[[int], None]
Watch = Callable[[en.Clock, Callable[[], Floats]], None]

LONGEST_WAIT_US = 100_000
PIECE_US, PIECE_SAMPLES = 100_000, 1000


@dataclass
class MethodOutcome:
    """Answers and costs of a method on a stream of so many `seconds`.

    answers    [n, 3 n_out] at the multiples of `grid_us`, held from the last one: fused, camera alone, gyroscope alone
    tally      all operations, by layer
    by_sensor  adds, multiplies and checks by what caused them
    waits      how many events waited so many microseconds for the first answer that contains them, see `Waits`
    events     of the camera; samples: of the gyroscope
    work       what was recomputed; None where nothing was
    by_piece   of an event-driven network: events and operations in each piece of time, [n, 2]
    values     sums and traces read from memory; None where they are not counted
    """

    method: str
    answers: Floats
    tally: Tally
    by_sensor: dict[str, int]
    waits: NDArray[np.int64]
    events: int
    samples: int
    seconds: float
    work: Work | None = None
    by_piece: NDArray[np.int64] | None = None
    values: int | None = None

    @property
    def operations(self) -> int:
        """Adds, multiplies and checks."""
        return operations(self.tally.totals())

    def energy_uj(self, prices: PriceList) -> float:
        """Microjoules."""
        return 1e-6 * prices.energy(self.tally)


class Method(Protocol):
    """A method by its name."""

    @property
    def name(self) -> str: ...

    def run(self, weights: FusionWeights, stream: Stream, grid_us: int, done: Done) -> MethodOutcome: ...


class HeldAnswers:
    """Answers at the multiples of a period, each held from the last that was read; 0 before the first."""

    def __init__(self, end_us: int, period_us: int, answers: int) -> None:
        self.times = np.arange(0, end_us, period_us)
        self.answers = np.zeros((len(self.times), answers))
        self._last, self._filled = np.zeros((1, answers)), 0

    def take(self, times: Floats, answers: Floats, until: float) -> None:
        """Answers read at these times, which grow, up to `until`."""
        known = np.concatenate((self._last, answers))
        end = int(np.searchsorted(self.times, until))
        at = self.times[self._filled : end]
        self.answers[self._filled : end] = known[np.searchsorted(times, at, "right")]
        self._last, self._filled = known[-1:].copy(), end


class Waits:
    """Waiting times of events for the first answer that holds them: counts of whole microseconds.

    The last counts those that wait 0.1 s or longer.
    """

    def __init__(self) -> None:
        self.counts = np.zeros(LONGEST_WAIT_US + 1, np.int64)
        self._t, self._held = np.empty(0), np.empty(0)

    def take(self, t: Floats, held: Floats, reads: Floats) -> None:
        """Events [n] at times t, which answers from the times `held` on hold, and the times of the next answers."""
        self._t, self._held = np.concatenate((self._t, t)), np.concatenate((self._held, held))
        at = np.searchsorted(reads, self._held)
        answered = at < len(reads)
        waited = np.rint(reads[at[answered]] - self._t[answered]).astype(np.int64)
        self.counts += np.bincount(np.minimum(waited, LONGEST_WAIT_US), minlength=LONGEST_WAIT_US + 1)
        self._t, self._held = self._t[~answered], self._held[~answered]


def quantile(counts: NDArray[np.int64], part: float) -> float:
    """The least wait, in milliseconds, that a part (0 to 1) of the events do not exceed; NaN without events."""
    total = np.cumsum(counts)
    at = int(np.searchsorted(total, part * total[-1]))
    return float("nan") if total[-1] == 0 else float("inf") if at == LONGEST_WAIT_US else at / 1000


# --- on a clock ---
WORD = 4
"""Bytes of a value or a weight: what the event-driven networks have by default (float32)."""


class StreamingHead(Protocol):
    """A head that fuses both sensors, sample by sample."""

    @property
    def answers(self) -> int: ...

    def take(self, gyro_t: Floats, gyro: Floats, dvs_t: Floats, dvs: Floats, at: Floats) -> Floats: ...


class SharedRates:
    """The camera's rates, packet by packet: made once for all heads on the same stream and clock."""

    def __init__(self, weights: FusionWeights, *, keep: bool) -> None:
        self._rates, self._keep = ExactRates(weights), keep
        self._made: list[Floats] = []

    def take(self, packet: int, events: Any, at: Floats, stamps: Floats) -> Floats:
        """Of this packet, by its number: those that were made, or new ones."""
        if packet < len(self._made):
            return self._made[packet]
        rates = self._rates.take(events, at, stamps)
        if self._keep:
            self._made.append(rates)
        return rates


_SHARED: WeakKeyDictionary[Kept, dict[Any, tuple[FusionWeights, SharedRates]]] = WeakKeyDictionary()


def _shared(stream: Stream, weights: FusionWeights, clock: tuple[str | float, bool]) -> SharedRates:
    """The rates of a stream in memory, as far as they have been made; others are made anew, and not kept."""
    if not isinstance(stream, Kept):
        return SharedRates(weights, keep=False)
    key = id(weights), clock  # held below, so that nothing else has its number
    return _SHARED.setdefault(stream, {}).setdefault(key, (weights, SharedRates(weights, keep=True)))[1]


@dataclass(frozen=True)
class Recomputed:
    """The camera's rates anew at `rates`, answers at `answers`.

    rates, answers: "each" (event and sample), "sample" (of the gyroscope), a period in microseconds, or "never" (rates
    only: no camera). binned: events come at the middle of their period. incremental: costs are those of a first layer
    that is kept up to date. head: a filter that answers at samples; None: the network's own head.
    """

    name: str
    rates: str | float
    answers: str | float
    binned: bool = False
    incremental: bool = False
    head: FilterHead | None = None

    def run(self, weights: FusionWeights, stream: Stream, grid_us: int, done: Done) -> MethodOutcome:
        """Go through the stream."""
        rates_of, work = _shared(stream, weights, (self.rates, self.binned)), Work()
        none = np.empty((0, weights.n_out))
        head: StreamingHead = self.head.begin() if self.head else ExactHead(weights)
        grid, waits, begin, n = HeldAnswers(stream.end_us, grid_us, head.answers), Waits(), 0, 0
        for k, (camera, gyroscope) in enumerate(zip(stream.camera(), stream.gyroscope(), strict=True)):
            events, (gyro_t, gyro) = camera.events, samples(gyroscope.events, weights.n_out)
            t = events["t"].astype(np.float64)
            at = self._times(self.rates, t, gyro_t, begin, camera.until)
            reads = self._times(self.answers, t, gyro_t, begin, camera.until)
            rates = rates_of.take(k, events, at, self._stamps(t)) if self.rates != "never" else none
            grid.take(reads, head.take(gyro_t, gyro, at, rates, reads), camera.until)
            if self.rates != "never":
                waits.take(t, self._contained(t), reads)
            self._count(work, weights, events, gyro_t, at, reads)
            begin, n = camera.until, n + len(gyro_t)
            done(begin)
        costs = self.head.costs if self.head else network_head(weights)
        tally = tally_of(work, weights, incremental=self.incremental, head=costs)
        return MethodOutcome(
            self.name, grid.answers, tally, by_cause(tally), waits.counts, work.events, n, 1e-6 * stream.end_us, work,
            values=sum(row.values for row in self._rows(work, weights, costs)),
        )  # fmt: skip

    def memory(self, weights: FusionWeights) -> int:
        """Bytes of state and weights, at 4 bytes each."""
        return WORD * _words(weights, self)

    def _rows(self, work: Work, weights: FusionWeights, costs: HeadCosts) -> list[Counts]:
        return list(costs_of(work, weights, incremental=self.incremental, head=costs).values())

    def _stamps(self, t: Floats) -> Floats:
        """The times that events are taken to have."""
        if not self.binned:
            return t
        return np.asarray((np.floor(t / float(self.rates)) + 0.5) * float(self.rates), np.float64)

    def _contained(self, t: Floats) -> Floats:
        """From when on an answer holds these events."""
        if isinstance(self.rates, str):
            return t
        periods = t / self.rates
        return np.asarray((np.floor(periods) + 1 if self.binned else np.ceil(periods)) * self.rates)

    def _times(self, when: str | float, events: Floats, gyro: Floats, begin: int, end: int) -> Floats:
        """Times of computing within a packet."""
        if isinstance(when, str):
            return np.union1d(events, gyro) if when == "each" else gyro if when == "sample" else np.empty(0)
        period = when
        ticks = np.asarray(np.arange(np.ceil(begin / period), np.ceil(end / period)) * period, np.float64)
        return ticks[ticks > 0]

    def _count(self, work: Work, weights: FusionWeights, events: Any, gyro: Floats, at: Floats, reads: Floats) -> None:
        if self.rates != "never":
            work.events += len(events)
            work.covered += int(covering(weights, events).sum())
        for counts, when, times in ((work.evaluated, self.rates, at), (work.read, self.answers, reads)):
            if when == "each":
                counts["dvs"] += len(events)
                counts["gyro"] += len(gyro)
            elif when != "never":
                counts["gyro" if when == "sample" else "clock"] += len(times)
        if not isinstance(self.answers, str):
            work.followed += len(gyro)


def _words(weights: FusionWeights, method: Recomputed) -> int:
    """Values of state and weights that a method needs."""
    w, found = weights, 0 if method.rates == "never" else rate_words(weights, incremental=method.incremental)
    if method.head is not None:
        return found + method.head.words
    assert w.head is not None
    return found + w.head.mix.size + 2 * w.n_out * (1 + len(w.head.tau_us))


def rate_words(weights: FusionWeights, *, incremental: bool) -> int:
    """Values of state and weights that the camera's rates need; incremental: of a first layer that is kept."""
    w, taus = weights, len(weights.tau_us)
    parts = (w.filters, w.bias, w.hidden, w.hidden_bias, w.out, w.out_bias)
    traces = w.patches[0] * w.patches[1] * w.n_filters if incremental else w.width * w.height
    return sum(part.size for part in parts) + taus + taus * traces


def covering(weights: FusionWeights, events: Any) -> NDArray[np.int64]:
    """Number of patches that cover each event."""
    made = np.ones(len(events), np.int64)
    for name, patches in (("y", weights.patches[0]), ("x", weights.patches[1])):
        at = events[name].astype(np.int64)
        first, last = -((weights.size - 1 - at) // weights.stride), at // weights.stride
        made *= np.maximum(np.minimum(last, patches - 1) - np.maximum(first, 0) + 1, 0)
    return made


# --- on the engine ---
SENSORS = {"eye.spikes": "dvs", "head.value": "gyro", "head.read": "answers"}
"""Sensors by the port where they enter; other ports `value` are named by their module, and all the rest is "start"."""


@dataclass(frozen=True)
class EventDriven:
    """On the engine: a `FusionNetwork` with these options; answers at each sample, and right after looks at patches.

    Results do not depend on the engine, nor on the length of packets. piece_us: answers are taken up, and operations
    noted, after so much time or so many samples; this changes nothing else.
    """

    name: str
    a: tuple[float, float, float] = (1.0, 4.0, 4.0)
    code: str = "sigma-delta"
    every_us: int = 1000
    least_us: int = 4000
    engine: str = "compiled"
    piece_us: int = PIECE_US

    def run(
        self, weights: FusionWeights, stream: Stream, grid_us: int, done: Done, watch: Watch | None = None,
        **options: Any,
    ) -> MethodOutcome:  # fmt: skip
        """Let sensors and network live on one clock. watch: called with the clock and what gives the last answers;
        options: further ones of the simulation.
        """
        n_out, rows = weights.n_out, PIECE_SAMPLES + 1 + (self.piece_us // self.every_us + 1 if self.every_us else 0)
        network = FusionNetwork(
            weights, a=self.a, every_us=self.every_us, least_us=self.least_us, code=self.code, rows=rows,
            updates=n_out * (PIECE_SAMPLES + 1),
        )  # fmt: skip
        encoders = {name: _encoder(network.net, name, other) for name, other in stream.others().items()}
        simulation = network.simulation(engine=self.engine, roots=True, root_limit=0, **options)
        answers = simulation[network.head].array("answers")
        grid, waits, begin, n = HeldAnswers(stream.end_us, grid_us, answers.shape[1]), Waits(), 0, [0, 0]
        seen: list[Floats] = []
        clock = en.Clock(simulation)
        values, reading, followed = tee(pieces(stream.gyroscope(), self.piece_us, n_out * PIECE_SAMPLES), 3)
        clock.play(_watched(stream.camera(), seen), network.eye.spikes, width=weights.width, name="camera")
        clock.play(values, into=network.head, name="gyroscope")
        clock.play(self._readers(reading, network, rows), name="reader")
        for name, other in stream.others().items():
            packets_of = pieces(other.packets(), self.piece_us, encoders[name].n_updates // 2)
            clock.play(packets_of, into=encoders[name], name=name)
        if watch is not None:
            watch(clock, lambda: answers[(reads_of(simulation) - 1) % rows].astype(np.float64))
        read, by_piece, spent = 0, [], 0
        for piece in followed:
            clock.run(until=piece.until)
            times = self._reads(piece, begin, n_out)
            grid.take(times, answers[(read + np.arange(len(times))) % rows], piece.until)
            t = np.concatenate([*seen, np.empty(0)])
            seen[:] = [t[t >= piece.until]]
            t = t[t < piece.until]
            waits.take(t, self._looked(t), times)
            n = [n[0] + len(t), n[1] + len(piece.events) // n_out]
            before, spent = spent, operations(simulation.tally.totals())
            by_piece.append((len(t), spent - before))
            read, begin = read + len(times), piece.until
            done(begin)
        tally = simulation.tally
        return MethodOutcome(
            self.name, grid.answers, tally, _by_sensor(tally), waits.counts, n[0], n[1], 1e-6 * stream.end_us,
            by_piece=np.array(by_piece),
        )  # fmt: skip

    def _looked(self, t: Floats) -> Floats:
        """The first tick at which an answer holds events of these times."""
        return np.asarray((np.floor(t / self.every_us) + 1) * self.every_us + 1 if self.every_us else t + 1)

    def _reads(self, piece: en.Packet, begin: int, n_out: int) -> Floats:
        """The ticks at which answers are read, between the last piece and the end of this one."""
        times, _ = samples(piece.events, n_out)
        if not self.every_us:
            return times
        first = -((1 - begin) // self.every_us)  # looks are at whole multiples, reads a tick later
        looks = np.arange(max(first, 1), -((1 - piece.until) // self.every_us)) * float(self.every_us) + 1
        return np.union1d(times, looks)

    def _readers(self, gyroscope: Iterator[en.Packet], network: FusionNetwork, rows: int) -> Iterator[en.Packet]:
        begin = read = 0
        for piece in gyroscope:
            times = self._reads(piece, begin, network.weights.n_out)
            made = np.zeros(len(times), en.EVENT)
            made["t"], made["port"], made["sign"] = times, int(network.head.read), 1
            made["index"] = (read + np.arange(len(times))) % rows
            yield en.Packet(piece.until, made)
            begin, read = piece.until, read + len(times)


def _watched(packets: Iterator[en.Packet], seen: list[Floats]) -> Iterator[en.Packet]:
    """The same packets; the times of their events are noted on their way."""
    for packet in packets:
        seen.append(packet.events["t"].astype(np.float64))
        yield packet


def reads_of(simulation: en.Simulation) -> int:
    """Number of answers read so far; before the first, the row of the last is still empty."""
    port = [str(port) for port in simulation.engine.ports].index("head.read")
    return int(simulation.store.tally[port, DELIVERIES])


def state_bytes(simulation: en.Simulation) -> int:
    """Bytes of state and weights of what runs on the engine, 4 a value; without room for answers and samples."""
    values = sum(part.size for module in simulation.net.modules for part in simulation.state(module).values())
    kept = (part for name, part in simulation.store.blocks.items() if not name.endswith(("answers", "updates")))
    blocks = sum(part.size for part in kept)
    return WORD * int(values + blocks)


def _encoder(net: en.Network, name: str, other: FurtherSensor) -> en.ChangeEncoder:
    """Add an encoder for the changes of a further sensor, and a sink that ignores its events."""
    blank, room = net.weights(np.zeros((1, other.units))), net.weights(np.zeros((2 * max(other.units, 1000), 2)))
    encoder = net.add(en.ChangeEncoder(blank, room, k=other.scale, name=name))
    net.connect(encoder.out, net.add(en.Sink(other.units, name=f"{name} sink")).spikes)
    return encoder


def _by_sensor(tally: Tally) -> dict[str, int]:
    made: dict[str, int] = {}
    for port, row in tally.beyond_roots().items():
        module, _, name = port.partition(".")
        sensor = SENSORS.get(port, module if name == "value" else "start")
        made[sensor] = made.get(sensor, 0) + operations(row)
    return made
