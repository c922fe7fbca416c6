"""A watched run waits, steps and is slowed, and has the same bytes; what it sends stands for every look."""

from __future__ import annotations

import multiprocessing
import threading
import time
from typing import Any

import live_cases
import numpy as np
import pytest
import view_cases as cases
from test_view_recorder import Kept, bytes_of

import eventnet as en
from eventnet.errors import InputError
from eventnet.view import RunLook, RunRecorder, SensorStream
from eventnet.view.live_run import HELD_US, MOST_COLUMNS, LooksMerged, WatchedRun, columns, live_run, step_of
from eventnet.view.pictures import NOTHING, OFF, ON


class Reader:
    """The page's end of the pipe, in a thread: takes looks, and asks what it is told to after each."""

    def __init__(self, asks: list[list[Any]]) -> None:
        self.pipe, self.its = multiprocessing.Pipe()
        self.asks, self.heard = list(asks), list[tuple[str, Any]]()
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self) -> None:
        steps = 0
        while True:
            kind, said = self.pipe.recv()
            self.heard.append((kind, said))
            if kind == "ended":
                self.pipe.close()
                return
            if kind == "look":
                for ask in self.asks.pop(0) if self.asks else []:
                    self.pipe.send(ask)
                self.pipe.send("more")
            steps += kind == "step"
            if kind == "step" and steps % 7 == 0:
                self.pipe.send("go")

    def said(self, kind: str) -> list[Any]:
        return [said for one, said in self.heard if one == kind]


class WaitsForTheReader(WatchedRun):
    """A run that goes on when a look was answered: on a busy machine looks are not merged, and no ask comes too late."""

    def write(self, look: RunLook) -> None:
        super().write(look)
        while not self.taken:
            self._hear(None)


def watch(
    asks: list[list[Any]], speed: float | None = None, kind: type[WatchedRun] = WaitsForTheReader
) -> tuple[en.Simulation, Reader]:
    reader = Reader(asks)
    watched = kind(reader.its, speed)
    try:
        with RunRecorder(watched, every_us=5000, drive=watched.drive) as recorder:
            sim = cases.run(recorder)
    except (EOFError, OSError):
        pass
    reader.thread.join(10)
    return sim, reader


def test_pause_steps_and_speed_change_no_byte() -> None:
    alone = bytes_of(cases.run(None))
    sim, reader = watch([[], ["pause", "go"], ["step"] * 7, [("speed", 3.0)], ["step"] * 7, [("speed", None)]])
    assert bytes_of(sim) == alone
    steps = reader.said("step")
    assert reader.said("ended") == watch([], kind=WatchedRun)[1].said("ended")
    assert len(steps) == 14
    assert [one["tick"] for one in steps] == sorted(one["tick"] for one in steps)
    assert sum(one["deliveries"] for one in reader.said("look")) == sim.tally.deliveries
    assert sum(one["adds"] for one in reader.said("look")) == sim.tally.adds


def test_a_step_is_one_delivery_and_says_what_it_was() -> None:
    sim, reader = watch([["step"] * 7])
    steps = [(one["tick"], one["port"]) for one in reader.said("step")]
    ports = [str(port) for port in sim.net.ports()]
    log = [(int(t), ports[port]) for t, port in sim.log[["t", "port"]].tolist()]
    assert len(steps) == 7
    assert any(log[k : k + 7] == steps for k in range(len(log) - 6))
    net = en.Network("float64")
    layer = net.add(en.Herding(5, net.weights(np.full((3, 5), 0.9)), name="layer"))
    sim = en.Simulation(net, engine="reference")
    sim.inject([(4, layer.spikes, 0, 1), (4, layer.spikes, 1, 1)])
    sim.run(max_deliveries=1)
    assert step_of(sim, sim.tally) == {
        "tick": 4, "port": "layer.spikes", "adds": sim.tally.adds, "spikes": 5, "queued": 1,
    }  # fmt: skip
    assert sim.tally.adds >= 5


def test_a_page_that_takes_nothing_holds_up_nothing_and_gets_the_rest_as_one() -> None:
    mine, its = multiprocessing.Pipe()
    watched, kept = WatchedRun(its), Kept()
    with RunRecorder(kept, every_us=5000) as recorder:
        cases.run(recorder)
    for look in kept.looks:
        watched.write(look)
    assert mine.recv()[1]["merged"] == 1
    assert not mine.poll()
    mine.send("more")
    threading.Thread(target=lambda: (mine.send("more"), time.sleep(0.2), mine.close())).start()
    with pytest.raises((EOFError, OSError)):
        watched.close()
    assert watched.merged.waiting == 0


