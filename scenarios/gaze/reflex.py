"""The vestibulo-ocular reflex: a camera is turned against the head that it sits on, so that what it sees stands still.

    camera's rate = head's rate - command = slip                       (deg/s, in the camera's axes)
    command       = sum of mix_k LP_k(gyroscope) + kp w + I,  dI/dt = ki w - I / forget

The gyroscope sits on the head: it is fast, but has a bias. Its low passes are mixed so that they look ahead to when the
command turns the camera, see `foretelling`. w is the slip as the event-driven network sees it through the camera: slow,
but of what is really left; or as flow sums see it, which learn nothing. The whole controller is a read-out on the
engine, so that all of it is in the tally. A command follows what it said `delay_us` before, and holds for `period_us`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

import eventnet as en
from eventnet.cost import HOROWITZ_FLOAT32, HOROWITZ_INT32
from eventnet.errors import ModelError
from eventnet.kernels.random import hash64
from eventnet.scenarios.fusion import FusionWeights, Head
from eventnet.scenarios.fusion.recomputed import operations
from eventnet.scenarios.fusion.stream import CAMERA, GYROSCOPE, TURNING, WORLD
from eventnet.scenarios.gaze.foretelling import foretelling
from eventnet.scenarios.gaze.parameters import GazeParameters
from eventnet.scenarios.gaze.seeing import ClockSees, FlowSees, KalmanSees, NetworkSees, Sees, SeesNothing, TwinSees
from eventnet.scenarios.sensors import DVS, InertialParameters, InertialUnit, on_clock
from eventnet.scenarios.worlds import Panorama, RandomTurning, Steered, TurningCamera

Floats = NDArray[np.float64]

PIECE_US = 100_000
"""Events and costs are noted as often."""
SLIP_US = 1000
"""Slip is taken in the middle of each of these."""
AXES = 3
PRICES = (HOROWITZ_INT32, HOROWITZ_FLOAT32, HOROWITZ_INT32.with_comparisons())


class Reflex(NamedTuple):
    """The sources of a command.

    clock_us: what sees the slip is computed so often, in place of by events; 0: by events. slow: the gyroscope's own
    slow low passes find its bias. kalman: a filter of both sensors finds it, in place of the integral of what the
    camera sees. With a gyroscope alone nothing watches; without any reflex the network does.
    """

    gyroscope: bool
    camera: bool
    flow: bool = False
    clock_us: int = 0
    slow: bool = False
    kalman: bool = False

    @property
    def watches(self) -> bool:
        """Whether anything is computed from the camera's events."""
        return self.camera or not self.gyroscope


REFLEXES = {
    "no reflex": Reflex(False, False), "gyroscope alone": Reflex(True, False),
    "gyroscope, slow traces": Reflex(True, False, slow=True), "camera alone": Reflex(False, True),
    "both": Reflex(True, True), "both, kept 1 ms": Reflex(True, True, clock_us=1000),
    "both, kept 2 ms": Reflex(True, True, clock_us=2000),
    "both, kept 4 ms": Reflex(True, True, clock_us=4000),
    "both, kept 8 ms": Reflex(True, True, clock_us=8000),
    "both, kept 16 ms": Reflex(True, True, clock_us=16_000),
    "both, kept 33 ms": Reflex(True, True, clock_us=33_000),
    "both, kept 2 ms, Kalman": Reflex(True, True, clock_us=2000, kalman=True),
    "camera alone, flow sums": Reflex(False, True, flow=True),
    "both, flow sums": Reflex(True, True, flow=True),
    "both, flow sums on a clock, 1 ms": Reflex(True, True, flow=True, clock_us=1000),
    "both, flow sums on a clock, 2 ms": Reflex(True, True, flow=True, clock_us=2000),
    "both, flow sums on a clock, 33 ms": Reflex(True, True, flow=True, clock_us=33_000),
}  # fmt: skip


def reflexes(p: GazeParameters) -> list[str]:
    """Those of `REFLEXES` that are run: with flow sums, unless [flow] names no version."""
    return [name for name, reflex in REFLEXES.items() if p.flow.version or not reflex.flow]


@dataclass
class ReflexOutcome:
    """The result of one head and one reflex. Rates are in deg/s.

    times     microseconds, [n]
    slip      the camera's rate, [n, 3]; all in its own axes
    command   what turned it against the head, [n, 3]: the head's rate is the sum of both
    estimate  the slip as the camera saw it, [n, 3]; zeros where nothing watches
    events    of the camera in each `PIECE_US`, [pieces]
    cost      operations; picojoules at int32, at float32 and at int32 prices with comparisons in each, [pieces, 4]
    memory    bytes of state and weights of what sees and of the controller, 4 a value
    """

    times: Floats
    slip: Floats
    command: Floats
    estimate: Floats
    events: NDArray[np.int64]
    cost: Floats
    memory: int


