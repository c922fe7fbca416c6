"""`eventnet run`: drives a scenario, shows what it found and writes it into a folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from eventnet import __version__
from eventnet.base.linear_algebra import one_thread
from eventnet.cli.commands import LEARN, command
from eventnet.cli.dask_option import takes_dask
from eventnet.cli.live_option import LiveOptions, live_page
from eventnet.cli.options import FreshOption, JsonOption, OutOption, SomeProcessesOption, seed_option, takes
from eventnet.cli.recordings import RecordingOptions, read_span
from eventnet.cli.report_option import report_option, run_and_report, say_written
from eventnet.cli.results import Results, Screen, manifest, resumable
from eventnet.cli.trace_option import check_place
from eventnet.cli.view_option import check_views, recorder_of, ros2_option, say_views, view_option
from eventnet.errors import ModelError
from eventnet.scenarios.shared.parameter_file import as_toml
from eventnet.scenarios.shared.scenario import SCENARIOS, Asked, Desk, Scenario, choose, parameters_of
from eventnet.view import RunRecorder

NAMES = SCENARIOS.names()
USUAL = "dvs-gyro"
"""The scenario where none is named."""

Maybe = typer.Option


@command(
    "run", "a camera of events and a gyroscope: a network updated by events, or recomputed",
    group=LEARN, usage="dvs-gyro",
)  # fmt: skip
@takes("recorded", RecordingOptions, without=("recording", "port", "tick"))
@takes("page", LiveOptions)
@takes_dask
def run(
    what: Annotated[
        list[str] | None,
        typer.Argument(metavar="[SCENARIO] [FILE.toml]", help=f"{' or '.join(NAMES)}, and a file of parameters."),
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
    train: Annotated[
        bool,
        Maybe("--train", help="Train anew, on other trajectories (some minutes); kept in --out."),
    ] = False,
    recording: Annotated[
        Path | None,
        Maybe(
            "--recording", help="Learn from a recording with a gyroscope, and judge: some minutes; stdp-dvs: seconds."
        ),
    ] = None,
    *,
    recorded: RecordingOptions,
    networks: Annotated[
        int | None, Maybe("--networks", min=1, help="With --recording, and with stdp-dvs: networks. Default: 3.")
    ] = None,
    epochs: Annotated[
        int | None,
        Maybe("--epochs", min=1, help="With --recording: passes over the samples. Default: 3."),
    ] = None,
    quiet: Annotated[
        str | None,
        Maybe(
            "--quiet",
            metavar="START,END",
            help="With --recording: when the camera is at rest, as 0s,500ms of the recording's own time: the "
            "gyroscope's noise. Default: the quietest windows.",
        ),
    ] = None,
    focal_px: Annotated[
        float | None,
        Maybe("--focal-px", min=1.0, help="With --recording: the camera's focal length in pixels. Default: unknown."),
    ] = None,
    neurons: Annotated[
        int | None, Maybe("--neurons", min=1, help="With stdp-digits and stdp-dvs. Default: 100.")
    ] = None,
    data: Annotated[
        Path | None,
        Maybe("--data", help="With stdp-digits --full: folder with MNIST's four files. Default: the cache."),
    ] = None,
    view: Annotated[Path | None, view_option("one of the runs")] = None,
    ros2: Annotated[Path | None, ros2_option("one of the runs")] = None,
    page: LiveOptions,
    report: Annotated[Path | None, report_option("one of the runs")] = None,
    out: OutOption = Path("eventnet-run"),
    processes: SomeProcessesOption = 2,
    seed: Annotated[int | None, seed_option("In place of the file's.")] = None,
    fresh: FreshOption = False,
    as_json: JsonOption = False,
) -> None:
    """Run a scenario: sensors on one clock with a trained network, or a network that learns by the times of spikes.

    Prints what it costs, how late and how wrong it is; writes pictures, CSV and JSON. Without files sensors are
    simulated, and digits are those that ship. A run that was stopped goes on from what was finished when the same
    command is run again.
    """
    screen = Screen(as_json)
    name, file = _read_arguments(what or ([] if recording is None else [USUAL]))
    recorded.check_values()
    asked = Asked(
        of_recording=recorded.said(), opened=recorded.part,
        file=file, full=full, print_config=print_config, train=train, recording=recording, networks=networks,
        epochs=epochs, quiet=read_span("--quiet", quiet), focal_px=focal_px, neurons=neurons, data=data, view=view,
        ros2=ros2, live=page.live, report=report, seed=seed, processes=processes,
    )  # fmt: skip
    scenario = choose(name, asked)
    parameters = parameters_of(scenario, asked)
    if print_config:
        screen.say_text(as_toml(parameters))
        screen.give({"parameters": as_toml(parameters)})
        return
    check_views(view, ros2)
    page.check(train=train)
    check_place(report)
    results = Results(out, "run", scenario.written(scenario, parameters, asked))
    follows_from = {"scenario": scenario.name, "parameters": as_toml(parameters), "train": train}
    follows_from |= recorded.said()
    files = [recording, data, *scenario.reads(parameters)]
    with live_page(page, scenario, parameters, screen):
        with resumable(screen, "run", follows_from, fresh=fresh, out=out, files=files):
            _perform(scenario, parameters, asked, results, screen)
        written = _report(scenario, parameters, asked, screen)
        screen.say_path(f"\n{scenario.last_words if results.pictures else 'CSV and JSON:'}", out)
        screen.give(results.to_dict() | written)


def _perform(scenario: Scenario[Any, Any], parameters: Any, asked: Asked, results: Results, screen: Screen) -> None:
    """Run, show, write the result folder, and the files of --view and --ros2."""
    found = _run_scenario(scenario, parameters, asked, results, screen)
    _show(scenario, found, screen)
    _write(scenario, parameters, found, results)
    if scenario.watch is not None and asked.is_watched:
        with _recorder(scenario, parameters, asked) as recorder:
            scenario.watch(parameters, found, recorder)
    say_views(screen, asked.view, asked.ros2)


@one_thread()
def _run_scenario(scenario: Scenario[Any, Any], parameters: Any, asked: Asked, results: Results, screen: Screen) -> Any:
    """The result of the scenario. One that is to be watched and has no `watch` is watched while it runs."""
    desk = Desk(scenario, asked, results.folder, screen.say, screen.say_path, partial(_progress, screen))
    if scenario.watch is not None or not asked.is_watched:
        return scenario.run(parameters, desk)
    with _recorder(scenario, parameters, asked) as recorder:
        return scenario.run(parameters, replace(desk, recorder=recorder))


def _show(scenario: Scenario[Any, Any], found: Any, screen: Screen) -> None:
    """Its tables and sentences on the screen."""
    for table in scenario.tables:
        if (shown := table(found)) is not None:
            screen.out.print(shown)
    for line in scenario.sentences(found):
        screen.say(line)


def _write(scenario: Scenario[Any, Any], parameters: Any, found: Any, results: Results) -> None:
    """Its numbers, pictures, further files and manifest into the result folder."""
    for number in scenario.numbers(found):
        results.add(number.run, number.quantity, number.value, number.unit, at=number.at)
    for name, draw in scenario.figures.items():
        if (picture := draw(found)) is not None:
            results.add_picture(name, picture)
    scenario.finish(found, results.folder)
    results.manifest |= scenario.manifest(parameters, found)
    results.write()


def _recorder(scenario: Scenario[Any, Any], parameters: Any, asked: Asked) -> RunRecorder:
    """The recorder of one of the runs, which writes the files of --view and --ros2."""
    about = {"version": __version__, "scenario": scenario.name, "parameters": as_toml(parameters)}
    return recorder_of(asked.view, asked.ros2, about)


def _report(scenario: Scenario[Any, Any], parameters: Any, asked: Asked, screen: Screen) -> dict[str, Any]:
    """Go through one of the runs again, and write its page; what to add to the command's JSON."""
    if scenario.reported is None or asked.report is None:
        return {}
    sim, until, title, about = scenario.reported(parameters)
    options = manifest("run", scenario.written(scenario, parameters, asked))
    made = run_and_report(sim, asked.report, until=until, title=title, about=[about], manifest=options)
    return say_written(screen, made)


@contextmanager
def _progress(screen: Screen, what: str) -> Iterator[Callable[[int, int], None]]:
    """A bar in thousandths."""
    with screen.progress(what, 1000) as bar:
        yield lambda done, of: bar(1000 * done // of)


def _read_arguments(what: list[str]) -> tuple[str, Path | None]:
    """The name of the scenario, and the file of parameters, if any. Raises ModelError for none or several of either."""
    files = [word for word in what if word.endswith(".toml")]
    names = [word for word in what if word not in files]
    _check_names(names)
    if not what or max(len(names), len(files)) > 1:
        known = ", ".join(SCENARIOS.names())
        raise ModelError(f"wanted one scenario ({known}), one file of parameters, or one of each")
    return (*names, USUAL)[0], (*map(Path, files), None)[0]


def _check_names(names: list[str]) -> None:
    """Raises ModelError for the first that is no scenario's."""
    known = SCENARIOS.names()
    for name in names:
        if name not in known:
            raise ModelError(f"unknown scenario {name!r}; there are: {', '.join(known)}, or a file that ends in .toml")
