"""Estimators of scikit-learn: its own checks of them, and its tools on them."""

from __future__ import annotations

import subprocess
import sys
import warnings
from dataclasses import fields
from typing import Any

import numpy as np
import pytest

from eventnet.data import digits, scale_pixels
from eventnet.errors import ModelError
from eventnet.models import ConventionalNetwork, DeepSpikingNetwork, PDNetwork, ReluNetwork

pytest.importorskip("sklearn", reason="scikit-learn is not installed: pip install eventnet[sklearn]")

import joblib
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler
from sklearn.utils.estimator_checks import check_estimator

import eventnet.sklearn as estimators

ALL = [getattr(estimators, name) for name in estimators.__all__]
NETWORKS = {
    estimators.ConventionalClassifier: ConventionalNetwork, estimators.DeepSpikingClassifier: DeepSpikingNetwork,
    estimators.PDClassifier: PDNetwork, estimators.ReluClassifier: ReluNetwork,
}  # fmt: skip
SKIPPED = {"check_array_api_input"}
"""Checks that scikit-learn leaves out: it looks at arrays of other libraries only where SCIPY_ARRAY_API is set."""


def small(kind: type) -> Any:
    return kind(hidden_layer_sizes=(8,), epochs=3)


def samples(n: int = 60) -> tuple[Any, Any]:
    """Three clouds of four numbers, with text for labels."""
    rng = np.random.default_rng(0)
    which = np.arange(n) % 3
    return rng.normal(np.eye(3, 4)[which], 0.2), np.array(["one", "two", "three"])[which]


def counts(tally: Any) -> Any:
    return tally and tally.by_port()


@pytest.mark.slow
@pytest.mark.parametrize("kind", ALL)
def test_all_checks_of_scikit_learn_pass(kind: type) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # checks make estimators warn on purpose
        found = check_estimator(kind(), on_fail=None, on_skip=None)
    by_status = {
        status: {one["check_name"] for one in found if one["status"] == status} for status in ("failed", "skipped")
    }
    assert by_status == {"failed": set(), "skipped": SKIPPED}
    assert len(found) > 50


@pytest.mark.parametrize("kind", ALL)
def test_labels_of_any_kind_and_ends_that_follow_from_the_data(kind: type) -> None:
    x, y = samples()
    made = small(kind).fit(x, y)
    assert made.classes_.tolist() == ["one", "three", "two"]
    assert made.n_features_in_ == 4
    assert isinstance(made.network_, NETWORKS[kind])
    assert set(made.predict(x)) <= set(y)
    numbers = small(kind).fit(x, np.array([5, 14, -3])[np.arange(len(x)) % 3])
    assert set(numbers.predict(x)) <= {5, 14, -3}


@pytest.mark.parametrize("kind", ALL)
def test_it_is_the_network_with_the_same_options(kind: type) -> None:
    x, y = samples()
    made, labels = small(kind).fit(x, y), np.unique(y, return_inverse=True)[1]
    options = {"rectified_output": False} if kind is estimators.ReluClassifier else {}
    options |= {"dtype": "float64"} if kind is estimators.ConventionalClassifier else {}
    network: Any = NETWORKS[kind]([4, 8, 3], **options).fit(x, labels, epochs=3)
    answers = network.outputs_from_rest(x) if isinstance(network, PDNetwork) else None
    expected = network.predict(x) if answers is None else answers.argmax(axis=1)
    assert np.array_equal(made.predict(x), made.classes_[expected])
    assert counts(made.learning_tally_) == counts(getattr(network, "learning_tally", None))


def test_defaults_are_those_of_the_networks() -> None:
    for kind in (estimators.DeepSpikingClassifier, estimators.PDClassifier):
        options = NETWORKS[kind]([1, 1]).options
        own = {field.name: field.default for field in fields(kind)}
        own["seed"] = own.pop("random_state")
        assert {name: own[name] for name in options} == options
        assert set(own) - set(options) <= {"hidden_layer_sizes", "epochs", "steps"}


@pytest.mark.parametrize("kind", ALL)
def test_clones_and_files_answer_alike(kind: type, tmp_path: Any) -> None:
    x, y = samples()
    made = small(kind).fit(x, y)
    again = clone(made).fit(x, y)
    joblib.dump(made, tmp_path / "made.joblib")
    read = joblib.load(tmp_path / "made.joblib")
    for other in (again, read):
        assert np.array_equal(other.decision_function(x), made.decision_function(x))


