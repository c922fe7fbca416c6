"""Every number of the scenarios of networks that settle, a table for each part (see `parameter_file`)."""

from __future__ import annotations

from dataclasses import dataclass, field

from eventnet.errors import ModelError
from eventnet.models.equilibrium_engine import ENGINE_ORDERS
from eventnet.scenarios.shared.parameter_file import Checked, entry


@dataclass(frozen=True)
class RecallRunTable(Checked):
    """How often."""

    seed: int = entry(1, "of everything random", 0, 2**32 - 1)
    recalls: int = entry(10, "patterns that are recalled, each by a network of its own", 1, 10_000)


@dataclass(frozen=True)
class PatternsTable(Checked):
    """The patterns that are stored, and the states that recall begins from."""

    units: int = entry(200, "units", 2, 2**14)
    patterns: int = entry(20, "random patterns stored", 1, 2**14)
    flipped: float = entry(0.25, "share of the units flipped at the start", 0.0, 1.0)


@dataclass(frozen=True)
class RecallParameters:
    """All tables of `eventnet run hopfield`."""

    run: RecallRunTable = field(default_factory=RecallRunTable)
    network: PatternsTable = field(default_factory=PatternsTable)


@dataclass(frozen=True)
class FollowRunTable(Checked):
    """How often."""

    seed: int = entry(1, "of first weights, and of the turn in which pixels change", 0, 2**32 - 1)
    changes: int = entry(20, "digits that change, pixel by pixel, into the next one", 1, 999)
    checks: int = entry(10, "moments of each at which the answer from scratch stands beside", 1, 1000)


@dataclass(frozen=True)
class LevelsTable(Checked):
    """The network: 784 pixels, one hidden layer, 10 outputs; see `EquilibriumNetwork`."""

    hidden: int = entry(100, "hidden units", 1, 10_000)
    k: int = entry(64, "levels of a unit above 0", 1, 2**16)
    grid: int = entry(1, "levels of a pixel above 0, a power of 2; 1: binary", 1, 256)
    order: str = "fifo"
    epochs: int = entry(10, "times that the 2,000 digits are learned first", 0, 1000)
    learning_rate: float = entry(0.01, "of the hidden layer; half of it of the outputs", 0.0, 10.0)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.order not in ENGINE_ORDERS:
            raise ModelError(f"order is {self.order!r}; it can be {', '.join(ENGINE_ORDERS)}")
        if self.grid & (self.grid - 1):
            raise ModelError(f"grid is {self.grid}; wanted a power of 2")


@dataclass(frozen=True)
class FollowParameters:
    """All tables of `eventnet run equilibrium`."""

    run: FollowRunTable = field(default_factory=FollowRunTable)
    network: LevelsTable = field(default_factory=LevelsTable)
