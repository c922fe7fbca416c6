"""Handwritten digits learned without labels by a network of leaky neurons: accuracy and cost.

Labels name the neurons when learning is over. Everything but the drawing of Poisson trains is on the engine and in the
tally; times are processor time, without compiling.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import eventnet as en
from eventnet.base.old_names import renamed_arguments
from eventnet.data import Digits, digits, mnist, scale_pixels
from eventnet.engine.journal import processor_time
from eventnet.errors import ModelError
from eventnet.models import StdpNetwork
from eventnet.models.stdp_network import READOUTS, SampleRaster
from eventnet.scenarios.stdp.digits_parameters import DigitsParameters

Progress = Callable[[int, int], None]
Floats = NDArray[np.float32]
Counts = NDArray[np.int64]

PUBLISHED = {100: 0.829, 400: 0.870}
"""Test accuracy of Diehl and Cook (2015) by neurons, figure 2 of the paper."""
CLASSES = 10


@dataclass(frozen=True)
class DigitsCost:
    """The cost of a number of digits: operations, spikes, presentations and seconds of a processor."""

    digits: int
    tally: en.Tally
    spikes: float
    showings: float
    seconds: float

    def numbers(self) -> dict[str, float]:
        """A digit's inputs and spikes, adds by cause and other operations; digits a second."""
        n, kinds, by_port = self.digits, self.tally.by_kind(), self.tally.by_port()
        learning = {
            part: sum(row["learning_adds"] for port, row in by_port.items() if port.startswith(f"{part}.")) / n
            for part in ("plasticity", "normalize")
        }
        return {
            "showings": self.showings, "inputs": by_port["layer.spikes"]["deliveries"] / n, "spikes": self.spikes,
            "synaptic adds": kinds["synaptic"] / n, "neuron adds": kinds["neuron"] / n,
            "plasticity adds": learning["plasticity"], "normalisation adds": learning["normalize"],
            "adds": self.tally.adds / n, "multiplies": self.tally.multiplies / n, "compares": self.tally.compares / n,
            "digits/s": n / max(self.seconds, 1e-9),
        }  # fmt: skip


@dataclass(frozen=True)
class DigitsResult:
    """A network that has learned.

    moments    digits seen and weights then, [neurons, 28, 28]
    learning, answering  what they took; answering is naming and testing
    answers    by read-out, classes [n] of the test digits
    truth      their labels [n]
    example    a test digit's image [784], its label, its answer, and its spikes
    """

    parameters: DigitsParameters
    network: StdpNetwork
    split: str
    moments: list[tuple[int, Floats]]
    learning: DigitsCost
    answering: DigitsCost
    answers: dict[str, Counts]
    truth: Counts
    example: tuple[NDArray[np.uint8], int, int, SampleRaster]

    def accuracy(self, readout: str) -> float:
        """Fraction of right answers."""
        return float(np.mean(self.answers[readout] == self.truth))

    def confusion(self, readout: str) -> Counts:
        """The confusion matrix [10, 10]: number of digits by class, and by the class answered."""
        made = np.zeros((CLASSES, CLASSES), dtype=np.int64)
        np.add.at(made, (self.truth, self.answers[readout]), 1)
        return made

    @property
    def silent(self) -> int:
        """Neurons that answered to no digit when they were named."""
        return int((self.network.assignments < 0).sum())


def data_of(parameters: DigitsParameters) -> Digits:
    """The digits that the parameters name, cut to how many they want. Raises DataError where there are none."""
    run = parameters.run
    if run.digits == "embedded":
        all_digits = digits()
    else:
        all_digits = mnist(Path(run.folder) if run.folder else None, run.digits, download=not run.folder)
    train, test = (slice(n or None) for n in (run.train, run.test))
    return replace(
        all_digits, x_train=all_digits.x_train[train], y_train=all_digits.y_train[train],
        x_test=all_digits.x_test[test], y_test=all_digits.y_test[test],
    )  # fmt: skip