@pytest.mark.slow
def test_a_run_is_no_faster_than_it_is_to_be() -> None:
    begun = time.monotonic()
    watch([], speed=0.2)  # 95 ms between the first look and the last
    assert time.monotonic() - begun >= 0.095 / 0.2
    begun = time.monotonic()
    watch([[("speed", None)]], speed=1e-6)
    assert time.monotonic() - begun < 20


def test_what_is_merged_are_means_and_the_last_of_all_else() -> None:
    stream, merged = {"camera": SensorStream("events", 3, 2)}, LooksMerged()
    events = np.array([(100, 0, 0, True), (200, 1, 1, False), (HELD_US, 0, 0, False)], en.PIXEL_EVENT)

    def look(begin: int, end: int, adds: float, part: Any) -> RunLook:
        shown = {"raster": np.zeros((2, 4), np.uint8), "map": np.full((1, 1), end % 256, np.uint8)}
        return RunLook(
            begin,
            end,
            stream,
            {"camera": part},
            {"a.b": 2 * adds},
            {"a": adds},
            7,
            {"x": [1, 2, 3], "n": end},
            None,
            shown,
            {"a.b": 5.0},
        )

    merged.take(look(0, 1000, 4000.0, events[:2]))
    merged.take(look(1000, HELD_US + 150, 0.0, events[2:]))
    made = merged.give()
    assert (made["merged"], made["deliveries"], made["adds"], made["t_us"]) == (2, 8, 4, HELD_US + 150)
    assert made["numbers"] == pytest.approx(
        {"adds.a": 4e6 / (HELD_US + 150), "by_input.a.b": 5.0, "queue": 7.0, "answers.n": HELD_US + 150,
         "answers.x.x": 1, "answers.x.y": 2, "answers.x.z": 3}
    )  # fmt: skip
    assert made["pictures"]["camera"].tolist() == [[OFF, NOTHING, NOTHING], [NOTHING, OFF, NOTHING]]
    assert made["pictures"]["map"].tolist() == [[(HELD_US + 150) % 256]]
    assert merged.waiting == 0
    merged.take(look(HELD_US + 150, HELD_US + 250, 0.0, events[:0]))
    assert merged.give()["pictures"]["camera"].tolist() == [[OFF, NOTHING, NOTHING], [NOTHING] * 3]
    assert ON not in made["pictures"]["camera"]


def test_a_raster_has_a_column_a_millisecond_and_keeps_the_newest() -> None:
    picture = np.full((1, 50), 255, np.uint8)
    picture[0, 13] = 0
    assert columns(picture, 5000).tolist() == [[255, 0, 255, 255, 255]]
    assert columns(picture[:, :2], 5000).shape == (1, 2)
    merged = LooksMerged()
    for k in range(2 * MOST_COLUMNS):
        merged.take(
            RunLook(
                1000 * k,
                1000 * k + 1000,
                {},
                {},
                {},
                {},
                None,
                {},
                None,
                {"raster": np.full((1, 1), k % 256, np.uint8)},
            )
        )
    made = merged.give()["raster"]
    assert made.shape[1] <= MOST_COLUMNS + 1
    assert made[0, -1] == (2 * MOST_COLUMNS - 1) % 256


def test_a_run_that_fails_says_why() -> None:
    mine, its = multiprocessing.Pipe()
    threading.Thread(target=live_run, args=(its, live_cases.fails, None, "", None), daemon=True).start()
    assert mine.recv() == ("failed", "ValueError: of no use")
    mine.close()


def test_a_run_without_a_page_ends() -> None:
    mine, its = multiprocessing.Pipe()
    mine.close()
    live_run(its, live_cases.busy, (10, 3), "", None)


def test_a_recorder_lets_the_simulation_run_by_its_drive() -> None:
    asked = []

    def drive(simulation: en.Simulation, until: int | None) -> None:
        asked.append(until)
        simulation.run(until)

    with RunRecorder(Kept(), drive=drive) as recorder:
        cases.run(recorder)
        recorder.run(cases.UNTIL)
    assert asked[-1] == cases.UNTIL
    assert len(asked) > 10
    with pytest.raises(InputError):
        recorder.begin(en.Simulation(en.Network()))
