"""Evaluation of a rate learned from a recording: on held-out data, mirrored, backwards, and beside counting.

That an estimate goes with the rate proves little where counting events does, too. Backwards the rate is the negative,
and so it is in a mirror (in one of two, but for a roll), and the count is as before. Where the gyroscope shows no more
than its noise, nothing is judged.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from time import process_time
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from eventnet.base.old_names import renamed_arguments
from eventnet.given import SEEDS, whole_number
from eventnet.io import Recording
from eventnet.scenarios.fusion.filters import AXES as FILTER_AXES
from eventnet.scenarios.fusion.filters import Complementary, filter_head
from eventnet.scenarios.fusion.methods import EventDriven, MethodOutcome, Recomputed
from eventnet.scenarios.fusion.named import memory
from eventnet.scenarios.fusion.network import FusionWeights
from eventnet.scenarios.fusion.recomputed import ExactHead, ExactRates
from eventnet.scenarios.fusion.recorded import (
    NOISE,
    PLAN,
    STEP_US,
    AllAxes,
    Parts,
    Played,
    RecordedFlow,
    learn,
    part_of,
    parts_of,
)
from eventnet.scenarios.fusion.turning import NoVerdictError, Turning, turning_of

Floats = NDArray[np.float64]
Row = dict[str, Any]

BESIDE_HEAD = {
    "cheap head": "cheap", "complementary filter": "complementary", "Kalman filter with bias": "Kalman",
    "gyroscope, slow traces": "slow traces",
}  # fmt: skip
"""Filters in place of the head of a learned rate; the last hears no camera."""
DRAWS = 20
"""Number of draws of the errors that are added to the gyroscope."""
WINDOWS_US = (50_000, 100_000)
KEPT_US = 2000
"""The network on a clock, its first layer kept up to date, is recomputed so often."""
LEAST_US = 2000
"""The event-driven network looks at patches without events no more often: the fastest traces fade with 3 ms."""
SCALE = 2.0
"""The event-driven network: quanta a standard deviation of patches; 4 times as many of regions and hidden units."""
ROLL = 2
"""The axis whose rate does not go with the focal length."""


@dataclass(frozen=True)
class Agreement:
    """Agreement of an estimate with the truth; degrees a second.

    late_ms: the shift, 0 to 60 ms, at which the correlation is best. slope: of the estimate over the truth, by least
    squares.
    """

    correlation: float
    best_correlation: float
    late_ms: int
    error: float
    bias: float
    slope: float
    mean: float
    true_mean: float

    @classmethod
    def of(cls, found: Floats, truth: Floats) -> Agreement:
        """Both [n], at steps of 10 ms."""
        shifted = [_correlation(found[k:], truth[: len(truth) - k]) for k in range(7)]
        best, off = int(np.argmax(shifted)), found - truth
        slope = float(np.polyfit(truth, found, 1)[0])
        return cls(
            shifted[0], shifted[best], best * STEP_US // 1000, float(np.sqrt(np.mean(off**2))), float(off.mean()),
            slope, float(found.mean()), float(truth.mean()),
        )  # fmt: skip


def _correlation(a: Floats, b: Floats) -> float:
    return float(np.corrcoef(a, b)[0, 1])


def camera_rates(weights: FusionWeights, part: Played, times: Floats) -> Floats:
    """The camera's rates [n, 1] at these times, exact in float64."""
    exact, made, begin = ExactRates(weights), [], 0
    for until, events in part.camera():
        made.append(exact.take(events, times[(times >= begin) & (times < until)]))
        begin = until
    return np.concatenate(made)


def answers(weights: FusionWeights, part: Played, rates: Floats, at: Floats) -> dict[str, Floats]:
    """The head's answers at the times `at`, each [n]; rates: the camera's, at the times of the part's gyroscope."""
    times, values = part.said()
    made = ExactHead(weights).take(times, values, times, rates, at)
    return dict(zip(("fused", "dvs", "gyro"), made.T))


def counted(part: Played, trained: Played, width_us: float, at: Floats) -> Floats:
    """The rate [n] that the number of events in a window before each time says, on a line fitted in training."""
    seen = trained.shown
    line = np.polyfit(_count(trained, seen, width_us), trained.truth(seen)[:, 0], 1)
    return np.asarray(np.polyval(line, _count(part, at, width_us)), np.float64)


