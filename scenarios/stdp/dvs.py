"""Features learned by STDP from the events of a camera, and the direction of motion read out of them.

The network sees patches, without labels. Afterwards a linear read-out of its spike counts is fitted to the direction of
motion, which the simulator or the recording's gyroscope knows. Beside it stand the same network with the weights it was
drawn with; that with thresholds so low that it spikes as often; and the events themselves, by pixel and polarity.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from eventnet.base.old_names import renamed_arguments
from eventnet.engine.journal import processor_time
from eventnet.io import Recording
from eventnet.models import Presentation, StdpNetwork
from eventnet.models.stdp_network import SampleRaster
from eventnet.scenarios.fusion.turning import Turning
from eventnet.scenarios.shared.linear_readout import LinearReadout
from eventnet.scenarios.stdp.digits import DigitsCost
from eventnet.scenarios.stdp.dvs_parameters import FeaturesParameters
from eventnet.scenarios.stdp.patches import StreamPatches, patches_of, streams_of, turning_in

Progress = Callable[[int, int], None]
Floats = NDArray[np.float64]
Counts = NDArray[np.int64]

STILL = 1e-30
"""A learning rate that moves no weight of float32: of a network that is left untrained, but whose thresholds adapt."""
NEAR = 45.0
"""Degrees within which an answer counts as right; a guess is right in 25 % of cases."""
TRAINED, UNTRAINED, LOWERED, EVENTS = "trained", "untrained", "untrained, as many spikes", "events counted"
HALVINGS = 6
EXAMPLES, WATCHED_PATCHES = 4, 20
"""Test patches that are drawn, and that are watched."""


@dataclass(frozen=True)
class FeaturesResult:
    """The result of learning.

    network     the first of those trained; untrained: the same with its first weights
    deviations  by way (trained, untrained, events counted): degrees between answer and truth [networks, patches];
                empty where no direction is known
    spikes      a patch, by way: the means of all networks; of the events their number
    tuning      for each neuron the mean direction [neurons, 2] at which it spikes, its length from 0 (any) to 1 (one)
    learning, answering  what the first network took; `digits` are patches
    examples    test patches: inputs and spikes of the first network
    turning     what a recording's gyroscope shows: directions are known where it is a roll, and enough
    tests       the first test patches, to watch
    """

    parameters: FeaturesParameters
    network: StdpNetwork
    untrained: StdpNetwork
    deviations: dict[str, Floats]
    spikes: dict[str, float]
    tuning: Floats | None
    learning: DigitsCost
    answering: DigitsCost
    examples: list[SampleRaster]
    turning: Turning | None
    tests: StreamPatches

    def right(self, method: str) -> Floats:
        """The fraction of answers within 45 degrees, [networks]."""
        return np.asarray((self.deviations[method] <= NEAR).mean(axis=1))


@renamed_arguments(told="progress")
def run(
    parameters: FeaturesParameters, recording: Recording | None = None, *, progress: Progress = lambda done, of: None
) -> FeaturesResult:
    """Cut patches, learn, read out. progress: called with parts done, and parts in all."""
    p = parameters.run
    makers = streams_of(recording, parameters)
    of, done = sum(map(len, makers)) + 3 * p.networks, 0

    def step() -> None:
        nonlocal done
        done += 1
        progress(done, of)

    train, test = (
        patches_of(streams, n, parameters.patch, p.seed + k, step)
        for k, (streams, n) in enumerate(zip(makers, (p.patches, p.tests), strict=True))
    )
    network_of(parameters).fit(train.samples[:1]).transform(train.samples[:1])  # compiles, out of what is timed
    networks: dict[str, StdpNetwork] = {}
    deviations: dict[str, Floats] = {}
    spikes: dict[str, float] = {}
    spent: list[tuple[DigitsCost, DigitsCost]] = []
    for method in (TRAINED, UNTRAINED, LOWERED):
        scale = _scale(parameters, train, test, spikes[TRAINED]) if method == LOWERED else 1.0
        found, made = [], []
        for k in range(p.networks):
            network = network_of(parameters, p.seed + k, still=method != TRAINED, scale=scale)
            known, asked, costs = _shown(network, train, test, p.passes)
            networks.setdefault(method, network)
            spent.append(costs)
            made.append(float(asked.sum(axis=1).mean()))
            found.append((known, asked))
            step()
        spikes[method] = float(np.mean(made))
        deviations[method] = _deviations(found, train, test)
    size = parameters.patch.size_px
    spikes[EVENTS] = float(np.mean([len(t) for t, _ in test.samples]))
    deviations[EVENTS] = _deviations([(counts_of(train, size), counts_of(test, size))], train, test)
    network = networks[TRAINED]
    return FeaturesResult(
        parameters, network, networks[UNTRAINED], deviations, spikes, tuning_of(network, train), *spent[0],
        [network.raster(test.samples, k) for k in range(min(EXAMPLES, len(test.samples)))],
        None if recording is None else turning_in(recording, parameters), test.first(WATCHED_PATCHES),
    )  # fmt: skip


def network_of(
    parameters: FeaturesParameters, seed: int = 0, *, still: bool = False, scale: float = 1.0
) -> StdpNetwork:
    """A network that has learned nothing, and does not if it is still; its thresholds are `scale` times as high."""
    p, rule, neuron = parameters, parameters.rule.made(), parameters.neuron.made()
    neuron = replace(neuron, threshold=scale * neuron.threshold, theta_plus=scale * neuron.theta_plus)
    return StdpNetwork(
        2 * p.patch.size_px**2, p.run.neurons, rule=replace(rule, rate=STILL) if still else rule,
        inhibition=p.inhibition.made(), neuron=neuron, presentation=Presentation(rest=0, least=0), seed=seed,
    )  # fmt: skip


def _scale(parameters: FeaturesParameters, train: StreamPatches, test: StreamPatches, spikes: float) -> float:
    """The thresholds' factor at which an untrained network spikes as often as a trained one, by bisection."""
    p, low, high = parameters.run, 0.02, 1.0
    for _ in range(HALVINGS):
        middle = (low * high) ** 0.5
        network = network_of(parameters, p.seed, still=True, scale=middle).fit(train.samples, epochs=p.passes)
        often = network.transform(test.samples).sum(axis=1).mean() > spikes
        low, high = (middle, high) if often else (low, middle)
    return low


