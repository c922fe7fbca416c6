"""What was meant by a name that there is not, and numbers that a caller gives: each is checked, whoever asks for it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest

import eventnet as en
from eventnet import analysis, models
from eventnet.analysis.parallel import in_processes
from eventnet.cost import CostLedger, keep_ledger
from eventnet.errors import EventnetError, ModelError, did_you_mean
from eventnet.given import whole_number
from eventnet.kernels.poisson import PoissonTrain
from eventnet.plotting import cost_over_time, heat_map
from eventnet.scenarios.fusion.judging import judge
from eventnet.scenarios.fusion.network import FusionWeights
from eventnet.scenarios.fusion.train import jobs
from eventnet.scenarios.orders.subjects import wandering
from eventnet.scenarios.worlds import Panorama, RandomJoints, RandomTurning


def test_the_same_quantity_in_another_unit_comes_before_a_like_spelling() -> None:
    known = ["delay_us", "relay_ms"]
    assert did_you_mean("delay_ms", known) == "; here it is 'delay_us' (mind the unit)"


def test_a_like_spelling_is_named_and_else_all_there_is() -> None:
    assert did_you_mean("relay", ["delay_us", "relay_ms"]) == "; did you mean 'relay_ms'?"
    assert did_you_mean("q", ["delay_us", "relay_ms"]) == "; there are delay_us, relay_ms"


@cache
def small() -> tuple[en.Network, Any]:
    """Two inputs at one instant, to a layer that adds them up."""
    net = en.Network("float64")
    layer = net.add(en.Herding(2, net.weights([[0.6, -0.3], [0.4, 0.9]]), name="layer"))
    net.connect(layer.out, net.add(en.Sink(2, name="sink")).spikes)
    return net, en.events([(0, layer.spikes, 0, 1), (0, layer.spikes, 1, 1)])


@cache
def book() -> CostLedger:
    return keep_ledger(*small(), engine="reference")


def race(**options: Any) -> Any:
    return analysis.race(*small(), engine="reference", processes=1, **options)


Call = Callable[[Any], Any]
SEEDED: dict[str, Call] = {
    "bootstrap": lambda seed: analysis.bootstrap([1.0, 2.0], seed=seed),
    "race": lambda seed: race(seeds=[seed]),
    "a way's inputs": lambda seed: (
        analysis.Variant("random", 0, seed) if seed is not None else analysis.Variant("random", None)
    ),
    "DeepSpikingNetwork": lambda seed: models.DeepSpikingNetwork([2, 2], seed=seed),
    "ConventionalNetwork": lambda seed: models.ConventionalNetwork([2, 2], seed=seed),
    "ReluNetwork": lambda seed: models.ReluNetwork([2, 2], seed=seed),
    "PDNetwork": lambda seed: models.PDNetwork([2, 2], seed=seed),
    "StdpNetwork": lambda seed: models.StdpNetwork(2, 2, seed=seed),
    "FusionWeights": FusionWeights.random,
    "jobs of training": jobs,
    "wandering": lambda seed: wandering(seed, 1),
    "judge": lambda seed: judge(None, seed=seed),  # type: ignore[arg-type]
}
SEEDED_WITH_A_SIGN: dict[str, Call] = {
    "a way": lambda seed: analysis.Variant("random", seed),
    "Simulation": lambda seed: en.Simulation(small()[0], engine="reference", seed=seed),
    "orders": lambda seed: analysis.orders(*small(), processes=1, seed=seed),
    "savings": lambda seed: analysis.savings(*small(), seed=seed),
    "ledger": lambda seed: keep_ledger(*small(), engine="reference", seed=seed),
    "RandomTurning": RandomTurning,
    "RandomJoints": RandomJoints,
    "Panorama": lambda seed: Panorama.random(size=4, seed=seed),
    "PoissonTrain": lambda seed: PoissonTrain(1).spikes([1.0], 10, seed),
}
COUNTED: dict[str, Call] = {
    "bootstrap's times": lambda n: analysis.bootstrap([1.0, 2.0], times=n),
    "wilson's samples": lambda n: analysis.wilson([0.5], n),
    "processes": lambda n: in_processes(max, 1, [1, 2], processes=n) if n is not None else whole_number("n", n, 1),
    "bins": lambda n: book().over_time(n),
    "bins of a picture": lambda n: cost_over_time(book(), n),
    "width": lambda n: heat_map(book(), n, 2),
    "height": lambda n: book().heat(2, n),
    "waves": lambda n: RandomTurning(waves=n),
    "waves of joints": lambda n: RandomJoints(waves=n),
    "joints": lambda n: RandomJoints(joints=n),
    "texels": lambda n: Panorama.random(size=n),
    "frames": lambda n: wandering(0, n),
    "frames of each": lambda n: wandering(0, 1, n),
    "inputs of trains": PoissonTrain,
    "networks to judge": lambda n: judge(None, networks=n),  # type: ignore[arg-type]
    "draws to judge": lambda n: judge(None, draws=n),  # type: ignore[arg-type]
    "inputs of a network": lambda n: models.StdpNetwork(n, 2),
    "neurons of a network": lambda n: models.StdpNetwork(2, n),
    "workers": lambda n: models.StdpNetwork(2, 2).transform(np.eye(2), workers=n),
    "workers of DSN": lambda n: models.DeepSpikingNetwork([2, 2]).predict(np.eye(2), workers=n),
    "tries": lambda n: models.StdpNetwork(2, 2, presentation=models.Presentation(tries=n)),
    "sizes": lambda n: models.DeepSpikingNetwork([2, n]),
    "sizes of ReLU": lambda n: models.ReluNetwork([2, n]),
    "steps": lambda n: models.DeepSpikingNetwork([2, 2], steps=n),
    "batch": lambda n: models.ConventionalNetwork([2, 2], batch=n),
    "units": models.DenseSpec,
    "channels": lambda n: models.ConvSpec(n, 3),
}
COUNTED_FROM_0: dict[str, Call] = {
    "race": lambda n: race(seeds=n),
    "checkpoints": lambda n: analysis.Replay(analysis.Course(*small(), engine="reference"), checkpoints=n),
    "costliest": lambda n: book().costliest(n),
    "top of an account": lambda n: book().to_dict(n),
    "entry": lambda n: book().entry(n),
    "pixels": lambda n: book().by_pixel(n) if n is not None else whole_number("n", n, 0),
    "ticks of trains": lambda n: PoissonTrain(1).spikes([1.0], n, 0),
    "epochs to judge": lambda n: judge(None, epochs=n),  # type: ignore[arg-type]
    "epochs": lambda n: models.DeepSpikingNetwork([2, 2]).fit(np.eye(2), np.eye(2), epochs=n),
    "epochs of STDP": lambda n: models.StdpNetwork(2, 2).fit(np.eye(2), epochs=n),
    "epochs of ReLU": lambda n: models.ReluNetwork([2, 2]).fit(np.eye(2), np.eye(2), epochs=n),
    "epochs, conventional": lambda n: models.ConventionalNetwork([2, 2]).fit(np.eye(2), [0, 1], epochs=n),
    "epochs of PD": lambda n: models.PDNetwork([2, 2]).fit(np.eye(2), [0, 1], epochs=n),
}
WRONG = (-(2**70), 2**70, 0.5, float("nan"), True, "1", None)


@pytest.mark.parametrize("name", [*SEEDED, *SEEDED_WITH_A_SIGN])
def test_a_seed_that_is_none_is_refused(name: str) -> None:
    call = (SEEDED | SEEDED_WITH_A_SIGN)[name]
    for wrong in (*WRONG, -1) if name in SEEDED else WRONG:
        with pytest.raises(EventnetError, match="wanted a whole number"):
            call(wrong)


@pytest.mark.parametrize("name", [*COUNTED, *COUNTED_FROM_0])
def test_a_count_that_is_none_is_refused(name: str) -> None:
    call = (COUNTED | COUNTED_FROM_0)[name]
    for wrong in (-1, 0.5, float("nan"), True, "1", None, *((0,) if name in COUNTED else ())):
        with pytest.raises(EventnetError, match="wanted a whole number"):
            call(wrong)


def test_ports_that_inputs_may_come_to_are_ports_of_the_network() -> None:
    net, feed = small()
    assert (
        analysis.order_sensitivity(net, [net.modules[0].spikes, 0, np.int64(1)]).modules
        == analysis.order_sensitivity(net, [0, 1]).modules
    )
    for wrong in (-1, 9, 0.5, True, "0"):
        with pytest.raises(EventnetError, match="the number of a port is .*; wanted a whole number from 0 to"):
            analysis.order_sensitivity(net, [wrong])
    feed = feed.copy()
    feed["port"] = -1
    with pytest.raises(EventnetError, match="the number of a port is -1"):
        analysis.order_sensitivity(net, feed)


def test_an_interval_needs_values_and_a_level() -> None:
    for values in ([], 1.0, [[1.0]]):
        with pytest.raises(ModelError, match=r"values have shape .*; wanted \[N\], one or more"):
            analysis.bootstrap(values)
    for level in (0, 1, -0.5, 1.5, float("nan")):
        for call in (lambda: analysis.bootstrap([1.0], level=level), lambda: analysis.wilson([0.5], 2, level)):  # noqa: B023
            with pytest.raises(ModelError, match="level is .*; wanted a number between 0 and 1"):
                call()


def test_no_guesses_have_no_curve() -> None:
    with pytest.raises(ModelError, match="no anytime answers to join"):
        analysis.joined([])
    with pytest.raises(ModelError, match="there are none"):
        analysis.mean_curve([], [1.0])


@pytest.mark.parametrize(
    "call",
    [analysis.race, analysis.orders, analysis.savings, lambda *a, **o: analysis.ablate(analysis.Course(*a), **o)],
)
def test_a_tolerance_is_a_finite_number_and_not_below_0(call: Any) -> None:
    for wrong in (-1.0, float("nan"), float("inf")):
        with pytest.raises(ModelError, match="tolerance is .*; wanted a finite number, 0 or more"):
            call(*small(), tolerance=wrong)


def test_a_key_of_worths_mixes_between_0_and_1() -> None:
    for wrong in (-0.1, 1.1, float("nan")):
        with pytest.raises(ModelError, match="spread is .*; wanted a number from 0 to 1"):
            analysis.key_of([], wrong)
