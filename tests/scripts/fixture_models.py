"""The models of write_fixtures.py: every kind that a file of eee0048 can hold, and what each does once it is loaded."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from fixture_networks import draw

from eventnet.learning.synapses import RULES
from eventnet.models import ConventionalNetwork, DeepSpikingNetwork, PDNetwork, StdpNetwork
from eventnet.models.blueprint import ConvSpec, DenseSpec
from eventnet.models.layers import AveragePool2d
from eventnet.models.stdp_options import DiehlCook, Neuron, Presentation, SetTo, Subtract, Towards, WinnerTakeAll
from eventnet.scenarios.fusion.network import FusionWeights, Head

Arrays = dict[str, Any]


def rows_of(tally: Any) -> Any:
    """Counts by port, [ports, columns]."""
    return np.array([list(row.values()) for row in tally.by_port().values()], dtype=np.int64)


X, LABELS = np.abs(draw(71, 6, 6)), np.array([0, 2, 1, 1, 0, 2])


def of_dsn(model: DeepSpikingNetwork) -> Arrays:
    """Answers and their counts, then weights as they were and after learning more."""
    found: Arrays = {"x": X, "labels": LABELS, "before": np.concatenate([w.ravel() for w in model.weights])}
    found |= {"answers": model.decision_function(X), "classes": model.predict(X), "counts": rows_of(model.tally)}
    model.partial_fit(X, LABELS)
    return found | {"after": np.concatenate([w.ravel() for w in model.weights]), "learned": rows_of(model.tally)}


def of_stdp(model: StdpNetwork) -> Arrays:
    """Counts of spikes, answers by both read-outs, weights as they were and after learning more."""
    found: Arrays = {"x": X, "labels": LABELS, "before": model.weights, "thresholds": model.thresholds}
    found |= {"spikes": model.transform(X), "counts": rows_of(model.tally), "responses": model.responses}
    found |= {readout: model.predict(X, readout=readout) for readout in ("assignment", "proportion")}
    model.partial_fit(X)
    return found | {"after": model.weights, "thresholds after": model.thresholds, "learned": rows_of(model.tally)}


def of_pd(model: PDNetwork) -> Arrays:
    """Outputs over the stream, weights as they were and after learning more."""
    x = X if len(model.input_shape) == 1 else X[:, :4].reshape(-1, 1, 2, 2)
    weights = lambda: np.concatenate([a.ravel() for pair in model._modules.learned() for a in pair])  # noqa: E731
    found: Arrays = {"x": x, "labels": LABELS, "before": weights(), "answers": model.outputs(x)}
    model.partial_fit(x, LABELS)
    return found | {"after": weights(), "answers after": model.outputs(x), "learned": rows_of(model.tally)}


def of_conventional(model: ConventionalNetwork) -> Arrays:
    """Probabilities, what was learned as it was and after learning more."""
    x = X if len(model.input_shape) == 1 else np.abs(draw(72, 6, 1, 6, 6))
    learned = lambda: np.concatenate([a.ravel() for a in model.parameters().values()])  # noqa: E731
    found: Arrays = {"x": x, "labels": LABELS, "before": learned(), "answers": model.predict_proba(x)}
    found |= {"classes": model.predict(x)}
    model.partial_fit(x, LABELS)
    return found | {"after": learned(), "answers after": model.predict_proba(x)}


def of_fusion(weights: FusionWeights) -> Arrays:
    """Every array."""
    found = {name: array for name, array in vars(weights).items() if isinstance(array, np.ndarray)}
    return found | ({} if weights.head is None else {"mix": weights.head.mix})


def dsn(**options: Any) -> DeepSpikingNetwork:
    return DeepSpikingNetwork([6, 5, 3], **{"steps": 4, "init_scale": 0.3, **options}).fit(X, LABELS)


def stdp(**options: Any) -> StdpNetwork:
    shown = Presentation(ticks=20_000, rest=5_000, rate=2000.0, least=2, tries=3)
    neuron = Neuron(
        tau=10_000.0, threshold=0.6, theta_plus=0.02, theta_tau=1e6, refractory=options.pop("refractory", 0)
    )
    model = StdpNetwork(6, 4, presentation=shown, neuron=neuron, seed=3, **options)
    return model.fit(X).assign(X, LABELS)


def fusion(head: Head | None) -> FusionWeights:
    """8 x 6 pixels, two filters of 4 x 4 with two time constants, one region, three hidden units, two rates."""
    return FusionWeights(
        8, 6, (8e3, 3e4), draw(73, 2, 2, 4, 4), draw(74, 2), draw(75, 2, 3), draw(76, 3), draw(77, 3, 2), draw(78, 2),
        np.ones(2), np.full(2, 0.5), np.ones(3), stride=2, pool=(2, 3), pool_stride=(1, 1), head=head,
        manifest={"seed": 1, "training set": "none"},
    )  # fmt: skip


def models() -> Iterator[tuple[str, Any, Callable[[Any], Arrays]]]:
    """Every kind of model that can be saved, trained a little: its name, itself, and what is to be known of it."""
    grads: dict[str, dict[str, Any]] = {
        "fsgd": {},
        "sgd": {
            "rule": "sgd", "hold_error": False, "dtype": "float64", "order": "depth", "backward_reset": "random",
        },
        "smooth": {
            "smooth": True, "regularization": 0.01, "coalesce": "burst", "gate": "positive", "order": "random",
        },
        "integer": {"dtype": "int32", "backward_reset": "zero", "output": "counts", "column": "after"},
    }  # fmt: skip
    for name, options in grads.items():
        yield f"dsn-{name}", dsn(**options), of_dsn
    yield "dsn-untrained", DeepSpikingNetwork([6, 3], steps=2, init_scale=0.3, engine="reference"), of_dsn
    winner, subtract = DiehlCook(total=2.0, rate=0.05), Towards(rate=0.05)
    yield "stdp-winner", stdp(rule=winner, inhibition=WinnerTakeAll(500)), of_stdp
    yield "stdp-subtract", stdp(rule=subtract, inhibition=Subtract(0.3), refractory=300), of_stdp
    yield "stdp-set", stdp(rule=DiehlCook(mu=0.0, total=None), inhibition=SetTo(-0.1), order="fifo"), of_stdp
    for rule in RULES:
        dtype = "float64" if rule == "recon" else "float32"
        made = PDNetwork([6, 5, 3], rule=rule, dtype=dtype, seed=2, learning_rate=0.002)
        yield f"pd-{rule}", made.fit(X, LABELS), of_pd
    conv = PDNetwork.of([ConvSpec(2, 2, padding=1), 3], (1, 2, 2), activation="tanh", adapt_scale=False, order="depth")
    yield "pd-convolution", conv.fit(X[:, :4].reshape(-1, 1, 2, 2), LABELS), of_pd
    dense = ConventionalNetwork([6, 5, 3], learning_rate=0.1, batch=2, dtype="float64", activation="tanh")
    yield "conventional-dense", dense.fit(X, LABELS, epochs=2), of_conventional
    layers = [ConvSpec(3, 3, normalize=True), AveragePool2d(2), DenseSpec(5, normalize=True), 3]
    deep = ConventionalNetwork.of(layers, (1, 6, 6), momentum=0.5, batch=3, init="he", seed=5)
    yield "conventional-deep", deep.fit(np.abs(draw(72, 6, 1, 6, 6)), LABELS, epochs=2), of_conventional
    yield "fusion", fusion(Head((3e3, 1e6), (False, True), draw(79, 1 + 4 * 3, 6))), of_fusion
    yield "fusion-no-head", fusion(None), of_fusion
