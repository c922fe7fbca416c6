"""Every number of the gaze scenario, a table for each part (see `parameter_file`). A key's name ends in its unit."""

from __future__ import annotations

from dataclasses import dataclass, field

from eventnet.errors import ModelError, did_you_mean
from eventnet.scenarios.fusion.flow import FITTED
from eventnet.scenarios.fusion.parameters import DvsTable, GyroscopeTable, WorldTable
from eventnet.scenarios.shared.parameter_file import Checked, entry

KEPT_US = (1000, 2000, 4000, 8000, 16_000, 33_000)
"""Clocks of the network, in microseconds."""
TWIN_US = (1000, 2000, 33_000)
"""Clocks of flow sums."""


@dataclass(frozen=True)
class GazeRunTable(Checked):
    """How long, how often, in which steps."""

    seed: int = entry(1234, "of everything random", 0, 2**32 - 1)
    heads: int = entry(2, "heads, each with a motion, a world and a gyroscope of its own", 1, 1000)
    duration_s: float = entry(6.0, "seconds of each", 0.01, 1e4)
    measured_from_s: float = entry(2.0, "slip and costs count from here on: the reflex begins knowing nothing", 0.0)
    packet_ms: float = entry(2.0, "length of the sensors' packets, at most the loop's delay; changes no result", 0.001)
    weights: str = entry("", "a file of trained weights; empty: those that ship")


@dataclass(frozen=True)
class GazeWorldTable(WorldTable):
    """The head's surroundings and how it turns."""

    contrast: float = entry(1.0, "standard deviation of the panorama's log intensity", 0.0, 10.0)
    turning_deg_per_s: float = entry(45.0, "root mean square of the head's rates of yaw, pitch and roll", 0.0, 1e4)


@dataclass(frozen=True)
class GazeGyroscopeTable(GyroscopeTable):
    """A gyroscope on the head; its numbers in deg/s, see `Gyroscope`."""

    white_noise: float = 1.0


@dataclass(frozen=True)
class NetworkTable(Checked):
    """How finely the event-driven network speaks, see `FusionNetwork`."""

    scale: float = entry(4.0, "quanta a standard deviation of patches", 1e-3, 1e6)
    pool_scale: float = entry(2.0, "as many times finer: regions", 1e-3, 1e6)
    hidden_scale: float = entry(2.0, "as many times finer: hidden units", 1e-3, 1e6)
    look_every_us: int = entry(1000, "patches are looked at after events, at multiples", 0, 10**9)
    look_least_us: int = entry(16000, "least time between two looks at a patch at rest", 0, 10**9)


@dataclass(frozen=True)
class FlowTable(Checked):
    """Flow sums, which see the slip in place of the network."""

    version: str = entry("thin", f"{', '.join(FITTED)}; empty: no reflex is shown with them")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.version and self.version not in FITTED:
            raise ModelError(
                f"version is {self.version!r}; wanted one of {', '.join(FITTED)}{did_you_mean(self.version, FITTED)}"
            )


