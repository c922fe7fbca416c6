"""Every picture of the package and of its scenarios can be read: no text under 9 pixels at a width of 700, none on another."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import test_attitude_run
import test_fusion_flow_law
import test_fusion_pays
import test_fusion_run
import test_gaze_run
import test_pattern_figures
import test_plotting_axes
import test_plotting_recorded
import test_stdp_digits
import test_stdp_dvs
from anytime_cases import spiking
from few import few, part
from quick_forms import QUICK_HERE, QUICK_LONG, READ_ELSEWHERE, can_be_read
from test_analysis_cancellation import to_and_fro
from test_analysis_replay import chain
from test_ledger import two_sensors

import eventnet as en
from eventnet import CostLedger, analysis, plotting
from eventnet.cli import anytime as cli_anytime
from eventnet.event import PIXEL_EVENT
from eventnet.order import ORDERS
from eventnet.plotting import png as command_line
from eventnet.plotting import style
from eventnet.scenarios.attitude import figures as attitude
from eventnet.scenarios.brunel import BrunelOutcome, BrunelParameters
from eventnet.scenarios.brunel import figures as brunel_figures
from eventnet.scenarios.brunel.parameters import BrunelRunTable
from eventnet.scenarios.brunel.run import Regime
from eventnet.scenarios.fusion import figures as fusion
from eventnet.scenarios.fusion import judging_figures, scenario_flow_law, scenario_pays
from eventnet.scenarios.gaze import figures as gaze
from eventnet.scenarios.microcircuit import POPULATIONS, MicrocircuitOutcome, MicrocircuitParameters
from eventnet.scenarios.microcircuit import figures as microcircuit_figures
from eventnet.scenarios.orders.subjects import SUBJECTS
from eventnet.scenarios.pattern import PatternParameters
from eventnet.scenarios.pattern import compare as listen
from eventnet.scenarios.pattern import figures as pattern
from eventnet.scenarios.reproductions import (
    collapse,
    early_guess,
    frame_rate,
    hyperparameters,
    larger_network,
    mnist,
    newsgroups,
    nir_nmnist,
    nmnist,
    one_way_gate,
    order_learning,
    pd_depth,
    pd_mnist,
    pd_video,
    routing_order,
    sigma_delta_mnist,
    sigma_delta_video,
)
from eventnet.scenarios.reproductions.common.digits_in_video import SIDE
from eventnet.scenarios.reproductions.common.registry import REPRODUCTIONS
from eventnet.scenarios.reproductions.common.report import Request
from eventnet.scenarios.sensors.dvs import picture as sensor_picture
from eventnet.scenarios.settling import figures as settling
from eventnet.scenarios.settling.follow_run import PixelChanges
from eventnet.scenarios.settling.parameters import FollowParameters, RecallParameters
from eventnet.scenarios.settling.recall_run import Recalled
from eventnet.scenarios.shared.parameter_file import loads
from eventnet.scenarios.shared.scenario import everything
from eventnet.scenarios.stdp import digits_figures, dvs_figures
from eventnet.scenarios.vogels_abbott import Benchmark, VogelsAbbottOutcome, VogelsAbbottParameters
from eventnet.scenarios.vogels_abbott import figures as vogels_abbott_figures
from eventnet.scenarios.vogels_abbott.parameters import VogelsAbbottRunTable

RNG = np.random.default_rng(0)
SEEDS = (1, 2, 3)


# --- the package ---
def run_of_a_sensor() -> Any:
    return two_sensors()[1]


def ledger() -> CostLedger:
    return CostLedger.of(run_of_a_sensor())


def cancelled() -> Any:
    net, a = to_and_fro()
    return analysis.cancellation(en.simulate(net, [(0, a.spikes, 0, 1)], record=True, engine="reference"))


def answers() -> dict[str, Any]:
    shown, y, _ = spiking(8)
    return {one.order: one for one in analysis.anytime(shown, y, orders=["depth", "breadth"], engine="reference")}


def influences() -> Any:
    return analysis.influence(analysis.Replay.of(chain(n=12)[1], checkpoints=4), [3, 7, 11])


def worth() -> Any:
    return analysis.Worth(0, "a.out", "b.spikes", np.arange(4), np.array([1.0, 2, -3, 4]), np.full(4, 2.0))


def trains(units: int) -> analysis.SpikeTrains:
    t = np.sort(RNG.integers(0, 2000, 20 * units))
    return analysis.SpikeTrains(t, RNG.integers(0, units, len(t)), units, 0, 2000, 1e-4)


PLOTS: dict[str, Callable[[], Any]] = {
    "adds_by_module": lambda: plotting.adds_by_module(run_of_a_sensor()),
    "cost_over_time": lambda: plotting.cost_over_time(ledger()),
    "draw_anytime": lambda: plotting.draw_anytime(answers()),
    "draw_cancelled": lambda: plotting.draw_cancelled(cancelled()),
    "draw_influence": lambda: plotting.draw_influence(influences()),
    "draw_variation": lambda: plotting.draw_variation(cancelled()),
    "draw_worth": lambda: plotting.draw_worth(worth(), (2, 2)),
    "heat_map": lambda: plotting.heat_map(ledger(), 4, 3),
    "network_graph": lambda: plotting.network_graph(run_of_a_sensor().net),
    "population_rate": lambda: plotting.population_rate(trains(40), 10),
    "potential": lambda: plotting.potential(test_plotting_recorded.recorded(3)),
    "raster": lambda: plotting.raster(run_of_a_sensor()),
    "sizes_of_cascades": lambda: plotting.sizes_of_cascades(ledger()),
}


def test_every_public_plot_is_here() -> None:
    assert set(PLOTS) == set(plotting.__all__)


@pytest.mark.parametrize("name", PLOTS)
def test_plots_can_be_read(name: str) -> None:
    can_be_read(PLOTS[name]().figure)


@pytest.mark.parametrize("name", test_plotting_axes.PLOTS)
def test_plots_of_training_can_be_read(name: str) -> None:
    can_be_read(test_plotting_axes.PLOTS[name]().figure)


ADDS = {"a": {"input": 1000.0, "learning": 500.0}, "b": {"synaptic": 300.0}}
LINES = {"one": command_line.Line("one", style.BLUE), "other": command_line.Line("other", style.ORANGE, "--")}
COMMANDS: dict[str, Callable[[], bytes]] = {
    "adds_by_layer": lambda: command_line.adds_by_layer({"Training": ADDS, "Answering": ADDS}),
    "anytime_error": lambda: command_line.anytime_error(
        np.array([1e4, 9e4]), np.array([5.0, 80.0]), np.array([0.5, 0.25]), [test_plotting_axes.DOT]
    ),
    "learning_curve": lambda: command_line.learning_curve(test_plotting_axes.ERRORS, LINES, "Test error by epoch"),
    "network_graph": lambda: command_line.network_graph(run_of_a_sensor().net),
    "raster": lambda: command_line.raster(
        np.zeros(784, np.uint8), [test_plotting_axes.LAYER] * 3, test_plotting_axes.OUTPUTS, 1, "One digit as events"
    ),
    "sequences": lambda: command_line.sequences(
        dict.fromkeys(("breadth", "depth"), (np.array([0, 2, 3]), np.array([0, 1, 0]))), ["x", "y"]
    ),
}


def test_every_picture_of_the_command_line_is_here() -> None:
    assert set(COMMANDS) == {name for name in command_line.__all__ if name.islower()}


@pytest.mark.parametrize("name", COMMANDS)
def test_pictures_of_the_command_line_can_be_read(name: str, drawn: list[Any]) -> None:
    COMMANDS[name]()
    can_be_read(drawn[0])


def test_the_picture_of_anytime_answers_can_be_read(drawn: list[Any]) -> None:
    results = SimpleNamespace(add_picture=lambda name, content: None)
    contests = [SimpleNamespace(guesses=answers(), worths=[])]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cli_anytime, "by_name", lambda contests: {name: [one] for name, one in answers().items()})
        cli_anytime._draw(results, contests, "dsn")  # type: ignore[arg-type]
    can_be_read(drawn[0])


def test_a_network_of_many_ranks_can_be_read() -> None:
    net = en.Network()
    before: Any = net.add(en.Relay(2, name="relay0"))
    for k in range(8):
        layer = net.add(en.Relay(2, name=f"relay{k + 1}"))
        net.connect(before.out, layer.spikes)
        before = layer
    can_be_read(plotting.network_graph(net).figure)


# --- scenarios ---
def an_outcome() -> Any:
    return listen(loads(test_pattern_figures.TEXT.format(2.5, 15), PatternParameters()), progress=lambda done, of: None)


def judged() -> Any:
    t = np.arange(0, 1000, 10.0)
    rates = {name: 40 + 10 * np.sin(t / 99 + k) for k, name in enumerate(judging_figures.LOOKS)}
    rows = [
        {"estimate": estimate, "playback": playback, "mean": mean, "true_mean": 40.0, "slope": 1.0, "correlation": 0.9}
        for estimate, mean in (("median", 41.0), ("events in 50 ms", 35.0))
        for playback in ("as recorded", "mirrored left-right", "mirrored up-down", "backwards")
    ]
    return SimpleNamespace(
        curves={"t_ms": t} | rates, estimates=rows, middle="median", turning=SimpleNamespace(name="roll")
    )  # fmt: skip


def a_camera() -> bytes:
    events = np.zeros(400, PIXEL_EVENT)
    events["t"], events["x"], events["y"], events["p"] = np.arange(400) * 50, 3, 4, np.arange(400) % 2
    return sensor_picture(np.zeros((6, 8)), events, title="A frame of the camera, then 20 ms of events")


def of(module: Any, names: str, found: Callable[[], Any]) -> dict[str, Callable[[], bytes]]:
    return {f"{module.__name__}.{name}": lambda name=name: getattr(module, name)(found()) for name in names.split()}


def recalled() -> Recalled:
    """Energies that fall and overlaps that rise, by order."""
    falls = {order: -20_000 + np.sort(RNG.uniform(0, 16_000, 50 + 30 * k))[::-1] for k, order in enumerate(ORDERS)}
    return Recalled(RecallParameters(), [], falls, {o: np.linspace(0.5, 1, len(e)) for o, e in falls.items()}, True)


def pixel_by_pixel() -> PixelChanges:
    """Outputs that wander, and what each of 150 pixels costs."""
    outputs = np.cumsum(RNG.normal(0, 0.1, (151, 10)), axis=0)
    rows = [{"from scratch": 11_374, "adds a pixel": 795}]
    return PixelChanges(
        FollowParameters(), rows, 18.8, {}, {}, outputs, RNG.integers(300, 4000, 151), (7, 2), SimpleNamespace()
    )  # type: ignore[arg-type]


def two_regimes() -> BrunelOutcome:
    """Spikes at random, in place of those of networks."""
    p = BrunelParameters(run=BrunelRunTable(duration_ms=200, measured_from_ms=0))
    row = {"excitatory rate, Hz": 43.6}
    regimes = [
        Regime(name, {"excitatory": trains(8000), "inhibitory": trains(2000)}, row) for name in ("g 5, eta 2", "g 3")
    ]
    return BrunelOutcome(p, regimes)


def two_benchmarks() -> VogelsAbbottOutcome:
    """The same in place of benchmarks."""
    p = VogelsAbbottParameters(run=VogelsAbbottRunTable(duration_ms=200, measured_from_ms=0))
    row = {"excitatory rate, Hz": 18.9}
    made = [
        Benchmark(name, {"excitatory": trains(3200), "inhibitory": trains(800)}, row)
        for name in ("1, conductances", "3, currents")
    ]
    return VogelsAbbottOutcome(p, made)


def eight_populations() -> MicrocircuitOutcome:
    """The same in place of a microcircuit."""
    return MicrocircuitOutcome(MicrocircuitParameters(), {name: trains(500) for name in POPULATIONS}, {}, {})


SCENES: dict[str, Callable[[], bytes]] = {
    **of(fusion, "streams estimate camera", lambda: test_fusion_run.compared()),
    **of(fusion, "frontier cost_by_event", lambda: test_fusion_run.compared()),
    **of(scenario_pays, "against_speed", lambda: test_fusion_pays.paid()),
    **of(scenario_flow_law, "against_clock", lambda: test_fusion_flow_law.found()),
    **of(judging_figures, "estimates scatter", judged),
    **of(attitude, "removals stretch", lambda: test_attitude_run.side_by_side()),
    **of(gaze, "slip cost command", lambda: test_gaze_run.side_by_side()),
    **of(pattern, "weights raster potential latency", an_outcome),
    **of(brunel_figures, "raster", two_regimes),
    **of(vogels_abbott_figures, "raster", two_benchmarks),
    **of(microcircuit_figures, "raster", eight_populations),
    **of(settling, "energy", recalled),
    **of(settling, "pixels", pixel_by_pixel),
    **of(digits_figures, "fields confusion raster cost", lambda: test_stdp_digits.learned()),
    **of(dvs_figures, "features spikes direction", lambda: test_stdp_dvs.found()),
    "a camera": a_camera,
}


def test_every_picture_of_a_scenario_is_here() -> None:
    drawn = {f"{draw.__module__}.{draw.__name__}" for scenario in everything() for draw in scenario.figures.values()}
    assert drawn <= set(SCENES)


@pytest.mark.slow
@pytest.mark.parametrize("name", few(part(SCENES, 2), 6))
def test_pictures_of_scenarios_can_be_read(name: str, drawn: list[Any]) -> None:
    SCENES[name]()
    can_be_read(drawn[0])


# --- reproductions ---
def falling(n: int, scale: float = 50.0) -> list[float]:
    return [scale / (k + 1) + float(RNG.uniform(1, 2)) for k in range(n)]


def guesses(request: Request) -> Any:
    rows = [
        {"network": kind, "seed": seed, "step": step, "error": 60 / step + seed, "adds": 30_000 * step,
         "adds after input": 12_000 * step, "ReLU error": 2.0, "sparse": 60_000, "dense": 200_000,
         "sparse after input": 20_000, "dense after input": 93_000}
        for kind in early_guess.KINDS for seed in SEEDS for step in range(1, 11)
    ]  # fmt: skip
    return early_guess._draw(request, rows)


def rates(request: Request) -> Any:
    steps = frame_rate.STEPS
    cases = [
        frame_rate.ClipAtSteps(
            video, kind, 30.0, "16 16 8 16", {s: 1e5 * (k + 1) * s**0.5 for s in steps},
            *({s: np.linspace(0.01, 0.05 * (k + 1), 4) * s**0.5 for s in steps} for _ in range(2)), *(np.random.default_rng(k).random((4, 60)) for _ in range(2)),
        )
        for k, (video, kind) in enumerate((v, k) for v in ("bottle", "carphone") for k in frame_rate.KINDS)
    ]  # fmt: skip
    frame_rate.stability_picture(request, cases)
    return frame_rate.picture(request, cases, 5_000_000)


def variants(request: Request) -> Any:
    rows = [
        {"variant": name, "seed": seed, "samples": 200_000, "error": (published or 3.0) + 0.1 * seed}
        for name, (published, _) in hyperparameters.VARIANTS.items() for seed in SEEDS
    ]  # fmt: skip
    return hyperparameters._draw(replace(request, quick=False), rows)


def beside_relu(request: Request) -> Any:
    rows = [
        {"network": kind, "seed": seed, "epoch": k + 1, "test": error, "training": error / 2}
        for kind in mnist.NAMES for seed in SEEDS for k, error in enumerate(falling(20))
    ]  # fmt: skip
    return mnist._draw(request, rows)


def posts(request: Request) -> Any:
    rows = [{"epoch": k + 1, "test": error, "training": error / 2} for k, error in enumerate(falling(20))]
    return newsgroups._draw(request, rows, 5.0)


def features_of_nmnist(request: Request) -> Any:
    fields, classes = RNG.random((100, 2, 34, 34)), np.arange(100) % 10
    right = {name: 0.5 for name in nmnist.READOUTS}
    made = [nmnist.LearnedNetwork(right, 1.0, {}, 1.0, 0, fields, classes) for _ in SEEDS]
    return nmnist.picture(request, made, made, list(range(len(made))))


def gates(request: Request) -> Any:
    rows = [
        {"network": kind, "samples": 12_500 * (k + 1), "labels below 0": 0.1 * k + 0.01 * seed}
        for kind in one_way_gate.KINDS for seed in SEEDS for k in range(6)
    ]  # fmt: skip
    return one_way_gate._draw(request, rows)


def trained_in_orders(request: Request) -> Any:
    rows = [{"column": "before", **kind, "seed": seed, "samples": samples, "error": 20.0 + seed} for kind in order_learning.kinds(False)
            for seed in SEEDS for samples in (500, 1000)]  # fmt: skip
    order_learning._draw_ends(rows, request)
    return order_learning._draw_curves([row for row in rows if not row["hold_error"]][:42], request)


def collapses(request: Request) -> Any:
    rows = [
        {"training": name, "seed": seed, "samples": 1_000 * (n + 1), "error": error}
        for k, name in enumerate(collapse.TRAININGS) for seed in SEEDS
        for n, error in enumerate([*falling(20 + 4 * k, 80.0), 50.0 + seed])
    ]  # fmt: skip
    return collapse._draw(request, rows, 40_000)


def quantized_changes(request: Request) -> Any:
    rows = [
        {"network": kind, "data": name, "seed": seed, "epoch": k + 1, "test error %": error + seed / 10,
         "operations a sample": 3e5,
         "nJ, operations": 17.0 + 1000 * (kind == "twin"), "nJ, everything": 440.0 + 580 * (kind == "twin")}
        for kind, name in pd_mnist.JOBS for seed in SEEDS for k, error in enumerate(falling(20))
    ]  # fmt: skip
    return pd_mnist._draw(request, rows)


def depths(request: Request) -> Any:
    rows = [
        {"network": kind, "data": name, "depth": depth, "seed": seed, "epoch": 1, "without output layer": 3e5 * depth,
         "test %": 98 + seed / 10}
        for kind in ("PD", "twin") for name in pd_depth.DATA for depth in pd_depth.DEPTHS for seed in SEEDS
    ]  # fmt: skip
    return pd_depth._draw(replace(request, quick=False), rows)


def learned_from_video(request: Request) -> Any:
    adds = {pd_video.column_of(step): 1e4 * step for step in pd_video.STEPS}
    rows = [
        {"network": kind, "seed": seed, "pass": k + 1, "test error %": error + seed,
         "nJ, everything": 1e3 + 3e3 * (kind == "twin"), pd_video.SKIPPED: 1.2e3 if kind == "twin" else None, **adds}
        for kind in ("PD", "twin") for seed in SEEDS for k, error in enumerate(falling(10))
    ]  # fmt: skip
    return pd_video._draw(request, rows, 8000)


def widths(request: Request) -> Any:
    rows = [
        {"network": kind, "width": width, "seed": seed, "epoch": k + 1, "test": 5 + error, "training": error}
        for kind in larger_network.KINDS for width in larger_network.WIDTHS for seed in SEEDS
        for k, error in enumerate(falling(10))
    ]  # fmt: skip
    return larger_network._draw(request, rows, larger_network.WIDTHS)


def orders(request: Request) -> Any:
    rows = [
        {"subject": name, "checks": checks, "order": order, "seed": seed, "spikes": 100 + k * seed, "adds": 1000 - k,
         "queue": 50 - 7 * k, "latency": 3 + 40 * k}
        for name in SUBJECTS for checks in ("row", "burst") for k, order in enumerate(en.ORDERS) for seed in (1, 2)
    ]  # fmt: skip
    return routing_order._draw(rows, request)


def answers_that_cost(request: Request) -> Any:
    columns = ("measured rounding k", "measured SD MNIST k", "measured SD temporal k")
    made = [
        {"seed": seed, "tradeoff": t, "measured error %": 2 + t + seed / 20,
         **{column: 300 / (k + 1 + t) for k, column in enumerate(columns)}}
        for seed in SEEDS for t in (1e-3, 0.1, 1.0)
    ]  # fmt: skip
    plain = [{"measured error %": 2.2, "dense k": 397.0, "sparse k": 107.0}] * len(SEEDS)
    return sigma_delta_mnist._draw(replace(request, quick=False), made, made[1::3], plain)


def clips(request: Request) -> Any:
    n, layers = 200, len(sigma_delta_video.LAYERS)
    shown = [
        sigma_delta_video.ClipResult(
            video, "moving digit", SimpleNamespace(x=RNG.random((n, 1, SIDE, SIDE))),  # type: ignore[arg-type]
            sigma_delta_video.Choice((16, 16, 8, 16), [], 0.97, 16), np.arange(n) // 100,
            *(sigma_delta_video.Costs(RNG.random((n, 11)), RNG.integers(1000, 9000, (n, layers)) * scale) for scale in (100, 9)),
            {},
        )
        for video in ("bottle", "carphone")
    ]  # fmt: skip
    return sigma_delta_video.picture(replace(request, quick=False), shown, 5_000_000)


def pixels_of_nmnist(request: Request) -> Any:
    return nir_nmnist.picture(request, RNG.random((34, 34)) * 1e4, RNG.integers(0, 30, (34, 34)).astype(float))


LONG: dict[str, Callable[[Request], Any]] = {
    "collapse": collapses, "early-guess": guesses, "frame-rate": rates, "hyperparameters": variants, "mnist": beside_relu,
    "newsgroups": posts, "nir-nmnist": pixels_of_nmnist, "nmnist": features_of_nmnist, "one-way-gate": gates, "order-learning": trained_in_orders,
    "larger-network": widths, "pd-depth": depths, "pd-mnist": quantized_changes, "pd-video": learned_from_video,
    "routing-order": orders, "sigma-delta-mnist": answers_that_cost,
    "sigma-delta-video": clips,
}  # fmt: skip
"""Pictures of runs that are long, or want data that do not ship, of made-up numbers; all others of a quick run, here or in
test_reproductions.py."""


def test_a_picture_is_drawn_for_no_other_reproduction() -> None:
    assert set(LONG) <= set(REPRODUCTIONS.names())


ELSEWHERE = (*QUICK_HERE, *QUICK_LONG, *READ_ELSEWHERE)
DRAWN_HERE = [name for name in REPRODUCTIONS.names() if name in LONG or name not in ELSEWHERE]


@pytest.mark.parametrize("name", few(part(DRAWN_HERE, 2), 6))
def test_pictures_of_reproductions_can_be_read(name: str, drawn: list[Any], tmp_path: Path) -> None:
    request = Request(out=tmp_path, quick=True, say=lambda text: None, processes=1)
    if name in LONG:
        LONG[name](request)
    else:
        function = name.replace("-", "_")
        getattr(importlib.import_module(f"eventnet.scenarios.reproductions.{function}"), function)(request)
    assert drawn
    for figure in drawn:
        can_be_read(figure)
