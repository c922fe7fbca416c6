"""Every number of the features that are learned from events by STDP, a table for each part (see `parameter_file`)."""

from __future__ import annotations

from dataclasses import dataclass, field

from eventnet.scenarios.shared.parameter_file import Checked, entry
from eventnet.scenarios.stdp.digits_parameters import InhibitionTable, NeuronTable, RuleTable


@dataclass(frozen=True)
class FeaturesRunTable(Checked):
    """How much is learned from, how often."""

    seed: int = entry(0, "of everything random", 0, 2**32 - 1)
    neurons: int = entry(100, "that learn", 1, 100_000)
    networks: int = entry(3, "of different first weights; the first is drawn", 1, 1000)
    passes: int = entry(3, "times that the patches are shown", 1, 1000)
    patches: int = entry(2400, "to learn from", 20, 10**6)
    tests: int = entry(1200, "patches that are not learned from", 10, 10**6)


@dataclass(frozen=True)
class PatchTable(Checked):
    """The input of the network: some pixels for some time, from an event on."""

    size_px: int = entry(12, "pixels each way, round the pixel of the event that opens the patch", 2, 128)
    span_ms: float = entry(100.0, "for which events are taken from there on", 0.1, 1e5)
    least: int = entry(15, "patches with fewer events are passed over", 2, 10**6)


@dataclass(frozen=True)
class CameraTable(Checked):
    """The simulated cameras, where there is no recording: each turns at random before plates with sharp edges."""

    cameras: int = entry(24, "to learn from, each with a world and a motion of its own", 1, 10_000)
    tests: int = entry(12, "cameras for tests", 1, 10_000)
    seconds: float = entry(0.8, "of each", 0.05, 1e4)
    focal_px: float = entry(40.0, "focal length in pixels: 64 pixels are 77 degrees", 1.0, 1e5)
    turning_deg_per_s: float = entry(40.0, "root mean square of the rates of yaw, pitch and roll", 0.0, 1e4)
    contrast: float = entry(0.5, "standard deviation of the panorama's log intensity", 0.0, 10.0)
    edges: float = entry(1.0, "part of the plates in that; the rest are clouds", 0.0, 1.0)


@dataclass(frozen=True)
class RecordingTable(Checked):
    """How a recording is used."""

    share: float = entry(0.6, "its first part, that is learned from; the rest is for tests", 0.05, 0.95)


@dataclass(frozen=True)
class FeaturesParameters:
    """All tables."""

    run: FeaturesRunTable = field(default_factory=FeaturesRunTable)
    patch: PatchTable = field(default_factory=PatchTable)
    camera: CameraTable = field(default_factory=CameraTable)
    recording: RecordingTable = field(default_factory=RecordingTable)
    neuron: NeuronTable = field(default_factory=lambda: NeuronTable(tau_ms=50.0, threshold=2.0, theta_plus=0.01))
    inhibition: InhibitionTable = field(default_factory=lambda: InhibitionTable(silence_ms=3.0))
    rule: RuleTable = field(default_factory=lambda: RuleTable(tau_ms=20.0, target=0.1, rate=0.02, mu=1.0, total=15.0))
