"""What sees the slip of the image: the trained network by events or on a clock, or flow sums.

Each has the read-out that is the controller.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

import eventnet as en
from eventnet.event import Events
from eventnet.neurons.flow_sums import AXES
from eventnet.scenarios.fusion import FusionNetwork, FusionWeights, Head
from eventnet.scenarios.fusion.flow import FITTED, add_flow_sums
from eventnet.scenarios.fusion.methods import covering
from eventnet.scenarios.fusion.recomputed import Counts, ExactRates, HeadCosts, Work, tally_of
from eventnet.scenarios.gaze.parameters import GazeParameters
from eventnet.tally import Tally

UPDATES = 1024


class Sees:
    """What sees: `spikes` is where the camera's events go, `head` the read-out of both sensors."""

    simulation: en.Simulation
    spikes: Any
    head: en.LeakyReadout

    def begin(self, clock: en.Clock, period: int, end: int) -> None:
        """Put on the clock what it needs besides its events; a network by events needs nothing."""

    def take(self, events: Events) -> None:
        """Hear a packet of the camera, before it goes to `spikes`."""

    def tallies(self) -> list[Tally]:
        """All that it has counted so far."""
        return [self.simulation.tally]


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


class _Heard(Sees):
    """What is asked for its rates again and again: the read-out hears them, as values, right after."""

    def _hear(self, clock: en.Clock, rates: Callable[[], NDArray[np.float64]], period: int, end: int) -> None:
        """Let the read-out hear at each multiple of a period what `rates` says then."""
        seen = clock.sample(rates, period)
        clock.play(self._values(seen, period, end), into=self.head, name="seen")

    def _values(self, seen: Any, period: int, end: int) -> Generator[Any, Any, None]:
        for begin in range(0, end, period):
            values = np.zeros(AXES, en.VALUE_EVENT)
            values["t"], values["index"], values["value"] = begin, AXES + np.arange(AXES), (yield seen.at(begin))
            yield en.Packet(min(begin + period, end), values)


class ClockSees(_Heard):
    """The network on a clock: its first layer kept up to date by events, the rest anew each `every_us`.

    Exact, in float64; its cost is the closed form of `recomputed`. The read-out hears an answer when it has been made.
    """

    def __init__(
        self, p: GazeParameters, weights: FusionWeights, head: Head, rows: int, engine: str, every_us: int
    ) -> None:  # fmt: skip
        net = en.Network()
        self.head, self.every_us = _read_out(net, head, rows), every_us
        camera = net.add(en.Sink(weights.width * weights.height, name="camera"))
        self.simulation, self.spikes = en.Simulation(net, engine=engine), camera.spikes
        self._rates, self._weights, self._work = ExactRates(weights), weights, Work()
        self._waiting: list[Events] = []
        self._looks = 0

    def begin(self, clock: en.Clock, period: int, end: int) -> None:
        """Let the network be asked each `every_us`."""
        self._hear(clock, self._look, self.every_us, end)

    def take(self, events: Events) -> None:
        """Hold them until the next look, and count what they change in the first layer."""
        self._waiting.append(events)

    def _look(self) -> NDArray[np.float64]:
        """The rates by all events before now; at time 0, before the first, by the biases."""
        now = self._looks * self.every_us
        self._looks += 1
        events = np.concatenate(self._waiting) if self._waiting else np.zeros(0, en.PIXEL_EVENT)
        n = int(np.searchsorted(events["t"], now))
        self._waiting = [events[n:]]
        self._work.events += n
        self._work.covered += int(covering(self._weights, events[:n]).sum())
        self._work.evaluated["clock"] += 1
        rates: NDArray[np.float64] = self._rates.take(events[:n], np.array([now - 0.5]))[0]  # before what comes now
        return rates

    def tallies(self) -> list[Tally]:
        """The read-out's, and the network's up to its last look."""
        return [self.simulation.tally, tally_of(self._work, self._weights, incremental=True, head=HeadCosts(Counts()))]


class FlowSees(_Heard):
    """Flow sums, which are looked at in the last microsecond of each period, and a read-out that hears their rates."""

    def __init__(self, p: GazeParameters, weights: FusionWeights, head: Head, rows: int, engine: str) -> None:
        net = en.Network()
        numbers = FITTED[p.flow.version].for_pixels(weights.height, weights.width)
        self.flow = add_flow_sums(
            net, weights.height, weights.width, p.world.focal_px, numbers, p.reflex.period_us
        )  # fmt: skip
        self.head = _read_out(net, head, rows)
        self.simulation = en.Simulation(net, engine=engine)
        self.spikes = self.flow.spikes

    def begin(self, clock: en.Clock, period: int, end: int) -> None:
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


def _read_out(net: en.Network, head: Head, rows: int) -> en.LeakyReadout:
    """The controller, which hears rates as values."""
    return net.add(en.LeakyReadout(
        2 * AXES, net.weights(head.mix, "mix"), net.weights(np.zeros((rows, head.mix.shape[1])), "answers"),
        tau=head.tau_us, ramp=head.ramp, updates=net.weights(np.zeros((UPDATES, 2)), "updates"), name="head",
    ))  # fmt: skip
