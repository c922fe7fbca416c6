"""Methods that see the slip of the image: the trained network or flow sums, by events or on a clock, or nothing at all.

Each has the read-out that is the controller.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

import eventnet as en
from eventnet.event import Events
from eventnet.neurons.flow_sums import AXES
from eventnet.scenarios.fusion import FusionNetwork, FusionWeights, Head
from eventnet.scenarios.fusion.filters import COSTS, FilterRun, Kalman, filter_head
from eventnet.scenarios.fusion.flow import FITTED, FlowNumbers, SumsOnClock, add_flow_sums, twin_tally
from eventnet.scenarios.fusion.methods import WORD, covering, rate_words, state_bytes
from eventnet.scenarios.fusion.recomputed import Counts, ExactRates, HeadCosts, Work, tally_of
from eventnet.scenarios.fusion.stream import samples
from eventnet.scenarios.gaze.parameters import GazeParameters
from eventnet.scenarios.worlds.turning import Steered
from eventnet.tally import Tally

UPDATES = 1024
KALMAN_TAU_S = 0.333
"""After which the change of a head's rate is forgotten: that of the filters that ship."""


class Sees:
    """A method that sees the slip. spikes: the port of the camera's events. head: the read-out of both sensors."""

    simulation: en.Simulation
    spikes: Any
    head: en.LeakyReadout

    def begin(self, clock: en.Clock, period: int, end: int, motion: Steered) -> None:
        """Put on the clock what it needs besides its events; a network by events needs nothing."""

    def hear(self, packets: Iterator[en.Packet]) -> Iterator[en.Packet]:
        """The gyroscope's packets, on their way to the read-out."""
        return packets

    def take(self, events: Events) -> None:
        """Hear a packet of the camera, before it goes to `spikes`."""

    def tallies(self) -> list[Tally]:
        """All that it has counted so far."""
        return [self.simulation.tally]

    def memory(self) -> int:
        """Bytes of state and weights, 4 a value, the read-out's among them."""
        return state_bytes(self.simulation)


class NetworkSees(Sees):
    """The event-driven network, whose read-out is `head`. rows: how many answers are read in all; options: further
    ones of the simulation.
    """

    def __init__(
        self, p: GazeParameters, weights: FusionWeights, head: Head, rows: int, engine: str, **options: Any
    ) -> None:  # fmt: skip
        n = p.network
        network = FusionNetwork(
            replace(weights, head=head), a=(n.scale, n.scale * n.pool_scale, n.scale * n.hidden_scale),
            every_us=n.look_every_us, least_us=n.look_least_us, rows=rows, updates=UPDATES,
        )  # fmt: skip
        self.simulation = network.simulation(engine=engine, **options)
        self.spikes, self.head = network.eye.spikes, network.head


class SeesNothing(Sees):
    """No method: the read-out alone. The camera's events go to a sink, which costs nothing."""

    def __init__(self, p: GazeParameters, weights: FusionWeights, head: Head, rows: int, engine: str) -> None:
        net = en.Network()
        self.head = _read_out(net, head, rows)
        self.spikes = net.add(en.Sink(weights.width * weights.height, name="camera")).spikes
        self.simulation = en.Simulation(net, engine=engine)


class _Heard(Sees):
    """A method whose rates are sampled at a period: the read-out receives them, as values, right after."""

    def _hear(
        self, clock: en.Clock, rates: Callable[[], NDArray[np.float64]], period: int, end: int, source: int = 1
    ) -> None:  # fmt: skip
        """Let the read-out hear at each multiple of a period what `rates` says then, as one of its sources."""
        seen = clock.sample(rates, period)
        clock.play(self._values(seen, period, end, source * AXES), into=self.head, name=f"source {source}")

    def _values(self, seen: Any, period: int, end: int, first: int) -> Generator[Any, Any, None]:
        for begin in range(0, end, period):
            values = np.zeros(AXES, en.VALUE_EVENT)
            values["t"], values["index"], values["value"] = begin, first + np.arange(AXES), (yield seen.at(begin))
            yield en.Packet(min(begin + period, end), values)