def look_ahead(p: GazeParameters, slow: bool = False) -> Floats:
    """The mix of the gyroscope's low passes: over the delay, half a command and half a sample. slow: of the slow ones,
    too, and without its bias."""
    w, g = p.world, p.gyroscope
    taus = (*p.reflex.gyro_tau_ms, *(p.reflex.slow_tau_ms if slow else ()))
    horizon = p.reflex.delay_us + 0.5 * p.reflex.period_us + 0.5e6 / g.rate_hz
    return foretelling(
        1e3 * np.array(taus), horizon, rms=w.turning_deg_per_s, band_hz=(w.slowest_hz, w.fastest_hz),
        noise=math.hypot(g.white_noise, g.noise_density * math.sqrt(g.rate_hz / 2)), rate_hz=g.rate_hz,
        steady=0.0 if slow else 1.0,
    )  # fmt: skip


def read_out(reflex: Reflex, p: GazeParameters) -> Head:
    """A read-out whose answers are the command's part from the gyroscope, that from the camera, and w; each [3].

    Where nothing watches it has the gyroscope's inputs and low passes, and the first of the three.
    """
    table, mix = p.reflex, look_ahead(p, reflex.slow)
    low = (*table.gyro_tau_ms, *(table.slow_tau_ms if reflex.slow else ()))
    taus = (*(1e3 * tau for tau in low), *([1e6 * table.forget_s] if reflex.watches else []))
    sources, parts = (3 if reflex.kalman else 2, 3) if reflex.watches else (1, 1)
    gain, integral = table.gains(reflex.gyroscope, reflex.flow, reflex.clock_us)
    inputs, traces = np.zeros((sources, AXES, parts * AXES)), np.zeros((sources, AXES, len(taus), parts * AXES))
    for axis in range(AXES):
        if reflex.gyroscope:
            traces[0, axis, : len(mix), axis] = mix
        if reflex.kalman:
            inputs[2, axis, axis] = -1  # the bias that was found
        elif reflex.camera:
            inputs[1, axis, AXES + axis], traces[1, axis, -1, AXES + axis] = gain, integral * table.forget_s
        if reflex.watches:
            inputs[1, axis, 2 * AXES + axis] = 1
    rows = (np.zeros((1, parts * AXES)), inputs.reshape(-1, parts * AXES), traces.reshape(-1, parts * AXES))
    return Head(taus, (False,) * len(taus), np.concatenate(rows))


def run_reflex(
    parameters: GazeParameters, weights: FusionWeights, name: str, head: int = 0, *, engine: str = "compiled",
    done: Callable[[int], None] = lambda reached: None, watch: Callable[[ReflexLoop], None] = lambda loop: None,
    **options: Any,
) -> ReflexOutcome:  # fmt: skip
    """One of `REFLEXES` on head number `head`. done: called with the microseconds that are over; watch: with the loop,
    before it begins; options: further ones of the simulation of a network by events.

    Raises ModelError for a reflex or weights that do not fit.
    """
    if name not in REFLEXES:
        raise ModelError(f"unknown reflex {name!r}; there are {', '.join(REFLEXES)}")
    if weights.n_out != AXES:
        raise ModelError(f"these weights give {weights.n_out} rates; wanted those about x, y and z")
    loop = ReflexLoop(parameters, weights, REFLEXES[name], head, engine, **options)
    watch(loop)
    for begin in range(0, loop.end_us, PIECE_US):
        until = min(begin + PIECE_US, loop.end_us)
        loop.clock.run(until=until)
        loop.note()
        done(until)
    return loop.outcome()


def _eye(
    p: GazeParameters, weights: FusionWeights, reflex: Reflex, rows: int, engine: str, options: dict[str, Any]
) -> Sees:  # fmt: skip
    """The method that sees the slip in this reflex."""
    given = p, weights, read_out(reflex, p), rows, engine
    if not reflex.watches:
        return SeesNothing(*given)
    if reflex.kalman:
        return KalmanSees(*given, reflex.clock_us)
    if reflex.clock_us:
        return (TwinSees if reflex.flow else ClockSees)(*given, reflex.clock_us)
    return FlowSees(*given) if reflex.flow else NetworkSees(*given, **options)