def _shown(
    network: StdpNetwork, train: StreamPatches, test: StreamPatches, passes: int
) -> tuple[Counts, Counts, tuple[DigitsCost, DigitsCost]]:
    """Spike counts of a network that has learned, at what it learned from and at tests; and what both took."""
    began = processor_time()
    network.fit(train.samples, epochs=passes)
    learning = _spent(network, passes * len(train.samples), began)
    known = network.transform(train.samples)
    began = processor_time()
    asked = network.transform(test.samples)
    return known, asked, (learning, _spent(network, len(test.samples), began))


def _spent(network: StdpNetwork, n: int, began: float) -> DigitsCost:
    assert network.tally is not None
    return DigitsCost(n, network.tally, network.spikes_a_sample, network.shown_a_sample, processor_time() - began)


def counts_of(patches: StreamPatches, size: int) -> Counts:
    """Events of each patch by polarity and pixel, [n, 2 * size * size]."""
    return np.array([np.bincount(index, minlength=2 * size * size) for _, index in patches.samples])


def _deviations(features: list[tuple[Counts, Counts]], train: StreamPatches, test: StreamPatches) -> Floats:
    if train.directions is None or test.directions is None:
        return np.empty((0, len(test.samples)))
    return np.array([
        angles(LinearReadout(known, train.directions)(asked), test.directions) for known, asked in features
    ])  # fmt: skip


def angles(one: Floats, other: Floats) -> Floats:
    """Degrees between directions [n, 2], 0 to 180; 90 where one has no length."""
    lengths = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
    cosines = (one * other).sum(axis=1) / np.where(lengths > 0, lengths, 1.0)
    return np.asarray(np.degrees(np.arccos(np.clip(cosines, -1, 1))))


def tuning_of(network: StdpNetwork, patches: StreamPatches) -> Floats | None:
    """The mean direction of motion at the spikes of each neuron, [neurons, 2]."""
    if patches.directions is None:
        return None
    counts = network.transform(patches.samples)
    return np.asarray(counts.T @ patches.directions / np.maximum(counts.sum(axis=0), 1)[:, None])