class _OnClock(_Heard):
    """A method that is asked each `every_us`: the read-out hears an answer when it has been made."""

    def __init__(
        self, p: GazeParameters, weights: FusionWeights, head: Head, rows: int, engine: str, every_us: int
    ) -> None:  # fmt: skip
        net = en.Network()
        self.head, self.every_us = _read_out(net, head, rows), every_us
        camera = net.add(en.Sink(weights.width * weights.height, name="camera"))
        self.simulation, self.spikes = en.Simulation(net, engine=engine), camera.spikes
        self._waiting: list[Events] = []
        self._looks = 0

    def begin(self, clock: en.Clock, period: int, end: int, motion: Steered) -> None:
        """Let it be asked each `every_us`."""
        self._hear(clock, self._look, self.every_us, end)

    def take(self, events: Events) -> None:
        """Hold them until the next look."""
        self._waiting.append(events)

    def _look(self) -> NDArray[np.float64]:
        """The rates by all events before now."""
        now = self._looks * self.every_us
        self._looks += 1
        events = np.concatenate(self._waiting) if self._waiting else np.zeros(0, en.PIXEL_EVENT)
        n = int(np.searchsorted(events["t"], now))
        self._waiting = [events[n:]]
        return self._rates_of(events[:n], now)

    def _rates_of(self, events: Events, now: int) -> NDArray[np.float64]:
        """The rates at a look, which is the first to see these events."""
        raise NotImplementedError


class ClockSees(_OnClock):
    """The network on a clock: its first layer kept up to date by events, the rest anew at each look.

    Exact, in float64; its cost is the closed form of `recomputed`.
    """

    def __init__(
        self, p: GazeParameters, weights: FusionWeights, head: Head, rows: int, engine: str, every_us: int
    ) -> None:  # fmt: skip
        super().__init__(p, weights, head, rows, engine, every_us)
        self._rates, self._weights, self._work = ExactRates(weights), weights, Work()

    def _rates_of(self, events: Events, now: int) -> NDArray[np.float64]:
        """And count what events change in the first layer; at time 0, before the first, by the biases."""
        self._work.events += len(events)
        self._work.covered += int(covering(self._weights, events).sum())
        self._work.evaluated["clock"] += 1
        rates: NDArray[np.float64] = self._rates.take(events, np.array([now - 0.5]))[0]  # before what comes now
        return rates

    def tallies(self) -> list[Tally]:
        """The read-out's, and the network's up to its last look."""
        own = tally_of(self._work, self._weights, incremental=True, head=self._head_costs())
        return [self.simulation.tally, own]

    def memory(self) -> int:
        """The read-out's, and what the network needs."""
        return super().memory() + WORD * rate_words(self._weights, incremental=True)

    def _head_costs(self) -> HeadCosts:
        """Of what puts both sensors together beside the read-out: nothing."""
        return HeadCosts(Counts())


class KalmanSees(ClockSees):
    """The network on a clock, and an extended Kalman filter of the head's rate, its change and the gyroscope's bias.

    The head's rate as the camera has it is the slip and the command that was in force, about the head's axes. The
    read-out hears the bias each period. Counted are the filter and the network; no loop's rotations are.
    """

    def __init__(
        self, p: GazeParameters, weights: FusionWeights, head: Head, rows: int, engine: str, every_us: int
    ) -> None:  # fmt: skip
        super().__init__(p, weights, head, rows, engine, every_us)
        self._filter = FilterRun(kalman_of(p))
        self._said: list[tuple[NDArray[np.float64], NDArray[np.float64]]] = []
        self._turns: list[tuple[int, NDArray[np.float64]]] = []
        self._periods = 0

    def hear(self, packets: Iterator[en.Packet]) -> Iterator[en.Packet]:
        """Note what the gyroscope says."""
        for packet in packets:
            self._said.append(samples(packet.events, AXES))
            yield packet

    def begin(self, clock: en.Clock, period: int, end: int, motion: Steered) -> None:
        """Let the network be asked each `every_us`, and the filter each period."""
        self._motion = motion
        super().begin(clock, period, end, motion)
        self._hear(clock, lambda: self._bias(period), period, end, source=2)

    def _look(self) -> NDArray[np.float64]:
        now = self._looks * self.every_us
        slip = super()._look()
        command = -self._motion.rates_on_head(now - 1) if now else np.zeros(AXES)
        turned = self._motion.on_head(now - 1) if now else np.eye(AXES)
        self._turns.append((now, turned @ (slip + command)))
        return slip

    def _bias(self, period: int) -> NDArray[np.float64]:
        """The filter's estimate of the bias from all samples before now."""
        now = self._periods * period
        self._periods += 1
        t = np.concatenate([times for times, _ in self._said]) if self._said else np.empty(0)
        values = np.concatenate([rates for _, rates in self._said]) if self._said else np.empty((0, AXES))
        n = int(np.searchsorted(t, now))
        self._said = [(t[n:], values[n:])]
        looks = np.array([at for at, _ in self._turns], np.float64)
        rates = np.array([rate for _, rate in self._turns]).reshape(-1, AXES)
        self._turns = []
        self._work.read["gyro"] += n
        self._filter.take(t[:n], values[:n], looks, rates, t[:n])
        return self._filter.bias

    def memory(self) -> int:
        """And what the filter needs."""
        return super().memory() + WORD * filter_head("Kalman", self.every_us).words

    def _head_costs(self) -> HeadCosts:
        return COSTS["Kalman"]


