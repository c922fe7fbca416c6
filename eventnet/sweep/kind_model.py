"""Sweeps of a model that learns digits: options of its constructor and of its `fit`, error and cost of its answers.

Parameters of the sweep's own: `train` and `test`, how many digits of each; `split`, which of MNIST's with a folder;
`prices`, a price list's name, for energies. All others go to the constructor, or to `fit` where that takes them.
"""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from eventnet import cost, models
from eventnet.data import Digits, digits, mnist, scale_pixels
from eventnet.engine.values import digest
from eventnet.errors import ModelError, did_you_mean
from eventnet.sweep.kinds import Kind, Numbers, Prepared

OWN = ("train", "test", "split", "prices")


@dataclass(frozen=True)
class ModelSubject:
    """The name of a model, and MNIST's digits; None for those that ship."""

    name: str
    digits: Digits | None = field(repr=False)
    split: str

    @property
    def model(self) -> Any:
        """Its class."""
        return getattr(models, self.name)


def _names() -> list[str]:
    """Models that learn from samples with labels, and answer."""
    made = []
    for name in models.__all__:
        found: Any = getattr(models, name)
        taken = inspect.signature(found.fit).parameters if inspect.isclass(found) and hasattr(found, "fit") else {}
        if hasattr(found, "predict") and len(taken) > 2 and list(taken)[2] in ("y", "labels"):
            made.append(name)
    return made


def _prepare(given: Prepared) -> ModelSubject:
    known = _names()
    if given.name not in known:
        raise ModelError(f"no model that learns digits is called {given.name!r}{did_you_mean(given.name, known)}")
    split = str(given.fixed.get("split", "embedded" if given.data is None else "author"))
    if "split" in given.names and "split" not in given.fixed:
        raise ModelError("split is the same in every job: wanted it in [fixed]")
    if (split == "embedded" and given.data is not None) or (split != "embedded" and given.data is None):
        raise ModelError(f"split is {split!r}, with data in {given.data}; wanted data for MNIST's splits alone")
    subject = ModelSubject(given.name, None if given.data is None else mnist(given.data, split), split)
    if all(name in given.fixed for name in given.names):
        _made(subject, dict(given.fixed), 0)  # what no job could do is said before anything runs
    return subject


def _made(subject: ModelSubject, parameters: Mapping[str, Any], seed: int) -> Any:
    """The model, as its options have it. Raises what its constructor raises."""
    fitted = inspect.signature(subject.model.fit).parameters
    options = {name: value for name, value in parameters.items() if name not in (*OWN, *fitted)}
    return subject.model(**options, seed=seed)


def _run(subject: ModelSubject, parameters: Mapping[str, Any], seed: int) -> Numbers:
    samples = digits() if subject.digits is None else subject.digits
    x, y = scale_pixels(samples.x_train), samples.y_train
    x_test, y_test = scale_pixels(samples.x_test), samples.y_test
    first, last = slice(parameters.get("train")), slice(parameters.get("test"))
    taken = inspect.signature(subject.model.fit).parameters
    network = _made(subject, parameters, seed)
    network.fit(x[first], y[first], **{name: value for name, value in parameters.items() if name in taken})
    learning = getattr(network, "tally", None)
    answers = np.asarray(network.predict(x_test[last]))
    made: dict[str, Any] = {"error": float((answers != y_test[last]).mean())}
    prices = parameters.get("prices")
    for what, tally, n in (
        ("learning_", learning, len(x[first]) * int(parameters.get("epochs", 1))),
        ("", getattr(network, "tally", None), len(answers)),
    ):
        if tally is not None and n:
            made |= {f"{what}adds": tally.adds / n, f"{what}deliveries": tally.deliveries / n}
            if prices is not None:
                estimate = cost.prices(str(prices)).estimate(tally)
                made[f"{what}energy_pj"] = estimate.total.typical / n
                made[f"{what}energy_comparisons_too_pj"] = estimate.comparisons_too.typical / n
    return {**made, "outputs": hashlib.sha256(np.ascontiguousarray(answers, np.int64).tobytes()).hexdigest()[:32]}


def _remark(subject: ModelSubject, parameter: str) -> str:
    if parameter == "order" and subject.name == "DeepSpikingNetwork":
        return "errors are held until the end of a step, unless hold_error is false: see races"
    return ""


def _trace(subject: ModelSubject) -> str:
    """The digits that ship are among the package's own files, which name a job already."""
    held = subject.digits
    return subject.split if held is None else digest(held.x_train, held.y_train, held.x_test, held.y_test)


KIND = Kind(prepare=_prepare, run=_run, trace=_trace, remark=_remark)
