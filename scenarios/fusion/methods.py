"""Methods that compute the same answers from the same sensors: recomputed, binned, event-driven; each counts its cost.

    1    recomputed in full at every event and every sample of the gyroscope
    1i   the first layer kept up to date, the rest recomputed at every event and every sample
    1k   the same, the rest recomputed at every sample of the gyroscope
    2    recomputed in full at a fixed rate; 2g: the camera's rates so, the head at every sample of the gyroscope
    3    recomputed in full at the end of each bin, events stamped in its middle
    4    event-driven on the engine, on the clock with the sensors

Way 1 and 1i have the same answers; all but 4 are exact in float64.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import tee
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

import eventnet as en
from eventnet.cost import PriceList
from eventnet.scenarios.fusion.network import FusionNetwork, FusionWeights
from eventnet.scenarios.fusion.recomputed import ExactHead, ExactRates, Work, by_cause, operations, tally_of
from eventnet.scenarios.fusion.stream import FurtherSensor, Stream, pieces, samples
from eventnet.tally import Tally

Floats = NDArray[np.float64]
Done = Callable[[int], None]

LONGEST_WAIT_US = 100_000
PIECE_US, PIECE_SAMPLES = 100_000, 1000

SENSORS = {"eye.spikes": "dvs", "head.value": "gyro", "head.read": "answers"}
"""Where sensors enter; what else enters is named by its module, and what begins it all is "start"."""


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

    @property
    def operations(self) -> int:
        """Adds, multiplies and checks."""
        return operations(self.tally.totals())

    def energy_uj(self, prices: PriceList) -> float:
        """Microjoules."""
        return 1e-6 * prices.energy(self.tally)


class Method(Protocol):
    """A method; `name` begins with its number."""

    @property
    def name(self) -> str: ...

    def run(self, weights: FusionWeights, stream: Stream, grid_us: int, done: Done) -> MethodOutcome: ...


@dataclass(frozen=True)
class Recomputed:
    """Recomputed: the camera's rates at `rates`, answers at `answers`.

    rates, answers: "each" (event and sample), "sample" (of the gyroscope), or a period in microseconds. binned: events
    come at the middle of their period. incremental: costs are those of a first layer that is kept up to date.
    """

    name: str
    rates: str | float
    answers: str | float
    binned: bool = False
    incremental: bool = False

    def run(self, weights: FusionWeights, stream: Stream, grid_us: int, done: Done) -> MethodOutcome:
        """Go through the stream."""
        rates_of, head, work = ExactRates(weights), ExactHead(weights), Work()
        grid, waits, begin, n = HeldAnswers(stream.end_us, grid_us, head.answers), Waits(), 0, 0
        for camera, gyroscope in zip(stream.camera(), stream.gyroscope(), strict=True):
            events, (gyro_t, gyro) = camera.events, samples(gyroscope.events, weights.n_out)
            t = events["t"].astype(np.float64)
            at = self._times(self.rates, t, gyro_t, begin, camera.until)
            reads = self._times(self.answers, t, gyro_t, begin, camera.until)
            rates = rates_of.take(events, at, self._stamps(t))
            grid.take(reads, head.take(gyro_t, gyro, at, rates, reads), camera.until)
            waits.take(t, self._contained(t), reads)
            self._count(work, weights, events, gyro_t, at, reads)
            begin, n = camera.until, n + len(gyro_t)
            done(begin)
        tally = tally_of(work, weights, incremental=self.incremental)
        return MethodOutcome(
            self.name, grid.answers, tally, by_cause(tally), waits.counts, work.events, n, 1e-6 * stream.end_us, work
        )

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
            return np.union1d(events, gyro) if when == "each" else gyro
        period = when
        ticks = np.asarray(np.arange(np.ceil(begin / period), np.ceil(end / period)) * period, np.float64)
        return ticks[ticks > 0]

    def _count(self, work: Work, weights: FusionWeights, events: Any, gyro: Floats, at: Floats, reads: Floats) -> None:
        work.events += len(events)
        work.covered += int(covering(weights, events).sum())
        for counts, when, times in ((work.evaluated, self.rates, at), (work.read, self.answers, reads)):
            if when == "each":
                counts["dvs"] += len(events)
                counts["gyro"] += len(gyro)
            else:
                counts["gyro" if when == "sample" else "clock"] += len(times)
        if not isinstance(self.answers, str):
            work.followed += len(gyro)


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

    def run(self, weights: FusionWeights, stream: Stream, grid_us: int, done: Done) -> MethodOutcome:
        """Let sensors and network live on one clock."""
        n_out, rows = weights.n_out, PIECE_SAMPLES + 1 + (self.piece_us // self.every_us + 1 if self.every_us else 0)
        network = FusionNetwork(
            weights, a=self.a, every_us=self.every_us, least_us=self.least_us, code=self.code, rows=rows,
            updates=n_out * (PIECE_SAMPLES + 1),
        )  # fmt: skip
        encoders = {name: _encoder(network.net, name, other) for name, other in stream.others().items()}
        simulation = network.simulation(engine=self.engine, roots=True, root_limit=0)
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
        """When answers are read, between the last piece and the end of this one."""
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


def _encoder(net: en.Network, name: str, other: FurtherSensor) -> en.ChangeEncoder:
    """Where a further sensor sends its changes, and nobody listens."""
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


def covering(weights: FusionWeights, events: Any) -> NDArray[np.int64]:
    """How many patches cover each event."""
    made = np.ones(len(events), np.int64)
    for name, patches in (("y", weights.patches[0]), ("x", weights.patches[1])):
        at = events[name].astype(np.int64)
        first, last = -((weights.size - 1 - at) // weights.stride), at // weights.stride
        made *= np.maximum(np.minimum(last, patches - 1) - np.maximum(first, 0) + 1, 0)
    return made


def in_full(outcome: MethodOutcome, weights: FusionWeights, name: str) -> MethodOutcome:
    """The same answers at the cost of recomputing everything each time."""
    assert outcome.work is not None
    tally = tally_of(outcome.work, weights, incremental=False)
    return replace(outcome, method=name, tally=tally, by_sensor=by_cause(tally))
