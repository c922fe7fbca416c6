"""NumPy's products of matrices come out the same whatever the number of its threads."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest

from eventnet.analysis.parallel import as_they_come, in_processes
from eventnet.base.linear_algebra import _library, in_one_thread, one_thread
from eventnet.models import (
    ConventionalNetwork,
    EquilibriumNetwork,
    HopfieldNetwork,
    InitializedEquilibriumNetwork,
    ReluNetwork,
    SpikingEquilibriumNetwork,
)
from eventnet.models.layers import Dense, forward

rng = np.random.default_rng(1)
X, Y = np.maximum(rng.random((60, 784)) - 0.5, 0), rng.integers(0, 10, 60)
SIZES = [784, 300, 10]
SIGNS = np.where(rng.random((20, 300)) < 0.5, -1, 1)

CASES: dict[str, Callable[[], np.ndarray]] = {
    "conventional": lambda: ConventionalNetwork(SIZES).fit(X, Y).predict_proba(X),
    "one sample a time": lambda: (
        ConventionalNetwork(SIZES, batch=1, dtype="float64").partial_fit(X, Y).predict_proba(X)
    ),
    "relu": lambda: ReluNetwork(SIZES).fit(X, Y).decision_function(X),
    "initialized": lambda: InitializedEquilibriumNetwork(SIZES).partial_fit(X[:20], Y[:20]).outputs(X[:20]),
    "spiking": lambda: SpikingEquilibriumNetwork(SIZES).partial_fit(X[:20], Y[:20]).weights[0],
    "real states": lambda: EquilibriumNetwork(SIZES, form="euler").fit(X[:20], Y[:20]).weights[0],
    "hopfield": lambda: HopfieldNetwork.of_patterns(SIGNS).energy(SIGNS),
    "layers": lambda: forward([Dense(rng_weights())], X),
}


def rng_weights() -> np.ndarray:
    return np.random.default_rng(2).normal(size=(784, 300))


@pytest.fixture(name="two_threads")
def _two_threads() -> Iterator[Callable[[], int]]:
    """NumPy takes two threads; the function that tells how many it takes."""
    library = _library()
    if library is None:
        pytest.skip("NumPy has another library")
    read, write = library
    before = read()
    write(2)
    yield read
    write(before)


def now(shared: None, job: int) -> int:
    """How many threads a job has."""
    library = _library()
    assert library is not None
    return library[0]()


def test_one_thread_ends_with_the_outermost_block(two_threads: Callable[[], int]) -> None:
    with one_thread():
        with one_thread():
            assert two_threads() == 1
        assert two_threads() == 1
    assert two_threads() == 2
    with pytest.raises(ZeroDivisionError), one_thread():
        _ = 1 / 0
    assert two_threads() == 2


def test_public_methods_of_a_class_have_one(two_threads: Callable[[], int]) -> None:
    @in_one_thread
    class Model:
        def public(self, n: int, *, k: int = 2) -> tuple[int, int]:
            """As it was."""
            return self._own(), n * k

        def _own(self) -> int:
            return two_threads()

    assert Model().public(3) == (1, 6)
    assert Model.public.__doc__ == "As it was."
    assert Model()._own() == two_threads() == 2


@pytest.mark.slow
def test_jobs_have_one_here_and_in_other_processes(two_threads: Callable[[], int]) -> None:
    assert in_processes(now, None, [0, 1], processes=1) == in_processes(now, None, [0, 1], processes=2) == [1, 1]
    for _, found in as_they_come(now, None, [0, 1], [0, 1]):
        assert (found, two_threads()) == (1, 2)  # and whoever takes a result has all of them


@pytest.mark.parametrize("name", CASES)
def test_the_number_of_threads_changes_no_byte(name: str, two_threads: Callable[[], int]) -> None:
    found = CASES[name]().tobytes()
    assert two_threads() == 2
    with one_thread():
        assert CASES[name]().tobytes() == found