def kalman_of(p: GazeParameters) -> Kalman:
    """The filter of a head, a gyroscope and a camera like these.

    The rate's change has the variance of that of rates spread evenly over the band; the bias that of the gyroscope's.
    Slip is small, so that the camera's variance does not grow with the head's rate, as it does in an open loop.
    """
    w, g = p.world, p.gyroscope
    squares = (w.fastest_hz**2 + w.fastest_hz * w.slowest_hz + w.slowest_hz**2) / 3
    noise = g.white_noise**2 + g.noise_density**2 * g.rate_hz / 2
    return Kalman(
        (2 * np.pi * w.turning_deg_per_s) ** 2 * squares, KALMAN_TAU_S, max(noise, 1e-4),
        p.reflex.kalman_camera_variance, 0.0, max(float(np.mean(np.square(g.bias))), 1e-4),
    )  # fmt: skip


class FlowSees(_Heard):
    """Flow sums, which are looked at in the last microsecond of each period, and a read-out that hears their rates."""

    def __init__(self, p: GazeParameters, weights: FusionWeights, head: Head, rows: int, engine: str) -> None:
        net, numbers = en.Network(), _flow_numbers(p, weights)
        self.flow = add_flow_sums(
            net, weights.height, weights.width, p.world.focal_px, numbers, p.reflex.period_us
        )  # fmt: skip
        self.head = _read_out(net, head, rows)
        self.simulation = en.Simulation(net, engine=engine)
        self.spikes = self.flow.spikes

    def begin(self, clock: en.Clock, period: int, end: int, motion: Steered) -> None:
        """Let it be looked at, and the read-out hear in the first microsecond of a period what was seen in the last."""
        self._hear(clock, self._rates(), period, end)
        clock.play(self._looks(period, end), name="looks")

    def _rates(self) -> Callable[[], NDArray[np.float64]]:
        rates = self.simulation[self.flow].array("rates")
        return lambda: rates.astype(np.float64)

    def _looks(self, period: int, end: int) -> Generator[Any, Any, None]:
        for begin in range(0, end, period):
            look = np.zeros(1, en.EVENT)
            look["t"], look["port"], look["sign"] = begin + period - 1, int(self.flow.look), 1
            yield en.Packet(min(begin + period, end), look[: begin + period <= end])


class TwinSees(_OnClock):
    """The sums of `FlowSees` on a clock: from all blocks, in float64, in the last microsecond before each tick.

    The read-out hears the rates at the tick; at time 0 nothing has been looked at, and they are 0.
    """

    def __init__(
        self, p: GazeParameters, weights: FusionWeights, head: Head, rows: int, engine: str, every_us: int
    ) -> None:  # fmt: skip
        super().__init__(p, weights, head, rows, engine, every_us)
        numbers = _flow_numbers(p, weights)
        self._sums = SumsOnClock(weights.height, weights.width, p.world.focal_px, numbers, every_us)

    def _rates_of(self, events: Events, now: int) -> NDArray[np.float64]:
        return self._sums.take(events, np.array([now - 1.0]))[0] if now else np.zeros(AXES)

    def tallies(self) -> list[Tally]:
        """The read-out's, and that of the sums up to the last look."""
        return [self.simulation.tally, twin_tally(self._sums, 0)]

    def memory(self) -> int:
        """The read-out's, and that of the sums."""
        return super().memory() + WORD * self._sums.words


def _flow_numbers(p: GazeParameters, weights: FusionWeights) -> FlowNumbers:
    """Those of the version, for a camera of so many pixels."""
    return FITTED[p.flow.version].for_pixels(weights.height, weights.width)


def _read_out(net: en.Network, head: Head, rows: int) -> en.LeakyReadout:
    """The controller, which hears rates as values."""
    inputs = (len(head.mix) - 1) // (1 + len(head.tau_us))
    return net.add(en.LeakyReadout(
        inputs, net.weights(head.mix, "mix"), net.weights(np.zeros((rows, head.mix.shape[1])), "answers"),
        tau=head.tau_us, ramp=head.ramp, updates=net.weights(np.zeros((UPDATES, 2)), "updates"), name="head",
    ))  # fmt: skip
