"""Every number of the benchmarks, a table for each part (see `parameter_file`). A key's name ends in its unit.

The constants are those of Brette et al. (2007), Journal of Computational Neuroscience 23, as three programs
have them: NEST's examples/nest/Brette_et_al_2007 (coba.sli, cuba.sli, cuba_ps.sli), PyNN's examples/VAbenchmarks.py,
which has the stimulus, and Brian's COBA and CUBA, which have the weights of currents in millivolts. Those of benchmark
2 are NEST's hh_coba.sli's; its stimulus is benchmark 1's, and a spike is sent where Brian's COBAHH sends one.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from eventnet.errors import ModelError
from eventnet.scenarios.shared.parameter_file import Checked, entry

BENCHMARKS = {
    "coba": "1, conductances",
    "hh": "2, Hodgkin-Huxley",
    "cuba": "3, currents",
    "jumps": "4, voltage jumps",
}
"""All four, by what is asked for."""


@dataclass(frozen=True)
class VogelsAbbottRunTable(Checked):
    """How long, and from when on it is looked at."""

    seed: int = entry(1, "of synapses, first potentials and the stimulus", 0, 2**32 - 1)
    duration_ms: float = entry(1200.0, "simulated time", 10.0, 1e7)
    measured_from_ms: float = entry(200.0, "rates and CV are of what comes after", 0.0, 1e7)
    benchmark: str = entry("all", "coba, hh, cuba, jumps or all")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.measured_from_ms >= self.duration_ms:
            raise ModelError(f"measured_from_ms is {self.measured_from_ms}, of {self.duration_ms} ms")
        if self.benchmark not in ("all", *BENCHMARKS):
            raise ModelError(f"benchmark is {self.benchmark!r}; wanted all, {', '.join(BENCHMARKS)}")


@dataclass(frozen=True)
class VogelsAbbottNetworkTable(Checked):
    """The parameters that all benchmarks share."""

    neurons: int = entry(4000, "excitatory and inhibitory", 10, 2**24)
    excitatory_share: float = entry(0.8, "of them", 0.01, 0.99)
    connected: float = entry(0.02, "probability of a synapse from one neuron to another", 1e-6, 1.0)
    delay_ms: float = entry(0.1, "of all synapses", 1e-3, 1e6)
    tau_ms: float = entry(20.0, "time constant of the membrane", 1e-3, 1e6)
    threshold_mv: float = entry(-50.0, "potential at which a neuron fires", -1e6, 1e6)
    reset_mv: float = entry(
        -60.0, "where a spike leaves the potential; it begins between this and the threshold", -1e6, 1e6
    )
    refractory_ms: float = entry(5.0, "after a spike", 0.0, 1e6)
    excitation_ms: float = entry(5.0, "time constant of what excites, in coba, hh and cuba", 1e-3, 1e6)
    inhibition_ms: float = entry(10.0, "time constant of what inhibits, in coba, hh and cuba", 1e-3, 1e6)


@dataclass(frozen=True)
class VogelsAbbottCobaTable(Checked):
    """Benchmark 1: conductances, and the stimulus, of hh too, that starts activity which then keeps itself up."""

    rest_mv: float = entry(-60.0, "of the leak", -1e6, 1e6)
    excitation_mv: float = entry(0.0, "reversal potential of excitation", -1e6, 1e6)
    inhibition_mv: float = entry(-80.0, "reversal potential of inhibition", -1e6, 1e6)
    leak_ns: float = entry(10.0, "conductance of the leak", 1e-6, 1e6)
    excitatory_ns: float = entry(6.0, "what an excitatory spike adds", 0.0, 1e6)
    inhibitory_ns: float = entry(67.0, "what an inhibitory spike adds", 0.0, 1e6)
    crossing: str = entry("tick", "tick: spikes at ticks; inside: to the part of one")
    stimulus_ms: float = entry(50.0, "how long the stimulus is", 0.0, 1e6)
    stimulus_trains: int = entry(20, "Poisson trains of the stimulus", 1, 10_000)
    stimulus_hz: float = entry(100.0, "rate of each", 0.0, 1e6)
    stimulus_connected: float = entry(0.01, "share of the neurons that each reaches", 0.0, 1.0)
    stimulus_ns: float = entry(100.0, "what a spike of it adds", 0.0, 1e6)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.crossing not in ("tick", "inside"):
            raise ModelError(f"crossing is {self.crossing!r}; wanted tick or inside")


@dataclass(frozen=True)
class VogelsAbbottHodgkinHuxleyTable(Checked):
    """Benchmark 2: neurons of Traub and Miles with conductances. Potentials begin at rest_mv, gates as they are there.

    Threshold, reset and refractory time of [network] are not theirs.
    """

    rest_mv: float = entry(-60.0, "reversal potential of the leak", -1e6, 1e6)
    shift_mv: float = entry(-63.0, "V_T: from where rates of gates count the potential", -1e6, 1e6)
    sodium_mv: float = entry(50.0, "reversal potential of sodium", -1e6, 1e6)
    potassium_mv: float = entry(-90.0, "reversal potential of potassium", -1e6, 1e6)
    excitation_mv: float = entry(0.0, "reversal potential of excitation", -1e6, 1e6)
    inhibition_mv: float = entry(-80.0, "reversal potential of inhibition", -1e6, 1e6)
    leak_ns: float = entry(10.0, "conductance of the leak", 1e-6, 1e6)
    sodium_ns: float = entry(20_000.0, "conductance of sodium, all gates open", 0.0, 1e9)
    potassium_ns: float = entry(6_000.0, "conductance of potassium, all gates open", 0.0, 1e9)
    excitatory_ns: float = entry(6.0, "what an excitatory spike adds", 0.0, 1e6)
    inhibitory_ns: float = entry(67.0, "what an inhibitory spike adds", 0.0, 1e6)
    threshold_mv: float = entry(-20.0, "a spike is sent where the potential passes it upward", -1e6, 1e6)
    refractory_ms: float = entry(2.0, "no other spike is sent for so long", 0.0, 1e6)
    tolerance_mv: float = entry(1e-3, "what a step may be wrong by", 1e-10, 1.0)


@dataclass(frozen=True)
class VogelsAbbottCubaTable(Checked):
    """Benchmarks 3 and 4: currents, and jumps of the potential; neurons fire of themselves where nothing inhibits."""

    rest_mv: float = entry(-49.0, "of the leak, above the threshold", -1e6, 1e6)
    excitatory_mv: float = entry(1.62, "cuba: what an excitatory spike adds to the current, over the leak", 0.0, 1e6)
    inhibitory_mv: float = entry(9.0, "cuba: what an inhibitory spike takes off", 0.0, 1e6)
    jump_up_mv: float = entry(0.25, "jumps: what an excitatory spike adds to the potential", 0.0, 1e6)
    jump_down_mv: float = entry(2.25, "jumps: what an inhibitory spike takes off", 0.0, 1e6)


@dataclass(frozen=True)
class VogelsAbbottClockTable(Checked):
    """Ticks, and the numbers of currents and jumps."""

    tick_us: float = entry(100.0, "length of a tick", 1e-3, 1e6)
    dtype: str = entry("float64", "numbers of cuba and jumps: float64 or float32; conductances are in float64")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.dtype not in ("float32", "float64"):
            raise ModelError(f"dtype is {self.dtype!r}; wanted float32 or float64")


@dataclass(frozen=True)
class VogelsAbbottParameters:
    """All tables."""

    run: VogelsAbbottRunTable = field(default_factory=VogelsAbbottRunTable)
    network: VogelsAbbottNetworkTable = field(default_factory=VogelsAbbottNetworkTable)
    coba: VogelsAbbottCobaTable = field(default_factory=VogelsAbbottCobaTable)
    hh: VogelsAbbottHodgkinHuxleyTable = field(default_factory=VogelsAbbottHodgkinHuxleyTable)
    cuba: VogelsAbbottCubaTable = field(default_factory=VogelsAbbottCubaTable)
    clock: VogelsAbbottClockTable = field(default_factory=VogelsAbbottClockTable)

    def __post_init__(self) -> None:
        if self.network.reset_mv >= self.network.threshold_mv:
            raise ModelError(f"[network] has reset_mv {self.network.reset_mv}; wanted it below threshold_mv")
        if self.ticks(self.network.delay_ms) < 1:
            raise ModelError(f"[network] has delay_ms {self.network.delay_ms}, less than a tick; wanted one at least")

    def ticks(self, ms: float) -> int:
        """Whole ticks of so many milliseconds."""
        return round(1000 * ms / self.clock.tick_us)

    @property
    def benchmarks(self) -> list[str]:
        """Those that are simulated."""
        return [*BENCHMARKS] if self.run.benchmark == "all" else [self.run.benchmark]
