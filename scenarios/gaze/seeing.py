"""What sees the slip of the image: the trained network, or flow sums; each with the read-out that is the controller."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

import eventnet as en
from eventnet.neurons.flow_sums import AXES
from eventnet.scenarios.fusion import FusionNetwork, FusionWeights, Head
from eventnet.scenarios.fusion.flow import FITTED, add_flow_sums
from eventnet.scenarios.gaze.parameters import GazeParameters

UPDATES = 1024


class NetworkSees:
    """The event-driven network, whose read-out is `head`. rows: how many answers are read in all."""

    def __init__(self, p: GazeParameters, weights: FusionWeights, head: Head, rows: int, engine: str) -> None:
        n = p.network
        network = FusionNetwork(
            replace(weights, head=head), a=(n.scale, n.scale * n.pool_scale, n.scale * n.hidden_scale),
            every_us=n.look_every_us, least_us=n.look_least_us, rows=rows, updates=UPDATES,
        )  # fmt: skip
        self.simulation = network.simulation(engine=engine)
        self.spikes, self.head = network.eye.spikes, network.head

    def begin(self, clock: en.Clock, period: int, end: int) -> None:
        """Nothing: it looks by itself, and its rates reach the read-out as spikes."""


class FlowSees:
    """Flow sums, which are looked at in the last microsecond of each period, and a read-out that hears their rates."""

    def __init__(self, p: GazeParameters, weights: FusionWeights, head: Head, rows: int, engine: str) -> None:
        net = en.Network()
        numbers = FITTED[p.flow.version].for_pixels(weights.height, weights.width)
        self.flow = add_flow_sums(
            net, weights.height, weights.width, p.world.focal_px, numbers, p.reflex.period_us
        )  # fmt: skip
        self.head = net.add(en.LeakyReadout(
            2 * AXES, net.weights(head.mix, "mix"), net.weights(np.zeros((rows, head.mix.shape[1])), "answers"),
            tau=head.tau_us, ramp=head.ramp, updates=net.weights(np.zeros((UPDATES, 2)), "updates"), name="head",
        ))  # fmt: skip
        self.simulation = en.Simulation(net, engine=engine)
        self.spikes = self.flow.spikes

    def begin(self, clock: en.Clock, period: int, end: int) -> None:
        """Let it be looked at, and the read-out hear in the first microsecond of a period what was seen in the last."""
        seen = clock.sample(self._rates(), period)
        clock.play(self._looks(period, end), name="looks")
        clock.play(self._heard(seen, period, end), into=self.head, name="seen")

    def _rates(self) -> Callable[[], NDArray[np.float64]]:
        rates = self.simulation[self.flow].array("rates")
        return lambda: rates.astype(np.float64)

    def _looks(self, period: int, end: int) -> Generator[Any, Any, None]:
        for begin in range(0, end, period):
            look = np.zeros(1, en.EVENT)
            look["t"], look["port"], look["sign"] = begin + period - 1, int(self.flow.look), 1
            yield en.Packet(min(begin + period, end), look[: begin + period <= end])

    def _heard(self, seen: Any, period: int, end: int) -> Generator[Any, Any, None]:
        for begin in range(0, end, period):
            values = np.zeros(AXES, en.VALUE_EVENT)
            values["t"], values["index"], values["value"] = begin, AXES + np.arange(AXES), (yield seen.at(begin))
            yield en.Packet(min(begin + period, end), values)