@pytest.mark.slow
def test_a_search_over_orders_in_a_pipeline_with_processes() -> None:
    x, y = samples()
    pipeline = make_pipeline(MinMaxScaler(), estimators.DeepSpikingClassifier(hidden_layer_sizes=(6,), epochs=2))
    grid = {"deepspikingclassifier__order": ["breadth", "depth"], "deepspikingclassifier__learning_rate": [0.02, 0.05]}
    search = GridSearchCV(pipeline, grid, cv=2, error_score="raise").fit(x, y)
    assert set(search.best_params_) == set(grid)
    scores = [cross_val_score(pipeline, x, y, cv=2, n_jobs=jobs) for jobs in (1, 2)]
    assert np.array_equal(*scores)


@pytest.mark.parametrize("kind", ALL)
def test_calibrated_it_says_probabilities(kind: type) -> None:
    """The errors of networks without `predict_proba` name this way (`eventnet.base.guesses`)."""
    x, y = samples()
    found = CalibratedClassifierCV(small(kind), cv=2).fit(x, y).predict_proba(x)
    assert found.shape == (len(x), 3)
    np.testing.assert_allclose(found.sum(axis=1), 1)


def test_partial_fit_in_pieces_is_one_pass() -> None:
    x, y = samples()
    for kind in ALL:
        whole = small(kind).partial_fit(x, y, classes=np.unique(y))
        pieces = small(kind).partial_fit(x[:20], y[:20], classes=np.unique(y)).partial_fit(x[20:], y[20:])
        assert np.array_equal(pieces.decision_function(x), whole.decision_function(x))


def test_wrong_uses_of_partial_fit_are_refused() -> None:
    x, y = samples()
    made = small(estimators.ReluClassifier)
    with pytest.raises(ValueError, match="classes are not given"):
        made.partial_fit(x, y)
    made.partial_fit(x, y, classes=["one", "two", "three"])
    with pytest.raises(ValueError, match="the first call had"):
        made.partial_fit(x, y, classes=["one", "two"])
    with pytest.raises(ValueError, match=r"\['four'\], which are none"):
        made.partial_fit(x[:1], ["four"])
    with pytest.raises(ModelError, match="no_such_rule"):
        estimators.DeepSpikingClassifier(rule="no_such_rule").fit(x, y)


def test_a_pd_answer_from_rest_is_that_of_a_stream_of_its_sample_alone() -> None:
    x, y = samples(12)
    made = estimators.PDClassifier(hidden_layer_sizes=(5,), epochs=2, steps=7).fit(x, y)
    network = made.network_
    alone = np.array([network.outputs(np.repeat(one[None], 7, axis=0))[-1] for one in x])
    assert np.array_equal(network.outputs_from_rest(x, 7), alone)
    assert np.array_equal(made.predict(x[::-1])[::-1], made.predict(x))
    stream = clone(made).set_params(steps=None).fit(x, y)
    assert np.array_equal(stream.predict(x), stream.classes_[network.predict(x)])


def test_costs_stand_on_the_estimator() -> None:
    d = digits()
    x, y = scale_pixels(d.x_train)[:40], d.y_train[:40]
    made = estimators.DeepSpikingClassifier(hidden_layer_sizes=(10,), epochs=1).fit(x, y)
    assert counts(made.tally_) == counts(made.learning_tally_)
    assert made.learning_tally_.adds > 0
    made.predict(x[:3])
    assert 0 < made.tally_.adds < made.learning_tally_.adds


def test_a_seed_may_be_any_that_scikit_learn_takes() -> None:
    x, y = samples()
    for seed in (7, None, np.random.RandomState(7)):
        assert estimators.ReluClassifier(hidden_layer_sizes=(), epochs=1, random_state=seed).fit(x, y).predict(
            x
        ).shape == (60,)


def test_eventnet_alone_does_not_import_scikit_learn() -> None:
    code = "import sys, eventnet, eventnet.models; sys.exit('sklearn' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_without_scikit_learn_the_error_names_the_extra() -> None:
    code = "import sys; sys.modules['sklearn'] = None; import eventnet.sklearn"
    found = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert 'pip install "eventnet[sklearn]"' in found.stderr