@dataclass(frozen=True)
class ReflexTable(Checked):
    """How the camera is turned against the head; gains are those that `tuning` finds."""

    period_us: int = entry(1000, "a command is held so long", 1, 1_000_000)
    delay_us: int = entry(2000, "from what the network says to the command that follows it", 1, 1_000_000)
    gyro_tau_ms: tuple[float, ...] = entry(
        (5.0, 10.0, 20.0, 40.0), "time constants of the gyroscope's low passes; their mix looks ahead", 1e-3, 1e4
    )
    forget_s: float = entry(20.0, "time constant of the integral of what the camera sees", 1e-3, 1e6)
    integral_per_s: float = entry(2.0, "its gain where there is a gyroscope, too", 0.0, 1e4)
    gain: float = entry(0.1, "of what the camera sees itself, there", 0.0, 1e2)
    alone_integral_per_s: float = entry(100.0, "gain of the integral where the camera is alone", 0.0, 1e4)
    alone_gain: float = entry(0.8, "of what the camera sees itself, where it is alone", 0.0, 1e2)
    kept_integral_per_s: tuple[float, ...] = entry(
        (1.0, 3.0, 3.0, 6.0, 2.0, 1.0),
        "as integral_per_s, with the network on a clock of 1, 2, 4, 8, 16 and 33 ms",
        0.0,
        1e4,
    )
    kept_gain: tuple[float, ...] = entry((0.3, 0.0, 0.0, 0.0, 0.1, 0.1), "as gain, with these", 0.0, 1e2)
    flow_integral_per_s: float = entry(4.5, "as integral_per_s, with flow sums", 0.0, 1e4)
    flow_gain: float = entry(0.1, "as gain, with flow sums", 0.0, 1e2)
    twin_integral_per_s: tuple[float, ...] = entry(
        (6.0, 6.0, 3.0), "as integral_per_s, with flow sums on a clock of 1, 2 and 33 ms", 0.0, 1e4
    )
    twin_gain: tuple[float, ...] = entry((0.1, 0.3, 0.3), "as gain, with these", 0.0, 1e2)
    flow_alone_integral_per_s: float = entry(100.0, "as alone_integral_per_s, with flow sums", 0.0, 1e4)
    flow_alone_gain: float = entry(0.3, "as alone_gain, with flow sums", 0.0, 1e2)
    slow_tau_ms: tuple[float, ...] = entry(
        (1000.0, 2000.0), "slow low passes of a gyroscope that finds its bias by itself", 1e-3, 1e5
    )
    kalman_camera_variance: float = entry(
        3000.0, "of each of the camera's rates, (deg/s)^2, as the Kalman filter takes it", 1e-6, 1e9
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 < len(set(self.gyro_tau_ms)) == len(self.gyro_tau_ms):
            raise ModelError(f"gyro_tau_ms is {list(self.gyro_tau_ms)}; wanted one or more times, each once")
        slow = {*self.gyro_tau_ms, *self.slow_tau_ms}
        if not self.slow_tau_ms or len(slow) != len(self.gyro_tau_ms) + len(self.slow_tau_ms):
            raise ModelError(
                f"slow_tau_ms is {list(self.slow_tau_ms)}; wanted one or more times, each once, and none of gyro_tau_ms"
            )
        for method, clocks, words in (
            ("kept", KEPT_US, "1, 2, 4, 8, 16 and 33 ms"),
            ("twin", TWIN_US, "1, 2 and 33 ms"),
        ):
            for name in (f"{method}_integral_per_s", f"{method}_gain"):
                if len(getattr(self, name)) != len(clocks):
                    raise ModelError(f"{name} is {list(getattr(self, name))}; wanted a number for each of {words}")

    def gains(self, gyroscope: bool, flow: bool, clock_us: int) -> tuple[float, float]:
        """Gains of what the camera sees and of its integral, with a gyroscope or without: of flow sums or of the
        network, by events (0) or on a clock of so many microseconds."""
        if not gyroscope:
            return (
                (self.flow_alone_gain, self.flow_alone_integral_per_s)
                if flow else (self.alone_gain, self.alone_integral_per_s)
            )  # fmt: skip
        if clock_us and flow:
            twin = TWIN_US.index(clock_us)
            return self.twin_gain[twin], self.twin_integral_per_s[twin]
        if clock_us:
            kept = KEPT_US.index(clock_us)
            return self.kept_gain[kept], self.kept_integral_per_s[kept]
        return (self.flow_gain, self.flow_integral_per_s) if flow else (self.gain, self.integral_per_s)


@dataclass(frozen=True)
class GazeParameters:
    """All tables."""

    run: GazeRunTable = field(default_factory=GazeRunTable)
    world: GazeWorldTable = field(default_factory=GazeWorldTable)
    dvs: DvsTable = field(default_factory=DvsTable)
    gyroscope: GazeGyroscopeTable = field(default_factory=GazeGyroscopeTable)
    network: NetworkTable = field(default_factory=NetworkTable)
    flow: FlowTable = field(default_factory=FlowTable)
    reflex: ReflexTable = field(default_factory=ReflexTable)

    def __post_init__(self) -> None:
        if self.world.slowest_hz > self.world.fastest_hz:
            raise ModelError(f"[world] has slowest_hz {self.world.slowest_hz} above fastest_hz {self.world.fastest_hz}")
        if self.run.measured_from_s >= self.run.duration_s:
            raise ModelError(f"[run] measures from {self.run.measured_from_s} s on, but lasts {self.run.duration_s} s")
        if 1e3 * self.run.packet_ms > self.reflex.delay_us:
            raise ModelError(
                f"[run] has packet_ms {self.run.packet_ms}, longer than delay_us {self.reflex.delay_us} of [reflex]"
            )
        if self.reflex.delay_us % self.reflex.period_us:
            raise ModelError(
                f"[reflex] has delay_us {self.reflex.delay_us}; wanted a multiple of period_us {self.reflex.period_us}"
            )
