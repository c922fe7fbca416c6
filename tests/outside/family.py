"""What a population of the independent simulator is: ports, outlets, and what a delivery does."""

from __future__ import annotations

from typing import Any, ClassVar

from outside.counted import NUMBERS, Block

MASK = 2**64 - 1


def hash64(a: int, b: int) -> int:
    """62 bits of two numbers (docs/how-to/orders.md)."""
    z = 0
    for word in (a, b):
        z = (z + word + 0x9E3779B97F4A7C15) & MASK
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        z ^= z >> 31
    return z >> 2


def uniform(seed: int, drawn: int) -> float:
    """A number from 0 up to 1."""
    return (hash64(seed, drawn) >> 9) / 2**53


class Fault(Exception):
    """More spikes in one reaction than there is room for, or an error of the population's own."""


class Out:
    """What one reaction sends and foresees."""

    def __init__(self, room: int, amounts: dict[str, int] | None = None) -> None:
        self.room, self.amounts = room, amounts or {}
        self.spikes: list[tuple[str, int, int, float, int]] = []
        self.foreseen: dict[int, int | None] = {}

    def spike(
        self, index: int, sign: int, outlet: str = "out", *, magnitude: float = 1.0, later: int = 0
    ) -> None:  # fmt: skip
        """A spike of one unit."""
        if len(self.spikes) >= self.room:
            raise Fault("more spikes than there is room for")
        most = self.amounts.get(outlet, 1)
        if most > 1 and not 1 <= abs(sign) <= most:
            raise Fault("an amount that cannot leave there")
        carried = sign if most > 1 else 1 if sign > 0 else -1
        self.spikes.append((outlet, int(index), carried, float(magnitude), int(later)))

    def predict(self, unit: int, t: int | None) -> None:
        """The unit crosses its threshold at time t; None: it does not."""
        self.foreseen[unit] = t


class Family:
    """A population. `ports` and `outlets` in the order of their numbers; `options` as the constructor's arguments."""

    ports: ClassVar[tuple[str, ...]] = ("spikes",)
    outlets: ClassVar[tuple[str, ...]] = ()
    settles: ClassVar[dict[str, str]] = {}
    predicts: ClassVar[dict[str, str]] = {}
    pending: ClassVar[dict[str, str]] = {}
    passes_on: ClassVar[tuple[str, ...]] = ()
    widths: ClassVar[dict[str, str]] = {}
    amounts: dict[str, int] = {}  # noqa: RUF012

    def __init__(self, described: dict[str, Any], network: Any) -> None:
        self.name: str = described["name"]
        self.options: dict[str, Any] = described["options"]
        self.network = network
        self.number: Any = NUMBERS[network.dtype]
        self.room: int = described["room"]
        self.described_limit: int = described.get("limit", 4096)
        self.burst = (network.forced or self.options.get("coalesce") or self.default_coalesce(network)) == "burst"
        self.reads: tuple[Family, ...] = ()
        self.writes: tuple[Family, ...] = ()
        self.build(**self.options)

    def default_coalesce(self, network: Any) -> str:
        """What a module that does not say follows."""
        return str(network.coalesce)

    def build(self, **options: Any) -> None:
        """Make the state."""
        raise NotImplementedError

    def block(self, number: int) -> Block:
        """A block of the network: blocks are shared."""
        found: Block = self.network.blocks[number]
        return found

    def numbers(self, values: Any) -> list[Any]:
        """Numbers in the network's type."""
        return [self.number(v) for v in values]

    def zeros(self, n: int) -> list[Any]:
        """So many zeros in the network's type."""
        return [self.number(0)] * n

    def react(self, port: str, i: int, s: int, t: int, out: Out) -> None:
        """Take a delivery."""
        getattr(self, "on_" + port)(i, s, t, out)

    def state(self) -> dict[str, list[Any]]:
        """What can be compared, by the name it has in eventnet."""
        return {}
