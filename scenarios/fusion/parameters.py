"""Every number of the fusion scenario, as a TOML file with a table for each part. A key's name ends in its unit."""

from __future__ import annotations

import math
import tomllib
import types
import typing
from dataclasses import dataclass, field, fields, is_dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar, overload

from eventnet.errors import DataError, ModelError
from eventnet.scenarios.fusion.network import CODES
from eventnet.scenarios.sensors import DvsParameters, Gyroscope
from eventnet.scenarios.sensors.inertial_parameters import Each

T = TypeVar("T")


def entry(default: Any, help: str, low: float = -math.inf, high: float = math.inf) -> Any:
    given = {"default_factory": lambda: default} if isinstance(default, list) else {"default": default}
    return field(**given, metadata={"help": help, "low": low, "high": high})


class Checked:
    """A table whose numbers lie in their ranges. Raises ModelError that names the key."""

    def __post_init__(self) -> None:
        for part in fields(self):  # type: ignore[arg-type]
            low, high = part.metadata.get("low", -math.inf), part.metadata.get("high", math.inf)
            found = getattr(self, part.name)
            for value in found if isinstance(found, tuple) else [found]:
                if isinstance(value, int | float) and not low <= value <= high:
                    raise ModelError(f"{part.name} is {value}; wanted from {low:g} to {high:g}")


@dataclass(frozen=True)
class RunTable(Checked):
    """How long, how often, in which steps."""

    seed: int = entry(1234, "of everything random", 0, 2**32 - 1)
    trajectories: int = entry(2, "held-out trajectories, each with a world and a gyroscope of its own", 1, 1000)
    duration_s: float = entry(4.0, "seconds of each", 0.2, 1e5)
    measured_from_s: float = entry(0.5, "errors count from here on: the head begins knowing nothing", 0.0)
    packet_ms: float = entry(50.0, "length of the sensors' packets; results do not depend on it", 0.001)
    weights: str = entry("", "a file of trained weights; empty: those that ship")


@dataclass(frozen=True)
class WorldTable(Checked):
    """The camera's surroundings and how it turns."""

    focal_px: float = entry(40.0, "focal length in pixels: 64 pixels are 77 degrees", 1.0, 1e5)
    contrast: float = entry(0.5, "standard deviation of the panorama's log intensity", 0.0, 10.0)
    turning_deg_per_s: float = entry(55.0, "root mean square of the rates of yaw, pitch and roll", 0.0, 1e4)
    slowest_hz: float = entry(0.2, "band of the rates", 1e-3, 1e3)
    fastest_hz: float = entry(4.0, "band of the rates", 1e-3, 1e3)


@dataclass(frozen=True)
class GyroscopeTable(Gyroscope):
    """A gyroscope on the camera; its numbers in deg/s, see `Gyroscope`."""

    white_noise: float = 10.0
    bias: Each = 5.0
    constant: str = "random sign"
    rate_hz: float = entry(1000.0, "samples a second")
    jitter_us: float = entry(50.0, "standard deviation of the time between two samples")


@dataclass(frozen=True)
class DvsTable(DvsParameters):
    """The camera of events, see `DvsParameters`."""

    threshold_mismatch: float = 0.006
    refractory_us: float = 500.0
    leak_rate_hz: float = 0.1
    shot_noise_hz: float = 0.1


@dataclass(frozen=True)
class StepsTable(Checked):
    """Steps of the yaw rate, up and down about 0, to measure latencies."""

    count: int = entry(12, "how many; 0: no latencies of steps", 0, 100_000)
    size_deg_per_s: float = entry(100.0, "from one rate to the other", 1e-3, 1e4)
    shortest_s: float = entry(0.25, "least time between two steps", 0.05, 1e3)
    longest_s: float = entry(0.4, "most, but for what spreads steps evenly over periods of recomputing", 0.05, 1e3)


@dataclass(frozen=True)
class WaysTable(Checked):
    """What is compared."""

    recomputed_hz: float = entry(30.0, "rate of recomputing", 1e-3, 1e5)
    bins_ms: tuple[float, ...] = entry((5.0, 33.0), "lengths of bins of events", 0.01, 1e5)
    codes: tuple[str, ...] = entry(CODES, f"event-driven: {' and '.join(CODES)}")
    scales: tuple[float, ...] = entry((1.0, 2.0), "event-driven: quanta a standard deviation of patches", 1e-3, 1e6)
    pool_scale: float = entry(2.0, "as many times finer: regions", 1e-3, 1e6)
    hidden_scale: float = entry(2.0, "as many times finer: hidden units", 1e-3, 1e6)
    look_every_us: int = entry(2000, "event-driven: patches are looked at after events, at multiples", 0, 10**9)
    look_least_us: int = entry(4000, "event-driven: least time between two looks at a patch at rest", 0, 10**9)

    def __post_init__(self) -> None:
        super().__post_init__()
        for code in self.codes:
            if code not in CODES:
                raise ModelError(f"codes has {code!r}; wanted some of {', '.join(CODES)}{_nearest(code, CODES)}")


@dataclass(frozen=True)
class RobotTable(Checked):
    """Further sensors on the same clock: their changes are sent and counted."""

    joints: int = entry(0, "joint encoders; 0: none", 0, 10_000)
    joints_hz: float = entry(100.0, "samples of each joint a second", 1e-3, 1e5)
    frames_hz: float = entry(0.0, "frames of a camera a second; 0: no such camera", 0.0, 1e4)