class ReflexLoop:
    """Sensors, network and what turns the camera, on one clock."""

    def __init__(
        self, p: GazeParameters, weights: FusionWeights, reflex: Reflex, head: int, engine: str, **options: Any
    ) -> None:  # fmt: skip
        seed, world = hash64(p.run.seed, head), p.world
        draw = lambda purpose: hash64(seed, purpose) >> 33  # noqa: E731
        self.end_us, self.window = round(1e6 * p.run.duration_s), round(1e3 * p.run.packet_ms)
        self.period, self.delay = p.reflex.period_us, p.reflex.delay_us
        turning = RandomTurning(
            draw(TURNING), rms=world.turning_deg_per_s, band_hz=(world.slowest_hz, world.fastest_hz)
        )
        self.motion = Steered(turning, self.period)
        panorama = Panorama.random(size=128, seed=draw(WORLD), log_std=world.contrast)
        scene = TurningCamera(panorama, self.motion, width=weights.width, height=weights.height, focal=world.focal_px)
        self.dvs = DVS(scene, p.dvs, seed=draw(CAMERA))
        unit = InertialParameters(p.gyroscope, None, rate_hz=p.gyroscope.rate_hz, jitter_us=p.gyroscope.jitter_us)
        gyroscope = InertialUnit(turning, unit, seed=draw(GYROSCOPE))

        rows = -(-self.end_us // self.period)
        self.eye = eye = _eye(p, weights, reflex, rows, engine, options)
        self.simulation, self.answers = eye.simulation, eye.simulation[eye.head].array("answers")
        self.commands: list[Floats] = []
        self.events = np.zeros(-(-self.end_us // PIECE_US), np.int64)
        self.spent: list[tuple[float, ...]] = [(0.0,) * (1 + len(PRICES))]

        self.clock = clock = en.Clock(self.simulation)
        self.said = clock.sample(self._look(), self.period)
        clock.play(self._camera(), eye.spikes, width=weights.width, name="camera")
        said = eye.hear(on_clock(gyroscope, self.window, self.end_us))
        clock.play(said, into=eye.head, name="gyroscope")
        eye.begin(clock, self.period, self.end_us, self.motion)
        clock.play(self._reader(int(eye.head.read)), name="reader")

    def _look(self) -> Callable[[], Floats]:
        """A function that gives the read-out's last answer, [9], a period later at each call; zeros at first."""
        rows = iter(range(-1, len(self.answers)))
        return lambda: np.zeros(3 * AXES) if (row := next(rows)) < 0 else self._whole(self.answers[row])

    def _whole(self, answers: NDArray[Any]) -> Floats:
        """Answers [..., 9]: zeros for the two of what sees where nothing does."""
        missing = 3 * AXES - answers.shape[-1]
        return np.concatenate((answers, np.zeros((*answers.shape[:-1], missing))), axis=-1, dtype=np.float64)

    def note(self) -> None:
        """Append the operations and energies spent so far."""
        tallies = self.eye.tallies()
        work = float(sum(operations(tally.totals()) for tally in tallies))
        self.spent.append((work, *(sum(map(price.energy, tallies)) for price in PRICES)))

    def _reader(self, port: int) -> Iterator[en.Packet]:
        """Answers are read in the last microsecond of each period."""
        reads = np.zeros(len(self.answers), en.EVENT)
        reads["t"], reads["index"] = self.period * np.arange(1, len(reads) + 1) - 1, np.arange(len(reads))
        reads["port"], reads["sign"] = port, 1
        for begin in range(0, self.end_us, self.window):
            end = min(begin + self.window, self.end_us)
            yield en.Packet(end, reads[(reads["t"] >= begin) & (reads["t"] < end)])

    def _camera(self) -> Generator[Any, Any, None]:
        """Its packets; each waits for the commands that turn the camera in it."""
        begin, packets = 0, self.dvs.packets(self.window, self.end_us)
        while begin < self.end_us:
            end = min(begin + self.window, self.end_us)
            while self.motion.known_us < end:
                said = yield self.said.at(self.motion.known_us - self.delay)
                self._turn(np.zeros(3 * AXES) if said is None else said)
            events = next(packets)
            self.eye.take(events)
            self.events += np.bincount(events["t"] // PIECE_US, minlength=len(self.events))
            yield en.Packet(end, events)
            begin = end

    def _turn(self, said: Floats) -> None:
        """The gyroscope's part is about the head's axes, the camera's about its own."""
        command = self.motion.turned.T @ said[:AXES] + said[AXES : 2 * AXES]
        self.motion.turn(-command)
        self.commands.append(command)

    def outcome(self) -> ReflexOutcome:
        """All that was noted."""
        times = np.arange(0, self.end_us, SLIP_US, dtype=np.float64) + 0.5 * SLIP_US
        at = (times // self.period).astype(np.int64)
        estimate = np.concatenate((np.zeros((1, AXES)), self._whole(self.answers)[:, 2 * AXES :]))[at]
        return ReflexOutcome(
            times, np.array([self.motion.rates(t) for t in times]), np.array(self.commands)[at], estimate,
            self.events, np.diff(np.array(self.spent), axis=0), self.eye.memory(),
        )  # fmt: skip
