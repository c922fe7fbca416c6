"""Networks that learn classes as estimators of scikit-learn: in pipelines, searches over parameters, cross-validation.

    network = eventnet.sklearn.DeepSpikingClassifier(hidden_layer_sizes=(100,))
    GridSearchCV(network, {"steps": [5, 10]}).fit(X, y)

Sizes of hidden layers are given; the ends follow from the data. Labels may be of any kind. After `fit` the network is
`network_`, and what learning and the last answers counted are `learning_tally_` and `tally_`. Needs
`pip install "eventnet[sklearn]"`; `import eventnet` does not import it.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from eventnet.errors import ModelError
from eventnet.models import ConventionalNetwork, DeepSpikingNetwork, PDNetwork, ReluNetwork
from eventnet.tally import Tally

try:
    from sklearn.base import BaseEstimator, ClassifierMixin
    from sklearn.utils import check_random_state
    from sklearn.utils.multiclass import check_classification_targets
    from sklearn.utils.validation import check_is_fitted, validate_data
except ImportError:
    raise ModelError('estimators need the package scikit-learn: pip install "eventnet[sklearn]"') from None

__all__ = ["ConventionalClassifier", "DeepSpikingClassifier", "PDClassifier", "ReluClassifier"]

Floats = NDArray[np.floating[Any]]
Model = ConventionalNetwork | DeepSpikingNetwork | PDNetwork | ReluNetwork


class _Classifier(ClassifierMixin, BaseEstimator):
    """Base of all estimators here; a class says which network it is, and how that learns and answers.

    Attributes after `fit`:

    network_          the network of `eventnet.models` that has learned
    classes_          labels as they were given, sorted, [classes]
    n_features_in_    numbers a sample
    tally_            counts of the last answers; None for networks that do not count
    learning_tally_   counts of learning since `fit` began; None for networks that do not count
    """

    network_: Model
    classes_: NDArray[Any]
    n_features_in_: int

    hidden_layer_sizes: Sequence[int]
    epochs: int
    random_state: Any

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Learn from the initial weights on. X: finite numbers [n, features]; y: labels [n] of any kind.

        Raises ValueError, as estimators do, for samples or labels that are none; ModelError for parameters that make
        no sense, and where learning diverges.
        """
        x, labels = self._samples(X, y)
        self.classes_ = np.unique(labels)
        self.network_ = self._untrained()
        self._learn(x, np.searchsorted(self.classes_, labels), self.epochs)
        return self

    def partial_fit(self, X: ArrayLike, y: ArrayLike, classes: ArrayLike | None = None) -> Self:
        """Learn from these samples once, going on from where learning stands.

        classes: all labels that will ever come; the first call needs them. Raises ValueError where it lacks them, for
        labels that are none of them, and as `fit` does.
        """
        first = not hasattr(self, "network_")
        if first and classes is None:
            raise ValueError("classes are not given; wanted all labels that will ever come in the first call")
        x, labels = self._samples(X, y, reset=first)
        if first:
            self.classes_ = np.unique(np.asarray(classes))
        elif classes is not None and not np.array_equal(np.unique(np.asarray(classes)), self.classes_):
            raise ValueError(f"classes are {np.unique(np.asarray(classes))}; the first call had {self.classes_}")
        strange = np.setdiff1d(labels, self.classes_)
        if len(strange):
            raise ValueError(f"y has the labels {strange.tolist()}, which are none of the classes {self.classes_}")
        if first:
            self.network_ = self._untrained()
        self._learn(x, np.searchsorted(self.classes_, labels), None)
        return self

    def decision_function(self, X: ArrayLike) -> Floats:
        """Outputs of the network, [n, classes]; with two classes the second less the first, [n]."""
        outputs = self._outputs(self._asked(X))
        return outputs[:, 1] - outputs[:, 0] if len(self.classes_) == 2 else outputs

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """The label [n] whose output is largest; the first of them at a tie."""
        best = self._outputs(self._asked(X)).argmax(axis=1)
        chosen: NDArray[Any] = self.classes_[best]
        return chosen

    @property
    def tally_(self) -> Tally | None:
        """Counts of the last answers, or of learning where none followed; None for networks that do not count."""
        check_is_fitted(self)
        return getattr(self.network_, "tally", None)

    @property
    def learning_tally_(self) -> Tally | None:
        """Counts of learning since `fit` began; None for networks that do not count."""
        check_is_fitted(self)
        return getattr(self.network_, "learning_tally", None)

    # --- what a class says ---
    @abstractmethod
    def _untrained(self) -> Model:
        """The network, as learning begins."""

    def _learn(self, x: Floats, labels: NDArray[np.int64], epochs: int | None) -> None:
        """Learn, `epochs` times; None: once, from where learning stands."""
        network: Any = self.network_
        if epochs is None:
            network.partial_fit(x, labels)
        else:
            network.fit(x, labels, epochs=epochs)

    def _outputs(self, x: Floats) -> Floats:
        """Outputs of the network, [n, classes]."""
        network: Any = self.network_
        return np.asarray(network.decision_function(x))

    # --- what they share ---
    def _sizes(self) -> list[int]:
        return [self.n_features_in_, *self.hidden_layer_sizes, len(self.classes_)]

    def _seed(self) -> int:
        if isinstance(self.random_state, (int, np.integer)):
            return int(self.random_state)
        return int(check_random_state(self.random_state).randint(2**31 - 1))

    def _options(self, *others: str) -> dict[str, Any]:
        """The network's options: all parameters but those that the estimator alone has."""
        own = {"hidden_layer_sizes", "epochs", "random_state", *others}
        return {name: value for name, value in self.get_params(deep=False).items() if name not in own}

    def _samples(self, X: ArrayLike, y: ArrayLike, reset: bool = True) -> tuple[Floats, NDArray[Any]]:
        x, labels = validate_data(self, X, y, reset=reset, dtype=np.float64)
        check_classification_targets(labels)
        return x, labels

    def _asked(self, X: ArrayLike) -> Floats:
        check_is_fitted(self)
        x: Floats = validate_data(self, X, reset=False, dtype=np.float64)
        return x