def _count(part: Played, at: Floats, width_us: float) -> Floats:
    t = part.events["t"]
    return np.asarray(np.searchsorted(t, at) - np.searchsorted(t, at - width_us), np.float64)


class Fused(NamedTuple):
    """Errors in so many draws of a poor gyroscope, degrees a second, [draws] each; and in how many fusion beat both.

    filters: of each of `BESIDE_HEAD`, in place of the head.
    """

    fused: Floats
    camera: Floats
    gyroscope: Floats
    wins: int
    filters: dict[str, Floats]


def fuse(weights: FusionWeights, part: Played, draws: int = DRAWS) -> Fused:
    """Put the camera together with the gyroscope made poor, time after time."""
    at, rates, errors = part.shown, np.empty((0, 1)), []
    others: dict[str, list[float]] = {name: [] for name in BESIDE_HEAD}
    truth = part.truth(at)[:, 0]
    for draw in range(draws):
        poor = part.with_poor_gyroscope(draw)
        if not len(rates):  # the poor gyroscope's times are the same in each draw
            rates = camera_rates(weights, part, poor.said()[0])
        found = answers(weights, poor, rates, at)
        errors.append([np.sqrt(np.mean((found[name] - truth) ** 2)) for name in ("fused", "dvs", "gyro")])
        for name, values in filtered(poor, rates, at).items():
            others[name].append(float(np.sqrt(np.mean((values - truth) ** 2))))
    fused, camera, gyroscope = np.array(errors).T
    wins = int(np.sum(fused < np.minimum(camera, gyroscope)))
    return Fused(fused, camera, gyroscope, wins, {name: np.array(found) for name, found in others.items()})


def fuse_sums(flow: RecordedFlow, part: Played, since_us: int, draws: int = DRAWS) -> dict[str, Floats]:
    """Errors of flow sums put together with the gyroscope made poor by each of `BESIDE_HEAD`, [draws] each.

    since_us: of the recording, from which on what lies before the part is played first.
    """
    at, truth = part.shown, part.truth(part.shown)[:, 0]
    times = part.with_poor_gyroscope(0).said()[0]
    rates = flow.rates(part, since_us=since_us, times=times)[0][:, None]
    found = [filtered(part.with_poor_gyroscope(draw), rates, at) for draw in range(draws)]
    return {name: np.array([np.sqrt(np.mean((values[name] - truth) ** 2)) for values in found]) for name in BESIDE_HEAD}


def filtered(part: Played, rates: Floats, at: Floats) -> dict[str, Floats]:
    """Answers of each of `BESIDE_HEAD` at the times `at`, each [n], held from the gyroscope's sample before.

    rates: the camera's, at the times of the gyroscope. Numbers are those of the simulation; gains of a sample go with
    the time between two.
    """
    times, values = part.said()
    held = np.searchsorted(times, at, "right") - 1
    pace = 1e-3 * float(np.median(np.diff(times)))  # of samples, beside the 1,000 a second that numbers are for
    made = {}
    for label, name in BESIDE_HEAD.items():
        head = filter_head(name, 0.0, NOISE)
        if isinstance(head.numbers, Complementary):
            head = replace(head, numbers=Complementary(*(pace * gain for gain in head.numbers)))
        three = [np.repeat(one[:, :1], FILTER_AXES, axis=1) for one in (values, rates)]
        made[label] = head.begin().take(times, three[0], times, three[1], times)[held, 0]
    return made


# --- all of it ---
@dataclass
class Findings:
    """The findings of `judge`.

    estimates: a row an estimate and playback. fusion: a row a network, and one of flow sums, which have no learned
    head. engine, flow: one row each, of networks and of flow sums. curves: of the median network on the part as it was,
    with the gyroscope's first draw. weights: of that network. median: over the networks; middle: its name. slope: of
    that network's estimate over the truth, all playbacks together. turning: about which axis, and what the gyroscope
    shows of it. parts: of the recording.
    """

    estimates: list[Row]
    fusion: list[Row]
    engine: Row
    flow: Row
    curves: dict[str, Floats]
    weights: FusionWeights
    median: dict[str, float]
    middle: str
    slope: float
    turning: Turning
    parts: Parts