def network_of(parameters: DigitsParameters, *, inputs: int = 784, neurons: int | None = None) -> StdpNetwork:
    """A network that has learned nothing."""
    p = parameters
    return StdpNetwork(
        inputs, neurons or p.run.neurons, rule=p.rule.made(), inhibition=p.inhibition.made(), neuron=p.neuron.made(),
        presentation=p.presentation.made(), seed=p.run.seed,
    )  # fmt: skip


def compile_for(parameters: DigitsParameters) -> None:
    """Have all compiled that learning and answering need, so that it is in no measured time."""
    tiny = network_of(parameters, inputs=2, neurons=2)
    tiny.fit(np.full((1, 2), 0.9, dtype=np.float32)).transform(np.zeros((1, 2), dtype=np.float32))


@renamed_arguments(told="progress")
def run(parameters: DigitsParameters, *, workers: int = 1, progress: Progress = lambda done, of: None) -> DigitsResult:
    """Learn, name the neurons, test. progress: called with digits shown so far, and in all."""
    p = parameters.run
    given = data_of(parameters)
    x, tests = scale_pixels(given.x_train), scale_pixels(given.x_test)
    named = min(p.named, len(x))
    total, of = p.passes * len(x), p.passes * len(x) + named + len(tests)
    compile_for(parameters)

    network = network_of(parameters)
    moments, learning = [(0, network.receptive_fields())], _Sum()
    for start, stop in pieces(len(x), p.passes, p.moments):
        begun, first = processor_time(), start % len(x)
        network.fit(x[first : first + stop - start], progress=lambda done, _, start=start: progress(start + done, of))
        learning.add(network, stop - start, processor_time() - begun)
        if stop in wanted(total, p.moments):
            moments.append((stop, network.receptive_fields()))

    begun, answering = processor_time(), _Sum()
    network.assign(
        x[:named], given.y_train[:named], workers=workers, progress=lambda done, _: progress(total + done, of)
    )
    answering.add(network, named, processor_time() - begun)
    begun, before = processor_time(), total + named
    counts = network.transform(tests, workers=workers, progress=lambda done, _: progress(before + done, of))
    answering.add(network, len(tests), processor_time() - begun)
    answers = {readout: network.read_out(counts, readout) for readout in READOUTS}
    k = example_of(counts, answers["assignment"], given.y_test)
    shown = given.x_test[k], int(given.y_test[k]), int(answers["assignment"][k]), network.raster(tests, k)
    return DigitsResult(
        parameters, network, given.split, moments, learning.made(), answering.made(), answers, given.y_test, shown
    )


def wanted(total: int, moments: int) -> list[int]:
    """Digits seen when a picture is made, but for the first: total, a quarter of it, and so on down."""
    return sorted({total // 4**k for k in range(moments - 1)} - {0})


def pieces(n: int, passes: int, moments: int) -> Iterator[tuple[int, int]]:
    """Begin and end of each stretch of learning, digits: to the next moment, or to the end of a pass over n digits."""
    ends = sorted({*wanted(n * passes, moments), *range(n, n * passes + 1, n)})
    return zip([0, *ends], ends, strict=False)


def example_of(counts: Counts, answers: Counts, truth: Counts) -> int:
    """The digit to draw: of those that are right the one with most neurons that take part; of all, if none is right."""
    if not len(truth):
        raise ModelError("there are no test digits")
    taking_part = (counts > 0).sum(axis=1) * np.where((answers == truth).any(), answers == truth, True)
    return int(taking_part.argmax())


class _Sum:
    """The summed cost of several calls of a network."""

    def __init__(self) -> None:
        self.tally: en.Tally | None = None
        self.digits, self.spikes, self.showings, self.seconds = 0, 0.0, 0.0, 0.0

    def add(self, network: StdpNetwork, n: int, seconds: float) -> None:
        assert network.tally is not None
        self.tally = network.tally if self.tally is None else self.tally + network.tally
        self.digits += n
        self.spikes += n * network.spikes_a_sample
        self.showings += n * network.shown_a_sample
        self.seconds += seconds

    def made(self) -> DigitsCost:
        assert self.tally is not None
        n = self.digits
        return DigitsCost(n, self.tally, self.spikes / n, self.showings / n, self.seconds)
