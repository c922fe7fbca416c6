"""`eventnet run`: sensors and a network on one clock, in several ways side by side."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from eventnet.cli.commands import LEARN, command
from eventnet.cli.gaze import run_gaze
from eventnet.cli.options import FreshOption, JsonOption, resumable
from eventnet.cli.pattern import run_pattern
from eventnet.cli.pays import run_pays
from eventnet.cli.recording import run_recording
from eventnet.cli.results import Results
from eventnet.cli.screen import Screen
from eventnet.cli.stdp_digits import digits_parameters, run_stdp_digits
from eventnet.cli.stdp_dvs import run_stdp_dvs
from eventnet.errors import ModelError
from eventnet.scenarios.fusion import FusionWeights, figures
from eventnet.scenarios.fusion.parameters import Parameters
from eventnet.scenarios.fusion.pays import PaysParameters
from eventnet.scenarios.fusion.recorded import PLAN
from eventnet.scenarios.fusion.run import LEGEND, Compared, Row, compare
from eventnet.scenarios.fusion.train import train
from eventnet.scenarios.fusion.weights import NOISES
from eventnet.scenarios.gaze.parameters import GazeParameters, GazeRunTable
from eventnet.scenarios.pattern import PatternParameters
from eventnet.scenarios.pattern.parameters import PatternRunTable
from eventnet.scenarios.shared.parameter_file import as_toml, load
from eventnet.scenarios.stdp.digits_parameters import DigitsParameters
from eventnet.scenarios.stdp.dvs_parameters import FeaturesParameters, FeaturesRunTable

SCENARIOS = {
    "dvs-gyro": "a camera of events and a gyroscope tell how fast they turn",
    "robot": "the same with 20 joints at 100 Hz and a frame camera at 30 Hz on the same clock",
    "pays": "the ways at several speeds, and several gyroscopes: when is it worth it",
    "gaze": "both turn a camera against the head that it sits on, in a closed loop",
    "stdp-digits": "leaky neurons learn handwritten digits without labels, by the times of spikes",
    "stdp-pattern": "a neuron finds a repeating pattern of spikes that is hidden in noise",
    "stdp-dvs": "leaky neurons learn what patches of a camera's events look like, and tell which way things move",
}
FULL_RUN: dict[str, dict[str, Any]] = {
    "run": {"trajectories": 10, "duration_s": 5.0}, "steps": {"count": 40},
    "ways": {"bins_ms": (1.0, 5.0, 10.0, 33.0), "scales": (0.5, 1.0, 2.0, 4.0)},
}  # fmt: skip

Maybe = typer.Option


@command(
    "run", "a camera of events and a gyroscope: a network updated by events, or recomputed",
    group=LEARN, usage="dvs-gyro",
)  # fmt: skip
def run(
    what: Annotated[
        list[str] | None,
        typer.Argument(metavar="[SCENARIO] [FILE.toml]", help=f"{' or '.join(SCENARIOS)}, and a file of parameters."),
    ] = None,
    full: Annotated[
        bool,
        Maybe(
            "--full",
            help="Ten trajectories, heads or networks, every bin and scale: some minutes. stdp-digits: MNIST.",
        ),
    ] = False,
    print_config: Annotated[
        bool, Maybe("--print-config", help="Print all parameters as commented TOML, and stop.")
    ] = False,
    train_anew: Annotated[
        bool,
        Maybe("--train", help="Train anew, on other trajectories (some minutes); kept in --out."),
    ] = False,
    recording: Annotated[
        Path | None,
        Maybe(
            "--recording", help="Learn from a recording with a gyroscope, and judge: some minutes; stdp-dvs: seconds."
        ),
    ] = None,
    networks: Annotated[
        int | None, Maybe("--networks", min=1, help="With --recording, and with stdp-dvs: networks. Default: 3.")
    ] = None,
    epochs: Annotated[
        int | None,
        Maybe("--epochs", min=1, help=f"With --recording: passes over the samples. Default: {PLAN.epochs}."),
    ] = None,
    neurons: Annotated[
        int | None, Maybe("--neurons", min=1, help="With stdp-digits and stdp-dvs. Default: 100.")
    ] = None,
    data: Annotated[
        Path | None,
        Maybe("--data", help="With stdp-digits --full: folder with MNIST's four files. Default: the cache."),
    ] = None,
    out: Annotated[Path, Maybe("--out", help="Folder for pictures, CSV and JSON.")] = Path("eventnet-run"),
    processes: Annotated[int, Maybe("--processes", min=1, help="Ways that run at a time.")] = 2,
    seed: Annotated[int | None, Maybe("--seed", min=0, max=2**32 - 1, help="In place of the file's.")] = None,
    fresh: FreshOption = False,
    as_json: JsonOption = False,
) -> None:
    """Run a scenario: sensors on one clock with a trained network, or a network that learns by the times of spikes.

    Prints what it costs, how late and how wrong it is; writes pictures, CSV and JSON. Without files sensors are
    simulated, and digits are those that ship. A run that was stopped goes on from what was finished when the same
    command is run again.
    """
    screen = Screen(as_json)
    if recording is not None and "stdp-dvs" not in (what or []):
        others = full or train_anew or print_config or (neurons, data) != (None, None)
        if what not in (None, [], ["dvs-gyro"]) or others:
            raise ModelError(
                "--recording goes with stdp-dvs, or with dvs-gyro and then with --networks, --epochs, --seed, --out "
                "and --json only"
            )
        given_so = {"recording": recording, "seed": seed, "networks": networks, "epochs": epochs}
        with resumable(screen, "run", given_so, fresh=fresh, out=out, files=[recording]):
            run_recording(recording, out, seed or 0, networks or 3, epochs or PLAN.epochs, screen)
        return
    scenario, file = _read_arguments(what or [])
    if (neurons is not None and scenario not in ("stdp-digits", "stdp-dvs")) or (
        data is not None and scenario != "stdp-digits"
    ):
        raise ModelError(f"--neurons goes with stdp-digits and stdp-dvs, --data with stdp-digits; not with {scenario}")
    if (networks is not None and scenario != "stdp-dvs") or epochs is not None:
        raise ModelError(
            f"--networks goes with stdp-dvs, and both it and --epochs with dvs-gyro --recording; not with {scenario} so"
        )
    parameters: Any  # tables of any kind
    if scenario == "stdp-digits":
        parameters = digits_parameters(full=full, neurons=neurons, data=data)
    else:
        parameters = parameters_of(scenario, full=full)
    if file is not None:
        parameters = load(file, parameters)
    asked = {"seed": seed, "neurons": neurons, "networks": networks}
    given = {name: value for name, value in asked.items() if value is not None}
    parameters = replace(parameters, run=replace(parameters.run, **given))
    if train_anew and scenario in ("gaze", "pays"):
        raise ModelError(
            f"{scenario} uses trained weights, which `eventnet run dvs-gyro --train` makes; it has no --train"
        )
    if train_anew and scenario.startswith("stdp"):
        raise ModelError(f"{scenario} always learns anew; it has no --train")
    if print_config:
        screen.say_text(as_toml(parameters))
        screen.give({"parameters": as_toml(parameters)})
        return
    options = {"scenario": scenario, "file": file, "full": full, "seed": parameters.run.seed, "processes": processes}
    options |= {"train": train_anew} if recording is None else {"recording": recording}
    results = Results(out, "run", options)
    follows_from = {"scenario": scenario, "parameters": as_toml(parameters), "train": train_anew}
    files = [recording, data, *_weights_of(parameters)]
    with resumable(screen, "run", follows_from, fresh=fresh, out=out, files=files):
        if isinstance(parameters, GazeParameters):
            run_gaze(parameters, results, screen, processes)
        elif isinstance(parameters, PatternParameters):
            run_pattern(parameters, results, screen, processes)
        elif isinstance(parameters, PaysParameters):
            run_pays(parameters, weights_for, results, screen, processes)
        elif isinstance(parameters, DigitsParameters):
            run_stdp_digits(parameters, results, screen, processes)
        elif isinstance(parameters, FeaturesParameters):
            run_stdp_dvs(parameters, recording, results, screen)
        else:
            _run_ways(parameters, results, screen, scenario, processes, train_anew)
    screen.say_path("\nPictures, CSV and JSON:", out)
    screen.give(results.to_dict())


def _weights_of(parameters: Any) -> list[Path]:
    """The file of weights that parameters name, if they do."""
    named = getattr(parameters.run, "weights", "")
    return [Path(named)] if named else []


def _run_ways(
    parameters: Parameters, results: Results, screen: Screen, scenario: str, processes: int, train_anew: bool
) -> None:
    new = results.folder / "weights.npz"
    weights = _trained(parameters, screen, processes, new) if train_anew else weights_for(parameters)
    p = parameters.run
    screen.say(f"{scenario}: {SCENARIOS[scenario]}; {p.trajectories} x {p.duration_s:g} s, seed {p.seed}")
    with screen.progress("running every way", 1000) as bar:
        compared = compare(parameters, weights, processes=processes, told=lambda done, of: bar(1000 * done // of))
    for table in (costs(compared), errors(compared)):
        screen.out.print(table)
    for number, meaning in LEGEND.items():
        screen.say(f"  {number:3}{meaning}")
    for line in findings(compared):
        screen.say(line)
    for row in compared.rows:
        for quantity, value in row.items():
            if quantity != "way" and not (isinstance(value, float) and math.isnan(value)):
                results.add(row["way"], quantity, "never" if value == math.inf else value, _unit(quantity))
    for name in ("streams", "estimate", "frontier", "cost_by_event", "camera"):
        results.add_picture(f"{name.replace('_', '-')}.png", getattr(figures, name)(compared))
    results.manifest["parameters"] = as_toml(parameters)
    results.manifest["weights"] = weights.manifest
    results.write()


def _trained(parameters: Parameters, screen: Screen, processes: int, path: Path) -> FusionWeights:
    """Weights trained now, for a gyroscope like this, and saved."""
    with screen.progress("training", 1000) as bar:
        made = train(
            parameters.run.seed, processes, lambda what, done, total: bar(1000 * done // total),
            noise=parameters.gyroscope.white_noise,
        )  # fmt: skip
    made.save(path)
    screen.say_path("trained weights:", path)
    return made


def weights_for(parameters: Parameters) -> FusionWeights:
    """The weights that the parameters name, or those that ship for the gyroscope that is most like theirs."""
    if parameters.run.weights:
        return FusionWeights.load(parameters.run.weights)
    noise = parameters.gyroscope.white_noise
    return FusionWeights.shipped(min(NOISES, key=lambda known: abs(math.log((known + 1e-9) / (noise + 1e-9)))))


def _read_arguments(what: list[str]) -> tuple[str, Path | None]:
    """Which scenario, and which file."""
    files = [Path(name) for name in what if name.endswith(".toml")]
    names = [name for name in what if not name.endswith(".toml")]
    for name in names:
        if name not in SCENARIOS:
            raise ModelError(
                f"unknown scenario {name!r}; there are: {', '.join(SCENARIOS)}, or a file that ends in .toml"
            )
    if len(names) > 1 or len(files) > 1 or not what:
        raise ModelError(f"wanted one scenario ({', '.join(SCENARIOS)}), one file of parameters, or one of each")
    return names[0] if names else "dvs-gyro", files[0] if files else None


def parameters_of(scenario: str, *, full: bool) -> Parameters | GazeParameters | FeaturesParameters | PatternParameters:
    """What a scenario begins with."""
    if scenario == "stdp-dvs":
        return FeaturesParameters(run=FeaturesRunTable(networks=10 if full else 3))
    if scenario == "gaze":
        return GazeParameters(run=GazeRunTable(heads=10 if full else 2))
    if scenario == "stdp-pattern":
        return PatternParameters(run=PatternRunTable(runs=20 if full else 4))
    if scenario == "pays":
        return PaysParameters.in_full() if full else PaysParameters()
    made = Parameters()
    if full:
        made = replace(made, **{name: replace(getattr(made, name), **changed) for name, changed in FULL_RUN.items()})
    if scenario == "robot":
        made = replace(made, robot=replace(made.robot, joints=20, frames_hz=30.0))
    return made


# --- the screen ---
def costs(compared: Compared) -> Table:
    """What each way costs a second, and how late it is."""
    table = Table(
        title="Cost a second (millions; estimates in µJ at int32 and float32 prices) and latency (ms, median / 99 %)"
    )
    for name in ("way", "adds", "multiplies", "checks", "all", "µJ int32", "float32", "event to answer", "half-way"):
        table.add_column(name, justify="left" if name == "way" else "right", no_wrap=name == "way")
    for row in compared.rows:
        if "operations/s" not in row:
            continue
        table.add_row(
            row["way"], *(_short(1e-6 * row[f"{name}/s"]) for name in ("adds", "multiplies", "checks", "operations")),
            *(_short(row[f"uJ/s, {name} prices"]) for name in ("int32", "float32")),
            f"{_short(row['event to answer ms'])} / {_short(row['event to answer ms p99'])}", _half_way(row, "fused"),
        )  # fmt: skip
    return table


def errors(compared: Compared) -> Table:
    """How far each way is off, from the truth and from way 1."""
    table = Table(title="Error against the truth, deg/s (root mean square), deviation from way 1, half-way latency, ms")
    names = ("way", "fused", "DVS", "gyroscope", "deviation: fused", "DVS", "half-way: DVS", "gyroscope")
    for name in names:
        table.add_column(name, justify="left" if name == "way" else "right", no_wrap=name == "way")
    for row in compared.rows:
        table.add_row(
            row["way"], *(_short(row.get(f"{name} error")) for name in ("fused", "dvs", "gyro")),
            *(_short(row.get(f"{name} deviation")) for name in ("fused", "dvs")),
            _half_way(row, "dvs"), _half_way(row, "gyro"),
        )  # fmt: skip
    return table


def findings(compared: Compared) -> list[str]:
    """The event-driven ways beside the recomputed ones, in sentences."""
    full, kept, sampled, fixed = (compared.rows[k] for k in range(1, 5))
    made = []
    for row in compared.rows:
        if not row["way"].startswith("4"):
            continue

        def times(quantity: str, other: Row, row: Row = row) -> float:
            return float(other[quantity] / row[quantity]) if row[quantity] else math.inf

        cost, energies = "operations/s", [times(f"uJ/s, {name} prices", fixed) for name in ("int32", "float32")]
        parts = [
            f"{row['way']}: {times(cost, full):,.0f} times fewer operations than 1, {times(cost, kept):.1f} than 1i, "
            f"{times(cost, sampled):.2f} than 1k, {times(cost, fixed):.2f} than 2",
            f"{energies[0]:.2f} times less energy than 2 by estimate (int32; {energies[1]:.2f} at float32 prices)",
            f"fused error {100 * (row['fused error'] / full['fused error'] - 1):+.1f} %",
            f"an event is answered {times('event to answer ms', fixed):.1f} times sooner than in 2",
        ]
        if row.get("fused half-way ms", math.nan) > 0:
            parts.append(f"a step {times('fused half-way ms', fixed):.1f} times sooner")
        made.append(f"{'; '.join(parts)}; break-even {row['break-even events a bin']:,.0f} events a bin.")
    best, runs = min(full["dvs error"], full["gyro error"]), len(compared.runs)
    made.append(
        f"Fused {full['fused error']:.2f} deg/s, {full['fused error'] / best:.2f} of the better sensor alone; "
        f"below both in {full['fused below both']} of {runs} trajectories."
    )
    return made


def _half_way(row: Row, name: str) -> str:
    if f"{name} half-way ms" not in row:
        return ""
    unsure = row[f"{name} steps unsure"]
    text = f"{_short(row[f'{name} half-way ms'])} / {_short(row[f'{name} half-way ms p99'])}"
    return text + (f" ({unsure} unsure)" if unsure else "")


def _short(value: Any) -> str:
    """Three digits; nothing for nothing."""
    if value is None or math.isnan(value):
        return "" if value is None else "-"
    if math.isinf(value):
        return "never"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _unit(quantity: str) -> str:
    for end, unit in (("/s", "1/s"), ("error", "deg/s"), ("deviation", "deg/s")):
        if end in quantity and not quantity.startswith("uJ"):
            return unit
    return "uJ/s" if quantity.startswith("uJ") else "ms" if " ms" in quantity else ""