@dataclass(frozen=True)
class Parameters:
    """All tables."""

    run: RunTable = field(default_factory=RunTable)
    world: WorldTable = field(default_factory=WorldTable)
    dvs: DvsTable = field(default_factory=DvsTable)
    gyroscope: GyroscopeTable = field(default_factory=GyroscopeTable)
    steps: StepsTable = field(default_factory=StepsTable)
    ways: WaysTable = field(default_factory=WaysTable)
    robot: RobotTable = field(default_factory=RobotTable)

    def __post_init__(self) -> None:
        for table, low, high in (("world", "slowest_hz", "fastest_hz"), ("steps", "shortest_s", "longest_s")):
            pair = getattr(getattr(self, table), low), getattr(getattr(self, table), high)
            if pair[0] > pair[1]:
                raise ModelError(f"[{table}] has {low} {pair[0]} above {high} {pair[1]}")
        if self.run.measured_from_s >= self.run.duration_s:
            raise ModelError(f"[run] measures from {self.run.measured_from_s} s on, but lasts {self.run.duration_s} s")


@overload
def load(path: str | Path) -> Parameters: ...
@overload
def load(path: str | Path, base: T) -> T: ...
def load(path: str | Path, base: Any = None) -> Any:
    """Parameters of a TOML file; what it does not name is as in `base`, which may be any tables of parameters.

    Raises DataError for a file that cannot be read, an unknown key (with the nearest one that there is) or a value of
    the wrong kind.
    """
    try:
        text = Path(path).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}") from error
    return loads(text, base, str(path))


@overload
def loads(text: str) -> Parameters: ...
@overload
def loads(text: str, base: T, where: str = ...) -> T: ...
def loads(text: str, base: Any = None, where: str = "the text") -> Any:
    """Parameters of a TOML text, as `load`."""
    try:
        return _table(base or Parameters(), tomllib.loads(text), where)
    except tomllib.TOMLDecodeError as error:
        raise DataError(f"{where} is no TOML: {error}") from error
    except ModelError as error:
        raise DataError(f"{where}: {error}") from error


def _table(base: T, given: dict[str, Any], where: str) -> T:
    known = {part.name: part for part in fields(base)}  # type: ignore[arg-type]
    hints = typing.get_type_hints(type(base))
    values = {name: getattr(base, name) for name in known}
    for name, value in given.items():
        if name not in known:
            raise DataError(f"{where} has an unknown key {name!r}{_nearest(name, known)}")
        old = values[name]
        if is_dataclass(old):
            if not isinstance(value, dict):
                raise DataError(f"{name!r} of {where} is {value!r}; wanted a table [{name}]")
            values[name] = _table(old, value, f"[{name}] of {where}")
        else:
            values[name] = _value(value, hints[name], f"{name} in {where}")
    return type(base)(**values)


def _value(given: Any, wanted: Any, where: str) -> Any:
    """A value of the kind that a field wants."""
    options = typing.get_args(wanted) if typing.get_origin(wanted) in (types.UnionType, typing.Union) else (wanted,)
    for kind in options:
        if isinstance(given, list) and typing.get_origin(kind) is tuple:
            return tuple(_value(part, typing.get_args(kind)[0], where) for part in given)
        if kind is float and isinstance(given, int | float) and not isinstance(given, bool):
            return float(given)
        if isinstance(given, kind if isinstance(kind, type) else ()) and isinstance(given, bool) == (kind is bool):
            return given
    names = {float: "a number", int: "a whole number", str: "a text"}
    wish = " or ".join(names.get(kind, "a list") for kind in options)
    unit = " (its unit is in the key's name)" if isinstance(given, str) and wish != "a text" else ""
    raise DataError(f"{where} is {given!r}; wanted {wish}{unit}")


def _nearest(name: str, known: Any) -> str:
    """What may have been meant: the same quantity in another unit first, else what is spelled most like it."""
    stem = name.rpartition("_")[0]
    same = [other for other in known if stem and other.rpartition("_")[0] == stem]
    if same:
        return f"; here it is {same[0]!r} (mind the unit)"
    near = get_close_matches(name, list(known), 1, 0.4)
    return f"; did you mean {near[0]!r}?" if near else f"; there are {', '.join(known)}"


def as_toml(parameters: Any = None) -> str:
    """All parameters as a commented TOML text, to begin one's own with."""
    lines = ["# Parameters of `eventnet run`. What is left out is as it stands here. Units are in the names.", ""]
    for part in fields(parameters or Parameters()):
        table = getattr(parameters or Parameters(), part.name)
        first = (type(table).__doc__ or "").strip().splitlines()[0]
        lines.append(f"[{part.name}]  # {first[0].lower()}{first[1:].rstrip('.')}")
        for part in fields(table):
            help = part.metadata.get("help", "")
            text = f"{part.name} = {_text(getattr(table, part.name))}"
            lines.append(f"{text}  # {help}" if help else text)
        lines.append("")
    return "\n".join(lines)


def _text(value: Any) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(map(_text, value))}]"
    return f'"{value}"' if isinstance(value, str) else repr(value)