@renamed_arguments(told="progress")
def judge(
    recording: Recording, *, seed: int = 0, networks: int = 3, epochs: int = PLAN.epochs, draws: int = DRAWS,
    quiet: tuple[int, int] | None = None, focal_px: float | None = None,
    progress: Callable[[str, int, int], None] = lambda what, done, total: None,
) -> Findings:  # fmt: skip
    """Train networks from this seed on with the first part of a recording, and judge them on the rest.

    The rate is that about the axis with the largest spread. Flow sums are judged beside them. quiet: as in
    `turning_of`. focal_px: the camera's, None if it is not known. progress: hears what is being
    done, how much of it is done, and of how much. Raises ModelError for counts that are none, NoVerdictError, before
    anything is learned, where the gyroscope shows no turning to judge by, and what `parts_of` and `Played` do.
    """
    last = SEEDS[1] - whole_number("networks", networks, 1)
    seed, epochs = whole_number("seed", seed, 0, last), whole_number("epochs", epochs, 0)
    draws = whole_number("draws", draws, 1)
    parts = parts_of(recording)
    turning = turning_of(recording, parts, quiet)
    if not turning.enough:
        raise NoVerdictError(recording.path, turning)
    trained = Played(recording, parts.training(), axis=turning.axis)
    played = {name: Played(recording, way, axis=turning.axis) for name, way in parts.playbacks().items()}
    forward, learned, seen, estimates, fusion = played["as recorded"], [], [], [], []
    for k in range(networks):
        weights = learn(
            trained, seed + k, epochs=epochs,
            progress=lambda done, total, k=k: progress("training", k * total + done, networks * total),
        )  # fmt: skip
        learned.append(weights)
        seen.append({name: camera_rates(weights, part, part.shown)[:, 0] for name, part in played.items()})
        estimates += [_row(f"camera, seed {seed + k}", name, seen[k][name], part) for name, part in played.items()]
        fused = fuse(weights, forward, draws)
        fusion.append({
            "estimate": f"seed {seed + k}", "camera": float(fused.camera.mean()),
            "gyroscope": float(fused.gyroscope.mean()), "fused": float(fused.fused.mean()),
            "fused least": float(fused.fused.min()), "fused most": float(fused.fused.max()), "wins": fused.wins,
            "draws": draws, **{name: float(values.mean()) for name, values in fused.filters.items()},
        })  # fmt: skip
    for width in WINDOWS_US:
        for name, part in played.items():
            found = counted(part, trained, width, part.shown)
            estimates.append(_row(f"events in {width // 1000} ms", name, found, part))
    flow = RecordedFlow(focal_px).signed(trained)
    since = part_of(trained.playback)[0]
    summed = {name: flow.rates(part, since_us=since) for name, part in played.items()}
    estimates += [_row(flow.name, name, rates, played[name]) for name, (rates, _) in summed.items()]
    error = Agreement.of(summed["as recorded"][0], forward.truth(forward.shown)[:, 0]).error
    fusion.append({
        "estimate": flow.name, "camera": error, "gyroscope": fusion[0]["gyroscope"], "draws": draws,
        **{name: float(values.mean()) for name, values in fuse_sums(flow, forward, since, draws).items()},
    })  # fmt: skip
    forwards = [row for row in estimates if row["estimate"].startswith("camera") and row["playback"] == "as recorded"]
    middle = int(np.argsort([row["correlation"] for row in forwards])[networks // 2])
    median = {
        name: float(np.median([row[name] for row in forwards]))
        for name in ("correlation", "best_correlation", "late_ms", "error", "slope")
    }
    weights = learned[middle]
    return Findings(
        estimates, fusion, on_engine(weights, forward), on_sums(flow, summed["as recorded"][1], forward, trained),
        _curves(weights, forward, trained) | {flow.name: summed["as recorded"][0]}, weights, median,
        forwards[middle]["estimate"], _slope(seen[middle], played), turning, parts,
    )  # fmt: skip


def _slope(found: dict[str, Floats], played: dict[str, Played]) -> float:
    """Of the estimates of playbacks over the truth, by least squares, where rates of both signs come together."""
    truth = [part.truth(part.shown)[:, 0] for part in played.values()]
    return float(np.polyfit(np.concatenate(truth), np.concatenate([found[name] for name in played]), 1)[0])


def _row(estimate: str, playback: str, found: Floats, part: Played) -> Row:
    return {"estimate": estimate, "playback": playback} | asdict(Agreement.of(found, part.truth(part.shown)[:, 0]))


def _curves(weights: FusionWeights, part: Played, trained: Played) -> dict[str, Floats]:
    at, poor = part.shown, part.with_poor_gyroscope(0)
    said = answers(weights, poor, camera_rates(weights, poor, poor.said()[0]), at)
    made = {"t_ms": at / 1000, "truth": part.truth(at)[:, 0], "camera": said["dvs"], "gyroscope": said["gyro"]}
    counts = {f"events in {width // 1000} ms": counted(part, trained, width, at) for width in WINDOWS_US}
    return made | {"fused": said["fused"]} | counts


def on_engine(weights: FusionWeights, part: Played) -> Row:
    """The network event by event on the clock, beside the same answers recomputed exactly at each inertial sample."""
    poor, first = part.with_poor_gyroscope(0), int(part.shown[0]) // STEP_US
    exact = Recomputed("exact", "sample", "sample", incremental=True).run(weights, poor, STEP_US, lambda reached: None)
    method = EventDriven("event-driven", (SCALE, 4 * SCALE, 4 * SCALE), least_us=LEAST_US)
    on_period = Recomputed("kept", float(KEPT_US), "sample", incremental=True)
    kept = on_period.run(weights, poor, STEP_US, lambda reached: None)
    begin = process_time()
    found = method.run(weights, poor, STEP_US, lambda reached: None)
    spent, off = process_time() - begin, (found.answers - exact.answers)[first:]
    truth = part.truth(part.shown)[:, :1]
    errors, on_clock = (np.sqrt(np.mean((some.answers[first:] - truth) ** 2, axis=0)) for some in (found, kept))
    deviations = np.sqrt(np.mean(off**2, axis=0))
    return {
        "events/s": found.events / found.seconds, "operations/s": found.operations / found.seconds,
        "exact operations/s": exact.operations / exact.seconds, "camera deviation": float(deviations[1]),
        "fused deviation": float(deviations[0]), "camera error": float(errors[1]), "fused error": float(errors[0]),
        "kept operations/s": kept.operations / kept.seconds, "kept camera error": float(on_clock[1]),
        "kept fused error": float(on_clock[0]), "memory kB": memory(method, weights) / 1000,
        "kept memory kB": memory(on_period, weights) / 1000, "seconds of computing": spent,
        "seconds recorded": found.seconds,
    }  # fmt: skip


def focal_from(used_px: float, slope: float, axis: int) -> float:
    """The focal length in pixels at which flow sums had a slope of 1 over the gyroscope, where they had this slope.

    Rates of pitch and yaw go as its inverse. It is short by as much as sums shrink rates: some percent, more in scenes
    of little contrast. Not a number for roll, which does not tell it, and for a slope that is not above 0.
    """
    return used_px * slope if axis != ROLL and slope > 0 else float("nan")


def on_sums(flow: RecordedFlow, found: MethodOutcome, part: Played, trained: Played) -> Row:
    """Costs of flow sums and of their twin on a clock, their settings, and their error in the part learned from."""
    rates, twin = flow.rates(part, clock_us=KEPT_US, since_us=part_of(trained.playback)[0])
    first = Agreement.of(flow.rates(trained)[0], trained.truth(trained.shown)[:, 0])
    size = AllAxes(part).size
    used = flow.focal_px or float(size.width)
    bytes_of = [memory(flow.method(size, clock), size) for clock in (None, KEPT_US)]
    return {
        "events/s": found.events / found.seconds, "operations/s": found.operations / found.seconds,
        "twin operations/s": twin.operations / twin.seconds,
        "twin camera error": Agreement.of(rates, part.truth(part.shown)[:, 0]).error, "sign": flow.sign,
        "memory kB": bytes_of[0] / 1000, "twin memory kB": bytes_of[1] / 1000,
        "focal px": flow.focal_px or float("nan"),
        "focal px by the gyroscope": focal_from(used, first.slope, part.axis),
        "first part error": first.error, "first part slope": first.slope,
    }  # fmt: skip
