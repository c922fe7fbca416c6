"""A run that a live page watches: what it sends, and how it waits. It stands in a process of its own.

A look goes on its way only when the page has taken the one before; until then looks are merged, so that a slow page
holds up nothing. The run waits where it is paused, and where it is to be no faster than a speed; neither changes it.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventnet.errors import in_a_line
from eventnet.event import Events
from eventnet.simulation import Simulation
from eventnet.tally import Tally
from eventnet.view.look import RunLook, SensorStream
from eventnet.view.pictures import NOTHING, OFF, ON, by_time, frame_picture, named
from eventnet.view.recorder import RunRecorder

LIVE_EVERY_US = 5000
"""From look to look."""
HELD_US = 30_000
"""An event is seen in the camera's picture for so long."""
COLUMN_US = 1000
"""Of a raster."""
MOST_COLUMNS = 500
RASTER = "raster"

Begin = Callable[[Any, RunRecorder, str], None]
"""Goes through a run by its parameters, with a recorder, in an order."""


def live_run(pipe: Connection, begin: Begin, parameters: Any, order: str, speed: float | None) -> None:
    """Go through a run, and send what is seen, until it has ended and all is sent."""
    watched = WatchedRun(pipe, speed)
    try:
        with RunRecorder(watched, every_us=LIVE_EVERY_US, drive=watched.drive) as recorder:
            begin(parameters, recorder, order)
    except (EOFError, OSError):  # nobody watches any more
        return
    except Exception as error:  # of the network's rules and modules, too: the page says it
        with suppress(OSError):
            pipe.send(("failed", in_a_line(error)))
            pipe.poll(None)


class WatchedRun:
    """A sink of looks and a drive of the simulation, at the end of a pipe.

    It hears "more" (the last look was taken), "pause", "go", "step" and ("speed", simulated seconds a second, None for
    as fast as it goes); it says ("look", what is seen), ("step", what the delivery was) and
    ("ended", a hash of all that was seen).
    """

    def __init__(self, pipe: Connection, speed: float | None = None) -> None:
        self.pipe, self.speed, self.paused, self.steps = pipe, speed, False, 0
        self.taken, self.merged, self._seen = True, LooksMerged(), hashlib.sha256()
        self._since: tuple[float, int] | None = None

    # --- a sink ---
    def write(self, look: RunLook) -> None:
        """Send a look, or keep it until the last one was taken; and wait where the run is ahead of its speed."""
        self.merged.take(look)
        self._seen.update(bytes_of(look))
        self._hear()
        self._send()
        if self._since is None:
            self._since = time.monotonic(), look.t_us
        while not self.paused and (early := self._early(look.t_us)) > 0:
            self._hear(early)
            self._send()

    def close(self, whole: bool = True) -> None:
        """Send what is left."""
        if whole:
            while self.merged.waiting:
                self._hear(None)
                self._send()
            self.pipe.send(("ended", self._seen.hexdigest()))
            while True:  # the page ends this process
                self.pipe.recv()

    def _send(self) -> None:
        if self.taken and self.merged.waiting:
            self.taken = False
            self.pipe.send(("look", self.merged.give()))

    def _early(self, t_us: int) -> float:
        """Seconds by which this time comes too soon. A run that is late does not make up for it."""
        if self.speed is None:
            return 0.0
        if self._since is None:
            self._since = time.monotonic(), t_us
        begun, from_us = self._since
        early = begun + 1e-6 * (t_us - from_us) / self.speed - time.monotonic()
        if early < 0:
            self._since = time.monotonic(), t_us
        return early

    # --- a drive ---
    def drive(self, simulation: Simulation, until: int | None) -> None:
        """Let a simulation run up to a time; while it is paused, by a delivery for each step that is asked for."""
        self._hear()
        while self.paused and not _there(simulation, until):
            if self.steps:
                self._step(simulation, until)
            else:
                self._hear(None)
            self._send()
        if not _there(simulation, until):
            simulation.run(until)

    def _step(self, simulation: Simulation, until: int | None) -> None:
        before = simulation.tally
        simulation.run(until, max_deliveries=1)
        more = simulation.tally - before
        if more.deliveries:
            self.steps -= 1
            self.pipe.send(("step", step_of(simulation, more)))

    # --- what the page asks ---
    def _hear(self, wait: float | None = 0.0) -> None:
        """Take up what has come; wait so many seconds for the first, None for as long as it takes."""
        while self.pipe.poll(wait):
            asked = self.pipe.recv()
            wait = 0.0
            if asked == "more":
                self.taken = True
                continue
            self._since = None
            if asked in ("pause", "step"):
                self.paused = True
                self.steps += asked == "step"
            elif asked == "go":
                self.paused, self.steps = False, 0
            else:
                self.speed = asked[1]


def _there(simulation: Simulation, until: int | None) -> bool:
    return simulation.idle if until is None else simulation.time >= until