@dataclass(eq=False, repr=False)
class DeepSpikingClassifier(_Classifier):
    """`eventnet.models.DeepSpikingNetwork` as an estimator: its options, with sizes of hidden layers alone.

    hidden_layer_sizes  units of each hidden layer
    epochs              how often `fit` shows all samples, in their order
    random_state        seed of all that is random: an integer, None, or a RandomState of NumPy

    All others are the network's. Its spikes carry numbers of about 1: scale features before it (a MinMaxScaler).
    """

    hidden_layer_sizes: Sequence[int] = (100,)
    epochs: int = 10
    steps: int = 10
    rule: str = "fsgd"
    learning_rate: float = 0.01
    hold_error: bool = True
    smooth: bool = False
    input_sum: str = "at once"
    backward_reset: str = "none"
    column: str = "before"
    regularization: float = 0.0
    early: float = 1.0
    order: Any = "breadth"
    dtype: str = "float32"
    init_scale: float = 0.01
    gate: str = "not negative"
    output: str = "sums"
    rectify_inputs: bool = False
    coalesce: str = "none"
    engine: str = "compiled"
    random_state: Any = 1234

    def _untrained(self) -> DeepSpikingNetwork:
        return DeepSpikingNetwork(self._sizes(), seed=self._seed(), **self._options())


@dataclass(eq=False, repr=False)
class PDClassifier(_Classifier):
    """`eventnet.models.PDNetwork` as an estimator: its options, with sizes of hidden layers alone.

    hidden_layer_sizes  units of each hidden layer
    epochs              how often `fit` shows all samples, in their order
    steps               how often a sample is shown, by itself and from rest, before its answer counts; None: samples
                        are a stream, and an answer depends on the rows before it, as in `PDNetwork.predict`
    random_state        seed of the initial weights: an integer, None, or a RandomState of NumPy

    All others are the network's. Learning takes the samples as a stream.
    """

    hidden_layer_sizes: Sequence[int] = (100,)
    epochs: int = 10
    steps: int | None = 10
    kp: float = 0.1
    kd: float = 1.0
    rule: str = "past"
    traces: str | None = None
    adapt_scale: bool = True
    eta: float = 0.001
    decay: str = "exact"
    learning_rate: float = 0.01
    activation: str = "relu"
    order: Any = "breadth"
    engine: str = "compiled"
    dtype: str = "float32"
    random_state: Any = 1234

    def _untrained(self) -> PDNetwork:
        return PDNetwork(self._sizes(), seed=self._seed(), **self._options("steps"))

    def _outputs(self, x: Floats) -> Floats:
        network: Any = self.network_
        return np.asarray(network.outputs(x) if self.steps is None else network.outputs_from_rest(x, self.steps))


@dataclass(eq=False, repr=False)
class ReluClassifier(_Classifier):
    """`eventnet.models.ReluNetwork` as an estimator: its options, with sizes of hidden layers alone.

    hidden_layer_sizes  units of each hidden layer
    epochs              how often `fit` shows all samples, in their order
    random_state        seed of the initial weights: an integer, None, or a RandomState of NumPy
    """

    hidden_layer_sizes: Sequence[int] = (100,)
    epochs: int = 10
    learning_rate: float = 0.01
    init_scale: float = 0.01
    dtype: str = "float32"
    rectified_output: bool = False
    gradient_factor: float = 1.0
    random_state: Any = 1234

    def _untrained(self) -> ReluNetwork:
        return ReluNetwork(self._sizes(), seed=self._seed(), **self._options())


@dataclass(eq=False, repr=False)
class ConventionalClassifier(_Classifier):
    """`eventnet.models.ConventionalNetwork` as an estimator: its options, with sizes of hidden layers alone.

    hidden_layer_sizes  units of each hidden layer
    epochs              how often `fit` shows all samples, in a new order each
    random_state        seed of the initial weights and of the orders: an integer, None, or a RandomState of NumPy

    Numbers are of double precision unless `dtype` says otherwise: with single precision the last digits of an answer
    depend on how many rows are answered at once.
    """

    hidden_layer_sizes: Sequence[int] = (100,)
    epochs: int = 10
    learning_rate: float = 0.01
    momentum: float = 0.0
    batch: int = 20
    init: str = "glorot"
    activation: str = "relu"
    dtype: str = "float64"
    random_state: Any = 1234

    def _untrained(self) -> ConventionalNetwork:
        return ConventionalNetwork(self._sizes(), seed=self._seed(), **self._options())

    def predict_proba(self, X: ArrayLike) -> Floats:
        """The probability of each class, [n, classes]."""
        x, network = self._asked(X), self.network_
        assert isinstance(network, ConventionalNetwork)
        return network.predict_proba(x)

    def _outputs(self, x: Floats) -> Floats:
        network: Any = self.network_
        return np.asarray(np.log(np.maximum(network.predict_proba(x), np.finfo(np.float64).tiny)))
