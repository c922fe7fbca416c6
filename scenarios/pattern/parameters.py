"""Every number of the pattern scenario, a table for each part (see `parameter_file`). A key's name ends in its unit."""

from __future__ import annotations

from dataclasses import dataclass, field

from eventnet.errors import ModelError
from eventnet.scenarios.shared.parameter_file import Checked, entry


@dataclass(frozen=True)
class PatternRunTable(Checked):
    """How long and how often."""

    seed: int = entry(1, "of everything random", 0, 2**32 - 1)
    runs: int = entry(4, "neurons, each with a pattern and trains of its own", 1, 10_000)
    duration_s: float = entry(225.0, "seconds of each", 1.0, 1e5)


@dataclass(frozen=True)
class InputTable(Checked):
    """The spike trains that the neuron receives."""

    afferents: int = entry(2000, "inputs", 1, 2**20 - 1)
    pattern_afferents: int = entry(1000, "those that take part in the pattern: the first ones", 1, 2**20 - 1)
    rate_hz: float = entry(54.0, "rate of each, in the pattern and outside", 1e-3, 1e4)
    noise_hz: float = entry(10.0, "spontaneous spikes of each, always", 0.0, 1e4)
    pattern_ms: float = entry(50.0, "length of the pattern, and of a slot", 0.1, 1e4)
    pattern_share: float = entry(0.25, "slots that are presentations, never two in a row", 1e-3, 0.5)
    jitter_ms: float = entry(1.0, "standard deviation by which each spike of the pattern is moved", 0.0, 1e3)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.pattern_afferents > self.afferents:
            raise ModelError(f"pattern_afferents is {self.pattern_afferents}, of {self.afferents} afferents")


@dataclass(frozen=True)
class ListenerTable(Checked):
    """The neuron, see `SpikeResponse`; an input of weight 1 lifts its potential by 1."""

    tau_m_ms: float = entry(10.0, "time constant of the membrane", 1e-3, 1e4)
    tau_s_ms: float = entry(2.5, "time constant of the synapses, below the membrane's", 1e-3, 1e4)
    threshold: float = entry(500.0, "at which it fires", 1e-6, 1e9)
    reset: float = entry(-1000.0, "potential after a spike: the undershoot", -1e9, 1e9)


@dataclass(frozen=True)
class PlasticityTable(Checked):
    """How weights change, see `RestrictedStdp`; they stay between 0 and 1."""

    start: float = entry(0.475, "every weight at the beginning", 0.0, 1.0)
    a_plus: float = entry(0.015, "how far a pair moves a weight up at most (0.03125 in the paper)", 0.0, 1.0)
    a_minus: float = entry(0.01275, "and down, 0.85 of that", 0.0, 1.0)
    tau_plus_ms: float = entry(16.8, "time constant of the way up", 1e-3, 1e4)
    tau_minus_ms: float = entry(33.7, "and of the way down", 1e-3, 1e4)


@dataclass(frozen=True)
class JudgingTable(Checked):
    """When a run counts as a success."""

    hit_rate: float = entry(0.98, "presentations with a spike in the last third, at least", 0.0, 1.0)
    false_alarms: int = entry(0, "spikes outside presentations in the last third, at most", 0, 10**9)
    in_a_row: int = entry(20, "found: so many presentations in a row are hit, without a false alarm", 1, 10**6)


@dataclass(frozen=True)
class PatternParameters:
    """All tables."""

    run: PatternRunTable = field(default_factory=PatternRunTable)
    input: InputTable = field(default_factory=InputTable)
    neuron: ListenerTable = field(default_factory=ListenerTable)
    plasticity: PlasticityTable = field(default_factory=PlasticityTable)
    judging: JudgingTable = field(default_factory=JudgingTable)

    def __post_init__(self) -> None:
        n = self.neuron
        if n.tau_s_ms >= n.tau_m_ms:
            raise ModelError(f"[neuron] has tau_s_ms {n.tau_s_ms}; wanted it below tau_m_ms {n.tau_m_ms}")
        if n.reset > n.threshold:
            raise ModelError(f"[neuron] has reset {n.reset} past threshold {n.threshold}")
