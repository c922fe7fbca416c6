"""Anytime answers on digits: networks of three kinds, every routing order, and two that are made for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eventnet import analysis
from eventnet.analysis import AnytimeAnswers, SampleStream, Worth
from eventnet.base.old_names import renamed_arguments
from eventnet.data import Digits, scale_pixels
from eventnet.engine.journal import going_on, piece
from eventnet.errors import ModelError
from eventnet.models import ConventionalNetwork, DeepSpikingNetwork, ReluNetwork, SigmaDeltaNetwork, sample_stream
from eventnet.order import every_order
from eventnet.scenarios.shared.paired import MeanInterval, mean_interval, paired_ratio

Model = DeepSpikingNetwork | SigmaDeltaNetwork
Progress = Callable[[int, int], None]

KINDS = {
    "spiking": "a Deep Spiking Network, trained as one",
    "converted": "a ReLU network's weights in a Deep Spiking Network",
    "sigma-delta": "a Sigma-Delta network of a trained one (scales 2) that checks thresholds at each row",
}
PLAIN, MIXED = "cheapest", "cheapest, mixed"
SPREADS = (0.0, 0.25, 0.5, 0.75, 0.9, 1.0)


@dataclass(frozen=True)
class Sizes:
    """Numbers of digits that are used: samples learned from (1,000 at most), chosen on, and tested."""

    learn: int = 1000
    choose: int = 500
    test: int = 1000


@dataclass(frozen=True)
class Contest:
    """One network's anytime answers in each order, by name; what its cheapest-first order learned, and its spread."""

    found: dict[str, AnytimeAnswers]
    worths: list[Worth]
    spread: float


def train(kind: str, sizes: Sequence[int], d: Digits, *, epochs: int, seed: int, rate: float, scale: float) -> Model:
    """A network of one of KINDS, trained on digits. rate, scale: of learning and of the first weights."""
    if kind not in KINDS:
        raise ModelError(f"kind is {kind!r}; it can be {', '.join(KINDS)}")
    x, y = scale_pixels(d.x_train), d.y_train
    options: dict[str, Any] = {"learning_rate": rate, "init_scale": scale, "seed": seed}
    if kind == "spiking":
        return DeepSpikingNetwork(sizes, **options).fit(x, y, epochs=epochs)
    if kind == "converted":
        relu = ReluNetwork(sizes, gradient_factor=2.0, **options)
        state = {"relu": relu}
        for _ in going_on(state, epochs, train, kind, seed):
            state["relu"].partial_fit(x, y)
        return DeepSpikingNetwork.from_weights(state["relu"].weights)
    twin = ConventionalNetwork(sizes, learning_rate=0.1, seed=seed).fit(x, y, epochs=epochs)
    return SigmaDeltaNetwork.from_layers(twin.layers(), scales=2.0, coalesce="none")


@renamed_arguments(told="progress")
def contest(
    model: Model, d: Digits, sizes: Sizes, *, orders: Sequence[str] | None = None, burst: bool = True,
    at_once: bool = False, seed: int = 0, engine: str = "compiled", progress: Progress | None = None,
) -> Contest:  # fmt: skip
    """All contenders on test digits; the learned ones see training digits alone.

    orders: by name; without, all that have one. burst: also breadth-first with thresholds checked once a burst.
    progress: called with (runs done, runs in all).
    """
    learn, choose = slice(0, sizes.learn), slice(sizes.learn, sizes.learn + sizes.choose)
    x, y = scale_pixels(d.x_train), d.y_train

    def show(values: NDArray[Any]) -> list[SampleStream]:
        return sample_stream(model, values, at_once=True) if at_once else sample_stream(model, values)

    named = [order.name for order in every_order()] if orders is None else orders
    found: dict[str, AnytimeAnswers] = {}
    done, runs = 0, len(SPREADS) + len(named) + 3 + burst

    def step() -> None:
        nonlocal done
        done += 1
        if progress is not None:
            progress(done, runs)

    lesson = show(x[learn])[0]
    worths: list[Worth] = piece(_worths, lesson, y[: len(lesson.starts)], seed, engine)
    areas = []
    for spread in SPREADS:
        tried: AnytimeAnswers = piece(_cheapest_first, show(x[choose]), y[choose], worths, spread, seed, engine)
        areas.append(tried.areas(float(tried.total["adds"].mean())).mean())
        step()
    spread = SPREADS[int(np.argmin(areas))]
    tests, labels = show(scale_pixels(d.x_test[: sizes.test])), d.y_test[: sizes.test]
    contenders: dict[str, Any] = {name: name for name in named}
    contenders["deepest, random"] = analysis.deepest_random
    for name, order in contenders.items():
        (found[name],) = analysis.anytime(tests, labels, orders=[order], seed=seed, engine=engine)
        step()
    for name, mixed in ((PLAIN, 0.0), (MIXED, spread)):
        found[name] = piece(_cheapest_first, tests, labels, worths, mixed, seed, engine)
        step()
    if burst:
        (found["breadth, per burst"],) = analysis.anytime(tests, labels, orders=["breadth"], coalesce=["burst"])
        step()
    return Contest(found, worths, spread)


