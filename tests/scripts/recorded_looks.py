"""Flow sums of every version and the kept network at several looks on a recording: a table of docs/results/flow-sums.md.

    eventnet run dvs-gyro --recording FILE --out FOLDER
    python tests/scripts/recorded_looks.py FILE --weights FOLDER/weights.npz

All are judged on the part that networks did not learn from, thin, fine and thinnest with what lies before it played
first. A row each: the period of looks in ms, agreement with the gyroscope, errors in four parts of equal length, and
operations. Versions stand with their errors in the first part, too. Without `--weights` there is no network.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventnet.io import Recording, open_events
from eventnet.scenarios.fusion.flow import FITTED_PERIOD_US, FlowMethod, FlowTwin
from eventnet.scenarios.fusion.judging import Agreement
from eventnet.scenarios.fusion.methods import MethodOutcome, Recomputed
from eventnet.scenarios.fusion.network import FusionWeights
from eventnet.scenarios.fusion.recorded import STEP_US, Played, RecordedFlow, part_of, parts_of
from eventnet.scenarios.fusion.turning import turning_of

Floats = NDArray[np.float64]
VERSIONS, QUARTERS = ("thin", "fine", "thinnest"), 4
LOOKS_US = CLOCKS_US = (1000, 2000, 4000, 8000, 16_000, 33_000)


def looked_at(look_us: int) -> type[RecordedFlow]:
    """Flow sums for a recording, with a period of looks of their own."""

    class AtLooks(RecordedFlow):
        def method(self, size: Any, clock_us: int | None = None) -> FlowMethod | FlowTwin:
            made = super().method(size, clock_us)
            return made if isinstance(made, FlowTwin) else replace(made, look_us=look_us)

    return AtLooks


def rows(recording: Recording, weights: FusionWeights | None = None) -> Iterator[list[str]]:
    """A row for each way."""
    parts = parts_of(recording)
    axis = turning_of(recording, parts).axis
    trained = Played(recording, parts.training(), axis=axis)
    part = Played(recording, parts.playbacks()["as recorded"], axis=axis)
    since, first = part_of(trained.playback)[0], int(part.shown[0]) // STEP_US
    if weights is not None:
        poor = part.with_poor_gyroscope(0)
        for look_us in LOOKS_US:
            kept = Recomputed("kept", float(look_us), "sample", incremental=True)
            found = kept.run(weights, poor, STEP_US, lambda reached: None)
            yield row("network, first layer kept", look_us, part, found.answers[first:, 1], found)
    for version in VERSIONS:
        flow = RecordedFlow(version=version).signed(trained)
        yield row(f"{version}, the first part", FITTED_PERIOD_US, trained, *flow.rates(trained))
        for look_us in LOOKS_US:
            way = looked_at(look_us)(version=version, sign=flow.sign)
            yield row(version, look_us, part, *way.rates(part, since_us=since))
        for clock_us in CLOCKS_US if version != "thinnest" else ():
            found_then = flow.rates(part, clock_us=clock_us, since_us=since)
            yield row(f"{version}'s sums on a clock", clock_us, part, *found_then)
        yield row(f"{version}, begun with the part", FITTED_PERIOD_US, part, *flow.rates(part))


def row(name: str, look_us: int, part: Played, found: Floats, outcome: MethodOutcome) -> list[str]:
    """Agreement and cost in words."""
    truth = part.truth(part.shown)[:, 0]
    a = Agreement.of(found, truth)
    errors = [float(np.sqrt(np.mean(off**2))) for off in np.array_split(found - truth, QUARTERS)]
    return [
        name, f"{look_us / 1000:g}", f"{a.correlation:.3f}", f"{a.error:.2f}", f"{a.slope:.2f}", f"{a.bias:+.2f}",
        " ".join(f"{error:.1f}" for error in errors), f"{1e-6 * outcome.operations / outcome.seconds:.1f}",
    ]  # fmt: skip


def main(arguments: list[str] | None = None) -> None:
    """Print the table."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("recording", type=Path)
    asked.add_argument("--weights", type=Path)
    given = asked.parse_args(arguments)
    weights = FusionWeights.load(given.weights) if given.weights else None
    print(
        "| way | looks, ms | correlation | error, deg/s | slope | bias | of four parts | million operations a second |"
    )
    for one in rows(open_events(given.recording), weights):
        print("|", " | ".join(one), "|", flush=True)


if __name__ == "__main__":
    main()
