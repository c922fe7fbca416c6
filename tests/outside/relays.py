"""Relay, Sink, SpikeCounter, LastSpikes (docs/reference/neurons.md)."""

from __future__ import annotations

from typing import Any

from outside.counted import METER, NEURON
from outside.family import Family, Out

NEVER_SEEN = -(2**62)


class Relay(Family):
    """Passes spikes on."""

    outlets = passes_on = ("out",)

    def build(self, units: int, amounts: int = 1) -> None:
        self.units, self.amounts = units, {"out": amounts}

    def on_spikes(self, i: int, s: int, t: int, out: Out) -> None:
        out.spike(i, s)


class Sink(Family):
    """An end."""

    def build(self, units: int, amounts: int = 1) -> None:
        self.units = units

    def on_spikes(self, i: int, s: int, t: int, out: Out) -> None:
        pass


class SpikeCounter(Family):
    """Counts spikes with their signs."""

    def build(self, units: int, amounts: int = 1) -> None:
        self.counted = [0] * units

    def on_spikes(self, i: int, s: int, t: int, out: Out) -> None:
        self.counted[i] += s
        METER.count(NEURON)

    def state(self) -> dict[str, list[Any]]:
        return {"count": self.counted}


class LastSpikes(Family):
    """Notes when each input was last heard."""

    def build(self, units: int) -> None:
        self.seen = [NEVER_SEEN] * units

    def on_spikes(self, i: int, s: int, t: int, out: Out) -> None:
        self.seen[i] = t

    def state(self) -> dict[str, list[Any]]:
        return {"seen": self.seen}