def _worths(lesson: SampleStream, labels: NDArray[Any], seed: int, engine: str) -> list[Worth]:
    return analysis.worths(lesson, labels, seed=seed, engine=engine)


def _cheapest_first(
    shows: Sequence[SampleStream], labels: NDArray[Any], worths: Sequence[Worth], spread: float, seed: int, engine: str
) -> AnytimeAnswers:
    """Answers in the order that was learned, whose key has no name to be handed on by."""
    (found,) = analysis.anytime(shows, labels, orders=[analysis.key_of(worths, spread)], seed=seed, engine=engine)
    return found


@dataclass(frozen=True)
class Row:
    """One contender over all networks; adds a sample. Intervals are of 95%, see `table`.

    error     at the end, mean over networks
    adds, first_spike  of a whole sample, and to the first spike at the read-out; means over samples
    area      mean error of moments from 0 to the whole cost of the costliest contender, and its interval
    ahead     by how much the area is less than that of the first contender, by network, and its interval
    reach     for each error: mean, least and largest over networks of the adds to it; None where one never comes there
    beside    for each error: those adds over the first contender's, the geometric mean over networks, and its interval,
              whose ends are None for a single network; None where one of the two never comes there
    right     adds after which the median sample is right for good
    changes   of the answer, a sample
    """

    name: str
    error: float
    adds: float
    first_spike: float
    area: float
    area_band: tuple[float, float]
    ahead: float
    ahead_band: tuple[float, float]
    reach: dict[float, tuple[float, float, float] | None]
    beside: dict[float, MeanInterval | None]
    right: float
    changes: float


def table(contests: Sequence[Contest], errors: Sequence[float], axis: str = "adds") -> list[Row]:
    """A row for each contender.

    Intervals of areas are over the means of networks, by Student's t; of a single network they are bootstrapped over
    its samples, and say nothing of other networks.
    """
    names = list(contests[0].found)
    up_to = max(float(np.mean([c.found[name].total[axis].mean() for c in contests])) for name in names)
    areas = {name: [c.found[name].areas(up_to, axis) for c in contests] for name in names}
    base, rows = areas[names[0]], []
    first = [_reached([c.found[names[0]] for c in contests], error, axis) for error in errors]
    for name in names:
        those = [c.found[name] for c in contests]
        own = areas[name]
        costs = [_reached(those, error, axis) for error in errors]
        rows.append(Row(
            name, float(np.mean([(one.final != one.labels).mean() for one in those])),
            float(np.mean([one.total[axis].mean() for one in those])),
            float(np.mean([one.first_spike[axis].mean() for one in those])),
            float(np.concatenate(own).mean()), _band(own),
            float(np.mean(np.concatenate(base) - np.concatenate(own))),
            _band([theirs - mine for theirs, mine in zip(base, own, strict=True)]),
            {e: (float(np.mean(known)), min(known), max(known)) if known else None
             for e, known in zip(errors, costs, strict=True)},
            {e: _ratio(known, theirs) for e, known, theirs in zip(errors, costs, first, strict=True)},
            float(np.median(np.concatenate([one.right_from(axis) for one in those]))),
            float(np.mean([one.changes().mean() for one in those])),
        ))  # fmt: skip
    return rows


def _reached(those: Sequence[AnytimeAnswers], error: float, axis: str) -> list[float]:
    """The cost to an error of each network; none where one never comes there."""
    costs = [one.cost_to(error, axis) for one in those]
    known = [cost for cost in costs if cost is not None]
    return known if len(known) == len(costs) else []


def _band(values: Sequence[NDArray[np.float64]]) -> tuple[float, float]:
    """An interval of the mean of values, by network [N]."""
    if len(values) == 1:
        return analysis.bootstrap(values[0])
    found = mean_interval([float(of_one.mean()) for of_one in values])
    assert found.low is not None and found.high is not None  # noqa: PT018
    return found.low, found.high


def _ratio(mine: Sequence[float], theirs: Sequence[float]) -> MeanInterval | None:
    """By network; none where a cost is not known, or is 0."""
    if not mine or not theirs or min(*mine, *theirs) <= 0:
        return None
    return paired_ratio(dict(enumerate(mine)), dict(enumerate(theirs)))


def by_name(contests: Sequence[Contest], names: Sequence[str] | None = None) -> Mapping[str, list[AnytimeAnswers]]:
    """Answers of all networks for each contender, as `plotting.draw_anytime` takes them."""
    return {name: [c.found[name] for c in contests] for name in names or contests[0].found}
