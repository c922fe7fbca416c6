"""The first recall, and the first digit that changes, once more, with a recorder that looks at it.

Both settle without a clock: a look is at each flip, or at each pixel, and they come as often as looks of other runs.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

import eventnet as en
from eventnet.data import digits
from eventnet.models import HopfieldNetwork
from eventnet.models.equilibrium_engine import OnEngine
from eventnet.models.hopfield import state_of
from eventnet.scenarios.settling import follow_run, recall_run
from eventnet.scenarios.settling.follow_run import PixelChanges
from eventnet.scenarios.settling.parameters import FollowParameters, RecallParameters
from eventnet.scenarios.settling.recall_run import Recalled
from eventnet.scenarios.shared.pixel_by_pixel import APART, along
from eventnet.view import RunRecorder, Shown

SIDE, WHITE = 28, 255


def watch_recall(parameters: RecallParameters, found: Recalled, recorder: RunRecorder) -> NDArray[np.int64]:
    """Look at the first recall in order fifo; returns its states, which are those of the table."""
    patterns, start = recall_run.drawn(parameters, 0)
    net = HopfieldNetwork.of_patterns(patterns, order="fifo", seed=0)
    columns = int(np.ceil(len(start) ** 0.5))

    def answers(sim: en.Simulation) -> dict[str, float]:
        state = state_of(sim)
        return {"energy": float(net.energy(state[None])[0]), "overlap": float((state * patterns[0]).mean())}

    def picture(sim: en.Simulation) -> dict[str, NDArray[np.uint8]]:
        made = np.full(-(-len(start) // columns) * columns, WHITE // 2, np.uint8)
        made[: len(start)] = np.where(state_of(sim) > 0, WHITE, 0)
        return {"units": made.reshape(-1, columns)}

    def drive(sim: en.Simulation) -> None:
        recorder.begin(sim.run(until=0), Shown(answers=lambda t: answers(sim), pictures=lambda t: picture(sim)))
        units: Any = sim.net["units"]
        sim.run(stop=units.begin)
        recorder.look(recorder.every_us)
        before, number = state_of(sim), 1
        while not sim.idle:
            sim.run(max_deliveries=1)
            if sim.idle or (state_of(sim) != before).any():
                before, number = state_of(sim), number + 1
                recorder.look(number * recorder.every_us)

    return net.trace(start, drive=drive)


def watch_pixels(
    parameters: FollowParameters, found: PixelChanges, recorder: RunRecorder
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Look at the first digit while it becomes the next; returns what `along` does, as for the table."""
    net, d = found.network, digits()
    whole, pixels = follow_run.drawn(d, 0, parameters)

    def watch(sim: en.Simulation, made: OnEngine, begin: int) -> None:
        def changed() -> int:
            return (sim.time - begin) // APART - 1

        def answers(t_us: int) -> dict[str, float]:
            outputs = made.rests(sim)[-1][changed(), 0] / net.k + net.biases[-1]
            return {"answer": int(outputs.argmax()), **{f"output {k}": float(one) for k, one in enumerate(outputs)}}

        def picture(t_us: int) -> dict[str, NDArray[np.uint8]]:
            image = whole[0].copy()
            image[pixels[: changed()]] = whole[1, pixels[: changed()]]
            return {"digit": (WHITE * image // parameters.network.grid).astype(np.uint8).reshape(SIDE, SIDE)}

        recorder.begin(sim.run(until=0), Shown(answers=answers, pictures=picture), tick_us=recorder.every_us / APART)
        for k in range(len(pixels) + 1):
            sim.run(until=begin + APART * (k + 1))
            recorder.look()

    return along(net, whole[0], whole[1], pixels, watch)