def bytes_of(look: RunLook) -> bytes:
    """The counts, answers and pictures of a look, as bytes."""
    counts = [look.t_us, look.queued, sorted(look.rates.items()), sorted(look.adds.items())]
    arrays = [(name, np.asarray(value)) for name, value in (*look.answers.items(), *look.pictures.items())]
    return repr(counts).encode() + b"".join(name.encode() + array.tobytes() for name, array in arrays)


def step_of(simulation: Simulation, more: Tally) -> dict[str, Any]:
    """A delivery: its tick, port, additions and spikes, and what waits after it."""
    (port,) = [name for name, row in more.by_port().items() if row["deliveries"]]
    return {
        "tick": simulation.time, "port": port, "adds": more.adds, "spikes": more.spikes, "queued": simulation.queued,
    }  # fmt: skip


class LooksMerged:
    """Looks of which none was sent yet, as one: means of what is a second, and the last of all else.

    As a message it has `t_us`; `merged`, how many looks it stands for; `deliveries` and `adds` since the last
    message; `numbers` by name; `pictures`, of cameras events of the last `HELD_US`; and `raster`, the newest columns.
    """

    def __init__(self) -> None:
        self.waiting = 0
        self._eyes: dict[str, _Eye] = {}
        self._frames: dict[str, NDArray[np.uint8]] = {}
        self._clear()

    def _clear(self) -> None:
        self.waiting, self._us, self._sums = 0, 0, dict[str, float]()
        self._columns: list[NDArray[np.uint8]] = []

    def take(self, look: RunLook) -> None:
        """Take up one more."""
        us = look.t_us - look.begin_us
        for kind, values in (("adds", look.adds), ("by_input", look.by_input), ("rates", look.rates)):
            for name, value in values.items():
                self._sums[f"{kind}.{name}"] = self._sums.get(f"{kind}.{name}", 0.0) + us * value
        self._us, self.waiting, self._last = self._us + us, self.waiting + 1, look
        for name, stream in look.streams.items():
            if stream.kind == "events":
                self._eyes.setdefault(name, _Eye(stream)).take(look.events[name])
            elif stream.kind == "frames":
                for _, _, frame in by_time(look.events[name])[-1:]:
                    self._frames[name] = frame_picture(frame, stream.width, stream.height)
        if RASTER in look.pictures:
            self._columns.append(columns(look.pictures[RASTER], us))
            while sum(part.shape[1] for part in self._columns[1:]) > MOST_COLUMNS:
                del self._columns[0]

    def give(self) -> dict[str, Any]:
        """The message; and begin anew."""
        look, us = self._last, max(1, self._us)
        numbers = {name: total / us for name, total in self._sums.items() if not name.startswith("rates.")}
        totals = {
            kind: round(1e-6 * sum(total for name, total in self._sums.items() if name.startswith(f"{of}.")))
            for kind, of in (("deliveries", "rates"), ("adds", "adds"))
        }
        others = {name: picture for name, picture in look.pictures.items() if name != RASTER}
        eyes = {name: eye.picture(look.t_us) for name, eye in self._eyes.items()}
        made = {
            "t_us": look.t_us, "merged": self.waiting, **totals, "pictures": {**eyes, **self._frames, **others},
            "numbers": numbers | _flat(look.answers) | ({} if look.queued is None else {"queue": float(look.queued)}),
            "raster": np.concatenate(self._columns, axis=1) if self._columns else None,
        }  # fmt: skip
        self._clear()
        return made


class _Eye:
    """The last event of each pixel of a camera."""

    def __init__(self, stream: SensorStream) -> None:
        self.at = np.full((stream.height, stream.width), -(2**62), np.int64)
        self.on = np.zeros((stream.height, stream.width), bool)

    def take(self, events: Events) -> None:
        if len(events):
            self.at[events["y"], events["x"]] = events["t"]
            self.on[events["y"], events["x"]] = events["p"]

    def picture(self, t_us: int) -> NDArray[np.uint8]:
        shown = np.where(self.on, ON, OFF)
        return np.where(self.at >= t_us - HELD_US, shown, NOTHING).astype(np.uint8)


def columns(picture: NDArray[np.uint8], us: int) -> NDArray[np.uint8]:
    """A raster [rows, columns] of so many microseconds with a column a millisecond: the darkest of each."""
    wanted = min(picture.shape[1], max(1, round(us / COLUMN_US)))
    begins = np.arange(wanted) * picture.shape[1] // wanted
    made: NDArray[np.uint8] = np.minimum.reduceat(picture, begins, axis=1)
    return made


def _flat(answers: Mapping[str, Any]) -> dict[str, float]:
    """Answers as numbers by name: `answers.fused.y`. Lists that are no axes are left out."""
    made: dict[str, float] = {}
    for name, value in answers.items():
        found = named(value)
        if isinstance(found, dict):
            made |= {f"answers.{name}.{axis}": each for axis, each in found.items()}
        elif not isinstance(found, list):
            made[f"answers.{name}"] = found
    return made
