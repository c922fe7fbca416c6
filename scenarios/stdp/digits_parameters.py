"""Every number of the digits that are learned by STDP, a table for each part (see `parameter_file`)."""

from __future__ import annotations

from dataclasses import dataclass, field

from eventnet.errors import ModelError
from eventnet.models import DiehlCook, Neuron, Presentation, SetTo, Subtract, Towards, WinnerTakeAll
from eventnet.models.stdp import Inhibition, Plasticity
from eventnet.scenarios.shared.parameter_file import Checked, entry

DIGITS = ("embedded", "official", "author")
INHIBITIONS = ("winner", "subtract", "set")
RULES = ("target", "towards")
MANY = 200
"""From so many neurons on a higher target is better: each of them learns fewer digits, and thinner ones."""


def one_of(name: str, value: str, known: tuple[str, ...]) -> None:
    """Raises ModelError for a word that is not among those known."""
    if value not in known:
        raise ModelError(f"{name} is {value!r}; wanted {', '.join(known)}")


@dataclass(frozen=True)
class DigitsRunTable(Checked):
    """Which digits, how many, how often."""

    seed: int = entry(0, "of weights and Poisson trains", 0, 2**32 - 1)
    digits: str = entry("embedded", "embedded (2,000 + 1,000), official (60,000 + 10,000) or author (50,000 + 10,000)")
    folder: str = entry("", "with MNIST's four files; empty: from the cache, which is filled from a mirror")
    neurons: int = entry(100, "that learn", 1, 100_000)
    passes: int = entry(6, "times that the training digits are shown", 1, 1000)
    train: int = entry(0, "only so many training digits; 0: all", 0)
    named: int = entry(10_000, "training digits, at most, that tell to which class each neuron answers", 1)
    test: int = entry(0, "only so many test digits; 0: all", 0)
    moments: int = entry(6, "pictures of the weights: at first, at last, and each at a quarter of the next", 2, 20)

    def __post_init__(self) -> None:
        super().__post_init__()
        one_of("digits", self.digits, DIGITS)
        if self.folder and self.digits == "embedded":
            raise ModelError("the embedded digits come with the package: leave out the folder, or name other digits")


@dataclass(frozen=True)
class NeuronTable(Checked):
    """Leaky neurons whose thresholds adapt, see `Neuron`."""

    tau_ms: float = entry(100.0, "time constant of potentials", 1e-3, 1e6)
    threshold: float = entry(13.0, "above rest, in units of weights", 1e-6, 1e6)
    theta_plus: float = entry(0.1, "what a spike adds to its neuron's threshold", 0.0, 1e6)
    theta_tau_s: float = entry(10_000.0, "time constant with which that decays", 1e-3, 1e9)
    refractory_ms: float = entry(0.0, "for which a neuron is held after its spike", 0.0, 1e6)

    def made(self) -> Neuron:
        """As the model wants it."""
        return Neuron(
            tau=1e3 * self.tau_ms, threshold=self.threshold, theta_plus=self.theta_plus,
            theta_tau=1e6 * self.theta_tau_s, refractory=_ticks(self.refractory_ms),
        )  # fmt: skip


@dataclass(frozen=True)
class InhibitionTable(Checked):
    """The effect of a spike on the other neurons."""

    kind: str = entry("winner", "winner (all to rest, then silence), subtract (amount) or set (to a potential)")
    silence_ms: float = entry(5.0, "winner: for which no neuron integrates", 1e-3, 1e6)
    amount: float = entry(17.5, "subtract: taken off the others' potentials", 0.0, 1e6)
    potential: float = entry(0.0, "set: of the others, above or below rest", -1e6, 1e6)

    def __post_init__(self) -> None:
        super().__post_init__()
        one_of("kind", self.kind, INHIBITIONS)

    def made(self) -> Inhibition:
        """As the model wants it."""
        if self.kind == "winner":
            return WinnerTakeAll(_ticks(self.silence_ms))
        return Subtract(self.amount) if self.kind == "subtract" else SetTo(self.potential)


@dataclass(frozen=True)
class RuleTable(Checked):
    """The effect of a neuron's spike on its weights, see `DiehlCook` and `Towards`."""

    kind: str = entry("target", "target (traces beside a target) or towards (weights move to the traces)")
    tau_ms: float = entry(80.0, "time constant of the traces of inputs", 1e-3, 1e6)
    target: float = entry(0.1, "a trace above it strengthens its weight, one below weakens it", 0.0, 1.0)
    rate: float = entry(0.01, "learning rate", 1e-9, 1.0)
    mu: float = entry(1.0, "0: additive, clipped to 0 and 1; 1: soft bounds", 0.0, 10.0)
    total: float = entry(78.4, "sum of a neuron's weights before each digit; 0: not normalised", 0.0, 1e6)

    def __post_init__(self) -> None:
        super().__post_init__()
        one_of("kind", self.kind, RULES)

    def made(self) -> Plasticity:
        """As the model wants it."""
        tau, total = 1e3 * self.tau_ms, self.total or None
        if self.kind == "towards":
            return Towards(tau=tau, rate=self.rate, total=total)
        return DiehlCook(tau=tau, target=self.target, rate=self.rate, mu=self.mu, total=total)


@dataclass(frozen=True)
class PresentationTable(Checked):
    """How a digit is shown, see `Presentation`."""

    shown_ms: float = entry(350.0, "for which a digit is shown", 1e-3, 1e6)
    rest_ms: float = entry(150.0, "after it; only thresholds decay", 0.0, 1e6)
    rate_hz: float = entry(64.0, "of a pixel of 256: the brightest has 255 / 256 of it, 63.75", 1e-3, 1e5)
    least: int = entry(5, "with fewer spikes a digit is shown again, brighter", 0, 10_000)
    gain: float = entry(0.5, "brighter by so much of what it was at first", 0.0, 100.0)
    tries: int = entry(20, "showings, at most", 1, 1000)

    def made(self) -> Presentation:
        """As the model wants it."""
        return Presentation(
            ticks=_ticks(self.shown_ms), rest=_ticks(self.rest_ms), rate=self.rate_hz, least=self.least,
            gain=self.gain, tries=self.tries,
        )  # fmt: skip


@dataclass(frozen=True)
class DigitsParameters:
    """All tables. The defaults are for the embedded digits."""

    run: DigitsRunTable = field(default_factory=DigitsRunTable)
    neuron: NeuronTable = field(default_factory=NeuronTable)
    inhibition: InhibitionTable = field(default_factory=InhibitionTable)
    rule: RuleTable = field(default_factory=RuleTable)
    presentation: PresentationTable = field(default_factory=PresentationTable)

    @classmethod
    def in_full(cls, neurons: int = 100) -> DigitsParameters:
        """For all of MNIST, once: the constants of `DiehlCook` and `Neuron`."""
        return cls(
            run=DigitsRunTable(digits="official", passes=1, neurons=neurons), neuron=NeuronTable(theta_plus=0.05),
            rule=RuleTable(tau_ms=20.0, target=0.1 if neurons >= MANY else 0.05, rate=0.01, mu=1.0),
        )  # fmt: skip


def _ticks(ms: float) -> int:
    return round(1000 * ms)
