"""Every number of Brunel's network, a table for each part (see `parameter_file`). A key's name ends in its unit.

The constants are those of model A of N. Brunel, Journal of Computational Neuroscience 8 (2000), pages 183 to 208, with
10,000 neurons in place of 12,500.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from eventnet.errors import ModelError
from eventnet.scenarios.shared.parameter_file import Checked, entry

REGIMES = {
    "synchronous regular": (3.0, 2.0),
    "synchronous irregular, fast": (6.0, 4.0),
    "asynchronous irregular": (5.0, 2.0),
    "synchronous irregular, slow": (4.5, 0.9),
}
"""g and eta of the four panels of figure 8 of Brunel (2000)."""


@dataclass(frozen=True)
class BrunelRunTable(Checked):
    """How long, and from when on it is looked at."""

    seed: int = entry(1, "of synapses, first potentials and drives", 0, 2**32 - 1)
    duration_ms: float = entry(1200.0, "simulated time", 10.0, 1e7)
    measured_from_ms: float = entry(200.0, "rates and CV are of what comes after", 0.0, 1e7)
    all_regimes: bool = entry(
        False, "the regimes of figure 8, in place of g and eta below: 3 and 2, 6 and 4, 5 and 2, 4.5 and 0.9"
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.measured_from_ms >= self.duration_ms:
            raise ModelError(f"measured_from_ms is {self.measured_from_ms}, of {self.duration_ms} ms")


@dataclass(frozen=True)
class BrunelNetworkTable(Checked):
    """Model A of Brunel (2000), Journal of Computational Neuroscience 8: all neurons alike; there 12,500 of them."""

    neurons: int = entry(10_000, "excitatory and inhibitory", 10, 2**24)
    excitatory_share: float = entry(0.8, "of them", 0.01, 0.99)
    connected_share: float = entry(0.1, "of each population reaches a neuron: its in-degree", 1e-6, 1.0)
    weight_mv: float = entry(0.1, "J: what an excitatory spike adds", 1e-9, 1e6)
    g: float = entry(5.0, "an inhibitory spike takes off g J", 0.0, 1e6)
    eta: float = entry(2.0, "external rate, in rates that alone hold the mean at the threshold", 0.0, 1e6)
    delay_ms: float = entry(1.5, "of all synapses", 1e-3, 1e6)
    tau_ms: float = entry(20.0, "time constant of the membrane", 1e-3, 1e6)
    threshold_mv: float = entry(20.0, "above rest", 1e-9, 1e6)
    reset_mv: float = entry(10.0, "above rest", -1e6, 1e6)
    refractory_ms: float = entry(2.0, "after a spike", 0.0, 1e6)


@dataclass(frozen=True)
class BrunelClockTable(Checked):
    """Ticks, and what is computed in one."""

    tick_us: float = entry(100.0, "length of a tick", 1e-3, 1e6)
    decay: str = entry("tick", "tick: a product a tick; event: a product an event")
    compare: str = entry("event", "event: at each event; step: once a tick, when all are added up, as NEST compares")
    dtype: str = entry("float64", "numbers of the network: float64 or float32")

    def __post_init__(self) -> None:
        super().__post_init__()
        known = {"decay": ("tick", "event"), "compare": ("event", "step"), "dtype": ("float32", "float64")}
        for name, values in known.items():
            if getattr(self, name) not in values:
                raise ModelError(f"{name} is {getattr(self, name)!r}; wanted {' or '.join(values)}")
        if self.compare == "step" and self.decay != "tick":
            raise ModelError(f"decay is {self.decay!r}; wanted 'tick', since [clock] compares once a step")


@dataclass(frozen=True)
class BrunelParameters:
    """All tables."""

    run: BrunelRunTable = field(default_factory=BrunelRunTable)
    network: BrunelNetworkTable = field(default_factory=BrunelNetworkTable)
    clock: BrunelClockTable = field(default_factory=BrunelClockTable)

    def __post_init__(self) -> None:
        if self.network.reset_mv >= self.network.threshold_mv:
            raise ModelError(f"[network] has reset_mv {self.network.reset_mv}; wanted it below threshold_mv")
        if self.ticks(self.network.delay_ms) < 1:
            raise ModelError(f"[network] has delay_ms {self.network.delay_ms}, less than a tick; wanted one at least")

    def ticks(self, ms: float) -> int:
        """Whole ticks of so many milliseconds."""
        return round(1000 * ms / self.clock.tick_us)

    @property
    def regimes(self) -> dict[str, tuple[float, float]]:
        """g and eta of what is simulated, by name."""
        n = self.network
        return REGIMES if self.run.all_regimes else {f"g {n.g:g}, eta {n.eta:g}": (n.g, n.eta)}
