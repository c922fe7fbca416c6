"""All families by name."""

from __future__ import annotations

from outside.family import Family
from outside.herding import Accumulator, Encoder, Herding, Rectified, Summing
from outside.relays import LastSpikes, Relay, Sink, SpikeCounter

FAMILIES: dict[str, type[Family]] = {
    kind.__name__: kind
    for kind in (Relay, Sink, SpikeCounter, LastSpikes, Herding, Summing, Encoder, Rectified, Accumulator)
}
