"""`eventnet run --recording`: a rate learned from a recording, and judged on what was not learned from."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import wraps
from pathlib import Path
from typing import Any, NamedTuple

from rich.table import Table

from eventnet.scenarios.fusion import judging_figures
from eventnet.scenarios.fusion.judging import BESIDE_HEAD, KEPT_US, ROLL, Findings, judge
from eventnet.scenarios.fusion.recorded import BIAS, NOISE, PLAN, SHARE
from eventnet.scenarios.fusion.turning import AXES, NoVerdictError, Turning
from eventnet.scenarios.shared.parameter_file import Checked, entry
from eventnet.scenarios.shared.scenario import Asked, Desk, ResultNumber, Scenario, short

ESTIMATES = {
    "correlation": "corr", "best_correlation": "best", "late_ms": "late", "error": "error", "bias": "bias",
    "slope": "slope", "mean": "mean", "true_mean": "truth",
}  # fmt: skip
FUSION = ("camera", "gyroscope", "fused", "fused least", "fused most", *BESIDE_HEAD, "wins")


@dataclass(frozen=True)
class JudgingRunTable(Checked):
    """How much is learned from a recording."""

    seed: int = entry(0, "of weights and draws", 0, 2**32 - 1)
    networks: int = entry(3, "of different first weights", 1)
    epochs: int = entry(PLAN.epochs, "passes over the samples", 1)


@dataclass(frozen=True)
class JudgingParameters:
    """The only table."""

    run: JudgingRunTable = field(default_factory=JudgingRunTable)


def defaults(asked: Asked) -> JudgingParameters:
    """Three networks."""
    return JudgingParameters()


class NoVerdict(NamedTuple):
    """The finding where the gyroscope shows no turning to judge by."""

    turning: Turning


def run(parameters: JudgingParameters, desk: Desk) -> Findings | NoVerdict:
    """Learn and judge, if there is something to judge by."""
    p, file = parameters.run, desk.asked.recording
    assert file is not None
    recording = desk.asked.open_recording()
    desk.say_path(f"{p.networks} networks are to learn from the first {SHARE:.0%} of", file)
    try:
        with desk.progress("training and judging") as progress:
            return judge(
                recording, seed=p.seed, networks=p.networks, epochs=p.epochs, quiet=desk.asked.quiet,
                focal_px=desk.asked.focal_px,
                progress=lambda what, done, total: progress(done, total),
            )  # fmt: skip
    except NoVerdictError as error:
        return NoVerdict(error.turning)


def save_weights(found: Findings | NoVerdict, folder: Path) -> None:
    """Those of the median network."""
    if isinstance(found, Findings):
        found.weights.save(folder / "weights.npz")


def written(scenario: Scenario[Any, Any], parameters: JudgingParameters, asked: Asked) -> dict[str, Any]:
    """The recording, what is in place of defaults, and the plan of training."""
    return {
        "recording": asked.recording, **asked.of_recording, "quiet": asked.quiet, "focal_px": asked.focal_px,
        **vars(parameters.run), "plan": vars(PLAN),
    }  # fmt: skip


def estimates(found: Findings | NoVerdict) -> Table | None:
    """Every estimate in every playback."""
    if isinstance(found, NoVerdict):
        return None
    table = Table(
        title=f"{found.turning.name.capitalize()} rate on the part not learned from, each 10 ms: "
        "deg/s; best: the correlation of an answer so many "
        "ms late; mean beside the true mean; left-right, up-down: mirrored"
    )
    for name in ("estimate", "playback", *ESTIMATES.values()):
        table.add_column(name, justify="left" if name in ("estimate", "playback") else "right", no_wrap=True)
    for row in found.estimates:
        table.add_row(
            row["estimate"], row["playback"].removeprefix("mirrored "), *(_short(row[name]) for name in ESTIMATES)
        )
    return table


def fusion(found: Findings | NoVerdict) -> Table | None:
    """Errors with a gyroscope made poor."""
    if isinstance(found, NoVerdict):
        return None
    table = Table(title=f"With bias {BIAS:g} and noise {NOISE:g} added to the gyroscope: errors, deg/s")
    for name in ("camera's rate", *FUSION):
        table.add_column(name, justify="left" if name == "camera's rate" else "right")
    for row in found.fusion:
        wins = f"{row['wins']} of {row['draws']}" if "wins" in row else ""
        shown = (_short(row[name]) if name in row else "" for name in FUSION[:-1])
        table.add_row(row["estimate"], *shown, wins)
    return table


def sentences(found: Findings | NoVerdict) -> list[str]:
    """About which axis; the medians, and what the engine did, or why there is no verdict."""
    if isinstance(found, NoVerdict):
        return [str(found.turning)]
    m, e = found.median, found.engine
    return [
        str(found.turning),
        *([str(found.parts)] if found.parts.left_out else []),
        f"Median network: correlation {m['correlation']:.3f} ({m['best_correlation']:.3f} when {m['late_ms']:.0f} ms "
        f"late), error {m['error']:.2f} deg/s, slope {m['slope']:.2f}; {found.slope:.2f} over all playbacks.",
        f"Event by event on the engine: {e['events/s']:,.0f} events and {1e-6 * e['operations/s']:,.1f} million "
        f"operations a second ({1e-6 * e['exact operations/s']:,.0f} million recomputed at each inertial sample); "
        f"deviation from that {e['camera deviation']:.2f} deg/s, fused {e['fused deviation']:.2f}; error "
        f"{e['camera error']:.2f}, fused {e['fused error']:.2f}; {short(e['memory kB'])} kB.",
        f"The same network on a clock of {KEPT_US / 1000:g} ms, its first layer kept up to date: "
        f"{1e-6 * e['kept operations/s']:,.1f} million operations a second; error {e['kept camera error']:.2f}, fused "
        f"{e['kept fused error']:.2f}; {short(e['kept memory kB'])} kB.",
        flow_sums(found),
    ]


def flow_sums(found: Findings) -> str:
    """Agreement and cost of flow sums, and the settings that they need, in sentences."""
    f, axis = found.flow, found.turning.axis
    row = next(r for r in found.estimates if r["estimate"].startswith("flow sums") and r["playback"] == "as recorded")
    given = "unknown, taken as the picture's width" if math.isnan(f["focal px"]) else f"{f['focal px']:g} px"
    by_gyroscope = f["focal px by the gyroscope"]
    matters = "which roll hardly depends on" if axis == ROLL else "as whose inverse the rate goes"
    if not math.isnan(by_gyroscope):
        matters += f" (beside the gyroscope, in the part learned from, {by_gyroscope:.0f} px)"
    return (
        f"{row['estimate'].capitalize()}, which learn nothing but the sign ({f['sign']:+.0f}): correlation "
        f"{row['correlation']:.3f}, error {row['error']:.2f} deg/s, slope {row['slope']:.2f}; "
        f"{1e-6 * f['operations/s']:,.1f} million operations a second, {short(f['memory kB'])} kB (on a clock of "
        f"{KEPT_US / 1000:g} ms {1e-6 * f['twin operations/s']:,.0f} million, {short(f['twin memory kB'])} kB, error "
        f"{f['twin camera error']:.2f}). The focal length was "
        f"{given}, {matters}. They take it that the camera turns and nothing else moves."
    )


def numbers(found: Findings | NoVerdict) -> Iterator[ResultNumber]:
    """All numbers."""
    turning = found.turning
    yield ResultNumber("gyroscope", "axis", AXES[turning.axis])
    for axis, spread in zip(AXES, turning.spreads):
        yield ResultNumber("gyroscope", "spread", spread, "deg/s", at=axis)
    yield ResultNumber("gyroscope", "spread", turning.learned, "deg/s", at="learned from")
    yield ResultNumber("gyroscope", "spread", turning.judged, "deg/s", at="judged on")
    yield ResultNumber("gyroscope", "noise floor", turning.floor, "deg/s")
    yield ResultNumber("gyroscope", "noise floors", turning.floors)
    yield ResultNumber("verdict", "given", "yes" if isinstance(found, Findings) else "no")
    yield ResultNumber("verdict", "why", str(turning))
    if isinstance(found, NoVerdict):
        return
    yield ResultNumber("recording", "left out", 1e-6 * found.parts.left_out, "s")
    for row in found.estimates:
        for name in ESTIMATES:
            unit = (
                "ms" if name == "late_ms" else "" if name in ("correlation", "best_correlation", "slope") else "deg/s"
            )
            yield ResultNumber(row["estimate"], name, row[name], unit, at=row["playback"])
    for row in found.fusion:
        for name in (name for name in (*FUSION, "draws") if name in row):
            yield ResultNumber(
                f"poor gyroscope, {row['estimate']}", name, row[name], "" if name in ("wins", "draws") else "deg/s"
            )
    for name, value in found.median.items():
        yield ResultNumber(
            "median network", name, value, "ms" if name == "late_ms" else "deg/s" if name == "error" else ""
        )
    yield ResultNumber("median network", "slope over all playbacks", found.slope)
    for name, value in found.engine.items():
        yield ResultNumber("event by event", name, value, _unit(name))
    for name, value in found.flow.items():
        if not (isinstance(value, float) and math.isnan(value)):
            yield ResultNumber("flow sums", name, value, "px" if name == "focal px" else _unit(name))
    for name, values in found.curves.items():
        for at, value in zip(found.curves["t_ms"], values):
            if name != "t_ms":
                yield ResultNumber("curve", name, float(value), "deg/s", at=f"{at:g} ms")


def _unit(name: str) -> str:
    return (
        "1/s"
        if name.endswith("/s")
        else "s"
        if name.startswith("seconds")
        else "kB"
        if name.endswith("kB")
        else ""
        if name in ("sign", "first part slope")
        else "deg/s"
    )


def _short(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _figure(draw: Callable[[Findings], bytes]) -> Callable[[Findings | NoVerdict], bytes | None]:
    """A picture of findings, and none where there are none."""

    @wraps(draw)
    def drawn(found: Findings | NoVerdict) -> bytes | None:
        return draw(found) if isinstance(found, Findings) else None

    return drawn


JUDGING = Scenario(
    name="dvs-gyro --recording", summary="a rate learned from a recording, and judged on what was not learned from",
    defaults=defaults, run=run, tables=[estimates, fusion], sentences=sentences, numbers=numbers,
    figures={f"{name}.png": _figure(getattr(judging_figures, name)) for name in ("estimates", "scatter")},
    options=frozenset({"recording", "networks", "epochs", "quiet", "focal-px"}), manifest=lambda parameters, found: {},
    written=written, finish=save_weights, last_words="Pictures, CSV, JSON and the median network's weights:",
)  # fmt: skip
