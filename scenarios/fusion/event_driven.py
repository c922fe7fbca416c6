"""The fusion network event-driven, on the engine, on one clock with its sensors."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import tee

import numpy as np

import eventnet as en
from eventnet.scenarios.fusion.methods import PIECE_SAMPLES, PIECE_US, Done, Floats, HeldAnswers, MethodOutcome, Waits
from eventnet.scenarios.fusion.network import FusionNetwork, FusionWeights
from eventnet.scenarios.fusion.recomputed import operations
from eventnet.scenarios.fusion.stream import FurtherSensor, Stream, pieces, samples
from eventnet.tally import Tally

SENSORS = {"eye.spikes": "dvs", "head.value": "gyro", "head.read": "answers"}
"""Where sensors enter; what else enters is named by its module, and what begins it all is "start"."""


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
